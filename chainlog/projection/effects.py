"""One table of what every kind does in the custody projection, corrections apart. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET

from chainlog.projection.custody_acts import CUSTODY, Handler
from chainlog.projection.fold import Act, Fold
from chainlog.projection.matters import MATTERS, contained, copied_document, unnumbered


def _custody(handler: Handler) -> Handler:
    def apply(fold: Fold, act: Act) -> None:
        if act.body.copies_unnumbered is UNSET:
            handler(fold, act)
        else:
            unnumbered(fold, act)

    return apply


def _after(handler: Handler, then: Handler) -> Handler:
    def apply(fold: Fold, act: Act) -> None:
        handler(fold, act)
        then(fold, act)

    return apply


EFFECTS: Final[Mapping[str, Handler]] = {
    **MATTERS,
    **{kind: _custody(handler) for kind, handler in CUSTODY.items()},
    "copied.made": _custody(_after(CUSTODY["copied.made"], copied_document)),
    "transferred.archive": _custody(_after(CUSTODY["transferred.archive"], contained)),
}
"""Effect by kind. Kinds that aren't here say nothing about custody, documents or lists."""
