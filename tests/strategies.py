"""Valid events of every kind straight from the table, and records and drafts around them.

One generator, `made_event`, asks a chooser whenever something is open. `Least` and `Fullest` answer always alike;
hypothesis answers in `events()`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Protocol

import msgspec
from hypothesis import strategies as st

from chainlog import digest, limits
from chainlog.canon import codec
from chainlog.event.catalogue import KINDS
from chainlog.event.compose import compose
from chainlog.event.kind import ROLES, Kind
from chainlog.event.model import CheckedEvent
from chainlog.event.types import FieldType
from chainlog.record.draft import Draft, DraftSignature
from chainlog.record.record import GENESIS_BASE, Base, encode_record

# Nothing here composes with what stands beside it, so any text of these is in NFC.
LETTERS = "甲乙丙涉密载体〔〕★éß Ω𠀀aZ09_-./{}%"
NAMES = "甲乙丙AZ019-.·"
# Subjects of which each prefix has a handful, so that events of one log meet.
HANDFUL = 6


class Chooser(Protocol):
    def integer(self, low: int, high: int) -> int: ...
    def bytes(self, least: int, most: int) -> bytes: ...
    def text(self, letters: str, least: int, most: int) -> str: ...
    def one(self, choices: Sequence[Any]) -> Any: ...
    def flag(self) -> bool: ...


class Least:
    """As little of everything as the kind allows."""

    def integer(self, low: int, high: int) -> int:
        return max(low, min(high, 0))

    def bytes(self, least: int, most: int) -> bytes:
        return bytes(least)

    def text(self, letters: str, least: int, most: int) -> str:
        return letters[0] * least

    def one(self, choices: Sequence[Any]) -> Any:
        return choices[0]

    def flag(self) -> bool:
        return False


class Fullest:
    """Every field present, two or three of all that may stand more than once, no two bytes or texts alike."""

    def __init__(self) -> None:
        self._asked = 0

    def integer(self, low: int, high: int) -> int:
        self._asked += 1
        # 200 takes two bytes: a wide form of it can be made.
        return max(low, min(high, 200 + self._asked if high > 255 else 2))

    def bytes(self, least: int, most: int) -> bytes:
        self._asked += 1
        return digest.sha256(b"%d" % self._asked).digest().ljust(most, b"\x01")[:most]

    def text(self, letters: str, least: int, most: int) -> str:
        self._asked += 1
        return letters[self._asked % len(letters)] + str(self._asked)

    def one(self, choices: Sequence[Any]) -> Any:
        self._asked += 1
        return choices[self._asked % len(choices)]

    def flag(self) -> bool:
        return True


class Drawn:
    """Asks hypothesis."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        near = st.integers(max(low, -3), max(low, min(high, 3)))
        return self._draw(near | st.integers(low, high))

    def bytes(self, least: int, most: int) -> bytes:
        return self._draw(st.binary(min_size=least, max_size=most))

    def text(self, letters: str, least: int, most: int) -> str:
        return self._draw(st.text(letters, min_size=least, max_size=min(most, least + 12)))

    def one(self, choices: Sequence[Any]) -> Any:
        return self._draw(st.sampled_from(list(choices)))

    def flag(self) -> bool:
        return self._draw(st.booleans())


# --- values of fields ----------------------------------------------------------------------------

Pool = Mapping[str, Sequence[str]]
"""Prefix to the subjects of it that the event names; of other prefixes it names none."""


def bounds(kind: FieldType) -> tuple[Any, Any]:
    """The plain type of a field, and the Meta by which the table bounds it or None."""
    annotation = kind.annotation
    if hasattr(annotation, "__metadata__"):
        return annotation.__origin__, annotation.__metadata__[0]
    return annotation, None


def possible(kind: FieldType, pool: Pool) -> bool:
    """Whether a value can be made: positions want a subject of their prefix."""
    if kind.position:
        return bool(pool.get(kind.position))
    if kind.item is not None:
        _, size = bounds(kind)
        return possible(kind.item, pool) or not (size and size.min_length)
    return all(possible(inner, pool) for name, inner in kind.fields.items() if not name.endswith("?"))


def made_value(kind: FieldType, pool: Pool, choose: Chooser) -> Any:
    """A value of a field, with the names of subjects where the event will hold positions."""
    plain, size = bounds(kind)
    if kind.position:
        return choose.one(pool[kind.position])
    if kind.subject:
        return f"{choose.one(kind.subject)}/{choose.text(NAMES, 1, 6)}"
    if kind.values:
        return choose.one(list(kind.values))
    if kind.item is not None:
        least, most = (size.min_length or 0, size.max_length) if size else (0, 0)
        count = choose.integer(least, min(most, least + 3)) if possible(kind.item, pool) else 0
        return [made_value(kind.item, pool, choose) for _ in range(count)]
    if kind.fields and isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        return made_map(kind.fields, pool, choose)
    if kind.fields:
        return [made_value(inner, pool, choose) for inner in kind.fields.values()]
    return made_leaf(kind, plain, size, choose)


def made_leaf(kind: FieldType, plain: Any, size: Any, choose: Chooser) -> Any:
    if kind.date:
        return (date(1, 1, 1) + timedelta(days=choose.integer(0, 3_652_058))).isoformat()
    if kind.name == "Text":
        sealed = choose.one((False, True))
        return {"sealed": choose.bytes(limits.HASH_BYTES, limits.HASH_BYTES)} if sealed else choose.text(LETTERS, 1, 40)
    if kind.name == "key":
        return [1, choose.bytes(limits.PUBLIC_KEY_BYTES, limits.PUBLIC_KEY_BYTES)]
    if plain is bool:
        return choose.flag()
    assert size is not None, kind.name
    if plain is int:
        return choose.integer(size.ge, size.le)
    if plain is bytes:
        return choose.bytes(size.min_length, size.max_length)
    assert plain is str, kind.name
    return choose.text(LETTERS, size.min_length, 24)


def made_map(fields: Mapping[str, FieldType], pool: Pool, choose: Chooser) -> dict[str, Any]:
    made = {}
    for name, kind in fields.items():
        if not name.endswith("?") or (choose.flag() and possible(kind, pool)):
            made[name.rstrip("?")] = made_value(kind, pool, choose)
    return made


# --- events --------------------------------------------------------------------------------------


def required_prefixes(fields: Mapping[str, FieldType]) -> set[str]:
    """Prefixes without which the required fields can't be made."""
    wanted = set()
    for name, kind in fields.items():
        if name.endswith("?"):
            continue
        _, size = bounds(kind)
        if kind.position:
            wanted.add(kind.position)
        elif kind.item is not None and size and size.min_length:
            wanted |= required_prefixes({"item": kind.item})
        elif kind.item is None:
            wanted |= required_prefixes(kind.fields)
    return wanted


def made_pool(kind: Kind, choose: Chooser, *, unnumbered: bool) -> dict[str, list[str]]:
    """Subjects, persons, keys and `s/` left out, that fit one of the kind's rows."""
    if kind.subjects == ("target",):
        prefixes = ["c", "d", "l", "i", "u", "w"][: choose.integer(1, 6)]
        return {prefix: made_names(prefix, 1, 2, choose) for prefix in prefixes}
    words = [word for word in choose.one(kind.subjects).split() if not word.startswith(("s/", "k"))]
    if kind.names and len(words) > 1:
        # At most one of them, the one that the field names.
        words = [choose.one(words)] if choose.flag() else []
    needed = required_prefixes(kind.fields)
    pool = {}
    for word in words:
        prefix, many = word[0], word[1:]
        least, most = {"": (1, 1), "+": (1, 3), "*": (0, 3), "?": (0, 1), "2": (2, 2)}[many]
        if unnumbered and prefix == "c":
            least = 0
        if prefix in needed or (unnumbered and prefix == "d"):
            least = max(least, 1)
        pool[prefix] = made_names(prefix, least, most, choose)
    if unnumbered and "c" in pool and "d" not in pool:
        pool["d"] = made_names("d", 1, 2, choose)
    return {prefix: names for prefix, names in pool.items() if names}


def made_names(prefix: str, least: int, most: int, choose: Chooser) -> list[str]:
    count = choose.integer(least, most)
    first = choose.integer(0, HANDFUL)
    return [f"{prefix}/{'甲Z'[i % 2]}{first + i}" for i in range(count)]


def settle_carriers(kind: Kind, body: dict[str, Any], pool: dict[str, list[str]], choose: Chooser) -> None:
    """Items hold each carrier once, all of them where the kind demands it; unnumbered copies stand beside tools alone."""
    carriers = pool.get("c", [])
    tools = {name: body[name] for name in ("device", "volume", "parents") if name in body}
    pointed = {c for value in tools.values() for c in ([value] if isinstance(value, str) else value)}
    if "items" in body:
        body["items"] = list({item["carrier"]: item for item in body["items"]}.values())
    if "copies_unnumbered" in body:
        if "items" in body:
            body["items"] = []
        pool["c"] = [c for c in carriers if c in pointed]
        if isinstance(body.get("found"), list):
            body["found"] = [c for c in body["found"] if c in pointed]
    elif "items" in kind.fields:
        held = {item["carrier"] for item in body["items"]}
        for carrier in carriers:
            if carrier not in held | pointed or (carrier in pointed - held and not held):
                body["items"].append(made_value(kind.fields["items"].item, {**pool, "c": [carrier]}, choose))
                held.add(carrier)
    elif pointed >= set(carriers) and "c" in kind.moves and carriers:
        pool["c"] = [*carriers, "c/甲另"]


def made_people(kind: Kind, choose: Chooser) -> list[tuple[str, str, int]]:
    people = {}
    if "log" in kind.signs:
        people["log", "s/log"] = 1
    if kind.name == "index_committed":
        return [("log", "s/log", 1)]
    roles = sorted(set(ROLES) - {"log"})
    for i in range(choose.integer(0 if people else 1, 5)):
        person = f"p/{choose.text(NAMES, 1, 3)}{i}" if choose.flag() else f"p/L{choose.integer(0, HANDFUL)}"
        people[choose.one(roles), person] = choose.integer(0, limits.SIGNS_PER_PERSON_MAX)
    return [(role, person, signs) for (role, person), signs in people.items()]


def made_event(kind: Kind, choose: Chooser) -> CheckedEvent:
    """A valid event of this kind."""
    places_carriers = kind.subjects != ("target",) and any("c" in row for row in kind.subjects)
    unnumbered = places_carriers and not isinstance(choose, Fullest) and choose.flag()
    pool = made_pool(kind, choose, unnumbered=unnumbered)
    body = made_map(kind.fields, pool, choose)
    if unnumbered:
        body.setdefault("copies_unnumbered", 2)
    else:
        body.pop("copies_unnumbered", None)
    settle_carriers(kind, body, pool, choose)
    if kind.names:
        of = [subject for subjects in pool.values() for subject in subjects]
        body[kind.names] = of[0] if of else f"{choose.one('uw')}/{choose.text(NAMES, 1, 6)}"
    if kind.name == "log_key_changed" and body["old"] == body["new"]:
        body["new"] = [1, digest.sha256(body["old"][1]).digest()]
    start, span = choose.integer(-(2**52), 2**52), choose.integer(0, 2**52)
    references = {choose.bytes(16, 16): choose.bytes(32, 32) for _ in range(choose.integer(0, 3))}
    return compose(
        kind.name,
        body=body,
        people=made_people(kind, choose),
        subjects=[subject for subjects in pool.values() for subject in subjects],
        occurred=(start, span) if choose.flag() else (),
        refs=list(references.items()),
        event_id=choose.bytes(16, 16),
        expires_at_us=0 if kind.name in ("log_opened", "index_committed") else choose.integer(1, limits.INTEGER_MAX),
    )


@st.composite
def events(draw: Any, kinds: Sequence[str] = tuple(KINDS)) -> CheckedEvent:
    """Valid events, of one of *kinds*."""
    return made_event(KINDS[draw(st.sampled_from(list(kinds)))], Drawn(draw))


some_events = st.builds(
    lambda name, chooser: made_event(KINDS[name], chooser()),
    st.sampled_from(list(KINDS)),
    st.sampled_from([Least, Fullest]),
)
"""Of each kind the least and the fullest event: cheaper to draw, where the event is not what is tested."""


# --- records and drafts, whose hashes and signatures are any bytes ----------------------------------

hashes = st.binary(min_size=32, max_size=32)
indexes = st.integers(0, 3) | st.integers(0, limits.INTEGER_MAX)
times = st.integers(0, limits.INTEGER_MAX)
signatures = st.lists(
    st.tuples(st.sampled_from(list(ROLES)), hashes, times, st.binary(min_size=64, max_size=64)),
    min_size=1,
    max_size=4,
    unique_by=lambda signature: signature[:2],
)


@st.composite
def records(draw: Any, around: st.SearchStrategy[CheckedEvent] | None = None) -> bytes:
    """Well-formed records, as their bytes, around any events by default. They follow nothing, and nobody signed them."""
    event = draw(events() if around is None else around)
    return encode_record(
        index=draw(indexes),
        recorded_at_us=draw(times),
        prev_hash=draw(hashes),
        base=draw(st.tuples(indexes, hashes)),
        links=[draw(st.tuples(indexes, indexes, hashes)) for _ in event.event.subjects],
        event=event.encoded,
        signatures=draw(signatures),
    )


def made_record(event: CheckedEvent, *, index: int = 300, signers: int = 2) -> bytes:
    """One well-formed record around an event, always the same."""
    marks = [digest.sha256(b"%d" % i).digest() for i in range(len(event.event.subjects) + signers + 1)]
    return encode_record(
        index=index,
        recorded_at_us=1_735_689_600_000_000,
        prev_hash=marks[0],
        base=(index - 1, marks[0]),
        links=[(i, i + 200, mark) for i, (mark, _) in enumerate(zip(marks, event.event.subjects, strict=False))],
        event=event.encoded,
        signatures=[("operator", mark, 1_735_689_600_000_000 + i, mark * 2) for i, mark in enumerate(marks[-signers:])],
    )


@st.composite
def drafts(draw: Any, around: st.SearchStrategy[CheckedEvent] | None = None) -> Draft:
    """Drafts of any events by default, with some of the signatures that they ask for. The signatures are any bytes."""
    event = draw(events() if around is None else around)
    base: Base = draw(st.just(GENESIS_BASE) | st.tuples(indexes, hashes))
    signed = {}
    for role, person, signs in event.event.people:
        for _ in range(draw(st.integers(0, signs))):
            key, at, mark = draw(hashes), draw(indexes), draw(st.binary(min_size=64, max_size=64))
            signed[role, key] = DraftSignature(role, person, key, at, mark)
    return Draft(draw(hashes), base, event.encoded, tuple(sorted(signed.values(), key=codec.encode)))


# --- any values and any bytes ------------------------------------------------------------------------

canonical_values = st.recursive(
    st.booleans()
    | st.integers(limits.INTEGER_MIN, limits.INTEGER_MAX)
    | st.integers(-300, 300)
    | st.text(max_size=40)
    | st.binary(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abz019_", min_size=1, max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
"""Values that canonical MessagePack may hold, nested too deeply now and then."""


@st.composite
def damaged(draw: Any, sound: st.SearchStrategy[bytes]) -> bytes:
    """Sound bytes with a few changes: bytes replaced, removed, doubled, put in."""
    data = bytearray(draw(sound))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        how = draw(st.integers(0, 3))
        if how == 0:
            data[at : at + 1] = bytes([draw(st.integers(0, 255))])
        elif how == 1:
            del data[at : at + draw(st.integers(1, 4))]
        elif how == 2:
            data[at:at] = data[at : at + draw(st.integers(1, 40))]
        else:
            data[at:at] = draw(st.binary(min_size=1, max_size=6))
    return bytes(data)
