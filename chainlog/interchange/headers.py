"""Which ledger a sheet is, and where its table begins: by its header row, with titles and names as help. Pure.

A header row decides what can be read; a title above it decides between kinds that the headers allow. The names of the
sheet and of the file only break a tie: they are the first to be wrong.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from chainlog.interchange.ledger_model import Ledger, missing
from chainlog.interchange.ledgers import LEDGERS
from chainlog.interchange.texts import label, outer_label
from chainlog.interchange.values import Sheet, SheetRow, column_letter

_SEARCHED_ROWS: Final = 60
_HEADERS_SHOWN: Final = 3
_SUB_HEADER_CHARS_MAX: Final = 256
_TITLE_CELLS_MAX: Final = 3
_MATCHED_MIN: Final = 3
_KNOWN_MARKS_MIN: Final = 2
_TIE: Final = 0.8
_DOUBT: Final = 0.5
_ORDINALS: Final = "123一二三甲乙丙"
_SIGNED: Final = ("签字", "签名", "盖章", "签章", "姓名")

Covered = Callable[[Sequence[SheetRow], Ledger], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Header:
    """
    A header row read as one ledger's.

    first, rows: position in `Sheet.rows` and how many rows it takes. columns: key of each recognised column, from 1.
    titles: headers as they stand. unread: columns whose header isn't known. clashes: keys that two columns claim.
    """

    ledger: Ledger
    first: int
    rows: int
    columns: dict[int, str]
    titles: dict[int, str]
    unread: tuple[int, ...] = ()
    clashes: tuple[tuple[str, int, int], ...] = ()
    score: float = 0.0
    marks: int = 0
    covered: frozenset[str] = field(default=frozenset())

    @property
    def missing(self) -> list[str]:
        """Titles of the columns without which the ledger can't be read."""
        return missing(self.ledger, self.columns.values(), covered=self.covered)

    @property
    def viable(self) -> bool:
        """Whether the columns allow this ledger to be read, or, where it isn't supported, to be meant."""
        return not self.missing if self.ledger.supported else self.marks >= _KNOWN_MARKS_MIN


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """Why a sheet can't be read as a register. likely: it is one, by its title or its headers."""

    zh: str
    en: str
    likely: bool


@lru_cache(maxsize=16_384)
def find_column(ledger: Ledger, text: str) -> tuple[str, bool] | None:
    """The key of the column that a header means and whether it says so weakly; None where it is unknown."""
    whole, outer = label(text), outer_label(text)
    for word in (whole, outer):
        if word in ledger.headers:
            return ledger.headers[word]
    for word in (whole, outer):
        # 监销人1, 监销人二: several columns of one meaning.
        found = ledger.headers.get(word.rstrip(_ORDINALS))
        if found is not None and ledger.by_key[found[0]].many:
            return found
    for suffix in _SIGNED:
        for word in (whole, outer):
            if word.endswith(suffix) and word.removesuffix(suffix) in ledger.headers:
                return ledger.headers[word.removesuffix(suffix)]
    return None


def match_header(ledger: Ledger, rows: Sequence[SheetRow], first: int) -> Header:
    """Read the row at a position of *rows* as a header of *ledger*; with the row below it if that finds more."""
    single = _match(ledger, {column: [text] for column, text in _texts(rows[first]).items()}, first=first, rows=1)
    if first + 1 >= len(rows) or not _may_be_sub_headers(rows[first + 1]):
        return single
    lower = _match(
        ledger, {column: [text] for column, text in _texts(rows[first + 1]).items()}, first=first + 1, rows=1
    )
    double = _match(ledger, _stacked(rows[first], rows[first + 1]), first=first, rows=2)
    return double if double.score > max(single.score, lower.score) else single


def is_header_again(header: Header, row: SheetRow) -> bool:
    """Whether a row repeats the header, as each printed page does; its columns may stand in another order."""
    unknown, allowed = 0, len(row.cells) * 4 // 10
    for cell in row.cells:
        if not isinstance(cell.value, str):
            return False
        unknown += find_column(header.ledger, cell.value) is None
        if unknown > allowed:
            return False
    known = len(row.cells) - unknown
    return known >= _MATCHED_MIN and known * 2 >= len(header.columns)


def recognise(sheet: Sheet, *, file: str, covered: Covered) -> Header | Unrecognised:
    """
    The header of a sheet, or why there is none.

    file: its name without the ending. covered: gives the keys of the cover lines in some rows.
    """
    headers = [header for header in (_best(ledger, sheet, covered) for ledger in LEDGERS) if header is not None]
    top = max((header.score for header in headers), default=0.0)
    limit = min((header.first for header in headers if header.score * 2 >= top), default=len(sheet.rows))
    named = _named(cell.text for row in sheet.rows[:limit] if len(row.cells) <= _TITLE_CELLS_MAX for cell in row.cells)
    viable = sorted((header for header in headers if header.viable), key=lambda header: -header.score)
    if named:
        return _by_title(named, headers, viable)
    if not viable:
        return _nearest(headers)
    if viable[0].marks == 0:
        return _nearest([])
    hinted = _named([sheet.name]) or _named([file])
    # A name can't overrule the headers, but it can raise a doubt where they allow what it says.
    reach = _TIE if viable[0].ledger in hinted else _DOUBT
    candidates = [
        header for header in viable if header.score >= viable[0].score * (reach if header.ledger in hinted else _TIE)
    ]
    if len(candidates) > 1:
        hints = [header for header in candidates if header.ledger in hinted]
        if len(hints) != 1 or hints[0].score < viable[0].score * _TIE:
            return _ambiguous([header.ledger for header in candidates])
        candidates = hints
    return _checked(candidates[0])


def _by_title(named: list[Ledger], headers: list[Header], viable: list[Header]) -> Header | Unrecognised:
    wanted = [header for header in viable if header.ledger in named]
    if len(named) == 1 and not named[0].supported:
        return _unsupported(named[0])
    if len(wanted) == 1:
        return _checked(wanted[0])
    if len(wanted) > 1:
        return _ambiguous([header.ledger for header in wanted])
    meant = [header for header in headers if header.ledger in named]
    # What its title says and most of its headers too is that, with a column left out.
    if viable and max((header.score for header in meant), default=0.0) < viable[0].score:
        titles, found = "》《".join(ledger.title for ledger in named), viable[0].ledger.title
        return Unrecognised(
            f"标题是《{titles}》，表头却是《{found}》的",
            f"the title says 《{titles}》, but the headers are those of 《{found}》",
            likely=True,
        )
    return _nearest(meant, named[0])


def _checked(header: Header) -> Header | Unrecognised:
    if not header.ledger.supported:
        return _unsupported(header.ledger)
    if header.clashes:
        key, left, right = header.clashes[0]
        title = header.ledger.by_key[key].title
        return Unrecognised(
            f"{column_letter(left)} 栏与 {column_letter(right)} 栏的表头都指“{title}”，请改正其中一个",
            f"the headers of columns {column_letter(left)} and {column_letter(right)} both mean “{title}”: change one",
            likely=True,
        )
    return header


def _unsupported(ledger: Ledger) -> Unrecognised:
    return Unrecognised(
        f"这是《{ledger.title}》，目前还不能导入",
        f"this is 《{ledger.title}》, which can't be imported yet",
        likely=True,
    )


def _ambiguous(ledgers: list[Ledger]) -> Unrecognised:
    titles = "、".join(f"《{ledger.title}》" for ledger in ledgers)
    return Unrecognised(
        f"可能是 {titles}，无法确定；请在表头上方写明登记簿名称",
        f"may be {titles}: write the register's name above the header row",
        likely=True,
    )


def _nearest(headers: list[Header], named: Ledger | None = None) -> Unrecognised:
    best = max(headers, key=lambda header: header.score, default=None)
    ledger = best.ledger if best else named
    if ledger is None or not ledger.supported or (best is None and named is None):
        return _no_header(likely=named is not None)
    absent = best.missing if best else missing(ledger, ())
    unread = "、".join(best.titles[column] for column in best.unread) if best else ""
    return Unrecognised(
        f"像是《{ledger.title}》，但缺少栏目：{'、'.join(absent)}" + (f"（未识别的表头：{unread}）" if unread else ""),
        f"looks like 《{ledger.title}》, but lacks: {', '.join(absent)}"
        + (f" (unknown headers: {unread})" if unread else ""),
        likely=True,
    )


def _no_header(*, likely: bool) -> Unrecognised:
    """Names a few of the headers that were looked for."""
    sought = {
        ledger.title: "、".join([column.title for column in ledger.columns if column.mark][:_HEADERS_SHOWN])
        for ledger in LEDGERS
        if ledger.supported
    }
    return Unrecognised(
        "找不到登记簿的表头行，例如 " + "；".join(f"《{title}》的{headers}" for title, headers in sought.items()),
        "no header row of a register was found; for instance, "
        + "; ".join(f"《{title}》 has {headers}" for title, headers in sought.items()),
        likely=likely,
    )


def _named(texts: Iterable[str]) -> list[Ledger]:
    """The ledgers that a text names; of two names, one within the other, the longer counts."""
    found: dict[str, Ledger] = {}
    for text in texts:
        folded = label(text)
        for ledger in LEDGERS:
            for name in ledger.names:
                if label(name) in folded:
                    found[label(name)] = ledger
    longest = [name for name in found if not any(name != other and name in other for other in found)]
    return [ledger for ledger in LEDGERS if any(found[name] is ledger for name in longest)]


def _best(ledger: Ledger, sheet: Sheet, covered: Covered) -> Header | None:
    """The row that matches a ledger best; None where no row looks like its header."""
    best: Header | None = None
    for first in range(min(len(sheet.rows), _SEARCHED_ROWS)):
        if len(sheet.rows[first].cells) < _MATCHED_MIN:
            continue
        header = match_header(ledger, sheet.rows, first)
        matched, cells = len(header.columns), len(header.columns) + len(header.unread)
        if matched >= _MATCHED_MIN and matched * 2 >= cells and (best is None or header.score > best.score):
            best = header
    if best is None:
        return None
    return Header(
        ledger, best.first, best.rows, best.columns, best.titles, best.unread, best.clashes, best.score, best.marks,
        covered(sheet.rows[: best.first], ledger),
    )  # fmt: skip


def _texts(row: SheetRow) -> dict[int, str]:
    return {cell.column: cell.text for cell in row.cells}


def _may_be_sub_headers(row: SheetRow) -> bool:
    """A row of short words without digits, none of them a value such as a name can be told from a header here."""
    return all(
        isinstance(cell.value, str)
        and len(cell.value) <= _SUB_HEADER_CHARS_MAX
        and not any(unicodedata.category(char) == "Nd" for char in cell.value)
        for cell in row.cells
    )


def _stacked(upper: SheetRow, lower: SheetRow) -> dict[int, list[str]]:
    """For each column what a header of two rows may say, the best reading first."""
    parents: dict[int, str] = {}
    for cell in upper.cells:
        for column in range(cell.column, cell.column + cell.width):
            parents[column] = cell.text
    children = _texts(lower)
    for column in sorted(children):
        # A CSV doesn't say how far a merged header reaches.
        if column not in parents and column - 1 in parents:
            parents[column] = parents[column - 1]
    stacked: dict[int, list[str]] = {}
    for column in sorted({*_texts(upper), *children}):
        parent, child = parents.get(column, ""), children.get(column, "")
        stacked[column] = (
            [child or parent] if not parent or not child or parent == child else [parent + child, child, parent]
        )
    return stacked


def _match(ledger: Ledger, texts: dict[int, list[str]], *, first: int, rows: int) -> Header:
    claims: dict[str, list[tuple[bool, int, int]]] = {}
    titles: dict[int, str] = {}
    for column, readings in texts.items():
        titles[column] = readings[0]
        for text in readings:
            found = find_column(ledger, text)
            if found is not None:
                key, weak = found
                rank = _rank(ledger.by_key[key].weak, text) if weak else 0
                claims.setdefault(key, []).append((weak, rank, column))
                break
    columns: dict[int, str] = {}
    clashes: list[tuple[str, int, int]] = []
    score, marks = 0.0, 0
    for key, claimed in claims.items():
        claimed.sort()
        strong = [column for weak, _, column in claimed if not weak]
        if ledger.by_key[key].many:
            columns.update(dict.fromkeys(strong, key))
        elif len(strong) > 1:
            clashes.append((key, strong[0], strong[1]))
        columns[claimed[0][2]] = key
        weight = 3.0 if ledger.by_key[key].mark else 1.0
        marks += ledger.by_key[key].mark and bool(strong)
        score += weight if strong else weight / 2
    unread = tuple(column for column in sorted(texts) if column not in columns)
    return Header(ledger, first, rows, columns, titles, unread, tuple(clashes), score, marks)


def _rank(words: tuple[str, ...], text: str) -> int:
    folded = [label(word) for word in words]
    return next((folded.index(word) for word in (label(text), outer_label(text)) if word in folded), len(words))
