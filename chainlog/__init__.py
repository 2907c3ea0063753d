"""Custody records for classified carriers (涉密载体): hash-chained, signed by the people, in LMDB.

What this module names is the public interface, together with `chainlog.errors` and the memory store
for users' tests. Everything else may change in any release. Names are loaded on first use, so that
importing chainlog is quick and the offline verifier runs where LMDB is not installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chainlog.__about__ import __version__

if TYPE_CHECKING:
    from chainlog.facade import Log
    from chainlog.log.genesis import Policy, genesis_draft, genesis_event
    from chainlog.log.handle import propose
    from chainlog.log.request import Proposal, Receipt
    from chainlog.record.draft import Draft, load_draft
    from chainlog.record.keys import SecretKey
    from chainlog.record.signer import LocalSigner, Signer

# Public name → the module that defines it. `__all__` below is written out for readers and type checkers;
# tests/surface/test_exports.py holds the two equal.
_EXPORTS: dict[str, str] = {
    "Draft": "chainlog.record.draft",
    "LocalSigner": "chainlog.record.signer",
    "Log": "chainlog.facade",
    "Policy": "chainlog.log.genesis",
    "Proposal": "chainlog.log.request",
    "Receipt": "chainlog.log.request",
    "SecretKey": "chainlog.record.keys",
    "Signer": "chainlog.record.signer",
    "genesis_draft": "chainlog.log.genesis",
    "genesis_event": "chainlog.log.genesis",
    "load_draft": "chainlog.record.draft",
    "propose": "chainlog.log.handle",
}

__all__ = [
    "Draft",
    "LocalSigner",
    "Log",
    "Policy",
    "Proposal",
    "Receipt",
    "SecretKey",
    "Signer",
    "__version__",
    "genesis_draft",
    "genesis_event",
    "load_draft",
    "propose",
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
