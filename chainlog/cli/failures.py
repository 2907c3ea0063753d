"""One handler for everything that can go wrong: text in the session's language, or JSON, and the exit status. Prints.

Statuses: 0 fine; 1 findings, failed verification; 2 wrong use; 3 an input that is not what it should be; 4 the machine;
5 try again; 6 it failed after something was recorded: standard error says what; 130 interrupted; 141 the reader of the output
went away.
"""

from __future__ import annotations

import errno
import os
import re
import traceback
import uuid
from typing import Any, Final

import click

from chainlog.cli import texts
from chainlog.cli.command import NoSuchCommandError, Word
from chainlog.cli.render import visible
from chainlog.cli.session import OutputError, Session
from chainlog.errors import ChainlogError, Language, UsageError

INTERRUPTED: Final = 130
READER_GONE: Final = 141
RECORDED: Final = 6
_BUG: Final = 70
_ID_BYTES: Final = 16

# The caller named a file that isn't there or may not be used; everything else is the machine's.
_CALLERS: Final = frozenset({
    errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP,
    errno.EROFS,
})  # fmt: skip
_LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


def report(error: BaseException, session: Session) -> int:
    """Say what happened on standard error, what was recorded before it too, and return the exit status for it."""
    status = _told(error, session)
    if not session.recorded:
        return status
    _tell_recorded(session)
    # Who is told that the machine failed, or to try again, would record the same a second time.
    return status if status in (INTERRUPTED, _BUG) else RECORDED


def _told(error: BaseException, session: Session) -> int:
    if isinstance(error, BrokenPipeError):
        return READER_GONE
    if isinstance(error, KeyboardInterrupt | click.Abort):
        session.tell(session.say("已中断", "interrupted"))
        return INTERRUPTED
    if session.debug:
        session.tell_plainly("".join(traceback.format_exception(error)).rstrip("\n"))
    if isinstance(error, click.ClickException):
        return _usage(error, session)
    if isinstance(error, ChainlogError):
        return _said(error, session)
    if isinstance(error, OSError):
        return _system(error, session)
    return _bug(error, session)


def _said(error: ChainlogError, session: Session) -> int:
    code = str(error.fields.get("finding") or error.code)
    hint = error.fields.get("hint") or texts.advice(code) or texts.advice(error.code)
    messages = {language: message_of(error, language) for language in _LANGUAGES}
    if session.as_json:
        _write_json(session, error.code, messages["zh"], messages["en"], error.fields)
    else:
        # "cannot do that: …" says already that it is an error.
        head = "" if type(error) is UsageError else session.say("错误：", "error: ")
        session.tell(f"{head}{messages[session.lang]}")
        if hint:
            session.tell(session.say(*hint))
    return error.exit_status


def message_of(error: ChainlogError, language: Language) -> str:
    """An error's text, its detail translated where that is known, and what a finding's code means."""
    fields = dict(error.fields)
    detail = str(fields.get("detail") or "")
    zh = texts.detail_zh(detail)
    if zh is not None:
        fields.setdefault("detail_zh", zh)
    finding = fields.get("finding")
    if finding:
        # Loaded only where something was refused.
        from chainlog.codes import CODES

        if finding in CODES:
            meaning = CODES[finding]
            fields["finding"] = f"{finding}，{meaning.zh}" if language == "zh" else f"{finding}, {meaning.en}"
    if len(event_id := fields.get("event_id") or b"") == _ID_BYTES and isinstance(event_id, bytes):
        fields["event_id"] = str(uuid.UUID(bytes=event_id))
    if language == "zh" and "what" in fields:
        # A name in Latin letters stands apart from the Chinese around it.
        what = texts.what_zh(str(fields["what"]))
        fields["what"] = f" {what}" if what[:1].isascii() else what
    again = type(error)(str(fields.pop("detail", "")), **fields)
    return visible(again.text(language))


def _usage(error: click.ClickException, session: Session) -> int:
    zh, en = usage_texts(error)
    if session.as_json:
        _write_json(session, "usage", zh, en, {})
        return UsageError.exit_status
    ctx = getattr(error, "ctx", None)
    if isinstance(error, click.UsageError) and ctx is not None:
        if type(error).__name__ == "NoArgsIsHelpError":
            session.tell_plainly(ctx.get_help())
            return UsageError.exit_status
        session.tell(ctx.get_usage())
        session.tell(f"{session.say('错误：', 'error: ')}{session.say(zh, en)}")
        session.tell(session.say(f"用法见 {ctx.command_path} --help", f"Help: {ctx.command_path} --help"))
    else:
        session.tell(f"{session.say('错误：', 'error: ')}{session.say(zh, en)}")
    return UsageError.exit_status


def usage_texts(error: click.ClickException) -> tuple[str, str]:
    """What click complains about, in Chinese and English."""
    en = error.format_message()
    zh = en
    param = getattr(error, "param", None)
    name = "" if param is None else (param.opts[-1] if isinstance(param, click.Option) else str(param.name).upper())
    if isinstance(error, NoSuchCommandError):
        near = ", ".join(error.near)
        zh = f"没有命令 {error.name}" + (f"；相近的有 {near}" if near else "")
        en = f"no command {error.name}" + (f"; did you mean {near}?" if near else "")
    elif isinstance(error, click.NoSuchOption):
        near = ", ".join(error.possibilities or ())
        zh = f"没有选项 {error.option_name}" + (f"；相近的有 {near}" if near else "")
    elif isinstance(error, click.MissingParameter):
        zh = f"缺少{'选项' if isinstance(param, click.Option) else '参数'} {name}"
    elif isinstance(error, click.BadParameter):
        if param is not None and isinstance(param.type, click.Choice):
            words = param.type.words if isinstance(param.type, Word) else {}
            shown = (f"{one}（{words[one][0]}）" if one in words else str(one) for one in param.type.choices)
            zh = f"{name} 的值不对，可选：{'、'.join(shown)}"
        elif param is not None and isinstance(param.type, click.IntRange):
            zh = f"{name} 的值不对：{_whole_zh(param.type)}"
        else:
            zh = f"{name} 的值不对：{error.message}"
    elif isinstance(error, click.FileError):
        zh = f"无法打开 {error.ui_filename}：{error.message}"
    elif match := re.fullmatch(r"Got unexpected extra arguments? \((.*)\)", en.rstrip(".")):
        zh = f"多余的参数：{match[1]}"
    elif match := re.fullmatch(r"Option '(.*)' requires (?:an argument|\d+ arguments)\.", en):
        zh = f"选项 {match[1]} 需要一个值"
    elif en.startswith("Missing command"):
        zh = "缺少子命令"
    return zh, en


def _whole_zh(kind: click.IntRange) -> str:
    if kind.max is None:
        return "应为整数" if kind.min is None else f"应为不小于 {kind.min} 的整数"
    return f"应为不大于 {kind.max} 的整数" if kind.min is None else f"应为 {kind.min} 至 {kind.max} 的整数"


def _system(error: OSError, session: Session) -> int:
    name = "" if error.filename is None else str(error.filename)
    reason = os.strerror(error.errno) if error.errno else str(error)
    status = UsageError.exit_status if error.errno in _CALLERS else 4
    code = "file" if status == UsageError.exit_status else "store"
    en = f"{name}: {reason}" if name else reason
    zh_reason = texts.detail_zh(reason) or reason
    zh_name = "标准输出" if isinstance(error, OutputError) else name
    zh = f"{zh_name}：{zh_reason}" if name else zh_reason
    if session.as_json:
        _write_json(session, code, zh, en, {"path": name})
    else:
        session.tell(f"{session.say('错误：', 'error: ')}{session.say(zh, en)}")
    return status


def _bug(error: BaseException, session: Session) -> int:
    en = f"unexpected {type(error).__name__}; run again with --debug and report what it shows"
    zh = f"意外错误 {type(error).__name__}；请加 --debug 重新运行，并报告显示的内容"
    if session.as_json:
        _write_json(session, "bug", zh, en, {})
    else:
        session.tell(f"{session.say('错误：', 'error: ')}{session.say(zh, en)}")
    return _BUG


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)


def _write_json(session: Session, code: str, zh: str, en: str, fields: dict[str, Any]) -> None:
    shown = {key: _plain(value) for key, value in fields.items() if key not in ("hint", "detail_zh")}
    session.emit_error({"code": code, "message_zh": zh, "message_en": en, "fields": shown})


def _tell_recorded(session: Session) -> None:
    """What stands in a log though the command failed. Whose log was made by it learns its id too."""
    for log_id, ranges in session.recorded.items():
        runs = [(run.start, run.stop - 1) for run in ranges]
        shown = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
        made = runs[0][0] == 0
        zh = f"此前已记录，不要重做：第 {shown} 条" + (f"，日志编号 {log_id.hex()}" if made else "")
        en = f"recorded before that, don't do it again: {shown}" + (f" of log {log_id.hex()}" if made else "")
        if session.as_json:
            fields = {"log_id": log_id.hex(), "records": shown}
            _write_json(session, "recorded", zh, en, fields)
        else:
            session.tell(session.say(zh, en))
