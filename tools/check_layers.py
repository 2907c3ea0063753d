"""Hold the contracts of pyproject.toml about who imports whom; says nothing when they are kept. Writes nothing.

    python tools/check_layers.py [ROOT]

ROOT is the checkout to read; this one unless given.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path

from importlinter.cli import lint_imports


def main() -> int:
    """Run the linter on the package that lies in ROOT. Exit status."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    os.chdir(root)
    # The package must be found here and nowhere else, whatever is installed.
    sys.path.insert(0, str(Path.cwd()))
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status: int = lint_imports(no_logo=True, no_cache=True)
    if status:
        sys.stderr.write(output.getvalue())
    return status


if __name__ == "__main__":
    raise SystemExit(main())
