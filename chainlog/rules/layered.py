"""Tables with changes above them that are never written: what a fold would leave. Pure over a transaction."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence

from chainlog.store.port import Table, Transaction


class Layer:
    """Changes to one table: values put, and None for what was deleted."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes | None] = {}
        self.keys: list[bytes] = []
        self.cleared = False

    def set(self, key: bytes, value: bytes | None) -> None:
        if key not in self.values:
            insort(self.keys, key)
        self.values[key] = value

    def clear(self) -> None:
        self.values, self.keys, self.cleared = {}, [], True

    def write_to(self, transaction: Transaction, name: str) -> None:
        """Make the changes in the table *name* of a transaction that writes."""
        if self.cleared:
            transaction.clear(name)
        table = transaction.table(name)
        for key in self.keys:
            value = self.values[key]
            if value is None:
                table.delete(key)
            else:
                table.put(key, value)

    def between(self, start: bytes, stop: bytes | None) -> Sequence[bytes]:
        end = len(self.keys) if stop is None else bisect_left(self.keys, stop)
        return self.keys[bisect_left(self.keys, start) : end]


class LayeredTables:
    """
    A transaction whose writes stay in *layers*, over one that is only read. Implements `store.port.Transaction`.

    Args:
        below: None for nothing. layers: changes by table; kept by the caller from one transaction to the next, as long as
            what lies below holds the same, or part of the same changes.
    """

    def __init__(self, below: Transaction | None, layers: dict[str, Layer]) -> None:
        self._below = below
        self._layers = layers

    def table(self, name: str) -> LayeredTable:
        """The table *name*."""
        below = None if self._below is None else self._below.table(name)
        return LayeredTable(below, self._layers.setdefault(name, Layer()))

    def clear(self, name: str) -> None:
        """Empty a table."""
        self._layers.setdefault(name, Layer()).clear()


class LayeredTable:
    """One table of `LayeredTables`. Implements `store.port.Table`."""

    def __init__(self, below: Table | None, layer: Layer) -> None:
        self._below = below
        self._layer = layer

    def get(self, key: bytes) -> bytes | None:
        """The value of *key*, or None."""
        layer = self._layer
        if key in layer.values or layer.cleared or self._below is None:
            return layer.values.get(key)
        return self._below.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Set one value."""
        self._layer.set(key, value)

    def delete(self, key: bytes) -> None:
        """Remove *key* if it is there."""
        self._layer.set(key, None)

    def put_many(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Put all."""
        for key, value in items:
            self._layer.set(key, value)

    def scan(self, start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Items with start <= key < stop, ascending. The table isn't changed while scanning."""
        below = self._below
        items = iter(()) if below is None or self._layer.cleared else below.scan(start, stop)
        keys = self._layer.between(start, stop)
        return self._merged(items, keys, descending=False) if keys else items

    def scan_back(self, before: bytes, stop: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Items with stop <= key < before, descending."""
        below = self._below
        items = iter(()) if below is None or self._layer.cleared else below.scan_back(before, stop)
        return self._merged(items, self._layer.between(stop, before)[::-1], descending=True)

    def _merged(
        self, below: Iterable[tuple[bytes, bytes]], keys: Sequence[bytes], *, descending: bool
    ) -> Iterator[tuple[bytes, bytes]]:
        place = 0
        for key, value in below:
            while place < len(keys) and keys[place] != key and (keys[place] > key) is descending:
                yield from self._own(keys[place])
                place += 1
            if place < len(keys) and keys[place] == key:
                yield from self._own(key)
                place += 1
            else:
                yield key, value
        for key in keys[place:]:
            yield from self._own(key)

    def _own(self, key: bytes) -> Iterator[tuple[bytes, bytes]]:
        value = self._layer.values[key]
        if value is not None:
            yield key, value
