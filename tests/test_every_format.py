"""Whatever the format, a quote is a slice of the article, and nothing is lost."""

import io
import json
import zipfile

import docx
import pytest
from reportlab.pdfgen import canvas

from qa.pipeline import QA

TITLE = "Storm closes the port"
BODY = [
    "The port of Rotterdam closed on Monday after a storm with gusts of 120 km/h.",
    "“We have never seen waves like these,” said the harbour master, Piet Smit.",
    "Mr. Smit said on Sept. 30 that the U.S. freighter Alma waited for nine hours.",
]


def markdown() -> bytes:
    text = f"---\ntitle: {TITLE}\n---\n# {TITLE}\n\n" + "\n\n".join(BODY)
    return text.replace("Alma", "*Alma*").encode()


def html() -> bytes:
    body = "".join(f"<p>{line}</p>" for line in BODY)
    page = f"<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1>{body}"
    return page.encode()


def pdf() -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.drawString(72, 760, TITLE)
    for n, line in enumerate(BODY):
        page.drawString(72, 720 - 40 * n, line.replace("“", '"').replace("”", '"'))
    page.save()
    return out.getvalue()


def word() -> bytes:
    document, out = docx.Document(), io.BytesIO()
    document.add_heading(TITLE, 0)
    for line in BODY:
        document.add_paragraph(line)
    document.save(out)
    return out.getvalue()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        target.writestr("inner/storm.md", markdown())
    return out.getvalue()


PLAIN = "\n\n".join([TITLE, *BODY])
FILES = {
    "storm.md": markdown(),
    "storm.txt": PLAIN.encode(),
    "utf16.txt": PLAIN.encode("utf-16"),
    "windows.txt": PLAIN.encode("cp1252"),
    "crlf.txt": PLAIN.replace("\n", "\r\n").encode(),
    "storm.html": html(),
    "storm.pdf": pdf(),
    "storm.docx": word(),
    "storm.jsonl": json.dumps({"title": TITLE, "text": PLAIN}).encode(),
    "storm.csv": f'title,text\n{TITLE},"{PLAIN}"\n'.encode(),
    "storm.zip": archive(),
}
QUESTIONS = ["How high were the gusts?", "What did Piet Smit say?", "Who waited?"]


@pytest.mark.parametrize("name", FILES)
class TestEveryFormat:
    @pytest.fixture
    def library(self, name, tmp_path, fast) -> QA:
        folder = tmp_path / "articles"
        folder.mkdir()
        (folder / name).write_bytes(FILES[name])
        return QA.open(folder, store=tmp_path / "store", settings=fast)

    def test_quotes_are_slices(self, library, name):
        """Every citation of every answer stands at its offsets."""
        for question in QUESTIONS:
            answer = library.ask(question, min_confidence=0.0)
            assert answer.is_found, question
            cited = [*answer.citations, *answer.nearest]
            cited += [c for other in answer.alternatives for c in other.citations]
            for c in cited:
                article = library.library.store.article(c.article)
                assert article.text[c.start : c.end] == c.quote
                assert c.path.startswith(name)

    def test_passages_cover_the_article(self, library, name):
        """No character of the article is in no passage, and no word was lost."""
        store = library.library.store
        for entry in library.library.articles():
            article = store.article(entry.id)
            rows = store.rows_of([entry.id]).tolist()
            covered = set()
            for passage in store.passages(rows):
                covered.update(range(passage.start, passage.end))
            assert covered == set(range(len(article.text)))
            assert "Mr. Smit said on Sept. 30 that the U.S. freighter Alma" in (
                " ".join(article.text.split())
            )
            assert article.title == TITLE
