"""Evidence bundles of an open log: which head, which map, which sealed values. Reads the log through its store."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from chainlog.authority.state import ViewAuthority
from chainlog.errors import CheckpointError, NotFoundError, ReceiptError, UsageError
from chainlog.event.subject import fold
from chainlog.log.handle import LogHandle
from chainlog.log.head import check_head
from chainlog.log.log_tree import LogTree, TileRoots
from chainlog.log.sealing import Seals
from chainlog.projection.completeness import CompletenessMap
from chainlog.proof.bundle import WANTED_PREFIXES, Opened
from chainlog.proof.bundle_make import Beginning, Commitment, MadeBundle, make_bundle, newest_commitment
from chainlog.record import keys
from chainlog.record.keys import ReaderKey
from chainlog.store.port import Snapshot
from chainlog.tree.checkpoint import parse_checkpoint, verify_checkpoint
from chainlog.tree.note import parse_note


def bundle_of(
    log: LogHandle,
    maps: CompletenessMap,
    subjects: Sequence[str],
    *,
    openings: Sequence[Opened] = (),
    tokens: Sequence[bytes] = (),
    checkpoint: bytes | None = None,
    references: bool = False,
    roots: TileRoots | None = None,
) -> MadeBundle:
    """
    The bundle about *subjects*, proved with the newest map that the log committed to below the checkpoint.

    Args:
        subjects: 1 to 256, folded here. openings: (event id, path, salt, text) of sealed values to show.
        tokens: time stamps on the checkpoint. checkpoint: prove against this note, one that was cosigned for instance; the
            newest head by default. references: also show the records that those about *subjects* refer to.

    Raises: UsageError for a subject that no bundle is about; CheckpointError for a head, or a *checkpoint*, that the log key
        in force didn't sign; as `make_bundle`.
    """
    wanted = [fold(subject) for subject in subjects]
    for subject in wanted:
        if subject[:1] not in WANTED_PREFIXES or subject[1:2] != "/":
            raise UsageError(f"no bundle is about {subject}")
    stated = None if checkpoint is None else parse_checkpoint(parse_note(checkpoint).text).size
    with ExitStack() as stack:
        commitment = _commitment(log, stated)
        # Before the log is held: a map that has to be caught up with takes its time.
        proofs = None if commitment is None else stack.enter_context(maps.at(commitment.size))
        snapshot = stack.enter_context(log.store.snapshot())
        note = _note(log, snapshot, checkpoint, stated)
        return make_bundle(
            snapshot,
            LogTree(snapshot, roots),
            checkpoint=note,
            subjects=wanted,
            commitment=commitment,
            proofs=proofs,
            openings=openings,
            tokens=tokens,
            references=references,
        )


def openings_of(
    log: LogHandle, seals: Seals, which: Sequence[tuple[bytes, str]], *, reader_key: ReaderKey | None
) -> list[Opened]:
    """
    Openings of sealed values, given by (event id, path in the body).

    Raises: UsageError without a key; NotFoundError; SealError where the value was erased, is lost, or isn't for this reader.
    """
    if reader_key is None:
        raise UsageError("sealed values are opened with a reader's key")
    found = []
    for event_id, path in which:
        entry = log.reader.find(event_id)
        if entry is None:
            raise NotFoundError(what=f"event {event_id.hex()}")
        found.append((event_id, path, *seals.opening(entry, path=path, reader_key=reader_key)))
    return found


def _commitment(log: LogHandle, size: int | None) -> Commitment | None:
    with log.store.snapshot() as snapshot:
        return newest_commitment(Beginning(snapshot, snapshot.size if size is None else size))


def _note(log: LogHandle, snapshot: Snapshot, checkpoint: bytes | None, size: int | None) -> bytes:
    """The checkpoint, signed by the log key in force."""
    authority = ViewAuthority(snapshot)
    if checkpoint is None or size is None:
        log_key = authority.log_key(snapshot.size)
        return check_head(snapshot.head or b"", origin=log.origin, log_key=log_key).checkpoint
    if not 0 < size <= snapshot.size:
        raise ReceiptError(f"the checkpoint is over {size} records, the log has {snapshot.size}")
    log_key = authority.log_key(size)
    if log_key is None:
        raise CheckpointError("no log key is in force; run chainlog verify")
    verify_checkpoint(parse_note(checkpoint), origin=log.origin, public_key=log_key, verify=keys.verify)
    return checkpoint
