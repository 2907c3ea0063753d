"""A log for benchmarks: made with fixed keys in a scratch directory, filled with lives of carriers. Does I/O."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from benchmarks.lives import (
    ALIVE,
    READERS,
    REGISTRARS,
    RESTLESS_EVENTS,
    Clock,
    Event,
    lives,
    restless,
    signer,
    woven,
)
from chainlog.facade import Log
from chainlog.log.genesis import Policy, genesis_draft, genesis_event
from chainlog.log.handle import propose
from chainlog.log.request import Proposal
from chainlog.record.statement import EnrolStatement
from chainlog.rules.policy_file import parse_policy
from chainlog.rules.profiles import profile_text

BLOCK = 1_000


class Office:
    """One log with its signers and an endless stream of events."""

    def __init__(self, log: Log, path: Path, *, clock: Clock, events: Iterator[Event]) -> None:
        self.log = log
        self.path = path
        self.clock = clock
        self.events = events
        self.signers = {person: signer(person) for person in (*READERS, *REGISTRARS)}

    @classmethod
    def create(cls, path: Path, *, seed: int, at_once: int = ALIVE, profile: str = "") -> Office:
        """A new log in which all persons are enrolled. at_once: how many lives run at once. profile: shipped; a small policy if none."""
        clock = Clock()
        policy = Policy("benchmark", "1", 0, {"min.supervisors": ["2"]})
        if profile:
            policy = parse_policy(profile_text(profile), name=profile, offset_minutes=480, now_us=0)
        administrators = [(f"p/{n}", signer(f"administrator {n}")) for n in (1, 2, 3)]
        event = genesis_event(
            name="draft.benchmark",
            unit="u/benchmark",
            administrators=[(person, key.public_key) for person, key in administrators],
            threshold=2,
            log_key=signer("log").public_key,
            policy=policy,
            utc_offset_minutes=480,
            now_us=clock(),
            nonce=bytes(32),
        )
        draft = genesis_draft(event)
        for person, key in administrators:
            draft = draft.sign(key, role="administrator", person=person, signed_at_us=clock())
        draft = draft.sign(signer("log"), role="log", person="s/log", signed_at_us=clock())
        log = Log.create(path, draft, log_signer=signer("log"), clock=clock)
        office = cls(log, path, clock=clock, events=lives(seed, at_once=at_once))
        two = dict(administrators[:2])
        for person, key in office.signers.items():
            proof = key.sign_enrolment(EnrolStatement(log.id, person, 1, key.public_key))
            body = {"person": person, "key": (1, key.public_key), "proof": proof}
            log.record_event("enrolled", body=body, people={"administrator": list(two)}, signers=two)
        return office

    @classmethod
    def open(cls, path: Path, *, seed: int, first: int) -> Office:
        """A log that `create` made, for new lives whose carriers are numbered from *first*."""
        clock = Clock()
        log = Log.open(path, log_signer=signer("log"), clock=clock)
        clock.now_us = log.reader.read(log.reader.size - 1).recorded_at_us
        return cls(log, path, clock=clock, events=lives(seed, first=first))

    def next_proposals(self, count: int) -> list[Proposal]:
        """The next events, composed and ready to be signed here."""
        found = []
        for kind, body, people, subjects in islice(self.events, count):
            event = self.log.prepare(kind, body=body, people=people, subjects=subjects, occurred=(self.clock.now_us, 0))
            found.append(propose(event, self.signers))
        return found

    def weave(self, size: int) -> None:
        """Let the 50 events of `lives.RESTLESS` come evenly among those, at least as many, that make the log *size* long."""
        missing = size - self.log.reader.size
        self.events = woven(self.events, restless(), every=missing // RESTLESS_EVENTS - 1)

    def fill(self, size: int) -> None:
        """Append blocks until the log has *size* records."""
        while (missing := size - self.log.reader.size) > 0:
            self.log.append_many(self.next_proposals(min(BLOCK, missing)))
