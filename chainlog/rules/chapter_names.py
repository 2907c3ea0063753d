"""The chapters that rules are filed under, by the letters of their ids, in the order of a carrier's life. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CHAPTER_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "CLS": ("定密", "classification"),
    "MRK": ("标志", "marking"),
    "NUM": ("编号", "numbering"),
    "MAK": ("制作", "making"),
    "RCV": ("收文", "receipt"),
    "ISS": ("发文、分发", "issue"),
    "TRN": ("传递", "transfer"),
    "CIR": ("传阅", "circulation"),
    "KNW": ("知悉范围", "who may know"),
    "RDG": ("阅读场所", "where it is read"),
    "BRW": ("借阅", "loans"),
    "CPY": ("复制、摘抄", "copies and extracts"),
    "OUT": ("携带外出", "taking out"),
    "STO": ("保存", "storage"),
    "MED": ("存储介质", "storage media"),
    "CMP": ("计算机和设备", "computers and devices"),
    "INV": ("清查、检查", "stock-taking and inspection"),
    "RET": ("清退", "clearing and return"),
    "HND": ("离岗移交", "handing over on leaving"),
    "PER": ("人员", "people"),
    "DES": ("销毁", "destruction"),
    "DCL": ("密级变更、解密", "change of level, declassification"),
    "ARC": ("归档", "archiving"),
    "LEK": ("泄密事件", "leaks"),
    "REC": ("登记", "the records"),
    "PUB": ("信息发布", "publication"),
    "MTG": ("会议", "meetings"),
    "INT": ("记录的更正和来源", "corrections and origin of records"),
}


def place_of(rule_id: str) -> tuple[int, int, str]:
    """Sorts ids of rules and questions: by chapter, then by number."""
    chapter, _, rest = rule_id.partition("-")
    digits = rest.rstrip("abcdefghijklmnopqrstuvwxyz")
    return list(CHAPTER_NAMES).index(chapter), int(digits), rest
