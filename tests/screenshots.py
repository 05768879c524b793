"""Remakes the pictures of the page: `python -m tests.screenshots`.

They show the shipped articles with the default models, in Debian's Chromium. The look
depends on the fonts of the machine; those of the committed pictures come with
`apt-get install --no-install-recommends chromium fonts-texgyre fonts-inter`.
"""

import io
import shutil
import tempfile
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from qa.pipeline import QA
from qa.web.server import start
from tests.test_browser import FLAGS, NARROW, WIDE, ask

FOLDER = Path(__file__).parent.parent / "docs"
QUESTION = "What did Iran say about Assad's elections?"
FOLLOW_UP = "What did Pushkov say about the 1930s?"
UNKNOWN = "Who won the chess championship in Reykjavik?"
FILES: list[Any] = [
    {
        "name": "llamas.md",
        "mimeType": "text/markdown",
        "buffer": b"---\ntitle: Llamas and their kin\npublished: 2015-03-04\n---\n"
        b"Llamas hum to their young. They carry loads of up to 30 kilograms.",
    },
    {"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"\x00"},
]


def keep(page: Page, name: str) -> None:
    """Write what is on the screen as a small PNG."""
    page.wait_for_timeout(400)
    seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    small = seen.quantize(256, dither=Image.Dither.NONE)
    small.save(FOLDER / f"{name}.png", optimize=True)


def opened(
    browser: Browser, url: str, size: Any, scheme: Literal["light", "dark"]
) -> Page:
    """Open the page in a context of its own."""
    context = browser.new_context(
        viewport=size, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("#qa[data-adopted]")
    page.wait_for_selector("#qa-examples li", timeout=60_000)
    return page


def converse(page: Page, *, is_wide: bool) -> None:
    """Ask, and open the citation of the answer."""
    turn = ask(page, QUESTION)
    if not is_wide:
        turn.locator(".cite").first.click()
    page.wait_for_selector("#qa-source-body mark.span")


def take(browser: Browser, url: str) -> None:
    """Go through the main states of the page."""
    page = opened(browser, url, WIDE, "light")
    keep(page, "start")
    converse(page, is_wide=True)
    keep(page, "page")
    ask(page, FOLLOW_UP)
    page.get_by_role("radio", name="Paragraph").last.click()
    keep(page, "conversation")
    page.click('[data-act="new"]')
    ask(page, UNKNOWN)
    page.wait_for_selector(".instead li", timeout=60_000)
    page.set_input_files("#qa-files", FILES)
    page.wait_for_selector(".results")
    page.fill("#qa-search", "l")
    keep(page, "no-answer")
    page.context.close()

    page = opened(browser, url, WIDE, "dark")
    converse(page, is_wide=True)
    keep(page, "dark")
    page.context.close()

    page = opened(browser, url, NARROW, "light")
    keep(page, "narrow-start")
    turn = ask(page, QUESTION)
    keep(page, "narrow")
    turn.locator(".cite").first.click()
    page.wait_for_selector("#qa-source-body mark.span")
    keep(page, "narrow-source")
    page.context.close()


def main() -> None:
    """Serve the shipped articles from a store of their own, and take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as store,
        QA.open("seeds", store=store) as qa,
        sync_playwright() as playwright,
    ):
        qa.ask(QUESTION)
        demo, url = start(qa, port=0)
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        take(browser, url)
        browser.close()
        demo.close(verbose=False)


if __name__ == "__main__":
    main()
