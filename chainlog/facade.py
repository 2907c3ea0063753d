"""`chainlog.Log`: a log on disk with everything that applications ask of it. Puts the rooms together; does I/O.

LOG/truth/     the records; the only thing that counts
LOG/derived/   projections; deleting it is always safe
LOG/sealed/    boxes of sealed values and wrapped keys
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from chainlog.errors import NotFoundError, StoreError, UsageError
from chainlog.event.compose import People, new_event_id
from chainlog.event.model import CheckedEvent
from chainlog.forensics.judging import JudgingLog
from chainlog.log.block import BlockBuilder, Clock, Guard, check_log_key
from chainlog.log.handle import Signers, check_genesis, write_genesis
from chainlog.log.request import Receipt, Request
from chainlog.log.sealing import Seals, seal_body
from chainlog.log.writer import TIMEOUT_S, system_clock
from chainlog.record.draft import Draft
from chainlog.record.signer import Signer
from chainlog.rules.guard import RuleGuard, check_refuse
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.memory_kv import MemoryKeyValue
from chainlog.store.port import KeyValue, Store
from chainlog.store.spare_kv import open_or_spare
from chainlog.whole_file import cannot_write

if TYPE_CHECKING:
    from chainlog.interchange.import_report import ImportReport, Unmatched
    from chainlog.interchange.mapping import NameMap
    from chainlog.projection.completeness import CompletenessMap
    from chainlog.projection.custody import Custody
    from chainlog.projection.runner import Projections
    from chainlog.proof.export import Exported, ExportTarget
    from chainlog.record.keys import ReaderKey


class Log(JudgingLog):
    """
    An open log. Use it as a context manager, or close it.

    Make one with `create` or `open`. Safe to use from several threads; after a fork each process opens its own.
    """

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], genesis: Draft, *, log_signer: Signer, clock: Clock = system_clock
    ) -> Self:
        """
        Make a new log in a new or empty directory from a genesis that everybody has signed.

        Args:
            genesis: from `genesis_draft`, signed by all administrators, holders of recovery keys, and the log key.
            log_signer: holds the log key. Its file lies outside the log.

        Returns: the open log. Write its `id` on paper: it is what every later verification is given.

        Raises: LogExistsError; what `admit` refuses the genesis for, before anything is made; StoreError.
        """
        check_genesis(genesis, now_us=clock())
        check_refuse(genesis.checked_event().body.policy.refuse, path="$.policy.refuse")
        store = LmdbStore.create(path)
        try:
            write_genesis(store, genesis, log_signer=log_signer, clock=clock)
            return cls(store, log_signer=log_signer, clock=clock, path=str(path))
        except BaseException:
            store.close()
            raise

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        log_signer: Signer | None = None,
        log_id: bytes | None = None,
        read_only: bool = False,
        clock: Clock = system_clock,
        timeout_s: float = TIMEOUT_S,
    ) -> Self:
        """
        Open an existing log.

        Args:
            log_signer: holds the log key; without it nothing can be appended.
            log_id: 32 bytes; the log is refused if it is another one.
            read_only: change no byte of the directory: for evidence. Derived state is then kept in memory.

        Raises: NotALogError, VerificationError, CheckpointError, NetworkFileSystemError, StoreError.
        Cost: below 30 ms at any size.
        """
        store = LmdbStore.open(path, read_only=read_only)
        try:
            return cls(store, log_signer=log_signer, log_id=log_id, clock=clock, timeout_s=timeout_s, path=str(path))
        except BaseException:
            store.close()
            raise

    def __init__(
        self,
        store: Store,
        *,
        log_signer: Signer | None = None,
        log_id: bytes | None = None,
        guard: Guard | None = None,
        clock: Clock = system_clock,
        timeout_s: float = TIMEOUT_S,
        path: str = "",
    ) -> None:
        self._rules = RuleGuard(lambda: self.projections)
        super().__init__(
            store,
            log_signer=log_signer,
            log_id=log_id,
            guard=self._rules if guard is None else guard,
            clock=clock,
            timeout_s=timeout_s,
            path=path,
        )
        self.on_not_kept: Callable[[StoreError | None], None] = _say_nothing
        """
        Called before the log is folded in memory, because `derived/` can't be kept: some 50 microseconds a record. Told what was in
        the way; None for a log that is read-only or has no directory.
        """
        self.on_recorded: Callable[[bytes, list[int]], None] = _forget
        """Called with the log's id and the indexes of records once they are durable, before anything else can fail."""
        self._opened: list[KeyValue] = []
        self._seals: Seals | None = None
        self._projections: Projections | None = None
        self._making = threading.Lock()

    @property
    def seals(self) -> Seals:
        """Sealed values: show, share, erase. A read-only log's are opened for reading. Raises StoreError."""
        if self._seals is None:
            self._seals = Seals(self._sealed(), self.reader, self.id)
        return self._seals

    def prepare(self, kind: str, *, body: Mapping[str, Any], people: People, **rest: Any) -> CheckedEvent:
        """
        An event ready to be signed; see `log.drafting.prepare` for the arguments.

        Where the policy lists `seal.fields`, these texts are sealed to `seal.readers` first: their boxes are written
        now, so that the record never waits for them.
        """
        if kind == "policy_adopted":
            check_refuse(body.get("refuse", ()))
        parameters = self.parameters()
        fields = parameters.get("seal.fields", ())
        if not fields:
            return super().prepare(kind, body=body, people=people, **rest)
        rest["event_id"] = event_id = rest.get("event_id") or new_event_id(self.now_us())
        sealed = seal_body(kind, body, fields=fields, log_id=self.id, event_id=event_id)
        event = super().prepare(kind, body=sealed.body, people=people, **rest)
        # Only now: an event that can't be composed leaves no box behind.
        self.seals.put(sealed, readers=[bytes.fromhex(reader) for reader in parameters.get("seal.readers", ())])
        return event

    def append(self, request: Request) -> Receipt:
        """
        Append a signed draft, or a proposal to be signed here. See `Writer.append`.

        Raises besides: ForbiddenError for what the policy in force refuses; see `rules.guard`.
        """
        return self.append_many([request])[0]

    def append_many(self, requests: Sequence[Request]) -> list[Receipt]:
        """Append several, all or none, in one commit. See `Writer.append_many`. Raises as `append`."""
        self._make_guard_ready()
        receipts = super().append_many(requests)
        self.on_recorded(self.id, [receipt.index for receipt in receipts])
        return receipts

    @contextmanager
    def trial(self) -> Iterator[BlockBuilder]:
        """A block that is built and never written. See `LogHandle.trial`."""
        self._make_guard_ready()
        with super().trial() as block:
            yield block

    def _make_guard_ready(self) -> None:
        # While the log isn't held, so that others needn't wait for it. A policy that another process adopted just now is
        # kept all the same; only more is folded then while the log is held.
        eras = None if self._writer is None else self._writer.policies()
        if eras is None:
            with self.store.snapshot() as snapshot:
                eras = self._policy_authority(snapshot).policies()
        self._rules.make_ready(eras)

    def export(
        self, target: str | os.PathLike[str] | ExportTarget, *, options: Mapping[str, str] | None = None
    ) -> Exported:
        """
        Write the log as C2SP tiles into a directory or an object store, or bring such an export up to date.

        Raises: ExportError, CheckpointError where the target holds something else; see `forensics.exporting`.
        """
        from chainlog.forensics.exporting import export_log  # noqa: PLC0415 - who only appends is quick

        return export_log(self, target, options=options, roots=self._tile_roots)

    def erase(self, target: bytes, *, path: str, reason: str, people: People, signers: Signers) -> Receipt:
        """
        Record the erasure of one sealed value, signed by registrar and approver, and destroy its keys and box.

        Args:
            target: id of the event that holds the value. path: of the field, `document.title`.

        Raises: NotFoundError; UsageError; as `append`. If only the destruction fails, calling `seals.destroy` again ends it.
        """
        entry = self.reader.find(target)
        if entry is None:
            raise NotFoundError(what=f"act {target.hex()}")
        self.seals.check_sealed(entry, path=path)
        body = {"path": path, "reason": reason}
        receipt = self.record_event("erased", body=body, people=people, signers=signers, refs=[target])
        self.seals.destroy(entry, path=path)
        return receipt

    @property
    def completeness(self) -> CompletenessMap:
        """The completeness map at any size, with proofs that a subject's history is whole. Raises StoreError."""
        from chainlog.projection.completeness import CompletenessMap  # noqa: PLC0415 - who only appends is quick

        return CompletenessMap(self.reader, self.projections.kv, log_id=self.id)

    def commit_map(self) -> Receipt:
        """
        Commit to the completeness map of all records that stand now, by the log's own signature.

        What stands in a bundle is complete up to the newest commitment.

        Raises: ReadOnlyError; RefusedError where another process committed to a larger one meanwhile; as `append`.
        Cost: some 50 microseconds for each record since the last commitment.
        """
        signer = self.writer.log_signer
        with self.authority() as authority:
            # Else it would be refused as the signature of somebody who isn't enrolled.
            check_log_key(signer.public_key, authority, size=self.reader.size)
        with self.completeness.at(self.reader.size) as found:
            body = {"map_root": found.root, "size": found.size, "subjects": found.subjects}
        return self.record_event("index_committed", body=body, people=[("log", "s/log", 1)], signers={"s/log": signer})

    def bundle(
        self,
        subjects: Sequence[str],
        *,
        openings: Sequence[tuple[bytes, str]] = (),
        reader_key: ReaderKey | None = None,
        **rest: Any,
    ) -> bytes:
        """
        An evidence bundle: one file that proves to a stranger what this log holds of carriers, documents, persons ….

        It is complete up to the newest map that the log committed to (`commit_map`); `proof.bundle_check` checks it.

        Args:
            subjects: what it is about. openings: (event id, path) of sealed values to show, opened with *reader_key*.
            rest: checkpoint, tokens, references; see `forensics.bundles.bundle_of`, also for what it raises.

        Raises besides: SealError.
        """
        from chainlog.forensics.bundles import bundle_of, openings_of  # noqa: PLC0415 - who only appends is quick

        opened = openings_of(self, self.seals, openings, reader_key=reader_key) if openings else ()
        return bundle_of(self, self.completeness, subjects, openings=opened, roots=self._tile_roots, **rest).data

    @property
    def projections(self) -> Projections:
        """
        What is folded from the log and kept beside it, to be asked quickly. Register projections of your own here.

        Of a read-only log they are kept in memory. Raises StoreError.
        """
        from chainlog.projection.standard import standard_projections  # noqa: PLC0415 - who only appends is quick

        with self._making:
            if self._projections is None:
                self._projections = standard_projections(self.reader, self._derived())
            return self._projections

    def import_registers(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        registrar: str,
        signers: Signers,
        names: NameMap | None = None,
        default_year: int | None = None,
        dry_run: bool = False,
        confirm: Callable[[Sequence[Unmatched]], None] | None = None,
    ) -> ImportReport:
        """Import registers on paper; see `interchange.importing.import_registers`."""
        from chainlog.interchange.importing import import_registers  # noqa: PLC0415 - spreadsheets are rarely read

        return import_registers(
            self, paths, registrar=registrar, signers=signers, names=names, default_year=default_year, dry_run=dry_run,
            confirm=confirm,
        )  # fmt: skip

    @property
    def custody(self) -> Custody:
        """
        Who has what, who had it, who met it; caught up with the log whenever this is read.

        Raises: ProjectionError, RecordHashError, BusyError, StoreError.
        """
        from chainlog.projection.custody import Custody  # noqa: PLC0415
        from chainlog.projection.people_reader import PeopleReader  # noqa: PLC0415

        self.projections.catch_up("custody")
        self.projections.catch_up("people")
        return Custody(self.projections.kv, registry=PeopleReader(self.projections.kv), reader=self.reader)

    def _sealed(self) -> KeyValue:
        """The environment of `sealed/`; an empty one where there is none and none can be made, for who has nothing to seal."""
        try:
            return self._beside("sealed")
        except StoreError as error:
            if self._writer is not None or not cannot_write(error) or (self.directory / "sealed").exists():
                raise
            return MemoryKeyValue()

    def _derived(self) -> KeyValue | None:
        """The environment of `derived/`, made anew if it can't be opened; None or in memory where it can't be kept."""
        if not self.path or self.store.read_only:
            self.on_not_kept(None)
            return None

        def rebuild() -> KeyValue:
            kv = LmdbKeyValue.rebuild(self.directory / "derived")
            self._opened.append(kv)
            return kv

        return open_or_spare(lambda: self._beside("derived"), rebuild, self.on_not_kept)

    def _beside(self, name: str) -> KeyValue:
        """The environment *name* of the log, or one in memory where there is no directory or nothing may be written."""
        if not self.path:
            return MemoryKeyValue()
        directory = self.directory / name
        if self.store.read_only and not directory.exists():
            return MemoryKeyValue()
        kv = LmdbKeyValue.open(directory, read_only=self.store.read_only)
        self._opened.append(kv)
        return kv

    def close(self) -> None:
        """Close the writer, what lies beside the log, and the store."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        for kv in self._opened:
            kv.close()
        self._opened.clear()
        self._seals = None
        self._projections = None
        super().close()

    def backup(self, target: str | os.PathLike[str]) -> None:
        """
        Copy the log to a new directory while others write: the copy is one commit's state, whole.

        Sealed values and time stamps are copied too; no value that a record of the copy names is missing from it. `derived/`
        isn't copied.

        Raises: LogExistsError, StoreFullError, StoreError; UsageError for a log in memory; see `log.backup`.
        """
        if not isinstance(self.store, LmdbStore):
            raise UsageError("a log in memory has no files to copy")
        from chainlog.log.backup import backup_with_seals  # noqa: PLC0415 - rarely wanted
        from chainlog.log.witness_files import copy_witness  # noqa: PLC0415

        if (self.directory / "sealed").exists():
            backup_with_seals(self.store, self.seals, target)
        else:
            self.store.backup(target)
        copy_witness(self.path, target)


def _forget(log_id: bytes, indexes: list[int]) -> None:
    pass


def _say_nothing(error: StoreError | None) -> None:
    pass
