"""Verifying a log against what was remembered of it: rollback, fork, a log made anew under its name. Does I/O.

The first verification of a log pins it, if the caller says so or knows its id; each later one that finds it intact and
going on from there moves the pin forward. What contradicts the pin becomes evidence (`proof.conflict`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from chainlog.__about__ import __version__
from chainlog.authority.state import ViewAuthority
from chainlog.canon.codec import BAD_BYTES
from chainlog.digest import record_hash
from chainlog.errors import ChainlogError, CheckpointError, PinError, StoreError
from chainlog.event.model import unverified_body, unverified_event
from chainlog.forensics.audit import Known, Progress, audit
from chainlog.forensics.maps import MAPS
from chainlog.forensics.report import AuditReport
from chainlog.log.head import check_head, origin_of
from chainlog.log.log_tree import LogTree
from chainlog.proof.conflict import Conflict, find_conflict
from chainlog.proof.pin import Pin, make_pin
from chainlog.proof.pin_file import advance_pin, read_pin, write_new_pin
from chainlog.record.record import unverified_record
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.port import Snapshot

VERIFIER: Final = f"chainlog {__version__}"
"""Written into pins: another release verifies everything again."""

MAP_SUBJECT: Final = "s/map"

State = Literal["made", "moved", "kept", "refused"]


@dataclass(frozen=True, slots=True)
class PinnedReport:
    """
    An audit against a pin.

    report: of the audit, which compared the pin's head too. pin: as it is in the file now, None if none was made.
    state: whether the pin was `made`, `moved` forward, `kept` as the log didn't grow, or `refused`: the log isn't intact,
        or contradicts it. conflict: the evidence, None if there is none.
    """

    report: AuditReport
    pin: Pin | None
    state: State
    conflict: Conflict | None


def audit_pinned(
    path: str | os.PathLike[str],
    pin_path: str | os.PathLike[str],
    *,
    log_id: bytes | None = None,
    new: bool = False,
    whole: bool = False,
    checkpoint: bytes | None = None,
    stamped: Sequence[bytes] = (),
    processes: int | None = None,
    scratch: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> PinnedReport:
    """
    Audit the log in *path* against the pin in the file *pin_path*, and move the pin forward.

    Args:
        log_id: what the caller knows the log by. Where the file isn't there, the log is pinned if its id is this.
        new: pin a log that nobody gave an id for, in a file that isn't there yet: its id is then believed.
        whole: verify everything again, also what was verified before.
        others: as `audit`.

    Raises:
        PinError: no such file and neither *log_id* nor *new*; *new*, and it is there; the pin is of another log than
            *log_id*; it can't be written. FormatError, CheckpointError: the file is no pin. As `audit`.

    Cost: as `audit`; of records that this release verified before, without their signatures.
    """
    pin = read_pin(pin_path)
    if pin is None and log_id is None and not new:
        raise PinError(
            "is not there; a log is pinned only with its id, or if that is asked for",
            path=str(pin_path),
        )
    if pin is not None and new:
        raise PinError("exists already", path=str(pin_path))
    if pin is not None and log_id not in (None, pin.log_id):
        raise PinError(f"is of the log {pin.log_id.hex()}", path=str(pin_path))
    look = _Look(pin)
    report = audit(
        path,
        log_id=log_id if pin is None else pin.log_id,
        checkpoint=checkpoint,
        stamped=stamped,
        processes=processes,
        scratch=scratch,
        progress=progress,
        known=None if pin is None else Known(pin.note, pin.verified_by == VERIFIER and not whole),
        inspect=look.inspect,
    )
    shown = look.shown
    # A log that isn't the one asked for is `broken`, and a pin is only as good as what stands below it.
    if shown is None or look.conflict is not None or report.integrity != "intact":
        return PinnedReport(report, pin, "refused", look.conflict)
    if look.map is not None and not any(entry.what == MAPS for entry in report.not_checked):
        shown = shown._replace(map=look.map)
    if pin is None:
        write_new_pin(pin_path, shown)
        return PinnedReport(report, shown, "made", None)
    if advance_pin(pin_path, shown):
        return PinnedReport(report, shown, "moved", None)
    return PinnedReport(report, read_pin(pin_path), "kept", None)


class _Look:
    """What the copy under audit says of its head, and what contradicts *pin*."""

    def __init__(self, pin: Pin | None) -> None:
        self._pin = pin
        self.shown: Pin | None = None
        self.map: tuple[int, bytes] | None = None  # the last that was committed
        self.conflict: Conflict | None = None

    def inspect(self, directory: Path, report: AuditReport) -> None:
        """Look at the copy. What can't be read leaves nothing: the audit says what is wrong."""
        try:
            store = LmdbStore.open(directory, read_only=True)
        except ChainlogError:
            return
        try:
            with store.snapshot() as snapshot:
                self.shown = _shown(snapshot, self._pin)
                self.map = _committed_map(snapshot)
                if self._pin is not None:
                    self.conflict = find_conflict(self._pin, self.shown, LogTree(snapshot))
        except (ChainlogError, KeyError, *BAD_BYTES):
            # A damaged log is no evidence against anybody.
            self.conflict = None
        finally:
            store.close()


def _shown(snapshot: Snapshot, pin: Pin | None) -> Pin:
    """The pin of the log in *snapshot*, from its head as signed by its own log key."""
    genesis = snapshot.record(0)
    if genesis is None:
        raise StoreError("there is no record 0")
    authority = ViewAuthority(snapshot)
    log_key = authority.log_key(snapshot.size)
    if log_key is None:
        raise CheckpointError("no log key is in force")
    origin = origin_of(authority.name, record_hash(genesis))
    head = check_head(snapshot.head or b"", origin=origin, log_key=log_key)
    return make_pin(
        head.checkpoint, log_key=log_key, map_checked=None if pin is None else pin.map, verified_by=VERIFIER
    )


def _committed_map(snapshot: Snapshot) -> tuple[int, bytes] | None:
    """(size, root) of the last map that the log committed to, None if it never did."""
    head = snapshot.subject(MAP_SUBJECT)
    record = None if head is None else snapshot.record(head.index)
    if record is None:
        return None
    event = unverified_event(unverified_record(record).event)
    if event.kind != "index_committed":
        return None
    body = unverified_body(event)
    return body.size, body.map_root
