"""Logs cut back, told twice, made anew, restored and deleted: what the files alone can't show, and what kept elsewhere does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from chainlog.facade import Log
from chainlog.forensics.pinned import audit_pinned
from chainlog.forensics.receipts import hold_receipt, receipt_of
from chainlog.forensics.report import AuditReport
from chainlog.proof.conflict import check_conflict
from chainlog.proof.pin_file import read_pin
from chainlog.proof.receipt import check_receipt
from chainlog.tree.checkpoint import parse_checkpoint
from chainlog.tree.note import parse_note
from tests.attacks.answers import (
    SURVIVED,
    Answer,
    attack,
    found,
    found_outside,
    is_found,
    is_found_outside,
    is_refused,
    refused,
    same,
    survived,
)
from tests.attacks.cuts import again, cut_files, hashes_of, judged_at, tables_at, told_from, visited, visits
from tests.attacks.disk import RECORDS, data_of, kept, lay
from tests.attacks.signing import log_at
from tests.builders import SmallLog
from tests.command_line import ENVIRONMENT, Terminal
from tests.damage import rechain, rows_of, write_log
from tests.signers import signer

KEY = signer("log").public_key


def end_of(report: AuditReport) -> str:
    """What a report says that can't be known of the end of the log; empty if nothing."""
    return next((entry.reason for entry in report.not_checked if entry.what == "end of the log"), "")


def compared(path: Path, log_id: bytes, note: bytes, code: str) -> Answer:
    """Nothing from the files alone, and the report says that the end isn't known; *code* with the checkpoint."""
    alone, beside = judged_at(path, log_id), judged_at(path, log_id, note)
    assert "leave no trace inside" in end_of(alone)
    return found_outside(alone, beside, code)


def printed(path: Path, log_id: bytes, *more: str) -> tuple[int, str]:
    """Exit status and text of `chainlog verify`."""
    said = Terminal(path.parent, ENVIRONMENT).run(
        "verify", path.name, "--log-id", log_id.hex(), *more, LANG="en_US.UTF-8"
    )
    return said.status, said.out


@attack(
    "TR01", "The last records are cut off, and everything else in the files is made to fit, with a head that was signed then", "W",
    is_found_outside("truncated"), is_found("head-mismatch"), is_found("truncated"),
    note="Every report says that this can't be known from the files; with any other head it is found in them",
)  # fmt: skip
def test_the_end_is_cut_off(tmp_path: Path) -> Iterator[Answer]:
    whole, log_id, newest = lay(tmp_path / "log", kept().newest.data), kept().log_id, kept().newest.note
    cut = [cut_files(whole, tmp_path / f"{size}", size, kept().states[size].note) for size in (5, 17, RECORDS - 1)]
    yield same(compared(path, log_id, newest, "truncated") for path in cut)
    status, text = printed(cut[0], log_id)
    assert (status, "records cut off at the end" in text) == (0, True)
    # What fits no head that was signed.
    others = [kept().states[RECORDS - 4].note, kept().states[RECORDS - 6].note]
    paths = [cut_files(whole, tmp_path / f"{number} other", RECORDS - 5, note) for number, note in enumerate(others)]
    yield found(judged_at(paths[1], log_id), "head-mismatch")
    yield found(judged_at(paths[0], log_id), "truncated", index=RECORDS - 5)


@attack(
    "TR02", "The log is cut back and goes on with new records, by somebody with the log's key, and by somebody without", "LK",
    is_found_outside("forked"), is_refused("receipt", "altered"), is_refused("read-only"), is_found("head-mismatch"),
    note="Without the log's key nobody can go on; two heads that contradict each other are evidence by themselves",
)  # fmt: skip
def test_cut_back_and_gone_on(tmp_path: Path) -> Iterator[Answer]:
    log, path = visited(tmp_path / "log", 2), tmp_path / "log"
    older = log.handle.checkpoint()
    cut_size = log.handle.reader.size
    visits(log, 4)
    newest, size, log_id = log.handle.checkpoint(), log.handle.reader.size, log.handle.id
    receipt = receipt_of(log.handle, size - 1)
    told = visits(told_from(log, tmp_path / "told", cut_size), 5, person="p/Z")
    convicted = refused(lambda: hold_receipt(told.handle, receipt))
    told.handle.close()
    log.handle.close()
    yield compared(tmp_path / "told", log_id, newest, "forked")
    yield convicted
    # Somebody with a person's key and the files alone.
    cut = cut_files(path, tmp_path / "cut", cut_size, older)
    with Log.open(cut, log_id=log_id, log_signer=signer("p/Z"), clock=log.clock) as thief:
        mine = log._replace(handle=thief, store=thief.store)
        yield refused(lambda: visits(mine, 1, person="p/Z"), state=data_of(cut).read_bytes)
    tables, rows = tables_at(cut), rows_of(tables_at(tmp_path / "told"))
    rechain(tables, rows, len(rows))
    write_log(tmp_path / "forged", tables)
    yield found(tmp_path / "forged", "head-mismatch", log_id=log_id)


@attack(
    "TR03", "The log is cut back to exactly the last checkpoint that it keeps itself", "W", is_found_outside("truncated"),
)  # fmt: skip
def test_cut_back_to_its_own_checkpoint(tmp_path: Path) -> Answer:
    log, path = visits(log_at(tmp_path / "log"), 3, step_us=40 * 3_600_000_000), tmp_path / "log"
    visits(log, 5)
    newest = log.handle.checkpoint()
    with log.store.snapshot() as snapshot:
        size, note = list(snapshot.checkpoints())[-1]
    assert 1 < size < log.handle.reader.size - 4
    log.handle.close()
    return compared(cut_files(path, tmp_path / "cut", size, note), log.handle.id, newest, "truncated")


@attack(
    "TR04", "The office is shown one history and the auditor another, each with heads by the log's key", "L",
    is_found_outside("forked"), is_found_outside("truncated"), is_found("forked"), is_refused("no-conflict"),
    note="Two heads side by side show it; the evidence proves itself to anybody who knows the log's id and key, and honest heads "
    "convict nobody",
)  # fmt: skip
def test_two_histories_for_two_readers(tmp_path: Path) -> Iterator[Answer]:
    log = visited(tmp_path / "office", 6)
    told = visits(told_from(log, tmp_path / "auditor", 5), 7, person="p/Z")
    heads = [one.handle.checkpoint() for one in (log, told)]
    log_id = log.handle.id
    for one in (log, told):
        one.handle.close()
    shown = ((tmp_path / "auditor", heads[0]), (tmp_path / "office", heads[1]))
    for (path, note), code in zip(shown, ("forked", "truncated"), strict=True):
        yield compared(path, log_id, note, code)
    pin = tmp_path / "pin"
    assert audit_pinned(tmp_path / "office", pin, log_id=log_id).state == "made"
    status, text = printed(tmp_path / "auditor", log_id, "--pin", "pin")
    assert (status, "two histories of one log" in text) == (1, True)
    evidence = (tmp_path / "pin.conflict").read_bytes()
    conflict = check_conflict(evidence, log_id=log_id, log_keys=[KEY])
    assert (conflict.kind, conflict.proved, conflict.keys_known) == ("fork", True, True)
    assert [conflict.first.note, conflict.second.note] == heads
    yield Answer("found", ("forked",))
    honest = conflict.__class__("fork", conflict.first, conflict.first, conflict.earlier_root, conflict.path)
    yield refused(lambda: check_conflict(honest.encoded(), log_id=log_id, log_keys=[KEY]))


@attack(
    "TR05", "The log is deleted and made anew under its name, by its own administrators and with its own key", "WL",
    is_refused("verification"), is_found_outside("wrong-log"), is_refused("receipt"),
    note="Its id is another; who remembers a head gets evidence of it",
)  # fmt: skip
def test_made_anew_under_its_name(tmp_path: Path) -> Iterator[Answer]:
    log, path = visited(tmp_path / "log", 3), tmp_path / "log"
    receipt = receipt_of(log.handle, 4)
    log.handle.close()
    pin = tmp_path / "pin"
    audit_pinned(path, pin, log_id=log.handle.id)
    shutil.rmtree(path)
    anew = visits(log_at(path, nonce=bytes(31) + b"\1"), 8)
    assert (anew.handle.name, anew.handle.id != log.handle.id) == (log.handle.name, True)
    anew.handle.close()
    yield refused(
        partial(Log.open, path, log_signer=signer("log"), log_id=log.handle.id), state=data_of(path).read_bytes
    )
    yield found_outside(judged_at(path, None), judged_at(path, log.handle.id), "wrong-log")
    result = audit_pinned(path, pin)
    assert result.conflict is not None
    assert (result.state, result.conflict.kind) == ("refused", "recreated")
    with Log.open(path) as opened:
        yield refused(lambda: hold_receipt(opened, receipt))


@attack(
    "TR06", "A verifier who remembers a log is brought another one, or his memory is gone, so that he would begin anew", "A",
    is_refused("pin"), is_found("wrong-log"), is_refused("usage"),
    note="A memory begins only with the id, or if somebody asks for it, never in the place of another",
)  # fmt: skip
def test_a_verifier_never_begins_anew_by_himself(tmp_path: Path) -> Iterator[Answer]:
    log, other = visited(tmp_path / "log", 3), visited(tmp_path / "other", 3, nonce=bytes(31) + b"\1")
    for one in (log, other):
        one.handle.close()
    pin = tmp_path / "pin"

    def state() -> object:
        return pin.read_bytes() if pin.exists() else None

    look = partial(audit_pinned, tmp_path / "other", pin)
    gone = refused(look, state=state)
    assert audit_pinned(tmp_path / "log", pin, log_id=log.handle.id).state == "made"
    before = state()
    yield same(
        [
            gone,
            refused(partial(look, log_id=other.handle.id), state=state),
            refused(partial(look, new=True), state=state),
        ]
    )
    result = look()
    assert (result.state, state()) == ("refused", before)
    yield found(result.report, "wrong-log", index=0)
    terminal = Terminal(tmp_path, ENVIRONMENT)
    for arguments in (
        ("--pin", "gone"),
        ("--pin", "pin", "--log-id", other.handle.id.hex()),
        ("--pin", "pin", "--pin-new"),
    ):
        assert terminal.run("verify", "other", *arguments).status == 2
        assert (state(), (tmp_path / "gone").exists()) == (before, False)
    yield Answer("refused", ("usage",))


@attack(
    "TR07", "An old checkpoint, which is a true one, is handed to the verifier in the place of the newest", "W",
    is_found_outside("truncated"), is_found("truncated"),
    note="The report says after which record the end isn't known; a pin never goes back to an older head",
)  # fmt: skip
def test_an_old_checkpoint_is_brought(tmp_path: Path) -> Iterator[Answer]:
    whole, log_id = lay(tmp_path / "log", kept().newest.data), kept().log_id
    cut = cut_files(whole, tmp_path / "cut", 20, kept().states[20].note)
    old, newest = (judged_at(cut, log_id, kept().states[size].note) for size in (10, RECORDS))
    assert end_of(old).startswith("records cut off after record 9,")
    assert end_of(newest) == end_of(judged_at(whole, log_id, kept().newest.note)) == ""
    status, text = printed_with(cut, log_id, kept().states[10].note)
    assert (status, "records cut off after record 9," in text) == (0, True)
    yield found_outside(old, newest, "truncated")
    pin = tmp_path / "pin"
    audit_pinned(whole, pin, log_id=log_id)
    result = audit_pinned(cut, pin, checkpoint=kept().states[10].note)
    remembered = read_pin(pin)
    assert remembered is not None
    assert (result.state, remembered.checkpoint.size) == ("refused", RECORDS)
    yield found(result.report, "truncated", index=20)


def printed_with(path: Path, log_id: bytes, note: bytes) -> tuple[int, str]:
    """As `printed`, with a checkpoint in a file."""
    (path.parent / "head.note").write_bytes(note)
    return printed(path, log_id, "--checkpoint", "head.note")


@attack(
    "TR08", "After the loss of a disk the log is restored from a backup that lacks the last records", "A",
    is_refused("below-threshold"), is_found_outside("truncated"), is_found("forked"), SURVIVED,
    note="Administrators state by `recovered` what was lost; held against a head of what was lost it stays a finding, which says that it "
    "was stated",
)  # fmt: skip
def test_an_honest_restore(tmp_path: Path) -> Iterator[Answer]:
    log = disk_log(tmp_path / "log", 4)
    with log.handle as running:
        running.backup(tmp_path / "backup")  # type: ignore[attr-defined]
        acknowledged = hashes_of(log)
        visits(log, 3)
        note, log_id = running.checkpoint(), running.id
        lost = parse_checkpoint(parse_note(note).text)
    shutil.rmtree(tmp_path / "log")
    backup = tmp_path / "backup"
    restored = again(backup, log)
    body = {"lost_from": len(acknowledged), "known_size": lost.size, "known_root": lost.root, "reason": "硬盘损坏"}
    one = {"p/A1": signer("p/A1")}
    yield refused(
        partial(restored.handle.record_event, "recovered", body=body, people={"administrator": ["p/A1"]}, signers=one),
        state=data_of(backup).read_bytes,
    )
    unexplained = judged_at(backup, log_id, note)
    assert [(one.code, one.index) for one in unexplained.findings] == [("truncated", len(acknowledged))]
    assert "recovered" not in unexplained.findings[0].detail
    restored.administer("recovered", body)
    truncated = judged_at(backup, log_id, note)
    yield found_outside(judged_at(backup, log_id), truncated, "truncated")
    visits(restored, 4)
    forked = judged_at(backup, log_id, note)
    yield found(forked, "forked", index=lost.size - 1)
    for report in (truncated, forked):
        assert [one.detail.partition("; ")[2] for one in report.findings] == ["a record `recovered` states it"]
    acknowledged += hashes_of(restored)[len(acknowledged) :]
    restored.handle.close()
    yield survived(backup, acknowledged, log_id=log_id)


def disk_log(path: Path, count: int) -> SmallLog:
    """A log on the disk with visits, opened as an application does."""
    log = visited(path, count)
    log.handle.close()
    return again(path, log)


@attack(
    "TR09", "After a failover two servers write to two copies of one log", "A",
    is_found_outside("forked"), is_refused("receipt", "altered"),
    note="Each copy is a good log and can't know of the other: what one acknowledged is kept by the application, which holds it against "
    "the log that it opens, or by a verifier",
)  # fmt: skip
def test_two_servers_on_two_copies(tmp_path: Path) -> Iterator[Answer]:
    first = disk_log(tmp_path / "first", 4)
    first.handle.backup(tmp_path / "second")  # type: ignore[attr-defined]
    second = again(tmp_path / "second", first)
    log_id, size = first.handle.id, first.handle.reader.size
    receipts, heads = [], []
    for number, log in enumerate((first, second)):
        visits(log, 2, person=("p/C", "p/Z")[number])
        receipts.append(receipt_of(log.handle, size))
        heads.append(log.handle.checkpoint())
        log.handle.close()
    paths = [tmp_path / "first", tmp_path / "second"]
    yield same(compared(path, log_id, note, "forked") for path, note in zip(paths, reversed(heads), strict=True))

    def opening(path: Path, receipt: bytes) -> object:
        """What an application does that keeps the receipt of its newest record."""
        with Log.open(path, log_id=log_id) as opened:
            return hold_receipt(opened, receipt)

    for path, receipt in zip(paths, receipts, strict=True):
        opening(path, receipt)
    yield same(
        refused(partial(opening, path, receipt)) for path, receipt in zip(paths, reversed(receipts), strict=True)
    )


@attack(
    "TR10", "The machine is set back to a snapshot, with the log and everything that verifiers remembered on it", "A",
    is_refused("receipt", "truncated"), is_found_outside("truncated"), is_found_outside("forked"),
    note="What lies on the same machine goes back with it and agrees",
)  # fmt: skip
def test_a_machine_set_back(tmp_path: Path) -> Iterator[Answer]:
    machine, snapshot = tmp_path / "machine", tmp_path / "snapshot"
    machine.mkdir()
    log = disk_log(machine / "log", 3)
    log_id = log.handle.id
    audit_pinned(machine / "log", machine / "pin", log_id=log_id)
    log.handle.close()
    shutil.copytree(machine, snapshot)
    log = visits(again(machine / "log", log), 3)
    receipt, outside = receipt_of(log.handle, log.handle.reader.size - 1), log.handle.checkpoint()
    log.handle.close()
    assert audit_pinned(machine / "log", machine / "pin").state == "moved"
    shutil.rmtree(machine)
    shutil.copytree(snapshot, machine)
    back = audit_pinned(machine / "log", machine / "pin")
    assert (back.state, back.report.findings) == ("kept", ())
    log = again(machine / "log", log)
    yield refused(lambda: hold_receipt(log.handle, receipt))
    yield compared(machine / "log", log_id, outside, "truncated")
    visits(log, 4, person="p/Z").handle.close()
    assert audit_pinned(machine / "log", machine / "pin").state == "moved"
    yield compared(machine / "log", log_id, outside, "forked")


@attack(
    "TR11", "The whole log is deleted, with the checkpoints that lay beside it", "A",
    is_refused("not-a-log"), is_found("unreadable"), is_found_outside("truncated"), SURVIVED,
    note="Receipts and a checkpoint elsewhere prove that it was there, how long it was, and each record of which a receipt is kept; a "
    "backup brings back what it holds",
)  # fmt: skip
def test_everything_is_deleted(tmp_path: Path) -> Iterator[Answer]:
    log = disk_log(tmp_path / "log", 4)
    log.handle.backup(tmp_path / "backup")  # type: ignore[attr-defined]
    acknowledged = hashes_of(log)
    visits(log, 3)
    log_id, size, note = log.handle.id, log.handle.reader.size, log.handle.checkpoint()
    true = hashes_of(log)
    receipts = [receipt_of(log.handle, index) for index in range(size)]
    log.handle.close()
    shutil.rmtree(tmp_path / "log")
    yield refused(lambda: Log.open(tmp_path / "log"), state=(tmp_path / "log").exists)
    yield found(tmp_path / "log", "unreadable", log_id=log_id)
    for index, receipt in enumerate(receipts):
        checked = check_receipt(receipt, log_id=log_id, log_key=KEY)
        assert (checked.trust, checked.checkpoint.size) == ("log-signed", size)
        assert checked.record.record_hash == true[index]
    assert parse_checkpoint(parse_note(note).text).size == size
    yield compared(tmp_path / "backup", log_id, note, "truncated")
    yield survived(tmp_path / "backup", acknowledged, log_id=log_id)
