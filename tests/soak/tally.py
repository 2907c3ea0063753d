"""What a campaign of faults came to."""

from __future__ import annotations

from typing import NamedTuple


class Tally(NamedTuple):
    """
    One campaign.

    name: of the campaign. seed: with it, it runs again the same way. tried: faults done. lost: acknowledged records that were not there
    afterwards. died: times that the calling process would have died, or hung. wrong: answers that were silently wrong. seen: what
    else is worth a column, such as how many were found. control: harm seen where the protection was taken away; None for none run.
    """

    name: str
    seed: int
    tried: int
    lost: int = 0
    died: int = 0
    wrong: int = 0
    seen: str = ""
    control: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, dead, or wrong."""
        return not (self.lost or self.died or self.wrong)
