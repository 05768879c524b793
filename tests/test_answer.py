"""The decision: one answer for a question, with citations, or none and why."""

import math

import pytest

from qa.errors import ModelError
from qa.library.sentences import sentence_around
from qa.reading.answer import choose, propose
from qa.reading.confidence import Calibration, Evidence, load_calibration
from qa.reading.kinds import asks_amount, asks_several, asks_statement, fits
from qa.types import Answer, Article, Candidate, Hit, Passage

# certain above a margin of 0, hopeless below: what is tested is the decision
STEP = Calibration("test", bias=0.0, weights={"margin": 1.0})


def passage(id_: str, text: str) -> Passage:
    return Passage(Article(id_, id_, id_.title(), text), 0, len(text))


def candidate(source: Passage, words: str, margin: float) -> Candidate:
    start = source.text.index(words)
    return Candidate(source, start, start + len(words), margin, 0.0)


def decide(pairs, dense=0.5, **options):
    hits = [Hit(p, 1.0 / n, dense, 2.0) for n, (p, _) in enumerate(pairs, start=1)]
    candidates = [c for _, found in pairs for c in found]
    settings = {"min_confidence": 0.5, "max_alternatives": 3} | options
    question = "Who won the cup?"
    unknown = len(settings.get("unknown_words", ())) / 2
    proposals = propose(question, hits, candidates, STEP, unknown=unknown)
    return choose(question, hits, proposals, **settings)


class TestChoose:
    def test_best_margin_wins(self):
        """The surest span is the answer, the others are alternatives."""
        a, b = passage("a", "Ann won it."), passage("b", "Bob lost it.")
        answer = decide(
            [(a, [candidate(a, "Ann", 3.0)]), (b, [candidate(b, "Bob", 1.0)])]
        )
        assert (answer.text, answer.sentence) == ("Ann", "Ann won it.")
        assert [other.text for other in answer.alternatives] == ["Bob"]
        assert answer.confidence == pytest.approx(1 / (1 + math.exp(-3)))

    def test_a_place_that_only_holds_the_words_is_no_source(self):
        """The reader finds no answer there: it is not cited, and agrees to nothing."""
        a, b = passage("a", "70 drowned."), passage("b", "It employs 70 people.")
        hits = [Hit(a, 1.0, 0.5, 2.0), Hit(b, 0.5, 0.5, 2.0)]
        found = [candidate(a, "70", 3.0), candidate(b, "70", -9.0)]
        (proposal,) = propose("How many drowned?", hits, found, STEP)
        assert [span.passage for span in proposal.spans] == [a]
        assert proposal.evidence.agreement == 0.0

    def test_equal_words_are_one_answer(self):
        """Articles that agree are cited together."""
        a, b = passage("a", "Ann won."), passage("b", "It was the Ann, again.")
        answer = decide(
            [(a, [candidate(a, "Ann", 3.0)]), (b, [candidate(b, "the Ann", 1.0)])]
        )
        assert [c.article for c in answer.citations] == ["a", "b"]
        assert [c.quote for c in answer.citations] == ["Ann", "the Ann"]
        assert answer.alternatives == ()

    def asked_of_two(self, one: str, other: str) -> Answer:
        a, b = passage("a", one), passage("b", other)
        return decide([(a, [candidate(a, one, 3.0)]), (b, [candidate(b, other, 1.0)])])

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("$5 million", "€5 million"),
            ("$5 million", "A$5 million"),
            ("5%", "5"),
            ("-5", "5"),
            ("\u22125", "5"),
            ("<5", ">5"),
            (".5", "5"),
            ("C++", "C#"),
            ("vitamin A", "vitamin"),
            ("not guilty", "guilty"),
            ("कि", "की"),
        ],
    )
    def test_other_words_are_another_answer(self, one, other):
        """Signs, units and a letter that is no article tell two answers apart."""
        answer = self.asked_of_two(one, other)
        assert [c.article for c in answer.citations] == ["a"]
        assert [c.text for c in answer.alternatives] == [other]

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("the 5 %", "5%"),
            ("1999–2000", "1999-2000"),
            ("-5", "\u22125"),
            ("it didn't", "It did not"),
            ("M\u00fcller", "Mu\u0308ller"),
            ("inter\u00adnational", "international"),
        ],
    )
    def test_another_way_to_write_it_is_no_other_answer(self, one, other):
        """Case, a leading article, kinds of dashes, forms of Unicode do not count."""
        answer = self.asked_of_two(one, other)
        assert [c.article for c in answer.citations] == ["a", "b"]

    def test_passages_without_answer_have_no_vote(self):
        """Nineteen passages that do not answer do not outvote the one that does."""
        good = passage("good", "Ann won the cup.")
        pairs = [(good, [candidate(good, "Ann", 2.0)])]
        for n in range(19):
            other = passage(f"other{n}", f"Nothing of note {n} here.")
            pairs.append((other, [candidate(other, "note", -8.0)]))
        assert decide(pairs).text == "Ann"

    def test_nothing_found(self):
        """Without passages the question matches nothing."""
        answer = decide([])
        assert (answer.text, answer.reason) == (None, "no_match")

    def test_none_answers(self):
        """A span that is hardly ever right is no answer; a likelier one may be."""
        a = passage("a", "Ann ran.")
        answer = decide([(a, [candidate(a, "Ann", -9.0)])])
        assert answer.confidence < 0.1
        assert answer.reason == "no_answer"
        assert decide([(a, [candidate(a, "Ann", -2.0)])]).reason == "low_confidence"
        assert [c.article for c in answer.nearest] == ["a"]
        assert answer.citations == ()

    @pytest.mark.parametrize(
        ("text", "cosine", "reason"),
        [
            ("It rained.", 0.24, "no_match"),
            ("It rained.", 0.26, "no_answer"),
            ("The cup rained.", 0.24, "no_answer"),  # half of the words
            ("It rained.", None, "no_answer"),  # meaning was not asked
        ],
    )
    def test_of_what_the_articles_are_not_about_nothing_is_near(
        self, text, cosine, reason
    ):
        """Neither by meaning nor by words: then none are shown."""
        a = passage("a", text)
        answer = decide([(a, [candidate(a, "rained", -9.0)])], dense=cosine)
        assert answer.reason == reason
        is_near = reason != "no_match"
        assert bool(answer.nearest) == bool(answer.alternatives) == is_near

    def test_words_found_beside_meaning_do_not_make_it_near(self):
        """A passage that only the other side found is as far as any."""
        hits = [
            Hit(passage("a", "It rained."), 1.0, dense, 1.0) for dense in (0.1, None)
        ]
        settings = {"min_confidence": 0.5, "max_alternatives": 3}
        assert choose("Who won the cup?", hits, [], **settings).reason == "no_match"

    def test_likely_words_are_shown_however_far_the_passage(self):
        """The reader knows better than the cosine."""
        a = passage("a", "Ann won.")
        likely = [(a, [candidate(a, "Ann", 1.0)])]
        assert decide(likely, dense=0.1).text == "Ann"
        answer = decide(likely, dense=0.1, min_confidence=0.9)
        assert answer.reason == "low_confidence"
        assert answer.nearest

    def test_the_nearest_passages_are_those_with_the_best_words(self):
        """What the reader finds likeliest comes before what ranks first."""
        first, second, third = (
            passage(name, f"Of note {name}.") for name in ("a", "b", "c")
        )
        pairs = [
            (first, [candidate(first, "note a", -9.0)]),
            (second, []),
            (third, [candidate(third, "note c", -7.0)]),
        ]
        answer = decide(pairs)
        assert [c.article for c in answer.nearest] == ["c", "a", "b"]

    def test_as_sure_as_asked_for_is_given(self):
        """The bar itself is enough: "from 30 % on"."""
        a = passage("a", "Ann won.")
        asked = 1 / (1 + math.exp(-1.0))
        answer = decide([(a, [candidate(a, "Ann", 1.0)])], min_confidence=asked)
        assert (answer.text, answer.confidence) == ("Ann", asked)

    def test_less_sure_than_asked_for(self):
        """A higher bar turns an answer into an abstention that keeps its span."""
        a = passage("a", "Ann won.")
        answer = decide([(a, [candidate(a, "Ann", 1.0)])], min_confidence=0.9)
        assert answer.reason == "low_confidence"
        assert [other.text for other in answer.alternatives] == ["Ann"]

    def test_what_is_not_the_best_is_right_only_where_the_best_is_not(self):
        """Its chance is its own, of what the best leaves."""
        a = passage("a", "Ann met Bob and Cy and Di.")
        spans = [candidate(a, name, 9.0) for name in ("Ann", "Bob", "Cy", "Di")]
        for least in (0.0, 1.0):
            answer = decide([(a, spans)], min_confidence=least)
            shown = [other.confidence for other in answer.alternatives]
            if answer.is_found:
                shown.insert(0, answer.confidence)
            first, *others = shown
            assert first == answer.confidence > 0.5
            assert others == [pytest.approx(first * (1 - first))] * len(others)
            assert len(others) > 1

    def test_alternatives_do_not_repeat_a_place(self):
        """A wider span of the answer's own words is no other answer."""
        a = passage("a", "Ann Lee of Rome won. Bob lost.")
        found = [
            candidate(a, "Ann Lee", 3.0),
            candidate(a, "Bob", 1.0),
            candidate(a, "Bob lost", 0.5),
        ]
        answer = decide([(a, found)])
        assert [other.text for other in answer.alternatives] == ["Bob"]

    @pytest.mark.parametrize(("bare", "is_shown"), [("by", False), ("no", True)])
    def test_function_words_alone_are_no_answer(self, bare, is_shown):
        """However sure the reader is; "no" and its like do answer."""
        a, b = passage("a", "Ann won it."), passage("b", f"There was {bare} other.")
        answer = decide(
            [(a, [candidate(a, "Ann", 1.0)]), (b, [candidate(b, bare, 3.0)])]
        )
        assert answer.text == (bare if is_shown else "Ann")
        assert [other.text for other in answer.alternatives] == ["Ann"] * is_shown

    def test_citation_is_verbatim(self):
        """Offsets, quote and sentence agree with the article."""
        text = "It rained.\n\nAnn won the cup on Monday. Bob was ill."
        a = passage("a", text)
        answer = decide([(a, [candidate(a, "the cup", 1.0)])])
        citation = answer.citations[0]
        assert text[citation.start : citation.end] == citation.quote == "the cup"
        assert (citation.sentence_start, citation.sentence_end) == sentence_around(
            text, citation.start, citation.end
        )
        assert citation.paragraph == 2


class TestEvidence:
    def test_agreement_and_rank(self):
        """What speaks for an answer is counted over all its places."""
        a, b = passage("a", "Ann won."), passage("b", "Ann it was.")
        hits = [Hit(a, 1.0), Hit(b, 0.5)]
        found = [candidate(b, "Ann", 2.0), candidate(a, "Ann", 1.0)]
        proposal = propose("Who won?", hits, found, STEP)[0]
        assert proposal.evidence.agreement == pytest.approx(math.log(2))
        assert proposal.evidence.rank == 1.0
        assert proposal.evidence.margin == 2.0

    @pytest.mark.parametrize(
        ("one", "other", "articles"),
        [
            ("30 September", "on 30 September 2015", 2),
            ("guilty", "not guilty", 1),
            ("it was paid", "it wasn't paid", 1),
            ("sold", "never sold", 1),
            ("200", "1,200", 1),
            ("30", "9:30", 1),
            ("Ann beat Bob", "Bob beat Ann", 1),
            ("Ann and Bob", "Ann, Carl and Bob", 1),
        ],
    )
    def test_who_agrees(self, one, other, articles):
        """More words may say the same; a denial, another number or order does not."""
        a, b = passage("a", one), passage("b", other)
        found = [candidate(a, one, 2.0), candidate(b, other, 1.0)]
        proposals = propose("Who?", [Hit(a, 1.0), Hit(b, 0.5)], found, STEP)
        for proposal in proposals:
            assert proposal.evidence.agreement == pytest.approx(math.log(articles))

    def evidence(self, question: str, text: str, words: str) -> Evidence:
        a = passage("a", text)
        hits, found = [Hit(a, 1.0)], [candidate(a, words, 1.0)]
        return propose(question, hits, found, STEP)[0].evidence

    @pytest.mark.parametrize(
        ("question", "span", "shown"),
        [
            ("What did Ann say?", "stressed that it was all hers", "it was all hers"),
            ("What did Ann say?", "denied that it was all hers", None),
            ("What did Ann say?", "stressed that she had it", None),
            ("Who said so?", "stressed that it was all hers", None),
            ("What did Ann say?", "prices that soared would fall", None),
        ],
    )
    def test_a_statement_goes_without_its_verb(self, question, span, shown):
        """Where a few words are left of it; other questions may ask for the verb."""
        a = passage("a", f"Ann {span}. Bob lost.")
        found = propose(question, [Hit(a, 1.0)], [candidate(a, span, 1.0)], STEP)
        assert found[0].best.text == (shown or span)

    def test_a_time_of_day_is_no_distance(self):
        """However sure the reader is of it."""
        a = passage("a", "At 7:49 it was 12,500 km away.")
        found = [candidate(a, "7:49", 9.0), candidate(a, "12,500 km", 1.0)]
        for question, words in (
            ("How far was it?", ["12,500 km"]),
            ("When was it near?", ["7:49", "12,500 km"]),
        ):
            proposals = propose(question, [Hit(a, 1.0)], found, STEP)
            assert [p.best.text for p in proposals] == words

    def test_words_beyond_three_count_against_it(self):
        text = "Nine ships of the line and four boats came late."
        for words, length in (("Nine ships of", 0.0), ("Nine ships of the", 4 / 3)):
            found = self.evidence("Who came?", text, words).length
            assert found == pytest.approx(math.log(length or 1))

    def test_a_list_pays_nothing_for_its_length(self):
        text = "Nine ships of the line came."
        for question, length in (("Which ships came?", 1.0), ("What came?", 6 / 3)):
            found = self.evidence(question, text, text[:-1]).length
            assert found == pytest.approx(math.log(length))

    def test_the_look_of_the_span_counts(self):
        text = "Nine ships came, a few of them late."
        for words, fit in (("Nine", 1.0), ("late", -1.0)):
            found = self.evidence("How many ships came?", text, words)
            assert (found.fit, found.statement) == (fit, 0.0)


class TestKinds:
    @pytest.mark.parametrize(
        ("question", "answer", "fit"),
        [
            ("How many people died when the dam broke?", "nine", 1.0),
            ("When the dam broke, how many people died?", "nine", 1.0),
            ("In 1945, when the war ended, how many ships were left?", "nine", 1.0),
            ("Why did the man who shot Kennedy flee?", "because of fear", 0.0),
            ("Why did Kennedy, who was ill, go to Dallas?", "to be seen", 0.0),
            ("What did Obama say when he met Putin?", "that it was too late", 1.0),
            ("What did Obama say when he met Putin?", "in 2015", -1.0),
            ("Where was she when the dam broke?", "at home", 0.0),
            ("Who led the army when the war ended?", "Ann Lee", 1.0),
            ("When did the man who shot Kennedy flee?", "in 1963", 1.0),
            ("When was the king, who was ill, crowned?", "in 1963", 1.0),
        ],
    )
    def test_a_subordinate_clause_asks_nothing(self, question, answer, fit):
        """What is asked stands first; "when" and "who" in what follows do not."""
        assert fits(question, answer) == fit

    @pytest.mark.parametrize(
        "question",
        [
            "when did the dam break",
            "when the dam broke",
            "“When did the dam break?”",
            "Since when has the dam been broken?",
            "In what year did it break?",
            "In Ulm, when did the dam break?",
            "Between 1940 and 1970 when did the dam break?",
            "It broke, and when was it mended?",
            "Tell me when the dam broke.",
            "The dam broke when?",
            "So when did it break?",
        ],
    )
    def test_when_is_asked(self, question):
        """At the start of a clause that asks, behind a preposition, or at the end."""
        assert (fits(question, "in 1963"), fits(question, "a barge")) == (1.0, -1.0)

    @pytest.mark.parametrize(
        "question",
        [
            "who won the cup",
            "To whom did the cup go?",
            "In Rome, who won the cup?",
            "And whose cup is it?",
        ],
    )
    def test_who_is_asked(self, question):
        """It need not be the first word."""
        assert (fits(question, "Ann Lee"), fits(question, "in time")) == (1.0, -1.0)

    @pytest.mark.parametrize(
        "question",
        [
            "which leaders signed it",
            "In which towns was it signed?",
            "What conditions has Greece set?",
            "Which EU members voted against it?",
            "What two things did he want?",
            "Who were the founders?",
            "Which women were named?",
        ],
    )
    def test_several_are_asked_for(self, question):
        """By a plural, a number or a verb."""
        assert asks_several(question)

    @pytest.mark.parametrize(
        "question",
        [
            "Which bank leads the talks?",
            "Which of the banks leads the talks?",
            "What makes lenders wary?",
            "What does the bank want?",
            "Which status did it have?",
            "Which news agency was first?",
            "Who founded the banks?",
            "Which Texas city is the largest?",
            "What did James do in 1990?",
            "What is Mars called in Greek?",
            "Which costs more, milk or tea?",
            "Which comes first?",
        ],
    )
    def test_one_is_asked_for(self, question):
        """Verbs, names and some singulars end like plurals."""
        assert not asks_several(question)

    @pytest.mark.parametrize(
        ("question", "is_statement"),
        [
            ("What else did Iran say about it?", True),
            ("What did the man who survived say about it?", True),
            ("What was said about Assad?", True),
            ("What was the name of Said Ahmed's first film?", False),
            ("What was the book that Orwell said he wrote?", False),
            ("What did Watt add to the steam engine?", False),
        ],
    )
    def test_what_somebody_said_is_asked_for(self, question, is_statement):
        """By the verb of the question, not by one in what follows, nor by a name."""
        assert asks_statement(question) == is_statement

    @pytest.mark.parametrize(
        ("question", "answer", "fit"),
        [
            ("How long did the strike last?", "a week", 1.0),
            ("How often does the train run?", "daily", 1.0),
            ("How much time was left in the game?", "3:08", 1.0),
            ("How many came that day?", "people of the week", -1.0),
            ("When was it built?", "in the late eighteenth century", 1.0),
            ("When did it burn?", "the nineties", 1.0),
            ("When did it burn?", "three parties", -1.0),
            ("Who did it?", "習近平", 1.0),
            ("Who did it?", "12 – 15", -1.0),
        ],
    )
    def test_periods_and_names_of_other_scripts(self, question, answer, fit):
        """A period may be a time or an amount; a dash is no name."""
        assert fits(question, answer) == fit

    def test_a_clock_may_tell_what_was_left(self):
        """A time of day is dropped where an amount is asked, but not a duration."""
        a = passage("a", "Only 3:08 was left.")
        hits, found = [Hit(a, 1.0, 0.5, 2.0)], [candidate(a, "3:08", 3.0)]
        assert propose("How much time was left?", hits, found, STEP)
        assert not propose("How far was it?", hits, found, STEP)

    def test_evidence_is_of_the_kind_asked_for(self):
        """An amount or a statement further on is not what is asked for."""
        amount = "How many left, and what did Ann say?"
        assert (asks_amount(amount), asks_statement(amount)) == (True, False)
        said = "What did Ann say about how many came?"
        assert (asks_amount(said), asks_statement(said)) == (False, True)


class TestCalibration:
    def test_unknown_reader_takes_the_default(self):
        """A reader without figures of its own is still asked."""
        assert load_calibration("somebody/else").reader == "somebody/else"

    def test_weights_of_what_is_no_evidence_are_an_error(self, tmp_path, monkeypatch):
        """A file of another version would judge by a part of its evidence."""
        file = tmp_path / "calibration" / "span.json"
        file.parent.mkdir()
        file.write_text('{"bias": 0, "weights": {"margin": 1, "luck": 2}, "curve": []}')
        monkeypatch.setattr("qa.reading.confidence.resources.files", lambda _: tmp_path)
        with pytest.raises(ModelError, match=r"found weights of luck.*Reinstall"):
            load_calibration("span")

    def test_no_precision_where_none_was_measured(self):
        with pytest.raises(ValueError, match=r"has not been measured.*min-confidence"):
            load_calibration("sentence").threshold(0.0)

    def test_threshold_from_the_curve(self):
        """The lowest confidence that was right often enough is taken."""
        curve = ((0.2, 0.9, 0.6), (0.5, 0.7, 0.8), (0.8, 0.4, 0.95))
        assert Calibration("x", 0, {}, curve).threshold(0.75) == 0.5

    def test_precision_out_of_reach(self):
        """What was never measured is not promised."""
        with pytest.raises(ValueError, match=r"highest measured is 0\.8\b"):
            Calibration("x", 0, {}, ((0.5, 0.7, 0.8),)).threshold(0.9)
