"""What two persons may destroy, and once; and what is handed over while its receiver never signs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainlog.errors import ChainlogError
from chainlog.record.draft import Draft
from tests.attacks.answers import Answer, attack, is_found, is_refused, refused, same
from tests.attacks.deeds import DEED, deed, destroys, listed, stocked
from tests.attacks.signing import breach, drafted, guarded, log_at, size_of
from tests.builders import SmallLog
from tests.offices import Office
from tests.scenarios import local


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    made = log_at(tmp_path / "log")
    yield made
    made.handle.close()


@attack(
    "TP12", "A carrier is destroyed that is on loan, was destroyed before, or never came into the books", "K",
    is_found("INT-8"), is_found("DES-13"), is_found("REC-1"), is_refused("forbidden"),
    note="A log records what people state and judges it; an office that wants it refused lists these rules under `refuse`",
)  # fmt: skip
def test_a_carrier_is_destroyed_that_is_not_there() -> list[Answer]:
    def prepared(office: Office) -> Office:
        stocked(office)
        office.tell(
            "06-02 10:00",
            "transferred.lend",
            on=["c/1"],
            who={"giver": "李敏", "receiver": "陈"},
            purpose="起草",
            depth="read",
        )
        destroys(office, "c/2", at="06-03 10:00")
        return office

    office, strict = prepared(Office()), prepared(guarded({}, "INT-8", "DES-13", "REC-1"))
    return [
        *(
            breach(office, rule, on, destroys(office, on))
            for rule, on in (("INT-8", "c/1"), ("DES-13", "c/2"), ("REC-1", "c/9"))
        ),
        same(refused(lambda: destroys(strict, on), state=size_of(strict)) for on in ("c/1", "c/2", "c/9")),
    ]


@attack("TP13", "Two destructions of one carrier are handed in at the same time", "K", is_refused("stale-draft"))
def test_two_destructions_at_once(log: SmallLog) -> Answer:
    drafts = [drafted(log, deed(log, ["c/1"])) for _ in range(2)]
    errors: list[str] = []
    together = threading.Barrier(2)

    def hand_in(draft: Draft) -> None:
        together.wait()
        try:
            log.handle.append(draft)
        except ChainlogError as error:
            errors.append(error.code)

    threads = [threading.Thread(target=hand_in, args=(draft,)) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.kind for entry in log.handle.reader.history("c/1")] == [DEED]
    assert len(errors) == 1
    return Answer("refused", tuple(errors))


@attack(
    "TP14", "Of five numbered copies on a list, the third is destroyed twice and the fourth never", "K",
    is_found("DES-13"), is_found("DES-2"), is_refused("forbidden", "DES-13"),
    note="The fourth stays in stock by the books",
)  # fmt: skip
def test_one_copy_is_destroyed_for_another() -> list[Answer]:
    copies = [f"c/{n}" for n in range(1, 6)]

    def told(office: Office) -> Office:
        stocked(office, *copies)
        listed(office, *copies)
        destroys(office, "c/1", "c/2", "c/3", "l/1")
        return office

    office, strict = told(Office()), told(guarded({}, "DES-13"))
    twice = destroys(office, "c/3", "c/5", "l/1", at="06-11 10:00")
    found_twice = breach(office, "DES-13", "c/3", twice)
    assert office.custody().balance("d/1").in_stock == 1
    assert "c/4" in next(one.message_zh for one in office.judge("DES-2").findings if one.state == "open")
    return [
        found_twice,
        breach(office, "DES-2", "l/1", twice),
        refused(lambda: destroys(strict, "c/3", "c/5", "l/1", at="06-11 10:00"), state=size_of(strict)),
    ]


@attack(
    "TP15", "Something is handed over or sent off, and who is to receive it never signs", "K", is_found("ISS-2"), is_found("TRN-3"),
    note="What was sent stays in transit, and its term runs from the day that it went",
)  # fmt: skip
def test_the_receiver_never_signs() -> list[Answer]:
    office = stocked(Office({"within.receipt.local": "3d"}))
    sent = office.tell(
        "06-02 10:00",
        "transferred.dispatch",
        on=["c/1"],
        who={"giver": "李敏", "escort": ["赵强", "黄"]},
        to="u/甲村",
        channel="by_hand",
    )
    given = office.tell(
        "06-02 11:00",
        "transferred.circulate",
        on=["c/2"],
        who={"giver": "李敏", "receiver": "陈"},
        unsigned=["陈"],
        mode="face_to_face",
    )
    assert office.custody().carrier("c/1").phase == "in_transit"
    assert ("ISS-2", "c/1", local("06-06") - 1) in office.due("ISS-2", as_of="06-04")
    assert office.found("ISS-2", as_of="06-04") == []
    return [breach(office, "ISS-2", "c/1", sent), breach(office, "TRN-3", "c/2", given)]
