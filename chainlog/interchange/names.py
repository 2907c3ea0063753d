"""Persons in a cell, as the book writes them. Pure. Who they are, a mapping of names to persons says later.

Known limits: 和 and 与 between two names are not taken as separators, for they occur in names; a word that may be two
persons so joined is refused. Given names that end in 办, 室, 局 … and have three characters pass for units.
"""

from __future__ import annotations

import re
from typing import Final

from chainlog.interchange.cells import not_a_date
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.texts import is_han, recordable, tidy
from chainlog.interchange.values import Value
from chainlog.limits import TEXT_BYTES_MAX

_NOBODY: Final = frozenset({"无", "空", "未签", "未签字"})
_SEPARATORS: Final = re.compile(r"\s*[、,，;；/／|｜&＆+＋\n]\s*")
_UNIT_ENDS: Final = "办室局科处厅部委股站所"
_LONG_UNIT_ENDS: Final = (
    "院",
    "会",
    "组",
    "镇",
    "乡",
    "村",
    "县",
    "市",
    "中心",
    "公司",
    "集团",
    "政府",
    "学校",
    "大学",
    "支队",
    "大队",
)
_DIGITS: Final = re.compile(r"\d{2}")
_LETTER: Final = re.compile(r"[^\W\d_]")
_STOP: Final = re.compile("(?<=[\u3400-\u9fff])[.。:：-](?=[\u3400-\u9fff])")
_JOINED: Final = re.compile("[\u4e00-\u9fff]{2,4}[和与及][\u4e00-\u9fff]{2,4}")


def parse_names(value: Value) -> tuple[str, ...]:
    """
    The persons of a cell in its order: 李敏 · 李敏、赵强 · 李敏 赵强 · 李 敏 (one) · 县委机要室 王 (one, with the unit).

    Blanks between single characters belong to one name; a blank between two words of two to four characters parts two
    persons, unless the first is a unit. Nobody where the cell says 无.

    Raises:
        CellProblem: blanks that may mean either, or no name at all.
    """
    not_a_date(value, zh="姓名", en="name")
    if not isinstance(value, str):
        raise _no_name()
    if len(value) > TEXT_BYTES_MAX:
        recordable(value)
    if tidy(value) in _NOBODY:
        return ()
    lines = [tidy(line) for line in value.splitlines()]
    # A line break parts two persons, or only wraps one name in a narrow column.
    parted = all(len(line) >= 2 for line in lines if line)
    parts = [part for part in _SEPARATORS.split("、".join(lines) if parted else " ".join(lines)) if part]
    names = [name for part in parts for name in _persons(part)]
    if not names:
        raise _no_name()
    for name in names:
        if not _LETTER.search(name) or _DIGITS.search(name):
            raise _no_name()
        if _STOP.search(name):
            raise _ambiguous(name)
        recordable(name)
    return tuple(names)


def _persons(part: str) -> list[str]:
    words = part.split(" ")
    if len(words) == 1:
        if _JOINED.fullmatch(part) and len(part) >= 5 and not _is_unit(part[:-1]):
            raise _ambiguous(part)
        return [part]
    if not any(is_han(word) for word in words):
        return [part]
    if not all(is_han(word) for word in words):
        raise _ambiguous(part)
    if _is_unit(words[0]):
        rest = _persons(" ".join(words[1:]))
        if len(rest) != 1:
            raise _ambiguous(part)
        return [f"{words[0]} {rest[0]}"]
    lengths = [len(word) for word in words]
    if all(length == 1 for length in lengths) and len(words) <= 3:
        return ["".join(words)]
    if lengths[0] == 1 and len(words) == 2 and lengths[1] <= 3:
        return ["".join(words)]
    if all(2 <= length <= 4 for length in lengths):
        return words
    raise _ambiguous(part)


def _is_unit(word: str) -> bool:
    return (len(word) >= 3 and word[-1] in _UNIT_ENDS) or (len(word) >= 4 and word.endswith(_LONG_UNIT_ENDS))


def _ambiguous(part: str) -> CellProblem:
    return CellProblem(
        zh=f"“{part}”看不出是几个人",
        en=f"“{part}” may be one person or several",
        write_zh="姓名之间用顿号分开，姓名中间不留空格，如 李敏、赵强",
        write_en="part persons with 、 and leave no blanks within a name: 李敏、赵强",
    )


def _no_name() -> CellProblem:
    return CellProblem(
        zh="不是姓名",
        en="no name",
        write_zh="写姓名，几个人用顿号分开；没有的留空",
        write_en="write the name, several parted with 、; blank if nobody",
    )
