"""Inclusion and consistency proofs against Go's sumdb: made alike, and every proof, sound or not, judged alike."""

from __future__ import annotations

import random
from base64 import b64encode
from itertools import product
from typing import Any

import pytest

from chainlog.digest import record_hash
from chainlog.log.log_tree import LogTree
from chainlog.tree.merkle import root_of
from tests.builders import small_log
from tests.interop.asking import Program
from tests.interop.proof_cases import (
    Case,
    UniformTree,
    accepted,
    all_consistencies,
    all_inclusions,
    consistency,
    inclusion,
    other_numbers,
    other_proofs,
)
from tests.trees import LEAVES, ListTree

SMALL = 70
LARGE = 70_000
HUGE = 2**61
"""Go doesn't end for trees of more than 2**62 leaves, and numbers about twice as many nodes as leaves."""


def check_both_ways(sumdb: Program, cases: list[Case], grown: Case) -> None:
    """Go accepts *cases* and ours does, and from the tree that *grown* gives it, Go makes the same proofs and roots."""
    assert sumdb.refusals(cases) == [None] * len(cases)
    assert all(map(accepted, cases))
    made = sumdb.ask([grown, *({**case, "do": case["do"].replace("check", "prove")} for case in cases)])[1:]
    assert [answer.get("proof", []) for answer in made] == sent([case["proof"] for case in cases])
    roots = {case["size"]: case["root"] for case in cases}
    made = sumdb.ask({"do": "root", "size": size} for size in roots)
    assert [answer["hash"] for answer in made] == sent(list(roots.values()))


def sent(value: Any) -> Any:
    """As the program writes byte strings."""
    return b64encode(value).decode() if isinstance(value, bytes) else [sent(one) for one in value]


# --- the same proofs ----------------------------------------------------------------------------


def test_leaves(sumdb):
    """The entry of the tree is the record, and Go's hash of it the record hash."""
    rows = [b"", b"\0", b"record", bytes(range(256)) * 256]
    hashes = [answer["hash"] for answer in sumdb.ask({"do": "hash", "data": row} for row in rows)]
    assert hashes == [sent(record_hash(row)) for row in rows]


def test_small_sizes(sumdb):
    """Every index and every older size. Each tree is a reader of its own size, so that each edge is used."""
    cases = []
    for size in range(1, SMALL + 1):
        tree = ListTree(LEAVES[:size])
        cases += [*all_inclusions(tree, size), *all_consistencies(tree, size)]
    assert len(cases) == SMALL * (SMALL + 1)
    check_both_ways(sumdb, cases, {"do": "tree", "leaves": b"".join(LEAVES[:SMALL])})


@pytest.fixture(scope="module")
def large() -> ListTree:
    return ListTree([record_hash(i.to_bytes(4, "big")) for i in range(LARGE)])


def large_cases(tree: ListTree, count: int) -> list[Case]:
    choose = random.Random(count)
    edges = [1, 2, 255, 256, 257, 511, 65_535, 65_536, 65_537, LARGE - 1, LARGE]
    sizes = [*edges, *(choose.randrange(1, LARGE + 1) for _ in range(count - len(edges)))]
    cases = []
    for size in sizes:
        index = choose.choice([0, size - 1, choose.randrange(size)])
        cases.append(inclusion(tree, index=index, size=size, leaf=tree.leaves[index]))
        old_size = choose.choice([1, size, choose.randint(1, size), *(edge for edge in edges if edge <= size)])
        cases.append(consistency(tree, old_size=old_size, size=size))
    return cases


def test_large_sizes(sumdb, large):
    cases = large_cases(large, 40)
    check_both_ways(sumdb, cases, {"do": "tree", "leaves": b"".join(large.leaves)})


def test_huge_sizes(sumdb):
    choose = random.Random(61)
    cases = []
    for exponent in range(17, 62):
        near = [2**exponent - 1, 2**exponent, choose.randrange(2 ** (exponent - 1), 2**exponent)]
        for size in near:
            tree = UniformTree(LEAVES[0], size)
            index = choose.choice([0, size - 1, size // 2, choose.randrange(size)])
            cases.append(inclusion(tree, index=index, size=size, leaf=LEAVES[0]))
            cases.append(consistency(tree, old_size=choose.choice([1, size // 2, size - 1, size]), size=size))
    assert max(case["size"] for case in cases) == HUGE
    check_both_ways(sumdb, cases, {"do": "uniform", "leaf": LEAVES[0]})


def test_the_records_of_a_log(sumdb):
    """From the records alone, through the store: Go hashes them, we read tiles, edge and records."""
    log = small_log()
    for number in range(9):
        log.enrol(f"p/{number}")
    with log.store.snapshot() as snapshot:
        size = log.handle.reader.size
        tree = LogTree(snapshot)
        rows = [data for _, data in snapshot.records(0, size)]
        hashes = [record_hash(row) for row in rows]
        assert [answer["hash"] for answer in sumdb.ask({"do": "hash", "data": row} for row in rows)] == sent(hashes)
        cases = [inclusion(tree, index=index, size=size, leaf=hashes[index]) for index in range(size)]
        cases += [consistency(tree, old_size=old_size, size=size) for old_size in range(1, size + 1)]
    check_both_ways(sumdb, cases, {"do": "tree", "leaves": b"".join(hashes)})


# --- the same verdict on others -----------------------------------------------------------------


def check_verdicts(sumdb: Program, cases: list[Case], seed: int) -> list[Case]:
    """What both accept with another index or size."""
    choose = random.Random(seed)
    others = [other for case in cases for other in other_proofs(case, choose)]
    assert len(others) > 5 * len(cases)
    assert None not in sumdb.refusals(others)
    assert not any(map(accepted, others))
    numbers = [other for case in cases for other in other_numbers(case)]
    verdicts = [refusal is None for refusal in sumdb.refusals(numbers)]
    ours = [accepted(case) for case in numbers]
    assert [case for case, a, b in zip(numbers, verdicts, ours, strict=True) if a != b] == []
    return [case for case, verdict in zip(numbers, verdicts, strict=True) if verdict]


def test_changed_proofs_of_small_trees(sumdb):
    cases = []
    for size in range(1, 12):
        tree = ListTree(LEAVES[:size])
        cases += [*all_inclusions(tree, size), *all_consistencies(tree, size)]
    held = check_verdicts(sumdb, cases, 1)
    assert any(case["do"] == "check_record" and (case["index"], case["size"]) == (0, 4) for case in held)
    assert any(case["do"] == "check_tree" for case in held)


def test_changed_proofs_of_large_trees(sumdb, large):
    check_verdicts(sumdb, large_cases(large, 12), 2)


def test_sizes_that_have_no_proof(sumdb):
    """Sizes and roots that fit each other, and proofs of the length that they would need or none."""
    roots = [root_of(LEAVES[:size]) for size in range(6)]
    cases = []
    for old_size, size, length in product(range(-1, 6), range(-1, 6), range(4)):
        proof = LEAVES[:length]
        root, old_root = roots[max(size, 0)], roots[max(old_size, 0)]
        cases.append({"do": "check_record", "proof": proof, "index": old_size, "size": size, "leaf": LEAVES[0]})
        cases[-1]["root"] = root
        cases.append({"do": "check_tree", "proof": proof, "old_size": old_size, "size": size})
        cases[-1] |= {"root": root, "old_root": old_root}
    ours = list(map(accepted, cases))
    assert [refusal is None for refusal in sumdb.refusals(cases)] == ours
    # Equal sizes are consistent without a proof; of one leaf and of two, some proof is right by chance.
    assert sum(ours) >= 5
