"""`chainlog kinds`: the vocabulary, from the one table. Pure but for printing."""

from __future__ import annotations

from typing import Any

from chainlog.cli.command import argument, command
from chainlog.cli.fields import kind_of
from chainlog.cli.render import Column
from chainlog.cli.session import Session
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import ROLES, Kind
from chainlog.event.labels import field_en, field_zh
from chainlog.event.types import COMMON, FieldType


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
        (session.say("对象", "subjects"), "\n".join(kind.subjects) or session.say("仅人员", "persons only")),
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
    if field.fields:
        return "{" + ", ".join(field.fields) + "}"
    return field.name
