"""Stock-takes and inspections (盘点、检查): INV-1 to INV-8."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from chainlog.authority.parameters import DURATION
from chainlog.projection.rows import Interval
from chainlog.rules import figures
from chainlog.rules.acts import Act
from chainlog.rules.calendar import UnknownYearError, WorkCalendar, months_after
from chainlog.rules.counted import Difference, differences
from chainlog.rules.facts import LOG, Facts
from chainlog.rules.finding import Severity
from chainlog.rules.rounds import GONE, NOT_STOCK, Stretch, periods, policy_since, rounds, stretches
from chainlog.rules.rule import Breach, Due, Outcome, rule
from chainlog.rules.sources import ARCHIVES_KEPT, CONGRESS, COOP, TOWN_LEND
from chainlog.rules.terms import by_then, within
from chainlog.rules.things import is_given_away, is_secret, level_at

_TAKEN: Final = "checked.inventory"
_SEVERITIES: Final[dict[str, Severity]] = {"missing": "critical", "extra": "high", "misplaced": "medium"}


@rule(
    "INV-1", "账物相符", "the account equals the things",
    article=f"{CONGRESS}四（一）3和五（一）5；{COOP}四（二）", severity="critical", of="l", on=(_TAKEN,),
    reads=("created.", "transferred.", "returned.", "destroyed.", "reported.incident"), parameters=("custody.office",),
)  # fmt: skip
def account_equals_things(facts: Facts, list_subject: str) -> Iterator[Outcome]:
    """
    A stock-take missed what the books have there, found what they haven't, or found it at another place or person.

    Machines, volumes and register books are missed only by a stock-take that counted such things, and by a special one nothing of
    another sort. Nothing is missed before all parts of a stock-take are there, nor what moved on the day of the count as far as the times tell.
    """
    for one in differences(facts, list_subject):
        yield Breach(
            (*one.evidence, one.act.index), one.zh, one.en, one.act, ("custody.office",) if one.what == "misplaced" else (),
            _SEVERITIES[one.what], closed=one.settled, about=one.subject,
        )  # fmt: skip


def stocktakes(facts: Facts) -> list[Act]:
    """The stock-takes of the office; a hand-over counts what one person had."""
    return [act for act in facts.every("l/", _TAKEN) if act.body.occasion != "handover" and not act.body.holder]


@rule(
    "INV-2", "定期清查盘点", "stock is taken regularly",
    article=f"{CONGRESS}四（一）3和五（一）5；{COOP}四（二）",
    severity="medium", of="s", reads=(_TAKEN,), needs=("every.inventory",),
    basis="L+T",
)  # fmt: skip
def regularly(facts: Facts, subject: str) -> Iterator[Outcome]:
    """No stock-take in the term since the last one, or since there was something to count. Nothing without stock."""
    del subject
    if policy_since(facts, facts.as_of_us, "every.inventory"):
        yield from rounds(
            facts, "every.inventory", stocktakes(facts), stretches(facts), zh="应清查盘点", en="stock is to be taken"
        )


# --- before holidays ------------------------------------------------------------------------------


@rule(
    "INV-3", "重大节日前清点涉密文件，统一入柜", "before major holidays everything is counted and put into the cabinets",
    article=f"{TOWN_LEND}第三条", severity="medium", of="cs", on=("created.", "copied.made"),
    reads=(_TAKEN, "transferred.", "returned."), needs=("holidays.major", "keep.before_holiday"), parameters=("term.from", "term.end_day"),
    basis="L+T",
)  # fmt: skip
def before_holidays(facts: Facts, subject: str) -> Iterator[Outcome]:
    """
    No stock-take in the working days before a major holiday; a carrier with a reader, or outside the cabinets, when it begins.

    A carrier that the stock-take before the holiday found counts as put away, unless it was given out since.
    """
    if not policy_since(facts, facts.as_of_us, "holidays.major"):
        return
    found = stretches(facts) if subject == LOG else []
    kept = [] if subject == LOG else _kept(facts, subject)
    if not found and not kept:
        return
    begins, ends = (found[0].from_us, facts.as_of_us) if found else (kept[0].from_us, _last_us(facts, kept))
    opened = facts.of("s/policy", "log_opened")
    day, last = facts.calendar.day(max(begins, opened[0].moment_us)), facts.calendar.day(ends)
    unknown: UnknownYearError | None = None
    # A stock-take falls due before a holiday that is still to come.
    until = last.replace(year=last.year + 1, day=1) if subject == LOG else last
    for year in range(day.year, until.year + 1):
        try:
            for holiday in _major(facts, year, day, until):
                if subject == LOG:
                    yield from _counted_before(facts, found, holiday)
                else:
                    yield from _put_away(facts, subject, kept, holiday)
        except UnknownYearError as error:
            # Of the year to come nothing need be known yet.
            unknown = unknown or (error if year <= last.year else None)
    if subject != LOG:
        _await_next(facts, last)
    if unknown is not None:
        raise unknown


def _await_next(facts: Facts, day: date) -> None:
    """Have a carrier judged again when the next holiday begins."""
    for year in (day.year, day.year + 1):
        try:
            begins = [first for _, first, _ in facts.calendar.year(year).holidays if first > day]
        except UnknownYearError:
            begins = [date(year + 1, 1, 1)]
        if begins:
            facts.has_passed(facts.calendar.start_of(begins[0]) - 1)
            return


class _Holiday(NamedTuple):
    """A major holiday. term: from how long before it one may count, as a number and a unit."""

    name: str
    first: date
    policy: Act
    term: tuple[int, str]

    def window(self, facts: Facts) -> date:
        """The day from which one may count. Raises UnknownYearError."""
        return _days_before(facts.calendar, self.first, *self.term)


def _major(facts: Facts, year: int, since: date, until: date) -> Iterator[_Holiday]:
    """The major holidays of a year that begin between two days, both included. Raises UnknownYearError."""
    found = facts.remembered(f"major holidays {year}", lambda: tuple(_majors(facts, year)))
    return (one for one in found if since <= one.first <= until)


def _majors(facts: Facts, year: int) -> Iterator[_Holiday]:
    for names, first in facts.calendar.year(year).runs():
        policy = policy_since(facts, facts.calendar.start_of(first) - 1, "holidays.major")
        wanted = () if policy is None else facts.values("holidays.major", policy)
        # 国庆 and 国庆节 are one.
        if policy is None or not any(one in name or name in one for one in wanted for name in names):
            continue
        match = DURATION.fullmatch(facts.value("keep.before_holiday", policy))
        if match is not None:
            yield _Holiday("、".join(names), first, policy, (int(match[1]), match[2]))


def _days_before(calendar: WorkCalendar, day: date, number: int, unit: str) -> date:
    if unit == "wd":
        return calendar.working_days_before(day, number)
    if unit == "d":
        return day - timedelta(days=number)
    return months_after(day, -number * (12 if unit == "y" else 1)) if unit in ("mo", "y") else day - timedelta(days=1)


def _counted_before(facts: Facts, found: list[Stretch], holiday: _Holiday) -> Iterator[Outcome]:
    window, day = holiday.window(facts), holiday.first
    begin_us, due_us = facts.calendar.start_of(window), facts.calendar.start_of(day) - 1
    if not any(one.from_us <= begin_us and (one.to_us is None or one.to_us > due_us) for one in found):
        return
    if any(act.latest_us >= begin_us and act.moment_us <= due_us for act in stocktakes(facts)):
        return
    zh = f"{holiday.name}（{day}）前应清点涉密文件"
    en = f"before {holiday.name} ({day}) the classified documents are to be counted"
    if not facts.has_passed(due_us):
        yield Due(due_us, zh, en, holiday.policy, str(day))
        return
    yield Breach(
        (holiday.policy.index,), f"{zh}，{window} 起无盘点", f"{en}: no stock-take since {window}", holiday.policy,
        ("holidays.major", "keep.before_holiday"), about=str(day),
    )  # fmt: skip


# Where a document is put away: cabinets, and rooms that are guarded like one.
_PUT_AWAY: Final = frozenset({
    "iron_cabinet", "coded_cabinet", "safe", "secure_room", "confidential_office", "archive", "archive_store",
})  # fmt: skip
_WITH_READERS: Final = frozenset({"in_circulation", "on_loan", "held"})


def _kept(facts: Facts, carrier: str) -> list[Interval]:
    """How the books have a carrier that belongs into the cabinets; empty for others, and for stock that was there before."""
    state = facts.carrier(carrier)
    if state is None or state.born_index is None or state.form in NOT_STOCK or state.born_kind == "created.opening":
        return []
    return facts.intervals(carrier)


def _last_us(facts: Facts, kept: list[Interval]) -> int:
    """When a carrier was last the office's to put away."""
    return min(kept[-1].from_us, facts.as_of_us) if kept[-1].phase in GONE else facts.as_of_us


def _put_away(facts: Facts, carrier: str, kept: list[Interval], holiday: _Holiday) -> Iterator[Outcome]:
    """Where a carrier was when a holiday began."""
    at_us, day = facts.calendar.start_of(holiday.first), holiday.first
    if not facts.has_passed(at_us - 1):
        return
    row = next((r for r in kept if r.from_us <= at_us and (r.to_us is None or r.to_us > at_us)), None)
    if row is None or not (row.phase in _WITH_READERS or row.phase == "in_stock"):
        return
    if is_given_away(facts, row):
        return
    kind = facts.place_type(row.place, at_us)
    if row.phase == "in_stock" and (kind in _PUT_AWAY or (row.place and not kind)):
        return
    act = facts.at(row.from_index)
    if act is None or act.imported or act.latest_us >= at_us or not is_secret(level_at(facts, carrier, act, at_us)):
        return
    if row.phase in _WITH_READERS:
        zh, en = f"仍在 {row.person or '阅件人'} 手中", f"still with {row.person or 'a reader'}"
    elif _was_counted(facts, carrier, act, facts.calendar.start_of(holiday.window(facts)), at_us):
        return
    else:
        zh = f"在 {row.place}，不是保密柜" if row.place else "未入柜"
        en = f"at {row.place}, which is no cabinet" if row.place else "not put into a cabinet"
    later = facts.of(carrier, "transferred.store", "returned.", "destroyed.", _TAKEN)
    yield Breach(
        (act.index,), f"{holiday.name}（{day}）开始时{zh}", f"when {holiday.name} began ({day}) it was {en}", act,
        ("holidays.major",), closed=any(one.index > act.index for one in later), about=str(day),
    )  # fmt: skip


def _was_counted(facts: Facts, carrier: str, act: Act, begin_us: int, at_us: int) -> bool:
    """Whether a stock-take before a holiday found a carrier, at no place that is known to be no cabinet."""
    return any(
        one.index > act.index
        and begin_us <= one.latest_us
        and one.moment_us < at_us
        and (not one.body.place or facts.place_type(one.body.place, at_us) in {"", *_PUT_AWAY})
        for one in facts.of(carrier, _TAKEN)
    )


# --- what was found -------------------------------------------------------------------------------


@rule(
    "INV-4", "账物不符及时报告", "what doesn't agree is reported at once",
    article=f"{COOP}四（二）",
    severity="high", of="l", on=(_TAKEN,), reads=("reported.",), needs=("within.discrepancy",),
    basis="L+T",
)  # fmt: skip
def reported(facts: Facts, list_subject: str) -> Iterator[Outcome]:
    """A stock-take, no ledger's, missed or found something that no book explains, and nobody was told of it in the term."""
    taken = [act for act in facts.of(list_subject, _TAKEN) if not act.imported]
    if not taken or not any(facts.value("within.discrepancy", act) for act in taken):
        return
    wrong: dict[int, list[Difference]] = {}
    for one in differences(facts, list_subject):
        if one.what != "misplaced":
            wrong.setdefault(one.act.index, []).append(one)
    for found in wrong.values():
        reports = [_report(facts, one) for one in found]
        told = [one for one in reports if one is not None]
        names = [one.subject for one in found[:5]]
        yield from within(
            facts, "within.discrepancy", found[0].act,
            done=max(told, key=lambda act: act.moment_us) if len(told) == len(found) else None,
            zh=f"盘点差异（{'、'.join(names)}）应报告处室负责人和分管领导", en=f"the difference found ({', '.join(names)}) is to be reported",
        )  # fmt: skip


def _report(facts: Facts, one: Difference) -> Act | None:
    """The first act by which somebody was told of a difference."""
    named = [one.subject] if one.subject.startswith("c/") else [one.document] if one.document else []
    incidents = [act for subject in named for act in facts.of(subject, "reported.incident")]
    # An incident may speak of the stock-take as a whole and name nothing.
    incidents += [
        act for act in facts.every("i/", "reported.incident") if not act.with_prefix("c") and not act.with_prefix("d")
    ]
    after = [
        act for act in incidents
        if act.latest_us >= one.act.moment_us and act.body.what in ("missing", "discrepancy", "lost", "leak", "breach")
    ]  # fmt: skip
    told = [act for act in after if act.body.to]
    for act in after:
        told += [up for incident in act.with_prefix("i") for up in facts.of(incident, "reported.upward")]
    return min(told, key=lambda act: act.moment_us, default=None)


# --- figures --------------------------------------------------------------------------------------


@rule(
    "INV-5", "统计真实、准确", "what is reported in figures is true",
    article=f"{ARCHIVES_KEPT}一", severity="medium", of="u",
    on=("notified.filed",), reads=("created.", "destroyed.carriers"),
)  # fmt: skip
def true_figures(facts: Facts, unit: str) -> Iterator[Outcome]:
    """
    Reported figures of receipts, destructions or stock differ from the books.

    Only figures under these names, for a year, half-year, quarter or month, and of the own unit; right is the number of
    carriers or that of their documents. Carriers whose times the books don't know, and copies that no book tells apart, may be
    counted either way. Of a period that began before the log only the stock at its end is compared.
    """
    for act in facts.of(unit, "notified.filed"):
        period = figures.period(facts, act.body.period) if act.body.period else None
        if act.body.what != "statistics" or period is None or unit != facts.own_unit:
            continue
        books: dict[str, tuple[set[int], str]] | None = None
        opened = facts.calendar.day(facts.genesis.moment_us)
        for name, stated in act.body.figures or ():
            what = figures.FIGURE_OF.get(name.strip())
            if what is None or (what != "stock" and period[0] < facts.calendar.start_of(opened)):
                continue
            books = books or figures.by_the_books(facts, act, *period)
            right, shown = books[what]
            if stated not in right:
                yield Breach(
                    (act.index,), f"{act.body.period}统计“{name}”报{stated}，账上{shown}",
                    f"{name} of {act.body.period} is reported as {stated}; by the books it is {shown}", act, about=name,
                )  # fmt: skip


# --- registered, inspected, put right -------------------------------------------------------------

_HANDLED: Final = ("transferred.", "returned.", "destroyed.carriers", "copied.stored")


@rule(
    "INV-6", "载体记录在案", "every carrier is on record",
    article=f"{ARCHIVES_KEPT}三", severity="high", of="c", on=_HANDLED,
    reads=("created.", "copied.made"),
)  # fmt: skip
def on_record(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    A carrier was handed over, returned, written to or destroyed without ever having entered the books.

    Not judged: what is only named (a device, a volume, the parent of a copy), what a stock-take found, which is INV-1, and rows of
    a ledger, whose entries may stand in another.
    """
    handled = [act for act in facts.of(carrier, *_HANDLED) if carrier in act.carriers and not act.imported]
    if not handled or any(carrier in act.carriers for act in facts.of(carrier, "created.")):
        return
    entries = facts.of(carrier, "copied.made")
    if any(carrier == act.subjects[item.carrier] for act in entries for item in act.body.items):
        return
    act = handled[0]
    yield Breach((act.index,), f"{carrier} 从未登记入账", f"{carrier} never entered the books", act)


def _inspections(facts: Facts, topic: str, name: str) -> list[Act]:
    """The inspections of a topic, by those who may hold one as far as the policy says who."""
    return [
        act for act in facts.every("u/", "checked.inspection")
        if act.body.topic == topic and _by_post(facts, act, name)
    ]  # fmt: skip


def _by_post(facts: Facts, act: Act, name: str) -> bool:
    posts = facts.values(name, act)
    return not posts or any(facts.has_post(person, posts, act.moment_us) for person in act.named("operator"))


@rule(
    "INV-7", "定期保密检查", "inspections are held regularly",
    article=f"{CONGRESS}四（六）1", severity="low", of="s",
    reads=("checked.inspection",),
    parameters=("every.inspection.full", "every.inspection.special", "posts.inspection.full", "posts.inspection.special"),
    basis="L+T",
)  # fmt: skip
def inspected(facts: Facts, subject: str) -> Iterator[Outcome]:
    """A calendar year without a full inspection, a quarter without a special one; those by the wrong post don't count."""
    del subject
    for topic, zh, en in (("full", "全面", "full"), ("special", "专项", "special")):
        done = _inspections(facts, topic, f"posts.inspection.{topic}")
        yield from periods(
            facts, f"every.inspection.{topic}", done, zh=f"应组织{zh}保密检查", en=f"a {en} inspection is to be held"
        )


@rule(
    "INV-8", "限期整改", "what is found is put right in time",
    article=f"{CONGRESS}四（六）2", severity="medium", of="i", on=("reported.handled",), basis="L+T",
)  # fmt: skip
def put_right(facts: Facts, incident: str) -> Iterator[Outcome]:
    """Ordered to be put right without a date, or not put right by it."""
    acts = facts.of(incident, "reported.handled")
    for act in acts:
        if act.body.step != "rectification_ordered":
            continue
        done = next((one for one in acts if one.body.step == "rectified" and one.index > act.index), None)
        if not isinstance(act.body.due, int):
            yield Breach(
                (act.index,),
                "整改通知未限定期限",
                "ordered to be put right without a date",
                act,
                closed=done is not None,
            )
            continue
        yield from by_then(facts, act.body.due, act, done=done, zh="应完成整改", en="is to be put right")
