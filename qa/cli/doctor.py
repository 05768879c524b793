"""`qa doctor`: is everything in its place, and if not, what to do."""

import argparse
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

from qa.cli.library import (
    articles_of,
    check_named,
    settings_of,
    skipped_words,
    store_of,
)
from qa.errors import QAError

__all__ = ["Finding", "examine"]

_NEEDED = ("faiss-cpu", "gradio", "openvino", "sentence-transformers", "tantivy")
_LEAST_FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    is_fine: bool
    words: str


def examine(arguments: argparse.Namespace) -> list[Finding]:
    """Look at Python, packages, models, articles, store and disk, in this order."""
    looks: tuple[Callable[[argparse.Namespace], str], ...] = (
        _python,
        _packages,
        _articles,
        _store,
        _disk,
        _embedder,
        _reader,
    )
    return [_finding(look, arguments) for look in looks]


def _finding(
    look: Callable[[argparse.Namespace], str], arguments: argparse.Namespace
) -> Finding:
    try:
        return Finding(True, look(arguments))
    except (QAError, metadata.PackageNotFoundError) as error:
        return Finding(False, str(error))
    except Exception as error:  # a doctor says what is broken, whatever it is
        return Finding(False, f"{look.__name__.strip('_')}: {error!r}")


def _python(_: argparse.Namespace) -> str:
    return f"Python {sys.version.split()[0]}"


def _packages(_: argparse.Namespace) -> str:
    return ", ".join(f"{name} {metadata.version(name)}" for name in _NEEDED)


def _articles(arguments: argparse.Namespace) -> str:
    from qa.library.formats import is_supported
    from qa.library.scan import scan

    folder = articles_of(arguments)
    found = scan(folder, store=store_of(arguments))
    usable = sum(is_supported(file.path) for file in found)
    if not usable:
        raise QAError(
            f"{folder}: {len(found)} files, none of a kind that can be read. Put "
            "Markdown, text, HTML, PDF, DOCX, JSONL, CSV or zip files there."
        )
    return f"{folder}: {usable} of {len(found)} files are of a kind that can be read"


def _store(arguments: argparse.Namespace) -> str:
    from qa.library.scan import is_store
    from qa.library.store import Store

    place = store_of(arguments)
    if not is_store(place):
        return f"{place}: not built yet; the first question or `qa index` builds it"
    store = Store(place)
    store.check()
    check_named(store, arguments)
    counts = store.counts()
    held = f"{place}: {counts.articles} articles, {counts.passages} passages"
    skipped = store.skipped()
    # a picture among the articles is told, and is nothing to mend
    unread = [pair for pair in skipped if _is_of_use(pair[0])]
    if skipped:
        first = skipped_words(*(unread or skipped)[0])
        held = (
            f"{held}; {len(skipped):,} skipped (`qa stats` lists them), "
            f"{len(unread):,} of them of a kind that can be read; the first: {first}"
        )
    if unread:
        raise QAError(held)
    return held


def _is_of_use(path: str) -> bool:
    """Whether what was skipped is a folder, or a file of a kind that can be read.

    >>> _is_of_use("a.csv#3"), _is_of_use("locked/"), _is_of_use("a.zip/photo.jpg")
    (True, True, False)
    """
    from qa.library.formats import is_supported

    file = path.rpartition("#")[0]  # of a row or a page
    return path.endswith("/") or is_supported(path) or is_supported(file)


def _disk(arguments: argparse.Namespace) -> str:
    place = store_of(arguments)
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < _LEAST_FREE_BYTES:
        raise QAError(
            f"{place}: {free / 1e6:,.0f} MB free, at least "
            f"{_LEAST_FREE_BYTES / 1e6:,.0f} MB wanted. Make room, or name another "
            "place with `--store`."
        )
    return f"{free / 1e9:,.1f} GB free for the store"


def _embedder(arguments: argparse.Namespace) -> str:
    from qa.search.embed import open_embedder

    embedder = open_embedder(settings_of(arguments).embedder)
    vector = embedder.encode(["a question"], kind="question")[0]
    if not 0.99 < float(vector @ vector) < 1.01:
        raise QAError(
            f"embedder {embedder.name}: its vectors are not of unit length. "
            "Reinstall the package."
        )
    return f"embedder {embedder.name}: {embedder.dim} dimensions"


def _reader(arguments: argparse.Namespace) -> str:
    from qa.reading.read import open_reader
    from qa.search.embed import open_embedder

    settings = settings_of(arguments)
    reader = open_reader(settings.reader, open_embedder(settings.embedder))
    return f"reader {reader.name}"
