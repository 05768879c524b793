"""What a newcomer's mistakes are answered with: what is wrong, and what to do."""

import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from qa.cli import main
from qa.errors import ArticlesError, QuestionError, QuestionsError
from qa.evaluation import Report, evaluate
from qa.pipeline import QA
from qa.settings import Settings

FAST = ["--embedder", "hash:64", "--reader", "sentence"]
# names of Python, which tell the writer of a file of questions nothing
PYTHON = re.compile(r"Error|NoneType|\bNone\b|has no attr|Errno|codec|__init__|indices")


@pytest.fixture
def library(folder, tmp_path) -> list[str]:
    return ["--articles", str(folder), "--store", str(tmp_path / "store"), *FAST]


@pytest.fixture
def refusal(capsys):
    """Run a command that cannot be done; return its one message."""

    def refuse(*command: str) -> str:
        try:
            code = main(command)
        except SystemExit as stop:
            code = stop.code
        assert code in (1, 2)
        shown = capsys.readouterr()
        assert shown.out == ""
        assert not PYTHON.search(shown.err)
        return shown.err

    return refuse


class TestFiles:
    """Files of questions, answers and reports that are something else."""

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ('{"question": "Who?"}', 'no `id`, in \'{"question": "Who?"}\''),
            ('{"id": 1}', "no `question`, in "),
            ('{"id": 1, "question": "Who', "not JSON (Unterminated string"),
            ("Who?", "not JSON (Expecting value: character 1), in 'Who?'"),
            ('["Who?"]', "no object, in "),
            ('{"id": 1, "question": 5}', "`question` is 5, no text, in "),
            ('{"id": 1, "question": null}', "`question` is null, no text, in "),
            ("[" * 100_000, "not JSON (it is nested too deeply)"),
        ],
    )
    def test_a_line_of_a_batch(self, library, refusal, tmp_path, line, told):
        file = tmp_path / "b.jsonl"
        file.write_text(f'{{"id": 1, "question": "Who?"}}\n\n{line}\n', "utf-8")
        error = refusal("batch", str(file), *library)
        assert f"{file}, line 3: {told}" in error
        assert '{"id": 1, "question": "Who said it?"} on each line' in error
        assert len(error) < 400

    def test_a_batch_without_questions(self, library, capsys, monkeypatch):
        """A script that finds nothing to ask goes on, and a person is told."""
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
        assert main(["batch", "-", *library]) == 0
        assert "-: no question in it. Wanted is" in capsys.readouterr().err

    @pytest.mark.parametrize("command", ["batch", "verify", "eval"])
    def test_what_cannot_be_read(self, library, refusal, tmp_path, command):
        (tmp_path / "latin.jsonl").write_bytes(b"\xe9")
        for name, problem in (
            ("nosuch", "No such file or directory"),
            ("articles", "Is a directory"),
            ("latin.jsonl", "it is not UTF-8"),
        ):
            error = refusal(command, str(tmp_path / name), *library)
            assert f"({problem})" in error

    def test_which_of_two_files_is_no_report(self, refusal, tmp_path):
        good, bad = tmp_path / "a.json", tmp_path / "b.jsonl"
        good.write_text(Report(()).to_json(), encoding="utf-8")
        for text in ('{"id": 1}', '{"id": 1}\n{"id": 2}', '{"outcomes": [{"a": 1}]}'):
            bad.write_text(text, encoding="utf-8")
            for pair in ((good, bad), (bad, good)):
                error = refusal("compare", *map(str, pair))
                assert error.startswith(f"qa: {bad}: not a report of an evaluation")
                assert "`qa eval QUESTIONS --out FILE`" in error

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("[]", "found [], wanted an object with a list of `outcomes`"),
            ('{"outcomes": 5}', "wanted an object with a list of `outcomes`"),
            ('{"outcomes": [{"question": {"idd": 1}}]}', "wanted an outcome as"),
            ("", "not JSON (Expecting value: character 1)"),
            ("{\n}x", "not JSON (Extra data: character 2 of line 2)"),
        ],
    )
    def test_a_report_of_something_else(self, text, told):
        with pytest.raises(QuestionsError) as raised:
            Report.from_json(text)
        assert told in str(raised.value)
        assert not PYTHON.search(str(raised.value))

    def test_words_are_no_questions_to_evaluate(self, qa):
        with pytest.raises(ValueError, match=r"'Who\?'.*`read_questions`"):
            evaluate(qa, ["Who?"])


class TestPlaces:
    """Folders and stores that are not there."""

    @pytest.mark.parametrize("command", ["show", "stats", "index", "ask who?"])
    def test_a_folder_that_is_not_there(self, refusal, tmp_path, monkeypatch, command):
        """Indexing it is no remedy, and a user that is not there is no crash."""
        monkeypatch.chdir(tmp_path)
        for name in ("nosuch", "~nosuch/articles"):
            error = refusal(*command.split(maxsplit=1), "--articles", name)
            assert f"'{name}' is neither a folder nor a file" in error
            assert "qa index" not in error

    def test_how_a_store_is_built_is_told_whole(self, refusal, folder, tmp_path):
        """The command can be copied: with the store, and with quotes where needed."""
        place = tmp_path / "my articles"
        folder.rename(place)
        store = str(tmp_path / "s")
        error = refusal("stats", "--articles", str(place), "--store", store)
        assert f"Run `qa index '{place}' --store {store}`" in error

    def test_a_store_that_is_named_alone_and_not_there(
        self, refusal, tmp_path, monkeypatch
    ):
        """The store is what is missing, not a folder that nobody named."""
        monkeypatch.chdir(tmp_path)
        error = refusal("stats", "--store", "nosuch")
        assert "'nosuch': there is no store here yet" in error
        assert "Run `qa index FOLDER --store nosuch`" in error

    def test_an_empty_name_is_not_the_usual_folder(self, refusal, library, monkeypatch):
        """As of a variable of the shell that is not set."""
        monkeypatch.setenv("QA_ARTICLES", library[1])
        for command in (["ask", "who?", "--articles", ""], ["index", ""]):
            assert "named by an empty word" in refusal(*command, *library[2:])

    def test_a_variable_that_names_no_folder_is_named(self, refusal, monkeypatch):
        monkeypatch.setenv("QA_ARTICLES", "nosuch")
        assert "QA_ARTICLES names 'nosuch'" in refusal("ask", "who?")

    def test_a_folder_without_files_is_told(self, capsys, tmp_path):
        (tmp_path / "none").mkdir()
        place = ["--articles", str(tmp_path / "none"), "--store", str(tmp_path / "s")]
        assert main(["ask", "who?", *place, *FAST]) == 3
        error = capsys.readouterr().err
        assert f"{str(tmp_path / 'none')!r}: no file in it" in error
        assert "`--articles`" in error
        assert Path(tmp_path / "none").is_dir()


class TestTyped:
    """Options that are typed wrong."""

    @pytest.mark.parametrize("port", ["abc", "99999", "-1", "8.5"])
    def test_a_port(self, refusal, port):
        error = refusal("serve", f"--port={port}")
        assert f"found '{port}', wanted a number from 1 to 65535" in error

    def test_characters(self, refusal, library):
        error = refusal("show", "a.md", "--characters", "1", "x", *library)
        assert "found 'x', wanted a whole number" in error

    def test_characters_of_no_article(self, refusal, library, capsys):
        """All articles were listed, as though nothing had been asked of one."""
        assert main(["index", library[1], *library[2:]]) == 0
        capsys.readouterr()
        error = refusal("show", "--characters", "1", "2", *library)
        assert "no article they are of" in error

    @pytest.mark.parametrize("command", ["serve", "chat", "stats", "ask who? --json"])
    def test_a_folder_without_its_option(self, refusal, command):
        """As `qa index` takes it."""
        words = command.split()
        words += ["--articles", "a", "b"] if command.startswith("ask") else ["b"]
        error = refusal(*words)
        assert "unrecognized arguments: b; the folder" in error
        assert "--articles FOLDER" in error

    def test_an_option_that_there_is_not(self, refusal):
        assert "--articles FOLDER" not in refusal("chat", "--colour")

    @pytest.mark.parametrize("share", ["0.99", "0.999"])
    def test_a_precision_that_was_not_reached(self, refusal, library, share):
        """The one that is told instead can be asked for."""
        with_reader = library[:-2]
        error = refusal("ask", "who?", *with_reader, "--min-precision", share)
        (best,) = re.findall(r"the highest measured is (0\.\d+)\.", error)
        assert main(["ask", "who landed?", *with_reader, "--min-precision", best]) != 1

    def test_a_reader_that_there_is_not(self, refusal, library):
        error = refusal("ask", "who?", *library[:-1], "gpt")
        assert "no reader is called 'gpt'. Wanted is one of span, sentence" in error


class TestCallers:
    """What is called from Python with something else than it takes."""

    @pytest.mark.parametrize("way", ["ask", "retrieve"])
    @pytest.mark.parametrize("question", [None, 5, b"Who?", ["Who?"], float("nan")])
    def test_a_question_is_text(self, qa, way, question):
        """As a gap in a table is not, say."""
        with pytest.raises(QuestionError) as raised:
            getattr(qa, way)(question)
        assert f"the question is {question!r}; wanted text, such as" in str(
            raised.value
        )

    def test_a_folder_that_is_not_there(self):
        """The advice is for Python, too."""
        with pytest.raises(ArticlesError, match=r"in Python `QA\.open\(FOLDER\)`"):
            QA.open("nonexistent")

    @pytest.mark.parametrize("limit", ["0.5", None])
    def test_a_limit_is_a_number(self, qa, limit):
        with pytest.raises(ValueError, match="min_precision must be in"):
            qa.threshold(limit)
        with pytest.raises(ValueError, match="min_confidence must be in"):
            Settings(min_confidence=limit)
        if limit:
            with pytest.raises(ValueError, match=r"must be in \[0, 1\], got '0.5'"):
                qa.ask("Who landed?", min_confidence=limit)

    def test_a_number_of_another_library_is_a_number(self, qa):
        assert qa.ask("When did it land?", min_confidence=np.float32(0)).is_found
        assert len(qa.retrieve("When did it land?", top_k=np.int64(1))) == 1

    @pytest.mark.parametrize("top_k", ["3", 2.5, None, 0])
    def test_a_count_is_a_whole_number(self, qa, top_k):
        with pytest.raises(ValueError, match="top_k must be a whole number"):
            qa.retrieve("llamas", top_k=top_k)

    def test_turns_are_turns(self, qa):
        """Not answers, and not the words alone."""
        answer = qa.ask("When did the booster land?")
        for turns, found in (
            (["When?"], "str"),
            ("When?", "str"),
            ([answer], "Answer"),
        ):
            with pytest.raises(ValueError, match=f"turns holds {found}; wanted"):
                qa.ask("And where?", turns=turns)

    @pytest.mark.parametrize(
        ("name", "value"), [("embedder", None), ("reader", 5), ("sure", ("a",))]
    )
    def test_settings_are_of_their_kinds(self, name, value):
        with pytest.raises(ValueError, match=f"{name} must be"):
            Settings(**{name: value})
