"""The common shape of vector files: a family with its flags, cases with id, comment, result and code. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from chainlog import codes, limits

Case = dict[str, Any]
Document = dict[str, Any]


def good(comment: str, *, flags: Iterable[str] = (), **fields: Any) -> Case:
    """A case that an implementation must accept, with what it must make of it."""
    return {"comment": comment, "flags": list(flags), "result": "valid", **fields}


def bad(
    comment: str, *, code: str | None = None, error: str | None = None, flags: Iterable[str] = (), **fields: Any
) -> Case:
    """
    A case that an implementation must refuse.

    code: the integrity code of FORMAT.md appendix B, where it has one. error: the code of chainlog's error class.
    """
    case: Case = {"comment": comment, "flags": list(flags), "result": "invalid"}
    if code is not None:
        if code not in codes.CODES:
            raise AssertionError(f"no integrity code {code}")
        case["code"] = code
    if error is not None:
        case["error"] = error
    return {**case, **fields}


def document(
    family: str, about: str, cases: Iterable[Case], *, flags: Mapping[str, str] | None = None, **shared: Any
) -> Document:
    """A vector file. The ids are given here, in order, from 1."""
    numbered = [{"id": number, **case} for number, case in enumerate(cases, 1)]
    explained = dict(flags or {})
    used = {flag for case in numbered for flag in case["flags"]}
    if used != set(explained):
        raise AssertionError(f"{family}: flags used and explained differ: {sorted(used ^ set(explained))}")
    return {
        "format": limits.FORMAT_VERSION,
        "family": family,
        "about": about,
        "generator": "tools/gen_vectors.py",
        "flags": explained,
        **shared,
        "cases": numbered,
    }


def dumped(made: Document) -> str:
    """JSON with one case a line, so that a change shows as a line."""
    head = {key: value for key, value in made.items() if key != "cases"}
    lines = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    cases = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in made["cases"])
    return f'{lines},\n "cases": [\n{cases}\n ]\n}}\n'
