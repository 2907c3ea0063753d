"""`chainlog remains`: the records that a salvage kept beside the new log, each checked over its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from chainlog.cli.command import argument, command, option
from chainlog.cli.logs import kind_name, opened
from chainlog.cli.render import Column, when
from chainlog.cli.session import Session
from chainlog.cli.wording import role_name

if TYPE_CHECKING:
    from chainlog.forensics.remains import Lacking, Remains, Remnant, Signing

_FLAWED: Final = 3
_OFFSET_MINUTES: Final = 480
_FLAWS: Final = {
    "cut-short": (
        "文件不完整：缺少结尾行，后面可能还有记录；请另找一份",
        "the file is cut short: its last line is missing, and there may have been more records; look for another copy",
    ),
    "altered": (
        "文件被改动：结尾行与前面各行不符，可能有增删；请另找一份",
        "the file was altered: its last line is about other lines; some may be gone, or new; look for another copy",
    ),
    "incomplete": (
        "文件有缺漏：已救出的记录与已知日志头之间，有的记录文件没有提到",
        "the file is incomplete: it doesn't speak of every record between those that were saved and the last known head",
    ),
}
_PLACES: Final = {
    "proven": ("位置经日志头证明", "its place is proven by a signed head"),
    "stated": ("位置由其他记录印证", "another record, or a tile, states its hash"),
    "contradicted": ("签名无误，但写入部分与日志头不符", "its signatures are good; what the writer added is contradicted by a signed head"),
    "alone": ("仅凭自身", "by itself alone"),
}  # fmt: skip


@command(
    "remains",
    zh="列出抢救时另存的记录：缺口之后仍能核验者。每条都重新核对哈希与签名；给出 --log（新日志）时据以查明签名人，并核对其位置。"
       "未列入新日志，须由当事人重新登记。文件不完整时仍列出能读的，退出码为 3。",
    en="List what a salvage kept beside the new log: records beyond the gap that still verify. Each is checked over its bytes again; "
       "with --log (the new log) the signers are named by it, and their places are checked too. They are in no log: people enter "
       "again what still matters. Of a file that isn't whole, what can be read is listed; the exit status is 3 then.",
    example="chainlog remains new.log.remains --log new.log --on c/国办发〔2025〕3号/17",
)  # fmt: skip
@argument("file", zh="另存文件", en="the file", type=click.Path())
@option("--log", type=click.Path(), zh="新日志的目录", en="The new log.")
@option("--on", "subject", metavar="SUBJECT", zh="只列此对象的记录", en="Records of this subject alone.")
@option("--show", type=click.IntRange(min=0), metavar="N", zh="完整显示第 N 条，供重新登记", en="Show record N in full, to be entered again.")  # fmt: skip
def remains(session: Session, file: str, log: str | None, subject: str | None, show: int | None) -> int:
    """List what was kept beside a salvaged log."""
    from chainlog.cli.proof_files import naming
    from chainlog.event.subject import fold
    from chainlog.forensics.remains_file import name_signers, prove_places, read_remains

    found = read_remains(file)
    offset, proven = _OFFSET_MINUTES, None
    if log is not None:
        with opened(log) as handle:
            offset = handle.utc_offset_minutes
            with naming([file]):
                found = name_signers(found, handle)
            # Of a file that isn't whole, what would prove them may be what is gone.
            proven = None if found.flaws else prove_places(found, handle)
    status = _FLAWED if found.flaws else 0
    wanted = None if subject is None else fold(subject)
    records = [
        one
        for one in found.records
        if (wanted is None or wanted in one.checked.event.event.subjects) and (show is None or one.index == show)
    ]
    if session.as_json:
        _emit(session, found, records, offset, proven=proven, whole=wanted is None and show is None)
        return status
    if show is not None:
        for one in records:
            _show(session, one, offset, is_asked=log is not None, is_checked=proven is not None)
    else:
        _list(session, records, offset, is_asked=log is not None)
        _list_lost(session, found)
        _list_subjects(session, [one for one in found.subjects if wanted in (None, one.subject)])
        _note_places(session, records, proven)
    for flaw in found.flaws:
        session.note(session.say(*_FLAWS[flaw]))
    return status


def _emit(
    session: Session, found: Remains, records: list[Remnant], offset: int, *, proven: int | None, whole: bool
) -> None:
    from chainlog.event.jsonform import to_json

    opening = found.opening.as_json()
    session.emit({**opening, "places_checked": proven is not None, "proven": proven, "flaws": list(found.flaws)})
    for one in records:
        session.emit({**one.as_json(), "event": to_json(one.checked.event.event, offset_minutes=offset)})
    if whole:
        for lost in found.lost:
            session.emit(lost.as_json())
        for lacking in found.subjects:
            session.emit(lacking.as_json())


def _note_places(session: Session, records: list[Remnant], proven: int | None) -> None:
    for place in dict.fromkeys(one.place for one in records):
        session.note(f"{place}: {session.say(*_PLACES[place])}")
    if proven is not None:
        session.note(session.say(f"{proven} 条的位置已据日志头和新日志核实", f"{proven} places are proven by the signed head and the new log"))  # fmt: skip
    elif records:
        session.note(session.say("位置是文件自己的说法，没有核实", "places are what the file says; they were not checked"))  # fmt: skip


def _list(session: Session, records: list[Remnant], offset: int, *, is_asked: bool) -> None:
    columns = [
        Column(session.say("记录", "record"), right=True, flexible=False),
        Column(session.say("时间", "recorded"), flexible=False),
        Column(session.say("事件", "event")),
        Column(session.say("对象", "subjects")),
        Column(session.say("签名人", "signers")),
        Column(session.say("位置", "place"), flexible=False),
    ]
    rows = []
    for one in records:
        event = one.checked.event.event
        at = when(one.checked.record.recorded_at_us, offset_minutes=offset)
        subjects = [subject for subject in event.subjects if subject[:2] in ("c/", "d/", "l/", "i/")] or event.subjects
        rows.append(
            (
                str(one.index),
                at,
                kind_name(session, event.kind),
                " ".join(subjects[:4]),
                " ".join(_signer(session, signer, is_asked=is_asked) for signer in one.signers),
                one.place,
            )
        )
    session.table(columns, rows)


def _signer(session: Session, signer: Signing, *, is_asked: bool) -> str:
    """Whose key it is; without a log nobody says it."""
    if signer.person is not None:
        return signer.person
    key = session.say("密钥不明", "unknown key") if is_asked else session.say("密钥", "key")
    return f"{key} {signer.key[:16]}"


def _list_lost(session: Session, found: Remains) -> None:
    spans = [f"{span.start}" if span.stop == span.start + 1 else f"{span.start}–{span.stop - 1}" for span in found.lost]
    if spans:
        session.echo()
        session.echo(session.say(f"已失：第 {'、'.join(spans)} 条", f"lost: {', '.join(spans)}"))


def _list_subjects(session: Session, subjects: list[Lacking]) -> None:
    for one in subjects:
        where = ", ".join(str(index) for index in one.records) or "?"
        session.item(session.say(f"{one.subject} 至少缺 {one.missing} 条（第 {where} 条）",
                                 f"{one.subject} lacks at least {one.missing} (record {where})"))  # fmt: skip


def _show(session: Session, one: Remnant, offset: int, *, is_asked: bool, is_checked: bool) -> None:
    from chainlog.cli.wording import event_pairs

    unchecked = session.say("（文件自称，未核实）", " (so says the file; it was not checked)")
    session.pairs([
        (session.say("原记录号", "was record"), str(one.index)),
        (session.say("记录时间", "recorded"), when(one.checked.record.recorded_at_us, offset_minutes=offset)),
        (session.say("记录哈希", "record hash"), one.checked.record_hash.hex()),
        (session.say("位置", "place"), session.say(*_PLACES[one.place]) + ("" if is_checked else unchecked)),
        (session.say("签名", "signed by"), "; ".join(
            f"{_signer(session, signer, is_asked=is_asked)} {role_name(session, signer.role)}" for signer in one.signers
        )),
    ])  # fmt: skip
    session.echo()
    session.pairs(event_pairs(session, one.checked.event.event, offset_minutes=offset))
    session.echo()
