"""What an .xlsx would make a reader do, found out before one opens it. Pure; the zip and its XML are streamed once.

A spreadsheet reader builds the whole rectangle from the first to the last filled cell, and a text for each cell that
uses a shared one. Two cells in far corners, or one long text used a hundred thousand times, then take all memory of
the machine, from a file of a few kilobytes. So each part is unpacked here with a bound, its XML is walked by expat,
and what the reader would build is counted. The walk also keeps what the reader would pass over in silence: cells
that show an error, and formulas whose result the writing program did not store.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from xml.parsers import expat

from chainlog.errors import LedgerError, LimitError
from chainlog.limits import (
    LEDGER_CELL_CHARS_MAX,
    LEDGER_CELLS_MAX,
    LEDGER_COLUMNS_MAX,
    LEDGER_LINES_MAX,
    LEDGER_PARTS_MAX,
    LEDGER_ROWS_MAX,
    LEDGER_SHEETS_MAX,
    LEDGER_TEXT_CHARS_MAX,
    LEDGER_UNPACKED_BYTES_MAX,
)

WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_SHARED: Final = "xl/sharedstrings.xml"
_CHUNK: Final = 65_536
_NAMES_MAX: Final = 1_000
_STORED, _DEFLATED = 0, 8
_REFERENCE: Final = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6})")
_VALUES: Final = frozenset({"v", "is"})
_ROW: Final = re.compile("[1-9][0-9]{0,6}")

_Attributes = dict[str, str]
_Start = Callable[[str, _Attributes], None]
_End = Callable[[str], None]
_Text = Callable[[str], None]


@dataclass(slots=True)
class Outline:
    """What was found about a workbook. unreadable: for each sheet name, (row, column) from 1 to what the cell shows."""

    epoch_1904: bool = False
    unreadable: dict[str, dict[tuple[int, int], str]] = field(default_factory=dict)


def outline(content: bytes, *, name: str) -> Outline:
    """
    Walk the parts of an .xlsx that a reader would load.

    Raises:
        LedgerError: no .xlsx, damaged, or with parts that no spreadsheet program writes.
        LimitError: it unpacks to more than the limits allow.
    Cost: about a second for 100,000 rows of 14 columns.
    """
    parts = _Parts(content, name=name)
    found = Outline()
    sheets = _sheets(parts, found)
    shared = _shared_texts(parts) if _SHARED in parts.names else _Shared()
    budget = _Budget(name)
    for sheet, part in sheets.items():
        found.unreadable[sheet] = _walk_sheet(parts, part, shared, budget)
    return found


class _LocalNames(dict[str, str]):
    """Names of elements without what stands before the brace, remembered: a sheet has a million of them, and few names."""

    def __missing__(self, tag: str) -> str:
        name = tag.rpartition("}")[2]
        if len(self) < _NAMES_MAX:
            self[tag] = name
        return name


class _Parts:
    """The parts of the zip by their names in lower case, unpacked within what its directory says and the limits allow."""

    def __init__(self, content: bytes, *, name: str) -> None:
        self.name = name
        self._content = content
        try:
            infos = zipfile.ZipFile(io.BytesIO(content)).infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, UnicodeDecodeError) as error:
            raise self.damaged("its zip can't be read", zh="压缩结构无法读取") from error
        if len(infos) > LEDGER_PARTS_MAX:
            raise LimitError(
                f"files in the zip: {len(infos)}",
                detail_zh=f"压缩包内文件数：{len(infos)}",
                path=name,
                limit=LEDGER_PARTS_MAX,
            )
        total = sum(info.file_size for info in infos)
        if total > LEDGER_UNPACKED_BYTES_MAX:
            raise LimitError(
                f"bytes unpacked: {total}",
                detail_zh=f"解压后字节数：{total}",
                path=name,
                limit=LEDGER_UNPACKED_BYTES_MAX,
            )
        self.names = {info.filename.lower().replace("\\", "/"): info for info in infos}
        if len(self.names) != len(infos):
            raise self.damaged("two parts of one name")
        # Every part, not only those that are read here: the reader decides for itself what it loads.
        for info in infos:
            for _ in self._unpack(info):
                pass

    def damaged(self, detail: str, *, zh: str = "") -> LedgerError:
        return LedgerError(
            f"a damaged workbook ({detail}); open it in a spreadsheet program and save it anew",
            detail_zh=f"工作簿已损坏（{zh or detail}）；请用表格软件打开后重新另存为 .xlsx",
            path=self.name,
        )

    def walk(self, part: str, *, start: _Start, end: _End | None = None, text: _Text | None = None) -> None:
        """Give the elements of an XML part to the handlers: their names without prefix, their attributes as expat has them."""
        info = self.names.get(part.lower())
        if info is None:
            raise self.damaged(f"{part} is missing")
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        local = _LocalNames()
        parser.StartElementHandler = lambda tag, attributes: start(local[tag], attributes)
        if end is not None:
            parser.EndElementHandler = lambda tag: end(local[tag])
        if text is not None:
            parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = lambda *_: self._refuse_doctype(part)
        try:
            for chunk in self._unpack(info):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise self.damaged(f"{part}: {error}") from error

    def _refuse_doctype(self, part: str) -> None:
        raise self.damaged(f"{part}: holds a document type")

    def _unpack(self, info: zipfile.ZipInfo) -> Iterator[bytes]:
        # zipfile would stop in silence at the size that the directory states; a reader need not.
        start = info.header_offset
        header = self._content[start : start + 30]
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise self.damaged(f"{info.filename}: no local header")
        if info.flag_bits & 1:
            raise LedgerError(
                "encrypted; save it without a password", detail_zh="已加密；请去掉密码后另存", path=self.name
            )
        start += 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        packed = memoryview(self._content)[start : start + info.compress_size]
        if len(packed) != info.compress_size or info.compress_type not in {_STORED, _DEFLATED}:
            raise self.damaged(f"{info.filename}: cut off, or packed in an unusual way")
        size = 0
        for chunk in _inflate(packed) if info.compress_type == _DEFLATED else _slices(packed):
            if chunk is None:
                raise self.damaged(f"{info.filename}: does not unpack")
            size += len(chunk)
            if size > info.file_size:
                raise self.damaged(f"{info.filename}: unpacks to more than it states")
            yield chunk


def _slices(packed: memoryview) -> Iterator[bytes | None]:
    for start in range(0, len(packed), _CHUNK):
        yield bytes(packed[start : start + _CHUNK])


def _inflate(packed: memoryview) -> Iterator[bytes | None]:
    stream = zlib.decompressobj(-15)
    try:
        for start in range(0, len(packed), _CHUNK):
            rest = bytes(packed[start : start + _CHUNK])
            while rest and not stream.eof:
                yield stream.decompress(rest, _CHUNK)
                rest = stream.unconsumed_tail
        while not stream.eof:
            more = stream.decompress(b"", _CHUNK)
            if not more:
                yield None
                return
            yield more
    except zlib.error:
        yield None


def _sheets(parts: _Parts, found: Outline) -> dict[str, str]:
    """Names of the sheets with the parts they lie in, in order; fills in what else the workbook says."""
    targets: dict[str, str] = {}
    named: list[tuple[str, str]] = []

    def relation(tag: str, attributes: _Attributes) -> None:
        if tag == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            target = attributes.get("Target", "").replace("\\", "/")
            path = target.lstrip("/") if target.startswith(("/", "xl/")) else posixpath.join("xl", target)
            targets[attributes.get("Id", "")] = posixpath.normpath(path)

    def start(tag: str, attributes: _Attributes) -> None:
        if tag == "sheet":
            key = next((value for name, value in attributes.items() if name.rpartition("}")[2] == "id"), "")
            named.append((attributes.get("name", ""), key))
        elif tag == "workbookPr":
            found.epoch_1904 = attributes.get("date1904", "0") in {"1", "true", "on"}

    parts.walk(_RELATIONS, start=relation)
    parts.walk(WORKBOOK, start=start)
    if len(named) > LEDGER_SHEETS_MAX:
        raise LimitError(
            f"sheets: {len(named)}", detail_zh=f"工作表数：{len(named)}", path=parts.name, limit=LEDGER_SHEETS_MAX
        )
    sheets = {sheet: targets[key] for sheet, key in named if key in targets}
    if len({sheet for sheet, _ in named}) != len(named):
        raise parts.damaged("two sheets of one name")
    return sheets


@dataclass(slots=True)
class _Shared:
    """Texts that cells share. lengths: of each, in characters. blank: numbers of those that hold nothing but white space."""

    lengths: list[int] = field(default_factory=list)
    blank: set[int] = field(default_factory=set)


def _shared_texts(parts: _Parts) -> _Shared:
    shared = _Shared()
    lengths, blank = shared.lengths, shared.blank

    def start(tag: str, _: _Attributes) -> None:
        if tag == "si":
            blank.add(len(lengths))
            lengths.append(0)

    def text(content: str) -> None:
        if lengths:
            lengths[-1] += len(content)
            if not content.isspace():
                blank.discard(len(lengths) - 1)

    parts.walk(_SHARED, start=start, text=text)
    return shared


class _Budget:
    """What all sheets together may make a reader build."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._cells = 0
        self._chars = 0

    def text(self, chars: int) -> None:
        """Count one cell's text."""
        self._chars += chars
        if chars > LEDGER_CELL_CHARS_MAX:
            raise LimitError(
                f"characters in a cell: {chars}",
                detail_zh=f"单元格字数：{chars}",
                path=self._name,
                limit=LEDGER_CELL_CHARS_MAX,
            )
        if self._chars > LEDGER_TEXT_CHARS_MAX:
            raise LimitError(
                f"characters: {self._chars}",
                detail_zh=f"总字数：{self._chars}",
                path=self._name,
                limit=LEDGER_TEXT_CHARS_MAX,
            )

    def rows(self, held: int, *, reach: int) -> None:
        """Count the rows of a sheet: those that hold something, and the empty ones between."""
        for rows, limit in ((held, LEDGER_ROWS_MAX), (reach, LEDGER_LINES_MAX)):
            if rows > limit:
                raise LimitError(f"rows: {rows}", detail_zh=f"行：{rows}", path=self._name, limit=limit)

    def rectangle(self, rows: int, *, columns: int) -> None:
        """Count a sheet that reaches this far."""
        self._cells += rows * columns
        if columns > LEDGER_COLUMNS_MAX:
            raise LimitError(
                f"columns: {columns}", detail_zh=f"栏：{columns}", path=self._name, limit=LEDGER_COLUMNS_MAX
            )
        if self._cells > LEDGER_CELLS_MAX:
            raise LimitError(
                f"cells: {self._cells}", detail_zh=f"单元格：{self._cells}", path=self._name, limit=LEDGER_CELLS_MAX
            )


@lru_cache(maxsize=1_000)
def _column(letters: str) -> int:
    column = 0
    for char in letters:
        column = column * 26 + ord(char) - ord("A") + 1
    return column


class _SheetWalk:
    """The cells of one sheet's XML, one at a time, counted as a reader counts them."""

    def __init__(self, shared: _Shared, budget: _Budget) -> None:
        self.unreadable: dict[tuple[int, int], str] = {}
        self.rows = self.columns = self.held = 0
        self._shared, self._budget = shared, budget
        self._last_held = 0
        self._row = self._column = 0
        self._type = ""
        self._text: list[str] = []
        self._in_value = self._has_value = self._has_formula = False

    def start(self, tag: str, attributes: _Attributes) -> None:
        # The most frequent first: a book may have a million blank cells.
        if tag == "c":
            self._place(attributes.get("r", ""))
            self._type = attributes.get("t", "n")
            self._text = []
            self._has_value = self._has_formula = False
        elif tag in _VALUES:
            self._in_value = self._has_value = True
        elif tag == "f":
            self._has_formula = True
        elif tag == "row":
            number = attributes.get("r", "")
            if number and not _ROW.fullmatch(number):
                raise ValueError(f"row {number}")
            self._row = int(number) if number else self._row + 1
            self._column = 0

    def text(self, content: str) -> None:
        if self._in_value:
            self._text.append(content)

    def end(self, tag: str) -> None:
        if tag in _VALUES:
            self._in_value = False
        elif tag == "c" and (self._has_value or self._has_formula):
            self._cell("".join(self._text).strip())

    def _place(self, reference: str) -> None:
        if not reference:
            self._column += 1
            return
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            # A reader may make of it what it likes, so it isn't shown to one.
            raise ValueError(f"cell {reference}")
        self._row, self._column = int(match[2]), _column(match[1])

    def _cell(self, text: str) -> None:
        shared = self._type == "s" and text.isascii() and text.isdigit() and len(text) < 10
        number = int(text) if shared else -1
        lengths = self._shared.lengths
        self._budget.text(lengths[number] if 0 <= number < len(lengths) else len(text))
        self.rows = max(self.rows, self._row)
        if self._column > self.columns:
            self.columns = self._column
            self._budget.rectangle(0, columns=self.columns)
        if self._row != self._last_held and (text or self._has_formula) and number not in self._shared.blank:
            self.held, self._last_held = self.held + 1, self._row
        if self._type == "e":
            self.unreadable[self._row, self._column] = text or "#?"
        elif self._has_formula and not text and self._type != "str":
            self.unreadable[self._row, self._column] = "="


def _walk_sheet(parts: _Parts, part: str, shared: _Shared, budget: _Budget) -> dict[tuple[int, int], str]:
    sheet = _SheetWalk(shared, budget)
    parts.walk(part, start=sheet.start, end=sheet.end, text=sheet.text)
    budget.rows(sheet.held, reach=sheet.rows)
    budget.rectangle(sheet.rows, columns=sheet.columns)
    return sheet.unreadable
