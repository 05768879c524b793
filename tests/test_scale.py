"""The parts of the scale benchmark that can be wrong without anybody seeing it."""

import numpy as np
import pytest

from benchmarks.indexes import compare, exact_best
from benchmarks.resample import BLOCK, Real, blocks, read_real
from benchmarks.scale import ask, build, fill, fit, picture
from qa.library.store import Store
from qa.search.embed import open_embedder

DIM = 64


def made(count: int, dim: int = DIM) -> Real:
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((count, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sentences = [[f"First {i}. ", f"Second {i}. ", f"Third {i}."] for i in range(count)]
    return Real([f"Title {i}" for i in range(count)], sentences, vectors)


class TestResample:
    def test_real_ones_come_first_and_whole(self):
        """They keep their text and vector; those after are unit vectors, too."""
        real = made(30)
        (block,) = blocks(real, 50)
        assert block.texts[3] == ("Title 3", "First 3. Second 3. Third 3.")
        np.testing.assert_array_equal(block.vectors[:30], real.vectors)
        np.testing.assert_allclose(np.linalg.norm(block.vectors, axis=1), 1, atol=1e-5)
        assert block.texts[40][1] not in {real.text(i) for i in range(30)}

    def test_larger_size_begins_with_the_smaller(self):
        """Figures of two sizes are about the same passages."""
        real = made(30)
        small, large = list(blocks(real, 40)), list(blocks(real, BLOCK + 5))
        assert [len(block.texts) for block in large] == [BLOCK, 5]
        assert large[0].texts[:40] == small[0].texts
        np.testing.assert_array_equal(large[0].vectors[:40], small[0].vectors)

    def test_recombined_passage_lies_near_its_halves(self):
        """Both passages that a resampled one was made of are among its nearest."""
        real = made(30)
        (block,) = blocks(real, 40)
        words = block.texts[35][1].split()
        a, b = int(words[1].rstrip(".")), int(words[-1].rstrip("."))
        nearest = np.argsort(-(real.vectors @ block.vectors[35]))[:2]
        assert set(nearest.tolist()) == {a, b}

    def test_read_from_a_store(self, qa):
        """Passages of a library come with their own vectors."""
        embedder = open_embedder("hash:256")
        real = read_real([qa.library.store], embedder.name)
        assert len(real) == qa.library.store.passage_count()
        title, text = real.titles[0], real.text(0)
        vector = embedder.encode([f"{title}\n{text.strip()}"], kind="passage")[0]
        assert float(real.vectors[0] @ vector) > 0.9


def test_filled_store_holds_the_vectors(tmp_path):
    """Row is number + 1, which recall is computed with."""
    real = made(30)
    store = fill(real, 40, tmp_path / "s", "made")
    rows, vectors = store.vectors_of(store.rows_since(-1), "made")
    assert rows.tolist() == list(range(1, 41))
    (block,) = blocks(real, 40)
    np.testing.assert_array_equal(vectors, block.vectors)
    again = fill(real, 40, tmp_path / "s", "made")
    assert again.generation == store.generation
    assert isinstance(Store(tmp_path / "s").passage_count(), int)


def test_exact_best_over_blocks():
    """The best of all blocks, as one sort would find them."""
    vectors = made(100).vectors
    parts = iter([(0, vectors[:60]), (60, vectors[60:])])
    queries = vectors[:5]
    expected = np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :10]
    np.testing.assert_array_equal(exact_best(parts, queries), expected)


def test_compared_indexes_recall_what_they_should():
    """Comparing everything finds everything, whatever way it is held."""
    vectors = made(2000).vectors
    results = list(compare(vectors, vectors[:10], has_graph=True))
    recall = {result.name: result.recall for result in results}
    assert recall["Flat"] == recall["SQ8"] == 1.0
    assert recall["RaBitQ"] > 0.9
    assert any(name.startswith("IVF") for name in recall)
    assert any(name.startswith("HNSW") for name in recall)
    megabytes = {result.name: result.megabytes for result in results}
    assert megabytes["RaBitQ"] < megabytes["SQ8"] < megabytes["Flat"]


@pytest.mark.model
def test_a_size_gives_every_figure(tmp_path):
    """Every figure of the table and of the plots is there."""
    embedder = open_embedder("minilm")
    real = made(40, embedder.dim)
    fill(real, 60, tmp_path / "s", embedder.name).close()
    questions = [f"What is the title of passage {i}?" for i in range(6)]
    queries = embedder.encode(questions, kind="question")
    (block,) = blocks(real, 60)
    best = exact_best(iter([(0, block.vectors)]), queries)
    figures = build(tmp_path / "s") | ask(tmp_path / "s", questions, best + 1)
    assert figures["recall"] == 1.0
    sizes = [{**figures, "passages": 60}, {**figures, "passages": 6000}]
    assert "million" in fit(sizes)["memory"]
    assert picture(sizes).startswith("<svg")
