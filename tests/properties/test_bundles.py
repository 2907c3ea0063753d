"""No change of a bundle goes unseen: every bit of a small one, and edits of its structure. Any bytes at all are read or refused."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainlog.canon import codec
from chainlog.errors import BundleError, FormatError, SignatureError
from chainlog.proof import bundle_records
from chainlog.proof.bundle import PURPOSE, decode_bundle
from chainlog.proof.bundle_check import check_bundle
from chainlog.record import keys
from chainlog.record.record import check_record
from tools.fixed_bundle import bundle_of, commit_map, opening, told_log
from tools.fixed_log import KEEPER, Story

REFUSED = (FormatError, BundleError)


@cache
def small():
    """The smallest bundle that says something: one person's key, one carrier, its one record. (log id, bytes)"""
    log = Story()
    log.enrol(KEEPER)
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=["c/87"])
    return log.id, bundle_of(log, ["c/87"], committed=commit_map(log)).encoded()


@cache
def told():
    log = told_log()
    return log.id, bundle_of(log, ["c/87"], committed=commit_map(log)).but(openings=[opening()])


@pytest.fixture
def _remembered(monkeypatch):
    """What was checked once need not be checked again."""
    verify, known = keys.verify, {}

    def remembering(*signed):
        if signed not in known:
            try:
                known[signed] = verify(*signed)
            except SignatureError as error:
                known[signed] = error
        if isinstance(known[signed], Exception):
            raise known[signed]

    monkeypatch.setattr(keys, "verify", remembering)
    monkeypatch.setattr(bundle_records, "check_record", lru_cache(maxsize=64)(check_record))


@pytest.mark.usefixtures("_remembered")
def test_every_bit_counts():
    log_id, data = small()
    assert check_bundle(data, log_id=log_id).authenticity == "genuine"
    changed = bytearray(data)
    for place in range(len(data)):
        # Every bit of what frames and signs; of the long middle of records and hashes, which one hash covers, one a byte.
        bits = range(8) if place < 128 else (place % 8,)
        for bit in bits:
            changed[place] ^= 1 << bit
            with pytest.raises(REFUSED):
                check_bundle(bytes(changed), log_id=log_id)
            changed[place] ^= 1 << bit


@pytest.mark.usefixtures("_remembered")
def test_every_beginning_and_every_byte_more():
    log_id, data = small()
    for stop in range(0, len(data), 7):
        with pytest.raises(FormatError):
            check_bundle(data[:stop], log_id=log_id)
    for more in (b"\x00", b"\x90", data):
        with pytest.raises(FormatError):
            check_bundle(data + more, log_id=log_id)


@pytest.mark.usefixtures("_remembered")
def test_every_element_dropped_doubled_or_swapped():
    log_id, parts = told()
    assert check_bundle(parts.encoded(), log_id=log_id).authenticity == "genuine"
    for name in ("wanted", "records", "committed", "map_proofs"):
        found = getattr(parts, name)
        variants = [[*found[:place], *found[place + 1 :]] for place in range(len(found))]
        variants += [[*found[: place + 1], *found[place:]] for place in range(len(found))]
        for first, second in combinations(range(len(found)), 2):
            swapped = list(found)
            swapped[first], swapped[second] = found[second], found[first]
            variants.append(swapped)
            if name == "map_proofs":
                variants.append(
                    [
                        [subject, found[{first: second, second: first}.get(place, place)][1]]
                        for place, (subject, _) in enumerate(found)
                    ]
                )
        for variant in variants:
            if name == "map_proofs" and len(variant) < len(found) and without(found, variant) == ["c/87"]:
                # Then nothing says any more that these are all.
                assert check_bundle(parts.but(map_proofs=variant).encoded(), log_id=log_id).completeness == "selection"
                continue
            with pytest.raises(REFUSED):
                check_bundle(parts.but(**{name: variant}).encoded(), log_id=log_id)
    hashes = [parts.proof[at : at + 32] for at in range(0, len(parts.proof), 32)]
    for first, second in combinations(range(len(hashes)), 2):
        swapped = list(hashes)
        swapped[first], swapped[second] = hashes[second], hashes[first]
        with pytest.raises(BundleError):
            check_bundle(parts.but(proof=b"".join(swapped)).encoded(), log_id=log_id)


def without(found, variant):
    """The subjects whose proofs are gone."""
    return [one[0] for one in found if one not in variant]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=8) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.binary(max_size=200) | st.lists(VALUES, max_size=10).map(lambda rest: codec.encode([PURPOSE, *rest])))
@settings(max_examples=100)
def test_any_bytes_are_refused_by_name(data):
    with pytest.raises(FormatError):
        decode_bundle(data)


@given(st.data())
@settings(max_examples=100)
def test_any_value_in_the_place_of_another_is_refused_by_name(data):
    log_id, parts = told()
    elements = codec.decode(parts.encoded())
    place = data.draw(st.integers(1, len(elements) - 1))
    value = data.draw(VALUES)
    if value == elements[place] or (value == [] and place in (7, 8)):
        return
    elements[place] = value
    with pytest.raises(REFUSED):
        check_bundle(codec.encode(elements), log_id=log_id)
