"""One function for each command: it prints, and returns the exit code."""

import argparse
import dataclasses
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from qa.cli import checks
from qa.cli.library import (
    articles_of,
    open_library,
    open_store,
    progress_bar,
    settings_of,
    skipped_words,
    store_of,
)
from qa.cli.streams import print_error, print_json, read_questions
from qa.errors import QAError, QuestionError
from qa.render import to_text
from qa.schema import answer_to_json
from qa.types import Answer, Turn
from qa.wording import plain, plain_line, plural

if TYPE_CHECKING:
    from qa.pipeline import QA

__all__ = ["COMMANDS", "version"]

_ANSWERED, _ERROR, _ABSTAINED = 0, 1, 3


def version() -> int:
    """Print the version of the installed distribution."""
    from importlib.metadata import version as installed

    print(f"qa {installed('verbatim-qa')}")
    return 0


def _ask(arguments: argparse.Namespace) -> int:
    with open_library(arguments) as qa:
        answer = qa.ask(
            " ".join(arguments.question), min_confidence=_limit(arguments, qa)
        )
    if arguments.json:
        print_json(answer_to_json(answer))
    else:
        print(_shown(answer))
    return _ANSWERED if answer.is_found else _ABSTAINED


def _batch(arguments: argparse.Namespace) -> int:
    questions = list(read_questions(arguments.questions))
    code = _ANSWERED
    with open_library(arguments) as qa:
        limit = _limit(arguments, qa)
        for id_, question in questions:
            try:
                answer = qa.ask(question, min_confidence=limit)
            except QuestionError as error:
                code = _ERROR
                if not arguments.json:
                    print_error(f"{plain_line(str(id_))}: {error}")
                found: dict[str, Any] = {
                    "id": id_,
                    "question": question,
                    "error": str(error),
                }
            else:
                found = {"id": id_, **answer_to_json(answer)}
            if arguments.json:
                print_json(found, indent=None)
            else:
                cells = (str(id_), found.get("text") or "-")
                print("\t".join(map(plain_line, cells)), flush=True)
    return code


def _chat(arguments: argparse.Namespace) -> int:
    turns: list[Turn] = []
    with open_library(arguments) as qa:
        limit = _limit(arguments, qa)
        count = len(qa.library.articles())
        print(f"{count} articles. Ask; an empty line or Ctrl-D ends.", file=sys.stderr)
        while question := _prompt():
            try:
                answer = qa.ask(question, turns=turns, min_confidence=limit)
            except QAError as error:
                print_error(f"{error}\n")
                continue
            turns.append(Turn(question, answer))
            print(f"\n{_shown(answer)}\n")
    return _ANSWERED


def _prompt() -> str:
    try:
        return input("> " if sys.stdin.isatty() else "").strip()
    except EOFError:
        return ""


def _index(arguments: argparse.Namespace) -> int:
    from qa.library.scan import check_articles
    from qa.library.store import Store
    from qa.library.sync import sync
    from qa.search.embed import open_embedder

    folder, settings = articles_of(arguments), settings_of(arguments)
    check_articles(folder, store_of(arguments))
    store = Store(store_of(arguments))
    embedder = open_embedder(settings.embedder)
    with progress_bar() as tell:
        report = sync(folder, store, embedder, settings, progress=tell)
    # build what is derived now, so that the first question does not wait for it
    from qa.search.vectors import VectorIndex, is_written
    from qa.search.words import WordIndex

    if not is_written(store, embedder.name):
        VectorIndex(store, embedder.name, embedder.dim)
    WordIndex(store)
    _ = embedder.dim  # opened beside: what went wrong there is told here
    if arguments.json:
        print_json({**dataclasses.asdict(report), "store": str(store.folder)})
        return 0
    print(
        f"{len(report.added)} added, {len(report.changed)} changed, "
        f"{len(report.moved)} moved, {len(report.removed)} removed, "
        f"{report.unchanged} unchanged; {report.embedded} passages embedded "
        f"in {report.seconds:.1f} s"
    )
    _print_skipped(report.skipped)
    counts, place = store.counts(), plain_line(str(store.folder))
    print(f"{counts.articles} articles, {counts.passages} passages in {place}")
    return 0


def _print_skipped(skipped: Iterable[tuple[str, str]]) -> None:
    for path, reason in skipped:
        print(f"skipped {plain_line(skipped_words(path, reason))}")


def _show(arguments: argparse.Namespace) -> int:
    store, name = open_store(arguments), arguments.article
    if arguments.characters and name is None:
        raise QAError(
            "found characters, but no article they are of. Give its id, too, as "
            "`qa show` lists it."
        )
    article = None if name is None else store.article(name)
    if article is None:
        listed = store.article_list()
        if name is not None:
            name = name.rstrip("/")  # as a shell completes a folder
            listed = [e for e in listed if f"{e.path}/".startswith(f"{name}/")]
            _check_listed(name, len(listed), arguments)
        if arguments.json:
            print_json([{"id": entry.id, "title": entry.title} for entry in listed])
        else:
            for entry in listed:
                print(f"{plain_line(entry.id)}  {plain_line(entry.title)}")
        return 0
    start, end = arguments.characters or (0, len(article.text))
    if not 0 <= start <= end <= len(article.text):
        raise QAError(
            f"found characters {start} to {end}, but {article.id} has "
            f"{len(article.text):,}. Give a start and an end within them."
        )
    text = article.text[start:end]
    if arguments.json:
        print_json({"id": article.id, "title": article.title, "text": text})
    else:
        print(plain(text) if sys.stdout.isatty() else text)
    return 0


def _check_listed(name: str, count: int, arguments: argparse.Namespace) -> None:
    """Make sure that articles are at that path, and no characters wanted of several."""
    if not count:
        raise QAError(
            f"found no article {name!r}, wanted an id or a path. `qa show` lists them."
        )
    if arguments.characters:
        raise QAError(
            f"found {plural(count, 'article')} at {name!r}, wanted the id of one for "
            f"its characters. `qa show {name}` lists them."
        )


def _stats(arguments: argparse.Namespace) -> int:
    store = open_store(arguments)
    place = store.folder
    size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    facts = {
        **dataclasses.asdict(store.counts()),
        "generation": store.generation,
        "embedder": store.meta("embedder"),
        "bytes": size,
        "store": str(place),
    }
    if arguments.json:
        print_json({**facts, "skipped": dict(store.skipped())})
        return 0
    for name, value in facts.items():
        print(
            f"{name:<12}{value:>12,}"
            if isinstance(value, int)
            else f"{name:<12}{plain_line(str(value))}"
        )
    _print_skipped(store.skipped())
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from qa.web import serve

    with open_library(arguments, is_synced=False) as qa:
        qa.library.sync_in_background()  # what is indexed already can be asked
        serve(
            qa,
            host=arguments.host,
            port=arguments.port,
            auth=arguments.auth,
            is_opened=arguments.open,
            announce=lambda place: print(place, flush=True),
        )
    return 0


def _limit(arguments: argparse.Namespace, qa: "QA") -> float | None:
    if arguments.min_precision is None:
        return arguments.min_confidence  # type: ignore[no-any-return]  # argparse
    try:
        return qa.threshold(arguments.min_precision)
    except ValueError as error:
        raise QAError(str(error)) from error


def _shown(answer: Answer) -> str:
    is_screen = sys.stdout.isatty()
    width = min(100, shutil.get_terminal_size().columns)
    return to_text(answer, width=width, is_styled=is_screen)


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "index": _index,
    "ask": _ask,
    "batch": _batch,
    "chat": _chat,
    "serve": _serve,
    "stats": _stats,
    "show": _show,
    "eval": checks.eval_,
    "compare": checks.compare,
    "verify": checks.verify,
    "doctor": checks.doctor,
    "schema": checks.schema,
}
