"""The page in a real Chromium: what a person does; nothing leaves the machine."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Route,
    ViewportSize,
    expect,
    sync_playwright,
)

from qa.library.library import Library
from qa.library.progress import Progress
from qa.pipeline import QA
from qa.settings import Settings
from qa.verify import Verifier
from qa.web.server import start
from tests import axe
from tests.conftest import LLAMAS, ROCKETS

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)  # a busy machine is no failure

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = ViewportSize(width=1600, height=900)
NARROW = ViewportSize(width=400, height=800)
LANDED = "Where did the booster land?"
LONG = "\n\n".join(
    f"Day {n} on the ice was cold and long. The wind went on."
    + (" Captain Mary Crozier found a tin box. The wind went on." if n == 70 else "")
    for n in range(1, 141)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("browser") / "articles"
    place.mkdir()
    (place / "llamas.md").write_text(LLAMAS, encoding="utf-8")
    (place / "rockets.txt").write_text(ROCKETS, encoding="utf-8")
    (place / "ice.txt").write_text(f"The ice diary\n\n{LONG}", encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def library(folder: Path) -> QA:
    fast = Settings(embedder="hash:256", reader="sentence", min_confidence=0.3)
    return QA.open(folder, store=folder.parent / "store", settings=fast)


@pytest.fixture(scope="module")
def url(library: QA) -> Iterator[str]:
    demo, address = start(library, port=0)
    yield address
    demo.close(verbose=False)


def give_up(words: str) -> NoReturn:
    """Skip what this machine lacks the means for; where all is tested, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        give_up("no chromium: apt-get install --no-install-recommends chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests: what Gradio serves is loaded once."""
    made = browser.new_context(reduced_motion="reduce", accept_downloads=True)
    yield made
    made.close()


@pytest.fixture
def size() -> ViewportSize:
    return WIDE


@pytest.fixture
def page(context: BrowserContext, url: str, size: ViewportSize) -> Iterator[Page]:
    """The page, opened; afterwards: no request has left, no error was logged."""
    opened = context.new_page()
    opened.set_viewport_size(size)
    asked: list[str] = []
    wrong: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("websocket", lambda socket: asked.append(socket.url))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("dialog", lambda dialog: wrong.append(dialog.message))
    opened.goto(url)
    expect(opened.locator("gradio-app #qa[data-adopted]")).to_be_attached()
    opened.wait_for_selector(".shelf li")
    yield opened
    opened.wait_for_timeout(50)
    opened.evaluate("localStorage.clear()")
    opened.close()
    parts = [urlsplit(name) for name in asked]
    hosts = {part.hostname for part in parts if part.scheme not in ("data", "blob")}
    assert hosts == {"127.0.0.1"}
    assert wrong == []


def ask(page: Page, question: str) -> Locator:
    """Ask as a person does, and return the turn that answers."""
    before = page.locator(".turn[data-turn]").count()
    page.fill("#qa-question", question)
    page.press("#qa-question", "Enter")
    turn = page.locator(f'.turn[data-turn="{before}"]')
    turn.wait_for()
    return turn


def hold_back(page: Page, pattern: str, act: Callable[[], None]) -> Route:
    """Act, and return the first request that comes of it, to be continued by hand."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        if held:
            route.fallback()
        else:
            held.append(route)

    page.route(pattern, keep)
    act()
    while not held:
        page.wait_for_timeout(20)
    return held[0]


def mark_in_view(page: Page) -> str:
    """Return the marked words of the source, which must be on the screen."""
    mark = page.locator("#qa-source-body mark.span").first
    mark.wait_for()
    page.wait_for_timeout(60)
    box, size = mark.bounding_box(), page.viewport_size
    frame = page.locator("#qa-source-body").bounding_box()
    assert box
    assert frame
    assert size
    assert box["y"] >= max(0, frame["y"])
    assert box["y"] + box["height"] <= min(size["height"], frame["y"] + frame["height"])
    assert page.evaluate(
        """() => {
          const mark = document.querySelector("#qa-source-body mark.span");
          const box = mark.getClientRects()[0];
          const x = box.x + box.width / 2, y = box.y + box.height / 2;
          return document.elementFromPoint(x, y) === mark;
        }"""
    )
    return mark.inner_text()


def test_ask_and_read(page):
    """An answer shows the words, how sure, where they stand, and how long it took."""
    turn = ask(page, LANDED)
    expect(turn.locator(".words mark.span")).to_contain_text("landed on a barge")
    expect(turn.locator(".sure-words")).to_contain_text("%")
    expect(turn.locator(".citations .cite").first).to_contain_text("paragraph 3")
    expect(turn.locator(".spent")).to_contain_text("ms over")
    tip = turn.locator("[role=tooltip]")
    expect(tip).to_be_hidden()
    turn.locator(".sure-words").focus()
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("in 100")


def test_a_citation_opens_the_source_at_its_words(page, library):
    """The words are in view, though they stand far down, and marked where cited."""
    turn = ask(page, "Who found a box on day 70?")
    turn.locator(".citations .cite").first.click()
    words = mark_in_view(page)
    assert words == "Captain Mary Crozier found a tin box."
    before = page.evaluate(
        """() => {
          const mark = document.querySelector("#qa-source-body mark.span");
          return mark.parentElement.textContent.split(mark.textContent)[0];
        }"""
    )
    assert before == "Day 70 on the ice was cold and long. The wind went on. "
    expect(page.locator("#qa-source-body .file")).to_have_text("ice.txt")
    expect(page.locator("#qa-position")).to_contain_text("1 of")
    expect(page.locator("#qa-position")).to_have_text("Citation 1 of 1")
    page.click('[data-act="next"]')
    expect(page.locator("#qa-position")).to_contain_text("Other answer 1 of")
    page.click('[data-act="previous"]')
    assert mark_in_view(page) == words
    page.click('[data-act="copy-open"]')
    page.wait_for_selector("#qa[data-copied]")
    copied = page.get_attribute("#qa", "data-copied")
    assert copied
    assert copied.startswith(f"“{words}” (The ice diary")  # a whole sentence
    expect(page.locator('[data-act="copy-open"]')).to_have_text("Copied")


def test_the_length_switches_without_asking_again(page):
    turn = ask(page, LANDED)
    page.wait_for_selector("#qa-source-body mark.span")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    around = turn.locator(".words .around").last
    expect(around).to_be_hidden()
    turn.get_by_role("radio", name="Paragraph").click()
    expect(around).to_be_visible()
    expect(around).to_contain_text("Engineers in Hawthorne cheered.")
    turn.get_by_role("radio", name="Words").click()
    expect(around).to_be_hidden()
    assert not [name for name in asked if "/run/" in name]


LONG_PARAGRAPH = " ".join(
    f"Day {n} on the dyke was wet and long, and the wind went on all night."
    if n != 40
    else "Then Mayor Ruth Abara opened the sluice at noon."
    for n in range(80)
)


@pytest.mark.parametrize("shape", [WIDE, NARROW])
def test_a_paragraph_that_scrolls_opens_at_its_words(page, shape):
    """It shows that it scrolls, keys reach it, and it stays where it is scrolled to."""
    page.set_viewport_size(shape)
    text = f"The dyke\n\n{LONG_PARAGRAPH}".encode()
    page.set_input_files(
        "#qa-files", [{"name": "dyke.txt", "mimeType": "text/plain", "buffer": text}]
    )
    expect(page.locator(".results .added")).to_have_count(1)
    turn = ask(page, "Who opened the sluice at noon?")
    words = turn.locator(".words")
    expect(words).not_to_have_attribute("tabindex", "0")
    turn.get_by_role("radio", name="Paragraph").click()
    expect(words).to_have_attribute("tabindex", "0")
    expect(words).to_have_class(re.compile("scrolls"))
    frame, mark = words.bounding_box(), words.locator("mark.span").bounding_box()
    assert frame["y"] < mark["y"]
    assert mark["y"] + mark["height"] < frame["y"] + frame["height"]
    expect(words.locator("mark.span")).to_be_in_viewport(ratio=0.9)
    words.evaluate("(box) => { box.scrollTop = 7; }")
    ask(page, "Who found a tin box?")
    assert words.evaluate("(box) => box.scrollTop") == 7
    turn.get_by_role("radio", name="Words").click()
    expect(words).not_to_have_attribute("tabindex", "0")
    row = page.locator(".shelf li", has_text="dyke")
    row.hover()
    row.locator(".remove").click()
    page.click('[data-act="remove-now"]')
    expect(row).to_have_count(0)


def test_a_follow_up_is_completed_and_can_be_edited(page):
    ask(page, "What did Maria Quispe say?")
    turn = ask(page, "What is she?")
    expect(turn.locator(".understood")).to_contain_text("Maria Quispe")
    turn.locator('[data-act="edit-understood"]').click()
    field = turn.locator(".edit-form textarea")
    expect(field).to_have_value("What is Maria Quispe?")
    field.fill("Who is Ken Ito?")
    field.press("Enter")
    expect(page.locator('.turn[data-turn="1"] h2')).to_have_text("Who is Ken Ito?")
    assert page.locator(".turn[data-turn]").count() == 2


def test_editing_a_question_asks_it_again(page):
    ask(page, "Who found a tin box?")
    ask(page, LANDED)
    first = page.locator('.turn[data-turn="0"]')
    first.locator('[data-act="edit"]').click()
    first.locator(".edit-form textarea").fill("What is smaller than llamas?")
    first.get_by_role("button", name="Ask again").click()
    expect(page.locator(".turn h2")).to_have_text(["What is smaller than llamas?"])
    expect(page.locator('.turn[data-turn="0"]')).to_be_focused()
    page.keyboard.press("Alt+k")  # what was open has gone
    page.get_by_role("button", name="Bring it back").click()
    expect(page.locator(".turn h2")).to_have_text(["Who found a tin box?", LANDED])
    expect(page.locator("#qa-conversations option")).to_have_count(2)
    first.locator('[data-act="edit"]').click()
    first.locator(".edit-form textarea").press("Enter")  # the same words ask nothing
    expect(page.locator(".edit-form")).to_have_count(0)
    expect(page.locator(".turn h2")).to_have_text(["Who found a tin box?", LANDED])


def test_a_key_pressed_while_an_edited_question_is_read_finds_nothing(page):
    ask(page, "Who found a tin box?")
    ask(page, LANDED).locator(".citations .cite").first.click()
    expect(page.locator("#qa-source-body .source-title")).to_be_focused()
    first = page.locator('.turn[data-turn="0"]')
    first.locator('[data-act="edit"]').click()
    first.locator(".edit-form textarea").fill("What is smaller than llamas?")
    again = first.get_by_role("button", name="Ask again")
    held = hold_back(page, "**/run/page_ask", again.click)
    page.keyboard.press("Alt+k")
    held.continue_()
    expect(page.locator(".turn h2")).to_have_text(["What is smaller than llamas?"])


def test_no_answer_is_told_with_what_is_near_and_what_can_be_asked(page):
    turn = ask(page, "Zorgblatt whisper penguins?")
    expect(turn.locator(".reason")).to_contain_text("articles")
    expect(turn.locator(".missing")).to_contain_text("Zorgblatt")
    turn.locator(".nearest .cite").first.click()
    mark_in_view(page)
    page.click('[data-act="new"]')
    example = page.locator("#qa-examples button").first
    question = example.inner_text()
    example.click()
    expect(page.locator(".turn[data-turn] h2")).to_have_text(question)
    expect(page.locator(".turn .found")).to_be_visible()


def test_an_uploaded_article_is_asked_and_removed(page, folder):
    """Each file gets a result; what is removed is gone from the answers."""
    question = "What do capybaras eat?"
    expect(ask(page, question).locator(".missing")).to_contain_text("capybaras")
    text = b"---\ntitle: Capybaras\n---\nCapybaras eat grass and water plants."
    files: list[Any] = [
        {"name": "capybaras.md", "mimeType": "text/markdown", "buffer": text},
        {"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"\x00\x01"},
        {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""},
    ]
    page.set_input_files("#qa-files", files)
    results = page.locator(".results li")
    expect(results).to_have_count(3)
    expect(results.nth(0)).to_contain_text("added capybaras.md")
    expect(page.locator(".results .skipped")).to_have_count(2)
    row = page.locator(".shelf li", has_text="Capybaras")
    expect(row).to_contain_text("added here")
    assert not list(folder.glob("capy*"))  # the user's own folder is left alone
    turn = ask(page, question)
    expect(turn.locator(".words mark.span")).to_contain_text("grass and water plants")
    page.set_input_files("#qa-files", files[:1])
    expect(results.nth(0)).to_contain_text("unchanged")
    row.hover()
    row.locator(".remove").click()
    dialog = page.locator("#qa-remove")
    expect(dialog).to_contain_text("its file is deleted")
    dialog.get_by_role("button", name="Keep").click()
    expect(row).to_be_visible()
    row.hover()
    row.locator(".remove").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    gone = ask(page, question)
    expect(gone.locator(".missing")).to_contain_text("capybaras")


def test_an_answer_outlives_its_article(page):
    """It is told that the article is gone; the quote can be read and copied."""
    row = page.locator(".shelf li", has_text="The ice diary")
    turn = ask(page, "Who found a tin box?")
    page.wait_for_selector("#qa-source-body mark.span")
    row.hover()
    row.locator(".remove").click()
    page.click('[data-act="remove-now"]')
    expect(row).to_have_count(0)
    page.reload()
    expect(turn.locator(".notice")).to_contain_text("no longer in the library")
    turn.locator('[data-act="copy"]').click()
    quote = re.compile("^“Captain Mary Crozier found a tin box.” [(]The ice diary")
    expect(page.locator("#qa")).to_have_attribute("data-copied", quote)
    turn.locator(".citations .cite").click()
    body = page.locator("#qa-source-body")
    expect(body).to_contain_text("no longer in the library")
    expect(body.locator("mark.span")).to_contain_text("tin box")
    page.click('[data-act="restore"]')
    expect(row).to_be_visible()


def test_what_cannot_be_shown_cannot_be_copied(page):
    turn = ask(page, "Who found a tin box?")
    page.wait_for_selector("#qa-source-body mark.span")
    button = page.locator('[data-act="copy-open"]')
    expect(button).to_have_attribute("aria-disabled", "false")
    page.route("**/run/page_citation", lambda route: route.abort())
    turn.locator(".citations .cite").click()
    expect(page.locator("#qa-source-body .wrong")).to_be_visible()
    expect(button).to_have_attribute("aria-disabled", "true")
    page.unroute_all(behavior="ignoreErrors")


def test_closing_leads_where_it_says(page):
    """To the list an article was opened from, or to the answer that cites it."""
    close = page.locator('[data-act="close"]')
    listed = page.locator(".shelf li", has_text="rocket").locator(".open")
    listed.click()
    page.wait_for_selector("#qa-source-body .source-title")
    expect(close).to_have_attribute("title", "Back to the articles")
    close.click()
    expect(listed).to_be_focused()
    listed.click()
    page.wait_for_selector("#qa-source-body .source-title")
    turn = ask(page, "Who found a tin box?")
    page.wait_for_selector("#qa-source-body mark.span")
    expect(close).to_have_attribute(
        "aria-label", "Close the source, back to the answer"
    )
    close.click()
    expect(turn.locator(".citations .cite")).to_be_focused()


def test_files_may_be_dropped_anywhere(page):
    """The browser does not leave the page to show them."""
    drop = """(name) => {
      const files = new DataTransfer();
      files.items.add(new File(["The axolotl regrows its legs."], name));
      const place = document.querySelector("#qa-turns");
      for (const kind of ["dragover", "drop"]) place.dispatchEvent(
        new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: files })
      );
    }"""
    page.evaluate(drop, "axolotl.txt")
    expect(page.locator(".results .added")).to_contain_text("axolotl.txt")
    page.click('[data-act="dismiss"]')
    expect(page.locator(".results")).to_have_count(0)
    row = page.locator(".shelf li", has_text="axolotl")
    row.hover()
    row.locator(".remove").click()
    page.click('[data-act="remove-now"]')
    expect(row).to_have_count(0)


def test_an_empty_library_asks_for_articles(browser, tmp_path):
    """The first thing to do is shown; once it is done, there is something to ask."""
    (tmp_path / "articles").mkdir()
    fast = Settings(embedder="hash:256", reader="sentence", min_confidence=0.3)
    empty = QA.open(tmp_path / "articles", store=tmp_path / "store", settings=fast)
    demo, address = start(empty, port=0)
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#qa[data-adopted]")
    expect(page.get_by_role("heading", name="Add articles to ask them")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    text = LLAMAS.encode()
    chooser.value.set_files(
        [{"name": "llamas.md", "mimeType": "text/markdown", "buffer": text}]
    )
    expect(page.locator("#qa-examples button").first).to_be_visible()
    expect(page.get_by_role("heading", name="Ask these articles")).to_be_visible()
    context.close()
    demo.close(verbose=False)


def test_one_article_of_an_added_file_leaves_the_file(page):
    """The dialog tells so; with its last article the file is deleted."""
    page.set_input_files(
        "#qa-files",
        [
            {
                "name": "birds.csv",
                "mimeType": "text/csv",
                "buffer": b"title,text\nGrebes,Grebes dive for fish in lakes.\n"
                b"Shrikes,Shrikes keep their prey on thorns.\n",
            }
        ],
    )
    dialog = page.locator("#qa-remove")
    for name, words in (("Grebes", "Its file stays"), ("Shrikes", "file is deleted")):
        row = page.locator(".shelf li", has_text=name)
        row.hover()
        row.locator(".remove").click()
        expect(dialog).to_contain_text(words)
        dialog.get_by_role("button", name="Remove").click()
        expect(row).to_have_count(0)


def test_a_change_that_waits_is_told_and_leaves_the_writer_alone(page, monkeypatch):
    """The article is marked, and the focus stays where it has gone meanwhile."""
    monkeypatch.setattr(Library, "is_indexing", property(lambda _: True))
    draw_list_anew(page)
    row = page.locator(".shelf li", has_text="The ice diary")
    row.hover()
    row.locator(".remove").click()
    held = hold_back(
        page, "**/page_remove", lambda: page.click('[data-act="remove-now"]')
    )
    told = page.locator("#qa-results")
    expect(told).to_contain_text("Removing “The ice diary”")
    expect(told).to_contain_text("waits until indexing ends")
    draw_list_anew(page)
    expect(row).to_have_attribute("aria-busy", "true")
    page.click("#qa-question")
    held.continue_()
    expect(row).to_have_count(0)
    expect(told).to_be_empty()
    expect(page.locator("#qa-question")).to_be_focused()
    page.click('[data-act="restore"]')
    expect(row).to_be_visible()


def test_what_became_of_two_uploads_is_told_of_both(page):
    def upload(name: str) -> None:
        text = f"The {name} regrows its legs.".encode()
        page.set_input_files(
            "#qa-files",
            [{"name": f"{name}.txt", "mimeType": "text/plain", "buffer": text}],
        )

    held = hold_back(page, "**/page_add", lambda: upload("axolotl"))
    upload("salamander")
    expect(page.locator(".results .added")).to_contain_text(["salamander.txt"])
    held.continue_()
    expect(page.locator(".results .added")).to_have_count(2)
    for name in ("axolotl", "salamander"):
        page.locator(".told", has_text=name).locator('[data-act="dismiss"]').click()
        row = page.locator(".shelf li", has_text=name)
        row.hover()
        row.locator(".remove").click()
        page.click('[data-act="remove-now"]')
        expect(row).to_have_count(0)
    expect(page.locator("#qa-results")).to_be_empty()


def draw_list_anew(page: Page) -> None:
    """Have the list of articles drawn again, as when the library has changed."""
    page.evaluate("document.querySelector('#qa-shelf').firstChild.className += ' old'")
    page.dispatch_event("#qa-search", "input")
    expect(page.locator("#qa-shelf .old")).to_have_count(0)


def test_a_list_drawn_anew_keeps_what_is_held_and_unfolded(page, library, monkeypatch):
    skipped = [("a.docx", "a.docx: damaged")]
    monkeypatch.setattr(type(library.library.store), "skipped", lambda _: skipped)
    draw_list_anew(page)
    page.locator(".unread summary").click()
    row = page.locator(".shelf li", has_text="The ice diary")
    row.locator(".open").click()
    expect(row).to_have_attribute("aria-current", "true")
    for part in (row.locator("input"), row.locator(".open"), row.locator(".remove")):
        part.focus()
        draw_list_anew(page)
        expect(part).to_be_focused()
    expect(row).to_have_attribute("aria-current", "true")
    expect(page.locator(".unread")).to_have_attribute("open", "")
    page.click('[data-act="close"]')
    expect(row.locator(".open")).to_be_focused()


def test_a_dialog_gives_the_focus_back_to_a_list_drawn_anew(page):
    row = page.locator(".shelf li", has_text="The ice diary")
    row.hover()
    row.locator(".remove").click()
    draw_list_anew(page)
    page.keyboard.press("Escape")
    expect(page.locator("#qa-remove")).to_be_hidden()
    expect(row.locator(".remove")).to_be_focused()


def test_an_article_of_the_folder_is_hidden_and_brought_back(page, folder):
    row = page.locator(".shelf li", has_text="The ice diary")
    row.hover()
    row.locator(".remove").click()
    expect(page.locator("#qa-remove")).to_contain_text("stays in your folder")
    page.click('[data-act="remove-now"]')
    expect(row).to_have_count(0)
    assert (folder / "ice.txt").exists()
    page.click('[data-act="restore"]')
    expect(row).to_be_visible()


def test_only_the_chosen_articles_are_asked(page):
    page.fill("#qa-search", "ice")
    rows = page.locator(".shelf li")
    expect(rows).to_have_count(1)
    rows.locator("input").check()
    expect(page.locator("#qa-chosen")).to_contain_text("only 1 of 3")
    turn = ask(page, LANDED)
    for place in turn.locator(".cite .title").all_text_contents():
        assert place == "The ice diary"
    page.click('[data-act="ask-all"]')
    expect(page.locator("#qa-chosen button")).to_be_focused()
    page.fill("#qa-search", "rocket")
    expect(rows).to_contain_text("rocket")
    page.click('[data-act="ask-found"]')
    expect(rows.locator("input")).to_be_checked()
    expect(page.locator("#qa-chosen")).to_contain_text("only 1 of 3")
    page.click('[data-act="ask-all"]')
    expect(ask(page, LANDED).locator(".cite").first).to_contain_text("rocket")


def test_what_is_said_of_chosen_articles_holds_for_them(page):
    """Also when it is drawn again; one press asks all of them."""
    page.fill("#qa-search", "llamas")
    expect(page.locator(".shelf li")).to_have_count(1)
    page.locator(".shelf li input").check()
    examples = page.locator("#qa-examples")
    expect(examples.locator("button")).to_have_text(["Who is Maria Quispe?"])
    turn = ask(page, "Zorgblatt whisper penguins?")
    one = re.compile("^The chosen article (does|may) not (seem to )?say")
    expect(turn.locator(".reason")).to_have_text(one)
    expect(turn.locator(".spent")).to_contain_text("over 1 passage")
    page.reload()
    expect(turn.locator(".reason")).to_have_text(one)
    turn.get_by_role("button", name="Ask all articles").click()
    wide = page.locator('.turn[data-turn="1"]')
    every = re.compile("^The articles (do|may) not (seem to )?say")
    expect(wide.locator(".reason")).to_have_text(every)
    expect(page.locator("#qa-chosen")).not_to_contain_text("only 1")


def test_a_slow_list_does_not_take_a_choice_back(page):
    page.fill("#qa-search", "ice")
    rows = page.locator(".shelf li")
    expect(rows).to_have_count(1)
    rows.locator("input").check()
    listing = hold_back(
        page, "**/page_library", lambda: page.fill("#qa-search", "rocket")
    )
    page.click('[data-act="ask-all"]')
    listing.continue_()  # asked when the ice diary was still chosen
    expect(rows).to_contain_text("rocket", ignore_case=True)
    expect(page.locator("#qa-chosen")).not_to_contain_text("only 1")
    expect(rows.locator("input")).not_to_be_checked()


def test_an_earlier_list_does_not_cover_a_later_one(page):
    rows = page.locator(".shelf li")
    expect(rows).to_have_count(3)
    listing = hold_back(
        page, "**/page_library", lambda: page.fill("#qa-search", "rocket")
    )
    page.fill("#qa-search", "ice")
    expect(rows).to_have_count(1)
    with page.expect_response("**/page_library"):
        listing.continue_()
    page.wait_for_timeout(200)
    expect(rows).to_contain_text("ice", ignore_case=True)


def test_conversations_are_kept_and_cleared(page):
    ask(page, "Who found a tin box?")
    page.click('[data-act="new"]')
    ask(page, LANDED)
    page.reload()
    expect(page.locator(".turn h2")).to_have_text([LANDED])
    options = page.locator("#qa-conversations option")
    expect(options).to_have_count(2)
    page.select_option("#qa-conversations", label="Who found a tin box?")
    expect(page.locator(".turn h2")).to_have_text(["Who found a tin box?"])
    page.click('[data-act="clear"]')
    expect(page.locator(".turn[data-turn]")).to_have_count(0)
    expect(page.locator("#qa-start")).to_be_visible()
    expect(options).to_have_count(2)  # the other, and a new one
    page.click('[data-act="bring-back"]')
    expect(page.locator(".turn h2")).to_have_text(["Who found a tin box?"])
    expect(options).to_have_count(2)
    page.click('[data-act="new"]')
    expect(page.locator("#qa-undo")).to_be_hidden()


def test_two_tabs_keep_each_others_conversations(page, context, url):
    other = context.new_page()
    other.goto(url)
    other.wait_for_selector("#qa[data-adopted]")
    ask(page, "Who found a tin box?")
    ask(other, LANDED)
    for tab in (page, other):
        tab.reload()
        words = tab.locator("#qa-conversations").inner_text()
        assert "tin box" in words
        assert "booster" in words
    # the same conversation in both: what the other one adds is not lost
    tab = context.new_page()
    tab.goto(url)
    tab.wait_for_selector(".turn")
    ask(other, "What is smaller than llamas?")
    ask(tab, "Who cheered?")
    tab.reload()
    tab.wait_for_selector(".turn")
    kept = tab.evaluate(
        """Object.values(localStorage).flatMap((kept) => JSON.parse(kept).conversations
          .flatMap((c) => c.answers.map((a) => a.question))).sort()"""
    )
    assert kept.count("What is smaller than llamas?") == 1
    assert kept.count("Who cheered?") == 1
    tab.close()
    other.close()


def test_each_tab_keeps_its_own_conversation_and_choice(page, context, url):
    """Whatever another tab has saved since."""
    ask(page, "Who found a tin box?")
    other = context.new_page()
    other.goto(url)
    other.wait_for_selector("#qa[data-adopted]")
    other.click('[data-act="new"]')
    ask(other, LANDED)
    other.locator(".shelf li", has_text="The ice diary").locator("input").check()
    for tab, question in ((page, "Who found a tin box?"), (other, LANDED)):
        tab.reload()
        expect(tab.locator(".turn h2")).to_have_text([question])
        expect(tab.locator("#qa-conversations option")).to_have_count(2)
    expect(other.locator("#qa-chosen")).to_contain_text("only 1 of 3")
    expect(page.locator("#qa-chosen")).to_contain_text("Asking all")
    other.close()


def test_a_tab_that_asks_nothing_leaves_a_conversation_to_the_others(
    page, context, url
):
    """Whatever else it saves: no second conversation, and no turn is lost."""
    tin, smaller = "Who found a tin box?", "What is smaller than llamas?"
    ask(page, tin)
    other = context.new_page()
    other.goto(url)
    other.wait_for_selector("#qa[data-adopted]")
    other.wait_for_selector(".turn")
    ask(other, LANDED)
    page.get_by_role("radio", name="Paragraph").click()
    page.reload()
    expect(page.locator(".turn h2")).to_have_text([tin, LANDED])
    expect(page.locator("#qa-conversations option")).to_have_count(1)
    ask(other, smaller)
    other.close()
    page.click('[data-act="new"]')
    page.select_option("#qa-conversations", label=tin)
    expect(page.locator(".turn h2")).to_have_text([tin, LANDED, smaller])
    page.reload()
    expect(page.locator(".turn h2")).to_have_text([tin, LANDED, smaller])


def test_what_cannot_be_kept_stays_in_the_page_and_is_told(page):
    """Where nothing can be, and where not all; once there is room, all is kept."""
    page.evaluate(
        """() => {
          const write = Storage.prototype.setItem;
          window.room = 0;
          Storage.prototype.setItem = function (name, text) {
            if (text.length > window.room) throw new Error("full");
            write.call(this, name, text);
          };
        }"""
    )
    options = page.locator("#qa-conversations option")
    told = page.locator("#qa-unkept")
    ask(page, "Who found a tin box?")
    expect(told).to_contain_text("does not keep all")
    page.click('[data-act="new"]')
    ask(page, LANDED)
    expect(options).to_have_count(2)
    page.evaluate("window.room = 1e6")
    page.click('[data-act="theme"]')
    expect(told).to_be_empty()
    page.evaluate("window.room = Object.values(localStorage)[0].length - 100")
    page.click('[data-act="theme"]')
    expect(told).to_contain_text("does not keep all")
    assert page.evaluate(
        "JSON.parse(Object.values(localStorage)[0]).conversations.length === 1"
    )
    expect(options).to_have_count(2)
    page.evaluate("window.room = 1e6")
    page.click('[data-act="theme"]')
    page.reload()
    expect(options).to_have_count(2)
    page.select_option("#qa-conversations", label="Who found a tin box?")
    expect(page.locator(".turn h2")).to_have_text(["Who found a tin box?"])


FILL = """(n) => {
  const name = Object.keys(localStorage).find((key) => key.startsWith("qa-"));
  const kept = JSON.parse(localStorage[name]), [one] = kept.conversations;
  while (kept.conversations.length < n)
    kept.conversations.push({ ...one, id: `copy ${kept.conversations.length}` });
  localStorage[name] = JSON.stringify(kept);
}"""


def test_a_full_list_of_conversations_tells_that_the_oldest_go(page):
    ask(page, "Who found a tin box?")
    options = page.locator("#qa-conversations option")
    page.evaluate(FILL, 29)
    page.reload()
    expect(options).to_have_count(29)
    page.click('[data-act="new"]')
    for _ in range(2):
        expect(options).to_have_count(31)
        expect(options.last).to_have_text("Only the last 30 conversations are kept")
        expect(options.last).to_be_disabled()
        ask(page, LANDED)
        page.click('[data-act="new"]')


def test_a_conversation_just_gone_on_with_is_the_last_to_go(page):
    """However long ago it was begun."""
    tin = "Who found a tin box?"
    ask(page, tin)
    page.evaluate(FILL, 30)
    page.reload()
    expect(page.locator(".turn h2")).to_have_text([tin])
    with page.expect_response("**/page_render"):
        page.select_option("#qa-conversations", index=29)
    expect(page.locator(".turn h2")).to_have_text([tin])
    ask(page, LANDED)
    page.click('[data-act="new"]')
    page.select_option("#qa-conversations", index=1)
    expect(page.locator(".turn h2")).to_have_text([tin, LANDED])


def test_what_two_tabs_went_on_with_is_kept_of_both(page, context, url):
    """Also where the list is full."""
    tin, smaller = "Who found a tin box?", "What is smaller than llamas?"
    ask(page, tin)
    page.evaluate(FILL, 29)
    page.reload()
    expect(page.locator(".turn h2")).to_have_text([tin])
    other = context.new_page()
    other.goto(url)
    other.wait_for_selector(".turn")
    ask(other, LANDED)
    other.close()
    ask(page, smaller)
    page.click('[data-act="new"]')
    for index, last in ((1, smaller), (2, LANDED)):
        page.select_option("#qa-conversations", index=index)
        expect(page.locator(".turn h2")).to_have_text([tin, last])


def test_what_is_brought_back_stands_beside_what_another_tab_made_of_it(
    page, context, url
):
    tin = "Who found a tin box?"
    ask(page, tin)
    other = context.new_page()
    other.goto(url)
    other.wait_for_selector(".turn")
    page.click('[data-act="clear"]')
    ask(other, LANDED)
    options = page.locator("#qa-conversations option")
    expect(options).to_have_count(2)
    page.click('[data-act="bring-back"]')
    expect(page.locator(".turn h2")).to_have_text([tin])
    other.close()
    page.reload()
    expect(page.locator(".turn h2")).to_have_text([tin])
    expect(options).to_have_count(2)
    page.select_option("#qa-conversations", index=1)
    expect(page.locator(".turn h2")).to_have_text([tin, LANDED])


def test_what_another_tab_kept_again_is_brought_back_once(page, context, url):
    ask(page, LANDED)
    other = context.new_page()
    other.goto(url)
    other.wait_for_selector(".turn")
    page.click('[data-act="clear"]')
    other.click('[data-act="theme"]')
    options = page.locator("#qa-conversations option")
    expect(options).to_have_count(2)
    page.click('[data-act="bring-back"]')
    expect(page.locator(".turn h2")).to_have_text([LANDED])
    expect(options).to_have_count(1)
    other.close()


def test_what_is_asked_while_a_conversation_is_drawn_stands_below_it(page):
    ask(page, "Who found a tin box?")
    drawing = hold_back(page, "**/page_render", page.reload)
    page.wait_for_selector("gradio-app #qa[data-adopted]")
    page.fill("#qa-question", LANDED)
    page.press("#qa-question", "Enter")
    turns = page.locator(".turn[data-turn] h2")
    expect(turns).to_have_text([LANDED])
    drawing.continue_()
    expect(turns).to_have_text(["Who found a tin box?", LANDED])
    page.keyboard.press("Alt+e")
    expect(page.locator(".edit-form textarea")).to_have_value(LANDED)


def test_a_conversation_that_is_left_and_opened_again_is_drawn_once(page):
    tin = "Who found a tin box?"
    ask(page, tin)
    page.click('[data-act="new"]')
    ask(page, LANDED)

    def select(question: str) -> None:
        page.select_option("#qa-conversations", label=question)

    drawing = hold_back(page, "**/page_render", lambda: select(tin))
    select(LANDED)
    expect(page.locator(".turn h2")).to_have_text([LANDED])
    select(tin)
    expect(page.locator(".turn h2")).to_have_text([tin])
    with page.expect_response("**/page_render"):
        drawing.continue_()
    page.wait_for_timeout(200)
    expect(page.locator(".turn h2")).to_have_text([tin])


def test_exports_are_read_back(page, library, folder, tmp_path):
    """All three files hold the quote; the JSON verifies, the HTML stands alone."""
    turn = ask(page, LANDED)
    quote = turn.locator(".words mark.span").inner_text()
    texts = {}
    for kind in ("markdown", "json", "html"):
        page.click("#qa-export summary")
        with page.expect_download() as download:
            page.click(f'[data-kind="{kind}"]')
        place = tmp_path / download.value.suggested_filename
        download.value.save_as(place)
        texts[kind] = place.read_text(encoding="utf-8")
        assert "landed on a barge" in texts[kind]
    (answer,) = json.loads(texts["json"])["answers"]
    assert answer["citations"][0]["quote"] == quote
    checks = Verifier(folder).check(answer)
    assert checks
    assert all(check.is_verbatim and check.is_same_file for check in checks)
    alone = page.context.new_page()
    alone.set_content(texts["html"])
    expect(alone.locator("mark").first).to_have_text(quote)
    alone.close()


def test_an_export_tells_what_it_leaves_out(page):
    """An answer that cannot be read; the title is not cut through a character."""
    question = f"{'Where did the booster land? ' * 9}"[:118] + "\U0001f3c9 please?"
    ask(page, question)
    page.evaluate(
        """() => {
          const name = Object.keys(localStorage).find((key) => key.startsWith("qa-"));
          const kept = JSON.parse(localStorage[name]);
          kept.conversations[0].answers.push({ question: "What broke?", text: 5 });
          localStorage[name] = JSON.stringify(kept);
        }"""
    )
    page.reload()
    expect(page.locator(".stub")).to_be_visible()
    page.click("#qa-export summary")
    with page.expect_download() as download:
        page.click('[data-kind="markdown"]')
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert text.startswith(f"# {question[:118]}\U0001f3c9…\n")
    expect(page.locator(".turns .wrong")).to_contain_text(
        "1 answer that cannot be read was left out"
    )


def test_asking_can_be_stopped(page):
    """The question comes back into its field, and the next one works."""

    def slow(route: Route) -> None:
        page.wait_for_timeout(1500)
        route.abort()

    page.route("**/run/page_ask", slow)
    page.fill("#qa-question", LANDED)
    page.press("#qa-question", "Enter")
    with page.expect_request("**/run/page_stop") as request:
        page.get_by_role("button", name="Stop").click()
    assert request.value.post_data_json["data"][0]  # the ticket of its place in line
    expect(page.locator("#qa-question")).to_have_value(LANDED)
    expect(page.locator(".turn")).to_have_count(0)
    page.unroute_all(behavior="ignoreErrors")
    expect(ask(page, LANDED).locator(".found")).to_be_visible()


def hold(page: Page) -> None:
    """Let questions wait until they are given up."""
    page.route("**/run/page_ask", lambda _: None)


def test_what_was_edited_comes_back_when_it_is_stopped(page):
    ask(page, "Who found a tin box?")
    ask(page, LANDED)
    hold(page)
    first = page.locator('.turn[data-turn="0"]')
    first.locator('[data-act="edit"]').click()
    first.locator(".edit-form textarea").fill("What is smaller than llamas?")
    first.get_by_role("button", name="Ask again").click()
    expect(page.locator(".reading")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".turn h2")).to_have_text(["Who found a tin box?", LANDED])
    expect(page.locator("#qa-question")).to_have_value("What is smaller than llamas?")
    page.unroute_all(behavior="ignoreErrors")


def test_leaving_a_conversation_stops_its_question(page):
    """No error, and nothing of it in the conversation that is shown instead."""
    ask(page, LANDED)
    hold(page)
    page.fill("#qa-question", "Who found a tin box?")
    page.press("#qa-question", "Enter")
    expect(page.locator(".reading")).to_be_visible()
    page.click('[data-act="new"]')
    expect(page.locator("#qa-start")).to_be_visible()
    expect(page.locator(".turn, .wrong")).to_have_count(0)
    expect(page.locator("#qa-question")).to_have_value("")
    page.unroute_all(behavior="ignoreErrors")
    ask(page, "What is smaller than llamas?")
    expect(page.locator(".turn h2")).to_have_text(["What is smaller than llamas?"])


def test_what_is_asked_stands_at_the_top_and_stays_there(page):
    """Also the second question, though little stands below it."""
    ask(page, LANDED)
    heading = ask(page, "Who found a tin box?").locator("h2")
    assert heading.bounding_box()["y"] < 160
    before = heading.bounding_box()
    page.get_by_role("radio", name="Paragraph").last.click()
    assert abs(heading.bounding_box()["y"] - before["y"]) < 2
    ask(page, "Zorgblatt whisper penguins?")
    page.wait_for_selector(".instead li")
    assert page.locator(".turn h2").last.bounding_box()["y"] < 160
    expect(page.locator("#qa-source-body .source-title")).to_have_count(0)


def test_what_is_read_does_not_jump_when_suggestions_come_late(page):
    """They would push down what was asked since."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route("**/run/page_examples", keep)
    with page.expect_request("**/run/page_examples"):
        ask(page, "Zorgblatt whisper penguins?")
    heading = ask(page, LANDED).locator("h2")
    before = heading.bounding_box()
    with page.expect_response("**/run/page_examples"):
        for route in held:
            route.continue_()
    page.wait_for_timeout(200)
    assert page.locator('.turn[data-turn="0"] .instead li').count() == 0
    assert heading.bounding_box() == before


def test_what_is_being_written_is_not_lost(page):
    """Neither to a question that is stopped, nor to a reload, nor to a long paste."""
    hold(page)
    page.fill("#qa-question", LANDED)
    page.press("#qa-question", "Enter")
    page.fill("#qa-question", "And who cheered?")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".wrong")).to_contain_text(LANDED)
    expect(page.locator("#qa-question")).to_have_value("And who cheered?")
    page.unroute_all(behavior="ignoreErrors")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".turn h2")).to_have_text([LANDED])
    page.reload()
    expect(page.locator("#qa-question")).to_have_value("And who cheered?")
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          const field = document.querySelector("#qa-question");
          data.setData("text", "x".repeat(3000));
          const sent = { clipboardData: data, bubbles: true };
          field.dispatchEvent(new ClipboardEvent("paste", sent));
          const typed = { inputType: "insertFromPaste", bubbles: true };
          field.dispatchEvent(new InputEvent("input", typed));
        }"""
    )
    expect(page.locator("#qa-cut")).to_contain_text("cut at 2,000 characters")


def test_damage_in_what_the_browser_keeps_costs_little(page):
    """One answer that cannot be read has a stub; the page lives whatever is kept."""
    ask(page, LANDED)
    page.evaluate(
        """() => {
          const name = Object.keys(localStorage).find((key) => key.startsWith("qa-"));
          const kept = JSON.parse(localStorage[name]);
          kept.conversations[0].answers.push({ question: "What broke?", text: 5 }, 7);
          const { id } = kept.conversations[0];
          kept.conversations.push(null, { id: 1 }, "x", { id, answers: [] });
          kept.chosen = kept.theme = 5;
          localStorage[name] = JSON.stringify(kept);
        }"""
    )
    page.reload()
    expect(page.locator(".turn h2")).to_have_text([LANDED, "What broke?"])
    expect(page.locator(".turn .found")).to_be_visible()
    expect(page.locator("#qa-conversations option")).to_have_count(1)
    page.locator(".stub button").click()
    expect(page.locator(".stub")).to_have_count(0)
    expect(page.locator(".turn h2")).to_have_text([LANDED, "What broke?"])


def test_a_server_that_is_gone_is_told_and_asked_again(page):
    """The conversation stays in view."""
    ask(page, "Who found a tin box?")
    page.route("**/run/page_ask", lambda route: route.abort())
    page.fill("#qa-question", LANDED)
    page.press("#qa-question", "Enter")
    told = page.locator('.wrong[role="alert"]')
    expect(told).to_contain_text("Is `qa serve` still running?")
    expect(page.locator(".turn .found")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    told.get_by_role("button", name="Try again").click()
    expect(page.locator(".turn h2")).to_have_text(["Who found a tin box?", LANDED])
    expect(page.locator("#qa-question")).to_have_value("")
    expect(told).to_have_count(0)


def test_the_focus_is_never_dropped(page):
    """A button that has nothing more to do keeps it; a menu closes behind it."""
    ask(page, LANDED)
    page.wait_for_selector("#qa-source-body mark.span")
    following = page.locator('[data-act="next"]')
    following.focus()
    for _ in range(6):
        page.keyboard.press("Enter")
        page.wait_for_timeout(100)
    expect(following).to_have_attribute("aria-disabled", "true")
    expect(following).to_be_focused()
    page.click("#qa-export summary")
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.locator("#qa-export")).not_to_have_attribute("open", "")
    turn = ask(page, "Who found a tin box?")
    page.wait_for_selector("#qa-source-body mark.span")
    page.locator('[data-act="close"]').press("Enter")
    expect(turn.locator(".cite").first).to_be_focused()
    page.route("**/run/page_ask", lambda route: route.abort())
    page.fill("#qa-question", LANDED)
    page.press("#qa-question", "Enter")
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator("#qa-turns")).to_be_focused()
    page.unroute_all(behavior="ignoreErrors")


def test_enter_that_chooses_a_character_does_not_ask(page):
    """Neither in the field nor where a question is edited (Chinese, Japanese, …)."""
    turn = ask(page, LANDED)
    turn.locator('[data-act="edit"]').click()
    field = turn.locator(".edit-form textarea")
    field.fill("Who found a tin box?")
    composing = {"key": "Enter", "isComposing": True, "bubbles": True}
    field.dispatch_event("keydown", composing)
    page.fill("#qa-question", "Who cheered?")
    page.dispatch_event("#qa-question", "keydown", composing)
    page.wait_for_timeout(100)
    expect(field).to_be_visible()
    expect(page.locator("#qa-question")).to_have_value("Who cheered?")


def test_a_long_question_is_shown_in_part(page):
    turn = ask(page, LANDED + " And" + " so on" * 200)
    heading = turn.locator("h2")
    assert heading.bounding_box()["height"] < 110
    turn.get_by_role("button", name="Show all").click()
    assert heading.bounding_box()["height"] > 200
    turn.get_by_role("button", name="Show less").click()
    assert heading.bounding_box()["height"] < 110


def test_a_server_that_fails_is_told(page):
    page.route("**/run/page_ask", lambda route: route.fulfill(status=500, body="{}"))
    page.fill("#qa-question", LANDED)
    page.press("#qa-question", "Enter")
    expect(page.locator('.wrong[role="alert"]')).to_contain_text("500")
    expect(page.locator("#qa-question")).to_have_value(LANDED)


def test_keyboard_alone_is_enough(page):
    """Ask, open a citation, step, close, and read the shortcuts; no mouse."""
    keys = page.keyboard
    expect(page.locator("#qa-question")).to_be_focused()
    keys.type(LANDED)
    keys.press("Enter")
    page.wait_for_selector(".found")
    page.wait_for_selector("#qa-source-body mark.span")
    keys.press("Escape")
    keys.press("Alt+1")
    expect(page.locator("#qa-source-body .source-title")).to_be_focused()
    assert "barge" in mark_in_view(page)
    keys.press("Alt+j")
    expect(page.locator("#qa-position")).to_contain_text("Other answer 1 of")
    expect(page.locator("#qa-source-body .source-title")).to_be_focused()
    keys.press("Escape")
    expect(page.locator("#qa-source-tools")).to_be_hidden()
    keys.press("Alt+l")
    expect(page.locator("#qa")).to_have_attribute("data-length", "paragraph")
    keys.press("Alt+e")
    keys.press("Escape")
    keys.press("Alt+h")
    expect(page.locator("#qa-help")).to_contain_text("Shortcuts")
    expect(page.locator("#qa-curl")).to_contain_text("/ask")
    keys.press("Escape")
    expect(page.locator("#qa-help")).to_be_hidden()
    keys.press("Alt+a")
    expect(page.locator("#qa-search")).to_be_focused()
    page.locator("#qa-source-body").focus()
    keys.type("and when, in all?")  # no command, wherever it is typed
    expect(page.locator("#qa-question")).to_be_focused()
    expect(page.locator("#qa-question")).to_have_value("and when, in all?")
    seen = []
    for _ in range(20):
        keys.press("Tab")
        seen.append(page.evaluate("document.activeElement.className"))
    for name in ("ask", "source-body", "open", "quiet remove"):
        assert name in seen
    assert seen.index("source-body") < seen.index("open")


def test_indexing_is_shown_as_it_goes(context, url, monkeypatch):
    """The bar has the real share; only its begin and its end are read out."""
    now = Progress(3, 10, 600, 0.45, 30.0)
    with monkeypatch.context() as patch:
        patch.setattr(Library, "status", property(lambda _: now))
        page = context.new_page()
        page.goto(url)
        bar = page.locator("#qa-status progress")
        expect(bar).to_have_attribute("value", "45")
        expect(page.locator("#qa-status")).to_contain_text("20 passages/s")
        expect(page.locator("#qa-status")).not_to_have_attribute("role", "status")
        expect(page.locator("#qa-said")).to_have_text("Indexing…")
    expect(bar).to_have_count(0)
    expect(page.locator("#qa-said")).to_have_text("Indexing is done.")
    page.close()


def test_a_password_is_asked_for(browser, library):
    """The log-in is drawn from this machine alone, and the page comes after it."""
    demo, address = start(library, port=0, auth="ada:plover")
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    fields = page.locator("input:visible")
    expect(fields).to_have_count(2)
    assert page.locator("#qa").count() == 0
    fields.nth(0).fill("ada")
    fields.nth(1).fill("plover")
    fields.nth(1).press("Enter")
    page.wait_for_selector(".shelf li")
    assert {urlsplit(name).hostname for name in asked} == {"127.0.0.1"}
    context.close()
    demo.close(verbose=False)


class TestNarrow:
    @pytest.fixture
    def size(self) -> ViewportSize:
        return NARROW

    def test_one_column_with_the_conversation_first(self, page):
        """Nothing sticks out; a citation leads to its words, and back."""
        tops = [
            page.locator(f"#qa-{name}").bounding_box()["y"]
            for name in ("conversation", "source", "library")
        ]
        assert tops == sorted(tops)
        turn = ask(page, "Who found a tin box?")
        assert page.evaluate("document.querySelector('#qa').scrollWidth") <= 400
        expect(turn.locator(".words mark.span")).to_be_in_viewport()
        turn.locator(".citations .cite").first.click()
        assert "tin box" in mark_in_view(page)
        page.click('[data-act="close"]')
        expect(turn.locator(".citations .cite").first).to_be_in_viewport()
        page.click('[data-act="to-library"]')
        expect(page.locator("#qa-search")).to_be_in_viewport()
        page.click('[data-act="to-source"]')
        expect(page.locator("#qa-source")).to_be_focused()
        page.keyboard.press("Alt+h")
        expect(page.locator("#qa-help-title")).to_be_in_viewport()

    def test_back_leads_to_the_conversation(self, page):
        """By the browser's button or the page's own, from source and articles."""
        turn = ask(page, "Who found a tin box?")
        cite = turn.locator(".citations .cite").first
        cite.click()
        mark_in_view(page)
        page.go_back()
        expect(cite).to_be_in_viewport()
        expect(cite).to_be_focused()
        page.click('[data-act="to-library"]')
        expect(page.locator("#qa-search")).to_be_in_viewport()
        page.click('[data-act="to-conversation"]')
        expect(cite).to_be_in_viewport()
        expect(page.locator("#qa-library")).not_to_be_in_viewport()
        ask(page, LANDED)
        page.reload()
        expect(page.locator(".turn h2").last).to_be_in_viewport()
        page.wait_for_selector("#qa[data-adopted]")
        expect(page.locator(".turn h2").last).to_be_in_viewport()


@pytest.mark.parametrize(("width", "height"), [(640, 400), (844, 390), (390, 450)])
def test_the_field_is_in_view_on_a_low_screen(page, width, height):
    """A page at twice its size, a telephone on its side; in one row if it is wide."""
    page.set_viewport_size({"width": width, "height": height})
    field = page.locator("#qa-question")
    expect(field).to_be_in_viewport(ratio=1)
    ask(page, "Who found a tin box?")
    expect(field).to_be_in_viewport(ratio=1)
    expect(page.locator(".words mark.span")).to_be_in_viewport(ratio=1)
    expect(page.locator('[data-act="to-library"]')).to_be_in_viewport(ratio=1)
    if width > height:
        assert page.locator("#qa-form").bounding_box()["height"] < 64
    page.set_viewport_size({"width": width, "height": 250})
    expect(page.locator("#qa-form")).to_have_css("position", "static")


def test_hostile_files_are_shown_as_text(page):
    """Title, text and file name run nothing, and are seen as they were written."""
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    text = f"---\ntitle: '{evil}'\n---\nThe plover `{evil}` sings.\n\n" + "x" * 100_000
    name = "pl<img src=x onerror=alert(1)>\u202eover.md"
    page.set_input_files(
        "#qa-files",
        files=[{"name": name, "mimeType": "text/markdown", "buffer": text.encode()}],
    )
    expect(page.locator(".results .added")).to_have_count(1)
    title = page.title()
    turn = ask(page, "What does the plover do?")
    expect(turn.locator(".cite .title").first).to_contain_text("<img src=x")
    turn.locator(".cite").first.click()
    assert "onerror" in mark_in_view(page)
    assert page.title() == title
    assert page.locator("#qa img, #qa script").count() == 0
    assert page.evaluate("document.querySelector('#qa').scrollWidth") <= WIDE["width"]
    page.locator(".shelf li", has_text="<img").hover()
    page.locator(".shelf li", has_text="<img").locator(".remove").click()
    page.click('[data-act="remove-now"]')
    expect(page.locator(".shelf li")).to_have_count(3)


def test_the_page_does_not_jump(browser, url):
    """Drawn before Gradio has loaded, and it stays where it was drawn."""
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    page.add_init_script(
        """window.shifted = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries())
            if (!entry.hadRecentInput) window.shifted += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    page.goto(url)
    page.wait_for_selector("gradio-app #qa[data-adopted]")
    page.wait_for_selector("#qa-examples li")
    ask(page, LANDED)
    page.wait_for_selector("#qa-source-body mark.span")
    page.wait_for_timeout(300)
    shifted = page.evaluate("window.shifted")
    context.close()
    assert shifted < 0.1  # "good" by the Web Vitals


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", WIDE), ("dark", WIDE), ("light", NARROW)]
)
def test_nobody_is_kept_out(browser, url, scheme, size):
    """axe-core finds no violation in what a conversation goes through."""
    try:
        source = axe.script()
    except axe.MissingError as error:
        give_up(str(error))
    context = browser.new_context(
        viewport=size, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("#qa[data-adopted]")
    page.wait_for_selector("#qa-examples li")
    # what the field covers can be scrolled free; axe-core takes it for a small target
    page.add_style_tag(content="#qa .composer { position: static !important; }")
    found = axe.violations(page, source)
    turn = ask(page, LANDED)
    turn.locator(".citations .cite").first.click()
    page.wait_for_selector("#qa-source-body mark.span")
    turn.locator(".others summary").click()
    ask(page, "Zorgblatt whisper penguins?")
    found += axe.violations(page, source)
    page.keyboard.press("Alt+h")
    found += axe.violations(page, source)
    context.close()
    assert found == []


def test_a_guess_is_not_marked_as_an_answer(page):
    """It has no fill, at any length."""
    turn = ask(page, LANDED)
    turn.evaluate("(turn) => turn.querySelector('.found').classList.add('is-unsure')")
    for length in ("Words", "Sentence", "Paragraph"):
        turn.get_by_role("radio", name=length).click()
        mark = turn.locator(".words mark.span")
        expect(mark).to_have_css("text-decoration-style", "dotted")
        assert "rgb(251, 224, 138)" not in mark.evaluate(
            "(mark) => getComputedStyle(mark).backgroundColor"
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_in_light_and_dark(browser, url, scheme):
    """Contrast of text with its ground is at least 4.5 to 1 (WCAG AA)."""
    context = browser.new_context(
        viewport=WIDE, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".shelf li")
    ask(page, LANDED)
    page.wait_for_selector("#qa-source-body mark.span")
    page.get_by_role("radio", name="Paragraph").click()
    low = page.evaluate(CONTRAST)
    context.close()
    assert low == []


def test_words_that_are_not_marked_have_the_colour_of_those_around_them(browser, url):
    """Also where a person's own colours take the place of the page's."""
    context = browser.new_context(
        viewport=WIDE, color_scheme="dark", forced_colors="active"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".shelf li")
    ask(page, LANDED)
    ask(page, "Zorgblatt whisper penguins?")
    plain, none = "rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"
    assert page.evaluate(COLOURS, ".near-words mark.span") == [plain, none]
    for length in ("Words", "Paragraph"):
        page.get_by_role("radio", name=length).first.click()
        assert page.evaluate(COLOURS, ".words.is-whole mark.span") == [plain, none]
    page.evaluate("document.querySelector('.words').classList.remove('is-whole')")
    assert page.evaluate(COLOURS, ".words mark.span") != [plain, none]
    page.get_by_role("radio", name="Words").first.click()
    assert page.evaluate(COLOURS, ".words mark.span") == [plain, none]
    context.close()


COLOURS = """(name) => {
  const { color, backgroundColor } = getComputedStyle(document.querySelector(name));
  return [color, backgroundColor];
}"""


CONTRAST = """() => {
  const canvas = document.createElement("canvas");
  const paint = canvas.getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    return paint.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const found = rgba(getComputedStyle(e).backgroundColor);
      if (found[3] === 255) return found;
    }
    return [255, 255, 255];
  };
  const isText = (node) => node.nodeType === 3 && node.textContent.trim();
  const isSeen = { visibilityProperty: true, opacityProperty: true };
  const low = [];
  for (const e of document.querySelectorAll("#qa *")) {
    if (![...e.childNodes].some(isText) || e.disabled) continue;
    if (e.closest(".vh, dialog, style") || !e.checkVisibility(isSeen)) continue;
    const a = light(rgba(getComputedStyle(e).color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${e.className || e.tagName}: ${ratio.toFixed(2)}`);
  }
  return low;
}"""
