"""LEK: leaks, losses and what is missing are reported and investigated in time."""

from __future__ import annotations

from tests.offices import Office, receive
from tests.scenarios import local

POLICY = {"within.leak": "24h", "within.investigation": "10d", "leak.clock": "discovered"}


def made(**parameters):
    return Office({**POLICY, **parameters})


def incident(office, name, what="leak", *, at="06-02 10:00", carriers=(), **more):
    return office.tell(at, "reported.incident", on=[*carriers, name], who={"registrar": "李敏"}, what=what, **more)


def upward(office, *names, at="06-03 09:00", to=("u/市保密局",), **more):
    return office.tell(at, "reported.upward", on=list(names), who={"operator": "王宁"}, to=list(to), **more)


def handled(office, name, step, at="06-05 09:00"):
    return office.tell(at, "reported.handled", on=[name], who={"approver": "周书记"}, step=step)


def found(office, rule, **more):
    return {f.subject: (f.state, f.evidence) for f in office.judge(rule, **more).findings}


def test_lek_1_within_24_hours_of_discovery():
    office = made()
    first = incident(office, "i/1")
    incident(office, "i/2", discovered_at="06-02 09:30")
    third = incident(office, "i/3", at="06-02 12:00", discovered_at="06-02 08:00")
    fourth = incident(office, "i/4")
    incident(office, "i/5", to=["u/省委"])
    sixth = incident(office, "i/6", happened_at="06-01 08:00")
    upward(office, "i/2")
    late = upward(office, "i/3", at="06-03 08:01")
    upward(office, "i/4", to=["u/党政办"])
    upward(office, "i/6", at="06-03 09:59")
    assert found(office, "LEK-1", as_of="06-03 08:00") == {}
    # The minute in which it was discovered is the last from which the hours can run.
    minute = 59_999_999
    assert office.due("LEK-1", as_of="06-03 09:45") == [
        ("LEK-1", f"i/{n}", local("06-03 10:00") + minute) for n in (1, 4, 6)
    ]  # fmt: skip
    assert found(office, "LEK-1") == {
        "i/1": ("open", (first,)), "i/3": ("closed", (third, late)), "i/4": ("open", (fourth,)),
    }  # fmt: skip
    assert {f.severity for f in office.judge("LEK-1").findings} == {"critical"}
    assert sixth not in {f.origin for f in office.judge("LEK-1").findings}


def test_lek_1_remedy_where_the_policy_asks_for_it():
    office = made(**{"within.remedy": "2h"})
    first = incident(office, "i/1", at="06-02 10:00", to=["u/市保密局"])
    incident(office, "i/2", at="06-02 10:00", to=["u/市保密局"])
    handled(office, "i/2", "remedied", at="06-02 11:00")
    assert found(office, "LEK-1") == {"i/1": ("open", (first,))}
    assert "补救" in office.judge("LEK-1").findings[0].message_zh


def test_lek_2_one_report_each_and_the_other_clock():
    office = made(**{"leak.clock": "happened"})
    first = incident(office, "i/1", happened_at="06-01 08:00")
    incident(office, "i/2", happened_at="06-01 10:00")
    incident(office, "i/3")
    both = upward(office, "i/1", "i/2", at="06-02 10:05")
    upward(office, "i/3", at="06-03 09:30")
    by = {(f.subject, f.state, f.evidence) for f in office.judge("LEK-2").findings}
    assert by == {
        ("i/1", "open", (both,)), ("i/1", "closed", (first, both)), ("i/2", "closed", (first + 1, both)),
    }  # fmt: skip
    assert found(office, "LEK-1") == {}
    assert office.found("LEK-2", as_of="06-02 10:04") == [("LEK-2", "i/1"), ("LEK-2", "i/2")]
    assert Office({"within.leak": "24h"}).found("LEK-2") == []
    one = made()
    incident(one, "i/1", happened_at="05-01 08:00", to=["u/市保密局"])
    assert one.found("LEK-2") == []


def test_lek_1_a_leak_that_nobody_reports_is_found_by_whichever_clock():
    """Whoever counts from when it happened, and has switched LEK-2 off, has to report a leak all the same."""
    office = made(**{"leak.clock": "happened", "rules.without": ["LEK-2"]})
    first = incident(office, "i/1", happened_at="06-01 08:00")
    incident(office, "i/2", happened_at="06-01 08:00")
    upward(office, "i/2", at="06-02 12:00")
    assert found(office, "LEK-1") == {"i/1": ("open", (first,))}


def test_lek_3_investigation():
    office = made()
    first = incident(office, "i/1")
    incident(office, "i/2", "breach")
    incident(office, "i/3", "fault")
    handled(office, "i/2", "investigation_opened", at="06-12 17:00")
    assert office.due("LEK-3", as_of="06-11") == [
        ("LEK-3", "i/1", local("06-13") - 1),
        ("LEK-3", "i/2", local("06-13") - 1),
    ]
    assert office.found("LEK-3", as_of="06-12 23:00") == []
    assert found(office, "LEK-3", as_of="06-13 00:01") == {"i/1": ("open", (first,))}
    receive(office, "07-01 09:00", ["c/1", "c/2"], "d/1")
    for n in (1, 2):
        incident(office, f"i/1{n}", "missing", at="07-02 09:00", carriers=[f"c/{n}", "d/1"])
    handled(office, "i/11", "investigation_opened", at="07-03 09:00")
    handled(office, "i/11", "investigation_closed", at="07-20 09:00")
    incident(office, "i/11", "lost", at="07-21 09:00", carriers=["c/1", "d/1"])
    lost = office.tell(
        "07-21 09:00", "reported.incident", on=["c/2", "d/1", "i/12"], who={"registrar": "李敏"}, what="lost"
    )
    subjects = {f.subject: f.evidence for f in office.judge("LEK-3", as_of="07-22").findings}
    assert subjects == {"i/1": (first,), "i/12": (lost,)}


def test_lek_4_missing_is_a_possible_leak():
    office = made()
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 6)], "d/1")
    missing = {
        n: incident(office, f"i/{n}", "missing", carriers=[f"c/{n}", "d/1"], discovered_at="06-02 10:00")
        for n in range(1, 5)
    }
    office.tell("06-03 09:00", "reported.incident", on=["c/1", "d/1", "i/1"], who={"registrar": "李敏"}, what="found")
    upward(office, "i/2")
    late = office.tell(
        "06-04 09:00", "reported.incident", on=["c/3", "d/1", "i/3"], who={"registrar": "李敏"}, what="found"
    )
    assert office.found("LEK-4", as_of="06-03 09:59") == []
    assert [due[1] for due in office.due("LEK-4", as_of="06-03 09:45")] == ["i/3", "i/4"]
    assert found(office, "LEK-4") == {"i/3": ("closed", (missing[3], late)), "i/4": ("open", (missing[4],))}
    bare = office.tell("06-10 09:00", "reported.incident", on=["c/5", "d/1"], who={"registrar": "李敏"}, what="missing")
    assert found(office, "LEK-4")["c/5"] == ("open", (bare,))
    assert "c/5 查无" in next(f for f in office.judge("LEK-4").findings if f.subject == "c/5").message_zh


def test_lek_1_told_again_under_a_name():
    """Who discovers it notes the carrier; what is done about it stands under the incident opened then."""
    office = made(**{"within.remedy": "24h"})
    receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
    bare = {
        n: office.tell("06-02 10:00", "reported.incident", on=[f"c/{n}"], who={"registrar": "李敏"}, what="leak")
        for n in (1, 2, 3)
    }
    incident(office, "i/1", at="06-02 11:00", carriers=["c/1"])
    upward(office, "i/1", at="06-02 12:00")
    handled(office, "i/1", "remedied", at="06-02 12:00")
    handled(office, "i/1", "investigation_opened", at="06-04 12:00")
    again = {"what": "leak", "who": {"registrar": "李敏"}}
    office.tell("06-02 12:00", "reported.incident", on=["c/2"], to=["u/市保密局"], **again)
    office.tell("06-02 12:00", "reported.incident", on=["c/3"], to=["u/党政办"], **again)
    findings = [f for f in office.judge("LEK-1").findings if not f.about]
    assert {f.subject for f in findings} == {"c/3"}
    assert bare[3] in {f.origin for f in findings}
    assert {f.subject for f in office.judge("LEK-1").findings if f.about == "remedy"} == {"c/2", "c/3"}
    assert "c/1" not in {f.subject for f in office.judge("LEK-3").findings}


def test_lek_4_what_is_no_state_secret():
    office = made()
    for number, level in enumerate(("无密", "内部", "未标", "秘密")):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}", level=level)
        office.tell("06-02 10:00", "reported.incident", on=[f"c/{number}"], who={"registrar": "李敏"}, what="missing")
    assert office.found("LEK-4") == [("LEK-4", "c/2"), ("LEK-4", "c/3")]


def test_lek_1_told_to_somebody_of_no_declared_unit():
    """A stranger to the books may be of the authority; who holds a post here is not."""
    office = made()
    for number, person in enumerate(("p/省机要员", "p/王宁"), 1):
        incident(office, f"i/{number}")
        upward(office, f"i/{number}", to=[person])
    assert office.found("LEK-1") == [("LEK-1", "i/2")]
