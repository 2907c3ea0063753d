"""
Corrections, imports and transitions (更正、导入、流转次序): INT-6 to INT-8.

INT-1 to INT-5 are findings of an audit of the records, and no rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from chainlog.event.catalogue import KINDS
from chainlog.event.types import PHASE
from chainlog.projection.custody_state import CustodyState
from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.placing import EVERYWHERE, judged_at, names_en, names_zh
from chainlog.rules.rule import Breach, rule
from chainlog.rules.sources import TOWN_CLASSIFY, TOWN_DESTROY

_PROBLEMS: Final[Mapping[str, tuple[str, str]]] = {
    "no-target": ("所指记录不存在", "it names no record that could be corrected"),
    "not-descriptive": ("所改不是描述性栏目", "the field is none that only describes"),
    "bad-value": ("新值不合格式", "the new value is of another type"),
    "may-not-change": ("不得更正已生效的审批或销毁事实，也不得作废此类记录", "it would change an approval, a destruction, or what may not be undone"),
    "no-such-field": ("所指记录没有此栏", "the record has no such field"),
    "void-already": ("所指记录早已作废", "the record was void already"),
    "not-two-signers": ("未经登记人和负责人两人签名", "not signed by a registrar and an approver, two persons"),
    "moved-since": ("所指记录之后已有流转", "something moved since the record"),
}  # fmt: skip


@rule(
    "INT-6", "更正须两人签名，不得改动审批和销毁事实", "corrections are signed by two and never touch approvals or destructions",
    article=f"由{TOWN_DESTROY}第五条推定", severity="medium", of=EVERYWHERE, on=("corrected.",),
)  # fmt: skip
def corrected_by_two(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A correction or an annulment took no effect because of what it would have changed, or was not signed by a registrar and an
    approver, two persons.
    """
    for act in facts.acts_at(subject, "corrected."):
        if judged_at(act) != subject:
            continue
        known = facts.correction(act)
        problem = "" if known is None else known.problem
        registrars, approvers = set(act.signers("registrar")), set(act.signers("approver"))
        if not registrars or not approvers or len(registrars | approvers) < 2:
            problem = "not-two-signers"
        if problem:
            target = next(iter(facts.refs(act)), None)
            zh, en = _PROBLEMS.get(problem, (problem, problem))
            yield Breach(
                (act.index,) if target is None else (target.index, act.index),
                f"“{KINDS[act.kind].zh}”：{zh}",
                f"{KINDS[act.kind].en}: {en}",
                act,
            )


@rule(
    "INT-7", "导入的旧账不得作为已签名的依据", "what was imported is not used as if it had been signed",
    article=f"由{TOWN_DESTROY}第五条推定", severity="info", of=EVERYWHERE, reads=("decided.", "countersigned"),
)  # fmt: skip
def imported_as_signed(facts: Facts, subject: str) -> Iterator[Breach]:
    """A signed act rests on an approval that was only taken over from a ledger, or countersigns a row of one."""
    for act in facts.acts_at(subject):
        if act.imported or not act.refs or judged_at(act) != subject or not any(signs for _, _, signs in act.people):
            continue
        for target in facts.refs(act):
            signed_anew = act.kind == "countersigned"
            if target.imported and (signed_anew or getattr(target.body, "step", "") == "approved"):
                yield Breach(
                    (target.index, act.index),
                    f"“{KINDS[act.kind].zh}”以导入的第{target.index}条记录（未签名）为依据",
                    f"{KINDS[act.kind].en}: it rests on record {target.index}, which was imported and bears no signature of then",
                    act,
                    about=str(target.index),
                )


_ENDED: Final = frozenset({"returned_to_issuer", "lost"})
_STOCK: Final = frozenset({"in_stock", "archived"})
_WITH_USER: Final = frozenset({"in_circulation", "on_loan", "held", "out"})
# Out of what phase of custody an act may take a carrier. What already is in the receiver's hands may be converted besides.
_FROM: Final[Mapping[str, frozenset[str]]] = {
    "transferred.circulate": _STOCK,
    "transferred.lend": _STOCK,
    "transferred.hold": frozenset({"in_circulation", "on_loan", "held"}),
    "transferred.take_out": frozenset({"in_stock", "on_loan", "held"}),
    "transferred.dispatch": frozenset({"in_stock"}),
    "transferred.repair": frozenset({"in_stock", "on_loan", "held"}),
    "transferred.send_to_destruction": _STOCK,
    "transferred.archive": _STOCK,
    "returned.to_keeper": _WITH_USER | {"in_transit", "issued_out", "archived", "sent_for_destruction"},
    "returned.from_repair": frozenset({"in_repair"}),
    "returned.to_issuer": _STOCK | {"on_loan", "held"},
    "destroyed.carriers": _STOCK | {"sent_for_destruction"},
}
# By these a carrier goes on wherever it was, as long as it is about.
_FROM_LIVE: Final = ("transferred.hand_over", "transferred.store", "transferred.receipt")
_CONVERTS: Final = ("transferred.lend", "transferred.hold", "transferred.take_out")
_BIRTHS: Final = ("created.received", "created.produced", "created.entered", "created.equipment", "created.opening")
_COMES_AGAIN: Final = frozenset({"returned_to_issuer", "issued_out", "missing", "lost"})


@rule(
    "INT-8", "流转状态依次变化", "a carrier goes from one state to the next in the order that is possible",
    article=f"由{TOWN_CLASSIFY}第五条推定", severity="high", of="c",
    on=("transferred.", "returned.", "destroyed.carriers", "created.", "reported.incident"),
)  # fmt: skip
def in_order(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    An act on a carrier that was not in a state for it: lent while it was out, returned though nobody had it, sent away while missing.

    One act on many carriers is found once for each state that was wrong. After a destruction DES-13 judges. Rows of a ledger, and
    what follows them, are not judged: ledgers leave out what their readers know.
    """
    for act in facts.of(carrier):
        wrong = _wrong_state(facts, carrier, act)
        if not wrong:
            continue
        alike = [one for one in act.carriers if one == carrier or _wrong_state(facts, one, act) == wrong]
        if alike[0] != carrier:
            continue
        yield Breach(
            (act.index,),
            f"{names_zh(alike)} 处于“{PHASE.values[wrong]}”，却发生“{KINDS[act.kind].zh}”",
            f"{names_en(alike)}: {KINDS[act.kind].en}, while {wrong.replace('_', ' ')}",
            act,
            about=f"{act.index}.{wrong}",
        )


def _wrong_state(facts: Facts, carrier: str, act: Act) -> str:
    """The phase in which a carrier was, if it was none for this act; else empty."""
    if act.imported or carrier not in act.carriers or act.kind == "copied.made":
        return ""
    state = facts.before(carrier, act)
    if state is None or state.custody_phase is None or state.custody_phase == "destroyed":
        return ""
    phase = state.custody_phase
    if _is_possible(act, state, phase):
        return ""
    since = None if state.since_index is None else facts.at(state.since_index)
    if since is not None and since.imported:
        return ""
    return phase


def _is_possible(act: Act, state: CustodyState, phase: str) -> bool:
    if act.kind in _BIRTHS:
        return phase in _COMES_AGAIN
    if act.kind == "reported.incident":
        return act.body.what != "lost" or phase == "missing"
    if act.kind in _FROM_LIVE:
        return phase not in _ENDED or act.kind == "transferred.receipt"
    allowed = _FROM.get(act.kind)
    if allowed is None or phase in allowed:
        return True
    if act.kind in _CONVERTS and state.holder in act.named("receiver"):
        return phase in _WITH_USER | _STOCK
    # Whoever has something without a record of a loan gives it back: papers brought from a meeting; a copy from who made it.
    had_it = state.holder in act.named("giver") or (
        state.born_kind == "copied.made" and state.since_index == state.born_index
    )
    return act.kind == "returned.to_keeper" and phase == "in_stock" and had_it
