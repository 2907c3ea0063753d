"""What is timed on a growing log. A sample does one thing once, and says how many seconds that took."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import zip_longest
from typing import NamedTuple, Protocol

from benchmarks.office import BLOCK
from benchmarks.startup import opening_ms
from benchmarks.yardstick import seconds
from chainlog import digest
from chainlog.facade import Log
from chainlog.log.log_tree import LogTree, TileRoots
from chainlog.log.reader import Entry
from chainlog.log.request import Proposal
from chainlog.tree.map import check_map_proof, path_of
from chainlog.tree.merkle import check_consistency, check_inclusion
from chainlog.tree.proofs import consistency_path, inclusion_path, root_at

Sample = Callable[[], float | None]
"""Seconds for one of what the figure is for; None for what is done on the way."""
Samples = dict[str, list[Sample]]

# One kind: what an append costs depends on its signatures and subjects.
_KIND = "transferred.store"
_BLOCKS = 3
_OPENINGS = 5
_PERSONS = 3


class Source(Protocol):
    """Where the next events come from, ready to be signed here."""

    def next_proposals(self, count: int) -> list[Proposal]: ...


class Side(NamedTuple):
    """One of two logs that are measured in turns, and its next events."""

    log: Log
    source: Source


def in_turns(one: Sequence[Sample], other: Sequence[Sample]) -> tuple[float, float]:
    """The medians, in seconds, of two equal works, sample by sample in turns: the machine's load changes."""
    times: tuple[list[float], list[float]] = ([], [])
    for pair in zip_longest(one, other):
        for sample, found in zip(pair, times, strict=True):
            took = None if sample is None else sample()
            if took is not None:
                found.append(took)
    return statistics.median(times[0]), statistics.median(times[1])


def appends(side: Side, *, count: int) -> Samples:
    """Single appends, of which those of one kind count, and blocks."""
    proposals = side.source.next_proposals(count)
    kinds = {proposal.event.event.kind for proposal in proposals}
    # A log has to be some thousand records long before that kind comes.
    kinds = {_KIND} & kinds or kinds
    singles: list[Sample] = [partial(_append, side.log, proposal, kinds) for proposal in proposals]
    blocks = [side.source.next_proposals(BLOCK) for _ in range(_BLOCKS)]
    return {"append": singles, "block": [partial(_append_block, side.log, block) for block in blocks]}


def _append(log: Log, proposal: Proposal, counted: set[str]) -> float | None:
    took = seconds(partial(log.append, proposal))
    return took if proposal.event.event.kind in counted else None


def _append_block(log: Log, block: list[Proposal]) -> float:
    return seconds(partial(log.append_many, block)) / len(block)


def openings(side: Side) -> Samples:
    """Opening the log, in a new process each. It may be open here too."""
    return {"open": [lambda: opening_ms(side.log.directory) / 1e3] * _OPENINGS}


def questions(side: Side, *, count: int) -> Samples:
    """What is asked of custody and of histories, about carriers of *count* records from anywhere in the log."""
    log, custody = side.log, side.log.custody
    rng = random.Random(11)
    asked = [_carrier_of(entry) for entry in _entries(log, rng, count)]
    moments = [
        partial(custody.held_by, f"p/{2000 + n}", as_of_us=log.reader.read(log.reader.size // 2).recorded_at_us)
        for n in range(_PERSONS)
    ]
    return {
        "carrier": [partial(seconds, partial(custody.carrier, carrier)) for carrier, _ in asked],
        "moment": [partial(seconds, partial(custody.carrier, carrier, as_of_us=us)) for carrier, us in asked],
        "history": [partial(_history, log, carrier) for carrier, _ in asked],
        "person": [partial(seconds, moment) for moment in moments],
    }


def _entries(log: Log, rng: random.Random, count: int) -> Iterator[Entry]:
    size = log.reader.size
    while count:
        entry = log.reader.read(rng.randrange(size))
        if any(subject.startswith("c/") for subject in entry.event.subjects):
            count -= 1
            yield entry


def _carrier_of(entry: Entry) -> tuple[str, int]:
    """A carrier that the record names, and when."""
    return next(subject for subject in entry.event.subjects if subject.startswith("c/")), entry.recorded_at_us


def _history(log: Log, carrier: str) -> float:
    start = time.perf_counter()
    found = len(log.reader.history(carrier))
    return (time.perf_counter() - start) / found


@contextmanager
def proofs(side: Side, *, count: int) -> Iterator[Samples]:
    """
    Proofs from the log's tree and its newest map, made and checked.

    The roots of full tiles are remembered, as an open log does after its first proofs.
    """
    log, rng = side.log, random.Random(12)
    with log.store.snapshot() as snapshot, log.completeness.at(log.reader.size) as at:
        size = snapshot.size
        tree = LogTree(snapshot, TileRoots())
        root = tree.frontier.root()
        indexes = rng.sample(range(size - 1), count)
        included = [partial(inclusion_path, tree, index=index, size=size) for index in indexes]
        consistent = [partial(consistency_path, tree, old_size=index + 1, new_size=size) for index in indexes]
        subjects = [_carrier_of(entry)[0] for entry in _entries(log, rng, count)]
        of_map = [at.prove(subject) for subject in subjects]
        yield {
            "inclusion": [partial(seconds, make) for make in _warmed(included)],
            "consistency": [partial(seconds, make) for make in _warmed(consistent)],
            "map": [partial(seconds, partial(at.prove, subject)) for subject in subjects],
            "inclusion checked": [
                partial(seconds, partial(check_inclusion, leaf, make(), index=index, size=size, root=root))
                for index, make in zip(indexes, included, strict=True)
                for leaf in [digest.record_hash(snapshot.record(index) or b"")]
            ],
            "consistency checked": [
                partial(
                    seconds,
                    partial(
                        check_consistency, make(), old_size=index + 1, old_root=root_at(tree, index + 1), new_size=size,
                        new_root=root,
                    ),
                )
                for index, make in zip(indexes, consistent, strict=True)
            ],
            "map checked": [
                partial(
                    seconds,
                    partial(
                        check_map_proof, one.proof, root=at.root, path=path_of(log.id, one.subject), claim=one.claim
                    ),
                )
                for one in of_map
            ],
        }  # fmt: skip


def _warmed(calls: Sequence[Callable[[], object]]) -> Sequence[Callable[[], object]]:
    for call in calls:
        call()
    return calls
