"""Drafting: base, documents, references, targets and signers filled in from the log; parts of lists."""

from __future__ import annotations

import pytest

from chainlog import digest, limits
from chainlog.authority.state import ViewAuthority
from chainlog.canon import codec
from chainlog.errors import FormatError, LimitError, NotFoundError, UnknownKindError
from chainlog.event.catalogue import KINDS
from chainlog.log.drafting import (
    document_of,
    head_base,
    lacks,
    listed_carriers,
    parts_of,
    prepare,
    prepare_draft,
    roles_wanted,
    whole_of,
)
from chainlog.log.genesis import Policy
from chainlog.log.handle import propose
from chainlog.record.record import GENESIS_BASE
from chainlog.store.memory import MemoryStore
from tests.builders import T0, small_log
from tests.signers import signer

DAY = 86_400_000_000
BOOK = {"level": "秘密", "reason": "other"}


def enter(log, *carriers, document=None, kind="created.entered"):
    """Carriers enter the books, as copies of a document if one is given."""
    items = [{"carrier": c, "form": "document"} | ({"document": document} if document else {}) for c in carriers]
    return log.record(kind, {"registrar": "p/Z"}, body={**BOOK, "items": items})


def destroyed(log, carriers, **rest):
    people = {"supervisor": ["p/Z", "p/C"]}
    return log.handle.prepare("destroyed.carriers", body={"method": "pulp", **rest}, people=people, subjects=carriers)


# --- base --------------------------------------------------------------------------------------


def test_the_base_is_the_newest_record():
    store = MemoryStore()
    with store.snapshot() as empty:
        assert head_base(empty, digest.ZERO) == GENESIS_BASE
    log = small_log(store=store, persons=[])
    with store.snapshot() as one:
        assert head_base(one, log.handle.id) == (0, log.handle.id) == (0, one.last_hash)
    log.enrol("p/Z")
    with store.snapshot() as two:
        assert head_base(two, log.handle.id) == (1, two.last_hash)
        event = log.handle.prepare("checked.carrier", body={"reason": "other", "passed": True}, people={"operator": "p/Z"},
                                   subjects=["c/1"])  # fmt: skip
        draft = prepare_draft(two, event, log_id=log.handle.id)
    assert draft == log.handle.draft(event)
    assert (draft.log_id, draft.base, draft.event, draft.signatures) == (
        log.handle.id,
        (1, two_hash(log)),
        event.encoded,
        (),
    )


def two_hash(log):
    return log.handle.reader.read(1).record_hash


# --- documents ---------------------------------------------------------------------------------


def test_what_ends_a_copy_names_its_document():
    log = small_log()
    enter(log, "c/1", "c/2", document="d/镇发〔2025〕7号")
    enter(log, "c/3")
    for carriers, documents in (
        (["c/1"], ["d/镇发〔2025〕7号"]),
        (["c/1", "c/2"], ["d/镇发〔2025〕7号"]),
        (["c/3"], []),
        (["c/1", "c/3", "c/none"], ["d/镇发〔2025〕7号"]),
    ):
        event = destroyed(log, carriers)
        assert [s for s in event.event.subjects if s[0] == "d"] == documents
    # Only what makes or ends copies does.
    event = log.handle.prepare("transferred.store", body={}, people={"registrar": "p/Z"}, subjects=["c/1"])
    assert [s for s in event.event.subjects if s[0] == "d"] == []
    unnumbered = destroyed(log, ["d/其他"], copies_unnumbered=1)
    assert [s for s in unnumbered.event.subjects if s[0] == "d"] == ["d/其他"]


@pytest.mark.parametrize(
    ("kind", "body", "people"),
    [
        ("transferred.dispatch", {"to": "u/县", "channel": "by_hand"}, {"giver": "p/Z"}),
        ("transferred.archive", {"volume": "c/卷1", "file_no": "1"}, {"giver": "p/Z", "receiver": "p/C"}),
        ("returned.to_issuer", {"to": "u/县"}, {"giver": "p/Z"}),
        ("reported.incident", {"what": "lost"}, {"registrar": "p/Z"}),
    ],
)
def test_each_kind_that_ends_copies_names_documents(kind, body, people):
    log = small_log()
    enter(log, "c/1", document="d/1")
    event = log.handle.prepare(kind, body=body, people=people, subjects=["c/1"])
    assert "d/1" in event.event.subjects


def test_the_document_is_the_last_one_stated():
    log = small_log()
    enter(log, "c/1", "c/2")
    with log.store.snapshot() as snapshot:
        assert document_of(snapshot, "c/1") is None
        assert document_of(snapshot, "c/none") is None
    items = [{"carrier": "c/1", "form": "document", "document": "d/1"}, {"carrier": "c/2", "form": "document"}]
    log.record(
        "registered.document",
        {"registrar": "p/Z"},
        body={"register": "收文", "serial": 1, "items": items},
        subjects=["d/1"],
    )
    log.record("registered.document", {"registrar": "p/Z"}, body={"register": "收文", "serial": 2}, subjects=["d/9"])
    with log.store.snapshot() as snapshot:
        assert [document_of(snapshot, c) for c in ("c/1", "c/2")] == ["d/1", None]
    items[0]["document"] = "d/2"
    log.record(
        "registered.document",
        {"registrar": "p/Z"},
        body={"register": "收文", "serial": 3, "items": items},
        subjects=["d/2"],
    )
    with log.store.snapshot() as snapshot:
        assert document_of(snapshot, "c/1") == "d/2"
    # A copy's document is its own, not that of the original.
    copies = [{"carrier": "c/8", "form": "document", "document": "d/8"}]
    log.record("copied.made", {"operator": "p/Z", "registrar": "p/C"},
               body={"method": "copy", "parents": ["c/1"], "items": copies, "level": "秘密"})  # fmt: skip
    with log.store.snapshot() as snapshot:
        assert [document_of(snapshot, c) for c in ("c/1", "c/8")] == ["d/2", "d/8"]


def test_a_registration_of_one_document_is_of_all_carriers_that_it_names():
    log = small_log()
    enter(log, "c/1", "c/2", "c/3", "c/4")

    def register(serial, subjects, **body):
        log.record(
            "registered.document",
            {"registrar": "p/Z"},
            body={"register": "收文", "serial": serial, **body},
            subjects=subjects,
        )

    def documents():
        with log.store.snapshot() as snapshot:
            return [document_of(snapshot, f"c/{number}") for number in (1, 2, 3, 4)]

    register(1, ["d/1", "c/1", "c/2"])
    assert documents() == ["d/1", "d/1", None, None]
    # One that an item describes is bound by the item alone; of several documents none is meant more than the others.
    register(2, ["d/2", "c/2", "c/3"], items=[{"carrier": "c/2", "form": "document"}])
    register(3, ["d/3", "d/4", "c/1", "c/4"])
    assert documents() == ["d/1", "d/1", "d/2", None]
    stated = {"title": "通知", "issuer": "u/清溪镇", "level": "秘密", "derived_from": ["d/8"]}
    register(4, ["d/5", "c/4"], document=stated)
    assert documents() == ["d/1", "d/1", "d/2", "d/5"]
    event = log.handle.prepare("destroyed.carriers", body={"method": "pulp"}, people={"supervisor": ["p/Z", "p/C"]},
                               subjects=["c/1", "c/3", "c/4"])  # fmt: skip
    assert [subject for subject in event.event.subjects if subject[0] == "d"] == ["d/1", "d/2", "d/5"]


# --- references and targets --------------------------------------------------------------------


def test_references_by_id_or_with_their_hash():
    log = small_log()
    receipt = enter(log, "c/1")
    right = (receipt.event_id, receipt.event_hash)
    by_id = log.handle.prepare(
        "transferred.store", body={}, people={"registrar": "p/Z"}, subjects=["c/1"], refs=[receipt.event_id]
    )
    assert by_id.event.refs == (right,)
    # What isn't there yet is given with its hash and not asked for.
    later = (b"\7" * 16, b"\1" * 32)
    both = log.handle.prepare(
        "transferred.store", body={}, people={"registrar": "p/Z"}, subjects=["c/1"], refs=[later, right]
    )
    assert both.event.refs == tuple(sorted([later, right]))
    with pytest.raises(NotFoundError):
        log.handle.prepare(
            "transferred.store", body={}, people={"registrar": "p/Z"}, subjects=["c/1"], refs=[b"\7" * 16]
        )


def test_what_corrects_an_act_names_its_subjects():
    log = small_log()
    enter(log, "c/1", document="d/1")
    act = log.record("transferred.store", {"registrar": "p/C"}, subjects=["c/1"],
                     body={"place": "w/柜", "note": {"sealed": bytes(32)}})  # fmt: skip
    for kind, body, people in (
        ("corrected.void", {"reason": "x"}, {"registrar": "p/Z", "approver": "p/L"}),
        ("countersigned", {}, {"operator": "p/Z"}),
        ("erased", {"path": "note", "reason": "x"}, {"registrar": "p/Z", "approver": "p/L"}),
    ):
        event = log.handle.prepare(kind, body=body, people=people, refs=[act.event_id])
        own = [people[role] for role in people]
        assert set(event.event.subjects) == {"c/1", "p/C", *own}
        log.handle.append(propose(event, {person: signer(person) for person in own}))


def test_a_sequence_is_prepared_on_a_trial():
    log = small_log()
    with log.handle.trial() as trial:
        first = log.handle.prepare("created.entered", view=trial.overlay, people={"registrar": "p/Z"},
                                   body={**BOOK, "items": [{"carrier": "c/1", "form": "document", "document": "d/1"}]})  # fmt: skip
        one = propose(first, {"p/Z": signer("p/Z")})
        assert trial.add_all([one])[0].index == 4
        second = log.handle.prepare("destroyed.carriers", view=trial.overlay, body={"method": "pulp"}, subjects=["c/1"],
                                    people={"supervisor": ["p/Z", "p/C"]}, refs=[first.event.id])  # fmt: skip
        assert "d/1" in second.event.subjects
        two = propose(second, {p: signer(p) for p in ("p/Z", "p/C")})
        assert trial.add_all([two])[0].index == 5
        with pytest.raises(NotFoundError):
            log.handle.prepare(
                "countersigned", view=trial.overlay, body={}, people={"operator": "p/Z"}, refs=[b"\7" * 16]
            )
    assert log.handle.reader.size == 4
    assert [receipt.index for receipt in log.handle.append_many([one, two])] == [4, 5]


# --- who signs ---------------------------------------------------------------------------------


def signs_of(event):
    return {(role, person): signs for role, person, signs in event.event.people}


def adopt(log, parameters, *, effective_at_us=0):
    policy = Policy("p", "2", effective_at_us, {"min.supervisors": ["2"], **parameters})
    log.administer("policy_adopted", policy.body())


def lent(log, level=None, **rest):
    return log.handle.prepare(
        "transferred.lend", body={"purpose": "x", "depth": "read"}, level=level, subjects=["c/1"],
        people={"giver": "p/Z", "receiver": "p/L", "approver": "p/C"}, **rest,
    )  # fmt: skip


GIVER, RECEIVER, APPROVER = ("giver", "p/Z"), ("receiver", "p/L"), ("approver", "p/C")


def test_the_kind_says_who_signs_unless_the_policy_does():
    log = small_log()
    assert signs_of(lent(log)) == {GIVER: 1, RECEIVER: 1, APPROVER: 0}
    adopt(
        log,
        {"sign.transferred.lend": ["giver", "approver*2", "(receiver)"], "sign.transferred.lend.绝密": ["receiver"]},
    )
    assert signs_of(lent(log)) == {GIVER: 1, RECEIVER: 0, APPROVER: 1}
    assert signs_of(lent(log, "机密")) == {GIVER: 1, RECEIVER: 0, APPROVER: 1}
    assert signs_of(lent(log, "绝密")) == {GIVER: 0, RECEIVER: 1, APPROVER: 0}
    # The caller has the last word.
    assert signs_of(lent(log, "绝密", signs={"giver": 2})) == {GIVER: 2, RECEIVER: 0, APPROVER: 0}


def test_the_level_may_stand_in_the_body():
    log = small_log()
    adopt(log, {"sign.created.entered.绝密": ["registrar", "witness"]})
    items = [{"carrier": "c/1", "form": "document"}]
    for level, witness in (("绝密", 1), ("秘密", 0)):
        event = log.handle.prepare("created.entered", body={"level": level, "reason": "other", "items": items},
                                   people={"registrar": "p/Z", "witness": "p/L"})  # fmt: skip
        assert signs_of(event) == {("registrar", "p/Z"): 1, ("witness", "p/L"): witness}


def test_the_policy_is_that_of_when_it_occurred():
    log = small_log()
    adopt(log, {"sign.transferred.lend": ["approver"]}, effective_at_us=T0 + 9 * DAY)
    assert signs_of(lent(log))[APPROVER] == 0
    assert signs_of(lent(log, occurred=(T0 + 9 * DAY, 0)))[APPROVER] == 1
    assert signs_of(lent(log, occurred=(T0 + 9 * DAY - 1, 0)))[APPROVER] == 0
    log.clock.now_us = T0 + 9 * DAY
    assert signs_of(lent(log))[APPROVER] == 1


def test_people_given_with_their_signatures_are_taken_so():
    log = small_log()
    event = log.handle.prepare("transferred.lend", body={"purpose": "x", "depth": "read"}, subjects=["c/1"],
                               people=[("giver", "p/Z", 2), ("receiver", "p/L", 0)])  # fmt: skip
    assert signs_of(event) == {GIVER: 2, RECEIVER: 0}


@pytest.mark.parametrize(
    ("step", "role"),
    [("proposed", "proposer"), ("reviewed", "reviewer"), ("approved", "approver"), ("checked", "registrar"),
     ("rejected", "approver"), ("completed", "operator")],
)  # fmt: skip
def test_decisions_are_signed_by_whose_step_it_is(step, role):
    log = small_log()
    roles = ("proposer", "reviewer", "approver", "registrar", "operator")
    event = log.handle.prepare(
        "decided.route", body={"step": step}, people=dict.fromkeys(roles, "p/Z"), subjects=["d/1"]
    )
    assert signs_of(event) == {(each, "p/Z"): int(each == role) for each in roles}


def test_what_is_lacking():
    log = small_log()
    with log.handle.authority() as authority:
        for people, missing in (
            ({"supervisor": ["p/Z", "p/C"]}, {}),
            ({"supervisor": "p/Z"}, {"supervisor": 1}),
            ({"operator": "p/Z"}, {"supervisor": 2}),
            ([("supervisor", "p/Z", 1), ("supervisor", "p/C", 0)], {"supervisor": 1}),
            ([("supervisor", "p/Z", 2)], {"supervisor": 1}),
        ):
            event = log.handle.prepare("destroyed.carriers", body={"method": "pulp"}, people=people, subjects=["c/1"],
                                       signs={"supervisor": 1, "operator": 1} if isinstance(people, dict) else None)  # fmt: skip
            assert lacks(event, authority) == missing
        for people, missing in (
            ([("registrar", "p/Z", 1)], {}),
            ([("operator", "p/Z", 1)], {}),
            ([("witness", "p/Z", 1)], {"registrar": 1}),
        ):
            event = log.handle.prepare("reported.incident", body={"what": "lost"}, people=people, subjects=["c/1"])
            assert lacks(event, authority) == missing
        genesis = log.handle.reader.read(0).event.id
        event = log.handle.prepare("countersigned", body={}, people={"witness": "p/Z"}, refs=[genesis])
        assert lacks(event, authority) == {}
    adopt(
        log, {"sign.destroyed.carriers": ["supervisor*3"], "sign.destroyed.carriers.绝密": ["supervisor*4", "approver"]}
    )
    with log.handle.authority() as authority:
        event = destroyed(log, ["c/1"])
        assert lacks(event, authority) == {"supervisor": 1}
        assert lacks(event, authority, level="绝密") == {"supervisor": 2, "approver": 1}


def test_roles_of_every_kind():
    log = small_log()
    with log.handle.authority() as authority:
        for kind in KINDS.values():
            body = {"step": "approved"} if kind.by_step else {}
            wanted = roles_wanted(kind, body, authority, level=None, occurred_us=T0)
            if kind.by_step:
                assert wanted == {"approver": 1}
            elif kind.signs:
                assert wanted == dict(kind.signs)
            else:
                assert wanted, kind.name


def test_defaults_and_refusals():
    log = small_log()
    event = lent(log)
    assert event.event.expires_at_us - log.clock.now_us in (limits.EXPIRY_DEFAULT_US, limits.EXPIRY_DEFAULT_US)
    assert len(event.event.id) == 16
    assert event.event.id[6] >> 4 == 7
    assert lent(log, event_id=b"\1" * 16, expires_at_us=7).event.expires_at_us == 7
    with pytest.raises(UnknownKindError):
        log.handle.prepare("no.such", body={}, people={})
    with pytest.raises(FormatError):
        log.handle.prepare("transferred.lend", body={}, people={"giver": "p/Z"}, subjects=["c/1"])
    with log.store.snapshot() as snapshot:
        # Without an authority at hand it reads one.
        event = prepare(
            snapshot, "transferred.store", body={}, people={"registrar": "p/Z"}, now_us=T0, subjects=["c/ 1"]
        )
        assert event.event.subjects == ("c/1", "p/Z")
        same = prepare(snapshot, "transferred.store", body={}, people={"registrar": "p/Z"}, now_us=T0, subjects=["c/1"],
                       authority=ViewAuthority(snapshot), event_id=event.event.id)  # fmt: skip
        assert same == event


# --- lists -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "most"), [(1, 1), (1, 3), (3, 3), (4, 3), (7, 3), (128, 128), (129, 128), (300, 128)]
)
def test_parts_hold_every_carrier_once(count, most):
    carriers = [f"c/{n}" for n in range(count)]
    parts = parts_of(reversed(carriers), most=most)
    assert [c for chunk, _ in parts for c in chunk] == sorted(carriers, key=codec.sort_key)
    assert all(0 < len(chunk) <= most for chunk, _ in parts)
    whole = digest.list_digest(codec.encode(sorted(carriers, key=codec.sort_key)))
    assert [part for _, part in parts] == [
        {"number": number, "of": len(parts), "whole": whole} for number in range(1, len(parts) + 1)
    ]
    assert whole_of(carriers) == whole_of(f"c/ {c[2:]}" for c in [*carriers, *carriers]) == whole


def test_a_list_without_carriers_has_no_parts():
    with pytest.raises(LimitError):
        parts_of([])


def test_what_stands_on_a_list_now():
    log = small_log()
    enter(log, *(f"c/{n}" for n in range(1, 6)))

    def add(*carriers):
        body = {"purpose": "destroy", "items": [{"carrier": c} for c in carriers], "total": len(carriers)}
        return log.record("listed.added", {"registrar": "p/Z"}, body=body, subjects=["l/1"])

    def withdraw(*carriers):
        return log.record("listed.withdrawn", {"registrar": "p/Z"}, body={"reason": "x"}, subjects=["l/1", *carriers])

    def void(receipt):
        return log.record(
            "corrected.void", {"registrar": "p/Z", "approver": "p/L"}, body={"reason": "x"}, refs=[receipt.event_id]
        )

    def there():
        with log.store.snapshot() as snapshot:
            assert listed_carriers(snapshot, "l/ 1") == listed_carriers(snapshot, "l/1")
            return listed_carriers(snapshot, "l/1")

    assert there() == []
    add("c/1", "c/2")
    third = add("c/3")
    assert there() == ["c/1", "c/2", "c/3"]
    gone = withdraw("c/1")
    assert there() == ["c/2", "c/3"]
    # Other acts on the list say nothing about who is on it.
    log.record(
        "checked.inventory",
        {"operator": ["p/Z", "p/C"]},
        body={"occasion": "regular", "found": ["c/4"]},
        subjects=["l/1", "u/镇"],
    )
    assert there() == ["c/2", "c/3"]
    add("c/1")
    assert there() == ["c/1", "c/2", "c/3"]
    withdraw("c/1")
    # What was entered by mistake doesn't count, nor does such a mistake.
    void(gone)
    assert there() == ["c/2", "c/3"]
    first = void(third)
    assert there() == ["c/2"]
    void(first)
    assert there() == ["c/2", "c/3"]
    with log.store.snapshot() as snapshot:
        assert listed_carriers(snapshot, "l/2") == []
