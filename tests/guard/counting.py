"""What a work does, counted: functions called, steps of Python, hashes, signatures, encodings, the engine. Equal on every machine.

Versions of Python differ: later ones make do with fewer calls and steps than 3.11, where the table is written.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable
from types import BuiltinFunctionType, FrameType
from typing import Any

# Each is asked for its digest once, however it was begun.
_HASHES = frozenset({"HASH", "blake2b", "sha256"})
_ENGINE = frozenset({"Environment", "Transaction", "Cursor"})
_SIGNATURES = frozenset({"crypto_sign", "crypto_sign_detached"})
_VERIFICATIONS = frozenset({"crypto_sign_open", "crypto_sign_verify_detached"})
WHAT = ("steps", "calls", "hashes", "signatures", "verifications", "codec", "engine")


def count(work: Callable[[], object]) -> dict[str, int]:
    """
    What *work* calls, in this thread and in those that it starts, by `WHAT`.

    calls: all, Python's and C's. codec: encodings and decodings. engine: calls of LMDB. steps: not counted here, 0.
    Cost: a microsecond a call.
    """
    found: Counter[str] = Counter(dict.fromkeys(WHAT, 0))

    def notice(_frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            found["calls"] += 1
        elif event == "c_call":
            found["calls"] += 1
            kind = _kind_of(called)
            if kind:
                found[kind] += 1

    nothing: Any = None  # ends it, which the types of the library don't say
    threading.setprofile(notice)
    sys.setprofile(notice)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(nothing)
    return dict(found)


def count_steps(work: Callable[[], object]) -> int:
    """How many instructions of Python's machine *work* takes, in this thread. Cost: half a microsecond each."""
    steps = 0

    def step(_frame: FrameType, event: str, _what: Any) -> Any:
        nonlocal steps
        if event == "opcode":
            steps += 1
        return step

    def enter(frame: FrameType, _event: str, _what: Any) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        work()
    finally:
        sys.settrace(before)
    return steps


def _kind_of(called: BuiltinFunctionType) -> str:
    name, owner = called.__name__, type(getattr(called, "__self__", None))
    if name == "digest" and owner.__name__ in _HASHES:
        return "hashes"
    if name in _SIGNATURES:
        return "signatures"
    if name in _VERIFICATIONS:
        return "verifications"
    if owner.__module__.startswith("msgspec"):
        return "codec"
    # The engine's types name no module.
    return "engine" if owner.__name__ in _ENGINE else ""
