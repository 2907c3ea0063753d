"""
How received papers live where every rule is kept: read, kept, lent, copied, taken out, then returned, filed or destroyed.

What happens is drawn; that it can happen follows from where the copies are, from their level and the regulation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tests.lawful import OUTSIDER, Life
from tests.lawful_acts import HEAD, LEADER, TERMS, destroy, take_out
from tests.told import item


def may_copy(life: Life) -> str:
    """Who permits copies and extracts."""
    return "王宁" if life.profile == "npc_office" else LEADER


# --- papers that arrive ---------------------------------------------------------------------------------------


class Arrived:
    """Copies of one received document, in the books and in the cabinet."""

    def __init__(
        self, life: Life, *, level: str = "", copies: int = 0, form: str = "document", wanted_back: bool | None = None, **stated: Any
    ) -> None:  # fmt: skip
        rng = life.rng
        self.life, self.rng = life, rng
        self.form = form
        self.level = level or rng.choice(("秘密", "秘密", "秘密", "机密", "机密", "绝密"))
        self.term = rng.choice(("5年", TERMS[self.level])) if self.level in TERMS else None
        self.document = life.id("d")
        self.carriers = [life.id("c", f"-{n}") for n in range(1, (copies or rng.randint(1, 3)) + 1)]
        self.tier = rng.choice(("province", "county"))
        self.issuer = {"province": "u/省委", "county": "u/县委"}[self.tier]
        self.wanted_back = rng.random() < 0.4 if wanted_back is None else wanted_back
        self.readers = life.readers
        self.circulated = False
        self.extracts: list[tuple[str, str]] = []
        self._arrive(stated)

    def _arrive(self, stated: dict[str, Any]) -> None:
        life, rng, everything = self.life, self.rng, [*self.carriers, self.document]
        title = self.title = f"通知{life.name}"
        doc_no = f"发〔2025〕{life.name}号"
        urgency = rng.choice((None, "urgent", "soon", "ordinary"))
        back = {"return_required": True, "return_due": "2025-12-31"} if self.wanted_back else {}
        short = rng.random() < 0.1
        fetched = {"obtained_at": f"{life.now:%Y-%m-%d %H:%M}"} if rng.random() < 0.3 else {}
        life.tell(
            "arrive", "created.received", everything, {"receiver": life.keeper, "giver": "省交换员"}, sender=self.issuer,
            channel=rng.choice(("exchange", "confidential_post", "by_hand", "classified_network", "meeting")),
            listed=len(self.carriers) + short, found=len(self.carriers), seal="intact", level=self.level, **fetched,
            items=[item(c, self.document, copy_no=f"{n:06}", pages=12, form=self.form) for n, c in enumerate(self.carriers, 1)],
        )  # fmt: skip
        document = {
            "title": title, "type": "official", "issuer": self.issuer, "tier": self.tier, "level": self.level, "term": self.term,
            "issue_date": str(life.now.date()), "doc_no": doc_no, "urgency": urgency, **back, **stated,
        }  # fmt: skip
        life.tell(
            "register", "registered.document", everything, {"registrar": life.keeper}, id=life.id("", "reg"), register="收文2025",
            serial=True, document={name: value for name, value in document.items() if value is not None},
        )  # fmt: skip
        if short:
            life.tell(
                "short", "reported.incident", everything, {"registrar": life.keeper, "operator": life.keeper}, what="discrepancy",
                expected=len(self.carriers) + 1, actual=len(self.carriers), to=[f"p/{LEADER}", "p/王宁"],
            )  # fmt: skip
        order = [f"p/{one}" for one in self.readers]
        life.tell(
            "route", "decided.route", [self.document], {"approver": HEAD}, step="approved", recipients=order,
            slip_no=f"单{life.name}", slip_header=f"{doc_no} {title}",
        )  # fmt: skip
        life.tell(
            "scope",
            "decided.scope",
            [self.document],
            {"approver": HEAD},
            step="approved",
            change="set",
            scope={"persons": order},
        )
        self.store("store", self.carriers)
        if urgency:
            life.tell("handled", "decided.route", [self.document], {"operator": life.keeper}, step="completed")

    def store(self, what: str, carriers: Sequence[str]) -> None:
        """Into the cabinet."""
        self.life.tell(what, "transferred.store", carriers, {"registrar": self.life.keeper}, place=self.life.cabinet)

    # --- in use ----------------------------------------------------------------------------------------------------

    def circulate(self, n: int) -> None:
        """One copy goes to readers, one after the other, and comes back from each."""
        life, one = self.life, self.rng.choice(self.carriers)
        self.circulated = True
        life.next_day()
        for reader in self.readers:
            life.tell(
                f"out{n} {reader}", "transferred.circulate", [one], {"giver": life.keeper, "receiver": reader},
                mode="face_to_face", folder_no="F1", place="w/阅文室",
            )  # fmt: skip
            life.tell(
                f"back{n} {reader}",
                "returned.to_keeper",
                [one],
                {"giver": reader, "receiver": life.keeper},
                reason="reading",
            )
        self.store(f"put{n}", [one])

    def hold(self, n: int) -> None:
        """A reader keeps a copy for some days, on record."""
        life, one, reader = self.life, self.rng.choice(self.carriers), self.rng.choice(self.readers)
        if not self.circulated:
            self.circulate(n)
            return
        if self.level == "绝密" or not life.has(8):
            return
        life.next_day()
        people = {"giver": life.keeper, "receiver": reader}
        life.tell(
            f"out{n}", "transferred.circulate", [one], people, mode="face_to_face", folder_no="F1", place="w/涉密办公室"
        )
        life.tell(f"hold{n}", "transferred.hold", [one], people, reason="起草", due=life.until(6))
        life.next_day(self.rng.randint(1, 5))
        life.tell(f"back{n}", "returned.to_keeper", [one], {"giver": reader, "receiver": life.keeper}, reason="reading")
        self.store(f"put{n}", [one])

    def read(self, n: int) -> None:
        """Read on the spot, with the time of leaving."""
        life, reader = self.life, self.rng.choice(self.readers)
        life.next_day()
        leaving = f"{life.now:%Y-%m-%d} 11:30"
        life.tell(
            f"read{n}", "accessed.read", [self.rng.choice(self.carriers)], {"reader": reader, "registrar": life.keeper},
            how="read", place="w/阅文室", out_at=leaving,
        )  # fmt: skip

    def read_late(self, n: int) -> None:
        """Read on the spot, and entered two days later with the reason why."""
        life, reader = self.life, self.rng.choice(self.readers)
        life.next_day()
        step = life.tell(
            f"read{n}", "accessed.read", [self.rng.choice(self.carriers)], {"reader": reader, "registrar": life.keeper},
            how="read", place="w/阅文室", out_at=f"{life.now:%Y-%m-%d} 11:30", late_reason="停电",
        )  # fmt: skip
        life.next_day(2)
        life.steps[-1] = replace(step, recorded=life.now)

    def read_outside(self, n: int) -> None:
        """Read at another unit, as a leader allowed."""
        life, reader, one = self.life, self.rng.choice(self.readers), self.rng.choice(self.carriers)
        if self.level == "绝密":
            return
        life.next_day()
        permit = life.id("", f"u{n}")
        life.tell(
            f"permit{n}", "decided.permit", [one], {"proposer": reader, "approver": LEADER}, id=permit, step="approved",
            act="read_outside", where="w/市局",
        )  # fmt: skip
        life.tell(
            f"read{n}", "accessed.read", [one], {"reader": reader, "registrar": life.keeper}, refs=[permit], how="read",
            place="w/市局", out_at=f"{life.now:%Y-%m-%d} 11:30",
        )  # fmt: skip

    def correct(self, n: int) -> None:
        """A slip of the pen in the title is put right by two."""
        life = self.life
        life.next_day()
        old, self.title = self.title, self.title + "更"
        everything = [*(one for one in self.carriers if "复" not in one), self.document]
        life.tell(
            f"correct{n}", "corrected.field", everything, {"registrar": life.keeper, "approver": "王宁"}, refs=[life.id("", "reg")],
            field="document.title", old=json.dumps(old, ensure_ascii=False), new=json.dumps(self.title, ensure_ascii=False),
            reason="笔误",
        )  # fmt: skip

    def lowered(self, n: int) -> None:
        """Its issuer lowers the level; every copy here is marked anew."""
        life = self.life
        if self.level == "秘密":
            return
        life.next_day()
        decision = life.id("", f"low{n}")
        self.level, self.term = "秘密", "5年"
        life.tell(
            f"lowered{n}", "decided.reclassify", [self.document, *(d for _, d in self.extracts)], {"registrar": life.keeper}, id=decision, step="approved",
            by=self.issuer, change="lowered", level="秘密", term="5年", ground="harm_changed", authority_doc="通知1号",
        )  # fmt: skip
        life.tell(
            f"mark{n}",
            "marked",
            [*self.carriers, *(one for one, _ in self.extracts)],
            {"operator": life.keeper},
            refs=[decision],
            text="秘密★5年",
            position="top_left",
        )

    def lend(self, n: int) -> None:
        """Lent with a permit, returned in time and examined."""
        life, one, reader = self.life, self.rng.choice(self.carriers), self.rng.choice(self.readers)
        if self.level == "绝密" or not life.has(14):
            return
        life.next_day()
        due, permit, loan, back = life.until(10), life.id("", f"p{n}"), life.id("", f"b{n}"), life.id("", f"r{n}")
        life.tell(
            f"permit{n}", "decided.permit", [one], {"approver": LEADER, "proposer": reader, "reviewer": "冯"}, id=permit,
            step="approved", act="lend", until=due, depth="take_away",
        )  # fmt: skip
        life.tell(
            f"lend{n}", "transferred.lend", [one], {"giver": life.keeper, "receiver": reader}, id=loan, refs=[permit],
            purpose="课题", depth="take_away", due=due, pages=12,
        )  # fmt: skip
        if self.rng.random() < 0.3:
            life.next_day(self.rng.randint(1, 4))
            life.tell(f"renew{n}", "transferred.hold", [one], {"giver": life.keeper, "receiver": reader}, refs=[loan], reason="续借",
                      due=life.until(8))  # fmt: skip
        life.next_day(self.rng.randint(1, 6))
        life.tell(
            f"return{n}", "returned.to_keeper", [one], {"giver": reader, "receiver": life.keeper}, id=back, refs=[loan],
            reason="loan", pages=12, condition="intact",
        )  # fmt: skip
        life.tell(
            f"check{n}", "checked.carrier", [one], {"operator": life.keeper}, refs=[back], reason="return", passed=True, pages=12,
            condition="intact",
        )  # fmt: skip
        self.store(f"put{n}", [one])

    def lend_outside(self, n: int) -> None:
        """Lent to somebody of another unit, who brings a letter and whom a leader allows."""
        life, one = self.life, self.rng.choice(self.carriers)
        if self.level == "绝密" or not life.has(10):
            return
        life.next_day()
        due, permit, loan, back = life.until(6), life.id("", f"p{n}"), life.id("", f"b{n}"), life.id("", f"r{n}")
        life.tell(f"widen{n}", "decided.scope", [self.document], {"approver": HEAD}, step="approved", change="extended",
                  scope={"persons": [f"p/{OUTSIDER}"]})  # fmt: skip
        life.tell(
            f"permit{n}", "decided.permit", [one], {"approver": LEADER, "proposer": OUTSIDER, "reviewer": "冯"}, id=permit,
            step="approved", act="lend", until=due, depth="take_away",
        )  # fmt: skip
        life.tell(
            f"lend out{n}", "transferred.lend", [one], {"giver": life.keeper, "receiver": OUTSIDER}, id=loan, refs=[permit],
            purpose="查证", depth="take_away", due=due, introduction_no="介1",
        )  # fmt: skip
        life.next_day(self.rng.randint(1, 4))
        life.tell(
            f"return{n}", "returned.to_keeper", [one], {"giver": OUTSIDER, "receiver": life.keeper}, id=back, refs=[loan],
            reason="loan", condition="intact",
        )  # fmt: skip
        life.tell(
            f"check{n}", "checked.carrier", [one], {"operator": life.keeper}, refs=[back], reason="return", passed=True
        )
        self.store(f"put{n}", [one])

    def take_out(self, n: int) -> None:
        """Taken to another unit with a permit, by two if it is top secret, back and examined."""
        life, one = self.life, self.rng.choice(self.carriers)
        if not life.has(7):
            return
        bearer, friend = self.rng.sample(self.readers, 2)
        take_out(life, n, one, bearer, friend if self.level == "绝密" else None)
        self.store(f"put{n}", [one])

    def copy(self, n: int) -> None:
        """Copies on a permit, numbered and stamped; where they are not wanted any longer they are destroyed like originals."""
        life, parent = self.life, self.carriers[0]
        forbidden = (self.level == "绝密" and life.profile == "university") or (
            life.profile == "coop" and self.tier == "province"
        )
        if forbidden or not life.has(3):
            return
        count, purpose = self.rng.randint(1, 2), self.rng.choice(("工作需要", "制作档案副本"))
        method, device = self.rng.choice((("copy", "c/复1"), ("print", "c/机1")))
        due = {"due": life.until(8)} if self.rng.random() < 0.4 else {}
        children = [f"{parent}复{n}{m}" for m in range(count)]
        permit = life.id("", f"k{n}")
        life.next_day()
        if self.level == "绝密":
            life.tell(f"consent{n}", "decided.permit", [parent], {"registrar": life.keeper}, step="approved", act="copy",
                      by=self.issuer, count=count)  # fmt: skip
        life.tell(
            f"permit{n}", "decided.permit", [parent], {"proposer": "赵强", "reviewer": "冯", "approver": may_copy(life)}, id=permit,
            step="approved", act="copy", count=count, purpose=purpose,
        )  # fmt: skip
        life.tell(
            f"copy{n}", "copied.made", [*children, parent, self.document], {"operator": "赵强", "registrar": life.keeper},
            refs=[permit], method=method, parents=[parent], level=self.level, term=self.term, device=device, stamped=True,
            purpose=purpose, place="w/文印室", **due,
            items=[item(c, self.document, copy_no=f"{n}复{m}", pages=12) for m, c in enumerate(children)],
        )  # fmt: skip
        self.store(f"put{n}", children)
        self.carriers += children

    def excerpt(self, n: int) -> None:
        """An extract with a document of its own, under the level, term and range of the original."""
        life, parent = self.life, self.carriers[0]
        if self.level == "绝密" or (life.profile == "coop" and self.tier == "province") or not life.has(3):
            return
        child, document, permit = f"{parent}摘{n}", f"{self.document}摘{n}", life.id("", f"e{n}")
        life.next_day()
        issued = next(step for step in life.steps if step.what == "register").fields["document"]["issue_date"]
        life.tell(
            f"permit{n}", "decided.permit", [parent], {"proposer": self.readers[0], "approver": may_copy(life)}, id=permit,
            step="approved", act="excerpt", count=1,
        )  # fmt: skip
        life.tell(
            f"excerpt{n}", "copied.made", [child, parent, document, self.document], {"operator": "赵强", "registrar": life.keeper},
            refs=[permit], method="excerpt", parents=[parent], level=self.level, term=self.term, device="c/机1", stamped=True,
            extent="第一章", purpose="工作需要", items=[item(child, document, copy_no=f"摘{n}")], place="w/文印室",
            document={
                "title": "摘录", "type": "official", "issuer": "u/镇", "level": self.level, "term": self.term,
                "issue_date": issued, "derived_from": [self.document], "classification": "derived", "doc_no": f"摘{life.name}{n}",
            },
        )  # fmt: skip
        self.store(f"put{n}", [child])
        self.extracts.append((child, document))

    # --- how it ends -------------------------------------------------------------------------------------------------

    def to_issuer(self) -> None:
        """Everything goes back to its issuer, both sides signing."""
        life = self.life
        life.next_day()
        life.tell(
            "to_issuer", "returned.to_issuer", [*self.carriers, self.document], {"giver": life.keeper, "receiver": "省机要员"},
            to=self.issuer, receipt_no="回1",
        )  # fmt: skip

    def archive(self) -> None:
        """Filed in a volume that bears their level, and consulted there."""
        life, volume = self.life, self.life.id("c", "卷")
        life.next_day()
        life.tell(
            "volume", "created.entered", [volume], {"registrar": "赵强"}, level=self.level, reason="volume", term=self.term,
            items=[{"carrier": volume, "form": "volume"}],
        )  # fmt: skip
        life.tell(
            "mark volume",
            "marked",
            [volume],
            {"operator": "赵强"},
            text=f"{self.level}★{self.term}",
            position="top_left",
        )
        for n, one in enumerate(self.carriers):
            entered = next(e for s in life.steps for e in s.fields.get("items", ()) if e["carrier"] == one)
            life.tell(
                f"archive{n}", "transferred.archive", [one, volume, self.document], {"giver": life.keeper, "receiver": "赵强"},
                volume=volume, file_no=str(n + 1), copy_no=entered["copy_no"], pages=12,
            )  # fmt: skip
        # A town reads top secret in the reading room, and has no word on consulting it among the archives.
        if not life.has(5) or (self.level == "绝密" and life.profile != "university"):
            return
        life.next_day(2)
        permit, reader = life.id("", "查"), self.rng.choice(self.readers)
        life.tell(
            "permit consult", "decided.permit", [self.carriers[0]], {"proposer": reader, "approver": LEADER}, id=permit,
            step="approved", act="consult",
        )  # fmt: skip
        life.tell("enter room", "accessed.entered", ["w/档案室"], {"operator": "赵强"})
        life.tell(
            "consult", "accessed.read", [self.carriers[0]], {"reader": reader, "registrar": "赵强"}, refs=[permit], how="consult",
            place="w/档案室", out_at=f"{life.now:%Y-%m-%d} 11:30",
        )  # fmt: skip

    def destroy(self) -> None:
        """Listed, permitted, delivered, destroyed under two."""
        extracts = self.extracts
        destroy(
            self.life, [*self.carriers, *(one for one, _ in extracts)], [self.document, *(d for _, d in extracts)],
            proposer="李敏", method=self.rng.choice(("pulp", "shred", "burn")),
        )  # fmt: skip


def incoming(life: Life) -> None:
    """A received document: read, kept, lent, copied, taken out, in any order; then returned, archived, destroyed, or here."""
    paper = Arrived(life)
    acts: list[Callable[[int], None]] = [
        paper.circulate, paper.hold, paper.read, paper.lend, paper.take_out, paper.copy, paper.excerpt,
        paper.read_late, paper.read_outside, paper.correct, paper.lowered, paper.lend_outside,
    ]  # fmt: skip
    for n in range(life.rng.randint(1, 5)):
        if not life.has(3):
            return
        life.rng.choice(acts)(n)
    if not life.has(8):
        return
    if paper.wanted_back:
        if life.rng.random() < 0.8:
            paper.to_issuer()
        return
    ending = life.rng.choice((paper.to_issuer, paper.archive, paper.destroy, paper.destroy, None))
    if ending is not None and not (ending is paper.archive and paper.extracts):
        ending()
