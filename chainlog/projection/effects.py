"""One table of what every kind does in the custody projection, corrections apart. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from msgspec import UNSET

from chainlog.projection.custody_acts import CUSTODY
from chainlog.projection.feed import Act
from chainlog.projection.fold import Fold
from chainlog.projection.handling import Handler
from chainlog.projection.matters import MATTERS, contained, copied_document, unnumbered


class Effect(NamedTuple):
    """What a kind does, and what it does where the book doesn't tell copies apart."""

    apply: Handler
    unnumbered: Handler

    def on(self, fold: Fold, act: Act) -> None:
        """Take in an act."""
        if act.body.copies_unnumbered is UNSET:
            self.apply(fold, act)
        else:
            self.unnumbered(fold, act)


def _after(handler: Handler, then: Handler) -> Handler:
    def apply(fold: Fold, act: Act) -> None:
        handler(fold, act)
        then(fold, act)

    return apply


_WITH_MORE: Final[Mapping[str, Handler]] = {
    **CUSTODY,
    "copied.made": _after(CUSTODY["copied.made"], copied_document),
    "transferred.archive": _after(CUSTODY["transferred.archive"], contained),
}

EFFECTS: Final[Mapping[str, Effect]] = {
    **{kind: Effect(handler, handler) for kind, handler in MATTERS.items()},
    **{kind: Effect(handler, unnumbered) for kind, handler in _WITH_MORE.items()},
}
"""Effect by kind. Kinds that aren't here say nothing about custody, documents or lists."""
