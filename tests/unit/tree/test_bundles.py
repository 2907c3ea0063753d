from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainlog.errors import FormatError
from chainlog.tree.bundles import bundle_path, encode_bundle, entries_of, split_bundle


def test_bytes_and_paths_as_the_specification_gives_them():
    assert encode_bundle([b"", b"ab", b"x" * 65_535]) == b"\x00\x00" + b"\x00\x02ab" + b"\xff\xff" + b"x" * 65_535
    assert bundle_path(0) == "tile/entries/000"
    assert bundle_path(273, width=112) == "tile/entries/273.p/112"
    assert bundle_path(1_234_067) == "tile/entries/x001/x234/067"


def test_an_entry_that_no_bundle_holds():
    with pytest.raises(AssertionError):
        encode_bundle([b"x" * 65_536])


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_round_trip(entries):
    data = encode_bundle(entries)
    assert split_bundle(data, width=len(entries)) == entries
    assert entries_of(data) == (entries, 0)
    for wrong in (len(entries) + 1, *([len(entries) - 1] if entries else [])):
        with pytest.raises(FormatError):
            split_bundle(data, width=wrong)


@given(st.binary(max_size=60))
def test_any_bytes_are_whole_entries_and_a_rest(data):
    entries, left = entries_of(data)
    assert encode_bundle(entries) == data[: len(data) - left]
    if left:
        with pytest.raises(FormatError):
            split_bundle(data, width=len(entries))
