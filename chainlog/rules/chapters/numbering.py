"""Numbers and balances (编号、份数): NUM-5."""

from __future__ import annotations

from collections.abc import Iterator

from chainlog.rules.facts import Facts
from chainlog.rules.rule import Breach, rule


@rule(
    "NUM-5", "份数平衡", "copies made are all accounted for",
    article="由《制发制度》第五条、五（一）5 推定", severity="critical", of="d",
)  # fmt: skip
def balance(facts: Facts, document: str) -> Iterator[Breach]:
    """The copies that the books state are more or fewer than those in stock, out, issued, filed, returned, destroyed, missing."""
    yield from _arrivals(facts, document)
    found = facts.balance(document)
    if found is None:
        return
    stated, there, evidence = found
    if stated == there:
        return
    acts = facts.of(document)
    lacking = stated - there
    if lacking < 0:
        # The arrivals and makings between them brought more than was stated.
        evidence = (*evidence, *(a.index for a in acts if a.kind.startswith(("created.", "copied."))))
    act = next((a for a in reversed(acts) if a.index in evidence), acts[-1])
    evidence = evidence or (act.index,)
    zh = f"应有{stated}份，账上{there}份，" + (f"少{lacking}份" if lacking > 0 else f"多{-lacking}份")
    en = f"{stated} copies are stated, {there} accounted for: {abs(lacking)} {'missing' if lacking > 0 else 'too many'}"
    yield Breach(evidence, zh, en, act, unfinished=lacking > 0)


def _arrivals(facts: Facts, document: str) -> Iterator[Breach]:
    """An arrival of this document alone in which other numbers of copies were found than entered the books."""
    for act in facts.of(document):
        if act.kind != "created.received" or act.with_prefix("d") != [document]:
            continue
        entered = len(act.body.items) + (act.body.copies_unnumbered or 0)
        if act.body.found != entered:
            yield Breach(
                (act.index,),
                f"实收{act.body.found}份，入账{entered}份",
                f"{act.body.found} copies were found, {entered} entered the books",
                act,
            )
