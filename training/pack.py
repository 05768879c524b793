"""What a run on another machine needs, in few bytes: sets, tables, a teacher's weights.

A lent machine may reach nothing and take little at a time. Matrices travel as codes of
a few bits with one scale a row, their bits packed by frequency; training mends what
that costs, since nothing is frozen but the word tables.

    python -m training.pack --data DATA --encoder FOLDER --out PACK

FOLDER holds the published files of all-mpnet-base-v2 (`mpnet.py`).
"""

import argparse
import gc
import lzma
import pickle
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.data import Example, Ids
from training.encoder import Network, Tables, base_weights, bert_name, fill
from training.mixture import QUOTA, build
from training.mpnet import SIZE, open_mpnet
from training.reworded import Rewording

TABLE_BITS = 8  # frozen, so they keep more
TEACHER_BITS = 6
_PART = 13_000_000  # bytes of a file, about
_TIMES = 8  # a set is cut at so many times its quota


class Coded(NamedTuple):
    """A matrix of few bits: `values` are codes of int8, deflated, `scales` of rows."""

    shape: tuple[int, ...]
    scales: npt.NDArray[np.float32]
    values: bytes


def squeeze(tensor: Tensor, bits: int) -> Coded | npt.NDArray[np.float32]:
    """Return a matrix as codes of `bits` bits; other tensors as they are.

    >>> squeeze(torch.tensor([[1.0, -0.5]]), 8).scales.round(4).tolist()
    [0.0079]
    """
    array = tensor.float().numpy()
    if array.ndim != 2 or min(array.shape) < 64:
        return array
    most = 2 ** (bits - 1) - 1
    scales = np.maximum(np.abs(array).max(1), 1e-12) / most
    codes = np.rint(array / scales[:, None]).astype(np.int8)
    # codes of trained weights follow no pattern, so only their frequencies pay
    packer = zlib.compressobj(strategy=zlib.Z_HUFFMAN_ONLY)
    values = packer.compress(codes.tobytes()) + packer.flush()
    return Coded(array.shape, scales.astype(np.float32), values)


def unfold(found: Coded | npt.NDArray[np.float32]) -> Tensor:
    """Return the tensor that `squeeze` took, rounded."""
    if not isinstance(found, Coded):
        return torch.from_numpy(np.array(found))
    codes = np.frombuffer(zlib.decompress(found.values), np.int8).reshape(found.shape)
    return torch.from_numpy(codes * found.scales[:, None])


def _parts(coded: Mapping[str, Coded]) -> Iterator[dict[str, Coded]]:
    part: dict[str, Coded] = {}
    size = 0
    for name, found in coded.items():
        part[name] = found
        size += len(found.values) if isinstance(found, Coded) else found.nbytes
        if size >= _PART:
            yield part
            part, size = {}, 0
    yield part


def write_weights(path: Path, weights: Mapping[str, Tensor], bits: int) -> None:
    """Write tensors to `path` with `.0`, `.1`, ... behind it."""
    coded = {name: squeeze(tensor, bits) for name, tensor in weights.items()}
    for n, part in enumerate(_parts(coded)):  # type: ignore[arg-type]
        plain = {k: tuple(v) if isinstance(v, Coded) else v for k, v in part.items()}
        Path(f"{path}.{n}").write_bytes(pickle.dumps(plain, 5))


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return what `write_weights` wrote, from all parts that are there."""
    coded: dict[str, Coded] = {}
    for part in sorted(path.parent.glob(f"{path.name}.*")):
        plain = pickle.loads(part.read_bytes())
        coded |= {k: Coded(*v) if isinstance(v, tuple) else v for k, v in plain.items()}
    with ThreadPoolExecutor() as pool:
        return dict(zip(coded, pool.map(unfold, coded.values()), strict=True))


def slim(sets: Mapping[str, Sequence[Example]], seed: int) -> dict[str, list[Example]]:
    """Return the sets with equal questions kept once, and no set far above its quota.

    A question stands in each of its rivals, and each was tokenised by itself.
    """
    random = Random(seed)
    known: dict[bytes, Ids] = {}

    def slimmed(example: Example) -> Example:
        question = known.setdefault(example.question.tobytes(), example.question)
        rivals = tuple(slimmed(rival) for rival in example.rivals)
        return replace(example, question=question, rivals=rivals)

    found = {}
    for name, examples in sets.items():
        most = _TIMES * QUOTA[name]
        drawn = examples if len(examples) <= most else random.sample(examples, most)
        found[name] = [slimmed(example) for example in drawn]
    return found


class Pack(NamedTuple):
    """Examples by set, and the words that may stand for others."""

    sets: dict[str, list[Example]]
    rewording: Rewording | None


def write(
    data: Path, encoder: Path, out: Path, seed: int, limit: int | None = None
) -> None:
    """Write the pack of a data folder and a teacher's encoder.

    `limit` is how many rows of each training file are kept, for trials.
    """
    out.mkdir(parents=True, exist_ok=True)
    tables, network = open_mpnet(encoder, seed, 0.0)
    weights = {bert_name(n): p.detach() for n, p in network.named_parameters()}
    write_weights(out / "teacher", {**weights, **tables.weights()}, TEACHER_BITS)
    base = {n: t for n, t in base_weights().items() if n.endswith("embeddings.weight")}
    write_weights(out / "tables", base, TABLE_BITS)
    write_pack(out, slim(build(data / "train", seed, limit), seed), Rewording())


def write_pack(
    folder: Path, sets: dict[str, list[Example]], rewording: Rewording | None
) -> None:
    """Write what `read_pack` reads."""
    content = pickle.dumps((sets, rewording), 5)
    (folder / "sets.xz").write_bytes(lzma.compress(content, preset=3))


def read_pack(folder: Path) -> Pack:
    """Return the examples and rewording of a pack."""
    content = lzma.decompress((folder / "sets.xz").read_bytes())
    gc.disable()  # it would look through a million new objects again and again
    try:
        return Pack(*pickle.loads(content))
    finally:
        gc.enable()


def read_tables(folder: Path) -> Tables:
    """Return the pupil's tables of a pack."""
    return Tables(read_weights(folder / "tables"))


def read_teacher(
    folder: Path, dropout: float, *, whole: bool = True
) -> tuple[Tables, Network]:
    """Return the tables and the network of a teacher that has learnt no spans yet.

    Unless it has to be `whole`, weights that are missing are random: for a rehearsal.
    """
    weights = read_weights(folder / "teacher")
    network = Network(dropout, SIZE)
    if not whole:
        rest = {bert_name(n): p.detach() for n, p in network.named_parameters()}
        sizes = {"word": 30522, "position": 512, "token_type": 2}
        for name, rows in sizes.items():
            rest[f"embeddings.{name}_embeddings.weight"] = torch.randn(rows, SIZE.width)
        weights = {**rest, **weights}
    fill(network, weights)
    return Tables(weights), network


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
