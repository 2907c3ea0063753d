"""What people and logs sign: typed statements and their bytes. Pure. Format: schemas/FORMAT.md sections 2 and 10.

A statement is a canonical array whose first element names its purpose, so no statement is another one and none is
a note, a cosignature or an SSH blob: it begins with a byte 0x90 to 0x9F, which none of those does.
Nothing here says whether the event is good or the signer may act: `admit` does.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from chainlog import limits
from chainlog.canon.codec import encode
from chainlog.errors import FormatError, LimitError
from chainlog.event.kind import ROLE_NAME, ROLES

EVENT_CONTEXT: Final = "chainlog/v1/event"
ENROL_CONTEXT: Final = "chainlog/v1/enrol"
ALG_ED25519: Final = 1

_EVENT_BYTES_MAX: Final = limits.largest_event_bytes()


def encode_event_statement(
    *, log_id: bytes, base: tuple[int, bytes], role: str, signed_at_us: int, event: bytes
) -> bytes:
    """
    The bytes that one signature of a record covers. Nothing is checked: for records that are already decoded.

    Args:
        log_id: 32 bytes; zeros in record 0.
        base: index and record hash of the record that the signer saw.
        role: the signer's capacity in the act.
        signed_at_us: the signer's clock.
        event: the event's bytes as the record holds them.

    Cost: 0.2 µs.
    """
    return encode((EVENT_CONTEXT, log_id, base, role, signed_at_us, event))


class EventStatement(NamedTuple):
    """
    What a person states: I took part in this event in this role, and this is what I saw of the log.

    Args:
        log_id: 32 bytes; zeros in record 0.
        base_index: index of a record that the signer saw, the head as a rule; 0 in record 0.
        base_hash: its record hash, 32 bytes; zeros in record 0.
        role: the signer's capacity in this act.
        signed_at_us: the signer's clock, UTC microseconds.
        event: canonical bytes of the event.
    """

    log_id: bytes
    base_index: int
    base_hash: bytes
    role: str
    signed_at_us: int
    event: bytes

    def encoded(self) -> bytes:
        """The bytes to sign or verify. Fields are not checked. Cost: 0.3 µs."""
        log_id, index, base_hash, role, at, event = self
        return encode((EVENT_CONTEXT, log_id, (index, base_hash), role, at, event))

    def check(self) -> None:
        """
        Refuse fields of the wrong type or size; a signer asks before it signs.

        Raises:
            FormatError: names the field. The event's own content is not read.
        """
        log_id, index, base_hash, role, at, event = self
        if (
            type(log_id) is type(base_hash) is type(event) is bytes
            and type(index) is type(at) is int
            and len(log_id) == len(base_hash) == limits.HASH_BYTES
            and 0 <= index <= limits.INTEGER_MAX
            and 0 <= at <= limits.INTEGER_MAX
            and type(role) is str
            and role in ROLES
            and 0 < len(event) <= _EVENT_BYTES_MAX
        ):
            return
        # Something is wrong, or the role is one of a later release: step by step, to say what.
        _check_bytes(self.log_id, limits.HASH_BYTES, "$.log_id")
        _check_int(self.base_index, "$.base_index")
        _check_bytes(self.base_hash, limits.HASH_BYTES, "$.base_hash")
        if type(self.role) is not str or not ROLE_NAME.fullmatch(self.role):
            raise FormatError(f"a role is up to {limits.ROLE_BYTES_MAX} of a-z and _", path="$.role")
        _check_int(self.signed_at_us, "$.signed_at_us")
        if type(self.event) is not bytes or not self.event:
            raise FormatError("not the bytes of an event", path="$.event")
        if len(self.event) > _EVENT_BYTES_MAX:
            raise LimitError(f"{len(self.event)} bytes", path="$.event", limit=_EVENT_BYTES_MAX)


class EnrolStatement(NamedTuple):
    """
    Proof of possession, signed with the key that is to be enrolled: this key is mine.

    Args:
        log_id: 32 bytes, the log that it is enrolled in.
        person: the subject it will sign for: `p/…`, or `s/log` for a log key.
        alg: 1, Ed25519.
        public_key: 32 bytes.
    """

    log_id: bytes
    person: str
    alg: int
    public_key: bytes

    def encoded(self) -> bytes:
        """The bytes to sign or verify. Fields are not checked."""
        return encode((ENROL_CONTEXT, self.log_id, self.person, self.alg, self.public_key))

    def check(self) -> None:
        """
        Refuse fields of the wrong type or size; a signer asks before it signs.

        Raises:
            FormatError: names the field. Whether the person's subject is folded is not asked here.
        """
        _check_bytes(self.log_id, limits.HASH_BYTES, "$.log_id")
        if type(self.person) is not str or not (self.person.startswith("p/") or self.person == "s/log"):
            raise FormatError("a key is a person's (p/…) or the log's (s/log)", path="$.person")
        try:
            size = len(self.person.encode())
        except UnicodeEncodeError as error:
            raise FormatError("not text", path="$.person") from error
        if not len("p/") < size <= limits.SUBJECT_BYTES_MAX:
            raise LimitError(f"{size} bytes", path="$.person", limit=limits.SUBJECT_BYTES_MAX)
        if type(self.alg) is not int or self.alg != ALG_ED25519:
            raise FormatError("the algorithm is 1, Ed25519", path="$.alg")
        _check_bytes(self.public_key, limits.PUBLIC_KEY_BYTES, "$.public_key")


def _check_bytes(value: bytes, size: int, path: str) -> None:
    if type(value) is not bytes or len(value) != size:
        raise FormatError(f"not {size} bytes", path=path)


def _check_int(value: int, path: str) -> None:
    # A bool is an int to Python and another value on the wire.
    if type(value) is not int or not 0 <= value <= limits.INTEGER_MAX:
        raise FormatError("not an integer from 0 to 2**53 - 1", path=path)
