"""The events that every peer keeps, and the answers that are right. Pure, seeded.

Who holds what is folded here from the events as they were made; chainlog's own projection is compared with it, so two
programs have to agree.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from benchmarks.lives import ALIVE, DAY_US, START_US, lives

_EVERY_US = 600_000_000

Trail = list[tuple[str, int]]
"""(kind, occurred_us) of the events of one carrier, in order."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event as an application has it, before anything keeps it."""

    kind: str
    occurred_us: int
    people: dict[str, Any]
    subjects: list[str]
    body: dict[str, Any]


_decoder = msgspec.msgpack.Decoder(Event)
_encoder = msgspec.msgpack.Encoder()


def encode(event: Event) -> bytes:
    """MessagePack, for peers that keep bytes."""
    return _encoder.encode(event)


def decode(data: bytes) -> Event:
    """What `encode` made."""
    return _decoder.decode(data)


def events(count: int, *, seed: int, first: int = 0) -> list[Event]:
    """*count* events of lives whose carriers are numbered from *first*, ten minutes apart."""
    at_once = max(20, min(ALIVE, count // 10))
    found = []
    for place, (kind, body, people, subjects) in enumerate(islice(lives(seed, at_once=at_once, first=first), count)):
        occurred_us = START_US + DAY_US + place * _EVERY_US
        found.append(Event(kind, occurred_us, people, subjects, body))
    return found


def carrier_of(event: Event) -> str:
    """The carrier that an event is about."""
    for subject in event.subjects:
        if subject.startswith("c/"):
            return subject
    return str(event.body["items"][0]["carrier"])


def holders(kept: Iterable[Event]) -> dict[str, str | None]:
    """Carrier → who holds it after these events; None where it is destroyed."""
    found: dict[str, str | None] = {}
    for event in kept:
        match event.kind:
            case "created.entered" | "transferred.store":
                found[carrier_of(event)] = event.people["registrar"]
            case "transferred.circulate" | "returned.to_keeper":
                found[carrier_of(event)] = event.people["receiver"]
            case "destroyed.carriers":
                found[carrier_of(event)] = None
    return found


def trail(kept: Iterable[Event], carrier: str) -> Trail:
    """The trail of one carrier, by looking at every event."""
    return [(event.kind, event.occurred_us) for event in kept if carrier_of(event) == carrier]


class Workload(NamedTuple):
    """What a run appends, what it asks, and the right answers."""

    filled: list[Event]
    singles: list[Event]
    asked: list[str]
    holders: dict[str, str | None]
    trails: dict[str, Trail]

    @classmethod
    def make(cls, *, size: int, singles: int, asked: int, seed: int = 1) -> Workload:
        made = events(size + singles, seed=seed)
        right = holders(made)
        carriers = random.Random(seed).sample(sorted(right), min(asked, len(right)))
        trails: dict[str, Trail] = {carrier: [] for carrier in carriers}
        for event in made:
            if (found := trails.get(carrier_of(event))) is not None:
                found.append((event.kind, event.occurred_us))
        return cls(made[:size], made[size:], carriers, right, trails)
