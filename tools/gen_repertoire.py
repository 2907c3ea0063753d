"""Make chainlog/canon/repertoire.txt, the frozen text repertoire, from the tables of Unicode 14.0.

    python3.11 tools/gen_repertoire.py [FILE]

Needs a Python whose unicodedata is 14.0.0 (3.11). Prints the SHA-256 that stands in chainlog/canon/text.py. The file
is part of format version 1: after the first log exists it changes only with a new version.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from chainlog.canon.text import ALLOWED_SPACES, REFUSED_CATEGORIES, REFUSED_RANGES  # noqa: E402
from chainlog.digest import file_digest  # noqa: E402

UNICODE = "14.0.0"
RARE_NAMES = range(0x20000, 0x3FFFE)
SINGLED_OUT = frozenset(c for first, last, _ in REFUSED_RANGES for c in range(first, last + 1))

HEADER = """\
# The text repertoire of chainlog, format version 1: every code point that a signed text may hold.
# Frozen. Its SHA-256 stands in text.py; made by tools/gen_repertoire.py; explained in schemas/FORMAT.md section 1.
# Allowed: what Unicode 14.0 assigns, and U+20000..U+3FFFD assigned or not (rare names).
# Left out: controls (newline and tab too), format characters, surrogates, private use, noncharacters, line and
# paragraph separators, spaces but U+0020 and U+3000, fillers and blanks, variation selectors, enclosing and
# overlaid marks, radicals, strokes, and whatever changes under NFC (so all compatibility ideographs).
# One range a line: first and last code point in hexadecimal, both included, ascending.
"""


def is_allowed(code_point: int) -> bool:
    """Whether the repertoire holds a code point, by the tables of the running Python."""
    char = chr(code_point)
    # Noncharacters are unassigned everywhere, the two at the end of plane 2 too.
    if code_point & 0xFFFE == 0xFFFE or code_point in SINGLED_OUT:
        return False
    if code_point in RARE_NAMES:
        return True
    category = unicodedata.category(char)
    if category in REFUSED_CATEGORIES and char not in ALLOWED_SPACES:
        return False
    # Asked last: lone surrogates have no normal form worth asking for.
    return unicodedata.is_normalized("NFC", char)


def ranges() -> Iterator[tuple[int, int]]:
    """The allowed code points as ascending ranges, both ends included."""
    first = None
    for code_point in range(0x110000):
        if is_allowed(code_point):
            first = code_point if first is None else first
        elif first is not None:
            yield first, code_point - 1
            first = None
    if first is not None:
        raise AssertionError("the last code point is a noncharacter")


def content() -> bytes:
    """The file's bytes."""
    if unicodedata.unidata_version != UNICODE:
        message = f"needs the tables of Unicode {UNICODE}, this Python has {unicodedata.unidata_version}"
        raise SystemExit(message)
    return (HEADER + "".join(f"{first:04X}..{last:04X}\n" for first, last in ranges())).encode("ascii")


def main(argv: list[str]) -> int:
    """Write the file and print its digest."""
    target = Path(argv[1]) if len(argv) > 1 else ROOT / "chainlog/canon/repertoire.txt"
    made = content()
    target.write_bytes(made)
    print(f"{file_digest(made).hex()}  {target}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
