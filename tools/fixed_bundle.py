"""Evidence bundles put together by hand from a log in memory, so that false ones can be made as well. Pure; nothing is checked.

Trees, maps and the choice of records follow FORMAT.md as it stands, slowly, and use nothing of the package's own maker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chainlog import digest
from chainlog.canon import codec
from chainlog.event.model import CheckedEvent, unverified_event
from chainlog.log.head import decode_head
from chainlog.record.record import unverified_record
from chainlog.record.seal import Opening, commitment
from chainlog.tree.checkpoint import parse_checkpoint
from chainlog.tree.note import parse_note
from tests import reference
from tools import map_reference
from tools.fixed_log import CHIEF, CLERK, KEEPER, Growing, Story, event_id

OWN = ("s/admins", "s/log", "s/policy")
SALT = digest.file_digest(b"chainlog test salt")
SEALED_ID = event_id(87)
TITLE = "关于印发方案的通知"


@dataclass(frozen=True)
class Parts:
    """The elements of a bundle, in their order. committed: none or one index."""

    checkpoint: bytes
    wanted: list[str]
    records: list[bytes]
    proof: bytes
    committed: list[int] = field(default_factory=list)
    map_proofs: list[list[Any]] = field(default_factory=list)
    openings: list[list[Any]] = field(default_factory=list)
    tokens: list[bytes] = field(default_factory=list)

    def encoded(self) -> bytes:
        """The file."""
        return codec.encode([
            "chainlog/v1/bundle", self.checkpoint, self.wanted, self.records, self.proof, self.committed,
            self.map_proofs, self.openings, self.tokens,
        ])  # fmt: skip

    def but(self, **changes: Any) -> Parts:
        """The same with some elements replaced."""
        return replace(self, **changes)


def commit_map(log: Story, *, size: int | None = None, root: bytes | None = None, **rest: Any) -> int:
    """Record an `index_committed` for the first *size* records, all by default. Its index."""
    size = log.size if size is None else size
    body = {"map_root": root or map_root(log, size), "size": size, "subjects": len(map_heads(log, size))}
    return log.add("index_committed", body=body, people=[("log", "s/log", 1)], **rest)


def map_root(log: Growing, size: int) -> bytes:
    """Root of the map of the first *size* records."""
    return map_reference.tree(map_reference.entries_of(log.id, map_heads(log, size)))


def map_proof(log: Growing, size: int, subject: str) -> bytes:
    """What the map of the first *size* records proves of *subject*."""
    entries = map_reference.entries_of(log.id, map_heads(log, size))
    return map_reference.prove(entries, map_reference.path_of(log.id, subject))


def batch_proof(leaves: Sequence[bytes], indexes: Iterable[int]) -> bytes:
    """The roots of the largest subtrees without any of *indexes*, from left to right."""
    chosen = set(indexes)
    if not chosen:
        return reference.tree_hash(leaves)
    if len(leaves) == 1:
        return b""
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    left = {index for index in chosen if index < middle}
    return batch_proof(leaves[:middle], left) + batch_proof(
        leaves[middle:], {index - middle for index in chosen - left}
    )


def note_of(log: Growing, **rest: Any) -> bytes:
    """The signed checkpoint over all records."""
    return decode_head(log.head(**rest)).checkpoint


def bundle_of(
    log: Growing,
    wanted: Sequence[str],
    *,
    committed: int | None = None,
    proved: Iterable[str] | None = None,
    more: Iterable[int] = (),
    without: Iterable[int] = (),
    checkpoint: bytes | None = None,
) -> Parts:
    """
    A bundle about *wanted*.

    Args:
        committed: index of the `index_committed` whose map is used. proved: the subjects with a proof; by default those that
            ought to have one. more, without: records beside, or out of, those that it ought to hold.
        checkpoint: over all records by default.
    """
    note = note_of(log) if checkpoint is None else checkpoint
    size = parse_checkpoint(parse_note(note).text).size
    indexes, keys = _demanded(log, wanted, committed, size)
    chosen = sorted((indexes | set(more)) - set(without))
    parts = Parts(
        checkpoint=note,
        wanted=sorted(wanted, key=codec.encode),
        records=[log.records[index] for index in chosen],
        proof=batch_proof([digest.record_hash(data) for data in log.records[:size]], chosen),
    )
    if committed is None:
        return parts
    body = codec.decode(log.records[committed])[6]
    covered = codec.decode(bytes(unverified_event(body).body))["size"]
    subjects = {*wanted, *OWN, *keys} if proved is None else set(proved)
    proofs = [[subject, map_proof(log, covered, subject)] for subject in sorted(subjects, key=codec.encode)]
    return parts.but(committed=[committed], map_proofs=proofs)


def _demanded(log: Growing, wanted: Sequence[str], committed: int | None, size: int) -> tuple[set[int], set[str]]:
    """The records that a bundle ought to hold, without those that others refer to; and the keys that these ask for."""
    subjects = {*wanted, *OWN}
    indexes = {0} if committed is None else {0, committed}
    while True:
        indexes |= {index for index in range(size) if subjects & set(event_of(log, index).subjects)}
        keys = set()
        for index in indexes - {0}:
            signers = [key for _, key, _, _ in unverified_record(log.records[index]).signatures]
            event = event_of(log, index)
            if event.kind == "revoked":
                signers.append(codec.decode(bytes(event.body))["key"][1])
            keys |= {f"k/{key.hex().upper()}" for key in signers}
        if keys <= subjects:
            return indexes, keys
        subjects |= keys


def event_of(log: Growing, index: int) -> Any:
    """The event of a record."""
    return unverified_event(unverified_record(log.records[index]).event)


def map_heads(log: Growing, size: int) -> list[tuple[str, int, bytes]]:
    """(subject, count, hash of the last record) of every subject that the first *size* records name."""
    return [(subject, *_head(head)) for subject, head in Growing(log.records[:size]).heads().items()]


def _head(head: Any) -> tuple[int, bytes]:
    return head.count, head.record_hash


def told_log(genesis: CheckedEvent | None = None) -> Story:
    """
    Nine records: three people, two papers of which one has a sealed title, a loan, its return, a store; record 7 is about the
    other paper alone. Nothing is committed to yet.
    """
    log = Story(genesis)
    for person in (KEEPER, CLERK, CHIEF):
        log.enrol(person)
    for number in (87, 88):
        item = {"carrier": f"c/{number}", "form": "document", "copy_no": str(number)}
        log.add(
            "created.received",
            body={
                "level": "机密", "sender": "u/省委", "channel": "exchange", "listed": 1, "found": 1, "seal": "intact",
                "items": [item],
            } | ({"note": _sealed_note(log)} if number == 87 else {}),
            event_id=SEALED_ID if number == 87 else event_id(number),
            people=[("giver", "p/省交换员", 0), ("receiver", KEEPER, 1)],
        )  # fmt: skip
    lent = log.add(
        "transferred.lend",
        body={"purpose": "起草", "depth": "read"},
        people=[("giver", KEEPER, 1), ("receiver", CLERK, 1)],
        subjects=["c/87"],
    )
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=["c/88"])
    log.add(
        "returned.to_keeper",
        body={"reason": "loan"},
        people=[("giver", CLERK, 1), ("receiver", KEEPER, 1)],
        subjects=["c/87"],
        refs=[log.reference(lent)],
    )
    return log


def opening(*, text: str = TITLE, salt: bytes = SALT) -> list[Any]:
    """The opening of the sealed note in `told_log`."""
    return [SEALED_ID, "note", salt, text]


def _sealed_note(log: Growing) -> dict[str, bytes]:
    return {"sealed": commitment(log_id=log.id, event_id=SEALED_ID, path="note", opening=Opening(SALT, TITLE))}
