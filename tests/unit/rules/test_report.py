from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chainlog.authority.state import ViewAuthority
from chainlog.event.catalogue import KINDS
from chainlog.projection import standard
from chainlog.rules.archive_headings import AuditFinding, Integrity
from chainlog.rules.asking import asked
from chainlog.rules.chapter_names import CHAPTER_NAMES
from chainlog.rules.finding import SEVERITIES
from chainlog.rules.report import Report, is_about_completeness, make_report
from chainlog.rules.report_json import report_json
from chainlog.rules.rule import QUESTIONS, RULES
from chainlog.rules.self_assessment import ITEMS
from tests.builders import small_log
from tests.json_schema import problems
from tests.offices import Office, receive, register
from tests.scenarios import Story, local
from tests.signers import signer

SCHEMA = json.loads((Path(__file__).parents[3] / "schemas/output/report.json").read_text(encoding="utf-8"))
INTACT = Integrity(verdict="intact", trust="pinned", size=1, root=bytes(32))
NOT_VERIFIED = Integrity(verdict="not_verified")


def report(story: Story, as_of: str = "12-31", *, integrity: Integrity = NOT_VERIFIED, **rest: Any) -> Report:
    with standard.facts(story.projections) as base:
        authority = ViewAuthority(base.log.raw)
        made = make_report(base, authority, integrity, log_id=bytes(32), as_of_us=local(as_of), **rest)
    assert list(problems(report_json(made), SCHEMA, files={})) == []
    return made


def answer(made: Report, item: str):
    return next(one for one in made.answers if one.item.id == item)


def heading(made: Report, name: str):
    return next(one for one in made.headings if one.id == name)


@pytest.fixture(scope="module")
def office() -> Office:
    """Two of three copies came, were registered late, and one is out with a reader; nothing else happened."""
    office = Office({"within.register": "0d", "keep.reader": "1mo"})
    receive(office, "03-03 09:10", ["c/1", "c/2"], "d/1")
    register(office, "03-05 09:10", "d/1", on=["c/1", "c/2"], copies=3)
    office.tell(
        "03-06 10:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
    )
    return office


# --- what the tables name -------------------------------------------------------------------------


def test_every_chapter_has_a_name_and_every_rule_stands_under_an_item():
    assert {rule.chapter for rule in RULES.values()} <= set(CHAPTER_NAMES)
    assert {one.id.partition("-")[0] for one in QUESTIONS.values()} <= set(CHAPTER_NAMES)
    assert {rule for item in ITEMS for rule in item.rule_ids()} == set(RULES)


def test_items_name_what_there_is():
    chapters = {rule.chapter for rule in RULES.values()}
    for item in ITEMS:
        assert all(name in RULES or name in chapters for name in item.rules), item.id
        assert item.rule_ids(), item.id
        for kind in item.kinds:
            assert kind in KINDS or any(name.startswith(kind) for name in KINDS if kind.endswith(".")), kind
    assert len({item.id for item in ITEMS}) == len(ITEMS)


def test_rules_of_an_item_stand_in_the_order_of_chapters_and_numbers():
    """As people count: 10 after 9, and an item of several chapters as these follow one another."""
    rules = {item.id: item.rule_ids() for item in ITEMS}
    assert rules["making"] == ["NUM-1", "NUM-2", *(f"MAK-{n}" for n in range(1, 11))]
    assert rules["storage"][-2:] == ["STO-6", "INV-3"]


def test_what_a_policy_says_of_a_rule():
    rule = next(rule for rule in RULES.values() if rule.needs)
    having = dict.fromkeys(rule.needs, ("1",))
    assert asked(rule, {}).missing == rule.needs
    assert not asked(rule, {}).is_asked
    assert asked(rule, having).is_asked
    assert not asked(rule, {**having, "rules.without": (rule.id,)}).is_asked
    assert asked(rule, {**having, f"severity.{rule.id}": ("info",)}).severity == "info"


# --- three verdicts -------------------------------------------------------------------------------


def test_the_verdicts_are_apart(office):
    made = report(office, "03-20")
    # A copy is missing: that is no matter of compliance. Registered late: that was made good.
    assert (made.completeness.verdict, made.compliance.verdict) == ("open", "clear")
    assert {one.code for one in made.completeness.findings} == {"NUM-5"}
    assert "RCV-1" in {one.code for one in made.compliance.findings}
    assert not made.is_clear
    later = report(office, "05-01")
    assert later.compliance.verdict == "open"
    assert "RET-1" in {one.code for one in later.overdue}
    assert later.overdue == tuple(sorted(later.overdue, key=lambda one: one.since_us))


def test_tallies_count_each_finding_once(office):
    for side in (report(office, "05-01").completeness, report(office, "05-01").compliance):
        assert sum(one.open + one.closed + one.explained for one in side.tallies) == len(side.findings)
        assert side.open == sum(finding.state == "open" for finding in side.findings)
        assert sum(len(one.findings) for one in side.incidents) == len(side.findings)
        assert [one.severity for one in side.tallies] == [
            name for name in SEVERITIES if name in {f.severity for f in side.findings}
        ]


def test_which_rules_speak_of_completeness():
    assert is_about_completeness("NUM-5")
    assert is_about_completeness("REC-1")
    assert is_about_completeness("INV-1")
    assert not is_about_completeness("NUM-1")
    assert not is_about_completeness("DES-3")


def test_a_broken_log_is_not_clear_however_lawful():
    story = Office({})
    assert report(story).is_clear
    assert report(story, integrity=INTACT).is_clear
    assert not report(story, integrity=Integrity(verdict="broken", trust="pinned", size=1)).is_clear


def test_a_log_of_one_record():
    log = small_log(persons=[])
    projections = standard.standard_projections(log.handle.reader)
    with standard.facts(projections) as base:
        made = make_report(base, ViewAuthority(base.log.raw), NOT_VERIFIED, log_id=bytes(32), as_of_us=2**52)
    assert made.size == made.log_size == made.figures.records == 1
    assert made.figures.acts == {"log_opened": 1}
    assert {one.result for one in made.answers} == {"not_judged"}
    assert list(problems(report_json(made), SCHEMA, files={})) == []


def test_before_the_log_was_opened_nothing_is_found(office):
    made = report(office, "2020-01-01")
    assert (made.size, made.figures.records, made.figures.acts) == (0, 0, {})
    assert made.log_size == office.reader.size
    assert made.is_clear


def test_only_what_was_recorded_by_then_counts(office):
    made = report(office, "03-04")
    assert (made.figures.carriers, made.figures.out) == (2, 0)
    assert "registered.document" not in made.figures.acts


# --- figures, self-assessment, headings -----------------------------------------------------------


def test_figures(office):
    figures = report(office, "03-20").figures
    assert (figures.carriers, figures.in_stock, figures.out, figures.ended, figures.missing) == (2, 1, 1, 0, 0)
    assert (figures.documents, figures.stated, figures.unbalanced) == (1, 1, 1)
    assert figures.acts_of(("created.",)) == figures.acts_of(("created.received",)) == 1
    assert figures.acts_of(("created.receive",)) == 0
    assert sum(figures.acts.values()) == figures.records == office.reader.size


def test_figures_of_a_past_moment_are_those_that_were_told_then():
    """Whatever was recorded since: other papers, the entry of what had moved before it, another state of the same."""
    office = Office()
    told = {}

    def report_of(day: str) -> None:
        told[day] = report(office, f"{day} 20:00").figures

    receive(office, "03-03 09:10", ["c/1"], "d/1")
    report_of("03-03")
    for carrier in ("c/1", "c/9"):
        office.tell(
            "03-04 09:00", "transferred.circulate", on=[carrier], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
        )  # fmt: skip
    report_of("03-04")
    office.tell(
        "03-05 09:00", "listed.added", on=["c/8", "l/1"], who={"registrar": "李敏"}, purpose="destroy", total=1,
        items=[{"carrier": "c/8", "reason": "no_longer_needed"}],
    )  # fmt: skip
    report_of("03-05")
    receive(office, "03-06 09:10", ["c/2", "c/9"], "d/2")
    report_of("03-06")
    assert [(one.carriers, one.unentered, one.documents) for one in told.values()] == [
        (1, 0, 1), (2, 1, 1), (2, 2, 1), (3, 1, 2),
    ]  # fmt: skip
    for day, figures in told.items():
        assert report(office, f"{day} 20:00").figures == figures, day


def test_who_supervises_with_whom_and_who_signs_at_once():
    made = Office()
    receive(made, "03-03 09:10", [f"c/{n}" for n in range(1, 5)], "d/1")
    none = report(made).figures
    assert (none.groups, none.usual, none.usual_times, none.at_once) == (0, (), 0, 1)
    pairs = [("李敏", "赵强"), ("赵强", "王宁"), ("赵强", "李敏"), ("王宁",)]
    for n, supervisors in enumerate(pairs, 1):
        people = [("supervisor", f"p/{name}", 1) for name in supervisors]
        event = made.handle.prepare("destroyed.carriers", body={"method": "shred"}, people=people, subjects=[f"c/{n}"])
        draft = made.handle.draft(event)
        for apart, (role, person, _) in enumerate(people):
            at_us = made.log.clock.now_us + apart * (999_999 if n == 1 else 1_000_000)
            draft = draft.sign(signer(person), role=role, person=person, signed_at_us=at_us)
        made.handle.append(draft)
    figures = report(made).figures
    assert (figures.groups, figures.usual, figures.usual_times) == (3, ("p/李敏", "p/赵强"), 2)
    assert figures.at_once == none.at_once + 1


def test_persons_of_one_name():
    made = Office()
    for person, name in (("陈", "陈明"), ("孙", "孙立"), ("吴", "陈明"), ("黄", "陈明")):
        made.office("01-03 08:00", "declared.person", person=f"p/{person}", name=name, unit="u/镇")
    made.office("01-04 08:00", "declared.person", person="p/黄", name="黄明", unit="u/镇")
    assert report(made).figures.namesakes == {"陈明": ("p/吴", "p/陈")}
    assert report(made, "01-03 09:00").figures.namesakes == {"陈明": ("p/吴", "p/陈", "p/黄")}


def test_names_that_look_alike_and_who_signs_most():
    made = Office()
    assert report(made).figures.look_alikes == ()
    made.office("01-03 08:00", "declared.person", person="p/李已", name="李已", unit="u/镇")
    made.office("01-04 08:00", "declared.person", person="p/李己", name="李己", unit="u/镇")
    receive(made, "03-03 09:10", ["c/10", "c/1O"], "d/1")
    figures = report(made).figures
    assert figures.look_alikes == (("c/10", "c/1O"), ("p/李己", "p/李已"))
    assert report(made, "01-03 09:00").figures.look_alikes == ()
    signed = [p for entry in made.handle.reader.read_range(0, 9_999) for _, p, signs in entry.event.people if signs]
    assert (-figures.busiest_times, figures.busiest) == min((-signed.count(person), person) for person in signed)


def test_void_acts_and_acts_that_fit_nowhere_are_counted():
    story = Office({})
    receive(story, "03-03 09:10", ["c/1", "c/2"], "d/1")
    for at, carrier, name in (
        ("03-05", "c/1", "b"),
        ("03-04", "c/1", "c"),
        ("03-06", "c/9", "d"),
        ("03-06", "c/2", "a"),
    ):
        story.tell(
            f"{at} 09:00", "transferred.circulate", on=[carrier], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face",
            id=name,
        )  # fmt: skip
    before = report(story).figures
    people = {"registrar": "李敏", "approver": "王宁"}
    story.tell("03-07 09:00", "corrected.void", on=["c/2"], refs=["a"], who=people, reason="错登")
    after = report(story).figures
    assert (before.disordered, before.unentered, before.voided) == (1, 1, 0)
    assert (after.disordered, after.unentered, after.voided) == (1, 1, 1)
    assert after.acts["transferred.circulate"] == before.acts["transferred.circulate"] - 1


def test_an_item_is_conform_only_where_there_was_something_to_judge(office):
    made = report(office, "03-20")
    registers, loans, leaks = (answer(made, name) for name in ("registers", "loans", "leaks"))
    assert (registers.result, registers.acts, registers.open, registers.closed) == ("conform", 2, 0, 1)
    assert (loans.result, loans.reason, loans.acts) == ("not_judged", "no_acts", 0)
    assert (leaks.result, leaks.reason) == ("not_judged", "not_asked")
    assert "NUM-3" in registers.not_asked
    assert "RCV-1" not in registers.not_asked


def test_an_item_with_an_open_finding_does_not_conform(office):
    made = report(office, "05-01")
    clearing = answer(made, "clearing")
    assert (clearing.result, clearing.open) == ("not_conform", 1)
    assert clearing.records == made.overdue[0].evidence[:5]
    assert answer(report(office, "03-20"), "clearing").result == "conform"


def test_an_item_whose_calendar_is_missing_is_not_judged():
    story = Office({"within.register": "1wd"}, calendar=False)
    receive(story, "2030-03-03 09:10", ["c/1"], "d/1")
    made = report(story, "2030-03-03 09:20")
    assert {(one.code, one.year) for one in made.unjudged} >= {("RCV-1", "2030")}
    assert (answer(made, "registers").result, answer(made, "registers").reason) == ("not_judged", "no_calendar")


def test_headings_without_an_audit_judge_what_needs_none(office):
    made = report(office, "03-20")
    assert heading(made, "security").verdict == "not_judged"
    assert heading(made, "completeness").verdict == "no"
    assert [check.verdict for check in heading(made, "authenticity").checks][:3] == ["not_judged"] * 3


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("altered", "authenticity"), ("bad-signature", "authenticity"), ("doubtful", "authenticity"), ("missing", "completeness"),
        ("false-map", "completeness"), ("page-corrupt", "usability"), ("foreign-data", "security"),
    ],
)  # fmt: skip
def test_a_finding_of_the_audit_speaks_against_one_quality(code: str, name: str):
    story = Office({})
    found = Integrity(verdict="broken", trust="pinned", size=9, findings=(AuditFinding(code, 3, "", ""),))
    made = report(story, integrity=found)
    assert [one.id for one in made.headings if one.verdict == "no"] == [name]
    assert "no" not in {one.verdict for one in report(story, integrity=INTACT).headings}


def test_remarks_speak_against_nothing():
    found = Integrity(verdict="intact", trust="pinned", size=9, findings=(AuditFinding("clock", 3, "", ""),))
    assert "no" not in {one.verdict for one in report(Office({}), integrity=found).headings}


# --- lists ----------------------------------------------------------------------------------------


def test_what_falls_due_is_cut_at_a_moment(office):
    end = local("04-07") - 1
    assert [one.due_us for one in report(office, "03-20").dues] == [end]
    assert report(office, "03-20", until_us=end - 1).dues == ()
    assert len(report(office, "03-20", until_us=end).dues) == 1


def test_json_lists_no_more_than_asked(office):
    made = report(office, "05-01")
    whole, cut = report_json(made), report_json(made, listed=0)
    assert len(whole["compliance"]["listed"]) == whole["compliance"]["findings"] > 0
    assert cut["compliance"]["listed"] == cut["overdue"]["listed"] == []
    assert cut["overdue"]["total"] == len(made.overdue)
    assert {one["id"] for one in whole["questions"]} == set(QUESTIONS)
