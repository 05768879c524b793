"""Which folder a store holds the articles of: another one would replace them all."""

import json
import os
from pathlib import Path

from qa.errors import StoreError
from qa.library.database import REBUILD
from qa.library.scan import ADDED, scan
from qa.library.store import Store

__all__ = ["ORIGIN", "check_origin", "origin_of"]

ORIGIN = "articles"
"""The key of `Store.meta` that `origin_of` is kept under."""


def origin_of(articles: Path) -> str:
    """Return the whole path of a folder as JSON, which any file name goes into."""
    return json.dumps(str(articles.resolve()))


def check_origin(store: Store, articles: Path) -> None:
    """Make sure that a store is not given to a second folder.

    A folder that was moved is followed: nothing stands in its old place, or no file.
    So is a copy, and a disk mounted elsewhere: the files of both places are the same.

    Raises:
        StoreError: if the store's folder is still there, with other files.
        ArticlesError: if one of both cannot be read.
    """
    kept = store.meta(ORIGIN)
    if kept is None or kept == origin_of(articles):
        return
    origin = Path(json.loads(kept))
    if not os.path.exists(origin):
        return
    before = _files(origin, store.folder)
    if before and before != _files(articles, store.folder):
        raise StoreError(
            f"{store.folder}: holds the articles of {str(origin)!r}, wanted are those "
            f"of {str(articles)!r}. Name another with `--store`, or {REBUILD}."
        )


def _files(articles: Path, store: Path) -> set[tuple[str, int]]:
    """Return paths and sizes, without the files that were handed over."""
    found = scan(articles, store=store)
    return {(f.path, f.size) for f in found if not f.path.startswith(ADDED)}
