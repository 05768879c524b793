"""Articles that the user took out of the library, although their file holds them."""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import count

from qa.library.records import embedded_text, text_hash
from qa.types import Article, Passage

__all__ = ["name_for", "not_hidden"]


def _name(article: Article, nth: int = 1) -> str:
    """Return what an article is hidden by; `nth` counts equal rows of a file.

    That is its id, unless this may be the number of a row, which another row gets when
    one above it is deleted: such a row is known by its title and words.

    >>> _name(Article("a.jsonl#x7", "a.jsonl", "Rain", "It rained."))
    'a.jsonl#x7'
    >>> _name(Article("a.jsonl#7", "a.jsonl", "Rain", "It rained."), 2)
    'a.jsonl#7234273c2bfe2e149b6c4dadbb614ce2 (2)'
    """
    name = article.id
    if name.rpartition("#")[2].isdecimal():
        words = embedded_text(Passage(article, 0, len(article.text)))
        name = f"{article.path}#{text_hash(words).hex()}"
    return name if nth == 1 else f"{name} ({nth})"


def name_for(article: Article, hidden: Collection[str]) -> str:
    """Return the name to hide an article by, which none that is hidden has."""
    names = (_name(article, nth) for nth in count(1))
    return next(name for name in names if name not in hidden)


def not_hidden(
    articles: Sequence[Article], hidden: Collection[str]
) -> Sequence[Article]:
    """Return those articles of one file that are not hidden.

    Of equal rows the first are left out, as many as were hidden.
    """
    if not hidden:
        return articles
    met: Counter[str] = Counter()
    left = []
    for article in articles:
        name = _name(article)
        met[name] += 1
        if _name(article, met[name]) not in hidden:
            left.append(article)
    return left
