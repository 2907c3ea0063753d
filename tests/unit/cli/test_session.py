"""Language, streams and colours of a run."""

from __future__ import annotations

import pytest

from chainlog.cli.session import Session, language_of


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "ZH"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US", "LC_ALL": "", "LC_MESSAGES": "zh_TW"}, "zh"),
    ],
)
def test_the_environment_says_the_language(environment: dict[str, str], language: str):
    assert language_of(environment) == language


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        (["custody", "--lang", "en"], "en"),
        (["--lang=en", "custody"], "en"),
        (["--lang", "fr"], "zh"),
        (["custody", "--lang"], "zh"),
        (["custody", "--", "--lang", "en"], "zh"),
    ],
)
def test_an_option_says_it_first(arguments: list[str], language: str):
    session = Session.from_arguments(arguments, {"LANG": "zh_CN.UTF-8"})
    assert session.lang == language
    assert session.say("甲", "a") == {"zh": "甲", "en": "a"}[language]


def test_the_form_of_errors_is_known_before_parsing():
    session = Session.from_arguments(["x", "--json", "--debug"], {})
    assert (session.as_json, session.debug) == (True, True)
    session = Session.from_arguments(["x", "--", "--json", "--debug"], {})
    assert (session.as_json, session.debug) == (False, False)


def test_output_is_made_safe(capsys: pytest.CaptureFixture[str]):
    session = Session(lang="zh", as_json=False, debug=False)
    session.echo("甲\x1b]0;x\x07\n乙")
    session.note("丙\u202e")
    said = capsys.readouterr()
    assert said.out == "甲\\u001b]0;x\\u0007\n乙\n"
    assert said.err == "丙\\u202e\n"


def test_json_goes_without_remarks(capsys: pytest.CaptureFixture[str]):
    session = Session(lang="zh", as_json=True, debug=False)
    session.note("x")
    session.emit({"甲": 1})
    said = capsys.readouterr()
    assert (said.out, said.err) == ('{"甲": 1}\n', "")


def test_no_colour_and_no_edge_in_a_pipe(monkeypatch: pytest.MonkeyPatch):
    session = Session(lang="en", as_json=False, debug=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    assert (session.colour, session.columns) == (False, None)
    monkeypatch.setenv("COLUMNS", "60")
    assert session.columns == 60
    monkeypatch.setenv("COLUMNS", "wide")
    assert session.columns is None


def test_no_progress_in_a_pipe(capsys: pytest.CaptureFixture[str]):
    with Session(lang="en", as_json=False, debug=False).progress("甲", "a") as advance:
        advance(1)
    assert capsys.readouterr() == ("", "")
