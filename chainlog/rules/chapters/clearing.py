"""Clearing and return (清退): RET-1 to RET-9."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from chainlog.event.catalogue import KINDS
from chainlog.projection.rows import CarrierState, Interval
from chainlog.rules.acts import Act
from chainlog.rules.called_in import came_back, counted, counted_all_the_same
from chainlog.rules.facts import LOG, Facts
from chainlog.rules.hands import is_open
from chainlog.rules.issuer import disposes, to_return, waived, wanted_back
from chainlog.rules.rounds import GONE, NOT_STOCK, periods, policy_since, rounds, stretches
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import CONGRESS, COOP, PLAN_OFFICE, SELF_CHECK, TOWN_DESTROY, TOWN_RETURN, UNIVERSITY
from chainlog.rules.terms import by_then, within
from chainlog.rules.things import is_secret, level_at

_WITH_READERS: Final = frozenset({"in_circulation", "on_loan", "held"})
_AWAY: Final = _WITH_READERS | {"out"}


# --- kept too long --------------------------------------------------------------------------------


def _runs(facts: Facts, carrier: str, phases: frozenset[str], *, by_person: bool) -> list[list[Interval]]:
    """Intervals of a carrier in some phases that follow one another: with one person, or with whomever."""
    found: list[list[Interval]] = []
    for row in facts.intervals(carrier):
        if row.phase not in phases:
            continue
        last = found[-1][-1] if found else None
        if last is not None and last.to_index == row.from_index and (not by_person or last.person == row.person):
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _is_cleared(facts: Facts, carrier: str, act: Act) -> bool:
    """Whether a carrier is of those that are called back: classified, and no machine, volume or register book."""
    return facts.form(carrier) not in NOT_STOCK and is_secret(facts.level(carrier, act))


def _is_internal_periodical(facts: Facts, carrier: str, act: Act) -> bool:
    """Whether it is one of the 内部刊物, which may not stay scattered either."""
    return facts.form(carrier) == "periodical" and facts.level(carrier, act) == "内部"


def _kept(
    facts: Facts,
    carrier: str,
    name: str,
    runs: Sequence[list[Interval]],
    *,
    zh: str,
    en: str,
    periodicals: bool = False,
) -> Iterator[Outcome]:
    """What comes of the term that a parameter gives for each time that a carrier is away; not of what was declassified in it."""
    for run in runs:
        began = facts.at(run[0].from_index)
        ended = None if run[-1].to_index is None else facts.at(run[-1].to_index)
        # A row of a ledger that isn't closed may be closed in another book.
        if began is None or (began.imported and ended is None) or (run[-1].to_index is not None and ended is None):
            continue
        if not _is_cleared(facts, carrier, began):
            if not (periodicals and _is_internal_periodical(facts, carrier, began)):
                continue
        elif (due_us := facts.deadline(name, began)) is None or not is_secret(level_at(facts, carrier, began, due_us)):
            continue
        who = run[0].person or "持有人"
        yield from within(
            facts, name, began, done=ended, zh=zh.format(who), en=en.format(run[0].person or "who has it")
        )  # fmt: skip


@rule(
    "RET-1", "随阅随退，最晚不超过一个月", "read and returned, within a month at the latest",
    article=f"{TOWN_RETURN}第二条；{COOP}二（三）",
    severity="high", of="c", on=("transferred.",), reads=("returned.",), needs=("keep.reader",), parameters=("term.from", "term.end_day"),
    basis="L+T",
)  # fmt: skip
def returned_when_read(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """A reader, borrower or holder kept a classified carrier longer; what passes to another person begins anew."""
    runs = _runs(facts, carrier, _WITH_READERS, by_person=True)
    yield from _kept(facts, carrier, "keep.reader", runs, zh="{} 应退回", en="{} is to return it")


@rule(
    "RET-2", "定期清退，不得超过半年", "clearing rounds are held, and nothing is dispersed longer than half a year",
    article=f"{TOWN_RETURN}第二条", severity="high", of="cs", on=("transferred.",),
    reads=("listed.added", "returned."), parameters=("every.clearing", "keep.dispersed", "term.from", "term.end_day"), basis="L+T",
)  # fmt: skip
def cleared_in_rounds(facts: Facts, subject: str) -> Iterator[Outcome]:
    """
    No round in the term since the last one while something was there; a carrier among readers, whoever, for too long. Internal
    periodicals (内部刊物) may not be scattered either.
    """
    if subject != LOG:
        runs = _runs(facts, subject, _AWAY, by_person=False)
        yield from _kept(
            facts,
            subject,
            "keep.dispersed",
            runs,
            zh="分散在外（始于 {}），应清退",
            en="dispersed since given to {}, to be cleared",
            periodicals=True,
        )
        return
    if policy_since(facts, facts.as_of_us, "every.clearing"):
        done = [act for act in facts.every("l/", "listed.added") if act.body.purpose in ("clear", "recall")]
        yield from rounds(
            facts, "every.clearing", done, stretches(facts), zh="应清退一轮", en="a clearing round is to be held"
        )


@rule(
    "RET-9", "不得长期分散在单位和个人手中", "nothing stays scattered for long",
    article=f"{TOWN_RETURN}第二条",
    severity="info", of="s", reads=("transferred.", "returned."), needs=("keep.dispersed",), basis="L+T",
)  # fmt: skip
def scattered(facts: Facts, subject: str) -> Iterator[Outcome]:
    """How many carriers each person has for longer than the term: what RET-2 finds one by one, by holder."""
    del subject
    overdue: dict[str, list[tuple[Act, str]]] = {}
    for carrier, state in facts.stock():
        now = state.now
        # A look at each carrier; most lie where they belong.
        if now is None or not now.person or now.phase not in _AWAY:
            continue
        held = facts.carrier(carrier)
        act = None if held is None or held.since_index is None else facts.at(held.since_index)
        if held is None or held.holder is None or act is None or act.imported or held.custody_phase not in _AWAY:
            continue
        due_us = facts.deadline("keep.dispersed", act)
        if due_us is not None and _is_cleared(facts, carrier, act) and facts.has_passed(due_us):
            overdue.setdefault(held.holder, []).append((act, carrier))
    for person, pairs in sorted(overdue.items()):
        pairs.sort(key=lambda pair: pair[0].index)
        names = [carrier for _, carrier in pairs[:5]]
        yield Breach(
            tuple(act.index for act, _ in pairs), f"{person} 手中有{len(pairs)}件分散超期：{'、'.join(names)}",
            f"{person} has had {len(pairs)} for too long: {', '.join(names)}", pairs[0][0], ("keep.dispersed",), subject=person,
        )  # fmt: skip


# --- back to the issuer ---------------------------------------------------------------------------


@rule(
    "RET-3", "每年清退一次", "what is to be returned goes back to its issuer every year",
    article=f"{UNIVERSITY}四、15", severity="medium", of="s", reads=("returned.to_issuer", "registered.document"),
    needs=("every.issuer_return",), basis="L+T",
)  # fmt: skip
def returned_every_year(facts: Facts, subject: str) -> Iterator[Outcome]:
    """
    A calendar year in which nothing went back to an issuer although something to be returned was still there at its end.

    Not asked for where everything that was there may stay longer by its own date of return.
    """
    del subject
    if not policy_since(facts, facts.as_of_us, "every.issuer_return"):
        return
    there: list[tuple[str, int, int | None]] = []
    returned: list[Act] = []

    def wanted(carrier: str, state: CarrierState) -> bool:
        rows = facts.intervals(carrier)
        ends = (facts.at(row.from_index) for row in rows if row.phase == "returned_to_issuer")
        returned.extend(act for act in ends if act is not None)
        stated = to_return(facts, state.document)
        if stated is not None:
            end_us = rows[-1].from_us if rows and rows[-1].phase in GONE else None
            there.append((stated.return_due or "", state.born_us, end_us))
        return stated is not None

    stretches(facts, wanted)

    def asked(begin_us: int, end_us: int) -> bool:
        last_day = str(facts.calendar.day(end_us))
        return any(
            due <= last_day and from_us <= end_us and (to_us is None or to_us > end_us) for due, from_us, to_us in there
        )

    yield from periods(
        facts, "every.issuer_return", returned, zh="应向制发机关清退一次", en="a return to the issuers is to be made", asked=asked
    )  # fmt: skip


_FORBIDDEN: Final = ("destroyed.carriers", "transferred.archive", "transferred.hand_over", "transferred.dispatch")


@rule(
    "RET-4", "制发机关要求清退的按要求清退，不得擅自处理或销毁", "what the issuer wants back is returned, not disposed of",
    article=f"{TOWN_RETURN}第一条；{UNIVERSITY}四、16；{TOWN_DESTROY}第一条", severity="critical", of="cd",
    on=(*_FORBIDDEN, "registered.document"), reads=("created.received", "returned.to_issuer", "listed.added", "decided.permit"),
    basis="L+T",
)  # fmt: skip
def not_disposed_of(facts: Facts, subject: str) -> Iterator[Outcome]:
    """
    Destroyed, archived or passed on without the issuer's waiver (critical), or not returned by the date stated (high).

    A hand-over within the office when somebody leaves is none. What the issuer called in later stands on a recall list. What is
    open (无密) is not judged; nor, whether it came back in time, what a ledger registered, since another may say so.
    """
    if subject.startswith("d/"):
        yield from _past_due(facts, subject)
        return
    for act in facts.of(subject, *_FORBIDDEN):
        if subject not in act.carriers or not disposes(facts, act) or not wanted_back(facts, subject, act):
            continue
        # An act on many is found once: at the first of its carriers that is wanted back.
        if next((c for c in act.carriers if c == subject or wanted_back(facts, c, act)), subject) != subject:
            continue
        others = [c for c in act.carriers if wanted_back(facts, c, act)]
        kind = KINDS[act.kind]
        yield Breach(
            (act.index,), f"制发机关要求清退，未经免退即“{kind.zh}”：{'、'.join(others[:5])}",
            f"to be returned to the issuer; {kind.en} without a waiver: {', '.join(others[:5])}", act,
        )  # fmt: skip


def _past_due(facts: Facts, document: str) -> Iterator[Outcome]:
    """What of a document was not returned by its date of return."""
    stated = to_return(facts, document)
    registered = facts.document(document)
    if stated is None or not stated.return_due or registered is None or registered.registered_index is None:
        return
    act = facts.at(registered.registered_index)
    if act is None or facts.level(document) == "无密":
        return
    due_us = facts.calendar.end_of(date.fromisoformat(stated.return_due))
    for carrier in facts.copies(document):
        state = facts.carrier(carrier)
        if state is None or state.born_kind not in ("created.received", "created.opening", "created.entered"):
            continue
        if waived(facts, carrier, document, stated, None) or state.phase in (
            "destroyed",
            "lost",
            "archived",
            "issued_out",
        ):
            continue
        done = next((one for one in reversed(facts.of(carrier, "returned.to_issuer"))), None)
        if done is None and act.imported:
            continue
        yield from by_then(
            facts, due_us, act, done=done, zh=f"{carrier} 应退还制发机关", en=f"{carrier} is to go back to its issuer",
            severity="high", about=carrier,
        )  # fmt: skip


# --- lists of what is to come back ----------------------------------------------------------------


@rule(
    "RET-5", "按规定的时间和范围清退，认真核对，确保无遗漏", "what is to be cleared comes back in time, and nothing is missed",
    article=f"{CONGRESS}五（一）6和四（一）1", severity="high", of="l", on=("listed.added",),
    reads=("returned.", "listed.withdrawn", "checked.count"), basis="L+T",
)  # fmt: skip
def nothing_left(facts: Facts, list_subject: str) -> Iterator[Outcome]:
    """
    A list of what is to be cleared or recalled: its total differs from what stands on it; something on it is not back by its
    date, or, where it has no date, when the count says that it is done.
    """
    added = [act for act in facts.of(list_subject, "listed.added") if act.body.purpose in ("clear", "recall")]
    parts = {act.body.part.number: act.body.part.of for act in added if act.body.part}
    if not added or (parts and len(parts) < max(parts.values())):
        return
    everything = {act.subjects[item.carrier]: act for act in added for item in act.body.items}
    unnumbered = sum(act.body.copies_unnumbered or 0 for act in added)
    count, total = len(everything) + unnumbered, added[-1].body.total
    if count != total:
        yield Breach(
            tuple(act.index for act in added), f"清退清单载明{total}件，实列{count}件",
            f"the list states {total}, {count} stand on it", added[-1], unfinished=count < total, about="total",
        )  # fmt: skip
    yield from counted(facts, list_subject)
    due = next((act.body.due for act in reversed(added) if isinstance(act.body.due, int)), None)
    withdrawn = {c: act for act in facts.of(list_subject, "listed.withdrawn") for c in act.with_prefix("c")}
    for carrier, act in sorted(everything.items()):
        done = withdrawn.get(carrier) or came_back(facts, carrier, act)
        # What a ledger called in may stand as returned in another.
        if done is act or (done is None and act.imported) or facts.level(carrier, act) == "无密":
            continue
        if due is None:
            yield from counted_all_the_same(facts, list_subject, carrier, done)
        else:
            yield from by_then(
                facts, due, act, done=done, zh=f"{carrier} 应清退", en=f"{carrier} is to be cleared", about=carrier
            )  # fmt: skip


@rule(
    "RET-6", "清退履行手续，双方签字", "a return is signed by both sides",
    article=f"{TOWN_RETURN}第二条；{COOP}四（二）",
    severity="high", of="c", on=("returned.to_keeper", "returned.to_issuer"),
    reads=("transferred.receipt", "countersigned"),
)  # fmt: skip
def signed_by_both(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    A return to the issuer, or of what was called in, with one signature only. A receipt of the other side counts as its signature.

    Other returns are hand-overs like any other: TRN-3. What is open (无密) goes back without formalities.
    """
    for act in facts.of(carrier, "returned.to_keeper", "returned.to_issuer"):
        if act.imported or act.carriers[:1] != [carrier] or not _is_clearing(facts, act) or is_open(facts, act):
            continue
        missing = [role for role in ("giver", "receiver") if not act.signers(role)]
        to_issuer = act.kind == "returned.to_issuer"
        if to_issuer and (act.body.receipt_no or act.body.attachments or facts.answers(act, "transferred.receipt")):
            missing = [role for role in missing if role != "receiver"]
        if not missing:
            continue
        healed = all(facts.countersigners(act, role) for role in missing)
        zh = "、".join({"giver": "清退人", "receiver": "接收人"}[role] for role in missing)
        yield Breach(
            (act.index,), f"“{KINDS[act.kind].zh}”缺{zh}签字", f"{KINDS[act.kind].en}: not signed by the {' and the '.join(missing)}",
            act, closed=healed, unfinished=to_issuer and missing == ["receiver"],
        )  # fmt: skip


def _is_clearing(facts: Facts, act: Act) -> bool:
    if act.kind == "returned.to_issuer" or act.body.reason == "recall":
        return True
    lists = [one for name in act.with_prefix("l") for one in facts.of(name, "listed.added")]
    return any(one.body.purpose in ("clear", "recall") for one in lists)


@rule(
    "RET-7", "清退后及时销毁", "what was cleared is then destroyed in time",
    article=f"{CONGRESS}五（一）6", severity="low", of="c", on=("returned.to_keeper",),
    reads=("destroyed.carriers", "transferred.", "returned.to_issuer"), needs=("keep.returned",), basis="L+T",
)  # fmt: skip
def then_destroyed(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """Called in, and lying about since: not destroyed, returned to its issuer, filed or given out again in the term."""
    if to_return(facts, facts.document_of(carrier)) is not None:
        return
    acts = facts.of(carrier)
    for act in acts:
        if act.kind != "returned.to_keeper" or act.body.reason != "recall" or act.imported:
            continue
        if carrier not in act.carriers or facts.level(carrier, act) == "无密":
            continue
        later = [one for one in acts if one.index > act.index]
        done = next((one for one in later if one.kind != "transferred.store" and one.kind.startswith(_MOVES_ON)), None)
        yield from within(facts, "keep.returned", act, done=done, zh="清退后应销毁", en="cleared, to be destroyed")


_MOVES_ON: Final = ("destroyed.carriers", "transferred.", "returned.", "reported.incident")


@rule(
    "RET-8", "及时收回发出的文件", "what was issued is called back without error",
    article=f"{SELF_CHECK}二；{PLAN_OFFICE}三、1（4）", severity="high", of="cd",
    on=("notified.sent",), reads=("transferred.dispatch", "returned.to_keeper", "destroyed.carriers"), basis="L+T",
)  # fmt: skip
def called_back(facts: Facts, subject: str) -> Iterator[Outcome]:
    """
    A copy of an own document, not an open one (无密), that had been issued when the unit was told to return it is not back by the
    date named.
    """
    for notice in facts.of(subject, "notified.sent"):
        body = notice.body
        if body.topic != "recall" or not isinstance(body.due, int):
            continue
        carriers = facts.copies(subject) if subject.startswith("d/") else [subject]
        for carrier in carriers:
            stated = facts.stated(facts.document_of(carrier) or "")
            state = facts.after(carrier, notice)
            if stated is None or stated.issuer != facts.own_unit or state is None or state.level == "无密":
                continue
            if state.custody_phase not in ("issued_out", "in_transit") or (
                body.to and not {state.unit, state.holder} & set(body.to)
            ):
                continue
            later = facts.of(carrier, "returned.to_keeper", "destroyed.carriers", "created.received")
            done = next((one for one in later if one.index > notice.index), None)
            yield from by_then(
                facts, body.due, notice, done=done, zh=f"{carrier}（发往 {state.unit or state.holder}）应收回",
                en=f"{carrier}, issued to {state.unit or state.holder}, is to come back", about=carrier,
            )  # fmt: skip
