"""Issue (分发、发文): ISS-1 to ISS-8. ISS-9 (issued papers are taken back) only points to RET-8 and is judged there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.event.types import CHANNEL
from chainlog.rules import hands
from chainlog.rules.acts import Act
from chainlog.rules.decisions import post_faults, takes_effect
from chainlog.rules.facts import Facts
from chainlog.rules.hands import ON_FOOT, POSTED
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import CONGRESS, DECREE, TOWN_CLASSIFY, TOWN_ISSUE
from chainlog.rules.terms import within
from chainlog.rules.things import is_secret

_DISPATCH: Final = "transferred.dispatch"
# Units of the place itself: what goes to them stays in the township, the university, the house.
_LOCAL: Final = frozenset({"own", "section", "subordinate"})
_MADE: Final = frozenset({"created.produced", "copied.made"})
# How many escort what is brought elsewhere, where the policy gives no number.
_ESCORTS: Final = 2


@rule(
    "ISS-1", "由指定人员分发", "named staff of the office distribute",
    article=f"{TOWN_ISSUE}第五条", severity="medium", of="cd", on=(_DISPATCH,), needs=("posts.issue",), basis="L+R",
)  # fmt: skip
def issued_by_post(facts: Facts, subject: str) -> Iterator[Breach]:
    """Who gave a carrier out to another unit held none of the posts that may. Rows of a ledger and open papers are not judged."""
    for act in hands.judged(facts, subject, _DISPATCH):
        if act.imported or hands.is_open(facts, act):
            continue
        for fault in post_faults(facts, act, hands.persons(act, "giver"), "posts.issue"):
            yield Breach((act.index,), f"分发人{fault.zh}", f"distributed it: {fault.en}", act, fault.parameters)


@rule(
    "ISS-2", "收文单位派专人签收", "the receiving unit signs for it in time",
    article=f"{TOWN_ISSUE}第六条；{DECREE}第二十七条", severity="high", of="c", on=(_DISPATCH,),
    reads=("transferred.receipt", "returned.", "countersigned"),
    parameters=("within.receipt.local", "within.receipt.post"), basis="L+T",
)  # fmt: skip
def receipted(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    No receipt in the term for what goes by hand, or for what is posted; several copies without one are found once.

    A receiver who signed on the spot, or a slip attached to the dispatch, is a receipt; so is the return of the copy. Open papers
    (无密) need none.
    """
    for act in facts.of(carrier, _DISPATCH):
        if act.imported or carrier not in act.carriers or _on_the_spot(act) or hands.is_open(facts, act):
            continue
        answer = _receipt(facts, act, carrier)
        name = "within.receipt.local" if act.body.channel in ON_FOOT else "within.receipt.post"

        def alike(other: str, act: Act = act, answer: Act | None = answer) -> bool:
            found = _receipt(facts, act, other)
            return (None if found is None else found.index) == (None if answer is None else answer.index)

        for outcome in within(
            facts, name, act, done=answer, zh=f"发往 {act.body.to} 的 {carrier} 须签收",
            en=f"{carrier}, sent to {act.body.to}, is to be signed for",
        ):  # fmt: skip
            if hands.is_first_alike(act, carrier, alike):
                yield outcome


def _on_the_spot(act: Act) -> bool:
    """Whether the other side took it over in the dispatch itself: signed, or named with the slip attached."""
    return bool(act.signers("receiver")) or (bool(act.named("receiver")) and bool(act.body.attachments))


def _receipt(facts: Facts, dispatch: Act, carrier: str) -> Act | None:
    """The first act after a dispatch by which a carrier is known to have arrived, or to be back."""
    return next(
        (
            act
            for act in facts.of(carrier, "transferred.receipt", "returned.", "countersigned")
            if act.index > dispatch.index
            and (act.kind != "countersigned" or (dispatch.id in act.refs and act.signers("receiver")))
        ),
        None,
    )


@rule(
    "ISS-3", "通知领取不得涉及标题和内容", "the call to collect does not mention title or content",
    article=f"{TOWN_ISSUE}第六条", severity="medium", of="cdlu", on=("notified.sent",),
)  # fmt: skip
def call_without_title(facts: Facts, subject: str) -> Iterator[Breach]:
    """A call to collect that, as the registrar states, named the title; not of open papers. What was really said no log can show."""
    for act in facts.of(subject, "notified.sent"):
        first = next((one for one in act.subjects if one[0] in "cdlu"), "")
        if first == subject and act.body.topic == "collect" and act.body.names_title and not hands.is_open(facts, act):
            yield Breach(
                (act.index,),
                f"通知领取（{CHANNEL.values[act.body.channel]}）涉及文件标题或内容",
                f"the call to collect ({act.body.channel}) mentioned title or content",
                act,
            )


def secret_dispatches(facts: Facts, subject: str) -> Iterator[tuple[Act, str]]:
    """(dispatch, level) of state secrets sent off, judged at *subject*."""
    for act in hands.judged(facts, subject, _DISPATCH):
        level = hands.level_of(facts, act)
        if is_secret(level):
            yield act, level


@rule(
    "ISS-4", "发往外地经机要通信或密传", "beyond the place only by confidential post or coded transmission",
    article=f"{TOWN_ISSUE}第六条", severity="high", of="cd", on=(_DISPATCH,), needs=("channels.external",),
    parameters=("min.escorts",),
)  # fmt: skip
def external_channel(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A state secret went by none of the channels of the policy to a unit elsewhere, or otherwise than from hand to hand.

    From hand to hand it may go elsewhere too, if that unit's own person came and signed, or enough escorts went with it. A unit that
    isn't declared may be of the place: what is handed over to it is not judged.
    """
    for act, _ in secret_dispatches(facts, subject):
        allowed = facts.values("channels.external", act)
        unit = facts.unit(act.body.to, act.moment_us)
        elsewhere = unit is not None and unit.type not in _LOCAL
        least = int(facts.value("min.escorts", act) or _ESCORTS)
        on_foot = act.body.channel in ON_FOOT
        if act.body.channel in allowed or (
            on_foot and (not elsewhere or _on_the_spot(act) or len(set(act.acting("escort"))) >= least)
        ):
            continue
        channel = CHANNEL.values[act.body.channel]
        more_zh = f"，收文单位未派人签收，护送不足{least}人" if on_foot else ""
        more_en = f": nobody of that unit signed, and fewer than {least} escorts went with it" if on_foot else ""
        yield Breach(
            (act.index,),
            f"经{channel}发往 {act.body.to}，不是机要通信或密传{more_zh}",
            f"sent to {act.body.to} by {act.body.channel}{more_en}",
            act,
            ("channels.external", "min.escorts") if on_foot else ("channels.external",),
        )


@rule(
    "ISS-5", "邮寄须密封并标明密级、编号、收件单位", "what is posted is sealed, its cover bears level, number, addressee",
    article=f"{TOWN_ISSUE}第六条", severity="medium", of="cd", on=(_DISPATCH,), needs=("cover.when",),
)  # fmt: skip
def covered(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    No cover is recorded, it was not sealed, or it states another level than what is inside.

    Asked of what is posted, or with `cover.when` = `always` of every state secret on paper that is sent. Ledgers have no column for
    covers: of their rows only a cover that is stated is judged.
    """
    for act, level in secret_dispatches(facts, subject):
        when, cover = facts.value("cover.when", act), act.body.cover
        wanted = act.body.channel in (POSTED | ON_FOOT if when == "always" else POSTED)
        if not wanted or when == "never" or (act.imported and not cover):
            continue
        if not cover:
            zh, en = "未记录密封包装", "no sealed cover is recorded"
        elif not cover.wrapped:
            zh, en = "未密封", "it was not sealed"
        elif cover.level != level:
            zh, en = f"信封标明{cover.level}，实为{level}", f"the cover states {cover.level}, inside is {level}"
        else:
            continue
        yield Breach((act.index,), f"发往 {act.body.to}：{zh}", f"sent to {act.body.to}: {en}", act, ("cover.when",))


@rule(
    "ISS-6", "送寄须两人护送", "two persons escort what is sent out",
    article=f"{TOWN_ISSUE}第六条；{DECREE}第二十九条",
    severity="high", of="cd", on=(_DISPATCH,), reads=("countersigned",),
    needs=("escorts.when", "min.escorts"),
)  # fmt: skip
def escorted(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Fewer escorts signed than the policy asks for; which dispatches need them is policy: posted ones, 绝密, or all.

    One person counts once, however many signatures they gave. Rows of a ledger, which has no column for escorts, are not judged.
    """
    for act, level in secret_dispatches(facts, subject):
        if act.imported:
            continue
        when, channel = facts.values("escorts.when", act), act.body.channel
        wanted = (
            ("posted" in when and channel in POSTED)
            or ("always" in when and channel in POSTED | ON_FOOT)
            or ("top_secret" in when and level == "绝密" and channel in POSTED | ON_FOOT)
        )
        least = int(facts.value("min.escorts", act) or 0)
        escorts = set(act.acting("escort"))
        if not wanted or len(escorts) >= least:
            continue
        later = escorts | set(facts.countersigners(act, "escort"))
        yield Breach(
            (act.index, *(one.index for one in facts.answers(act, "countersigned") if one.signers("escort"))),
            f"发往 {act.body.to} 护送{len(escorts)}人，不足{least}人",
            f"{len(escorts)} of {least} escorts signed for what was sent to {act.body.to}",
            act,
            ("escorts.when", "min.escorts"),
            closed=len(later) >= least,
        )


@rule(
    "ISS-7", "分发给领导个人的当面送交", "copies for leaders personally are handed over face to face",
    article=f"{TOWN_ISSUE}第七条", severity="medium", of="c", on=("transferred.circulate",), reads=("countersigned",),
    needs=("posts.leaders",), basis="L+R",
)  # fmt: skip
def face_to_face(facts: Facts, carrier: str) -> Iterator[Breach]:
    """A copy made here, no open paper, went to a leader otherwise than face to face, or the leader has not signed."""
    for act in hands.judged(facts, carrier, "transferred.circulate"):
        state = facts.carrier(carrier)
        if act.imported or act.with_prefix("l") or state is None or state.born_kind not in _MADE:
            continue
        if hands.is_open(facts, act):
            continue
        posts = facts.values("posts.leaders", act)
        for person in hands.persons(act, "receiver"):
            if not facts.has_post(person, posts, act.moment_us):
                continue
            if act.body.mode != "face_to_face":
                yield Breach(
                    (act.index,), f"分发给领导 {person} 未当面送交", f"not handed to {person} face to face", act,
                    ("posts.leaders",), about=person,
                )  # fmt: skip
            elif person not in act.signers("receiver"):
                yield Breach(
                    hands.evidence(act, *facts.answers(act, "countersigned")), f"领导 {person} 未签收",
                    f"{person} has not signed for it", act, ("posts.leaders",),
                    closed=person in facts.countersigners(act, "receiver"), about=person,
                )  # fmt: skip


@rule(
    "ISS-8", "按标明的发放范围分发", "distribution keeps to the range stated on the document",
    article=f"{TOWN_CLASSIFY}第五条；{CONGRESS}四（一）1", severity="critical", of="c", on=(_DISPATCH,),
    reads=("created.produced", "decided.scope", "decided.classify"),
)  # fmt: skip
def in_distribution(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A copy was sent to a unit that neither the distribution list nor the range of knowledge names.

    Where no unit is named anywhere there is no list to keep to. Back to its issuer a document may always go, and to a section of a
    unit that is named.
    """
    document = facts.document_of(carrier)
    if document is None:
        return
    for act in facts.of(carrier, _DISPATCH):
        if not hands.is_first_of_document(facts, act, carrier):
            continue
        names, sources = _distribution(facts, document, act)
        receivers = set(act.named("receiver"))
        if not any(name[0] == "u" for name in names) or _with_parent(facts, act) & names or receivers & names:
            continue
        stated = facts.stated(document)
        if stated is not None and stated.issuer == act.body.to and act.body.to != facts.own_unit:
            continue
        units = "、".join(sorted(name for name in names if name[0] == "u")[:5])
        yield Breach(
            hands.evidence(act, *sources), f"发给 {act.body.to}，不在发放范围（{units}）",
            f"sent to {act.body.to}, which is not in the distribution ({units})", act,
        )  # fmt: skip


def _with_parent(facts: Facts, act: Act) -> set[str]:
    """The unit that a dispatch goes to; of a section, those above it too."""
    unit = facts.unit(act.body.to, act.moment_us)
    is_section = unit is not None and unit.type == "section"
    return {act.body.to, *(facts.above(act.body.to, act.moment_us) if is_section else ())}


def _distribution(facts: Facts, document: str, before: Act) -> tuple[set[str], list[Act]]:
    """Units and persons that a document may be given to, and the acts that say so, as far as they came before an act."""
    names: set[str] = set()
    sources = []
    for act in facts.of(document, "created.produced", "decided.scope", "decided.classify"):
        if not act.before(before):
            continue
        if act.kind == "created.produced":
            found = set(act.body.distribution or ())
        elif act.body.scope and takes_effect(act):
            found = {*(act.body.scope.units or ()), *(act.body.scope.persons or ())}
        else:
            continue
        if found:
            names |= found
            sources.append(act)
    return names, sources
