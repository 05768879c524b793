"""A folder of articles with its store: kept in step, added to, and taken from."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from qa.errors import QAError, StoreBusyError
from qa.library.change import Change
from qa.library.handed import keep, named_files
from qa.library.hidden import entry_of, id_of
from qa.library.lock import locked
from qa.library.origin import scan_for
from qa.library.progress import Progress, SyncReport
from qa.library.records import StoredArticle
from qa.library.scan import ADDED, added_folder
from qa.library.store import Store
from qa.library.sync import sync
from qa.protocols import Embedder
from qa.settings import Settings

__all__ = ["FileResult", "Library"]

logger = logging.getLogger(__name__)

RETRY_S = 2.0  # until a store that another process writes to is tried again


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file that was handed over."""

    name: str
    status: Literal["added", "changed", "unchanged", "skipped"]
    reason: str = ""  # of a skipped one


class Library:
    """The articles that are asked: those of a folder, and those handed over."""

    def __init__(
        self, folder: Path, store: Store, embedder: Embedder, settings: Settings
    ) -> None:
        """Take the parts; nothing is read yet."""
        self.folder = folder
        self.store = store
        self._embedder = embedder
        self._settings = settings
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_running = False
        self._progress: Progress | None = None
        self._error: QAError | None = None

    def articles(self) -> list[StoredArticle]:
        """Return the articles, by path."""
        return self.store.article_list()

    def sync(
        self,
        *,
        progress: Callable[[Progress], None] | None = None,
        wait_s: float = 30.0,
    ) -> SyncReport:
        """Bring the store in step with the folder; one run at a time.

        Args:
            progress: called after each file and each batch.
            wait_s: how long to wait for another process that is indexing, in seconds.

        Raises:
            ArticlesError: if there is no such folder, or none of its files is left.
            StoreBusyError: if another process is writing.
        """

        def tell(now: Progress) -> None:
            self._progress = now
            if progress is not None:
                progress(now)

        with self._writing:
            self._is_running = True
            try:
                report = sync(
                    self.folder,
                    self.store,
                    self._embedder,
                    self._settings,
                    progress=tell,
                    wait_s=wait_s,
                )
            finally:
                self._is_running, self._progress = False, None
            self._error = None
            return report

    def sync_in_background(self) -> None:
        """Start a run in a thread; `status` tells how far it is.

        While another process writes to the store, `error` says so, and the run is
        tried again until it succeeds.
        """
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = threading.Thread(target=self._run, daemon=True, name="qa-sync")
        self._thread.start()

    def _run(self) -> None:
        self._error = None
        try:
            while not self._try_run():
                time.sleep(RETRY_S)
        except QAError as error:
            self._error = error
            logger.warning("indexing stopped: %s", error)
        except Exception as error:  # the edge of a thread: else nobody would hear of it
            self._error = QAError(
                f"indexing stopped: {error!r}. What was indexed before can be asked; "
                "start again to go on."
            )
            logger.exception("indexing stopped")

    def _try_run(self) -> bool:
        """Run; False if another process, which writes to the store, held it up."""
        try:
            self.sync(wait_s=0.0)  # told at once, and nothing waits for the wait
        except StoreBusyError as error:
            if self._error is None:
                logger.warning("indexing waits: %s", error)
            self._error = error
            return False
        return True

    @property
    def is_indexing(self) -> bool:
        """Whether a run is on, here or in another process: changes wait for its end."""
        return self._is_running or isinstance(self._error, StoreBusyError)

    @property
    def status(self) -> Progress | None:
        """How far the run in progress is; None when there is none."""
        return self._progress

    @property
    def error(self) -> QAError | None:
        """What stopped the background run, or holds it up; None after a good run."""
        return self._error

    def add(self, files: Iterable[tuple[str, bytes]]) -> list[FileResult]:
        """Keep files (name, bytes) beside the store, and index them.

        A name that other bytes have taken is numbered, for what is kept may have no
        other copy. A file that gives no article is not kept; its result says why. The
        folder of the user is never written to.

        Raises:
            ArticlesError: if there is no folder, or none of its files is left.
            StoreBusyError: if another process is writing.
            ValueError: if something else than pairs is handed over, such as paths.
        """
        given = named_files(files)
        place = added_folder(self.store.folder)
        with self._alone():
            scan_for(self.store, self.folder)  # before anything is kept
            place.mkdir(parents=True, exist_ok=True)
            names = [keep(place, name, data) for name, data in given]
        report = self.sync()
        results = [_result(name, report) for name in names]
        self._forget({ADDED + r.name for r in results if r.status == "skipped"})
        return results

    def remove(self, ids: Iterable[str]) -> None:
        """Take articles out of the library.

        An article is hidden: its file stays, and `restore` brings it back. A file that
        was handed over is deleted with its last article.

        Raises:
            StoreBusyError: if another process is writing.
            ValueError: if `ids` is a string.
        """
        if isinstance(ids, str):
            raise ValueError(  # noqa: TRY004  # as every mistake of a caller
                f"ids is {ids!r}; wanted a list of ids, such as [{ids!r}]"
            )
        wanted = set(ids)
        files = set()
        with self._alone(), self.store.change() as change:
            for stored in self.store.article_list():
                article = self.store.article(stored.id) if stored.id in wanted else None
                file = self.store.file_of(stored.id)
                if article is not None and file is not None:
                    change.remove_article(stored.number)
                    change.hide(entry_of(article), file)
                    files.add(file)
            change.drop_orphan_vectors()
            self._forget_empty(change, files)

    def _forget(self, files: set[str]) -> None:
        """Delete those of the files that were handed over and give no article."""
        if files:
            with self._alone(), self.store.change() as change:
                self._forget_empty(change, files)

    def _forget_empty(self, change: Change, files: set[str]) -> None:
        left = self.store.article_files()
        for file in files:
            if file.startswith(ADDED) and file not in left:
                change.forget_file(file)
                self._place(file).unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads and processes from changing the library meanwhile."""
        with self._writing, locked(self.store.folder):
            yield

    def last_articles(self) -> set[str]:
        """Return the ids of articles whose removal deletes their file."""
        return self.store.lone_articles(ADDED)

    def _place(self, file: str) -> Path:
        return added_folder(self.store.folder) / file.removeprefix(ADDED)

    def hidden(self) -> list[str]:
        """Return the ids of hidden articles, sorted; files that are gone hide none."""
        entries = self.store.hidden()
        files = self.store.files() if entries else {}
        return [id_of(entry) for entry, file in entries.items() if file in files]

    def restore(self) -> None:
        """Bring hidden articles back.

        Raises:
            StoreBusyError: if another process is writing.
        """
        with self._alone(), self.store.change() as change:
            for file in set(self.store.hidden().values()):
                change.show(file)
                change.reread(file)
        self.sync()


def _result(name: str, report: SyncReport) -> FileResult:
    path = ADDED + name
    for skipped, reason in report.skipped:
        if skipped == path:
            return FileResult(name, "skipped", reason)
    if path in report.added or any(to == path for _, to in report.moved):
        return FileResult(name, "added")
    return FileResult(name, "changed" if path in report.changed else "unchanged")
