"""What regulations ask for secret papers isn't asked for open ones (无密), but for work secrets and what is left blank."""

from __future__ import annotations

import pytest

from tests.offices import Office, receive

ASKED = ["CIR-1", "CIR-2", "CIR-3", "CIR-4", "CIR-5", "CIR-7", "ISS-2", "TRN-3"]
POLICY = {"posts.circulate": "registrar", "within.back.circulation": "0d", "within.receipt.local": "3d"}


def told(level: str, **parameters: str) -> Office:
    """Handed out by the exchange box, passed on, kept too long, excerpted, sent off, gone: nobody signs or asks."""
    office = Office({**POLICY, **parameters})
    names = [f"c/{number}" for number in range(1, 7)]
    receive(office, "03-03 09:00", names, "d/1", level=level)
    hand = {"giver": "李敏", "receiver": "陈"}
    office.tell("03-03 10:00", "transferred.circulate", on=["c/1"], who=hand, unsigned=["陈"], mode="exchange_box")
    office.tell(
        "03-03 11:00", "transferred.hand_over", on=["c/1"], who={"giver": "陈", "receiver": "孙"}, reason="passing_on"
    )
    office.tell(
        "03-03 12:00", "returned.to_keeper", on=["c/1"], who={"giver": "孙", "receiver": "李敏"}, reason="reading"
    )
    office.tell("03-03 10:10", "transferred.circulate", on=["c/2"], who=hand, mode="face_to_face")
    office.tell("03-03 11:10", "transferred.hold", on=["c/2"], who={"receiver": "陈"}, reason="起草", due="03-04 18:00")
    office.tell(
        "03-05 09:00", "returned.to_keeper", on=["c/2"], who={"giver": "陈", "receiver": "李敏"}, reason="reading"
    )
    office.tell(
        "03-03 10:20", "transferred.dispatch", on=["c/3"], who={"giver": "李敏"}, to="u/甲村", channel="by_hand"
    )
    office.tell("03-03 10:30", "transferred.circulate", on=["c/4"], who={"giver": "李敏"}, mode="face_to_face")
    office.tell(
        "03-03 10:40", "copied.made", on=["c/5", "c/摘"], who={"operator": "赵强"}, method="excerpt", parents=["c/5"], level=level,
        items=[{"carrier": "c/摘", "form": "document"}],
    )  # fmt: skip
    return office


@pytest.mark.parametrize(("level", "codes"), [("无密", []), ("内部", ASKED), ("秘密", ASKED), ("未标", ASKED)])
def test_open_papers_go_freely(level, codes):
    assert sorted({code for code, _ in told(level).found(*ASKED)}) == codes


def test_where_every_paper_goes_back_to_its_keeper():
    assert {code for code, _ in told("无密", **{"strict.CIR-1": "yes"}).found(*ASKED)} == {"CIR-1"}
