"""The audit against the procedure of FORMAT.md section 14, over damage of every kind at every place of a small log."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from chainlog.canon import codec
from chainlog.errors import FormatError
from chainlog.forensics.evidence import PAIR, U64, TableEvidence
from chainlog.forensics.in_process import audit_evidence
from tests import section14
from tests.section14_slots import Rows
from tools.damaged_logs import exchanged, intact, later, other_event, put
from tools.fixed_log import Growing, edited, rechain

VECTORS = Path(__file__).resolve().parents[2] / "schemas" / "vectors" / "log.json"
Slots = list[bytes | None]


@cache
def base() -> Growing:
    return intact()


def rows_of(slots: Slots) -> Rows:
    log = Growing(b"" if data is None else data for data in slots)
    return {subject: (head.count, head.index, head.record_hash) for subject, head in log.heads().items()}


def ids_of(slots: Slots) -> dict[bytes, bytes]:
    log = Growing(b"" if data is None else data for data in slots)
    return {event_id: U64.pack(index) for event_id, index in log.ids().items()}


def evidence(slots: Slots, head: bytes, tables: Slots) -> TableEvidence:
    """The tables of a log whose `subjects` and `ids` are those of *tables*."""
    try:
        size, last_hash, *_ = codec.decode(head)
        last = U64.pack(size) + last_hash
    except (FormatError, ValueError):
        last = U64.pack(len(slots)) + bytes(32)
    return TableEvidence({
        "records": {U64.pack(index): data for index, data in enumerate(slots) if data is not None},
        "subjects": {name.encode(): PAIR.pack(count, index) + found for name, (count, index, found) in rows_of(tables).items()},
        "ids": ids_of(tables), "tiles": {}, "head": {b"last": last, b"head": head}, "checkpoints": {}, "meta": {b"format": b"1"},
    })  # fmt: skip


def disagreement(slots: Slots, head: bytes, log_id: bytes, tables: Slots) -> str:
    report = section14.verify(slots, head, log_id, rows_of(tables))
    audit = audit_evidence(evidence(slots, head, tables), log_id=log_id)
    found = {(finding.code, finding.index) for finding in audit.findings}
    if (found, audit.integrity) == (report.findings, report.integrity):
        return ""
    return f"audit {audit.integrity} {sorted(found, key=str)}, section 14 {report.integrity} {sorted(report.findings, key=str)}"


def left() -> Iterator[tuple[str, Slots]]:
    """Damage to the table `records` alone."""
    records, rng = base().records, random.Random(14)
    for i in range(len(records)):
        yield f"another time in {i}", put(records, i, later(records[i]))
        yield f"another event in {i}", put(records, i, other_event(records[i]))
        yield f"{i} gone", [*records[:i], None, *records[i + 1 :]]
        yield f"{i} gone, the rest moved down", [*records[:i], *records[i + 1 :]]
        flipped = bytearray(records[i])
        place = rng.randrange(len(flipped))
        flipped[place] ^= 1 << rng.randrange(8)
        yield f"bit flipped in {i} at {place}", put(records, i, bytes(flipped))
        other = (i + rng.randrange(1, len(records))) % len(records)
        yield f"{i} and {other} exchanged", exchanged(records, i, other)
        for states in (0, i - 1, i, i + 1, len(records), len(records) + 1) if i else ():
            put_in = edited(other_event(records[other]), 1, states)
            yield f"an event of {other} that says {states} put in at {i}", [*records[:i], put_in, *records[i:]]


def rechained() -> Iterator[tuple[str, Slots]]:
    """Damage after which everything was made to fit that isn't signed."""
    records, rng = base().records, random.Random(15)
    for i in range(len(records)):
        yield f"another time in {i}", rechain(put(records, i, later(records[i])), start=i)
        yield f"another event in {i}", rechain(put(records, i, other_event(records[i])), start=i)
        if i:
            yield f"{i} taken out", rechain([*records[:i], *records[i + 1 :]], start=i)
            other = rng.randrange(1, len(records))
            if other != i:
                yield f"{i} and {other} exchanged", rechain(exchanged(records, i, other), start=min(i, other))
            yield f"cut back to {i}", records[:i]


@pytest.mark.parametrize("kind", ["left", "rechained"])
def test_the_audit_finds_what_the_procedure_finds(kind: str):
    made = list({"left": left, "rechained": rechained}[kind]())
    head, log_id = base().head(), base().id
    found = {
        what: disagreement(slots, head, log_id, base().records if kind == "left" else slots) for what, slots in made
    }
    assert {what: said for what, said in found.items() if said} == {}
    assert len(made) > 50


def test_the_audit_finds_what_the_vectors_say():
    document = json.loads(VECTORS.read_text("utf-8"))
    records = [bytes.fromhex(data) for data in document["base"]["records"]]
    wrong: dict[str, object] = {}
    for case in document["cases"]:
        slots = [records[slot] if isinstance(slot, int) else slot and bytes.fromhex(slot) for slot in case["records"]]
        tables = records if {"left", "head"} & set(case["flags"]) else slots
        made = evidence(slots, bytes.fromhex(case["head"]), tables)
        said = audit_evidence(made, log_id=bytes.fromhex(case["log_id"]))
        found = {(finding.code, finding.index) for finding in said.findings}
        if (found, said.integrity) != (set(map(tuple, case["findings"])), case["integrity"]):
            wrong[f"{case['id']} {case['comment']}"] = (said.integrity, sorted(found, key=str), case["findings"])
    assert wrong == {}


def test_a_disagreement_would_be_seen():
    records = base().records
    assert disagreement(put(records, 6, later(records[6])), base().head(), base().id, records) == ""
    assert disagreement(records, base().head(), bytes(32), records) == ""
    # Told different things, the two say different things.
    report = section14.verify(records, base().head(), base().id, rows_of(records))
    audit = audit_evidence(evidence(put(records, 6, later(records[6])), base().head(), records), log_id=base().id)
    assert {(finding.code, finding.index) for finding in audit.findings} != report.findings
