"""A library that is added to, taken from, renamed and interrupted stays whole."""

import dataclasses
import json
import os
import shutil
import sqlite3
import sys
import threading
import time

import pytest

from qa.errors import ArticlesError, ModelError, StoreBusyError, StoreError
from qa.library import library as library_module
from qa.library import sync as sync_module
from qa.library.batch import AHEAD, BATCH, Batches
from qa.library.library import Library
from qa.library.lock import locked
from qa.library.progress import Meter
from qa.library.scan import is_store
from qa.library.store import Store
from qa.library.sync import sync
from qa.pipeline import QA
from qa.search.embed import open_embedder
from qa.search.vectors import VectorIndex
from qa.settings import Settings


@pytest.fixture
def embedder():
    return open_embedder("hash:64")


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def library(folder, store, embedder, fast) -> Library:
    library = Library(folder, store, embedder, fast)
    library.sync()
    return library


def write_rows(path, texts) -> None:
    lines = [json.dumps({"text": text}) for text in texts]
    path.write_text("\n".join(lines), encoding="utf-8")


def write_csv(path, texts) -> None:
    path.write_text("\n".join(["text", *texts]), encoding="utf-8")


def row_texts(library, file) -> list[str]:
    return [article.text for _, article in library.store.articles_of(file)]


def ids(library) -> list[str]:
    return [article.id for article in library.articles()]


class TestAddAndRemove:
    def test_added_file_is_asked_and_deleted(self, library, store):
        """What was handed over lives beside the store, and goes with its removal."""
        [result] = library.add([("pens.txt", b"Penguins\n\nPenguins breed in June.")])
        assert (result.name, result.status) == ("pens.txt", "added")
        assert "added:/pens.txt" in ids(library)
        library.remove(["added:/pens.txt"])
        assert "added:/pens.txt" not in ids(library)
        assert not (store.folder / "added" / "pens.txt").exists()

    def test_bad_file_is_told(self, library):
        """A file that cannot be read comes back with its reason."""
        [result] = library.add([("film.mp4", b"\0")])
        assert result.status == "skipped"
        assert ".mp4" in result.reason

    def test_a_file_that_gives_no_article_is_not_kept(self, library, store):
        """Neither beside the store nor in its list; what was there before stays."""
        library.add([("pens.txt", b"Penguins breed in June.")])
        again = [("pens.txt", b"Penguins breed in June."), ("film.mp4", b"\0")]
        results = library.add([*again, ("w.docx", b"no zip"), ("empty.txt", b"")])
        found = [result.status for result in results]
        assert found == ["unchanged", "skipped", "skipped", "skipped"]
        kept = sorted(path.name for path in (store.folder / "added").iterdir())
        assert kept == ["pens.txt"]
        assert store.skipped() == []
        assert "added:/pens.txt" in ids(library)

    def test_same_names_do_not_overwrite(self, library):
        """Two files of one name are both kept."""
        results = library.add([("p/x.txt", b"One whale."), ("q/x.txt", b"Two whales.")])
        assert [r.name for r in results] == ["x.txt", "x (2).txt"]
        assert [r.status for r in results] == ["added", "added"]

    def test_a_later_file_of_the_same_name_does_not_overwrite(self, library, store):
        """What was handed over may have no other copy; the same bytes stay one file."""
        first, second = b"Penguins breed in June.", b"Whales sing in May."
        library.add([("index.html", first)])
        [result] = library.add([("index.html", second)])
        assert (result.name, result.status) == ("index (2).html", "added")
        for data in (first, second):
            [again] = library.add([("index.html", data)])
            assert again.status == "unchanged"
        kept = {path.read_bytes() for path in (store.folder / "added").iterdir()}
        assert kept == {first, second}

    def test_users_file_is_hidden_not_deleted(self, library, folder):
        """The folder of the user is never written to."""
        library.remove(["llamas.md"])
        library.sync()
        assert ids(library) == ["rockets.txt"]
        assert (folder / "llamas.md").exists()
        library.restore()
        assert ids(library) == ["llamas.md", "rockets.txt"]

    @pytest.mark.parametrize("is_forgotten", [False, True])
    def test_a_new_file_of_a_removed_articles_name_is_asked(
        self, library, folder, store, is_forgotten
    ):
        """What was removed goes with its file, even if only that is known of it."""
        library.remove(["llamas.md"])
        (folder / "llamas.md").unlink()
        if is_forgotten:
            with store.change() as change:  # as an earlier version left it
                change.forget_file("llamas.md")
                change.hide("llamas.md", "llamas.md")
        report = library.sync()
        assert report.removed == ([] if is_forgotten else ["llamas.md"])
        assert library.hidden() == []
        (folder / "llamas.md").write_text("Other llamas sing.", encoding="utf-8")
        assert library.sync().added == ["llamas.md"]
        assert ids(library) == ["llamas.md", "rockets.txt"]

    def test_a_removed_article_out_of_sight_stays_removed(
        self, library, folder, monkeypatch
    ):
        """A folder that cannot be listed for a while brings nothing back."""
        (folder / "deep").mkdir()
        (folder / "deep" / "whale.md").write_text("A whale.", encoding="utf-8")
        library.sync()
        library.remove(["deep/whale.md"])
        scandir = os.scandir

        def failing(path):
            if os.fspath(path) == str(folder / "deep"):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return scandir(path)

        with monkeypatch.context() as patch:
            patch.setattr(os, "scandir", failing)
            library.sync()
        library.sync()
        assert library.hidden() == ["deep/whale.md"]
        assert "deep/whale.md" not in ids(library)

    def test_a_removed_article_of_a_renamed_file_stays_removed(self, library, folder):
        """Its text is the same, and no other one is hidden for it."""
        (folder / "2015").mkdir()
        (folder / "2015" / "whale.md").write_text("A whale.", encoding="utf-8")
        write_rows(folder / "2015" / "w.jsonl", ["One.", "Two.", "Three."])
        library.sync()
        library.remove(["2015/whale.md", "2015/w.jsonl#2"])
        for old, new in (("2015", "2015 news"), ("2015 news", "old")):
            (folder / old).rename(folder / new)
            report = library.sync()
            assert (len(report.moved), report.removed) == (2, [])
            assert library.hidden() == [f"{new}/w.jsonl#2", f"{new}/whale.md"]
            assert row_texts(library, f"{new}/w.jsonl") == ["One.", "Three."]
        library.restore()
        assert library.hidden() == []
        assert "old/whale.md" in ids(library)

    def test_a_removed_article_whose_file_was_gone_for_a_run_stays_removed(
        self, library, folder
    ):
        """Some programs delete a file before they write it."""
        library.remove(["llamas.md"])
        data = (folder / "llamas.md").read_bytes()
        (folder / "llamas.md").unlink()
        library.sync()
        generation = library.store.generation
        library.sync()
        assert library.store.generation == generation
        assert library.hidden() == []  # nothing could be brought back
        (folder / "llamas.md").write_bytes(data)
        library.sync()
        assert ids(library) == ["rockets.txt"]
        assert library.hidden() == ["llamas.md"]

    def test_bringing_back_forgets_what_was_removed_of_files_that_are_gone(
        self, library, folder
    ):
        library.remove(["llamas.md"])
        data = (folder / "llamas.md").read_bytes()
        (folder / "llamas.md").unlink()
        library.sync()
        library.restore()
        (folder / "llamas.md").write_bytes(data)
        library.sync()
        assert ids(library) == ["llamas.md", "rockets.txt"]

    def test_a_shown_file_of_a_removed_ones_name_is_shown(self, library, folder):
        """It is known by the name that it had before."""
        shutil.copy(folder / "llamas.md", folder / "copy.md")
        library.sync()
        library.remove(["llamas.md"])
        (folder / "llamas.md").unlink()
        library.sync()
        (folder / "copy.md").rename(folder / "llamas.md")
        library.sync()
        assert ids(library) == ["llamas.md", "rockets.txt"]

    @pytest.mark.parametrize("new", ["c.md", "new/b.md"])
    def test_a_shown_file_is_not_hidden_for_an_equal_one_that_is_gone(
        self, library, folder, new
    ):
        """One of two copies was removed, then deleted; the other one is renamed."""
        for name in ("a.md", "old/b.md"):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(folder / "llamas.md", folder / name)
        library.sync()
        library.remove(["a.md"])
        (folder / "a.md").unlink()
        (folder / new).parent.mkdir(exist_ok=True)
        (folder / "old" / "b.md").rename(folder / new)
        report = library.sync()
        assert (report.moved, report.removed) == ([("old/b.md", new)], ["a.md"])
        assert new in ids(library)
        assert library.hidden() == []

    def test_of_equal_files_a_removed_one_is_known_by_its_name(self, library, folder):
        """In whichever order they are found in their new folder."""
        (folder / "old").mkdir()
        for name in ("a.md", "b.md"):
            shutil.copy(folder / "llamas.md", folder / "old" / name)
        library.sync()
        library.remove(["old/a.md"])
        (folder / "old").rename(folder / "new")
        library.sync()
        assert library.hidden() == ["new/a.md"]
        assert "new/b.md" in ids(library)

    def test_a_removed_article_renamed_before_an_update_stays_removed(
        self, library, folder, monkeypatch
    ):
        """The first run of a new parser knows the hashes of the one before."""
        library.remove(["llamas.md"])
        (folder / "llamas.md").rename(folder / "lamas.md")
        monkeypatch.setattr(sync_module, "PARSER_VERSION", "next")
        assert library.sync().moved == [("llamas.md", "lamas.md")]
        assert ids(library) == ["rockets.txt"]
        assert library.hidden() == ["lamas.md"]

    def test_the_last_article_of_a_file_handed_over_is_known(self, library):
        """With it the file is deleted; others, and the user's own, are hidden."""
        rows = b'{"text": "One whale."}\n{"text": "Two whales."}'
        library.add([("w.jsonl", rows), ("pens.txt", b"Penguins breed in June.")])
        assert library.last_articles() == {"added:/pens.txt"}
        library.remove(["added:/w.jsonl#1"])
        assert library.last_articles() == {"added:/pens.txt", "added:/w.jsonl#2"}

    def test_no_path_leads_out(self, library, tmp_path):
        """An id that nobody stored deletes nothing."""
        victim = tmp_path / "victim.txt"
        victim.write_text("dear", encoding="utf-8")
        library.remove(["added:/../../victim.txt", "added:/../victim.txt"])
        assert victim.exists()

    def test_one_id_alone_is_refused(self, library):
        """Else each of its letters would be looked for, and nothing removed."""
        with pytest.raises(ValueError, match=r"wanted a list.*'llamas.md'"):
            library.remove("llamas.md")

    def test_hash_mark_in_a_name(self, library, folder):
        """A file name may hold what parts an id from its row."""
        (folder / "C# intro.md").write_text("C sharp is a language.", encoding="utf-8")
        library.sync()
        library.remove(["C# intro.md"])
        library.restore()
        assert "C# intro.md" in ids(library)

    def test_rows_of_a_file_handed_over(self, library, store):
        """A file goes with its last row; handed over again, it is whole again."""
        rows = b'{"text": "One whale."}\n{"text": "Two whales."}'
        library.add([("w.jsonl", rows)])
        library.remove(["added:/w.jsonl#1"])
        library.remove(["added:/w.jsonl#2"])
        assert not (store.folder / "added" / "w.jsonl").exists()
        library.add([("w.jsonl", rows)])
        assert {"added:/w.jsonl#1", "added:/w.jsonl#2"} <= set(ids(library))

    @pytest.mark.parametrize("name", ["w.jsonl", "w.csv"])
    def test_a_removed_row_hides_no_other(self, library, folder, name):
        """Rows without ids move up by one where a row above them is deleted."""
        texts = ["One whale.", "Two whales.", "Three whales."]
        write = write_rows if name == "w.jsonl" else write_csv
        write(folder / name, texts)
        library.sync()
        library.remove([f"{name}#2"])
        write(folder / name, texts[1:])
        library.sync()
        assert row_texts(library, name) == ["Three whales."]
        library.remove([f"{name}#2"])
        write(folder / name, [*texts, "Four whales."])
        library.sync()
        assert row_texts(library, name) == ["One whale.", "Four whales."]
        library.restore()
        assert len(row_texts(library, name)) == 4

    @pytest.mark.parametrize("names", [("one", "two"), ("101", "102")])
    def test_a_removed_row_with_an_id_of_its_own_stays_removed(
        self, library, folder, names
    ):
        """Also when its text is edited, as a file does."""
        rows = [
            {"id": names[0], "text": "One whale."},
            {"id": names[1], "text": "Two."},
        ]
        (folder / "w.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
        library.sync()
        library.remove([f"w.jsonl#{names[0]}"])
        rows[0]["text"] = "One white whale."
        (folder / "w.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
        library.sync()
        assert row_texts(library, "w.jsonl") == ["Two."]

    def test_of_equal_rows_as_many_are_hidden_as_were_removed(self, library, folder):
        write_rows(folder / "w.jsonl", ["A whale.", "A whale.", "A whale."])
        library.sync()
        for left, id_ in ((2, "w.jsonl#3"), (1, "w.jsonl#2")):
            library.remove([id_])
            with (folder / "w.jsonl").open("a", encoding="utf-8") as file:
                file.write("\n")
            library.sync()
            assert row_texts(library, "w.jsonl") == ["A whale."] * left

    def test_of_equal_rows_the_very_one_stays_removed(self, library, folder):
        """Two days may have the same weather."""
        rows = [
            {"date": f"202{n}-01-01", "title": "Weather", "text": "It rained."}
            for n in range(3)
        ]
        (folder / "w.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
        library.sync()
        library.remove(["w.jsonl#2"])
        rows.insert(0, {"date": "2030-01-01", "title": "Weather", "text": "It shone."})
        (folder / "w.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
        library.sync()
        shown = [a.published for a in library.articles() if a.id.startswith("w.")]
        assert sorted(day.year for day in shown) == [2020, 2022, 2030]

    def test_a_removed_row_of_a_repeated_id_stays_removed(self, library, folder):
        """Rows of one id are told apart by their numbers."""
        rows = [{"id": "x", "text": f"{n} whales."} for n in range(3)]
        (folder / "w.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
        library.sync()
        library.remove(["w.jsonl#x-3"])
        (folder / "w.jsonl").write_text("\n".join(map(json.dumps, rows[1:])), "utf-8")
        library.sync()
        assert row_texts(library, "w.jsonl") == ["1 whales."]

    def test_a_row_that_is_new_is_not_hidden_for_one_that_is_gone(
        self, library, folder
    ):
        """What was removed and then deleted is forgotten."""
        write_rows(folder / "w.jsonl", ["One whale.", "Two whales."])
        library.sync()
        library.remove(["w.jsonl#2"])
        write_rows(folder / "w.jsonl", ["One whale."])
        library.sync()
        assert library.hidden() == []
        write_rows(folder / "w.jsonl", ["One whale.", "Three whales."])
        library.sync()
        assert row_texts(library, "w.jsonl") == ["One whale.", "Three whales."]

    def test_a_row_that_moves_up_is_not_hidden_for_one_that_is_gone(
        self, library, folder
    ):
        """It was shown under another number until now."""
        write_rows(folder / "w.jsonl", ["One whale.", "Two whales.", "Three whales."])
        library.sync()
        library.remove(["w.jsonl#2"])
        write_rows(folder / "w.jsonl", ["One whale.", "Three whales."])
        library.sync()
        assert row_texts(library, "w.jsonl") == ["One whale.", "Three whales."]

    def test_what_a_build_before_removed_stays_removed(self, library, folder):
        """It kept the id alone."""
        write_rows(folder / "w.jsonl", ["One whale.", "Two whales."])
        library.sync()
        number = next(a.number for a in library.articles() if a.id == "w.jsonl#2")
        with library.store.change() as change:
            change.remove_article(number)
            change.hide("w.jsonl#2", "w.jsonl")
        write_rows(folder / "w.jsonl", ["One whale.", "Two whales.", "Three whales."])
        library.sync()
        assert row_texts(library, "w.jsonl") == ["One whale.", "Three whales."]

    def test_a_removed_row_is_known_by_its_title_too(self, library, folder):
        """Short answers to other questions are no equal rows."""
        rows = [{"title": f"Is {n} open?", "text": "Yes, it is."} for n in range(3)]
        (folder / "w.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
        library.sync()
        library.remove(["w.jsonl#3"])
        (folder / "w.jsonl").write_text("\n".join(map(json.dumps, rows[1:])), "utf-8")
        library.sync()
        assert [a.title for a in library.articles()][2:] == ["Is 1 open?"]

    def test_long_name(self, library):
        """A name is cut to what file systems take."""
        [result] = library.add([("新" * 300 + ".md", b"A whale.")])
        assert result.status == "added"


class Dying:
    """An embedder whose power fails at the call of this number."""

    def __init__(self, embedder, last):
        self.name, self.dim = embedder.name, embedder.dim
        self.embedder, self.left = embedder, last

    def encode(self, texts, *, kind):
        self.left -= 1
        if self.left <= 0:
            raise RuntimeError("power cut")
        return self.embedder.encode(texts, kind=kind)


class TestTwoProcesses:
    def test_a_removal_meanwhile_takes_no_vector_along(
        self, library, folder, store, embedder, fast
    ):
        """The text of a removed article comes again in a file that is being read."""
        (folder / "old.txt").write_text("The kraken wakes.", encoding="utf-8")
        library.sync()
        (folder / "copy.txt").write_text("The kraken wakes.", encoding="utf-8")
        (folder / "new.txt").write_text("It sleeps again.", encoding="utf-8")
        other = Library(folder, Store(store.folder), embedder, fast)
        removal = threading.Thread(target=other.remove, args=[["old.txt"]])

        class Meanwhile:
            name, dim = embedder.name, embedder.dim

            def encode(self, texts, *, kind):
                removal.start()
                removal.join(0.5)
                return embedder.encode(texts, kind=kind)

        sync(folder, store, Meanwhile(), fast)
        removal.join()
        assert "old.txt" not in ids(library)
        assert store.counts().vectors == store.passage_count()

    def test_a_lost_vector_is_made_again(self, library, store):
        """A store that an earlier version left without one is whole after a run."""
        with sqlite3.connect(store.path) as connection:
            connection.execute("DELETE FROM vectors WHERE rowid = 1")
        report = library.sync()
        assert (report.embedded, report.is_changed) == (1, False)
        assert store.counts().vectors == store.passage_count()

    def test_a_store_that_another_process_begins_is_busy(self, folder, fast, tmp_path):
        """Not an empty library, which would say that the articles do not say."""
        store = Store(tmp_path / "begun")
        with store.change() as change:
            change.set_meta("embedder", "hash-64")
        with locked(store.folder), pytest.raises(StoreBusyError, match="another"):
            QA.open(folder, store=store.folder, settings=fast)

    def test_nothing_is_removed_while_another_indexes(self, library, store):
        """Who waits too long is told to wait."""
        with (
            locked(store.folder),
            pytest.raises(StoreBusyError, match="another process"),
            locked(store.folder, wait_s=0.0),
        ):
            pytest.fail("two at a time")


class TestInTheBackground:
    def test_an_error_is_told_until_a_run_succeeds(self, library, folder):
        """Whoever adds a file to a library in use has it read anew."""
        folder.rename(folder.with_name("away"))
        library.sync_in_background()
        until(lambda: isinstance(library.error, ArticlesError))
        folder.with_name("away").rename(folder)
        library.sync()
        assert library.error is None

    def test_a_store_that_is_busy_is_tried_again(self, library, folder, monkeypatch):
        """Another process that indexes ends some day; until then it is told."""
        monkeypatch.setattr(library_module, "RETRY_S", 0.01)
        (folder / "new.txt").write_text("The kraken wakes.", encoding="utf-8")
        with locked(library.store.folder):
            library.sync_in_background()
            until(lambda: isinstance(library.error, StoreBusyError))
            assert library.is_indexing
        until(lambda: "new.txt" in ids(library) and library.error is None)
        until(lambda: not library.is_indexing)

    def test_indexing_is_known_before_anything_is_stored(
        self, library, folder, embedder, store, fast
    ):
        """So that nobody waits for it unawares."""
        seen = []

        class Seeing:
            name, dim = embedder.name, embedder.dim

            def encode(self, texts, *, kind):
                seen.append(watched.is_indexing)
                return embedder.encode(texts, kind=kind)

        watched = Library(folder, store, Seeing(), fast)
        (folder / "new.txt").write_text("The kraken wakes.", encoding="utf-8")
        assert not watched.is_indexing
        watched.sync()
        assert seen == [True]
        assert not watched.is_indexing


def until(is_so) -> None:
    """Wait for another thread."""
    for _ in range(500):
        if is_so():
            return
        time.sleep(0.01)
    pytest.fail("waited 5 s in vain")


class TestOneFolder:
    def test_another_folder_is_refused(self, library, store, embedder, fast, tmp_path):
        """A store given to two folders by mistake is not emptied at each switch."""
        two = tmp_path / "two"
        two.mkdir()
        (two / "whales.txt").write_text("Whales sing in May.", encoding="utf-8")
        with pytest.raises(StoreError, match=r"articles.*two.*--store"):
            sync(two, store, embedder, fast)
        with pytest.raises(StoreError, match="--store"):
            QA.open(two, store=store.folder, settings=fast, is_synced=False)
        assert ids(library) == ["llamas.md", "rockets.txt"]
        assert library.sync().unchanged == 2

    def test_a_moved_folder_is_followed(self, library, store, embedder, fast, folder):
        """The old place is gone, and may have been made anew, without a file."""
        for name in ("moved", "moved again"):
            moved = folder.with_name(name)
            folder.rename(moved)
            report = sync(moved, store, embedder, fast)
            assert (report.unchanged, report.embedded) == (2, 0)
            folder.mkdir()
            assert sync(moved, store, embedder, fast).unchanged == 2
            folder.rmdir()
            folder = moved

    @pytest.mark.parametrize("is_mounted_empty", [False, True])
    def test_another_folder_is_refused_while_the_first_is_not_there(
        self, library, store, embedder, fast, folder, tmp_path, is_mounted_empty
    ):
        """A drive that is unplugged may be plugged in again."""
        two = tmp_path / "two"
        two.mkdir()
        (two / "whales.txt").write_text("Whales sing in May.", encoding="utf-8")
        library.remove(["llamas.md"])
        library.add([("w.md", b"A whale.")])
        folder.rename(folder.with_name("unplugged"))
        if is_mounted_empty:
            folder.mkdir()
        with pytest.raises(StoreError, match=r"articles.*two.*--store"):
            sync(two, store, embedder, fast)
        (two / "rockets.txt").write_text("Other rockets.", encoding="utf-8")
        with pytest.raises(StoreError, match="--store"):
            sync(two, store, embedder, fast)
        shutil.copy(folder.with_name("unplugged") / "llamas.md", two)
        assert sync(two, store, embedder, fast).changed == ["rockets.txt"]
        assert library.hidden() == ["llamas.md"]

    def test_another_folder_is_refused_after_a_first_run_cut_short(
        self, store, embedder, fast, tmp_path
    ):
        """Articles are known of a file that was not read to its end."""
        one, two = tmp_path / "one", tmp_path / "two"
        for place in (one, two):
            place.mkdir()
        write_rows(one / "w.jsonl", [f"Text number {n}." for n in range(5 * BATCH)])
        (two / "whales.txt").write_text("Whales sing in May.", encoding="utf-8")
        with pytest.raises(RuntimeError, match="power cut"):
            sync(one, store, Dying(embedder, 4), fast)
        kept = store.counts()
        one.rename(tmp_path / "unplugged")
        with pytest.raises(StoreError, match=r"articles.*two.*--store"):
            sync(two, store, embedder, fast)
        assert store.counts() == kept
        (tmp_path / "unplugged").rename(tmp_path / "moved")
        report = sync(tmp_path / "moved", store, embedder, fast)
        assert report.embedded == 5 * BATCH - kept.vectors

    def test_the_same_files_by_another_name(self, library, store, embedder, fast):
        """A copy, or a disk mounted elsewhere, needs no other store."""
        copy = library.folder.with_name("copy")
        shutil.copytree(library.folder, copy)
        assert sync(copy, store, embedder, fast).embedded == 0

    def test_files_that_were_handed_over_belong_to_none(
        self, store, embedder, fast, tmp_path, folder
    ):
        """An empty folder with additions may be exchanged for another."""
        empty = tmp_path / "empty"
        empty.mkdir()
        Library(empty, store, embedder, fast).add([("w.md", b"A whale.")])
        library = Library(folder, store, embedder, fast)
        library.sync()
        assert ids(library) == ["added:/w.md", "llamas.md", "rockets.txt"]


class TestRenames:
    def test_each_row_keeps_its_text(self, library, folder):
        """Rows of a renamed file are paired by their row, not by their age."""
        write_rows(folder / "x.jsonl", ["one is red", "two is blue", "three is green"])
        library.sync()
        write_rows(folder / "x.jsonl", ["one is pink", "two is blue", "three is green"])
        library.sync()
        (folder / "x.jsonl").rename(folder / "y.jsonl")
        report = library.sync()
        assert report.moved == [("x.jsonl", "y.jsonl")]
        assert report.embedded == 0
        assert library.store.article("y.jsonl#1").text == "one is pink"

    def test_repaired_suffix_is_read(self, library, folder):
        """A file skipped for its suffix is indexed once it is renamed."""
        (folder / "n.docx").write_text("The kraken wakes.", encoding="utf-8")
        library.sync()
        (folder / "n.docx").rename(folder / "n.txt")
        library.sync()
        assert library.store.article("n.txt").text == "The kraken wakes."

    def test_a_folder_of_many(self, library, folder):
        """Each file is found again by its bytes, equal ones one by one."""
        (folder / "a").mkdir()
        for n in range(60):
            (folder / "a" / f"{n}.txt").write_text(f"Text {n // 2}.", encoding="utf-8")
        library.sync()
        (folder / "a").rename(folder / "b")
        report = library.sync()
        assert len(report.moved) == len(set(report.moved)) == 60
        assert (report.embedded, report.added, report.removed) == (0, [], [])

    def test_title_from_the_name(self, library, folder):
        """A file without a headline follows its name, and embeds nothing."""
        (folder / "old name.txt").write_text("The kraken wakes.", encoding="utf-8")
        library.sync()
        (folder / "old name.txt").rename(folder / "new name.txt")
        assert library.sync().embedded == 0
        assert library.store.article("new name.txt").title == "new name"


class TestInterrupted:
    def test_articles_without_a_record_are_not_ghosts(self, library, folder, embedder):
        """A file cut short at its first reading and then deleted leaves nothing."""
        write_rows(folder / "many.jsonl", [f"Text number {n}." for n in range(700)])

        with pytest.raises(RuntimeError):
            sync(folder, library.store, Dying(embedder, 4), Settings())
        (folder / "many.jsonl").unlink()
        library.sync()
        assert ids(library) == ["llamas.md", "rockets.txt"]

    def test_an_update_cut_short_and_taken_back(self, library, folder, embedder):
        """The old bytes again: what was stored of the new ones is in no file."""
        old = [f"Old text number {n}." for n in range(5 * BATCH)]
        write_rows(folder / "many.jsonl", old)
        library.sync()

        new = [f"New text number {n}." for n in range(5 * BATCH)]
        write_rows(folder / "many.jsonl", new)
        with pytest.raises(RuntimeError, match="power cut"):
            sync(folder, library.store, Dying(embedder, 4), Settings())
        write_rows(folder / "many.jsonl", old)
        library.sync()
        texts = {a.text for _, a in library.store.articles_of("many.jsonl")}
        assert texts == set(old)

    def test_a_crash_loses_two_batches_at_most(self, library, folder, embedder):
        """What was committed before stays, and the next run embeds only the rest."""
        for number in range(4 * BATCH):
            (folder / f"{number:04}.txt").write_text(f"Text number {number}, again.")

        before = library.store.passage_count()
        with pytest.raises(RuntimeError, match="power cut"):
            sync(folder, library.store, Dying(embedder, 4), Settings())
        kept = library.store.passage_count() - before
        assert kept >= 2 * BATCH
        assert library.sync().embedded == 4 * BATCH - kept

    def test_ordinary_articles_are_committed_with_their_vectors(
        self, folder, store, embedder
    ):
        """A batch that is a little more than full is one commit."""
        for number in range(36):
            parts = (f"Part {number} {n}. " + "word " * 100 for n in range(11))
            (folder / f"{number}.txt").write_text("\n\n".join(parts), "utf-8")
        told = []
        sync(folder, store, embedder, Settings(), progress=told.append)
        assert len({progress.passages for progress in told}) == 1 + 3 + 1
        assert store.meta(AHEAD) is None

    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
    def test_a_long_article_keeps_what_was_embedded_of_it(
        self, library, folder, store, embedder, error
    ):
        """Its vectors come ahead of it, also when somebody has had enough."""
        parts = (f"Part {n}. " + "word " * 100 for n in range(5 * BATCH))
        (folder / "long.txt").write_text("\n\n".join(parts), encoding="utf-8")
        before, told = store.counts(), []

        def fail(progress):
            told.append(progress)
            if progress.passages >= 3 * BATCH:
                raise error

        with pytest.raises(error):
            sync(folder, store, embedder, Settings(), progress=fail)
        kept = store.counts().vectors - before.vectors
        assert kept == told[-1].passages == 3 * BATCH
        assert store.counts().articles == before.articles
        assert library.sync().embedded == 2 * BATCH
        assert store.counts().vectors == store.passage_count()

    def test_a_long_article_is_done_when_it_is_stored(
        self, library, folder, store, embedder
    ):
        """Bytes count once they are safe."""
        parts = (f"Part {n}. " + "word " * 100 for n in range(4 * BATCH))
        (folder / "long.txt").write_text("\n\n".join(parts), encoding="utf-8")
        told = []
        sync(folder, store, embedder, Settings(), progress=told.append)
        shares = [progress.share for progress in told]
        stored = [progress.passages / (4 * BATCH) for progress in told]
        assert shares == pytest.approx(stored, abs=0.01)
        assert sorted({*shares})[1:-1] == pytest.approx([0.5, 0.75], abs=0.01)
        assert shares[-1] == 1.0

    def test_a_long_article_cut_short_and_deleted_leaves_no_vector(
        self, library, folder, store, embedder
    ):
        before = store.counts()
        parts = (f"Part {n}. " + "word " * 100 for n in range(5 * BATCH))
        (folder / "long.txt").write_text("\n\n".join(parts), encoding="utf-8")
        with pytest.raises(RuntimeError):
            sync(folder, store, Dying(embedder, 4), Settings())
        assert store.counts().vectors > before.vectors
        (folder / "long.txt").unlink()
        library.sync()
        assert store.counts() == before

    def test_equal_texts_of_neighbouring_batches_are_embedded_once(
        self, library, folder
    ):
        """The batch that is still being embedded counts as known."""
        same = [f"Text number {number % BATCH}." for number in range(2 * BATCH)]
        write_rows(folder / "twice.jsonl", same)
        assert library.sync().embedded == BATCH

    def test_new_parser_reads_all_again(self, library, folder, monkeypatch):
        """A run that ends early after an update goes on at the next."""
        monkeypatch.setattr(sync_module, "PARSER_VERSION", "next")
        store, embedder = library.store, open_embedder("hash:64")
        with Batches(store, embedder, Meter()) as batches:
            run = sync_module._Run(store, embedder, Settings(), batches)
            run.prepare(folder)  # and the power fails
        report = library.sync()
        assert sorted(report.changed) == ["llamas.md", "rockets.txt"]

    def test_recut_passages_have_vectors(self, library, folder, store, embedder):
        """Other passage sizes keep the dense side whole."""
        small = Settings(min_chars=20, max_chars=80, overlap_chars=0)
        told = []
        sync(folder, store, embedder, small, progress=told.append)
        assert VectorIndex(store, embedder.name, 64).size == store.passage_count() > 3
        # none of passages that are gone
        assert store.counts().vectors == store.passage_count()
        assert told

    def test_late_vectors_are_taken_up(self, library, store):
        """An index opened before an embedder's vectors came sees them afterwards."""
        other = open_embedder("hash:32")
        index = VectorIndex(store, other.name, 32)
        assert index.size == 0
        library.sync()
        sync(library.folder, store, other, Settings())
        index.catch_up()
        assert index.size == store.passage_count()

    def test_another_store_in_the_same_place(self, qa, folder, fast, tmp_path):
        """Indexes of a deleted store are not taken for those of the new one."""
        qa.close()
        for path in (tmp_path / "store").glob("library.sqlite*"):
            path.unlink()
        (folder / "rockets.txt").write_text("Dogs bark in Berlin.", encoding="utf-8")
        again = QA.open(folder, store=tmp_path / "store", settings=fast)
        answer = again.ask("Where do dogs bark?", min_confidence=0.0)
        assert answer.text == "Dogs bark in Berlin."
        assert answer.unknown_words == ()
        nearest = again.retrieve("Dogs bark in Berlin.", top_k=1, mode="dense")[0]
        assert nearest.passage.text == "Dogs bark in Berlin."
        assert nearest.dense == pytest.approx(1.0)


class TestWrongReader:
    def test_is_told_before_all_is_indexed(self, folder, tmp_path, fast):
        """Nobody waits for an hour to learn of a misspelt name."""
        for n in range(40 * BATCH):
            (folder / f"{n:05}.txt").write_text(f"Text {n}.", encoding="utf-8")
        settings = dataclasses.replace(fast, reader="span:nowhere")
        with pytest.raises(ModelError):
            QA.open(folder, store=tmp_path / "kept", settings=settings)
        assert Store(tmp_path / "kept").passage_count() < 40 * BATCH


class TestOutOfSight:
    def test_a_folder_that_fails_while_it_is_listed(self, library, folder, monkeypatch):
        """A disk that goes away removes nothing."""
        scandir, calls = os.scandir, []

        def failing(path):
            if os.fspath(path) == str(folder):
                calls.append(path)
                if len(calls) > 1:  # the first one looks whether it may be read
                    raise OSError(5, "Input/output error", str(folder))
            return scandir(path)

        before = ids(library)
        monkeypatch.setattr(os, "scandir", failing)
        with pytest.raises(ArticlesError, match="listed to its end"):
            library.sync()
        assert ids(library) == before

    def test_a_folder_in_which_nothing_is_left(self, library, folder, store, fast):
        """A disk that is not mounted leaves an empty folder in its place."""
        library.add([("w.md", b"A whale.")])
        before = ids(library)
        (folder / ".note").write_text("nothing to read", encoding="utf-8")
        for name in ("llamas.md", "rockets.txt"):
            (folder / name).rename(folder.with_name(name))
        told = r"no file in it; wanted .* 2 articles.*delete `library"
        with pytest.raises(ArticlesError, match=told):
            library.sync()
        with pytest.raises(ArticlesError, match=told):
            QA.open(folder, store=store.folder, settings=fast)
        assert ids(library) == before
        for name in ("llamas.md", "rockets.txt"):
            folder.with_name(name).rename(folder / name)
        assert library.sync().unchanged == 3

    def test_links_to_a_disk_that_is_not_there(self, library, folder):
        """All of them are found, and none of them can be read."""
        before = ids(library)
        for name in ("llamas.md", "rockets.txt"):
            (folder / name).unlink()
            (folder / name).symlink_to(folder / "unmounted" / name)
        with pytest.raises(ArticlesError, match="no file in it"):
            library.sync()
        assert ids(library) == before

    def test_nothing_is_kept_of_what_cannot_be_indexed_now(
        self, library, folder, store
    ):
        """What is added waits with the user until the folder is there again."""
        for name in ("llamas.md", "rockets.txt"):
            (folder / name).unlink()
        with pytest.raises(ArticlesError, match="remove them on the page"):
            library.add([("w.md", b"A whale.")])
        assert not (store.folder / "added").exists()
        library.remove(ids(library))
        assert [r.status for r in library.add([("w.md", b"A whale.")])] == ["added"]

    @pytest.mark.parametrize("given", [["w.md"], [("w.md", "text")], "w.md"])
    def test_what_is_no_file_is_told(self, library, store, given):
        with pytest.raises(ValueError, match="wanted are pairs of name and bytes"):
            library.add(given)
        assert not (store.folder / "added").exists()

    def test_added_files_out_of_sight_stay(self, library, store, monkeypatch):
        """The folder of files that were handed over cannot be listed."""
        library.add([("w.md", b"A whale.")])
        scandir = os.scandir

        def failing(path):
            if os.fspath(path) == str(store.folder / "added"):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", failing)
        library.sync()
        assert "added:/w.md" in ids(library)


class TestOddFiles:
    @pytest.mark.skipif(sys.platform == "win32", reason="POSIX names and pipes")
    def test_names_and_kinds(self, library, folder):
        """Bytes that are no UTF-8, and a pipe, stop nothing."""
        with open(os.fsencode(folder) + b"/caf\xe9.md", "wb") as file:
            file.write(b"A latin name.")
        os.mkfifo(folder / "pipe.md")
        report = library.sync()
        assert "caf\\xe9.md" in ids(library)
        assert "pipe.md" in dict(report.skipped)

    def test_an_empty_word_is_not_the_folder_one_is_in(self, fast):
        with pytest.raises(ArticlesError, match="named by an empty word"):
            QA.open("", settings=fast)

    def test_a_place_below_the_home(self, folder, fast, tmp_path, monkeypatch):
        for name in ("HOME", "USERPROFILE"):
            monkeypatch.setenv(name, str(tmp_path))
        with QA.open(f"~/{folder.name}", store="~/home", settings=fast) as qa:
            assert len(qa.library.articles()) == 2
        assert (tmp_path / "home" / "library.sqlite").exists()

    def test_store_is_not_read_as_articles(self, library, tmp_path):
        """A store within the folder, and the folder named as its own store."""
        with pytest.raises(ArticlesError, match="as articles and as store"):
            QA.open(tmp_path / "store", store=tmp_path / "store")
        report = sync(
            tmp_path, Store(tmp_path / "other"), open_embedder("hash:8"), Settings()
        )
        assert report.added == ["articles/llamas.md", "articles/rockets.txt"]
        [(path, reason)] = report.skipped  # its own is not worth a word
        assert path == "store/"
        assert "library.sqlite" in reason

    def test_a_folder_is_a_store_by_its_file(self, library, store, folder):
        """Looking makes none."""
        assert is_store(store.folder)
        assert not is_store(folder)
        assert not is_store(folder / "nowhere")
        assert sorted(path.name for path in folder.iterdir()) == ids(library)

    def test_lock_files_of_word_are_passed_over(self, library, folder, store):
        """They stand beside each file that is open, and are no articles."""
        (folder / "~$lamas.docx").write_bytes(b"\x04Maria")
        report = library.sync()
        assert (report.skipped, report.unchanged) == ([], 2)
        [result] = library.add([("~$lamas.docx", b"\x04Maria")])
        assert result.status == "skipped"
        assert list((store.folder / "added").iterdir()) == []

    @pytest.mark.parametrize(
        ("page", "parts"),
        [
            ("Story.html", "Story_files"),
            ("Story.HTM", "Story-Dateien"),
            ("Story v1.2.html", "Story v1.2_fichiers"),
        ],
    )
    def test_parts_of_a_saved_page_are_passed_over(self, library, folder, page, parts):
        """Advertisements among them would be articles."""
        (folder / page).write_text("<p>It rained.</p>", encoding="utf-8")
        (folder / parts / "inner").mkdir(parents=True)
        for name in ("saved_resource.html", "style.css", "inner/frame.html"):
            (folder / parts / name).write_text("Buy shoes.", encoding="utf-8")
        report = library.sync()
        assert (report.added, report.skipped) == ([page], [])

    def test_other_folders_of_such_names_are_read(self, library, folder):
        """Without the page beside them, or with a name that goes on."""
        (folder / "Story.html").write_text("<p>It rained.</p>", encoding="utf-8")
        for name in ("Case_files", "Story_files_2015", "Story"):
            (folder / name).mkdir()
            (folder / name / "note.txt").write_text("It shone.", encoding="utf-8")
        folders = {path.rpartition("/")[0] for path in library.sync().added}
        assert folders == {"", "Case_files", "Story", "Story_files_2015"}

    def test_columns_far_apart(self, folder, fast, tmp_path):
        """A passage never holds white space alone."""
        (folder / "columns.txt").write_text(
            "left" + " " * 4000 + "right", encoding="utf-8"
        )
        qa = QA.open(folder, store=tmp_path / "s", settings=fast)
        for question in ("left or right?", "zebra"):
            qa.ask(question, min_confidence=1.0)
