"""Bytes on disk: what happens to the file of a log, by faults and by whoever can write it."""

from __future__ import annotations

import faulthandler
import os
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import lmdb
import lmdb.verify
import pytest

from chainlog.errors import EngineError, ReceiptError
from chainlog.forensics.children import Child, ChildError
from chainlog.forensics.exported import audit_export
from chainlog.forensics.receipts import hold_receipt, receipt_of
from chainlog.forensics.summary import OpenTask
from chainlog.proof.tlog_proof import parse_tlog_proof
from chainlog.store.lmdb_store import LmdbStore
from tests.attacks import disk
from tests.attacks.answers import (
    SURVIVED,
    Answer,
    attack,
    beyond,
    found,
    found_outside,
    is_found,
    is_found_outside,
    is_refused,
    refused,
    same,
    survived,
)
from tests.attacks.disk import RECORDS, Pages, all_found, data_of, judged, kept, opened, rewritten
from tests.command_line import ENVIRONMENT, Terminal
from tests.damage import copy_of, damaged, honest, write_log
from tests.processes import in_child

AT = 17  # the record that is harmed, somewhere in the middle


@pytest.fixture
def pages() -> Pages:
    """The pages of the kept log."""
    return Pages(kept().newest.data)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The directory of the kept log."""
    return disk.lay(tmp_path / "log", kept().newest.data)


@attack(
    "ST01", "One bit of a record is flipped", "F", is_found("altered"), is_found("malformed"), SURVIVED,
    note="The rest is read and judged, and with the old bytes put back the log is what it was",
)  # fmt: skip
def test_a_flipped_bit(log: Path, pages: Pages) -> Iterator[Answer]:
    row = pages.record(AT)
    for at, code in ((row.value + row.size - 1, "altered"), (row.value, "malformed")):  # in a signature, in the head
        pages.data[at] ^= 0x01
        report = judged(rewritten(log, pages.data))
        assert (report.size, len(report.findings)) == (RECORDS, 1)
        yield found(report, code, index=AT)
        pages.data[at] ^= 0x01
    yield survived(rewritten(log, pages.data), kept().hashes, log_id=kept().log_id)


@attack("ST02", "A bit flips in the head of a page or in a pointer to a row or a page", "F", is_found("page-corrupt"))
def test_a_flipped_bit_in_a_page(log: Path, pages: Pages) -> Answer:
    def flipped() -> Iterator[bytearray]:
        leaf, child = pages.leaves("records")[4] * disk.PAGE, pages.nodes(pages.root("records"))[3].at
        for at in (leaf, leaf + 10, leaf + 12, leaf + 14, leaf + 16, child, child + 1, pages.tree("records") + 40):
            pages.data[at] ^= 0x02
            yield pages.data
            pages.data[at] ^= 0x02

    return all_found(log, "page-corrupt", flipped())


@attack(
    "ST03", "A page is overwritten with zeros", "F", is_found("page-corrupt"),
    note="The engine alone dies of it, so no engine sees a file whose pages weren't checked",
)  # fmt: skip
def test_a_zeroed_page(log: Path, pages: Pages) -> Answer:
    def zeroed() -> Iterator[bytearray]:
        for number in (
            *pages.pages("records"),
            *pages.pages("subjects"),
            *pages.pages(disk.FREED),
            *pages.pages(disk.MAIN),
        ):
            before = pages.page(number)
            pages.put_page(number, bytes(disk.PAGE))
            yield pages.data
            pages.put_page(number, before)

    answer = all_found(log, "page-corrupt", zeroed())
    pages.put_page(pages.leaves("records")[4], bytes(disk.PAGE))
    rewritten(log, pages.data)
    with Child() as child:
        child.call("open", OpenTask(str(log / "truth")), int)
        with pytest.raises(ChildError, match="SIG"):
            child.call("diagnose", [None, [[], {}], [], str(log)], object)
    return answer


@attack("ST04", "The data file is cut off", "FW", is_found("page-corrupt"), is_refused("not-a-log"))
def test_a_truncated_file(log: Path, pages: Pages) -> Iterator[Answer]:
    last = max(pages.leaves("records")) * disk.PAGE
    cut = [pages.data[:length] for length in (last, last + disk.PAGE // 2, 9 * disk.PAGE, 2 * disk.PAGE)]
    yield all_found(log, "page-corrupt", cut)
    yield same(refused(partial(opened, rewritten(log, data)), state=data_of(log).read_bytes) for data in cut)


@attack(
    "ST05", "Pages change places, or a page of yesterday's file stands again", "W",
    is_found("page-corrupt"), is_found("truncated"), is_found("index-mismatch"),
    note="The last two where everything that the engine counts was made to fit",
)  # fmt: skip
def test_pages_exchanged_and_put_back(log: Path, pages: Pages) -> Iterator[Answer]:
    def exchanged() -> Iterator[bytearray]:
        one, other = pages.leaves("records")[2:4]
        for numbered in (False, True):
            worse = Pages(kept().newest.data)
            for number, page in ((one, pages.page(other)), (other, pages.page(one))):
                worse.put_page(number, struct.pack("=Q", number) + page[8:] if numbered else page)
            yield worse.data

    yield all_found(log, "page-corrupt", exchanged())
    yield all_found(log, "truncated", [disk.with_older_leaf("records")])
    yield all_found(log, "index-mismatch", [disk.with_older_leaf("subjects")])


@attack(
    "ST06", "A field is overwritten in place by one of the same length", "W", is_found("altered"),
    note="Its signatures don't verify any more either, which follows from it and is no second finding",
)  # fmt: skip
def test_an_edit_in_place(log: Path) -> Answer:
    def edited(index: int, old: str, new: str) -> bytearray:
        pages = Pages(kept().newest.data)
        row, before = pages.record(index), old.encode()
        at = pages.data.index(before, row.value, row.value + row.size)
        pages.data[at : at + len(before)] = new.encode()
        assert len(pages.data) == len(kept().newest.data)
        return pages.data

    middle = [edited(AT, *words) for words in (("机密", "秘密"), (f"c/{AT}", "c/99"), ("exchange", "internet"))]
    last = [edited(RECORDS - 1, "机密", "秘密")]
    return same([all_found(log, "altered", middle, index=AT), all_found(log, "altered", last, index=RECORDS - 1)])


@attack(
    "ST07", "The transaction number of the newer meta page is lowered, which takes the last commit back", "W",
    is_found_outside("truncated"),
)  # fmt: skip
def test_a_commit_taken_back(log: Path, pages: Pages) -> Answer:
    at = pages.meta + disk.TRANSACTION
    pages.set("Q", at, pages.u64(at) - 2)
    rewritten(log, pages.data)
    assert lmdb.verify.verify(str(log / "truth")) == []
    alone = judged(log)
    assert alone.size == RECORDS - 1
    return found_outside(alone, judged(log, checkpoint=kept().newest.note), "truncated")


@attack(
    "ST08", "The data file of yesterday is put in the place of today's", "WA",
    is_found_outside("truncated"), is_refused("file-replaced"),
    note="A process that has the log open refuses to go on",
)  # fmt: skip
def test_the_file_of_yesterday(log: Path, tmp_path: Path) -> Iterator[Answer]:
    backup = tmp_path / "yesterday.mdb"
    backup.write_bytes(kept().states[RECORDS - 9].data)
    with opened(log) as running:
        disk.append_one(running)
        backup.rename(data_of(log))
        alone = judged(log)
        assert alone.size == RECORDS - 9
        yield found_outside(alone, judged(log, checkpoint=kept().newest.note), "truncated")
        yield refused(lambda: disk.append_one(running), state=lambda: data_of(log).read_bytes())


@attack(
    "ST09", "The list of free pages names one that holds records, so that an append writes over them", "W",
    is_found("page-corrupt"), note="Found before the append and after it; what isn't trusted is verified before it is opened",
)  # fmt: skip
def test_a_live_page_declared_free(log: Path, pages: Pages) -> Answer:
    pages.declare_free(pages.leaves("records")[4])
    before = all_found(log, "page-corrupt", [pages.data])

    def write() -> None:
        faulthandler.disable()
        with opened(log) as running:
            for number in range(9):
                disk.append_one(running, f"w/{number}")

    with suppress(AssertionError, EngineError):  # the engine may refuse, or end the process
        in_child(write)
    assert data_of(log).read_bytes() != pages.data
    return same([before, found(judged(log), "page-corrupt")])


@attack("ST10", "An event is edited, and everything after it is chained anew", "W", is_found("bad-signature"))
def test_an_event_edited_and_the_chain_made_anew(tmp_path: Path) -> Answer:
    log_id, tables = honest(RECORDS)
    worse = damaged(tables, "event changed", AT, anew=True)
    assert worse is not None
    write_log(tmp_path / "log", worse)
    return found(tmp_path / "log", "bad-signature", index=AT, log_id=log_id)


@attack(
    "ST11", "A row of an index leads to another event, tells an older state, or is gone, so that a search finds nothing", "W",
    is_found("index-mismatch"),
)  # fmt: skip
def test_an_index_that_hides_an_event(tmp_path: Path) -> Answer:
    event_id = kept().records[AT].event.id
    older = struct.pack(">QQ", 1, AT - 1) + kept().hashes[AT - 1]

    def hidden() -> Iterator[Answer]:
        for number, (table, key, value) in enumerate([
            ("ids", event_id, struct.pack(">Q", AT - 1)), ("ids", event_id, None),
            ("subjects", b"p/L", older), ("subjects", b"p/L", None),
        ]):  # fmt: skip
            log = disk.lay(tmp_path / f"{number}", kept().newest.data)
            with disk.rows_of(log) as rows:
                rows.delete(table, key) if value is None else rows.put(table, key, value)
            yield found(disk.judged_here(log), "index-mismatch")
        log_id, tables = honest(300)
        tables = copy_of(tables)
        (key, tile), *_ = tables["tiles"].items()
        tables["tiles"][key] = tile[:-32] + bytes(32)
        write_log(tmp_path / "long", tables)
        yield found(tmp_path / "long", "index-mismatch", log_id=log_id)

    return same(hidden())


@attack("ST12", "The file holds a table, a row or a key that no log has", "W", is_found("foreign-data"))
def test_foreign_rows(tmp_path: Path) -> Answer:
    def foreign() -> Iterator[Answer]:
        for number, (table, key) in enumerate([
            ("shadow", b"x"), ("records", b"\0" * 7), ("records", b"\xff" * 8), ("head", b"next"), ("meta", b"owner"), ("", b"x"),
        ]):  # fmt: skip
            log = disk.lay(tmp_path / f"{number}", kept().newest.data)
            with disk.rows_of(log) as rows:
                rows.put(table, key, b"more")
            yield found(disk.judged_here(log), "foreign-data")

    return same(foreign())


@attack("ST13", "The row of the head speaks of others", "FW", is_found("head-mismatch"), is_refused("checkpoint"))
def test_a_head_of_other_records(tmp_path: Path) -> list[Answer]:
    newest, before = kept().hashes[-1], kept().hashes[-2]

    def other() -> Iterator[tuple[Answer, Answer]]:
        for number, (size, last) in enumerate([(RECORDS, before), (RECORDS - 1, before), (RECORDS + 1, newest)]):
            log = disk.lay(tmp_path / f"{number}", kept().newest.data)
            with disk.rows_of(log) as rows:
                rows.put("head", b"last", struct.pack(">Q", size) + last)
            refusal = refused(partial(opened, log), state=data_of(log).read_bytes)
            yield found(disk.judged_here(log), "head-mismatch"), refusal

    return [same(column) for column in zip(*other(), strict=True)]


@attack(
    "ST14", "In the place of the data file stands a pipe, a link, a device, a socket or a directory", "W",
    is_refused("not-a-log"), is_found("unreadable"), note="Nothing waits, and no link is followed",
)  # fmt: skip
def test_no_regular_file(log: Path, tmp_path: Path) -> list[Answer]:
    data = data_of(log)
    data.rename(tmp_path / "elsewhere.mdb")
    makers: list[Callable[[], object]] = [
        lambda: os.mkfifo(data), lambda: data.symlink_to(tmp_path / "elsewhere.mdb"), data.mkdir,
        lambda: os.mknod(data, 0o600 | stat.S_IFSOCK), lambda: data.symlink_to("/dev/zero"),
    ]  # fmt: skip

    def tried() -> Iterator[tuple[Answer, Answer]]:
        for make in [*makers, lambda: os.mknod(data, 0o600 | stat.S_IFCHR, os.makedev(1, 5))]:
            try:
                make()
            except PermissionError:
                assert make not in makers  # only root makes devices, and not in every container
                continue
            refusal = refused(partial(opened, log), state=lambda: list(data.parent.iterdir()))
            yield refusal, found(judged(log), "unreadable")
            data.rmdir() if data.is_dir() and not data.is_symlink() else data.unlink()

    return [same(column) for column in zip(*tried(), strict=True)]


@attack("ST15", "The data file is empty", "F", is_refused("not-a-log"), is_refused("log-exists"), note="And stays so")
def test_an_empty_file(log: Path) -> Iterator[Answer]:
    for opening in (partial(opened, rewritten(log, b"")), partial(LmdbStore.create, log)):
        yield refused(opening, state=lambda: list(log.rglob("*")))
        assert data_of(log).stat().st_size == 0


@attack(
    "ST16", "The file is of another engine, or of a machine of another byte order or width", "A",
    is_refused("not-a-log"), SURVIVED, note="An export is of no engine and of no machine",
)  # fmt: skip
def test_a_file_of_another_machine(log: Path, pages: Pages, tmp_path: Path) -> Iterator[Answer]:
    with opened(log) as running:
        running.export(tmp_path / "export")
    (tmp_path / "other" / "truth").mkdir(parents=True)
    lmdb.open(str(tmp_path / "other" / "truth"), lib_version=1).close()
    narrow = struct.pack("=IHHII IIII", 0, 0, 0x08, 0, 0xBEEFC0DE, 1, 0, 2**20, disk.PAGE).ljust(disk.PAGE, b"\0")
    turned = bytearray(pages.data)
    for at in (meta + part for meta in (0, disk.PAGE) for part in (16, 20)):
        turned[at : at + 4] = turned[at : at + 4][::-1]

    def strange() -> Iterator[Answer]:
        for data in (data_of(tmp_path / "other").read_bytes(), turned, narrow * 2):
            rewritten(log, data)
            with pytest.raises(Exception, match="another LMDB engine, or on a machine of other width or byte order"):
                opened(log)
            yield refused(lambda: opened(log), state=data_of(log).read_bytes)

    yield same(strange())
    report = audit_export(tmp_path / "export", log_id=kept().log_id)
    assert (report.integrity, report.size) == ("intact", RECORDS)
    yield SURVIVED


@attack(
    "ST17", "With a log to be examined comes a lock file made to do harm", "W", SURVIVED, is_refused("not-a-log"),
    note="Verification never touches it; where it is no regular file, the log isn't opened for writing",
)  # fmt: skip
def test_a_hostile_lock_file(log: Path) -> Iterator[Answer]:
    lock = log / "truth" / "lock.mdb"
    with opened(log):
        real = lock.read_bytes()
    acknowledged = kept().hashes
    for hostile in (b"\0", real[:64] + b"\xff" * (len(real) - 64), b"\xee" * 10**6):
        lock.write_bytes(hostile)
        answer = survived(log, acknowledged, log_id=kept().log_id)
        assert lock.read_bytes() == hostile
        with opened(log) as running:
            acknowledged = [*acknowledged, disk.append_one(running)]
    yield answer
    lock.unlink()
    os.mkfifo(lock)
    assert judged(log).integrity == "intact"
    yield refused(lambda: opened(log), state=data_of(log).read_bytes)


@attack(
    "ST18", "The disk says that it has stored what it hasn't, and the power fails", "F",
    is_found_outside("truncated"), is_found("page-corrupt"),
    note="The second where the meta page was stored and what it leads to wasn't; what to demand of disks stands in SECURITY.md",
)  # fmt: skip
def test_a_disk_that_lies(log: Path) -> Iterator[Answer]:
    on_disk = kept().newest.data
    with opened(log) as running:
        disk.append_one(running)
        receipt = receipt_of(running, RECORDS)
    written = Pages(data_of(log).read_bytes())
    rewritten(log, on_disk)
    yield found_outside(judged(log), judged(log, checkpoint=parse_tlog_proof(receipt).checkpoint), "truncated")
    with opened(log) as reopened, pytest.raises(ReceiptError) as caught:
        hold_receipt(reopened, receipt)
    assert caught.value.finding == "truncated"
    beyond("A lying disk", "disks whose write cache survives that")
    torn = Pages(on_disk)
    torn.put_page(written.meta // disk.PAGE, written.page(written.meta // disk.PAGE))
    yield all_found(log, "page-corrupt", [torn.data])


@attack(
    "ST19", "The application asks for speed instead of durable commits", "A", is_refused(), is_refused("usage"),
    note="No call and no command takes such a wish; a file that the process has open by other means isn't joined",
)  # fmt: skip
def test_durability_is_no_option(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    before = disk.content(log)
    for option in ("sync", "metasync", "writemap", "map_async", "lock", "lib_version"):
        wish: dict[str, Any] = {option: option in ("writemap", "map_async")}
        with pytest.raises(TypeError, match=option):
            opened(log, **wish)
        with pytest.raises(TypeError, match=option):
            LmdbStore.open(log, **wish)
        assert Terminal(log.parent, ENVIRONMENT).run("events", "log", f"--no-{option}").status == 2
    assert disk.content(log) == before
    monkeypatch.setenv("LMDB_DEFAULT_LIB_VERSION", "1")
    with opened(log) as running:
        flags = running.store._environment().engine.flags()  # type: ignore[attr-defined]
    assert [flags[name] for name in ("sync", "metasync", "writemap", "map_async")] == [True, True, False, False]
    yield Answer("refused")
    with lmdb.open(str(log / "truth"), sync=False, max_dbs=9, lib_version=0):
        yield refused(lambda: opened(log), state=data_of(log).read_bytes)
