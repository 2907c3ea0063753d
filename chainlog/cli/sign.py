"""`chainlog sign`: what a draft says, in words, and a signature on it. Reads and writes the draft; the log is optional.

Signers sit at different machines: without the log, whose key it is can't be looked up, and the person says who they are. The
log looks it up anew when the draft is appended.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from chainlog.cli.command import argument, command, option
from chainlog.cli.failures import message_of
from chainlog.cli.file_kinds import check_file
from chainlog.cli.keys import Passphrases, key_options, public_of
from chainlog.cli.logs import opened, show_saved, show_wanted
from chainlog.cli.outputs import check_draft_target, save_draft
from chainlog.cli.session import Session
from chainlog.cli.wording import role_name
from chainlog.errors import FormatError, RefusedError, UsageError
from chainlog.limits import DAY_SPAN_US

if TYPE_CHECKING:
    from chainlog.authority.keys import KeyHistory
    from chainlog.record.draft import Draft, Wanted


_MINUTE_US: Final = 60_000_000
_DAY_MINUTES: Final = 24 * 60
_OFFSET_MAX: Final = 14 * 60


class Shown(NamedTuple):
    """A draft whose signatures are good, with what is needed to show it; and what the log says of keys, if it is there."""

    draft: Draft
    offset_minutes: int
    holders: dict[bytes, KeyHistory] | None
    size: int | None


@command(
    "sign",
    zh="显示草稿要求签名的内容，确认后签名。给出 --log 时核对密钥登记在谁名下；否则用 --person 或 --role 说明身份。",
    en="Show what a draft says, ask, and sign it. With --log it is checked whose key this is; without, --person or --role says "
       "who you are.",
    example="chainlog sign loan.draft --key chen.key --log office.log",
)  # fmt: skip
@argument("file", zh="草稿", en="the draft", type=click.Path())
@option("--log", type=click.Path(), zh="日志目录", en="The log, if it is at hand.")
@option("--role", zh="以何角色签名", en="Role to sign in.")
@option("--person", zh="以何人身份签名", en="Person to sign as.")
@option("--out", type=click.Path(), zh="另存为；默认写回原文件", en="Write here; the draft itself by default.")
@option("--yes", "-y", is_flag=True, zh="不再确认", en="Don't ask.")
@key_options
def sign(
    session: Session,
    file: str,
    log: str | None,
    role: str | None,
    person: str | None,
    out: str | None,
    yes: bool,
    key_paths: tuple[str, ...],
    passphrase_file: str | None,
) -> None:
    """Sign a draft."""
    from chainlog.log.writer import system_clock

    if not key_paths:
        raise UsageError("give --key", detail_zh="请用 --key 给出密钥文件")
    if out is not None:
        check_draft_target(out, read_from=file)
    shown = load_shown(file, log, paths=key_paths)
    draft = shown.draft
    if not session.as_json:
        show_draft(session, file, shown)
    if not yes:
        if not session.interactive:
            raise UsageError("nobody can be asked here: give --yes", detail_zh="此处无法确认：请加 --yes")
        if not session.confirm("确认签名？", "Sign this?"):
            raise click.Abort
    passphrases = Passphrases(session, passphrase_file)
    for path in dict.fromkeys(key_paths):
        info = public_of(path)
        parts = _parts(session, draft, shown, info.public_key, path, purpose=info.purpose, role=role, person=person)
        signer = passphrases.open(path, "log" if info.purpose == "log" else "sign")
        for want in parts:
            draft = draft.sign(signer, role=want.role, person=want.person, signed_at_us=system_clock())
    save_draft(draft, out or file, read_from=file)
    if session.as_json:
        show_saved(session, out or file, draft)
        return
    for signature in set(draft.signatures) - set(shown.draft.signatures):
        session.echo(
            session.say("已签名：", "signed: ")
            + f"{signature.person}  {role_name(session, signature.role).split('/')[0]}"
        )
    show_wanted(session, out or file, draft.wanted(), kind=draft.checked_event().event.kind)


def not_a_draft(error: FormatError, file: str) -> FormatError:
    """The error for a file that is no draft, or not a whole one."""
    en, zh = ("", "") if error.path == "$" else (f" ({message_of(error, 'en')})", f"（{message_of(error, 'zh')}）")
    return FormatError(
        f"not a draft, or cut short or changed on its way{en}; ask whoever sent it for the file again",
        detail_zh=f"不是草稿，或传送中不完整、被改动{zh}；请向发送人重新索取", path=file,
    )  # fmt: skip


def load_shown(file: str, log: str | None, *, paths: Sequence[str] = ()) -> Shown:
    """
    Read a draft and check the signatures on it.

    Raises: FormatError; SignatureError for one that doesn't verify; RefusedError for a draft of another log.
    """
    from chainlog.record.draft import load_draft

    check_file(file, "draft")
    try:
        draft = load_draft(file)
    except FormatError as error:
        raise not_a_draft(error, file) from error
    draft.verify_signatures()
    event = draft.checked_event()
    if event.event.kind == "log_opened":
        return Shown(draft, event.body.utc_offset_minutes, None, None)
    if log is None:
        return Shown(draft, _likely_offset(event.event.occurred), None, None)
    with opened(log) as handle:
        if draft.log_id != handle.id:
            raise RefusedError("the draft was made for another log", finding="wrong-log", subject=draft.log_id.hex())
        holders = {}
        with handle.authority() as authority:
            for path in paths:
                public_key = public_of(path).public_key
                history = authority.key(public_key)
                if history is None or history.until is not None:
                    code = "unknown-key" if history is None else "revoked-key"
                    raise RefusedError(finding=code, subject="" if history is None else history.holder, detail=path)
                holders[public_key] = history
        return Shown(draft, handle.utc_offset_minutes, holders, handle.reader.size)


def _likely_offset(occurred: Sequence[int]) -> int:
    """
    Zone in which to show the draft of a log that isn't here: a day begins at midnight of the log's zone, and gives it away;
    else this machine's zone. Whatever it is, it is shown.
    """
    if occurred and occurred[1] == DAY_SPAN_US:
        minutes = -occurred[0] // _MINUTE_US % _DAY_MINUTES
        return minutes if minutes <= _OFFSET_MAX else minutes - _DAY_MINUTES
    offset = datetime.now().astimezone().utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)


def show_draft(session: Session, file: str, shown: Shown) -> None:
    """The draft in words, with who has signed and who has not; or as JSON."""
    from chainlog.cli.wording import event_pairs
    from chainlog.event.jsonform import to_json

    draft = shown.draft
    event = draft.checked_event().event
    if session.as_json:
        session.emit({
            "draft": file, "log_id": draft.log_id.hex(), "base": {"index": draft.base[0], "record_hash": draft.base[1].hex()},
            "event": to_json(event, offset_minutes=shown.offset_minutes),
            "signed": [{"role": s.role, "person": s.person, "public_key": s.public_key.hex()} for s in draft.signatures],
            "wanted": [{"role": w.role, "person": w.person, "missing": w.missing} for w in draft.wanted()],
        })  # fmt: skip
        return
    lacking = {(want.role, want.person) for want in draft.wanted()}
    signed = {(role, person) for role, person, signs in event.people if signs} - lacking
    pairs = [(session.say("草稿", "draft"), file)]
    if event.kind != "log_opened":
        pairs.append((session.say("日志", "log"), draft.log_id.hex()))
        base = session.say(f"第 {draft.base[0]} 条记录", f"record {draft.base[0]}")
        pairs.append((session.say("基准", "drafted on"), base))
    session.pairs(pairs)
    session.echo()
    session.pairs(event_pairs(session, event, offset_minutes=shown.offset_minutes, signed=signed))
    session.echo()


def _parts(
    session: Session,
    draft: Draft,
    shown: Shown,
    public_key: bytes,
    path: str,
    *,
    purpose: str,
    role: str | None,
    person: str | None,
) -> list[Wanted]:
    """The signatures that this key gives: those wanted of its person. Raises UsageError where that isn't clear."""
    from chainlog.authority.keys import purpose_of
    from chainlog.event.subject import fold

    wanted = draft.wanted()
    holder = _holder(draft, shown, public_key)
    able = [want for want in wanted if (want.role == "log") == (purpose == "log")]
    if holder is not None:
        able = [want for want in able if (want.person, purpose_of(want.role)) == holder]
    if role is not None:
        able = [want for want in able if want.role == role]
    if person is not None:
        able = [want for want in able if want.person == fold(person)]
    persons = {want.person for want in able}
    if len(persons) > 1 and session.interactive:
        answer = fold(session.ask(f"{path} 是谁的密钥（{'、'.join(sorted(persons))}）",
                                  f"Whose key is {path} ({', '.join(sorted(persons))})"))  # fmt: skip
        able = [want for want in able if want.person == answer]
        persons = {want.person for want in able}
    if len(persons) == 1:
        return able
    listed_zh = "、".join(f"{want.person}（{want.role}）" for want in wanted) or "无"
    listed_en = ", ".join(f"{want.person} as {want.role}" for want in wanted) or "none"
    whose = "" if holder is None else holder[0]
    if not persons:
        raise UsageError(
            f"the draft wants no signature of {whose or path}; wanted: {listed_en}",
            detail_zh=f"草稿不需要 {whose or path} 的签名；还缺：{listed_zh}",
        )
    raise UsageError(
        f"whose key is {path}? say so with --person or --role, or give --log; wanted: {listed_en}",
        detail_zh=f"{path} 是谁的密钥？请用 --person 或 --role 说明，或给出 --log；还缺：{listed_zh}",
    )


def _holder(draft: Draft, shown: Shown, public_key: bytes) -> tuple[str, Any] | None:
    """(person, purpose) of a key, from the log or from the genesis itself; None where neither is at hand."""
    if shown.holders is not None:
        history = shown.holders[public_key]
        return history.holder, history.purpose
    event = draft.checked_event()
    if event.event.kind != "log_opened":
        return None
    from chainlog.authority.state import Authority

    fresh = Authority()
    fresh.apply(0, 0, "log_opened", event.body)
    found = fresh.key(public_key)
    return ("", "") if found is None else (found.holder, found.purpose)
