"""`chainlog custody, holders`: who has what, and who met it. Reads the log and `derived/`, which is brought up to date first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from chainlog import limits
from chainlog.cli.command import argument, command, log_argument, option
from chainlog.cli.fields import enumeration, person_of
from chainlog.cli.known import check_known, subject_of
from chainlog.cli.logs import opened
from chainlog.cli.render import Cell, Column, offset_text, when
from chainlog.cli.session import Session
from chainlog.cli.times import instant_of, window_of
from chainlog.errors import NotFoundError, UsageError
from chainlog.event.subject import fold
from chainlog.event.times import format_time
from chainlog.event.types import LEVEL, PHASE

if TYPE_CHECKING:
    from chainlog.projection.custody import Custody
    from chainlog.projection.custody_state import CustodyState
    from chainlog.projection.exposure import Exposure

EVIDENCE_WORDS: Final = {"both": ("双方", "green"), "one": ("单方", "yellow"), "none": ("无", "red")}
_HOW: Final = {
    "read": "阅读", "consult": "查档", "heard": "听传达", "received": "收件", "escorted": "护送", "operated": "经办",
    "meeting": "会议",
}  # fmt: skip
_WHY: Final = {
    "scope": "知悉范围", "extended": "扩大知悉", "route": "批示传阅", "place": "进入存放处", "interval": "持有",
    "late": "补登", "ended": "终结后", "unnumbered": "未编号份",
}  # fmt: skip


@command(
    "custody",
    zh="载体现在（或某时）在谁手里、在何处、是何状态。不给对象时列出全部；文件 d/… 即其各份，清单 l/… 即其上的载体。",
    en="Where carriers are now, or were: who has them, in which state. All by default; a document d/… stands for its copies, a "
       "list l/… for what is on it.",
    example="chainlog custody office.log --holder p/陈明 --at 2025-06-30",
)  # fmt: skip
@log_argument
@argument("subjects", nargs=-1, zh="载体 c/…、文件 d/… 或清单 l/…", en="carriers c/…, documents d/… or lists l/…")
@option("--at", metavar="TIME", zh="某时的情况；日期指当日终了", en="As things stood then; a day means its end.")
@option(
    "--as-of",
    "as_of_index",
    type=click.IntRange(min=0),
    metavar="RECORD",
    zh="只计到第几条记录时所知",
    en="With only what was known when this record was the last.",
)
@option("--holder", metavar="PERSON", zh="某人持有的", en="What a person has.")
@option("--phase", metavar="WORD", zh="某状态的，如 on_loan 或 借出", en="In a state, like on_loan.")
@option("--level", metavar="WORD", zh="某密级的", en="Of a level.")
@option("--place", metavar="w/…", zh="某处存放的", en="At a place.")
def custody(
    session: Session,
    log: str,
    subjects: tuple[str, ...],
    at: str | None,
    as_of_index: int | None,
    holder: str | None,
    phase: str | None,
    level: str | None,
    place: str | None,
) -> None:
    """Where carriers are."""
    with opened(log) as handle:
        offset = handle.utc_offset_minutes
        moment = None if at is None else instant_of(at, offset_minutes=offset, now_us=handle.now_us())
        wanted: dict[str, Any] = {
            "phase": None if phase is None else enumeration(PHASE, phase, "--phase"),
            "level": None if level is None else enumeration(LEVEL, level, "--level"),
            "holder": None if holder is None else person_of(holder),
            "place": None if place is None else subject_of(place, "w/", "--place"),
        }
        check_known(handle, [wanted[name] for name in ("holder", "place") if wanted[name] is not None])
        asked = handle.custody
        when_known: dict[str, Any] = {"as_of_us": moment, "as_of_index": as_of_index}
        if subjects:
            found: Iterator[CustodyState] = (
                s for s in _named(session, asked, subjects, when_known) if _fits(s, wanted)
            )
        else:
            found = asked.carriers(**wanted, **when_known)
        # A carrier that only other than custody acts name has no place in the books yet.
        states = (
            (state, asked.stated_holders(state, as_of_index=as_of_index)) for state in found if state.phase is not None
        )
        if session.as_json:
            for state, stated in states:
                session.emit(custody_json(state, offset_minutes=offset, stated=stated))
            return
        _show(session, list(states), offset)


def _fits(state: CustodyState, wanted: dict[str, Any]) -> bool:
    return all(value is None or getattr(state, name) == value for name, value in wanted.items())


def _named(
    session: Session, asked: Custody, subjects: Sequence[str], when_known: dict[str, Any]
) -> Iterator[CustodyState]:
    """The states of the carriers that the subjects stand for. Raises NotFoundError for one that nothing names."""
    for subject in subjects:
        name = fold(subject)
        if name.startswith("c/"):
            carriers: Sequence[str] = [name]
        elif name.startswith("d/"):
            document = asked.document(name)
            if document is None:
                raise NotFoundError(what=name)
            carriers = document.copies
        elif name.startswith("l/"):
            listed = asked.list(name)
            if listed is None:
                raise NotFoundError(what=name)
            carriers = listed.items
        else:
            raise UsageError(
                f"{subject}: a carrier c/…, a document d/… or a list l/… is wanted; a person's are asked for with --holder",
                detail_zh=f"“{subject}”：应为载体 c/…、文件 d/… 或清单 l/…；查某人持有的用 --holder",
            )
        for carrier in carriers:
            state = asked.carrier(carrier, **when_known)
            if state is not None and state.phase is not None:
                yield state
            elif state is None and asked.carrier(carrier) is None:
                raise NotFoundError(what=carrier)
            else:
                session.note(
                    session.say(f"{carrier}：当时没有流转记录", f"{carrier}: no custody is recorded for that time")
                )


def custody_json(state: CustodyState, *, offset_minutes: int, stated: Sequence[str] = ()) -> dict[str, Any]:
    """A line of `custody --json`; `stated` as `Custody.stated_holders` gives it. Schema: schemas/output/custody.json."""
    return {
        "carrier": state.carrier,
        "phase": state.phase,
        "level": state.level,
        "holder": state.holder,
        "stated": list(stated),
        "place": state.place,
        "since_index": state.since_index,
        "since": _time(state.since_us, offset_minutes),
        "due": _time(state.due_us, offset_minutes),
        "evidence": state.evidence,
    }


def _time(us: int | None, offset_minutes: int) -> str | None:
    return None if us is None else format_time(us, offset_minutes=offset_minutes)


def _short_time(us: int | None, offset_minutes: int) -> str:
    return "" if us is None else when(us, offset_minutes=offset_minutes)[:16]


def phase_name(session: Session, phase: str | None) -> str:
    """A state as people call it."""
    return "" if phase is None else session.say(PHASE.values.get(phase, phase), phase)


def evidence_cell(session: Session, evidence: str) -> Cell:
    """Evidence as a cell."""
    zh, style = EVIDENCE_WORDS[evidence]
    return Cell(session.say(zh, evidence), style)


def _who(session: Session, person: str | None, stated: Sequence[str], otherwise: str = "") -> str:
    """A person, and names that only stand in a book."""
    marked = [session.say(f"{name}（簿上所写）", f"{name} (as written)") for name in stated]
    return session.say("、", ", ").join(([person] if person else []) + marked) or otherwise


def _show(session: Session, states: list[tuple[CustodyState, tuple[str, ...]]], offset: int) -> None:
    zone = offset_text(offset)
    columns = [
        Column(session.say("载体", "carrier")),
        Column(session.say("状态", "state")),
        Column(session.say("密级", "level"), flexible=False),
        Column(session.say("持有人", "holder")),
        Column(session.say("地点", "place")),
        Column(session.say(f"自 ({zone})", f"since ({zone})")),
        Column(session.say("应还", "due")),
        Column(session.say("证据", "proof"), flexible=False),
        Column(session.say("记录", "#"), right=True, flexible=False),
    ]
    rows: list[list[str | Cell]] = []
    for state, stated in states:
        rows.append([
            state.carrier, phase_name(session, state.phase), state.level or "",
            _who(session, state.holder, stated, state.unit or ""),
            state.place or "", _short_time(state.since_us, offset), _short_time(state.due_us, offset),
            evidence_cell(session, state.evidence), "" if state.since_index is None else str(state.since_index),
        ])  # fmt: skip
    if rows:
        # A column in which nothing stands only takes room.
        kept = [i for i in range(len(columns)) if any(row[i] for row in rows)]
        session.table([columns[i] for i in kept], [[row[i] for i in kept] for row in rows])
    session.note(session.say(f"共 {len(rows)} 件", f"{len(rows)} carrier{'' if len(rows) == 1 else 's'}"))


@command(
    "holders",
    zh="谁持有过、阅读过、可能接触过一份载体或一个文件的任何一份。三类分列：证明力不同。",
    en="Who held, read or could have met a carrier, or any copy of a document: three lists, for they prove different things.",
    example="chainlog holders office.log d/省委7 --from 2025-03-01 --to 2025-03-31",
)  # fmt: skip
@log_argument
@argument("subject", zh="文件 d/… 或载体 c/…", en="a document d/… or a carrier c/…")
@option("--from", "from_time", metavar="TIME", zh="自何时", en="From when on.")
@option("--to", "to_time", metavar="TIME", zh="至何时（含当日）", en="Until when; a day is included.")
def holders(session: Session, log: str, subject: str, from_time: str | None, to_time: str | None) -> None:
    """Who met a carrier or document."""
    name = fold(subject)
    if name[:2] not in ("c/", "d/"):
        raise UsageError(
            f"{subject}: a document d/… or a carrier c/… is wanted",
            detail_zh=f"“{subject}”：应为文件 d/… 或载体 c/…",
        )
    with opened(log) as handle:
        offset = handle.utc_offset_minutes
        if not handle.reader.history(name, limit=1):
            raise NotFoundError(what=name)
        start_us, end_us = window_of(
            from_time,
            to_time,
            offset_minutes=offset,
            now_us=handle.now_us(),
            least=limits.INTEGER_MIN,
            most=limits.INTEGER_MAX,
        )
        found = handle.custody.holders(name, start_us=start_us, end_us=end_us)
    if session.as_json:
        for line in exposure_json(found, offset_minutes=offset):
            session.emit(line)
    else:
        _show_exposure(session, found, offset)


def exposure_json(found: Exposure, *, offset_minutes: int) -> Iterator[dict[str, Any]]:
    """The lines of `holders --json`; `list` says which of the three lists a line is of."""
    for held in found.held:
        yield {
            "list": "held", "subject": held.carrier, "person": held.person, "from": _time(held.from_us, offset_minutes),
            "to": _time(held.to_us, offset_minutes), "place": held.place, "phase": held.phase, "evidence": held.evidence,
            "why": held.why, "index": held.index, "stated": list(held.stated),
        }  # fmt: skip
    for read in found.read:
        yield {
            "list": "read", "subject": read.subject, "person": read.person, "from": _time(read.at_us, offset_minutes),
            "to": _time(read.out_us, offset_minutes), "place": read.place, "how": read.how, "signed": read.signed,
            "index": read.index,
        }  # fmt: skip
    for maybe in found.could_have:
        yield {
            "list": "could_have", "subject": maybe.subject, "person": maybe.person,
            "from": _time(maybe.from_us, offset_minutes), "to": _time(maybe.to_us, offset_minutes), "why": maybe.why,
            "detail": maybe.detail, "index": maybe.index, "stated": list(maybe.stated),
        }  # fmt: skip


def _show_exposure(session: Session, found: Exposure, offset: int) -> None:
    zone = offset_text(offset)
    from_title, to_title = session.say(f"自 ({zone})", f"from ({zone})"), session.say("至", "to")
    record = Column(session.say("记录", "#"), right=True, flexible=False)
    who, what = Column(session.say("人员", "person")), Column(session.say("对象", "subject"))
    times = [Column(from_title), Column(to_title)]

    def section(zh: str, en: str, columns: list[Column], rows: list[list[str | Cell]]) -> None:
        session.echo(session.say(f"{zh}（{len(rows)}）", f"{en} ({len(rows)})"), style="bold")
        if rows:
            session.table(columns, rows)
        session.echo()

    section(
        "持有过", "held", [who, what, *times, Column(session.say("状态", "state")), Column(session.say("地点", "place")),
                           Column(session.say("证据", "proof"), flexible=False), record],
        [[_who(session, h.person, h.stated), h.carrier, _short_time(h.from_us, offset), _short_time(h.to_us, offset), phase_name(session, h.phase),
          h.place or "", evidence_cell(session, h.evidence), str(h.index)] for h in found.held],
    )  # fmt: skip
    section(
        "阅读、接触过", "read", [who, what, *times, Column(session.say("方式", "how")), Column(session.say("地点", "place")),
                                Column(session.say("本人签名", "signed"), flexible=False), record],
        [[r.person, r.subject, _short_time(r.at_us, offset), _short_time(r.out_us, offset),
          session.say(_HOW.get(r.how, r.how), r.how), r.place or "",
          session.say("是" if r.signed else "否", "yes" if r.signed else "no"), str(r.index)] for r in found.read],
    )  # fmt: skip
    section(
        "可能接触", "could have met it", [who, what, *times, Column(session.say("缘由", "why")),
                                          Column(session.say("说明", "detail")), record],
        [[_who(session, p.person, p.stated, session.say("不详", "unknown")), p.subject, _short_time(p.from_us, offset), _short_time(p.to_us, offset),
          session.say(_WHY.get(p.why) or _HOW.get(p.why) or PHASE.values.get(p.why, p.why), p.why), p.detail, str(p.index)]
         for p in found.could_have],
    )  # fmt: skip
