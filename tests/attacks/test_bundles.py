"""Bundles of evidence: what is changed in one, left out of it, or put into it."""

from __future__ import annotations

from collections.abc import Iterator

from chainlog.canon import codec
from chainlog.digest import record_hash
from chainlog.forensics.in_process import audit_evidence
from chainlog.proof.bundle import decode_bundle
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.false_map import check_false_map, hold_against
from chainlog.proof.receipt import check_receipt
from tests.attacks.answers import (
    Answer,
    attack,
    found,
    is_found,
    is_found_outside,
    is_refused,
    refused,
    same,
)
from tests.attacks.bundles import (
    COMMITTED,
    another,
    fails,
    in_place,
    rows_of,
    shown,
    whole,
)
from tests.lying import CARRIER, lying, receipt
from tools.fixed_bundle import (
    SALT,
    SEALED_ID,
    TITLE,
    bundle_of,
    commit_map,
    map_proof,
    opening,
    told_log,
)
from tools.fixed_log import KEEPER, event_id, public


@attack(
    "EB01", "What proves one act is put beside another act", "W", is_refused("proof"), is_refused("map-proof"), is_refused("receipt"),
    note="In a bundle, or in the receipt of a record",
)  # fmt: skip
def test_the_proof_of_another_act() -> Iterator[Answer]:
    log, parts = whole()
    own, other = (codec.decode(log.records[index]) for index in (6, 5))
    # Another act, the same act with the body or the signatures of another, in the place of what is proved.
    body = codec.encode([*codec.decode(own[6])[:7], {"purpose": "销毁", "depth": "read"}])
    others = ([other[0], 6, *other[2:]], [*own[:6], body, own[7]], [*own[:7], other[7]])
    yield same(fails(in_place(parts, 4, codec.encode(record))) for record in others)
    proofs = [[one, map_proof(log, COMMITTED, "c/88" if one == CARRIER else one)] for one, _ in parts.map_proofs]
    yield fails(parts.but(map_proofs=proofs))
    head, _, note = receipt(log, 6).partition(b"\n\n")
    _, _, extra = receipt(log, 5).partition(b"extra ")
    lines = [
        b"extra " + extra.partition(b"\n")[0] if line.startswith(b"extra ") else line for line in head.split(b"\n")
    ]
    mixed = b"\n".join(lines) + b"\n\n" + note
    assert check_receipt(receipt(log, 6), log_id=log.id, log_key=public("log")).index == 6
    yield refused(lambda: check_receipt(mixed, log_id=log.id, log_key=public("log")))


@attack(
    "EB02", "Acts are left out of all that happened to a carrier", "WL",
    is_refused("map-proof"), is_found_outside("left-out"), is_found("false-map"),
    note="Without a proof by the map the bundle calls itself a selection. Who has the log's key may commit to a map that leaves the act "
         "out; the receipt of the act convicts him, and so does a verification of the log",
)  # fmt: skip
def test_acts_are_left_out() -> Iterator[Answer]:
    log, parts = whole()
    subjects = [subject for subject, _ in parts.map_proofs]
    yield same(
        fails(bundle_of(log, [CARRIER], committed=COMMITTED, proved=subjects, without=[index])) for index in (4, 6, 8)
    )
    unproved = [subject for subject in subjects if subject != CARRIER]
    for selection in (
        bundle_of(log, [CARRIER], committed=COMMITTED, proved=unproved, without=[6]),
        bundle_of(log, [CARRIER], without=[6]),
    ):
        assert shown(selection).completeness == "selection"
    false, lie = lying(8)
    data = lie.encoded()
    assert check_bundle(data, log_id=false.id).completeness == "complete"
    held = hold_against(decode_bundle(data), receipt(false, 8), log_id=false.id, bundle_key=public("log"))
    assert held.evidence is not None
    assert check_false_map(held.evidence, log_id=false.id, log_keys=[public("log")]).keys_known
    yield Answer("outside", (held.result,))
    yield found(audit_evidence(rows_of(false), log_id=false.id), "false-map")


@attack(
    "EB03", "A bundle is made of a log that was made up, and brings the keys by which it is to be judged", "W", is_refused("wrong-log"), is_refused("verification"),
    note="It may well bear the name of the log; who asks without the log's id is told `untrusted`",
)  # fmt: skip
def test_a_bundle_with_a_root_of_its_own() -> Iterator[Answer]:
    log, parts = whole()
    made_up, lie = another()
    assert check_bundle(lie.encoded(), log_id=made_up.id).authenticity == "genuine"
    yield fails(lie)
    # The true first record over records that were made up, or under their checkpoint.
    fails(lie.but(records=[parts.records[0], *lie.records[1:]]))
    fails(parts.but(checkpoint=lie.checkpoint))
    report = check_bundle(lie.encoded(), log_id=None)
    assert (report.origin.partition("/")[0], report.authenticity) == (
        shown(parts).origin.partition("/")[0],
        "untrusted",
    )
    assert log.id != report.log_id
    yield refused(report.raise_if_not_genuine)


@attack(
    "EB04", "A bundle of last year is shown as today's, and the carrier has moved since", "K", is_found_outside("open"),
    note="It says of how many records it is and when the last of them was made, and that it says nothing of later ones; the receipt of a "
         "later one isn't answered by it",
)  # fmt: skip
def test_an_old_bundle() -> Answer:
    log = told_log()
    commit_map(log)
    old = bundle_of(log, [CARRIER], committed=COMMITTED)
    size, then_us = log.size, log.now_us
    moved = log.add("transferred.store", body={"place": "w/G2"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    report = check_bundle(old.encoded(), log_id=log.id)
    assert (report.authenticity, report.completeness) == ("genuine", "complete")
    assert (report.size, report.recorded_at_us) == (size, then_us)
    assert report.as_json()["as_of"]["size"] == size
    assert "later records" in {what for what, _ in report.not_checked}
    held = hold_against(decode_bundle(old.encoded()), receipt(log, moved), log_id=log.id, bundle_key=public("log"))
    assert held.index >= report.size
    return Answer("outside", (held.result,))


@attack(
    "EB05",
    "Something is put into the file that nothing in it asks for",
    "W",
    is_refused("undemanded"),
    is_refused("malformed"),
)
def test_something_put_into_the_file() -> Iterator[Answer]:
    log, parts = whole()
    stranger = sorted(
        [*parts.map_proofs, ["c/88", map_proof(log, COMMITTED, "c/88")]], key=lambda one: codec.encode(one[0])
    )
    yield same(
        fails(more)
        for more in (
            bundle_of(log, [CARRIER], committed=COMMITTED, more=[3]),
            bundle_of(log, [CARRIER], committed=COMMITTED, more=[5, 7]),
            parts.but(map_proofs=stranger),
            parts.but(openings=[[event_id(88), "note", SALT, TITLE]]),
            parts.but(tokens=[b"a stamp on something else"]),
        )
    )
    fails(parts.but(proof=parts.proof + bytes(32)))
    data = parts.encoded()
    elements = codec.decode(data)
    yield same(
        fails(more)
        for more in (data + b"\x00", data + data, codec.encode([*elements, []]), codec.encode([*elements, "a"]))
    )


@attack(
    "EB06", "Something stands in the file twice, or under two names that look or sort as one", "W",
    is_refused("malformed"), is_refused("not-folded"), is_refused("duplicate"),
)  # fmt: skip
def test_twice_and_twins() -> Iterator[Answer]:
    _, parts = whole()
    proofs, records = parts.map_proofs, parts.records
    yield same(
        fails(twice)
        for twice in (
            parts.but(wanted=[CARRIER, CARRIER]),
            parts.but(records=[*records[:4], *records[3:]]),
            parts.but(records=[*records[:3], records[4], records[3], *records[5:]]),
            parts.but(map_proofs=[*proofs[:1], *proofs]),
            parts.but(map_proofs=[*proofs[1:], proofs[0]]),
            parts.but(openings=[opening(), opening()]),
            parts.but(openings=[opening(), opening(text="另一标题")]),
            parts.but(tokens=[b"one", b"one"]),
        )
    )
    twins = ("c/\uff18\uff17", "C/87", "c/ 87")  # in full-width digits, in capitals, with a space
    yield same(fails(parts.but(wanted=sorted([CARRIER, twin], key=codec.encode))) for twin in twins[:1] + twins[2:])
    fails(parts.but(wanted=[twins[1], CARRIER]))
    again = told_log()
    again.add(
        "transferred.store",
        body={"place": "w/G1"},
        people=[("registrar", KEEPER, 1)],
        subjects=[CARRIER],
        event_id=SEALED_ID,
    )
    commit_map(again)
    yield fails(bundle_of(again, [CARRIER], committed=10), again.id)


@attack(
    "EB07", "The text of a sealed field is guessed and put in as if it had been opened", "W", is_refused("seal"),
    note="Each text is sealed with 32 random bytes of its own, so that not even the right guess can be told from a wrong one",
)  # fmt: skip
def test_a_sealed_text_is_guessed() -> Answer:
    _, parts = whole()
    assert shown(parts.but(openings=[opening()])).openings == ((SEALED_ID, "note", TITLE),)
    salts = [bytes(32), SALT[:-1] + bytes([SALT[-1] ^ 1]), record_hash(TITLE.encode())]
    guesses = [opening(text="另一标题"), *(opening(salt=salt) for salt in salts)]
    return same(fails(parts.but(openings=[guess])) for guess in guesses)
