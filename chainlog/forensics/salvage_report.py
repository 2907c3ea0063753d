"""What a salvage says of itself. Pure types."""

from __future__ import annotations

from typing import Any

import msgspec

from chainlog.forensics.salvage_rest import Loss
from chainlog.forensics.salvage_seals import SealReport
from chainlog.forensics.salvage_sources import Source


class OtherStory(msgspec.Struct, frozen=True):
    """
    A head that the log key signed of another history than the one that was saved. copy: where it is; None if it was kept outside.
    parts_at: the first record that is another one there, if it is known. explained: whether a saved `recovered` states such a head.
    """

    size: int
    root: bytes
    head: str
    parts_at: int | None
    explained: bool
    copy: str | None


class SalvageReport(msgspec.Struct, frozen=True):
    """
    What was saved.

    log_id: 32 bytes; pinned: whether the caller gave it. size, root: of what was saved. whole: whether a signed head says
    that it is all there was; then the new log is ready. known_size, known_root: of the last signed head that is known, or of
    what was saved. sources: what was found in each copy. taken: how many records came from each.
    repaired: records of which one byte was put right. stopped: why the first record
    beyond may not stand, where there is one. beyond: how many records are kept beside the log, in the file *remains* (None
    if there are none, and nothing is lost). loss: what is gone. seals: see there. forks: other histories
    that the log key signed. unverified: how many of the heads from outside no known key of the log signed.
    """

    log_id: bytes
    name: str
    pinned: bool
    size: int
    root: bytes
    whole: bool
    known_size: int
    known_root: bytes
    sources: tuple[Source, ...]
    taken: tuple[int, ...]
    repaired: tuple[int, ...]
    stopped: str
    beyond: int
    remains: str | None
    loss: Loss
    seals: SealReport
    forks: tuple[OtherStory, ...]
    unverified: int

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "log_id": self.log_id.hex(), "name": self.name, "trust": "pinned" if self.pinned else "self-consistent",
            "whole": self.whole, "size": self.size, "root": self.root.hex(),
            "known_size": self.known_size, "known_root": self.known_root.hex(),
            "sources": [
                {**msgspec.to_builtins(source), "taken": taken}
                for source, taken in zip(self.sources, self.taken, strict=True)
            ],
            "repaired": list(self.repaired), "stopped": self.stopped, "beyond": self.beyond, "remains": self.remains,
            "lost_from": None if self.whole else self.size,
            "lost": [{"start": start, "stop": stop} for start, stop in self.loss.ranges], "lost_count": self.loss.count,
            "subjects": [
                {"subject": one.subject, "missing": one.missing, "records": list(one.records)} for one in self.loss.subjects
            ],
            "sealed": {
                "copied": self.seals.copied,
                "lost": [{"index": index, "path": path} for index, path in self.seals.lost],
                "withheld": [{"index": index, "path": path} for index, path in self.seals.withheld],
            },
            "forks": [{**msgspec.structs.asdict(fork), "root": fork.root.hex()} for fork in self.forks],
            "checkpoints_unverified": self.unverified,
        }  # fmt: skip
