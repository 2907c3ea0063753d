"""Input that is too large, too deep, wrong or hostile; for names see `test_input_names`, for machines without room `test_input_room`."""

from __future__ import annotations

import io
import os
import resource
import stat
import struct
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from chainlog import limits
from chainlog.cli.key import read_log_id
from chainlog.errors import ChainlogError
from chainlog.event.subject import check_subject, fold
from chainlog.event.times import parse_time
from chainlog.facade import Log
from chainlog.forensics.exported import audit_export
from chainlog.forensics.in_process import audit_evidence
from chainlog.interchange import workbook
from chainlog.interchange.importing import names_template
from chainlog.interchange.sheets import read_sheets
from chainlog.log.handle import propose
from chainlog.proof.bundle import decode_bundle
from chainlog.record.record import encode_record
from chainlog.store.lmdb_forensic import PrivateCopy
from tests.attacks import disk
from tests.attacks.answers import SURVIVED, Answer, attack, found, is_found, is_refused, refused, same, survived
from tests.attacks.disk import judged_here, kept, rows_of
from tests.attacks.signing import log_at, state_of
from tests.builders import SmallLog
from tests.command_line import Terminal, office
from tests.damage import changed
from tests.processes import in_child
from tests.signers import signer

AT = 17
"""The record that is harmed, somewhere in the middle."""
MIB = 1_048_576


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    """A log on the disk, open."""
    made = log_at(tmp_path / "log")
    yield made
    made.handle.close()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal in an office."""
    with office(tmp_path / "office") as made:
        yield made


def told(log: SmallLog, **more: Any) -> Callable[[], object]:
    """An act of p/C in the making, some of it other than usual."""
    whole = {"body": {}, "people": {"operator": "p/C"}, "subjects": ["w/1"], **more}
    return partial(log.handle.prepare, "accessed.entered", **whole)


def frugal(act: Callable[[], Answer], *, most: int) -> Answer:
    """The answer, for which less than *most* bytes of memory were taken."""
    tracemalloc.start()
    try:
        answer = act()
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
    return answer


def with_record(directory: Path, data: bytes) -> Answer:
    """What verification finds where the record `AT` of the kept log has other bytes; little memory is taken."""
    log = disk.lay(directory, kept().newest.data)
    with rows_of(log) as rows:
        rows.put("records", struct.pack(">Q", AT), data)
    return frugal(lambda: found(judged_here(log), "malformed", index=AT), most=16 * MIB)


def whole_record() -> bytes:
    """The bytes of the record `AT`."""
    record = kept().records[AT].record
    fields = {name: getattr(record, name) for name in record.__struct_fields__ if name != "version"}
    return encode_record(**fields)


@attack("RE01", "A note, a name or a list of a hundred million characters is given", "U", is_refused("limit"),
        note="Before anything is made of it: no copy is taken, and lines of input end at a mebibyte")  # fmt: skip
def test_a_note_without_end(log: SmallLog, terminal: Terminal) -> Answer:
    huge = "密" * 10**8
    state = state_of(log)

    def given() -> Iterator[Answer]:
        for more in ({"body": {"note": huge}}, {"body": {"note": [huge]}}, {"subjects": [f"w/{huge[:10**6]}"]},
                     {"people": {"operator": f"p/{huge[:10**6]}"}}, {"body": {huge[: 10**6]: 1, "note": huge}}):  # fmt: skip
            yield frugal(partial(refused, told(log, **more), state=state), most=8 * MIB)

    line = '{"kind":"accessed.entered","note":"' + "x" * limits.JSON_LINE_BYTES_MAX + '"}\n'
    said = terminal.run("append", "office.log", "-", "--key", "keys/李敏.key", typed=line)
    assert said.status == 1
    assert str(limits.JSON_LINE_BYTES_MAX) in said.err.replace(",", ""), said.err
    return same(given())


@attack("RE02", "Values are nested a hundred thousand deep", "UW", is_refused("limit"), is_found("malformed"))
def test_deep_nesting(log: SmallLog, terminal: Terminal, tmp_path: Path) -> Iterator[Answer]:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    state = state_of(log)
    yield same(
        refused(told(log, body=body), state=state) for body in ({"note": deep}, {"x": deep}, {"seen": {"a": deep}})
    )
    for opening in ("[", '{"a":'):
        said = terminal.run(
            "append", "office.log", "-", typed=f'{{"kind":"accessed.entered","note":{opening * 100_000}\n'
        )
        assert (said.status, said.out) == (1, ""), said
    nested = (b"\x91" * 100_000, b"\x81\xa1a" * 60_000, changed(whole_record(), event=b"\x91" * 30_000 + b"\xc0"))
    yield same(with_record(tmp_path / str(number), data) for number, data in enumerate(nested))


@attack("RE03", "The head of an array, a map or a text claims four thousand million elements", "W", is_found("malformed"),
        note="Nothing is set aside for them")  # fmt: skip
def test_claims_of_length(tmp_path: Path) -> Answer:
    heads = (
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01",
    )
    data = whole_record()
    event = kept().records[AT].record.event
    variants = [
        *heads,
        *(data[:1] + head for head in heads),
        *(changed(data, event=event[:1] + head) for head in heads),
    ]
    return same(with_record(tmp_path / str(number), one) for number, one in enumerate(variants))


@attack("RE04", "A text is no UTF-8, or holds half a character", "UW", is_refused("malformed"), is_found("malformed"))
def test_broken_texts(log: SmallLog, terminal: Terminal, tmp_path: Path) -> Iterator[Answer]:
    state = state_of(log)
    yield same(
        refused(told(log, **more), state=state)
        for more in ({"body": {"note": "a\ud800"}}, {"subjects": ["w/\udfff"]}, {"people": {"operator": "p/\ud83d"}})
    )
    data_file = disk.data_of(terminal.directory / "office.log")
    before = data_file.read_bytes()
    for text in (b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\xaf"', b'"\\ud800"', b'"\xf8\x88\x80\x80\x80"'):
        line = (
            b'{"kind":"accessed.entered","at":"2026-01-02","who":{"operator":"p/\xe6\x9d\x8e\xe6\x95\x8f"},"on":["w/1"],"note":'
            + text
        )
        said = terminal.run("append", "office.log", "-", "--key", "keys/李敏.key", typed=line + b"}\n")
        assert said.status == 1, said
    assert data_file.read_bytes() == before
    event = kept().records[AT].record.event
    assert "机密".encode() in event
    texts = (b"\xff" * 6, b"\xed\xa0\x80\xed\xb0\x80", b"\xc0\xaf" * 3)
    damaged = [changed(whole_record(), event=event.replace("机密".encode(), text)) for text in texts]
    yield same(with_record(tmp_path / str(number), data) for number, data in enumerate(damaged))


@attack("RE05", "A million carriers are given for one deed", "U", is_refused("limit"),
        note="After some hundreds; longer lists are told in parts")  # fmt: skip
def test_a_million_carriers(log: SmallLog) -> Answer:
    taken = []

    def carriers() -> Iterator[str]:
        for number in range(10**6):
            taken.append(number)
            yield f"c/{number}"

    state, people = state_of(log), {"supervisor": ["p/C", "p/L"]}
    named = partial(
        log.handle.prepare, "destroyed.carriers", body={"method": "shred"}, people=people, subjects=carriers()
    )
    answer = frugal(lambda: refused(named, state=state), most=8 * MIB)
    assert len(taken) <= limits.SUBJECTS_MAX + 1
    items = [{"carrier": f"c/{number}", "form": "document"} for number in range(10**5)]
    body = {"level": "秘密", "reason": "other", "items": items}
    entered = partial(log.handle.prepare, "created.entered", body=body, people={"registrar": "p/L"})
    return same([answer, refused(entered, state=state)])


@attack("RE09", "Texts are made so that looking at them takes a pattern or a table for ever", "U", SURVIVED,
        note="Readers are tried with the long texts; names stand in tables of Python, whose hashes are keyed")  # fmt: skip
def test_texts_that_take_for_ever(tmp_path: Path) -> Answer:
    length = limits.LEDGER_CELL_CHARS_MAX // 4
    units = (
        "1-",
        "1、",
        "(",
        "（1",
        "a" * 9,
        " ",
        "\n",
        "-",
        "—",
        "0",
        "〕0",
        "一",
        "2025.",
        "第",
        "=",
        "'",
        '"',
        "\u0301",
        "第1份至",
        "é",
        "|",
        "\u3000",
        "县委 ",
    )
    texts = [(unit * length)[:length] + "!" for unit in units]

    def read() -> int:
        resource.setrlimit(resource.RLIMIT_CPU, (8, 8))  # whoever takes longer dies of it
        heads = "序号,收文日期,来文机关,文号,标题,密级,份号,份数,签收人"
        for number, text in enumerate(texts):
            # Next to the heads, where it may be one of them.
            cell = '"' + text.replace('"', '""') + '"'
            book = tmp_path / f"收文登记簿{number}.csv"
            book.write_text("\n".join([heads, ",".join([cell] * 9)]), encoding="utf-8")
            _tried(partial(names_template, [book]))
            for reader in (check_subject_of, fold, partial(parse_time, offset_minutes=0)):
                _tried(partial(reader, f"c/{text}"))
                _tried(partial(reader, text[:1000]))
        return len(texts)

    assert in_child(read) == len(texts)
    return SURVIVED


def check_subject_of(text: str) -> str:
    """`check_subject` at the root."""
    return check_subject(text, path="$")


def _tried(act: Callable[[], object]) -> None:
    with suppress(ChainlogError):
        act()


@attack("RE10", "An archive that unpacks without end, or onto other files, comes as a bundle or a register; an export holds links", "W",
        is_refused("malformed"), is_refused(), is_found("unreadable"),
        note="A bundle is one value and no archive; a register's parts are read in memory, within limits, and never written; "
             "no link is followed")  # fmt: skip
def test_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    monkeypatch.setattr(workbook, "LEDGER_UNPACKED_BYTES_MAX", 4 * MIB)
    bombs = [
        archive({"xl/workbook.xml": bytes(9 * MIB)}),
        archive({f"xl/{n}": b"" for n in range(limits.LEDGER_PARTS_MAX + 1)}),
    ]
    paths = [
        archive({name: b"x", "xl/workbook.xml": b"<x/>"})
        for name in ("../../evil", "/tmp/evil", "xl\\..\\evil", "x\0y", "a" * 300)
    ]
    with pytest.warns(UserWarning, match="Duplicate"):
        doubled = archive({"xl/workbook.xml": b"<x/>"}, again="xl/workbook.xml")
    before = sorted(tmp_path.rglob("*"))
    yield same(refused(partial(decode_bundle, data)) for data in (*bombs, *paths, doubled))
    yield same([
        frugal(lambda data=data: refused(partial(read_sheets, data, name="a.xlsx"), state=lambda: sorted(tmp_path.rglob("*"))), most=32 * MIB)
        for data in (*bombs, *paths, doubled, archive({"xl/workbook.xml": b"../../etc/passwd"}, link="xl/workbook.xml"))
    ])._replace(codes=())  # fmt: skip
    assert sorted(tmp_path.rglob("*")) == before

    made = log_at(tmp_path / "log")
    made.handle.close()
    with Log.open(tmp_path / "log", log_signer=signer("log")) as log:
        log.export(tmp_path / "export")
    (secret := tmp_path / "secret").write_bytes(b"secret")
    tiles = [path for path in (tmp_path / "export").rglob("*") if path.is_file()]
    assert len(tiles) > 1

    def linked() -> Iterator[Answer]:
        for path in tiles:
            for put in (partial(path.symlink_to, secret), partial(os.mkfifo, path)):
                content = path.read_bytes()
                path.unlink()
                put()
                yield found(audit_export(tmp_path / "export", log_id=made.handle.id), "unreadable")
                path.unlink()
                path.write_bytes(content)

    yield same(linked())


def archive(parts: dict[str, bytes], *, again: str = "", link: str = "") -> bytes:
    """A ZIP file. again: a part that stands in it twice; link: one that is a symbolic link."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in [*parts.items(), *([(again, b"other")] if again else [])]:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFLNK | 0o777) << 16 if name == link else 0o600 << 16
            made.writestr(info, content)
    return data.getvalue()


@attack("RE19", "A hash that is shown shortened is matched by another that begins alike", "W", is_refused("usage"), is_found("wrong-log"),
        note="What is to be kept or held against something is shown whole, on paper too, and no command takes less")  # fmt: skip
def test_a_twin_of_a_shortened_hash(terminal: Terminal, tmp_path: Path) -> Iterator[Answer]:
    with Log.open(terminal.directory / "office.log") as log:
        number = log.id
        report = log.report(verify=False)
    yield same(refused(partial(read_log_id, number.hex()[:digits])) for digits in (8, 16, 32, 62))
    twin = kept().log_id[:31] + bytes([kept().log_id[31] ^ 1])
    directory = disk.lay(tmp_path / "log", kept().newest.data)
    yield found(directory, "wrong-log", index=0, log_id=twin)
    terminal.run("report", "office.log", "--html", "x.html", "--no-verify")
    page = (terminal.directory / "x.html").read_text(encoding="utf-8")
    shown = [
        page,
        terminal.run("report", "office.log", "--no-verify").out,
        terminal.run("checkpoint", "office.log").out,
    ]
    assert all(number.hex() in text for text in shown)
    assert page.count(report.head.hex()) == 2  # at the head, and at the foot of every sheet


@attack("RE20", "Somebody with a key floods the log", "K", SURVIVED,
        note="Each record is attributable, the report names who signed most, and verification's work grows as the log does")  # fmt: skip
def test_a_flood(tmp_path: Path) -> Answer:
    work: dict[int, int] = {}
    made = log_at(tmp_path / "log")
    people, signers = {"operator": "p/C"}, {"p/C": signer("p/C")}
    made.handle.close()
    for _ in range(3):
        with Log.open(tmp_path / "log", log_signer=signer("log")) as log:
            events = [log.prepare("accessed.entered", body={}, people=people, subjects=["w/1"]) for _ in range(150)]
            log.append_many([propose(event, signers) for event in events])
            size = log.reader.size
            acknowledged = [entry.record_hash for entry in log.reader.read_range(0, size)]
        work[size] = _calls(partial(judged, tmp_path / "log", made.handle.id))
    sizes = sorted(work)
    first, second = (work[b] - work[a] for a, b in pairwise(sizes))
    assert first <= 1.2 * second
    assert second <= 1.2 * first
    with Log.open(tmp_path / "log") as log:
        figures = log.report(verify=False).figures
    assert (figures.busiest, figures.busiest_times) == ("p/C", 450)
    return survived(tmp_path / "log", acknowledged, log_id=made.handle.id)


def judged(log: Path, log_id: bytes) -> None:
    """Audit a log in this process."""
    copy = PrivateCopy(log / "truth")
    try:
        assert audit_evidence(copy, log_id=log_id).integrity == "intact"
    finally:
        copy.close()


def _calls(act: Callable[[], object]) -> int:
    """How many functions *act* calls."""
    count = 0

    def seen(_frame: object, what: str, _argument: object) -> None:
        nonlocal count
        count += what in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count
