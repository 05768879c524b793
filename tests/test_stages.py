"""Reading in stages: no further than needed, and no citation lost by it."""

import re
from dataclasses import dataclass, field, replace

import pytest

from qa.pipeline import QA
from qa.reading.answer import propose
from qa.reading.confidence import Calibration
from qa.reading.stages import read_in_stages
from qa.settings import Settings
from qa.types import Article, Candidate, Hit, Passage

STEP = Calibration("test", bias=0.0, weights={"margin": 1.0})
QUESTION = "Who won the cup?"


@dataclass
class Named:
    """Finds names that it knows the margin of, and notes what it was given."""

    margins: dict[str, float]
    name: str = "named"
    seen: list[str] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    def read(self, question, passages):
        self.seen += [p.article.id for p in passages]
        self.calls.append(len(passages))
        return [
            Candidate(p, start, start + len(name), margin, 0.0)
            for p in passages
            for name, margin in self.margins.items()
            if (start := p.text.find(name)) >= 0
        ]


def hits_of(*texts):
    articles = [Article(f"a{n}", f"a{n}", f"A{n}", t) for n, t in enumerate(texts)]
    passages = [Passage(a, 0, len(a.text)) for a in articles]
    return [Hit(p, 1 / n, 0.5, 2.0) for n, p in enumerate(passages, start=1)]


def run(reader, hits, **options):
    def proposed(candidates):
        return propose(QUESTION, hits, candidates, STEP)

    knobs = {"worth_reading": 0.0, "sure": (0.9, 0.7)} | options
    return read_in_stages(QUESTION, hits, reader, proposed, **knobs)


class TestSettings:
    @pytest.mark.parametrize(
        ("name", "value", "found"),
        [
            ("sure", 0.5, "0.5"),
            ("sure", (0.5, 1.5), "1.5"),
            ("sure", [0.5], "[0.5]"),
            ("article_share", 1.5, "1.5"),
            ("worth_reading", 2, "2"),
        ],
    )
    def test_what_is_no_probability_is_refused(self, name, value, found):
        """The message names the knob and what was found."""
        with pytest.raises(ValueError, match=rf"{name} must be .*{re.escape(found)}"):
            Settings(**{name: value})

    @pytest.mark.parametrize(
        "knobs", [{"top_k": 2.5}, {"pool": "9"}, {"remembered": True}]
    )
    def test_what_is_no_whole_number_is_refused(self, knobs):
        """A number of passages has no fraction."""
        (name, value) = next(iter(knobs.items()))
        with pytest.raises(ValueError, match=f"{name} must be a whole .*{value!r}"):
            Settings(**knobs)

    def test_fewer_alternatives_than_none_are_refused(self):
        """A negative number would count from the end."""
        assert Settings(max_alternatives=0).max_alternatives == 0
        with pytest.raises(ValueError, match="max_alternatives must be at least 0"):
            Settings(max_alternatives=-1)


class TestReadInStages:
    @pytest.mark.parametrize(
        ("least", "seen"),
        [(0.0, 4), (0.25, 4), (0.26, 3), (0.4, 2), (0.6, 1), (1.0, 1)],
    )
    def test_what_scores_far_below_the_first_is_not_read(self, least, seen):
        """Scores are 1, 1/2, 1/3, 1/4, and no passage answers."""
        reader = Named({})
        run(reader, hits_of("Rain.", "Snow.", "Hail.", "Fog."), worth_reading=least)
        assert reader.seen == [f"a{n}" for n in range(seen)]

    def test_what_says_the_same_is_read_however_low_it_scores(self):
        reader = Named({"Ann": 3.0})
        hits = hits_of("Ann won.", "Snow.", "Hail.", "It was Ann.")
        found = run(reader, hits, worth_reading=0.9)
        assert reader.seen == ["a0", "a3"]
        assert len(found) == 2

    def test_a_sure_answer_ends_the_reading(self):
        """Nothing after the first passage is read, and the reader is asked once."""
        reader = Named({"Ann": 3.0})
        run(reader, hits_of("Ann won.", "It rained.", "Snow.", "Hail."))
        assert reader.seen == ["a0"]
        assert reader.calls == [1]

    def test_a_second_passage_asks_for_less(self):
        """What is not sure enough after one may be after two, each read once."""
        reader = Named({"Ann": 1.5})
        found = run(reader, hits_of("Ann won.", "It rained.", "Snow.", "Hail."))
        assert reader.seen == ["a0", "a1"]
        assert [c.text for c in found] == ["Ann"]

    def test_each_of_the_first_is_read_alone(self):
        """As many as there are stages; all others at one go."""
        reader = Named({})
        run(reader, hits_of("Rain.", "Snow.", "Hail.", "Fog.", "Sleet."))
        assert reader.calls == [1, 1, 3]

    def test_all_at_one_go(self):
        """Without stages the reader is asked once."""
        reader = Named({"Ann": 3.0})
        run(reader, hits_of("Ann won.", "It rained.", "Snow."), sure=())
        assert reader.calls == [3]

    def test_an_unsure_answer_does_not(self):
        """All passages are read, the best span may be in the last."""
        reader = Named({"Bob": 0.1, "Ann": 3.0})
        found = run(reader, hits_of("Bob lost.", "It rained.", "Snow.", "Ann won."))
        assert reader.seen == ["a0", "a1", "a2", "a3"]
        assert {c.text for c in found} == {"Bob", "Ann"}

    def test_articles_that_agree_are_read_and_cited(self):
        """A passage with the answer's words is read however sure we are."""
        reader = Named({"Ann": 3.0})
        found = run(reader, hits_of("Ann won.", "It rained.", "Snow.", "Only Ann."))
        assert reader.seen == ["a0", "a3"]
        assert [c.passage.article.id for c in found] == ["a0", "a3"]

    def test_words_count_whole(self):
        """Annie is not Ann."""
        reader = Named({"Ann": 3.0})
        run(reader, hits_of("Ann won.", "It rained.", "Annie wept."))
        assert reader.seen == ["a0"]

    @pytest.mark.parametrize("n", [0, 1, 2])
    def test_few_hits(self, n):
        """No more hits than there are stages: each is read once."""
        reader = Named({})
        assert run(reader, hits_of(*["Fog."] * n)) == []
        assert len(reader.seen) == n


@dataclass
class Counting:
    """Passes on what another reader reads, and counts the passages of each call."""

    reader: object
    name: str = "counting"
    calls: list[int] = field(default_factory=list)

    def read(self, question, passages):
        self.calls.append(len(passages))
        return self.reader.read(question, passages)


def test_nobody_is_sure_of_what_will_not_be_given(folder, fast, tmp_path):
    """Who wants more confidence than an answer has gets more passages read for it."""
    settings = replace(fast, sure=(0.0, 0.0), worth_reading=0.0)
    with QA.open(folder, store=tmp_path / "s", settings=settings) as qa:
        n_hits = len(qa.retrieve("What do llamas do?", top_k=settings.top_k))
        assert n_hits > 1
        qa.reader = reader = Counting(qa.reader)
        qa.ask("What do llamas do?", min_confidence=0.0)
        assert reader.calls[0] == 1
        assert sum(reader.calls) < n_hits
        reader.calls.clear()
        qa.ask("What do llamas do?", min_confidence=1.0)
        assert sum(reader.calls) == n_hits
