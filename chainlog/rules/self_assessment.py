"""Self-assessment (自查自评): the items about carriers that a log can answer, each decided by rules. Pure.

An item is *conform* where acts of its kind are on record and nothing found about them is open, *not conform* where something
is, *not judged* where there is no such act, where the policy asks for none of its rules, or where one couldn't be judged.
Known limit: these are no points of an official scale. Items that no record shows are questions for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from chainlog.rules.asking import asked
from chainlog.rules.chapter_names import place_of
from chainlog.rules.figures_of_log import LogFigures
from chainlog.rules.finding import Finding, Unjudged
from chainlog.rules.rule import RULES

Result = Literal["conform", "not_conform", "not_judged"]
Reason = Literal["", "no_acts", "not_asked", "no_calendar"]

_SHOWN: Final = 5


class Item(NamedTuple):
    """
    One item. rules: ids, or chapters. kinds: acts that there must be for it to be judged; a name that ends with a point stands
    for its family; none where a duty runs as soon as there is a carrier.
    """

    id: str
    zh: str
    en: str
    rules: tuple[str, ...]
    kinds: tuple[str, ...] = ()

    def rule_ids(self) -> list[str]:
        """The declared rules that decide it."""
        found = [rule.id for rule in RULES.values() if rule.id in self.rules or rule.chapter in self.rules]
        return sorted(found, key=place_of)


class Answer(NamedTuple):
    """
    The answer to one item. acts: of its kinds. open, closed, explained: findings. reason: why it isn't judged.
    not_asked: rules of it that the policy doesn't ask for. records: of the gravest open findings.
    """

    item: Item
    result: Result
    reason: Reason
    acts: int
    open: int
    closed: int
    explained: int
    not_asked: tuple[str, ...]
    records: tuple[int, ...]


_CAME: Final = ("created.",)
ITEMS: Final[tuple[Item, ...]] = (
    Item("classification", "定密有依据，经拟定、审核、批准", "levels are proposed on a basis, reviewed and approved", ("CLS",), ("decided.classify", "created.produced")),
    Item("marking", "密级、保密期限、份号标志齐全", "level, term and copy number are marked", ("MRK",), (*_CAME, "marked", "decided.classify")),
    Item("making", "制作经批准，不多制、不私留，清样废品有登记", "making was approved, no copy too many, drafts and spoilt sheets accounted for",
         ("MAK", "NUM-1", "NUM-2"), ("created.produced",)),
    Item("registers", "收发登记要素齐全：名称、文号、密级、份数、签收人、签收时间",
         "receipt and issue registers are whole: title, number, level, copies, who signed and when",
         ("RCV", "ISS-2", "ISS-8", "NUM-3", "NUM-4"), ("created.received", "registered.document", "transferred.dispatch")),
    Item("transfer", "传递渠道合规，交接双方签收", "channels are lawful, both sides of a hand-over sign",
         ("TRN", "ISS-1", "ISS-3", "ISS-4", "ISS-5", "ISS-6", "ISS-7"), ("transferred.",)),
    Item("circulation", "传阅直传、登记签收，知悉范围经确定", "papers circulate by way of the registrar, signed for, to those who may know",
         ("CIR", "KNW"), ("transferred.circulate", "accessed.")),
    Item("reading", "在符合保密要求的场所阅读、查阅", "papers are read where that is allowed", ("RDG",), ("transferred.circulate", "accessed.")),
    Item("loans", "借阅经审批、登记、验收、按期归还", "loans are approved, registered, inspected and back in time", ("BRW",), ("transferred.lend",)),
    Item("copies", "复制经审批，复制件编号、加盖戳记、登记，按原件管理",
         "copying is approved; copies are numbered, stamped, registered and kept like the original", ("CPY",), ("copied.made", "copied.stored")),
    Item("taking-out", "携带外出经审批，返回检查注销", "taking out is approved, the return is inspected", ("OUT",), ("transferred.take_out",)),
    Item("storage", "存放在合规柜、室，专人保管，下班和节前入柜", "kept in proper cabinets and rooms by a keeper, locked up at night and before holidays",
         ("STO", "INV-3"), ("transferred.store",)),
    Item("media", "涉密存储介质登记、标密、不交叉使用", "storage media are registered, marked, and not used across levels", ("MED",), ("created.equipment", "copied.stored", "accessed.connected")),
    Item("devices", "涉密设备台账、维修、报废合规", "devices are on the books, repaired and scrapped properly", ("CMP",), ("created.equipment", "transferred.repair")),
    Item("stock-taking", "定期清查盘点，账物相符，问题限期整改", "stock is taken regularly, books and things agree, faults are mended",
         ("INV",), (*_CAME, "checked.")),
    Item("clearing", "按期清退，手续齐全，无长期分散", "papers are cleared in time, signed for, not left dispersed", ("RET",), (*_CAME, "returned.")),
    Item("destruction", "销毁经审批、登记造册、两人监销、在指定场所", "destruction is approved, listed, watched by two, at a designated place",
         ("DES",), ("destroyed.", "transferred.send_to_destruction")),
    Item("declassification", "密级变更、解密经审批并通知，期满审核", "changes of level are approved and notified, terms reviewed before they end",
         ("DCL",), (*_CAME, "decided.reclassify")),
    Item("archiving", "按期归档，目录与登记一致", "papers are filed in time, the inventory agrees with the register", ("ARC",), (*_CAME, "transferred.archive")),
    Item("people", "涉密人员定级、持证、培训、承诺书齐全", "people are cleared, certified, trained and bound", ("PER", "TRN-5"), ("appointed.",)),
    Item("leaving", "离岗清退移交，双方签字，有监交", "those who leave hand over everything, both sides sign", ("HND",), ("departed", "transferred.hand_over")),
    Item("leaks", "泄密事件及时补救、报告、查处", "leaks are contained, reported and dealt with in time", ("LEK",), ("reported.",)),
    Item("meetings", "涉密会议的人员、场所、材料管理", "meetings: who attends, where, and what becomes of the papers", ("MTG",), ("declared.meeting",)),
    Item("publication", "信息发布先审后发，涉密不上网", "nothing is published unreviewed, nothing secret at all", ("PUB",), ("notified.published",)),
    Item("records", "各环节即时登记、责任到人，更正合规，份数平衡", "every step is recorded at once with somebody responsible, corrections are lawful, copies add up",
         ("REC", "INT", "NUM-5"), _CAME),
)  # fmt: skip


def self_assessment(
    findings: Sequence[Finding],
    unjudged: Iterable[Unjudged],
    figures: LogFigures,
    parameters: Mapping[str, tuple[str, ...]],
) -> tuple[Answer, ...]:
    """
    The answer to every item.

    Args:
        findings: all, the gravest first. parameters: of the policy in force.
    """
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.code, []).append(finding)
    lacking = frozenset(one.code for one in unjudged)
    return tuple(_answer(item, by_rule, lacking, figures, parameters) for item in ITEMS)


def _answer(
    item: Item,
    by_rule: Mapping[str, list[Finding]],
    lacking: frozenset[str],
    figures: LogFigures,
    parameters: Mapping[str, tuple[str, ...]],
) -> Answer:
    rules = item.rule_ids()
    found = [finding for rule in rules for finding in by_rule.get(rule, ())]
    states = [finding.state for finding in found]
    not_asked = tuple(rule for rule in rules if not asked(RULES[rule], parameters).is_asked)
    acts = figures.acts_of(item.kinds)
    result: Result = "conform"
    reason: Reason = ""
    if "open" in states:
        result = "not_conform"
    elif len(not_asked) == len(rules):
        result, reason = "not_judged", "not_asked"
    elif not acts:
        result, reason = "not_judged", "no_acts"
    elif lacking.intersection(rules):
        result, reason = "not_judged", "no_calendar"
    records = dict.fromkeys(index for one in found if one.state == "open" for index in one.evidence)
    return Answer(
        item, result, reason, acts, states.count("open"), states.count("closed"), states.count("explained"), not_asked,
        tuple(records)[:_SHOWN],
    )  # fmt: skip
