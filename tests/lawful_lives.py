"""
Lives where every rule is kept: of media, computers, leavers, meetings, leaks; and the table of all kinds of lives.

Each function draws one life; what happens next follows from where the carrier is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random

from tests.lawful import BEGINNERS, LEAVERS, MAINTAINER, MEMBERS, Life
from tests.lawful_acts import HEAD, LEADER, destroy, digest, take_out
from tests.lawful_own import derived, internal, own
from tests.lawful_papers import Arrived, incoming, may_copy
from tests.lawful_stock import (
    archive_series,
    beginner,
    cipher_telegram,
    exam_papers,
    expiring,
    fetched,
    imported,
    missing,
    of_a_department,
    opening,
    read_out,
    rectified,
    register_book,
    to_another_unit,
)

# --- media and machines ------------------------------------------------------------------------------------------


def _enter(life: Life, form: str, level: str, user: str, more: str = "") -> str:
    carrier = life.id("c", more)
    life.tell(
        f"enter{more}", "created.equipment", [carrier], {"registrar": life.keeper, "receiver": user, "reader": user}, form=form,
        number=f"号{life.name}{more}", register="介质", serial=True, unit="u/党政办", level=level, term="10年", model="X1",
        serial_no=f"S{life.name}{more}", **({"network": "standalone", "protected": True} if form == "computer" else {}),
    )  # fmt: skip
    life.tell(f"mark{more}", "marked", [carrier], {"operator": life.keeper}, text=f"{level}★10年", position="top_left")
    life.next_day(life.rng.randint(0, 1))
    life.tell(
        f"file{more}", "notified.filed", [carrier], {"registrar": life.keeper}, to="u/党政办", what="equipment_register"
    )
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
        # Congress offices let no medium out, whoever asks.
        act = rng.choice(("fill", "connect", "repair", "fill" if life.profile == "npc_office" else "out"))
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
    if not life.has(10):
        return
    ending = rng.choice(("destroy", "destroy", "lower", "archive", "keep"))
    if ending == "destroy":
        life.next_day()
        life.tell("erase", "destroyed.contents", [stick], {"operator": "赵强"}, method="overwrite")
        destroy(
            life, [stick], [], proposer=user, method="disintegrate", reason="scrapped", supervisors=(LEADER, "赵强")
        )
    elif ending == "lower":
        _lower(life, stick)
    elif ending == "archive":
        forms = [step.fields["form_no"] for step in life.steps if step.what.startswith("fill")]
        _archive(life, stick, level, list(dict.fromkeys(forms)), keeper)


def _lower(life: Life, thing: str) -> None:
    """Erased, then lowered in three steps and marked anew."""
    life.next_day()
    life.tell("erase", "destroyed.contents", [thing], {"operator": "赵强"}, method="overwrite")
    refs: list[str] = []
    for step, who in (
        ("proposed", {"proposer": "赵强"}),
        ("reviewed", {"reviewer": LEADER}),
        ("approved", {"approver": HEAD}),
    ):
        life.tell(f"lower {step}", "decided.reclassify", [thing], who, id=life.id("", f"low {step}"), refs=refs, step=step,
                  change="lowered", level="内部", ground="harm_changed")  # fmt: skip
        refs = [life.id("", f"low {step}")]
    life.tell("mark anew", "marked", [thing], {"operator": "赵强"}, refs=refs, text="内部", position="top_left")


def _archive(life: Life, stick: str, level: str, forms: list[str], giver: str) -> None:
    """Filed in a volume with the forms of what was stored on it."""
    volume = life.id("c", "卷")
    life.next_day()
    life.tell("volume", "created.entered", [volume], {"registrar": "赵强"}, level=level, reason="volume", term="10年",
              items=[{"carrier": volume, "form": "volume"}])  # fmt: skip
    life.tell("mark volume", "marked", [volume], {"operator": "赵强"}, text=f"{level}★10年", position="top_left")
    life.tell("archive", "transferred.archive", [stick, volume], {"giver": giver, "receiver": "赵强"}, volume=volume,
              file_no="1", **({"forms": forms} if forms else {}))  # fmt: skip


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
    if rng.random() < 0.4:
        _change(life, machine)
    if not life.has(10):
        return
    ending = rng.choice(("destroy", "pass on", "keep"))
    if ending == "destroy":
        life.next_day()
        life.tell("erase", "destroyed.contents", [machine], {"operator": "赵强"}, method="overwrite")
        destroy(life, [machine], [], proposer="吴", method="crush", reason="scrapped", supervisors=(LEADER, "赵强"))
    elif ending == "pass on":
        _lower(life, machine)
        holder = next(step for step in reversed(life.steps) if "receiver" in step.who).who["receiver"]
        life.tell("pass on", "transferred.hand_over", [machine], {"giver": holder, "receiver": "冯"}, reason="interdepartmental",
                  to="u/低密室")  # fmt: skip


def _change(life: Life, machine: str) -> None:
    """A part of it is changed, as permitted."""
    life.next_day()
    permit = life.id("", "改")
    life.tell("permit change", "decided.permit", [machine], {"approver": LEADER, "proposer": "赵强"}, id=permit, step="approved",
              act="system_change")  # fmt: skip
    life.tell("change", "reported.incident", [machine], {"registrar": life.keeper}, refs=[permit], what="change")


def backup(life: Life) -> None:
    """What a computer holds is backed up on a disk that enters the books itself."""
    if not life.has(8):
        return
    level = life.rng.choice(("秘密", "机密"))
    machine, disk, permit = _enter(life, "computer", level, "吴"), life.id("c", "备"), life.id("", "copy")
    life.next_day()
    life.tell("permit copy", "decided.permit", [machine], {"proposer": "吴", "reviewer": "冯", "approver": may_copy(life)}, id=permit,
              step="approved", act="copy", count=1)  # fmt: skip
    life.tell(
        "backup", "copied.made", [disk, machine], {"operator": "赵强", "registrar": life.keeper}, refs=[permit], method="backup",
        parents=[machine], level=level, term="10年", stamped=True, purpose="备份", place="w/文印室",
        items=[{"carrier": disk, "form": "hard_disk", "copy_no": f"备{life.name}"}],
    )  # fmt: skip
    life.tell("mark backup", "marked", [disk], {"operator": life.keeper}, text=f"{level}★10年", position="top_left")
    life.tell("store", "transferred.store", [disk], {"registrar": life.keeper}, place=life.cabinet)


def leaver(life: Life) -> None:
    """Somebody with a computer and a paper leaves: talked to, everything handed over before, accounts reset."""
    person = LEAVERS[int(life.name.rpartition("员")[2] or 0) - 1]
    if not life.has(20):
        return
    machine = _enter(life, "computer", "秘密", person)
    things = [machine]
    if life.rng.random() < 0.5:
        things.append(_enter(life, "usb_stick", "秘密", person, "又"))
        life.tell("put 又", "transferred.store", things[1:], {"registrar": person}, place=life.cabinet)
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
        "hand over", "transferred.hand_over", [*things, listed], {"giver": person, "receiver": "赵强", "witness": "王宁"},
        reason="leaving", part={"number": 1, "of": 1, "whole": digest(things)},
    )  # fmt: skip
    if len(things) > 1:
        life.tell("put", "transferred.store", things[1:], {"registrar": "赵强"}, place=life.cabinet)
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


def archives_opened(life: Life) -> None:
    """Papers that are no secret are opened to the public, reviewed one by one."""
    if not life.has(4):
        return
    document, permit = life.id("d"), life.id("", "open")
    life.tell(
        "register", "registered.document", [document], {"registrar": life.keeper}, register="发文2025", serial=True,
        document={"title": "旧档", "type": "official", "issuer": "u/镇", "level": "无密", "doc_no": f"旧档{life.name}",
                  "issue_date": str(life.now.date())},
    )  # fmt: skip
    life.tell("permit open", "decided.permit", [document], {"proposer": "赵强", "approver": LEADER}, id=permit, step="approved",
              act="open")  # fmt: skip
    life.tell("open", "notified.published", [document], {"operator": "赵强"}, refs=[permit], how="archive_opened")


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
    "收": incoming, "发": own, "派": derived, "内": internal, "介": medium, "算": computer, "备": backup, "员": leaver, "会": meeting,
    "公": publication, "开": archives_opened, "泄": leak, "期": opening, "账": imported, "失": missing, "科": of_a_department,
    "移": to_another_unit, "卷": exam_papers, "档": archive_series, "延": expiring, "电": cipher_telegram, "取": fetched,
    "簿": register_book, "新": beginner, "改": rectified, "传": read_out,
}  # fmt: skip
# Kinds of lives of which there are only so many.
LIMITED = {"员": len(LEAVERS), "科": len(MEMBERS), "新": len(BEGINNERS)}


def live(kind: str, number: int, seed: int, profile: str) -> Life:
    """A life of a kind, drawn from a seed, beginning on any day up to November."""
    rng = Random(seed)
    start = date.fromordinal(date(2025, 1, 3).toordinal() + rng.randrange(300))
    life = Life(f"{kind}{number}", profile, rng, start=start)
    KINDS[kind](life)
    return life
