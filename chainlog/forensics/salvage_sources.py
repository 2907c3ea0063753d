"""The damaged copies that a log is saved from: copied privately, read by children that may die of them, gathered. Does I/O."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import msgspec

from chainlog.errors import NotALogError
from chainlog.forensics.children import Child, ChildError
from chainlog.forensics.identity import Identity
from chainlog.forensics.salvage_gather import Gathered
from chainlog.forensics.summary import GatherTask, OpenTask
from chainlog.store.lmdb_forensic import copy_data_file
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.port import Transaction

_PATIENCE_S: Final = float(7 * 86_400)
# How a copy is read: by the engine, page by page, or as bytes that no table leads through.
_ENGINE, _PAGES, _BYTES = "engine", "pages", "bytes"


class Source(msgspec.Struct, frozen=True):
    """
    One copy. rows: of its table of records. torn: those that are no records. problem: what is wrong with the file, empty if
    nothing is; a file that can't be read at all has no rows.
    """

    path: str
    rows: int = 0
    torn: int = 0
    problem: str = ""


class Sources:
    """
    All copies, the damaged log first.

    log_id: what the caller gave, else what the first copy says that says it. kv: the gathered tables. said: what was found, one for each copy.
    Raises: NotALogError if none of them can be read; BusyError, StoreError.
    """

    def __init__(self, logs: Sequence[Path], scratch: Path, log_id: bytes | None) -> None:
        self.logs = tuple(logs)
        self.said = [Source(os.fspath(log)) for log in logs]
        self.log_keys: list[tuple[bytes, bytes, bool]] = []
        self._heads = [b"" for _ in logs]
        self._foreign: set[int] = set()
        self._scratch = scratch
        self._into = scratch / "gathered"
        self._modes: list[str | None] = [self._copy(number) for number in range(len(logs))]
        self.kv = LmdbKeyValue.open(self._into)
        try:
            self.log_id = self._identify(log_id)
        except BaseException:
            self.kv.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kv.close()

    @contextmanager
    def tables(self) -> Iterator[Transaction]:
        """What was gathered."""
        with self.kv.read() as transaction:
            yield transaction

    @property
    def head(self) -> bytes:
        """The note of the damaged log's stored head, unverified; empty where it can't be read. Copies of other logs are passed over."""
        return next((head for number, head in enumerate(self._heads) if number not in self._foreign), b"")

    def _place(self, number: int) -> Path:
        return self._scratch / f"truth-{number}"

    def _copy(self, number: int) -> str | None:
        """Copy a data file, and say how it can be read; None if it can't be."""
        copy = self._place(number)
        try:
            copy_data_file(self.logs[number] / "truth", copy)
        except NotALogError as error:
            self._note(number, problem=str(error.fields["detail"]))
            return None
        with Child() as child:
            try:
                problems: list[str] = child.call("pages", OpenTask(os.fspath(copy)), list[str], timeout_s=_PATIENCE_S)
            except ChildError as error:
                problems = [str(error)]
        if problems:
            self._note(number, problem=problems[0])
        return _PAGES if problems else _ENGINE

    def _note(self, number: int, **values: object) -> None:
        self.said[number] = msgspec.structs.replace(self.said[number], **values)

    def _identify(self, given: bytes | None) -> bytes:
        for number in range(len(self.logs) if given is None else 0):
            while self._modes[number] is not None:
                try:
                    identity = self._ask(number)
                except ChildError as error:
                    self._worsen(number, error)
                    continue
                if identity.log_id is not None:
                    return identity.log_id
                break
        if given is not None:
            return given
        said = self.said[0].problem or "no record in it says which log it is"
        raise NotALogError(
            path=self.logs[0],
            detail=f"{said}; give a backup with --also, and the log id with --log-id",
            detail_zh="读不出它是哪本日志；请用 --also 给出备份，用 --log-id 给出日志编号",
        )

    def _ask(self, number: int) -> Identity:
        with Child() as child:
            identity = Identity(None, "")
            if self._modes[number] != _BYTES:
                self._open(child, number)
                identity = child.call("identify", None, Identity)
            if identity.log_id is None:
                directory = os.fspath(self._place(number))
                identity = child.call("recognise", directory, Identity, timeout_s=_PATIENCE_S)
        return identity

    def _worsen(self, number: int, error: ChildError) -> None:
        """Go on with more care after the reader of a copy died, or gave up."""
        self._note(number, problem=self.said[number].problem or str(error))
        self._modes[number] = {_ENGINE: _PAGES, _PAGES: _BYTES}.get(self._modes[number] or "")

    def _open(self, child: Child, number: int) -> None:
        task = OpenTask(os.fspath(self._place(number)), self._modes[number] != _ENGINE)
        child.call("open", task, int, timeout_s=_PATIENCE_S)

    def gather(self, *, carve: bool) -> None:
        """Put what each copy holds into the tables, beside what stands there."""
        for number in range(len(self.logs)):
            while self._modes[number] is not None and not self._gather(number, carve=carve):
                pass  # once more, with more care

    def _gather(self, number: int, *, carve: bool) -> bool:
        directory = os.fspath(self._place(number))
        # A damaged file may look whole by an older commit.
        searched = carve or self._modes[number] != _ENGINE
        task = GatherTask(directory, os.fspath(self._into), self.log_id, number, searched)
        with Child() as child:
            try:
                if self._modes[number] != _BYTES:
                    self._open(child, number)
                found: Gathered = child.call("gather", task, Gathered, timeout_s=_PATIENCE_S)
            except ChildError as error:
                self._worsen(number, error)
                return False
        if found.rows:
            self._note(number, rows=found.rows, torn=found.torn)
        if found.rows and not found.signed:
            self._note(number, problem="none of its records was signed for this log")
            if found.rows > found.torn:
                self._foreign.add(number)
        self._heads[number] = self._heads[number] or found.head
        self.log_keys += [change for change in found.log_keys if change not in self.log_keys]
        return True
