"""The audit of a directory: what isn't there to be judged, and what lies beside a log."""

from __future__ import annotations

import pytest

from chainlog.canon import codec
from chainlog.facade import Log
from chainlog.forensics.audit import audit
from chainlog.log.genesis import Policy
from chainlog.store.lmdb_store import LmdbStore
from tests.builders import small_log
from tests.damage import honest, write_log
from tests.signers import signer

PAGE = 4096
_LEAF = 0x02  # flag of a page that holds rows


@pytest.fixture
def log(tmp_path):
    """The data file of a small log."""
    return write_log(tmp_path / "log", honest(8)[1])


def audited(path, log_id=None):
    report = audit(path, log_id=log_id, processes=1)
    return report.integrity, [finding.code for finding in report.findings], {entry.what for entry in report.not_checked}


def test_what_is_no_file_has_no_pages_that_could_be_damaged(log, tmp_path):
    for missing in (tmp_path / "nowhere", tmp_path):
        assert audited(missing)[:2] == ("unreadable", ["unreadable"])
    log.write_bytes(b"")
    assert audited(tmp_path / "log")[:2] == ("unreadable", ["unreadable"])
    log.write_bytes(bytes(4 * PAGE))
    assert audited(tmp_path / "log")[:2] == ("unreadable", ["page-corrupt", "unreadable"])


def test_a_report_on_nothing_lists_all_that_was_found(tmp_path):
    """It holds back no finding, and says nothing of records, of which there are none."""
    assert audited(tmp_path)[2] == {"stolen keys", "collusion", "sealed values"}


def test_what_no_release_writes_is_named_whatever_the_verdict(log, tmp_path):
    log_id, _ = honest(8)
    assert not [what for what in audited(tmp_path / "log", log_id)[2] if what.startswith("file ")]
    (tmp_path / "log" / "notes.txt").write_text("x")
    (log.parent / "data.old").write_text("x")
    named = {"file notes.txt", "file data.old"}
    integrity, codes, not_checked = audited(tmp_path / "log", log_id)
    assert (integrity, codes) == ("intact", [])
    assert named <= not_checked
    log.unlink()
    integrity, codes, not_checked = audited(tmp_path / "log", log_id)
    assert (integrity, codes) == ("unreadable", ["unreadable"])
    assert named <= not_checked


def test_a_sealed_value_is_lost_unless_its_erasure_stands_in_the_log(tmp_path):
    store = LmdbStore.create(tmp_path / "log")
    small = small_log(store=store, policy=Policy("p", "1", 0, {"seal.fields": ["note"], "seal.readers": ["11" * 32]}))
    store.close()
    with Log.open(tmp_path / "log", log_signer=signer("log"), clock=small.clock) as log:
        keys = {person: signer(person) for person in ("p/L", "p/Z")}
        _, erased, lost = [
            log.record_event(
                "accessed.entered", body={"note": "x"}, people={"operator": "p/L"}, subjects=["w/1"], signers=keys
            )
            for _ in range(3)
        ]
        people = {"registrar": "p/Z", "approver": "p/L"}
        log.erase(erased.event_id, path="note", reason="x", people=people, signers=keys)
        commitment = codec.decode(bytes(log.reader.find(lost.event_id).event.body))["note"]["sealed"]
        with log._beside("sealed").write() as transaction:
            transaction.table("boxes").delete(commitment)
            assert len(list(transaction.table("boxes").scan())) == 1
    report = audit(tmp_path / "log", log_id=log.id)
    assert [(one.code, one.index, one.subject) for one in report.findings] == [("seal-lost", lost.index, "note")]


def test_what_stands_above_lost_pages_stands_where_it_says_though_no_head_is_left(tmp_path):
    log_id, sound = honest(300)
    data = write_log(tmp_path / "log", {**sound, "head": {}})
    pages = [data.read_bytes()[at : at + PAGE] for at in range(0, data.stat().st_size, PAGE)]
    leaves = [number for number, page in enumerate(pages) if page[10] == _LEAF and b"created.received" in page]
    # More is lost than is left.
    for number in leaves[1:-1]:
        pages[number] = bytes(PAGE)
    data.write_bytes(b"".join(pages))
    report = audit(tmp_path / "log", log_id=log_id, processes=1)
    (first,) = [finding.index for finding in report.findings if finding.index is not None]
    assert 0 < first < 100
    assert {(finding.code, finding.index) for finding in report.findings} == {
        ("page-corrupt", first), ("page-corrupt", None), ("head-mismatch", None),
    }  # fmt: skip
    assert (report.integrity, report.size) == ("broken", 300)
