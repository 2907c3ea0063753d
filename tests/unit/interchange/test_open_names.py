"""Names of a book for which no person is known, and copies without a number: told, asked about, never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chainlog.cli.session import Session
from chainlog.interchange.import_report import Unmatched
from chainlog.interchange.mapping import NameMap
from tests.command_line import Terminal
from tests.command_line import office as command_line
from tests.registers import csv_bytes, put, received
from tests.unit.interchange.test_importing import LOANS, Office, bodies, loan, received_book
from tests.unit.interchange.test_importing import office as office  # noqa: PLC0414 (a fixture)

BOTH = NameMap([("马春兰", "", "p/马春兰"), ("周立", "水利站", "p/周立")])


def books(office: Office) -> list[Path]:
    """Two rows by one receiver, and a loan to somebody of another unit."""
    arrived = received_book(received(1, 份号="7"), received(2, 份号="8"))
    return [office.book(arrived, "收文.csv"), office.book([LOANS, loan(1, 份号="7")], "借阅登记簿.csv")]


def test_names_without_persons_are_counted_and_taken(office: Office):
    arrived, lent = office.bring(*books(office)).books
    assert (arrived.unmatched, arrived.rows) == ((Unmatched("马春兰", "", 2),), 2)
    assert (lent.unmatched, lent.rows) == ((Unmatched("周立", "水利站", 1),), 1)
    assert lent.to_json()["unmatched"] == [{"name": "周立", "unit": "水利站", "rows": 1}]
    assert not arrived.problems
    assert not lent.problems


def test_names_that_the_file_tells_are_none_of_them(office: Office):
    known = office.bring(*books(office), names=BOTH)
    assert [book.unmatched for book in known.books] == [(), ()]
    assert "stated" not in bodies(office.only("transferred.lend"))


def test_a_row_that_is_left_out_names_nobody(office: Office):
    (book,) = office.bring(office.book(received_book(received(1, 收文日期="某日"), received(2)), "收文.csv")).books
    assert [one.rows for one in book.unmatched] == [1]


def test_names_that_come_too_late_change_nothing_and_this_is_said(office: Office):
    paths = books(office)
    first = office.bring(*paths)
    again = office.bring(*paths, names=BOTH)
    assert [book.as_written for book in first.books] == [0, 0]
    assert [(book.events, book.as_written, book.unmatched) for book in again.books] == [(0, 2, ()), (0, 1, ())]
    assert ["receiver", "周立"] in bodies(office.only("transferred.lend"))["stated"]
    # A file that tells of nobody in the books is none of it.
    other = office.bring(*paths, names=NameMap([("赵强", "", "p/赵强")]))
    assert [book.as_written for book in other.books] == [0, 0]


def test_names_that_were_known_from_the_first_came_not_too_late(office: Office):
    paths = books(office)
    office.bring(*paths, names=BOTH)
    assert [book.as_written for book in office.bring(*paths, names=BOTH).books] == [0, 0]


def test_a_row_that_says_something_else_now_counts_for_nothing(office: Office):
    office.bring(office.book([LOANS, loan(1, 份号="7", 批准人="何长河")], "借阅登记簿.csv"))
    changed = office.book([LOANS, loan(1, 份号="7", 批准人="何长河", 借阅事由="防汛")], "借阅登记簿.csv")
    (book,) = office.bring(changed, names=NameMap([("何长河", "", "p/何长河")])).books
    assert (len(book.problems), book.rows, book.as_written, book.unmatched) == (1, 0, 0, ())


def test_who_imports_is_asked_once_and_before_anything_is_written(office: Office):
    asked: list[tuple[Unmatched, ...]] = []

    class No(Exception):
        pass

    def refuse(names):
        asked.append(tuple(names))
        raise No

    paths = books(office)
    with pytest.raises(No):
        office.bring(*paths, confirm=refuse)
    assert asked == [(Unmatched("马春兰", "", 2), Unmatched("周立", "水利站", 1))]
    assert office.entries() == []
    office.bring(*paths, dry_run=True, confirm=refuse)
    office.bring(*paths, confirm=asked.append)
    # Nothing is new any more, or everybody is known: there is nothing to ask.
    office.bring(*paths, confirm=refuse)
    office.bring(office.book([LOANS, loan(9, 份号="8")], "借阅登记簿.csv"), names=BOTH, confirm=refuse)
    assert len(asked) == 2


def test_copies_without_a_number_are_told_of(office: Office):
    rows = [received(1, 份数=3), received(2, 份号="8")]
    path = office.book(received_book(*rows), "收文.csv")
    for report in (office.bring(path, dry_run=True), office.bring(path), office.bring(path)):
        assert [(book.unnumbered, book.to_json()["unnumbered"]) for book in report.books] == [(1, 1)]
    assert [state.carrier for state in office.custody().carriers()] == ["c/市水发〔2019〕2号/8"]


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setattr(Session, "interactive", property(lambda self: not self.as_json))
    put(tmp_path, "收文.csv", csv_bytes(received_book(received(1, 份号="7"))))
    with command_line(tmp_path) as found:
        yield found


NAMES = ("赵甲", "钱乙", "孙丙", "李丁", "周戊", "吴己")
IMPORT = ("import", "office.log", "收文.csv", "--key", "keys/李敏.key")


def test_at_a_terminal_who_says_no_imports_nothing(terminal: Terminal):
    said = terminal.run(*IMPORT, typed="n\n")
    assert said.status != 0
    assert "1 个姓名没有对应人员：马春兰" in said.err
    assert "--names-template" in said.err
    assert "照此导入？" in said.err
    assert terminal.run("custody", "office.log", "--json").out == ""
    assert "写入 2 条事件" in terminal.run(*IMPORT, typed="y\n").out


@pytest.mark.parametrize("option", ["--yes", "--dry-run", "--json"])
def test_who_does_not_want_to_be_asked_is_told_all_the_same(terminal: Terminal, option):
    said = terminal.run(*IMPORT, option, "--lang", "en")
    assert (said.status, "Import all the same?" in said.err) == (0, False)
    assert "马春兰" in said.out


def test_of_many_names_the_first_few_are_shown(terminal: Terminal):
    rows = [received(n, 份号="7", 签收人=name) for n, name in enumerate(NAMES, 1)]
    put(terminal.directory, "收文.csv", csv_bytes(received_book(*rows)))
    for lang, words in (("zh", "6 个姓名没有对应人员："), ("en", "6 names of no known person: ")):
        said = "".join(terminal.run(*IMPORT, "--dry-run", "--lang", lang, COLUMNS="2000").out.splitlines())
        assert words in said
        assert sum(name in said for name in NAMES) == 5
