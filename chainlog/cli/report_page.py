"""A report as a page of sections in one language, for the terminal, a printer or a spreadsheet alike. Pure.

Nothing is made safe here: whoever shows a page escapes what stands on it for the place where it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from chainlog.cli.alike import alike_matters, message_of_many
from chainlog.cli.finding_lines import STATES, number, unjudged_texts
from chainlog.cli.render import Cell, when
from chainlog.cli.session import Session
from chainlog.cli.verdict_texts import TRUST, VERDICTS, detail_zh, reason_zh
from chainlog.codes import CODES
from chainlog.rules.finding import SEVERITIES, sort_key

if TYPE_CHECKING:
    from chainlog.rules.figures_of_log import LogFigures
    from chainlog.rules.incidents import Incident
    from chainlog.rules.report import Report, Side

_RESULTS: Final = {
    "conform": ("符合", "conform", "green"),
    "not_conform": ("不符合", "does not conform", "red"),
    "not_judged": ("未判断", "not judged", "dim"),
}
_CHECKS: Final = {
    "yes": ("是", "yes", "green"),
    "no": ("否", "no", "red"),
    "not_judged": ("未判断", "not judged", "dim"),
}
_REASONS: Final = {
    "no_acts": ("没有此类记录", "no such act on record"),
    "not_asked": ("现行制度没有规定", "the policy doesn't ask for it"),
    "no_calendar": ("缺节假日安排", "a calendar is missing"),
}
_RECORDS: Final = 6
_NOT_VERIFIED: Final = ("未核验", "not verified", "yellow")


class Table(NamedTuple):
    """
    A table. prose: so many of the last columns are sentences: where there is little room they stand on lines of their own.
    more: what isn't listed, in words.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    prose: int = 0
    more: str = ""


class Section(NamedTuple):
    """A section. items: a list, as check boxes if *boxes*."""

    title: str
    verdict: Cell | None = None
    pairs: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = ()
    items: Sequence[str] = ()
    boxes: bool = False
    notes: Sequence[str] = ()


class Page(NamedTuple):
    """A report. foot: for the foot of every sheet, so that paper can be held against the log."""

    title: str
    subtitle: str
    pairs: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    foot: str


def page_of(session: Session, report: Report, *, limit: int) -> Page:
    """The page. limit: findings, terms and incidents that each table lists at most."""
    at = when(report.as_of_us, offset_minutes=report.utc_offset_minutes)
    policy = report.policy
    records = session.say(f"{report.size} 条", str(report.size))
    if report.size != report.log_size:
        records += session.say(f"（日志现有 {report.log_size} 条）", f" (the log has {report.log_size} now)")
    pairs = [
        (session.say("单位", "unit"), report.unit),
        (session.say("截至", "as of"), at),
        (session.say("记录", "records"), records),
        (session.say("日志编号", "log id"), report.log_id.hex()),
        (session.say("末条哈希", "last record"), report.head.hex()),
        (session.say("树根", "root"), report.root.hex()),
        (session.say("制度", "policy"), session.say(
            f"{policy.profile} {policy.version}；{policy.known} 条规则中要求 {policy.asked} 条，写入时据 {policy.refused} 条拒绝",
            f"{policy.profile} {policy.version}; asks for {policy.asked} of {policy.known} rules, refuses by {policy.refused}")),
    ]  # fmt: skip
    sections = [
        _integrity(session, report, limit),
        _completeness(session, report, limit),
        _compliance(session, report, limit),
        _due(session, report, limit),
        _answers(session, report),
        _headings(session, report),
        _unknown(session, report),
        _questions(session, report),
    ]
    foot = session.say(
        f"{report.name}  {report.log_size} 条  末条哈希 {report.head.hex()}  截至 {at}  chainlog {report.release}",
        f"{report.name}  {report.log_size} records  last {report.head.hex()}  as of {at}  chainlog {report.release}",
    )
    title = session.say("涉密载体管理情况报告", "Report on the custody of classified carriers")
    return Page(title, report.title or report.name, pairs, sections, foot)


def _cell(session: Session, words: tuple[str, str, str]) -> Cell:
    zh, en, style = words
    return Cell(session.say(zh, en), style)


def _plain(values: Iterable[object]) -> list[Cell]:
    return [value if isinstance(value, Cell) else Cell(str(value), "") for value in values]


def _more(session: Session, left: int) -> str:
    return session.say(f"另有 {left} 项未列出", f"{left} more are not listed") if left > 0 else ""


def _records(session: Session, evidence: Sequence[int]) -> str:
    more = "…" if len(evidence) > _RECORDS else ""
    return session.say("、", ", ").join(map(str, evidence[:_RECORDS])) + more


def _integrity(session: Session, report: Report, limit: int) -> Section:
    found = report.integrity
    title = session.say("完好性：记录是否原样", "Integrity: is the log what was written?")
    if found.verdict == "not_verified":
        note = session.say(
            "没有核验（chainlog verify）；以下各项都以记录属实为前提",
            "not verified (chainlog verify); all that follows takes the records for genuine",
        )
        return Section(title, _cell(session, _NOT_VERIFIED), notes=[note])
    pairs = [(session.say("核验记录", "records audited"), str(found.size))]
    if found.trust:
        pairs.insert(0, (session.say("可信程度", "trust"), session.say(*TRUST[found.trust])))
    columns = [
        session.say(zh, en)
        for zh, en in (
            ("记录", "record"),
            ("代码", "code"),
            ("含义", "meaning"),
            ("对象", "subject"),
            ("详情", "detail"),
        )
    ]
    rows = []
    for one in found.findings[:limit]:
        meaning = CODES.get(one.code)
        rows.append(_plain((
            "" if one.index is None else one.index, one.code, "" if meaning is None else session.say(meaning.zh, meaning.en),
            one.subject, session.say(detail_zh(one.detail), one.detail),
        )))  # fmt: skip
    tables = [Table(columns, rows, 1, _more(session, len(found.findings) - len(rows)))] if rows else []
    return Section(title, _cell(session, VERDICTS[found.verdict]), pairs, tables)


def _completeness(session: Session, report: Report, limit: int) -> Section:
    side, figures = report.completeness, report.figures
    clear = session.say("没有发现缺漏", "no gap found")
    verdict = Cell(clear, "green") if side.verdict == "clear" else Cell(_open(session, side), "red")
    pairs = [
        (session.say("载体", "carriers"), session.say(
            f"在册 {figures.carriers} 件：在库 {figures.in_stock}，在外 {figures.out}，办结 {figures.ended}，下落不明或遗失 {figures.missing}",
            f"{figures.carriers} on the books: {figures.in_stock} in stock, {figures.out} out, {figures.ended} ended, {figures.missing} missing or lost")),
        (session.say("未入账", "not entered"), session.say(f"{figures.unentered} 件有记录提及而无入账记录", f"{figures.unentered} named by records that never say how they came in")),
        (session.say("流转", "histories"), session.say(
            f"{figures.disordered} 件有与前后不衔接的记录", f"{figures.disordered} with acts that fit nowhere in their history")),
        (session.say("份数", "copies"), session.say(
            f"{figures.documents} 个文件，{figures.stated} 个载明份数，{figures.unbalanced} 个不平",
            f"{figures.documents} documents, {figures.stated} state their copies, {figures.unbalanced} don't add up")),
        (session.say("补录", "imported"), session.say(f"{figures.imported} 条据纸质登记簿", f"{figures.imported} from paper registers")),
        (session.say("作废", "void"), session.say(f"{figures.voided} 条", str(figures.voided))),
    ]  # fmt: skip
    return Section(
        session.say("完整性：该记的是否都记了", "Completeness: does it tell the whole story?"), verdict, pairs, _side_tables(session, side, limit)
    )  # fmt: skip


def _compliance(session: Session, report: Report, limit: int) -> Section:
    side = report.compliance
    clear = session.say("没有未纠正的问题", "nothing open")
    verdict = Cell(clear, "green") if side.verdict == "clear" else Cell(_open(session, side), "red")
    title = session.say("合规性：是否按规定办", "Compliance: was it done by the rules?")
    return Section(title, verdict, _who_signed(session, report.figures), _side_tables(session, side, limit))


def _who_signed(session: Session, figures: LogFigures) -> list[tuple[str, str]]:
    """What no rule judges, and people may want to look at."""
    pairs = []
    if figures.groups:
        usual = "、".join(figures.usual)
        pairs.append((session.say("监销人", "supervisors"), session.say(
            f"{figures.groups} 组；最多的是 {usual}，监销 {figures.usual_times} 次",
            f"{number(figures.groups, 'group')}; most often {usual.replace('、', ', ')}: {number(figures.usual_times, 'time')}")))  # fmt: skip
    for name, persons in figures.namesakes.items():
        pairs.append((session.say("同名", "one name"), session.say(
            f"{name}：{'、'.join(persons)}", f"{name}: {', '.join(persons)}")))  # fmt: skip
    if figures.look_alikes:
        alike = [" ".join(group) for group in figures.look_alikes[:_RECORDS]]
        more = "…" if len(figures.look_alikes) > _RECORDS else ""
        pairs.append((session.say("形近名称", "names that look alike"), session.say("；", "; ").join(alike) + more))
    if figures.at_once:
        pairs.append((session.say("同时签名", "signed at once"), session.say(
            f"{figures.at_once} 条由两人以上在一秒之内签名", f"{figures.at_once} by two or more within a second")))  # fmt: skip
    return pairs


def _open(session: Session, side: Side) -> str:
    return session.say(
        f"未纠正 {side.open} 项，{side.open_incidents} 起",
        f"{side.open} open, in {number(side.open_incidents, 'matter')}",
    )


def _side_tables(session: Session, side: Side, limit: int) -> list[Table]:
    if not side.tallies:
        return []
    tallies = [_plain((session.say(*SEVERITIES[t.severity]), t.open, t.closed, t.explained)) for t in side.tallies]
    columns = [session.say(zh, en) for zh, en in (("程度", "gravity"), *STATES.values())]
    return [Table(columns, tallies), finding_table(session, (side,), limit, grouped=True)]


def finding_table(session: Session, sides: Iterable[Side], limit: int, *, grouped: bool) -> Table:
    """
    The findings of some verdicts, matter by matter: those in which something is open first, then the gravest.

    grouped: of matters that are alike, only the first, and how many there are.
    """
    titles = (
        ("起", "matter"), ("程度", "gravity"), ("规则", "rule"), ("对象", "subject"), ("记录", "records"), ("状态", "state"),
        ("问题", "what is wrong"), ("依据", "basis"),
    )  # fmt: skip
    matters = sorted((matter for side in sides for matter in side.incidents), key=_gravity)
    groups = alike_matters(matters) if grouped else [[matter] for matter in matters]
    rows: list[Sequence[Cell]] = []
    place, left = 1, 0
    for group in groups:
        more = session.say(f" 等 {len(group)} 起", f" and {len(group) - 1} more alike") if len(group) > 1 else ""
        for one in group[0].findings:
            if len(rows) >= limit:
                left += len(group)
                continue
            message = message_of_many(one) if more else (one.message_zh, one.message_en)
            rows.append(_plain((
                f"#{place}", session.say(*SEVERITIES[one.severity]), one.code, f"{one.subject}{more}", _records(session, one.evidence),
                Cell(session.say(*STATES[one.state]), "red" if one.state == "open" else ""), session.say(*message), one.article,
            )))  # fmt: skip
        place += len(group)
    return Table([session.say(zh, en) for zh, en in titles], rows, 2, _more(session, left))


def _gravity(matter: Incident) -> tuple[bool, tuple[int, str, str, tuple[int, ...]]]:
    return not matter.is_open, sort_key(matter.first)


def _due(session: Session, report: Report, limit: int) -> Section:
    late, ahead = report.overdue, report.dues
    verdict = session.say(f"逾期 {len(late)} 项，将到期 {len(ahead)} 项", f"{len(late)} overdue, {len(ahead)} ahead")
    tables = [due_table(session, report, limit)] if late or ahead else []
    title = session.say("期限：逾期和将到期的事项", "Terms: what is overdue, what falls due")
    return Section(title, Cell(verdict, "red" if late else "green"), (), tables)


def due_table(session: Session, report: Report, limit: int) -> Table:
    """What is overdue, then what falls due."""
    from chainlog.cli.due import due_text, left_text

    terms = [
        (
            report.as_of_us if one.due_us is None else one.due_us,
            one.code,
            one.subject,
            session.say(one.message_zh, one.message_en),
        )
        for one in report.overdue
    ]
    terms += [(one.due_us, one.code, one.subject, session.say(one.message_zh, one.message_en)) for one in report.dues]
    rows = []
    for due_us, code, subject, message in terms[:limit]:
        left = Cell(left_text(session, due_us, report.as_of_us), "red" if due_us < report.as_of_us else "")
        rows.append(_plain((due_text(due_us, report.utc_offset_minutes), left, code, subject, message)))
    titles = (("期限", "due"), ("还有", "left"), ("规则", "rule"), ("对象", "subject"), ("事项", "what"))
    return Table([session.say(zh, en) for zh, en in titles], rows, 1, _more(session, len(terms) - len(rows)))


def _answers(session: Session, report: Report) -> Section:
    results = [str(one.result) for one in report.answers]
    counts = [(results.count(name), session.say(zh, en)) for name, (zh, en, _) in _RESULTS.items()]
    verdict = session.say("，", ", ").join(f"{word} {count}" for count, word in counts)
    note = session.say(
        "只列日志能回答的事项，不是评分；“符合”指有此类记录，且所要求的规则没有未纠正的问题。",
        "only what a log can answer, and no score: conform means that there are such acts and that nothing is open of the rules asked for.",
    )
    title = session.say("自查自评", "Self-assessment")
    style = "red" if "not_conform" in results else ""
    return Section(title, Cell(verdict, style), (), [answer_table(session, report)], notes=[note])


def answer_table(session: Session, report: Report) -> Table:
    """The items of the self-assessment with their answers."""
    titles = (("事项", "item"), ("结果", "result"), ("记录", "acts"), ("未纠正", "open"), ("备注", "remarks"))
    rows = []
    for one in report.answers:
        remarks = [session.say(*_REASONS[one.reason])] if one.reason else []
        if one.records:
            remarks.append(
                session.say(f"见第 {_records(session, one.records)} 条", f"see {_records(session, one.records)}")
            )
        if one.closed:
            remarks.append(session.say(f"已纠正 {one.closed} 项", f"{one.closed} closed"))
        if one.explained:
            remarks.append(session.say(f"已说明 {one.explained} 项", f"{one.explained} explained"))
        if one.not_asked and not one.reason:
            whole = len(one.item.rule_ids())
            judged = whole - len(one.not_asked)
            remarks.append(session.say(f"制度要求 {judged}/{whole} 条规则", f"{judged} of {whole} rules asked for"))
        cell = _cell(session, _RESULTS[one.result])
        text = session.say("；", "; ").join(remarks)
        rows.append(_plain((session.say(one.item.zh, one.item.en), cell, one.acts, one.open, text)))
    return Table([session.say(zh, en) for zh, en in titles], rows)


def _headings(session: Session, report: Report) -> Section:
    titles = (("检测项", "quality"), ("检查", "check"), ("结果", "result"), ("说明", "what it rests on"))
    rows = []
    for heading in report.headings:
        for place, check in enumerate(heading.checks):
            name = session.say(heading.zh, heading.en) if not place else ""
            detail = session.say(check.detail_zh, check.detail_en)
            rows.append(_plain((name, session.say(check.zh, check.en), _cell(session, _CHECKS[check.verdict]), detail)))
    title = session.say("电子档案四性", "Qualities of an electronic archive")
    return Section(title, None, (), [Table([session.say(zh, en) for zh, en in titles], rows)])


def _unknown(session: Session, report: Report) -> Section:
    items = [
        session.say(reason_zh(reason) or reason, f"{what}: {reason}") for what, reason in report.integrity.not_checked
    ]
    items += unjudged_texts(session, report.unjudged)
    left = report.policy.known - report.policy.asked
    if left:
        items.append(session.say(f"现行制度未要求的 {left} 条规则没有判断（chainlog rules --log 列出）",
                                 f"{number(left, 'rule')} that the policy doesn't ask for: not judged (chainlog rules --log lists them)"))  # fmt: skip
    items.append(
        session.say("没有记录的事：日志只能说明记了什么", "what nobody recorded: a log shows only what it was told")
    )
    return Section(session.say("没有判断的", "What was not judged"), items=items)


def _questions(session: Session, report: Report) -> Section:
    items = [f"{one.id}  {session.say(one.zh, one.en)}" for one in report.questions]
    title = session.say("须由检查人员查问、查看的", "What remains for a person to ask or see")
    return Section(title, items=items, boxes=True)
