"""Range of knowledge (知悉范围): KNW-1 to KNW-4."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from chainlog.projection.rows import ScopeRow
from chainlog.rules import hands
from chainlog.rules.acts import Act
from chainlog.rules.decisions import approver_faults, takes_effect
from chainlog.rules.facts import Facts
from chainlog.rules.placing import judged_at
from chainlog.rules.readings import STAYS, after
from chainlog.rules.rule import Breach, rule
from chainlog.rules.sources import CONGRESS, COOP, DECREE, TOWN_LEND, TOWN_READ, UNIVERSITY
from chainlog.rules.things import is_secret
from chainlog.rules.use import was_given

_READ: Final = "accessed.read"
_BACK: Final = "returned.to_keeper"
# Acts by which somebody gets to know what a carrier holds.
_GIVEN: Final = ("transferred.circulate", "transferred.lend", "transferred.hold", "transferred.take_out")
_READINGS: Final = (*_GIVEN, "transferred.hand_over", _READ, _BACK)


def readers(facts: Facts, carrier: str, act: Act, *, document: str) -> list[str]:
    """
    Who got to know a carrier of *document*, or that itself, by an act: its receiver or reader, and who brings back what somebody
    else had.

    A keeper who takes over, who determined the level, and consulting of archives, which has permissions of its own (RDG-4), are
    left out. A document has no holder: who brings its copies back is asked at each of them.
    """
    if act.kind in _GIVEN or (act.kind == "transferred.hand_over" and act.body.reason in hands.PASSING):
        found = hands.persons(act, "receiver")
    elif act.kind == _READ and act.body.how != "consult":
        found = hands.persons(act, "reader")
    elif act.kind == _BACK and not act.imported and carrier[0] == "c":
        holder = facts.holder_before(carrier, act)
        found = [
            person
            for person in hands.persons(act, "giver")
            if holder is not None
            and person != holder
            and not hands.is_maker(facts, carrier, person, act)
            and not was_given(facts, carrier, person, act)
        ]
    else:
        return []
    return [
        person for person in found if not _decides(facts, person, act) and not _determined(facts, document, person, act)
    ]


def _determined(facts: Facts, document: str, person: str, act: Act) -> bool:
    """Whether a person took part in determining the level of a document before: who drafted or reviewed it knows it."""
    return any(
        one.index < act.index
        and not one.imported
        and person in (*one.named("proposer"), *one.named("reviewer"), *one.named("approver"))
        for one in facts.of(document, "decided.classify")
    )


def _decides(facts: Facts, person: str, act: Act) -> bool:
    """Whether a person has to see a document in order to keep it, to instruct on it or to fix who may know it."""
    if hands.is_keeper(facts, person, act):
        return True
    posts = {*facts.values("posts.scope", act), *facts.values("posts.route", act)}
    return bool(posts) and facts.has_post(person, posts, act.moment_us)


def _document(facts: Facts, subject: str) -> str | None:
    return subject if subject[0] == "d" else facts.document_of(subject)


def _is_judged(facts: Facts, act: Act, subject: str) -> bool:
    """Whether a reading is judged at *subject*: the first copy of its document, or the document where no copy is named."""
    if subject[0] == "d":
        return not act.carriers and judged_at(act, "cd") == subject
    return hands.is_first_of_document(facts, act, subject)


@rule(
    "KNW-1", "传阅前由领导确定知悉范围", "the leader fixes who may know before it circulates",
    article=f"{TOWN_READ}第一条；{COOP}三（一）", severity="high", of="cd",
    on=("transferred.circulate", "transferred.lend", _READ, "decided.scope"), reads=("decided.classify",),
    parameters=("posts.circulate", "posts.route", "custody.office"), needs=("posts.scope",), basis="L+R",
)  # fmt: skip
def scope_first(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    The first reading of a state secret came before any range was fixed; or somebody else than the leader fixed it.

    A range that was recorded later but is said to have been fixed before explains it. Who keeps, instructs or decides is
    no reader. Carriers without a document have no range.
    """
    if subject[0] == "d":
        yield from _fixed_by(facts, subject)
    document = _document(facts, subject)
    if document is None:
        return
    for act in facts.of(subject, "transferred.circulate", "transferred.lend", _READ):
        if act.imported or act.start_us is None or not is_secret(hands.level_of(facts, act)):
            continue
        who = readers(facts, subject, act, document=document)
        if not who or scope_then(facts, document, act):
            continue
        if not _is_judged(facts, act, subject):
            return
        late = [index for index, row in _fixed(facts, document) if row.us <= act.latest_us]
        names = "、".join(who)
        yield Breach(
            (act.index, *late), f"知悉范围确定之前即由 {names} 阅读",
            f"read by {', '.join(who)} before it was fixed who may know", act, ("posts.scope",), explained=bool(late),
        )  # fmt: skip
        return


def _fixed_by(facts: Facts, document: str) -> Iterator[Breach]:
    """Ranges fixed here by somebody without the post."""
    for act in facts.of(document, "decided.scope"):
        if takes_effect(act) and not act.imported and not act.body.by and act.with_prefix("d")[:1] == [document]:
            level = facts.level(document, act)
            for fault in approver_faults(facts, act, act.signers("approver"), "posts.scope", level=level):
                yield Breach(
                    (act.index,), f"确定知悉范围的{fault.zh}", f"fixed who may know: {fault.en}", act, fault.parameters
                )


def _fixed(facts: Facts, document: str, act: Act | None = None) -> list[tuple[int, ScopeRow]]:
    """What fixed or widened the range; an instruction who handles it (route) does neither."""
    return [(index, row) for index, row in facts.scopes(document, act) if row.how in ("set", "extended")]


def scope_then(facts: Facts, document: str, act: Act) -> list[tuple[int, ScopeRow]]:
    """(index, row) of the range in force at an act, as recorded by then: from the last that set it on; empty without any."""
    found = [(index, row) for index, row in _fixed(facts, document, act) if row.us <= act.latest_us]
    last_set = max((number for number, (_, row) in enumerate(found) if row.how == "set"), default=0)
    return found[last_set:]


def _scope_through(facts: Facts, document: str, act: Act) -> list[tuple[int, ScopeRow]]:
    """All ranges that were in force at some time of an act, as recorded by then; empty if none was when it can have begun."""
    found = [(index, row) for index, row in _fixed(facts, document, act) if row.us <= act.latest_us]
    before = [number for number, (_, row) in enumerate(found) if act.start_us is not None and row.us <= act.start_us]
    if not before:
        return []
    return found[max((number for number in before if found[number][1].how == "set"), default=0) :]


def covers(facts: Facts, scope: Sequence[tuple[int, ScopeRow]], person: str, at_us: int) -> bool | None:
    """Whether a range has a person in it; None if it names units and nothing says whether the person belongs to one."""
    answers: set[bool | None] = set()
    for _, row in scope:
        if person in row.persons or (row.posts and facts.has_post(person, row.posts, at_us)):
            return True
        answers.update(hands.belongs(facts, person, unit, at_us) for unit in row.units)
    return True if True in answers else None if None in answers else False


@rule(
    "KNW-2", "不得擅自扩大知悉范围", "nobody widens the range of knowledge on their own",
    article=f"{TOWN_READ}第一条；{TOWN_LEND}第四条；{CONGRESS}四（一）1；{UNIVERSITY}四、6；{COOP}三（一）",
    severity="high", of="cd",
    on=_READINGS, reads=("decided.scope", "decided.classify"), parameters=("posts.circulate", "posts.scope", "posts.route", "custody.office"),
    basis="L+R",
)  # fmt: skip
def within_scope(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A reader, borrower or holder was not in the range fixed at that time; who brings back what another had, had it.

    Without any range there is nothing to widen (KNW-1): one that was fixed within the time in which the reading may have been is
    none to blame anybody by. Persons of no declared unit may belong to a unit that is named.
    """
    document = _document(facts, subject)
    if document is None:
        return
    for act in facts.of(subject, *_READINGS):
        if act.start_us is None:
            continue
        who = readers(facts, subject, act, document=document)
        scope = _scope_through(facts, document, act) if who else []
        if not scope or not _is_judged(facts, act, subject):
            continue
        for person in who:
            if covers(facts, scope, person, act.moment_us) is not False:
                continue
            later = [(i, row) for i, row in _fixed(facts, document) if i > act.index and row.us <= act.latest_us]
            explained = covers(facts, later, person, act.moment_us) is True
            yield Breach(
                tuple(sorted({index for index, _ in (*scope, *(later if explained else []))} | {act.index})),
                f"{person} 不在知悉范围",
                f"{person} is not in the range of knowledge",
                act,
                severity=hands.graver(hands.level_of(facts, act)),
                explained=explained,
                about=person,
            )


# Giving it to the same person under another title goes on with the same custody.
_GOES_ON: Final = frozenset({"transferred.hold", "transferred.lend", "transferred.take_out"})
_HANDED: Final = ("transferred.circulate", "transferred.lend", "transferred.hold", "transferred.hand_over")
_ENDINGS: Final = ("transferred.", "returned.", "destroyed.carriers", "reported.incident")


@rule(
    "KNW-3", "绝密级接触须逐人登记姓名、编号、领取和退回时间",
    "of each person in contact: name, document number, time received, time returned",
    article=f"{TOWN_READ}第一条；{DECREE}第二十条", severity="critical", of="cd", on=(*_HANDED, _READ),
    reads=("returned.", "transferred.", "registered.document"), needs=("contact.from",), parameters=("posts.circulate", "custody.office"),
)  # fmt: skip
def contacts_recorded(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Of a contact at or above the level of the policy, one of the four is missing: a reading without its end, a hand-out
    without its time, its number, or the return by the same person.

    Who still has it has not returned it. A later record may supply the end of a reading. A number is missing only where a
    registration states none; keepers, who take over by `store` and return, are no contacts.
    """
    for act in facts.of(subject, *_HANDED, _READ):
        lacking = _lacks(facts, subject, act)
        if not lacking or not facts.reaches(hands.level_of(facts, act), "contact.from", act):
            continue

        def alike(other: str, act: Act = act, lacking: list[Lack] = lacking) -> bool:
            return _lacks(facts, other, act) == lacking

        if act.carriers and not hands.is_first_alike(act, subject, alike):
            continue
        who = "、".join(hands.persons(act, "reader") or hands.persons(act, "receiver")) or "接触人"
        yield Breach(
            tuple(sorted({act.index, *(one.shown_by for one in lacking if one.shown_by >= 0)})),
            f"{who} 的接触记录缺{'、'.join(one.zh for one in lacking)}",
            f"the record of contact of {who} lacks {', '.join(one.en for one in lacking)}",
            act,
            ("contact.from",),
            unfinished=act.kind == _READ,
        )


class Lack(NamedTuple):
    """What is missing of a contact's record. shown_by: index of a further act that shows it, -1 without."""

    zh: str
    en: str
    shown_by: int = -1


def _lacks(facts: Facts, subject: str, act: Act) -> list[Lack]:
    """Which of name, number, time received, time returned the record of a contact lacks; nothing for what is no contact."""
    role = "reader" if act.kind == _READ else "receiver"
    who = act.named(role)
    if act.imported or (act.kind == "transferred.hand_over" and act.body.reason not in hands.PASSING):
        return []
    if act.kind == _READ:
        if act.body.how == "heard" or (judged_at(act, "cd") != subject and subject not in act.carriers):
            return []
    elif facts.holder_before(subject, act) in who or any(hands.is_keeper(facts, person, act) for person in who):
        return []
    found = [] if who else [Lack("姓名", "the name")]
    if _has_no_number(facts, subject):
        found.append(Lack("文件编号", "the number"))
    if act.start_us is None:
        found.append(Lack("签领时间", "the time received"))
    if act.kind != _READ:
        found += _not_returned(facts, subject, act, who)
    elif not act.body.out_at and not any(one.body.out_at for one in facts.answers(act, _READ)):
        found.append(Lack("退回时间", "the time returned"))
    return found


def _has_no_number(facts: Facts, subject: str) -> bool:
    """Whether a registration states neither a document number nor a number of the copy."""
    document = _document(facts, subject)
    stated = None if document is None else facts.stated(document)
    if stated is None or stated.doc_no:
        return False
    state = facts.carrier(subject) if subject[0] == "c" else None
    return state is None or not (state.copy_no or state.number)


def _not_returned(facts: Facts, carrier: str, act: Act, who: list[str]) -> list[Lack]:
    """The carrier left the person's hands at a time that isn't known, or by an act in which somebody else gives it."""
    for later in after(facts, carrier, act, *_ENDINGS):
        if later.kind in STAYS:
            continue
        if later.kind in _GOES_ON and set(who) & set(later.named("receiver")):
            continue
        if later.imported or later.kind == "reported.incident":
            return []
        givers = later.named("giver")
        if later.start_us is None or (givers and not set(who) & set(givers)):
            return [Lack("退回时间", "the time returned", later.index)]
        return []
    return []


@rule(
    "KNW-4", "不准记录的须事先申明", "what may not be noted or taped is announced so first",
    article=f"{TOWN_READ}第五条；{COOP}三（三）",
    severity="low", of="cd", on=(_READ,), reads=("notified.sent", "registered.document"),
)  # fmt: skip
def announced(facts: Facts, subject: str) -> Iterator[Breach]:
    """A document that may not be recorded was read out, and no announcement of that is on record before it."""
    document = _document(facts, subject)
    stated = None if document is None else facts.stated(document)
    if document is None or stated is None or not stated.no_record:
        return
    for act in facts.of(subject, _READ):
        if act.imported or act.body.how != "heard" or not _is_judged(facts, act, subject):
            continue
        told = [*facts.of(document, "notified.sent"), *(n for c in act.carriers for n in facts.of(c, "notified.sent"))]
        if not any(notice.body.topic == "no_record" and notice.before(act) for notice in told):
            yield Breach(
                (act.index,), f"传达 {document} 未事先申明不得记录、录音、录像",
                f"{document} was read out without announcing that it may not be recorded", act,
            )  # fmt: skip
