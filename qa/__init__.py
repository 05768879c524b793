"""Ask a folder of articles a question; get the words that answer it, cited.

>>> from qa import QA  # doctest: +SKIP
>>> QA.open("seeds").ask("What did Iran say about Assad's elections?")  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.pipeline import QA
    from qa.settings import Settings
    from qa.types import Answer, Article, Citation, Hit, Passage, Turn

__all__ = ["QA", "Answer", "Article", "Citation", "Hit", "Passage", "Settings", "Turn"]

_HOMES = {"QA": "qa.pipeline", "Settings": "qa.settings"}


def __getattr__(name: str) -> Any:
    # imported when first used: `import qa` stays light, whatever is behind it
    if name not in __all__:
        raise AttributeError(f"module 'qa' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "qa.types")), name)
