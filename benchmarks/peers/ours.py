"""chainlog as a peer: from the event as a dictionary to a signed record on disk, the audit, custody kept in LMDB."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.lives import READERS, REGISTRARS, signer
from benchmarks.office import Office
from benchmarks.peers.peer import About, Peer
from benchmarks.peers.workload import Event, Trail
from chainlog.errors import ChainlogError
from chainlog.facade import Log
from chainlog.forensics.audit import audit
from chainlog.log.handle import propose
from chainlog.log.request import Proposal


class Chainlog(Peer):
    """A log in which forty persons are enrolled, each of whom signs what he did."""

    name = "chainlog"
    about = About(
        None,
        "chainlog",
        "LMDB's default; the head is signed before each commit",
        {},
        "Composing, admitting and every person's signature are in the time of an append. Its audit uses two processes by"
        " itself, and was held to one here, as the others are.",
        "the audit: pages, encoding, chain, links, heads, every signature of a person and of the log",
    )

    def create(self) -> None:
        office = Office.create(self.directory / "log", seed=1)
        self._log_id, self._first = office.log.id, office.log.reader.size
        office.log.close()

    def open(self) -> None:
        self._log = Log.open(self.directory / "log", log_signer=signer("log"), log_id=self._log_id)
        self._signers = {person: signer(person) for person in (*READERS, *REGISTRARS)}

    def _proposal(self, event: Event) -> Proposal:
        prepared = self._log.prepare(
            event.kind, body=event.body, people=event.people, subjects=event.subjects, occurred=(event.occurred_us, 0)
        )
        return propose(prepared, self._signers)

    def append(self, event: Event) -> None:
        self._log.append(self._proposal(event))

    def append_batch(self, events: Sequence[Event]) -> None:
        self._log.append_many([self._proposal(event) for event in events])

    def history(self, carrier: str) -> Trail:
        newest_first = self._log.reader.history(carrier)
        return [(entry.kind, entry.event.occurred[0]) for entry in reversed(newest_first)]

    def close(self) -> None:
        self._log.close()

    def count(self) -> int:
        with Log.open(self.directory / "log", log_id=self._log_id) as log:
            return log.reader.size - self._first

    def verify(self) -> bool:
        try:
            report = audit(self.directory / "log", log_id=self._log_id, processes=1)
        except ChainlogError:
            return False
        return report.integrity == "intact" and report.trust == "pinned"

    def holders(self) -> dict[str, str | None]:
        with Log.open(self.directory / "log", log_id=self._log_id) as log, log.custody.view() as view:
            return {carrier: (state.now and state.now.person) or None for carrier, state in view.carriers()}

    def stored(self, place: int) -> bytes:
        index = self._first + place
        with Log.open(self.directory / "log", log_id=self._log_id) as log, log.store.snapshot() as snapshot:
            return next(data for _, data in snapshot.records(index, index + 1))
