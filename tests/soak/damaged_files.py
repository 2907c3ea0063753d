"""Files of logs are damaged at random, and verified: the caller lives, and no damaged log is called intact unless it reads the same."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import lmdb

from chainlog.errors import ChainlogError
from chainlog.forensics.audit import audit
from tests.damage import honest, write_log
from tests.soak.tally import Tally

PAGE: Final = 4096
RECORDS: Final = 60

Change = Callable[[bytearray, random.Random], None]


def _place(data: bytearray, rnd: random.Random, size: int = 1) -> int:
    return rnd.randrange(max(1, len(data) - size))


def _page(data: bytearray, rnd: random.Random) -> int:
    return rnd.randrange(len(data) // PAGE) * PAGE


def _flip(data: bytearray, at: int, rnd: random.Random) -> None:
    data[at] ^= 1 << rnd.randrange(8)


def _one_bit(data: bytearray, rnd: random.Random) -> None:
    _flip(data, _place(data, rnd), rnd)


def _bit_in_page_head(data: bytearray, rnd: random.Random) -> None:
    _flip(data, _page(data, rnd) + rnd.randrange(64), rnd)


def _bit_in_meta(data: bytearray, rnd: random.Random) -> None:
    _flip(data, rnd.randrange(2) * PAGE + rnd.randrange(160), rnd)


def _random_bytes(data: bytearray, rnd: random.Random) -> None:
    at = _place(data, rnd, 64)
    data[at : at + 64] = rnd.randbytes(64)


def _zeroed_page(data: bytearray, rnd: random.Random) -> None:
    at = _page(data, rnd)
    data[at : at + PAGE] = bytes(PAGE)


def _random_page(data: bytearray, rnd: random.Random) -> None:
    at = _page(data, rnd)
    data[at : at + PAGE] = rnd.randbytes(PAGE)


def _swapped_pages(data: bytearray, rnd: random.Random) -> None:
    a, b = _page(data, rnd), _page(data, rnd)
    data[a : a + PAGE], data[b : b + PAGE] = data[b : b + PAGE], data[a : a + PAGE]


def _cut_anywhere(data: bytearray, rnd: random.Random) -> None:
    del data[_place(data, rnd) :]


def _cut_at_a_page(data: bytearray, rnd: random.Random) -> None:
    del data[_page(data, rnd) :]


def _garbage_behind(data: bytearray, rnd: random.Random) -> None:
    data += rnd.randbytes(rnd.choice((1, 100, PAGE, 3 * PAGE)))


def _page_twice(data: bytearray, rnd: random.Random) -> None:
    a, b = _page(data, rnd), _page(data, rnd)
    data[a : a + PAGE] = data[b : b + PAGE]


CHANGES: Final[dict[str, Change]] = {
    "one bit": _one_bit,
    "a bit in the head of a page": _bit_in_page_head,
    "a bit in a meta page": _bit_in_meta,
    "64 random bytes": _random_bytes,
    "a page zeroed": _zeroed_page,
    "a page of random bytes": _random_page,
    "two pages swapped": _swapped_pages,
    "cut anywhere": _cut_anywhere,
    "cut at a page": _cut_at_a_page,
    "garbage behind": _garbage_behind,
    "a page over another": _page_twice,
}


def files(sound: bytes, count: int, seed: int) -> Iterator[bytes]:
    """*count* damaged copies of the file of a log."""
    rnd = random.Random(seed)
    for number in range(count):
        name = list(CHANGES)[number % len(CHANGES)]
        data = bytearray(sound)
        for _ in range(rnd.choice((1, 1, 1, 2, 5))):
            if len(data) >= 2 * PAGE:
                CHANGES[name](data, rnd)
        yield bytes(data)


def made(scratch: Path) -> bytes:
    """The file of an honest log, below `sound`."""
    return write_log(scratch / "sound", honest(RECORDS)[1]).read_bytes()


def put(log: Path, data: bytes) -> None:
    """Make *data* the file of the log, and nothing beside it."""
    (log / "truth").mkdir(parents=True, exist_ok=True)
    for left in (log / "truth").iterdir():
        left.unlink()
    (log / "truth" / "data.mdb").write_bytes(data)


def campaign(scratch: Path, count: int, seed: int) -> Tally:
    """Verify *count* damaged files. Died: an error that is none of ours left the audit."""
    log_id, _ = honest(RECORDS)
    sound = made(scratch)
    intact = audit(scratch / "sound", log_id=log_id)
    seen: Counter[str] = Counter()
    died = wrong = 0
    for data in files(sound, count, seed):
        put(scratch / "log", data)
        try:
            report = audit(scratch / "log", log_id=log_id)
        except ChainlogError:
            seen["refused"] += 1
            continue
        except Exception:  # noqa: BLE001 - whatever else leaves it would have ended the caller
            died += 1
            continue
        seen[report.integrity] += 1
        # Intact is what reads the same to the last record: the damage hit bytes that nothing refers to.
        wrong += report.integrity == "intact" and (report.size, report.root) != (intact.size, intact.root)
    said = ", ".join(f"{number} {what}" for what, number in sorted(seen.items()))
    return Tally("files damaged", seed, count, died=died, wrong=wrong, seen=said)


def control(scratch: Path, count: int = 60, seed: int = 1) -> str:
    """The engine alone on the same files, each in a process of its own: some must die or read wrongly. What was seen."""
    died = wrong = 0
    for data in files(made(scratch), count, seed):
        put(scratch / "alone", data)
        status = os.waitstatus_to_exitcode(os.waitpid(_read_alone(scratch / "alone"), 0)[1])
        died += status in (-signal.SIGABRT, -signal.SIGBUS, -signal.SIGSEGV)
        wrong += status == _WRONG
    return f"engine alone: {died} deaths, {wrong} read wrongly, of {count}" if died else ""


_WRONG = 3


def _read_alone(log: Path) -> int:
    """A child that trusts the file. Its process id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 1)
        os.dup2(devnull, 2)
        engine = lmdb.open(str(log / "truth"), readonly=True, lock=False, max_dbs=16, create=False)
        with engine.begin() as transaction:
            rows = dict(transaction.cursor(db=engine.open_db(b"records", transaction, create=False)))
        status = 0 if rows == honest(RECORDS)[1]["records"] else _WRONG
    except lmdb.Error:
        status = 1
    finally:
        os._exit(status)
