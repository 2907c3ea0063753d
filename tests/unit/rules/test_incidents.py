from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainlog.rules.finding import Finding
from chainlog.rules.incidents import incidents
from tests import told
from tests.offices import Office


def finding(code: str, *evidence: int, severity: str = "medium", state: str = "open", subject: str = "c/1") -> Finding:
    return Finding(
        code=code, severity=severity, subject=subject, evidence=evidence, origin=evidence[0], since_us=0, article="",
        parameters={}, as_of_us=0, state=state, message_zh="", message_en="",
    )  # fmt: skip


def codes(groups) -> list[list[str]]:
    return [[one.code for one in group.findings] for group in groups]


def test_findings_on_a_common_record_are_one_matter_through_others_too():
    found = [finding("DES-1", 3), finding("DES-2", 7, 9), finding("DES-3", 3, 7), finding("TRN-1", 8)]
    first, second = incidents(found)
    assert [one.code for one in first.findings] == ["DES-1", "DES-2", "DES-3"]
    assert first.evidence == (3, 7, 9)
    assert second.evidence == (8,)


def test_the_record_that_opened_the_log_joins_nothing():
    assert len(incidents([finding("INV-2", 0), finding("RET-3", 0)])) == 2
    assert len(incidents([finding("INV-2", 0, 4), finding("RET-3", 0, 4)])) == 1


def test_the_gravest_comes_first_within_a_matter_and_among_them():
    found = [finding("BRW-2", 5), finding("TRN-4", 6, severity="critical"), finding("BRW-3", 6, severity="low")]
    assert codes(incidents(found)) == [["TRN-4", "BRW-3"], ["BRW-2"]]


def test_a_matter_is_open_as_long_as_one_finding_is():
    assert incidents([finding("A-1", 1, state="closed"), finding("A-2", 1)])[0].is_open
    assert not incidents([finding("A-1", 1, state="closed"), finding("A-2", 1, state="explained")])[0].is_open


def test_nothing_gives_nothing():
    assert incidents([]) == []


@given(st.lists(st.sets(st.integers(0, 12), min_size=1, max_size=3), max_size=12))
def test_it_groups_what_hangs_together(evidences: Sequence[set[int]]):
    found = [finding(f"A-{number}", *sorted(evidence)) for number, evidence in enumerate(evidences)]
    groups = [{one.code for one in group.findings} for group in incidents(found)]
    assert sorted(code for group in groups for code in group) == sorted(one.code for one in found)
    # Grown from each finding by all that share a record with it, until nothing more comes.
    for one in found:
        reached, records = {one.code}, set(one.evidence) - {0}
        while True:
            more = {other.code for other in found if set(other.evidence) & records}
            if more <= reached:
                break
            reached |= more
            records |= {index for other in found if other.code in reached for index in other.evidence} - {0}
        assert reached in groups


def one_matter(office: Office, *rules: str) -> tuple[Finding, ...]:
    """The findings of the one matter that these rules find."""
    (matter,) = incidents(office.judge(*rules).findings)
    return matter.findings


def lent_on() -> Office:
    """A stick goes from the borrower to somebody else: forbidden of what is borrowed, and of media."""
    office = told.office("township")
    told.device(office, "06-10 09:00", "c/M1", "秘密", 7, form="usb_stick", keeper="李敏")
    on, purpose = ["c/M1"], {"purpose": "起草", "depth": "take_away"}
    office.tell("06-11 09:00", "transferred.lend", on=on, who={"giver": "李敏", "receiver": "陈"}, **purpose)
    who = {"giver": "陈", "receiver": "孙"}
    office.tell("06-12 09:00", "transferred.hand_over", on=on, who=who, reason="passing_on")
    return office


def handed_over_unsigned() -> Office:
    """Who leaves hands over and the successor doesn't sign: asked of every hand-over, and of this one."""
    office = told.office("township")
    entered(office, "c/1")
    who = {"giver": "李敏", "receiver": "赵强"}
    office.tell("06-12 09:00", "transferred.hand_over", on=["c/1"], who=who, unsigned=["赵强"], reason="leaving")
    return office


def printed_lower() -> Office:
    """A print of a lower level: asked of prints, and of whatever is copied."""
    office = told.office("township")
    entered(office, "c/1")
    stated = {"title": "通知", "issuer": "u/省委", "level": "机密"}
    office.tell(
        "06-10 10:00", "registered.document", on=["d/1", "c/1"], who={"registrar": "李敏"}, register="收文", serial=1, document=stated
    )  # fmt: skip
    fields = {"items": [{"carrier": "c/2", "form": "document"}], "level": "秘密", "method": "print", "purpose": "会议"}
    who = {"operator": "秦", "registrar": "钱秘书"}
    office.tell("06-12 09:00", "copied.made", on=["c/1", "c/2"], who=who, parents=["c/1"], **fields)
    return office


def entered(office: Office, carrier: str) -> None:
    items = [{"carrier": carrier, "form": "document"}]
    office.tell("06-10 09:00", "created.entered", who={"registrar": "李敏"}, level="机密", reason="other", items=items)


@pytest.mark.parametrize(
    ("story", "rules"),
    [(lent_on, ("BRW-6", "MED-7")), (handed_over_unsigned, ("HND-5", "TRN-3")), (printed_lower, ("CLS-12", "CPY-5"))],
)
def test_one_deed_that_two_articles_forbid_is_one_matter_with_both(story, rules):
    found = one_matter(story(), *rules)
    assert sorted(one.code for one in found) == list(rules)
    assert len({one.article for one in found}) == 2
