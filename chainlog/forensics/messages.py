"""What parent and child of an audit send each other over pipes: frames of MessagePack. Does I/O on the descriptors given.

frame   = length (4 bytes, big-endian) ‖ MessagePack
request = [name of a task, its argument]
answer  = [outcome, value or text]
"""

from __future__ import annotations

import os
import struct
from typing import Final, Literal, NamedTuple

import msgspec

from chainlog.errors import StoreError

_LENGTH: Final = struct.Struct(">I")
_FRAME_BYTES_MAX: Final = 1 << 28

Outcome = Literal["done", "damaged", "machine", "bug"]
"""
How a task ended: `done`; the file is `damaged`, as the text says; the `machine` failed (no space); a `bug`, with its
traceback.
"""


class Request(NamedTuple):
    """A task by its name, and its argument as MessagePack."""

    name: str
    argument: bytes


class Answer(NamedTuple):
    """How a task ended, and its result as MessagePack or a text."""

    outcome: Outcome
    value: bytes


_encode: Final = msgspec.msgpack.Encoder().encode
_requests: Final = msgspec.msgpack.Decoder(Request)
_answers: Final = msgspec.msgpack.Decoder(Answer)


def write_frame(fd: int, message: Request | Answer) -> None:
    """Write one message whole. Raises OSError, BrokenPipeError where nobody reads."""
    data = _encode(message)
    data = _LENGTH.pack(len(data)) + data
    while data:
        data = data[os.write(fd, data) :]


def read_request(fd: int) -> Request | None:
    """The next request; None when the parent has gone."""
    data = _read_frame(fd)
    return None if data is None else _requests.decode(data)


def read_answer(fd: int) -> Answer | None:
    """The next answer; None when the child has gone, or says what no child says."""
    try:
        data = _read_frame(fd)
        return None if data is None else _answers.decode(data)
    except (msgspec.DecodeError, StoreError):
        return None


def _read_frame(fd: int) -> bytes | None:
    header = _read(fd, _LENGTH.size)
    if header is None:
        return None
    length = _LENGTH.unpack(header)[0]
    if length > _FRAME_BYTES_MAX:
        raise StoreError(f"a message of {length} bytes")
    return _read(fd, length)


def _read(fd: int, count: int) -> bytes | None:
    parts = []
    while count:
        part = os.read(fd, min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
