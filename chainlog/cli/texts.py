"""Chinese for what the core says in English only, and what to do next about each error. Pure data.

Messages of the core end in a detail in English. `detail_zh` gives the Chinese of those that a user can meet; one that is
not listed stays English, which is better than none. `advice` is looked up by the error's code, or by the finding of a
refusal.
"""

from __future__ import annotations

import re
from typing import Final

_DETAILS: Final[tuple[tuple[str, str], ...]] = (
    # key files
    (r"not a regular file", "不是普通文件"),
    (r"a symbolic link", "是符号链接"),
    (r"No such file or directory", "文件或目录不存在"),
    (r"Permission denied", "没有权限"),
    (r"Is a directory", "是目录"),
    (r"File exists", "文件已存在"),
    (r"Not a directory", "不是目录"),
    (r"No space left on device", "磁盘空间不足"),
    (r"Bad file descriptor", "已关闭，不能读写"),
    (r"Read-only file system", "文件系统只读"),
    (r"not a key file, too large", "不是密钥文件（过大）"),
    (r"not a key file", "不是密钥文件"),
    (r"cut short, or not base64", "内容不完整，或不是 base64"),
    (r"inside the directory of a log, whose backups would hold the key", "位于日志目录内，备份日志会带走密钥；请放到别处"),
    (r"this file system \(FAT\?\) has no hard links; use another", "此文件系统（FAT？）不支持硬链接，请换一个"),
    (r"it holds a key for the purpose (\w+), not (.+)", r"密钥用途为 \1，此处需要 \2"),
    (r"the public key in it does not belong to the secret", "其中的公钥与私钥不符"),
    (r"an empty passphrase", "口令为空"),
    (r"the passphrase has a character that may not stand in a text", "口令含有不允许的字符"),
    (r"a passphrase has at most (\d+) bytes", r"口令最多 \1 字节"),
    (r"deriving the key of a passphrase needs (\d+) MiB of memory", r"口令运算需要 \1 MiB 内存"),
    # the log
    (r"a log is a directory", "日志是目录，不是文件"),
    (r"it has no record 0", "没有第 0 条记录"),
    (r"no (truth|data\.mdb) in it", r"目录中没有 \1"),
    (r"empty", "文件为空"),
    (r"this is log ([0-9a-f]{64}), not ([0-9a-f]{64})", r"这是日志 \1，不是 \2"),
    (r"the stored head does not belong to the (?:last record|records); run chainlog verify",
     "存储的日志头与记录不符；请运行 chainlog verify"),
    (r"the last record is not the one that the head names; run chainlog verify",
     "最后一条记录不是日志头所指的记录；请运行 chainlog verify"),
    (r"the log key was not given", "没有给出日志密钥"),
    (r"the key ([0-9a-f]{16}) is no log key of this log", r"密钥 \1… 不是这本日志的日志密钥"),
    (r"the log key given is not the one in force", "给出的日志密钥不是现行的日志密钥"),
    (r"the draft was made for another log", "草稿属于另一日志"),
    (r"nobody has signed", "无人签名"),
    (r"no signer for (\S+) as (\w+)", r"没有 \1 作为 \2 的密钥"),
    (r"not a draft: begins with .+", "不是草稿文件"),
    (r"not a bundle", "不是证据包"),
    (r"no bundle is about (.*)", r"证据包的对象不能是 \1"),
    (r"sealed values are opened with a reader's key", "公开密封值须给出阅读密钥（--reader-key）"),
    (r"no earlier act with this id and content", "日志中没有此编号且内容相同的事件"),
    (r"the log key given is not the one in force where the saved records end", "给出的日志密钥不是已救出记录末尾处现行的日志密钥"),
    (r"the records are not those that were saved; salvage once more", "记录已不是救出时的那些；请重新抢救"),
    (r"record (\d+) is not the one that was saved; salvage once more", r"第 \1 条已不是救出时的那一条；请重新抢救"),
    (r"it is no recovered of this log", "不是此日志的恢复记录（recovered）"),
    (r"it says that records were lost from (\d+) on, and (\d+) were saved", r"其中说第 \1 条起已失，而救出的是 \2 条"),
    (r"there is no record 0", "没有第 0 条记录"),
    (r"no log key is in force(?:; run chainlog verify)?", "没有现行的日志密钥；请运行 chainlog verify"),
    (r"no log key is known(?: for it| after \d+ records)?", "不知道日志密钥"),
    (r"the checkpoint is over (\d+) records, the log has (\d+)", r"日志头涵盖 \1 条，日志只有 \2 条"),
    (r"a committed map that can't be read", "提交的索引无法读取"),
    (r"tables or keys that are not a log's", "有不属于日志的表或键"),
    (r"another version of the tables, or what no log has", "表的版本不同，或含有日志没有的内容"),
    (r"not size and hash of the last record", "不是最后一条记录的条数和哈希"),
    (r"not of these records", "不是这些记录的"),
    (r"(\d+) rows instead of (\d+)", r"有 \1 行，应为 \2 行"),
    (r"not the roots of the tiles below", "不是下层瓦片的根"),
    # the machine
    (r"this program has no Python interpreter to start a child process with", "本程序没有可用来启动子进程的 Python 解释器"),
    (r"no child process could be started: (.+)", r"无法启动子进程：\1"),
    (r"a message of (\d+) bytes", r"子进程的消息过长：\1 字节"),
    (r"a log in memory has no files", "内存中的日志没有文件"),
    (r"only an object store takes options", "只有对象存储才有选项"),
    (r"it is not there", "文件不在"),
    (r"(\d+) bytes", r"\1 字节"),
    # refusals
    (r"(\w+), key ([0-9a-f]{16})", r"角色 \1，密钥 \2…"),
    (r"signed as (\w+) without being named", r"以 \1 签名，但事件未列其名"),
    (r"(\d+) of (\d+) signatures as (\w+)", r"作为 \3 应签 \2 个，实有 \1 个"),
    (r"(\d+) of (\d+) administrators signed", r"需要 \2 名管理员签名（受益人不计），实有 \1 名"),
    (r"one administrator signs it", "需要一名管理员签名"),
    (r"not signed by (.+)", r"缺少签名：\1"),
    (r"a registrar and an approver, two persons, sign it", "需要登记人与批准人两人签名"),
    (r"the key is not this person's", "此密钥不属于此人"),
    (r"revoked by record (\d+) already", r"已被第 \1 条记录吊销"),
    (r"was enrolled before", "以前登记过"),
    (r"a key stands once in the genesis", "同一密钥在启用事件中出现两次"),
    (r"a key stands once", "同一密钥出现两次"),
    (r"one key an administrator", "每名管理员一个密钥"),
    (r"one recovery key a person", "每人一个应急恢复密钥"),
    (r"the proof of possession does not verify", "持有证明不成立"),
    (r"the key is no point of the main subgroup", "不是合格的公钥"),
    (r"the threshold lies between (\d+) and (\d+) for (\d+) administrators without recovery keys",
     r"\3 名管理员且没有应急恢复密钥时，最少签名人数须在 \1 与 \2 之间"),
    (r"the threshold lies between (\d+) and (\d+) for (\d+) administrators",
     r"\3 名管理员时，最少签名人数须在 \1 与 \2 之间"),
    (r"the recovery threshold lies between (\d+) and (\d+)", r"应急恢复的最少签名人数须在 \1 与 \2 之间"),
    (r"the name is 1 to (\d+) of a-z 0-9 \. - and begins with draft\.",
     r"日志名为 1 至 \1 个 a-z 0-9 . - 字符，并以 draft. 开头"),
    (r"the offset from UTC is at most 14 hours", "时区偏移最多 14 小时"),
    (r"doubt begins at a record that does not stand yet", "存疑起点的记录尚不存在"),
    (r"the time limit lies more than 31 days after the first signature", "有效期超过首次签名后 31 天"),
    (r"recorded after the time limit", "写入时已过有效期"),
    (r"min\.supervisors is at least (\d+)", r"min.supervisors 不得低于 \1"),
    (r"unknown policy parameter", "未知的制度参数"),
    # events
    (r"(\S+) takes (.+)", r"\1 的对象应为 \2"),
    (r"(\S+) is named but is no subject", r"\1 被提到但未列入对象"),
    (r"(\S+) is a subject but takes no part", r"\1 列为对象但没有参与"),
    (r"(\S+) stands where P is wanted", r"此处应为人员（p/…），写的是 \1"),
    (r"(\S+) stands where U is wanted", r"此处应为单位（u/…），写的是 \1"),
    (r"(\S+) stands where W is wanted", r"此处应为场所（w/…），写的是 \1"),
    (r"(\S+) stands where (\S+) is wanted", r"此处应为 \2，写的是 \1"),
    (r"(\S+) is no person", r"\1 不是人员（应为 p/…）"),
    (r"(\S+) is no date", r"\1 不是日期（应为 2025-03-05）"),
    (r"'(.*)' is no time like .*", r"“\1”不是时间；写作 2025-03-05、2025-03-05 09:10 或 2025-03-05T09:10:00+08:00"),
    (r"'(.*)' is no time: .*", r"“\1”不是有效的时间"),
    (r"a person stands once in a role", "同一人在同一角色中只能出现一次"),
    (r"an act is named once in refs", "同一事件只能引用一次"),
    (r"unknown role (\w+); roles are (.+)", r"未知角色 \1；角色有 \2"),
    (r"unknown role (\w+)", r"未知角色 \1"),
    (r"unknown role", "未知角色"),
    (r"\[role, person, signs\] is wanted", "people 写作 {角色: 人员} 或 [[角色, 人员, 签名数], …]"),
    # what msgspec says of a value
    (r"Expected `int(?: \| null)?`, got .*", "应为整数"),
    (r"Expected `bool(?: \| null)?`, got .*", "应为 true 或 false"),
    (r"Expected `str(?: \| null)?`, got .*", "应为文字"),
    (r"Expected `array(?: \| null)?`, got .*", "应为列表"),
    (r"Expected `object(?: \| null)?`, got .*", "应为 JSON 对象"),
    (r"Expected `int` >= (-?\d+)", r"不得小于 \1"),
    (r"Expected `int` <= (-?\d+)", r"不得大于 \1"),
    (r"Expected `(?:str|array)` of length >= (\d+)", r"太短，长度至少为 \1"),
    (r"Expected `(?:str|array)` of length <= (\d+)", r"太长，长度至多为 \1"),
    (r"Input data was truncated", "数据不完整"),
    (r"a kind is wanted", "缺少 kind（事件类型）"),
    (r"text is wanted", "应为文字"),
    (r"a list of texts is wanted", "应为文字列表"),
    (r"an object is wanted", "应为 JSON 对象"),
    (r"hexadecimal digits are wanted", "应为十六进制"),
    (r"stated twice, as (\w+) too", r"重复给出（又写作 \1）"),
    (r"people are \{role: person\}.*", "people 写作 {角色: 人员} 或 [[角色, 人员, 签名数], …]"),
    (r"a time like 2025-03-05 09:10, or .*", "应为 2025-03-05 09:10 这样的时间，或 {start, span_us}"),
    (r"float has no place in this format", "应为整数，不能带小数"),
    (r"bool has no place in this format", "不能是 true 或 false"),
    (r"NoneType has no place in this format", "不能是 null；没有内容的字段请去掉"),
    (r"U\+([0-9A-F]{4,6}) at position (\d+): .*", r"第 \2 个字符 U+\1"),
    # receipts, pins
    (r"it is of the log ([0-9a-f]{64})", r"属于日志 \1"),
    (r"is of the log ([0-9a-f]{64})", r"属于日志 \1"),
    (r"it is of the log ([0-9a-f]{64}), and this is the log ([0-9a-f]{64})", r"它属于日志 \1，而这是日志 \2"),
    (r"the log key of this log didn't sign it: (.+?)( \(it is over (\d+) records, (\d+) are there\))",
     r"签名的不是这本日志的日志密钥（它涵盖 \3 条，日志有 \4 条）"),
    (r"the log key of this log didn't sign it: .+", "签名的不是这本日志的日志密钥"),
    (r"another log stands in its place", "此处已是另一本日志"),
    (r"the log ends before record (\d+), of which this is the receipt \(truncated\)", r"日志不到第 \1 条就结束了，回执却证明曾有该条（truncated）"),
    (r"the event of record (\d+) now stands at (\d+) \(reordered\)", r"第 \1 条的事件现在在第 \2 条（reordered）"),
    (r"record (\d+) is not the one that the receipt holds \(altered\)", r"第 \1 条已不是回执中的那一条（altered）"),
    (r"the log had (\d+) records when it gave the receipt, now (\d+) \(truncated\)", r"出具回执时日志有 \1 条，现在只有 \2 条（truncated）"),
    (r"the first (\d+) records are others than the log signed in the receipt \(forked\)", r"前 \1 条与出具回执时所签的不同（forked）"),
    (r"the record in it is not the log's record (\d+)", r"其中的记录不是日志的第 \1 条"),
    (r"it holds no record", "其中没有记录"),
    (r"is not there; a log is pinned only with its id, or if that is asked for",
     "不存在；首次对照须给出日志编号（--log-id），或用 --pin-new 明示信任现在的日志"),
    (r"exists already", "已存在"),
    (r"not the receipt of record 0", "不是第 0 条的回执"),
    (r"not a pin: (.+)", r"不是对照文件：\1"),
    (r"the first head is of the log ([0-9a-f]{64})", r"第一个日志头属于日志 \1"),
    (r"the smaller tree is the beginning of the larger one", "较短的正是较长的开头，并无矛盾"),
)  # fmt: skip
_COMPILED: Final = tuple((re.compile(pattern), zh) for pattern, zh in _DETAILS)

_ADVICE: Final[dict[str, tuple[str, str]]] = {
    "not-a-log": ("请核对路径；新建日志用 chainlog init，检查损坏用 chainlog verify。",
                  "Check the path; chainlog init makes a log, chainlog verify examines a damaged one."),
    "log-exists": ("请换一个目录，或直接使用该日志。", "Choose another directory, or use the log that is there."),
    "read-only": ("请用 --log-key（或 CHAINLOG_LOG_KEY）给出日志密钥。",
                  "Give the log key with --log-key (or CHAINLOG_LOG_KEY)."),
    "wrong-passphrase": ("请重新输入口令；忘记口令则须登记新密钥并吊销此密钥。",
                         "Enter it again; if it is forgotten, enrol a new key and revoke this one."),
    "key-file": ("请用 chainlog key new 新建密钥，或核对路径。", "Make a key with chainlog key new, or check the path."),
    "duplicate-id": ("用 chainlog show 查看该记录；内容确实不同则换一个编号。",
                     "Look at that record with chainlog show; if it is another act, use another id."),
    "store": ("请核对路径、权限和磁盘空间。", "Check the path, the permissions and the room on the disk."),
    "busy": ("稍后重试。", "Try again in a moment."),
    "outcome-unknown": ("用 chainlog history 或 show 查询是否已写入，再决定是否重试。",
                        "Ask with chainlog history or show whether it stands before you try again."),
    "store-full": ("请腾出磁盘空间后重试。", "Make room on the disk and try again."),
    "lock-lost": ("请重试；复制日志只能用 chainlog backup。", "Try again; copy logs with chainlog backup only."),
    "file-replaced": ("请重试，并查明是谁替换了文件。", "Try again, and find out who replaced the file."),
    "altered": ("不要再写入；先运行 chainlog verify。", "Don't append; run chainlog verify first."),
    "checkpoint": ("不要再写入；先运行 chainlog verify。", "Don't append; run chainlog verify first."),
    "foreign-file": ("请给出这本日志的文件。若它确是这本日志留下的，则日志已被换掉：请用 chainlog verify --log-id 与抄下的编号对照。",
                     "Give what is this log's. If it was kept of this one, the log was exchanged: chainlog verify --log-id says it, with the id written down."),
    "unknown-kind": ("用 chainlog kinds 查看事件类型。", "chainlog kinds lists the kinds of events."),
    "subjects-mismatch": ("用 chainlog kinds 类型名 查看此类事件的对象；对象用 --on 给出。",
                          "chainlog kinds KIND says which subjects it takes; --on gives them."),
    "unknown-key": ("请先由管理员登记此密钥（chainlog enroll），或换用已登记的密钥。",
                    "Have the administrators enrol the key (chainlog enroll), or sign with one that is enrolled."),
    "revoked-key": ("请换用未吊销的密钥。", "Sign with a key that is not revoked."),
    "missing-signature": ("请用 --key 给出其密钥，或先让其在草稿上签名（chainlog sign）。",
                          "Give the key with --key, or have that person sign the draft first (chainlog sign)."),
    "below-threshold": ("请让更多管理员签名（--key 可重复），或用 --save 保存草稿传签。",
                        "More administrators must sign (--key can be repeated), or pass a draft on with --save."),
    "bad-ref": ("请核对 --ref 的编号。", "Check the id given with --ref."),
    "wrong-log": ("请核对是哪一本日志：chainlog verify 显示其编号。", "Check which log it is: chainlog verify shows a log's id."),
    "closed": ("日志已封存，请写入后继日志。", "The log is closed; use its successor."),
    "key-reused": ("请新建一个密钥（chainlog key new）。", "Make a new key (chainlog key new)."),
    "not-found": ("请核对编号；chainlog history 列出一个对象的全部记录。",
                  "Check the name; chainlog history lists all records of a subject."),
    "network-file-system": ("请把日志放到本机磁盘。", "Put the log on a local disk."),
    "forbidden": ("按现行制度补齐手续，或由管理员修订制度（chainlog policy）。",
                  "Meet the policy's demand first, or have the administrators change it (chainlog policy)."),
}  # fmt: skip


def detail_zh(detail: str) -> str | None:
    """The Chinese of a detail that the core gives in English, or None."""
    for pattern, zh in _COMPILED:
        match = pattern.fullmatch(detail)
        if match is not None:
            return match.expand(zh)
    # What the system says of a file: `path: reason`.
    path, colon, reason = detail.rpartition(": ")
    known = detail_zh(reason) if colon else None
    return f"{path}：{known}" if known is not None else None


_WHAT: Final = (
    (re.compile(r"record (\d+)"), r"第 \1 条记录"),
    (re.compile(r"(?:act|event) (.+)"), r"事件 \1"),
    (re.compile(r"appointment (.+) of (.+)"), r"\2 的任命 \1"),
    (re.compile(r"policy"), "制度"),
)


def what_zh(what: str) -> str:
    """What was not found, in Chinese."""
    for pattern, zh in _WHAT:
        match = pattern.fullmatch(what)
        if match is not None:
            return match.expand(zh)
    return what


def advice(code: str) -> tuple[str, str] | None:
    """What to do next, in Chinese and English, or None."""
    return _ADVICE.get(code)
