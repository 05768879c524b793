"""What a user can repair, each with a message that says how.

    QAError
    ├── ArticlesError        the folder or file of articles cannot be used
    │   └── FormatError      one file cannot be read; it is skipped, the run goes on
    ├── StoreError           the store on disk cannot be used as it is
    │   └── StoreBusyError   another process is writing to it
    ├── ModelError           weights are missing, altered, or of another kind
    ├── QuestionError        the question is empty or too long
    └── QuestionsError       a file of test questions cannot be used

A caller's mistake (a negative `top_k`, a span outside its article) is a `ValueError`.
Every message has three parts: what we found, what we wanted, what to do.
"""

__all__ = [
    "ArticlesError",
    "FormatError",
    "ModelError",
    "QAError",
    "QuestionError",
    "QuestionsError",
    "StoreBusyError",
    "StoreError",
]


class QAError(Exception):
    """Root of all errors that a user can repair."""


class ArticlesError(QAError):
    """The folder or file of articles is missing, unreadable or empty."""


class FormatError(ArticlesError):
    """One file cannot be turned into articles; the message is its skip reason."""


class StoreError(QAError):
    """The store on disk is missing, damaged, or built by another version."""


class StoreBusyError(StoreError):
    """Another process holds the store's write lock."""


class ModelError(QAError):
    """Weights are missing, altered, or not of the kind that was asked for."""


class QuestionError(QAError):
    """The question is empty or longer than a question can be."""


class QuestionsError(QAError):
    """A file of test questions is unreadable, or two evaluations do not match."""
