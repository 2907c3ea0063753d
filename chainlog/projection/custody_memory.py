"""Custody for who asks much about few: each row is read once, until it is forgotten. Reads tables; no other I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chainlog.projection import levels, rows
from chainlog.projection.custody_view import CustodyView
from chainlog.projection.rows import CarrierState, DocumentState, Interval, ListState
from chainlog.store.port import Transaction


class RememberedCustody(CustodyView):
    """
    A view that remembers rows. Its answers are those of `CustodyView`.

    Args:
        transaction: of `derived/`, open as long as the view is used.

    Memory grows with what is asked about until `forget`.
    """

    def __init__(self, transaction: Transaction) -> None:
        super().__init__(transaction)
        self.forget()

    def forget(self) -> None:
        """Drop what was read."""
        self._carriers: dict[str, CarrierState | None] = {}
        self._documents: dict[str, DocumentState | None] = {}
        self._lists: dict[str, ListState | None] = {}
        self._levels: dict[str, levels.InForce] = {}
        self._rows: dict[tuple[bytes, str], Sequence[tuple[int, Any]]] = {}
        self._others: dict[tuple[bytes, str], tuple[tuple[str, Any], ...]] = {}
        self._chains: dict[str, tuple[Interval, ...]] = {}
        self._void: dict[int, int | None] = {}
        self._countersigned: dict[int, list[tuple[int, rows.CountersignRow]]] = {}

    def carrier_state(self, carrier: str) -> CarrierState | None:
        """As `CustodyView.carrier_state`."""
        if carrier not in self._carriers:
            self._carriers[carrier] = super().carrier_state(carrier)
        return self._carriers[carrier]

    def document_state(self, document: str) -> DocumentState | None:
        """As `CustodyView.document_state`."""
        if document not in self._documents:
            self._documents[document] = super().document_state(document)
        return self._documents[document]

    def list_state(self, name: str) -> ListState | None:
        """As `CustodyView.list_state`."""
        if name not in self._lists:
            self._lists[name] = super().list_state(name)
        return self._lists[name]

    def _dated(self, tag: bytes, subject: str) -> Sequence[tuple[int, Any]]:
        found = self._rows.get((tag, subject))
        if found is None:
            found = self._rows[tag, subject] = super()._dated(tag, subject)
        return found

    def pairs(self, tag: bytes, one: str) -> Iterable[tuple[str, Any]]:
        """As `CustodyView.pairs`."""
        found = self._others.get((tag, one))
        if found is None:
            found = self._others[tag, one] = tuple(super().pairs(tag, one))
        return found

    def void_of(self, index: int) -> int | None:
        """As `CustodyView.void_of`."""
        if index not in self._void:
            self._void[index] = super().void_of(index)
        return self._void[index]

    def countersignatures(self, index: int) -> list[tuple[int, rows.CountersignRow]]:
        """As `CustodyView.countersignatures`."""
        if index not in self._countersigned:
            self._countersigned[index] = super().countersignatures(index)
        return list(self._countersigned[index])

    def chain(self, carrier: str, state: CarrierState | None = None) -> Iterable[Interval]:
        """As `CustodyView.chain`."""
        found = self._chains.get(carrier)
        if found is None:
            found = self._chains[carrier] = tuple(super().chain(carrier, state))
        return found

    def _level_now(self, document: str) -> levels.InForce:
        found = self._levels.get(document)
        if found is None:
            found = self._levels[document] = super()._level_now(document)
        return found
