"""Chinese numerals up to 99, everyday (十二) and financial (拾贰). Pure."""

from __future__ import annotations

import re
from typing import Final

_DIGITS: Final = {
    char: value
    for value, chars in enumerate(
        ("零〇", "一壹", "二贰两弍", "三叁叄", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
    )
    for char in chars
}
_FINANCIAL: Final = str.maketrans({"拾": "十", "貳": "贰"})
_NUMBER: Final = re.compile(r"(?P<tens>\w)?十(?P<ones>\w)?|(?P<digit>\w)")


def chinese_number(text: str) -> int | None:
    """The value of a numeral from 零 to 九十九; None where the text is none, or reads digit by digit (一二)."""
    match = _NUMBER.fullmatch(text.translate(_FINANCIAL))
    if match is None:
        return None
    if match["digit"]:
        return _DIGITS.get(match["digit"])
    tens = _DIGITS.get(match["tens"]) if match["tens"] else 1
    ones = _DIGITS.get(match["ones"]) if match["ones"] else 0
    if not tens or ones is None or (match["ones"] and ones == 0):
        return None
    return 10 * tens + ones
