"""What the command line takes, and how its help reads."""

import argparse
import math
import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["parsed", "parser"]

_LAST_PORT = 65535

_EPILOG = """\
exit codes: 0 answered, 3 the articles do not say, 1 error, 2 wrong usage

examples:
  qa ask "what did Iran say about Assad's elections" --articles seeds
  qa index ~/articles
  qa serve --articles ~/articles
"""


def parsed(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what was typed; what is wrong with it ends the program with code 2."""
    top = parser()
    arguments, others = top.parse_known_args(argv)
    if others:
        hint = ""
        if not others[0].startswith("-"):
            hint = "; the folder of the articles is named with --articles FOLDER"
        top.error(f"unrecognized arguments: {' '.join(others)}{hint}")
    return arguments


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="qa",
        description="Ask a folder of articles a question; get the words that answer "
        "it, cited to the character. Offline, nothing is made up.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="store_true", help="print the version")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")

    index = commands.add_parser("index", help="read a folder into its store")
    place = index.add_mutually_exclusive_group()
    place.add_argument("folder", nargs="?", help="the articles (default: see ask)")
    _add_library(index, place)
    _add_json(index)

    ask = commands.add_parser("ask", help="ask one question")
    ask.add_argument("question", nargs="+", help="in your own words; quotes optional")
    _add_library(ask)
    _add_asking(ask)
    _add_json(ask)

    batch = commands.add_parser("batch", help="ask all questions of a JSONL file")
    batch.add_argument("questions", help="lines with `id` and `question`; - for stdin")
    _add_library(batch)
    _add_asking(batch)
    _add_json(batch)

    chat = commands.add_parser("chat", help="ask one question after another")
    _add_library(chat)
    _add_asking(chat)

    serve = commands.add_parser("serve", help="open the page in a browser")
    _add_library(serve)
    serve.add_argument("--host", default="127.0.0.1", help="default: this machine only")
    serve.add_argument("--port", type=_port, help="default: the first free from 7860")
    serve.add_argument("--auth", metavar="USER:PASSWORD", help="ask for a password")
    serve.add_argument("--open", action="store_true", help="open a browser, too")

    _add_looking(commands)
    commands.add_parser("schema", help="print the JSON Schema of an answer")
    return top


def _add_looking(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Add the commands that look at a library or at answers and ask nothing new."""
    stats = commands.add_parser("stats", help="what the store of a folder holds")
    _add_library(stats)
    _add_json(stats)

    show = commands.add_parser("show", help="the articles, or the text of one")
    show.add_argument(
        "article",
        nargs="?",
        help="its id, as answers cite it; of a path, the articles found there",
    )
    show.add_argument(
        "--characters",
        nargs=2,
        type=_whole,
        metavar=("START", "END"),
        help="these alone, as a citation counts them",
    )
    _add_library(show)
    _add_json(show)

    evaluate = commands.add_parser("eval", help="score answers of known questions")
    evaluate.add_argument("questions", help="JSONL: id, question, answers, article")
    evaluate.add_argument("--out", type=Path, help="keep the report as JSON")
    _add_library(evaluate)
    _add_json(evaluate)

    compare = commands.add_parser("compare", help="two reports of eval")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    _add_json(compare)

    verify = commands.add_parser(
        "verify",
        help="check saved answers with their files",
        description="Check whether the words of saved answers still stand in the "
        "files. ok: where they were, and all is so that is told of them. MOVED: "
        "word for word in the same sentence, but in another place or in a file that "
        "was renamed; ask again for an answer that cites it. NOT FOUND: neither. The "
        "exit code is 0 where all is ok, else 1.",
    )
    verify.add_argument(
        "answer", help="printed by `qa ask --json` or `qa batch --json`; - for stdin"
    )
    _add_library(verify)
    _add_json(verify)

    doctor = commands.add_parser("doctor", help="check that all is in its place")
    _add_library(doctor)
    _add_json(doctor)


def _add_library(
    command: argparse.ArgumentParser,
    place: "argparse._MutuallyExclusiveGroup | None" = None,
) -> None:
    """Add the options of a library; `place` takes that of the articles."""
    (place or command).add_argument(
        "--articles",
        metavar="FOLDER",
        help="folder, file or zip (default: $QA_ARTICLES, else `seeds`)",
    )
    command.add_argument(
        "--store",
        metavar="PATH",
        default=os.environ.get("QA_STORE"),
        help="where the index is kept (default: $QA_STORE, else `embeddings/` here, "
        "else your cache folder)",
    )
    command.add_argument("--embedder", metavar="SPEC", help="name or path of a model")
    command.add_argument("--reader", metavar="SPEC", help="name of a reader")


def _add_asking(command: argparse.ArgumentParser) -> None:
    limit = command.add_mutually_exclusive_group()
    limit.add_argument(
        "--min-confidence", type=_share, metavar="C", help="abstain below this"
    )
    limit.add_argument(
        "--min-precision",
        type=_share,
        metavar="P",
        help="abstain where answers were right less often than this",
    )


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"found {text!r}, wanted a whole number"
        ) from error


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(
            f"found {text!r}, wanted a number from 1 to {_LAST_PORT}, or 0 for any"
        )
    return int(text)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"found {text!r}, wanted a number from 0 to 1")
    return value
