"""`chainlog verify`: the integrity audit. Reads the log without changing it; what is damaged is read by a child process."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from chainlog.cli.command import command, log_argument, option
from chainlog.cli.render import Cell, Column
from chainlog.cli.session import Session
from chainlog.codes import CODES
from chainlog.errors import LimitError
from chainlog.limits import NOTE_BYTES_MAX

if TYPE_CHECKING:
    from chainlog.forensics.report import AuditReport, NotChecked

_FOUND: Final = 1
_VERDICTS: Final = {
    "intact": ("完好", "intact", "green"),
    "broken": ("已被破坏", "broken", "red"),
    "unreadable": ("无法读取", "unreadable", "red"),
}
_TRUST: Final = {
    "pinned": ("已与给出的日志编号对照", "compared with the log id that was given"),
    "self-consistent": ("未给出日志编号：只能说明自洽，不能说明是真的", "no log id was given: consistent in itself, not proved genuine"),
}  # fmt: skip
_SHOWN: Final = 100

# What can't be known, in Chinese: by the English reason that the audit gives.
_REASONS: Final = (
    (r"without the log's id from outside, all of this may have been made up", "没有外部保存的日志编号，全部内容都可能是伪造的"),
    (r"records cut off at the end, with the heads signed over them, leave no trace inside",
     "末尾的记录连同日志头一起被截去时，内部不留痕迹（可用 --checkpoint 对照）"),
    (r"records cut off after record (\d+), with the heads signed over them, leave no trace inside",
     r"第 \1 条之后的记录连同日志头一起被截去时，内部不留痕迹"),
    (r"what a stolen key signed before it was revoked looks like its owner's", "密钥被盗后、吊销前所签的，与本人所签无法区分"),
    (r"what all signers of a record agreed to state falsely can't be told from the truth", "全体签名者合谋作假的，无法识别"),
    (r"sealed texts lie outside of the records; they were not opened", "密封值在记录之外，没有打开核对"),
    (r"(\d+) committed roots were not computed again by this release", r"\1 个索引根未重新计算"),
    (r"what events of unknown kinds demand, and what they make stale", "未知类型的事件有何要求，不得而知"),
)  # fmt: skip
_COMPILED: Final = tuple((re.compile(pattern), zh) for pattern, zh in _REASONS)


@command(
    "verify",
    zh="核验日志是否原样：逐条检查格式、哈希链、签名、权限和日志头，指出每处损坏在第几条。不改动日志，损坏或恶意的文件也不会使程序崩溃。\n\n"
       "给出建立时抄下的日志编号（--log-id）才能说明这就是那本日志。完好时退出码为 0，否则为 1。",
    en="Is the log what was written? Every record's form, chain, signatures and authority are checked, and the head; each damage is "
       "named with its record. Nothing is changed, and no file can crash it.\n\n"
       "Only with the id written down when the log was made (--log-id) does it prove to be that log. Exit status 0 if intact, else 1.",
    example="chainlog verify office.log --log-id log-id.txt --checkpoint head.note",
)  # fmt: skip
@log_argument
@option("--log-id", metavar="HEX|FILE", zh="日志编号，或写有编号的文件", en="The log's id, or a file that holds it.")
@option("--checkpoint", type=click.Path(), metavar="FILE", zh="以前在外部保存的日志头（chainlog append --checkpoint）",
        en="A signed head that was kept outside (chainlog append --checkpoint).")  # fmt: skip
def verify(session: Session, log: str, log_id: str | None, checkpoint: str | None) -> int:
    """Audit a log."""
    from chainlog.cli.key import read_log_id
    from chainlog.forensics.audit import audit

    number = None if log_id is None else read_log_id(log_id)
    note = None if checkpoint is None else _read_note(checkpoint)
    session.status("正在核验……", "verifying…")
    report = audit(log, log_id=number, checkpoint=note)
    session.status("", "")
    if session.as_json:
        session.emit(report.as_json())
    else:
        _show(session, report)
    return 0 if report.integrity == "intact" else _FOUND


def _read_note(path: str) -> bytes:
    with Path(path).open("rb") as file:
        data = file.read(NOTE_BYTES_MAX + 1)
    if len(data) > NOTE_BYTES_MAX:
        raise LimitError("a signed head", path=path, limit=NOTE_BYTES_MAX)
    return data


def _show(session: Session, report: AuditReport) -> None:
    zh, en, style = _VERDICTS[report.integrity]
    none = session.say("无", "none")
    session.pairs([
        (session.say("结论", "verdict"), Cell(session.say(zh, en), style)),
        (session.say("可信程度", "trust"), session.say(*_TRUST[report.trust])),
        (session.say("日志编号", "log id"), none if report.log_id is None else report.log_id.hex()),
        (session.say("名称", "origin"), report.origin.split("/")[0] or none),
        (session.say("记录数", "records"), str(report.size)),
        (session.say("树根", "root"), none if report.root is None else report.root.hex()),
    ])  # fmt: skip
    if report.findings:
        session.echo()
        _show_findings(session, report)
    session.echo()
    session.echo(session.say("核验不能知道的：", "What can't be known:"))
    for entry in report.not_checked:
        session.wrapped(f"- {_reason(session, entry)}")


def _show_findings(session: Session, report: AuditReport) -> None:
    columns = [
        Column(session.say("记录", "record"), right=True, flexible=False),
        Column(session.say("代码", "code"), flexible=False),
        Column(session.say("含义", "meaning")),
        Column(session.say("对象", "subject")),
        Column(session.say("详情", "detail")),
    ]
    rows = []
    for finding in report.findings[:_SHOWN]:
        meaning = CODES.get(finding.code)
        rows.append((
            "" if finding.index is None else str(finding.index), finding.code,
            "" if meaning is None else session.say(meaning.zh, meaning.en), finding.subject, finding.detail,
        ))  # fmt: skip
    session.table(columns, rows)
    beyond = len(report.findings) - len(rows)
    if beyond > 0:
        session.note(session.say(f"另有 {beyond} 项（--json 列出全部）", f"and {beyond} more (--json lists all)"))


def _reason(session: Session, entry: NotChecked) -> str:
    if session.lang == "zh":
        for pattern, zh in _COMPILED:
            match = pattern.fullmatch(entry.reason)
            if match is not None:
                return match.expand(zh)
    return f"{entry.what}: {entry.reason}"
