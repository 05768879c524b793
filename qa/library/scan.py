"""Which files a folder of articles holds."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from qa.errors import ArticlesError

__all__ = ["ADDED", "Found", "added_folder", "check_articles", "default_store"]
__all__ += ["scan"]

ADDED = "added:/"
"""Opens the path of a file that was handed over instead of found in the folder."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file on disk; `path` is relative to the folder, with forward slashes."""

    path: str
    place: Path
    size: int  # bytes
    mtime_ns: int


def scan(articles: Path, *, store: Path | None = None) -> list[Found]:
    """Return all files below `articles`, by path; a single file is a folder of one.

    Hidden files and folders are passed over, and so is the store's folder, which may
    stand within; files handed over to it come last, their paths opened by `ADDED`.
    Links to folders are not followed: they can run in circles.

    Raises:
        ArticlesError: if there is nothing at that place, or it cannot be read.
    """
    check_articles(articles)
    if articles.is_file():
        found = [_found(articles, articles.name)]
    else:
        found = sorted(_walk(articles, store), key=lambda file: file.path)
    added = added_folder(store) if store else None
    if added is not None and added.is_dir():
        found += [
            replace(file, path=ADDED + file.path)
            for file in sorted(_walk(added, None), key=lambda file: file.path)
        ]
    return found


def check_articles(articles: Path) -> None:
    """Make sure that there is something to read at that place.

    Raises:
        ArticlesError: if there is nothing, or it cannot be read.
    """
    if articles.is_file():
        return
    if not articles.is_dir():
        raise ArticlesError(
            f"{str(articles)!r} is neither a folder nor a file. Name the folder of "
            "your articles with `--articles FOLDER`."
        )
    try:
        next(os.scandir(articles), None)
    except OSError as error:
        raise ArticlesError(
            f"{str(articles)!r} cannot be read ({error.strerror}). Give yourself the "
            "right to read it, or name another folder."
        ) from error


def added_folder(store: Path) -> Path:
    """Return where files are kept that were handed over, beside the store."""
    return store / "added"


def _walk(root: Path, store: Path | None) -> Iterator[Found]:
    leave_out = store.resolve() if store else None
    for folder, inner, names in os.walk(root):
        here = Path(folder)
        inner[:] = [
            name
            for name in inner
            if not name.startswith(".")
            and (leave_out is None or (here / name).resolve() != leave_out)
        ]
        for name in names:
            if not name.startswith("."):
                place = here / name
                yield _found(place, place.relative_to(root).as_posix())


def _found(place: Path, path: str) -> Found:
    try:
        facts = place.stat()
    except OSError:  # a broken link: reported when it is opened
        return Found(path, place, 0, 0)
    return Found(path, place, facts.st_size, facts.st_mtime_ns)


def default_store(articles: Path) -> Path:
    """Return where the store of this folder is kept unless the user names a place.

    `embeddings/` of the current folder where there is one, as in a checkout;
    otherwise the user's cache folder. Each articles folder has a store of its own.
    """
    import hashlib

    from platformdirs import user_cache_path

    place = articles.resolve()
    digest = hashlib.sha256(str(place).encode("utf-8", "surrogateescape")).hexdigest()
    here = Path("embeddings")
    parent = here if here.is_dir() else user_cache_path("verbatim-qa") / "stores"
    return parent / f"{place.name or 'root'}-{digest[:8]}"
