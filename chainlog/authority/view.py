"""What `admit` may ask about the records before one, and the walks that it takes there. Pure; a reader is passed in.

A snapshot of a store is a View; so is a snapshot with the earlier records of a block on top (`log.overlay`), an
audit's own memory, and a bundle, which answers *not known* to some questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

from chainlog import digest, limits
from chainlog.canon import codec
from chainlog.event.catalogue import KINDS
from chainlog.event.model import Event, unverified_event
from chainlog.event.moves import moved_subjects
from chainlog.record.record import Record, SubjectHead, unverified_record


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
    """One event of a subject, met while walking back."""

    index: int
    record: Record
    event: Event


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
    """Event hash of the record at *index*, or None."""
    data = view.record(index)
    return None if data is None else digest.event_hash(unverified_record(data).event)


def walk_back(view: View, subject: str) -> Iterator[Step]:
    """
    The events of *subject* from the newest to its first, by the links of the records.

    Stops silently where a record is absent or doesn't name the subject: an audit says why. Cost: one read and
    two decodes a step.
    """
    head = view.subject(subject)
    if head is None:
        return
    index, position = head.index, head.count - 1
    while True:
        data = view.record(index)
        if data is None:
            return
        record = unverified_record(data)
        event = unverified_event(record.event)
        if subject not in event.subjects:
            return
        yield Step(index, record, event)
        link = record.links[event.subjects.index(subject)]
        if position == 0 or link[1] >= index:
            return
        position, index = position - 1, link[1]


def moved_after(view: View, subject: str, base_index: int, allowed: frozenset[bytes]) -> Mover | None:
    """
    The newest record after *base_index* that moved *subject* and whose event id is not in *allowed*.

    An unknown kind is taken to move nothing. Cost: one step for each event of the subject after the base, at most
    WALK_STEPS_MAX; beyond that the answer is a Mover of kind `?`, so that a draft can't make a writer walk for ever.
    """
    head = view.subject(subject)
    if head is None or head.index <= base_index:
        return None
    for steps, step in enumerate(walk_back(view, subject)):
        if step.index <= base_index:
            return None
        if steps >= limits.WALK_STEPS_MAX:
            return Mover(subject, step.index, "?")
        kind = KINDS.get(step.event.kind)
        if kind is None or step.event.id in allowed:
            continue
        if subject in moved_subjects(kind, step.event.subjects, codec.decode(bytes(step.event.body))):
            return Mover(subject, step.index, step.event.kind)
    return None
