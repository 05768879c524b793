"""Folder and store in step: nothing twice, nothing left, nothing lost."""

import json
import shutil
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pytest

from qa.errors import ArticlesError, StoreError
from qa.library.store import Store
from qa.library.sync import sync
from qa.pipeline import QA
from qa.search.embed import open_embedder
from qa.settings import Settings
from qa.types import Passage


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def embedder():
    return open_embedder("hash:64")


def damage(store: Store) -> None:
    """Overwrite all pages of a store but those that say what is in it."""
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    data = store.path.read_bytes()
    store.path.write_bytes(data[:8192] + b"\xa5" * (len(data) - 8192))


class TestSync:
    def test_first_run_adds_all(self, folder, store, embedder, fast):
        """Every file becomes an article with passages and vectors."""
        report = sync(folder, store, embedder, fast)
        assert report.added == ["llamas.md", "rockets.txt"]
        counts = store.counts()
        assert (counts.articles, counts.vectors) == (2, counts.passages)

    def test_second_run_embeds_nothing(self, folder, store, embedder, fast):
        """An unchanged folder leaves the generation as it was."""
        sync(folder, store, embedder, fast)
        generation = store.generation
        report = sync(folder, store, embedder, fast)
        assert (report.embedded, report.unchanged) == (0, 2)
        assert not report.is_changed
        assert store.generation == generation

    def test_touched_file_is_not_read_as_changed(self, folder, store, embedder, fast):
        """A new time with the same bytes is no change."""
        sync(folder, store, embedder, fast)
        path = folder / "llamas.md"
        path.write_bytes(path.read_bytes())
        report = sync(folder, store, embedder, fast)
        assert (report.changed, report.embedded) == ([], 0)

    def test_changed_paragraph_alone_is_embedded(self, folder, store, embedder, fast):
        """One new paragraph among many costs one passage."""
        path = folder / "long.txt"
        paragraphs = [f"Paragraph {n}. " + "word " * 100 for n in range(20)]
        path.write_text("\n\n".join(paragraphs), encoding="utf-8")
        sync(folder, store, embedder, fast)
        paragraphs[10] = "Something else. " + "news " * 100
        path.write_text("\n\n".join(paragraphs), encoding="utf-8")
        report = sync(folder, store, embedder, fast)
        assert (report.changed, report.embedded) == (["long.txt"], 1)

    def test_renamed_file_embeds_nothing(self, folder, store, embedder, fast):
        """A renamed file keeps its passages under the new path."""
        sync(folder, store, embedder, fast)
        (folder / "rockets.txt").rename(folder / "boosters.txt")
        report = sync(folder, store, embedder, fast)
        assert report.moved == [("rockets.txt", "boosters.txt")]
        assert report.embedded == 0
        assert [a.path for a in store.article_list()] == ["boosters.txt", "llamas.md"]

    def test_deleted_file_leaves_nothing(self, folder, store, embedder, fast):
        """Articles, passages and vectors of a deleted file are gone."""
        (folder / "new.txt").write_text("Penguins breed in June.", encoding="utf-8")
        sync(folder, store, embedder, fast)
        for name in ("llamas.md", "rockets.txt"):
            (folder / name).unlink()
        report = sync(folder, store, embedder, fast)
        assert report.removed == ["llamas.md", "rockets.txt"]
        counts = store.counts()
        assert (counts.articles, counts.passages, counts.vectors) == (1, 1, 1)

    def test_bad_files_are_listed_and_stop_nothing(self, folder, store, embedder, fast):
        """Each file that cannot be read is skipped with a reason."""
        (folder / "empty.txt").write_text("", encoding="utf-8")
        (folder / "film.mp4").write_bytes(b"\0\1\2")
        (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
        (folder / "gone.txt").symlink_to(folder / "nowhere.txt")
        report = sync(folder, store, embedder, fast)
        assert sorted(path for path, _ in report.skipped) == [
            "broken.pdf",
            "empty.txt",
            "film.mp4",
            "gone.txt",
        ]
        assert all(reason for _, reason in report.skipped)
        assert store.counts().articles == 2

    def test_a_file_that_the_system_refuses_is_asked_as_it_was(
        self, folder, store, embedder, fast, monkeypatch
    ):
        """A disk that fails for a moment costs nothing; the next run reads it again."""
        sync(folder, store, embedder, fast)
        path, read = folder / "rockets.txt", store.article("rockets.txt")
        assert read is not None
        path.write_text("Rockets are late.", encoding="utf-8")

        def refuse(file):
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr("qa.library.sync.content_of", refuse)
            report = sync(folder, store, embedder, fast)
        ((_, reason),) = report.skipped
        kept = store.article("rockets.txt")
        assert kept is not None
        assert kept.file_hash == read.file_hash  # of the bytes that it was read from
        assert "Input/output error" in reason
        assert "as it was read last" in reason
        assert store.counts().articles == 2
        report = sync(folder, store, embedder, fast)
        assert (report.changed, report.skipped) == (["rockets.txt"], [])

    def test_a_file_that_was_never_read_is_not_asked(
        self, folder, store, embedder, fast, monkeypatch
    ):
        def refuse(file):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("qa.library.sync.content_of", refuse)
        reasons = [reason for _, reason in sync(folder, store, embedder, fast).skipped]
        assert len(reasons) == 2
        assert all(reason.endswith("(Permission denied)") for reason in reasons)

    @pytest.mark.parametrize("data", [b"", b"PK\3\4 \0\1\2"])
    def test_a_file_that_turns_unreadable_is_changed(
        self, folder, store, embedder, fast, data
    ):
        """Its articles go, and the report tells of it, once."""
        sync(folder, store, embedder, fast)
        (folder / "rockets.txt").write_bytes(data)
        report = sync(folder, store, embedder, fast)
        assert (report.changed, report.is_changed) == (["rockets.txt"], True)
        assert [path for path, _ in report.skipped] == ["rockets.txt"]
        assert [a.path for a in store.article_list()] == ["llamas.md"]
        assert not sync(folder, store, embedder, fast).is_changed

    def test_a_link_to_a_folder_is_reported(self, folder, store, embedder, fast):
        """Not followed, as it may run in circles, and not passed over in silence."""
        (folder / "round").symlink_to(folder, target_is_directory=True)
        ((path, reason),) = sync(folder, store, embedder, fast).skipped
        assert path == "round/"
        assert "link to a folder" in reason

    def test_one_changed_row_of_a_table(self, folder, store, embedder, fast):
        """Rows of a JSONL file are articles of their own; equal ones stay."""
        rows = [
            {"id": n, "title": f"Row {n}", "text": f"The text of row {n} is here."}
            for n in range(50)
        ]
        path = folder / "rows.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        sync(folder, store, embedder, fast)
        rows[7]["text"] = "Row seven is about penguins now."
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        report = sync(folder, store, embedder, fast)
        assert report.embedded == 1
        article = store.article("rows.jsonl#7")
        assert article is not None
        assert article.text == "Row seven is about penguins now."
        untouched = store.article("rows.jsonl#8")
        assert untouched is not None
        assert untouched.file_hash == article.file_hash

    def test_zip_of_files(self, folder, store, embedder, fast, tmp_path):
        """A zip is a folder within the folder; it can be named alone, too."""
        archive = tmp_path / "all.zip"
        with zipfile.ZipFile(archive, "w") as target:
            for path in folder.iterdir():
                target.write(path, f"inner/{path.name}")
        sync(archive, store, embedder, fast)
        paths = [a.path for a in store.article_list()]
        assert paths == ["all.zip/inner/llamas.md", "all.zip/inner/rockets.txt"]

    def test_crash_loses_at_most_the_batch(self, folder, store, fast, embedder):
        """What was committed before a crash is not embedded again."""
        for n in range(30):
            text = "\n\n".join(f"{n} {m} " + "word " * 90 for m in range(20))
            (folder / f"n{n:02}.txt").write_text(text, encoding="utf-8")

        class Dying:
            name, dim, calls = embedder.name, embedder.dim, 0

            def encode(self, texts, *, kind):
                self.calls += 1
                if self.calls > 2:
                    raise RuntimeError("power cut")
                return embedder.encode(texts, kind=kind)

        with pytest.raises(RuntimeError, match="power cut"):
            sync(folder, store, Dying(), fast)
        saved = store.counts().vectors
        assert saved > 0
        report = sync(folder, store, embedder, fast)
        assert report.embedded == store.counts().vectors - saved

    def test_other_cut_keeps_what_it_can(self, folder, store, embedder):
        """New passage sizes re-cut the stored articles without reading files."""
        sync(folder, store, embedder, Settings())
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / "llamas.md").write_text("Other words entirely.", encoding="utf-8")
        small = Settings(min_chars=20, max_chars=80, overlap_chars=0)
        sync(folder, store, embedder, small)
        rows = store.rows_of([a.id for a in store.article_list()])
        assert all(p.end - p.start <= 82 for p in store.passages(rows.tolist()))

    def test_what_an_earlier_version_cut_otherwise_is_cut_anew_once(
        self, folder, store, embedder
    ):
        """Equal passages stay, and no vector is made a second time."""
        small = Settings(min_chars=20, max_chars=80, overlap_chars=0)
        sync(folder, store, embedder, small)
        llamas, rockets = (store.rows_of([a.id]) for a in store.article_list())
        passages = store.passages(llamas.tolist())
        article, number = passages[0].article, store.article_list()[0].number
        with store.change() as change:  # as that version left it
            change.put_passages(number, [Passage(article, 0, len(article.text))])
            change.set_meta("cut", "20/80/0")
        report = sync(folder, store, embedder, small)
        assert (report.embedded, report.unchanged) == (0, 2)
        assert store.passages(store.rows_of(["llamas.md"]).tolist()) == passages
        assert store.rows_of(["rockets.txt"]).tolist() == rockets.tolist()
        assert store.counts().vectors == store.passage_count()
        generation = store.generation
        sync(folder, store, embedder, small)
        assert store.generation == generation

    def test_other_embedder_adds_its_vectors(self, folder, store, embedder, fast):
        """Vectors of two embedders live side by side."""
        sync(folder, store, embedder, fast)
        other = open_embedder("hash:32")
        sync(folder, store, other, fast)
        rows, vectors = store.vectors_of(store.rows_since(-1), other.name)
        assert vectors.shape == (store.passage_count(), 32)
        assert store.counts().vectors == 2 * len(rows)

    def test_progress_ends_at_one(self, folder, store, embedder, fast):
        """The last report says that everything is done."""
        seen = []
        sync(folder, store, embedder, fast, progress=seen.append)
        assert seen[-1].share == 1.0
        assert seen[-1].files == seen[-1].files_total == 2

    def test_missing_folder(self, tmp_path, store, embedder, fast):
        """The error names the place and what to do."""
        with pytest.raises(ArticlesError, match="--articles FOLDER"):
            sync(tmp_path / "nowhere", store, embedder, fast)


class TestStore:
    def test_foreign_file_is_refused(self, tmp_path):
        """A file that is no store is left alone, with a clear error."""
        place = tmp_path / "store"
        place.mkdir()
        (place / "library.sqlite").write_text("no database" * 100, encoding="utf-8")
        with pytest.raises(StoreError, match="rebuilt from the articles"):
            Store(place)

    def test_other_version_is_refused(self, store):
        """A store of another schema is not read wrongly."""
        with sqlite3.connect(store.path) as connection:
            connection.execute("UPDATE meta SET value = '0' WHERE key = 'schema'")
        with pytest.raises(StoreError, match=r"schema '0'.*keep `added`"):
            Store(store.folder)

    def test_damage_is_told_wherever_it_is_met(self, folder, store, embedder, fast):
        """Whoever reads a broken page hears what to delete, and what to keep."""
        sync(folder, store, embedder, fast)
        damage(store)
        damaged = Store(store.folder)
        reads = (
            damaged.counts,
            damaged.files,
            damaged.article_list,
            damaged.check,
            lambda: damaged.vectors_of(np.arange(9), embedder.name),
            lambda: sync(folder, damaged, embedder, fast),
        )
        for read in reads:
            with pytest.raises(StoreError, match=r"`library.sqlite\*`.*keep `added`"):
                read()

    def test_failed_change_leaves_no_trace(self, folder, store, embedder, fast):
        """A change that raises is undone as a whole."""
        sync(folder, store, embedder, fast)
        before = (store.generation, store.counts())

        def fail() -> None:
            with store.change() as change:
                change.remove_article(1)
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        assert (store.generation, store.counts()) == before

    def test_vectors_come_back_as_they_were(self, folder, store, embedder, fast):
        """Vectors survive the disk bit for bit, in order of their rows."""
        sync(folder, store, embedder, fast)
        rows, vectors = store.vectors_of(store.rows_since(-1), embedder.name)
        assert rows.tolist() == sorted(rows.tolist())
        from qa.library.records import embedded_text

        texts = [embedded_text(p) for p in store.passages(rows.tolist())]
        np.testing.assert_array_equal(vectors, embedder.encode(texts, kind="passage"))


class TestDerivedIndexes:
    def test_save_and_load_give_the_same_answers(self, qa, folder, fast, tmp_path):
        """A second process sees what the first one saw."""
        again = QA.open(folder, store=tmp_path / "store", settings=fast)
        for question in ("Who said a llama never forgets?", "When did it land?"):
            before, after = qa.ask(question), again.ask(question)
            assert before.text == after.text
            assert before.citations == after.citations

    def test_lost_indexes_are_rebuilt(self, qa, folder, fast, tmp_path):
        """Only the SQLite file matters."""
        answer = qa.ask("How heavy are the loads that llamas carry?")
        store = tmp_path / "store"
        shutil.rmtree(store / "words")
        for path in store.glob("*.faiss"):
            path.unlink()
        again = QA.open(folder, store=store, settings=fast)
        assert again.ask(answer.question).citations == answer.citations

    def test_damaged_index_is_rebuilt(self, qa, folder, fast, tmp_path, caplog):
        """A file cut short is noticed, told, and made anew."""
        store = tmp_path / "store"
        for path in store.glob("*.faiss"):
            path.write_bytes(path.read_bytes()[:50])
        again = QA.open(folder, store=store, settings=fast)
        assert again.ask("What do llamas carry?").is_found
        assert "rebuilt" in caplog.text

    def test_indexes_follow_a_change(self, qa, folder):
        """A library in use sees a new article, and forgets a deleted one."""
        (folder / "new.txt").write_text(
            "Penguins\n\nPenguins breed on the ice in June.", encoding="utf-8"
        )
        qa.library.sync()
        assert qa.retrieve("Penguins breed when?")[0].passage.article.id == "new.txt"
        (folder / "new.txt").unlink()
        qa.library.sync()
        hits = qa.retrieve("Penguins breed when?", top_k=20)
        assert "new.txt" not in {hit.passage.article.id for hit in hits}
