"""Registry kinds: the log itself, units, places, persons, posts, keys, policy. Pure.

Part of the one table from which schemas, documents, prompts and imports are made. A released kind never
changes. Signatures named here are the least that lets the event stand (`authority.admit`).
"""

from __future__ import annotations

from typing import Final

from chainlog.event.kind import Kind, kind
from chainlog.event.types import (
    ADMINISTRATORS,
    BOOL,
    COUNT,
    DATE,
    HASH,
    INT,
    KEY,
    LEVEL,
    OVER,
    POLICY,
    RECOVERY,
    SIGNATURE,
    STR,
    TEXT,
    TIME,
    L,
    P,
    U,
    W,
    array,
    many,
    one_of,
)

_UNIT_TYPES = {
    "own": "本单位", "section": "内设机构", "superior": "上级", "peer": "同级", "subordinate": "下级",
    "authority": "保密行政管理部门", "exchange": "机要交换站", "printer": "定点印制", "repairer": "定点维修",
    "destroyer": "定点销毁", "shop": "营业性复印店", "other": "其他",
}  # fmt: skip
_PLACE_TYPES = {
    "secure_room": "保密室", "confidential_office": "机要室", "reading_room": "阅文室", "archive": "档案室",
    "archive_store": "库房", "print_room": "文印室", "compliant_office": "涉密办公场所", "office": "普通办公室",
    "meeting_room": "会议场所", "print_site": "定点复制", "repair_site": "定点维修", "destruction_site": "指定销毁",
    "exchange": "交换站", "other_unit": "外单位", "public": "公共场所", "home": "住宅", "abroad": "境外",
    "shop": "营业性复印店", "iron_cabinet": "铁皮柜", "coded_cabinet": "密码文件柜", "safe": "密码保险柜",
}  # fmt: skip
_FOREIGN_LOG = array("log elsewhere", HASH, COUNT, HASH)

DECLARED: Final[tuple[Kind, ...]] = (
    kind("declared.unit", "单位", "a unit is declared", {
        "unit": U, "name": TEXT, "type": one_of(_UNIT_TYPES), "parent?": U, "tier?": STR, "authority?": LEVEL,
        "max_level?": LEVEL,
        "designated?": many(one_of({"print": "印制", "repair": "维修", "destroy": "销毁"}), most=3),
        "licence_no?": STR, "agreement_no?": STR, "abroad?": BOOL, "valid_from?": DATE, "valid_to?": DATE,
    }, "u", "administrator", names="unit"),
    kind("declared.place", "场所/柜", "a place or cabinet is declared", {
        "place": W, "name": TEXT, "type": one_of(_PLACE_TYPES), "unit?": U, "inside?": W, "max_level?": LEVEL,
        "mixed?": BOOL, "licence_no?": STR, "valid_from?": DATE, "valid_to?": DATE,
    }, "w", "administrator", names="place"),
    kind("declared.person", "人员", "a person is declared, or declared anew", {"person": P, "name": TEXT, "unit": U},
         "", "administrator", moves="r"),
    kind("declared.calendar", "节假日安排", "holidays and working days of a year", {
        "year": COUNT, "holidays": many(array("holiday", STR, DATE, DATE), most=64), "workdays": many(DATE, most=64),
        "authority_doc?": STR,
    }, "s/log", "administrator", moves="r"),
    kind("declared.meeting", "会议", "a meeting is declared", {
        "list": L, "starts_at": TIME, "ends_at": TIME, "attendees": many(P),
    }, "l", "administrator"),
)  # fmt: skip

APPOINTED: Final[tuple[Kind, ...]] = (
    kind("appointed.post", "任岗", "a person holds a post", {
        "person": P, "post": STR, "over": OVER, "valid_from": DATE, "valid_to?": DATE, "document_no?": STR,
    }, "d? l?", "administrator", moves="r", threshold=True, names="over"),
    kind("appointed.level", "定级/授权", "a clearance or an authority to classify", {
        "person": P, "what": one_of({"clearance": "涉密等级", "authority": "定密权限"}), "level": LEVEL, "valid_from": DATE,
        "valid_to?": DATE, "document_no?": STR,
    }, "", "administrator", moves="r", threshold=True),
    kind("appointed.credential", "资格", "a certificate, undertaking, training or cooling-off period", {
        "person": P,
        "what": one_of({"certificate": "上岗证", "undertaking": "保密承诺", "training": "培训", "cooling_off": "脱密期"}),
        "valid_from": DATE, "valid_to?": DATE, "document_no?": STR,
    }, "", "administrator", moves="r", threshold=True),
    kind("dismissed", "免岗", "an appointment ends", {"person": P}, "d? l?", "administrator", moves="r", threshold=True),
    kind("departed", "离岗", "a person leaves; all posts end", {"person": P, "reason": TEXT},
         "", "administrator", moves="r", threshold=True),
)  # fmt: skip

KEYS: Final[tuple[Kind, ...]] = (
    kind("enrolled", "密钥登记", "a person's key counts from here on", {"person": P, "key": KEY, "proof": SIGNATURE},
         "k", "administrator", moves="r", threshold=True),
    kind("revoked", "密钥吊销", "a key counts no more", {
        "person": P, "key": KEY, "reason": one_of({"retired": "停用", "lost": "丢失", "compromised": "泄露"}),
        "doubt_from?": COUNT,
    }, "k", "administrator", moves="r", threshold=True),
    kind("administered", "管理员变更", "the administrators change", {"administrators": ADMINISTRATORS, "threshold": COUNT},
         "k+ s/admins", "administrator", moves="r", threshold=True),
    kind("log_key_changed", "日志密钥变更", "the log's key changes", {
        "old": KEY, "new": KEY, "proof": SIGNATURE, "lost?": BOOL,
    }, "k2 s/log", "administrator log", moves="r", threshold=True),
)  # fmt: skip

LOG: Final[tuple[Kind, ...]] = (
    kind("log_opened", "日志启用", "record 0", {
        "name": STR, "title?": TEXT, "log_key": KEY, "administrators": ADMINISTRATORS, "threshold": COUNT,
        "recovery?": RECOVERY, "unit": U, "utc_offset_minutes": INT, "policy": POLICY, "nonce": HASH,
        "previous?": _FOREIGN_LOG,
    }, "k+ s/admins s/log s/policy", "administrator log", moves="r", threshold=True),
    kind("policy_adopted", "制度启用", "a policy, whole", POLICY.fields,
         "s/policy", "administrator", moves="r", threshold=True),
    kind("index_committed", "索引承诺", "the completeness map is committed to", {
        "map_root": HASH, "size": COUNT, "subjects": COUNT,
    }, "s/map", "log", moves="r"),
    kind("erased", "密封值清除", "a sealed value is destroyed", {"path": STR, "reason": TEXT}, "target", "registrar approver"),
    kind("recovered", "恢复", "the log was restored; what was lost", {
        "lost_from": COUNT, "known_size": COUNT, "known_root": HASH, "reason": TEXT,
    }, "s/log", "administrator", moves="r", threshold=True),
    kind("format_adopted", "格式启用", "a later format version counts from here on", {"version": COUNT},
         "s/log", "administrator", moves="r", threshold=True),
    kind("log_closed", "日志封存", "nothing follows", {"successor": STR},
         "s/log", "administrator", moves="r", threshold=True),
)  # fmt: skip

REGISTRY_KINDS: Final[tuple[Kind, ...]] = (*DECLARED, *APPOINTED, *KEYS, *LOG)
