"""Runs commands in one directory and shows each: the line, its exit status, what it shows; a closing table. Does I/O.

A command that ends otherwise than it must stops everything: see `Stopped`.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

_WIDTH: Final = 80
_SHOWN_OF_AN_ERROR: Final = 1_500
_SPECIAL: Final = set(" \t\"'\\|&;<>*?[]()$!#~")


class Stopped(Exception):
    """Something didn't come out as it must."""


class Row(NamedTuple):
    """A row of the closing table."""

    what: str
    result: str


class Done(NamedTuple):
    """A command that has ended."""

    status: int
    out: str
    err: str


Execute = Callable[[Sequence[str], Path, Mapping[str, str]], Done]
"""Runs a command in a directory with these variables and no others."""


def execute(command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> Done:
    """Run it as a process of its own."""
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


class Stage:
    """
    Where commands are run and shown.

    Args:
        directory: they run there, and files are named from there. environment: variables besides those of this process.
        executing: what runs the commands.
    """

    def __init__(self, directory: Path, environment: Mapping[str, str], *, executing: Execute = execute) -> None:
        self.directory = directory
        self.rows: list[Row] = []
        self._names: dict[str, str] = {}
        self._execute = executing
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAINLOG_")}
        self._environment = {**inherited, **environment}

    # --- running ----------------------------------------------------------------------------------------------------

    def run(
        self,
        command: Sequence[str],
        says: str | Callable[[Any], str],
        *,
        status: int = 0,
        cwd: str = ".",
    ) -> Any:
        """
        Run a command that answers with JSON on standard output, or on standard error where it fails.

        Args:
            says: the line that says what it shows, or what makes that line of the answer.
            status: how it has to end.

        Returns: the answer; text that is no JSON as it is. Raises: Stopped.
        """
        self.show(command, cwd=cwd)
        done = self._execute(command, self.directory / cwd, self._environment)
        if done.status != status:
            said = (done.err + done.out)[-_SHOWN_OF_AN_ERROR:].strip()
            line = " ".join(self._typed(command))
            raise Stopped(f"{line}\nended with exit status {done.status}, not {status}:\n{said}")
        answer = _parsed(done.out or done.err)
        text = says if isinstance(says, str) else says(answer)
        print_hanging(f"  exit {done.status}: {text}", "    ")
        return answer

    def chainlog(
        self, *words: str, says: str | Callable[[Any], str], status: int = 0, before: Sequence[str] = ()
    ) -> Any:
        """Run `chainlog … --json`. before: what starts it."""
        return self.run([*before, self.program, *words, "--json"], says, status=status)

    @property
    def program(self) -> str:
        """The `chainlog` beside this Python. Raises Stopped."""
        path = Path(sys.executable).with_name("chainlog")
        if not path.exists():
            raise Stopped(f"there is no chainlog beside {sys.executable}: run make venv, and this with its Python")
        return str(path)

    def move(self, source: str, target: str) -> None:
        """Rename something."""
        self.show(["mv", source, target])
        (self.directory / source).rename(self.directory / target)

    def write(self, name: str, text: str) -> None:
        """Write a small file."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    # --- requiring --------------------------------------------------------------------------------------------------

    @staticmethod
    def require(found: object, wanted: object, *, what: str) -> None:
        """Stop unless *found* is *wanted*."""
        if found != wanted:
            raise Stopped(f"{what}: {found!r}, not {wanted!r}")

    def count(self, what: str, result: str) -> None:
        """A row for the closing table."""
        self.rows.append(Row(what, result))

    # --- showing ----------------------------------------------------------------------------------------------------

    def name(self, text: str, shown: str) -> None:
        """Show *text* as *shown* wherever it is a word of a command."""
        self._names[text] = shown

    def head(self, text: str) -> None:
        """Begin a part."""
        print(f"\n{text}\n{'-' * _cells(text)}", flush=True)

    def say(self, text: str) -> None:
        """A remark."""
        print_hanging(f"# {text}", "# ")

    def show(self, command: Sequence[str], *, cwd: str = ".") -> None:
        """A command line, as one could type it."""
        words = self._typed(command)
        if cwd != ".":
            words = ["cd", cwd, "&&", *words]
        lines, line = [], "$"
        for word in words:
            if _cells(f"{line} {word} \\") > _WIDTH and line.strip() not in ("$", ""):
                lines.append(f"{line} \\")
                line = "   "
            line = f"{line} {word}"
        print("\n".join([*lines, line]), flush=True)

    def table(self) -> None:
        """The closing table."""
        width = max(_cells(row.what) for row in self.rows)
        for row in self.rows:
            before = row.what + " " * (width - _cells(row.what) + 2)
            print_hanging(before + row.result, " " * (width + 2))

    def _typed(self, command: Sequence[str]) -> list[str]:
        """The words as one would type them."""
        own = {self.program: "chainlog", sys.executable: "python"}
        return [self._names.get(word) or own.get(word) or _quoted(word) for word in command]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _quoted(word: str) -> str:
    """A word as it is typed: Chinese needs no quotes, though shlex would give it some."""
    return shlex.quote(word) if not word or set(word) & _SPECIAL else word


def _cells(text: str) -> int:
    """Columns of a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def print_hanging(text: str, indent: str) -> None:
    """Print a text in lines of 80 columns; all but the first begin with *indent*."""
    line, is_new = "", True
    for word in text.split(" "):
        longer = word if is_new else f"{line} {word}"
        if _cells(longer) > _WIDTH and line.strip():
            print(line)
            longer = indent + word
        line, is_new = longer, False
    print(line, flush=True)
