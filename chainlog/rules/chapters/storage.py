"""
Storage (保存): STO-1, STO-2, STO-3, STO-4, STO-6, STO-7.

STO-5 (individuals keep nothing for long) is what RET-1 and RET-2 judge; it has no rule of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from chainlog.event.catalogue import KINDS
from chainlog.projection import levels
from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.hands import given_by
from chainlog.rules.placing import names_en, names_zh
from chainlog.rules.rule import Breach, Due, Outcome, question, rule
from chainlog.rules.sources import (
    ARCHIVES_USED,
    CONGRESS,
    COOP,
    SCHOOL_ONE,
    SCHOOL_TWO,
    TOWN_LEND,
    TOWN_MEDIA,
    UNIVERSITY,
)
from chainlog.rules.terms import within
from chainlog.rules.things import is_outside, is_secret
from chainlog.rules.use import follows, is_first

_STORE: Final = "transferred.store"
_CABINETS: Final = frozenset({"iron_cabinet", "coded_cabinet", "safe"})
_KEPT_IN: Final = _CABINETS | {"archive_store"}
_ARRIVALS: Final = (
    "created.received", "created.produced", "created.entered", "returned.to_keeper", "returned.from_repair",
)  # fmt: skip
_LEAVES: Final = ("transferred.", "returned.", "destroyed.carriers")


@rule(
    "STO-1", "存放在铁皮柜、密码柜等安全处所", "kept in iron or coded cabinets, safes or other secure places",
    article=f"{TOWN_LEND}第二条；{COOP}四（一）；{UNIVERSITY}四、12；{CONGRESS}五（一）5", severity="medium", of="c",
    on=(_STORE, *_ARRIVALS), parameters=("within.store", "cabinets.绝密", "cabinets.机密", "cabinets.秘密"), basis="L+R",
)  # fmt: skip
def in_a_cabinet(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    Put away in a declared place that is none of `cabinets.<level>`, or that is declared for lower levels, or at no place
    stated; and, where the policy has a term for it, in the office's hands and not put away in that. Stock entered from an
    opening or a ledger is not asked when it was put away, nor where, if the ledger doesn't say.
    """
    for act in facts.of(carrier, _STORE):
        if is_first(act, carrier):
            yield from _wrong_cabinet(facts, act)
    for act in facts.of(carrier, *_ARRIVALS):
        if act.imported or carrier not in act.carriers or not facts.value("within.store", act):
            continue
        if not is_secret(facts.level(carrier, act)):
            continue
        state = facts.after(carrier, act)
        if state is None or state.custody_phase != "in_stock":
            continue
        if facts.place_type(act.body.place or None, act.moment_us) in _CABINETS:
            continue
        later = (one for one in facts.of(carrier, *_LEAVES) if follows(one, act) and carrier in one.carriers)
        yield from within(
            facts, "within.store", act, done=min(later, key=lambda one: one.moment_us, default=None),
            zh=f"{carrier} 须入柜存放", en=f"{carrier} is to be put away",
        )  # fmt: skip


def _wrong_cabinet(facts: Facts, act: Act) -> Iterator[Breach]:
    """Judged by the highest level put away by the act."""
    place = facts.place(act.body.place, act.moment_us) if act.body.place else None
    if act.body.place and place is None:
        return
    level = levels.highest(facts.level(one, act) for one in act.carriers)
    if not is_secret(level):
        return
    name, allowed = f"cabinets.{level}", facts.values(f"cabinets.{level}", act)
    high = [one for one in act.carriers if facts.level(one, act) == level]
    zh, en = names_zh(high), names_en(high)
    if place is None:
        if allowed and not act.imported:
            yield Breach(
                (act.index,),
                f"{level}载体 {zh} 入柜未记何柜",
                f"{en}: put away, and no cabinet is stated",
                act,
                (name,),
            )
    elif allowed and place.type not in allowed:
        zh = f"{level}载体 {zh} 存放在 {act.body.place}（限 {'、'.join(allowed)}）"
        yield Breach((act.index,), zh, f"{en}, {level}, put away in {act.body.place}, a {place.type}", act, (name,))
    elif place.max_level and levels.rank(place.max_level) < levels.rank(level):
        zh = f"{level}载体 {zh} 存放在只限{place.max_level}的 {act.body.place}"
        yield Breach(
            (act.index,), zh, f"{en}, {level}, put away in {act.body.place}, for {place.max_level} at most", act
        )


@rule(
    "STO-2", "下班检查，密件入柜", "at the end of each working day it is checked that all is locked away",
    article=f"{UNIVERSITY}四、12；{COOP}二（四）；{TOWN_MEDIA}第四条",
    severity="low", of="s", reads=("checked.inspection", "policy_adopted"),
    needs=("day_end.check",), basis="L+T",
)  # fmt: skip
def day_end(facts: Facts, log: str) -> Iterator[Outcome]:
    """
    Working days without a check of the day's end in the unit or a section of it, where the policy asks for it: one finding for
    each row of them, closed when checks begin again. That all was locked away is what the check attests.
    """
    checks = [
        act for act in facts.every("u/", "checked.inspection")
        if act.body.topic == "day_end" and not all(is_outside(facts, unit, act.moment_us) for unit in act.with_prefix("u"))
    ]  # fmt: skip
    adopted = [act for act in facts.of("s/policy", "policy_adopted") if not act.imported]
    begins = sorted(
        {act.index: act for act in (facts.genesis, *adopted, *checks)}.values(), key=lambda a: (a.moment_us, a.index)
    )
    today = facts.today()
    for number, act in enumerate(begins):
        if facts.value("day_end.check", act) != "yes":
            continue
        following = begins[number + 1] if number + 1 < len(begins) else None
        # The day on which checks begin to be asked for still counts; one that was checked is done.
        day = facts.calendar.day(act.moment_us) + timedelta(days=int(act in checks))
        end = today if following is None else min(today, facts.calendar.day(following.moment_us))
        missed = []
        while day < end:
            if facts.calendar.is_working_day(day) and _asked_on(facts, day):
                missed.append(day)
            day += timedelta(days=1)
        if missed:
            span = f"{missed[0]}" if len(missed) == 1 else f"{missed[0]}至{missed[-1]}"
            span_en = f"{missed[0]}" if len(missed) == 1 else f"{missed[0]} to {missed[-1]}"
            evidence = (act.index,) if following is None else tuple(sorted({act.index, following.index}))
            yield Breach(
                evidence, f"{span} 共{len(missed)}个工作日无下班检查记录", f"no check at the day's end on {len(missed)} d: {span_en}",
                act, ("day_end.check",), closed=any(one.index > act.index for one in checks), about=str(missed[0]),
            )  # fmt: skip
        if following is None and end == today and day <= today and facts.calendar.is_working_day(today):
            yield Due(
                facts.calendar.end_of(today),
                "今日下班须检查密件入柜",
                "the day's end is to be checked",
                act,
                str([*missed, today][0]),
            )


def _asked_on(facts: Facts, day: date) -> bool:
    """Whether the policy in force at the end of a day asked for the check: one may be adopted before it takes effect."""
    end_us = facts.calendar.end_of(day)
    rows = [row for row in facts.people.policies() if row.index <= facts.last and row.effective_us <= end_us]
    newest = max(rows, key=lambda row: (row.effective_us, row.index), default=None)
    return newest is not None and dict(newest.parameters).get("day_end.check") == ("yes",)


@rule(
    "STO-3", "秘密文件与一般文件分开管理", "kept apart from ordinary papers",
    article=f"{UNIVERSITY}四、12", severity="low", of="c", on=(_STORE, *_ARRIVALS), basis="L+R",
)  # fmt: skip
def kept_apart(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    Something classified put away, or taken in straight into a cabinet or store, that is declared as holding ordinary papers too.

    The room in which it is taken in, made or given back is not where it is kept.
    """
    for act in facts.of(carrier, _STORE, *_ARRIVALS):
        place = facts.place(act.body.place, act.moment_us) if act.body.place else None
        if place is None or not place.mixed or (act.kind != _STORE and place.type not in _KEPT_IN):
            continue
        secret = [one for one in act.carriers if is_secret(facts.level(one, act))]
        if secret[:1] == [carrier]:
            zh, en = (
                f"{names_zh(secret)} 放在与一般文件混用的 {act.body.place}",
                f"{names_en(secret)} in {act.body.place} with ordinary papers",
            )
            yield Breach((act.index,), zh, en, act)


_LIVE: Final = frozenset({"in_stock", "archived", "in_circulation", "on_loan", "held", "out", "in_repair"})


@rule(
    "STO-4", "有专人保管", "every carrier has a named keeper",
    article=f"{TOWN_LEND}第一条和第二条；{CONGRESS}二（二）2；{COOP}四（三）", severity="high", of="c",
)  # fmt: skip
def has_a_keeper(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A time in which a classified carrier was there and in nobody's charge. Stock entered at the opening, and rows of a ledger,
    whose keeper may be a name that is nobody's subject yet, are not judged, also once it was put away; nor is what a unit has for
    repair: who watches it is CMP-4.
    """
    acts = {act.index: act for act in facts.of(carrier)}
    for row in facts.intervals(carrier):
        act = acts.get(row.from_index)
        if row.person or row.phase not in _LIVE or act is None:
            continue
        source = given_by(facts, carrier, act)
        if source.imported or source.kind == "created.opening" or source.body.stated:
            continue
        if (row.phase == "in_repair" and row.unit) or (row.to_us is not None and row.to_us <= row.from_us):
            continue
        if not is_secret(facts.level(carrier, act)):
            continue
        closed = row.to_index is not None
        evidence = (act.index,) if row.to_index is None else tuple(sorted({act.index, row.to_index}))
        zh, en = f"“{KINDS[act.kind].zh}”后无人保管", f"in nobody's charge after {KINDS[act.kind].en}"
        yield Breach(evidence, zh, en, act, closed=closed)


@rule(
    "STO-6", "库房非本室人员不得入内", "the storeroom is closed to outsiders",
    article=f"{SCHOOL_ONE}第九条；{SCHOOL_TWO}第七条和第十条",
    severity="low", of="w", on=("accessed.entered",), reads=("accessed.read", "transferred.lend", "returned.to_keeper"),
    needs=("posts.enter",), basis="L+R",
)  # fmt: skip
def storeroom(facts: Facts, place: str) -> Iterator[Breach]:
    """
    An entry into a storeroom or archive room by a person without one of the posts; company doesn't heal it.

    Files are consulted in the archive room itself: who read, borrowed or gave back something there that day had to come in.
    """
    for act in facts.of(place, "accessed.entered"):
        kind = facts.place_type(place, act.moment_us)
        if kind not in ("archive_store", "archive"):
            continue
        posts = facts.values("posts.enter", act)
        for person in _persons(act):
            if kind == "archive" and _consulted(facts, person, place, act):
                continue
            if posts and not facts.has_post(person, posts, act.moment_us):
                zh, en = f"非本室人员 {person} 进入 {place}", f"{person}, who does not belong there, entered {place}"
                yield Breach((act.index,), zh, en, act, ("posts.enter",), about=person)


def _consulted(facts: Facts, person: str, place: str, entry: Act) -> bool:
    """Whether a person's business of that day was with files: read or borrowed there, or given back; a place not stated is that one."""
    day = facts.calendar.day(entry.moment_us)
    return any(
        facts.calendar.day(act.moment_us) == day
        and (not act.body.place or act.body.place == place)
        and person in (*act.named("reader"), *act.named("receiver"), *act.named("giver"))
        for act in facts.of(person, "accessed.read", "transferred.lend", "returned.to_keeper")
    )


def _persons(act: Act) -> list[str]:
    """Persons of the registry who entered; names that a ledger only states can't be looked up."""
    return [person for person in act.named("operator") if person.startswith("p/")]


question(
    "STO-7", "保密室、库房的建筑和设施是否合格：二楼以上、铁门铁窗铁柜、防火防盗报警、库房“八防”，办公、借阅、库房三分开，有无监控？",
    "Are secure rooms and stores built and fitted as asked: upper floor, iron door, windows and cabinets, alarms, office apart?",
    article=f"{UNIVERSITY}一；{SCHOOL_ONE}第九条；{SCHOOL_TWO}第十条；{ARCHIVES_USED}四（三）",
)  # fmt: skip
