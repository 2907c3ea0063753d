"""`chainlog receipt`: the receipt of a record, made and checked. Reads and writes files; a log only where one is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from chainlog.cli.command import argument, command, group, log_argument, option
from chainlog.cli.outputs import write_file
from chainlog.cli.proof_files import (
    genesis_of,
    key_source_options,
    log_id_option,
    log_keys_of,
    read_file,
    read_note,
    told_of,
    witnesses_of,
)
from chainlog.cli.render import Cell
from chainlog.cli.session import Session
from chainlog.errors import UsageError
from chainlog.limits import RECEIPT_BYTES_MAX

if TYPE_CHECKING:
    from chainlog.proof.receipt import CheckedReceipt

_UNPROVEN: Final = 1
_TRUST: Final = {
    "keys-unproven": ("只能说明自洽：未给出日志公钥，也无见证", "consistent in itself only: no log key was given, nobody witnessed it", "yellow"),
    "log-signed": ("由日志密钥签名", "signed by the log key", "green"),
    "witnessed": ("有见证人附署", "cosigned by witnesses", "green"),
}  # fmt: skip
_OPEN: Final = {
    "log key": ("日志公钥未核对，或未证明在此时有效", ""),
    "signers": ("签名公钥登记在谁名下，记录在日志的其他条目中", ""),
    "log": ("日志现在是否仍有此条，须对照日志（--log）", ""),
}


@group("receipt", zh="回执：一条记录已入账的证明，可离线核对。", en="Receipts: proof that a record was taken, to be checked offline.",
       example="chainlog receipt make office.log 17 --out 17.receipt")  # fmt: skip
def receipt(ctx: click.Context) -> None:
    """Receipts."""


@command("make", zh="出具一条记录的回执（C2SP tlog-proof，内含记录全文）。请存放在日志之外。",
         en="The receipt of a record (a C2SP tlog-proof with the record in it). Keep it away from the log.",
         example="chainlog receipt make office.log 17 --out 17.receipt")  # fmt: skip
@log_argument
@argument("record", zh="记录序号或事件编号", en="number of the record, or the event's id")
@option(
    "--out",
    type=click.Path(),
    metavar="FILE",
    zh="写入文件（默认输出到屏幕）",
    en="File to write (standard output by default).",
)
@option("--checkpoint", type=click.Path(), metavar="FILE", zh="以此日志头为准，如有见证人附署的",
        en="Prove it against this signed head, one with cosignatures for instance.")  # fmt: skip
def make(session: Session, log: str, record: str, out: str | None, checkpoint: str | None) -> None:
    """Make a receipt."""
    from chainlog.cli.logs import entry_of, opened

    note = None if checkpoint is None else read_note(checkpoint)
    with opened(log) as handle:
        entry = entry_of(handle, record)
        data = handle.receipt(entry.index, checkpoint=note)
    if out is None and not session.as_json:
        session.out(data, newline=False)
        return
    if out is not None:
        write_file(out, data)
    if session.as_json:
        text = {"receipt": data.decode("utf-8")} if out is None else {"file": out}
        session.emit({"index": entry.index, "record_hash": entry.record_hash.hex(), **text})
    else:
        session.echo(
            session.say(f"第 {entry.index} 条的回执已写入 {out}", f"receipt of record {entry.index} written to {out}")
        )


@command("check", zh="核对回执。只需回执和日志编号；给出日志公钥才能说明是该日志所签。给出 --log 时与日志对照：缺少或改动了该条即为证据。回执不实、与日志不符或未证明是该日志所签时退出码 1。",
         en="Check a receipt. The file and the log's id are enough; with the log's key it proves to be that log's. With --log it is held "
            "against the log, and convicts one that dropped or changed the record. Exit status 1 then, and where nothing shows that the log's key signed it.",
         example="chainlog receipt check 17.receipt --log-id log-id.txt --log office.log")  # fmt: skip
@argument("file", zh="回执文件", en="the receipt", type=click.Path())
@log_id_option
@key_source_options
@option(
    "--witness",
    "witnesses",
    multiple=True,
    metavar="VKEY",
    zh="见证人的 VKEY，可多次给出",
    en="A witness's verifier key; may be given several times.",
)
@option(
    "--quorum",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    zh="至少几位见证人",
    en="How many of them have to have cosigned.",
)
@option("--log", type=click.Path(), zh="对照此日志", en="Hold it against this log.")
def check(
    session: Session, file: str, log_id: str, public_keys: tuple[str, ...], genesis: str | None,
    witnesses: tuple[str, ...], quorum: int, log: str | None,
) -> int:  # fmt: skip
    """Check a receipt."""
    from chainlog.cli.key import read_log_id
    from chainlog.proof.receipt import check_receipt

    number = read_log_id(log_id)
    data = read_file(file, "receipt", limit=RECEIPT_BYTES_MAX)
    known, cosigners = log_keys_of(public_keys, log_id=number), witnesses_of(witnesses)
    if len(known) > 1 or (quorum > 1 and quorum > len(cosigners)):
        raise UsageError(
            "one log key, and no more witnesses asked for than given",
            detail_zh="日志公钥只给一个；要求的见证人数不得多于给出的",
        )
    record_0 = genesis_of(genesis)
    with told_of(file, "receipt"):
        found = check_receipt(
            data, log_id=number, log_key=known[0] if known else None, genesis=record_0, witnesses=cosigners, quorum=quorum
        )  # fmt: skip
    if log is not None:
        found = _held(data, log, found, witnesses=cosigners, quorum=quorum)
    _show(session, found, held=log is not None)
    return _UNPROVEN if found.trust == "keys-unproven" else 0


def _held(data: bytes, log: str, found: CheckedReceipt, **rest: Any) -> CheckedReceipt:
    """The receipt held against the log, which itself says which key was in force if the caller didn't."""
    from chainlog.cli.logs import opened

    with opened(log, log_id=found.log_id) as handle:
        held = handle.check_receipt(data, log_key=found.log_key, **rest)
    return held if found.log_key is None else found


def _show(session: Session, found: CheckedReceipt, *, held: bool) -> None:
    from chainlog.event.jsonform import format_id

    event = found.record.event.event
    open_ = [(what, why) for what, why in found.not_checked if not (held and what == "log")]
    if session.as_json:
        session.emit({
            "trust": found.trust, "log_id": found.log_id.hex(), "index": found.index, "kind": event.kind,
            "event_id": format_id(event.id), "record_hash": found.record.record_hash.hex(),
            "size": found.checkpoint.size, "root": found.checkpoint.root.hex(),
            "log_key": None if found.log_key is None else found.log_key.hex(),
            "witnesses": [{"name": one.name, "time_s": one.time_s} for one in found.witnesses], "held": True if held else None,
            "not_checked": [{"what": what, "reason": why} for what, why in open_],
        })  # fmt: skip
        return
    zh, en, style = _TRUST[found.trust]
    pairs: list[tuple[str, str | Cell]] = [
        (session.say("可信程度", "trust"), Cell(session.say(zh, en), style)),
        (session.say("日志编号", "log id"), found.log_id.hex()),
        (session.say("记录", "record"), f"{found.index}  {event.kind}  {format_id(event.id)}"),
        (session.say("记录哈希", "record hash"), found.record.record_hash.hex()),
        (session.say("日志头", "head"), session.say(f"{found.checkpoint.size} 条", f"{found.checkpoint.size} records")),
    ]
    if found.witnesses:
        pairs.append((session.say("见证人", "witnesses"), ", ".join(one.name for one in found.witnesses)))
    if held:
        pairs.append(
            (session.say("对照日志", "the log"), session.say("仍有此条，内容相同", "still holds it, unchanged"))
        )
    session.pairs(pairs)
    session.echo()
    session.echo(session.say("回执不能说明的：", "What the receipt can't say:"))
    for what, why in open_:
        session.item(session.say(_OPEN[what][0], why))


for _command in (make, check):
    receipt.add_command(_command)
