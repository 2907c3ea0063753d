"""Whatever is changed in the rows of a log, the audit finds it, by the quick way and by the exact one, and says the same."""

from __future__ import annotations

import random

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from chainlog.codes import CODES
from chainlog.errors import ChainlogError
from chainlog.forensics.evidence import TableEvidence
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.report import REMARKS
from tests.damage import DAMAGES, Tables, copy_of, honest, rechain, rows_of, store_rows

RECORDS = 45
NAMES = ("records", "subjects", "ids", "tiles", "head", "checkpoints")


def change_row(tables: Tables, rnd: random.Random) -> None:
    """Something to one row of a table: a bit, its length, its value, its key."""
    rows = tables[rnd.choice(NAMES)]
    how = rnd.choice(("flip", "flip", "remove", "add", "double", "cut", "swap"))
    if how == "add" or not rows:
        rows[rnd.randbytes(rnd.choice((1, 8, 9, 16, 20)))] = rnd.randbytes(rnd.choice((0, 8, 48, 100)))
        return
    key = rnd.choice(sorted(rows))
    value = bytearray(rows[key])
    if how == "remove":
        del rows[key]
    elif how == "double":
        rows[key[:-1] + bytes([key[-1] ^ 1 << rnd.randrange(8)])] = bytes(value)
    elif how == "cut":
        rows[key] = bytes(value[: rnd.randrange(len(value) + 1)])
    elif how == "swap":
        other = rnd.choice(sorted(rows))
        rows[key], rows[other] = rows[other], rows[key]
    elif value:
        value[rnd.randrange(len(value))] ^= 1 << rnd.randrange(8)
        rows[key] = bytes(value)


def change_records(tables: Tables, rnd: random.Random) -> None:
    """A named damage somewhere, with or without chaining anew."""
    rows = rows_of(tables)
    if not rows:
        return
    index = rnd.randrange(len(rows))
    try:
        changed = DAMAGES[rnd.choice(sorted(DAMAGES))].apply(rows, index, rnd)
    except (msgspec.DecodeError, IndexError, StopIteration):
        return  # what an earlier change left can't be taken apart
    if changed is None:
        return
    try:
        if rnd.random() < 0.5:
            rechain(tables, changed, index)
            return
    except (msgspec.DecodeError, ChainlogError, LookupError, ValueError):
        pass
    store_rows(tables, changed)


# Record 0 changed and all chained anew, with a head that can't be read; and record 0 taken out.
@example(86_399_999_999, 2, False)
@example(788, 3, False)
@given(st.integers(0, 2**63), st.integers(0, 4), st.booleans())
def test_every_change_is_found_and_both_ways_agree(seed, changes, pinned):
    rnd = random.Random(seed)
    log_id, original = honest(RECORDS)
    tables = copy_of(original)
    for _ in range(changes):
        rnd.choice((change_row, change_records))(tables, rnd)
    evidence = TableEvidence(tables)
    quick = audit_evidence(evidence, log_id=log_id if pinned else None)
    exact = audit_evidence(evidence, log_id=log_id if pinned else None, exact=True)
    assert quick == exact
    assert {finding.code for finding in quick.findings} <= set(CODES)
    # Kept checkpoints may be left out: nothing inside says which there were.
    whole = {**tables, "checkpoints": original["checkpoints"]} if not tables["checkpoints"] else tables
    assert (quick.integrity == "intact") == (whole == original)
    if quick.integrity == "intact":
        assert {finding.code for finding in quick.findings} <= REMARKS
    else:
        assert any(finding.code not in REMARKS for finding in quick.findings)
    # Few causes, few findings: what follows from them is counted, not listed.
    assert len(quick.findings) <= 4 * changes + 4
