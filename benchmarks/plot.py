"""Small log-log plots side by side, as one SVG. Pure.

A decade is as wide as high, but where a panel needs more than four: a line along the dashed one grows as the log does, a level
one not at all. Text is text, so that a reader's own fonts show Chinese.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

_DECADE = 58.0
_COLUMNS = 3
_LEFT, _RIGHT, _TOP, _BOTTOM = 62.0, 26.0, 62.0, 44.0
_HEAD = 74.0
_DECADES_UP = 4
_COLOURS = ("#1f5fa8", "#c2571a", "#2b7a3d", "#7a3d8f")
_MARKS = ("circle", "square", "diamond", "triangle")
_FONT = (
    "font-family='Noto Sans CJK SC, Microsoft YaHei, PingFang SC, WenQuanYi Micro Hei, DejaVu Sans, Arial, sans-serif'"
)


class Series(NamedTuple):
    """One line: its label and (size, value) points, all positive."""

    label: str
    points: Sequence[tuple[float, float]]


class Panel(NamedTuple):
    """One plot. title: two lines, English and Chinese. unit: of the values."""

    title: tuple[str, str]
    unit: str
    lines: Sequence[Series]


def draw(panels: Sequence[Panel], *, title: tuple[str, str], size: tuple[str, str]) -> str:
    """
    The SVG of *panels*.

    Args:
        title: of the whole, English and Chinese. size: what the horizontal axis is.
    """
    sizes = [x for panel in panels for line in panel.lines for x, _ in line.points]
    low, high = _decades(min(sizes), max(sizes))
    # A single decade would leave no room for the titles.
    high = max(high, low + 3)
    width = _LEFT + (high - low) * _DECADE + _RIGHT
    height = _TOP + _DECADES_UP * _DECADE + _BOTTOM + 16 * max(len(panel.lines) for panel in panels)
    rows = math.ceil(len(panels) / _COLUMNS)
    total = (_COLUMNS * width, _HEAD + rows * height)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {total[0]:.0f} {total[1]:.0f}' width='{total[0]:.0f}' {_FONT}>",
        f"<rect width='{total[0]:.0f}' height='{total[1]:.0f}' fill='#ffffff'/>",
        _text(16, 30, title[0], size=18, bold=True),
        _text(16, 54, title[1], size=16),
    ]
    for number, panel in enumerate(panels):
        left = number % _COLUMNS * width
        top = _HEAD + number // _COLUMNS * height
        parts.append(
            f"<g transform='translate({left:.1f} {top:.1f})'>{_panel(panel, low=low, high=high, size=size)}</g>"
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _decades(least: float, most: float) -> tuple[int, int]:
    """The powers of ten that enclose two values; a hair beyond one is still it."""
    return math.floor(math.log10(least) + 1e-9), math.ceil(math.log10(most) - 1e-9)


def _panel(panel: Panel, *, low: int, high: int, size: tuple[str, str]) -> str:
    values = [y for line in panel.lines for _, y in line.points]
    bottom, top = _decades(min(values), max(values))
    # Centred: as many decades as every other panel has.
    bottom -= max(0, _DECADES_UP - (top - bottom)) // 2
    up = max(_DECADES_UP, top - bottom)
    right, floor = _LEFT + (high - low) * _DECADE, _TOP + _DECADES_UP * _DECADE
    scale = _DECADE * _DECADES_UP / up

    def place(x: float, y: float) -> tuple[float, float]:
        return _LEFT + (math.log10(x) - low) * _DECADE, floor - (math.log10(y) - bottom) * scale

    parts = [
        _text(_LEFT, 20, panel.title[0], size=13, bold=True),
        _text(_LEFT, 38, f"{panel.title[1]} ({panel.unit})", size=12),
        f"<rect x='{_LEFT}' y='{_TOP}' width='{right - _LEFT:.1f}' height='{floor - _TOP:.1f}' fill='none' stroke='#888888'/>",
    ]
    for power in range(bottom, bottom + up + 1):
        _, y = place(1, 10.0**power)
        parts.append(f"<path d='M{_LEFT} {y:.1f}H{right:.1f}' stroke='#dddddd'/>")
        parts.append(_text(_LEFT - 6, y + 4, _number(power), anchor="end"))
    for power in range(low, high + 1):
        x, _ = place(10.0**power, 1)
        parts.append(f"<path d='M{x:.1f} {_TOP}V{floor:.1f}' stroke='#dddddd'/>")
        parts.append(_text(x, floor + 16, _number(power), anchor="middle"))
    # What grows as the log does: the slope to compare with.
    run = min(high - low, _DECADES_UP) * _DECADE
    parts.append(
        f"<path d='M{_LEFT} {floor:.1f}l{run:.1f} -{run * scale / _DECADE:.1f}' stroke='#bbbbbb' stroke-dasharray='3 4'/>"
    )
    parts.append(_text(right, floor + 34, f"{size[0]} {size[1]}", anchor="end"))
    for number, line in enumerate(panel.lines):
        points = [place(x, y) for x, y in line.points]
        parts += _line(points, number)
        parts += _legend(line.label, number, floor + 50 + 16 * number)
    return "".join(parts)


def _line(points: Sequence[tuple[float, float]], number: int) -> list[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return [
        f"<path d='M{path}' fill='none' stroke='{colour}' stroke-width='1.8'/>",
        *(_mark(x, y, number) for x, y in points),
    ]


def _legend(label: str, number: int, y: float) -> list[str]:
    return [_mark(_LEFT + 4, y - 4, number), _text(_LEFT + 14, y, label, colour=_COLOURS[number % len(_COLOURS)])]


def _mark(x: float, y: float, number: int) -> str:
    """Lines differ by shape too: not everybody tells the colours apart."""
    fill = f"fill='{_COLOURS[number % len(_COLOURS)]}'"
    shape = _MARKS[number % len(_MARKS)]
    if shape == "circle":
        return f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3.4' {fill}/>"
    if shape == "square":
        return f"<rect x='{x - 3:.1f}' y='{y - 3:.1f}' width='6' height='6' {fill}/>"
    corners = "0,-4.4 4.4,0 0,4.4 -4.4,0" if shape == "diamond" else "0,-4.2 4.2,3.4 -4.2,3.4"
    return f"<polygon points='{corners}' transform='translate({x:.1f} {y:.1f})' {fill}/>"


def _number(power: int) -> str:
    """A power of ten as people write it."""
    if power < 0:
        return f"{10.0**power:.{-power}f}"
    names = {6: "1M", 7: "10M", 8: "100M", 9: "1G"}
    return names.get(power) or (f"{10 ** (power - 3)}k" if power >= 3 else str(10**power))


def _text(
    x: float, y: float, text: str, *, size: int = 11, anchor: str = "start", bold: bool = False, colour: str = "#222222"
) -> str:
    weight = " font-weight='bold'" if bold else ""
    return f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' text-anchor='{anchor}' fill='{colour}'{weight}>{escape(text)}</text>"
