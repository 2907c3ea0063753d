"""What was called in by a list: whether it came back, and what the count of it says. Pure over `Facts`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from chainlog.rules.acts import Act
from chainlog.rules.rule import Breach

if TYPE_CHECKING:
    from chainlog.rules.facts import Facts

_BACK: Final = ("returned.", "destroyed.carriers", "transferred.send_to_destruction")
_HERE: Final = frozenset({"in_stock", "archived", "recalled", "pending_destruction", "destruction_approved"})
_GONE: Final = frozenset({"returned_to_issuer", "destroyed"})


def counted(facts: Facts, list_subject: str) -> Iterator[Breach]:
    """The last count of what came back."""
    counts = facts.of(list_subject, "checked.count")
    if counts and counts[-1].body.actual != counts[-1].body.expected:
        last = counts[-1]
        yield Breach(
            (last.index,), f"清退应收{last.body.expected}件，实收{last.body.actual}件",
            f"{last.body.expected} were to come back, {last.body.actual} did", last, about="count",
        )  # fmt: skip


def counted_all_the_same(facts: Facts, list_subject: str, carrier: str, done: Act | None) -> Iterator[Breach]:
    """A carrier that was not back when the last count said that everything was."""
    last = next(reversed(facts.of(list_subject, "checked.count")), None)
    if last is None or last.body.actual < last.body.expected or (done is not None and done.before(last)):
        return
    yield Breach(
        (last.index,) if done is None else (last.index, done.index), f"清点称已收齐，{carrier} 未收回",
        f"counted as complete, and {carrier} was not back", last, closed=done is not None, about=carrier,
    )  # fmt: skip


def came_back(facts: Facts, carrier: str, listed: Act) -> Act | None:
    """
    The act that brought back a carrier on a list; the listing itself if the keeper had it already and nobody else wants it.

    What another unit calls in is back when it went to its issuer.
    """
    state = facts.after(carrier, listed)
    stated = facts.stated(facts.document_of(carrier) or "")
    to_issuer = listed.body.purpose == "recall" and stated is not None and stated.issuer != facts.own_unit
    if state is not None and (state.phase in _GONE or (not to_issuer and state.phase in _HERE)):
        return listed
    kinds = ("returned.to_issuer", "destroyed.carriers") if to_issuer else _BACK
    return next((act for act in facts.of(carrier, *kinds) if act.index > listed.index), None)
