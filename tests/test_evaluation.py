"""Evaluation: scores, question files, reports, comparisons."""

import datetime
import json
import math
import random
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest

from qa.errors import QuestionError, QuestionsError
from qa.evaluation import Question, Ranks, Report, compare, evaluate, read_questions
from qa.evaluation.metrics import (
    best,
    bootstrap_interval,
    calibration_error,
    exact_match,
    f1,
    risk_coverage,
    sign_test,
    wilson_interval,
)
from qa.types import Alternative, Answer, Article, Citation, Hit, Passage

QUESTIONS = (
    Question("1", "Who won?", ("Assad",), article="syria.md", kind="who"),
    Question("2", "When?", ("June 3", "on June 3"), article="other.md", kind="when"),
    Question("3", "How many?", ("88 percent",), kind="number"),
    Question("4", "Who lost?", kind="none"),
    Question("5", "Why?", kind="none"),
)
TEXTS = {
    "Who won?": "President Assad",
    "When?": "on June 3, 2014",
    "How many?": None,
    "Who lost?": None,
    "Why?": "for peace",
}
ARTICLE = Article("syria.md", "syria.md", "Syria", "President Assad won in Syria.")


def answer(question: str, text: str | None, confidence: float = 0.9) -> Answer:
    """An answer with a citation when it has a text."""
    if text is None:
        return Answer(question, question, None, None, confidence, reason="no_answer")
    day = datetime.date(2014, 6, 4)
    end = len(text)
    cited = Citation("a", "a.md", "A", day, 0, end, text, 0, end, 0, end, 1)
    other = Alternative("x", "x", 0.1, (cited,))
    return Answer(
        question, question, text, text, confidence, None, (cited,), (other,), (cited,)
    )


class Stub:
    """Answers from a table; finds one passage whatever is asked."""

    def __init__(self, texts: dict[str, str | None]) -> None:
        self.texts = texts

    def ask(self, question: str) -> Answer:
        return answer(question, self.texts[question])

    def retrieve(self, question: str, *, top_k: int) -> Sequence[Hit]:
        return [Hit(Passage(ARTICLE, 0, 29), 1.0)][:top_k]


class AskOnly:
    """A system that does not show its passages."""

    def ask(self, question: str) -> Answer:
        return answer(question, None)


@pytest.fixture
def report() -> Report:
    return evaluate(Stub(TEXTS), QUESTIONS)


class TestMetrics:
    @pytest.mark.parametrize(
        ("text", "expected", "exact", "token_f1"),
        [
            ("The U.S.", "US", 1.0, 1.0),
            ("Kunduz", "Kabul", 0.0, 0.0),
            ("in Vienna, Austria", "Vienna", 0.0, 0.5),
            ("no no no", "no", 0.0, 0.5),  # a repeated word counts once
            ("the", "a", 1.0, 1.0),  # nothing is left of either
            ("the", "Kabul", 0.0, 0.0),
        ],
    )
    def test_scores_are_those_of_the_official_script(
        self, text, expected, exact, token_f1
    ):
        assert exact_match(text, expected) == exact
        assert f1(text, expected) == pytest.approx(token_f1)

    def test_best_takes_the_nearest_expected_answer(self):
        assert best(exact_match, "70", ("70 pct", "70")) == 1.0
        assert best(f1, None, ("70",)) == 0.0

    def test_bootstrap_covers_the_mean_as_theory_says(self):
        """Of a large sample, the interval is the mean plus and minus 1.96 errors."""
        rng = random.Random(1)
        values = [rng.random() for _ in range(2000)]
        low, high = bootstrap_interval(values, seed=0)
        error = float(np.std(values)) / math.sqrt(len(values))
        middle = float(np.mean(values))
        assert low == pytest.approx(middle - 1.96 * error, abs=0.002)
        assert high == pytest.approx(middle + 1.96 * error, abs=0.002)
        assert (low, high) == bootstrap_interval(values, seed=0)

    def test_intervals_refuse_an_empty_sample(self):
        with pytest.raises(ValueError, match="at least one"):
            bootstrap_interval([], seed=0)
        with pytest.raises(ValueError, match="n > 0"):
            wilson_interval(0, 0)

    def test_wilson_stays_within_zero_and_one(self):
        assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
        assert wilson_interval(20, 20) == pytest.approx((0.8389, 1.0), abs=1e-4)

    def test_sign_test_is_the_binomial_tail(self):
        assert sign_test(9, 1) == pytest.approx(2 * 11 / 1024)
        assert sign_test(0, 0) == 1.0
        assert sign_test(3000, 2500) == sign_test(2500, 3000) < 1e-10

    def test_calibrated_confidence_has_no_error(self):
        rights = [True] * 7 + [False] * 3
        assert calibration_error([0.7] * 10, rights) == pytest.approx(0.0)
        assert calibration_error([1.0] * 10, rights) == pytest.approx(0.3)
        assert calibration_error([0.0] * 10, rights) == pytest.approx(0.7)
        assert calibration_error([], []) is None

    def test_risk_does_not_depend_on_the_order_of_equals(self):
        points = risk_coverage([0.5, 0.5, 0.8], [True, False, True])
        assert points == risk_coverage([0.5, 0.8, 0.5], [False, True, True])
        assert points == [(1 / 3, 0.0), (1.0, 1 / 3)]


class TestReadQuestions:
    def test_reads_plain_and_squad_answers(self, tmp_path):
        path = tmp_path / "questions.jsonl"
        path.write_text(
            '{"id": "a", "question": "Who?", "answers": ["B", "B", "C"], '
            '"article": "x.md", "kind": "who", "note": "kept out"}\n\n'
            '{"id": 2, "question": "Why?", "answers": '
            '[{"text": "D", "answer_start": 4}]}\n'
            '{"id": "c", "question": "When?", "article": null, "answers": []}\n',
            encoding="utf-8",
        )
        assert read_questions(path) == [
            Question("a", "Who?", ("B", "C"), "x.md", "who"),
            Question("2", "Why?", ("D",)),
            Question("c", "When?"),
        ]

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("{", "line 2: not JSON"),
            ("[1]", "line 2: found list, wanted an object"),
            ('{"question": "Who?"}', "line 2: no `id`"),
            ('{"id": "a"}', "line 2: no `question`"),
            ('{"id": "a", "question": " "}', "line 2: question 'a' has no words"),
            ('{"id": "a", "question": "Q", "answers": "B"}', "a list of strings"),
            ('{"id": "a", "question": "Q", "answers": [3]}', "3 is neither"),
            ('{"id": "a", "question": "Q", "answers": [""]}', "without words"),
            ('{"id": "a", "question": "Q", "kind": 3}', "`kind` is 3"),
            ('{"id": "first", "question": "Q"}', "'first' stands twice"),
            ('{"id": "a", "question": "Q", "answer": ["B"]}', "wanted `answers`"),
            ('{"id": "a", "question": "Q", "Answers": ["B"]}', "found `Answers`"),
            ('{"id": "a", "question": "Q", "articles": "x"}', "wanted `article`"),
            ('{"id": "a", "questions": "Q"}', "found `questions`"),
        ],
    )
    def test_a_bad_line_is_named(self, tmp_path, line, message):
        path = tmp_path / "questions.jsonl"
        path.write_text(f'{{"id": "first", "question": "Q"}}\n{line}\n', "utf-8")
        with pytest.raises(QuestionsError, match="line 2") as raised:
            read_questions(path)
        assert message in str(raised.value)

    def test_all_bad_lines_are_named_at_once(self, tmp_path):
        path = tmp_path / "questions.jsonl"
        good = '{"id": "a", "question": "Who?"}'
        path.write_text("\n".join(["{", good, "[1]", "", good, "}"]), "utf-8")
        with pytest.raises(QuestionsError) as raised:
            read_questions(path)
        told = str(raised.value).splitlines()
        assert [line.split(": ")[0] for line in told] == [
            f"{path}, line {number}" for number in (1, 3, 5, 6)
        ]

    def test_a_file_of_something_else_is_told_in_part(self, tmp_path):
        path = tmp_path / "questions.jsonl"
        path.write_text("no JSON\n" * 1234, "utf-8")
        with pytest.raises(QuestionsError, match="line 1: not JSON") as raised:
            read_questions(path)
        *told, last = str(raised.value).splitlines()
        assert len(told) == 100
        assert last == f"{path}: 1,134 more lines cannot be used."

    def test_other_fields_may_stand_beside(self, tmp_path):
        """Such as those of SQuAD, or an answer in other words."""
        path = tmp_path / "questions.jsonl"
        row = {"id": "a", "question": "Who?", "answers": ["B"], "answer": "It was B"}
        row |= {"title": "T", "context": "C", "is_impossible": False, "idx": 3}
        path.write_text(json.dumps(row | {"plausible_answers": []}), "utf-8")
        assert read_questions(path) == [Question("a", "Who?", ("B",))]

    @pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00\xd8"])
    def test_a_file_without_questions_is_refused(self, tmp_path, content):
        path = tmp_path / "questions.jsonl"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(QuestionsError, match=r"questions\.jsonl"):
            read_questions(path)


class TestReport:
    def test_figures_follow_from_the_outcomes(self, report):
        assert [o.is_right for o in report.outcomes] == [True, True, False, True, False]
        assert report.n == 5
        assert report.right == pytest.approx(3 / 5)
        assert report.exact_match == pytest.approx(1 / 5)
        first, second = 2 / 3, 6 / 7
        assert report.has_answer_f1 == pytest.approx((first + second) / 3)
        assert report.f1 == pytest.approx((first + second + 1) / 5)
        assert report.lost == pytest.approx(1 / 3)
        assert report.abstention_precision == pytest.approx(1 / 2)
        assert report.abstention_recall == pytest.approx(1 / 2)
        assert report.calibration_error == pytest.approx(0.9 - 2 / 3)
        assert report.risk_coverage == [(1.0, pytest.approx(1 / 3))]

    def test_recall_looks_for_the_article_and_for_the_answer(self, report):
        assert report.outcomes[0].recalled == Ranks(article=1, answer=1)
        assert report.outcomes[1].recalled == Ranks(article=None, answer=None)
        assert report.outcomes[3].recalled is None
        assert report.mean("recall_1") == 0.5  # the third names no article
        assert report.mean("answer_recall") == pytest.approx(1 / 3)
        assert report.mean("mrr") == 0.5

    def test_without_retrieval_there_is_no_recall(self):
        report = evaluate(AskOnly(), QUESTIONS)
        assert report.mean("recall_5") is None
        assert report.lost == 1.0
        assert report.calibration_error is None
        assert "recall" not in report.to_markdown().replace("abstention_recall", "")

    def test_kinds_are_reports_of_their_own(self, report):
        assert {kind: part.right for kind, part in report.by_kind.items()} == {
            "none": 0.5,
            "number": 0.0,
            "when": 1.0,
            "who": 1.0,
        }

    def test_progress_is_told_after_each_question(self):
        seen: list[tuple[int, int]] = []
        evaluate(AskOnly(), QUESTIONS[:2], progress=lambda *p: seen.append(p))
        assert seen == [(1, 2), (2, 2)]

    def test_a_question_that_cannot_be_asked_is_named(self):
        class Refuses:
            def ask(self, question: str) -> Answer:
                raise QuestionError("no word")

        with pytest.raises(QuestionError, match="question '1': no word"):
            evaluate(Refuses(), QUESTIONS)

    def test_json_brings_everything_back(self, report):
        again = Report.from_json(report.to_json())
        assert again == report
        assert again.to_markdown() == report.to_markdown()

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"outcomes": [{}]}'])
    def test_what_is_not_a_report_is_refused(self, text):
        with pytest.raises(QuestionsError, match="not a report"):
            Report.from_json(text)

    def test_markdown_states_value_interval_and_count(self, report):
        lines = report.to_markdown().splitlines()
        assert "| right | 60.0 | 23.1 to 88.2 | 5 |" in lines
        assert "| who | 1 | 100.0 | 0.0 | 66.7 |" in lines

    def test_no_questions_give_no_figures(self):
        empty = evaluate(AskOnly(), [])
        assert (empty.n, empty.f1, empty.median_ms) == (0, None, None)
        assert Report.from_json(empty.to_json()) == empty
        assert "calibration_error | –" in empty.to_markdown()


class TestCompare:
    def test_a_report_compared_with_itself_has_not_changed(self, report):
        same = compare(report, report)
        assert (same.won, same.lost) == ((), ())
        assert {c.difference for c in same.changes} == {0.0}
        assert {c.p_value for c in same.changes} == {1.0}
        assert same.change("f1").interval == (0.0, 0.0)

    def test_flips_and_differences_are_listed(self, report):
        changed = {**TEXTS, "Why?": None, "How many?": "88 percent", "Who won?": None}
        after = evaluate(Stub(changed), QUESTIONS[::-1])  # order does not matter
        found = compare(report, after)
        assert [flip.after.question.id for flip in found.won] == ["3", "5"]
        assert [flip.after.question.id for flip in found.lost] == ["1"]
        right = found.change("right")
        assert (right.before, right.after) == pytest.approx((0.6, 0.8))
        assert right.p_value == 1.0  # two won, one lost: chance
        assert right.interval[0] <= 0.2 <= right.interval[1]
        text = found.to_markdown()
        assert "- `3` How many? (88 percent): no answer → 88 percent" in text
        assert "- `1` Who won? (Assad): President Assad → no answer" in text

    def test_a_steady_gain_over_many_questions_is_not_chance(self):
        questions = [Question(str(i), f"Q{i}?", ("yes",)) for i in range(200)]
        wrong = {q.text: "no" if i % 2 else "yes" for i, q in enumerate(questions)}
        better = {**wrong, **{f"Q{i}?": "yes" for i in range(0, 60)}}
        found = compare(
            evaluate(Stub(wrong), questions), evaluate(Stub(better), questions)
        )
        change = found.change("right")
        assert change.difference == pytest.approx(0.15)
        assert change.p_value == 2 / 2**30
        assert change.interval == pytest.approx((0.10, 0.20), abs=0.015)

    def test_other_questions_are_refused(self, report):
        fewer = evaluate(Stub(TEXTS), QUESTIONS[:4])
        with pytest.raises(QuestionsError, match=r"1 questions are not the same.*'5'"):
            compare(report, fewer)
        other = Question("5", "Why?", ("peace",), kind="none")
        with pytest.raises(QuestionsError, match="not the same"):
            compare(report, evaluate(Stub(TEXTS), [*QUESTIONS[:4], other]))


def test_import_is_light():
    """Reading questions and reports waits for no model and no statistics package."""
    heavy = ("torch", "openvino", "gradio", "scipy", "sentence_transformers")
    code = (
        f"import qa.evaluation, sys; sys.exit(any(m in sys.modules for m in {heavy}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
