"""Saving a damaged log: the beginning as it was, what is beyond it kept, and nothing that is false."""

from __future__ import annotations

import os
import tempfile

import pytest

from chainlog.digest import record_hash
from chainlog.errors import ForeignFileError, FormatError, LogExistsError, NotALogError, UsageError
from chainlog.event.model import unverified_event
from chainlog.forensics.audit import audit
from chainlog.forensics.evidence import HEAD_KEY, U64
from chainlog.forensics.salvage import salvage
from chainlog.log.handle import LogHandle
from chainlog.log.head import decode_head
from chainlog.record.record import unverified_record
from chainlog.record.statement import EnrolStatement
from chainlog.store.lmdb_store import LmdbStore
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from tests.builders import small_log
from tests.damage import (
    changed,
    copy_of,
    damaged,
    elsewhere,
    honest,
    honest_elsewhere,
    rechain,
    rows_of,
    sign_head,
    tell_story,
    write_log,
)
from tests.salvaging import check_saved, in_this_process, saved
from tests.signers import signer

RECORDS = 45
LOG_ID, TABLES = honest(RECORDS)
ROWS = rows_of(TABLES)


@pytest.fixture(autouse=True)
def _quick(request, monkeypatch):
    if not request.node.name.startswith("test_in_children_"):
        in_this_process(monkeypatch)


def without(*indexes):
    tables = copy_of(TABLES)
    for index in indexes:
        del tables["records"][U64.pack(index)]
    return tables


def put(path, tables):
    write_log(path, tables)
    return path


def note_of(tables=TABLES):
    return decode_head(tables["head"][HEAD_KEY]).checkpoint


# --- whole runs, in child processes ---------------------------------------------------------------


def test_in_children_a_sound_log_is_saved_as_it_is_and_not_touched(tmp_path):
    log = put(tmp_path / "log", TABLES)
    before = {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in log.rglob("*")}
    got = saved(log, tmp_path / "out", log_id=LOG_ID)
    assert (got.report.whole, got.report.pinned, got.records, got.lines) == (True, True, ROWS, [])
    report = audit(got.new, log_id=LOG_ID)
    assert (report.integrity, report.size, report.findings) == ("intact", RECORDS, ())
    after = {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in log.rglob("*")}
    assert after == before
    with LmdbStore.open(got.new).snapshot() as snapshot:
        assert snapshot.head == TABLES["head"][HEAD_KEY]
        assert dict(TABLES["checkpoints"].items()) == {U64.pack(size): note for size, note in snapshot.checkpoints() if U64.pack(size) in TABLES["checkpoints"]}  # fmt: skip


def test_in_children_a_gap_is_closed_from_a_second_damaged_copy(tmp_path):
    log, backup = put(tmp_path / "log", without(20, 21)), put(tmp_path / "backup", without(5, 44))
    got = saved(log, tmp_path / "out", also=[backup])
    assert (got.report.whole, got.records, got.report.taken) == (True, ROWS, (RECORDS - 2, 2))
    assert audit(got.new, log_id=LOG_ID).integrity == "intact"


def test_in_children_a_file_that_kills_its_reader_is_read_all_the_same(tmp_path):
    data = write_log(tmp_path / "log", TABLES)
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2 + 100])
    content = data.read_bytes()
    got = saved(tmp_path / "log", tmp_path / "out", log_id=LOG_ID)
    check_saved(got, ROWS, lambda record: record in content)
    assert got.report.sources[0].problem


# --- what is saved, what is kept ------------------------------------------------------------------


def test_what_stands_beyond_a_gap_is_kept_with_its_proof(tmp_path):
    got = saved(put(tmp_path / "log", without(20, 30)), tmp_path / "out")
    assert got.records == ROWS[:20]
    assert got.beside == [*ROWS[21:30], *ROWS[31:]]
    assert {line["place"] for line in got.lines if line["what"] == "record"} == {"proven"}
    assert (got.lost, got.report.loss.count) == ([20, 30], 2)
    assert (got.report.known_size, got.report.as_json()["lost_from"]) == (RECORDS, 20)


def test_where_nothing_states_a_hash_no_place_is_proven(tmp_path):
    got = saved(put(tmp_path / "log", without(*range(20, 30))), tmp_path / "out")
    assert got.beside == ROWS[30:]
    assert {line["place"] for line in got.lines if line["what"] == "record"} == {"stated", "alone"}
    assert got.lost == [*range(20, 30)]
    assert [line["hashes"] for line in got.lines if line["what"] == "lost"] == [[]]


def test_carriers_that_lack_records_are_named(tmp_path):
    checked = {index: set(_subjects(data)) for index, data in enumerate(ROWS)}
    gone = next(index for index in range(20, RECORDS) if any(one.startswith("c/") for one in checked[index]))
    got = saved(put(tmp_path / "log", without(gone)), tmp_path / "out")
    assert {one.subject for one in got.report.loss.subjects} == checked[gone]
    assert all((one.missing, one.records) == (1, (gone,)) for one in got.report.loss.subjects)


def _subjects(data):
    return unverified_event(unverified_record(data).event).subjects


def test_a_record_put_back_in_the_wrong_place_is_in_its_own(tmp_path):
    for name in ("neighbours swapped", "two swapped", "record moved"):
        got = saved(put(tmp_path / name, damaged(TABLES, name, 20, anew=False)), tmp_path / f"out {name}")
        assert (got.report.whole, got.records) == (True, ROWS), name


def test_records_chained_anew_after_a_change_are_not_taken_for_the_log(tmp_path):
    for name in ("time changed", "record removed", "event changed", "record of a stranger"):
        anew = damaged(TABLES, name, 20, anew=True)
        got = saved(put(tmp_path / name, anew), tmp_path / f"out {name}")
        assert got.records == ROWS[: got.report.size], name
        assert not got.report.whole, name
        mended = saved(tmp_path / name, tmp_path / f"mended {name}", also=[put(tmp_path / f"backup {name}", TABLES)])
        assert (mended.report.whole, mended.records) == (True, ROWS), name


def test_a_stranger_signs_for_nobody(tmp_path):
    got = saved(put(tmp_path / "log", damaged(TABLES, "record of a stranger", 20, anew=True)), tmp_path / "out")
    strange = [
        line for line in got.lines if line["what"] == "record" and None in [s["person"] for s in line["signers"]]
    ]
    assert len(strange) == 1
    assert strange[0]["place"] != "proven"


def test_a_log_whose_tables_are_lost_is_whole_again(tmp_path):
    tables = copy_of(TABLES)
    for name in ("subjects", "ids", "tiles"):
        tables[name].clear()
    got = saved(put(tmp_path / "log", tables), tmp_path / "out")
    assert (got.report.whole, got.records) == (True, ROWS)


def test_without_a_head_nobody_can_say_that_it_is_all(tmp_path):
    tables = copy_of(TABLES)
    tables["head"].clear()
    log = put(tmp_path / "log", tables)
    got = saved(log, tmp_path / "out")
    assert (got.report.whole, got.records, got.report.loss.count) == (False, ROWS, 0)
    assert (got.report.known_size, got.report.known_root) == (RECORDS, got.report.root)
    outside = saved(log, tmp_path / "outside", checkpoints=[note_of()])
    assert outside.report.whole
    assert audit(outside.new, log_id=LOG_ID).integrity == "intact"


def test_a_head_kept_outside_shows_that_the_end_is_gone(tmp_path):
    assert saved(put(tmp_path / "log", tables_at(30)), tmp_path / "alone").report.whole
    got = saved(tmp_path / "log", tmp_path / "out", checkpoints=[note_of()])
    assert (got.report.whole, got.report.size, got.report.known_size, got.lost) == (
        False,
        30,
        RECORDS,
        [*range(30, RECORDS)],
    )


def tables_at(size):
    """The log as it was with *size* records."""
    tables = copy_of(TABLES)
    rechain(tables, ROWS[:size], size)
    sign_head(tables, ROWS[:size])
    return tables


def test_a_head_that_only_lies_in_a_sound_file_accuses_nobody(tmp_path):
    """A commit that never came to its end leaves a signed head and records on pages that nothing leads to."""
    log = small_log(store=LmdbStore.create(tmp_path / "log"))
    tell_story(log, 20)
    log.handle.close()
    data = tmp_path / "log" / "truth" / "data.mdb"
    raw = bytearray(data.read_bytes())
    # The newer of the two states is taken away as a torn commit does it: its meta page is that of the state before.
    numbers = [int.from_bytes(raw[place + 144 : place + 152], "little") for place in (0, 4096)]
    newer = 4096 * numbers.index(max(numbers))
    raw[newer + 144 : newer + 152] = (min(numbers) - 2).to_bytes(8, "little")
    data.write_bytes(raw)
    got = saved(tmp_path / "log", tmp_path / "out")
    assert (got.report.whole, got.report.size) == (True, 19)


@pytest.mark.parametrize("gone", [(30,), range(30, 40), range(30, RECORDS)])
@pytest.mark.parametrize("harm", ["lost", "note changed", "backup"])
def test_a_head_of_less_is_not_the_end_where_the_last_one_is_lost(tmp_path, gone, harm):
    """A checkpoint was kept, or a backup made, exactly where the gap begins."""
    tables, also = without(*gone), []
    if harm == "note changed":
        head = tables["head"][HEAD_KEY]
        tables["head"] = {**tables["head"], HEAD_KEY: head.replace("—".encode(), "–".encode())}
    else:
        tables["head"] = {}
    if harm == "backup":
        also.append(put(tmp_path / "backup", tables_at(30)))
    else:
        tables["checkpoints"][U64.pack(30)] = note_of(tables_at(30))
    got = saved(put(tmp_path / "log", tables), tmp_path / "out", also=also)
    assert (got.report.whole, got.records) == (False, ROWS[:30])
    assert got.beside == [data for index, data in enumerate(ROWS) if index > 30 and index not in gone]


def test_a_head_of_another_log_is_refused_and_one_by_an_unknown_key_shows_nothing(tmp_path):
    log = put(tmp_path / "log", TABLES)
    with pytest.raises(ForeignFileError, match="it is of the log"):
        saved(log, tmp_path / "out", checkpoints=[note_of(honest_elsewhere())])
    assert not (tmp_path / "out" / "new").exists()
    origin = note_of().split(b"\n")[0].decode()
    stranger = sign_checkpoint(Checkpoint(origin, 50, bytes(32)), signer=signer("p/M"))
    got = saved(log, tmp_path / "unknown", checkpoints=[stranger])
    assert (got.report.whole, got.report.unverified, got.records) == (False, 1, ROWS)


def test_a_wrong_log_id_is_named(tmp_path):
    with pytest.raises(NotALogError, match="check the log id"):
        saved(put(tmp_path / "log", TABLES), tmp_path / "out", log_id=bytes(32))


def test_two_signed_histories_are_not_mixed(tmp_path):
    """The log key signed another head over as many records: what the damaged log leads to is taken, and it isn't whole."""
    log_id, origin = LOG_ID, note_of().split(b"\n")[0].decode()
    fork = sign_checkpoint(Checkpoint(origin, 44, bytes(32)), signer=signer("log"))
    tables = copy_of(TABLES)
    tables["checkpoints"][U64.pack(44)] = fork
    got = saved(put(tmp_path / "log", tables), tmp_path / "out", log_id=log_id)
    assert got.records == ROWS[: got.report.size]


def test_another_log_gives_nothing(tmp_path):
    log, other = put(tmp_path / "log", without(20)), put(tmp_path / "other", honest_elsewhere())
    got = saved(log, tmp_path / "out", also=[other])
    assert (got.records, got.report.taken[1]) == (ROWS[:20], 0)
    assert got.report.sources[1].problem == "none of its records was signed for this log"
    assert not set(got.beside) & set(elsewhere())


def test_the_log_id_decides_which_log_it_is(tmp_path):
    log, other = put(tmp_path / "log", TABLES), put(tmp_path / "other", honest_elsewhere())
    got = saved(log, tmp_path / "out", also=[other], log_id=record_hash(elsewhere()[0]))
    assert (got.report.whole, got.records, got.report.taken) == (True, elsewhere(), (0, len(elsewhere())))


# --- what can't be saved --------------------------------------------------------------------------


def test_without_record_0_no_log_begins_but_what_is_there_is_kept(tmp_path):
    log = put(tmp_path / "log", without(0))
    with pytest.raises(NotALogError, match="record 0 is in none of the copies"):
        saved(log, tmp_path / "out")
    assert not (tmp_path / "out" / "new").exists()
    assert (tmp_path / "out" / "remains").read_text().count('"what": "record"') == RECORDS - 1
    mended = saved(log, tmp_path / "mended", also=[put(tmp_path / "backup", without(3))])
    assert (mended.report.whole, mended.records) == (True, ROWS)


def make_fifo(path):
    os.mkfifo(path)


@pytest.mark.parametrize(
    "make", [make_fifo, lambda path: path.write_bytes(b""), lambda path: path.mkdir(), lambda path: path.write_bytes(b"\1" * 9000)]
)  # fmt: skip
def test_what_is_no_log_is_refused_and_a_backup_still_helps(tmp_path, make):
    (tmp_path / "log" / "truth").mkdir(parents=True)
    make(tmp_path / "log" / "truth" / "data.mdb")
    with pytest.raises(NotALogError, match="--also"):
        saved(tmp_path / "log", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    backup = put(tmp_path / "backup", TABLES)
    got = saved(tmp_path / "log", tmp_path / "mended", also=[backup])
    assert got.report.sources[0].problem
    # The backup doesn't know how far the log went after it was made.
    assert (got.report.whole, got.records, got.report.known_size) == (False, ROWS, RECORDS)
    known = saved(tmp_path / "log", tmp_path / "known", also=[backup], checkpoints=[note_of()])
    assert (known.report.whole, known.records) == (True, ROWS)


def test_nothing_is_overwritten_and_nothing_written_into_the_damaged_log(tmp_path):
    log = put(tmp_path / "log", TABLES)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "there").touch()
    with pytest.raises(LogExistsError):
        salvage(log, tmp_path / "full", remains=tmp_path / "remains")
    with pytest.raises(UsageError, match="isn't overwritten"):
        salvage(log, tmp_path / "new", remains=tmp_path / "there")
    for new, remains in (("none/new", "remains"), ("new", "none/remains")):
        with pytest.raises(UsageError, match=r"there is no directory .*none"):
            salvage(log, tmp_path / new, remains=tmp_path / remains)
    with pytest.raises(UsageError, match="may not lie in"):
        salvage(log, log / "new", remains=tmp_path / "remains")
    with pytest.raises(UsageError, match="may not lie in"):
        salvage(log, tmp_path / "new", remains=log / "remains")
    with pytest.raises(FormatError):
        salvage(log, tmp_path / "new", remains=tmp_path / "remains", checkpoints=[b"no note"])
    assert not (tmp_path / "new").exists()


def test_private_copies_lie_neither_in_the_evidence_nor_in_the_new_log(tmp_path, monkeypatch):
    log, other = put(tmp_path / "log", TABLES), put(tmp_path / "other", TABLES)
    for inside in (log, other / "truth"):
        before = sorted(inside.rglob("*"))
        with pytest.raises(UsageError, match="may not lie in"):
            salvage(log, tmp_path / "new", remains=tmp_path / "remains", also=[other], scratch=inside)
        monkeypatch.setattr(tempfile, "tempdir", str(inside))
        with pytest.raises(UsageError, match="may not lie in"):
            salvage(log, tmp_path / "new", remains=tmp_path / "remains", also=[other])
        monkeypatch.undo()
        in_this_process(monkeypatch)
        assert sorted(inside.rglob("*")) == before
    (tmp_path / "new").mkdir()
    with pytest.raises(UsageError, match="may not lie in"):
        salvage(log, tmp_path / "new", remains=tmp_path / "remains", scratch=tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_salvage_that_fails_leaves_nothing(tmp_path, monkeypatch):
    log = put(tmp_path / "log", without(20))
    monkeypatch.setattr("chainlog.forensics.salvage.collect_seals", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        salvage(log, tmp_path / "new", remains=tmp_path / "remains")
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_the_signed_head_decides_between_two_last_records(tmp_path):
    """Its time is the writer's, nobody signed on it, and nothing follows: the root alone tells which was the last record."""
    tables = copy_of(TABLES)
    last = unverified_record(ROWS[-1])
    tables["records"][U64.pack(RECORDS - 1)] = changed(ROWS[-1], recorded_at_us=last.recorded_at_us + 1)
    backup = put(tmp_path / "backup", TABLES)
    got = saved(put(tmp_path / "log", tables), tmp_path / "out", also=[backup])
    assert (got.report.whole, got.records, got.report.taken) == (True, ROWS, (RECORDS - 1, 1))


@pytest.mark.parametrize("lost", [False, True])
def test_heads_of_a_later_log_key(tmp_path, lost):
    log = small_log(store=LmdbStore.create(tmp_path / "log"))
    new, old = signer("log 2"), signer("log")
    proof = new.sign_enrolment(EnrolStatement(log.handle.id, "s/log", 1, new.public_key))
    body = {"old": (1, old.public_key), "new": (1, new.public_key), "proof": proof, **({"lost": True} if lost else {})}
    people = {"administrator": list(log.administrators), **({} if lost else {"log": "s/log"})}
    handle = LogHandle(log.store, log_signer=new, clock=log.clock)
    handle.record_event("log_key_changed", body=body, people=people, signers={**log.administrators, "s/log": old})
    handle.close()
    got = saved(tmp_path / "log", tmp_path / "out")
    assert (got.report.whole, got.report.size) == (True, 5)
    assert audit(got.new, log_id=log.handle.id).integrity == "intact"


def test_a_longer_story_that_may_not_stand_doesnt_hide_the_true_one(tmp_path):
    """No head is left, and a copy goes on for longer with a record that nobody who counts has signed."""
    short, long = tables_at(30), damaged(TABLES, "record of a stranger", 20, anew=True)
    for tables in (short, long):
        tables["head"].clear()
        tables["tiles"].clear()
    got = saved(put(tmp_path / "log", short), tmp_path / "out", also=[put(tmp_path / "copy", long)])
    assert got.records == ROWS[:30]
    assert not got.report.whole
