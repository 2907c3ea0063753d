"""Custody records for classified carriers (涉密载体): hash-chained, signed by the people, in LMDB.

What this module names is the public interface, together with `chainlog.errors` and the memory store
for users' tests. Everything else may change in any release. Names are loaded on first use, so that
importing chainlog is quick and the offline verifier runs where LMDB is not installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from chainlog.__about__ import __version__

# Public name → the module that defines it. `__all__` below is written out for readers and type checkers;
# tests/surface/test_exports.py holds the two equal.
_EXPORTS: dict[str, str] = {}

__all__ = [
    "__version__",
]


def __getattr__(name: str) -> Any:
    module = _EXPORTS.get(name)
    if module is None:
        raise AttributeError(f"module 'chainlog' has no attribute {name!r}")
    value = getattr(import_module(module), name)
    # The next look-up finds it without coming here.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
