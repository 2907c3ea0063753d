"""Findings kept from one question to the next: after an append only what it touches is judged anew. Does I/O through its tables.

For each subject about which the rules say something, its findings and terms are kept in `derived/`, with the moments from
which a rule may say otherwise though nothing is recorded, and with the other subjects that each rule asked about. Of each rule
is kept which kinds of acts it ever asked for. A refresh asks, at the subjects that new records touch and at those that asked
about them, the rules that such a kind may turn; and the rules whose moment has come. What a correction touches is judged whole.
What a change of the registry may turn is everything: then all is judged again, as after an update of the rules. The tables may
be deleted at any time.

What a refresh after a few records turns is held in memory, and written with every so many of them and at the end: see
`rules.held_back`. After a crash that much is judged again.

Known limit: duties of the whole office, what a stock-take should have found, and whether that was reported are judged when
something is done about them, and once a day; a carrier or an incident that comes or goes turns them with the next day.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from msgspec.structs import replace

from chainlog.__about__ import __version__
from chainlog.authority.state import ViewAuthority
from chainlog.digest import ZERO
from chainlog.errors import ConflictError, StoreError
from chainlog.event.catalogue import KINDS
from chainlog.projection.facts import EVERYTHING, FactBase, touched
from chainlog.projection.runner import Projections
from chainlog.projection.standard import catch_up, facts, standard_projections
from chainlog.rules.acts import Histories
from chainlog.rules.facts import LOG
from chainlog.rules.finding import Finding, Judgement, Said, judgement_of
from chainlog.rules.held_back import HeldBack
from chainlog.rules.judge import Judge
from chainlog.rules.kept_rows import (
    ASKED,
    CLOCK,
    READS,
    ROWS,
    RULE_IDS,
    SHAPE,
    STATE,
    Changes,
    Reads,
    State,
    Turned,
    asked_range,
    decode_row,
    decode_rules,
    moment_key,
    nothing,
    put,
    put_state,
    read_state,
)
from chainlog.rules.notes import kinds_of
from chainlog.rules.rule import RULES, Rule

# In the moments of the office as a whole: with it everything about it is judged.
_DAY: Final = ""
_PATIENCE: Final = 8
# What moves single carriers: whether there is anything to count or to clear is asked once a day.
_CUSTODY: Final = (
    "created.", "copied.", "transferred.", "returned.", "destroyed.", "registered.", "marked", "accessed.", "decided.",
)  # fmt: skip
# So many records behind, judging everything costs no more than finding out what they touch.
_LAG_MAX: Final = 20_000
# So many refreshes, or records at once, are held in memory: judging them again after a crash takes a fraction of a second.
_HELD_MAX: Final = 64
# So many records that rules read are kept from one refresh to the next.
_READ_MAX: Final = 2_000


class _Reason:
    """
    Why a subject is judged again. whole: all rules. named: kinds of the acts that name it. touching: of those that only touch it.
    rules: whose moment has come. asked: by rule, the reasons of the subjects about which it asked.
    """

    def __init__(self) -> None:
        self.whole = False
        self.named: set[str] = set()
        self.touching: set[str] = set()
        self.rules: set[str] = set()
        self.asked: dict[str, list[_Reason]] = {}

    def turns(self, kinds: tuple[frozenset[str], frozenset[str]]) -> bool:
        """Whether one of the acts is of a kind that may turn an answer about this subject."""
        return not (self.named.isdisjoint(kinds[0]) and self.touching.isdisjoint(kinds[1]))


class KeptFindings:
    """
    Findings of one log, kept. Safe to use from several threads, which take turns; have one for each log and process.

    Args:
        projections: of the log; the rows stand beside their tables.
    """

    def __init__(self, projections: Projections) -> None:
        self._below = projections
        self._held = HeldBack(projections.kv, most=_HELD_MAX)
        self._projections = standard_projections(projections.reader, self._held)
        self._rules = tuple(RULES[rule_id] for rule_id in RULE_IDS)
        self._office = {
            rule.id: frozenset(kind for kind in kinds_of(rule.reads) if not kind.startswith(_CUSTODY))
            for rule in self._rules
            if "s" in rule.of
        }
        # Rows of other rules, or of another shape, are not read.
        self._version = f"{__version__} {SHAPE} {' '.join(RULES)}"
        self._turn = threading.RLock()
        self._forget()

    def _forget(self) -> None:
        """Begin without anything that was read before."""
        self._known = Reads(b"")
        self._authority: ViewAuthority | None = None
        self._histories: Histories | None = None

    def refresh(self, now_us: int) -> Changes:
        """
        Judge what may have changed since the last refresh.

        Args:
            now_us: the moment; one before that of the last refresh is taken for that.

        Returns: what turned since the state that was kept; after a crash, what was told but not written yet is told again.

        Raises: as `Projections.catch_up`; ConflictError where other processes do the same all the time.
        Cost: some milliseconds after an ordinary append; that of judging everything after a change of the registry.
        """
        with self._turn:
            try:
                return self._refresh(now_us)
            except BaseException:
                # What was read may be of a state that is none.
                self._forget()
                raise

    def _refresh(self, now_us: int) -> Changes:
        if self._held.is_full:
            self._held.flush()
        for patience in range(_PATIENCE, 0, -1):
            with self._held.read() as transaction:
                before = read_state(transaction)
                known = transaction.table(STATE).get(READS) or b""
            if known != self._known.encoded:
                self._known = Reads(known)
            if self._below.reader.size - before.size > _HELD_MAX:
                catch_up(self._below)
            with facts(self._projections) as base:
                judge = self._judge(base, max(now_us, before.now_us), before)
                # What was recorded later than the moment comes with a later refresh.
                size = judge.facts.last + 1
                last_hash = base.log.read(size - 1).record_hash if size else ZERO
                state = State(self._version, size, last_hash, judge.as_of_us)
                if state == before:
                    return Changes((), (), ())
                reasons = self._stale(base, before, state)
                if reasons is None:
                    self._known = Reads(b"")
                tomorrow = judge.calendar.end_of(judge.calendar.day(state.now_us)) + 1
                said = [_daily(one, tomorrow) for one in self._judged(judge, reasons)]
                self._known.add(judge.reads)
            try:
                return self._write(before, state, said, whole=reasons is None)
            except ConflictError:
                # The file had to grow, or another process wrote first: nothing was written.
                self._forget()
                if patience == 1:
                    raise
        raise AssertionError("patience ran out")

    def close(self) -> None:
        """Write what is held in memory, as far as it can be written: it can be made anew."""
        with self._turn, suppress(StoreError, ConflictError):
            self._held.flush()

    def judgement(self) -> Judgement:
        """Everything that was kept at the last refresh; nothing before the first of this release."""
        with self._turn, self._held.read() as transaction:
            state = read_state(transaction)
            kept = transaction.table(ROWS).scan() if state.rules == self._version else ()
            rows = [decode_row(data) for _, data in kept]
        unjudged = {(one.code, one.year): one for row in reversed(rows) for one in row.unjudged}
        return judgement_of(
            (replace(one, as_of_us=state.now_us) for row in rows for one in row.findings),
            (one for row in rows for one in row.dues),
            unjudged.values(),
        )

    def of(self, subject: str) -> tuple[Finding, ...]:
        """The findings of one subject, folded, as kept at the last refresh. Cost: a look-up."""
        with self._turn, self._held.read() as transaction:
            is_ours = read_state(transaction).rules == self._version
            data = transaction.table(ROWS).get(subject.encode()) if is_ours else None
        return () if data is None else decode_row(data).findings

    def _judge(self, base: FactBase, as_of_us: int, before: State) -> Judge:
        """Judges the newest state, with what was read for the one before as far as that is a beginning of it."""
        view, histories = base.log.raw, self._histories
        self._authority = ViewAuthority(view) if self._authority is None else self._authority.at(view)
        if histories is not None and (
            histories.last != before.size - 1 or histories.held > _READ_MAX or not _belongs(before, base)
        ):
            histories = None
        judge = Judge(base, self._authority, as_of_us=as_of_us, histories=histories)
        self._histories = judge.histories
        return judge

    def _stale(self, base: FactBase, before: State, now: State) -> dict[str, _Reason] | None:
        """The subjects to judge, and why; None for all."""
        if before.rules != now.rules or not _belongs(before, base) or not 0 <= now.size - before.size <= _LAG_MAX:
            self._histories_gone()
            return None
        found: dict[str, _Reason] = defaultdict(_Reason)
        for entry in base.log.read_range(before.size, now.size):
            if self._histories is not None:
                self._histories.drop(entry.event.subjects)
            if entry.kind not in KINDS:
                continue
            subjects = touched(entry, base)
            if EVERYTHING in subjects:
                self._histories_gone()
                return None
            corrects = entry.kind.startswith("corrected.")
            for subject in subjects:
                reason = found[subject]
                (reason.named if subject in entry.event.subjects else reason.touching).add(entry.kind)
                reason.whole |= corrects
            if corrects:
                # It may have made void what was read.
                self._histories_gone()
            if not (entry.kind == "listed.added" and entry.body().purpose == "destroy"):
                found[LOG].named.add(entry.kind)
        with self._held.read() as transaction:
            rows, asked = transaction.table(ROWS), transaction.table(ASKED)
            for subject in tuple(found):
                reason = found[subject]
                for key, data in asked.scan(*asked_range(subject)):
                    other = found[key[key.index(0) + 1 :].decode()]
                    other.whole |= reason.whole
                    for number in decode_rules(data):
                        other.asked.setdefault(RULE_IDS[number], []).append(reason)
            for subject, reason in found.items():
                # What was never judged is judged whole: a rule may speak of what did not happen.
                reason.whole = reason.whole or rows.get(subject.encode()) is None
            for key, _ in transaction.table(CLOCK).scan(b"", moment_key(now.now_us + 1)):
                kept = rows.get(key[8:])
                moments = () if kept is None else decode_row(kept).moments
                reason = found[key[8:].decode()]
                reason.rules.update(rule for rule, us in moments if us <= now.now_us)
                reason.whole |= _DAY in reason.rules
        return found

    def _histories_gone(self) -> None:
        """Nothing that was read counts any more."""
        if self._histories is not None:
            self._histories.forget()

    def _judged(self, judge: Judge, reasons: Mapping[str, _Reason] | None) -> Iterator[Said]:
        """What the rules say that may say otherwise."""
        if reasons is None:
            return judge.by_subject(self._rules)

        def wanted(subject: str, rule: Rule) -> bool:
            reason = reasons[subject]
            if reason.whole or rule.id in reason.rules:
                return True
            if subject == LOG:
                return not reason.named.isdisjoint(self._office[rule.id])
            kinds = self._known.of(rule, subject[0])
            return reason.turns(kinds) or any(other.turns(kinds) for other in reason.asked.get(rule.id, ()))

        return judge.by_subject(self._rules, reasons, only=wanted)

    def _write(self, before: State, state: State, said: Iterable[Said], *, whole: bool) -> Changes:
        turned = Turned()
        straight = whole or state.size - before.size > _HELD_MAX
        with self._held.straight() if straight else self._held.write() as transaction:
            if read_state(transaction) != before:
                raise ConflictError("findings were kept elsewhere meanwhile")
            if before.rules != state.rules and before.rules.split(" ")[1:2] != [str(SHAPE)]:
                for name in (ROWS, CLOCK, ASKED):
                    transaction.clear(name)
            rows = transaction.table(ROWS)
            unseen = {key for key, _ in rows.scan()} if whole else set()
            for one in said:
                key = one.subject.encode()
                unseen.discard(key)
                put(transaction, key, one, turned)
            for key in unseen:
                put(transaction, key, nothing(key.decode()), turned)
                rows.delete(key)
            put_state(transaction, state)
            if self._known.changed:
                transaction.table(STATE).put(READS, self._known.encoded)
        self._known.changed = False
        return turned.changes()


def _daily(said: Said, tomorrow_us: int) -> Said:
    """
    Duties of the office as a whole, and what else rests on every carrier or every incident (stock-takes), are judged again with
    each day.

    What they asked about is not kept: no act on a single one turns them before.
    """
    if said.subject != LOG and not said.scans:
        return said
    begins = said.judged is None or said.scans
    return said._replace(moments=(*said.moments, (_DAY, tomorrow_us)) if begins else said.moments, asked={})


def _belongs(state: State, base: FactBase) -> bool:
    """Whether rows were made from a beginning of this log."""
    if not 0 < state.size <= base.log.size:
        return False
    last = base.log.raw.last_hash if state.size == base.log.size else base.log.read(state.size - 1).record_hash
    return last == state.last_hash
