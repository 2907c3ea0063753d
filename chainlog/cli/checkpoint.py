"""`chainlog checkpoint`: the signed head of a log, and the heads that it keeps. Does I/O through the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from chainlog.cli.command import command, log_argument, option
from chainlog.cli.keys import log_key_option, passphrase_option
from chainlog.cli.outputs import check_target, write_file
from chainlog.cli.session import Session

if TYPE_CHECKING:
    from chainlog.facade import Log

_MISSING: int = 1
_SHOWN = 20


@command("checkpoint", zh="输出当前签名的日志头，供在外部保存或交人见证。给出 --log-key 时先承诺完整性索引，再留存日志头，并补上各期缺少的；仍缺的列出，退出码 1。",
         en="The newest signed head, to be kept elsewhere or witnessed. With --log-key the log first commits to the map of its "
            "subjects, if anything was recorded since, keeps the head, and makes up for heads that are missing at the ends of "
            "periods; those that stay missing are listed, exit status 1.",
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

    if out is not None:
        check_target(out, "head")
    with opened(log, log_key=log_key, passphrases=Passphrases(session, passphrase_file)) as handle:
        committed = _commit_map(handle) if log_key is not None else None
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
            "note": note.decode("utf-8"), "kept": kept, "missing": missing, "map_committed": committed,
        })  # fmt: skip
    elif out is None:
        session.out(note, newline=False)
        session.note(f"VKEY {vkey}")
    else:
        session.echo(
            session.say(f"{head.size} 条的日志头已写入 {out}", f"the head of {head.size} records is written to {out}")
        )
        session.echo(f"VKEY {vkey}")
    if committed is not None:
        session.note(
            session.say(
                f"第 {committed} 条承诺了此前各条的完整性索引",
                f"record {committed} commits to the map of all before it",
            )
        )
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


def _commit_map(handle: Log) -> int | None:
    """The index of the record in which the log commits to its map, None if nothing has happened since it did."""
    from chainlog.authority.state import ViewAuthority
    from chainlog.log.checkpoints import is_map_due

    with handle.store.snapshot() as snapshot:
        due = is_map_due(snapshot, ViewAuthority(snapshot), now_us=handle.now_us())
    return handle.commit_map().index if due else None


def _sizes(sizes: list[int]) -> str:
    shown = ", ".join(map(str, sizes[:_SHOWN]))
    return shown if len(sizes) <= _SHOWN else f"{shown}, … ({len(sizes)})"
