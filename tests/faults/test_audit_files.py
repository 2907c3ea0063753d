"""An audit of files that are damaged or hostile: it never dies, never hangs, and never calls them intact."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest

from chainlog.errors import BusyError, StoreError
from chainlog.forensics import audit as audit_module
from chainlog.forensics.audit import audit
from chainlog.forensics.children import Child, ChildError
from chainlog.forensics.diagnosis import diagnose
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.summary import OpenTask, Survey, SurveyTask
from chainlog.log.handle import propose
from chainlog.store.guard import Guard
from chainlog.store.lmdb_forensic import PrivateCopy, copy_data_file, page_problems
from chainlog.store.lmdb_pages import PageFile
from chainlog.store.lmdb_store import LmdbStore
from tests.builders import small_log
from tests.damage import damaged, honest, tell_story, write_log
from tests.signers import signer

PAGE = 4096
RECORDS = 45


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Bytes of the data file of an honest log."""
    return write_log(tmp_path_factory.mktemp("sound"), honest(RECORDS)[1]).read_bytes()


@pytest.fixture
def log(tmp_path, sound):
    """The directory of an honest log."""
    (tmp_path / "log" / "truth").mkdir(parents=True)
    data_of(tmp_path / "log").write_bytes(sound)
    return tmp_path / "log"


def data_of(log: Path) -> Path:
    return log / "truth" / "data.mdb"


def codes(report):
    return {finding.code for finding in report.findings}


# --- whole runs, in child processes -------------------------------------------------------------


def test_an_honest_log_is_intact_and_stays_as_it_is(log):
    log_id, _ = honest(RECORDS)
    before = {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in log.rglob("*")}
    seen = []
    report = audit(log, log_id=log_id, progress=lambda done, total: seen.append((done, total)))
    assert (report.integrity, report.trust, report.size, report.findings) == ("intact", "pinned", RECORDS, ())
    assert report.as_json()["root"] == report.root.hex()
    assert seen[-1] == (RECORDS, RECORDS)
    after = {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in log.rglob("*")}
    assert after == before


def test_a_log_of_several_ranges_and_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(audit_module, "RANGE_RECORDS", 256)
    monkeypatch.setattr(audit_module, "_BYTES_A_PROCESS", 1)
    log_id, tables = honest(600)
    write_log(tmp_path / "log", tables)
    seen = []
    report = audit(tmp_path / "log", log_id=log_id, processes=3, progress=lambda done, total: seen.append(done))
    assert (report.integrity, report.size, report.findings) == ("intact", 600, ())
    assert len(seen) == 3
    for name, index in (("time changed", 300), ("record removed", 512), ("signature replaced", 255)):
        write_log(tmp_path / name, damaged(tables, name, index, anew=False))
        found = audit(tmp_path / name, log_id=log_id, processes=3).findings
        assert [finding.index for finding in found] == [index]


def test_a_log_while_it_is_written(tmp_path):
    log = small_log(store=LmdbStore.create(tmp_path / "log"))
    tell_story(log, 20)
    assert audit(tmp_path / "log", log_id=log.handle.id).integrity == "intact"
    tell_story(log, 30)
    report = audit(tmp_path / "log", log_id=log.handle.id)
    assert (report.integrity, report.size) == ("intact", 30)
    log.handle.close()


def test_a_writer_at_work_is_waited_for(log):
    guard = Guard(log / "truth", os.open(data_of(log), os.O_RDWR))
    with guard.hold(1), pytest.raises(BusyError):
        copy_data_file(log / "truth", log / "copy", timeout_s=0.05)
    guard.close()


@pytest.mark.parametrize("kind", ["nothing", "empty", "FIFO", "link", "directory", "truth is a file"])
def test_what_is_no_data_file(log, kind):
    data = data_of(log)
    data.rename(log / "elsewhere")
    if kind == "empty":
        data.touch()
    elif kind == "FIFO":
        os.mkfifo(data)
    elif kind == "link":
        data.symlink_to(log / "elsewhere")
    elif kind == "directory":
        data.mkdir()
    elif kind == "truth is a file":
        data.parent.rmdir()
        data.parent.touch()
    report = audit(log, log_id=None)
    assert report.integrity == "unreadable"
    assert [finding.code for finding in report.findings] == ["unreadable"]
    assert "file elsewhere" in [entry.what for entry in report.not_checked]
    with pytest.raises(Exception, match="unreadable"):
        report.raise_if_broken()


def test_no_directory_at_all(tmp_path):
    assert audit(tmp_path / "nowhere", log_id=None).integrity == "unreadable"


def test_a_hostile_lock_file_is_not_touched(log):
    os.mkfifo(log / "truth" / "lock.mdb")
    assert audit(log, log_id=None).integrity == "intact"


@pytest.mark.parametrize("size", [1, 4096, 8192, 50_000])
def test_garbage(log, size):
    data_of(log).write_bytes(random.Random(size).randbytes(size))
    report = audit(log, log_id=None)
    assert report.integrity == "unreadable"
    assert codes(report) == {"page-corrupt", "unreadable"}


def test_a_zeroed_page_and_a_cut_file(log, sound):
    log_id, _ = honest(RECORDS)
    data_of(log).write_bytes(without_a_leaf(sound))
    report = audit(log, log_id=log_id)
    assert report.integrity == "broken"
    assert codes(report) == {"page-corrupt"}
    lost = [finding for finding in report.findings if finding.index is not None]
    assert len(lost) == 1
    assert "records" in lost[0].detail
    data_of(log).write_bytes(sound[: len(sound) // 2])
    assert "page-corrupt" in codes(audit(log, log_id=log_id))


def without_a_leaf(data: bytes) -> bytes:
    """The file with a page of records zeroed, somewhere in the middle."""
    pages = [data[at : at + PAGE] for at in range(0, len(data), PAGE)]
    leaves = [n for n, page in enumerate(pages) if page[10] == 0x02 and b"created.received" in page]
    pages[leaves[len(leaves) // 2]] = bytes(PAGE)
    return b"".join(pages)


def test_the_engine_alone_would_die_of_it(log, sound):
    """The positive control: what the audit is spared by looking at the pages first."""
    data_of(log).write_bytes(without_a_leaf(sound))
    with Child() as child:
        child.call("open", OpenTask(str(log / "truth")), int)
        with pytest.raises(ChildError, match="SIG"):
            child.call("diagnose", [None, [[], {}], [], str(log)], object)


def test_a_reader_that_dies_is_a_finding(log, sound, monkeypatch):
    """If the engine dies of what the check of the pages let through, the pages are read one by one."""
    data_of(log).write_bytes(without_a_leaf(sound))
    call = Child.call
    monkeypatch.setattr(
        Child, "call", lambda self, name, *rest, **more: [] if name == "pages" else call(self, name, *rest, **more)
    )
    report = audit(log, log_id=honest(RECORDS)[0])
    assert codes(report) == {"page-corrupt"}
    assert any("killed by SIG" in f.detail or "records:" in f.detail for f in report.findings)


def test_a_reader_that_names_its_copy_is_quoted_with_the_file_that_was_given(log, tmp_path, monkeypatch):
    def fails(_self, name, argument, *_, **__):
        if name in ("pages", "open"):
            raise ChildError(f"{argument.directory}/data.mdb: it is no use")

    monkeypatch.setattr(Child, "call", fails)
    report = audit(log, log_id=None, scratch=tmp_path)
    assert codes(report) == {"page-corrupt", "unreadable"}
    assert {f.detail for f in report.findings if f.subject} >= {f"{data_of(log)}: it is no use"}
    assert "chainlog-audit-" not in str(report)


# --- the child ----------------------------------------------------------------------------------


def test_a_child_that_hangs_is_given_up(log):
    with Child() as child:
        child.call("open", OpenTask(str(log / "truth")), int)
        os.kill(child._process.pid, signal.SIGSTOP)
        child.send("survey", SurveyTask(None, []))
        with pytest.raises(ChildError, match="did not come to an end"):
            child.receive(Survey, timeout_s=0.1)
        with pytest.raises(ChildError):
            child.call("survey", SurveyTask(None, []), Survey)


def test_a_bug_in_a_child_is_no_finding():
    with Child() as child, pytest.raises(AssertionError, match="no evidence was opened"):
        child.call("survey", SurveyTask(None, []), Survey)


def test_a_child_ends_with_its_parent():
    child = Child()
    os.close(os.dup(child._requests))
    child._process.stdin.close()
    child._process.wait(timeout=30)
    child.kill()


def test_without_room_for_the_copy(log, monkeypatch):
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(StoreError, match="bytes are free"):
        audit(log, log_id=None)


# --- many damages, judged as the child would ------------------------------------------------------


def judged(directory: Path):
    """The report on a data file without child processes: by the engine only if its pages are sound."""
    log_id, _ = honest(RECORDS)
    if page_problems(directory):
        try:
            pages = PageFile(directory / "data.mdb")
        except StoreError:
            return "unreadable", None
        diagnosis = diagnose(pages, log_id)
        pages.close()
        return "page-corrupt", diagnosis
    copy = PrivateCopy(directory)
    report = audit_evidence(copy, log_id=log_id)
    content = {name: dict(copy.scan(name)) for name in copy.tables()}
    copy.close()
    return report.integrity, content


def test_every_page_zeroed(log, sound):
    for page in range(len(sound) // PAGE):
        data_of(log).write_bytes(sound[: page * PAGE] + bytes(PAGE) + sound[(page + 1) * PAGE :])
        verdict, _ = judged(log / "truth")
        assert verdict in ("page-corrupt", "unreadable") or page < 2, page


def test_cut_at_every_page(log, sound):
    for page in range(len(sound) // PAGE):
        data_of(log).write_bytes(sound[: page * PAGE + 100 * (page % 2)])
        verdict, _ = judged(log / "truth")
        assert verdict in ("page-corrupt", "unreadable"), page


def test_random_damage_is_never_silently_wrong(log, sound):
    rnd = random.Random(7)
    _, tables = honest(RECORDS)
    outcomes = set()
    for _ in range(120):
        data = bytearray(sound)
        how = rnd.randrange(4)
        place = rnd.randrange(len(data))
        if how == 0:
            data[place] ^= 1 << rnd.randrange(8)
        elif how == 1:
            data[place : place + 64] = rnd.randbytes(len(data[place : place + 64]))
        elif how == 2:
            page = place // PAGE * PAGE
            data[page : page + PAGE] = rnd.randbytes(PAGE)
        else:
            a, b = place // PAGE * PAGE, rnd.randrange(len(data) // PAGE) * PAGE
            data[a : a + PAGE], data[b : b + PAGE] = data[b : b + PAGE], data[a : a + PAGE]
        data_of(log).write_bytes(data)
        verdict, content = judged(log / "truth")
        outcomes.add(verdict)
        if verdict == "intact":
            assert content == tables
    assert outcomes >= {"intact", "broken", "page-corrupt"}


def test_what_a_cut_file_has_lost_is_named_by_stretches(tmp_path):
    """Pages are used again in any order, so a cut takes records from anywhere; those that are left stand where they stood."""
    log = small_log(store=LmdbStore.create(tmp_path / "log"))
    for block in (1, 60, 1, 140, 1, 90, 1, 1, 150):
        made = []
        for number in range(block):
            body = {"reason": "other", "passed": True, "note": "x" * (1 + number % 7 * 90)}
            people, subjects = {"operator": "p/Z"}, [f"c/{number}", f"c/{number % 9}甲"]
            event = log.handle.prepare("checked.carrier", body=body, people=people, subjects=subjects)
            made.append(propose(event, {"p/Z": signer("p/Z")}))
        log.handle.append_many(made)
    size = log.handle.reader.size
    log.handle.close()
    data = (tmp_path / "log" / "truth" / "data.mdb").read_bytes()
    gaps = 0
    for part in range(1, 12):
        place = tmp_path / f"cut {part}"
        (place / "truth").mkdir(parents=True)
        (place / "truth" / "data.mdb").write_bytes(data[: len(data) * part // 12])
        report = audit(place, log_id=None)
        assert report.integrity != "intact"
        assert {finding.code for finding in report.findings} <= {
            "page-corrupt",
            "truncated",
            "unreadable",
            "head-mismatch",
        }
        lost = [finding.index for finding in report.findings if finding.index is not None]
        assert lost == sorted(set(lost))
        assert report.size <= size
        gaps = max(gaps, len(lost))
    assert gaps > 1, "nothing was lost from the middle"


def test_a_record_is_found_whichever_way_its_page_is(tmp_path):
    """Without the page that names the tables, leaves are known by their looks, and old copies of them lie about."""
    log = small_log(store=LmdbStore.create(tmp_path / "log"))
    for number in range(150):
        body = {"reason": "other", "passed": True, "note": "x" * (1 + number % 5 * 200)}
        log.record("checked.carrier", {"operator": "p/Z"}, body=body, subjects=[f"c/{number % 9}"])
    log.handle.close()
    path = tmp_path / "log" / "truth" / "data.mdb"
    whole, sound = path.read_bytes(), PageFile(path)
    records = dict(sound.scan("records"))
    sound.close()
    pages = [whole[start : start + 4_096] for start in range(0, len(whole), 4_096)]
    path.write_bytes(
        b"".join(bytes(4_096) if b"checkpoints" in page and b"subjects" in page else page for page in pages)
    )
    looked = PageFile(path)
    assert len(dict(looked.scan("records"))) == len(records)
    get = looked.getter("records")
    assert [key for key, data in records.items() if get(key) != data] == []
