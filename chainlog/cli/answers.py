"""What `chainlog init` asks: options, and for what is missing the person at the terminal. Reads no file.

Each answer is checked as soon as it is given, and asked for again: nothing that was typed before is lost.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from chainlog.cli.session import Session
from chainlog.errors import UsageError
from chainlog.event.subject import check_subject, fold
from chainlog.limits import LOG_NAME_BYTES_MAX, THRESHOLD_MIN

DEFAULT_PROFILE: Final = "township"
_NAME: Final = re.compile(r"(?=.{1,%d}\Z)draft\.[a-z0-9.-]+" % LOG_NAME_BYTES_MAX)
_OFFSET: Final = re.compile(r"([+-])(\d{1,2}):?(\d{2})")
_MINUTES_OF_CHINA: Final = 480


class Answers(NamedTuple):
    """What a genesis is made of, as stated."""

    name: str
    unit: str
    title: str | None
    administrators: list[tuple[str, str]]
    threshold: int
    recovery: list[tuple[str, str]]
    recovery_threshold: int
    log_key: str
    policy: str
    utc_offset_minutes: int


def ask_answers(session: Session, **given: Any) -> Answers:
    """The options, and for what is missing the answers of the person at the terminal. Raises UsageError."""
    asks = session.interactive
    missing = [name for name in ("name", "unit", "threshold") if not given[name]]
    missing += ["administrator"] if not given["administrators"] else []
    missing += ["log-key"] if not given["log_key"] and given["make_keys"] is None else []
    if missing and not asks:
        listed = " ".join(f"--{name}" for name in missing)
        raise UsageError(f"give {listed}", detail_zh=f"请给出 {listed}")
    name = given["name"] or session.ask_until(
        "日志名（以 draft. 开头）", "Name of the log (begins with draft.)", _checked_name
    )
    unit = given["unit"] or session.ask_until("本单位（u/…）", "The unit (u/…)", _checked_unit)
    title = given["title"]
    if title is None and asks and missing:
        title = session.ask("标题（可空）", "A title (may be empty)", default="") or None
    has_recovery = bool(given["recovery"])
    administrators = [_person_key(word, given["make_keys"]) for word in given["administrators"]]
    if asks and not administrators:
        administrators = _ask_administrators(
            session, given["make_keys"], least=_least(recovery=bool(given["recovery"]))
        )
    if administrators:
        _checked_threshold(THRESHOLD_MIN, len(administrators), recovery=has_recovery)
    threshold = given["threshold"] or session.ask_until(
        "管理员最少签名人数", "How many must sign together",
        lambda text: _checked_threshold(_number(text), len(administrators), recovery=has_recovery), default="2",
    )  # fmt: skip
    offset = None if given["utc_offset"] is None else _offset(given["utc_offset"])
    if offset is None and asks and missing:
        offset = session.ask_until("时区", "Zone", _offset, default="+08:00")
    log_key = given["log_key"] or (
        str(Path(given["make_keys"]) / "log.key")
        if given["make_keys"]
        else session.ask("日志密钥文件", "Key file of the log")
    )
    policy = given["policy_text"]
    if policy is None and asks and missing:
        policy = session.ask(
            "制度（TOML 文件或内置名称）", "Policy (a TOML file or a profile)", default=DEFAULT_PROFILE
        )
    return Answers(
        name, unit, title, administrators, threshold,
        [_person_key(word, given["make_keys"]) for word in given["recovery"]], given["recovery_threshold"],
        log_key, policy or DEFAULT_PROFILE, _MINUTES_OF_CHINA if offset is None else offset,
    )  # fmt: skip


def _ask_administrators(session: Session, make_keys: str | None, *, least: int) -> list[tuple[str, str]]:
    """Administrators until an empty line, at least *least*."""
    administrators: list[tuple[str, str]] = []
    zh, en = ("管理员（p/…；空行结束）", "Administrator (p/…; empty line ends)")
    if make_keys is None:
        zh, en = ("管理员=密钥文件（p/…=文件；空行结束）", "Administrator=key file (p/…=file; empty line ends)")

    def take(text: str) -> tuple[str, str] | None:
        if text:
            return _person_key(text, make_keys)
        if len(administrators) < least:
            raise UsageError(f"at least {least} are wanted", detail_zh=f"至少 {least} 名")
        return None

    while (one := session.ask_until(zh, en, take, default="")) is not None:
        administrators.append(one)
    return administrators


def check_answers(answers: Answers) -> None:
    """What would be refused anyway, said before keys are made. Raises UsageError."""
    _checked_name(answers.name)
    _checked_unit(answers.unit)
    _checked_threshold(answers.threshold, len(answers.administrators), recovery=bool(answers.recovery))


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name} is no name of a log: draft. and then a-z 0-9 . -, {LOG_NAME_BYTES_MAX} in all at most",
            detail_zh=f"“{name}”不能作日志名：应为 draft. 加 a-z 0-9 . - 字符，共不超过 {LOG_NAME_BYTES_MAX} 个",
        )
    return name


def _checked_unit(unit: str) -> str:
    if not fold(unit).startswith("u/"):
        raise UsageError(f"write the unit as u/{unit}", detail_zh=f"本单位应写作 u/{unit}")
    return check_subject(fold(unit), path=unit)


def _least(*, recovery: bool) -> int:
    """How many administrators there are at least: without recovery keys, one who is gone must not stop the others for ever."""
    return THRESHOLD_MIN if recovery else THRESHOLD_MIN + 1


def _checked_threshold(threshold: int, count: int, *, recovery: bool) -> int:
    if count < (least := _least(recovery=recovery)):
        raise UsageError(
            f"{count} administrators are too few: at least {least}" + ("" if recovery else " without recovery keys"),
            detail_zh=f"{count} 名管理员太少：{'' if recovery else '没有应急恢复密钥时'}至少 {least} 名",
        )
    most = count if recovery else count - 1
    if not THRESHOLD_MIN <= threshold <= most:
        raise UsageError(
            f"{threshold} of {count} administrators can't be what must sign: at least {THRESHOLD_MIN}, at most {most}",
            detail_zh=f"{count} 名管理员，最少签名人数不能是 {threshold}：至少 {THRESHOLD_MIN}，最多 {most}",
        )
    return threshold


def _person_key(word: str, directory: str | None) -> tuple[str, str]:
    """`PERSON=KEYFILE`; with --make-keys the file may be left out: it is then PERSON.key there."""
    person, _, file = word.partition("=")
    who = fold(person)
    if not who.startswith("p/") or not (file or directory):
        shape, file = ("PERSON", "") if directory else ("PERSON=KEYFILE", "=密钥文件")
        raise UsageError(f"{word} is not {shape}", detail_zh=f"“{word}”应写作 p/姓名{file}")
    check_subject(who, path=word)
    return who, file or str(Path(directory or "") / f"{who[2:].replace('/', '-')}.key")


def _number(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"{text} is no number", detail_zh=f"“{text}”不是数")
    return int(text)


def _offset(text: str) -> int:
    match = _OFFSET.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text} is no offset like +08:00", detail_zh=f"“{text}”不是 +08:00 这样的时区")
    minutes = int(match[2]) * 60 + int(match[3])
    return -minutes if match[1] == "-" else minutes
