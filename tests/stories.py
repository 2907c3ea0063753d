"""Logs told anew by somebody who holds the log key: cut back, or gone on differently from some record."""

from __future__ import annotations

from collections.abc import Callable

from chainlog.log.handle import LogHandle
from chainlog.log.head import Head
from chainlog.record.record import SubjectHead, check_record
from chainlog.record.signer import LocalSigner
from chainlog.store.memory import MemoryStore
from chainlog.store.port import Block, Store
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from chainlog.tree.merkle import Frontier
from chainlog.tree.tiles import build_tiles
from tests.builders import ADMINISTRATORS, Clock, SmallLog
from tests.signers import signer


def cut_back(
    log: LogHandle,
    size: int,
    *,
    store: Store | None = None,
    log_signer: LocalSigner | None = None,
    last: Callable[[bytes], bytes] = bytes,
) -> Store:
    """
    A store with the first *size* records of *log* and all that belongs to them, its head signed anew.

    last: what becomes of the last record.
    """
    store = MemoryStore() if store is None else store
    with log.store.snapshot() as snapshot:
        records = [data for _, data in snapshot.records(0, size)]
    checked = [check_record(data) for data in [*records[:-1], last(records[-1])]]
    hashes = [one.record_hash for one in checked]
    heads: dict[str, SubjectHead] = {}
    for one in checked:
        for subject, link in zip(one.event.event.subjects, one.record.links, strict=True):
            heads[subject] = SubjectHead(link[0] + 1, one.record.index, one.record_hash)
    frontier = Frontier.empty().extend(hashes)
    note = sign_checkpoint(Checkpoint(log.origin, size, frontier.root()), signer=log_signer or signer("log"))
    first = sign_checkpoint(Checkpoint(log.origin, 1, hashes[0]), signer=signer("log"))
    block = Block(
        first=0,
        records=[one.encoded for one in checked],
        ids=[(one.event.event.id, one.record.index) for one in checked],
        subjects=list(heads.items()),
        tiles=build_tiles(hashes, old_size=0, read_leaf_hashes=lambda _, __: [], read_tile=lambda _, __: None),
        head=Head(size, hashes[-1], frontier, note).encoded(),
        checkpoints=[(1, first)],
        last_hash=hashes[-1],
    )
    with store.exclusive(timeout_s=5):
        store.commit(block, expected=(0, bytes(32)))
    return store


def gone_on(store: Store, *, clock: Clock, persons: tuple[str, ...] = ("p/X",)) -> SmallLog:
    """A log on what *store* holds, with *persons* enrolled besides."""
    handle = LogHandle(store, log_signer=signer("log"), clock=clock)
    log = SmallLog(handle, store, clock, {person: signer(person) for person in ADMINISTRATORS[:2]})
    for person in persons:
        log.enrol(person)
    return log
