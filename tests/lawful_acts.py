"""What lives of papers and of media have in common: who decides, taking out, destruction."""

from __future__ import annotations

from collections.abc import Sequence

from chainlog.canon import codec
from chainlog.digest import list_digest
from tests.lawful import Life

LEADER = "何副书记"
HEAD = "周书记"
TERMS = {"绝密": "30年", "机密": "20年", "秘密": "10年"}
DESTROYERS = ("李敏", "赵强")


def digest(carriers: Sequence[str]) -> bytes:
    """What a permit says of the whole list."""
    return list_digest(codec.encode(sorted(carriers, key=codec.sort_key)))


def take_out(life: Life, n: int, one: str, bearer: str, friend: str | None = None, *, giver: str = "") -> None:
    """Taken to another unit with a permit, in time back and examined by the leader."""
    permit, out, back, due = life.id("", f"t{n}"), life.id("", f"o{n}"), life.id("", f"x{n}"), life.until(5)
    life.next_day()
    life.tell(
        f"permit{n}", "decided.permit", [one], {"approver": LEADER, "proposer": bearer}, id=permit, step="approved", act="take_out",
        until=due, where="w/市局",
    )  # fmt: skip
    company = {"escort": friend} if friend else {}
    life.tell(
        f"take_out{n}", "transferred.take_out", [one], {"giver": giver or life.keeper, "receiver": bearer, **company}, id=out,
        refs=[permit], destination="w/市局", reason="报送", due=due, measures=["密码箱"],
    )  # fmt: skip
    life.next_day(life.rng.randint(1, 3))
    life.tell(
        f"return{n}", "returned.to_keeper", [one], {"giver": bearer, "receiver": life.keeper}, id=back, refs=[out],
        reason="take_out",
    )  # fmt: skip
    life.tell(
        f"check{n}", "checked.carrier", [one], {"operator": life.keeper, "approver": LEADER}, refs=[back], reason="take_out",
        passed=True,
    )  # fmt: skip


def destroy(
    life: Life, carriers: Sequence[str], documents: Sequence[str], *, proposer: str, method: str, reason: str = "no_longer_needed",
    supervisors: Sequence[str] = DESTROYERS,
) -> None:  # fmt: skip
    """The whole course of a lawful destruction, within two weeks."""
    listed, permit, ordered = life.id("l", "销"), life.id("", "x1"), sorted(carriers, key=codec.sort_key)
    life.next_day()
    life.tell(
        "list", "listed.added", [*ordered, listed], {"registrar": "李敏"}, purpose="destroy", total=len(ordered),
        items=[{"carrier": one, "reason": reason} for one in ordered],
    )  # fmt: skip
    life.next_day()
    life.tell(
        "permit destroy", "decided.permit", [listed], {"approver": LEADER, "proposer": proposer}, id=permit, step="approved",
        act="destroy", count=len(ordered), whole=digest(ordered),
    )  # fmt: skip
    life.next_day(2)
    life.tell(
        "deliver", "transferred.send_to_destruction", [*ordered, listed],
        {"giver": "李敏", "escort": list(DESTROYERS), "receiver": "销毁中心员"}, to="u/市保密局", receipt_no="R-1",
    )  # fmt: skip
    life.tell(
        "destroy", "destroyed.carriers", [*ordered, *documents, listed], {"supervisor": list(supervisors), "operator": "销毁中心员"},
        refs=[permit], place="w/市销毁中心", unit="u/市保密局", method=method,
    )  # fmt: skip
