"""Checking requests before the log is held: the shape of drafts, then their signatures, in two threads if there are many.

libsodium works without the interpreter's lock, so two threads verify on two processors. No I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Thread
from typing import Final

from chainlog.errors import UsageError
from chainlog.log.request import Proposal, Request, Verified
from chainlog.record.draft import Draft

# Below this a thread costs more than it saves.
_MANY: Final = 8


def checked_requests(requests: Sequence[Request]) -> list[Verified | Proposal]:
    """
    What can be checked of requests before the log is held: everything about drafts, nothing about proposals.

    Raises: UsageError for what is neither; FormatError; SignatureError of the first draft that has a bad one.
    Cost: the signatures, with many drafts half of them, and some 15 µs a draft.
    """
    found = [_shaped(request) for request in requests]
    drafts = [request.draft for request in found if isinstance(request, Verified)]
    if len(drafts) < _MANY:
        for draft in drafts:
            draft.verify_signatures()
    else:
        _verify_in_two_threads(drafts)
    return found


def _shaped(request: Request) -> Verified | Proposal:
    if isinstance(request, Draft):
        return Verified(request, request.check())
    if isinstance(request, Proposal):
        return request
    raise UsageError(f"a draft or a proposal is appended, not {type(request).__name__}")


class _Half:
    """Every other draft, and how far their signatures were verified."""

    def __init__(self, drafts: Sequence[Draft], first: int) -> None:
        self.drafts = drafts[first::2]
        self.good = 0
        self.first = first
        self.error: Exception | None = None

    def verify(self) -> None:
        """Verify one after the other until one fails."""
        try:
            for draft in self.drafts:
                draft.verify_signatures()
                self.good += 1
        except Exception as error:  # noqa: BLE001 (raised by who waits)
            self.error = error

    @property
    def reached(self) -> int:
        """Place among all drafts of the first one that wasn't found good."""
        return 2 * self.good + self.first


def _verify_in_two_threads(drafts: Sequence[Draft]) -> None:
    mine, other = halves = _Half(drafts, 0), _Half(drafts, 1)
    thread = Thread(target=other.verify)
    thread.start()
    try:
        mine.verify()
    finally:
        thread.join()
    failed = [half for half in halves if half.good != len(half.drafts)]
    if failed:
        first = min(failed, key=lambda half: half.reached)
        raise first.error or AssertionError("a thread ended before it had verified its drafts")
