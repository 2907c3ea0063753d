"""What the records of a bundle say of each other and of records that aren't in it."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import pytest

from chainlog.canon import codec
from chainlog.digest import record_hash
from chainlog.errors import BundleError
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.bundle_records import check_links, refuse
from tools.fixed_bundle import SEALED_ID, bundle_of, commit_map, event_of, told_log
from tools.fixed_log import CHIEF, CLERK, KEEPER, Sign, administrators, public
from tools.vector_logs import recovery_log

CARRIER, OTHER = "c/87", "c/88"
SEEN = {"reason": "other", "passed": True}
CALENDAR = {"year": 2025, "holidays": [], "workdays": []}


def store(log, subjects=(CARRIER,), **rest):
    people = [("registrar", KEEPER, 1)]
    return log.add("transferred.store", body={"place": "w/G1"}, people=people, subjects=subjects, **rest)


def links_of(log, index):
    return [list(link) for link in codec.decode(log.records[index])[5]]


def falsely_linked(subjects, subject, make):
    """A log whose record 9 has another link for one of its subjects: *make* gives it from the log and the true one."""
    log = told_log()
    store(log, subjects)
    links = links_of(log, 9)
    place = event_of(log, 9).subjects.index(subject)
    links[place] = make(log, links[place])
    log = told_log()
    store(log, subjects, seal={"links": links})
    return log


def report(log, wanted=(CARRIER,), *, committed=True, **rest):
    parts = bundle_of(log, list(wanted), committed=commit_map(log) if committed else None, **rest)
    return check_bundle(parts.encoded(), log_id=log.id)


def refused(log, finding, index=None, wanted=(CARRIER,), **rest):
    with pytest.raises(BundleError) as caught:
        report(log, wanted, **rest)
    assert (caught.value.finding, caught.value.index) == (finding, index), caught.value


def gaps(found):
    return {what for what, _ in found.not_checked}


def test_what_an_error_says():
    cases = [
        ({"index": 0, "subject": "c/1"}, "record 0, c/1: why"), ({"index": 7}, "record 7: why"),
        ({"subject": "c/1"}, "c/1: why"), ({}, "why"),
    ]  # fmt: skip
    for where, text in cases:
        error = refuse("bad-ref", "why", **where)
        assert (error.finding, error.reason, error.detail) == ("bad-ref", "why", text)
        assert (error.index, error.subject) == (where.get("index"), where.get("subject", ""))


# --- links ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("committed", [True, False])
def test_a_gap_in_what_is_to_be_whole(committed):
    log = told_log()
    for _ in range(2):
        log.add("declared.calendar", body=CALENDAR, people=administrators(1))
    # The log's own chain, of which the middle is left out: without a map only the link tells.
    refused(
        log, "map-proof" if committed else "incomplete", None if committed else 10, committed=committed, without=[9]
    )


def test_a_gap_after_the_map():
    log = told_log()
    committed = commit_map(log)
    store(log)
    store(log)
    parts = bundle_of(log, [CARRIER], committed=committed, without=[10])
    with pytest.raises(BundleError) as caught:
        check_bundle(parts.encoded(), log_id=log.id)
    assert (caught.value.finding, caught.value.index, caught.value.subject) == ("incomplete", 11, CARRIER)


def test_a_link_may_skip_records_that_are_not_here_but_no_more_of_them_than_there_are():
    assert report(falsely_linked([CARRIER, OTHER], OTHER, lambda _, link: link)).authenticity == "genuine"
    # c/88 stands in 5 and 7, neither of which is here.
    for position, index in ((99, 7), (9, 7), (2, 0)):
        log = falsely_linked(
            [CARRIER, OTHER],
            OTHER,
            lambda log, _, to=(position, index): [to[0], to[1], record_hash(log.records[to[1]])],
        )
        refused(log, "stale-link", 9)
    # As many as there may be: this bundle can't tell.
    log = falsely_linked([CARRIER, OTHER], OTHER, lambda log, link: [5, *link[1:]])
    assert report(log).authenticity == "genuine"


def at(subject, link, number):
    """What `check_links` reads of a record that names one subject."""
    return SimpleNamespace(
        event=SimpleNamespace(event=SimpleNamespace(subjects=(subject,))),
        record=SimpleNamespace(links=[link]),
        record_hash=bytes([number]) * 32,
    )


def says_of(records, whole=()):
    try:
        check_links(SimpleNamespace(records=records), whole=whole)
    except BundleError as error:
        return error.finding
    return ""


@pytest.mark.parametrize("before", [None, 0, 1, 3])
@pytest.mark.parametrize("index", [2, 4, 5])
def test_every_gap_of_a_small_log(before, index):
    """A link may skip one record for each place that lies in the gap, ends at one that isn't here, and skips none that is."""
    none = (0, 0, bytes(32))
    for position, previous in product(range(index + 3), range(index + 3)):
        records = {0: at("s/log", none, 0)}
        if before is not None and before < index:
            records[before] = at(CARRIER, none, before)
        link = (position, previous, bytes([previous]) * 32)
        count, first = (1, before + 1) if before in records and before is not None else (0, 0)
        records[index] = at(CARRIER, link, index)
        right = link == (1, before, bytes([before or 0]) * 32) if count else link == none
        skipped, gap = position - count, len(range(first, previous + 1))
        plausible = 1 <= skipped <= gap and previous < index and previous not in records
        assert says_of(records) == ("" if right or plausible else "stale-link"), link
        whole = "" if right else "incomplete" if plausible else "stale-link"
        assert says_of(records, [CARRIER]) == whole, link


def test_a_link_to_a_record_here_that_does_not_name_the_subject():
    log = told_log()
    store(log)
    people = [("registrar", KEEPER, 1), ("witness", CLERK, 1)]
    log.add("transferred.store", body={"place": "w/G1"}, people=people, subjects=[CARRIER])
    links = links_of(log, 10)
    place = event_of(log, 10).subjects.index(CLERK)
    false = [links[place][0] + 1, 9, record_hash(log.records[9])]
    again = told_log()
    store(again)
    seal = {"links": [*links[:place], false, *links[place + 1 :]]}
    again.add("transferred.store", body={"place": "w/G1"}, people=people, subjects=[CARRIER], seal=seal)
    refused(again, "stale-link", 10)


def test_two_records_that_give_one_index_different_hashes():
    # Record 7 isn't here; record 8 says by its previous hash which it is.
    log = falsely_linked([CARRIER, OTHER], OTHER, lambda _, link: [*link[:2], bytes(32)])
    refused(log, "stale-link", 9)
    for right in (False, True):
        log = told_log()
        base = (7, record_hash(log.records[7]) if right else bytes(32))
        log.add("checked.carrier", body=SEEN, people=[("operator", KEEPER, 1)], subjects=[CARRIER], seal={"base": base})
        if right:
            assert "bases" in gaps(report(log))
        else:
            refused(log, "wrong-base", 9)


@pytest.mark.parametrize("base", [1, 3, 7, 8])
def test_a_base_that_is_not_here(base):
    log = told_log()
    stated = {"base": (base, record_hash(log.records[base]))}
    log.add("checked.carrier", body=SEEN, people=[("operator", CLERK, 1)], subjects=["c/99"], seal=stated)
    found = report(log, ["c/99"])
    assert [one.record.index for one in found.records] == [0, 2, 9, 10]
    # The previous hash says which record 8 is.
    assert ("bases" in gaps(found)) == (base != 8)


@pytest.mark.parametrize(
    ("finding", "seal"), [("bad-signature", {"log_id": bytes(32)}), ("expired", {"recorded_at_us": 0})]
)
def test_a_base_that_is_not_here_excuses_nothing_else(finding, seal):
    log = told_log()
    stated = {"base": (7, record_hash(log.records[7])), **seal}
    log.add("checked.carrier", body=SEEN, people=[("operator", CLERK, 1)], subjects=["c/99"], seal=stated)
    refused(log, finding, 9, ["c/99"])


def test_a_base_above_its_record():
    for index in (9, 30):
        log = told_log()
        store(log, seal={"base": (index, bytes(32))})
        refused(log, "wrong-base", 9)


# --- ids, references, moves ----------------------------------------------------------------------


def test_an_event_id_that_stands_twice():
    log = told_log()
    store(log, event_id=SEALED_ID)
    refused(log, "duplicate", 9)


def test_a_reference_to_what_is_here_must_be_right():
    log = told_log()
    event_id, _ = log.reference(6)
    store(log, refs=[(event_id, bytes(32))])
    refused(log, "bad-ref", 9)
    log = told_log()
    store(log, refs=[(log.reference(7)[0], bytes(32))])
    assert "references" in gaps(report(log))


def test_whether_something_was_moved_meanwhile_is_not_shown_by_what_is_not_here():
    log = told_log()
    log.add("checked.carrier", body=SEEN, people=[("operator", KEEPER, 1)], subjects=[OTHER])
    store(log, [CARRIER, OTHER], seal={"base": (8, record_hash(log.records[8]))})
    assert {"movers"} <= gaps(report(log))
    assert "movers" not in gaps(report(log, [CARRIER, OTHER]))


def test_a_map_of_records_that_did_not_stand_yet():
    log = told_log()
    committed = commit_map(log, size=9)
    assert report(log, committed=False).authenticity == "keys-unproven"
    again = told_log()
    body = codec.decode(bytes(event_of(log, committed).body))
    again.add("index_committed", body={**body, "size": 99}, people=[("log", "s/log", 1)])
    with pytest.raises(BundleError) as caught:
        check_bundle(bundle_of(again, [CARRIER], committed=9, proved=["s/log"]).encoded(), log_id=again.id)
    assert caught.value.finding == "incomplete"
    proved = [subject for subject, _ in bundle_of(log, [CARRIER], committed=committed).map_proofs]
    parts = bundle_of(log, [CARRIER], committed=committed)
    false = bundle_of(again, [CARRIER], committed=9, proved=proved).but(map_proofs=parts.map_proofs)
    with pytest.raises(BundleError) as caught:
        check_bundle(false.encoded(), log_id=again.id)
    assert caught.value.finding in ("malformed", "map-proof")


# --- keys and remarks ----------------------------------------------------------------------------


def test_a_revocation_brings_the_history_of_its_key():
    log = told_log()
    log.add("revoked", body={"person": CHIEF, "key": (1, public(CHIEF)), "reason": "lost"}, people=administrators(2))
    found = report(log, [CHIEF])
    assert [one.record.index for one in found.records] == [0, 3, 9, 10]
    # The person's other records aren't asked for where only the key is.
    found = report(log, ["p/A1"])
    assert found.authenticity == "genuine"


@pytest.mark.parametrize(("by", "doubtful"), [(KEEPER, [8, 9]), (CLERK, []), (None, [8])])
def test_a_doubtful_signature_is_confirmed_by_who_is_not_in_doubt(by, doubtful):
    log = told_log()
    if by is not None:
        returned = log.reference(8)
        subjects = [*event_of(log, 8).subjects]
        log.add("countersigned", body={}, people=[("witness", by, 1)], subjects=subjects, refs=[returned])
    log.add(
        "revoked",
        body={"person": KEEPER, "key": (1, public(KEEPER)), "reason": "lost", "doubt_from": 8},
        people=administrators(2),
    )
    assert [(one.code, one.index) for one in report(log).remarks] == [("doubtful", index) for index in doubtful]


def test_only_a_countersignature_confirms():
    log = told_log()
    refs = [log.reference(8)]
    log.add("checked.carrier", body=SEEN, people=[("operator", CLERK, 1)], subjects=[CARRIER], refs=refs)
    stated = {"person": KEEPER, "key": (1, public(KEEPER)), "reason": "lost", "doubt_from": 8}
    log.add("revoked", body=stated, people=administrators(2))
    assert [(one.code, one.index) for one in report(log).remarks] == [("doubtful", 8)]


def test_an_act_of_the_recovery_keys_is_remarked():
    log = recovery_log()
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    people = [("recovery", "p/R1", 1), ("recovery", "p/R2", 1)]
    signs = [Sign("recovery", person, f"recovery/{person}") for person in ("p/R1", "p/R2")]
    stated = {"person": KEEPER, "key": (1, public(KEEPER)), "reason": "lost"}
    log.add("revoked", body=stated, people=people, signs=signs)
    found = report(log)
    assert [(one.code, one.index) for one in found.remarks] == [("break-glass", 3)]
    assert found.authenticity == "genuine"


@pytest.mark.parametrize(
    "others",
    [
        # Its owner revokes the key; the administrators do. Recovery keys that sign along make no emergency of it.
        [("operator", KEEPER, 1)],
        administrators(2),
    ],
)
def test_recovery_keys_beside_those_who_suffice_are_no_emergency(others):
    log = recovery_log()
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    holders = ["p/R1"] if others[0][0] == "operator" else ["p/R1", "p/R2"]
    signs = [Sign(role, person) for role, person, _ in others]
    signs += [Sign("recovery", person, f"recovery/{person}") for person in holders]
    stated = {"person": KEEPER, "key": (1, public(KEEPER)), "reason": "lost"}
    log.add("revoked", body=stated, people=[*others, *(("recovery", person, 1) for person in holders)], signs=signs)
    assert report(log).remarks == ()
