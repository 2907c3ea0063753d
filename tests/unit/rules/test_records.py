"""REC: every link on record, consultations signed, facts recorded when they happen."""

from __future__ import annotations

from chainlog.event.compose import compose, new_event_id
from chainlog.log.handle import propose
from tests.offices import Office, receive
from tests.scenarios import local
from tests.signers import signer


def found(office, rule, **more):
    return [(f.subject, f.severity, f.state, f.evidence) for f in office.judge(rule, **more).findings]


def store(office, carriers, at="06-02 10:00", **more):
    return office.tell(at, "transferred.store", on=list(carriers), who={"registrar": "李敏"}, place="w/G1", **more)


def test_rec_1_entry_first():
    office = Office()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    store(office, ["c/1"])
    moved = store(office, ["c/2"])
    early = store(office, ["c/3"])
    born = receive(office, "06-03 09:00", ["c/3"], "d/3")
    assert found(office, "REC-1") == [("c/2", "high", "open", (moved,)), ("c/3", "high", "closed", (early, born))]
    assert "c/2 尚无入账记录" in office.judge("REC-1").findings[0].message_zh


def test_rec_1_documents_of_copies_are_named():
    office = Office()
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    # Drafting adds the document; a record made otherwise may lack it.
    named = office.tell("06-02 10:00", "returned.to_issuer", on=["c/1"], who={"giver": "李敏"}, to="u/省委")
    assert "d/1" in office.reader.read(named).event.subjects
    assert found(office, "REC-1") == []
    left_out = without_documents(office, "06-02 11:00", "returned.to_issuer", ["c/2"], {"to": "u/省委"})
    assert found(office, "REC-1") == [("c/2", "high", "open", (left_out,))]
    assert "未写明 c/2 所属的文件 d/1" in office.judge("REC-1").findings[0].message_zh


def without_documents(office, at, kind, carriers, body):
    """Append an act by the giver alone, composed without what drafting would add."""
    office.log.clock.now_us = local(at)
    event = compose(
        kind, body=body, people=[("giver", "p/李敏", 1)], subjects=carriers, occurred=(local(at), 0), expires_at_us=local(at) + 86_400_000_000,
        event_id=new_event_id(local(at)),
    )  # fmt: skip
    return office.handle.append(propose(event, {"p/李敏": signer("p/李敏")})).index


def test_rec_3_consultations_are_signed():
    office = Office()
    receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")

    def consult(n, how="consult", **more):
        who = {"reader": "冯", "registrar": "李敏"}
        return office.tell(
            "06-02 10:00",
            "accessed.read",
            on=[f"c/{n}"],
            id=f"r{n}",
            **{"who": who, "how": how, "place": "w/档案室", **more},
        )

    consult(1)
    unsigned = consult(2, unsigned=["冯"])
    nobody = consult(3, who={"registrar": "李敏"})
    consult(1, how="read", unsigned=["冯"])
    assert found(office, "REC-3") == [("c/2", "medium", "open", (unsigned,)), ("c/3", "medium", "open", (nobody,))]
    office.tell("06-03 10:00", "countersigned", on=["c/2"], who={"reader": "冯"}, refs=["r2"])
    assert found(office, "REC-3")[0][:3] == ("c/2", "medium", "closed")


def test_rec_4_recorded_when_it_happens():
    office = Office({"within.late": "24h", "within.late.serious": "7d"})
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 9)], "d/1")
    store(office, ["c/1"], at="06-02 10:00", recorded="06-03 10:00")
    late = store(office, ["c/2", "c/3"], at="06-02 10:00", recorded="06-03 10:02")
    store(office, ["c/4"], at="06-02 10:00", recorded="06-03 10:05", late_reason="停电")
    store(office, ["c/5"], at="06-02", recorded="06-03 23:00")
    serious = store(office, ["c/6"], at="06-02 10:00", recorded="06-10 00:01")
    explained = store(office, ["c/7"], at="06-02 10:00", recorded="06-10 00:05", late_reason="停电")
    future = store(office, ["c/8"], at="07-02 10:00", recorded="06-10 08:00")
    office.office("05-01 09:00", "declared.place", place="w/新", name="新", type="safe")
    assert sorted(found(office, "REC-4")) == [
        ("c/2", "medium", "open", (late,)), ("c/6", "high", "open", (serious,)), ("c/7", "high", "explained", (explained,)),
        ("c/8", "high", "open", (future,)),
    ]  # fmt: skip
    assert Office().found("REC-4") == []


def test_rec_4_out_of_order():
    office = Office({"within.late": "24h"})
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    store(office, ["c/1", "c/2"], at="06-02 10:00")
    behind = office.tell(
        "06-02 09:00",
        "transferred.circulate",
        on=["c/1", "c/2"],
        who={"giver": "李敏", "receiver": "陈"},
        mode="face_to_face",
    )
    assert found(office, "REC-4") == [("c/1", "medium", "open", (behind,))]
    assert "不再影响保管关系" in office.judge("REC-4").findings[0].message_zh
