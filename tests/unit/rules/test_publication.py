"""PUB: what is put online is reviewed, registered, and never classified."""

from __future__ import annotations

from tests.offices import Office, receive, register

POLICY = {
    "posts.permit.publish": "principal_leader", "posts.publish.reviewed": "office_head", "posts.publish.internal": "principal_leader",
}  # fmt: skip
ALL = {"proposer": "赵强", "reviewer": "王宁", "approver": "周书记"}


def made(levels=("无密",) * 6):
    office = Office(POLICY)
    for n, level in enumerate(levels, 1):
        receive(office, "03-03 09:00", [f"c/{n}"], f"d/{n}", level=level)
    return office


def permit(office, n, who, at="06-01 09:00"):
    return office.tell(at, "decided.permit", on=[f"d/{n}"], who=who, step="approved", act="publish")


def publish(office, n, at="06-02 09:00", who=None, how="website"):
    return office.tell(
        at,
        "notified.published",
        on=[f"d/{n}"],
        who=who or {"operator": "赵强"},
        how=how,
        **({} if at else {"recorded": "06-02"}),
    )


def found(office, rule):
    return [(f.subject, f.severity, f.evidence) for f in office.judge(rule).findings]


def test_pub_1_reviewed_then_approved():
    office = made()
    permit(office, 1, ALL)
    unreviewed = permit(office, 3, {"proposer": "赵强", "approver": "周书记"})
    deputy = permit(office, 4, {**ALL, "approver": "何副书记"})
    clerk = permit(office, 5, {**ALL, "reviewer": "赵强"})
    acts = {n: publish(office, n) for n in range(1, 6)}
    publish(office, 6, how="archive_opened")
    assert found(office, "PUB-1") == [
        ("d/2", "medium", (acts[2],)), ("d/3", "medium", (unreviewed, acts[3])), ("d/4", "medium", (deputy, acts[4])),
        ("d/5", "medium", (clerk, acts[5])),
    ]  # fmt: skip
    words = ["事前未经审批", "未经保密审查（初审）", "p/何副书记 不具相应职务", "审核人 p/赵强 不具相应职务"]
    assert all(word in f.message_zh for word, f in zip(words, office.judge("PUB-1").findings, strict=True))


def step(office, n, name, at, who):
    """A step of the decision to publish, each referring to the proposal."""
    refs = {} if name == "proposed" else {"refs": [f"p{n}"]}
    more = {"id": f"p{n}"} if name == "proposed" else {}
    return office.tell(at, "decided.permit", on=[f"d/{n}"], who=who, step=name, act="publish", **refs, **more)


def test_pub_1_a_first_review_comes_first():
    office = made()
    proposed = {n: step(office, n, "proposed", "05-30 09:00", {"proposer": "赵强"}) for n in (1, 2, 3)}
    step(office, 1, "reviewed", "05-31 09:00", {"reviewer": "王宁"})
    approved = {n: step(office, n, "approved", "06-01 09:00", {"approver": "周书记"}) for n in (1, 2, 3)}
    reversed_ = step(office, 2, "reviewed", "06-01 10:00", {"reviewer": "王宁"})
    acts = {n: publish(office, n) for n in (1, 2, 3)}
    step(office, 3, "reviewed", "06-03 09:00", {"reviewer": "王宁"})
    assert found(office, "PUB-1") == [
        ("d/2", "medium", (proposed[2], approved[2], reversed_, acts[2])), ("d/3", "medium", (proposed[3], approved[3], acts[3])),
    ]  # fmt: skip
    assert [f.message_zh for f in office.judge("PUB-1").findings] == [
        "终审在先，初审在后", "信息发布前未经保密审查（初审）",
    ]  # fmt: skip


def test_pub_2_four_things_are_registered():
    office = made()
    permit(office, 1, ALL)
    permit(office, 2, {"approver": "周书记"})
    publish(office, 1)
    bare = publish(office, 2)
    publish(office, 3, who={"operator": "赵强", "proposer": "陈", "reviewer": "王宁"})
    undated = publish(office, 1, at=None)
    assert found(office, "PUB-2") == [("d/1", "low", (undated,)), ("d/2", "low", (bare,))]
    assert "采集人、保密审查人" in office.judge("PUB-2").findings[1].message_zh
    assert "上网时间" in office.judge("PUB-2").findings[0].message_zh


def test_pub_3_never_classified():
    office = made(["秘密", "无密", "内部", "内部", "内部", "机密"])
    permit(office, 1, ALL)
    permit(office, 3, ALL)
    deputy = permit(office, 5, {**ALL, "approver": "何副书记"})
    acts = {n: publish(office, n) for n in range(1, 6)}
    opened = publish(office, 6, how="archive_opened")
    assert found(office, "PUB-3") == [
        ("d/1", "critical", (acts[1],)), ("d/6", "critical", (opened,)), ("d/4", "high", (acts[4],)), ("d/5", "high", (deputy, acts[5])),
    ]  # fmt: skip
    assert "仍属秘密" in office.judge("PUB-3").findings[0].message_zh


def test_the_press_is_not_online_and_what_expired_is_open():
    office = Office()
    for number, issued in enumerate(("2010-01-01", "2020-01-01"), 1):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}")
        register(office, "03-03 09:10", f"d/{number}", serial=number, issue_date=issued)
        office.tell("03-05 09:00", "notified.published", on=[f"d/{number}"], who={"operator": "赵强"}, how="press")
    assert office.found("PUB-2") == []
    assert office.found("PUB-3") == [("PUB-3", "d/2")]
