"""The completeness map against the definition written out in tools/map_reference.py, and its proofs against change."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainlog import digest
from chainlog.digest import ZERO
from chainlog.errors import ProofError
from chainlog.limits import INTEGER_MAX
from chainlog.store.memory_kv import MemoryKeyValue
from chainlog.tree.map import ENTRY_BYTES, Claim, check_map_proof, encode_proof, entry_of, inner, leaf, path_of
from chainlog.tree.map_table import MapTable
from tools import map_reference

LOG_ID = bytes(range(32))


class Rows(dict):
    """A table that checks how it is written."""

    def put_many(self, items):
        assert [key for key, _ in items] == sorted({key for key, _ in items})
        self.update(items)


def tables():
    return MapTable(Rows(), Rows())


def path_at(bits: str, rest: int = 0) -> bytes:
    """A path that begins with *bits*: near ones share a bucket, and more."""
    return (int(bits.ljust(256, "0"), 2) | rest).to_bytes(32, "big")


def claim(n: int) -> Claim:
    return Claim(n, digest.sha256(b"%d" % n).digest())


def entries(content):
    return [map_reference.Entry(path, *said) for path, said in sorted(content.items())]


def agrees(table, content, paths):
    """The root is that of the definition, and so is every proof."""
    stand = entries(content)
    assert table.root() == map_reference.tree(stand)
    for path in paths:
        said = content.get(path)
        assert table.claim(path) == said
        proof = table.prove(path)
        assert proof == map_reference.prove(stand, path)
        check_map_proof(proof, root=table.root(), path=path, claim=said)
        entry = None if said is None else map_reference.Entry(path, *said)
        assert map_reference.verify(proof, root=table.root(), path=path, entry=entry) == ""


# Paths of few bits among which many share buckets, and prefixes far below them.
near = st.builds(
    path_at,
    st.sampled_from(
        ["", "1", "0" * 15 + "1", "0" * 16, "0" * 16 + "1", "0" * 40, "0" * 39 + "1", "1" * 200, "1" * 255]
    ),
    st.sampled_from([0, 2, 2**8, 2**200]),
)
paths = near | st.binary(min_size=32, max_size=32)


@given(
    st.lists(st.lists(st.tuples(paths, st.integers(1, 2**53 - 1)), max_size=6), max_size=5),
    st.lists(paths, max_size=3),
)
def test_however_it_is_updated_it_is_the_map_of_the_definition(rounds, others):
    table, content = tables(), {}
    assert table.root() == ZERO
    for changes in rounds:
        before = set(content)
        changed = {path: claim(n) for path, n in changes}
        content.update(changed)
        assert table.update(changed.items()) == len(set(content) - before)
    agrees(table, content, [*content, *others])


def test_many_subjects():
    rnd = random.Random(5)
    table, content = MapTable(Rows(), Rows()), {}
    for _ in range(6):
        changed = {path_of(LOG_ID, f"c/{rnd.randrange(800)}"): claim(rnd.randrange(1, 99)) for _ in range(200)}
        content.update(changed)
        table.update(changed.items())
    agrees(table, content, [path_of(LOG_ID, f"c/{n}") for n in range(0, 900, 25)])


def test_every_node_is_over_the_two_below():
    rnd = random.Random(6)
    table = tables()
    assert table.node(1, 1) == table.node(16, 77) == ZERO
    for _ in range(3):
        paths_there = [path_of(LOG_ID, f"c/{rnd.randrange(300)}") for _ in range(60)]
        table.update((path, claim(rnd.randrange(1, 9))) for path in paths_there)
        for path in paths_there:
            number = int.from_bytes(path[:2], "big")
            for depth in range(1, 16):
                over = number >> (16 - depth)
                below = table.node(depth + 1, 2 * over), table.node(depth + 1, 2 * over + 1)
                assert table.node(depth, over) == inner(*below, depth=depth) != ZERO
        assert table.root() == inner(table.node(1, 0), table.node(1, 1), depth=0)


def test_a_key_value_store_holds_it():
    kv = MemoryKeyValue()
    content = {path_of(LOG_ID, f"c/{n}"): claim(n + 1) for n in range(50)}
    with kv.write() as transaction:
        MapTable(transaction.table("buckets"), transaction.table("nodes")).update(content.items())
    with kv.read() as transaction:
        agrees(MapTable(transaction.table("buckets"), transaction.table("nodes")), content, content)


def proven():
    """(proof, root, path, claim or None) of each shape that proofs have."""
    shared = {path_at("0" * 40): claim(1), path_at("0" * 40 + "1"): claim(2), path_at("1"): claim(3)}
    table = tables()
    table.update(shared.items())
    for path in (*shared, path_at("01"), path_at("1", 2), path_at("0" * 30 + "1"), path_at("0" * 41 + "1")):
        yield table.prove(path), table.root(), path, shared.get(path)
    yield tables().prove(path_at("1")), ZERO, path_at("1"), None


@pytest.mark.parametrize(("proof", "root", "path", "said"), list(proven()))
def test_every_changed_bit_of_a_proof_is_refused(proof, root, path, said):
    check_map_proof(proof, root=root, path=path, claim=said)
    for place in range(len(proof) * 8):
        changed = bytearray(proof)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(ProofError):
            check_map_proof(bytes(changed), root=root, path=path, claim=said)
    for cut in (proof[:-1], proof + b"\0", b"", proof[:1], proof + bytes(ENTRY_BYTES)):
        with pytest.raises(ProofError):
            check_map_proof(cut, root=root, path=path, claim=said)


@pytest.mark.parametrize(("proof", "root", "path", "said"), list(proven()))
def test_a_proof_shows_nothing_but_its_claim(proof, root, path, said):
    others = [None, claim(7), Claim(0, bytes(32)), Claim(2**53, bytes(32)), Claim(1, b"")]
    if said is not None:
        others += [said._replace(count=said.count + 1), said._replace(last_hash=bytes(32))]
    for other in others:
        if other != said:
            with pytest.raises(ProofError):
                check_map_proof(proof, root=root, path=path, claim=other)
    with pytest.raises(ProofError):
        check_map_proof(proof, root=digest.sha256(root).digest(), path=path, claim=said)


def test_zeros_are_not_written_out():
    table = tables()
    table.update([(path_at("1"), claim(1))])
    proof = table.prove(path_at("1"))
    assert len(proof) == 3
    wordy = bytes([16, 1, 0]) + ZERO
    with pytest.raises(ProofError, match="zeros"):
        check_map_proof(wordy, root=table.root(), path=path_at("1"), claim=claim(1))
    # A way that goes on into nothing after it found nothing.
    with pytest.raises(ProofError, match="nothing twice"):
        check_map_proof(encode_proof([ZERO] * 17, b""), root=ZERO, path=path_at("1"), claim=None)


def alone(path, entry):
    """The root over one leaf, and the way to it: what a keeper may commit to who makes an entry of anything."""
    node = leaf(entry)
    for depth in range(15, -1, -1):
        pair = (ZERO, node) if int.from_bytes(path, "big") >> (255 - depth) & 1 else (node, ZERO)
        node = inner(*pair, depth=depth)
    return node, [ZERO] * 16


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        (Claim(1, bytes(31) + b"\1"), True),
        (Claim(INTEGER_MAX, ZERO), True),
        (Claim(INTEGER_MAX + 1, ZERO), False),
        (Claim(0, ZERO), False),
        (Claim(1, bytes(31)), False),
        (Claim(1, bytes(33)), False),
        (Claim(1, b""), False),
    ],
)
def test_a_root_over_a_claim_that_is_none_makes_it_no_claim(said, holds):
    path = path_at("1011")
    root, siblings = alone(path, entry_of(path, said))
    proof = encode_proof(siblings, b"")
    if holds:
        check_map_proof(proof, root=root, path=path, claim=said)
    else:
        with pytest.raises(ProofError, match="doesn't end at an entry"):
            check_map_proof(proof, root=root, path=path, claim=said)


@pytest.mark.parametrize(
    ("count", "rest", "holds"),
    [
        (1, b"", True),
        (INTEGER_MAX, b"", True),
        # No log has as many records, but what stands beside the subject says nothing of it.
        (2**64 - 1, b"", True),
        (0, b"", False),
        (1, b"\0", False),
        (1, bytes(ENTRY_BYTES), False),
    ],
)
def test_a_neighbour_is_an_entry(count, rest, holds):
    path, other = path_at("1011"), path_at("1011", 1)
    end = other + count.to_bytes(8, "big") + digest.sha256(b"").digest() + rest
    root, siblings = alone(other, end)
    proof = encode_proof(siblings, end)
    assert (map_reference.verify(proof, root=root, path=path, entry=None) == "") == holds
    if holds:
        check_map_proof(proof, root=root, path=path, claim=None)
    else:
        with pytest.raises(ProofError, match="end"):
            check_map_proof(proof, root=root, path=path, claim=None)


@pytest.mark.parametrize("length", [1, 32, 40, 71])
def test_a_neighbour_that_is_cut_short(length):
    path = path_at("1011")
    end = entry_of(path_at("1011", 1), claim(1))[:length]
    root, siblings = alone(path, end)
    with pytest.raises(ProofError, match="its end is no entry"):
        check_map_proof(encode_proof(siblings, end), root=root, path=path, claim=None)


def test_a_neighbour_stands_on_the_way_even_where_both_sides_are_equal():
    other, path = path_at("0" * 15 + "1"), path_at("0" * 16)
    end = entry_of(other, claim(1))
    root = inner(leaf(end), leaf(end), depth=15)
    for depth in range(14, -1, -1):
        root = inner(root, ZERO, depth=depth)
    proof = encode_proof([*[ZERO] * 15, leaf(end)], end)
    beside = path_at("0" * 15 + "1", 2)
    check_map_proof(proof, root=root, path=beside, claim=None)
    with pytest.raises(ProofError, match="doesn't stand where"):
        check_map_proof(proof, root=root, path=path, claim=None)
