"""Text for people: escaping, widths, wrapping, tables, times. Pure. What is shown here was made safe for a terminal.

Chinese takes two columns, marks none. A table that doesn't fit is wrapped where that cuts no word and no part of a name;
one that can't be is written row by row, each value with its title.
Known limit: characters of ambiguous width (★ “ ”) count one column, as most terminals have it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from chainlog.event.times import MINUTE_SPAN_US, format_time, from_us
from chainlog.limits import DAY_SPAN_US

# Printable to Python, and nothing to be seen, or a change to what stands before: never shown as they are.
_HIDDEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u303f\u3164\ufe00-\ufe0f\uffa0\ufffc"
    "\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
_HASH: Final = re.compile("[0-9A-Za-z/]{40,}")
_NO_LINE_BEGINS_WITH: Final = frozenset("，。、；：！？）〕】》」』”’％,.;:!?)]}>")
_SECOND_US: Final = 1_000_000
_GAP: Final = 2
_INDENT: Final = 4
_COLUMN_MIN: Final = 10
# Longer words are cut, whatever they are.
_WORD_MAX: Final = 28
_LINES_MAX: Final = 5
_NAME: Final = re.compile(r"(?<!\S)[cdilpuw]/\S+")
_ESC: Final = "\x1b["
STYLES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def visible(text: str) -> str:
    """*text* with everything that moves a cursor, hides, or turns the direction written out by its number."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if (c.isprintable() or c == "\u3000") and not _HIDDEN.match(c) else _escape(c) for c in text)


def _escape(char: str) -> str:
    number = ord(char)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def json_text(value: Any, *, indent: int | None = None) -> str:
    """*value* as JSON in UTF-8, in which nothing that a terminal would obey or hide stands unescaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(c if c == "\n" or visible(c) == c else _json_escape(c) for c in text)


def _json_escape(char: str) -> str:
    # JSON lets DEL stand; a terminal obeys it.
    return "\\u007f" if char == "\x7f" else json.dumps(char)[1:-1]


@lru_cache(maxsize=4096)
def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def width(text: str) -> int:
    """Columns that *text* takes in a terminal."""
    return len(text) if text.isascii() else sum(_char_width(char) for char in text)


def shortened(text: str, columns: int = 60) -> str:
    """*text* in at most *columns*, cut with `…`: one long cell would widen every line of its table."""
    # A text of that many characters has that many columns at least, but for marks that have none.
    if width(text[: 4 * columns]) <= columns and len(text) <= 4 * columns:
        return text
    used, cut = 1, 0
    for char in text[: 4 * columns]:
        used += _char_width(char)
        if used > columns:
            break
        cut += 1
    return text[:cut] + "…"


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """*text* filled with spaces to *columns*."""
    fill = " " * max(0, columns - width(text))
    return fill + text if right else text + fill


def wrap(text: str, columns: int) -> list[str]:
    """*text* in lines of at most *columns*, broken at spaces where there are any; at least one line."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        rest = paragraph
        while width(rest) > columns:
            cut = _cut(rest, columns)
            lines.append(rest[:cut].rstrip())
            rest = rest[cut:].lstrip(" ")
            if not rest:
                break
        else:
            lines.append(rest)
    return lines


def _cut(text: str, columns: int) -> int:
    """Where to break *text*, which is wider than *columns*: at least one character is taken."""
    used = cut = 0
    for char in text:
        used += _char_width(char)
        if used > columns:
            break
        cut += 1
    cut = max(cut, 1)
    for name in _NAME.finditer(text):
        # A name is parted before one of its strokes, so that each line holds something that can be read.
        if name.start() < cut < name.end():
            stroke = text.rfind("/", name.start() + 2, cut + 1)
            place = stroke if stroke > 0 else name.start()
            if width(text[:place]) * 3 > columns:
                return place
    # A break far back would leave a ragged column: a long word is cut instead.
    for place in range(cut, 0, -1):
        if width(text[:place]) * 3 <= columns:
            break
        if text[place] == " " or (_may_part(text, place) and text[place] not in _NO_LINE_BEGINS_WITH):
            return place
    space = text.rfind(" ", 1, cut)
    following = text[space + 1 :].split(" ", 1)[0]
    if space > 0 and following.isascii() and len(following) <= columns:
        return space
    for token in _HASH.finditer(text):
        # A hash in two pieces can't be copied: it begins a line of its own, or stands out over the edge.
        if token.start() < cut < token.end():
            return token.start() or token.end()
    return cut


def _may_part(text: str, place: int) -> bool:
    """Whether a line may end before text[place]: between Chinese characters anywhere."""
    return _char_width(text[place]) == 2 or _char_width(text[place - 1]) == 2


class Column(NamedTuple):
    """One column: its title, whether numbers stand right, whether it may be wrapped."""

    title: str
    right: bool = False
    flexible: bool = True


class Cell(NamedTuple):
    """A cell with a style, one of `STYLES`."""

    text: str
    style: str = ""


def styled(text: str, style: str, *, colour: bool) -> str:
    """*text* in a style, if the terminal has colours."""
    return f"{_ESC}{STYLES[style]}m{text}{_ESC}0m" if colour and style else text


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[str | Cell]], *, columns_max: int | None, colour: bool = False
) -> list[str]:
    """
    The lines of a table.

    Args:
        rows: cells, not yet made safe.
        columns_max: of the terminal; None for no limit.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    natural = [
        max([width(column.title), *(width(line) for row in cells for line in row[i].text.split("\n"))])
        for i, column in enumerate(columns)
    ]
    widths = natural if columns_max is None else _fitted(columns, natural, cells, columns_max)
    if widths is None:
        return _blocks(columns, cells, columns_max or 80, colour=colour)
    lines = _lines(columns, [Cell(column.title, "bold") for column in columns], widths, colour=colour)
    lines.append("  ".join("-" * size for size in widths))
    for row in cells:
        lines += _lines(columns, row, widths, colour=colour)
    return lines


def _lines(columns: Sequence[Column], row: Sequence[Cell], widths: Sequence[int], *, colour: bool) -> list[str]:
    """The lines of one row, each cell wrapped to its column."""
    parts = [wrap(cell.text, size) for cell, size in zip(row, widths, strict=True)]
    return [
        _row(
            columns,
            [Cell(part[n] if n < len(part) else "", cell.style) for part, cell in zip(parts, row, strict=True)],
            widths,
            colour=colour,
        )
        for n in range(max(len(part) for part in parts))
    ]


def _cell(value: str | Cell) -> Cell:
    text, style = value if isinstance(value, Cell) else (value, "")
    return Cell("\n".join(visible(line) for line in text.split("\n")), style)


def _fitted(
    columns: Sequence[Column], natural: list[int], cells: Sequence[Sequence[Cell]], most: int
) -> list[int] | None:
    """Widths in which the table fits, None if words would be cut or rows become columns of words."""
    least = [
        max([_least(column.title), *(_least(row[i].text) for row in cells)]) if column.flexible else natural[i]
        for i, column in enumerate(columns)
    ]
    named = [any(_NAME.search(row[i].text) for row in cells) for i in range(len(columns))]
    widths = list(natural)
    over = sum(widths) + _GAP * (len(widths) - 1) - most
    while over > 0:
        able = [i for i in range(len(columns)) if widths[i] > least[i]]
        if not able:
            return None
        # Names last: whoever reads them wants to copy them.
        widest = max(able, key=lambda i: (not named[i], widths[i]))
        widths[widest] -= 1
        over -= 1
    tall = any(size * _LINES_MAX < whole for size, whole in zip(widths, natural, strict=True))
    return None if tall else widths


def _least(text: str) -> int:
    """Columns in which *text* can stand without cutting a word, or a name elsewhere than before its strokes."""
    parts = [0]
    for word in text.split():
        # Units and places are called by words, the others by numbers and short names.
        if _NAME.fullmatch(word) and word[0] not in "uw":
            first, *rest = word[2:].split("/")
            parts += [width(first) + 2, *(width(part) + 1 for part in rest)]
        else:
            parts.append(min(width(word), _COLUMN_MIN) if any(_char_width(c) == 2 for c in word) else width(word))
    longest = max(parts)
    return longest if longest <= _WORD_MAX else _COLUMN_MIN


def _row(columns: Sequence[Column], cells: Sequence[Cell], widths: Sequence[int], *, colour: bool) -> str:
    shown = [
        styled(pad(cell.text, size, right=column.right), cell.style, colour=colour)
        for column, cell, size in zip(columns, cells, widths, strict=True)
    ]
    return (" " * _GAP).join(shown).rstrip()


def _blocks(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], most: int, *, colour: bool) -> list[str]:
    """Row by row: the first value on a line of its own, the others after their titles, as many on a line as fit."""
    lines: list[str] = []
    taken = most
    for row in rows:
        filled = [(column.title, cell) for column, cell in zip(columns, row, strict=True) if cell.text]
        for n, (title, cell) in enumerate(filled):
            if n == 0:
                lines += [styled(line, "bold", colour=colour) for line in wrap(f"{title} {cell.text}", most)]
                taken = most
                continue
            text = cell.text.replace("\n", ", ")
            plain = f"{title} {text}"
            if taken + _GAP + width(plain) <= most:
                lines[-1] += f"{' ' * _GAP}{title} {styled(text, cell.style, colour=colour)}"
                taken += _GAP + width(plain)
            elif _INDENT + width(plain) <= most:
                lines.append(f"{' ' * _INDENT}{title} {styled(text, cell.style, colour=colour)}")
                taken = _INDENT + width(plain)
            else:
                lines += [" " * _INDENT + line for line in wrap(plain, max(most - _INDENT, _COLUMN_MIN))]
                taken = most
    return lines


def pairs_lines(
    pairs: Iterable[tuple[str, str | Cell]], *, columns_max: int | None, colour: bool = False, indent: int = 0
) -> list[str]:
    """Lines of `name  value`, the values under one another."""
    cells = [(title, _cell(value)) for title, value in pairs]
    if not cells:
        return []
    left = max(width(title) for title, _ in cells) + _GAP
    room = max(_COLUMN_MIN, (columns_max or 10_000) - left - indent)
    lines: list[str] = []
    for title, cell in cells:
        for n, line in enumerate(wrap(cell.text, room)):
            head = pad(title if n == 0 else "", left)
            lines.append((" " * indent + head + styled(line, cell.style, colour=colour)).rstrip())
    return lines


def when(time_us: int, *, offset_minutes: int, seconds: bool = True) -> str:
    """A moment as `2025-03-05 09:10:00 +08:00`."""
    text = format_time(time_us, offset_minutes=offset_minutes)
    if "T" not in text:
        return text
    day, _, rest = text.partition("T")
    clock, offset = rest[:8], rest[-6:]
    return f"{day} {clock if seconds else clock[:5]} {offset}"


def span(occurred: Sequence[int], *, offset_minutes: int) -> str:
    """
    When an act happened, as exactly as its event says: a day, a minute, a second, or from – to. Empty if unknown.

    The integers of the format reach from 1684 to 2255, and so stay within the calendar.
    """
    if not occurred:
        return ""
    start, length = occurred
    text = from_us(start, offset_minutes=offset_minutes).isoformat(sep=" ")
    offset = text[-6:]
    if length == DAY_SPAN_US and text[11:19] == "00:00:00":
        return text[:10]
    if length == MINUTE_SPAN_US:
        return f"{text[:16]} {offset}"
    if length >= _SECOND_US:
        return f"{text[:19]} – {when(start + length, offset_minutes=offset_minutes)}"
    return f"{text[:19]} {offset}"


def offset_text(offset_minutes: int) -> str:
    """`+08:00`."""
    sign = "-" if offset_minutes < 0 else "+"
    return f"{sign}{abs(offset_minutes) // 60:02d}:{abs(offset_minutes) % 60:02d}"


def short(digest: bytes) -> str:
    """The first 16 hexadecimal digits: to recognise, not to compare."""
    return digest.hex()[:16]
