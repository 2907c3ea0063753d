"""Work of which the guard knows what it costs: small, the same every time, from each room that has to be quick.

A work is prepared first, and what is returned is run once, counted or timed, for a known number of records.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.append import sign_elsewhere
from benchmarks.office import Office
from chainlog.facade import Log
from chainlog.forensics.in_process import audit_evidence
from chainlog.log.log_tree import LogTree
from chainlog.projection.custody_fold import NAME, CustodyProjection
from chainlog.projection.feed import ActFeed
from chainlog.projection.runner import Projections
from chainlog.store.lmdb_forensic import PrivateCopy, copy_data_file
from chainlog.store.memory_kv import MemoryKeyValue
from chainlog.tree.map import check_map_proof, path_of
from chainlog.tree.merkle import check_consistency, check_inclusion
from chainlog.tree.proofs import consistency_path, inclusion_path, root_at

RECORDS = 800
_ALIVE = 60

Prepared = tuple[Callable[[], object], int]
"""(what is counted, for how many records or questions)"""


class Works:
    """The works, on logs below a directory. Close it."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._office = Office.create(place / "log", seed=1, at_once=_ALIVE)
        self._office.fill(RECORDS)
        still = Office.create(place / "still", seed=2, at_once=_ALIVE)
        still.fill(RECORDS)
        still.log.commit_map()
        self.log = still.log
        self._carriers = [f"c/2025-{n:07d}" for n in range(_ALIVE // 2)]
        copy_data_file(place / "still" / "truth", place / "copy")
        self.all: dict[str, Callable[[], Prepared]] = {
            "compose": lambda: (partial(self._office.next_proposals, 100), 100),
            "append one": self._append_one,
            "append a block": self._append_block,
            "append drafts": self._append_drafts,
            "open": lambda: (self._open, 1),
            "verify": lambda: (self._verify, self.log.reader.size),
            "fold custody": lambda: (self._fold, RECORDS),
            "custody into tables": lambda: (self._catch_up, self.log.reader.size),
            "ask who has it": self._ask,
            "read histories": self._histories,
            "prove and check": self._proofs,
            "prove by the map": self._map_proofs,
        }
        # The same in turns of a few milliseconds: a turn that nothing disturbs is found even on a busy machine.
        self.short: dict[str, Callable[[], Prepared]] = {
            "compose": lambda: (partial(self._office.next_proposals, 8), 8),
            "append a block": partial(self._append_block, 16),
            "fold custody": lambda: (partial(self._fold, 200), 200),
            "read histories": partial(self._histories, 10),
            "prove and check": partial(self._proofs, 400),
        }

    def close(self) -> None:
        """Close the logs."""
        self._office.log.close()
        self.log.close()

    def _append_one(self) -> Prepared:
        proposals = self._office.next_proposals(30)
        return lambda: [self._office.log.append(one) for one in proposals], 30

    def _append_block(self, count: int = 200) -> Prepared:
        return partial(self._office.log.append_many, self._office.next_proposals(count)), count

    def _append_drafts(self) -> Prepared:
        # Drafts on one base must touch different carriers.
        drafts, seen = [], set()
        for proposal in self._office.next_proposals(30):
            carriers = {one for one in proposal.event.event.subjects if one.startswith("c/")}
            if not carriers & seen:
                drafts += sign_elsewhere(self._office, [proposal])
            seen |= carriers
        return partial(self._office.log.append_many, drafts), len(drafts)

    def _open(self) -> None:
        Log.open(self._place / "still", read_only=True).close()

    def _verify(self) -> None:
        evidence = PrivateCopy(self._place / "copy")
        try:
            audit_evidence(evidence, log_id=self.log.id).raise_if_broken()
        finally:
            evidence.close()

    def _fold(self, stop: int = RECORDS) -> None:
        projection = CustodyProjection(self.log.reader)
        with self.log.reader.snapshot() as snapshot:
            projection.fold(ActFeed(snapshot, 0, stop, projection.kinds))

    def _catch_up(self) -> None:
        projections = Projections(self.log.reader, MemoryKeyValue())
        projections.register(CustodyProjection(self.log.reader))
        projections.catch_up(NAME)

    def _ask(self) -> Prepared:
        custody = self.log.custody
        return lambda: [custody.carrier(carrier) for carrier in self._carriers], len(self._carriers)

    def _histories(self, count: int = _ALIVE) -> Prepared:
        reader, carriers = self.log.reader, self._carriers[:count]
        records = sum(len(reader.history(carrier)) for carrier in carriers)
        return lambda: [reader.history(carrier) for carrier in carriers], records

    def _proofs(self, step: int = 20) -> Prepared:
        indexes = range(0, RECORDS, step)

        def prove() -> None:
            with self.log.store.snapshot() as snapshot:
                tree = LogTree(snapshot)
                size, root = snapshot.size, tree.frontier.root()
                for index, leaf in zip(indexes, (tree.leaf_hashes(i, i + 1)[0] for i in indexes), strict=True):
                    path = inclusion_path(tree, index=index, size=size)
                    check_inclusion(leaf, path, index=index, size=size, root=root)
                    path = consistency_path(tree, old_size=index + 1, new_size=size)
                    old_root = root_at(tree, index + 1)
                    check_consistency(path, old_size=index + 1, old_root=old_root, new_size=size, new_root=root)

        return prove, len(indexes)

    def _map_proofs(self) -> Prepared:
        def prove() -> None:
            with self.log.completeness.at(self.log.reader.size - 1) as at:
                for carrier in self._carriers:
                    proof = at.prove(carrier)
                    path = path_of(self.log.id, carrier)
                    check_map_proof(proof.proof, root=at.root, path=path, claim=proof.claim)

        return prove, len(self._carriers)
