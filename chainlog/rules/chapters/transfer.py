"""Hand-overs (传递): TRN-3, TRN-4."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.event.catalogue import KINDS
from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.rule import Breach, rule

# Acts by which one person gives and another takes over, both on the spot.
_TWO_SIDED: Final = frozenset({
    "transferred.circulate", "transferred.lend", "transferred.hold", "transferred.take_out", "transferred.hand_over",
    "transferred.archive", "returned.to_keeper",
})  # fmt: skip
# Acts whose other side may sign elsewhere: a receipt that names them closes the gap.
_ANSWERED: Final = frozenset({"transferred.dispatch", "returned.to_issuer"})
# Who already has it keeps it longer: the registrar who allows that is no giver of the thing.
_CONVERTS: Final = frozenset({"transferred.hold", "transferred.lend", "transferred.take_out"})
_GIVEN: Final = _TWO_SIDED | _ANSWERED | {"transferred.repair"}


def _first(act: Act, carrier: str) -> bool:
    """Whether *carrier* is the first of the act's carriers: an act on many is found once."""
    return act.with_prefix("c")[:1] == [carrier]


@rule(
    "TRN-3", "交接双方签字", "every hand-over is signed by both sides",
    article="人大机关保密制度五（一）4；保守国家秘密法实施条例第二十七条", severity="high", of="c",
)  # fmt: skip
def both_sides(facts: Facts, carrier: str) -> Iterator[Breach]:
    """A hand-over on the spot with one signature only. Rows of a paper ledger are not judged: their ink is elsewhere."""
    acts = facts.of(carrier)
    for act in acts:
        if act.imported or act.kind not in _TWO_SIDED or not _first(act, carrier):
            continue
        missing = [role for role in ("giver", "receiver") if not act.signers(role)]
        if not missing:
            continue
        later = next((a for a in acts if a.kind == "countersigned" and act.id in a.refs), None)
        healed = later is not None and all(later.signers(role) for role in missing)
        names = {"giver": ("交出人", "giver"), "receiver": ("接收人", "receiver")}
        zh = "、".join(names[role][0] for role in missing)
        en = " and ".join(names[role][1] for role in missing)
        yield Breach(
            (act.index,) if later is None else (act.index, later.index),
            f"“{KINDS[act.kind].zh}”缺{zh}签字",
            f"{KINDS[act.kind].en}: not signed by the {en}",
            act,
            closed=healed,
        )


@rule(
    "TRN-4", "交出人须为现保管人", "the giver is who has the carrier",
    article="由《阅读传阅制度》第三条推定", severity="critical", of="c",
)  # fmt: skip
def giver_has_it(facts: Facts, carrier: str) -> Iterator[Breach]:
    """The giver of an act is another person than the one who had the carrier right before it."""
    for act in facts.of(carrier):
        if act.kind not in _GIVEN or act.imported:
            continue
        givers = act.named("giver")
        holder = facts.holder_before(carrier, act)
        if not givers or holder is None or holder in givers:
            continue
        if act.kind in _CONVERTS and holder in act.named("receiver"):
            continue
        office = facts.values("custody.office", act)
        if office and all(facts.has_post(p, office, act.moment_us) for p in (holder, givers[0])):
            continue
        yield Breach(
            (act.index,),
            f"交出人 {givers[0]} 不是现保管人 {holder}",
            f"the giver {givers[0]} is not who has it, {holder}",
            act,
            ("custody.office",),
        )
