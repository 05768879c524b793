"""Saved answers are checked with files that have changed since."""

import json
import zipfile
from pathlib import Path

import pytest

from qa.cli import main
from qa.pipeline import QA
from qa.schema import Json, answer_to_json
from qa.settings import Settings
from qa.verify import Check, Verifier

SENTENCE = "The trial was funded by the Agency of Oruro."
TRIAL = f"""# A trial

It began in 2015. {SENTENCE} It had forty patients.

Nobody fell ill.
"""


def saved(folder: Path, question: str = "Who funded the trial?") -> Json:
    """An answer over the folder, as `qa ask --json` prints it."""
    settings = Settings(embedder="hash:64", reader="sentence", min_confidence=0.0)
    with QA.open(folder, store=folder.parent / "store", settings=settings) as qa:
        return answer_to_json(qa.ask(question))


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "trial.md").write_text(TRIAL, encoding="utf-8")
    return tmp_path / "news"


@pytest.fixture
def trial(articles: Path) -> Path:
    return articles / "trial.md"


def verdicts(checks: list[Check]) -> set[str]:
    """Each verdict that was given, once."""
    return {
        "ok" if c.is_verbatim else "moved" if c.is_moved else "not found"
        for c in checks
    }


class TestMoved:
    """Words that stand elsewhere now, in the sentence that was saved."""

    def test_a_line_on_top_moves_what_is_below(self, articles, trial):
        """Where it is now is told, once for each citation."""
        answer = saved(articles)
        assert answer["text"] == SENTENCE
        trial.write_text(f"Note.\n\n{TRIAL}", "utf-8")
        checks = Verifier(articles).check(answer)
        assert verdicts(checks) == {"moved"}
        start, end = answer["citations"][0]["start"], answer["citations"][0]["end"]
        assert checks[0].words == (
            f"trial.md, characters {start} to {end}: "
            f"now characters {start + 7} to {end + 7}"
        )
        assert len({check.words for check in checks}) == len(checks)
        cited = [*answer["citations"], *answer["nearest"]]
        cited += [c for a in answer["alternatives"] for c in a["citations"]]
        assert len(checks) == len(cited)

    def test_a_title_that_changed_with_it_is_told(self, articles, trial):
        answer = saved(articles)
        trial.write_text(f"# Corrected\n\nNote.\n\n{TRIAL[11:]}", "utf-8")
        (check, *_) = Verifier(articles).check(answer)
        assert check.is_moved
        assert check.words.endswith("; title now Corrected, told was A trial")

    def test_a_file_that_was_renamed_is_told(self, articles, trial):
        answer = saved(articles)
        trial.rename(articles / "study.md")
        checks = Verifier(articles).check(answer)
        assert verdicts(checks) == {"moved"}
        assert all(check.is_same_file for check in checks)
        assert "now study.md, characters" in checks[0].words
        assert checks[0].words.endswith("(the file was renamed)")

    def test_a_zip_that_was_renamed_is_told(self, tmp_path):
        """Its members carry its hash; each is found again among the others."""
        (tmp_path / "news").mkdir()
        with zipfile.ZipFile(tmp_path / "news" / "old.zip", "w") as archive:
            for name in ("trial.md", "a/trial.md"):
                archive.writestr(name, TRIAL.replace("Oruro", f"Oruro, says {name}"))
        answer = saved(tmp_path / "news", "Who funded the trial, says a/trial.md?")
        (tmp_path / "news" / "old.zip").rename(tmp_path / "news" / "new.zip")
        checks = Verifier(tmp_path / "news").check(answer)
        assert verdicts(checks) == {"moved"}
        for check in checks:
            inner = check.article.removeprefix("old.zip/")
            assert f"now new.zip/{inner}, " in check.words

    def test_a_row_put_in_front_moves_the_others(self, tmp_path):
        """Where rows have no ids of their own, they are counted."""
        place = tmp_path / "news"
        place.mkdir()
        rows = [["title", "text"], ["Rain", "It rained."], ["Trial", SENTENCE]]
        write = lambda rows: (place / "r.csv").write_text(  # noqa: E731
            "\n".join(map(",".join, rows)), "utf-8"
        )
        write(rows)
        answer = saved(place)
        write([rows[0], ["Snow", "It snowed."], *rows[1:]])
        (check, *_) = Verifier(place).check(answer)
        assert check.is_moved
        assert f"{check.article}, characters 0" in check.words
        assert f"{check.article}, " not in check.words.partition(": now ")[2]


class TestNotMoved:
    """What looks like it and is not."""

    def test_a_sentence_that_says_something_else(self, articles, trial):
        """Though the quoted words stand in it."""
        answer = saved(articles)
        words = "the Agency of Oruro"
        cited = answer["citations"][0]
        cited["start"] += SENTENCE.index(words)
        cited["end"] = cited["start"] + len(words)
        cited["quote"] = answer["text"] = words
        assert verdicts(Verifier(articles).check(answer)[:1]) == {"ok"}
        trial.write_text(TRIAL.replace("was funded", "was not funded"), "utf-8")
        (check, *_) = Verifier(articles).check(answer)
        assert verdicts([check]) == {"not found"}

    @pytest.mark.parametrize("part", ["citations", "nearest"])
    def test_a_word_of_another_sentence(self, articles, trial, part):
        """A year, say, that its own sentence holds no more, cited without words."""
        answer = saved(articles)
        at = answer["citations"][0]["start"] - len("2015. ")
        sentence = {"sentence_start": at - 12, "sentence_end": at + 5}
        place = {"start": at, "end": at + 4, "quote": "2015"} | sentence
        answer[part].append(answer["citations"][0] | place)
        before = Verifier(articles).check(answer)
        trial.write_text(
            TRIAL.replace("2015", "2016") + "\nMany had asked for it in 2015.\n",
            "utf-8",
        )
        after = Verifier(articles).check(answer)
        where = f"trial.md, characters {at} to {at + 4}"
        assert [c.words for c in before if where in c.words] == [where]
        assert [c.words for c in after if where in c.words] == [f"{where}: now '2016'"]

    def test_a_sentence_that_stands_twice(self, articles, trial):
        """Which of the places it was is not to be told."""
        answer = saved(articles)
        trial.write_text(f"Note.\n\n{TRIAL}\n{SENTENCE}\n", "utf-8")
        (check, *_) = Verifier(articles).check(answer)
        assert verdicts([check]) == {"not found"}
        assert "its sentence stands in 2 other places" in check.words

    def test_a_lie_about_a_renamed_file(self, articles, trial):
        """Its hash alone makes no words of it true."""
        answer = saved(articles)
        trial.rename(articles / "study.md")
        lie = "X" * len(SENTENCE)
        answer["citations"][0]["quote"] = answer["text"] = answer["sentence"] = lie
        (check, *_) = Verifier(articles).check(answer)
        assert verdicts([check]) == {"not found"}

    def test_a_file_that_is_gone(self, articles, trial):
        answer = saved(articles)
        trial.unlink()
        (check, *_) = Verifier(articles).check(answer)
        assert check.words == "trial.md: no such file, nor one with its SHA-256"

    def test_a_file_that_cannot_be_read_is_told_why(self, articles, trial):
        answer = saved(articles)
        trial.write_bytes(b"")
        (check, *_) = Verifier(articles).check(answer)
        assert "the file is empty" in check.words


def test_a_failure_is_told_once(articles, trial):
    """However many sides of it there are: the quote, the text and the sentence."""
    answer = saved(articles)
    trial.write_text(TRIAL.replace("Oruro", "Potosi"), "utf-8")
    checks = Verifier(articles).check(answer)
    failed = [check for check in checks if SENTENCE[:20] in check.words]
    assert len(failed) <= len(answer["citations"]) + len(answer["nearest"])
    assert len({check.words for check in checks}) == len(checks)


def test_the_command_tells_moved_from_not_found(articles, trial, capsys, tmp_path):
    """The exit code is 1 for both; programs are told by `is_moved`."""
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(saved(articles)), encoding="utf-8")
    trial.write_text(f"Note.\n\n{TRIAL}", "utf-8")
    command = ["verify", str(file), "--articles", str(articles)]
    assert main(command) == 1
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("MOVED  trial.md, characters ") for line in lines)
    assert main([*command, "--json"]) == 1
    assert all(check["is_moved"] for check in json.loads(capsys.readouterr().out))
    trial.rename(articles / "gone.txt")
    assert main(command) == 1
    assert "MOVED" not in capsys.readouterr().out
