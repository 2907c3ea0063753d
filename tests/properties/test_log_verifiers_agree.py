"""Two verifiers, one of them written from the document alone, give one answer about damaged logs.

One damage: findings at the same records, and what the package names is among what the other finds there: the package gives what is
wrong with one record as one finding (FORMAT section 14.7, step 17). Several that overlap: the same verdict (section 14.1).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import count, islice
from typing import Any, NamedTuple

import pytest

from chainlog import limits
from chainlog.digest import record_hash
from chainlog.errors import FormatError, SignatureError
from chainlog.forensics import ranges, registration, seen
from chainlog.forensics.evidence import U64, TableEvidence
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.report import REMARKS
from chainlog.record import keys, record
from chainlog.record.record import unverified_record
from tests.damage import (
    DAMAGES,
    Tables,
    changed,
    copy_of,
    damaged,
    elsewhere,
    honest,
    rechain,
    rows_of,
    sign_head,
    store_rows,
)
from tests.profile import DEEP
from tests.vectors.test_second_verifier import Memory, v

# With those at every place, a thousand damaged logs.
LOGS = 40 if DEEP else 3
CHANGES = 260
SIZES = (5, 12, 17, 8)

Found = set[tuple[str, int | None]]


class Verdict(NamedTuple):
    """What a verifier says. found: without remarks."""

    trust: str
    integrity: str
    size: int
    found: Found


@pytest.fixture(autouse=True)
def _remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most records of a damaged log are those of the sound one: the same bytes are decoded, the same signature verified, once."""
    monkeypatch.setattr(keys, "verify", _remembering(keys.verify))
    remembered = lru_cache(maxsize=4096)(record.check_record)
    for room in (ranges, registration, seen):
        monkeypatch.setattr(room, "check_record", remembered)
    for name in ("parse_record", "verifies", "is_fit_key"):
        monkeypatch.setattr(v, name, lru_cache(maxsize=4096)(getattr(v, name)))


def _remembering(verify: Callable[..., None]) -> Callable[..., None]:
    known: dict[Any, SignatureError | None] = {}

    def remembering(*signed: bytes) -> None:
        if signed not in known:
            known[signed] = None
            try:
                verify(*signed)
            except SignatureError as error:
                known[signed] = error
        error = known[signed]
        if error is not None:
            raise error

    return remembering


def by_package(tables: Tables, log_id: bytes | None) -> Verdict:
    report = audit_evidence(TableEvidence(tables), log_id=log_id)
    found = {(one.code, one.index) for one in report.findings if one.code not in REMARKS}
    return Verdict(report.trust, report.integrity, report.size, found)


def by_second(tables: Tables, log_id: bytes | None) -> Verdict:
    report = v.Report()
    answer = v.verify_database(Memory(tables), report, log_id, [])
    found = {(one.code, one.index) for one in report.findings if one.code not in v.REMARKS}
    return Verdict(answer["trust"], answer["integrity"], answer["size"], found)


def disagreement(tables: Tables, log_id: bytes | None, *, several: bool = False) -> str:
    """What the two say, where that isn't one answer; else nothing."""
    ours, other = by_package(tables, log_id), by_second(tables, log_id)
    if several:
        same = (ours.trust, ours.integrity, bool(ours.found)) == (other.trust, other.integrity, bool(other.found))
    else:
        same = ours[:3] == other[:3] and ours.found <= other.found and _places(ours) == _places(other)
    return "" if same else f"{ours} {other}"


def _places(verdict: Verdict) -> set[int | str]:
    """The records that something was found at; what is about none, by its code."""
    return {code if index is None else index for code, index in verdict.found}


# --- every damage at every place -----------------------------------------------------------------


def _everywhere(sound: Tables) -> Iterator[tuple[str, Tables]]:
    for name, damage in DAMAGES.items():
        for index in range(len(sound["records"])):
            for anew in (False, True):
                found = damaged(sound, name, index, anew=anew)
                if found is None:
                    continue
                yield f"{name} at {index}, {'chained anew' if anew else 'left'}", found
                if anew and damage.signed is not None:
                    sign_head(found, rows_of(found))
                    yield f"{name} at {index}, signed anew", found


def _put_in(sound: Tables) -> Iterator[tuple[str, Tables]]:
    """A record of another log, whatever index it states; and chained anew: the first record once more, enrolments of another log."""
    rows, other = rows_of(sound), elsewhere()[7]
    for slot in range(1, len(rows) + 1):
        tables = copy_of(sound)
        store_rows(tables, [*rows[:slot], b"no record", *rows[slot:]])
        yield f"bytes that are no record put in at {slot}", tables
    for slot in range(1, len(rows)):
        for states in range(len(rows) + 2):
            tables = copy_of(sound)
            store_rows(tables, [*rows[:slot], changed(other, index=states), *rows[slot:]])
            yield f"a record that says {states} put in at {slot}", tables
        tables = copy_of(sound)
        rechain(tables, [*rows[:slot], rows[0], *rows[slot:]], slot)
        yield f"record 0 put in at {slot} again", tables
        for number, enrolment in enumerate(elsewhere()[1:5]):
            # It brings a key that this log enrols too.
            tables = copy_of(sound)
            rechain(tables, [*rows[:slot], enrolment, *rows[slot:]], slot)
            yield f"record {number + 1} of another log put in at {slot}, chained anew", tables


def _put_beside(sound: Tables) -> Iterator[tuple[str, Tables]]:
    """Rows above the head: next to the last one and far off; of this log, another one, a later version, and of nobody."""
    rows, other = rows_of(sound), elsewhere()[7]
    end = len(rows)
    for slot in (end, end + 1, end + 5, 10**6, 2**40, limits.INTEGER_MAX - 1, limits.INTEGER_MAX):
        rest = {
            "the first record": rows[0],
            "the last record": rows[-1],
            "the last record, placed there": changed(rows[-1], index=slot),
            "a record of another log": other,
            "a record of another log, placed there": changed(other, index=slot),
            "a record of another log, chained there": changed(other, index=slot, prev_hash=record_hash(rows[-1])),
            "a later version": rows[-1][:1] + b"\x02" + rows[-1][2:],
            "nothing that can be read": b"no record",
        }
        for what, data in rest.items():
            tables = copy_of(sound)
            tables["records"][U64.pack(slot)] = data
            yield f"{what} under {slot}", tables
    tables = copy_of(sound)
    tables["records"] |= {U64.pack(end + at): data for at, data in enumerate(elsewhere()[1:5])}
    yield "several of another log", tables


def _later_versions(sound: Tables) -> Iterator[tuple[str, Tables]]:
    """A record of a later version, instead of one and before one; and where the one after it, which could contradict it, is gone."""
    rows = rows_of(sound)
    for slot in range(1, len(rows)):
        later = rows[slot][:1] + b"\x02" + rows[slot][2:]
        for what, rest in (("instead of", rows[slot + 1 :]), ("before", rows[slot:])):
            tables = copy_of(sound)
            store_rows(tables, [*rows[:slot], later, *rest])
            yield f"a later version {what} {slot}", tables
        if slot + 2 < len(rows):
            tables = copy_of(sound)
            tables["records"][U64.pack(slot)] = later
            del tables["records"][U64.pack(slot + 1)]
            yield f"a later version instead of {slot}, nothing after it", tables
            store_rows(tables, [*rows[:slot], later, *rows[slot:]])
            del tables["records"][U64.pack(slot + 1)]
            yield f"a later version before {slot}, nothing after it", tables


def _moved_up(sound: Tables) -> Iterator[tuple[str, Tables]]:
    """All records are there, and from one on they are stored under higher keys than their indexes."""
    rows = rows_of(sound)
    for slot in range(len(rows)):
        for far in (1, 2, 10**6):
            tables = copy_of(sound)
            tables["records"] = {U64.pack(at if at < slot else at + far): data for at, data in enumerate(rows)}
            yield f"the records from {slot} on stored {far} further on", tables


def _renamed(sound: Tables) -> Iterator[tuple[str, Tables]]:
    """A record calls itself another one."""
    rows = rows_of(sound)
    for slot in range(len(rows)):
        for states in (*range(len(rows) + 3), 10**6, 2**40):
            if states != slot:
                tables = copy_of(sound)
                tables["records"][U64.pack(slot)] = changed(rows[slot], index=states)
                yield f"record {slot} calls itself {states}", tables


def _bases_fitted(sound: Tables) -> Iterator[tuple[str, Tables]]:
    """Somebody changes a record, chains everything anew, and makes the bases of later records agree."""
    rows = rows_of(sound)
    for index in range(1, len(rows)):
        tables, data = copy_of(sound), rows[index]
        recorded = unverified_record(data).recorded_at_us
        rechain(
            tables,
            [*rows[:index], changed(data, recorded_at_us=recorded + 1), *rows[index + 1 :]],
            index,
            fit_bases=True,
        )
        yield f"time changed at {index}", tables


def _tables_gone(sound: Tables) -> Iterator[tuple[str, Tables]]:
    yield "no row of the records is under an index", {**copy_of(sound), "records": {b"x": b"y"}}
    for name in sound:
        yield f"{name} is gone", {table: rows for table, rows in copy_of(sound).items() if table != name}
        yield f"{name} is empty", {table: {} if table == name else rows for table, rows in copy_of(sound).items()}


def _rows_far_off(sound: Tables) -> Iterator[tuple[str, Tables]]:
    """Rows that point to records that no log has."""
    for table in ("ids", "subjects"):
        for key, row in sound[table].items():
            for far in (b"\x00\x20", b"\x02\x00", b"\xff\xff"):
                tables = copy_of(sound)
                tables[table][key] = far + row[2:] if table == "ids" else row[:8] + far + row[10:]
                yield f"{table} {key!r} points to {far!r}", tables


# In the second log the base of the last record isn't the record before it.
@pytest.mark.parametrize("log", [(8, 3), (9, 11)])
@pytest.mark.parametrize(
    "damages",
    [
        _everywhere,
        _put_in,
        _put_beside,
        _later_versions,
        _moved_up,
        _renamed,
        _bases_fitted,
        _rows_far_off,
        _tables_gone,
    ],
)
def test_one_answer_at_every_place(
    log: tuple[int, int], damages: Callable[[Tables], Iterator[tuple[str, Tables]]]
) -> None:
    log_id, sound = honest(*log)
    tried = dict(damages(sound))
    said = {
        f"{what}, log id {given is not None}": disagreement(tables, given)
        for what, tables in tried.items()
        for given in (log_id, None)
    }
    assert {what: difference for what, difference in said.items() if difference} == {}
    assert len(tried) >= 7
    assert all(by_second(tables, log_id).integrity != "intact" for tables in islice(tried.values(), 3))


@pytest.mark.parametrize("size", [1, 200, 256, 290])
def test_one_answer_on_a_log_that_was_cut_back(size: int) -> None:
    """Below a full tile, and above it; with all other tables as they were."""
    log_id, sound = honest(300)
    tables = copy_of(sound)
    store_rows(tables, rows_of(sound)[:size])
    assert disagreement(tables, log_id) == ""
    assert by_second(tables, log_id).found == {("truncated", size)}


# --- at random -----------------------------------------------------------------------------------


def _row_changed(tables: Tables, rnd: random.Random) -> Tables:
    """One row of another table than the records is changed, removed, put in or made like another."""
    copied = copy_of(tables)
    name = rnd.choice([one for one in copied if one != "records" and copied[one]])
    key = rnd.choice(sorted(copied[name]))
    row = copied[name][key]
    match rnd.randrange(4):
        case 0:
            del copied[name][key]
        case 1 if row:
            at = rnd.randrange(len(row))
            copied[name][key] = row[:at] + bytes([row[at] ^ 1 << rnd.randrange(8)]) + row[at + 1 :]
        case 2:
            # Where a row has that key already, it is another row.
            copied[name].setdefault(key[:-1] + bytes([key[-1] ^ 1]), row)
        case _:
            copied[name][key] = rnd.choice(list(copied[name].values()))
    return copied


def _one_damage(tables: Tables, rnd: random.Random) -> tuple[str, Tables] | None:
    """(what was done, tables)."""
    if rnd.random() < 0.25:
        changed = _row_changed(tables, rnd)
        return None if changed == tables else ("a row", changed)
    name, anew = rnd.choice(list(DAMAGES)), rnd.random() < 0.6
    with suppress(KeyError, FormatError):  # a head that is damaged already can't be made anew
        found = damaged(tables, name, rnd.randrange(len(tables["records"])), anew=anew, seed=rnd.randrange(99))
        if found is None:
            return None
        if anew and rnd.random() < 0.5 and DAMAGES[name].signed is not None:
            sign_head(found, rows_of(found))
        return f"{name}, {'chained anew' if anew else 'left'}", found
    return None


def _damages(sound: Tables, rnd: random.Random) -> Iterator[tuple[str, Tables, bool]]:
    """(what was done, tables, whether it is several damages)."""
    tried = (_one_damage(sound, rnd) for _ in count())
    for one in islice((one for one in tried if one is not None), CHANGES):
        more = _one_damage(one[1], rnd) if rnd.random() < 0.2 and len(one[1]["records"]) > 3 else None
        yield (*one, False) if more is None else (f"{one[0]}; {more[0]}", more[1], True)


@pytest.mark.parametrize("number", range(LOGS))
def test_one_answer(number: int) -> None:
    log_id, sound = honest(SIZES[number % len(SIZES)], number)
    assert by_package(sound, log_id) == by_second(sound, log_id)
    assert by_package(sound, log_id).integrity == "intact"
    seen_damages, said = set(), {}
    for what, tables, several in _damages(sound, random.Random(number)):
        seen_damages.add(what.partition(",")[0])
        if difference := disagreement(tables, log_id, several=several):
            said[what] = difference
    assert said == {}
    assert len(seen_damages) > len(DAMAGES) // 2
