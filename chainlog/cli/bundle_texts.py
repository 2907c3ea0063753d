"""What `chainlog bundle` says of a bundle, in Chinese beside the English of `proof.bundle_report`. Pure data."""

from __future__ import annotations

from typing import Final

AUTHENTICITY: Final = {
    "genuine": ("属实", "genuine", "green"),
    "keys-unproven": ("自洽，但未证明各签名密钥当时有效", "not shown: keys may have ended before they signed", "yellow"),
    "untrusted": ("未给出日志编号：只能说明自洽，不能说明是真的", "no log id was given: consistent in itself, not proved genuine", "yellow"),
}  # fmt: skip
"""Verdict on authenticity: Chinese, English, colour."""

FINDINGS: Final = {
    "undemanded": "含有与所选对象无关的内容",
    "incomplete": "缺少应有的记录或证明",
    "proof": "记录与日志头的树根不符",
    "map-proof": "与日志承诺的完整性索引不符：记录被抽去，或证明不属于此对象",
    "checkpoint": "日志头不属于此日志，或签名不成立",
    "time-stamp": "时间戳不是所给机构签发的，或不是该日志头的",
    "seal": "公开的内容与记录中的密封值不符",
}
"""The codes that only bundles have, in Chinese."""

HINT: Final = (
    "不要采信此证据包；请核对日志编号，或要求重新制作。",
    "Don't rely on it; check the log's id, or ask for another bundle.",
)
"""What to do about a bundle that doesn't hold."""

_REASONS: Final = {
    "log id": "没有外部保存的日志编号，全部内容都可能是伪造的",
    "later records": "日志头之后还有什么记录、日志是否被截回到此处，须有更新的日志头或见证人才能知道",
    "tail": "已证明部分之后、日志头之前的记录，是否齐全取决于制作者",
    "log key": "已证明部分之后日志密钥是否更换，未予说明",
    "keys": "未证明各密钥在签名时仍然有效",
    "map": "仅凭证据包无法重算完整性索引；完整核验日志时会重算",
    "bases": "有的签名基准记录不在证据包内",
    "references": "有的事件所引用的记录不在证据包内",
    "movers": "对象的其他记录不在证据包内，无法判断签名基准之后是否变动",
    "ids": "事件编号是否在别的记录中重复，不得而知",
    "sealed values": "有密封的内容没有公开",
    "time stamps": "其中的时间戳没有核对",
    "no time stamp": "没有时间戳：时间以日志和签名者所述为准",
    "cosignatures": "日志头上另有未要求核对的签名",
    "witnesses": "要求核对的见证人并未全部附署此日志头",
    "unknown kinds": "未知类型的事件有何要求、使何对象变动，不得而知",
}


def reason_zh(what: str) -> str:
    """Why something is left open, in Chinese."""
    return _REASONS[what]
