"""A card of plots side by side, as SVG text: light or dark as the reader's system is.

The same input gives the same bytes, and nothing is needed to draw it.
"""

import math
from collections.abc import Sequence
from html import escape

__all__ = ["WIDTH", "card", "text"]

WIDTH = 400  # of one panel, in pixels
_LIGHT = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 13px }
.card { fill: #ffffff; stroke: #d0d7de }
""".strip()
_DARK = """
  text { fill: #e6edf3 }
  .card { fill: #0d1117; stroke: #30363d }
""".strip("\n")


def card(
    panels: Sequence[tuple[str, Sequence[str]]],
    height: int,
    *,
    columns: int,
    light: str,
    dark: str,
) -> str:
    """Return an SVG picture of these panels, `columns` of them side by side.

    Args:
        panels: title of each, and its elements.
        height: of each, in pixels.
        columns: at most.
        light: rules of CSS beside those of the card.
        dark: those that hold instead where the system is dark.
    """
    columns = min(columns, len(panels))
    size = (columns * WIDTH, math.ceil(len(panels) / columns) * height)
    dark = f"@media (prefers-color-scheme: dark) {{\n{_DARK}\n{dark}\n}}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" '
        f'width="{size[0]}" height="{size[1]}" role="img">',
        f"<title>{escape('; '.join(title for title, _ in panels))}</title>",
        f"<style>{_LIGHT}\n{light}\n{dark}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{size[0] - 1}" '
        f'height="{size[1] - 1}" rx="6"/>',
    ]
    for number, (_, elements) in enumerate(panels):
        x, y = number % columns * WIDTH, number // columns * height
        parts += [f'<g transform="translate({x} {y})">', *elements, "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def text(
    x: float, y: float, words: str, kind: str = "", *, anchor: str = "middle"
) -> str:
    """Return words at a place, of the class `kind`."""
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
