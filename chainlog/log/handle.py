"""An open log: its identity, a reader, a writer, drafting. Does I/O through the store that it is given.

Projections and rules stand above this room; `chainlog.Log` puts all of it together for applications.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from chainlog import digest
from chainlog.authority.state import ViewAuthority
from chainlog.authority.view import View
from chainlog.errors import CheckpointError, NotALogError, ReadOnlyError, RefusedError, UsageError, VerificationError
from chainlog.event.compose import People
from chainlog.event.model import CheckedEvent, Ref
from chainlog.log import drafting
from chainlog.log.block import BlockBuilder, Clock, Guard
from chainlog.log.checkpoints import missing_checkpoints
from chainlog.log.head import Head, check_head, origin_of
from chainlog.log.prefix import VerifiedPrefix, verified_prefix
from chainlog.log.reader import Reader
from chainlog.log.request import Proposal, Receipt, Request
from chainlog.log.writer import TIMEOUT_S, Writer, system_clock
from chainlog.record import keys
from chainlog.record.draft import Draft
from chainlog.record.record import SubjectHead
from chainlog.record.signer import Signer
from chainlog.store.port import META, Snapshot, Store

Signers = Mapping[str, Signer | Sequence[Signer]]
"""Person to the signer, or to several of that person's keys."""


class LogHandle:
    """
    One open log.

    Args:
        store: open; closed with the handle.
        log_signer: holds the log key; without it the handle only reads.
        log_id: what the caller knows the log by, 32 bytes; a store that holds another log is refused.
        guard, clock, timeout_s: see `Writer`.

    Raises:
        NotALogError: the store holds no genesis. VerificationError: another log than *log_id*.
        CheckpointError: the head is not the log key's signature over what is stored.
        RecordHashError: a record that keys or policies rest on is damaged.
    Cost: a few reads and one signature check, at any size.
    """

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
        self.store = store
        self.path = path
        self._clock = clock
        self._guard = guard
        self.reader = Reader(store)
        with store.snapshot() as snapshot:
            version = snapshot.meta("format")
            if version != META["format"]:
                raise NotALogError(f"its tables are of version {version!r}, not {META['format']!r}", path=path)
            genesis = snapshot.record(0)
            if genesis is None:
                raise NotALogError("it has no record 0", path=path)
            self.id = digest.record_hash(genesis)
            if log_id is not None and log_id != self.id:
                raise VerificationError(f"this is log {self.id.hex()}, not {log_id.hex()}")
            authority = ViewAuthority(snapshot)
            self.name = authority.name
            self.utc_offset_minutes = authority.utc_offset_minutes
            self.unit = authority.unit
            head = self._check_head(snapshot, authority)
            if (head.size, head.last_hash) != (snapshot.size, snapshot.last_hash):
                raise CheckpointError("the stored head does not belong to the records; run chainlog verify")
            last = snapshot.record(snapshot.size - 1)
            if last is None or digest.record_hash(last) != snapshot.last_hash:
                raise CheckpointError("the last record is not the one that the head names; run chainlog verify")
        self._policies: ViewAuthority | None = None
        self._writer: Writer | None = None
        if log_signer is not None:
            self._writer = Writer(
                store,
                log_id=self.id,
                name=self.name,
                log_signer=log_signer,
                guard=guard,
                clock=clock,
                timeout_s=timeout_s,
            )

    def _check_head(self, snapshot: Snapshot, authority: ViewAuthority) -> Head:
        origin, log_key = origin_of(self.name, self.id), authority.log_key(snapshot.size)
        return check_head(snapshot.head or b"", origin=origin, log_key=log_key)

    def verified_prefix(self) -> VerifiedPrefix:
        """
        Hash all records and compare their tree with the head that the log key signed: has a bit of any of them changed?

        No audit: see `log.prefix` for what is not looked at, what it costs, and what it raises besides CheckpointError where
        the head isn't signed by the log key.
        """
        with self.store.snapshot() as snapshot:
            head = self._check_head(snapshot, ViewAuthority(snapshot))
        return verified_prefix(self.store, head)

    @property
    def writer(self) -> Writer:
        """The writer. Raises ReadOnlyError for a handle without the log key."""
        if self._writer is None:
            raise ReadOnlyError("the log key was not given")
        return self._writer

    @property
    def origin(self) -> str:
        """Origin line of the log's checkpoints: `<name>/<log id in hexadecimal>`."""
        return origin_of(self.name, self.id)

    @property
    def directory(self) -> Path:
        """Where the log lies."""
        return Path(self.path)

    def now_us(self) -> int:
        """What the handle's clock says."""
        return self._clock()

    @contextmanager
    def authority(self) -> Iterator[ViewAuthority]:
        """Keys, administrators and policies as of the newest record; valid inside the block."""
        with self.store.snapshot() as snapshot:
            yield ViewAuthority(snapshot)

    def parameters(self) -> dict[str, tuple[str, ...]]:
        """Parameters of the policy that counts now, by name."""
        with self.store.snapshot() as snapshot:
            policy = self._policy_authority(snapshot).policy_for(self._clock())
        return dict(policy.body.parameters) if policy is not None else {}

    def _policy_authority(self, view: View) -> ViewAuthority:
        if self._writer is not None:
            written = self._writer.authority_at(view.last_hash)
            if written is not None:
                return written
        # Threads may race to set this; each of them has a right answer in hand.
        found = self._policies
        if found is None or not found.is_current(view):
            self._policies = found = ViewAuthority(view)
        return found

    @contextmanager
    def trial(self) -> Iterator[BlockBuilder]:
        """
        A block that is built and never written: what an append would say to each request after those before it.

        Its `overlay` is the view to prepare further events on; `add_all` seals, and raises what an append would.
        Valid inside the block.
        """
        with self.store.snapshot() as snapshot:
            yield BlockBuilder(
                snapshot,
                ViewAuthority(snapshot),
                log_id=self.id,
                now_us=self._clock(),
                verify=keys.verify,
                guard=self._guard,
            )

    def prepare(
        self, kind: str, *, body: Mapping[str, Any], people: People, view: View | None = None, **rest: Any
    ) -> CheckedEvent:
        """
        An event ready to be signed; see `drafting.prepare` for the arguments.

        Args:
            view: what it is prepared on, such as the overlay of a `trial`; the newest records by default.
        """
        if view is not None:
            return drafting.prepare(view, kind, body=body, people=people, now_us=self._clock(), **rest)
        with self.store.snapshot() as snapshot:
            policies = self._policy_authority(snapshot)
            return drafting.prepare(
                snapshot, kind, body=body, people=people, now_us=self._clock(), authority=policies, **rest
            )

    def draft(self, event: CheckedEvent) -> Draft:
        """A draft of *event* on the newest record, to be signed and appended."""
        with self.store.snapshot() as snapshot:
            return drafting.prepare_draft(snapshot, event, log_id=self.id)

    def append(self, request: Request) -> Receipt:
        """Append a signed draft, or a proposal to be signed here. See `Writer.append`."""
        return self.writer.append(request)

    def append_many(self, requests: Sequence[Request]) -> list[Receipt]:
        """Append several, all or none, in one commit. See `Writer.append_many`."""
        return self.writer.append_many(requests)

    def record_event(
        self,
        kind: str,
        *,
        body: Mapping[str, Any],
        people: People,
        signers: Signers,
        subjects: Iterable[str] = (),
        occurred: Sequence[int] = (),
        refs: Iterable[bytes | Ref] = (),
        event_id: bytes | None = None,
    ) -> Receipt:
        """
        Prepare, sign and append one event whose signers are all here.

        Args:
            signers: person to signer. Who is named to sign but has none here makes the append fail, and nothing is written.

        Raises: as `prepare` and `append`; UsageError where a signer is missing.
        """
        event = self.prepare(
            kind, body=body, people=people, subjects=subjects, occurred=occurred, refs=refs, event_id=event_id
        )
        return self.append(propose(event, signers))

    def checkpoint(self) -> bytes:
        """The newest head as a signed note, to be kept outside. Raises CheckpointError if the log key didn't sign it."""
        with self.store.snapshot() as snapshot:
            log_key = ViewAuthority(snapshot).log_key(snapshot.size)
            return check_head(snapshot.head or b"", origin=self.origin, log_key=log_key).checkpoint

    def missing_checkpoints(self) -> list[int]:
        """The sizes at which a period ended and no checkpoint is kept; see `log.checkpoints`. Cost: a decode a record."""
        with self.store.snapshot() as snapshot:
            return missing_checkpoints(snapshot, ViewAuthority(snapshot))

    def keep_checkpoints(self) -> list[int]:
        """Keep the newest head, and make up for checkpoints that are missing. See `Writer.keep_checkpoints`."""
        return self.writer.keep_checkpoints()

    def close(self) -> None:
        """Close the writer and the store."""
        if self._writer is not None:
            self._writer.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def propose(event: CheckedEvent, signers: Signers) -> Proposal:
    """
    The proposal in which *signers* sign everything that the event's people name.

    Raises: UsageError naming the first signature for which no signer is given.
    """
    chosen: list[tuple[str, str, Signer]] = []
    for role, person, signs in event.event.people:
        if not signs:
            continue
        given = signers.get(person, ())
        available = list(given) if isinstance(given, Sequence) else [given]
        if len(available) < signs:
            raise UsageError(f"no signer for {person} as {role}")
        chosen += [(role, person, signer) for signer in available[:signs]]
    return Proposal(event, tuple(chosen))


class _Nothing:
    """The view below record 0."""

    size = 0
    last_hash = digest.ZERO

    def record(self, _index: int) -> bytes | None:
        return None

    def subject(self, _subject: str) -> SubjectHead | None:
        return None

    def index_of(self, _event_id: bytes) -> int | None:
        return None


def check_genesis(draft: Draft, *, now_us: int) -> str:
    """
    Judge a signed genesis before a directory is made for it.

    Returns: the log's name. Raises: as `Writer.append`.
    """
    event = draft.checked_event()
    if event.event.kind != "log_opened":
        raise RefusedError("a log is opened by log_opened", finding="malformed", subject=event.event.kind)
    draft.verify_signatures()
    nothing = _Nothing()
    builder = BlockBuilder(
        nothing, ViewAuthority(nothing), log_id=digest.ZERO, now_us=now_us, verify=keys.verify, guard=None
    )
    builder.add_all([draft], verified=True)
    name: str = event.body.name
    return name


def write_genesis(store: Store, draft: Draft, *, log_signer: Signer, clock: Clock = system_clock) -> Receipt:
    """Append the genesis to an empty store. The log id is the receipt's `record_hash`. Raises as `Writer.append`."""
    name = check_genesis(draft, now_us=clock())
    return Writer(store, log_id=None, name=name, log_signer=log_signer, clock=clock).append(draft)
