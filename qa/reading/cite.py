"""A span of an article becomes a citation that can be checked later."""

from qa.library.paragraphs import paragraph_number, trim
from qa.library.sentences import sentence_around
from qa.types import Candidate, Citation, Passage

__all__ = ["cite", "cite_passage"]


def cite(candidate: Candidate) -> Citation:
    """Return where a candidate's words stand, with the sentence that holds them."""
    return _citation(candidate.passage, candidate.start, candidate.end)


def cite_passage(passage: Passage) -> Citation:
    """Return a citation of a whole passage, without the white space at its ends."""
    start, end = trim(passage.article.text, passage.start, passage.end)
    return _citation(passage, start, end)


def _citation(passage: Passage, start: int, end: int) -> Citation:
    article = passage.article
    sentence_start, sentence_end = sentence_around(article.text, start, end)
    return Citation(
        article=article.id,
        path=article.path,
        title=article.title,
        published=article.published,
        start=start,
        end=end,
        quote=article.text[start:end],
        sentence_start=sentence_start,
        sentence_end=sentence_end,
        passage_start=passage.start,
        passage_end=passage.end,
        paragraph=paragraph_number(article.text, start),
        page=article.page_at(start),
        byline=article.byline,
        source=article.source,
        file_hash=article.file_hash,
    )
