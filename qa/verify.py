"""A saved answer is checked against the files: do its words still stand there?"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from qa.errors import FormatError
from qa.library.formats import read_articles
from qa.library.scan import scan
from qa.library.sentences import paragraph_number, sentence_around
from qa.schema import Json, answer_from_json
from qa.types import Article, Citation

__all__ = ["Check", "verify_answer"]


@dataclass(frozen=True, slots=True)
class Check:
    """What became of one citation."""

    article: str
    is_verbatim: bool  # the quote stands at its offsets, and all that is told of it
    is_same_file: bool  # and the file is the one that was read, byte for byte
    words: str


def verify_answer(
    data: Json, articles: Path, *, store: Path | None = None
) -> list[Check]:
    """Read the cited files again and compare every quote with its place.

    Args:
        data: an answer as `qa ask --json` prints it.
        articles: the folder that was asked.
        store: its store, for files that were handed over to it.

    Raises:
        QAError: if the object is no answer, or the folder cannot be read.
    """
    answer = answer_from_json(data)
    cited = [*answer.citations]
    for alternative in answer.alternatives:
        cited += alternative.citations
    cited += answer.nearest
    files = {found.path: Path(found.place) for found in scan(articles, store=store)}
    read: dict[Path, tuple[str, dict[str, Article]]] = {}
    checks = [_check(citation, files, read) for citation in cited]
    told = [(answer.text, answer.sentence, answer.citations)] if answer.text else []
    told += [
        (other.text, other.sentence, other.citations) for other in answer.alternatives
    ]
    for text, sentence, citations in told:
        checks += _check_words(text, sentence, citations[0], files, read)
    return checks


def _check_words(
    text: str | None,
    sentence: str | None,
    first: Citation,
    files: dict[str, Path],
    read: dict[Path, tuple[str, dict[str, Article]]],
) -> list[Check]:
    """Compare what an answer says with what it cites: nothing if they agree."""
    wrong = []
    if text != first.quote:
        wrong.append(f"the text {text!r} is not the quote {first.quote!r}")
    article = _article(first, files, read)[1]
    stands = article.text[first.sentence_start : first.sentence_end] if article else ""
    inner = (sentence or "")[first.start - first.sentence_start :]
    if not inner.startswith(first.quote) or (article and stands != sentence):
        wrong.append(
            f"the sentence {sentence!r} is not that around the quote: {stands!r}"
        )
    return [Check(first.article, False, False, words) for words in wrong]


def _told(citation: Citation, article: Article) -> str:
    """Return what a citation tells of its article that is not so; empty if all is."""
    start, end, text = citation.start, citation.end, article.text
    sentence = citation.sentence_start, citation.sentence_end
    facts = {
        "title": (citation.title, article.title),
        "date": (citation.published, article.published),
        "byline": (citation.byline, article.byline),
        "source": (citation.source, article.source),
        "page": (citation.page, article.page_at(start)),
        "paragraph": (citation.paragraph, paragraph_number(text, start)),
        "sentence": (sentence, sentence_around(text, start, end)),
    }
    wrong = [
        f"{name} now {now}, told was {told}"
        for name, (told, now) in facts.items()
        if told != now
    ]
    first, last = citation.passage_start, citation.passage_end
    if not 0 <= first <= start < end <= last <= len(text):
        wrong.append(
            f"passage told was {(first, last)}, wanted one around the quote "
            f"within {(0, len(text))}"
        )
    return ", ".join(wrong)


def _check(
    citation: Citation,
    files: dict[str, Path],
    read: dict[Path, tuple[str, dict[str, Article]]],
) -> Check:
    if _file_of(citation.path, files) is None:
        return Check(citation.article, False, False, f"{citation.path}: no such file")
    digest, article = _article(citation, files, read)
    quote = article.text[citation.start : citation.end] if article else None
    where = f"{citation.path}, characters {citation.start} to {citation.end}"
    if article and quote == citation.quote:
        if wrong := _told(citation, article):
            return Check(citation.article, False, False, f"{where}: {wrong}")
        is_same = digest == citation.file_hash
        note = "" if is_same else " (the file has changed elsewhere)"
        return Check(citation.article, True, is_same, f"{where}{note}")
    return Check(citation.article, False, False, f"{where}: now {quote!r}")


def _article(
    citation: Citation,
    files: dict[str, Path],
    read: dict[Path, tuple[str, dict[str, Article]]],
) -> tuple[str, Article | None]:
    """Return the digest of the file as it is now, and the article if it holds it."""
    path = _file_of(citation.path, files)
    if path is None:
        return "", None
    place = files[path]
    if place not in read:
        read[place] = _read(place, path)
    digest, articles = read[place]
    return digest, articles.get(citation.article)


def _file_of(path: str, files: dict[str, Path]) -> str | None:
    """The file itself, or the zip that holds it."""
    while path not in files:
        path, slash, _ = path.rpartition("/")
        if not slash:
            return None
    return path


def _read(place: Path, path: str) -> tuple[str, dict[str, Article]]:
    try:
        data = place.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        parsed = read_articles(data, path, file_hash=digest)
    except (OSError, FormatError):
        return "", {}
    return digest, {article.id: article for article in parsed.articles}
