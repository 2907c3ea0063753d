"""Names and texts that mean to be taken for something else: by a file system, a spreadsheet, a browser, a terminal, a reader."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
import zipfile
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest

from chainlog.cli.report_html import html_of
from chainlog.cli.report_page import page_of
from chainlog.cli.report_sheets import workbook_of
from chainlog.cli.session import Session
from chainlog.event.subject import fold
from chainlog.facade import Log
from chainlog.interchange.importing import names_template
from chainlog.interchange.mapping import NameMap
from chainlog.interchange.writing_sheets import Sheet, write_sheets
from tests.attacks.answers import SURVIVED, Answer, attack, found, is_found, is_refused, refused, same
from tests.attacks.signing import log_at, state_of
from tests.builders import SmallLog, small_log
from tests.command_line import PERSONS, Said, Terminal, copied_office, office
from tests.forger import Forger

PATHS = ("../../../etc/x", "..", ".", "CON", "nul.", "-rf", "~", "$(x)", "a b", "x\\y", "密" * 38, "%2e%2e", "*")
FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@x",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "\ufeff=1",
    " =cmd|' /C calc'!A0",
    "\t=1",
    "\r=1",
    "\u3000=1",
)
MARKUP = (
    "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", '"><a href="javascript:alert(1)">', "</style><b>", "&lt;",
    "<!--", "]]>", "'onload='x",
)  # fmt: skip
INVISIBLE = (
    "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\ufe00", "\U000e0100", "\u3164", "\uffa0", "\u115f", "\u2800", "\u180e",
    "\u034f", "\U000e0041", "\ue000",
)  # fmt: skip
TURNING = ("\u202e", "\u202d", "\u202a", "\u2066", "\u2067", "\u2068", "\u200f", "\u200e", "\u061c")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of an office, closed."""
    directory = tmp_path_factory.mktemp("office")
    with office(directory):
        return directory


@pytest.fixture
def terminal(template: Path, tmp_path: Path) -> Iterator[Terminal]:
    """A terminal in an office of its own."""
    with copied_office(template, tmp_path / "office") as made:
        yield made


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SmallLog]:
    """A log on the disk."""
    made = log_at(tmp_path / "log")
    yield made
    made.handle.close()


def appended(terminal: Terminal, **event: object) -> Said:
    """What `append` says to an event that p/李敏 signs."""
    told = {"kind": "accessed.entered", "at": "2026-01-02", "who": {"operator": PERSONS[0]}, "on": ["w/1"], **event}
    return terminal.run("append", "office.log", "-", "--key", "keys/李敏.key", typed=json.dumps(told) + "\n")


def entered(terminal: Terminal, carriers: Iterator[str] | list[str], **more: object) -> Said:
    """The same for carriers that come into the books."""
    items = [{"carrier": carrier, "form": "document"} for carrier in carriers]
    who = {"registrar": PERSONS[0]}
    return appended(terminal, kind="created.entered", who=who, on=[], level="秘密", reason="other", items=items, **more)


@attack(
    "RE11", "A carrier or a person is called like a path, a device or an option, so that a file is written elsewhere", "U", SURVIVED,
    note="Files are named by whoever runs a command, or by numbers; no name of a record becomes one's name",
)  # fmt: skip
def test_names_that_are_paths(terminal: Terminal) -> Answer:
    names = [f"c/{one}" for one in PATHS]
    assert entered(terminal, names).status == 0
    before = set(terminal.directory.parent.rglob("*"))
    assert terminal.run("bundle", "make", "office.log", *names, "--out", "x.bundle", "--commit").status == 0
    assert terminal.run("receipt", "make", "office.log", "5", "--out", "x.receipt").status == 0
    assert terminal.run("export", "office.log", "out").status == 0
    assert terminal.run("report", "office.log", "--html", "x.html", "--xlsx", "x.xlsx", "--no-verify").status in (0, 1)
    assert terminal.run("backup", "office.log", "copy").status == 0
    new = {str(path.relative_to(terminal.directory)) for path in set(terminal.directory.parent.rglob("*")) - before}
    named = {"x.bundle", "x.receipt", "x.html", "x.xlsx", "out", "copy"}
    assert named <= new
    rest = {one for one in new - named if not one.startswith(("out/tile", "copy/", "office.log/"))}
    assert rest == {"out/checkpoint"}
    assert all(one.isascii() and not set(one) & set(" *~$%\\") for one in new)
    # Where a person's name does name a file, its key's, it stays in the directory that was given.
    people = [f"p/{one}" for one in PATHS]
    from chainlog.cli.answers import _person_key

    for who, file in (_person_key(person, "keys") for person in people):
        assert (Path(file).parent, Path(file).suffix) == (Path("keys"), ".key"), who
        assert len(Path(file).name.encode()) < 256
    return SURVIVED


@attack(
    "RE12", "A text begins like a formula, behind a blank or in full width too, and a spreadsheet works it out", "U", SURVIVED,
    note="Cells are texts, with an apostrophe before such a one; reading a names file takes it away again",
)  # fmt: skip
def test_formulas(terminal: Terminal, tmp_path: Path) -> Answer:
    data = write_sheets([Sheet("=1", ["=1"], [[text, f"c/{text}"] for text in FORMULAS])], more="")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert not any(b"<f>" in parts.read(name) or b"<f " in parts.read(name) for name in parts.namelist())
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows() for cell in row]
    shown = [str(cell.value) for cell in cells if cell.value is not None]
    assert [cell.data_type for cell in cells if cell.value is not None] == ["s"] * (2 * len(FORMULAS) + 1)
    assert all(text.startswith(("'", "c/")) for text in shown), shown

    # Names from a register, in the table that is made of them to be filled in.
    book = tmp_path / "收文登记簿.csv"
    with book.open("w", encoding="utf-8", newline="") as file:
        rows = [
            [str(n), "2025-01-02", "省委", f"省委〔2025〕{n}号", "题", "秘密", "1", text]
            for n, text in enumerate(FORMULAS, 1)
        ]
        csv.writer(file).writerows([["序号", "收文日期", "来文机关", "文号", "标题", "密级", "份数", "签收人"], *rows])
    text = names_template([book])
    names = [row[0] for row in csv.reader(io.StringIO(text))][1:]
    assert names
    assert not any(name.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) for name in names)
    assert names == ["'@x", "'＠x"]  # the others are no names to the reader of registers
    filled = tmp_path / "names.csv"
    filled.write_text("姓名,部门,人员\n" + "".join(f'"{name}",,p/1\n' for name in names), encoding="utf-8")
    known = NameMap.read(filled)
    assert known.person("@x") == known.person("＠x") == "p/1"

    # And a whole report over such names.
    assert (
        entered(terminal, [f"c/{number}{one.strip()}" for number, one in enumerate(FORMULAS[:8])], note="=1+1").status
        == 0
    )
    terminal.run("report", "office.log", "--xlsx", "x.xlsx", "--no-verify")
    sheets = openpyxl.load_workbook(terminal.directory / "x.xlsx").worksheets
    values = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in values} <= {"s", "n"}
    return SURVIVED


class Elements(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@attack(
    "RE13", "Names and notes hold markup, scripts, links, ends of comments", "U", SURVIVED,
    note="All text is escaped; the page has no script, loads nothing, and forbids both",
)  # fmt: skip
def test_markup(terminal: Terminal) -> Answer:
    # A deed by one alone is found fault with, so that the name stands in what the report says.
    names = [f"c/{number}{one.replace('/', '∕')}" for number, one in enumerate(MARKUP)]
    assert entered(terminal, names).status == 0
    deed = {"who": {"supervisor": PERSONS[0]}, "method": "burn", "place": "w/<b>院内", "on": names[:3]}
    assert appended(terminal, kind="destroyed.carriers", at="2026-01-04 11:00", **deed).status == 0
    said = terminal.run("report", "office.log", "--html", "x.html", "--no-verify")
    assert said.status == 1
    page = (terminal.directory / "x.html").read_text(encoding="utf-8")
    with Log.open(terminal.directory / "office.log") as log:
        report = log.report(verify=False)
    for tried in (page, *(_with_title(report, text) for text in MARKUP)):
        seen = Elements()
        seen.feed(tried)
        assert not seen.tags & {"script", "img", "a", "iframe", "object", "link", "form", "svg", "base"}
        assert not seen.attributes & {"src", "href", "style", "action"}
        assert not any(name.startswith("on") for name in seen.attributes)
        assert "default-src 'none'" in tried
    shown = Elements()
    shown.feed(page)
    assert "0<SCRIPT>ALERT〔1〕<∕SCRIPT>" in shown.text, "the hostile text isn't there at all"
    return SURVIVED


def _with_title(report, text: str) -> str:
    from msgspec.structs import replace

    hostile = replace(report, title=text, unit=text, name=text)
    session = Session(lang="zh", as_json=False, debug=False)
    assert workbook_of(session, hostile, page_of(session, hostile, limit=9))
    return html_of(page_of(session, hostile, limit=9), lang="zh").decode()


@attack(
    "RE14", "Sequences that a terminal obeys stand in what is asked for, in files and in names of files", "UW", SURVIVED,
    note="Written out by their numbers; records can't hold any (RE15)",
)  # fmt: skip
def test_terminal_sequences(terminal: Terminal) -> Answer:
    evil = "\x1b]0;x\x07\x1b[2J\x9b31m\x7f\u202e\x08\r"
    (terminal.directory / f"{evil}.draft").write_text(evil)
    (terminal.directory / "label.key").write_text(f"chainlog-key-v9{evil}\n")
    (terminal.directory / "evil.csv").write_text(f"姓名{evil},{evil}\n{evil},{evil}\n")
    runs = [
        terminal.run("history", "office.log", f"c/{evil}"), terminal.run("show", "office.log", evil),
        terminal.run("draft", "show", f"{evil}.draft"), terminal.run("key", "show", "label.key"),
        terminal.run("import", "office.log", "evil.csv", "--names-template"), terminal.run("verify", evil),
        terminal.run("append", "office.log", "-", typed=f'{{"kind":"{evil}"}}\n'), terminal.run(evil),
        appended(terminal, note=evil), appended(terminal, on=[f"w/{evil}"]), appended(terminal, evil=evil),
        terminal.run("history", "office.log", f"c/{evil}", "--json"), terminal.run("show", "office.log", evil, "--lang", "en"),
    ]  # fmt: skip
    assert all(said.status for said in runs)
    for said in runs:
        text = said.out + said.err
        assert not set(text) & set("\x1b\x07\x9b\x7f\u202e\x08\r"), said
    assert sum("u001b" in said.err + said.out for said in runs) >= len(runs) // 2, "it isn't shown at all"
    return SURVIVED


def _is_refused_everywhere(log: SmallLog, char: str) -> Iterator[Answer]:
    """A character in a name, in a note and in a person, after which nothing is written."""
    state = state_of(log)
    for told in (
        {"subjects": [f"w/非密{char}密"]}, {"body": {"note": f"非密{char}密"}}, {"people": {"operator": f"p/李{char}敏"}},
        {"subjects": [f"w/密{char}"]},
    ):  # fmt: skip
        whole = {"body": {}, "people": {"operator": "p/C"}, "subjects": ["w/1"], **told}
        yield refused(partial(log.handle.prepare, "accessed.entered", **whole), state=state)


def _stands_in_a_file(path: Path, char: str) -> Answer:
    """The same in a record that was made by hand, signed by its person and by the log, and chained."""
    forger = Forger()
    good = forger.event(subjects=["w/非密YYY密"]).encoded
    index = forger.add(good.replace(b"YYY", char.encode()))
    return found(forger.write(path), "malformed", index=index, log_id=forger.log_id)


@attack(
    "RE15", "A character turns the direction of what follows, so that a word reads as its opposite", "U",
    is_refused("text"), is_found("malformed"),
)  # fmt: skip
def test_turned_directions(log: SmallLog, tmp_path: Path) -> list[Answer]:
    assert len("\u202e".encode()) == 3
    refusals = [one for char in TURNING for one in _is_refused_everywhere(log, char)]
    return [same(refusals), _stands_in_a_file(tmp_path / "forged", "\u202e")]


@attack(
    "RE16", "Characters that can't be seen stand in a name, which is another name then", "U", is_refused("text"), is_found("malformed"),
    note="By a list of what may stand, which is frozen with the format",
)  # fmt: skip
def test_invisible_characters(log: SmallLog, tmp_path: Path) -> list[Answer]:
    # Some of them are what NFKC makes nothing or a blank of, and names are folded; in a note each is refused.
    folds = {char for char in INVISIBLE if fold(f"w/{char}") == "w/"}
    assert not folds
    refusals = [one for char in INVISIBLE for one in _is_refused_everywhere(log, char)]
    return [same(refusals), _stands_in_a_file(tmp_path / "forged", "\u200b")]


@attack(
    "RE17", "A name is written with characters that look like those of another", "U",
    is_refused("text"), is_found("malformed"), SURVIVED,
    note="Second forms of one character are refused, and names that are typed with them folded to the first; for characters of "
         "their own (己 and 已, 0 and O, Latin and Cyrillic) two names stay two, since either may be honest: whoever "
         "declares the second is told, so is whoever appends or imports it, and every report lists the pairs",
)  # fmt: skip
def test_look_alikes(log: SmallLog, terminal: Terminal, tmp_path: Path) -> Iterator[Answer]:
    def noted() -> Iterator[Answer]:
        for text in ("⼀", "\uf900", "⺀", "e\u0301", "\u212b", "\U0002f800"):
            told = {"body": {"note": text}, "people": {"operator": "p/C"}, "subjects": ["w/1"]}
            yield refused(partial(log.handle.prepare, "accessed.entered", **told), state=state_of(log))

    yield same(noted())
    yield _stands_in_a_file(tmp_path / "forged", "⼀")
    assert [fold(f"p/{one}") for one in ("⼀⽇", "\uf900", "Ａ", "e\u0301")] == ["p/一日", "p/豈", "p/A", "p/é"]

    pairs = [("p/李己", "p/李已"), ("p/陈日", "p/陈曰"), ("w/A1", "w/А1"), ("u/0", "u/O"), ("w/〇3", "w/03")]
    for first, second in pairs:
        warned = [_declared(terminal, name).err for name in (first, second, second)]
        assert ["相近" in one for one in warned] == [False, True, False], (first, warned)
        assert first in warned[1]
        assert second in warned[1]
    lines = [
        f'{{"kind":"declared.unit","people":{{"administrator":"p/王宁"}},"body":{{"unit":"u/{one}","name":"某","type":"section"}}}}'
        for one in ("АО", "AO", "A0")
    ]
    (terminal.directory / "units.jsonl").write_text("\n".join(lines), encoding="utf-8")
    appended = [terminal.run("append", "office.log", "units.jsonl", "--key", "keys/王宁.key") for _ in range(2)]
    assert [(said.status, said.err.count("相近")) for said in appended] == [(0, 3), (0, 0)], appended
    groups = [*pairs, ("u/A0", "u/AO", "u/АО")]
    with Log.open(terminal.directory / "office.log") as opened:
        report = opened.report(verify=False)
        assert all(opened.reader.history(name) for group in groups for name in group)
    assert report.figures.look_alikes == tuple(sorted(tuple(sorted(group)) for group in groups))
    said = terminal.run("report", "office.log", "--no-verify").out.replace("\n", "")
    assert "形近名称" in said
    assert "李己" in said
    yield SURVIVED


def _declared(terminal: Terminal, name: str) -> Said:
    more = {
        "p/": ("person", "--name", "某", "--unit", "u/清溪镇"), "u/": ("unit", "--name", "某", "--type", "section"),
        "w/": ("place", "--name", "某", "--type", "safe"),
    }[name[:2]]  # fmt: skip
    said = terminal.run("declare", "office.log", more[0], name, *more[1:], "--key", "keys/王宁.key")
    assert said.status == 0, said
    return said


@attack(
    "RE18", "One name is written with blanks, in full width, in small letters, with other brackets", "U",
    SURVIVED, is_found("not-folded"),
    note="There is one form of a name, in records and look-ups alike; a record with another is none",
)  # fmt: skip
def test_names_in_several_ways_of_writing(tmp_path: Path) -> Iterator[Answer]:
    ways = ("w/Ab(1)", "w/AB〔1〕", " w/ａｂ（１） ", "w/A b\u3000[1]", "w/ab【1】")
    log = small_log()
    for way in ways:
        log.record("accessed.entered", {"operator": "p/C"}, subjects=[way])
    assert {log.handle.reader.history(way)[0].index for way in ways} == {log.handle.reader.size - 1}
    assert len(log.handle.reader.history("w/AB〔1〕")) == len(ways)
    yield SURVIVED

    def unfolded() -> Iterator[Answer]:
        for number, other in enumerate(("ｗ/1", "w/ 1", "w/a1", "w/(1")):
            forger = Forger()
            good = forger.event(subjects=["w/" + "Y" * (len(other.encode()) - 2)]).encoded
            index = forger.add(good.replace(b"w/" + b"Y" * (len(other.encode()) - 2), other.encode()))
            yield found(forger.write(tmp_path / f"{number}"), "not-folded", index=index, log_id=forger.log_id)

    yield same(unfolded())
    assert unicodedata.normalize("NFKC", "ｗ") == "w"
