"""What an integrity audit says in English, in Chinese. Pure data.

A detail that is not listed stays English: the code beside it says in Chinese what was found.
"""

from __future__ import annotations

import re
from typing import Final

VERDICTS: Final = {
    "intact": ("完好", "intact", "green"),
    "broken": ("已被破坏", "broken", "red"),
    "unreadable": ("无法读取", "unreadable", "red"),
}
TRUST: Final = {
    "pinned": ("已与给出的日志编号对照", "compared with the log id that was given"),
    "self-consistent": ("未给出日志编号：只能说明自洽，不能说明是真的", "no log id was given: consistent in itself, not proved genuine"),
}  # fmt: skip
_REASONS: Final = (
    (r"without the log's id from outside, all of this may have been made up", "没有外部保存的日志编号，全部内容都可能是伪造的"),
    (r"records cut off at the end, with the heads signed over them, leave no trace inside",
     "末尾的记录连同日志头一起被截去时，内部不留痕迹（可用 --checkpoint 对照）"),
    (r"records cut off after record (\d+), with the heads signed over them, leave no trace inside",
     r"第 \1 条之后的记录连同日志头一起被截去时，内部不留痕迹"),
    (r"what a stolen key signed before it was revoked looks like its owner's", "密钥被盗后、吊销前所签的，与本人所签无法区分"),
    (r"what all signers of a record agreed to state falsely can't be told from the truth", "全体签名者合谋作假的，无法识别"),
    (r"sealed texts lie outside of the records; they were not opened", "密封值在记录之外，没有打开核对"),
    (r"sealed/ is damaged: (.+)", r"sealed/ 已损坏：\1"),
    (r"sealed/ can't be read: (.+)", r"sealed/ 无法读取：\1"),
    (r"(\d+) committed roots were not computed again by this release", r"\1 个索引根未重新计算"),
    (r"no release writes it; it was not read", "不是本程序写出的文件，没有读取"),
    (r"there is none: when the records were written is said by the log alone", "没有时间戳：记录写于何时，只凭日志自己的说法"),
    (r"(\d+) in witness/ were not verified: no certificate of an authority was given",
     r"witness/ 中有 \1 个时间戳，未给出机构证书（--tsa-cert），没有核验"),
    (r"time stamp (.+): it is of no checkpoint that is at hand; .*", r"时间戳 \1：不是现有任何日志头的（可用 --checkpoint 给出）"),
    (r"time stamp (.+): it isn't signed by an authority that was given", r"时间戳 \1：不是所给时间戳机构签发的"),
    (r"an export has the newest alone", "导出中只有最新的日志头"),
    (r"they are compared with sound records only", "记录有损，未满的瓦片没有核对"),
    (r"it has records that its checkpoint doesn't cover", "导出中另有日志头未覆盖的记录，没有核验"),
    (r"records of an unknown version, and what follows them, were not read", "未知版本的记录及其后的内容没有读取"),
    (r"it covers records of an unknown version, which were not read", "该日志头涵盖未知版本的记录，没有读取"),
    (r"the event that brought the log key can't be believed", "带来日志密钥的记录不可信，无从核对签名"),
    (r"no evidence: it is of the log ([0-9a-f]{64}), .+", r"不能作证：它属于日志 \1"),
    (r"no evidence: the log key of this log didn't sign it: .+", "不能作证：签名的不是这本日志的日志密钥"),
    (r"no evidence: the log's id isn't known", "不能作证：日志编号不详"),
    (r"records are lost whose hashes nothing else says", "有记录丢失，其哈希无从得知"),
    (r"(\d+) more were found than a report lists", r"另有 \1 项，超出报告所列"),
    (r"(\d+) committed roots were not computed again: something else is wrong with the log", r"日志另有问题，\1 个索引根未重新计算"),
    (r"(\d+) more that no release writes", r"另有 \1 个不是本程序写出的文件"),
    (r"what events of unknown kinds demand, and what they make stale", "未知类型的事件有何要求，不得而知"),
)  # fmt: skip
_DETAILS: Final = (
    (r"its bytes are not those that the chain goes on from", "内容与后一条记录所链接的不符"),
    (r"its previous hash is not that of the record before", "所链接的哈希不是前一条记录的"),
    (r"not what (?:a )?later signatures? saw(.*), and chained anew", "与后来的签名者所见不符，且此后被重新链接"),
    (r"not what the signed head covers(.*), and chained anew", "与签名的日志头不符，且此后被重新链接"),
    (r"record (\d+) is missing", r"缺少第 \1 条"),
    (r"records (\d+) to (\d+) are missing", r"缺少第 \1 至 \2 条"),
    (r"no row is there; record (\d+) is stored at (\d+)", r"此处没有记录，第 \1 条存放在 \2 处"),
    (r"record (\d+) is lost with a damaged page", r"第 \1 条随损坏的页丢失"),
    (r"records (\d+) to (\d+) are lost with a damaged page", r"第 \1 至 \2 条随损坏的页丢失"),
    (r"rows are lost with a damaged page", "有行随损坏的页丢失"),
    (r"lost with a damaged page", "随损坏的页丢失"),
    (r"the record that opened the log is not there", "启用日志的记录不在"),
    (r"records were taken out after record (\d+): .*", r"第 \1 条之后有记录被抽走"),
    (r"records were put in another order after record (\d+): .*", r"第 \1 条之后记录顺序被调换"),
    (r"(\d+) records stand in each other's places, the first one here", r"自此处起，\1 条记录互换了位置"),
    (r"a row beside the log(.*)", r"日志之外多出的一行\1"),
    (r"(?:the record that stands here|it) calls itself (\d+)", r"自称第 \1 条"),
    (r"the base is not a record of this log", "签名基准不是此日志的记录"),
    (r"the signed head has (\d+) records, (\d+) are there", r"日志头签的是 \1 条，实有 \2 条"),
    (r"it is signed for (\d+) records, (\d+) are there", r"所签为 \1 条，实有 \2 条"),
    (r"the root that is signed for (\d+) records is not theirs", r"所签 \1 条的树根与记录不符"),
    (r"records from (\d+) on are not covered by the signed head", r"第 \1 条起不在签名的日志头之内"),
    (r"(\d+) records are there", r"实有 \1 条"),
    (r"(\d+) records are there; a record `recovered` states it", r"实有 \1 条；恢复记录（recovered）已作说明"),
    (r"the log key signed another history there; a record `recovered` states it",
     "日志密钥在该处签过另一段历史；恢复记录（recovered）已作说明"),
    (r"the log key signed another history there", "日志密钥在该处签过另一段历史"),
    (r"it is of the log ([0-9a-f]{64})", r"属于日志 \1"),
    (r"asked for was the log ([0-9a-f]{64})", r"要核验的是日志 \1"),
    (r"there is no record", "没有任何记录"),
    (r"a table of (\d+) rows that no log has", r"多出一个有 \1 行的表"),
    (r"the table is missing", "缺少此表"),
    (r"a key beside the tables", "表外的键"),
    (r"(\d+) of (\d+) signatures as (\w+)", r"作为 \3 应签 \2 个，实有 \1 个"),
    (r"signed with a key declared doubtful, not countersigned since", "以后来被宣布存疑的密钥签名，尚未补签确认"),
    (r"a copy of (\S+)", r"是 \1 的一份"),
    (r"(\d+\.\d+) s earlier than the record before", r"比前一条早 \1 秒"),
    (r"the base (\d+) lies (\d+) records back", r"签名基准第 \1 条在 \2 条之前"),
    (r"the base (\d+) was recorded (\d+) days before", r"签名基准第 \1 条写入于 \2 天前"),
    (r"neither box nor erasure", "既没有密封盒，也没有清除记录"),
    (r"a salvage that isn't finished: .+", "抢救尚未完成：管理员签齐其中的 recovered.draft 后，用 chainlog recover 完成"),
    (r"(.+) is not a log: neither of its meta pages can be read", r"\1 不是日志：两个元数据页都无法读取"),
    (r"(.+) is not a log: No such file or directory", r"\1 不存在"),
    (r"(.+) is not a log: (.+)", r"\1 不是日志：\2"),
)  # fmt: skip
_SUBJECTS: Final = (
    (r"checkpoint of (\d+) records?", r"\1 条的日志头"),
)  # fmt: skip
_FOLLOWS: Final = re.compile(r"(?P<detail>.*); from it follow (?P<follow>.*)")


def reason_zh(reason: str) -> str | None:
    """Why something could not be known, in Chinese; None if it isn't listed."""
    return _translated(_REASONS, reason)


def detail_zh(detail: str) -> str:
    """The detail of an audit's finding in Chinese, as far as it is listed."""
    match = _FOLLOWS.fullmatch(detail)
    if match is None:
        return _translated(_DETAILS, detail) or detail
    first = _translated(_DETAILS, match["detail"]) or match["detail"]
    return f"{first}；由此连带 {match['follow']}"


def subject_zh(subject: str) -> str:
    """What a finding is about, or what was not checked, in Chinese, as far as it is words."""
    return _translated(_SUBJECTS, subject) or subject


def _translated(texts: tuple[tuple[str, str], ...], text: str) -> str | None:
    for pattern, zh in texts:
        match = re.fullmatch(pattern, text)
        if match is not None:
            return match.expand(zh)
    return None
