"""The comparison with peers: the talk with workers, the sums, one tiny run."""

import doctest
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks import bars, passages, peers, speed, speed_embed
from benchmarks.peer_workers import figures
from benchmarks.peer_workers.environments import REQUIREMENTS, python_of
from benchmarks.peer_workers.figures import Measured, summary
from benchmarks.peer_workers.process import Worker
from benchmarks.peer_workers.serve import Task
from tests.tiny_data import write_tiny_data


@pytest.mark.parametrize("module", [bars, figures, peers, speed, speed_embed])
def test_examples_of_docstrings(module):
    """What a docstring shows is what comes out."""
    assert doctest.testmod(module).failed == 0


class TestWorker:
    @pytest.fixture
    def worker(self, tmp_path):
        task = Task(str(tmp_path / "place"), "", "", 8)
        log = tmp_path / "log.txt"
        with Worker(sys.executable, "tests.echo_worker", task, log) as worker:
            yield worker

    def build(self, worker, tmp_path):
        rows = ['{"title": "", "text": "a\\u2028b", "embedded": ""}'] * 3
        (tmp_path / "rows.jsonl").write_text("\n".join(rows) + "\n")
        np.zeros((3, 4), np.float32).tofile(tmp_path / "vectors")
        return worker.call(
            "build",
            passages=str(tmp_path / "rows.jsonl"),
            vectors=str(tmp_path / "vectors"),
        )

    def test_replies_are_kept_apart_from_noise(self, worker, tmp_path):
        """A library that prints does not spoil what is said."""
        assert self.build(worker, tmp_path) == {"passages": 3}
        for question in ("one", "two"):
            reply = worker.call("ask", question=question)
            assert reply["answer"] == f"{question} 3 False 8"
            assert 0 <= reply["ms"] < 1000

    def test_rates_and_memory(self, worker):
        """Time of indexing covers the work; memory is that of a Python process."""
        assert worker.call("index", rows=[{"text": "a"}])["seconds"] >= 0.01
        assert 5 < worker.call("memory")["rss_mb"] < 1000
        about = worker.call("about", packages=["numpy"])
        assert about["versions"] == {"numpy": np.__version__}

    def test_death_is_told_with_its_reason(self, worker, tmp_path):
        """A worker that dies leaves its last words in the error."""
        self.build(worker, tmp_path)
        with pytest.raises(RuntimeError, match="as I was told"):
            worker.call("ask", question="die")


class TestSummary:
    def measured(self, times, answers, **more):
        replies = [
            {"ms": ms, "answer": answer, **more}
            for ms, answer in zip(times, answers, strict=True)
        ]
        about = {"import_s": 0.123, "versions": {}}
        return Measured([3.0, 1.0, 2.0], replies, [0.1, 0.2, 0.5], about, 99.6)

    def test_ratios_are_medians_of_pairs(self):
        """Each question is compared with itself: 2, 4 and 30 times ours give 4."""
        seen = {
            "ours": self.measured([10, 20, 10], ["a", "b", "c"]),
            "stock": self.measured([20, 80, 300], ["a", "b", None]),
        }
        rows = summary(seen, [["a"], ["b"], ["c"]])
        assert rows["stock"]["times_ours"] == 4.0
        assert rows["ours"]["times_ours"] == 1.0
        assert rows["stock"]["em"] == 66.7
        assert rows["stock"]["cold_s"] == 2.0
        assert rows["stock"]["passages_per_s"] == 5.0
        assert rows["stock"]["p50_ms"] == 80.0

    def test_abstaining_is_counted_apart(self):
        """Answers that we would not have given count as none, beside, not instead."""
        unsure = self.measured([1, 1], ["a", "b"], sure=False)
        row = summary({"ours": unsure}, [["a"], ["b"]])["ours"]
        assert (row["f1"], row["f1_as_shipped"], row["abstained"]) == (100.0, 0.0, 2)


class TestEnvironments:
    def test_ours_is_the_one_that_runs(self, tmp_path):
        """Nothing is installed for us, nor for stock parts that are here already."""
        assert python_of("ours", tmp_path) == sys.executable
        assert python_of("stock", tmp_path, is_here=True) == sys.executable
        assert not list(tmp_path.iterdir())

    def test_made_once(self, tmp_path):
        """An environment whose list is unchanged is taken as it is."""
        folder = tmp_path / "venvs/txtai"
        folder.mkdir(parents=True)
        listed = "\n".join(REQUIREMENTS["txtai"]) + "\n"
        (folder / "installed.txt").write_text(listed)
        assert python_of("txtai", tmp_path) == str(folder / "bin/python")


@pytest.mark.model
class TestRun:
    def test_passages_are_slices_of_the_articles(self, tmp_path):
        """Others get our passages, in our order, and vectors made once."""
        data = write_tiny_data(tmp_path / "data")
        pool = passages.make_pool(data, tmp_path / "work", 20, 4)
        rows = pool.rows()
        assert len(rows) == 20
        texts = [row["text"] for row in rows]
        assert all(line.context in texts for line in pool.questions)
        assert rows[0]["embedded"] == f"{rows[0]['title']}\n{rows[0]['text']}"
        vectors = passages.make_vectors(pool)
        np.testing.assert_allclose((vectors**2).sum(axis=1), 1.0, rtol=1e-5)
        # cut short in the middle of a vector, it goes on where it was
        pool.vectors.write_bytes(pool.vectors.read_bytes()[:-100])
        np.testing.assert_array_equal(passages.make_vectors(pool), vectors)
        again = passages.make_pool(data, tmp_path / "work", 20, 2)
        assert again.rows() == rows
        assert again.vectors.exists()

    def test_tiny(self, tmp_path, monkeypatch):
        """Ours and the stock parts answer plain questions, and all is told."""
        kept = []
        monkeypatch.setattr(peers, "keep", lambda name, row: kept.append((name, row)))
        data, plot = write_tiny_data(tmp_path / "data"), tmp_path / "peers.svg"
        told = peers.main(
            f"--data {data} --work {tmp_path / 'work'} --plot {plot} --here --cold 1 "
            "--systems ours stock --passages 30 --questions 4 --groups 1".split()
        )
        assert kept == [("peers", told)]
        assert told["fastest"]["fastest peer"] == "stock"
        for row in told["systems"].values():
            assert row["f1"] == 100.0
            assert row["failed"] == 0
            assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
            assert row["cold_s"] > row["import_s"] > 0
            assert row["passages_per_s"] > 0
        names = [e.text for e in ElementTree.parse(plot).iter() if e.text]
        assert "stock" in names
