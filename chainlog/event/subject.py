"""Subjects: the names under which events are found, and the fold that gives each thing one name. Pure.

Format: schemas/FORMAT.md section 3. Known limits: the fold does not unite names that merely look alike, dashes of
different length, or a number written with and without 第 or 号; choosing one form of those is the application's.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from chainlog import limits
from chainlog.canon.text import check_text
from chainlog.errors import LimitError, SubjectError

PREFIXES: Final[dict[str, tuple[str, str]]] = {
    "c": ("载体", "carrier"),
    "d": ("文件", "document"),
    "p": ("人员", "person"),
    "l": ("清单", "list"),
    "i": ("事件", "incident"),
    "u": ("单位", "unit"),
    "w": ("场所", "place"),
    "k": ("密钥", "public key"),
    "s": ("日志自身", "the log itself"),
}
"""What stands before the first `/`, with its name in Chinese and English."""

# Unicode's White_Space; `str.split` would take four control characters with it.
_WHITE_SPACE: Final = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")

# Parentheses, square brackets, braces, lenticular and tortoise-shell brackets, as they stand after NFKC (which
# has turned full-width, small and vertical forms into these). Not quotation marks and title marks 「」『』〈〉《》.
_OPENING: Final = "([{【〖〔〘〚❲⟦⟬⦅⦗"
_CLOSING: Final = ")]}】〗〕〙〛❳⟧⟭⦆⦘"
_BRACKETS: Final = str.maketrans(_OPENING + _CLOSING, "〔" * len(_OPENING) + "〕" * len(_CLOSING))

_LEADING_ZEROS: Final = re.compile("〕0+(?=[0-9])")
_UPPER: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")

_SHAPE: Final = re.compile(r"[cdpliuw](?:/[^/]+)+|s/(?:admins|log|map|policy)|k/[0-9A-F]{64}")
_SHAPE_TEXT: Final = "c/… d/… p/… l/… i/… u/… w/… s/admins s/log s/map s/policy k/<64 hexadecimal digits>"
_PSEUDONYM: Final = re.compile("d/~[0-9A-F]{32}")

# Characters that are in the repertoire, that every step of the fold leaves alone, and that compose with nothing: a
# name of them alone, without 〕0, equals its fold. None takes more than three bytes, and none is a surrogate. All
# other names take the long way to the same answer.
_PLAIN_CHARS: Final = "[!-'*-.0-Z\\\\^-`|~·–—“”★、《》〇〔〕㐀-䶿一-鿿]+"
_is_plain: Final = re.compile(f"[cdpliuw](?:/{_PLAIN_CHARS})+|s/(?:admins|log|map|policy)|k/[0-9A-F]{{64}}").fullmatch
_BYTES_MAX: Final = limits.SUBJECT_BYTES_MAX
_CHARS_SHORT: Final = _BYTES_MAX // 3


def fold(subject: str) -> str:
    """
    The one form of a subject, which records hold and look-ups use. Idempotent. The steps, in this order:

    1. NFKC.
    2. Code points with the property White_Space are removed.
    3. Each opening bracket of `([{【〖〔〘〚❲⟦⟬⦅⦗` becomes 〔, each closing bracket of
       `)]}】〗〕〙〛❳⟧⟭⦆⦘` becomes 〕, whatever it encloses.
    4. a–z become A–Z after the first `/`, unless what stands before it is `s`.
    5. NFKC again: steps 2 and 4 may have brought a letter and a mark together that compose.
    6. After each 〕, the zeros are removed that stand directly before another ASCII digit, from the left.

    The result is not checked: it may lack a prefix or hold characters that `check_subject` refuses.

    Raises:
        LimitError: more than 1,024 characters; NFKC takes quadratic time on long runs of marks.
    """
    if len(subject) > limits.TEXT_BYTES_MAX:
        raise LimitError(f"{len(subject)} characters to fold", path="$", limit=limits.TEXT_BYTES_MAX)
    text = _WHITE_SPACE.sub("", unicodedata.normalize("NFKC", subject)).translate(_BRACKETS)
    prefix, slash, rest = text.partition("/")
    if prefix != "s":
        text = prefix + slash + rest.translate(_UPPER)
    return _LEADING_ZEROS.sub("〕", unicodedata.normalize("NFKC", text))


def check_subject(subject: str, *, path: str) -> str:
    """
    Return *subject* if a record may hold it: a known prefix, then parts that are not empty, equal to its fold.

    Raises:
        LimitError: over 120 bytes of UTF-8.
        TextError: a character outside the repertoire, or not in NFC.
        SubjectError: not folded, unknown prefix, empty part; `expected` is the fold or, where the fold
            would be no subject either, the shapes that are.
    Cost: 0.4 µs for plain ASCII and Chinese, 3 µs for other letters.
    """
    if _is_plain(subject) and "〕0" not in subject and (len(subject) <= _CHARS_SHORT or _size(subject) <= _BYTES_MAX):
        return subject
    # Asked before the text is looked at, so that work is bounded; bytes after it, since a lone surrogate has none.
    if len(subject) > _BYTES_MAX:
        raise LimitError(f"subject of {len(subject)} characters", path=path, limit=_BYTES_MAX)
    check_text(subject, path=path)
    if _size(subject) > _BYTES_MAX:
        raise LimitError(f"subject of {_size(subject)} bytes", path=path, limit=_BYTES_MAX)
    folded = fold(subject)
    if not _SHAPE.fullmatch(folded):
        raise SubjectError(path=path, found=subject, expected=_SHAPE_TEXT)
    if folded != subject:
        raise SubjectError(path=path, found=subject, expected=folded)
    return subject


def _size(subject: str) -> int:
    return len(subject.encode())


def prefix_of(subject: str) -> str:
    """
    The key of `PREFIXES` under which a subject stands. It looks at the first two characters only.

    Raises:
        SubjectError: no known prefix.
    """
    prefix = subject[:1]
    if prefix not in PREFIXES or subject[1:2] != "/":
        raise SubjectError(path="$", found=subject, expected=_SHAPE_TEXT)
    return prefix


def is_pseudonym(subject: str) -> bool:
    """Whether a folded subject is a document's pseudonym: `d/~` and 32 upper-case hexadecimal digits."""
    return _PSEUDONYM.fullmatch(subject) is not None
