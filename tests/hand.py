"""Records sealed by hand, as a writer would that checks nothing, and what `admit` says of them; logs held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from chainlog import digest
from chainlog.authority.admit import admit
from chainlog.authority.problem import Problem
from chainlog.authority.state import Authority, ViewAuthority
from chainlog.authority.view import View
from chainlog.canon import codec
from chainlog.event.model import CheckedEvent, check_event
from chainlog.log.drafting import head_base
from chainlog.log.head import Head, decode_head
from chainlog.record import keys
from chainlog.record.record import CheckedRecord, Signature, check_record, encode_record, link_to
from chainlog.record.signer import Signer
from chainlog.record.statement import encode_event_statement
from chainlog.tree.checkpoint import check_own_head
from tests import reference
from tests.builders import SmallLog


def event_of(*fields: Any) -> CheckedEvent:
    """An event from its eight plain fields, sorted as they stand."""
    return check_event(codec.encode(fields))


def signatures_of(
    event: bytes, signers: Iterable[tuple[str, Signer]], *, log_id: bytes, base: tuple[int, bytes], at_us: int
) -> list[Signature]:
    """(role, signer) each sign *event*; nobody checks anything."""
    made = []
    for role, signer in signers:
        message = encode_event_statement(log_id=log_id, base=base, role=role, signed_at_us=at_us, event=event)
        made.append((role, signer.public_key, at_us, signer._key.sign(message)))  # type: ignore[attr-defined]
    return made


def seal(
    view: View,
    event: CheckedEvent,
    signers: Iterable[tuple[str, Signer]],
    *,
    log_id: bytes,
    at_us: int,
    base: tuple[int, bytes] | None = None,
    signed_log_id: bytes | None = None,
    change: Callable[[list[Signature]], list[Signature]] = list,
    **fields: Any,
) -> CheckedRecord:
    """
    The record of *event* on top of *view*.

    signed_log_id: what the statements name, the log's own by default. change: what becomes of the signatures.
    fields: elements of the record that differ from what a writer would put there.
    """
    base = head_base(view, log_id) if base is None else base
    signed_for = (digest.ZERO if view.size == 0 else log_id) if signed_log_id is None else signed_log_id
    made = change(signatures_of(event.encoded, signers, log_id=signed_for, base=base, at_us=at_us))
    stated = {
        "index": view.size,
        "recorded_at_us": at_us,
        "prev_hash": view.last_hash,
        "base": base,
        "links": [link_to(view.subject(subject)) for subject in event.event.subjects],
        "event": event.encoded,
        "signatures": made,
    }
    return check_record(encode_record(**{**stated, **fields}))


def seal_on(log: SmallLog, event: CheckedEvent, signers: Iterable[tuple[str, Signer]], **rest: Any) -> CheckedRecord:
    """`seal` on the newest record of *log*."""
    with log.store.snapshot() as snapshot:
        return seal(snapshot, event, signers, **{"log_id": log.handle.id, "at_us": log.clock(), **rest})


def folded(view: View) -> Authority:
    """The authority folded from every record of *view*, as an audit does."""
    authority = Authority()
    for index in range(view.size):
        checked = check_record(view.record(index) or b"")
        if checked.event.kind is not None:
            authority.apply(index, checked.record.recorded_at_us, checked.event.event.kind, checked.event.body)
    return authority


def problems_of(log: SmallLog, checked: CheckedRecord) -> list[Problem]:
    """What `admit` says of a record on top of *log*: the same with either kind of authority."""
    with log.store.snapshot() as snapshot:
        found = admit(checked, ViewAuthority(snapshot), snapshot, log_id=log.handle.id, verify=keys.verify)
        assert found == admit(checked, folded(snapshot), snapshot, log_id=log.handle.id, verify=keys.verify)
    return found


def codes_of(log: SmallLog, checked: CheckedRecord) -> list[str]:
    return [problem.code for problem in problems_of(log, checked)]


def contents(log: SmallLog) -> tuple[Any, ...]:
    """Everything that the store holds."""
    with log.store.snapshot() as snapshot:
        records = list(snapshot.records(0, snapshot.size + 9))
        ids = [snapshot.index_of(check_record(data).event.event.id) for _, data in records]
        return (snapshot.size, snapshot.last_hash, snapshot.head, records, ids, list(snapshot.subjects()),
                list(snapshot.checkpoints()))  # fmt: skip


@contextmanager
def nothing_written(log: SmallLog):
    before = contents(log)
    yield
    assert contents(log) == before


def named(people: Sequence[tuple[str, str, int]]) -> list[tuple[str, str]]:
    """(role, person) of everybody who is to sign."""
    return [(role, person) for role, person, signs in people for _ in range(signs)]


def check_log(log: SmallLog) -> Head:
    """Everything that a commit leaves behind fits together, by the definitions; the head."""
    with log.store.snapshot() as snapshot:
        records = [data for _, data in snapshot.records(0, snapshot.size)]
        hashes = [digest.record_hash(data) for data in records]
        assert snapshot.size == len(records)
        assert snapshot.last_hash == hashes[-1]
        last: dict[str, tuple[int, int, bytes]] = {}
        for index, data in enumerate(records):
            record = check_record(data)
            assert record.record.index == index
            assert record.record.prev_hash == (hashes[index - 1] if index else digest.ZERO)
            assert snapshot.index_of(record.event.event.id) == index
            for subject, link in zip(record.event.event.subjects, record.record.links, strict=True):
                assert link == last.get(subject, (0, 0, digest.ZERO))
                last[subject] = (link[0] + 1, index, hashes[index])
        assert {s: (h.count, h.index, h.record_hash) for s, h in snapshot.subjects()} == last
        head = decode_head(snapshot.head)
        assert (head.size, head.last_hash) == (len(records), hashes[-1])
        assert head.frontier.root() == reference.tree_hash(hashes)
        check_own_head(
            head.checkpoint, origin=f"draft.test/{hashes[0].hex()}", size=len(records), root=reference.tree_hash(hashes),
            public_key=ViewAuthority(snapshot).log_key(len(records)), verify=keys.verify,
        )  # fmt: skip
        for level in (0, 1):
            for number in range(len(records) // 256 + 2):
                whole = reference.tile(level, number, hashes)
                assert snapshot.tile(level, number) == (whole if len(whole) == 8192 else None)
        # The first commit's is kept: what a verifier's first pin compares with. The others are what periods ended with.
        kept = list(snapshot.checkpoints())
        assert kept[0][0] == 1 or len(records) > 1
        for size, note in kept:
            check_own_head(
                note, origin=f"draft.test/{hashes[0].hex()}", size=size, root=reference.tree_hash(hashes[:size]),
                public_key=ViewAuthority(snapshot).log_key(size), verify=keys.verify,
            )  # fmt: skip
        return head
