"""Questions with expected answers: measure what comes back, compare two runs."""

from qa.evaluation.compare import Change, Comparison, Flip, compare
from qa.evaluation.evaluate import Asks, Retrieves, evaluate
from qa.evaluation.outcomes import METRICS, Outcome, Ranks
from qa.evaluation.questions import Question, read_questions
from qa.evaluation.report import Report

__all__ = [
    "METRICS",
    "Asks",
    "Change",
    "Comparison",
    "Flip",
    "Outcome",
    "Question",
    "Ranks",
    "Report",
    "Retrieves",
    "compare",
    "evaluate",
    "read_questions",
]
