"""Roots of tiles that are kept in `derived/`: used, added to, and worth nothing where they are false."""

from __future__ import annotations

import errno
import os
from hashlib import sha256

import msgspec
import pytest

from chainlog.errors import StoreError
from chainlog.facade import Log
from chainlog.log.handle import propose
from chainlog.log.kept_roots import KeptRoots
from chainlog.log.log_tree import TileRoots
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.tree.merkle import Frontier
from chainlog.tree.tiles import tile_root
from tests.signers import signer
from tests.unit.test_facade import BODY, created

FULL = b"".join(sha256(b"hash %d" % n).digest() for n in range(256))


def made_tile(level, number, tag=b""):
    """A tile unlike all others."""
    return sha256(b"%d %d" % (level, number) + tag).digest() + FULL[32:]


class EdgeTree:
    """A tree whose last tile of *level* has so many hashes; it counts the tiles that are read. before: full tiles of it."""

    def __init__(self, count, *, level=2, before=0, tag=b""):
        self.level, self.read, self.missing = level, [], None
        self.tag = tag
        roots = [self.root(number) for number in range(before * 256, before * 256 + count)]
        larger = [sha256(b"larger %d" % n).digest() for n in range(before.bit_count())]
        # Of what is smaller, two complete subtrees.
        size = (before * 256 + count) * 256**level + 5
        self.frontier = Frontier(size, (*larger, *Frontier.empty().extend(roots).roots, bytes(32), bytes(32)))
        self.first = before * 256
        self.numbers = range(self.first, self.first + count)

    def root(self, number):
        return tile_root(made_tile(self.level - 1, number, self.tag))

    def tile(self, level, number):
        assert level == self.level - 1
        self.read.append(number)
        return None if number == self.missing else made_tile(level, number, self.tag)


@pytest.fixture
def derived(tmp_path):
    LmdbKeyValue.open(tmp_path / "derived").close()
    return tmp_path / "derived"


def proved(tree, derived, *, read_only=False, numbers=None):
    """All roots that a new process is given, which are right; how many tiles it read for them."""
    roots = TileRoots(KeptRoots(derived, read_only=read_only))
    tree.read = []
    for number in tree.numbers if numbers is None else numbers:
        assert roots.root(tree, tree.level - 1, number) == tree.root(number)
    return len(tree.read)


@pytest.mark.parametrize(("level", "before"), [(1, 0), (2, 1), (2, 6), (3, 0)])
def test_what_one_process_hashed_the_next_one_reads(derived, level, before):
    for count in (1, 2, 3, 15, 128, 255):
        tree = EdgeTree(count, level=level, before=before)
        had = {1: 0, 2: 1, 3: 2, 15: 3, 128: 15, 255: 128}[count]
        # Only what came since, and all of it for the first root that is asked for.
        assert proved(tree, derived, numbers=[tree.first]) == count - had
        assert proved(tree, derived) == 0


def test_each_level_is_kept_beside_the_others(derived):
    for level in (1, 2, 3):
        proved(EdgeTree(7 + level, level=level), derived)
    for level in (1, 2, 3):
        assert proved(EdgeTree(7 + level, level=level), derived) == 0


def test_an_older_state_of_the_log_uses_a_part_and_leaves_the_rest(derived):
    proved(EdgeTree(15), derived)
    for count in range(1, 15):
        assert proved(EdgeTree(count), derived) == 0
    assert proved(EdgeTree(15), derived) == 0


def test_the_next_tile_begins_anew(derived):
    proved(EdgeTree(255), derived)
    assert proved(EdgeTree(2, before=1), derived) == 2
    assert proved(EdgeTree(2, before=1), derived) == 0
    # A full tile is stored: whoever asks for a root below it is answered, and nothing is kept.
    (derived / "tile-roots").unlink()
    assert proved(EdgeTree(2, before=1), derived, numbers=[0, 3]) == 2
    assert not (derived / "tile-roots").exists()


def test_an_open_log_that_grows_hashes_what_is_new(derived):
    roots = TileRoots(KeptRoots(derived, read_only=False))
    for count in range(1, 20):
        tree = EdgeTree(count)
        assert roots.root(tree, 1, count - 1) == tree.root(count - 1)
        assert roots.root(tree, 1, 0) == tree.root(0)
        assert tree.read == [count - 1]


def falsified(derived):
    """What may stand in the file instead, each with its bytes."""
    good = msgspec.msgpack.decode((derived / "tile-roots").read_bytes())
    (number, hashes) = good[2]
    for place in range(0, len(hashes), 31):
        yield {2: (number, hashes[:place] + bytes([hashes[place] ^ 1]) + hashes[place + 1 :])}
    for other in (-1, number + 1, 2**63):
        yield {2: (other, hashes)}
    for data in (
        b"",
        hashes[:-1],
        hashes[:-32],
        hashes + b"\0",
        hashes[32:] + hashes[:32],
        bytes(len(hashes)),
        bytes(9_000),
    ):
        yield {2: (number, data)}
    yield {1: (number, hashes)}
    yield {2: hashes}
    yield {2: (str(number), hashes)}
    yield [hashes]
    yield None


def test_false_roots_are_used_by_nobody_and_replaced(derived):
    tree = EdgeTree(15)
    proved(tree, derived)
    encoded = [msgspec.msgpack.encode(one) for one in falsified(derived)]
    whole = (derived / "tile-roots").read_bytes()
    for data in (*encoded, b"", whole[:-1], whole[:100], b"\x91" * 60_000, b"\xc1", bytes(2**17)):
        (derived / "tile-roots").write_bytes(data)
        assert proved(tree, derived) > 0, data[:80]
        assert proved(tree, derived) == 0, data[:80]


def test_roots_of_another_log(derived):
    tree, other = EdgeTree(15), EdgeTree(15, tag=b"other")
    proved(other, derived)
    assert proved(tree, derived) == 15
    assert proved(tree, derived) == 0
    proved(EdgeTree(15, tag=b"other"), derived)
    # One that has more tiles, and one that has fewer.
    assert proved(EdgeTree(9), derived) == 9
    assert proved(EdgeTree(16, tag=b"other"), derived) == 16


def test_what_stands_there_instead_of_a_file(derived, tmp_path):
    tree, path = EdgeTree(5), derived / "tile-roots"
    os.mkfifo(path)
    assert proved(tree, derived) == 5
    assert proved(tree, derived) == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"keep")
    for second_name in (path.symlink_to, path.hardlink_to):
        path.unlink()
        second_name(elsewhere)
        assert proved(tree, derived) == 5
        assert proved(tree, derived) == 0
        assert elsewhere.read_bytes() == b"keep"
    path.unlink()
    path.mkdir()
    assert proved(tree, derived) == 5
    assert proved(tree, derived) == 5


def test_who_reads_only_changes_nothing(derived):
    tree = EdgeTree(15)
    assert proved(tree, derived, read_only=True, numbers=[3]) == 1
    assert {entry.name for entry in derived.iterdir()} == {"data.mdb", "lock.mdb"}
    proved(tree, derived)
    before = (derived / "tile-roots").read_bytes()
    assert proved(tree, derived, read_only=True) == 0
    # Of a log that went on meanwhile all has to be hashed again, but no more than is asked for.
    assert proved(EdgeTree(16), derived, read_only=True, numbers=[3]) == 1
    assert (derived / "tile-roots").read_bytes() == before


def test_nothing_is_made_where_nothing_is_derived(tmp_path):
    tree = EdgeTree(15)
    assert proved(tree, tmp_path / "derived", numbers=[3]) == 1
    assert not (tmp_path / "derived").exists()
    # An empty directory is where tables are going to appear in one step.
    (tmp_path / "derived").mkdir()
    assert proved(tree, tmp_path / "derived", numbers=[3]) == 1
    assert not any((tmp_path / "derived").iterdir())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO])
def test_what_cant_be_written_isnt(derived, monkeypatch, number):
    tree, real = EdgeTree(15), os.open

    def failing(path, flags, *rest, **named):
        if flags & os.O_CREAT:
            raise OSError(number, os.strerror(number))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr("chainlog.log.kept_roots.os.open", failing)
    assert proved(tree, derived) == 15
    assert not (derived / "tile-roots").exists()


def test_only_a_tile_that_is_asked_for_is_missed(derived):
    tree = EdgeTree(15)
    tree.missing = 7
    roots = TileRoots(KeptRoots(derived, read_only=False))
    assert roots.root(tree, 1, 3) == tree.root(3)
    with pytest.raises(StoreError):
        roots.root(tree, 1, 7)
    assert not (derived / "tile-roots").exists()


def test_tiles_that_dont_lead_to_the_head_leave_nothing(derived):
    tree = EdgeTree(15)
    tree.frontier = Frontier(tree.frontier.size, (bytes(32), *tree.frontier.roots[1:]))
    assert proved(tree, derived) == 15
    assert not (derived / "tile-roots").exists()


def test_tables_are_made_anew_beside_them(derived):
    proved(EdgeTree(3), derived)
    LmdbKeyValue.rebuild(derived).close()
    assert {entry.name for entry in derived.iterdir()} == {"data.mdb", "lock.mdb"}
    assert proved(EdgeTree(3), derived) == 3


def grown(log, size):
    keys = {"p/Z": signer("p/Z")}
    log.append_many(
        [
            propose(log.prepare("checked.carrier", body=BODY, people={"operator": "p/Z"}, subjects=[f"c/{n}"]), keys)
            for n in range(log.reader.size, size)
        ]
    )


def test_false_roots_neither_spoil_a_receipt_nor_convict_a_log(tmp_path, monkeypatch):
    path, kept, hashed = tmp_path / "log", tmp_path / "log" / "derived" / "tile-roots", []
    with created(path) as log:
        grown(log, 300)
        early = log.receipt(5)
        grown(log, 520)
        late = log.receipt(5)
        assert not kept.exists()
        log.projections.catch_up("people")

    def counted(tile):
        hashed.append(tile)
        return tile_root(tile)

    monkeypatch.setattr("chainlog.log.log_tree.tile_root", counted)

    def asked(log):
        assert log.check_receipt(early).index == log.check_receipt(late).index == 5
        assert log.receipt(5) == late
        assert log.bundle(["c/5"])

    with Log.open(path) as log:
        asked(log)
    good = kept.read_bytes()
    assert len(hashed) == 2
    for data, count in ((good, 0), (good[:-40] + bytes(40), 2), (good[:-64] + good[-32:] + good[-64:-32], 2), (b"", 2)):
        for read_only in (True, False):
            kept.write_bytes(data)
            hashed.clear()
            with Log.open(path, read_only=read_only) as log:
                asked(log)
            assert (len(hashed), kept.read_bytes()) == (count, data if read_only else good)
