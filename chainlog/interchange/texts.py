"""What a text in a register cell is, once the ways of typing it are taken away. Pure.

Registers are typed by hand and copied between programs: full-width digits, spaces inside names, line breaks that
only wrap a narrow column, invisible characters. Everything here is about form; what a cell means is `cells`' work.
Known limit: traditional characters stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from chainlog.canon.text import check_text
from chainlog.errors import TextError
from chainlog.interchange.problems import CellProblem
from chainlog.limits import TEXT_BYTES_MAX

_SPACES: Final = re.compile(r"[\s\u2800\u3164]+")
# A line break between two ideographs is a narrow column's, not the writer's.
_WRAP: Final = re.compile(r"(?<=[\u3001-\u9fff\uff00-\uffef])[^\S\n]*\n\s*(?=[\u3000-\u9fff\uff00-\uffef])")
_RADICALS: Final = re.compile("[\u2e80-\u2fdf]")
_INVISIBLE: Final = re.compile("[\u180b-\u180f\ufe00-\ufe0f]")
_UNTIDY: Final = re.compile("[\\s\u2800\u3164\u180b-\u180f\ufe00-\ufe0f\u2e80-\u2fdf]")
_PLACES_SHOWN: Final = 5
_CLOSING: Final = ")]}〕】>〉》"
_BRACKETED: Final = re.compile(rf"[(\[{{〔【<〈《].*?[{re.escape(_CLOSING)}]")
_NO_WORD: Final = re.compile(r"[\W_]+")
_DASHES: Final = re.compile(r"[-‐‑‒–—―─━−/\\／－|·.。]{1,6}")
_DITTO: Final = re.compile(r"[-–—─…\s]*(?:[〃″\"＂”“〞]+|''|′′|’’|同上|同前|同上行)[-–—─…\s]*")
# What a spreadsheet takes for a formula, also in full width, and behind what can't be seen.
_FORMULA: Final = re.compile("[\\s\ufeff\u200b-\u200f\u2060]*[=+\\-@\t\r＝＋－＠﹦﹢﹣﹫]")
_HAN_FIRST: Final = "\u3400"
_HAN_LAST: Final = "\u9fff"
_HAN_MORE: Final = frozenset("〇々")


def tidy(text: str) -> str:
    """NFC, invisible characters dropped, radicals of copied PDF text as ideographs, runs of white space as one blank."""
    return _tidy_short(text) if len(text) <= _SHORT else _tidy(text)


def _tidy(text: str) -> str:
    if text.isprintable() and unicodedata.is_normalized("NFC", text) and not _UNTIDY.search(text):
        return text
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.isprintable():
        text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    text = _INVISIBLE.sub("", text)
    text = _RADICALS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    return _SPACES.sub(" ", _WRAP.sub("", text)).strip()


def dropped(text: str) -> tuple[str, ...]:
    """
    The invisible characters that `tidy` takes out of *text*, each with its places: `U+202E (1, 5)`; characters count from 1.

    Nobody sees them, but they may turn the order of what is read, and part names that look like one.
    """
    places: dict[str, list[int]] = {}
    if not text.isprintable() or _INVISIBLE.search(text):
        for place, char in enumerate(text, 1):
            if unicodedata.category(char) == "Cf" or _INVISIBLE.match(char):
                places.setdefault(char, []).append(place)
    return tuple(f"U+{ord(char):04X} ({_listed(found)})" for char, found in places.items())


def _listed(places: list[int]) -> str:
    more = ["…"] if len(places) > _PLACES_SHOWN else []
    return ", ".join([*map(str, places[:_PLACES_SHOWN]), *more])


def narrow(text: str) -> str:
    """`tidy`, with full-width letters, digits and signs as their narrow ones (NFKC): for what is read as a code."""
    return _narrow_short(text) if len(text) <= _SHORT else _narrow(text)


def _narrow(text: str) -> str:
    return tidy(unicodedata.normalize("NFKC", tidy(text)))


# Names, levels and units come again in every row; long texts don't, and would only fill the memory.
_SHORT: Final = 48
_tidy_short: Final = lru_cache(maxsize=8192)(_tidy)
_narrow_short: Final = lru_cache(maxsize=8192)(_narrow)


def squeeze(text: str) -> str:
    """`narrow` without any white space."""
    return narrow(text).replace(" ", "")


@lru_cache(maxsize=4096)
def label(text: str) -> str:
    """A header or label for comparison: narrow, lower case, letters and digits alone."""
    return _NO_WORD.sub("", narrow(text).casefold())


@lru_cache(maxsize=4096)
def outer_label(text: str) -> str:
    """`label` of what stands outside brackets: `签收人（签字）` gives `签收人`."""
    text = narrow(text)
    # Behind the last closing bracket the pattern would look for one from each opening bracket to the end.
    end = 1 + max(map(text.rfind, _CLOSING))
    return label(_BRACKETED.sub("", text[:end]) + text[end:])


def no_formula(text: str) -> str:
    """*text* with an apostrophe before it if a spreadsheet would take it for a formula when a file is opened or a cell edited."""
    return f"'{text}" if _FORMULA.match(text) else text


def without_apostrophe(text: str) -> str:
    """What `no_formula` was given."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text, 1) else text


def is_dash(text: str) -> bool:
    """Whether a cell holds only a stroke, by which a clerk says that nothing belongs here."""
    return bool(_DASHES.fullmatch(text.replace(" ", "")))


def is_ditto(text: str) -> bool:
    """Whether a cell says that it repeats the one above."""
    return bool(_DITTO.fullmatch(text))


def is_han(text: str) -> bool:
    """Whether a text is ideographs alone."""
    return bool(text) and all(
        _HAN_FIRST <= char <= _HAN_LAST or char in _HAN_MORE or char > "\U0001ffff" for char in text
    )


def recordable(text: str) -> str:
    """
    Return *text* if a record may hold it: within the repertoire of signed texts, at most 1,024 bytes.

    Raises:
        CellProblem: names the character that may not stand, or the length.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > TEXT_BYTES_MAX:
        raise CellProblem(
            zh=f"文字过长（{size} 字节）",
            en=f"the text is too long ({size} bytes)",
            write_zh=f"缩短到 {TEXT_BYTES_MAX} 字节（约 {TEXT_BYTES_MAX // 3} 个汉字）以内，全文另存附件",
            write_en=f"at most {TEXT_BYTES_MAX} bytes; keep the full text as an attachment",
        )
    try:
        return check_text(text)
    except TextError as error:
        raise CellProblem(
            zh=f"含有不能入账的字符（{str(error.detail).split()[0]}）",
            en=f"holds a character that a record may not hold: {error.detail}",
            write_zh="改用通用汉字、字母或数字（自造字请写读音或部件）",
            write_en="use common characters; spell out characters of a private font",
        ) from error
