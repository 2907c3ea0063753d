"""The parts of FORMAT.md that come from tables in the code: kinds, fields, codes, parameters, limits. Pure."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from chainlog import codes, digest, limits
from chainlog.authority.parameters import CATALOGUE, DURATION, Parameter
from chainlog.canon.text import REPERTOIRE_SHA256, repertoire
from chainlog.event import types
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import ROLES, Kind
from chainlog.event.subject import PREFIXES
from chainlog.event.types import COMMON, FieldType

NAMED_VALUES: Final[Mapping[int, str]] = {
    id(getattr(types, name)): name.lower() for name in ("LEVEL", "FORM", "CHANNEL", "PHASE", "STEP", "CONDITION")
}

# Families in the order of the table, and what their events are about.
FAMILIES: Final[Mapping[str, str]] = {
    "created": "建立: carriers enter the books",
    "registered": "登记: registers and marks",
    "transferred": "流转: custody or place moves on",
    "returned": "收回: back to keeper or issuer",
    "copied": "复制: new carriers from others",
    "destroyed": "销毁: carriers or contents end",
    "listed": "造册: lists",
    "decided": "审批: decisions",
    "accessed": "接触: somebody learns the content",
    "checked": "查验: counts, stock, examinations",
    "reported": "报告: incidents",
    "notified": "通知: somebody is told",
    "corrected": "更正: corrections and late signatures",
    "declared": "声明 (registry): units, places, persons, calendar, meetings",
    "appointed": "任免 (registry): posts, clearances, credentials",
    "enrolled": "密钥 (registry): keys and administrators",
    "log_opened": "日志自身 (registry): the log itself",
}
_JOINED: Final = {
    "marked": "registered", "countersigned": "corrected", "dismissed": "appointed", "departed": "appointed",
    "revoked": "enrolled", "administered": "enrolled", "log_key_changed": "enrolled", "policy_adopted": "log_opened",
    "index_committed": "log_opened", "erased": "log_opened", "recovered": "log_opened", "format_adopted": "log_opened",
    "log_closed": "log_opened",
}  # fmt: skip


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [list(head)]
    lines.append(["---"] * len(lines[0]))
    lines += [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def family(kind: Kind) -> str:
    """The key of FAMILIES under which a kind is shown."""
    first = kind.name.partition(".")[0]
    return _JOINED.get(first, first)


def by_family() -> Iterator[tuple[str, list[Kind]]]:
    """Every kind, once, in the order of the table."""
    for name in FAMILIES:
        yield name, [kind for kind in KINDS.values() if family(kind) == name]
    lost = [kind.name for kind in KINDS.values() if family(kind) not in FAMILIES]
    if lost:
        raise AssertionError(f"no family for {lost}")


# --- types of fields ------------------------------------------------------------------------------


def bounds(field: FieldType) -> dict[str, Any]:
    """The bounds that a type's annotation states: ge, le, min_length, max_length, pattern."""
    found: dict[str, Any] = {}
    for part in (field.annotation, *typing.get_args(field.annotation)):
        for meta in getattr(part, "__metadata__", ()):
            if isinstance(meta, msgspec.Meta):
                stated = {name: getattr(meta, name) for name in ("ge", "le", "min_length", "max_length", "pattern")}
                found.update({name: value for name, value in stated.items() if value is not None})
    return found


def words(values: Mapping[str, str]) -> str:
    """The codes of an enumeration with their Chinese words."""
    return " · ".join(f"`{code}`" if code == word else f"`{code}` {word}" for code, word in values.items())


def shown(field: FieldType) -> str:
    """One type in a line."""
    if field.values:
        return NAMED_VALUES.get(id(field)) or f"one of {words(field.values)}"
    if field.item is not None:
        limit = bounds(field)
        least, most = limit.get("min_length", 0), limit["max_length"]
        size = "" if (least, most) == (0, limits.SUBJECTS_MAX) else f" {least}–{most}"
        return f"[{shown(field.item)}]{size}"
    if field.name.startswith("["):
        return "[" + ", ".join(shown(inner) for inner in field.fields.values()) + "]"
    return field.name


def field_list(fields: Mapping[str, FieldType]) -> str:
    """All fields of a map in a line."""
    return "; ".join(f"`{name}` {shown(field)}" for name, field in fields.items())


def nested(fields: Iterable[FieldType]) -> Iterator[FieldType]:
    """The types and all types inside them."""
    for field in fields:
        yield field
        if field.item is not None:
            yield from nested([field.item])
        yield from nested(field.fields.values())


def _named_maps() -> dict[str, FieldType]:
    found: dict[str, FieldType] = {}
    for kind in KINDS.values():
        for field in nested(kind.fields.values()):
            if field.fields and not field.name.startswith("["):
                if shown(found.setdefault(field.name, field)) != shown(field):
                    raise AssertionError(f"two types are called {field.name}")
                if field_list(found[field.name].fields) != field_list(field.fields):
                    raise AssertionError(f"two maps are called {field.name}")
    return found


SCALARS: Final[Mapping[str, str]] = {
    "Text": f"`str` of 1 to {limits.TEXT_BYTES_MAX:,} bytes, or a sealed value (section 8)",
    "str": "`str` of 1 to 256 code points",
    "json": f"`str` of 1 to {limits.TEXT_BYTES_MAX:,} bytes: a JSON text; a verifier doesn't parse it",
    "int": "integer within ±(2⁵³−1)",
    "count": "integer from 0 to 2⁵³−1",
    "bool": "`true` or `false`",
    "time": "integer within ±(2⁵³−1): microseconds since 1970 in UTC",
    "date": "`str` `YYYY-MM-DD` (2.11)",
    "hash": "`bin` of 32 bytes",
    "key": "`[1, bin of 32 bytes]`: an Ed25519 public key",
    "signature": "`bin` of 64 bytes",
    "C": "position of a carrier in `subjects`",
    "D": "position of a document in `subjects`",
    "L": "position of a list in `subjects`",
    "I": "position of an incident in `subjects`",
    "P": "`str`: a subject `p/…`",
    "U": "`str`: a subject `u/…`",
    "W": "`str`: a subject `w/…`",
    "P|U": "`str`: a subject `p/…` or `u/…`",
    "subject": "`str`: a subject `c/… d/… p/… l/… i/… u/… w/…`",
    "U|W|D|L": "`str`: a subject `u/… w/… d/… l/…`",
}


def types_text() -> str:
    """A.1: scalars, enumerations with names of their own, maps and arrays."""
    used = {field.name for kind in KINDS.values() for field in nested(kind.fields.values())}
    used -= {"one of"}
    maps = _named_maps()
    unknown = {name for name in used if not name.startswith("[")} - set(SCALARS) - set(maps)
    if unknown:
        raise AssertionError(f"types without a description: {sorted(unknown)}")
    rows = [(f"`{name}`", text) for name, text in SCALARS.items() if name in used]
    rows += [
        (f"`{name}`", words(getattr(types, name.upper()).values)) for name in NAMED_VALUES.values()
    ]  # fmt: skip
    for name, field in sorted(maps.items()):
        if all(key.isdigit() for key in field.fields):
            rows.append((f"`{name}`", "[" + ", ".join(shown(inner) for inner in field.fields.values()) + "]"))
        else:
            rows.append((f"`{name}`", "map: " + field_list(field.fields)))
    lists = (
        "Lists are `[type]`, of 0 to 256 elements unless a number stands behind. A field whose name ends in `?` may be "
        "absent; the `?` is no part of the name. Enumerations are `str`, exactly one of the codes.\n\n"
    )
    return lists + table(("type", "value"), rows)


def common_text() -> str:
    """A.2."""
    return table(("field", "type"), [(f"`{name}`", shown(field)) for name, field in COMMON.items()])


def signs_text(kind: Kind) -> str:
    """Who signs by default."""
    if kind.by_step:
        return "by `step`: " + ", ".join(f"`{step}` {role}" for step, role in kind.by_step.items())
    must = [f"{role}×{count}" if count > 1 else role for role, count in kind.signs.items()]
    return ", ".join([*must, *(f"({role})" for role in kind.may_sign)]) or "whoever joins the act"


def subjects_text(kind: Kind) -> str:
    """The rows of 3.3, keys left out: they follow from the body."""
    rows = [" ".join(word for word in row.split() if word[0] != "k") for row in kind.subjects]
    return " *or* ".join(f"`{row}`" if row else "none" for row in rows)


def moves_text(kind: Kind) -> str:
    """What it moves, and whether it acts on lists."""
    if kind.moves == "r":
        return "registry"
    parts = [f"`{prefix}`" for prefix in kind.moves]
    if kind.acts_on_list and "l" not in kind.moves:
        parts.append("list")
    return " ".join(parts) or "–"


def kinds_text() -> str:
    """A.3."""
    parts = []
    for name, kinds in by_family():
        rows = [
            (
                f"`{kind.name}` {kind.zh}",
                field_list(kind.own) or "none",
                subjects_text(kind),
                signs_text(kind),
                moves_text(kind),
            )
            for kind in kinds
        ]
        parts.append(f"**{FAMILIES[name]}**\n\n" + table(("kind", "fields", "subjects", "signs", "moves"), rows))
    return "\n".join(parts)


# --- the rest -------------------------------------------------------------------------------------


def roles_text() -> str:
    """The closed list of roles."""
    return table(("role", "中文", "who"), [(f"`{role}`", zh, en) for role, (zh, en) in ROLES.items()])


def prefixes_text() -> str:
    """The prefixes of subjects."""
    rows = [(f"`{prefix}/`", zh, en) for prefix, (zh, en) in PREFIXES.items()]
    return table(("prefix", "中文", "what"), rows)


def codes_text() -> str:
    """Appendix B."""
    return table(
        ("code", "answer", "meaning", "中文"),
        [(f"`{name}`", code.answer, code.en, code.zh) for name, code in codes.CODES.items()],
    )


def values_text(parameter: Parameter) -> str:
    """What one value of a parameter is."""
    check: Callable[[str], bool] = parameter.check
    if check is bool:
        return "text"
    code = getattr(check, "__code__", None)
    cells = dict(zip(code.co_freevars, check.__closure__ or (), strict=True)) if code is not None else {}
    held = {name: cell.cell_contents for name, cell in cells.items()}
    if "values" in held:
        return " ".join(f"`{value}`" for value in held["values"])
    if "least" in held:
        return f"whole number {held['least']} to {held['most']}"
    pattern = held["pattern"]
    if pattern == DURATION.pattern:
        return "duration"
    if "proposer" in pattern:
        return "`role`, `role*2`, `(role)`"
    return f"`{pattern}`"


def parameters_text() -> str:
    """Appendix C."""
    rows = [(f"`{p.names}`", values_text(p), "several" if p.many else "one", p.zh, p.en) for p in CATALOGUE]
    return table(("name", "value", "values", "中文", "English"), rows)


_LIMITS: Final = (
    ("integers", "INTEGER_MAX", "2⁵³−1 either way"),
    ("nesting", "NESTING_MAX", "arrays and maps"),
    ("key of a map", "MAP_KEY_BYTES_MAX", "bytes"),
    ("kind", "KIND_BYTES_MAX", "bytes"),
    ("subject", "SUBJECT_BYTES_MAX", "bytes"),
    ("subjects of an event", "SUBJECTS_MAX", ""),
    ("of these not persons", "SUBJECTS_NOT_PERSONS_MAX", ""),
    ("subjects of an event whose row isn't target", "SUBJECTS_OF_ACT_MAX", "3.3"),
    ("people", "PEOPLE_MAX", ""),
    ("signatures", "SIGNATURES_MAX", ""),
    ("signatures of one person in one role", "SIGNS_PER_PERSON_MAX", ""),
    ("references", "REFS_MAX", ""),
    ("role", "ROLE_BYTES_MAX", "bytes"),
    ("event id", "EVENT_ID_BYTES", "bytes, exactly"),
    ("body", "BODY_BYTES_MAX", "bytes"),
    ("a text of the body", "TEXT_BYTES_MAX", "bytes"),
    ("attachments", "ATTACHMENTS_MAX", ""),
    ("copy numbers of a count", "COPY_NUMBERS_MAX", ""),
    ("administrators", "ADMINISTRATORS_MAX", ""),
    ("threshold, at least", "THRESHOLD_MIN", ""),
    ("recovery keys", "RECOVERY_KEYS_MAX", ""),
    ("name of a log", "LOG_NAME_BYTES_MAX", "bytes"),
    ("expiry after the first signature", "EXPIRY_MAX_US", "microseconds: 31 days"),
    ("events of a subject searched for a move", "WALK_STEPS_MAX", ""),
    ("base that isn't old", "BASE_DISTANCE_MAX", "records back, and 31 days"),
    ("record", "RECORD_BYTES_MAX", "bytes"),
    ("draft file", "DRAFT_FILE_BYTES_MAX", "bytes"),
    ("key file", "KEY_FILE_BYTES_MAX", "bytes"),
    ("note", "NOTE_BYTES_MAX", "bytes"),
    ("signature lines of a note", "NOTE_SIGNATURES_MAX", ""),
    ("receipt", "RECEIPT_BYTES_MAX", "bytes"),
    ("pin", "PIN_FILE_BYTES_MAX", "bytes"),
    ("evidence of a conflict", "CONFLICT_FILE_BYTES_MAX", "bytes"),
    ("evidence of a false map", "FALSE_MAP_BYTES_MAX", "bytes"),
    ("bundle", "BUNDLE_FILE_BYTES_MAX", "bytes"),
    ("records of a bundle", "BUNDLE_RECORDS_MAX", ""),
    ("subjects that a bundle is about", "BUNDLE_SUBJECTS_MAX", ""),
    ("proofs from the map in a bundle", "BUNDLE_PROOFS_MAX", ""),
    ("openings in a bundle", "BUNDLE_OPENINGS_MAX", ""),
    ("tokens in a bundle", "BUNDLE_TOKENS_MAX", ""),
    ("time stamp", "TIMESTAMP_BYTES_MAX", "bytes"),
)


def limits_text() -> str:
    """Section 4."""
    rows = [(what, f"{getattr(limits, name):,}", unit) for what, name, unit in _LIMITS]
    return table(("what", "at most", "unit, remark"), rows)


_HASHES: Final = (
    ("RECORD", "record: link of the chain, leaf of the tree"), ("NODE", "inner node of the tree"),
    ("SEALED", "sealed value"), ("EVENT", "event"), ("MAP_PATH", "path in the map"), ("MAP_LEAF", "leaf of the map"),
    ("MAP_INNER", "inner node of the map"), ("LIST", "digest of a list"), ("IMPORT", "derived event id"),
    ("BUNDLE", "bundle (reserved)"),
)  # fmt: skip


def hashes_text() -> str:
    """Section 10."""
    rows = [(f"`{getattr(digest, name).hex()}`", what) for name, what in _HASHES]
    if len({row[0] for row in rows}) != len(rows):
        raise AssertionError("two hashes share a prefix")
    return table(("first byte", "of the hash of"), rows)


def inline() -> dict[str, str]:
    """Values that stand inside a line."""
    ranges = repertoire()
    count = sum(last - first + 1 for first, last in ranges)
    return {
        "repertoire": f"`{REPERTOIRE_SHA256}`",
        "repertoire_counts": f"{len(ranges):,} ranges, {count:,} code points",
        "largest_record": f"{limits.RECORD_BYTES_MAX:,}",
        "largest_event": f"{limits.largest_event_bytes():,}",
    }


def blocks() -> dict[str, str]:
    """Text by the name of its marks, for whole paragraphs."""
    return {
        "roles": roles_text(),
        "prefixes": prefixes_text(),
        "limits": limits_text(),
        "prefixes_of_hashes": hashes_text(),
        "types": types_text(),
        "common": common_text(),
        "kinds": kinds_text(),
        "codes": codes_text(),
        "parameters": parameters_text(),
    }
