"""Stale drafts: every pair of what an earlier record did and what a later draft does, on each base, with and without refs."""

from __future__ import annotations

from itertools import product

import pytest

from chainlog.errors import HeadMovedError
from chainlog.log.drafting import parts_of
from tests.builders import T0, small_log
from tests.hand import nothing_written, problems_of, seal_on
from tests.signers import signer

HOUR = 3_600_000_000
WHOLE = {"number": 1, "of": 1, "whole": bytes(32)}

# Acts with carrier c/1 and list l/1: kind, body, role to sign, subjects; which of the two it moves, which it guards.
ACTS = {
    "reads": ("accessed.read", {"how": "read"}, "reader", ["c/1"], set(), set()),
    "checks": ("checked.carrier", {"reason": "other", "passed": True}, "operator", ["c/1"], set(), set()),
    "stores": ("transferred.store", {}, "registrar", ["c/1"], {"c/1"}, {"c/1"}),
    "lists": (
        "listed.added", {"purpose": "destroy", "items": [{"carrier": "c/1"}], "total": 1}, "registrar", ["l/1"],
        {"l/1"}, {"l/1"},
    ),
    "withdraws": ("listed.withdrawn", {"reason": "x"}, "registrar", ["l/1", "c/1"], {"l/1"}, {"l/1"}),
    "permits": ("decided.permit", {"step": "approved", "act": "destroy"}, "approver", ["l/1"], set(), {"l/1"}),
    "counts": ("checked.count", {"expected": 1, "actual": 1}, "registrar", ["l/1"], set(), set()),
    "destroys": (
        "destroyed.carriers", {"method": "pulp"}, "supervisor", ["c/1", "l/1"], {"c/1"}, {"c/1", "l/1"},
    ),
    "destroys unlisted": ("destroyed.carriers", {"method": "pulp"}, "supervisor", ["c/1"], {"c/1"}, {"c/1"}),
    "returns": (
        "returned.to_keeper", {"reason": "recall"}, "giver", ["c/1", "l/1"], {"c/1"}, {"c/1", "l/1"},
    ),
    "unnumbered": (
        "transferred.store", {"copies_unnumbered": 1}, "registrar", ["d/1"], set(), set(),
    ),
}  # fmt: skip


def event_of(log, act, **rest):
    kind, body, role, subjects, _, _ = ACTS[act]
    return log.handle.prepare(kind, body=body, people=[(role, "p/Z", 1)], subjects=subjects, **rest)


def do(log, act):
    kind, body, role, subjects, _, _ = ACTS[act]
    people = [(role, "p/Z", 1)]
    return log.handle.record_event(kind, body=body, people=people, subjects=subjects, signers={"p/Z": signer("p/Z")})


@pytest.fixture(scope="module")
def logs():
    """For each act a log that ends with it, a record before it and one after it."""
    found = {}
    for act in ACTS:
        log = small_log(persons=["p/Z"])
        items = [{"carrier": "c/1", "form": "document"}]
        log.record("created.entered", {"registrar": "p/Z"}, body={"level": "秘密", "reason": "other", "items": items})
        mover = do(log, act)
        log.record("checked.carrier", {"operator": "p/Z"}, body={"reason": "other", "passed": True}, subjects=["c/9"])
        found[act] = (log, mover)
    return found


@pytest.mark.parametrize(("earlier", "later"), list(product(ACTS, ACTS)))
def test_what_makes_what_stale(logs, earlier, later):
    log, mover = logs[earlier]
    moved, guarded = ACTS[earlier][4], ACTS[later][5]
    role = ACTS[later][2]
    # Below record 2 stands only the genesis; the carrier was made, and so moved, by record 2.
    for base, refs in product((2, mover.index, mover.index + 1), (False, True)):
        event = event_of(log, later, refs=[mover.event_id] if refs else [])
        at = log.handle.reader.read(base).record_hash
        record = seal_on(log, event, [(role, signer("p/Z"))], base=(base, at))
        stale = moved & guarded if base < mover.index and not refs else set()
        problems = problems_of(log, record)
        assert {(p.code, p.subject, p.mover.index) for p in problems} == {
            ("stale-draft", s, mover.index) for s in stale
        }


def test_registry_events_are_guarded_by_what_they_change():
    log = small_log()
    admins = [("administrator", signer(p)) for p in ("p/A1", "p/A2")]

    def revocation(person):
        body = {"person": person, "key": (1, signer(person).public_key), "reason": "lost"}
        return log.handle.prepare("revoked", body=body, people={"administrator": ["p/A1", "p/A2"]})

    base = (3, log.handle.reader.read(3).record_hash)
    for_z, for_c = revocation("p/Z"), revocation("p/C")
    log.administer("appointed.post", {"person": "p/Z", "post": "clerk", "over": "u/镇", "valid_from": "2025-01-01"})
    problems = problems_of(log, seal_on(log, for_z, admins, base=base))
    assert [(p.code, p.subject, p.mover.kind) for p in problems] == [("stale-draft", "p/Z", "appointed.post")]
    assert problems_of(log, seal_on(log, for_c, admins, base=base)) == []
    # Taking part in an act isn't being changed by it.
    log.record("checked.carrier", {"operator": "p/C"}, body={"reason": "other", "passed": True}, subjects=["c/1"])
    assert problems_of(log, seal_on(log, for_c, admins, base=base)) == []


@pytest.fixture
def office():
    """200 carriers on a list, a list event for each part, and a permit."""
    log = small_log()
    carriers = [f"c/{n}" for n in range(1, 201)]
    for start in range(0, 200, 100):
        items = [{"carrier": carrier, "form": "document"} for carrier in carriers[start : start + 100]]
        log.record("created.entered", {"registrar": "p/Z"}, body={"level": "秘密", "reason": "other", "items": items})
    parts = parts_of(carriers, most=80)
    assert [len(chunk) for chunk, _ in parts] == [80, 80, 40]
    for chunk, part in parts:
        body = {"purpose": "destroy", "items": [{"carrier": c} for c in chunk], "total": 200, "part": part}
        log.record("listed.added", {"registrar": "p/Z"}, body=body, subjects=["l/销毁1"])
    permit = {"step": "approved", "act": "destroy", "whole": parts[0][1]["whole"]}
    log.record("decided.permit", {"approver": "p/L"}, body=permit, subjects=["l/销毁1"])
    return log, parts


def destruction(log, chunk, part):
    people = {"supervisor": ["p/Z", "p/C"], "operator": "p/L"}
    event = log.handle.prepare(
        "destroyed.carriers", body={"method": "pulp", "part": part}, people=people, subjects=[*chunk, "l/销毁1"]
    )
    return log.handle.draft(event)


def sign(log, drafts, person):
    return [d.sign(signer(person), role="supervisor", person=person, signed_at_us=log.clock()) for d in drafts]


def busy_day(log):
    """What goes on meanwhile: readings, inventories, other carriers, people."""
    for n in (1, 77, 150):
        log.record("accessed.read", {"reader": "p/L"}, body={"how": "read"}, subjects=[f"c/{n}"])
    found = {"occasion": "regular", "found": [f"c/{n}" for n in range(1, 90)]}
    log.record("checked.inventory", {"operator": ["p/L", "p/C"]}, body=found, subjects=["l/盘点", "u/镇"])
    log.record("transferred.store", {"registrar": "p/Z"}, subjects=["c/999"])
    log.administer("appointed.post", {"person": "p/C", "post": "clerk", "over": "u/镇", "valid_from": "2025-01-01"})


def test_a_destruction_list_is_signed_in_parts_on_two_days(office):
    log, parts = office
    drafts = [destruction(log, chunk, part) for chunk, part in parts]
    drafts = sign(log, drafts, "p/Z")
    busy_day(log)
    log.clock.now_us = T0 + 26 * HOUR
    drafts = sign(log, drafts, "p/C")
    busy_day(log)
    # One after the other: the parts don't make each other stale.
    indexes = [log.handle.append(draft).index for draft in drafts]
    assert indexes == [indexes[0], indexes[0] + 1, indexes[0] + 2]
    history = log.handle.reader.history("c/150")
    assert history[0].kind == "destroyed.carriers"
    assert len(history[0].record.signatures) == 2


def test_the_parts_go_in_together_as_well(office):
    log, parts = office
    drafts = sign(log, sign(log, [destruction(log, chunk, part) for chunk, part in parts], "p/Z"), "p/C")
    busy_day(log)
    assert len(log.handle.append_many(drafts)) == 3


def test_one_carrier_that_moved_makes_its_part_stale_and_no_other(office):
    log, parts = office
    drafts = sign(log, [destruction(log, chunk, part) for chunk, part in parts], "p/Z")
    log.clock.now_us = T0 + 26 * HOUR
    drafts = sign(log, drafts, "p/C")
    base = drafts[0].base[0]
    carrier = parts[1][0][17]
    mover = log.record(
        "transferred.lend",
        {"giver": "p/Z", "receiver": "p/L"},
        body={"purpose": "x", "depth": "read"},
        subjects=[carrier],
    )
    log.record("accessed.read", {"reader": "p/L"}, body={"how": "read"}, subjects=[carrier])
    with nothing_written(log), pytest.raises(HeadMovedError) as caught:
        log.handle.append(drafts[1])
    found = caught.value
    assert (found.subject, found.index, found.kind, found.base) == (carrier, mover.index, "transferred.lend", base)
    assert carrier in found.text("zh")
    assert f"record {mover.index} (transferred.lend)" in found.text("en")
    with nothing_written(log), pytest.raises(HeadMovedError):
        log.handle.append_many(drafts)
    for draft in (drafts[0], drafts[2]):
        log.handle.append(draft)
    # Nor does it go in a second time after the carrier came back: it is drafted anew.
    log.record("returned.to_keeper", {"giver": "p/L", "receiver": "p/Z"}, body={"reason": "loan"}, subjects=[carrier])
    with nothing_written(log), pytest.raises(HeadMovedError):
        log.handle.append(drafts[1])
    again = sign(log, sign(log, [destruction(log, *parts[1])], "p/Z"), "p/C")
    log.handle.append(again[0])


def test_a_carrier_taken_off_the_list_makes_every_part_stale(office):
    log, parts = office
    drafts = sign(log, sign(log, [destruction(log, chunk, part) for chunk, part in parts], "p/Z"), "p/C")
    carrier = parts[2][0][0]
    log.record("listed.withdrawn", {"registrar": "p/Z"}, body={"reason": "复核"}, subjects=["l/销毁1", carrier])
    for draft in drafts:
        with nothing_written(log), pytest.raises(HeadMovedError) as caught:
            log.handle.append(draft)
        assert caught.value.subject == "l/销毁1"


def test_two_destructions_of_one_carrier(office):
    log, parts = office
    carrier = parts[0][0][0]
    one, two = (
        sign(log, sign(log, [destruction(log, chunk, WHOLE)], "p/Z"), "p/C")[0]
        for chunk in ([carrier, "c/7"], [carrier, "c/8"])
    )
    log.handle.append(one)
    with nothing_written(log), pytest.raises(HeadMovedError) as caught:
        log.handle.append(two)
    assert caught.value.subject == carrier
    fresh = [sign(log, sign(log, [destruction(log, [c], WHOLE)], "p/Z"), "p/C")[0] for c in ("c/9", "c/9")]
    with nothing_written(log), pytest.raises(HeadMovedError):
        log.handle.append_many(fresh)
