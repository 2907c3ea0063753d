"""What a person is told of rows that are taken all the same: characters that were dropped, names that look like others."""

from __future__ import annotations

import json

import pytest

from chainlog.cli.importing import _show
from chainlog.cli.render import shortened, width
from chainlog.cli.session import Session
from chainlog.interchange.import_report import report_json
from chainlog.interchange.importing import _are_copies_of
from chainlog.interchange.texts import dropped, tidy
from tests.registers import received
from tests.unit.interchange.test_importing import TITLE, Office, bodies, received_book
from tests.unit.interchange.test_importing import office as office  # noqa: PLC0414 (a fixture)

INVISIBLE = ["\u202e", "\u200b", "\u2066", "\ufeff", "\u00ad", "\u180e", "\ufe0f", "\u2060"]


@pytest.mark.parametrize("char", INVISIBLE)
def test_every_character_that_is_dropped_is_named(char):
    text = f"{char}甲{char}乙"
    assert tidy(text) == "甲乙"
    assert dropped(text) == (f"U+{ord(char):04X} (1, 3)",)
    assert dropped("甲 乙\n丙\t丁") == ()


def test_dropped_says_just_when_tidy_drops():
    for code in range(0x2FFF):
        char = chr(code)
        assert bool(dropped(f"甲{char}乙")) == (tidy(f"甲{char}乙") == "甲乙" and not char.isspace()), hex(code)


def test_many_places_are_not_all_listed():
    assert dropped("\u200b" * 9 + "\u202e") == ("U+200B (1, 2, 3, 4, 5, …)", "U+202E (10)")


@pytest.mark.parametrize("name", ["收文.xlsx", "收文.csv"])
@pytest.mark.parametrize("char", INVISIBLE)
def test_a_row_is_taken_and_what_was_dropped_is_noted(office: Office, char, name):
    path = office.book(received_book(received(1), received(2, 文件标题=f"{char}甲{char}乙"), received(3)), name)
    report = office.bring(path)
    (book,) = report.books
    assert (book.rows, book.events, book.problems, report.problems) == (3, 6, [], [])
    (note,) = book.notes
    assert (note.row, note.column, note.title, note.found) == (4, "E", "文件标题", "甲乙")
    for said in (note.reason_zh, note.reason_en):
        assert f"U+{ord(char):04X} (1, 3)" in said
    titles = {bodies(entry).get("document", {}).get("title") for entry in office.entries()} - {None}
    assert "甲乙" in titles
    (plain,) = json.loads(json.dumps(report_json(report)))
    assert [(one["row"], one["column"], one["found"]) for one in plain["notes"]] == [(4, "E", "甲乙")]
    # Known by now, and still otherwise in the book.
    assert [one.row for one in office.bring(path).books[0].notes] == [4]


def test_each_cell_has_its_note_and_a_row_that_is_left_out_none(office: Office):
    rows = [
        received(1, 文件标题="甲\u200b", 承办单位="水利\u202e站"),
        received(2, 文件标题="乙\u200b", 收文日期="某日"),
    ]
    (book,) = office.bring(office.book(received_book(*rows), "收文.csv")).books
    assert [(one.row, one.title) for one in book.notes] == [(3, "文件标题"), (3, "承办单位")]
    assert [one.row for one in book.problems] == [4]


def test_the_notes_are_shown(office: Office, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")  # else words wrap where the screen is narrow
    (book,) = office.bring(office.book(received_book(received(1, 文件标题="甲\u202e乙")), "收文.csv")).books
    for lang, words in (("zh", "请核对"), ("en", "look at")):
        _show(Session(lang=lang, as_json=False, debug=False), book, dry_run=False)
        said = capsys.readouterr().out
        assert words in said
        assert "U+202E (2)" in said


@pytest.mark.parametrize("dry", [True, False])
def test_documents_that_look_alike_are_noted_once(office: Office, dry):
    rows = [
        received(n, 来文字号=f"市水发〔2019〕{one}号", 份号="000007", 文件标题=TITLE)
        for n, one in enumerate("己5已", 1)
    ]
    report = office.bring(office.book(received_book(*rows), "收文.csv"), dry_run=dry)
    (book,) = report.books
    (note,) = book.notes
    assert (note.row, book.rows) == (5, 3)
    assert "d/市水发〔2019〕已号" in note.reason_en
    assert "d/市水发〔2019〕己号" in note.reason_en
    if not dry:
        # They aren't new any more, and what comes beside them is.
        more = [received(9, 来文字号="市水发〔2019〕巳号", 份号="1", 文件标题=TITLE)]
        (again,) = office.bring(office.book(received_book(*rows, *more), "收文.csv")).books
        assert [one.row for one in again.notes] == [6, 6]


def test_copies_are_told_of_unless_their_documents_are():
    pairs = {("d/已", "d/己"), ("c/已/1", "c/己/1"), ("c/甲/1", "c/甲/l")}
    assert [_are_copies_of(*pair, pairs) for pair in sorted(pairs)] == [True, False, False]
    assert _are_copies_of("c/已/1", "c/己/1", {("d/己", "d/已")})


@pytest.mark.parametrize("text", ["", "甲", "a" * 60, "甲" * 30, "e\u0301" * 60])
def test_short_cells_stay(text):
    assert shortened(text) == text


@pytest.mark.parametrize("text", ["a" * 61, "a" * 5000, "甲" * 31, "甲" * 5000, "\u0301" * 5000, "a" + "\u0301" * 9000])
def test_long_cells_are_cut(text):
    cut = shortened(text)
    assert cut[:-1] == text[: len(cut) - 1]
    assert cut[-1] == "…"
    assert width(cut) <= 60
    assert len(cut) < 250


def test_a_long_cell_widens_no_table(office: Office, capsys):
    (book,) = office.bring(office.book(received_book(received(1), received(2, 文件标题="a" * 5000)), "收文.csv")).books
    assert book.problems[0].found == "a" * 5000
    _show(Session(lang="en", as_json=False, debug=False), book, dry_run=False)
    assert max(map(width, capsys.readouterr().out.splitlines())) < 300
