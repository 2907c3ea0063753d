"""Authority: keys, administrators, the log key and the policy in force at an index. Pure; a reader is passed in.

Format: schemas/FORMAT.md section 5. One fold serves draft, writer, audit and bundle verifier. `Authority` folds
registry events one by one; `ViewAuthority` reads the few that it needs from a view, so that opening a log costs the
same at any size. Everything is judged at an index, never by claimed time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chainlog.authority.keys import KeyHistory, advance
from chainlog.authority.view import View, whole_history
from chainlog.event.model import Event, unverified_body
from chainlog.event.subjects import body_keys, key_subject
from chainlog.record.record import SubjectHead

# The subjects whose chains hold administrators, log keys and policies.
OWN_SUBJECTS = ("s/admins", "s/log", "s/policy")


class Administration(NamedTuple):
    """Administrators from one index on: person to key, and how many must sign. Recovery likewise; 0 means none."""

    since: int
    administrators: dict[str, bytes]
    threshold: int


class PolicyEra(NamedTuple):
    """A policy as adopted at an index. `body` has profile, version, effective_at, parameters, refuse."""

    since: int
    recorded_at_us: int
    body: Any


class Recovery(NamedTuple):
    """A `recovered` at an index. `body` has lost_from, known_size, known_root, reason."""

    index: int  # type: ignore[assignment]
    recorded_at_us: int
    body: Any


class Authority:
    """
    What the registry events so far say.

    Feed it every registry event in order with `apply`; unknown kinds and others are ignored. The answers take an
    index and hold for the record at that index, that is, after the records before it.
    """

    def __init__(self) -> None:
        self._keys: dict[bytes, KeyHistory] = {}
        self._administrations: list[Administration] = []
        self._log_keys: list[tuple[int, bytes]] = []
        self._policies: list[PolicyEra] = []
        self.recovery: Administration = Administration(0, {}, 0)
        self.utc_offset_minutes = 0
        self.name = ""
        self.unit = ""
        self.closed_at: int | None = None
        # (size, root) of every head that the administrators stated to be lost.
        self.lost_heads: set[tuple[int, bytes]] = set()
        self.recoveries: list[Recovery] = []

    def apply(self, index: int, recorded_at_us: int, kind: str, body: Any) -> None:
        """Take in one event of a known kind with its typed body."""
        self._apply_own(index, recorded_at_us, kind, body)
        if kind in ("log_opened", "enrolled", "revoked", "administered", "log_key_changed"):
            for public_key in body_keys(plain_keys(body)):
                history = advance(self._keys.get(public_key), public_key, index, kind, body)
                if history is not None:
                    self._keys[public_key] = history

    def apply_first_log_key(self, body: Any) -> None:
        """Take in the log key of a `log_opened` at 0 that may not stand, and nothing else of it: for heads alone."""
        self._log_keys.append((0, body.log_key[1]))

    def _apply_own(self, index: int, recorded_at_us: int, kind: str, body: Any) -> None:
        if kind == "log_opened":
            self.name = body.name
            self.unit = body.unit
            self.utc_offset_minutes = body.utc_offset_minutes
            self._log_keys.append((index, body.log_key[1]))
            self._policies.append(PolicyEra(index, recorded_at_us, body.policy))
            if body.recovery:
                keys = {person: key[1] for person, key in body.recovery.keys}
                self.recovery = Administration(index, keys, body.recovery.threshold)
        if kind in ("log_opened", "administered"):
            keys = {person: key[1] for person, key in body.administrators}
            self._administrations.append(Administration(index, keys, body.threshold))
        elif kind == "log_key_changed":
            self._log_keys.append((index, body.new[1]))
        elif kind == "policy_adopted":
            self._policies.append(PolicyEra(index, recorded_at_us, body))
        elif kind == "log_closed":
            self.closed_at = index
        elif kind == "recovered":
            self.lost_heads.add((body.known_size, body.known_root))
            self.recoveries.append(Recovery(index, recorded_at_us, body))

    def key(self, public_key: bytes) -> KeyHistory | None:
        """The history of a key, or None if no event brought it."""
        return self._keys.get(public_key)

    def administration(self, index: int) -> Administration:
        """The administrators for the record at *index*; without any in an empty log."""
        for era in reversed(self._administrations):
            if era.since < index:
                return era
        return Administration(0, {}, 0)

    def log_key(self, index: int) -> bytes | None:
        """The log key in force after records 0 … index-1, which signs the head of that size."""
        for since, key in reversed(self._log_keys):
            if since < index:
                return key
        return None

    def policies(self) -> list[PolicyEra]:
        """Every policy in order of adoption."""
        return list(self._policies)

    def policy_at(self, index: int) -> PolicyEra | None:
        """The policy adopted last before the record at *index* (the first one counts for record 0 too)."""
        before = [era for era in self._policies if era.since < index]
        return before[-1] if before else next(iter(self._policies), None)

    def policy_for(self, occurred_us: int) -> PolicyEra | None:
        """The policy adopted last among those with `effective_at` not after *occurred_us*; the first counts before it too."""
        best: PolicyEra | None = None
        for era in self._policies:
            if best is None or era.body.effective_at <= occurred_us:
                best = era
        return best


class ViewAuthority(Authority):
    """
    Authority read from a view: the chains of `s/admins`, `s/log` and `s/policy` at once, those of keys when asked.

    What it remembers is known by the hash of the record that it was read from, so it may be handed from view to view of
    one log, also to one where other records took the place of some (`at`). For one thread at a time.

    Raises: RecordHashError where a chain is cut: nobody acts on half of an authority. Each look-up may raise it too.
    """

    def __init__(self, view: View) -> None:
        super().__init__()
        self._view = view
        self._seen = _own_heads(view)
        self._confirmed = view.last_hash
        self._histories: dict[bytes, _Read] = {}
        steps = {step.index: step for subject in OWN_SUBJECTS for step in whole_history(view, subject)}
        for index in sorted(steps):
            step = steps[index]
            if is_registry(step.event):
                self._apply_own(index, step.record.recorded_at_us, step.event.kind, unverified_body(step.event))

    def is_current(self, view: View) -> bool:
        """Whether administrators, log key and policies are still those of *view*, a view of the same log."""
        if view.last_hash != self._confirmed:
            if _own_heads(view) != self._seen:
                return False
            self._confirmed = view.last_hash
        return True

    def confirm(self, view: View, heads: Mapping[str, SubjectHead]) -> None:
        """Take in that the view of this authority grew to *view*, where the subjects in *heads* have new heads."""
        touched = [
            (seen, heads[subject]) for seen, subject in zip(self._seen, OWN_SUBJECTS, strict=True) if subject in heads
        ]
        if all(head.record_hash == seen for seen, head in touched):
            self._confirmed = view.last_hash

    def at(self, view: View) -> ViewAuthority:
        """This authority for another view of the same log: itself where nothing of it changed, else read anew."""
        if not self.is_current(view):
            return ViewAuthority(view)
        self._view = view
        return self

    def key(self, public_key: bytes) -> KeyHistory | None:
        """The history of a key from the chain of its own subject. Cost: one look-up if nothing changed."""
        read = self._histories.get(public_key)
        subject = key_subject(public_key) if read is None else read.subject
        head = self._view.subject(subject)
        if head is None:
            return None
        if read is not None and read.record_hash == head.record_hash:
            return read.history
        history: KeyHistory | None = None
        for step in whole_history(self._view, subject):
            if is_registry(step.event):
                history = advance(history, public_key, step.index, step.event.kind, unverified_body(step.event))
        self._histories[public_key] = _Read(subject, head.record_hash, history)
        return history


class _Read(NamedTuple):
    """The history of a key, its subject, and the hash of the last record that it was read from."""

    subject: str
    record_hash: bytes
    history: KeyHistory | None


def _own_heads(view: View) -> tuple[bytes, ...]:
    heads = (view.subject(subject) for subject in OWN_SUBJECTS)
    return tuple(b"" if head is None else head.record_hash for head in heads)


def plain_keys(body: Any) -> dict[str, Any]:
    """The key-bearing fields of a typed body as plain values, for `body_keys`."""
    found: dict[str, Any] = {}
    for name in ("key", "old", "new", "log_key"):
        value = getattr(body, name, None)
        if isinstance(value, tuple):
            found[name] = value
    found["administrators"] = getattr(body, "administrators", ())
    recovery = getattr(body, "recovery", None)
    if recovery:
        found["recovery"] = {"keys": recovery.keys}
    return found


def is_registry(event: Event) -> bool:
    """Whether `Authority.apply` wants this event."""
    return event.kind in _WANTED


_WANTED = frozenset({
    "log_opened", "enrolled", "revoked", "administered", "log_key_changed", "policy_adopted", "log_closed",
    "recovered",
})  # fmt: skip
