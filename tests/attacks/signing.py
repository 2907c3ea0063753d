"""For trials with signatures: a log on the disk, drafts that anybody signs anyhow, a record changed in a file, what rules find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from chainlog.canon import codec
from chainlog.event.model import CheckedEvent
from chainlog.facade import Log
from chainlog.forensics.evidence import HEAD_KEY
from chainlog.record.draft import Draft, DraftSignature
from chainlog.record.record import Signature, unverified_record
from chainlog.record.signer import LocalSigner
from chainlog.record.statement import EnrolStatement, encode_event_statement
from chainlog.store.lmdb_store import LmdbStore
from chainlog.tree.note import format_note, parse_note
from tests.attacks.answers import Answer
from tests.builders import SmallLog, small_log
from tests.damage import copy_of, honest, rows_of, sign_head, store_rows, write_log
from tests.forger import RECORDS, Forger, Sign, sign_well
from tests.hand import contents, named
from tests.offices import Office, policy_of
from tests.signers import signer

TWO = {"administrator": ["p/A1", "p/A2"]}


def log_at(path: Path, **rest: Any) -> SmallLog:
    """A small log of its own on the disk."""
    return small_log(store=LmdbStore.create(path), **rest)


def state_of(log: SmallLog) -> Callable[[], object]:
    """What a refused act leaves as it is: every record, row and head."""
    return lambda: contents(log)


# --- events, drafts, proofs ------------------------------------------------------------------------


def visit(log: SmallLog, people: Any = None, place: str = "w/1", **rest: Any) -> CheckedEvent:
    """An act that p/C signs, unless told otherwise."""
    people = people or {"operator": "p/C"}
    return log.handle.prepare("accessed.entered", body={}, people=people, subjects=[place], **rest)


def drafted(
    log: SmallLog,
    event: CheckedEvent,
    *,
    by: Sequence[str] | None = None,
    sign: Sign = sign_well,
    at_us: int | None = None,
    base: tuple[int, bytes] | None = None,
    log_id: bytes | None = None,
    change: Callable[[DraftSignature], DraftSignature] = lambda one: one,
) -> Draft:
    """A draft of *event*, signed by the keys *by* for everybody whom it names, as a file from elsewhere may be."""
    draft = log.handle.draft(event)
    draft = draft._replace(base=base or draft.base, log_id=log_id or draft.log_id)
    at_us = at_us or log.clock()
    made = []
    for (role, person), key in zip(
        named(event.event.people), by or [who for _, who in named(event.event.people)], strict=True
    ):
        message = encode_event_statement(
            log_id=draft.log_id, base=draft.base, role=role, signed_at_us=at_us, event=draft.event
        )
        made.append(change(DraftSignature(role, person, signer(key).public_key, at_us, sign(key, message))))
    return draft._replace(signatures=tuple(sorted(made, key=codec.encode)))


def enrolment(log_id: bytes, person: str, key: bytes, proof: bytes | None = None, by: str = "") -> dict[str, Any]:
    """The body of `enrolled`; the proof is by the key called *by*, or as given."""
    made = signer(by)._key.sign(EnrolStatement(log_id, person, 1, key).encoded()) if proof is None else proof
    return {"person": person, "key": (1, key), "proof": made}


def revocation(person: str, key: LocalSigner | None = None, **rest: Any) -> dict[str, Any]:
    """The body of `revoked`."""
    return {"person": person, "key": (1, (key or signer(person)).public_key), "reason": "lost", **rest}


# --- files ------------------------------------------------------------------------------------------


def changed_file(path: Path, index: int, change: Callable[[list[Signature]], Sequence[Signature]]) -> Path:
    """The files of an honest log in which the signatures of one record were changed, and nothing else."""
    _, tables = honest(RECORDS)
    copied = copy_of(tables)
    rows = rows_of(copied)
    rows[index] = with_signatures(rows[index], change)
    store_rows(copied, rows)
    write_log(path, copied)
    return path


def with_signatures(data: bytes, change: Callable[[list[Signature]], Sequence[Signature]]) -> bytes:
    """The bytes of a record with other signatures, in the order in which they are given."""
    record = unverified_record(data)
    fields = [getattr(record, name) for name in record.__struct_fields__]
    return msgspec.msgpack.encode([*fields[:-1], change(list(record.signatures))])


def with_head_signed(path: Path, forger: Forger, signature: bytes) -> Path:
    """The files of a forger's log, with this signature under its head."""
    sign_head(forger.tables, forger.rows)
    *head, note = msgspec.msgpack.decode(forger.tables["head"][HEAD_KEY])
    parsed = parse_note(note)
    signed = parsed._replace(signatures=tuple(one._replace(signature=signature) for one in parsed.signatures))
    forger.tables["head"][HEAD_KEY] = msgspec.msgpack.encode((*head, format_note(signed)))
    write_log(path, forger.tables)
    return path


# --- rules ------------------------------------------------------------------------------------------


def breach(office: Office, rule: str, subject: str, *records: int) -> Answer:
    """A rule finds something open at a subject, with these records as evidence."""
    findings = [one for one in office.judge(rule).findings if one.subject == subject and one.state == "open"]
    assert findings, office.judge(rule).findings
    assert any(set(records) <= set(one.evidence) for one in findings), findings
    return Answer("found", (rule,))


def guarded(parameters: Any, *refuse: str, **rest: Any) -> Office:
    """An office whose policy refuses what breaks these rules."""
    office = Office(policy_of(parameters)._replace(refuse=refuse), **rest)
    office.handle = Log(office.log.store, log_signer=signer("log"), clock=office.log.clock)
    return office


def size_of(office: Office) -> Callable[[], object]:
    """How many records an office has."""
    return lambda: office.reader.size
