"""Records for a fold: what a projection needs of each, checked against the chain, nothing else decoded. Does I/O.

A projection that folds millions of records needs neither links nor signatures; leaving them undecoded saves half of the
time of `log.reader`. The check is the same: each record has the hash that its successor, or the head, holds for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import UNSET

from chainlog import digest
from chainlog.canon.codec import BAD_BYTES, format_error
from chainlog.errors import RecordHashError
from chainlog.event.catalogue import KINDS
from chainlog.event.model import Person, Ref
from chainlog.log.reader import Entry, SnapshotReader
from chainlog.projection.rows import UNKNOWN_US
from chainlog.projection.sides import Crew, crew_of


class Act(msgspec.Struct, frozen=True, gc=False):
    """
    One record as a fold sees it: the head of its event, the typed body, and when it happened.

    crew: its people, and what they make of a plain hand-over. raw_refs: see `refs`. start_us: when it happened, as far as custody goes; UNKNOWN_US if imported without a time. end_us:
    the latest that it can have happened. occurred: as the event states it, () where it does not. imported: it was taken from a ledger.
    """

    index: int
    recorded_at_us: int
    kind: str
    id: bytes
    subjects: tuple[str, ...]
    people: tuple[Person, ...]
    crew: Crew
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


class _Skipped(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Any array, its elements passed over: cheaper than keeping its bytes."""


class _Lean(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The first elements of a record; signatures are left out, base and links not looked into."""

    version: int
    index: int
    recorded_at_us: int
    prev_hash: bytes
    base: _Skipped
    links: _Skipped
    event: bytes


_Head = tuple[
    str, bytes, tuple[int, ...], tuple[str, ...], msgspec.Raw, msgspec.Raw, int, msgspec.Raw,
]  # fmt: skip
_Decode = Callable[[msgspec.Raw], Any]

_lean: Final = msgspec.msgpack.Decoder(_Lean).decode
_head: Final[Callable[[bytes], _Head]] = msgspec.msgpack.Decoder(_Head).decode
_people: Final = msgspec.msgpack.Decoder(tuple[Person, ...]).decode
_refs: Final = msgspec.msgpack.Decoder(tuple[Ref, ...]).decode

# The same few people hand things to each other day after day. Each crew takes some 800 bytes.
_CREWS_MAX: Final = 4_096


class _Acts:
    """
    Makes acts of events that were checked before, of some kinds.

    What comes again and again is made once and then shared: a decoder and its kind's name, the people of an act. Who
    looks these up finds them by identity, their hashes known.
    """

    def __init__(self, kinds: Collection[str]) -> None:
        self._kinds = frozenset(kinds)
        self._known: dict[str, tuple[str, _Decode | None]] = {}
        # By encoded people, of acts that were not imported and of those that were.
        self._crews: tuple[dict[bytes, Crew], dict[bytes, Crew]] = ({}, {})
        self.unknown = 0

    def make(self, index: int, recorded: int, event: bytes) -> Act | None:
        """
        The act of an event, None if its kind isn't wanted.

        An event that names no time is taken to have happened when it was recorded, or, imported, at any time before. What
        claims to happen after its recording is taken to happen at it: a slip of the pen must not freeze a carrier.
        """
        kind, event_id, occurred, subjects, raw_people, raw_refs, _, raw_body = _head(event)
        kind, decode = self._known.get(kind) or self._meet(kind)
        if decode is None:
            return None
        body = decode(raw_body)
        imported = body.source is not UNSET
        people = bytes(raw_people)
        crew = self._crews[imported].get(people)
        if crew is None:
            crew = self._meet_crew(people, imported=imported)
        if occurred:
            start, span = occurred
            end = start + span
            if start > recorded:
                start = end = recorded
        else:
            start, end = UNKNOWN_US if imported else recorded, recorded
        return Act(
            index, recorded, kind, event_id, subjects, crew.people, crew, raw_refs, body, start, end, occurred, imported
        )  # fmt: skip

    def _meet(self, kind: str) -> tuple[str, _Decode | None]:
        """The kind's name and decoder; no decoder if it isn't wanted."""
        if kind not in KINDS:
            # Not remembered: a log may hold any number of them.
            self.unknown += 1
            return kind, None
        # Made when the first body of a kind comes: most logs hold few kinds.
        found = kind, KINDS[kind].codec.unverified_decode if kind in self._kinds else None
        self._known[kind] = found
        return found

    def _meet_crew(self, raw: bytes, *, imported: bool) -> Crew:
        crews = self._crews[imported]
        if len(crews) >= _CREWS_MAX:
            crews.clear()
        crew = crews[raw] = crew_of(_people(raw), imported=imported)
        return crew


_of_any_kind: Final = _Acts(KINDS)


def act_of(entry: Entry) -> Act:
    """The act of a record that was read in full. Its kind must be known."""
    act = _of_any_kind.make(entry.index, entry.recorded_at_us, entry.record.event)
    if act is None:
        raise AssertionError(f"record {entry.index} is of an unknown kind, {entry.kind}")
    return act


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
        self._acts = _Acts(kinds)
        self.last = start
        self.reading = False

    @property
    def unknown(self) -> int:
        """See above."""
        return self._acts.unknown

    def __iter__(self) -> Iterator[Act]:
        snapshot, stop, make, prefix = self._snapshot, self._stop, self._acts.make, digest.RECORD
        record, lean, index = b"", None, self._start - 1
        try:
            # One record behind: what follows a record, or the head, says which hash it must have.
            for following, data in snapshot.records(self._start, stop + 1):
                if following != index + 1:
                    break
                next_lean = _lean(data)
                if lean is not None:
                    # `record_hash` written out: a call less for each of millions.
                    if sha256(prefix + record).digest() != next_lean.prev_hash:
                        raise RecordHashError(index=index)
                    act = make(index, lean.recorded_at_us, lean.event)
                    if act is not None:
                        self.last = index
                        yield act
                record, lean, index = data, next_lean, following
            if index < min(stop, snapshot.size - 1):
                raise RecordHashError(index=index + 1)
            if lean is not None and index < stop:
                if digest.record_hash(record) != snapshot.last_hash:
                    raise RecordHashError(index=index)
                act = make(index, lean.recorded_at_us, lean.event)
                if act is not None:
                    self.last = index
                    yield act
        except BAD_BYTES as error:
            # Bytes that have their hash and are no record: a log that no writer of ours made.
            self.reading = True
            raise format_error(error, f"record {index}") from error
        except Exception:
            # What the consumer raises doesn't pass through here.
            self.reading = True
            raise
