"""Vectors of sections 2.2, 2.9 and 3 and of appendix A: an event or two of every kind, and events with one fault each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chainlog import digest
from chainlog.canon import codec
from chainlog.event.catalogue import KINDS
from chainlog.event.jsonform import to_json
from tools.sample_events import sample
from tools.vector_case import Case, Document, bad, document, good

KIND, ID, OCCURRED, SUBJECTS, PEOPLE, REFS, EXPIRES, BODY = range(8)
OFFSET_MINUTES = 480


def _samples() -> Iterator[Case]:
    for name in KINDS:
        for full in (False, True):
            checked = sample(name, full=full)
            yield good(
                f"{name}, {'all optional fields' if full else 'required fields alone'}",
                event=checked.encoded.hex(),
                event_hash=digest.event_hash(checked.encoded).hex(),
                json=to_json(checked.event, offset_minutes=OFFSET_MINUTES),
                flags=["kind"],
            )


def _changed(place: int, value: Any, *, name: str = "transferred.lend", full: bool = True) -> str:
    """A sample event with one of its eight elements replaced, in hexadecimal."""
    event = codec.decode(sample(name, full=full).encoded)
    event[place] = value
    return codec.encode(event).hex()


def _with_body(name: str = "transferred.lend", *, without: str = "", full: bool = True, **fields: Any) -> str:
    event = codec.decode(sample(name, full=full).encoded)
    event[BODY] = {**event[BODY], **fields}
    event[BODY].pop(without, None)
    return codec.encode(event).hex()


def _element(place: int, *, name: str = "transferred.lend") -> Any:
    return codec.decode(sample(name, full=True).encoded)[place]


def _no(comment: str, event: str, error: str = "malformed", *, flag: str) -> Case:
    code = error if error in ("not-folded", "subjects-mismatch", "unknown-kind") else "malformed"
    return bad(comment, event=event, code=code, error=error, flags=[flag])


def _heads() -> Iterator[Case]:
    flag = "head"
    for comment, kind in (("a kind with a capital", "Transferred.lend"), ("a kind of three parts", "a.b.c"), ("an empty kind", ""),
                          ("a kind with a version of three digits", "transferred.lend/123")):  # fmt: skip
        yield _no(comment, _changed(KIND, kind), flag=flag)
    yield _no("a kind of 65 bytes", _changed(KIND, "x" * 65), "limit", flag=flag)
    yield _no("an id of 15 bytes", _changed(ID, bytes(15)), flag=flag)
    yield _no("an id as text", _changed(ID, "x" * 16), flag=flag)
    yield _no("occurred with one element", _changed(OCCURRED, [0]), flag=flag)
    yield _no("a negative span", _changed(OCCURRED, [0, -1]), flag=flag)
    yield _no("a negative expiry", _changed(EXPIRES, -1), flag=flag)
    yield _no("seven elements", codec.encode(codec.decode(sample("marked", full=False).encoded)[:7]).hex(), flag=flag)
    yield _no("nine elements", codec.encode([*codec.decode(sample("marked", full=False).encoded), 0]).hex(), flag=flag)
    yield _no("a body that is an array", _changed(BODY, []), flag=flag)
    ref = [bytes(16), bytes(32)]
    yield _no("a reference twice", _changed(REFS, [ref, ref]), flag=flag)
    yield _no("an act in two references", _changed(REFS, [ref, [bytes(16), b"\x01" * 32]]), flag=flag)
    yield _no("references out of order", _changed(REFS, [[b"\x01" * 16, bytes(32)], ref]), flag=flag)
    yield _no("seventeen references", _changed(REFS, [[bytes([n]) * 16, bytes(32)] for n in range(17)]), flag=flag)


def _subjects() -> Iterator[Case]:
    flag = "subjects"
    people = [["giver", "p/G", 1], ["receiver", "p/0034", 1]]
    by_length = ["p/G", "c/87", "p/0034"]
    event = codec.decode(sample("transferred.lend", full=False).encoded)

    def lend(subjects: list[str]) -> str:
        return codec.encode([*event[:SUBJECTS], subjects, people, *event[REFS:]]).hex()

    yield good(
        "texts in a sorted array go by length first: p/G before c/87", event=lend(by_length),
        event_hash=digest.event_hash(bytes.fromhex(lend(by_length))).hex(), flags=["order"],
    )  # fmt: skip
    yield _no("the same subjects as keys of a map would go: c/87 before p/G", lend(sorted(by_length)), flag="order")
    yield _no("a subject twice", lend(["p/G", "c/87", "c/87", "p/0034"]), flag=flag)
    yield _no("a subject that isn't folded", lend(["p/G", "c/8a", "p/0034"]), "not-folded", flag=flag)
    yield _no("a carrier's list of none: the row wants c+", lend(["p/G", "p/0034"]), "subjects-mismatch", flag=flag)
    yield _no(
        "a document, which the row doesn't take", lend(["d/1", "p/G", "c/87", "p/0034"]), "subjects-mismatch", flag=flag
    )
    yield _no("a person who takes part is no subject", lend(["p/G", "c/87"]), "subjects-mismatch", flag=flag)
    yield _no(
        "a person is a subject without taking part",
        lend(["p/G", "p/X", "c/87", "p/0034"]),
        "subjects-mismatch",
        flag=flag,
    )
    yield _no("no subjects", _changed(SUBJECTS, []), flag=flag)
    subjects = _element(SUBJECTS, name="created.received")
    place = subjects.index("d/省委〔2025〕7")
    item = {"carrier": place, "form": "document"}
    yield _no(
        "a position that points to a document as a carrier",
        _with_body("created.received", items=[item]),
        "subjects-mismatch",
        flag=flag,
    )
    item = {"carrier": len(subjects), "form": "document"}
    yield _no(
        "a position beyond the subjects", _with_body("created.received", items=[item]), "subjects-mismatch", flag=flag
    )
    yield _no(
        "a unit other than the one declared", _with_body("declared.unit", unit="u/别的"), "subjects-mismatch", flag=flag
    )
    key = _element(BODY, name="enrolled")["key"][1]
    other = bytes([key[0] ^ 1]) + key[1:]
    yield _no(
        "a key that isn't among the subjects", _with_body("enrolled", key=[1, other]), "subjects-mismatch", flag=flag
    )
    yield from _carriers()
    yield from _crowds()
    yield _no(
        "a countersignature of somebody who is no subject",
        _changed(SUBJECTS, ["c/87"], name="countersigned"),
        "subjects-mismatch",
        flag=flag,
    )


def _carriers() -> Iterator[Case]:
    """Items, tools and what is acted on: section 3.3, points 3 and 7."""
    for comment, name, carriers, documents, fields, fits in (
        ("each carrier that arrives stands in items", "created.received", 2, 1, {"items": [0, 1]}, True),
        ("a carrier that arrives stands nowhere in the body", "created.received", 2, 1, {"items": [0]}, False),
        ("a carrier stands in two items", "created.received", 1, 1, {"items": [0, 0]}, False),
        ("copies without numbers", "created.received", 0, 1, {"items": [], "copies_unnumbered": 3}, True),
        ("copies without numbers beside a carrier", "created.received", 1, 1, {"items": [0], "copies_unnumbered": 3}, False),
        ("a copy of an original", "copied.made", 2, 0, {"items": [1], "parents": [0]}, True),
        ("an original without copies", "copied.made", 1, 0, {"items": [], "parents": [0]}, False),
        ("copies without numbers of an original", "copied.made", 1, 1,
         {"items": [], "parents": [0], "copies_unnumbered": 2}, True),
        ("a carrier destroyed with a device", "destroyed.carriers", 2, 0, {"device": 1}, True),
        ("the device is all that is destroyed", "destroyed.carriers", 1, 0, {"device": 0}, False),
        ("a volume is filed in itself", "transferred.archive", 1, 0, {"volume": 0}, False),
    ):  # fmt: skip
        event = codec.decode(sample(name, full=False).encoded)
        persons = sorted({person for _, person, _ in event[PEOPLE]}, key=codec.encode)
        event[SUBJECTS] = [*(f"c/{n}" for n in range(carriers)), *(f"d/{n}" for n in range(documents)), *persons]
        body: dict[str, Any] = {**event[BODY], **fields}
        if "items" in fields:
            body["items"] = [{"carrier": position, "form": "document"} for position in body["items"]]
        event[BODY] = body
        yield _fits(comment, codec.encode(event).hex(), fits=fits)


def _fits(comment: str, event: str, *, fits: bool) -> Case:
    if fits:
        return good(comment, event=event, event_hash=_hash(event), flags=["subjects"])
    return _no(comment, event, "subjects-mismatch", flag="subjects")


def _crowds() -> Iterator[Case]:
    """How many subjects there may be: section 3.3."""
    event = codec.decode(sample("accessed.read", full=False).encoded)
    signed = codec.decode(sample("countersigned", full=False).encoded)
    for carriers, persons in ((224, 16), (208, 32), (225, 2), (224, 17)):
        people = [["reader", f"p/{n:02}", int(n < 16)] for n in range(persons)]
        subjects = sorted(
            [*(f"c/{n:03}" for n in range(carriers)), *(person for _, person, _ in people)], key=codec.encode
        )
        data = codec.encode([*event[:SUBJECTS], subjects, people, *event[REFS:]]).hex()
        comment = f"{carriers} carriers and {persons} persons"
        if carriers == 225 or carriers + persons > 240:
            yield _no(comment, data, "limit", flag="subjects")
        else:
            yield good(comment, event=data, event_hash=_hash(data), flags=["subjects"])
        if carriers == 224:
            data = codec.encode([*signed[:SUBJECTS], subjects, people, *signed[REFS:]]).hex()
            yield good(f"{comment}, to countersign an act", event=data, event_hash=_hash(data), flags=["subjects"])


def _people() -> Iterator[Case]:
    flag = "people"

    def lend(*people: list[Any]) -> str:
        event = codec.decode(sample("transferred.lend", full=False).encoded)
        persons = {person for _, person, _ in people if person[:2] == "p/"}
        event[SUBJECTS] = sorted({"c/87", *persons}, key=codec.encode)
        event[PEOPLE] = sorted(people, key=codec.encode)
        return codec.encode(event).hex()

    receiver = ["receiver", "p/0034", 1]
    yield good(
        "somebody signs with two keys",
        event=lend(["giver", "p/0012", 2], receiver),
        flags=[flag],
        event_hash=_hash(lend(["giver", "p/0012", 2], receiver)),
    )
    yield _no("three signatures of one", lend(["giver", "p/0012", 3], receiver), flag=flag)
    yield _no("true instead of 1", lend(["giver", "p/0012", True], receiver), flag=flag)
    yield _no("a role that isn't on the list", lend(["lender", "p/0012", 1], receiver), flag=flag)
    yield _no("a person twice in one role", lend(["giver", "p/0012", 0], ["giver", "p/0012", 1], receiver), flag=flag)
    yield _no("a unit as a person", lend(["giver", "u/1", 1], receiver), flag=flag)
    yield _no("the log where it takes no part", lend(["giver", "p/0012", 1], ["log", "s/log", 1]), flag=flag)
    yield _no("the log, stated only", lend(["giver", "p/0012", 1], ["log", "s/log", 0]), flag=flag)
    yield _no("a person in the log's role", lend(["giver", "p/0012", 1], ["log", "p/0034", 1]), flag=flag)
    yield _no("nobody", _changed(PEOPLE, []), flag=flag)
    crowd = [["reader", f"p/{n:02}", 2] for n in range(9)]
    yield _no("eighteen signatures", lend(*crowd), "limit", flag=flag)
    commit = _changed(PEOPLE, [["log", "s/log", 1], ["operator", "p/0012", 0]], name="index_committed", full=False)
    yield _no("a person beside the log that commits to its map", commit, flag=flag)
    out_of_order = _element(PEOPLE)[::-1]
    yield _no("people out of order", _changed(PEOPLE, out_of_order), flag=flag)


def _hash(event: str) -> str:
    return digest.event_hash(bytes.fromhex(event)).hex()


def _bodies() -> Iterator[Case]:
    flag = "body"
    yield _no("a field that the kind doesn't have", _with_body(unknown=1), flag=flag)
    yield _no("a required field is absent", _with_body(without="purpose"), flag=flag)
    yield _no("nil instead of absent", _raw_nil(), flag=flag)
    yield _no("a value that isn't on the list", _with_body(depth="borrow"), flag=flag)
    yield _no("a value with a newline", _with_body(depth="read\n"), flag=flag)
    yield _no("an empty text", _with_body(purpose=""), flag=flag)
    yield _no("a text of 1,025 bytes", _with_body(purpose="x" * 1025), flag=flag)
    yield _no("1,026 bytes in 342 characters", _with_body(purpose="镇" * 342), "limit", flag=flag)
    yield _no("a note of 1,026 bytes", _with_body(note="镇" * 342), "limit", flag=flag)
    yield _no("a newline outside of a note", _with_body(purpose="a\nb"), "text", flag=flag)
    event = _with_body(note="a\n\tb")
    yield good("a newline in a note", event=event, event_hash=_hash(event), flags=[flag])
    event = _with_body(purpose={"sealed": bytes(32)})
    yield good("a sealed text", event=event, event_hash=_hash(event), flags=[flag])
    yield _no("a sealed text of 31 bytes", _with_body(purpose={"sealed": bytes(31)}), flag=flag)
    yield _no("a sealed text with a text beside", _with_body(purpose={"sealed": bytes(32), "text": "a"}), flag=flag)
    yield _no("a place that isn't folded", _with_body(place="w/g1"), "not-folded", flag=flag)
    yield _no("a unit as place", _with_body(place="u/G1"), flag=flag)
    yield _no("a text instead of a number", _with_body(pages="2"), flag=flag)
    yield _no("a negative number", _with_body(pages=-1), flag=flag)
    for comment, date in (
        ("30 February", "2025-02-30"), ("29 February of a year that isn't a leap year", "1900-02-29"), ("year 0", "0000-01-01"),
        ("full-width digits", "２０２５-01-01"), ("Arabic digits", "٢٠٢٥-01-01"), ("without dashes", "2025010100"),
    ):  # fmt: skip
        yield _no(f"a date: {comment}", _with_body("appointed.post", valid_from=date), flag=flag)
    event = _with_body("appointed.post", valid_from="2024-02-29")
    yield good("29 February of a leap year", event=event, event_hash=_hash(event), flags=[flag])
    yield _no("a body beyond its limit", _too_long(), "limit", flag=flag)
    yield _no("an algorithm other than 1", _with_body("enrolled", key=[2, bytes(32)]), flag=flag)
    wide = bytes.fromhex(_with_body("transferred.lend", full=False))
    yield _no("a field in a wider form", wide.replace(b"\xa5depth", b"\xd9\x05depth").hex(), "not-canonical", flag=flag)


def _raw_nil() -> str:
    event = bytes.fromhex(_with_body(full=False, purpose="x"))
    return event.replace(b"\xa7purpose\xa1x", b"\xa7purpose\xc0").hex()


def _too_long() -> str:
    stated = [["receiver", "x" * 1000] for _ in range(13)]
    return _with_body(stated=stated)


def _unknown() -> Iterator[Case]:
    flag = "unknown"
    event = codec.decode(sample("transferred.lend", full=True).encoded)
    event[KIND] = "transferred.lend/2"
    event[BODY] = {"of_a_later_release": [1, {"x": True}]}
    encoded = codec.encode(event)
    yield {
        **good("a kind of a later release: its head can be read", event=encoded.hex(), event_hash=_hash(encoded.hex()), flags=[flag]),
        "code": "unknown-kind",
    }  # fmt: skip
    event[PEOPLE] = [["loaner", "p/0012", 1]]
    event[SUBJECTS] = ["c/87", "p/0012"]
    encoded = codec.encode(event)
    yield {
        **good("a role of a later release", event=encoded.hex(), event_hash=_hash(encoded.hex()), flags=[flag]),
        "code": "unknown-kind",
    }  # fmt: skip
    event[SUBJECTS] = ["c/87", "p/0034"]
    yield _no("whoever takes part is a subject in any kind", codec.encode(event).hex(), "subjects-mismatch", flag=flag)
    event[SUBJECTS] = ["c/87", "p/0012"]
    event[PEOPLE] = [["Loaner", "p/0012", 1]]
    yield _no("a role that can't be one", codec.encode(event).hex(), flag=flag)
    event[PEOPLE] = [["loaner", "p/0012", 1]]
    event[SUBJECTS] = ["p/0012", "c/87"]
    yield _no("subjects out of order in an unknown kind", codec.encode(event).hex(), flag=flag)


_FLAGS: Mapping[str, str] = {
    "kind": "made from the table: one event with required fields alone and one with all, of every kind",
    "head": "one of the eight elements", "subjects": "section 3", "people": "section 2.9", "body": "the fields of the kind",
    "order": "the order of texts in a sorted array is not that of map keys (section 1.1)",
    "unknown": "a kind that isn't in appendix A; valid as to its form, and the finding `unknown-kind`",
}  # fmt: skip


def events() -> Document:
    """Family `event`."""
    about = (
        "Events as bytes, judged by themselves: form, limits, text, subjects, people, body. `event_hash` of valid ones; `json` is the "
        f"JSON form (schemas/event/event.json) with times at an offset of {OFFSET_MINUTES} minutes."
    )
    cases = [*_samples(), *_heads(), *_subjects(), *_people(), *_bodies(), *_unknown()]
    return document("event", about, cases, flags=_FLAGS)
