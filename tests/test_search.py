"""Retrieval: both sides, fused, in a fixed order."""

import filelock
import numpy as np
import pytest

from qa.errors import StoreBusyError
from qa.library.store import Store
from qa.library.sync import sync
from qa.pipeline import QA
from qa.search.embed import open_embedder
from qa.search.retrieve import HybridRetriever, fuse, lift
from qa.search.terms import content_words, coverage, quoted_phrases, topic_words
from qa.search.vectors import VectorIndex
from qa.search.words import WordIndex
from qa.settings import Settings
from qa.types import Article, Passage

TEXTS = {
    "a.txt": "The harbour was closed on Monday because of the storm and the fog.",
    "b.txt": "Captain Ileana Brzezinski said the harbour would open on Tuesday.",
    "c.txt": "The grand and single coalition was called for by the president.",
    "d.txt": "A single coalition of the parties was thought to be a grand idea.",
    "e.txt": "Crème brûlée was served to Müller in the café of the naïve painter.",
}


@pytest.fixture
def store(tmp_path) -> Store:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    store = Store(tmp_path / "store")
    sync(folder, store, open_embedder("hash:256"), Settings())
    return store


@pytest.fixture
def retriever(store) -> HybridRetriever:
    return HybridRetriever(
        store, open_embedder("hash:256"), dense_weight=0.3, article_share=0.0, pool=100
    )


def ids(hits) -> list[str]:
    return [hit.passage.article.id for hit in hits]


def scribble(store, kind: str) -> None:
    """Overwrite the first half of the word index's files of a kind."""
    for path in (store.folder / "words").glob(f"*.{kind}"):
        data = path.read_bytes()
        half = len(data) // 2
        path.write_bytes(b"\xa5" * half + data[half:])


class TestFuse:
    def test_dense_alone_and_words_alone(self):
        """A weight of 1 or 0 leaves one side's order."""
        dense, lexical = {1: 0.9, 2: 0.1}, {1: 1.0, 2: 9.0}
        assert list(fuse(dense, lexical, dense_weight=1.0)) == [1, 2]
        assert list(fuse(dense, lexical, dense_weight=0.0)) == [2, 1]

    def test_ties_are_broken_by_row(self):
        """Equal scores come in the order of their rows."""
        assert list(fuse({3: 0.5, 1: 0.5}, {}, dense_weight=1.0)) == [1, 3]

    def test_nothing_found(self):
        """No candidate gives no row."""
        assert fuse({}, {}, dense_weight=0.3) == {}

    def test_few_passages_that_are_alike_score_alike(self):
        """The last of a side that found all there is has its own score, not zero."""
        dense, lexical = {1: 0.70, 2: 0.69}, {1: 5.0, 2: 4.9}
        scores = fuse(dense, lexical, dense_weight=0.4, pool=100)
        assert scores == {1: 1.0, 2: pytest.approx(0.4 * 69 / 70 + 0.6 * 4.9 / 5)}

    def test_a_full_pool_is_normalised_over_its_rows(self):
        """In a large library a side finds as many rows as it is asked for."""
        dense, lexical = {1: 0.7, 2: 0.6}, {1: 5.0, 2: 4.0}
        assert fuse(dense, lexical, dense_weight=0.4, pool=2) == {1: 1.0, 2: 0.0}

    def test_scores_stay_between_0_and_1(self):
        """A cosine may be negative."""
        scores = fuse({1: 0.5, 2: -0.1, 3: 0.0}, {}, dense_weight=1.0, pool=100)
        assert scores == {1: 1.0, 3: pytest.approx(1 / 6), 2: 0.0}
        assert fuse({1: -0.2}, {}, dense_weight=1.0, pool=100) == {1: 1.0}


class TestLift:
    def test_neighbours_of_the_best_pass_a_stray_one(self):
        """A passage of the article that is asked about comes before another's."""
        scores = {1: 1.0, 2: 0.6, 3: 0.4}
        assert list(lift(scores, {1: 8, 2: 9, 3: 8}, share=0.5)) == [1, 3, 2]

    def test_a_share_of_0_changes_nothing(self):
        """Nor does one where each article has one passage."""
        scores = {2: 0.9, 1: 0.3}
        assert lift(scores, {1: 8, 2: 8}, share=0.0) == scores
        assert lift(scores, {1: 8, 2: 9}, share=0.4) == pytest.approx(scores)

    def test_a_share_of_1_makes_articles_alike(self):
        """Then ties are broken by row."""
        lifted = lift({5: 0.9, 3: 0.2, 1: 0.5}, {5: 8, 3: 8, 1: 9}, share=1.0)
        assert list(lifted.items()) == [(3, 0.9), (5, 0.9), (1, 0.5)]

    def test_a_row_that_is_gone_is_left_out(self):
        """The store may have lost it since the index was read."""
        assert lift({1: 0.9, 2: 0.8}, {2: 8}, share=0.3) == {2: pytest.approx(0.8)}


class TestTerms:
    def test_content_words(self):
        """Words that say how a question asks are dropped."""
        assert content_words("Who was it that closed the harbour?") == [
            "closed",
            "harbour",
        ]

    def test_letters_that_are_names(self):
        """Vitamin D is not vitamin C."""
        assert content_words("What is vitamin D good for?") == ["vitamin", "D", "good"]
        assert content_words("A vitamin is what?") == ["vitamin"]

    def test_an_amount_is_no_topic(self):
        """Nobody is told that no article contains "many"."""
        assert topic_words("How many did I pay?") == ["pay"]

    def test_only_function_words(self):
        """A question without any other word keeps what it has."""
        assert content_words("Who is he?") == ["Who", "is", "he"]

    @pytest.mark.parametrize(
        ("question", "words"),
        [
            ("What did the US say about Iran?", ["US", "say", "Iran"]),
            ("Did it tell us or the WHO?", ["WHO"]),
            ("What did May say in May?", ["May", "say"]),
            ("What will Will Smith say?", ["Will", "Smith", "say"]),
            ("May we say so?", ["say"]),
            ("WHO IS THE US PRESIDENT?", ["PRESIDENT"]),
            ("Who leads the U.S. and the U.K.?", ["leads", "U.S.", "U.K."]),
            ("What is the U.S.'s plan?", ["U.S.", "plan"]),
            ("Where was J.K. Rowling born?", ["J.K.", "Rowling", "born"]),
        ],
    )
    def test_names_that_look_like_function_words_are_kept(self, question, words):
        """Capitals tell a name, unless all or the first word has them."""
        assert content_words(question) == words

    @pytest.mark.parametrize("mark", ["'", "’"])
    def test_contractions_are_function_words(self, mark):
        """What is left of one is no word of the question."""
        for question, words in (
            ("Why couldn't they land by the river?", ["land", "river"]),
            ("Who won't and who can't come?", ["come"]),
            ("What's IRAN'S plan, and who'd've said they'll go?", None),
        ):
            found = content_words(question.replace("'", mark))
            assert found == (words or ["IRAN", "plan", "said", "go"])
        assert content_words(f"Don{mark}t!") == ["Don't"]

    def test_what_looks_alike_is_one_word(self):
        """Accents apart from their letters, soft hyphens, nothing between letters."""
        question = "Who gave Mu\u0308ller an exam\u00adple of \ufb01\u200bre?"
        assert content_words(question) == ["gave", "Müller", "example", "fire"]
        assert coverage("example Müller", "An exam\u00adple: Mu\u0308ller.") == 1.0

    def test_coverage_sees_both_spellings_of_a_country(self):
        """With dots and without."""
        assert coverage("Who leads the US?", "He leads the U.S.") == 1.0
        assert coverage("Who leads the U.S.?", "He leads the US.") == 1.0

    def test_coverage_sees_forms_of_a_word(self):
        """Closing and closed are one word to a reader."""
        assert coverage("closing harbours", "The harbour was closed.") == 1.0

    def test_quoted_phrases(self):
        """Straight and curly quotation marks count."""
        assert quoted_phrases('“no way” or "yes sir"') == ["no way", "yes sir"]
        assert quoted_phrases('said ""no way"", didn\'t he?') == ["no way"]

    @pytest.mark.parametrize("said", ["I", "", " ", "ha " * 100])
    def test_what_is_no_phrase_leaves_later_marks_as_they_are(self, said):
        """What lies between two quotations is not quoted."""
        question = f'What does "{said}" mean in "The Waste Land"?'
        assert quoted_phrases(question) == ["The Waste Land"]


class TestWords:
    def test_quoted_phrase_lands_first(self, store):
        """The passage with the very phrase beats one with its words."""
        index = WordIndex(store)
        rows = index.search('who wanted a "grand and single coalition"', 5)
        assert ids_of(store, rows)[0] == "c.txt"

    def test_rare_name_lands_first(self, store):
        """One passage has the name; it is first."""
        rows = WordIndex(store).search("what did Brzezinski say of the harbour", 5)
        assert ids_of(store, rows)[0] == "b.txt"

    def test_accents_are_folded(self, store):
        """A keyboard without accents finds words with them."""
        rows = WordIndex(store).search("creme brulee muller", 5)
        assert ids_of(store, rows)[0] == "e.txt"

    def test_words_that_stand_together_land_first(self, store):
        """Of two passages with the same words, the one that has them as asked."""
        with store.change() as change:
            for name, text in (
                ("f.txt", "The prime minister met the foreign press in Oslo."),
                ("g.txt", "The foreign minister met the prime press in Oslo."),
            ):
                article = Article(name, name, "", text)
                change.put_article(article, name, [Passage(article, 0, len(text))])
        index = WordIndex(store)
        for question, first in (("prime minister", "f.txt"), ("foreign", None)):
            rows = index.search(f"Where was the {question}?", 5)
            if first:
                assert ids_of(store, rows)[0] == first
            else:
                assert rows[0][1] == pytest.approx(rows[1][1])  # no pair, no difference
        rows = index.search("Where was the minister of foreign trade?", 5)
        assert len({row for row, _ in rows}) == len(rows)

    def test_a_name_counts_more_than_how_it_is_asked(self, store):
        """In few articles "what" and "did" are as rare as a name."""
        put(
            store,
            f="Keller did leave at noon, long before all of us sat down.",
            g="Nobody knew what they did.",
        )
        index = WordIndex(store)
        rows = index.search("what did Keller?", 5)
        assert ids_of(store, rows)[0] == "f"
        rows = index.search("what did they?", 5)  # nothing else is asked
        assert ids_of(store, rows)[0] == "g"

    def test_fewer_asked_than_found(self, store):
        """The best of more are the best."""
        index = WordIndex(store)
        every = index.search("the harbour of the storm", 100)
        assert index.search("the harbour of the storm", 2) == every[:2]

    def test_unknown_words(self, store):
        """Words that stand nowhere are told."""
        words = ["harbours", "zeppelin", "Müller"]
        assert WordIndex(store).unknown(words) == ["zeppelin"]

    def test_what_looks_alike_is_found(self, store):
        """Text of a PDF file has accents apart from their letters, and soft hyphens."""
        put(
            store,
            n="Mr. Mu\u0308ller\u2019s exam\u00adple",
            m="A \u200bzep\u200dpelin.",
        )
        index = WordIndex(store)
        assert index.unknown(["Müller", "example", "zeppelin", "exam"]) == ["exam"]
        for question in ("Müller example", "Mu\u0308ller exam\u00adple"):
            assert ids_of(store, index.search(question, 5))[0] == "n"
        assert store.article("n").text.startswith("Mr. Mu\u0308ller")

    def test_a_word_with_dots_is_known_as_a_whole(self, store):
        """Its letters may stand anywhere."""
        index = WordIndex(store)
        assert index.unknown(["U.S."]) == ["U.S."]
        put(store, k="The king's plan U was read.")
        index.catch_up()
        assert index.unknown(["U.S.", "US"]) == ["U.S.", "US"]
        put(store, m="The U.S. and the UK.")
        index.catch_up()
        assert index.unknown(["U.S.", "US", "U.K.", "UK", "U.N."]) == ["U.N."]

    @pytest.mark.parametrize("question", ["US aid", "U.S. aid", "us aid"])
    @pytest.mark.parametrize("text", ["The U.S. paid.", "The US paid."])
    def test_a_word_is_found_with_its_dots_and_without(self, store, question, text):
        put(store, m=text, n="They paid U Nu.")
        found = ids_of(store, WordIndex(store).search(question, 5))
        assert found[0] == "m"

    def test_a_title_is_found_without_its_dots(self, store):
        with store.change() as change:
            for name, title in (("m", "U.S. plan"), ("n", "U plan")):
                article = Article(name, name, title, "It rained.")
                change.put_article(article, name, [Passage(article, 0, 10)])
        assert ids_of(store, WordIndex(store).search("US", 5)) == ["m"]

    @pytest.mark.parametrize("text", ["She has a Ph.D. now.", "See www.a.b.com there."])
    def test_what_only_ends_in_dotted_letters_is_no_word_of_them(self, store, text):
        put(store, m=text)
        assert WordIndex(store).search("hD ab", 5) == []

    def test_words_of_a_removed_article_are_unknown_again(self, store):
        """The index still counts it, until segments are merged."""
        index = WordIndex(store)
        with store.change() as change:  # both go to one segment
            for name, text in (("k.txt", "The kraken wakes."), ("l.txt", "It sleeps.")):
                article = Article(name, name, "", text)
                change.put_article(article, name, [Passage(article, 0, len(text))])
        index.catch_up()
        assert index.unknown(["kraken"]) == []
        drop(store, "k.txt")
        index.catch_up()
        assert index.unknown(["kraken"]) == ["kraken"]

    @pytest.mark.parametrize("kind", ["term", "idx", "pos", "fast"])
    def test_damaged_files_are_rebuilt(self, store, caplog, kind):
        """Tantivy opens some of them only when a word is looked up."""
        question = "what did Brzezinski say of the harbour of the storm"
        found = WordIndex(store).search(question, 5)
        scribble(store, kind)
        index = WordIndex(store)
        assert index.search(question, 5) == found
        assert index.unknown(["zeppelin"]) == ["zeppelin"]
        assert "rebuilt" in caplog.text

    def test_damage_met_while_following_is_rebuilt(self, store):
        """An index in use, whose files break before the store's next change."""
        index = WordIndex(store)
        scribble(store, "term")
        with store.change() as change:
            article = Article("k.txt", "k.txt", "", "The kraken wakes.")
            change.put_article(article, "k.txt", [Passage(article, 0, 17)])
            change.remove_article(1)
        index.catch_up()
        assert index.unknown(["kraken", "fog"]) == ["fog"]

    def test_damaged_generation_is_rebuilt(self, store):
        """What tells how far the index is may be no text at all."""
        found = WordIndex(store).search("harbour", 5)
        (store.folder / "words" / "generation").write_bytes(b"\xff\xfe1 a b")
        assert WordIndex(store).search("harbour", 5) == found

    def test_a_lost_generation_doubles_nothing(self, store):
        """An index in use whose marker goes is written anew, not once more."""
        index = WordIndex(store)
        found = index.search("harbour", 5)
        (store.folder / "words" / "generation").unlink()
        index.catch_up()
        assert index.search("harbour", 5) == found

    def test_an_index_that_is_being_written_answers_as_it_is(self, store, caplog):
        """No question waits; once it is written, what came is found."""
        index = WordIndex(store)
        put(store, n="The zeppelin landed.")
        drop(store, "a.txt")
        caplog.set_level("INFO")
        with written_elsewhere(store):
            for asked in (index, WordIndex(store)):
                assert not asked.catch_up()
                assert not asked.catch_up()
                assert ids_of(store, asked.search("harbour fog", 5)) == ["b.txt"]
                assert asked.unknown(["zeppelin", "fog"]) == []  # the vectors may know
        assert caplog.text.count("another process is writing") == 2  # once each
        assert index.catch_up()
        assert index.unknown(["zeppelin", "fog"]) == ["fog"]

    def test_what_another_process_has_written_is_found_while_a_third_writes(
        self, store
    ):
        index = WordIndex(store)
        put(store, n="The zeppelin landed.")
        WordIndex(store)
        put(store, m="The kraken wakes.")
        with written_elsewhere(store):
            assert not index.catch_up()
            assert index.search("zeppelin", 5)
            assert not index.search("kraken", 5)

    def test_an_index_that_was_never_filled_is_waited_for(self, store, monkeypatch):
        monkeypatch.setattr("qa.search.words._WAIT_S", 0.05)
        with (
            written_elsewhere(store),
            pytest.raises(StoreBusyError, match="another process has been writing"),
        ):
            WordIndex(store)
        assert WordIndex(store).unknown(["fog"]) == []

    def test_a_damaged_index_that_another_process_makes_anew_is_waited_for(
        self, store, monkeypatch
    ):
        WordIndex(store)
        (store.folder / "words" / "meta.json").write_text("{")
        monkeypatch.setattr("qa.search.words._WAIT_S", 0.05)
        with written_elsewhere(store), pytest.raises(StoreBusyError):
            WordIndex(store)
        assert WordIndex(store).unknown(["fog"]) == []

    def test_odd_input_finds_nothing_and_breaks_nothing(self, store):
        """Query syntax of other engines is only text here."""
        index = WordIndex(store)
        for question in ("", "AND OR NOT", "title:x^2 [a TO b]", '"', "\0", "🙂"):
            index.search(question, 5)


def put(store, **texts: str) -> None:
    """Store an article for each text, by its id."""
    with store.change() as change:
        for name, text in texts.items():
            article = Article(name, name, "", text)
            change.put_article(article, name, [Passage(article, 0, len(text))])


def drop(store, id_: str) -> None:
    """Remove an article that is alone in its file."""
    with store.change() as change:
        for number, _ in store.articles_of(id_):
            change.remove_article(number)


def written_elsewhere(store) -> filelock.BaseFileLock:
    """As if another process were writing the word index."""
    return filelock.FileLock(str(store.folder / "words.lock"))


def ids_of(store, rows) -> list[str]:
    return ids_from(store.passages([row for row, _ in rows]))


def ids_from(passages) -> list[str]:
    return [passage.article.id for passage in passages]


class TestVectors:
    def test_equals_a_plain_product(self, store):
        """FAISS finds what sorting all products finds."""
        embedder = open_embedder("hash:256")
        index = VectorIndex(store, embedder.name, embedder.dim)
        rows, vectors = store.vectors_of(store.rows_since(-1), embedder.name)
        query = embedder.encode(["harbour storm"], kind="question")[0]
        products = vectors @ query
        order = np.lexsort((rows, -products))
        expected = [(int(rows[i]), float(products[i])) for i in order]
        found = index.search(query, 10)
        assert [row for row, _ in found] == [row for row, _ in expected]
        np.testing.assert_allclose(
            [score for _, score in found], [s for _, s in expected], atol=1e-6
        )

    def test_more_asked_than_there_are(self, store):
        """Missing neighbours are left out."""
        embedder = open_embedder("hash:256")
        index = VectorIndex(store, embedder.name, embedder.dim)
        query = embedder.encode(["harbour"], kind="question")[0]
        assert len(index.search(query, 1000)) == len(TEXTS)

    def test_empty_library(self, tmp_path):
        """An index of nothing finds nothing."""
        store = Store(tmp_path / "empty")
        assert VectorIndex(store, "hash", 8).search(np.ones(8, np.float32), 3) == []


class TestHybrid:
    def test_hits_carry_both_parts(self, retriever):
        """A hit says what each side thought of it."""
        hit = retriever.retrieve("When does the harbour open?", top_k=1)[0]
        assert hit.dense is not None
        assert hit.lexical is not None
        assert 0.0 <= hit.score <= 1.0

    def test_one_side_alone(self, retriever):
        """Either side can be asked without the other."""
        words = retriever.retrieve("harbour", top_k=2, mode="words")
        dense = retriever.retrieve("harbour", top_k=2, mode="dense")
        assert all(hit.dense is None for hit in words)
        assert all(hit.lexical is None for hit in dense)
        assert set(ids(words)) == {"a.txt", "b.txt"}

    def test_an_article_that_is_asked_about_lifts_its_passages(self, tmp_path):
        """What stands beside the best comes before a stray word, if both sides ask."""
        folder = tmp_path / "two"
        folder.mkdir()
        near = "The harbour opens when the captain says so. " * 12
        beside = "Gulls were fed by the captain and by nobody else. " * 10
        stray = "A harbour is drawn on the old coin of the town. " * 10
        (folder / "a.txt").write_text(f"{near}\n\n{beside}", encoding="utf-8")
        (folder / "b.txt").write_text(stray, encoding="utf-8")
        embedder = open_embedder("hash:256")
        two = Store(tmp_path / "two-store")
        sync(folder, two, embedder, Settings())

        def found(share: float, mode: str) -> list[str]:
            retriever = HybridRetriever(
                two, embedder, dense_weight=0.3, article_share=share, pool=100
            )
            hits = retriever.retrieve("When opens the harbour?", top_k=3, mode=mode)
            return [hit.passage.text[:4] for hit in hits]

        assert found(0.0, "hybrid") == ["The ", "A ha", "Gull"]
        assert found(0.9, "hybrid") == ["The ", "Gull", "A ha"]
        for mode in ("words", "dense"):
            assert found(0.9, mode) == found(0.0, mode)
        knobs = {"embedder": "hash:256", "reader": "sentence", "dense_weight": 0.3}
        settings = Settings(**knobs, article_share=0.9)
        with QA.open(folder, store=tmp_path / "two-store", settings=settings) as qa:
            hits = qa.retrieve("When opens the harbour?", top_k=3)
        assert [hit.passage.text[:4] for hit in hits] == ["The ", "Gull", "A ha"]

    def test_only_some_articles(self, retriever):
        """What is not chosen is not found, by either side."""
        for mode in ("hybrid", "words", "dense"):
            hits = retriever.retrieve(
                "harbour", top_k=5, mode=mode, only=["b.txt", "c.txt"]
            )
            assert set(ids(hits)) <= {"b.txt", "c.txt"}
            assert "b.txt" in ids(hits)

    def test_two_articles_that_are_alike_score_alike(self, tmp_path):
        """However few are chosen, the second is not nothing."""
        folder = tmp_path / "alike"
        folder.mkdir()
        for name, rest in (("a", "."), ("b", " again."), ("c", " for a week.")):
            text = f"Captain Brzezinski said the harbour would open{rest}"
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        embedder = open_embedder("hash:256")
        alike = Store(tmp_path / "alike-store")
        sync(folder, alike, embedder, Settings())
        hits = HybridRetriever(
            alike, embedder, dense_weight=0.3, article_share=0.0, pool=100
        ).retrieve("Who said the harbour would open?", top_k=5, only=["a.txt", "b.txt"])
        assert ids(hits) == ["a.txt", "b.txt"]
        assert 0.9 < hits[1].score < hits[0].score == pytest.approx(1.0)

    @pytest.mark.parametrize("mode", ["hybrid", "words", "dense"])
    def test_one_side_that_is_behind_breaks_nothing(self, store, retriever, mode):
        """Rows that one of them lost and rows that it does not know yet."""
        folder = store.folder.parent / "articles"
        (folder / "b.txt").unlink()
        for name in "xyz":
            text = f"When does Captain {name} leave the harbour? By noon."
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        sync(folder, store, open_embedder("hash:256"), Settings())
        question = "When does Captain Brzezinski leave the harbour?"
        with written_elsewhere(store):
            assert not retriever.catch_up()
            found = ids(retriever.retrieve(question, top_k=1, mode=mode))
            assert found == (["a.txt"] if mode == "words" else ["x.txt"])
            some = {"only": ["a.txt", "x.txt"], "top_k": 5, "mode": mode}
            found = ids(retriever.retrieve(question, **some))
            assert set(found) == ({"a.txt"} if mode == "words" else {"a.txt", "x.txt"})
            retriever.unknown(["zeppelin"])
        assert retriever.catch_up()
        assert ids(retriever.retrieve(question, top_k=1, mode="words")) == ["x.txt"]

    def test_unknown_mode_is_told_before_anything_is_asked(self, retriever):
        """The three that there are are named."""
        with pytest.raises(ValueError, match=r"hybrid.*dense.*words.*'lexical'"):
            retriever.retrieve("harbour", top_k=5, mode="lexical")

    def test_no_article_chosen(self, retriever):
        """Asking none of them finds nothing."""
        assert retriever.retrieve("harbour", top_k=5, only=[]) == []

    def test_same_question_same_hits(self, retriever):
        """Nothing in the order is left to chance."""
        first = retriever.retrieve("the coalition", top_k=5)
        assert all(
            retriever.retrieve("the coalition", top_k=5) == first for _ in range(3)
        )
