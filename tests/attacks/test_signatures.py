"""Signatures, keys and posts: what is tried to make a signature say what its person didn't, or count where it doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chainlog import digest
from chainlog.canon import codec
from chainlog.forensics.audit import audit
from chainlog.record import keys
from chainlog.record.draft import load_draft
from chainlog.record.record import unverified_record
from chainlog.record.statement import EnrolStatement, EventStatement
from tests import edwards as ed
from tests.attacks.answers import (
    Answer,
    attack,
    found,
    is_found,
    is_refused,
    refused,
    same,
)
from tests.attacks.signing import (
    TWO,
    changed_file,
    drafted,
    enrolment,
    log_at,
    state_of,
    visit,
    with_head_signed,
    with_signatures,
)
from tests.builders import SmallLog, small_log
from tests.damage import honest, rows_of
from tests.forger import RECORDS, Forger, sign_well
from tests.key_files import cheap
from tests.signers import secret, signer

__all__ = ["cheap"]

AT = 12
"""A record of the honest log that two persons signed."""


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    made = log_at(tmp_path / "log")
    yield made
    made.handle.close()


# --- the signature itself -----------------------------------------------------------------------------


@attack(
    "SK01", "The order of the group is added to a signature's S, which some libraries take for the same signature", "WL",
    is_found("altered"), is_found("bad-signature"), is_refused("bad-signature"),
    note="No id and no event hash covers a signature, so a twin would not become another event",
)  # fmt: skip
def test_a_signature_with_the_order_added(tmp_path: Path, log: SmallLog) -> list[Answer]:
    def twin(name: str, message: bytes) -> bytes:
        good = sign_well(name, message)
        s = int.from_bytes(good[32:], "little")
        # Who takes S as it comes finds that the equation holds for both.
        assert ed.same(ed.multiply(s, ed.BASE), ed.multiply(s + ed.L, ed.BASE))
        return good[:32] + (s + ed.L).to_bytes(32, "little")

    log_id, tables = honest(RECORDS)
    plain = changed_file(
        tmp_path / "plain", AT, lambda made: [(*one[:3], one[3][:32] + _plus_order(one[3])) for one in made]
    )
    forger = Forger()
    index = forger.add(forger.event(), sign=twin)
    data = rows_of(tables)[AT]
    changed = with_signatures(data, lambda made: [(*one[:3], one[3][:32] + _plus_order(one[3])) for one in made])
    assert unverified_record(changed).event == unverified_record(data).event
    return [
        found(plain, "altered", index=AT, log_id=log_id),
        found(forger.write(tmp_path / "signed"), "bad-signature", index=index, log_id=log_id),
        refused(lambda: log.handle.append(drafted(log, visit(log), sign=twin)), state=state_of(log)),
    ]


def _plus_order(signature: bytes) -> bytes:
    return (int.from_bytes(signature[32:], "little") + ed.L).to_bytes(32, "little")


def _lax_proof(point: ed.Point, key: bytes, message: bytes, scalar: int = 0) -> bytes:
    """A signature for which the equation holds without the cofactor: R that was chosen until it does."""
    for n in range(400):
        r = ed.scalar(message, b"%d" % n)
        big_r = ed.multiply(r, ed.BASE)
        k = ed.challenge(ed.encode(big_r), key, message)
        s = (r + k * scalar) % ed.L
        if ed.equation_holds(point, big_r, s, k):
            return ed.encode(big_r) + s.to_bytes(32, "little")
    raise AssertionError


def _weak_keys() -> Iterator[tuple[ed.Point, bytes]]:
    """Keys that everybody can sign for, and other spellings of them."""
    for point in (ed.SMALL_ORDER[0], ed.SMALL_ORDER[4], ed.SMALL_ORDER[1]):
        yield point, ed.encode(point)
    yield ed.IDENTITY, (ed.P + 1).to_bytes(32, "little")
    yield ed.IDENTITY, (1 | 1 << 255).to_bytes(32, "little")


@attack(
    "SK02", "Two administrators enrol a key of small order, or one in another spelling, with a proof for which the equation holds",
    "K", is_refused("bad-key"), is_found("bad-key"),
)  # fmt: skip
def test_a_key_that_everybody_can_sign_for(tmp_path: Path, log: SmallLog) -> list[Answer]:
    def body(log_id: bytes, point: ed.Point, key: bytes) -> dict[str, object]:
        return enrolment(log_id, "p/N", key, _lax_proof(point, key, EnrolStatement(log_id, "p/N", 1, key).encoded()))

    forger = Forger()
    point, key = next(_weak_keys())
    index = forger.add(forger.event("enrolled", TWO, body=body(forger.log_id, point, key)))
    weak = [body(log.handle.id, *one) for one in _weak_keys()]
    return [
        same(refused(lambda: log.administer("enrolled", one), state=state_of(log)) for one in weak),
        found(forger.write(tmp_path / "forged"), "bad-key", index=index, log_id=forger.log_id),
    ]


@attack(
    "SK03", "A key with a part of small order is enrolled, which some libraries verify with and others don't", "K",
    is_refused("bad-key"), is_found("bad-key"),
)  # fmt: skip
def test_a_key_of_mixed_order(tmp_path: Path, log: SmallLog) -> list[Answer]:
    scalar = ed.secret_scalar(b"own")

    def body(log_id: bytes, j: int) -> dict[str, object]:
        point = ed.add(ed.multiply(scalar, ed.BASE), ed.SMALL_ORDER[j])
        message = EnrolStatement(log_id, "p/N", 1, ed.encode(point)).encoded()
        proof = _lax_proof(point, ed.encode(point), message, scalar)
        keys.verify(ed.encode(point), message, proof)  # possession is proved: it is the key that isn't fit
        return enrolment(log_id, "p/N", ed.encode(point), proof)

    forger = Forger()
    index = forger.add(forger.event("enrolled", TWO, body=body(forger.log_id, 4)))
    mixed = [body(log.handle.id, j) for j in (1, 2, 4)]
    return [
        same(refused(lambda: log.administer("enrolled", one), state=state_of(log)) for one in mixed),
        found(forger.write(tmp_path / "forged"), "bad-key", index=index, log_id=forger.log_id),
    ]


@attack(
    "SK04", "Somebody has the public key of another enrolled as his own: without proof, with his own signature, with a proof that "
    "the other gave", "K", is_refused("bad-key"), is_refused("key-reused"),
)  # fmt: skip
def test_another_persons_key_is_enrolled(log: SmallLog) -> list[Answer]:
    log_id, victim = log.handle.id, signer("p/V").public_key
    elsewhere = small_log(nonce=bytes([1]) * 32).handle.id
    lent = [EnrolStatement(log_id, "p/V", 1, victim), EnrolStatement(elsewhere, "p/N", 1, victim)]
    proofs = [bytes(64), *(signer("p/V").sign_enrolment(one) for one in lent)]
    bodies = [
        enrolment(log_id, "p/N", victim, by="p/N"),
        *(enrolment(log_id, "p/N", victim, proof) for proof in proofs),
    ]
    unproved = same(refused(lambda: log.administer("enrolled", one), state=state_of(log)) for one in bodies)
    log.enrol("p/V")
    own = enrolment(log_id, "p/N", victim, by="p/V")  # even with a proof in his name
    return [unproved, refused(lambda: log.administer("enrolled", own), state=state_of(log))]


@attack(
    "SK05", "The holder of a key makes a signature that OpenSSL verifies and libsodium doesn't", "K",
    is_found("bad-signature"), is_refused("bad-signature"), note="FORMAT.md 2.4 says which rule counts, to the last bit",
)  # fmt: skip
def test_a_signature_by_another_rule(tmp_path: Path, log: SmallLog) -> list[Answer]:
    def with_identity(name: str, message: bytes) -> bytes:
        """R is the identity, so S is the challenge times the secret: R has small order, and nothing else is amiss."""
        scalar = ed.secret_scalar(secret(name).reveal_seed())
        public, big_r = signer(name).public_key, ed.encode(ed.IDENTITY)
        k = ed.challenge(big_r, public, message)
        assert ed.encode(ed.multiply(scalar, ed.BASE)) == public
        assert ed.equation_holds(ed.multiply(scalar, ed.BASE), ed.IDENTITY, k * scalar % ed.L, k)
        return big_r + (k * scalar % ed.L).to_bytes(32, "little")

    forger = Forger()
    index = forger.add(forger.event(), sign=with_identity)
    return [
        found(forger.write(tmp_path / "forged"), "bad-signature", index=index, log_id=forger.log_id),
        refused(lambda: log.handle.append(drafted(log, visit(log), sign=with_identity)), state=state_of(log)),
    ]


# --- a signature that was made for something else -------------------------------------------------------


@attack(
    "SK06", "A good signature is copied from another act of the same person, or from the same act on another base or in another role",
    "WK", is_found("bad-signature"), is_refused("bad-signature"),
)  # fmt: skip
def test_a_signature_of_another_act(tmp_path: Path, log: SmallLog) -> list[Answer]:
    forger = Forger()
    first = forger.add(forger.event())
    stolen = unverified_record(forger.rows[first]).signatures[0][3]
    index = forger.add(forger.event(subjects=["w/2"]), sign=lambda name, message: stolen)
    event, at_us = visit(log), log.clock()
    (index_of_base, base_hash), log_id = log.handle.draft(event).base, log.handle.id
    good = EventStatement(log_id, index_of_base, base_hash, "operator", at_us, event.encoded)
    others = [
        good._replace(event=visit(log, place="w/2").encoded), good._replace(base_index=0, base_hash=log_id),
        good._replace(role="witness"), good._replace(signed_at_us=at_us + 1),
    ]  # fmt: skip
    drafts = [
        drafted(log, event, at_us=at_us, sign=lambda name, _, one=one: sign_well(name, one.encoded())) for one in others
    ]
    answers = [
        found(forger.write(tmp_path / "forged"), "bad-signature", index=index, log_id=forger.log_id),
        same(refused(lambda: log.handle.append(one), state=state_of(log)) for one in drafts),
    ]
    # The one that was made for it goes in.
    log.handle.append(drafted(log, event, at_us=at_us, sign=lambda name, _: sign_well(name, good.encoded())))
    return answers


@attack(
    "SK07", "An act that was signed for another log of the same office is put into this one, as it is or with this log's base", "KW",
    is_refused("wrong-log"), is_refused("bad-signature"), is_found("wrong-log"), is_found("bad-signature"),
)  # fmt: skip
def test_an_act_of_another_log(tmp_path: Path, log: SmallLog) -> list[Answer]:
    other = small_log(nonce=bytes([1]) * 32)
    theirs = drafted(other, visit(other))
    ours = log.handle.draft(visit(log)).base
    forger = Forger()
    there = forger.add(forger.event(), base=(0, other.handle.id), log_id=other.handle.id)
    forger.confirm()
    relabelled = forger.add(forger.event(), log_id=other.handle.id)
    report = audit(forger.write(tmp_path / "forged"), log_id=forger.log_id)
    return [
        refused(lambda: log.handle.append(theirs), state=state_of(log)),
        refused(lambda: log.handle.append(theirs._replace(log_id=log.handle.id, base=ours)), state=state_of(log)),
        found(report, "wrong-log", index=there),
        found(report, "bad-signature", index=relabelled, only=False),
    ]


_CHECKPOINT = f"draft.test/{'0a' * 32}\n5\n{'A' * 43}=\n"


@attack(
    "SK08", "What a key signed elsewhere stands for its signature on an act: an SSH login, a challenge, a head, a proof of possession; "
    "and the other way round", "K", is_refused("bad-signature"), is_refused("bad-key"), is_found("head-mismatch"),
    note="Every statement begins with its purpose, and no other protocol's text begins like one",
)  # fmt: skip
def test_a_signature_of_another_protocol(tmp_path: Path, log: SmallLog) -> list[Answer]:
    event, at_us, log_id = visit(log), log.clock(), log.handle.id
    draft = log.handle.draft(event)
    statement = EventStatement(log_id, *draft.base, "operator", at_us, event.encoded).encoded()
    texts = [
        b"\0\0\0\x20" + bytes(32) + b"\x32\0\0\0\x05p/C", b"SSHSIG\0\0\0\x04file", b"login 8f2c", _CHECKPOINT.encode(),
        EnrolStatement(log_id, "p/C", 1, signer("p/C").public_key).encoded(), digest.event_hash(event.encoded), event.encoded,
        draft.encoded(),
    ]  # fmt: skip
    assert not [text for text in texts if text[:18] == statement[:18]]
    as_acts = [
        drafted(log, event, at_us=at_us, sign=lambda name, _, text=text: sign_well(name, text)) for text in texts
    ]
    new = signer("p/N")
    proofs = [new._key.sign(statement), new._key.sign(_CHECKPOINT.encode())]
    bodies = [enrolment(log_id, "p/N", new.public_key, proof) for proof in proofs]
    forger = Forger()
    by_log = next(one for one in unverified_record(forger.rows[0]).signatures if one[0] == "log")
    forged = with_head_signed(tmp_path / "forged", forger, by_log[3])
    return [
        same(refused(lambda: log.handle.append(one), state=state_of(log)) for one in as_acts),
        same(refused(lambda: log.administer("enrolled", one), state=state_of(log)) for one in bodies),
        found(forged, "head-mismatch", log_id=forger.log_id),
    ]


class _Dressed:
    """Looks like a statement, and encodes to a server's challenge."""

    def check(self) -> None: ...

    def encoded(self) -> bytes:
        return b"login 8f2c"


@attack(
    "SK09", "An application hands a signer bytes of its choice: as they are, dressed up as a statement, as a head, as a draft", "U",
    is_refused("malformed"), note="What is no statement at all is a mistake of the program, and raises as one",
)  # fmt: skip
def test_a_signer_is_given_any_bytes(tmp_path: Path, log: SmallLog) -> Answer:
    person, zero = signer("p/C"), bytes(32)
    for anything in (b"login 8f2c", "login 8f2c", _Dressed(), (zero, 0, zero, "operator", 0, b"login 8f2c")):
        for sign in (person.sign_event, person.sign_enrolment):
            with pytest.raises(TypeError):
                sign(anything)
    (tmp_path / "file").write_bytes(b"login 8f2c")
    challenge = log.handle.draft(visit(log))._replace(event=b"login 8f2c")
    return same(
        [
            refused(lambda: person.sign_checkpoint("login 8f2c")),
            refused(lambda: person.sign_event(EventStatement(zero, 0, zero, "Login 8f2c", 0, b"\x98"))),
            refused(lambda: challenge.sign(person, role="operator", person="p/C", signed_at_us=0)),
            refused(lambda: load_draft(tmp_path / "file")),
        ]
    )


@attack(
    "SK10", "An act names one person, and another signs it with his own good key, or puts the first one's key beside his signature",
    "K", is_refused("foreign-signature"), is_refused("bad-signature"), is_found("foreign-signature"), is_found("bad-signature"),
)  # fmt: skip
def test_another_person_signs(tmp_path: Path, log: SmallLog) -> list[Answer]:
    named, mine = {"operator": "p/Z"}, signer("p/Z").public_key
    event = visit(log, named)
    claimed = drafted(log, event, by=["p/C"])
    swapped = drafted(log, event, by=["p/C"], change=lambda one: one._replace(public_key=mine))
    forger = Forger()
    foreign = forger.add(forger.event(people=named), by=[("operator", "p/C")])
    forger.confirm()
    false = forger.add(
        forger.event(people=named), by=[("operator", "p/C")], change=lambda made: [(made[0][0], mine, *made[0][2:])]
    )
    report = audit(forger.write(tmp_path / "forged"), log_id=forger.log_id)
    return [
        refused(lambda: log.handle.append(claimed), state=state_of(log)),
        refused(lambda: log.handle.append(swapped), state=state_of(log)),
        found(report, "foreign-signature", index=foreign),
        found(report, "bad-signature", index=false, only=False),
    ]


# --- signatures that are not there, or too many ---------------------------------------------------------


@attack(
    "SK23", "The signatures of an act are taken away: all, one of two, or nobody is named to sign", "WL",
    is_found("malformed"), is_found("missing-signature"), is_found("unsigned"), is_refused("missing-signature"),
    note="That there is nothing to check is never a pass",
)  # fmt: skip
def test_an_act_without_its_signatures(tmp_path: Path, log: SmallLog) -> list[Answer]:
    stripped = changed_file(tmp_path / "stripped", AT, lambda made: [])
    two = {"supervisor": ["p/Z", "p/C"]}
    forger = Forger()
    event = forger.event("destroyed.carriers", two, body={"method": "pulp"}, subjects=["c/9"])
    index = forger.add(event, drop=1)
    forger.add(forger.event(signs={}), by=[("operator", "p/C")])
    report = audit(forger.write(tmp_path / "forged"), log_id=forger.log_id)
    unsigned = [log.handle.draft(visit(log)), log.handle.draft(visit(log, {"operator": ["p/C", "p/Z"]}))]
    unsigned[1] = unsigned[1].sign(signer("p/C"), role="operator", person="p/C", signed_at_us=log.clock())
    return [
        found(stripped, "malformed", index=AT, log_id=forger.log_id),
        found(report, "missing-signature", index=index),
        found(report, "unsigned", index=index + 1, only=False),
        same(refused(lambda: log.handle.append(one), state=state_of(log)) for one in unsigned),
    ]


@attack(
    "SK25", "Signatures of an act are put into another order, or a good one of another person is added later", "WL",
    is_found("malformed"), is_found("altered"), is_found("foreign-signature"),
)  # fmt: skip
def test_signatures_in_another_order_or_added(tmp_path: Path) -> list[Answer]:
    log_id, tables = honest(RECORDS)
    record = unverified_record(rows_of(tables)[AT])
    assert len(record.signatures) == 2
    statement = EventStatement(log_id, *record.base, "witness", record.recorded_at_us, record.event)
    added = ("witness", signer("p/C").public_key, record.recorded_at_us, signer("p/C").sign_event(statement))
    turned = changed_file(tmp_path / "turned", AT, lambda made: made[::-1])
    more = changed_file(tmp_path / "more", AT, lambda made: sorted([*made, added], key=codec.encode))
    forger = Forger()
    index = forger.add(forger.event(), by=[("operator", "p/C"), ("witness", "p/L")])
    return [
        found(turned, "malformed", index=AT, log_id=log_id),
        found(more, "altered", index=AT, log_id=log_id),
        found(forger.write(tmp_path / "forged"), "foreign-signature", index=index, log_id=log_id),
    ]
