"""What media are, what is on them and what their labels say: what the rules on media ask. Pure over `Facts`."""

from __future__ import annotations

from typing import Final

from chainlog.event.types import LEVELS
from chainlog.projection import levels
from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.things import MEDIA

EQUIPMENT: Final = "created.equipment"
STORED: Final = "copied.stored"


def is_medium(facts: Facts, carrier: str) -> bool:
    """Whether a carrier is a storage medium."""
    return facts.form(carrier) in MEDIA


def on_medium(facts: Facts, carrier: str, *kinds: str) -> list[Act]:
    """The acts on a medium itself, not those that only use it as a device."""
    return [act for act in facts.of(carrier, *kinds) if carrier in act.carriers] if is_medium(facts, carrier) else []


def label_level(text: str) -> str:
    """The level that a mark states: what stands before the star."""
    words = text.partition("★")[0].strip()
    return words if words in LEVELS else ""


def label_of(facts: Facts, carrier: str, act: Act) -> tuple[str, int]:
    """(level on the label right before an act, the record that says so); empty if none is known."""
    found = ("", -1)
    for one in facts.of(carrier, EQUIPMENT, "created.entered", "created.opening", "marked"):
        if one.index >= act.index:
            break
        level = label_level(one.body.text) if one.kind == "marked" else getattr(one.body, "level", "")
        if level:
            found = (level, one.index)
    return found


def content_is_lower(facts: Facts, carrier: str, act: Act, lower: str) -> bool:
    """Whether all that is on a medium is known, and was itself lowered: then it follows its documents, as paper does."""
    stored = [one for one in on_medium(facts, carrier, STORED) if one.index < act.index]
    own = facts.document_of(carrier)
    on_it = [own] if own is not None else []
    on_it += [document for one in stored for document in one.with_prefix("d")]
    known = bool(on_it) and all(one.with_prefix("d") for one in stored)
    return known and all(levels.rank(facts.level(one, act)) <= levels.rank(lower) for one in on_it)


def lowered_to(act: Act) -> str:
    """The level that a decision in force, or a mark, gives a medium; empty for a decision that lowers nothing."""
    if act.kind == "marked":
        return label_level(act.body.text)
    effective = act.body.step == "approved" and (act.signers("approver") or act.body.by or act.imported)
    return str(act.body.level) if effective and act.body.change in ("lowered", "declassified") else ""
