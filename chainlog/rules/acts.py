"""Acts: events as rules read them. Reads histories through a snapshot; nothing is kept beyond one judgement's cache.

Every history is walked by the links of the records and checked by their hashes, so a rule needs no index to be right. Acts
that were made void are left out: they count for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from chainlog.event.catalogue import KINDS
from chainlog.log.reader import Entry, SnapshotReader

VoidOf = Callable[[int], int | None]
IsOwn = Callable[[str, int], bool]


class Act(msgspec.Struct, frozen=True, gc=False):
    """
    One event of a known kind.

    start_us, end_us: between them it happened; None where that is not known. body: typed; absent fields are UNSET, which is
    false. people: (role, person, signatures). refs: ids of the acts it rests on. base_index: the record that its signers saw.
    carriers: those that it is about, without a device, volume or parents that it only uses. imported: whether it was taken from a
    ledger: its people are stated, not proved.
    """

    index: int
    recorded_at_us: int
    start_us: int | None
    end_us: int | None
    kind: str
    id: bytes
    subjects: tuple[str, ...]
    people: tuple[tuple[str, str, int], ...]
    refs: tuple[bytes, ...]
    body: Any
    signatures: tuple[tuple[str, bytes, int, bytes], ...]
    base_index: int
    carriers: list[str]
    imported: bool

    @property
    def moment_us(self) -> int:
        """When it happened, for choosing a policy: its start, or when it was recorded if that is not known."""
        return self.recorded_at_us if self.start_us is None else self.start_us

    @property
    def latest_us(self) -> int:
        """The latest that it can have happened: from then on a term runs, in favour of those who have to keep it."""
        return (
            self.recorded_at_us if self.end_us is None else min(self.end_us, max(self.recorded_at_us, self.moment_us))
        )

    def named(self, role: str) -> list[str]:
        """Persons stated in a role, whether they signed or not; names that a ledger states come after them."""
        persons = [person for r, person, _ in self.people if r == role]
        if self.body.stated:
            persons += [name for r, name in self.body.stated if r == role and isinstance(name, str)]
        return persons

    def signers(self, role: str) -> list[str]:
        """Persons who signed in a role."""
        return [person for r, person, signs in self.people if r == role and signs]

    def acting(self, role: str) -> list[str]:
        """Who did it in a role, as far as that can be asked for: the signers; of a row of a ledger, those it names."""
        return self.named(role) if self.imported else self.signers(role)

    def with_prefix(self, prefix: str) -> list[str]:
        """Its subjects with a prefix, a letter: `c` for carriers."""
        return [subject for subject in self.subjects if subject[0] == prefix]

    def at(self, position: Any) -> str | None:
        """The subject at a position that the body names (`device`, `volume`, `item.document`), None if it names none."""
        return self.subjects[position] if isinstance(position, int) else None

    def before(self, other: Act) -> bool:
        """Whether it can have happened before *other*: by the times stated, else by the order of records."""
        if self.start_us is None or other.end_us is None:
            return self.index < other.index
        return self.start_us <= other.end_us


def as_act(entry: Entry) -> Act | None:
    """The act of an entry, or None for a kind that this release doesn't know."""
    event = entry.event
    if event.kind not in KINDS:
        return None
    start = event.occurred[0] if event.occurred else None
    body = entry.body()
    return Act(
        entry.index,
        entry.recorded_at_us,
        start,
        None if start is None else start + event.occurred[1],
        event.kind,
        event.id,
        event.subjects,
        event.people,
        tuple(event_id for event_id, _ in event.refs),
        body,
        entry.record.signatures,
        entry.record.base[0],
        _carriers(event.subjects, body),
        bool(body.source),
    )


def _carriers(subjects: tuple[str, ...], body: Any) -> list[str]:
    """The carriers among subjects, without those that the body only uses."""
    parents = getattr(body, "parents", None)
    used = (getattr(body, "device", None), getattr(body, "volume", None), *(parents or ()))
    return [subject for i, subject in enumerate(subjects) if subject[0] == "c" and i not in used]


class Histories:
    """
    Histories of subjects in one state of a log, oldest act first, cut at a record.

    Args:
        reader: one state. last: index of the last record that is seen, -1 for none.
        void_of: the record that made an act void, or None. is_own: whether a unit is the log's own at a moment.

    A decision that is said to be by the own unit, or a section of it, is given without that: whoever could name them as the
    approver would need nobody's signature.
    """

    def __init__(self, reader: SnapshotReader, *, last: int, void_of: VoidOf, is_own: IsOwn) -> None:
        self._reader = reader
        self._void_of = void_of
        self._is_own = is_own
        self.last = last
        self.forget()

    def follow(self, reader: SnapshotReader, *, last: int, void_of: VoidOf, is_own: IsOwn) -> None:
        """
        Go on with a later state of the same log, and keep what was read.

        Who calls it then drops, before anything is asked, the subjects that the records in between name (`drop`), or
        everything where these take something back.
        """
        self._reader, self._void_of, self._is_own, self.last = reader, void_of, is_own, last

    def drop(self, subjects: Iterable[str]) -> None:
        """Drop what was read of subjects that have new acts; the acts themselves stay."""
        for subject in subjects:
            self._found.pop(subject, None)
            self._kinds.pop(subject, None)

    @property
    def held(self) -> int:
        """How many records are kept in memory."""
        return len(self._entries)

    def forget(self) -> None:
        """Drop what was read, so that judging many subjects keeps memory flat."""
        self._entries: dict[int, Entry] = {}
        self._acts: dict[int, Act | None] = {}
        self._found: dict[str, tuple[Act, ...]] = {}
        self._kinds: dict[str, frozenset[str]] = {}

    def of(self, subject: str) -> tuple[Act, ...]:
        """The acts that name *subject*. Raises RecordHashError. Cost: a walk the first time."""
        found = self._found.get(subject)
        if found is None:
            entries = self._reader.walk_back(subject, self._entries)
            acts = (self._act(entry) for entry in entries if entry.index <= self.last)
            found = self._found[subject] = tuple(act for act in acts if act is not None)[::-1]
        return found

    def kinds(self, subject: str) -> frozenset[str]:
        """The kinds of the acts that name *subject*. Cost: that of `of`."""
        found = self._kinds.get(subject)
        if found is None:
            found = self._kinds[subject] = frozenset(act.kind for act in self.of(subject))
        return found

    def at(self, index: int) -> Act | None:
        """The act of a record, None if it isn't seen, is void, or of an unknown kind. Raises RecordHashError."""
        if index > self.last:
            return None
        if index not in self._acts:
            entry = self._entries.get(index) or self._reader.read(index)
            self._entries[index] = entry
            return self._act(entry)
        return self._acts[index]

    def _act(self, entry: Entry) -> Act | None:
        """What an entry says; nothing, where it was made void."""
        if entry.index not in self._acts:
            act = None if self.is_void(entry.index) else as_act(entry)
            if act is not None and (by := getattr(act.body, "by", None)) and self._is_own(by, act.moment_us):
                act = replace(act, body=replace(act.body, by=UNSET))
            self._acts[entry.index] = act
        return self._acts[entry.index]

    def find(self, event_id: bytes) -> Act | None:
        """The act of an event, None if it isn't there, is void, or of an unknown kind. Raises RecordHashError."""
        index = self._reader.raw.index_of(event_id)
        return None if index is None else self.at(index)

    def is_void(self, index: int) -> bool:
        """Whether a record was made void by one that is seen."""
        by = self._void_of(index)
        return by is not None and by <= self.last

    def subjects(self, prefix: str) -> Iterator[str]:
        """All subjects with a prefix such as `c/`."""
        for subject, _ in self._reader.raw.subjects(prefix):
            yield subject
