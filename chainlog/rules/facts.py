"""What a rule may read of one state of a log: acts, custody, registry, policy, calendar. Reads tables and log through its base.

Everything is as was known at one moment: records above `last` don't exist for a rule, and nothing reads a clock. Subjects are
given folded. Descriptions of carriers and documents (copy number, pages, form) are those known now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar

from chainlog.errors import NotFoundError
from chainlog.event.catalogue import KINDS
from chainlog.event.times import format_time
from chainlog.projection import levels, rows
from chainlog.projection.custody_state import AsOf, CustodyState, DocumentView
from chainlog.projection.facts import FactBase
from chainlog.projection.rows import CarrierState, Interval, ScopeRow
from chainlog.rules.acts import Act, Histories
from chainlog.rules.calendar import WorkCalendar
from chainlog.rules.notes import CUSTODY, REGISTERS, Notes, is_of, kinds_of
from chainlog.rules.policy_facts import PolicyFacts, PolicyOf

if TYPE_CHECKING:
    from chainlog.projection.balance import Balance

T = TypeVar("T")

LOG: Final = "s/log"
# Carriers between two emptyings of what was read.
_SCANNED: Final = 2_000
_COUNTERSIGNED: Final = ("countersigned",)


class Facts(PolicyFacts):
    """
    Everything that a rule may read.

    Args:
        base: projections and log at one size. histories: of the same, cut at `last`. calendar: of the log.
        policy_of: the parameters that an act is judged by. as_of_us: the moment that is judged.

    notes: what the answers so far rest on; who judges begins new ones. last: index of the last record that is seen.
    """

    def __init__(
        self, base: FactBase, histories: Histories, calendar: WorkCalendar, policy_of: PolicyOf, *, as_of_us: int
    ) -> None:
        super().__init__(base.people, policy_of, last=histories.last)
        self.as_of_us = as_of_us
        self.notes = Notes()
        self.forget()
        self._remembered: dict[str, Any] = {}
        self.calendar = calendar
        self._base = base
        self._histories = histories
        self.last = histories.last
        self._log_row = base.people.log_row()
        # At the newest record, and at a moment that no act lies behind, tables answer without looking into the past.
        self._now = AsOf(None, None if histories.last >= base.log.size - 1 else histories.last)

    # --- acts -----------------------------------------------------------------------------------

    def of(self, subject: str, *kinds: str) -> tuple[Act, ...]:
        """
        The acts that name *subject*, oldest first, without those made void.

        Args:
            kinds: only these; `created.` stands for its family. All by default.
        """
        notes = self.notes
        notes.asked.add(subject)
        notes.reads.add(kinds)
        if not kinds:
            return self._histories.of(subject)
        key = subject, kinds
        found = self._found.get(key)
        if found is None:
            wanted = kinds_of(kinds)
            if wanted.isdisjoint(self._histories.kinds(subject)):
                found = ()
            else:
                found = tuple([act for act in self._histories.of(subject) if act.kind in wanted])
            self._found[key] = found
        return found

    def kinds(self, subject: str) -> frozenset[str]:
        """The kinds of the acts that name *subject*."""
        self.notes.asked.add(subject)
        self.notes.reads.add(())
        return self._histories.kinds(subject)

    def acts_at(self, subject: str, *kinds: str) -> tuple[Act, ...]:
        """
        As `of`, for rules that judge each act at one of its subjects.

        Of a person only what names nobody and nothing else: registry events about the person, their corrections and
        countersignatures. Whoever keeps the register is named by most records of a log.
        """
        if subject[0] != "p":
            return self.of(subject, *kinds)
        self.notes.reads.add(_COUNTERSIGNED)
        known = self.person(subject)
        if known is None:
            return ()
        indexes = {index for index in known.row.indexes() if index <= self.last}
        custody = self._base.custody
        for index in tuple(indexes):
            indexes.update(at for at, _ in custody.countersignatures(index))
        indexes.update(at for at, row in custody.corrections() if row.target_index in indexes)
        acts = (self.at(index) for index in sorted(indexes))
        wanted = kinds_of(kinds) if kinds else KINDS
        return tuple(act for act in acts if act is not None and act.kind in wanted and subject in act.subjects)

    def find(self, event_id: bytes) -> Act | None:
        """The act of an event, None if it isn't there or was made void."""
        return self._histories.find(event_id)

    def at(self, index: int) -> Act | None:
        """The act of a record, None if it isn't seen or was made void, or if its kind is unknown."""
        return self._histories.at(index)

    def refs(self, act: Act, *kinds: str) -> list[Act]:
        """The acts that an act refers to, of some kinds."""
        found = (self._histories.find(event_id) for event_id in act.refs)
        return [one for one in found if one is not None and (not kinds or is_of(one.kind, kinds))]

    def answers(self, act: Act, *kinds: str) -> list[Act]:
        """Later acts that refer to an act, in the order of records: they share a subject with it, by the format."""
        found: dict[int, Act] = {}
        for subject in act.subjects:
            if subject[0] in "cdliuw":
                for one in self.of(subject, *kinds):
                    if act.id in one.refs:
                        found[one.index] = one
        return [found[index] for index in sorted(found)]

    def countersigners(self, act: Act, role: str) -> list[str]:
        """Who signed an act afterwards in a role."""
        return [person for later in self.answers(act, "countersigned") for person in later.signers(role)]

    def correction(self, act: Act) -> rows.CorrectionRow | None:
        """What a `corrected.*` did, and in one word why it took no effect; None if it isn't one."""
        return self._base.custody.correction(act.index)

    @property
    def genesis(self) -> Act:
        """The act that opened the log."""
        act = self._histories.at(0)
        if act is None:
            raise NotFoundError(what="log_opened")
        return act

    @property
    def own_unit(self) -> str:
        """The unit whose log it is."""
        return self._log_row.unit

    def every(self, prefix: str, *kinds: str) -> tuple[Act, ...]:
        """
        The acts of some kinds on any subject with a prefix such as `l/`, each once, in the order of records.

        Cost: a walk through all those histories, the first time.
        """

        def made() -> tuple[Act, ...]:
            # One that comes later is among those that were asked about by no name.
            self.notes.scans = True
            acts = {act.index: act for one in self._histories.subjects(prefix) for act in self.of(one, *kinds)}
            return tuple(acts[index] for index in sorted(acts))

        return self.remembered(f"every {prefix} {' '.join(kinds)}", made)

    # --- custody --------------------------------------------------------------------------------

    def remembered(self, name: str, make: Callable[[], T]) -> T:
        """What *make* gives, made once in a judgement: for what is asked again and again about the whole office."""
        if name not in self._remembered:
            outer, self.notes = self.notes, Notes()
            try:
                self._remembered[name] = make(), self.notes
            finally:
                self.notes = outer
        made, notes = self._remembered[name]
        # Whoever gets it rests on what it rests on.
        self.notes.add(notes)
        found: T = made
        return found

    def stock(self) -> Iterator[tuple[str, CarrierState]]:
        """Every carrier that had entered the books, with all that is kept of it now, by name. Cost: a scan of all carriers."""
        self.notes.reads.add(CUSTODY)
        self.notes.scans = True
        for number, (carrier, state) in enumerate(self._base.custody.carriers(), 1):
            if 0 <= state.born_index <= self.last:
                yield carrier, state
            if number % _SCANNED == 0:
                # Who looks at every carrier of a large office asks about most of them.
                self.forget()
                self._base.custody.forget()
                self._histories.forget()

    def _rests_on(self, subject: str) -> None:
        """An answer comes from what custody knows of a subject."""
        self.notes.asked.add(subject)
        self.notes.reads.add(CUSTODY)

    def forget(self) -> None:
        """Drop what was read of single subjects; what was remembered of the whole office stays."""
        self._states: dict[tuple[str, int, bool], CustodyState | None] = {}
        self._found: dict[tuple[str, tuple[str, ...]], tuple[Act, ...]] = {}

    def carrier(self, carrier: str) -> CustodyState | None:
        """A carrier as it is; None if it isn't in the books."""
        return self._state(carrier, self.last, known=True)

    def before(self, carrier: str, act: Act) -> CustodyState | None:
        """A carrier right before an act; None if it was not yet in the books."""
        return self._state(carrier, act.index, known=False)

    def holder_before(self, carrier: str, act: Act) -> str | None:
        """The person who had a carrier right before an act; None if nobody or unknown."""
        state = self.before(carrier, act)
        return None if state is None else state.holder

    def after(self, carrier: str, act: Act) -> CustodyState | None:
        """A carrier as it was known right after an act."""
        return self._state(carrier, act.index, known=True)

    def _state(self, carrier: str, index: int, *, known: bool) -> CustodyState | None:
        """A carrier with, or else right before, the record at an index; several rules ask for one and the same."""
        notes = self.notes
        notes.asked.add(carrier)
        notes.reads.add(CUSTODY)
        key = carrier, index, known
        try:
            return self._states[key]
        except KeyError:
            pass
        if known:
            as_of = self._now if index == self.last else AsOf(None, index)
            found = self._base.custody.carrier(carrier, as_of)
        else:
            found = self._base.before(carrier, index)
        self._states[key] = found
        return found

    def intervals(self, carrier: str) -> list[Interval]:
        """From when to when who had a carrier, where, in which phase; oldest first, the last one open (`to_us` None)."""
        self._rests_on(carrier)
        return self._base.custody.intervals(carrier, as_of_index=self._now.index)

    def copies(self, document: str) -> list[str]:
        """The carriers known as copies of a document."""
        self._rests_on(document)
        return [c for c in self._base.custody.copies(document) if self.carrier(c) is not None]

    def document(self, document: str) -> DocumentView | None:
        """A document: its registration, level in force, copies; None if it isn't known."""
        self._rests_on(document)
        return self._base.custody.document(document, self._now)

    def stated(self, document: str) -> Any:
        """What the registration of a document states (`Document` of appendix A), None if nothing does."""
        found = self.document(document)
        return None if found is None else found.stated

    def document_of(self, carrier: str) -> str | None:
        """The document that a carrier is a copy of."""
        self._rests_on(carrier)
        state = self._base.custody.carrier_state(carrier)
        return None if state is None else state.document or None

    def form(self, carrier: str) -> str:
        """The form of a carrier, empty if no book says."""
        self._rests_on(carrier)
        state = self._base.custody.carrier_state(carrier)
        return "" if state is None else state.form

    def level(self, subject: str, act: Act | None = None) -> str:
        """The level in force of a carrier or document as known right after an act, or as it is; empty if none is known."""
        if subject[0] == "d":
            return self.standing(subject, act).level
        state = self._state(subject, self.last if act is None else act.index, known=True)
        return "" if state is None else state.level or ""

    def levels_of(self, act: Act) -> str:
        """The highest level in force of the carriers and documents of an act; empty if none is known."""
        return levels.highest(self.level(s, act) for s in act.subjects if s[0] in "cd")

    def standing(self, document: str, act: Act | None = None) -> levels.Standing:
        """Level and term in force of a document as known right after an act, or as they are."""
        self._rests_on(document)
        return self._base.custody.in_force(document, self._now if act is None else AsOf(None, act.index))

    def dated(self, tag: bytes, subject: str) -> list[tuple[int, Any]]:
        """(index, row) of what the projections know of a subject under a tag of `projection.rows`."""
        self._rests_on(subject)
        return self._base.custody.dated(tag, subject, self._now)

    def scopes(self, document: str, act: Act | None = None) -> list[tuple[int, ScopeRow]]:
        """(index, row) of who may know a document, as known right after an act: `set`, `extended`, `route`; oldest first."""
        self._rests_on(document)
        as_of = self._now if act is None else AsOf(None, act.index)
        return self._base.custody.dated(rows.SCOPE, document, as_of)

    def pairs(self, tag: bytes, one: str) -> list[tuple[str, Any]]:
        """(other, value) of what belongs to *one* under a tag of `projection.rows`."""
        self._rests_on(one)
        return list(self._base.custody.pairs(tag, one))

    def held_by(self, person: str, act: Act | None = None) -> list[CustodyState]:
        """The carriers that a person had right after an act, or has."""
        self._rests_on(person)
        found = self._base.custody.held_by(person, self._now if act is None else AsOf(None, act.index))
        # One that goes elsewhere need not name the person.
        self.notes.asked.update(state.carrier for state in found)
        return found

    def balance(self, document: str) -> tuple[int, int, tuple[int, ...]] | None:
        """(copies stated, copies accounted for, records that say so), None where no number is stated."""
        self._rests_on(document)
        return self._base.balance(document)

    def copies_of(self, document: str) -> Balance | None:
        """The balance of a document's copies in full."""
        self._rests_on(document)
        return self._base.copies(document)

    # --- registers ------------------------------------------------------------------------------

    def registered(self, register: str, serial: int) -> list[int]:
        """The records that gave a serial of a register, ascending, as corrected; one declared unused is given too."""
        self.notes.reads.add(REGISTERS)
        found = self._base.registers.registered(register, serial, last=self.last)
        return [use.index for use in found if not self._histories.is_void(use.index)]

    def entry(self, act: Act) -> tuple[str, int] | None:
        """(register, serial) that an act gave, as corrected; None if it gave none."""
        self.notes.reads.add(REGISTERS)
        return self._base.registers.entry(act.id, last=self.last)

    def serial_below(self, register: str, serial: int) -> tuple[int, int] | None:
        """(serial, record that gave it): the greatest of a register below another; None if that is the first."""
        self.notes.reads.add(REGISTERS)
        for use in self._base.registers.below(register, serial, last=self.last):
            if not self._histories.is_void(use.index):
                return use.serial, use.index
        return None

    def numbered(self, number: str) -> list[str]:
        """The media and devices with a number, as corrected, in the order in which they entered the books."""
        self.notes.reads.add(REGISTERS)
        found = self._base.registers.numbered(number, last=self.last)
        named = (one for use in found if not self._histories.is_void(use.index) for one in use.subjects)
        return list(dict.fromkeys(named))

    def form_uses(self, form_no: str) -> list[tuple[int, str]]:
        """(record, medium) of what was stored on media with a form number, as corrected, in the order of records."""
        self.notes.reads.add(REGISTERS)
        found = self._base.registers.form_uses(form_no, last=self.last)
        return [(use.index, one) for use in found if not self._histories.is_void(use.index) for one in use.subjects]

    # --- time -----------------------------------------------------------------------------------

    def deadline(self, name: str, act: Act, *, since_us: int | None = None) -> int | None:
        """
        The last microsecond of the term that parameter *name* gives from an act on; None if the policy doesn't have it.

        Args:
            since_us: when the term begins, if not when the act happened at the latest.

        Raises: UnknownYearError.
        """
        term = self.value(name, act)
        return self.calendar.end_of_term(act.latest_us if since_us is None else since_us, term) if term else None

    def today(self) -> date:
        """The day that is judged."""
        day = self.calendar.day(self.as_of_us)
        self.notes.moments.append(self.calendar.end_of(day) + 1)
        return day

    def has_passed(self, us: int) -> bool:
        """Whether the moment that is judged lies after *us*. Ask so, so that a finding kept from before is made anew in time."""
        if self.as_of_us > us:
            return True
        self.notes.moments.append(us + 1)
        return False

    def moment(self, us: int) -> str:
        """A moment as people read it, in the log's zone."""
        return format_time(us, offset_minutes=self._log_row.utc_offset_minutes)[:16].replace("T", " ")
