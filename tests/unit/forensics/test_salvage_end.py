"""Finishing a salvage: `recovered` first, nothing before it, signed by those who must, on exactly what was saved."""

from __future__ import annotations

import pytest

from chainlog.errors import CheckpointError, NotALogError, ReadOnlyError, RefusedError, UsageError
from chainlog.forensics.audit import audit
from chainlog.forensics.evidence import HEAD_KEY, U64
from chainlog.forensics.remains_file import prove_places, read_remains
from chainlog.forensics.salvage_end import Unfinished
from chainlog.forensics.surroundings import UNFINISHED
from chainlog.log.handle import LogHandle
from chainlog.log.head import decode_head
from chainlog.store.lmdb_store import LmdbStore
from tests.builders import T0, Clock
from tests.damage import copy_of, honest, rows_of, write_log
from tests.salvaging import in_this_process, saved
from tests.signers import signer

RECORDS = 45
LOG_ID, TABLES = honest(RECORDS)
GONE = 20


@pytest.fixture
def got(tmp_path, monkeypatch):
    """A salvage of a log that lacks one record."""
    in_this_process(monkeypatch)
    tables = copy_of(TABLES)
    del tables["records"][U64.pack(GONE)]
    write_log(tmp_path / "log", tables)
    return saved(tmp_path / "log", tmp_path / "out")


@pytest.fixture
def unfinished(got):
    with Unfinished(got.new, clock=Clock(T0 + 10**12)) as log:
        yield log


def drafted(got, log, *, signers=("p/A1", "p/A2"), **changes):
    body = {"reason": "a disk failed", "known_size": got.report.known_size, "known_root": got.report.known_root}
    draft = log.draft(list(signers), **{**body, **changes})
    for person in signers:
        draft = draft.sign(signer(person), role="administrator", person=person, signed_at_us=T0 + 10**12)
    return draft


def test_recovered_is_the_first_record_after_what_was_saved(got, unfinished):
    receipt = unfinished.finish(drafted(got, unfinished), log_signer=signer("log"))
    assert receipt.index == GONE
    report = audit(got.new, log_id=LOG_ID)
    assert (report.integrity, report.size, report.findings, report.not_checked[-1:]) == (
        "intact", GONE + 1, (), audit(got.new, log_id=LOG_ID).not_checked[-1:],
    )  # fmt: skip
    assert sorted(path.name for path in got.new.iterdir()) == ["truth"]
    with LogHandle(LmdbStore.open(got.new), log_id=LOG_ID) as log:
        entry = log.reader.read(GONE)
        assert entry.kind == "recovered"
        body = entry.body()
        assert (body.lost_from, body.known_size, body.reason) == (GONE, RECORDS, "a disk failed")
        assert body.known_root == decode_head(TABLES["head"][HEAD_KEY]).frontier.root()
        assert [log.reader.read(i).record_hash for i in range(GONE)] == [_hash(data) for data in rows_of(TABLES)[:GONE]]
        assert prove_places(read_remains(got.new.parent / "remains"), log) == RECORDS - GONE - 1


def _hash(data):
    from chainlog.digest import record_hash

    return record_hash(data)


def test_until_then_it_is_no_log(got, unfinished):
    for path in (got.new, got.new / UNFINISHED):
        with pytest.raises((NotALogError, CheckpointError)):
            LogHandle(LmdbStore.open(path), log_signer=signer("log"))


def test_fewer_administrators_than_the_threshold_finish_nothing(got, unfinished):
    with pytest.raises(RefusedError) as caught:
        unfinished.finish(drafted(got, unfinished, signers=("p/A1",)), log_signer=signer("log"))
    assert caught.value.fields["finding"] == "below-threshold"
    assert not (got.new / "truth").exists()
    # And it can be finished still.
    with Unfinished(got.new, clock=Clock(T0 + 10**12)) as log:
        assert log.finish(drafted(got, log), log_signer=signer("log")).index == GONE


def test_a_draft_without_its_signatures_is_refused(got, unfinished):
    draft = unfinished.draft(["p/A1", "p/A2"], reason="r", known_size=RECORDS, known_root=got.report.known_root)
    with pytest.raises(RefusedError):
        unfinished.finish(draft, log_signer=signer("log"))


def test_another_key_than_the_logs_signs_no_head(got, unfinished):
    with pytest.raises(ReadOnlyError):
        unfinished.finish(drafted(got, unfinished), log_signer=signer("p/A1"))
    assert not (got.new / "truth").exists()


def test_another_draft_is_refused(got, unfinished):
    other = unfinished._store
    from chainlog.log import drafting

    with other.snapshot() as snapshot:
        event = drafting.prepare(
            snapshot, "declared.place", body={"place": "w/1", "name": "一号柜", "type": "iron_cabinet"},
            people=[("administrator", "p/A1", 1)], now_us=T0 + 10**12, subjects=["w/1"],
        )  # fmt: skip
        draft = drafting.prepare_draft(snapshot, event, log_id=LOG_ID)
    with pytest.raises(RefusedError):
        unfinished.finish(draft, log_signer=signer("log"))
    wrong = drafted(got, unfinished)._replace(log_id=bytes(32))
    with pytest.raises(RefusedError):
        unfinished.finish(wrong, log_signer=signer("log"))


def test_it_states_where_the_loss_begins(got, unfinished, monkeypatch):
    monkeypatch.setattr(unfinished, "size", GONE - 1)
    draft = drafted(got, unfinished)
    monkeypatch.undo()
    with pytest.raises(RefusedError, match="lost from 19"):
        unfinished.finish(draft, log_signer=signer("log"))


def test_records_that_were_changed_meanwhile_are_not_signed(got, unfinished):
    draft = drafted(got, unfinished)
    unfinished.close()
    data = got.new / UNFINISHED / "truth" / "data.mdb"
    record = rows_of(TABLES)[GONE - 2]
    raw = data.read_bytes()
    assert record in raw
    data.write_bytes(raw.replace(record, record[:-1] + bytes([record[-1] ^ 1])))
    with Unfinished(got.new) as again, pytest.raises(CheckpointError, match="once more"):
        again.finish(draft, log_signer=signer("log"))


def test_a_finish_that_was_cut_off_goes_on(got, unfinished, monkeypatch):
    draft = drafted(got, unfinished)
    with monkeypatch.context() as patch:
        patch.setattr("chainlog.forensics.salvage_end.finish_directory", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            unfinished.finish(draft, log_signer=signer("log"))
    assert not (got.new / "truth").exists()
    with Unfinished(got.new) as again:
        receipt = again.finish(draft, log_signer=signer("log"))
    assert (receipt.index, receipt.existed) == (GONE, True)
    assert audit(got.new, log_id=LOG_ID).integrity == "intact"


def test_who_signs(unfinished):
    assert unfinished.signers([]) == ["p/A1", "p/A2"]
    assert unfinished.signers(["p/A3"]) == ["p/A3", "p/A1"]
    assert unfinished.signers(["p/A3"], at_hand=["p/A2"]) == ["p/A3", "p/A2"]
    with pytest.raises(UsageError, match="no administrator"):
        unfinished.signers(["p/L"])


def test_where_nothing_is_unfinished(tmp_path):
    with pytest.raises(NotALogError, match="no unfinished log"):
        Unfinished(tmp_path)
