"""The log that the vectors of section 14 damage, and the kinds of damage. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from chainlog.canon import codec
from chainlog.record.record import unverified_record
from tools.fixed_log import (
    CHIEF,
    CLERK,
    KEEPER,
    MINUTE_US,
    Growing,
    Sign,
    Story,
    administrators,
    edited,
    event_id,
)
from tools.vector_case import Case
from tools.vector_logs import DOCUMENT, LENDING, STORING, lend, record, revoke

RECORDED, PREV, BASE, LINKS, EVENT, SIGNATURES = 2, 3, 4, 5, 6, 7
LENT: Final = 5  # the record with two signatures, on which later ones rest
LIST: Final = "l/X-2025-01"
INSPECTING: Final = [("operator", CHIEF, 1)]

Slot = bytes | None
Finding = tuple[str, int | None]


def intact() -> Story:
    """Twelve records: a genesis, enrolments, the life of two papers until they are destroyed, two inspections."""
    log = Story()
    for person in (KEEPER, CLERK, CHIEF):
        log.enrol(person)
    items = [{"carrier": f"c/{n}", "form": "document", "document": DOCUMENT, "copy_no": f"{n:06}"} for n in (87, 88)]
    arrival = {"level": "机密", "sender": "u/省委", "channel": "exchange", "listed": 2, "found": 2, "seal": "intact"}
    log.add("created.received", body={**arrival, "items": items}, people=[("receiver", KEEPER, 1)])
    log.add("transferred.lend", body={"purpose": "起草", "depth": "read"}, people=LENDING, subjects=["c/87"])
    people = [("giver", CLERK, 1), ("receiver", KEEPER, 1)]
    back: dict[str, Any] = {
        "body": {"reason": "loan"},
        "people": people,
        "subjects": ["c/87"],
        "refs": [log.reference(LENT)],
    }
    log.add("returned.to_keeper", **back)
    listed = {"purpose": "destroy", "items": [{"carrier": "c/87"}, {"carrier": "c/88"}], "total": 2}
    log.add("listed.added", body=listed, people=STORING, subjects=[LIST])
    permit = {"step": "approved", "act": "destroy"}
    log.add("decided.permit", body=permit, people=[("approver", CHIEF, 1)], subjects=[LIST], refs=[log.reference(7)])
    people = [("supervisor", KEEPER, 1), ("supervisor", CLERK, 1)]
    subjects = ["c/87", "c/88", DOCUMENT, LIST]
    log.add("destroyed.carriers", body={"method": "pulp"}, people=people, subjects=subjects, refs=[log.reference(8)])
    inspect(log)
    inspect(log)
    return log


def inspect(log: Story, **rest: Any) -> int:
    """One ordinary record more. Its index."""
    return log.add("checked.inspection", body={"topic": "self"}, people=INSPECTING, subjects=["u/镇政府"], **rest)


class Logs:
    """Collects cases; a record that stands unchanged in the intact log is given by its number."""

    def __init__(self, base: Growing) -> None:
        self.base = base
        self.cases: list[Case] = []
        self._known = {data: index for index, data in enumerate(base.records)}

    def add(
        self,
        comment: str,
        slots: Sequence[Slot],
        *findings: Finding,
        flag: str,
        head: bytes | None = None,
        log_id: bytes | None = None,
        integrity: str = "",
    ) -> None:
        """
        One log.

        Args:
            slots: what stands at each key. findings: (code, index), each pair once.
            head: what is stored, the intact log's unless given. log_id: what the verifier is given.
            integrity: broken if there are findings, unless it says otherwise.
        """
        shown = [None if data is None else self._known.get(data, data.hex()) for data in slots]
        ordered = sorted(findings, key=lambda f: (f[1] is None, f[1] or 0, f[0]))
        self.cases.append(
            {
                "comment": comment,
                "flags": [flag],
                "result": "invalid" if findings else "valid",
                "findings": [list(finding) for finding in ordered],
                "integrity": integrity or ("broken" if findings else "intact"),
                "log_id": (self.base.id if log_id is None else log_id).hex(),
                "records": shown,
                "head": (self.base.head() if head is None else head).hex(),
            }
        )


# --- damage -----------------------------------------------------------------------------------------


def later(data: bytes) -> bytes:
    """The record with another time: nobody but the log signed that."""
    return edited(data, RECORDED, unverified_record(data).recorded_at_us + 1)


def other_event(data: bytes) -> bytes:
    """The record with a note more in its event; the signatures are left."""
    event = codec.decode(unverified_record(data).event)
    event[7]["note"] = "x"
    return edited(data, EVENT, codec.encode(event))


def put(records: Sequence[bytes], index: int, data: bytes) -> list[bytes]:
    """The records with another one at *index*."""
    return [*records[:index], data, *records[index + 1 :]]


def exchanged(records: Sequence[bytes], one: int, other: int) -> list[bytes]:
    """The records with two of them exchanged."""
    return put(put(records, one, records[other]), other, records[one])


def stranger(index: int) -> bytes:
    """A good record of the same log that never stood there: what another branch would have at *index*."""
    log = Story()
    for data in intact().records[1:index]:
        log.push(data)
    log.now_us += 100 * MINUTE_US
    inspect(log, event_id=event_id(99))
    return log.records[index]


def witnessed(log: Growing, index: int) -> bytes:
    """The record at *index* with one true signature more, of somebody whom the event doesn't name."""
    old = unverified_record(log.records[index])
    event = codec.decode(old.event)
    signs = [Sign(role, person, signed_at_us=old.recorded_at_us) for role, person, _ in event[4]]
    signs.append(Sign("witness", CHIEF, signed_at_us=old.recorded_at_us))
    return Growing(log.records[:index]).seal(old.event, signs, now_us=old.recorded_at_us, base=old.base)


# --- what a writer that doesn't check would take ----------------------------------------------------


def fault(
    kind: str = "checked.inspection", *, seal: dict[str, Any] | None = None, **rest: Any
) -> Callable[[Story], bytes]:
    """A record that is wrong in what *seal* or *rest* say."""
    fields: dict[str, Any] = {"body": {"topic": "self"}, "people": INSPECTING, "subjects": ["u/镇政府"], **rest}
    return lambda log: record(log, kind, seal=seal, **fields)


def reworked(place: int, value: Any) -> Callable[[Story], bytes]:
    """A record whose event was replaced in one element before it was signed."""

    def make(log: Story) -> bytes:
        fields: dict[str, Any] = {"body": {"topic": "self"}, "people": INSPECTING, "subjects": ["u/镇政府"]}
        event = codec.decode(log.event("checked.inspection", **fields).encoded)
        event[place] = value
        return log.seal(codec.encode(event), [Sign("operator", CHIEF)], now_us=log.now_us)

    return make


def misplaced(place: int, value: Any) -> Callable[[Story], bytes]:
    """A record that was replaced in one element after it was signed."""
    make = fault()
    return lambda log: edited(make(log), place, value)


def by_a_revoked_key(log: Story) -> bytes:
    """A loan that a person signs after the key was revoked."""
    log.push(revoke(log, CLERK, people=administrators(2)))
    return lend(log, carrier="c/99")


def on_an_old_base(log: Story) -> bytes:
    """A loan of a carrier that was entered after the base."""
    entered = {"level": "机密", "reason": "book", "items": [{"carrier": "c/99", "form": "register_book"}]}
    log.add("created.entered", body=entered, people=STORING)
    return lend(log, carrier="c/99", seal={"base": (11, codec.decode(log.records[12])[PREV])})


def by_one_administrator(log: Story) -> bytes:
    """An enrolment below the threshold."""
    proof = log.proof("p/0078", "p/0078")
    body = {"person": "p/0078", "key": (1, Sign("", "p/0078").secret.public_key), "proof": proof}
    return record(log, "enrolled", body=body, people=administrators(1))


def signed_by_who_was_not_enrolled(log: Story) -> bytes:
    """A record by somebody whose enrolment is below the threshold."""
    log.push(by_one_administrator(log))
    return fault(people=[("operator", "p/0078", 1)])(log)


def signed_by_who_was_not_revoked(log: Story) -> bytes:
    """A record by somebody whose key was revoked below the threshold: it still counts."""
    log.push(revoke(log, CHIEF, people=[("operator", KEEPER, 1)]))
    return fault()(log)


def after_the_end(log: Story) -> bytes:
    """A record after `log_closed`."""
    log.add("log_closed", body={"successor": "draft.next"}, people=administrators(2))
    return fault()(log)


def no_record(_log: Story) -> bytes:
    """Bytes that are none."""
    return b"\x90"
