"""The page's parts without a browser: HTML, exports, examples, and its server."""

import base64
import dataclasses
import datetime
import json
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from html.parser import HTMLParser
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jsonschema
import pytest
from gradio_client import Client

from qa.errors import QAError
from qa.library.library import FileResult, Library
from qa.library.progress import Progress
from qa.library.records import StoredArticle
from qa.models.runtime import usable_cores
from qa.pipeline import QA
from qa.render import to_markdown, to_text
from qa.schema import ANSWER_SCHEMA, answer_from_json
from qa.settings import Settings
from qa.types import Alternative, Answer, Article, Citation
from qa.verify import Verifier
from qa.web.actions import Actions
from qa.web.answer_html import said, turn_html
from qa.web.examples import Examples, varied
from qa.web.export import export
from qa.web.library_html import matching, progress_html, results_html, shelf_html
from qa.web.proposals import proposals
from qa.web.server import free_port, start
from qa.web.source_html import (
    article_head,
    article_html,
    as_quote,
    change_html,
    kept_html,
    quotes,
)
from qa.web.text_html import escape, marked
from qa.web.turnstile import TURNSTILE, Turnstile
from qa.wording import contradicts
from tests.conftest import LLAMAS, ROCKETS

# Gradio still sets an option that the newest pandas has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.*no_silent_downcasting")

DAY = datetime.date(2015, 11, 20)
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "onerror": "<img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover=\"alert(1)' x='",
    "markdown link": "[press](javascript:alert(1)) <a href='javascript:alert(2)'>x</a>",
    "template": "${alert(1)} {{constructor}} @children",
    "entity": "&lt;b&gt; &#x3c;script&#x3e;",
    "closing": "</article></div></textarea></style><svg onload=alert(1)>",
    "bidi": "gpj.\u202eexe \u2066inside\u2069",
    "nul": "a\x00b\x1b[31m",
    "long word": "x" * 100_000,
}


class Seen(HTMLParser):
    """What a browser would make of HTML: tags, attributes, text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_harmless(html: str) -> None:
    seen = Seen(html)
    assert not seen.tags & {"script", "img", "svg", "a", "iframe", "style", "textarea"}
    names = {name for name, _ in seen.attributes}
    assert not any(name.startswith("on") for name in names), names
    assert not names & {"href", "src", "srcdoc", "action"}, names
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", html)


def cite(article: Article, quote: str, at: int = 0, **others: Any) -> Citation:
    start = article.text.index(quote, at)
    end = start + len(quote)
    before = article.text.rfind(". ", 0, start)
    facts: dict[str, Any] = {
        "sentence_start": before + 2 if before >= 0 else 0,
        "sentence_end": min(
            x for x in (article.text.find(".", end) + 1, len(article.text)) if x > 0
        ),
        "passage_start": 0,
        "passage_end": len(article.text),
        "paragraph": 1,
        **others,
    }
    return Citation(
        article.id,
        article.path,
        article.title,
        article.published,
        start,
        end,
        quote,
        **facts,
    )


def answered(citation: Citation, article: Article, **changes: Any) -> Answer:
    sentence = article.text[citation.sentence_start : citation.sentence_end]
    answer = Answer(
        question="Who?",
        standalone="Who?",
        text=citation.quote,
        sentence=sentence,
        confidence=0.83,
        citations=(citation,),
        timings={"total": 12.3},
        passages=145,
    )
    return dataclasses.replace(answer, **changes)


def missing(article: Article, citation: Citation, **changes: Any) -> Answer:
    answer = Answer(
        question="Who?",
        standalone="Who?",
        text=None,
        sentence=None,
        confidence=0.1,
        reason="no_answer",
        nearest=(citation,),
    )
    return dataclasses.replace(answer, **changes)


@pytest.fixture
def article() -> Article:
    text = "It rained. Ada left.\n\nIt rained. Bo stayed; it rained on."
    return Article("a.md", "a.md", "Rain & more", text, published=DAY, source="Gazette")


# HTML


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_content_is_shown_as_text(text):
    """Whatever an article, a name or a question holds, nothing of it is markup."""
    article = Article(
        f"{text}.md", f"{text}.md", text, f"{text} first. {text} second.", byline=text
    )
    citation = cite(
        article, "first", byline=text, source=text, page=text, paragraph=text
    )
    unpaged = dataclasses.replace(citation, page=None)
    answer = answered(citation, article, question=text, standalone=f"{text}?")
    none = missing(article, citation, question=text, unknown_words=(text,))
    stored = StoredArticle(1, article.id, article.path, text, DAY, text, text, 1, 9)
    pieces = [
        turn_html(answer, 0, lambda _: article),
        turn_html(answer, 0, lambda _: None),
        turn_html(none, 0, lambda _: article),
        turn_html(missing(article, unpaged), 0, lambda _: article),
        article_head(article) + article_html(article, citation),
        shelf_html(matching([stored], ""), [], [(text, text)], 1),
        results_html([FileResult(text, "skipped", text)]),
    ]
    for html in pieces:
        assert_harmless(html)
    shown = Seen(pieces[4]).text
    if text.isprintable() and len(text) < 1000:  # a longer one is shown in part
        assert text in shown


def test_bidi_controls_are_made_visible():
    assert escape("a\u202eb") == "a‹U+202E›b"


@pytest.mark.parametrize(("nth", "at"), [(0, 0), (1, 5), (2, 40)])
def test_the_right_occurrence_is_marked(article, nth, at):
    """A phrase that stands three times is marked where it is cited, by offset."""
    citation = cite(article, "rained", at)
    before, _, after = article_html(article, citation).partition('<mark class="span">')
    assert after.startswith("rained</mark>")
    assert before.count("rained") == nth


def test_span_and_sentence_have_marks_of_their_own():
    html = marked("One two. Three four.", 0, 20, span=(9, 14), sentence=(9, 20))
    assert html == (
        'One two. <mark class="span">Three</mark><span class="sentence"> four.</span>'
    )


def test_marks_keep_every_character(article):
    """The pieces put together are the text, whatever is marked."""
    citation = cite(article, "Bo stayed")
    shown = Seen(article_html(article, citation)).text
    assert "It rained. Bo stayed; it rained on." in shown


def test_a_long_article_is_shown_in_part_around_the_words():
    text = "\n\n".join(f"Paragraph {n} goes on and on." for n in range(20_000))
    article = Article("long", "long.txt", "Long", text)
    html = article_html(article, cite(article, "Paragraph 9999 goes"))
    assert '<mark class="span">Paragraph 9999 goes</mark>' in html
    assert len(html) < 150_000
    assert "Earlier in this article" in html
    assert "Later in this article" in html


def turned_to(html: str, label: str) -> tuple[int, int]:
    """Return where the part begins that a button of a long article shows, and ends.

    An end of 0 leaves it to the page.
    """
    found = re.search(rf'data-at="(\d+)" data-until="(\d+)">{label}', html)
    assert found, label
    return int(found[1]), int(found[2])


def test_a_long_article_is_read_on_without_reading_twice():
    """Each part goes on where the one before it ended, to the last word."""
    text = "\n\n".join(f"Paragraph {n} goes on and on." for n in range(5000))
    article = Article("long", "long.txt", "Long", text)
    html, shown = article_html(article, cite(article, "Paragraph 2000 goes")), []
    while True:
        shown += [int(n) for n in re.findall(r'<p id="p(\d+)"', html)]
        if "Later in this article" not in html:
            break
        html = article_html(article, None, *turned_to(html, "Later in this article"))
    assert shown == list(range(shown[0], 5001))


@pytest.mark.parametrize("cited", [900, 4000])
def test_earlier_parts_of_a_long_article_end_where_the_later_began(cited):
    """No part shows a paragraph again, and each is left as it was come to."""
    text = "\n\n".join(f"Paragraph {n} goes on and on." for n in range(5000))
    article = Article("long", "long.txt", "Long", text)
    html = article_html(article, cite(article, f"Paragraph {cited} goes"))
    first = int(re.findall(r'<p id="p(\d+)"', html)[0])
    while "Earlier in this article" in html:
        html = article_html(article, None, *turned_to(html, "Earlier in this article"))
        shown = [int(n) for n in re.findall(r'<p id="p(\d+)"', html)]
        assert shown == list(range(shown[0], first))
        later = article_html(article, None, *turned_to(html, "Later in this article"))
        assert f'<p id="p{first}"' in later
        assert f'<p id="p{first - 1}"' not in later
        first = shown[0]
    assert first == 1


def test_earlier_parts_of_a_paragraph_without_end_show_each_word_once():
    text = " ".join(f"w{n}" for n in range(20_000))
    article = Article("long", "long.txt", "Long", text)
    html = article_html(article, cite(article, "w15000"))
    before = text[: text.index(paragraph_in(html))]
    shown = ""
    while "Earlier in this article" in html:
        html = article_html(article, None, *turned_to(html, "Earlier in this article"))
        shown = paragraph_in(html) + shown
    assert shown == before


def test_blank_lines_at_both_ends_are_no_part_of_a_long_article():
    text = "\n\n".join(f"Paragraph {n} goes on and on." for n in range(1500))
    article = Article("long", "long.txt", "Long", f"\n\n{text}\n\n")
    html = article_html(article, cite(article, "Paragraph 1000 goes"))
    assert "Later in this article" not in html
    html = article_html(article, None, *turned_to(html, "Earlier in this article"))
    assert "Earlier in this article" not in html


def paragraph_in(html: str) -> str:
    """Return the text of the only paragraph that is shown."""
    ((_, inner),) = re.findall(r'<p id="p(\d+)"[^>]*>(.*?)</p>', html)
    return Seen(inner).text


def test_a_paragraph_longer_than_what_is_shown_is_read_on_within_it():
    article = Article("long", "long.txt", "Long", "word " * 20_000 + "end.")
    html, sizes = article_html(article, None), []
    while "Later in this article" in html:
        html = article_html(article, None, *turned_to(html, "Later in this article"))
        sizes.append(Seen(html).text.count("word"))
    assert 8000 * len(sizes) + sizes[-1] - 1 <= 20_000 <= 8000 + sum(sizes)
    assert "end." in html


def test_a_pdf_tells_its_pages():
    article = Article(
        "p", "p.pdf", "P", "One.\n\nTwo.\n\nThree.", page_starts=(0, 6, 12)
    )
    citation = cite(article, "Two", page=2)
    assert "Page 2" in article_html(article, citation)
    assert "page 2" in turn_html(answered(citation, article), 0, lambda _: article)
    assert "p. 2" in as_quote(citation)


def test_a_changed_article_does_not_move_the_mark(article):
    """If the words are no longer at their place, the saved sentence is shown."""
    answer = answered(cite(article, "Bo stayed"), article)
    changed = dataclasses.replace(article, text="New. " + article.text)
    html = turn_html(answer, 0, lambda _: changed)
    assert '<mark class="span">Bo stayed</mark>' in html
    assert "New." not in html


def test_an_edited_article_does_not_rewrite_an_old_answer():
    """Other words around the same quote are not what was said."""
    article = Article("d.md", "d.md", "Dam", "The dam collapsed in 1999.")
    citation = cite(article, "1999")
    answer = answered(citation, article)
    assert "has changed" not in turn_html(answer, 0, lambda _: article)
    edited = dataclasses.replace(article, text="The dam was built in 1999.")
    text = Seen(turn_html(answer, 0, lambda _: edited)).text
    assert "The dam collapsed in 1999." in text
    assert "built" not in text
    assert "The article has changed since this was answered" in text
    told = Seen(change_html(edited, citation, answer.sentence)).text
    assert "“The dam collapsed in 1999.”" in told
    copied = quotes(edited, citation, answer.sentence)
    assert copied["sentence"].startswith("“The dam collapsed in 1999.” (Dam")
    assert copied["span"].startswith("“1999” (Dam")


def test_an_answer_outlives_its_article(article):
    """What it said is shown, and can be copied."""
    citation = cite(article, "Bo stayed")
    answer = answered(citation, article)
    gone = "The article is no longer in the library; this is what it said."
    assert gone not in turn_html(answer, 0, lambda _: article)
    assert gone in turn_html(answer, 0, lambda _: None)
    for sentence in (answer.sentence, None, "Another of another length."):
        html = kept_html(citation, sentence)
        assert gone in html
        assert '<mark class="span">Bo stayed</mark>' in html
        assert quotes(None, citation, sentence)["span"] == as_quote(citation)
    assert "it rained on." in kept_html(citation, answer.sentence)
    copied = quotes(None, citation, answer.sentence)
    assert copied["sentence"] == as_quote(citation, answer.sentence)


def test_a_file_that_has_changed_around_the_words_is_told(article):
    """Of a further citation no sentence is kept; its file tells that it changed."""
    citation = cite(article, "Bo stayed", file_hash="ab12")
    same = dataclasses.replace(article, file_hash="ab12")
    other = dataclasses.replace(article, file_hash="cd34")
    assert change_html(same, citation, None) == ""
    assert "The file has changed since" in change_html(other, citation, None)
    sentence = article.text[citation.sentence_start : citation.sentence_end]
    assert change_html(other, citation, sentence) == ""  # another row of it


def test_an_answer_tells_what_it_rests_on(article):
    second = dataclasses.replace(article, id="b.md", path="b.md", title="Other")
    answer = answered(cite(article, "Bo stayed"), article)
    both = (*answer.citations, cite(second, "Bo stayed"))
    html = turn_html(dataclasses.replace(answer, citations=both), 0, lambda _: article)
    text = Seen(html).text
    for words in (
        "Fairly sure",
        "83 %",
        "Same words in 2 articles",
        "20 November 2015",
        "12 ms over 145 passages",
    ):
        assert words in text
    assert ("role", "tooltip") in Seen(html).attributes


def test_a_guess_does_not_look_like_an_answer(article):
    """Below one half: that is told before its words, and what else is possible."""
    other = Alternative("Ada left", "Ada left.", 0.2, (cite(article, "Ada left"),))
    for confidence, is_guess in ((0.49, True), (0.5, False)):
        answer = answered(
            cite(article, "Bo stayed"),
            article,
            confidence=confidence,
            alternatives=(other,),
        )
        html = turn_html(answer, 0, lambda _: article)
        text = Seen(html).text
        assert (text.find("Unsure 49 %") in range(text.find("Bo stayed"))) == is_guess
        assert ("is-unsure" in html) == is_guess
        assert ('<details class="others" open>' in html) == is_guess
        heard = "Unsure (49 %): Bo stayed" if is_guess else "Bo stayed"
        assert said(answer) == heard
        file = export("html", "Who?", [(answer, 0)], DAY)["text"]
        assert (file.find("unsure, 49 %") in range(file.find("<mark>"))) == is_guess
        assert ('<blockquote dir="auto" class="unsure">' in file) == is_guess
    assert said(missing(article, cite(article, "Ada left"))).startswith("The articles")


def test_further_places_of_the_same_words_are_told_as_no_more(article):
    """They may be about something else; a sentence that says it twice is one place."""
    text = "Bo and Bo left. Bo came."
    long = dataclasses.replace(article, text=text, title="Here")
    other = dataclasses.replace(long, id="b.md", title="There")
    twice, again = cite(long, "Bo"), cite(long, "Bo", 3)
    own = {"sentence_start": 16, "sentence_end": 24}
    places = (twice, again, cite(other, "Bo"), cite(long, "Bo", 16, **own))
    html = turn_html(answered(twice, long, citations=places), 0, lambda _: long)
    indexes = re.findall(r'data-cite="(\d)" data-group="citations"', html)
    assert indexes == ["0", "2", "3"]
    shown = Seen(html).text
    first, _, further = shown.partition("Same words also in")
    assert "Citation 1: Here" in first
    assert "Citation 2" not in first
    assert "Citation 2: There" in further
    assert "Citation 3: Here" in further
    assert "Same words in 2 articles" in shown
    one = turn_html(answered(twice, long, citations=(twice, again)), 0, lambda _: long)
    assert "Same words" not in one


def test_an_answer_tells_what_others_say(article):
    """One that is nearly as sure is named; what is hardly likely is left out."""
    other = dataclasses.replace(article, id="b.md", path="b.md", title="Other")
    likely = Alternative("Ada left", "Ada left.", 0.6, (cite(other, "Ada left"),))
    unlikely = Alternative("rained", "It rained.", 0.01, (cite(other, "rained"),))
    answer = answered(
        cite(article, "Bo stayed"), article, alternatives=(likely, unlikely)
    )
    text = Seen(turn_html(answer, 0, lambda _: article)).text
    assert "In another article: Ada left (1)" in text
    assert "60 %" in text
    assert "1 %" not in text
    assert "rained. Other" not in text
    terminal = to_text(answer)
    assert "Ada left (60 %;" in terminal
    assert "(1 %;" not in terminal


def test_what_contradicts_a_sure_answer_is_told(article):
    """A sure answer leaves little, but another article was nearly as sure."""
    other = dataclasses.replace(article, id="b.md", path="b.md", title="Other")
    for held, is_told in ((other, True), (article, False)):
        says = Alternative("Ada left", "Ada left.", 0.02, (cite(held, "Ada left"),))
        answer = answered(
            cite(article, "Bo stayed"), article, confidence=0.97, alternatives=(says,)
        )
        html = turn_html(answer, 0, lambda _: article)
        assert ("In another article: Ada left" in html) == is_told
        assert ("Ada left (2 %" in to_text(answer)) == is_told


@pytest.mark.parametrize(
    ("text", "other", "is_told"),
    [
        ("President", "President Bashar al-Assad of Syria", False),
        ("President", "the Russian president", False),
        ("30 September 2015", "September 2015", False),
        ("leave", "not leave", True),
        ("Syria", "Russia", True),
        ("200", "1,200", True),
    ],
)
def test_who_says_more_or_less_of_the_same_contradicts_nobody(text, other, is_told):
    """Unless more is a denial."""
    here, there = (
        Article(f"{name}.md", f"{name}.md", name, f"They said {words}.")
        for name, words in (("here", text), ("there", other))
    )
    says = Alternative(other, there.text, 0.3, (cite(there, other),))
    answer = answered(cite(here, text), here, confidence=0.6, alternatives=(says,))
    assert contradicts(answer, says) == is_told
    shown = Seen(turn_html(answer, 0, lambda _: here)).text
    assert ("In another article" in shown) == is_told
    assert ("Other possible answers" in shown) != is_told


def test_a_terminal_is_told_what_comes_nearest(article):
    """Sentences with the words that may answer, marked, and how sure they are."""
    unsure, less = (
        Alternative(words, sentence, confidence, (cite(article, words),))
        for words, sentence, confidence in (
            ("Bo stayed", "Bo stayed; it rained on.", 0.2),
            ("Ada left", "Ada left.", 0.02),
        )
    )
    passage = cite(dataclasses.replace(article, id="b.md", title="Other"), "It rained")
    terminal = to_text(missing(article, passage, alternatives=(unsure, less)))
    near = terminal.partition("What comes nearest:\n")[2]
    assert "paragraph 1 (20 %)\n    [[Bo stayed]]; it rained on.\n[2]" in near
    assert "paragraph 1\n    Ada left.\n[3] Other" in near
    assert near.index("Ada left.") < near.index("    It rained")


@pytest.mark.parametrize(
    ("confidence", "is_usual"), [(0.894, True), (0.27, True), (0.269, False)]
)
def test_words_that_only_a_limit_holds_back_are_told_as_found(
    article, confidence, is_usual
):
    """Whoever asked for more than is usual knows why; what is unsure is called so."""
    words = Alternative(
        "Bo stayed",
        "Bo stayed; it rained on.",
        confidence,
        (cite(article, "Bo stayed"),),
    )
    passage = cite(dataclasses.replace(article, id="b.md", title="Other"), "It rained")
    answer = dataclasses.replace(
        missing(article, passage, alternatives=(words,)),
        reason="low_confidence",
        confidence=confidence,
    )
    percent = int(100 * confidence)
    told = f"Words were found, but they are less sure ({percent} %) than was asked for."
    drawn = [to_text(answer), Seen(turn_html(answer, 0, lambda _: article)).text]
    drawn += [
        export(kind, "T", [(answer, 0)], DAY)["text"].partition("<script")[0]
        for kind in ("markdown", "html")
    ]
    for text in drawn:
        assert "Bo stayed" in text
        assert (told in text) == is_usual
        assert ("may not say: the best words found are unsure" in text) != is_usual
        assert ("It rained" in text) != is_usual  # near, where nothing was found


def test_no_article_marks_its_own_words_in_a_terminal(article):
    """Whatever signs of the private use area or of halves of pairs it holds."""
    evil = dataclasses.replace(
        article, title="\ue000 Rain", text="\ue000Bo\ue001 left."
    )
    cited = cite(evil, "left", sentence_start=0)
    near = Alternative("left", evil.text, 0.2, (cited,))
    for answer in (answered(cited, evil), missing(evil, cited, alternatives=(near,))):
        terminal = to_text(answer, is_styled=True)
        assert "Bo \x1b[1mleft\x1b[0m." in terminal
        assert terminal.count("\x1b[1m") == 1 + answer.is_found
        assert terminal.count("\x1b[0m") == 1 + answer.is_found


def test_one_passage_is_told_as_one(article):
    answer = answered(cite(article, "Bo stayed"), article, passages=1)
    assert "1 passage ·" in to_text(answer)
    assert "1 passage " in Seen(turn_html(answer, 0, lambda _: article)).text + " "


def test_only_several_articles_that_say_the_same_are_others(article):
    """Two things that one article says are not what several say."""
    b, c = (
        dataclasses.replace(article, id=id_, path=id_, title=id_)
        for id_ in ("b.md", "c.md")
    )
    two = tuple(
        Alternative(words, f"{words}.", 0.6, (cite(b, words),))
        for words in ("Ada left", "It rained")
    )
    answer = answered(cite(article, "Bo stayed"), article, alternatives=two)
    text = Seen(turn_html(answer, 0, lambda _: article)).text
    assert "In another article: Ada left (2)" in text
    both = dataclasses.replace(
        two[0], citations=(*two[0].citations, cite(c, "Ada left"))
    )
    answer = dataclasses.replace(answer, alternatives=(both,))
    text = Seen(turn_html(answer, 0, lambda _: article)).text
    assert "In other articles: Ada left (1)" in text


def test_what_is_left_out_of_an_answer_is_marked_where_it_is_read(article):
    """A cut stands between words, and its sign in all but the shortest length."""
    words = [f"word{n}" for n in range(400)]
    text = " ".join([*words, "Bo left", *words])
    endless = dataclasses.replace(article, text=text)
    place = {"sentence_start": 0, "sentence_end": len(text)}
    citation = cite(endless, "Bo left", **place)
    html = turn_html(answered(citation, endless), 0, lambda _: endless)
    quote = html.partition("<blockquote")[2].partition("</blockquote>")[0]
    bare = re.sub(r'<span class="around">.*?</span>', "", quote)
    shown = Seen(bare.partition(">")[2]).text
    assert shown[:2] == "… "
    assert shown[-2:] == " …"
    assert set(shown.split()) <= {*words, "Bo", "left", "…"}
    assert 1000 < len(shown) < 1500


def test_what_is_left_out_of_a_paragraph_is_marked(article):
    sentences = [f"Sentence{n} ends." for n in range(400)]
    text = " ".join([*sentences, "Bo left.", *sentences])
    long = dataclasses.replace(article, text=text)
    at = text.index("Bo left.")
    citation = cite(long, "Bo left", sentence_start=at, sentence_end=at + 8)
    html = turn_html(answered(citation, long), 0, lambda _: long)
    shown = Seen(html.partition("<blockquote")[2].partition("</blockquote>")[0]).text
    copied = quotes(long, citation, "Bo left.")
    quote = copied["paragraph"].partition("“")[2].partition("”")[0]
    for text in (shown.partition(">")[2], quote):
        assert re.fullmatch(r"… (Sentence\d+|ends\.) .* (Sentence\d+|ends\.) …", text)
        assert 2000 < len(text) < 3100
    assert "…" not in copied["sentence"]


def test_a_span_does_not_drown_in_an_endless_sentence(article):
    endless = dataclasses.replace(
        article, text=f"{'x' * 50_000} Bo left {'y' * 50_000}"
    )
    place = {"sentence_start": 0, "sentence_end": len(endless.text)}
    html = turn_html(
        answered(cite(endless, "Bo left", **place), endless), 0, lambda _: endless
    )
    assert '<mark class="span">Bo left</mark>' in html
    assert html.count("…") == 2
    assert len(html) < 6000


def test_without_articles_no_word_is_missed(article):
    answer = Answer(
        "Who?", "Who?", None, None, 0.0, "no_articles", unknown_words=("x",)
    )
    text = Seen(turn_html(answer, 0, lambda _: None)).text
    assert "no articles here yet" in text
    assert "No article contains" not in text


def test_the_title_is_not_shown_twice():
    article = Article("a.txt", "a.txt", "Rain", "Rain\n\nRain fell.")
    assert Seen(article_html(article, None)).text.startswith("Rain fell.")
    cited = article_html(article, cite(article, "Rain", sentence_start=0))
    assert '<mark class="span">Rain</mark>' in cited


def test_no_answer_tells_why(article):
    answer = missing(article, cite(article, "Ada left"), unknown_words=("Zorg",))
    text = Seen(turn_html(answer, 0, lambda _: article)).text
    assert "The articles do not seem to say" in text
    assert "No article contains: Zorg" in text
    assert "Ada left" in text
    assert "Asked while" not in text
    text = Seen(turn_html(answer, 0, lambda _: article, unread=7)).text
    told = "7 files were still being read", "No article contains", "What comes nearest"
    assert sorted(map(text.index, told)) == [text.index(words) for words in told]


def test_that_only_some_articles_were_asked_is_told(article):
    """Neither more is claimed than was asked, nor is there no way out of it."""
    answer = missing(article, cite(article, "Ada left"))
    for chosen, words in (
        (1, "The chosen article does not seem to say: passages come near"),
        (3, "The 3 chosen articles do not seem to say: passages come near"),
    ):
        html = turn_html(answer, 0, lambda _: article, chosen)
        assert words in Seen(html).text
        assert ("data-act", "widen") in Seen(html).attributes
    everywhere = Seen(turn_html(answer, 0, lambda _: article))
    assert ("data-act", "widen") not in everywhere.attributes


def test_sentences_with_unsure_words_are_what_comes_nearest(article):
    """Each once, the words marked if they are likely at all; then other passages."""
    unsure, less = (
        Alternative(words, sentence, confidence, (cite(article, words),))
        for words, sentence, confidence in (
            ("Bo stayed", "Bo stayed; it rained on.", 0.2),
            ("Ada left", "Ada left.", 0.02),
        )
    )
    again = dataclasses.replace(unsure, confidence=0.1)
    passage = cite(dataclasses.replace(article, id="b.md"), "It rained")
    own = cite(article, "Ada left")
    answer = missing(
        article, own, nearest=(own, passage), alternatives=(unsure, again, less)
    )
    html = turn_html(answer, 0, lambda _: article)
    assert html.count('class="near-words"') == 3
    assert '<mark class="span">Bo stayed</mark>; it rained on.' in html
    assert "20 %" in html
    assert '<span class="near-words" dir="auto">Ada left.</span>' in html
    assert "10 %" not in html
    assert "2 %" not in Seen(html).text
    assert 'data-cite="1" data-group="nearest"' in html
    assert "<details" not in html


def test_what_comes_nearest_is_shown_once(article):
    """Though windows of a paragraph overlap, and an article lies there twice."""
    twin = dataclasses.replace(article, id="b.md", path="b.md")
    unsure = [
        Alternative("Ada left", "Ada left.", 0.2, (cite(held, "Ada left"),))
        for held in (article, twin)
    ]
    windows = [
        cite(held, article.text[start:end], passage_start=start, passage_end=end)
        for start, end in ((5, 40), (22, 58), (22, 50))
        for held in (article, twin)
    ]
    answer = missing(article, windows[0], alternatives=tuple(unsure))
    answer = dataclasses.replace(answer, nearest=tuple(windows))
    html = turn_html(answer, 0, lambda _: article)
    places = re.findall(r'data-cite="(\d)" data-group="(\w+)"', html)
    assert places == [("0", "alternatives"), ("2", "nearest"), ("4", "nearest")]


@pytest.mark.parametrize("kind", ["markdown", "html"])
def test_what_is_hardly_likely_is_cited_as_its_sentence(article, kind):
    """Its words are not marked as an answer anywhere."""
    place = cite(article, "Bo stayed")
    for share, words in ((0.02, "33 to 57"), (0.2, "33 to 42")):
        other = Alternative("Bo stayed", "Bo stayed; it rained on.", share, (place,))
        none = missing(article, place, alternatives=(other,), nearest=())
        text = export(kind, "T", [(none, 0)], DAY)["text"].partition("<script")[0]
        assert f"characters {words}" in text


def test_a_long_sentence_that_comes_near_is_shown_around_its_words(article):
    text = f"{'So it goes on, ' * 40}and Bo stayed{', and it goes on' * 40}."
    held = dataclasses.replace(article, text=text)
    place = cite(held, "Bo stayed")
    unsure = Alternative("Bo stayed", text, 0.2, (place,))
    html = turn_html(missing(held, place, alternatives=(unsure,)), 0, lambda _: article)
    words = html.partition('class="near-words"')[2].partition("</span>")[0]
    assert '<mark class="span">Bo stayed</mark>' in words
    assert words.count("…") == 2
    assert len(words) < 500


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("5 Dec 2015", ["fifth"]),
        ("December", ["fifth", "fifteenth"]),
        ("15 December 2015", ["fifteenth"]),
        ("Dec 5, 2015", ["fifth"]),
        ("2015-12-15", ["fifteenth"]),
        ("201", ["fifth", "fifteenth"]),
        ("ICELAND land", ["undated"]),
        ("resolution 2249", ["undated"]),
        ("vienna, twice", ["undated"]),
        ("harpoon", []),
    ],
)
def test_an_article_is_found_by_what_the_list_prints_of_it(query, found):
    """Also by its day as it stands there; where nothing is, it is told what to do."""
    titles = {
        "fifth": datetime.date(2015, 12, 5),
        "fifteenth": datetime.date(2015, 12, 15),
        "undated": None,
    }
    articles = [
        StoredArticle(n, f"{n}.md", f"{n}.md", title, day, None, None, 1, 9)
        for n, (title, day) in enumerate(titles.items())
    ]
    articles[2] = dataclasses.replace(
        articles[2],
        byline="Ann of Iceland",
        source="Vienna, Twice",
        path="Resolution2249",
    )
    shelf = matching(articles, query)
    assert [article.title for article in shelf.articles] == found
    html = shelf_html(shelf, [], [], 0)
    assert ("to search the texts, ask a question" in html) == (not found)


def test_a_skipped_file_is_told_without_the_words_of_programs():
    path = "added:/a.docx"
    reason = f"{path}: damaged, or no .docx file (BadZipFile: File is not a zip file)."
    pieces = [
        shelf_html(matching([], ""), [], [(path, reason)], 0),
        results_html([FileResult("a.docx", "skipped", reason)]),
    ]
    for text in (Seen(html).text for html in pieces):
        assert "a.docx: damaged, or no .docx file (File is not a zip file)." in text
        assert "added:" not in text


def test_the_completed_question_is_shown(article):
    answer = answered(cite(article, "Bo"), article, standalone="Who stayed?")
    assert (
        "Understood as Who stayed?" in Seen(turn_html(answer, 0, lambda _: None)).text
    )


def test_a_quote_is_copied_with_its_source(article):
    assert as_quote(cite(article, "Bo stayed")) == (
        "“Bo stayed” (Rain & more, 20 November 2015, para. 1, a.md)"
    )


def test_a_file_that_was_added_has_its_own_name(article):
    """Not the one by which the library tells it from those of the folder."""
    added = dataclasses.replace(article, id="added:/a.md", path="added:/a.md")
    assert as_quote(cite(added, "Bo stayed")).endswith("para. 1, a.md)")
    html = article_head(added)
    assert "added:/" not in html
    assert "a file added here" in html
    assert "relative to the articles folder" in article_head(article)


def test_a_quote_is_copied_at_each_length(article):
    citation = cite(article, "Bo stayed", sentence_start=33, sentence_end=58)
    found = quotes(article, citation, None)
    assert found["span"].startswith("“Bo stayed” (Rain")
    assert found["sentence"].startswith("“Bo stayed; it rained on.” (Rain")
    assert found["paragraph"].startswith("“It rained. Bo stayed; it rained on.” (")
    changed = dataclasses.replace(article, text="New. " + article.text)
    assert set(quotes(changed, citation, None).values()) == {as_quote(citation)}


def test_progress_is_told_with_rate_and_time_left():
    text = Seen(progress_html(Progress(3, 10, 600, 0.25, 30.0))).text
    for words in ("25 %", "3 of 10 files", "20 passages/s", "1:30 left"):
        assert words in text


# exports


def test_exports_can_be_read_back_and_verified(qa, folder):
    answer = qa.ask("Which are smaller than llamas?")
    found = export("json", "Llamas", [(answer, 0)], DAY)
    data = json.loads(found["text"])
    assert found["name"] == "qa-2015-11-20-llamas.json"
    assert answer_from_json(data["answers"][0]).citations == answer.citations
    assert all(
        check.is_verbatim for check in Verifier(folder).check(data["answers"][0])
    )


def test_the_html_export_needs_nothing_else(article):
    evil = dataclasses.replace(article, title=HOSTILE["script"])
    citation = cite(evil, "Bo stayed", file_hash="ab12")
    turns = [(answered(citation, evil), 0)]
    html = export("html", HOSTILE["closing"], turns, DAY)["text"]
    assert "http" not in html
    assert html.count("<script") == 1  # the data, which no browser runs
    data = re.search(r'id="answers">(.*?)</script>', html, re.S)
    assert data
    assert json.loads(data[1])["answers"][0]["citations"][0]["quote"] == "Bo stayed"
    for words in ("<mark>Bo stayed</mark>", "SHA-256 ab12", "characters 33 to 42"):
        assert words in html


def test_the_markdown_export_has_quote_place_and_hash(article):
    citation = cite(article, "Bo stayed", file_hash="ab12")
    turns = [(answered(citation, article), 0)]
    text = export("markdown", "T", turns, DAY)["text"]
    for words in ("**Bo stayed**", "characters 33 to 42", "`ab12`"):
        assert words in text


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (0, "The articles do not say: none is about this."),
        (1, "The chosen article does not say: it is not about this."),
        (3, "The 3 chosen articles do not say: none is about this."),
    ],
)
def test_what_the_articles_are_not_about_is_told_alone(article, chosen, told):
    """Nothing is said to come nearest, wherever it is shown."""
    near = cite(article, "Ada left")
    none = missing(article, near, reason="no_match", nearest=())
    drawn = [
        Seen(turn_html(none, 1, lambda _: article, chosen)).text,
        to_markdown(none, chosen),
        export("markdown", "T", [(none, chosen)], DAY)["text"],
        export("html", "T", [(none, chosen)], DAY)["text"].partition("<script")[0],
        *([to_text(none)] if not chosen else []),
    ]
    for text in drawn:
        assert told in text
        assert "nearest" not in text.replace(".nearest", "")


@pytest.mark.parametrize("kind", ["markdown", "html"])
def test_an_export_tells_what_is_near_and_what_else_was_found(article, kind):
    near = cite(dataclasses.replace(article, id="b.md"), "Ada left", file_hash="ab12")
    other = Alternative("Bo stayed", "Bo stayed.", 0.2, (cite(article, "Bo stayed"),))
    none = missing(article, near, alternatives=(other,))
    found = answered(near, article, alternatives=(other,))
    text = export(kind, "T", [(none, 0)], DAY)["text"].partition("<script")[0]
    for words in ("What comes nearest", "Ada left", "Bo stayed", "20 %"):
        assert words in text
    text = export(kind, "T", [(found, 0)], DAY)["text"].partition("<script")[0]
    assert "What comes nearest" not in text
    assert text.index("Other answers") < text.index("Bo stayed")


@pytest.mark.parametrize("kind", ["markdown", "html"])
def test_all_that_an_export_cites_can_be_found_and_checked(article, kind):
    """Each citation has its quote, its article, its characters and its file's hash."""

    def cited(id_: str, quote: str) -> Citation:
        held = dataclasses.replace(article, id=f"{id_}.csv#2", path=f"{id_}.csv")
        return cite(held, quote, file_hash=f"hash-{id_}")

    other = Alternative(
        "It rained", "It rained.", 0.4, (cited("c", "It rained"), cited("d", "Ada"))
    )
    found = answered(cited("a", "Bo stayed"), article, alternatives=(other,))
    both = (*found.citations, cited("b", "Bo stayed; it"))
    found = dataclasses.replace(found, citations=both)
    none = missing(article, cited("e", "Ada left.\n\nIt rained. Bo"))
    text = export(kind, "T", [(found, 0), (none, 0)], DAY)["text"]
    text = text.partition("<script")[0]
    for id_ in "abcde":
        assert f"{id_}.csv#2" in text.replace("\\", "")
        assert f"hash-{id_}" in text
    for words in ("Bo stayed; it", "It rained. Bo", "characters 11 to 35"):
        assert words in text
    assert len(re.findall(r"characters \d+ to \d+", text)) == 5
    code = {"markdown": "`{}`", "html": "<code>{}</code>"}[kind]
    assert code.format("qa show ARTICLE") in text


@pytest.mark.parametrize("kind", ["markdown", "html"])
def test_an_export_tells_what_was_asked_and_what_is_missing(article, kind):
    none = missing(article, cite(article, "Ada left"), unknown_words=("Zorg", "<b>"))
    text = export(kind, "T", [(none, 2)], DAY)["text"].partition("<script")[0]
    assert "The 2 chosen articles do not seem to say" in text
    assert "No article contains: Zorg, " in text
    assert "<b>" not in text
    data = json.loads(export("json", "T", [(none, 2)], DAY)["text"])
    assert data["chosen"] == [2]


def test_an_unknown_kind_of_export_is_refused(article):
    with pytest.raises(QAError, match=r"'exe'.*markdown, json, html"):
        export("exe", "T", [], DAY)


# examples


def test_only_answered_questions_are_examples(qa):
    """Each example has been asked, and its answer cites where it came from."""
    store = qa.library.store
    examples = Examples(qa.ask, store.article, lambda: store.generation)
    ids = [article.id for article in qa.library.articles()]
    found = examples.among(ids, 5)
    assert found
    assert all(qa.ask(question).is_found for question in found)
    asked = []
    again = Examples(
        lambda q: asked.append(q) or qa.ask("zzz"), store.article, lambda: 1
    )
    assert again.among(ids, 5) == []
    assert asked


def test_examples_are_kept_until_the_library_changes(qa):
    store, asked, generation = qa.library.store, [], [1]
    examples = Examples(
        lambda q: asked.append(q) or qa.ask(q), store.article, lambda: generation[0]
    )
    ids = [article.id for article in qa.library.articles()]
    examples.among(ids, 9)
    before = len(asked)
    examples.among(ids, 9)
    assert len(asked) == before > 0
    generation[0] = 2
    examples.among(ids, 9)
    assert len(asked) == 2 * before


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Maria Quispe, a herder, hums.", "Who is Maria Quispe?"),
        (
            "Director Ken Ito said that the dam had held.",
            "What did Director Ken Ito say about the dam?",
        ),
        (
            "The envoys of Peru met in Lima on 8 April 2016.",
            "When did the envoys of Peru meet in Lima?",
        ),
        (
            "On 8 April 2016, Peru signed the Lima Treaty.",
            "When did Peru sign the Lima Treaty?",
        ),
        (
            "The Lima Treaty was signed in Cusco, on a lake, on 8 April 2016.",
            "When was the Lima Treaty signed in Cusco?",
        ),
        (
            "More than 40 countries sent envoys to Lima.",
            "How many countries sent envoys to Lima?",
        ),
        ("President Ada Park opened the Lima dam.", "Who opened the Lima dam?"),
        ("Bo Ito, once a pilot, led the Lima talks.", "Who led the Lima talks?"),
    ],
)
def test_a_statement_is_turned_into_a_question(sentence, question):
    found = [question for question, _ in proposals(Article("a", "a", "T", sentence))]
    assert found == [question]


@pytest.mark.parametrize(
    "sentence",
    [
        "He met them in Lima on 8 April 2016.",  # who?
        "A plane shot down by Peru on 8 April 2016, was found.",  # no statement
        "Two weeks later the envoys of Peru met in Lima.",  # no count of anything
        "On 8 April 2016 it rained.",
        "That ship sailed.",
    ],
)
def test_what_cannot_stand_alone_is_no_question(sentence):
    assert list(proposals(Article("a", "a", "T", sentence))) == []


def test_examples_name_what_they_ask_for_and_differ():
    vague = "What did Mr. Ito say about the dam?"
    rows = [[vague], ["Who is Ada Park?", "Who led the talks?"], ["Who is Bo Ito?"]]
    assert varied(rows, 3) == [
        "Who is Ada Park?",
        "Who is Bo Ito?",
        "Who led the talks?",
    ]
    assert varied(rows, 9)[-1] == vague


# the line in front of the reader


def test_questions_are_read_in_the_order_in_which_they_came():
    turnstile, order = Turnstile(1), []

    def pass_through(number: int) -> None:
        with turnstile.passed(f"{number}"):
            order.append(number)

    with ThreadPoolExecutor(8) as pool, turnstile.passed():
        for number in range(8):
            pool.submit(pass_through, number)
            until(lambda number=number: turnstile.waiting == number + 1)
        assert order == []
    assert order == list(range(8))
    assert not turnstile.is_busy


def test_whoever_leaves_the_line_lets_the_next_one_in():
    turnstile = Turnstile(1)

    def pass_through(ticket: str) -> str:
        with turnstile.passed(ticket):
            return ticket

    with ThreadPoolExecutor(2) as pool:
        with turnstile.passed():
            first = pool.submit(pass_through, "first")
            until(lambda: turnstile.waiting == 1)
            second = pool.submit(pass_through, "second")
            until(lambda: turnstile.waiting == 2)
            assert turnstile.leave("first")
            assert not turnstile.leave("first")
            with pytest.raises(QAError, match="Stopped"):
                first.result(5)
        assert second.result(5) == "second"


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="not told here")
def test_as_many_are_let_in_as_there_are_cores_for_us(monkeypatch):
    """A container may have fewer than its machine."""
    assert TURNSTILE.at_once == len(os.sched_getaffinity(0))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 7})
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert usable_cores() == 3


def until(is_so: Callable[[], bool]) -> None:
    """Wait for another thread."""
    for _ in range(500):
        if is_so():
            return
        time.sleep(0.01)
    pytest.fail("waited 5 s in vain")


# the server


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> QA:
    place = tmp_path_factory.mktemp("web")
    (place / "articles").mkdir()
    (place / "articles" / "llamas.md").write_text(LLAMAS, encoding="utf-8")
    (place / "articles" / "rockets.txt").write_text(ROCKETS, encoding="utf-8")
    fast = Settings(embedder="hash:256", reader="sentence", min_confidence=0.1)
    return QA.open(place / "articles", store=place / "store", settings=fast)


@pytest.fixture(scope="module")
def url(library: QA) -> Iterator[str]:
    demo, address = start(library, port=0)
    yield address
    demo.close(verbose=False)


def test_ask_over_http_is_the_published_schema(url, library):
    question = "Where did the booster land?"
    got = httpx.get(f"{url}/ask", params={"question": question})
    posted = httpx.post(f"{url}/ask", json={"question": question, "only": None})
    assert got.status_code == posted.status_code == 200
    jsonschema.validate(got.json(), ANSWER_SCHEMA)
    assert httpx.get(f"{url}/schema").json() == ANSWER_SCHEMA
    wanted = library.ask(question)
    for answer in (got.json(), posted.json()):
        assert answer["text"] == wanted.text
        assert answer_from_json(answer).citations == wanted.citations


def test_retrieve_over_http(url, library):
    hits = httpx.get(
        f"{url}/retrieve", params={"question": "llamas", "top_k": 1}
    ).json()
    (wanted,) = library.retrieve("llamas", top_k=1)
    assert [(h["article"], h["start"], h["text"]) for h in hits] == [
        (wanted.passage.article.id, wanted.passage.start, wanted.passage.text)
    ]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("ask", {"question": "  "}, "no word"),
        ("ask", {}, "wanted `question`"),
        ("ask", {"question": "Who?", "colour": 1}, "colour"),
        ("ask", {"question": "Who?", "turns": [{"question": "x"}]}, "not an answer"),
        ("ask", {"question": "Who?", "only": "a.md"}, "wanted a list"),
        ("ask", {"question": "Who?", "only": [["a.md"]]}, "article ids"),
        ("ask", {"question": "Who?", "only": ["gone.md"]}, "'gone.md' is not in the"),
        ("ask", {"question": "Who?", "min_confidence": 7}, r"in [0, 1]"),
        ("ask", {"question": "Who?", "min_confidence": -1}, r"in [0, 1]"),
        ("ask", {"question": "Who?", "min_confidence": True}, "wanted a number"),
        ("ask", {"question": "Who?", "min_confidence": 10**400}, "wanted a number"),
        ("ask", {"question": "Who?", "min_confidence": "nan"}, r"in [0, 1]"),
        ("retrieve", {"question": "Who?", "only": ["gone.md"]}, "not in the library"),
        ("retrieve", {"question": "Who?", "top_k": 0}, "1 to 100"),
        ("retrieve", {"question": "Who?", "top_k": 2.9}, "wanted a whole number"),
        ("retrieve", {"question": "Who?", "top_k": True}, "wanted a whole number"),
        ("retrieve", {"question": "Who?", "top_k": "many"}, "wanted a whole"),
        ("retrieve", {"question": "Who?", "mode": "magic"}, "hybrid, dense or words"),
    ],
)
def test_a_wrong_request_is_told(url, path, body, words):
    answer = httpx.post(f"{url}/{path}", json=body)
    assert answer.status_code == 422
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ('{"question": "Who?", "top_k": Infinity}', "wanted a whole number"),
        ('{"question": "Who?", "top_k": NaN}', "wanted a whole number"),
        ('{"question": ' + "[" * 100_000, "nested too deeply"),
        ('{"question": "Who?", "top_k": ' + "[" * 500 + "]" * 500 + "}", "top_k is [["),
    ],
)
def test_json_that_python_reads_oddly_is_told(url, sent, words):
    json_type = {"Content-Type": "application/json"}
    answer = httpx.post(f"{url}/retrieve", content=sent, headers=json_type)
    assert answer.status_code == 422
    assert words in answer.json()["error"]


def test_a_whole_number_may_be_written_otherwise(url):
    for top_k in (1, 1.0, "1"):
        asked = {"question": "llamas", "top_k": top_k}
        assert len(httpx.post(f"{url}/retrieve", json=asked).json()) == 1


def test_of_the_chosen_articles_those_are_asked_that_are_left(url):
    asked = ("Where did the booster land?", [])
    some = call(url, "page_ask", *asked, ["gone.md", "rockets.txt"], 0, "")
    assert "barge" in some["answer"]["text"]
    none = call(url, "page_ask", *asked, ["gone.md"], 0, "")
    assert "no longer in the library" in none["error"]


def test_the_chosen_articles_are_counted_and_make_the_examples(url, library):
    """The passages of those alone are told, and no other article is offered."""
    question = "Where did the booster land?"
    (held,) = [a for a in library.library.articles() if a.id == "llamas.md"]
    got = call(url, "page_ask", question, [], ["llamas.md"], 0, "")
    assert got["answer"]["passages"] == held.passages
    assert got["answer"]["chosen"] == 1
    everything = call(url, "page_ask", question, [], [], 0, "")["answer"]
    assert everything["passages"] > held.passages
    assert "chosen" not in everything  # what is kept is what is published
    for first in ([], ["rockets.txt"]):
        found = call(url, "page_examples", first, ["llamas.md"], 3)["questions"]
        for example in found:
            cited = library.ask(example).citations
            assert "llamas.md" in {citation.article for citation in cited}
    kept = dict(got["answer"], text=None, sentence=None, reason="no_answer")
    kept["citations"] = []
    (drawn,) = call(url, "page_render", [kept])["html"]
    assert "The chosen article does not seem to say" in drawn


def test_a_kept_answer_that_cannot_be_read_costs_its_own_turn(url):
    """The others are drawn, followed up and exported."""
    question = "What did Maria Quispe say?"
    whole = call(url, "page_ask", question, [], [], 0, "")["answer"]
    broken = {"question": "What broke?", "text": 5}
    drawn = call(url, "page_render", [broken, whole, 7])["html"]
    assert "What broke?" in drawn[0]
    assert "cannot be shown any more" in drawn[0]
    assert "Quispe" in drawn[1]
    assert "cannot be shown any more" in drawn[2]
    kept = [whole, broken]
    followed = call(url, "page_ask", "What is she?", kept, [], 2, "")["answer"]
    assert "Quispe" in followed["standalone"]
    text = call(url, "page_export", "json", "T", kept)["text"]
    assert [a["question"] for a in json.loads(text)["answers"]] == [question]


def test_an_export_tells_how_many_answers_it_leaves_out(url):
    whole = call(url, "page_ask", "llamas", [], [], 0, "")["answer"]
    kept = [whole] * 600
    assert call(url, "page_export", "json", "T", kept)["left_out"] == 0
    assert call(url, "page_export", "json", "T", [7, *kept, {}])["left_out"] == 2


def test_of_a_very_long_conversation_the_last_turns_are_drawn(url):
    drawn = call(url, "page_render", [{"question": f"{n}?"} for n in range(502)])
    assert len(drawn["html"]) == 500
    assert 'data-turn="2"' in drawn["html"][0]
    assert 'data-turn="501"' in drawn["html"][-1]


def test_half_a_surrogate_pair_is_replaced(url):
    asked = call(url, "page_ask", "What of llamas \ud83d?", [], [], 0, "")["answer"]
    assert asked["question"] == "What of llamas ??"
    told = call(url, "ask", "llamas \ud83d", [], None, None)
    assert told["question"] == "llamas ?"
    for kind in ("markdown", "json", "html"):
        assert "T?" in call(url, "page_export", kind, "T\ud83d", [asked])["text"]


def test_what_is_hardly_likely_is_opened_at_its_sentence(url):
    asked = ("Where did the booster land?", [], ["rockets.txt"], 0, "")
    kept = call(url, "page_ask", *asked)["answer"]
    cited = kept["citations"][0]
    words = cited | {"end": cited["start"] + 3, "quote": cited["quote"][:3]}
    other = {"text": words["quote"], "sentence": kept["sentence"], "citations": [words]}
    none = kept | {"text": None, "sentence": None, "reason": "no_answer"}
    for share, quote in ((0.02, kept["sentence"]), (0.2, words["quote"])):
        none |= {"citations": [], "alternatives": [other | {"confidence": share}]}
        shown = call(url, "page_citation", none, "alternatives", 0)
        assert f"“{quote}”" in shown["quotes"]["span"]


def test_a_kept_answer_is_compared_with_its_article_as_it_is_now(url):
    asked = ("Where did the booster land?", [], ["rockets.txt"], 0, "")
    kept = call(url, "page_ask", *asked)["answer"]
    shown = call(url, "page_citation", kept, "citations", 0)
    assert "has changed" not in shown["html"]
    assert '<mark class="span">' in shown["html"]
    edited = kept | {"sentence": f"{kept['text']} it never did."}
    shown = call(url, "page_citation", edited, "citations", 0)
    assert "The article has changed since this was answered" in shown["html"]
    assert "it never did." in shown["html"]
    assert '<mark class="span">' not in shown["html"]
    assert "it never did." in shown["quotes"]["sentence"]


def test_an_export_tells_how_many_articles_were_asked(url):
    kept = call(url, "page_ask", "llamas", [], ["rockets.txt"], 0, "")["answer"]
    none = kept | {"text": None, "sentence": None, "reason": "no_answer"}
    none["citations"] = []
    text = call(url, "page_export", "markdown", "T", [none])["text"]
    assert "The chosen article does not seem to say" in text


def test_a_turn_with_a_wrong_type_is_told(url):
    turn = httpx.get(f"{url}/ask?question=llamas").json() | {"text": 5}
    asked = {"question": "And when?", "turns": [turn]}
    answer = httpx.post(f"{url}/ask", json=asked)
    assert answer.status_code == 422
    assert "text is 5" in answer.json()["error"]


def test_gradio_client_asks_and_follows_up(url, library):
    client = Client(url, verbose=False, download_files=False)
    answer = client.predict("What did Maria Quispe say?", api_name="/ask")
    jsonschema.validate(answer, ANSWER_SCHEMA)
    follow_up = client.predict("What is she?", [answer], api_name="/ask")
    assert "Quispe" in follow_up["standalone"]
    (hit,) = client.predict("llamas", 1, api_name="/retrieve")
    assert hit["article"] == "llamas.md"
    public = client.view_api(return_format="dict")["named_endpoints"]
    assert set(public) == {"/ask", "/retrieve"}


def test_no_article_is_not_all_articles(url):
    """A program whose filter leaves none is not answered from what it left out."""
    asked: dict[str, Any] = {"question": "llamas", "only": []}
    answer = httpx.post(f"{url}/ask", json=asked | {"min_confidence": 0}).json()
    jsonschema.validate(answer, ANSWER_SCHEMA)
    assert (answer["text"], answer["passages"]) == (None, 0)
    assert httpx.post(f"{url}/retrieve", json=asked).json() == []
    client = Client(url, verbose=False, download_files=False)
    assert client.predict("llamas", only=[], api_name="/ask")["passages"] == 0
    assert client.predict("llamas", only=[], api_name="/retrieve") == []
    assert client.predict("llamas", api_name="/retrieve")


def test_the_documented_example_runs(url):
    """Every Python block of docs/programs.md, against this server."""
    text = (Path(__file__).parent.parent / "docs" / "programs.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(blocks) == 2
    for block in blocks:
        names: dict[str, Any] = {"print": lambda *_: None}
        code = block.replace("http://127.0.0.1:7860", url)
        exec(compile(code, "docs/programs.md", "exec"), names)
        assert "barge" in names["answer"]["text"]


def call(url: str, name: str, *data: Any) -> Any:
    answer = httpx.post(
        f"{url}/gradio_api/run/{name}",
        content=json.dumps({"data": data}),  # ASCII, as half a surrogate pair needs
        headers={"Content-Type": "application/json"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["data"][0]


def test_twenty_people_do_not_get_each_others_answers(url):
    questions = [f"Did booster number {n} land on a barge?" for n in range(20)]

    def converse(question: str) -> list[str]:
        asked: list[Any] = []
        for _ in range(3):
            got = call(url, "page_ask", question, asked, [], len(asked), "")
            asked.append(got["answer"])
        return [answer["question"] for answer in asked]

    with ThreadPoolExecutor(20) as pool:
        for question, got in zip(questions, pool.map(converse, questions), strict=True):
            assert got == [question] * 3


def test_a_stopped_question_is_not_read(url, library, monkeypatch):
    """Its place in line is given up; a question without a ticket keeps its own."""
    read = []
    ask = QA.ask
    monkeypatch.setattr(
        QA, "ask", lambda *a, **k: read.append(a[1]) or ask(*a, **k), raising=True
    )
    asked = ("Where did the booster land?", [], [], 0)
    with ThreadPoolExecutor(2) as pool:
        with ExitStack() as full:
            for _ in range(TURNSTILE.at_once):
                full.enter_context(TURNSTILE.passed())
            stopped = pool.submit(call, url, "page_ask", *asked, "mine")
            until(lambda: TURNSTILE.waiting == 1)
            assert call(url, "page_stop", "another's") == {"stopped": False}
            assert call(url, "page_stop", "mine") == {"stopped": True}
            assert "Stopped" in stopped.result(10)["error"]
            assert read == []
        assert "barge" in call(url, "page_ask", *asked, "")["answer"]["text"]


@pytest.mark.parametrize(
    ("files", "total", "told"),
    [(3, 10, "7 files were"), (9, 10, "1 file was"), (1, 1, "1 file was"), (0, 0, "")],
)
def test_asking_while_indexing_tells_what_is_left_out(
    url, monkeypatch, files, total, told
):
    """How many files were still being read: of an old library all else was asked."""
    now = Progress(files, total, 600, 0.45, 30.0)
    monkeypatch.setattr(Library, "status", property(lambda _: now))
    html = call(url, "page_ask", "Where did the booster land?", [], [], 0, "")["html"]
    assert (f"Asked while {told} still being read" in Seen(html).text) == bool(told)
    assert ('data-act="ask-anew"' in html) == bool(told)
    assert "45%" not in html
    assert "Indexing: 45 %" in call(url, "page_status")["progress"]


def test_a_citation_of_an_article_that_is_gone_shows_what_was_kept(url):
    asked = ("Where did the booster land?", [], ["rockets.txt"], 0, "")
    kept = call(url, "page_ask", *asked)["answer"]
    kept["citations"][0]["article"] = "gone.txt"
    shown = call(url, "page_citation", kept, "citations", 0)
    assert "no longer in the library" in shown["html"]
    assert f'<mark class="span">{kept["text"]}</mark>' in shown["html"]
    assert kept["sentence"] in shown["quotes"]["sentence"]


def test_tools_for_assistants(url):
    """Both are offered to assistants, and answer."""

    def told(method, **facts):
        line = {"jsonrpc": "2.0", "id": 1, "method": method, "params": facts}
        answer = httpx.post(
            f"{url}/gradio_api/mcp/",
            json=line,
            headers={"Accept": "application/json, text/event-stream"},
            timeout=30,
        )
        assert answer.status_code == 200
        return answer.text

    names = set(re.findall(r'"name":\s*"(\w+)"', told("tools/list")))
    assert {"ask", "retrieve"} <= names
    asked = {"question": "Where did the booster land?"}
    assert "barge" in told("tools/call", name="ask", arguments=asked)


def test_errors_are_told_to_the_page(url):
    assert "no word" in call(url, "page_ask", "?", [], [], 0, "")["error"]
    assert "no longer" in call(url, "page_article", "gone.md", 0, 0)["error"]
    asked = call(url, "page_ask", "llamas", [], [], 0, "")["answer"]
    assert "no citation" in call(url, "page_citation", asked, "citations", 99)["error"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"Host": "evil.example"}),
        ("/gradio_api/run/page_remove", {"Origin": "https://evil.example"}),
        ("/gradio_api/upload", {"Origin": "null"}),
        ("/gradio_api/file=https://evil.example/x", {}),
        ("/gradio_api/proxy=https://evil.example/x", {}),
    ],
)
def test_what_is_not_ours_is_refused(url, path, headers):
    is_post = path in ("/gradio_api/run/page_remove", "/gradio_api/upload")
    method = "POST" if is_post else "GET"
    answer = httpx.request(method, url + path, headers=headers)
    assert answer.status_code == 403


def test_bodies_are_bounded(url):
    answer = httpx.post(f"{url}/ask", content=b" " * 17_000_000)
    assert answer.status_code == 413


def test_uploads_are_bounded_together(url):
    """The size is refused before a byte of the files has been taken."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.putrequest("POST", "/gradio_api/upload")
    connection.putheader("Content-Length", "150000000")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert b"bytes" in answer.read()
    connection.close()


def test_uploads_outside_the_temporary_folder_are_refused(url, tmp_path):
    """A path that was not uploaded names no file to be added."""
    (tmp_path / "secret.md").write_text("The password is plover.", encoding="utf-8")
    data = [{"path": str(tmp_path / "secret.md"), "meta": {"_type": "gradio.FileData"}}]
    answer = httpx.post(f"{url}/gradio_api/run/page_add", json={"data": [data]})
    assert answer.status_code == 500
    assert (tmp_path / "secret.md").exists()
    assert call(url, "page_library", "", [])["total"] == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "act",
    ["run/page_add", "run/ask", "call/page_add", "queue/join", "mcp/"],
)
def test_a_file_elsewhere_is_not_fetched(url, monkeypatch, act, encoding):
    """Gradio fetches what is named as a file in any argument: that it must not see."""
    fetched = []

    async def fetch(place: str, **_: Any) -> str:
        fetched.append(place)
        raise OSError(place)

    monkeypatch.setattr("gradio.processing_utils.async_ssrf_protected_download", fetch)
    file = {"path": "https://evil.example/x.txt", "meta": {"_type": "gradio.FileData"}}
    sent = {
        "data": ["Who?", [{"deep": file}]] if act == "run/ask" else [[file]],
        "session_hash": "x",
        "fn_index": 13,
    }
    if act == "mcp/":
        asked = {"question": "Who?", "turns": [file]}
        sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
        sent |= {"params": {"name": "ask", "arguments": asked}}
    body = json.dumps(sent).replace("https", "\\u0068ttps").encode(encoding)
    headers = {"Content-Type": "application/json"}
    headers |= {"Accept": "application/json, text/event-stream"}
    answer = httpx.post(f"{url}/gradio_api/{act}", content=body, headers=headers)
    assert fetched == []
    assert answer.status_code == 403
    assert "fetches nothing" in answer.text


def test_an_uploaded_file_is_added(tmp_path, folder, fast):
    library = QA.open(folder, store=tmp_path / "store", settings=fast)
    demo, address = start(library, port=0)
    try:
        text = ("walrus.txt", b"The walrus sings in Bergen.")
        sent = httpx.post(f"{address}/gradio_api/upload", files={"files": text})
        meta = {"_type": "gradio.FileData"}
        files = [{"path": path, "meta": meta} for path in sent.json()]
        assert "walrus.txt" in call(address, "page_add", files)["html"]
        assert call(address, "page_library", "", [])["total"] == 3
    finally:
        demo.close(verbose=False)


def test_the_page_forbids_other_hosts(url):
    page = httpx.get(url)
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert 'id="qa"' in page.text  # drawn before Gradio has loaded
    assert page.text.index('<div id="qa"') < page.text.index("<gradio-app")


def test_nothing_connects_outwards(library, monkeypatch):
    """Starting, asking and ending opens no socket to another machine."""
    outside = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1"):
            outside.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    demo, address = start(library, port=0)
    call(address, "page_ask", "llamas", [], [], 0, "")
    demo.close(verbose=False)
    assert outside == []


def test_a_password_keeps_others_out(library):
    demo, address = start(library, port=0, auth="ada:plover:7")
    try:
        ask = f"{address}/ask?question=llamas"
        assert httpx.get(ask).status_code == 401
        wrong = httpx.get(ask, auth=("ada", "wrong"))
        assert wrong.status_code == 401
        assert "WWW-Authenticate" in wrong.headers
        bad = {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()}
        assert httpx.get(ask, headers=bad).status_code == 401
        assert httpx.get(ask, auth=("ada", "plover:7")).status_code == 200
        page = httpx.get(address).text
        assert 'id="qa"' not in page
        run = f"{address}/gradio_api/run/page_library"
        assert httpx.post(run, json={"data": ["", []]}).status_code == 401
        with httpx.Client(base_url=address) as person:
            sent = {"username": "ada", "password": "plover:7"}
            assert person.post("/login", data=sent).status_code == 200
            assert 'id="qa"' in person.get("/").text
            assert person.get("/ask?question=llamas").status_code == 200
    finally:
        demo.close(verbose=False)


@pytest.mark.skipif(sys.platform != "linux", reason="others have 127.0.0.1 alone")
def test_every_address_of_this_machine_is_ours(library):
    demo, address = start(library, host="127.0.0.2", port=0)
    try:
        assert address.startswith("http://127.0.0.2:")
        assert httpx.get(f"{address}/ask?question=llamas").status_code == 200
        evil = {"Host": "evil.example"}
        assert httpx.get(address, headers=evil).status_code == 403
    finally:
        demo.close(verbose=False)


@pytest.mark.parametrize("auth", ["ada", "ada:", ":x", ""])
def test_a_half_password_is_refused(library, auth):
    with pytest.raises(QAError, match="USER:PASSWORD"):
        start(library, port=0, auth=auth)


def test_a_taken_port_is_told():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        with pytest.raises(QAError, match=rf"port {port} .*Name another"):
            free_port("127.0.0.1", port)
        assert free_port("127.0.0.1", 0) not in (0, port)


# what the page is told of its acts


def test_each_article_tells_whether_its_file_is_deleted_with_it(qa):
    rows = b'{"text": "One whale."}\n{"text": "Two whales."}'
    qa.library.add([("w.jsonl", rows), ("pens.txt", b"Penguins breed in June.")])

    def told():
        html = Actions(qa).page_library("", [])["html"]
        return dict(re.findall(r'<li data-article="(.*?)" data-last="(.*?)">', html))

    assert told() == {
        "added:/pens.txt": "true",
        "added:/w.jsonl#1": "false",
        "added:/w.jsonl#2": "false",
        "llamas.md": "false",
        "rockets.txt": "false",
    }
    qa.library.remove(["added:/w.jsonl#1"])
    assert told()["added:/w.jsonl#2"] == "true"


def test_the_page_is_told_whether_a_change_has_to_wait(qa, monkeypatch):
    actions = Actions(qa)
    assert actions.page_status()["indexing"] is False
    monkeypatch.setattr(Library, "is_indexing", property(lambda _: True))
    assert actions.page_status()["indexing"] is True
    assert actions.page_library("", [])["indexing"] is True


def test_examples_stand_in_line_like_questions(qa, monkeypatch):
    ask, inside = QA.ask, []

    def watched(*given, **named):
        inside.append(TURNSTILE.is_busy)
        return ask(*given, **named)

    monkeypatch.setattr(QA, "ask", watched)
    assert Actions(qa).page_examples([], [], 5)["questions"]
    assert all(inside)


def test_examples_are_made_once_for_all_who_look(qa):
    """Four tabs are opened at the same moment."""
    store, asked, together = qa.library.store, [], threading.Barrier(4)

    def ask(question):
        asked.append(question)
        time.sleep(0.02)
        return qa.ask(question)

    examples = Examples(ask, store.article, lambda: 1)
    ids = [article.id for article in qa.library.articles()]

    def look(_):
        together.wait(5)
        return examples.among(ids, 9)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(look, range(4)))
    assert found[0]
    assert all(each == found[0] for each in found)
    assert len(asked) == len(set(asked))
