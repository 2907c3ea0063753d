"""How much processor time a work takes, against a yardstick of the same run that resembles it and never changes.

Counting misses what gets dearer in C: more bytes, longer scans. Other programs can make a turn longer, never shorter: of many
short turns, one of the work and one of the yardstick by turns, the quickest of each is taken, and who isn't satisfied goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from nacl import bindings

from tests.guard.works import Prepared

_SECRET = bindings.crypto_sign_seed_keypair(bytes(32))[1]
_MESSAGE = bytes(350)
_NODE = bytes(65)
_encode = msgspec.msgpack.Encoder(order="sorted").encode
_decode = msgspec.msgpack.Decoder().decode
_VALUE = (
    "transferred",
    bytes(16),
    (1, 2),
    ["c/1", "p/2", "w/3"],
    [["giver", "p/2", 1]],
    [],
    3,
    {"note": "阅后退回", "pages": 12},
)


class Mix(NamedTuple):
    """What of a yardstick a record costs: bare signatures, hashes of tree nodes, rounds of decoding, hashing and looking up."""

    signs: float
    hashes: float
    rounds: float


def ratio(
    prepare: Callable[[], Prepared],
    mix: Mix,
    *,
    turns: int,
    most_turns: int = 0,
    until: Callable[[float], bool] | None = None,
) -> float:
    """
    The work's processor time for a record in times of the yardstick's, each by its quickest turn.

    Args:
        turns: how many at least. most_turns: how many at most, until *until* says of the ratio that it will do.
    """
    work = yardstick = float("inf")
    for turn in range(max(turns, most_turns)):
        if turn >= turns and until is not None and until(work / yardstick):
            break
        call, records = prepare()
        start = time.process_time()
        call()
        middle = time.process_time()
        _yardstick(mix, records)
        work = min(work, (middle - start) / records)
        yardstick = min(yardstick, (time.process_time() - middle) / records)
    return work / yardstick


def _yardstick(mix: Mix, records: int) -> None:
    for _ in range(round(mix.signs * records)):
        bindings.crypto_sign(_MESSAGE, _SECRET)
    for _ in range(round(mix.hashes * records)):
        sha256(_NODE).digest()
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
