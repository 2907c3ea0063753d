"""The types that the judges of a record share. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from chainlog.authority.keys import KeyHistory
from chainlog.authority.view import Mover

Verify = Callable[[bytes, bytes, bytes], None]
"""verify(public_key, message, signature): returns, or raises SignatureError."""


class Problem(NamedTuple):
    """One reason why a record may not stand. `code` is in `chainlog.codes`; `mover` is set for stale drafts."""

    code: str
    subject: str = ""
    detail: str = ""
    mover: Mover | None = None


class Signer(msgspec.Struct, frozen=True, gc=False):
    """Who stands behind one signature, as the keys of that index say."""

    role: str
    person: str
    history: KeyHistory
