"""The history of one key, event by event."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chainlog.authority.keys import BRINGS_KEYS, LOG_HOLDER, KeyHistory, advance, purpose_of
from chainlog.event.kind import ROLES

KEY, OTHER = b"\1" * 32, b"\2" * 32


def body(**fields):
    return SimpleNamespace(**fields)


def opened(**fields):
    bare = {"administrators": (), "log_key": (1, OTHER), "recovery": None}
    return body(**{**bare, **fields})


@pytest.mark.parametrize(
    ("kind", "body", "holder", "purpose"),
    [
        ("enrolled", body(person="p/X", key=(1, KEY)), "p/X", "person"),
        ("administered", body(administrators=[("p/Y", (1, OTHER)), ("p/X", (1, KEY))]), "p/X", "administrator"),
        ("log_opened", opened(administrators=[("p/X", (1, KEY))]), "p/X", "administrator"),
        ("log_opened", opened(recovery=body(keys=[("p/X", (1, KEY))])), "p/X", "recovery"),
        ("log_opened", opened(log_key=(1, KEY)), LOG_HOLDER, "log"),
        ("log_key_changed", body(old=(1, OTHER), new=(1, KEY)), LOG_HOLDER, "log"),
    ],
)
def test_the_event_that_brings_a_key_says_whose_it_is(kind, body, holder, purpose):
    assert advance(None, KEY, 7, kind, body) == KeyHistory(KEY, holder, purpose, 7)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("revoked", body(person="p/X", key=(1, KEY))),
        ("administered", body(administrators=[("p/Y", (1, OTHER))])),
        ("log_opened", opened()),
        ("log_key_changed", body(old=(1, KEY), new=(1, OTHER))),
    ],
)
def test_an_event_that_brings_another_key(kind, body):
    assert advance(None, KEY, 7, kind, body) is None


MINE = KeyHistory(KEY, "p/X", "person", 3)


def test_the_first_event_decides():
    for kind, later in (
        ("enrolled", body(person="p/Y", key=(1, KEY))),
        ("administered", body(administrators=[("p/Y", (1, KEY))])),
        ("log_key_changed", body(old=(1, OTHER), new=(1, KEY))),
        ("revoked", body(person="p/X", key=(1, OTHER))),
    ):
        assert advance(MINE, KEY, 9, kind, later) == MINE


def test_a_key_ends_once():
    ended = advance(MINE, KEY, 9, "revoked", body(person="p/X", key=(1, KEY), doubt_from=5))
    assert ended == MINE._replace(until=9, doubt_from=5)
    assert advance(ended, KEY, 11, "revoked", body(person="p/X", key=(1, KEY), doubt_from=0)) == ended
    assert advance(ended, KEY, 11, "enrolled", body(person="p/Y", key=(1, KEY))) == ended
    log = KeyHistory(KEY, LOG_HOLDER, "log", 0)
    assert advance(log, KEY, 4, "log_key_changed", body(old=(1, KEY), new=(1, OTHER))) == log._replace(until=4)


def test_doubt_may_begin_at_the_first_record():
    assert advance(MINE, KEY, 9, "revoked", body(key=(1, KEY), doubt_from=0)).doubt_from == 0
    assert advance(MINE, KEY, 9, "revoked", body(key=(1, KEY))).doubt_from is None


def test_each_role_is_signed_with_keys_of_one_purpose():
    special = {"administrator", "recovery", "log"}
    for role in ROLES:
        assert purpose_of(role) == (role if role in special else "person")
    assert purpose_of("a_later_role") == "person"
    assert {"log_opened", "administered", "log_key_changed"} == BRINGS_KEYS
