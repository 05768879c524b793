"""Which folder a store holds the articles of: another one would replace them all.

So would the empty folder that is left where a disk is not mounted.
"""

import json
import os
from pathlib import Path

from qa.errors import ArticlesError, StoreError
from qa.library.database import REBUILD
from qa.library.scan import ADDED, Found, scan
from qa.library.store import Store

__all__ = ["ORIGIN", "check_origin", "origin_of", "scan_for"]

ORIGIN = "articles"
"""The key of `Store.meta` that `origin_of` is kept under."""


def origin_of(articles: Path) -> str:
    """Return the whole path of a folder as JSON, which any file name goes into."""
    return json.dumps(str(articles.resolve()))


def check_origin(store: Store, articles: Path) -> None:
    """Make sure that a store is not given to a second folder.

    A copy is followed, and a disk mounted elsewhere: the files of both places are the
    same. So is a folder that was moved: its old place is gone or holds no file, and one
    of the files that were read from it is in the new one. A disk may only be unplugged.

    Raises:
        StoreError: if the store's folder is another one.
        ArticlesError: if one of both cannot be read.
    """
    kept = store.meta(ORIGIN)
    if kept is None or kept == origin_of(articles):
        return
    origin = Path(json.loads(kept))
    before = _files(origin, store.folder) if os.path.exists(origin) else {}
    now, read = _files(articles, store.folder), _read(store)
    is_there = (
        path in now and size in (None, now[path]) for path, size in read.items()
    )
    is_same = before == now if before else not read or any(is_there)
    if not is_same:
        raise StoreError(
            f"{store.folder}: holds the articles of {str(origin)!r}, wanted are those "
            f"of {str(articles)!r}. Name another with `--store` (in Python `store=`), "
            f"or {REBUILD}."
        )


def scan_for(store: Store, articles: Path) -> list[Found]:
    """Return all files below `articles` and those that were handed over; see `scan`.

    Raises:
        ArticlesError: if the folder cannot be read, or has no file left although the
            store holds articles of it.
    """
    found = scan(articles, store=store.folder)
    own = (file.place for file in found if not file.path.startswith(ADDED))
    if any(map(os.path.exists, own)):  # links may be left of a disk that is not there
        return found
    files = store.article_files()
    stored = sum(count for file, count in files.items() if not file.startswith(ADDED))
    if stored:
        raise ArticlesError(
            f"{str(articles)!r} has no file in it; wanted are those of {stored:,} "
            "articles that were read from it. What is indexed stays; look whether the "
            "disk or the network is there, and try again. If they are gone for good, "
            "remove them on the page, or go to the store, "
            f"{str(store.folder)!r}: {REBUILD}."
        )
    return found


def _files(articles: Path, store: Path) -> dict[str, int]:
    """Return the size of each file by its path, without those that were handed over."""
    found = scan(articles, store=store)
    return {f.path: f.size for f in found if not f.path.startswith(ADDED)}


def _read(store: Store) -> dict[str, int | None]:
    """Return likewise the files whose articles are known.

    A file that was never read to its end has no size.
    """
    sizes: dict[str, int | None] = dict.fromkeys(store.unrecorded_files())
    of_articles = {*store.article_files(), *store.hidden().values()}
    known = store.files().values()
    sizes |= {file.path: file.size for file in known if file.path in of_articles}
    return {p: size for p, size in sizes.items() if not p.startswith(ADDED)}
