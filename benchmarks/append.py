"""Rows about appending: in blocks, one at a time, signed here and elsewhere, by sixteen threads."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.office import BLOCK, Office
from benchmarks.report import Row
from benchmarks.yardstick import BareStore, Rows, Statement, rows_of, seconds, sign_all, statements_of, verify_all
from chainlog.log.request import Proposal
from chainlog.record.draft import Draft

_HEAD_TEXT = bytes(170)  # as long as the text of a checkpoint


def run(office: Office, *, depth: int, rounds: int, singles: int, scratch: Path) -> list[Row]:
    """All rows about appending, on a log of *depth* records and a bare store of the same depth."""
    bare = BareStore(scratch / "bare")
    with office.log.store.snapshot() as snapshot:
        for start in range(0, depth, 10_000):
            bare.put(rows_of(snapshot, start, min(start + 10_000, depth)))
    try:
        return [
            _blocks_here(office, bare, rounds=rounds),
            _blocks_elsewhere(office, bare, rounds=rounds),
            _single_here(office, bare, rounds=rounds, count=singles),
            _single_elsewhere(office, bare, rounds=rounds, count=singles),
            _threads(office, per_thread=max(5, singles // 8)),
        ]
    finally:
        bare.close()


def _sign_and_put(bare: BareStore, messages: Sequence[bytes], rows: Rows) -> None:
    sign_all(messages)
    bare.put(rows)


def _verify_and_put(bare: BareStore, checks: Sequence[Statement], rows: Rows) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(verify_all, (checks[::2], checks[1::2])))
    bare.put(rows)


def _blocks_here(office: Office, bare: BareStore, *, rounds: int) -> Row:
    ratios, rates = [], []
    for _ in range(rounds):
        proposals = office.next_proposals(BLOCK)
        start = office.log.reader.size
        took = seconds(partial(office.log.append_many, proposals))
        with office.log.store.snapshot() as snapshot:
            rows = rows_of(snapshot, start, start + BLOCK)
            checks = statements_of(snapshot.records(start, start + BLOCK), office.log.id)
        yard = seconds(partial(_sign_and_put, bare, [message for _, message, _ in checks], rows))
        ratios.append(yard / took)
        rates.append(BLOCK / took)
    return Row.of("append, signed here, blocks of 1,000", ratios, bar=0.52, records_per_s=statistics.median(rates))


def sign_elsewhere(office: Office, proposals: Sequence[Proposal]) -> list[Draft]:
    """Drafts of proposals, signed as other machines would."""
    drafts = []
    for proposal in proposals:
        draft = office.log.draft(proposal.event)
        for role, person, signer in proposal.signers:
            draft = draft.sign(signer, role=role, person=person, signed_at_us=office.clock.now_us)
        drafts.append(draft)
    return drafts


def _distinct(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Those whose carriers no other of them touches: drafts on one base would make each other stale."""
    seen: set[str] = set()
    chosen = []
    for proposal in proposals:
        carriers = {s for s in proposal.event.event.subjects if s.startswith("c/")}
        if not carriers & seen:
            chosen.append(proposal)
            seen |= carriers
    return chosen


def _blocks_elsewhere(office: Office, bare: BareStore, *, rounds: int) -> Row:
    ratios, rates = [], []
    for _ in range(rounds):
        drafts = sign_elsewhere(office, _distinct(office.next_proposals(BLOCK)))
        start = office.log.reader.size
        took = seconds(partial(office.log.append_many, drafts))
        count = len(drafts)
        with office.log.store.snapshot() as snapshot:
            rows = rows_of(snapshot, start, start + count)
            checks = statements_of(snapshot.records(start, start + count), office.log.id)
        ratios.append(seconds(partial(_verify_and_put, bare, checks, rows)) / took)
        rates.append(count / took)
    return Row.of("append of drafts signed elsewhere, blocks", ratios, bar=0.52, records_per_s=statistics.median(rates))


def _single_here(office: Office, bare: BareStore, *, rounds: int, count: int) -> Row:
    ratios, times = [], []
    for _ in range(rounds):
        proposals = office.next_proposals(count)
        start = office.log.reader.size
        mine = [seconds(partial(office.log.append, proposal)) for proposal in proposals]
        yard = []
        for index in range(start, start + count):
            with office.log.store.snapshot() as snapshot:
                rows = rows_of(snapshot, index, index + 1)
                checks = statements_of(snapshot.records(index, index + 1), office.log.id)
                messages = [message for _, message, _ in checks]
            # The head's signature too.
            yard.append(seconds(partial(_sign_and_put, bare, [*messages, _HEAD_TEXT], rows)))
        ratios.append(statistics.median(yard) / statistics.median(mine))
        times.append(statistics.median(mine))
    return Row.of("append one at a time, signed here", ratios, bar=0.65, p50_us=statistics.median(times) * 1e6)


def _single_elsewhere(office: Office, bare: BareStore, *, rounds: int, count: int) -> Row:
    ratios, times = [], []
    for _ in range(rounds):
        drafts = sign_elsewhere(office, _distinct(office.next_proposals(count)))
        start = office.log.reader.size
        mine = [seconds(partial(office.log.append, draft)) for draft in drafts]
        yard = []
        for index in range(start, start + len(drafts)):
            with office.log.store.snapshot() as snapshot:
                rows = rows_of(snapshot, index, index + 1)
                checks = statements_of(snapshot.records(index, index + 1), office.log.id)
            yard.append(
                seconds(partial(verify_all, checks)) + seconds(partial(_sign_and_put, bare, [_HEAD_TEXT], rows))
            )
        ratios.append(statistics.median(yard) / statistics.median(mine))
        times.append(statistics.median(mine))
    return Row.of("append one at a time, signed elsewhere", ratios, bar=0.68, p50_us=statistics.median(times) * 1e6)


def _append_each(office: Office, proposals: Sequence[Proposal]) -> None:
    for proposal in proposals:
        office.log.append(proposal)


def _threads(office: Office, *, per_thread: int) -> Row:
    """Sixteen appending threads against one."""
    gains, rates = [], []
    for _ in range(3):
        alone = office.next_proposals(per_thread * 8)
        one = len(alone) / seconds(partial(_append_each, office, alone))
        shares = [office.next_proposals(per_thread) for _ in range(16)]
        threads = [threading.Thread(target=_append_each, args=(office, share)) for share in shares]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rates.append(16 * per_thread / (time.perf_counter() - start))
        gains.append(rates[-1] / one)
    return Row.of("16 appending threads against one", gains, bar=2.0, records_per_s=statistics.median(rates))
