"""Kinds of the six custody families: created, registered, marked, transferred, returned, copied, destroyed. Pure.

Part of the one table from which schemas, documents, prompts and imports are made. A released kind never
changes; another set of fields is another kind (`transferred.lend/2`).
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
    DOCUMENT,
    FOREIGN,
    FORM,
    ITEM,
    LEVEL,
    PART,
    PHASE,
    PU,
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
)

_OPENING_ITEM = mapping("OpeningItem", {
    "carrier": C, "form": FORM, "level": LEVEL, "phase": PHASE, "row": COUNT, "document?": D, "copy_no?": STR, "pages?": COUNT,
    "term?": STR, "holder?": P, "place?": W,
})  # fmt: skip

CREATED: Final[tuple[Kind, ...]] = (
    kind("created.received", "收文", "carriers arrive from another unit", {
        "level": LEVEL, "items": many(ITEM), "sender": U, "channel": CHANNEL, "listed": COUNT, "found": COUNT,
        "seal": one_of({"intact": "完好", "broken": "破损", "none": "无封装"}), "delivery_no?": STR, "obtained_at?": TIME,
        "origin_record?": FOREIGN,
    }, "c+ d*", "receiver (giver)", moves="c"),
    kind("created.produced", "制作", "carriers are made here", {
        "level": LEVEL, "items": many(ITEM), "device?": C, "licence_no?": STR, "distribution?": many(PU), "spoiled?": COUNT,
    }, "c+ d", "operator registrar", moves="c"),
    kind("created.equipment", "介质/设备建档", "a medium or device enters the books", {
        "level": LEVEL, "form": FORM, "number": STR, "register": STR, "serial": COUNT, "unit": U, "term?": STR, "model?": STR,
        "serial_no?": STR, "capacity?": STR, "purpose?": TEXT,
        "network?": one_of({"standalone": "单机", "classified": "涉密网", "internal": "内网", "internet": "互联网"}),
        "protected?": BOOL, "no_copy?": BOOL,
    }, "c", "registrar receiver", moves="c"),
    kind("created.entered", "入账", "carriers enter the books without arrival or making", {
        "level": LEVEL, "items": many(ITEM),
        "reason": one_of({"byproduct": "过程稿", "volume": "组卷", "book": "登记簿", "exam": "试卷", "discovered": "盘盈",
                          "other": "其他"}),
        "term?": STR,
    }, "c+ d*", "registrar", moves="c"),
    kind("created.opening", "期初", "stock whose entry into the books is not known", {
        "items": many(_OPENING_ITEM),
    }, "c+ d*", "registrar", moves="c"),
)  # fmt: skip

REGISTERED: Final[tuple[Kind, ...]] = (
    kind("registered.document", "收文/发文登记、编号", "a document gets its entry in a register", {
        "register": STR, "serial": COUNT, "document?": DOCUMENT, "items?": many(ITEM),
    }, "d+ c*", "registrar"),
    kind("registered.void", "空号作废", "a number of a register stays unused", {
        "register": STR, "serial": COUNT, "reason": TEXT,
    }, "u", "registrar"),
    kind("marked", "标密/改标/卷标", "level and term are written on the carrier", {
        "text": STR,
        "position": one_of({"top_left": "左上角", "top_right": "右上角", "cover": "封面", "label": "标签", "title": "标题旁",
                            "other": "其他"}),
    }, "c+", "operator", moves="c"),
)  # fmt: skip

TRANSFERRED: Final[tuple[Kind, ...]] = (
    kind("transferred.circulate", "送阅/会议发放/当面分送", "given into hands to be read and returned", {
        "mode": one_of({"face_to_face": "当面", "left_on_desk": "置于桌面", "exchange_box": "交换箱", "other": "其他"}),
        "folder_no?": STR, "due?": TIME,
    }, "c+ l?", "giver receiver", moves="c", acts_on_list=True),
    kind("transferred.lend", "借出", "lent to a person", {
        "purpose": TEXT, "depth": one_of({"read": "阅览", "excerpt": "摘抄", "copy": "复制", "take_away": "外借"}), "due?": TIME,
        "pages?": COUNT, "introduction_no?": STR,
    }, "c+", "giver receiver", moves="c"),
    kind("transferred.hold", "暂留/续借", "kept longer by who has it", {"reason": TEXT, "due?": TIME},
         "c+", "giver receiver", moves="c"),
    kind("transferred.take_out", "携带外出", "taken out of the unit", {
        "destination": W, "reason": TEXT, "due?": TIME, "measures?": many(STR, most=16),
    }, "c+", "giver receiver", moves="c"),
    kind("transferred.dispatch", "发出/分发", "sent to another unit", {
        "to": U, "channel": CHANNEL,
        "cover?": mapping("Cover", {"wrapped": BOOL, "level": LEVEL, "number": STR, "addressee": TEXT}), "post_no?": STR,
    }, "c+ d*", "giver (receiver) (escort)", moves="c"),
    kind("transferred.receipt", "签收回执", "the other side has received", {"found": COUNT, "receipt_no?": STR},
         "c+ l?", "receiver", moves="c", acts_on_list=True),
    kind("transferred.hand_over", "移交", "handed over for good", {
        "reason": one_of({"leaving": "离岗", "reassignment": "调岗", "interdepartmental": "部门间", "passing_on": "转交",
                          "gift": "赠送", "dissolution": "撤并"}),
        "to?": U, "part?": PART,
    }, "c+ l?", "giver receiver (witness)", moves="c", acts_on_list=True),
    kind("transferred.store", "入柜", "put into a cabinet", {}, "c+", "registrar", moves="c"),
    kind("transferred.repair", "送修/开修", "given to repair", {
        "to": U, "data": one_of({"removed": "已移出", "erased": "已清除", "kept": "未处理"}), "agreement_no?": STR,
    }, "c+", "giver (witness)", moves="c"),
    kind("transferred.send_to_destruction", "送销", "escorted to the place of destruction", {"to": U, "receipt_no?": STR},
         "c+ l", "escort*2 (receiver) (giver)", moves="c", acts_on_list=True),
    kind("transferred.archive", "归档", "filed in the archives", {
        "volume": C, "file_no": STR, "copy_no?": STR, "pages?": COUNT, "forms?": many(STR, most=64),
    }, "c+ d*", "giver receiver", moves="c"),
)  # fmt: skip

RETURNED: Final[tuple[Kind, ...]] = (
    kind("returned.to_keeper", "退回/归还/清退收回", "back into the keeper's hands", {
        "reason": one_of({"reading": "阅毕/用毕", "loan": "借阅归还", "take_out": "外出返回", "meeting": "会议收回",
                          "recall": "清退"}),
        "pages?": COUNT, "condition?": CONDITION,
    }, "c+ l? d*", "giver receiver", moves="c", acts_on_list=True),
    kind("returned.from_repair", "修复返回", "back from repair", {"work?": TEXT, "before?": TEXT, "after?": TEXT},
         "c+", "receiver (operator) (witness)", moves="c"),
    kind("returned.to_issuer", "退还制发机关", "returned to the issuer", {"to": U, "receipt_no?": STR, "part?": PART},
         "c+ d* l?", "giver (receiver)", moves="c", acts_on_list=True),
)  # fmt: skip

COPIED: Final[tuple[Kind, ...]] = (
    kind("copied.made", "复制/打印/摘录/备份", "new carriers are made from others", {
        "method": one_of({"copy": "复印", "print": "打印", "photograph": "拍摄", "scan": "扫描", "burn": "刻录", "backup": "备份",
                          "excerpt": "摘录", "compile": "汇编"}),
        "parents": many(C, most=limits.SUBJECTS_NOT_PERSONS_MAX), "items": many(ITEM), "level": LEVEL, "device?": C,
        "stamped?": BOOL, "purpose?": TEXT, "term?": STR, "extent?": TEXT, "due?": TIME, "document?": DOCUMENT,
    }, "c+ d*", "operator registrar", moves="c"),
    kind("copied.stored", "拷入介质", "content is put on a medium", {
        "what": TEXT, "level": LEVEL, "form_no?": STR, "device?": C, "documents?": many(D),
    }, "c+ d*", "operator approver"),
)  # fmt: skip

DESTROYED: Final[tuple[Kind, ...]] = (
    kind("destroyed.carriers", "销毁", "carriers are destroyed", {
        "method": one_of({"pulp": "化浆", "shred": "粉碎（纸）", "burn": "焚烧", "crush": "粉碎（介质）", "smelt": "熔炼",
                          "degauss": "消磁", "disintegrate": "粉化", "delete": "删除", "format": "格式化", "sell": "出售",
                          "give_away": "赠送", "discard": "丢弃"}),
        "unit?": U, "device?": C, "part?": PART,
    }, "c+ d* l?", "supervisor*2 (operator)", moves="c", acts_on_list=True),
    kind("destroyed.byproducts", "过程稿销毁", "drafts and spoiled pages are destroyed", {"count": COUNT, "what": TEXT},
         "d", "operator"),
    kind("destroyed.contents", "清除信息", "what a medium holds is erased", {
        "method": one_of({"erase": "擦除", "overwrite": "覆写", "degauss": "消磁", "remove_disk": "拆除硬盘", "delete": "删除",
                          "format": "格式化"}),
        "certificate_no?": STR,
    }, "c+", "operator", moves="c"),
)  # fmt: skip

CARRIER_KINDS: Final[tuple[Kind, ...]] = (
    *CREATED, *REGISTERED, *TRANSFERRED, *RETURNED, *COPIED, *DESTROYED,
)  # fmt: skip
