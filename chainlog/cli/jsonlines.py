"""Strict JSON: one object, or one object a line, with the numbers of the lines. Reads files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from chainlog import limits
from chainlog.errors import FormatError, LimitError


class _TwiceError(ValueError):
    """A key that an object states twice."""


@contextmanager
def opened_bytes(path: str) -> Iterator[IO[bytes]]:
    """A file, or standard input for `-`, to be read as bytes."""
    if path == "-":
        yield sys.stdin.buffer
        return
    with Path(path).open("rb") as file:
        yield file


def json_object(data: bytes, *, path: str) -> dict[str, Any]:
    """
    One JSON object. A key stated twice, NaN and the like are refused: two readers would understand two things.

    Raises: FormatError, LimitError.
    """
    if len(data) > limits.JSON_LINE_BYTES_MAX:
        raise LimitError(f"{len(data)} bytes", path=path, limit=limits.JSON_LINE_BYTES_MAX)
    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_pairs, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise FormatError("not UTF-8", detail_zh="不是 UTF-8 编码", path=path) from error
    except json.JSONDecodeError as error:
        raise FormatError(
            f"not JSON: {error.msg} at character {error.pos + 1}",
            detail_zh=f"不是合法的 JSON：第 {error.pos + 1} 个字符处有误", path=path,
        ) from error  # fmt: skip
    except _TwiceError as error:
        key = error.args[0]
        raise FormatError(f"{key} stands twice", detail_zh=f"{key} 出现两次", path=path) from error
    except (ValueError, RecursionError) as error:
        raise FormatError(f"not JSON: {error}", detail_zh=f"不是合法的 JSON：{error}", path=path) from error
    if not isinstance(value, dict):
        raise FormatError("an object is wanted", path=path)
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1)
        raise _TwiceError(twice)
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def lines_of(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """(number from 1, line) of each line that holds something; a line over the limit ends the reading."""
    number = 0
    while line := file.readline(limits.JSON_LINE_BYTES_MAX + 2):
        number += 1
        if line.strip():
            yield number, line
        if len(line) > limits.JSON_LINE_BYTES_MAX + 1:
            return
