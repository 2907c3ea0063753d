"""Leaving (离岗): HND-6."""

from __future__ import annotations

from collections.abc import Iterator

from chainlog.event.catalogue import KINDS
from chainlog.rules.facts import Facts
from chainlog.rules.rule import Breach, rule


@rule(
    "HND-6", "离岗人员不得再签名", "who has left signs nothing",
    article="由《清退制度》第三条推定", severity="critical", of="p",
)  # fmt: skip
def signs_no_more(facts: Facts, person: str) -> Iterator[Breach]:
    """An event that a person signed after leaving, by the time stated, or on a base that shows the departure."""
    left = facts.departed(person)
    if left is None:
        return
    left_us, left_index = left
    for act in facts.of(person):
        roles = [role for role, who, signs in act.people if who == person and signs]
        if not roles or (act.index <= left_index and act.recorded_at_us <= left_us):
            continue
        signed_us = max(at for role, _, at, _ in act.signatures if role in roles)
        # The time is the signer's own word; a base that shows the departure proves that it was seen.
        if signed_us > left_us or act.base_index >= left_index:
            yield Breach(
                tuple(sorted((left_index, act.index))),
                f"{person} 离岗后仍签名（{KINDS[act.kind].zh}）",
                f"{person} signed after leaving ({KINDS[act.kind].en})",
                act,
            )
