"""Opening the library that the command line names, with progress on the way."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qa.cli.streams import print_error
from qa.errors import ArticlesError
from qa.library.scan import default_store
from qa.settings import Settings
from qa.wording import plural

if TYPE_CHECKING:
    from qa.library.progress import Progress
    from qa.library.store import Store
    from qa.pipeline import QA

__all__ = ["articles_of", "check_named", "open_library", "progress_bar"]
__all__ += ["settings_of", "skipped_words", "store_of"]

_DEFAULT = "seeds"


def articles_of(arguments: argparse.Namespace) -> Path:
    """Return the place of the articles.

    Raises:
        ArticlesError: if none is named and there is no default.
    """
    typed = getattr(arguments, "folder", None) or arguments.articles
    if named := typed or os.environ.get("QA_ARTICLES"):
        return Path(named).expanduser()
    if not Path(_DEFAULT).is_dir():
        raise ArticlesError(
            f"no articles are named, and there is no folder {_DEFAULT!r} here. Name "
            "yours with `--articles FOLDER`."
        )
    return Path(_DEFAULT)


def store_of(arguments: argparse.Namespace) -> Path:
    """Return the place of the store."""
    if arguments.store:
        return Path(arguments.store).expanduser()
    return default_store(articles_of(arguments))


def check_named(store: "Store", arguments: argparse.Namespace) -> None:
    """Make sure that a store holds the articles that are named beside it.

    One that is named alone is looked at as it is.

    Raises:
        StoreError: if it holds those of another folder.
    """
    from qa.library.origin import check_origin

    if arguments.articles or not arguments.store:
        check_origin(store, articles_of(arguments))


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings that the options change."""
    changed = {
        name: value
        for name in ("embedder", "reader")
        if (value := getattr(arguments, name, None))
    }
    return replace(Settings(), **changed)


def open_library(arguments: argparse.Namespace, *, is_synced: bool = True) -> "QA":
    """Open the library, showing progress when there is something to index.

    Where no file of it can be read, this is told: no question would find anything.
    """
    from qa.pipeline import QA

    with progress_bar() as tell:
        qa = QA.open(
            articles_of(arguments),
            store=store_of(arguments),
            settings=settings_of(arguments),
            progress=tell,
            is_synced=is_synced,
        )
    store = qa.library.store
    if is_synced and not store.passage_count() and (skipped := store.skipped()):
        files, first = plural(len(skipped), "file"), skipped_words(*skipped[0])
        print_error(f"{files} could not be read; the first: {first}")
    return qa


def skipped_words(path: str, reason: str) -> str:
    """Return what was not read and why, the path once.

    >>> skipped_words("a.txt", "a.txt: it is empty"), skipped_words("b.txt", "damaged")
    ('a.txt: it is empty', 'b.txt: damaged')
    """
    return reason if path in reason else f"{path}: {reason}"


@contextmanager
def progress_bar() -> "Iterator[Callable[[Progress], None]]":
    """Yield a function that draws progress on stderr; silent when it is no screen."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm

    bar = None

    def tell(progress: "Progress") -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(
                total=100.0,
                desc="Indexing",
                leave=False,
                bar_format="{desc} {percentage:3.0f} % |{bar}| {postfix}",
            )
        bar.n = 100 * progress.share
        bar.set_postfix_str(_status(progress))

    try:
        yield tell
    finally:
        if bar is not None:
            bar.close()


def _status(progress: "Progress") -> str:
    left = progress.seconds_left
    minutes, seconds = divmod(round(left or 0), 60)
    time_left = "" if left is None else f", {minutes}:{seconds:02} left"
    return (
        f"{progress.files:,} of {progress.files_total:,} files, "
        f"{progress.rate:.0f} passages/s{time_left}"
    )
