"""Time stamps of a log: kept in `witness/`, found again, held against the records."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from chainlog.errors import FormatError, TimestampError, UsageError
from chainlog.facade import Log
from chainlog.forensics.audit import audit
from chainlog.forensics.timestamps import add_timestamp, request_timestamp, stamped_notes
from chainlog.log import witness_files
from chainlog.proof.timestamp import read_authorities, timestamp_request
from chainlog.tree.note import parse_note
from tests.authority import Authority
from tests.builders import small_log
from tests.command_line import Terminal, office

pytest.importorskip("rfc3161_client", reason="the extra `timestamp` is not installed")

ENTRY = '{"kind":"created.entered","at":"2026-01-02","who":{"registrar":"p/李敏"},"level":"秘密","reason":"other",'


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "a")


@pytest.fixture
def terminal(tmp_path):
    with office(tmp_path) as made:
        yield made


def append(terminal: Terminal, number: int) -> None:
    (terminal.directory / "in.jsonl").write_text(
        f'{ENTRY}"items":[{{"carrier":"c/{number}","form":"document"}}]}}\n', encoding="utf-8"
    )
    assert terminal.run("append", "office.log", "in.jsonl", "--key", "keys/李敏.key").status == 0


def stamp(terminal: Terminal, authority: Authority, name: str = "head", *, log: str = "office.log") -> None:
    """A request, and the authority's answer, in files."""
    assert terminal.run("timestamp", "request", log, "--out", f"{name}.tsq").status == 0
    request = (terminal.directory / f"{name}.tsq").read_bytes()
    (terminal.directory / f"{name}.tsr").write_bytes(authority.answer(request))


def verified(terminal: Terminal, *arguments: str) -> dict:
    said = terminal.run("verify", *arguments, "--json")
    assert said.status in (0, 1), said.err
    return {**json.loads(said.out), "status": said.status}


def names_in(terminal: Terminal, log: str) -> list[str]:
    return sorted(entry.name for entry in (terminal.directory / log / "witness").iterdir())


def unknown(report: dict) -> list[str]:
    return [entry["reason"] for entry in report["not_checked"] if entry["what"] == "time stamps"]


def test_from_request_to_verification(terminal, authority):
    report = verified(terminal, "office.log")
    assert (report["status"], report["time_stamps"]) == (0, [])
    assert unknown(report) == ["there is none: when the records were written is said by the log alone"]
    stamp(terminal, authority)
    for more in ((), ("--tsa-cert", str(authority.certificate))):
        assert terminal.run("timestamp", "add", "office.log", "head.tsr", *more).status == 0
    names = names_in(terminal, "office.log")
    assert [name.partition("-")[0] for name in names] == ["5", "5.note"]
    report = verified(terminal, "office.log")
    assert (report["status"], report["time_stamps"]) == (0, [])
    assert unknown(report) == ["1 in witness/ were not verified: no certificate of an authority was given"]
    # The log goes on, and the stamp is still about its first five records.
    for number in range(3):
        append(terminal, number)
    report = verified(terminal, "office.log", "--tsa-cert", str(authority.certificate))
    assert (report["status"], report["integrity"], report["size"]) == (0, "intact", 8)
    (said,) = report["time_stamps"]
    assert (said["size"], said["authority"], said["accuracy_us"]) == (5, "CN=Clock", 1_500_000)
    assert unknown(report) == []
    # What lies beside the log says nothing of its end.
    assert "end of the log" in {entry["what"] for entry in report["not_checked"]}
    shown = terminal.run("verify", "office.log", "--tsa-cert", str(authority.certificate))
    assert f"时间戳：5 条的日志头不晚于 {said['time']} ±1.5 s（CN=Clock）" in shown.out


def test_a_token_from_elsewhere(terminal, authority):
    stamp(terminal, authority)
    certificate = ("--tsa-cert", str(authority.certificate))
    shutil.move(terminal.directory / "office.log/witness/5.note", terminal.directory / "head.note")
    # The newest head is known without a note.
    assert len(verified(terminal, "office.log", "--token", "head.tsr", *certificate)["time_stamps"]) == 1
    append(terminal, 1)
    report = verified(terminal, "office.log", "--token", "head.tsr", *certificate)
    assert (report["status"], report["integrity"], report["time_stamps"]) == (1, "intact", [])
    assert "no checkpoint that is at hand" in unknown(report)[0]
    report = verified(terminal, "office.log", "--token", "head.tsr", "--checkpoint", "head.note", *certificate)
    assert (report["status"], [one["size"] for one in report["time_stamps"]]) == (0, [5])
    assert terminal.run("verify", "office.log", "--token", "head.tsr").status == UsageError.exit_status


def test_of_an_export(terminal, authority):
    stamp(terminal, authority)
    assert terminal.run("export", "office.log", "out").status == 0
    report = verified(terminal, "out", "--token", "head.tsr", "--tsa-cert", str(authority.certificate))
    assert (report["status"], [one["size"] for one in report["time_stamps"]]) == (0, [5])


def test_a_log_that_was_cut_back_behind_its_stamp(terminal, authority):
    assert terminal.run("backup", "office.log", "before.log").status == 0
    append(terminal, 1)
    stamp(terminal, authority)
    assert terminal.run("timestamp", "add", "office.log", "head.tsr").status == 0
    shutil.copytree(terminal.directory / "office.log/witness", terminal.directory / "before.log/witness")
    report = verified(terminal, "before.log", "--tsa-cert", str(authority.certificate))
    assert (report["status"], report["integrity"]) == (1, "broken")
    assert [(finding["code"], finding["index"]) for finding in report["findings"]] == [("truncated", 5)]
    assert [one["size"] for one in report["time_stamps"]] == [6]


def test_a_stamp_that_does_not_verify_is_said(terminal, authority, tmp_path):
    stranger = Authority(tmp_path / "stranger")
    stamp(terminal, authority)
    certificate = ("--tsa-cert", str(stranger.certificate))
    report = verified(terminal, "office.log", "--token", "head.tsr", *certificate)
    assert (report["status"], report["integrity"], report["time_stamps"]) == (1, "intact", [])
    assert "isn't signed by an authority" in unknown(report)[0]
    said = terminal.run("timestamp", "add", "office.log", "head.tsr", *certificate)
    assert said.status == TimestampError.exit_status
    assert witness_files.tokens(terminal.directory / "office.log") == []
    assert terminal.run("timestamp", "add", "office.log", "head.tsq").status == FormatError.exit_status


def test_of_another_log(terminal, authority):
    other = small_log().handle
    answer = authority.answer(timestamp_request(parse_note(other.checkpoint()).text))
    log = terminal.directory / "office.log"
    (terminal.directory / "head.tsr").write_bytes(answer)
    said = terminal.run("timestamp", "add", "office.log", "head.tsr")
    assert said.status == TimestampError.exit_status
    assert not (log / "witness").exists()
    # Strayed into this log, they accuse nobody.
    witness_files.put_note(log, other.checkpoint(), size=4)
    witness_files.put_token(log, answer, size=4)
    number = verified(terminal, "office.log")["log_id"]
    report = verified(terminal, "office.log", "--log-id", number, "--tsa-cert", str(authority.certificate))
    assert (report["status"], report["integrity"], report["time_stamps"]) == (1, "intact", [])
    assert "no checkpoint that is at hand" in unknown(report)[0]


def test_a_note_in_witness_that_is_nothing_harms_nobody(terminal, authority):
    stamp(terminal, authority)
    assert terminal.run("timestamp", "add", "office.log", "head.tsr").status == 0
    witness = terminal.directory / "office.log/witness"
    (witness / "7.note").write_bytes(b"\xff")
    (witness / "8.note").symlink_to("/dev/zero")
    (witness / "9-0123456789abcdef.tsr").mkdir()
    report = verified(terminal, "office.log", "--tsa-cert", str(authority.certificate))
    assert (report["status"], len(report["time_stamps"])) == (0, 1)
    (witness / "9-0123456789abcdee.tsr").write_bytes(b"x")
    said = terminal.run("verify", "office.log", "--tsa-cert", str(authority.certificate), "--json")
    report = json.loads(said.out)
    assert (said.status, report["integrity"], len(report["time_stamps"])) == (1, "intact", 1)


def test_a_backup_has_them(terminal, authority):
    stamp(terminal, authority)
    assert terminal.run("timestamp", "add", "office.log", "head.tsr").status == 0
    assert terminal.run("backup", "office.log", "copy.log").status == 0
    files = [names_in(terminal, log) for log in ("office.log", "copy.log")]
    assert files[0] == files[1]
    assert len(files[0]) == 2
    report = verified(terminal, "copy.log", "--tsa-cert", str(authority.certificate))
    assert (report["status"], len(report["time_stamps"])) == (0, 1)


def test_through_the_library(terminal, authority, tmp_path):
    with Log.open(terminal.directory / "office.log") as log:
        request, checkpoint = request_timestamp(log)
        answer = authority.answer(request)
        trusted = read_authorities([("ca", authority.certificate.read_bytes())])
        path, of, said = add_timestamp(log, answer, name="answer", authorities=trusted)
        assert (of, Path(path).read_bytes()) == (checkpoint, answer)
        assert said is not None
        notes = [b"nothing", log.checkpoint()]
    assert stamped_notes([("answer", answer)], notes) == notes[1:]
    assert audit(terminal.directory / "office.log", log_id=None, stamped=notes[1:]).integrity == "intact"
    with pytest.raises(UsageError):
        request_timestamp(small_log().handle)
