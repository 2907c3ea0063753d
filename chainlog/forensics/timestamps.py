"""Time stamps of a log: which checkpoint a token is of, and what the authority said of it. Reads `LOG/witness/`.

A token by itself names a hash, so the checkpoint is looked for among those at hand: the newest head, those in `witness/`,
and what the caller has. That the records are those of the checkpoint is for the audit to say, which gets the checkpoint as
one that was kept outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from chainlog.errors import ChainlogError, FormatError, TimestampError, UsageError
from chainlog.event.times import format_time
from chainlog.forensics.report import AuditReport
from chainlog.log import witness_files
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
from chainlog.tree.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from chainlog.tree.note import parse_note

if TYPE_CHECKING:
    from chainlog.log.handle import LogHandle

Token = tuple[str, bytes]
"""(name of the file, its content)"""


class Stamped(NamedTuple):
    """A checkpoint with a time stamp that verified. file: of the token. The checkpoint's own signature is judged elsewhere."""

    file: str
    checkpoint: Checkpoint
    stamp: TimeStamp

    def as_json(self) -> dict[str, Any]:
        """An element of `time_stamps` in the answer of `verify`."""
        return {
            "file": self.file,
            "size": self.checkpoint.size,
            "root": self.checkpoint.root.hex(),
            "time": format_time(self.stamp.time_us, offset_minutes=0),
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
    imprint = read_imprint(response, name=name)
    notes = {text: note for note in reversed(known) if (text := _text_of(note)) is not None}
    text = _find_text(imprint, notes, name=name)
    note, checkpoint = notes[text], parse_checkpoint(text)
    stamp = None if authorities is None else verify_timestamp(response, text, authorities, name=name)
    witness_files.put_note(directory, note, size=checkpoint.size)
    return witness_files.put_token(directory, response, size=checkpoint.size), checkpoint, stamp


def stamped_notes(tokens: Sequence[Token], notes: Sequence[bytes]) -> list[bytes]:
    """Those of *notes* that a token is of, for the audit to compare. Tokens that can't be read are of none."""
    imprints = []
    for name, response in tokens:
        try:
            imprints.append(read_imprint(response, name=name))
        except (FormatError, TimestampError):
            continue  # `verify_timestamps` says so
    found = []
    for note in dict.fromkeys(notes):
        text = _text_of(note)
        if text is not None and any(imprint.is_of(text) for imprint in imprints):
            found.append(note)
    return found


def verify_timestamps(tokens: Sequence[Token], texts: Sequence[str], authorities: Authorities) -> list[Stamped]:
    """
    What authorities said of checkpoints.

    Args:
        texts: of the checkpoints at hand.

    Raises: TimestampError, FormatError, LimitError for the first token that doesn't verify, or is of none of them.
    """
    found = []
    for name, response in tokens:
        text = _find_text(read_imprint(response, name=name), texts, name=name)
        stamp = verify_timestamp(response, text, authorities, name=name)
        found.append(Stamped(name, parse_checkpoint(text), stamp))
    return found


def texts_of(report: AuditReport, notes: Sequence[bytes]) -> list[str]:
    """The text of the newest head of the log that was audited, as far as it was confirmed, and those of *notes* of that log."""
    newest = []
    if report.root is not None and report.origin:
        newest = [format_checkpoint(Checkpoint(report.origin, report.size, report.root))]
    given = (text for text in map(_text_of, notes) if text is not None)
    return [*newest, *(text for text in given if parse_checkpoint(text).origin == report.origin)]


def _find_text(imprint: Imprint, texts: Iterable[str], *, name: str) -> str:
    for text in texts:
        if imprint.is_of(text):
            return text
    raise TimestampError(
        "it is of no checkpoint that is at hand; give the checkpoint too",
        detail_zh="不是现有任何日志头的时间戳；请同时给出该日志头（--checkpoint）",
        path=name,
    )


def _text_of(note: bytes) -> str | None:
    """The text of a checkpoint; None for what is none."""
    try:
        text = parse_note(note).text
        parse_checkpoint(text)
    except ChainlogError:
        return None
    return text


def notes_of(snapshot: Snapshot) -> list[bytes]:
    """The newest head and the kept checkpoints; not verified. Raises FormatError for a head that can't be read."""
    newest = [] if snapshot.head is None else [decode_head(snapshot.head).checkpoint]
    return [*newest, *(note for _, note in snapshot.checkpoints())]


def _directory(log: LogHandle) -> Path:
    if not log.path:
        raise UsageError("a log in memory has no files")
    return Path(log.path)
