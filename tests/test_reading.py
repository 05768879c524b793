"""Readers: spans on the edges of words, windows over long passages, any text."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import (
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from qa.errors import ModelError
from qa.reading.layout import within
from qa.reading.lead import first_sentence, lead
from qa.reading.read import open_reader
from qa.reading.sentence import SentenceReader
from qa.reading.span_reader import SpanReader
from qa.reading.spans import best_spans, polish, word_edges
from qa.search.embed import open_embedder
from qa.types import Article, Passage


def passage(text: str, id_: str = "a") -> Passage:
    return Passage(Article(id_, id_, "", text), 0, len(text))


def brute_force(start, end, may_start, may_end, max_tokens):
    """All pairs, one by one, the best first: slow and obvious."""
    pairs = {}
    for first in range(len(start)):
        for last in range(first, min(len(start), first + max_tokens)):
            if may_start[first] and may_end[last]:
                pairs[first, last] = float(start[first] + end[last])
    found = []
    while pairs:
        first, last = max(pairs, key=pairs.__getitem__)
        there = [(a, b) for a, b in pairs if a <= last and b >= first]
        total = np.log(sum(np.exp(pairs.pop(pair)) for pair in there))
        found.append((first, last, pytest.approx(total, abs=1e-4)))
    return found


class TestBestSpans:
    @given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 6))
    def test_equals_brute_force(self, seed, n, max_tokens):
        """Joint decoding finds what trying every pair finds."""
        rng = np.random.default_rng(seed)
        start, end = rng.normal(size=(2, n)).astype(np.float32)
        may_start, may_end = rng.random((2, n)) < 0.7
        found = best_spans(
            start, end, may_start, may_end, max_tokens=max_tokens, at_most=3
        )
        expected = brute_force(start, end, may_start, may_end, max_tokens)
        assert found == expected[:3]

    def test_two_lengths_of_one_answer_speak_for_each_other(self):
        """Torn between two ends is surer of the place than sure of another's half."""
        start, end = np.float32([0, 7, 0, 0, 6.6]), np.float32([0, 3, 3, 0, 3.5])
        ok = np.array([False, True, True, False, True])
        plain, torn = best_spans(start, end, ok, ok, max_tokens=2, at_most=2)
        assert torn == (1, 1, pytest.approx(10.69, abs=0.01))
        assert plain == (4, 4, pytest.approx(10.1, abs=0.01))

    def test_a_place_far_below_the_best_keeps_its_score(self):
        """What is too small beside the best to be summed is not lost."""
        start, end = np.float32([0, 100, -900]), np.float32([0, 100, -900])
        ok = np.array([False, True, True])
        found = best_spans(start, end, ok, ok, max_tokens=1, at_most=2)
        assert found == [(1, 1, 200.0), (2, 2, -1800.0)]

    def test_logits_that_are_no_numbers(self):
        """They give some spans or none, and no two that overlap."""
        ok = np.ones(4, bool)
        start, end = np.float32([0, np.nan, 1, 2]), np.float32([0, 1, 2, 3])
        found = best_spans(start, end, ok, ok, max_tokens=4, at_most=4)
        assert len({first for first, _, _ in found}) == len(found)

    def test_start_and_end_never_cross(self):
        """The best start after the best end gives another pair, not a crossed one."""
        start, end = np.float32([0, 0, 9]), np.float32([9, 0, 0])
        ok = np.ones(3, bool)
        first, last, _ = best_spans(start, end, ok, ok, max_tokens=5, at_most=1)[0]
        assert first <= last

    def test_several_do_not_overlap(self):
        """Each further span lies outside those before."""
        rng = np.random.default_rng(1)
        start, end = rng.normal(size=(2, 40)).astype(np.float32)
        ok = np.ones(40, bool)
        spans = best_spans(start, end, ok, ok, max_tokens=8, at_most=5)
        tokens = [t for first, last, _ in spans for t in range(first, last + 1)]
        assert len(spans) == 5
        assert len(tokens) == len(set(tokens))


class TestWordEdges:
    @pytest.mark.parametrize(
        ("text", "inside"),
        [
            ("election", range(1, 8)),
            ("1,200.50", range(1, 8)),
            ("9:30", range(1, 4)),
            ("U.S.", range(1, 4)),
            ("inter\u00adnational", range(1, 14)),
            ("zero\u200bwidth", range(1, 10)),
            ("caf\u0065\u0301s", range(1, 6)),
            ("हिन्दी", range(1, 5)),
            ("كِتَاب", range(1, 6)),
        ],
    )
    def test_no_edge_inside(self, text, inside):
        """Words, numbers, times and abbreviations are whole."""
        starts, ends = word_edges(text)
        assert not starts[list(inside)].any()
        assert not ends[list(inside)].any()

    @pytest.mark.parametrize(
        ("text", "start", "end"),
        [("\ufeffRome fell", 1, 5), ("cafe\u0301 is", 0, 4), ("Rome\u200b fell", 0, 4)],
    )
    def test_marks_around_a_word_leave_its_edges(self, text, start, end):
        """A tokenizer that drops marks and what has no width still finds the word."""
        starts, ends = word_edges(text)
        assert starts[start]
        assert ends[end]

    def test_no_span_starts_on_a_mark(self):
        """An accent belongs to the letter before it."""
        starts, _ = word_edges("cafe\u0301 is")
        assert not starts[4]

    @given(st.text(max_size=60))
    def test_edges_never_split_letters(self, text):
        """Between two letters or digits there is no edge, in any script."""
        starts, _ = word_edges(text)
        for place in range(1, len(text)):
            if text[place - 1].isalpha() and text[place].isalpha():
                assert not starts[place]


class TestPolish:
    @pytest.mark.parametrize(
        ("text", "words", "expected"),
        [
            ("It cost $3.5 in all.", "3.5", "$3.5"),
            ("It rose 12% today.", "12", "12%"),
            ("He came, they say.", "He came,", "He came"),
            ("He left in 1999.", "1999.", "1999"),
            ("It fell .5 percent.", ".5 percent", ".5 percent"),
            ("He is in the U.S.", "the U.S.", "the U.S."),
            ("“We stay,” he said.", "“We stay", "We stay"),
            ("“We stay,” he said.", "“We stay,”", "“We stay,”"),
            ("It was -40 degrees.", "40 degrees", "-40 degrees"),
            ("It was \u221240 degrees.", "40 degrees", "\u221240 degrees"),
            ("It was –40 degrees.", "40 degrees", "–40 degrees"),
            ("-40 degrees it was.", "40 degrees", "-40 degrees"),
            ("Cold (-.5 degrees)", ".5 degrees", "-.5 degrees"),
            ("It lost -$3 million.", "3 million", "-$3 million"),
            ("In <5 of them ±2 hold.", "5 of them", "<5 of them"),
            ("It is ~5 or +3 or >4.", "5 or +3", "~5 or +3"),
            ("It is ~5 or +3 or >4.", "3", "+3"),
            ("It is ±5 or +3 or >4.", "5", "±5"),
            ("It is ~5 or +3 or >4.", "4", ">4"),
            ("From 1999–2005 it ran.", "2005", "2005"),
            ("The F-16 flew.", "16", "16"),
            ("A man - 40 years old.", "40 years", "40 years"),
            ("It cost US$3 million.", "3 million", "US$3 million"),
            ("It cost US$3 million.", "$3 million", "US$3 million"),
            ("It cost A$3 million.", "3 million", "A$3 million"),
            ("It cost -US$3 million.", "3 million", "-US$3 million"),
            ("Caf\u0065\u0301 was full.", "Cafe", "Cafe\u0301"),
        ],
    )
    def test_marks(self, text, words, expected):
        """Marks that belong to the words come along, others do not."""
        start = text.index(words)
        begin, end = polish(text, start, start + len(words), low=0, high=len(text))
        assert text[begin:end] == expected

    @given(st.text(min_size=1, max_size=40), st.data())
    def test_never_empty_never_outside(self, text, data):
        """Whatever the marks, a span stays a span of its passage."""
        start = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(start + 1, len(text)))
        begin, stop = polish(text, start, end, low=0, high=len(text))
        assert 0 <= begin < stop <= len(text)


class KeywordModel:
    """A stand-in for weights: one token opens every span, it or `last` closes it."""

    name = "keyword"

    def __init__(self, token: int, last: int | None = None) -> None:
        self.token = token
        self.last = token if last is None else last

    def logits(self, windows):
        windows = list(windows)
        self.seen = [window.ids for window in windows]
        found = []
        for window in windows:
            start = np.float32([5.0 if i == self.token else -20.0 for i in window.ids])
            end = np.float32([5.0 if i == self.last else -20.0 for i in window.ids])
            start[0] = end[0] = 0.0  # no answer
            found.append((start, end))
        return found


TITLE = 7


@pytest.fixture
def reader() -> SpanReader:
    """A span reader over words, with windows of 64 tokens."""
    words = ["[UNK]", "[CLS]", "[SEP]", "answer", "where", "filler", ".", "title"]
    vocabulary = {word: n for n, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return SpanReader(KeywordModel(vocabulary["answer"]), tokenizer, max_window=160)


class TestSpanReader:
    def test_last_sentence_of_a_long_passage(self, reader):
        """Windows reach the end of 2,000 words."""
        text = "filler filler. " * 1000 + "The answer. "
        best = reader.read("where?", [passage(text)])[0]
        assert best.text == "answer"
        assert best.start == text.index("answer")
        assert best.margin == pytest.approx(10.0)

    def test_span_stays_within_its_paragraph(self, reader):
        """A heading and the text below it are never one answer."""
        text = "The answer\n\nanswer is here, in a paragraph of its own."
        spans = {c.text for c in reader.read("where?", [passage(text)])}
        assert "answer" in spans
        assert not any("\n" in span for span in spans)

    def test_of_a_list_whole_items_are_taken(self):
        """From the beginning of one to the end of one; or words within one."""
        source = passage("List:\n- big tank, 3.8 l\n- net weight.\n\nOther.")
        words = [m.span() for m in re.finditer(r"[\w.]+|[-,:]", source.text)]
        joined = within(source, np.array(words))
        text = [source.text[a:b] for a, b in words]
        reach = {
            (text[a], text[b]) for a, b in zip(*joined.nonzero(), strict=True) if a < b
        }
        assert {("tank", "l"), ("big", "weight."), ("net", "weight.")} <= reach
        assert not reach & {("tank", "weight."), ("big", "net"), ("List", "weight.")}
        assert not reach & {("net", "Other."), ("weight.", "Other.")}

    def test_windows_share_words(self, reader, monkeypatch):
        """What stands where one window ends is read whole by the next."""
        read = []
        logits = reader._model.logits

        def spy(windows):
            windows = list(windows)
            read.extend(sum(s == 1 for s in w.sequence_ids) for w in windows)
            return logits(windows)

        monkeypatch.setattr(reader._model, "logits", spy)
        n_words = 400
        reader.read("where?", [passage("filler " * n_words)])
        assert sum(read) > 1.2 * n_words

    def test_marks_alone_are_no_span(self, reader):
        """A full stop is never proposed, however few words a passage has."""
        found = reader.read("where?", [passage("Filler. Answer. ...")])
        assert found
        assert all(any(map(str.isalnum, c.text)) for c in found)

    def test_windows_do_not_double_a_span(self, reader):
        """A span that two windows see is one candidate."""
        text = "filler " * 100 + "answer " + "filler " * 100
        found = reader.read("where?", [passage(text)])
        assert sum(c.text == "answer" for c in found) == 1

    def test_offsets_count_the_article(self, reader):
        """A passage in the middle of an article gives offsets of the article."""
        text = "filler filler.\n\nThe answer is here."
        article = Article("a", "a", "", text)
        best = reader.read("where?", [Passage(article, 16, len(text))])[0]
        assert text[best.start : best.end] == "answer"

    def test_never_the_question_itself(self, reader):
        """Words of the question are no answer."""
        found = reader.read("answer answer?", [passage("filler filler.")])
        assert all(c.margin <= 0 for c in found)

    def test_a_mark_that_was_not_typed_changes_nothing(self, reader):
        """The model sees the same tokens with the mark and without."""
        text = passage("The answer.")
        marked = reader.read("where", [text])
        seen = reader._model.seen
        assert reader.read("where?", [text]) == marked
        assert reader._model.seen == seen
        reader.read("where.", [text])  # another mark is left as it is
        assert reader._model.seen != seen

    def test_endless_question(self, reader):
        """A question longer than a window is cut, not refused."""
        reader.read("where " * 400, [passage("The answer.")])

    def test_batch_equals_one_by_one(self, reader):
        """Passages read together give what they give alone."""
        passages = [passage(f"filler {n} answer.", f"p{n}") for n in range(5)]
        together = reader.read("where?", passages)
        for p in passages:
            of_this = [c for c in together if c.passage is p]
            assert of_this == reader.read("where?", [p])

    @settings(max_examples=60)
    @given(st.text(max_size=300))
    def test_any_text(self, reader_factory, text):
        """Other scripts, emoji and control characters break no offset."""
        whole = f"{text} answer"
        for c in reader_factory.read("where?", [passage(whole)]):
            assert whole[c.start : c.end] == c.text

    def test_a_megabyte_without_a_space(self, reader):
        """One endless word is read like any other."""
        reader.read("where?", [passage("x" * 1_000_000)])


class TestLead:
    OPENING = "The filler that opens this article says where everything is."

    def led(self, reader, text: str, start: int, title: str = "Title") -> Passage:
        return Passage(Article("a", "a", title, text), start, len(text))

    def test_no_answer_comes_from_the_lead(self, reader):
        """The title and the first sentence are read, and never cited for another."""
        text = f"Answer. {self.OPENING.replace('filler', 'answer')}\n\nFiller filler."
        start = text.index("Filler")
        found = reader.read("where?", [self.led(reader, text, start, "Answer")])
        assert all(c.start >= start and c.margin <= 0 for c in found)

    def test_offsets_do_not_count_it(self, reader):
        """An answer after a lead stands where it stands without one."""
        text = f"{self.OPENING}\n\nThe filler, the answer."
        best = reader.read("where?", [self.led(reader, text, 62)])[0]
        assert text[best.start : best.end] == "answer"

    def test_every_window_of_a_long_passage_has_it(self, reader):
        """Who reads the middle of a long text still knows what it is about."""
        text = f"{self.OPENING}\n\n" + "filler " * 900 + "answer."
        best = reader.read("where?", [self.led(reader, text, 62)])[0]
        assert text[best.start : best.end] == "answer"
        assert len(reader._model.seen) > 5
        for ids in reader._model.seen:
            assert ids.count(TITLE) == 1
            assert len(ids) <= 160

    def test_an_endless_lead_leaves_room(self, reader):
        """Title and sentence of more tokens than a window push no passage out."""
        text = "A , b " * 60 + "end.\n\nThe answer."
        start = text.index("The")
        best = reader.read("where?", [self.led(reader, text, start, ". " * 500)])[0]
        assert best.text == "answer"

    def test_the_passage_that_opens_the_article_has_the_title_alone(self):
        """It holds the first sentence itself."""
        article = Article("a", "a", "Title", f"{self.OPENING} More of it.")
        assert lead(Passage(article, 0, len(article.text))) == "Title. "

    def test_later_passages_have_both(self):
        """Title, then the sentence, each closed and with a space behind."""
        article = Article("a", "a", "Who?", f"{self.OPENING}\n\nMore of it.")
        assert lead(Passage(article, 62, 73)) == f"Who? {self.OPENING} "

    @pytest.mark.parametrize("between", [" ", "\n\n"])
    def test_tokens_that_hold_the_space_before_them(self, between):
        """The first word of a passage and of a paragraph is read like any other."""
        words = ["<unk>", "<s>", "</s>", "▁answer", "▁first", "▁filler."]
        vocabulary = {word: n for n, word in enumerate(words)}
        tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " ")]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.post_processor = processors.BertProcessing(("</s>", 2), ("<s>", 1))
        reader = SpanReader(KeywordModel(3, last=4), tokenizer)
        for text in (
            f"{self.OPENING}\n\nAnswer first filler.",
            f"{self.OPENING}\n\nFiller.{between}Answer first filler.",
        ):
            best = reader.read("where?", [self.led(reader, text, 62)])[0]
            assert (best.text, best.margin) == ("Answer first", pytest.approx(10.0))

    @pytest.mark.parametrize(
        "before",
        ["By Jane Roe.\n\n", "A Heading That Is Longer Than Forty Letters\n\n"],
    )
    def test_bylines_and_headings_are_no_sentence(self, before):
        """What only looks like an opening is passed over."""
        text = before + self.OPENING
        start, end = first_sentence(text)
        assert text[start:end] == self.OPENING

    def test_no_sentence_at_all(self):
        """A list of words has no opening, and no title means no lead."""
        article = Article("a", "a", "", "one two\n\nthree four")
        assert first_sentence(article.text) == (0, 0)
        assert lead(Passage(article, 9, 19)) == ""


@pytest.fixture(scope="module")
def reader_factory():
    words = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "answer": 3}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return SpanReader(KeywordModel(3), tokenizer, max_window=160)


class TestSentenceReader:
    def test_sentence_with_the_words_is_first(self):
        """The sentence that takes up the question comes first."""
        reader = SentenceReader(open_embedder("hash:256"))
        text = "It rained all day. The harbour opened on Tuesday. Nobody came."
        best = reader.read("When did the harbour open?", [passage(text)])[0]
        assert best.text == "The harbour opened on Tuesday."

    def test_no_passage(self):
        """Nothing to read gives nothing."""
        assert SentenceReader(open_embedder("hash:8")).read("Who?", []) == []


class TestOpenReader:
    def test_unknown_family(self):
        """The error lists what there is."""
        with pytest.raises(ModelError, match="sentence"):
            open_reader("oracle", open_embedder("hash:8"))


@pytest.fixture(scope="module")
def tiny_bert(tmp_path_factory):
    """A tiny BERT with a question-answering head and random weights."""
    import torch
    from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast

    place = tmp_path_factory.mktemp("model")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words += "the answer is forty two what where . ?".split()
    (place / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    BertForQuestionAnswering(config).save_pretrained(place)
    BertTokenizerFast(str(place / "vocab.txt")).save_pretrained(place)
    return place


@pytest.mark.model
class TestHuggingFaceReader:
    def test_any_model_by_path(self, tiny_bert):
        """A model on the disk reads through the same windows and decoding."""
        reader = open_reader(f"hf:{tiny_bert}", open_embedder("hash:8"))
        text = "The answer is forty two. " * 20
        found = reader.read("What is the answer?", [passage(text)])
        assert found
        for c in found:
            assert text[c.start : c.end] == c.text

    def test_batch_equals_one_by_one(self, tiny_bert):
        """Padding beside longer passages changes no score."""
        reader = open_reader(f"hf:{tiny_bert}", open_embedder("hash:8"))
        passages = [passage("The answer is forty two. " * n, f"p{n}") for n in (1, 2)]
        together = reader.read("what?", passages)
        for p in passages:
            alone = reader.read("what?", [p])
            here = [c for c in together if c.passage is p]
            assert [(c.start, c.end) for c in here] == [(c.start, c.end) for c in alone]
            np.testing.assert_allclose(
                [c.score for c in here], [c.score for c in alone], atol=1e-4
            )

    def test_model_without_the_head(self, tiny_bert, tmp_path):
        """A head of random weights is not read with."""
        import shutil

        from transformers import BertForQuestionAnswering

        place = tmp_path / "encoder"
        shutil.copytree(tiny_bert, place)
        BertForQuestionAnswering.from_pretrained(place).bert.save_pretrained(place)
        with pytest.raises(ModelError, match=r"qa_outputs.*question answering"):
            open_reader(f"hf:{place}", open_embedder("hash:8"))

    def test_missing_model(self):
        """The error says what is wanted, and nothing is downloaded."""
        with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
            open_reader("hf:nobody/no-such-model", open_embedder("hash:8"))
