"""Folder and store in step: read what changed, embed what is new, drop what is gone."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from pathlib import Path

from qa.errors import FormatError
from qa.library.batch import AHEAD, Batches, slices
from qa.library.content import cause_of, content_of
from qa.library.formats import Parsed, read_articles
from qa.library.hidden import by_file, source_of, still_hidden
from qa.library.lock import locked
from qa.library.origin import ORIGIN, check_origin, origin_of, scan_for
from qa.library.passages import CUT_VERSION, split
from qa.library.progress import Meter, Progress, SyncReport
from qa.library.records import FileRecord, Pairs
from qa.library.scan import Found
from qa.library.store import Store
from qa.protocols import Embedder
from qa.settings import Settings
from qa.types import Article, Passage

__all__ = ["sync"]

PARSER_VERSION = "4"  # raised when the same bytes give another text: files are re-read


def sync(
    articles: Path,
    store: Store,
    embedder: Embedder,
    settings: Settings,
    *,
    progress: Callable[[Progress], None] | None = None,
    wait_s: float = 30.0,
) -> SyncReport:
    """Bring the store in step with the files below `articles`.

    Every file found ends as indexed or as skipped with its reason; nothing that one
    file holds stops the run. Each batch is committed as it is done, so that questions
    can be asked meanwhile and a crash loses at most two batches.

    Args:
        articles: folder, file or zip.
        store: what is brought in step.
        embedder: reads the passages that are new.
        settings: how articles are cut.
        progress: called after each file and each batch.
        wait_s: how long to wait for another process that is indexing, in seconds.

    Raises:
        ArticlesError: if there is no such folder, or none of its files is left.
        StoreError: if the store holds the articles of another folder.
        StoreBusyError: if another process goes on writing to the store.
    """
    with locked(store.folder, wait_s=wait_s):
        check_origin(store, articles)
        found = scan_for(store, articles)
        with Batches(store, embedder, Meter(progress)) as batches:
            run = _Run(store, embedder, settings, batches)
            run.prepare(articles)
            run.follow(found)
            run.finish()
            return run.report


class _Run:
    """One run of `sync`: what it goes by, and the report."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        settings: Settings,
        batches: Batches,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._settings = settings
        self._known = self._before = store.files()
        self._hidden = by_file(store.hidden())
        self._gone_by_hash: defaultdict[str, list[str]] = defaultdict(list)
        self._batches = batches
        self._meter = batches.meter
        self._is_recut = False  # passages went that no article took along
        self._redone = 0  # stored passages cut or embedded anew
        self.report = SyncReport()

    # stages, in order

    def prepare(self, articles: Path) -> None:
        """Re-cut and re-embed what settings or this version want otherwise."""
        sizes = self._settings
        cut = f"{sizes.min_chars}/{sizes.max_chars}/{sizes.overlap_chars}/{CUT_VERSION}"
        if self._store.meta("parser") not in (None, PARSER_VERSION):
            with self._store.change() as change:  # the same bytes read differently now
                change.reread_all()
                change.set_meta("parser", PARSER_VERSION)
            self._known = self._store.files()
        if self._store.meta("cut") not in (None, cut):
            self._is_recut = True
            for entry in self._store.article_list():
                article = self._store.article(entry.id)
                if article is not None:
                    passages = self._split(article)
                    rows = slices(self._store.rows_of([entry.id]).tolist())
                    stored = chain.from_iterable(map(self._store.passages, rows))
                    if list(stored) != passages:
                        embedded = self._batches.embed(passages)
                        with self._store.change() as change:
                            change.put_passages(entry.number, passages)
                            change.put_vectors(*embedded)
                    self._report_redone(len(passages))
        name = self._embedder.name
        if self._store.meta("embedder") != name:
            self._embed_stored()
        wanted = {"parser": PARSER_VERSION, "cut": cut, "embedder": name}
        wanted[ORIGIN] = origin_of(articles)
        if any(self._store.meta(key) != value for key, value in wanted.items()):
            with self._store.change() as change:
                for key, value in wanted.items():
                    change.set_meta(key, value)

    def follow(self, found: list[Found]) -> None:
        """Compare the files on disk with those known, and store the difference."""
        present = {file.path for file in found}
        closed = tuple(file.path for file in found if file.is_closed_folder)
        # a run that was cut short leaves articles whose file has no record yet
        known = self._known.keys() | self._store.unrecorded_files()
        gone = {
            path: self._before.get(path)  # with its hash, if all are to be read again
            for path in sorted(known - present)
            if not path.startswith(closed)  # out of sight is not deleted
        }
        for path, record in gone.items():
            if record is not None and record.hash:
                self._gone_by_hash[record.hash].append(path)
        todo = [file for file in found if not self._is_unchanged(file)]
        self.report.unchanged = len(found) - len(todo)
        self._meter.files_total = len(todo)
        self._meter.bytes_total = sum(file.size for file in todo)
        for file in todo:
            self._take(file)
            self._meter.files += 1
            self._meter.bytes += file.size
            self._meter.bytes_of_file = 0
            self._meter.tell()
        for path in gone:
            self._depart(path)
            self._batches.forget(path)
            if path in self._hidden:  # kept, for the file may come back as it was
                self._batches.hide(path, self._hidden[path])
        moved = {source for source, _ in self.report.moved}
        self.report.removed += sorted(gone.keys() - moved)
        self._batches.settle()

    def finish(self) -> None:
        """Drop vectors of texts that are gone, make missing ones, close the report."""
        is_ahead = self._store.meta(AHEAD) == "1"
        if self._batches.departed or self._is_recut or is_ahead:
            with self._store.change() as change:
                change.drop_orphan_vectors()
                change.set_meta(AHEAD, "0")
        self._embed_stored()  # earlier versions could lose some
        self.report.embedded = self._batches.embedded
        self.report.skipped = self._store.skipped()
        self.report.seconds = self._meter.seconds

    # one file

    def _is_unchanged(self, file: Found) -> bool:
        known = self._known.get(file.path)
        return known is not None and (known.size, known.mtime_ns) == (
            file.size,
            file.mtime_ns,
        )

    def _take(self, file: Found) -> None:
        try:
            data = content_of(file)
        except FormatError as error:
            self._skip(file, "", str(error))
            return
        except (OSError, MemoryError) as error:
            self._pass_over(file, error)
            return
        digest = hashlib.sha256(data).hexdigest()
        known = self._known.get(file.path)
        if known is not None and known.hash == digest:
            self._batches.record(replace(known, size=file.size, mtime_ns=file.mtime_ns))
            self.report.unchanged += 1
            return
        try:
            parsed = read_articles(data, file.path, file_hash=digest)
        except FormatError as error:
            self._skip(file, digest, str(error))
            return
        if known is None:
            self._note_arrival(file, digest)
        else:
            self.report.changed.append(file.path)
        self._replace_articles(file, digest, parsed)

    def _note_arrival(self, file: Found, digest: str) -> None:
        """Tell a renamed file from a new one; its vectors are found by their hash."""
        paths = self._gone_by_hash.get(digest)
        if not paths:
            self.report.added.append(file.path)
            return
        source = source_of(file.path, paths, self._hidden)
        paths.remove(source)
        self.report.moved.append((source, file.path))
        self._hidden[file.path] = self._hidden.pop(source, [])

    def _pass_over(self, file: Found, error: Exception) -> None:
        """Report a file that the system refuses; unless it is gone, its articles stay.

        A right given later changes no time, so it is looked at again at every run.
        """
        reason = f"{file.path}: cannot be read ({cause_of(error)})"
        again = replace(file, mtime_ns=-1)
        if isinstance(error, FileNotFoundError):
            self._skip(again, "", reason)
            return
        if any(self._store.articles_of(file.path)):
            reason += "; asked as it was read last"
        self._record(again, "", ((file.path, reason),))

    def _skip(self, file: Found, digest: str, reason: str) -> None:
        if self._depart(file.path):
            self.report.changed.append(file.path)
        self._record(file, digest, ((file.path, reason),))

    def _record(self, file: Found, digest: str, skipped: Pairs) -> None:
        facts = file.path, file.size, file.mtime_ns, digest, skipped
        self._batches.record(FileRecord(*facts))

    def _replace_articles(self, file: Found, digest: str, parsed: Parsed) -> None:
        """Store what is new of a file's articles; equal ones stay as they are."""
        stored = {
            article.id: (number, article)
            for number, article in self._store.articles_of(file.path)
        }
        removed = self._hidden.get(file.path, [])
        is_known = file.path in self._known
        shown = [article for _, article in stored.values()] if is_known else None
        hidden = still_hidden(parsed.articles, removed, shown)
        articles = [a for a in parsed.articles if a.id not in hidden]
        for done, article in enumerate(articles, start=1):
            number, old = stored.pop(article.id, (None, None))
            if old is not None and replace(old, file_hash=digest) == article:
                continue
            if number is not None:
                self._batches.depart([number])
            n_bytes = file.size // len(articles)
            passages = self._split(article)
            self._batches.arrive(article, file.path, passages, n_bytes=n_bytes)
            if self._batches.is_full:
                # a file that is half stored is read again, whatever becomes of it
                self._batches.begin(file.path)
                self._meter.bytes_of_file = done * file.size / len(articles)
                self._batches.flush()
        self._batches.depart([number for number, _ in stored.values()])
        if file.path in self._hidden:
            self._batches.hide(file.path, hidden.values())
        self._record(file, digest, tuple((s.path, s.reason) for s in parsed.skipped))

    def _depart(self, path: str) -> bool:
        """Remove the articles of a file; False if there are none."""
        numbers = [number for number, _ in self._store.articles_of(path)]
        self._batches.depart(numbers)
        return bool(numbers)

    # smaller steps

    def _split(self, article: Article) -> list[Passage]:
        return split(
            article,
            min_chars=self._settings.min_chars,
            max_chars=self._settings.max_chars,
            overlap_chars=self._settings.overlap_chars,
        )

    def _embed_stored(self) -> None:
        """Give vectors to passages that this embedder has not read."""
        for batch in slices(self._store.texts_without_vector(self._embedder.name)):
            embedded = self._batches.embed(batch)
            with self._store.change() as change:
                change.put_vectors(*embedded)
            self._report_redone(len(batch))

    def _report_redone(self, passages: int) -> None:
        self._redone += passages
        total = max(self._redone, self._store.passage_count())
        self._meter.tell_redone(self._redone, total)
