"""What the command line reads and prints."""

import json
import sys
from pathlib import Path
from typing import Any

from qa.errors import QAError

__all__ = ["print_json", "read_text"]


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


def print_json(data: Any) -> None:
    """Print an object so that people can read it, too."""
    print(json.dumps(data, ensure_ascii=False, indent=2))
