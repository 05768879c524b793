"""Line plots as SVG text.

    panel = Panel("Time", "passages", "ms", (Line("p95", ((1e3, 4), (1e6, 9))),))
    path.write_text(draw([panel]), encoding="utf-8")

A plot stands on a card of its own, so that it can be read on any page.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.svg import WIDTH, card, text

__all__ = ["Axis", "Line", "Panel", "draw", "ticks"]

_HEIGHT = 300  # of one panel without its legend, in pixels
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 36, 48  # room around its lines
_LEGEND_ROW = 16
_COLOURS = 6
_DOTTED = 30  # points of a line that are shown as such
_LIGHT = """
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke-width: 2 }
.s0 { stroke: #0969da } .d0 { fill: #0969da }
.s1 { stroke: #bc4c00 } .d1 { fill: #bc4c00 }
.s2 { stroke: #1a7f37 } .d2 { fill: #1a7f37 }
.s3 { stroke: #8250df } .d3 { fill: #8250df }
.s4 { stroke: #bf3989 } .d4 { fill: #bf3989 }
.s5 { stroke: #6e7781 } .d5 { fill: #6e7781 }
""".strip()
_DARK = """
  .grid { stroke: #30363d }
  .s0 { stroke: #58a6ff } .d0 { fill: #58a6ff }
  .s1 { stroke: #f0883e } .d1 { fill: #f0883e }
  .s2 { stroke: #3fb950 } .d2 { fill: #3fb950 }
  .s3 { stroke: #bc8cff } .d3 { fill: #bc8cff }
  .s4 { stroke: #f778ba } .d4 { fill: #f778ba }
  .s5 { stroke: #8b949e } .d5 { fill: #8b949e }
""".strip("\n")


@dataclass(frozen=True, slots=True)
class Line:
    """Points (x, y) joined in their order; a dashed line is a target or a guess."""

    name: str
    points: tuple[tuple[float, float], ...]
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot: lines over two axes. A logarithmic axis needs values above 0."""

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    x_log: bool = False
    y_log: bool = False

    def __post_init__(self) -> None:
        points = [point for line in self.lines for point in line.points]
        if not points:
            raise ValueError(f"panel {self.title!r} has no point to draw")
        for is_log, values in (
            (self.x_log, [x for x, _ in points]),
            (self.y_log, [y for _, y in points]),
        ):
            if is_log and min(values) <= 0:
                raise ValueError(
                    f"panel {self.title!r}: a logarithmic axis needs values above 0, "
                    f"got {min(values)}"
                )


def ticks(low: float, high: float, *, is_log: bool) -> list[float]:
    """Return round numbers whose first is at most `low`, whose last at least `high`.

    >>> ticks(0, 37, is_log=False)
    [0.0, 10.0, 20.0, 30.0, 40.0]
    >>> ticks(1_000, 200_000, is_log=True)
    [1000.0, 10000.0, 100000.0, 1000000.0]
    """
    if is_log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return [10.0**power for power in range(first, max(last, first + 1) + 1)]
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = power * next(f for f in (1, 2, 5, 10) if power * f >= span / 5)
    first, last = math.floor(low / step), math.ceil(high / step)
    count = range(first, max(last, first + 1) + 1)
    return [round(step * number, 12) for number in count]


@dataclass(frozen=True, slots=True)
class Axis:
    """Values to pixels."""

    marks: tuple[float, ...]
    is_log: bool
    begin: float  # pixel of the first mark
    end: float  # pixel of the last

    def at(self, value: float) -> float:
        """Return the pixel of a value.

        >>> Axis((1.0, 10.0, 100.0), True, 0, 100).at(10)
        50.0
        """
        low, high, value = (
            math.log10(v) if self.is_log else v
            for v in (self.marks[0], self.marks[-1], value)
        )
        share = (value - low) / (high - low)
        return round(self.begin + share * (self.end - self.begin), 1)


def draw(panels: Sequence[Panel], *, columns: int = 2) -> str:
    """Return an SVG picture of these panels, `columns` of them side by side.

    The y axis begins at 0 unless it is logarithmic or holds values below.
    """
    height = _HEIGHT + max(len(panel.lines) for panel in panels) * _LEGEND_ROW
    drawn = [(panel.title, _panel(panel)) for panel in panels]
    return card(drawn, height, columns=columns, light=_LIGHT, dark=_DARK)


def _panel(panel: Panel) -> list[str]:
    xs = [x for line in panel.lines for x, _ in line.points]
    ys = [y for line in panel.lines for _, y in line.points]
    floor = min(ys) if panel.y_log else min(0.0, *ys)
    right, bottom = WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    x_marks = ticks(min(xs), max(xs), is_log=panel.x_log)
    y_marks = ticks(floor, max(ys), is_log=panel.y_log)
    x_axis = Axis(tuple(x_marks), panel.x_log, _LEFT, right)
    y_axis = Axis(tuple(y_marks), panel.y_log, bottom, _TOP)
    middle = (_LEFT + right) / 2
    parts = [text(middle, 20, panel.title, "title")]
    parts += [text(x_axis.at(mark), bottom + 16, _number(mark)) for mark in x_marks]
    for mark in y_marks:
        y = y_axis.at(mark)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}"/>'
        )
        parts.append(text(_LEFT - 6, y + 4, _number(mark), anchor="end"))
    parts.append(text(middle, bottom + 34, panel.x_label))
    parts.append(
        f'<g transform="translate(14 {(_TOP + bottom) / 2}) rotate(-90)">'
        + text(0, 0, panel.y_label)
        + "</g>"
    )
    for number, line in enumerate(panel.lines):
        parts += _line(line, number % _COLOURS, x_axis, y_axis)
        y = _HEIGHT + number * _LEGEND_ROW
        parts.append(_stroke(f"M{_LEFT} {y}h24", number % _COLOURS, line.is_dashed))
        parts.append(text(_LEFT + 32, y + 4, line.name, anchor="start"))
    return parts


def _line(line: Line, colour: int, x_axis: Axis, y_axis: Axis) -> list[str]:
    places = [(x_axis.at(x), y_axis.at(y)) for x, y in line.points]
    parts = []
    if places:
        path = "M" + "L".join(f"{x} {y}" for x, y in places)
        parts.append(_stroke(path, colour, line.is_dashed))
    if not line.is_dashed and len(places) <= _DOTTED:
        parts += [
            f'<circle class="d{colour}" cx="{x}" cy="{y}" r="3"/>' for x, y in places
        ]
    return parts


def _stroke(path: str, colour: int, is_dashed: bool) -> str:
    dashes = ' stroke-dasharray="5 4"' if is_dashed else ""
    return f'<path class="line s{colour}" d="{path}"{dashes}/>'


def _number(value: float) -> str:
    """Return a short number for a mark: 0.5, 20, 10,000, 1 M."""
    return f"{value / 1e6:g} M" if abs(value) >= 1e6 else f"{value:,.10g}"
