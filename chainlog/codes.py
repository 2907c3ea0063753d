"""The integrity codes: what an audit can find, and what an append is refused for. Pure data.

One list, kept in schemas/FORMAT.md appendix B and checked against it. A code never changes its meaning.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Answer = Literal["refused", "found", "said"]


class Code(NamedTuple):
    """
    One code.

    answer: `refused` at append and found by an audit; `found` by an audit only (nobody can append it through
        the writer, or appending it is allowed); `said`: a remark that breaks nothing.
    """

    answer: Answer
    zh: str
    en: str


CODES: Final[dict[str, Code]] = {
    # the chain and the order
    "altered": Code("found", "记录内容被改动", "the bytes of a record were changed"),
    "missing": Code("found", "缺少记录", "a record is missing"),
    "duplicate": Code("refused", "同一事件编号或同一记录重复出现", "an event id or a record stands twice"),
    "reordered": Code("found", "记录顺序被调换", "records stand in another order"),
    "forked": Code("found", "出现两段不同的历史", "two histories branch from one record"),
    "truncated": Code("found", "日志被截短", "the log was cut back"),
    "index-mismatch": Code("found", "索引与记录不符", "an index says other than the records"),
    "head-mismatch": Code("found", "签名的日志头与记录不符", "the signed head does not match the records"),
    "foreign-data": Code("found", "存有不属于日志的数据", "data that does not belong to the log"),
    "page-corrupt": Code("found", "数据库页损坏", "a page of the database is damaged"),
    "unreadable": Code("found", "文件无法读取", "the file can't be read"),
    # the bytes of a record
    "malformed": Code("refused", "格式不合规", "the bytes are not this format"),
    "not-folded": Code("refused", "标识未归一化", "a subject is not folded"),
    "subjects-mismatch": Code("refused", "涉及对象与内容不符", "the subjects are not those that the event demands"),
    "unknown-kind": Code("refused", "未知的事件类型", "a kind that this release does not know"),
    "version-regression": Code("refused", "格式版本倒退", "the record version went down, or is not known"),
    # base, links, references, time
    "wrong-log": Code("refused", "属于另一日志", "signed for another log"),
    "wrong-base": Code("refused", "基准记录不符", "the base is not the record at that index"),
    "old-base": Code("found", "基准记录过旧", "the base lies too far back"),
    "stale-draft": Code("refused", "草稿过时：对象已被变动", "a subject was moved after the base"),
    "stale-link": Code("refused", "链接与先前记录不符", "a link is not the subject's last event"),
    "bad-ref": Code("refused", "引用的事件不存在或内容不符", "a reference does not stand below, or has other content"),
    "expired": Code("refused", "已过有效期或未设有效期", "recorded after it expired, or without a time limit"),
    "clock": Code("found", "记录时间倒退", "the writer's clock went back"),
    "document-not-named": Code("found", "未列出所属文件", "an ended copy does not name its document"),
    "closed": Code("refused", "日志已封存", "a record after the log was closed"),
    # signatures and keys
    "unsigned": Code("refused", "无人签名", "nobody signed"),
    "bad-signature": Code("refused", "签名无效", "a signature does not verify"),
    "missing-signature": Code("refused", "缺少应有签名", "a named signer's signature is missing"),
    "foreign-signature": Code("refused", "存在未列名者的签名", "a signature whose signer is not named"),
    "unknown-key": Code(
        "refused", "密钥未登记或不适用于此角色", "a key that is not enrolled for this role at this index"
    ),
    "revoked-key": Code("refused", "密钥已吊销", "a key that was revoked before"),
    "key-reused": Code("refused", "密钥曾被登记", "a key that was enrolled before"),
    "bad-key": Code("refused", "密钥不合格或未证明持有", "not a valid point, or possession not proved"),
    "below-threshold": Code("refused", "管理员签名不足", "fewer administrators than the threshold"),
    "bad-policy": Code("refused", "制度参数不合规", "the policy is not well formed"),
    "doubtful": Code("found", "签名存疑，待补签确认", "signed with a key declared doubtful, not yet countersigned"),
    "break-glass": Code("found", "由应急恢复密钥授权", "authorised by recovery keys alone"),
    # what stands beside the records
    "seal-lost": Code("found", "密封值丢失而无清除记录", "a sealed value is gone without a record of its erasure"),
    "false-map": Code("found", "索引承诺与记录不符", "a committed map is not that of the records"),
}
