"""A small log for tests: fixed keys, a clock that counts, three administrators of whom two must sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chainlog.event.model import CheckedEvent
from chainlog.log.genesis import Policy, genesis_draft, genesis_event
from chainlog.log.handle import LogHandle, write_genesis
from chainlog.record.draft import Draft
from chainlog.record.signer import LocalSigner
from chainlog.record.statement import EnrolStatement
from chainlog.store.memory import MemoryStore
from chainlog.store.port import Store
from tests.signers import signer

T0 = 1_735_689_600_000_000
"""2025-01-01 00:00 UTC"""

ADMINISTRATORS = ("p/A1", "p/A2", "p/A3")
PERSONS = ("p/L", "p/Z", "p/C")
POLICY = Policy("township", "1", 0, {"min.supervisors": ["2"]})


class Clock:
    """A second more at each question."""

    def __init__(self, now_us: int = T0) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        self.now_us += 1_000_000
        return self.now_us


class SmallLog(NamedTuple):
    """A log on record `len(persons)`: its genesis, then one enrolment a person."""

    handle: LogHandle
    store: Store
    clock: Clock
    # The two administrators who sign by default.
    administrators: dict[str, LocalSigner]

    def enrol(self, person: str, *, key: LocalSigner | None = None) -> None:
        """Enrol a key of *person*, the one of that name by default."""
        key = key or signer(person)
        proof = key.sign_enrolment(EnrolStatement(self.handle.id, person, 1, key.public_key))
        self.administer("enrolled", {"person": person, "key": (1, key.public_key), "proof": proof})

    def administer(self, kind: str, body: Mapping[str, Any], **rest: Any) -> Any:
        """Record a registry event that two administrators sign."""
        people = {"administrator": list(self.administrators)}
        return self.handle.record_event(kind, body=body, people=people, signers=self.administrators, **rest)

    def record(self, kind: str, people: Mapping[str, str | Sequence[str]], **rest: Any) -> Any:
        """Record an event that everybody signs whose role does so by default, with the key of the person's name."""
        named = [
            person for persons in people.values() for person in ([persons] if isinstance(persons, str) else persons)
        ]
        keys = {person: signer(person) for person in named}
        return self.handle.record_event(kind, people=people, signers=keys, **{"body": {}, **rest})


def made_genesis(
    *,
    now_us: int = T0,
    name: str = "draft.test",
    administrators: Sequence[str] = ADMINISTRATORS,
    threshold: int = 2,
    recovery: Sequence[str] = (),
    policy: Policy = POLICY,
    **rest: Any,
) -> CheckedEvent:
    """The event `log_opened`. Holders of recovery keys sign with the key called `recovery <person>`."""
    return genesis_event(
        **{"unit": "u/镇", "utc_offset_minutes": 480, "nonce": bytes(32), "event_id": bytes(16)}
        | {"recovery_threshold": 2 if recovery else 0}
        | rest,
        name=name,
        administrators=[(person, signer(person).public_key) for person in administrators],
        threshold=threshold,
        recovery=[(person, signer(f"recovery {person}").public_key) for person in recovery],
        log_key=signer("log").public_key,
        policy=policy,
        now_us=now_us,
    )


def signed_genesis(event: CheckedEvent, *, now_us: int = T0) -> Draft:
    """The draft of a genesis with everybody's signature."""
    draft = genesis_draft(event)
    for role, person, _ in event.event.people:
        key = {"log": "log", "recovery": f"recovery {person}"}.get(role, person)
        draft = draft.sign(signer(key), role=role, person=person, signed_at_us=now_us)
    return draft


def small_log(*, store: Store | None = None, persons: Sequence[str] = PERSONS, **genesis: Any) -> SmallLog:
    """
    A log with its genesis and an enrolled key for each of *persons*.

    store: a new MemoryStore by default. genesis: as for `made_genesis`.
    """
    clock = Clock()
    store = store if store is not None else MemoryStore()
    draft = signed_genesis(made_genesis(**genesis), now_us=clock())
    write_genesis(store, draft, log_signer=signer("log"), clock=clock)
    handle = LogHandle(store, log_signer=signer("log"), clock=clock)
    log = SmallLog(handle, store, clock, {person: signer(person) for person in ADMINISTRATORS[:2]})
    for person in persons:
        log.enrol(person)
    return log
