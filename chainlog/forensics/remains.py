"""What was left of a log beyond the records that could be saved: the lines of a file beside the new log. Pure.

    {"what": "salvage", "version": 1, "log_id", "name", "saved", "known_size", "known_root", "head"}     the first line
    {"what": "record", "index", "record_hash", "place", "signers", "kind", "id", "subjects", "record"}
    {"what": "lost", "start", "stop", "hashes"}
    {"what": "subject", "subject", "missing", "records"}
    {"what": "end", "lines", "unlisted", "sha256"}                                                        the last line

Hashes and ids are hexadecimal, `record` is base64 of the bytes as they stood in the log, `head` the text of a signed
checkpoint or null. `unlisted` counts records that are lost beyond the ranges that are listed, `lines` the lines above the
last one, and `sha256` is over their bytes. Each line can be written in one way only. The file is no part of a log, and nobody
signs it: the last line shows accidents, and whoever reads a record checks it over its bytes (`forensics.remains_file`).
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import Any, BinaryIO, Final, Literal

import msgspec

from chainlog.event.jsonform import format_id
from chainlog.record.record import CheckedRecord

HASHES_A_LINE: Final = 256
VERSION: Final = 1

Place = Literal["proven", "stated", "contradicted", "alone"]
"""
How far a record's place is known: `proven` by a head that the log key signed; `stated` by another record or by a tile;
`contradicted` by a signed head: its signatures are good, but what the writer added isn't what stood there; `alone`: by itself.
"""

Flaw = Literal["cut-short", "altered", "incomplete"]
"""
What is wrong with a file of remains as a whole: `cut-short` if its last line isn't there; `altered` if that one is about
other lines; `incomplete` if it doesn't speak of every record between those that were saved and the last head that is known.
"""


class Signing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signature that verifies. person: whose key it is by the log that was asked; None if that doesn't know the key."""

    role: str
    key: str
    person: str | None


class Remnant(msgspec.Struct, frozen=True):
    """A record that isn't in the new log, whose signatures all verify."""

    checked: CheckedRecord
    place: Place
    signers: tuple[Signing, ...]

    @property
    def index(self) -> int:
        """Where it says that it stood."""
        return self.checked.record.index

    def as_json(self) -> dict[str, Any]:
        """Its line in the file."""
        event = self.checked.event.event
        return {
            "what": "record", "index": self.index, "record_hash": self.checked.record_hash.hex(), "place": self.place,
            "signers": [msgspec.to_builtins(signer) for signer in self.signers], "kind": event.kind,
            "id": format_id(event.id), "subjects": list(event.subjects), "record": b64encode(self.checked.encoded).decode(),
        }  # fmt: skip


class Lost(msgspec.Struct, frozen=True):
    """Records start … stop-1 are gone. hashes: of them, as far as a signed head proves them; all or none."""

    start: int
    stop: int
    hashes: tuple[bytes, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Its line in the file."""
        return {"what": "lost", "start": self.start, "stop": self.stop, "hashes": [one.hex() for one in self.hashes]}


class Lacking(msgspec.Struct, frozen=True):
    """A subject of which records are gone: how many at least, and the indexes of those that are known."""

    subject: str
    missing: int
    records: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """Its line in the file."""
        return {"what": "subject", "subject": self.subject, "missing": self.missing, "records": list(self.records)}


class Opening(msgspec.Struct, frozen=True):
    """
    The first line. saved: records of the new log that were there before. known_size, known_root: of the last head that
    is known of the old log, as `recovered` states them; head: that head, signed, None if none is left.
    """

    log_id: bytes
    name: str
    saved: int
    known_size: int
    known_root: bytes
    head: bytes | None

    def as_json(self) -> dict[str, Any]:
        """The line."""
        return {
            "what": "salvage", "version": VERSION, "log_id": self.log_id.hex(), "name": self.name, "saved": self.saved,
            "known_size": self.known_size, "known_root": self.known_root.hex(),
            "head": None if self.head is None else self.head.decode(),
        }  # fmt: skip


class Remains(msgspec.Struct, frozen=True):
    """
    A whole file, read and checked: every record's form, hash and signatures. Of `place` nothing is checked yet, and of
    signers nobody is known. flaws: none if every line is there that was written.
    """

    opening: Opening
    records: tuple[Remnant, ...]
    lost: tuple[Lost, ...]
    subjects: tuple[Lacking, ...]
    flaws: tuple[Flaw, ...]


def line_of(value: dict[str, Any]) -> bytes:
    """A line of the file."""
    return f"{json.dumps(value, ensure_ascii=False)}\n".encode()


class LineWriter:
    """Writes lines into *file*, and at last the one about them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lines = 0
        self._sha256 = hashlib.sha256()

    def put(self, value: Opening | Remnant | Lost | Lacking) -> None:
        """Write a line."""
        line = line_of(value.as_json())
        self._file.write(line)
        self._sha256.update(line)
        self._lines += 1

    def end(self, *, unlisted: int) -> None:
        """Write the last line. unlisted: how many records are lost of which no line speaks."""
        self._file.write(line_of(end_line(self._lines, unlisted, self._sha256.hexdigest())))


def end_line(lines: int, unlisted: int, sha256: str) -> dict[str, Any]:
    """The last line as plain values."""
    return {"what": "end", "lines": lines, "unlisted": unlisted, "sha256": sha256}
