"""Follow-up questions are completed from the turns; whole ones are left alone."""

from collections.abc import Sequence
from time import process_time

import pytest

from qa.conversation import standalone
from qa.conversation.antecedents import antecedent
from qa.conversation.mentions import mentions
from qa.conversation.words import content_words, tokens
from qa.types import Answer, Citation, Turn


def turn(question: str, text: str | None, sentence: str | None = None) -> Turn:
    """A turn whose question stood alone."""
    if text is None:
        return Turn(
            question, Answer(question, question, None, None, 0.1, reason="no_answer")
        )
    end = len(text)
    cited = Citation("a", "a.md", "A", None, 0, end, text, 0, end, 0, end, 1)
    found = Answer(question, question, text, sentence or text, 0.9, None, (cited,))
    return Turn(question, found)


def played(*said: tuple[str, str | None]) -> list[Turn]:
    """Turns as a session keeps them: each question completed from those before."""
    turns: list[Turn] = []
    for question, text in said:
        answered = turn(standalone(question, turns), text)
        turns.append(Turn(question, answered.answer))
    return turns


ELECTIONS = (turn("What did Iran say about Assad's elections?", "they were free"),)
COPPER = (turn("What does it cost to mine copper in Zambia in 1987?", "69 cents"),)
KING = (turn("Who is the king of Jordan?", "Abdullah II"),)
CRASH = (turn("When did the Metrojet plane crash in Sinai?", "October 31"),)
OFFER = (turn("Where was Yasuhiro Nakasone planning to go?", "Washington"),)
NOBODY = (turn("Who won the contest in Vienna?", None),)


@pytest.mark.parametrize(
    ("turns", "question", "expected"),
    [
        # a name, a place, a year takes the place of its like
        (ELECTIONS, "And Russia?", "What did Russia say about Assad's elections?"),
        (
            ELECTIONS,
            "what about Jordan?",
            "What did Jordan say about Assad's elections?",
        ),
        (
            COPPER,
            "And in the United States?",
            "What does it cost to mine copper in the United States in 1987?",
        ),
        (
            COPPER,
            "And in 1985?",
            "What does it cost to mine copper in Zambia in 1985?",
        ),
        (
            ELECTIONS,
            "And in 2014?",
            "What did Iran say about Assad's elections in 2014?",
        ),
        (KING, "And of Morocco?", "Who is the king of Morocco?"),
        # a bare question word asks about the same event
        (CRASH, "Where was that?", "Where did the Metrojet plane crash in Sinai?"),
        (
            OFFER,
            "When?",
            "When was Yasuhiro Nakasone planning to go (Washington)?",
        ),
        (NOBODY, "And when?", "Who won the contest in Vienna, and when?"),
        # pronouns: persons, things, owners, places
        (KING, "How old is he?", "How old is Abdullah II?"),
        (KING, "Who is his wife?", "Who is Abdullah II's wife?"),
        (CRASH, "why did it crash", "Why did the Metrojet crash"),
        (
            ELECTIONS,
            "Did Russia agree with it?",
            "Did Russia agree with Assad's elections?",
        ),
        (
            OFFER,
            "What is his government studying?",
            "What is Yasuhiro Nakasone's government studying?",
        ),
        (NOBODY, "Who lives there?", "Who lives in Vienna?"),
        # nothing to merge with: the words of the topic
        (
            CRASH,
            "how many dealt less",
            "How many dealt less (about: Metrojet plane crash Sinai)?",
        ),
        (
            CRASH,
            "And the cause?",
            "What about the cause (about: Metrojet plane crash Sinai)?",
        ),
        (
            ELECTIONS,
            "Where did he say this?",
            "Where did Assad say this (about: Iran elections)?",
        ),
    ],
)
def test_a_follow_up_is_completed(turns, question, expected):
    assert standalone(question, turns) == expected


@pytest.mark.parametrize(
    "question",
    [
        "What is the Vienna process?",
        "Does Turkey agree?",
        "How many refugees came to Germany in 2015?",
        "What did Saudi Arabia and its allies say?",
        "How much of its debt will Brazil repay?",
        "Which company said it would leave the country after its losses?",
        "Why did the minister of finance in Athens say he resigned?",
        "What is influenza and where is it from?",
        "How long does it take to build a reactor?",
        "Is it safe to eat raw eggs in summer?",
        "What did Papandreou say that Greece would do?",
        "Are there wolves in Poland?",
        "Iran Assad elections",
        "Thanks!",
        "?",
        "",
        "  Who  won the election in Syria? ",
    ],
)
@pytest.mark.parametrize("turns", [ELECTIONS, KING, CRASH, NOBODY])
def test_a_question_that_stands_alone_is_returned_unchanged(turns, question):
    assert standalone(question, turns) == question


@pytest.mark.parametrize("question", ["Why?", "And in Germany?", "Who is he?"])
def test_without_turns_nothing_is_changed(question):
    assert standalone(question, []) == question


def test_an_entity_is_kept_over_several_turns():
    turns = played(
        ("Which carrier ordered six planes?", "Canadian Airlines"),
        ("How many aircraft does it have?", "81 aircraft"),
        ("What share of the market will it get?", None),
    )
    assert [t.answer.standalone for t in turns[1:]] == [
        "How many aircraft does Canadian Airlines have?",
        "What share of the market will Canadian Airlines get?",
    ]
    assert standalone("Who leads it?", turns) == "Who leads Canadian Airlines?"


def test_the_answer_to_who_comes_before_its_question():
    turns = [turn("Who met Assad in Damascus?", "Javad Zarif")]
    assert standalone("What did he say?", turns) == "What did Javad Zarif say?"


def test_the_full_name_is_used_once_it_was_said():
    said = turn("What did Hill forecast?", "growth", "Ray Hill forecast growth.")
    assert standalone("Why did he expect it?", [said]).startswith("Why did Ray Hill")


def test_a_question_in_other_scripts_or_very_long_is_survived():
    turns = [turn("叙利亚选举是什么?", "选举")]
    assert standalone("为什么?", turns) == "为什么?"
    long = "and " * 3000 + "why?"
    assert "why" in standalone(long, ELECTIONS).lower()
    assert isinstance(standalone("’s ' \" (it)", ELECTIONS), str)


def test_mentions_tell_persons_places_and_times_apart():
    text = (
        "Did Bank of Montreal's chairman William Mulholland visit Brazil in May 1987?"
    )
    assert [(m.text, m.kind) for m in mentions(text)] == [
        ("Bank of Montreal", "name"),
        ("William Mulholland", "person"),
        ("Brazil", "place"),
        ("May", "time"),
        ("1987", "time"),
    ]


def test_antecedents_are_of_the_class_that_is_asked_for():
    turns: Sequence[Turn] = [turn("Why did Ray Hill of Inco go to Chile?", "copper")]
    found = [antecedent(meant, turns) for meant in ("person", "thing", "place", "time")]
    assert found == ["Ray Hill", "Ray Hill", "Chile", None]


def test_words_keep_abbreviations_and_numbers_whole():
    text = "Did the U.S. say E.F. Hutton's 1,100 dlrs rose?"
    assert [t.text for t in tokens(text)] == [
        *("Did", "the", "U.S.", "say", "E.F.", "Hutton", "'s"),
        *("1,100", "dlrs", "rose", "?"),
    ]
    assert content_words("I'm sure what he’s said") == ["sure"]


def test_completing_takes_less_than_a_millisecond():
    turns = list(ELECTIONS + KING + CRASH) * 3
    begun = process_time()
    for _ in range(100):
        standalone("What did he say about it there?", turns)
    assert (process_time() - begun) / 100 < 0.001
