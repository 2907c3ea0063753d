"""One handler: every error has a text in both languages, a status, and the same as JSON."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator

import click
import pytest

from chainlog import errors
from chainlog.cli import texts
from chainlog.cli.failures import message_of, report
from chainlog.cli.session import Session
from chainlog.codes import CODES
from chainlog.errors import ChainlogError, NotFoundError, RefusedError, UsageError


def classes(root: type[ChainlogError] = ChainlogError) -> Iterator[type[ChainlogError]]:
    for child in root.__subclasses__():
        yield child
        yield from classes(child)


def session(lang: str = "en", *, as_json: bool = False, debug: bool = False) -> Session:
    return Session(lang=lang, as_json=as_json, debug=debug)


@pytest.mark.parametrize("cls", [c for c in classes() if c.__module__ == errors.__name__], ids=lambda cls: cls.code)
def test_every_error_is_told_in_both_languages_and_as_json(
    cls: type[ChainlogError], capsys: pytest.CaptureFixture[str]
):
    error = cls("why", path="file", index=3, subject="c/1", found="x", expected="y", what="record 3")
    for lang in ("zh", "en"):
        assert report(error, session(lang)) == cls.exit_status
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.strip()
        assert "Traceback" not in said.err
    assert report(error, session(as_json=True)) == cls.exit_status
    told = json.loads(capsys.readouterr().err)
    assert set(told) == {"code", "message_zh", "message_en", "fields"}
    assert told["code"] == cls.code


def test_a_refusal_says_what_its_code_means_and_what_to_do(capsys: pytest.CaptureFixture[str]):
    report(RefusedError("2 of 3 administrators signed", finding="below-threshold"), session("zh"))
    said = capsys.readouterr().err
    assert CODES["below-threshold"].zh in said
    assert "需要 3 名管理员" in said
    assert "--save" in said


def test_secrets_and_control_characters_stay_out(capsys: pytest.CaptureFixture[str]):
    report(UsageError("a\x1b[2J\u202eb"), session())
    assert capsys.readouterr().err == "cannot do that: a\\u001b[2J\\u202eb\n"
    report(UsageError("x", hint=("甲", "a"), data=b"\x01"), session(as_json=True))
    assert json.loads(capsys.readouterr().err)["fields"] == {"detail": "x", "data": "01"}


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (FileNotFoundError(errno.ENOENT, "x", "a.txt"), 2, "a.txt: No such file or directory"),
        (PermissionError(errno.EACCES, "x", "a.txt"), 2, "a.txt: Permission denied"),
        (OSError(errno.ENOSPC, "x", "a.txt"), 4, "a.txt: No space left on device"),
        (OSError("odd"), 4, "odd"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
        (ZeroDivisionError("a secret"), 70, "unexpected ZeroDivisionError"),
    ],
)
def test_the_system_and_bugs(error: BaseException, status: int, told: str, capsys: pytest.CaptureFixture[str]):
    assert report(error, session()) == status
    said = capsys.readouterr().err
    assert told in said
    assert "secret" not in said
    assert "Traceback" not in said


def test_a_traceback_is_shown_only_when_asked_for(capsys: pytest.CaptureFixture[str]):
    try:
        raise ZeroDivisionError
    except ZeroDivisionError as error:
        report(error, session(debug=True))
    assert "Traceback" in capsys.readouterr().err


def test_what_is_not_there_is_named_in_chinese():
    assert message_of(NotFoundError(what="record 9"), "zh") == "日志中没有第 9 条记录"
    assert message_of(NotFoundError(what="c/1"), "zh") == "日志中没有 c/1"


def test_details_are_translated_whole_or_not_at_all():
    assert texts.detail_zh("not a regular file") == "不是普通文件"
    assert texts.detail_zh("not a regular file at all") is None
    assert texts.detail_zh("$1 \\1") is None


def test_what_is_said_of_values_is_translated_without_the_names_of_types():
    assert texts.detail_zh("Expected `int`, got `str`") == "应为整数"
    assert texts.detail_zh("Expected `str` of length >= 3") == "太短，长度至少为 3"
    assert texts.detail_zh("Expected `int` >= 0") == "不得小于 0"


def test_advice_names_codes_that_exist():
    known = {cls.code for cls in classes()} | set(CODES)
    assert set(texts._ADVICE) <= known
