"""Chain and tree: records taken out, moved and repeated, proofs that prove something else, a log in another's place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from chainlog import digest
from chainlog.digest import record_hash
from chainlog.facade import Log
from chainlog.forensics.attachments import check_attachment
from chainlog.forensics.audit import audit
from chainlog.forensics.evidence import TableEvidence
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.receipts import receipt_of
from chainlog.log.handle import propose
from chainlog.log.log_tree import LogTree
from chainlog.proof.receipt import check_receipt
from chainlog.proof.tlog_proof import TlogProof, format_tlog_proof, parse_tlog_proof
from chainlog.record.record import check_record, unverified_record
from chainlog.store.lmdb_store import LmdbStore
from chainlog.tree.checkpoint import parse_checkpoint
from chainlog.tree.merkle import check_consistency, check_inclusion, root_of
from chainlog.tree.note import parse_note
from chainlog.tree.proofs import consistency_path, inclusion_path
from tests import damage, reference
from tests.attacks import disk
from tests.attacks.answers import (
    IMPOSSIBLE,
    SURVIVED,
    Answer,
    attack,
    found,
    found_outside,
    is_found,
    is_found_outside,
    is_refused,
    refused,
    same,
)
from tests.attacks.disk import RECORDS, judged, judged_here, kept, lay, opened
from tests.builders import SmallLog, small_log
from tests.command_line import ENVIRONMENT, Terminal
from tests.damage import changed, copy_of, damaged, honest, rows_of, sign_head, write_log
from tests.hand import contents
from tests.signers import signer

AT = 12  # the record that is harmed, somewhere in the middle


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The directory of the kept log."""
    return lay(tmp_path / "log", kept().newest.data)


def harmed(directory: Path, name: str, *, anew: bool, signed: bool = False) -> Answer:
    """What verification finds in an honest log with the damage *name* of `tests.damage`. signed: by the log's key too."""
    log_id, tables = honest(RECORDS)
    worse = damaged(tables, name, AT, anew=anew)
    assert worse is not None
    if signed:
        sign_head(worse, rows_of(worse))
    log = directory / f"{name} {anew} {signed}"
    write_log(log, worse)
    report = audit(log, log_id=log_id)
    first = report.findings[0]
    assert first.index == AT
    return found(report, first.code, index=AT)


@attack("HC01", "A record is taken out of the middle", "W", is_found("missing"))
def test_an_event_is_removed_from_the_middle(log: Path) -> Answer:
    with disk.rows_of(log) as rows:
        rows.delete("records", AT.to_bytes(8, "big"))
    return found(judged(log), "missing", index=AT)


@attack(
    "HC02", "A record is taken out, and the others move up: as they are, chained anew, and with the head signed anew by the log's key",
    "WL", is_found("missing"), is_found("missing", "head-mismatch"), is_found("reordered"),
)  # fmt: skip
def test_an_event_is_removed_and_the_rest_renumbered(tmp_path: Path) -> Iterator[Answer]:
    for anew, signed in ((False, False), (True, False), (True, True)):
        yield harmed(tmp_path, "record removed", anew=anew, signed=signed)


@attack(
    "HC03", "Two records change places: as they are, chained anew, and with the head signed anew by the log's key", "WL",
    is_found("reordered"), is_found("reordered", "head-mismatch"), is_found("reordered"),
)  # fmt: skip
def test_two_events_are_swapped(tmp_path: Path) -> Iterator[Answer]:
    for anew, signed in ((False, False), (True, False), (True, True)):
        yield same(harmed(tmp_path, name, anew=anew, signed=signed) for name in ("neighbours swapped", "two swapped"))


@attack(
    "HC04", "A record stands a second time, or another takes its event's id", "W",
    is_found("duplicate"), is_found("duplicate"), is_refused("duplicate-id"),
    note="Appending the very same event again gives the first receipt and writes nothing",
)  # fmt: skip
def test_an_event_is_repeated(tmp_path: Path) -> Iterator[Answer]:
    repeated = "record repeated", "record copied over a later one"
    for signed in (False, True):
        yield same(harmed(tmp_path, name, anew=signed, signed=signed) for name in repeated)
    office = small_log()
    visit = partial(office.handle.prepare, "accessed.entered", body={}, people={"operator": "p/C"})
    event = visit(subjects=["w/1"])
    other = visit(subjects=["w/2"], event_id=event.event.id)
    first = office.handle.append(propose(event, {"p/C": signer("p/C")}))
    before = contents(office)
    assert office.handle.append(propose(event, {"p/C": signer("p/C")})).index == first.index
    assert contents(office) == before
    yield refused(lambda: office.handle.append(propose(other, {"p/C": signer("p/C")})), state=lambda: contents(office))


@attack(
    "HC05", "An inner node of the tree is presented as a record", "W", IMPOSSIBLE, is_refused("malformed"),
    note="A record is hashed behind a zero byte, a node behind a one",
)  # fmt: skip
def test_an_inner_node_is_no_record(log: Path) -> list[Answer]:
    hashes = kept().hashes
    for height in range(1, 5):
        for start in range(0, RECORDS - (1 << height) + 1, 1 << height):
            middle = start + (1 << height - 1)
            left, right = root_of(hashes[start:middle]), root_of(hashes[middle : start + (1 << height)])
            inner = root_of(hashes[start : start + (1 << height)])
            assert inner not in (record_hash(left + right), sha256(left + right).digest())
    with opened(log) as running:
        true = parse_tlog_proof(receipt_of(running, 0))
    forged = format_tlog_proof(TlogProof(0, true.path[1:], true.checkpoint, hashes[0] + hashes[1]))
    return [IMPOSSIBLE, refused(lambda: receipt_checked(forged))]


def receipt_checked(data: bytes) -> object:
    """Check a receipt of the kept log."""
    return check_receipt(data, log_id=kept().log_id, log_key=signer("log").public_key)


@attack(
    "HC06", "The last records are repeated, so that a tree which fills itself up with copies has the same root", "W",
    IMPOSSIBLE, is_found("duplicate"),
)  # fmt: skip
def test_repeated_leaves_make_another_root(log: Path) -> list[Answer]:
    hashes = kept().hashes
    roots = {root_of(hashes[:size]) for size in range(1, RECORDS + 1)}
    for size in range(1, RECORDS + 1):
        for again in range(1, size + 1):
            assert root_of([*hashes[:size], *hashes[size - again : size]]) not in roots
    assert root_with_copies(hashes[:3]) == root_with_copies([*hashes[:3], hashes[2]])  # such a tree would be fooled
    with disk.rows_of(log) as rows:
        rows.put("records", RECORDS.to_bytes(8, "big"), rows.get("records", (RECORDS - 1).to_bytes(8, "big")))
    return [IMPOSSIBLE, found(judged(log), "duplicate", index=RECORDS)]


def root_with_copies(nodes: list[bytes]) -> bytes:
    """Root of a tree that fills each level up with a copy of its last node."""
    while len(nodes) > 1:
        nodes = [*nodes, nodes[-1]] if len(nodes) % 2 else nodes
        nodes = [digest.node_hash(*pair) for pair in zip(nodes[::2], nodes[1::2], strict=True)]
    return nodes[0]


@attack(
    "HC07", "A proof comes with another index, another size, or a path that is longer, shorter, turned round or altered", "W",
    is_refused("proof"), is_refused("proof"), is_refused("receipt"),
    note="Of a record in the tree, of one tree in a later one, and of a receipt under another index",
)  # fmt: skip
def test_a_proof_of_something_else(log: Path) -> Iterator[Answer]:
    roots = {size: parse_checkpoint(parse_note(state.note).text).root for size, state in kept().states.items()}
    with opened(log) as running, running.store.snapshot() as snapshot:
        tree = LogTree(snapshot)
        paths = {(i, n): inclusion_path(tree, index=i, size=n) for n in roots for i in range(n)}
        steps = {(m, n): consistency_path(tree, old_size=m, new_size=n) for n in roots for m in roots if m < n}
        true = parse_tlog_proof(receipt_of(running, AT))

    def inclusions() -> Iterator[Answer]:
        for (index, size), path in paths.items():
            named: dict[str, Any] = {"leaf": kept().hashes[index], "index": index, "size": size, "root": roots[size]}
            check_inclusion(path=path, **named)
            for worse in others(path):
                yield refused(partial(check_inclusion, path=worse, **named))
            elsewhere: list[dict[str, Any]] = [{"index": index - 1}, {"index": index + 1}]
            elsewhere += [{"size": n, "root": root} for n, root in roots.items() if n != size]
            for other in elsewhere:
                yield refused(partial(check_inclusion, path=path, **{**named, **other}))

    def consistencies() -> Iterator[Answer]:
        for (old, new), path in steps.items():
            named = {"old_size": old, "old_root": roots[old], "new_size": new, "new_root": roots[new]}
            check_consistency(path, **named)
            for worse in others(path):
                yield refused(partial(check_consistency, worse, **named))
            for size, root in roots.items():
                if size not in (old, new):
                    yield refused(partial(check_consistency, path, **{**named, "new_size": size, "new_root": root}))

    yield same(inclusions())
    yield same(consistencies())
    receipt_checked(format_tlog_proof(true))
    moved = [TlogProof(n, tuple(paths[n, RECORDS]), true.checkpoint, true.extra) for n in range(RECORDS) if n != AT]
    yield same(refused(partial(receipt_checked, format_tlog_proof(one))) for one in moved)


def others(path: list[bytes]) -> Iterator[list[bytes]]:
    """Paths that are not *path*."""
    yield from ([*path, bytes(32)], [bytes(32), *path])
    if path:
        yield from (path[:-1], path[1:], [*path[:-1], path[-1][:31]])
        yield from ([*path[:n], digest.ZERO, *path[n + 1 :]] for n in range(len(path)))
    if path != path[::-1]:
        yield path[::-1]


@attack(
    "HC08", "One link in the middle is broken, whichever it is, and everything around it holds, the head signed by the log's key",
    "L", is_found("altered"),
)  # fmt: skip
def test_every_link_counts(tmp_path: Path) -> Answer:
    log_id, tables = honest(RECORDS)

    def broken(at: int) -> damage.Tables:
        """Record *at* is another, which no later one says; rows, tiles and the signed head say that it is this one."""
        worse, rows = copy_of(tables), rows_of(tables)
        was = record_hash(rows[at])
        rows[at] = changed(rows[at], recorded_at_us=unverified_record(rows[at]).recorded_at_us + 1)
        damage.store_rows(worse, rows)
        for subject, row in worse["subjects"].items():
            worse["subjects"][subject] = row.replace(was, record_hash(rows[at]))
        sign_head(worse, rows)
        return worse

    def tried() -> Iterator[Answer]:
        for at in range(1, RECORDS - 1):
            for exact in (False, True):
                report = audit_evidence(TableEvidence(broken(at)), log_id=log_id, exact=exact)
                yield found(report, "altered", index=at)
        write_log(tmp_path / "log", broken(AT))
        yield found(tmp_path / "log", "altered", index=AT, log_id=log_id)

    return same(tried())


@attack(
    "HC09", "Records or heads hold shortened hashes, a key of another algorithm, or a version with algorithms of its own", "W",
    is_refused("malformed"), is_found("version-regression"),
    note="A version fixes every algorithm; no field names a hash",
)  # fmt: skip
def test_hashes_are_neither_shortened_nor_chosen(tmp_path: Path) -> Iterator[Answer]:
    log_id, tables = honest(RECORDS)
    rows = rows_of(tables)
    record = unverified_record(rows[AT])
    links = [(count, index, hashed[:20]) for count, index, hashed in record.links]
    lines = kept().newest.note.decode().split("\n")
    short_root = "\n".join([*lines[:2], lines[2][:28], *lines[3:]])
    other_key = b"\x92\x02\xc4\x20" + signer("p/L").public_key
    enrolled = next(data for data in rows if b"\x92\x01\xc4\x20" + signer("p/L").public_key in data)
    yield same([
        refused(partial(check_record, changed(rows[AT], prev_hash=record.prev_hash[:20]))),
        refused(partial(check_record, changed(rows[AT], prev_hash=record.prev_hash * 2))),
        refused(partial(check_record, changed(rows[AT], base=(record.base[0], record.base[1][:20])))),
        refused(partial(check_record, changed(rows[AT], links=links))),
        refused(partial(check_record, enrolled.replace(b"\x92\x01" + other_key[2:], other_key))),
        refused(lambda: parse_checkpoint(parse_note(short_root.encode()).text)),
    ])  # fmt: skip
    rows[AT] = rows[AT][:1] + b"\x02" + rows[AT][2:]
    worse = copy_of(tables)
    damage.rechain(worse, rows, AT + 1)
    write_log(tmp_path / "log", worse)
    report = audit(tmp_path / "log", log_id=log_id)
    assert report.integrity == "unreadable"
    yield found(report, "version-regression", index=AT)


@cache
def long_log() -> SmallLog:
    """A log in memory with one record more than fill a tile."""
    log = small_log()
    damage.tell_story(log, 257)
    return log


@attack(
    "HC10", "Proofs are asked of trees of every small size: none, one, powers of two, and one more or less", "-",
    SURVIVED, is_refused("not-a-log"), note="A log without records is unreadable, never intact",
)  # fmt: skip
def test_trees_of_every_small_size(tmp_path: Path) -> Iterator[Answer]:
    with long_log().store.snapshot() as snapshot:
        hashes = [record_hash(data) for _, data in snapshot.records(0, 257)]
        tree = LogTree(snapshot)
        assert reference.tree_hash([]) == root_of([])
        roots = [reference.tree_hash(hashes[:size]) for size in range(258)]
        for size in range(1, 258):
            assert root_of(hashes[:size]) == roots[size]
            few = {0, 1, size // 2, size - 2, size - 1} & set(range(size))
            for index in range(size) if size < 40 or size > 254 else few:
                path = inclusion_path(tree, index=index, size=size)
                check_inclusion(hashes[index], path, index=index, size=size, root=roots[size])
                steps = consistency_path(tree, old_size=index + 1, new_size=size)
                check_consistency(
                    steps, old_size=index + 1, old_root=roots[index + 1], new_size=size, new_root=roots[size]
                )
    yield SURVIVED
    LmdbStore.create(tmp_path / "none").close()
    assert audit(tmp_path / "none", log_id=None).integrity == "unreadable"
    yield refused(lambda: Log.open(tmp_path / "none"))


@attack(
    "HC11", "The whole log is made anew under its name and with its people, by somebody with keys of his own", "W",
    is_found_outside("wrong-log"), is_refused("verification"),
    note="The id, which is the hash of record 0, has to be known from elsewhere",
)  # fmt: skip
def test_another_genesis_with_another_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    monkeypatch.setattr("tests.builders.signer", lambda name: signer(f"forged {name}"))
    forged = small_log(store=LmdbStore.create(tmp_path / "log"))
    for number in range(5):
        forged.record("accessed.entered", {"operator": "p/C"}, subjects=[f"w/{number}"])
    assert forged.handle.name == long_log().handle.name
    forged.handle.close()
    alone, beside = audit(tmp_path / "log", log_id=None), judged_here(tmp_path / "log")
    assert (alone.trust, beside.trust) == ("self-consistent", "self-consistent")
    return [found_outside(alone, beside, "wrong-log"), refused(lambda: opened(tmp_path / "log"))]


@attack(
    "HC12", "A file attached to a record is replaced, and the record is edited to fit it", "W", is_refused("verification"), is_found("altered"),
    note="Files lie outside of the log; chainlog show --attachment holds them against length and digest in the record",
)  # fmt: skip
def test_an_attachment_is_swapped(log: Path, tmp_path: Path) -> Iterator[Answer]:
    file, content = tmp_path / "回执.pdf", b"%PDF-1.7 received, one copy, seal intact"
    swapped = content.replace(b"one", b"two")
    with opened(log) as running:
        body = {"attachments": [{"name": file.name, "size": len(content), "sha256": sha256(content).digest()}]}
        people, signers = {"operator": "p/C"}, {"p/C": signer("p/C")}
        running.record_event("accessed.entered", body=body, people=people, signers=signers, subjects=["w/1"])
        attachments = running.reader.read(RECORDS).body().attachments

    def others() -> Iterator[Answer]:
        shown = Terminal(tmp_path, {**ENVIRONMENT, "LANG": "en_US.UTF-8"})
        for written, status in ((content, 0), (swapped, 1), (content + b"\n", 1), (b"", 1)):
            file.write_bytes(written)
            assert shown.run("show", "log", str(RECORDS), "--attachment", file.name).status == status
            if status:
                yield refused(lambda: check_attachment(file, attachments))

    yield same(others())
    data = disk.data_of(log).read_bytes()
    place = data.rindex(sha256(content).digest())
    disk.rewritten(log, data[:place] + sha256(swapped).digest() + data[place + 32 :])
    yield found(judged(log), "altered", index=RECORDS)
