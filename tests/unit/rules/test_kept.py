"""Findings that are kept: when they are judged anew though no record names them, and whose log they are of."""

from __future__ import annotations

import pytest

from chainlog.projection.standard import standard_projections
from chainlog.rules.kept import KeptFindings
from tests.offices import Office, receive, register
from tests.scenarios import local


def codes(kept: KeptFindings, subject: str) -> list[str]:
    return [one.code for one in kept.of(subject)]


@pytest.mark.parametrize("at", ["06-28 00:00", "06-28 09:00"])
def test_what_looks_at_every_carrier_is_judged_anew_from_the_first_moment_of_the_next_day(at: str) -> None:
    """A stock-take found all that was there by the books of that day; then a return from before it is entered."""
    office = Office()
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    office.tell(
        "03-05 09:00", "transferred.circulate", on=["c/2"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
    )
    office.tell(
        "06-27 09:00", "checked.inventory", on=["l/盘", "u/镇", "c/1"], who={"operator": ["李敏", "赵强"]}, occasion="regular",
        found=["c/1"],
    )  # fmt: skip
    kept = KeptFindings(office.projections)
    kept.refresh(local("06-27 19:00"))
    assert codes(kept, "l/盘") == []
    office.tell(
        "06-20 09:00", "returned.to_keeper", on=["c/2"], who={"giver": "陈", "receiver": "李敏"}, reason="reading",
        recorded="06-27 20:00",
    )  # fmt: skip
    kept.refresh(local("06-27 21:00"))
    kept.refresh(local(at))
    assert kept.judgement().findings == office.judge(as_of=at).findings
    assert codes(kept, "l/盘") == ["INV-1"]


def test_an_answer_that_rests_on_what_another_document_states_follows_that() -> None:
    """Two papers of one issuer are lowered together, which is found at the first: whose that is, is registered last."""
    office = Office()
    for number in (1, 2):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}", level="机密")
    office.tell(
        "03-10 09:00", "decided.reclassify", on=["d/1", "d/2"], who={"approver": "周书记"}, step="approved", change="lowered",
        level="秘密",
    )  # fmt: skip
    kept = KeptFindings(office.projections)
    found = []
    for number, at in ((2, "03-11"), (1, "03-12")):
        register(office, f"{at} 09:00", f"d/{number}", serial=number, level="机密")
        kept.refresh(local(f"{at} 10:00"))
        assert kept.judgement().findings == office.judge(as_of=f"{at} 10:00").findings
        found.append([number for number in (1, 2) if "DCL-3" in codes(kept, f"d/{number}")])
    assert found == [[2], [1]]


def test_what_was_kept_of_a_longer_log_is_not_believed_of_a_shorter_one() -> None:
    """A log is restored from its backup of the day before, and what was derived from the lost day still lies beside it."""
    offices = []
    for days in (1, 2):
        office = Office({"within.register": "0d"})
        for day in range(1, days + 1):
            receive(office, f"03-0{day + 2} 09:00", [f"c/{day}"], f"d/{day}")
        offices.append(office)
    short, long = offices
    KeptFindings(long.projections).refresh(local("03-05 09:00"))
    kept = KeptFindings(standard_projections(short.reader, long.projections.kv))
    kept.refresh(local("03-05 09:00"))
    assert kept.judgement().findings == short.judge(as_of="03-05 09:00").findings
    assert codes(kept, "c/1") or codes(kept, "d/1")
    assert codes(kept, "c/2") == codes(kept, "d/2") == []


@pytest.mark.parametrize("known", [False, True])
def test_what_looks_at_every_incident_follows_one_that_names_nothing_else(known: bool) -> None:
    """A part of a stock-take found what no book has, and the other part never came; it was reported too late."""
    office = Office({"within.discrepancy": "1d"})
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    told = {"who": {"operator": "李敏", "registrar": "李敏"}, "to": ["p/王宁"]}
    if known:
        office.tell("06-26 09:00", "reported.incident", on=["i/1"], what="leak", **told)
    office.tell(
        "06-27 09:00", "checked.inventory", on=["l/盘", "u/镇", "c/1"], who={"operator": ["李敏", "赵强"]}, occasion="regular",
        found=["c/1"], extra=[{"label": "K3"}], part={"number": 1, "of": 2, "whole": bytes(32)},
    )  # fmt: skip
    kept = KeptFindings(office.projections)
    for at, state in (("06-30 09:00", "open"), ("07-02 09:00", "closed")):
        kept.refresh(local(at))
        assert kept.judgement().findings == office.judge(as_of=at).findings
        assert [one.state for one in kept.of("l/盘") if one.code == "INV-4"] == [state]
        office.tell("07-01 09:00", "reported.incident", on=["i/1"], what="discrepancy", **told)
