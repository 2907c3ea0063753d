"""Vectors of section 5: geneses, administrators, recovery keys. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainlog.canon import codec
from chainlog.log.genesis import Policy
from tools.fixed_log import (
    ADMINISTRATORS,
    DAY_US,
    KEEPER,
    T0_US,
    Growing,
    Sign,
    Story,
    administrators,
    genesis_signs,
    make_genesis,
    named,
    public,
)
from tools.vector_logs import RECOVERY, STORING, Cases, admin, administer, base_log, record, recovery_log, revoke

_SAME = [(person, person) for person in ADMINISTRATORS]


def administration(cases: Cases) -> None:
    """Who may change the administrators."""
    log = base_log()
    at = cases.on("base", log, "administrators")
    grown = [*_SAME, ("p/A4", "p/A4")]
    four = [admin(person) for person, _ in grown]
    at("a fourth administrator", administer(log, grown, signs=four))
    at("one of the new set doesn't sign", administer(log, grown, signs=four[:3]), "below-threshold")
    renewed = [("p/A1", "p/A1#2"), *_SAME[1:]]
    signs = [admin("p/A1"), admin("p/A1", "p/A1#2"), admin("p/A2"), admin("p/A3")]
    at("a changed key: its holder signs with both", administer(log, renewed, signs=signs))
    at("with the new one, and two others reach the threshold", administer(log, renewed, signs=signs[1:]))
    at("with the old one alone", administer(log, renewed, signs=[signs[0], *signs[2:]]), "below-threshold")
    stolen = [(person, f"{person}#thief") for person in ADMINISTRATORS]
    takeover = administer(log, stolen, signs=[admin(person, key) for person, key in stolen])
    at("a takeover: new keys for all administrators, signed with these", takeover, "below-threshold")
    half = [_SAME[0], *stolen[1:]]
    takeover = administer(log, half, signs=[admin(person, key) for person, key in half])
    at("a takeover with one real administrator", takeover, "below-threshold")
    new = [(person, person) for person in ("p/B1", "p/B2", "p/B3")]
    fresh = [admin(person) for person, _ in new]
    at("a new set, signed by itself", administer(log, new, signs=fresh), "below-threshold")
    at("a new set, and two of the old", administer(log, new, signs=[*fresh, admin("p/A1"), admin("p/A2")]))
    at("a threshold of 1", administer(log, _SAME, signs=four[:3], threshold=1), "malformed")
    at("a threshold of all without recovery keys", administer(log, _SAME, signs=four[:3], threshold=3), "malformed")
    twice = [*_SAME, ("p/A1", "p/A1#2")]
    at("two keys for one administrator", administer(log, twice, signs=signs), "malformed")
    worker = [*_SAME, (KEEPER, KEEPER)]
    enrolled = administer(log, worker, signs=[*four[:3], admin(KEEPER, KEEPER)])
    at("an enrolled key as an administrator's", enrolled, "key-reused")
    _declarations(cases, log)
    _revoked(cases)


def _declarations(cases: Cases, log: Story) -> None:
    at = cases.on("base", log, "administrators")
    body = {"unit": "u/别的", "name": "别的", "type": "peer"}
    at("one administrator declares a unit", record(log, "declared.unit", body=body, people=administrators(1)))
    at("somebody else declares a unit", record(log, "declared.unit", body=body, people=STORING), "below-threshold")
    body = {"person": "p/A2", "what": "training", "valid_from": "2025-01-01"}
    own = record(log, "appointed.credential", body=body, people=administrators(2))
    at("who is appointed doesn't count", own, "below-threshold")


def _revoked(cases: Cases) -> None:
    log = base_log()
    log.push(revoke(log, "p/A1", people=administrators(2, start=1)))
    at = cases.on("administrator revoked", log, "administrators")
    again = administer(log, _SAME, signs=[admin(person) for person in ADMINISTRATORS])
    at("a revoked administrator's key in the new set", again, "revoked-key")
    body = {"person": "p/0078", "what": "training", "valid_from": "2025-01-01"}
    appointed = record(log, "appointed.credential", body=body, people=administrators(2))
    at("a revoked administrator signs", appointed, "revoked-key")


def recovery(cases: Cases) -> None:
    """What recovery keys may do."""
    log = recovery_log()
    at = cases.on("recovery", log, "recovery")
    new = [("p/A1", "p/A1#2"), ("p/A2", "p/A2#2")]
    proven = [admin(person, key) for person, key in new]
    holders = [Sign("recovery", person, key) for person, key in RECOVERY]
    at("two recovery keys and the new administrators", administer(log, new, signs=[*proven, *holders[:2]]))
    at("one recovery key", administer(log, new, signs=[*proven, holders[0]]), "below-threshold")
    lacking = administer(log, new, signs=[proven[0], *holders[:2]])
    at("a new administrator doesn't sign", lacking, "below-threshold")
    people = [("recovery", person, 1) for person, _ in RECOVERY[:2]]
    body: dict[str, Any] = {"person": KEEPER, "key": (1, public(KEEPER)), "reason": "compromised", "doubt_from": 1}
    at("recovery keys revoke a key", record(log, "revoked", body=body, people=people, signs=holders[:2]))
    body = {"person": "p/0078", "key": (1, public("p/0078")), "proof": log.proof("p/0078", "p/0078")}
    enrolled = record(log, "enrolled", body=body, people=people, signs=holders[:2])
    at("recovery keys enrol nobody", enrolled, "foreign-signature", "below-threshold")


def geneses(cases: Cases) -> None:
    """Record 0."""
    empty = Growing()
    at = cases.on("empty", empty, "genesis")

    def opened(comment: str, *codes: str, change: Callable[[list[Sign]], list[Sign]] = list, **fields: Any) -> None:
        event = make_genesis(**fields)
        at(comment, empty.seal(event.encoded, change(genesis_signs(event)), now_us=T0_US), *codes)

    holders = [(person, public(key)) for person, key in RECOVERY]
    three = [(person, public(person)) for person in ADMINISTRATORS]
    opened("three administrators, two needed")
    opened("two and recovery keys", administrators=three[:2], recovery=holders, recovery_threshold=2)
    opened("an administrator doesn't sign", "missing-signature", change=lambda signs: signs[:-1])
    opened("the log doesn't sign", "missing-signature", change=lambda signs: signs[1:])
    opened("two of two without recovery keys", "malformed", administrators=three[:2])
    opened("a threshold of 1", "malformed", threshold=1)
    opened("a threshold above the number", "malformed", threshold=4)
    opened("a recovery threshold of 1", "malformed", recovery=holders, recovery_threshold=1)
    opened("a recovery threshold above the number", "malformed", recovery=holders, recovery_threshold=4)
    opened(
        "one key for two administrators: it signs once", "missing-signature",
        administrators=[*three[:2], ("p/A3", public("p/A1"))], change=lambda signs: [s for s in signs if s.person != "p/A3"],
    )  # fmt: skip
    opened(
        "the log's key is an administrator's", "unknown-key", "missing-signature", log_key=public("p/A1"),
        change=lambda signs: [s if s.role != "log" else Sign("log", "s/log", "p/A1") for s in signs],
    )  # fmt: skip
    opened("a name with a capital", "malformed", name="draft.Example")
    opened("a name without draft", "malformed", name="example")
    opened("an offset of 15 hours", "malformed", utc_offset_minutes=900)
    opened("a sealed title", "malformed", title={"sealed": bytes(32)})
    opened("a policy with one supervisor", "bad-policy", policy=_RawPolicy("x", "1", 0, {"min.supervisors": ["1"]}))
    stored = Story().event("transferred.store", body={}, people=STORING, subjects=["c/1"])
    at("another kind", empty.seal(stored.encoded, named(stored), now_us=T0_US), "malformed", "unknown-key")
    event = make_genesis()
    signs = genesis_signs(event)
    for comment, base in (("a base that isn't zeros", (0, b"\1" * 32)), ("a base at index 1", (1, bytes(32)))):
        at(comment, empty.seal(event.encoded, signs, now_us=T0_US, base=base), "wrong-base")
    limited = codec.decode(event.encoded)
    limited[6] = T0_US + DAY_US
    at("with a time limit", empty.seal(codec.encode(limited), signs, now_us=T0_US), "expired")


class _RawPolicy(Policy):
    """A policy that isn't checked when it is drafted."""

    def body(self) -> dict[str, Any]:
        parameters = [[name, list(values)] for name, values in self.parameters.items()]
        return {
            "profile": self.profile,
            "version": self.version,
            "effective_at": 0,
            "parameters": parameters,
            "refuse": [],
        }
