"""What another unit issued and wants back: by the document as received, or by a list on which it was called in later. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainlog.projection import rows
from chainlog.rules.acts import Act
from chainlog.rules.things import is_outside

if TYPE_CHECKING:
    from chainlog.rules.facts import Facts


def to_return(facts: Facts, document: str | None) -> Any:
    """What the registration of a document states, if another unit issued it and wants it back; else None."""
    stated = facts.stated(document) if document else None
    if stated is None or not stated.return_required or stated.issuer == facts.own_unit:
        return None
    return stated


def disposes(facts: Facts, act: Act) -> bool:
    """
    Whether an act puts a carrier out of the reach of who has to return it.

    What one reader passes to another within the unit stays in reach: that is CIR-1. Who belongs to no declared unit may be of it.
    What goes to an exchange is on its way to somebody else.
    """
    if act.kind == "transferred.hand_over":
        if act.body.reason == "passing_on":
            to, receivers = act.body.to, act.named("receiver")
            abroad = bool(to) and is_outside(facts, to, act.moment_us)
            return abroad or any(facts.is_insider(person, act.moment_us) is False for person in receivers)
        return bool(act.body.reason == "gift")
    if act.kind == "transferred.dispatch":
        declared = facts.unit(act.body.to, act.moment_us)
        return is_outside(facts, act.body.to, act.moment_us) and (declared is None or declared.type != "exchange")
    return True


def wanted_back(facts: Facts, carrier: str, act: Act) -> bool:
    """
    Whether the issuer wanted a carrier back when an act was done: by the document as received, or by a recall. What was open
    (无密) by then is nobody's to call in.
    """
    if facts.level(carrier, act) == "无密":
        return False
    document = facts.document_of(carrier)
    stated = facts.stated(document) if document else None
    issuer = None if stated is None else stated.issuer
    if act.kind == "transferred.dispatch" and act.body.to == issuer:
        return False
    if issuer == facts.own_unit or waived(facts, carrier, document, stated, act):
        return False
    registered = facts.document(document) if document else None
    if stated is not None and stated.return_required and registered is not None:
        return registered.registered_index is not None and registered.registered_index < act.index
    if not any(one.kind == "created.received" for one in facts.of(carrier, "created.")):
        return False
    return any(row.purpose == "recall" and index < act.index for index, row in _listed(facts, carrier, before=act))


def _listed(facts: Facts, carrier: str, *, before: Act) -> list[tuple[int, Any]]:
    """The lists that a carrier was on when an act was done; the act itself may have taken it off."""
    found = facts.dated(rows.LISTED, carrier)
    return [(index, row) for index, row in found if row.off_index is None or row.off_index >= before.index]


def waived(facts: Facts, carrier: str, document: str | None, stated: Any, act: Act | None) -> bool:
    """Whether who issued or classified a document let it stay, before an act; as far as the books know who that is."""
    who = set() if stated is None else {stated.issuer, stated.classifier or stated.issuer}
    for one in (carrier, *([document] if document else [])):
        for permit in facts.of(one, "decided.permit"):
            body = permit.body
            if body.act != "waive_return" or body.step != "approved" or (act is not None and permit.index > act.index):
                continue
            if (body.by and (not who or body.by in who)) or permit.imported:
                return True
    return False
