"""Splitting an event on many carriers into parts, each with the digest of the whole. Pure."""

from __future__ import annotations

from typing import Any

from chainlog.errors import UsageError
from chainlog.event.catalogue import find_kind
from chainlog.event.subject import fold
from chainlog.log.drafting import parts_of


def split(line: dict[str, Any]) -> list[dict[str, Any]]:
    """
    The JSON events of the parts. Carriers are those of `on`, or of the items of a list.

    Raises: UsageError for a kind without parts.
    """
    kind = find_kind(line["kind"])
    if "part?" not in kind.own:
        raise UsageError(f"{kind.name} has no parts", detail_zh=f"{kind.zh}（{kind.name}）不能分批")
    items = {fold(item["carrier"]): item for item in line["body"].get("items", ())}
    stated = [fold(subject) for subject in line.get("on", ())]
    carriers = [subject for subject in stated if subject.startswith("c/")]
    others = [subject for subject in stated if not subject.startswith("c/")]
    lines = []
    for chunk, part in parts_of([*carriers, *items]):
        body = {**line["body"], "part": {**part, "whole": part["whole"].hex()}}
        if "items" in kind.own:
            body["items"] = [items.get(carrier, {"carrier": carrier}) for carrier in chunk]
        if kind.name == "listed.added":
            body["total"] = len({*carriers, *items})
        one = {**line, "on": [*others, *chunk], "body": body}
        one.pop("id", None)
        lines.append(one)
    return lines
