"""Findings kept from one question to the next: after an append only what it touches is judged anew. Does I/O through its tables.

For each subject about which the rules say something, its findings and terms are kept in `derived/`, with the moments from
which a rule may say otherwise though nothing is recorded, and with the other subjects that were asked about. Of each rule is
kept which kinds of acts it ever asked for. A refresh asks, at the subjects that new records touch and at those that asked about
them, the rules that such a kind may turn; and the rules whose moment has come. What a correction touches is judged whole. What a
change of the registry may turn is everything: then all is judged again, as after an update of the rules. The tables may be
deleted at any time.

Known limit: duties of the whole office, and what a stock-take should have found, are judged when something is done about
them, and once a day; a carrier that comes or goes turns them with the next day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from chainlog.__about__ import __version__
from chainlog.authority.state import ViewAuthority
from chainlog.digest import ZERO
from chainlog.errors import ConflictError
from chainlog.event.catalogue import KINDS
from chainlog.limits import INTEGER_MIN
from chainlog.projection.facts import EVERYTHING, FactBase, touched
from chainlog.projection.runner import Projections
from chainlog.projection.standard import facts
from chainlog.rules import declared
from chainlog.rules.facts import LOG
from chainlog.rules.finding import DueItem, Finding, Judgement, Said, Unjudged, judgement_of
from chainlog.rules.judge import Judge
from chainlog.rules.notes import kinds_of, kinds_read
from chainlog.rules.rule import RULES, Rule
from chainlog.store.port import Transaction

_ROWS: Final = "findings.rows"
_CLOCK: Final = "findings.clock"
_ASKED: Final = "findings.asked"
_STATE: Final = "findings.state"
_KEY: Final = b"state"
_READS: Final = b"reads"
# In the moments of the office as a whole: with it everything about it is judged.
_DAY: Final = ""
_PATIENCE: Final = 8
_SHAPE: Final = 2  # counted up whenever what a row holds is another
# What moves single carriers: whether there is anything to count or to clear is asked once a day.
_CUSTODY: Final = (
    "created.", "copied.", "transferred.", "returned.", "destroyed.", "registered.", "marked", "accessed.", "decided.",
)  # fmt: skip
# So many records behind, judging everything costs no more than finding out what they touch.
_LAG_MAX: Final = 20_000


class _State(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What the rows were made from. rules: release and rules. size, last_hash: the records. now_us: the moment judged."""

    rules: str = ""
    size: int = 0
    last_hash: bytes = b""
    now_us: int = INTEGER_MIN


class _Row(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is kept of one subject."""

    findings: tuple[Finding, ...] = ()
    dues: tuple[DueItem, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    moments: tuple[tuple[str, int], ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def next_us(self) -> int | None:
        """The first of its moments."""
        return min((us for _, us in self.moments), default=None)

    def turned_by(self, said: Said) -> _Row:
        """The row after some rules, or all, were asked again. What was asked about is forgotten only with all."""
        if said.judged is None:
            asked = tuple(sorted(said.asked))
            return _Row(said.findings, said.dues, said.unjudged, said.moments, asked)
        left = said.judged
        return _Row(
            (*(one for one in self.findings if one.code not in left), *said.findings),
            (*(one for one in self.dues if one.code not in left), *said.dues),
            (*(one for one in self.unjudged if one.code not in left), *said.unjudged),
            tuple({**{rule: us for rule, us in self.moments if rule not in left}, **dict(said.moments)}.items()),
            tuple(sorted({*self.asked, *said.asked})),
        )


class _Reason:
    """Why a subject is judged again. whole: all rules. kinds: of the acts that touch it. rules: whose moment has come."""

    def __init__(self) -> None:
        self.whole = False
        self.kinds: set[str] = set()
        self.rules: set[str] = set()

    def add(self, other: _Reason) -> None:
        """Take over what touches another subject, about which this one asked."""
        self.whole = self.whole or other.whole
        self.kinds |= other.kinds


class Changes(NamedTuple):
    """
    What a refresh turned. new: findings that were not there. changed: of other state, severity or words. gone: by a record
    that made something void, or by a policy.
    """

    new: tuple[Finding, ...]
    changed: tuple[Finding, ...]
    gone: tuple[Finding, ...]


_state: Final = msgspec.msgpack.Decoder(_State).decode
_row: Final = msgspec.msgpack.Decoder(_Row).decode
_groups: Final = msgspec.msgpack.Decoder(dict[str, set[tuple[str, ...]]]).decode
_encode: Final = msgspec.msgpack.Encoder().encode


class KeptFindings:
    """
    Findings of one log, kept. For one thread at a time.

    Args:
        projections: of the log; the rows stand beside their tables.
    """

    def __init__(self, projections: Projections) -> None:
        self._projections = projections
        self._rules = tuple(RULES.values()) if declared.CHAPTERS else ()
        self._office = {
            rule.id: frozenset(kind for kind in kinds_of(rule.reads) if not kind.startswith(_CUSTODY))
            for rule in self._rules
            if "s" in rule.of
        }
        # Rows of other rules, or of another shape, are not read.
        self._version = f"{__version__} {_SHAPE} {' '.join(RULES)}"
        self._known = _Reads(b"")

    def refresh(self, now_us: int) -> Changes:
        """
        Judge what may have changed since the last refresh.

        Args:
            now_us: the moment; one before that of the last refresh is taken for that.

        Raises: as `Projections.catch_up`; ConflictError where other processes do the same all the time.
        Cost: some ten milliseconds after an ordinary append; that of judging everything after a change of the registry.
        """
        for patience in range(_PATIENCE, 0, -1):
            with self._projections.kv.read() as transaction:
                before = _read_state(transaction)
                known = transaction.table(_STATE).get(_READS) or b""
            if known != self._known.encoded:
                self._known = _Reads(known)
            with facts(self._projections) as base:
                judge = Judge(base, ViewAuthority(base.log.raw), as_of_us=max(now_us, before.now_us))
                # What was recorded later than the moment comes with a later refresh.
                size = judge.facts.last + 1
                last_hash = base.log.read(size - 1).record_hash if size else ZERO
                state = _State(self._version, size, last_hash, judge.as_of_us)
                if state == before:
                    return Changes((), (), ())
                reasons = self._stale(base, before, state)
                if reasons is None:
                    self._known = _Reads(b"")
                tomorrow = judge.calendar.end_of(judge.calendar.day(state.now_us)) + 1
                said = [_daily(one, tomorrow) for one in self._judged(judge, reasons)]
                self._known.add(judge.reads)
            try:
                return self._write(before, state, said, whole=reasons is None)
            except ConflictError:
                # The file had to grow, or another process wrote first: nothing was written.
                if patience == 1:
                    raise
        raise AssertionError("patience ran out")

    def judgement(self) -> Judgement:
        """Everything that was kept at the last refresh."""
        with self._projections.kv.read() as transaction:
            now_us = _read_state(transaction).now_us
            rows = [_row(data) for _, data in transaction.table(_ROWS).scan()]
        unjudged = {(one.code, one.year): one for row in reversed(rows) for one in row.unjudged}
        return judgement_of(
            (replace(one, as_of_us=now_us) for row in rows for one in row.findings),
            (one for row in rows for one in row.dues),
            unjudged.values(),
        )

    def of(self, subject: str) -> tuple[Finding, ...]:
        """The findings of one subject, folded, as kept at the last refresh. Cost: a look-up."""
        with self._projections.kv.read() as transaction:
            data = transaction.table(_ROWS).get(subject.encode())
        return () if data is None else _row(data).findings

    def _stale(self, base: FactBase, before: _State, now: _State) -> dict[str, _Reason] | None:
        """The subjects to judge, and why; None for all."""
        if before.rules != now.rules or not _belongs(before, base) or not 0 <= now.size - before.size <= _LAG_MAX:
            return None
        found: dict[str, _Reason] = defaultdict(_Reason)
        for entry in base.log.read_range(before.size, now.size):
            if entry.kind not in KINDS:
                continue
            subjects = touched(entry, base)
            if EVERYTHING in subjects:
                return None
            for subject in subjects:
                found[subject].kinds.add(entry.kind)
                found[subject].whole |= entry.kind.startswith("corrected.")
            if not (entry.kind == "listed.added" and entry.body().purpose == "destroy"):
                found[LOG].kinds.add(entry.kind)
        with self._projections.kv.read() as transaction:
            rows, asked = transaction.table(_ROWS), transaction.table(_ASKED)
            for subject in tuple(found):
                for key, _ in asked.scan(*_range(subject)):
                    found[key[key.index(0) + 1 :].decode()].add(found[subject])
            for subject, reason in found.items():
                # What was never judged is judged whole: a rule may speak of what did not happen.
                reason.whole = reason.whole or rows.get(subject.encode()) is None
            for key, _ in transaction.table(_CLOCK).scan(b"", _moment(now.now_us + 1)):
                data = rows.get(key[8:])
                moments = () if data is None else _row(data).moments
                reason = found[key[8:].decode()]
                reason.rules.update(rule for rule, us in moments if us <= now.now_us)
                reason.whole |= _DAY in reason.rules
        return found

    def _judged(self, judge: Judge, reasons: Mapping[str, _Reason] | None) -> Iterator[Said]:
        """What the rules say that may say otherwise."""
        if reasons is None:
            return judge.by_subject(self._rules)

        def wanted(subject: str, rule: Rule) -> bool:
            reason = reasons[subject]
            if reason.whole or rule.id in reason.rules:
                return True
            if subject == LOG:
                return not reason.kinds.isdisjoint(self._office[rule.id])
            return not reason.kinds.isdisjoint(self._known.of(rule))

        return judge.by_subject(self._rules, reasons, only=wanted)

    def _write(self, before: _State, state: _State, said: Iterable[Said], *, whole: bool) -> Changes:
        turned = _Turned()
        with self._projections.kv.write() as transaction:
            if _read_state(transaction) != before:
                raise ConflictError("findings were kept elsewhere meanwhile")
            if before.rules.split(" ")[1:2] != [str(_SHAPE)]:
                for name in (_ROWS, _CLOCK, _ASKED):
                    transaction.clear(name)
            rows = transaction.table(_ROWS)
            unseen = {key for key, _ in rows.scan()} if whole else set()
            for one in said:
                key = one.subject.encode()
                unseen.discard(key)
                _put(transaction, key, one, turned)
            for key in unseen:
                _put(transaction, key, _nothing(key.decode()), turned)
                rows.delete(key)
            transaction.table(_STATE).put(_KEY, _encode(state))
            if self._known.changed:
                transaction.table(_STATE).put(_READS, self._known.encoded)
        self._known.changed = False
        return turned.changes()


class _Turned:
    """What rows said before and say now."""

    def __init__(self) -> None:
        self._before: dict[tuple[object, ...], Finding] = {}
        self._now: dict[tuple[object, ...], Finding] = {}

    def take(self, before: Iterable[Finding], now: Iterable[Finding]) -> None:
        self._before.update((one.identity, one) for one in before)
        self._now.update((one.identity, one) for one in now)

    def changes(self) -> Changes:
        before, now = self._before, self._now
        return Changes(
            tuple(one for key, one in now.items() if key not in before),
            tuple(one for key, one in now.items() if key in before and _words(one) != _words(before[key])),
            tuple(one for key, one in before.items() if key not in now),
        )


def _words(finding: Finding) -> tuple[str, ...]:
    return finding.state, finding.severity, finding.message_zh


def _put(transaction: Transaction, key: bytes, said: Said, turned: _Turned) -> None:
    """Replace what is kept of a subject."""
    if said.judged is not None and not said.judged:
        return
    rows, clock, asked = (transaction.table(name) for name in (_ROWS, _CLOCK, _ASKED))
    data = rows.get(key)
    old = _Row() if data is None else _row(data)
    row = old.turned_by(said)
    if data == (encoded := _encode(row)):
        return
    turned.take(old.findings, row.findings)
    if old.next_us is not None and old.next_us != row.next_us:
        clock.delete(_moment(old.next_us) + key)
    for subject in set(old.asked) - set(row.asked):
        asked.delete(_range(subject)[0] + key)
    for subject in set(row.asked) - set(old.asked):
        asked.put(_range(subject)[0] + key, b"")
    if row.next_us is not None:
        clock.put(_moment(row.next_us) + key, b"")
    rows.put(key, encoded)


def _nothing(subject: str) -> Said:
    """What is said of a subject that is there no more."""
    return Said(subject, (), (), (), None, (), frozenset())


def _daily(said: Said, tomorrow_us: int) -> Said:
    """
    Duties of the office as a whole, and what else rests on every carrier (stock-takes), are judged again with each day.

    Which carriers they asked about is not kept: no act of a single one turns them before.
    """
    if said.subject != LOG and not said.scans:
        return said
    begins = said.judged is None or said.scans
    return said._replace(moments=(*said.moments, (_DAY, tomorrow_us)) if begins else said.moments, asked=frozenset())


class _Reads:
    """
    The kinds of acts that each rule ever asked for: what it said before may be turned by no other.

    Args:
        encoded: as kept, empty for nothing.
    """

    def __init__(self, encoded: bytes) -> None:
        self.encoded = encoded
        self._groups: dict[str, set[tuple[str, ...]]] = {}
        self._kinds: dict[str, frozenset[str]] = {}
        if encoded:
            self._groups = _groups(encoded)
        self.changed = False

    def of(self, rule: Rule) -> frozenset[str]:
        """Kinds, with those that give the rule a reason to be asked at all."""
        found = self._kinds.get(rule.id)
        if found is None:
            read = [kinds_read(group) for group in self._groups.get(rule.id, ())]
            found = self._kinds[rule.id] = kinds_of(rule.on).union(*read)
        return found

    def add(self, reads: Mapping[str, set[tuple[str, ...]]]) -> None:
        """Take in what a judgement asked for."""
        for rule_id, groups in reads.items():
            known = self._groups.setdefault(rule_id, set())
            if not groups <= known:
                known |= groups
                self._kinds.pop(rule_id, None)
                self.changed = True
        if self.changed:
            self.encoded = _encode({rule_id: sorted(groups) for rule_id, groups in sorted(self._groups.items())})


def _read_state(transaction: Transaction) -> _State:
    data = transaction.table(_STATE).get(_KEY)
    return _State() if data is None else _state(data)


def _belongs(state: _State, base: FactBase) -> bool:
    """Whether rows were made from a beginning of this log."""
    if not 0 < state.size <= base.log.size:
        return False
    last = base.log.raw.last_hash if state.size == base.log.size else base.log.read(state.size - 1).record_hash
    return last == state.last_hash


def _range(subject: str) -> tuple[bytes, bytes]:
    """First key and end of those that ask about a subject."""
    start = subject.encode() + b"\x00"
    return start, start[:-1] + b"\x01"


def _moment(us: int) -> bytes:
    """Eight bytes that ascend with the time."""
    return (max(us, INTEGER_MIN) - INTEGER_MIN).to_bytes(8, "big")
