"""A report as one HTML file to print on A4: no scripts, nothing from elsewhere, all text escaped. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from chainlog.cli.render import Cell, visible
from chainlog.cli.report_page import Page, Section, Table

_CLASSES: Final = {"red": "bad", "green": "good", "yellow": "warn", "dim": "dim"}
# The foot is a table's: a browser repeats it on every sheet and keeps room for it.
_STYLE: Final = """
@page { size: A4; margin: 14mm 14mm 12mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; color: #555; } }
html { font: 10pt/1.5 "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", SimSun, "Noto Serif", serif; color: #111; background: #fff; }
body { margin: 0 auto; max-width: 182mm; padding: 8mm 4mm; }
h1 { font-size: 18pt; text-align: center; margin: 0; letter-spacing: .04em; }
.of { text-align: center; margin: 1mm 0 5mm; color: #444; }
h2 { font-size: 12pt; margin: 7mm 0 2mm; padding-bottom: 1mm; border-bottom: .6pt solid #888; break-after: avoid; display: flex; justify-content: space-between; gap: 4mm; }
h2 b { font-weight: 600; white-space: nowrap; }
table { border-collapse: collapse; width: 100%; }
table.sheet > tbody > tr > td, table.sheet > tfoot > tr > td { padding: 0; }
.rows { margin: 2mm 0; font-size: 9pt; }
.rows th { text-align: left; font-weight: 600; border-bottom: .8pt solid #444; padding: 1mm 1.2mm; white-space: nowrap; }
.rows td { vertical-align: top; border-bottom: .3pt solid #bbb; padding: 1mm 1.2mm; overflow-wrap: anywhere; }
.rows td.k { overflow-wrap: normal; white-space: nowrap; }
.rows td.n { min-width: 24mm; max-width: 34mm; }
.rows td.m { min-width: 48mm; } .rows td.b { font-size: 8pt; color: #444; min-width: 36mm; }
.rows tr { break-inside: avoid; }
.rows thead { display: table-header-group; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .4mm 4mm; margin: 2mm 0; }
dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
ul { margin: 2mm 0; padding-left: 5mm; } li { margin: .8mm 0; overflow-wrap: anywhere; }
ul.boxes { list-style: none; padding-left: 0; } ul.boxes li::before { content: "\\2610\\00a0\\00a0"; }
.note { color: #444; font-size: 9pt; margin: 1mm 0; }
.good { color: #14692b; } .bad { color: #a3161b; } .warn { color: #8a5a00; } .dim { color: #666; }
.foot { font: 7pt/1.4 "DejaVu Sans Mono", monospace; color: #555; border-top: .3pt solid #bbb; padding-top: 1mm; margin-top: 3mm; overflow-wrap: anywhere; }
"""
_SHORT: Final = 12


def html_of(page: Page, *, lang: str) -> bytes:
    """The file, UTF-8."""
    return ("".join(_document(page, lang))).encode("utf-8")


def _document(page: Page, lang: str) -> Iterator[str]:
    language = "zh-Hans" if lang == "zh" else "en"
    yield f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    yield f'<meta name="viewport" content="width=device-width">\n<title>{_text(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n'
    yield f'<table class="sheet"><tfoot><tr><td><div class="foot">{_text(page.foot)}</div></td></tr></tfoot><tbody><tr><td>\n'
    yield f'<h1>{_text(page.title)}</h1>\n<p class="of">{_text(page.subtitle)}</p>\n'
    yield _pairs(page.pairs)
    for section in page.sections:
        yield from _section(section)
    yield "</td></tr></tbody></table>\n</body>\n</html>\n"


def _section(section: Section) -> Iterator[str]:
    verdict = "" if section.verdict is None else f"<b{_class(section.verdict)}>{_text(section.verdict.text)}</b>"
    yield f"<section>\n<h2><span>{_text(section.title)}</span>{verdict}</h2>\n"
    yield _pairs(section.pairs)
    for table in section.tables:
        yield from _table(table)
    if section.items:
        kind = ' class="boxes"' if section.boxes else ""
        yield f"<ul{kind}>\n" + "".join(f"<li>{_text(item)}</li>\n" for item in section.items) + "</ul>\n"
    for note in section.notes:
        yield f'<p class="note">{_text(note)}</p>\n'
    yield "</section>\n"


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>\n" for name, value in pairs)
    return f"<dl>\n{rows}</dl>\n" if rows else ""


def _table(table: Table) -> Iterator[str]:
    # A column of words and numbers isn't broken; one of names is kept narrow.
    kinds = [_kind([row[place].text for row in table.rows]) for place in range(len(table.columns))]
    if table.prose:
        # The message is what is read; the basis is looked up.
        kinds[-table.prose :] = ["m", "b"][: table.prose]
    yield '<table class="rows"><thead><tr>'
    yield "".join(f"<th>{_text(title)}</th>" for title in table.columns)
    yield "</tr></thead><tbody>\n"
    for row in table.rows:
        cells = (f"<td{_class(cell, kind)}>{_text(cell.text)}</td>" for cell, kind in zip(row, kinds, strict=True))
        yield f"<tr>{''.join(cells)}</tr>\n"
    yield "</tbody></table>\n"
    if table.more:
        yield f'<p class="note">{_text(table.more)}</p>\n'


def _kind(texts: list[str]) -> str:
    longest = max(map(len, texts), default=0)
    return "k" if longest <= _SHORT else "n" if all(" " not in text and "/" in text for text in texts if text) else ""


def _class(cell: Cell, kind: str = "") -> str:
    names = " ".join(name for name in (_CLASSES.get(cell.style, ""), kind) if name)
    return f' class="{names}"' if names else ""


def _text(text: str) -> str:
    return "<br>".join(escape(visible(line)) for line in text.split("\n"))
