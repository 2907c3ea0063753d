"""Every field of the vocabulary has a Chinese name, and no name is kept for a field that isn't there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chainlog.event import labels
from chainlog.event.catalogue import KINDS
from chainlog.event.labels import field_en, field_zh
from chainlog.event.types import FieldType


def names(fields: Mapping[str, FieldType]) -> Iterator[str]:
    for key, field in fields.items():
        inner = field.item or field
        yield from names(inner.fields)
        if not key.rstrip("?").isdecimal():
            yield key.rstrip("?")


def test_the_names_are_those_of_the_fields():
    known = {name for kind in KINDS.values() for name in names(kind.fields)}
    assert set(labels._FIELDS) == known


def test_special_names_belong_to_fields_and_differ():
    for (within, name), zh in labels._SPECIAL.items():
        assert within == "part" or name in {key.rstrip("?") for key in KINDS[within].fields}
        assert field_zh(f"{name}?", within=within) == zh


def test_names():
    assert field_zh("due?") == "应还时间"
    assert field_zh("due", within="notified.sent") == "期限"
    assert field_zh("nothing") == "nothing"
    assert field_en("return_due?") == "return due"
