"""What an open log says of itself: all that it is asked with reaches the audit and the rules, and their answer is told whole."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from chainlog.errors import FormatError
from chainlog.facade import Log
from chainlog.log.genesis import Policy
from chainlog.rules.archive_headings import Integrity
from chainlog.rules.selecting import Selection
from chainlog.store.lmdb_store import LmdbStore
from chainlog.tree.checkpoint import parse_checkpoint
from chainlog.tree.note import parse_note
from tests.builders import SmallLog, small_log
from tests.stories import cut_back

DAY_US = 86_400_000_000


class Office(NamedTuple):
    """A log on disk. now_us: when it ends. later: a head of it with a record more, which was cut off since."""

    path: Path
    id: bytes
    now_us: int
    head: bytes
    later: bytes


def put_on_a_list(log: SmallLog, number: int) -> None:
    """A carrier that the policy wants destroyed within half a year."""
    log.record(
        "listed.added", {"registrar": "p/L"}, subjects=[f"c/{number}", f"l/{number}"],
        body={"purpose": "destroy", "items": [{"carrier": f"c/{number}", "reason": "no_longer_needed"}], "total": 1},
    )  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Office:
    log = small_log(policy=Policy("p", "1", 480, {"keep.pending": ["6mo"]}))
    for number in (1, 2):
        put_on_a_list(log, number)
    path = tmp_path_factory.mktemp("office") / "log"
    store = LmdbStore.create(path)
    cut_back(log.handle, log.handle.reader.size, store=store)
    store.close()
    head = log.handle.checkpoint()
    put_on_a_list(log, 3)
    return Office(path, log.handle.id, log.clock.now_us, head, log.handle.checkpoint())


def test_a_report_says_what_the_audit_found(office):
    with Log.open(office.path, read_only=True) as log:
        alone = log.report(as_of_us=office.now_us).integrity
        known = log.report(as_of_us=office.now_us, log_id=office.id, checkpoint=office.head).integrity
    signed = parse_checkpoint(parse_note(office.head).text)
    assert (alone.verdict, alone.trust, alone.size, alone.root) == (
        "intact",
        "self-consistent",
        signed.size,
        signed.root,
    )
    assert {"identity", "end of the log"} <= {what for what, _ in alone.not_checked}
    assert (known.verdict, known.trust, known.size, known.root) == ("intact", "pinned", signed.size, signed.root)
    assert not {"identity", "end of the log"} & {what for what, _ in known.not_checked}


def test_a_report_holds_the_log_against_what_is_known_of_it(office):
    with Log.open(office.path, read_only=True) as log:
        cut = log.report(as_of_us=office.now_us, checkpoint=office.later).integrity
        other = log.report(as_of_us=office.now_us, log_id=bytes(32)).integrity
        with pytest.raises(FormatError):
            log.report(checkpoint=b"no note")
    assert (cut.verdict, [(one.code, one.index) for one in cut.findings]) == ("broken", [("truncated", cut.size)])
    assert (other.verdict, other.trust, [one.code for one in other.findings]) == (
        "broken",
        "self-consistent",
        ["wrong-log"],
    )


def test_a_report_without_an_audit_vouches_for_nothing(office):
    with Log.open(office.path, read_only=True) as log:
        assert log.report(as_of_us=office.now_us, verify=False).integrity == Integrity(verdict="not_verified")
    memory = small_log()
    with Log(memory.store, clock=memory.clock) as log:
        assert log.report().integrity == Integrity(verdict="not_verified")


def test_of_what_falls_due_only_what_was_selected(office):
    with Log.open(office.path, read_only=True) as log:
        soon = {"as_of_us": office.now_us}
        assert [one.subject for one in log.due(**soon)] == ["l/1", "l/2"]
        chosen = {
            "selection": {"selection": Selection(subjects=("l/2",))}, "subjects": {"subjects": ["l/2"]},
        }  # fmt: skip
        for how, asked in chosen.items():
            assert [one.subject for one in log.due(**soon, **asked)] == ["l/2"], how
        assert log.due(**soon, until_us=office.now_us + 30 * DAY_US) == log.due(**soon, rules=["INV"]) == []
        # A year later it is overdue, which is a finding.
        late = {"as_of_us": office.now_us + 366 * DAY_US}
        assert log.due(**late) == []
        assert [one.subject for one in log.findings(**late, selection=Selection(subjects=("l/2",)))] == ["l/2"]
