"""`chainlog backup`: a copy of a log while others write. Does I/O through the log."""

from __future__ import annotations

import click

from chainlog.cli.command import argument, command, log_argument
from chainlog.cli.logs import opened
from chainlog.cli.session import Session


@command("backup", zh="备份日志，连同密封值：使用中也可备份，得到某一次提交后的完整状态。不要用 cp 复制运行中的目录。",
         en="Copy a log with its sealed values while it is in use: the state after one commit, whole. Don't copy the live directory "
            "by other means.",
         example="chainlog backup office.log /mnt/usb/office-2025-06-30.log")  # fmt: skip
@log_argument
@argument(
    "target",
    zh="备份目录，须不存在或为空",
    en="directory of the copy; it must not exist, or be empty",
    type=click.Path(),
)
def backup(session: Session, log: str, target: str) -> None:
    """Copy a log."""
    with opened(log) as handle:
        handle.backup(target)
        number = handle.id.hex()
    with opened(target) as copy:
        size = copy.reader.size
    if session.as_json:
        session.emit({"target": target, "log_id": number, "size": size})
    else:
        session.echo(session.say(f"已备份到 {target}：{size} 条记录，日志 {number[:16]}…",
                                 f"copied to {target}: {size} records, log {number[:16]}…"))  # fmt: skip
