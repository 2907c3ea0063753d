"""Lives of documents of one's own: determined, made, sent, called back, lowered; those that rest on others; internal ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.lawful import Life
from tests.lawful_acts import HEAD, LEADER, TERMS, destroy
from tests.lawful_papers import Arrived
from tests.told import item

UNITS = ("u/甲村", "u/乙村", "u/市保密局")


def own(life: Life) -> None:
    """A document of one's own: determined in three steps, made as permitted, marked, counted, sent, called back, destroyed."""
    if life.has(12):
        _own(life, life.id("d"), life.rng.choice(("秘密", "机密")), classification="original")


def derived(life: Life) -> None:
    """A document of one's own that hands on what a received one says: with its level and no longer than it."""
    if not life.has(16):
        return
    level = life.rng.choice(("秘密", "机密"))
    source = Arrived(life, copies=1, level=level, term=TERMS[level])
    life.next_day()
    life.tell("widen", "decided.scope", [source.document], {"approver": HEAD}, step="approved", change="extended",
              scope={"persons": [f"p/{one}" for one in source.readers], "units": [*UNITS]})  # fmt: skip
    _own(life, life.id("d", "派"), source.level, sources=[source.document], classification="derived")


def _own(life: Life, document: str, level: str, *, sources: Sequence[str] = (), classification: str) -> None:
    rng, count, term = life.rng, life.rng.randint(3, 6), TERMS[level]
    stem = document[2:]
    carriers = [f"c/{stem}-{n}" for n in range(1, count + 1)]
    _classify(life, document, level, term, classification)
    doc_no, permit = f"镇发〔2025〕{stem}号", life.id("", "make")
    life.tell("permit", "decided.permit", [document], {"approver": HEAD, "proposer": "赵强"}, id=permit, step="approved", act="make",
              count=count, where="w/文印室")  # fmt: skip
    stated: dict[str, Any] = {
        "title": "方案", "type": "official", "issuer": "u/镇", "level": level, "term": term, "issue_date": str(life.now.date()),
        "doc_no": doc_no, "classification": classification, "copies": count, **({"derived_from": [*sources]} if sources else {}),
    }  # fmt: skip
    life.tell("enter own", "registered.document", [document, *sources], {"registrar": life.keeper}, register="发文2025", serial=True,
              document=stated)  # fmt: skip
    life.tell(
        "make", "created.produced", [*carriers, document], {"operator": "赵强", "registrar": life.keeper}, refs=[permit],
        place="w/文印室", device="c/机1", level=level, distribution=[*UNITS],
        items=[item(c, document, copy_no=str(n)) for n, c in enumerate(carriers, 1)],
    )  # fmt: skip
    life.tell("mark", "marked", carriers, {"operator": "赵强"}, text=f"{level}★{term}", position="top_left")
    life.tell("count", "checked.count", [document], {"registrar": life.keeper}, expected=count, actual=count,
              copy_nos=[str(n) for n in range(1, count + 1)])  # fmt: skip
    life.tell("byproducts", "destroyed.byproducts", [document], {"operator": "赵强"}, count=2, what="草稿")
    _keep_text(life, document, level)
    life.tell("store made", "transferred.store", carriers, {"registrar": life.keeper}, place=life.cabinet)
    life.next_day()
    if rng.random() < 0.4:
        _to_leader(life, carriers[2])
    if rng.random() < 0.4:
        life.tell("collect", "notified.sent", [document], {"registrar": life.keeper}, topic="collect", to=["u/甲村"], channel="phone",
                  names_title=False)  # fmt: skip
    _send(life, document, carriers, level, doc_no)
    kept, afterwards = carriers[2:], rng.random()
    if life.has(30) and afterwards < 0.5:
        # Congress offices destroy what has come back, and within three months.
        destroy(life, _call_back(life, document, carriers), [document], proposer="李敏", method="pulp")
        return
    if life.has(10) and afterwards < 0.8 and not sources:
        _lower(life, document, carriers)
    if life.has(8) and rng.random() < 0.5:
        destroy(life, kept, [document], proposer="李敏", method="pulp")


def _keep_text(life: Life, document: str, level: str) -> None:
    """The electronic text goes onto a medium with a form."""
    permit, form = life.id("", "text"), f"表{document[2:]}"
    life.tell("permit text", "decided.permit", ["c/盘1"], {"approver": LEADER, "proposer": "赵强"}, id=permit, step="approved",
              act="store_content", form_no=form)  # fmt: skip
    life.tell("text", "copied.stored", ["c/盘1", document], {"operator": "赵强", "approver": LEADER}, refs=[permit], what="电子文本",
              level=level, form_no=form, device="c/机1", documents=[document])  # fmt: skip


def _to_leader(life: Life, one: str) -> None:
    """A copy goes to a leader in person, and comes back."""
    people = {"giver": life.keeper, "receiver": LEADER}
    life.tell(
        "to leader", "transferred.circulate", [one], people, mode="face_to_face", folder_no="F1", place="w/阅文室"
    )
    life.tell("from leader", "returned.to_keeper", [one], {"giver": LEADER, "receiver": life.keeper}, reason="reading")
    life.tell("put back", "transferred.store", [one], {"registrar": life.keeper}, place=life.cabinet)


def _send(life: Life, document: str, carriers: Sequence[str], level: str, doc_no: str) -> None:
    """One by hand to a village, one by confidential post, of which the receipt comes back."""
    life.tell("send", "transferred.dispatch", [carriers[0], document], {"giver": life.keeper, "receiver": "甲村文书"}, to="u/甲村",
              channel="by_hand")  # fmt: skip
    post = life.id("", "post")
    life.tell(
        "post", "transferred.dispatch", [carriers[1], document], {"giver": life.keeper, "escort": ["李敏", "赵强"]}, id=post,
        to="u/市保密局", channel="confidential_post", post_no="机1",
        cover={"wrapped": True, "level": level, "number": doc_no, "addressee": "市保密局"},
    )  # fmt: skip
    life.next_day(life.rng.randint(1, 6))
    life.tell(
        "receipt",
        "transferred.receipt",
        [carriers[1]],
        {"receiver": "省机要员"},
        refs=[post],
        found=1,
        receipt_no="回2",
    )


def internal(life: Life) -> None:
    """A work secret: registered, made, marked without a star, read, destroyed like the others."""
    if not life.has(12):
        return
    document, count = life.id("d"), 2
    carriers = [life.id("c", f"-{n}") for n in range(1, count + 1)]
    permit = life.id("", "make")
    life.tell("permit", "decided.permit", [document], {"approver": HEAD, "proposer": "赵强"}, id=permit, step="approved", act="make",
              count=count, where="w/文印室")  # fmt: skip
    life.tell(
        "enter own", "registered.document", [document], {"registrar": life.keeper}, register="发文2025", serial=True,
        document={"title": "内部通报", "type": "official", "issuer": "u/镇", "level": "内部", "doc_no": f"内{life.name}",
                  "issue_date": str(life.now.date()), "copies": count},
    )  # fmt: skip
    life.tell(
        "make", "created.produced", [*carriers, document], {"operator": "赵强", "registrar": life.keeper}, refs=[permit],
        place="w/文印室", device="c/机1", level="内部", distribution=["u/甲村"],
        items=[item(c, document, copy_no=str(n)) for n, c in enumerate(carriers, 1)],
    )  # fmt: skip
    life.tell("mark", "marked", carriers, {"operator": "赵强"}, text="内部", position="top_left")
    life.tell("count", "checked.count", [document], {"registrar": life.keeper}, expected=count, actual=count)
    life.tell("byproducts", "destroyed.byproducts", [document], {"operator": "赵强"}, count=1, what="草稿")
    life.tell("store made", "transferred.store", carriers, {"registrar": life.keeper}, place=life.cabinet)
    if life.rng.random() < 0.5:
        destroy(life, carriers, [document], proposer="李敏", method="shred")


def _classify(life: Life, document: str, level: str, term: str, classification: str) -> None:
    steps = (("proposed", {"proposer": "赵强"}), ("reviewed", {"reviewer": "王宁"}), ("approved", {"approver": LEADER}))
    refs: list[str] = []
    for step, who in steps:
        life.tell(
            f"classify {step}", "decided.classify", [document], who, id=life.id("", step), refs=refs, step=step, level=level,
            term=term, basis="范围第三条", classification=classification, scope={"units": [*UNITS]},
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
    about = life.rng.choice((called, document))
    life.tell("call", "notified.sent", [about], {"registrar": life.keeper}, topic="recall", to=["u/甲村", "u/市保密局"],
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
