"""What a log holds, counted: acts by kind, carriers by where they are, documents whose copies add up. Reads log and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from typing import Any, Final, TypeVar

import msgspec

from chainlog.event.catalogue import KINDS, REGISTRY
from chainlog.event.look_alike import look_alikes
from chainlog.log.reader import Entry
from chainlog.projection import rows
from chainlog.projection.custody_state import AsOf
from chainlog.projection.facts import FactBase
from chainlog.proof.bundle_make import newest_commitment
from chainlog.rules.deeds import DEED

# Where a carrier counts, by its phase; the others are out in somebody's hands or on the way.
STOCK: Final = frozenset({"in_stock", "recalled", "pending_destruction", "destruction_approved"})
ENDED: Final = frozenset({"issued_out", "returned_to_issuer", "archived", "destroyed"})
MISSING: Final = frozenset({"missing", "lost"})

_AT_ONCE_US: Final = 1_000_000

T = TypeVar("T", str, tuple[str, ...])


class LogFigures(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a log holds.

    records: seen. acts: how many of each kind, those made void left out. voided: how many were. unknown: records of kinds
    that this release doesn't know. imported: acts from paper ledgers, whose people are stated and did not sign.
    carriers: in the books; in_stock, out, ended and missing are parts of them. unentered: carriers that acts name and that
    never came into the books. disordered: carriers with acts that fit nowhere in their history (too late, or after the end).
    documents: known; stated: those of which a number of copies is stated; unbalanced: those of them whose copies don't add up.
    committed: the records that the newest commitment to the completeness map covers, None without one.
    groups: different groups of supervisors; usual, usual_times: the one that supervised most often, and how often. at_once: acts
    that two keys or more signed within a second, by the times that they state. namesakes: persons who are declared under one name,
    by name. look_alikes: subjects that people may take for one another, in groups. busiest, busiest_times: who signed most records,
    and how many. None of these is against a rule: no log shows whether two persons agreed, or one human being has two keys, and
    people may want to look.
    """

    records: int
    acts: Mapping[str, int]
    voided: int
    unknown: int
    imported: int
    carriers: int
    in_stock: int
    out: int
    ended: int
    missing: int
    unentered: int
    disordered: int
    documents: int
    stated: int
    unbalanced: int
    committed: int | None
    groups: int
    usual: tuple[str, ...]
    usual_times: int
    at_once: int
    namesakes: Mapping[str, tuple[str, ...]]
    look_alikes: tuple[tuple[str, ...], ...]
    busiest: str
    busiest_times: int

    def acts_of(self, kinds: tuple[str, ...]) -> int:
        """How many acts of some kinds there are; a name that ends with a point stands for its family."""
        return sum(
            count
            for kind, count in self.acts.items()
            if any(kind == one or (one.endswith(".") and kind.startswith(one)) for one in kinds)
        )


def log_figures(base: FactBase, *, last: int) -> LogFigures:
    """
    Count what stands in the log up to the record *last*.

    Known limits: the balance of copies is that of all records, and an entry that was made void later counts as none. Raises:
    RecordHashError. Cost: a few microseconds a record, twice that up to one that isn't the newest.
    """
    is_newest = last >= base.log.size - 1
    as_of = AsOf(None, None if is_newest else last)
    named = None if is_newest else _named(base, last)
    documents = [one for one in base.custody.documents() if named is None or one in named]
    stated = [found for one in documents if (found := base.balance(one)) is not None]
    return LogFigures(
        records=last + 1,
        documents=len(documents),
        stated=len(stated),
        unbalanced=sum(1 for copies, there, _ in stated if copies != there),
        committed=_committed(base, last),
        namesakes=_namesakes(base, last),
        look_alikes=tuple(_look_alikes(base, last)),
        **_acts(base, last),
        **_carriers(base, as_of, named),
    )


def _named(base: FactBase, last: int) -> set[str]:
    """The carriers and documents that any record up to *last* names: the tables know those of later ones too."""
    entries = base.log.read_range(0, last + 1)
    return {subject for entry in entries for subject in entry.event.subjects if subject[0] in "cd"}


def _acts(base: FactBase, last: int) -> dict[str, Any]:
    acts: dict[str, int] = {}
    groups: Counter[tuple[str, ...]] = Counter()
    signers: Counter[str] = Counter()
    voided = unknown = imported = at_once = 0
    has_corrections = any(True for _ in base.custody.corrections())
    for entry in base.log.read_range(0, last + 1):
        signers.update({who for _, who, signs in entry.event.people if signs and who != "s/log"})
        if entry.kind not in KINDS:
            unknown += 1
            continue
        by = base.custody.void_of(entry.index) if has_corrections else None
        if by is not None and by <= last:
            voided += 1
            continue
        acts[entry.kind] = acts.get(entry.kind, 0) + 1
        imported += bool(entry.body().source)
        at_once += _is_signed_at_once(entry)
        if entry.kind == DEED:
            groups[
                tuple(sorted({who for role, who, signs in entry.event.people if role == "supervisor" and signs}))
            ] += 1
    del groups[()]
    usual, times = min(groups.items(), key=_most, default=((), 0))
    busiest, signed = min(signers.items(), key=_most, default=("", 0))
    return {
        "acts": acts, "voided": voided, "unknown": unknown, "imported": imported, "at_once": at_once,
        "groups": len(groups), "usual": usual, "usual_times": times, "busiest": busiest, "busiest_times": signed,
    }  # fmt: skip


def _most(one: tuple[T, int]) -> tuple[int, T]:
    return -one[1], one[0]


def _is_signed_at_once(entry: Entry) -> bool:
    signed = {key: signed_at_us for _, key, signed_at_us, _ in entry.record.signatures}
    return len(signed) > 1 and entry.kind not in REGISTRY and max(signed.values()) - min(signed.values()) < _AT_ONCE_US


def _namesakes(base: FactBase, last: int) -> dict[str, tuple[str, ...]]:
    named: dict[str, list[str]] = {}
    for person in base.people.persons():
        names = [one.name for one in person.row.declared if one.index <= last]
        if names and isinstance(names[-1], str):
            named.setdefault(names[-1], []).append(person.subject)
    return {name: tuple(persons) for name, persons in sorted(named.items()) if len(persons) > 1}


def _look_alikes(base: FactBase, last: int) -> list[tuple[str, ...]]:
    raw = base.log.raw
    groups = look_alikes((subject for subject, _ in raw.subjects()), lambda subject: raw.subject(subject) is not None)
    if last >= raw.size - 1:
        return groups
    then = (tuple(one for one in group if any(e.index <= last for e in base.log.walk_back(one))) for group in groups)
    return [group for group in then if len(group) > 1]


def _carriers(base: FactBase, as_of: AsOf, named: Container[str] | None) -> dict[str, Any]:
    count = dict.fromkeys(("carriers", "in_stock", "out", "ended", "missing", "unentered", "disordered"), 0)
    for carrier, row in base.custody.carriers():
        if named is not None and carrier not in named:
            continue
        state = base.custody.custody_of(carrier, row, as_of)
        # What nobody had until then was in no book, and what it says of its entry is as known now.
        born = None if state is None else state.born_index
        if born is None or (as_of.index is not None and born > as_of.index):
            count["unentered"] += 1
        phase = None if state is None else state.phase
        if state is None or phase is None:
            continue
        count["carriers"] += 1
        part = "in_stock" if phase in STOCK else "ended" if phase in ENDED else "missing" if phase in MISSING else "out"
        count[part] += 1
        count["disordered"] += bool(base.custody.dated(rows.ASIDE, state.carrier, as_of))
    return count


def _committed(base: FactBase, last: int) -> int | None:
    found = newest_commitment(base.log.raw)
    return None if found is None or found.index > last else found.size
