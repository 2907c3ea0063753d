"""Requests are checked before the log is held: a bad signature is found wherever it stands, the first one is named."""

from __future__ import annotations

import threading

import pytest

from chainlog.errors import FormatError, SignatureError, UsageError
from chainlog.log import checking
from chainlog.log.checking import checked_requests
from chainlog.log.handle import propose
from chainlog.log.request import Verified
from chainlog.record.draft import Draft
from tests.builders import small_log
from tests.signers import signer

COUNT = 12


@pytest.fixture(scope="module")
def log():
    return small_log()


@pytest.fixture(scope="module")
def drafts(log):
    found = []
    for number in range(COUNT):
        event = log.handle.prepare(
            "checked.carrier",
            body={"reason": "other", "passed": True},
            people={"operator": "p/Z"},
            subjects=[f"c/{number}"],
        )
        draft = log.handle.draft(event)
        found.append(draft.sign(signer("p/Z"), role="operator", person="p/Z", signed_at_us=log.clock()))
    return found


def spoiled(draft: Draft) -> Draft:
    (one,) = draft.signatures
    return draft._replace(signatures=(one._replace(signature=one.signature[:-1] + bytes([one.signature[-1] ^ 1])),))


@pytest.mark.parametrize("count", range(COUNT + 1))
def test_what_is_good_comes_back_in_order(drafts, count):
    found = checked_requests(drafts[:count])
    assert [request.draft for request in found] == drafts[:count]
    assert all(type(request) is Verified for request in found)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, COUNT])
def test_a_bad_signature_is_found_at_every_place(drafts, count):
    for place in range(count):
        some = [*drafts[:place], spoiled(drafts[place]), *drafts[place + 1 : count]]
        with pytest.raises(SignatureError):
            checked_requests(some)


def test_of_several_bad_drafts_the_first_is_named(drafts, monkeypatch):
    def verify(draft: Draft) -> None:
        if draft in bad:
            raise SignatureError(str(drafts.index(draft)))

    monkeypatch.setattr(Draft, "verify_signatures", verify)
    for first in range(COUNT):
        for second in range(first, COUNT):
            bad = {drafts[first], drafts[second]}
            with pytest.raises(SignatureError) as caught:
                checked_requests(drafts)
            assert caught.value.detail == str(first)


def test_a_thread_that_ends_early_verifies_nothing(drafts, monkeypatch):
    class Idle(threading.Thread):
        def run(self) -> None:
            pass

    monkeypatch.setattr(checking, "Thread", Idle)
    with pytest.raises(AssertionError):
        checked_requests(drafts)


def test_proposals_pass_and_anything_else_does_not(log, drafts):
    event = log.handle.prepare(
        "checked.carrier", body={"reason": "other", "passed": True}, people={"operator": "p/Z"}, subjects=["c/1"]
    )
    proposal = propose(event, {"p/Z": signer("p/Z")})
    found = checked_requests([proposal, *drafts])
    assert found[0] is proposal
    assert len(found) == 1 + COUNT
    with pytest.raises(UsageError):
        checked_requests([drafts[0], event])
    with pytest.raises(FormatError):
        checked_requests([*drafts, drafts[0]._replace(event=b"\x90")])
