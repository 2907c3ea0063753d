"""What the custody projection keeps: its states and rows, their keys, their encoding. Pure.

States are changed in place by one fold and then written; rows are written once, and only `void_index` is set later. All
of it can be rebuilt, so nothing here is a format: a change raises the projection's version.

`states` has one row a carrier `c/`, document `d/` and list `l/`. Two tables hold most other rows. `dated` has `tag ‖ subject ‖ 0 ‖ index` for what happened to a subject, `pairs` has
`tag ‖ a ‖ 0 ‖ b` for what belongs together. Subjects hold no zero byte.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from chainlog import limits

UNKNOWN_US: Final = limits.INTEGER_MIN
"""A time that the books don't know: before everything else."""

NONE, ONE, BOTH = 0, 1, 2
EVIDENCE: Final = ("none", "one", "both")
"""Names of the evidence codes."""

# Tables of the projection.
STATES: Final = "states"
INTERVALS: Final = "intervals"
DATED: Final = "dated"
PAIRS: Final = "pairs"
ACTS: Final = "acts"
TABLES: Final = (STATES, INTERVALS, DATED, PAIRS, ACTS)

# Tags of `dated`.
LEVEL: Final = b"l"
SCOPE: Final = b"s"
CONTACT: Final = b"c"
ENTERED: Final = b"e"
UNNUMBERED: Final = b"u"
ASIDE: Final = b"a"
LISTED: Final = b"i"
APPROVED: Final = b"p"

# Tags of `pairs`.
COPY: Final = b"c"
ON_LIST: Final = b"l"
CHILD: Final = b"k"
PARENT: Final = b"p"
CONTENT: Final = b"b"
HOLDING: Final = b"h"

# Tags of `acts`.
VOIDED: Final = b"v"
CORRECTION: Final = b"x"
COUNTERSIGN: Final = b"n"


class Interval(msgspec.Struct, array_like=True, gc=False):
    """
    From when to when a carrier was with one person at one place in one phase.

    Args:
        person, place, unit: empty where unknown or nobody; unit is where it was sent.
        from_us, to_us: half-open; UNKNOWN_US, and None while it lasts.
        from_index, to_index: the acts that began and ended it; None while it lasts.
        phase: of custody alone. evidence: NONE, ONE or BOTH.
        known_index: the record since which this is known; later than from_index after a void or a countersignature.
        void_index: the record that took it back, -1 while it holds.
        older: `to_index` of the carrier's interval before, -1 without.
    """

    carrier: str
    person: str
    place: str
    unit: str
    from_us: int
    to_us: int | None
    from_index: int
    to_index: int | None
    phase: str
    evidence: int
    due_us: int | None
    known_index: int
    void_index: int
    older: int


class CarrierState(msgspec.Struct, array_like=True, gc=False):
    """
    One carrier now.

    now: the open interval, None where no custody act stands. settled_us: the earliest that the last custody act can have
    happened; what certainly happened before is out of order. home: where it belongs when it comes back, `in_stock` or
    `archived`. aim: in transit, the phase that a receipt brings. closed: where no interval is open, `to_index` of the newest
    closed one, else -1. moved_index: the last record that moved it without changing custody. level: as stated at its birth. decided: by a decision about it.
    stored: highest level put on it since it was erased. disposal, recall: lists that it is on.
    """

    now: Interval | None = None
    settled_us: int = UNKNOWN_US
    home: str = "in_stock"
    aim: str = ""
    closed: int = -1
    moved_index: int = -1
    document: str = ""
    form: str = ""
    copy_no: str = ""
    number: str = ""
    pages: int | None = None
    container: str = ""
    level: str = ""
    term: str = ""
    decided: str = ""
    decided_us: int = UNKNOWN_US
    stored: str = ""
    born_index: int = -1
    born_us: int = UNKNOWN_US
    born_kind: str = ""
    disposal: str = ""
    recall: str = ""

    @property
    def last_moved(self) -> int:
        """The last record that moved it, -1 without."""
        return self.moved_index if self.now is None else max(self.moved_index, self.now.from_index)

    @property
    def phase(self) -> str:
        """Of custody alone, lists left out; empty where no custody act stands."""
        return "" if self.now is None else self.now.phase

    @property
    def holder(self) -> str:
        """Who has it, empty if nobody or unknown."""
        return "" if self.now is None else self.now.person

    @property
    def place(self) -> str:
        """Where it is, empty if unknown."""
        return "" if self.now is None else self.now.place


class DocumentState(msgspec.Struct, array_like=True, gc=False):
    """
    One document now.

    stated: the `document` of its registration, encoded; empty without. level, term: in force. decided_us: of the
    decision that put them in force, UNKNOWN_US where only stated. change: of that decision. steps: the steps of
    `decided.classify` seen so far.
    """

    level: str = ""
    term: str = ""
    decided_us: int = UNKNOWN_US
    change: str = ""
    level_us: int = UNKNOWN_US
    register: str = ""
    serial: int = -1
    registered_index: int = -1
    registered_us: int = UNKNOWN_US
    stated: bytes = b""
    derived_from: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


class DocumentLevel(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The first fields of a `DocumentState`, all that a carrier's level rests on: the rest stays undecoded."""

    level: str = ""
    term: str = ""
    decided_us: int = UNKNOWN_US
    change: str = ""


class UnitState(msgspec.Struct, array_like=True, gc=False):
    """A unit as declared last. is_own: it is the one whose log it is, or a section of it. parent: empty if none is known."""

    is_own: bool = False
    parent: str = ""


class ListState(msgspec.Struct, array_like=True, gc=False):
    """One list now. parts: the numbers of the parts that stand. approved_index: of the permit to destroy, -1 without."""

    purpose: str = ""
    total: int = 0
    due_us: int | None = None
    unit: str = ""
    opened_index: int = -1
    opened_us: int = UNKNOWN_US
    parts: tuple[int, ...] = ()
    parts_of: int = 0
    approved_index: int = -1
    approved_us: int = UNKNOWN_US
    moved_index: int = -1


class LevelRow(msgspec.Struct, array_like=True, gc=False):
    """A level from a time on. how: stated, decided, stored, erased or contained. documents: what was stored."""

    us: int
    level: str
    term: str
    how: str
    change: str = ""
    documents: tuple[str, ...] = ()
    void_index: int = -1


class ScopeRow(msgspec.Struct, array_like=True, gc=False):
    """Who may know a document from a time on. how: set, extended, or route (told to handle it, in this order)."""

    us: int
    how: str
    persons: tuple[str, ...]
    posts: tuple[str, ...]
    units: tuple[str, ...]
    void_index: int = -1


class Contact(msgspec.Struct, array_like=True, gc=False):
    """
    People who met content without custody of it.

    how: read, consult, heard; entered (a room); received (a second receiver), escorted, operated; meeting (`place` is then
    the list, whose attendees were there). end_us: when they left it, None if not recorded. signed: whether each of them did.
    """

    end_us: int | None
    how: str
    persons: tuple[str, ...]
    place: str
    signed: bool


class ContactRow(msgspec.Struct, array_like=True, gc=False):
    """The contacts of one act. event_id: of the act. answers: ids of the acts in its refs, which it may complete."""

    us: int
    event_id: bytes
    answers: tuple[bytes, ...]
    contacts: tuple[Contact, ...]
    void_index: int = -1


class UnnumberedRow(msgspec.Struct, array_like=True, gc=False):
    """An act on copies that the book doesn't tell apart. It moves nothing and counts in the document's balance."""

    us: int
    kind: str
    what: str
    count: int
    void_index: int = -1


class Aside(msgspec.Struct, array_like=True, gc=False):
    """A custody act without effect. why: `late` (something later stands), or `ended` (the carrier was no more)."""

    us: int
    end_us: int
    kind: str
    why: str
    phase: str
    giver: str
    receiver: str
    place: str
    unit: str
    evidence: int
    void_index: int = -1


class ListedRow(msgspec.Struct, array_like=True, gc=False):
    """A carrier on a list, from one act to another. off_index: of the act that took it off, None while it is on."""

    list: str
    purpose: str
    reason: str
    us: int
    off_us: int | None = None
    off_index: int | None = None
    void_index: int = -1


class ApprovedRow(msgspec.Struct, array_like=True, gc=False):
    """A permit that took effect for a list."""

    us: int
    act: str
    void_index: int = -1


class CorrectionRow(msgspec.Struct, array_like=True, gc=False):
    """A `corrected.*` and whether it took effect; problem says in one word why not."""

    kind: str
    target_index: int
    field: str
    problem: str


class CountersignRow(msgspec.Struct, array_like=True, gc=False):
    """Who signed an earlier act afterwards: (role, person, signatures)."""

    us: int
    people: tuple[tuple[str, str, int], ...]
    void_index: int = -1


T = TypeVar("T")
_encoder: Final = msgspec.msgpack.Encoder()
encode: Final = _encoder.encode


def _decoder(kind: type[T]) -> msgspec.msgpack.Decoder[T]:
    return msgspec.msgpack.Decoder(kind)


decode_carrier: Final = _decoder(CarrierState).decode
decode_document_level: Final = _decoder(DocumentLevel).decode
decode_document: Final = _decoder(DocumentState).decode
decode_list: Final = _decoder(ListState).decode
decode_unit: Final = _decoder(UnitState).decode
decode_interval: Final = _decoder(Interval).decode
decode_correction: Final = _decoder(CorrectionRow).decode
decode_countersign: Final = _decoder(CountersignRow).decode
_DATED: Final[dict[bytes, Any]] = {
    LEVEL: _decoder(LevelRow),
    SCOPE: _decoder(ScopeRow),
    CONTACT: _decoder(ContactRow),
    ENTERED: _decoder(ContactRow),
    UNNUMBERED: _decoder(UnnumberedRow),
    ASIDE: _decoder(Aside),
    LISTED: _decoder(ListedRow),
    APPROVED: _decoder(ApprovedRow),
}


def decode_dated(tag: bytes, data: bytes) -> Any:
    """The row of the type that belongs to *tag*."""
    return _DATED[tag].decode(data)


def index_key(index: int) -> bytes:
    """Eight bytes that ascend with the index."""
    return index.to_bytes(8, "big")


def interval_key(to_index: int, carrier: str) -> bytes:
    """Key in `intervals`: they are written in the order in which they end."""
    return to_index.to_bytes(8, "big") + carrier.encode()


def dated_key(tag: bytes, subject: str, index: int) -> bytes:
    """Key in `dated`."""
    return b"%b%b\x00%b" % (tag, subject.encode(), index.to_bytes(8, "big"))


def dated_range(tag: bytes, subject: str) -> tuple[bytes, bytes]:
    """First key and end of what `dated` has of one subject under one tag."""
    start = b"%b%b\x00" % (tag, subject.encode())
    return start, start[:-1] + b"\x01"


def pair_key(tag: bytes, one: str, other: str) -> bytes:
    """Key in `pairs`."""
    return b"%b%b\x00%b" % (tag, one.encode(), other.encode())


def index_of_key(key: bytes) -> int:
    """The index at the end of a key of `dated` or `acts`."""
    return int.from_bytes(key[-8:], "big")


def other_of_key(key: bytes) -> str:
    """The second name in a key of `pairs`."""
    return key[key.index(0) + 1 :].decode()
