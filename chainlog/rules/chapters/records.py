"""
The records themselves (登记): REC-1, REC-3, REC-4.

REC-2, that originals are kept, is what an audit of the log proves: it is no rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.event.catalogue import KINDS, REGISTRY
from chainlog.event.moves import NAMES_DOCUMENTS
from chainlog.projection import rows
from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.placing import judged_at
from chainlog.rules.rule import Breach, rule
from chainlog.rules.sources import PLAN_LAND, PLAN_OFFICE, SCHOOL_TWO, SELF_CHECK, TOWN_CLASSIFY

_BIRTHS: Final = ("created.", "copied.made")
_MOVES: Final = ("transferred.", "returned.", "destroyed.carriers")


@rule(
    "REC-1", "各个环节均须登记，责任到人", "every link is registered, with somebody responsible",
    article=f"{TOWN_CLASSIFY}第五条；{PLAN_OFFICE}三、1（2）；{PLAN_LAND}二", severity="high", of="c",
    on=(*_MOVES, "reported.incident"), reads=(*_BIRTHS, "registered.document"),
)  # fmt: skip
def every_link(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A carrier was moved before any record says how it came into the books; or an act that ends or sends a copy leaves out the
    document of which it was known to be one, so that the document's own history lacks it. Every act names somebody, by the format.

    Rows of a ledger are not judged: their books may begin anywhere.
    """
    acts = facts.of(carrier)
    first = next((act for act in acts if act.kind.startswith(_MOVES) and carrier in act.carriers), None)
    born = next((act for act in acts if act.kind.startswith(_BIRTHS) and carrier in act.carriers), None)
    if first is not None and not first.imported and (born is None or born.index > first.index):
        yield Breach(
            (first.index,) if born is None else (first.index, born.index),
            f"{carrier} 尚无入账记录即有“{KINDS[first.kind].zh}”",
            f"{carrier}: {KINDS[first.kind].en}, and no record says how it came into the books before",
            first,
            closed=born is not None,
            about="no-entry",
        )
    document = ""
    for act in acts:
        left_out = act.kind in NAMES_DOCUMENTS and carrier in act.carriers and document not in act.subjects
        if document and left_out and not act.imported and _speaks_of_copies(act):
            yield Breach(
                (act.index,),
                f"“{KINDS[act.kind].zh}”未写明 {carrier} 所属的文件 {document}",
                f"{KINDS[act.kind].en}: it doesn't name {document}, of which {carrier} is a copy",
                act,
                about=f"document.{act.index}",
            )
        document = _bound_by(act, carrier) or document


def _speaks_of_copies(act: Act) -> bool:
    return act.kind != "reported.incident" or act.body.what in ("missing", "found", "lost")


def _bound_by(act: Act, carrier: str) -> str:
    """The document of which an act states a carrier to be a copy, item by item; empty if it doesn't."""
    for item in getattr(act.body, "items", None) or ():
        if act.subjects[item.carrier] == carrier and isinstance(getattr(item, "document", None), int):
            return str(act.subjects[item.document])
    return ""


@rule(
    "REC-3", "查档须登记并签名", "each consultation is registered and signed",
    article=f"{SCHOOL_TWO}第二条；{SELF_CHECK}二",
    severity="medium", of="cd", on=("accessed.read",), reads=("countersigned",),
)  # fmt: skip
def consultation_signed(facts: Facts, subject: str) -> Iterator[Breach]:
    """A consultation of archives names no reader, or a reader who didn't sign. Rows of a ledger are not judged."""
    for act in facts.of(subject, "accessed.read"):
        if act.body.how != "consult" or act.imported or judged_at(act, "cd") != subject:
            continue
        unsigned = sorted(set(act.named("reader")) - set(act.signers("reader")))
        if act.named("reader") and not unsigned:
            continue
        later = set(facts.countersigners(act, "reader"))
        who = "、".join(unsigned)
        yield Breach(
            (act.index,),
            f"查档人 {who} 未签名" if unsigned else "查档未登记查档人",
            f"the reader {', '.join(unsigned)} has not signed" if unsigned else "the consultation names no reader",
            act,
            closed=bool(later) and set(unsigned) <= later,
        )


@rule(
    "REC-4", "即时登记，补登须注明", "facts are recorded when they happen; a late entry says so",
    article=f"由{TOWN_CLASSIFY}第五条推定", severity="medium", of="lcdiuwp", needs=("within.late",),
    parameters=("within.late.serious",),
)  # fmt: skip
def recorded_in_time(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    An event was recorded later than the term after it happened, without a reason for that; graver after the serious term, where a
    reason only explains it. Or it is said to have happened after it was recorded; or it came after something later of the same
    carrier was known, and could not count any more. Registry events say themselves from when on they count; ledgers are old.
    """
    for act in facts.acts_at(subject):
        if act.kind in REGISTRY or act.imported or act.kind == "created.opening" or judged_at(act) != subject:
            continue
        if act.start_us is None or act.end_us is None:
            continue
        if act.start_us > act.recorded_at_us:
            yield Breach(
                (act.index,),
                f"“{KINDS[act.kind].zh}”所记时间 {facts.moment(act.start_us)} 晚于记录时间",
                f"{KINDS[act.kind].en}: said to have happened on {facts.moment(act.start_us)}, after it was recorded",
                act,
                severity="high",
                about=f"future.{act.index}",
            )
        else:
            yield from _late(facts, act)
    if subject.startswith("c/"):
        yield from _out_of_order(facts, subject)


def _late(facts: Facts, act: Act) -> Iterator[Breach]:
    since_us = act.end_us
    due_us = facts.deadline("within.late", act, since_us=since_us)
    serious_us = facts.deadline("within.late.serious", act, since_us=since_us)
    serious = serious_us is not None and act.recorded_at_us > serious_us
    explained = bool(act.body.late_reason)
    if due_us is None or act.recorded_at_us <= due_us or (explained and not serious):
        return
    name = "within.late.serious" if serious else "within.late"
    yield Breach(
        (act.index,),
        f"“{KINDS[act.kind].zh}”发生于 {facts.moment(act.start_us or 0)}，至 {facts.moment(act.recorded_at_us)} 才登记"
        + ("" if explained else "，未注明补登原因"),
        f"{KINDS[act.kind].en}: happened on {facts.moment(act.start_us or 0)}, recorded on {facts.moment(act.recorded_at_us)}"
        + ("" if explained else ", without a reason"),
        act,
        (name,),
        severity="high" if serious else "medium",
        explained=explained,
        about=f"late.{act.index}",
    )


def _out_of_order(facts: Facts, carrier: str) -> Iterator[Breach]:
    for index, row in facts.dated(rows.ASIDE, carrier):
        act = facts.at(index) if row.why == "late" else None
        if act is not None and not act.imported and act.carriers[:1] == [carrier]:
            yield Breach(
                (act.index,),
                f"“{KINDS[act.kind].zh}”（{facts.moment(act.moment_us)}）登记时，账上已有更晚的流转，不再影响保管关系",
                f"{KINDS[act.kind].en} ({facts.moment(act.moment_us)}): something later was on record already, so it moved nothing",
                act,
                explained=bool(act.body.late_reason),
                about=f"order.{act.index}",
            )
