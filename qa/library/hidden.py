"""Articles that the user took out of the library, although their file holds them.

Each is known by its id and a hash of what it says: the id of a row may be its number,
which another row gets when one above it is deleted.
"""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence

from qa.library.records import embedded_text, text_hash
from qa.types import Article, Passage

__all__ = ["by_file", "entry_of", "id_of", "source_of", "still_hidden"]

_BETWEEN = "\0"  # in no file's name


def entry_of(article: Article) -> str:
    """Return what a hidden article is known by."""
    return f"{article.id}{_BETWEEN}{_hash(article)}"


def id_of(entry: str) -> str:
    """Return the id that the article had when it was last read."""
    return entry.partition(_BETWEEN)[0]


def by_file(entries: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the entries of each file, from files by entry."""
    files: defaultdict[str, list[str]] = defaultdict(list)
    for entry, file in entries.items():
        files[file].append(entry)
    return dict(files)


def source_of(file: str, gone: Sequence[str], hidden: Container[str]) -> str:
    """Return which of the equal files that are gone a new one was, most likely.

    One of the same name in another folder; else one of which nothing is hidden, for
    what was shown must not disappear; else the first.

    >>> source_of("c.md", ["a.md", "b.md"], {"a.md"})
    'b.md'
    """
    name = file.rpartition("/")[2]
    return min(gone, key=lambda path: (path.rpartition("/")[2] != name, path in hidden))


def still_hidden(
    articles: Sequence[Article],
    entries: Collection[str],
    shown: Iterable[Article] | None,
) -> dict[str, str]:
    """Return the entries of those articles of one file that stay hidden, by their ids.

    Hidden is the article of that id that says the same; else one that says the same
    under another id; else the one of that id, unless it was shown until now under any:
    then it took the place of one that is gone. Entries that fit none are dropped.

    Args:
        articles: all that the file holds now.
        entries: of its hidden articles, or ids alone, as builds before kept them.
        shown: those of its articles that the store holds; None if the file comes anew,
            or by another name: then only what says the same stays hidden.
    """
    if not entries:
        return {}
    hashes = {article.id: _hash(article) for article in articles}
    known = {article.id: _hash(article) for article in shown or ()}
    hidden: dict[str, str] = {}
    wanted = []
    for entry in entries:
        id_, _, said = entry.partition(_BETWEEN)
        if hashes.get(id_) == said:
            hidden[id_] = said
        else:
            wanted.append((id_, said))
    shown_already, edited = frozenset(known.values()), []
    for id_, said in wanted:
        moved = (
            other
            for other, saying in hashes.items()
            if saying == said and other not in hidden and known.get(other) != said
        )
        place = next(moved, None)
        if place is not None:
            hidden[place] = said
        else:
            edited.append(id_)
    for id_ in edited if shown is not None else ():
        if id_ in hashes and hashes[id_] not in shown_already:
            hidden.setdefault(id_, hashes[id_])
    return {id_: f"{id_}{_BETWEEN}{said}" for id_, said in hidden.items()}


def _hash(article: Article) -> str:
    # a title that is only the row's number is left out
    words = embedded_text(Passage(article, 0, len(article.text)))
    told = article.published, article.source, article.byline, words
    return text_hash("\n".join(map(str, told))).hex()
