"""What `admit` may ask about the records before one, and the walks that it takes there. Pure; a reader is passed in.

A snapshot of a store is a View; so is a snapshot with the earlier records of a block on top (`log.overlay`), an
audit's own memory, and a bundle, which answers *not known* to some questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple, Protocol, TypeAlias

import msgspec

from chainlog import digest, limits
from chainlog.canon import codec
from chainlog.errors import FormatError, RecordHashError
from chainlog.event.catalogue import KINDS
from chainlog.event.model import Event, unverified_event
from chainlog.event.moves import moved_subjects
from chainlog.record.record import Link, Record, SubjectHead, unverified_record


class View(Protocol):
    """The log below one index."""

    @property
    def size(self) -> int: ...

    @property
    def last_hash(self) -> bytes: ...

    def record(self, index: int) -> bytes | None: ...

    def subject(self, subject: str) -> SubjectHead | None: ...

    def index_of(self, event_id: bytes) -> int | None: ...


class Step(msgspec.Struct, frozen=True):
    """One event of a subject, met while walking back. link: that of the record to the subject's event before."""

    index: int
    record: Record
    event: Event
    link: Link


class Mover(msgspec.Struct, frozen=True, gc=False):
    """The record that moved a subject after a base; kind `?` when the walk was given up."""

    subject: str
    index: int
    kind: str


def record_hash_at(view: View, index: int) -> bytes | None:
    """Record hash of the record at *index*, recomputed from its bytes; None if it isn't there."""
    if index == view.size - 1:
        return view.last_hash
    data = view.record(index)
    return None if data is None else digest.record_hash(data)


def event_hash_at(view: View, index: int) -> bytes | None:
    """Event hash of the record at *index*, or None if it isn't there or can't be read."""
    decoded = _decode(view.record(index))
    return None if decoded is None else digest.event_hash(decoded[0].event)


def _decode(data: bytes | None) -> tuple[Record, Event] | None:
    """A record and its event, None for what is none: the bytes of a damaged log are asked for too."""
    if data is None:
        return None
    try:
        record = unverified_record(data)
        return record, unverified_event(record.event)
    except codec.BAD_BYTES:
        return None


def _step(data: bytes | None, index: int, subject: str) -> Step | None:
    decoded = _decode(data)
    if decoded is None:
        return None
    record, event = decoded
    try:
        return Step(index, record, event, record.links[event.subjects.index(subject)])
    except (ValueError, IndexError):
        return None


def walk_back(view: View, subject: str) -> Iterator[Step]:
    """
    The events of *subject* from the newest to its first, by the links of the records.

    Stops silently where a record is absent, can't be read or doesn't name the subject: an audit says why. Cost: one
    read and two decodes a step.
    """
    head = view.subject(subject)
    if head is None:
        return
    index, position = head.index, head.count - 1
    while True:
        step = _step(view.record(index), index, subject)
        if step is None:
            return
        yield step
        if position == 0 or step.link[1] >= index:
            return
        position, index = position - 1, step.link[1]


def whole_history(view: View, subject: str) -> list[Step]:
    """
    All events of *subject*, oldest first, for who is going to act on them: nothing is left out silently.

    Raises: RecordHashError where the next record isn't the one that the head, or the link to it, states.
    Cost: as `walk_back`, and one hash a step.
    """
    head = view.subject(subject)
    if head is None:
        return []
    steps: list[Step] = []
    position, index, expected = head.count - 1, head.index, head.record_hash
    while True:
        data = view.record(index)
        step = _step(data, index, subject)
        if data is None or step is None or step.link[0] != position or digest.record_hash(data) != expected:
            raise RecordHashError(index=index)
        steps.append(step)
        if position == 0:
            return steps[::-1]
        position, index, expected = position - 1, step.link[1], step.link[2]


class Seen(NamedTuple):
    """
    A record on the way of `moved_after`.

    event_id, kind: of its event. moved: the subjects that it moves. before: where each of its subjects was named before.
    """

    event_id: bytes
    kind: str
    moved: Sequence[str]
    before: dict[str, int]


Look: TypeAlias = Callable[[View, int], Seen | None]
"""Reads the record at an index of a view; None for what isn't there or can't be read."""


def look(view: View, index: int) -> Seen | None:
    """A record of a view, read anew."""
    decoded = _decode(view.record(index))
    if decoded is None:
        return None
    record, event = decoded
    before = {subject: link[1] for subject, link in zip(event.subjects, record.links, strict=False)}
    return Seen(event.id, event.kind, _moved(event), before)


def moved_after(
    view: View, subjects: Iterable[str], base_index: int, allowed: frozenset[bytes], *, look: Look = look
) -> dict[str, Mover]:
    """
    For each of *subjects* that was moved after *base_index*: the newest record that did, acts in *allowed* left out.

    look: who asks about many records of one log may remember what was read.

    An unknown kind is taken to move nothing. A walk stops silently where `walk_back` does.

    Cost: one step for each event of a subject after the base, at most WALK_STEPS_MAX a subject; beyond that the
    answer is a Mover of kind `?`, so that a draft can't make a writer walk for ever. All subjects are walked back
    together, newest record first: a record that names many of them is read once.
    """
    waiting: dict[int, list[str]] = {}  # index of a record to the subjects whose walk has come to it
    for subject in subjects:
        head = view.subject(subject)
        if head is not None and head.index > base_index:
            waiting.setdefault(head.index, []).append(subject)
    ahead = [-index for index in waiting]
    heapify(ahead)
    steps = dict.fromkeys((subject for names in waiting.values() for subject in names), 0)
    found: dict[str, Mover] = {}
    while ahead:
        index = -heappop(ahead)
        seen = look(view, index)
        names = waiting.pop(index)
        if seen is None:
            continue
        moved = () if seen.event_id in allowed else seen.moved
        for subject in names:
            if subject in moved:
                found[subject] = Mover(subject, index, seen.kind)
                continue
            before = seen.before.get(subject, base_index)
            if not base_index < before < index:
                continue
            steps[subject] += 1
            if steps[subject] >= limits.WALK_STEPS_MAX:
                found[subject] = Mover(subject, before, "?")
            elif before in waiting:
                waiting[before].append(subject)
            else:
                waiting[before] = [subject]
                heappush(ahead, -before)
    return found


def _moved(event: Event) -> Sequence[str]:
    kind = KINDS.get(event.kind)
    if kind is None:
        return ()
    raw = bytes(event.body)
    try:
        kind.codec.unverified_decode(raw)  # its shape, on which `moved_subjects` relies
        return moved_subjects(kind, event.subjects, codec.decode(raw))
    except (*codec.BAD_BYTES, FormatError):
        return ()
