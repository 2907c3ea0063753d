"""Sealing texts of events, showing them to one reader, erasing them. Reads and writes `sealed/` through a KeyValue.

Format: schemas/FORMAT.md section 8. The record holds commitments; boxes, and the content keys wrapped to each reader,
lie beside the log. Boxes are written before the event is appended, so a record never waits for its box. Erasing
destroys the wrapped keys and the box after the event `erased` stands; what old backups still hold is beyond it.

Tables: `boxes` commitment → box; `wrapped` commitment ‖ reader's public key → sealed content key; `secrets`
`pseudonym` ‖ reader's public key → the sealed secret from which pseudonyms of documents are derived.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec

from chainlog.canon import codec
from chainlog.errors import NotFoundError, SealError, UsageError
from chainlog.event.catalogue import find_kind
from chainlog.event.subject import fold
from chainlog.event.types import FieldType
from chainlog.log.reader import Entry, Reader
from chainlog.record import keys
from chainlog.record.keys import ReaderKey
from chainlog.record.seal import (
    Opening,
    check_opening,
    commitment,
    make_box,
    new_opening,
    open_box,
    sealed_fields,
)
from chainlog.store.port import KeyValue

_BOXES: Final = "boxes"
_WRAPPED: Final = "wrapped"
_SECRETS: Final = "secrets"
_PSEUDONYM: Final = b"pseudonym"
_CONTENT_KEY_BYTES: Final = 32


class LostSeal(msgspec.Struct, frozen=True, gc=False):
    """A sealed value without a box and without a record of its erasure."""

    index: int
    path: str


class SealedBody(NamedTuple):
    """A body with some texts sealed: what goes into the event, and what goes beside the log."""

    body: dict[str, Any]
    openings: tuple[tuple[str, bytes, Opening], ...]


def seal_body(
    kind: str, body: Mapping[str, Any], *, fields: Iterable[str], log_id: bytes, event_id: bytes
) -> SealedBody:
    """
    Replace free texts of a body by their commitments.

    Args:
        kind: name of the event's kind. body: as for `prepare`.
        fields: names of fields (`title`, `note`), sealed wherever the kind has a Text of that name, or whole
            paths (`document.title`, `stated.0.1`). Names that the body doesn't use are passed over.
        log_id: 32 bytes. event_id: 16 bytes: of the event that the body will be in.

    Raises: FormatError, TextError, LimitError for texts that the field may not hold; UnknownKindError.
    """
    wanted = frozenset(fields)
    openings: list[tuple[str, bytes, Opening]] = []

    def visit(types: Mapping[str, FieldType], value: Mapping[str, Any], path: str) -> dict[str, Any]:
        typed = {name.rstrip("?"): field for name, field in types.items()}
        return {key: one(typed.get(key), item, f"{path}{key}", key) for key, item in value.items()}

    def one(field: FieldType | None, value: Any, path: str, name: str) -> Any:
        if field is None:
            return value
        if field.name == "Text" and isinstance(value, str) and (name in wanted or path in wanted):
            opening = new_opening(value, path=path)
            sealed = commitment(log_id=log_id, event_id=event_id, path=path, opening=opening)
            openings.append((path, sealed, opening))
            return {"sealed": sealed}
        if field.item is not None and isinstance(value, (list, tuple)):
            return [one(field.item, item, f"{path}.{i}", name) for i, item in enumerate(value)]
        if field.fields and isinstance(value, Mapping):
            return visit(field.fields, value, f"{path}.")
        if field.fields and isinstance(value, (list, tuple)):
            parts = list(field.fields.values())
            return [one(parts[i], item, f"{path}.{i}", name) for i, item in enumerate(value) if i < len(parts)]
        return value

    return SealedBody(visit(find_kind(kind).fields, body, ""), tuple(openings))


class Seals:
    """The sealed values of one log."""

    def __init__(self, kv: KeyValue, reader: Reader, log_id: bytes) -> None:
        self._kv = kv
        self._reader = reader
        self._log_id = log_id

    def put(self, sealed: SealedBody, *, readers: Sequence[bytes]) -> None:
        """
        Keep the openings, each boxed under a key of its own that is wrapped to every reader. Durable on return.

        Args:
            readers: X25519 public keys of 32 bytes, at least one.

        Raises: UsageError without readers; SealError for an unusable key; StoreError.
        """
        if not sealed.openings:
            return
        if not readers:
            raise UsageError("a sealed value needs at least one reader, or nobody could ever open it")
        with self._kv.write() as transaction:
            boxes, wrapped = transaction.table(_BOXES), transaction.table(_WRAPPED)
            for _, commitment_, opening in sealed.openings:
                content_key = keys.random_bytes(_CONTENT_KEY_BYTES)
                boxes.put(commitment_, make_box(opening, content_key=content_key, sealed=commitment_))
                for reader in readers:
                    wrapped.put(commitment_ + reader, keys.seal_to(public_key=reader, data=content_key))

    def show(self, entry: Entry, *, path: str, reader_key: ReaderKey) -> str:
        """
        The text of one sealed value, checked against the record.

        Raises: NotFoundError where the event seals nothing there; SealError: erased, lost, not for this reader, damaged.
        """
        return self.opening(entry, path=path, reader_key=reader_key).text

    def opening(self, entry: Entry, *, path: str, reader_key: ReaderKey) -> Opening:
        """Salt and text of one sealed value, checked: to be shown to somebody who has only the record. Raises as `show`."""
        sealed = _commitment_at(entry, path)
        with self._kv.read() as transaction:
            box = transaction.table(_BOXES).get(sealed)
            wrapped = transaction.table(_WRAPPED).get(sealed + reader_key.public_key)
        if box is None:
            gone = "was erased" if self.erased(entry, path) else "is lost"
            raise SealError(f"{path} of record {entry.index} {gone}")
        if wrapped is None:
            raise SealError(f"{path} of record {entry.index} was not sealed to this reader")
        opening = open_box(box, content_key=reader_key.open_sealed(wrapped), sealed=sealed)
        check_opening(sealed, log_id=self._log_id, event_id=entry.event.id, path=path, opening=opening)
        return opening

    def share(self, entry: Entry, *, path: str, reader_key: ReaderKey, with_reader: bytes) -> None:
        """Let one more reader open a value that *reader_key* can open. Raises as `show`."""
        self.opening(entry, path=path, reader_key=reader_key)
        sealed = _commitment_at(entry, path)
        with self._kv.write() as transaction:
            table = transaction.table(_WRAPPED)
            wrapped = table.get(sealed + reader_key.public_key)
            if wrapped is None:
                raise SealError(f"{path} of record {entry.index} was erased meanwhile")
            content_key = reader_key.open_sealed(wrapped)
            table.put(sealed + with_reader, keys.seal_to(public_key=with_reader, data=content_key))

    def make_pseudonyms(self, *, readers: Sequence[bytes]) -> None:
        """
        Make the secret from which documents get pseudonyms, for these readers. Once in the life of a log.

        Raises: UsageError if there is one already, or no readers.
        """
        if not readers:
            raise UsageError("pseudonyms need at least one reader")
        secret = keys.random_bytes(_CONTENT_KEY_BYTES)
        with self._kv.write() as transaction:
            table = transaction.table(_SECRETS)
            if next(iter(table.scan(_PSEUDONYM, _PSEUDONYM + b"\xff" * 33)), None) is not None:
                raise UsageError("the log has its secret for pseudonyms already; share it instead")
            for reader in readers:
                table.put(_PSEUDONYM + reader, keys.seal_to(public_key=reader, data=secret))

    def share_pseudonyms(self, *, reader_key: ReaderKey, with_reader: bytes) -> None:
        """Let one more reader make pseudonyms. Raises SealError where *reader_key* can't."""
        secret = self._pseudonym_secret(reader_key)
        with self._kv.write() as transaction:
            transaction.table(_SECRETS).put(_PSEUDONYM + with_reader, keys.seal_to(public_key=with_reader, data=secret))

    def pseudonym(self, number: str, *, reader_key: ReaderKey) -> str:
        """
        The subject `d/~…` that stands for a document's number: the same each time, and unguessable without the secret.

        Raises: SealError where there is no secret for this reader.
        """
        folded = fold(f"d/{number}")
        token = blake2b(folded.encode(), digest_size=16, key=self._pseudonym_secret(reader_key)).hexdigest()
        return f"d/~{token.upper()}"

    def _pseudonym_secret(self, reader_key: ReaderKey) -> bytes:
        with self._kv.read() as transaction:
            wrapped = transaction.table(_SECRETS).get(_PSEUDONYM + reader_key.public_key)
        if wrapped is None:
            raise SealError("there is no secret for pseudonyms that this reader can open")
        return reader_key.open_sealed(wrapped)

    def check_sealed(self, entry: Entry, *, path: str) -> None:
        """Raise NotFoundError if the event seals nothing at *path*: to be asked before an erasure is recorded."""
        _commitment_at(entry, path)

    def erased(self, entry: Entry, path: str) -> bool:
        """Whether a record of the erasure of this value stands in the log."""
        for later in self._reader.history(entry.event.subjects[0]):
            if later.index <= entry.index:
                return False
            names = any(event_id == entry.event.id for event_id, _ in later.event.refs)
            if later.kind == "erased" and names and later.body().path == path:
                return True
        return False

    def destroy(self, entry: Entry, *, path: str) -> None:
        """
        Destroy wrapped keys and box of a value whose erasure is recorded. Doing it again is fine.

        Raises: UsageError if no `erased` stands in the log for it.
        """
        if not self.erased(entry, path):
            raise UsageError(f"record the erasure of {path} first: without it the loss would be a finding")
        sealed = _commitment_at(entry, path)
        with self._kv.write() as transaction:
            wrapped = transaction.table(_WRAPPED)
            for key in [key for key, _ in wrapped.scan(sealed, sealed + b"\xff" * 33)]:
                wrapped.delete(key)
            transaction.table(_BOXES).delete(sealed)

    def copy_to(self, target: KeyValue) -> None:
        """Copy everything, as of one commit, into empty tables. Raises StoreError."""
        with self._kv.read() as source, target.write() as copy:
            for name in (_BOXES, _WRAPPED, _SECRETS):
                copy.table(name).put_many(list(source.table(name).scan()))

    def lost(self, *, stop: int | None = None) -> Iterator[LostSeal]:
        """
        Every sealed value that has no box although no erasure is recorded: the finding `seal-lost`.

        Cost: one pass over the log.
        """
        size = self._reader.size if stop is None else stop
        for entry in self._reader.read_range(0, size):
            for path, sealed in sealed_fields(_plain(entry)):
                with self._kv.read() as transaction:
                    there = transaction.table(_BOXES).get(sealed) is not None
                if not there and not self.erased(entry, path):
                    yield LostSeal(entry.index, path)


def _plain(entry: Entry) -> dict[str, Any]:
    body: dict[str, Any] = codec.decode(bytes(entry.event.body))
    return body


def _commitment_at(entry: Entry, path: str) -> bytes:
    for found, sealed in sealed_fields(_plain(entry)):
        if found == path:
            return sealed
    raise NotFoundError(what=f"sealed value {path} in record {entry.index}")
