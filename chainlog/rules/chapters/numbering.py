"""
Numbers and balances (编号、份数): NUM-1 to NUM-5.

Numbers of media are judged by the chapter on media. A register is one book: where its name doesn't change with the year, a
serial may come again in another year.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.hands import ON_FOOT
from chainlog.rules.own_documents import (
    MADE,
    decided_elsewhere,
    entered,
    entries,
    is_own,
    made_level,
    makings,
    secret_makings,
    signers,
)
from chainlog.rules.placing import number_en
from chainlog.rules.rule import Breach, rule
from chainlog.rules.sources import CONGRESS, COOP, TOWN_ISSUE, TOWN_SEND, UNIVERSITY
from chainlog.rules.things import is_secret

_ENTRY: Final = "registered.document"
_SENT: Final = "transferred.dispatch"
_GONE: Final = frozenset(
    {"in_transit", "issued_out", "returned_to_issuer", "sent_for_destruction", "destroyed", "missing", "lost"}
)


# --- NUM-1 --------------------------------------------------------------------------------------


@rule(
    "NUM-1", "制作前在专用登记本上编号", "a document gets its number in a register before it is made",
    article=f"{TOWN_ISSUE}第一条",
    severity="high", of="dc", on=(_ENTRY, MADE, "created.equipment"), reads=("registered.void",),
)  # fmt: skip
def numbered_first(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A state secret was made here before it had a number; a serial was given twice, or is declared unused and used; serials
    between two entries are neither used nor declared unused (medium). Books of what comes in hold open papers too, and an
    imported book may be incomplete: no gaps there.
    """
    if subject[0] == "d":
        yield from _made_before(facts, subject)
    told: set[tuple[str, int]] = set()
    for act in facts.of(subject, _ENTRY, "created.equipment"):
        entry = facts.entry(act)
        if entry is None or entry in told or _named_first(act) != subject:
            continue
        told.add(entry)
        yield from _given_twice(facts, act, *entry)
        if act.kind == _ENTRY and not act.imported and is_own(facts, subject):
            yield from _gaps(facts, act, *entry)


def _named_first(act: Act) -> str:
    named = entered(act) if act.kind == _ENTRY else []
    return next(iter([*named, *act.with_prefix("c"), *act.subjects]))


def _made_before(facts: Facts, document: str) -> Iterator[Breach]:
    for made in secret_makings(facts, document)[:1]:
        found = entries(facts, document)
        if found and not is_issued_here(facts, document):
            return
        if any(entry.before(made) for entry in found):
            return
        late = found[:1]
        yield Breach(
            (made.index, *(entry.index for entry in late)), "制作之后才编号" if late else "制作前未编号",
            "numbered only after it was made" if late else "made without a number", made, about="order",
        )  # fmt: skip


def is_issued_here(facts: Facts, document: str) -> bool:
    """Whether a document has its number from this unit: it issues it, or nothing says who does."""
    stated = facts.stated(document)
    return stated is None or stated.issuer == facts.own_unit or not decided_elsewhere(facts, document)


def _given_twice(facts: Facts, act: Act, register: str, serial: int) -> Iterator[Breach]:
    """Found at the entry that came later; a serial declared unused after it was given, at the entry."""
    for index in facts.registered(register, serial):
        other = facts.at(index)
        if other is None or _same_thing(act, other) or _other_year(facts, act, other):
            continue
        later = max(act, other, key=lambda one: one.index)
        if later is not act and other.kind != "registered.void":
            continue
        void = other.kind == "registered.void"
        zh = (
            f"{register}第{serial}号已声明作废又用于登记"
            if void
            else f"{register}第{serial}号重号，另用于 {_named_first(other)}"
        )
        en = (
            f"{register} {serial} is declared unused and used"
            if void
            else f"{register} {serial} was given to {_named_first(other)} too"
        )
        yield Breach(tuple(sorted((act.index, index))), zh, en, later, about=f"twice {register} {serial}")
        return


def _same_thing(act: Act, other: Act) -> bool:
    """Whether two entries are of one thing: a document is entered again for more of its copies."""
    if other.kind != act.kind:
        return False
    if act.kind == _ENTRY:
        return bool(set(entered(act)) & set(entered(other)))
    return bool(set(act.with_prefix("c")) & set(other.with_prefix("c")))


def _other_year(facts: Facts, act: Act, other: Act) -> bool:
    """Books begin anew each year, under whatever name."""
    if act.start_us is None or other.start_us is None:
        return act.start_us is not other.start_us
    return facts.calendar.day(act.start_us).year != facts.calendar.day(other.start_us).year


def _gaps(facts: Facts, act: Act, register: str, serial: int) -> Iterator[Breach]:
    """What lies unused below an entry, and below serials declared unused next to it."""
    below = facts.serial_below(register, serial)
    while below is not None:
        number, index = below
        other = facts.at(index)
        if number < serial - 1:
            missing = f"{number + 1}" if number + 2 == serial else f"{number + 1}—{serial - 1}"
            yield Breach(
                (index, act.index), f"{register}缺第{missing}号，未声明作废",
                f"{register} has no {missing}, and nothing declares it unused", act, severity="medium", unfinished=True,
                about=f"gap {register} {missing}",
            )  # fmt: skip
        if other is None or other.kind != "registered.void":
            return
        serial, below = number, facts.serial_below(register, number)


# --- NUM-2 --------------------------------------------------------------------------------------


@rule(
    "NUM-2", "分发前清点份数、检查顺序号", "copies are counted and their numbers checked before they are given out",
    article=f"{TOWN_ISSUE}第五条", severity="high", of="d", on=(MADE,), reads=("checked.count", _SENT),
)  # fmt: skip
def counted(facts: Facts, document: str) -> Iterator[Breach]:
    """
    A state secret made here was sent out uncounted; or a count found other copies than expected, or other numbers than
    are there. A later count that agrees closes it. A count need not list the numbers; of those that were sent out or
    destroyed before it none is missing.
    """
    made = secret_makings(facts, document)
    if not made:
        return
    counts = [act for act in facts.of(document, "checked.count") if not act.imported]
    sent = next((act for act in facts.of(document, _SENT) if not act.imported and act.index > made[0].index), None)
    if sent is not None and not any(act.before(sent) for act in counts):
        yield Breach((sent.index,), "分发前未清点", "sent out uncounted", sent, about="none")
    for number, act in enumerate(counts):
        wrong = _count_faults(facts, document, act)
        if wrong:
            later = next((one for one in counts[number + 1 :] if not _count_faults(facts, document, one)), None)
            yield Breach(
                (act.index,) if later is None else (act.index, later.index), "；".join(zh for zh, _ in wrong),
                "; ".join(en for _, en in wrong), act, closed=later is not None, about="count",
            )  # fmt: skip


def _count_faults(facts: Facts, document: str, act: Act) -> list[tuple[str, str]]:
    """(zh, en) of what a count found wrong."""
    body, found = act.body, []
    if body.expected != body.actual:
        found.append(
            (f"应有{body.expected}份，清点{body.actual}份", f"{body.expected} expected, {body.actual} counted")
        )
    if body.copy_nos:
        numbers = {
            str(item.copy_no): made.subjects[item.carrier]
            for made in makings(facts, document) if made.before(act) for item in made.body.items if item.copy_no
        }  # fmt: skip
        given = set(numbers)
        missing = sorted(n for n in given - set(body.copy_nos) if not _is_gone(facts, numbers[n], act))
        strange = sorted(set(body.copy_nos) - given)
        if given and missing:
            found.append((f"缺份号 {'、'.join(missing[:3])}", f"no copy {', '.join(missing[:3])}"))
        if given and strange:
            found.append((f"多份号 {'、'.join(strange[:3])}", f"unknown copy {', '.join(strange[:3])}"))
    return found


def _is_gone(facts: Facts, carrier: str, act: Act) -> bool:
    """Whether a copy had left the office, or the world, before an act."""
    state = facts.before(carrier, act)
    return state is not None and state.custody_phase in _GONE


# --- NUM-3, NUM-4 -------------------------------------------------------------------------------


@rule(
    "NUM-3", "收发清点、登记、编号、签收", "sending and receiving are counted, registered, numbered and signed",
    article=f"{COOP}二（一）",
    severity="high", of="d", on=("created.received", _SENT), reads=(_ENTRY, "checked.count", "transferred.receipt"),
    parameters=("within.register", "within.receipt.local", "within.receipt.post"), needs=("strict.NUM-3",), basis="L+T",
)  # fmt: skip
def four_facts(facts: Facts, document: str) -> Iterator[Breach]:
    """
    An arrival or a dispatch of a state secret of which one of the four is not on record; other records may still bring it.

    What may still be done in the term that the policy gives for registering, or for a receipt, is not missing yet. That it was
    done too late is judged by the chapters on receipt and issue. Of several documents each has its own registration; the rest is
    found once.
    """
    for act in facts.of(document, "created.received", _SENT):
        if act.imported or not is_secret(facts.level(document, act) or facts.levels_of(act)):
            continue
        if not facts.is_yes("strict.NUM-3", act):
            continue
        lacking = _lacking(facts, document, act)
        if act.with_prefix("d")[:1] != [document]:
            lacking = [one for one in lacking if one[0] in ("登记", "编号")]
        if lacking:
            which = "收文" if act.kind == "created.received" else "发文"
            yield Breach(
                (act.index,), f"{which}缺{'、'.join(zh for zh, _ in lacking)}",
                f"not {', '.join(en for _, en in lacking)}", act, ("strict.NUM-3",), unfinished=True,
            )  # fmt: skip


def _lacking(facts: Facts, document: str, act: Act) -> list[tuple[str, str]]:
    """Which of the four are not on record, and not to come in time."""
    found_entries = [e for e in entries(facts, document) if act.kind == "created.received" or e.before(act)]
    if act.kind == "created.received":
        may_come = {"登记", "编号"} if _runs(facts, "within.register", act) else set()
    else:
        name = "within.receipt.local" if act.body.channel in ON_FOOT else "within.receipt.post"
        may_come = {"签收"} if _runs(facts, name, act) else set()
    numbers = [state.copy_no for c in act.carriers if (state := facts.carrier(c)) is not None]
    # Who enters what arrived signs for it; who has no key signs a slip.
    roles = ("receiver", "registrar", "operator") if _came(act) else ("receiver",)
    on_paper = bool(act.named("receiver")) and bool(act.body.attachments)
    signed = on_paper or any(signers(facts, act, role) for role in roles) or facts.answers(act, "transferred.receipt")
    counted_ = act.kind == "created.received" or facts.of(document, "checked.count") or act.body.copies_unnumbered
    answered = facts.answers(act, "transferred.receipt")
    found = [
        ("清点", "counted", counted_ or answered), ("登记", "registered", found_entries),
        ("编号", "numbered", found_entries or (numbers and all(numbers))), ("签收", "signed for", signed),
    ]  # fmt: skip
    return [(zh, en) for zh, en, there in found if not there and zh not in may_come]


def _came(act: Act) -> bool:
    return act.kind == "created.received"


def _runs(facts: Facts, name: str, act: Act) -> bool:
    """Whether a term that the policy gives from an act on has not ended yet."""
    due_us = facts.deadline(name, act)
    return due_us is not None and not facts.has_passed(due_us)


@rule(
    "NUM-4", "校内公文登记、编号", "documents of the house are registered and numbered",
    article=f"{UNIVERSITY}三、5", severity="low", of="d", on=(MADE,), reads=(_ENTRY,), needs=("strict.NUM-4",),
    parameters=("within.register",), basis="L+T",
)  # fmt: skip
def internal(facts: Facts, document: str) -> Iterator[Breach]:
    """
    A document made here, a work secret or a state secret, that stands in no register when the time for that is over. Internal
    (校内) says whose document it is, not its level; open papers are not kept here.
    """
    for act in makings(facts, document)[:1]:
        level = made_level(facts, act, document)
        asked = facts.is_yes("strict.NUM-4", act) and (level == "内部" or is_secret(level))
        if asked and not entries(facts, document) and not _runs(facts, "within.register", act):
            yield Breach(
                (act.index,), "校内公文未登记编号", "a document of the house without a number", act, ("strict.NUM-4",), unfinished=True
            )  # fmt: skip


# --- NUM-5 --------------------------------------------------------------------------------------


@rule(
    "NUM-5", "份数平衡", "copies made are all accounted for",
    article=f"由{TOWN_SEND}第五条和{CONGRESS}五（一）5推定", severity="critical", of="d",
)  # fmt: skip
def balance(facts: Facts, document: str) -> Iterator[Breach]:
    """The copies that the books state are more or fewer than those in stock, out, issued, filed, returned, destroyed, missing."""
    yield from _arrivals(facts, document)
    found = facts.balance(document)
    if found is None:
        return
    stated, there, evidence = found
    if stated == there:
        return
    acts = facts.of(document)
    lacking = stated - there
    if lacking < 0:
        # The arrivals and makings between them brought more than was stated.
        evidence = (*evidence, *(a.index for a in acts if a.kind.startswith(("created.", "copied."))))
    act = next((a for a in reversed(acts) if a.index in evidence), acts[-1])
    evidence = evidence or (act.index,)
    zh = f"应有{stated}份，账上{there}份，" + (f"少{lacking}份" if lacking > 0 else f"多{-lacking}份")
    en = f"{number_en(stated, 'copy')} stated, {there} accounted for: {abs(lacking)} {'missing' if lacking > 0 else 'too many'}"
    yield Breach(evidence, zh, en, act, unfinished=lacking > 0)


def _arrivals(facts: Facts, document: str) -> Iterator[Breach]:
    """An arrival of this document alone in which other numbers of copies were found than entered the books."""
    for act in facts.of(document):
        if act.kind != "created.received" or act.with_prefix("d") != [document]:
            continue
        entered = len(act.body.items) + (act.body.copies_unnumbered or 0)
        if act.body.found != entered:
            yield Breach(
                (act.index,),
                f"实收{act.body.found}份，入账{entered}份",
                f"{act.body.found} copies were found, {entered} entered the books",
                act,
            )
