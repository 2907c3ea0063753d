from __future__ import annotations

import functools
from dataclasses import replace

import pytest

from chainlog.errors import ChainlogError, CheckpointError, ConflictProofError, FormatError, ProofError, ReceiptError
from chainlog.log.handle import LogHandle
from chainlog.log.log_tree import LogTree
from chainlog.proof.conflict import Conflict, check_conflict, find_conflict
from chainlog.proof.pin import make_pin
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from chainlog.tree.proofs import consistency_path, root_at
from tests.builders import Clock, small_log
from tests.signers import signer
from tests.stories import cut_back, gone_on

KEY = signer("log").public_key


@functools.cache
def office():
    return small_log()


def pinned(log, key="log"):
    return make_pin(log.checkpoint(), log_key=signer(key).public_key)


def conflict_with(before, now):
    with now.store.snapshot() as snapshot:
        return find_conflict(before, pinned(now), LogTree(snapshot))


def forked(size, persons):
    return gone_on(cut_back(office().handle, size), clock=Clock(1_800_000_000_000_000), persons=persons).handle


FORKS = ((3, ("p/X",)), (3, ("p/X", "p/Y")), (1, ("p/X", "p/Y", "p/W", "p/V", "p/U")))


def test_a_log_that_goes_on_is_no_conflict():
    log = office().handle
    for size in range(1, 5):
        before = pinned(LogHandle(cut_back(log, size)))
        assert conflict_with(before, log) is None
        assert conflict_with(before, gone_on(cut_back(log, 4), clock=Clock(1_800_000_000_000_000)).handle) is None


@pytest.mark.parametrize(("size", "persons"), FORKS)
def test_a_fork_proves_itself(size, persons):
    log = office().handle
    found = conflict_with(pinned(log), forked(size, persons))
    assert (found.kind, found.proved) == ("fork", True)
    again = check_conflict(found.encoded(), log_id=log.id, log_keys=[KEY])
    assert (again.kind, again.first, again.second, again.keys_known) == ("fork", found.first, found.second, True)
    assert not check_conflict(found.encoded(), log_id=log.id).keys_known
    with log.store.snapshot() as snapshot:
        assert check_conflict(found.encoded(), log_id=log.id, genesis=snapshot.record(0)).keys_known
        with pytest.raises(ReceiptError):
            check_conflict(found.encoded(), log_id=log.id, genesis=snapshot.record(1))


def test_a_rollback_is_somebodys_word():
    log = office().handle
    found = conflict_with(pinned(log), LogHandle(cut_back(log, 3)))
    assert (found.kind, found.proved) == ("rollback", False)
    assert check_conflict(found.encoded(), log_id=log.id, log_keys=[KEY]).keys_known


def test_a_log_made_anew_under_its_name():
    log, other = office().handle, small_log(nonce=bytes(31) + b"\1").handle
    found = conflict_with(pinned(log), other)
    assert (found.kind, found.proved) == ("recreated", False)
    assert check_conflict(found.encoded(), log_id=log.id, log_keys=[KEY]).keys_known
    # It has to be the same name.
    elsewhere = conflict_with(pinned(log), small_log(name="draft.elsewhere").handle)
    with pytest.raises(ConflictProofError):
        check_conflict(elsewhere.encoded(), log_id=log.id)


@pytest.mark.parametrize(("size", "persons"), FORKS)
def test_every_changed_byte_is_refused(size, persons):
    log = office().handle
    data = conflict_with(pinned(log), forked(size, persons)).encoded()
    for place in range(0, len(data), 1 if size == 3 else 5):
        for flip in (1, 0x80):
            changed = bytearray(data)
            changed[place] ^= flip
            with pytest.raises(ChainlogError):
                check_conflict(bytes(changed), log_id=log.id)
    for changed in (data[:-1], data + b"\0", data[1:], b"", data * 200):
        with pytest.raises(FormatError):
            check_conflict(changed, log_id=log.id)
    with pytest.raises(ConflictProofError):
        check_conflict(data, log_id=bytes(32))


def test_honest_heads_convict_nobody():
    log = office().handle
    small, large = pinned(LogHandle(cut_back(log, 3))), pinned(log)
    with log.store.snapshot() as snapshot:
        path = tuple(consistency_path(LogTree(snapshot), old_size=3, new_size=4))
    other = pinned(small_log(nonce=bytes(31) + b"\1").handle)
    for bad in (
        Conflict("fork", small, large, small.checkpoint.root, path),
        Conflict("fork", small, large, bytes(32), path),
        Conflict("fork", small, large, large.checkpoint.root, ()),
        Conflict("fork", small, small, small.checkpoint.root, ()),
        Conflict("fork", small, small, bytes(32), ()),
        Conflict("fork", small, other, bytes(32), path),
        Conflict("fork", small, large, b"", path),
        Conflict("rollback", small, large),
        Conflict("rollback", large, large),
        Conflict("rollback", large, small, bytes(32), ()),
        Conflict("rollback", large, small, b"", path),
        Conflict("rollback", large, other),
        Conflict("recreated", large, large),
        Conflict("recreated", other, large),
    ):
        with pytest.raises(ChainlogError):
            check_conflict(bad.encoded(), log_id=log.id)


def test_two_logs_are_no_fork():
    log, other = office().handle, small_log(nonce=bytes(31) + b"\1").handle
    small, large = pinned(LogHandle(cut_back(log, 3))), pinned(other)
    with other.store.snapshot() as snapshot:
        tree = LogTree(snapshot)
        earlier, path = root_at(tree, 3), tuple(consistency_path(tree, old_size=3, new_size=4))
    with pytest.raises(ConflictProofError, match="second head is of the log"):
        check_conflict(Conflict("fork", small, large, earlier, path).encoded(), log_id=log.id)


def test_of_two_heads_of_one_size_only_the_roots_count():
    log = office().handle
    found = conflict_with(pinned(log), forked(3, ("p/X",)))
    assert found.first.checkpoint.size == found.second.checkpoint.size
    for bad in (
        replace(found, path=(bytes(32),)),
        replace(found, earlier_root=bytes(32)),
        Conflict("fork", found.first, found.first, bytes(32), ()),
    ):
        with pytest.raises(ConflictProofError):
            check_conflict(bad.encoded(), log_id=log.id)


def test_a_tree_that_is_not_the_shown_heads_convicts_nobody():
    log = office().handle

    def head(size, root):
        return make_pin(sign_checkpoint(Checkpoint(log.origin, size, root * 32), signer=signer("log")), log_key=KEY)

    for size in (3, 4):
        with log.store.snapshot() as snapshot, pytest.raises(ProofError):
            find_conflict(head(size, b"a"), head(4, b"b"), LogTree(snapshot))


def test_what_a_key_signs_under_another_name_is_no_head_of_the_log():
    log = office().handle
    large, origin = pinned(log), f"draft.elsewhere/{log.id.hex()}"
    for size, kind, root in ((4, "fork", bytes(32)), (3, "rollback", b"")):
        note = sign_checkpoint(Checkpoint(origin, size, bytes(32)), signer=signer("log"))
        found = Conflict(kind, large, make_pin(note, log_key=KEY), root, ())
        with pytest.raises(ConflictProofError, match=f"second head is of the log {origin}"):
            check_conflict(found.encoded(), log_id=log.id)
        # Else it would hold.
        note = sign_checkpoint(Checkpoint(log.origin, size, bytes(32)), signer=signer("log"))
        held = Conflict(kind, large, make_pin(note, log_key=KEY), root, ())
        assert check_conflict(held.encoded(), log_id=log.id).kind == kind


def test_a_head_that_somebody_else_signed_convicts_nobody():
    log = office().handle
    found = conflict_with(pinned(log), forked(3, ("p/X",)))
    other = signer("p/A1")
    note = sign_checkpoint(Checkpoint(log.origin, 4, bytes(32)), signer=other)
    with pytest.raises(CheckpointError):
        make_pin(note, log_key=KEY)
    forged = Conflict("fork", found.first, make_pin(note, log_key=other.public_key), bytes(32), ())
    assert check_conflict(forged.encoded(), log_id=log.id, log_keys=[KEY]).keys_known is False
    swapped = Conflict("fork", found.first, found.second._replace(log_key=other.public_key), found.earlier_root, ())
    with pytest.raises(CheckpointError):
        check_conflict(swapped.encoded(), log_id=log.id)
