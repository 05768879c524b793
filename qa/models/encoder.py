"""A BERT encoder as an OpenVINO graph, built straight from its arrays.

Building it ourselves takes half a second and needs neither torch nor a converter. It
also lets us put the 8-bit steps where they cost least: before each linear layer, with
channels evened out first (Xiao et al. 2022, SmoothQuant), while attention, normalising
and the heads stay in 32-bit floats. Measured in benchmarks/speed_embed.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "SMOOTHNESS",
    "Arrays",
    "Head",
    "Ranges",
    "build",
    "build_probe",
    "quantise",
    "smoothing",
]

Arrays = Mapping[str, npt.NDArray[Any]]
"""Tensors by the names they have in a `BertModel`."""

Ranges = Mapping[str, npt.NDArray[np.float32]]
"""Lowest and highest input of each channel, shape `(2, n_in)`, by linear layer."""

Head = Literal["vector", "spans"]
"""`vector`: the mean over the tokens, of length 1. `spans`: logits of each token."""

SMOOTHNESS = 0.85  # share of the unevenness that moves into the weights; of 0.75,
# 0.85 and 0.9 the one that moved the recall of dense retrieval least
_MASKED = np.float32(-1e4)  # added to the logit of padding: its softmax is exactly 0


def smoothing(
    inputs: npt.NDArray[np.float32], weight: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return a divisor for each input channel that makes all channels alike.

    Dividing the input and multiplying the weight's column by it changes nothing in
    exact arithmetic, but leaves no channel so large that the others round to nothing.

    Args:
        inputs: lowest and highest value of each channel, shape `(2, n_in)`.
        weight: shape `(n_out, n_in)`.

    >>> divisor = smoothing(np.float32([[-1, -16], [1, 0]]), np.float32([[1, 1]]))
    >>> divisor.round(2).tolist() == np.float32([0.31, 3.25]).tolist()
    True
    """
    size = np.abs(inputs).max(axis=0) + np.float32(1e-6)
    column = np.abs(weight).max(axis=0) + np.float32(1e-6)
    divisor = size**SMOOTHNESS / column ** (1 - SMOOTHNESS)
    even: npt.NDArray[np.float32] = divisor / np.exp(np.log(divisor).mean())
    return even.astype(np.float32)


def quantise(
    weight: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return a weight in 8 bits and the scale of each row, shape `(n_out, 1)`.

    >>> eight, scale = quantise(np.float32([[-127, 63.6], [0, 254]]))
    >>> eight.tolist(), scale.tolist()
    ([[-127, 64], [0, 127]], [[1.0], [2.0]])
    """
    largest = np.abs(weight).max(axis=1, keepdims=True)
    scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), scale


def build(
    arrays: Arrays, *, head: Head, n_heads: int = 12, ranges: Ranges | None = None
) -> Any:
    """Return an `openvino.Model` of two inputs and one output, all 32-bit floats.

    In go the sums of word, place and type embeddings, shape `(batch, tokens, dim)`,
    and the mask, 1 for a token and 0 for padding, shape `(batch, tokens)`. Out come
    vectors, shape `(batch, dim)`, or logits, shape `(batch, tokens, n_logits)`.

    The table of words is no part of the graph: half of all weights, of which a question
    needs ten rows, stays in its file (`qa.models.tables`).

    Args:
        arrays: the weights, 32-bit.
        head: what is computed from the last layer.
        n_heads: attention heads of a layer.
        ranges: inputs of the linear layers; given, these are computed in 8 bits.
    """
    return _Graph(arrays, n_heads, ranges).model(head)


def build_probe(arrays: Arrays, *, n_heads: int = 12) -> tuple[Any, list[str]]:
    """Return a model that puts out what `ranges` holds, and the layers in order."""
    graph = _Graph(arrays, n_heads, None)
    graph.model("vector")
    return graph.probe()


class _Graph:
    """The layers, one method each; they add nodes and return the last one."""

    def __init__(self, arrays: Arrays, n_heads: int, ranges: Ranges | None) -> None:
        # here, not at the top: only the first use on a machine builds a graph
        import openvino
        from openvino import opset13

        self._ov, self._op = openvino, opset13
        self._arrays, self._n_heads, self._ranges = arrays, n_heads, ranges
        self._linear_inputs: dict[str, Any] = {}
        dim = arrays["embeddings.LayerNorm.weight"].shape[0]
        self._embeddings = opset13.parameter([-1, -1, dim], name="embeddings")
        self._mask = opset13.parameter([-1, -1], name="attention_mask")

    def model(self, head: Head) -> Any:
        op = self._op
        mask = self._mask
        bias = op.multiply(op.subtract(self._const(1.0), mask), self._const(_MASKED))
        bias = op.unsqueeze(bias, self._ints(1, 2))
        state = self._normalise(self._embeddings, "embeddings.LayerNorm")
        layer = 0
        while f"encoder.layer.{layer}.output.dense.weight" in self._arrays:
            state = self._layer(state, bias, f"encoder.layer.{layer}.")
            layer += 1
        heads = {"vector": self._vector, "spans": self._spans}
        return self._model([heads[head](state, mask)])

    def probe(self) -> tuple[Any, list[str]]:
        op = self._op
        outputs = []
        for x in self._linear_inputs.values():
            low = op.reduce_min(x, self._ints(0, 1), True)
            high = op.reduce_max(x, self._ints(0, 1), True)
            outputs.append(op.squeeze(op.concat([low, high], 0), self._ints(1)))
        return self._model(outputs), list(self._linear_inputs)

    def _model(self, outputs: list[Any]) -> Any:
        return self._ov.Model(outputs, [self._embeddings, self._mask], "encoder")

    def _const(self, values: npt.ArrayLike) -> Any:
        return self._op.constant(np.asarray(values, dtype=np.float32, order="C"))

    def _ints(self, *values: int) -> Any:
        return self._op.constant(np.array(values, dtype=np.int64))

    def _normalise(self, x: Any, name: str) -> Any:
        op, arrays = self._op, self._arrays
        x = op.mvn(x, self._ints(-1), True, 1e-12, "inside_sqrt")
        x = op.multiply(x, self._const(arrays[f"{name}.weight"]))
        return op.add(x, self._const(arrays[f"{name}.bias"]))

    def _linear(self, x: Any, name: str) -> Any:
        """Multiply by a weight and add its bias; in 8 bits where ranges are known."""
        op = self._op
        weight = self._arrays[f"{name}.weight"]
        self._linear_inputs[name] = x
        if self._ranges is None:
            factor = self._const(weight)
        else:
            inputs = self._ranges[name]
            divisor = smoothing(inputs, weight)
            x = self._eight_bits(
                op.multiply(x, self._const(1 / divisor)), inputs / divisor
            )
            eight, scale = quantise(weight * divisor)
            factor = op.multiply(
                op.convert(op.constant(eight), "f32"), self._const(scale)
            )
        product = op.matmul(x, factor, False, True)
        return op.add(product, self._const(self._arrays[f"{name}.bias"]))

    def _eight_bits(self, x: Any, inputs: npt.NDArray[np.float32]) -> Any:
        """Round to 256 steps over the range; zero is one of them, so it stays zero."""
        low, high = min(float(inputs.min()), 0.0), max(float(inputs.max()), 1e-6)
        zero = int(np.clip(round(-low / (high - low) * 255), 0, 254))
        step = max(-low / zero if zero else 0.0, high / (255 - zero))
        ends = [self._const(-step * zero), self._const(step * (255 - zero))]
        return self._op.fake_quantize(x, *ends, *ends, 256)

    def _layer(self, state: Any, bias: Any, name: str) -> Any:
        op = self._op
        context = self._attend(state, bias, f"{name}attention.self.")
        context = self._linear(context, f"{name}attention.output.dense")
        state = self._normalise(
            op.add(context, state), f"{name}attention.output.LayerNorm"
        )
        wide = op.gelu(self._linear(state, f"{name}intermediate.dense"), "ERF")
        narrow = self._linear(wide, f"{name}output.dense")
        return self._normalise(op.add(narrow, state), f"{name}output.LayerNorm")

    def _attend(self, state: Any, bias: Any, name: str) -> Any:
        """Return what each token gathers from the others (Vaswani et al. 2017, 3.2)."""
        op = self._op
        n_in = self._arrays[f"{name}query.weight"].shape[0]
        size = n_in // self._n_heads
        split, swap = self._ints(0, 0, self._n_heads, size), self._ints(0, 2, 1, 3)
        query, key, value = (
            op.transpose(
                op.reshape(self._linear(state, name + part), split, True), swap
            )
            for part in ("query", "key", "value")
        )
        query = op.multiply(query, self._const(size**-0.5))
        logits = op.add(op.matmul(query, key, False, True), bias)
        context = op.matmul(op.softmax(logits, -1), value, False, False)
        return op.reshape(op.transpose(context, swap), self._ints(0, 0, n_in), True)

    def _vector(self, state: Any, mask: Any) -> Any:
        """Sum the real tokens; at length 1 the sum is the mean."""
        op = self._op
        real = op.multiply(state, op.unsqueeze(mask, self._ints(2)))
        total = op.reduce_sum(real, self._ints(1), False)
        return op.normalize_l2(total, self._ints(1), 1e-12, "max")

    def _spans(self, state: Any, mask: Any) -> Any:
        op, arrays = self._op, self._arrays
        product = op.matmul(state, self._const(arrays["span.weight"]), False, True)
        return op.add(product, self._const(arrays["span.bias"]))
