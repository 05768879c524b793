"""The fields of the word index, and what is asked of them."""

from collections.abc import Iterable, Mapping, Sequence

import tantivy

from qa.library.store import Rows

__all__ = [
    "ANALYZER",
    "SCHEMA",
    "among_query",
    "pairs_query",
    "together_query",
    "words_query",
]

ANALYZER = "qa"  # name of what turns title and body into terms

_TITLE_WEIGHT = 0.5  # of a word in the title, relative to the passage
_PAIR_WEIGHT = 0.3  # of two content words that stand near each other in both
_PAIR_SLOP = 2  # words that may stand between them in the passage
_PHRASE_WEIGHT = 4.0  # of a phrase that the question quotes


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", indexed=True, fast=True)
    builder.add_text_field("title", tokenizer_name=ANALYZER)
    builder.add_text_field("body", tokenizer_name=ANALYZER)
    return builder.build()


SCHEMA = _schema()


def words_query(
    weights: Mapping[str, float], phrases: Iterable[Sequence[str]]
) -> tantivy.Query | None:
    """Return a query for any of these terms and quoted phrases; None without any.

    Args:
        weights: of the question's terms, 1 for one that counts in full.
        phrases: terms of each phrase, in order.
    """
    parts = []
    for term, weight in weights.items():
        for field, share in (("body", weight), ("title", weight * _TITLE_WEIGHT)):
            query = tantivy.Query.term_query(SCHEMA, field, term)
            parts.append(tantivy.Query.boost_query(query, share))
    for phrase in phrases:
        if len(phrase) > 1:
            query = together_query("body", phrase)
            parts.append(tantivy.Query.boost_query(query, _PHRASE_WEIGHT))
    return _any(parts) if parts else None


def pairs_query(pairs: Iterable[tuple[str, str]], rows: Iterable[int]) -> tantivy.Query:
    """Return a query that finds these rows, each with the score of its pairs."""
    # faster than a set of terms for a few hundred rows
    chosen = _any([tantivy.Query.term_query(SCHEMA, "row", row) for row in rows])
    parts = [(tantivy.Occur.Must, tantivy.Query.const_score_query(chosen, 0.0))]
    for pair in pairs:
        query = tantivy.Query.phrase_query(SCHEMA, "body", list(pair), slop=_PAIR_SLOP)
        weighed = tantivy.Query.boost_query(query, _PAIR_WEIGHT)
        parts.append((tantivy.Occur.Should, weighed))
    return tantivy.Query.boolean_query(parts)


def together_query(field: str, terms: Sequence[str]) -> tantivy.Query:
    """Return a query for these terms side by side, at least one."""
    if len(terms) == 1:
        return tantivy.Query.term_query(SCHEMA, field, terms[0])
    # terms alone: a position for each, as the index counts them
    return tantivy.Query.phrase_query(SCHEMA, field, list(terms))


def among_query(query: tantivy.Query, rows: Rows) -> tantivy.Query:
    """Return the query for these rows only, with the same scores."""
    chosen = tantivy.Query.term_set_query(SCHEMA, "row", rows.tolist())
    alone = tantivy.Query.const_score_query(chosen, 0.0)
    return tantivy.Query.boolean_query(
        [(tantivy.Occur.Must, query), (tantivy.Occur.Must, alone)]
    )


def _any(parts: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, p) for p in parts])
