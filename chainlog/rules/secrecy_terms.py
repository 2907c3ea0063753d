"""Terms of secrecy and marks as people write them: `10年`, `6个月`, `长期`, `2030-12-31`, `启用前`; `秘密★5年`, `解密`. Pure.

A term is a text in the log, so that a bad one can be recorded; here it is read. What can't be read is None, never a guess.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from chainlog.projection import levels, rows
from chainlog.rules.calendar import months_after

if TYPE_CHECKING:
    from chainlog.rules.acts import Act
    from chainlog.rules.facts import Facts

TermFault = Literal["", "zero", "fraction", "mixed", "months", "unit"]

STATE_SECRET: Final = ("秘密", "机密", "绝密")
"""The levels of state secrets, ascending. 内部 (work secrets) and 无密 are none."""

_DIGITS: Final = {word: number for number, word in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_NUMBER: Final = r"[0-9]{1,3}(?:\.[0-9]{1,2})?|[零〇一二两三四五六七八九十百]{1,5}"
_LENGTH: Final = re.compile(rf"({_NUMBER})(年|个月|月|个?星期|周|天|日|小时)(?:零?({_NUMBER})个?月|(半))?")
_BEGINS_AS_LENGTH: Final = re.compile(rf"(?:{_NUMBER})(?:年|个?月|个?星期|周|天|日|小时)|[0-9]{{1,3}}$")
# What begins as a length and ends so is a condition after all: 三月底前.
_CONDITION_ENDS: Final = ("前", "后", "时", "止")
_HALF_YEAR: Final = 6
_DATE: Final = re.compile(r"([0-9]{4})(?:年|-|/|\.)([0-9]{1,2})(?:月|-|/|\.)([0-9]{1,2})日?")
_PERMANENT: Final = ("长期", "永久")
# A condition says more than figures and units.
_WORDS: Final = re.compile(r"(?![零〇一二两三四五六七八九十百半年月日天周个])[\u3400-\u9fff]")
_SPACES: Final = re.compile(r"\s+")
_DAYS: Final = {"周": 7.0, "星期": 7.0, "个星期": 7.0, "天": 1.0, "日": 1.0, "小时": 1 / 24}
_YEAR_MONTHS: Final = 12


class Term(NamedTuple):
    """
    One term.

    months: its length in months, rounded up, None where it isn't stated as a length. days: of one stated in days or weeks.
    until: a date of declassification. permanent: without an end. condition: that ends it. fault: how the length is not as it has
    to be stated, in whole years, or months below a year.
    """

    text: str
    months: int | None = None
    days: int | None = None
    until: date | None = None
    permanent: bool = False
    condition: str = ""
    fault: TermFault = ""


class Mark(NamedTuple):
    """
    A mark on a carrier.

    level: `秘密`, `机密`, `绝密`, `内部`, `无密`; empty on one that only says that it is declassified. star: whether ★ stands in
    it. term: behind the star; None without. declassified: `解密`.
    """

    level: str
    star: bool
    term: Term | None
    declassified: bool = False


# --- terms --------------------------------------------------------------------------------------


def parse_term(text: str) -> Term | None:
    """A term as stated, None if it can't be read as one: empty, a number without unit, a date that doesn't exist."""
    plain = _plain(text)
    if plain in _PERMANENT:
        return Term(text, permanent=True)
    if match := _DATE.fullmatch(plain):
        try:
            return Term(text, until=date(int(match[1]), int(match[2]), int(match[3])))
        except ValueError:
            return None
    if match := _LENGTH.fullmatch(plain):
        return _length(text, match[1], match[2], match[3], half=bool(match[4]))
    if plain == "半年":
        return Term(text, months=_HALF_YEAR, fault="fraction")
    if not _WORDS.search(plain) or (_BEGINS_AS_LENGTH.match(plain) and not plain.endswith(_CONDITION_ENDS)):
        return None
    return Term(text, condition=plain)


def _length(text: str, number: str, unit: str, more: str | None, *, half: bool) -> Term | None:
    value, months = _number(number), _HALF_YEAR if half else _number(more or "0")
    if value is None or months is None or (unit != "年" and (half or more is not None)):
        return None
    if unit not in ("年", "个月", "月"):
        return Term(text, days=_up(value * _DAYS[unit]), fault="unit")
    whole = value == int(value)
    length = value * _YEAR_MONTHS + months if unit == "年" else value
    fault: TermFault = ""
    if not length:
        fault = "zero"
    elif not whole:
        fault = "fraction"
    elif unit == "年":
        fault = "mixed" if months else ""
    elif length >= _YEAR_MONTHS:
        fault = "months"
    return Term(text, months=_up(length), fault=fault)


def _up(value: float) -> int:
    return int(-(-value // 1))


def _number(text: str) -> float | None:
    if text[0].isascii():
        return float(text)
    if "百" in text:
        head, _, tail = text.partition("百")
        hundreds, rest = _number(head or "一"), _number(tail.lstrip("零〇") or "零")
        return None if hundreds is None or rest is None else hundreds * 100 + rest
    if "十" in text:
        head, _, tail = text.partition("十")
        if len(head) > 1 or len(tail) > 1 or "十" in tail:
            return None
        return 10 * (_DIGITS[head] if head else 1) + (_DIGITS[tail] if tail else 0)
    return _DIGITS[text] if len(text) == 1 else None


def last_day(term: Term, issued: date | None, *, inclusive: bool) -> date | None:
    """
    The last day on which a matter is secret; None for a term without an end that a calendar knows.

    Args:
        issued: from when a length runs; None if that isn't known. inclusive: whether the day on which it ends still is secret.
    """
    if term.until is not None:
        end = term.until
    elif issued is None:
        return None
    elif term.months is not None:
        end = months_after(issued, term.months)
    elif term.days is not None:
        try:
            end = issued + timedelta(days=term.days)
        except OverflowError:
            return date.max
    else:
        return None
    return end if inclusive or end == date.min else end - timedelta(days=1)


def exceeds(term: Term, cap: Term, issued: date | None) -> bool:
    """
    Whether a term is longer than a cap, which is a length. A condition never is, for nobody knows its length; a date only
    where it is known from when on it runs.
    """
    if term.permanent:
        return True
    if term.months is not None:
        return cap.months is not None and term.months > cap.months
    if issued is None or cap.months is None:
        return False
    end = last_day(term, issued, inclusive=True)
    return end is not None and end > months_after(issued, cap.months)


def outlasts(term: Term, other: Term, *, issued: date | None, other_issued: date | None) -> bool:
    """Whether a term surely ends later than another one; False where that can't be told."""
    if term.permanent or other.permanent:
        return term.permanent and not other.permanent and not other.condition
    end = last_day(term, issued, inclusive=True)
    other_end = last_day(other, other_issued, inclusive=True)
    if end is not None and other_end is not None:
        return end > other_end
    if issued is None and other_issued is None and term.months is not None and other.months is not None:
        return term.months > other.months
    return False


def issued_on(facts: Facts, document: str, act: Act) -> date | None:
    """
    The day from which the term of a document runs: that of issue, as its registration states it; where it states none and the
    policy of *act* counts from the notice, the day on which its first copies came in or were made. None if unknown.
    """
    stated = facts.stated(document)
    if stated is not None and stated.issue_date:
        return date.fromisoformat(stated.issue_date)
    if facts.value("term.from", act) != "notice":
        return None
    first = next(iter(facts.of(document, "created.received", "created.produced")), None)
    return None if first is None or first.start_us is None else facts.calendar.day(first.start_us)


def ends_on(facts: Facts, document: str, text: str, act: Act) -> date | None:
    """
    The last day on which a document with this term is secret, by the policy of *act*; None where no calendar tells.

    The term runs to the end of its last day, unless `term.end_day` says exclusive.
    """
    term = parse_term(text)
    if term is None:
        return None
    return last_day(term, issued_on(facts, document, act), inclusive=facts.value("term.end_day", act) != "exclusive")


def ended_by_itself(facts: Facts, document: str, act: Act) -> bool:
    """
    Whether a declassification only states that the term had ended, or the condition been met: that opens a matter without
    anybody's decision, so nobody has to propose it, to approve it or to tell of it.
    """
    if act.body.change != "declassified" or document[0] != "d":
        return False
    earlier = [row for index, row in facts.dated(rows.LEVEL, document) if index < act.index]
    stated = levels.standing(earlier).term
    if act.body.ground == "terms_met":
        term = parse_term(stated)
        return term is not None and bool(term.condition)
    return act.body.ground == "expired" and has_ended(facts, document, stated, act)


def has_ended(facts: Facts, document: str, text: str, act: Act) -> bool:
    """Whether the last day of a document's term lay before an act."""
    end = ends_on(facts, document, text, act) if act.start_us is not None else None
    return end is not None and act.start_us is not None and facts.calendar.end_of(end) < act.start_us


# --- marks --------------------------------------------------------------------------------------

_MARK_LEVELS: Final = {
    "绝密": "绝密", "机密": "机密", "秘密": "秘密", "内部": "内部", "工作秘密": "内部", "内部资料": "内部", "内部文件": "内部",
    "无密": "无密", "公开": "无密",
}  # fmt: skip
_DECLASSIFIED: Final = ("解密", "已解密")


def parse_mark(text: str) -> Mark | None:
    """
    A mark as written on a carrier, None if it is none: `密级★期限`, a level alone, or `解密`.

    Spaces are as written out of habit (`机 密`) and don't count. Another star than ★ makes no mark.
    """
    plain = _plain(text)
    if plain in _DECLASSIFIED:
        return Mark("", star=False, term=None, declassified=True)
    word, star, rest = plain.partition("★")
    level = _MARK_LEVELS.get(word)
    if level is None:
        return None
    term = parse_term(rest) if rest else None
    if rest and term is None:
        return None
    return Mark(level, star=bool(star), term=term)


def same_term(one: Term | None, other: Term | None) -> bool:
    """Whether two terms say the same, however they are written: `十年` and `10年`, `12个月` and `1年`."""
    if one is None or other is None:
        return one is other
    return one._replace(text="", fault="") == other._replace(text="", fault="")


def _plain(text: str) -> str:
    """Without spaces, full-width figures as plain ones."""
    return _SPACES.sub("", text).translate({0xFF10 + n: str(n) for n in range(10)} | {0xFF0D: "-", 0xFF0E: "."})
