"""Whether the profile `deep` runs: the fault tests then do more rounds."""

from __future__ import annotations

import os

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
