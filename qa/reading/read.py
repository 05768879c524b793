"""The table of readers, and how one is opened."""

from collections.abc import Callable

from qa.errors import ModelError
from qa.protocols import Embedder, Reader
from qa.reading.sentence import SentenceReader
from qa.reading.shipped import open_shipped_reader

__all__ = ["READERS", "open_reader"]


def _sentence(_: str, embedder: Embedder) -> Reader:
    return SentenceReader(embedder)


def _hugging_face(name: str, _: Embedder) -> Reader:
    # here, not at the top: torch and transformers take seconds
    from qa.reading.hugging_face import open_hugging_face_reader

    return open_hugging_face_reader(name)


def _span(folder: str, _: Embedder) -> Reader:
    return open_shipped_reader(folder)


READERS: dict[str, Callable[[str, Embedder], Reader]] = {
    "span": _span,
    "sentence": _sentence,
    "hf": _hugging_face,
}
"""Family -> how it is opened, from what follows the colon of a spec."""


def open_reader(spec: str, embedder: Embedder) -> Reader:
    """Return the reader of a spec: `family` or `family:name`.

    Raises:
        ModelError: if the family is unknown or the weights cannot be used.
    """
    family, _, name = spec.partition(":")
    if family not in READERS:
        raise ModelError(
            f"no reader is called {spec!r}. Wanted is one of {', '.join(READERS)}; for "
            "a model of your own, `hf:` with its name or path."
        )
    return READERS[family](name, embedder)
