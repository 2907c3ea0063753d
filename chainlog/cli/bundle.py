"""`chainlog bundle`: evidence bundles, made from a log and verified without one. Reads and writes files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from chainlog.cli.bundle_texts import AUTHENTICITY, FINDINGS, HINT, reason_zh
from chainlog.cli.command import argument, command, group, log_argument, option
from chainlog.cli.held_receipts import hold_receipts, show_receipts
from chainlog.cli.keys import Passphrases, log_key_option, passphrase_option
from chainlog.cli.outputs import check_target, write_file
from chainlog.cli.proof_files import (
    log_keys_of,
    public_key_option,
    read_file,
    read_note,
    told_of,
    witnesses_of,
)
from chainlog.cli.render import Cell, Column, when
from chainlog.cli.session import Session
from chainlog.cli.stamping import read_authorities_of, read_token, tsa_option
from chainlog.errors import BundleError, UsageError
from chainlog.limits import BUNDLE_FILE_BYTES_MAX

if TYPE_CHECKING:
    from chainlog.facade import Log
    from chainlog.proof.bundle_report import BundleReport

_NOT_GENUINE = 1
_LISTED = 12


@group("bundle", zh="证据包：把选定载体、文件、人员等的全部记录连同证明装入一个文件，供他人离线核验。",
       en="Evidence bundles: all records of chosen carriers, documents, persons … with their proofs, in one file for others to verify.",
       example="chainlog bundle make office.log c/87 --out 87.bundle")  # fmt: skip
def bundle(ctx: click.Context) -> None:
    """Evidence bundles."""


@command("make", zh="制作证据包。写入前列出其中还会暴露哪些别的载体；在终端上须确认。日志最近一次索引承诺之前的记录可证明无遗漏，--commit 先作一次承诺。",
         en="Make a bundle. Other carriers that its records show are listed before it is written, and at a terminal you are asked. It is "
            "provably complete up to the log's newest commitment to its map; --commit makes one first.",
         example="chainlog bundle make office.log c/87 d/1 --out 87.bundle")  # fmt: skip
@log_argument
@argument(
    "subjects",
    zh="对象：c/… d/… p/… l/… i/… u/… w/…",
    en="what it is about: c/… d/… p/… l/… i/… u/… w/…",
    nargs=-1,
    required=True,
)
@option("--out", required=True, type=click.Path(), metavar="FILE", zh="写入文件", en="File to write.")
@option("--open", "opened_values", multiple=True, metavar="EVENT:PATH", zh="公开一个密封值：记录序号或事件编号:字段，如 17:document.title，可重复",
        en="Show a sealed value: record or event, and the field, like 17:document.title; can be repeated.")  # fmt: skip
@option(
    "--reader-key",
    type=click.Path(),
    metavar="FILE",
    zh="开启密封值的阅读密钥文件",
    en="Key file that opens sealed values.",
)
@option("--references", is_flag=True, zh="连同所引用的事件", en="Also show the acts that these records refer to.")
@option("--checkpoint", type=click.Path(), metavar="FILE", zh="以此日志头为准，如有见证人附署的",
        en="Prove it against this signed head, one with cosignatures for instance.")  # fmt: skip
@option("--token", "tokens", type=click.Path(), multiple=True, metavar="TSR", zh="该日志头的时间戳应答，可重复",
        en="An authority's time stamp on that head; can be repeated.")  # fmt: skip
@option(
    "--commit",
    is_flag=True,
    zh="先承诺完整性索引（须有日志密钥）",
    en="Commit to the completeness map first (needs the log key).",
)
@log_key_option
@passphrase_option
@option("--yes", "-y", is_flag=True, zh="不再确认", en="Don't ask.")
def make(
    session: Session, log: str, subjects: tuple[str, ...], out: str, opened_values: tuple[str, ...], reader_key: str | None,
    references: bool, checkpoint: str | None, tokens: tuple[str, ...], commit: bool, log_key: str | None,
    passphrase_file: str | None, yes: bool,
) -> None:  # fmt: skip
    """Make a bundle."""
    from chainlog.cli.logs import opened
    from chainlog.proof.bundle_check import check_bundle

    passphrases = Passphrases(session, passphrase_file)
    if commit and log_key is None:
        raise UsageError("--commit needs the log key", detail_zh="--commit 须给出日志密钥（--log-key）")
    check_target(out, "bundle")
    note = None if checkpoint is None else read_note(checkpoint)
    with opened(log, log_key=log_key if commit else None, passphrases=passphrases) as handle:
        if commit:
            _commit(handle)
        data = handle.bundle(
            subjects,
            openings=[_opening(handle, text) for text in opened_values],
            reader_key=None if reader_key is None else passphrases.open_reader(reader_key),
            checkpoint=note,
            tokens=[read_token(path)[1] for path in tokens],
            references=references,
        )
        report = check_bundle(data, log_id=handle.id)
    _say_what_it_shows(session, report)
    if (
        report.also_shown
        and session.interactive
        and not yes
        and not session.confirm("写入此证据包？", "Write this bundle?")
    ):
        raise click.Abort
    write_file(out, data)
    if session.as_json:
        session.emit({"file": out, "bytes": len(data), **report.as_json()})
        return
    zh, en = _completeness(report)
    session.echo(session.say(f"证据包已写入 {out}：{len(report.records)} 条记录，{len(data)} 字节，{zh}",
                             f"bundle written to {out}: {len(report.records)} records, {len(data)} bytes, {en}"))  # fmt: skip
    if report.completeness != "complete":
        session.note(
            session.say(
                "要证明至今无遗漏：加 --commit 和日志密钥",
                "to prove that nothing is left out up to now: --commit with the log key",
            )
        )


def _commit(handle: Log) -> None:
    from chainlog.proof.bundle_make import newest_commitment

    with handle.store.snapshot() as snapshot:
        known = newest_commitment(snapshot)
        is_new = known is None or known.index != snapshot.size - 1 or known.size != known.index
    if is_new:
        handle.commit_map()


def _opening(handle: Log, text: str) -> tuple[bytes, str]:
    from chainlog.cli.logs import entry_of

    event, colon, path = text.rpartition(":")
    if not colon or not event or not path:
        raise UsageError(f"{text} is not EVENT:PATH", detail_zh=f"“{text}”应写作 事件:字段")
    return entry_of(handle, event).event.id, path


def _say_what_it_shows(session: Session, report: BundleReport) -> None:
    others = report.also_shown
    if others:
        listed = "  ".join(others[:_LISTED]) + (" …" if len(others) > _LISTED else "")
        session.note(
            session.say(
                f"其中的记录还涉及 {len(others)} 件别的载体：{listed}",
                f"its records also show {len(others)} other carriers: {listed}",
            )
        )


@command("verify", zh="核验证据包：只需文件和日志编号，不需要日志，不联网。属实时退出码 0；有不实、密钥未获证明、未给出日志编号或有须注意之处为 1；不是证据包为 3。"
            "是否完整另行列出，不影响退出码。",
         en="Verify a bundle with the file and the log's id alone: no log, no network. Exit status 0 if it is genuine; 1 if something is false, "
            "a key unproven, no log id given, or something remarked; 3 if it is no bundle. Completeness is said besides, and doesn't change it.",
         example="chainlog bundle verify 87.bundle --log-id log-id.txt")  # fmt: skip
@argument("file", zh="证据包文件", en="the bundle", type=click.Path())
@option("--log-id", metavar="HEX|FILE", zh="日志编号，或写有编号的文件", en="The log's id, or a file that holds it.")
@option("--witness", "witnesses", multiple=True, metavar="VKEY", zh="见证人的 VKEY，可多次给出",
        en="A witness's verifier key; may be given several times.")  # fmt: skip
@tsa_option
@option("--receipt", "receipts", multiple=True, type=click.Path(), metavar="FILE",
        zh="手中的回执，可多次给出：核对证据包是否漏掉了该条；漏掉即为证据，退出码 1",
        en="A receipt that you hold; may be given several times. A bundle that leaves out its record is convicted by it: exit status 1.")  # fmt: skip
@option("--evidence", type=click.Path(), metavar="FILE", zh="证据写入何处（默认 FILE.conflict）",
        en="Where evidence goes if the map leaves out a record (FILE.conflict by default).")  # fmt: skip
@public_key_option
def verify(
    session: Session, file: str, log_id: str | None, witnesses: tuple[str, ...], certificates: tuple[str, ...],
    receipts: tuple[str, ...], evidence: str | None, public_keys: tuple[str, ...],
) -> int:  # fmt: skip
    """Verify a bundle."""
    from chainlog.cli.key import read_log_id
    from chainlog.proof.bundle_check import check_bundle

    number = None if log_id is None else read_log_id(log_id)
    if (evidence is not None or public_keys) and not receipts:
        raise UsageError(
            "--evidence and --public-key go with --receipt",
            detail_zh="--evidence、--public-key 须与 --receipt 同用",
        )
    data = read_file(file, "bundle", limit=BUNDLE_FILE_BYTES_MAX)
    cosigners, authorities = witnesses_of(witnesses), read_authorities_of(certificates)
    try:
        with told_of(file, "bundle"):
            report = check_bundle(data, log_id=number, witnesses=cosigners, authorities=authorities)
    except BundleError as error:
        raise _with_chinese(error) from error
    held = hold_receipts(
        data, report, receipts, log_keys=log_keys_of(public_keys, log_id=report.log_id), evidence=evidence or f"{file}.conflict"
    )  # fmt: skip
    if session.as_json:
        session.emit({**report.as_json(), **({"receipts": [one._asdict() for one in held]} if receipts else {})})
    else:
        _show(session, report)
        show_receipts(session, held)
    is_convicted = any(one.result == "left-out" for one in held)
    return 0 if report.authenticity == "genuine" and not report.remarks and not is_convicted else _NOT_GENUINE


def _with_chinese(error: BundleError) -> BundleError:
    """The same error with its detail in Chinese too, and what to do about a bundle instead of a log."""
    from chainlog.cli.texts import detail_zh

    fields = dict(error.fields)
    detail, reason = str(fields.pop("detail", "")), str(fields.get("reason") or "")
    zh = FINDINGS.get(str(fields.get("finding"))) or detail_zh(reason) or reason
    index, subject = fields.get("index"), fields.get("subject")
    where = " ".join([*([] if index is None else [f"第 {index} 条"]), *([str(subject)] if subject else [])])
    return BundleError(detail, **{**fields, "detail_zh": f"{where}：{zh}" if where else zh, "hint": HINT})


def _completeness(report: BundleReport) -> tuple[str, str]:
    if report.completeness == "selection":
        return "选取的部分，不能说明没有遗漏", "a selection: nothing shows that these are all"
    if report.completeness == "complete":
        return f"完整（前 {report.size} 条）", f"complete as of {report.size} records"
    return (
        f"前 {report.complete_to} 条内完整（日志头 {report.size} 条）",
        f"complete to {report.complete_to} of {report.size} records",
    )


def _show(session: Session, report: BundleReport) -> None:
    zh, en, style = AUTHENTICITY[report.authenticity]
    at = when(report.recorded_at_us, offset_minutes=report.utc_offset_minutes)
    pairs: list[tuple[str, str | Cell]] = [
        (session.say("真实性", "authenticity"), Cell(session.say(zh, en), style)),
        (session.say("完整性", "completeness"), session.say(*_completeness(report))),
        (session.say("日志编号", "log id"), report.log_id.hex()),
        (session.say("名称", "origin"), report.origin.split("/")[0]),
        (session.say("截至", "as of"), session.say(f"{report.size} 条；其中最新的是第 {report.last} 条，{at}",
                                                  f"{report.size} records; the newest here is {report.last}, {at}")),
    ]  # fmt: skip
    if report.witnesses:
        pairs.append((session.say("见证人", "witnesses"), ", ".join(one.name for one in report.witnesses)))
    for stamp in report.time_stamps:
        at = f"{when(stamp.time_us, offset_minutes=report.utc_offset_minutes)}  {stamp.authority}".rstrip()
        pairs.append((session.say("时间戳", "time stamp"), at))
    if report.also_shown:
        pairs.append((session.say("还涉及", "also shows"), "  ".join(report.also_shown)))
    session.pairs(pairs)
    session.echo()
    columns = [
        Column(session.say("对象", "subject")),
        Column(session.say("记录", "records"), right=True, flexible=False),
        Column(session.say("是否全部", "all of them")),
    ]
    session.table(
        columns,
        [
            (one.subject, str(one.records), session.say(*(("是", "yes") if one.whole else ("未证明", "not proved"))))
            for one in report.subjects
        ],
    )
    for event_id, path, text in report.openings:
        session.wrapped(f"{event_id.hex()} {path}: {text}")
    for remark in report.remarks:
        session.wrapped(f"! {remark.index} {remark.code} {remark.subject} {remark.detail}", style="yellow")
    session.echo()
    session.echo(session.say("证据包不能说明的：", "What the bundle can't say:"))
    for what, reason in report.not_checked:
        session.item(session.say(reason_zh(what), reason))


for _command in (make, verify):
    bundle.add_command(_command)
