"""The projections that every log has: custody, people, registers, timeline. Does I/O through the reader and tables it is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chainlog.errors import ConflictError
from chainlog.log.reader import Reader
from chainlog.projection import custody_fold, people_fold, registers
from chainlog.projection.custody_fold import CustodyProjection
from chainlog.projection.custody_memory import RememberedCustody
from chainlog.projection.facts import FactBase
from chainlog.projection.people import People
from chainlog.projection.people_fold import PeopleProjection
from chainlog.projection.registers import Registers, RegistersProjection
from chainlog.projection.runner import Projections, read_cursor
from chainlog.projection.timeline import TimelineProjection
from chainlog.store.port import KeyValue

_PATIENCE = 5
FACTS = (custody_fold.NAME, people_fold.NAME, registers.NAME)


def standard_projections(reader: Reader, kv: KeyValue | None = None) -> Projections:
    """The standard projections of a log, registered; see `Projections` for *kv*."""
    projections = Projections(reader, kv)
    projections.register(CustodyProjection(reader))
    projections.register(PeopleProjection())
    projections.register(RegistersProjection())
    projections.register(TimelineProjection())
    return projections


def catch_up(projections: Projections) -> None:
    """Bring what `facts` reads to the head of the log. Raises: as `Projections.catch_up`."""
    projections.catch_up_together(FACTS)


@contextmanager
def facts(projections: Projections) -> Iterator[FactBase]:
    """
    Custody, people, registers and the log at one and the same size, caught up, for rules and reports.

    Raises: ConflictError if the log grows faster than it can be read; what `catch_up` raises.
    """
    for attempt in range(_PATIENCE):
        catch_up(projections)
        with projections.kv.read() as transaction, projections.reader.snapshot() as log:
            sizes = {read_cursor(transaction, name).size for name in FACTS}
            if sizes == {log.size}:
                yield FactBase(RememberedCustody(transaction), People(transaction), Registers(transaction), log)
                return
        if attempt == _PATIENCE - 1:
            raise ConflictError("the log grew while it was read; ask again")
