"""Copying (复制): CPY-1 to CPY-5. What follows stands in `copying_duties`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from chainlog.projection import levels
from chainlog.rules.acts import Act
from chainlog.rules.copies import (
    COPIED,
    copyings,
    document_of,
    found_beside,
    made,
    originals,
    reproductions,
    source_level,
)
from chainlog.rules.decisions import Fault
from chainlog.rules.facts import Facts
from chainlog.rules.placing import names_en, names_zh, number_en
from chainlog.rules.rule import Breach, rule
from chainlog.rules.sources import CONGRESS, COOP, DECREE, TOWN_LEND, UNIVERSITY
from chainlog.rules.things import is_secret
from chainlog.rules.use import approval_faults, approvals, by_fault, standing

_GONE: Final = frozenset({"destroyed", "lost", "missing", "returned_to_issuer", "issued_out"})
_STAMPED: Final = frozenset({"copy", "photograph", "print"})


@rule(
    "CPY-1", "绝密级禁止复制", "top secret is not copied",
    article=f"{UNIVERSITY}四、10；{DECREE}第二十九条",
    severity="critical", of="cd", on=(COPIED,), reads=("decided.permit",),
    needs=("copy.top_secret",),
)  # fmt: skip
def top_secret(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A copy of 绝密 where the policy says `never`; where it says `consent`, a copy or extract without that of the unit which
    classified it, or its superior; where it says `permit`, CPY-4 asks for the approval.
    """
    for act in copyings(facts, subject):
        asked = facts.value("copy.top_secret", act)
        secret = [one for one in originals(facts, act) if source_level(facts, act, one) == "绝密"]
        if act.imported or not secret or asked == "permit" or (asked == "never" and act.body.method == "excerpt"):
            continue
        if asked == "consent":
            secret = [one for one in secret if not _consented(facts, act, one)]
        if not secret:
            continue
        zh, en = names_zh(secret), names_en(secret)
        if asked == "never":
            zh, en = f"复制了绝密级 {zh}", f"{en}, top secret, was copied"
        else:
            zh, en = (
                f"复制绝密级 {zh} 未经原定密机关或其上级同意",
                f"{en}, top secret, was copied without its classifier's consent",
            )
        yield Breach((act.index,), zh, en, act, ("copy.top_secret",))


def _consented(facts: Facts, act: Act, original: str) -> bool:
    """Whether the classifier of an original, or a unit above it, agreed; any other unit than ours where no book names one."""
    document = document_of(facts, original)
    stated = facts.stated(document) if document else None
    classifier = (stated.classifier or stated.issuer) if stated is not None else ""
    if not classifier and document is not None and facts.of(document, "created.produced"):
        classifier = facts.own_unit
    agreed = [approval for what in ("copy", "excerpt") for _, approval in standing(facts, act, what, original)]
    units = {approval.body.by or facts.own_unit for approval in agreed}
    if not classifier:
        return bool(units - {facts.own_unit})
    declared = facts.unit(classifier, act.moment_us)
    above = (declared.parent or "") if declared is not None else ""
    superior = {
        unit for unit in units if (one := facts.unit(unit, act.moment_us)) is not None and one.type == "superior"
    }
    return bool(units & {classifier, above}) or bool(superior)


@rule(
    "CPY-2", "注明不准翻印的不得复制", "what is marked not to be reproduced is not copied",
    article=f"{UNIVERSITY}四、10；{COOP}三（四）",
    severity="critical", of="cd", on=(COPIED,), reads=("registered.document", "created.equipment"),
)  # fmt: skip
def no_copy(facts: Facts, subject: str) -> Iterator[Breach]:
    """A copy, not an extract, of a document or medium that is flagged so. An approval of our own doesn't heal it."""
    for act in copyings(facts, subject):
        flagged = [one for one in originals(facts, act) if act.body.method != "excerpt" and _is_flagged(facts, one)]
        if flagged:
            zh, en = names_zh(flagged), names_en(flagged)
            yield Breach((act.index,), f"复制了注明不准翻印的 {zh}", f"{en} was copied and is marked not to be", act)


def _is_flagged(facts: Facts, original: str) -> bool:
    document = document_of(facts, original)
    stated = facts.stated(document) if document else None
    if stated is not None and stated.no_copy:
        return True
    return original[0] == "c" and any(act.body.no_copy for act in facts.of(original, "created.equipment"))


@rule(
    "CPY-3", "严禁复制国家、省、市秘密级以上文件", "documents of the tiers named are not copied",
    article=f"{COOP}三（四）",
    severity="high", of="cd", on=(COPIED,), reads=("registered.document",), needs=("copy.no_tiers",),
)  # fmt: skip
def no_tiers(facts: Facts, subject: str) -> Iterator[Breach]:
    """A copy, not an extract, of something classified whose registration states one of those tiers."""
    for act in copyings(facts, subject):
        tiers = facts.values("copy.no_tiers", act)
        for original in originals(facts, act):
            document = document_of(facts, original)
            stated = facts.stated(document) if document else None
            tier = (stated.tier or "") if stated is not None else ""
            if tier in tiers and act.body.method != "excerpt" and is_secret(source_level(facts, act, original)):
                zh, en = f"复制了不得复制的来文 {original}（{tier}）", f"{original}, of tier {tier}, was copied"
                yield Breach((act.index,), zh, en, act, ("copy.no_tiers",), about=original)
                break


@rule(
    "CPY-4", "复制须事先批准，不得超过批准份数", "copying is approved beforehand, and no more is made than approved",
    article=f"{UNIVERSITY}四、10；{COOP}三（四）；{CONGRESS}四（一）2；{TOWN_LEND}第七条；{DECREE}第二十七条",
    severity="high", of="cd",
    on=(COPIED, "checked.inventory"), reads=("decided.permit",), parameters=("posts.permit.copy", "posts.permit.copy.reviewed"), basis="L+R",
)  # fmt: skip
def approved(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Copies of something classified without a signed approval before them, by somebody without the post, beyond it, or more
    than it says, all acts that rest on it counted. What a stock-take finds beyond the copies in the books counts as one more
    (critical). Extracts: CIR-7 and CPY-8.
    """
    for act in copyings(facts, subject):
        sources = [one for one in originals(facts, act) if _asks_approval(facts, act, one)]
        if act.imported or act.body.method == "excerpt" or not sources:
            continue
        found = by_fault(sources, partial(_faults, facts, act))
        for fault, carriers in found:
            zh, en = names_zh(carriers), names_en(carriers)
            evidence = (act.index,) if fault.permit is None else (fault.permit.index, act.index)
            parameters = fault.parameters or ("posts.permit.copy",)
            yield Breach(
                evidence, f"复制 {zh}：{fault.zh}", f"{en} copied: {fault.en}", act, parameters, about=fault.what
            )
        yield from _too_many(facts, act, sources[0])
    if subject[0] == "d":
        yield from _found_more(facts, subject)


def _asks_approval(facts: Facts, act: Act, original: str) -> bool:
    """State secrets always; 内部 where the policy says who approves that."""
    level = source_level(facts, act, original)
    return is_secret(level) or bool(level and facts.values(f"posts.permit.copy.{level}", act))


def _faults(facts: Facts, act: Act, original: str) -> Iterator[Fault]:
    level = source_level(facts, act, original)
    what = "excerpt" if act.body.method == "compile" and approvals(facts, act, "excerpt", original) else "copy"
    # The classifier's consent, asked for besides by CPY-1, is no approval of one's own leader.
    found = approval_faults(facts, act, what, original, posts="posts.permit.copy", level=level)
    yield from found
    wanted = facts.values("posts.permit.copy.reviewed", act)
    if found or not wanted:
        return
    for decision, approval in approvals(facts, act, what, original):
        reviewers = decision.persons("reviewer")
        if any(facts.has_post(one, wanted, approval.moment_us) for one in reviewers):
            return
    who = "、".join(wanted)
    yield Fault(
        "review",
        f"未经有关部门审核（{who}）",
        f"not reviewed by {', '.join(wanted)}",
        None,
        ("posts.permit.copy.reviewed",),
    )


def _too_many(facts: Facts, act: Act, original: str) -> Iterator[Breach]:
    """The copies made by a permit up to an act, where they are more than it says."""
    for _, permit in approvals(facts, act, "copy", original)[:1]:
        if not isinstance(permit.body.count, int):
            continue
        together = [one for one in _on_permit(facts, permit) if one.index <= act.index]
        count = sum(made(one) for one in together)
        if count > permit.body.count:
            yield Breach(
                (permit.index, *(one.index for one in together)), f"批准复制{permit.body.count}份，实际{count}份",
                f"{permit.body.count} copies were approved, {count} made", act, severity="critical", about="count",
            )  # fmt: skip


def _on_permit(facts: Facts, permit: Act) -> list[Act]:
    """The copyings that rest on a permit, in the order of records."""
    found = {}
    for subject in permit.subjects:
        if subject[0] in "cd":
            for act in facts.of(subject, COPIED):
                source = next(iter(originals(facts, act)), None)
                chosen = approvals(facts, act, "copy", source) if source else []
                if act.body.method != "excerpt" and chosen and chosen[0][1].id == permit.id:
                    found[act.index] = act
    return [found[index] for index in sorted(found)]


def _found_more(facts: Facts, document: str) -> Iterator[Breach]:
    """Copies in the books and those found beside them, where they are more than the permits say together."""
    extras, copied = found_beside(facts, document), reproductions(facts, document)
    permits = {}
    for act in copied:
        source = next(iter(originals(facts, act)), None)
        for _, permit in approvals(facts, act, "copy", source)[:1] if source else ():
            permits[permit.index] = permit
    if not extras or not permits or any(not isinstance(one.body.count, int) for one in permits.values()):
        return
    approved_count = sum(one.body.count for one in permits.values())
    act, count = extras[0][0], sum(map(made, copied)) + len(extras)
    if count > approved_count:
        labels = [label for _, label in extras]
        evidence = (*permits, *(one.index for one in copied), *(one.index for one, _ in extras))
        yield Breach(
            tuple(sorted(set(evidence))), f"批准复制{approved_count}份，现有{count}份（账外：{names_zh(labels)}）",
            f"approved: {number_en(approved_count, 'copy')}; there are {count} (not in the books: {names_en(labels)})", act,
            severity="critical", about="found",
        )  # fmt: skip


@rule(
    "CPY-5", "复制件登记，按原件要求管理", "copies are registered and treated as the original",
    article=f"{UNIVERSITY}四、10；{COOP}三（四）；{CONGRESS}四（一）2；{DECREE}第二十七条",
    severity="high", of="cd", on=(COPIED,), reads=("registered.document",),
    parameters=("copy.stamp",),
)  # fmt: skip
def as_original(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Copies not told apart by numbers of their own; another level or term than the original's; flags of the original missing on a
    document of the copy's own; no stamp where the policy asks for one. Extracts and compilations have a level of their own.
    """
    for act in copyings(facts, subject):
        sources = originals(facts, act)
        if act.imported or not sources or act.body.method in ("excerpt", "compile"):
            continue
        level = levels.highest(source_level(facts, act, one) for one in sources)
        if not is_secret(level) and level != "内部":
            continue
        for what, zh, en in _treatment_faults(facts, act, sources, level):
            yield Breach((act.index,), zh, en, act, ("copy.stamp",) if what == "stamp" else (), about=what)


def _treatment_faults(facts: Facts, act: Act, sources: Sequence[str], level: str) -> Iterator[tuple[str, str, str]]:
    """(which, zh, en) of each way in which copies are not treated as their original."""
    unnumbered = act.body.copies_unnumbered or 0
    if unnumbered:
        yield (
            "numbers",
            f"复制件{unnumbered}份未逐份登记",
            f"{number_en(unnumbered, 'copy')} without an entry of its own",
        )
    if act.body.level != level:
        yield "level", f"原件{level}，复制件{act.body.level}", f"the original is {level}, the copies {act.body.level}"
    terms = {_months(state.term) for one in sources if one[0] == "c" and (state := facts.before(one, act)) is not None}
    own = _months(act.body.term or "")
    if own is not None and len(terms) == 1 and None not in terms and own not in terms:
        term = f"{max(one or 0 for one in terms)}个月"
        yield "term", f"原件保密期限{term}，复制件{own}个月", f"the original's term is {term}, the copies' {own} months"
    yield from _flags_lost(facts, act, sources)
    if is_secret(level) and facts.is_yes("copy.stamp", act) and act.body.method in _STAMPED and not act.body.stamped:
        yield "stamp", "复制件未加盖复制单位戳记", "the copies bear no stamp of the copying unit"


def _months(term: str | None) -> int | None:
    """A term in months; None for one that is a date, a condition, or unlimited."""
    match = re.fullmatch(r"\s*([0-9]{1,3})\s*(年|个月)\s*", term or "")
    return None if match is None else int(match[1]) * (12 if match[2] == "年" else 1)


_FLAGS: Final = {"no_copy": ("不准翻印", "not to be copied"), "return_required": ("须清退", "to be returned")}


def _flags_lost(facts: Facts, act: Act, sources: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Flags that an original's document has and a copy's own document lacks."""
    parents = [document_of(facts, one) for one in sources]
    children = {document for one in act.carriers if (document := facts.document_of(one)) is not None}
    for child in sorted(children - set(parents)):
        own = facts.stated(child)
        for flag, (zh, en) in _FLAGS.items():
            inherited = any(getattr(facts.stated(one), flag, None) for one in parents if one)
            if own is not None and inherited and not getattr(own, flag):
                yield (
                    flag,
                    f"原件{zh}，复制件 {child} 未注明",
                    f"the original is {en}, its copy {child} is not marked so",
                )
