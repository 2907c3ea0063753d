"""Write the tables of docs/import.md from the vocabulary that registers are read by.

    python tools/import_tables.py [--check]

Between `<!-- gen:NAME -->` and `<!-- /gen -->` everything is replaced; the rest of the page is written by hand. With
--check nothing is written, and the exit status is 1 where the page differs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from chainlog.interchange import words  # noqa: E402
from chainlog.interchange.headers import find_column  # noqa: E402
from chainlog.interchange.ledger_model import Ledger  # noqa: E402
from chainlog.interchange.ledgers import LEDGERS  # noqa: E402
from chainlog.interchange.levels import LEVEL_WORDS  # noqa: E402

PAGE = "docs/import.md"
_MARKED = re.compile(r"(<!-- gen:([a-z_]+) -->)(.*?)(<!-- /gen -->)", re.DOTALL)
_LISTS = (
    ("channels", "来文方式", words.CHANNELS), ("urgencies", "缓急", words.URGENCIES), ("conditions", "归还状况", words.CONDITIONS),
    ("depths", "借阅方式", words.DEPTHS), ("methods", "销毁方式", words.METHODS), ("forms", "载体形式", words.FORMS),
    ("reasons", "销毁理由", words.REASONS),
)  # fmt: skip


def blocks() -> dict[str, str]:
    """Name of a mark to what stands under it."""
    read = [ledger for ledger in LEDGERS if ledger.supported]
    return {
        "books": _books(LEDGERS),
        **{ledger.kind: _columns(ledger) for ledger in read},
        "levels": _table(("recorded as", "written"), ((level, "、".join(texts)) for level, texts in LEVEL_WORDS.items())),
        "words": "\n\n".join(
            f"**{title}**\n\n" + _table(("recorded as", "written"), ((f"`{code}`", texts.replace(" ", "、")) for code, texts in table.items()))
            for _, title, table in _LISTS
        ),
    }  # fmt: skip


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(titles)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _books(ledgers: Iterable[Ledger]) -> str:
    rows = (
        (f"《{ledger.title}》", "yes" if ledger.supported else "recognised, not imported yet", "、".join(ledger.names))
        for ledger in ledgers
    )
    return _table(("book", "imported", "named by one of"), rows)


def _columns(ledger: Ledger) -> str:
    """The columns of one kind of book, and its lines outside the table."""
    either = {key: group for group in ledger.one_of for key in group}
    rows = []
    for column in ledger.columns:
        wanted = "yes" if column.required else "column" if column.needed else ""
        if column.key in either:
            wanted = "one of " + "/".join(ledger.by_key[key].title for key in either[column.key])
        also = "、".join(word for word in column.aliases if word != column.title)
        weak = f"; alone also {'、'.join(column.weak)}" if column.weak else ""
        for word in (column.title, *column.aliases):
            found = find_column(ledger, word)
            if found is None or found[0] != column.key:
                raise AssertionError(f"{ledger.kind}: {word} isn't read as {column.key}")
        rows.append((column.title, wanted, f"{also}{weak}"))
    text = _table(("column", "wanted", "other headers"), rows)
    if ledger.cover:
        lines = _table(
            ("line above or below the table", "other labels"),
            ((line.title, "、".join(line.aliases)) for line in ledger.cover),
        )
        text += f"\n\n{lines}"
    return text


def page(text: str) -> str:
    """The page with its tables made anew. Raises AssertionError for a mark without a table, or the reverse."""
    made = blocks()

    def replace(match: re.Match[str]) -> str:
        return f"{match[1]}\n\n{made[match[2]].strip()}\n\n{match[4]}"

    if sorted(found[2] for found in _MARKED.finditer(text)) != sorted(made):
        raise AssertionError(f"the page's marks aren't {sorted(made)}")
    return _MARKED.sub(replace, text)


def main(arguments: list[str]) -> int:
    """The program."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    target = ROOT / PAGE
    text = target.read_text(encoding="utf-8")
    made = page(text)
    if made == text:
        return 0
    print(f"{'differs' if arguments else 'written'}: {PAGE}")
    if not arguments:
        target.write_text(made, encoding="utf-8")
    return 1 if arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
