"""`chainlog verify`: the integrity audit. Reads the log without changing it; what is damaged is read by a child process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from chainlog.cli.command import command, log_argument, option
from chainlog.cli.file_kinds import check_file
from chainlog.cli.pinning import pin_json, save_evidence, show_pin
from chainlog.cli.proof_files import naming, read_note
from chainlog.cli.render import Cell, Column, when
from chainlog.cli.session import Session
from chainlog.cli.stamping import Stamps, show_stamps, stamp_options
from chainlog.cli.verdict_texts import TRUST, VERDICTS, detail_zh, reason_zh, subject_zh
from chainlog.codes import CODES
from chainlog.errors import UsageError

if TYPE_CHECKING:
    from chainlog.forensics.pinned import PinnedReport
    from chainlog.forensics.report import AuditReport, NotChecked, Recovered

_FOUND: Final = 1
_ANOTHER: Final = ("与给出的日志编号不符", "it is not the log whose id was given")
_NOTHING: Final = (
    "没有读到任何记录，无从判断是哪本日志",
    "no record could be read: nothing shows which log it is, or whose fault",
)
_SHOWN: Final = 100


@command(
    "verify",
    zh="核验日志是否原样：逐条检查格式、哈希链、签名、权限和日志头，指出每处损坏在第几条。不改动日志，损坏或恶意的文件也不会使程序崩溃。\n\n"
       "给出建立时抄下的日志编号（--log-id）才能说明这就是那本日志。完好时退出码为 0，否则为 1。",
    en="Is the log what was written? Every record's form, chain, signatures and authority are checked, and the head; each damage is "
       "named with its record. Nothing is changed, and no file can crash it.\n\n"
       "Only with the id written down when the log was made (--log-id) does it prove to be that log. Exit status 0 if intact and nothing is remarked, else 1.",
    example="chainlog verify office.log --log-id log-id.txt --checkpoint head.note",
)  # fmt: skip
@log_argument
@option("--log-id", metavar="HEX|FILE", zh="日志编号，或写有编号的文件", en="The log's id, or a file that holds it.")
@option("--checkpoint", type=click.Path(), metavar="FILE", zh="以前在外部保存的日志头（chainlog append --checkpoint）",
        en="A signed head that was kept outside (chainlog append --checkpoint).")  # fmt: skip
@option("--pin", type=click.Path(), metavar="FILE", zh="对照文件：记住核验过的日志头，下次据此发现退回、分叉、同名重建；首次须给出 --log-id",
        en="What you remember of the log: finds that it was set back, forked or made anew. The first time give --log-id too.")  # fmt: skip
@option(
    "--pin-new",
    is_flag=True,
    zh="首次建立对照文件而不给日志编号：信任现在的日志",
    en="Make the pin without knowing the id: trust the log as it is now.",
)
@option(
    "--whole", is_flag=True, zh="以前核验过的签名也重新核验", en="Verify signatures again that were verified before."
)
@option("--evidence", type=click.Path(), metavar="FILE", zh="与对照文件矛盾时，证据写入此处（默认 对照文件.conflict）",
        en="Where evidence goes if the log contradicts the pin (PIN.conflict by default).")  # fmt: skip
@stamp_options
def verify(
    session: Session, log: str, log_id: str | None, checkpoint: str | None, pin: str | None, pin_new: bool, whole: bool,
    evidence: str | None, token_files: tuple[str, ...], certificates: tuple[str, ...],
) -> int:  # fmt: skip
    """Audit a log."""
    from chainlog.cli.key import read_log_id

    number = None if log_id is None else read_log_id(log_id)
    note = None if checkpoint is None else read_note(checkpoint)
    if pin is None and (pin_new or whole or evidence is not None):
        raise UsageError(
            "--pin-new, --whole and --evidence go with --pin",
            detail_zh="--pin-new、--whole、--evidence 须与 --pin 同用",
        )
    tokens = Stamps(log, token_files, certificates, note=note, log_id=number)
    session.status("正在核验……", "verifying…")
    if pin is not None:
        check_file(pin, "pin")
    with naming([] if checkpoint is None else [checkpoint]):
        if pin is None:
            report, pinned = _audit(log, log_id=number, checkpoint=note, stamped=tokens.notes()), None
        else:
            pinned = _audit_pinned(
                log, pin, log_id=number, new=pin_new, whole=whole, checkpoint=note, stamped=tokens.notes()
            )
            report = pinned.report
    session.status("", "")
    report, stamps, failed = tokens.judge(report)
    written = None if pinned is None else save_evidence(pinned, pin=str(pin), path=evidence)
    if session.as_json:
        more = {} if pinned is None else {"pin": pin_json(pinned, pin=str(pin), evidence=written)}
        session.emit({**report.as_json(), "time_stamps": [stamp.as_json() for stamp in stamps], **more})
    else:
        _show(session, report, given=number is not None or pinned is not None)
        show_stamps(session, stamps)
        if pinned is not None:
            show_pin(session, pinned, evidence=written)
    # A remark breaks nothing, and a script that reads only the exit status should not miss it.
    return _FOUND if report.findings or report.integrity != "intact" or failed else 0


def _audit(log: str, *, log_id: bytes | None, checkpoint: bytes | None, stamped: Sequence[bytes]) -> AuditReport:
    """Audit a log, or an export of one, which needs no database."""
    from chainlog.forensics.exported import audit_export, is_export

    if is_export(log):
        return audit_export(log, log_id=log_id, checkpoint=checkpoint, stamped=stamped)
    from chainlog.forensics.audit import audit

    return audit(log, log_id=log_id, checkpoint=checkpoint, stamped=stamped)


def _audit_pinned(log: str, pin: str, **rest: Any) -> PinnedReport:
    from chainlog.forensics.exported import is_export

    if is_export(log):
        raise UsageError("a pin is for a log, not for an export", detail_zh="对照文件只用于日志，不用于导出")
    from chainlog.forensics.pinned import audit_pinned

    return audit_pinned(log, pin, **rest)


def _show(session: Session, report: AuditReport, *, given: bool) -> None:
    zh, en, style = VERDICTS[report.integrity]
    if report.log_id is None:
        trust = _NOTHING
    else:
        trust = _ANOTHER if given and report.trust != "pinned" else TRUST[report.trust]
    none = session.say("无", "none")
    pairs: list[tuple[str, str | Cell]] = [
        (session.say("结论", "verdict"), Cell(session.say(zh, en), style)),
        (session.say("可信程度", "trust"), session.say(*trust)),
        (session.say("日志编号", "log id"), none if report.log_id is None else report.log_id.hex()),
        (session.say("名称", "origin"), report.origin.split("/")[0] or none),
        (session.say("记录数", "records"), str(report.size)),
        (session.say("树根", "root"), none if report.root is None else report.root.hex()),
    ]  # fmt: skip
    pairs += [(session.say("恢复", "recovered"), _hole(session, hole)) for hole in report.recovered[:_SHOWN]]
    session.pairs(pairs)
    if report.findings:
        session.echo()
        _show_findings(session, report)
    session.echo()
    session.echo(session.say("核验不能知道的：", "What can't be known:"))
    for entry in report.not_checked:
        session.item(_reason(session, entry))


def _hole(session: Session, hole: Recovered) -> str:
    at = when(hole.recorded_at_us, offset_minutes=hole.utc_offset_minutes)
    count, last = hole.known_size - hole.lost_from, hole.known_size - 1
    if count <= 0:
        zh, en = f"原第 {hole.lost_from} 条起可能有记录已失", f"records from {hole.lost_from} on may have been lost"
    elif count == 1:
        zh, en = f"原第 {last} 条已失", f"record {last} of before is lost"
    else:
        zh, en = (
            f"原第 {hole.lost_from} 至 {last} 条已失或移出",
            f"records {hole.lost_from} to {last} of before are lost, or left it",
        )
    return session.say(
        f"{zh}，第 {hole.index} 条（{at}）有管理员说明", f"{en}; administrators state it in record {hole.index} ({at})"
    )


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
            "" if meaning is None else session.say(meaning.zh, meaning.en),
            session.say(subject_zh(finding.subject), finding.subject),
            session.say(detail_zh(finding.detail), finding.detail),
        ))  # fmt: skip
    session.table(columns, rows)
    beyond = len(report.findings) - len(rows)
    if beyond > 0:
        session.note(session.say(f"另有 {beyond} 项（--json 列出全部）", f"and {beyond} more (--json lists all)"))


def _reason(session: Session, entry: NotChecked) -> str:
    known = reason_zh(entry.reason)
    if entry.what.startswith("file "):
        known = f"{entry.what.removeprefix('file ')}：{known}"
    elif known is not None and subject_zh(entry.what) != entry.what:
        known = f"{subject_zh(entry.what)}：{known}"
    return session.say(known or entry.reason, f"{entry.what}: {entry.reason}")
