"""The entry point `chainlog`: finds out whether the command line's own packages are there. Prints and exits.

Nothing else may be imported here at the top: this module must load where only the core is installed.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

from chainlog.errors import MissingExtraError


def main() -> None:
    """Run the command line, or say which extra to install, in both languages, and exit with 2."""
    if find_spec("click") is None or find_spec("rich") is None:
        error = MissingExtraError(extra="cli")
        sys.stderr.write(f"{error.text('zh')}\n{error.text('en')}\n")
        raise SystemExit(error.exit_status)
    from chainlog.cli.app import run

    run()
