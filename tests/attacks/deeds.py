"""Destructions for trials: as events of a small log, and as told to an office that rules judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainlog.event.model import CheckedEvent
from tests.builders import SmallLog
from tests.offices import Office, receive

SUPERVISORS = {"supervisor": ["p/C", "p/Z"]}
SHREDDED = {"method": "shred"}
DEED = "destroyed.carriers"


def deed(log: SmallLog, on: Sequence[str], people: Any = None, **rest: Any) -> CheckedEvent:
    """A destruction that p/C and p/Z supervise, unless told otherwise."""
    return log.handle.prepare(DEED, body=SHREDDED, people=people or SUPERVISORS, subjects=on, **rest)


def destroys(
    office: Office, *on: str, at: str = "06-10 10:00", supervisors: Any = ("李敏", "赵强"), **rest: Any
) -> int:
    """A destruction that is told to an office."""
    return office.tell(at, DEED, on=on, who={"supervisor": list(supervisors), **rest}, method="shred")


def stocked(office: Office, *carriers: str) -> Office:
    """The office with copies of one document."""
    receive(office, "03-03 09:00", carriers or ["c/1", "c/2", "c/3"], "d/1")
    return office


def listed(office: Office, *carriers: str, at: str = "06-02 09:00") -> int:
    """Carriers are put on the list l/1."""
    items = [{"carrier": carrier, "reason": "no_longer_needed"} for carrier in carriers]
    return office.tell(
        at,
        "listed.added",
        on=[*carriers, "l/1"],
        who={"registrar": "李敏"},
        purpose="destroy",
        items=items,
        total=len(carriers),
    )
