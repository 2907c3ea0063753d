"""Which text may be signed: the frozen repertoire of code points, and NFC. Format: schemas/FORMAT.md section 1.

Reads `repertoire.txt`, which lies beside this module, once, at first use; no other I/O. The file alone decides
what is allowed; the tables below only say why something is not, and `tools/gen_repertoire.py` makes the file
from them and from Unicode 14.0.

Known limits: characters that merely look alike (己 and 已, Latin A and Greek Α) are all allowed, and so are
right-to-left letters, which a terminal may show in another order than they are stored. Code points of planes 2
and 3 that Unicode has not assigned yet are allowed; a later Unicode that decomposed one of them would change
NFC here, which a test over the whole repertoire would show on a Python that carries it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from typing import Final

from chainlog.digest import file_digest
from chainlog.errors import TextError

REPERTOIRE_SHA256: Final = "5dc98cb1a5fc177362e9b5adaba87cd1b87142fba9c0a775f3dd7c16328ce1e9"

# Both lists name what breaks "what was seen is what was signed".
REFUSED_CATEGORIES: Final = {
    "Cc": "control character",
    "Cf": "invisible or bidirectional format character",
    "Cn": "not assigned in Unicode 14.0",
    "Co": "private use",
    "Cs": "lone surrogate",
    "Me": "mark that encloses what stands before it",
    "Zl": "line separator",
    "Zp": "paragraph separator",
    "Zs": "space other than U+0020 and U+3000",
}
ALLOWED_SPACES: Final = frozenset(" \u3000")
REFUSED_RANGES: Final = (
    (0x0334, 0x0338, "mark that strikes out what stands before it"),
    (0x034F, 0x034F, "invisible joiner"),
    (0x115F, 0x1160, "invisible filler"),
    (0x17B4, 0x17B5, "invisible vowel"),
    (0x180B, 0x180F, "variation selector or vowel separator"),
    (0x20D0, 0x20FF, "mark for symbols, which may strike out or enclose what stands before it"),
    (0x2800, 0x2800, "blank"),
    (0x2E80, 0x2FDF, "radical that looks like an ideograph"),
    (0x303F, 0x303F, "blank"),
    (0x3164, 0x3164, "invisible filler"),
    (0x31C0, 0x31EF, "stroke that looks like an ideograph"),
    (0xFE00, 0xFE0F, "variation selector"),
    (0xFFA0, 0xFFA0, "invisible filler"),
    (0xFFFC, 0xFFFD, "stands for something that was lost"),
    (0x16FE4, 0x16FE4, "invisible filler"),
    (0x1D159, 0x1D159, "blank"),
    (0x2F800, 0x2FA1F, "compatibility ideograph"),
    (0xE0100, 0xE01EF, "variation selector"),
)


def check_text(text: str, *, path: str = "$", multiline: bool = False) -> str:
    """
    Return *text* if a record may hold it: every character in the repertoire, the whole equal to its NFC.

    multiline: newline and tab are allowed too (carriage return never is).

    Raises:
        TextError: names the first offending character, its position from 0, and why.
    Length is not limited here. Cost: linear, about 8 ns a character; about 10 ms once in a process, to load.
    """
    # Space is in the repertoire and composes with nothing, like newline and tab: positions and NFC stay.
    checked = text.replace("\n", " ").replace("\t", " ") if multiline else text
    if _allowed().fullmatch(checked) and unicodedata.is_normalized("NFC", checked):
        return text
    raise TextError(_offence(checked), path=path)


def check_texts(texts: Sequence[str], *, path: str, multiline: bool = False) -> None:
    """
    `check_text` of every text; an error's path is *path* with the text's position: `$.items[2]`.

    Cost: below a microsecond for eight short texts.
    """
    # The separator is an allowed character that composes with nothing. So the joined text passes if and
    # only if each part does, whatever the parts hold.
    joined = " ".join(texts)
    if multiline:
        joined = joined.replace("\n", " ").replace("\t", " ")
    if _allowed().fullmatch(joined) and unicodedata.is_normalized("NFC", joined):
        return
    for position, text in enumerate(texts):
        check_text(text, path=f"{path}[{position}]", multiline=multiline)
    raise AssertionError("texts are refused together and allowed one by one")


def repertoire() -> list[tuple[int, int]]:
    """
    The allowed code points as ascending ranges (first, last), both included.

    Raises:
        AssertionError: the file is not the frozen one.
    Cost: reads and hashes the file, about a millisecond.
    """
    from pathlib import Path  # noqa: PLC0415  (importing it takes longer than the rest of this module)

    content = Path(__file__).with_name("repertoire.txt").read_bytes()
    if file_digest(content).hex() != REPERTOIRE_SHA256:
        raise AssertionError("canon/repertoire.txt is not the frozen repertoire of this format")
    lines = [line for line in content.decode("ascii").splitlines() if not line.startswith("#")]
    return [(int(line[: line.index(".")], 16), int(line[line.rindex(".") + 1 :], 16)) for line in lines]


@cache
def _allowed() -> re.Pattern[str]:
    # Compiled at first use: a program that only prints its help never pays for it.
    ranges = (f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in repertoire())
    return re.compile(f"[{''.join(ranges)}]*")


def _offence(text: str) -> str:
    """What is wrong with a text that was refused; linear, for a normalisation of marks out of order is not."""
    match = _allowed().match(text)
    position = match.end() if match else 0
    begin = text[:position]
    if unicodedata.is_normalized("NFC", begin):
        return f"U+{ord(text[position]):04X} at position {position}: {_reason(text[position])}"
    # A text whose beginning is not in NFC is not in NFC: so the shortest such beginning can be bisected.
    length = bisect_left(range(position), True, key=lambda n: not unicodedata.is_normalized("NFC", text[:n]))
    return f"U+{ord(text[length - 1]):04X} at position {length - 1}: not in NFC together with what stands before it"


def _reason(char: str) -> str:
    code_point = ord(char)
    for first, last, why in REFUSED_RANGES:
        if first <= code_point <= last:
            return why
    if code_point & 0xFFFE == 0xFFFE or 0xFDD0 <= code_point <= 0xFDEF:
        return "noncharacter"
    why = REFUSED_CATEGORIES.get(unicodedata.category(char), "")
    if why:
        return why
    normal = unicodedata.normalize("NFC", char)
    if normal != char:
        return "changes under NFC to " + " ".join(f"U+{ord(c):04X}" for c in normal)
    # What this Python's tables call assigned came after the tables that the format froze.
    return REFUSED_CATEGORIES["Cn"]
