"""Copy numbers (份号): lists and ranges in one cell, spelled out. Pure."""

from __future__ import annotations

import re
from typing import Final

from chainlog.interchange.cells import not_a_date
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.texts import narrow, recordable
from chainlog.interchange.values import Value, shown
from chainlog.limits import COPY_NUMBERS_MAX

_NONE: Final = frozenset({"无", "无份号", "未编号", "未编", "不详"})
_TO: Final = "-‐‑‒–—―−─━~∼〜至到"
_RANGE_BLANKS: Final = re.compile(rf"\s*([{_TO}]+)\s*")
_SPLIT: Final = re.compile(r"[、,，;；/\s]+")
# Letters or ideographs, but none that makes a count or a guess of what follows: 共6, 约6.
_PREFIX: Final = r"(?:(?:(?![共约计余各每等至到第])[^\W\d_]){1,8}?[-–—]?)?"
_ITEM: Final = re.compile(rf"(?:第|no\.?)?(?P<prefix>{_PREFIX})(?P<first>\d{{1,12}})(?:号|份)?", re.IGNORECASE)
_RANGE: Final = re.compile(
    rf"(?:第|no\.?)?(?P<prefix>{_PREFIX})(?P<first>\d{{1,12}})(?:号|份)?[{_TO}]{{1,3}}"
    r"(?:第|no\.?)?(?P<again>[^\d\s]{0,9}?)(?P<last>\d{1,12})(?:号|份)?",
    re.IGNORECASE,
)


def parse_copy_numbers(value: Value) -> tuple[str, ...]:
    """
    The copy numbers of a cell in its order, with the zeros and the prefix as written; none where it says 无.

    000087 · 000087-000092 · 87—92、95 · 000045、000046 · 复004-005. The end of a range may be shortened (000087-92):
    it takes the beginning's width.

    Raises:
        CellProblem: a range that runs backwards, over 1,000 numbers, a number twice, anything else in the cell.
    """
    not_a_date(value, zh="份号", en="copy numbers")
    text = _RANGE_BLANKS.sub(r"\1", narrow(shown(value))).removesuffix(".0")
    if text in _NONE:
        return ()
    numbers: list[str] = []
    for part in _SPLIT.split(text):
        if part:
            numbers += _spelled(part, room=COPY_NUMBERS_MAX - len(numbers))
    if not numbers:
        raise _unreadable(text)
    twice = next((number for position, number in enumerate(numbers) if number in numbers[:position]), None)
    if twice is not None:
        raise CellProblem(
            zh=f"份号 {twice} 出现两次",
            en=f"copy number {twice} stands twice",
            write_zh="核对后每个份号只写一次",
            write_en="each number once",
        )
    for number in numbers:
        recordable(number)
    return tuple(numbers)


def _spelled(part: str, *, room: int) -> list[str]:
    match = _ITEM.fullmatch(part)
    if match is not None and int(match["first"]) > 0:
        if room < 1:
            raise _too_many()
        return [match["prefix"] + match["first"]]
    match = _RANGE.fullmatch(part)
    if match is None or match["again"] not in {"", match["prefix"]}:
        raise _unreadable(part)
    first, last = int(match["first"]), int(match["last"])
    if last < first:
        raise CellProblem(
            zh=f"“{part}”起号大于止号",
            en=f"“{part}” runs backwards",
            write_zh="核对后从小到大写全起止号，如 000087-000092",
            write_en="write both ends in full, the smaller first, like 000087-000092",
        )
    if first == 0:
        raise _unreadable(part)
    if last - first >= room:
        raise _too_many()
    padded = match["first"].startswith("0")
    if match["last"].startswith("0") and len(match["last"]) != len(match["first"]):
        raise CellProblem(
            zh=f"“{part}”起止号位数不同",
            en=f"“{part}”: the ends differ in width",
            write_zh="起止号写成同样位数，如 000087-000092",
            write_en="both ends of one width, like 000087-000092",
        )
    width = len(match["first"]) if padded else 0
    return [f"{match['prefix']}{number:0{width}d}" for number in range(first, last + 1)]


def _too_many() -> CellProblem:
    return CellProblem(
        zh=f"一格中的份号超过 {COPY_NUMBERS_MAX} 个",
        en=f"more than {COPY_NUMBERS_MAX} copy numbers in one cell",
        write_zh="核对起止号；确有这么多的，分行登记",
        write_en="check the ends; if there are so many, use several rows",
    )


def _unreadable(part: str) -> CellProblem:
    return CellProblem(
        zh=f"“{part}”不是份号",
        en=f"“{part}” is no copy number",
        write_zh="写 000087、000087-000092 或 000045、000046；没有编号的留空",
        write_en="write 000087, 000087-000092 or 000045、000046; blank if unnumbered",
    )
