"""The end of a salvage: administrators state what was lost, and with their `recovered` the new log is one. Does I/O.

Until then the records lie in `NEW/unfinished` under a head that nobody signed, which no handle opens; so `recovered` is the
first record after what was saved, and nothing is admitted before it. Its signers sign on the last saved record, and thereby
for all below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from chainlog.authority.state import ViewAuthority
from chainlog.digest import ZERO, record_hash
from chainlog.errors import CheckpointError, NotALogError, ReadOnlyError, RefusedError, UsageError
from chainlog.event.subject import fold
from chainlog.forensics.salvage import finish_directory
from chainlog.forensics.salvage_build import put_heads
from chainlog.forensics.surroundings import UNFINISHED
from chainlog.log import drafting
from chainlog.log.block import Clock
from chainlog.log.handle import LogHandle
from chainlog.log.head import Head, decode_head, origin_of
from chainlog.log.request import Receipt
from chainlog.log.writer import system_clock
from chainlog.record.draft import Draft
from chainlog.record.record import unverified_record
from chainlog.record.signer import Signer
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.port import Snapshot
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from chainlog.tree.merkle import Frontier

DRAFT: Final = "recovered.draft"
_KIND: Final = "recovered"
_BATCH: Final = 4_096


class Unfinished:
    """
    A log that was saved with a gap, and isn't one yet. Close it.

    Raises: NotALogError if there is none in *new*; RecordHashError where a record of its registry is damaged.
    """

    def __init__(self, new: Path, *, clock: Clock = system_clock) -> None:
        self._new = new
        self._clock = clock
        if not (new / UNFINISHED / "truth").is_dir():
            raise NotALogError(
                path=new, detail="no unfinished log is in it, which chainlog salvage makes",
                detail_zh="其中没有 chainlog salvage 留下的未完成日志",
            )  # fmt: skip
        self._store = LmdbStore.open(new / UNFINISHED)
        with self._store.snapshot() as snapshot:
            self.size = snapshot.size
            self.log_id = record_hash(snapshot.record(0) or b"")

    @property
    def draft_path(self) -> Path:
        """Where the draft of `recovered` lies."""
        return self._new / DRAFT

    @contextmanager
    def authority(self) -> Iterator[ViewAuthority]:
        """Keys and administrators as the saved records give them."""
        with self._store.snapshot() as snapshot:
            yield ViewAuthority(snapshot)

    def signers(self, named: Sequence[str], *, at_hand: Sequence[str] = ()) -> list[str]:
        """
        As many administrators as must sign: those *named*, those whose keys are *at_hand*, then others in their order.

        Raises: UsageError for somebody who is none.
        """
        with self.authority() as authority:
            era = authority.administration(self.size)
        names = list(dict.fromkeys([*(fold(person) for person in named), *at_hand]))
        for person in names:
            if person not in era.administrators:
                known = ", ".join(era.administrators)
                raise UsageError(
                    f"{person} is no administrator by the records that were saved; they are {known}",
                    detail_zh=f"{person} 不是已救出的记录中的管理员；管理员有 {'、'.join(era.administrators)}",
                )
        others = [person for person in era.administrators if person not in names]
        return names + others[: max(0, era.threshold - len(names))]

    def draft(self, signers: Sequence[str], *, reason: str, known_size: int, known_root: bytes) -> Draft:
        """
        The draft of `recovered` on the last saved record, to be signed by all *signers*.

        known_size, known_root: the last head that is known of the damaged log. Raises: FormatError and its subclasses.
        """
        body = {"lost_from": self.size, "known_size": known_size, "known_root": known_root, "reason": reason}
        people = [("administrator", person, 1) for person in signers]
        now_us = self._clock()
        with self._store.snapshot() as snapshot:
            event = drafting.prepare(snapshot, _KIND, body=body, people=people, now_us=now_us, occurred=(now_us, 0))
            return drafting.prepare_draft(snapshot, event, log_id=self.log_id)

    def finish(
        self, draft: Draft, *, log_signer: Signer, on_recorded: Callable[[bytes, list[int]], None] | None = None
    ) -> Receipt:
        """
        Sign the head of what was saved, append the signed draft, and put the log in its place. Closes this object.

        The head is a beginning of those that the log signed before. What follows `recovered` is not: the heads of the lost
        part and the new ones are two histories, which is what it states.

        on_recorded: called with the log's id and the index once the record is durable, before the directory is put in order;
            should that fail, finishing once more ends it: the record is found, and not made again.

        Raises: RefusedError for another draft; CheckpointError if the saved records aren't what they were;
            ReadOnlyError for another key than the log's; as `Writer.append`.
        Cost: a hash a record.
        """
        self._check(draft)
        try:
            with self._store.snapshot() as snapshot:
                authority = ViewAuthority(snapshot)
                if authority.log_key(snapshot.size) != log_signer.public_key:
                    raise ReadOnlyError("the log key given is not the one in force where the saved records end")
                head, origin = _checked_head(snapshot), origin_of(authority.name, self.log_id)
            if not head.checkpoint:
                note = sign_checkpoint(Checkpoint(origin, head.size, head.frontier.root()), signer=log_signer)
                put_heads(self._new / UNFINISHED, head._replace(checkpoint=note), {head.size: note})
            handle = LogHandle(self._store, log_signer=log_signer, log_id=self.log_id, clock=self._clock)
            receipt = handle.append(draft)
            if on_recorded is not None:
                on_recorded(receipt.log_id, [receipt.index])
        finally:
            self.close()
        finish_directory(self._new)
        self.draft_path.unlink(missing_ok=True)
        return receipt

    def _check(self, draft: Draft) -> None:
        event = draft.checked_event()
        if event.event.kind != _KIND or draft.log_id != self.log_id:
            raise RefusedError(
                "it is no recovered of this log", finding="wrong-log" if event.event.kind == _KIND else "malformed",
                subject=event.event.kind,
            )  # fmt: skip
        lost_from: int = event.body.lost_from
        if lost_from != draft.base[0] + 1 or lost_from not in (self.size, self.size - 1):
            raise RefusedError(
                f"it says that records were lost from {lost_from} on, and {self.size} were saved", finding="wrong-base",
                subject=_KIND,
            )  # fmt: skip

    def close(self) -> None:
        """Close the store. Twice is fine."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _checked_head(snapshot: Snapshot) -> Head:
    """The head as stored, its chain and tree recomputed: what lay here since may have been changed."""
    head, before, frontier = decode_head(snapshot.head or b""), ZERO, Frontier.empty()
    for start in range(0, snapshot.size, _BATCH):
        hashes = []
        for index, data in snapshot.records(start, min(start + _BATCH, snapshot.size)):
            record = unverified_record(data)
            if record.index != index or record.prev_hash != before:
                raise CheckpointError(f"record {index} is not the one that was saved; salvage once more")
            before = record_hash(data)
            hashes.append(before)
        frontier = frontier.extend(hashes)
    if (head.size, head.last_hash, head.frontier) != (frontier.size, before, frontier):
        raise CheckpointError("the records are not those that were saved; salvage once more")
    return head
