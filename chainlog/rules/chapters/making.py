"""
Making (制作): MAK-1 to MAK-10.

Judged is what was made here of state secrets, by those who recorded it: rows of a ledger show neither places nor approvals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from chainlog.projection import levels
from chainlog.rules.acts import Act
from chainlog.rules.chapters.classification_levels import lower
from chainlog.rules.decisions import permit_faults, permit_of, post_faults, takes_effect
from chainlog.rules.facts import Facts
from chainlog.rules.own_documents import CLASSIFY, MADE, made_level, makings, secret_makings, spoiled_before
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import CONGRESS, COOP, PLAN_SCHOOL, TOWN_COMPUTERS, TOWN_ISSUE, TOWN_OPEN_NETWORK, TOWN_SEND
from chainlog.rules.terms import within

_PERMIT: Final = "decided.permit"
_TELEGRAM: Final = "cipher_telegram"
_TELEGRAM_TYPES: Final = (_TELEGRAM, "密码电报")


# --- MAK-1, 2, 3: who allows it, where it is done -----------------------------------------------


@rule(
    "MAK-1", "制作秘密文件须经主要领导批准", "making is approved by the principal leader",
    article=f"{TOWN_SEND}第二条",
    severity="high", of="d", on=(MADE,), reads=(_PERMIT,), parameters=("posts.permit.make",), basis="L+R",
)  # fmt: skip
def approved(facts: Facts, document: str) -> Iterator[Breach]:
    """Made without an approval that stood before it, with one by somebody without the post, after its end, or elsewhere than it says."""
    for act in secret_makings(facts, document):
        level = made_level(facts, act, document)
        for fault in permit_faults(facts, act, "make", posts="posts.permit.make", level=level):
            evidence = {act.index} if fault.permit is None else {act.index, fault.permit.index}
            yield Breach(
                tuple(sorted(evidence)), f"制作{fault.zh}", f"made: {fault.en}", act, fault.parameters, about=fault.what
            )  # fmt: skip
        permit = permit_of(facts, act, "make")
        if permit is None:
            continue
        body, both = permit.body, (permit.index, act.index)
        if body.until and act.start_us is not None and act.start_us > body.until:
            until = facts.moment(body.until)
            yield Breach(
                both, f"制作时准印已过期（至 {until}）", f"made after its permit ended ({until})", act, about="until"
            )
        if body.where and act.body.place and body.where != act.body.place:
            yield Breach(
                both, f"批准在 {body.where} 制作，实际在 {act.body.place}",
                f"approved to be made at {body.where}, made at {act.body.place}", act, about="where",
            )  # fmt: skip


@rule(
    "MAK-2", "在本单位保密场所或定点单位制作", "made in a secure place of one's own or by a licensed printer",
    article=f"{TOWN_SEND}第二条；{TOWN_ISSUE}第二条；{COOP}一（三）",
    severity="high", of="d", on=(MADE,), needs=("places.make",), basis="L+R",
)  # fmt: skip
def secure_place(facts: Facts, document: str) -> Iterator[Breach]:
    """
    Made at a declared place of a kind that the policy doesn't name, or at a printer's without a licence of its own or of
    its unit at that date, or with another licence than declared. A place that nobody declared or stated says nothing.
    """
    for act in secret_makings(facts, document):
        place, at_us = act.body.place or None, act.moment_us
        kind = facts.place_type(place, at_us)
        if not kind:
            continue
        name, allowed = facts.specific("places.make", act, made_level(facts, act, document))
        if kind not in allowed:
            zh, en = f"制作场所 {place}（{kind}）不在允许之列", f"made at {place}, a place of the kind {kind}"
            yield Breach((act.index,), zh, en, act, (name,), about="place")
        elif kind == "print_site":
            licences = _licences(facts, place, at_us)
            stated = act.body.licence_no or ""
            if licences is None:
                zh, en = f"{place} 无《秘密载体复制许可证》", f"{place} had no licence to copy secret carriers"
                yield Breach((act.index,), zh, en, act, (name,), about="licence")
            elif stated and licences and stated not in licences:
                zh, en = (
                    f"许可证号 {stated} 与登记的 {licences[0]} 不符",
                    f"licence {stated} is not {licences[0]}, as declared",
                )
                yield Breach((act.index,), zh, en, act, (name,), about="licence")


def _licences(facts: Facts, place: str | None, at_us: int) -> list[str] | None:
    """Licence numbers of a printer's place and unit; empty if its unit is designated without one, None if nothing allows it."""
    declared = facts.place(place or "", at_us)
    unit = declared.unit or ""
    owner: Any = facts.unit(unit, at_us) if unit else None
    found = [one.licence_no for one in (declared, owner) if one is not None and one.licence_no]
    return found if found or (unit and facts.is_designated(unit, "print", at_us)) else None


@rule(
    "MAK-3", "外出制作须填审批表，报签发领导审批", "making elsewhere is approved by the leader who signs the document",
    article=f"{TOWN_ISSUE}第二条",
    severity="high", of="d", on=(MADE,), reads=(_PERMIT, CLASSIFY), needs=("places.make_inside",),
)  # fmt: skip
def made_outside(facts: Facts, document: str) -> Iterator[Breach]:
    """Made at a declared place of another kind than the unit's own print room, without the form, or with one that another leader approved than the one who approved the level."""
    for act in secret_makings(facts, document):
        inside = facts.values("places.make_inside", act)
        place = act.body.place or None
        kind = facts.place_type(place, act.moment_us)
        if not kind or not inside or kind in inside:
            continue
        faults = list(permit_faults(facts, act, "make_outside"))
        for fault in faults:
            evidence = {act.index} if fault.permit is None else {act.index, fault.permit.index}
            yield Breach(
                tuple(sorted(evidence)), f"在 {place} 外出制作{fault.zh}", f"made at {place}: {fault.en}", act,
                ("places.make_inside",), about=fault.what,
            )  # fmt: skip
        permit = permit_of(facts, act, "make_outside")
        signed = [one for one in facts.of(document, CLASSIFY) if takes_effect(one) and one.before(act)]
        if permit is None or not signed:
            continue
        leaders = signed[-1].acting("approver")
        if leaders and not set(leaders) & set(permit.acting("approver")):
            yield Breach(
                tuple(sorted((permit.index, signed[-1].index, act.index))),
                f"外出制作由 {'、'.join(permit.acting('approver'))} 审批，不是签发领导 {'、'.join(leaders)}",
                f"approved by {', '.join(permit.acting('approver'))}, not by {', '.join(leaders)}, who signed it", act,
                ("places.make_inside",), about="leader",
            )  # fmt: skip


# --- MAK-4, MAK-5: how many, what is left over --------------------------------------------------


@rule(
    "MAK-4", "按批准数量制作，不得多制、私留", "exactly the approved number is made",
    article=f"{TOWN_SEND}第五条；{CONGRESS}五（一）3；{COOP}三（四）",
    severity="critical", of="d", on=(MADE,), reads=(_PERMIT,),
)  # fmt: skip
def approved_number(facts: Facts, document: str) -> Iterator[Breach]:
    """
    More was made than approved, all makings on one permit together; or a copy bears a number above it and what was spoiled.
    What was destroyed before anybody had it may be made again. Fewer is worth a note, unless one stands in the record or as
    many were spoiled; more may still be made. Open papers (无密) are not asked about.
    """
    runs: dict[int, tuple[Act, list[Act]]] = {}
    for act in makings(facts, document):
        permit = permit_of(facts, act, "make")
        # A count of nought is none that anybody can have meant as a limit to what was then made.
        is_open = made_level(facts, act, document) == "无密"
        if permit is not None and isinstance(permit.body.count, int) and not is_open:
            runs.setdefault(permit.index, (permit, []))[1].append(act)
    spoiled = sum(act.body.spoiled or 0 for _, acts in runs.values() for act in acts)
    allowed = sum(permit.body.count for permit, _ in runs.values()) + spoiled
    for permit, acts in runs.values():
        count, made = permit.body.count, 0
        for number, act in enumerate(acts):
            again = spoiled_before(facts, acts[:number], act)
            allowed, made = allowed + again, made - again
            made += len(act.body.items) + (act.body.copies_unnumbered or 0)
            beyond = sorted(
                int(n) for item in act.body.items if (n := item.copy_no) and _plain(n) and not 0 < int(n) <= allowed
            )
            if made > count:
                yield Breach(
                    (permit.index, act.index), f"批准{count}份，制作{made}份，多制{made - count}份",
                    f"{count} approved, {made} made: {made - count} too many", act, about="more",
                )  # fmt: skip
            elif beyond:
                yield Breach(
                    (permit.index, act.index), f"份号 {beyond[0]} 不在批准的1—{allowed}之内",
                    f"copy number {beyond[0]} is not among the approved 1 to {allowed}", act, about="numbers",
                )  # fmt: skip
        explained = sum(act.body.spoiled or 0 for act in acts) >= count - made or any(act.body.note for act in acts)
        if made < count and not explained:
            yield Breach(
                tuple(sorted({permit.index, *(act.index for act in acts)})), f"批准{count}份，制作{made}份，无说明",
                f"{count} approved, {made} made, without a note why", acts[-1], severity="info", unfinished=True, about="fewer",
            )  # fmt: skip


def _plain(number: Any) -> bool:
    """Whether a copy number is written in figures alone."""
    return isinstance(number, str) and number.isascii() and number.isdigit()


@rule(
    "MAK-5", "草稿、清样、废品登记或及时销毁", "drafts, proofs and spoiled pages are kept as carriers or destroyed",
    article=f"{TOWN_SEND}第五条；{TOWN_ISSUE}第四条；{COOP}一（四）；{TOWN_COMPUTERS}第七条；{TOWN_OPEN_NETWORK}第四条",
    severity="medium", of="d", on=(MADE,), reads=("destroyed.byproducts", "created.entered"), needs=("within.byproduct",), basis="L+T",
)  # fmt: skip
def byproducts(facts: Facts, document: str) -> Iterator[Outcome]:
    """Neither a destruction of what was left over nor its entry as a carrier is on record in time. Of makings within the term of an earlier one only the last counts."""
    acts = secret_makings(facts, document)
    for number, act in enumerate(acts):
        due_us = facts.deadline("within.byproduct", act)
        if due_us is None or any(later.moment_us <= due_us for later in acts[number + 1 :]):
            continue
        left = [
            one for one in facts.of(document, "destroyed.byproducts", "created.entered")
            if one.kind == "destroyed.byproducts" or one.body.reason == "byproduct"
        ]  # fmt: skip
        # What was destroyed before the making was finished is not what it left over.
        done = next((one for one in left if act.before(one)), None)
        yield from within(
            facts, "within.byproduct", act, done=done, zh="草稿、清样、废品登记或销毁", en="drafts and spoiled pages entered or destroyed"
        )  # fmt: skip


# --- MAK-6, MAK-7: on what ----------------------------------------------------------------------


@rule(
    "MAK-6", "在不联公网、有视频防护的涉密计算机上制作", "made on a protected computer apart from public networks, of the level",
    article=f"{TOWN_SEND}第三条；{TOWN_ISSUE}第四条；{COOP}五（二）",
    severity="high", of="d", on=(MADE,), reads=("created.equipment",),
    parameters=("strict.MAK-6",), basis="L+R",
)  # fmt: skip
def device(facts: Facts, document: str) -> Iterator[Breach]:
    """
    The device named was entered as one on the internet, as unprotected, or for a lower level than that of the document. A
    device that is in no book says nothing, unless the policy is strict. What was not stated of a device is not judged.
    """
    for act in secret_makings(facts, document):
        machine = act.at(act.body.device)
        if machine is None:
            continue
        entries = [one for one in facts.of(machine, "created.equipment") if one.index < act.index]
        if not entries:
            if facts.is_yes("strict.MAK-6", act):
                zh, en = f"制作设备 {machine} 未登记", f"the device {machine} is in no register"
                yield Breach((act.index,), zh, en, act, ("strict.MAK-6",), about="unknown")
            continue
        for about, zh, en in _device_faults(facts, act, document, machine, entries[-1]):
            yield Breach((entries[-1].index, act.index), zh, en, act, about=about)


def _device_faults(facts: Facts, act: Act, document: str, machine: str, entry: Act) -> Iterator[tuple[str, str, str]]:
    if entry.body.network == "internet":
        yield "network", f"制作设备 {machine} 连接互联网", f"the device {machine} is on the internet"
    if entry.body.protected is False:
        yield (
            "protected",
            f"制作设备 {machine} 未装视频信息保护机",
            f"the device {machine} has no protection against leaks by video",
        )
    level, own = made_level(facts, act, document), _own_level(facts, machine, act)
    if levels.rank(own) < levels.rank(level) and own not in ("", "未标"):
        yield (
            "level",
            f"制作设备 {machine} 为{own}，文件为{level}",
            f"the device {machine} is for {own}, the document is {level}",
        )


def _own_level(facts: Facts, carrier: str, act: Act) -> str:
    """The level that a device or medium was set up for: as decided, else as entered; what is on it doesn't raise it."""
    state = facts.after(carrier, act)
    return "" if state is None else state.decided_level or state.own_level or ""


@rule(
    "MAK-7", "印发后电子文本存入涉密移动存储设备", "the electronic text is stored on a classified medium",
    article=f"{TOWN_ISSUE}第四条",
    severity="high", of="d", on=(MADE, "copied.stored"), parameters=("within.store_text",), basis="L+R",
)  # fmt: skip
def text_stored(facts: Facts, document: str) -> Iterator[Outcome]:
    """The text of a document made here was put on a medium of a lower level; or, where the policy gives a time for it, on none (info)."""
    made = secret_makings(facts, document)
    if not made:
        return
    stored = [act for act in facts.of(document, "copied.stored") if _holds(act, document)]
    for act in stored:
        # What else was stored with it may be higher.
        level = facts.level(document, act) or act.body.level
        for medium in act.carriers:
            own = _own_level(facts, medium, act)
            if lower(own, level):
                yield Breach(
                    (act.index,), f"{level}电子文本存入{own}介质 {medium}",
                    f"the text, {level}, was stored on {medium}, a medium for {own}", act, about=f"level {medium}",
                )  # fmt: skip
    done = next((act for act in stored if made[-1].before(act)), None)
    yield from within(
        facts, "within.store_text", made[-1], done=done, zh="电子文本存入涉密介质", en="electronic text stored on a classified medium",
        severity="info", about="stored",
    )  # fmt: skip


def _holds(act: Act, document: str) -> bool:
    return document in [act.at(position) for position in act.body.documents or ()]


# --- MAK-8, 9, 10 -------------------------------------------------------------------------------


@rule(
    "MAK-8", "密码电报原文不得印成文件", "cipher telegrams are never printed as documents",
    article=f"{TOWN_SEND}第六条", severity="critical", of="dc", on=(MADE, "copied.made"), reads=("registered.document",),
)  # fmt: skip
def telegrams(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A cipher telegram was copied or made into a document. A telegram that is made as a telegram is neither; nor is what is taken
    from it, or derived from it in other words: the original text (原文) is what may not be printed.
    """
    if subject[0] == "c":
        for act in facts.of(subject, "copied.made"):
            if act.carriers[:1] == [subject] and act.body.method not in ("excerpt", "compile"):
                sources = [act.subjects[position] for position in act.body.parents]
                yield from _telegram_among(facts, act, sources, "复制", "copied")
        return
    for act in facts.of(subject, MADE):
        if any(item.form != _TELEGRAM for item in act.body.items):
            yield from _telegram_among(facts, act, [subject], "印成文件", "made into a document")


def _telegram_among(facts: Facts, act: Act, subjects: list[str], zh: str, en: str) -> Iterator[Breach]:
    """A breach for the first of *subjects* that is a cipher telegram."""
    source = next((one for one in subjects if _is_telegram(facts, one)), None)
    if source is not None:
        yield Breach(
            (act.index,), f"密码电报 {source} 被{zh}", f"the cipher telegram {source} was {en}", act, about=source
        )


def _is_telegram(facts: Facts, subject: str) -> bool:
    if subject[0] == "c" and facts.form(subject) == _TELEGRAM:
        return True
    document = subject if subject[0] == "d" else facts.document_of(subject)
    if document is None:
        return False
    stated = facts.stated(document)
    if stated is not None and (stated.type or "") in _TELEGRAM_TYPES:
        return True
    return any(facts.form(one) == _TELEGRAM for one in facts.copies(document))


@rule(
    "MAK-9", "指定专人打印", "named persons do the printing",
    article=f"{TOWN_SEND}第一条", severity="medium", of="d", on=(MADE,), needs=("posts.make",), basis="L+R",
)  # fmt: skip
def named_person(facts: Facts, document: str) -> Iterator[Breach]:
    """
    The operator of a making in the house held none of the posts that may print; a licensed printer has people of its own.
    Whether anybody looked on no log can tell.
    """
    for act in secret_makings(facts, document):
        if facts.place_type(act.body.place or None, act.moment_us) == "print_site":
            continue
        level = made_level(facts, act, document)
        for fault in post_faults(facts, act, act.named("operator"), "posts.make", level=level):
            yield Breach((act.index,), f"打印人 {fault.zh}", f"operator: {fault.en}", act, fault.parameters)


_NOBODY: Final = frozenset({"in_stock", "in_circulation", "on_loan", "held", "out", "in_transit"})


@rule(
    "MAK-10", "试卷各环节有专人保管", "exam papers have a named keeper at every stage",
    article=f"{PLAN_SCHOOL}三、1", severity="medium", of="c", on=("created.", "copied.made"), reads=("transferred.", "returned."),
    parameters=("strict.MAK-10",),
)  # fmt: skip
def exam_papers(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    After an act of ours nobody is on record as having an exam paper. With `strict.MAK-10`, for the plan doesn't say it: it came with
    a broken seal or none, or was sent out unwrapped.
    """
    if facts.form(carrier) != "exam_paper":
        return
    for row in facts.intervals(carrier):
        act = facts.at(row.from_index)
        if act is None or act.imported or act.kind == "created.opening" or row.person or row.phase not in _NOBODY:
            continue
        yield Breach(
            (act.index,),
            f"试卷 {carrier} 无人保管",
            f"nobody is on record as keeping exam paper {carrier}",
            act,
            about="keeper",
        )
    for act in facts.of(carrier, "created.received", "transferred.dispatch"):
        if act.imported or act.carriers[:1] != [carrier] or not facts.is_yes("strict.MAK-10", act):
            continue
        if act.kind == "created.received" and act.body.seal != "intact":
            yield Breach(
                (act.index,),
                "试卷收到时未密封或封口破损",
                "exam papers came unsealed or with a broken seal",
                act,
                about="seal",
            )
        elif act.kind == "transferred.dispatch" and act.body.cover and not act.body.cover.wrapped:
            yield Breach((act.index,), "试卷发出时未密封", "exam papers were sent out unsealed", act, about="seal")
