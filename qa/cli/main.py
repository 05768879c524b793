"""Entry of the command line: parse, run one command, turn errors into words."""

import argparse
import errno
import io
import os
import sys
from collections.abc import Sequence

from qa.cli import commands
from qa.cli.arguments import parsed, parser
from qa.cli.streams import print_error
from qa.errors import QAError

__all__ = ["main"]

_ERROR = 1
_INTERRUPTED = 130  # as a shell reports Ctrl-C
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    _open_closed_streams()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # quotes are typographic and JSON is UTF-8, whatever the system's code page;
            # a lone surrogate is written out instead of ending the run
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    arguments = parsed(argv)
    try:
        return _run(arguments)
    except QAError as error:
        print_error(error)
        return _ERROR
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away: `qa ... | head`
        _drop_output()
        return _ERROR
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        print_error(
            f"there is no room for what is written or printed ({error}). Make some, or "
            "send it elsewhere."
        )
        _drop_output()
        return _ERROR


def _run(arguments: argparse.Namespace) -> int:
    code = 0
    if arguments.version:
        code = commands.version()
    elif arguments.command is None:
        parser().print_help()
    else:
        code = commands.COMMANDS[arguments.command](arguments)
    sys.stdout.flush()  # now, while what goes wrong can be told
    return code


def _open_closed_streams() -> None:
    """Put the null device where there is no stream: `qa ... >&-`."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def _drop_output() -> None:
    """Let what cannot be printed go nowhere, or the interpreter tries once more."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
