"""Text of articles as HTML: nothing in it is markup, and offsets stay true.

Whatever an article or a file name holds is shown as text. Characters that would turn
the text around them (bidi controls) or cannot be seen are shown by their number.
"""

import html
import re
from itertools import pairwise

from qa.library.paragraphs import Span
from qa.wording import clipped

__all__ = ["escape", "isolated", "marked"]

# embeddings, overrides and isolates; then what HTML drops or cannot hold
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def escape(text: str) -> str:
    r"""Return text as HTML that shows it, in an element or an attribute's quotes.

    >>> escape("<b> & 'c'")
    '&lt;b&gt; &amp; &#x27;c&#x27;'
    >>> escape("a\x00b\u202ec")
    'a\ufffdb‹U+202E›c'
    """
    seen = _UNSEEN.sub("\ufffd", text)
    return html.escape(_TURNING.sub(lambda m: f"‹U+{ord(m[0]):04X}›", seen))


def isolated(text: str, max_chars: int = 300) -> str:
    """Return a name or title as HTML that cannot turn its surroundings around.

    >>> isolated("a<b")
    '<bdi>a&lt;b</bdi>'
    """
    return f"<bdi>{escape(clipped(text, max_chars))}</bdi>"


def marked(
    text: str,
    start: int,
    end: int,
    *,
    span: Span | None = None,
    sentence: Span | None = None,
) -> str:
    """Return `text[start:end]` as HTML with the span and its sentence marked.

    All are offsets of the same text; what lies outside `[start, end)` is left out. The
    pieces carry the classes `span` and `sentence`, and stand side by side, so that none
    has to be nested.

    >>> marked("It rained. We stayed in.", 0, 24, span=(11, 13), sentence=(11, 24))
    'It rained. <mark class="span">We</mark><span class="sentence"> stayed in.</span>'
    """
    layers = [("span", span), ("sentence", sentence)]
    inside = [
        (name, max(start, layer[0]), min(end, layer[1]))
        for name, layer in layers
        if layer is not None and layer[0] < end and layer[1] > start
    ]
    cuts = sorted({start, end, *(x for _, a, b in inside for x in (a, b))})
    pieces = []
    for first, last in pairwise(cuts):
        names = [name for name, a, b in inside if a <= first and last <= b]
        piece = escape(text[first:last])
        if names and names[0] == "span":
            piece = f'<mark class="span">{piece}</mark>'
        elif names:
            piece = f'<span class="{names[0]}">{piece}</span>'
        pieces.append(piece)
    return "".join(pieces)
