"""A keeper with the log key who lies: commits to a map that leaves something out, and makes a bundle of it.

Nothing here breaks a signature or a hash. Whoever has only the bundle can't tell that it is false: see section 16.3 of
schemas/FORMAT.md. Reads a log and appends one record to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from chainlog.authority.view import View
from chainlog.event.model import unverified_event
from chainlog.facade import Log
from chainlog.log.log_tree import LogTree
from chainlog.log.reader import Reader
from chainlog.proof.bundle_make import make_bundle, newest_commitment
from chainlog.record import keyfile
from chainlog.record.record import SubjectHead, unverified_record
from chainlog.record.signer import LocalSigner
from chainlog.store.memory_kv import MemoryKeyValue
from chainlog.tree.map import Claim, path_of
from chainlog.tree.map_table import MapTable


def false_bundle(path: Path, *, log_key: Path, passphrase: str, subject: str, whole: bool) -> bytes:
    """
    Commit the log in *path* to a map without the last record of *subject*, and make a bundle that agrees with it.

    Args:
        whole: leave out the subject altogether.

    Returns: the bundle: genuine and complete for whoever doesn't know better.
    """
    signer = LocalSigner(keyfile.load(log_key, passphrase=passphrase, purpose="log"))
    with Log.open(path, log_signer=signer) as log:
        size = log.reader.size
        claims = _claims(log.reader, size)
        with log.store.snapshot() as snapshot:
            head = _Concealing(snapshot, subject, whole=whole).subject(subject)
        if head is None:
            del claims[subject]
        else:
            claims[subject] = Claim(head.count, head.record_hash)
        with _map_of(claims, log.id) as told:
            body = {"map_root": told.root, "size": size, "subjects": len(claims)}
            log.record_event(
                "index_committed", body=body, people=[("log", "s/log", 1)], signers={"s/log": signer}
            )  # fmt: skip
            with log.store.snapshot() as snapshot:
                return make_bundle(
                    _Concealing(snapshot, subject, whole=whole),
                    LogTree(snapshot),
                    checkpoint=log.checkpoint(),
                    subjects=[subject],
                    commitment=newest_commitment(snapshot),
                    proofs=told,
                ).data


class _Concealing:
    """A log in which *subject* has one record less, or none."""

    def __init__(self, log: View, subject: str, *, whole: bool) -> None:
        self._log = log
        self._subject = subject
        self._whole = whole
        self.size = log.size
        self.last_hash = log.last_hash

    def record(self, index: int) -> bytes | None:
        return self._log.record(index)

    def index_of(self, event_id: bytes) -> int | None:
        return self._log.index_of(event_id)

    def subject(self, subject: str) -> SubjectHead | None:
        head = self._log.subject(subject)
        if subject != self._subject or head is None:
            return head
        last = unverified_record(self._log.record(head.index) or b"")
        link = last.links[unverified_event(last.event).subjects.index(subject)]
        return None if self._whole or not link[0] else SubjectHead(*link)


class _Proof(NamedTuple):
    proof: bytes


class _Told:
    """The map as the keeper tells it."""

    def __init__(self, table: MapTable, log_id: bytes) -> None:
        self._table = table
        self._log_id = log_id
        self.root = table.root()

    def prove(self, subject: str) -> _Proof:
        return _Proof(self._table.prove(path_of(self._log_id, subject)))


def _claims(reader: Reader, size: int) -> dict[str, Claim]:
    """What a true map says."""
    return {
        subject: Claim(link[0] + 1, entry.record_hash)
        for entry in reader.read_range(0, size)
        for subject, link in zip(entry.event.subjects, entry.record.links, strict=True)
    }


@contextmanager
def _map_of(claims: dict[str, Claim], log_id: bytes) -> Iterator[_Told]:
    tables = MemoryKeyValue()
    with tables.write() as transaction:
        table = MapTable(transaction.table("buckets"), transaction.table("nodes"))
        table.update((path_of(log_id, subject), claim) for subject, claim in claims.items())
    with tables.read() as transaction:
        yield _Told(MapTable(transaction.table("buckets"), transaction.table("nodes")), log_id)
