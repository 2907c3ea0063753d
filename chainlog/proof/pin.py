"""A verifier's memory of one log: the largest signed head that it found intact, and what it verified by then. Pure.

Format: schemas/FORMAT.md section 6 for the head; the rest is laid out here.

    pin = ["chainlog/v1/pin", log_id, log_key, [[map_size, map_root]?], verified_by, note]       canonical

The head says how long the log was and what it held; a log that later says otherwise is convicted by it. It is the
verifier's own: whoever can change it can make him forget, and skip signatures. Keep it where the log's keepers can't write.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

from chainlog.canon import codec
from chainlog.canon.text import check_text
from chainlog.errors import FormatError, LimitError
from chainlog.limits import HASH_BYTES, INTEGER_MAX, NOTE_BYTES_MAX, PIN_FILE_BYTES_MAX
from chainlog.record import keys
from chainlog.tree.checkpoint import Checkpoint, parse_checkpoint, parse_origin, verify_checkpoint
from chainlog.tree.note import parse_note

_TAG: Final = "chainlog/v1/pin"
_VERIFIED_BY_BYTES_MAX: Final = 120
_Hash = Annotated[bytes, Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
_Size = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]


class _File(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    tag: str
    log_id: _Hash
    log_key: _Hash
    maps: Annotated[tuple[tuple[_Size, _Hash], ...], Meta(max_length=1)]
    verified_by: Annotated[str, Meta(max_length=_VERIFIED_BY_BYTES_MAX)]
    note: Annotated[bytes, Meta(max_length=NOTE_BYTES_MAX)]


_codec: Final[codec.Codec[_File]] = codec.Codec(_File)


class Pin(NamedTuple):
    """
    What is remembered of a log.

    log_id: 32 bytes. log_key: the key that signed the head, 32 bytes. checkpoint: what the head says. note: the head.
    map: (size, root) of the last completeness map that was computed again and found right; None if none was.
    verified_by: the program and release that verified every record below the head; empty if none did.
    """

    log_id: bytes
    log_key: bytes
    checkpoint: Checkpoint
    note: bytes
    map: tuple[int, bytes] | None = None
    verified_by: str = ""

    def encoded(self) -> bytes:
        """The canonical bytes. `decode_pin` reads them back."""
        maps = () if self.map is None else (self.map,)
        return codec.encode((_TAG, self.log_id, self.log_key, maps, self.verified_by, self.note))


def make_pin(
    note: bytes, *, log_key: bytes, map_checked: tuple[int, bytes] | None = None, verified_by: str = ""
) -> Pin:
    """
    The pin of a signed head.

    Raises: FormatError, LimitError: *note* is no checkpoint of a log of this format. CheckpointError: *log_key* didn't sign it.
    """
    parsed = parse_note(note)
    origin = parse_checkpoint(parsed.text).origin
    log_id = parse_origin(origin)[1]
    checkpoint = verify_checkpoint(parsed, origin=origin, public_key=log_key, verify=keys.verify)
    return Pin(log_id, log_key, checkpoint, note, map_checked, verified_by)


def decode_pin(data: bytes) -> Pin:
    """
    Read a pin and verify its head again: damage is found, intent isn't.

    Raises: FormatError, LimitError, CheckpointError.
    """
    if len(data) > PIN_FILE_BYTES_MAX:
        raise LimitError(f"{len(data)} bytes", limit=PIN_FILE_BYTES_MAX, path="$.pin")
    file = _codec.decode(data, path="$.pin")
    if file.tag != _TAG:
        raise FormatError("no pin of a log", path="$.pin")
    check_text(file.verified_by, path="$.pin.verified_by")
    stated = parse_checkpoint(parse_note(file.note).text)
    if parse_origin(stated.origin)[1] != file.log_id:
        raise FormatError("its head is not of this log", path="$.pin")
    if file.maps and file.maps[0][0] > stated.size:
        raise FormatError("a map of more records than its head has", path="$.pin.maps")
    return make_pin(
        file.note, log_key=file.log_key, map_checked=file.maps[0] if file.maps else None, verified_by=file.verified_by
    )


def check_follows(new: Pin, old: Pin) -> None:
    """
    Check that *new* may take the place of *old*: a pin never goes backwards.

    That the larger tree begins with the smaller one isn't shown by the pins: the caller has checked it.

    Raises: FormatError naming what goes backwards.
    """
    if new.log_id != old.log_id:
        raise FormatError(f"it is of the log {new.log_id.hex()}", path="$.pin")
    if new.checkpoint.size < old.checkpoint.size:
        raise FormatError(f"{new.checkpoint.size} records are fewer than {old.checkpoint.size}", path="$.pin")
    if new.checkpoint.size == old.checkpoint.size and new.checkpoint.root != old.checkpoint.root:
        raise FormatError("another root of the same size", path="$.pin")
    if old.map and (not new.map or new.map[0] < old.map[0]):
        raise FormatError("an older map", path="$.pin")
