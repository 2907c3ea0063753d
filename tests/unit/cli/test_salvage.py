"""`chainlog salvage, recover, remains`: statuses and JSON; what people read stands in tests/transcripts/salvage.txt."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from chainlog.errors import StoreFullError
from chainlog.log.head import decode_head
from chainlog.store.lmdb_registry import REGISTRY
from chainlog.store.lmdb_store import LmdbStore
from tests.command_line import office
from tests.json_schema import problems
from tests.salvaging import in_this_process

SCHEMAS = Path(__file__).parents[3] / "schemas" / "output"
UNITS = ("财政所", "党政办", "农业站")


@pytest.fixture
def terminal(tmp_path, monkeypatch):
    """An office with `backup.log` of 5 records, and `bad.log` of 8 of which record 6 is gone from every page."""
    in_this_process(monkeypatch)
    with office(tmp_path) as terminal:
        assert terminal.run("backup", "office.log", "backup.log").status == 0
        for name in UNITS:
            said = terminal.run("declare", "office.log", "unit", f"u/{name}", "--name", name, "--type", "section", "--key", "keys/王宁.key")  # fmt: skip
            assert said.status == 0, said.err
        shutil.copytree(tmp_path / "office.log", tmp_path / "bad.log")
        data = tmp_path / "bad.log" / "truth" / "data.mdb"
        record = record_at(tmp_path / "office.log", 6)
        data.write_bytes(data.read_bytes().replace(record, bytes(len(record))))
        yield terminal


def said_in_json(terminal, *arguments, status=0, **environment):
    """The lines that a command answers; they are what the schema says."""
    values = [
        json.loads(line) for line in run(terminal, *arguments, "--json", status=status, **environment).out.splitlines()
    ]
    schema = json.loads((SCHEMAS / f"{arguments[0]}.json").read_text(encoding="utf-8"))
    for value in values:
        assert list(problems(value, schema, files={})) == [], value
    return values


def record_at(log, index):
    store = LmdbStore.open(log)
    with store.snapshot() as snapshot:
        found = snapshot.record(index)
    store.close()
    return found


def note_of(log):
    store = LmdbStore.open(log)
    with store.snapshot() as snapshot:
        head = snapshot.head
    store.close()
    return decode_head(head).checkpoint


def run(terminal, *arguments, status=0, **environment):
    said = terminal.run(*arguments, **environment)
    assert said.status == status, said
    return said


def test_a_whole_log_needs_no_key(terminal):
    said = run(terminal, "salvage", "bad.log", "new.log", "--also", "office.log", "--json", CHAINLOG_LOG_KEY=None)
    value = json.loads(said.out)
    assert (value["whole"], value["finished"], value["size"], value["lost"], value["remains"]) == (
        True,
        True,
        8,
        [],
        None,
    )
    assert [source["taken"] for source in value["sources"]] == [7, 1]
    assert value["lost_from"] is value["recovered"] is None
    run(terminal, "verify", "new.log")


def test_what_is_lost_is_said_and_signed_at_several_machines(terminal):
    said = run(terminal, "salvage", "bad.log", "new.log", "--also", "backup.log", "--json", status=1)
    value = json.loads(said.out)
    assert (value["whole"], value["finished"], value["size"], value["known_size"]) == (False, False, 6, 8)
    assert (value["lost"], value["lost_count"], value["beyond"]) == ([{"start": 6, "stop": 7}], 1, 1)
    assert {one["subject"] for one in value["subjects"]} == {"u/党政办", "p/王宁"}
    assert [one["person"] for one in value["wanted"]] == ["p/何平", "p/王宁"] or len(value["wanted"]) == 2
    run(terminal, "verify", "new.log", status=1)
    run(terminal, "recover", "new.log", "--key", "keys/王宁.key", status=2)
    shutil.copy(terminal.directory / value["draft"], terminal.directory / "carried.draft")
    run(terminal, "sign", "carried.draft", "--key", "keys/何平.key", "--person", "p/何平", "--yes")
    run(terminal, "recover", "new.log", "--draft", "carried.draft", status=2, CHAINLOG_LOG_KEY=None)
    done = run(terminal, "recover", "new.log", "--draft", "carried.draft", "--json")
    assert json.loads(done.out)["recovered"] == 6
    run(terminal, "verify", "new.log")
    listed = [json.loads(line) for line in run(terminal, "remains", "new.log.remains", "--log", "new.log", "--json").out.splitlines()]  # fmt: skip
    assert [line["what"] for line in listed] == ["salvage", "record", "lost", "subject", "subject"]
    assert (listed[0]["places_checked"], listed[0]["proven"], listed[1]["event"]["body"]["name"]) == (True, 1, "农业站")


def test_all_keys_at_hand(terminal):
    said = run(terminal, "salvage", "bad.log", "new.log", "--key", "keys/王宁.key", "--key", "keys/周远.key", "--reason",
               "硬盘", "--json", status=1)  # fmt: skip
    assert json.loads(said.out)["recovered"] == 6
    shown = json.loads(run(terminal, "show", "new.log", "6", "--json").out)
    assert (shown["kind"], shown["body"]["reason"], shown["body"]["lost_from"], shown["body"]["known_size"]) == (
        "recovered", "硬盘", 6, 8,
    )  # fmt: skip
    # The log goes on, and who kept a head of the lost part is told so.
    run(terminal, "declare", "new.log", "unit", "u/新", "--name", "新", "--type", "section", "--key", "keys/王宁.key")
    run(terminal, "verify", "new.log")
    (terminal.directory / "head.note").write_bytes(note_of(terminal.directory / "office.log"))
    said = json.loads(run(terminal, "verify", "new.log", "--checkpoint", "head.note", "--json", status=1).out)
    assert ([finding["code"] for finding in said["findings"]], "recovered" in said["findings"][0]["detail"]) == (
        ["forked"],
        True,
    )


def test_other_signers_are_named_anew(terminal):
    run(terminal, "salvage", "bad.log", "new.log", status=1)
    run(terminal, "recover", "new.log", "--administrator", "p/李敏", status=2)
    run(terminal, "recover", "new.log", "--administrator", "p/周远", "--reason", "另一原因", status=2)
    run(terminal, "recover", "new.log", "--key", "keys/周远.key", status=2)
    done = run(terminal, "recover", "new.log", "--anew", "--key", "keys/周远.key", "--key", "keys/何平.key", "--json")
    shown = json.loads(run(terminal, "show", "new.log", str(json.loads(done.out)["recovered"]), "--json").out)
    assert [person for _, person, _ in shown["people"]] == ["p/何平", "p/周远"]
    assert shown["body"]["reason"] == "另一原因"


def test_a_log_id_and_files_that_are_none(terminal):
    open_before = set(REGISTRY.environments)
    log_id = json.loads(run(terminal, "show", "office.log", "0", "--json").out)["log_id"]
    said = run(terminal, "salvage", "office.log", "new.log", "--log-id", log_id, "--json")
    assert json.loads(said.out)["trust"] == "pinned"
    run(terminal, "salvage", "office.log", "other.log", "--log-id", "ab" * 32, status=3)
    run(terminal, "salvage", "office.log", "other.log", "--checkpoint", "keys/log.key", status=3)
    run(terminal, "salvage", "office.log", "office.log/new", status=2)
    run(terminal, "salvage", "keys", "other.log", status=3)
    run(terminal, "remains", "keys/log.key", status=3)
    assert not (terminal.directory / "other.log").exists()
    assert set(REGISTRY.environments) <= open_before


def test_answers_are_what_their_schemas_say(terminal):
    (whole,) = said_in_json(terminal, "salvage", "bad.log", "whole.log", "--also", "office.log")
    assert whole["finished"]
    (waiting,) = said_in_json(terminal, "salvage", "bad.log", "new.log", "--also", "backup.log", status=1)
    assert waiting["wanted"]
    (done,) = said_in_json(terminal, "recover", "new.log", "--key", "keys/王宁.key", "--key", "keys/何平.key")
    (answer,) = said_in_json(terminal, "verify", "new.log")
    # The log is what was signed, and whoever verifies it learns of the hole.
    (hole,) = answer["recovered"]
    assert (answer["integrity"], answer["findings"]) == ("intact", [])
    assert (hole["index"], hole["lost_from"], hole["known_size"]) == (done["recovered"], 6, 8)
    assert (hole["known_root"], hole["recorded_at"][:10]) == (waiting["known_root"], "2026-01-01")
    for language, words in (("zh", ("原第 6 至 7 条", "第 6 条")), ("en", ("records 6 to 7", "record 6"))):
        shown = run(terminal, "verify", "new.log", "--lang", language).out
        assert all(word in shown for word in words)
    assert "recovered" not in run(terminal, "verify", "whole.log", "--lang", "en").out
    # The slow way says the same.
    data = terminal.directory / "new.log" / "truth" / "data.mdb"
    data.write_bytes(data.read_bytes().replace("财政所".encode(), "财政厅".encode()))
    (broken,) = said_in_json(terminal, "verify", "new.log", status=1)
    assert broken["recovered"] == answer["recovered"]
    checked = said_in_json(terminal, "remains", "new.log.remains", "--log", "whole.log")
    assert (checked[0]["places_checked"], checked[0]["flaws"]) == (True, [])
    assert all(signer["person"] for signer in checked[1]["signers"])


def test_remains_that_were_cut_are_shown_with_a_warning(terminal):
    said_in_json(terminal, "salvage", "bad.log", "new.log", "--also", "backup.log", status=1)
    file = terminal.directory / "new.log.remains"
    whole = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(whole[:2]))
    said = run(terminal, "remains", "new.log.remains", "--lang", "en", status=3)
    assert ("u/农业站" in said.out, "cut short" in said.err) == (True, True)
    said = said_in_json(terminal, "remains", "new.log.remains", "--log", "office.log", status=3)
    assert (said[0]["flaws"], said[0]["places_checked"], said[1]["index"]) == (["cut-short"], False, 7)
    file.write_bytes(b"".join([whole[0], *whole[2:]]))
    said = run(terminal, "remains", "new.log.remains", status=3)
    assert ("被改动" in said.err, "有缺漏" in said.err) == (True, True)


def test_without_the_log_nobody_is_named(terminal):
    said_in_json(terminal, "salvage", "bad.log", "new.log", "--also", "backup.log", status=1)
    shown = run(terminal, "remains", "new.log.remains")
    assert ("没有核实" in shown.err, "密钥" in shown.out) == (True, True)
    (_, record, *_) = said_in_json(terminal, "remains", "new.log.remains")
    assert {signer["person"] for signer in record["signers"]} == {None}


def test_keys_that_do_not_fit_leave_something_to_go_on_from(terminal):
    run(terminal, "salvage", "bad.log", "none.log", "--key", "keys/nobody.key", status=2)
    assert not (terminal.directory / "none.log").exists()
    for number, (arguments, environment) in enumerate((
        (("--key", "keys/王宁.key"), {"CHAINLOG_PASSPHRASE": "wrong"}),
        (("--administrator", "p/赵强"), {}),
        (("--key", "keys/王宁.key", "--key", "keys/何平.key", "--log-key", "keys/王宁.key"), {}),
    )):  # fmt: skip
        new = f"new{number}.log"
        said = terminal.run("salvage", "bad.log", new, *arguments, "--json", **environment)
        assert said.status not in (0, 1), said
        # What was saved and lost is told all the same.
        value = json.loads(said.out)
        assert (value["finished"], value["lost"]) == (False, [{"start": 6, "stop": 7}])
        assert (terminal.directory / value["draft"]).is_file()
        run(terminal, "recover", new, "--key", "keys/王宁.key", "--key", "keys/何平.key")
        run(terminal, "verify", new)


def test_a_key_that_signs_no_recovered_does_no_harm(terminal):
    said = run(terminal, "salvage", "bad.log", "new.log", "--key", "keys/赵强.key", "--json", status=1)
    assert {one["person"] for one in json.loads(said.out)["wanted"]} <= {"p/王宁", "p/何平", "p/周远"}


def test_another_history_is_told(terminal):
    run(terminal, "declare", "backup.log", "unit", "u/别处", "--name", "别处", "--type", "section", "--key", "keys/王宁.key")  # fmt: skip
    said = run(terminal, "salvage", "office.log", "new.log", "--also", "backup.log", "--json", status=1)
    value = json.loads(said.out)
    assert (value["whole"], value["finished"], value["size"]) == (True, True, 8)
    assert [(one["size"], one["parts_at"], one["copy"]) for one in value["forks"]] == [(6, 5, "backup.log")]
    run(terminal, "verify", "new.log")
    for language, word in (("zh", "分叉"), ("en", "forked: in backup.log")):
        shown = run(terminal, "salvage", "office.log", f"{language}.log", "--also", "backup.log", "--lang", language, status=1)  # fmt: skip
        assert word in shown.out
        assert f"{language}.log.remains" in shown.out


def test_a_recovered_that_was_recorded_is_told_though_the_directory_fails(terminal, monkeypatch):
    run(terminal, "salvage", "bad.log", "new.log", status=1)
    keys = ("--key", "keys/王宁.key", "--key", "keys/何平.key")
    with monkeypatch.context() as patch:
        patch.setattr("chainlog.forensics.salvage_end.finish_directory", _full)
        for language, words in (
            ("zh", ("不要重做：第 6 条", "只会整理目录")),
            ("en", ("again: 6", "chainlog recover new.log once more")),
        ):
            said = run(terminal, "recover", "new.log", *keys, "--lang", language, status=6)
            assert all(word in said.err for word in words), said
        said = run(terminal, "salvage", "bad.log", "at-once.log", *keys, "--lang", "en", status=6)
        assert "chainlog recover at-once.log once more" in said.err
    for new in ("new.log", "at-once.log"):
        assert json.loads(run(terminal, "recover", new, *keys, "--json").out)["size"] == 7
        run(terminal, "verify", new)


def _full(_new):
    raise StoreFullError("full")


def test_remains_of_another_log_are_called_so(terminal):
    said_in_json(terminal, "salvage", "bad.log", "new.log", "--also", "backup.log", status=1)
    opening, *_ = (terminal.directory / "new.log.remains").read_text(encoding="utf-8").splitlines(keepends=True)
    here = json.loads(opening)["log_id"]
    (terminal.directory / "else.remains").write_text("".join([opening.replace(here, "ab" * 32)]), encoding="utf-8")
    said = run(terminal, "remains", "else.remains", "--log", "office.log", "--lang", "en", status=3)
    assert all(word in said.err for word in ("else.remains", "ab" * 32, here))
    assert "Don't append" not in said.err


def test_remains_are_kept_and_their_place_is_told(terminal):
    data = terminal.directory / "bad.log" / "truth" / "data.mdb"
    record = record_at(terminal.directory / "office.log", 0)
    data.write_bytes(data.read_bytes().replace(record, bytes(len(record))))
    said = run(terminal, "salvage", "bad.log", "new.log", "--lang", "en", status=3)
    assert "keep it, next time name another file with --remains" in said.err
    again = ("salvage", "bad.log", "new.log", "--also", "office.log")
    for language, words in (("zh", "请保留，并用 --remains"), ("en", "name another file")):
        assert words in run(terminal, *again, "--lang", language, status=2).err
    said = run(terminal, *again, "--remains", "nowhere/remains", "--lang", "en", status=2)
    assert "nowhere/remains: there is no directory nowhere" in said.err
    run(terminal, *again, "--remains", "more.remains")
