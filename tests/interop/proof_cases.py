"""Proofs as requests for the programs of others, and what becomes of them by small changes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from chainlog.digest import node_hash
from chainlog.errors import VerificationError
from chainlog.tree.merkle import Frontier, check_consistency, check_inclusion
from chainlog.tree.proofs import consistency_path, inclusion_path, root_at
from tests.trees import ListTree

Case = dict[str, Any]


class UniformTree:
    """A tree of any size, all of whose leaves are the same."""

    def __init__(self, leaf: bytes, size: int) -> None:
        self.levels = [leaf]
        while len(self.levels) < 64:
            self.levels.append(node_hash(self.levels[-1], self.levels[-1]))
        heights = [height for height in reversed(range(63)) if size >> height & 1]
        self.frontier = Frontier(size, tuple(self.levels[height] for height in heights))

    def tile(self, level: int, number: int) -> bytes | None:
        return self.levels[8 * level] * 256 if number < self.frontier.size >> 8 * (level + 1) else None

    def tile_root(self, level: int, number: int) -> bytes:
        return self.levels[8 * (level + 1)]

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        return [self.levels[0]] * (stop - start)


def inclusion(tree: Any, *, index: int, size: int, leaf: bytes) -> Case:
    path = inclusion_path(tree, index=index, size=size)
    root = root_at(tree, size)
    return {"do": "check_record", "proof": path, "index": index, "size": size, "leaf": leaf, "root": root}


def consistency(tree: Any, *, old_size: int, size: int) -> Case:
    path = consistency_path(tree, old_size=old_size, new_size=size)
    roots = {"old_root": root_at(tree, old_size), "root": root_at(tree, size)}
    return {"do": "check_tree", "proof": path, "old_size": old_size, "size": size, **roots}


def accepted(case: Case) -> bool:
    """The verdict of ours."""
    try:
        if case["do"] == "check_record":
            check_inclusion(
                case["leaf"], case["proof"], index=case["index"], size=case["size"], root=case["root"]
            )  # fmt: skip
        else:
            sizes = {"old_size": case["old_size"], "new_size": case["size"]}
            check_consistency(case["proof"], old_root=case["old_root"], new_root=case["root"], **sizes)
    except VerificationError:
        return False
    return True


def all_inclusions(tree: ListTree, size: int) -> list[Case]:
    return [inclusion(tree, index=index, size=size, leaf=tree.leaves[index]) for index in range(size)]


def all_consistencies(tree: ListTree, size: int) -> list[Case]:
    return [consistency(tree, old_size=old_size, size=size) for old_size in range(1, size + 1)]


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place // 8 % len(data)] ^= 1 << place % 8
    return bytes(changed)


def other_proofs(case: Case, choose: random.Random) -> Iterator[Case]:
    """*case* with another proof or another hash: none of these holds."""
    proof = case["proof"]
    own = [name for name in ("leaf", "root", "old_root") if name in case]
    others: list[list[bytes]] = [[], proof[::-1], proof + proof]
    others += [[*proof, case[name]] for name in own] + [[case[name], *proof] for name in own]
    for i, one in enumerate(proof):
        before, after = proof[:i], proof[i + 1 :]
        others += [before + after, [*before, one, one, *after], before, proof[i:]]
        others += [[*before, changed, *after] for changed in (flipped(one, choose.randrange(256)), bytes(32), b"")]
        others += [[*before, changed, *after] for changed in (one[:-1], one + b"\0", one[::-1])]
        others += [[*before, after[0], one, *after[1:]]] if after else []
    yield from ({**case, "proof": other} for other in others if other != proof)
    for name in own:
        for changed in (flipped(case[name], choose.randrange(256)), bytes(32), case[name][:-1], b""):
            yield {**case, name: changed}
    yield from forged_proofs(case)


def folded_inclusion(case: Case, path: list[bytes]) -> dict[str, bytes]:
    """The root that a path of any length leads to: RFC 9162 section 2.1.3.2 without what it refuses."""
    first, last, root = case["index"], case["size"] - 1, case["leaf"]
    for one in path:
        if first & 1 or first == last:
            root = node_hash(one, root)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            root = node_hash(root, one)
        first, last = first >> 1, last >> 1
    return {"root": root}


def folded_consistency(case: Case, path: list[bytes]) -> dict[str, bytes]:
    """The roots that a path of any length leads to: RFC 9162 section 2.1.4.2 without what it refuses."""
    path = path if case["old_size"] & case["old_size"] - 1 else [case["old_root"], *path]
    first, last = case["old_size"] - 1, case["size"] - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old = new = path[0]
    for one in path[1:]:
        if first & 1 or first == last:
            old, new = node_hash(one, old), node_hash(one, new)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            new = node_hash(new, one)
        first, last = first >> 1, last >> 1
    return {"old_root": old, "root": new}


def forged_proofs(case: Case) -> Iterator[Case]:
    """Proofs of a wrong length, or with hashes of wrong lengths, and roots chosen to fit them: none of these holds."""
    proof, more = case["proof"], bytes(range(32))
    inclusive = case["do"] == "check_record"
    folded = folded_inclusion if inclusive else folded_consistency
    assert not proof or folded(case, proof) == {name: case[name] for name in ("old_root", "root") if name in case}
    for other in (proof[:-1], proof[1:], [more, *proof], [*proof, more], [*proof, more, more]):
        if len(other) != len(proof) and (inclusive or other):
            yield {**case, "proof": other, **folded(case, other)}
    yield {**case, "proof": [*proof, more], "root": node_hash(case["root"], more)}
    above: Case = {name: node_hash(more, case[name]) for name in ("old_root", "root") if name in case}
    yield {**case, "proof": [*proof, more], **above}
    # One byte from one hash to its neighbour: what is hashed stays the same.
    start = "leaf" if inclusive else "old_root"
    if proof and (inclusive or not case["old_size"] & case["old_size"] - 1):
        if inclusive and (case["index"] & 1 or case["index"] == case["size"] - 1):
            yield {**case, "proof": [proof[0] + case[start][:1], *proof[1:]], start: case[start][1:]}
        else:
            yield {**case, "proof": [proof[0][1:], *proof[1:]], start: case[start] + proof[0][:1]}


def other_numbers(case: Case) -> Iterator[Case]:
    """
    *case* with another index or size. Some of these hold: the root of three leaves is that of their two subtrees, and
    so is that of four whose second subtree is the third leaf. What binds root and size is the checkpoint's signature.
    """
    names = [name for name in ("index", "old_size", "size") if name in case]
    for name in names:
        value = case[name]
        for other in (value - 1, value + 1, value ^ 1, value * 2, value // 2, 0, -1, 2**62):
            if other != value:
                yield {**case, name: other}
    first, second = names
    yield {**case, first: case[second], second: case[first]}
