"""What is kept of findings: the rows of their tables, and how new answers turn them. Reads and writes tables; no other I/O.

Everything here can be made anew from the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from chainlog.limits import INTEGER_MIN
from chainlog.rules import declared
from chainlog.rules.finding import DueItem, Finding, Said, Unjudged
from chainlog.rules.notes import kinds_of, kinds_read, tables_read
from chainlog.rules.rule import RULES, Rule
from chainlog.store.port import Transaction

ROWS: Final = "findings.rows"
CLOCK: Final = "findings.clock"
ASKED: Final = "findings.asked"
STATE: Final = "findings.state"
READS: Final = b"reads"
SHAPE: Final = 3  # counted up whenever what a row holds is another
STATE_KEY: Final = b"state"


class State(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What the rows were made from. rules: release and rules. size, last_hash: the records. now_us: the moment judged."""

    rules: str = ""
    size: int = 0
    last_hash: bytes = b""
    now_us: int = INTEGER_MIN


class Row(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is kept of one subject. asked: the other subjects that were asked about, each with the numbers of the rules that did."""

    findings: tuple[Finding, ...] = ()
    dues: tuple[DueItem, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    moments: tuple[tuple[str, int], ...] = ()
    asked: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @property
    def next_us(self) -> int | None:
        """The first of its moments."""
        return min((us for _, us in self.moments), default=None)

    def turned_by(self, said: Said) -> Row:
        """The row after some rules, or all, were asked again."""
        asked = {subject: {_NUMBERS[rule_id] for rule_id in rules} for subject, rules in said.asked.items()}
        if said.judged is None:
            return Row(said.findings, said.dues, said.unjudged, said.moments, _ascending(asked))
        left = said.judged
        numbers = {_NUMBERS[rule_id] for rule_id in left}
        for subject, others in self.asked:
            if staying := set(others) - numbers:
                asked.setdefault(subject, set()).update(staying)
        return Row(
            (*(one for one in self.findings if one.code not in left), *said.findings),
            (*(one for one in self.dues if one.code not in left), *said.dues),
            (*(one for one in self.unjudged if one.code not in left), *said.unjudged),
            tuple({**{rule: us for rule, us in self.moments if rule not in left}, **dict(said.moments)}.items()),
            _ascending(asked),
        )


class Changes(NamedTuple):
    """
    What a refresh turned. new: findings that were not there. changed: of other state, severity or words. gone: by a record
    that made something void, or by a policy.
    """

    new: tuple[Finding, ...]
    changed: tuple[Finding, ...]
    gone: tuple[Finding, ...]


# Rows are read only by the release that wrote them: their rules have the same places.
RULE_IDS: Final = tuple(RULES) if declared.CHAPTERS else ()
_NUMBERS: Final = {rule_id: number for number, rule_id in enumerate(RULE_IDS)}

_state: Final = msgspec.msgpack.Decoder(State).decode
decode_row: Final = msgspec.msgpack.Decoder(Row).decode
_groups: Final = msgspec.msgpack.Decoder(dict[str, set[tuple[str, ...]]]).decode
decode_rules: Final = msgspec.msgpack.Decoder(tuple[int, ...]).decode
encode: Final = msgspec.msgpack.Encoder().encode


class Turned:
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


def put(transaction: Transaction, key: bytes, said: Said, turned: Turned) -> None:
    """Replace what is kept of a subject."""
    if said.judged is not None and not said.judged:
        return
    rows, clock, asked = (transaction.table(name) for name in (ROWS, CLOCK, ASKED))
    data = rows.get(key)
    old = Row() if data is None else decode_row(data)
    row = old.turned_by(said)
    if data == (encoded := encode(row)):
        return
    turned.take(old.findings, row.findings)
    if old.next_us is not None and old.next_us != row.next_us:
        clock.delete(moment_key(old.next_us) + key)
    before, now = dict(old.asked), dict(row.asked)
    for subject in before.keys() - now.keys():
        asked.delete(asked_range(subject)[0] + key)
    for subject, rules in now.items():
        if before.get(subject) != rules:
            asked.put(asked_range(subject)[0] + key, encode(rules))
    if row.next_us is not None:
        clock.put(moment_key(row.next_us) + key, b"")
    rows.put(key, encoded)


def nothing(subject: str) -> Said:
    """What is said of a subject that is there no more."""
    return Said(subject, (), (), (), None, (), {})


class Reads:
    """
    The kinds of acts that each rule ever asked for at carriers, at documents and so on: nothing else turns what it said there.

    Args:
        encoded: as kept, empty for nothing.
    """

    def __init__(self, encoded: bytes) -> None:
        self.encoded = encoded
        self._groups: dict[str, set[tuple[str, ...]]] = _groups(encoded) if encoded else {}
        self._kinds: dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]] = {}
        self.changed = False

    def of(self, rule: Rule, prefix: str) -> tuple[frozenset[str], frozenset[str]]:
        """
        Kinds that may turn a rule at subjects with a prefix: where they name a subject that it asked about, with those that give it
        a reason to be asked at all; and those that do so too where they only touch one.
        """
        found = self._kinds.get((rule.id, prefix))
        if found is None:
            groups = self._groups.get(_place(rule.id, prefix), set())
            named = kinds_of(rule.on).union(*(kinds_read(group) for group in groups))
            touching = frozenset().union(*(tables_read(group) for group in groups))
            found = self._kinds[rule.id, prefix] = named, touching
        return found

    def add(self, reads: Mapping[tuple[str, str], set[tuple[str, ...]]]) -> None:
        """Take in what a judgement asked for."""
        for (rule_id, prefix), groups in reads.items():
            known = self._groups.setdefault(_place(rule_id, prefix), set())
            if not groups <= known:
                known |= groups
                self._kinds.pop((rule_id, prefix), None)
                self.changed = True
        if self.changed:
            self.encoded = encode({place: sorted(groups) for place, groups in sorted(self._groups.items())})


def _place(rule_id: str, prefix: str) -> str:
    return f"{rule_id} {prefix}"


def _ascending(asked: Mapping[str, Iterable[int]]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """So that the same answers make the same row."""
    return tuple(sorted((subject, tuple(sorted(rules))) for subject, rules in asked.items()))


def put_state(transaction: Transaction, state: State) -> None:
    """Say what the rows are made from."""
    transaction.table(STATE).put(STATE_KEY, encode(state))


def read_state(transaction: Transaction) -> State:
    """What the rows are made from; of no rules where there are none."""
    data = transaction.table(STATE).get(STATE_KEY)
    return State() if data is None else _state(data)


def asked_range(subject: str) -> tuple[bytes, bytes]:
    """First key and end of those that ask about a subject."""
    start = subject.encode() + b"\x00"
    return start, start[:-1] + b"\x01"


def moment_key(us: int) -> bytes:
    """Eight bytes that ascend with the time."""
    return (max(us, INTEGER_MIN) - INTEGER_MIN).to_bytes(8, "big")
