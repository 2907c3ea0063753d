"""Files of evidence, and what happens to them on the way: every kind of file that a verifier reads, from two logs, and changes to it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from chainlog import digest
from chainlog.canon import codec
from chainlog.proof.conflict import Conflict
from chainlog.proof.pin import make_pin
from chainlog.tree.text import format_base64, parse_base64
from tests import reference
from tests.lying import lying, receipt, signed
from tests.witnesses import cosigned_note
from tools.fixed_bundle import bundle_of, commit_map, opening, told_log
from tools.fixed_log import KEEPER, make_genesis, public

CARRIER = "c/87"


class Evidence(NamedTuple):
    """A file. kind: receipt, pin, conflict, falsemap or bundle."""

    kind: str
    data: bytes


def _held(log: Any, parts: Any, index: int) -> bytes:
    from chainlog.proof.bundle import decode_bundle
    from chainlog.proof.false_map import hold_against

    found = hold_against(decode_bundle(parts.encoded()), receipt(log, index), log_id=log.id, bundle_key=public("log"))
    assert found.evidence is not None
    return found.evidence


@cache
def files(other: bool = False) -> tuple[bytes, tuple[Evidence, ...]]:
    """(log id, files) of a log; *other*: of another one, which tells another story under another id."""
    log = told_log(make_genesis(nonce=bytes(range(32))) if other else None)
    place = {"place": "w/G2" if other else "w/G1"}
    log.add("transferred.store", body=place, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    committed = commit_map(log)
    parts = bundle_of(log, [CARRIER, "c/89"], committed=committed).but(openings=[opening()] if not other else [])
    note = cosigned_note(signed(log, log.size), "w.example", time_s=7)
    return log.id, (
        *(Evidence("receipt", receipt(log, index)) for index in (0, 4, log.size - 1)),
        Evidence(
            "pin", make_pin(note, log_key=public("log"), map_checked=(3, digest.ZERO), verified_by="x 1").encoded()
        ),
        *(Evidence("conflict", conflict) for conflict in _conflicts(log)),
        Evidence("bundle", parts.encoded()),
        Evidence("bundle", bundle_of(log, [CARRIER]).encoded()),
    )


def false_map() -> tuple[bytes, Evidence]:
    """(log id, evidence of a map that leaves out a record)."""
    log, parts = lying(8)
    return log.id, Evidence("falsemap", _held(log, parts, 8))


def _conflicts(log: Any) -> Iterator[bytes]:
    hashes = [digest.record_hash(data) for data in log.records]
    pins = {size: make_pin(signed(log, size), log_key=public("log")) for size in (3, 7)}
    yield Conflict("rollback", pins[7], pins[3]).encoded()
    told = [*hashes[:2], *(digest.record_hash(b"%d" % n) for n in range(5))]
    heads = (signed(log, 4), _signed_root(log, 7, told))
    first, second = (make_pin(note, log_key=public("log")) for note in heads)
    path = tuple(reference.consistency_path(4, told))
    yield Conflict("fork", first, second, reference.tree_hash(told[:4]), path).encoded()


def _signed_root(log: Any, size: int, hashes: list[bytes]) -> bytes:
    from chainlog.record.signer import LocalSigner
    from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
    from tools.fixed_log import NAME, secret

    checkpoint = Checkpoint(f"{NAME}/{log.id.hex()}", size, reference.tree_hash(hashes[:size]))
    return sign_checkpoint(checkpoint, signer=LocalSigner(secret("log")))


# --- changes --------------------------------------------------------------------------------------


def changed(evidence: Evidence, rnd: random.Random) -> bytes:
    """The file with one thing changed: a value of its structure, or of the structures inside, else some bytes."""
    if rnd.random() < 0.2:
        return _bytes_changed(evidence.data, rnd)
    if evidence.kind == "receipt":
        return _receipt_changed(evidence.data, rnd)
    return codec.encode(_value_changed(codec.decode(evidence.data), rnd, _strangers(evidence.kind)))


def _strangers(kind: str) -> list[Any]:
    """Values of a file of the same kind from the other log."""
    if kind == "falsemap":
        kind = "conflict"
    return [codec.decode(one.data) for one in files(True)[1] if one.kind == kind]


def _bytes_changed(data: bytes, rnd: random.Random) -> bytes:
    start = rnd.randrange(len(data) + 1)
    stop = min(len(data), start + rnd.choice((0, 1, 1, 1, 32, len(data))))
    middle = rnd.choice((b"", data[start:stop] * 2, bytes(rnd.randrange(256) for _ in range(stop - start or 1))))
    return data[:start] + middle + data[stop:]


def _receipt_changed(data: bytes, rnd: random.Random) -> bytes:
    head, _, note = data.partition(b"\n\n")
    lines = head.decode().split("\n")
    place = rnd.randrange(len(lines) + 1)
    if place == len(lines):
        return head + b"\n\n" + _note_changed(note, rnd)
    if lines[place].startswith("extra ") and rnd.random() < 0.8:
        record = codec.decode(parse_base64(lines[place][6:], path="$"))
        lines[place] = "extra " + format_base64(codec.encode(_value_changed(record, rnd, [])))
    else:
        change: Callable[[], Any] = rnd.choice((
            lambda: lines.pop(place),
            lambda: lines.insert(place, lines[place]),
            lambda: lines.append(lines.pop(place)),
            lambda: lines.__setitem__(place, f"index {rnd.randrange(20)}"),
            lambda: lines.__setitem__(place, format_base64(bytes(rnd.randrange(256) for _ in range(32)))),
        ))  # fmt: skip
        change()
    return "\n".join(lines).encode() + b"\n\n" + note


def _note_changed(note: bytes, rnd: random.Random) -> bytes:
    lines = note.decode().split("\n")
    place = rnd.randrange(len(lines))
    other = receipt(told_log(), 4).partition(b"\n\n")[2].decode().split("\n")
    lines[place] = rnd.choice((lines[place] + "x", lines[place][:-1], other[place % len(other)], lines[place - 1], ""))
    return "\n".join(lines).encode()


def _value_changed(value: Any, rnd: random.Random, strangers: list[Any]) -> Any:
    """One value somewhere inside changed."""
    paths = list(_paths(value))
    path = rnd.choice(paths)
    here = _at(value, path)
    others = [_at(one, path) for one in strangers]
    return _with(value, path, rnd.choice(list(_other_values(here, rnd, [one for one in others if one is not None]))))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _paths(one, (*path, key))
    elif isinstance(value, list | tuple):
        for place, one in enumerate(value):
            yield from _paths(one, (*path, place))
    elif isinstance(value, bytes) and (inner := _inside(value)) is not None:
        yield from _paths(inner, (*path, "inside"))


def _inside(data: bytes) -> Any:
    """What a byte string encodes, if it is an array of MessagePack: a record, an event."""
    if not data or not 0x90 <= data[0] <= 0x9F:
        return None
    try:
        return codec.decode(data)
    except Exception:  # noqa: BLE001 - whatever isn't one
        return None


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        if step == "inside" and isinstance(value, bytes):
            value = _inside(value)
        elif (isinstance(value, list | tuple) and isinstance(step, int) and step < len(value)) or (
            isinstance(value, dict) and step in value
        ):
            value = value[step]
        else:
            return None
    return value


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    step, rest = path[0], path[1:]
    if step == "inside" and isinstance(value, bytes):
        return codec.encode(_with(_inside(value), rest, new))
    if isinstance(value, dict):
        return {key: _with(one, rest, new) if key == step else one for key, one in value.items()}
    return [_with(one, rest, new) if place == step else one for place, one in enumerate(value)]


def _other_values(value: Any, rnd: random.Random, strangers: list[Any]) -> Iterator[Any]:
    """Values to stand in the place of one: flipped, cut, doubled, enlarged, turned round, another log's, of another type."""
    yield from (one for one in strangers if one != value)
    yield rnd.choice((None, 0, -1, b"", "", [], {}, 2**63, True, [[]], b"\0" * 32))
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, max(value - 1, 0), value * 2 + 1, 2**53)
    elif isinstance(value, bytes) and value:
        place = rnd.randrange(len(value))
        yield value[:place] + bytes([value[place] ^ 1 << rnd.randrange(8)]) + value[place + 1 :]
        yield from (value[:-1], value + b"\0", value * 2, value[::-1], value + bytes(70_000))
    elif isinstance(value, str):
        yield from (value + "x", value[:-1], value * 2, value[::-1], "c/88", "p/李敏", "绝密", "log_opened")
    elif isinstance(value, list | tuple):
        yield from (value[:-1], value[1:], [*value, *value], value[::-1], [*value[1:], *value[:1]], [*value, None])
    elif isinstance(value, dict):
        yield dict(list(value.items())[1:])
        yield {**value, "note": "x"}
