"""Taking out (携带外出): OUT-1 to OUT-6."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from chainlog.event.catalogue import KINDS
from chainlog.rules.acts import Act
from chainlog.rules.decisions import Fault
from chainlog.rules.facts import Facts
from chainlog.rules.hands import is_first_alike
from chainlog.rules.placing import names_en, names_zh
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import CONGRESS, COOP, DECREE, PLAN_LAND, TOWN_LEND, TOWN_MEDIA, UNIVERSITY
from chainlog.rules.terms import by_then, within
from chainlog.rules.things import is_secret
from chainlog.rules.use import (
    RENEWAL,
    Taken,
    approval_faults,
    approvals,
    by_fault,
    follows,
    holdings,
    inspections,
    is_first,
    is_keeper,
    is_outside_place,
    with_renewals,
)

_OUT: Final = "transferred.take_out"
_BACK: Final = "returned.to_keeper"
_COMPANY: Final = 2


@rule(
    "OUT-1", "携带外出须事先批准", "taking out is approved beforehand",
    article=f"{UNIVERSITY}四、13；{TOWN_MEDIA}第四条；{DECREE}第二十九条", severity="critical", of="c", on=(_OUT,),
    reads=("decided.permit",), parameters=("posts.permit.take_out", "posts.check.take_out", "escorts.when", "min.escorts"), basis="L+R",
)  # fmt: skip
def approved(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    Something classified taken out without a signed approval before it, by somebody without the post, or beyond it (date,
    destination, bearer), where the policy says who approves; 绝密 by fewer persons than it asks for. Less grave, and only where
    what comes back is examined (`posts.check.take_out`): without a date of return.
    """
    for act in facts.of(carrier, _OUT):
        if act.imported or not is_first(act, carrier):
            continue
        secret = [one for one in act.carriers if is_secret(facts.level(one, act))]
        bearers = tuple(act.named("receiver"))
        taken = Taken(act.body.due or None, act.body.destination, bearers)

        def faults_of(one: str, act: Act = act, taken: Taken = taken) -> list[Fault]:
            level = facts.level(one, act)
            if not facts.specific("posts.permit.take_out", act, level)[1]:
                return []
            return approval_faults(facts, act, "take_out", one, posts="posts.permit.take_out", level=level, taken=taken)

        for fault, carriers in by_fault(secret, faults_of):
            evidence = (act.index,) if fault.permit is None else (fault.permit.index, act.index)
            zh, en = f"携出 {names_zh(carriers)}：{fault.zh}", f"{names_en(carriers)} taken out: {fault.en}"
            yield Breach(evidence, zh, en, act, ("posts.permit.take_out",), about=fault.what)
        if secret and facts.values("posts.check.take_out", act) and due_of(facts, act, secret[0]) is None:
            zh, en = "携带外出未定返回日期", "taken out without a date of return"
            yield Breach((act.index,), zh, en, act, ("posts.check.take_out",), "medium", about="due")
        top = [one for one in secret if facts.level(one, act) == "绝密"]
        together = {*bearers, *act.named("escort")}
        if top and "top_secret" in facts.values("escorts.when", act) and len(together) < _company(facts, act):
            zh, en = (
                f"绝密级 {names_zh(top)} 由{len(together)}人携带",
                f"{names_en(top)}, top secret, carried by {len(together)}",
            )
            yield Breach((act.index,), zh, en, act, ("escorts.when", "min.escorts"), about="company")


def _company(facts: Facts, act: Act) -> int:
    """How many must go together; two where the policy gives no number."""
    return int(facts.value("min.escorts", act) or _COMPANY)


def due_of(facts: Facts, act: Act, carrier: str) -> int | None:
    """When what was taken out is to be back: as stated, else as its permit says."""
    if act.body.due:
        return int(act.body.due)
    return next((int(one.body.until) for _, one in approvals(facts, act, "take_out", carrier) if one.body.until), None)


@rule(
    "OUT-2", "返回后经分管领导审查注销", "on return the responsible leader examines it and cancels the entry",
    article=f"{TOWN_MEDIA}第四条", severity="high", of="c", on=(_OUT,), reads=("returned.", RENEWAL, "checked.carrier"),
    parameters=("posts.check.take_out", "within.check_take_out"), basis="L+T",
)  # fmt: skip
def examined(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    Not back by its date, or by that until which it may be kept longer. Where the policy names who examines (`posts.check.take_out`): back and not examined, at once or in
    the policy's term; or examined by somebody who doesn't sign, or holds another post.
    """
    seen: set[int] = set()
    for out in with_renewals(facts, carrier, _OUT):
        given, back = out.given, out.ended
        due_us = due_of(facts, given, carrier)
        if due_us is not None:
            zh, en = f"{out.who} 携出的载体须返回", f"{out.who} is to bring it back"
            yield from by_then(facts, due_us, given, done=back, zh=zh, en=en, about="due")
        if back is None or back.index in seen:
            continue
        seen.add(back.index)
        posts = facts.values("posts.check.take_out", back)
        if back.kind != _BACK or back.imported or not posts or not is_secret(facts.level(carrier, given)):
            continue
        done = inspections(facts, carrier, back, "take_out")
        if facts.value("within.check_take_out", back):
            zh, en = f"{out.who} 带回的载体须审查注销", f"what {out.who} brought back is to be examined"
            first = next(iter(done), None)
            yield from within(
                facts, "within.check_take_out", back, done=first, zh=zh, en=en, evidence=(given.index,), about="check"
            )
        elif not done:
            zh, en = f"{out.who} 带回的载体未经审查注销", f"what {out.who} brought back was not examined"
            yield Breach(
                (given.index, back.index), zh, en, back, ("posts.check.take_out",), about="check", unfinished=True
            )
        if done and not any(_examiners(facts, one, posts) for one in done):
            who = "、".join(dict.fromkeys(_signers(facts, done[0]))) or "（未签名）"
            zh = f"审查人 {who} 不具审查职务（{'、'.join(posts)}）"
            en = f"examined by {who}, who held none of the posts {', '.join(posts)}"
            evidence = tuple(sorted((given.index, back.index, done[0].index)))
            yield Breach(evidence, zh, en, done[0], ("posts.check.take_out",), about="post")


def _signers(facts: Facts, check: Act) -> list[str]:
    roles = ("approver", "operator")
    return [one for role in roles for one in (*check.acting(role), *facts.countersigners(check, role))]


def _examiners(facts: Facts, check: Act, posts: tuple[str, ...]) -> list[str]:
    return [one for one in _signers(facts, check) if check.imported or facts.has_post(one, posts, check.moment_us)]


@rule(
    "OUT-3", "携带外出须采取安全防范措施", "protective measures are taken",
    article=f"{UNIVERSITY}四、13；{DECREE}第二十七条", severity="low", of="c", on=(_OUT,),
)  # fmt: skip
def measures(facts: Facts, carrier: str) -> Iterator[Breach]:
    """Something classified taken out with no measure stated. Whether the measures were real is not in the log."""
    for act in facts.of(carrier, _OUT):
        secret = [one for one in act.carriers if is_secret(facts.level(one, act))]
        if secret[:1] == [carrier] and not act.imported and not act.body.measures:
            yield Breach((act.index,), "携带外出未记安全防范措施", "no protective measure is stated", act)


_KEPT_AT: Final = (
    "transferred.lend",
    "transferred.hold",
    "transferred.store",
    "transferred.hand_over",
    "returned.to_keeper",
)


@rule(
    "OUT-4", "不得擅自带出单位", "nothing leaves the unit without having been taken out",
    article=f"{TOWN_LEND}第五条；{UNIVERSITY}四、8；{CONGRESS}四（二）2和四（三）3；{TOWN_MEDIA}第四条",
    severity="high", of="c", on=_KEPT_AT,
    reads=(_OUT, "decided.permit"), basis="L+R",
)  # fmt: skip
def not_carried_off(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    Something classified lent, kept, put away or handed over at a declared place outside the unit, while it is not out by an
    entry, and nobody permitted it to be read or taken there. What goes to another unit for good is not judged here, nor is
    reading outside (RDG-3).
    """
    for act in facts.of(carrier, *_KEPT_AT):
        place = act.body.place or ""
        # What another unit is given stays there.
        leaves = act.kind == "transferred.hand_over" and bool(act.body.to)
        if leaves or not place or not is_outside_place(facts, place, act.moment_us):
            continue
        if _is_off(facts, act, carrier) and is_first_alike(act, carrier, partial(_is_off, facts, act)):
            zh = f"未办理携带外出，“{KINDS[act.kind].zh}”在单位以外（{place}）"
            yield Breach(
                (act.index,), zh, f"{KINDS[act.kind].en}, outside the unit ({place}), without being taken out", act
            )


def _is_off(facts: Facts, act: Act, carrier: str) -> bool:
    """Whether something classified was in the unit's hands by the books, and neither out nor sent away."""
    before = facts.before(carrier, act)
    here = before is not None and before.custody_phase in ("in_stock", "in_circulation", "on_loan", "held")
    return here and is_secret(facts.level(carrier, act)) and not _may_be_there(facts, act, carrier)


def _may_be_there(facts: Facts, act: Act, carrier: str) -> bool:
    """Whether somebody permitted a carrier to be read at the place of an act, or to be taken there."""
    taken = Taken(where=act.body.place or "")
    return any(
        not approval_faults(facts, act, what, carrier, posts="", level="", taken=taken) for what in _PERMITS_PLACE
    )


_PERMITS_PLACE: Final = ("read_outside", "take_out")


_NEVER: Final = {"public": ("公共场所", "a public place"), "home": ("住宅", "a home")}


@rule(
    "OUT-5", "不得带到公共场所或家中", "never to public places or home",
    article=f"{COOP}二（四）；{PLAN_LAND}二", severity="critical", of="c", basis="L+R",
)  # fmt: skip
def not_public(facts: Facts, carrier: str) -> Iterator[Breach]:
    """Something classified taken to, or by any act at, a place declared as public or as a home. No approval heals it."""
    for act in facts.of(carrier):
        for place in dict.fromkeys((getattr(act.body, "destination", None) or "", act.body.place or "")):
            kind = facts.place_type(place or None, act.moment_us)
            if kind not in _NEVER or not _carries(act):
                continue
            secret = [one for one in act.carriers if is_secret(facts.level(one, act))]
            if secret[:1] == [carrier]:
                zh, en = _NEVER[kind]
                zh, en = f"{names_zh(secret)} 带到{zh}（{place}）", f"{names_en(secret)} at {en} ({place})"
                yield Breach((act.index,), zh, en, act, about=place)


def _carries(act: Act) -> bool:
    """Whether a carrier was at the place of an act; a meeting where something was only told of is none, nor a mishap."""
    return act.kind.startswith(("created.", "transferred.", "returned.", "copied.", "accessed.")) and not (
        act.kind == "accessed.read" and act.body.how == "heard"
    )


@rule(
    "OUT-6", "携出期间由本人亲自管理", "while out it stays with whom it was entered for",
    article=f"{COOP}二（四）", severity="critical", of="c", on=(_OUT,), reads=("transferred.", "returned."),
    parameters=("custody.office",),
)  # fmt: skip
def in_person(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    While it is out, the bearer gives it to somebody else, it is handed out to somebody else, or somebody else brings it back.
    Companions entered with the bearer count as bearers. What it was taken out for, its delivery to another unit, ends it.
    """
    found: dict[int, Breach] = {}
    for out in holdings(facts, carrier, _OUT, through=(RENEWAL,)):
        bearers = {*out.persons, *out.given.named("escort")}
        for act in facts.of(carrier, "transferred.", _BACK):
            if act.imported or not out.persons or not follows(act, out.given) or not out.is_first(act, carrier):
                continue
            if out.ended is not None and act is not out.ended and follows(act, out.ended):
                continue
            fault = _passed(facts, act, bearers, out.who)
            if fault is not None:
                # The last time out is the one that an act belongs to, where times leave that open.
                found[act.index] = Breach(tuple(sorted((out.given.index, act.index))), *fault, act)
    yield from found.values()


_DELIVERED: Final = frozenset({
    "transferred.dispatch", "transferred.receipt", "transferred.send_to_destruction", "transferred.archive", "transferred.store",
    "transferred.repair",
})  # fmt: skip


def _passed(facts: Facts, act: Act, bearers: set[str], who: str) -> tuple[str, str] | None:
    """(zh, en) of a change of hands while something is out, None if there is none."""
    givers, receivers = set(act.named("giver")), set(act.named("receiver"))
    if act.kind == _BACK:
        others = sorted(one for one in givers - bearers if not is_keeper(facts, one, act))
        if not others or givers & bearers:
            return None
        return f"{who} 携出，由 {'、'.join(others)} 带回", f"taken out by {who}, brought back by {', '.join(others)}"
    others = sorted(one for one in receivers - bearers if not is_keeper(facts, one, act))
    if act.kind in _DELIVERED or not others or (act.kind == "transferred.hand_over" and act.body.to):
        return None
    return f"{who} 携出期间转到 {'、'.join(others)} 手中", f"while {who} had it out, it went to {', '.join(others)}"
