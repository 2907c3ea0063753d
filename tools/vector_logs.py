"""The logs that the vectors of appends continue, and records that would be next on them. Pure; nothing is admitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chainlog.canon import codec
from tools.fixed_log import (
    ADMINISTRATORS,
    CHIEF,
    CLERK,
    KEEPER,
    MINUTE_US,
    Growing,
    Sign,
    Story,
    administrators,
    make_genesis,
    named,
    public,
)
from tools.vector_case import Case

RECOVERY: Final = (("p/R1", "recovery/p/R1"), ("p/R2", "recovery/p/R2"), ("p/R3", "recovery/p/R3"))
LENDING: Final = [("giver", KEEPER, 1), ("receiver", CLERK, 1)]
STORING: Final = [("registrar", KEEPER, 1)]
DOCUMENT: Final = "d/省委〔2025〕7"
LIST: Final = "l/X-2025-01"


class Cases:
    """Collects cases; each says which log it continues."""

    def __init__(self) -> None:
        self.logs: dict[str, Growing] = {}
        self.found: list[Case] = []

    def on(self, name: str, log: Growing, flag: str) -> On:
        """Cases on *log*, which is called *name*, with one flag."""
        self.logs[name] = log
        return On(self, name, flag)


class On:
    """Adds cases on one log: comment, the record in question, the codes that it deserves."""

    def __init__(self, cases: Cases, log: str, flag: str) -> None:
        self._cases, self._log, self._flag = cases, log, flag

    def __call__(self, comment: str, data: bytes, *codes: str) -> None:
        result = "invalid" if codes else "valid"
        case: Case = {"comment": comment, "flags": [self._flag], "result": result, "codes": sorted(codes)}
        self._cases.found.append({**case, "log": self._log, "record": data.hex()})


def base_log() -> Story:
    """Seven records: a genesis, three enrolments, two papers that arrive, a list, a loan."""
    log = Story()
    for person in (KEEPER, CLERK, CHIEF):
        log.enrol(person)
    items = [{"carrier": f"c/{n}", "form": "document", "document": DOCUMENT, "copy_no": f"{n:06}"} for n in (87, 88)]
    arrival = {"level": "机密", "sender": "u/省委", "channel": "exchange", "listed": 2, "found": 2, "seal": "intact"}
    log.add("created.received", body={**arrival, "items": items}, people=[("receiver", KEEPER, 1)])
    listed = {"purpose": "destroy", "items": [{"carrier": "c/88"}], "total": 1}
    log.add("listed.added", body=listed, people=STORING, subjects=[LIST])
    log.add("transferred.lend", body={"purpose": "起草", "depth": "read"}, people=LENDING, subjects=["c/87"])
    return log


def recovery_log() -> Story:
    """A log with two administrators and three recovery keys, of which two are needed."""
    holders = [(person, public(key)) for person, key in RECOVERY]
    two = [(person, public(person)) for person in ADMINISTRATORS[:2]]
    log = Story(make_genesis(administrators=two, recovery=holders, recovery_threshold=2))
    log.enrol(KEEPER)
    return log


def after(index: int, log: Growing) -> dict[str, Any]:
    """The base at *index*, for `seal`."""
    return {"base": (index, codec.decode(log.records[index + 1])[3])}


def record(
    log: Story, kind: str, *, signs: Sequence[Sign] | None = None, seal: Mapping[str, Any] | None = None, **rest: Any
) -> bytes:
    """A record that would be next, without putting it on the log."""
    event = log.event(kind, **rest)
    fields: dict[str, Any] = {"now_us": log.now_us, **(seal or {})}
    made = log.seal(event.encoded, named(event) if signs is None else signs, **fields)
    log.now_us -= MINUTE_US
    return made


def store(log: Story, *, people: Any = STORING, **rest: Any) -> bytes:
    """An ordinary record: c/88 is put into a cabinet."""
    return record(log, "transferred.store", body={"place": "w/G1"}, people=people, subjects=["c/88"], **rest)


def lend(log: Story, *, carrier: str = "c/88", **rest: Any) -> bytes:
    """An ordinary record with two signatures: a loan."""
    return record(
        log, "transferred.lend", body={"purpose": "x", "depth": "read"}, people=LENDING, subjects=[carrier], **rest
    )


def enrol(log: Story, person: str, *, key: str = "", proof: bytes | None = None, people: Any = None) -> bytes:
    """An enrolment, by two administrators unless *people* says others."""
    found = log.proof(person, key or person) if proof is None else proof
    body = {"person": person, "key": (1, public(key or person)), "proof": found}
    return record(log, "enrolled", body=body, people=administrators(2) if people is None else people)


def revoke(log: Story, person: str, *, key: str = "", people: Any, **body: Any) -> bytes:
    """A revocation."""
    stated = {"person": person, "key": (1, public(key or person)), "reason": "lost", **body}
    return record(log, "revoked", body=stated, people=people)


def administer(log: Story, holders: Sequence[tuple[str, str]], *, signs: Sequence[Sign], threshold: int = 2) -> bytes:
    """`administered` with (person, test key) each; `people` follows from the signatures."""
    body = {"administrators": [[person, (1, public(key))] for person, key in holders], "threshold": threshold}
    count: dict[tuple[str, str], int] = {}
    for sign in signs:
        count[sign.role, sign.person] = count.get((sign.role, sign.person), 0) + 1
    people = [(role, person, number) for (role, person), number in count.items()]
    return record(log, "administered", body=body, people=people, signs=signs)


def admin(person: str, key: str = "") -> Sign:
    """An administrator's signature, by another key where one is named."""
    return Sign("administrator", person, key)
