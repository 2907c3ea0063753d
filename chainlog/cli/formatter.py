"""Help laid out in columns where Chinese takes two. Pure; click measures characters."""

from __future__ import annotations

from collections.abc import Iterable

import click

from chainlog.cli.render import pad, width, wrap

_TERM_MAX = 30
_ROOM_MIN = 20


class Formatter(click.HelpFormatter):
    """Click's formatter with widths as a terminal has them."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        head = f"{prefix or ''}{prog} "
        left = width(head)
        if self.width - left < _ROOM_MIN:
            self.write(head.rstrip() + "\n")
            head, left = " " * 4, 4
        for n, line in enumerate(wrap(args, max(self.width - left, _ROOM_MIN))):
            self.write((head if n == 0 else " " * left) + line + "\n")

    def write_heading(self, heading: str) -> None:
        colon = "：" if not heading.isascii() else ":"
        self.write(f"{heading}{colon}\n")

    def write_text(self, text: str) -> None:
        room = max(self.width - self.current_indent, _ROOM_MIN)
        for line in wrap(" ".join(text.split()) if text.isascii() else text, room):
            self.write(" " * self.current_indent + line + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = _TERM_MAX, col_spacing: int = 2) -> None:
        rows = list(rows)
        longest = max((width(term) for term, _ in rows), default=0)
        left = min(longest, col_max) + col_spacing
        room = max(self.width - left - self.current_indent, _ROOM_MIN)
        indent = " " * self.current_indent
        for term, text in rows:
            lines = wrap(text, room) if text else [""]
            if width(term) > left - col_spacing:
                self.write(f"{indent}{term}\n")
            else:
                self.write(f"{indent}{pad(term, left)}{lines.pop(0)}".rstrip() + "\n")
            for line in lines:
                self.write(f"{indent}{' ' * left}{line}".rstrip() + "\n")


class Context(click.Context):
    """A context whose help is laid out so."""

    formatter_class = Formatter
