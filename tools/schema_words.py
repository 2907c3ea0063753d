"""What all JSON Schemas of this project are spelt with. Pure."""

from __future__ import annotations

from typing import Any, Final

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
SUBJECT: Final = r"^([cdpliuw](/[^/]+)+|k/[0-9A-F]{64}|s/(admins|log|map|policy))$"
UUID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
TIME: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?[+-][0-9]{2}:[0-9]{2}$|^-?[0-9]+ us$"
HASH: Final = r"^[0-9a-f]{64}$"


def text(pattern: str) -> dict[str, Any]:
    """The schema of a string that matches."""
    return {"type": "string", "pattern": pattern}
