"""The canonical form of records: bytes that two readers would understand differently, and texts that look like others."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from chainlog.errors import FormatError
from chainlog.event.jsonform import from_json
from chainlog.event.model import check_event
from chainlog.record.draft import decode_draft
from chainlog.record.record import check_record
from chainlog.record.statement import EnrolStatement, EventStatement
from chainlog.tree.note import key_id
from tests.attacks.answers import (
    IMPOSSIBLE,
    Answer,
    attack,
    is_found,
    is_refused,
    refused,
    same,
)
from tests.attacks.disk import RECORDS, content, kept, lay, opened
from tests.attacks.forms import (
    BODY,
    IN,
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
from tests.command_line import office
from tests.messagepack import other_forms


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The directory of the kept log."""
    return lay(tmp_path / "log", kept().newest.data)


def in_json(log: Path, listed: str) -> object:
    """The receipt as an event for the log, from JSON in which a count is written so."""
    line = json.dumps({"kind": IN, "who": {"receiver": "p/L"}, **BODY})
    with opened(log) as running:
        plain = json.loads(line.replace('"listed": 1', f'"listed": {listed}'))
        return running.prepare(**from_json(plain, offset_minutes=480, log_id=running.id))


def test_the_event_that_is_made_worse_is_a_good_one(log: Path) -> None:
    with opened(log) as running:
        running.append(signed_draft(running, good_event()))
        assert running.reader.size == RECORDS + 1
    with pytest.raises(AssertionError):  # nothing would be found
        standing(log.parent, [packed(record_of(good_event()))])


@attack(
    "CF01", "A body states a field twice, once for readers who take the first and once for those who take the last", "K",
    is_refused("not-canonical"), is_found("malformed"), is_refused("malformed"),
    note="The last in JSON on the command line",
)  # fmt: skip
def test_a_key_that_stands_twice(tmp_path: Path) -> Iterator[Answer]:
    true, false = (b"\xa5level" + packed(level) for level in ("机密", "秘密"))

    def twice(first: bytes, second: bytes, body: bytes) -> bytes:
        assert true in body
        return bytes([body[0] + 1]) + body[1:].replace(true, first + second)

    yield from both(
        tmp_path, [with_body(partial(twice, *pair)) for pair in ((true, false), (false, true), (true, true))]
    )
    with office(tmp_path / "office") as terminal:
        line = json.dumps({"kind": IN, "who": {"receiver": "p/李敏"}, **BODY}, ensure_ascii=False)
        log = tmp_path / "office" / "office.log"
        for given, status in ((line.replace('"level"', '"level": "秘密", "level"'), 1), (line, 0)):
            before = content(log / "truth")
            (tmp_path / "office" / "in.jsonl").write_text(given, encoding="utf-8")
            said = terminal.run("append", "office.log", "in.jsonl", "--key", "keys/李敏.key", LANG="en_US.UTF-8")
            assert said.status == status, said
            assert (content(log / "truth") == before) == bool(status)
            if status:
                assert "level stands twice" in said.err
                yield Answer("refused", ("malformed",))


@attack(
    "CF02", "A field that the format doesn't have carries data: in a body, an item, an event or a record", "K",
    is_refused("malformed"), is_found("malformed"),
)  # fmt: skip
def test_a_field_too_many(tmp_path: Path, log: Path) -> Iterator[Answer]:
    def more(body: bytes) -> bytes:
        return packed({**msgspec.msgpack.decode(body), "zz": "secret"})

    def more_of_an_item(body: bytes) -> bytes:
        plain = msgspec.msgpack.decode(body)
        return packed({**plain, "items": [{**plain["items"][0], "zz": "secret"}]})

    fields = msgspec.msgpack.decode(good_event())
    events = [
        with_body(more),
        with_body(more_of_an_item),
        packed([*fields, "secret"]),
        packed([*fields[:-1], b"secret", fields[-1]]),
    ]
    refusal, finding = both(tmp_path, events)
    record = record_of(good_event())
    signature = [*record[7][0], "secret"]
    records = [[*record, "secret"], [*record[:7], [signature]], [*record[:4], [*record[4], 1], *record[5:]]]
    yield same([refusal, told(log, {"zz": "secret"})])
    yield same([finding, standing(tmp_path, map(packed, records))])


@attack(
    "CF03", "A number or a length is written wider than it must be, or two keys change places", "K",
    is_refused("not-canonical"), is_found("malformed"), note="In every place of an event and of a record",
)  # fmt: skip
def test_other_forms_of_the_same_value(tmp_path: Path) -> Iterator[Answer]:
    fields = msgspec.msgpack.decode(good_event())
    events = list(other_forms(fields))
    assert len(events) > 100
    assert all(msgspec.msgpack.decode(event) == fields for event in events)
    assert check_record(packed(record_of(good_event())))
    records = [*(packed(record_of(event)) for event in events), *other_forms(record_of(good_event()))]
    unread = (refused(partial(check_record, record)) for record in records)
    yield same([appended(tmp_path, events), *unread])
    yield standing(tmp_path, records[::9])


@attack(
    "CF04", "Something stands behind the end of a record, of its event, or of a draft", "WK",
    is_found("malformed"), is_refused("malformed"),
)  # fmt: skip
def test_bytes_behind_the_end(tmp_path: Path, log: Path) -> Iterator[Answer]:
    ends = (b"\0", b"\xc0", b"\x80", good_event(), b"\0" * 100)
    refusal, finding = both(tmp_path, [good_event() + end for end in ends])
    record = packed(record_of(good_event()))
    yield same([finding, standing(tmp_path, [record + end for end in (*ends, record)])])
    with opened(log) as running:
        draft = signed_draft(running, good_event()).encoded()
    yield same([refusal, *(refused(partial(decode_draft, draft + end)) for end in ends)])


@attack(
    "CF05", "A float stands where a number is wanted: a whole one, minus zero, an infinite one, none at all", "K",
    is_refused("malformed"), is_found("malformed"), note="The format has no floats",
)  # fmt: skip
def test_floats(tmp_path: Path, log: Path) -> Iterator[Answer]:
    numbers = (1.0, -0.0, 0.5, math.inf, math.nan)
    wide = [b"\xcb" + struct.pack(">d", number) for number in numbers]
    narrow = [b"\xca" + struct.pack(">f", number) for number in numbers]
    place = b"\xa6listed\x01"
    bodies = [with_body(lambda body, form=form: body.replace(place, place[:-1] + form)) for form in (*wide, *narrow)]
    assert all(body != good_event() for body in bodies)
    heads = [changed_event(at, value) for number in numbers for at, value in ((2, [number, 0]), (6, number))]
    refusal, finding = both(tmp_path, [*bodies, *heads])
    records = [record_of(good_event(), recorded_at_us=number) for number in numbers]
    typed = (told(log, {"listed": number}) for number in numbers)
    yield same([refusal, *typed, refused(lambda: in_json(log, "1.0"))])
    in_json(log, "1")
    yield same([finding, standing(tmp_path, map(packed, records))])


@attack(
    "CF06", "An integer is beyond what readers of JSON hold, beyond 64 bits, or negative where it counts", "K",
    is_refused(), is_found("malformed"), note="`limit` beyond 2⁵³−1, `malformed` where it can't be encoded or is negative",
)  # fmt: skip
def test_integers_out_of_range(tmp_path: Path, log: Path) -> Iterator[Answer]:
    place = b"\xa6listed\x01"

    def listed(number: int) -> bytes:
        return with_body(lambda body: body.replace(place, place[:-1] + packed(number)))

    beyond, negative = (2**53, 2**63, 2**64 - 1), (-1, -(2**53), -(2**63))
    large = appended(tmp_path, map(listed, (*beyond, *negative[1:])))
    assert large.codes == ("limit",)
    heads = [changed_event(at, value) for n in (*beyond, *negative) for at, value in ((2, [n, 0]), (2, [0, n]), (6, n))]
    minus = [event for event in heads if event != changed_event(2, [-1, 0])]
    told_so = [told(log, {"listed": number}) for number in (*beyond, *negative, 2**64, -(2**63) - 1)]
    told_so += [told(log, occurred=(number, 0)) for number in (2**53, 2**64, -(2**53))]
    yield same([large, appended(tmp_path, minus), *told_so])
    fields = ({"index": -1}, {"recorded_at_us": -1}, {"base": (-1, bytes(32))}, {"links": [(-1, 0, bytes(32))] * 4})
    more = (dict.fromkeys(("index", "recorded_at_us"), 2**63), {"index": 2**53}, {"index": 2**64 - 1})
    records = [packed(record_of(good_event(), **other)) for other in (*fields, *more)]
    events = [packed(record_of(event)) for event in (*map(listed, (*beyond, *negative)), *minus[::3])]
    yield standing(tmp_path, [*records, *events])


@attack(
    "CF07", "A letter is moved from the end of one field to the beginning of the next, so that both in a row read the same", "K",
    IMPOSSIBLE, is_found("bad-signature"),
    note="Every field comes with its type and length; what is hashed or signed without them has parts of fixed length or lines",
)  # fmt: skip
def test_a_letter_that_changes_fields(tmp_path: Path) -> list[Answer]:
    word = "recipientss"
    halves = [(word[:cut], word[cut:]) for cut in range(1, len(word))]
    statements = {EventStatement(bytes(32), 0, bytes(32), a, 0, b.encode()).encoded() for a, b in halves}
    enrolments = {EnrolStatement(bytes(32), f"p/{a}", 1, b.encode()).encoded() for a, b in halves}
    events = {changed_event(0, a)[: -len(b)] + packed(b) for a, b in halves}
    bodies = {packed({**BODY, "sender": f"u/{a}", "note": b}) for a, b in halves}
    subjects = {packed([f"c/{a}", f"d/{b}"]) for a, b in halves}
    for made in (statements, enrolments, events, bodies, subjects):
        assert len(made) == len(halves)
        assert all(not one.startswith(other) for one in made for other in made - {one})
        assert len({sha256(one).digest() for one in made}) == len(halves)
    # The one hash over parts without lengths: a name ends in a newline, which no name has, and what follows is 33 bytes long.
    assert len({key_id(a, 1, b.encode().ljust(32)) for a, b in halves}) == len(halves)
    with pytest.raises(FormatError):
        key_id("a\nb", 1, bytes(32))
    moved = with_body(
        lambda body: body.replace(packed("u/国务院"), packed("u/国务")).replace(
            packed(BODY["note"]), packed("院" + BODY["note"])
        )
    )
    assert check_event(moved).body.note.startswith("院")
    record = record_of(good_event())
    return [IMPOSSIBLE, standing(tmp_path, [packed([*record[:6], moved, record[7]])], "bad-signature")]
