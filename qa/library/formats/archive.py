"""Zip files: each member is read as the file that it is."""

import contextlib
import io
import zipfile

from qa.errors import FormatError
from qa.library.formats import parse_file
from qa.library.formats.parsed import Parsed, RawFile, Skipped
from qa.types import Article

__all__ = ["open_zip", "parse"]

_MAX_MEMBERS = 200_000
_MAX_BYTES = 1 << 30  # of all members, unpacked
# text packs to a tenth at best; a thousandth is the mark of a file made to burst
_MAX_RATIO = 200
_HARMLESS_BYTES = 50 << 20  # unpacked: a form letter may well repeat itself this far
_ENCRYPTED = 0x1  # flag bits of a member
_UTF8_NAME = 0x800


def open_zip(file: RawFile) -> zipfile.ZipFile:
    """Open a zip file after looking at how big it says that it will be.

    zipfile reads no more of a member than it declares, so that its word can be taken.

    Raises:
        FormatError: if it is no zip file, has too many members or grows too big.
    """
    if file.data.startswith(b"\xd0\xcf\x11\xe0"):
        raise FormatError(
            f"{file.path}: an old Office document, or one locked with a password. "
            "Wanted an open one. Save an unprotected copy in today's format."
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(file.data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise FormatError(
            f"{file.path}: damaged ({error}). Wanted a whole file. Fetch or pack it "
            "again."
        ) from error
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    bursts = unpacked > max(_HARMLESS_BYTES, _MAX_RATIO * len(file.data))
    if len(members) > _MAX_MEMBERS or unpacked > _MAX_BYTES or bursts:
        raise FormatError(
            f"{file.path}: {len(members):,} members, {unpacked:,} bytes when unpacked. "
            f"Wanted at most {_MAX_MEMBERS:,} members, {_MAX_BYTES:,} bytes, and "
            f"{_MAX_RATIO} times the packed size. Unpack it yourself if you trust it."
        )
    return archive


def _name(member: zipfile.ZipInfo) -> str:
    """Return the member's name without steps out of the archive."""
    name = member.filename
    if not member.flag_bits & _UTF8_NAME:
        with contextlib.suppress(UnicodeError):  # macOS writes UTF-8 unannounced
            name = name.encode("cp437").decode("utf-8")
    steps = name.replace("\\", "/").split("/")
    return "/".join(step for step in steps if step not in ("", ".", ".."))


def _refuse(member: zipfile.ZipInfo, path: str, seen: set[str]) -> None:
    if path in seen:
        found = "a second member of this name. Wanted one. Rename it."
    elif path.lower().endswith(".zip"):
        found = "a zip file within a zip file. Wanted articles. Unpack it."
    elif "__MACOSX/" in path:
        found = "a note of macOS to itself. Wanted an article. Nothing is to be done."
    elif member.flag_bits & _ENCRYPTED:
        found = "locked with a password. Wanted an open file. Pack it without one."
    else:
        return
    raise FormatError(f"{path}: {found}")


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str) -> bytes:
    try:
        return archive.read(member)
    except Exception as error:  # any: damaged data raises what its codec raises
        raise FormatError(
            f"{path}: damaged ({error}). Wanted a whole file. Pack it again."
        ) from error


def parse(file: RawFile) -> Parsed:
    """Return the articles of all members, and why others gave none; all carry its hash.

    Raises:
        FormatError: if the archive as a whole cannot be used.
    """
    articles: list[Article] = []
    skipped: list[Skipped] = []
    seen: set[str] = set()
    with open_zip(file) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            path = f"{file.path}/{_name(member)}"
            try:
                _refuse(member, path, seen)
                seen.add(path)
                data = _unpack(archive, member, path)
                found = parse_file(RawFile(data, path, file.hash))
            except FormatError as error:
                skipped.append(Skipped(path, str(error)))
            else:
                articles += found.articles
                skipped += found.skipped
    return Parsed(tuple(articles), tuple(skipped))
