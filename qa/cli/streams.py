"""What the command line reads and prints."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from qa.errors import QAError
from qa.wording import plain

__all__ = ["print_error", "print_json", "read_text"]

_CONTROLS = re.compile("[\x7f-\x9f]")  # json escapes those below itself


def read_text(place: str) -> str:
    """Return the text of a file, or of standard input for a dash.

    Raises:
        QAError: if it cannot be read.
    """
    if place == "-":
        return sys.stdin.read().removeprefix("\ufeff")
    try:
        return Path(place).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise QAError(
            f"{place!r} cannot be read: {error}. Name a UTF-8 text file, or - for "
            "standard input."
        ) from error


def print_json(data: Any, *, indent: int | None = 2) -> None:
    """Print an object so that people can read it, too; without indent, in one line."""
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    print(_CONTROLS.sub(lambda c: f"\\u{ord(c[0]):04x}", text), flush=True)


def print_error(words: object) -> None:
    """Print one message on stderr."""
    print(f"qa: {plain(str(words))}", file=sys.stderr)
