"""TOML from anywhere: what nobody writes is refused before or after it is parsed, as text that is no TOML. Pure.

Python's parser takes time by the square of a dotted key's parts, and fails with errors of its own at deep nesting and at long numbers.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, Final

LINE_CHARACTERS_MAX: Final = 16_384
DOTS_MAX: Final = 100
"""In one line that is no comment. Keys have a few, lists of numbers some more."""
DEPTH_MAX: Final = 32


def loads(text: str) -> dict[str, Any]:
    """
    The content of a TOML text.

    Raises: tomllib.TOMLDecodeError for anything that isn't TOML, for a line over LINE_CHARACTERS_MAX or DOTS_MAX, and for more than DEPTH_MAX tables
    and lists in each other.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LINE_CHARACTERS_MAX:
            raise tomllib.TOMLDecodeError(f"a line of {len(line)} characters (at line {number}, column 1)")
        if (dots := line.count(".")) > DOTS_MAX and not line.lstrip().startswith("#"):
            raise tomllib.TOMLDecodeError(f"a line of {dots} dots (at line {number}, column 1)")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as error:
        raise tomllib.TOMLDecodeError("nested too deeply") from error
    except ValueError as error:
        raise tomllib.TOMLDecodeError(str(error)) from error
    _check_depth(content)
    return content


def _check_depth(content: dict[str, Any]) -> None:
    """Without recursion: whoever walks the content then may recurse."""
    level: list[Any] = [content]
    for _ in range(DEPTH_MAX):
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return
    raise tomllib.TOMLDecodeError("nested too deeply")


def _inner(value: Any) -> list[Any]:
    values = value.values() if isinstance(value, Mapping) else value
    return [inner for inner in values if isinstance(inner, Mapping | list)]
