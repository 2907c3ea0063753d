"""Events composed by a process of their own, so that one core composes while the other appends. Does I/O.

Composing costs as much as appending. The process composes on a small log of its own, which has the same people and policy; what
it sends is checked here as a draft from elsewhere is.
"""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from typing import NoReturn

from benchmarks.office import BLOCK, Office
from chainlog.event.model import check_event
from chainlog.log.handle import propose
from chainlog.log.request import Proposal

_AHEAD = 4
"""How many blocks may wait. Their clock runs ahead of the log's, and what is signed lapses."""

Batch = tuple[int, list[bytes]]
"""(what the clock said, encoded events)"""


class FedOffice:
    """A new log that grows as `Office` does, in half the time. The other process has its own beside it. Close it."""

    def __init__(self, path: Path, *, seed: int) -> None:
        self.office = Office.create(path, seed=seed)
        context = get_context("spawn")
        self._batches: Queue[Batch] = context.Queue(_AHEAD)
        self._process = context.Process(
            target=_compose, args=(self._batches, path.with_name(f"{path.name}-composing"), seed), daemon=True
        )
        self._process.start()
        self._proposals = self._receive()

    def _receive(self) -> Iterator[Proposal]:
        office = self.office
        while True:
            now_us, events = self._batches.get(timeout=60)
            office.clock.now_us = max(office.clock.now_us, now_us)
            for data in events:
                yield propose(check_event(data), office.signers)

    def next_proposals(self, count: int) -> list[Proposal]:
        """The next events, ready to be signed here."""
        return [next(self._proposals) for _ in range(count)]

    def fill(self, size: int) -> None:
        """Append blocks until the log has *size* records."""
        while (missing := size - self.office.log.reader.size) > 0:
            self.office.log.append_many(self.next_proposals(min(BLOCK, missing)))

    def close(self) -> None:
        """End the process and close the log."""
        self._process.terminate()
        self._process.join()
        self._batches.close()
        self.office.log.close()


def _compose(batches: Queue[Batch], path: Path, seed: int) -> NoReturn:
    office = Office.create(path, seed=seed)
    while True:
        made = office.next_proposals(BLOCK)
        batches.put((office.clock.now_us, [proposal.event.encoded for proposal in made]))
