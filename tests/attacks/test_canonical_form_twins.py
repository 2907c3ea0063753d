"""What is one thing and could be taken for another: kinds, versions, spellings, objects in a program, libraries that encode."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chainlog.canon import codec
from chainlog.digest import record_hash
from chainlog.errors import FormatError
from chainlog.event.catalogue import KINDS
from chainlog.event.compose import compose
from chainlog.event.model import check_event
from chainlog.forensics.audit import audit
from chainlog.log.handle import propose
from chainlog.proof.bundle import decode_bundle
from chainlog.proof.conflict import check_conflict
from chainlog.proof.false_map import check_false_map
from chainlog.proof.pin import decode_pin
from chainlog.proof.tlog_proof import parse_tlog_proof
from chainlog.record.draft import Draft, decode_draft
from chainlog.record.record import check_record
from chainlog.record.statement import EnrolStatement, encode_event_statement
from chainlog.store.lmdb_store import LmdbStore
from tests import evidence
from tests.attacks import disk
from tests.attacks.answers import (
    IMPOSSIBLE,
    ROOT,
    SURVIVED,
    Answer,
    attack,
    found,
    is_found,
    is_refused,
    refused,
    same,
    survived,
)
from tests.attacks.disk import RECORDS, append_one, data_of, kept, lay, opened
from tests.attacks.forms import (
    BODY,
    IN,
    PEOPLE,
    SIGNERS,
    SMALL,
    appended,
    both,
    changed_event,
    good_event,
    packed,
    record_of,
    signed_draft,
    standing,
    told,
    with_body,
)
from tests.builders import small_log
from tests.damage import honest, rows_of
from tests.signers import signer


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The directory of the kept log."""
    return lay(tmp_path / "log", kept().newest.data)


@attack(
    "CF08", "What was signed as one thing is read as another of the same shape", "K",
    is_found("bad-signature"), IMPOSSIBLE,
    note="Events name their kind, statements and files what they are for",
)  # fmt: skip
def test_one_thing_read_as_another(tmp_path: Path) -> Iterator[Answer]:
    stored = compose(
        "transferred.store", body={"place": "w/1"}, people={"registrar": "p/L"}, subjects=["c/x"], event_id=bytes(15) + b"\x02",
        expires_at_us=kept().records[-1].recorded_at_us,
    ).encoded  # fmt: skip
    fields = msgspec.msgpack.decode(stored)
    signed = packed(record_of(stored, role="registrar"))
    assert check_record(signed)
    alike = []
    for name, kind in KINDS.items():
        if kind.subjects != ("target",):  # these have to refer to an act
            with suppress(FormatError):
                alike.append(check_event(packed([name, *fields[1:]])).encoded)
    assert len(alike) > 1
    record = msgspec.msgpack.decode(signed)
    other = [packed([*record[:6], event, record[7]]) for event in alike if event != stored]
    enrolment = EnrolStatement(honest(SMALL)[0], "p/L", 1, signer("p/L").public_key).encoded()
    purposes = (enrolment, good_event(), signed, b"chainlog/v1/event" + good_event())
    other += [packed(record_of(good_event(), signed=purpose)) for purpose in purposes]
    yield standing(tmp_path, other, "bad-signature")
    log_id, files = evidence.files()
    given = [(one.kind, one.data) for one in (*files, evidence.false_map()[1])]
    given += [("record", signed), ("event", stored), ("draft", Draft(log_id, (1, log_id), stored).encoded())]
    readers: dict[str, Callable[[bytes], object]] = {
        "receipt": parse_tlog_proof, "pin": decode_pin, "bundle": decode_bundle, "draft": decode_draft, "record": check_record,
        "conflict": partial(check_conflict, log_id=log_id), "event": check_event,
        "falsemap": partial(check_false_map, log_id=evidence.false_map()[0]),
    }  # fmt: skip
    for kind, data in given:
        readers[kind](data)
        for name, read in readers.items():
            if name != kind:
                refused(partial(read, data))
    yield IMPOSSIBLE


@attack(
    "CF09", "A record, a draft, a statement or the files are of another version, which might ask less", "KW",
    is_found("version-regression"), is_found("bad-signature"), is_refused(), is_found("index-mismatch"), is_refused("not-a-log"),
    note="There is one version so far; a log with a record of another one is unreadable from there on",
)  # fmt: skip
def test_another_version(tmp_path: Path, log: Path) -> Iterator[Answer]:
    records = [packed([version, *record_of(good_event())[1:]]) for version in (0, 2, 9, 127)]
    for record in records:
        refused(partial(check_record, record))
    yield standing(tmp_path, records, "version-regression")
    log_id, tables = honest(SMALL)
    true = msgspec.msgpack.decode(encode_event_statement(
        log_id=log_id, base=(SMALL - 1, record_hash(rows_of(tables)[-1])), role="receiver", signed_at_us=0, event=good_event(),
    ))  # fmt: skip
    purposes = [packed([name, *true[1:]]) for name in ("chainlog/v0/event", "chainlog/v2/event", "chainlog/event")]
    yield standing(tmp_path, [packed(record_of(good_event(), signed=one)) for one in purposes], "bad-signature")
    with opened(log) as running:
        tag, *draft = msgspec.msgpack.decode(signed_draft(running, good_event()).encoded())
    assert decode_draft(packed([tag, *draft]))
    other = [packed([name, *draft]) for name in ("chainlog/v0/draft", "chainlog/v2/draft")]
    yield same(
        [
            *(refused(partial(decode_draft, one)) for one in other),
            *(refused(partial(check_record, one)) for one in records),
        ]
    )
    for version in (b"0", b"2"):
        with disk.rows_of(log) as rows:
            rows.put("meta", b"format", version)
        finding, refusal = (
            found(disk.judged(log), "index-mismatch"),
            refused(lambda: opened(log), state=data_of(log).read_bytes),
        )
    yield from (finding, refusal)


COMPOSED, APART = "\u00e9", "e\u0301"


@attack(
    "CF10", "Two names look the same and differ in how a letter with its accent is written", "U",
    is_refused("text"), is_found("malformed"),
    note="Where a name is typed it is folded: both are one thing with one history",
)  # fmt: skip
def test_a_letter_in_two_spellings(tmp_path: Path, log: Path) -> Iterator[Answer]:
    with opened(log) as running:
        for spelling in (COMPOSED, APART):
            append_one(running, f"w/caf{spelling}")
        assert [len(list(running.reader.history(f"w/caf{spelling}"))) for spelling in (COMPOSED, APART)] == [2, 2]
    texts = ((packed("u/国务院"), f"u/CAF{APART.upper()}"), (packed(BODY["note"]), f"caf{APART}"))
    events = [with_body(lambda body, old=old, new=new: body.replace(old, packed(new))) for old, new in texts]
    events += [changed_event(3, ["c/87", "p/L", f"{prefix}/CAF{APART.upper()}"]) for prefix in "dp"]
    refusal, finding = both(tmp_path, events)
    yield same([refusal, told(log, {"note": f"caf{APART}"})])
    yield finding


@attack(
    "CF11", "A name holds a zero byte, a control character or a line feed", "U",
    is_refused("text"), is_refused(), is_found(), note="White space in a name that is typed falls away; notes may have lines",
)  # fmt: skip
def test_control_characters(tmp_path: Path, log: Path) -> Iterator[Answer]:
    with opened(log) as running:
        append_one(running, "w/库\n房")
        assert len(list(running.reader.history("w/库房"))) == 1
    signs = [chr(code) for code in (*range(9), *range(14, 28), 0x7F, 0x80, 0x9F)]
    yield same(told(log, {"sender": f"u/国务{sign}院"}) for sign in signs)
    signs += list("\t\n\v\f\r\x1c\x1f\x85\u2028\u2029")
    named = [changed_event(3, ["c/87", "p/L", f"d/国务{sign}院"]) for sign in signs]
    peopled = [changed_event(4, [["receiver", f"p/L{sign}", 1]]) for sign in signs]
    noted = [
        with_body(lambda body, sign=sign: body.replace(packed("u/国务院"), packed(f"u/国务{sign}院"))) for sign in signs
    ]
    events = [*named, *peopled, *noted]
    yield appended(tmp_path, events)
    for event in events:
        with pytest.raises(FormatError):
            check_event(event)
    yield same(
        standing(tmp_path, [packed(record_of(event))], code)
        for event, code in ((noted[0], "malformed"), (named[-1], "malformed"))
    )


@attack(
    "CF12", "The application changes what it handed over, or what it was given back, after the append", "A", SURVIVED,
    note="Bytes are fixed when an event is composed; what comes back can't be changed, or is a copy",
)  # fmt: skip
def test_objects_changed_after_the_append(log: Path) -> Answer:
    people, signers, subjects = {"receiver": ["p/L"]}, dict(SIGNERS), ["u/省委"]
    body = {**BODY, "items": [dict(BODY["items"][0])], "note": "原文"}
    with opened(log) as running:
        event = running.prepare(IN, body=body, people=people)
        draft = running.draft(event).sign(signer("p/L"), role="receiver", person="p/L", signed_at_us=running.now_us())
        requests = [draft]
        body["items"][0]["carrier"], body["level"], people["receiver"][0] = "c/changed", "秘密", "p/Z"
        receipt = running.append_many(requests)[0]
        requests.clear()
        signers.clear()
        subjects.append("c/changed")
        entry = running.reader.read(receipt.index)
        hashes = [*kept().hashes, receipt.record_hash]
        things: list[tuple[Any, str]] = [
            (receipt, "index"), (receipt, "record_hash"), (entry, "record_hash"), (entry.event, "kind"), (entry.record, "event"),
            (entry.body(), "level"), (entry.body().items[0], "carrier"), (draft, "event"), (event, "encoded"),
        ]  # fmt: skip
        for thing, name in things:
            with pytest.raises((AttributeError, TypeError)):
                setattr(thing, name, "changed")
        again = running.reader.read(receipt.index)
        assert (again.body().level, again.event.people) == ("机密", (("receiver", "p/L", 1),))
        assert again.record.event == event.encoded == draft.event
        assert running.custody.carrier("c/87") is not None
    return survived(log, hashes, log_id=kept().log_id)


class Unsorted:
    """An encoder that writes the keys of maps in whatever order they come."""

    encode = staticmethod(msgspec.msgpack.Encoder().encode)


class Wide:
    """An encoder that writes the length of the outermost array as 16 bits."""

    @staticmethod
    def encode(value: Any) -> bytes:
        """Encode."""
        data = TRUE_ENCODER.encode(value)
        return b"\xdc\0" + bytes([data[0] & 15]) + data[1:] if data[0] & 0xF0 == 0x90 else data


TRUE_ENCODER = codec._encoder


@attack(
    "CF13", "Another release of the library that encodes writes the same value as other bytes", "A",
    SURVIVED, is_refused("not-canonical"), is_refused("checkpoint"), is_found("malformed"),
    note="Hashes are those of the bytes as they stand, and the vectors of the format say which bytes a value has",
)  # fmt: skip
def test_a_library_that_encodes_differently(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    vectors = json.loads((ROOT / "schemas" / "vectors" / "record.json").read_text(encoding="utf-8"))["cases"]
    good = [(bytes.fromhex(case["record"]), case["record_hash"]) for case in vectors if case["result"] == "valid"]
    assert len(good) > 3

    def agrees() -> bool:
        """Whether the vectors are read and written as they stand."""
        try:
            return all(check_record(data).record_hash.hex() == hashed for data, hashed in good)
        except FormatError:
            return False

    assert agrees()
    assert all(sha256(b"\0" + data).hexdigest() == hashed for data, hashed in good)

    def with_(encoder: Any, act: Callable[[], Any]) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(codec, "_encoder", encoder)
            patch.setattr(codec, "encode", encoder.encode)
            assert not agrees()
            return act()

    def append() -> None:
        with opened(log) as running:
            there = [entry.record_hash for entry in running.reader.read_range(0, RECORDS)]
            assert there == kept().hashes  # whoever encodes
            running.append(propose(running.prepare(IN, body=BODY, people=PEOPLE), SIGNERS))

    def begin(path: Path) -> None:
        small_log(store=LmdbStore.create(path)).handle.close()

    state = data_of(log).read_bytes
    yield survived(log, kept().hashes, log_id=kept().log_id)
    yield refused(lambda: with_(Unsorted, append), state=state)
    yield refused(lambda: with_(Wide, lambda: opened(log)), state=state)
    begin(log.parent / "begun")
    with_(Wide, partial(begin, log.parent / "wide"))
    assert audit(log.parent / "begun", log_id=None).integrity == "intact"
    yield found(log.parent / "wide", "malformed", index=0)
