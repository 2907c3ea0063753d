from __future__ import annotations

import pytest

from chainlog.cli.due import due_text, end_of, left_text
from chainlog.cli.session import Session
from chainlog.errors import UsageError
from chainlog.event.times import format_time, parse_instant
from chainlog.facade import Log
from tests.command_line import office

OFFSET = 480


def us(text: str) -> int:
    return parse_instant(text, offset_minutes=OFFSET)


@pytest.mark.parametrize(
    ("within", "end"),
    [
        ("12h", "2026-01-31T22:00:00+08:00"), ("1d", "2026-02-01T23:59:59.999999+08:00"), ("30d", "2026-03-02T23:59:59.999999+08:00"),
        ("1mo", "2026-02-28T23:59:59.999999+08:00"), ("1y", "2027-01-31T23:59:59.999999+08:00"),
        ("9999y", "9999-12-31T23:59:59.999999+08:00"),
    ],
)  # fmt: skip
def test_a_stretch_ends_with_a_day_unless_it_is_in_hours(within: str, end: str):
    found = end_of(within, us("2026-01-31T10:00:00+08:00"), OFFSET)
    assert format_time(found, offset_minutes=OFFSET) == end


@pytest.mark.parametrize("within", ["", "0d", "3", "3wd", "-3d", "3 d", "10000d", "٣d"])
def test_what_is_no_stretch_is_refused(within: str):
    with pytest.raises(UsageError):
        end_of(within, 0, OFFSET)


def test_the_end_of_a_day_is_shown_as_the_day():
    assert due_text(us("2026-02-01T23:59:59.999999+08:00"), OFFSET) == "2026-02-01"
    assert due_text(us("2026-02-01T10:30:00+08:00"), OFFSET) == "2026-02-01 10:30"


@pytest.mark.parametrize(
    ("due", "zh", "en"),
    [
        ("2026-01-30T09:59:59+08:00", "逾期 2 天", "2 days late"), ("2026-01-31T09:59:59+08:00", "逾期 1 天", "1 day late"),
        ("2026-01-31T10:00:00+08:00", "不足 1 天", "within a day"), ("2026-02-01T09:59:59+08:00", "不足 1 天", "within a day"),
        ("2026-02-01T10:00:00+08:00", "还有 1 天", "1 day left"), ("2026-02-10T10:00:00+08:00", "还有 10 天", "10 days left"),
    ],
)  # fmt: skip
def test_how_much_time_is_left(due: str, zh: str, en: str):
    now_us = us("2026-01-31T10:00:00+08:00")
    shown = [left_text(Session(lang=lang, as_json=False, debug=False), us(due), now_us) for lang in ("zh", "en")]
    assert shown == [zh, en]


def test_a_slip_of_the_pen_is_no_clean_bill(tmp_path):
    with office(tmp_path) as terminal:
        for command in ("findings", "due"):
            for option, name in zip(
                ("--carrier", "--document", "--person", "--unit"), ("c/typo", "d/typo", "p/typo", "u/typo"), strict=True
            ):
                said = terminal.run(command, "office.log", option, name, "--json")
                assert said.status == 2, said
                assert "TYPO" in said.err.upper()
        for option, name in (("--holder", "p/typo"), ("--place", "w/typo")):
            said = terminal.run("custody", "office.log", option, name, "--json")
            assert said.status == 2, said
            assert "TYPO" in said.err.upper()


def test_a_unit_is_known_by_its_whole_name_also_where_only_a_body_says_it(tmp_path):
    with office(tmp_path) as terminal:
        declared = terminal.run("declare", "office.log", "unit", "u/清溪镇党政办", "--name", "党政办", "--parent", "u/清溪镇委",
                                "--type", "section", "--key", "keys/王宁.key")  # fmt: skip
        assert declared.status == 0, declared
        with Log.open(terminal.directory / "office.log") as log, log.store.snapshot() as snapshot:
            assert snapshot.subject("u/清溪镇委") is None
        for unit in ("u/清溪镇党政办", "u/清溪镇委", "u/清溪镇"):
            assert terminal.run("findings", "office.log", "--unit", unit).status == 0, unit
        for part in ("u/清溪", "u/清溪镇党政", "u/党政办"):
            assert terminal.run("findings", "office.log", "--unit", part).status == 2, part
