"""Every error that leaves chainlog, in one tree. The branch says who must act. Pure.

    ChainlogError
    ├─ UsageError         the caller asked for something impossible here     exit 2
    ├─ ConflictError      the log or another writer moved: try again         exit 5
    ├─ FormatError        these bytes are not what they should be            exit 3
    ├─ VerificationError  well-formed bytes, false claim                     exit 1
    └─ StoreError         the machine: disk, lock, file                      exit 4

Each class has a stable `code` (kebab-case, listed in docs/reference/errors.md), an exit status, and a text in
Chinese and English whose blanks are the error's fields. Errors never exit, log, or hold payloads or
secrets. `TypeError` and explicit `AssertionError` mean a bug in the caller or here; nothing catches them.
"""

from __future__ import annotations

from chainlog import error_text

ChainlogError = error_text.ChainlogError
Language = error_text.Language


# --- the caller ---------------------------------------------------------------------------------


class UsageError(ChainlogError):
    """The request cannot be met as asked, whatever the log holds."""

    code = "usage"
    exit_status = 2
    zh = "用法不对：{detail}"
    en = "cannot do that: {detail}"


class LogExistsError(UsageError):
    """`create` was pointed at a directory that already holds something."""

    code = "log-exists"
    zh = "{path} 已有内容；日志只能建在或备份到新目录、空目录"
    en = "{path} is not empty: a log is made in, and copied to, a new or empty directory only"


class ReadOnlyError(UsageError):
    """A writing call on a handle that was opened for reading or without the log key."""

    code = "read-only"
    zh = "日志以只读方式打开，不能写入：{detail}"
    en = "the log was opened for reading: {detail}"


class KeyFileError(UsageError):
    """A key file can't be used as asked: exists already, wrong passphrase, readable by others."""

    code = "key-file"
    zh = "密钥文件 {path}：{detail}"
    en = "key file {path}: {detail}"


class KeyFileExistsError(KeyFileError):
    """A key file is never overwritten, whatever stands at the path."""

    code = "key-file-exists"
    zh = "{path} 已存在；密钥文件从不覆盖，请换一个文件名"
    en = "{path} exists; a key file is never overwritten, choose another name"


class LooseKeyFileError(KeyFileError):
    """The key file can be read by other users of the machine."""

    code = "key-file-loose"
    zh = "密钥文件 {path} 的权限为 {mode}，其他用户可读；请执行 chmod 600 后重试"
    en = "key file {path} has mode {mode}, others can read it; run chmod 600 on it and try again"


class WrongPassphraseError(KeyFileError):
    """The passphrase doesn't open the key file, or the file was changed: the two can't be told apart."""

    code = "wrong-passphrase"
    zh = "密钥文件 {path}：口令不对，或文件已被改动"
    en = "key file {path}: wrong passphrase, or the file was changed"


class PinError(UsageError):
    """A verifier's memory of a log that can't be used as asked: of another log, not there, or ahead of what is written."""

    code = "pin"
    zh = "对照文件 {path}：{detail}"
    en = "pin {path}: {detail}"


class ExportError(UsageError):
    """A target that can't be exported to, or read as an export: another log's, changed, or something else altogether."""

    code = "export"
    zh = "导出目录 {path}：{detail}"
    en = "export {path}: {detail}"


class NotFoundError(UsageError):
    """What was asked for by name is not in the log."""

    code = "not-found"
    zh = "日志中没有{what}"
    en = "the log has no {what}"


class MissingExtraError(UsageError):
    """An optional dependency is not installed."""

    code = "missing-extra"
    zh = "此功能需要安装附加组件：pip install 'chainlog-custody[{extra}]'"
    en = "this needs an optional part: pip install 'chainlog-custody[{extra}]'"


class ProjectionError(UsageError):
    """A projection failed on a record. Its tables are as they were before the block; the log is untouched."""

    code = "projection"
    zh = "投影 {name} 处理第 {index} 条记录时出错：{detail}"
    en = "projection {name} failed on record {index}: {detail}"


# --- try again ----------------------------------------------------------------------------------


class ConflictError(ChainlogError):
    """Nothing is wrong with the request; the moment was. Nothing was written unless the text says so."""

    code = "conflict"
    exit_status = 5
    zh = "请重试：{detail}"
    en = "try again: {detail}"


class HeadMovedError(ConflictError):
    """A subject that the draft moves or acts on was moved after the draft's base by an act outside its refs."""

    code = "stale-draft"
    zh = "草稿已过时：{subject} 在第 {base} 条之后被第 {index} 条记录（{kind}）变动；请在最新日志上重新起草并签名"
    en = "stale draft: {subject} was moved by record {index} ({kind}) after base {base}; draft again on the newest head and sign anew"


class DraftExpiredError(HeadMovedError):
    """The draft's own time limit has passed."""

    code = "expired"
    zh = "草稿已于 {expires_at} 失效；请重新起草并签名"
    en = "the draft expired at {expires_at}; draft again and sign anew"


class DuplicateIdError(ConflictError):
    """The event id stands in the log already, with other content."""

    code = "duplicate-id"
    zh = "编号 {event_id} 已用于第 {index} 条记录，且内容不同；换一个编号，或核对该记录"
    en = "id {event_id} stands at index {index} with other content; use a new id or look at that record"


class BusyError(ConflictError):
    """Another writer held the log longer than the timeout."""

    code = "busy"
    zh = "日志被另一写入者占用超过 {timeout_s} 秒；稍后重试，若持续出现请检查停住的进程"
    en = "another writer held the log for more than {timeout_s} s; try again, and look for a stopped process if it persists"


class OutcomeUnknownError(ConflictError):
    """The disk failed while committing. The writer is closed; asking for the ids after reopening settles it."""

    code = "outcome-unknown"
    zh = "提交结果未知（{detail}）；写入端已关闭。请重新打开日志，按编号查询是否已写入，再决定是否重试"
    en = "the outcome of the commit is unknown ({detail}); the writer is closed: reopen the log and ask by id before trying again"


# --- the bytes ----------------------------------------------------------------------------------


class FormatError(ChainlogError):
    """Bytes or values that are not this format. `path` says where in the document, like `$.body.due`."""

    code = "malformed"
    exit_status = 3
    zh = "{path}：格式不对：{detail}"
    en = "{path}: malformed: {detail}"


class NonCanonicalError(FormatError):
    """Decodes, but isn't the one encoding of its value: duplicate key, wide integer, order, trailing bytes."""

    code = "not-canonical"
    zh = "{path}：不是规范编码：{detail}"
    en = "{path}: not the canonical encoding: {detail}"


class UnknownVersionError(FormatError):
    """A record or file of a version that this release doesn't know."""

    code = "unknown-version"
    zh = "{path}：未知的格式版本 {found}"
    en = "{path}: unknown format version {found}"


class UnknownKindError(FormatError):
    """An event kind that this release doesn't know. Readable by integrity checks, refused by writers."""

    code = "unknown-kind"
    zh = "{path}：未知的事件类型 {kind}"
    en = "{path}: unknown event kind {kind}"


class LimitError(FormatError):
    """More of something than `limits` allows."""

    code = "limit"
    zh = "{path}：超过上限：{detail}（上限 {limit}）"
    en = "{path}: over the limit: {detail} (limit {limit})"


class TextError(FormatError):
    """Text with characters outside the repertoire, or not in NFC."""

    code = "text"
    zh = "{path}：含有不允许的字符：{detail}"
    en = "{path}: text not allowed: {detail}"


class SubjectError(FormatError):
    """A subject that does not equal its fold, or has an unknown prefix."""

    code = "not-folded"
    zh = "{path}：标识 {found} 未归一化，应写作 {expected}"
    en = "{path}: subject {found} is not folded; write {expected}"


class SubjectsMismatchError(FormatError):
    """The head's subjects and people disagree with what the kind and body demand."""

    code = "subjects-mismatch"
    zh = "{path}：涉及对象与内容不符：{detail}"
    en = "{path}: subjects do not match the event: {detail}"


class ForeignFileError(FormatError):
    """A head that was kept outside, or remains, of another log than the one that they were given for: no evidence (FORMAT 14.11)."""

    code = "foreign-file"
    zh = "{path} 不是这本日志的，不能作证：{detail}"
    en = "{path} is none of this log's, and no evidence: {detail}"


class LedgerError(FormatError):
    """A register file that can't be read as a whole. Bad rows are problems, not errors."""

    code = "ledger"
    zh = "登记簿 {path}：{detail}"
    en = "register {path}: {detail}"


# --- the evidence -------------------------------------------------------------------------------


class VerificationError(ChainlogError):
    """Well-formed bytes that claim something false."""

    code = "verification"
    exit_status = 1
    zh = "验证不通过：{detail}"
    en = "verification failed: {detail}"


class RefusedError(VerificationError):
    """A record may not stand at its index. `finding` is one of the integrity codes in FORMAT.md; nothing was written."""

    code = "refused"
    zh = "拒绝写入（{finding}）：{subject} {detail}"
    en = "refused ({finding}): {subject} {detail}"


class ForbiddenError(VerificationError):
    """The policy in force lists `rule` under `refuse`; see its `article` and the `subject`. Nothing was written."""

    code = "forbidden"
    zh = "现行制度不准写入（{rule}）：{subject} {detail}"
    en = "the adopted policy refuses this ({rule}): {subject} {detail}"


class SignatureError(VerificationError):
    """A signature that does not verify, or a key that is no usable point."""

    code = "bad-signature"
    zh = "签名无效：{detail}"
    en = "bad signature: {detail}"


class CheckpointError(VerificationError):
    """A signed head that doesn't parse, isn't signed by the expected key, or contradicts another."""

    code = "checkpoint"
    zh = "日志头无效：{detail}"
    en = "bad checkpoint: {detail}"


class ReceiptError(VerificationError):
    """
    A receipt that isn't what it claims, or one that convicts a log.

    Fields: where a log is convicted, `finding` (an integrity code of FORMAT.md) and `index`.
    """

    code = "receipt"
    zh = "回执：{detail}"
    en = "receipt: {detail}"


class BundleError(VerificationError):
    """
    An evidence bundle of which something is false, lacking, or demanded by nothing.

    Fields: `finding` (an integrity code, or one of the bundle's own in FORMAT.md), `index` of the record or None, `subject`, and
    `reason`, which is `detail` without these two.
    """

    code = "bundle"
    zh = "证据包不成立（{finding}）：{detail}"
    en = "the bundle does not hold ({finding}): {detail}"


class ConflictProofError(VerificationError):
    """A file that is said to convict a log and doesn't."""

    code = "no-conflict"
    zh = "所附证据不能说明日志有矛盾：{detail}"
    en = "the evidence shows no conflict: {detail}"


class TimestampError(VerificationError):
    """A time stamp that isn't one, isn't of this checkpoint, or isn't signed by an authority that was given."""

    code = "timestamp"
    zh = "时间戳 {path}：{detail}"
    en = "time stamp {path}: {detail}"


class RecordHashError(VerificationError):
    """A record read back differs from the hash that the chain holds for it."""

    code = "altered"
    zh = "第 {index} 条记录与哈希链不符；请运行 chainlog verify"
    en = "record {index} differs from the chain's hash; run chainlog verify"


class ProofError(VerificationError):
    """A proof from a tree or a map that doesn't show what it should."""

    code = "proof"
    zh = "证明不成立：{detail}"
    en = "the proof doesn't hold: {detail}"


class SealError(VerificationError):
    """A sealed value whose text and salt don't give the commitment in the record, or that can't be opened."""

    code = "seal"
    zh = "密封值：{detail}"
    en = "sealed value: {detail}"


# --- the machine --------------------------------------------------------------------------------


class StoreError(ChainlogError):
    """The machine failed. What was acknowledged before is intact."""

    code = "store"
    exit_status = 4
    zh = "存储出错：{detail}"
    en = "storage: {detail}"


class NotALogError(StoreError):
    """The path holds no log that this release can open: missing, empty, a FIFO, another engine's file."""

    code = "not-a-log"
    exit_status = 3  # the machine is fine; the path leads to something else
    zh = "{path} 不是日志：{detail}"
    en = "{path} is not a log: {detail}"


class NetworkFileSystemError(StoreError):
    """The directory lies on a network or stacked file system, where locks and syncs can't be trusted."""

    code = "network-file-system"
    zh = "{path} 位于 {file_system} 文件系统，锁与落盘不可靠，拒绝写入；请放到本机磁盘"
    en = "{path} lies on {file_system}, where locks and syncs can't be trusted; use a local disk"


class StoreFullError(StoreError):
    """No space on the disk, a quota, or a file-size limit. Works again once there is room."""

    code = "store-full"
    zh = "磁盘空间不足，未写入：{detail}；腾出空间后可继续"
    en = "no space, nothing was written: {detail}; works again once there is room"


class LockLostError(StoreError):
    """The engine's lock was lost or another writer got past it. Reopen the log; nothing was written."""

    code = "lock-lost"
    zh = "日志锁已失效（{detail}），未写入；请重新打开日志，并避免复制运行中的目录（请用 backup）"
    en = "the log's lock was lost ({detail}), nothing was written; reopen the log, and copy it with backup only"


class FileReplacedError(StoreError):
    """A file of the log was replaced or removed under the open handle. Nothing was written."""

    code = "file-replaced"
    zh = "日志文件 {path} 在打开期间被替换或删除，未写入；请重新打开"
    en = "{path} was replaced or removed while open, nothing was written; reopen the log"


class HandleClosedError(StoreError):
    """A call on a handle that was closed, by its owner or after an unknown outcome."""

    code = "closed"
    zh = "日志句柄已关闭，请重新打开"
    en = "the log handle is closed; open the log again"


class EngineError(StoreError):
    """LMDB reported something that has no name of its own here."""

    code = "engine"
    zh = "存储引擎出错：{detail}"
    en = "storage engine: {detail}"
