"""Vectors of sections 2.1, 2.3 and 2.4: records, statements, signatures. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chainlog import digest
from chainlog.canon import codec
from chainlog.record.record import unverified_record
from chainlog.record.statement import EnrolStatement, EventStatement
from tests import edwards as ed
from tools.fixed_log import CLERK, KEEPER, Sign, Story, edited, seed, small_log
from tools.vector_case import Case, Document, bad, document, good

VERSION, INDEX, RECORDED, PREV, BASE, LINKS, EVENT, SIGNATURES = range(8)


def _lend() -> bytes:
    """A record with two signatures and several subjects."""
    log = Story()
    log.enrol(KEEPER)
    log.enrol(CLERK)
    log.add(
        "transferred.lend",
        body={"purpose": "起草报告", "depth": "read", "note": "第一行\n第二行"},
        people=[("giver", KEEPER, 1), ("receiver", CLERK, 1)],
        subjects=["c/87"],
    )
    return log.records[-1]


def _faults() -> Iterator[Case]:
    data = _lend()
    record = unverified_record(data)
    first, second = record.signatures

    def no(comment: str, place: int, value: Any, error: str = "malformed", **rest: Any) -> Case:
        return bad(comment, record=edited(data, place, value).hex(), code="malformed", error=error, **rest)

    yield no("a negative index", INDEX, -1)
    yield no("an index beyond 2**53 - 1", INDEX, 2**53)
    yield no("a time as text", RECORDED, "now")
    yield no("a previous hash of 31 bytes", PREV, bytes(31))
    yield no("a previous hash of 33 bytes", PREV, bytes(33))
    yield no("a base of one element", BASE, [3])
    yield no("a base hash as text", BASE, [3, "x" * 32])
    yield no("a link too few", LINKS, [list(link) for link in record.links[:-1]])
    yield no("a link too many", LINKS, [list(link) for link in (*record.links, record.links[0])])
    yield no("no links", LINKS, [])
    yield no("a link of two elements", LINKS, [list(link[:2]) for link in record.links])
    yield no("an event that isn't wrapped in bytes", EVENT, codec.decode(record.event))
    yield no("an empty event", EVENT, b"")
    yield no("no signatures", SIGNATURES, [])
    yield no("signatures out of order", SIGNATURES, [list(second), list(first)])
    yield no("a signature twice", SIGNATURES, [list(first), list(first)])
    again = [first[0], first[1], first[2] + 1, first[3]]
    yield no("two signatures of one key in one role", SIGNATURES, sorted([list(first), again], key=codec.encode))
    yield no("a signature of 63 bytes", SIGNATURES, [[*first[:3], first[3][:63]]])
    yield no("recorded before 1970", RECORDED, -1)
    yield no("signed before 1970", SIGNATURES, [[*first[:2], -1, first[3]]])
    yield no("a public key of 33 bytes", SIGNATURES, [[first[0], first[1] + b"\0", *first[2:]]])
    yield no("a role with a capital", SIGNATURES, [["Giver", *first[1:]]])
    yield no("a role of 25 characters", SIGNATURES, [["a" * 25, *first[1:]]])
    crowd = [["giver", bytes([n]) * 32, 0, bytes(64)] for n in range(17)]
    yield no("seventeen signatures", SIGNATURES, crowd)
    yield bad("seven elements", record=codec.encode(codec.decode(data)[:7]).hex(), code="malformed", error="malformed")
    yield bad("nine elements", record=codec.encode([*codec.decode(data), 0]).hex(), code="malformed", error="malformed")
    yield bad("a byte too many", record=(data + b"\0").hex(), code="malformed", error="malformed")
    yield bad("a byte too few", record=data[:-1].hex(), code="malformed", error="malformed")
    wide = data[:2] + b"\xcc" + data[2:]
    yield bad("the index in a wider form", record=wide.hex(), code="malformed", error="not-canonical")
    for version in (0, 2, 127):
        yield bad(
            f"version {version}", record=edited(data, VERSION, version).hex(), code="version-regression", error="unknown-version",
            flags=["version"],
        )  # fmt: skip
    later = codec.encode([2, 3, "whatever a later version holds"])
    yield bad(
        "version 2 with other elements",
        record=later.hex(),
        code="version-regression",
        error="unknown-version",
        flags=["version"],
    )


def records() -> Document:
    """Family `record`."""
    cases = []
    log = small_log()
    for index, data in enumerate((*log.records, _lend())):
        record = unverified_record(data)
        cases.append(
            good(
                f"record {index} of the log in appendix D" if index < log.size else "two signatures, four subjects",
                record=data.hex(),
                record_hash=digest.record_hash(data).hex(),
                index=record.index,
                recorded_at_us=record.recorded_at_us,
                prev_hash=record.prev_hash.hex(),
                base=[record.base[0], record.base[1].hex()],
                links=[[position, before, prev.hex()] for position, before, prev in record.links],
                event=record.event.hex(),
                signatures=[[role, key.hex(), at, signature.hex()] for role, key, at, signature in record.signatures],
            )
        )
    about = "Records as bytes, judged by themselves (section 2.1): form only, nothing is looked up."
    flags = {"version": "a record version that isn't 1 (section 11)"}
    return document("record", about, [*cases, *_faults()], flags=flags)


# --- statements -----------------------------------------------------------------------------------


def _statements() -> Iterator[Case]:
    log = small_log()
    record = unverified_record(log.records[3])
    role, key, at, signature = record.signatures[0]
    statement = EventStatement(log.id, *record.base, role, at, record.event)
    fields = {
        "log_id": log.id.hex(), "base": [record.base[0], record.base[1].hex()], "role": role, "signed_at_us": at,
        "event": record.event.hex(), "public_key": key.hex(), "seed": seed(KEEPER).hex(),
    }  # fmt: skip
    yield good(
        "an event statement",
        purpose="event",
        **fields,
        statement=statement.encoded().hex(),
        signature=signature.hex(),
        flags=["statement"],
    )
    opened = unverified_record(log.records[0])
    role, key, at, signature = opened.signatures[0]
    genesis = EventStatement(bytes(32), *opened.base, role, at, opened.event)
    yield good(
        "in record 0 log id and base are zeros", purpose="event", log_id=bytes(32).hex(), base=[0, bytes(32).hex()], role=role,
        signed_at_us=at, event=opened.event.hex(), public_key=key.hex(), seed=seed("log").hex(), statement=genesis.encoded().hex(),
        signature=signature.hex(), flags=["statement"],
    )  # fmt: skip
    enrol = EnrolStatement(log.id, KEEPER, 1, Sign("", KEEPER).secret.public_key)
    yield good(
        "an enrol statement", purpose="enrol", log_id=log.id.hex(), person=KEEPER, alg=1, public_key=enrol.public_key.hex(),
        seed=seed(KEEPER).hex(), statement=enrol.encoded().hex(), signature=log.proof(KEEPER, KEEPER).hex(), flags=["statement"],
    )  # fmt: skip
    base = (record.base[0], record.base[1])
    for comment, changed in (
        ("another log id", statement._replace(log_id=bytes(32))),
        ("another base", statement._replace(base_hash=bytes(32))),
        ("another base index", statement._replace(base_index=base[0] - 1)),
        ("another role", statement._replace(role="operator")),
        ("another time", statement._replace(signed_at_us=at + 1)),
        ("another event", statement._replace(event=record.event[:-1] + b"\0")),
    ):
        yield bad(
            f"the signature doesn't cover {comment}", code="bad-signature", error="bad-signature", public_key=fields["public_key"],
            message=changed.encoded().hex(), signature=record.signatures[0][3].hex(), flags=["rule"],
        )  # fmt: skip


def _rule(comment: str, public_key: bytes, message: bytes, signature: bytes, *, accepted: bool, enrolled: bool) -> Case:
    fields = {
        "public_key": public_key.hex(),
        "message": message.hex(),
        "signature": signature.hex(),
        "may_be_enrolled": enrolled,
    }
    if accepted:
        return good(comment, **fields, flags=["rule"])
    return bad(comment, code="bad-signature", error="bad-signature", **fields, flags=["rule"])


def _rules() -> Iterator[Case]:
    """One case of each difference between libraries (section 2.4)."""
    private = seed(KEEPER)
    scalar = ed.secret_scalar(private)
    point = ed.multiply(scalar, ed.BASE)
    key = ed.encode(point)
    message = b"\x93 chainlog"
    nonce = ed.scalar(b"nonce")
    r = ed.encode(ed.multiply(nonce, ed.BASE))
    s = (nonce + ed.challenge(r, key, message) * scalar) % ed.L
    yield _rule(
        "made with another nonce than RFC 8032 takes: good", key, message, _joined(r, s), accepted=True, enrolled=True
    )
    yield _rule("S + L", key, message, _joined(r, s + ed.L), accepted=False, enrolled=True)
    yield _rule("R and S swapped", key, message, _joined(r, s)[32:] + r, accepted=False, enrolled=True)
    yield _rule("63 bytes", key, message, _joined(r, s)[:63], accepted=False, enrolled=True)
    yield _rule("a flipped bit in the message", key, message[:-1] + b"f", _joined(r, s), accepted=False, enrolled=True)
    small = ed.encode(ed.SMALL_ORDER[0])
    yield _rule(
        "the identity as key: anyone could sign",
        small,
        message,
        _joined(ed.encode(ed.multiply(nonce, ed.BASE)), nonce),
        accepted=False,
        enrolled=False,
    )
    weak, weak_message = ed.encode(ed.SMALL_ORDER[1]), _fitting(1, nonce)
    yield _rule(
        "a key of order 8 whose equation holds", weak, weak_message, _joined(r, nonce), accepted=False, enrolled=False
    )
    odd = (1 + ed.P).to_bytes(32, "little")
    yield _rule("a key whose y isn't reduced", odd, message, _joined(r, nonce), accepted=False, enrolled=False)
    signed_zero = (1 | 1 << 255).to_bytes(32, "little")
    yield _rule(
        "a key with x = 0 and its sign set", signed_zero, message, _joined(r, nonce), accepted=False, enrolled=False
    )
    r_small = ed.encode(ed.SMALL_ORDER[0])
    s_small = ed.challenge(r_small, key, message) * scalar % ed.L
    yield _rule(
        "R is the identity; the equation holds", key, message, _joined(r_small, s_small), accepted=False, enrolled=True
    )
    mixed_r = ed.encode(ed.add(ed.multiply(nonce, ed.BASE), ed.SMALL_ORDER[1]))
    s_mixed = (nonce + ed.challenge(mixed_r, key, message) * scalar) % ed.L
    yield _rule(
        "R with a part of order 8: holds only times the cofactor",
        key,
        message,
        _joined(mixed_r, s_mixed),
        accepted=False,
        enrolled=True,
    )
    mixed = ed.add(point, ed.SMALL_ORDER[4])
    mixed_key = ed.encode(mixed)
    number = next(n for n in range(99) if ed.challenge(r, mixed_key, b"%d" % n) % 2 == 0)
    fitting, other = b"%d" % number, b"%d" % next(n for n in range(99) if ed.challenge(r, mixed_key, b"%d" % n) % 2)
    for text, accepted in ((fitting, True), (other, False)):
        s_key = (nonce + ed.challenge(r, mixed_key, text) * scalar) % ed.L
        comment = "a key with a part of order 2" + (
            ": holds without the cofactor; never enrolled" if accepted else ": holds only times the cofactor"
        )
        yield _rule(comment, mixed_key, text, _joined(r, s_key), accepted=accepted, enrolled=False)
    no_point = next(n.to_bytes(32, "little") for n in range(2, 99) if ed.point_of(n, 0) is None)
    yield _rule("a key that is no point", no_point, message, _joined(r, s), accepted=False, enrolled=False)


def _fitting(order_step: int, nonce: int) -> bytes:
    """A message for which s·B = R + k·A holds though A is of small order: k is a multiple of 8."""
    r, weak = ed.encode(ed.multiply(nonce, ed.BASE)), ed.encode(ed.SMALL_ORDER[order_step])
    return next(b"%d" % n for n in range(999) if ed.challenge(r, weak, b"%d" % n) % 8 == 0)


def _joined(r: bytes, s: int) -> bytes:
    return r + s.to_bytes(32, "little")


def signatures() -> Document:
    """Family `signature`."""
    flags = {
        "statement": "the bytes of `statement` follow from the other fields, `signature` is the one that the key of `seed` makes of them",
        "rule": "whether `signature` verifies for `message` and `public_key` (section 2.4), and whether the key could be brought into a log",
    }
    about = "Statements (section 2.3) and the verification rule of Ed25519 (section 2.4)."
    return document("signature", about, [*_statements(), *_rules()], flags=flags)
