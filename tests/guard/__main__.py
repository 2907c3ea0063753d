"""What the works of the guard cost just now: `python -m tests.guard [--write]`. With --write it becomes what is allowed.

Write it when something became quicker, so that it can't get lost again; or, with a reason, when something may cost more.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.guard import table
from tests.guard.works import Works


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="chainlog-guard-") as place:
        works = Works(Path(place))
        try:
            counts = table.counted(works)
            times = {name: table.timed(works, name) for name in table.MIXES}
        finally:
            works.close()
    for name, found in counts.items():
        ratio = f"{times[name]:.2f} times its yardstick" if name in times else ""
        print(f"{name:20} {' '.join(f'{number:,.2f} {what}' for what, number in found.items())} {ratio}")
    if sys.argv[1:] == ["--write"]:
        table.write(counts, times)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
