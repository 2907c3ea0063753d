"""What lies in the directory of a log beside its records. Does I/O: lists two directories.

Nothing of it is evidence: `derived/` can be rebuilt, `sealed/` is judged by `forensics.seals` and by whoever opens a value,
`witness/` by who brings the certificates (`forensics.timestamps`). What no release
writes is said, so that nobody takes it for a part of the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chainlog.forensics.report import NotChecked
from chainlog.store.files import DATA_NAME, LOCK_NAME

_OF_A_LOG = frozenset({"truth", "derived", "sealed", "witness"})
_OF_TRUTH = frozenset({DATA_NAME, LOCK_NAME})
_NAMED_MAX = 20


def look_around(log: Path) -> list[NotChecked]:
    """Files in and beside `truth/` that were not read."""
    strange = [*_strange(log, _OF_A_LOG), *_strange(log / "truth", _OF_TRUTH)]
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
