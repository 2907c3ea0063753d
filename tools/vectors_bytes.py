"""Vectors of section 1 and 3: canonical MessagePack, text, fold and subjects. Written by hand, not by the code. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.vector_case import Case, Document, bad, document, good

_FLAGS = {
    "boundary": "the shortest form changes here",
    "wide": "a longer form than the shortest",
    "ban": "a type that the format doesn't have",
    "order": "map keys out of order, or twice",
    "key": "a map key that is none",
    "truncated": "bytes are missing, or claimed",
    "trailing": "bytes are left over",
    "depth": "the limit of nesting",
    "range": "the limit of integers",
}


def _integers() -> Iterator[Case]:
    for value, data in (
        (0, "00"), (1, "01"), (127, "7f"), (128, "cc80"), (255, "ccff"), (256, "cd0100"), (65535, "cdffff"), (65536, "ce00010000"),
        (4294967295, "ceffffffff"), (4294967296, "cf0000000100000000"), (-1, "ff"), (-32, "e0"), (-33, "d0df"), (-128, "d080"),
        (-129, "d1ff7f"), (-32768, "d18000"), (-32769, "d2ffff7fff"), (-2147483648, "d280000000"),
        (-2147483649, "d3ffffffff7fffffff"),
    ):  # fmt: skip
        yield good(f"the integer {value}", bytes=data, value=value, flags=["boundary"])
    yield good("the largest integer, 2**53 - 1", bytes="cf001fffffffffffff", value=2**53 - 1, flags=["range"])
    yield good("the smallest integer", bytes="d3ffe0000000000001", value=-(2**53 - 1), flags=["range"])
    yield bad("2**53", bytes="cf0020000000000000", error="limit", flags=["range"])
    yield bad("-2**53", bytes="d3ffe0000000000000", error="limit", flags=["range"])
    yield bad("2**64 - 1", bytes="cfffffffffffffffff", error="limit", flags=["range"])
    for comment, data in (
        ("127 as uint 8", "cc7f"), ("255 as uint 16", "cd00ff"), ("65535 as uint 32", "ce0000ffff"),
        ("1 as uint 64", "cf0000000000000001"), ("-1 as int 8", "d0ff"), ("-128 as int 16", "d1ff80"),
        ("-32768 as int 32", "d2ffff8000"), ("-1 as int 64", "d3ffffffffffffffff"), ("127 as int 8", "d07f"),
        ("128 as int 16", "d10080"), ("4294967295 as int 64", "d300000000ffffffff"),
    ):  # fmt: skip
        yield bad(comment, bytes=data, error="not-canonical", flags=["wide"])


def _texts_and_bytes() -> Iterator[Case]:
    yield good("the empty text", bytes="a0", value="")
    yield good("a text of 31 bytes", bytes="bf" + "61" * 31, value="a" * 31, flags=["boundary"])
    yield good("a text of 32 bytes", bytes="d920" + "61" * 32, value="a" * 32, flags=["boundary"])
    yield good("a text of 255 bytes", bytes="d9ff" + "61" * 255, value="a" * 255, flags=["boundary"])
    yield good("a text of 256 bytes", bytes="da0100" + "61" * 256, value="a" * 256, flags=["boundary"])
    yield good("Chinese, three bytes a character", bytes="a6e69cbae5af86", value="机密")
    yield good("no bytes", bytes="c400", value={"$bin": ""})
    yield good("one byte", bytes="c40100", value={"$bin": "00"})
    yield good("256 bytes", bytes="c50100" + "ff" * 256, value={"$bin": "ff" * 256}, flags=["boundary"])
    yield bad("a text of 3 bytes as str 8", bytes="d903616263", error="not-canonical", flags=["wide"])
    yield bad("a text of 32 bytes as str 16", bytes="da0020" + "61" * 32, error="not-canonical", flags=["wide"])
    yield bad("one byte as bin 16", bytes="c5000100", error="not-canonical", flags=["wide"])
    yield bad("one byte as bin 32", bytes="c60000000100", error="not-canonical", flags=["wide"])
    yield bad("a text that is no UTF-8", bytes="a1ff", error="malformed")
    yield bad("a text with an overlong slash", bytes="a2c0af", error="malformed")
    yield bad("a text with a surrogate", bytes="a3eda080", error="malformed")


def _containers() -> Iterator[Case]:
    yield good("the empty array", bytes="90", value=[])
    yield good("fifteen elements", bytes="9f" + "00" * 15, value=[0] * 15, flags=["boundary"])
    yield good("sixteen elements", bytes="dc0010" + "00" * 16, value=[0] * 16, flags=["boundary"])
    yield bad("one element as array 16", bytes="dc000100", error="not-canonical", flags=["wide"])
    yield bad("one element as array 32", bytes="dd0000000100", error="not-canonical", flags=["wide"])
    yield good("true and false", bytes="92c3c2", value=[True, False])
    yield good("the empty map", bytes="80", value={})
    yield good("keys ascend by bytes: aa before b", bytes="82a2616101a16202", value={"aa": 1, "b": 2}, flags=["order"])
    yield bad("keys by length first: b before aa", bytes="82a16202a2616101", error="not-canonical", flags=["order"])
    yield good(
        "as keys, level stands before to, though it is longer",
        bytes="82a56c6576656c01a2746f02",
        value={"level": 1, "to": 2},
        flags=["order"],
    )
    yield bad(
        "the same two keys by their encoded bytes",
        bytes="82a2746f02a56c6576656c01",
        error="not-canonical",
        flags=["order"],
    )
    yield bad("a key twice with one value", bytes="82a16101a16101", error="not-canonical", flags=["order"])
    yield bad("a key twice with two values", bytes="82a16101a16102", error="not-canonical", flags=["order"])
    yield bad("one entry as map 16", bytes="de0001a16101", error="not-canonical", flags=["wide"])
    sixteen = {f"k{n:x}": n for n in range(16)}
    yield good(
        "sixteen entries", bytes="de0010" + "".join(f"a2{key.encode().hex()}{value:02x}" for key, value in sixteen.items()), value=sixteen,
        flags=["boundary"],
    )  # fmt: skip
    yield good("a key of 32 characters", bytes="81d920" + "6b" * 32 + "01", value={"k" * 32: 1}, flags=["key"])
    for comment, data in (
        ("an empty key", "81a001"), ("a key of 33 characters", "81d921" + "6b" * 33 + "01"), ("a key with a capital", "81a14101"),
        ("a key with a point", "81a3612e6201"), ("a Chinese key", "81a3e7bea401"), ("an integer as key", "810101"),
        ("bytes as key", "81c4016101"), ("an array as key", "819001"),
    ):  # fmt: skip
        yield bad(comment, bytes=data, error="malformed", flags=["key"])
    yield good("eight arrays inside each other", bytes="91" * 7 + "90", value=_nested(8), flags=["depth"])
    yield bad("nine arrays inside each other", bytes="91" * 8 + "90", error="limit", flags=["depth"])
    yield good("eight maps inside each other", bytes="81a161" * 7 + "80", value=_nested_maps(8), flags=["depth"])
    yield bad("nine maps inside each other", bytes="81a161" * 8 + "80", error="limit", flags=["depth"])


def _nested(count: int) -> list[Any]:
    return [] if count == 1 else [_nested(count - 1)]


def _nested_maps(count: int) -> dict[str, Any]:
    return {} if count == 1 else {"a": _nested_maps(count - 1)}


def _bans() -> Iterator[Case]:
    for comment, data in (
        ("nil", "c0"), ("nil in an array", "91c0"), ("nil as a value", "81a161c0"), ("float 32", "ca3f800000"),
        ("float 64", "cb3ff0000000000000"), ("not a number", "cb7ff8000000000000"), ("an extension of one byte", "d40500"),
        ("a time stamp", "d6ff00000000"), ("an extension of no bytes", "c70005"), ("the byte that is never used", "c1"),
    ):  # fmt: skip
        yield bad(comment, bytes=data, error="malformed", flags=["ban"])
    for comment, data in (
        ("nothing at all", ""), ("an array without its element", "91"), ("a text cut off", "a361"), ("bytes cut off", "c40200"),
        ("an integer cut off", "cd01"), ("4 GiB of text claimed", "dbffffffff"), ("4 billion elements claimed", "ddffffffff"),
    ):  # fmt: skip
        yield bad(comment, bytes=data, error="malformed", flags=["truncated"])
    yield bad("two values", bytes="0000", error="malformed", flags=["trailing"])
    yield bad("an array and a byte more", bytes="90c2", error="malformed", flags=["trailing"])


def canonical() -> Document:
    """Family `canonical`."""
    about = (
        "Bytes that are, or are not, one canonical MessagePack value (section 1.1). Of valid ones the value: arrays, maps, "
        'texts, integers and booleans as JSON has them, bytes as {"$bin": hexadecimal}. Text isn\'t judged here.'
    )
    return document("canonical", about, [*_integers(), *_texts_and_bytes(), *_containers(), *_bans()], flags=_FLAGS)


# --- text -----------------------------------------------------------------------------------------


def _text(comment: str, text: str | list[int], **fields: Any) -> Case:
    points = [ord(c) for c in text] if isinstance(text, str) else text
    return good(comment, code_points=[f"{point:04X}" for point in points], **{"multiline": False, **fields})


def _no_text(comment: str, text: str | list[int], **fields: Any) -> Case:
    return {**_text(comment, text, **fields), "result": "invalid", "code": "malformed", "error": "text"}


def text() -> Document:
    """Family `text`."""
    cases = [
        _text("the empty text", ""),
        _text("Chinese with full-width punctuation", "关于做好（2025）年工作的通知，第7号。"),
        _text("spaces at both ends stay", " a "),
        _text("ideographic space", "甲\u3000乙"),
        _text("letters and marks in NFC", "Ünïcödé"),
        _text("right-to-left letters", "שלום"),
        _text("look-alikes are allowed: Latin A, Greek Α, Cyrillic А", "AΑА"),
        _text("a rare name: U+20000", [0x20000]),
        _text("the last code point for rare names, not assigned in 14.0", [0x3FFFD]),
        _text("unified though it lies among compatibility ideographs: U+FA0E", [0xFA0E]),
        _text("a description of an ideograph", [0x2FF0, 0x4E00, 0x4E01]),
        _text("newline and tab in a note", "a\n\tb", multiline=True),
        _text("an emoji of Unicode 6", [0x1F600]),
        _no_text("newline elsewhere", "a\nb", flags=["control"]),
        _no_text("tab elsewhere", "a\tb", flags=["control"]),
        _no_text("carriage return, in a note too", "a\r\nb", multiline=True, flags=["control"]),
        _no_text("NUL", "a\0b", flags=["control"]),
        _no_text("U+0085, the other newline", [0x61, 0x85], flags=["control"]),
        _no_text("not NFC: e and an acute", "e\u0301", flags=["nfc"]),
        _no_text("not NFC: marks in the other order", "a\u0307\u0323", flags=["nfc"]),
        _no_text("Kelvin sign, whose NFC is K", [0x212A], flags=["nfc"]),
        _no_text("a Hangul syllable in parts", [0x1112, 0x1161, 0x11AB], flags=["nfc"]),
        _no_text("compatibility ideograph U+F900", [0xF900], flags=["nfc"]),
        _no_text("compatibility ideograph U+2F800", [0x2F800], flags=["ideograph"]),
        _no_text("radical U+2F00, which looks like 一", [0x2F00], flags=["ideograph"]),
        _no_text("radical U+2E81", [0x2E81], flags=["ideograph"]),
        _no_text("stroke U+31D0", [0x31D0], flags=["ideograph"]),
        _no_text("zero-width space", [0x61, 0x200B, 0x62], flags=["invisible"]),
        _no_text("byte order mark", [0xFEFF, 0x61], flags=["invisible"]),
        _no_text("right-to-left override", [0x202E, 0x61], flags=["invisible"]),
        _no_text("soft hyphen", [0x61, 0xAD], flags=["invisible"]),
        _no_text("a tag character", [0xE0041], flags=["invisible"]),
        _no_text("variation selector 16", [0x2600, 0xFE0F], flags=["invisible"]),
        _no_text("ideographic variation selector", [0x8FBA, 0xE0100], flags=["invisible"]),
        _no_text("Hangul filler", [0x3164], flags=["invisible"]),
        _no_text("blank braille", [0x2800], flags=["invisible"]),
        _no_text("no-break space", [0x61, 0xA0, 0x62], flags=["space"]),
        _no_text("thin space", [0x2009], flags=["space"]),
        _no_text("line separator", [0x2028], flags=["space"]),
        _no_text("an enclosing circle", [0x41, 0x20DD], flags=["overlay"]),
        _no_text("a long stroke through the letter before", [0x61, 0x0336], flags=["overlay"]),
        _no_text("replacement character", [0xFFFD], flags=["lost"]),
        _no_text("object replacement character", [0xFFFC], flags=["lost"]),
        _no_text("private use", [0xE000], flags=["unassigned"]),
        _no_text("private use in plane 15", [0xF0000], flags=["unassigned"]),
        _no_text("noncharacter U+FFFE", [0xFFFE], flags=["unassigned"]),
        _no_text("noncharacter U+FDD0", [0xFDD0], flags=["unassigned"]),
        _no_text("noncharacter U+2FFFE", [0x2FFFE], flags=["unassigned"]),
        _no_text("assigned in Unicode 15.0 only: U+0CF3", [0x0CF3], flags=["unassigned"]),
        _no_text("assigned in Unicode 15.1 only: U+2FFC", [0x2FFC], flags=["unassigned"]),
        _no_text("never assigned so far: U+0378", [0x0378], flags=["unassigned"]),
    ]
    flags = {
        "control": "a control character", "nfc": "not its own NFC", "ideograph": "a double of an ideograph",
        "invisible": "nothing is seen of it", "space": "a space other than U+0020 and U+3000",
        "overlay": "strikes out or rings what stands before", "lost": "stands for something lost",
        "unassigned": "not assigned in Unicode 14.0, or never",
    }  # fmt: skip
    about = "Texts that a record may hold (section 1.2), as code points. `multiline`: the rule for the field `note`."
    return document("text", about, cases, flags=flags)


# --- fold and subjects ----------------------------------------------------------------------------


def _folds() -> Iterator[Case]:
    for comment, text_, folded in (
        ("already folded", "c/87", "c/87"),
        ("small letters after the prefix", "d/gb-2025a", "d/GB-2025A"),
        ("a prefix stays as it is", "c/abc", "c/ABC"),
        ("the log's own subjects stay as they are", "s/admins", "s/admins"),
        ("without a slash nothing is raised", "abc", "abc"),
        ("a capital prefix is another text", "C/87", "C/87"),
        ("square brackets", "d/省委[2025]7号", "d/省委〔2025〕7号"),
        ("parentheses", "d/省委(2025)7号", "d/省委〔2025〕7号"),
        ("full-width parentheses", "d/省委（2025）7号", "d/省委〔2025〕7号"),
        ("lenticular brackets", "d/省委【2025】7号", "d/省委〔2025〕7号"),
        ("white lenticular brackets", "d/省委〖2025〗7号", "d/省委〔2025〕7号"),
        ("braces", "d/省委{2025}7号", "d/省委〔2025〕7号"),
        ("vertical brackets", "d/省委︹2025︺7号", "d/省委〔2025〕7号"),
        ("small brackets", "d/省委﹝2025﹞7号", "d/省委〔2025〕7号"),
        ("brackets that don't pair", "d/省委(2025]7号", "d/省委〔2025〕7号"),
        ("title marks stay", "d/《通知》", "d/《通知》"),
        ("full-width digits and letters", "c/０００８７ａ", "c/00087A"),
        ("white space goes", "d/省委 〔2025〕\u30007 号", "d/省委〔2025〕7号"),
        ("tab, newline and no-break space go", "c/8\t7\n\xa01", "c/871"),
        ("zeros after the closing bracket", "d/省委〔2025〕007号", "d/省委〔2025〕7号"),
        ("only zeros after it: one stays", "d/省委〔2025〕000", "d/省委〔2025〕0"),
        ("zeros after a bracket that becomes one", "d/省委(2025)007号", "d/省委〔2025〕7号"),
        ("zeros elsewhere stay", "c/省委〔2025〕7号/007", "c/省委〔2025〕7号/007"),
        ("a zero before a letter stays", "d/〔2025〕0A", "d/〔2025〕0A"),
        ("zeros after two brackets", "d/〕01〕002", "d/〕1〕2"),
        ("the sign for (一)", "d/㈠", "d/〔一〕"),
        ("the ligature ﬁ", "d/ﬁ", "d/FI"),
        ("Roman numeral Ⅳ", "d/Ⅳ", "d/IV"),
        ("i and a dot above compose as a capital only", "d/i\u0307", "d/\u0130"),
        ("a letter and a mark parted by a space compose", "d/e \u0301", "d/\u00c9"),
        ("Kelvin sign", "d/\u212a", "d/K"),
        ("half-width katakana", "d/\uff76\uff9e", "d/\u30ac"),
        ("sharp s stays", "d/ß", "d/ß"),
        ("dashes of different length stay apart", "d/a–b", "d/A–B"),
        ("circled digits", "c/①", "c/1"),
    ):
        yield good(comment, text=text_, folded=folded, flags=["fold"])


def _subjects() -> Iterator[Case]:
    for subject in ("c/1", "d/省委〔2025〕7", "p/0012", "l/X-2025-02", "i/1", "u/镇政府", "w/G1", "s/log", "s/admins", "s/map",
                    "s/policy", "k/" + "0F" * 32, "d/~" + "A0" * 16, "c/A/B/C", "c/" + "甲" * 39 + "1"):  # fmt: skip
        yield good("a subject", subject=subject, flags=["subject"])
    for comment, subject, error in (
        ("no prefix", "87", "not-folded"), ("an unknown prefix", "x/87", "not-folded"), ("a capital prefix", "C/87", "not-folded"),
        ("nothing after the slash", "c/", "not-folded"), ("an empty part", "c/1//2", "not-folded"),
        ("a slash at the end", "c/1/", "not-folded"), ("small letters", "c/a", "not-folded"), ("a space", "c/8 7", "not-folded"),
        ("full-width", "c/８７", "not-folded"), ("other brackets", "d/省委[2025]7", "not-folded"),
        ("leading zeros after the bracket", "d/省委〔2025〕07", "not-folded"), ("no name of the log's", "s/other", "not-folded"),
        ("a capital one", "s/Log", "not-folded"), ("a key in small digits", "k/" + "0f" * 32, "not-folded"),
        ("a key too short", "k/" + "0F" * 31, "not-folded"), ("the empty text", "", "not-folded"),
        ("121 bytes", "c/" + "1" * 119, "limit"), ("41 Chinese characters", "c/" + "甲" * 40, "limit"),
        ("a newline", "c/1\n", "text"), ("not in NFC", "d/E\u0301", "text"), ("zero-width space", "c/\u200b1", "text"),
    ):  # fmt: skip
        code = "not-folded" if error == "not-folded" else "malformed"
        yield bad(comment, subject=subject, code=code, error=error, flags=["subject"])


def fold() -> Document:
    """Family `fold`."""
    flags = {
        "fold": "`folded` is fold(`text`), and its own fold (section 3.1); it need not be a subject",
        "subject": "whether a record may hold `subject` (section 3.2)",
    }
    return document("fold", "The fold of names, and the shape of subjects.", [*_folds(), *_subjects()], flags=flags)
