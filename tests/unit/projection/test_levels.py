from __future__ import annotations

from itertools import permutations, product

import pytest

from chainlog.event.types import LEVELS
from chainlog.projection.levels import Standing, effective, highest, rank, standing, stored
from chainlog.projection.rows import BOTH, NONE, ONE, UNKNOWN_US, LevelRow
from chainlog.projection.sides import crew_of, evidence_of


def test_the_order_of_levels():
    ascending = ["", "无密", "未标", "内部", "秘密", "机密", "绝密"]
    assert sorted(ascending, key=rank) == ascending
    assert {level for level in LEVELS if rank(level)} == set(LEVELS)
    for some in permutations(ascending, 3):
        assert highest(some) == max(some, key=ascending.index)
    assert highest([]) == ""


@pytest.mark.parametrize(("own", "own_us", "decided", "stored_level", "document", "level"), [
    ("秘密", 5, "", "", Standing(), "秘密"),
    ("秘密", 5, "", "", Standing("机密", "", UNKNOWN_US), "机密"),
    ("机密", 5, "", "", Standing("秘密", "", UNKNOWN_US), "机密"),
    ("机密", 5, "", "", Standing("秘密", "", 5), "秘密"),  # the decision is not older than the copy
    ("机密", 5, "", "", Standing("秘密", "", 4), "机密"),  # a copy made after it, stated higher
    ("机密", 5, "秘密", "", Standing(), "秘密"),
    ("机密", 5, "绝密", "", Standing("秘密", "", 9), "绝密"),
    ("秘密", 5, "", "绝密", Standing("机密", "", 9), "绝密"),
    ("", UNKNOWN_US, "", "", Standing(), ""),
    ("机密", UNKNOWN_US, "", "", Standing("秘密", "", UNKNOWN_US), "机密"),  # imported without a time
])  # fmt: skip
def test_the_effective_level(own, own_us, decided, stored_level, document, level):
    assert effective(own=own, own_us=own_us, decided=decided, stored_level=stored_level, document=document) == level


def row(us, level, how):
    return LevelRow(us, level, "", how)


def test_what_is_in_force():
    rows = [row(5, "机密", "stated"), row(9, "秘密", "decided"), row(12, "绝密", "stated"), row(7, "内部", "decided")]
    assert standing(rows) == Standing("秘密", "", 9, "")
    assert standing(rows[:1]).level == "机密"
    assert standing([row(9, "秘密", "decided"), row(9, "无密", "decided")]).level == "无密"
    assert standing([]) == Standing()


def test_what_is_stored_until_it_is_erased():
    rows = [row(1, "机密", "stored"), row(2, "秘密", "stored")]
    assert stored(rows) == "机密"
    assert stored([*rows, row(3, "", "erased")]) == ""
    assert stored([*rows, row(3, "", "erased"), row(4, "内部", "contained")]) == "内部"


def test_plain_hand_overs_are_judged_alike_both_ways():
    """The quick way for givers and receivers equals the general one, for up to three people."""
    places = [
        (role, person, signs) for role in ("giver", "receiver") for person in ("p/1", "p/2") for signs in (0, 1, 2)
    ]
    people_lists = [some for count in range(4) for some in product(places, repeat=count)]
    for people in people_lists:
        if len({(role, person) for role, person, _ in people}) < len(people):
            continue
        for imported in (False, True):
            crew = crew_of(people, imported=imported)
            general = evidence_of("transferred.lend", people, holder=crew.receiver, phase="on_loan", imported=imported)
            assert crew.evidence == general
            assert crew.receiver == next((p for r, p, _ in people if r == "receiver"), "")
            assert crew.alone == (sum(r == "receiver" for r, _, _ in people) < 2)


@pytest.mark.parametrize(("kind", "people", "holder", "phase", "evidence"), [
    ("transferred.store", [("registrar", "p/1", 1)], "p/1", "in_stock", BOTH),
    ("transferred.store", [("registrar", "p/1", 1)], "p/2", "in_stock", ONE),
    ("transferred.store", [("registrar", "p/1", 0)], "p/1", "in_stock", NONE),
    ("reported.incident", [("registrar", "p/1", 1)], "", "missing", BOTH),
    ("created.produced", [("operator", "p/1", 1), ("registrar", "p/1", 1)], "p/1", "", ONE),
    ("created.produced", [("operator", "p/1", 1), ("registrar", "p/2", 1)], "p/2", "", BOTH),
    ("created.opening", [("registrar", "p/1", 1)], "p/1", "", ONE),
    ("transferred.dispatch", [("giver", "p/1", 1), ("escort", "p/2", 1)], "p/2", "in_transit", BOTH),
    ("transferred.dispatch", [("giver", "p/1", 1), ("escort", "p/2", 1)], "p/3", "issued_out", ONE),
    ("transferred.send_to_destruction", [("escort", "p/1", 1), ("receiver", "p/2", 1)], "p/2", "", BOTH),
    ("transferred.send_to_destruction", [("escort", "p/1", 1), ("escort", "p/2", 1)], "p/1", "", ONE),
    ("transferred.send_to_destruction", [("giver", "p/1", 1), ("escort", "p/2", 1)], "p/2", "", BOTH),
])  # fmt: skip
def test_evidence_by_kind(kind, people, holder, phase, evidence):
    assert evidence_of(kind, tuple(people), holder=holder, phase=phase, imported=False) == evidence
    assert evidence_of(kind, tuple(people), holder=holder, phase=phase, imported=True) == min(evidence, ONE)
