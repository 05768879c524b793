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

__all__ = ["Check", "Verifier"]


@dataclass(frozen=True, slots=True)
class Check:
    """What became of one citation."""

    article: str
    is_verbatim: bool  # the quote stands at its offsets, and all that is told of it
    is_same_file: bool  # and the file is the one that was read, byte for byte
    words: str


class Verifier:
    """The files that saved answers are checked against, each read once.

    Args:
        articles: the folder that was asked.
        store: its store, for files that were handed over to it.

    Raises:
        QAError: if the folder cannot be read.
    """

    def __init__(self, articles: Path, *, store: Path | None = None) -> None:
        found = scan(articles, store=store)
        self._places = {file.path: Path(file.place) for file in found}
        self._read: dict[str, tuple[str, dict[str, Article]]] = {}

    def check(self, data: Json) -> list[Check]:
        """Compare every quote of an answer with its place.

        Args:
            data: an answer as `qa ask --json` prints it.

        Raises:
            QAError: if the object is no answer.
        """
        answer = answer_from_json(data)
        cited = [*answer.citations]
        for alternative in answer.alternatives:
            cited += alternative.citations
        cited += answer.nearest
        checks = [self._check(citation) for citation in cited]
        told = [(answer.text, answer.sentence, answer.citations)] if answer.text else []
        told += [
            (other.text, other.sentence, other.citations)
            for other in answer.alternatives
        ]
        for text, sentence, citations in told:
            checks += self._check_words(text, sentence, citations[0])
        return checks

    def _check_words(
        self, text: str | None, sentence: str | None, first: Citation
    ) -> list[Check]:
        """Compare what an answer says with what it cites: nothing if they agree."""
        wrong = []
        if text != first.quote:
            wrong.append(f"the text {text!r} is not the quote {first.quote!r}")
        article = self._article(first)[1]
        start, end = first.sentence_start, first.sentence_end
        stands = article.text[start:end] if article else ""
        inner = (sentence or "")[first.start - start :]
        if not inner.startswith(first.quote) or (article and stands != sentence):
            wrong.append(
                f"the sentence {sentence!r} is not that around the quote: {stands!r}"
            )
        return [Check(first.article, False, False, words) for words in wrong]

    def _check(self, citation: Citation) -> Check:
        if self._file_of(citation.path) is None:
            words = f"{citation.path}: no such file"
            return Check(citation.article, False, False, words)
        digest, article = self._article(citation)
        quote = article.text[citation.start : citation.end] if article else None
        where = f"{citation.path}, characters {citation.start} to {citation.end}"
        if article and quote == citation.quote:
            if wrong := _told(citation, article):
                return Check(citation.article, False, False, f"{where}: {wrong}")
            is_same = digest == citation.file_hash
            note = "" if is_same else " (the file has changed elsewhere)"
            return Check(citation.article, True, is_same, f"{where}{note}")
        return Check(citation.article, False, False, f"{where}: now {quote!r}")

    def _article(self, citation: Citation) -> tuple[str, Article | None]:
        """Return the file's digest as it is now, and the article if it holds it."""
        path = self._file_of(citation.path)
        if path is None:
            return "", None
        if path not in self._read:
            self._read[path] = _read(self._places[path], path)
        digest, articles = self._read[path]
        return digest, articles.get(citation.article)

    def _file_of(self, path: str) -> str | None:
        """The file itself, or the zip that holds it."""
        while path not in self._places:
            path, slash, _ = path.rpartition("/")
            if not slash:
                return None
        return path


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


def _read(place: Path, path: str) -> tuple[str, dict[str, Article]]:
    try:
        data = place.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        parsed = read_articles(data, path, file_hash=digest)
    except (OSError, FormatError):
        return "", {}
    return digest, {article.id: article for article in parsed.articles}
