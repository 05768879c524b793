"""The dense index past the size where it compares codes: nothing else changes."""

import os
import sys
import threading
import time

import faiss
import numpy as np
import pytest

from qa.library.records import embedded_text, text_hash
from qa.library.store import Store
from qa.search.vectors import VectorIndex, is_written
from qa.search.whole import rounded
from qa.types import Article, Passage

NAME, DIM, MANY, EXACT_MOST = "made", 64, 600, 200


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype("f4")


VECTORS = unit(np.random.default_rng(3).standard_normal((2 * MANY, DIM)))
QUERIES = unit(VECTORS[:20] + 0.1 * np.random.default_rng(4).standard_normal((20, DIM)))


def put(store: Store, numbers) -> None:
    """Store a passage and its vector for each number; equal numbers, equal vectors."""
    with store.change() as change:
        for number in numbers:
            text = f"Passage {number}."
            article = Article(f"{number}.txt", f"{number}.txt", "", text)
            passage = Passage(article, 0, len(text))
            change.put_article(article, article.path, [passage])
            key = text_hash(embedded_text(passage))
            change.put_vectors([key], NAME, VECTORS[number][None])


def drop(store: Store, numbers) -> None:
    gone = {f"{number}.txt" for number in numbers}
    listed = store.article_list()
    with store.change() as change:
        for article in listed:
            if article.id in gone:
                change.remove_article(article.number)


def expected(store: Store, query, k, only=None):
    """All products, of vectors in 16 bits, sorted: what an index must find."""
    rows, vectors = store.vectors_of(store.rows_since(-1), NAME)
    if only is not None:
        kept = np.isin(rows, only)
        rows, vectors = rows[kept], vectors[kept]
    products = rounded(vectors) @ query
    best = np.lexsort((rows, -products))[:k]
    return rows[best].tolist(), products[best]


def index_of(store: Store) -> VectorIndex:
    return VectorIndex(store, NAME, DIM, exact_most=EXACT_MOST)


@pytest.fixture
def store(tmp_path) -> Store:
    store = Store(tmp_path / "store")
    put(store, range(MANY))
    return store


class TestCoded:
    def test_size_decides(self, tmp_path):
        """Whole vectors up to the limit, codes past it."""
        store = Store(tmp_path / "grows")
        put(store, range(EXACT_MOST))
        index = index_of(store)
        assert index.is_exact
        put(store, range(EXACT_MOST, EXACT_MOST + 1))
        index.catch_up()
        assert not index.is_exact
        assert index.size == EXACT_MOST + 1

    def test_finds_what_all_products_find(self, store):
        """Rows and cosines are those of a plain product."""
        index = index_of(store)
        for query in QUERIES:
            rows, products = expected(store, query, 10)
            found = index.search(query, 10)
            assert [row for row, _ in found] == rows
            np.testing.assert_allclose([s for _, s in found], products, atol=1e-6)

    def test_scores_are_cosines(self, store):
        """A row asked by name has its exact cosine; an unknown one has none."""
        scores = index_of(store).scores(QUERIES[0], [5, 3, 10**6])
        assert set(scores) == {3, 5}
        assert scores[3] == pytest.approx(
            float(rounded(VECTORS[2]) @ QUERIES[0]), abs=1e-6
        )

    def test_scores_of_an_exact_index(self, store):
        """One unknown row takes none of the others along; alone it has no score."""
        index = VectorIndex(store, NAME, DIM, exact_most=10 * MANY)
        scores = index.scores(QUERIES[0], [5, 10**6, 3])
        assert set(scores) == {3, 5}
        assert scores[3] == pytest.approx(float(VECTORS[2] @ QUERIES[0]), abs=1e-6)
        assert index.scores(QUERIES[0], [10**6]) == {}

    @pytest.mark.parametrize("narrow", [0, 5_000])
    @pytest.mark.parametrize("only", [[599], [1, 7, 400], list(range(300, 600))])
    def test_filter_finds_its_rows(self, store, only, narrow, monkeypatch):
        """However few rows may be found, and however far off, they are."""
        monkeypatch.setattr("qa.search.vectors._NARROW", narrow)
        monkeypatch.setattr("qa.search.vectors._SPARE", 0.5)  # too few at first
        only = np.array(only, dtype=np.int64)
        found = index_of(store).search(QUERIES[0], 10, only=only)
        assert [row for row, _ in found] == expected(store, QUERIES[0], 10, only)[0]

    def test_a_wide_filter_of_far_rows_finds_them(self, store, monkeypatch):
        """Few of them are among the first proposed: more are."""
        monkeypatch.setattr("qa.search.vectors._NARROW", 0)
        monkeypatch.setattr("qa.search.vectors._SPARE", 0.5)
        far = np.sort(np.array(expected(store, QUERIES[0], MANY)[0][-200:]))
        found = index_of(store).search(QUERIES[0], 100, only=far)
        assert len(found) == 100
        assert {row for row, _ in found} <= set(far.tolist())

    @pytest.mark.parametrize("exact_most", [EXACT_MOST, 10 * MANY])
    @pytest.mark.parametrize("only", [None, [], [3, 500, 501], list(range(1, 400))])
    def test_others_are_scored_beside(self, store, only, exact_most):
        """The nearest and the others, each once; a row without a vector is left out."""
        index = VectorIndex(store, NAME, DIM, exact_most=exact_most)
        only = None if only is None else np.array(only, dtype=np.int64)
        others = [2, 3, 590, 10**6]
        found = index.search_beside(QUERIES[0], 10, lambda: others, only=only)
        near = dict(index.search(QUERIES[0], 10, only=only))
        assert found == pytest.approx(near | index.scores(QUERIES[0], others))
        assert len(near) == min(10, MANY if only is None else len(only))

    def test_nothing_may_be_found(self, store):
        """No row chosen, and rows that do not exist."""
        index = index_of(store)
        assert index.search(QUERIES[0], 5, only=np.array([], dtype=np.int64)) == []
        assert index.search(QUERIES[0], 5, only=np.array([10**6])) == []

    def test_more_asked_than_there_are(self, store):
        """Missing neighbours are left out."""
        assert len(index_of(store).search(QUERIES[0], 10**5)) == MANY

    def test_equal_vectors_come_by_row(self, store):
        """A tie is broken by row, also among codes."""
        with store.change() as change:
            for copy in range(5):
                article = Article(f"copy {copy}", "copy", "", "Passage 7.")
                change.put_article(article, "copy", [Passage(article, 0, 10)])
        found = index_of(store).search(VECTORS[7], 6)
        rows = [row for row, _ in found]
        assert rows == sorted(rows)
        assert len({score for _, score in found}) == 1


class TestFollowing:
    def test_added_and_removed(self, store):
        """What went is not found, what came is; the base on disk stays as it was."""
        index = index_of(store)
        base = sorted(store.folder.glob("*.faiss"))
        put(store, range(MANY, MANY + 20))
        drop(store, range(10))
        index.catch_up()
        assert index.size == MANY + 10
        assert sorted(store.folder.glob("*.faiss")) == base
        for query in [*QUERIES, VECTORS[MANY + 3]]:
            rows = expected(store, query, 10)[0]
            assert [row for row, _ in index.search(query, 10)] == rows

    def test_second_opening_reads_the_base(self, store, monkeypatch):
        """The file is used, and says the same."""
        before = [index_of(store).search(query, 10) for query in QUERIES]
        monkeypatch.setattr(Store, "rows_since", None)  # would be asked for a rebuild
        again = index_of(store)
        assert not again.is_exact
        assert [again.search(query, 10) for query in QUERIES] == before

    @pytest.mark.parametrize("exact_most", [EXACT_MOST, 10 * MANY])
    def test_whether_a_base_is_due_is_told_unread(self, store, exact_most, monkeypatch):
        """As an index that is opened would decide, up to a tenth of changed rows."""
        assert not is_written(store, NAME)
        VectorIndex(store, NAME, DIM, exact_most=exact_most)
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "faiss", None)
            assert is_written(store, NAME)
            assert not is_written(store, "other")
        (base,) = store.folder.glob("*.faiss")
        drop(store, range(20))
        put(store, range(MANY, MANY + 35))
        assert is_written(store, NAME)
        VectorIndex(store, NAME, DIM, exact_most=exact_most)
        assert base.exists()
        put(store, range(MANY + 35, MANY + 60))
        assert not is_written(store, NAME)
        VectorIndex(store, NAME, DIM, exact_most=exact_most)
        assert not base.exists()
        assert is_written(store, NAME)

    def test_a_base_of_a_generation_to_come_is_not_kept(self, store):
        """A store put back from a copy is older than the base beside it."""
        VectorIndex(store, NAME, DIM)
        (base,) = store.folder.glob("*.faiss")
        now = str(store.generation)
        head, _, tail = base.name.rpartition(now)
        assert head
        base.rename(base.with_name(f"{head}{store.generation + 1}{tail}"))
        assert not is_written(store, NAME)

    def test_shrinks_back(self, store):
        """A library that became small is compared whole again."""
        index = index_of(store)
        drop(store, range(EXACT_MOST // 4, MANY))
        index.catch_up()
        assert index.is_exact
        assert index.size == EXACT_MOST // 4
        assert index_of(store).is_exact
        assert list(store.folder.glob("*.f16")) == []

    def test_what_a_killed_run_left_is_removed(self, store):
        """Not what another process may be writing now."""
        left, new, other = (
            store.folder / f"vectors.{name}.tmp"
            for name in ("x.made.3.77", "x.made.3.78", "y.other.1.9")
        )
        for path in (left, new, other):
            path.write_bytes(b"half")
        for path in (left, other):
            os.utime(path, (time.time() - 4000,) * 2)
        index_of(store)
        assert list(store.folder.glob("vectors.*.tmp")) == [new]

    def test_damaged_file_is_rebuilt(self, store, caplog):
        """A file cut short is told, and made anew."""
        index_of(store)
        (base,) = store.folder.glob("*.faiss")
        base.write_bytes(base.read_bytes()[:200])
        assert index_of(store).size == MANY
        assert "rebuilt" in caplog.text

    def test_codes_of_an_earlier_version_are_made_anew(self, store):
        """A file whose codes are compared one by one gives way to ours."""
        index_of(store)
        (base,) = store.folder.glob("*.faiss")
        old = faiss.IndexIDMap(faiss.IndexRaBitQ(DIM, faiss.METRIC_INNER_PRODUCT))
        old.train(VECTORS[:MANY])
        old.add_with_ids(VECTORS[:MANY], np.arange(1, MANY + 1))
        faiss.write_index(old, str(base))
        found = index_of(store).search(VECTORS[5], 1)
        assert found[0][0] == 6
        new = faiss.read_index(str(base))
        assert isinstance(faiss.downcast_index(new.index), faiss.IndexRaBitQFastScan)

    def test_whole_vectors_come_from_the_file(self, store, monkeypatch):
        """Opened again, candidates are read without the store, and score alike."""
        before = [index_of(store).search(query, 10) for query in QUERIES]
        monkeypatch.setattr(Store, "vectors_of", None)
        index = index_of(store)
        assert [index.search(query, 10) for query in QUERIES] == before
        assert index.scores(QUERIES[0], [5, 7]).keys() == {5, 7}

    def test_late_vectors_score_like_written_ones(self, store):
        """A row that came after the base has the cosine that it has in the next."""
        index = index_of(store)
        put(store, [MANY + 1])
        index.catch_up()
        rows = [3, MANY + 1, MANY + 5]
        late = index.scores(VECTORS[MANY + 1], rows)
        assert late.keys() == {3, MANY + 1}
        for path in store.folder.glob("vectors.*"):
            path.unlink()
        assert index_of(store).scores(VECTORS[MANY + 1], rows) == late

    @pytest.mark.parametrize("left", [None, 200])
    def test_lost_whole_vectors_are_written_anew(self, store, left):
        """A file that is missing or cut short is made again, with the index."""
        before = index_of(store).search(QUERIES[0], 10)
        (path,) = store.folder.glob("*.f16")
        size = path.stat().st_size
        assert size == MANY * DIM * 2
        if left is None:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:left])
        assert index_of(store).search(QUERIES[0], 10) == before
        assert path.stat().st_size == size

    def test_disk_that_cannot_be_written(self, store, monkeypatch, caplog):
        """The index answers from memory."""

        def refuse(*_):
            raise RuntimeError("read-only file system")

        monkeypatch.setattr("faiss.write_index", refuse)
        index = index_of(store)
        assert index.search(VECTORS[5], 1)[0][0] == 6
        assert "cannot be written" in caplog.text
        assert list(store.folder.glob("*.faiss")) == []

    def test_two_histories_give_one_order(self, store, tmp_path):
        """A store made twice alike finds alike."""
        other = Store(tmp_path / "other")
        put(other, range(MANY))
        for query in QUERIES:
            assert index_of(store).search(query, 20) == index_of(other).search(
                query, 20
            )

    def test_threads_ask_while_it_grows(self, store):
        """Questions and changes at once: each answer is whole."""
        index = index_of(store)
        errors = []

        def ask():
            try:
                for query in QUERIES:
                    assert len(index.search(query, 10)) == 10
                    index.scores(query, [300, 301])
            except Exception as error:  # told to the main thread
                errors.append(error)
            finally:
                store.close()

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(MANY, MANY + 10):
            put(store, [number])
            index.catch_up()
        for thread in threads:
            thread.join()
        assert errors == []
        assert index.size == MANY + 10


def test_a_vector_is_stored_within_a_page_or_two(tmp_path):
    """Long rows keep their place: no page for what spills over."""
    store = Store(tmp_path / "store")
    rng = np.random.default_rng(5)
    with store.change() as change:
        keys = [os.urandom(16) for _ in range(2000)]
        change.put_vectors(keys, NAME, rng.standard_normal((2000, 384), np.float32))
    store.close()
    assert store.path.stat().st_size < 2000 * 384 * 4 * 1.6
