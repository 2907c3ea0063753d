"""The chapters of the rules: importing this module declares every rule. One line a chapter."""

from __future__ import annotations

from chainlog.rules.chapters import destruction, handover, numbering, transfer

CHAPTERS = (
    numbering,
    transfer,
    handover,
    destruction,
)
