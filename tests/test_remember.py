"""What was asked lately, and when it may not be answered from memory."""

import dataclasses
import threading

import filelock
import pytest

from qa.pipeline import QA
from qa.remember import Recent

QUESTION = "How many satellites will the next flight carry?"


class TestRecent:
    def test_the_one_unused_for_longest_goes(self):
        """Asking for a value keeps it."""
        recent = Recent[int](2)
        recent.put("a", 1)
        recent.put("b", 2)
        assert recent.get("a") == 1
        recent.put("c", 3)
        assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)

    def test_a_key_put_twice_counts_once(self):
        """The newer value stands."""
        recent = Recent[int](2)
        for value in (1, 2):
            recent.put("a", value)
        recent.put("b", 3)
        assert (recent.get("a"), recent.get("b")) == (2, 3)


@pytest.fixture
def counted(qa, monkeypatch):
    """The library, and the questions that its reader was given."""
    read, questions = qa.reader.read, []

    def counting(question, passages):
        questions.append(question)
        return read(question, passages)

    monkeypatch.setattr(qa.reader, "read", counting)
    return qa, questions


class TestAskingAgain:
    def test_gives_the_same_answer_unread(self, counted):
        """The second time nothing is read, and only the time differs."""
        qa, questions = counted
        first = qa.ask(QUESTION)
        asked = len(questions)
        again = qa.ask(QUESTION)
        assert len(questions) == asked
        assert dataclasses.replace(again, timings={}) == dataclasses.replace(
            first, timings={}
        )
        assert set(again.timings) == {"total"}

    def test_what_is_indexed_while_it_is_asked_is_not_missed(
        self, qa, folder, monkeypatch
    ):
        """An answer from indexes that were overtaken is not kept for the new ones."""
        follow = qa.retriever.catch_up

        def overtaken():
            is_there = follow()
            monkeypatch.setattr(qa.retriever, "catch_up", follow)
            text = "The walrus sings in Bergen."
            (folder / "walrus.txt").write_text(text, encoding="utf-8")
            qa.library.sync()
            return is_there

        monkeypatch.setattr(qa.retriever, "catch_up", overtaken)
        question = "Where does the walrus sing?"
        qa.ask(question, min_confidence=0.0)
        again = qa.ask(question, min_confidence=0.0)
        assert again.citations[0].path == "walrus.txt"

    def test_what_is_asked_while_another_process_writes_is_not_kept(
        self, counted, folder
    ):
        """The words were behind the store, whose generation stays when they are not."""
        qa, questions = counted
        qa.ask("Where does the walrus sing?")
        (folder / "walrus.txt").write_text("It sings in Bergen.", encoding="utf-8")
        qa.library.sync()
        lock = filelock.FileLock(str(qa.library.store.folder / "words.lock"))
        with lock:
            qa.ask(QUESTION)
        asked = len(questions)
        qa.ask(QUESTION)
        assert len(questions) > asked

    @pytest.mark.parametrize("asked", [" How  many", "How\u00a0many", "How\nmany"])
    def test_white_space_makes_no_other_question(self, counted, asked):
        """What pasting leaves between the words is neither read nor remembered."""
        qa, questions = counted
        first = qa.ask(QUESTION)
        n_read = len(questions)
        again = qa.ask(QUESTION.replace("How many", asked))
        assert dataclasses.replace(again, question=QUESTION) == first
        assert len(questions) == n_read

    def test_equal_answers_are_equal(self, folder, fast, tmp_path):
        """However long each took; so they can be compared, counted and kept in sets."""
        fast = dataclasses.replace(fast, remembered=0)
        with QA.open(folder, store=tmp_path / "store", settings=fast) as qa:
            assert len({qa.ask(QUESTION), qa.ask(QUESTION)}) == 1

    def test_closing_ends_its_threads(self, folder, fast, tmp_path):
        before = set(threading.enumerate())
        with QA.open(folder, store=tmp_path / "store", settings=fast) as qa:
            qa.ask(QUESTION)
            assert set(threading.enumerate()) - before
        assert not set(threading.enumerate()) - before

    def test_half_a_surrogate_pair_is_only_a_character(self, qa):
        """Bytes of a terminal that are no UTF-8 arrive so."""
        assert qa.ask("Where do the satellites \ud83d fly?").question

    def test_nothing_is_kept_when_nothing_is_to_be(self, folder, fast, tmp_path):
        """A benchmark reads every time."""
        settings = dataclasses.replace(fast, remembered=0)
        with QA.open(folder, store=tmp_path / "store", settings=settings) as qa:
            qa.ask(QUESTION)
            assert set(qa.ask(QUESTION).timings) > {"total"}

    @pytest.mark.parametrize(
        "options", [{"only": ["rockets.txt"]}, {"min_confidence": 0.9}]
    )
    def test_otherwise_is_another_question(self, counted, options):
        """Fewer articles or another threshold: it is read anew."""
        qa, questions = counted
        qa.ask(QUESTION)
        asked = len(questions)
        qa.ask(QUESTION, **options)
        assert len(questions) > asked

    def test_a_changed_library_is_asked_anew(self, counted, folder):
        """No answer outlives the words that it quotes."""
        qa, _ = counted
        assert qa.ask(QUESTION).is_found
        rockets = folder / "rockets.txt"
        words = rockets.read_text(encoding="utf-8")
        rockets.write_text(words.replace("nine", "twelve"), encoding="utf-8")
        qa.library.sync()
        answer = qa.ask(QUESTION)
        assert answer.sentence is not None
        assert "twelve satellites" in answer.sentence

    def test_fewer_than_none_are_refused(self, fast):
        """The setting says what it wants."""
        with pytest.raises(ValueError, match="remembered must be at least 0"):
            dataclasses.replace(fast, remembered=-1)
