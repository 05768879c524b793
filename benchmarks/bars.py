"""Bar plots as SVG text, in the colours of `plot.py`.

    panel = Bars("Cold start", "s", (Bar("ours", 1.1, is_ours=True), Bar("stock", 9.8)))
    path.write_text(draw_bars([panel]), encoding="utf-8")

Bars lie, so that names have room; the number stands at the end of each.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.svg import WIDTH, card, text

__all__ = ["Bar", "Bars", "draw_bars", "short"]

_NAMES, _NUMBERS = 118, 64  # of a panel's width; for its names, its numbers
_ROW, _HEAD, _FOOT = 24, 40, 28
_LIGHT = """
.note { fill: #6e7781 }
.bar { fill: #8c959f } .ours { fill: #0969da }
.target { stroke: #bc4c00; stroke-width: 2; stroke-dasharray: 5 4 }
""".strip()
_DARK = """
  .note { fill: #8b949e }
  .bar { fill: #6e7681 } .ours { fill: #58a6ff }
  .target { stroke: #f0883e }
""".strip("\n")


@dataclass(frozen=True, slots=True)
class Bar:
    """One number and what it is of."""

    name: str
    value: float
    is_ours: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value >= 0):
            raise ValueError(f"a bar needs a number from 0 up, got {self.value!r}")


@dataclass(frozen=True, slots=True)
class Bars:
    """One plot: bars that begin at 0, and where the target lies, if there is one."""

    title: str
    unit: str
    bars: tuple[Bar, ...]
    target: float | None = None
    note: str = ""  # such as "less is better", or what the target is of

    def __post_init__(self) -> None:
        if not self.bars:
            raise ValueError(f"panel {self.title!r} has no bar to draw")

    @property
    def most(self) -> float:
        """The value that fills the width."""
        return max([bar.value for bar in self.bars] + [self.target or 0.0]) or 1.0


def short(value: float) -> str:
    """Return a number with three digits, as a person would write it.

    >>> [short(value) for value in (0.0625, 7.249, 104.2, 15_360.0)]
    ['0.0625', '7.25', '104', '15,360']
    """
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def draw_bars(panels: Sequence[Bars], *, columns: int = 2) -> str:
    """Return an SVG picture of these panels, `columns` of them side by side."""
    height = _HEAD + max(len(panel.bars) for panel in panels) * _ROW + _FOOT
    drawn = [(panel.title, _panel(panel)) for panel in panels]
    return card(drawn, height, columns=columns, light=_LIGHT, dark=_DARK)


def _panel(panel: Bars) -> list[str]:
    room = WIDTH - _NAMES - _NUMBERS
    bottom = _HEAD + len(panel.bars) * _ROW
    parts = [text(WIDTH / 2, 22, f"{panel.title}, {panel.unit}", "title")]
    for number, bar in enumerate(panel.bars):
        y = _HEAD + number * _ROW
        width = round(room * bar.value / panel.most, 1)
        kind = "bar ours" if bar.is_ours else "bar"
        parts += [
            text(_NAMES - 8, y + 15, bar.name, anchor="end"),
            f'<rect class="{kind}" x="{_NAMES}" y="{y + 3}" width="{width}" '
            f'height="{_ROW - 7}" rx="2"/>',
            text(_NAMES + width + 6, y + 15, short(bar.value), anchor="start"),
        ]
    if panel.target is not None:
        x = round(_NAMES + room * panel.target / panel.most, 1)
        parts.append(
            f'<line class="target" x1="{x}" y1="{_HEAD - 2}" x2="{x}" y2="{bottom}"/>'
        )
        note = f"dashed: target {short(panel.target)} {panel.unit} {panel.note}".strip()
        parts.append(text(WIDTH / 2, bottom + 16, note, "note"))
    elif panel.note:
        parts.append(text(WIDTH / 2, bottom + 16, panel.note, "note"))
    return parts
