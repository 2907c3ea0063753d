"""`chainlog append`: drafts and JSON lines into the log. Reads files, signs with the keys at hand, writes the log.

Of JSON lines either all are written, in one commit, or none; with --continue the bad ones are left out. Every bad line is
named. Each line is tried on top of those before it, so it may refer to them.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from chainlog import limits
from chainlog.cli.command import argument, command, log_argument, option
from chainlog.cli.failures import message_of
from chainlog.cli.file_kinds import check_file
from chainlog.cli.jsonlines import json_object, lines_of, opened_bytes
from chainlog.cli.keys import Holder, Keys, choose, key_options, log_key_option, missing_error, proposal
from chainlog.cli.logs import Alike, Signing, opened_to_sign, receipt_json, show_receipts
from chainlog.cli.look_alikes import new_names_alike, tell_look_alikes
from chainlog.cli.outputs import check_target
from chainlog.cli.session import Advance, Session
from chainlog.cli.sign import not_a_draft
from chainlog.errors import ChainlogError, FormatError, KeyFileError, ReadOnlyError, StoreError, UsageError
from chainlog.whole_file import put_file

if TYPE_CHECKING:
    from chainlog.event.model import CheckedEvent
    from chainlog.facade import Log
    from chainlog.log.block import BlockBuilder
    from chainlog.log.request import Proposal, Receipt
    from chainlog.record.draft import Draft

_DRAFT_BEGINS: Final = 0x95  # an array of five; no text begins so
_BLOCK: Final = 1_000
_PROBLEMS: Final = 1
_SHOWN: Final = 20  # receipts that are shown one by one


class _Ready(NamedTuple):
    """A line that may stand."""

    line: int
    event: CheckedEvent
    proposal: Proposal


class _Bad(NamedTuple):
    """A line that may not."""

    line: int
    error: ChainlogError


@command(
    "append",
    zh="写入一份签齐的草稿，或 JSON 事件（每行一个，用 --key 给出的密钥签名）。\n\n"
       "JSON 事件默认全部写入或全部不写；--continue 跳过有问题的行，写入其余。有问题的行逐行指出。",
    en="Append a fully signed draft, or events as JSON lines, signed with the keys given.\n\n"
       "Of JSON lines all are written or none; --continue leaves out the bad ones. Every bad line is named.",
    example="chainlog append office.log events.jsonl --key limin.key --key chen.key --log-key log.key",
)  # fmt: skip
@log_argument
@argument(
    "file",
    zh="草稿或 JSON 行文件；- 为标准输入",
    en="a draft or a file of JSON lines; - for standard input",
    type=click.Path(),
)
@option("--continue", "go_on", is_flag=True, zh="跳过有问题的行", en="Leave out bad lines.")
@option(
    "--checkpoint",
    type=click.Path(),
    metavar="FILE",
    zh="把签名的日志头存到文件",
    en="Save the signed head of the log.",
)
@log_key_option
@key_options
def append(
    session: Session,
    log: str,
    file: str,
    go_on: bool,
    checkpoint: str | None,
    key_paths: tuple[str, ...],
    log_key: str | None,
    passphrase_file: str | None,
) -> int:
    """Append drafts or JSON lines."""
    if log_key is None:
        raise ReadOnlyError("the log key was not given")
    check_file(file, "draft", "json")
    if checkpoint is not None:
        check_target(checkpoint, "head")
    signing = Signing(key_paths, log_key, passphrase_file, None)
    with opened_to_sign(session, log, signing) as (handle, keys), opened_bytes(file) as stream:
        lines = lines_of(stream)
        first = next(lines, None)
        if first is None:
            raise FormatError("empty", path=file)
        if first[1][0] == _DRAFT_BEGINS:
            draft = _draft(first[1] + stream.read(limits.DRAFT_FILE_BYTES_MAX + 1), file)
            return _append_draft(session, handle, file, draft, keys, checkpoint)
        _check_first(first[1], file)
        return _append_lines(session, handle, chain([first], lines), keys, checkpoint, go_on=go_on)


def _check_first(line: bytes, file: str) -> None:
    """A file that doesn't begin as an object does is another file, not one with a bad row."""
    if not line.removeprefix(BOM_UTF8).lstrip().startswith(b"{"):
        raise FormatError("neither a draft nor JSON lines", detail_zh="既不是草稿，也不是 JSON 行", path=file)


def _draft(data: bytes, file: str) -> Draft:
    from chainlog.record.draft import decode_draft

    try:
        return decode_draft(data)
    except FormatError as error:
        raise not_a_draft(error, file) from error


def _append_draft(session: Session, log: Log, file: str, draft: Draft, keys: Keys, checkpoint: str | None) -> int:
    """Sign what the keys at hand can still sign, and append."""
    event = draft.checked_event()
    with log.authority() as authority:
        choice = choose(event.event, keys.holders(authority))
    wanted = {(want.role, want.person) for want in draft.wanted()}
    for role, person, holder in choice.chosen:
        if (role, person) in wanted:
            draft = draft.sign(keys.signer(holder), role=role, person=person, signed_at_us=log.now_us())
    missing = draft.wanted()
    if missing:
        raise missing_error(missing, draft=file)
    alike = new_names_alike(log, event.event.subjects)
    tell_look_alikes(session, alike)
    receipt = log.append(draft)
    show_receipts(session, log, [(event, receipt)], alike=alike)
    _save_checkpoint(session, checkpoint, receipt)
    return 0


def _append_lines(
    session: Session,
    log: Log,
    lines: Iterator[tuple[int, bytes]],
    keys: Keys,
    checkpoint: str | None,
    *,
    go_on: bool,
) -> int:
    with log.authority() as authority:
        holders = keys.holders(authority)
    written = bad = 0
    last: Receipt | None = None
    most = _BLOCK if go_on else limits.BLOCK_RECORDS_MAX
    with _after_progress(session) as tell, session.progress("写入", "appending") as advance:
        while block := list(islice(lines, most)):
            if not go_on and next(lines, None) is not None:
                raise UsageError(
                    f"more than {limits.BLOCK_RECORDS_MAX} lines are not one commit: split the file, or use --continue",
                    detail_zh=f"超过 {limits.BLOCK_RECORDS_MAX} 行无法一次提交：请拆分文件，或用 --continue",
                )
            ready, problems = _tried(
                log, block, keys, holders, lambda tried, before=written + bad: advance(before + tried)
            )
            for problem in problems:
                tell(partial(_name_bad, session, problem))
            bad += len(problems)
            if ready and (go_on or not problems):
                named = [subject for one in ready for subject in one.event.event.subjects]
                alike = new_names_alike(log, named)
                tell(partial(tell_look_alikes, session, alike))
                receipts = log.append_many([one.proposal for one in ready])
                last = receipts[-1]
                written += len(receipts)
                tell(partial(_show_lines, session, log, ready, receipts, alike))
    _save_checkpoint(session, checkpoint, last)
    if bad:
        lines_en = "1 bad line" if bad == 1 else f"{bad} bad lines"
        session.note(
            session.say(f"写入 {written} 条，{bad} 行有问题", f"{written} recorded, {lines_en} left out")
            if go_on
            else session.say(f"{bad} 行有问题，一条也没有写入", f"{lines_en}, nothing was written")
        )
    return _PROBLEMS if bad else 0


@contextmanager
def _after_progress(session: Session) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Printing that waits where a progress line stands in the way, and is done whatever happens then."""
    if not session.shows_progress:
        yield lambda say: say()
        return
    said: list[Callable[[], None]] = []
    try:
        yield said.append
    finally:
        for say in said:
            say()


def _tried(
    log: Log, block: Iterable[tuple[int, bytes]], keys: Keys, holders: list[Holder], advance: Advance
) -> tuple[list[_Ready], list[_Bad]]:
    """Which lines may stand, each on top of those before it. Nothing is written."""
    ready: list[_Ready] = []
    bad: list[_Bad] = []
    with log.trial() as builder:
        for tried, (number, line) in enumerate(block, 1):
            advance(tried)
            try:
                ready.append(_try(log, builder, number, line, keys, holders))
            except (KeyFileError, StoreError):
                # A wrong passphrase or a full disk is no fault of the line.
                raise
            except ChainlogError as error:
                bad.append(_Bad(number, error))
    return ready, bad


def _try(log: Log, builder: BlockBuilder, number: int, line: bytes, keys: Keys, holders: list[Holder]) -> _Ready:
    from chainlog.cli.events import event_of

    stated = json_object(line, path="$")
    event = event_of(log, stated, view=builder.overlay, authority=builder.authority, holders=holders)
    made = proposal(event, choose(event.event, holders), keys)
    builder.add_all([made], verified=True)
    return _Ready(number, event, made)


def _name_bad(session: Session, bad: _Bad) -> None:
    if session.as_json:
        shown: dict[str, Any] = {
            "line": bad.line, "code": str(bad.error.fields.get("finding") or bad.error.code),
            "message_zh": message_of(bad.error, "zh"), "message_en": message_of(bad.error, "en"),
        }  # fmt: skip
        session.emit_error(shown)
    else:
        session.note(session.say(f"第 {bad.line} 行：", f"line {bad.line}: ") + message_of(bad.error, session.lang))


def _show_lines(session: Session, log: Log, ready: list[_Ready], receipts: list[Receipt], alike: Alike) -> None:
    if not session.as_json and len(receipts) > _SHOWN:
        first, last, count = receipts[0].index, receipts[-1].index, len(receipts)
        session.echo(session.say(f"已记录 {count} 条：第 {first} 至 {last} 条", f"{count} recorded: {first} to {last}"))
        return
    for one, receipt in zip(ready, receipts, strict=True):
        if session.as_json:
            session.emit({"line": one.line, **receipt_json(log, one.event, receipt, alike=alike)})
        else:
            show_receipts(session, log, [(one.event, receipt)])


def _save_checkpoint(session: Session, path: str | None, receipt: Receipt | None) -> None:
    if path is None or receipt is None:
        return
    put_file(path, receipt.checkpoint, mode=None)
    session.note(session.say(f"日志头已存到 {path}", f"the head of the log is saved in {path}"))
