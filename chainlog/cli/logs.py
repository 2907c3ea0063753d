"""Opening a log for a command, and recording through it. Does I/O through the log."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from chainlog.cli.command import Function, option, session_of
from chainlog.cli.keys import Keys, Passphrases, choose, key_options, log_key_option, missing_error, proposal
from chainlog.cli.outputs import save_draft
from chainlog.cli.render import short, when
from chainlog.cli.session import Session
from chainlog.errors import NotALogError, NotFoundError, ReadOnlyError, StoreError, StoreFullError
from chainlog.whole_file import cannot_write

if TYPE_CHECKING:
    from chainlog.event.model import CheckedEvent
    from chainlog.facade import Log
    from chainlog.log.reader import Entry
    from chainlog.log.request import Receipt
    from chainlog.record.draft import Draft, Wanted


Alike = Sequence[tuple[str, str]]
"""(new, other) of names that look alike."""
_LARGE: Final = 20_000  # records: folding these in memory takes a second or more


class Signing(NamedTuple):
    """What a command that signs was given."""

    key_paths: tuple[str, ...]
    log_key: str | None
    passphrase_file: str | None
    save: str | None

    def passphrases(self, session: Session) -> Passphrases:
        """Where the passphrases come from."""
        return Passphrases(session, self.passphrase_file)

    def keys(self, session: Session, passphrases: Passphrases) -> Keys:
        """The key files."""
        return Keys(session, self.key_paths, passphrases)


_save_option = option(
    "--save", type=click.Path(), metavar="DRAFT",
    zh="签名不齐时存为草稿，供传签", en="Where signatures are lacking, save a draft to be passed on.",
)  # fmt: skip


def signing_options(function: Function) -> Function:
    """`--key`, `--log-key`, `--passphrase-file`, `--save`, handed over as one `signing`."""

    @wraps(function)
    def wrapped(*args: Any, **params: Any) -> Any:
        names = ("key_paths", "log_key", "passphrase_file", "save")
        return function(*args, signing=Signing(*(params.pop(name) for name in names)), **params)

    return key_options(log_key_option(_save_option(wrapped)))


@contextmanager
def opened(
    path: str, *, log_key: str | None = None, passphrases: Passphrases | None = None, log_id: bytes | None = None
) -> Iterator[Log]:
    """
    The log at *path*, open; with the log key for writing.

    A log that the user may not write, or whose disk is full, is opened for reading, and nothing in its directory changes.
    """
    from chainlog.facade import Log

    # The store would name a file inside that the user has never heard of.
    if not Path(path).is_dir():
        there = Path(path).exists()
        raise NotALogError(path=path, detail="a log is a directory" if there else os.strerror(errno.ENOENT))
    if not (Path(path) / "truth").exists():
        from chainlog.cli.verdict_texts import detail_zh as audit_detail_zh
        from chainlog.forensics.exported import is_export
        from chainlog.forensics.surroundings import UNFINISHED_LOG, is_unfinished

        if is_unfinished(Path(path)):
            raise NotALogError(path=path, detail=UNFINISHED_LOG, detail_zh=audit_detail_zh(UNFINISHED_LOG))
        if is_export(path):
            raise NotALogError(
                path=path, detail="an export of a log, which chainlog verify reads; here the log itself is wanted",
                detail_zh="是日志的导出，只能用 chainlog verify 核验；此处须给出日志本身",
            )  # fmt: skip
    signer = None
    if log_key is not None:
        if passphrases is None:
            raise AssertionError("a key file is opened with passphrases at hand")
        signer = passphrases.open(log_key, "log")
    read_only = signer is None and not os.access(path, os.W_OK)
    try:
        log = Log.open(path, log_signer=signer, log_id=log_id, read_only=read_only)
    except StoreError as error:
        # The engine wants a file of its own for locks, and there may be no room for it, or no right to make it.
        if signer is not None or not cannot_write(error):
            raise
        log = Log.open(path, log_id=log_id, read_only=True)
    with log:
        log.on_not_kept = lambda error: _tell_not_kept(log, error)
        log.on_recorded = session_of(click.get_current_context()).on_recorded
        yield log


def _tell_not_kept(log: Log, error: StoreError | None) -> None:
    """Why a large log takes so long, before it does."""
    if log.reader.size < _LARGE:
        return
    session = session_of(click.get_current_context())
    place = Path(log.path) / "derived"
    if error is None:
        why = session.say("日志以只读方式打开", "the log is open for reading only")
    elif isinstance(error, StoreFullError):
        why = session.say("磁盘空间不足", "no space on the disk")
    else:
        why = session.say("没有写入权限", "it may not be written")
    session.note(session.say(
        f"注意：{place} 不能写入（{why}）：{log.reader.size} 条记录在内存中重新汇总，每次都需要时间",
        f"note: {place} can't be kept ({why}): {log.reader.size} records are folded in memory, which takes its time at every call",
    ))  # fmt: skip


@contextmanager
def opened_to_sign(session: Session, path: str, signing: Signing) -> Iterator[tuple[Log, Keys]]:
    """The log and the signers' keys, for a command that signs and records."""
    passphrases = signing.passphrases(session)
    with opened(path, log_key=signing.log_key, passphrases=passphrases) as log:
        yield log, signing.keys(session, passphrases)


def finish(
    session: Session, log: Log, event: CheckedEvent, keys: Keys, signing: Signing, *, alike: Alike | None = None
) -> None:
    """
    Sign an event with the keys at hand and record it; where signatures are lacking, save a draft or say so.

    Prints the receipt, or what is still wanted. alike: names that it brings and that look like others (`cli.look_alikes`), if that was asked.
    """
    with log.authority() as authority:
        choice = choose(event.event, keys.holders(authority))
    if not choice.missing:
        if signing.log_key is None:
            raise ReadOnlyError("the log key was not given")
        show_receipts(session, log, [(event, log.append(proposal(event, choice, keys)))], alike=alike)
        return
    if signing.save is None:
        raise missing_error(choice.missing)
    draft = log.draft(event)
    for role, person, holder in choice.chosen:
        draft = draft.sign(keys.signer(holder), role=role, person=person, signed_at_us=log.now_us())
    save_draft(draft, signing.save)
    show_saved(session, signing.save, draft, alike=alike)


def entry_of(log: Log, text: str) -> Entry:
    """The record that a person means: by its number, by its event's id, or by the text that the id was made from."""
    from chainlog.event.jsonform import parse_id

    if text.isdecimal() and len(text) <= 16:
        return log.reader.read(int(text))
    entry = log.reader.find(parse_id(text, log_id=log.id))
    if entry is None:
        raise NotFoundError(what=f"event {text}")
    return entry


def show_saved(session: Session, path: str, draft: Draft, *, alike: Alike | None = None) -> None:
    """Say where a draft was saved and whose signatures it lacks."""
    from chainlog.event.jsonform import format_id

    event = draft.checked_event().event
    wanted = draft.wanted()
    if session.as_json:
        session.emit({
            "draft": path, "kind": event.kind, "event_id": format_id(event.id),
            "signed": [{"role": s.role, "person": s.person} for s in draft.signatures],
            "wanted": [{"role": w.role, "person": w.person, "missing": w.missing} for w in wanted],
            **alike_json(event.subjects, alike),
        })  # fmt: skip
        return
    session.echo(session.say(f"已存为草稿 {path}", f"draft saved as {path}"))
    show_wanted(session, path, wanted)


def show_wanted(session: Session, path: str, wanted: Sequence[Wanted], *, kind: str = "") -> None:
    """Whose signatures are lacking, and the command that comes next. kind: of the event, for one that goes its own way."""
    from chainlog.event.kind import ROLES

    if not wanted and kind == "recovered":
        session.echo(session.say("签名已齐：chainlog recover 新日志", "fully signed: chainlog recover NEW"))
        return
    if not wanted:
        session.echo(session.say(f"签名已齐：chainlog append 日志 {path}", f"fully signed: chainlog append LOG {path}"))
        return
    session.echo(session.say("还缺签名：", "still wanted:"))
    for want in wanted:
        role = session.say(f"{ROLES[want.role][0]}（{want.role}）", want.role)
        session.echo(f"  {want.person}  {role}" + (f" ×{want.missing}" if want.missing > 1 else ""))
    session.echo(
        session.say(
            f"下一步：chainlog sign {path} --key 其密钥文件", f"next: chainlog sign {path} --key THEIR_KEY_FILE"
        )
    )


def alike_json(subjects: Iterable[str], alike: Alike | None) -> dict[str, Any]:
    """Of the names that look like others, those that an event with these *subjects* brings; nothing where none were looked for."""
    named = set(subjects)
    return {} if alike is None else {"look_alikes": [{"new": new, "like": like} for new, like in alike if new in named]}


def receipt_json(log: Log, event: CheckedEvent, receipt: Receipt, *, alike: Alike | None = None) -> dict[str, Any]:
    """A receipt as JSON."""
    from chainlog.event.jsonform import format_id
    from chainlog.event.times import format_time

    return {
        "log_id": log.id.hex(), "index": receipt.index, "kind": event.event.kind, "event_id": format_id(receipt.event_id),
        "event_hash": receipt.event_hash.hex(), "record_hash": receipt.record_hash.hex(),
        "recorded_at": format_time(receipt.recorded_at_us, offset_minutes=log.utc_offset_minutes),
        "existed": receipt.existed, **alike_json(event.event.subjects, alike),
    }  # fmt: skip


def show_receipts(
    session: Session, log: Log, receipts: Sequence[tuple[CheckedEvent, Receipt]], *, alike: Alike | None = None
) -> None:
    """Say where events were recorded."""
    for event, receipt in receipts:
        if session.as_json:
            session.emit(receipt_json(log, event, receipt, alike=alike))
            continue
        name = kind_name(session, event.event.kind)
        at = when(receipt.recorded_at_us, offset_minutes=log.utc_offset_minutes)
        if receipt.existed:
            zh, en = f"第 {receipt.index} 条已有此事件", f"stood before as record {receipt.index}"
        else:
            zh, en = f"已记录为第 {receipt.index} 条", f"recorded as {receipt.index}"
        session.echo(
            session.say(f"{zh}：{name}，{at}，哈希 ", f"{en}: {name}, {at}, hash ") + short(receipt.record_hash)
        )


def kind_name(session: Session, name: str) -> str:
    """A kind as people call it, with its name in the format."""
    from chainlog.event.catalogue import KINDS

    kind = KINDS.get(name)
    if kind is None:
        return name
    return f"{session.say(kind.zh, kind.en)} {name}" if session.lang == "zh" else f"{name} ({kind.en})"
