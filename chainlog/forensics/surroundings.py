"""What lies in the directory of a log beside its records. Does I/O: lists two directories.

Nothing of it is evidence: `derived/` can be rebuilt, `sealed/` is judged by `forensics.seals` and by whoever opens a value,
`witness/` by who brings the certificates (`forensics.timestamps`). What no release
writes is said, so that nobody takes it for a part of the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chainlog.forensics.report import NotChecked
from chainlog.store.files import DATA_NAME, LOCK_NAME

UNFINISHED: Final = "unfinished"
"""The directory in that of a new log where a salvage leaves its records until `recovered` is signed."""
UNFINISHED_LOG: Final = "a salvage that isn't finished: administrators sign its recovered.draft, then chainlog recover"
_OF_A_SALVAGE = frozenset({UNFINISHED, "recovered.draft"})
_OF_A_LOG = frozenset({"truth", "derived", "sealed", "witness"})
_OF_TRUTH = frozenset({DATA_NAME, LOCK_NAME})
_NAMED_MAX = 20


def is_unfinished(log: Path) -> bool:
    """Whether this is the directory of a salvage that administrators have yet to sign, and no log."""
    return (log / UNFINISHED / "truth").is_dir() and not (log / "truth").exists()


def look_around(log: Path) -> list[NotChecked]:
    """Files in and beside `truth/` that were not read."""
    known = _OF_A_LOG | _OF_A_SALVAGE if is_unfinished(log) else _OF_A_LOG
    strange = [*_strange(log, known), *_strange(log / "truth", _OF_TRUTH)]
    said = [NotChecked(f"file {name}", "no release writes it; it was not read") for name in strange[:_NAMED_MAX]]
    if len(strange) > _NAMED_MAX:
        said.append(NotChecked("further files", f"{len(strange) - _NAMED_MAX} more that no release writes"))
    return said


def _strange(directory: Path, known: frozenset[str]) -> Iterator[str]:
    try:
        names = sorted(entry.name for entry in directory.iterdir())
    except OSError:
        return  # reading the data file says what is wrong
    for name in names:
        if name not in known:
            yield name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
