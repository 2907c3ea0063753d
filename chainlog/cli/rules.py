"""`chainlog rules`: the rules by chapter, and the questions that only a person can answer. Reads a log's policy if one is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from chainlog.cli.command import argument, command, option
from chainlog.cli.file_kinds import check_file
from chainlog.cli.finding_lines import STYLES, hanging, number, wrapped
from chainlog.cli.logs import opened
from chainlog.cli.policy import say_unread
from chainlog.cli.render import styled
from chainlog.cli.session import Session
from chainlog.errors import UsageError
from chainlog.rules.finding import SEVERITIES

if TYPE_CHECKING:
    from chainlog.rules.asking import Asked
    from chainlog.rules.rule import Question

_BASIS: Final = {
    "L": ("据日志", "the log"),
    "L+R": ("据日志和人员、场所登记", "the log and the registry"),
    "L+T": ("据日志和期限", "the log, clock and calendar"),
}
_OF: Final = {
    "c": ("载体", "carriers"), "d": ("文件", "documents"), "l": ("清单", "lists"), "i": ("事件", "incidents"),
    "p": ("人员", "persons"), "u": ("单位", "units"), "w": ("场所", "places"), "s": ("全单位", "the whole office"),
}  # fmt: skip


@command(
    "rules",
    zh="全部规则，按章列出：名称、出处、严重程度。给出日志或制度时，列出该制度要求哪些、缺哪些参数。--questions 列出须由人查问的事项。",
    en="All rules by chapter: title, article, gravity. With a log or a policy: which of them it asks for, and which parameter is missing. "
       "--questions lists what a person has to ask or see.",
    example="chainlog rules DES --log office.log",
)  # fmt: skip
@argument(
    "ids", nargs=-1, zh="规则或章，如 DES-3、DES；默认全部", en="rules or chapters, like DES-3 or DES; all by default"
)
@option(
    "--log", "log", type=click.Path(), metavar="LOG", zh="按此日志的现行制度", en="By the policy in force of this log."
)
@option("--policy", "policy", metavar="NAME|FILE", zh="按随附的制度（如 township）或制度文件",
        en="By a shipped profile, such as township, or a policy file.")  # fmt: skip
@option("--questions", is_flag=True, zh="检查人员须查问、查看的事项", en="What an inspector has to ask or see.")
def rules(session: Session, ids: tuple[str, ...], log: str | None, policy: str | None, questions: bool) -> None:
    """The rules."""
    from chainlog.rules.chapter_names import CHAPTER_NAMES

    if log is not None and policy is not None:
        raise UsageError("--log and --policy exclude each other", detail_zh="--log 与 --policy 不能同用")
    if questions:
        _show_questions(session, _questions(ids))
        return
    parameters = _parameters(log, policy)
    if policy is not None:
        say_unread(session, parameters)
    found = _asked(ids, parameters)
    if session.as_json:
        for one in found:
            session.emit(rule_json(one, judged_by=bool(log or policy)))
        return
    whole = len(ids) == 1 and len(found) == 1
    chapter = ""
    for one in found:
        if one.rule.chapter != chapter and not whole:
            chapter = one.rule.chapter
            session.echo(f"{chapter}  {session.say(*CHAPTER_NAMES[chapter])}", style="bold")
        _show(session, one, judged_by=bool(log or policy), whole=whole)
    if not whole:
        _count(session, found, judged_by=bool(log or policy))


def _parameters(log: str | None, policy: str | None) -> Mapping[str, tuple[str, ...]]:
    if log is not None:
        with opened(log) as handle:
            return handle.parameters()
    if policy is None:
        return {}
    from chainlog.rules.policy_file import find_policy
    from chainlog.rules.profiles import profile_names

    check_file(policy, "policy")
    found = find_policy(policy, offset_minutes=0, now_us=0)
    if found is None:
        names = profile_names()
        raise UsageError(
            f"{policy} is no policy file; there are {', '.join(names)}",
            detail_zh=f"{policy} 不是制度文件；随附的有 {'、'.join(names)}",
        )
    return {name: tuple(values) for name, values in found.parameters.items()}


def _asked(ids: Iterable[str], parameters: Mapping[str, tuple[str, ...]]) -> list[Asked]:
    """The rules that are wanted, in the order of chapters."""
    from chainlog.rules.asking import asked
    from chainlog.rules.declared import all_rules
    from chainlog.rules.selecting import rules_named

    wanted = set(rules_named(ids)) if ids else None
    return [asked(rule, parameters) for rule in all_rules() if wanted is None or rule.id in wanted]


def _questions(ids: Iterable[str]) -> list[Question]:
    from chainlog.rules import declared
    from chainlog.rules.chapter_names import place_of
    from chainlog.rules.rule import QUESTIONS

    wanted = {text.upper() for text in ids}
    known = {*QUESTIONS, *(name.partition("-")[0] for name in QUESTIONS)} if declared.CHAPTERS else set()
    if unknown := sorted(wanted - known):
        raise UsageError(
            f"there is no question {unknown[0]}; there are {', '.join(sorted(QUESTIONS))}",
            detail_zh=f"没有查问事项 {unknown[0]}；现有 {'、'.join(sorted(QUESTIONS))}",
        )
    found = sorted(QUESTIONS.values(), key=lambda one: place_of(one.id))
    return [one for one in found if not wanted or wanted & {one.id, one.id.partition("-")[0]}]


def rule_json(one: Asked, *, judged_by: bool) -> dict[str, Any]:
    """A line of `rules --json`. Schema: schemas/output/rules.json. judged_by: whether a policy was named."""
    rule = one.rule
    return {
        "id": rule.id, "chapter": rule.chapter, "zh": rule.zh, "en": rule.en, "article": rule.article, "severity": one.severity,
        "of": list(rule.of), "basis": rule.basis, "needs": list(rule.needs), "parameters": list(rule.parameters),
        "asked": one.is_asked if judged_by else None, "missing": list(one.missing) if judged_by else None,
        "switched_off": one.without if judged_by else None,
    }  # fmt: skip


def _show(session: Session, one: Asked, *, judged_by: bool, whole: bool) -> None:
    rule = one.rule
    head = f"{rule.id}  {session.say(*SEVERITIES[one.severity])}  {session.say(rule.zh, rule.en)}"
    style = STYLES[one.severity] if one.is_asked or not judged_by else "dim"
    if judged_by and not one.is_asked:
        head += session.say(f"（{_why_not(session, one)}）", f" ({_why_not(session, one)})")
    indent = "" if whole else "  "
    session.lines(
        [styled(line, style, colour=session.colour) for line in hanging(session, head, indent, indent + "    ")]
    )
    session.lines(wrapped(session, session.say(f"依据：{rule.article}", f"basis: {rule.article}"), indent + "    "))
    if whole:
        comma = session.say("、", ", ")
        none = session.say("无", "none")
        session.pairs([
            (session.say("判断对象", "judged"), comma.join(session.say(*_OF[prefix]) for prefix in rule.of)),
            (session.say("判断依据", "decided from"), session.say(*_BASIS[rule.basis])),
            (session.say("必需参数", "needs"), comma.join(rule.needs) or none),
            (session.say("其他参数", "also reads"), comma.join(n for n in rule.parameters if n not in rule.needs) or none),
        ], indent=4)  # fmt: skip


def _why_not(session: Session, one: Asked) -> str:
    if one.without:
        return session.say("制度不用此条", "the policy switches it off")
    names = session.say("、", ", ").join(one.missing)
    return session.say(f"制度未规定 {names}", f"the policy lacks {names}")


def _count(session: Session, found: list[Asked], *, judged_by: bool) -> None:
    asked = sum(1 for one in found if one.is_asked)
    if judged_by:
        session.note(
            session.say(f"共 {len(found)} 条规则，制度要求 {asked} 条", f"{len(found)} rules, {asked} asked for")
        )
    else:
        session.note(session.say(f"共 {len(found)} 条规则", f"{len(found)} rules"))


def _show_questions(session: Session, questions: list[Question]) -> None:
    for one in questions:
        if session.as_json:
            session.emit(
                {
                    "id": one.id,
                    "question": True,
                    "zh": one.zh,
                    "en": one.en,
                    "article": one.article,
                    "attested": one.attested,
                }
            )
            continue
        session.lines(hanging(session, f"{one.id}  {session.say(one.zh, one.en)}", "□ ", "    "))
        basis = session.say(f"依据：{one.article}", f"basis: {one.article}")
        if one.attested:
            basis += session.say("；日志中可有签名的说明", "; the log may hold a signed statement")
        session.lines(wrapped(session, basis, "    "))
    session.note(session.say(f"共 {len(questions)} 项须由人查问", f"{number(len(questions), 'question')} for a person"))
