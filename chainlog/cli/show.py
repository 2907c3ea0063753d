"""`chainlog show, history`: records in words. Reads the log; each record is checked against the chain as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chainlog.cli.command import argument, command, log_argument, option
from chainlog.cli.fields import check_prefix
from chainlog.cli.logs import entry_of, opened
from chainlog.cli.render import Cell, Column, offset_text, short, span, when
from chainlog.cli.session import Session
from chainlog.errors import NotFoundError

if TYPE_CHECKING:
    from chainlog.authority.state import Authority
    from chainlog.facade import Log
    from chainlog.log.reader import Entry


@command(
    "show",
    zh="显示一条记录的全部内容。附件不在日志内；给出文件即与记录所列的长度和摘要对照。",
    en="Show everything that a record holds. Attachments lie outside of the log: a file is held against the length and digest in the record.",
    example="chainlog show office.log 12",
)
@log_argument
@argument("index", zh="记录号（从 0 起），或事件编号", en="index of the record (from 0), or id of its event")
@option("--attachment", "files", type=click.Path(), multiple=True, metavar="FILE",
        zh="核对此文件是否为该记录的附件；可多次给出", en="Check that this file is an attachment of the record; may be repeated.")  # fmt: skip
def show(session: Session, log: str, index: str, files: tuple[str, ...]) -> None:
    """Show one record."""
    with opened(log) as handle:
        entry = entry_of(handle, index)
        checked = _attachments(entry, files)
        with handle.authority() as authority:
            if session.as_json:
                more = {"attachments_checked": checked} if files else {}
                session.emit({**full_json(entry, handle, authority), **more})
                return
            _show(session, handle, entry, authority)
    for file, name in checked.items():
        session.echo(session.say(f"{file}：与附件「{name}」相符", f"{file}: is the attachment {name}"))


def _attachments(entry: Entry, files: tuple[str, ...]) -> dict[str, str]:
    """Which attachment of the record each file is."""
    if not files:
        return {}
    from chainlog.forensics.attachments import check_attachment

    stated = getattr(entry.body(), "attachments", None) or ()
    return {file: check_attachment(file, stated) for file in files}


def entry_json(entry: Entry, *, offset_minutes: int) -> dict[str, Any]:
    """A record as JSON: the event, and where it stands."""
    from chainlog.event.jsonform import to_json
    from chainlog.event.times import format_time

    return {
        "index": entry.index,
        "recorded_at": format_time(entry.recorded_at_us, offset_minutes=offset_minutes),
        "record_hash": entry.record_hash.hex(),
        **to_json(entry.event, offset_minutes=offset_minutes),
    }


def full_json(entry: Entry, log: Log, authority: Authority) -> dict[str, Any]:
    """A record as JSON with chain and signatures."""
    from chainlog.event.times import format_time

    record = entry.record
    signatures = []
    for role, public_key, signed_at_us, signature in record.signatures:
        history = authority.key(public_key)
        signatures.append({
            "role": role, "person": None if history is None else history.holder, "public_key": public_key.hex(),
            "signed_at": format_time(signed_at_us, offset_minutes=log.utc_offset_minutes), "signature": signature.hex(),
        })  # fmt: skip
    return {
        **entry_json(entry, offset_minutes=log.utc_offset_minutes),
        "log_id": log.id.hex(),
        "prev_hash": record.prev_hash.hex(),
        "base": {"index": record.base[0], "record_hash": record.base[1].hex()},
        "signatures": signatures,
    }


def _show(session: Session, log: Log, entry: Entry, authority: Authority) -> None:
    from chainlog.cli.wording import event_pairs, role_name

    offset = log.utc_offset_minutes
    record = entry.record
    session.pairs([
        (session.say("记录", "record"), str(entry.index)),
        (session.say("写入时间", "recorded"), when(entry.recorded_at_us, offset_minutes=offset)),
        (session.say("记录哈希", "record hash"), entry.record_hash.hex()),
        (session.say("前一哈希", "previous"), record.prev_hash.hex()),
        (session.say("签名基准", "signed on"), session.say(f"第 {record.base[0]} 条", f"record {record.base[0]}")),
    ])  # fmt: skip
    session.echo()
    session.pairs(event_pairs(session, entry.event, offset_minutes=offset))
    session.echo()
    columns = [Column(session.say("签名", "signature")), Column(session.say("人员", "person")),
               Column(session.say(f"签名时间（{offset_text(offset)}）", f"signed ({offset_text(offset)})"), flexible=False),
               Column(session.say("公钥", "public key"))]  # fmt: skip
    rows: list[list[str | Cell]] = []
    for role, public_key, signed_at_us, _ in record.signatures:
        history = authority.key(public_key)
        holder: str | Cell = Cell(session.say("未登记", "not enrolled"), "red") if history is None else history.holder
        rows.append(
            [role_name(session, role), holder, when(signed_at_us, offset_minutes=offset)[:19], short(public_key)]
        )
    session.table(columns, rows)


@command("history", zh="一个对象的全部记录，最新的在最后。对象如 c/87、d/省委7、p/李敏、l/销毁1、u/党政办。",
         en="All records of a subject, the newest last. A subject is like c/87, d/…, p/…, l/…, u/….",
         example="chainlog history office.log c/87")  # fmt: skip
@log_argument
@argument("subject", zh="对象", en="the subject")
@option("--limit", type=int, zh="只显示最近几条", en="Only so many, the newest.")
def history(session: Session, log: str, subject: str, limit: int | None) -> None:
    """All records of a subject."""
    from chainlog.event.subject import fold
    from chainlog.projection.rows import EVIDENCE

    check_prefix(subject)
    with opened(log) as handle:
        offset = handle.utc_offset_minutes
        entries = handle.reader.history(subject, limit=limit)
        if not entries:
            raise NotFoundError(what=fold(subject))
        entries.reverse()
        if session.as_json:
            for entry in entries:
                session.emit(entry_json(entry, offset_minutes=offset))
            return
        evidence: dict[int, str] = {}
        if fold(subject).startswith("c/"):
            evidence = {row.from_index: EVIDENCE[row.evidence] for row in handle.custody.intervals(subject)}
        _history_table(session, entries, evidence, offset)


def _history_table(session: Session, entries: list[Entry], evidence: dict[int, str], offset: int) -> None:
    from chainlog.cli.custody import evidence_cell
    from chainlog.cli.wording import role_name, short_name
    from chainlog.event.catalogue import KINDS

    zone = offset_text(offset)
    columns = [
        Column(session.say("记录", "#"), right=True, flexible=False),
        Column(session.say(f"发生 ({zone})", f"occurred ({zone})")),
        Column(session.say("事件", "event")),
        Column(session.say("人员（未签名者加括号）", "people (unsigned in brackets)")),
        Column(session.say("证据", "proof"), flexible=False),
        Column(session.say("哈希", "hash"), flexible=False),
    ]
    rows: list[list[str | Cell]] = []
    for entry in entries:
        kind = KINDS.get(entry.kind)
        people = []
        for role, person, signs in entry.event.people:
            text = f"{role_name(session, role).split('/')[0]} {person}"
            people.append(text if signs else f"({text})")
        occurred = span(entry.event.occurred, offset_minutes=offset).removesuffix(f" {zone}")
        name = entry.kind if kind is None else session.say(short_name(kind), kind.name)
        rows.append([
            str(entry.index), occurred or "-", name, "\n".join(people),
            evidence_cell(session, evidence[entry.index]) if entry.index in evidence else "",
            short(entry.record_hash)[:8],
        ])  # fmt: skip
    session.table(columns, rows)
