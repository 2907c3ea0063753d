"""Registers that nobody made: whatever stands in a file, the answer is rows, named problems, or a named refusal."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chainlog.errors import FormatError
from chainlog.interchange.copy_numbers import parse_copy_numbers
from chainlog.interchange.dates import Frame, Moment, occurred, parse_moment
from chainlog.interchange.ledgers import LEDGERS
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.rows import Register, read_registers
from chainlog.interchange.sheets import read_sheets
from tests.registers import RECEIVED, csv_bytes, received, xlsx

HEADERS = [[column.title for column in ledger.columns] for ledger in LEDGERS if ledger.supported]
WORDS = [
    *("", " ", "〃", "同上", '"', "-", "—", "/", "合计", "本页小计", "第1页", "批准人：", "监销人：李敏", "作废", "注：", "单位：甲", "2019年度", "收文登记簿", "销毁清册（X-2019-01）"),
    *("李敏", "李 敏", "李敏、赵强", "机密★10年", "绝蜜", "内", "000087-000092", "87—92、95", "92-87", "6", "6份", "贰", "12月5日", "13月5日", "3.1", "2019-03-04", "2019-03-04 09:10"),
    *("43528", "市水发[2019]5号", "关于河道清淤的通知", "完好", "机要", "会议清退", "不详", "年 月 日", "\ue000", "\u200b", "a\x00b", "=1+1", "\ufffd#REF!"),
]  # fmt: skip
TEXTS = st.one_of(st.sampled_from(WORDS), st.text(max_size=12))
VALUES = st.one_of(
    TEXTS,
    st.integers(-(10**9), 10**9),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
)


def read(name: str, content: bytes) -> tuple[Register, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return read_registers(path)


def check(registers: tuple[Register, ...], content: bytes, name: str) -> None:
    """What holds of every register that was read."""
    kept = {sheet for register in registers for sheet in register.sheets}
    said: Counter[tuple[str, int | None]] = Counter()
    for register in registers:
        for problem in register.problems:
            assert problem.reason_zh
            assert problem.reason_en
            assert problem.instead_zh
            assert problem.instead_en
            assert problem.file == name
        for row in register.rows:
            assert len(row.cells_digest) == 32
            assert set(row.raw) <= {column.key for ledger in LEDGERS for column in ledger.columns}
            assert None not in row.cells.values()
        said.update((row.sheet, row.number) for row in (*register.rows, *register.layout))
        assert register.skipped >= len({problem.row for problem in register.problems if problem.row}) - len(
            register.layout
        )
    assert max(said.values(), default=1) == 1
    problems = {(problem.sheet, problem.row) for register in registers for problem in register.problems}
    if all(not register.cover or register.rows for register in registers):
        for sheet in read_sheets(content, name=name):
            for row in sheet.rows if sheet.name in kept else ():
                assert (sheet.name, row.number) in said or (sheet.name, row.number) in problems


@given(content=st.binary(max_size=400), suffix=st.sampled_from([".csv", ".xlsx", ".txt", ".xls", ""]))
@example(content=b"PK\x03\x04" + bytes(30), suffix=".xlsx")
@example(content=b'"', suffix=".csv")
@example(content=b"\xff\xfe", suffix=".csv")
def test_any_bytes(content, suffix):
    try:
        registers = read("a" + suffix, content)
    except FormatError as error:
        assert error.text("zh")
        assert error.text("en")
    else:
        check(registers, content, "a" + suffix)


BOOK = xlsx({"一": [["收文登记簿（2019年）"], RECEIVED, *(received(n) for n in range(1, 5))]})


@given(st.data())
def test_a_workbook_with_damaged_bytes(data):
    content = bytearray(BOOK)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))]
    try:
        registers = read("a.xlsx", bytes(content))
    except FormatError:
        return
    check(registers, bytes(content), "a.xlsx")


@given(st.data())
def test_a_workbook_with_damaged_parts(data):
    """The zip is whole, its XML isn't: what reaches the reader must not bring it down."""
    with zipfile.ZipFile(io.BytesIO(BOOK)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    part = bytearray(parts[name])
    start = data.draw(st.integers(0, len(part) - 1))
    part[start : start + data.draw(st.integers(0, 12))] = data.draw(
        st.one_of(
            st.binary(max_size=6),
            st.sampled_from([b"<c", b'r="ZZ9"', b'"', b"/>", b"9999999", b"<v>", b"&#x0;", b't="s"', b"-1"]),
        )
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for other, content in parts.items():
            archive.writestr(other, bytes(part) if other == name else content)
    try:
        registers = read("a.xlsx", buffer.getvalue())
    except FormatError:
        return
    check(registers, buffer.getvalue(), "a.xlsx")


@given(
    header=st.sampled_from(HEADERS),
    above=st.lists(st.lists(TEXTS, max_size=3), max_size=3),
    rows=st.lists(st.lists(TEXTS, max_size=8), max_size=6),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
)
def test_any_cells_below_a_header(header, above, rows, encoding):
    try:
        content = csv_bytes([*above, header, *rows], encoding=encoding)
    except UnicodeEncodeError:
        assume(False)
    try:
        registers = read("a.csv", content)
    except FormatError:
        return
    check(registers, content, "a.csv")


@pytest.mark.parametrize("ledger", [ledger for ledger in LEDGERS if ledger.supported], ids=lambda ledger: ledger.kind)
@settings(max_examples=100)
@given(
    value=VALUES,
    year=st.one_of(st.none(), st.integers(1950, 2099)),
    day=st.one_of(st.none(), st.dates(date(1950, 1, 1), date(2099, 1, 1))),
)
def test_every_parser_answers_or_says_why(ledger, value, year, day):
    for side in ("after", "before"):
        frame = Frame(year, Moment(day) if day else None, side)
        for part in (*ledger.columns, *ledger.cover):
            try:
                part.parse(value, frame)
            except CellProblem as problem:
                assert problem.zh
                assert problem.write_zh


DAYS = st.dates(date(1950, 1, 1), date(2099, 12, 31))
FORMATS = [
    "{0.year}.{0.month}.{0.day}", "{0.year}-{0.month:02}-{0.day:02}", "{0.year}/{0.month}/{0.day}", "{0.year}年{0.month}月{0.day}日", "{0.year:04}{0.month:02}{0.day:02}",
    "{0.year} . {0.month} . {0.day}", "{0.month}月{0.day}日", "{0.month}.{0.day}", "{0.month}-{0.day}", "{0.year}-{0.month:02}-{0.day:02} 00:00:00",
]  # fmt: skip


class TestDates:
    @given(day=DAYS, shape=st.sampled_from(FORMATS))
    def test_every_spelling_of_every_day(self, day, shape):
        assert parse_moment(shape.format(day), Frame(day.year)) == Moment(day)

    @given(day=DAYS)
    def test_two_digits_of_the_books_own_year(self, day):
        assert parse_moment(f"{day.year % 100:02}/{day.month}/{day.day}", Frame(day.year)) == Moment(day)

    @given(day=st.dates(date(1954, 10, 4), date(2099, 12, 31)), macintosh=st.booleans())
    def test_counts_of_days(self, day, macintosh):
        count = (day - (date(1904, 1, 1) if macintosh else date(1899, 12, 30))).days
        assume(count >= 20_000)
        frame = Frame(epoch_1904=macintosh)
        assert parse_moment(count, frame) == parse_moment(str(count), frame) == Moment(day)

    @given(at=st.datetimes(datetime(1954, 10, 4), datetime(2099, 12, 30)))  # noqa: DTZ001  (cells have no zone)
    def test_cells_with_a_time_lose_less_than_a_second(self, at):
        moment = parse_moment(at, Frame())
        assert moment is not None
        start = datetime.combine(moment.day, time()) + timedelta(seconds=moment.at_s or 0)
        assert abs(start - at) <= timedelta(seconds=0.5)

    @given(at=DAYS, seconds=st.integers(60, 86_399))
    def test_text_of_a_moment_reads_back(self, at, seconds):
        moment = Moment(at, seconds, 1 if seconds % 60 else 60)
        assert parse_moment(moment.text(), Frame()) == moment

    @given(main=DAYS, days=st.integers(0, 360))
    def test_a_date_without_year_is_found_again_within_a_year(self, main, days):
        later = main + timedelta(days=days)
        assume((later.month, later.day) != (2, 29))
        shown = f"{later.month}月{later.day}日"
        assert parse_moment(shown, Frame(main.year, Moment(main))) == Moment(later)
        assert parse_moment(f"{main.month}月{main.day}日", Frame(main.year, Moment(later), "before")) == Moment(
            main
        ) or (main.month, main.day) == (2, 29)

    @given(day=DAYS, offset=st.integers(-720, 840))
    def test_a_civil_day_covers_its_instants_and_no_others(self, day, offset):
        start, span = occurred(Moment(day), utc_offset_minutes=offset)
        assert occurred(Moment(day + timedelta(days=1)), utc_offset_minutes=offset)[0] == start + span + 1
        last, width = occurred(Moment(day, 86_399, 1), utc_offset_minutes=offset)
        assert last + width == start + span


@given(
    first=st.integers(1, 10**6), count=st.integers(1, 40), width=st.integers(0, 8), dash=st.sampled_from("-—~至～－")
)
def test_ranges_of_copy_numbers(first, count, width, dash):
    written = [f"{first + number:0{width}d}" for number in range(count)]
    assert parse_copy_numbers("、".join(written)) == tuple(written)
    if written[0].startswith("0") or not written[-1].startswith("0"):
        assert parse_copy_numbers(f"{written[0]}{dash}{written[-1]}") == tuple(written)
