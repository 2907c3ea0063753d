"""The table of kinds agrees with itself, and with what the vocabulary says in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from chainlog.canon.codec import Codec
from chainlog.errors import UnknownKindError
from chainlog.event.carrier_kinds import CARRIER_KINDS
from chainlog.event.catalogue import KINDS, REGISTRY, find_kind
from chainlog.event.kind import ROLE_NAME, ROLES, Kind, kind
from chainlog.event.labels import field_zh
from chainlog.event.moves import NAMES_DOCUMENTS
from chainlog.event.office_kinds import OFFICE_KINDS
from chainlog.event.registry_kinds import REGISTRY_KINDS
from chainlog.event.subject import PREFIXES, check_subject
from chainlog.event.types import CHANNEL, COMMON, FORM, LEVELS, PHASE, STEP, FieldType
from tests.strategies import bounds

CHINESE = re.compile("[一-鿿]")
# What documents say of each type; a new one is described there first.
TYPES = {
    "Text", "str", "json", "int", "count", "bool", "time", "date", "hash", "key", "signature", "one of",
    "C", "D", "L", "P", "U", "W", "P|U", "U|W|D|L", "subject",
    "Item", "OpeningItem", "ListItem", "Document", "Scope", "part", "Extra", "Cover", "Policy", "recovery", "source",
    "attachment", "holiday", "record elsewhere", "log elsewhere",
}  # fmt: skip

# What each kind is about and who signs it, written out: a slip of the table would change what logs accept.
ROWS = """
created.received                 c+ d*                       receiver (giver)
created.produced                 c+ d                        operator registrar
created.equipment                c                           registrar receiver
created.entered                  c+ d*                       registrar
created.opening                  c+ d*                       registrar
registered.document              d+ c*                       registrar
registered.void                  u                           registrar
marked                           c+                          operator
transferred.circulate            c+ l?                       giver receiver
transferred.lend                 c+                          giver receiver
transferred.hold                 c+                          giver receiver
transferred.take_out             c+                          giver receiver
transferred.dispatch             c+ d*                       giver (receiver) (escort)
transferred.receipt              c+ l?                       receiver
transferred.hand_over            c+ l?                       giver receiver (witness)
transferred.store                c+                          registrar
transferred.repair               c+                          giver (witness)
transferred.send_to_destruction  c+ l                        escort*2 (receiver) (giver)
transferred.archive              c+ d*                       giver receiver
returned.to_keeper               c+ l? d*                    giver receiver
returned.from_repair             c+                          receiver (operator) (witness)
returned.to_issuer               c+ d* l?                    giver (receiver)
copied.made                      c+ d*                       operator registrar
copied.stored                    c+ d*                       operator approver
destroyed.carriers               c+ d* l?                    supervisor*2 (operator)
destroyed.byproducts             d                           operator
destroyed.contents               c+                          operator
listed.added                     l c* u?                     registrar
listed.withdrawn                 l c+                        registrar
decided.classify                 d+ | c+
decided.reclassify               d+ | c+
decided.scope                    d+
decided.route                    d+
decided.permit                   c+ | d+ | l | u
accessed.read                    c+ | d+                     reader registrar
accessed.connected               c2                          registrar
accessed.entered                 w                           operator
checked.count                    d | l                       registrar
checked.inventory                l c* d* u | l c* d* w       operator*2
checked.carrier                  c+                          operator
checked.inspection               u | d+ | c+                 operator
checked.fetch                    u                           operator
reported.incident                i? c* d*                    (registrar) (operator)
reported.upward                  i+                          operator
reported.handled                 i+                          approver
notified.sent                    c* | d+ | l | u             registrar
notified.filed                   c+ | u                      registrar
notified.published               d+ | c+ | u                 operator
corrected.field                  target                      registrar approver
corrected.void                   target                      registrar approver
countersigned                    target
declared.unit                    u                           administrator
declared.place                   w                           administrator
declared.person                  -                           administrator
declared.calendar                s/log                       administrator
declared.meeting                 l                           administrator
appointed.post                   d? l?                       administrator
appointed.level                  -                           administrator
appointed.credential             -                           administrator
dismissed                        d? l?                       administrator
departed                         -                           administrator
enrolled                         k                           administrator
revoked                          k                           administrator
administered                     k+ s/admins                 administrator
log_key_changed                  k2 s/log                    administrator log
log_opened                       k+ s/admins s/log s/policy  administrator log
policy_adopted                   s/policy                    administrator
index_committed                  s/map                       log
erased                           target                      registrar approver
recovered                        s/log                       administrator
format_adopted                   s/log                       administrator
log_closed                       s/log                       administrator
"""


def inner_types(kind: FieldType) -> Iterator[FieldType]:
    yield kind
    if kind.item is not None:
        yield from inner_types(kind.item)
    for inner in kind.fields.values():
        yield from inner_types(inner)


def all_types() -> Iterator[tuple[str, FieldType]]:
    for row in KINDS.values():
        for name, field in row.fields.items():
            for inner in inner_types(field):
                yield f"{row.name}.{name}", inner


def words(row: Kind) -> set[str]:
    return {word for line in row.subjects for word in line.split()}


def prefixes(row: Kind) -> set[str]:
    return {word[0] for word in words(row) if not word.startswith("s/")}


def test_each_kind_stands_once_under_its_name():
    rows = [*CARRIER_KINDS, *OFFICE_KINDS, *REGISTRY_KINDS]
    assert len(rows) == len(KINDS) == 72
    assert [row.name for row in rows] == list(KINDS)
    assert frozenset(row.name for row in REGISTRY_KINDS) == REGISTRY
    assert all(find_kind(name) is row for name, row in KINDS.items())
    with pytest.raises(UnknownKindError) as caught:
        find_kind("transferred.lend/2", path="$.x")
    assert (caught.value.kind, caught.value.path) == ("transferred.lend/2", "$.x")


def test_each_kind_is_named_and_of_known_parts():
    for row in KINDS.values():
        assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", row.name)
        assert CHINESE.search(row.zh)
        assert row.en.isascii()
        assert row.en
        assert isinstance(row.codec, Codec)
        assert row.codec is row.codec
        assert set(row.signs) | set(row.may_sign) | set(row.by_step.values()) <= set(ROLES)
        assert not set(row.signs) & set(row.may_sign)
        assert all(1 <= count <= 2 for count in row.signs.values())
        for name in row.own:
            assert re.fullmatch(r"[a-z][a-z0-9_]{0,31}\??", name)
            assert f"{name}?" not in row.own
            assert CHINESE.search(field_zh(name.rstrip("?"), within=row.name))


def test_subject_rows_are_well_formed():
    for row in KINDS.values():
        if row.subjects == ("target",):
            continue
        for line in row.subjects:
            names = [word if word.startswith("s/") else word[0] for word in line.split()]
            assert len(set(names)) == len(names), "a prefix stands once in a row"
            for word in line.split():
                if word.startswith("s/"):
                    check_subject(word, path="$")
                    assert word in row.subjects[0]
                else:
                    assert re.fullmatch("[cdliuwk][+*?2]?", word)
                    assert word[0] in PREFIXES


def test_own_fields_hide_a_common_one_once_and_on_purpose():
    common = {name.rstrip("?") for name in COMMON}
    hidden = {(row.name, name.rstrip("?")) for row in KINDS.values() for name in row.own} & {
        (row.name, name) for row in KINDS.values() for name in common
    }
    # There the place is not where it happened but what the event is about.
    assert hidden == {("declared.place", "place")}
    assert all(name.endswith("?") for name in COMMON)
    for row in KINDS.values():
        assert {name.rstrip("?") for name in row.fields} == {name.rstrip("?") for name in row.own} | common
        assert list(row.fields)[: len(row.own)] == list(row.own)


def test_every_type_of_field_is_a_described_one_and_bounded():
    found = set()
    for where, field in all_types():
        if field.item is None and not field.name.startswith("["):
            found.add(field.name)
        plain, size = bounds(field)
        if field.item is not None:
            assert size is not None, where
            assert size.max_length is not None, where
        elif plain is int:
            assert (size.ge is not None, size.le is not None) == (True, True), where
        elif plain in (str, bytes):
            assert size.max_length is not None, where
            assert size.min_length is not None, where
            assert size.min_length >= 1, where
        assert not (field.position and field.subject), where
    assert found == TYPES


def test_positions_lie_in_lists_and_maps_only():
    # Composing and showing look for them there.
    for where, field in all_types():
        plain, _ = bounds(field)
        if field.fields and field.item is None and not hasattr(plain, "__struct_fields__"):
            assert not any(inner.position for part in field.fields.values() for inner in inner_types(part)), where


def test_enumerations_hold_a_chinese_word_for_each_code():
    for where, field in all_types():
        for code, word in field.values.items():
            assert CHINESE.search(word), where
            assert re.fullmatch(r"[a-z_]+", code) or code in LEVELS, where
        assert len(set(field.values.values())) == len(field.values), where
    assert len(LEVELS) == 6
    assert [len(field.values) for field in (FORM, CHANNEL, PHASE, STEP)] == [19, 15, 17, 6]


def test_every_position_can_be_filled_from_the_row():
    for row in KINDS.values():
        pointed = {inner.position for field in row.fields.values() for inner in inner_types(field) if inner.position}
        # The one exception: what a new copy is a copy of stands in its own items.
        assert pointed <= prefixes(row), row.name


def test_moves_fit_the_rows():
    for row in KINDS.values():
        if row.name in REGISTRY:
            own = any(word.startswith("s/") for word in words(row)) or "person" in row.own
            assert row.moves == ("r" if own else "")
            continue
        assert set(row.moves) <= set("cld")
        if row.subjects != ("target",):
            assert set(row.moves) <= prefixes(row) or row.name.startswith("decided."), row.name
        assert not row.threshold
        moves_carriers = "c" in row.moves and "l" in prefixes(row)
        lists = row.name.startswith("listed.") or row.name == "decided.permit"
        assert row.acts_on_list == (moves_carriers or lists), row.name


def test_families_move_what_the_vocabulary_says():
    moving = {row.name for row in KINDS.values() if "c" in row.moves}
    families = ("created.", "transferred.", "returned.")
    expected = {name for name in KINDS if name.startswith(families)}
    expected |= {"marked", "copied.made", "destroyed.carriers", "destroyed.contents", "reported.incident"}
    assert moving == expected | {"corrected.field", "corrected.void"}
    assert {row.name for row in KINDS.values() if "d" in row.moves} == {
        "decided.classify", "decided.reclassify", "decided.scope",
    }  # fmt: skip
    assert {row.name for row in KINDS.values() if "l" in row.moves} == {
        "listed.added", "listed.withdrawn", "corrected.field", "corrected.void",
    }  # fmt: skip
    assert all("d" in prefixes(KINDS[name]) for name in NAMES_DOCUMENTS)


def test_steps_of_decisions_each_have_a_role():
    decided = [row for row in KINDS.values() if row.name.startswith("decided.")]
    assert len(decided) == 5
    for row in KINDS.values():
        assert bool(row.by_step) == (row in decided)
        if row.by_step:
            assert set(row.by_step) == set(row.own["step"].values)
            assert not row.signs


def test_what_a_field_names_is_one_subject_of_the_row():
    naming = {row.name: row.names for row in KINDS.values() if row.names}
    assert naming == {
        "declared.unit": "unit", "declared.place": "place", "checked.fetch": "station", "appointed.post": "over",
    }  # fmt: skip
    for name, field in naming.items():
        row = KINDS[name]
        assert set(row.own[field].subject) & prefixes(row)
        assert len(row.subjects) == 1
        assert not any(word.startswith("s/") for word in words(row))


def test_who_must_sign_registry_kinds():
    for name in REGISTRY:
        row = KINDS[name]
        if name == "index_committed":
            assert dict(row.signs) == {"log": 1}
        elif name == "erased":
            assert set(row.signs) == {"registrar", "approver"}
        else:
            assert "administrator" in row.signs
        assert row.threshold == (not name.startswith("declared.") and name not in ("index_committed", "erased"))


def test_kinds_of_a_family_differ():
    # A kind of its own only where the fields, subjects, signers or moves differ.
    shapes: dict[tuple[object, ...], str] = {}
    for row in KINDS.values():
        own = tuple(sorted((name, field.name, tuple(field.values)) for name, field in row.own.items()))
        shape = (row.name.partition(".")[0], own, row.subjects, tuple(row.signs.items()), row.moves)
        assert shape not in shapes, (row.name, shapes[shape])
        shapes[shape] = row.name


def test_a_row_with_an_unknown_role_cannot_be_written():
    with pytest.raises(AssertionError, match="unknown role clerk"):
        kind("a.b", "甲", "a", {}, "c", "(clerk)")
    made = kind("a.b", "甲", "a", {}, "c+ | d", "giver supervisor*2 (receiver)")
    assert (dict(made.signs), made.may_sign) == ({"giver": 1, "supervisor": 2}, ("receiver",))
    assert made.subjects == ("c+", "d")


def test_roles_are_named_in_both_languages():
    assert len(ROLES) == 14
    for role, (zh, en) in ROLES.items():
        assert ROLE_NAME.fullmatch(role)
        assert CHINESE.search(zh)
        assert en.isascii()


def test_subjects_and_signers_of_each_kind():
    written = [re.split("  +", line) for line in ROWS.strip().splitlines()]
    assert [name for name, *_ in written] == list(KINDS)
    for name, subjects, *signs in written:
        row = KINDS[name]
        assert " | ".join(row.subjects) == subjects.strip("-"), name
        must = [role if count == 1 else f"{role}*{count}" for role, count in row.signs.items()]
        assert " ".join([*must, *(f"({role})" for role in row.may_sign)]) == "".join(signs), name
