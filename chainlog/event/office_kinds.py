"""Kinds that support the custody families: lists, decisions, access, checks, incidents, notices, corrections. Pure.

Part of the one table from which schemas, documents, prompts and imports are made. A released kind never changes.
"""

from __future__ import annotations

from typing import Final

from chainlog import limits
from chainlog.event.kind import Kind, kind
from chainlog.event.types import (
    BOOL,
    CHANNEL,
    CONDITION,
    COUNT,
    HASH,
    LEVEL,
    LONG,
    PART,
    PU,
    SCOPE,
    STEP,
    STR,
    TEXT,
    TIME,
    C,
    D,
    P,
    U,
    W,
    many,
    mapping,
    one_of,
    pair,
)

_BY_STEP: Final = {
    "proposed": "proposer",
    "reviewed": "reviewer",
    "approved": "approver",
    "checked": "registrar",
    "rejected": "approver",
    "completed": "operator",
}
_DEPTH = one_of({"read": "阅览", "excerpt": "摘抄", "copy": "复制", "take_away": "外借"})
_REASON = one_of({
    "no_longer_needed": "日常不再使用", "scrapped": "淘汰设备介质", "meeting": "会议清退", "leaver": "离岗清退",
    "declassified_unpublished": "解密不宜公开", "copy": "批准复制件", "other": "其他",
})  # fmt: skip

LISTED: Final[tuple[Kind, ...]] = (
    kind("listed.added", "造册/清退轮次", "carriers are put on a list", {
        "purpose": one_of({"destroy": "销毁", "clear": "清退", "recall": "收回", "hand_over": "移交", "inventory": "盘点"}),
        "items": many(mapping("ListItem", {"carrier": C, "reason?": _REASON})), "total": COUNT, "part?": PART, "due?": TIME,
    }, "l c* u?", "registrar", moves="l", acts_on_list=True),
    kind("listed.withdrawn", "撤出", "carriers are taken off a list", {"reason": TEXT},
         "l c+", "registrar", moves="l", acts_on_list=True),
)  # fmt: skip

DECIDED: Final[tuple[Kind, ...]] = (
    kind("decided.classify", "定密", "a level is determined", {
        "step": STEP, "by?": U, "level": LEVEL, "term?": STR, "basis?": TEXT, "special_basis?": TEXT,
        "classification?": one_of({"original": "原始定密", "derived": "派生定密"}), "scope?": SCOPE,
    }, "d+ | c+", moves="d", by_step=_BY_STEP),
    kind("decided.reclassify", "变更/解密/延长", "a level or term is changed", {
        "step": STEP, "by?": U,
        "change": one_of({"raised": "提高", "lowered": "降低", "extended": "延长", "shortened": "缩短", "declassified": "解密"}),
        "level": LEVEL, "term?": STR,
        "ground?": one_of({"harm_changed": "损害程度变化", "reach_changed": "接触范围调整", "harmless": "公开无损",
                           "beneficial": "公开有利", "expired": "期限届满", "terms_met": "解密条件成就"}),
        "authority_doc?": STR,
    }, "d+ | c+", moves="d", by_step=_BY_STEP),
    kind("decided.scope", "知悉范围", "who may know is fixed", {
        "step": STEP, "by?": U, "change": one_of({"set": "确定", "extended": "扩大"}), "scope": SCOPE,
    }, "d+", moves="d", by_step=_BY_STEP),
    kind("decided.route", "拟办批示/办结", "who handles a document, in which order", {
        "step": STEP, "by?": U, "recipients?": many(PU), "slip_no?": STR, "slip_header?": TEXT,
    }, "d+", by_step=_BY_STEP),
    kind("decided.permit", "许可", "an act is permitted", {
        "step": STEP, "by?": U,
        "act": one_of({
            "make": "准印", "make_outside": "外出制作", "copy": "复制", "excerpt": "摘抄", "lend": "借阅", "take_out": "携带外出",
            "read_outside": "场外阅读", "consult": "查档", "store_content": "拷入", "repair": "维修", "destroy": "销毁",
            "transfer": "移交", "archive": "归档", "publish": "上网", "open": "开放", "system_change": "系统变更",
            "waive_return": "免退", "abroad": "出境",
        }),
        "purpose?": TEXT, "form_no?": STR, "count?": COUNT, "until?": TIME, "where?": W, "to?": many(PU), "depth?": _DEPTH,
        "whole?": HASH,
    }, "c+ | d+ | l | u", acts_on_list=True, by_step=_BY_STEP),
)  # fmt: skip

ACCESSED: Final[tuple[Kind, ...]] = (
    kind("accessed.read", "阅读/查档/听传达", "somebody learns the content", {
        "how": one_of({"read": "阅读", "consult": "查档", "heard": "听传达"}), "out_at?": TIME,
    }, "c+ | d+", "reader registrar"),
    kind("accessed.connected", "接入", "a medium is connected to a device", {"device": C}, "c2", "registrar"),
    kind("accessed.entered", "进入库房", "somebody enters a store room", {"out_at?": TIME}, "w", "operator"),
)  # fmt: skip

CHECKED: Final[tuple[Kind, ...]] = (
    kind("checked.count", "清点", "copies are counted", {
        "expected": COUNT, "actual": COUNT, "copy_nos?": many(STR, most=limits.COPY_NUMBERS_MAX),
    }, "d | l", "registrar"),
    kind("checked.inventory", "盘点", "stock is taken", {
        "occasion": one_of({"regular": "定期", "holiday": "节前", "handover": "交接", "special": "专项"}), "found": many(C),
        "extra?": many(mapping("Extra", {"label": STR, "document?": D, "copy_no?": STR}), most=64), "holder?": P,
        "part?": PART,
    }, "l c* d* u | l c* d* w", "operator*2"),
    kind("checked.carrier", "验收/审查注销", "a carrier is examined", {
        "reason": one_of({"return": "归还", "take_out": "外出返回", "repair": "维修", "other": "其他"}), "passed": BOOL,
        "pages?": COUNT, "condition?": CONDITION,
    }, "c+", "operator"),
    kind("checked.inspection", "检查/审核", "an inspection is held", {
        "topic": one_of({"full": "全面", "special": "专项", "self": "自查", "classification": "定密", "secrecy_term": "期限",
                         "day_end": "下班", "accounts": "账号重置"}),
        "findings?": TEXT,
    }, "u | d+ | c+", "operator"),
    kind("checked.fetch", "取件", "mail is fetched", {"station": U, "count": COUNT, "vehicle?": STR, "back_at?": TIME},
         "u", "operator", names="station"),
)  # fmt: skip

REPORTED: Final[tuple[Kind, ...]] = (
    kind("reported.incident", "事件", "something went wrong", {
        "what": one_of({"missing": "查无", "found": "找回", "lost": "确认遗失", "discrepancy": "差异", "leak": "泄密",
                        "breach": "违规", "fault": "故障", "change": "设备变更"}),
        "discovered_at?": TIME, "happened_at?": TIME, "expected?": COUNT, "actual?": COUNT, "to?": many(PU),
    }, "i? c* d*", "(registrar) (operator)", moves="c"),
    kind("reported.upward", "上报", "incidents are reported upward", {"to": many(PU, least=1), "report_no?": STR},
         "i+", "operator"),
    kind("reported.handled", "处置", "incidents are dealt with", {
        "step": one_of({"remedied": "补救", "investigation_opened": "立案调查", "investigation_closed": "调查终结",
                        "rectification_ordered": "责令整改", "rectified": "完成整改"}),
        "due?": TIME, "outcome?": TEXT,
    }, "i+", "approver"),
)  # fmt: skip

NOTIFIED: Final[tuple[Kind, ...]] = (
    kind("notified.sent", "通知/催还/谈话", "somebody is told", {
        "topic": one_of({"collect": "领取", "recall": "清退", "level_change": "密级变更", "urge": "催还", "no_record": "不得记录",
                         "departure": "离岗谈话", "other": "其他"}),
        "to": many(PU), "channel": CHANNEL, "letter_no?": STR, "due?": TIME, "names_title?": BOOL, "text_sha256?": HASH,
    }, "c* | d+ | l | u", "registrar"),
    kind("notified.filed", "备案/报送", "a return is filed", {
        "to": U,
        "what": one_of({"equipment_register": "介质设备台账", "classification_report": "定密情况", "disposal_report": "处置情况",
                        "statistics": "统计"}),
        "period?": STR, "figures?": many(pair(STR, COUNT), most=64),
    }, "c+ | u", "registrar"),
    kind("notified.published", "公开", "something is made public", {
        "how": one_of({"website": "上网", "archive_opened": "档案开放", "press": "新闻出版"}), "site?": STR,
    }, "d+ | c+ | u", "operator"),
)  # fmt: skip

CORRECTED: Final[tuple[Kind, ...]] = (
    kind("corrected.field", "更正", "a descriptive field is corrected from here on", {
        "field": STR, "old": LONG, "new": LONG, "reason": TEXT,
    }, "target", "registrar approver", moves="cl"),
    kind("corrected.void", "作废", "an act is undone as entered by mistake", {"reason": TEXT},
         "target", "registrar approver", moves="cl"),
    kind("countersigned", "补签/会签", "a signature is added to an earlier act", {"reason?": TEXT}, "target"),
)  # fmt: skip

OFFICE_KINDS: Final[tuple[Kind, ...]] = (
    *LISTED, *DECIDED, *ACCESSED, *CHECKED, *REPORTED, *NOTIFIED, *CORRECTED,
)  # fmt: skip
