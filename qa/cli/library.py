"""Opening the library that the command line names, with progress on the way."""

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qa.cli.streams import print_error
from qa.errors import ArticlesError, StoreError
from qa.library.scan import default_store
from qa.settings import Settings
from qa.wording import plural

if TYPE_CHECKING:
    from qa.library.progress import Progress
    from qa.library.store import Store
    from qa.pipeline import QA

__all__ = ["articles_of", "check_named", "open_library", "open_store", "progress_bar"]
__all__ += ["settings_of", "skipped_words", "store_of"]

_DEFAULT = "seeds"


def articles_of(arguments: argparse.Namespace) -> Path:
    """Return the place of the articles.

    Raises:
        ArticlesError: if none is named and there is no default.
    """
    folder = getattr(arguments, "folder", None)
    typed = arguments.articles if folder is None else folder
    if typed == "":  # a variable of the shell that is not set: not the default
        raise ArticlesError(
            "the articles are named by an empty word. Name their folder, or leave "
            "`--articles` out."
        )
    usual = os.environ.get("QA_ARTICLES")
    if usual and typed is None and not os.path.exists(os.path.expanduser(usual)):
        raise ArticlesError(
            f"QA_ARTICLES names {usual!r}, and there is no such folder. Set it to that "
            "of your articles, or name yours with `--articles FOLDER`."
        )
    if named := typed or usual:
        # not `Path.expanduser`: it ends where no such user is
        return Path(os.path.expanduser(named))
    if not Path(_DEFAULT).is_dir():
        raise ArticlesError(
            f"no articles are named, and there is no folder {_DEFAULT!r} here. Name "
            "yours with `--articles FOLDER`."
        )
    return Path(_DEFAULT)


def store_of(arguments: argparse.Namespace) -> Path:
    """Return the place of the store."""
    if arguments.store:
        return Path(os.path.expanduser(arguments.store))
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

    Where nothing in it can be read, this is told: no question would find anything.
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
    if is_synced and not store.passage_count():
        print_error(_why_empty(articles_of(arguments), store.skipped()))
    return qa


def _why_empty(articles: Path, skipped: Sequence[tuple[str, str]]) -> str:
    if not skipped:
        return (
            f"{str(articles)!r}: no file in it. Put Markdown, text, HTML, PDF, DOCX, "
            "JSONL, CSV or zip files there, or name another folder with `--articles`."
        )
    files, first = plural(len(skipped), "file"), skipped_words(*skipped[0])
    return f"{files} could not be read; the first: {first}"


def open_store(arguments: argparse.Namespace) -> "Store":
    """Return the store as it was left; nothing is read anew.

    Raises:
        QAError: if there are no such articles, or no store of them.
    """
    from qa.library.scan import check_articles, is_store
    from qa.library.store import Store

    place = store_of(arguments)
    if not is_store(place):
        command = ["qa", "index"]
        if arguments.articles or not arguments.store:
            articles = articles_of(arguments)
            check_articles(articles)  # or indexing them would be no remedy
            command += [shlex.quote(str(articles))]
        else:
            command += ["FOLDER"]
        if arguments.store:
            command += ["--store", shlex.quote(arguments.store)]
        raise StoreError(
            f"{str(place)!r}: there is no store here yet. Run `{' '.join(command)}`."
        )
    store = Store(place)
    check_named(store, arguments)
    return store


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
