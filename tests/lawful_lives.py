"""
Lives where every rule is kept: of received papers, documents of one's own, media, computers, leavers, meetings, leaks.

Each function draws one life; what happens next follows from where the carrier is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from random import Random

from tests.lawful import LEAVERS, MAINTAINER, Life
from tests.lawful_acts import HEAD, LEADER, TERMS, destroy, digest, take_out
from tests.lawful_papers import Arrived, incoming
from tests.told import item

# --- documents of one's own ------------------------------------------------------------------------------------


def own(life: Life) -> None:
    """A document of one's own: determined in three steps, made as permitted, marked, counted, sent, called back, destroyed."""
    rng, document = life.rng, life.id("d")
    if not life.has(12):
        return
    level = rng.choice(("秘密", "机密"))
    term, count = TERMS[level], rng.randint(3, 6)
    carriers = [life.id("c", f"-{n}") for n in range(1, count + 1)]
    mark = f"{level}★{term}"
    _classify(life, document, level, term)
    today, doc_no = str(life.now.date()), f"镇发〔2025〕{life.name}号"
    permit = life.id("", "make")
    life.tell("permit", "decided.permit", [document], {"approver": HEAD, "proposer": "赵强"}, id=permit, step="approved", act="make",
              count=count, where="w/文印室")  # fmt: skip
    stated = {
        "title": "方案", "type": "official", "issuer": "u/镇", "level": level, "term": term, "issue_date": today, "doc_no": doc_no,
        "classification": "original", "copies": count,
    }  # fmt: skip
    life.tell("register", "registered.document", [document], {"registrar": life.keeper}, register="发文2025", serial=True,
              document=stated)  # fmt: skip
    life.tell(
        "make", "created.produced", [*carriers, document], {"operator": "赵强", "registrar": life.keeper}, refs=[permit],
        place="w/文印室", device="c/机1", level=level, distribution=["u/甲村", "u/乙村", "u/市保密局"],
        items=[item(c, document, copy_no=str(n)) for n, c in enumerate(carriers, 1)],
    )  # fmt: skip
    life.tell("mark", "marked", carriers, {"operator": "赵强"}, text=mark, position="top_left")
    life.tell("count", "checked.count", [document], {"registrar": life.keeper}, expected=count, actual=count,
              copy_nos=[str(n) for n in range(1, count + 1)])  # fmt: skip
    life.tell("byproducts", "destroyed.byproducts", [document], {"operator": "赵强"}, count=2, what="草稿")
    life.tell("store", "transferred.store", carriers, {"registrar": life.keeper}, place=life.cabinet)
    life.next_day()
    life.tell("send", "transferred.dispatch", [carriers[0], document], {"giver": life.keeper, "receiver": "甲村文书"}, to="u/甲村",
              channel="by_hand")  # fmt: skip
    post = life.id("", "post")
    life.tell(
        "post", "transferred.dispatch", [carriers[1], document], {"giver": life.keeper, "escort": ["李敏", "赵强"]}, id=post,
        to="u/市保密局", channel="confidential_post", post_no="机1",
        cover={"wrapped": True, "level": level, "number": doc_no, "addressee": "市保密局"},
    )  # fmt: skip
    life.next_day(rng.randint(1, 6))
    life.tell(
        "receipt",
        "transferred.receipt",
        [carriers[1]],
        {"receiver": "省机要员"},
        refs=[post],
        found=1,
        receipt_no="回2",
    )
    kept = carriers[2:]
    called_back = life.has(30) and rng.random() < 0.5
    if called_back:
        kept = _call_back(life, document, carriers)
    elif life.has(10) and rng.random() < 0.7:
        _lower(life, document, carriers)
    # Congress offices destroy what has come back, and within three months.
    if called_back or (life.has(8) and rng.random() < 0.5):
        destroy(life, kept, [document], proposer="李敏", method="pulp")


def _classify(life: Life, document: str, level: str, term: str) -> None:
    steps = (("proposed", {"proposer": "赵强"}), ("reviewed", {"reviewer": "王宁"}), ("approved", {"approver": LEADER}))
    refs: list[str] = []
    for step, who in steps:
        life.tell(
            f"classify {step}", "decided.classify", [document], who, id=life.id("", step), refs=refs, step=step, level=level,
            term=term, basis="范围第三条", classification="original", scope={"units": ["u/甲村", "u/乙村", "u/市保密局"]},
        )  # fmt: skip
        refs = [life.id("", step)]
    life.tell(
        "classify checked",
        "decided.classify",
        [document],
        {"registrar": life.keeper},
        refs=refs,
        step="checked",
        level=level,
    )


def _call_back(life: Life, document: str, carriers: Sequence[str]) -> list[str]:
    """Called back from both units by a list with a date; what came is what stays."""
    life.next_day(3)
    called, due = life.id("l", "收"), life.until(6)
    life.tell(
        "recall", "listed.added", [*carriers[:2], called], {"registrar": life.keeper}, purpose="recall", total=2, due=due,
        items=[{"carrier": one} for one in carriers[:2]],
    )  # fmt: skip
    life.tell("call", "notified.sent", [called], {"registrar": life.keeper}, topic="recall", to=["u/甲村", "u/市保密局"],
              channel="confidential_post", letter_no="函1", due=due)  # fmt: skip
    life.next_day(3)
    for n, giver in enumerate(("甲村文书", "省机要员")):
        life.tell(f"recalled{n}", "returned.to_keeper", [carriers[n], document, called], {"giver": giver, "receiver": life.keeper},
                  reason="recall")  # fmt: skip
    life.tell("store recalled", "transferred.store", carriers[:2], {"registrar": life.keeper}, place=life.cabinet)
    return list(carriers)


def _lower(life: Life, document: str, carriers: Sequence[str]) -> None:
    """Lowered or declassified in three steps; both units are told, the copies here are marked anew."""
    life.next_day(2)
    change = life.rng.choice(
        (
            {"change": "lowered", "level": "秘密", "term": "5年", "ground": "harm_changed"},
            {"change": "declassified", "level": "无密", "ground": "harmless"},
        )
    )
    mark = "秘密★5年" if change["change"] == "lowered" else "解密"
    refs: list[str] = []
    for step, who in (
        ("proposed", {"proposer": "赵强"}),
        ("reviewed", {"reviewer": LEADER}),
        ("approved", {"approver": HEAD}),
    ):
        life.tell(f"lower {step}", "decided.reclassify", [document], who, id=life.id("", f"low {step}"), refs=refs, step=step,
                  **change)  # fmt: skip
        refs = [life.id("", f"low {step}")]
    life.next_day()
    life.tell("tell", "notified.sent", [document], {"registrar": life.keeper}, refs=refs, topic="level_change",
              to=["u/甲村", "u/市保密局"], channel="confidential_post", letter_no="函2")  # fmt: skip
    life.tell("mark anew", "marked", carriers[2:], {"operator": "赵强"}, refs=refs, text=mark, position="top_left")


# --- media and machines ------------------------------------------------------------------------------------------


def _enter(life: Life, form: str, level: str, user: str) -> str:
    carrier = life.id("c")
    life.tell(
        "enter", "created.equipment", [carrier], {"registrar": life.keeper, "receiver": user, "reader": user}, form=form,
        number=f"号{life.name}", register="介质", serial=True, unit="u/党政办", level=level, term="10年", model="X1",
        serial_no=f"S{life.name}", **({"network": "standalone", "protected": True} if form == "computer" else {}),
    )  # fmt: skip
    life.tell("mark", "marked", [carrier], {"operator": life.keeper}, text=f"{level}★10年", position="top_left")
    life.next_day(life.rng.randint(0, 1))
    life.tell("file", "notified.filed", [carrier], {"registrar": life.keeper}, to="u/党政办", what="equipment_register")
    return carrier


def medium(life: Life) -> None:
    """A stick: entered, filed, written to with a form, taken out, repaired, erased, lowered, scrapped."""
    rng, user = life.rng, life.rng.choice(("陈", "吴", "许"))
    if not life.has(5):
        return
    level = rng.choice(("秘密", "机密"))
    form = rng.choice(("usb_stick", "hard_disk"))
    stick = _enter(life, form, level, user)
    life.tell("store", "transferred.store", [stick], {"registrar": life.keeper}, place=life.cabinet)
    keeper = user
    for n in range(rng.randint(0, 3)):
        if not life.has(8):
            return
        act = rng.choice(("fill", "connect", "out", "repair"))
        if act == "fill":
            _fill(life, n, stick, level, user)
        elif act == "connect":
            life.next_day()
            life.tell(f"connect{n}", "accessed.connected", [stick], {"registrar": life.keeper}, device="c/机1")
        elif act == "out":
            take_out(life, n, stick, user, giver=keeper)
            keeper = life.keeper
            life.tell(f"put{n}", "transferred.store", [stick], {"registrar": life.keeper}, place=life.cabinet)
        else:
            _repair(life, n, stick, HEAD, keeper)
            keeper = life.keeper
    if life.has(10) and rng.random() < 0.6:
        life.next_day()
        life.tell("erase", "destroyed.contents", [stick], {"operator": "赵强"}, method="overwrite")
        destroy(
            life, [stick], [], proposer=user, method="disintegrate", reason="scrapped", supervisors=(LEADER, "赵强")
        )


def _fill(life: Life, n: int, stick: str, level: str, user: str) -> None:
    life.next_day()
    permit = life.id("", f"f{n}")
    life.tell(f"permit{n}", "decided.permit", [stick], {"approver": LEADER, "proposer": user}, id=permit, step="approved",
              act="store_content", form_no=f"表{life.name}")  # fmt: skip
    life.tell(f"fill{n}", "copied.stored", [stick], {"operator": user, "approver": LEADER}, refs=[permit], what="数据",
              level=level, form_no=f"表{life.name}", device="c/机1")  # fmt: skip


def _repair(life: Life, n: int, thing: str, leader: str, giver: str) -> None:
    """To a designated shop: the fault on record, permitted, erased, watched."""
    life.next_day()
    permit = life.id("", f"w{n}")
    life.tell(f"fault{n}", "reported.incident", [thing], {"registrar": life.keeper}, what="fault")
    life.tell(
        f"permit{n}",
        "decided.permit",
        [thing],
        {"approver": leader, "proposer": "赵强"},
        id=permit,
        step="approved",
        act="repair",
    )
    life.tell(f"wipe{n}", "destroyed.contents", [thing], {"operator": "赵强"}, method="overwrite")
    life.tell(f"repair{n}", "transferred.repair", [thing], {"giver": giver, "witness": "王宁"}, refs=[permit], to="u/快修店",
              data="erased", agreement_no="协议1")  # fmt: skip
    life.next_day()
    life.tell(f"repaired{n}", "returned.from_repair", [thing], {"receiver": life.keeper, "witness": "王宁"}, work="换件", before="不启动",
              after="正常")  # fmt: skip
    life.tell(f"put{n}", "transferred.store", [thing], {"registrar": life.keeper}, place=life.cabinet)


def computer(life: Life) -> None:
    """A computer: entered, filed, repaired outside or in the house, scrapped."""
    rng = life.rng
    if not life.has(8):
        return
    machine = _enter(life, "computer", rng.choice(("秘密", "机密")), "吴")
    if rng.random() < 0.5:
        _repair(life, 0, machine, LEADER, "吴")
    elif rng.random() < 0.7:
        life.next_day()
        life.tell("fault", "reported.incident", [machine], {"registrar": life.keeper}, what="fault")
        life.tell(
            "repair",
            "transferred.repair",
            [machine],
            {"giver": "吴", "receiver": MAINTAINER},
            to="u/镇",
            data="removed",
        )
        life.tell("repaired", "returned.from_repair", [machine], {"receiver": "吴", "operator": MAINTAINER}, work="换件", before="坏",
                  after="好")  # fmt: skip
    if life.has(10) and rng.random() < 0.6:
        life.next_day()
        life.tell("erase", "destroyed.contents", [machine], {"operator": "赵强"}, method="overwrite")
        destroy(life, [machine], [], proposer="吴", method="crush", reason="scrapped", supervisors=(LEADER, "赵强"))


def leaver(life: Life) -> None:
    """Somebody with a computer and a paper leaves: talked to, everything handed over before, accounts reset."""
    person = LEAVERS[int(life.name.rpartition("员")[2] or 0) - 1]
    if not life.has(20):
        return
    machine = _enter(life, "computer", "秘密", person)
    life.next_day(2)
    listed = life.id("l", "移")
    life.tell(
        "talk",
        "notified.sent",
        [listed],
        {"registrar": "王宁"},
        topic="departure",
        to=[f"p/{person}"],
        channel="by_hand",
    )
    life.tell(
        "hand over", "transferred.hand_over", [machine, listed], {"giver": person, "receiver": "赵强", "witness": "王宁"},
        reason="leaving", part={"number": 1, "of": 1, "whole": digest([machine])},
    )  # fmt: skip
    life.tell("accounts", "checked.inspection", [machine], {"operator": "赵强"}, topic="accounts")
    life.next_day()
    administrators = {"administrator": ["p/A1", "p/A2"]}
    life.tell("leave", "departed", [], administrators, person=f"p/{person}", reason="transferred")
    day = str(life.now.date())
    life.tell(
        "cool off", "appointed.credential", [], administrators, person=f"p/{person}", what="cooling_off", valid_from=day
    )


def meeting(life: Life) -> None:
    """Papers of a meeting: handed to those who attend, taken back when it ends."""
    if not life.has(6):
        return
    paper = Arrived(life, copies=3, level=life.rng.choice(("秘密", "机密")))
    life.next_day()
    listed, papers = life.id("l", "会"), paper.carriers[: len(paper.readers)]
    day = f"{life.now:%Y-%m-%d}"
    life.tell(
        "meeting", "declared.meeting", [], {"administrator": ["p/A1", "p/A2"]}, list=listed, starts_at=f"{day} 14:00",
        ends_at=f"{day} 16:00", attendees=[f"p/{one}" for one in paper.readers], place="w/会议室",
    )  # fmt: skip
    life.now = life.now.replace(hour=14, minute=0)
    pairs = list(zip(papers, paper.readers, strict=False))
    for n, (one, reader) in enumerate(pairs):
        life.tell(f"give{n}", "transferred.circulate", [one, listed], {"giver": life.keeper, "receiver": reader}, mode="face_to_face",
                  place="w/会议室")  # fmt: skip
    life.now = life.now.replace(hour=16, minute=0)
    for n, (one, reader) in enumerate(pairs):
        life.tell(
            f"collect{n}",
            "returned.to_keeper",
            [one, listed],
            {"giver": reader, "receiver": life.keeper},
            reason="meeting",
        )
    paper.store("put", [one for one, _ in pairs])
    if not paper.wanted_back and life.has(8):
        destroy(life, paper.carriers, [paper.document], proposer="李敏", method="shred", reason="meeting")


def publication(life: Life) -> None:
    """Something that is no secret, reviewed by the office, approved by the leader, put online."""
    if not life.has(4):
        return
    document, refs = life.id("d"), []
    life.tell(
        "register", "registered.document", [document], {"registrar": life.keeper}, register="发文2025", serial=True,
        document={"title": "公告", "type": "official", "issuer": "u/镇", "level": "无密", "doc_no": f"公告{life.name}",
                  "issue_date": str(life.now.date())},
    )  # fmt: skip
    for step, who in (
        ("proposed", {"proposer": "赵强"}),
        ("reviewed", {"reviewer": "王宁"}),
        ("approved", {"approver": HEAD}),
    ):
        life.tell(
            f"publish {step}",
            "decided.permit",
            [document],
            who,
            id=life.id("", step),
            refs=refs,
            step=step,
            act="publish",
        )
        refs = [life.id("", step)]
    life.tell("publish", "notified.published", [document], {"proposer": "赵强", "reviewer": "王宁", "operator": "李敏"}, refs=refs,
              how="website", site="政府网")  # fmt: skip


def leak(life: Life) -> None:
    """A leak: remedied and reported within hours, investigated to its end."""
    if not life.has(30):
        return
    paper = Arrived(life, copies=1, level="秘密")
    incident = life.id("i")
    life.next_day()
    life.tell("leak", "reported.incident", [incident, paper.carriers[0], paper.document], {"registrar": life.keeper, "operator": life.keeper},
              what="leak", to=[f"p/{LEADER}"])  # fmt: skip
    life.tell("remedy", "reported.handled", [incident], {"approver": LEADER}, step="remedied")
    life.tell(
        "upward", "reported.upward", [incident], {"operator": life.keeper}, to=["u/市保密局", "u/县委"], report_no="报1"
    )
    life.next_day(2)
    life.tell("open", "reported.handled", [incident], {"approver": LEADER}, step="investigation_opened")
    life.next_day(3)
    life.tell(
        "close", "reported.handled", [incident], {"approver": LEADER}, step="investigation_closed", outcome="无人受损"
    )


KINDS: dict[str, Callable[[Life], None]] = {
    "收": incoming, "发": own, "介": medium, "算": computer, "员": leaver, "会": meeting,
    "公": publication, "泄": leak,
}  # fmt: skip


def live(kind: str, number: int, seed: int, profile: str) -> Life:
    """A life of a kind, drawn from a seed, beginning on any day up to November."""
    rng = Random(seed)
    start = date.fromordinal(date(2025, 1, 3).toordinal() + rng.randrange(300))
    life = Life(f"{kind}{number}", profile, rng, start=start)
    KINDS[kind](life)
    return life
