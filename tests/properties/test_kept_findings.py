"""Findings kept from one append to the next are those that judging everything anew gives, whatever happens and whenever one asks."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from chainlog.errors import RefusedError
from chainlog.rules.kept import KeptFindings
from tests.offices import Office, receive, register
from tests.scenarios import local

PEOPLE = ("李敏", "赵强", "陈", "孙", "吴", "何副书记")
PLACES = ("w/G1", "w/办公室301", "w/保密室", "w/市销毁中心")
PARAMETERS = {
    "within.register": "0d", "within.late": "24h", "keep.reader": "1mo", "keep.dispersed": "6mo", "keep.overdue.serious": "7d",
    "every.inventory": "3mo", "every.clearing": "3mo", "within.urge": "3d", "within.byproduct": "3wd", "within.leak": "24h",
    "within.discrepancy": "24h", "keep.pending": "6mo", "keep.returned": "90d", "within.back.circulation": "0d",
    "posts.permit.destroy": ["responsible_leader"], "custody.office": "registrar", "contact.from": "机密", "copy_no.from": "机密",
    "channels.forbidden": ["courier"], "places.destroy": ["destruction_site"], "cap.秘密": "10年", "cap.机密": "20年",
}  # fmt: skip
# From then on a muddle stands still.
LAST_DAY = 215


class Muddle:
    """An office in which anything happens, one thing a day or so."""

    def __init__(self, seed: int) -> None:
        self.rnd = random.Random(seed)
        self.office = Office(PARAMETERS)
        self.day = 0
        self.carriers: list[str] = []
        self.documents: list[str] = []

    def now(self, minute: int = 0) -> str:
        month, day = divmod(self.day, 28)
        return f"{month + 2:02}-{day + 1:02} {9 + minute // 60:02}:{minute % 60:02}"

    def happen(self) -> str:
        """One event. Its kind."""
        self.day = min(self.day + self.rnd.choice((0, 0, 1, 1, 3, 9)), LAST_DAY)
        tell: Callable[[], object] = self.rnd.choice((
            self._receive, self._circulate, self._return, self._lend, self._store, self._decide, self._copy, self._list,
            self._destroy, self._incident, self._classify, self._inventory, self._register, self._void, self._dispatch,
            self._read, self._check, self._handle, self._send_notice, self._countersign, self._fix_readers,
        ))  # fmt: skip
        try:
            tell()
        except RefusedError:
            return "refused"
        return tell.__name__

    def _one(self) -> str:
        return self.rnd.choice(self.carriers)

    def _who(self) -> str:
        return self.rnd.choice(PEOPLE)

    def _receive(self) -> None:
        number = len(self.documents) + 1
        carriers = [f"c/{number}-{copy}" for copy in range(self.rnd.choice((1, 2, 3)))]
        receive(self.office, self.now(), carriers, f"d/{number}", level=self.rnd.choice(("秘密", "机密", "绝密")))
        self.carriers += carriers
        self.documents.append(f"d/{number}")

    def _tell(self, kind: str, on: list[str], who: dict[str, object], **fields: object) -> None:
        unsigned = [self._who()] if self.rnd.random() < 0.1 else []
        recorded, day = self.now(), self.day
        if self.rnd.random() < 0.15:
            # Entered some days after it happened.
            self.day = max(0, day - self.rnd.randrange(1, 9))
        happened, self.day = self.now(), day
        self.office.tell(happened, kind, on=on, who=who, unsigned=unsigned, recorded=recorded, **fields)  # type: ignore[arg-type]

    def _hands(self) -> dict[str, object]:
        return dict(zip(("giver", "receiver"), self.rnd.sample(PEOPLE, 2), strict=True))

    def _circulate(self) -> None:
        self._tell(
            "transferred.circulate",
            [self._one()],
            self._hands(),
            mode=self.rnd.choice(("face_to_face", "left_on_desk")),
        )

    def _return(self) -> None:
        self._tell("returned.to_keeper", [self._one()], self._hands(), reason=self.rnd.choice(("reading", "loan")))

    def _lend(self) -> None:
        due = {"due": self.now(300)} if self.rnd.random() < 0.7 else {}
        self._tell("transferred.lend", [self._one()], self._hands(), purpose="用", depth="read", **due)

    def _store(self) -> None:
        self._tell("transferred.store", [self._one()], {"registrar": self._who()}, place=self.rnd.choice(PLACES))

    def _decide(self) -> None:
        act = self.rnd.choice(("lend", "copy", "destroy", "take_out"))
        on = self.rnd.choice((self._one(), "l/1", "l/2"))
        self._tell("decided.permit", [on], {"approver": self._who()}, step="approved", act=act)

    def _copy(self) -> None:
        parent, child = self._one(), f"c/复{len(self.carriers)}"
        items = [{"carrier": child, "form": "document"}]
        self._tell(
            "copied.made", [child, parent], {"operator": self._who(), "registrar": "李敏"}, method="copy", parents=[parent],
            level="秘密", items=items,
        )  # fmt: skip
        self.carriers.append(child)

    def _list(self) -> None:
        one = self._one()
        purpose = self.rnd.choice(("destroy", "clear"))
        self._tell(
            "listed.added", [one, self.rnd.choice(("l/1", "l/2"))], {"registrar": "李敏"}, purpose=purpose, total=1,
            items=[{"carrier": one, "reason": "no_longer_needed"}],
        )  # fmt: skip

    def _destroy(self) -> None:
        on = [self._one(), *([self.rnd.choice(("l/1", "l/2"))] if self.rnd.random() < 0.6 else [])]
        self._tell(
            "destroyed.carriers", on, {"supervisor": self.rnd.sample(PEOPLE, self.rnd.choice((1, 2)))}, method="pulp",
            place=self.rnd.choice(PLACES),
        )  # fmt: skip

    def _incident(self) -> None:
        what = self.rnd.choice(("missing", "found", "leak", "discrepancy"))
        self._tell("reported.incident", ["i/1", self._one()], {"registrar": "李敏"}, what=what)

    def _classify(self) -> None:
        self._tell(
            "decided.reclassify", [self.rnd.choice(self.documents)], {"approver": self._who()}, step="approved", change="lowered",
            level="内部",
        )  # fmt: skip

    def _inventory(self) -> None:
        found = sorted(set(self.rnd.sample(self.carriers, min(3, len(self.carriers)))))
        self._tell(
            "checked.inventory",
            [*found, f"l/盘{self.day}", "u/镇"],
            {"operator": ["李敏", "赵强"]},
            occasion="regular",
            found=found,
        )

    def _register(self) -> None:
        register(self.office, self.now(), self.rnd.choice(self.documents), serial=self.rnd.randrange(1, 9))

    def _void(self) -> None:
        entry = self.office.reader.read(self.office.reader.size - 1)
        self.office.ids["last"] = entry.event.id
        self._tell("corrected.void", [], {"registrar": "李敏", "approver": "周书记"}, refs=["last"], reason="误")

    def _read(self) -> None:
        self._tell("accessed.read", [self._one()], {"reader": self._who()}, how=self.rnd.choice(("read", "consult")))

    def _check(self) -> None:
        self._tell(
            "checked.carrier", [self._one()], {"operator": "李敏"}, reason="return", passed=self.rnd.random() < 0.5
        )

    def _handle(self) -> None:
        self._tell(
            "reported.handled", ["i/1"], {"approver": self._who()}, step=self.rnd.choice(("remedied", "rectified"))
        )

    def _send_notice(self) -> None:
        self._tell(
            "notified.sent", [self.rnd.choice(self.documents)], {"registrar": "李敏"}, topic="urge", to=["u/甲村"], channel="phone",
        )  # fmt: skip

    def _countersign(self) -> None:
        entry = self.office.reader.read(self.rnd.randrange(self.office.reader.size))
        self.office.ids["some"] = entry.event.id
        on = [subject for subject in entry.event.subjects if subject[0] in "cdl"][:1]
        self._tell(
            "countersigned", on, {self.rnd.choice(("supervisor", "receiver", "giver")): self._who()}, refs=["some"]
        )

    def _fix_readers(self) -> None:
        self._tell(
            "decided.scope", [self.rnd.choice(self.documents)], {"approver": self._who()}, step="approved", change="set",
            scope={"persons": [f"p/{self._who()}"]},
        )  # fmt: skip

    def _dispatch(self) -> None:
        self._tell(
            "transferred.dispatch",
            [self._one()],
            {"giver": "李敏"},
            to="u/甲村",
            channel=self.rnd.choice(("by_hand", "courier")),
        )


@pytest.mark.parametrize("seed", range(6))
def test_kept_as_if_judged_anew(seed: int) -> None:
    muddle = Muddle(seed)
    muddle._receive()
    kept, told, codes = KeptFindings(muddle.office.projections), [], set()
    shown: dict[str, tuple[str, str]] = {}
    for number in range(45):
        told.append(muddle.happen())
        # Duties of the whole office follow custody from day to day, so one asks on another day.
        muddle.day += 1
        now = muddle.now(299)
        turned = kept.refresh(local(now))
        fresh = muddle.office.judge(as_of=now)
        assert kept.judgement().findings == fresh.findings, (number, told)
        assert kept.judgement().dues == fresh.dues, (number, told)
        shown.update((one.id, (one.state, one.message_zh)) for one in (*turned.new, *turned.changed))
        for one in turned.gone:
            del shown[one.id]
        # What an app has shown by the changes alone is what stands.
        assert shown == {one.id: (one.state, one.message_zh) for one in fresh.findings}
        codes |= {one.code for one in fresh.findings}
    assert len(codes) >= 5


def test_a_refresh_before_the_newest_record() -> None:
    """A clock behind the writer's: what wasn't seen comes with a later refresh."""
    muddle = Muddle(1)
    muddle._receive()
    kept = KeptFindings(muddle.office.projections)
    kept.refresh(local("02-02 09:00"))
    muddle.office.tell(
        "03-05 09:00", "transferred.circulate", on=[muddle.carriers[0]], who={"giver": "李敏", "receiver": "陈"},
        unsigned=["陈"], mode="left_on_desk",
    )  # fmt: skip
    for now in ("03-04 09:00", "03-06 09:00"):
        kept.refresh(local(now))
        assert kept.judgement().findings == muddle.office.judge(as_of=now).findings
    assert "CIR-2" in {one.code for one in kept.judgement().findings}


def test_a_stock_take_follows_what_is_entered_late() -> None:
    """What it should have found isn't among what it names, and wasn't in stock by the books of that day."""
    office = Office({})
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    office.tell(
        "03-05 09:00",
        "transferred.lend",
        on=["c/2"],
        who={"giver": "李敏", "receiver": "陈"},
        purpose="用",
        depth="read",
    )
    office.tell(
        "06-27 09:00", "checked.inventory", on=["l/盘1", "u/镇", "c/1"], who={"operator": ["李敏", "赵强"]}, occasion="regular",
        found=["c/1"],
    )  # fmt: skip
    kept = KeptFindings(office.projections)
    kept.refresh(local("06-27 10:00"))
    assert "INV-1" not in {one.code for one in kept.judgement().findings}
    office.tell(
        "06-20 09:00", "returned.to_keeper", on=["c/2"], who={"giver": "陈", "receiver": "李敏"}, reason="loan",
        recorded="06-28 09:00",
    )  # fmt: skip
    kept.refresh(local("06-30 09:00"))
    assert kept.judgement().findings == office.judge(as_of="06-30 09:00").findings
    assert "INV-1" in {one.code for one in kept.judgement().findings}


@pytest.mark.parametrize("seed", range(3))
def test_kept_by_several_at_once(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Several who keep the findings of one log, as in so many processes: what one of them has not written yet another doesn't see;
    some write, some are gone without it, and somebody folds the log for other ends.
    """
    monkeypatch.setattr("chainlog.rules.kept._HELD_MAX", 3)
    muddle = Muddle(100 + seed)
    muddle._receive()
    projections, rnd = muddle.office.projections, random.Random(seed)
    several = [KeptFindings(projections) for _ in range(2)]
    told = []
    for number in range(20):
        told += [muddle.happen() for _ in range(rnd.choice((1, 1, 2, 5)))]
        if muddle.day >= LAST_DAY:
            break
        muddle.day += 1
        place = rnd.randrange(len(several))
        match rnd.randrange(6):
            case 0:
                several[place] = KeptFindings(projections)
            case 1:
                several[1 - place].close()
            case 2:
                projections.catch_up("custody")
        now = muddle.now(299)
        several[place].refresh(local(now))
        fresh = muddle.office.judge(as_of=now)
        assert several[place].judgement().findings == fresh.findings, (number, told)
        assert several[place].judgement().dues == fresh.dues, (number, told)
    several[0].refresh(local(muddle.now(299)))
    several[0].close()
    # Whoever comes later sees what was written.
    assert KeptFindings(projections).judgement() == several[0].judgement()
