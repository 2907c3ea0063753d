"""`chainlog init`: a new log. Signs the genesis with all keys at hand, or passes a draft of it round. Does I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainlog.cli.answers import Answers, ask_answers, check_answers
from chainlog.cli.command import argument, command, option
from chainlog.cli.file_kinds import check_file
from chainlog.cli.keys import Passphrases, log_key_option, passphrase_option, public_of
from chainlog.cli.logs import show_saved
from chainlog.cli.policy import say_unread
from chainlog.cli.render import offset_text, when
from chainlog.cli.session import Session
from chainlog.errors import KeyFileError, UsageError

if TYPE_CHECKING:
    from chainlog.event.model import CheckedEvent
    from chainlog.facade import Log
    from chainlog.log.genesis import Policy
    from chainlog.record.draft import Draft


@command(
    "init",
    zh="新建日志。在终端上缺什么问什么；也可全部用选项给出。管理员各用自己的密钥文件（chainlog key new），--make-keys 可代为新建。\n\n"
       "管理员不在一处时：--draft 文件 写出启用草稿，各人 chainlog sign，签齐后 chainlog init 目录 --from 文件。",
    en="Make a log. On a terminal it asks for what is missing; options can give everything. Each administrator has a key file "
       "(chainlog key new); --make-keys makes those that are missing.\n\n"
       "Where the administrators sit apart: --draft FILE writes the genesis as a draft, each signs it (chainlog sign), and "
       "chainlog init LOG --from FILE makes the log.",
    example="chainlog init office.log --name draft.office --unit u/清溪镇 --administrator p/王宁=wang.key "
            "--administrator p/何平=he.key --administrator p/周远=zhou.key --threshold 2 --log-key log.key --policy township",
)  # fmt: skip
@argument("log", required=False, zh="日志目录，须不存在或为空", en="directory of the new log; it must not exist, or be empty",
          type=click.Path())  # fmt: skip
@option("--name", zh="日志名：a-z 0-9 . -，以 draft. 开头", en="Name of the log: a-z 0-9 . -, beginning with draft.")
@option("--title", zh="标题，如 清溪镇涉密载体登记", en="A title for people.")
@option("--unit", metavar="u/…", zh="本单位", en="The unit whose log it is.")
@option(
    "--administrator",
    "administrators",
    multiple=True,
    metavar="PERSON=KEYFILE",
    zh="管理员及其密钥文件（--draft 时可为公钥），可重复",
    en="An administrator and the key file (with --draft, a public key will do); repeat.",
)
@option(
    "--threshold",
    type=int,
    zh="管理员最少签名人数，至少 2",
    en="How many administrators must sign together, at least 2.",
)
@option(
    "--recovery",
    multiple=True,
    metavar="PERSON=KEYFILE",
    zh="应急恢复密钥，可重复",
    en="A recovery key, kept in a safe; repeat.",
)
@option(
    "--recovery-threshold", type=int, default=0, zh="应急恢复最少签名人数", en="How many recovery keys act together."
)
@option(
    "--policy",
    "policy_text",
    metavar="FILE|PROFILE",
    zh="制度：TOML 文件或内置名称，默认 township",
    en="Policy: a TOML file, or the name of a profile; township by default.",
)
@option("--utc-offset", metavar="+08:00", zh="日志时区，默认 +08:00", en="The log's zone, +08:00 by default.")
@option(
    "--make-keys",
    type=click.Path(),
    metavar="DIR",
    zh="缺少的密钥文件在此目录新建",
    en="Make missing key files in this directory.",
)
@option(
    "--draft",
    "draft_file",
    type=click.Path(),
    metavar="FILE",
    zh="只写出启用草稿供传签",
    en="Only write the genesis as a draft.",
)
@option(
    "--from",
    "from_file",
    type=click.Path(),
    metavar="FILE",
    zh="用签齐的启用草稿新建",
    en="Make the log from a fully signed draft.",
)
@option(
    "--cost",
    type=click.Choice(["interactive", "moderate", "sensitive"]),
    default="moderate",
    show_default=True,
    zh="--make-keys 新密钥的口令运算强度",
    en="With --make-keys: how dear each guess of a passphrase is.",
)
@log_key_option
@passphrase_option
def init(session: Session, log: str | None, draft_file: str | None, from_file: str | None, **given: Any) -> None:
    """Make a log."""
    passphrases = Passphrases(session, given.pop("passphrase_file"))
    if from_file is not None:
        _create_from(session, _wanted(log), from_file, given["log_key"], passphrases)
        return
    make_keys, cost = given.pop("make_keys"), given.pop("cost")
    if draft_file is None:
        _check_vacant(_wanted(log))
    answers = ask_answers(session, make_keys=make_keys, **given)
    check_answers(answers)
    from chainlog.log.genesis import genesis_draft
    from chainlog.log.writer import system_clock

    now_us = system_clock()
    policy = wanted_policy(answers.policy, offset_minutes=answers.utc_offset_minutes, now_us=now_us)
    say_unread(session, policy.parameters)
    if make_keys is not None:
        _make_missing(session, answers, make_keys, passphrases, cost)
    event = _genesis(answers, policy, now_us=now_us)

    draft = genesis_draft(event)
    if draft_file is not None:
        if Path(draft_file).exists():
            raise UsageError(f"{draft_file} exists", detail_zh=f"{draft_file} 已存在")
        draft.save(draft_file)
        show_saved(session, draft_file, draft)
        return
    _create(session, _wanted(log), _signed(draft, answers, passphrases), answers.log_key, passphrases)


def _wanted(log: str | None) -> str:
    if log is None:
        raise UsageError("which directory?", detail_zh="请给出日志目录")
    return log


def _check_vacant(log: str) -> None:
    from chainlog.errors import LogExistsError

    path = Path(log)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise LogExistsError(path=log)


def _make_missing(session: Session, answers: Answers, directory: str, passphrases: Passphrases, cost: str) -> None:
    from chainlog.cli.key import make

    Path(directory).mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = [(path, "sign", person) for person, path in (*answers.administrators, *answers.recovery)]
    for path, purpose, label in [*wanted, (answers.log_key, "log", answers.name)]:
        if not Path(path).exists():
            make(path, purpose=purpose, label=label, passphrase=passphrases.new(path), cost=cost)
            session.note(session.say(f"已新建密钥 {path}", f"made key {path}"))


def _public_key(file: str, purpose: str) -> bytes:
    """Of a key file (no passphrase needed), or 64 hexadecimal digits."""
    if re.fullmatch("[0-9a-fA-F]{64}", file):
        return bytes.fromhex(file)
    info = public_of(file)
    if info.purpose != purpose:
        raise KeyFileError(f"it holds a key for the purpose {info.purpose}, not {purpose}", path=file)
    return info.public_key


def _genesis(answers: Answers, policy: Policy, *, now_us: int) -> CheckedEvent:
    from chainlog.log.genesis import genesis_event

    return genesis_event(
        name=answers.name,
        unit=answers.unit,
        title=answers.title,
        administrators=[(person, _public_key(file, "sign")) for person, file in answers.administrators],
        threshold=answers.threshold,
        recovery=[(person, _public_key(file, "sign")) for person, file in answers.recovery],
        recovery_threshold=answers.recovery_threshold,
        log_key=_public_key(answers.log_key, "log"),
        policy=policy,
        utc_offset_minutes=answers.utc_offset_minutes,
        now_us=now_us,
    )


def _signed(draft: Draft, answers: Answers, passphrases: Passphrases) -> Draft:
    """The genesis with everybody's signature, whose key files are all here."""
    from chainlog.log.writer import system_clock

    given: Sequence[tuple[str, str, str]] = [
        *(("administrator", person, file) for person, file in answers.administrators),
        *(("recovery", person, file) for person, file in answers.recovery),
    ]
    for role, person, file in given:
        if re.fullmatch("[0-9a-fA-F]{64}", file):
            raise UsageError(
                f"{person}'s key is stated, not at hand: use --draft",
                detail_zh=f"{person} 只给出公钥：请用 --draft 传签",
            )
        draft = draft.sign(passphrases.open(file, "sign"), role=role, person=person, signed_at_us=system_clock())
    signer = passphrases.open(answers.log_key, "log")
    return draft.sign(signer, role="log", person="s/log", signed_at_us=system_clock())


def _create_from(session: Session, log: str, file: str, log_key: str | None, passphrases: Passphrases) -> None:
    from chainlog.log.writer import system_clock
    from chainlog.record.draft import load_draft

    if log_key is None:
        raise UsageError("give --log-key", detail_zh="请给出 --log-key")
    draft = load_draft(file)
    wanted = draft.wanted()
    if [want.role for want in wanted] == ["log"]:
        # The last signature is that of the key given here anyway.
        signer = passphrases.open(log_key, "log")
        draft = draft.sign(signer, role="log", person="s/log", signed_at_us=system_clock())
    elif wanted:
        from chainlog.cli.keys import missing_error

        raise missing_error(wanted, draft=file)
    _create(session, log, draft, log_key, passphrases)


def _create(session: Session, path: str, draft: Draft, log_key: str, passphrases: Passphrases) -> None:
    from chainlog.facade import Log

    with Log.create(path, draft, log_signer=passphrases.open(log_key, "log")) as log:
        session.on_recorded(log.id, [0])
        _show(session, path, log)


def _show(session: Session, path: str, log: Log) -> None:
    entry = log.reader.read(0)
    if session.as_json:
        session.emit({
            "log": path, "log_id": log.id.hex(), "name": log.name, "origin": log.origin, "unit": log.unit, "size": log.reader.size,
        })  # fmt: skip
        return
    session.echo(session.say(f"日志已建立：{path}", f"log made: {path}"))
    session.pairs([
        (session.say("名称", "name"), log.name),
        (session.say("单位", "unit"), log.unit),
        (session.say("时区", "zone"), offset_text(log.utc_offset_minutes)),
        (session.say("建立于", "made"), when(entry.recorded_at_us, offset_minutes=log.utc_offset_minutes)),
    ])  # fmt: skip
    session.echo()
    session.wrapped(session.say("日志编号——请抄写在纸上并妥善保存，以后每次核验都要用它对照（chainlog verify --log-id）：",
                                "The log's id. Write it on paper and keep it: every later verification is given it "
                                "(chainlog verify --log-id):"))  # fmt: skip
    number = log.id.hex()
    session.echo("  " + " ".join(number[i : i + 8] for i in range(0, 64, 8)), style="bold")


def wanted_policy(text: str, *, offset_minutes: int, now_us: int) -> Policy:
    """The policy of a TOML file, or a shipped profile by its name. Raises FormatError, UsageError."""
    from chainlog.rules.policy_file import find_policy
    from chainlog.rules.profiles import profile_names

    check_file(text, "policy")
    found = find_policy(text, offset_minutes=offset_minutes, now_us=now_us)
    if found is None:
        known = profile_names()
        raise UsageError(
            f"no profile {text}; there are {', '.join(known)}, or give a TOML file",
            detail_zh=f"没有内置制度“{text}”；内置的有 {'、'.join(known)}，或给出 TOML 文件",
        )
    return found
