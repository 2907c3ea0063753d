"""
Lives that begin or run otherwise: stock at the opening, rows of ledgers, what was missing, hand-overs between units, exam papers,
series of archives, terms that end, telegrams, mail that is fetched, register books, beginners, incidents put right, readings aloud.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tests.lawful import BEGINNERS, ELSEWHERE, MEMBERS, OUTSIDER, TUTOR, Life
from tests.lawful_acts import HEAD, LEADER, destroy
from tests.lawful_papers import Arrived
from tests.told import item

_ADMINISTRATORS = {"administrator": ["p/A1", "p/A2"]}


def _store(life: Life, what: str, carriers: Sequence[str]) -> None:
    life.tell(what, "transferred.store", carriers, {"registrar": life.keeper}, place=life.cabinet)


# --- what was there before the log -------------------------------------------------------------------------------


def opening(life: Life) -> None:
    """Stock of which nobody knows how it came: entered, put away, read, destroyed."""
    if not life.has(12):
        return
    document, carriers = life.id("d"), [life.id("c", f"-{n}") for n in (1, 2)]
    life.tell(
        "opening", "created.opening", [*carriers, document], {"registrar": life.keeper},
        items=[{"carrier": c, "form": "document", "level": "秘密", "phase": "in_stock", "row": n, "document": document,
                "copy_no": str(n), "pages": 12, "term": "20年", "holder": f"p/{life.keeper}", "place": life.cabinet}
               for n, c in enumerate(carriers, 1)],
    )  # fmt: skip
    _store(life, "store", carriers)
    life.tell("scope", "decided.scope", [document], {"approver": HEAD}, step="approved", change="set",
              scope={"persons": [f"p/{one}" for one in life.readers]})  # fmt: skip
    life.next_day()
    life.tell("read", "accessed.read", [carriers[0]], {"reader": life.readers[0], "registrar": life.keeper}, how="read",
              place="w/阅文室", out_at=f"{life.now:%Y-%m-%d} 11:30")  # fmt: skip
    if life.rng.random() < 0.6:
        destroy(life, carriers, [document], proposer="李敏", method="pulp")


def imported(life: Life) -> None:
    """Rows of last year's ledger are taken over: an arrival, a loan and its return; what is left goes on in the log."""
    if not life.has(12):
        return
    document, carriers = life.id("d"), [life.id("c", f"-{n}") for n in (1, 2)]
    ledger = {"cells": bytes(32), "sha256": bytes(32), "sheet": "收文2024"}
    clerk = {"registrar": life.keeper}
    life.tell(
        "row arrival", "created.received", [*carriers, document], clerk, sender="u/省委", channel="exchange", listed=2, found=2,
        seal="intact", level="秘密", source={**ledger, "row": 5}, stated=[["receiver", "老李"]],
        items=[item(c, document, copy_no=str(n)) for n, c in enumerate(carriers, 1)],
    )  # fmt: skip
    life.tell(
        "row entry", "registered.document", [*carriers, document], clerk, register=f"收文2024{life.name}", serial=5,
        source={**ledger, "row": 5}, document={"title": "旧件", "issuer": "u/省委", "tier": "province", "level": "秘密", "term": "10年",
                                                "issue_date": "2024-03-04", "doc_no": f"旧发{life.name}"},
    )  # fmt: skip
    life.tell("row permit", "decided.permit", [carriers[0]], clerk, id=life.id("", "row"), step="approved", act="lend",
              source={**ledger, "row": 6}, stated=[["approver", "老何"]])  # fmt: skip
    life.tell("row loan", "transferred.lend", [carriers[0]], clerk, purpose="查阅", depth="read", source={**ledger, "row": 6},
              stated=[["receiver", "老王"]])  # fmt: skip
    life.tell("row return", "returned.to_keeper", [carriers[0]], clerk, reason="loan", source={**ledger, "row": 6},
              stated=[["giver", "老王"], ["receiver", "老李"]])  # fmt: skip
    then = datetime.fromisoformat("2024-03-05 09:00")
    life.steps = [
        replace(step, at=then + timedelta(days=7 * number), recorded=step.at) for number, step in enumerate(life.steps)
    ]
    life.next_day()
    _store(life, "store", carriers)
    life.tell("scope", "decided.scope", [document], {"approver": HEAD}, step="approved", change="set",
              scope={"persons": [f"p/{one}" for one in life.readers]})  # fmt: skip
    life.next_day()
    due, permit, reader = life.until(5), life.id("", "p"), life.readers[0]
    life.tell(
        "permit", "decided.permit", [carriers[0]], {"approver": LEADER, "proposer": reader, "reviewer": "冯"}, id=permit,
        step="approved", act="lend", until=due, depth="take_away",
    )  # fmt: skip
    life.tell("lend", "transferred.lend", [carriers[0]], {"giver": life.keeper, "receiver": reader}, id=life.id("", "b"),
              refs=[permit], purpose="课题", depth="take_away", due=due)  # fmt: skip
    life.next_day()
    life.tell("return", "returned.to_keeper", [carriers[0]], {"giver": reader, "receiver": life.keeper}, refs=[life.id("", "b")],
              reason="loan", condition="intact")  # fmt: skip
    _store(life, "put", [carriers[0]])
    if life.has(8) and life.rng.random() < 0.6:
        destroy(life, carriers, [document], proposer="李敏", method="pulp")


# --- what was not where it should be -------------------------------------------------------------------------------


def missing(life: Life) -> None:
    """A copy isn't found: told at once; found within hours, or reported upward and found later, or lost and investigated."""
    if not life.has(30):
        return
    paper = Arrived(life, copies=2, level=life.rng.choice(("秘密", "机密")), wanted_back=False)
    one, incident = paper.carriers[0], life.id("i")
    life.next_day()
    signs = {"registrar": life.keeper, "operator": life.keeper}
    life.tell("missing", "reported.incident", [incident, one, paper.document], signs, what="missing",
              to=[f"p/{LEADER}", "p/王宁"])  # fmt: skip
    outcome = life.rng.choice(("at once", "later", "lost"))
    if outcome != "at once":
        life.tell("remedy", "reported.handled", [incident], {"approver": LEADER}, step="remedied")
        life.tell(
            "upward",
            "reported.upward",
            [incident],
            {"operator": life.keeper},
            to=["u/市保密局", "u/县委"],
            report_no="报1",
        )
        life.next_day(2)
        life.tell("open", "reported.handled", [incident], {"approver": LEADER}, step="investigation_opened")
        life.next_day(2)
    if outcome != "at once":
        life.tell(
            "close", "reported.handled", [incident], {"approver": LEADER}, step="investigation_closed", outcome="已查清"
        )
    if outcome == "lost":
        life.tell("lost", "reported.incident", [incident, one, paper.document], signs, what="lost", to=["u/市保密局"])
    else:
        life.tell("found", "reported.incident", [incident, one, paper.document], signs, what="found")
        _store(life, "put", [one])


def rectified(life: Life) -> None:
    """A breach: ordered to be put right by a day, and put right before it."""
    if not life.has(12):
        return
    incident, due = life.id("i"), life.until(8)
    life.tell("breach", "reported.incident", [incident], {"registrar": life.keeper, "operator": life.keeper}, what="breach",
              to=[f"p/{LEADER}"])  # fmt: skip
    life.tell("remedy", "reported.handled", [incident], {"approver": LEADER}, step="remedied")
    life.tell("open", "reported.handled", [incident], {"approver": LEADER}, step="investigation_opened")
    life.tell("order", "reported.handled", [incident], {"approver": LEADER}, step="rectification_ordered", due=due)
    life.next_day(life.rng.randint(1, 6))
    life.tell("right", "reported.handled", [incident], {"approver": LEADER}, step="rectified")
    life.tell(
        "close", "reported.handled", [incident], {"approver": LEADER}, step="investigation_closed", outcome="已整改"
    )


# --- between units ------------------------------------------------------------------------------------------------


def of_a_department(life: Life) -> None:
    """A department with a secrecy officer of its own keeps a copy for good."""
    person = MEMBERS[int(life.name.rpartition("科")[2] or 0) - 1]
    if not life.has(10):
        return
    unit, day = life.id("u"), str(life.now.date())
    life.tell(
        "unit", "declared.unit", [], _ADMINISTRATORS, unit=unit, name=f"科{life.name}", type="section", parent="u/镇"
    )
    life.tell("person", "declared.person", [], _ADMINISTRATORS, person=f"p/{person}", name=person, unit=unit)
    life.tell(
        "officer",
        "appointed.post",
        [],
        _ADMINISTRATORS,
        person=f"p/{person}",
        post="dept_officer",
        over=unit,
        valid_from=day,
    )
    paper = Arrived(life, copies=1, level="秘密", wanted_back=False)
    life.tell("widen", "decided.scope", [paper.document], {"approver": HEAD}, step="approved", change="extended",
              scope={"persons": [f"p/{person}"]})  # fmt: skip
    life.next_day()
    life.tell("hand over", "transferred.hand_over", paper.carriers, {"giver": life.keeper, "receiver": person},
              reason="interdepartmental", to=unit)  # fmt: skip
    life.tell("put", "transferred.store", paper.carriers, {"registrar": person}, place=life.cabinet)


def to_another_unit(life: Life) -> None:
    """A copy is handed over to another unit, as a leader permits: passed on, or as a present."""
    if not life.has(10):
        return
    paper = Arrived(life, copies=2, level="秘密", wanted_back=False)
    permit = life.id("", "移")
    life.next_day()
    life.tell("permit", "decided.permit", [paper.carriers[0]], {"proposer": "赵强", "approver": LEADER}, id=permit, step="approved",
              act="transfer", to=["u/市保密局"])  # fmt: skip
    life.tell("widen", "decided.scope", [paper.document], {"approver": HEAD}, step="approved", change="extended",
              scope={"persons": [f"p/{one}" for one in life.readers], "units": ["u/市保密局"]})  # fmt: skip
    life.tell("hand over", "transferred.hand_over", [paper.carriers[0]], {"giver": life.keeper, "receiver": OUTSIDER},
              refs=[permit], reason=life.rng.choice(("passing_on", "gift")), to="u/市保密局")  # fmt: skip


# --- papers of other kinds ----------------------------------------------------------------------------------------


def exam_papers(life: Life) -> None:
    """Exam papers come sealed, go to who invigilates, come back, and go back to their issuer."""
    if not life.has(10):
        return
    paper = Arrived(life, copies=2, level=life.rng.choice(("秘密", "机密")), form="exam_paper", wanted_back=False)
    for n in range(life.rng.randint(1, 2)):
        paper.circulate(n)
    if life.rng.random() < 0.6:
        paper.to_issuer()


def cipher_telegram(life: Life) -> None:
    """A telegram is read on the spot and given back."""
    if not life.has(10):
        return
    paper = Arrived(life, copies=1, level=life.rng.choice(("机密", "绝密")), form="cipher_telegram", wanted_back=True)
    for n in range(life.rng.randint(1, 2)):
        paper.read(n)
    paper.to_issuer()


def register_book(life: Life) -> None:
    """A register book is entered, and kept."""
    book = life.id("c")
    life.tell("book", "created.entered", [book], {"registrar": life.keeper}, level="内部", reason="book",
              items=[{"carrier": book, "form": "register_book"}])  # fmt: skip
    _store(life, "store", [book])


SERIES = ("会议记录", "科研档案", "公开科研", "研究生教学档案", "其他部门")


def archive_series(life: Life) -> None:
    """Papers of a series are consulted in the archive room by those who may, or with the consent that it needs."""
    if not life.has(10):
        return
    what, rng = life.rng.choice(SERIES), life.rng
    series = {"其他部门": {"owner": "u/院办"}, "公开科研": {"series": "科研档案"}}.get(what, {"series": what})
    paper = Arrived(life, copies=1, level="无密" if what == "公开科研" else "秘密", wanted_back=False, **series)
    document, reader = paper.document, rng.choice(life.readers)
    day = str(life.now.date())
    life.next_day()
    consenting = {"approver": LEADER}
    if what == "会议记录":
        reader = "王宁"
    elif what in ("科研档案", "公开科研"):
        leader = reader if what == "科研档案" else "冯"
        life.tell("leader", "appointed.post", [], _ADMINISTRATORS, person=f"p/{leader}", post="project_leader", over=document,
                  valid_from=day)  # fmt: skip
        consenting = {"approver": LEADER, "reviewer": leader} if leader != reader else consenting
    elif what == "研究生教学档案":
        life.tell("tutor", "appointed.post", [], _ADMINISTRATORS, person=f"p/{TUTOR}", post="supervisor_tutor", over=document,
                  valid_from=day)  # fmt: skip
        consenting = {"approver": LEADER, "reviewer": TUTOR}
    else:
        life.tell(
            "head",
            "appointed.post",
            [],
            _ADMINISTRATORS,
            person=f"p/{TUTOR}",
            post="dept_head",
            over="u/院办",
            valid_from=day,
        )
        reader, consenting = ELSEWHERE, {"approver": LEADER, "reviewer": TUTOR}
    life.tell("widen", "decided.scope", [document], {"approver": HEAD}, step="approved", change="extended",
              scope={"persons": [f"p/{reader}"]})  # fmt: skip
    permit = life.id("", "查")
    life.tell(
        "permit",
        "decided.permit",
        paper.carriers,
        {"proposer": reader, **consenting},
        id=permit,
        step="approved",
        act="consult",
    )
    life.tell("consult", "accessed.read", paper.carriers, {"reader": reader, "registrar": life.keeper}, refs=[permit],
              how="consult", place="w/档案室", out_at=f"{life.now:%Y-%m-%d} 11:30")  # fmt: skip


def expiring(life: Life) -> None:
    """A term that ends within the year: reviewed before, and extended by its issuer."""
    if not life.has(20):
        return
    paper = Arrived(life, copies=2, level=life.rng.choice(("秘密", "机密")), wanted_back=False, term="4个月")
    life.next_day(life.rng.randint(1, 3))
    life.tell(
        "review",
        "checked.inspection",
        [paper.document],
        {"operator": life.keeper},
        topic="secrecy_term",
        findings="须延长",
    )
    decision = life.id("", "ext")
    life.next_day(life.rng.randint(1, 8))
    life.tell(
        "extend", "decided.reclassify", [paper.document], {"registrar": life.keeper}, id=decision, step="approved",
        by=paper.issuer, change="extended", level=paper.level, term="5年", ground="harm_changed", authority_doc="通知2号",
    )  # fmt: skip
    life.tell("mark", "marked", paper.carriers, {"operator": life.keeper}, refs=[decision], text=f"{paper.level}★5年",
              position="top_left")  # fmt: skip


def fetched(life: Life) -> None:
    """Mail is fetched every week from a station until that closes; papers come with it and are registered at once."""
    station, weeks = life.id("u"), life.rng.randint(2, 5)
    if not life.has(5 * weeks + 15):
        return
    life.tell("station", "declared.unit", [], _ADMINISTRATORS, unit=station, name=f"站{life.name}", type="exchange")
    monday = life.now.replace(hour=8, minute=30)
    for n in range(weeks):
        life.now = max(life.now, monday + timedelta(days=7 * n))
        life.next_day(0)
        life.tell(f"fetch{n}", "checked.fetch", [], {"operator": life.keeper}, station=station, count=n)
        if not n:
            Arrived(life, copies=1, level="秘密", wanted_back=False)
    life.tell("closed", "declared.unit", [], _ADMINISTRATORS, unit=station, name=f"站{life.name}", type="other",
              valid_from=str(life.now.date()))  # fmt: skip
    life.tell(f"fetch{weeks}", "checked.fetch", [], {"operator": life.keeper}, station=station, count=0)


def read_out(life: Life) -> None:
    """What may not be noted down is read aloud, and that is said before."""
    if not life.has(6):
        return
    paper = Arrived(life, copies=1, level=life.rng.choice(("秘密", "机密")), wanted_back=False, no_record=True)
    life.next_day()
    life.tell("announce", "notified.sent", [paper.document], {"registrar": life.keeper}, topic="no_record", channel="meeting",
              to=[f"p/{one}" for one in life.readers])  # fmt: skip
    for n, reader in enumerate(life.readers):
        life.tell(f"heard{n}", "accessed.read", paper.carriers, {"reader": reader, "registrar": life.keeper}, how="heard",
                  place="w/会议室", out_at=f"{life.now:%Y-%m-%d} 11:30")  # fmt: skip


def beginner(life: Life) -> None:
    """Somebody is trained, certified and bound, then appointed, and takes in papers."""
    person = BEGINNERS[int(life.name.rpartition("新")[2] or 0) - 1]
    if not life.has(10):
        return
    day = str(life.now.date())
    for what in ("training", "certificate", "undertaking"):
        life.tell(what, "appointed.credential", [], _ADMINISTRATORS, person=f"p/{person}", what=what, valid_from=day)
    life.tell(
        "appoint",
        "appointed.post",
        [],
        _ADMINISTRATORS,
        person=f"p/{person}",
        post="registrar",
        over="u/镇",
        valid_from=day,
    )
    life.next_day()
    life.keeper = person
    paper = Arrived(life, copies=1, level="秘密", wanted_back=False)
    paper.circulate(0)
