"""Computers and devices (计算机和设备): CMP-1 to CMP-11."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.projection import levels
from chainlog.rules.acts import Act
from chainlog.rules.decisions import decisions, permit_faults, permit_of
from chainlog.rules.deeds import designation
from chainlog.rules.facts import Facts
from chainlog.rules.rule import Breach, Outcome, question, rule
from chainlog.rules.sources import (
    CONGRESS,
    COOP,
    DECREE,
    PLAN_MINE,
    TOWN_COMPUTERS,
    TOWN_NETWORK,
    TOWN_OPEN_NETWORK,
    TOWN_REPAIRS,
)
from chainlog.rules.things import MACHINES, erased_before, is_outside, is_secret

_REPAIR: Final = "transferred.repair"
_BACK: Final = "returned.from_repair"
_CONTENTS: Final = "destroyed.contents"
_STORED: Final = "copied.stored"
# After these nothing can be read from what a device held.
_PHYSICAL: Final = frozenset({"pulp", "shred", "burn", "crush", "smelt", "degauss", "disintegrate"})


def _on(facts: Facts, carrier: str, *kinds: str) -> list[Act]:
    """The acts on a machine itself, not those that only use it as a device."""
    return (
        [act for act in facts.of(carrier, *kinds) if carrier in act.carriers] if facts.form(carrier) in MACHINES else []
    )


def _repairs(facts: Facts, carrier: str) -> Iterator[tuple[Act, Act | None]]:
    """(going to repair, coming back) of a classified machine; None while it is away. Rows of ledgers are left out."""
    found = _on(facts, carrier, _REPAIR, _BACK)
    for i, act in enumerate(found):
        if act.kind == _REPAIR and not act.imported and is_secret(facts.level(carrier, act)):
            back = found[i + 1] if i + 1 < len(found) else None
            yield act, (back if back is not None and back.kind == _BACK else None)


def _holds(facts: Facts, persons: list[str], name: str, act: Act) -> bool:
    posts = facts.values(name, act)
    return any(facts.has_post(person, posts, act.moment_us) for person in persons) if posts else bool(persons)


@rule(
    "CMP-1", "维修时信息已转存、删除，或两方人员在场监督并记录", "data is removed before repair, or both staffs watch and record",
    article=f"{TOWN_REPAIRS}第一条", severity="high", of="c", on=(_REPAIR,), reads=(_BACK,),
    parameters=("posts.repair.security", "posts.repair.system"), basis="L+R",
)  # fmt: skip
def watched_where_kept(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    A machine came back from repair that had kept its data, without security staff and system maintenance staff on site, or
    without a record of who did what, and of the state before and after. System staff who mend it themselves are on site.
    """
    for act, back in _repairs(facts, carrier):
        if act.body.data != "kept" or back is None:
            continue
        witnesses = [*act.named("witness"), *back.named("witness")]
        menders = (
            [] if is_outside(facts, act.body.to, act.moment_us) else [*act.named("receiver"), *back.named("operator")]
        )
        sides = (
            (witnesses, "posts.repair.security", "安全保密人员", "security staff"),
            ([*witnesses, *menders], "posts.repair.system", "系统维护人员", "system staff"),
        )
        missing = [(zh, en) for persons, name, zh, en in sides if not _holds(facts, persons, name, act)]
        fields = (
            ("work", "维修内容", "the work"),
            ("before", "维修前状况", "the state before"),
            ("after", "维修后状况", "the state after"),
        )
        missing += [(zh, en) for field, zh, en in fields if not getattr(back.body, field)]
        if not [*act.named("receiver"), *back.named("operator"), *back.named("giver")]:
            missing.append(("维修人员", "who repaired it"))
        if missing:
            yield Breach(
                (act.index, back.index), f"信息未处理即维修，缺：{'、'.join(zh for zh, _ in missing)}",
                f"repaired with its data, without {', '.join(en for _, en in missing)}", act,
                ("posts.repair.security", "posts.repair.system"),
            )  # fmt: skip


@rule(
    "CMP-2", "故障现象、原因记入维修档案记录本", "faults are entered in the maintenance book",
    article=f"{TOWN_REPAIRS}第二条", severity="low", of="c", on=(_REPAIR,), reads=("reported.incident", _BACK),
)  # fmt: skip
def fault_recorded(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """A machine came back from repair and no fault of it, nor an extension, was recorded since the repair before."""
    since = -1
    faults = [act for act in facts.of(carrier, "reported.incident") if act.body.what in ("fault", "change")]
    for act, back in _repairs(facts, carrier):
        if back is None:
            return
        if not any(since < one.index < back.index for one in faults):
            late = any(one.index > back.index for one in faults)
            yield Breach(
                (act.index, back.index), "维修未记录故障", "repaired without a record of the fault", act, closed=late
            )
        since = back.index


@rule(
    "CMP-3", "外送修理须经批准并先作不可恢复的删除", "outside repair is approved, after erasing beyond recovery",
    article=f"{TOWN_REPAIRS}第三条", severity="critical", of="c", on=(_REPAIR,), reads=("decided.permit", _CONTENTS),
    parameters=("posts.permit.repair",),
)  # fmt: skip
def erased_and_approved(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    Sent to another unit without approval, or with data that was not erased beyond recovery before.

    What the sending states (moved away, erased) counts, unless the record of erasing says that it was only deleted or formatted:
    the last one, with nothing stored and the machine in nobody else's hands since.
    """
    for act, _ in _repairs(facts, carrier):
        if not is_outside(facts, act.body.to, act.moment_us):
            continue
        for fault in permit_faults(facts, act, "repair", posts="posts.permit.repair", subjects=[carrier]):
            yield Breach(
                (act.index,),
                f"外送修理：{fault.zh}",
                f"sent to repair: {fault.en}",
                act,
                fault.parameters,
                about="approval",
            )
        if erased_before(facts, carrier, act) is not None or act.body.data == "removed":
            continue
        before = _last_contents(facts, carrier, act)
        if act.body.data == "erased" and before is None:
            continue
        zh, en = ("信息未清除", "its data was not erased")
        if before is not None:
            zh, en = ("信息仅作删除或格式化", "its data was only deleted or formatted")
        yield Breach(
            (*(() if before is None else (before.index,)), act.index),
            f"外送修理前{zh}",
            f"sent to repair; {en}",
            act,
            about="data",
        )


def _last_contents(facts: Facts, carrier: str, act: Act) -> Act | None:
    """The last deleting or formatting before an act, with nothing stored, handed over, given back or repaired since."""
    found: Act | None = None
    for one in facts.of(carrier, _CONTENTS, _STORED, _BACK, "transferred.hand_over", "returned.to_keeper"):
        if one.index >= act.index or carrier not in one.carriers:
            continue
        found = one if one.kind == _CONTENTS else None
    return found


@rule(
    "CMP-4", "到指定的维修点维修，签订保密协议，派人现场监督", "repaired at a designated shop, under an agreement, watched",
    article=f"{TOWN_COMPUTERS}第五条；{CONGRESS}四（三）4；{DECREE}第二十七条", severity="high", of="c", on=(_REPAIR,), reads=(_BACK,),
    parameters=("strict.CMP-4",), basis="L+R",
)  # fmt: skip
def at_a_designated_shop(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    Sent to a unit that was not designated to repair; repaired there without a witness of one's own; or, where the policy is
    strict about it, without a secrecy agreement.
    """
    for act, back in _repairs(facts, carrier):
        unit = act.body.to
        if not is_outside(facts, unit, act.moment_us):
            continue
        if not facts.is_designated(unit, "repair", act.moment_us):
            yield Breach(
                (act.index,), f"{unit} 不是指定的维修点", f"{unit} is no designated repairer", act, about="shop"
            )
        declared = facts.unit(unit, act.moment_us)
        agreed = act.body.agreement_no or (declared is not None and declared.agreement_no)
        if facts.is_yes("strict.CMP-4", act) and not agreed:
            yield Breach(
                (act.index,),
                f"与 {unit} 无保密协议",
                f"no secrecy agreement with {unit}",
                act,
                ("strict.CMP-4",),
                about="agreement",
            )
        if back is not None and not [*act.named("witness"), *back.named("witness")]:
            yield Breach(
                (act.index, back.index),
                "维修时无本单位人员现场监督",
                "nobody of the unit watched the repair",
                act,
                about="witness",
            )


@rule(
    "CMP-5", "高密级设备调换到低密级单位须降密处理并记录", "a device is downgraded before a lower-level unit gets it",
    article=f"{TOWN_REPAIRS}第四条", severity="critical", of="c", on=("transferred.hand_over", "transferred.dispatch"),
    reads=(_CONTENTS, "decided.reclassify"), basis="L+R",
)  # fmt: skip
def downgraded_first(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    A machine went to a unit declared for a lower level without having been erased beyond recovery and lowered before. What was
    put on it after it was erased and lowered is no more than its level is now.

    A unit of which no highest level is declared is not judged.
    """
    for act in _on(facts, carrier, "transferred.hand_over", "transferred.dispatch"):
        unit = facts.unit(act.body.to, act.moment_us) if act.body.to else None
        limit = unit.max_level if unit is not None and unit.max_level else ""
        before = facts.before(carrier, act)
        entry = next(iter(facts.of(carrier, "created.equipment", "created.opening", "created.entered")), None)
        lowered = [
            one for one in facts.of(carrier, "decided.reclassify")
            if one.index < act.index and one.body.step == "approved" and one.body.change in ("lowered", "declassified")
        ]  # fmt: skip
        was = before.own_level or "" if before is not None else ""
        if act.imported or not limit or not is_secret(was) or levels.rank(was) <= levels.rank(limit):
            continue
        now = before.level or "" if before is not None else ""
        missing = []
        if all(erased_before(facts, carrier, one) is None for one in (act, *lowered)):
            missing.append(("不可恢复的清除", "erasing beyond recovery"))
        if not lowered or levels.rank(now) > levels.rank(limit):
            missing.append(("降密记录", "a record of downgrading"))
        if missing:
            yield Breach(
                tuple(sorted({act.index, *(() if entry is None else (entry.index,))})),
                f"{was}设备调换到{limit}单位 {act.body.to}，缺{'、'.join(zh for zh, _ in missing)}",
                f"a {was} device went to {act.body.to} ({limit}) without {' and '.join(en for _, en in missing)}", act,
            )  # fmt: skip


@rule(
    "CMP-6", "由专门指定人员维护维修，使用者不得擅自安装、拆卸", "only named maintainers install, dismantle and repair",
    article=f"{TOWN_REPAIRS}第五条",
    severity="medium", of="c", on=(_REPAIR, _BACK, "reported.incident"), needs=("posts.repair",),
    basis="L+R",
)  # fmt: skip
def by_maintainers(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """A repair in the house, or a change of a classified machine, by somebody without the post; as far as it was recorded."""
    for act in _on(facts, carrier, _REPAIR, _BACK, "reported.incident"):
        if act.imported or not is_secret(facts.level(carrier, act)):
            continue
        if act.kind == _REPAIR:
            persons = [] if is_outside(facts, act.body.to, act.moment_us) else act.named("receiver")
        elif act.kind == _BACK:
            persons = act.named("operator") if _was_in_house(facts, carrier, act) else []
        else:
            persons = act.named("operator") if act.body.what == "change" else []
        posts = facts.values("posts.repair", act)
        for person in persons:
            if posts and not facts.has_post(person, posts, act.moment_us):
                yield Breach(
                    (act.index,),
                    f"{person} 不是指定的维护维修人员",
                    f"{person} is no named maintainer",
                    act,
                    ("posts.repair",),
                    about=person,
                )


def _was_in_house(facts: Facts, carrier: str, back: Act) -> bool:
    sent = [act for act in facts.of(carrier, _REPAIR) if act.index < back.index]
    return bool(sent) and not is_outside(facts, sent[-1].body.to, sent[-1].moment_us)


@rule(
    "CMP-7", "报废设备作技术处理，由专人登记并定点销毁", "scrapped devices are erased, listed and destroyed at a designated point",
    article=f"{TOWN_REPAIRS}第六条；{CONGRESS}四（四）3和五（三）4",
    severity="critical", of="c", on=("destroyed.carriers",),
    reads=(_CONTENTS,), parameters=("places.destroy", "strict.CMP-7"), basis="L+R",
)  # fmt: skip
def scrapped_safely(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    A classified machine was scrapped without having been erased beyond recovery, without a list, or a designated point; where the
    policy is strict about it, without a named person. A method that leaves nothing to be read, crushing or smelting, erases too.

    A row of a ledger of destruction doesn't tell of every step.
    """
    for act in _on(facts, carrier, "destroyed.carriers"):
        machines = [one for one in act.carriers if facts.form(one) in MACHINES and is_secret(facts.level(one, act))]
        if machines[:1] != [carrier] or act.imported:
            continue
        missing = []
        left = [one for one in machines if act.body.method not in _PHYSICAL and erased_before(facts, one, act) is None]
        if left:
            missing.append(
                (f"不可恢复的技术处理（{'、'.join(left[:5])}）", f"erasing {', '.join(left[:5])} beyond recovery")
            )
        if not act.with_prefix("l"):
            missing.append(("登记造册", "a list"))
        if facts.is_yes("strict.CMP-7", act) and not act.named("operator"):
            missing.append(("专人经办", "a named person to carry it out"))
        if not designation(facts, act)[1]:
            missing.append(("定点", "a designated point"))
        if missing:
            yield Breach(
                (act.index,), f"设备报废缺：{'、'.join(zh for zh, _ in missing)}",
                f"scrapped without {', '.join(en for _, en in missing)}", act, ("places.destroy", "strict.CMP-7"),
            )  # fmt: skip


@rule(
    "CMP-8", "设备台账记录型号、使用部门、使用人员，专人负责", "the device ledger names model, unit, user and keeper",
    article=f"{CONGRESS}四（四）1；{PLAN_MINE}二",
    severity="medium", of="c", on=("created.equipment",), needs=("strict.CMP-8",),
)  # fmt: skip
def ledger_complete(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """A machine entered the ledger without its model, or without a keeper or user. The unit is always stated, by the format."""
    for act in _on(facts, carrier, "created.equipment"):
        if not facts.is_yes("strict.CMP-8", act):
            continue
        missing = [] if act.body.model else [("型号", "its model")]
        if not act.named("receiver"):
            missing.append(("责任人", "a keeper"))
        if not [*act.named("reader"), *act.named("receiver")]:
            missing.append(("使用人员", "a user"))
        if missing:
            yield Breach(
                (act.index,), f"设备台账缺：{'、'.join(zh for zh, _ in missing)}",
                f"the ledger lacks {', '.join(en for _, en in missing)}", act, ("strict.CMP-8",),
            )  # fmt: skip


@rule(
    "CMP-9", "备份妥善保管", "a backup of classified content is itself a carrier",
    article=f"{TOWN_OPEN_NETWORK}第六条；由{TOWN_NETWORK}第四条推定", severity="medium", of="cd", on=("copied.made",),
)  # fmt: skip
def backups_registered(facts: Facts, subject: str) -> Iterator[Outcome]:
    """A backup of something classified is recorded as so many copies that no book tells apart. The format refuses none at all."""
    for act in facts.of(subject, "copied.made"):
        parents = [act.subjects[position] for position in act.body.parents]
        number = act.body.copies_unnumbered
        if act.body.method != "backup" or not number or act.imported or [*parents, *act.with_prefix("d")][0] != subject:
            continue
        if is_secret(levels.highest([act.body.level, *(facts.level(one, act) for one in parents)])):
            yield Breach(
                (act.index,), f"备份{number}份，载体未登记入账", f"{number} backups did not enter the books", act
            )


@rule(
    "CMP-10", "涉密系统变更须履行审批手续", "changes of a classified system are approved",
    article=f"{CONGRESS}五（三）3", severity="low", of="c", on=("reported.incident",), reads=("decided.permit",),
    needs=("strict.CMP-10",),
)  # fmt: skip
def changes_approved(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """A change of a classified machine was recorded and no approval stands before it."""
    for act in _on(facts, carrier, "reported.incident"):
        if act.body.what != "change" or act.imported or not facts.is_yes("strict.CMP-10", act):
            continue
        machines = [one for one in act.carriers if facts.form(one) in MACHINES]
        if machines[:1] != [carrier] or not is_secret(facts.level(carrier, act)):
            continue
        if permit_of(facts, act, "system_change") is None:
            late = any(one.effective for one in decisions(facts.of(carrier), "decided.permit", act="system_change"))
            yield Breach(
                (act.index,),
                "涉密系统变更未经审批",
                "a classified system was changed without approval",
                act,
                closed=late,
            )


question(
    "CMP-11", "涉密计算机、网络是否与互联网及其他公共信息网络物理隔离？有无口令、防病毒措施，有无来历不明的软件？",
    "are classified computers and networks physically apart from public ones, with passwords, without unknown software?",
    article=f"{TOWN_COMPUTERS}第一条至第四条；{TOWN_NETWORK}第二条和第四条；{CONGRESS}四（三）1和四（三）2；"
    f"{COOP}五（二）和五（五）",
)  # fmt: skip
