"""
Faults of which few lives have a place: in internal papers, series, telegrams, exam papers, hand-overs between units, what was
missing; and those that only a regulation stricter than most asks about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.lawful import UNBOUND, Step
from tests.lawful_acts import digest
from tests.told import item
from tests.unlawful import (
    Change,
    Fault,
    Steps,
    after,
    both,
    but,
    by,
    drop,
    each,
    edit,
    first_out,
    insert,
    near,
    of,
    out,
    place,
    stated,
    stop,
    without,
)
from tests.unlawful_papers import other_person, unregistered
from tests.unlawful_things import only, secret

# --- ways to change a life ------------------------------------------------------------------------------------------


def where(condition: Callable[[Steps], bool], change: Change) -> Change:
    """A change of a life of which something holds."""
    return lambda steps: change(steps) if condition(steps) else None


def field(steps: Sequence[Step], what: str, name: str) -> Any:
    """What a step says of a field; None without the step."""
    at = place(steps, what)
    return None if at is None else steps[at].fields.get(name)


def later_than(find: Callable[[Steps], int | None], moved: str) -> Change:
    """The step *moved* happens two minutes after the one found."""

    def changed(steps: Steps) -> Steps | None:
        at, late = find(steps), place(steps, moved)
        if at is None or late is None or late > at or place(steps, "correct") is not None:
            return None
        step = replace(steps[late], at=steps[at].at + timedelta(minutes=2))
        return [*steps[:late], *steps[late + 1 : at + 1], step, *steps[at + 1 :]]

    return changed


def up_to(what: str, *, before: int = 13) -> Change:
    """Nothing more happens from a step on, in a life that came to it before a month."""

    def changed(steps: Steps) -> Steps | None:
        at = place(steps, what)
        return steps[:at] if at and steps[at].at.month < before else None

    return changed


def early(what: str, before: int) -> Callable[[Steps], bool]:
    """Whether a life's last step of that name lies before a month."""

    def is_early(steps: Steps) -> bool:
        at = place(steps, what, last=True)
        return at is not None and steps[at].at.month < before

    return is_early


def less(gone: Callable[[str], bool], *names: str) -> Change:
    """Some carriers and documents are left out of the steps *names*, and of the lists and digests in them."""

    def left(step: Step) -> Step:
        kept = [one for one in step.on if not gone(one)]
        items = [one for one in step.fields.get("items", ()) if not gone(one["carrier"])]
        new = replace(step, on=tuple(kept))
        return new.but(items=items, total=len(items)) if "items" in step.fields else new

    def changed(steps: Steps) -> Steps | None:
        new = [left(step) if step.what.rstrip("0123456789") in names else step for step in steps]
        if new == steps:
            return None
        listed = next((step for step in new if step.what == names[0]), new[0])
        carriers = sorted((one for one in listed.on if one.startswith("c/")), key=lambda one: one.encode())
        count = {"count": len(carriers), "whole": digest(carriers)}
        return [step.but(**count) if step.what == "permit destroy" else step for step in new]

    return changed


def _is_copy(one: str) -> bool:
    return "复" in one


def _one_copy_left(steps: Steps) -> Steps | None:
    """The originals are listed and destroyed, and what was copied from them stays."""
    at = place(steps, "destroy")
    if at is None or not any(_is_copy(one) for one in steps[at].on):
        return None
    return less(_is_copy, "list", "deliver", "destroy")(steps)


def _nobody_took_it(steps: Steps) -> Steps | None:
    """The last hand-out names nobody, and nothing follows."""
    found = [n for n, step in enumerate(steps) if step.what.startswith("out") and " " in step.what]
    return [*steps[: found[-1]], steps[found[-1]].by(receiver=None)] if found else None


def _pressed_late(steps: Steps) -> Steps | None:
    """A loan is due on its day, comes back a week later, and nobody asks for it."""
    at, home = place(steps, "lend"), place(steps, "return")
    if at is None or home is None or steps[home].fields.get("reason") != "loan":
        return None
    if steps[home].at - steps[at].at < timedelta(days=5) or any(step.what.startswith("renew") for step in steps):
        return None
    return edit("lend", lambda step: step.but(due=f"{step.at:%Y-%m-%d} 17:30"))(steps)


def _unbound(steps: Steps) -> Steps | None:
    """The borrower never signed an undertaking."""
    at = place(steps, "lend")
    return None if at is None else other_person(steps, str(steps[at].who["receiver"]), UNBOUND)


def _kept_copy(steps: Steps) -> Steps | None:
    """A copy with a date stays with who made it."""
    at = place(steps, "copy")
    if at is None or "due" not in steps[at].fields or steps[at + 1].what.rstrip("0123456789") != "put":
        return None
    return steps[: at + 1]


def _from_nowhere(step: Step) -> Step:
    """Copied from something that no book knows."""
    (parent,) = step.fields["parents"]
    unknown = f"{parent}无"
    return replace(step.but(parents=[unknown]), on=tuple(unknown if one == parent else one for one in step.on))


def _bare(step: Step) -> Step:
    """Service copies without a number."""
    items = [{name: value for name, value in one.items() if name != "copy_no"} for one in step.fields["items"]]
    return step.but(items=items, purpose="制作档案副本")


def _printed(step: Step) -> Step | None:
    return step.but(level="内部") if step.fields["method"] == "print" else None


def _other_medium(step: Step) -> Step:
    return replace(step, on=tuple("c/盘2" if one == "c/盘1" else one for one in step.on))


def _telegram_copied(step: Step) -> Step:
    carrier, document = step.on[0], f"d/{step.on[0][2:].partition('-')[0]}"
    return after(
        step, "copied.made", [f"{carrier}印", carrier, document], {"operator": "赵强", "registrar": "李敏"}, method="copy",
        parents=[carrier], level="绝密", items=[item(f"{carrier}印", document, copy_no="印1")], device="c/复1", stamped=True,
    )  # fmt: skip


def _in_no_book(step: Step) -> Step:
    """So many disks that no book tells apart."""
    _, machine = step.on
    return replace(step.but(items=[], copies_unnumbered=1), on=(machine, f"d/{machine[2:]}"))


def _book_listed(step: Step) -> Step:
    (book,) = step.on
    return after(step, "listed.added", [book, f"l/{book[2:]}"], {"registrar": "李敏"}, purpose="destroy", total=1,
                 items=[{"carrier": book, "reason": "other"}])  # fmt: skip


def _stranger_stored(step: Step) -> Step:
    return after(step, "transferred.store", [f"{step.on[0]}无"], {"registrar": "李敏"}, place="w/保密柜")


def _entered_after(steps: Steps) -> Steps | None:
    """The arrival is recorded when the papers have already been put away."""
    at = place(steps, "store")
    if at is None:
        return None
    return edit("arrive", lambda step: replace(step, recorded=steps[at].at + timedelta(minutes=1)))(steps)


def _two_at_once(step: Step) -> Step:
    return replace(step, on=(*step.on, f"{step.on[0]}又"))


def _rests_on_row(step: Step) -> Step:
    life = step.on[0][2:].partition("-")[0]
    return replace(step, refs=(f"{life} row",))


def _twice(step: Step) -> Step:
    return replace(step, what=f"{step.what} 又", at=step.at + timedelta(minutes=1), id="")


def _earlier(step: Step) -> Step | None:
    if step.fields["channel"] == "meeting":
        return None
    return step.but(obtained_at=f"{step.at - timedelta(days=1):%Y-%m-%d %H:%M}")


def _of_series(reader: str, change: Change) -> Change:
    """A change where papers of a series are consulted by somebody, or with somebody's consent."""

    def holds(steps: Steps) -> bool:
        at, permit = place(steps, "consult"), place(steps, "permit")
        return at is not None and permit is not None and reader in (
            steps[at].who["reader"], steps[permit].who.get("reviewer")
        )  # fmt: skip

    return where(holds, change)


# --- the faults -----------------------------------------------------------------------------------------------------

LEVELS = [
    Fault("register of matters without a range", "发", "CLS-7", each("classify", but(scope=None)), "strict"),
    Fault("ends before its source", "派", "CLS-8", edit("register", stated(term="30年"))),
    Fault("approved beyond one's authority", "发", "CLS-11", secret(edit("classify approved", by(approver="郑院长"))), "national"),
    Fault("print of a lower level", "收", "CLS-12", edit("copy", _printed)),
    Fault("work secret with a star", "内", "CLS-16", edit("mark", but(text="内部★5年"))),
    Fault("term ended", "延", "DCL-4", up_to("review", before=10)),
    Fault("medium lowered with its content", "介", "DCL-5", only("fill", only("lower approved", drop("erase"), absent="wipe")), also=of("MED-5")),
    Fault("extract forgotten", "收", "DCL-7",
          where(lambda steps: place(steps, "destroy") is None, less(lambda one: "摘" in one, "lowered"))),
]  # fmt: skip

MAKING = [
    Fault("arrival not registered", "收", "NUM-3", unregistered, "coop", of("RCV-1")),
    Fault("internal paper not registered", "内", "NUM-4", drop("enter own"), "university"),
    Fault("a copy more than made", "发", "NUM-5", edit("enter own", lambda step: stated(copies=step.fields["document"]["copies"] + 1)(step))),
    Fault("text on a lower medium", "发", "MAK-7", secret(edit("text", _other_medium))),
    Fault("text not kept", "发", "MAK-7", drop("text", "permit text"), "strict"),
    Fault("telegram copied", "电", "MAK-8", insert("store", _telegram_copied), also=of("DES-16")),
    Fault("exam papers unsealed", "卷", "MAK-10", edit("arrive", but(seal="none")), "strict"),
    Fault("exam paper with nobody", "卷", "MAK-10", out(by(receiver=None)), also=of("CIR-6")),
    Fault("backup in no book", "备", "CMP-9", both(edit("backup", _in_no_book), drop("mark backup", "store"))),
    Fault("call names the title", "发", "ISS-3", edit("collect", but(names_title=True))),
    Fault("left on a leader's desk", "发", "ISS-7", edit("to leader", but(mode="left_on_desk"))),
    Fault("escorted by a department head", "发", "TRN-2", edit("post", by(escort=["李敏", "冯"]))),
]  # fmt: skip

# Who keeps something on breaks each term that there is, one after the other.
KEPT = of("RET-1", "RET-2", "RET-9", "CIR-5", "INV-3")

ARRIVING = [
    Fault("a week without a fetch", "取", "RCV-4", where(lambda steps: place(steps, "fetch3") is not None, drop("fetch1")), "university"),
    Fault("registered a day after the fetch", "收", "RCV-4", edit("arrive", _earlier), "university"),
    Fault("from a meeting, registered late", "收", "RCV-8",
          both(edit("arrive", but(channel="meeting")), edit("register", lambda step: step.moved(days=4), absent="correct")), "university"),
    Fault("from the network, used at once", "收", "RCV-9",
          both(edit("arrive", but(channel="classified_network")), later_than(first_out, "register"))),
    Fault("in a cabinet with other papers", "收", "STO-3", edit("store", but(place="w/混柜")), "national"),
    Fault("a carrier from nowhere", "收", "INV-6", insert("store", _stranger_stored)),
    Fault("with nobody", "收", "CIR-3", _nobody_took_it),
    Fault("with nobody for a while", "收", "STO-4", both(edit("arrive", by(receiver=None)), stop("store"))),
    Fault("not announced", "传", "KNW-4", drop("announce")),
    Fault("held for months", "收", "RET-1", where(early("hold", 10), stop("hold")), also=KEPT),
    Fault("scattered for half a year", "收", "RET-9", where(early("hold", 5), stop("hold")), also=KEPT),
]  # fmt: skip

ARCHIVES = [
    Fault("minutes read by another", "档", "RDG-5", _of_series("王宁", edit("consult", by(reader="冯"))), "university", of("KNW-2")),
    Fault("research read by who doesn't lead it", "档", "RDG-6", drop("leader"), "university"),
    Fault("files of another department without consent", "档", "RDG-7",
          where(lambda steps: place(steps, "head") is not None, edit("permit", by(reviewer=None))), "university"),
    Fault("teaching files without consent", "档", "RDG-7",
          where(lambda steps: place(steps, "tutor") is not None, edit("permit", by(reviewer=None))), "university"),
    Fault("storeroom entered by another", "收", "STO-6", edit("enter room", by(operator="冯")), "university"),
    Fault("filed without its forms", "介", "MED-8", edit("archive", lambda step: step.but(forms=None) if step.fields.get("forms") else None)),
    Fault("opened unreviewed", "开", "DCL-6", drop("permit open")),
]  # fmt: skip

LOANS = [
    Fault("return without a loan", "收", "BRW-1", only("lend", drop("lend"), absent="renew")),
    Fault("not pressed for", "收", "BRW-3", _pressed_late, "university"),
    Fault("return not examined", "收", "BRW-8", both(without("lend", "check"), near("lend", "return", but(condition=None))), "strict"),
    Fault("no letter of introduction", "收", "BRW-9", edit("lend out", but(introduction_no=None)), "university"),
    Fault("lent before it was registered", "收", "BRW-10", later_than(lambda steps: place(steps, "lend"), "register")),
    Fault("borrower without an undertaking", "收", "BRW-11", _unbound, "strict"),
    Fault("deeper than permitted", "收", "BRW-12", near("lend", "permit", but(depth="read"))),
    Fault("kept at another unit", "收", "OUT-4",
          where(lambda steps: not any(step.fields.get("where") == "w/市局" for step in steps), edit("hold", but(place="w/市局")))),
    Fault("returned twice", "收", "INT-8", where(lambda steps: field(steps, "return", "reason") == "loan", insert("return", _twice))),
    Fault("rests on a row", "账", "INT-7", edit("lend", _rests_on_row)),
]  # fmt: skip

COPIES = [
    Fault("copy not handed back", "收", "CPY-6", _kept_copy, "university"),
    Fault("extract not permitted, school", "收", "CPY-8", without("excerpt", "permit"), "university"),
    Fault("copied for another", "收", "CPY-9",
          where(lambda steps: place(steps, "consent") is place(steps, "excerpt") is None, both(edit("copy", by(proposer="冯")), without("copy", "permit")))),
    Fault("service copies unnumbered", "收", "CPY-10", edit("copy", _bare)),
    Fault("copied from nowhere", "收", "CPY-11", edit("copy", _from_nowhere)),
    Fault("copies outlive the original", "收", "DES-16", _one_copy_left),
]  # fmt: skip

HANDED_OVER = [
    Fault("given away unasked", "移", "TRN-8", both(drop("permit"), edit("hand over", but(reason="gift")))),
    Fault("one left out", "员", "HND-2", where(
        lambda steps: place(steps, "put 又") is not None,
        both(less(lambda one: "又" in one, "hand over"), drop("put"),
             edit("hand over", lambda step: step.but(part={"number": 1, "of": 1, "whole": digest([step.on[0]])})))),
        also=of("HND-1")),
    Fault("department without an officer", "科", "PER-1", drop("officer"), "coop"),
    Fault("not certified", "新", "PER-2", drop("certificate"), "university"),
    Fault("not trained", "新", "PER-3", drop("training"), "coop"),
    Fault("passed on as it was", "算", "CMP-5", only("pass on", drop("lower approved"))),
    Fault("machine without a model", "算", "CMP-8", edit("enter", but(model=None)), "npc_office"),
    Fault("changed unasked", "算", "CMP-10", drop("permit change"), "npc_office"),
]  # fmt: skip

ENDINGS = [
    Fault("called back and not destroyed", "发", "RET-7", only("recalled", up_to("list", before=9)), "npc_office"),
    Fault("called in by a letter, in vain", "发", "RET-8", where(
        lambda steps: "d/" in str(steps[place(steps, "call") or 0].on), up_to("recalled")), also=of("RET-5")),
    Fault("register book listed", "簿", "DES-8", insert("store", _book_listed), also=of("DES-10")),
    Fault("declassified and destroyed unasked", "发", "DES-14",
          where(lambda steps: field(steps, "lower approved", "change") == "declassified", drop("permit destroy"))),
    Fault("put away before it was entered", "收", "REC-1", _entered_after),
    Fault("not put right", "改", "INV-8", up_to("right"), "npc_office"),
    Fault("to be put right some day", "改", "INV-8", edit("order", but(due=None)), "npc_office"),
    Fault("one report of two leaks", "泄", "LEK-2", edit("upward", _two_at_once), "national"),
    Fault("missing and not reported", "失", "LEK-4", lambda steps: steps[: (place(steps, "missing") or 0) + 1]),
]  # fmt: skip

FAULTS = [*LEVELS, *MAKING, *ARRIVING, *ARCHIVES, *LOANS, *COPIES, *HANDED_OVER, *ENDINGS]
