"""One damage at a time, through the front door: it is found, under its code, at the record that was touched, once."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from click.testing import CliRunner

from chainlog.cli.app import cli
from chainlog.errors import VerificationError
from chainlog.forensics.audit import audit
from chainlog.forensics.evidence import HEAD_KEY, LAST_KEY, U64, TableEvidence
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.report import REMARKS, AuditReport
from chainlog.record.record import unverified_record
from tests.damage import (
    BACK,
    DAMAGES,
    Tables,
    copy_of,
    damaged,
    honest,
    honest_elsewhere,
    rows_of,
    sign_head,
    write_log,
)
from tests.profile import DEEP

PAGE = 4096
# Records and seed of the logs: of one shape or another, with a part of a tile, a tile, and several of them.
LOGS = [(5, 0), (40, 0), (40, 1), (40, 2), (300, 3), (1500, 4)]
# left: nothing else is changed. anew: all that isn't signed is made to fit. signed: with the key of the log, the head too.
HOW = ("left", "anew", "signed")
ROUNDS = 40 if DEEP else 1


class Case(NamedTuple):
    name: str
    how: str
    records: int
    seed: int
    index: int
    expected: set[str]

    @property
    def exact(self) -> bool:
        return self.how == "left" or DAMAGES[self.name].exact

    def __str__(self) -> str:
        return f"{self.name}, {self.how}, at {self.index} of {self.records}"


def made(case: Case) -> Tables | None:
    """The damaged log; None where it can't be done there."""
    _, original = honest(case.records, case.seed)
    tables = damaged(original, case.name, case.index, anew=case.how != "left", seed=case.seed)
    if tables is not None and case.how == "signed":
        sign_head(tables, rows_of(tables))
    return tables


def bases(case: Case) -> list[int]:
    return [unverified_record(data).base[0] for data in rows_of(honest(case.records, case.seed)[1])]


def is_within_reach(case: Case) -> bool:
    """
    Whether the files can tell at all: nobody without the key of the log can change the last record of the tree that it
    signed; who has it can, up to what a person signed on.
    """
    return case.how != "signed" or case.exact or any(base >= case.index for base in bases(case)[case.index + 1 :])


def is_right(case: Case, index: int | None) -> bool:
    """Whether *index* is the record that was touched; or, where nobody signed on it, lies between the bases around it."""
    if case.exact or index is None:
        return index == case.index
    all_bases = bases(case)
    below = max((base for base in all_bases[: case.index] if base < case.index), default=-1)
    above = next((at for at in range(case.index + 1, case.records) if all_bases[at] >= case.index), case.records - 1)
    return below < index <= above


def codes_of(name: str, how: str) -> set[str]:
    damage = DAMAGES[name]
    return {"left": damage.plain, "anew": damage.anew, "signed": damage.signed}[how] or set()


def drawn(name: str, how: str, number: int) -> Case:
    """A place for the damage, drawn: in a log of any shape, the first record, the last or any other."""
    rnd = random.Random(f"{name} {how} {number}")
    while True:
        # Small logs more often: what differs with size is the tree.
        records, seed = rnd.choices(LOGS, (12, 16, 16, 16, 4, 1))[0]
        index = rnd.choice((0, 1, records - 1, *rnd.choices(range(records), k=6)))
        case = Case(name, how, records, seed, index, codes_of(name, how))
        if is_within_reach(case) and made(case) is not None:
            return case


def assert_found(case: Case, report: AuditReport) -> None:
    found = [finding for finding in report.findings if finding.code not in REMARKS]
    assert report.integrity == "broken"
    # That the head doesn't fit what was chained anew follows from it, and is a statement of its own.
    causes = [finding for finding in found if finding.code != "head-mismatch"]
    assert len(causes) == 1, found
    assert causes[0].code in case.expected
    if (causes[0].code, case.how) == ("duplicate", "signed") and not case.exact:
        # Of an act that stands twice where nobody signed on either, the second is named.
        assert causes[0].index == case.index + BACK
    else:
        assert is_right(case, causes[0].index), found
    assert len(found) == 1 or case.how == "anew", found


MADE = [(name, how, number) for name in DAMAGES for how in HOW if codes_of(name, how) for number in range(ROUNDS)]


@pytest.mark.parametrize(("name", "how", "number"), MADE)
def test_a_damage(name: str, how: str, number: int, tmp_path: Path):
    case = drawn(name, how, number)
    log_id, _ = honest(case.records, case.seed)
    tables = made(case)
    assert tables is not None
    write_log(tmp_path / "log", tables)
    report = audit(tmp_path / "log", log_id=log_id)
    assert_found(case, report)
    with pytest.raises(VerificationError):
        report.raise_if_broken()
    # By the exact way alone, and without the id from outside.
    assert audit_evidence(TableEvidence(tables), log_id=log_id, exact=True) == report
    if 0 < case.index < 40:
        assert_found(case, audit_evidence(TableEvidence(tables), log_id=None))


def test_the_honest_logs_are_intact():
    for records, seed in LOGS:
        log_id, tables = honest(records, seed)
        report = audit_evidence(TableEvidence(tables), log_id=log_id)
        assert (report.integrity, report.findings) == ("intact", ())


def test_bytes_of_records():
    """Bytes of the first, a middle and the last record, and of the others some."""
    log_id, original = honest(40)
    for index, data in enumerate(rows_of(original)):
        every = 1 if DEEP else 60 if index in (0, 20, 39) else 400
        for place in range(7 * index % every, len(data), every):
            tables = copy_of(original)
            changed = data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]
            tables["records"][U64.pack(index)] = changed
            found = audit_evidence(TableEvidence(tables), log_id=log_id).findings
            assert [finding.index for finding in found] == [index], (index, place, found)
            assert found[0].code in ("altered", "malformed")


# --- the head ----------------------------------------------------------------------------------


def edited(tables: Tables, what: str) -> None:
    """Something else in the stored head."""
    size, last_hash, frontier, note = msgspec.msgpack.decode(tables["head"][HEAD_KEY])
    lines = note.split(b"\n")
    if what == "size in last":
        tables["head"][LAST_KEY] = U64.pack(size - 1) + last_hash
    elif what == "hash in last":
        tables["head"][LAST_KEY] = U64.pack(size) + bytes(32)
    elif what == "size":
        size -= 1
    elif what == "hash":
        last_hash = bytes(32)
    elif what == "frontier":
        frontier = bytes(32) + frontier[32:]
    elif what == "signed size":
        lines[1] = b"%d" % (size - 1)
    elif what == "root":
        lines[2] = b"A" * 43 + b"="
    elif what == "signature":
        lines[4] = lines[4][:-12] + (b"AAAA" if lines[4][-12:-8] != b"AAAA" else b"BBBB") + lines[4][-8:]
    elif what == "older":
        lines = tables["checkpoints"][U64.pack(1)].split(b"\n")
    tables["head"][HEAD_KEY] = msgspec.msgpack.encode((size, last_hash, frontier, b"\n".join(lines)))


@pytest.mark.parametrize("records", [5, 300])
def test_an_edited_head(records, tmp_path):
    log_id, original = honest(records)
    whats = ("size in last", "hash in last", "size", "hash", "frontier", "signed size", "root", "signature", "older")
    for what in whats:
        tables = copy_of(original)
        edited(tables, what)
        assert tables["head"] != original["head"], what
        report = audit_evidence(TableEvidence(tables), log_id=log_id)
        assert report.integrity == "broken"
        assert [(finding.code, finding.index) for finding in report.findings] == [("head-mismatch", None)], what
    write_log(tmp_path / "log", tables)
    assert audit(tmp_path / "log", log_id=log_id) == report


def test_another_log_in_its_place(tmp_path):
    log_id, _ = honest(40)
    write_log(tmp_path / "log", honest_elsewhere())
    report = audit(tmp_path / "log", log_id=log_id)
    assert (report.integrity, report.trust) == ("broken", "self-consistent")
    assert [(finding.code, finding.index) for finding in report.findings] == [("wrong-log", 0)]


# --- files -------------------------------------------------------------------------------------


def test_pages_and_lengths(tmp_path):
    log_id, tables = honest(300)
    data = write_log(tmp_path / "log", tables)
    sound = data.read_bytes()
    pages = len(sound) // PAGE
    for page in range(2, pages, 1 if DEEP else pages // 3):
        data.write_bytes(sound[: page * PAGE] + bytes(PAGE) + sound[(page + 1) * PAGE :])
        report = audit(tmp_path / "log", log_id=log_id)
        assert report.integrity in ("broken", "unreadable")
        assert {finding.code for finding in report.findings} <= {"page-corrupt", "unreadable"}, report.findings
    for length in (0, 2 * PAGE, len(sound) // 2, len(sound) - 1):
        data.write_bytes(sound[:length])
        report = audit(tmp_path / "log", log_id=log_id)
        assert report.integrity in ("broken", "unreadable")
        assert {finding.code for finding in report.findings} & {"page-corrupt", "unreadable"}


# --- the command line --------------------------------------------------------------------------


@pytest.mark.parametrize("how", HOW)
def test_what_the_command_says(how, tmp_path):
    case = drawn("signature replaced", how, 0)
    log_id, tables = honest(case.records, case.seed)
    for path, content in (("sound", tables), ("damaged", made(case) or {})):
        write_log(tmp_path / path, content)
        result = CliRunner().invoke(cli, ["verify", str(tmp_path / path), "--log-id", log_id.hex(), "--json"])
        said = json.loads(result.stdout)
        if path == "sound":
            assert (result.exit_code, said["integrity"], said["findings"]) == (0, "intact", [])
        else:
            assert (result.exit_code, said["integrity"]) == (1, "broken")
            causes = [finding for finding in said["findings"] if finding["code"] != "head-mismatch"]
            assert [(finding["code"] in case.expected, finding["index"]) for finding in causes] == [(True, case.index)]
