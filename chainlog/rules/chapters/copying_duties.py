"""What becomes of copies, extracts and photographs (复制、摘抄、照相): CPY-6 to CPY-11."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.rules.acts import Act
from chainlog.rules.copies import COPIED, copyings, found_beside, originals, reproductions, source_level
from chainlog.rules.facts import Facts
from chainlog.rules.placing import names_en, names_zh
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import ARCHIVES_KEPT, COOP, SCHOOL_ONE, SCHOOL_TWO, TOWN_LEND, UNIVERSITY
from chainlog.rules.terms import by_then
from chainlog.rules.things import is_secret
from chainlog.rules.use import approvals, follows

_GONE: Final = frozenset({"destroyed", "lost", "missing", "returned_to_issuer", "issued_out"})
_BACK: Final = (
    "returned.", "destroyed.carriers", "transferred.archive", "transferred.store", "transferred.send_to_destruction",
)  # fmt: skip


@rule(
    "CPY-6", "复制件用后交回", "copies are handed back after use",
    article=f"{UNIVERSITY}四、10", severity="medium", of="c", on=(COPIED,), reads=(*_BACK,), basis="L+T",
)  # fmt: skip
def handed_back(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """A copy with a date that was neither handed back, put away, archived nor destroyed by it. Without a date no term runs."""
    for act in facts.of(carrier, COPIED):
        if carrier not in act.carriers or not act.body.due:
            continue
        back = (one for one in facts.of(carrier, *_BACK) if carrier in one.carriers and follows(one, act))
        yield from by_then(
            facts, act.body.due, act, done=min(back, key=lambda one: one.moment_us, default=None),
            zh=f"复制件 {carrier} 须用后交回", en=f"the copy {carrier} is to be handed back",
        )  # fmt: skip


@rule(
    "CPY-7", "严禁到营业性复制场所复制", "nothing classified is copied at a commercial copy shop",
    article=f"{COOP}三（四）", severity="critical", of="cd", on=(COPIED,), basis="L+R",
)  # fmt: skip
def copy_shop(facts: Facts, subject: str) -> Iterator[Breach]:
    """Something classified copied, by whatever method, at a place declared as a shop, or as belonging to one."""
    for act in copyings(facts, subject):
        place = facts.place(act.body.place, act.moment_us) if act.body.place else None
        unit = facts.unit(place.unit, act.moment_us) if place is not None and place.unit else None
        is_shop = place is not None and (place.type == "shop" or (unit is not None and unit.type == "shop"))
        secret = [one for one in originals(facts, act) if is_secret(source_level(facts, act, one))]
        if is_shop and secret:
            zh, en = names_zh(secret), names_en(secret)
            yield Breach(
                (act.index,),
                f"在营业性复制场所 {act.body.place} 复制 {zh}",
                f"{en} copied at {act.body.place}, a shop",
                act,
            )


@rule(
    "CPY-8", "摘抄、照相须经允许，不得自行销毁了事", "extracts and photographs need permission, and are not destroyed in private",
    article=f"{SCHOOL_ONE}第八条；{SCHOOL_TWO}第九条；{UNIVERSITY}四、17",
    severity="medium", of="cd", on=(COPIED, "destroyed.carriers"), reads=("decided.permit",),
    needs=("copy.self_destroy",), basis="L",
)  # fmt: skip
def extracts(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    An extract or photograph of something classified without permission; and where the policy doesn't allow that (`no`), one
    that its holder destroyed with neither approval nor list nor two supervisors.
    """
    for act in copyings(facts, subject):
        if act.imported or act.body.method not in ("excerpt", "photograph"):
            continue
        secret = [one for one in originals(facts, act) if is_secret(source_level(facts, act, one))]
        lacking = [one for one in secret if not any(approvals(facts, act, what, one) for what in ("excerpt", "copy"))]
        if lacking:
            zh, en = names_zh(lacking), names_en(lacking)
            yield Breach(
                (act.index,), f"未经允许摘抄、照相：{zh}", f"{en} extracted or photographed without permission", act
            )
    for act in facts.of(subject, "destroyed.carriers"):
        own = next((one for one in facts.of(subject, COPIED) if subject in one.carriers), None)
        if act.imported or own is None or own.body.method not in ("excerpt", "photograph"):
            continue
        if facts.level(subject, act) == "无密":
            continue
        proper = (
            act.with_prefix("l") or approvals(facts, act, "destroy", subject) or len(set(act.signers("supervisor"))) > 1
        )
        if not proper and facts.value("copy.self_destroy", act) == "no":
            zh, en = f"自行销毁摘抄件 {subject}，未履行销毁手续", f"the extract {subject} was destroyed in private"
            yield Breach((own.index, act.index), zh, en, act, ("copy.self_destroy",))


@rule(
    "CPY-9", "不得指示他人复制、摘抄、销毁", "nobody has others copy, extract or destroy without approval",
    article=f"{TOWN_LEND}第七条",
    severity="medium", of="cd", on=(COPIED, "destroyed.carriers"), reads=("decided.permit",),
)  # fmt: skip
def on_orders(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Something classified that others copied or destroyed for whoever is stated as asking for it (`proposer`), without any
    approval. Only what the record states is judged; who asked by word of mouth is not in the log.
    """
    for act in copyings(facts, subject):
        sources = [one for one in originals(facts, act) if is_secret(source_level(facts, act, one))]
        if sources and not any(approvals(facts, act, what, sources[0]) for what in ("copy", "excerpt")):
            yield from _ordered(act, "复制" if act.body.method != "excerpt" else "摘抄", "copy")
    for act in facts.of(subject, "destroyed.carriers"):
        secret = next((one for one in act.carriers if is_secret(facts.level(one, act))), None)
        if not act.with_prefix("l") and secret == subject and not approvals(facts, act, "destroy", subject):
            yield from _ordered(act, "销毁", "destroy")


def _ordered(act: Act, zh: str, en: str) -> Iterator[Breach]:
    asking = sorted(set(act.named("proposer")) - set(act.named("operator")))
    if asking and not act.imported:
        who = "、".join(asking)
        yield Breach((act.index,), f"{who} 未经批准指示他人{zh}", f"{who} had others {en} without approval", act)


@rule(
    "CPY-10", "档案副本须登记", "service copies of archives are registered",
    article=f"{ARCHIVES_KEPT}二", severity="low", of="cd", on=(COPIED,),
)  # fmt: skip
def service_copies(facts: Facts, subject: str) -> Iterator[Breach]:
    """A copy whose stated purpose is to serve as 副本, and that has no copy number of its own."""
    for act in copyings(facts, subject):
        purpose = act.body.purpose
        if act.imported or not isinstance(purpose, str) or "副本" not in purpose:
            continue
        bare = [act.subjects[item.carrier] for item in act.body.items if not item.copy_no]
        if bare or act.body.copies_unnumbered:
            names = names_zh(bare) or f"{act.body.copies_unnumbered}份"
            yield Breach(
                (act.index,), f"档案副本未编号登记：{names}", f"service copies without a number: {names_en(bare)}", act
            )


@rule(
    "CPY-11", "复制件须有账上在册的来源", "a copy's original was in the books and there",
    article=f"由{UNIVERSITY}四、10推定", severity="high", of="cd", on=(COPIED, "checked.inventory"),
)  # fmt: skip
def lineage(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    An original that was not in the books, or gone, when it was copied; none stated at all; or a copy that a stock-take finds
    beside those of a document which the books say were made: nobody knows what it was copied from.
    """
    for act in copyings(facts, subject):
        parents = [act.subjects[position] for position in act.body.parents]
        # What comes out of a machine is taken from that, whether it is named as what was copied or as what did it.
        from_machine = act.body.method in ("print", "backup") and act.at(act.body.device) is not None
        if not parents and not act.imported and not from_machine:
            yield Breach((act.index,), "复制件没有注明原件", "the copies name no original", act, about="none")
        for parent in parents:
            state = facts.before(parent, act)
            if state is None or state.custody_phase is None:
                if not act.imported and not _is_entered(facts, parent, act):
                    zh, en = f"原件 {parent} 不在册", f"the original {parent} is in no book"
                    yield Breach((act.index,), zh, en, act, about=parent)
            elif state.custody_phase in _GONE:
                evidence = tuple(sorted({state.since_index if state.since_index is not None else act.index, act.index}))
                zh, en = f"原件 {parent} 当时已不在", f"the original {parent} was no longer there"
                yield Breach(evidence, zh, en, act, about=parent)
    if subject[0] == "d" and (copied := reproductions(facts, subject)):
        for act, label in found_beside(facts, subject):
            known = [copy for one in copied for copy in one.carriers]
            zh, en = (
                f"{label} 不知由何而来（在册复制件：{names_zh(known)}）",
                f"{label} has no known original (copies: {names_en(known)})",
            )
            evidence = tuple(sorted({act.index, *(one.index for one in copied)}))
            yield Breach(evidence, zh, en, act, about=label)


def _is_entered(facts: Facts, parent: str, act: Act) -> bool:
    """Whether a book knew an original before an act: one that was registered and of which no act of custody stands yet."""
    entries = facts.of(parent, "created.", "registered.", COPIED, "transferred.")
    return any(one.index < act.index for one in entries)
