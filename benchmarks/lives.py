"""A seeded generator of the lives of carriers: 1.5 signatures and about 3 subjects a record, 550 to 750 bytes. Pure.

A carrier is entered, circulates a few times among readers, is put away, and in the end is destroyed by two supervisors.
Many lives run at once, so that consecutive records touch different carriers, as in an office.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from typing import Any

from chainlog.record.keys import SecretKey
from chainlog.record.signer import LocalSigner

PERSONS = 40
ALIVE = 2_000
DAY_US = 86_400_000_000
START_US = 1_735_689_600_000_000
READERS = [f"p/{2000 + n}" for n in range(PERSONS - 4)]
REGISTRARS = ["p/1001", "p/1002", "p/1003", "p/1004"]

_RESTLESS = 9_000_000
RESTLESS = f"c/2025-{_RESTLESS:07d}"
"""A carrier that no life of `lives` is of."""
RESTLESS_EVENTS = 50

Event = tuple[str, dict[str, Any], dict[str, Any], list[str]]
"""(kind, body, people, subjects)"""


def signer(name: str) -> LocalSigner:
    """The signer of a fixed seed."""
    return LocalSigner(SecretKey.from_seed(sha256(b"benchmark " + name.encode()).digest()))


class Clock:
    """Goes on by ten seconds a call, so that runs are equal."""

    def __init__(self) -> None:
        self.now_us = START_US

    def __call__(self) -> int:
        self.now_us += 10_000_000
        return self.now_us


def life(number: int, rng: random.Random, *, rounds: int | None = None) -> Iterator[Event]:
    """The events of one carrier in order. rounds: how often it circulates, four events each; 1 to 3 by default."""
    carrier, document = f"c/{2025}-{number:07d}", f"d/镇发〔2025〕{number // 3 + 1}号"
    registrar = rng.choice(REGISTRARS)
    item = {
        "carrier": carrier,
        "form": "document",
        "document": document,
        "copy_no": f"{number % 900000:06d}",
        "pages": 12,
    }
    yield (
        "created.entered",
        {"level": "秘密", "reason": "other", "items": [item], "term": "10年"},
        {"registrar": registrar},
        [],
    )
    for _ in range(rng.randint(1, 3) if rounds is None else rounds):
        reader = rng.choice(READERS)
        body = {
            "mode": "face_to_face",
            "folder_no": f"传阅夹{rng.randint(1, 99):02d}",
            "note": "按领导批示送阅，阅后当面退回",
        }
        yield "transferred.circulate", body, {"giver": registrar, "receiver": reader}, [carrier]
        back = {"reason": "reading", "pages": 12, "condition": "intact", "note": "当面清点页数无误，退回归档"}
        yield "returned.to_keeper", back, {"giver": reader, "receiver": registrar}, [carrier]
        for _ in range(2):
            store = {
                "place": f"w/保密柜{rng.randint(1, 9)}",
                "note": "清点无误，放回原柜并上锁，登记本次入柜时间与柜号",
            }
            yield "transferred.store", store, {"registrar": registrar}, [carrier]
    count = {"reason": "other", "passed": True, "pages": 12, "condition": "intact", "note": "季度核对，账物相符"}
    yield "checked.carrier", count, {"operator": registrar}, [carrier]
    pair = rng.sample(REGISTRARS, 2)
    yield "destroyed.carriers", {"method": "pulp", "place": "w/销毁中心"}, {"supervisor": pair}, [carrier, document]


def lives(seed: int, *, at_once: int = ALIVE, first: int = 0) -> Iterator[Event]:
    """Events of many lives at once, for ever; the same for the same seed. Carriers are numbered from *first*."""
    rng = random.Random(seed)
    alive: list[Iterator[Event]] = []
    number = first
    while True:
        if len(alive) < at_once:
            alive.append(life(number, rng))
            number += 1
        place = rng.randrange(len(alive))
        event = next(alive[place], None)
        if event is None:
            alive[place] = alive[-1]
            alive.pop()
        else:
            yield event


def restless() -> Iterator[Event]:
    """The 50 events of `RESTLESS`, which circulates twelve times and is still there."""
    return islice(life(_RESTLESS, random.Random(_RESTLESS), rounds=12), RESTLESS_EVENTS)


def woven(events: Iterator[Event], rare: Iterator[Event], *, every: int) -> Iterator[Event]:
    """*events* with one of *rare* after each *every*, until there are no more."""
    for one in rare:
        yield from islice(events, every)
        yield one
    yield from events
