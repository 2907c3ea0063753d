"""The wrong file is named, whatever file is given to whichever command: all kinds of files, all commands that read one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chainlog.canon import codec
from chainlog.cli.file_kinds import FILE_KINDS, HEAD_BYTES, kind_of
from chainlog.rules.profiles import profile_names, profile_text
from tests.authority import Authority
from tests.command_line import Terminal, office

LINE = '{"kind":"created.entered","who":{"registrar":"p/李敏"},"level":"秘密","reason":"other","items":[{"carrier":"c/%d","form":"document"}]}'

# What reads a file, and the kinds that it takes.
READERS: dict[str, tuple[str, ...]] = {
    "conflict {} --log-id log-id": ("conflict", "false-map"),
    "bundle verify {}": ("bundle",),
    "bundle verify bundle --receipt {}": ("receipt",),
    "bundle make office.log c/1 --checkpoint {} --out made --yes": ("head",),
    "bundle make office.log c/1 --token {} --out made --yes": ("stamp",),
    "receipt check {} --log-id log-id": ("receipt",),
    "receipt check receipt --log-id log-id --genesis {}": ("receipt",),
    "receipt make office.log 1 --checkpoint {}": ("head",),
    "verify office.log --pin {}": ("pin",),
    "verify office.log --checkpoint {}": ("head",),
    "verify office.log --tsa-cert {}": ("certificate",),
    "report office.log --checkpoint {}": ("head",),
    "timestamp add office.log {}": ("stamp",),
    "append office.log {}": ("draft", "json"),
    "draft show {}": ("draft",),
    "sign {} --key key": ("draft",),
    "sign draft --key {} --yes": ("key",),
    "key show {}": ("key",),
    "key passwd {}": ("key",),
    "append office.log json --key {}": ("key",),
    "append office.log json --log-key {}": ("key",),
    "enroll office.log p/李敏 --request {} --key key": ("request",),
    "policy office.log adopt {} --key keys/王宁.key --key keys/何平.key": ("policy",),
    "rules --policy {}": ("policy",),
    "import office.log register.csv --names {} --key key": ("names", "workbook"),
}


@pytest.fixture(scope="module")
def terminal(tmp_path_factory):
    with office(tmp_path_factory.mktemp("kinds")) as made:
        _make_files(made)
        yield made


def _make_files(terminal: Terminal) -> None:
    here = terminal.directory

    def run(line: str, status: int = 0) -> str:
        said = terminal.run(*line.split())
        assert said.status == status, (line, said)
        return said.out

    shutil.copy(here / "keys" / "李敏.key", here / "key")
    (here / "log-id").write_text(
        terminal.run("show", "office.log", "0", "--json").out.split('"log_id": "')[1][:64] + "\n"
    )
    for name, number in (("json", 1), ("other", 2)):
        (here / name).write_text(LINE % number, encoding="utf-8")
    run("verify office.log --pin pin --log-id log-id")
    run("backup office.log fork.log")
    run("append fork.log other --key key")
    run("append office.log json --key key --checkpoint head")
    run("verify fork.log --pin other-pin --log-id log-id")
    run("verify office.log --pin other-pin --evidence conflict", status=1)
    run("bundle make office.log c/1 --out bundle --yes")
    run("receipt make office.log 1 --out receipt")
    run("key request log-id p/李敏 --key key --out request")
    run("timestamp request office.log --out stamp-request")
    run("draft new office.log created.entered --who registrar=p/李敏 --set level=秘密 --set reason=other --out draft "
        '--set items=[{"carrier":"c/3","form":"document"}]')  # fmt: skip
    run("report office.log --no-verify --html page --xlsx workbook")
    (here / "policy").write_text(profile_text("coop"), encoding="utf-8")
    (here / "names").write_text("姓名,部门,人员\n", encoding="utf-8")
    (here / "false-map").write_bytes(codec.encode(("chainlog/v1/false-map", bytes(50))))
    (here / "certificate").write_text("-----BEGIN CERTIFICATE-----\n")
    (here / "stamp").write_bytes(b"\x30\x82\x01\x00\x30\x03\x02\x01\x00\x30\x82\x00\xf0")
    (here / "empty").write_bytes(b"")
    (here / "register.csv").write_text("序号,文号\n", encoding="utf-8")


@pytest.mark.parametrize("line", list(READERS))
def test_the_wrong_file_is_named(terminal: Terminal, line: str):
    for name in FILE_KINDS:
        if name in READERS[line]:
            continue
        said = terminal.run(*line.format(name).split(" "))
        assert said.status == 3, (name, said)
        zh = FILE_KINDS[name].zh
        assert f"{name}：格式不对：应为" in said.err, (name, said)
        assert f"而这是{zh}" in said.err, (name, said)


def test_what_the_commands_write_is_known(terminal: Terminal):
    for name in FILE_KINDS:
        data = (terminal.directory / name).read_bytes()
        assert kind_of(data) == name
        assert kind_of(data[:HEAD_BYTES]) == name
    for name in ("text", "bundle\n", '[{"a": 1}]', "日期,文号"):
        assert kind_of(name.encode()) is None
    assert {kind_of(profile_text(name).encode()) for name in profile_names()} == {"policy"}


def test_what_was_cut_short_is_told_with_its_name(terminal: Terminal):
    for name, line in (("bundle", "bundle verify {}"), ("receipt", "receipt check {} --log-id log-id"),
                       ("conflict", "conflict {} --log-id log-id"), ("head", "verify office.log --checkpoint {}"),
                       ("false-map", "conflict {} --log-id log-id")):  # fmt: skip
        cut = terminal.directory / f"cut-{name}"
        cut.write_bytes((terminal.directory / name).read_bytes()[:-5])
        for lang, words in (("zh", "不完整或被改动"), ("en", "cut short or changed")):
            said = terminal.run(*line.format(cut.name).split(" "), "--lang", lang)
            assert said.status == 3, said
            assert cut.name in said.err, said
            assert words in said.err, said


def test_an_export_is_no_log_to_write_to_or_ask(terminal: Terminal):
    assert terminal.run("export", "office.log", "tiles").status == 0
    said = terminal.run("custody", "tiles", "--lang", "en")
    assert said.status == 3
    assert "an export of a log" in said.err


def test_the_answer_of_an_authority_is_known(tmp_path: Path, terminal: Terminal):
    pytest.importorskip("rfc3161_client")
    authority = Authority(tmp_path / "tsa")
    answer = authority.answer((terminal.directory / "stamp-request").read_bytes())
    assert kind_of(answer) == "stamp"
    assert kind_of(authority.certificate.read_bytes()) == "certificate"
