"""
Stories beside the ten of `told`, as an inspector would think them up: the same office, small departures from what is lawful.

A story ends lawfully wherever it can, so that what is found in it is what it is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainlog.canon import codec
from chainlog.digest import list_digest
from chainlog.log.genesis import Policy
from tests import told
from tests.offices import Office
from tests.told import item

DOCUMENT = {
    "title": "通知", "type": "official", "issuer": "u/省委", "tier": "province", "level": "秘密", "term": "10年",
    "issue_date": "2025-02-26", "doc_no": "省委〔2025〕31号",
}  # fmt: skip
STEPS: tuple[tuple[str, dict[str, str]], ...] = (
    ("proposed", {"proposer": "赵强"}), ("reviewed", {"reviewer": "王宁"}), ("approved", {"approver": "何副书记"}),
)  # fmt: skip


def whole(carriers: Sequence[str]) -> bytes:
    """The digest of a list."""
    return list_digest(codec.encode(sorted(carriers, key=codec.sort_key)))


def shelve(o: Office, at: str, *carriers: str, place: str = "w/G1", **fields: Any) -> None:
    """Put away."""
    o.tell(at, "transferred.store", on=carriers, who={"registrar": "李敏"}, place=place, **fields)


def paper(
    profile: str | Policy, *readers: str, carriers: Sequence[str] = ("c/1",), level: str = "秘密", term: str = "10年", **stated: Any
) -> Office:  # fmt: skip
    """d/1 arrives on 3 June in some copies; *readers* are instructed to read it."""
    o = told.office(profile)
    told.arrive(o, "06-03", carriers, "d/1", level=level, term=term, **stated)
    if readers:
        instruct(o, *readers)
    return o


def instruct(o: Office, *readers: str) -> None:
    """Who is to read d/1, and who may know of it."""
    named = [f"p/{name}" for name in readers]
    on, who = ["d/1"], {"approver": "周书记"}
    o.tell("06-03 09:30", "decided.route", on=on, who=who, step="approved", recipients=named)
    o.tell("06-03 09:31", "decided.scope", on=on, who=who, step="approved", change="set", scope={"persons": named})


def hand_out(o: Office, at: str, to: str, mode: str = "face_to_face", **fields: Any) -> None:
    """c/1 goes to a reader."""
    o.tell(
        at,
        "transferred.circulate",
        on=["c/1"],
        who={"giver": "李敏", "receiver": to},
        mode=mode,
        folder_no="F1",
        **fields,
    )


def lend(o: Office, carrier: str, to: str, due: str) -> None:
    """Lent on 11 June, with a leader's permit."""
    o.tell(
        "06-11 09:50", "decided.permit", id="permit", on=[carrier], who={"approver": "何副书记", "proposer": to}, step="approved", act="lend"
    )  # fmt: skip
    o.tell(
        "06-11 10:00", "transferred.lend", id="loan", on=[carrier], who={"giver": "李敏", "receiver": to}, refs=["permit"], purpose="起草",
        depth="take_away", due=due,
    )  # fmt: skip


def back(o: Office, day: str, carrier: str, by: str, reason: str = "reading", hour: int = 15) -> None:
    """Brought back and put away."""
    on = [carrier]
    o.tell(f"{day} {hour}:00", "returned.to_keeper", on=on, who={"giver": by, "receiver": "李敏"}, reason=reason)
    shelve(o, f"{day} {hour}:20", carrier)


def own(profile: str, steps: int = 3, count: int = 2, *, permit: bool = True, authority: str = "秘密") -> Office:
    """d/W, a document of one's own, made on 3 June. steps: how many of the three were taken. permit: whether it might be made."""
    o = told.office(profile)
    o.declare_units({"u/镇": "own"}, authority=authority)
    told.device(o, "06-02 09:00", "c/PC1", "机密", 1)
    before: list[str] = []
    for number, (step, who) in enumerate(STEPS[:steps]):
        o.tell(
            f"06-03 08:3{number}", "decided.classify", id=step, on=["d/W"], who=who, refs=before, step=step, level="秘密", term="5年",
            basis="保密范围第3条", classification="original", scope={"units": ["u/镇", "u/甲村"]},
        )  # fmt: skip
        before = [step]
    o.tell(
        "06-03 09:40", "registered.document", on=["d/W"], who={"registrar": "李敏"}, register="发文2025", serial=12,
        document={
            "title": "方案", "type": "official", "issuer": "u/镇", "level": "秘密", "term": "5年", "doc_no": "镇发〔2025〕12号",
            "issue_date": "2025-06-03",
        },
    )  # fmt: skip
    if permit:
        o.tell(
            "06-03 10:00", "decided.permit", id="make", on=["d/W"], who={"approver": "周书记", "proposer": "赵强"}, step="approved", act="make",
            count=count, where="w/文印室",
        )  # fmt: skip
    carriers = [f"c/W{n}" for n in range(1, count + 1)]
    make(o, "06-03 11", carriers, first=1, refs=["make"] if permit else [])
    o.tell("06-03 11:30", "checked.count", on=["d/W"], who={"registrar": "李敏"}, expected=count, actual=count)
    return o


def make(o: Office, hour: str, carriers: Sequence[str], *, first: int, refs: Sequence[str]) -> None:
    """Copies of d/W are printed, marked and put away, the spoiled pages destroyed."""
    o.tell(
        f"{hour}:00", "created.produced", on=[*carriers, "d/W"], who={"operator": "赵强", "registrar": "李敏"}, refs=refs, place="w/文印室",
        device="c/PC1", level="秘密", distribution=["u/甲村"],
        items=[item(c, "d/W", copy_no=str(n)) for n, c in enumerate(carriers, first)],
    )  # fmt: skip
    o.tell(f"{hour}:10", "destroyed.byproducts", on=["d/W"], who={"operator": "赵强"}, count=3, what="校样")
    o.tell(f"{hour}:20", "marked", on=carriers, who={"operator": "赵强"}, text="秘密★5年", position="top_left")
    shelve(o, f"{hour}:40", *carriers)


def destruction(
    count: int = 2, *, listed: int = 0, gone: int = 0, parts: int = 1, withdrawn: str = "", second: bool = True, **stated: Any
) -> Office:  # fmt: skip
    """
    c/D1 and following in the township: listed on 20 October, approved, delivered, destroyed on the 23rd.

    listed, gone: how many are, all by default. withdrawn: one that isn't, by a record. second: whether the second supervisor signs.
    """
    o = told.office("township")
    carriers = [f"c/D{n}" for n in range(1, count + 1)]
    told.arrive(o, "10-10", carriers, "d/D", level="秘密", term="10年", **stated)
    on_list = carriers[: listed or count]
    for number, chunk in enumerate(_cut(on_list, parts), 1):
        o.tell(
            f"10-20 09:0{number}", "listed.added", on=[*chunk, "l/X"], who={"registrar": "李敏"}, purpose="destroy", total=len(on_list),
            items=[{"carrier": c, "reason": "no_longer_needed"} for c in chunk], **_part(number, parts, on_list),
        )  # fmt: skip
    o.tell(
        "10-21 09:00", "decided.permit", id="x", on=["l/X"], who={"approver": "何副书记", "proposer": "李敏"}, step="approved", act="destroy",
        count=len(on_list), whole=whole(on_list),
    )  # fmt: skip
    if withdrawn:
        o.tell("10-22 09:00", "listed.withdrawn", on=["l/X", withdrawn], who={"registrar": "李敏"}, reason="仍需使用")
        shelve(o, "10-22 09:10", withdrawn)
    deed = [c for c in carriers[: gone or count] if c != withdrawn]
    o.tell(
        "10-23 09:00", "transferred.send_to_destruction", on=[*deed, "l/X"],
        who={"giver": "李敏", "escort": ["李敏", "赵强"], "receiver": "销毁中心员"}, to="u/市保密局", receipt_no="R-9",
    )  # fmt: skip
    for number, chunk in enumerate(_cut(deed, parts), 1):
        o.tell(
            f"10-23 11:{number}0", "destroyed.carriers", id="deed", on=[*chunk, "d/D", "l/X"],
            who={"supervisor": ["李敏", "赵强"], "operator": "销毁中心员"}, unsigned=() if second else ("赵强",), refs=["x"],
            place="w/市销毁中心", unit="u/市保密局", method="pulp", **_part(number, parts, on_list),
        )  # fmt: skip
    return o


def _cut(carriers: Sequence[str], parts: int) -> list[Sequence[str]]:
    size = -(-len(carriers) // parts)
    return [carriers[n : n + size] for n in range(0, len(carriers), size)]


def _part(number: int, parts: int, carriers: Sequence[str]) -> dict[str, Any]:
    return {"part": {"number": number, "of": parts, "whole": whole(carriers)}} if parts > 1 else {}


def missing(*, found: str = "", upward: str = "") -> Office:
    """In the cooperative one of two is not found on 16 June at 10, and reported inside at 11."""
    o = paper("coop", carriers=["c/1", "c/2"])
    on, who = ["i/1", "c/2", "d/1"], {"registrar": "李敏", "operator": "李敏"}
    o.tell(
        "06-16 10:00", "checked.inventory", on=["l/盘", "u/镇"], who={"operator": ["李敏", "赵强"]}, place="w/G1", occasion="regular",
        found=["c/1"],
    )  # fmt: skip
    o.tell("06-16 11:00", "reported.incident", on=on, who=who, what="missing", to=["p/王宁", "p/何副书记"])
    if upward:
        o.tell(upward, "reported.upward", on=["i/1"], who={"operator": "李敏"}, to=["u/市保密局", "p/何副书记"])
    if found:
        o.tell(f"{found} 09:00", "reported.incident", on=on, who=who, what="found", to=["p/何副书记"])
        shelve(o, f"{found} 09:30", "c/2")
    return o


def leak(
    report: str,
    profile: str | Policy = "township",
    *,
    at: str = "06-10 09:00",
    number: int = 1,
    o: Office | None = None,
) -> Office:
    """A leak of the day before is discovered, remedied within hours, and reported at a time."""
    o = o or paper(profile)
    incident, day = f"i/{number}", at[:5]
    o.tell(
        at, "reported.incident", on=[incident, "c/1", "d/1"], who={"operator": "李敏", "registrar": "李敏"}, what="leak",
        happened_at="06-09 10:00", to=["p/何副书记"], recorded=f"{day} 18:00",
    )  # fmt: skip
    o.tell(
        at if len(at) == 5 else f"{day} 12:00", "reported.handled", on=[incident], who={"approver": "何副书记"}, step="remedied",
        recorded=f"{day} 18:10",
    )  # fmt: skip
    o.tell(
        report, "reported.upward", on=[incident], who={"operator": "李敏"}, to=["u/市保密局"],
        recorded=report if len(report) > 5 else f"{report} 18:00",
    )  # fmt: skip
    return o
