"""The command line, as a program runs it."""

import io
import json
import re
import shlex
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest

from qa.cli import main
from qa.errors import ArticlesError, QAError
from qa.library.formats import read_articles
from qa.library.store import Store
from qa.schema import ANSWER_SCHEMA, answer_from_json, answer_to_json
from qa.types import Alternative, Answer, Citation

FAST = ["--embedder", "hash:256", "--reader", "sentence"]


@pytest.fixture
def library(folder, tmp_path) -> list[str]:
    """Arguments that name the test's own articles and store."""
    return ["--articles", str(folder), "--store", str(tmp_path / "store"), *FAST]


def output(capsys) -> dict:
    return json.loads(capsys.readouterr().out)


class TestAsk:
    def test_json_holds_what_other_tools_read(self, library, capsys):
        """One object, by the published schema, verbatim and cited."""
        question = "What did Maria Quispe say about a llama?"
        code = main(["ask", question, *library, "--json", "--min-confidence", "0"])
        answer = output(capsys)
        jsonschema.validate(answer, ANSWER_SCHEMA)
        assert code == 0
        assert answer["question"] == question
        citation = answer["citations"][0]
        assert citation["path"] == citation["article"] == "llamas.md"
        assert citation["published"] == "2015-03-04"
        assert citation["quote"] == answer["text"]

    def test_words_without_quotes(self, library, capsys):
        """A question needs no quotation marks in the shell."""
        code = main(
            [*"ask when did the booster land --min-confidence 0".split(), *library]
        )
        assert code == 0
        assert "8 April 2016" in capsys.readouterr().out

    def test_abstaining_is_exit_code_3(self, library, capsys):
        """A shell script can tell that the articles do not say."""
        code = main(
            ["ask", "who invented zeppelins", *library, "--min-confidence", "1"]
        )
        out = capsys.readouterr().out
        assert code == 3
        assert re.search("(do|may) not (seem to )?say", out)
        assert "No article contains: invented, zeppelins" in out

    def test_error_is_exit_code_1_with_a_remedy(self, tmp_path, capsys):
        """Errors are one message on stderr, without a traceback."""
        code = main(["ask", "who?", "--articles", str(tmp_path / "nowhere"), *FAST])
        error = capsys.readouterr().err
        assert code == 1
        assert "nowhere" in error
        assert "--articles FOLDER" in error

    def test_empty_question(self, library, capsys):
        """A question without a word is refused with an example."""
        assert main(["ask", " ", *library]) == 1
        assert "Ask in a sentence" in capsys.readouterr().err

    def test_empty_folder(self, tmp_path, capsys):
        """A folder without articles is an abstention that says so."""
        empty = tmp_path / "empty"
        empty.mkdir()
        store = ["--store", str(tmp_path / "s")]
        code = main(["ask", "who?", "--articles", str(empty), *store, *FAST, "--json"])
        assert code == 3
        assert output(capsys)["reason"] == "no_articles"


class TestUnread:
    """A folder whose only file cannot be read."""

    @pytest.fixture
    def unread(self, tmp_path) -> list[str]:
        (tmp_path / "scans").mkdir()
        (tmp_path / "scans" / "scan.txt").write_bytes(b"")
        place = ["--articles", str(tmp_path / "scans")]
        return [*place, "--store", str(tmp_path / "store"), *FAST]

    @pytest.mark.parametrize(
        ("command", "code"),
        [
            (["ask", "what is said"], 3),
            (["chat"], 0),
            (["batch", "-"], 0),
            (["eval", "known.jsonl"], 1),
        ],
    )
    def test_why_nothing_is_found_is_told(
        self, unread, tmp_path, capsys, monkeypatch, command, code
    ):
        asked = '{"id": 1, "question": "What is said?"}\n'
        monkeypatch.setattr(sys, "stdin", io.StringIO(asked))
        monkeypatch.chdir(tmp_path)
        Path("known.jsonl").write_text(asked, encoding="utf-8")
        assert main([*command, *unread]) == code
        shown = capsys.readouterr()
        told = "1 file could not be read; the first: scan.txt: the file is empty"
        assert shown.err.count(told) == 1
        assert "No article contains" not in shown.out

    def test_doctor_tells_kinds_and_then_files(self, unread, capsys):
        assert main(["doctor", *unread]) == 0
        assert "1 of 1 files are of a kind that can be read" in capsys.readouterr().out
        main(["ask", "what is said", *unread])
        capsys.readouterr()
        assert main(["doctor", *unread]) == 1
        [line] = [s for s in capsys.readouterr().out.splitlines() if "MEND" in s]
        assert "scan.txt: the file is empty" in line

    def test_doctor_tells_a_picture_and_does_not_mend_it(self, library, folder, capsys):
        """What no qa can read is no fault of the folder."""
        (folder / "photo.jpg").write_bytes(b"\xff\xd8")
        main(["index", *library])
        capsys.readouterr()
        assert main(["doctor", *library]) == 0
        assert "photo.jpg: files ending in '.jpg' cannot be read" in (
            capsys.readouterr().out
        )
        (folder / "a.csv").write_text("text\nGood.\n...\n", encoding="utf-8")
        main(["index", *library])
        capsys.readouterr()
        assert main(["doctor", *library]) == 1
        [line] = [s for s in capsys.readouterr().out.splitlines() if "MEND" in s]
        assert "2 skipped" in line
        assert "1 of them of a kind that can be read; the first: a.csv#2" in line


class TestOtherFolder:
    """A store of one folder, named together with another."""

    @pytest.fixture
    def other(self, library, tmp_path) -> list[str]:
        assert main(["index", library[1], *library[2:]]) == 0
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "zebra.txt").write_text("Zebras wear stripes.", "utf-8")
        return ["--articles", str(tmp_path / "other"), *library[2:]]

    @pytest.mark.parametrize("command", ["show", "stats", "doctor"])
    def test_its_articles_are_not_told_as_that_folders(self, other, capsys, command):
        assert main([command, *other]) == 1
        shown = capsys.readouterr()
        assert "holds the articles of" in shown.err + shown.out
        assert "llamas" not in shown.out

    @pytest.mark.parametrize("command", ["show", "stats"])
    def test_a_store_that_is_named_alone_is_looked_at(
        self, other, capsys, monkeypatch, tmp_path, command
    ):
        monkeypatch.chdir(tmp_path)
        assert main([command, *other[2:]]) == 0


class TestBatch:
    def test_batch_equals_one_by_one(self, library, capsys, tmp_path):
        """Each line is what asking alone gives, with its id."""
        asked = ["When did the booster land?", "What carries loads?", "Who is Ito?"]
        file = tmp_path / "questions.jsonl"
        lines = [
            json.dumps({"id": f"q{n}", "question": q}) for n, q in enumerate(asked)
        ]
        file.write_text("\n".join(lines), encoding="utf-8")
        assert main(["batch", str(file), *library, "--json"]) == 0
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [row.pop("id") for row in rows] == ["q0", "q1", "q2"]
        for question, row in zip(asked, rows, strict=True):
            main(["ask", question, *library, "--json"])
            alone = output(capsys)
            row.pop("timings"), alone.pop("timings")
            assert row == alone

    def test_bad_line_is_named(self, library, capsys, tmp_path):
        """The error tells the line and shows a right one."""
        file = tmp_path / "questions.jsonl"
        file.write_text('{"id": 1, "question": "Who?"}\n{"id": 2}\n', encoding="utf-8")
        assert main(["batch", str(file), *library, "--json"]) == 1
        assert "line 2" in capsys.readouterr().err

    def test_other_line_separators_and_a_mark_at_the_start(
        self, library, capsys, monkeypatch
    ):
        """JSON may hold U+2028 as it is; a byte order mark is no part of it."""
        line = '{"id": 1, "question": "When did\u2028it land?"}'
        monkeypatch.setattr(sys, "stdin", io.StringIO("\ufeff" + line))
        assert main(["batch", "-", *library, "--json"]) == 0
        assert output(capsys)["id"] == 1

    def test_a_question_that_cannot_be_asked_is_told(self, library, capsys, tmp_path):
        """Its line says that there is no answer, the message why."""
        file = tmp_path / "questions.jsonl"
        rows = [{"id": "q\t1", "question": "?"}, {"id": 2, "question": "llamas"}]
        file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        assert main(["batch", str(file), *library]) == 1
        shown = capsys.readouterr()
        assert shown.out.splitlines()[0] == "q 1\t-"
        assert shown.err.startswith("qa: q 1: the question '?' has no word")

    def test_a_record_is_one_line(self, library, folder, capsys, tmp_path):
        """Whatever stands in the article: no tabs, no commands."""
        text = "Zebras wear\x1b]0;owned\x07 \u009b2J black\tand\u00a0white."
        (folder / "evil.txt").write_text(text, encoding="utf-8")
        file = tmp_path / "questions.jsonl"
        asked = {"id": 1, "question": "What do zebras wear?"}
        file.write_text(json.dumps(asked), encoding="utf-8")
        options = [str(file), *library, "--min-confidence", "0"]
        assert main(["batch", *options]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith("1\tZebras wear")
        assert "black and white" in line
        assert line.replace("\t", "").isprintable()
        assert main(["batch", *options, "--json"]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        assert line.isprintable() or "\u00a0" in line
        assert "\u009b" not in line
        assert "\u009b" in json.loads(line)["text"]

    @pytest.fixture
    def saved(self, library, capsys, tmp_path) -> Path:
        """Two answers, and a question that cannot be asked, as a batch saves them."""
        rows = [{"id": "a", "question": "When did it land?"}]
        rows += [{"id": ["b", 2], "question": "What carries loads?"}]
        file = tmp_path / "questions.jsonl"
        file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        options = [*library, "--json", "--min-confidence", "0"]
        assert main(["batch", str(file), *options]) == 0
        file.write_text(capsys.readouterr().out, encoding="utf-8")
        return file

    def test_a_line_is_an_answer(self, saved):
        """By the schema, and for whoever reads it back."""
        for line in saved.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            jsonschema.validate(row, ANSWER_SCHEMA)
            assert answer_to_json(answer_from_json(row)) | {"id": row["id"]} == row

    def test_each_file_is_read_once(self, saved, library, monkeypatch):
        """However many lines cite it."""
        read = []

        def reads(data: bytes, path: str, **named: str) -> object:
            read.append(path)
            return read_articles(data, path, **named)

        monkeypatch.setattr("qa.verify.read_articles", reads)
        saved.write_text(saved.read_text(encoding="utf-8") * 3, encoding="utf-8")
        assert main(["verify", str(saved), *library]) == 0
        assert read
        assert len(read) == len(set(read))

    def test_a_saved_batch_is_verified(self, saved, library, capsys):
        """Each line that does not hold is named."""
        assert main(["verify", str(saved), *library]) == 0
        assert "line 2: " in capsys.readouterr().out
        first, second = saved.read_text(encoding="utf-8").splitlines()
        lie = json.dumps(json.loads(second) | {"text": "Lies"})
        wrong = (first, lie, "", "{", '{"id": 3, "question": "?", "error": "no word"}')
        saved.write_text("\n".join(wrong), encoding="utf-8")
        assert main(["verify", str(saved), *library]) == 1
        out = capsys.readouterr().out.splitlines()
        found = [line for line in out if line.startswith("NOT FOUND")]
        assert [line[11:17] for line in found] == ["line 2", "line 4", "line 5"]
        for line, code, told in (
            (second, 0, "ok  line 1: "),
            (wrong[-1], 1, "NOT FOUND  line 1: was not answered: no word"),
        ):
            saved.write_text(line, encoding="utf-8")
            assert main(["verify", str(saved), *library]) == code
            assert capsys.readouterr().out.startswith(told)


class TestOthers:
    def test_index_then_nothing_to_do(self, folder, library, capsys):
        """The second run embeds nothing."""
        (folder / "film.mp4").write_bytes(b"\0")
        options = library[2:]
        assert main(["index", str(folder), *options]) == 0
        out = capsys.readouterr().out
        assert "2 added" in out
        assert "skipped film.mp4" in out
        main(["index", str(folder), *options, "--json"])
        assert output(capsys)["embedded"] == 0

    def test_stats(self, library, capsys):
        """Figures of the store, for people and for programs."""
        main(["ask", "who?", *library])
        capsys.readouterr()
        assert main(["stats", *library, "--json"]) == 0
        facts = output(capsys)
        assert (facts["articles"], facts["embedder"]) == (2, "hash/256")

    def test_a_store_that_is_named_alone_is_looked_at_as_it_is(
        self, library, capsys, monkeypatch, tmp_path
    ):
        """Whatever folder is the usual one, or none."""
        main(["ask", "who?", *library])
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "a.txt").write_text("Yaks.", encoding="utf-8")
        alone = library[2:]
        monkeypatch.chdir(tmp_path / "other")
        for usual in ("", str(tmp_path / "other")):
            monkeypatch.setenv("QA_ARTICLES", usual)
            for command in ("stats", "show"):
                assert main([command, *alone]) == 0
            capsys.readouterr()
            main(["doctor", *alone])
            assert "2 articles, " in capsys.readouterr().out
        named = ["stats", "--articles", str(tmp_path / "other"), *alone]
        assert main(named) == 1

    def test_names_in_a_zip_command_no_terminal(self, library, folder, capsys):
        """Nor does the message of an error."""
        with zipfile.ZipFile(folder / "old.zip", "w") as archive:
            archive.writestr("evil\x1b[2J\n.mp4", b"0")
            archive.writestr("zebra.txt", b"Zebras wear stripes.")
        for command in (["index", str(folder), *library[2:]], ["stats", *library]):
            assert main(command) == 0
            out = capsys.readouterr().out
            assert "\x1b" not in out
            assert "skipped old.zip/evil[2J .mp4" in out
        assert main(["ask", "who?", "--articles", "no\x1b[2Jwhere", *FAST]) == 1
        assert "\x1b" not in capsys.readouterr().err

    @pytest.mark.parametrize("is_there", [False, True])
    def test_stats_before_index(self, library, capsys, tmp_path, is_there):
        """What is not there yet is said, and not made."""
        if is_there:
            (tmp_path / "store").mkdir()
        assert main(["stats", *library]) == 1
        assert "qa index" in capsys.readouterr().err
        assert not list((tmp_path / "store").glob("*"))

    def test_chat_follows_up(self, library, capsys, monkeypatch):
        """A follow-up is completed from the turn before, and shown completed."""
        lines = "When did the booster land?\nAnd where did it land?\n\n"
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        assert main(["chat", *library, "--min-confidence", "0"]) == 0
        out = capsys.readouterr().out
        assert "Understood as:" in out
        assert "booster" in out.split("Understood as:")[1].splitlines()[0]

    def test_verify(self, library, folder, capsys, tmp_path):
        """A saved answer holds while its files stay, and is caught when they do not."""
        main(["ask", "When did it land?", *library, "--json", "--min-confidence", "0"])
        saved = tmp_path / "answer.json"
        saved.write_text(capsys.readouterr().out, encoding="utf-8")
        assert main(["verify", str(saved), *library]) == 0
        rockets = folder / "rockets.txt"
        text = rockets.read_text(encoding="utf-8")
        rockets.write_text(text.replace("2016", "2017"), encoding="utf-8")
        capsys.readouterr()
        assert main(["verify", str(saved), *library]) == 1
        assert "NOT FOUND" in capsys.readouterr().out

    def test_verify_sees_words_that_were_put_in(self, library, capsys, tmp_path):
        """A text that is not its own quote is caught, though all quotes hold."""
        main(["ask", "When did it land?", *library, "--json", "--min-confidence", "0"])
        answer = output(capsys) | {"text": "The moon is made of cheese."}
        saved = tmp_path / "answer.json"
        saved.write_text(json.dumps(answer), encoding="utf-8")
        assert main(["verify", str(saved), *library]) == 1
        assert "cheese" in capsys.readouterr().out

    @pytest.mark.parametrize(
        "lie", [{"title": "Lies"}, {"published": "1999-01-01"}, {"paragraph": 9}]
    )
    def test_verify_sees_what_is_told_of_the_place(
        self, library, capsys, tmp_path, lie
    ):
        main(["ask", "When did it land?", *library, "--json", "--min-confidence", "0"])
        answer = output(capsys)
        answer["citations"][0] |= lie
        saved = tmp_path / "answer.json"
        saved.write_text(json.dumps(answer), encoding="utf-8")
        assert main(["verify", str(saved), *library]) == 1
        assert f"told was {next(iter(lie.values()))}" in capsys.readouterr().out

    def test_verify_sees_a_sentence_that_was_made_up(self, library, capsys, tmp_path):
        main(["ask", "When did it land?", *library, "--json", "--min-confidence", "0"])
        answer = output(capsys)
        answer["sentence"] += " Nobody believed it."
        saved = tmp_path / "answer.json"
        saved.write_text(json.dumps(answer), encoding="utf-8")
        assert main(["verify", str(saved), *library]) == 1
        assert "is not that around the quote" in capsys.readouterr().out

    @pytest.mark.parametrize("part", ["citations", "alternatives", "nearest"])
    @pytest.mark.parametrize(
        ("lie", "told"),
        [
            ({"sentence_start": 0}, "sentence now"),
            ({"sentence_end": 9000}, "sentence now"),
            ({"passage_start": 8000, "passage_end": 3}, "passage"),
            ({"passage_end": 9000}, "passage"),
        ],
    )
    def test_verify_sees_what_is_told_of_every_place(
        self, library, capsys, tmp_path, part, lie, told
    ):
        """Also of the second citation, and of what is not the answer."""
        question = "How many satellites will the next flight carry?"
        main(["ask", question, *library, "--json", "--min-confidence", "0"])
        answer = output(capsys)
        cited = dict(answer["citations"][0])
        places = answer | {"alternatives": answer["alternatives"][0]["citations"]}
        places[part].append(cited)
        saved = tmp_path / "answer.json"
        saved.write_text(json.dumps(answer), encoding="utf-8")
        assert main(["verify", str(saved), *library]) == 0
        cited |= lie
        saved.write_text(json.dumps(answer), encoding="utf-8")
        capsys.readouterr()
        assert main(["verify", str(saved), *library]) == 1
        assert told in capsys.readouterr().out

    def test_show_prints_the_text_that_citations_count(self, library, capsys):
        main(["ask", "When did it land?", *library, "--json", "--min-confidence", "0"])
        (cited, *_) = output(capsys)["citations"]
        place = ["--characters", str(cited["start"]), str(cited["end"])]
        assert main(["show", cited["article"], *place, *library]) == 0
        assert capsys.readouterr().out == f"{cited['quote']}\n"
        assert main(["show", *library]) == 0
        assert capsys.readouterr().out.startswith("llamas.md  ")
        assert main(["show", "nothing.md", *library]) == 1
        assert "`qa show` lists them" in capsys.readouterr().err

    @pytest.mark.parametrize("id_", ["llamas.md", "rockets.txt"])
    def test_show_prints_the_article_that_is_named(
        self, library, tmp_path, capsys, id_
    ):
        """All of it, or its characters from START on and before END."""
        main(["index", library[1], *library[2:]])
        capsys.readouterr()
        article = Store(tmp_path / "store").article(id_)
        size = len(article.text)
        for start, end in ((0, size), (0, 1), (3, 7), (size - 2, size), (5, 5)):
            place = ["--characters", str(start), str(end)]
            assert main(["show", id_, *place, *library]) == 0
            assert capsys.readouterr().out == f"{article.text[start:end]}\n"
        assert main(["show", id_, *library]) == 0
        assert capsys.readouterr().out == f"{article.text}\n"
        assert main(["show", id_, "--characters", "3", "7", *library, "--json"]) == 0
        told = {"id": id_, "title": article.title, "text": article.text[3:7]}
        assert output(capsys) == told
        for start, end in ((5, 2), (-1, 2), (0, size + 1)):
            place = ["--characters", str(start), str(end)]
            assert main(["show", id_, *place, *library]) == 1
            assert f"characters {start} to {end}, but" in capsys.readouterr().err

    def test_show_lists_the_articles_of_a_file(self, library, folder, capsys):
        """A path may hold several; then their ids are told."""
        rows = [{"id": n, "title": f"T{n}", "text": f"It rained {n}."} for n in (1, 2)]
        (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
        with zipfile.ZipFile(folder / "old.zip", "w") as archive:
            archive.writestr("zebra.txt", b"Zebras wear stripes.")
            archive.writestr("yak.txt", b"Yaks wear wool.")
        main(["index", library[1], *library[2:]])
        capsys.readouterr()
        assert main(["show", "rows.jsonl", *library]) == 0
        listed = "rows.jsonl#1  T1\nrows.jsonl#2  T2\n"
        assert capsys.readouterr().out == listed
        assert main(["show", "old.zip", *library]) == 0
        assert "old.zip/yak.txt" in capsys.readouterr().out
        assert main(["show", "rows.jsonl", "--characters", "0", "2", *library]) == 1
        assert "2 articles" in capsys.readouterr().err

    def test_index_takes_one_folder(self, library, folder, capsys):
        with pytest.raises(SystemExit, match="2"):
            main(["index", str(folder), *library])
        assert "--articles" in capsys.readouterr().err

    def test_index_of_a_named_folder_goes_before_the_usual_one(
        self, library, folder, capsys, monkeypatch
    ):
        monkeypatch.setenv("QA_ARTICLES", "elsewhere")
        assert main(["index", str(folder), *library[2:]]) == 0

    def test_article_commands_no_terminal(self, library, folder, capsys):
        """Escape codes in an article do not reach the screen."""
        (folder / "evil.txt").write_text(
            "Zebra\x1b]0;owned\x07 stripes\n\nZebra stripes \x1b[2Jare black.",
            encoding="utf-8",
        )
        main(["ask", "zebra stripes", *library, "--min-confidence", "0"])
        assert "\x1b" not in capsys.readouterr().out

    def test_eval_names_all_questions_that_cannot_be_asked(
        self, library, capsys, tmp_path
    ):
        """At once, before a minute is spent on the others."""
        file = tmp_path / "known.jsonl"
        asked = ["When did it land?", "?", " ", "who " * 600, "What did Ito say?", "!"]
        rows = [{"id": n, "question": q} for n, q in enumerate(asked, start=1)]
        file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        assert main(["eval", str(file), *library]) == 1
        told = capsys.readouterr().err.removeprefix("qa: ").splitlines()
        assert [line.split(": ")[0] for line in told] == [
            f"{file}, line {number}" for number in (2, 3, 4, 6)
        ]
        assert "'?' has no word" in told[0]
        assert "2,399 characters" in told[2]
        assert not (tmp_path / "store").exists()

    def test_eval_and_compare(self, library, capsys, tmp_path):
        """Two evaluations of the same questions are compared."""
        questions = tmp_path / "known.jsonl"
        row = {"id": "1", "question": "When did the booster land?"}
        row |= {"answers": ["8 April 2016"], "article": "rockets.txt"}
        questions.write_text(json.dumps(row), encoding="utf-8")
        for name in ("a", "b"):
            out = str(tmp_path / f"{name}.json")
            assert main(["eval", str(questions), *library, "--out", out]) == 0
        capsys.readouterr()
        both = [str(tmp_path / "a.json"), str(tmp_path / "b.json")]
        assert main(["compare", *both, "--json"]) == 0
        assert output(capsys)["won"] == []

    @pytest.fixture
    def known(self, tmp_path) -> str:
        """A file of one question with its answer."""
        row = {"id": "1", "question": "When did the booster land?"}
        row |= {"answers": ["8 April 2016"], "kind": "wh\x1b[2Jen"}
        (tmp_path / "known.jsonl").write_text(json.dumps(row), encoding="utf-8")
        return str(tmp_path / "known.jsonl")

    @pytest.mark.parametrize("out", ["nowhere/r.json", "."])
    def test_eval_looks_where_it_is_to_write(self, library, known, capsys, out):
        """Before a question is asked."""
        out = str(Path(known).parent / out)
        assert main(["eval", known, *library, "--out", out]) == 1
        shown = capsys.readouterr()
        assert shown.out == ""
        assert "another file with `--out`" in shown.err
        assert not (Path(known).parent / "store").exists()

    def test_eval_prints_what_cannot_be_written(self, library, known, capsys):
        """The questions have been asked: their report is not lost."""
        out = str(Path(known).parent / ("r" * 300))
        assert main(["eval", known, *library, "--out", out]) == 1
        shown = capsys.readouterr()
        assert "| right |" in shown.out
        assert "\x1b" not in shown.out
        assert "another file with `--out`" in shown.err

    def test_eval_wants_articles(self, known, capsys, tmp_path):
        (tmp_path / "none").mkdir()
        assert main(["eval", known, "--articles", str(tmp_path / "none")]) == 1
        assert "found no articles, wanted some to ask" in capsys.readouterr().err

    def test_eval_tells_articles_that_are_not_there(self, library, known, capsys):
        rows = [{"id": n, "question": "When did it land?"} for n in range(4)]
        named = ("rockets", "rockets.txt", "nowhere.txt", "kets.txt")
        rows = [row | {"article": name} for row, name in zip(rows, named, strict=True)]
        Path(known).write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        assert main(["eval", known, *library]) == 0
        told = capsys.readouterr().err
        assert "2 questions with an article that is not here" in told
        assert "the first: '2' names 'nowhere.txt'" in told

    def test_schema_is_a_schema(self, capsys):
        """The printed schema is valid by its own draft."""
        assert main(["schema"]) == 0
        jsonschema.Draft202012Validator.check_schema(output(capsys))

    def test_help_names_every_command(self, capsys):
        """`qa` alone shows what there is."""
        assert main([]) == 0
        out = capsys.readouterr().out
        for command in ("index", "ask", "batch", "chat", "serve", "doctor"):
            assert command in out

    def test_doctor(self, library, capsys):
        """All is in its place in a test environment."""
        assert main(["doctor", *library]) == 0
        assert "MEND" not in capsys.readouterr().out

    def test_doctor_of_a_damaged_store(self, library, tmp_path, capsys):
        """What is broken is one line among the others, whatever it raises."""
        main(["ask", "who?", *library])
        with closing(sqlite3.connect(tmp_path / "store" / "library.sqlite")) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        data = (tmp_path / "store" / "library.sqlite").read_bytes()
        damaged = data[:8192] + b"\xa5" * (len(data) - 8192)
        (tmp_path / "store" / "library.sqlite").write_bytes(damaged)
        capsys.readouterr()
        assert main(["doctor", *library]) == 1
        [line] = [s for s in capsys.readouterr().out.splitlines() if "MEND" in s]
        assert "`library.sqlite*`" in line
        assert main(["ask", "who?", *library]) == 1
        assert "`library.sqlite*`" in capsys.readouterr().err

    def test_doctor_makes_no_store(self, library, tmp_path, capsys):
        """A folder that is there, but none of ours, is left as it is."""
        (tmp_path / "store").mkdir()
        assert main(["doctor", *library]) == 0
        assert "not built yet" in capsys.readouterr().out
        assert list((tmp_path / "store").iterdir()) == []

    def test_broken_pipe_is_quiet(self, library):
        """`qa schema | head -1` ends without a traceback."""
        command = f"{sys.executable} -m qa schema | head -1"
        done = subprocess.run(
            command, shell=True, capture_output=True, text=True, check=False
        )
        assert done.stderr == ""


def in_shell(command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        f"{sys.executable} -m qa {command}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is none here")
def test_what_cannot_be_printed_is_told(library, tmp_path):
    """A report is kept all the same."""
    known, out = tmp_path / "known.jsonl", tmp_path / "report.json"
    known.write_text('{"id": 1, "question": "When did it land?"}', encoding="utf-8")
    options = shlex.join([str(known), *library, "--out", str(out)])
    done = in_shell(f"eval {options} > /dev/full")
    assert done.returncode == 1
    (told,) = done.stderr.splitlines()
    assert told.startswith("qa: ")
    assert "No space left" in told
    assert json.loads(out.read_text(encoding="utf-8"))["n"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="its shell closes no stream")
@pytest.mark.parametrize(
    ("command", "code"), [("ask when did it land {} >&-", 0), ("chat {} <&-", 0)]
)
def test_a_closed_stream_is_an_empty_one(library, command, code):
    options = shlex.join([*library, "--min-confidence", "0"])
    done = in_shell(command.format(options))
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_answer_survives_json(qa):
    """What was written reads back as the same answer."""
    answer = qa.ask("When did the booster land?")
    again = answer_from_json(json.loads(json.dumps(answer_to_json(answer))))
    assert answer_to_json(again) == answer_to_json(answer)


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("text",), 5, "text is 5; wanted string or null"),
        (("sentence",), 5, "sentence is 5"),
        (("confidence",), True, "confidence is True; wanted number"),
        (("passages",), 2.5, "passages is 2.5; wanted integer"),
        (("timings", "total"), "<b>", "timings.total"),
        (("unknown_words",), "zeppelins", "unknown_words is 'zeppelins'"),
        (("unknown_words", 0), None, r"unknown_words\[0\] is None"),
        (("reason",), "tired", "reason is 'tired'"),
        (("citations", 0, "path"), None, r"citations\[0\].path is None"),
        (("citations", 0, "page"), "<img src=x>", "wanted integer or null"),
        (("citations", 0, "page"), 0, "page is 0; wanted at least 1"),
        (("citations", 0, "paragraph"), "<img src=x>", "paragraph"),
        (("citations", 0, "start"), -1, "start is -1; wanted at least 0"),
        (("citations", 0), [], r"citations\[0\] is \[\]; wanted object"),
        (("alternatives", 0, "citations"), [], "citations is empty"),
        (("colour",), "red", "colour"),
        (("citations", 0, "id"), 1, "id"),
    ],
)
def test_what_the_schema_forbids_is_no_answer(place, value, words):
    """Whoever reads an answer back need not look at its types again."""
    cited = Citation("a", "a.md", "A", None, 0, 4, "Rain", 0, 4, 0, 4, 1)
    other = Alternative("Rain", "Rain", 0.1, (cited,))
    facts = (None, (cited,), (other,), (cited,), ("x",), {"total": 1.0}, 1)
    data = answer_to_json(Answer("What?", "What?", "Rain", "Rain", 0.9, *facts))
    jsonschema.validate(data, ANSWER_SCHEMA)
    answer_from_json(data)
    part = data
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    assert not jsonschema.Draft202012Validator(ANSWER_SCHEMA).is_valid(data)
    with pytest.raises(QAError, match=words):
        answer_from_json(data)


@pytest.mark.parametrize(
    ("least", "change"),
    [
        (0.0, {"text": ""}),
        (0.0, {"sentence": None}),
        (1.0, {"sentence": "The Pope said so."}),
    ],
)
def test_words_without_their_sentence_are_no_answer(qa, least, change):
    """Nor a sentence without words: `qa verify` compares both."""
    answer = qa.ask("When did the booster land?", min_confidence=least)
    data = answer_to_json(answer)
    answer_from_json(data)
    with pytest.raises(QAError, match="words and their sentence"):
        answer_from_json(data | change)


@pytest.mark.parametrize("ms", [10**400, float("inf"), float("nan")])
def test_a_number_that_cannot_be_written_is_no_answer(qa, ms):
    data = answer_to_json(qa.ask("When did the booster land?"))
    data["timings"]["total"] = ms
    with pytest.raises(QAError, match=r"timings\.total"):
        answer_from_json(data)


@pytest.mark.parametrize("data", [None, 5, "x", [], [["question", "x"]], {}])
def test_what_is_no_object_is_no_answer(data):
    with pytest.raises(QAError, match="not an answer"):
        answer_from_json(data)


@pytest.mark.parametrize("name", ["llamas.md", "rockets.txt"])
def test_quotes_are_verbatim(qa, name):
    """Every citation can be found, character for character, in its article."""
    article = qa.library.store.article(name)
    for question in ("What do llamas carry?", "When did the booster land?"):
        answer = qa.ask(question)
        cited = [*answer.citations, *answer.nearest]
        cited += [c for a in answer.alternatives for c in a.citations]
        for citation in (c for c in cited if c.article == name):
            assert article.text[citation.start : citation.end] == citation.quote


def test_read_only_use_of_python(qa):
    """`retrieve` gives hits with passage and both scores."""
    hit = qa.retrieve("llamas", top_k=1)[0]
    assert hit.passage.article.path == "llamas.md"
    assert Path(hit.passage.article.path).suffix == ".md"


class TestArguments:
    """What `QA` is asked with is looked at before it is asked."""

    @pytest.mark.parametrize("limit", [7, -0.1, float("nan"), float("inf")])
    def test_a_limit_is_a_probability(self, qa, limit):
        with pytest.raises(ValueError, match=r"min_confidence must be in \[0, 1\]"):
            qa.ask("When did the booster land?", min_confidence=limit)

    @pytest.mark.parametrize("way", ["ask", "retrieve"])
    def test_one_id_is_no_list_of_ids(self, qa, way):
        """It is no set of letters either."""
        with pytest.raises(
            ValueError, match=r"only is 'llamas.md'; .* \['llamas.md'\]"
        ):
            getattr(qa, way)("What do llamas carry?", only="llamas.md")

    @pytest.mark.parametrize("way", ["ask", "retrieve"])
    @pytest.mark.parametrize("id_", ["gone.md", "\ud83d.md"])
    def test_an_unknown_article_is_not_asked(self, qa, way, id_):
        """That it does not say would be no answer."""
        with pytest.raises(ArticlesError, match="is not in the library"):
            getattr(qa, way)("What do llamas carry?", only=["llamas.md", id_])

    @pytest.mark.parametrize("way", ["ask", "retrieve"])
    def test_a_number_is_no_id(self, qa, way):
        """The mistake of a caller is told as one."""
        with pytest.raises(ValueError, match=r"only holds 1; wanted are ids"):
            getattr(qa, way)("What do llamas carry?", only=["llamas.md", 1])

    def test_only_these_are_asked(self, qa):
        """An iterator of ids is as good as a list."""
        for only in (["rockets.txt"], iter(["rockets.txt"])):
            (hit, *_) = qa.retrieve("llamas that land", only=only)
            assert hit.passage.article.id == "rockets.txt"
