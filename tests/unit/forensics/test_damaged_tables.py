"""What stands beside the records: heads, indexes, tiles, kept checkpoints, and what belongs to no log."""

from __future__ import annotations

import msgspec
import pytest

from chainlog.forensics.evidence import HEAD_KEY, LAST_KEY, PAIR, TILE_KEY, U64, TableEvidence, parse_index
from chainlog.forensics.in_process import audit_evidence
from chainlog.log.head import decode_head
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from tests import damage
from tests.builders import signer
from tests.damage import copy_of, honest, rechain, rows_of, sign_head, store_rows
from tests.forger import Forger

RECORDS = 300  # a tile, and some records after it


@pytest.fixture
def tables():
    return copy_of(honest(RECORDS)[1])


def findings(tables):
    log_id, _ = honest(RECORDS)
    report = audit_evidence(TableEvidence(tables), log_id=log_id)
    assert report.integrity == "broken" or not report.findings
    return [(finding.code, finding.index, finding.subject) for finding in report.findings]


def details(tables):
    log_id, _ = honest(RECORDS)
    return [finding.detail for finding in audit_evidence(TableEvidence(tables), log_id=log_id).findings]


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


# --- the head ----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [7, 8, 39])
def test_another_size_or_last_hash(tables, place):
    tables["head"][LAST_KEY] = flipped(tables["head"][LAST_KEY], place)
    assert findings(tables) == [("head-mismatch", None, "head")]


def test_every_part_of_the_stored_head(tables):
    good = tables["head"][HEAD_KEY]
    for place in range(1, len(good), 71):
        tables["head"][HEAD_KEY] = flipped(good, place)
        assert findings(tables) == [("head-mismatch", None, "head")], place


def test_no_head(tables):
    tables["head"].clear()
    assert findings(tables) == [("head-mismatch", None, "head")]


def test_an_older_head_does_not_cover_the_last_records(tables):
    size, last_hash, frontier, note = msgspec.msgpack.decode(tables["head"][HEAD_KEY])
    older = tables["checkpoints"][U64.pack(1)]
    tables["head"][HEAD_KEY] = msgspec.msgpack.encode((size, last_hash, frontier, older))
    assert note != older
    assert findings(tables) == [("head-mismatch", None, "head")]


def test_a_head_signed_by_another_key(tables):
    size, last_hash, frontier, note = msgspec.msgpack.decode(tables["head"][HEAD_KEY])
    origin, _, root, *_ = note.decode().split("\n")
    forged = sign_checkpoint(Checkpoint(origin, size, msgspec.convert(root, bytes)), signer=signer("p/L"))
    tables["head"][HEAD_KEY] = msgspec.msgpack.encode((size, last_hash, frontier, forged))
    assert findings(tables) == [("head-mismatch", None, "head")]


# --- kept checkpoints --------------------------------------------------------------------------


def test_a_kept_checkpoint_that_the_log_did_not_sign(tables):
    note = tables["checkpoints"][U64.pack(1)]
    tables["checkpoints"][U64.pack(1)] = note[:-12] + b"A" * 4 + note[-8:]
    assert findings(tables) == [("head-mismatch", None, "checkpoints/1")]


def test_a_kept_checkpoint_of_another_history(tables):
    origin = msgspec.msgpack.decode(tables["head"][HEAD_KEY])[3].decode().split("\n")[0]
    tables["checkpoints"][U64.pack(9)] = sign_checkpoint(Checkpoint(origin, 9, b"\x07" * 32), signer=signer("log"))
    assert findings(tables) == [("forked", 8, "checkpoints/9")]


def test_a_kept_checkpoint_of_more_records(tables):
    origin = msgspec.msgpack.decode(tables["head"][HEAD_KEY])[3].decode().split("\n")[0]
    note = sign_checkpoint(Checkpoint(origin, RECORDS + 5, b"\x07" * 32), signer=signer("log"))
    tables["checkpoints"][U64.pack(RECORDS + 5)] = note
    assert findings(tables) == [("truncated", RECORDS, f"checkpoints/{RECORDS + 5}")]


def test_a_log_cut_back_below_its_head_a_kept_checkpoint_and_a_tile_is_one_finding(tables):
    tables["checkpoints"][U64.pack(RECORDS)] = decode_head(tables["head"][HEAD_KEY]).checkpoint
    # The tile of the first 256 is there, and the records of it aren't.
    store_rows(tables, rows_of(tables)[:200])
    assert findings(tables) == [("truncated", 200, "")]
    # What no log of any size has, is no consequence.
    tables["tiles"][b"odd"] = b""
    assert findings(tables) == [("truncated", 200, ""), ("index-mismatch", None, "tiles/6f6464")]
    del tables["tiles"][b"odd"]
    tables["head"] = {}
    assert findings(tables) == [("truncated", 200, f"checkpoints/{RECORDS}"), ("head-mismatch", None, "head")]


def test_an_older_head_convicts_a_record_that_no_person_signed_on():
    """Of nine records the last rests on the last but two: for the one between speaks a head that was signed over it."""
    log_id, honest_tables = honest(9, 11)
    older, tables = copy_of(honest_tables), copy_of(honest_tables)
    sign_head(older, rows_of(older)[:8])
    rows = rows_of(tables)
    rechain(tables, [*rows[:7], damage._time(rows[7], None), rows[8]], 7)
    size, last_hash, frontier, _ = msgspec.msgpack.decode(tables["head"][HEAD_KEY])
    note = decode_head(older["head"][HEAD_KEY]).checkpoint
    tables["head"][HEAD_KEY] = msgspec.msgpack.encode((size, last_hash, frontier, note))
    report = audit_evidence(TableEvidence(tables), log_id=log_id)
    assert [(finding.code, finding.index) for finding in report.findings] == [("altered", 7), ("head-mismatch", None)]


def test_a_checkpoint_under_no_size(tables):
    tables["checkpoints"][b"abc"] = b""
    assert findings(tables) == [("head-mismatch", None, "checkpoints/616263")]


# --- indexes -----------------------------------------------------------------------------------


def test_a_subject_whose_last_event_is_hidden(tables):
    count, index = PAIR.unpack_from(tables["subjects"][b"p/Z"])
    tables["subjects"][b"p/Z"] = PAIR.pack(count - 1, index - 1) + bytes(32)
    assert findings(tables) == [("index-mismatch", index, "subjects/p/Z")]


def test_a_subject_taken_out_and_one_put_in(tables):
    row = tables["subjects"].pop(b"p/Z")
    count, index = PAIR.unpack_from(row)
    there = f"{count} events, the last at {index}"
    assert findings(tables) == [("index-mismatch", index, "subjects/p/Z")]
    assert details(tables) == [f"says nothing, the records say {there}"]
    tables["subjects"][b"p/Z"] = row
    tables["subjects"][b"p/X"] = row
    assert findings(tables) == [("index-mismatch", None, "subjects/p/X")]
    assert details(tables) == [f"says {there}, the records say nothing"]


@pytest.mark.parametrize("row", [b"", bytes(48), b"\xff" * 48, b"\xff" * 49])
def test_a_row_that_is_no_head(tables, row):
    tables["subjects"][b"p/Z"] = row
    assert [code for code, _, _ in findings(tables)] == ["index-mismatch"]


def test_an_id_that_leads_elsewhere(tables):
    event_id, index = next((key, value) for key, value in tables["ids"].items() if value == U64.pack(77))
    for row in (U64.pack(78), U64.pack(10**9), b"", b"\xff" * 8):
        tables["ids"][event_id] = row
        assert findings(tables) == [("index-mismatch", 77, f"ids/{event_id.hex()}")]
    del tables["ids"][event_id]
    assert findings(tables) == [("index-mismatch", 77, f"ids/{event_id.hex()}")]
    tables["ids"][event_id] = index
    tables["ids"][b"x" * 16] = index
    assert findings(tables) == [("index-mismatch", None, f"ids/{(b'x' * 16).hex()}")]


def test_rows_that_are_wrong_in_the_same_way_beside_another_damage(tables):
    """Somebody who put the rows to other records did it once."""
    data = rows_of(tables)[40]
    tables["records"][U64.pack(40)] = damage._time(data, None)
    for event_id, row in tables["ids"].items():
        index = parse_index(row)
        if 20 <= index < 30:
            tables["ids"][event_id] = U64.pack(index + 1)
    assert [(code, index) for code, index, _ in findings(tables)] == [("index-mismatch", 20), ("altered", 40)]
    assert details(tables)[0] == "says record 21, the records say record 20; from it follow 9 × index-mismatch"


def test_rows_that_nobody_made_for_a_record_that_was_put_in():
    """The record is the finding; a row that was made for it, and says something else, is one of its own."""
    forger = Forger()
    stranger = forger.add(forger.event(), by=[("operator", "nobody")])
    sign_head(forger.tables, forger.rows)
    subjects, ids = forger.tables["subjects"], forger.tables["ids"]
    honest_tables = honest(len(forger.rows) - 1)[1]
    left = {**forger.tables, "subjects": honest_tables["subjects"], "ids": honest_tables["ids"]}
    assert subjects != left["subjects"]
    assert ids != left["ids"]
    row = subjects[b"p/C"]
    count, index = PAIR.unpack_from(row)
    miscounted = {**forger.tables, "subjects": {**subjects, b"p/C": PAIR.pack(count + 1, index) + row[PAIR.size :]}}
    for tables, found in ((left, []), (miscounted, [("index-mismatch", stranger)])):
        report = audit_evidence(TableEvidence(tables), log_id=forger.log_id)
        assert sorted((one.code, one.index) for one in report.findings) == [*found, ("unknown-key", stranger)]


def test_tiles(tables):
    key = TILE_KEY.pack(0, 0)
    good = tables["tiles"][key]
    for row in (flipped(good, 32 * 100), good[:-1], b""):
        tables["tiles"][key] = row
        assert findings(tables) == [("index-mismatch", None, "tiles/0/0")]
    del tables["tiles"][key]
    assert findings(tables) == [("index-mismatch", None, "tiles/0/0")]
    tables["tiles"] = {key: good, TILE_KEY.pack(0, 1): good, b"odd": b""}
    assert sorted(findings(tables)) == [("index-mismatch", None, "tiles/0/1"), ("index-mismatch", None, "tiles/6f6464")]


def test_a_whole_table_gone(tables):
    for name in ("subjects", "ids", "tiles", "checkpoints", "head", "meta"):
        rest = {key: rows for key, rows in tables.items() if key != name}
        head = [("head-mismatch", None, "head")] if name == "head" else []
        assert findings(rest) == [*head, ("index-mismatch", None, name)], name


# --- what belongs to no log --------------------------------------------------------------------


def test_foreign_tables_and_rows(tables):
    tables["notes"] = {b"a": b"b"}
    tables["head"][b"spare"] = b""
    tables["records"][b"odd"] = b""
    assert sorted(findings(tables)) == [
        ("foreign-data", None, "head/7370617265"),
        ("foreign-data", None, "notes"),
        ("foreign-data", None, "records/6f6464"),
    ]


def test_records_beyond_the_end(tables):
    tables["records"][U64.pack(RECORDS)] = b"\x98\x01nothing"
    assert findings(tables)[0][:2] == ("malformed", RECORDS)
    del tables["records"][U64.pack(RECORDS)]
    tables["records"][U64.pack(2**53 - 1)] = tables["records"][U64.pack(5)]
    assert [(code, index) for code, index, _ in findings(tables)] == [("duplicate", 2**53 - 1)]


@pytest.mark.parametrize("key", [2**53, 2**63, 2**64 - 1])
def test_a_key_that_no_index_can_be(tables, key):
    tables["records"][U64.pack(key)] = tables["records"][U64.pack(5)]
    assert findings(tables) == [("foreign-data", None, f"records/{key:016x}")]
