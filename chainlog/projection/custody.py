"""Custody for applications: who has what, who had it, who met it, do the copies add up. Reads `derived/`.

Each question reads the newest commit; several questions to one commit are asked of a `view`. Catching up with the log is
the business of `Projections`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from chainlog.errors import ConflictError
from chainlog.event.subject import fold
from chainlog.log.reader import Reader
from chainlog.projection import rows
from chainlog.projection.balance import Balance, balance
from chainlog.projection.custody_state import NOW, AsOf, CustodyState, DocumentView, Lineage, ListView
from chainlog.projection.custody_view import STATES, CustodyView, carrier_now
from chainlog.projection.exposure import Exposure, Registry, exposure
from chainlog.projection.rows import Aside, Interval
from chainlog.projection.stated import Statements
from chainlog.store.port import KeyValue

T = TypeVar("T")
_PAGE = 500


class Custody:
    """
    Custody of one log, as far as its projection has caught up. Subjects may be given unfolded.

    Args:
        kv: of `derived/`, as `Projections.kv`.
        registry: names the persons behind posts, units and meetings in `holders`; see `people.People`.
        reader: of the log, for names that records have without persons; without it nobody is `stated`.

    Questions of the past take `as_of_us`, by when things happened, and `as_of_index`, with what was known after that
    record. Every method raises what reading tables raises: HandleClosedError, FileReplacedError, EngineError.
    """

    def __init__(self, kv: KeyValue, *, registry: Registry | None = None, reader: Reader | None = None) -> None:
        self._kv = kv
        self._registry = registry
        self._statements = None if reader is None else Statements(reader)

    @contextmanager
    def view(self) -> Iterator[CustodyView]:
        """One commit, for several questions. Close it soon; its subjects are folded. May raise ConflictError: ask again."""
        with self._kv.read() as transaction:
            yield CustodyView(transaction)

    def _ask(self, question: Callable[[CustodyView], T]) -> T:
        try:
            with self._kv.read() as transaction:
                return question(CustodyView(transaction))
        except ConflictError:
            # Another process made the tables in between, which happens once.
            with self._kv.read() as transaction:
                return question(CustodyView(transaction))

    def carrier(
        self, carrier: str, *, as_of_us: int | None = None, as_of_index: int | None = None
    ) -> CustodyState | None:
        """
        One carrier; None if no event names it, or if it was not yet in the books.

        Cost: a read transaction and two look-ups, about 7 microseconds; in the past, one look-up more for each interval
        since.
        """
        if as_of_us is None and as_of_index is None:
            try:
                with self._kv.read() as transaction:
                    found = carrier_now(transaction.table(STATES), carrier)
            except ConflictError:
                found = self._carrier(carrier, NOW)
        else:
            found = self._carrier(carrier, AsOf(as_of_us, as_of_index))
        if found is None and (folded := fold(carrier)) != carrier:
            return self.carrier(folded, as_of_us=as_of_us, as_of_index=as_of_index)
        return found

    def _carrier(self, carrier: str, as_of: AsOf) -> CustodyState | None:
        return self._ask(lambda view: view.carrier(carrier, as_of))

    def carriers(
        self,
        *,
        phase: str | None = None,
        holder: str | None = None,
        document: str | None = None,
        place: str | None = None,
        level: str | None = None,
        as_of_us: int | None = None,
        as_of_index: int | None = None,
    ) -> Iterator[CustodyState]:
        """
        All carriers that fit, by name. Read in pages: a page sees one commit, the next may see a newer one.

        Args:
            phase: lists included; `pending_destruction` and the like. level: the effective one.
        """
        as_of = AsOf(as_of_us, as_of_index)
        if holder is not None:
            found: Iterator[CustodyState] = iter(self.held_by(holder, as_of_us=as_of_us, as_of_index=as_of_index))
        elif document is not None:
            found = iter(self._copies(fold(document), as_of))
        else:
            found = self._all(as_of)
        wanted_document = None if document is None else fold(document)
        wanted_place = None if place is None else fold(place)
        for state in found:
            if phase not in (None, state.phase) or level not in (None, state.level):
                continue
            if wanted_document not in (None, state.document) or wanted_place not in (None, state.place):
                continue
            yield state

    def _copies(self, document: str, as_of: AsOf) -> list[CustodyState]:
        def copies(view: CustodyView) -> list[CustodyState]:
            found = (view.carrier(carrier, as_of) for carrier in sorted(view.copies(document)))
            return [state for state in found if state is not None]

        return self._ask(copies)

    def _all(self, as_of: AsOf) -> Iterator[CustodyState]:
        after = ""
        while True:
            page = self._ask(partial(_page, after=after, as_of=as_of))
            yield from page[0]
            after = page[1]
            if not after:
                return

    def intervals(self, carrier: str, *, as_of_index: int | None = None, taken_back: bool = False) -> list[Interval]:
        """
        From when to when who had a carrier, oldest first, without gaps.

        Args:
            taken_back: give those too that rested on an act made void (`void_index` is then not negative).
        """
        name = fold(carrier)
        if taken_back:
            return self._ask(lambda view: list(view.chain(name)))[::-1]
        return self._ask(lambda view: view.intervals(name, as_of_index=as_of_index))

    def intervals_between(self, start_us: int, end_us: int) -> list[Interval]:
        """Every interval that overlaps [start_us, end_us). Cost: a scan of all, about a microsecond each."""
        return self._ask(lambda view: list(view.intervals_between(start_us, end_us)))

    def intervals_of_person(self, person: str) -> list[Interval]:
        """Every interval in which a person had a carrier."""
        return self._ask(lambda view: list(view.intervals_of_person(fold(person))))

    def asides(self, carrier: str) -> list[tuple[int, Aside]]:
        """(index, act) of custody acts on a carrier that had no effect: out of order, or after its end."""
        return self._ask(lambda view: view.dated(rows.ASIDE, fold(carrier)))

    def held_by(
        self, person: str, *, as_of_us: int | None = None, as_of_index: int | None = None
    ) -> list[CustodyState]:
        """The carriers that a person had, by name. Cost: now, a look-up each; in the past, a scan of all ended intervals."""
        return self._ask(lambda view: view.held_by(fold(person), AsOf(as_of_us, as_of_index)))

    def holders(self, subject: str, *, start_us: int, end_us: int) -> Exposure:
        """Who held, read, or could have met a carrier, or any copy of a document, in [start_us, end_us)."""
        return self._ask(
            lambda view: exposure(
                view, fold(subject), start_us=start_us, end_us=end_us, registry=self._registry, names=self._statements
            )
        )

    def stated_holders(self, state: CustodyState, *, as_of_index: int | None = None) -> tuple[str, ...]:
        """
        The names by which the log says who has a carrier, where `holder` is None because no person is known for them.

        They stand as a book writes them. Args: state: of this log. as_of_index: as it was asked for. Cost: a record is read or two.
        Raises also NotFoundError, RecordHashError.
        """
        if state.holder is not None or state.since_index is None or self._statements is None:
            return ()
        if state.phase == "destroyed":
            return ()  # nobody has it, and most of an old log's carriers are
        rows = self.intervals(state.carrier, as_of_index=as_of_index)
        place = next((place for place, row in enumerate(rows) if row.from_index == state.since_index), -1)
        return self._statements.holders(rows[: place + 1])

    def lineage(self, carrier: str) -> Lineage:
        """What a carrier was copied from, what was copied from it, what is filed in it."""
        return self._ask(lambda view: view.lineage(fold(carrier)))

    def balance(self, document: str, *, as_of_us: int | None = None, as_of_index: int | None = None) -> Balance | None:
        """Copies that came in against copies that are there and that went out; None for an unknown document."""
        return self._ask(lambda view: balance(view, fold(document), AsOf(as_of_us, as_of_index)))

    def document(
        self, document: str, *, as_of_us: int | None = None, as_of_index: int | None = None
    ) -> DocumentView | None:
        """One document with its registration, level in force, and copies; None if it is not known."""
        return self._ask(lambda view: view.document(fold(document), AsOf(as_of_us, as_of_index)))

    def documents(self) -> list[str]:
        """Names of all known documents, by bytes."""
        return self._ask(lambda view: list(view.documents()))

    def list(self, name: str) -> ListView | None:
        """One list and what is on it, None if it is not known."""
        return self._ask(lambda view: view.listing(fold(name)))


def _page(view: CustodyView, *, after: str, as_of: AsOf) -> tuple[list[CustodyState], str]:
    """(states, name of the last carrier looked at; empty at the end)."""
    found: list[CustodyState] = []
    last = ""
    for count, (carrier, state) in enumerate(view.carriers(after=after)):
        if count == _PAGE:
            return found, last
        last = carrier
        custody = view.custody_of(carrier, state, as_of)
        if custody is not None:
            found.append(custody)
    return found, ""
