"""Entry of the command line: parse, run one command, turn errors into words."""

import io
import os
import sys
from collections.abc import Sequence

from qa.cli import commands
from qa.cli.arguments import parser
from qa.cli.streams import print_error
from qa.errors import QAError

__all__ = ["main"]

_ERROR = 1
_INTERRUPTED = 130  # as a shell reports Ctrl-C


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # quotes are typographic and JSON is UTF-8, whatever the system's code page;
            # a lone surrogate is written out instead of ending the run
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    arguments = parser().parse_args(argv)
    if arguments.version:
        return commands.version()
    if arguments.command is None:
        parser().print_help()
        return 0
    try:
        return commands.COMMANDS[arguments.command](arguments)
    except QAError as error:
        print_error(error)
        return _ERROR
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away: `qa ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _ERROR
