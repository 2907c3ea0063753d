"""The frozen repertoire: what is in it, what is refused and how the refusal reads."""

from __future__ import annotations

import itertools
import runpy
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from chainlog.canon import text as module
from chainlog.canon.text import check_text, check_texts, repertoire
from chainlog.errors import TextError

ROOT = Path(__file__).parents[3]
GENERATOR = ROOT / "tools/gen_repertoire.py"

ALLOWED = [
    "",
    "市政办发〔2025〕12号",
    "关于做好涉密载体清退工作的通知（第2稿）",
    "机密★10年，三份：000087—000092",
    "张 伟　李·敏",
    "㐀䶿一鿿〇",
    "\U00020000\U0002a6df\U00030000\U0003fffd",  # rare names, assigned or not
    "﨎﨏﨑﨓﨔﨟﨡﨣﨤﨧﨨﨩",  # unified ideographs, for all that their block is named compatibility
    "⿰亻韋",  # describes a character that has no code point
    "café ĐỨC Ω é",
    "བོད་ཡིག ئۇيغۇرچە ꆈꌠꁱꂷ 한글",
    "①⑴㈠ＡＢ１２＝ﾊ",
    "ẹ\u0307",  # a mark that has no composed form here
    "‘’“”…–—《》「」【】□☑",
]

# One or more code points of each class that is refused, with a word of the reason.
REFUSED = {
    "control": (
        "control",
        [0x0000, 0x0007, 0x0008, 0x000B, 0x000C, 0x000D, 0x001B, 0x001F, 0x007F, 0x0085, 0x009B, 0x009F],
    ),
    "newline and tab": ("control", [0x0009, 0x000A]),
    "bidi": (
        "bidirectional",
        [0x061C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069],
    ),
    "zero width": ("invisible", [0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF]),
    "soft hyphen and other format": (
        "format",
        [0x00AD, 0x0600, 0x06DD, 0x2061, 0x206A, 0xFFF9, 0xFFFB, 0x13430, 0x1BCA0, 0x1D173],
    ),
    "tags": ("format", [0xE0001, 0xE0020, 0xE0041, 0xE007F]),
    "joiner": ("invisible joiner", [0x034F]),
    "fillers": ("filler", [0x115F, 0x1160, 0x3164, 0xFFA0, 0x16FE4]),
    "inherent vowels": ("invisible vowel", [0x17B4, 0x17B5]),
    "blanks": ("blank", [0x2800, 0x303F, 0x1D159]),
    "spaces": ("space", [0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F]),
    "separators": ("separator", [0x2028, 0x2029]),
    "variation selectors": (
        "variation",
        [0x180B, 0x180C, 0x180D, 0x180E, 0x180F, 0xFE00, 0xFE0E, 0xFE0F, 0xE0100, 0xE01EF],
    ),
    "enclosing marks": ("enclose", [0x0488, 0x0489, 0x1ABE, 0x20DD, 0x20E0, 0x20E3, 0xA670]),
    "overlaid marks": ("strikes out", [0x0334, 0x0335, 0x0336, 0x0337, 0x0338]),
    "marks for symbols": ("strike out", [0x20D2, 0x20D8, 0x20E5, 0x20EB]),
    "replacement": ("lost", [0xFFFC, 0xFFFD]),
    "surrogates": ("surrogate", [0xD800, 0xDBFF, 0xDC00, 0xDFFF]),
    "private use": ("private", [0xE000, 0xF8FF, 0xF0000, 0xFFFFD, 0x100000, 0x10FFFD]),
    "noncharacters": (
        "noncharacter",
        [0xFDD0, 0xFDEF, *(plane + end for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))],
    ),
    "radicals": ("radical", [0x2E80, 0x2E9F, 0x2EF3, 0x2F00, 0x2FD5, 0x2FDF]),
    "strokes": ("stroke", [0x31C0, 0x31D0, 0x31E3]),
    "compatibility ideographs": ("NFC", [0xF900, 0xF92C, 0xFA10, 0xFA2A, 0xFA70, 0xFAD9]),
    "supplementary compatibility ideographs": ("compatibility", [0x2F800, 0x2FA1D, 0x2FA1F]),
    "singletons": ("NFC", [0x0340, 0x0344, 0x0374, 0x037E, 0x0387, 0x1F71, 0x2126, 0x212A, 0x212B, 0x2329, 0x232A]),
    "excluded from composition": ("NFC", [0x0958, 0x0F43, 0x2ADC, 0xFB1D, 0x1D15E]),
    "unassigned": ("Unicode 14.0", [0x0378, 0x0530, 0x2FE0, 0xFFF0, 0x1FFFD, 0x40000, 0xDFFFD, 0xE0080, 0xE0FFF]),
    "assigned later": ("Unicode 14.0", [0x0CF3, 0x1C89, 0x1FAE8, 0x1FADC, 0x1E4D0, 0x11F00]),
}


@pytest.mark.parametrize("text", ALLOWED)
def test_allowed(text):
    assert check_text(text) is text
    check_texts([text, text], path="$")


@pytest.mark.parametrize("name", REFUSED)
def test_refused_class(name):
    why, code_points = REFUSED[name]
    for code_point in code_points:
        with pytest.raises(TextError) as caught:
            check_text("ab" + chr(code_point), path="$.body.note")
        detail = caught.value.detail
        assert detail.startswith(f"U+{code_point:04X} at position 2: "), detail
        assert why in detail.split(": ", 1)[1], detail
        assert caught.value.path == "$.body.note"


def test_refused_alone_first_and_inside():
    for text in ("\u200b", "\u200babc", "a\u200bc"):
        with pytest.raises(TextError):
            check_text(text)


def test_first_offence_is_named():
    with pytest.raises(TextError, match=r"U\+202E at position 1"):
        check_text("非\u202e密\u200b")
    with pytest.raises(TextError, match=r"U\+0301 at position 1"):
        check_text("e\u0301\u200b")
    with pytest.raises(TextError, match=r"U\+200B at position 0"):
        check_text("\u200be\u0301")


@pytest.mark.parametrize(
    ("decomposed", "position"),
    [
        ("e\u0301", 1),
        ("xxe\u0301x", 3),
        ("a\u0307\u0323", 1),
        ("一\u0307\u0323", 2),
        ("\u1100\u1161", 1),
        ("\uac00\u11a8", 1),
        ("が" + "か\u3099", 2),
    ],
)
def test_not_nfc(decomposed, position):
    with pytest.raises(TextError, match=rf"U\+[0-9A-F]+ at position {position}: not in NFC"):
        check_text(decomposed)
    assert check_text(unicodedata.normalize("NFC", decomposed))


def test_multiline_allows_newline_and_tab_only():
    text = "第一行\n\t第二行\n"
    assert check_text(text, multiline=True) is text
    check_texts(["a\nb", "c\td"], path="$", multiline=True)
    for refused in ("a\r\nb", "a\x0bb", "a\n\u2028"):
        with pytest.raises(TextError):
            check_text(refused, multiline=True)
    with pytest.raises(TextError, match=r"U\+000D at position 2"):
        check_text("a\n\r", multiline=True)
    with pytest.raises(TextError, match=r"U\+0301 at position 3: not in NFC"):
        check_text("a\ne\u0301", multiline=True)


def test_texts_name_which():
    check_texts([], path="$")
    check_texts([""], path="$")
    with pytest.raises(TextError) as caught:
        check_texts(["好", "坏\ufe00", "\ufe00"], path="$.items")
    assert caught.value.path == "$.items[1]"
    assert "U+FE00 at position 1" in caught.value.detail


def test_neighbouring_texts_do_not_compose():
    # Each is in NFC alone; only joined without a separator would they compose.
    check_texts(["e", "\u0301"], path="$")
    check_texts(["\u1100", "\u1161"], path="$")


def test_a_long_run_of_marks_is_refused_in_linear_time():
    # Normalising this would take minutes; the refusal must not do it.
    with pytest.raises(TextError, match=r"U\+0323 at position 200001: not in NFC"):
        check_text("一" + "\u0301" * 200_000 + "\u0323" * 200_000)


def test_ranges_are_ascending_and_apart():
    found = repertoire()
    assert all(first <= last for first, last in found)
    assert all(before + 1 < after for (_, before), (after, _) in itertools.pairwise(found))


def test_another_file_is_refused(monkeypatch):
    monkeypatch.setattr(module, "REPERTOIRE_SHA256", "00" * 32)
    with pytest.raises(AssertionError, match="not the frozen repertoire"):
        repertoire()


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="the generator needs the tables of Unicode 14.0")
def test_generator_still_makes_the_file(tmp_path):
    generator = runpy.run_path(str(GENERATOR))
    made = tmp_path / "repertoire.txt"
    assert generator["main"](["", str(made)]) == 0
    assert made.read_bytes() == Path(module.__file__).with_name("repertoire.txt").read_bytes()


def test_importing_does_not_load_the_repertoire():
    code = "import chainlog.canon.text as t, chainlog.event.subject; print(t._allowed.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
