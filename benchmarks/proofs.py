"""Rows about proofs from a tree of a million records; python -m benchmarks.proofs [--size N] [--count N]

The tree is built in memory from made-up record hashes: what a store adds is one read a tile. `cold` forgets everything after
each proof, `warm` remembers the roots of full tiles as an open log does.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256

from benchmarks.report import Row, emit, say
from chainlog.digest import node_hash
from chainlog.log.log_tree import TileRoots
from chainlog.tree.merkle import Frontier, check_consistency, check_inclusion
from chainlog.tree.proofs import consistency_path, inclusion_path, root_at
from chainlog.tree.tiles import build_tiles, tile_root


class MadeUpTree:
    """A tree of *size* leaves. roots: what is remembered of its tiles; nothing by default."""

    def __init__(self, size: int) -> None:
        self.leaves = [sha256(b"%d" % n).digest() for n in range(size)]
        self.frontier = Frontier.empty().extend(self.leaves)
        made = build_tiles(self.leaves, old_size=0, read_leaf_hashes=lambda _, __: [], read_tile=lambda _, __: None)
        self._tiles = {(level, number): data for level, number, data in made}
        self.roots: TileRoots | None = None

    def tile(self, level: int, number: int) -> bytes | None:
        return self._tiles.get((level, number))

    def tile_root(self, level: int, number: int) -> bytes:
        known = None if self.roots is None else self.roots.get(level, number)
        root = tile_root(self._tiles[level, number]) if known is None else known
        if self.roots is not None:
            self.roots.put(level, number, root)
        return root

    def leaf_hashes(self, start: int, stop: int) -> Sequence[bytes]:
        return self.leaves[start:stop]


def run(*, size: int, count: int) -> list[Row]:
    """All rows; *count* random indexes each."""
    tree, rnd = MadeUpTree(size), random.Random(1)
    indexes = rnd.sample(range(size - 1), count)
    root = tree.frontier.root()
    one_hash = _p50([partial(node_hash, root, root)] * 2_000)
    rows = []
    made: list[Callable[[], object]] = [partial(inclusion_path, tree, index=index, size=size) for index in indexes]
    grown: list[Callable[[], object]] = [
        partial(consistency_path, tree, old_size=index + 1, new_size=size) for index in indexes
    ]
    for name, roots in (("cold", None), ("warm", TileRoots())):
        tree.roots = roots
        _p50([*made, *grown])  # what is remembered is remembered then
        for what, works in (("inclusion", made), ("consistency", grown)):
            figure = _p50(works)
            rows.append(
                Row.of(
                    f"{what} proof at {size:,} records, {name}, p50 in ms", [figure * 1e3], bar=0.5, at_most=True,
                    hashes=figure / one_hash, hash_us=one_hash * 1e6,
                )
            )  # fmt: skip
    checks: list[Callable[[], object]] = []
    consistent: list[Callable[[], object]] = []
    for index in indexes:
        path = inclusion_path(tree, index=index, size=size)
        checks.append(partial(check_inclusion, tree.leaves[index], path, index=index, size=size, root=root))
        old_root = root_at(tree, index + 1)
        longer = consistency_path(tree, old_size=index + 1, new_size=size)
        consistent.append(
            partial(check_consistency, longer, old_size=index + 1, old_root=old_root, new_size=size, new_root=root)
        )
    for what, works in (("inclusion", checks), ("consistency", consistent)):
        figure = _p50(works) * 1e6
        rows.append(Row.of(f"{what} proof checked, p50 in µs", [figure], bar=30, at_most=True, hash_us=one_hash * 1e6))
    return rows


def _p50(works: Sequence[Callable[[], object]]) -> float:
    times = []
    for work in works:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proofs")
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--count", type=int, default=500)
    options = parser.parse_args(arguments)
    say(f"a tree of {options.size:,} records")
    for row in run(size=options.size, count=options.count):
        emit(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
