"""Records for a fold: what a projection needs of each, checked against the chain, nothing else decoded. Does I/O.

A projection that folds millions of records needs neither links nor signatures; leaving them undecoded saves half of the
time of `log.reader`. The check is the same: each record has the hash that its successor, or the head, holds for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import UNSET

from chainlog import digest, limits
from chainlog.canon.codec import BAD_BYTES, format_error
from chainlog.errors import RecordHashError
from chainlog.event.catalogue import KINDS
from chainlog.event.model import Person, Ref
from chainlog.log.reader import Entry, SnapshotReader

UNKNOWN_US: Final = limits.INTEGER_MIN
"""A time that the books don't know: before everything else."""


class Act(msgspec.Struct, frozen=True, gc=False):
    """
    One record as a fold sees it: the head of its event, the typed body, and when it happened.

    raw_refs: see `refs`. start_us: when it happened, as far as custody goes; UNKNOWN_US if imported without a time. end_us:
    the latest that it can have happened. occurred: as the event states it, () where it does not. imported: it was taken from a ledger.
    """

    index: int
    recorded_at_us: int
    kind: str
    id: bytes
    subjects: tuple[str, ...]
    people: tuple[Person, ...]
    raw_refs: msgspec.Raw
    body: Any
    start_us: int
    end_us: int
    occurred: tuple[int, ...]
    imported: bool

    @property
    def refs(self) -> tuple[Ref, ...]:
        """(event id, event hash) of earlier acts."""
        return _refs(self.raw_refs)


class _Lean(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The first elements of a record; signatures are left out, base and links not looked into."""

    version: int
    index: int
    recorded_at_us: int
    prev_hash: bytes
    base: msgspec.Raw
    links: msgspec.Raw
    event: bytes


_Head = tuple[
    str, bytes, tuple[int, ...], tuple[str, ...], tuple[Person, ...], msgspec.Raw, int, msgspec.Raw,
]  # fmt: skip
Decode = Callable[[msgspec.Raw], Any]

_lean: Final = msgspec.msgpack.Decoder(_Lean).decode
_head: Final[Callable[[bytes], _Head]] = msgspec.msgpack.Decoder(_Head).decode
_refs: Final = msgspec.msgpack.Decoder(tuple[Ref, ...]).decode


@cache
def body_decoder(kind: str) -> Decode:
    """Decoder for the bodies of a known kind that were checked before."""
    return KINDS[kind].codec.unverified_decode


def act_of(entry: Entry) -> Act:
    """The act of a record that was read in full. Its kind must be known."""
    return _act(entry.index, entry.recorded_at_us, _head(entry.record.event), body_decoder(entry.kind))


def _act(index: int, recorded: int, head: _Head, decode: Decode) -> Act:
    """
    An event that names no time is taken to have happened when it was recorded, or, imported, at any time before. What
    claims to happen after its recording is taken to happen at it: a slip of the pen must not freeze a carrier.
    """
    kind, event_id, occurred, subjects, people, raw_refs, _, raw_body = head
    body = decode(raw_body)
    imported = body.source is not UNSET
    if occurred:
        start, span = occurred
        end = start + span
        if start > recorded:
            start = end = recorded
    else:
        start, end = UNKNOWN_US if imported else recorded, recorded
    return Act(
        index, recorded, kind, event_id, subjects, people, raw_refs, body, start, end, occurred, imported
    )  # fmt: skip


class ActFeed:
    """
    The records in [start, stop) of some kinds, as acts, to be iterated once.

    Iterating raises RecordHashError, FormatError. Cost: about half of `SnapshotReader.read_range`, a third of it the hash.

    last: index of the act given out last, or of the first record. unknown: records met so far of kinds that this release
    doesn't know. reading: whether an exception came from reading.
    """

    def __init__(self, reader: SnapshotReader, start: int, stop: int, kinds: Collection[str]) -> None:
        self._snapshot = reader.raw
        self._start = start
        self._stop = min(stop, self._snapshot.size)
        # Decoders are made when the first body of a kind comes: most logs hold few kinds.
        self._kinds = frozenset(kind for kind in kinds if kind in KINDS)
        self.last = start
        self.unknown = 0
        self.reading = False

    def __iter__(self) -> Iterator[Act]:
        snapshot, stop, kinds = self._snapshot, self._stop, self._kinds
        record, lean, index = b"", None, self._start - 1
        try:
            # One record behind: what follows a record, or the head, says which hash it must have.
            for following, data in snapshot.records(self._start, stop + 1):
                if following != index + 1:
                    break
                next_lean = _lean(data)
                if lean is not None:
                    if digest.record_hash(record) != next_lean.prev_hash:
                        raise RecordHashError(index=index)
                    head = _head(lean.event)
                    kind = head[0]
                    if kind in kinds:
                        self.last = index
                        yield _act(index, lean.recorded_at_us, head, body_decoder(kind))
                    elif kind not in KINDS:
                        self.unknown += 1
                record, lean, index = data, next_lean, following
            if index < min(stop, snapshot.size - 1):
                raise RecordHashError(index=index + 1)
            if lean is not None and index < stop:
                if digest.record_hash(record) != snapshot.last_hash:
                    raise RecordHashError(index=index)
                head = _head(lean.event)
                kind = head[0]
                if kind in kinds:
                    self.last = index
                    yield _act(index, lean.recorded_at_us, head, body_decoder(kind))
                elif kind not in KINDS:
                    self.unknown += 1
        except BAD_BYTES as error:
            # Bytes that have their hash and are no record: a log that no writer of ours made.
            self.reading = True
            raise format_error(error, f"record {index}") from error
        except Exception:
            # What the consumer raises doesn't pass through here.
            self.reading = True
            raise
