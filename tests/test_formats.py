"""Files become articles: what each format gives, and what is refused and why."""

import csv
import datetime
import functools
import io
import json
import subprocess
import sys
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.errors import FormatError
from qa.library.formats import SUPPORTED, Parsed, is_supported, read_articles
from qa.library.formats.dates import dateline, parse_date
from qa.library.formats.lines import Line, join_pages, without_running_lines

NOV_18 = datetime.date(2015, 11, 18)


def parse(data, path):
    if isinstance(data, str):
        data = data.encode()
    return read_articles(data, path, file_hash="f" * 64)


def one(data, path="news/a-report.txt"):
    (article,) = parse(data, path).articles
    return article


def refusal(data, path):
    with pytest.raises(FormatError) as caught:
        parse(data, path)
    message = str(caught.value)
    assert path in message
    return message


def assert_quick(data, path):
    """Two seconds are plenty for linear work, and far too few for any other."""
    begin = time.process_time()
    articles_or_reason(data, path)
    assert time.process_time() - begin < 2


def articles_or_reason(data, path):
    """Parse what may be anything: an article that can be stored, or a FormatError."""
    try:
        parsed = parse(data, path)
    except FormatError as error:
        assert path in str(error)  # noqa: PT017
        return
    assert isinstance(parsed, Parsed)
    assert parsed.articles
    for article in parsed.articles:
        article.text.encode()
        assert article.title.strip()
    ids = [article.id for article in parsed.articles]
    assert len(ids) == len(set(ids))


class TestText:
    def test_text_is_the_file_with_its_newlines_made_equal(self):
        """Nothing else is touched: offsets are those of the file opened as text."""
        text = "\tOne  two\u00a0three \r\nfour\rfive\u2028six \n"
        assert one(text).text == "\tOne  two\u00a0three \nfour\nfive\u2028six \n"

    def test_offsets_match_the_file_as_opened(self, tmp_path):
        """Python's own text mode gives the same characters."""
        place = tmp_path / "a.txt"
        place.write_bytes("Café\r\nat 8.\rYes.\n".encode())
        with place.open(encoding="utf-8") as file:
            assert one(place.read_bytes()).text == file.read()

    @pytest.mark.parametrize(
        ("codec", "mark"),
        [
            ("utf-8", b""),
            ("utf-8", b"\xef\xbb\xbf"),
            ("utf-16-le", b"\xff\xfe"),
            ("utf-16-be", b"\xfe\xff"),
            ("utf-32-le", b"\xff\xfe\0\0"),
            ("utf-32-be", b"\0\0\xfe\xff"),
            ("utf-16-le", b""),
            ("utf-16-be", b""),
            ("cp1252", b""),
        ],
    )
    def test_encodings_are_recognised(self, codec, mark):
        """With and without a byte order mark, which is no part of the text."""
        text = "“Très bien”, said the café’s owner – 30 € paid."
        assert one(mark + text.encode(codec)).text == text

    def test_cyrillic_utf16_without_a_mark(self):
        """Spaces and stops alone tell it."""
        text = "Россия начала удары в Сирии. Это было осенью."
        assert one(text.encode("utf-16-le")).text == text

    def test_latin1_where_windows_1252_means_nothing(self):
        """A byte that Windows-1252 does not define does not stop the reading."""
        assert one(b"caf\xe9 \x81 au lait").text == "café \x81 au lait"

    def test_scratched_utf8_stays_utf8(self):
        """One broken byte, say at a cut end, does not garble all accents."""
        data = ("é" * 20).encode() + b" fin \xc3"
        assert one(data).text == "é" * 20 + " fin \ufffd"

    @pytest.mark.parametrize("times", [1, 20])
    def test_stray_bytes_in_utf8_are_read_by_themselves(self, times):
        """What was pasted in Windows-1252 garbles nothing, and is not lost."""
        text = "“We’ll see,” he said at the café. " * times
        data = text.encode() + "It’s caf\xe9 € ".encode("cp1252") + b"\x81."
        assert one(data).text == text + "It’s café € \x81."

    def test_windows_1252_with_a_byte_that_means_nothing(self):
        """The others keep their meaning."""
        assert one("“Oui”".encode("cp1252") + b" \x81 done").text == "“Oui” \x81 done"

    def test_nul_takes_one_place(self):
        """What cannot be stored is replaced sign by sign, so that offsets hold."""
        assert one(b"A line of text\0that goes on").text[14] == "\ufffd"

    def test_headline_byline_and_source(self):
        """A newspaper's first lines tell title, names and paper."""
        article = one(
            "Iraq Switches Sides\n\nBy MATT BRADLEY, CAROL E. LEE and JAY SOLOMON at "
            "The Wall Street Journal\n\nIraq joined Russia, Iran and Syria.\n"
        )
        assert article.title == "Iraq Switches Sides"
        assert article.byline == "MATT BRADLEY, CAROL E. LEE and JAY SOLOMON"
        assert article.source == "The Wall Street Journal"
        assert article.published is None
        assert article.file_hash == "f" * 64

    @pytest.mark.parametrize(
        "text",
        [
            "It rained all day.\nThen it stopped.",
            "It rained all day in the north of the country, and the river, which\n"
            "had been low all summer, rose by two metres within an hour.",
            "Only one line",
            "word " * 40 + "\nMore.",
            "By Ann Li\n\nIt rained.",
            "Nov. 18, 2015\n\nIt rained.",
        ],
    )
    def test_file_name_is_the_title_without_a_headline(self, text):
        """A sentence, wrapped prose, a byline or a date is no headline."""
        assert one(text, "news/iraq-joins_pact.txt").title == "iraq joins pact"

    def test_title_has_no_control_characters(self):
        """Whatever the first line holds, the title can be shown."""
        assert one("Head\x07line\there\n\nText.").title == "Head line here"

    @pytest.mark.parametrize(
        "line", ["By Monday the troops had left", "By 2015 it was over", "By and large"]
    )
    def test_sentence_with_by_is_no_byline(self, line):
        """Names are capitalised and have no digits."""
        assert one(f"Headline\n{line}\nText.").byline is None

    @pytest.mark.parametrize(
        "headers",
        [
            "From: Tomasz Brenner <tb@x.org>\nTo: Ann Li\nSent: Wednesday, November "
            "18, 2015 9:30 AM\nSubject: The flood at Elm",
            'Subject: The flood\n at Elm\nFrom: "Tomasz Brenner" <tb@x.org>\n'
            "Date: Wed, 18 Nov 2015 23:30:00 -0500",
            "MIME-Version: 1.0\nDate: 18 Nov 2015 09:30\nFrom: Tomasz Brenner "
            "[mailto:tb@x.org]\nCc: Bo\nSubject: The flood at Elm\nX-Mailer: Post",
            "From: Tomasz Brenner\n\nDate: Nov. 18, 2015\n\nSubject: The flood at Elm",
        ],
    )
    def test_headers_of_a_mail_tell_the_masthead(self, headers):
        """In any order, folded, or with blank lines between; all stays in the text."""
        text = f"{headers}\n\n   Dear all,\nthe water rose.\n"
        mail = one(text)
        assert mail.title == "The flood at Elm"
        assert (mail.byline, mail.published) == ("Tomasz Brenner", NOV_18)
        assert mail.text == text

    def test_a_mail_without_subject_is_called_as_its_file(self):
        mail = one("From: tb@x.org\nDate: 18 Nov 2015\nSubject:\n\nIt rose.", "m.txt")
        assert (mail.title, mail.byline, mail.published) == ("m", "tb@x.org", NOV_18)

    @pytest.mark.parametrize(
        "text",
        [
            "From: Paris\nTo: London\n\nThe night train is back.",
            "Date: 3 May 2015\nSource: Reuters\n\nIt rained.",
            "Rain\nFrom: Ann\nSubject: Wind\n\nIt rained.",
            "Subject: wind and weather\n\nIt rained.",
        ],
    )
    def test_other_lines_with_colons_are_no_headers_of_a_mail(self, text):
        """A journey, a list of facts, a mail further down, one line alone."""
        article = one(text)
        assert article.byline is None
        assert article.title not in ("Wind", "wind and weather")

    @pytest.mark.parametrize(
        ("codec", "text"),
        [
            ("cp1251", "Россия начала удары в Сирии. Это было осенью."),
            ("koi8-r", "Россия начала удары в Сирии."),
            ("gbk", "俄罗斯在叙利亚发动空袭，那是今年秋天。"),
            ("big5", "俄羅斯在敘利亞發動空襲，那是今年秋天。"),
            ("shift-jis", "ロシアはシリアで空爆を開始した。秋のことでした。"),
            ("euc-kr", "러시아는 시리아에서 공습을 시작했다."),
            ("cp874", "รัสเซียเริ่มโจมตีในซีเรีย"),
            ("cp1253", "Η Ρωσία άρχισε επιδρομές στη Συρία."),
        ],
    )
    @pytest.mark.parametrize("page", ["{}", "<html><body><p>{}</p></body></html>"])
    def test_other_scripts_are_not_read_as_western(self, codec, text, page):
        """What is no UTF-8 and not declared is refused instead of garbled."""
        name = "a.txt" if page == "{}" else "a.html"
        assert "save it as UTF-8" in refusal(page.format(text).encode(codec), name)

    @pytest.mark.parametrize(
        "text",
        [
            "Élevée à l’école, où ça? Très créée, hôtelière, dégénérée, été.",
            "Þórður áði í Öræfum, það óð á súðum og allt var þá búið.",
            "Öl über Äcker: Größe, Süße, Güte, Öde.",
            "Žižka — ÉÉÉ",
            "été",
        ],
    )
    def test_many_accents_are_western(self, text):
        assert one(text.encode("cp1252")).text == text

    def test_a_declared_encoding_is_believed(self):
        page = '<meta charset="windows-1251"><p>Россия начала удары в Сирии.</p>'
        assert one(page.encode("cp1251"), "a.html").text.startswith("Россия")


class TestDates:
    @pytest.mark.parametrize(
        "line",
        [
            "Nov. 18, 2015",
            "2015-11-18",
            "Published: Nov. 18, 2015 9:30 a.m. ET",
            "Wednesday, 18 November 2015",
            "Posted on November 18th, 2015",
            "By Ann Li | Nov. 18, 2015",
            "BAGHDAD, Nov. 18, 2015 (Reuters) - Iraq joined.",
            "PARIS, Nov. 18, 2015 — France struck.",
            "18-NOV-1987".replace("1987", "2015"),
        ],
    )
    def test_dateline_tells_the_date(self, line):
        """A line that is there to tell the date, in many forms."""
        assert one(f"A Headline\n\n{line}\n\nText here.").published == NOV_18

    @pytest.mark.parametrize(
        "line",
        [
            "The talks of Nov. 18, 2015 failed",
            "Nov. 18, 2015 was a cold day",
            "In 2015-11-18 files",
            "Feb. 31, 2015",
            "3/4/2015",
        ],
    )
    def test_date_in_prose_is_none(self, line):
        """A date that is only mentioned, impossible or ambiguous is not taken."""
        assert dateline(line) is None

    @pytest.mark.parametrize(
        "line",
        [
            "July 4, 1776 – The Declaration was signed",
            "1 September 1939 - Germany invades Poland.",
            "• 5 May 1945 – The war ends",
            "5 May 1945 – 3 June 2010",
            "5 May – 3 June 2010",
            "18–20 November 2015",
            "18.11.2015 – 20.11.2015",
            "Date: 18 November 2015 – 20 November 2015",
            "Monday, 5 May 2015 – Friday, 9 May 2015",
        ],
    )
    def test_entry_of_a_timeline_and_a_span_are_no_dateline(self, line):
        """Of what happened then, not of the article."""
        assert dateline(line) is None
        assert one(f"The Life of Ann\n\n{line}\n\nShe was born.").published is None

    @pytest.mark.parametrize(
        "line",
        [
            "Wednesday, Nov. 18, 2015 - Rain fell.",
            "Posted Nov. 18, 2015 — Rain fell.",
            "Nov. 18, 2015 (Reuters) - Rain fell.",
            "Nov. 18, 2015 – 9:30 a.m.",
            "Nov. 18, 2015 — Updated Nov. 19, 2015",
            "PARIS, Nov. 18, 2015 – On Nov. 17, 2015, rain fell.",
        ],
    )
    def test_what_may_follow_a_dateline(self, line):
        """A place, a weekday, a label before it or the agency after it let prose in."""
        assert dateline(line) == NOV_18

    @pytest.mark.parametrize(
        ("lines", "date"),
        [
            ("1 September 1939\nGermany invades.\n8 May 1945\nThe war ends.", None),
            ("War began | 1 September 1939\nWar ended | 8 May 1945", None),
            ("Born | 5 May 1945\nCountry | Peru", None),
            ("Published | Nov. 18, 2015\nAuthor | Ann Li", NOV_18),
            ("Nov. 17, 2015\nPublished: Nov. 18, 2015", NOV_18),
            ("Nov. 18, 2015\nPARIS, Nov. 18, 2015 — France struck.", NOV_18),
            ("Rain | Nov. 18, 2015\nIt rained.", NOV_18),
        ],
    )
    def test_dates_of_the_first_lines_agree(self, lines, date):
        """Or the one counts that says what it is; a table tells of other things."""
        assert one(f"A Headline\n\n{lines}\n\nText here.").published == date

    def test_date_far_down_is_none(self):
        """Only the top is looked at."""
        assert one("Head\n" + "Line.\n" * 20 + "Nov. 18, 2015\n").published is None

    @pytest.mark.parametrize(
        "value",
        [
            "2015-11-18T23:30:00-05:00",
            "Wed, 18 Nov 2015 23:30:00 GMT",
            "D:20151118233000-05'00'",
            20151118,
            NOV_18,
            datetime.datetime(2015, 11, 18, 23, 30),
            "11/18/2015",
        ],
    )
    def test_metadata_dates(self, value):
        """The day is taken as written; no time zone moves it."""
        assert parse_date(value) == NOV_18

    @pytest.mark.parametrize(
        "value",
        ["1510112900", "1510112900.0", "1510112900000", 1510112900, "2015111823"],
    )
    def test_seconds_since_1970_are_no_date(self, value):
        """As digits, some look like days of the Middle Ages."""
        assert parse_date(value) is None

    @pytest.mark.parametrize(
        "value",
        ["D:2015111809", "D:20151118", "201511180930", "20151118093000123"],
    )
    def test_digits_with_some_of_the_time(self, value):
        """Hours alone, as PDF allows; minutes; thousandths of seconds."""
        assert parse_date(value) == NOV_18

    @pytest.mark.parametrize("value", ["18981118", "17761118", 17761118])
    def test_days_of_old_papers(self, value):
        date = parse_date(value)
        assert (date.month, date.day) == (11, 18)
        assert str(value).startswith(str(date.year))

    @given(st.text() | st.integers() | st.none() | st.floats())
    def test_any_value_is_a_date_or_none(self, value):
        """Nothing that metadata may hold raises."""
        assert parse_date(value) is None or parse_date(value).year >= 1000


MARKDOWN = """\
---
title: "Iraq: a pact"
date: 2015-11-18
source: Written for this project
authors: [Ann Li, Bo Chi]
---
# Heading *one*

A soft
break with [a link](http://x.org "t"), `code` &amp; <b>bold</b>.
Hard\\
end <script>evil()</script> ~~gone~~ ![picture](p.png).

1. first
2. second
   - inner

> quoted
> on

| City | Dead |
|------|------|
| Paris | **130** |

```
x = 1
  y
```

<div><p>inside</p><style>p {}</style></div>

***
"""


class TestMarkdown:
    def test_text_is_what_the_reader_sees(self):
        """Marks, tags and pictures go; blocks, lists and tables keep their shape."""
        assert one(MARKDOWN, "a.md").text == (
            "Heading one\n\n"
            "A soft break with a link, code & bold. Hard\nend gone .\n\n"
            "1. first\n2. second\n  - inner\n\n"
            "quoted on\n\n"
            "City | Dead\nParis | 130\n\n"
            "x = 1\n  y\n\n"
            "inside"
        )

    def test_front_matter_tells_the_masthead(self):
        """It is no part of the text."""
        article = one(MARKDOWN, "a.md")
        assert article.title == "Iraq: a pact"
        assert article.published == NOV_18
        assert article.source == "Written for this project"
        assert article.byline == "Ann Li, Bo Chi"

    def test_front_matter_with_a_colon_is_read_as_meant(self):
        """`title: a: b` is no YAML, and everybody writes it."""
        article = one("---\ntitle: Iraq: a pact\ntags:\n - x\n---\nBody.", "a.md")
        assert (article.title, article.text) == ("Iraq: a pact", "Body.")

    def test_front_matter_that_is_not_yaml_is_refused(self):
        """The message names the line."""
        message = refusal("---\ntitle: x\nfree [ text: {\n---\nBody.", "a.md")
        assert "not YAML in line" in message
        assert "remove the first `---`" in message

    @pytest.mark.parametrize("words", ["*A note*", '"Hello," he said: it rained.'])
    def test_words_between_two_rules_are_words(self, words):
        article = one(f"---\n{words}\n---\n\nThe flood came.", "a.md")
        assert "The flood came." in article.text
        assert words.strip("*") in article.text

    def test_footnotes_stay_as_they_are_written(self):
        article = one("It rained.[^1]\n\n[^1]: Metrojet.\n\n[a]: b.html", "a.md")
        assert article.text == "It rained.[^1]\n\n[^1]: Metrojet."

    def test_deeply_nested_front_matter_is_refused(self):
        """It would overrun the stack of the quick YAML parser."""
        assert "not YAML" in refusal("---\n" + "- " * 50_000 + "a\n---\nBody.", "a.md")

    def test_aliases_do_not_multiply(self):
        """Neither lists of lists nor merged mappings; the article comes through."""
        ten = ", ".join(["*{0}"] * 10)
        for first, level in [
            ("[Ann]", "&{1} [" + ten + "]"),
            ("{{name: Ann}}", "&{1} {{<<: [" + ten + "]}}"),
        ]:
            lines = [f"a0: &a0 {first.format()}"]
            lines += [
                f"a{n}: " + level.format(f"a{n - 1}", f"a{n}") for n in range(1, 9)
            ]
            front = "\n".join([*lines, "title: Rain", "author: *a8"])
            assert_quick(f"---\n{front}\n---\nIt rained.", "a.md")
            article = one(f"---\n{front}\n---\nIt rained.", "a.md")
            assert (article.title, article.text) == ("Rain", "It rained.")

    def test_list_within_itself(self):
        """The article comes through."""
        front = "title: Rain\nby: &a [*a, Ann Li]"
        article = one(f"---\n{front}\n---\nIt rained.", "a.md")
        assert (article.title, article.text) == ("Rain", "It rained.")

    def test_names_in_two_brackets(self):
        """What writes a link in one's notes is a list within a list to YAML."""
        assert one("---\nby: [[Ann Li]]\n---\nIt rained.", "a.md").byline == "Ann Li"

    def test_alias_of_names(self):
        """It stands for what it names."""
        article = one("---\nby: &a [Ann, Bo]\nsource: *a\n---\nIt rained.", "a.md")
        assert (article.byline, article.source) == ("Ann, Bo", "Ann, Bo")

    def test_long_list_of_names_is_cut(self):
        """As a long name is."""
        front = "by: [" + ", ".join(["Ann " * 50] * 20) + "]"
        assert len(one(f"---\n{front}\n---\nIt rained.", "a.md").byline) <= 300

    @pytest.mark.parametrize("text", ["---\nProse\n---\nMore.", "---\ntitle: x\nMore."])
    def test_rule_at_the_top_is_no_front_matter(self, text):
        """Prose between rules, or a rule without its other half, is body."""
        assert "More." in one(text, "a.md").text

    @pytest.mark.parametrize(
        "text",
        [
            "# Rain *falls*\n\nIt rained.\n\n## Background",
            "Intro.\n\n# Rain *falls*\n\nIt rained.",
            "![a cloud](a.png)\n\n## Rain *falls*\n\nIt rained.\n\n# More",
        ],
    )
    def test_heading_is_the_title_without_front_matter(self, text):
        """The first one of the highest level, or of any at the top."""
        assert one(text, "a.md").title == "Rain falls"

    def test_heading_of_a_part_is_no_title(self):
        """The headline, the byline and the date stand above it."""
        text = "Storm hits coast\n\nBy Ann Li\n\nNov. 18, 2015\n\nIt rained.\n\n"
        article = one(f"{text}## Background\n\nIt rains.", "a.md")
        assert article.title == "Storm hits coast"
        assert (article.byline, article.published) == ("Ann Li", NOV_18)

    @pytest.mark.parametrize(
        "authors", ['"Ann Li"', "'Ann Li'", '["Ann Li"]', '[\n  "Ann Li",\n]']
    )
    def test_toml_front_matter_tells_the_masthead(self, authors):
        """As Hugo writes it; tables below it are not the article's."""
        front = f'+++\n# a note\ntitle = "Iraq: a \\"pact\\""\nauthor = {authors}\n'
        front += "date = 2015-11-18T23:30:00-05:00\ndraft = false # no more\n"
        article = one(f'{front}[menu]\ntitle = "x"\n+++\nIt rained.', "a.md")
        assert article.title == 'Iraq: a "pact"'
        assert (article.byline, article.published) == ("Ann Li", NOV_18)
        assert article.text == "It rained."

    @pytest.mark.parametrize("value", ['"""Rain"""', "'''\nRain'''", "Rain", '"Rain'])
    def test_toml_values_that_yaml_has_not(self, value):
        """Are read as meant."""
        assert one(f"+++\ntitle = {value}\n+++\nIt rained.", "a.md").title == "Rain"

    @pytest.mark.parametrize(
        "words", ["Prose.", "Prose.\nx = 3", "+++", "[x]\ny = 3", "x\n[[", "# Prose"]
    )
    def test_words_between_two_lines_of_plus_signs_are_words(self, words):
        text = one(f"+++\n{words}\n+++\nMore.", "a.md").text
        assert "More." in text
        assert words.split()[-1].strip("+#[") in text

    def test_deeply_nested_toml_front_matter_is_passed_over(self):
        """In C it would end the process."""
        text = f"+++\nx = {'[' * 100_000}\ntitle = 'Rain'\n+++\nIt rained."
        assert one(text, "a.md").title == "Rain"

    @pytest.mark.parametrize("mark", ["-", "1.", "- one\n-"])
    def test_empty_item_keeps_its_mark(self, mark):
        """The paragraph below the list is none of its items."""
        text = one(f"{mark}\n\nParagraph after.", "a.md").text
        assert text.split("\n\n")[-1] == "Paragraph after."

    def test_deep_nesting_loses_nothing(self):
        """Markdown's usual limit would drop the innermost words."""
        assert one("> " * 60 + "deep words", "a.md").text == "deep words"

    def test_front_matter_alone_is_refused(self):
        """A title without words below it is no article."""
        assert "no words" in refusal("---\ntitle: x\n---\n", "a.md")

    @settings(max_examples=50)
    @given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1))
    def test_words_come_through(self, words):
        """Whatever marks stand between them."""
        body = " ".join(f"**{w}** _{w}_ [{w}](u)\n\n- {w}" for w in words)
        text = one(body, "a.md").text
        assert sum(text.count(w) for w in set(words)) >= len(words)


PARAGRAPHS = [
    "The ceasefire held on <b>Tuesday</b>, officials said, after three days of talks "
    "in the capital &amp; two in the north, where fighting had been heavy for weeks.",
    "Monitors are to arrive within a week, the ministry said in a statement. They will "
    "stay until spring, and longer if both sides ask for it.",
    "Nobody expects a quick end, a diplomat said. The last one broke after nine days.",
]


def page(head="", body=""):
    paragraphs = "".join(f"<p>{p}</p>" for p in PARAGRAPHS)
    return (
        f"<!doctype html><html><head><title>Truce - The Example</title>{head}"
        "<script>var secret = 1;</script></head><body>"
        "<nav><ul><li><a href='/'>Home page</a></li><li><a>World</a></li></ul></nav>"
        f"<article><h1>Truce Holds</h1>{body}{paragraphs}"
        "<h2>What next</h2><ul><li>One thing</li><li>Another <i>thing</i></li></ul>"
        "<script>alert('evil')</script></article>"
        "<footer>Copyright 2021 Example Media</footer></body></html>"
    )


MENU = "<nav><ul><li><a href='/'>Noise home</a></li><li><a>Noise</a></li></ul></nav>"
NOISE = (
    "<div class=cookie-banner><p>Noise: we use them. <a href=/c>How</a></p></div>"
    "<div class=related><h3>Noise</h3><ul><li><a href=/1>Noise one</a></li></ul></div>"
    "<div class='share-buttons'><a href=/f>Noise</a></div>"
    "<div id=newsletter><h3>Noise</h3><div>Noise: sign up, never miss it.</div></div>"
    "<div><ul><li><a href=/1>Noise most read</a></li><li><a href=/2>Noise</a></li></ul>"
    "</div><footer><p>Noise: all rights reserved.</p></footer>"
)


class TestHtml:
    def test_body_without_menus_and_scripts(self):
        """Paragraphs and headings are parted by blank lines, items by newlines."""
        text = one(page(), "a.html").text
        assert "held on Tuesday, officials said" in text
        assert "capital & two" in text
        assert "\n\nWhat next\n\n- One thing\n- Another thing" in text
        for hidden in ("Home page", "secret", "evil", "Copyright", "<"):
            assert hidden not in text

    def test_metadata(self):
        """Open Graph, author and the publishing time."""
        article = one(
            page(
                '<meta property="og:title" content="Truce holds &amp; lasts">'
                '<meta property="og:site_name" content="The Example">'
                '<meta name="author" content="Ann Li">'
                '<meta property="article:published_time" '
                'content="2015-11-18T23:30:00-05:00">'
            ),
            "a.html",
        )
        assert article.title == "Truce holds & lasts"
        assert article.source == "The Example"
        assert article.byline == "Ann Li"
        assert article.published == NOV_18

    @pytest.mark.parametrize(
        ("head", "body"),
        [
            ('<meta itemprop="datePublished" content="2015-11-18">', ""),
            ('<script type="application/ld+json">{"datePublished": "2015-11-18"}'
             "</script>", ""),
            ("", '<time datetime="2015-11-18T10:00">yesterday</time>'),
        ],
    )  # fmt: skip
    def test_places_of_the_date(self, head, body):
        """Metadata, linked data, a time element."""
        assert one(page(head, body), "a.html").published == NOV_18

    def test_date_is_never_guessed(self):
        """Not from a copyright line, nor from times of other articles."""
        times = "<time datetime='2015-11-18'></time><time datetime='2014-01-02'></time>"
        assert one(page(), "a.html").published is None
        assert one(page(body=times), "2020-01-01.html").published is None

    def test_heading_is_the_title_without_metadata(self):
        """The title element carries the site's name, too."""
        assert one(page(), "a.html").title == "Truce Holds"

    def test_plain_page_is_taken_whole(self):
        """Short pages without menus lose no item and no cell."""
        html = (
            "<h1>Truce</h1><p>By Ann Li<p>Nov. 18, 2015<p>It <i>held</i>.<ol><li>one"
            "<li><p>two</ol><table><tr><th>a<th>b<tr><td>1<td>2</table>"
            "<pre> x\n  y</pre>"
        )
        article = one(html, "a.htm")
        assert article.text == (
            "Truce\n\nBy Ann Li\n\nNov. 18, 2015\n\nIt held.\n\n1. one\n2. two\n\n"
            "a | b\n1 | 2\n\n x\n  y"
        )
        assert (article.byline, article.published) == ("Ann Li", NOV_18)

    @pytest.mark.parametrize("around", ["", "<nav><a href='/'>Home</a></nav>"])
    @pytest.mark.parametrize(
        ("html", "text"),
        [
            ("<ol start=5><li>a<li>b</ol>", "5. a\n6. b"),
            ("<ol><li>a<li value=7><p>b</p><li>c</ol>", "1. a\n7. b\n8. c"),
            ("<ol><li>a<li></li><li>c</ol>", "1. a\n3. c"),
            ("<ol start=-1><li>a<li>b</ol>", "-1. a\n0. b"),
            ("<ol reversed><li>a<li>b</ol>", "- a\n- b"),
            ("<ol type=i><li>a<li>b</ol>", "- a\n- b"),
        ],
    )
    def test_numbers_are_those_that_browsers_show(self, around, html, text):
        """Alone or among menus; where it is no plain number, none is made up."""
        html = f"{around}<article><p>{'</p><p>'.join(PARAGRAPHS)}</p>{html}</article>"
        assert one(html, "a.html").text.endswith(f"nine days.\n\n{text}")

    @pytest.mark.parametrize("around", ["", "<nav><a href='/'>Home</a></nav>"])
    @pytest.mark.parametrize(
        ("html", "text"),
        [
            (
                "<ol>\n<li>\n<p>First.</p>\n<p>More.</p>\n</li>\n"
                "<li>\n<p>Second.</p>\n</li>\n</ol>",
                "1. First.\nMore.\n2. Second.",
            ),
            ("<ul>\n<li>\n<p>First.</p>\n</li>\n</ul>", "- First."),
            ("<ul><li>a<li>\n</ul><p>After the list.</p>", "- a\n\nAfter the list."),
        ],
    )
    def test_marks_stand_before_the_first_words(self, around, html, text):
        """Whatever space there is before them; without words there is no mark."""
        html = f"{around}<article><p>{'</p><p>'.join(PARAGRAPHS)}</p>{html}</article>"
        assert one(html, "a.html").text.endswith(f"nine days.\n\n{text}")

    @pytest.mark.parametrize(
        ("items", "numbers"),
        [
            ("<li>Run <code>npm</code> now<li>Go on", ["1. Run", "2. Go on"]),
            ("<li>He said <q>no</q> to it<li>Go on", ["1. He said", "2. Go on"]),
            ("<li>Run <code>a</code> now<li>Run <code>b</code>", ["- Run", "- Run"]),
        ],
    )
    def test_items_that_are_cut_keep_their_numbers(self, items, numbers):
        """Among menus, code stands on lines of its own; what begins two is neither."""
        html = f"<p>{'</p><p>'.join(PARAGRAPHS)}</p><ol>{items}</ol>"
        html = f"<nav><a href='/'>Home</a></nav><article>{html}</article>"
        lines = one(html, "a.html").text.split("\n")
        assert [line for line in lines if line.startswith(tuple("12-"))] == numbers

    @pytest.mark.parametrize("length", [1, 4, 20])
    @pytest.mark.parametrize(
        "around", ["{}", "<section>{}</section>", "<div class=container>{}</div>"]
    )
    def test_headings_and_lists_need_no_named_frame(self, around, length):
        """However long the page; its menus stay out."""
        body = "<h1>Boats</h1>" + "".join(f"<p>{p}</p>" for p in PARAGRAPHS) * length
        body += "<h2>Opening hours</h2><ul><li>Closed on Thursdays</li></ul>"
        body += "<h2>Steps</h2><ol><li>Buy a ticket<li>Show it</ol><p>The end.</p>"
        html = f"<html><body>{MENU}{around.format(body)}{NOISE}</body></html>"
        text = one(html, "a.html").text
        assert text.startswith("Boats\n\nThe ceasefire")
        assert text.endswith(
            "\n\nOpening hours\n\n- Closed on Thursdays\n\nSteps\n\n"
            "1. Buy a ticket\n2. Show it\n\nThe end."
        )

    @pytest.mark.parametrize("length", [2, 8])
    @pytest.mark.parametrize(
        "around", ["{}", "<div class=x>{}</div>", "<article>{}</article>"]
    )
    def test_noise_stays_out(self, around, length):
        """Related stories, cookies, newsletter, shares: between the paragraphs, too."""
        paragraphs = "".join(f"<p>{p}</p>" for p in PARAGRAPHS) * length
        body = f"<h1>Truce</h1>{paragraphs}{NOISE}<h2>Next</h2>{paragraphs}{NOISE}"
        html = f"<html><body>{MENU}{NOISE}{around.format(body)}{NOISE}</body></html>"
        text = one(html, "a.html").text
        assert text.count("nine days.") == 2 * length
        assert "\n\nNext\n\n" in text
        assert "noise" not in text.lower()

    @pytest.mark.parametrize("around", ["<div class=x>{}</div>", "<main>{}</main>"])
    @pytest.mark.parametrize(
        "div",
        [
            '<div class="article__lead">The {} tells <b>all</b> of it again.</div>',
            "<div>The {}<br>tells <a href=/x>all</a> of it again.</div>",
            "<section>“The {} tells all of it again.”</section>",
        ],
    )
    def test_sentences_in_a_div_are_paragraphs(self, around, div):
        """On long pages, too, above the paragraphs and between them."""
        paragraphs = "".join(f"<p>{p}</p>" for p in PARAGRAPHS) * 6
        body = div.format("lead") + paragraphs + div.format("middle") + paragraphs
        text = one(MENU + around.format(body) + NOISE, "a.html").text
        shown = [" ".join(line.split()).strip("“”") for line in text.split("\n\n")]
        assert shown[0] == "The lead tells all of it again."
        assert shown[19] == "The middle tells all of it again."
        assert len(shown) == 38

    @pytest.mark.parametrize(
        "div",
        [
            "<div>Advertisement</div>",
            "<div>Updated 18 November 2015, 9:30 pm</div>",
            "<div><a href=/x>Read the other story of the boat, too.</a></div>",
            "<a href=/x><div>Read the other story of the boat, too.</div></a>",
            "<div>Yes, I want to get news each morning. <input name=mail></div>",
            "<div class=newsletter>Sign up, and never miss a story again.</div>",
        ],
    )
    def test_other_words_in_a_div_are_none(self, div):
        """Labels, times, links, what is to be filled in."""
        paragraphs = "".join(f"<p>{p}</p>" for p in PARAGRAPHS) * 6
        html = f"{MENU}<article>{paragraphs}{div}{paragraphs}</article>"
        assert len(one(html, "a.html").text.split("\n\n")) == 36

    def test_short_lines_in_divs_stay(self):
        """Where a page has little else."""
        lines = [f"Line {number} of the talk" for number in range(60)]
        html = f"{MENU}<div>{''.join(f'<div>{line}</div>' for line in lines)}</div>"
        assert one(html, "a.html").text.split("\n\n") == lines

    @pytest.mark.parametrize(
        ("cell", "shown"),
        [
            ("<ul><li>shut<li>open <i>late</i></ul>", "shut\nopen late"),
            ("See <ol><li><p>a</p><li>b<ul><li>c</ul></ol>", "See\na\nb\nc"),
            ("See <ol><li>a<li>b</ol> here", "See\na\nb\nhere"),
            ("<p>9 to 12</p><p>14 to 17</p>", "9 to 12\n14 to 17"),
            ("<ul><li><a href=/>Home</a><li><a>World</a></ul>", ""),
        ],
    )
    def test_blocks_in_cells_are_lines_of_their_row(self, cell, shown):
        """Lists as paragraphs; links are a menu."""
        rows = f"<tr><th>Day<th>Hours<th>Note<tr><td>Monday<td>{cell}<td>none"
        html = (
            f"{MENU}<article><p>{'</p><p>'.join(PARAGRAPHS)}</p><table>{rows}</table>"
        )
        text = one(html + "</article>", "a.html").text
        assert text.endswith(f"\n\nDay | Hours | Note\nMonday | {shown} | none")

    @pytest.mark.parametrize("around", ["", "<nav><a href='/'>Home</a></nav>"])
    @pytest.mark.parametrize(
        "html",
        [
            "<p hidden>secret</p>",
            "<p>It held<span style='color: red; DISPLAY : none'> secret</span>.</p>",
            "<div style='visibility:hidden'><p>secret<ul><li>secret</ul></div>",
            "<ul><li hidden>secret<li>shown</ul>",
            "<table><tr><td>a<td style='display:none'>secret<td>b</table>",
            "<div hidden><div><p>secret</div>secret<br></div>",
        ],
    )
    def test_what_is_hidden_is_left_out(self, around, html):
        """And ends where its tag does."""
        html = f"{around}<article><p>{'</p><p>'.join(PARAGRAPHS)}</p>{html}"
        text = one(f"{html}<p>The end came.</p></article>", "a.html").text
        assert "secret" not in text
        assert text.endswith("The end came.")
        assert "| |" not in " ".join(text.split())

    @pytest.mark.parametrize("around", ["", "<nav><a href='/'>Home</a></nav>"])
    @pytest.mark.parametrize(
        "veil",
        ["hidden='until-found'", "style='overflow:hidden'", "style='x-display:none'"],
    )
    def test_what_can_be_seen_stays(self, around, veil):
        """By the browser's search, or at once."""
        html = (
            f"{around}<article><p>{'</p><p>'.join(PARAGRAPHS)}</p><p {veil}>Seen.</p>"
        )
        assert one(f"{html}</article>", "a.html").text.endswith("Seen.")

    @pytest.mark.parametrize("around", ["", "<nav><a href='/'>Home</a></nav>"])
    def test_page_that_hides_its_article_is_read(self, around):
        """A script shows it."""
        html = f"{around}<div hidden><p>{'</p><p>'.join(PARAGRAPHS)}</p></div><p>Wait"
        assert "nine days." in one(html, "a.html").text

    def test_page_without_an_article_falls_back_to_its_words(self):
        """Menus aside."""
        html = "<nav><a>Menu</a></nav><div>Just <b>five</b> words here.</div>"
        assert one(html, "a.html").text == "Just five words here."

    def test_very_long_page_is_taken_whole(self):
        """To tell its article from the rest would take minutes."""
        html = "<nav>Menu</nav>" + f"<p>{PARAGRAPHS[2]}</p>" * 4000
        assert one(html, "a.html").text.count("Nobody") == 4000

    def test_declared_charset_is_respected(self):
        """Before any guess."""
        html = '<meta charset="koi8-r"><p>Россия начала удары.</p>'
        assert one(html.encode("koi8-r"), "a.html").text == "Россия начала удары."

    def test_latin1_means_windows_1252(self):
        """As browsers read it."""
        html = '<meta content="text/html; charset=iso-8859-1"><p>“Oui” – 3 €.</p>'
        assert one(html.encode("cp1252"), "a.html").text == "“Oui” – 3 €."

    @pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252"])
    def test_utf8_that_is_declared_as_latin1(self, charset):
        """As servers and editors often do; text in Latin-1 is never valid UTF-8."""
        html = f'<meta charset="{charset}"><p>Très cher, said José.</p>'
        assert one(html, "a.html").text == "Très cher, said José."

    @pytest.mark.parametrize("charset", ["hex", "utf-16", "nonsense", "utf-7"])
    def test_wrong_charset_is_no_harm(self, charset):
        """What cannot be is passed over."""
        html = f'<meta charset="{charset}"><p>Café au lait.</p>'
        assert one(html, "a.html").text == "Café au lait."

    def test_xhtml(self):
        """An XML declaration and closed scripts are no obstacle."""
        html = (
            '<?xml version="1.0" encoding="utf-8"?><html><head><script src="x"/></head>'
        )
        assert one(html + "<body><p>Rain fell.</p></body></html>", "a.xhtml").text == (
            "Rain fell."
        )

    @pytest.mark.parametrize("tag", ["p", "li", "td", "font", "div"])
    def test_scripts_stay_hidden_below_many_open_tags(self, tag):
        """However many: `<p>` without its end is what many pages are made of."""
        html = f"<{tag}>It rained." * 600 + "<script>evil()</script>"
        html += "<style>evil {}</style><noscript>evil</noscript> Then it stopped."
        text = one(html, "a.html").text
        assert "evil" not in text
        assert "Then it stopped." in text
        assert text.count("It rained.") == 600

    @pytest.mark.parametrize(
        ("html", "text"),
        [
            ("<ul><li>a<ul><li>b</ul><li>c</ul><p>d", "- a\n- b\n- c\n\nd"),
            ("<dl><dt>a<dd>b<dt>c<dd>d</dl>e", "a\nb\nc\nd\n\ne"),
            ("<p>a<svg><title>b</title>c</svg>d<p>e", "a\n\nd\n\ne"),
            ("<p>a<noscript><p>b</noscript>c", "a\n\nc"),
            (
                "<table><tr><td>a<table><tr><td>b<td>c</table><td>d<tr><td>e</table>f",
                "a\nb | c\nd\ne\n\nf",
            ),
        ],
    )
    def test_tags_without_end_are_closed_as_browsers_do(self, html, text):
        """The end of a list or a table ends what stands open in it, and no more."""
        assert one(html, "a.html").text == text

    @pytest.mark.parametrize(
        "html",
        [
            "<pre>a" + " " * 400_000 + "b</pre>",
            "<p>a<object>" + "<b>" * 8_000 + "<div>x" * 8_000,
            "<nav>a" * 20_000,
            "<table><tr>" + "<td>a" * 20_000,
            "<table><tr>" + "<td> " * 20_000,
            "<p>It rained." + "<a " * 20_000,
            "<p>It rained." + '<a x="' * 20_000,
            "<p>It rained." + "<!--" * 20_000,
            "<p>It rained." + "<button>" * 20_000,
        ],
    )
    @pytest.mark.parametrize("end", ["<p>It rained.", ""])
    def test_long_runs_are_quick(self, html, end):
        """Of spaces, of cells, of tags that nobody closes."""
        assert_quick(html + end, "a.html")

    @pytest.mark.parametrize("around", ["", "<nav><a href='/'>Home</a></nav>"])
    @pytest.mark.parametrize("next_tag", ["p", "h2", "button"])
    def test_button_without_end_hides_no_article(self, around, next_tag):
        """What cannot stand in a button ends it."""
        first, last = PARAGRAPHS[:2], PARAGRAPHS[2]
        html = f"{around}<article><p>{'<p>'.join(first)}</p><button>Read on"
        html += f"<{next_tag}>More</{next_tag}><p>{last}</p></article>"
        text = one(html, "a.html").text
        assert "nine days." in text
        assert "Read on" not in text

    @pytest.mark.parametrize("around", ["", "<nav><a href='/'>Home</a></nav>"])
    @pytest.mark.parametrize("tag", ["p", "h3", "section"])
    def test_blocks_in_a_whole_button_are_hidden(self, around, tag):
        """What stands in it is to be pressed, not read."""
        button = f"<button class=a>Share<{tag}>Subscribe now</{tag}></button>"
        html = f"{around}<article><p>{f'</p>{button}<p>'.join(PARAGRAPHS)}</p>"
        text = one(html + "</article>", "a.html").text
        assert "nine days." in text
        assert "Subscribe" not in text

    def test_mark_that_is_none_hides_nothing(self):
        """Python's own parser stops at it, in some of its versions."""
        html = "<p>It <![x rained.</p><p>Then <![if !y]>it<![endif]> stopped.</p>"
        assert one(html, "a.html").text.endswith("Then it stopped.")

    def test_scripts_alone_are_no_words(self):
        """A page that only a browser fills is refused."""
        assert "no words" in refusal("<body><script>go('there')</script>", "a.html")


def pdf(*pages, title=None, encrypt=None):
    """Write each page's lines; (indent, text) moves a line to the right."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, invariant=True)
    if title:
        canvas.setTitle(title)
    for lines in pages:
        y = 800
        for line in lines:
            indent, text = line if isinstance(line, tuple) else (0, line)
            canvas.drawString(72 + indent, y, text)
            y -= 14
        canvas.showPage()
    canvas.save()
    if encrypt is None:
        return file.getvalue()
    from pypdf import PdfWriter

    writer = PdfWriter(file)
    writer.encrypt(encrypt, owner_password="owner", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    return locked.getvalue()


DAYS = [("On Monday", "At noon"), ("Then", "Again"), ("Later", "At night")]
DAYS += [("On Friday", "By noon"), ("In May", "In June")]
FIRST_PAGE = [
    "Truce Holds in the North",
    "",
    "The ceasefire held on Tuesday, officials said, after three days of nego-",
    "tiations in the capital. A well-known mediator had flown in, and a well-",
    "known general, too.",
    "",
    "Monitors are to arrive within a week, the ministry said, and they will be",
]
SECOND_PAGE = ["sent to all towns on the river, from the hills down to the sea."]


class TestPdf:
    def test_lines_become_paragraphs_again(self):
        """Wrapped lines and broken words are joined, real hyphens stay."""
        article = one(pdf(FIRST_PAGE, SECOND_PAGE), "a.pdf")
        assert article.text == (
            "Truce Holds in the North\n\n"
            "The ceasefire held on Tuesday, officials said, after three days of "
            "negotiations in the capital. A well-known mediator had flown in, and a "
            "well-known general, too.\n\n"
            "Monitors are to arrive within a week, the ministry said, and they will be "
            "sent to all towns on the river, from the hills down to the sea."
        )
        assert article.title == "Truce Holds in the North"

    def test_pages_are_kept(self):
        """Each page begins at the offset of its first word."""
        article = one(pdf(FIRST_PAGE, SECOND_PAGE), "a.pdf")
        assert [article.text[start:][:5] for start in article.page_starts] == [
            "Truce",
            "sent ",
        ]
        assert article.page_at(article.text.index("river")) == 2

    def test_indent_begins_a_paragraph(self):
        """As in books, without a blank line."""
        lines = [
            (18, "The first paragraph goes on over the end of its line, as it should."),
            "and ends with a line that is as long as any other line on this page.",
            (
                18,
                "The second one is set in, and nothing else tells that it is another.",
            ),
            "It has two lines as well.",
        ]
        assert one(pdf(lines), "a.pdf").text.count("\n\n") == 1

    def test_title_of_the_document_info(self):
        """Unless it is what a program wrote there."""
        for title in ("Truce", "About: a truce", "Data: what www.example.org knows"):
            assert one(pdf(FIRST_PAGE, title=title), "a.pdf").title == title
        for title in (
            "Microsoft Word - x.doc",
            "about:blank",
            "https://example.org/2015/truce?id=1",
            "file:///tmp/x.html",
            "www.example.org/truce",
        ):
            made = pdf(FIRST_PAGE, title=title)
            assert one(made, "a.pdf").title == "Truce Holds in the North"

    def test_date_is_that_on_the_page(self):
        """The file may have been made years later."""
        assert one(pdf(["Head", "", "It rained."]), "a.pdf").published is None
        dated = pdf(["Head", "", "Nov. 18, 2015", "", "It rained all day long."])
        assert one(dated, "a.pdf").published == NOV_18

    def test_page_numbers_and_headers_go(self):
        """Only where they are beyond doubt."""
        pages = [
            ["The Daily Example", f"Word {n} of the story stands here.", f"- {n} -"]
            for n in "abc"
        ]
        pages = [[*p[:2], f"- {n} -"] for n, p in enumerate(pages)]
        text = one(pdf(*pages), "a.pdf").text
        assert "Daily" not in text
        assert "-" not in text
        assert "Word a of" in text

    @pytest.mark.parametrize(
        "pages",
        [
            [["Votes by town", "Leeds", "4512", "York", "1200"]],
            [["Votes", "Leeds", "4512"], ["Votes", "York", "1200"]],
            [[f"Article {n}", f"Words {'abcdef'[n]}."] for n in range(1, 6)],
            [[f"Town {n * n}", f"Words {'abcdef'[n]}."] for n in range(1, 6)],
            [["7", "It rained in all of the north."]],
        ],
    )
    def test_figures_and_numbered_headings_stay(self, pages):
        """Nothing tells that they are not the article's words."""
        lines = [[Line(text) for text in page] for page in pages]
        assert without_running_lines(lines) == lines

    @pytest.mark.parametrize(
        "running",
        ["{n}", "{m}", "Page {m}", "- {m} -", "{m} / 9", "The Daily Example {m}",
         "{m} Annual Report 2015", "Nov. 18, 2015 | The Example"],
    )  # fmt: skip
    @pytest.mark.parametrize("at_top", [True, False])
    def test_lines_that_follow_the_pages_go(self, running, at_top):
        """Numbers that grow with them, by themselves or beside words; equal lines."""
        pages, bare = [], []
        for n in range(1, 5):
            words = [Line(f"{day} it rained in the north.") for day in DAYS[n]]
            line = [Line(running.format(n=n, m=n + 411))]
            pages.append(line + words if at_top else words + line)
            bare.append(words)
        assert without_running_lines(pages) == bare

    @pytest.mark.parametrize("running", ["Reuters {m}", "{n} Time", "The {m}"])
    def test_one_word_and_its_number_go_from_the_foot(self, running):
        """At the top it may well be a heading."""
        pages = [
            [Line(f"{day} it rained.") for day in DAYS[n]]
            + [Line(running.format(n=n, m=n + 40))]
            for n in range(1, 5)
        ]
        assert without_running_lines(pages) == [page[:-1] for page in pages]
        assert without_running_lines(pages[:2]) == pages[:2]

    @pytest.mark.parametrize(
        "number", ["p. 42", "Seite 42", "S. 42", "Página 42", "Pág. 42 de 90"]
    )
    @pytest.mark.parametrize("at_top", [True, False])
    def test_page_numbers_with_a_word_for_page_go(self, number, at_top):
        words = [Line("It rained in the north."), Line("Then it stopped.")]
        line = [Line(number)]
        assert without_running_lines([line + words if at_top else words + line]) == [
            words
        ]

    def test_many_numbers_in_a_line_take_little_memory(self):
        line = Line("Votes by town: " + " ".join(map(str, range(1000, 5000))))
        tracemalloc.start()
        try:
            without_running_lines([[line, line]])
            assert tracemalloc.get_traced_memory()[1] < 10 << 20
        finally:
            tracemalloc.stop()

    def test_password_is_refused(self):
        """And the message says what helps."""
        message = refusal(pdf(FIRST_PAGE, encrypt="secret"), "a.pdf")
        assert "password" in message
        assert "unprotected copy" in message

    def test_owner_password_alone_is_no_obstacle(self):
        """Such files open for everybody."""
        assert "ceasefire" in one(pdf(FIRST_PAGE, encrypt=""), "a.pdf").text

    def test_pictures_of_text_are_refused(self):
        """Text recognition is named as the way out."""
        assert "ocrmypdf" in refusal(pdf([], []), "a.pdf")

    def test_damaged_pages_are_told(self):
        """A reader who sees "no words" would look for them in vain."""
        damaged = pdf(FIRST_PAGE, SECOND_PAGE).replace(b"/FlateDecode", b"/FlateDecodX")
        message = refusal(damaged, "a.pdf")
        assert "2 pages" in message
        assert "page 1: damaged" in message
        assert "Print the file to a new PDF" in message

    def test_long_words_are_quick(self):
        """As a page of an old scan may hold them."""
        word = "a" * 100_000
        begin = time.process_time()
        text, _ = join_pages([[Line(word), Line(f"{word}-"), Line("fire held.")]])
        assert time.process_time() - begin < 1
        assert text == f"{word} {word}fire held."

    def test_cut_file(self):
        """Half a PDF gives what can be saved, or a reason."""
        whole = pdf(FIRST_PAGE)
        for size in range(0, len(whole), 97):
            articles_or_reason(whole[:size], "a.pdf")

    @given(
        st.lists(
            st.lists(
                st.builds(
                    Line,
                    st.text("ab- .\u00adC1", max_size=9),
                    st.floats(0, 99),
                    st.floats(0, 99),
                    st.floats(0, 20),
                ),
                max_size=5,
            ),
            max_size=5,
        )
    )
    def test_page_starts_never_decrease(self, pages):
        """One start a page, all within the text, whatever stands on them."""
        text, starts = join_pages(without_running_lines(pages))
        assert len(starts) == len(pages)
        assert list(starts) == sorted(starts)
        assert all(0 <= start <= len(text) for start in starts)


def docx(build, **properties):
    from docx import Document

    document = Document()
    for name, value in properties.items():
        setattr(document.core_properties, name, value)
    build(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def wrapped(tag, *inner):
    return f"<{tag}>{''.join(inner)}</{tag}>"


p, table, row, cell = (
    functools.partial(wrapped, f"w:{tag}") for tag in ("p", "tbl", "tr", "tc")
)


def r(text):
    shown = "<w:tab/>".join(
        f'<w:t xml:space="preserve">{part}</w:t>' for part in text.split("<w:tab/>")
    )
    return wrapped("w:r", shown)


def control(*inner, properties=""):
    return wrapped("w:sdt", properties, wrapped("w:sdtContent", *inner))


def word(*blocks):
    """A Word file of these blocks of XML."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    def build(document):
        body = parse_xml(f"<w:body {nsdecls('w', 'm')}>{''.join(blocks)}</w:body>")
        document.element.body[:] = list(body)

    return docx(build)


def level(number, text, *, form="decimal", start=1):
    return (
        f'<w:lvl w:ilvl="{number}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def numbered(text, depth, which=0):
    place = f'<w:ilvl w:val="{depth}"/><w:numId w:val="{900 + which}"/>'
    return p(wrapped("w:pPr", wrapped("w:numPr", place)), r(text))


def listed(levels, items, *, lists=("",), before=""):
    """A Word file of the items of lists that are all of one kind."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    def build(document):
        root = document.part.numbering_part.element
        kind = f'<w:abstractNum {nsdecls("w")} w:abstractNumId="900">'
        root.insert(0, parse_xml(f"{kind}{''.join(levels)}</w:abstractNum>"))
        for which, begin in enumerate(lists):
            first = f'<w:num {nsdecls("w")} w:numId="{900 + which}">'
            first += '<w:abstractNumId w:val="900"/>'
            root.append(parse_xml(f"{first}{begin}</w:num>"))
        body = before + "".join(numbered(*item) for item in items)
        body = parse_xml(f"<w:body {nsdecls('w')}>{body}</w:body>")
        document.element.body[:] = list(body)

    return docx(build)


class TestDocx:
    def test_blocks_in_order(self):
        """Headings, lists with their marks, table rows."""

        def build(document):
            document.add_heading("Truce Holds", 1)
            document.add_paragraph("It held.")
            document.add_paragraph("one", style="List Bullet")
            document.add_paragraph("two", style="List Bullet")
            document.add_paragraph("first", style="List Number")
            document.add_paragraph("next", style="List Number")
            table = document.add_table(rows=2, cols=2)
            for row, words in zip(table.rows, [("a", "b"), ("1", "2")], strict=True):
                for cell, word in zip(row.cells, words, strict=True):
                    cell.text = word
            document.add_paragraph("The end.")

        article = one(docx(build), "a.docx")
        assert article.text == (
            "Truce Holds\n\nIt held.\n\n- one\n- two\n1. first\n2. next\n\n"
            "a | b\n1 | 2\n\nThe end."
        )
        assert article.title == "Truce Holds"
        assert article.published is None
        assert article.byline is None

    def test_numbers_go_on_after_paragraphs_between_items(self):
        """As in an interview whose questions are numbered."""

        def build(document):
            for question, answer in [("Why?", "Budget."), ("When?", "In May.")]:
                document.add_paragraph(question, style="List Number")
                document.add_paragraph(answer)

        assert one(docx(build), "a.docx").text == (
            "1. Why?\n\nBudget.\n\n2. When?\n\nIn May."
        )

    def test_numbers_are_those_that_word_shows(self):
        """They begin where the list says, and anew below each item further out."""
        levels = level(0, "%1)", start=4) + level(1, "%2.")
        items = [("a", 0), ("b", 1), ("c", 1), ("d", 0), ("e", 1)]
        assert one(listed([levels], items), "a.docx").text == (
            "4) a\n  1. b\n  2. c\n5) d\n  1. e"
        )

    @pytest.mark.parametrize(
        "levels",
        [
            ("Article %1", "decimal"),
            ("%1.", "lowerRoman"),
            ("%1.%2.", "decimal"),
            ("", "bullet"),
        ],
    )
    def test_what_is_no_plain_number_is_a_dash(self, levels):
        """No number is made up."""
        text, form = levels
        data = listed([level(0, text, form=form)], [("Peace", 0), ("Trade", 0)])
        assert one(data, "a.docx").text == "- Peace\n- Trade"

    def test_lists_of_one_kind_go_on_unless_they_begin_anew(self):
        """Word counts by the kind of list; "restart at 1" is written into the list."""
        anew = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
        data = listed(
            [level(0, "%1.")],
            [("a", 0), ("b", 0, 1), ("c", 0, 2), ("d", 0, 2)],
            lists=["", "", anew],
        )
        assert one(data, "a.docx").text == "1. a\n2. b\n1. c\n2. d"

    def test_headings_and_paragraphs_told_to_be_none_are_no_items(self):
        """Though their style is that of a list."""

        def build(document):
            document.add_heading("Truce", 1)
            for text in ("a", "It held.", "b"):
                document.add_paragraph(text, style="List Number")
            for place, number in [(0, 5), (2, 0)]:
                properties = document.paragraphs[place]._p.get_or_add_pPr()
                properties.get_or_add_numPr().get_or_add_numId().val = number

        text = one(docx(build), "a.docx").text
        assert text == "Truce\n\n2. a\n\nIt held.\n\n3. b"

    @pytest.mark.parametrize("style", ["List Paragraph", "List Continue", "List"])
    def test_styles_without_a_mark_get_none(self, style):
        """Word leaves them where the mark was taken away."""

        def build(document):
            for name in ("Normal", style, style):
                document.add_paragraph("It held.", style=name)

        assert one(docx(build), "a.docx").text == "It held.\n\nIt held.\n\nIt held."

    def test_items_in_a_table_count(self):
        """Their numbers are not written, but those below go on from them."""
        cells = table(row(cell(numbered("a", 0)), cell(numbered("b", 0))))
        data = listed([level(0, "%1.")], [("c", 0)], before=cells)
        assert one(data, "a.docx").text == "a | b\n\n3. c"

    def test_words_in_wrappers_are_read(self):
        """What was inserted, moved here, linked, tagged or computed."""
        xml = p(
            r("The mayor said "),
            f"<w:ins>{r('never')}{wrapped('w:hyperlink', r(' again'))}</w:ins>",
            f"<w:del>{r('always')}<w:r><w:delText>ever</w:delText></w:r></w:del>",
            f"<w:moveFrom>{r('soon')}</w:moveFrom>",
            wrapped("w:moveTo", r(" to")),
            wrapped("w:smartTag", r(" the")),
            wrapped("w:fldSimple", r(" crowd")),
            control(r(" of")),
            wrapped("w:bdo", r(" nine<w:tab/>men.")),
        )
        assert one(word(xml), "a.docx").text == (
            "The mayor said never again to the crowd of nine\tmen."
        )

    @pytest.mark.parametrize(
        ("formula", "line"),
        [
            (["3x10"], "3x10"),
            (["3x", ("sSup", ("e", "10"), ("sup", "5"))], "3x10^5"),
            ([("sSubSup", ("e", "x"), ("sub", "i+1"), ("sup", "2"))], "x_(i+1)^2"),
            ([("f", ("num", "a+b"), ("den", "2"))], "(a+b)/2"),
            ([("rad", ("deg",), ("e", "x")), ("rad", ("deg", "3"), ("e", "27"))],
             "√x27^(1/3)"),
            ([("d", ("dPr", ("begChr=[",), ("endChr=",)), ("e", "a"), ("e", "b"))],
             "[a|b"),
            ([("nary", ("naryPr", ("chr=∑",)), ("sub", "i"), ("sup", "9"), ("e", "i"))],
             "∑_i^9 i"),
            ([("func", ("fName", ("limUpp", ("e", "lim"), ("lim", "x"))), ("e", "x"))],
             "lim^x x"),
            ([("m", ("mr", ("e", "1"), ("e", "0")), ("mr", ("e", "0"), ("e", "1")))],
             "1 0; 0 1"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("around", ["{}", "<m:oMathPara>{}</m:oMathPara>"])
    def test_formulas_stand_on_one_line(self, formula, line, around):
        """10 to the power of 5 is not 105."""

        def part(found):
            if isinstance(found, str):
                return f"<m:r><w:rPr><w:b/></w:rPr><m:t>{found}</m:t></m:r>"
            tag, has_sign, sign = found[0].partition("=")
            value = f' m:val="{sign}"' if has_sign else ""
            return f"<m:{tag}{value}>{''.join(map(part, found[1:]))}</m:{tag}>"

        shown = around.format(f"<m:oMath>{''.join(map(part, formula))}</m:oMath>")
        xml = p(r("The dam holds "), shown, r(" tonnes."))
        assert one(word(xml), "a.docx").text == f"The dam holds {line} tonnes."

    def test_taken_out_of_a_formula(self):
        """As from other words."""
        gone, here = (f"<m:r><m:t>{text}</m:t></m:r>" for text in "12")
        xml = f"<m:oMath><w:del>{gone}</w:del><w:ins>{here}</w:ins></m:oMath>"
        assert one(word(p(xml)), "a.docx").text == "2"

    def test_content_controls_are_read(self):
        """Around paragraphs, tables, rows and cells; prompts are no words."""
        prompt = "<w:sdtPr><w:showingPlcHdr/></w:sdtPr>"
        xml = [
            control(p(r("One.")), control(p(r("Two.")))),
            control(p(r("Click here to enter text.")), properties=prompt),
            table(control(row(cell(p(r("a"))), control(cell(p(r("b"))))))),
            p(r("The end.")),
        ]
        assert one(word(*xml), "a.docx").text == "One.\n\nTwo.\n\na | b\n\nThe end."

    def test_table_within_a_cell_is_read(self):
        """In its place in the row."""
        inner = table(row(cell(p(r("b"))), cell(p(r("c")))))
        xml = table(row(cell(p(r("a")), inner, p(r("d"))), cell(p(r("e")))))
        assert one(word(xml), "a.docx").text == "a b | c d | e"

    def test_merged_cells(self):
        """One over two columns is there once, one over two rows in both."""

        def build(document):
            grid = document.add_table(rows=3, cols=3)
            for number, place in enumerate(grid._cells):
                place.text = "abcdefghi"[number]
            grid.cell(0, 0).merge(grid.cell(0, 1)).text = "ab"
            grid.cell(1, 2).merge(grid.cell(2, 2)).text = "fi"

        assert one(docx(build), "a.docx").text == "ab | c\nd | e | fi\ng | h | fi"

    def test_core_properties(self):
        """Title, author and day."""
        data = docx(
            lambda document: document.add_paragraph("It held."),
            title="Truce",
            author="Ann Li",
            created=datetime.datetime(2015, 11, 18, 9, 30),
        )
        article = one(data, "a.docx")
        assert (article.title, article.byline) == ("Truce", "Ann Li")
        assert article.published == NOV_18

    def test_old_or_locked_word_file_is_refused(self):
        """Both begin with the same bytes."""
        message = refusal(b"\xd0\xcf\x11\xe0" + b"x" * 100, "a.docx")
        assert "unprotected copy" in message

    def test_other_zip_is_refused(self):
        """A zip is not a Word file because of its name."""
        assert "damaged" in refusal(zipped({"a.txt": "x"}), "a.docx")


class TestRows:
    def test_jsonl(self):
        """One article a line; names of columns in any case."""
        rows = [
            {
                "ID": "x7",
                "Title": "Rain",
                "TEXT": "It\r\nrained.",
                "date": "2015-11-18",
            },
            {"headline": "Sun", "body": "It shone.", "Author": "By Ann", "source": "S"},
        ]
        first, second = parse("\n".join(map(json.dumps, rows)), "n.jsonl").articles
        assert (first.id, first.path, first.title) == ("n.jsonl#x7", "n.jsonl", "Rain")
        assert (first.text, first.published) == ("It\nrained.", NOV_18)
        assert (second.id, second.byline, second.source) == ("n.jsonl#2", "Ann", "S")

    def test_bad_rows_are_skipped_with_their_line(self):
        """The good ones come through."""
        lines = ['{"text": "Good."}', "", "{bad", "[1]", '{"text": " "}', '{"a": 1}']
        lines += ['{"text": "..."}', "[" * 100_000, '{"text": "Fine \\ud800 too."}']
        parsed = parse("\n".join(lines), "n.ndjson")
        assert [a.text for a in parsed.articles] == ["Good.", "Fine \ufffd too."]
        assert [s.path for s in parsed.skipped] == [
            f"n.ndjson#{n}" for n in range(3, 9)
        ]
        reasons = [s.reason for s in parsed.skipped]
        assert all(r.startswith(f"line {n}: ") for n, r in enumerate(reasons, start=3))
        assert "not JSON" in reasons[0]
        assert "no text" in reasons[2]

    def test_ids_are_unique(self):
        """A repeated id gets the row's number."""
        lines = [
            f'{{"id": {n}, "text": "Words"}}' for n in ('"2"', '"a"', '"a"', '"2"')
        ]
        articles = parse("\n".join(lines), "n.jsonl").articles
        assert [a.id for a in articles] == [
            "n.jsonl#2",
            "n.jsonl#a",
            "n.jsonl#a-3",
            "n.jsonl#2-4",
        ]

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_csv_delimiters(self, delimiter):
        """Cells may hold delimiters, quotes and newlines."""
        file = io.StringIO()
        writer = csv.writer(file, delimiter=delimiter)
        text = 'He said: "a, b; c|d\te".\nThen he left.'
        writer.writerows([["Id", "Title", " Text "], ["9", "Rain", text]])
        article = one(file.getvalue(), "n.csv")
        assert (article.id, article.title, article.text) == ("n.csv#9", "Rain", text)

    def test_csv_rows_are_numbered_below_the_header(self):
        """The reason tells the line, which cells with newlines move."""
        parsed = parse('title,text\nA,"x\ny"\nB,\nC\nD,"z"w"\nE,fine\n', "n.csv")
        assert [a.id for a in parsed.articles] == ["n.csv#1", "n.csv#5"]
        assert [(s.path, s.reason.split(":")[0]) for s in parsed.skipped] == [
            ("n.csv#2", "line 4"),
            ("n.csv#3", "line 5"),
            ("n.csv#4", "line 6"),
        ]

    @pytest.mark.parametrize("dry", ['1,"It rained.', '1,"It "" rained.', '1,"a"b'])
    def test_csv_row_with_an_open_quote_costs_its_line_only(self, dry):
        """The rows below it come through."""
        good = ["2,Two.", '3,"Three\n3."', "4,Four."]
        parsed = parse("\n".join(["id,text", "0,Dry.", dry, *good]), "n.csv")
        assert [(a.id, a.text) for a in parsed.articles] == [
            ("n.csv#0", "Dry."),
            ("n.csv#2", "Two."),
            ("n.csv#3", "Three\n3."),
            ("n.csv#4", "Four."),
        ]
        (skipped,) = parsed.skipped
        assert skipped.path == "n.csv#2"
        assert skipped.reason.startswith("line 3: not CSV")

    def test_csv_whose_quotes_are_escaped_by_backslashes(self):
        r"""As MySQL and pandas may write it, there with `\N` for no value."""
        rows = [
            "id,title,text",
            r'1,Bridge,"She said \"no, never\" to it,',
            "she went home, and the council voted, at last.",
            r'Nobody spoke \\ wept."',
            r"2,\N,It rained.",
        ]
        first, second = parse("\n".join(rows), "n.csv").articles
        assert (first.id, first.title) == ("n.csv#1", "Bridge")
        assert first.text == (
            'She said "no, never" to it,\n'
            "she went home, and the council voted, at last.\nNobody spoke \\ wept."
        )
        assert (second.id, second.text) == ("n.csv#2", "It rained.")
        assert second.title == "n 2"  # the file's name and the row

    def test_backslashes_that_escape_no_quote_stay(self):
        r"""One row with `\"` takes none from others; MySQL escapes newlines, too."""
        rows = [
            "title,text",
            r'A,"In C:\new we saw \alpha, \\beta."',
            r"Odd,C:\dir",
            r'B,"She said \"no\" to it.' + "\\",
            'Then she went."',
        ]
        texts = [article.text for article in parse("\n".join(rows), "n.csv").articles]
        assert texts == [
            "In C:\\new we saw \\alpha, \\beta.",
            "C:\\dir",
            'She said "no" to it.\nThen she went.',
        ]

    def test_backslashes_stay_where_quotes_are_doubled(self):
        rows = 'title,text\nA,"In ""C:\\new\\"" it is."\nB,"C:\\dir\\"\n'
        texts = [a.text for a in parse(rows, "n.csv").articles]
        assert texts == ['In "C:\\new\\" it is.', "C:\\dir\\"]

    def test_csv_prose_after_a_broken_row_is_no_row(self):
        """Until a row has as many values as there are columns; the reason tells it."""
        rows = 'id,title,text\n1,A,"He said "no" to it,\nhe went, and so, on, and'
        rows += '\non."\n2,B,It rained, all day.\n3,C,It shone.\n4,D\n5,E,A, and B.\n'
        found = parse(rows, "n.csv")
        assert [(a.id, a.text) for a in found.articles] == [
            ("n.csv#3", "It shone."),
            ("n.csv#5", "A, and B."),
        ]
        reasons = [skipped.reason for skipped in found.skipped]
        rest = ["4 values for 3 columns; may be the rest of the row above" in reason
                for reason in reasons]  # fmt: skip
        assert rest == [False, True, False, True, False]
        assert "1 values for 3 columns; may be the rest" in reasons[2]

    @pytest.mark.parametrize(
        ("above", "below"),
        [
            ("1,A,Dry.", "{n},T,It rained, and it shone, on day {n}."),
            ("1,A,Dry, and cold.", "{n},T,It rained{commas} on day {n}."),
            ('1,A,"Dry.",', '{n},T,"Day {n}.",'),
            ("1,Dry.", "{n},Day {n}."),
            ("", "{n},T,It rained, and it shone, on day {n}."),
            ("", '{n},T,"Day {n}.",'),
            ("", "{n},Day {n}."),
        ],
    )
    def test_csv_rows_of_other_widths_outlast_a_broken_row(self, above, below):
        """Cut by commas of their own, with one at the end, or short."""
        names = "id,text,note" if below == "{n},Day {n}." else "id,title,text"
        good = [below.format(n=n, commas="," * n) for n in range(3, 7)]
        found = parse("\n".join([names, above, '2,"a "b" c",d', *good]), "n.csv")
        ids = [f"n.csv#{n}" for n in (1, 3, 4, 5, 6)]
        assert [article.id for article in found.articles] == ids[not above :]
        (skipped,) = found.skipped
        assert "not CSV" in skipped.reason

    def test_csv_short_rows_without_a_text_tell_no_width(self):
        """Lines of prose with as many commas are none."""
        rows = 'id,title,text\n1,A,Dry.\n2,B\n3,C,"He said "no" to it.\n'
        rows += 'He went, home.\nAnd so, it, was, over."\n4,D,It shone.\n'
        found = parse(rows, "n.csv")
        assert [article.text for article in found.articles] == ["Dry.", "It shone."]

    @given(st.lists(st.sampled_from(["a", "b", ",", '"', '""', '","', "\n", ',"'])))
    @settings(max_examples=300)
    def test_csv_rows_are_those_of_reading_each_anew(self, pieces):
        """Nothing is lost by not reading on where it is known to go wrong."""
        lines = ["text,note\n", *io.StringIO("".join(pieces) + "\nlast,z")]
        rows, begin = [], 1
        while begin < len(lines):
            reader = csv.reader(lines[begin:], strict=True)
            try:
                rows += [cells] if (cells := next(reader)) else []
                begin += reader.line_num
            except csv.Error:
                rows.append(None)
                begin += 1
        found = parse("".join(lines), "n.csv")
        texts = {article.id: article.text for article in found.articles}
        reasons = {skipped.path: skipped.reason for skipped in found.skipped}
        ids = [f"n.csv#{number}" for number in range(1, len(rows) + 1)]
        assert texts.keys() | reasons.keys() == set(ids)
        assert len(texts) + len(reasons) == len(ids)
        assert None in rows or "the row above" not in str(reasons)
        for key, cells in zip(ids, rows, strict=True):
            if key in texts:
                text = texts[key].partition("\n\nnote: ")[0]
                assert text.rstrip() == cells[0].rstrip()
            assert ("not CSV" in reasons.get(key, "")) == (cells is None)

    def test_a_text_that_its_own_commas_cut_is_put_together(self):
        """In the last column; in another one nobody can tell, and it is reported."""
        rows = "title,text\nA,He came, saw, and won.\nB,It rained.,,\n"
        found = parse(rows, "n.csv")
        assert [a.text for a in found.articles] == [
            "He came, saw, and won.",
            "It rained.",
        ]
        found = parse("text;title\nHe came; saw;A\nIt rained.;B\n", "n.csv")
        assert [a.text for a in found.articles] == ["It rained."]
        assert "3 values for 2 columns" in found.skipped[0].reason

    def test_csv_with_open_quotes_is_quick(self):
        """Each of these lines opens a quote that none of those below it closes."""
        rows = 'x","It rained.\n' * 10_000
        assert_quick(f"id,text\n{rows}9,Fine.", "n.csv")
        parsed = parse(f"id,text\n{rows}9,Fine.", "n.csv")
        assert [a.text for a in parsed.articles] == ["Fine."]
        assert len(parsed.skipped) == 10_000

    def test_csv_with_an_open_quote_in_its_first_line_is_refused(self):
        """The reason is not sought in the rows."""
        message = refusal('text,"note\nIt rained.,x\n', "n.csv")
        assert "the first line is not CSV" in message

    def test_big_cells(self):
        """A whole book in a cell is fine."""
        assert len(one("text\n" + "word " * 200_000, "n.tsv").text) >= 999_999

    def test_csv_without_a_text_column_is_refused(self):
        """The message lists what was found."""
        message = refusal("a,b\n1,2\n", "n.csv")
        assert "'a', 'b'" in message
        assert "text, body" in message

    def test_all_rows_bad_is_refused(self):
        """With the first reason."""
        assert "line 1: not JSON" in refusal("nope\n", "n.jsonl")

    def test_other_columns_stand_below_the_text(self):
        """Each with its name, so that they can be asked and cited; offsets hold."""
        text = "Elm Park opened \n\nas a halt."
        rows = f'title,line, Opened on ,text,note\nElm Park,4,1931,"{text}\n",\n'
        article = one(rows, "stations.csv")
        assert article.text == f"{text}\n\nline: 4\n\nOpened on: 1931"
        assert article.title == "Elm Park"

    def test_other_values_of_json_stand_below_the_text(self):
        """Nested ones by their way; short entries of a list in one line."""
        row = {
            "text": "It rained.",
            "visitors": 18000,
            "is_free": False,
            "price": 2.5,
            "venue": {"city": "Oslo", "halls": ["A", "B"]},
            "comments": [{"by": "Ann", "words": "Great\nmatch."}, {"by": "Bo"}],
            "quotes": ["It was the longest rain that I have ever seen.", "We ran."],
        }
        assert one(json.dumps(row), "n.jsonl").text.split("\n\n") == [
            "It rained.",
            "visitors: 18000",
            "is_free: false",
            "price: 2.5",
            "venue.city: Oslo",
            "venue.halls: A, B",
            "comments.by: Ann",
            "comments.words: Great match.",
            "comments.by: Bo",
            "quotes: It was the longest rain that I have ever seen.",
            "quotes: We ran.",
        ]

    def test_what_only_machines_read_stays_out(self):
        """Ids, addresses, hashes, vectors, coded data, and what is empty."""
        row = {
            "text": "It rained.",
            "_id": {"$oid": "5f1"},
            "station_id": 7,
            "pageUrl": "/a/b",
            "image": "https://x.org/a.png",
            "links": ["https://x.org", "www.y.org/z"],
            "check": "9e107d9d372bb6826bd81d3542a419d6",
            "key": "0b0e4f9e-6c2d-4c6e-9a37-0f3a8a2b0c11",
            "vector": [0.125] * 384,
            "printed": str([0.125] * 384),
            "void": [None, "", " ", "NaN", float("nan"), {}, []],
            "": 12,
        }
        assert one(json.dumps(row), "n.jsonl").text == "It rained."

    def test_words_without_spaces_or_digits_are_words(self):
        """Long ones of German, and scripts that set no spaces."""
        row = {
            "text": "It rained.",
            "law": "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
            "place": "俄罗斯在叙利亚发动空袭那是今年秋天2015年" * 2,
            "paid": "yes",
        }
        text = one(json.dumps(row), "n.jsonl").text
        assert all(value in text for value in row.values())

    def test_a_second_column_of_one_kind_is_not_lost(self):
        """Nor is a date that cannot be read, nor one of two columns of one name."""
        rows = "text,body,date,note,note\nShort.,All of it.,in spring,one,two\n"
        assert one(rows, "n.csv").text.split("\n\n") == [
            "Short.",
            "body: All of it.",
            "date: in spring",
            "note: one",
            "note: two",
        ]

    def test_other_columns_tell_no_masthead(self):
        """Nor are they what makes the text's first line a headline."""
        rows = 'text,by_line,Posted on\nIt rained all day,4,"Nov. 18, 2015"\n'
        article = one(rows, "rain.csv")
        assert article.title == "rain 1"
        assert (article.published, article.byline) == (None, None)

    def test_a_row_with_words_in_other_columns_only_says_so(self):
        """They may be what the user holds for the text."""
        lines = ['{"text": "Good."}', '{"id": 1, "description": "It rained.", "n": 4}']
        (skipped,) = parse("\n".join(lines), "n.jsonl").skipped
        assert "no text in this row, but values in the columns" in skipped.reason
        assert "'description', 'n'" in skipped.reason

    def test_very_many_columns_are_told(self):
        """Once for the file; the rows are articles with the first of them."""
        names = ",".join(f"c{n}" for n in range(60))
        row = "It rained.," + ",".join(map(str, range(60)))
        found = parse(f"text,{names}\n{row}\nIt shone.\n{row}\n", "n.csv")
        assert len(found.articles) == 3
        assert found.articles[0].text.endswith("\n\nc49: 49")
        assert found.articles[1].text == "It shone."
        (skipped,) = found.skipped
        assert skipped.path == "n.csv#1"
        assert "line 2: more than 50 values" in skipped.reason
        assert "1 row below it" in skipped.reason

    def test_deep_and_long_json_is_quick(self):
        """Nothing is read of it beyond what is kept."""
        deep = '{"a":' * 400 + "1" + "}" * 400
        many = ",".join(["[1]"] * 50_000)
        rows = f'{{"text": "It rained.", "a": {deep}, "b": [{many}]}}\n'
        assert_quick(rows * 2, "n.jsonl")

    def test_tabs_part_cells_that_are_not_quoted(self):
        """A text that opens with a quotation is whole; quoted cells are, too."""
        rows = 'title\ttext\tline\nFlood\t"We need help," the mayor said.\t4\n'
        rows += 'Rain\t"It ""rained""."\t5\nSun\tIt "shone".\t6\n'
        found = parse(rows, "n.tsv")
        assert [article.text for article in found.articles] == [
            '"We need help," the mayor said.\n\nline: 4',
            'It "rained".\n\nline: 5',
            'It "shone".\n\nline: 6',
        ]
        assert found.skipped == ()

    def test_quoted_cells_with_newlines_stay_whole_beside_a_wrong_row(self):
        """The reading in which fewer rows are wrong is taken."""
        rows = 'title\ttext\nA\t"He said "no" to it."\nB\t"It\nrained\nall day."\n'
        found = parse(rows, "n.tsv")
        assert [article.text for article in found.articles] == ["It\nrained\nall day."]
        assert "not CSV" in found.skipped[0].reason


def zipped(members, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


class TestZip:
    def test_members_are_read_by_their_suffix(self):
        """Paths lead through the archive; the hash is the archive's."""
        data = zipped(
            {
                "in/": "",
                "in/é.txt": "Rain fell.",
                "rows.jsonl": '{"text": "One."}\n{"text": "Two."}\nbad',
                "photo.jpg": b"\xff\xd8",
                "empty.txt": "",
                "nested.zip": zipped({"a.txt": "A."}),
                "__MACOSX/._a.txt": "x",
            }
        )
        parsed = parse(data, "n/all.zip")
        assert [a.id for a in parsed.articles] == [
            "n/all.zip/in/é.txt",
            "n/all.zip/rows.jsonl#1",
            "n/all.zip/rows.jsonl#2",
        ]
        assert parsed.articles[1].path == "n/all.zip/rows.jsonl"
        assert {a.file_hash for a in parsed.articles} == {"f" * 64}
        assert {s.path.removeprefix("n/all.zip/") for s in parsed.skipped} == {
            "rows.jsonl#3",
            "photo.jpg",
            "empty.txt",
            "nested.zip",
            "__MACOSX/._a.txt",
        }

    def test_names_stay_inside(self):
        """Steps out of the archive lead nowhere."""
        assert (
            one(zipped({"../../etc/a.txt": "Rain."}), "z.zip").path == "z.zip/etc/a.txt"
        )

    def test_bomb_is_refused(self):
        """Before anything is unpacked."""
        message = refusal(zipped({"a.txt": "a" * (60 << 20)}), "z.zip")
        assert "when unpacked" in message

    def test_bomb_within_a_word_file_is_refused(self):
        """A Word file is a zip, too."""
        data = zipped({"word/document.xml": " " * (60 << 20)})
        assert "when unpacked" in refusal(data, "a.docx")

    def test_damaged_member_is_skipped(self):
        """The others come through."""
        data = bytearray(zipped({"a.txt": "Rain fell.", "b.txt": "Sun."}, method=0))
        data[data.index(b"Rain")] ^= 1
        parsed = parse(bytes(data), "z.zip")
        assert [a.path for a in parsed.articles] == ["z.zip/b.txt"]
        assert "damaged" in parsed.skipped[0].reason

    def test_locked_member_is_skipped(self):
        """With the advice to pack it without a password."""
        data = bytearray(zipped({"a.txt": "Rain.", "b.txt": "Sun."}))
        data[6] |= 1
        data[data.index(b"PK\x01\x02") + 8] |= 1
        parsed = parse(bytes(data), "z.zip")
        assert "password" in parsed.skipped[0].reason

    def test_zip_without_articles_is_refused(self):
        """Empty, or of other things only."""
        assert "nothing in it" in refusal(zipped({}), "z.zip")
        assert "none of its 1 parts" in refusal(zipped({"a.jpg": "x"}), "z.zip")


PIECES = """
<p> </p> <li> <ul> </ul> <td> <script> </script> <!-- word_ <nav> <a_href=x> &#0; } ,
<pre> &#xd800; &amp; ** -_ ``` >_ 1._ --- title:_x |_a_| |---| [a]:_b {"text": "a" ~
text,id _
"""
PIECES = ["\n", *(piece.replace("_", " ") for piece in PIECES.split())]


@functools.lru_cache(maxsize=1)
def whole_files():
    return {
        ".pdf": pdf(FIRST_PAGE),
        ".docx": docx(lambda document: document.add_paragraph("It held.")),
        ".zip": zipped({"a.txt": "Rain.", "b.md": "# Sun"}),
    }


class TestRefusals:
    def test_unknown_suffix(self):
        """All suffixes are listed, and the bytes do not matter."""
        assert ".docx" in refusal(b"", "a.exe")
        assert "without a suffix" in refusal(b"x", "folder.d/noext")

    @pytest.mark.parametrize("suffix", SUPPORTED)
    def test_empty_file(self, suffix):
        """Of every kind."""
        assert "the file is empty" in refusal(b"", f"a{suffix}")

    @pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".jsonl", ".csv"])
    def test_no_words(self, suffix):
        """White space and signs are no article."""
        refusal(" \n\t... \n", f"a{suffix}")

    @pytest.mark.parametrize(
        "data",
        [
            bytes(range(256)) * 20,
            b"\x7fELF\x02\x01\x01" + bytes(99),
            b"\x89PNG\r\n" * 9,
        ],
    )
    def test_binary_data_is_no_text(self, data):
        """The message says how that was seen."""
        if data.startswith(b"\x89"):
            data += bytes(30)
        assert "binary" in refusal(data, "a.txt")

    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (b"%PDF-1.7\n...", "a PDF"),
            (b"PK\x03\x04..", "packed"),
            (b"{\\rtf1 x", "RTF"),
        ],
    )
    def test_wrong_suffix_is_recognised(self, data, kind):
        """The message names the kind."""
        assert kind in refusal(data, "a.txt")

    @given(st.sampled_from(SUPPORTED), st.binary(max_size=300))
    @settings(max_examples=200)
    def test_any_bytes_give_articles_or_a_reason(self, suffix, data):
        """No other exception ever leaves; what is returned is never empty."""
        articles_or_reason(data, f"a{suffix}")

    @given(st.sampled_from(SUPPORTED), st.text(max_size=300))
    @settings(max_examples=200)
    def test_any_text_gives_articles_or_a_reason(self, suffix, text):
        """The same for text, which gets further into the parsers."""
        articles_or_reason(text.encode(), f"a{suffix}")

    @given(st.lists(st.sampled_from(PIECES)))
    @settings(max_examples=100)
    def test_any_markup_gives_articles_or_a_reason(self, pieces):
        """The same for markup out of order."""
        for suffix in (".html", ".md", ".jsonl", ".csv"):
            articles_or_reason("".join(pieces).encode(), f"a{suffix}")

    @given(st.data())
    @settings(max_examples=60)
    def test_damaged_files_give_articles_or_a_reason(self, data):
        """The same for whole files with some bytes changed."""
        samples = whole_files()
        suffix = data.draw(st.sampled_from(sorted(samples)))
        broken = bytearray(samples[suffix])
        for _ in range(data.draw(st.integers(1, 8))):
            place = data.draw(st.integers(0, len(broken) - 1))
            broken[place] = data.draw(st.integers(0, 255))
        articles_or_reason(bytes(broken), f"a{suffix}")


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0\r")).filter(
        lambda text: (
            any(c.isalnum() for c in text)
            and sum(ord(c) < 32 or ord(c) == 127 for c in text) < 2
            and not text.startswith(("\ufeff", "PK", "%PDF", "{\\rtf"))
        )
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_text_comes_back_from_every_encoding(text, codec):
    """Character for character."""
    assert one(text.encode(codec)).text == text


def test_a_long_line_is_read():
    """Fifty megabytes without a newline are odd, but text."""
    assert len(one(b"word " * (10 << 20)).text) == 50 << 20


def test_many_small_files_are_quick():
    """Some thousand files a second: reading is not what indexing waits for."""
    text = "A Headline\n\nNov. 18, 2015\n\n" + "It rained in the north. " * 30
    begin = time.process_time()
    for number in range(500):
        one(text, f"{number}.txt")
        one(f"---\ntitle: Rain {number}\n---\n{text}", f"{number}.md")
    assert time.process_time() - begin < 2.5  # 20,000 in a few seconds, with leeway


def test_suffixes():
    """Case does not matter; folders and names without suffix do not count."""
    assert len(SUPPORTED) == 14
    assert all(is_supported(f"news/x{suffix.upper()}") for suffix in SUPPORTED)
    assert not any(map(is_supported, ["a.exe", "a.md/b", ".md", "", "a.md~"]))


def test_import_is_light():
    """Nobody waits for a format that is not in the folder."""
    heavy = "trafilatura lxml pypdf docx markdown_it yaml"
    code = (
        "import sys, qa.library.formats; "
        f"sys.exit(bool(set(sys.modules) & set({heavy.split()!r})))"
    )
    root = Path(__file__).parent.parent
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, cwd=root).returncode
        == 0
    )
