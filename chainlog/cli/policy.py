"""`chainlog policy`: the policy in force, a new one, a template. Reads TOML files; signs and records through the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from chainlog.cli.administration import Act, act_options, record_act
from chainlog.cli.command import argument, command, group, log_argument, option
from chainlog.cli.file_kinds import check_file
from chainlog.cli.logs import opened, opened_to_sign
from chainlog.cli.render import Column, when
from chainlog.cli.session import Session
from chainlog.cli.times import instant_of
from chainlog.errors import NotFoundError, UsageError


@group("policy", zh="制度参数：规则据此判断，每次启用都是完整的一套。",
       en="Policies: what the rules judge by. Each adoption is a full set.", example="chainlog policy office.log show")  # fmt: skip
@log_argument
def policy(ctx: click.Context, log: str) -> None:
    """Policies."""


def _log() -> str:
    ctx = click.get_current_context()
    if ctx.parent is None:
        raise AssertionError("a command of a group has a parent")
    log: str = ctx.parent.params["log"]
    return log


@command("show", zh="显示现行制度；--at 显示某时适用的制度，--all 列出历次启用。",
         en="Show the policy in force; with --at the one that applies at a time, with --all every adoption.",
         example="chainlog policy office.log show --at 2025-06-01")  # fmt: skip
@option("--at", metavar="TIME", zh="某一时间", en="A time.")
@option("--all", "every", is_flag=True, zh="历次启用", en="Every adoption.")
def show(session: Session, at: str | None, every: bool) -> None:
    """Show a policy."""
    if at is not None and every:
        raise UsageError("--at and --all exclude each other", detail_zh="--at 与 --all 不能同用")
    with opened(_log()) as log, log.authority() as authority:
        offset = log.utc_offset_minutes
        eras = authority.policies()
        if at is not None:
            moment = instant_of(at, offset_minutes=offset, now_us=log.now_us())
            found = authority.policy_for(moment)
            eras = [found] if found is not None else []
        elif not every:
            eras = eras[-1:]
    if not eras:
        raise NotFoundError(what="policy")
    for era in eras:
        _show_era(session, era, offset)


def _show_era(session: Session, era: Any, offset: int) -> None:
    from chainlog.authority.parameters import find_parameter
    from chainlog.event.times import format_time
    from chainlog.rules.asking import readers
    from chainlog.rules.guard import unknown_rules

    body = era.body
    if session.as_json:
        session.emit({
            "index": era.since, "profile": body.profile, "version": body.version,
            "effective_at": format_time(body.effective_at, offset_minutes=offset), "refuse": list(body.refuse),
            "document_no": body.document_no or None, "parameters": {name: list(values) for name, values in body.parameters},
        })  # fmt: skip
        return
    session.pairs([
        (session.say("制度", "policy"), f"{body.profile}  {body.version}"),
        (session.say("启用记录", "adopted by record"), str(era.since)),
        (session.say("生效时间", "effective"), when(body.effective_at, offset_minutes=offset)),
        (session.say("发文号", "document"), body.document_no or "-"),
        (session.say("禁止写入的规则", "refused at append"), " ".join(body.refuse) or session.say("无", "none")),
    ])  # fmt: skip
    if unknown := unknown_rules(body.refuse):
        names = ", ".join(unknown)
        session.wrapped(session.say(f"注意：本版本没有规则 {names}；此制度生效期间，用本版本不能写入载体事件。",
                                    f"Note: this release knows no rule {names}; while this policy is in force, it writes no "
                                    "events of carriers."))  # fmt: skip
    session.echo()
    columns = [Column(session.say("参数", "parameter")), Column(session.say("值", "value")),
               Column(session.say("含义", "meaning")), Column(session.say("规则", "rules"))]  # fmt: skip
    rows = []
    for name, values in body.parameters:
        parameter = find_parameter(name)
        rows.append(
            (
                name,
                " ".join(values),
                "" if parameter is None else session.say(parameter.zh, parameter.en),
                " ".join(readers(name)),
            )
        )
    session.table(columns, rows)


@command("adopt", zh="启用 TOML 文件中的制度；有错时指出行号，不写入。须达到管理员最少签名人数。",
         en="Adopt the policy of a TOML file; a bad one is refused with its line. Administrators sign up to the threshold.",
         example="chainlog policy office.log adopt policy.toml --key admin1.key --key admin2.key --log-key log.key")  # fmt: skip
@argument(
    "file",
    zh="TOML 文件（chainlog policy 日志 template 可生成）",
    en="a TOML file (chainlog policy LOG template makes one)",
)
@act_options
def adopt(session: Session, file: str, act: Act) -> None:
    """Adopt a policy."""
    from chainlog.rules.policy_file import read_policy

    with opened_to_sign(session, _log(), act.signing) as (handle, keys):
        check_file(file, "policy")
        read = read_policy(file, offset_minutes=handle.utc_offset_minutes, now_us=handle.now_us())
        say_unread(session, read.parameters)
        record_act(session, handle, keys, act, "policy_adopted", read.body())


def say_unread(session: Session, parameters: Iterable[str]) -> None:
    """Name the parameters that nothing reads: a misspelt one changes nothing, and nobody would notice."""
    from chainlog.rules.asking import parameters_near, unread

    for name in unread(parameters):
        near = parameters_near(name)
        zh = f"；相近的有 {'、'.join(near)}" if near else ""
        en = f"; did you mean {' or '.join(near)}?" if near else ""
        session.note(session.say(f"注意：没有规则读取参数 {name}，它不起作用{zh}",
                                 f"note: no rule reads the parameter {name}, which changes nothing{en}"))  # fmt: skip


@command("template", zh="把现行制度写成 TOML，供修改后启用。",
         en="Write the policy in force as TOML, to be changed and adopted.",
         example="chainlog policy office.log template > policy.toml")  # fmt: skip
@option("--profile", metavar="NAME", zh="改为打印内置制度", en="Print a shipped profile instead.")
def template(session: Session, profile: str | None) -> None:
    """Write a policy as TOML."""
    from chainlog.rules.policy_file import format_policy

    if profile is not None:
        from chainlog.rules.profiles import profile_names, profile_text

        if profile not in (known := profile_names()):
            raise UsageError(
                f"no profile {profile}; there are {', '.join(known)}",
                detail_zh=f"没有内置制度“{profile}”；内置的有 {'、'.join(known)}",
            )
        _print_toml(session, profile_text(profile))
        return
    with opened(_log()) as log, log.authority() as authority:
        offset = log.utc_offset_minutes
        era = authority.policies()[-1]
    text = format_policy(era.body, offset_minutes=offset, lang=session.lang)
    _print_toml(session, text)


def _print_toml(session: Session, text: str) -> None:
    if session.as_json:
        session.emit({"toml": text})
    else:
        session.echo(text.rstrip("\n"))


for _command in (show, adopt, template):
    policy.add_command(_command)
