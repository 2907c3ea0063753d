"""What a rule may read of one state of a log: acts, custody, registry, policy, calendar. Reads tables and log through its base.

Everything is as was known at one moment: records above `last` don't exist for a rule, and nothing reads a clock. Subjects are
given folded. Descriptions of carriers and documents (copy number, pages, form) are those known now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from chainlog.errors import NotFoundError
from chainlog.event.times import format_time
from chainlog.projection import levels, rows
from chainlog.projection.custody_state import AsOf, CustodyState, DocumentView
from chainlog.projection.facts import FactBase
from chainlog.projection.people import People, Person
from chainlog.projection.rows import Interval, ScopeRow
from chainlog.rules.acts import Act, Histories, as_act
from chainlog.rules.calendar import WorkCalendar

if TYPE_CHECKING:
    from chainlog.projection.balance import Balance

PolicyOf = Callable[[Act], Mapping[str, tuple[str, ...]]]

LOG: Final = "s/log"
_NO_VALUES: Final[tuple[str, ...]] = ()


class Facts:
    """
    Everything that a rule may read.

    Args:
        base: projections and log at one size. histories: of the same, cut at `last`. calendar: of the log.
        policy_of: the parameters that an act is judged by. as_of_us: the moment that is judged.
    """

    def __init__(
        self, base: FactBase, histories: Histories, calendar: WorkCalendar, policy_of: PolicyOf, *, as_of_us: int
    ) -> None:
        self.as_of_us = as_of_us
        self.calendar = calendar
        self._base = base
        self._histories = histories
        self._policy_of = policy_of
        self._log_row = base.people.log_row()
        # At the newest record, and at a moment that no act lies behind, tables answer without looking into the past.
        self._now = AsOf(None, None if histories.last >= base.log.size - 1 else histories.last)

    # --- acts -----------------------------------------------------------------------------------

    @property
    def last(self) -> int:
        """Index of the last record that is seen."""
        return self._histories.last

    def of(self, subject: str, *kinds: str) -> tuple[Act, ...]:
        """
        The acts that name *subject*, oldest first, without those made void.

        Args:
            kinds: only these; `created.` stands for its family. All by default.
        """
        found = self._histories.of(subject)
        if not kinds:
            return found
        return tuple(act for act in found if is_of(act.kind, kinds))

    def find(self, event_id: bytes) -> Act | None:
        """The act of an event, None if it isn't there or was made void."""
        return self._histories.find(event_id)

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

    @property
    def genesis(self) -> Act:
        """The act that opened the log."""
        act = as_act(self._base.log.read(0))
        if act is None:
            raise NotFoundError(what="log_opened")
        return act

    @property
    def own_unit(self) -> str:
        """The unit whose log it is."""
        return self._log_row.unit

    # --- custody --------------------------------------------------------------------------------

    def carrier(self, carrier: str) -> CustodyState | None:
        """A carrier as it is; None if it isn't in the books."""
        return self._base.custody.carrier(carrier, self._now)

    def before(self, carrier: str, act: Act) -> CustodyState | None:
        """A carrier right before an act; None if it was not yet in the books."""
        return self._base.before(carrier, act.index)

    def holder_before(self, carrier: str, act: Act) -> str | None:
        """The person who had a carrier right before an act; None if nobody or unknown."""
        return self._base.holder_before(carrier, act.index)

    def after(self, carrier: str, act: Act) -> CustodyState | None:
        """A carrier as it was known right after an act."""
        return self._base.custody.carrier(carrier, AsOf(None, act.index))

    def intervals(self, carrier: str) -> list[Interval]:
        """From when to when who had a carrier, where, in which phase; oldest first, the last one open (`to_us` None)."""
        return self._base.custody.intervals(carrier, as_of_index=self._now.index)

    def copies(self, document: str) -> list[str]:
        """The carriers known as copies of a document."""
        return [c for c in self._base.custody.copies(document) if self.carrier(c) is not None]

    def document(self, document: str) -> DocumentView | None:
        """A document: its registration, level in force, copies; None if it isn't known."""
        return self._base.custody.document(document, self._now)

    def stated(self, document: str) -> Any:
        """What the registration of a document states (`Document` of appendix A), None if nothing does."""
        found = self.document(document)
        return None if found is None else found.stated

    def document_of(self, carrier: str) -> str | None:
        """The document that a carrier is a copy of."""
        state = self._base.custody.carrier_state(carrier)
        return None if state is None else state.document or None

    def form(self, carrier: str) -> str:
        """The form of a carrier, empty if no book says."""
        state = self._base.custody.carrier_state(carrier)
        return "" if state is None else state.form

    def level(self, subject: str, act: Act | None = None) -> str:
        """The level in force of a carrier or document as known right after an act, or as it is; empty if none is known."""
        as_of = self._now if act is None else AsOf(None, act.index)
        if subject[0] == "d":
            return self._base.custody.in_force(subject, as_of).level
        state = self._base.custody.carrier(subject, as_of)
        return "" if state is None else state.level or ""

    def levels_of(self, act: Act) -> str:
        """The highest level in force of the carriers and documents of an act; empty if none is known."""
        return levels.highest(self.level(s, act) for s in act.subjects if s[0] in "cd")

    def standing(self, document: str, act: Act | None = None) -> levels.Standing:
        """Level and term in force of a document as known right after an act, or as they are."""
        return self._base.custody.in_force(document, self._now if act is None else AsOf(None, act.index))

    def dated(self, tag: bytes, subject: str) -> list[tuple[int, Any]]:
        """(index, row) of what the projections know of a subject under a tag of `projection.rows`."""
        return self._base.custody.dated(tag, subject, self._now)

    def scopes(self, document: str, act: Act | None = None) -> list[tuple[int, ScopeRow]]:
        """(index, row) of who may know a document, as known right after an act: `set`, `extended`, `route`; oldest first."""
        as_of = self._now if act is None else AsOf(None, act.index)
        return self._base.custody.dated(rows.SCOPE, document, as_of)

    def pairs(self, tag: bytes, one: str) -> list[tuple[str, Any]]:
        """(other, value) of what belongs to *one* under a tag of `projection.rows`."""
        return list(self._base.custody.pairs(tag, one))

    def held_by(self, person: str, act: Act | None = None) -> list[CustodyState]:
        """The carriers that a person had right after an act, or has."""
        return self._base.custody.held_by(person, self._now if act is None else AsOf(None, act.index))

    def balance(self, document: str) -> tuple[int, int, tuple[int, ...]] | None:
        """(copies stated, copies accounted for, records that say so), None where no number is stated."""
        return self._base.balance(document)

    def copies_of(self, document: str) -> Balance | None:
        """The balance of a document's copies in full."""
        return self._base.copies(document)

    # --- registry -------------------------------------------------------------------------------

    @property
    def people(self) -> People:
        """The registry. What later records say of it is in it too: prefer the questions below."""
        return self._base.people

    def person(self, person: str) -> Person | None:
        """What is known of a person."""
        return self._base.people.person(person)

    def has_post(self, person: str, posts: Iterable[str], at_us: int) -> bool:
        """Whether a person held one of the posts at that time."""
        wanted = set(posts)
        return any(post.post in wanted for post in self._base.people.posts_at(person, at_us=at_us, index=self.last))

    def has_post_over(self, person: str, posts: Iterable[str], over: Iterable[str], at_us: int) -> bool:
        """Whether a person held one of the posts over one of the units, places, documents or lists."""
        wanted, where = set(posts), set(over)
        held = self._base.people.posts_at(person, at_us=at_us, index=self.last)
        return any(post.post in wanted and post.over in where for post in held)

    def has_credential(self, person: str, what: str, at_us: int) -> bool:
        """Whether a person had a certificate, undertaking, training or cooling_off that counted at that time."""
        known = self.person(person)
        return known is not None and bool(known.credentials(what, at_us=at_us, index=self.last))

    def clearance(self, person: str, at_us: int) -> str:
        """The clearance of a person at that time; empty if none is on record."""
        known = self.person(person)
        grants = [] if known is None else known.levels("clearance", at_us=at_us, index=self.last)
        return grants[-1].level if grants else ""

    def authority(self, person: str, at_us: int) -> str:
        """The highest level that a person may classify at that time; empty if none is on record."""
        known = self.person(person)
        grants = [] if known is None else known.levels("authority", at_us=at_us, index=self.last)
        return grants[-1].level if grants else ""

    def departed(self, person: str) -> tuple[int, int] | None:
        """(the last moment at which a person can have left, index of the record), None if they didn't."""
        known = self.person(person)
        departures = [] if known is None else [one for one in known.departures if one.index <= self.last]
        if not departures:
            return None
        newest = max(departures, key=lambda one: (one.end_us, one.index))
        return newest.end_us, newest.index

    def is_insider(self, person: str, at_us: int | None = None) -> bool | None:
        """Whether a person belongs to the own unit or one below it; None if no unit of theirs is declared."""
        return self._base.people.is_insider(person, at_us=at_us)

    def unit(self, unit: str, at_us: int) -> Any:
        """The body of the `declared.unit` that counted then, None if there is none."""
        return self._base.people.unit(unit, at_us=at_us)

    def place(self, place: str, at_us: int) -> Any:
        """The body of the `declared.place` that counted then, None if there is none."""
        return self._base.people.place(place, at_us=at_us)

    def place_type(self, place: str | None, at_us: int) -> str:
        """The declared type of a place at that time; empty if it isn't declared."""
        declared = self.place(place, at_us) if place else None
        return "" if declared is None else declared.type

    def is_designated(self, unit: str, what: str, at_us: int) -> bool:
        """Whether a unit declared and valid at that time is designated to `print`, `repair` or `destroy`."""
        return self._base.people.unit_designated(unit, what, at_us)

    # --- policy ---------------------------------------------------------------------------------

    def values(self, name: str, act: Act) -> tuple[str, ...]:
        """Values of a parameter of the policy that an act is judged by; empty if the policy doesn't have it."""
        return self._policy_of(act).get(name, _NO_VALUES)

    def value(self, name: str, act: Act) -> str:
        """The one value of a parameter; empty if the policy doesn't have it."""
        return next(iter(self.values(name, act)), "")

    def is_yes(self, name: str, act: Act) -> bool:
        """Whether a parameter says `yes`."""
        return self.value(name, act) == "yes"

    def specific(self, name: str, act: Act, *more: str) -> tuple[str, tuple[str, ...]]:
        """(name, values) of the most specific parameter that the policy has: `name.more`, else `name`; else (name, ())."""
        for full in (*(f"{name}.{one}" for one in more if one), name):
            if found := self.values(full, act):
                return full, found
        return name, _NO_VALUES

    def reaches(self, level: str, name: str, act: Act) -> bool:
        """Whether a level is at or above the one that a parameter names (`contact.from`); False if the policy lacks it."""
        least = self.value(name, act)
        return bool(least) and levels.rank(level) >= levels.rank(least)

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

    def moment(self, us: int) -> str:
        """A moment as people read it, in the log's zone."""
        return format_time(us, offset_minutes=self._log_row.utc_offset_minutes)[:16].replace("T", " ")


def is_of(kind: str, kinds: Sequence[str]) -> bool:
    """Whether a kind is one of *kinds*, of which `created.` stands for its family."""
    return any(kind == one or (one.endswith(".") and kind.startswith(one)) for one in kinds)
