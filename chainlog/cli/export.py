"""`chainlog export`: a log as C2SP tiles, for whoever reads or verifies it without this program's database."""

from __future__ import annotations

from chainlog.cli.command import argument, command, log_argument, option
from chainlog.cli.logs import opened
from chainlog.cli.session import Session
from chainlog.errors import UsageError


@command(
    "export",
    zh="把日志导出为 C2SP 瓦片（checkpoint、tile/…），任何透明日志客户端都能读，verify 也能核验。再次导出只写新增部分。\n\n"
       "目标若是另一本日志、记录比日志还多或与日志不同，则拒绝导出，并说明两边各有多少条。",
    en="Write the log as C2SP tiles (checkpoint, tile/…), which any tlog client reads, and verify too. Exporting again writes only "
       "what is new.\n\n"
       "A target of another log, with more records than the log or with other ones, is refused; both sizes are named.",
    example="chainlog export office.log /mnt/usb/office-tiles",
)  # fmt: skip
@log_argument
@argument(
    "target",
    zh="目录，或对象存储的 URL（s3://桶/前缀）",
    en="directory, or URL of an object store (s3://bucket/prefix)",
)
@option("--option", "options", multiple=True, metavar="NAME=VALUE",
        zh="对象存储的选项，如 region=…、endpoint=…", en="Option of the object store, such as region=… or endpoint=….")  # fmt: skip
def export(session: Session, log: str, target: str, options: tuple[str, ...]) -> None:
    """Export a log."""
    given = dict(_option(word) for word in options)
    with opened(log) as handle:
        done = handle.export(target, options=given or None)
        number = handle.id.hex()
    if session.as_json:
        session.emit({
            "target": target, "log_id": number, "size": done.size, "before": done.before, "files": done.files,
        })  # fmt: skip
    elif done.files:
        added = done.size - done.before
        session.echo(session.say(
            f"已导出到 {target}：新增 {added} 条，共 {done.size} 条记录，日志 {number[:16]}…",
            f"exported to {target}: {added} new, {done.size} records, log {number[:16]}…",
        ))  # fmt: skip
    else:
        session.echo(
            session.say(f"{target} 已是最新：{done.size} 条记录", f"{target} is up to date: {done.size} records")
        )


def _option(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not name or not equals:
        raise UsageError(f"{word} is not NAME=VALUE", detail_zh=f"“{word}”应写作 名称=值")
    return name, value
