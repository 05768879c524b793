"""The bytes of a file that was found, or why they are not to be had."""

from pathlib import Path

from qa.errors import FormatError
from qa.library.formats import is_supported, read_articles
from qa.library.scan import STORE_FILE, Found

__all__ = ["cause_of", "content_of"]

_LARGEST = 1_000_000_000  # bytes of one file; it is read into memory whole


def content_of(file: Found) -> bytes:
    """Return the bytes of a file.

    Raises:
        FormatError: if it is none that can be read, told by name, kind or size.
        OSError: if the system refuses.
    """
    if file.is_closed_folder:
        raise PermissionError(13, "the folder may not be opened")
    if file.is_link:
        raise FormatError(
            f"{file.path}: a link to a folder, which is not followed, since links can "
            "run in circles. Name the folder itself, or put it here."
        )
    if file.is_store:
        raise FormatError(
            f"{file.path}: holds {STORE_FILE!r} and is passed over as a store of qa. "
            "If articles stand in it, put them elsewhere."
        )
    if not is_supported(file.path):
        # let the parser word the reason, without reading a film into memory
        read_articles(b"", file.path, file_hash="")
    if file.size > _LARGEST:
        raise FormatError(
            f"{file.path}: {file.size / 1e6:,.0f} MB, wanted are at most "
            f"{_LARGEST / 1e6:,.0f} MB. Cut it into several files."
        )
    place = Path(file.place)
    if place.exists() and not place.is_file():
        raise FormatError(
            f"{file.path}: not a regular file. Put the article itself there."
        )
    return place.read_bytes()


def cause_of(error: Exception) -> str:
    """Return what the system said, in its own words."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
