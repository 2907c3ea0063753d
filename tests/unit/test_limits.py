from __future__ import annotations

import ast
from pathlib import Path

import pytest

import chainlog
from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import LimitError
from chainlog.event.model import check_event
from chainlog.record.record import check_record, encode_record
from tests.messagepack import canonical

PACKAGE = Path(chainlog.__file__).parent
BIG = limits.INTEGER_MAX


def subject(prefix: str, number: int) -> str:
    return f"{prefix}/{number:03}".ljust(limits.SUBJECT_BYTES_MAX, "X")


def body_of(size: int) -> dict[str, str]:
    """A map of texts whose encoding takes exactly *size* bytes."""
    body = {f"f{i:02}": "x" * limits.TEXT_BYTES_MAX for i in range(size // (limits.TEXT_BYTES_MAX + 7))}
    body["g"] = ""
    rest = size - len(canonical(body))
    # A text above 255 bytes has two bytes of header more than an empty one.
    body["g"] = "x" * (rest - (2 if rest > 257 else 1 if rest > 32 else 0))
    assert len(canonical(body)) == size
    return body


def largest_event(*, body_bytes: int = limits.BODY_BYTES_MAX) -> bytes:
    persons = [subject("p", i) for i in range(limits.PEOPLE_MAX)]
    carriers = [subject("c", i) for i in range(limits.SUBJECTS_NOT_PERSONS_MAX)]
    role = "r" * limits.ROLE_BYTES_MAX
    # A kind of a later release: kinds and roles of this one are shorter.
    kind = "a" * 31 + "." + "b" * (limits.KIND_BYTES_MAX - 32)
    people = [(role, person, int(i < limits.SIGNATURES_MAX)) for i, person in enumerate(persons)]
    refs = [(bytes([i]) * 16, bytes(32)) for i in range(limits.REFS_MAX)]
    return canonical([
        kind, bytes(16), [-BIG, BIG], sorted(carriers + persons, key=canonical), sorted(people, key=canonical), refs, BIG,
        body_of(body_bytes),
    ])  # fmt: skip


def largest_record() -> bytes:
    role = "r" * limits.ROLE_BYTES_MAX
    return encode_record(
        index=BIG,
        recorded_at_us=BIG,
        prev_hash=bytes(32),
        base=(BIG, bytes(32)),
        links=[(BIG, BIG, bytes(32))] * limits.SUBJECTS_MAX,
        event=largest_event(),
        signatures=[(role, bytes([i]) * 32, BIG, bytes(64)) for i in range(limits.SIGNATURES_MAX)],
    )


def test_the_largest_event_and_record_are_as_large_as_computed_and_accepted():
    event, record = largest_event(), largest_record()
    assert len(event) == limits.largest_event_bytes()
    assert check_event(event).encoded == event
    assert len(record) == limits.RECORD_BYTES_MAX == limits.largest_record_bytes() <= limits.C2SP_ENTRY_BYTES_MAX
    assert check_record(record).encoded == record


def test_one_byte_more_is_refused_by_name():
    for data in (largest_event(body_bytes=limits.BODY_BYTES_MAX + 1), largest_event() + b"\x00"):
        with pytest.raises(LimitError, match="event"):
            check_event(data)
    smaller = codec.decode(largest_event(body_bytes=limits.BODY_BYTES_MAX))
    smaller[3], smaller[4] = smaller[3][:-1], smaller[4][:-1]
    smaller[7] = body_of(limits.BODY_BYTES_MAX + 1)
    with pytest.raises(LimitError, match="body"):
        check_event(canonical(smaller))
    with pytest.raises(LimitError, match="record"):
        check_record(largest_record() + b"\x00")


def test_the_numbers_of_the_format():
    assert (limits.INTEGER_MAX, limits.INTEGER_MIN) == (9_007_199_254_740_991, -9_007_199_254_740_991)
    assert limits.RECORD_BYTES_MAX == 65_093
    assert limits.C2SP_ENTRY_BYTES_MAX == 65_535


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUBJECT_BYTES_MAX", 123),
        ("BODY_BYTES_MAX", 13_000),
        ("SUBJECTS_NOT_PERSONS_MAX", 225),
        ("SUBJECTS_OF_ACT_MAX", 241),
        ("SUBJECTS_OF_ACT_MAX", 239),
        ("LIST_PART_CARRIERS", 225),
        ("TEXT_BYTES_MAX", 12_289),
        ("WALK_STEPS_MAX", 9_999),
        ("THRESHOLD_MIN", 9),
        ("RECOVERY_KEYS_MAX", 1),
    ],
)
def test_limits_that_contradict_each_other_cannot_be_imported_even_optimised(name: str, value: int):
    source = (PACKAGE / "limits.py").read_text(encoding="utf-8")
    lines = [f"{name} = {value}" if line.startswith(f"{name} = ") else line for line in source.splitlines()]
    assert "\n".join(lines) != source.rstrip("\n")
    exec(compile(source, "limits", "exec", optimize=2), {"__name__": "limits"})
    with pytest.raises(AssertionError):
        exec(compile("\n".join(lines), "limits", "exec", optimize=2), {"__name__": "limits"})


def test_nothing_hangs_on_assert_statements():
    # `python -O` removes them.
    for path in (path for room in ("canon", "event", "record") for path in (PACKAGE / room).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)], path
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "__debug__"]
        assert not names, path
