"""A saved answer is checked against the files: do its words still stand there?"""

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qa.errors import FormatError
from qa.library.formats import is_supported, read_articles
from qa.library.paragraphs import paragraph_number
from qa.library.scan import scan
from qa.library.sentences import sentence_around
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
    is_moved: bool = False  # it stands in one other place, in the same sentence


@dataclass(frozen=True, slots=True)
class _Cited:
    """A citation, and what the answer says by it where it is the first of its words.

    Of a further citation, and of a passage, only the length of its sentence is saved.
    """

    citation: Citation
    text: str | None = None
    sentence: str | None = None

    @property
    def _before(self) -> int:
        return self.citation.start - self.citation.sentence_start

    def contradiction(self) -> str:
        """Return how the answer contradicts its own quote; empty if it does not."""
        quote, sentence = self.citation.quote, self.sentence
        if self.text not in (None, quote):
            return f"the text {self.text!r} is not the quote {quote!r}"
        if sentence is not None and not sentence.startswith(quote, self._before):
            return f"the sentence {sentence!r} is not that around the quote {quote!r}"
        return ""

    def is_at(self, article: Article, start: int) -> bool:
        """Tell whether the quote stands there, in the sentence that was told."""
        cited, end = self.citation, start + len(self.citation.quote)
        first = start - self._before
        last = first + cited.sentence_end - cited.sentence_start
        return (
            article.text[start:end] == cited.quote
            and sentence_around(article.text, start, end) == (first, last)
            and self.sentence in (None, article.text[first:last])
        )

    def places(self, articles: Sequence[Article]) -> list[tuple[Article, int]]:
        """Return where else it stands so."""
        pattern = re.compile(f"(?={re.escape(self.citation.quote)})")
        return [
            (article, found.start())
            for article in articles
            for found in pattern.finditer(article.text)
            if self.is_at(article, found.start())
        ]


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it is now; if it cannot be read, why."""

    path: str
    digest: str
    articles: tuple[Article, ...]
    problem: str = ""

    def article(self, id_: str) -> Article | None:
        """Return the article of that id, whatever the file was called before."""
        held = [a for a in self.articles if id_.endswith(a.id.removeprefix(self.path))]
        return max(held, key=lambda article: len(article.id), default=None)


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
        self._read: dict[str, _File] = {}

    def check(self, data: Json) -> list[Check]:
        """Compare every quote of an answer with its place: one check for each.

        Args:
            data: an answer as `qa ask --json` prints it.

        Raises:
            QAError: if the object is no answer.
        """
        answer = answer_from_json(data)
        said = [(answer.text, answer.sentence, answer.citations)]
        said += [(o.text, o.sentence, o.citations) for o in answer.alternatives]
        cited = []
        for text, sentence, citations in said:
            cited += [_Cited(citation, text, sentence) for citation in citations[:1]]
            cited += map(_Cited, citations[1:])
        cited += map(_Cited, answer.nearest)
        return [self._check(one) for one in cited]

    def _check(self, cited: _Cited) -> Check:
        citation, id_ = cited.citation, cited.citation.article
        file = self._file_of(citation)
        if file is None:
            words = f"{citation.path}: no such file, nor one with its SHA-256"
            return Check(id_, False, False, words)
        where = f"{id_}, {_characters(citation, citation.start)}"
        if wrong := cited.contradiction() or file.problem:
            return Check(id_, False, False, f"{where}: {wrong}")
        article = file.article(id_)
        is_same = file.digest == citation.file_hash
        if article and article.id == id_ and cited.is_at(article, citation.start):
            if wrong := _told(citation, article):
                return Check(id_, False, False, f"{where}: {wrong}")
            note = "" if is_same else " (the file has changed elsewhere)"
            return Check(id_, True, is_same, f"{where}{note}")
        places = cited.places([article] if article else [])
        places = places or cited.places(file.articles)  # rows may have changed theirs
        if len(places) == 1:
            words = f"{where}: {_moved(citation, file, *places[0])}"
            return Check(id_, False, is_same, words, is_moved=True)
        found = _found(cited, article) if article else f"no such article in {file.path}"
        if places:
            found += f"; its sentence stands in {len(places)} other places"
        return Check(id_, False, False, f"{where}: {found}")

    def _file_of(self, citation: Citation) -> _File | None:
        """The file itself, or the zip that holds it, by its name or else its bytes."""
        path = citation.path
        while path and path not in self._places:
            path = path.rpartition("/")[0]
        path = path or self._by_digest.get(citation.file_hash, "")
        if path and path not in self._read:
            self._read[path] = _read(self._places[path], path)
        return self._read.get(path)

    @cached_property
    def _by_digest(self) -> dict[str, str]:
        """The path of each file of articles, by its SHA-256."""
        paths: dict[str, str] = {}
        for path in filter(is_supported, self._places):
            with suppress(OSError):
                paths.setdefault(_digest(self._places[path].read_bytes()), path)
        return paths


def _characters(citation: Citation, start: int) -> str:
    return f"characters {start} to {start + len(citation.quote)}"


def _moved(citation: Citation, file: _File, article: Article, start: int) -> str:
    """Return where the words stand now, and what else is told that is not so."""
    there = _characters(citation, start)
    if article.id != citation.article:
        there = f"{article.id}, {there}"
    if not f"{citation.path}/".startswith(f"{file.path}/"):
        there += " (the file was renamed)"
    wrong = _differing(_facts(citation, article))
    return f"now {there}; {wrong}" if wrong else f"now {there}"


def _found(cited: _Cited, article: Article) -> str:
    """Return what stands where the words do not, or not in their sentence."""
    citation, text = cited.citation, article.text
    quote = text[citation.start : citation.end]
    if quote != citation.quote:
        return f"now {quote!r}"
    stands = text[citation.sentence_start : citation.sentence_end]
    return _told(citation, article) or (
        f"the sentence {cited.sentence!r} is not that around the quote: {stands!r}"
    )


def _told(citation: Citation, article: Article) -> str:
    """Return what a citation tells of its article that is not so; empty if all is."""
    start, end, text = citation.start, citation.end, article.text
    sentence = citation.sentence_start, citation.sentence_end
    facts = _facts(citation, article) | {
        "page": (citation.page, article.page_at(start)),
        "paragraph": (citation.paragraph, paragraph_number(text, start)),
        "sentence": (sentence, sentence_around(text, start, end)),
    }
    wrong = _differing(facts)
    first, last = citation.passage_start, citation.passage_end
    if 0 <= first <= start < end <= last <= len(text):
        return wrong
    passage = (
        f"passage told was {(first, last)}, wanted one around the quote "
        f"within {(0, len(text))}"
    )
    return f"{wrong}, {passage}" if wrong else passage


def _facts(citation: Citation, article: Article) -> dict[str, tuple[object, object]]:
    """Return what a citation tells of the whole article, and what is so."""
    return {
        "title": (citation.title, article.title),
        "date": (citation.published, article.published),
        "byline": (citation.byline, article.byline),
        "source": (citation.source, article.source),
    }


def _differing(facts: dict[str, tuple[object, object]]) -> str:
    return ", ".join(
        f"{name} now {'none' if now is None else now}, "
        f"told was {'none' if told is None else told}"
        for name, (told, now) in facts.items()
        if told != now
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read(place: Path, path: str) -> _File:
    digest = ""
    try:
        data = place.read_bytes()
        digest = _digest(data)
        articles = read_articles(data, path, file_hash=digest).articles
    except OSError as error:
        return _File(path, digest, (), f"the file cannot be read ({error.strerror})")
    except FormatError as error:
        return _File(path, digest, (), str(error))
    return _File(path, digest, articles)
