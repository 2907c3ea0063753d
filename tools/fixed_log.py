"""Logs from fixed seeds and times, for FORMAT.md's worked example and for the vectors. Pure; no check is made.

Records are sealed as a writer would seal them, but nothing is admitted: so bad records can be made as well. Every
secret here is public and must never sign anything real.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from chainlog import digest
from chainlog.canon import codec
from chainlog.event.compose import compose
from chainlog.event.model import CheckedEvent, unverified_event
from chainlog.limits import DAY_SPAN_US
from chainlog.log.genesis import Policy, genesis_event
from chainlog.log.head import Head, origin_of
from chainlog.record.keys import SecretKey
from chainlog.record.record import (
    GENESIS_BASE,
    Record,
    Signature,
    SubjectHead,
    encode_record,
    link_to,
    unverified_record,
)
from chainlog.record.signer import LocalSigner
from chainlog.record.statement import EnrolStatement, encode_event_statement
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from chainlog.tree.merkle import Frontier

T0_US = 1_735_776_000_000_000  # 2025-01-02T00:00:00Z
MINUTE_US = 60_000_000
DAY_US = DAY_SPAN_US + 1
NAME = "draft.example"
UNIT = "u/镇政府"
ADMINISTRATORS = ("p/A1", "p/A2", "p/A3")
KEEPER, CLERK, CHIEF = "p/0012", "p/0034", "p/0056"


def seed(name: str) -> bytes:
    """The seed of a test key: 32 bytes, known to everybody."""
    return sha256(b"chainlog test key/" + name.encode()).digest()


def secret(name: str) -> SecretKey:
    """The test key called *name*; a person's is called like the person, a second one `p/0012#2`."""
    return SecretKey.from_seed(seed(name))


def public(name: str) -> bytes:
    """Public key of the test key called *name*."""
    return secret(name).public_key


def event_id(number: int) -> bytes:
    """A fixed event id."""
    return sha256(b"chainlog test id/%d" % number).digest()[:16]


class Sign(NamedTuple):
    """One signature to make. key: name of the test key, the person's own unless given."""

    role: str
    person: str
    key: str = ""
    signed_at_us: int | None = None

    @property
    def secret(self) -> SecretKey:
        return secret(self.key or self.person)


class Growing:
    """A log as a list of records, and the view of it that `admit` asks."""

    def __init__(self, records: Iterable[bytes] = ()) -> None:
        self.records: list[bytes] = []
        self._heads: dict[str, SubjectHead] = {}
        self._ids: dict[bytes, int] = {}
        for data in records:
            self.push(data)

    @property
    def size(self) -> int:
        return len(self.records)

    @property
    def last_hash(self) -> bytes:
        return digest.record_hash(self.records[-1]) if self.records else digest.ZERO

    @property
    def id(self) -> bytes:
        """The log id; zeros while there is no genesis."""
        return digest.record_hash(self.records[0]) if self.records else digest.ZERO

    def record(self, index: int) -> bytes | None:
        return self.records[index] if 0 <= index < len(self.records) else None

    def subject(self, subject: str) -> SubjectHead | None:
        return self._heads.get(subject)

    def index_of(self, event_id: bytes) -> int | None:
        return self._ids.get(event_id)

    def heads(self) -> dict[str, SubjectHead]:
        """Every subject with its newest event."""
        return dict(self._heads)

    def ids(self) -> dict[bytes, int]:
        """Every event id with the first index at which it stands."""
        return dict(self._ids)

    def push(self, data: bytes) -> None:
        """Put a record on top, whatever it holds; bytes that are no record only take a place."""
        index, record_hash = len(self.records), digest.record_hash(data)
        try:
            event = unverified_event(unverified_record(data).event)
        except codec.BAD_BYTES:
            self.records.append(data)
            return
        for subject in event.subjects:
            before = self._heads.get(subject)
            self._heads[subject] = SubjectHead(1 if before is None else before.count + 1, index, record_hash)
        self._ids.setdefault(event.id, index)
        self.records.append(data)

    def newest_base(self) -> tuple[int, bytes]:
        """The base of something signed now."""
        if not self.records:
            return GENESIS_BASE
        return (0, self.id) if len(self.records) == 1 else (self.size - 1, self.last_hash)

    def seal(
        self,
        event: bytes,
        signs: Sequence[Sign],
        *,
        now_us: int,
        base: tuple[int, bytes] | None = None,
        log_id: bytes | None = None,
        **changes: Any,
    ) -> bytes:
        """
        A record of *event* at the end, signed.

        Args:
            base: the newest record unless given. log_id: that of the statements, the log's own unless given.
            changes: fields of the record that shall be other than they ought to be.
        """
        base = self.newest_base() if base is None else base
        signatures: list[Signature] = []
        for sign in signs:
            at = now_us if sign.signed_at_us is None else sign.signed_at_us
            statement = encode_event_statement(
                log_id=self.id if log_id is None else log_id, base=base, role=sign.role, signed_at_us=at, event=event
            )
            key = sign.secret
            signatures.append((sign.role, key.public_key, at, key.sign(statement)))
        fields: dict[str, Any] = {
            "index": self.size,
            "recorded_at_us": now_us,
            "prev_hash": self.last_hash,
            "base": base,
            "links": [link_to(self.subject(subject)) for subject in unverified_event(event).subjects],
            "signatures": signatures,
        }
        return encode_record(event=event, **{**fields, **changes})

    def head(self, *, log_key: str = "log", name: str = NAME) -> bytes:
        """The head as a commit of all records would store it."""
        frontier = Frontier.empty().extend(digest.record_hash(data) for data in self.records)
        checkpoint = Checkpoint(origin_of(name, self.id), self.size, frontier.root())
        note = sign_checkpoint(checkpoint, signer=LocalSigner(secret(log_key)))
        return Head(self.size, self.last_hash, frontier, note).encoded()


def make_genesis(**changes: Any) -> CheckedEvent:
    """The event that opens the test log."""
    fields: dict[str, Any] = {
        "name": NAME,
        "unit": UNIT,
        "administrators": [(person, public(person)) for person in ADMINISTRATORS],
        "threshold": 2,
        "log_key": public("log"),
        "policy": Policy("example", "1", 0, {"min.supervisors": ["2"]}),
        "utc_offset_minutes": 480,
        "now_us": T0_US,
        "nonce": sha256(b"chainlog test nonce").digest(),
        "event_id": event_id(0),
    }
    return genesis_event(**{**fields, **changes})


def genesis_signs(event: CheckedEvent) -> list[Sign]:
    """The signatures that a genesis names, each by the test key of its person."""
    own = {"log": "log", "recovery": "recovery/"}
    return [
        Sign(role, person, own[role] + person if role == "recovery" else own.get(role, person))
        for role, person, _ in event.event.people
    ]


class Story(Growing):
    """A log that grows by one event a minute, each signed by the keys of the persons it names."""

    def __init__(self, genesis: CheckedEvent | None = None) -> None:
        super().__init__()
        self.now_us = T0_US
        self._number = 1000
        opened = make_genesis() if genesis is None else genesis
        self.push(self.seal(opened.encoded, genesis_signs(opened), now_us=T0_US))

    def event(
        self,
        kind: str,
        *,
        body: Mapping[str, Any],
        people: Sequence[tuple[str, str, int]],
        subjects: Iterable[str] = (),
        **rest: Any,
    ) -> CheckedEvent:
        """An event that is due now; fields of the head as for `compose`."""
        self.now_us += MINUTE_US
        self._number += 1
        fields: dict[str, Any] = {
            "event_id": event_id(self._number),
            "expires_at_us": 0 if kind == "index_committed" else self.now_us + 14 * DAY_US,
            "occurred": (self.now_us - MINUTE_US, 0),
        }
        return compose(kind, body=body, people=people, subjects=subjects, **{**fields, **rest})

    def add(
        self, kind: str, *, signs: Sequence[Sign] | None = None, seal: Mapping[str, Any] | None = None, **rest: Any
    ) -> int:
        """Compose, seal and push; the signers are those that `people` names unless *signs* says others. The index."""
        event = self.event(kind, **rest)
        self.push(
            self.seal(
                event.encoded, named(event) if signs is None else signs, **{"now_us": self.now_us, **(seal or {})}
            )
        )
        return self.size - 1

    def enrol(self, person: str, *, key: str = "", people: Sequence[tuple[str, str, int]] = (), **rest: Any) -> int:
        """Enrol a person's key by two administrators."""
        return self.add(
            "enrolled",
            body={"person": person, "key": (1, public(key or person)), "proof": self.proof(person, key or person)},
            people=people or administrators(2),
            **rest,
        )

    def proof(self, person: str, key: str, *, log_id: bytes | None = None) -> bytes:
        """Proof of possession of a test key for *person*."""
        statement = EnrolStatement(self.id if log_id is None else log_id, person, 1, public(key))
        return secret(key).sign(statement.encoded())

    def reference(self, index: int) -> tuple[bytes, bytes]:
        """(id, event hash) of the act at *index*."""
        event = unverified_record(self.records[index]).event
        return (unverified_event(event).id, digest.event_hash(event))


def administrators(count: int, *, start: int = 0) -> list[tuple[str, str, int]]:
    """`people` of *count* administrators who sign."""
    return [("administrator", person, 1) for person in ADMINISTRATORS[start : start + count]]


def named(event: CheckedEvent) -> list[Sign]:
    """The signatures that an event names, each by the key called like the person; second ones by `…#2`."""
    return [
        Sign(role, person, ("log" if person == "s/log" else person) + ("" if n == 0 else f"#{n + 1}"))
        for role, person, signs in event.event.people
        for n in range(signs)
    ]


def rechain(records: Sequence[bytes], *, start: int) -> list[bytes]:
    """
    What somebody without keys can do after changing a log: number, chain and link the records from *start* on anew.

    Events, bases and signatures stay as they are.
    """
    log = Growing(records[:start])
    for data in records[start:]:
        log.push(relink(log, unverified_record(data)))
    return log.records


def rebased(records: Sequence[bytes], *, start: int) -> list[bytes]:
    """As `rechain`, with the hashes in bases made to fit too: signatures no longer do."""
    log = Growing(records[:start])
    for data in records[start:]:
        index = unverified_record(data).base[0]
        base = [index, digest.record_hash(log.records[index])]
        log.push(relink(log, unverified_record(edited(data, 4, base))))
    return log.records


def relink(log: Growing, record: Record) -> bytes:
    """The record as the next one of *log*: index, previous hash and links are made to fit."""
    links = [link_to(log.subject(subject)) for subject in unverified_event(record.event).subjects]
    return encode_record(
        index=log.size,
        recorded_at_us=record.recorded_at_us,
        prev_hash=log.last_hash,
        base=record.base,
        links=links,
        event=record.event,
        signatures=record.signatures,
    )


def edited(data: bytes, place: int, value: Any) -> bytes:
    """A record with one of its eight elements replaced, canonical again."""
    fields = codec.decode(data)
    fields[place] = value
    return codec.encode(fields)


def small_log() -> Story:
    """Four records: a log is opened, a keeper's key is enrolled, a paper arrives and is put into a cabinet."""
    log = Story()
    log.enrol(KEEPER)
    log.add(
        "created.received",
        body={
            "level": "机密", "sender": "u/省委", "channel": "exchange", "listed": 1, "found": 1, "seal": "intact",
            "items": [{"carrier": "c/87", "form": "document", "document": "d/省委〔2025〕7", "copy_no": "000087"}],
        },
        people=[("giver", "p/省交换员", 0), ("receiver", KEEPER, 1)],
    )  # fmt: skip
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=["c/87"])
    return log
