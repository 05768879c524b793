"""Sentences and passages: exact offsets, nothing lost."""

import itertools
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.library.paragraphs import paragraph_number, paragraph_spans
from qa.library.passages import split
from qa.library.sentences import (
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
            "See fig. 3, Fig. A, no. 10, No. Two, Art. IV and est. 1850.",
            "It went from Springfield, Ill. Governor Lee left on Sat. Sept. 5.",
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
            ("He left.[1] Then he came.[2][3] “Again.”[note 4] It rained.", 4),
            ("He left.¹ Then (he said.[^2]) he came.²³ Again.", 3),
            ("他走了。[1]然后他来了。[2]", 2),
            ("She was ill. Doctors came.", 2),
            ("The answer was no. Iran refused.", 2),
            ("He said no. T. Greene left.", 2),
            (
                "There he sat. Soldiers came to mass. Police saw the sun. Clouds came.",
                4,
            ),
            ("He liked art. Critics ate a fig. A man came in a sec. I left.", 4),
            ("It rose five pct. Analysts cheered.", 2),
        ],
    )
    def test_boundaries(self, text, expected):
        """Sentences end where a reader hears them end."""
        assert len(sentences(text)) == expected

    @pytest.mark.parametrize(
        "name",
        [
            "T. Greene",
            "Mr. T. Greene",
            "Mr. I. Newton",
            "A. I. Lee",
            "Vladimir I. Lenin",
            "J.-P. Sartre",
            "T. S. Eliot",
        ],
    )
    @pytest.mark.parametrize("before", ["", "We met ", "We met (", "We left—"])
    def test_an_initial_before_a_name_ends_nothing(self, before, name):
        """Not even "I", nor one of a double name, nor behind a dash."""
        text = f"{before}{name} and others."
        assert sentences(text) == [text]

    def test_a_pronoun_and_a_number_are_no_initials(self):
        """A sentence may end with "I"."""
        assert len(sentences("He is older than I. Doctors came.")) == 2
        assert len(sentences("It was World War I. Germany lost.")) == 2

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
        # the header is a line of its own, between two paragraphs
        assert len(paragraph_spans(text)) == (4 if odd.startswith("Received") else 2)

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


def wrapped(text: str, width: int) -> str:
    return textwrap.fill(text, width, break_on_hyphens=False)


STORY = (
    "The storm came over the hills at night, and by the morning the river stood in "
    "the streets of Springfield. Nobody was hurt, but the mayor, Anna Lee, said that "
    "Mr. T. Greene of the water works had been called from his bed to open the gates "
    "of the Old Dam. It was the third flood since May, when President Obama had come "
    "to see the damage that the second had done."
)
MAIL = (
    "From: Anna Lee <anna@example.org>\nTo: Bob Greene, Clerk of the Town Council\n"
    "Date: Mon, 5 May 2014 10:11:12 +0100\nSubject: the hall\n\nDear all,\n\n"
)
SIGNATURE = "\n\nBest wishes,\nAnna Lee\nTown Hall, East Street 5"


class TestWrapping:
    @pytest.mark.parametrize("width", [30, 32, 45, 60, 72, 100])
    def test_wrapped_prose_keeps_its_sentences(self, width):
        """However narrow the column, with or without a mail's header around it."""
        found = sentences(wrapped(STORY, width))
        assert [" ".join(s.split()) for s in found] == sentences(STORY)
        found = sentences(MAIL + wrapped(STORY, width) + SIGNATURE)
        assert [" ".join(s.split()) for s in found[5:-3]] == sentences(STORY)
        assert found[:5] == [*MAIL.split("\n")[:4], "Dear all,"]
        assert found[-3:] == SIGNATURE.strip().split("\n")

    @pytest.mark.parametrize("width", [32, 72])
    def test_wrapped_paragraphs_need_no_blank_line(self, width):
        """The last line of a paragraph has room for the next one's first word."""
        text = f"The Great Storm\n{wrapped(STORY, width)}\n{wrapped(STORY, width)}"
        assert len(paragraph_spans(text)) == 3

    def test_a_short_mail(self):
        """Two lines show no column; one that ends with "on" goes on all the same."""
        text = (
            "the meeting is moved to Friday because the hall is taken on\n"
            "Thursday. Please tell the others."
        )
        assert len(sentences(MAIL + text)) == 7

    def test_quoted_mail(self):
        """The marks of a quotation are no words; where they end, a paragraph does."""
        quoted = wrapped(STORY, 60).replace("\n", "\n> ")
        assert len(sentences(f"> {quoted}\nNo, I was there.")) == 4

    @pytest.mark.parametrize(
        "text",
        [
            "MINUTES OF THE MEETING\nHeld on 5 May 2014 in the hall of the town\n"
            "Present: Dr. R. Basu, Mr. T. Greene, Ms. O. Lee\nApologies: Mr. A. Novak\n"
            "1. Roof\nThe roof of the hall was mended for 5,000 pounds.\n3. Water\n"
            "The tap by the east gate leaks",
            "The tower is 120 metres high and open to all\n"
            "The bridge was finished in 1931 by two brothers\n"
            "Population 12,400 at the last count of 2011\n"
            "Mayor Anna Lee, elected in May 2014 by one vote\n"
            "The market is held on Tuesdays and Fridays",
            "Name of the town | Population at the last count | Mayor\n--- | --- | ---\n"
            "Springfield on the river | 12,400 at the last count | Anna Lee\n"
            "shelbyville below the hill | 9,300 at the last count | Bob Lee",
            "会议在市政厅举行，市长、议员以及各界代表都参加了会议，会议持续了三个小时，大家很满意\n"
            "第二项决议关于道路的修缮，费用由市财政承担，市长表示支持\n第三项\n"
            "会议在下午五点结束，市长感谢了大家的参与，并宣布下一次会议将在六月举行\n散会",
            "Shopping for the week\nflour and two eggs\na pinch of salt for soup\n"
            "butter\nmilk and some sugar",
            "the rain comes down all day\nupon the hill and town\n"
            "and all the night it falls\nuntil the stars come out",
            "Contact the office\nanna@example.org\nexample.org/contact\niPhone",
        ],
    )
    def test_lines_that_nothing_wrapped_stay_lines(self, text):
        """Minutes, facts, rows, a list of words, a poem, addresses."""
        lines = [line for line in text.split("\n") if any(map(str.isalnum, line))]
        assert [s for s in sentences(text) if any(map(str.isalnum, s))] == lines
        # nor are they once the text around them is wrapped
        story = wrapped(STORY, 72)
        found = sentences(f"{story}\n\n{text}\n\n{story}")[3:-3]
        assert [s for s in found if any(map(str.isalnum, s))] == lines

    def test_a_headline_and_a_byline_above_long_lines(self):
        """Beside paragraphs of a line each a short line had room for more."""
        text = f"Storm floods Springfield, nobody hurt\nby Anna Lee\n{STORY}\n{STORY}"
        assert len(paragraph_spans(text)) == 4

    def test_wrapped_text_without_capitals(self):
        """Scripts that have none show their column by full lines alone."""
        chinese = (
            "会议在下午五点结束市长感谢了大家的参与并宣布下一次会议将在六月举行" * 8
        )
        text = "\n".join(chinese[at : at + 42] for at in range(0, len(chinese), 42))
        assert len(paragraph_spans(text)) == 1
        capitals = wrapped(STORY.upper(), 72)
        assert len(paragraph_spans(capitals)) == 1


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
