"""How much processor time a work takes, against a yardstick of the same run that resembles it and never changes.

Counting misses what gets slower without another call: more bytes, a dearer loop. Other programs slow work and yardstick down
alike, and never make either quicker: of many short turns the quickest of each is taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from nacl import bindings

from tests.guard.works import Prepared

_KEY, _SECRET = bindings.crypto_sign_seed_keypair(bytes(32))
_MESSAGE = bytes(range(250)) + bytes(100)
_SIGNED = bindings.crypto_sign(_MESSAGE, _SECRET)
_encode = msgspec.msgpack.Encoder(order="sorted").encode
_decode = msgspec.msgpack.Decoder().decode
_VALUE = ("transferred", bytes(16), (1, 2), ["c/1", "p/2", "w/3"], [["giver", "p/2", 1]], [], 3, {"note": "阅后退回", "pages": 12})


class Mix(NamedTuple):
    """What of a yardstick a record costs: bare signatures, verifications, and rounds of decoding, hashing and looking up."""

    signs: float
    verifies: float
    rounds: float


class Timed(NamedTuple):
    """Seconds of processor time of the quickest turns."""

    work: float
    yardstick: float

    @property
    def ratio(self) -> float:
        """Work over yardstick."""
        return self.work / self.yardstick


def against_yardstick(prepare: Callable[[], Prepared], mix: Mix, *, turns: int) -> Timed:
    """The quickest of *turns* turns of each, one after the other, for one record."""
    best_work = best_yardstick = float("inf")
    for _ in range(turns):
        call, records = prepare()
        start = time.process_time()
        call()
        best_work = min(best_work, (time.process_time() - start) / records)
        start = time.process_time()
        _yardstick(mix, records)
        best_yardstick = min(best_yardstick, (time.process_time() - start) / records)
    return Timed(best_work, best_yardstick)


def _yardstick(mix: Mix, records: int) -> None:
    for _ in range(round(mix.signs * records)):
        bindings.crypto_sign(_MESSAGE, _SECRET)
    for _ in range(round(mix.verifies * records)):
        bindings.crypto_sign_open(_SIGNED, _KEY)
    table: dict[bytes, Any] = {}
    for number in range(round(mix.rounds * records)):
        _round(table, number)


def _round(table: dict[bytes, Any], number: int) -> int:
    """About 10 microseconds of what the work does beside libsodium: a little of everything, most of it Python."""
    data = _encode(_VALUE)
    value = _decode(data)
    key = sha256(data + number.to_bytes(8, "big")).digest()
    table[key] = value
    total = 0
    for subject in value[3]:
        kind, _, name = subject.partition("/")
        if kind in {"c", "w"}:
            total += len(name)
        table.setdefault(subject.encode(), []).append(number)
    for role, person, signs in value[4]:
        total += _sum(role=role, person=person, signs=signs)
    if len(table) > 500:
        table.clear()
    return total + len(sorted([one.encode() for one in value[3]]))


def _sum(*, role: str, person: str, signs: int) -> int:
    return len(role) + len(person) + signs
