"""Reading a file of remains (`forensics.remains`), and holding it against the new log. Reads the file.

Nobody signs the file, and anybody may have written it. Of a record only its bytes are believed, as far as their signatures
go: hash, signers, kind and subjects must be those that follow from them. Whose a key is says the new log alone.

Known limit: all records are held in memory.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64decode
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, BinaryIO, Final

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from chainlog import limits
from chainlog.authority.keys import purpose_of
from chainlog.canon.codec import BAD_BYTES
from chainlog.digest import record_hash
from chainlog.errors import CheckpointError, ForeignFileError, FormatError, LimitError, RecordHashError, SignatureError
from chainlog.forensics.plain_file import open_plain
from chainlog.forensics.remains import (
    HASHES_A_LINE,
    VERSION,
    Flaw,
    Lacking,
    Lost,
    Opening,
    Place,
    Remains,
    Remnant,
    Signing,
    end_line,
    line_of,
)
from chainlog.forensics.salvage_gather import is_signed
from chainlog.log.handle import LogHandle
from chainlog.log.head import origin_of
from chainlog.record import keys
from chainlog.record.record import check_record
from chainlog.tree.checkpoint import Checkpoint, verify_checkpoint
from chainlog.tree.merkle import Frontier
from chainlog.tree.note import parse_note

_NO_REMAINS: Final = "not a file of remains, one of a later version, or changed on its way"
_NO_REMAINS_ZH: Final = "不是抢救时另存的文件，或版本较新，或传送中被改动"
# Counts come from tables that may hold anything; no sum of them needs more.
_COUNT_BITS_MAX: Final = 128

_Index = Annotated[int, Meta(ge=0, le=limits.TREE_SIZE_MAX)]
_Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="what"):
    """A line as JSON."""


class _First(_Line, frozen=True, tag="salvage"):
    version: int
    log_id: _Hash
    name: Annotated[str, Meta(max_length=limits.LOG_NAME_BYTES_MAX)]
    saved: _Index
    known_size: _Index
    known_root: _Hash
    head: Annotated[str, Meta(max_length=limits.NOTE_BYTES_MAX)] | None

    def value(self) -> Opening:
        if self.version != VERSION or self.saved > self.known_size:
            raise _no_remains("$[0]")
        head = None if self.head is None else self.head.encode()
        log_id, root = bytes.fromhex(self.log_id), bytes.fromhex(self.known_root)
        return Opening(log_id, self.name, self.saved, self.known_size, root, head)


class _Record(_Line, frozen=True, tag="record"):
    index: _Index
    record_hash: _Hash
    place: Place
    signers: tuple[Signing, ...]
    kind: str
    id: str
    subjects: tuple[str, ...]
    record: str

    def value(self, log_id: bytes) -> Remnant:
        checked = check_record(b64decode(self.record, validate=True))
        index = checked.record.index
        if checked.record_hash.hex() != self.record_hash or index != self.index:
            raise RecordHashError(index=index)
        if not is_signed(checked, log_id) or (not index and checked.record_hash != log_id):
            raise SignatureError(f"record {index}", detail_zh=f"第 {index} 条记录")
        # Persons are compared with nothing yet; all else must be what the record itself says.
        persons = [signer.person for signer in self.signers] + [None] * len(checked.record.signatures)
        stated = zip(checked.record.signatures, persons, strict=False)
        return Remnant(checked, self.place, tuple(Signing(one[0], one[1].hex(), person) for one, person in stated))


class _Lost(_Line, frozen=True, tag="lost"):
    start: _Index
    stop: _Index
    hashes: Annotated[tuple[_Hash, ...], Meta(max_length=HASHES_A_LINE)]

    def value(self) -> Lost:
        if self.start >= self.stop or (self.hashes and len(self.hashes) != self.stop - self.start):
            raise _no_remains("$.hashes")
        return Lost(self.start, self.stop, tuple(map(bytes.fromhex, self.hashes)))


class _Subject(_Line, frozen=True, tag="subject"):
    subject: str
    missing: Annotated[int, Meta(ge=0)]
    records: tuple[_Index, ...]

    def value(self) -> Lacking:
        if self.missing.bit_length() > _COUNT_BITS_MAX:
            raise _no_remains("$.missing")
        return Lacking(self.subject, self.missing, self.records)


class _End(_Line, frozen=True, tag="end"):
    lines: _Index
    unlisted: _Index
    sha256: _Hash


_decode: Final = msgspec.json.Decoder(_First | _Record | _Lost | _Subject | _End).decode


def _no_remains(path: str) -> FormatError:
    return FormatError(_NO_REMAINS, path=path, detail_zh=_NO_REMAINS_ZH)


def read_remains(path: str | os.PathLike[str]) -> Remains:
    """
    Read the file of remains at *path*, and check every record in it over its bytes.

    Returns: what can be read; of a file that isn't what was written its `flaws` say so.

    Raises: as `decode_remains`; UsageError, StoreError for a file that can't be read.
    Cost: as checking so many records, all in memory.
    """
    with open_plain(path) as (file, size):
        if size > limits.REMAINS_FILE_BYTES_MAX:
            raise _too_large(str(path))
        return decode_remains(file, name=str(path))


def decode_remains(file: BinaryIO, *, name: str) -> Remains:
    """
    The same of an open file. name: of the file, for messages.

    Raises: FormatError, LimitError for what is no such file; RecordHashError, SignatureError for a record that isn't what it
        was.
    """
    reader: _Reader | None = None
    for number, line in enumerate(_lines(file, name), 1):
        if not line.endswith(b"\n") and reader is not None and not reader.is_ended:
            break  # it was cut off here; what stands above can be read all the same
        where = f"{name}:{number}"
        try:
            stated = _decode(line)
            if reader is None:
                reader = _Reader(stated)
                written = reader.opening.as_json()
            else:
                written = reader.take(stated)
        except (*BAD_BYTES, ValueError, FormatError) as error:
            raise _no_remains(where) from error
        if line_of(written) != line:
            raise FormatError(
                "the line says what doesn't follow from it", detail_zh="该行前后不符，或写法不对", path=where
            )
        reader.count(line)
    if reader is None:
        raise _no_remains(name)
    return reader.done()


def _lines(file: BinaryIO, name: str) -> Iterator[bytes]:
    total = 0
    while line := file.readline(limits.REMAINS_LINE_BYTES_MAX + 1):
        total += len(line)
        if len(line) > limits.REMAINS_LINE_BYTES_MAX:
            raise LimitError(
                "bytes of a line", detail_zh="一行的字节数", path=name, limit=limits.REMAINS_LINE_BYTES_MAX
            )
        if total > limits.REMAINS_FILE_BYTES_MAX:  # it grew meanwhile
            raise _too_large(name)
        yield line


def _too_large(name: str) -> LimitError:
    return LimitError("bytes of the file", detail_zh="文件字节数", path=name, limit=limits.REMAINS_FILE_BYTES_MAX)


class _Reader:
    """Takes what the lines state, in order, beginning with the first."""

    def __init__(self, first: object) -> None:
        if not isinstance(first, _First):
            raise _no_remains("$[0]")
        self.opening = first.value()
        self._sha256 = hashlib.sha256()
        self._count = 0
        self._records: list[Remnant] = []
        self._lost: list[Lost] = []
        self._subjects: list[Lacking] = []
        self._end: _End | None = None
        self._flaws: list[Flaw] = []

    @property
    def is_ended(self) -> bool:
        """Whether the last line was taken."""
        return self._end is not None

    def count(self, line: bytes) -> None:
        """Count a line that was taken."""
        self._sha256.update(line)
        self._count += 1

    def take(self, stated: object) -> dict[str, Any]:
        """Keep what the next line states; as plain values, as it must be written."""
        if self._end is not None:
            raise _no_remains("$")
        if isinstance(stated, _Record):
            found = stated.value(self.opening.log_id)
            self._records.append(replace(found, signers=_unnamed(found.signers)))
            return found.as_json()
        if isinstance(stated, _Lost):
            self._lost.append(stated.value())
            return self._lost[-1].as_json()
        if isinstance(stated, _Subject):
            self._subjects.append(stated.value())
            return self._subjects[-1].as_json()
        if not isinstance(stated, _End):
            raise _no_remains("$.what")
        self._end = stated
        if (stated.lines, stated.sha256) != (self._count, self._sha256.hexdigest()):
            self._flaws.append("altered")
        return end_line(stated.lines, stated.unlisted, stated.sha256)

    def done(self) -> Remains:
        """All of it."""
        if self._end is None:
            self._flaws.append("cut-short")
        elif self._unspoken() > self._end.unlisted:
            self._flaws.append("incomplete")
        return Remains(self.opening, tuple(self._records), tuple(self._lost), tuple(self._subjects), tuple(self._flaws))

    def _unspoken(self) -> int:
        """Of how many records between those that were saved and the last known head no line speaks."""
        spans = [(one.index, one.index + 1) for one in self._records] + [(one.start, one.stop) for one in self._lost]
        at, stop, count = self.opening.saved, self.opening.known_size, 0
        for begin, end in sorted(spans):
            count += max(0, min(begin, stop) - at)
            at = max(at, end)
        return count + max(0, stop - at)


def _unnamed(signers: Sequence[Signing]) -> tuple[Signing, ...]:
    return tuple(replace(signer, person=None) for signer in signers)


def name_signers(remains: Remains, log: LogHandle) -> Remains:
    """
    The same with the persons whose keys signed, by the new log as it is now; None where that doesn't know a key.

    Raises: ForeignFileError if the file is of another log; RecordHashError where the log's registry is damaged.
    Cost: one look-up a signature.
    """
    _check_log(remains, log)
    with log.authority() as authority:

        def named(signer: Signing) -> Signing:
            history = authority.key(bytes.fromhex(signer.key))
            if history is None or history.purpose != purpose_of(signer.role):
                return signer
            return replace(signer, person=history.holder)

        records = [replace(one, signers=tuple(map(named, one.signers))) for one in remains.records]
    return replace(remains, records=tuple(records))


def _check_log(remains: Remains, log: LogHandle) -> None:
    if remains.opening.log_id != log.id:
        raise ForeignFileError(
            f"it is of the log {remains.opening.log_id.hex()}, and this is the log {log.id.hex()}", path="$.remains"
        )


def prove_places(remains: Remains, log: LogHandle) -> int:
    """
    Check all that the file calls proven against the signed head in it and the records of the new log below it.

    Returns: how many records are proven so.

    Raises: CheckpointError where head, records and hashes don't belong together; ForeignFileError if the file is of another log.
    Cost: a hash a record.
    """
    _check_log(remains, log)
    opening = remains.opening
    proven = [one for one in remains.records if one.place == "proven"]
    if not proven:
        return 0
    if opening.head is None:
        raise CheckpointError("no signed head is in the file", detail_zh="文件中没有签名的日志头")
    hashes = _stated_hashes(remains, proven)
    with log.authority() as authority:
        # A later key stands in the file alone, which can't vouch for itself.
        log_key = authority.log_key(opening.saved)
    checkpoint = _verified(opening.head, origin_of(log.name, log.id), log_key)
    if hashes.keys() != set(range(opening.saved, opening.saved + len(hashes))) or (
        opening.saved + len(hashes) != checkpoint.size
    ):
        raise CheckpointError(
            "records and hashes in the file are not those up to the signed head",
            detail_zh="文件中的记录和哈希不是日志头所签的那些",
        )
    with log.store.snapshot() as snapshot:
        leaves = [record_hash(data) for _, data in snapshot.records(0, opening.saved)]
    leaves += [hashes[index] for index in range(opening.saved, checkpoint.size)]
    if Frontier.empty().extend(leaves).root() != checkpoint.root:
        raise CheckpointError(
            "the hashes in the file don't lead to the signed head", detail_zh="由文件中的哈希得不出日志头所签的树根"
        )
    return len(proven)


def _stated_hashes(remains: Remains, proven: Sequence[Remnant]) -> dict[int, bytes]:
    """Index to hash, of what is called proven and of what is lost."""
    hashes: dict[int, bytes] = {}
    stated = [(one.index, one.checked.record_hash) for one in proven]
    stated += [pair for span in remains.lost for pair in zip(range(span.start, span.stop), span.hashes, strict=False)]
    for index, found in stated:
        # What stands twice, or below the gap, would count without being in the tree that is signed.
        if index < remains.opening.saved or index in hashes:
            raise CheckpointError(
                f"the file speaks twice of record {index}, or it is in the log",
                detail_zh=f"第 {index} 条在文件中出现两次，或已在日志中",
            )
        hashes[index] = found
    return hashes


def _verified(note: bytes, origin: str, log_key: bytes | None) -> Checkpoint:
    try:
        if log_key is None:
            raise CheckpointError("no log key is known")
        return verify_checkpoint(parse_note(note), origin=origin, public_key=log_key, verify=keys.verify)
    except (CheckpointError, FormatError) as error:
        raise CheckpointError(
            "no log key that is known signed the head in the file", detail_zh="文件中的日志头不是已知的日志密钥所签"
        ) from error
