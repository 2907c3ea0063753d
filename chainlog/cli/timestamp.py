"""`chainlog timestamp`: time stamps (RFC 3161) on the heads of a log. Does I/O through the log; asks no network."""

from __future__ import annotations

import click

from chainlog.cli.command import argument, group, log_argument, option
from chainlog.cli.command import command as _command
from chainlog.cli.logs import opened
from chainlog.cli.outputs import check_target, write_file
from chainlog.cli.session import Session
from chainlog.cli.stamping import read_authorities_of, read_token, tsa_option


@group("timestamp", zh="日志头的时间戳（RFC 3161）：由可信时间戳机构证明，此前的记录在该时刻已经存在。程序不联网，请求和应答以文件交换。",
       en="Time stamps (RFC 3161) on heads of a log: an authority says that the records stood at a moment. Nothing is sent anywhere: "
          "request and answer are files.",
       example="chainlog timestamp request office.log --out head.tsq")  # fmt: skip
def timestamp(ctx: click.Context) -> None:
    """Time stamps."""


@_command("request", zh="为当前日志头写一份时间戳请求。日志头保存在日志的 witness/ 中，等待应答。",
         en="Write a request for the newest head, which is kept in the log's witness/ until the answer comes.",
         example="chainlog timestamp request office.log --out head.tsq")  # fmt: skip
@log_argument
@option("--out", required=True, type=click.Path(), metavar="FILE", zh="请求文件", en="File of the request.")
def request(session: Session, log: str, out: str) -> None:
    """Write a request."""
    from chainlog.forensics.timestamps import request_timestamp

    check_target(out, "stamp-request")
    with opened(log) as handle:
        data, head = request_timestamp(handle)
    write_file(out, data)
    if session.as_json:
        session.emit({"file": out, "size": head.size, "root": head.root.hex()})
    else:
        session.echo(session.say(f"{head.size} 条的日志头的时间戳请求已写入 {out}，请送交时间戳机构",
                                 f"the request for the head of {head.size} records is written to {out}: send it to an authority"))  # fmt: skip


@_command("add", zh="保存时间戳机构的应答。给出证书时先核验；日后用 chainlog verify --tsa-cert 核验。",
         en="Keep the answer of an authority; with its certificate it is verified first. Later: chainlog verify --tsa-cert.",
         example="chainlog timestamp add office.log head.tsr --tsa-cert tsa.pem")  # fmt: skip
@log_argument
@argument("response", zh="应答文件（.tsr）", en="file of the answer (.tsr)", type=click.Path())
@tsa_option
def add(session: Session, log: str, response: str, certificates: tuple[str, ...]) -> None:
    """Keep an answer."""
    from chainlog.event.times import format_time
    from chainlog.forensics.timestamps import add_timestamp

    authorities = read_authorities_of(certificates)
    name, data = read_token(response)
    with opened(log) as handle:
        path, head, stamp = add_timestamp(handle, data, name=name, authorities=authorities)
    time = None if stamp is None else format_time(stamp.time_us, offset_minutes=0)
    if session.as_json:
        session.emit({"file": str(path), "size": head.size, "root": head.root.hex(), "time": time})
    elif time is None:
        session.echo(session.say(f"{head.size} 条的日志头的时间戳已保存，未核验（给出 --tsa-cert 可核验）",
                                 f"the time stamp on the head of {head.size} records is kept, not verified (give --tsa-cert)"))  # fmt: skip
    else:
        session.echo(session.say(f"{head.size} 条的日志头的时间戳已核验并保存：{time}",
                                 f"the time stamp on the head of {head.size} records is verified and kept: {time}"))  # fmt: skip


timestamp.add_command(request)
timestamp.add_command(add)
