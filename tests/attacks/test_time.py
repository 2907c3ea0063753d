"""Time: clocks that are wrong, times that are claimed, periods without a checkpoint, heads signed again by a later key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from chainlog.event.times import format_time, parse_time, to_us
from chainlog.facade import Log
from chainlog.forensics.audit import audit
from chainlog.forensics.evidence import U64
from chainlog.forensics.receipts import hold_receipt, receipt_of
from chainlog.limits import EXPIRY_MAX_US, INTEGER_MAX
from chainlog.log.genesis import Policy
from chainlog.proof.receipt import check_receipt
from chainlog.proof.tlog_proof import TlogProof, format_tlog_proof, parse_tlog_proof
from chainlog.record.statement import EnrolStatement
from chainlog.tree.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from chainlog.tree.merkle import root_of
from chainlog.tree.note import parse_note
from tests.attacks import disk
from tests.attacks.answers import (
    SURVIVED,
    Answer,
    attack,
    found,
    found_outside,
    is_found,
    is_found_outside,
    is_refused,
    refused,
    same,
    survived,
)
from tests.attacks.cuts import again, cut_files, hashes_of, judged_at, told_from, visited, visits
from tests.attacks.signing import breach, drafted, log_at, revocation, state_of, visit
from tests.builders import Clock, SmallLog
from tests.command_line import ENVIRONMENT, Terminal, office
from tests.offices import Office, receive
from tests.signers import signer
from tests.witnesses import cosigned_note, witness

HOUR = 3_600_000_000
DAY = 24 * HOUR
ITEM = {"carrier": "c/1", "form": "document", "document": "d/1", "copy_no": "1"}
TAKEN_IN = {
    "level": "机密", "items": [ITEM], "sender": "u/国务院", "channel": "exchange", "listed": 1, "found": 1, "seal": "intact",
}  # fmt: skip
HOURLY = Policy("township", "1", 0, {"min.supervisors": ["2"], "every.checkpoint": ["1h"]})


def remarked(path: Path, log_id: bytes, code: str, *indexes: int) -> Answer:
    """Verification remarks *code* on exactly these records, of a log that is what it was."""
    report = audit(path, log_id=log_id)
    assert report.integrity == "intact"
    assert [one.index for one in report.findings if one.code == code] == list(indexes)
    return Answer("found", (code,))


@attack(
    "TM01", "An act is told with a date long past, by a signer, and by an application that sets the writer's clock back as well", "KA",
    is_refused("expired"), is_found("REC-4"), is_found("clock"), is_found_outside("forked"),
    note="It stands at the end whatever it says, after every head that was kept or cosigned before; a signature's own date can lie "
    "31 days back at most; put in below, it changes what those heads signed",
)  # fmt: skip
def test_a_backdated_event(tmp_path: Path) -> Iterator[Answer]:
    log = visited(tmp_path / "log", 3)
    state = state_of(log)
    late = drafted(log, visit(log), at_us=log.clock.now_us - EXPIRY_MAX_US)
    yield refused(lambda: log.handle.append(late), state=state)
    rules = Office({"within.late": "24h"})
    receive(rules, "03-03 09:00", ["c/1"], "d/1")
    told = rules.tell(
        "03-04 10:00", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, recorded="06-10 08:00", place="w/G1"
    )
    assert told == rules.reader.size - 1
    yield breach(rules, "REC-4", "c/1", told)
    before = log.handle.checkpoint()
    size = log.handle.reader.size
    log.clock.now_us -= 300 * DAY
    index = visits(log, 1).handle.reader.size - 1
    assert index == size == parse_checkpoint(parse_note(before).text).size
    log.handle.close()
    yield remarked(tmp_path / "log", log.handle.id, "clock", index)
    # With the log's key too it can be put where its date belongs.
    with again(tmp_path / "log", log).handle as whole:
        visits(told_from(log._replace(handle=whole), tmp_path / "moved", 4), 3, person="p/Z").handle.close()
    alone, beside = (judged_at(tmp_path / "moved", log.handle.id, note) for note in (None, before))
    yield found_outside(alone, beside, "forked")


PRIVATE = {"mode": "face_to_face"}
READ = {"reason": "reading", "condition": "intact"}


def holder(log: SmallLog) -> str | None:
    """Who has the carrier."""
    state = log.handle.custody.carrier("c/1")  # type: ignore[attr-defined]
    assert state is not None
    return state.holder


def handed_out(log: SmallLog, **rest: Any) -> Any:
    """The carrier goes from p/L to p/Z."""
    people = {"giver": "p/L", "receiver": "p/Z"}
    return log.record("transferred.circulate", people, body=PRIVATE, subjects=["c/1"], **rest)


def handed_back(log: SmallLog, given: Any, **rest: Any) -> Any:
    """And comes back."""
    people = {"giver": "p/Z", "receiver": "p/L"}
    return log.record("returned.to_keeper", people, body=READ, subjects=["c/1"], refs=[given.event_id], **rest)


def stocked(path: Path) -> SmallLog:
    """A log on the disk, open, with one carrier in p/L's hands."""
    policy = Policy("township", "1", 0, {"min.supervisors": ["2"], "within.late": ["24h"]})
    log = log_at(path, policy=policy)
    log.handle.close()
    log = again(path, log)
    log.record("created.received", {"receiver": "p/L"}, body=TAKEN_IN)
    return log


@attack(
    "TM02", "The clock of the host is set back, by a day and by years", "FA",
    SURVIVED, is_found("clock"), is_found("REC-4"),
    note="Nothing is refused, and custody goes on; an act that itself states such a time, after others that stated theirs, is taken for a belated one, and said to be",
)  # fmt: skip
def test_a_clock_set_back(tmp_path: Path) -> Iterator[Answer]:
    path = tmp_path / "log"
    log = stocked(path)
    handed_back(log, handed_out(log), occurred=(log.clock.now_us, 0))
    draft, indexes, stating = drafted(log, visit(log)), [], []
    for back in (DAY, 5 * 365 * DAY):
        log.clock.now_us -= back
        happened = (log.clock.now_us, 0)
        indexes.append(log.handle.reader.size)
        stating.append(handed_out(log, occurred=happened).index)
        entries = [log.handle.reader.read(stating[-1] - n) for n in (1, 0)]
        assert [entry.recorded_at_us > log.clock.now_us for entry in entries] == [True, False]
        assert entries[1].event.occurred == happened
        assert holder(log) == "p/L"
        given = handed_out(log)
        assert holder(log) == "p/Z"
        handed_back(log, given)
        assert holder(log) == "p/L"
        log.handle.append(draft)  # the second time it stands there already
    log.clock.now_us += 6 * 365 * DAY
    findings = log.handle.findings(rules=["REC-4"])  # type: ignore[attr-defined]
    given = handed_out(log, occurred=(log.clock.now_us, 0))
    assert holder(log) == "p/Z"
    hashes = hashes_of(log)
    log.handle.close()
    yield survived(path, hashes, log_id=log.handle.id)
    yield remarked(path, log.handle.id, "clock", *indexes)
    assert [(one.subject, one.state, one.evidence) for one in findings] == [
        ("c/1", "open", (index,)) for index in stating
    ]
    yield Answer("found", ("REC-4",))


@attack(
    "TM03", "The clock of the host stands far in the future, so that all that comes later seems to lie in the past", "F",
    is_refused("expired"), is_refused("usage"), is_found("clock"), SURVIVED,
    note="Papers that people signed by right clocks are refused, so it is noticed; when it is mended the log goes on, with one remark; acts that state the wrong time are made void",
)  # fmt: skip
def test_a_clock_far_ahead(tmp_path: Path) -> Iterator[Answer]:
    path = tmp_path / "log"
    log = stocked(path)
    draft, state = drafted(log, visit(log)), state_of(log)
    true_us = log.clock.now_us
    log.clock.now_us += 75 * 365 * DAY
    yield refused(lambda: log.handle.append(draft), state=state)
    clocks = (Clock(moment) for moment in (INTEGER_MAX, 2**64, -(10**9)))
    beyond = [Log(log.store, log_signer=signer("log"), clock=clock) for clock in clocks]
    yield same(refused(partial(handle.append, draft), state=state) for handle in beyond)
    given = handed_out(log, occurred=(log.clock.now_us, 0))
    log.clock.now_us = true_us + DAY
    mended = log.handle.reader.size
    people = {"registrar": "p/L", "approver": "p/Z"}
    log.record("corrected.void", people, body={"reason": "时钟有误"}, refs=[given.event_id])
    log.handle.append(draft)
    assert holder(log) == "p/L"
    given = handed_out(log, occurred=(log.clock.now_us, 0))
    assert holder(log) == "p/Z"
    handed_back(log, given)
    assert holder(log) == "p/L"
    assert log.handle.findings(rules=["REC-4"]) == []  # type: ignore[attr-defined]
    hashes = hashes_of(log)
    log.handle.close()
    yield remarked(path, log.handle.id, "clock", mended)
    yield survived(path, hashes, log_id=log.handle.id)


@attack(
    "TM04", "Whoever has stolen a person's key signs with a date before the theft", "K",
    is_found_outside("forked"), is_found("doubtful"),
    note="By the key alone it can only be put at the end, so it lies after every head that a witness had cosigned; a revocation with "
    "`doubt_from` marks it",
)  # fmt: skip
def test_backdating_with_a_stolen_key(tmp_path: Path) -> Iterator[Answer]:
    log, path = visited(tmp_path / "log", 3), tmp_path / "log"
    cosigned, size = cosigned_note(log.handle.checkpoint(), "w.example"), log.handle.reader.size
    claimed_us = log.clock.now_us - 20 * DAY
    old = (3, hashes_of(log)[3])
    thief = drafted(
        log,
        visit(log, place="w/stolen", occurred=(claimed_us, 0), expires_at_us=claimed_us + 30 * DAY),
        at_us=claimed_us,
        base=old,
    )
    index = log.handle.append(thief).index
    assert index == size
    entry = log.handle.reader.read(index)
    assert (entry.record.signatures[0][2], entry.record.base[0]) == (claimed_us, 3)
    # What the witness saw has `size` records, and each of them can be proved to be among those; this one can't.
    seen = check_receipt(
        receipt_of(log.handle, size - 1, checkpoint=cosigned), log_id=log.handle.id, witnesses=[witness("w.example")]
    )
    assert (seen.trust, seen.checkpoint.size) == ("witnessed", size)
    refused(lambda: receipt_of(log.handle, index, checkpoint=cosigned))
    true = judged_at(path, log.handle.id, cosigned)
    assert true.integrity == "intact"
    # Only with the log's key can it be put before, and then not under what the witness saw.
    told = told_from(log, tmp_path / "told", 5)
    told.handle.append(thief)
    visits(told, 3).handle.close()
    alone, beside = (judged_at(tmp_path / "told", log.handle.id, note) for note in (None, cosigned))
    yield found_outside(alone, beside, "forked")
    log.administer("revoked", revocation("p/C", reason="compromised", doubt_from=size))
    log.handle.close()
    yield remarked(path, log.handle.id, "doubtful", index)


@attack(
    "TM05", "A time has no zone, or is one that no clock shows: a leap second, the 29th of February in another year, the year 10000", "A",
    is_refused("malformed"), is_refused(), SURVIVED,
    note="Times are whole microseconds of UTC; a text without a zone means the log's own fixed one, whatever the machine's is and "
    "whether it was summer there",
)  # fmt: skip
def test_times_without_meaning(tmp_path: Path) -> Iterator[Answer]:
    none = (
        "2025-06-30 23:59:60",
        "2025-02-29",
        "10000-01-01",
        "2025-03-05 24:00",
        "2025-03-05 12:00+24:00",
        "0000-01-01",
    )
    yield same([
        refused(lambda: to_us(datetime(2025, 3, 5))),  # noqa: DTZ001 - it is the point
        *(refused(partial(parse_time, text, offset_minutes=480)) for text in none),
    ])  # fmt: skip
    log, path = log_at(tmp_path / "log"), tmp_path / "log"
    state = state_of(log)

    def told(*occurred: Any) -> Any:
        return log.record("accessed.entered", {"operator": "p/C"}, subjects=["w/1"], occurred=occurred)

    worse = [(2**53, 0), (-(2**53), 0), (0, -1), (0, 2**53), (1.5, 0), (True, 0), (0,), (0, 0, 0), (None, 0)]
    worse += [parse_time(text, offset_minutes=480) for text in ("0001-01-02", "1684-01-01", "2256-01-01", "9999-12-31")]
    yield same(refused(partial(told, *occurred), state=state) for occurred in worse)
    for text in (
        "1949-10-01",
        "1969-12-31 23:59:59",
        "1986-05-04 02:30",
        "1991-09-15 01:30",
        "1700-01-01",
        "2255-06-05",
    ):
        occurred = parse_time(text, offset_minutes=480)
        entry = log.handle.reader.read(told(*occurred).index)
        assert entry.event.occurred == occurred
        assert format_time(occurred[0], offset_minutes=480).startswith(text[:10])
    hashes = hashes_of(log)
    log.handle.close()
    yield survived(path, hashes, log_id=log.handle.id)
    with office(tmp_path / "office") as terminal:
        line = '{"kind":"accessed.entered","at":"1988-07-10 02:30","who":{"operator":"p/李敏"},"subjects":["w/1"]}'
        (tmp_path / "office" / "in.jsonl").write_text(line, encoding="utf-8")
        for zone in ("Asia/Shanghai", "America/New_York", "UTC"):
            said = terminal.run("append", "office.log", "in.jsonl", "--key", "keys/李敏.key", TZ=zone)
            assert said.status == 0, said
        with Log.open(tmp_path / "office" / "office.log", read_only=True) as opened:
            told_times = {entry.event.occurred for entry in opened.reader.history("w/1")}
        assert told_times == {parse_time("1988-07-10 02:30+08:00", offset_minutes=0)}


def _closed(log: SmallLog, path: Path) -> Path:
    """Its directory, after it was closed."""
    log.handle.close()
    return path


@attack(
    "TM06", "Periods have no checkpoint, because somebody cut the log back and went on, or took checkpoints out", "WL",
    is_found("truncated"), is_found("forked"), is_found(), is_found_outside("forked"),
    note="A kept checkpoint of what was cut off betrays it; `chainlog checkpoint` ends with status 1 where periods lack theirs; an empty "
    "period needs none, since the next head covers it; who has the log's key can make up for them",
)  # fmt: skip
def test_periods_without_a_checkpoint(tmp_path: Path) -> Iterator[Answer]:
    log, path = visits(log_at(tmp_path / "log", policy=HOURLY), 6, step_us=HOUR), tmp_path / "log"
    newest, size, log_id = log.handle.checkpoint(), log.handle.reader.size, log.handle.id
    with log.store.snapshot() as snapshot:
        kept = dict(snapshot.checkpoints())
    assert sorted(kept) == [1, *range(4, size)]
    log.clock.now_us += 40 * HOUR
    assert log.handle.missing_checkpoints() == []  # periods in which nothing happened
    # Cut back by somebody without keys, the later checkpoints left.
    yield found(cut_files(path, tmp_path / "cut", 6, kept[6], keep=kept), "truncated", index=6, log_id=log_id)
    # Gone on by somebody with the log's key.
    bare = visits(told_from(log, tmp_path / "bare", 6), 4, person="p/Z", step_us=HOUR)
    assert bare.handle.missing_checkpoints() == [4, 5]
    bare.handle.close()
    with disk.rows_of(tmp_path / "bare") as rows:
        own = rows.get("checkpoints", U64.pack(7))
        rows.put("checkpoints", U64.pack(7), kept[7])
    yield found(tmp_path / "bare", "forked", index=6, log_id=log_id)
    with disk.rows_of(tmp_path / "bare") as rows:
        rows.put("checkpoints", U64.pack(7), own)
        rows.delete("checkpoints", U64.pack(8))
    said = Terminal(tmp_path, ENVIRONMENT).run("checkpoint", "bare", "--json", CHAINLOG_LOG_KEY=None)
    assert (said.status, json.loads(said.out)["missing"]) == (1, [4, 5, 8])
    yield Answer("found")
    made_up = again(tmp_path / "bare", log)
    assert {4, 5, 8} <= set(made_up.handle.keep_checkpoints())
    assert made_up.handle.missing_checkpoints() == []
    made_up.handle.close()
    yield found_outside(audit(tmp_path / "bare", log_id=log_id), judged_at(tmp_path / "bare", log_id, newest), "forked")


@attack(
    "TM07", "Records of the time of an old log key are put under heads that a newer key signs", "L",
    is_found("head-mismatch"), is_refused("checkpoint"), is_found("head-mismatch"), is_refused("foreign-file"),
    is_refused("checkpoint"),
    note="A head counts if the key in force after its last record signed it: as head, as kept checkpoint, from outside, in a receipt",
)  # fmt: skip
def test_heads_signed_again_by_a_newer_key(tmp_path: Path) -> Iterator[Answer]:
    log, path = visited(tmp_path / "log", 4), tmp_path / "log"
    change = {"old": (1, signer("log").public_key), "new": (1, signer("new").public_key)}
    proof = signer("new").sign_enrolment(EnrolStatement(log.handle.id, "s/log", 1, signer("new").public_key))
    people = {"administrator": list(log.administrators), "log": ["s/log"]}
    newer = log._replace(handle=Log(log.store, log_signer=signer("new"), clock=log.clock))
    newer.handle.record_event(
        "log_key_changed", body={**change, "proof": proof}, people=people, signers={**log.administrators, "s/log": signer("log")}
    )  # fmt: skip
    visits(newer, 2)
    log_id, origin, hashes = newer.handle.id, newer.handle.origin, hashes_of(newer)
    true = receipt_of(newer.handle, 3)
    newer.handle.close()
    assert audit(path, log_id=log_id).integrity == "intact"

    def resealed(size: int, key: str = "new") -> bytes:
        return sign_checkpoint(Checkpoint(origin, size, root_of(hashes[:size])), signer=signer(key))

    cut = [cut_files(path, tmp_path / f"cut {size}", size, resealed(size)) for size in (3, 5, 7)]
    yield same(found(judged_at(one, log_id), "head-mismatch") for one in cut)
    yield same(refused(partial(Log.open, one, log_id=log_id)) for one in cut)
    assert audit(cut_files(path, tmp_path / "cut", 7, resealed(7, "log")), log_id=log_id).integrity == "intact"
    for key, integrity in (("new", "broken"), ("log", "intact")):
        with disk.rows_of(path) as rows:
            rows.put("checkpoints", U64.pack(5), resealed(5, key))
        report = audit(path, log_id=log_id)
        assert report.integrity == integrity
        if key == "new":
            yield found(report, "head-mismatch")
    # The other way round too: the old key counts for nothing any more.
    late = [resealed(size) for size in (1, 5, 7)] + [resealed(9, "log")]
    yield same(refused(partial(judged_at, path, log_id, note)) for note in late)
    with Log.open(path, log_id=log_id) as opened:
        old = parse_tlog_proof(receipt_of(opened, 3, checkpoint=resealed(5, "log")))
        forged = format_tlog_proof(TlogProof(3, old.path, resealed(5), old.extra))
        hold_receipt(opened, true)
        hold_receipt(opened, format_tlog_proof(old))
        yield refused(lambda: hold_receipt(opened, forged))
