"""What in a register is not a row of it: titles, labelled lines, sums, page feet, blank forms. Pure.

A row counts as layout only if it says so: by a label, by the words of a sum or a page foot, or by holding nothing but
a printed serial. Everything else in the table is a row, and a row that lacks something is a problem, never skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from chainlog.interchange.headers import Header, is_header_again
from chainlog.interchange.ledger_model import CoverLine, Ledger
from chainlog.interchange.numerals import chinese_number
from chainlog.interchange.texts import is_dash, label, narrow, outer_label, squeeze
from chainlog.interchange.values import Cell, SheetRow, Value

Kind = Literal["blank", "title", "header", "cover", "total", "sum", "foot", "void", "row"]

_UNIT_LABELS: Final = (
    "单位", "填报单位", "单位名称", "编制单位", "登记单位", "全宗", "全宗名称", "使用单位", "造册单位", "单位盖章",
)  # fmt: skip
_YEAR_LABELS: Final = ("年度", "年份", "登记年度")
_OTHER_LABELS: Final = (
    "填表人", "制表人", "审核人", "复核人", "负责人", "单位负责人", "部门负责人", "主管领导", "分管领导", "领导签字", "登记人", "保密员", "保管人",
    "经办人", "经手人", "批准人", "审批人", "承办人", "联系人", "联系电话", "电话", "日期", "填表日期", "填报日期", "制表日期", "登记日期", "打印日期",
    "起止日期", "启用日期", "注", "备注", "说明", "附注", "填表说明", "页码", "页次", "盖章", "公章", "签字", "签名", "保管单位", "存放地点", "密级",
    "保密期限", "册号", "卷号", "本册页数", "总页数", "簿册编号", "清册编号",
)  # fmt: skip
_LABEL_BEFORE_COLON: Final = re.compile(r"([^\s:：,，；;。]{1,20})\s*[:：]")
_HARMLESS: Final = re.compile(r"[（(]?(?:签字|签名|盖章|公章|签章|章|年月日)[)）]?|[（(]?(?:手写)?签[名字]盖章[)）]?")

_SUM: Final = re.compile(
    r"(?P<page>本页|每页|本季|本月|逐页|分页|截至本页|到本页)?(?P<word>小计|合计|总计|累计|共计|总数|销毁总数|总份数)"
    r"(?P<rest>[:：]?[()（）\d一二三四五六七八九十两〇零百共计份件册页本套张,，、.]*)"
)
_CARRIED: Final = re.compile(r"(?:承|接|转|过|续|承接)(?:上|前|下|次)一?页.{0,12}")
_FOOT: Final = re.compile(
    r"第?[\d一二三四五六七八九十_ⅰ-ⅻ]*页[,，、/／]?(?:共?[\d一二三四五六七八九十_]*页)?|共[\d一二三四五六七八九十_]*页|\d+/\d+"
    r"|[-—–]+\d+[-—–]+|page\d+(?:of\d+)?|[(（]?续表[)）]?|以下(?:空白|无正文)|[(（]?[此本]页无正文[)）]?|本页空白|[(（]?接下页[)）]?"
)
_VOID: Final = re.compile(r"[(（]?(?:此号|本号|该号)?(?:作废|空号|跳号|废号|注销)[)）]?")
_SENTENCE: Final = re.compile(r".*[。；;].*|.{16,}")
_PLACEHOLDER: Final = re.compile(r"[_()（）/:：]*[年月日时分][_年月日时分()（）/:：]*")
_WIDE: Final = 0.5
_FEW_CELLS: Final = 3

_YEAR_STATED: Final = re.compile(r"((?:19|20)\d{2})年度|年度[:：]((?:19|20)\d{2})")
_YEAR_ALONE: Final = re.compile(r"(?:19|20)\d{2}年")
_YEAR_IN_TITLE: Final = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_CHINESE_YEAR: Final = re.compile("([一二][〇零九][〇零一二三四五六七八九]{2})年")
_BOOK_WORDS: Final = re.compile("登记|清册|台账|清单|目录|簿|传阅单|记录")
_SUBJECTS: Final = "涉密|绝密|机密|秘密|密级|保密|机要|内部|文件|公文|载体|收文|来文|借阅|传阅|销毁"
_TITLE_UNIT: Final = re.compile(
    rf"(?:(?:19|20)\d{{2}}年(?:度|(?!度)))?(?!{_SUBJECTS})(?P<unit>[A-Za-z\u4e00-\u9fff]{{2,30}}?)(?:(?:19|20)\d{{2}}年度?)?(?:{_SUBJECTS})"
)
_BRACKETS: Final = str.maketrans("([【)]】", "〔〔〔〕〕〕")
# X-2025-01, in brackets with whatever else, or 〔2025〕3号.
_NUMBER: Final = re.compile(
    r"〔([^〔〕]{0,12}?(?:19|20)\d{2}[^〔〕\d]{1,3}\d{1,3}号?)〕|([A-Za-z]{0,6}[-—]?(?:19|20)\d{2}[-—]\d{1,3})(?!\d)|(〔(?:19|20)\d{2}〕第?\d{1,4}号)"
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled value outside the table. line: None for labels that no ledger reads. cell: where the value stands."""

    line: CoverLine | None
    label: str
    value: Value | None
    cell: Cell


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands above a table: the year of the book, its unit, the number of a list; None where it isn't said."""

    years: frozenset[int] = frozenset()
    unit: str | None = None
    number: str | None = None


def classify(row: SheetRow, header: Header) -> Kind:
    """What a row below the header is."""
    if is_header_again(header, row):
        return "header"
    cells = [cell for cell in row.cells if not is_dash(cell.text)]
    if not cells:
        return "blank"
    # What says something else than a row says it first, or has little else to say.
    texts = [squeeze(cell.text) for cell in (cells if len(cells) <= _FEW_CELLS else cells[:1])]
    said = _says_first(texts, row, header)
    if said is None and not _holds_a_row(row, header):
        said = _says(row, header)
    if said is not None:
        return said
    keys = {header.columns.get(cell.column) for cell in row.cells}
    if keys == {"serial"} and texts[0].isdigit():
        return "blank"
    return "row"


def _says_first(texts: list[str], row: SheetRow, header: Header) -> Kind | None:
    """What a row is by its first cell, or by having hardly any."""
    summed = _sum_kind(texts[0])
    if summed is not None:
        return summed
    if len(row.cells) <= _FEW_CELLS:
        if all(_FOOT.fullmatch(text.lower()) or _PLACEHOLDER.fullmatch(text) for text in texts):
            return "foot"
        if any(_VOID.fullmatch(text) for text in texts):
            return "void"
    labels, first = header.ledger.labels, row.cells[0]
    if _starts_with_label(first.text, labels):
        return "cover" if any(item.line for item in labelled(row, labels)) else "foot"
    return None


def _says(row: SheetRow, header: Header) -> Kind | None:
    """What a row without the cells of a row says in any other cell."""
    kinds = (_sum_kind(squeeze(cell.text)) for cell in row.cells)
    summed = next((kind for kind in kinds if kind is not None), None)
    if summed is None and len(row.cells) == 1:
        return _alone(row.cells[0], header)
    return summed


def is_sum(text: str) -> bool:
    """Whether a cell holds the words of a sum, with or without its value."""
    return _sum_kind(squeeze(text)) is not None


def sum_within(text: str) -> str:
    """The value that stands in one cell with the words of a sum: 合计：7份. Empty where there is none."""
    match = _SUM.fullmatch(squeeze(text))
    return match["rest"].strip(":：") if match else ""


def _sum_kind(text: str) -> Kind | None:
    if _CARRIED.fullmatch(text):
        return "sum"
    match = _SUM.fullmatch(text)
    if match is None:
        return None
    return "sum" if match["page"] or match["word"] in {"小计", "累计"} else "total"


def _alone(cell: Cell, header: Header) -> Kind | None:
    """A single cell: a title, a heading or a sentence across the table; otherwise a row with all else missing."""
    text = squeeze(cell.text)
    width = max(header.titles, default=1)
    is_title = bool(_BOOK_WORDS.search(text)) and cell.column == min(header.titles) and len(text) <= 60
    if is_title or cell.width >= max(2, width * _WIDE):
        return "title"
    in_margin = header.columns.get(cell.column) == "serial" or cell.column < min(header.columns)
    if in_margin and not text.isdigit():
        return "title"
    first_column = cell.column == min(header.columns)
    return "foot" if first_column and _SENTENCE.fullmatch(text) and not re.search("号$", text) else None


def _holds_a_row(row: SheetRow, header: Header) -> bool:
    """Whether cells stand where each row must have one: two, or the one if only one is required."""
    required = {column.key for column in header.ledger.columns if column.required}
    cells = [cell for cell in row.cells if header.columns.get(cell.column) in required and not cell.repeated]
    held = sum(_sum_kind(squeeze(cell.text)) is None for cell in cells)
    return held >= min(2, len(required))


def is_placeholder(text: str) -> bool:
    """Whether a cell holds only what a form prints to be filled in: `年 月 日`."""
    return bool(_PLACEHOLDER.fullmatch(squeeze(text)))


def labelled(row: SheetRow, labels: Mapping[str, CoverLine]) -> list[Labelled]:
    """
    The labelled values of a row, from left to right: `批准人：何文斌` in one cell, or label and value in two.

    Labels are those of *labels* and the general ones. A value after another value is of the same label. What stands
    before the first label is not given.
    """
    found: list[Labelled] = []
    pending: tuple[CoverLine | None, str] | None = None
    for cell in row.cells:
        parts = list(_segments(cell.text, labels))
        if not parts:
            if pending is not None and not cell.repeated and not _is_harmless(cell.text):
                found.append(Labelled(*pending, cell.value, cell))
            continue
        for line, text, value in parts:
            pending = (line, text)
            if value and not _is_harmless(value):
                found.append(Labelled(line, text, value, cell))
    return found


def _segments(text: str, labels: Mapping[str, CoverLine]) -> Iterator[tuple[CoverLine | None, str, str]]:
    """A cell's text cut at its labels: (line, label, what follows)."""
    found = label(text), outer_label(text)
    exact = next((word for word in found if word in labels or word in _GENERAL), None)
    if exact is not None:
        yield labels.get(exact), text.strip(), ""
        return
    starts: list[tuple[int, int, str, CoverLine | None]] = []
    for match in _LABEL_BEFORE_COLON.finditer(text):
        word = match[1]
        # A label may follow a value without a blank between them.
        for cut in range(len(word)):
            tail = label(word[cut:]), outer_label(word[cut:])
            known = next((word for word in tail if word in labels or word in _GENERAL), None)
            if known is not None:
                starts.append((match.start() + cut, match.end(), word[cut:], labels.get(known)))
                break
    ends = [start for start, *_ in starts[1:]] + [len(text)]
    for (_, after, word, line), end in zip(starts, ends if starts else [], strict=True):
        yield line, word, text[after:end].strip()


def _starts_with_label(text: str, labels: Mapping[str, CoverLine]) -> bool:
    first = next(_segments(text, labels), None)
    return first is not None and narrow(text).startswith(narrow(first[1]))


def _is_harmless(text: str) -> bool:
    bare = squeeze(text)
    printed = _HARMLESS.fullmatch(bare) or _PLACEHOLDER.fullmatch(bare) or _YEAR_STATED.fullmatch(bare)
    return printed is not None or is_dash(text)


_GENERAL: Final = frozenset(label(word) for word in (*_UNIT_LABELS, *_YEAR_LABELS, *_OTHER_LABELS))
_UNITS: Final = frozenset(label(word) for word in _UNIT_LABELS)


def covered_keys(rows: Sequence[SheetRow], ledger: Ledger) -> frozenset[str]:
    """The keys of cover lines that some row holds a value for."""
    if not ledger.cover:
        return frozenset()
    return frozenset(item.line.key for row in rows for item in labelled(row, ledger.labels) if item.line)


def facts(rows: Sequence[SheetRow]) -> Facts:
    """What the rows above a table say about the book."""
    years: set[int] = set()
    unit = title_unit = number = None
    for row in rows:
        for item in labelled(row, {}):
            if unit is None and label(item.label) in _UNITS and isinstance(item.value, str):
                unit = narrow(_YEAR_STATED.sub("", item.value)) or None
        for cell in row.cells:
            text = squeeze(cell.text)
            years.update(int(first or second) for first, second in _YEAR_STATED.findall(text))
            if _YEAR_ALONE.fullmatch(text):
                years.add(int(text[:4]))
            if len(row.cells) > 3 or not _BOOK_WORDS.search(text) or _starts_with_label(cell.text, {}):
                continue
            years.update(_years(text))
            match = _NUMBER.search(text.translate(_BRACKETS))
            number = number or (next(group for group in match.groups() if group) if match else None)
            named = _TITLE_UNIT.match(text)
            title_unit = title_unit or (named["unit"] if named else None)
    return Facts(frozenset(years), unit or title_unit, number)


def _years(text: str) -> Iterator[int]:
    yield from (int(year) for year in _YEAR_IN_TITLE.findall(text))
    for year in _CHINESE_YEAR.findall(text):
        yield int("".join(str(chinese_number(digit)) for digit in year))


def years_in_name(name: str) -> frozenset[int]:
    """The years that the name of a sheet or file holds."""
    return frozenset(int(year) for year in _YEAR_IN_TITLE.findall(narrow(name)))
