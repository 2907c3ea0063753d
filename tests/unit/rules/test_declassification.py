"""DCL: change of level, notices, expiry, extracts; with S10."""

from __future__ import annotations

from chainlog.rules.rule import RULES
from tests.offices import Office, receive, register
from tests.scenarios import local

UNITS = {f"u/{name}": "subordinate" for name in "甲乙丙丁戊"}
POLICY = {
    "within.notice": "10wd", "keep.review_before_expiry": "90d", "term.from": "issue_date", "term.end_day": "inclusive",
    "posts.reclassify.approved": "principal_leader", "distinct.reclassify": "proposer+reviewer+approver",
}  # fmt: skip
ROLES = {"proposed": "proposer", "reviewed": "reviewer", "approved": "approver"}


def made(**parameters):
    return Office({**POLICY, **parameters}, units=UNITS)


def own(
    office, document="d/本5", *, at="03-01 09:00", copies=7, level="机密", term="20年", issued="2020-06-15", prefix="E"
):
    carriers = [f"c/{prefix}{n}" for n in range(1, copies + 1)]
    office.tell(
        at, "created.produced", on=[*carriers, document], who={"operator": "赵强", "registrar": "李敏"}, level=level, place="w/文印室",
        items=[{"carrier": c, "form": "document", "document": document, "copy_no": str(n)} for n, c in enumerate(carriers, 1)],
    )  # fmt: skip
    register(
        office,
        at,
        document,
        serial=abs(hash(document)) % 90 + 1,
        issuer="u/镇",
        level=level,
        term=term,
        issue_date=issued,
        tier=None,
    )
    return carriers


def change(
    office, on="d/本5", *, at="03-10 09:00", change="lowered", level="秘密", term="5年", ground="harm_changed", **more
):
    """The approval alone, stating the two others."""
    who = {"proposer": "赵强", "reviewer": "何副书记", "approver": "周书记"}
    fields = {"step": "approved", "term": term, "ground": ground, "who": who, **more}
    return office.tell(
        at, "decided.reclassify", on=[on], change=change, level=level,
        **{name: value for name, value in fields.items() if value is not None},
    )  # fmt: skip


def notice(office, to, *, at="03-12 09:00", on=("d/本5",), channel="confidential_post", topic="level_change"):
    return office.tell(at, "notified.sent", on=list(on), who={"registrar": "李敏"}, topic=topic, to=to, channel=channel)


def sent(office, carrier, unit, document="d/本5", at="03-02 09:00"):
    return office.tell(
        at,
        "transferred.dispatch",
        on=[carrier, document],
        who={"giver": "李敏", "receiver": "甲村文书"},
        to=unit,
        channel="by_hand",
    )


def of(office, *rules, as_of="12-31 23:00"):
    return [(f.code, f.subject, f.evidence) for f in office.judge(*rules, as_of=as_of).findings]


def one(office, rule, as_of="12-31 23:00"):
    found = office.judge(rule, as_of=as_of).findings
    assert len(found) == 1, [(f.subject, f.message_zh) for f in found]
    return found[0]


def test_s10_level_lowered():
    office = made()
    carriers = own(office)
    for carrier, unit in zip(carriers, UNITS, strict=False):
        sent(office, carrier, unit)
    extract = office.tell(
        "03-02 10:00", "copied.made", on=[carriers[5], "c/摘1", "d/摘1"], who={"operator": "秦", "registrar": "李敏"}, method="excerpt",
        parents=[carriers[5]], level="机密", items=[{"carrier": "c/摘1", "form": "document", "document": "d/摘1"}],
        document={"title": "摘录", "issuer": "u/镇", "level": "机密", "term": "20年", "derived_from": ["d/本5"]},
    )  # fmt: skip
    for step, name, refs, when in (
        ("proposed", "赵强", [], "03-03 09:00"), ("reviewed", "何副书记", ["v1"], "03-06 09:00"),
        ("approved", "周书记", ["v2"], "03-10 09:00"),
    ):  # fmt: skip
        last = office.tell(
            when, "decided.reclassify", id=f"v{len(refs) + 1 if step != 'approved' else 3}", on=["d/本5"], who={ROLES[step]: name},
            refs=refs, step=step, change="lowered", level="秘密", term="5年", ground="harm_changed",
        )  # fmt: skip
    notice(office, ["u/甲", "u/乙", "u/丙", "u/丁"])
    office.tell(
        "03-13 09:00",
        "marked",
        on=[carriers[5]],
        who={"operator": "李敏"},
        refs=["v3"],
        text="秘密★5年",
        position="top_left",
    )
    chapters = ("HND", "PER", "DES", "DCL", "ARC", "LEK", "REC", "PUB", "MTG", "INT")
    mine = [rule for rule in RULES if rule.startswith(chapters)]
    found = office.judge(*mine, as_of="03-31").findings
    assert [(f.code, f.subject, f.severity, f.evidence) for f in found] == [
        ("DCL-2", "d/本5", "high", (last,)), ("DCL-7", "d/摘1", "high", (extract, last)), ("DCL-4", "d/本5", "low", (last,)),
    ]  # fmt: skip
    assert "u/戊" in found[0].message_zh
    assert "d/摘1 仍为机密" in found[1].message_zh
    assert "2025-06-15" in found[2].message_zh
    # Four days earlier everything but the extract is still in time.
    assert office.found(*mine, as_of="03-16 23:00") == [("DCL-7", "d/摘1")]


def test_dcl_1_steps_and_ground():
    office = made()
    for n in range(1, 9):
        own(office, f"d/{n}", copies=1, prefix=f"{n}-")
    change(office, "d/1")
    change(office, "d/2", who={"proposer": "赵强", "approver": "周书记"})
    change(office, "d/3", ground=None)
    change(office, "d/4", who={"proposer": "赵强", "reviewer": "何副书记", "approver": "何副书记"})
    change(office, "d/5", ground="expired")
    change(office, "d/6", unsigned=["周书记"])
    change(office, "d/7", by="u/省委", authority_doc="函1", who={"registrar": "李敏"}, ground=None)
    for step, name, when in (
        ("reviewed", "何副书记", "03-03"),
        ("proposed", "赵强", "03-05"),
        ("approved", "周书记", "03-06"),
    ):
        refs = {"reviewed": [], "proposed": ["o1"], "approved": ["o2"]}[step]
        office.tell(
            when, "decided.reclassify", id={"reviewed": "o1", "proposed": "o2"}.get(step, ""), on=["d/8"], who={ROLES[step]: name},
            refs=refs, step=step, change="lowered", level="秘密", ground="harm_changed",
        )  # fmt: skip
    found = {}
    for finding in office.judge("DCL-1").findings:
        found.setdefault(finding.subject, []).append(finding.message_zh)
    assert set(found) == {"d/2", "d/3", "d/4", "d/5", "d/6", "d/8"}
    words = {
        "d/2": "缺少“负责人审核同意”",
        "d/3": "未载明理由",
        "d/5": "不是降低密级的理由",
        "d/6": "批准人未签名",
        "d/8": "次序颠倒",
    }
    for subject, word in words.items():
        assert len(found[subject]) == 1
        assert word in found[subject][0]
    assert {zh.partition("：")[2] for zh in found["d/4"]} == {
        "p/何副书记 一人兼任两步", "p/何副书记 不具相应职务（principal_leader）",
    }  # fmt: skip


def test_dcl_2_each_unit_is_told_in_writing():
    office = made()
    carriers = own(office)
    for carrier, unit in zip(carriers, UNITS, strict=False):
        sent(office, carrier, unit)
    last = change(office)
    notice(office, ["u/甲"])
    notice(office, ["u/乙"], channel="phone")
    notice(office, ["u/丙"], topic="other")
    office.tell(
        "03-20 09:00",
        "returned.to_keeper",
        on=[carriers[3], "d/本5"],
        who={"giver": "甲村文书", "receiver": "李敏"},
        reason="recall",
    )
    late = notice(office, ["u/戊"], at="03-26 09:00")
    due = [(unit, when) for _, _, when in office.due("DCL-2", as_of="03-22") for unit in [""]]
    assert due == [("", local("03-25") - 1)] * 3
    assert of(office, "DCL-2", as_of="03-24 23:00") == []
    found = {f.message_zh.split()[1].partition("（")[0]: (f.state, f.evidence) for f in office.judge("DCL-2").findings}
    assert found == {"u/乙": ("open", (last,)), "u/丙": ("open", (last,)), "u/戊": ("closed", (last, late))}


def test_dcl_3_only_the_classifier():
    office = made()
    for n in range(1, 6):
        receive(office, "03-03 09:00", [f"c/{n}"], f"d/{n}", level="机密")
        more = {"issue_date": "2010-01-01", "term": "10年"} if n == 4 else {}
        register(
            office, "03-03 09:30", f"d/{n}", serial=n, level="机密", **{"issuer": "u/省委", "tier": "province", **more}
        )
    own(office, "d/本")
    bad = change(office, "d/1")
    change(office, "d/2", by="u/省委", who={"registrar": "李敏"})
    change(office, "d/3", authority_doc="省委办函〔2025〕3号")
    change(office, "d/4", change="declassified", level="无密", ground="expired", term=None)
    early = change(office, "d/5", change="declassified", level="无密", ground="expired", term=None)
    change(office, "d/本")
    other = change(office, "d/本", at="03-12 09:00", by="u/甲村", who={"registrar": "李敏"})
    assert sorted(of(office, "DCL-3")) == [
        ("DCL-3", "d/1", (bad,)), ("DCL-3", "d/5", (early,)), ("DCL-3", "d/本", (other,)),
    ]  # fmt: skip
    assert {f.severity for f in office.judge("DCL-3").findings} == {"critical"}


def test_dcl_3_asks_who_classified_and_not_who_issues():
    """A village issues what the province classified: the township above the village changes no level of the province's."""
    office = made()
    for n, classifier in ((1, "u/省委"), (2, None)):
        receive(office, "03-03 09:00", [f"c/{n}"], f"d/{n}", level="机密")
        register(
            office, "03-03 09:30", f"d/{n}", serial=n, level="机密", issuer="u/甲", tier="county", classifier=classifier
        )
    changes = [change(office, f"d/{n}") for n in (1, 2)]
    assert of(office, "DCL-3") == [("DCL-3", "d/1", (changes[0],))]
    assert "u/省委 定密" in one(office, "DCL-3").message_zh


def test_dcl_3_or_a_unit_above_it():
    office = made()
    office.declare_units({"u/丙办": "subordinate"}, parent="u/丙县")
    office.declare_units({"u/丙县": "subordinate", "u/国办": "superior"})
    office.declare_units({"u/省厅": "superior"}, parent="u/省委")
    deeds = {}
    for n, (issuer, by) in enumerate(
        (
            ("u/丙办", "u/丙县"),
            ("u/丙县", "u/丙办"),
            ("u/镇", "u/省委"),
            ("u/省委", "u/国办"),
            ("u/省委", "u/省厅"),
            ("u/丙县", "u/镇"),
        ),
        1,
    ):
        receive(office, "03-03 09:00", [f"c/{n}"], f"d/{n}", level="机密")
        register(office, "03-03 09:30", f"d/{n}", serial=n, level="机密", issuer=issuer, tier="county")
        deeds[n] = change(office, f"d/{n}", by=by, who={"registrar": "李敏"})
    assert [(f.subject, f.evidence) for f in office.judge("DCL-3").findings] == [
        (f"d/{n}", (deeds[n],)) for n in (2, 5)
    ]  # fmt: skip
    assert "u/丙办 变更了由 u/丙县 定密的文件" in office.judge("DCL-3").findings[0].message_zh


def test_dcl_4_expiry():
    office = made()
    own(office, "d/1", copies=2, level="秘密", term="5年", prefix="1-")
    own(office, "d/2", copies=1, level="秘密", term="长期", prefix="2-")
    own(office, "d/3", copies=1, level="内部", term="5年", prefix="3-")
    assert of(office, "DCL-4", as_of="03-16 23:00") == []
    review = one(office, "DCL-4", as_of="03-17 23:00")
    assert (review.subject, review.severity) == ("d/1", "low")
    office.tell("04-01 09:00", "checked.inspection", on=["u/镇"], who={"operator": "李敏"}, topic="full")
    assert one(office, "DCL-4", as_of="06-15 23:00").id == review.id
    after = one(office, "DCL-4", as_of="06-16 00:01")
    assert (after.subject, after.severity, "尚有2件" in after.message_zh) == ("d/1", "info", True)
    office.tell("06-20 09:00", "checked.inspection", on=["d/1"], who={"operator": "李敏"}, topic="secrecy_term")
    office.tell(
        "07-01 09:00",
        "returned.to_issuer",
        on=["c/1-1", "c/1-2", "d/1"],
        who={"giver": "李敏", "receiver": "省机要员"},
        to="u/省委",
    )
    assert of(office, "DCL-4") == []
    reviewed = made(**{"term.end_day": "exclusive"})
    own(reviewed, "d/1", copies=1, level="秘密", term="5年")
    assert one(reviewed, "DCL-4", as_of="06-14 23:00").severity == "low"
    assert one(reviewed, "DCL-4", as_of="06-15 01:00").severity == "info"
    reviewed.tell("04-01 09:00", "checked.inspection", on=["d/1"], who={"operator": "李敏"}, topic="secrecy_term")
    assert of(reviewed, "DCL-4", as_of="04-02") == []


def test_dcl_5_media_are_erased():
    office = made()
    for n in range(1, 6):
        office.tell(
            "03-03 10:00", "created.equipment", on=[f"c/U{n}"], who={"registrar": "李敏", "receiver": "吴"}, form="usb_stick",
            number=f"U{n}", register="介质", serial=n, unit="u/镇", level="机密",
        )  # fmt: skip
    store = {"who": {"operator": "吴", "approver": "何副书记"}, "what": "数据", "level": "机密"}
    kept = office.tell("03-04 09:00", "copied.stored", on=["c/U1"], **store)
    office.tell("03-04 09:00", "copied.stored", on=["c/U2"], **store)
    # What is on it was lowered itself; or nothing is on record as ever stored on it.
    own(office)
    office.tell("03-04 09:00", "copied.stored", on=["c/U4", "d/本5"], documents=["d/本5"], **store)
    change(office, at="03-05 09:00")
    change(office, "c/U4")
    change(office, "c/U5")
    first = change(office, "c/U1")
    office.tell("03-09 09:00", "destroyed.contents", on=["c/U2"], who={"operator": "吴"}, method="overwrite")
    change(office, "c/U2")
    office.tell("03-08 09:00", "destroyed.contents", on=["c/U3"], who={"operator": "吴"}, method="overwrite")
    stored = office.tell(
        "03-09 10:00",
        "copied.stored",
        on=["c/U3"],
        who={"operator": "吴", "approver": "何副书记"},
        what="数据",
        level="机密",
    )
    third = change(office, "c/U3")
    assert of(office, "DCL-5") == [("DCL-5", "c/U1", (kept, first)), ("DCL-5", "c/U3", (stored, third))]


def test_dcl_6_review_before_opening():
    office = made(**{"posts.permit.open": "principal_leader"})
    for n in range(1, 4):
        own(office, f"d/{n}", copies=1, prefix=f"{n}-")

    def permit(n, who):
        return office.tell(
            "04-01 09:00", "decided.permit", on=[f"d/{n}"], who={"approver": who}, step="approved", act="open"
        )

    permit(2, "周书记")
    third = permit(3, "何副书记")
    opened = {
        n: office.tell(
            "05-01 09:00", "notified.published", on=[f"d/{n}"], who={"operator": "赵强"}, how="archive_opened"
        )
        for n in range(1, 4)
    }
    assert of(office, "DCL-6") == [("DCL-6", "d/1", (opened[1],)), ("DCL-6", "d/3", (third, opened[3]))]


def test_dcl_7_reaches_copies_and_extracts():
    office = made()
    own(office, "d/1", copies=1, prefix="1-")
    own(office, "d/2", copies=1, prefix="2-")

    def extract(n, sources, level="机密"):
        return office.tell(
            "03-02 10:00", "copied.made", on=["c/1-1", f"c/摘{n}", f"d/摘{n}"], who={"operator": "秦", "registrar": "李敏"},
            method="excerpt", parents=["c/1-1"], level=level, items=[{"carrier": f"c/摘{n}", "form": "document", "document": f"d/摘{n}"}],
            document={"title": "摘录", "issuer": "u/镇", "level": level, "derived_from": sources},
        )  # fmt: skip

    first = extract(1, ["d/1"])
    extract(2, ["d/1", "d/2"])
    extract(3, ["d/1"], level="绝密")
    loose = office.tell(
        "03-02 11:00", "copied.made", on=["c/1-1", "c/散"], who={"operator": "秦", "registrar": "李敏"}, method="copy",
        parents=["c/1-1"], level="机密", items=[{"carrier": "c/散", "form": "document"}],
    )  # fmt: skip
    assert of(office, "DCL-7") == []
    down = change(office, "d/1")
    assert sorted(of(office, "DCL-7")) == [("DCL-7", "c/散", (loose, down)), ("DCL-7", "d/摘1", (first, down))]
    change(office, "d/摘1", at="03-11 09:00")
    assert of(office, "DCL-7") == [("DCL-7", "c/散", (loose, down))]


def test_what_opened_at_the_end_of_its_term_needs_no_decision_and_no_notice():
    found = {}
    for issued in ("2005-01-01", "2015-01-01"):
        office = made(**{"within.remark": "10wd"})
        carriers = own(office, issued=issued, copies=2)
        sent(office, carriers[0], "u/甲")
        change(office, change="declassified", level="无密", ground="expired", who={"approver": "王宁"})
        found[issued] = {code for code, _ in office.found("DCL-1", "DCL-2", "DCL-3", "MRK-4")}
    assert found == {"2005-01-01": set(), "2015-01-01": {"DCL-1", "DCL-2", "MRK-4"}}


def test_an_agreement_of_its_own_is_asked_where_the_policy_names_it():
    who = {"proposer": "赵强", "approver": "周书记"}
    for policy, count in (({}, 0), ({"posts.reclassify.reviewed": "responsible_leader"}, 1)):
        office = Office({"within.notice": "10wd", **policy}, units=UNITS)
        own(office)
        change(office, who=who)
        assert len(of(office, "DCL-1")) == count


def test_of_changes_within_the_term_the_last_is_told():
    office = made()
    carriers = own(office)
    sent(office, carriers[0], "u/甲")
    change(office, at="03-10 09:00")
    change(office, at="03-12 09:00", term="3年")
    notice(office, ["u/甲"], at="03-25 09:00")
    assert of(office, "DCL-2") == []


def test_dcl_3_of_several_documents_and_of_nothing_that_took_effect():
    office = made()
    own(office, "d/1己")
    for number in (2, 3):
        receive(office, "03-02 09:00", [f"c/来{number}"], f"d/{number}来")
        register(office, "03-02 09:10", f"d/{number}来", serial=200 + number)
    fields = {
        "who": {"approver": "周书记", "registrar": "李敏"},
        "step": "approved",
        "change": "lowered",
        "level": "内部",
    }
    office.tell("03-09 09:00", "decided.reclassify", on=["d/3来"], unsigned=["周书记"], **fields)
    assert of(office, "DCL-3") == []
    both = office.tell("03-10 09:00", "decided.reclassify", on=["d/1己", "d/2来", "d/3来"], **fields)
    assert of(office, "DCL-3") == [("DCL-3", "d/2来", (both,))]


def test_dcl_4_papers_from_elsewhere_are_reviewed_there():
    office = made()
    receive(office, "03-02 09:00", ["c/来"], "d/来")
    register(office, "03-02 09:10", "d/来", term="5年", issue_date="2020-06-15")
    assert of(office, "DCL-4", as_of="06-14 23:00") == []
    assert one(office, "DCL-4", as_of="06-16 23:00").severity == "info"
