"""Bytes that aren't the format's, as whoever holds a key can sign them: appended to a log, and put into its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from chainlog.digest import record_hash
from chainlog.event.compose import compose
from chainlog.event.model import unverified_event
from chainlog.facade import Log
from chainlog.forensics.audit import audit
from chainlog.forensics.evidence import TableEvidence, parse_subject_row
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.report import AuditReport
from chainlog.record.draft import Draft, DraftSignature, load_draft
from chainlog.record.record import FIRST_LINK, link_to, unverified_record
from chainlog.record.statement import encode_event_statement
from tests.attacks.answers import Answer, found, refused, same
from tests.attacks.disk import data_of, kept, lay, opened
from tests.damage import Tables, copy_of, honest, rechain, rows_of, sign_head, write_log
from tests.forger import DAY_US
from tests.signers import signer

IN: Final = "created.received"
PEOPLE: Final = {"receiver": "p/L"}
SIGNERS: Final = {"p/L": signer("p/L")}
SMALL: Final = 12
"""Records of the log in whose files bad ones are put."""
BODY: Final[dict[str, Any]] = {
    "level": "机密", "items": [{"carrier": "c/87", "form": "document", "document": "d/国办发〔2025〕87号", "copy_no": "1"}],
    "sender": "u/国务院", "channel": "exchange", "listed": 1, "found": 1, "seal": "intact", "note": "随文附清单一份。",
}  # fmt: skip
"""Of an ordinary receipt."""


@cache
def good_event() -> bytes:
    """An event that nothing is wrong with: p/L took a carrier in."""
    now_us = kept().records[-1].recorded_at_us
    made = compose(
        "created.received", body=BODY, people={"receiver": "p/L"}, occurred=(now_us, 0), event_id=bytes(15) + b"\x01",
        expires_at_us=now_us + DAY_US,
    )  # fmt: skip
    return made.encoded


def with_body(change: Callable[[bytes], bytes]) -> bytes:
    """The good event with another body: it stands last, so nothing else moves."""
    body = bytes(unverified_event(good_event()).body)
    return good_event()[: -len(body)] + change(body)


def packed(value: Any) -> bytes:
    """MessagePack as it comes, without any rule of ours."""
    return msgspec.msgpack.encode(value)


def changed_event(place: int, value: Any) -> bytes:
    """The good event with another element, its order of keys kept."""
    fields = msgspec.msgpack.decode(good_event())
    fields[place] = value
    return packed(fields)


def signed_draft(log: Log, event: bytes) -> Draft:
    """A draft of these bytes that p/L signed as they are, by the true key."""
    with log.store.snapshot() as snapshot:
        base = (snapshot.size - 1, snapshot.last_hash)
    at_us = log.now_us()
    statement = encode_event_statement(log_id=log.id, base=base, role="receiver", signed_at_us=at_us, event=event)
    key = signer("p/L")
    signature = DraftSignature("receiver", "p/L", key.public_key, at_us, key._key.sign(statement))
    return Draft(log.id, base, event, (signature,))


def appended(directory: Path, events: Iterable[bytes]) -> Answer:
    """What appending any of these is answered with, signed by the true key: handed over in a program, and as a file."""
    log, file = directory / "log", directory / "draft"
    if not log.exists():
        lay(log, kept().newest.data)

    def tried(running: Log) -> Iterator[Answer]:
        for event in events:
            draft = signed_draft(running, event)
            file.write_bytes(draft.encoded())
            for way in (lambda: draft, lambda: load_draft(file)):
                yield refused(lambda: running.append(way()), state=data_of(log).read_bytes)

    with opened(log) as running:
        return same(tried(running))


def told(log: Path, body: Any = None, **rest: Any) -> Answer:
    """What an application is answered that records the receipt with something else in it."""
    with opened(log) as running:
        return refused(
            lambda: running.record_event(IN, body=BODY | (body or {}), people=PEOPLE, signers=SIGNERS, **rest),
            state=data_of(log).read_bytes,
        )


def record_of(event: bytes, *, role: str = "receiver", signed: bytes | None = None, **other: Any) -> list[Any]:
    """
    The elements of the record in which *event* stands at the end of the files, signed by p/L on the record before.

    signed: what was signed instead. other: elements that differ.
    """
    log_id, tables = honest(SMALL)
    before = rows_of(tables)[-1]
    at_us = unverified_record(before).recorded_at_us + 1_000_000
    base = (SMALL - 1, record_hash(before))
    statement = signed or encode_event_statement(log_id=log_id, base=base, role=role, signed_at_us=at_us, event=event)
    key = signer("p/L")
    made = {
        "version": 1, "index": SMALL, "recorded_at_us": at_us, "prev_hash": record_hash(before), "base": base,
        "links": _links(tables, event), "event": event,
        "signatures": [(role, key.public_key, at_us, key._key.sign(statement))],
    }  # fmt: skip
    return list((made | other).values())


def _links(tables: Tables, event: bytes) -> list[tuple[int, int, bytes]]:
    """True links, for what is readable as an event."""
    try:
        named = unverified_event(event).subjects
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [FIRST_LINK]
    heads = {name: tables["subjects"].get(name.encode()) for name in named}
    return [FIRST_LINK if row is None else link_to(parse_subject_row(row)) for row in heads.values()]


def files_with(record: bytes) -> Tables:
    """The tables of an honest log that end in this record; everything around it is made to fit, the head signed by the log's key."""
    _, tables = honest(SMALL)
    worse, rows = copy_of(tables), [*rows_of(tables), record]
    rechain(worse, rows, len(rows))
    sign_head(worse, rows)
    return worse


def standing(directory: Path, records: Iterable[bytes], code: str = "malformed") -> Answer:
    """What verification finds where each of these records stands: the first in files, the others here."""
    log_id, _ = honest(SMALL)

    def reports() -> Iterator[AuditReport]:
        for number, record in enumerate(records):
            tables = files_with(record)
            if number:
                yield audit_evidence(TableEvidence(tables), log_id=log_id)
            else:
                path = directory / f"files {len(list(directory.iterdir()))}"
                write_log(path, tables)
                yield audit(path, log_id=log_id)

    return same(found(report, code, index=SMALL) for report in reports())


def both(directory: Path, events: Iterable[bytes], code: str = "malformed") -> tuple[Answer, Answer]:
    """What appending each of these events is answered with, and what verification finds where they stand."""
    tried = list(events)
    records = (packed(record_of(event)) for event in tried)
    return appended(directory, tried), standing(directory, records, code)
