"""Committed roots of the completeness map are recomputed by an audit, in memory and on disk, in one process and in two."""

from __future__ import annotations

import pytest

from chainlog.digest import ZERO
from chainlog.facade import Log
from chainlog.forensics import maps
from chainlog.forensics.audit import audit
from chainlog.forensics.in_process import audit_store
from chainlog.store.lmdb_store import LmdbStore
from tests.builders import small_log
from tests.signers import signer

CHECK = {"reason": "other", "passed": True}
BY_LOG = {"people": [("log", "s/log", 1)], "signers": {"s/log": signer("log")}}


@pytest.fixture
def path(tmp_path):
    store = LmdbStore.create(tmp_path / "log")
    small_log(store=store).handle.close()
    return tmp_path / "log"


def grow(log, first, count):
    for n in range(first, first + count):
        subjects = [f"c/{n}", f"c/{n % 7}"]
        log.record_event("checked.carrier", body=CHECK, people={"operator": "p/Z"}, subjects=sorted(set(subjects)),
                         signers={"p/Z": signer("p/Z")})  # fmt: skip


def judged(path, **rest):
    report = audit(path, log_id=None, **rest)
    with Log.open(path, read_only=True) as log, log.store.snapshot() as snapshot:
        assert audit_store(snapshot, log_id=None).findings == report.findings
    return report


def said(report):
    return [entry.reason for entry in report.not_checked if entry.what == maps.MAPS]


@pytest.mark.parametrize("processes", [1, 2])
def test_right_maps_are_not_mentioned(path, processes, monkeypatch):
    monkeypatch.setattr(maps, "_GATHERED_MAX", 5)
    with Log.open(path, log_signer=signer("log")) as log:
        for round_ in range(3):
            grow(log, 20 * round_, 20)
            log.commit_map()
        grow(log, 90, 3)
    report = judged(path, processes=processes)
    assert (report.integrity, report.findings, said(report)) == ("intact", (), [])


def test_a_log_without_maps_says_nothing_of_them(path):
    assert said(judged(path)) == []


@pytest.mark.parametrize("wrong", ["root", "subjects", "size"])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_false_map_is_found_at_its_index(path, wrong, processes):
    with Log.open(path, log_signer=signer("log")) as log:
        grow(log, 0, 20)
        with log.completeness.at(log.reader.size) as found:
            body = {"map_root": found.root, "size": found.size, "subjects": found.subjects}
        body[{"root": "map_root"}.get(wrong, wrong)] = {"root": ZERO, "subjects": 3, "size": body["size"] - 1}[wrong]
        false = log.record_event("index_committed", body=body, **BY_LOG)
        grow(log, 30, 5)
        log.commit_map()
    report = judged(path, processes=processes)
    assert [(f.code, f.index) for f in report.findings] == [("false-map", false.index)]
    assert (report.integrity, said(report)) == ("broken", [])


def test_of_a_damaged_log_no_map_is_computed(path):
    with Log.open(path, log_signer=signer("log")) as log:
        grow(log, 0, 3)
        log.commit_map()
        grow(log, 9, 1)
    file = path / "truth" / "data.mdb"
    file.write_bytes(file.read_bytes().replace(b"checked.carrier", b"checked.garrier"))
    report = audit(path, log_id=None)
    assert report.integrity == "broken"
    assert said(report) == ["1 committed roots were not computed again: something else is wrong with the log"]
