"""Time stamps of a log: which checkpoint a token is of, and what the authority said of it. Reads `LOG/witness/`.

A token by itself names a hash, so the checkpoint is looked for among those at hand: the newest head, those that the log
keeps, those in `witness/`, and what the caller has. That the records are those of the checkpoint is for the audit to
say, which gets the checkpoint as one that was kept outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from chainlog.errors import ChainlogError, TimestampError, UsageError
from chainlog.event.times import format_time
from chainlog.log import witness_files
from chainlog.log.handle import LogHandle
from chainlog.log.head import decode_head
from chainlog.proof.timestamp import (
    Authorities,
    Imprint,
    TimeStamp,
    read_imprint,
    timestamp_request,
    verify_timestamp,
)
from chainlog.store.port import Snapshot
from chainlog.tree.checkpoint import Checkpoint, parse_checkpoint
from chainlog.tree.note import parse_note


class Stamped(NamedTuple):
    """A checkpoint with a time stamp that verified. file: of the token. note: the checkpoint, not verified here."""

    file: str
    note: bytes
    checkpoint: Checkpoint
    stamp: TimeStamp

    def as_json(self) -> dict[str, Any]:
        """An element of `time_stamps` in the answer of `verify`."""
        return {
            "file": self.file,
            "size": self.checkpoint.size,
            "root": self.checkpoint.root.hex(),
            "time": format_time(self.stamp.time_us, 0),
            "accuracy_us": self.stamp.accuracy_us,
            "authority": self.stamp.authority,
        }


def request_timestamp(log: LogHandle) -> tuple[bytes, Checkpoint]:
    """
    A request for a time stamp on the newest head, which is kept in `LOG/witness/` until the answer comes.

    Raises: CheckpointError, StoreError; UsageError for a log in memory; MissingExtraError.
    """
    note = log.checkpoint()
    text = parse_note(note).text
    checkpoint = parse_checkpoint(text)
    request = timestamp_request(text)
    witness_files.put_note(_directory(log), note, size=checkpoint.size)
    return request, checkpoint


def add_timestamp(
    log: LogHandle, response: bytes, *, name: str, authorities: Authorities | None = None
) -> tuple[Path, Checkpoint, TimeStamp | None]:
    """
    Keep an authority's answer in `LOG/witness/`, beside the checkpoint that it is of.

    Args:
        response: DER. name: of its file, for messages.
        authorities: if given, it must verify.

    Returns: where it is kept, the checkpoint, and what the authority said if that was verified.

    Raises: TimestampError: of no checkpoint of this log, or it doesn't verify. FormatError, LimitError: no answer.
    """
    directory = _directory(log)
    with log.store.snapshot() as snapshot:
        known = [*notes_of(snapshot), *witness_files.notes(directory)]
    note, checkpoint = find_stamped(read_imprint(response, name=name), known, name=name)
    stamp = None
    if authorities is not None:
        stamp = verify_timestamp(response, parse_note(note).text, authorities, name=name)
    witness_files.put_note(directory, note, size=checkpoint.size)
    return witness_files.put_token(directory, response, size=checkpoint.size), checkpoint, stamp


def verify_timestamps(
    tokens: Sequence[tuple[str, bytes]], known: Sequence[bytes], authorities: Authorities
) -> list[Stamped]:
    """
    What authorities said of checkpoints. Raises TimestampError, FormatError, LimitError for the first that doesn't verify.

    Args:
        tokens: (name, content). known: notes among which the checkpoints are looked for.
    """
    found = []
    for name, response in tokens:
        note, checkpoint = find_stamped(read_imprint(response, name=name), known, name=name)
        stamp = verify_timestamp(response, parse_note(note).text, authorities, name=name)
        found.append(Stamped(name, note, checkpoint, stamp))
    return found


def find_stamped(imprint: Imprint, known: Sequence[bytes], *, name: str) -> tuple[bytes, Checkpoint]:
    """The note among *known* that a token is of. Raises TimestampError if there is none; what is no note is passed over."""
    for note in known:
        try:
            text = parse_note(note).text
            if imprint.is_of(text):
                return note, parse_checkpoint(text)
        except ChainlogError:
            continue
    raise TimestampError(
        "it is of no checkpoint that is at hand; give the checkpoint too",
        detail_zh="不是现有任何日志头的时间戳；请同时给出该日志头（--checkpoint）",
        path=name,
    )


def notes_of(snapshot: Snapshot) -> list[bytes]:
    """The newest head and the kept checkpoints; not verified. Raises FormatError for a head that can't be read."""
    newest = [] if snapshot.head is None else [decode_head(snapshot.head).checkpoint]
    return [*newest, *(note for _, note in snapshot.checkpoints())]


def _directory(log: LogHandle) -> Path:
    if not log.path:
        raise UsageError("a log in memory has no files")
    return Path(log.path)
