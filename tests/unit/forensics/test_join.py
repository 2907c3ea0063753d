"""What the ranges of a log make together: the tree above the lowest tiles, which no short log has."""

from __future__ import annotations

from hashlib import sha256

import pytest

from chainlog.authority.state import Authority
from chainlog.forensics.evidence import TILE_KEY, TableEvidence
from chainlog.forensics.join import Join
from chainlog.forensics.summary import Closing, RangeSummary, Setup, Survey
from chainlog.forensics.tables import find_doubt
from chainlog.tree.merkle import Frontier, subtree_root
from tests.damage import copy_of, honest

_TILE = 256
# Roots of the lowest tiles: a full tile of level 2, three more of level 1, and a part of one.
_ROOTS = [sha256(b"root %d" % number).digest() for number in range(_TILE * _TILE + 3 * _TILE + 7)]
_TAIL = [sha256(b"leaf %d" % number).digest() for number in range(5)]
_SIZE = _TILE * len(_ROOTS) + len(_TAIL)


def closing(*parts: slice, sizes: tuple[int, ...] = ()) -> Closing:
    """What ranges of these lowest tiles make; the last one has the unfinished tile."""
    join = Join(
        Survey(size=_SIZE, log_id=b"\1" * 32, name="test", registry=[], sizes=[], remarks=[], doubt=""),
        Setup(log_id=b"\1" * 32, key=b"\2" * 32, registry=[], size=_SIZE),
    )
    before = bytes(32)
    for part in parts:
        start, stop, _ = part.indices(len(_ROOTS))
        last = stop == len(_ROOTS)
        edges = {size: [] for size in sizes if start * _TILE < size <= stop * _TILE}
        join.add(
            RangeSummary(
                start * _TILE, stop * _TILE, before, _ROOTS[stop - 1], roots=_ROOTS[part], tail=_TAIL if last else [], edges=edges
            )
        )  # fmt: skip
        before = _ROOTS[stop - 1]
    assert not join.doubt
    return join.closing(0)


def test_tiles_of_all_levels_above_the_lowest_are_told_once_each_under_their_numbers() -> None:
    level_1 = [_ROOTS[start : start + _TILE] for start in range(0, len(_ROOTS) - _TILE + 1, _TILE)]
    level_2 = [subtree_root(tile) for tile in level_1[:_TILE]]
    expected = {(1, number): tile for number, tile in enumerate(level_1)} | {(2, 0): level_2}
    found = {(level, number): hashed for level, number, hashed in closing(slice(None)).upper}
    assert found == {place: sha256(b"".join(tile)).digest() for place, tile in expected.items()}
    assert len(closing(slice(None)).upper) == len(expected)


def test_how_the_log_was_divided_makes_no_difference() -> None:
    # Borders within a tile of level 1, and at the end of one.
    divided = closing(
        slice(0, 1), slice(1, 300), slice(300, 512), slice(512, _TILE * _TILE), slice(_TILE * _TILE, None)
    )
    assert divided == closing(slice(None))
    frontier = Frontier.empty().extend_tiles(_ROOTS).extend(_TAIL)
    assert (divided.size, divided.root, divided.frontier) == (_SIZE, frontier.root(), frontier.encode())


def test_roots_at_kept_sizes_are_those_of_the_tree_then() -> None:
    sizes = tuple(_TILE * count for count in (1, 255, 256, 257, 300, 512, _TILE * _TILE))
    found = closing(slice(0, 257), slice(257, None), sizes=sizes).roots
    assert found == {size: Frontier.empty().extend_tiles(_ROOTS[: size // _TILE]).root() for size in sizes}


@pytest.mark.parametrize("stored", ["right", "other", "absent"])
def test_a_tile_above_the_lowest_that_is_another_is_a_doubt(stored: str) -> None:
    """In an honest log of one tile, which is put in the place of one above it: the only tile that is asked for."""
    log_id, tables = honest(300)
    tables = copy_of(tables)
    (tile,) = tables["tiles"].values()
    place = TILE_KEY.pack(1, 0)
    tables["tiles"] = {TILE_KEY.pack(1, 1) if stored == "absent" else place: tile}
    digest = sha256(bytes(len(tile)) if stored == "other" else tile).digest()
    made = Closing(
        size=300,
        last_hash=bytes(32),
        frontier=b"",
        root=bytes(32),
        upper=[(1, 0, digest)],
        roots={},
        log_id=log_id,
        name="test",
    )
    # The head, which is compared afterwards, isn't that of this closing in any case.
    found = find_doubt(TableEvidence(tables), made, Authority())
    assert found
    assert ("tiles/1/0" in found) == (stored != "right")


def _join(*summaries: RangeSummary, registry: tuple[int, ...] = (), survey_doubt: str = "") -> Join:
    join = Join(
        Survey(size=2, log_id=b"\1" * 32, name="test", registry=[], sizes=[], remarks=[], doubt=survey_doubt),
        Setup(log_id=b"\1" * 32, key=b"\2" * 32, registry=list(registry), size=2),
    )
    for summary in summaries:
        join.add(summary)
    return join


def test_ranges_that_do_not_fit_each_other_are_a_doubt_of_which_the_first_counts() -> None:
    first = RangeSummary(0, 1, bytes(32), _TAIL[0], tail=_TAIL[:1])
    follows = RangeSummary(1, 2, _TAIL[0], _TAIL[1], tail=_TAIL[:2])
    stray = RangeSummary(1, 2, _TAIL[2], _TAIL[1], tail=_TAIL[:2])
    good = _join(first, follows)
    good.closing(0)
    assert good.doubt == ""
    assert _join(first, stray).doubt == "record 1 does not follow the one before"

    links = _join(first, follows)
    links.add_links((7).to_bytes(16, "big"))
    links.closing(8)
    assert "links" in links.doubt
    links.add_links((1).to_bytes(16, "big"))
    assert links.doubt  # what was doubtful stays so

    registry = _join(first, follows, registry=(0,))
    registry.closing(0)
    assert "registry" in registry.doubt
    both = _join(first, stray, registry=(0,))
    both.closing(1)
    assert both.doubt == "record 1 does not follow the one before"
    assert _join(first, follows, survey_doubt="seen before").doubt == "seen before"


def test_registry_events_of_all_ranges_are_those_that_subjects_lead_to() -> None:
    first = RangeSummary(0, 1, bytes(32), _TAIL[0], tail=_TAIL[:1], registry=[0])
    second = RangeSummary(1, 2, _TAIL[0], _TAIL[1], tail=_TAIL[:2], registry=[1])
    found = _join(first, second, registry=(0, 1))
    found.closing(0)
    assert found.doubt == ""
