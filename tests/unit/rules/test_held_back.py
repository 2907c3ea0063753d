"""Changes wait in memory above the state that they began on: written whole, and dropped where another state was written."""

from __future__ import annotations

import pytest

from chainlog.errors import ConflictError
from chainlog.projection.custody_fold import NAME as CUSTODY
from chainlog.projection.runner import CURSORS
from chainlog.rules.held_back import HeldBack
from chainlog.rules.kept_rows import ROWS, STATE, STATE_KEY
from chainlog.store.memory_kv import MemoryKeyValue

FOLDED = f"{CUSTODY}.states"


def fold(kv, number):
    """As a projection does: rows, and how far it is."""
    with kv.write() as transaction:
        transaction.table(FOLDED).put(b"c/1", number)
        transaction.table(CURSORS).put(CUSTODY.encode(), number)


def judge(kv, number):
    """As findings are kept."""
    with kv.write() as transaction:
        transaction.table(ROWS).put(b"c/1", number)
        transaction.table(STATE).put(STATE_KEY, number)


def seen(kv):
    """(row that was folded, row of the findings)"""
    with kv.read() as transaction:
        return transaction.table(FOLDED).get(b"c/1"), transaction.table(ROWS).get(b"c/1")


class Counting(MemoryKeyValue):
    """Counts its commits."""

    commits = 0

    def write(self, *, timeout_s=30.0):
        self.commits += 1
        return super().write(timeout_s=timeout_s)


def test_many_changes_are_one_commit():
    below = Counting()
    held = HeldBack(below, most=4)
    for number in (b"1", b"2"):
        assert not held.is_full
        fold(held, number)
        judge(held, number)
        assert seen(held) == (number, number)
    assert held.is_full
    assert (below.commits, seen(below)) == (0, (None, None))
    held.flush()
    held.flush()
    assert (below.commits, seen(below), seen(held)) == (1, (b"2", b"2"), (b"2", b"2"))
    assert not held.is_full


def test_what_is_deleted_and_emptied_is_so_below():
    below = MemoryKeyValue()
    fold(below, b"1")
    judge(below, b"1")
    held = HeldBack(below, most=9)
    with held.write() as transaction:
        transaction.clear(ROWS)
        transaction.table(FOLDED).delete(b"c/1")
    assert (seen(held), seen(below)) == ((None, None), (b"1", b"1"))
    held.flush()
    assert seen(below) == (None, None)


@pytest.mark.parametrize(("elsewhere", "wanted"), [(fold, (b"9", b"1")), (judge, (b"1", b"9"))])
@pytest.mark.parametrize("asked", [True, False])
def test_a_state_that_another_wrote_counts(elsewhere, wanted, asked):
    """Of the group that it is of; what waits in the other stays, whether one asked in between or not."""
    below = MemoryKeyValue()
    held = HeldBack(below, most=9)
    fold(held, b"1")
    judge(held, b"1")
    elsewhere(below, b"9")
    if asked:
        assert seen(held) == wanted
    held.flush()
    assert seen(below) == seen(held) == wanted


def test_who_reads_goes_on_reading_one_state():
    below = MemoryKeyValue()
    held = HeldBack(below, most=9)
    fold(held, b"1")
    judge(held, b"1")
    with held.read() as transaction:
        fold(below, b"9")
        assert seen(held) == (b"9", b"1")
        assert transaction.table(FOLDED).get(b"c/1") == b"1"
        assert transaction.table(CURSORS).get(CUSTODY.encode()) == b"1"


def test_after_a_failure_nothing_waits():
    below = MemoryKeyValue()
    held = HeldBack(below, most=9)
    fold(held, b"1")
    with pytest.raises(ZeroDivisionError), held.write() as transaction:
        transaction.table(ROWS).put(b"c/1", b"half")
        raise ZeroDivisionError
    assert seen(held) == (None, None)


def test_a_durable_transaction_takes_along_what_waits():
    below = MemoryKeyValue()
    held = HeldBack(below, most=9)
    fold(held, b"1")
    with pytest.raises(ZeroDivisionError), held.straight():
        raise ZeroDivisionError
    assert (seen(below), seen(held)) == ((None, None), (b"1", None))
    with held.straight() as transaction:
        assert transaction.table(FOLDED).get(b"c/1") == b"1"
        transaction.table(ROWS).put(b"c/1", b"2")
    assert seen(below) == seen(held) == (b"1", b"2")


def test_a_file_that_has_to_grow_is_written_again():
    class Growing(MemoryKeyValue):
        left = 2

        def write(self, *, timeout_s=30.0):
            self.left -= 1
            if self.left >= 0:
                raise ConflictError("grown")
            return super().write(timeout_s=timeout_s)

    below = Growing()
    held = HeldBack(below, most=9)
    fold(held, b"1")
    held.flush()
    assert seen(below) == (b"1", None)
