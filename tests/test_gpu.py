"""A run on a lent GPU, rehearsed on the CPU: the pack, the feed, the course."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from training.course import Course, Log, advisor, learn, with_weights
from training.data import Example
from training.encoder import Network, Size, Tables, open_network
from training.feed import Feed
from training.gpu import options, save_parts
from training.pack import (
    Coded,
    read_pack,
    read_weights,
    slim,
    squeeze,
    unfold,
    write_pack,
    write_weights,
)

SMALL = Size(24, 3, 48, 2, 1e-5)
KNOBS = {"whole": 0.5, "rows": 1, "taught": 0.5, "reworded": 0.0}


def example(number: int, *, rivals: int = 0) -> Example:
    """A question whose answer is the token 7 and nothing else."""
    random = np.random.default_rng(number)
    passage = random.integers(10, 60, 40, dtype=np.int32)
    first = int(random.integers(5, 35))
    passage[first] = 7
    own = Example(np.arange(3, dtype=np.int32) + 3, passage, first, first, (), "qamr")
    other = replace(own, passage=passage[:first], first=-1, last=-1)
    return replace(own, rivals=(other,) * rivals)


def tables(width: int) -> Tables:
    """Tables in which the answer stands out, so that it is soon learnt."""
    random = torch.Generator().manual_seed(width)
    rows = {"word": 200, "position": 400, "token_type": 2}
    found = {n: 0.3 * torch.randn(k, width, generator=random) for n, k in rows.items()}
    found["word"][7] = 3.0 * torch.arange(width).remainder(2)
    return Tables({f"embeddings.{n}_embeddings.weight": t for n, t in found.items()})


class TestPack:
    def test_matrices_come_back_within_half_a_step(self):
        matrix = torch.randn(70, 90, generator=torch.Generator().manual_seed(1))
        coded = squeeze(matrix, 6)
        assert isinstance(coded, Coded)
        assert len(coded.values) < 70 * 90 * 6 / 8  # fewer bytes than its bits
        step = matrix.abs().amax(1, keepdim=True) / 31
        assert ((unfold(coded) - matrix).abs() <= step / 2 + 1e-6).all()

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

    def test_weights_lie_in_parts(self, tmp_path, monkeypatch):
        monkeypatch.setattr("training.pack._PART", 1000)
        weights = {name: torch.randn(80, 80) for name in "abc"}
        write_weights(tmp_path / "w", weights, 8)
        assert len(list(tmp_path.glob("w.*"))) >= 3
        (tmp_path / "w.1").unlink()
        assert set(read_weights(tmp_path / "w")) == {"a", "c"}  # for a rehearsal

    def test_sets_keep_their_rivals_and_share_their_questions(self, tmp_path):
        own = example(1, rivals=2)
        twin = replace(own, question=own.question.copy())
        found = slim({"qamr": [own, twin]}, 1)["qamr"]
        assert found[0].question is found[1].question
        assert found[0].rivals[1].question is found[0].question
        write_pack(tmp_path, {"qamr": found}, None)
        (again, _), rewording = read_pack(tmp_path)[0]["qamr"], read_pack(tmp_path)[1]
        assert rewording is None
        assert again.first == own.first
        assert np.array_equal(again.passage, own.passage)
        assert [rival.first for rival in again.rivals] == [-1, -1]

    def test_no_set_is_far_above_its_quota(self, monkeypatch):
        monkeypatch.setitem(__import__("training.pack").pack.QUOTA, "qamr", 2)
        drawn = slim({"qamr": [example(n) for n in range(50)]}, 1)["qamr"]
        assert len(drawn) == 16


class TestFeed:
    def test_batches_come_from_every_process_and_follow_the_run(self):
        sets = {"qamr": [example(n, rivals=2) for n in range(60)]}
        with Feed(sets, {"qamr": 1}, None, KNOBS, seed=1, number=2) as feed:
            batches = feed.batches("cpu")
            (ids, types, mask, allowed, target, taught), together = next(batches)
            assert ids.shape == types.shape == mask.shape == allowed.shape
            assert target.shape == (len(ids), 2)
            assert taught[0] == 0.5
            kinds = {together, *(next(batches)[1] for _ in range(30))}
        assert kinds == {1, 3}  # rivals in one window, or as passages that compete
        for process in feed._processes:
            process.join(10)
            assert not process.is_alive()


class TestCourse:
    def fed(self) -> Feed:
        sets = {"qamr": [example(n) for n in range(400)]}
        return Feed(sets, {"qamr": 1}, None, KNOBS, seed=1, number=1)

    def test_a_network_learns_and_its_pupil_agrees_with_it(self, tmp_path):
        torch.manual_seed(1)
        log = Log(tmp_path)
        kept = []
        teaching = Course(5.0, 3e-3, 0.0, 1.0)
        own = tables(24)
        teacher = Network(size=SMALL)
        with self.fed() as feed:
            learn(teaching, own, teacher, feed, "cpu", log)
        learning = Course(5.0, 3e-3, 0.0, 1.0, taught=0.5, hints=1.0, kept=0.9)
        pupil = Network(size=SMALL)
        with self.fed() as feed:
            batch, _ = next(feed.batches("cpu"))
            mean = learn(
                learning,
                own,
                pupil,
                feed,
                "cpu",
                log,
                advise=advisor(own, teacher),
                keep=lambda *both: kept.append(both),
            )
        ids, types, mask, allowed, target, _ = batch
        averaged = with_weights(pupil, mean)
        for network in (teacher, pupil, averaged):
            logits = network.eval()(own(ids, types), mask)
            logits = logits.masked_fill(~allowed[:, :, None], -1e4)
            assert (logits.argmax(1) == target).float().mean() > 0.9
        lines = [json.loads(x) for x in log.path.read_text("utf-8").splitlines()]
        assert [line["done"] > 10 for line in lines if "done" in line] == [True, True]
        assert not torch.equal(averaged.span.weight, pupil.span.weight)
        assert not kept  # so short a run is over before the first is due


class TestParts:
    def test_joined_they_are_the_reader(self, tmp_path, monkeypatch):
        monkeypatch.setattr("training.gpu._PART", 10_000_000)
        network = open_network(None)[1]
        save_parts(tmp_path / "last", network, {"stage": "last"})
        parts = sorted((tmp_path / "last").glob("reader.safetensors.*"))
        assert len(parts) == 3
        joined = tmp_path / "reader.safetensors"
        joined.write_bytes(b"".join(part.read_bytes() for part in parts))
        again = open_network(joined)[1]
        assert torch.equal(again.span.weight, network.span.weight.half().float())

    def test_it_wants_a_pack(self, capsys):
        with pytest.raises(SystemExit):
            options().parse_args([])
        assert "pack" in capsys.readouterr().err
