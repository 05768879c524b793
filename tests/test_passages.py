"""Sentences and passages: exact offsets, nothing lost."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.library.passages import split
from qa.library.sentences import (
    paragraph_number,
    paragraph_spans,
    sentence_around,
    sentence_spans,
)
from qa.types import Article

PROSE = "and so the story goes on for a while " * 3
SIZES = {"min_chars": 400, "max_chars": 1000, "overlap_chars": 200}


def article(text: str) -> Article:
    return Article(id="a.txt", path="a.txt", title="", text=text)


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


class TestSentences:
    @pytest.mark.parametrize(
        "text",
        [
            "Mr. Obama met Gen. Dempsey.",
            "The U.S. President spoke on Sept. 30 about it.",
            "The strikes started Sept. 30, said J. R. Smith of Acme Inc. in Paris.",
            "It rose 3.5 percent to $1.2 billion.",
            "“Why now?” he asked.",
            "He said: “We stay.” and left.",
            "See e.g. Figure 2 and p. 7 there.",
            "St. Petersburg and Mt. Everest are far apart.",
            "No. 5 is the best...of all.",
        ],
    )
    def test_one_sentence_stays_whole(self, text):
        """A full stop that ends an abbreviation or a number ends nothing else."""
        assert sentences(text) == [text]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("He left the U.S. The talks went on.", 2),
            ("It began at 9 a.m. They waited.", 2),
            ("“We stay.” He left.", 2),
            ("Really? Yes! Of course.", 3),
            ("A headline without a stop\n\nThe text begins. It ends.", 3),
            ("- one item\n- another item\n- a third", 3),
            ("1. First.\n2. Second.", 2),
            ("“Go,” he said. “Now.” (She went.) They stayed.", 4),
            ("これは文です。次の文です。", 2),
        ],
    )
    def test_boundaries(self, text, expected):
        """Sentences end where a reader hears them end."""
        assert len(sentences(text)) == expected

    def test_sentence_around_a_span_over_two(self):
        """A span across a boundary is held by both sentences."""
        text = "It rained. We stayed in. It cleared."
        assert sentence_around(text, 3, 15) == (0, 24)

    def test_wrapped_lines_are_one_paragraph(self):
        """Text that breaks its lines at a column keeps its paragraphs."""
        line = "and so the story goes on for a while, always in lines like this one\n"
        text = line * 4 + "\n" + line * 3
        assert len(paragraph_spans(text)) == 2

    @pytest.mark.parametrize(
        "odd", ["https://example.org/" + "a" * 200, "Received: from mail.org " * 9]
    )
    def test_one_long_line_is_no_sign_of_a_paragraph_a_line(self, odd):
        """A mail may hold an address, or a header, that its program did not break."""
        line = "and so the story goes on for a while, always in lines like this one\n"
        text = line * 6 + odd + "\n" + line * 6 + "\n" + line * 3
        assert len(paragraph_spans(text)) == 2

    def test_short_paragraphs_a_line_are_not_wrapped(self):
        """Nor are rows of a table below a long line, nor Chinese, without a space."""
        row = "Barley, of the last harvest and of the one before it"
        rows = "".join(f"{row} {'1,000.5 ' * (n % 5)}\n" for n in range(20))
        table = "All figures are in thousands of tons. " * 4 + "\n" + rows
        assert len(paragraph_spans(table)) == 21
        assert len(paragraph_spans((row + "\n" + "词" * 150 + "\n") * 2)) == 4

    @pytest.mark.parametrize("odd", [PROSE * 4, "https://example.org/" + "a" * 150])
    @pytest.mark.parametrize("speaker", ["", "SPEAKER: "])
    def test_one_long_line_joins_no_paragraphs_of_a_line_each(self, odd, speaker):
        """They end where sentences end, as lines that a program broke seldom do."""
        lines = [f"{speaker}{PROSE[: 80 + n % 20]}." for n in range(20)]
        lines[9] = speaker + odd
        assert len(paragraph_spans("\n".join(lines))) == 20

    def test_a_headline_and_an_address_are_too_few_to_show_a_column(self):
        """Nor does an address above a table make one paragraph of its rows."""
        address = "https://example.org/" + "a" * 150
        text = "\n".join([PROSE[:46], address, "It rained.", PROSE * 5])
        assert len(paragraph_spans(text)) == 4
        rows = [PROSE[: 42 + 10 * (n % 5)] for n in range(20)]
        assert len(paragraph_spans("\n".join([address, *rows]))) == 21

    def test_lines_are_paragraphs_where_nothing_is_wrapped(self):
        """A paragraph a line is how articles are often pasted."""
        text = "Headline\n" + "A long paragraph. " * 20 + "\nAnother one.\nA third."
        assert len(paragraph_spans(text)) == 4
        assert paragraph_number(text, len(text) - 3) == 4

    @given(st.text(max_size=400))
    def test_sentences_are_ordered_and_keep_every_word(self, text):
        """Whatever the script, no visible character is lost and none is doubled."""
        spans = sentence_spans(text)
        assert all(a < b for a, b in spans)
        assert all(x[1] <= y[0] for x, y in itertools.pairwise(spans))
        kept = "".join(text[a:b] for a, b in spans)
        assert "".join(kept.split()) == "".join(text.split())


class TestPassages:
    def test_tiny_paragraphs_are_joined(self):
        """Paragraphs of a line each come together until they are worth reading."""
        text = "\n\n".join(["A paragraph of about fifty characters, no more."] * 20)
        lengths = [p.end - p.start for p in split(article(text), **SIZES)]
        assert all(400 <= n <= 1002 for n in lengths)

    def test_long_paragraph_is_cut_at_sentence_ends_with_overlap(self):
        """Windows of a long paragraph share whole sentences."""
        text = " ".join(f"Sentence number {n} says something." for n in range(200))
        passages = split(article(text), **SIZES)
        for before, after in itertools.pairwise(passages):
            assert after.start < before.end
            assert before.end - after.start <= 201
            assert text[after.start :].startswith("Sentence")

    def test_a_megabyte_without_a_space(self):
        """One endless word is cut by size, quickly."""
        passages = split(article("x" * 1_000_000), **SIZES)
        assert len(passages) == 1000

    @given(st.text(alphabet=st.sampled_from('ab .\n!?"”\t1-世🙂\u200d'), max_size=3000))
    def test_every_character_is_in_a_passage(self, text):
        """Passages cover the article and never run past their size."""
        passages = split(article(text), **SIZES)
        covered = set()
        for passage in passages:
            assert passage.text == text[passage.start : passage.end]
            assert len(passage.text.strip()) <= SIZES["max_chars"]
            covered.update(range(passage.start, passage.end))
        if text.strip():
            assert covered == set(range(len(text)))
        else:
            assert passages == []

    @given(st.lists(st.text(alphabet="abc. ", min_size=1, max_size=300), max_size=30))
    def test_passages_are_in_order(self, paragraphs):
        """Starts and ends both rise."""
        passages = split(article("\n\n".join(paragraphs)), **SIZES)
        starts = [p.start for p in passages]
        ends = [p.end for p in passages]
        assert starts == sorted(set(starts))
        assert ends == sorted(set(ends))
