"""The quick way through `check_event` is never sure of what the slow way refuses, and sure of what is common."""

from __future__ import annotations

import pytest
from hypothesis import given

from chainlog.canon import codec
from chainlog.errors import FormatError
from chainlog.event.catalogue import KINDS, REGISTRY
from chainlog.event.model import _check_slowly, check_quickly
from tests.mutations import body_mutants, head_mutants, packed, subject_mutants
from tests.strategies import Fullest, Least, damaged, events, made_event


def slowly(data: bytes):
    try:
        return _check_slowly(data, "$")
    except FormatError:
        return None


def is_common(kind) -> bool:
    return kind.name not in REGISTRY and kind.subjects != ("target",) and not kind.names


@given(events())
def test_both_ways_give_the_same_event(event):
    quick = check_quickly(event.encoded)
    assert quick in (None, slowly(event.encoded))


@given(damaged(events().map(lambda event: event.encoded)))
def test_what_is_damaged_is_in_doubt(changed):
    quick = check_quickly(changed)
    if quick is not None:
        assert quick == slowly(changed)


@pytest.mark.parametrize("name", KINDS)
def test_no_single_fault_is_taken_for_right(name):
    kind = KINDS[name]
    for choose in (Least(), Fullest()):
        made = made_event(kind, choose)
        plain = codec.decode(made.encoded)
        mutants = [*body_mutants(plain, kind.fields), *head_mutants(kind, plain), *subject_mutants(kind, plain)]
        for mutant in mutants:
            data = packed(mutant.event)
            quick = check_quickly(data)
            assert quick is None or quick == slowly(data), mutant
        if is_common(kind) and isinstance(choose, Least):
            assert check_quickly(made.encoded) == made
