"""Fields of events as people type them, read by the one table of kinds. Pure.

What comes out is the JSON form (`event.jsonform`), so that options, prompts and files take one way into the log. Words of
enumerations are taken in Chinese too. `check_fields` says what is wrong in words before the strict decoder does.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from chainlog.errors import FormatError, UsageError
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import ROLES, Kind
from chainlog.event.labels import field_zh
from chainlog.event.subject import PREFIXES, check_subject, fold
from chainlog.event.types import FieldType

_YES: Final = frozenset({"true", "yes", "1", "是", "有"})
_NO: Final = frozenset({"false", "no", "0", "否", "无"})
_PREFIXED: Final = frozenset(f"{prefix}/" for prefix in "cdilpuw")
_WHO: Final = re.compile(r"(?P<role>[a-z]+)=(?P<person>[^=]+?)(?::(?P<signs>[0-9]))?")


def read_fields(kind: Kind, pairs: Iterable[str]) -> dict[str, Any]:
    """
    `field=value` texts as the body in its JSON form.

    A name may be dotted (`document.title`, `items.0.carrier`); a list's field stated again adds an element; a value that
    begins with [ or { is JSON where the field holds a list or a map.
    Raises: UsageError naming the field.
    """
    body: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"{pair} is not field=value", detail_zh=f"“{pair}”应写作 字段=值")
        put_field(kind, body, name.strip(), text)
    return body


def put_field(kind: Kind, body: dict[str, Any], name: str, text: str) -> None:
    """Put one typed text into the body where its dotted name says. Raises UsageError naming the field."""
    steps = name.split(".")
    fields: Mapping[str, FieldType] = kind.fields
    place: Any = body
    field: FieldType | None = None
    key: str | int
    for depth, step in enumerate(steps):
        last = depth == len(steps) - 1
        if isinstance(place, list):
            if field is None or field.item is None or not step.isdecimal() or int(step) > len(place):
                raise UsageError(f"{name}: no element {step}", detail_zh=f"{name}：没有第 {step} 个元素")
            field, key = field.item, int(step)
            if key == len(place):
                place.append(None)
        else:
            field, key = _find(kind, fields, step, name), step
        if last:
            _set(place, key, field, text, name)
            return
        fields = field.fields
        empty: Any = [] if field.item is not None else {}
        if isinstance(place, dict):
            place = place.setdefault(key, empty)
        else:
            place[key] = empty if place[key] is None else place[key]
            place = place[key]


def _find(kind: Kind, fields: Mapping[str, FieldType], step: str, name: str) -> FieldType:
    found = fields.get(step) or fields.get(f"{step}?")
    if found is None:
        known = [key.rstrip("?") for key in fields]
        near = difflib.get_close_matches(step, known, n=3)
        own = ", ".join(near or known[: len(kind.own) or None])
        raise UsageError(
            f"{kind.name} has no field {name}; {'did you mean' if near else 'its fields are'} {own}",
            detail_zh=f"{kind.zh}（{kind.name}）没有字段 {name}；{'相近的有' if near else '字段有'} {own}",
        )
    return found


def _set(place: Any, key: Any, field: FieldType, text: str, name: str) -> None:
    if field.item is not None and not text.lstrip().startswith("["):
        value = typed(field.item, text, name)
        if isinstance(place, dict):
            place.setdefault(key, []).append(value)
        else:
            place[key] = [value]
        return
    place[key] = typed(field, text, name)


def typed(field: FieldType, text: str, name: str) -> Any:
    """
    One typed text as the JSON value of a field.

    Raises: UsageError that says what is wanted.
    """
    text = text.strip()
    if field.values:
        return enumeration(field, text, name)
    if field.name == "bool":
        if text.lower() in _YES | _NO:
            return text.lower() in _YES
        raise UsageError(f"{name}: yes or no is wanted, not {text}", detail_zh=f"{name}：应为 是 或 否，写的是“{text}”")
    if field.name in ("int", "count", "alg"):
        if re.fullmatch(r"-?[0-9]{1,16}", text):
            return int(text)
        raise UsageError(f"{name}: a whole number is wanted, not {text}", detail_zh=f"{name}：应为整数，写的是“{text}”")
    if field.item is not None or field.fields:
        return _compound(field, text, name)
    if field.name == "Text" and text.startswith("{"):
        return _json(text, name)
    prefixes = field.subject or field.position
    if prefixes and (text[:1] not in prefixes or text[1:2] not in "/／" or len(text) < 3):
        shapes = " ".join(f"{prefix}/…" for prefix in prefixes)
        raise UsageError(
            f"{name}: {shapes} is wanted, not {text}", detail_zh=f"{name}：应写作 {shapes}，写的是“{text}”"
        )
    if not text:
        raise UsageError(f"{name}: empty", detail_zh=f"{name}：值为空")
    return text


def enumeration(field: FieldType, text: str, name: str) -> str:
    """The code of a word of an enumeration, given as code or in Chinese. Raises UsageError listing them."""
    if text in field.values:
        return text
    for code, zh in field.values.items():
        if text and text in (zh, *re.split("[（）/]", zh)):
            return code
    raise UsageError(
        f"{name}: {text or '(empty)'} is none of {', '.join(field.values)}",
        detail_zh=f"{name}：没有“{text}”；可选 {words_zh(field)}",
    )


def words_zh(field: FieldType) -> str:
    """The words of an enumeration as `code 词`."""
    return "、".join(code if code == zh else f"{code} {zh}" for code, zh in field.values.items())


def _compound(field: FieldType, text: str, name: str) -> Any:
    if text.startswith(("[", "{")):
        return _json(text, name)
    # An array of fixed places, like a holiday: name, first day, last day.
    places = list(field.fields.values())
    parts = [part.strip() for part in re.split("[,，]", text)]
    if field.item is None and all(key.isdecimal() for key in field.fields) and len(parts) == len(places):
        return [typed(place, part, name) for place, part in zip(places, parts, strict=True)]
    if field.item is None and all(key.isdecimal() for key in field.fields):
        raise UsageError(
            f"{name}: {len(places)} parts with commas are wanted, not {text}",
            detail_zh=f"{name}：应为以逗号分隔的 {len(places)} 项，写的是“{text}”",
        )
    raise UsageError(f"{name}: JSON is wanted, not {text}", detail_zh=f"{name}：应为 JSON，写的是“{text}”")


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"{name}: not JSON: {error}", detail_zh=f"{name}：不是合法的 JSON：{error}") from error


def read_who(words: Iterable[str]) -> list[tuple[str, str, int | None]]:
    """
    `role=person` or `role=person:signs` texts; roles in English or Chinese. None: as policy and kind want it.

    Raises: UsageError listing the roles.
    """
    found: list[tuple[str, str, int | None]] = []
    chinese = {part: role for role, (zh, _) in ROLES.items() for part in re.split("[/（）]", zh) if part}
    for word in words:
        role, equals, rest = word.partition("=")
        role = chinese.get(role.strip(), role.strip())
        match = _WHO.fullmatch(f"{role}={rest}") if equals else None
        if match is None or role not in ROLES:
            listed = "、".join(f"{name} {zh}" for name, (zh, _) in ROLES.items())
            raise UsageError(
                f"{word} is not role=person; roles are {', '.join(ROLES)}",
                detail_zh=f"“{word}”应写作 角色=人员；角色有 {listed}",
            )
        signs = match["signs"]
        found.append((role, match["person"], None if signs is None else int(signs)))
    return found


def kind_of(text: str) -> Kind:
    """The kind that a person names, in English or Chinese. Raises UsageError with what may have been meant."""
    found = KINDS.get(text)
    if found is not None:
        return found
    named = [kind for kind in KINDS.values() if text and text in (kind.zh, *kind.zh.split("/"))]
    if len(named) == 1:
        return named[0]
    near = [kind.name for kind in named] or difflib.get_close_matches(text, KINDS, n=3)
    en, zh = (f"; did you mean {', '.join(near)}?", f"；相近的有 {'、'.join(near)}") if near else ("", "")
    raise UsageError(
        f"there is no kind {text}{en}",
        detail_zh=f"没有事件类型“{text}”{zh}",
        hint=("chainlog kinds 列出全部类型", "chainlog kinds lists them"),
    )


def check_prefix(subject: str) -> None:
    """Raise UsageError for a subject typed without the letter that says what it is."""
    if fold(subject)[:2] in _PREFIXED or fold(subject)[:2] in ("s/", "k/"):
        return
    shapes = [f"{prefix}/{subject}" for prefix in ("c", "d", "p")]
    zh = "、".join(f"{PREFIXES[shape[0]][0]} {shape}" for shape in shapes)
    raise UsageError(
        f"{subject} is no subject: write {', '.join(shapes)}, or another of {' '.join(sorted(_PREFIXED))}",
        detail_zh=f"“{subject}”缺少前缀：应写作 {zh} 等",
    )


def person_of(text: str) -> str:
    """A person's subject as typed, folded. Raises UsageError for anything that is no `p/…`."""
    person = fold(text)
    if not person.startswith("p/"):
        raise UsageError(f"{text} is no person: write p/…", detail_zh=f"“{text}”不是人员：应写作 p/姓名")
    return check_subject(person, path="PERSON")


def check_fields(kind: Kind, body: Mapping[str, Any]) -> None:
    """
    Say in words which field of a JSON body is unknown, missing, or not one of its words. The rest is the decoder's.

    Raises: FormatError with the path.
    """
    _check_map(kind.fields, body, "$.body", kind.name)


def _check_map(fields: Mapping[str, FieldType], body: Mapping[str, Any], path: str, within: str) -> None:
    known = {key.rstrip("?"): field for key, field in fields.items()}
    for key in body:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=3)
            en = f"; did you mean {', '.join(near)}?" if near else f"; known: {', '.join(known)}"
            zh = f"；相近的有 {'、'.join(near)}" if near else f"；字段有 {'、'.join(known)}"
            raise FormatError(f"no such field{en}", detail_zh=f"没有此字段{zh}", path=f"{path}.{key}")
    for key in fields:
        if not key.endswith("?") and key not in body:
            raise FormatError(
                "this field is missing, and wanted",
                detail_zh=f"缺少必填的“{field_zh(key, within=within)}”",
                path=f"{path}.{key}",
            )
    for key, value in body.items():
        _check_value(known[key], value, f"{path}.{key}")


def _check_value(field: FieldType, value: Any, path: str) -> None:
    if field.values and value not in field.values:
        raise FormatError(
            f"{value} is none of {', '.join(field.values)}",
            detail_zh=f"没有“{value}”；可选 {words_zh(field)}",
            path=path,
        )
    if field.item is not None and isinstance(value, list | tuple):
        for i, item in enumerate(value):
            _check_value(field.item, item, f"{path}[{i}]")
    elif field.fields and isinstance(value, Mapping):
        _check_map(field.fields, value, path, field.name)
