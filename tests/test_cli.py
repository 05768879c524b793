"""The command line, as a program runs it."""

import io
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from qa.cli import main
from qa.schema import ANSWER_SCHEMA, answer_from_json, answer_to_json

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
        assert "do not say" in out or "may not say" in out
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

    def test_stats_before_index(self, library, capsys):
        """What is not there yet is said, with the command that makes it."""
        assert main(["stats", *library]) == 1
        assert "qa index" in capsys.readouterr().err

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

    def test_article_commands_no_terminal(self, library, folder, capsys):
        """Escape codes in an article do not reach the screen."""
        (folder / "evil.txt").write_text(
            "Zebra\x1b]0;owned\x07 stripes\n\nZebra stripes \x1b[2Jare black.",
            encoding="utf-8",
        )
        main(["ask", "zebra stripes", *library, "--min-confidence", "0"])
        assert "\x1b" not in capsys.readouterr().out

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

    def test_broken_pipe_is_quiet(self, library):
        """`qa schema | head -1` ends without a traceback."""
        command = f"{sys.executable} -m qa schema | head -1"
        done = subprocess.run(
            command, shell=True, capture_output=True, text=True, check=False
        )
        assert done.stderr == ""


def test_answer_survives_json(qa):
    """What was written reads back as the same answer."""
    answer = qa.ask("When did the booster land?")
    again = answer_from_json(json.loads(json.dumps(answer_to_json(answer))))
    assert answer_to_json(again) == answer_to_json(answer)


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
