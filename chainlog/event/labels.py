"""What the fields of events are called when people read or fill them in. Pure data.

Beside the one table: the table says which fields there are, this what they are called. A field has the same name in most
kinds; where it has not, the kind (or the map that holds it) decides.
"""

from __future__ import annotations

from typing import Final

# Field → Chinese name. The English name is the field's own, with spaces.
_FIELDS: Final[dict[str, str]] = {
    "abroad": "是否境外", "act": "许可事项", "actual": "实有数", "addressee": "收件人", "administrators": "管理员",
    "after": "修后状态", "agreement_no": "协议号", "attachments": "附件", "attendees": "参会人员", "authority": "定密权限",
    "authority_doc": "依据文号", "back_at": "返回时间", "basis": "定密依据", "before": "修前状态", "by": "决定单位",
    "capacity": "容量", "carrier": "载体", "cells": "原行摘要", "certificate_no": "证书号", "change": "变更", "channel": "传递渠道",
    "classification": "定密方式", "classifier": "原定密单位", "condition": "状况", "copies": "份数",
    "copies_unnumbered": "未注明份号的份数", "copy_no": "份号", "copy_nos": "份号清单", "count": "数量", "cover": "封装",
    "data": "数据处理", "delivery_no": "交接单号", "depth": "利用程度", "derived_from": "派生自", "designated": "定点资质",
    "destination": "去处", "device": "设备", "discovered_at": "发现时间", "distribution": "分发范围", "doc_no": "文号",
    "document": "文件", "document_no": "发文号", "documents": "所含文件", "doubt_from": "自何条起存疑", "due": "应还时间",
    "effective_at": "生效时间", "ends_at": "结束时间", "expected": "应有数", "extent": "复制范围", "extra": "账外物品",
    "field": "字段", "figures": "统计数字", "file_no": "档号", "findings": "检查情况", "folder_no": "文件夹号", "form": "载体形式",
    "form_no": "审批单号", "forms": "所附表单", "found": "实收数", "ground": "变更理由", "happened_at": "发生时间",
    "holder": "持有人", "holidays": "节假日", "how": "方式", "inside": "位于", "introduction_no": "介绍信号",
    "issue_date": "成文日期", "issuer": "制发机关", "items": "明细", "key": "密钥", "keys": "密钥", "known_root": "已知根哈希",
    "known_size": "已知条数", "label": "标识", "late_reason": "补登原因", "letter_no": "函号", "level": "密级",
    "licence_no": "许可证号", "list": "清单", "listed": "清单数", "log_key": "日志密钥", "lost": "旧密钥已丢失",
    "lost_from": "缺失起点", "map_root": "索引根", "max_level": "最高密级", "measures": "保护措施", "method": "方式",
    "mixed": "是否混放", "mode": "交接方式", "model": "型号", "name": "名称", "names_title": "通知中出现标题", "network": "所接网络",
    "new": "改为", "no_copy": "不得复制", "no_record": "不得记录", "nonce": "随机数", "note": "备注", "number": "编号",
    "obtained_at": "取得时间", "occasion": "盘点类型", "of": "共几部分", "old": "原为", "origin_record": "来源日志记录",
    "out_at": "离开时间", "outcome": "处置结果", "over": "范围", "owner": "归档单位", "pages": "页数", "parameters": "参数",
    "parent": "上级单位", "parents": "原件", "part": "分批", "passed": "是否合格", "path": "字段位置", "period": "期间",
    "person": "人员", "persons": "人员", "phase": "状态", "place": "地点", "policy": "制度", "position": "标志位置", "post": "岗位",
    "post_no": "机要号", "posts": "岗位", "previous": "前一日志", "profile": "制度名称", "proof": "持有证明",
    "protected": "视频防泄保护", "purpose": "用途", "reason": "原因", "receipt_no": "回执号", "recipients": "批示传阅对象",
    "recovery": "应急恢复", "refuse": "禁止事项", "register": "登记簿", "report_no": "报告文号", "return_due": "应清退日期",
    "return_required": "须清退", "row": "行号", "scope": "知悉范围", "seal": "封装状况", "sender": "来文单位", "serial": "登记号",
    "serial_no": "出厂序列号", "series": "门类", "sha256": "文件摘要", "sheet": "工作表", "site": "网站", "size": "大小",
    "slip_header": "阅文单抬头", "slip_no": "阅文单号", "source": "登记簿来源", "special_basis": "超期限依据", "spoiled": "废页数",
    "stamped": "加盖戳记", "starts_at": "开始时间", "stated": "簿上所写人员", "station": "取件处", "step": "环节",
    "subjects": "对象数", "successor": "后继日志", "term": "保密期限", "text": "标志文字", "text_sha256": "通知摘要",
    "threshold": "最少签名人数", "tier": "来源层级", "title": "标题", "to": "去向", "topic": "主题", "total": "总数",
    "type": "类型", "unit": "单位", "units": "单位", "until": "截止时间", "urgency": "缓急",
    "utc_offset_minutes": "时区（分钟）", "valid_from": "起始日期", "valid_to": "截止日期", "vehicle": "车辆",
    "version": "版本", "volume": "案卷", "what": "内容", "where": "限定地点", "whole": "清单摘要", "work": "维修内容",
    "workdays": "调休上班日", "wrapped": "已密封", "year": "年份",
}  # fmt: skip

# (kind or map, field) → Chinese name, where it differs.
_SPECIAL: Final[dict[tuple[str, str], str]] = {
    ("accessed.entered", "out_at"): "离库时间",
    ("appointed.level", "what"): "授权内容",
    ("appointed.credential", "what"): "资格种类",
    ("checked.inventory", "found"): "盘到的载体",
    ("checked.inventory", "holder"): "保管人",
    ("checked.inspection", "topic"): "检查类型",
    ("copied.stored", "device"): "来源设备",
    ("created.equipment", "number"): "保密编号",
    ("created.equipment", "purpose"): "用途",
    ("created.received", "items"): "载体明细",
    ("decided.permit", "to"): "许可对象",
    ("destroyed.carriers", "unit"): "承销单位",
    ("destroyed.carriers", "method"): "销毁方式",
    ("listed.added", "purpose"): "造册目的",
    ("notified.filed", "what"): "备案内容",
    ("notified.sent", "due"): "期限",
    ("notified.sent", "to"): "通知对象",
    ("part", "number"): "第几部分",
    ("reported.handled", "due"): "整改期限",
    ("reported.incident", "to"): "报告对象",
    ("reported.incident", "what"): "事件种类",
    ("reported.upward", "to"): "上报对象",
    ("revoked", "reason"): "吊销原因",
    ("transferred.receipt", "found"): "实收数",
}


def field_zh(name: str, *, within: str = "") -> str:
    """The Chinese name of a field (`due`, `due?`) of a kind or map; the field's own name if it has none."""
    key = name.rstrip("?")
    return _SPECIAL.get((within, key)) or _FIELDS.get(key, key)


def field_en(name: str) -> str:
    """The English name of a field."""
    return name.rstrip("?").replace("_", " ")
