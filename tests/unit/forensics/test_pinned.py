from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chainlog.errors import FormatError, PinError
from chainlog.facade import Log
from chainlog.forensics.audit import Known, audit
from chainlog.forensics.pinned import VERIFIER, audit_pinned
from chainlog.log.handle import LogHandle
from chainlog.proof.conflict import check_conflict
from chainlog.proof.pin import make_pin
from chainlog.proof.pin_file import read_pin, write_new_pin
from chainlog.store.lmdb_store import LmdbStore
from tests.builders import Clock, small_log
from tests.signers import signer
from tests.stories import cut_back, gone_on

KEY = signer("log").public_key
LATER = 1_800_000_000_000_000


@pytest.fixture(scope="module")
def office():
    """A log in memory, from which each test writes the files that it needs."""
    log = small_log()
    log.record("created.entered", {"registrar": "p/L"}, body={
        "level": "秘密", "reason": "other", "items": [{"carrier": "c/1", "form": "document"}],
    })  # fmt: skip
    return log.handle


def written(office, path: Path, size: int = 5, persons=()) -> Path:
    store = LmdbStore.create(path)
    cut_back(office, size, store=store)
    if persons:
        gone_on(store, clock=Clock(LATER), persons=persons)
    store.close()
    return path


def verify(path, pin, **rest):
    return audit_pinned(path, pin, processes=1, **rest)


def codes(result):
    return [finding.code for finding in result.report.findings]


def test_a_pin_is_never_made_silently(office, tmp_path):
    log, pin = written(office, tmp_path / "log"), tmp_path / "pin"
    with pytest.raises(PinError):
        verify(log, pin)
    assert not pin.exists()
    wrong = verify(log, pin, log_id=bytes(32))
    assert (wrong.state, codes(wrong), pin.exists()) == ("refused", ["wrong-log"], False)
    made = verify(log, pin, log_id=office.id)
    assert (made.state, made.report.trust, made.conflict) == ("made", "pinned", None)
    assert read_pin(pin) == make_pin(office.checkpoint(), log_key=KEY, verified_by=VERIFIER)
    with pytest.raises(PinError):
        verify(log, pin, new=True)
    with pytest.raises(PinError):
        verify(log, pin, log_id=bytes(32))
    believed = verify(log, tmp_path / "other", new=True)
    assert (believed.state, believed.report.trust) == ("made", "self-consistent")
    kept = verify(log, pin)
    assert (kept.state, kept.report.trust) == ("kept", "pinned")


def test_it_moves_with_the_log(office, tmp_path):
    log, pin = written(office, tmp_path / "log", 3), tmp_path / "pin"
    assert verify(log, pin, new=True).state == "made"
    shutil.rmtree(log)
    log = written(office, tmp_path / "log", 5, ("p/X", "p/Y"))
    moved = verify(log, pin)
    assert (moved.state, codes(moved), read_pin(pin).checkpoint.size) == ("moved", [], 7)


@pytest.mark.parametrize(
    ("size", "persons", "kind", "finding"),
    [
        (4, (), "rollback", "truncated"),
        (3, ("p/X",), "rollback", "truncated"),
        (3, ("p/X", "p/Y"), "fork", "forked"),
        (3, ("p/X", "p/Y", "p/W"), "fork", "forked"),
    ],
)
def test_another_story_is_convicted(office, tmp_path, size, persons, kind, finding):
    pin = tmp_path / "pin"
    verify(written(office, tmp_path / "log"), pin, log_id=office.id)
    before = pin.read_bytes()
    log = written(office, tmp_path / "told", size, persons)
    # By itself it is a perfect log, and it has the right id.
    assert audit(log, log_id=office.id, processes=1).integrity == "intact"
    found = verify(log, pin)
    assert (found.state, found.conflict.kind, finding in codes(found)) == ("refused", kind, True)
    assert check_conflict(found.conflict.encoded(), log_id=office.id, log_keys=[KEY]).keys_known
    assert pin.read_bytes() == before


def test_a_log_made_anew_is_convicted(office, tmp_path):
    pin = tmp_path / "pin"
    verify(written(office, tmp_path / "log"), pin, log_id=office.id)
    other = small_log(nonce=bytes(31) + b"\1").handle
    store = LmdbStore.create(tmp_path / "anew")
    cut_back(other, 4, store=store)
    store.close()
    found = verify(tmp_path / "anew", pin)
    assert (found.state, found.conflict.kind, "wrong-log" in codes(found)) == ("refused", "recreated", True)
    assert check_conflict(found.conflict.encoded(), log_id=office.id).kind == "recreated"


def test_a_damaged_log_moves_no_pin_and_convicts_nobody(office, tmp_path):
    log, pin = written(office, tmp_path / "log"), tmp_path / "pin"
    verify(log, pin, log_id=office.id)
    before = pin.read_bytes()
    file = log / "truth" / "data.mdb"
    data = file.read_bytes()
    place = data.rfind("秘密".encode())
    file.write_bytes(data[:place] + "绝密".encode() + data[place + 6 :])
    found = verify(log, pin)
    assert (found.state, found.conflict) == ("refused", None)
    assert found.report.integrity == "broken"
    file.write_bytes(data[:5_000])
    assert verify(log, pin).conflict is None
    assert pin.read_bytes() == before


def test_the_last_map_that_was_right_is_remembered(office, tmp_path):
    log, pin = written(office, tmp_path / "log"), tmp_path / "pin"
    assert verify(log, pin, log_id=office.id).pin.map is None
    with Log.open(log, log_signer=signer("log")) as handle:
        handle.commit_map()
        with handle.completeness.at(5) as found:
            right = (5, found.root)
    moved = verify(log, pin)
    assert (moved.state, moved.pin.map, read_pin(pin).map) == ("moved", right, right)
    with Log.open(log, log_signer=signer("log")) as handle:
        body = {"map_root": bytes(32), "size": 6, "subjects": 3}
        by_log = {"people": [("log", "s/log", 1)], "signers": {"s/log": signer("log")}}
        handle.record_event("index_committed", body=body, **by_log)
    false = verify(log, pin)
    assert (false.state, codes(false), read_pin(pin).map) == ("refused", ["false-map"], right)


def test_a_pin_that_is_none_is_named(office, tmp_path):
    (tmp_path / "pin").write_bytes(b"pin")
    with pytest.raises(FormatError):
        verify(written(office, tmp_path / "log"), tmp_path / "pin")


# --- what was verified before -------------------------------------------------------------------


def last_signature_spoilt(office, path):
    """The log with a bad signature in its last record, and everything else right and signed by the log key."""
    store = LmdbStore.create(path)
    cut_back(office, 5, store=store, last=lambda data: data[:-1] + bytes((data[-1] ^ 1,)))
    note = LogHandle(store).checkpoint()
    store.close()
    return path, note


def test_signatures_that_were_verified_before_are_not_verified_again(office, tmp_path):
    # Nobody could have verified these. So who says that he did shows that they are left out.
    log, note = last_signature_spoilt(office, tmp_path / "log")

    def found(known):
        report = audit(log, log_id=office.id, processes=1, known=known)
        return [finding.code for finding in report.findings]

    assert found(None) == found(Known(note, whole=False)) == ["bad-signature"]
    assert found(Known(note, whole=True)) == []
    # It is remembered of another tree, a shorter one, a longer one: everything is verified.
    assert found(Known(office.checkpoint(), whole=True)) == ["bad-signature", "forked"]
    shorter = LogHandle(cut_back(office, 4)).checkpoint()
    assert found(Known(shorter, whole=True)) == ["bad-signature"]
    longer = gone_on(cut_back(office, 5), clock=Clock(LATER)).handle.checkpoint()
    assert found(Known(longer, whole=True)) == ["bad-signature", "truncated"]


def test_what_another_release_verified_is_verified_again(office, tmp_path, monkeypatch):
    log, note = last_signature_spoilt(office, tmp_path / "log")
    for verified_by, whole, state in (
        (VERIFIER, False, "kept"),
        ("chainlog 0", False, "refused"),
        (VERIFIER, True, "refused"),
    ):
        pin = tmp_path / f"pin {verified_by} {whole}"
        write_new_pin(pin, make_pin(note, log_key=KEY, verified_by=verified_by))
        assert verify(log, pin, whole=whole).state == state


def test_nothing_of_the_copy_stays_open(office, tmp_path):
    """An app that verifies every night runs for months."""
    log, pin = written(office, tmp_path / "log"), tmp_path / "pin"
    assert verify(log, pin, log_id=office.id).state == "made"
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert verify(log, pin).state == "kept"
    assert len(list(Path("/proc/self/fd").iterdir())) == before
