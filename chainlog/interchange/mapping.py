"""Names in books to persons of the log, by a file that a person fills in. Reads one file.

A name is nobody until somebody says who it is: two persons may bear one name, and one person two. The file is a table
(.csv or .xlsx) with the columns 姓名, 部门, 人员, of which `names_template` writes the first two, or a .toml with
`[[name]]` tables of `name`, `unit`, `person`.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from chainlog import toml_text
from chainlog.errors import ChainlogError, FormatError, LedgerError
from chainlog.event.subject import check_subject, fold
from chainlog.interchange.sheets import read_file, read_sheets
from chainlog.interchange.texts import label, no_formula, squeeze, without_apostrophe

_TITLES: Final = ("姓名", "部门", "人员")
_NAMES_BYTES_MAX: Final = 4 << 20
_ALIASES: Final = {
    "姓名": 0, "name": 0, "部门": 1, "单位": 1, "unit": 1, "人员": 2, "person": 2,
}  # fmt: skip


class NameMap:
    """
    Who the names of books are.

    entries: (name, unit, person) each; the unit is empty where the name alone says it. White space and the width of
    characters don't count. path: of the file, for messages. places: where each
    entry stands in it, for messages instead of that.

    Raises:
        LedgerError: one name of one unit stands for two persons. FormatError: not a person `p/…`.
    """

    def __init__(self, entries: Iterable[tuple[str, str, str]], *, path: str = "", places: Sequence[str] = ()) -> None:
        self._persons: dict[str, dict[str, str]] = {}
        for number, (name, unit, stated) in enumerate(entries):
            where, folded = places[number] if places else path or "$", fold(stated)
            if not folded.startswith("p/"):
                raise FormatError(
                    f"{stated} is no person; persons are p/…", detail_zh=f"“{stated}”不是人员（应为 p/…）", path=where
                )
            person = check_subject(folded, path=where)
            units = self._persons.setdefault(squeeze(name), {})
            if units.setdefault(squeeze(unit), person) != person:
                who = f"{name} {unit}".strip()
                raise LedgerError(
                    f"{who} stands for two persons; tell them apart by unit",
                    detail_zh=f"“{who}”对应两个人员；请用部门区分",
                    path=where,
                )

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> NameMap:
        """
        Read a names file. Lines whose person is blank are passed over: nobody has said yet who that is.

        Raises: LedgerError, LimitError; FormatError for a text that is no person; MissingExtraError for an .xlsx.
        """
        name = os.fspath(path)
        content = read_file(path)
        found = _from_toml(content, name) if Path(name).suffix.lower() == ".toml" else _from_table(content, name)
        stated = [one for one in found if one[3]]
        return cls([one[1:] for one in stated], path=name, places=[one[0] for one in stated])

    def person(self, name: str, unit: str = "") -> str | None:
        """
        The person, or None where it is not said.

        A name with a unit is looked up with it, then without. Without a unit, the name must mean one person in all units.
        """
        units = self._persons.get(squeeze(name))
        if not units:
            return None
        if unit:
            return units.get(squeeze(unit)) or units.get("")
        if "" in units:
            return units[""]
        persons = set(units.values())
        return persons.pop() if len(persons) == 1 else None


def is_names_file(path: str | os.PathLike[str]) -> bool:
    """
    Whether a file is laid out as a names file and so can't be a register: all its columns are those of names.

    False also for what can't be read, and for more than 4 MiB, which no list of names comes to. Cost: reads the file.
    """
    try:
        if Path(path).stat().st_size > _NAMES_BYTES_MAX:
            return False
        content, name = read_file(path), os.fspath(path)
        if Path(name).suffix.lower() == ".toml":
            return set(toml_text.loads(content.decode("utf-8-sig"))) == {"name"}
        sheets = read_sheets(content, name=name)
    except (OSError, ValueError, ChainlogError, RecursionError):
        return False
    titles = [label(cell.text) for cell in sheets[0].rows[0].cells if cell.text] if sheets and sheets[0].rows else []
    places = {_ALIASES.get(title) for title in titles}
    return {0, 2} <= places and None not in places


def template(names: Iterable[tuple[str, str]]) -> str:
    """A names file in CSV to be filled in, from (name, unit) pairs: each once, the most frequent first."""
    counted = Counter((name, unit) for name, unit in names)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_TITLES)
    for (name, unit), _ in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        writer.writerow((no_formula(name), no_formula(unit), ""))
    return text.getvalue()


def _from_toml(content: bytes, path: str) -> Iterator[tuple[str, str, str, str]]:
    """Where it stands, name, unit, person."""
    try:
        stated = toml_text.loads(content.decode("utf-8-sig"))
        # Another TOML file, a policy for one, would read as a list of nobody.
        if set(stated) != {"name"}:
            raise ValueError(f"it holds {', '.join(stated) or 'nothing'}")
        for number, table in enumerate(stated["name"], 1):
            if not isinstance(table["name"], str) or set(table) - {"name", "unit", "person"}:
                raise ValueError(f"not a name: {table}")
            yield f"{path}: [[name]] {number}", table["name"], str(table.get("unit", "")), str(table.get("person", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LedgerError(
            f"no list of [[name]] tables with name, unit, person: {error}",
            detail_zh=f"不是由 [[name]]（name、unit、person）组成的名单：{error}",
            path=path,
        ) from error


def _from_table(content: bytes, path: str) -> Iterator[tuple[str, str, str, str]]:
    """The row as a spreadsheet counts it, name, unit, person."""
    sheets = read_sheets(content, name=path)
    rows = sheets[0].rows if sheets else ()
    places = {cell.column: _ALIASES.get(label(cell.text)) for cell in rows[0].cells} if rows else {}
    if not {0, 2} <= set(places.values()):
        raise LedgerError(
            "the first row of a names file reads 姓名,部门,人员",
            detail_zh="人员对照表的第一行应为“姓名,部门,人员”",
            path=path,
        )
    for row in rows[1:]:
        texts: list[str] = ["", "", ""]
        for cell in row.cells:
            place = places.get(cell.column)
            if place is not None:
                texts[place] = without_apostrophe(cell.text.strip())
        if texts[0]:
            yield f"{path}:{row.number}", texts[0], texts[1], texts[2]


def names_of(people: Sequence[tuple[str, Sequence[str], str]]) -> Iterator[tuple[str, str]]:
    """(name, unit) of each name in (role, names, unit) triples."""
    for _, names, unit in people:
        for name in names:
            yield name, unit
