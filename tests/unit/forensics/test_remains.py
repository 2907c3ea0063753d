"""The file of what was left beside a salvaged log: each record in it is checked whenever it is read."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from chainlog.errors import ChainlogError, CheckpointError, FormatError, RecordHashError, SignatureError
from chainlog.forensics.evidence import U64
from chainlog.forensics.remains import prove_places, read_remains
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
    return [json.loads(line) for line in (place / "out" / "remains").read_text().splitlines()]


def written(path, values):
    path.write_text("".join(f"{json.dumps(value)}\n" for value in values))
    return path


def test_it_is_read_as_it_was_written(place):
    found = read_remains(place / "out" / "remains")
    assert [one.checked.encoded for one in found.records] == ROWS[GONE + 1 :]
    assert (found.opening.log_id, found.opening.saved, found.opening.known_size) == (LOG_ID, GONE, 45)
    assert [(one.start, one.stop, len(one.hashes)) for one in found.lost] == [(GONE, GONE + 1, 1)]
    values = [found.opening.as_json(), *(one.as_json() for one in found.records)]
    values += [*(one.as_json() for one in found.lost), *(one.as_json() for one in found.subjects)]
    assert values == lines(place)


def with_record(values, data, **more):
    from chainlog.digest import record_hash
    from chainlog.record.record import unverified_record

    said = {
        "record": b64encode(data).decode(),
        "record_hash": record_hash(data).hex(),
        "index": unverified_record(data).index,
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
    with LogHandle(LmdbStore.open(place / "whole"), log_id=LOG_ID) as log:
        assert prove_places(found, log) == len(ROWS) - GONE - 1
        for made in (
            with_record(lines(place), changed(ROWS[GONE + 1], recorded_at_us=5)),
            [value for value in lines(place) if value["what"] != "lost"],
            [{**lines(place)[0], "saved": GONE - 1}, *lines(place)[1:]],
            [{**lines(place)[0], "head": None}, *lines(place)[1:]],
            [{**lines(place)[0], "head": lines(place)[0]["head"].replace("\n45\n", "\n44\n")}, *lines(place)[1:]],
        ):
            with pytest.raises(CheckpointError):
                prove_places(read_remains(written(tmp_path / "file", made)), log)
        alone = [lines(place)[0], {**lines(place)[1], "place": "alone"}]
        assert prove_places(read_remains(written(tmp_path / "file", alone)), log) == 0


def test_only_known_places_are_read(place, tmp_path):
    with pytest.raises((ChainlogError, FormatError)):
        read_remains(written(tmp_path / "file", [lines(place)[0], {**lines(place)[1], "place": "certain"}]))


def test_what_stands_twice_or_below_the_gap_is_not_proven(place, tmp_path):
    """Each would be counted, and none of it is in the tree that the head signs."""
    values = lines(place)
    opening, records = values[0], [one for one in values if "record" in one]
    twin = records[0]
    below = {**with_record(values, ROWS[GONE - 3])[1], "place": "proven"}
    for more in ([twin], [below]):
        with LogHandle(LmdbStore.open(place / "whole"), log_id=LOG_ID) as log, pytest.raises(CheckpointError):
            prove_places(read_remains(written(tmp_path / "file", [opening, *more, *values[1:]])), log)
    # A hash of what is lost may not stand in for a record that is there.
    lost = next(one for one in values if "hashes" in one)
    over = {**lost, "start": GONE, "stop": GONE + 2, "hashes": [*lost["hashes"], records[0]["record_hash"]]}
    made = [over if one is lost else one for one in values]
    with LogHandle(LmdbStore.open(place / "whole"), log_id=LOG_ID) as log, pytest.raises(CheckpointError):
        prove_places(read_remains(written(tmp_path / "file", made)), log)
