"""What a bundle that holds together proves, and what it leaves open. Pure.

Format: schemas/FORMAT.md, evidence bundles; `schemas/output/bundle.json` for the JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import asdict

from chainlog.errors import VerificationError
from chainlog.event.times import format_time
from chainlog.proof.bundle_judge import Remark
from chainlog.proof.receipt import Witnessed
from chainlog.proof.timestamp import TimeStamp
from chainlog.record.record import CheckedRecord

Authenticity = Literal["genuine", "keys-unproven", "untrusted"]
Completeness = Literal["complete", "complete-to", "selection"]

REASONS: Final[dict[str, str]] = {
    "log id": "no log id was given: whoever made the file may have made up all of it",
    "later records": "what the log holds beyond the checkpoint, and whether it was cut back to it, is said only by a newer "
    "checkpoint, or by a witness",
    "tail": "what stands between the end of the proven part and the checkpoint is shown as far as the maker chose",
    "log key": "whether the log key was replaced after the proven part isn't shown",
    "keys": "whether all keys counted where they signed isn't proved: their histories may go on",
    "map": "nobody who only has the bundle can compute the map again; a full verification of the log does",
    "bases": "some signers signed on records that aren't in the bundle",
    "references": "some acts refer to records that aren't in the bundle",
    "movers": "whether a subject was moved between a base and its record isn't shown where its other records aren't here",
    "ids": "whether an event id stands in other records too isn't shown",
    "sealed values": "some texts are sealed and weren't opened",
    "time stamps": "the time stamps in it weren't checked",
    "no time stamp": "it holds no time stamp: times are those of the log and its signers",
    "cosignatures": "the checkpoint bears signatures of others, of whom nobody asked here",
    "witnesses": "not all witnesses that were asked for have cosigned the checkpoint",
    "unknown kinds": "what events of unknown kinds demand, and what they move",
}
"""What may be left open, and why, in English."""


class SubjectShown(msgspec.Struct, frozen=True, gc=False):
    """
    What the bundle holds of a subject that it is about.

    records: how many of its records name it. whole: whether these are all below `BundleReport.complete_to`; none and whole
    means: never named below that size. position: how many records named it at least, by what the last of these says.
    """

    subject: str
    records: int
    whole: bool
    position: int


@dataclass(frozen=True, slots=True)
class BundleReport:
    """
    A bundle in which nothing was found false.

    log_id: record hash of record 0. origin: of the log. size: of the checkpoint, as of which all of this holds.
    log_key: the key that signed it, which is the log's by the records here.
    authenticity: `genuine` if the caller gave the log id and every key that signs is proved to have counted; `keys-unproven`
        if a key may have ended before it signed; `untrusted` if no log id was given.
    completeness: `complete` if the bundle holds all records about its subjects up to *size*; `complete-to` if up to
        *complete_to*; `selection` if nothing shows that these are all.
    committed: index of the `index_committed` relied on, or None.
    recorded_at_us, last: time and index of the newest record in the bundle.
    subjects: those that it is about. also_shown: other carriers that its records name.
    records: all of them, checked. openings: (event id, path, text) of sealed values, checked.
    witnesses: those asked for that cosigned the checkpoint. tokens: time stamps on it; time_stamps: what
        they say, as far as authorities were given.
    remarks: what is worth saying of records that may stand. not_checked: (what, why), in English.
    """

    log_id: bytes
    origin: str
    log_key: bytes
    size: int
    root: bytes
    authenticity: Authenticity
    completeness: Completeness
    complete_to: int | None
    committed: int | None
    last: int
    recorded_at_us: int
    utc_offset_minutes: int
    subjects: tuple[SubjectShown, ...]
    also_shown: tuple[str, ...]
    records: tuple[CheckedRecord, ...]
    openings: tuple[tuple[bytes, str, str], ...]
    witnesses: tuple[Witnessed, ...]
    tokens: tuple[bytes, ...]
    time_stamps: tuple[TimeStamp, ...]
    remarks: tuple[Remark, ...]
    not_checked: tuple[tuple[str, str], ...]

    def raise_if_not_genuine(self) -> None:
        """Raise VerificationError unless the bundle is genuine. Of completeness it says nothing."""
        if self.authenticity != "genuine":
            raise VerificationError(f"the bundle is {self.authenticity}", authenticity=self.authenticity)

    def as_json(self) -> dict[str, Any]:
        """The object of `bundle verify --json`: hashes in hexadecimal, absent values None."""
        return {
            "log_id": self.log_id.hex(),
            "origin": self.origin,
            "authenticity": self.authenticity,
            "completeness": self.completeness,
            "complete_to": self.complete_to,
            "as_of": {
                "size": self.size,
                "root": self.root.hex(),
                "committed": self.committed,
                "index": self.last,
                "recorded_at": format_time(self.recorded_at_us, offset_minutes=self.utc_offset_minutes),
            },
            "subjects": [asdict(one) for one in self.subjects],
            "also_shown": list(self.also_shown),
            "records": [one.record.index for one in self.records],
            "openings": [
                {"event_id": event_id.hex(), "path": path, "text": text} for event_id, path, text in self.openings
            ],
            "witnesses": [{"name": one.name, "time_s": one.time_s} for one in self.witnesses],
            "time_stamps": [
                {
                    "time": format_time(one.time_us, offset_minutes=0),
                    "accuracy_us": one.accuracy_us,
                    "authority": one.authority,
                }
                for one in self.time_stamps
            ],
            "findings": [asdict(one) for one in self.remarks],
            "not_checked": [{"what": what, "reason": reason} for what, reason in self.not_checked],
        }
