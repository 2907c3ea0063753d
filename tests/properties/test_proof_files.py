"""Receipts, pins and evidence from nobody knows where: whatever the bytes, the answer is one of the package's errors."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from chainlog.canon import codec
from chainlog.errors import ChainlogError
from chainlog.forensics.receipts import receipt_of
from chainlog.log.log_tree import LogTree
from chainlog.proof.conflict import check_conflict, find_conflict
from chainlog.proof.pin import decode_pin, make_pin
from chainlog.proof.receipt import check_receipt
from chainlog.tree.merkle import check_consistency, check_inclusion
from chainlog.tree.proofs import consistency_path, inclusion_path, root_at
from tests.builders import Clock, small_log
from tests.signers import signer
from tests.stories import cut_back, gone_on
from tests.trees import LEAVES, ListTree

KEY = signer("log").public_key


@cache
def files():
    log = small_log().handle
    told = gone_on(cut_back(log, 3), clock=Clock(1_800_000_000_000_000)).handle
    before, now = (make_pin(one.checkpoint(), log_key=KEY, verified_by="x 1") for one in (log, told))
    with told.store.snapshot() as snapshot:
        conflict = find_conflict(before, now, LogTree(snapshot))
    return log.id, receipt_of(log, 2), before.encoded(), conflict.encoded()


def judge(number, data):
    log_id = files()[0]
    try:
        if number == 1:
            check_receipt(data, log_id=log_id, log_key=KEY)
        elif number == 2:
            assert decode_pin(data).encoded() == data
        else:
            assert check_conflict(data, log_id=log_id).encoded() == data
    except ChainlogError:
        return
    # What passes is what was made, or a pin with other words in it.
    assert data == files()[number] or number == 2


@given(st.sampled_from([1, 2, 3]), st.data())
def test_cut_and_mixed_bytes(number, data):
    whole = files()[number]
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, len(whole)))
    other = files()[data.draw(st.sampled_from([1, 2, 3]))]
    middle = data.draw(st.binary(max_size=40) | st.just(other) | st.just(whole[start:stop] * 2))
    judge(number, whole[:start] + middle + whole[stop:])


values = st.recursive(
    st.binary(max_size=70) | st.text(max_size=20) | st.integers(0, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from([2, 3]), st.integers(0, 5), values)
def test_other_values_in_place_of_an_element(number, place, value):
    fields = codec.decode(files()[number])
    fields[place] = value
    judge(number, codec.encode(fields))


LARGE = ListTree(LEAVES)


@given(st.integers(1, 2_000), st.data())
def test_every_proof_that_is_made_holds(size, data):
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root = root_at(LARGE, size)
    check_inclusion(LEAVES[index], inclusion_path(LARGE, index=index, size=size), index=index, size=size, root=root)
    path = consistency_path(LARGE, old_size=old, new_size=size)
    check_consistency(path, old_size=old, old_root=root_at(LARGE, old), new_size=size, new_root=root)
