"""Salvage in a test: children that are none, so that many runs are quick; and what must hold of every result."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest

from chainlog.errors import ChainlogError
from chainlog.forensics import salvage_seals, salvage_sources
from chainlog.forensics.child import _TASKS, _State
from chainlog.forensics.children import ChildError
from chainlog.forensics.remains_file import read_remains
from chainlog.forensics.salvage import salvage
from chainlog.forensics.salvage_report import SalvageReport
from chainlog.forensics.surroundings import UNFINISHED
from chainlog.record.record import unverified_record
from chainlog.store.lmdb_store import LmdbStore
from tests.damage import Rows


class Here:
    """Does a child's tasks in this process: for files that the engine was found to survive."""

    def __init__(self) -> None:
        self._state = _State()

    def call(self, name: str, argument: Any, _kind: Any, **_: Any) -> Any:
        try:
            return _TASKS[name][1](self._state, argument)
        except ChainlogError as error:
            raise ChildError(error.text("en")) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._state.evidence is not None:
            self._state.evidence.close()


def in_this_process(patch: pytest.MonkeyPatch) -> None:
    """Let salvages start no children."""
    for module in (salvage_sources, salvage_seals):
        patch.setattr(module, "Child", Here)


class Saved(NamedTuple):
    """A salvage: its report, the records of the new log, and the lines of the file beside it."""

    report: SalvageReport
    records: Rows
    lines: list[dict[str, Any]]
    new: Path

    @property
    def beside(self) -> Rows:
        """The records in the file beside it."""
        return [b64decode(line["record"]) for line in self.lines if line["what"] == "record"]

    @property
    def lost(self) -> list[int]:
        """The indexes that the file calls lost."""
        return [i for line in self.lines if line["what"] == "lost" for i in range(line["start"], line["stop"])]


def saved(log: Path, place: Path, **options: Any) -> Saved:
    """Salvage *log* into `new` and `remains` in the new directory *place*."""
    place.mkdir()
    new, remains = place / "new", place / "remains"
    report = salvage(log, new, remains=remains, scratch=place, **options)
    work = new if report.whole else new / UNFINISHED
    store = LmdbStore.open(work)
    with store.snapshot() as snapshot:
        records = [data for _, data in snapshot.records(0, snapshot.size)]
    store.close()
    lines = [json.loads(line) for line in remains.read_text().splitlines()] if remains.exists() else []
    assert (remains.exists(), len(records)) == (report.remains is not None, report.size)
    if remains.exists():
        # Whatever was damaged, the file is read as it was written, and nothing is left out of it.
        found = read_remains(remains)
        assert (len(found.records), found.flaws) == (report.beyond, ())
    return Saved(report, records, lines, new)


def check_saved(got: Saved, honest: Rows, available: Any) -> None:
    """
    What holds after any damage by somebody without keys.

    honest: the records as they were. available: whether the bytes of one are anywhere in what was salvaged.
    """
    size = got.report.size
    # Nothing but the log's beginning is in the new log, and as much of it as there is.
    assert got.records == honest[:size]
    assert size == len(honest) or not available(honest[size])
    # Everything else that is there is kept, and what people signed is all that is.
    kept = set(got.beside)
    assert [i for i in range(size, len(honest)) if available(honest[i]) and honest[i] not in kept] == []
    events = {unverified_record(data).event for data in honest}
    for line in got.lines:
        if line["what"] == "record" and all(signer["person"] for signer in line["signers"]):
            assert unverified_record(b64decode(line["record"])).event in events
    for line in got.lines:
        if line["what"] == "record" and line["place"] == "proven":
            assert b64decode(line["record"]) == honest[line["index"]]
    # What is called whole is whole.
    assert got.report.whole <= (got.records == honest)
    # And whoever isn't there is missed.
    if not got.report.whole and got.report.known_size == len(honest):
        missing = {i for i in range(size, len(honest)) if not available(honest[i])}
        assert missing <= set(got.lost) | {
            line["index"] for line in got.lines if line.get("place") in ("stated", "alone")
        }
