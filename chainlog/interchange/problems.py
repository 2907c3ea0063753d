"""How a register says what is wrong with it: which cell, what stands there, what to write instead. Pure.

A problem is no error of the program: a bad row is left out and reported, and the rest is read. Texts exist in Chinese
and English; the Chinese ones address the clerk who keeps the book.
"""

from __future__ import annotations

from dataclasses import dataclass


class CellProblem(Exception):
    """
    What a parser raises instead of guessing.

    zh, en: why the cell can't be taken. write_zh, write_en: what would be taken.
    """

    def __init__(self, *, zh: str, en: str, write_zh: str, write_en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.write_zh = write_zh
        self.write_en = write_en


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """
    One thing in a register that a person has to mend; as a note, one to look at, of a row that was taken all the same.

    file: name of the file without its folder. sheet: its name, empty in a CSV.
    row, column: from 1, and as the letter; None and empty where the whole sheet is meant.
    title: the column's header as it stands in the file, or the label of a cover line.
    found: what stands in the cell. reason_*: why it isn't taken. instead_*: what to write.
    """

    file: str
    sheet: str
    row: int | None
    column: str
    title: str
    found: str
    reason_zh: str
    reason_en: str
    instead_zh: str
    instead_en: str
