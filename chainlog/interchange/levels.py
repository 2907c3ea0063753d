"""Levels (密级) and terms (保密期限) as registers write them, in one cell or in two. Pure.

A term is recorded as it is stated, even where no regulation allows it: a rule judges that. Only what can't be read
is refused.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final, NamedTuple

from chainlog.interchange.numerals import chinese_number
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.texts import narrow, recordable, squeeze, tidy
from chainlog.interchange.values import Value, shown

UNMARKED: Final = "未标"

LEVEL_WORDS: Final = {
    "绝密": ("绝密", "绝"),
    "机密": ("机密", "机"),
    "秘密": ("秘密", "秘"),
    "内部": ("内部", "内", "内部资料", "内部文件", "内部使用", "内参", "工作秘密"),
    "无密": ("无", "无密", "无密级", "普", "普通", "普件", "普通文件", "非密", "公开", "不涉密", "非涉密"),
    UNMARKED: ("未标", "未标密", "未标注", "未标密级", "未标注密级"),
}
_WORDS: Final = {word: level for level, words in LEVEL_WORDS.items() for word in words}
_SUFFIXES: Final = ("级", "件", "文件")
_STARS: Final = "★☆⭐✱✲✳※*"
_LEVEL: Final = re.compile(
    rf"(?P<level>[^\d{_STARS}(/、,:]*)(?:[{_STARS}]+(?P<starred>.*)|[(/、,:]?(?P<plain>(?:\d|长期).*?)\)?)?"
)
_LASTING: Final = re.compile(r"\d{1,3}年(?:\d{1,2}个月)?|\d{1,3}个月|长期|永久|[\u4e00-\u9fff]{1,12}前")
_UNTIL: Final = re.compile(r"至?(\d{4})(?:年|[-.])(\d{1,2})(?:月|[-.])(\d{1,2})日?(?:止|解密)?")
_CHINESE: Final = re.compile("([一二三四五六七八九十两]{1,3})(年|个月)")
_NO_UNIT: Final = re.compile(r"[\d.]+月?")


class Level(NamedTuple):
    """A level, with the term that stands beside it in one cell: 机密★10年."""

    level: str
    term: str | None = None


def parse_level(value: Value) -> Level:
    """
    A level, with the term if the cell holds both: 机密★10年, 秘密, 内, 普.

    Raises:
        CellProblem: an unknown word, with the one that may be meant; a later change (解密); a term that can't be read.
    """
    text = squeeze(value) if isinstance(value, str) else ""
    match = _LEVEL.fullmatch(text)
    word = match["level"] if match else text
    if "解密" in word or "降密" in word:
        raise CellProblem(
            zh="“解密”“降密”是后来的变更，不是密级",
            en="a later change, not a level",
            write_zh="写原来的密级；变更另行登记",
            write_en="write the level as it was; record the change apart",
        )
    level = next((_WORDS[stem] for stem in _stems(word) if stem in _WORDS), None)
    if match is None or level is None:
        raise _unknown(word)
    term = match["starred"] or match["plain"]
    if not term:
        return Level(level)
    known = _known_term(term)
    if known is None:
        raise _no_term()
    return Level(level, known)


def parse_term(value: Value) -> str:
    """
    A term as it is stated: 10年, 6个月, 长期, a date as 2030-12-31, or a condition in words.

    Raises:
        CellProblem: a number without a unit (6月 may be June or six months), or no text that can be recorded.
    """
    if isinstance(value, date):
        return value.isoformat()[:10]
    text = narrow(shown(value))
    if isinstance(value, bool) or _NO_UNIT.fullmatch(text.replace(" ", "")):
        raise _no_term()
    return _known_term(text.replace(" ", "")) or recordable(tidy(text))


def _stems(word: str) -> list[str]:
    return [word] + [word.removesuffix(suffix) for suffix in _SUFFIXES]


def _known_term(text: str) -> str | None:
    until = _UNTIL.fullmatch(text)
    if until:
        try:
            return date(int(until[1]), int(until[2]), int(until[3])).isoformat()
        except ValueError:
            raise _no_term() from None
    chinese = _CHINESE.fullmatch(text)
    number = chinese_number(chinese[1]) if chinese else None
    if chinese and number:
        text = f"{number}{chinese[2]}"
    return text if _LASTING.fullmatch(text) else None


def _no_term() -> CellProblem:
    return CellProblem(
        zh="看不出保密期限",
        en="the term can't be read",
        write_zh="写数字和单位，如 10年、6个月；或“长期”；或解密日期",
        write_en="a number with its unit, like 10年 or 6个月; or 长期; or a date",
    )


def _unknown(word: str) -> CellProblem:
    likely = [level for level in ("绝密", "机密", "秘密", "内部") if _looks_like(word, level)]
    hint = "”还是“".join(likely)
    return CellProblem(
        zh=f"没有“{word}”这一密级" if word else "没有写密级",
        en=f"no level “{word}”",
        write_zh=f"是“{hint}”吗？核对原件后改正" if likely else "写 绝密、机密、秘密、内部 或 无密；未标密级的留空",
        write_en=f"is {' or '.join(likely)} meant? look at the paper"
        if likely
        else "绝密, 机密, 秘密, 内部 or 无密; blank if unmarked",
    )


def _looks_like(word: str, level: str) -> bool:
    if len(word) != len(level):
        return False
    return sorted(word) == sorted(level) or any(a == b for a, b in zip(word, level, strict=True))
