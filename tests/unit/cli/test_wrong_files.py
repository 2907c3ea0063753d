"""Files of another log, or in the wrong place: who gave them is told which, of which logs they are, and what to do."""

from __future__ import annotations

import json
import shutil

import pytest

from chainlog.errors import ForeignFileError, StoreFullError
from chainlog.record import keyfile
from chainlog.store import lmdb_forensic
from chainlog.store.holes import ReadError
from tests.builders import signer, small_log
from tests.command_line import PASSPHRASE, office
from tests.salvaging import in_this_process


@pytest.fixture(scope="module")
def terminal(tmp_path_factory):
    with office(tmp_path_factory.mktemp("files")) as made:
        other = small_log().handle
        (made.directory / "other.note").write_bytes(other.checkpoint())
        keyfile.create(
            made.directory / "keys/other.key", secret=signer("elsewhere")._key, passphrase=PASSPHRASE, purpose="log",
            label="别处", cost="interactive",
        )  # fmt: skip
        made.ids = (json.loads(made.run("show", "office.log", "0", "--json").out)["log_id"], other.id.hex())
        yield made


@pytest.mark.parametrize(
    ("line", "lang"),
    [
        ("verify office.log", "zh"),
        ("verify out", "zh"),
        ("verify out", "en"),
        ("report office.log", "en"),
        ("salvage office.log new.log", "zh"),
    ],
)
def test_a_head_of_another_log_is_the_callers_mistake(terminal, line: str, lang: str, monkeypatch):
    in_this_process(monkeypatch)
    if not (terminal.directory / "out").exists():
        assert terminal.run("export", "office.log", "out").status == 0
    said = terminal.run(*line.split(" "), "--checkpoint", "other.note", "--lang", lang)
    assert said.status == ForeignFileError.exit_status == 3
    assert all(word in said.err for word in ("other.note", *terminal.ids)), said
    assert said.out == ""
    assert not (terminal.directory / "new.log").exists()


def test_of_several_heads_the_one_of_another_log_is_named(terminal, monkeypatch):
    in_this_process(monkeypatch)
    assert terminal.run("checkpoint", "office.log", "--out", "own.note").status == 0
    said = terminal.run("salvage", "office.log", "new.log", "--checkpoint", "own.note", "--checkpoint", "other.note")
    assert "other.note" in said.err


@pytest.mark.parametrize(("lang", "words"), [("zh", "不是这本日志的日志密钥"), ("en", "is no log key of this log")])
def test_a_log_key_of_another_log_is_called_so(terminal, lang: str, words: str):
    (terminal.directory / "e.jsonl").write_text('{"kind":"declared.unit","on":["u/乙"],"who":{"administrator":"p/王宁"},'
                                               '"body":{"unit":"u/乙","name":"乙","type":"section"}}\n', encoding="utf-8")  # fmt: skip
    for line in ("checkpoint office.log", "append office.log e.jsonl --key keys/王宁.key"):
        said = terminal.run(*line.split(" "), "--log-key", "keys/other.key", "--lang", lang)
        assert said.status == 2, said
        assert words in said.err, said


def test_who_is_not_enrolled_is_said_with_single_blanks(terminal):
    said = terminal.run("append", "office.log", "e.jsonl", "--key", "keys/other.key", "--lang", "en")
    assert "unknown-key" in said.err
    assert "  " not in said.err


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "缺少必填的"), ("en", "$.body.unit: malformed: this field is missing")]
)
def test_a_field_that_is_missing_is_called_missing(terminal, lang: str, words: str):
    (terminal.directory / "l.jsonl").write_text('{"kind":"declared.unit","on":["u/乙"],"who":{"administrator":"p/王宁"},'
                                               '"body":{"name":"乙","type":"section"}}\n', encoding="utf-8")  # fmt: skip
    assert words in terminal.run("append", "office.log", "l.jsonl", "--key", "keys/王宁.key", "--lang", lang).err


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("n.csv", "姓名,部门,人员\n张三,,p/Z\n\n李四,,x/Q\n", "n.csv:4"),
        ("n.csv", "姓名,部门,人员\n张三,办,p/Z\n李四,办,\n张三,办,p/Q\n", "n.csv:4"),
        ("n.toml", '[[name]]\nname = "张三"\nperson = "p/Z"\n[[name]]\nname = "李四"\nperson = "x/Q"\n', "n.toml: [[name]] 2"),
    ],
)  # fmt: skip
def test_a_list_of_names_is_mended_where_it_is_wrong(terminal, name: str, text: str, where: str):
    (terminal.directory / name).write_text(text, encoding="utf-8")
    (terminal.directory / "book.csv").write_text("文号\n1\n", encoding="utf-8")
    said = terminal.run("import", "office.log", "book.csv", "--names", name, "--key", "keys/李敏.key")
    assert said.status == 3
    assert where in said.err, said


def test_a_workbook_that_is_none_is_said_in_one_language(terminal):
    (terminal.directory / "book.xlsx").write_bytes(b"PK\3\4 and nothing")
    said = terminal.run("import", "office.log", "book.xlsx", "--key", "keys/李敏.key", "--lang", "zh")
    assert said.status == 3
    assert "zip" not in said.err


def test_names_that_look_alike_are_told_to_programs_too(terminal):
    declared = ("declare", "office.log", "unit")
    for name in ("u/AO", "u/BO"):
        said = terminal.run(*declared, name, "--name", "x", "--type", "section", "--key", "keys/王宁.key", "--json")
        assert json.loads(said.out)["look_alikes"] == []
    said = terminal.run(*declared, "u/A0", "--name", "x", "--type", "section", "--key", "keys/王宁.key", "--json")
    assert json.loads(said.out)["look_alikes"] == [{"new": "u/A0", "like": "u/AO"}]
    lines = [
        {"kind": "declared.unit", "who": {"administrator": "p/王宁"}, "unit": unit, "name": "x", "type": "section"}
        for unit in ("u/丙", "u/B0")
    ]
    (terminal.directory / "u.jsonl").write_text("\n".join(map(json.dumps, lines)))
    said = terminal.run("append", "office.log", "u.jsonl", "--key", "keys/王宁.key", "--json")
    assert said.status == 0, said
    told = [json.loads(line)["look_alikes"] for line in said.out.splitlines()]
    assert told == [[], [{"new": "u/B0", "like": "u/BO"}]]


def test_a_backup_that_fails_leaves_nothing(terminal, monkeypatch):
    monkeypatch.setattr("chainlog.store.lmdb_store.appearing", _full)
    for place in ("fresh", "empty"):
        if place == "empty":
            (terminal.directory / place).mkdir()
        assert terminal.run("backup", "office.log", place).status == StoreFullError.exit_status
        assert (terminal.directory / place).exists() == (place == "empty")


def _full(_target):
    raise StoreFullError("full")


def test_a_file_that_cannot_be_read_is_called_by_its_own_name(tmp_path, monkeypatch):
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth/data.mdb").write_bytes(b"x")

    def fails(_source, _target):
        raise ReadError(5, "Input/output error")

    monkeypatch.setattr(lmdb_forensic, "copy_data", fails)
    with pytest.raises(Exception, match="Input/output error") as caught:
        lmdb_forensic.copy_data_file(tmp_path / "truth", tmp_path / "private")
    assert str(caught.value).startswith(str(tmp_path / "truth/data.mdb"))


def test_an_unfinished_salvage_says_what_is_to_be_done(terminal, monkeypatch):
    in_this_process(monkeypatch)
    shutil.copytree(terminal.directory / "office.log/truth", terminal.directory / "new/unfinished/truth")
    (terminal.directory / "new/recovered.draft").touch()
    for lang, words in (("zh", "抢救尚未完成"), ("en", "a salvage that isn't finished")):
        said = terminal.run("verify", "new", "--lang", lang, COLUMNS=None)
        assert words in said.out
        assert "unfinished: " not in said.out
