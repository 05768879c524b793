"""Plain text, and the encodings that text comes in."""

import codecs
import contextlib
import re

from qa.errors import FormatError
from qa.library.formats.masthead import make_article
from qa.library.formats.parsed import Parsed, RawFile

__all__ = ["decode", "parse"]

_MARKS = (  # byte order marks; UTF-32's begins with UTF-16's, so it comes first
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KINDS = (  # first bytes of what is often saved under a wrong name
    (b"%PDF-1.", "a PDF"),
    (b"PK\x03\x04", "a packed file (zip, DOCX or the like)"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf1", "a rich text document (RTF)"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # of no use in text
_WESTERN = frozenset(
    """
    ascii cp1252 iso-8859-1 iso8859-1 latin-1 latin1 us-ascii windows-1252 x-cp1252
    """.split()
)
_SAMPLE = 1_000_000  # characters looked at to tell text from other data
_NON_ASCII = bytes(range(128, 256))
# of the letters, at most a third have accents where many do, as in French; of other
# scripts read as Windows-1252, from six in ten (Japanese) to all (Russian, Thai)
_MOST_ACCENTED = 0.5
_FEWEST_ACCENTED = 8  # letters; below, it may be a word or two
_TAG = re.compile(r"<[^<>]*>")


def _marked(data: bytes) -> str | None:
    for mark, codec in _MARKS:
        if data.startswith(mark):
            with contextlib.suppress(UnicodeDecodeError):
                return data[len(mark) :].decode(codec)
    return None


def _declared(data: bytes, charset: str | None) -> str | None:
    if charset is None:
        return None
    # a page that says Latin-1 means Windows-1252 (WHATWG Encoding, 4.2); one that
    # says UTF-16 in letters of one byte each does not mean it (WHATWG HTML, 13.2.3)
    name = charset.strip().lower()
    if name in _WESTERN:
        name = "cp1252"
        if not data.isascii():  # chance makes no UTF-8 of text in Windows-1252
            with contextlib.suppress(UnicodeDecodeError):
                return data.decode("utf-8")
    if name.startswith(("utf-16", "utf16", "utf-32", "utf32")):
        return None
    try:
        return str(data.decode(name))
    except (LookupError, ValueError):  # unknown, not an encoding, or not in that one
        return None


def _read_by_itself(error: UnicodeError) -> tuple[str, int]:
    """Read what is no UTF-8 as Windows-1252, and what is not that either as Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    if error.encoding == "charmap":  # five bytes mean nothing in Windows-1252
        return bad.decode("latin-1"), error.end
    if error.reason == "unexpected end of data":  # the file was cut
        return "\ufffd", error.end
    return bad.decode("cp1252", _BY_ITSELF), error.end


_BY_ITSELF = "qa.read_by_itself"
codecs.register_error(_BY_ITSELF, _read_by_itself)


def _utf16_order(data: bytes) -> str | None:
    """Tell UTF-16 without a mark by the NULs that its Latin letters and spaces hold."""
    first, second = data[0::2].count(0), data[1::2].count(0)
    few = len(data) // 20  # a tenth of the units
    if len(data) % 2 or max(first, second) <= few:
        return None
    if second > 20 * first:
        return "utf-16-le"
    return "utf-16-be" if first > 20 * second else None


def _check_western(text: str, path: str) -> None:
    """Refuse what was read as Windows-1252 and cannot be that."""
    letters = [sign for sign in _TAG.sub("", text[:_SAMPLE]) if sign.isalpha()]
    accented = sum(not sign.isascii() for sign in letters)
    if accented >= _FEWEST_ACCENTED and accented > _MOST_ACCENTED * len(letters):
        raise FormatError(
            f"{path}: no UTF-8; read as Windows-1252, {accented / len(letters):.0%} of "
            "its letters would have accents, so it is in an encoding of another script "
            "that cannot be told for sure. Wanted UTF-8. Open it in the program that "
            "it comes from, and save it as UTF-8."
        )


def _guessed(data: bytes) -> tuple[str, bool]:
    """Return the text, and whether it was read as Windows-1252 for want of a sign."""
    order = _utf16_order(data) if b"\0" in data else None
    if order:
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(order), False
    with contextlib.suppress(UnicodeDecodeError):
        return data.decode("utf-8"), False
    kept = data.decode("utf-8", "ignore")
    good = len(kept) - len(data.translate(None, _NON_ASCII))
    bad = len(data) - len(kept.encode())
    # chance does not make as many sequences as there are other bytes
    is_western = good < bad
    return data.decode("cp1252" if is_western else "utf-8", _BY_ITSELF), is_western


def decode(data: bytes, path: str, *, charset: str | None = None) -> str:
    r"""Return the text of `data`, with `\n` for every newline and no byte order mark.

    Tried in turn: the byte order mark, `charset`, UTF-16 by its NULs, UTF-8,
    Windows-1252, Latin-1. In text that is mostly UTF-8, each other byte is read as one
    of the last two. A page that says Latin-1 and is valid UTF-8 is UTF-8.

    Args:
        data: the bytes of a file.
        path: for the message.
        charset: what the file itself declares.

    Raises:
        FormatError: if this is no text, or in an encoding that cannot be told.

    >>> decode("Café\r\n".encode("cp1252"), "a.txt")
    'Café\n'
    """
    for start, kind in _KINDS:
        if data.startswith(start):
            raise FormatError(
                f"{path}: this is {kind}, wanted text. Give it the suffix of its kind, "
                "or save it as text."
            )
    text, is_western = _marked(data), False
    if text is None:
        text = _declared(data, charset)
    if text is None:
        text, is_western = _guessed(data)
    if _CONTROL.search(text):
        sample = text[:_SAMPLE]
        controls = len(_CONTROL.findall(sample))
        if controls > 1 + len(sample) // 50:
            raise FormatError(
                f"{path}: {controls:,} of {len(sample):,} characters are control "
                "characters, so this is no text but binary data. Wanted text. Give it "
                "the suffix of its kind, or take it out of the folder."
            )
    if is_western:
        _check_western(text, path)
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def parse(file: RawFile) -> Parsed:
    """Return the one article of a text file; offsets are those of the file as opened.

    Raises:
        FormatError: if it is no text, or has no words.
    """
    return Parsed((make_article(file, decode(file.data, file.path)),))
