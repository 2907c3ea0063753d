"""Every event kind by its name. Pure. Format: schemas/FORMAT.md appendix A."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chainlog.errors import UnknownKindError
from chainlog.event.carrier_kinds import CARRIER_KINDS
from chainlog.event.kind import Kind
from chainlog.event.office_kinds import OFFICE_KINDS
from chainlog.event.registry_kinds import REGISTRY_KINDS

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (*CARRIER_KINDS, *OFFICE_KINDS, *REGISTRY_KINDS)}

REGISTRY: Final = frozenset(kind.name for kind in REGISTRY_KINDS)


def find_kind(name: str, *, path: str = "$") -> Kind:
    """The kind called *name*. Raises UnknownKindError."""
    try:
        return KINDS[name]
    except KeyError:
        raise UnknownKindError(kind=name, path=path) from None
