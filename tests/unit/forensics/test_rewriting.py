"""What was chained anew: which record was changed before it, whatever else was changed, and whoever signed afterwards."""

from __future__ import annotations

import pytest

from chainlog.forensics.evidence import U64, TableEvidence
from chainlog.forensics.in_process import audit_evidence
from tests import damage
from tests.damage import copy_of, honest, rechain, rows_of, sign_head
from tests.forger import RECORDS, Forger

CHANGED = 20


@pytest.fixture
def forger():
    """Of a log in which the time of one record was changed, and everything after it chained anew."""
    forger = Forger()
    forger.rows[CHANGED] = damage._time(forger.rows[CHANGED], None)
    rechain(forger.tables, forger.rows, CHANGED)
    forger.rows = rows_of(forger.tables)
    return forger


def findings(tables, log_id):
    """What both ways find, which must be the same."""
    quick = audit_evidence(TableEvidence(tables), log_id=log_id)
    assert audit_evidence(TableEvidence(tables), log_id=log_id, exact=True) == quick
    return quick.findings


def places(tables, log_id):
    return [(one.code, one.index) for one in findings(tables, log_id) if one.code != "head-mismatch"]


def test_who_signs_on_what_was_chained_anew_takes_nothing_back(forger):
    """Several saw what had stood there before. Who signs later vouches for the records as they are, not as they were."""
    (before,) = places(forger.tables, forger.log_id)
    forger.confirm()
    forger.confirm()
    sign_head(forger.tables, forger.rows)
    assert places(forger.tables, forger.log_id) == [before]
    assert before == ("altered", CHANGED)


def test_rows_exchanged_right_after_the_change_do_not_explain_it(forger):
    records = forger.tables["records"]
    one, other = U64.pack(CHANGED + 1), U64.pack(CHANGED + 2)
    records[one], records[other] = records[other], records[one]
    assert places(forger.tables, forger.log_id) == [("altered", CHANGED), ("reordered", CHANGED + 1)]


def test_a_bad_signature_further_on_is_not_said_to_have_a_wrong_base_too():
    """Its base is what the signers saw; that it is another one now, follows from the first change."""
    log_id, tables = honest(RECORDS)
    rows = rows_of(tables)
    for index in (9, 40):
        rows[index] = damage._expiry(rows[index], None)
    copied = copy_of(tables)
    rechain(copied, rows, 9)
    second = next(one for one in findings(copied, log_id) if one.index == 40)
    assert second.code == "bad-signature"
    assert "wrong-base" not in second.detail
