"""Policies as TOML files: reading, with the line of each mistake, and writing. Reads files and shipped profiles.

    inherits = "township"
    profile = "qingxi"
    version = "2025-1"
    effective_at = 2025-01-01
    refuse = ["DES-3"]

    [parameters]
    "cap.绝密" = "30年"
    "min.supervisors" = 2
    "channels.forbidden" = ["courier", "ordinary_post"]
    "every.clearing" = []

With `inherits`, the parameters are those of a shipped profile with the file's own on top; an empty list takes one out. What
is read is always the full set, so a policy in a log stands alone. Nothing but parameters is inherited. Below `parameters`,
tables may stand for the parts of a name: `[parameters.cap]` with `"绝密" = "30年"` is the same.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from chainlog import toml_text
from chainlog.authority.parameters import check_policy, find_parameter
from chainlog.errors import FormatError
from chainlog.event.times import format_time, parse_time
from chainlog.log.genesis import Policy
from chainlog.rules.asking import parameters_near, readers, rules_of_chapters
from chainlog.rules.guard import unknown_rules
from chainlog.rules.profiles import profile_names, profile_text

_BYTES_MAX: Final = 262_144
_KEYS: Final = ("inherits", "profile", "version", "effective_at", "document_no", "refuse", "parameters")
_RULE: Final = re.compile(r"[A-Z]{3}-[0-9]{1,2}")
_TOML_AT: Final = re.compile(r"(.*) \(at line (\d+), column \d+\)")
_HEADER: Final = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")
_KEY_LINE: Final = re.compile(
    r"""\s*((?:"[^"]*"|'[^']*'|[^\s=."'#]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[^\s=."'#]+))*)\s*="""
)
_KEY_PART: Final = re.compile(r"""\s*("[^"]*"|'[^']*'|[^\s."']+)\s*(?:\.|$)""")


def read_policy(path: str, *, offset_minutes: int, now_us: int) -> Policy:
    """
    A policy from a TOML file.

    Args:
        offset_minutes: zone of times that state none. now_us: taken where `effective_at` is not stated.

    Raises: FormatError naming file and line; OSError as the system gives it.
    """
    with Path(path).open("rb") as file:
        data = file.read(_BYTES_MAX + 1)
    if len(data) > _BYTES_MAX:
        raise FormatError("too large for a policy", detail_zh="文件过大，不像制度文件", path=path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError("not UTF-8", detail_zh="不是 UTF-8 编码", path=path) from error
    return parse_policy(text, name=path, offset_minutes=offset_minutes, now_us=now_us)


def parse_policy(text: str, *, name: str, offset_minutes: int, now_us: int) -> Policy:
    """As `read_policy`, of a text; *name* is what errors call it."""
    reading = _Reading(text, name)
    content = reading.content
    for key in content:
        if key not in _KEYS:
            raise reading.fault(
                (key,), f"unknown; known are {', '.join(_KEYS)}", f"未知的项；可用的有 {'、'.join(_KEYS)}"
            )
    for key in ("profile", "version"):
        if not isinstance(content.get(key), str) or not content[key].strip():
            raise reading.fault((key,), "a text is wanted", "应为文字")
    if not isinstance(content.get("document_no", ""), str):
        raise reading.fault(("document_no",), "a text is wanted", "应为文字")
    refuse = content.get("refuse", [])
    if not isinstance(refuse, list) or any(not isinstance(rule, str) or not _RULE.fullmatch(rule) for rule in refuse):
        raise reading.fault(("refuse",), "a list of rules like DES-3 is wanted", "应为规则编号列表，如 DES-3")
    reading.check_rules(("refuse",), refuse)
    parameters = _parameters(reading)
    effective = _effective(content.get("effective_at"), offset_minutes, now_us)
    if effective is None:
        raise reading.fault(("effective_at",), "a date or a time is wanted", "应为日期或时间")
    return Policy(
        profile=content["profile"], version=content["version"], effective_at_us=effective, parameters=parameters,
        refuse=sorted(set(refuse)), document_no=content.get("document_no"),
    )  # fmt: skip


class _Reading:
    """The content of a TOML text, and where its keys stand."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        try:
            self.content: dict[str, Any] = toml_text.loads(text)
        except tomllib.TOMLDecodeError as error:
            match = _TOML_AT.fullmatch(str(error))
            path, reason = (f"{name}:{match[2]}", match[1]) if match else (name, str(error))
            raise FormatError(f"not TOML: {reason}", detail_zh=f"不是合法的 TOML：{reason}", path=path) from error
        self._lines = dict(_lines(text))

    def fault(self, key: tuple[str, ...], en: str, zh: str) -> FormatError:
        """What is wrong with a key, with its line; the line of what it stands in, where it has none."""
        line = next((self._lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in self._lines), 1)
        shown = ".".join(key)
        return FormatError(f"{shown}: {en}", detail_zh=f"{shown}：{zh}", path=f"{self.name}:{line}")

    def check_rules(self, key: tuple[str, ...], rules: Iterable[str]) -> None:
        """Raise FormatError for rules that this release doesn't have: a misspelt one would switch nothing."""
        unknown = unknown_rules(rules)
        if unknown:
            names, near = ", ".join(unknown), rules_of_chapters(unknown)
            there_are = (f"; there are {', '.join(near)}", f"；现有 {'、'.join(near)}") if near else ("", "")
            raise self.fault(
                key, f"this release knows no rule {names}{there_are[0]}", f"本版本没有规则 {names}{there_are[1]}"
            )


def _parameters(reading: _Reading) -> dict[str, list[str]]:
    """The full set: what is inherited, with the file's own on top."""
    content = reading.content
    inherits = content.get("inherits")
    known = profile_names()
    if inherits is not None and inherits not in known:
        zh = f"没有此内置制度；内置的有 {'、'.join(known)}"
        raise reading.fault(("inherits",), f"no shipped profile; there are {', '.join(known)}", zh)
    found = {} if inherits is None else profile_parameters(inherits)
    table = content.get("parameters", {})
    if not isinstance(table, Mapping):
        raise reading.fault(("parameters",), "a table is wanted", "应为表")
    stated: set[str] = set()
    for path, value in _leaves(table, ("parameters",)):
        name = ".".join(path[1:])
        if name in stated:
            raise reading.fault(path, "stated twice", "重复")
        stated.add(name)
        if value == [] and inherits is not None:
            if found.pop(name, None) is None:
                raise reading.fault(
                    path, f"{inherits} has no such parameter to take out", f"{inherits} 没有此参数，无可去除"
                )
            continue
        found[_checked(path, value, reading)] = _texts(value)
    return found


def profile_parameters(name: str) -> dict[str, list[str]]:
    """The parameters of a shipped profile, which inherits from none. Raises NotFoundError."""
    reading = _Reading(profile_text(name), f"{name}.toml")
    leaves = _leaves(reading.content["parameters"], ("parameters",))
    return {_checked(path, value, reading): _texts(value) for path, value in leaves}


def find_policy(text: str, *, offset_minutes: int, now_us: int) -> Policy | None:
    """A shipped profile by its name, or the policy of a TOML file; None if *text* is neither. Raises as `read_policy`."""
    if text in profile_names():
        return parse_policy(profile_text(text), name=text, offset_minutes=offset_minutes, now_us=now_us)
    if Path(text).exists() or text.endswith(".toml"):
        return read_policy(text, offset_minutes=offset_minutes, now_us=now_us)
    return None


def _leaves(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _checked(key: tuple[str, ...], value: Any, reading: _Reading) -> str:
    """The name of a parameter whose value is of its type."""
    name = ".".join(key[1:])
    parameter = find_parameter(name)
    if parameter is None:
        near = parameters_near(name)
        en = f"did you mean {' or '.join(near)}?" if near else "chainlog policy LOG template lists those in use"
        zh = f"相近的有 {'、'.join(near)}" if near else "chainlog policy 日志 template 列出现行的"
        raise reading.fault(key, f"unknown policy parameter; {en}", f"没有此参数；{zh}")
    values = _texts(value)
    if not values:
        takes = parameter.values
        raise reading.fault(key, f"a value is wanted; write {takes.en}", f"缺少值：{takes.zh}")
    try:
        check_policy({name: values})
    except FormatError as error:
        raise reading.fault(key, error.detail, error.fields["detail_zh"]) from error
    if name == "rules.without":
        reading.check_rules(key, values)
    elif name.startswith(("strict.", "severity.")):
        reading.check_rules(key, [name.partition(".")[2]])
    return name


def _texts(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [str(value)]


def _effective(value: Any, offset_minutes: int, now_us: int) -> int | None:
    """A day begins at its first microsecond."""
    if value is None:
        return now_us
    try:
        if isinstance(value, datetime | date):
            return parse_time(value.isoformat(), offset_minutes=offset_minutes)[0]
        if isinstance(value, str):
            start, _ = parse_time(value, offset_minutes=offset_minutes)
            return start
    except FormatError:
        pass
    return None


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Where each key of a TOML text stands. Multi-line strings could fool it; then a line is merely misnamed."""
    header: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADER.fullmatch(line):
            header = _parts(match[1])
            yield header, number
        elif match := _KEY_LINE.match(line):
            yield (*header, *_parts(match[1])), number


def _parts(key: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _KEY_PART.findall(key))


def format_policy(body: Any, *, offset_minutes: int, lang: str) -> str:
    """A policy (a typed body) as a TOML text that `read_policy` takes, each parameter with what it means."""
    comment = {
        "zh": "参数的含义与读取它的规则写在行尾",
        "en": "what a parameter means and which rules read it stands behind it",
    }
    lines = [
        f"# {comment['zh' if lang == 'zh' else 'en']}",
        f"profile = {_quoted(body.profile)}",
        f"version = {_quoted(body.version)}",
        f"effective_at = {_quoted(format_time(body.effective_at, offset_minutes=offset_minutes))}",
        f"refuse = [{', '.join(_quoted(rule) for rule in body.refuse)}]",
    ]
    if body.document_no:
        lines.append(f"document_no = {_quoted(body.document_no)}")
    lines += ["", "[parameters]"]
    for name, values in body.parameters:
        parameter = find_parameter(name)
        shown = _quoted(values[0]) if len(values) == 1 else f"[{', '.join(_quoted(value) for value in values)}]"
        meaning = "" if parameter is None else parameter.zh if lang == "zh" else parameter.en
        about = f"  # {meaning} {' '.join(readers(name))}".rstrip(" #")
        lines.append(f"{_quoted(name)} = {shown}{about}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
