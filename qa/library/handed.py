"""Files that are handed over: how they are kept."""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["keep", "named_files"]

_LONGEST_NAME = 200  # bytes of a name without suffix; file systems take 255


def named_files(given: Iterable[object]) -> list[tuple[str, bytes]]:
    """Return what was handed over, if it is pairs of name and bytes.

    >>> named_files(iter([("a.txt", b"A llama.")]))
    [('a.txt', b'A llama.')]

    Raises:
        ValueError: if one is something else, such as a path.
    """
    files = []
    for file in given:
        match file:
            case (str() as name, bytes() as data):
                files.append((name, data))
            case _:
                raise ValueError(
                    f"files holds {file!r:.80}; wanted are pairs of name and bytes, "
                    "such as [(path.name, path.read_bytes())]"
                )
    return files


def keep(place: Path, name: str, data: bytes) -> str:
    """Write a file under a safe name that no other bytes have; return that name."""
    for new in _numbered(_safe(name)):
        path = place / new
        if not path.exists() or path.read_bytes() == data:
            break
    beside = place / f".{new}.part"
    beside.write_bytes(data)
    beside.replace(path)
    return new


def _numbered(name: str) -> Iterator[str]:
    """Yield a name, then the same with a number, from 2 on.

    >>> list(itertools.islice(_numbered("a.txt"), 3))
    ['a.txt', 'a (2).txt', 'a (3).txt']
    """
    yield name
    stem, dot, suffix = name.rpartition(".")
    for number in itertools.count(2):
        yield f"{stem} ({number}){dot}{suffix}" if dot else f"{name} ({number})"


def _safe(name: str) -> str:
    r"""Return a file name without folders, control characters and marks in front.

    Those marks have `scan` pass a file over.

    >>> _safe("../../etc/pass\x00wd.txt")
    'passwd.txt'
    """
    base = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(c for c in base if c.isprintable()).strip().lstrip(".~")
    stem, dot, suffix = clean.rpartition(".")
    if not dot:
        stem, suffix = clean, ""
    # file systems count bytes
    short = stem.encode("utf-8", "replace")[:_LONGEST_NAME].decode("utf-8", "ignore")
    return f"{short}{dot}{suffix[:10]}" or "unnamed"
