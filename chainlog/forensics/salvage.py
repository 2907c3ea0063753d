"""Saving what verifies of a damaged log into a new one. Does I/O: reads the damaged copies, writes a new directory.

The longest beginning that stands is taken over byte for byte, so that its hashes, receipts and checkpoints hold. What stands
beyond a gap is kept beside the new log (`forensics.remains`). The new log is complete if a signed head says so; else it is
left unfinished, in `NEW/unfinished`, and no handle opens it until administrators have signed what was lost
(`forensics.salvage_end`). Decision: docs/adr/0014.

Known limits: private copies of all data files, and tables of the same size, must fit into the scratch directory.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from chainlog.authority.state import Authority
from chainlog.authority.view import View
from chainlog.digest import ZERO, record_hash
from chainlog.errors import ForeignFileError, LogExistsError, NotALogError, UsageError
from chainlog.forensics.outside import read_outside
from chainlog.forensics.remains import LineWriter, Opening, Remnant
from chainlog.forensics.salvage_build import Built, put_heads
from chainlog.forensics.salvage_choice import Choice
from chainlog.forensics.salvage_gather import found_key, found_row
from chainlog.forensics.salvage_heads import NOWHERE, OUTSIDE, SignedHead
from chainlog.forensics.salvage_repair import repair
from chainlog.forensics.salvage_report import OtherStory, SalvageReport
from chainlog.forensics.salvage_rest import Loss, Rest
from chainlog.forensics.salvage_seals import collect_seals, copy_seals
from chainlog.forensics.salvage_sources import Sources
from chainlog.forensics.surroundings import UNFINISHED
from chainlog.log.head import Head
from chainlog.record.record import SubjectHead
from chainlog.store.files import DIRECTORY_MODE, wrap_os_error
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.port import Snapshot, Transaction
from chainlog.tree.checkpoint import parse_origin
from chainlog.tree.merkle import EMPTY_ROOT
from chainlog.tree.note import ED25519, key_id, parse_note, signature_line
from chainlog.whole_file import sync, written_beside

_NO_LOSS: Final = Loss([], 0, [])


def salvage(
    path: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    remains: str | os.PathLike[str],
    also: Sequence[str | os.PathLike[str]] = (),
    log_id: bytes | None = None,
    checkpoints: Sequence[bytes] = (),
    scratch: str | os.PathLike[str] | None = None,
) -> SalvageReport:
    """
    Save what can be saved of the log in *path* into the new or empty directory *target*.

    Args:
        path: the damaged log. Not a byte of it is changed; writers wait while its data file is copied.
        remains: file for the records that don't enter the new log; written only if there are any, or some are lost.
        also: further copies of the same log, damaged or older: records that the damaged one lacks are taken from them.
        log_id: what the caller knows the log by, 32 bytes. checkpoints: signed heads that were kept outside.
        scratch: where private copies go; the system's directory for temporary files by default.

    Raises:
        NotALogError: nothing can be saved from any copy. LogExistsError: *target* isn't free. UsageError: *remains* isn't, or their directory isn't there.
        FormatError: one of *checkpoints* is none. ForeignFileError: it is of another log. BusyError, StoreError: see there.

    Cost: some 800 µs a record and its signatures, half as much again where records are missing.
    """
    outside = tuple(checkpoints)
    stated = [parse_origin(read_outside(note).origin)[1] for note in outside]
    logs = [Path(path), *map(Path, also)]
    new = Path(target)
    _check_free(new, Path(remains), logs, None if scratch is None else Path(scratch))
    with (
        tempfile.TemporaryDirectory(prefix="chainlog-salvage-", dir=scratch) as place,
        Sources(logs, Path(place), log_id) as sources,
        _new_directory(new) as work,
    ):
        for number, of_log in enumerate(stated):
            if of_log != sources.log_id:
                raise _of_another_log(number, of_log, log_id=sources.log_id)
        choice = Choice(work, sources.log_id, outside)
        for carve in (False, True):
            # What the tables don't lead to any more may lie in the file all the same.
            sources.gather(carve=carve)
            with sources.tables() as transaction:
                if choice.select(transaction, sources.log_keys, sources.head):
                    break
        repaired: list[int] = []
        if choice.whole() is None and choice.claims is not None:
            repaired = repair(sources.kv, choice.claims, log_id=sources.log_id)
            with sources.tables() as transaction:
                choice.select(transaction, sources.log_keys, sources.head)
        making = _Making(sources, choice, work, Path(remains), Path(place))
        return making.conclude(new, repaired=tuple(repaired), pinned=log_id is not None)


def _check_free(new: Path, remains: Path, logs: Sequence[Path], scratch: Path | None) -> None:
    if remains.exists() or remains.is_symlink():
        # It may hold the only copy of records.
        raise UsageError(
            f"{remains} is there already, and isn't overwritten: keep it, and name another file for what stands beyond the gap (--remains)",
            detail_zh=f"{remains} 已存在，不会覆盖：请保留，并用 --remains 另取文件名",
        )
    for path in (new, remains):
        if not path.absolute().parent.is_dir():
            raise UsageError(
                f"{path}: there is no directory {path.parent}", detail_zh=f"{path}：目录 {path.parent} 不存在"
            )
    if new.is_symlink() or (new.exists() and (not new.is_dir() or any(new.iterdir()))):
        raise LogExistsError(path=new)
    for log in logs:
        try:
            log.stat()
        except OSError as error:
            raise NotALogError(path=log, detail=os.strerror(error.errno or errno.ENOENT)) from error
    # The system's directory is asked too: TMPDIR may lie anywhere.
    private = Path(tempfile.gettempdir() if scratch is None else scratch)
    for log in logs:
        if any(_lies_in(place, log) for place in (new, remains, private)):
            raise UsageError(
                f"{new}, {remains} and private copies ({private}) may not lie in {log}: nothing is written there",
                detail_zh=f"{new}、{remains} 及临时副本（{private}）不得位于 {log} 之内：受损日志不得改动",
            )
    if _lies_in(private, new):
        raise UsageError(
            f"private copies ({private}) may not lie in {new}, which is a log afterwards",
            detail_zh=f"临时副本（{private}）不得位于新日志 {new} 之内",
        )


def _lies_in(path: Path, directory: Path) -> bool:
    # Of links in a circle `realpath` makes something where `resolve` fails with an error of its own.
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(directory))


@contextmanager
def _new_directory(new: Path) -> Iterator[Path]:
    """The directory that the new log is made in; gone again if that fails."""
    made = not new.exists()
    try:
        new.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        work = new / UNFINISHED
        try:
            yield work
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            if made:
                with suppress(OSError):
                    new.rmdir()
            raise
    except OSError as error:
        raise wrap_os_error(error, new) from error


def _of_another_log(place: int, of_log: bytes, *, log_id: bytes) -> ForeignFileError:
    return ForeignFileError(
        f"it is of the log {of_log.hex()}, and this is the log {log_id.hex()}",
        path=f"$.checkpoints[{place}]", place=place, of_log=of_log, log_id=log_id,
    )  # fmt: skip


class _Making:
    """What was chosen, on its way into the new directory."""

    def __init__(self, sources: Sources, choice: Choice, work: Path, remains: Path, scratch: Path) -> None:
        self._sources = sources
        self._choice = choice
        self._work = work
        self._remains = remains
        self._scratch = scratch

    def conclude(self, new: Path, *, repaired: tuple[int, ...], pinned: bool) -> SalvageReport:
        """Write everything that belongs to the new log, and say what there is."""
        built = self._choice.built
        if built is None:
            raise self._nothing()
        try:
            return self._conclude(new, built, repaired, pinned=pinned)
        except BaseException:
            # What speaks of a log that isn't there is of no use, and would stand in the way of the next try.
            self._remains.unlink(missing_ok=True)
            raise

    def _conclude(self, new: Path, built: Built, repaired: tuple[int, ...], *, pinned: bool) -> SalvageReport:
        choice, whole = self._choice, self._choice.whole()
        store = LmdbStore.open(self._work)
        try:
            with store.snapshot() as snapshot, self._sources.tables() as transaction:
                taken = self._count_taken(transaction, snapshot)
                rest = self._rest(transaction, snapshot, built.authority)
                known = whole or choice.last_known() or SignedHead(built.size, built.root, b"", b"", False, NOWHERE)
                loss = _NO_LOSS if whole else rest.loss(known.size)
                beyond, erasures = self._write_remains(rest, loss, known, built.size, is_whole=whole is not None)
                gathered = collect_seals(self._sources.logs, self._scratch)
                seals = copy_seals(gathered, snapshot, erasures, self._work / "sealed", is_whole=whole is not None)
        finally:
            store.close()
        self._put_heads(built, whole)
        if whole is not None:
            finish_directory(new)
        return SalvageReport(
            self._sources.log_id, choice.name, pinned, built.size, built.root, whole is not None, known.size, known.root,
            tuple(self._sources.said), taken, repaired, built.stopped, beyond, None if whole and not beyond else str(self._remains),
            loss, seals, self._others(), choice.unverified,
        )  # fmt: skip

    def _others(self) -> tuple[OtherStory, ...]:
        return tuple(
            OtherStory(
                fork.head.size, fork.head.root, fork.head.note.decode(), fork.parts_at, fork.explained,
                None if fork.head.source == OUTSIDE else os.fspath(self._sources.logs[fork.head.source]),
            )
            for fork in self._choice.forks()
        )  # fmt: skip

    def _nothing(self) -> NotALogError:
        """Without record 0 no log can begin; what else there is goes beside where it would have been."""
        with self._sources.tables() as transaction:
            rest = self._rest(transaction, _Nothing(), Authority())
            loss, nobody = rest.loss(0), SignedHead(0, EMPTY_ROOT, b"", b"", False, NOWHERE)
            beyond, _ = self._write_remains(rest, loss, nobody, 0, is_whole=True)
        if not beyond and all(source.problem for source in self._sources.said):
            return NotALogError(
                path=self._sources.logs[0],
                detail=f"no record of the log {self._sources.log_id.hex()} is in any of the copies: check the log id",
                detail_zh=f"各份中都没有日志 {self._sources.log_id.hex()} 的记录：请核对日志编号",
            )
        kept, again = self._remains, "next time name another file with --remains"
        en = f"; {beyond} records that stand by themselves are in {kept}: keep it, {again}" if beyond else ""
        zh = f"；能单独成立的 {beyond} 条记录已写入 {kept}，请保留；再次抢救时用 --remains 另取文件名" if beyond else ""
        return NotALogError(
            path=self._sources.logs[0],
            detail=f"record 0 is in none of the copies, and no log begins without it: give a backup with --also{en}",
            detail_zh=f"各份中都没有第 0 条记录，无从建立日志：请用 --also 给出备份{zh}",
        )

    def _rest(self, transaction: Transaction, view: View, authority: Authority) -> Rest:
        if self._choice.claims is None:
            raise AssertionError("what was gathered is judged first")
        return Rest(
            transaction, view, claims=self._choice.claims, known=self._choice.known, authority=authority,
            bound=self._choice.bound,
        )  # fmt: skip

    def _count_taken(self, transaction: Transaction, snapshot: Snapshot) -> tuple[int, ...]:
        counts = [0] * len(self._sources.logs)
        found = transaction.table("found")
        for index, data in snapshot.records(0, snapshot.size):
            row = found.get(found_key(index, record_hash(data)))
            if row is not None:
                counts[found_row(row).source] += 1
        return tuple(counts)

    def _write_remains(
        self, rest: Rest, loss: Loss, known: SignedHead, saved: int, *, is_whole: bool
    ) -> tuple[int, list[Remnant]]:
        """Write the file, if there is anything to say; how many records are in it, and those that erase something."""
        if is_whole and next(rest.remnants(), None) is None:
            return 0, []
        beyond, erasures = 0, []
        proof = self._choice.known.head
        note = None if proof is None else proof.note
        opening = Opening(self._sources.log_id, self._choice.name, saved, known.size, known.root, note)
        with written_beside(self._remains, b"") as temporary:
            with temporary.open("ab") as file:
                lines = LineWriter(file)
                lines.put(opening)
                for remnant in rest.remnants():
                    lines.put(remnant)
                    beyond += 1
                    if remnant.checked.event.event.kind == "erased":
                        erasures.append(remnant)
                for lost in rest.lost_lines(loss):
                    lines.put(lost)
                for subject in loss.subjects:
                    lines.put(subject)
                lines.end(unlisted=loss.count - sum(stop - start for start, stop in loss.ranges))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._remains)
        sync(self._remains.absolute().parent)
        return beyond, erasures

    def _put_heads(self, built: Built, whole: SignedHead | None) -> None:
        """Store the head, signed if it is known, and the old checkpoints that are of these records."""
        kept: dict[int, bytes] = {}
        for head in self._choice.heads:
            in_force = built.authority.log_key(head.size) if head.size <= built.size else None
            if head.log_key == in_force and built.roots.get(head.size) == head.root:
                kept[head.size] = own_note(head)
        note = b"" if whole is None else kept[built.size]
        put_heads(self._work, Head(built.size, built.last_hash, built.frontier, note), kept)


class _Nothing:
    """The view of a log without records."""

    size = 0
    last_hash = ZERO

    def record(self, _index: int) -> bytes | None:
        return None

    def subject(self, _subject: str) -> SubjectHead | None:
        return None

    def index_of(self, _event_id: bytes) -> int | None:
        return None


def own_note(head: SignedHead) -> bytes:
    """The note of a head as a log stores it: with the line of the log key alone."""
    note = parse_note(head.note)
    origin = note.text.partition("\n")[0]
    wanted = (origin, key_id(origin, ED25519, head.log_key))
    own = next(line for line in note.signatures if (line.name, line.key_id) == wanted)
    return f"{note.text}\n{signature_line(*wanted, own.signature)}".encode()


def finish_directory(new: Path) -> None:
    """Move the log out of `unfinished` into its place; the records last. Raises StoreError."""
    work = new / UNFINISHED
    try:
        for name in ("sealed", "truth"):
            if (work / name).exists():
                (work / name).rename(new / name)
                sync(new)
        shutil.rmtree(work)
    except OSError as error:
        raise wrap_os_error(error, new) from error
