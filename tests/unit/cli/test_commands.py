"""Every command: help with an example in both languages, the common options, wrong use, languages, lazy loading."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from chainlog.cli.app import cli
from chainlog.cli.command import Command, Group
from chainlog.cli.render import width
from chainlog.event.catalogue import KINDS

ROOT = Path(__file__).resolve().parents[3]


def commands(group: click.Group = cli, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*names, name), found
        if isinstance(found, click.Group):
            yield from commands(found, (*names, name))


ALL = list(commands())


def help_of(names: tuple[str, ...], found: click.Command, **environment: str | None) -> str:
    # Groups whose log comes first want it before the name of a command.
    words: list[str] = []
    group: click.Group = cli
    for name in names[:-1]:
        inner = group.get_command(click.Context(group), name)
        assert isinstance(inner, click.Group)
        group = inner
        words += [name, *("x" for param in inner.params if isinstance(param, click.Argument))]
    done = CliRunner().invoke(cli, [*words, names[-1], "--help"], env={"COLUMNS": "80", **environment})
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(("names", "found"), ALL, ids=[" ".join(names) for names, _ in ALL])
def test_help_has_an_example_and_fits_in_both_languages(names: tuple[str, ...], found: click.Command):
    assert isinstance(found, Command | Group)
    chinese = help_of(names, found, LANG="zh_CN.UTF-8", LC_ALL=None)
    english = help_of(names, found, LANG="en_US.UTF-8", LC_ALL=None)
    assert "用法：" in chinese
    assert "Usage: " in english
    for text in (chinese, english):
        lines = text.splitlines()
        example = next(i for i, line in enumerate(lines) if line in ("例：", "Example:"))
        assert lines[example + 1].startswith("  chainlog ")
        assert all(width(line) <= 80 for line in lines)
        # The example is to be copied: a shell takes it as one line.
        assert all(line.endswith(" \\") for line in lines[example + 1 : -1])
    for option in ("--json", "--lang", "--debug"):
        assert option in english
    documented = [param for param in found.params if not isinstance(param, click.Option) or not param.hidden]
    for param in documented:
        assert getattr(param, "zh", "x"), param.name
        assert getattr(param, "en", "x"), param.name


def test_each_command_stands_in_the_list_in_both_languages():
    for lang in ("zh", "en"):
        listed = CliRunner().invoke(cli, ["--help", "--lang", lang]).output
        for name in cli.list_commands(click.Context(cli)):
            assert f"  {name} " in listed


def test_help_loads_no_command_and_nothing_heavy():
    code = (
        "import sys\n"
        "from chainlog.cli.app import cli\n"
        "try: cli(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'msgspec', 'lmdb', 'nacl', 'rich', 'chainlog.event.catalogue'} & set(sys.modules)\n"
        "commands = {name for name in sys.modules if name in {'chainlog.cli.init', 'chainlog.cli.draft'}}\n"
        "assert not heavy | commands, heavy | commands\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (["histroy"], "没有命令 histroy；相近的有 history", "no command histroy; did you mean history?"),
        (["zzz"], "没有命令 zzz", "no command zzz"),
        (["show"], "缺少参数 LOG", "Missing argument 'LOG'."),
        (["show", "a", "1", "2"], "多余的参数：2", "Got unexpected extra argument (2)"),
        (["show", "a", "1", "--nope"], "没有选项 --nope", "--nope"),
        (
            ["key", "new", "k", "--purpose", "x"],
            "--purpose 的值不对，可选：sign、log、read",
            "Invalid value for '--purpose'",
        ),
        (["key", "new", "k", "--purpose"], "选项 --purpose 需要一个值", "Option '--purpose' requires an argument."),
        (["depart", "l", "p/1"], "缺少选项 --reason", "Missing option '--reason'."),
        (["declare", "l"], "缺少子命令", "Missing command."),
    ],
)
def test_wrong_use_is_told_in_both_languages(arguments: list[str], zh: str, en: str):
    for lang, text in (("zh", zh), ("en", en)):
        done = CliRunner().invoke(cli, [*arguments, "--lang", lang])
        if arguments[-1] == "--purpose":
            done = CliRunner().invoke(cli, ["--lang", lang, *arguments])
        assert done.exit_code == 2
        assert done.stdout == ""
        assert text in done.stderr
    told = json.loads(CliRunner().invoke(cli, ["--json", *arguments]).stderr)
    assert told["code"] == "usage"
    assert zh in told["message_zh"]
    assert en in told["message_en"]


def test_a_lost_reader_ends_quietly(tmp_path: Path):
    code = "import sys; from chainlog.cli.app import cli; cli(['kinds', '--json'], prog_name='chainlog')"
    command = f'{sys.executable} -c "{code}" | head -1; echo ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] in ("0", "141")  # 0 where the pipe took it all


def test_a_poor_terminal_gets_numbers_not_a_crash():
    code = "from chainlog.cli.app import cli; cli(['--help', '--lang', 'zh'], prog_name='chainlog')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        check=True,
        capture_output=True,
        env={"PYTHONIOENCODING": "latin-1", "PATH": ""},
    )
    assert b"\\u7528\\u6cd5" in done.stdout


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_kind_is_described_in_words(lang: str):
    for kind in KINDS.values():
        shown = CliRunner().invoke(cli, ["kinds", kind.name, "--lang", lang], env={"COLUMNS": None}).output
        # The names of types are for programs.
        values = [line.split("  ")[-1].strip() for line in shown.splitlines()]
        assert not {"str", "Text", "count", "time", "C", "W", "U", "P|U", "int", "bool"} & set(values), kind.name
        if lang == "en":
            assert not re.search("一个|可有|文字|整数", shown), kind.name


@pytest.mark.parametrize(
    ("persons", "more", "said"),
    [
        (("甲", "乙"), (), "2 administrators are too few: at least 3 without recovery keys"),
        (("甲", "乙", "丙"), ("--threshold", "3"), "at most 2"),
        (("甲", "乙"), ("--recovery", "p/丙", "--threshold", "3"), "at most 2"),
        (("甲",), ("--recovery", "p/丙"), "1 administrators are too few: at least 2"),
        (("甲", "乙", "丙"), ("--policy", "nowhere"), "no profile nowhere"),
    ],
)
def test_no_keys_are_made_for_a_log_that_would_be_refused(tmp_path: Path, persons, more, said):
    keys = tmp_path / "keys"
    given = ["--name", "draft.a", "--unit", "u/甲", "--make-keys", str(keys), "--threshold", "2", *more]
    given += [word for person in persons for word in ("--administrator", f"p/{person}")]
    done = CliRunner().invoke(
        cli, ["init", str(tmp_path / "a.log"), *given, "--lang", "en"], env={"CHAINLOG_PASSPHRASE": "x"}
    )
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr
    assert not keys.exists()
