"""`chainlog kinds`: the vocabulary, from the one table. Pure but for printing."""

from __future__ import annotations

from typing import Any, Final

from chainlog.cli.command import argument, command
from chainlog.cli.fields import kind_of
from chainlog.cli.render import Column
from chainlog.cli.session import Session
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import ROLES, Kind
from chainlog.event.labels import field_en, field_zh
from chainlog.event.subject import PREFIXES
from chainlog.event.types import COMMON, FieldType

_COUNTS: Final = {
    "": ("一个", ""), "+": ("一个或多个", "one or more"), "*": ("可有多个", "any number"), "?": ("可有一个", "or none"),
    "2": ("两个", "two"),
}  # fmt: skip
_NAMED_MAX: Final = 4
_WORDS: Final = {
    "Text": ("文字（可密封）", "text (can be sealed)"), "str": ("文字", "text"), "json": ("JSON 文字", "JSON text"),
    "int": ("整数", "a whole number"), "count": ("不小于 0 的整数", "a whole number from 0"),
    "bool": ("是、否", "yes or no"), "time": ("时间，如 2025-03-05 09:10", "a time like 2025-03-05 09:10"),
    "date": ("日期，如 2025-03-05", "a date like 2025-03-05"), "hash": ("64 位十六进制", "64 hexadecimal digits"),
    "key": ("公钥，64 位十六进制", "a public key, 64 hexadecimal digits"),
    "signature": ("签名，128 位十六进制", "a signature, 128 hexadecimal digits"),
}  # fmt: skip


@command("kinds", zh="列出事件类型；给出类型名时列出其字段、对象和签名角色。",
         en="List the kinds of events; of one kind its fields, subjects and the roles that sign.",
         example="chainlog kinds transferred.lend")  # fmt: skip
@argument("kind", required=False, zh="类型名", en="name of a kind")
def kinds(session: Session, kind: str | None) -> None:
    """List kinds."""
    if kind is not None:
        _show(session, kind_of(kind))
    elif session.as_json:
        for one in KINDS.values():
            session.emit(kind_json(one))
    else:
        columns = [Column(session.say("类型", "kind"), flexible=False), Column(session.say("名称", "what it is"))]
        session.table(columns, [(one.name, session.say(one.zh, one.en)) for one in KINDS.values()])


def kind_json(kind: Kind) -> dict[str, Any]:
    """A kind as JSON."""
    return {
        "kind": kind.name, "zh": kind.zh, "en": kind.en, "subjects": list(kind.subjects), "signs": dict(kind.signs),
        "may_sign": list(kind.may_sign), "by_step": dict(kind.by_step),
        "fields": [
            {"name": key.rstrip("?"), "required": not key.endswith("?"), "type": field.name,
             "zh": field_zh(key, within=kind.name), "values": dict(field.values) or None}
            for key, field in kind.fields.items()
        ],
    }  # fmt: skip


def _show(session: Session, kind: Kind) -> None:
    if session.as_json:
        session.emit(kind_json(kind))
        return
    session.pairs([
        (session.say("类型", "kind"), f"{kind.name}  {session.say(kind.zh, kind.en)}"),
        (session.say("对象", "subjects"),
         "\n".join(_subjects(session, row) for row in kind.subjects) or session.say("仅人员", "persons only")),
        (session.say("签名", "signs"), "\n".join(_signs(session, kind)) or "-"),
    ])  # fmt: skip
    session.echo()
    columns = [Column(session.say("字段", "field"), flexible=False), Column(session.say("必填", "wanted"), flexible=False),
               Column(session.say("名称", "name")), Column(session.say("取值", "values"))]  # fmt: skip
    rows = []
    common = {key.rstrip("?") for key in COMMON}
    ordered = sorted(kind.fields.items(), key=lambda item: item[0].rstrip("?") in common and item[0] not in kind.own)
    for key, field in ordered:
        wanted = "" if key.endswith("?") else session.say("是", "yes")
        label = session.say(field_zh(key, within=kind.name), field_en(key))
        rows.append((key.rstrip("?"), wanted, label, _values(session, field)))
    session.table(columns, rows)


def _signs(session: Session, kind: Kind) -> list[str]:
    if kind.by_step:
        return [f"step={step}: {session.say(ROLES[role][0], role)}" for step, role in kind.by_step.items()]
    must = [f"{session.say(ROLES[role][0], role)}" + (f" ×{n}" if n > 1 else "") for role, n in kind.signs.items()]
    may = [session.say(f"（有密钥时）{ROLES[role][0]}", f"{role} (who has a key)") for role in kind.may_sign]
    return must + may


def _values(session: Session, field: FieldType) -> str:
    if field.values:
        words = [code if code == zh else f"{code} {zh}" for code, zh in field.values.items()]
        return session.say("、".join(words), ", ".join(field.values))
    if field.item is not None:
        return session.say("列表：", "list of ") + _values(session, field.item)
    if field.fields and all(key.isdecimal() for key in field.fields):
        return session.say("、", ", ").join(_values(session, one) for one in field.fields.values())
    if field.fields:
        return "{" + ", ".join(field.fields) + "}"
    if prefixes := field.subject or field.position:
        if len(prefixes) > _NAMED_MAX:
            return " ".join(f"{one}/…" for one in prefixes)
        return session.say("、", ", ").join(f"{session.say(*PREFIXES[one])} {one}/…" for one in prefixes)
    return session.say(*_WORDS[field.name]) if field.name in _WORDS else field.name


def _subjects(session: Session, row: str) -> str:
    """A row of subjects in words: `c+ d*` is carriers c/…, one or more; documents d/…, any number."""
    found = []
    for part in row.split():
        if part == "target":
            found.append(session.say("所据事件的对象", "those of the act that it refers to"))
        elif part.startswith("s/"):
            found.append(part)
        else:
            name = f"{session.say(*PREFIXES[part[0]])} {part[0]}/…"
            found.append(f"{name} {session.say(*_COUNTS[part[1:]])}".strip())
    return session.say("；", "; ").join(found)
