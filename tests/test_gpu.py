"""A run on a rented GPU, rehearsed on the CPU: the pack, the feed, the course."""

import json
import os
import shutil
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch

from training.course import (
    Course,
    Log,
    advisor,
    compile_layers,
    learn,
    with_weights,
)
from training.data import Example
from training.encoder import Network, Size, Tables, bert_name, open_network
from training.feed import Diet, Feed
from training.gpu import options, run, save_parts
from training.mixture import QUOTA
from training.pack import (
    Pack,
    read_sets,
    read_weights,
    write_sets,
    write_weights,
)
from training.windows import SHAPES

SMALL = Size(24, 3, 48, 2, 1e-5)

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="feeders are forked"),
    # torch has threads by then; the children use none of them
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
]


def example(number: int, *, rivals: int = 0) -> Example:
    """A question whose answer is the token 7 and nothing else."""
    random = np.random.default_rng(number)
    passage = random.integers(10, 60, 40, dtype=np.int32)
    first = int(random.integers(5, 35))
    passage[first] = 7
    asked = np.arange(3, dtype=np.int32) + 3
    own = Example(asked, passage, first, first, ((first, first),), "qamr")
    other = replace(own, passage=passage[:first], first=-1, last=-1, forbidden=())
    return replace(own, rivals=(other,) * rivals)


def tables(width: int) -> dict[str, torch.Tensor]:
    """Tables in which the answer stands out, so that it is soon learnt."""
    random = torch.Generator().manual_seed(width)
    rows = {"word": 200, "position": 400, "token_type": 2}
    found = {n: 0.3 * torch.randn(k, width, generator=random) for n, k in rows.items()}
    found["word"][7] = 3.0 * torch.arange(width).remainder(2)
    return {f"embeddings.{name}_embeddings.weight": t for name, t in found.items()}


def fed(**knobs: float) -> Feed:
    sets = {"qamr": [example(n) for n in range(400)]}
    return Feed(sets, Diet({"qamr": 1}, **knobs), seed=1, number=1)


class TestPack:
    def test_matrices_come_back_within_half_a_step(self, tmp_path):
        matrix = torch.randn(700, 90, generator=torch.Generator().manual_seed(1))
        write_weights(tmp_path / "w", {"a": matrix}, 6)
        assert (tmp_path / "w.0").stat().st_size < matrix.numel() * 6 / 8
        found = read_weights(tmp_path / "w")["a"]
        step = matrix.abs().amax(1, keepdim=True) / 31
        assert ((found - matrix).abs() <= step / 2 + 1e-6).all()

    def test_small_tensors_are_not_rounded(self, tmp_path):
        weights = {
            "a": torch.randn(5),
            "b": torch.randn(80, 80),
            "c": torch.randn(2, 9),
        }
        write_weights(tmp_path / "w", weights, 8)
        found = read_weights(tmp_path / "w")
        assert set(found) == set(weights)
        assert torch.equal(found["a"], weights["a"])
        assert torch.equal(found["c"], weights["c"])

    def test_parts_of_two_writes_are_refused(self, tmp_path):
        for name in "vw":
            write_weights(tmp_path / name, {"a": torch.randn(5)}, 8)
        (tmp_path / "v.0").rename(tmp_path / "w.1")
        with pytest.raises(ValueError, match="found 'a' in two parts"):
            read_weights(tmp_path / "w")

    def test_weights_lie_in_parts_and_older_ones_go(self, tmp_path, monkeypatch):
        monkeypatch.setattr("training.pack._PART", 1000)
        weights = {name: torch.randn(80, 80) for name in "abc"}
        write_weights(tmp_path / "w", weights, 8)
        assert len(list(tmp_path.glob("w.*"))) >= 3
        (tmp_path / "w.1").unlink()
        assert set(read_weights(tmp_path / "w")) == {"a", "c"}  # for a rehearsal
        write_weights(tmp_path / "w", {"d": torch.randn(3)}, 8)
        assert set(read_weights(tmp_path / "w")) == {"d"}

    def test_examples_come_back_whole(self, tmp_path):
        own = replace(
            example(1, rivals=2), title=np.array([4, 5], np.int32), source="qamr", own=9
        )
        none = replace(example(2), first=-1, last=-1, forbidden=((1, 2), (5, 6)))
        write_sets(tmp_path / "s", {"qamr": [own, none], "found": []}, 1)
        sets = read_sets(tmp_path / "s")
        again, last = sets["qamr"]
        assert not sets["found"]
        for one, other in ((again, own), (last, none)):
            for name in ("question", "passage", "title", "opening"):
                assert np.array_equal(getattr(one, name), getattr(other, name))
            for name in ("first", "last", "forbidden", "own", "source"):
                assert getattr(one, name) == getattr(other, name)
        assert [rival.first for rival in again.rivals] == [-1, -1]
        assert np.array_equal(again.rivals[1].passage, own.rivals[1].passage)
        assert not last.rivals

    def test_no_set_is_far_above_its_quota(self, tmp_path, monkeypatch):
        monkeypatch.setitem(QUOTA, "qamr", 2)
        write_sets(tmp_path / "s", {"qamr": [example(n) for n in range(50)]}, 1)
        assert len(read_sets(tmp_path / "s")["qamr"]) == 16


class TestFeed:
    def test_batches_hold_what_the_diet_wants(self):
        sets = {"qamr": [example(n, rivals=2) for n in range(60)]}
        diet = Diet({"qamr": 1}, taught=0.5, rows=2)
        with Feed(sets, diet, seed=1, number=2) as feed:
            batches = feed.batches("cpu")
            (ids, types, mask, allowed, target, taught), together = next(batches)
            assert ids.shape == types.shape == mask.shape == allowed.shape
            assert len(ids) == 2 * SHAPES[ids.shape[1]]
            assert target.shape == (len(ids), 2)
            assert taught[0] == 0.5
            kinds = {together, *(next(batches)[1] for _ in range(30))}
        assert kinds == {1, 3}  # rivals in one window, or as passages that compete
        assert not any(process.is_alive() for process in feed._processes)

    def test_who_begins_anew_knows_how_far_the_run_is(self):
        """At the end half of the passages are whole, at the beginning one of twenty."""
        long = np.full(300, 30, np.int32)
        sets = {"qamr": [replace(example(1), passage=long) for _ in range(50)]}
        lengths = {}
        for begins in (0.0, 1.0):
            diet = Diet({"qamr": 1}, begins, whole=1.0)
            with Feed(sets, diet, seed=1, number=1) as feed:
                batches = feed.batches("cpu")
                drawn = [next(batches)[0][0].shape[1] for _ in range(40)]
            lengths[begins] = np.mean(drawn)
        assert lengths[1.0] > 250 > 150 > lengths[0.0]

    def test_a_process_that_ends_ends_the_run(self, capfd):
        with (
            Feed({"qamr": []}, Diet({"qamr": 1}), seed=1, number=1) as feed,
            pytest.raises(RuntimeError, match=r"ended with \[1\]"),
        ):
            next(feed.batches("cpu"))
        assert "Error" in capfd.readouterr().err  # the trace of the process


class TestCourse:
    def clock(self):
        """One second a step."""
        return count().__next__

    def test_labels_teach(self, tmp_path):
        torch.manual_seed(1)
        own, network = Tables(tables(24)), Network(size=SMALL)
        kept = []
        with fed() as feed:
            mean = learn(
                Course(150, 3e-3, 1.0, kept=0.9),
                own,
                network,
                feed,
                "cpu",
                Log(tmp_path),
                keep=lambda *both: kept.append(both),
                clock=self.clock(),
            )
            batch, _ = next(feed.batches("cpu"))
        ids, types, mask, allowed, target, _ = batch
        averaged = with_weights(network, mean)
        for one in (network, averaged):
            logits = one.eval()(own(ids, types), mask)
            logits = logits.masked_fill(~allowed[:, :, None], -1e4)
            assert (logits.argmax(1) == target).float().mean() > 0.9
        assert not torch.equal(averaged.span.weight, network.span.weight)
        assert len(kept) == 2  # of 150 seconds
        lines = (tmp_path / "log.jsonl").read_text("utf-8").splitlines()
        assert json.loads(lines[-1])["done"] == 149

    @pytest.mark.parametrize(("waiting", "asked"), [(0, 150), (10, 80)])
    def test_a_teacher_teaches_against_the_labels(self, tmp_path, waiting, asked):
        """It points at the first token of the passage, whatever stands there."""
        torch.manual_seed(1)
        own, network = Tables(tables(24)), Network(size=SMALL)
        other, calls = Network(size=SMALL), count()

        def advise(ids, types, mask, allowed):
            next(calls)
            opinion = torch.zeros(*ids.shape, 2)
            opinion[:, 5] = 1.0
            return opinion, advisor(own, other)(ids, types, mask, allowed)[1]

        course = Course(150, 3e-3, 1.0, taught=1.0, hints=1.0, waiting=waiting)
        with fed(taught=1.0) as feed:
            learn(
                course,
                own,
                network,
                feed,
                "cpu",
                Log(tmp_path),
                advise=advise,
                clock=self.clock(),
            )
            (ids, types, mask, allowed, _, taught), _ = next(feed.batches("cpu"))
        logits = network.eval()(own(ids, types), mask)
        logits = logits.masked_fill(~allowed[:, :, None], -1e4)
        assert (logits.argmax(1) == 5)[taught > 0].float().mean() > 0.9
        assert next(calls) == pytest.approx(asked + 6, abs=1)  # six fit the hints

    def test_layers_that_cannot_be_compiled_run_as_they_are(
        self, tmp_path, monkeypatch
    ):
        network, own = Network(size=SMALL), Tables(tables(24))

        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("no compiler")

        monkeypatch.setattr(torch.nn.Module, "compile", fail)
        compile_layers(network, own, "cpu", Log(tmp_path), trains=True)
        assert "no compiler" in (tmp_path / "log.jsonl").read_text("utf-8")
        ids = torch.ones(2, 9, dtype=torch.long)
        assert network(own(ids, ids), ids > 0).shape == (2, 9, 2)

    def test_a_course_with_a_teacher_wants_one(self, tmp_path):
        network, log = Network(size=SMALL), Log(tmp_path)
        course = Course(1, 1e-3, 0.0, reworded=0.1)
        with fed() as feed, pytest.raises(ValueError, match="found no teacher"):
            learn(course, Tables(tables(24)), network, feed, "cpu", log)


class TestRun:
    @pytest.fixture
    def pack(self, tmp_path, monkeypatch) -> Path:
        """A pack of small networks."""
        monkeypatch.setattr("training.gpu.SMALL", SMALL)
        monkeypatch.setattr("training.pack.SIZE", SMALL._replace(width=36, buckets=8))
        folder = tmp_path / "pack"
        folder.mkdir()
        write_weights(folder / "tables", tables(24), 8)
        sets = {"qamr": [example(n, rivals=n % 2) for n in range(300)]}
        write_sets(folder / "sets.xz", sets, 1)
        words = [f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(200)]
        (folder / "words.json").write_text(json.dumps(words), encoding="utf-8")
        return folder

    def test_a_rehearsal_takes_every_step(self, pack, tmp_path, capsys):
        told = "--init none --teach 0.5 --learn 1 --rows 1 --feeders 1 --device cpu"
        out = tmp_path / "out"
        arguments = [str(pack), "--out", str(out), *told.split()]
        run(options().parse_args([*arguments, "--no-compiled", "--rehearse"]))
        lines = capsys.readouterr().out.splitlines()
        assert sum("done" in json.loads(line) for line in lines) == 2
        for name in ("last", "mean"):
            card = json.loads((out / name / "reader.json").read_text("utf-8"))
            assert card["stage"] == name
            assert card["plan"]["learning"]["taught"] == 0.8
            assert (out / name / "reader.safetensors.0").exists()
        kept = read_weights(out / "teacher" / "teacher")
        assert "span.weight" in kept  # its head, too
        for part in (out / "teacher").iterdir():
            shutil.copy(part, pack)
        again = Pack(pack).teacher(0.0, whole=False)[1]
        own = dict(again.named_parameters())
        assert {bert_name(name) for name in own} == set(kept)
        for name, parameter in own.items():
            assert torch.equal(parameter, kept[bert_name(name)])

    def test_a_teacher_that_cannot_be_kept_still_teaches(
        self, pack, tmp_path, monkeypatch, capsys
    ):
        def fail(*_: object) -> None:
            raise OSError("no space left")

        monkeypatch.setattr("training.gpu.write_weights", fail)
        told = "--init none --teach 0.2 --learn 0.5 --rows 1 --feeders 1 --device cpu"
        arguments = [str(pack), "--out", str(tmp_path / "out"), *told.split()]
        run(options().parse_args([*arguments, "--no-compiled", "--rehearse"]))
        assert "no space left" in capsys.readouterr().out
        assert (tmp_path / "out" / "last" / "reader.json").exists()

    def test_without_a_teacher_labels_alone_teach(self, pack, tmp_path, capsys):
        network = Network(size=SMALL)
        weights = {bert_name(n): p.detach() for n, p in network.named_parameters()}
        write_weights(tmp_path / "init", weights, 8)
        (tmp_path / "init.0").rename(tmp_path / "init.safetensors")
        told = "--taught 0 --hints 0 --reworded 0 --learn 1 --rows 1 --feeders 1"
        arguments = [str(pack), "--out", str(tmp_path / "out"), *told.split()]
        arguments += ["--init", str(tmp_path / "init.safetensors")]
        run(options().parse_args([*arguments, "--device", "cpu", "--no-compiled"]))
        first, *_, last = map(json.loads, capsys.readouterr().out.splitlines())
        assert first["plan"]["teaching"] is None
        assert len(first["plan"]["init"]) == 64
        assert last["done"] > 0

    def test_what_is_missing_is_told_outside_a_rehearsal(self, pack, tmp_path):
        told = "--init none --teach 1 --learn 1 --rows 1 --feeders 1 --device cpu"
        arguments = [str(pack), "--out", str(tmp_path / "out"), *told.split()]
        with pytest.raises(ValueError, match="found no teacher-tables"):
            run(options().parse_args(arguments))


class TestParts:
    def test_joined_they_are_the_reader(self, tmp_path, monkeypatch):
        monkeypatch.setattr("training.gpu._PART", 10_000_000)
        network = open_network(None)[1]
        for _ in range(2):  # the second takes the place of the first
            save_parts(tmp_path / "last", network, {"stage": "last"})
        parts = sorted((tmp_path / "last").glob("reader.safetensors.*"))
        assert len(parts) == 3
        assert not parts[0].with_suffix("").exists()  # it would not fit
        joined = tmp_path / "reader.safetensors"
        joined.write_bytes(b"".join(part.read_bytes() for part in parts))
        again = open_network(joined)[1]
        assert torch.equal(again.span.weight, network.span.weight.half().float())
