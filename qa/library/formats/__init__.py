"""Files become articles: a table of suffixes, and one module per family of formats."""

import logging
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from pathlib import PurePosixPath

from qa.errors import FormatError
from qa.library.formats.parsed import Parsed, RawFile, Skipped

__all__ = ["SUPPORTED", "Parsed", "Skipped", "is_supported", "read_articles"]

_log = logging.getLogger(__name__)

# by name, and loaded on first use: a folder of text does not wait for the rest
_PARSERS = {
    ".md": "markdown:parse",
    ".markdown": "markdown:parse",
    ".txt": "text:parse",
    ".text": "text:parse",
    ".html": "html:parse",
    ".htm": "html:parse",
    ".xhtml": "html:parse",
    ".pdf": "pdf:parse",
    ".docx": "docx:parse",
    ".jsonl": "rows:parse_jsonl",
    ".ndjson": "rows:parse_jsonl",
    ".csv": "rows:parse_csv",
    ".tsv": "rows:parse_csv",
    ".zip": "archive:parse",
}

SUPPORTED: tuple[str, ...] = tuple(_PARSERS)
"""The suffixes of files that can be read, in lower case."""


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower()


def is_supported(path: str) -> bool:
    """Whether files of this name can be read.

    >>> is_supported("news/Report.PDF"), is_supported("photo.jpg")
    (True, False)
    """
    return _suffix(path) in _PARSERS


@lru_cache
def _parser(suffix: str) -> Callable[[RawFile], Parsed]:
    module, name = _PARSERS[suffix].split(":")
    parser: Callable[[RawFile], Parsed] = getattr(
        import_module(f"{__name__}.{module}"), name
    )
    return parser


def _barren(path: str, skipped: tuple[Skipped, ...]) -> FormatError:
    if not skipped:
        return FormatError(
            f"{path}: nothing in it. Wanted one article at least. Put one in, or "
            "delete the file."
        )
    return FormatError(
        f"{path}: none of its {len(skipped):,} parts is an article. The first: "
        f"{skipped[0].reason}"
    )


def _flat(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def parse_file(file: RawFile) -> Parsed:
    """Return at least one article; whatever a parser raises becomes a FormatError."""
    suffix = _suffix(file.path)
    if suffix not in _PARSERS:
        found = f"files ending in {suffix!r}" if suffix else "files without a suffix"
        raise FormatError(
            f"{file.path}: {found} cannot be read. Wanted one of "
            f"{' '.join(SUPPORTED)}. Save it as one of these, or leave it out."
        )
    if not file.data:
        raise FormatError(
            f"{file.path}: the file is empty. Wanted an article. Put one in, or delete "
            "the file."
        )
    try:
        parsed = _parser(suffix)(file)
    except FormatError:
        raise
    except ImportError as error:
        raise FormatError(
            f"{file.path}: reading {suffix} needs a package that cannot be loaded "
            f"({_flat(error)}). Wanted a whole installation. Install that package, or "
            "verbatim-qa again."
        ) from error
    except Exception as error:  # parsers of damaged files raise anything
        _log.debug("%s could not be parsed", file.path, exc_info=True)
        raise FormatError(
            f"{file.path}: damaged, or no {suffix} file ({type(error).__name__}: "
            f"{_flat(error)}). Wanted a whole one. Open it in its own program, save it "
            "again."
        ) from error
    if not parsed.articles:
        raise _barren(file.path, parsed.skipped)
    return parsed


def read_articles(data: bytes, path: str, *, file_hash: str) -> Parsed:
    r"""Return the articles in the bytes of a file, at least one, and what was skipped.

    The suffix of `path` tells the format. The file is not opened, the network not used.

    Args:
        data: the file's bytes.
        path: relative to the articles folder, with forward slashes; becomes the id.
        file_hash: SHA-256 of `data`, hexadecimal.

    Raises:
        FormatError: if there is no article in it; the message says why, and what helps.

    >>> read_articles(b"Rain\n\nIt rained.", "a.txt", file_hash="").articles[0].title
    'Rain'
    """
    return parse_file(RawFile(data, path, file_hash))
