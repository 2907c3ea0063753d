"""Write the generated parts of FORMAT.md, the reference pages and the JSON Schemas.

    python tools/gen_format.py [--check]

With --check nothing is written, and the exit status is 1 where a file differs. Between `<!-- gen:NAME -->` and
`<!-- /gen -->` in schemas/FORMAT.md everything is replaced; the rest of the document is written by hand.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools import format_log, format_reference, format_schemas, format_tables  # noqa: E402

FORMAT = "schemas/FORMAT.md"
_MARKED = re.compile(r"(<!-- gen:([a-z_]+) -->)(.*?)(<!-- /gen -->)", re.DOTALL)


def format_text(text: str) -> str:
    """FORMAT.md with its generated parts made anew. Raises AssertionError for a mark without content, or the reverse."""
    inline = format_tables.inline()
    blocks = {**format_tables.blocks(), "log": format_log.log_text()}
    met: list[str] = []

    def replace(match: re.Match[str]) -> str:
        name = match[2]
        met.append(name)
        if name in inline:
            return f"{match[1]}{inline[name]}{match[4]}"
        return f"{match[1]}\n\n{blocks[name].strip()}\n\n{match[4]}"

    made = _MARKED.sub(replace, text)
    if sorted(met) != sorted([*inline, *blocks]):
        raise AssertionError(f"marks and contents differ: {sorted({*met} ^ {*inline, *blocks})}")
    return made


def contents(root: Path = ROOT) -> Iterator[tuple[str, str]]:
    """(path, content) of every file that this program writes."""
    yield FORMAT, format_text((root / FORMAT).read_text(encoding="utf-8"))
    yield from format_reference.pages().items()
    for path, schema in format_schemas.schemas().items():
        yield path, json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def write(files: Iterator[tuple[str, str]], *, check: bool, root: Path = ROOT) -> list[str]:
    """Write what differs, or with *check* only say so. The paths that differed."""
    different = []
    for path, content in files:
        target = root / path
        if target.exists() and target.read_text(encoding="utf-8") == content:
            continue
        different.append(path)
        if not check:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
    return different


def main(argv: list[str]) -> int:
    """Run. Exit status."""
    check = argv[1:] == ["--check"]
    if argv[1:] and not check:
        print(__doc__, file=sys.stderr)
        return 2
    different = write(contents(), check=check)
    for path in different:
        print(f"{'differs' if check else 'written'}: {path}")
    return 1 if check and different else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
