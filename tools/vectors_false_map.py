"""Vectors of the evidence of a false map: a log whose keeper commits to a map of his own making."""

from __future__ import annotations

from typing import Any

from chainlog import digest
from chainlog.canon import codec
from tests import reference
from tools import map_reference
from tools.fixed_bundle import commit_map, map_heads, told_log
from tools.fixed_log import NAME, Growing, public
from tools.vector_case import Case, Document, bad, document, good
from tools.vectors_proofs import laid_out, signed


class _Untrue:
    """A log whose keeper commits to a map of his own making, and what can be shown of it."""

    def __init__(self, changes: dict[str, tuple[int, int] | None], *, size: int = 9, stated: int | None = None) -> None:
        """changes: subject → (count, index of its last record) that the map says instead of the truth, None for absent."""
        log = told_log()
        self.hashes = [digest.record_hash(data) for data in log.records]
        told = {subject: (count, last) for subject, count, last in map_heads(log, size)}
        for subject, claim in changes.items():
            told.pop(subject)
            if claim is not None:
                told[subject] = (claim[0], self.hashes[claim[1]])
        self.entries = map_reference.entries_of(log.id, [(subject, *claim) for subject, claim in told.items()])
        self.told = told
        # Whether a commitment says more than it can isn't a question of its shape.
        commit_map(log, size=size if stated is None else stated, root=map_reference.tree(self.entries))
        self.log: Growing = log
        self.hashes = [digest.record_hash(data) for data in log.records]

    def receipt(
        self, index: int, *, size: int = 10, key: str = "log", log_id: bytes | None = None, name: str = NAME
    ) -> bytes:
        """The receipt of a record in the tree of *size*."""
        hashes = self.hashes[:size]
        note = signed(f"{name}/{(log_id or self.log.id).hex()}", size, reference.tree_hash(hashes), key=key)
        return laid_out(index, reference.inclusion_path(index, hashes), note, self.log.records[index]).encode()

    def shown(self, subject: str = "c/87", index: int = 8, **changes: Any) -> bytes:
        """The evidence; changes: parts that shall be other than they ought to be."""
        count, last = self.told.get(subject, (0, bytes(32)))
        parts: dict[str, Any] = {
            "tag": "chainlog/v1/false-map",
            "commitment": (self.receipt(9), public("log")),
            "record": (self.receipt(index), public("log")),
            "subject": subject,
            "count": count,
            "last_hash": last,
            "proof": map_reference.prove(self.entries, map_reference.path_of(self.log.id, subject)),
        }
        return codec.encode(tuple({**parts, **changes}.values()))


def false_maps() -> Document:
    """Family `falsemap`."""
    cut, gone, other = (_Untrue({"c/87": claim}) for claim in ((2, 6), None, (3, 6)))
    more = _Untrue({"c/87": (4, 8)})
    cases: list[Case] = []
    for comment, data, known in (
        ("the last event is left out", cut.shown(), True),
        ("the subject is left out", gone.shown(), True),
        ("the first event of a subject that is left out", gone.shown(index=4), True),
        ("as many events, the last is another", other.shown(), True),
        ("the record's receipt is older than the map", cut.shown(record=(cut.receipt(8, size=9), public("log"))), True),
        ("a receipt by a key that is not known", cut.shown(record=(cut.receipt(8, key="p/A1"), public("p/A1"))), False),
        ("a commitment by a key that is not known", cut.shown(commitment=(cut.receipt(9, key="p/A1"), public("p/A1"))), False),
    ):  # fmt: skip
        cases.append(good(comment, false_map=data.hex(), keys_known=known))
    true = _Untrue({})
    whole = cut.shown()
    for comment, data, error in (
        ("the map knows the record: its last", true.shown(), "no-conflict"),
        ("the map knows the record: one before", true.shown(index=6), "no-conflict"),
        ("the map says more than this record does", more.shown(), "no-conflict"),
        ("a record that the map leaves out, beside one that it doesn't", cut.shown(index=6), "no-conflict"),
        ("the record stands above what the map covers", _Untrue({}, size=8).shown(), "no-conflict"),
        ("a map of more records than there are", _Untrue({"c/87": (2, 6)}, stated=10).shown(), "no-conflict"),
        ("the record doesn't name the subject", cut.shown("c/88"), "no-conflict"),
        ("another record than a commitment", cut.shown(commitment=(cut.receipt(8), public("log"))), "no-conflict"),
        ("receipts exchanged", cut.shown(commitment=(cut.receipt(8), public("log")), record=(cut.receipt(9), public("log"))), "no-conflict"),
        ("another count than the map says", cut.shown(count=1), "proof"),
        ("another last record than the map says", cut.shown(last_hash=cut.hashes[4]), "proof"),
        ("said to be absent", cut.shown(count=0, last_hash=bytes(32)), "proof"),
        ("said to be present", gone.shown(count=2, last_hash=gone.hashes[6]), "proof"),
        ("the proof of another subject", cut.shown(proof=map_reference.prove(cut.entries, map_reference.path_of(cut.log.id, "c/88"))), "proof"),
        ("the proof from another map", cut.shown(proof=map_reference.prove(_Untrue({"c/88": None}).entries, map_reference.path_of(cut.log.id, "c/87"))), "proof"),
        ("no proof", cut.shown(proof=b""), "malformed"),
        ("a proof with a byte more", cut.shown(proof=map_reference.prove(cut.entries, map_reference.path_of(cut.log.id, "c/87")) + b"\0"), "proof"),
        ("a last record of nothing", gone.shown(last_hash=gone.hashes[6]), "malformed"),
        ("no last record", cut.shown(last_hash=bytes(32)), "malformed"),
        ("a checkpoint that the key beside it did not sign", cut.shown(record=(cut.receipt(8), public("p/A1"))), "checkpoint"),
        ("the receipt of another record", cut.shown(record=(cut.receipt(9), public("log"))), "no-conflict"),
        ("a receipt of another tree", cut.shown(record=(true.receipt(8).replace(b"index 8", b"index 6"), public("log"))), "receipt"),
        ("a receipt of record 0 under another name", gone.shown(index=0, record=(gone.receipt(0, name="elsewhere"), public("log"))), "receipt"),
        ("a receipt of another log", cut.shown(record=(cut.receipt(8, log_id=bytes(32)), public("log"))), "receipt"),
        ("a receipt that is none", cut.shown(record=(b"receipt", public("log"))), "malformed"),
        ("a key that is none", cut.shown(record=(cut.receipt(8), public("log")[:31])), "malformed"),
        ("a subject that is none", cut.shown(subject="87"), "not-folded"),
        ("a negative count", cut.shown(count=-1), "malformed"),
        ("another first string", cut.shown(tag="chainlog/v1/conflict"), "malformed"),
        ("a byte more", whole + b"\0", "malformed"),
        ("a byte short", whole[:-1], "malformed"),
        ("nothing", b"", "malformed"),
    ):  # fmt: skip
        cases.append(bad(comment, false_map=data.hex(), error=error))
    return document(
        "falsemap",
        "Evidence that a map leaves out a record, checked for `log_id` with `public_key` known to be the log's.",
        cases,
        log_id=cut.log.id.hex(),
        public_key=public("log").hex(),
    )
