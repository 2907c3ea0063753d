"""Asking for an event at the terminal: the one table gives the questions, the words and what is wanted. Reads and prompts."""

from __future__ import annotations

from typing import Any

from chainlog.cli.fields import check_prefix, person_of, put_field, read_fields, read_who
from chainlog.cli.session import Session
from chainlog.errors import UsageError
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import ROLES, Kind
from chainlog.event.labels import field_en, field_zh
from chainlog.event.types import COMMON, FieldType


def ask_kind(session: Session) -> Kind:
    """Which kind: by name, by Chinese name, or by number from the list of a family."""
    from chainlog.cli.texts import advice

    hint = advice("unknown-kind")
    while True:
        text = session.ask("事件类型（名称或汉语；? 列出）", "Kind of event (its name; ? lists them)")
        found = [kind for kind in KINDS.values() if text in (kind.name, kind.zh, *kind.zh.split("/"))]
        if len(found) == 1:
            return found[0]
        near = [kind for kind in KINDS.values() if text == "?" or text in kind.name or text in kind.zh]
        for kind in near:
            session.note(f"  {kind.name}  {session.say(kind.zh, kind.en)}")
        if not near and hint:
            session.note(session.say(*hint))


def ask_event(session: Session, kind: Kind) -> dict[str, Any]:
    """The event of a kind in its JSON form, from answers. An empty answer leaves out what may be absent."""
    session.note(
        session.say(
            f"{kind.zh}（{kind.name}）；可空的直接回车", f"{kind.en} ({kind.name}); Enter skips what may be absent"
        )
    )
    at = session.ask("发生时间（2025-03-05 09:10；now 现在；空为不详）",
                     "When it happened (2025-03-05 09:10; now; empty: not known)", default="")  # fmt: skip
    rows = " | ".join(kind.subjects)
    on: list[str] = []
    if rows:
        while found := session.ask_until(
            f"对象（{rows}），空行结束", f"Subject ({rows}), an empty line ends", _subjects, default=""
        ):
            on += found
    who: list[str] = []
    wanted = [*kind.signs, *kind.may_sign]
    for role in wanted:
        many = kind.signs.get(role, 1)
        for n in range(many):
            label = session.say(ROLES[role][0], role) + (f" {n + 1}/{many}" if many > 1 else "")
            if text := session.ask_until(f"{label}（p/…）", f"{label} (p/…)", _person, default=""):
                who.append(f"{role}={text}")
    while text := session.ask_until(
        "其他人员 角色=人员（:0 只列名），空行结束",
        "Others, role=person (:0 if only stated), an empty line ends",
        _part,
        default="",
    ):
        who.append(text)
    body = _ask_fields(session, kind)
    return {"kind": kind.name, "on": on, "who": read_who(who), "at": at or None, "body": body}


def _subjects(text: str) -> list[str]:
    for subject in text.split():
        check_prefix(subject)
    return text.split()


def _person(text: str) -> str:
    if text:
        person_of(text.partition(":")[0])
    return text


def _part(text: str) -> str:
    for _, person, _ in read_who([text] if text else []):
        person_of(person)
    return text


def _ask_fields(session: Session, kind: Kind) -> dict[str, Any]:
    body: dict[str, Any] = {}
    common = {key for key in COMMON if key not in kind.own}
    for key, field in kind.fields.items():
        if key in common and key not in ("place?", "note?", "late_reason?"):
            continue
        _ask_field(session, kind, key, field, body)
    return body


def _ask_field(session: Session, kind: Kind, key: str, field: FieldType, body: dict[str, Any]) -> None:
    """Ask until the answer is of the field's type. Maps and lists of maps are asked for field by field."""
    name = key.rstrip("?")
    label = session.say(field_zh(key, within=kind.name), field_en(key)) + ("" if key.endswith("?") else " *")
    if field.values:
        words = "、".join(f"{code} {zh}" for code, zh in field.values.items())
        label += session.say(f"（{words}）", f" ({', '.join(field.values)})")
    if field.item is not None and field.item.fields and not _is_array(field.item):
        _ask_items(session, kind, name, field.item, label, body)
        return
    if field.fields and not _is_array(field):
        if key.endswith("?") and not session.confirm(f"填写{label}？", f"Fill in {label}?"):
            return
        for inner, inner_field in field.fields.items():
            _ask_inner(session, kind, f"{name}.{inner.rstrip('?')}", inner, inner_field, body)
        return
    while True:
        text = session.ask(label, label, default="")
        if not text:
            if key.endswith("?"):
                return
            if field.item is not None:
                body[name] = []
                return
            session.note(session.say("必填", "this is wanted"))
            continue
        parts = (
            [text]
            if field.item is None or text.startswith("[")
            else text.replace("，", ",").replace("、", ",").split(",")
        )
        try:
            body.update(read_fields(kind, [f"{name}={part.strip()}" for part in parts if part.strip()]))
        except UsageError as error:
            session.note(error.text(session.lang))
        else:
            return


def _is_array(field: FieldType) -> bool:
    return bool(field.fields) and all(key.isdecimal() for key in field.fields)


def _ask_items(session: Session, kind: Kind, name: str, item: FieldType, label: str, body: dict[str, Any]) -> None:
    body[name] = []
    while session.confirm(f"{label}：再加一项？", f"{label}: one more?"):
        place = len(body[name])
        for key, field in item.fields.items():
            _ask_inner(session, kind, f"{name}.{place}.{key.rstrip('?')}", key, field, body)


def _ask_inner(session: Session, kind: Kind, path: str, key: str, field: FieldType, body: dict[str, Any]) -> None:
    """One field inside a map, put where its path says."""
    label = "  " + session.say(field_zh(key), field_en(key)) + ("" if key.endswith("?") else " *")
    if field.values:
        words = "、".join(f"{code} {zh}" for code, zh in field.values.items())
        label += session.say(f"（{words}）", f" ({', '.join(field.values)})")
    while True:
        text = session.ask(label, label, default="")
        if not text and key.endswith("?"):
            return
        try:
            put_field(kind, body, path, text)
        except UsageError as error:
            session.note(error.text(session.lang))
        else:
            return
