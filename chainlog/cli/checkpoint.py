"""`chainlog checkpoint`: the signed head of a log, and the heads that it keeps. Does I/O through the log."""

from __future__ import annotations

import click

from chainlog.cli.command import command, log_argument, option
from chainlog.cli.keys import log_key_option, passphrase_option
from chainlog.cli.proof_files import write_file
from chainlog.cli.session import Session

_MISSING: int = 1
_SHOWN = 20


@command("checkpoint", zh="输出当前签名的日志头，供在外部保存或交人见证。给出 --log-key 时同时留存，并补上各期缺少的日志头；仍缺的列出，退出码 1。",
         en="The newest signed head, to be kept elsewhere or witnessed. With --log-key it is kept in the log too, and heads that are missing "
            "at the ends of periods are made up for; those that stay missing are listed, exit status 1.",
         example="chainlog checkpoint office.log --out head.note")  # fmt: skip
@log_argument
@log_key_option
@passphrase_option
@option(
    "--out",
    type=click.Path(),
    metavar="FILE",
    zh="写入文件（默认输出到屏幕）",
    en="File to write (standard output by default).",
)
def checkpoint(session: Session, log: str, log_key: str | None, passphrase_file: str | None, out: str | None) -> int:
    """Show, and with the log key keep, the newest head."""
    from chainlog.authority.state import ViewAuthority
    from chainlog.cli.keys import Passphrases
    from chainlog.cli.logs import opened
    from chainlog.tree.checkpoint import parse_checkpoint
    from chainlog.tree.note import ED25519, VerifierKey, format_vkey, parse_note

    with opened(log, log_key=log_key, passphrases=Passphrases(session, passphrase_file)) as handle:
        kept = handle.keep_checkpoints() if log_key is not None else []
        note = handle.checkpoint()
        missing = handle.missing_checkpoints()
        head = parse_checkpoint(parse_note(note).text)
        with handle.store.snapshot() as snapshot:
            public_key = ViewAuthority(snapshot).log_key(head.size) or b""
    if out is not None:
        write_file(out, note)
    vkey = format_vkey(VerifierKey(head.origin, ED25519, public_key))
    if session.as_json:
        session.emit({
            "origin": head.origin, "size": head.size, "root": head.root.hex(), "log_key": public_key.hex(), "vkey": vkey,
            "note": note.decode("utf-8"), "kept": kept, "missing": missing,
        })  # fmt: skip
    elif out is None:
        click.echo(note, nl=False)
        session.note(f"VKEY {vkey}")
    else:
        session.echo(
            session.say(f"{head.size} 条的日志头已写入 {out}", f"the head of {head.size} records is written to {out}")
        )
        session.echo(f"VKEY {vkey}")
    if kept:
        session.note(session.say(f"留存了 {_sizes(kept)} 条时的日志头", f"kept the heads of {_sizes(kept)} records"))
    if missing:
        session.note(
            session.say(
                f"各期末缺少 {_sizes(missing)} 条时的日志头",
                f"heads are missing at the ends of periods: {_sizes(missing)} records",
            )
        )
    return _MISSING if missing else 0


def _sizes(sizes: list[int]) -> str:
    shown = ", ".join(map(str, sizes[:_SHOWN]))
    return shown if len(sizes) <= _SHOWN else f"{shown}, … ({len(sizes)})"
