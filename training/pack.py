"""What a run on another machine needs, in few bytes: sets, tables, a teacher's weights.

    python -m training.pack --data DATA --encoder FOLDER --out PACK

A rented machine may reach nothing and take little at a time. Matrices travel as codes
of a few bits with one scale a row, deflated; training mends what that costs where
weights are trained, so the tables, which stay as they are, keep more bits. FOLDER holds
the published files of all-mpnet-base-v2 (`mpnet.py`).
"""

import argparse
import io
import json
import lzma
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import load_file, save_file
from torch import Tensor

from training.data import Example, Ids, open_tokenizer
from training.encoder import Network, Tables, base_weights, bert_name, fill
from training.mixture import QUOTA, build
from training.mpnet import SIZE, open_mpnet

TABLE_BITS = 8
TEACHER_BITS = 6
_ROUNDED = 64  # rows and columns that a matrix has at least, to be worth it
_PART = 13_000_000  # bytes of a file, about
_TIMES = 8  # a set is cut at so many times its quota

Arrays = dict[str, npt.NDArray[Any]]


def squeeze(name: str, tensor: Tensor, bits: int) -> Arrays:
    """Return a large matrix as codes of `bits` bits, and anything smaller as it is.

    >>> {n: len(a) for n, a in squeeze("a", torch.ones(64, 80), 8).items()}["a.scales"]
    64
    >>> squeeze("b", torch.ones(2), 8)
    {'b': array([1., 1.], dtype=float32)}
    """
    array = tensor.detach().float().numpy()
    if array.ndim != 2 or min(array.shape) < _ROUNDED:
        return {name: array}
    most = 2 ** (bits - 1) - 1
    scales = np.maximum(np.abs(array).max(1), 1e-12) / most
    codes = np.rint(array / scales[:, None]).astype(np.int8)
    # codes of trained weights follow no pattern, so only their frequencies pay
    packer = zlib.compressobj(strategy=zlib.Z_HUFFMAN_ONLY)
    values = packer.compress(codes.tobytes()) + packer.flush()
    return {
        f"{name}.values": np.frombuffer(values, np.uint8),
        f"{name}.scales": scales.astype(np.float32),
    }


def unfold(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Tensor:
    """Return the tensor that `squeeze` took, rounded."""
    if name in arrays:
        return torch.from_numpy(np.array(arrays[name]))
    scales = arrays[f"{name}.scales"]
    codes = zlib.decompress(arrays[f"{name}.values"].tobytes())
    matrix = np.frombuffer(codes, np.int8).reshape(len(scales), -1)
    return torch.from_numpy(matrix * scales[:, None])


def _parts(weights: Mapping[str, Tensor], bits: int) -> Iterator[Arrays]:
    part: Arrays = {}
    for name, tensor in weights.items():
        part |= squeeze(name, tensor, bits)
        if sum(array.nbytes for array in part.values()) >= _PART:
            yield part
            part = {}
    yield part


def write_weights(path: Path, weights: Mapping[str, Tensor], bits: int) -> None:
    """Write tensors to `path` with `.0`, `.1`, ... behind it; older ones go."""
    for old in path.parent.glob(f"{path.name}.[0-9]*"):
        old.unlink()
    for n, part in enumerate(_parts(weights, bits)):
        save_file({k: np.ascontiguousarray(v) for k, v in part.items()}, f"{path}.{n}")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return what `write_weights` wrote, from the parts that are there.

    Raises:
        ValueError: if two parts hold the same tensor, as those of two writes do.
    """
    arrays: Arrays = {}
    for part in path.parent.glob(f"{path.name}.[0-9]*"):
        found = load_file(part)
        if twice := sorted(found.keys() & arrays.keys()):
            raise ValueError(
                f"{path}.*: found {twice[0]!r} in two parts, wanted those of one write"
            )
        arrays |= found
    ends = (".values", ".scales")
    names = sorted({n[: -len(ends[0])] if n.endswith(ends) else n for n in arrays})
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda name: unfold(name, arrays), names)
        return dict(zip(names, found, strict=True))


class _Pool:
    """Token arrays, equal ones once, end to end."""

    def __init__(self) -> None:
        self._places: dict[bytes, int] = {}
        self.arrays: list[Ids] = []

    def place(self, ids: Ids) -> int:
        key = ids.tobytes()
        if key not in self._places:
            self._places[key] = len(self.arrays)
            self.arrays.append(ids)
        return self._places[key]


_FIELDS = ("question", "passage", "title", "opening", "first", "last", "own")


def _line(example: Example, pool: _Pool) -> list[int]:
    ids = example.question, example.passage, example.title, example.opening
    places = [pool.place(each) for each in ids]
    return [*places, example.first, example.last, example.own]


def write_sets(path: Path, sets: Mapping[str, Sequence[Example]], seed: int) -> None:
    """Write examples to `path`; of a set far above its quota, some drawn by `seed`."""
    random = Random(seed)
    pool = _Pool()
    arrays: dict[str, npt.NDArray[np.int32]] = {}
    for name, examples in sets.items():
        most = _TIMES * QUOTA[name]
        drawn = examples if len(examples) <= most else random.sample(examples, most)
        rivals = [rival for own in drawn for rival in own.rivals]
        spans = [s for e in (*drawn, *rivals) for s in e.forbidden]
        counts = [len(e.forbidden) for e in (*drawn, *rivals)]
        lines = [_line(example, pool) for example in (*drawn, *rivals)]
        arrays[f"{name}.lines"] = np.array(lines, np.int32).reshape(-1, len(_FIELDS))
        arrays[f"{name}.rivals"] = np.array(
            [len(own.rivals) for own in drawn], np.int32
        )
        arrays[f"{name}.spans"] = np.array(spans, np.int32).reshape(-1, 2)
        arrays[f"{name}.forbidden"] = np.array(counts, np.int32)
    arrays["tokens"] = np.concatenate(pool.arrays)
    arrays["ends"] = np.cumsum([len(a) for a in pool.arrays]).astype(np.int32)
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy's stub, for a keyword
    path.write_bytes(lzma.compress(file.getvalue(), preset=3))


def read_sets(path: Path) -> dict[str, list[Example]]:
    """Return the examples that `write_sets` wrote."""
    file = io.BytesIO(lzma.decompress(path.read_bytes()))
    found = np.load(file, allow_pickle=False)
    pool = np.split(found["tokens"], found["ends"][:-1])
    sets = {}
    for key in found.files:
        name, _, kind = key.rpartition(".")
        if kind != "lines":
            continue
        lines = found[key].tolist()
        forbidden = iter([(a, b) for a, b in found[f"{name}.spans"].tolist()])
        counts = found[f"{name}.forbidden"].tolist()
        examples = [
            Example(
                pool[line[0]],
                pool[line[1]],
                line[4],
                line[5],
                tuple(next(forbidden) for _ in range(count)),
                name,
                pool[line[2]],
                pool[line[3]],
                line[6],
            )
            for line, count in zip(lines, counts, strict=True)
        ]
        sets[name] = _with_rivals(examples, found[f"{name}.rivals"].tolist())
    return sets


def _with_rivals(examples: Sequence[Example], counts: Sequence[int]) -> list[Example]:
    """Return the first examples with their rivals, which stand behind them in order."""
    rivals = iter(examples[len(counts) :])
    return [
        replace(own, rivals=tuple(next(rivals) for _ in range(count)))
        for own, count in zip(examples[: len(counts)], counts, strict=True)
    ]


def write(
    data: Path, encoder: Path, out: Path, seed: int, limit: int | None = None
) -> None:
    """Write the pack of a data folder and a teacher's encoder.

    `limit` is how many rows of each training file are kept, for trials.
    """
    out.mkdir(parents=True, exist_ok=True)
    tables, network = open_mpnet(encoder, seed, 0.0)
    weights = {bert_name(n): p for n, p in network.named_parameters()}
    write_weights(out / "teacher", weights, TEACHER_BITS)
    write_weights(out / "teacher-tables", tables.weights(), TABLE_BITS)
    base = {n: t for n, t in base_weights().items() if n.endswith("embeddings.weight")}
    write_weights(out / "tables", base, TABLE_BITS)
    vocabulary = open_tokenizer().get_vocab()
    words = sorted(vocabulary, key=vocabulary.__getitem__)
    (out / "words.json").write_text(json.dumps(words), encoding="utf-8")
    write_sets(out / "sets.xz", build(data / "train", seed, limit), seed)


class Pack(NamedTuple):
    """A folder that `write` wrote."""

    folder: Path

    def sets(self) -> dict[str, list[Example]]:
        """Return the examples by set."""
        return read_sets(self.folder / "sets.xz")

    def words(self) -> list[str]:
        """Return the word pieces in the order of their ids."""
        text = (self.folder / "words.json").read_text(encoding="utf-8")
        found: list[str] = json.loads(text)
        return found

    def tables(self) -> Tables:
        """Return the pupil's tables."""
        return Tables(read_weights(self.folder / "tables"))

    def teacher(self, dropout: float, *, whole: bool) -> tuple[Tables, Network]:
        """Return a teacher's tables and network, and its head if it comes from a run.

        Unless it has to be `whole`, what is missing is random: for a rehearsal.

        Raises:
            ValueError: if weights are missing that should be there.
        """
        weights = read_weights(self.folder / "teacher")
        tables = read_weights(self.folder / "teacher-tables")
        network = Network(dropout, SIZE)
        if not whole:
            rest = {bert_name(n): p.detach() for n, p in network.named_parameters()}
            weights = {**rest, **weights}
            for name, table in read_weights(self.folder / "tables").items():
                tables.setdefault(name, torch.randn(len(table), SIZE.width))
        if not tables:
            raise ValueError(f"{self.folder}: found no teacher-tables, wanted some")
        fill(network, weights)
        return Tables(tables), network


def main() -> None:
    """Read the options and write the pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="DATA")
    parser.add_argument("--encoder", type=Path, required=True, help="FOLDER")
    parser.add_argument("--out", type=Path, required=True, help="PACK")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, help="rows of each file; default all")
    args = parser.parse_args()
    write(args.data, args.encoder, args.out, args.seed, args.limit)


if __name__ == "__main__":
    main()
