"""The recipe of the reader: offsets, windows, negatives, statements, loss."""

import gzip
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import openvino
import pytest
import torch
from transformers import MPNetConfig, MPNetModel

from qa.evaluation.questions import Question
from qa.models.calibrate import load_ranges
from qa.models.encoder import build
from qa.models.runtime import has_whole_sums
from qa.models.weights import Weights, minilm, read_arrays
from qa.pipeline import QA
from qa.reading.confidence import Calibration, load_calibration
from training import ablate, looks, stopping
from training.adapters import adapt, merge
from training.average import average
from training.average import main as average_command
from training.calibrate import FEATURES, Asked, ask, cross_validate, fit
from training.data import Example, Row, load, open_tokenizer, tidy, token_span
from training.distil import Teachers, compiled
from training.eight_bits import round_as_shipped, through
from training.encoder import (
    CLS,
    MASK,
    SEP,
    Network,
    Size,
    bert_name,
    freeze,
    open_network,
)
from training.export import save_reader
from training.hints import Watched
from training.hints import fit as fit_hints
from training.leads import Leads
from training.listed import listed_rows
from training.loss import blend, loss_of, span_loss, taught_loss
from training.mixture import FRESH, mixture_of
from training.mpnet import network_of, open_mpnet, tables_of
from training.negatives import exchanged, paired, turned
from training.plan import Plan, options, rate_at
from training.reader import Run
from training.recurring import recurring_rows
from training.reworded import Rewording
from training.score import Reading, best_span, scores
from training.shared import batch_loss, join, join_opinion
from training.staged import stage, staged_rows
from training.statements import find_statements, found_rows, silent_on
from training.windows import (
    SHAPES,
    Batch,
    Mixture,
    cut,
    gather,
    hide,
    ids_of,
    shape_of,
    stack,
)
from training.workers import Workers
from training.written import (
    dossier_rows,
    held_articles,
    held_questions,
    key_of,
    loose_rows,
    news_rows,
    passage_rows,
    read,
)

NEWS = (
    "The bank cut its rate on Monday after weeks of talks. Prices of crude oil rose by"
    " two percent in early trading abroad. Maria Keller said that the small lenders"
    " would need far more time. Exports of wheat fell for the third month in a row."
)


WEIGHTS = Path(__file__).parent.parent / "qa/models/reader/reader.safetensors"


def row(question: str, answer: str | None, context: str = NEWS) -> Row:
    at = context.index(answer) if answer else 0
    span = ((at, at + len(answer)),) if answer else ()
    return Row("1", "Bank", context, question, span, "test")


def example(first: int, last: int, n: int = 300) -> Example:
    spans = ((first, last),) if first >= 0 else ()
    question = np.arange(5, dtype=np.int32)
    return Example(question, np.arange(n, dtype=np.int32), first, last, spans, "test")


class TestData:
    def test_tidying_keeps_every_answer_in_its_place(self):
        text = "<P> They do n't know `` it '' , Mr. Lee 's dog said . </P>"
        clean, moved = tidy(text)
        for word in ("They", "know", "it", "dog", "said"):
            at = text.index(word)
            assert clean[moved[at] : moved[at + len(word)]] == word

    def test_load_puts_the_answer_of_most_annotators_first(self, tmp_path):
        answers = [(0, "a"), (4, "c"), (4, "c")]
        line = {
            "id": "1",
            "title": "t",
            "context": "a b c",
            "question": "q?",
            "answers": [{"text": t, "answer_start": s} for s, t in answers],
            "source": "s",
        }
        path = tmp_path / "x.jsonl.gz"
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        (found,) = load(path)
        assert found.texts == ["c", "a"]

    def test_an_answer_outside_the_passage_is_refused(self):
        with pytest.raises(ValueError, match="outside a passage"):
            Row("1", "", "abc", "q", ((2, 9),), "s")

    def test_no_token_overlaps_a_gap(self):
        assert token_span([(0, 2), (3, 5)], 2, 3) is None


class TestWindows:
    @pytest.mark.parametrize("whole", [0.0, 1.0])
    def test_the_target_is_the_answer_wherever_the_window_falls(self, whole):
        random = np.random.default_rng(0)
        for first in range(0, 290, 7):
            source = example(first, first + 9)
            window = cut(source, random, whole=whole, hidden=0.0)
            batch = stack([window], 1, shape_of(window.length))
            left, right = batch.target[0]
            assert batch.ids[0, left : right + 1].tolist() == list(
                range(first, first + 10)
            )
            assert batch.allowed[0, left : right + 1].all()

    def test_a_window_that_hides_the_answer_asks_for_none(self):
        random = np.random.default_rng(0)
        windows = [cut(example(150, 152), random, whole=0, hidden=1) for _ in range(20)]
        hidden = [w for w in windows if (w.first, w.last) == (0, 0)]
        assert len(hidden) > 10  # not all: four places are tried, then it gives up
        assert all(w.end <= 150 or w.start > 152 for w in hidden)

    def test_only_cls_and_passage_may_answer(self):
        window = cut(example(-1, -1, n=6), np.random.default_rng(0), whole=1, hidden=0)
        batch = stack([window], 2, 64)
        assert batch.ids[0, [0, 6, 13]].tolist() == [CLS, SEP, SEP]
        assert np.flatnonzero(batch.allowed[0]).tolist() == [0, *range(7, 13)]
        assert np.flatnonzero(batch.types[0]).tolist() == list(range(7, 14))
        assert batch.mask[0].sum() == 14
        assert batch.target[1].tolist() == [0, 0]

    @pytest.mark.parametrize("whole", [0.0, 1.0])
    def test_a_lead_is_read_but_never_the_answer(self, whole):
        title, opening = np.arange(900, 910), np.arange(950, 990)
        random, led = np.random.default_rng(0), 0
        for first in range(0, 290, 7):
            source = replace(example(first, first + 9), title=title, opening=opening)
            window = cut(source, random, whole=whole, hidden=0.0)
            batch = stack([window], 1, shape_of(window.length))
            left, right = batch.target[0]
            assert batch.ids[0, left] == first
            assert batch.ids[0, right] == first + 9
            assert not batch.allowed[0, batch.ids[0] >= 900][1:].any()  # [CLS] is 101
            led += set(title) <= set(batch.ids[0])
        assert 0.5 * 42 < led < 42

    def test_a_window_from_the_middle_has_the_passages_own_first_sentence(self):
        source = replace(example(200, 202), own=12)
        assert source.lead(0).tolist() == []
        assert source.lead(30).tolist() == list(range(12))

    def test_pieces_of_all_passages_stand_in_one_window(self):
        random, places = np.random.default_rng(0), set()
        rivals = tuple(
            replace(example(-1, -1), passage=np.arange(n, n + 300))
            for n in (2000, 3000, 4000, 5000)
        )
        for first in range(0, 290, 7):
            window = gather(replace(example(first, first + 9), rivals=rivals), random)
            batch = stack([window], 1, shape_of(window.length))
            left, right = batch.target[0]
            read = batch.ids[0, left : right + 1].tolist()
            assert read == list(range(first, first + 10))
            assert batch.allowed[0, left : right + 1].all()
            assert (batch.ids[0] >= 2000).sum() >= 24
            places.add(bool((batch.ids[0, :left] >= 2000).any()))
        assert places == {True, False}  # before the answer's piece, and behind it
        none = gather(replace(example(-1, -1), rivals=rivals), random)
        assert (none.first, none.last) == (0, 0)

    def test_a_long_answer_is_whole_and_all_fits(self):
        random = np.random.default_rng(0)
        rivals = (example(-1, -1),) * 4
        for _ in range(20):
            window = gather(replace(example(40, 190), rivals=rivals), random)
            assert window.length <= max(SHAPES)
            assert window.last - window.first == 150

    def test_hidden_tokens_are_never_those_of_the_answer(self):
        window = cut(example(40, 44), np.random.default_rng(0), whole=0.0, hidden=0.0)
        batch = stack([window] * 50, 50, 128)
        before = batch.ids.copy()
        hide(batch, 0.3, np.random.default_rng(1))
        changed = batch.ids != before
        assert (batch.ids[changed] == MASK).all()
        assert not changed[:, window.first : window.last + 1].any()
        assert not changed[~batch.mask].any()
        assert not np.isin(before[changed], [CLS, SEP]).any()
        assert 0.2 < changed[batch.mask].mean() < 0.35

    def test_the_same_seed_gives_the_same_batches(self):
        sets = {"a": [example(i, i + 1) for i in range(40)], "b": [example(-1, -1)]}

        def ids() -> list[bytes]:
            mixture = Mixture(sets, {"a": 3, "b": 1}, frozenset("b"), seed=4)
            return [batch.ids.tobytes() for batch in mixture.batches(0.5, draws=200)]

        assert ids() == ids() != []

    def test_batches_keep_the_compilers_shapes(self):
        sets = {"a": [example(i, i + 1) for i in range(250)]}
        mixture = Mixture(sets, {"a": 1}, frozenset(), seed=0)
        for batch in mixture.batches(0.9, draws=300):
            assert batch.ids.shape[0] == SHAPES[batch.ids.shape[1]]


class TestLeads:
    FIRST = "Lima is the capital of Peru and lies on the sea."

    def rows(self, title: str) -> list[Row]:
        contexts = f"{self.FIRST} It is dry.", "Fog comes in from the ocean."
        return [Row(str(n), title, c, "?", (), "x") for n, c in enumerate(contexts)]

    def test_later_passages_have_title_and_first_sentence(self):
        first, second = self.rows("Lima_City")
        leads = Leads((first, second))
        assert leads.of(first) == ("Lima City", "")
        assert leads.of(second) == ("Lima City", self.FIRST)

    def test_a_question_of_another_passage_has_the_lead_of_that_passage(self):
        leads = Leads(self.rows("Lima"))
        stray = Row("9", "Rome", "Fog comes in from the ocean.", "?", (), "x")
        assert leads.of(stray) == ("Lima", self.FIRST)

    def test_a_key_is_no_title(self):
        first, second = self.rows("para_0123abcd")
        assert Leads((first, second)).of(second) == ("", "")


class TestNegatives:
    def test_a_turned_question_has_no_answer(self):
        found = turned(row("Who was the first to cut?", "The bank"), Random(0))
        assert found is not None
        assert found.question == "Who was the last to cut?"
        assert not found.answers

    def test_an_opposite_that_stands_in_the_passage_is_left_alone(self):
        source = row("Was it before lunch?", "The bank")  # "after" is in the passage
        assert turned(source, Random(0)) is None

    def test_an_exchanged_name_comes_from_the_passage_but_no_answer(self):
        context = "Ann Lee met Bob Ray in Rome Town. Later Kim Wu came."
        source = row("Where did Ann Lee meet him?", "Rome Town", context)
        for seed in range(10):
            found = exchanged(source, Random(seed))
            assert found is not None
            assert "Ann Lee" not in found.question
            assert "Rome" not in found.question

    def test_a_paired_passage_holds_no_answer(self):
        contexts = [NEWS, *(f"The bank met {word}." for word in "abcdefghijklmn")]
        source = row("What did the bank cut?", "its rate")
        contexts.append("Another bank cut its rate.")
        found = next(paired([source], contexts, Random(0)))
        assert len(found) == 2
        assert all("its rate" not in f.context and not f.answers for f in found)

    def test_what_one_passage_leaves_out_the_next_may_tell(self):
        own = [f"The bank met twice, {word}." for word in ("early", "later", "last")]
        others = [f"A bank in Lima met {word}." for word in "abcdefghijklm"]
        titles = dict.fromkeys(own, "Bank")

        def met(answer: str | None) -> set[str]:
            asked = row("When did the bank meet twice?", answer, own[0])
            found = paired([asked], own + others, Random(0), 3, depth=5, titles=titles)
            return {other.context for other in next(found)}

        assert met("early") & set(own[1:])
        assert met(None)
        assert met(None) <= set(others)


TOPICS = ("harbour tolls", "olive harvest")


class TestStatements:
    @pytest.mark.parametrize(
        ("text", "who", "what"),
        [
            (NEWS, "Maria Keller", "the small lenders would need far more time"),
            ('"We will never sell the mine," said Bo Ek.', "Bo Ek", "We will never sell"
             " the mine"),
            ('Bo Ek told reporters: "We will never sell it."', "Bo Ek",
             "We will never sell it"),
            ("According to Bo Ek, the mine is sold for good.", "Bo Ek",
             "the mine is sold for good"),
            ("It rained. The mine was never sold to them, Bo Ek said.", "Bo Ek",
             "The mine was never sold to them"),
        ],
    )  # fmt: skip
    def test_a_statement_is_found_whole_and_without_its_verb(self, text, who, what):
        (found,) = find_statements(text)
        assert found.who == who
        assert text[found.start : found.end] == what

    def test_nobody_asks_for_a_pronoun(self):
        assert find_statements("He said that the mine would never be sold.") == []

    def test_questions_name_the_speaker_and_take_the_whole_statement(self):
        found = [r for r in found_rows(row("?", None), Random(1), TOPICS) if r.answers]
        assert found
        for question in found:
            assert "Maria Keller" in question.question
            assert question.texts == ["the small lenders would need far more time"]

    def test_a_staged_statement_is_a_sentence_of_the_passage(self):
        for seed in range(30):
            text, said = stage(NEWS, Random(seed))
            assert said
            for statement in said:
                words = text[statement.start : statement.end]
                assert words[1:] in NEWS

    def test_a_topic_that_the_speaker_left_open(self):
        """It shares no word with the statement; often it stands elsewhere."""
        start = NEWS.index("the small lenders")
        span = start, start + len("the small lenders would need far more time")
        drawn = {silent_on(NEWS, *span, "olive harvest", Random(n)) for n in range(40)}
        assert "olive harvest" in drawn
        near = drawn - {"olive harvest", None}
        assert near
        assert all(about in NEWS and about not in NEWS[slice(*span)] for about in near)
        drawn = {silent_on(NEWS, *span, "small lenders", Random(n)) for n in range(40)}
        assert "small lenders" not in drawn

    def test_a_stranger_gets_no_answer(self):
        rows = [
            r
            for seed in range(40)
            for r in staged_rows(row("?", None), Random(seed), TOPICS)
        ]
        assert any(r.answers for r in rows)
        assert any(not r.answers for r in rows)


class TestShared:
    """Passages of one question that compete."""

    def passages(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return logits, mask, target of 7 passages of 5 tokens: 2 questions of 3."""
        torch.manual_seed(3)
        allowed = torch.ones(7, 5, dtype=torch.bool)
        allowed[:, 1] = False
        target = torch.zeros(7, 2, dtype=torch.long)
        target[1] = torch.tensor([2, 4])
        return torch.randn(7, 5, 2), allowed, target

    def test_a_question_is_asked_of_all_its_passages_at_once(self):
        logits, allowed, target = self.passages()
        joined, may, wanted = join(logits, allowed, target, 3)
        assert joined.shape == (2, 15, 2)
        assert wanted.tolist() == [[5 + 2, 5 + 4], [0, 0]]
        assert may[0].tolist() == [
            True,
            False,
            *[True] * 3,
            *[False] * 2,
            True,
            True,
            True,
            False,
            False,
            True,
            True,
            True,
        ]
        torch.testing.assert_close(joined[0, 7], logits[1, 2] - logits[1, 0])
        assert (joined[:, 0] == 0).all()

    def test_teachers_are_heard_on_the_passage_that_may_answer(self):
        opinion = torch.rand(7, 5, 2).softmax(1)
        joined = join_opinion(opinion, 3)
        torch.testing.assert_close(joined[:, :5], opinion[[0, 3]])
        assert not joined[:, 5:].any()

    def test_the_wrong_passage_loses_though_each_alone_is_content(self):
        logits, allowed, target = (found[:3] for found in self.passages())
        logits[:] = 0.0
        logits[1, 2, 0] = logits[1, 4, 1] = 9.0  # the right one
        alone = span_loss(logits, allowed, target)
        logits[2, 3] = 9.0  # another one, as sure
        logits[2, 0] = 18.0  # and surer still that it does not answer
        content = span_loss(*join(logits, allowed, target, 3))
        logits[2, 0] = 0.0
        torn = span_loss(*join(logits, allowed, target, 3))
        assert float(alone) > float(content) < 0.01
        assert float(torn) == pytest.approx(np.log(2), abs=0.01)

    def test_a_batch_holds_whole_questions_of_which_one_passage_answers(self):
        rivals = tuple(example(-1, -1, n) for n in (30, 90, 400))
        sets = {"a": [replace(example(i, i + 1), rivals=rivals) for i in range(99)]}
        mixture = Mixture(sets, {"a": 1}, frozenset(), seed=0)
        batches = list(mixture.batches(0.5, draws=99))
        assert {batch.together for batch in batches} == {1, 3}
        for batch in batches:
            assert batch.ids.shape[0] == SHAPES[batch.ids.shape[1]]
            answered = batch.target[:, 1] > 0
            if batch.together == 1:  # pieces of all in one window
                assert answered.all()
                continue
            questions = len(answered) // 3
            assert answered[: questions * 3 : 3].all()
            assert answered.sum() == questions


class TestLearning:
    def test_the_rate_ends_at_zero(self):
        rates = [rate_at(n / 100, 0.1) for n in range(101)]
        assert max(rates) == pytest.approx(1.0)
        assert rates[0] == rates[-1] == 0.0

    def test_the_loss_is_zero_when_the_target_is_certain(self):
        logits = torch.full((1, 6, 2), -50.0)
        logits[0, 3, 0] = logits[0, 4, 1] = 50.0
        allowed = torch.ones(1, 6, dtype=torch.bool)
        target = torch.tensor([[3, 4]])
        assert float(span_loss(logits, allowed, target)) == pytest.approx(0.0)
        assert float(span_loss(logits, allowed, target - 1)) > 50

    def test_a_forbidden_token_costs_nothing(self):
        logits = torch.zeros(1, 4, 2)
        logits[0, 2] = 99.0
        allowed = torch.tensor([[True, True, False, False]])
        loss = span_loss(logits, allowed, torch.tensor([[1, 1]]))
        assert float(loss) == pytest.approx(np.log(2))

    def test_padding_changes_nothing(self):
        torch.manual_seed(0)
        network, embedded = Network().eval(), torch.randn(1, 9, 384)
        mask = torch.ones(1, 9, dtype=torch.bool)
        mask[0, 6:] = False
        with torch.no_grad():
            padded = network(embedded, mask)[:, :6]
            alone = network(embedded[:, :6], mask[:, :6])
        torch.testing.assert_close(padded, alone)

    def test_dropout_leaves_the_same_channels_out_for_all_tokens_of_a_row(self):
        torch.manual_seed(0)
        network, mask = Network(dropout=0.5), torch.ones(1, 4, dtype=torch.bool)
        embedded = torch.randn(1, 1, 384).expand(1, 4, 384)  # four equal tokens
        with torch.no_grad():
            first, second = network(embedded, mask), network(embedded, mask)
            network.eval()
            plain = network(embedded, mask)
            again = network(embedded, mask)
        torch.testing.assert_close(first[:, 0], first[:, 3])
        assert not torch.allclose(first, second)
        torch.testing.assert_close(plain, again, rtol=0, atol=0)

    def test_every_parameter_has_one_name_of_its_own(self):
        names = [bert_name(name) for name, _ in Network().named_parameters()]
        assert len(set(names)) == len(names) == 6 * 16 + 4

    def test_options_name_every_knob(self):
        found = options().parse_args("--data d --out o --tokens 5 --rate 1e-3".split())
        assert (found.tokens, found.rate, found.init) == (5, 0.001, None)


class TestDistilling:
    def test_a_pupil_that_agrees_cannot_do_better(self):
        torch.manual_seed(0)
        logits = torch.randn(2, 6, 2, requires_grad=True)
        allowed = torch.ones(2, 6, dtype=torch.bool)
        allowed[:, 4:] = False
        hidden = logits.detach().masked_fill(~allowed[:, :, None], -1e4)
        taught_loss(logits, allowed, hidden.softmax(1)).backward()
        assert float(logits.grad.abs().max()) < 1e-6

    def test_labels_and_opinion_are_weighed_row_by_row(self):
        torch.manual_seed(0)
        logits = torch.randn(2, 6, 2)
        allowed = torch.ones(2, 6, dtype=torch.bool)
        target = torch.tensor([[1, 2], [0, 0]])
        opinion = torch.randn(2, 6, 2).softmax(1)
        labelled = [
            span_loss(logits[n : n + 1], allowed[:1], target[n : n + 1])
            for n in range(2)
        ]
        taught = [
            taught_loss(logits[n : n + 1], allowed[:1], opinion[n : n + 1])
            for n in range(2)
        ]
        for first, second in ((0.0, 1.0), (0.3, 0.8)):
            shares = torch.tensor([first, second])
            found = loss_of(logits, allowed, target, opinion, shares)
            wanted = [
                share * theirs + (1 - share) * ours
                for share, theirs, ours in zip(
                    (first, second), taught, labelled, strict=True
                )
            ]
            torch.testing.assert_close(found, sum(wanted) / 2)
        assert torch.equal(blend(opinion, target, torch.ones(2)), opinion)
        alone = loss_of(logits, allowed, target, None, torch.ones(2))
        assert alone == span_loss(logits, allowed, target)

    def test_teachers_have_one_opinion_of_every_token(self):
        ids = torch.arange(2000, 2014).reshape(2, 7)
        mask = torch.ones(2, 7, dtype=torch.bool)
        allowed = mask.clone()
        allowed[:, 1:3] = False  # the question
        teachers = Teachers([WEIGHTS, WEIGHTS], "cpu", bf16=False)
        opinion = teachers.advise(ids, torch.zeros_like(ids), mask, allowed).opinion
        torch.testing.assert_close(opinion.sum(1), torch.ones(2, 2))
        assert float(opinion[:, 1:3].max()) == 0.0

    @pytest.mark.parametrize("buckets", [0, 32])
    def test_the_faster_forward_pass_is_the_same(self, buckets):
        torch.manual_seed(1)
        network = Watched(Network(size=Size(96, 4, 192, 3, 1e-5, buckets))).eval()
        forward = compiled(network)
        for rows, tokens in ((3, 200), (1, 17)):  # not what it was traced with
            embedded = torch.randn(rows, tokens, 96)
            mask = torch.ones(rows, tokens, dtype=torch.bool)
            mask[0, tokens // 2 :] = False
            with torch.no_grad():
                wanted = network(embedded, mask)
            found = forward(embedded, mask)
            assert [f.shape for f in found] == [w.shape for w in wanted]
            assert float((found[0] - wanted[0])[mask].abs().max()) < 0.03  # bf16
            for ours, theirs in zip(found[1:], wanted[1:], strict=True):
                assert float((ours - theirs)[mask].abs().max()) < 0.1


class TestBatchLoss:
    def test_half_of_it_is_how_passages_compete(self):
        logits = torch.zeros(3, 6, 2)
        target = torch.tensor([[2, 2], [0, 0], [0, 0]])
        allowed = torch.ones(3, 6, dtype=torch.bool)
        shares = allowed, target, torch.zeros(3), None
        alone = batch_loss(logits, *shares, together=1)
        joined = span_loss(*join(logits, allowed, target, 3))
        both = batch_loss(logits, *shares, together=3)
        assert alone == span_loss(logits, allowed, target)
        assert both == pytest.approx(float(alone + joined) / 2)
        assert joined > alone  # more to choose from

    def test_a_teacher_is_heard_on_the_own_passage(self):
        logits = torch.zeros(3, 6, 2)
        target = torch.tensor([[2, 2], [0, 0], [0, 0]])
        allowed = torch.ones(3, 6, dtype=torch.bool)
        opinion = torch.zeros(3, 6, 2)
        opinion[:, 4] = 1.0
        logits[0, 4] = 9.0
        heard = batch_loss(logits, allowed, target, torch.ones(3), opinion, 3)
        unheard = batch_loss(logits, allowed, target, torch.zeros(3), opinion, 3)
        assert heard < unheard


class TestListed:
    ROWS = tuple(
        Row(name, "", f"In May {name} won it.", question, ((7, 7 + len(name)),), "")
        for name, question in (
            ("Ajax", "Which team won it?"),
            ("Porto", "which team was first"),
            ("Celtic", "It was won by which team?"),
            ("Benfica", "What team won?"),
            ("Ann Lee", "Who won it?"),
        )
    )

    def test_a_name_becomes_a_list_and_the_list_is_the_answer(self):
        made = {row.id: row for row in listed_rows(self.ROWS, Random(2))}
        assert set(made) == {f"{r.id}-listed" for r in self.ROWS[:4]}  # one person
        for row in self.ROWS[:4]:
            found = made[f"{row.id}-listed"]
            (answer,) = found.texts
            assert row.id in answer
            assert " and " in answer
            assert found.context == f"In May {answer} won it."
            assert "team " not in found.question

    def test_the_question_is_in_the_plural(self):
        asked = {
            r.question
            for seed in range(30)
            for r in listed_rows(self.ROWS, Random(seed))
        }
        assert {"Which teams won it?", "which teams were first"} <= asked
        assert {"It was won by which teams?", "What two teams won?"} <= asked

    def test_no_other_name_stands_in_the_passage_already(self):
        rows = [
            replace(r, context=r.context + " Porto, Celtic and Benfica lost.")
            for r in self.ROWS[:4]
        ]
        assert {r.id for r in listed_rows(rows, Random(0))} == {
            f"{name}-listed" for name in ("Porto", "Celtic", "Benfica")
        }

    def test_phrases_and_figures_are_no_names(self):
        rows = [
            replace(r, context=r.context.replace(r.id, "7"), answers=((7, 8),))
            for r in self.ROWS
        ]
        assert not list(listed_rows(rows, Random(0)))


class TestWritten:
    TEXT = (
        "@ Grain\nP Ann Lee sold barley.\n? Who sold it?\n= Ann Lee\n"
        "? Who bought it?\n-\nP It rained.\n? What fell?\n= rained\n"
    )

    def write(self, folder, text):
        path = folder / "news.txt"
        path.write_text(text, encoding="utf-8")
        return path

    def test_questions_belong_to_the_paragraph_before_them(self, tmp_path):
        found = list(read(self.write(tmp_path, self.TEXT), {}))
        assert [(r.title, r.context[:9], r.question, r.texts) for r in found] == [
            ("Grain", "Ann Lee s", "Who sold it?", ["Ann Lee"]),
            ("Grain", "Ann Lee s", "Who bought it?", []),
            ("Grain", "It rained", "What fell?", ["rained"]),
        ]
        assert len({r.id for r in found}) == 3

    def test_a_passage_that_the_data_lack_is_left_out(self, tmp_path):
        known = row("", None)
        text = f"# {key_of(NEWS)}\n? Who?\n= Maria Keller\n# 0\n? Who?\n= Nobody\n"
        (found,) = read(self.write(tmp_path, text), {key_of(NEWS): known})
        assert (found.title, found.texts) == ("Bank", ["Maria Keller"])

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("P It rained.\n= rained\n", r"news\.txt:2: found an answer, wanted"),
            ("P It.\n? Who?\n= It\n-\n", r"news\.txt:4: found an answer, wanted"),
            ("P It rained.\n? Why?\n= wind\n", "'wind', wanted words of"),
            ("It rained.\n", r"news\.txt:1: found 'It rained\.', wanted @"),
        ],
    )
    def test_a_line_that_cannot_be_meant_is_an_error(self, tmp_path, text, message):
        with pytest.raises(ValueError, match=message):
            list(read(self.write(tmp_path, text), {}))

    def test_what_is_written_can_be_read_and_marks_whole_words(self):
        rows = news_rows() + dossier_rows() + loose_rows()
        assert len(rows) > 10_000
        for found in rows:
            for start, end in found.answers:
                around = found.context[max(0, start - 1) : end + 1]
                assert start == 0 or not around[:2].isalnum()
                assert not around[-2:].isalnum() or end == len(found.context)
        assert 0.25 < sum(not r.answers for r in rows) / len(rows) < 0.5
        assert passage_rows([]) == []

    def test_questions_that_are_held_meet_no_reader(self):
        rows, held = news_rows() + dossier_rows() + loose_rows(), held_questions()
        articles = [json.loads(line) for line in held_articles().splitlines()]
        titles = {article["title"] for article in articles}
        assert len(titles) == len(articles)
        assert len(held) > 1000
        assert {question.article for question in held} == titles
        assert titles.isdisjoint(row.title for row in rows)
        read_ = {row.context for row in rows}
        assert not any(p in read_ for a in articles for p in a["text"].split("\n\n"))
        text = {article["title"]: article["text"] for article in articles}
        assert all(a in text[q.article or ""] for q in held for a in q.answers)


class TestFreshSets:
    def plan(self, fresh: str) -> Plan:
        return Plan(data="", out="", taught=0.7, fresh=fresh)

    def test_labels_count_where_no_teacher_was_and_more_is_drawn(self):
        sets = {"written_loose": [example(1, 2)], "qamr": [example(1, 2)]}
        plain = mixture_of(self.plan(""), sets, seed=1)
        fresh = mixture_of(self.plan("written_loose"), sets, seed=1)
        at = plain.names.index("written_loose")
        assert fresh.quota[at] == FRESH * plain.quota[at]
        assert fresh.quota[1 - at] == plain.quota[1 - at]
        assert fresh.taught["written_loose"] < fresh.taught[""] == 0.7
        assert "written_loose" not in plain.taught

    def test_a_set_that_there_is_not(self):
        with pytest.raises(ValueError, match=r"--fresh: found \['loose'\], wanted"):
            mixture_of(self.plan("loose"), {}, seed=1)


@pytest.fixture(scope="module")
def rewording():
    """The neighbours take some seconds to find."""
    return Rewording()


class TestReworded:
    def ids(self, text: str):
        return ids_of(open_tokenizer().encode(text, add_special_tokens=False).ids)

    def text(self, ids) -> str:
        return open_tokenizer().decode([int(n) for n in ids])

    def test_neighbours_mean_much_the_same(self, rewording):
        def near(word):
            return {self.text([n]) for n in rewording.neighbours(self.ids(word)[0])}

        assert {"nation", "countries"} <= near("country")
        assert "victory" in near("won")
        assert not near("which") | near("1990") | near("?")

    def test_some_words_change_and_pieces_do_not(self, rewording):
        asked = self.ids("Which country signed the treaty with warlike Zhytomyrska?")
        random = np.random.default_rng(0)
        found = {self.text(rewording.reword(asked, random)) for _ in range(40)}
        assert len(found) > 10
        assert all(f.startswith("which ") for f in found)
        assert all(f.endswith("with warlike zhytomyrska?") for f in found)

    def test_only_teachers_judge_what_was_reworded(self):
        rows = [
            replace(example(n, n + 2, 60), question=self.ids("who won the war"))
            for n in range(5, 45)
        ]
        sets = {"a": rows, "listed": [replace(r, source="listed") for r in rows]}
        quota = {"a": 1, "listed": 1}
        taught = {"": 0.75, "listed": 0.25}
        mixture = Mixture(sets, quota, frozenset(), 1, taught=taught, reworded=0.5)
        seen, changed = set(), 0
        for batch in mixture.batches(0.5, draws=300):
            real = batch.mask.sum(1) > 1
            for ids, share in zip(batch.ids[real], batch.taught[real], strict=True):
                same = np.array_equal(ids[1:5], self.ids("who won the war"))
                assert same == (share < 1.0)
                seen.add(float(share))
                changed += not same
        assert seen == {0.25, 0.75, 1.0}
        lists = Mixture(
            {"listed": sets["listed"]},
            quota,
            frozenset(),
            1,
            taught=taught,
            reworded=1.0,
        )
        for batch in lists.batches(0.5, draws=100):
            assert set(batch.taught[batch.mask.sum(1) > 1].tolist()) == {0.25}
        assert 40 < changed < 110  # half of half, less those left as they are


class TestHints:
    def states(self):
        """Of two batches: a pupil's, a teacher's that is a map of them, the mask."""
        torch.manual_seed(0)
        maps = torch.randn(8, 20), torch.randn(8, 20)
        for _ in range(2):
            ours = [torch.randn(3, 50, 8) for _ in maps]
            theirs = [x @ m + 3 for x, m in zip(ours, maps, strict=True)]
            mask = torch.ones(3, 50, dtype=torch.bool)
            mask[0, 20:] = False  # padding
            yield ours, theirs, mask

    def test_what_the_pupil_knows_is_explained(self):
        (ours, theirs, mask), second = self.states()
        hints = fit_hints([(ours, theirs, mask), second])
        assert hints.loss(ours, theirs, mask) < 0.01
        strangers = [torch.randn(3, 50, 8) for _ in ours]
        assert hints.loss(strangers, theirs, mask) > 1

    def test_padding_does_not_count(self):
        (ours, theirs, mask), second = self.states()
        hints = fit_hints([(ours, theirs, mask), second])
        spoiled = [x.masked_fill(~mask[:, :, None], 1e6) for x in theirs]
        again = fit_hints([(ours, spoiled, mask), second])
        assert again.loss(ours, spoiled, mask) == hints.loss(ours, theirs, mask)

    def test_watching_changes_no_logit(self):
        network = Network(size=Size(24, 3, 48, 6, 1e-5)).eval()
        embedded, mask = torch.randn(1, 7, 24), torch.ones(1, 7, dtype=torch.bool)
        with torch.no_grad():
            logits, *states = Watched(network)(embedded, mask)
            wanted = network(embedded, mask)
            whole = network.states(embedded, mask)
        assert torch.equal(logits, wanted)
        assert torch.equal(states[0], whole[3])
        assert torch.equal(states[1], whole[5])

    def test_a_run_learns_from_its_teachers_states(self, tmp_path):
        """The pupil's states come closer to the teacher's, under the same maps."""
        plan = Plan(
            data="-",
            out=str(tmp_path),
            teachers=str(WEIGHTS),
            hints=50.0,  # so that nothing else can have brought them closer
            rate=3e-5,
            warmup=0.0,
            dropout=0.0,
            tokens=10**9,
        )
        run = Run(plan, Workers(0, 1), resume=False)
        random = np.random.default_rng(0)

        def drawn() -> Batch:
            row = example(5, 7, 60)
            passages = random.integers(2000, 9000, (20, 60), dtype=np.int32)
            rows = [replace(row, passage=passage) for passage in passages]
            windows = [cut(row, random, whole=1, hidden=0) for row in rows]
            return stack([replace(w, taught=1.0) for w in windows], 20, 96)

        run.prepare_hints([drawn(), drawn()])
        batch = drawn()
        run.hints.requires_grad_(requires_grad=False)  # so that the pupil must learn

        def unexplained() -> float:
            ids, types, mask, allowed, *_ = run.arrays(batch)
            _, *states = run.watched(run.tables(ids, types), mask)
            theirs = run.teachers.advise(ids, types, mask, allowed).states
            return run.hints.loss(states, theirs, mask).item()

        before = unexplained()
        for _ in range(5):
            run.step(run.watched, batch)
        assert unexplained() < before - 0.01

    @pytest.mark.parametrize("knob", ["hints", "reworded"])
    def test_they_want_a_teacher(self, tmp_path, knob):
        plan = Plan("-", str(tmp_path), **{knob: 0.5})
        with pytest.raises(ValueError, match="found no --teachers"):
            Run(plan, Workers(0, 1), resume=False)


class TestMPNet:
    def test_nothing_flows_below_frozen_layers(self):
        network = Network(size=Size(12, 2, 24, 3, 1e-5, buckets=8))
        freeze(network, 2)
        mask = torch.ones(1, 5, dtype=torch.bool)
        network(torch.randn(1, 5, 12), mask).sum().backward()
        got = {n for n, p in network.named_parameters() if p.grad is not None}
        assert all(name.startswith(("layers.2.", "span.")) for name in got)
        assert "layers.2.query.weight" in got

    SIZE = Size(24, 3, 48, 2, 1e-5, buckets=32)

    @pytest.fixture
    def published(self):
        """A small model of the kind, with weights by chance."""
        torch.manual_seed(0)
        config = MPNetConfig(
            vocab_size=50,
            hidden_size=self.SIZE.width,
            num_attention_heads=self.SIZE.heads,
            intermediate_size=self.SIZE.inner,
            num_hidden_layers=self.SIZE.layers,
            max_position_embeddings=300,
            initializer_range=0.5,
            layer_norm_eps=self.SIZE.eps,
        )
        return MPNetModel(config, add_pooling_layer=False).eval()

    def test_it_computes_what_transformers_does(self, published):
        weights = published.state_dict()
        network = network_of(weights, self.SIZE, 0.0).eval()
        order = list(reversed(range(50)))  # of word pieces under other numbers
        tables = tables_of(weights, order)
        ids = torch.randint(5, 45, (2, 200))
        mask = torch.ones(2, 200, dtype=torch.bool)
        mask[1, 150:] = False
        with torch.no_grad():
            theirs = published(49 - ids, attention_mask=mask.long()).last_hidden_state
            wanted = network.span(theirs)
            found = network(tables(ids, torch.ones_like(ids)), mask)
        torch.testing.assert_close(found[mask], wanted[mask], atol=1e-4, rtol=1e-4)

    def test_a_teachers_file_brings_its_tables(self, published, tmp_path):
        weights = published.state_dict()
        network = network_of(weights, self.SIZE, 0.0).eval()
        tables = tables_of(weights, list(range(50)))
        save_reader(tmp_path, network, {}, tables)
        again, opened = open_network(tmp_path / "reader.safetensors")
        ids = torch.arange(10)[None]
        mask = torch.ones(1, 10, dtype=torch.bool)
        with torch.no_grad():
            wanted = network(tables(ids, ids * 0), mask)
            found = opened.eval()(again(ids, ids * 0), mask)
        torch.testing.assert_close(found, wanted, atol=0.05, rtol=0.05)

    def test_other_weights_are_refused(self, tmp_path):
        (tmp_path / "model.safetensors").write_bytes(b"something else")
        with pytest.raises(ValueError, match="wanted '78c0197b"):
            open_mpnet(tmp_path, 1, 0.0)


class TestEightBits:
    @pytest.mark.skipif(not has_whole_sums(), reason="8 bits overflow here")
    def test_it_rounds_as_the_product_does(self):
        """One layer, and most tokens: a last bit here or there rounds the other way."""
        folder = WEIGHTS.parent
        sha256 = json.loads((folder / "reader.json").read_text("utf-8"))["sha256"]
        ranges = folder / "reader.ranges.safetensors"
        arrays = {
            name: array
            for name, array in read_arrays(
                (minilm(), Weights(folder, WEIGHTS.name, sha256))
            ).items()
            if "layer." not in name or "layer.0." in name
        }
        tables, network = open_network(WEIGHTS)
        network.layers = network.layers[:1]
        ids = torch.arange(2000, 2040)[None]
        embedded, mask = tables(ids, torch.zeros_like(ids)), torch.ones_like(ids)
        model = build(arrays, head="spans", ranges=load_ranges(ranges))
        shipped = openvino.Core().compile_model(
            model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
        )([embedded.numpy(), mask.float().numpy()])[0]
        with torch.no_grad():
            plain = network.eval()(embedded, mask > 0).numpy()
            round_as_shipped(network, ranges)
            rounded = network(embedded, mask > 0).numpy()
        off = np.median(np.abs(rounded - shipped))
        assert off < np.median(np.abs(plain - shipped)) / 100

    def test_the_gradient_passes(self):
        x = torch.tensor([0.3, 0.7], requires_grad=True)
        step, zero = torch.tensor(0.5), torch.tensor(0.0)
        rounded = through(x, step, zero)
        assert rounded.tolist() == [0.5, 0.5]
        rounded.sum().backward()
        assert x.grad.tolist() == [1.0, 1.0]


class TestAdapters:
    def test_they_start_as_nothing_and_merge_into_what_they_learned(self):
        torch.manual_seed(0)
        network, embedded = Network().eval(), torch.randn(2, 5, 384)
        mask = torch.ones(2, 5, dtype=torch.bool)
        names = [name for name, _ in network.named_parameters()]
        with torch.no_grad():
            plain = network(embedded, mask)
            adapt(network, rank=4)
            torch.testing.assert_close(network(embedded, mask), plain)
            trained = [p for p in network.parameters() if p.requires_grad]
            assert sum(p.numel() for p in trained) < 400_000
            for layer in network.layers:
                torch.nn.init.normal_(layer.inner.up.weight, std=0.1)
            learned = network(embedded, mask)
            assert not torch.allclose(learned, plain)
            merge(network)
            torch.testing.assert_close(network(embedded, mask), learned)
        assert [name for name, _ in network.named_parameters()] == names


class TestScores:
    def test_best_span_beats_crossed_ends(self):
        start, end = np.array([9.0, 5, 1]), np.array([9.0, 1, 4])
        allowed = np.array([False, True, True])
        assert best_span(start, end, allowed, 30) == (1, 2, 9.0)
        assert best_span(start, end, allowed, 1) == (1, 1, 6.0)

    def test_abstaining_counts_on_both_sides(self):
        right = Reading(row("a", "its rate"), "the rate", 2.0)
        silent = Reading(row("b", "its rate"), "its rate", -1.0)
        none = Reading(row("c", None), "weeks", -3.0)
        found = scores([right, silent, none])
        assert found["forced_em"] == 50.0
        assert found["forced_f1"] == pytest.approx((66.7 + 100) / 2, abs=0.1)
        assert found["em"] == pytest.approx(33.3)
        assert found["no_answer"] == 100.0
        assert found["best_f1"] == pytest.approx((66.7 + 100 + 100) / 3, abs=0.1)


WORKER = """
import torch
from training.workers import Workers

workers = Workers.join()
network = torch.nn.Linear(2, 1)
torch.nn.init.constant_(network.weight, float(workers.rank))
workers.average(network)
line = f"{network.weight.tolist()} {workers.total(1.5, workers.rank)}\\n"
print(line, end="", flush=True)  # in one piece: the other writes, too
workers.leave()
"""


class TestAverage:
    def reader(self, folder: Path, seed: int) -> Network:
        torch.manual_seed(seed)
        network = Network()
        facts = {"plan": {"seed": seed, "data": "/d"}, "sets": {"x": seed}}
        folder.mkdir()
        save_reader(folder, network, facts)
        return network

    def test_every_reader_has_its_share(self, tmp_path):
        """Weights are the weighted mean; the card tells whose and whose plan."""
        folders = [tmp_path / name for name in "abc"]
        networks = [self.reader(f, n) for n, f in enumerate(folders)]
        average(dict(zip(folders, (0.5, 0.3, 0.2), strict=True)), tmp_path / "mean")
        _, mean = open_network(tmp_path / "mean" / "reader.safetensors")
        name = "layers.3.inner.weight"
        parts = [dict(n.named_parameters())[name] for n in networks]
        wanted = 0.5 * parts[0] + 0.3 * parts[1] + 0.2 * parts[2]
        found = dict(mean.named_parameters())[name]
        torch.testing.assert_close(found, wanted, atol=2e-4, rtol=0)
        card = json.loads((tmp_path / "mean" / "reader.json").read_text("utf-8"))
        assert sorted(card["average"].values()) == [0.2, 0.3, 0.5]
        assert card["plan"] == {"seed": 0}

    @pytest.mark.parametrize("shares", [(0.5, 0.4), (1.5, -0.5)])
    def test_shares_that_are_none(self, tmp_path, shares):
        """They add up to one, and none is below zero."""
        folders = dict(zip((tmp_path / "a", tmp_path / "b"), shares, strict=True))
        with pytest.raises(ValueError, match="add up to 1"):
            average(folders, tmp_path / "mean")

    def test_the_command_takes_any_number_of_folders(self, monkeypatch):
        named = "--of a 0.5 --of b/c 0.3 --of d 0.2 --out mean"
        monkeypatch.setattr("sys.argv", ["average", *named.split()])
        called = []
        monkeypatch.setattr("training.average.average", lambda *a: called.append(a))
        average_command()
        wanted = {Path("a"): 0.5, Path("b/c"): 0.3, Path("d"): 0.2}
        assert called == [(wanted, Path("mean"))]

    @pytest.mark.parametrize(
        ("named", "message"),
        [("--of a half", "a folder and a number"), ("--of a 1 --of a 0", "twice")],
    )
    def test_the_command_says_what_it_wants(self, monkeypatch, capsys, named, message):
        monkeypatch.setattr("sys.argv", ["average", *named.split(), "--out", "mean"])
        with pytest.raises(SystemExit, match="2"):
            average_command()
        assert message in capsys.readouterr().err


class TestCalibrate:
    def test_what_tells_questions_apart_counts_though_it_ranks_nothing(self):
        random = np.random.default_rng(0)
        asked = []
        for _ in range(400):
            features = random.normal(size=(4, len(FEATURES)))
            features[:, 1] = random.normal()  # the same for all its proposals
            best = features[:, 0].argmax()
            right = np.zeros(4)
            right[best] = features[best, 1] + random.normal() / 2 > 0
            asked.append(Asked("a", "", True, features, right))
        found = fit(asked, "test")
        assert found.weights[FEATURES[0]] > 0.5
        assert found.weights[FEATURES[1]] > 1.5

    def test_what_ships_weighs_what_is_fitted(self):
        assert set(load_calibration("span").weights) == set(FEATURES)

    def test_folds_hold_whole_articles(self):
        """What is known of an article by heart tells nothing of the next one."""
        random = np.random.default_rng(3)
        asked = []
        for topic in range(len(FEATURES)):
            by_heart = np.zeros((1, len(FEATURES)))
            by_heart[0, topic] = 1.0  # learnt at once by whoever saw its neighbours
            is_right = float(random.random() < 0.5)
            one = Asked("a", str(topic), bool(is_right), by_heart, np.array([is_right]))
            asked += [one] * 20
        _, figures = cross_validate(asked, "test")
        assert figures["area_under_curve"] < 0.6

    def test_the_held_set_counts_in_the_fit_and_in_no_figure(self):
        random = np.random.default_rng(5)
        asked = []
        for name, first in (("a", 0), ("held", 40)):
            for topic in range(first, first + 40):
                features = random.normal(size=(1, len(FEATURES)))
                is_right = float(features[0, 0] > 0)
                right = np.array([is_right])
                asked.append(Asked(name, str(topic), bool(is_right), features, right))
        judges = asked[:40]
        both, figures = cross_validate(asked, "test")
        alone, _ = cross_validate(judges, "test")
        assert both.weights != alone.weights
        assert "right:a" in figures
        assert "right:held" not in figures


class TestLooks:
    """What was found and read once says what the product would find and read."""

    QUESTION = Question("1", "Who said that the harbour would open?", ("Brandt",), "a")

    @pytest.fixture
    def library(self, tmp_path, fast) -> QA:
        folder = tmp_path / "articles"
        folder.mkdir()
        for n, who in enumerate(("Anders", "Brandt", "Cole", "Duval", "Egger")):
            text = f"{who} said on day {n} that the harbour would open. It rained."
            (folder / f"{n}.txt").write_text(text, encoding="utf-8")
        return QA.open(folder, store=tmp_path / "store", settings=fast)

    def test_kept_looks_are_what_was_found(self, library, tmp_path):
        looked = looks.look(library, "news", self.QUESTION, read=4)
        made = looks.made_of({"news": library})
        looks.write_looks(tmp_path / "looks", [looked], made)
        (kept,) = looks.read_looks(tmp_path / "looks", made)
        settings = replace(library.settings, top_k=3)
        hits, candidates = looks.found(kept, library.library.store, settings)
        assert hits == library.retrieve(self.QUESTION.text, top_k=3)
        read = library.reader.read(self.QUESTION.text, [hit.passage for hit in hits])
        assert sorted(map(repr, candidates)) == sorted(map(repr, read))
        assert kept.question.answers == ("Brandt",)

    def test_other_settings_rank_otherwise(self, library):
        looked = looks.look(library, "news", self.QUESTION, read=5)
        store = library.library.store
        for weight in (0.0, 1.0):
            settings = replace(library.settings, dense_weight=weight, article_share=0.0)
            hits, _ = looks.found(looked, store, settings)
            side = [h.lexical if weight == 0.0 else h.dense for h in hits]
            assert side == sorted(side, reverse=True)

    def test_what_is_not_worth_reading_proposes_nothing(self, library):
        looked = looks.look(library, "news", self.QUESTION, read=5)
        store, settings = library.library.store, replace(library.settings, top_k=5)
        for least, fewest, most in ((0.0, 5, 5), (1.0, 1, 4)):
            settings = replace(settings, worth_reading=least)
            hits, candidates = looks.found(looked, store, settings)
            worth = {h.passage.row for h in hits if h.score >= least * hits[0].score}
            assert {candidate.passage.row for candidate in candidates} == worth
            assert fewest <= len(worth) <= most

    @pytest.mark.parametrize(("sure", "read"), [((), 5), ((0.3,), 1), ((1.0, 0.3), 2)])
    def test_what_stopping_early_comes_to(self, library, sure, read):
        """The same as `QA` would have come to; a sure answer ends the reading."""
        looked = looks.look(library, "news", self.QUESTION, read=5)
        settings = replace(library.settings, sure=sure, worth_reading=0.0)
        always = Calibration("test", bias=0.0, weights={})
        outcome = stopping.replay(looked, library, always, settings)
        assert (outcome.is_answerable, outcome.is_given) == (True, True)
        assert outcome.read == read

    def test_stopping_tells_right_and_given_apart(self, library):
        """The best answer may be right and held back, or wrong and given."""
        looked = looks.look(library, "news", self.QUESTION, read=5)
        _, candidates = looks.found(looked, library.library.store, library.settings)
        said = max(candidates, key=lambda c: c.margin).text
        for bias, answer in ((-9.0, said), (9.0, "Xanthe")):
            calibration = Calibration("test", bias, weights={"margin": 0.1})
            asked = replace(self.QUESTION, answers=(answer,))
            other = replace(looked, question=asked)
            outcome = stopping.replay(other, library, calibration, library.settings)
            assert (outcome.is_right, outcome.is_given) == (answer == said, bias > 0)

    def test_looks_of_another_reader_or_store_are_refused(self, library, tmp_path):
        made = looks.made_of({"news": library})
        looks.write_looks(tmp_path / "looks", [], made)
        assert looks.read_looks(tmp_path / "looks", made) == []
        for other in (made | {"reader": "x"}, made | {"news": "x 1"}):
            with pytest.raises(ValueError, match="made with"):
                looks.read_looks(tmp_path / "looks", other)

    def test_what_was_not_read_is_not_made_up(self, library):
        looked = looks.look(library, "news", self.QUESTION, read=1)
        with pytest.raises(ValueError, match="looked at in 1 passages, not in all of"):
            looks.found(looked, library.library.store, library.settings)

    def test_proposals_of_a_look_are_judged(self, library):
        looked = looks.look(library, "news", self.QUESTION, read=5)
        settings = replace(library.settings, top_k=5)
        asked = ask(looked, library.library.store, settings)
        assert asked.is_answerable
        assert asked.features.shape == (len(asked.right), len(FEATURES))


class TestAblate:
    def examples(self, source: str) -> list[Example]:
        ids = np.arange(200, 240, dtype=np.int32)
        return [Example(ids[:8], ids, 5, 6, (), source) for _ in range(64)]

    def test_plain_text_comes_first_then_never_again(self, monkeypatch):
        monkeypatch.setattr(ablate, "QUOTA", {"asked": 1})
        sets = {"asked": self.examples("asked")}
        mixture = ablate.PlainFirst(self.examples("plain"), 0.25, sets, seed=1)
        drawn = []
        mixture._next = lambda name: drawn.append(name) or sets["asked"][0]
        mixture._plain._next = lambda name: drawn.append(name) or sets["asked"][0]
        for progress, name in ((0.0, "plain"), (0.24, "plain"), (0.25, "asked")):
            drawn.clear()
            assert list(mixture.batches(progress, 100))
            assert set(drawn) == {name}

    def test_without_lead_leaves_rivals_none(self):
        lead = np.int32([7, 8])
        rival = replace(self.examples("b")[0], title=lead, opening=lead, own=3)
        led = replace(rival, rivals=(rival,))
        bare = ablate.without_lead(led)
        for one in (bare, *bare.rivals):
            assert len(one.title) == len(one.opening) == one.own == 0
        assert np.array_equal(bare.passage, led.passage)


class TestRecurring:
    TEXT = (
        "The Danube floods came in May and the dykes of Ulm held. Boats brought food"
        " to Passau for a week. By June the Danube floods had left Passau alone."
    )

    def test_the_other_mention_answers(self):
        made = list(recurring_rows(row("", None, self.TEXT), Random(2)))
        assert {text for m in made for text in m.texts} == {"Danube floods", "Passau"}
        for one in made:
            sentence = one.question.replace("what", one.texts[0])
            assert sentence in self.TEXT
            assert sentence not in one.context

    def test_a_phrase_twice_in_a_sentence_is_left_alone(self):
        """What was taken out would stand in the question still."""
        text = "Passau sent boats to all of Passau again. Later on Passau slept."
        made = list(recurring_rows(row("", None, text), Random(2)))
        assert all("Passau" not in one.question for one in made)

    def test_a_phrase_across_sentences_is_none(self):
        text = "We all came to see Ulm. Danube boats left. Back in Ulm. Danube boats."
        assert not list(recurring_rows(row("", None, text), Random(2)))

    def test_nothing_recurs(self):
        assert not list(recurring_rows(row("", None, "One here. Two there."), Random()))


class TestWorkers:
    def test_two_take_the_mean_of_their_weights(self, tmp_path):
        """Each ends with the same weights, and knows the sums."""
        script = tmp_path / "worker.py"
        script.write_text(WORKER, encoding="utf-8")
        run = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
        done = subprocess.run(
            [*run, "--standalone", str(script)],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "PYTHONPATH": "."},
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("[[0.5, 0.5]] [3.0, 1.0]") == 2

    def test_one_alone_changes_nothing(self):
        """Without others the mean is one's own."""
        network = torch.nn.Linear(2, 1)
        before = network.weight.tolist()
        Workers(0, 1).average(network)
        assert network.weight.tolist() == before
        assert Workers(0, 1).total(2.5, 3) == [2.5, 3.0]
