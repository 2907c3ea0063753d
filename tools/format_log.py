"""The worked example of FORMAT.md: a log of four records, every byte explained. Pure; made by the code itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from chainlog import digest
from chainlog.canon import codec
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import Kind
from chainlog.event.model import unverified_event
from chainlog.event.times import format_time
from chainlog.event.types import FieldType
from chainlog.log.head import decode_head
from chainlog.record.record import unverified_record
from chainlog.record.statement import encode_event_statement
from chainlog.tree.merkle import root_of
from tools.fixed_log import ADMINISTRATORS, KEEPER, Growing, public, seed, small_log

_ROW: Final = 34  # a hash with its header
_TIMES: Final = frozenset({"recorded_at_us", "signed_at_us", "expires_at_us", "start_us"})

# A label is a name, a list of labels for the elements of an array (the last repeats), or a mapping for a map.
Label = Any

_EVENT: Final[Label] = (
    "event",
    ["kind", "id", ("occurred", ["start_us", "span_us"]), ("subjects", ["subject"]),
     ("people", [("person", ["role", "person", "signs"])]), ("refs", [("ref", ["id", "event_hash"])]), "expires_at_us"],
)  # fmt: skip
_RECORD: Final[Label] = (
    "record",
    ["version", "index", "recorded_at_us", "prev_hash", ("base", ["base_index", "base_hash"]),
     ("links", [("link", ["position", "prev_index", "prev_record_hash"])]), "event",
     ("signatures", [("signature", ["role", "public_key", "signed_at_us", "signature"])])],
)  # fmt: skip
_STATEMENT: Final[Label] = (
    "statement",
    ["purpose", "log_id", ("base", ["base_index", "base_hash"]), "role", "signed_at_us", "event"],
)


class _Dump:
    """Walks canonical bytes and writes a line for each element."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self.lines: list[str] = []

    def value(self, label: Label, depth: int = 0) -> None:
        """One element and what is inside it."""
        name, inner = (label, None) if isinstance(label, str) else label
        first = self._data[self._at]
        if first >> 4 == 9 or first in (0xDC, 0xDD):
            count, head = self._count(first, small=0x90, wide={0xDC: 2, 0xDD: 4})
            self._line(head, f"array of {count}: {name}", depth)
            self._array(inner, count, depth + 1)
        elif first >> 4 == 8 or first in (0xDE, 0xDF):
            count, head = self._count(first, small=0x80, wide={0xDE: 2, 0xDF: 4})
            self._line(head, f"map of {count}: {name}", depth)
            self._map(inner or {}, count, depth + 1)
        else:
            self._leaf(name, inner, depth)

    def _count(self, first: int, *, small: int, wide: Mapping[int, int]) -> tuple[int, int]:
        width = wide.get(first, 0)
        return (
            (int.from_bytes(self._data[self._at + 1 : self._at + 1 + width], "big"), 1 + width)
            if width
            else (first - small, 1)
        )

    def _array(self, inner: Any, count: int, depth: int) -> None:
        labels = list(inner) if isinstance(inner, (list, tuple)) else ["element"]
        for place in range(count):
            self.value(labels[min(place, len(labels) - 1)], depth)

    def _map(self, inner: Mapping[str, Label], count: int, depth: int) -> None:
        for _ in range(count):
            length = self._data[self._at] - 0xA0
            key = self._data[self._at + 1 : self._at + 1 + length].decode()
            self._line(1 + length, f"{key}:", depth)
            self.value(inner.get(key, "value"), depth + 1)

    def _leaf(self, name: str, inner: Label, depth: int) -> None:
        value, size = _scalar(self._data, self._at)
        if isinstance(value, bytes) and inner is not None:
            header = size - len(value)
            self._line(header, f"bin of {len(value):,} bytes: {name}", depth)
            self.value(inner, depth + 1)
            return
        self._line(size, _said(name, value), depth)

    def _line(self, size: int, text: str, depth: int) -> None:
        data = self._data[self._at : self._at + size]
        rows = [data[i : i + _ROW] for i in range(0, len(data), _ROW)] or [b""]
        for i, row in enumerate(rows):
            said = "  " * depth + text if i == 0 else ""
            self.lines.append(f"{self._at + i * _ROW:04x}  {row.hex():<{2 * _ROW}}  {said}".rstrip())
        self._at += size


def _scalar(data: bytes, at: int) -> tuple[Any, int]:
    """The text, bytes, integer or bool at *at*, and how many bytes it takes with its header."""
    first = data[at]
    if first < 0x80 or first >= 0xE0 or first in (0xC2, 0xC3):
        size = 1
    elif first >> 5 == 5:
        size = 1 + first - 0xA0
    elif first in (0xCC, 0xCD, 0xCE, 0xCF):
        size = 1 + 2 ** (first - 0xCC)
    elif first in (0xD0, 0xD1, 0xD2, 0xD3):
        size = 1 + 2 ** (first - 0xD0)
    else:
        width = {0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC4: 1, 0xC5: 2, 0xC6: 4}[first]
        size = 1 + width + int.from_bytes(data[at + 1 : at + 1 + width], "big")
    return codec.decode(data[at : at + size]), size


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"{name} {str(value).lower()}"
    if isinstance(value, str):
        return f'{name} "{value}"'
    if isinstance(value, bytes):
        return f"{name}, {len(value)} bytes"
    if name in _TIMES and value:
        return f"{name} {value}: {format_time(value, offset_minutes=0)}"
    return f"{name} {value}"


def _field_label(name: str, field: FieldType) -> Label:
    if field.item is not None:
        return (name, [_field_label("element", field.item)])
    if field.fields and all(key.isdigit() for key in field.fields):
        return (name, [_field_label(inner.name, inner) for inner in field.fields.values()])
    if field.fields:
        return (name, {key.rstrip("?"): _field_label(inner.name, inner) for key, inner in field.fields.items()})
    if field.name == "key":
        return (name, ["alg", "public_key"])
    return "position" if field.position else "value"


def _body_label(kind: Kind) -> Label:
    fields = {key.rstrip("?"): _field_label("value", field) for key, field in kind.fields.items()}
    return ("body", fields)


def dump_record(data: bytes) -> list[str]:
    """A line for each element of a record, its event included."""
    event = unverified_event(unverified_record(data).event)
    event_label = (_EVENT[0], [*_EVENT[1], _body_label(KINDS[event.kind])])
    labels = [*_RECORD[1]]
    labels[6] = ("event", event_label)
    dump = _Dump(data)
    dump.value(("record", labels))
    return dump.lines


def dump_statement(data: bytes) -> list[str]:
    """A line for each element of an event statement; the event is left whole."""
    dump = _Dump(data)
    dump.value(_STATEMENT)
    return dump.lines


def _fence(lines: Sequence[str]) -> str:
    return "```\n" + "\n".join(lines) + "\n```\n"


def _keys() -> Iterator[str]:
    yield "The seed of a test key is SHA-256 of `chainlog test key/` and its name. Nobody may use these keys.\n\n"
    rows = [
        f"| `{name}` | `{seed(name).hex()}` | `{public(name).hex()}` |" for name in (*ADMINISTRATORS, "log", KEEPER)
    ]
    yield "| key | seed | public key |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n\n"


def _records(log: Growing) -> Iterator[str]:
    for index, data in enumerate(log.records):
        record = unverified_record(data)
        event = unverified_event(record.event)
        yield f"### D.{index + 2} Record {index}: `{event.kind}`, {len(data):,} bytes\n\n"
        yield _fence(dump_record(data))
        yield (
            f"\nrecord hash `{digest.record_hash(data).hex()}`"
            + (", which is the **log id**" if index == 0 else "")
            + f"; event hash `{digest.event_hash(record.event).hex()}`.\n\n"
        )


def _statement(log: Growing) -> Iterator[str]:
    record = unverified_record(log.records[3])
    role, key, signed_at_us, signature = record.signatures[0]
    statement = encode_event_statement(
        log_id=log.id, base=record.base, role=role, signed_at_us=signed_at_us, event=record.event
    )
    yield "### D.6 What was signed in record 3\n\n"
    yield f"The statement, {len(statement)} bytes; `{KEEPER}` signed it with `{key.hex()}`:\n\n"
    yield _fence(dump_statement(statement))
    yield f"\nThe Ed25519 signature of these bytes is `{signature.hex()}`.\n\n"


def _head(log: Growing) -> Iterator[str]:
    head = decode_head(log.head())
    hashes = [digest.record_hash(data) for data in log.records]
    left, right = digest.node_hash(*hashes[:2]), digest.node_hash(*hashes[2:])
    root = digest.node_hash(left, right)
    if root != root_of(hashes) or root != head.frontier.root():
        raise AssertionError("the worked example computes another root than the tree")
    yield "### D.7 Tree and checkpoint\n\n"
    yield _fence([
        f"a    = H(01 ‖ hash of record 0 ‖ hash of record 1) = {left.hex()}",
        f"b    = H(01 ‖ hash of record 2 ‖ hash of record 3) = {right.hex()}",
        f"root = H(01 ‖ a ‖ b)                               = {root.hex()}",
    ])  # fmt: skip
    yield "\nThe size 4 is 100 in binary, so the frontier is one hash, the root. The checkpoint:\n\n"
    yield _fence(head.checkpoint.decode().rstrip("\n").split("\n"))
    yield "\nThe signature is over the first three lines, each with its newline.\n\n"


def _rows(log: Growing) -> Iterator[str]:
    yield "### D.8 Rows of the tables\n\n"
    subject, number = "c/87", 3
    head = log.subject(subject)
    if head is None:
        raise AssertionError("the worked example names no carrier")
    event = unverified_event(unverified_record(log.records[number]).event)
    stored = log.head()
    rows = [
        ("records", number.to_bytes(8, "big"), f"the {len(log.records[number])} bytes of record {number}"),
        ("subjects", subject.encode(), (head.count.to_bytes(8, "big") + head.index.to_bytes(8, "big") + head.record_hash).hex()),
        ("ids", event.id, number.to_bytes(8, "big").hex()),
        ("head", b"last", (log.size.to_bytes(8, "big") + log.last_hash).hex()),
        ("head", b"head", f"{len(stored)} bytes: {stored[:4].hex()} …"),
        ("checkpoints", (1).to_bytes(8, "big"), "the checkpoint of the first commit, over record 0"),
        ("meta", b"format", "31"),
    ]  # fmt: skip
    yield "| table | key | value |\n| --- | --- | --- |\n"
    yield "".join(
        f"| `{name}` | `{key.hex()}` | {value if ' ' in value else f'`{value}`'} |\n" for name, key, value in rows
    )
    yield "\nThere are no tiles: the first is full with record 255.\n"


def log_text() -> str:
    """Appendix D."""
    log = small_log()
    intro = (
        "Four records: a log is opened, a keeper's key is enrolled, a paper arrives, it is put into a cabinet. Offset, bytes, "
        "meaning; a bin that holds an event is opened. The record bytes, the head and the checkpoint stand as hexadecimal in "
        "`vectors/log.json` too.\n\n### D.1 Keys\n\n"
    )
    return "".join([intro, *_keys(), *_records(log), *_statement(log), *_head(log), *_rows(log)])
