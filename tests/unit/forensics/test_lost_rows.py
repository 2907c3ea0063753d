"""Rows that lie on pages which can't be read: one loss is one finding, and what isn't there for it is none."""

from __future__ import annotations

import pytest

from chainlog.forensics.evidence import HEAD_KEY, TILE_KEY, U64, TableEvidence
from chainlog.forensics.in_process import audit_evidence
from chainlog.log.head import decode_head
from tests.damage import copy_of, honest

RECORDS = 45


class Torn(TableEvidence):
    """Tables of which stretches were on pages that can't be read."""

    def __init__(self, tables, table, low, high=b""):
        rows = {key: value for key, value in tables[table].items() if not low <= key or (high and key >= high)}
        super().__init__({**tables, table: rows})
        self._torn = table, ((low, high),)

    def lost(self, table):
        return self._torn[1] if table == self._torn[0] else ()


def findings(evidence, log_id):
    report = audit_evidence(evidence, log_id=log_id)
    assert report.integrity == "broken"
    return report.findings


def test_the_last_records_lost_with_their_page():
    """What tells how many they were is the signed head; that a kept checkpoint and a tile say it too is no finding."""
    log_id, tables = honest(300)
    kept = {**tables["checkpoints"], U64.pack(300): decode_head(tables["head"][HEAD_KEY]).checkpoint}
    (found,) = findings(Torn({**tables, "checkpoints": kept}, "records", U64.pack(200)), log_id)
    assert (found.code, found.index) == ("page-corrupt", 200)
    assert "records 200 to 299 are lost with a damaged page" in found.detail


@pytest.mark.parametrize("table", ["subjects", "ids"])
def test_many_rows_lost_with_one_page(table):
    log_id, tables = honest(RECORDS)
    keys = sorted(tables[table])
    (found,) = findings(Torn(tables, table, keys[3], keys[9]), log_id)
    assert (found.code, found.index, found.subject) == ("page-corrupt", None, table)
    assert found.detail.endswith("from it follow 6 × index-mismatch")


def test_a_tile_that_was_cut_says_nothing_of_records_that_are_gone():
    """Nor does anybody else say the hash of the first: those that would have are gone too."""
    log_id, tables = honest(300)
    copied = copy_of(tables)
    for index in range(200, 210):
        del copied["records"][U64.pack(index)]
    tile = TILE_KEY.pack(0, 0)
    copied["tiles"][tile] = copied["tiles"][tile][: 32 * 100]
    report = audit_evidence(TableEvidence(copied), log_id=log_id)
    assert [(one.code, one.index) for one in report.findings] == [("missing", 200)]
    assert report.root is None
    assert "head" in {one.what for one in report.not_checked}
