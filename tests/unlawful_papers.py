"""Faults in the lives of received papers: in reading, lending, copying, taking out, filing, destroying them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.lawful import Step
from tests.unlawful import (
    Fault,
    Steps,
    after,
    back,
    both,
    but,
    by,
    drop,
    edit,
    fewer,
    first_out,
    insert,
    near,
    of,
    one_more,
    out,
    place,
    stated,
    unsigned,
    without,
)

ODD_DIGEST = bytes(range(32))


def _short_scope(steps: Steps) -> Steps | None:
    """The range lacks the first reader, who is handed a copy."""
    if first_out(steps) is None:
        return None
    reader = f"p/{one_more(steps)[0]}"

    def shorter(step: Step) -> Step:
        return step.but(scope={"persons": [one for one in step.fields["scope"]["persons"] if one != reader]})

    return edit("scope", shorter)(steps)


def _passed_on(steps: Steps) -> Steps | None:
    """The first reader gives it to the second, who brings it back."""
    at = first_out(steps)
    if at is None:
        return None
    first, second = one_more(steps)[:2]
    given = after(
        steps[at], "transferred.hand_over", steps[at].on, {"giver": first, "receiver": second}, reason="passing_on"
    )
    return [*steps[: at + 1], given, steps[at + 1].by(giver=second), *steps[at + 2 :]]


def _never_back(steps: Steps) -> Steps | None:
    """What the last reader of the last circulation got never comes back."""
    found = [n for n, step in enumerate(steps) if step.what.startswith("out") and " " in step.what]
    return steps[: found[-1] + 1] if found and "复" not in steps[found[-1]].on[0] else None


def _other_order(steps: Steps) -> Steps | None:
    """The instruction has the readers in another order than they get it; what is urgent may go to whoever is there."""
    if first_out(steps) is None or _is_urgent(steps):
        return None
    return edit("route", lambda step: step.but(recipients=[*reversed(step.fields["recipients"])]))(steps)


def _top_secret(steps: Steps, wanted: str) -> Steps | None:
    """The document is top secret, and handled like any other."""
    if place(steps, wanted) is None or any(
        step.what.startswith(("copy", "excerpt", "volume", "lowered")) for step in steps
    ):
        return None
    return both(edit("arrive", but(level="绝密")), edit("register", stated(level="绝密")))(steps)


def _is_urgent(steps: Steps) -> bool:
    return bool(steps[place(steps, "register") or 0].fields["document"].get("urgency") == "urgent")


def _goes_out(steps: Steps) -> bool:
    """Whether a copy that arrived, not one that was made here, goes to a reader."""
    at = first_out(steps)
    return at is not None and "复" not in steps[at].on[0]


def _in_an_office(steps: Steps) -> Steps | None:
    """Read where the other levels must not be read."""
    return None if _level(steps) == "绝密" else edit("read", but(place="w/办公室301"))(steps)


def unregistered(steps: Steps) -> Steps | None:
    """No registration; what was put right in it later has to rest on one."""
    return None if place(steps, "correct") is not None else drop("register")(steps)


def _no_end(steps: Steps) -> Steps | None:
    """A reading of something above 秘密, of which nobody wrote when it ended."""
    is_low = _level(steps) == "秘密" or place(steps, "lowered") is not None
    return None if is_low else edit("read", but(out_at=None))(steps)


def _level(steps: Steps) -> str:
    return str(steps[place(steps, "arrive") or 0].fields["level"])


def other_person(steps: Steps, known: str, new: str) -> Steps:
    """Somebody stands wherever *known* stands."""

    def other(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(other(one) for one in value)
        if isinstance(value, dict):
            return {name: other(one) for name, one in value.items()}
        return {known: new, f"p/{known}": f"p/{new}"}.get(value, value) if isinstance(value, str) else value

    return [replace(step, who=other(dict(step.who)), fields=other(dict(step.fields))) for step in steps]


def _uncleared(steps: Steps) -> Steps | None:
    """The first reader is somebody who is not cleared."""
    return None if first_out(steps) is None else other_person(steps, one_more(steps)[0], "低密员")


def _due_that_day(step: Step) -> Step:
    return step.but(due=f"{step.at:%Y-%m-%d} 17:30")


def _left(steps: Steps) -> Steps | None:
    """Listed, and nothing comes of it for half a year."""
    at = place(steps, "list")
    return steps[: at + 1] if at is not None and steps[at].at.month < 6 else None


def _one_less_on_list(step: Step) -> Step | None:
    """The list lacks its last carrier, which is destroyed with the others."""
    items = step.fields["items"]
    if len(items) < 2:
        return None
    gone = items[-1]["carrier"]
    return replace(step.but(items=items[:-1], total=len(items) - 1), on=tuple(one for one in step.on if one != gone))


def _again(step: Step) -> Step:
    """The same deed once more."""
    return replace(step, what="destroy 又", at=step.at + timedelta(minutes=5))


def _first_carrier(step: Step) -> list[str]:
    return [one for one in step.on if one.startswith("c/")][:1]


def _store_after(step: Step) -> Step:
    return after(step, "transferred.store", _first_carrier(step), {"registrar": "李敏"}, place="w/G1")


def _on_lent(steps: Steps) -> Steps | None:
    """The borrower passes it on; who got it brings it back."""
    at, home = place(steps, "lend"), place(steps, "return")
    if at is None or home is None or steps[home].fields.get("reason") != "loan":
        return None
    borrower = steps[at].who["receiver"]
    other = next(one for one in one_more(steps) if one != borrower)
    given = after(
        steps[at], "transferred.hand_over", steps[at].on, {"giver": borrower, "receiver": other}, reason="passing_on"
    )
    return [*steps[: at + 1], given, *steps[at + 1 : home], steps[home].by(giver=other), *steps[home + 1 :]]


ARRIVALS = [
    Fault("never registered", "收", "RCV-1", unregistered),
    Fault("registered a day late", "收", "RCV-1", edit("register", lambda step: step.moved(days=3), absent="correct")),
    Fault("no tier", "收", "RCV-1", edit("register", stated(tier=None))),
    Fault(
        "one less than listed",
        "收",
        "RCV-2",
        edit("arrive", lambda step: step.but(listed=step.fields["found"] + 1), absent="short"),
    ),
    Fault("seal broken", "收", "RCV-2", edit("arrive", but(seal="broken"), absent="short")),
    Fault("arrival not signed for", "收", "RCV-2", edit("arrive", unsigned("receiver"))),
    Fault(
        "received by a driver",
        "收",
        "RCV-3",
        edit("arrive", by(receiver="黄", registrar="李敏")),
        "university",
        of("TRN-4"),
    ),
    Fault("slip of another document", "收", "RCV-5", edit("route", but(slip_header="另一件"))),
    Fault("instructed by another leader", "收", "RCV-6", edit("route", by(approver="何副书记"))),
    Fault("range fixed by a clerk", "收", "KNW-1", edit("scope", by(approver="赵强"))),
    Fault("level left blank", "收", "CLS-2", edit("register", stated(level="未标"))),
    Fault("put into a desk", "收", "STO-1", edit("store", but(place="w/办公室301")), "coop"),
    Fault("put away at home", "收", "OUT-5", edit("store", but(place="w/家"))),
    Fault(
        "entered late without a reason",
        "收",
        "REC-4",
        edit("store", lambda step: replace(step, recorded=step.at + timedelta(days=2))),
    ),
]

READING = [
    Fault(
        "no range",
        "收",
        "KNW-1",
        lambda steps: None if first_out(steps) is None or place(steps, "widen") is not None else drop("scope")(steps),
    ),
    Fault(
        "no instruction",
        "收",
        "RCV-6",
        lambda steps: None if not _goes_out(steps) or _is_urgent(steps) else drop("route")(steps),
    ),
    Fault("reader out of range", "收", "KNW-2", _short_scope),
    Fault(
        "left on a desk",
        "收",
        "CIR-4",
        lambda steps: out(but(mode="left_on_desk"))(steps) if _goes_out(steps) else None,
    ),
    Fault("given out by a reader's friend", "收", "TRN-4", out(by(giver="王宁"))),
    Fault("reader doesn't sign", "收", "CIR-2", out(unsigned("receiver"))),
    Fault("giver doesn't sign", "收", "TRN-3", out(unsigned("giver"))),
    Fault("reader not cleared", "收", "TRN-5", _uncleared),
    Fault("brought back by another", "收", "CIR-1", back(lambda step, steps: step.by(giver=one_more(steps)[1]))),
    Fault("passed on openly", "收", "CIR-1", _passed_on),
    Fault("never back", "收", "CIR-4", _never_back),
    Fault("against the order", "收", "CIR-6", _other_order),
    Fault("kept too long", "收", "CIR-5", edit("hold", _due_that_day)),
    Fault("read in an ordinary office", "收", "RDG-2", _in_an_office),
    Fault("read on a square", "收", "OUT-5", edit("read", but(place="w/广场"))),
    Fault("reader on the spot doesn't sign", "收", "CIR-2", edit("read", unsigned("reader"))),
    Fault(
        "no end of a contact",
        "收",
        "KNW-3",
        _no_end,
        "national",
    ),
    Fault(
        "top secret in an office",
        "收",
        "RDG-1",
        lambda steps: _top_secret(steps, "hold"),
        also=of("OUT-1", "BRW-4", "STO-1"),
    ),
]

LOANS = [
    Fault("lent without a permit", "收", "BRW-5", without("lend", "permit"), "university"),
    Fault("loan permitted by the wrong post", "收", "BRW-5", near("lend", "permit", by(approver="王宁")), "university"),
    Fault(
        "no date of return", "收", "BRW-2", both(edit("lend", but(due=None)), near("lend", "permit", but(until=None)))
    ),
    Fault("returned late", "收", "BRW-2", edit("lend", _due_that_day)),
    Fault("pages missing", "收", "BRW-7", near("lend", "check", but(pages=10)), "university"),
    Fault("damaged", "收", "BRW-7", near("lend", "check", but(condition="damaged")), "university"),
    Fault("lent on", "收", "BRW-6", _on_lent, also=of("TRN-4")),
    Fault(
        "top secret lent",
        "收",
        "BRW-4",
        lambda steps: _top_secret(steps, "lend"),
        "university",
        of("RDG-1", "OUT-1", "STO-1"),
    ),
    Fault("borrower permits it", "收", "PER-6", near("lend", "permit", by(proposer="何副书记"))),
]

TAKING_OUT = [
    Fault("taken out without a permit", "收", "OUT-1", without("take_out", "permit")),
    Fault("taking out permitted by a clerk", "收", "OUT-1", near("take_out", "permit", by(approver="赵强"))),
    Fault(
        "taken out without a date",
        "收",
        "OUT-1",
        both(edit("take_out", but(due=None)), near("take_out", "permit", but(until=None))),
    ),
    Fault("taken home", "收", "OUT-5", edit("take_out", but(destination="w/家"))),
    Fault("taken elsewhere", "收", "OUT-1", edit("take_out", but(destination="w/市销毁中心"))),
    Fault("no measures", "收", "OUT-3", edit("take_out", but(measures=None))),
    Fault("back late", "收", "OUT-2", edit("take_out", _due_that_day)),
    Fault("not examined when back", "收", "OUT-2", without("take_out", "check")),
    Fault("examined by the keeper alone", "收", "OUT-2", near("take_out", "check", by(approver=None))),
    Fault("brought home by another", "收", "OUT-6", near("take_out", "return", by(giver="冯")), also=of("TRN-4")),
    Fault("abroad", "收", "TRN-7", edit("take_out", but(destination="w/国外"))),
]

COPIES = [
    Fault("copied without a permit", "收", "CPY-4", without("copy", "permit")),
    Fault("one copy too many", "收", "CPY-4", near("copy", "permit", fewer)),
    Fault("copying permitted by a clerk", "收", "CPY-4", near("copy", "permit", by(approver="冯")), "national"),
    Fault("copy of a lower level", "收", "CPY-5", edit("copy", but(level="内部"))),
    Fault("not stamped", "收", "CPY-5", edit("copy", but(stamped=False)), "national"),
    Fault("at a copy shop", "收", "CPY-7", edit("copy", but(place="w/复印店"))),
    Fault(
        "must not be copied",
        "收",
        "CPY-2",
        lambda steps: None if place(steps, "copy") is None else edit("register", stated(no_copy=True))(steps),
    ),
    Fault(
        "province's document copied",
        "收",
        "CPY-3",
        lambda steps: None if place(steps, "copy") is None else edit("register", stated(tier="province"))(steps),
        "coop",
    ),
    Fault("extract without a permit", "收", "CIR-7", without("excerpt", "permit"), also=of("CPY-8")),
    Fault(
        "extract of a lower level",
        "收",
        "CLS-13",
        edit("excerpt", lambda step: stated(level="内部")(step).but(level="内部")),
    ),
    Fault(
        "extract with a shorter term",
        "收",
        "CLS-13",
        edit("excerpt", lambda step: stated(term="1年")(step).but(term="1年")),
    ),
]

ENDINGS = [
    Fault(
        "return unsigned",
        "收",
        "RET-6",
        edit("to_issuer", lambda step: unsigned("receiver")(step).but(receipt_no=None)),
    ),
    Fault(
        "filed though wanted back",
        "收",
        "RET-4",
        lambda steps: (
            None if place(steps, "archive") is None else edit("register", stated(return_required=True))(steps)
        ),
    ),
    Fault(
        "destroyed though wanted back",
        "收",
        "RET-4",
        lambda steps: (
            None if place(steps, "destroy") is None else edit("register", stated(return_required=True))(steps)
        ),
    ),
    Fault(
        "not returned by its date",
        "收",
        "RET-4",
        both(
            drop("to_issuer"),
            edit("register", lambda step: stated(return_required=True, return_due=f"{step.at:%Y-%m-%d}")(step)),
        ),
    ),
    Fault("volume of a lower level", "收", "CLS-14", edit("mark volume", but(text="秘密★1年"))),
    Fault("volume not marked", "收", "MRK-5", drop("mark volume")),
    Fault("filed under another number", "收", "ARC-2", edit("archive", but(copy_no="999"))),
    Fault("filed with fewer pages", "收", "ARC-2", edit("archive", but(pages=3))),
    Fault("consulted without a permit", "收", "RDG-4", drop("permit consult"), "university"),
    Fault("consulted elsewhere", "收", "RDG-4", edit("consult", but(place="w/会议室")), "university"),
    Fault("consulting unsigned", "收", "REC-3", edit("consult", unsigned("reader"))),
]

DESTRUCTION = [
    Fault("destroyed without a permit", "收", "DES-1", drop("permit destroy")),
    Fault("destruction permitted by a clerk", "收", "DES-1", edit("permit destroy", by(approver="王宁"))),
    Fault("permit of another list", "收", "DES-1", edit("permit destroy", but(whole=ODD_DIGEST))),
    Fault("permit unsigned", "收", "DES-1", edit("permit destroy", unsigned("approver"))),
    Fault("one not on the list", "收", "DES-2", edit("list", _one_less_on_list), also=of("DES-1")),
    Fault("list counts one more", "收", "DES-2", edit("list", lambda step: step.but(total=step.fields["total"] + 1))),
    Fault("one supervisor", "收", "DES-3", edit("destroy", by(supervisor="李敏"))),
    Fault("supervisor doesn't sign", "收", "DES-3", edit("destroy", unsigned("supervisor"))),
    Fault("supervisor does it", "收", "DES-3", edit("destroy", by(operator="李敏"))),
    Fault("supervisor not cleared", "收", "DES-3", edit("destroy", by(supervisor=["李敏", "低密员"]))),
    Fault("destroyed on a square", "收", "DES-5", edit("destroy", but(place="w/广场", unit=None))),
    Fault("sold as scrap", "收", "DES-6", edit("destroy", but(method="sell"))),
    Fault("private destruction", "收", "DES-7", edit("destroy", by(supervisor="赵强"))),
    Fault("a method for machines", "收", "DES-11", edit("destroy", but(method="crush"))),
    Fault("one escort", "收", "DES-4", edit("deliver", by(escort="李敏"))),
    Fault("delivered without a receipt", "收", "DES-4", edit("deliver", lambda step: step.but(receipt_no=None).by(receiver=None))),
    Fault("destroyed twice", "收", "DES-13", insert("destroy", _again)),
    Fault("put away after destruction", "收", "DES-13", insert("destroy", _store_after)),
    Fault("no reason stated", "收", "DES-9", edit("list", lambda step: step.but(items=[{"carrier": one["carrier"]} for one in step.fields["items"]]))),
    Fault("listed and left", "收", "DES-10", _left),
]  # fmt: skip

FAULTS = [*ARRIVALS, *READING, *LOANS, *TAKING_OUT, *COPIES, *ENDINGS, *DESTRUCTION]
