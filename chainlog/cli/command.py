"""Commands with help in two languages, an example each, and the options that every command has. Built on click."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple, TypeVar, cast

import click

from chainlog.cli.formatter import Context
from chainlog.cli.render import width
from chainlog.cli.session import Session

# Common options and how many words each takes.
_SKIPPED: Final = {"--json": 1, "--debug": 1, "--lang": 2}

Function = Callable[..., Any]
AnyCommand = TypeVar("AnyCommand", bound=click.Command)

_WORDS: Final = {
    "usage": ("用法：", "Usage: "),
    "arguments": ("参数", "Arguments"),
    "options": ("选项", "Options"),
    "commands": ("命令", "Commands"),
    "example": ("例：", "Example:"),
    "help": ("显示帮助", "Show this help."),
}
_EXTRAS: Final = ((re.compile(r"\[required\]"), "[必填]"), (re.compile(r"\[default: ([^\]]*)\]"), r"[默认 \1]"))
_RANGE: Final = re.compile(r" *\[(?:(\d+)<=)?x(?:>=\d+)?(?:<=(\d+))?\]")
_USAGE: Final = (("[OPTIONS]", "[选项]"), ("COMMAND", "命令"), ("[ARGS]", "[参数]"))
# What an option takes that names it no further.
_METAVARS: Final = {
    "text": ("文字", "TEXT"),
    "integer": ("数", "N"),
    "integer range": ("数", "N"),
    "path": ("路径", "PATH"),
}


def session_of(ctx: click.Context) -> Session:
    """The session of a run; a plain English one where click is asked for help outside a run."""
    found = ctx.find_root().obj
    return found if isinstance(found, Session) else Session(lang="en", as_json=False, debug=False)


def _word(ctx: click.Context, key: str) -> str:
    return session_of(ctx).say(*_WORDS[key])


def shell_lines(command_line: str, columns: int) -> list[str]:
    """A command to be copied, indented, in lines that a shell takes as one; broken before options only."""
    lines: list[str] = []
    # Two columns for the backslash.
    for part in re.split(r" (?=--)", command_line):
        if lines and width(lines[-1]) + 1 + width(part) <= columns - 2:
            lines[-1] += f" {part}"
        else:
            lines.append(f"    {part}" if lines else f"  {part}")
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


class Option(click.Option):
    """An option whose help has two languages."""

    def __init__(self, *args: Any, zh: str = "", en: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zh, self.en = zh, en

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        session = session_of(ctx)
        self.help = session.say(self.zh, self.en)
        record = super().get_help_record(ctx)
        if record is None:
            return None
        # A year's bounds are worth no word in the help; a wrong one is told.
        text = _RANGE.sub("", record[1])
        for pattern, word in _EXTRAS if session.lang == "zh" else ():
            text = pattern.sub(word, text)
        return record[0], text

    def make_metavar(self, ctx: click.Context) -> str:
        known = None if self.metavar else _METAVARS.get(self.type.name)
        return session_of(ctx).say(*known) if known else super().make_metavar(ctx)


class Word(click.Choice[str]):
    """One of some words, in English or Chinese. words: each with (zh, en); the value is the key."""

    def __init__(self, words: Mapping[str, tuple[str, str]]) -> None:
        super().__init__(list(words))
        self.words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found: str = super().convert(
            next((key for key, (zh, _) in self.words.items() if value == zh), value), param, ctx
        )
        return found


class Argument(click.Argument):
    """An argument with help in two languages."""

    def __init__(self, *args: Any, zh: str = "", en: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zh, self.en = zh, en


class _Described(click.Command):
    """Help in two languages with an example, for commands and groups."""

    context_class = Context

    def __init__(self, *args: Any, zh: str, en: str, example: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zh, self.en, self.example = zh, en, example

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))
        for en, zh in _USAGE:
            pieces = pieces.replace(en, session_of(ctx).say(zh, en))
        formatter.write_usage(ctx.command_path, pieces, prefix=_word(ctx, "usage"))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.indentation():
            for paragraph in session_of(ctx).say(self.zh, self.en).split("\n\n"):
                formatter.write_paragraph()
                formatter.write_text(paragraph)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        arguments, options = [], []
        for param in self.get_params(ctx):
            if isinstance(param, Argument):
                arguments.append((param.make_metavar(ctx), session_of(ctx).say(param.zh, param.en)))
            elif (record := param.get_help_record(ctx)) is not None:
                options.append(record)
        for title, rows in (("arguments", arguments), ("options", options)):
            if rows:
                with formatter.section(_word(ctx, title)):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.example:
            formatter.write_paragraph()
            formatter.write(_word(ctx, "example") + "\n")
            for line in self.example.splitlines():
                formatter.write("".join(f"{part}\n" for part in shell_lines(line, formatter.width)))

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _word(ctx, "help")
        return option


class Command(_Described):
    """One command."""


class Entry(NamedTuple):
    """A command that is imported when it is called: its module and attribute, and one line for the list."""

    module: str
    attribute: str
    zh: str
    en: str


class Group(_Described, click.Group):
    """Commands under one name. Those in *lazy* are imported when called."""

    def __init__(self, *args: Any, lazy: dict[str, Entry] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.lazy, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.lazy.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        found = getattr(import_module(entry.module), entry.attribute)
        return cast("click.Command", found)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # Options that every command has may stand before the command too; the session has read them.
        while args and args[0] in _SKIPPED:
            args = args[_SKIPPED[args[0]] :]
        if not args:
            raise click.UsageError("Missing command.", ctx)
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            near = difflib.get_close_matches(name, self.list_commands(ctx), n=3)
            raise NoSuchCommandError(name, near, ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        session = session_of(ctx)
        rows = [(name, session.say(entry.zh, entry.en)) for name, entry in self.lazy.items()]
        for name, child in self.commands.items():
            text = session.say(child.zh, child.en) if isinstance(child, Command | Group) else ""
            rows.append((name, text.split("\n\n", 1)[0]))
        with formatter.section(_word(ctx, "commands")):
            formatter.write_dl(rows)


class NoSuchCommandError(click.UsageError):
    """A command that isn't there. *near*: what may have been meant."""

    def __init__(self, name: str, near: Sequence[str], ctx: click.Context) -> None:
        super().__init__(f"No such command {name!r}.", ctx)
        self.name, self.near = name, list(near)


def common_options(function: Function) -> Function:
    """`--json`, `--lang`, `--debug`: read by `Session.from_arguments`, declared for help and parsing."""
    for names, zh, en, more in (
        (("--debug",), "出错时显示调用栈", "Show a traceback with an error.", {"is_flag": True}),
        (("--lang",), "显示语言", "Language of what is shown.", {"type": click.Choice(["zh", "en"])}),
        (("--json", "as_json"), "以 JSON 输出，每行一个对象", "JSON output, one object a line.", {"is_flag": True}),
    ):
        function = click.option(*names, cls=Option, zh=zh, en=en, expose_value=False, **more)(function)
    return function


def _common_last(made: AnyCommand) -> AnyCommand:
    """The options that a command has of its own come first in its help."""
    made.params.sort(key=lambda param: param.name in ("as_json", "lang", "debug"))
    return made


def command(name: str, *, zh: str, en: str, example: str) -> Callable[[Function], Command]:
    """Declare a command: its function gets the `Session` first, then its parameters."""

    def wrap(function: Function) -> Command:
        inner = common_options(click.pass_obj(function))
        made: Command = click.command(name, cls=Command, zh=zh, en=en, example=example)(inner)
        return _common_last(made)

    return wrap


def group(name: str, *, zh: str, en: str, example: str = "") -> Callable[[Function], Group]:
    """Declare a group of commands; its function gets the click context."""

    def wrap(function: Function) -> Group:
        inner = common_options(click.pass_context(function))
        made: Group = click.group(name, cls=Group, zh=zh, en=en, example=example)(inner)
        return _common_last(made)

    return wrap


def option(*names: str, zh: str, en: str, **kwargs: Any) -> Callable[[Function], Function]:
    """An option with help in two languages."""
    return click.option(*names, cls=Option, zh=zh, en=en, **kwargs)


def argument(*names: str, zh: str, en: str, **kwargs: Any) -> Callable[[Function], Function]:
    """An argument with help in two languages."""
    return click.argument(*names, cls=Argument, zh=zh, en=en, **kwargs)


log_argument: Final = argument("log", zh="日志目录", en="directory of the log", type=click.Path())
