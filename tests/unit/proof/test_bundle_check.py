"""What an evidence bundle proves, and that nothing false, lacking or superfluous passes. Bundles are put together by hand."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from hashlib import sha256

import pytest

from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import BundleError, FormatError, LimitError, UsageError
from chainlog.event.model import check_event
from chainlog.proof.bundle import decode_bundle, encode_bundle
from chainlog.proof.bundle_check import check_bundle
from chainlog.tree.note import SignedNote, format_note, parse_note
from tests.witnesses import cosigned_note, witness
from tools.fixed_bundle import (
    OWN,
    SALT,
    TITLE,
    bundle_of,
    commit_map,
    map_proof,
    map_root,
    note_of,
    opening,
    told_log,
)
from tools.fixed_log import (
    CHIEF,
    CLERK,
    KEEPER,
    Growing,
    Sign,
    Story,
    administrators,
    event_id,
    make_genesis,
    public,
)

CARRIER = "c/87"


@cache
def whole():
    """A log that committed to the map of all its records, and the bundle about one carrier."""
    log = told_log()
    committed = commit_map(log)
    return log, bundle_of(log, [CARRIER], committed=committed)


@pytest.fixture
def log():
    return whole()[0]


@pytest.fixture
def parts():
    return whole()[1]


def check(parts, log, **rest):
    return check_bundle(parts.encoded(), **{"log_id": log.id, **rest})


def refused(parts, log, finding, index=None, subject=None, **rest):
    with pytest.raises(BundleError) as caught:
        check(parts, log, **rest)
    assert caught.value.finding == finding, caught.value
    if index is not None:
        assert caught.value.index == index, caught.value
    if subject is not None:
        assert caught.value.subject == subject, caught.value


def what(report):
    return {name for name, _ in report.not_checked}


# --- what a bundle says --------------------------------------------------------------------------


def test_a_whole_history_is_genuine_and_complete(log, parts):
    report = check(parts, log)
    assert (report.authenticity, report.completeness, report.complete_to) == ("genuine", "complete", log.size)
    assert (report.log_id, report.size, report.committed, report.last) == (log.id, 9 + 1, 9, 9)
    assert report.recorded_at_us == log.now_us
    assert [(one.subject, one.records, one.whole, one.position) for one in report.subjects] == [(CARRIER, 3, True, 3)]
    # Neither the other paper nor the person who signed nothing here.
    assert [one.record.index for one in report.records] == [0, 1, 2, 4, 6, 8, 9]
    assert report.also_shown == ()
    assert report.remarks == ()
    assert what(report) == {"later records", "map", "ids", "sealed values", "no time stamp"}
    report.raise_if_not_genuine()


def test_without_the_log_id_nothing_is_trusted(log, parts):
    report = check(parts, log, log_id=None)
    assert (report.authenticity, report.completeness) == ("untrusted", "complete")
    assert "log id" in what(report)
    with pytest.raises(Exception, match="untrusted"):
        report.raise_if_not_genuine()


def test_what_was_never_there_is_proved_too(log):
    report = check(bundle_of(log, ["c/89", "d/1"], committed=9), log)
    assert [(one.subject, one.records, one.whole, one.position) for one in report.subjects] == [
        ("d/1", 0, True, 0),
        ("c/89", 0, True, 0),
    ]
    assert (report.authenticity, report.completeness) == ("genuine", "complete")


def test_other_carriers_that_are_shown_are_named(log):
    report = check(bundle_of(log, [KEEPER], committed=9), log)
    assert report.also_shown == ("c/87", "c/88")
    report = check(bundle_of(log, [KEEPER, "c/88"], committed=9), log)
    assert report.also_shown == ("c/87",)


def test_without_a_map_it_is_a_selection_and_keys_may_have_ended(log):
    report = check(bundle_of(log, [CARRIER]), log)
    assert (report.authenticity, report.completeness, report.complete_to) == ("keys-unproven", "selection", None)
    assert {"keys", "log key"} <= what(report)
    assert report.subjects[0].whole is False
    assert not {"tail", "map"} & what(report)
    # Even record 0 by itself: nobody shows that its keys weren't revoked.
    alone = Story()
    report = check(bundle_of(alone, ["p/A1"]), alone)
    assert (len(report.records), report.authenticity) == (1, "keys-unproven")
    assert {"keys", "log key"} <= what(report)


def test_a_subject_without_proof_makes_a_selection(log, parts):
    short = bundle_of(log, [CARRIER], committed=9, proved=[s for s, _ in parts.map_proofs if s != CARRIER], without=[6])
    report = check(short, log)
    assert (report.authenticity, report.completeness) == ("genuine", "selection")
    (shown,) = report.subjects
    assert (shown.records, shown.whole, shown.position) == (2, False, 3)
    # The return refers to the loan that is left out.
    assert "references" in what(report)


def test_records_after_the_commitment_are_shown_and_not_vouched_for():
    log = told_log()
    commit_map(log)
    log.add("transferred.store", body={"place": "w/G2"}, people=[("registrar", KEEPER, 1)], subjects=["c/88"])
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    without_tail = check(bundle_of(log, [CARRIER], committed=9, without=[11]), log)
    # Everything below 10 is known to the end: the commitment itself is all that follows the map.
    assert (without_tail.authenticity, without_tail.completeness, without_tail.complete_to) == (
        "genuine",
        "complete-to",
        10,
    )
    assert {"tail", "log key"} <= what(without_tail)
    with_tail = check(bundle_of(log, [CARRIER], committed=9), log)
    # Nobody shows that the keeper's key wasn't revoked by record 10.
    assert (with_tail.authenticity, with_tail.completeness) == ("keys-unproven", "complete-to")
    assert with_tail.subjects[0].records == 4


def test_where_all_later_records_are_here_nothing_is_left_out():
    log = told_log()
    commit_map(log)
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    report = check(bundle_of(log, [CARRIER], committed=9), log)
    assert (report.authenticity, report.completeness, report.complete_to) == ("genuine", "complete", 11)


def test_a_map_of_fewer_records_than_stand_before_its_commitment():
    log = told_log()
    committed = commit_map(log, size=8)
    report = check(bundle_of(log, [CARRIER], committed=committed), log)
    # Record 8 is in the bundle, and so is the commitment: nothing is hidden after all.
    assert (report.authenticity, report.completeness, report.complete_to) == ("genuine", "complete", 10)
    log = told_log()
    committed = commit_map(log, size=7)
    report = check(bundle_of(log, [CARRIER], committed=committed), log)
    # Record 7 isn't, and 8 is signed by people.
    assert (report.authenticity, report.completeness, report.complete_to) == ("keys-unproven", "complete-to", 7)
    # Record 8 isn't, and beyond it stands only what the log signs itself.
    report = check(bundle_of(log, ["c/88"], committed=committed), log)
    assert [one.record.index for one in report.records] == [0, 1, 5, 7, 9]
    assert (report.authenticity, report.completeness, report.complete_to) == ("genuine", "complete-to", 8)


def test_witnesses_that_are_asked_for_must_verify(log, parts):
    note = cosigned_note(parts.checkpoint, "west")
    report = check(parts.but(checkpoint=note), log, witnesses=[witness("west"), witness("east")])
    assert [one.name for one in report.witnesses] == ["west"]
    assert "cosignatures" not in what(report)
    assert "cosignatures" in what(check(parts.but(checkpoint=note), log))
    line = parse_note(note).signatures[-1]
    forged = SignedNote(parse_note(note).text, (*parse_note(note).signatures[:-1], line._replace(signature=bytes(72))))
    refused(parts.but(checkpoint=format_note(forged)), log, "checkpoint", witnesses=[witness("west")])
    with pytest.raises(UsageError):
        check(parts, log, witnesses=[witness("west"), witness("west")])
    with pytest.raises(UsageError):
        check(parts, log, witnesses=[witness("west")._replace(public_key=public("log"))])


def test_openings_open_what_the_records_seal(log, parts):
    report = check(parts.but(openings=[opening()]), log)
    assert report.openings == ((event_id(87), "note", TITLE),)
    assert "sealed values" not in what(report)
    refused(parts.but(openings=[opening(text="另一标题")]), log, "seal", 4)
    refused(parts.but(openings=[opening(salt=bytes(32))]), log, "seal", 4)
    refused(parts.but(openings=[[event_id(87), "level", SALT, TITLE]]), log, "undemanded", 4)
    refused(parts.but(openings=[[event_id(88), "note", SALT, TITLE]]), log, "undemanded")
    other = bundle_of(log, ["c/88"], committed=9).but(openings=[opening()])
    refused(other, log, "undemanded")


def test_time_stamps_are_of_the_checkpoint(log, parts):
    stamped = sha256(parse_note(parts.checkpoint).text.encode()).digest()
    report = check(parts.but(tokens=[b"der " + stamped]), log)
    assert report.tokens == (b"der " + stamped,)
    assert "time stamps" in what(report)
    assert "no time stamp" not in what(report)
    refused(parts.but(tokens=[b"der " + bytes(32)]), log, "undemanded")


# --- what is false -------------------------------------------------------------------------------


def test_a_bundle_of_another_log(log, parts):
    refused(parts, log, "wrong-log", 0, log_id=bytes(32))
    other = told_log_of_another()
    assert check(bundle_of(other, [CARRIER], committed=9), other).authenticity == "genuine"
    foreign = bundle_of(other, [CARRIER], committed=9)
    refused(foreign, log, "wrong-log", 0)
    # Its checkpoint, its proofs, its records in this one.
    refused(parts.but(checkpoint=foreign.checkpoint), log, "checkpoint")
    refused(parts.but(map_proofs=[[s, map_proof(other, 9, s)] for s, _ in parts.map_proofs]), log, "map-proof")
    refused(parts.but(proof=foreign.proof), log, "proof")
    refused(parts.but(records=[parts.records[0], *foreign.records[1:]]), log, "proof")
    refused(parts.but(records=foreign.records), log, "wrong-log", log_id=log.id)


def told_log_of_another() -> Story:
    made = Story(make_genesis(nonce=bytes(32)))
    for person in (KEEPER, CLERK, CHIEF):
        made.enrol(person)
    for _ in range(5):
        made.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    commit_map(made)
    return made


def test_no_record_can_be_left_out(log, parts):
    for place in range(1, len(parts.records)):
        index = codec.decode(parts.records[place])[1]
        short = bundle_of(log, [CARRIER], committed=9, proved=[s for s, _ in parts.map_proofs], without=[index])
        # A sealed proof for what is left fits the tree: only map, links and commitment tell.
        finding = "incomplete" if index == 9 else "map-proof"
        refused(short, log, finding)
        # Without another proof it doesn't fit at all.
        refused(
            parts.but(records=[*parts.records[:place], *parts.records[place + 1 :]]),
            log,
            "incomplete" if index == 9 else "proof",
        )


def test_without_a_map_gaps_in_what_proves_keys_are_found(log):
    refused(bundle_of(log, [CARRIER], without=[1]), log, "unknown-key", 4)
    with pytest.raises(FormatError):
        check(bundle_of(log, [CARRIER], without=[0]), log)


def test_nothing_that_is_not_asked_for(log, parts):
    refused(bundle_of(log, [CARRIER], committed=9, more=[3]), log, "undemanded", 3)
    refused(bundle_of(log, [CARRIER], committed=9, more=[5, 7]), log, "undemanded", 5)
    proved = sorted([*parts.map_proofs, ["c/88", map_proof(log, 9, "c/88")]], key=lambda one: codec.encode(one[0]))
    refused(parts.but(map_proofs=proved), log, "undemanded", subject="c/88")
    refused(parts.but(proof=parts.proof + bytes(32)), log, "proof")
    refused(parts.but(proof=parts.proof[:-32]), log, "proof")
    refused(parts.but(wanted=["c/86", CARRIER]), log, "incomplete", subject="c/86")
    refused(parts.but(wanted=["c/86"]), log, "undemanded", 1)


def test_a_record_that_others_refer_to_may_be_shown(log):
    parts = bundle_of(log, ["w/X", CHIEF], committed=9)
    assert [codec.decode(data)[1] for data in parts.records] == [0, 3, 9]
    without = bundle_of(log, [CARRIER], committed=9, without=[6], proved=[*OWN, *keys_of(log)])
    assert "references" in what(check(without, log))
    assert "references" not in what(check(bundle_of(log, [CARRIER], committed=9), log))


def keys_of(log):
    return {subject for subject, _ in whole()[1].map_proofs if subject.startswith("k/")}


def test_every_history_has_its_proof(log, parts):
    for subject, _ in parts.map_proofs:
        if subject == CARRIER:
            continue
        lacking = [one for one in parts.map_proofs if one[0] != subject]
        refused(parts.but(map_proofs=lacking), log, "incomplete", subject=subject)
    swapped = [[a, q] for (a, _), (_, q) in zip(parts.map_proofs, reversed(parts.map_proofs), strict=True)]
    refused(parts.but(map_proofs=swapped), log, "map-proof")


def test_the_commitment_is_one(log, parts):
    refused(parts.but(committed=[8]), log, "incomplete", 8)
    refused(parts.but(committed=[99]), log, "incomplete", 99)


def test_an_older_map_says_of_later_records_nothing():
    log = told_log()
    first = commit_map(log)
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    commit_map(log)
    old = bundle_of(log, [CARRIER], committed=first, without=[10])
    report = check(old, log)
    assert (report.completeness, report.complete_to, report.size) == ("complete-to", 10, 12)
    # The newer map with the older proofs.
    newer = bundle_of(log, [CARRIER], committed=11)
    refused(newer.but(map_proofs=old.map_proofs), log, "map-proof")


def test_a_checkpoint_that_the_log_key_did_not_sign(log, parts):
    refused(parts.but(checkpoint=note_of(log, log_key="another")), log, "checkpoint")
    shorter = note_of(Growing(log.records[:8]))
    refused(parts.but(checkpoint=shorter), log, "proof")


def test_a_checkpoint_larger_than_any_log(log, parts):
    assert parts.checkpoint.count(b"\n10\n") == 1
    huge = parts.checkpoint.replace(b"\n10\n", b"\n%d\n" % (limits.INTEGER_MAX + 1))
    with pytest.raises(FormatError):
        check_bundle(parts.but(checkpoint=huge).encoded(), log_id=log.id)


def test_a_revoked_key_counts_no_more():
    log = told_log()
    log.add(
        "revoked",
        body={"person": KEEPER, "key": (1, public(KEEPER)), "reason": "lost"},
        people=administrators(2),
        subjects=(),
    )
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    committed = commit_map(log)
    refused(bundle_of(log, [CARRIER], committed=committed), log, "revoked-key", 10)
    # Whoever leaves the revocation out has no proof of the key.
    key = f"k/{public(KEEPER).hex().upper()}"
    refused(bundle_of(log, [CARRIER], committed=committed, without=[9]), log, "map-proof", subject=key)
    # Without a map nobody can tell, and the bundle doesn't say otherwise.
    report = check(bundle_of(log, [CARRIER], without=[9]), log)
    assert (report.authenticity, report.completeness) == ("keys-unproven", "selection")


def test_a_key_revoked_after_the_map():
    log = told_log()
    committed = commit_map(log)
    log.add("revoked", body={"person": KEEPER, "key": (1, public(KEEPER)), "reason": "lost"}, people=administrators(2))
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    refused(bundle_of(log, [CARRIER], committed=committed), log, "revoked-key", 11)
    hidden = check(bundle_of(log, [CARRIER], committed=committed, without=[10]), log)
    assert hidden.authenticity == "keys-unproven"
    # As long as nothing later is shown, the older part stands.
    assert check(bundle_of(log, [CARRIER], committed=committed, without=[10, 11]), log).authenticity == "genuine"


def test_doubt_and_emergencies_are_remarked():
    log = told_log()
    log.add(
        "revoked",
        body={"person": KEEPER, "key": (1, public(KEEPER)), "reason": "compromised", "doubt_from": 8},
        people=administrators(2),
    )
    report = check(bundle_of(log, [CARRIER], committed=commit_map(log)), log)
    assert [(one.code, one.index, one.subject) for one in report.remarks] == [("doubtful", 8, KEEPER)]
    assert report.authenticity == "genuine"


def test_an_unknown_kind_is_remarked():
    log = told_log()
    body = codec.decode(log.records[7])[6]
    event = codec.decode(body)
    event[0], event[1] = "later.kind", event_id(5)
    event[3] = sorted([CARRIER, KEEPER], key=codec.encode)
    encoded = codec.encode(event)
    assert check_event(encoded).kind is None
    log.push(log.seal(encoded, [Sign("registrar", KEEPER)], now_us=log.now_us))
    report = check(bundle_of(log, [CARRIER], committed=commit_map(log)), log)
    assert [(one.code, one.index) for one in report.remarks] == [("unknown-kind", 9)]
    assert "unknown kinds" in what(report)


@pytest.mark.parametrize(
    ("finding", "seal"),
    [
        ("bad-signature", {"log_id": bytes(32)}),
        ("wrong-base", {"base": (4, bytes(32))}),
        ("wrong-log", {"base": (0, bytes(32))}),
        ("altered", {"prev_hash": bytes(32)}),
        ("stale-link", {"links": [(0, 0, bytes(32)), (0, 0, bytes(32))]}),
        ("stale-draft", {"base": 4}),
        ("expired", {"recorded_at_us": 0}),
    ],
)
def test_what_may_not_stand_is_named(finding, seal):
    log = told_log()
    if seal.get("base") == 4:
        seal = {"base": (4, codec.decode(log.records[5])[3])}
    log.add(
        "transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER], seal=seal
    )
    refused(bundle_of(log, [CARRIER], committed=commit_map(log)), log, finding, 9)


def test_links_to_records_elsewhere_agree_with_each_other():
    # c/88 isn't asked for: what the keeper's chain would tell is not here, but what two records say of it can be compared.
    log = told_log()
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    links = [list(link) for link in codec.decode(log.records[9])[5]]
    keeper = codec.decode(codec.decode(log.records[9])[6])[3].index(KEEPER)
    for wrong in ([0, 0, bytes(32)], [links[keeper][0] - 3, *links[keeper][1:]], [5, 8, bytes(32)], [99, 8, bytes(32)]):
        other = Story()
        other.__dict__.update(Growing(log.records[:9]).__dict__)
        changed = [*links[:keeper], wrong, *links[keeper + 1 :]]
        other.now_us = log.now_us - 1
        other._number = 5000
        other.add(
            "transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER],
            seal={"links": changed},
        )  # fmt: skip
        refused(bundle_of(other, [CARRIER], committed=commit_map(other)), other, "stale-link", 9)


def test_a_map_that_hides_a_record_is_found_by_it():
    # The log key signs a map in which the carrier has one record less.
    log = told_log()
    shorter = Growing(log.records[:8])
    committed = commit_map(log, root=map_root(shorter, 8))
    parts = bundle_of(log, [CARRIER], committed=committed)
    proofs = [[subject, map_proof(log, 8, subject)] for subject, _ in parts.map_proofs]
    refused(parts.but(map_proofs=proofs), log, "map-proof")
    # It hides the record only from who doesn't have it: the bundle that leaves it out is convicted by the record itself.
    hidden = bundle_of(log, [CARRIER], committed=committed, without=[8]).but(map_proofs=proofs)
    report = check(hidden, log)
    assert report.completeness == "complete"
    assert "map" in what(report)


# --- shape and limits ----------------------------------------------------------------------------


def test_what_is_no_bundle(log, parts):
    empty = {"wanted": [], "records": []}
    for name, value in empty.items():
        with pytest.raises(FormatError):
            check(parts.but(**{name: value}), log)
    for changes in (
        {"wanted": [CARRIER, CARRIER]},
        {"wanted": ["c/88", CARRIER]},
        {"wanted": ["s/log"]},
        {"wanted": [f"k/{public(KEEPER).hex().upper()}"]},
        {"wanted": ["c/a"]},
        {"records": parts.records[::-1]},
        {"records": [*parts.records, parts.records[-1]]},
        {"records": parts.records[1:]},
        {"records": [parts.records[0], b"\x90"]},
        {"proof": b"x"},
        {"committed": []},
        {"committed": [9, 9]},
        {"map_proofs": []},
        {"map_proofs": parts.map_proofs[::-1]},
        {"map_proofs": [*parts.map_proofs, parts.map_proofs[-1]]},
        {"openings": [opening(), opening()]},
        {"openings": [opening(), [event_id(87), "note", bytes(32), TITLE]]},
        {"openings": [[event_id(87), "note", SALT, ""]]},
        {"openings": [[event_id(87), "note", SALT, "\u200b"]]},
        {"openings": [[event_id(87), "level", SALT, "a\nb"]]},
        {"openings": [[bytes(15), "note", SALT, TITLE]]},
        {"tokens": [b"b", b"a"]},
        {"tokens": [b""]},
        {"checkpoint": b""},
    ):
        with pytest.raises(FormatError):
            check(parts.but(**changes), log)


def test_limits_hold_before_anything_is_read(log, parts):
    with pytest.raises(LimitError):
        check_bundle(bytes(limits.BUNDLE_FILE_BYTES_MAX + 1), log_id=log.id)
    for changes in (
        {"wanted": sorted([f"c/{n}" for n in range(257)], key=codec.encode)},
        {"records": [b"x"] * (limits.BUNDLE_RECORDS_MAX + 1)},
        {"records": [bytes(limits.RECORD_BYTES_MAX + 1)]},
        {"map_proofs": [["c/1", bytes(limits.MAP_PROOF_BYTES_MAX + 1)]]},
        {"openings": [[event_id(87), "n" * 300, SALT, TITLE]]},
        {"openings": [[event_id(87), "note", SALT, "字" * 400]]},
        {"tokens": [bytes(limits.TIMESTAMP_BYTES_MAX + 1)]},
        {"tokens": [b"%02d" % n for n in range(17)]},
    ):
        with pytest.raises(FormatError):
            check(parts.but(**changes), log)


def test_round_trip_and_other_versions(parts):
    data = parts.but(openings=[opening()]).encoded()
    assert encode_bundle(decode_bundle(data)) == data
    assert {one.name for one in fields(decode_bundle(data))} == {one.name for one in fields(parts)}
    with pytest.raises(FormatError) as caught:
        decode_bundle(data.replace(b"chainlog/v1/bundle", b"chainlog/v2/bundle", 1))
    assert caught.value.code == "unknown-version"
    with pytest.raises(FormatError):
        decode_bundle(data.replace(b"chainlog/v1/bundle", b"chainlog/v1/drafts", 1))
    with pytest.raises(FormatError):
        decode_bundle(data + b"\x00")
    with pytest.raises(FormatError):
        encode_bundle(decode_bundle(data).__class__(b"", (), (), ()))


def test_a_first_record_that_opens_no_log_makes_no_bundle(log):
    # Its first record is another kind with the index 0.
    forged = Growing()
    event = codec.decode(log.records[7])[6]
    forged.push(forged.seal(event, [Sign("registrar", KEEPER)], now_us=log.now_us))
    note = note_of(log)
    parts = bundle_of(log, [CARRIER], committed=9).but(records=[forged.records[0]], checkpoint=note)
    with pytest.raises(FormatError):
        check(parts, log, log_id=forged.id)
