"""PER: secrecy officers, certificates, training, undertakings, named keepers, roles kept apart."""

from __future__ import annotations

from tests.offices import Office, receive, register
from tests.scenarios import local


def found(office, rule, **more):
    return [(f.subject, f.severity, f.state, f.evidence) for f in office.judge(rule, **more).findings]


def credential(office, person, what, since, to=None, at="01-05 08:00"):
    more = {"valid_to": to} if to else {}
    return office.office(at, "appointed.credential", person=f"p/{person}", what=what, valid_from=since, **more)


def test_per_1_each_unit_has_an_officer():
    office = Office({"posts.secrecy_officer": ["registrar", "dept_officer"]})
    office.office("01-03 08:00", "declared.person", person="p/陈", name="陈", unit="u/党政办")
    office.office("01-03 08:00", "declared.person", person="p/孙", name="孙", unit="u/市保密局")
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    assert found(office, "PER-1") == []
    given = office.tell(
        "03-04 09:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
    )
    office.tell(
        "03-04 09:30", "transferred.circulate", on=["c/2"], who={"giver": "李敏", "receiver": "孙"}, mode="face_to_face"
    )
    assert found(office, "PER-1") == [("u/镇", "low", "open", (given,))]
    assert "u/党政办 未指定保密员，p/陈 处有载体1件" in office.judge("PER-1").findings[0].message_zh
    office.appoint("王宁", "dept_officer", over="u/党政办")
    assert found(office, "PER-1") == []
    none = Office({"posts.secrecy_officer": "dept_officer"})
    first = receive(none, "03-03 09:00", ["c/1"], "d/1")
    assert found(none, "PER-1") == [("u/镇", "low", "open", (first,))]


def test_per_2_certified():
    office = Office({"posts.certified": "registrar"})
    credential(office, "钱秘书", "certificate", "2025-01-01", "2025-05-31")
    first = receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    last = office.tell("04-03 09:00", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G1")
    office.tell("05-31 09:00", "transferred.store", on=["c/2"], who={"registrar": "钱秘书"}, place="w/G1")
    office.tell("06-01 09:00", "transferred.store", on=["c/2"], who={"registrar": "赵强"}, place="w/G1")
    assert found(office, "PER-2") == [("p/李敏", "medium", "open", (first, last))]
    assert "2次" in office.judge("PER-2").findings[0].message_zh
    expired = office.tell("06-01 09:00", "transferred.store", on=["c/2"], who={"registrar": "钱秘书"}, place="w/G1")
    assert found(office, "PER-2")[1] == ("p/钱秘书", "medium", "open", (expired,))
    credential(office, "李敏", "certificate", "2025-07-01", at="07-01 08:00")
    assert found(office, "PER-2")[0][2] == "closed"


def test_per_3_trained_before():
    office = Office({"posts.trained": ["registrar", "clerk"]})
    credential(office, "钱秘书", "training", "2025-03-03")
    credential(office, "赵强", "training", "2025-06-01")
    first = receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    office.tell("03-03 10:00", "transferred.store", on=["c/1"], who={"registrar": "钱秘书"}, place="w/G1")
    early = office.tell("05-31 10:00", "transferred.store", on=["c/1"], who={"registrar": "赵强"}, place="w/G1")
    assert found(office, "PER-3") == [
        ("p/李敏", "low", "open", (first,)), ("p/赵强", "low", "closed", (early,)),
    ]  # fmt: skip


def test_per_4_undertaking_and_cooling_off():
    office = Office({"posts.undertaking": "registrar", "within.cooling_off": "30d"})
    credential(office, "钱秘书", "undertaking", "2025-01-01")
    first = receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    office.tell("03-03 10:00", "transferred.store", on=["c/1"], who={"registrar": "钱秘书"}, place="w/G1")
    assert found(office, "PER-4") == [("p/李敏", "low", "open", (first,))]
    left = [
        office.office("08-01 18:00", "departed", person=f"p/{name}", reason="调离")
        for name in ("李敏", "钱秘书", "郑院长")
    ]
    credential(office, "钱秘书", "cooling_off", "2025-08-01", "2027-08-01", at="08-20 09:00")
    assert [(one, when) for _, one, when in office.due("PER-4", as_of="08-31")] == [
        (f"p/{name}", local("09-01") - 1) for name in ("李敏", "郑院长")
    ]
    assert len(found(office, "PER-4", as_of="08-31 23:00")) == 1
    assert sorted(found(office, "PER-4")) == [
        ("p/李敏", "low", "open", (first,)), ("p/李敏", "low", "open", (left[0],)), ("p/郑院长", "low", "open", (left[2],)),
    ]  # fmt: skip


def test_per_5_somebody_is_named():
    office = Office({"posts.keeper": "dept_officer"})
    for n in range(1, 4):
        receive(office, "03-03 09:00", [f"c/{n}"], f"d/{n}")
    office.office(
        "03-03 09:10", "appointed.post", person="p/冯", post="dept_officer", over="d/2", valid_from="2025-03-03"
    )
    entries = {n: register(office, "03-03 09:30", f"d/{n}", serial=n) for n in (1, 2)}
    assert found(office, "PER-5") == [("d/1", "medium", "open", (entries[1],))]
    for n in (1, 2):
        office.tell(
            "06-01 09:00", "listed.added", on=[f"c/{n}", f"l/{n}"], who={"registrar": "李敏"}, purpose="destroy", total=1,
            items=[{"carrier": f"c/{n}"}],
        )  # fmt: skip
    deed = office.tell(
        "06-02 09:00",
        "destroyed.carriers",
        on=["c/1", "l/1", "d/1"],
        who={"supervisor": ["李敏", "赵强"]},
        method="shred",
    )
    office.office(
        "06-02 10:00", "appointed.post", person="p/许", post="dept_officer", over="u/镇", valid_from="2025-06-03"
    )
    office.tell(
        "06-03 09:00",
        "destroyed.carriers",
        on=["c/2", "l/2", "d/2"],
        who={"supervisor": ["李敏", "赵强"]},
        method="shred",
    )
    register(office, "06-03 09:30", "d/3", serial=3)
    assert sorted(found(office, "PER-5")) == [
        ("d/1", "medium", "open", (entries[1],)), ("l/1", "medium", "open", (deed,)),
    ]  # fmt: skip
    assert "l/1 销毁时未指定专人" in office.judge("PER-5", subjects=["l/1"]).findings[0].message_zh


def test_per_6_asking_and_approving():
    office = Office({"distinct.permit": "proposer+approver"})
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 6)], "d/1")

    def permit(n, who, **more):
        return office.tell(
            "04-01 09:00",
            "decided.permit",
            on=[f"c/{n}"],
            id=f"p{n}",
            who=who,
            act="lend",
            **{"step": "approved", **more},
        )

    def lend(n, receiver):
        return office.tell(
            "04-02 09:00", "transferred.lend", on=[f"c/{n}"], who={"giver": "李敏", "receiver": receiver}, refs=[f"p{n}"],
            purpose="起草", depth="read",
        )  # fmt: skip

    permit(1, {"proposer": "许", "approver": "何副书记"})
    both = permit(2, {"proposer": "何副书记", "approver": "何副书记"})
    alone = permit(3, {"approver": "何副书记"})
    for n, receiver in ((1, "许"), (2, "许"), (3, "何副书记")):
        lend(n, receiver)
    asked = office.tell(
        "04-01 09:00", "decided.permit", on=["c/4"], id="a", who={"proposer": "周书记"}, step="proposed", act="take_out"
    )
    given = office.tell(
        "04-01 10:00",
        "decided.permit",
        on=["c/4"],
        who={"approver": "周书记"},
        refs=["a"],
        step="approved",
        act="take_out",
    )
    assert found(office, "PER-6") == [
        ("c/2", "high", "open", (both,)), ("c/3", "high", "open", (alone, both + 4)), ("c/4", "high", "open", (asked, given)),
    ]  # fmt: skip
    assert Office().found("PER-6") == []


def test_per_4_a_cooling_off_period_may_be_made_longer():
    office = Office({"within.cooling_off": "10wd"})
    for person in ("陈", "孙"):
        office.office("04-01 08:00", "departed", person=f"p/{person}", reason="retired")
    credential(office, "陈", "cooling_off", "2025-04-01", "2026-04-01", at="04-02 08:00")
    for person in ("陈", "孙"):
        credential(office, person, "cooling_off", "2025-04-01", "2027-04-01", at="06-02 08:00")
    assert [subject for subject, *_ in found(office, "PER-4")] == ["p/孙"]


def test_per_4_the_period_of_an_earlier_departure_is_none_of_this():
    office = Office({"within.cooling_off": "10wd"})
    credential(office, "陈", "cooling_off", "2025-01-01", "2025-03-01")
    office.office("04-01 08:00", "departed", person="p/陈", reason="retired")
    assert [subject for subject, *_ in found(office, "PER-4")] == ["p/陈"]


def test_per_5_open_papers_need_no_keeper():
    office = Office({"posts.keeper": "file_keeper"})
    for number, level in ((1, "无密"), (2, "秘密")):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}", level=level)
        register(office, "03-03 10:00", f"d/{number}", serial=number, level=level, term=None if number == 1 else "10年")
    assert [subject for subject, *_ in found(office, "PER-5")] == ["d/2"]


def test_per_6_each_of_two_who_approved_what_they_asked_for():
    office = Office({"distinct.permit": "proposer+approver"})
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    both = ["周书记", "何副书记"]
    decided = office.tell(
        "04-01 09:00",
        "decided.permit",
        on=["c/1"],
        who={"proposer": both, "approver": both},
        step="approved",
        act="lend",
    )
    findings = office.judge("PER-6").findings
    assert [one.evidence for one in findings] == [(decided,), (decided,)]
    assert {one.about for one in findings} == {"p/周书记", "p/何副书记"}
    assert len({one.id for one in findings}) == 2


def test_per_6_names_the_parameter_by_which_escorts_may_not_supervise():
    office = Office({"distinct.destruction": ["supervisor+operator", "escort+supervisor"]})
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    both = ["李敏", "赵强"]
    office.tell(
        "11-06 09:00", "transferred.send_to_destruction", on=["c/1", "l/1"], who={"escort": both}, to="u/市保密局"
    )
    office.tell("11-06 11:00", "destroyed.carriers", on=["c/1", "l/1"], who={"supervisor": both}, method="pulp")
    (finding,) = office.judge("PER-6").findings
    assert finding.parameters["distinct.destruction"] == "supervisor+operator escort+supervisor"
