"""Rows about proofs from the tree, and about the completeness map, at a million records and a million subjects.

`warm` remembers the roots of full tiles, as an open log does from its first proofs on. The others forget everything but the
head's frontier after each proof: with `roots kept` each begins as a new process on a log with its `derived/` does, and reads
them from there; `cold` has nothing but the log. What stands in the system's cache of files stays there.
A tree that no log of the run has is built in memory from made-up record hashes: what a store adds is one read a tile.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

from benchmarks.report import Row, say
from benchmarks.yardstick import bare_hash, seconds
from chainlog.log.kept_roots import KeptRoots
from chainlog.log.log_tree import TileRoots
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.tree.map import Claim, check_map_proof
from chainlog.tree.map_table import MapTable
from chainlog.tree.merkle import Frontier, check_consistency, check_inclusion
from chainlog.tree.proofs import TreeReader, consistency_path, inclusion_path, root_at
from chainlog.tree.tiles import build_tiles

MILLION = 1_000_000
_CHANGED = 1_000
_SLICES = 16

MakeReader = Callable[[TileRoots], TreeReader]


class MadeUpTree:
    """A tree of *size* leaves."""

    def __init__(self, size: int) -> None:
        self.leaves = [sha256(b"%d" % n).digest() for n in range(size)]
        self.frontier = Frontier.empty().extend(self.leaves)
        made = build_tiles(self.leaves, old_size=0, read_leaf_hashes=lambda _, __: [], read_tile=lambda _, __: None)
        self._tiles = {(level, number): data for level, number, data in made}
        self._roots = TileRoots()

    def reader(self, roots: TileRoots) -> TreeReader:
        """This tree, with what is remembered of its tiles."""
        self._roots = roots
        return self

    def tile(self, level: int, number: int) -> bytes | None:
        return self._tiles.get((level, number))

    def tile_root(self, level: int, number: int) -> bytes:
        return self._roots.root(self, level, number)

    def leaf_hashes(self, start: int, stop: int) -> Sequence[bytes]:
        return self.leaves[start:stop]


def run(*, size: int, rounds: int, count: int, scratch: Path) -> list[Row]:
    """All rows, of a tree of *size* made-up leaves and a map of as many subjects."""
    say(f"proofs: a tree and a map of {size:,}")
    tree = MadeUpTree(size)
    derived = scratch / "derived"
    LmdbKeyValue.open(derived).close()
    rows = tree_rows(tree.reader, tree.leaves.__getitem__, derived, size=size, rounds=rounds, count=count)
    del tree
    return [*rows, *map_rows(size=size, rounds=rounds, count=count, scratch=scratch)]


def tree_rows(
    reader: MakeReader, leaf: Callable[[int], bytes], derived: Path, *, size: int, rounds: int, count: int
) -> list[Row]:
    """
    Proofs of *count* random leaves, made and checked.

    reader: gives the tree with what it is to remember. derived: where roots of its tiles are kept, a directory with tables.
    """
    indexes = random.Random(1).sample(range(size - 1), count)

    def included(index: int, roots: TileRoots) -> list[bytes]:
        return inclusion_path(reader(roots), index=index, size=size)

    def consistent(index: int, roots: TileRoots) -> list[bytes]:
        return consistency_path(reader(roots), old_size=index + 1, new_size=size)

    rows = []
    open_log = TileRoots()
    begun: dict[str, Callable[[], TileRoots]] = {
        "cold": TileRoots,
        "cold, roots kept": lambda: TileRoots(KeptRoots(derived, read_only=False)),
        "warm": lambda: open_log,
    }
    for how, roots in begun.items():
        for what, make in (("inclusion", included), ("consistency", consistent)):
            works: list[Callable[[], object]] = [partial(_made, make, index, roots) for index in indexes]
            if how != "cold":
                _p50(works)  # what can be remembered or kept is, then
            name = f"{what} proof at {size:,} records, {how}, p50 in ms"
            rows.append(_timed(name, works, rounds=rounds, bar=0.5, unit_s=1e-3))
    return [*rows, *_checked(reader, leaf, indexes, size=size, rounds=rounds)]


def _made(make: Callable[[int, TileRoots], list[bytes]], index: int, roots: Callable[[], TileRoots]) -> list[bytes]:
    return make(index, roots())


def _checked(
    reader: MakeReader, leaf: Callable[[int], bytes], indexes: Sequence[int], *, size: int, rounds: int
) -> list[Row]:
    tree = reader(TileRoots())
    root = tree.frontier.root()
    included: list[Callable[[], object]] = []
    consistent: list[Callable[[], object]] = []
    for index in indexes:
        path = inclusion_path(tree, index=index, size=size)
        included.append(partial(check_inclusion, leaf(index), path, index=index, size=size, root=root))
        old_root = root_at(tree, index + 1)
        path = consistency_path(tree, old_size=index + 1, new_size=size)
        consistent.append(
            partial(check_consistency, path, old_size=index + 1, old_root=old_root, new_size=size, new_root=root)
        )
    return [
        _timed(f"{what} proof at {size:,} records checked, p50 in µs", works, rounds=rounds, bar=30, unit_s=1e-6)
        for what, works in (("inclusion", included), ("consistency", consistent))
    ]


def map_rows(*, size: int, rounds: int, count: int, scratch: Path) -> list[Row]:
    """A map of *size* made-up subjects in LMDB: proofs from it, and what a thousand changes of it cost, committed."""
    paths = sorted(sha256(b"subject %d" % n).digest() for n in range(size))
    claim = Claim(1, sha256(b"record").digest())
    kv = LmdbKeyValue.open(scratch / "map")
    try:
        for part in range(_SLICES):
            # Ascending paths: each bucket is written once.
            with kv.write() as transaction:
                table = MapTable(transaction.table("buckets"), transaction.table("nodes"))
                table.update((path, claim) for path in paths[part * size // _SLICES : (part + 1) * size // _SLICES])
        rnd = random.Random(2)
        asked = rnd.sample(paths, min(count, size))
        with kv.read() as transaction:
            table = MapTable(transaction.table("buckets"), transaction.table("nodes"))
            made = _timed(
                f"map proof at {size:,} subjects, p50 in ms", [partial(table.prove, path) for path in asked],
                rounds=rounds, bar=0.1, unit_s=1e-3,
            )  # fmt: skip
            root, proofs = table.root(), [table.prove(path) for path in asked]
        checks: list[Callable[[], object]] = [
            partial(check_map_proof, proof, root=root, path=path, claim=claim)
            for path, proof in zip(asked, proofs, strict=True)
        ]
        lengths = [len(proof) for proof in proofs]
        longest = Row.of(
            "map proof, longest, bytes", [max(lengths)], bar=1_000, at_most=True, p50=statistics.median(lengths),
            checked_us=_p50(checks) * 1e6,
        )  # fmt: skip
        times = [_change(kv, rnd.sample(paths, min(_CHANGED, size)), number) for number in range(max(rounds, 5))]
        changed = Row.of(f"map of {size:,} with 1,000 changed, ms", [t * 1e3 for t in times], bar=80, at_most=True)
        return [made, longest, changed]
    finally:
        kv.close()


def _change(kv: LmdbKeyValue, paths: Sequence[bytes], number: int) -> float:
    claim = Claim(number + 2, sha256(b"%d" % number).digest())
    start = time.perf_counter()
    with kv.write() as transaction:
        table = MapTable(transaction.table("buckets"), transaction.table("nodes"))
        table.update((path, claim) for path in paths)
    return time.perf_counter() - start


def _timed(name: str, works: Sequence[Callable[[], object]], *, rounds: int, bar: float, unit_s: float) -> Row:
    """The p50 of *works* in each round; how many bare hashes each takes the time of, by those hashed beside it."""
    found, counts, hashes = [], [], []
    for _ in range(rounds):
        times = [(seconds(work), bare_hash()) for work in works]
        found.append(statistics.median(took for took, _ in times) / unit_s)
        counts += [took / one for took, one in times]
        hashes += [one for _, one in times]
    return Row.of(
        name,
        found,
        bar=bar,
        at_most=True,
        bare_hashes=statistics.median(counts),
        hash_us=statistics.median(hashes) * 1e6,
    )


def _p50(works: Sequence[Callable[[], object]]) -> float:
    return statistics.median(seconds(work) for work in works)
