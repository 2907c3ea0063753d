"""Meetings (会议): MTG-1, MTG-2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.rules import hands
from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.placing import names_en, names_zh
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import CONGRESS, TOWN_CARRIERS
from chainlog.rules.terms import within
from chainlog.rules.use import follows, is_keeper

_MEETING: Final = "declared.meeting"
_GIVEN: Final = "transferred.circulate"
# By these a paper is no longer about: taken back, kept with a record of it, or gone for good.
_CLEARED: Final = (
    "returned.", "transferred.hold", "transferred.store", "transferred.hand_over", "transferred.lend", "transferred.archive",
    "destroyed.carriers",
)  # fmt: skip


def _declared(facts: Facts, name: str) -> Act | None:
    """The meeting of a list as declared last, None if the list is none of a meeting."""
    found = facts.of(name, _MEETING)
    return found[-1] if found else None


@rule(
    "MTG-1", "严格控制参会人员范围，场所符合保密条件", "papers go to those who attend, at a secure venue",
    article=f"{CONGRESS}四（二）1、四（二）3和五（二）1", severity="high", of="l", on=(_MEETING,), reads=(_GIVEN,),
    parameters=("places.meeting", "posts.circulate", "custody.office"), basis="L+R",
)  # fmt: skip
def only_attendees(facts: Facts, name: str) -> Iterator[Breach]:
    """
    Papers of a meeting were handed to somebody whom the meeting doesn't declare as attending; or it was held at a place of a type
    that the policy doesn't allow. A place that nobody declared is not judged. Keepers get them to hand them out; open papers
    (无密) may go to anybody.
    """
    meeting = _declared(facts, name)
    if meeting is None:
        return
    attendees = set(meeting.body.attendees)
    for act in facts.of(name, _GIVEN):
        others = sorted(set(act.named("receiver")) - attendees)
        others = [person for person in others if person.startswith("p/") and not _keeps(facts, person, act)]
        if hands.is_open(facts, act):
            continue
        if others:
            yield Breach(
                (meeting.index, act.index),
                f"会议材料发给非参会人员 {names_zh(others)}：{names_zh(act.carriers)}",
                f"papers of the meeting went to {names_en(others)}, who didn't attend: {names_en(act.carriers)}",
                act,
            )
    place, (parameter, types) = meeting.body.place, facts.specific("places.meeting", meeting)
    kind = facts.place_type(place, meeting.body.starts_at) if place else ""
    if types and kind and kind not in types:
        yield Breach(
            (meeting.index,),
            f"会议场所 {place} 不具备保密条件",
            f"the venue {place} is not a secure one ({kind})",
            meeting,
            (parameter,),
            about="venue",
        )


@rule(
    "MTG-2", "会后清理会议材料", "papers are cleared after the meeting",
    article=f"{CONGRESS}四（二）2和五（二）3；{TOWN_CARRIERS}第三条", severity="high", of="l", on=(_MEETING,),
    reads=(_GIVEN, *_CLEARED), needs=("within.meeting",),
    parameters=("posts.circulate", "custody.office"), basis="L+T",
)  # fmt: skip
def cleared(facts: Facts, name: str) -> Iterator[Outcome]:
    """
    Papers handed out for a meeting were not taken back, nor kept with a record of it, within the term after its end.

    What one passes on to another is still about; what a keeper has is not. Open papers (无密) anybody may take along.
    """
    meeting = _declared(facts, name)
    if meeting is None:
        return
    left, evidence, last = [], [], meeting
    for act in facts.of(name, _GIVEN):
        receivers = hands.persons(act, "receiver")
        if act.imported or (receivers and all(_keeps(facts, person, act) for person in receivers)):
            continue
        for carrier in act.carriers:
            if facts.level(carrier, act) == "无密":
                continue
            back = _cleared(facts, carrier, act)
            if back is None:
                left.append(carrier)
                evidence.append(act.index)
            else:
                last = back if last is meeting or back.moment_us > last.moment_us else last
    if not left and last is meeting:
        return
    things = f"{len(left)}件未收回：{names_zh(left)}" if left else "会议材料"
    yield from within(
        facts, "within.meeting", meeting, done=None if left else last, since_us=meeting.body.ends_at,
        zh=f"会议 {name} 结束后应清理会议材料（{things}）" if left else f"会议 {name} 结束后应清理会议材料",
        en=f"papers of the meeting {name} are to be cleared" + (f": {names_en(left)}" if left else ""),
        evidence=tuple(sorted(set(evidence))),
    )  # fmt: skip


def _cleared(facts: Facts, carrier: str, given: Act) -> Act | None:
    later = [act for act in facts.of(carrier, *_CLEARED) if act.index != given.index and follows(act, given)]
    cleared = [act for act in later if not _is_passed_on(facts, act)]
    return min(cleared, key=lambda act: (act.moment_us, act.index), default=None)


def _is_passed_on(facts: Facts, act: Act) -> bool:
    """Whether somebody passes a paper on to another reader."""
    if act.kind != "transferred.hand_over" or act.body.reason != "passing_on":
        return False
    return not any(_keeps(facts, person, act) for person in act.named("receiver"))


def _keeps(facts: Facts, person: str, act: Act) -> bool:
    """Whether a person keeps carriers for the office, or circulates them."""
    return is_keeper(facts, person, act) or hands.is_keeper(facts, person, act)
