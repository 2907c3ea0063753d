"""What one run of the command knows: language, form of output, terminal. The only module that writes to the streams."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

import click

from chainlog.cli import render
from chainlog.errors import FormatError, Language, UsageError

T = TypeVar("T")


def language_of(environment: Mapping[str, str]) -> Language:
    """Chinese where the environment asks for it: LC_ALL, LC_MESSAGES, LANG, in this order as POSIX has it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


class OutputError(OSError):
    """Standard output takes nothing more: full, closed, broken. A reader that went away is BrokenPipeError."""


_ERASE = "\x1b[K"


class Advance(Protocol):
    """Tells a progress bar how much is done."""

    def __call__(self, done: int) -> None: ...


class Session:
    """
    One run.

    lang: of what is shown. as_json: one object a line instead of text. debug: show tracebacks.
    recorded: indexes of the records that this run committed, by the log's id, in order: whatever fails then, they stand.
    """

    def __init__(self, *, lang: Language, as_json: bool, debug: bool) -> None:
        self.lang: Language = lang
        self.as_json = as_json
        self.debug = debug
        self.recorded: dict[bytes, list[range]] = {}

    @classmethod
    def from_arguments(cls, arguments: Sequence[str], environment: Mapping[str, str]) -> Session:
        """Read what has to be known before the arguments are parsed: the language of the help, the form of errors."""
        before = list(arguments)
        if "--" in before:
            before = before[: before.index("--")]
        lang = language_of(environment)
        for i, argument in enumerate(before):
            value = argument[7:] if argument.startswith("--lang=") else ""
            if argument == "--lang" and i + 1 < len(before):
                value = before[i + 1]
            if value in ("zh", "en"):
                lang = "zh" if value == "zh" else "en"
        return cls(lang=lang, as_json="--json" in before, debug="--debug" in before)

    # --- words ----------------------------------------------------------------------------------

    def say(self, zh: str, en: str) -> str:
        """The one of two texts that is in the session's language."""
        return zh if self.lang == "zh" else en

    # --- done ----------------------------------------------------------------------------------

    def on_recorded(self, log_id: bytes, indexes: Iterable[int]) -> None:
        """Keep in mind what was committed, before anything is said of it."""
        ranges = self.recorded.setdefault(log_id, [])
        for index in indexes:
            if ranges and ranges[-1].stop == index:
                ranges[-1] = range(ranges[-1].start, index + 1)
            else:
                ranges.append(range(index, index + 1))

    # --- out ------------------------------------------------------------------------------------

    @property
    def columns(self) -> int | None:
        """Columns of the terminal, or what COLUMNS says, or None: a file has no edge."""
        if sys.stdout.isatty():
            return shutil.get_terminal_size().columns
        stated = os.environ.get("COLUMNS", "")
        return int(stated) if stated.isdecimal() and int(stated) > 0 else None

    @property
    def colour(self) -> bool:
        """Whether output may be coloured: a terminal, and nobody asked for none (https://no-color.org)."""
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def echo(self, text: str = "", *, style: str = "") -> None:
        """A line to standard output, made safe for a terminal."""
        safe = "\n".join(render.visible(line) for line in text.split("\n"))
        self.out(render.styled(safe, style, colour=self.colour))

    def out(self, text: str | bytes, *, newline: bool = True) -> None:
        """Text that is safe, or the bytes of a file, to standard output. Raises OutputError, BrokenPipeError."""
        with self._output():
            click.echo(text, nl=newline, color=True)

    def flush(self) -> None:
        """Nothing of the output waits any longer. Raises as `out`."""
        with self._output():
            sys.stdout.flush()

    @contextmanager
    def _output(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            # A number and no word where Python itself refuses to write.
            number = error.errno or errno.EBADF
            raise OutputError(number, os.strerror(number), "standard output") from error

    def lines(self, lines: Iterable[str]) -> None:
        """Lines from `render`, which are safe already."""
        for line in lines:
            self.out(line)

    def wrapped(self, text: str, *, style: str = "") -> None:
        """A paragraph, wrapped to the terminal."""
        for line in render.wrap(render.visible(text), self.columns or 10_000):
            self.out(render.styled(line, style, colour=self.colour))

    def item(self, text: str) -> None:
        """One of several that are listed, wrapped below itself."""
        first, *rest = render.wrap(render.visible(text), max((self.columns or 10_000) - 2, 20))
        self.lines([f"- {first}", *(f"  {line}" for line in rest)])

    def emit(self, value: Any) -> None:
        """One JSON value on one line of standard output."""
        self.out(render.json_text(value))

    def emit_error(self, value: Any) -> None:
        """One JSON value on one line of standard error."""
        self.tell_plainly(render.json_text(value))

    def table(self, columns: Sequence[render.Column], rows: Iterable[Sequence[str | render.Cell]]) -> None:
        """A table to standard output."""
        self.lines(render.table(columns, rows, columns_max=self.columns, colour=self.colour))

    def pairs(self, pairs: Iterable[tuple[str, str | render.Cell]], *, indent: int = 0) -> None:
        """Names and values to standard output."""
        self.lines(render.pairs_lines(pairs, columns_max=self.columns, colour=self.colour, indent=indent))

    def note(self, text: str) -> None:
        """A remark to standard error; none in JSON, where a program reads."""
        if not self.as_json:
            self.tell(text)

    def tell(self, text: str) -> None:
        """Lines to standard error, made safe, and wrapped if that is a terminal."""
        columns = shutil.get_terminal_size().columns if sys.stderr.isatty() else 10_000
        for line in text.split("\n"):
            self.tell_plainly("\n".join(render.wrap(render.visible(line), columns)))

    def tell_plainly(self, text: str, *, newline: bool = True) -> None:
        """Text that is safe, to standard error. Where that can't be written there is nobody left to tell, and the status remains."""
        with suppress(OSError):
            click.echo(text, err=True, nl=newline, color=True)

    def status(self, zh: str, en: str) -> None:
        """One line on a terminal's standard error that says what goes on; empty takes it away again."""
        if self.shows_progress:
            self.tell_plainly(f"\r{_ERASE}{self.say(zh, en)}", newline=False)

    # --- in -------------------------------------------------------------------------------------

    @property
    def interactive(self) -> bool:
        """Whether somebody sits at a terminal who can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty() and not self.as_json

    def ask(self, zh: str, en: str, *, default: str | None = None) -> str:
        """A line from the terminal; the question goes to standard error."""
        answer: str = click.prompt(self.say(zh, en), default=default, err=True, show_default=bool(default))
        return answer.strip()

    def ask_until(self, zh: str, en: str, take: Callable[[str], T], *, default: str | None = None) -> T:
        """What *take* makes of the answer; asked again while it raises UsageError or FormatError, whose text is shown."""
        while True:
            try:
                return take(self.ask(zh, en, default=default))
            except UsageError as error:
                # Nobody has used anything wrongly yet.
                self.note(
                    self.say(str(error.fields.get("detail_zh") or error.text("zh")), error.detail or error.text("en"))
                )
            except FormatError as error:
                self.note(error.text(self.lang))

    def confirm(self, zh: str, en: str) -> bool:
        """Whether the person at the terminal agrees; no is the default."""
        return click.confirm(self.say(zh, en), default=False, err=True)

    # --- long work ------------------------------------------------------------------------------

    @property
    def shows_progress(self) -> bool:
        """Whether standard error is a terminal that can show progress."""
        return sys.stderr.isatty() and not self.as_json and os.environ.get("TERM") != "dumb"

    @contextmanager
    def progress(self, zh: str, en: str, *, total: int | None = None) -> Iterator[Advance]:
        """
        Progress on a terminal's standard error; nothing in a pipe.

        Args:
            total: how much there is to do, if that is known: then a bar is drawn, else a count.
        """
        if not self.shows_progress:
            yield _ignore
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True, no_color=not self.colour)
        count = TextColumn("{task.description} {task.completed:,}")
        bar = (BarColumn(), TimeRemainingColumn()) if total else ()
        with Progress(count, *bar, console=console, transient=True) as shown:
            task = shown.add_task(self.say(zh, en), total=total)

            def advance(done: int) -> None:
                shown.update(task, completed=done)

            yield advance


def _ignore(done: int) -> None:
    pass
