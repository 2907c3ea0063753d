"""The entry point `chainlog`: finds out whether the command line's own packages are there. Prints and exits.

Nothing that needs those may be imported here at the top: this module must load where only the core is installed.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Final

from chainlog.cli.streams import open_closed
from chainlog.errors import MissingExtraError

_INTERRUPTED: Final = 130


def main() -> None:
    """Run the command line, or say which extra to install, in both languages, and exit with 2."""
    open_closed()
    if find_spec("click") is None or find_spec("rich") is None:
        error = MissingExtraError(extra="cli")
        sys.stderr.write(f"{error.text('zh')}\n{error.text('en')}\n")
        raise SystemExit(error.exit_status)
    try:
        from chainlog.cli.app import run

        run()
    except KeyboardInterrupt:
        # While it loads there is no session yet that could say so.
        raise SystemExit(_INTERRUPTED) from None
