"""The types that body fields have. Pure. Format: schemas/FORMAT.md, appendix A.

A `FieldType` is the one description of a field: the msgspec type that decodes it, the positions in `subjects`
that it holds, the name under which documents and schemas show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chainlog import limits


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A text that stands outside the log; the record holds its salted commitment of 32 bytes."""

    sealed: Annotated[bytes, Meta(min_length=limits.HASH_BYTES, max_length=limits.HASH_BYTES)]


@dataclass(frozen=True, eq=False, repr=False)
class FieldType:
    """
    One type of field.

    Args:
        name: how documents call it (`Text`, `time`, `C`).
        annotation: the msgspec type.
        position: subject prefix (`c`, `d`, `l`, `i`) if the value is a position in `subjects`.
        subject: subject prefixes if the value is the text of a subject.
        date: whether the value is a civil date.
        item: type of the elements, for lists.
        fields: types of the fields by name, for maps; a name that ends in `?` may be absent. For arrays with one type a
            place, the types by position: `0`, `1`.
        values: code to Chinese word, for enumerations.
    """

    name: str
    annotation: Any
    position: str = ""
    subject: str = ""
    date: bool = False
    item: FieldType | None = None
    fields: Mapping[str, FieldType] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


def _bytes(n: int) -> Any:
    return Annotated[bytes, Meta(min_length=n, max_length=n)]


def _int(low: int, high: int) -> Any:
    return Annotated[int, Meta(ge=low, le=high)]


_short = Annotated[str, Meta(min_length=1, max_length=256)]
# [0-9], for \d means the digits of all scripts.
_date = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", min_length=10, max_length=10)]
_subject = Annotated[str, Meta(min_length=3, max_length=limits.SUBJECT_BYTES_MAX)]

TEXT: Final = FieldType("Text", Annotated[str, Meta(min_length=1, max_length=limits.TEXT_BYTES_MAX)] | Sealed)
STR: Final = FieldType("str", _short)
LONG: Final = FieldType("json", Annotated[str, Meta(min_length=1, max_length=limits.TEXT_BYTES_MAX)])
INT: Final = FieldType("int", _int(limits.INTEGER_MIN, limits.INTEGER_MAX))
COUNT: Final = FieldType("count", _int(0, limits.INTEGER_MAX))
BOOL: Final = FieldType("bool", bool)
TIME: Final = FieldType("time", _int(limits.INTEGER_MIN, limits.INTEGER_MAX))
DATE: Final = FieldType("date", _date, date=True)
HASH: Final = FieldType("hash", _bytes(limits.HASH_BYTES))
KEY: Final = FieldType("key", tuple[_int(1, 1), _bytes(limits.PUBLIC_KEY_BYTES)])  # type: ignore[misc]
SIGNATURE: Final = FieldType("signature", _bytes(limits.SIGNATURE_BYTES))

C: Final = FieldType("C", _int(0, limits.SUBJECTS_MAX - 1), position="c")
D: Final = FieldType("D", _int(0, limits.SUBJECTS_MAX - 1), position="d")
L: Final = FieldType("L", _int(0, limits.SUBJECTS_MAX - 1), position="l")
P: Final = FieldType("P", _subject, subject="p")
U: Final = FieldType("U", _subject, subject="u")
W: Final = FieldType("W", _subject, subject="w")
PU: Final = FieldType("P|U", _subject, subject="pu")
SUBJECT: Final = FieldType("subject", _subject, subject="cdpliuw")
OVER: Final = FieldType("U|W|D|L", _subject, subject="uwdl")


def one_of(values: Mapping[str, str]) -> FieldType:
    """An enumeration: code to Chinese word."""
    return FieldType("one of", Literal.__getitem__(tuple(values)), values=values)


def many(item: FieldType, *, most: int = limits.SUBJECTS_MAX, least: int = 0) -> FieldType:
    """A list of *least* to *most* items."""
    kind = Annotated[tuple[item.annotation, ...], Meta(min_length=least, max_length=most)]  # type: ignore[name-defined]
    return FieldType(f"[{item.name}]", kind, item=item)


def pair(first: FieldType, second: FieldType) -> FieldType:
    """An array of two."""
    kind = tuple[first.annotation, second.annotation]  # type: ignore[name-defined]
    return FieldType(f"[{first.name}, {second.name}]", kind, fields={"0": first, "1": second})


def array(name: str, *items: FieldType) -> FieldType:
    """An array with one type a place."""
    kind = tuple.__class_getitem__(tuple(i.annotation for i in items))
    return FieldType(name, kind, fields={str(n): item for n, item in enumerate(items)})


def mapping(name: str, fields: Mapping[str, FieldType]) -> FieldType:
    """A map with named fields; `name?` may be absent."""
    return FieldType(name, struct(name, fields), fields=fields)


def struct(name: str, fields: Mapping[str, FieldType]) -> Any:
    """The frozen Struct of a map: absent fields are UNSET, unknown ones are refused."""
    members: list[Any] = []
    for key, kind in fields.items():
        if key.endswith("?"):
            members.append((key[:-1], kind.annotation | UnsetType, UNSET))
        else:
            members.append((key, kind.annotation))
    return msgspec.defstruct(name, members, frozen=True, forbid_unknown_fields=True, kw_only=True, gc=False)


LEVELS: Final = {
    "绝密": "绝密",
    "机密": "机密",
    "秘密": "秘密",
    "内部": "内部（含工作秘密）",
    "无密": "无密",
    "未标": "未标（密级栏空白）",
}
LEVEL: Final = one_of(LEVELS)
FORM: Final = one_of({
    "document": "文件", "material": "资料", "drawing": "图纸", "periodical": "内部刊物", "cipher_telegram": "密码电报",
    "audio_video": "录音录像", "optical_disc": "光盘", "floppy": "软盘", "hard_disk": "移动硬盘", "usb_stick": "U盘",
    "memory_card": "存储卡", "computer": "计算机", "laptop": "便携机", "office_machine": "办公自动化设备", "volume": "卷宗",
    "register_book": "登记簿", "exam_paper": "试卷", "draft": "过程稿", "other": "其他",
})  # fmt: skip
CHANNEL: Final = one_of({
    "by_hand": "专人", "confidential_post": "机要通信", "confidential_traffic": "机要交通", "exchange": "机要交换",
    "classified_network": "涉密网", "coded": "密码传输", "meeting": "会议带回", "phone": "电话", "ordinary_post": "普通邮政",
    "courier": "快递", "freight": "托运", "internet": "互联网", "email": "电子邮件", "fax": "传真", "messaging": "即时通讯",
})  # fmt: skip
PHASE: Final = one_of({
    "in_stock": "在库", "in_transit": "传递中", "in_circulation": "传阅中", "on_loan": "借出", "held": "暂留", "out": "携带外出",
    "in_repair": "维修", "recalled": "待清退", "pending_destruction": "待销毁", "destruction_approved": "准销",
    "sent_for_destruction": "送销", "missing": "下落不明", "issued_out": "已发出", "returned_to_issuer": "已清退",
    "archived": "已归档", "destroyed": "已销毁", "lost": "确认遗失",
})  # fmt: skip
STEP: Final = one_of({
    "proposed": "拟定/申请", "reviewed": "审核", "approved": "批准", "checked": "复核", "rejected": "退回", "completed": "办结",
})  # fmt: skip
CONDITION: Final = one_of({
    "intact": "完好", "missing_pages": "缺页", "damaged": "破损", "altered": "涂改", "unbound": "拆散",
})  # fmt: skip
ITEM: Final = mapping("Item", {"carrier": C, "form": FORM, "document?": D, "copy_no?": STR, "pages?": COUNT})
DOCUMENT: Final = mapping("Document", {
    "title": TEXT, "type?": STR, "issuer": U, "level": LEVEL, "doc_no?": TEXT, "term?": STR, "issue_date?": DATE, "tier?": STR,
    "classifier?": U, "classification?": one_of({"original": "原始定密", "derived": "派生定密"}), "derived_from?": many(D),
    "copies?": COUNT, "pages?": COUNT, "series?": STR, "owner?": U,
    "urgency?": one_of({"urgent": "特急/加急", "soon": "限期", "ordinary": "平件"}),
    "no_copy?": BOOL, "no_record?": BOOL, "return_required?": BOOL, "return_due?": DATE,
})  # fmt: skip
SCOPE: Final = mapping("Scope", {"persons?": many(P), "posts?": many(STR, most=64), "units?": many(U)})
PART: Final = mapping("part", {"number": COUNT, "of": COUNT, "whole": HASH})
FOREIGN: Final = array("record elsewhere", HASH, COUNT, HASH, SUBJECT)
PARAMETERS: Final = many(pair(STR, many(STR, most=64)), most=512)
POLICY: Final = mapping("Policy", {
    "profile": STR, "version": STR, "effective_at": TIME, "parameters": PARAMETERS, "refuse": many(STR, most=256),
    "document_no?": STR,
})  # fmt: skip
ADMINISTRATORS: Final = many(pair(P, KEY), most=limits.ADMINISTRATORS_MAX, least=limits.THRESHOLD_MIN)
RECOVERY: Final = mapping("recovery", {
    "keys": many(pair(P, KEY), most=limits.RECOVERY_KEYS_MAX, least=limits.THRESHOLD_MIN), "threshold": COUNT,
})  # fmt: skip

COMMON: Final[Mapping[str, FieldType]] = {
    "place?": W,
    "late_reason?": TEXT,
    "source?": mapping("source", {"cells": HASH, "sha256": HASH, "sheet": STR, "row": COUNT}),
    "stated?": many(pair(STR, TEXT), most=limits.PEOPLE_MAX, least=1),
    "copies_unnumbered?": COUNT,
    "attachments?": many(
        mapping("attachment", {"name": TEXT, "size": COUNT, "sha256": HASH}), most=limits.ATTACHMENTS_MAX, least=1
    ),
    "note?": TEXT,
}
