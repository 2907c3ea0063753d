"""Faults in the lives of documents of one's own, media, computers, leavers and meetings, and in the duties of the office."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.lawful import Step
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
    fewer,
    insert,
    of,
    place,
    stated,
    unsigned,
)
from tests.unlawful_papers import ODD_DIGEST


def only(condition: str, change: Change, *, absent: str = "") -> Change:
    """A change where the life has a step of that name, and none of the other."""

    def changed(steps: Steps) -> Steps | None:
        if place(steps, condition) is None or (absent and place(steps, absent) is not None):
            return None
        return change(steps)

    return changed


def _numbered_late(steps: Steps) -> Steps | None:
    """The number comes after the making."""
    at, made = place(steps, "enter own"), place(steps, "make")
    if at is None or made is None:
        return None
    late = replace(steps[at], at=steps[made].at + timedelta(minutes=1))
    return [*steps[:at], *steps[at + 1 : made + 1], late, *steps[made + 1 :]]


def _no_number(step: Step) -> Step:
    items = [{name: value for name, value in one.items() if name != "copy_no"} for one in step.fields["items"][:1]]
    return step.but(items=[*items, *step.fields["items"][1:]])


def secret(change: Change) -> Change:
    """A change of a document of one's own that is 机密."""

    def changed(steps: Steps) -> Steps | None:
        at = place(steps, "make")
        return change(steps) if at is not None and steps[at].fields["level"] == "机密" else None

    return changed


def _signs_later(step: Step) -> Step:
    """Who has left signs once more."""
    person = step.fields["person"][2:]
    done = after(step, "accessed.entered", ["w/档案室"], {"operator": person})
    return replace(done, at=done.at.replace(hour=17))


CLASSIFYING = [
    Fault("no basis", "发", "CLS-1", each("classify", but(basis=None)), also=of("CLS-7")),
    Fault("not proposed", "发", "CLS-5", drop("classify proposed"), also=of("CLS-1")),
    Fault("not reviewed", "发", "CLS-5", drop("classify reviewed")),
    Fault("reviewed and approved by one", "发", "CLS-5", edit("classify reviewed", by(reviewer="何副书记"))),
    Fault("approved by a clerk", "发", "CLS-5", edit("classify approved", by(approver="冯"))),
    Fault(
        "approval unsigned",
        "发",
        "CLS-5",
        edit("classify approved", lambda step: unsigned("approver")(step.by(registrar="李敏"))),
    ),
    Fault(
        "term above its cap",
        "发",
        "CLS-3",
        both(
            each("classify", but(term="40年")),
            edit("enter own", stated(term="40年")),
            edit("mark", lambda step: step.but(text=step.fields["text"].partition("★")[0] + "★40年")),
        ),
    ),
    Fault(
        "term in months",
        "发",
        "CLS-4",
        both(
            each("classify", but(term="36个月")),
            edit("enter own", stated(term="36个月")),
            edit("mark", lambda step: step.but(text=step.fields["text"].partition("★")[0] + "★36个月")),
        ),
    ),
    Fault(
        "sent back and made",
        "发",
        "CLS-6",
        edit("classify checked", lambda step: step.but(step="rejected").by(registrar=None, approver="何副书记")),
    ),
    Fault("others' document marked", "发", "CLS-9", edit("enter own", stated(classifier="u/省委")), also=of("DCL-3")),
]

MAKING = [
    Fault("made without a permit", "发", "MAK-1", drop("permit")),
    Fault("making permitted by another", "发", "MAK-1", edit("permit", by(approver="王宁"))),
    Fault("made in a meeting room", "发", "MAK-2", edit("make", but(place="w/会议室")), also=of("MAK-1", "MAK-3")),
    Fault("made in another room", "发", "MAK-3", edit("make", but(place="w/保密室"))),
    Fault("one too many made", "发", "MAK-4", edit("permit", fewer)),
    Fault("one less made", "发", "MAK-4", edit("permit", lambda step: step.but(count=step.fields["count"] + 1))),
    Fault("drafts left", "发", "MAK-5", drop("byproducts")),
    Fault("made on an open computer", "发", "MAK-6", edit("make", but(device="c/网机"))),
    Fault("made by a driver", "发", "MAK-9", edit("make", by(operator="黄"))),
    Fault("not marked", "发", "MRK-1", drop("mark")),
    Fault("marked with another level", "发", "MRK-1", edit("mark", but(text="绝密★30年"))),
    Fault(
        "marked with a shorter term",
        "发",
        "MRK-1",
        edit("mark", lambda step: step.but(text=step.fields["text"].partition("★")[0] + "★1年")),
    ),
    Fault("marked at the right", "发", "MRK-2", edit("mark", but(position="top_right"))),
    Fault("copy without a number", "发", "MRK-3", secret(edit("make", _no_number)), also=of("NUM-2", "NUM-3")),
    Fault("distribution not stated", "发", "MRK-6", edit("make", but(distribution=None)), "national"),
    Fault("numbered after the making", "发", "NUM-1", _numbered_late),
    Fault(
        "number used twice",
        "发",
        "NUM-1",
        edit("enter own", lambda step: replace(step.but(serial=1, register="设备"), serial=False)),
    ),
    Fault("not counted", "发", "NUM-2", drop("count")),
    Fault("counted one less", "发", "NUM-2", edit("count", lambda step: step.but(actual=step.fields["actual"] - 1))),
]

SENDING = [
    Fault("by courier", "发", "TRN-1", edit("post", but(channel="courier"))),
    Fault("by e-mail", "发", "TRN-6", edit("send", but(channel="email"))),
    Fault("one escort on the way", "发", "ISS-6", edit("post", by(escort="李敏"))),
    Fault("no cover", "发", "ISS-5", edit("post", but(cover=None))),
    Fault(
        "cover of a lower level",
        "发",
        "ISS-5",
        edit("post", lambda step: step.but(cover={**step.fields["cover"], "level": "内部"})),
    ),
    Fault("sent to whom it is not for", "发", "ISS-8", edit("send", but(to="u/县委")), also=of("DCL-2")),
    Fault(
        "sent by hand to another place, with one escort",
        "发",
        "ISS-4",
        edit("post", lambda step: by(escort="李敏")(but(channel="by_hand")(step))),
        also=of("ISS-6"),
    ),
    Fault("sent out by a driver", "发", "ISS-1", edit("send", by(giver="黄"))),
    Fault("no receipt", "发", "ISS-2", only("receipt", drop("receipt"), absent="recall"), also=of("MRK-4")),
    Fault("one unit not told", "发", "DCL-2", edit("tell", but(to=["u/甲村"]))),
    Fault("not marked anew", "发", "MRK-4", only("mark anew", drop("mark anew"), absent="list")),
    Fault("change not agreed to", "发", "DCL-1", drop("lower reviewed")),
    Fault("change without a ground", "发", "DCL-1", each("lower", but(ground=None))),
    Fault("change approved by a clerk", "发", "DCL-1", edit("lower approved", by(approver="赵强"))),
    Fault(
        "called back in vain",
        "发",
        "RET-5",
        lambda steps: None if place(steps, "recalled") is None else steps[: place(steps, "recalled")],
        also=of("RET-8"),
    ),
    Fault("called back and unsigned", "发", "RET-6", edit("recalled", unsigned("giver"))),
    Fault("draft list", "发", "DES-1", only("list", edit("permit destroy", but(whole=ODD_DIGEST)), absent="tell")),
]

MEDIA = [
    Fault("not filed", "介", "MED-1", drop("file")),
    Fault("no term", "介", "MED-2", edit("enter", but(term=None))),
    Fault("number used twice", "介", "MED-2", edit("enter", but(number="机1"))),
    Fault(
        "stored without a form", "介", "MED-3", both(edit("fill", but(form_no=None)), only("fill", lambda steps: steps))
    ),
    Fault(
        "content above the label", "介", "MED-4", edit("fill", but(level="绝密")), also=of("MED-5", "OUT-1", "CLS-14")
    ),
    Fault("connected to an open computer", "介", "MED-6", edit("connect", but(device="c/网机"))),
    Fault("marked lower", "介", "MED-5", edit("mark", but(text="内部")), also=of("MED-4")),
    Fault("repair permitted by a deputy", "介", "MED-10", only("repaired", each("permit", by(approver="何副书记")))),
    Fault(
        "repair unwatched", "介", "MED-10", both(edit("repair", by(witness=None)), edit("repaired", by(witness=None)))
    ),
    Fault("repaired in a shop", "算", "CMP-4", only("wipe", edit("repair", but(to="u/图文店")))),
    Fault(
        "taken out without a permit",
        "介",
        "MED-7",
        only(
            "take_out",
            lambda steps: drop("permit" + steps[place(steps, "take_out") or 0].what[len("take_out") :])(steps),
        ),
    ),
    Fault("no leader supervises", "介", "MED-11", edit("destroy", by(supervisor=["李敏", "赵强"]))),
    Fault("not reported by its user", "介", "MED-11", edit("permit destroy", by(proposer=None))),
    Fault("only formatted", "介", "DES-11", edit("destroy", but(method="format"))),
    Fault(
        "sent with its data",
        "算",
        "CMP-3",
        only("wipe", both(edit("repair", but(data="kept")), drop("wipe")), absent="nothing"),
        also=of("CMP-1"),
    ),
    Fault("sent to repair unasked", "算", "CMP-3", only("wipe", drop("permit"))),
    Fault("fault not recorded", "算", "CMP-2", drop("fault")),
    Fault(
        "repaired by a clerk",
        "算",
        "CMP-6",
        only("repaired", edit("repair", lambda step: step.by(receiver="冯") if "receiver" in step.who else None)),
    ),
    Fault(
        "scrapped by deleting",
        "算",
        "CMP-7",
        only("erase", both(drop("erase"), edit("destroy", but(method="delete"))), absent="wipe"),
    ),
    Fault(
        "unwatched in the house",
        "算",
        "CMP-1",
        edit("repair", lambda step: step.but(data="kept") if "receiver" in step.who else None),
    ),
]

PERSONS = [
    Fault("no talk", "员", "HND-3", drop("talk")),
    Fault("nothing handed over", "员", "HND-1", drop("hand over", "accounts"), also=of("HND-2", "HND-4")),
    Fault("receiver doesn't sign", "员", "HND-5", edit("hand over", unsigned("receiver"))),
    Fault("accounts not reset", "员", "HND-4", drop("accounts")),
    Fault("no cooling off", "员", "PER-4", drop("cool off"), "national"),
    Fault("signs after leaving", "员", "HND-6", insert("leave", _signs_later)),
    Fault("papers to somebody else", "会", "MTG-1", edit("give", by(receiver="冯")), "national", of("MTG-2", "KNW-2", "RCV-6", "TRN-4", "CIR-1", "CIR-2", "KNW-3")),
    Fault("papers not collected", "会", "MTG-2", lambda steps: None if place(steps, "collect") is None else steps[: place(steps, "collect")], "national", of("KNW-3", "RET-1", "RET-2", "INV-3")),
]  # fmt: skip


def _read_unasked(steps: Steps) -> Steps | None:
    """Read at another unit, and no leader allowed it."""
    found = [step for step in steps if step.fields.get("act") == "read_outside"]
    return drop(found[0].what)(steps) if len(found) == 1 and place(steps, "take_out") is None else None


OTHERS = [
    Fault("not handled", "收", "RCV-7", drop("handled")),
    Fault("read elsewhere unasked", "收", "RDG-3", _read_unasked),
    Fault("top secret copied without consent", "收", "CPY-1", drop("consent")),
    Fault("corrected by one", "收", "INT-6", edit("correct", unsigned("approver"))),
    Fault(
        "level lowered here",
        "收",
        "DCL-3",
        edit("lowered", lambda step: step.but(by=None, authority_doc=None).by(approver="周书记")),
        also=of("DCL-1"),
    ),
    Fault("leak not reported", "泄", "LEK-1", drop("upward")),
    Fault("leak not remedied", "泄", "LEK-1", drop("remedy")),
    Fault("leak not investigated", "泄", "LEK-3", drop("open", "close"), "national"),
    Fault("published unreviewed", "公", "PUB-1", drop("publish reviewed")),
    Fault("published on a clerk's word", "公", "PUB-1", edit("publish approved", by(approver="王宁"))),
    Fault(
        "published by nobody",
        "公",
        "PUB-2",
        both(drop("publish proposed"), edit("publish", by(proposer=None))),
        also=of("PUB-1"),
    ),
    Fault(
        "a secret published",
        "公",
        "PUB-3",
        edit("register", stated(level="秘密", term="10年")),
        also=of("CLS-1", "CLS-5", "PUB-1"),
    ),
]

FAULTS = [*CLASSIFYING, *MAKING, *SENDING, *MEDIA, *PERSONS, *OTHERS]
