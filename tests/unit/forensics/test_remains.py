"""The file of what was left beside a salvaged log: each record in it is checked whenever it is read."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from hashlib import sha256

import pytest

from chainlog import limits
from chainlog.errors import (
    CheckpointError,
    ForeignFileError,
    FormatError,
    LimitError,
    RecordHashError,
    SignatureError,
    UsageError,
)
from chainlog.event.jsonform import format_id
from chainlog.event.model import unverified_event
from chainlog.forensics.evidence import U64
from chainlog.forensics.remains import end_line, line_of
from chainlog.forensics.remains_file import name_signers, prove_places, read_remains
from chainlog.log.handle import LogHandle
from chainlog.store.lmdb_store import LmdbStore
from tests.damage import changed, copy_of, elsewhere, honest, rows_of, write_log
from tests.salvaging import in_this_process, saved

LOG_ID, TABLES = honest(45)
ROWS = rows_of(TABLES)
GONE = 20


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A salvage of a log that lacks one record, and the whole log as `whole`."""
    directory = tmp_path_factory.mktemp("remains")
    with pytest.MonkeyPatch.context() as patch:
        in_this_process(patch)
        tables = copy_of(TABLES)
        del tables["records"][U64.pack(GONE)]
        write_log(directory / "log", tables)
        write_log(directory / "whole", TABLES)
        saved(directory / "log", directory / "out")
    return directory


def lines(place):
    """All but the last, which is about them."""
    return [json.loads(line) for line in (place / "out" / "remains").read_text().splitlines()][:-1]


def written(path, values, *, unlisted=0):
    data = b"".join(map(line_of, values))
    path.write_bytes(data + line_of(end_line(len(values), unlisted, sha256(data).hexdigest())))
    return path


def whole_log(place):
    return LogHandle(LmdbStore.open(place / "whole"), log_id=LOG_ID)


def test_it_is_read_as_it_was_written(place):
    found = read_remains(place / "out" / "remains")
    assert [one.checked.encoded for one in found.records] == ROWS[GONE + 1 :]
    assert (found.opening.log_id, found.opening.saved, found.opening.known_size) == (LOG_ID, GONE, 45)
    assert [(one.start, one.stop, len(one.hashes)) for one in found.lost] == [(GONE, GONE + 1, 1)]
    assert found.flaws == ()
    with whole_log(place) as log:
        found = name_signers(found, log)
    values = [found.opening.as_json(), *(one.as_json() for one in found.records)]
    values += [*(one.as_json() for one in found.lost), *(one.as_json() for one in found.subjects)]
    assert values == lines(place)
    assert written(place / "again", values).read_bytes() == (place / "out" / "remains").read_bytes()


def with_record(values, data, **more):
    """The first line, and one that says of *data* what follows from it."""
    from chainlog.digest import record_hash
    from chainlog.record.record import unverified_record

    record = unverified_record(data)
    event = unverified_event(record.event)
    said = {
        "record": b64encode(data).decode(),
        "record_hash": record_hash(data).hex(),
        "index": record.index,
        "signers": [{"role": one[0], "key": one[1].hex(), "person": None} for one in record.signatures],
        "kind": event.kind,
        "id": format_id(event.id),
        "subjects": list(event.subjects),
    }
    return [values[0], {**values[1], **said, **more}]


def test_a_record_that_is_not_what_it_was_is_refused(place, tmp_path):
    values = lines(place)
    record = ROWS[GONE + 1]
    for made, error in (
        (with_record(values, record, record_hash="00" * 32), RecordHashError),
        (with_record(values, record, index=3), RecordHashError),
        (with_record(values, record[:-1] + bytes([record[-1] ^ 1])), SignatureError),
        (with_record(values, elsewhere()[-1]), SignatureError),
        (with_record(values, elsewhere()[0]), SignatureError),
        ([values[0], {**values[1], "record": "AAAA"}], FormatError),
    ):
        with pytest.raises(error):
            read_remains(written(tmp_path / "file", made))
    # What the writer of the log added is in the hash alone: it is not what stood there, and the proof shows it.
    moved = with_record(values, changed(record, recorded_at_us=5))
    assert read_remains(written(tmp_path / "file", moved)).records[0].place == "proven"


@pytest.mark.parametrize(
    "text",
    ["", "\n", "{}", "[]", "1\n", "not json", '{"what": "record"}\n', '{"what": "salvage", "version": 2}\n', "\0" * 99],
)
def test_what_is_no_such_file_is_refused(tmp_path, text):
    (tmp_path / "file").write_text(text)
    with pytest.raises(FormatError):
        read_remains(tmp_path / "file")


def test_bytes_and_long_lines_are_refused(tmp_path):
    for data in (b"\xff\xfe", b" " * 300_000):
        (tmp_path / "file").write_bytes(data)
        with pytest.raises(FormatError):
            read_remains(tmp_path / "file")


def test_places_are_proven_by_the_head_and_the_records_below(place, tmp_path):
    found = read_remains(place / "out" / "remains")
    with whole_log(place) as log:
        assert prove_places(found, log) == len(ROWS) - GONE - 1
        for made in (
            with_record(lines(place), changed(ROWS[GONE + 1], recorded_at_us=5)),
            [value for value in lines(place) if value["what"] != "lost"],
            [{**lines(place)[0], "saved": GONE - 1}, *lines(place)[1:]],
            [{**lines(place)[0], "head": None}, *lines(place)[1:]],
            [{**lines(place)[0], "head": "no note"}, *lines(place)[1:]],
            [{**lines(place)[0], "head": lines(place)[0]["head"].replace("\n45\n", "\n44\n")}, *lines(place)[1:]],
        ):
            with pytest.raises(CheckpointError):
                prove_places(read_remains(written(tmp_path / "file", made)), log)
        alone = [lines(place)[0], {**lines(place)[1], "place": "alone"}]
        assert prove_places(read_remains(written(tmp_path / "file", alone)), log) == 0


def test_nothing_about_a_record_is_believed_that_does_not_follow_from_it(place, tmp_path):
    opening, record = with_record(lines(place), ROWS[GONE + 1])
    read_remains(written(tmp_path / "file", [opening, record]))
    signer = record["signers"][0]
    for said in (
        {"place": "certain"},
        {"signers": [{**signer, "role": "administrator"}, *record["signers"][1:]]},
        {"signers": [{**signer, "key": "00" * 32}, *record["signers"][1:]]},
        {"signers": record["signers"][1:]},
        {"signers": [*record["signers"], signer]},
        {"kind": "log_closed"},
        {"id": format_id(bytes(16))},
        {"subjects": record["subjects"][1:]},
        {"more": 1},
    ):
        with pytest.raises(FormatError):
            read_remains(written(tmp_path / "file", [opening, {**record, **said}]))


def test_whose_a_key_is_says_the_log_alone(place, tmp_path):
    opening, record = with_record(lines(place), ROWS[GONE + 1])
    forged = {**record, "signers": [{**one, "person": "p/Mallory"} for one in record["signers"]]}
    found = read_remains(written(tmp_path / "file", [opening, forged]))
    assert {one.person for one in found.records[0].signers} == {None}
    with whole_log(place) as log:
        named = name_signers(found, log).records[0].signers
    assert [one.person for one in named] == [one["person"] for one in lines(place)[1]["signers"]]
    assert all(one.person for one in named)


def test_a_file_of_another_log_is_not_held_against_this_one(place, tmp_path):
    opening = {**lines(place)[0], "log_id": "ab" * 32}
    found = read_remains(written(tmp_path / "file", [opening], unlisted=45))
    with whole_log(place) as log:
        for ask in (name_signers, prove_places):
            with pytest.raises(ForeignFileError):
                ask(found, log)


def test_a_file_that_was_cut_says_so_wherever_it_was(place, tmp_path):
    """At the end of a line it would read like a whole one."""
    data = (place / "out" / "remains").read_bytes()
    every = read_remains(place / "out" / "remains")
    ends = [at + 1 for at, byte in enumerate(data) if byte == ord("\n")]
    for number, end in enumerate(ends[:-1], 1):
        for cut in (end, end + 7):
            (tmp_path / "file").write_bytes(data[:cut])
            found = read_remains(tmp_path / "file")
            assert (found.flaws, found.records) == (("cut-short",), every.records[: number - 1])
    for cut in (0, 7, ends[0] - 1):
        (tmp_path / "file").write_bytes(data[:cut])
        with pytest.raises(FormatError):
            read_remains(tmp_path / "file")


def test_a_line_that_is_gone_new_or_moved_shows(place, tmp_path):
    data = (place / "out" / "remains").read_bytes().splitlines(keepends=True)
    for made in (
        [*data[:3], *data[4:]],
        [*data[:2], data[1], *data[2:]],
        [data[0], data[2], data[1], *data[3:]],
        [*data[:-1], data[-1].replace(b'"lines": ', b'"lines": 1')],
    ):
        (tmp_path / "file").write_bytes(b"".join(made))
        assert "altered" in read_remains(tmp_path / "file").flaws
    for made in ([*data, data[1]], [*data, data[-1]], [*data, b"{"], data[1:], [data[0], *data]):
        (tmp_path / "file").write_bytes(b"".join(made))
        with pytest.raises(FormatError):
            read_remains(tmp_path / "file")


def test_every_record_up_to_the_known_head_is_spoken_of(place, tmp_path):
    values = lines(place)
    records = [one for one in values if one["what"] == "record"]
    lost = next(one for one in values if one["what"] == "lost")
    for gone in (records[0], records[-1], lost):
        made = [one for one in values if one is not gone]
        assert read_remains(written(tmp_path / "file", made)).flaws == ("incomplete",)
        # Of more gaps than are listed the count is all there is.
        assert read_remains(written(tmp_path / "file", made, unlisted=1)).flaws == ()
    # Figures may be anything; nobody counts up to them.
    far = {**values[0], "known_size": 2**63 - 1}
    assert read_remains(written(tmp_path / "file", [far, {**lost, "stop": 2**63 - 1, "hashes": []}])).flaws == ()
    with pytest.raises(FormatError):
        read_remains(written(tmp_path / "file", [{**values[0], "known_size": GONE - 1}]))


FIRST = '{"what": "salvage", "version": 1, "log_id": "%s", "name": "n", "saved": 0, "known_size": 0, "known_root": "%s", "head": null}\n'
OPENING = FIRST % ("00" * 32, "00" * 32)


@pytest.mark.parametrize(
    "line",
    [
        OPENING.replace("null", "5"),
        OPENING.replace("null", "true"),
        OPENING.replace('"n"', '"\\ud800"'),
        OPENING.replace('"n"', "[" * 100_000),
        OPENING.replace('"saved": 0', '"saved": 1e999'),
        OPENING.replace('"saved": 0', '"saved": NaN'),
        OPENING.replace('"saved": 0', '"saved": -1'),
        OPENING.replace('"saved": 0', '"saved": ' + "9" * 5_000),
        OPENING.replace('"known_size": 0', '"known_size": 9223372036854775808'),
        OPENING.replace('"saved": 0', '"saved": 0, "saved": 0'),
        OPENING.replace('"saved": 0', '"saved": false'),
        OPENING.replace("00" * 32, "00" * 31),
        OPENING.replace("00" * 32, "é" * 64),
        '{"a": ' + "[" * 100_000 + "\n",
        '{"what": 5}\n',
        OPENING + '{"what": "lost", "start": 2, "stop": 1, "hashes": []}\n',
        OPENING + '{"what": "lost", "start": 1, "stop": 3, "hashes": ["' + "00" * 32 + '"]}\n',
        OPENING + '{"what": "lost", "start": 1, "stop": 2, "hashes": 5}\n',
        OPENING + '{"what": "subject", "subject": 5, "missing": 1, "records": []}\n',
        OPENING + '{"what": "subject", "subject": "c/1", "missing": "1", "records": []}\n',
        OPENING + '{"what": "subject", "subject": "c/1", "missing": ' + "9" * 300 + ', "records": []}\n',
        OPENING + '{"what": "subject", "subject": "c/1", "missing": 1, "records": [[[[[]]]]]}\n',
        OPENING + '{"what": "record", "index": 0}\n',
        OPENING + "null\n",
        OPENING + OPENING,
    ],
)
def test_whatever_stands_in_a_line_only_one_error_comes_of_it(tmp_path, line):
    (tmp_path / "file").write_text(OPENING)
    assert read_remains(tmp_path / "file").flaws == ("cut-short",)
    (tmp_path / "file").write_text(line)
    with pytest.raises(FormatError) as caught:
        read_remains(tmp_path / "file")
    assert caught.value.text("zh") != caught.value.text("en")
    assert not caught.value.text("zh").isascii()


def test_what_is_no_plain_file_is_refused_at_once(place, tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(place / "out" / "remains")
    for name in ("fifo", "link", ".", "nowhere"):
        with pytest.raises(UsageError):
            read_remains(tmp_path / name)
    monkeypatch.setattr(limits, "REMAINS_FILE_BYTES_MAX", 1_000)
    with pytest.raises(LimitError):
        read_remains(place / "out" / "remains")


def test_what_stands_twice_or_below_the_gap_is_not_proven(place, tmp_path):
    """Each would be counted, and none of it is in the tree that the head signs."""
    values = lines(place)
    opening, records = values[0], [one for one in values if "record" in one]
    twin = records[0]
    below = {**with_record(values, ROWS[GONE - 3])[1], "place": "proven"}
    for more in ([twin], [below]):
        with whole_log(place) as log, pytest.raises(CheckpointError):
            prove_places(read_remains(written(tmp_path / "file", [opening, *more, *values[1:]])), log)
    # A hash of what is lost may not stand in for a record that is there.
    lost = next(one for one in values if "hashes" in one)
    over = {**lost, "start": GONE, "stop": GONE + 2, "hashes": [*lost["hashes"], records[0]["record_hash"]]}
    made = [over if one is lost else one for one in values]
    with whole_log(place) as log, pytest.raises(CheckpointError):
        prove_places(read_remains(written(tmp_path / "file", made)), log)
