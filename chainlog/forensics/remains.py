"""What was left of a log beyond the records that could be saved: a file of JSON lines, written and read. Does I/O.

    {"what": "salvage", "version": 1, "log_id", "name", "saved", "known_size", "known_root", "head"}     the first line
    {"what": "record", "index", "record_hash", "place", "signers", "kind", "id", "subjects", "record"}
    {"what": "lost", "start", "stop", "hashes"}
    {"what": "subject", "subject", "missing", "records"}

Hashes and ids are hexadecimal, `record` is base64 of the bytes as they stood in the log, `head` the text of a signed
checkpoint or null. The file is no part of a log, and nobody signs it: whoever reads it checks each record over its bytes.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from chainlog import limits
from chainlog.digest import record_hash
from chainlog.errors import CheckpointError, FormatError, RecordHashError, SignatureError
from chainlog.event.jsonform import format_id
from chainlog.forensics.salvage_gather import is_signed
from chainlog.log.handle import LogHandle
from chainlog.log.head import origin_of
from chainlog.record import keys
from chainlog.record.record import CheckedRecord, check_record
from chainlog.tree.checkpoint import verify_checkpoint
from chainlog.tree.merkle import Frontier
from chainlog.tree.note import parse_note

HASHES_A_LINE: Final = 256
_VERSION: Final = 1
_NO_REMAINS: Final = "not a file of remains, one of a later version, or changed on its way"
_NO_REMAINS_ZH: Final = "不是抢救时另存的文件，或版本较新，或传送中被改动"
_LINE_BYTES_MAX: Final = 4 * limits.RECORD_BYTES_MAX

Place = Literal["proven", "stated", "contradicted", "alone"]
"""
How far a record's place is known: `proven` by a head that the log key signed; `stated` by another record or by a tile;
`contradicted` by a signed head: its signatures are good, but what the writer added isn't what stood there; `alone`: by itself.
"""


class Signing(msgspec.Struct, frozen=True):
    """A signature that verifies. person: whose key it is by the records that were saved; None if they don't know the key."""

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
            "what": "salvage", "version": _VERSION, "log_id": self.log_id.hex(), "name": self.name, "saved": self.saved,
            "known_size": self.known_size, "known_root": self.known_root.hex(),
            "head": None if self.head is None else self.head.decode(),
        }  # fmt: skip


class Remains(msgspec.Struct, frozen=True):
    """A whole file, read and checked: every record's form, hash and signatures. Of `place` nothing is checked yet."""

    opening: Opening
    records: tuple[Remnant, ...]
    lost: tuple[Lost, ...]
    subjects: tuple[Lacking, ...]


def line_of(value: dict[str, Any]) -> bytes:
    """A line of the file."""
    return f"{json.dumps(value, ensure_ascii=False)}\n".encode()


def read_remains(path: str | Path) -> Remains:
    """
    Read a file of remains, and check every record in it over its bytes.

    Raises: FormatError for what is no such file; RecordHashError, SignatureError for a record that isn't what it was.
    Cost: as checking so many records, all in memory.
    """
    records, lost, subjects = [], [], []
    opening: Opening | None = None
    try:
        for number, line in enumerate(_lines(Path(path)), 1):
            value = json.loads(line)
            if number == 1:
                opening = _opening(value)
            elif opening is None:
                raise FormatError(_NO_REMAINS, path=str(path), detail_zh=_NO_REMAINS_ZH)
            elif value["what"] == "record":
                records.append(_remnant(value, opening.log_id))
            elif value["what"] == "lost":
                lost.append(Lost(value["start"], value["stop"], tuple(map(bytes.fromhex, value["hashes"]))))
            elif value["what"] == "subject":
                subjects.append(Lacking(value["subject"], value["missing"], tuple(value["records"])))
            else:
                raise FormatError(f"a line of another kind: {value['what']!r}", path=f"{path}:{number}")
    except (ValueError, TypeError, KeyError, UnicodeDecodeError) as error:
        raise FormatError(_NO_REMAINS, path=str(path), detail_zh=_NO_REMAINS_ZH) from error
    if opening is None:
        raise FormatError(_NO_REMAINS, path=str(path), detail_zh=_NO_REMAINS_ZH)
    return Remains(opening, tuple(records), tuple(lost), tuple(subjects))


def _lines(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        while line := file.readline(_LINE_BYTES_MAX + 1):
            if len(line) > _LINE_BYTES_MAX:
                raise FormatError("a line is too long", path=str(path))
            yield line.decode()


def _opening(value: dict[str, Any]) -> Opening:
    if value["what"] != "salvage" or value["version"] != _VERSION:
        raise FormatError(_NO_REMAINS, path="$[0]", detail_zh=_NO_REMAINS_ZH)
    head = value["head"]
    return Opening(
        bytes.fromhex(value["log_id"]), value["name"], value["saved"], value["known_size"],
        bytes.fromhex(value["known_root"]), None if head is None else head.encode(),
    )  # fmt: skip


def _remnant(value: dict[str, Any], log_id: bytes) -> Remnant:
    checked = check_record(b64decode(value["record"], validate=True))
    index = checked.record.index
    if checked.record_hash.hex() != value["record_hash"] or index != value["index"]:
        raise RecordHashError(index=index)
    if not is_signed(checked, log_id) or (not index and checked.record_hash != log_id):
        raise SignatureError(f"record {index}")
    signers = tuple(Signing(one["role"], one["key"], one["person"]) for one in value["signers"])
    return Remnant(checked, msgspec.convert(value["place"], Place), signers)


def prove_places(remains: Remains, log: LogHandle) -> int:
    """
    Check all that the file calls proven against the signed head in it and the records of the new log below it.

    Returns: how many records are proven so.

    Raises: CheckpointError where head, records and hashes don't belong together.
    """
    opening = remains.opening
    proven = [one for one in remains.records if one.place == "proven"]
    if not proven:
        return 0
    if opening.log_id != log.id or opening.head is None:
        raise CheckpointError("the file is of another log, or no signed head is in it")
    hashes: dict[int, bytes] = {}
    stated = [(one.index, one.checked.record_hash) for one in proven]
    stated += [pair for span in remains.lost for pair in zip(range(span.start, span.stop), span.hashes, strict=False)]
    for index, found in stated:
        # What stands twice, or below the gap, would count without being in the tree that is signed.
        if index < opening.saved or index in hashes:
            raise CheckpointError(f"the file speaks twice of record {index}, or it is in the log")
        hashes[index] = found
    with log.authority() as authority:
        # A later key stands in the file alone, which can't vouch for itself.
        log_key = authority.log_key(opening.saved)
    checkpoint = _verified(opening.head, origin_of(log.name, log.id), [] if log_key is None else [log_key])
    if hashes.keys() != set(range(opening.saved, opening.saved + len(hashes))) or (
        opening.saved + len(hashes) != checkpoint.size
    ):
        raise CheckpointError("records and hashes in the file are not those up to the signed head")
    with log.store.snapshot() as snapshot:
        leaves = [record_hash(data) for _, data in snapshot.records(0, opening.saved)]
    leaves += [hashes[index] for index in range(opening.saved, checkpoint.size)]
    if Frontier.empty().extend(leaves).root() != checkpoint.root:
        raise CheckpointError("the hashes in the file don't lead to the signed head")
    return len(proven)


def _verified(note: bytes, origin: str, log_keys: Sequence[bytes]) -> Any:
    for key in log_keys:
        try:
            return verify_checkpoint(parse_note(note), origin=origin, public_key=key, verify=keys.verify)
        except CheckpointError:
            continue
    raise CheckpointError("no log key that is known signed the head in the file")
