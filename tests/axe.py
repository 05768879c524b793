"""Checks the page by axe-core, light, dark and narrow: `python -m tests.axe`.

axe-core (MPL-2.0) comes from npm into a temporary folder, so this needs npm and a
network, and is no part of `make test`. Ends with 1 if it finds a violation.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from qa.pipeline import QA
from qa.settings import Settings
from qa.web.server import start
from tests.test_browser import FLAGS, NARROW, WIDE, ask

AXE = "axe-core@4"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
STATES = (("light", WIDE), ("dark", WIDE), ("light", NARROW))
QUESTION = "Who heads the foreign affairs committee of Russia's parliament?"


def violations(page: Page, script: str) -> list[str]:
    """Return what axe finds on the page as it is now."""
    page.evaluate(script)
    found = page.evaluate("(rules) => axe.run(document, { runOnly: rules })", RULES)[
        "violations"
    ]
    return [
        f"{each['impact']}: {each['id']}: {node['html'][:160]}"
        for each in found
        for node in each["nodes"]
    ]


def check(page: Page, script: str) -> list[str]:
    """Go through the states of the page."""
    found = violations(page, script)
    ask(page, QUESTION)
    page.locator(".cite").first.click()
    page.wait_for_selector("#qa-source-body mark.span")
    ask(page, "What did Zorgblatt whisper to the penguins?")
    found += violations(page, script)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    return found + violations(page, script)


def main() -> int:
    """Install axe-core, serve the shipped articles, and check."""
    npm = shutil.which("npm")
    if npm is None:
        sys.stderr.write("npm is missing: install nodejs\n")
        return 1
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        subprocess.run([npm, "install", "--silent", AXE], cwd=place, check=True)
        axe = Path(place) / "node_modules" / "axe-core" / "axe.min.js"
        script = axe.read_text(encoding="utf-8")
        fast = Settings(embedder="hash:256", reader="sentence")
        demo, url = start(
            QA.open("seeds", store=f"{place}/store", settings=fast), port=0
        )
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        found: list[str] = []
        for scheme, size in STATES:
            options: Any = {"color_scheme": scheme, "reduced_motion": "reduce"}
            context = browser.new_context(viewport=size, **options)
            page = context.new_page()
            page.goto(url)
            page.wait_for_selector("#qa[data-adopted]")
            page.wait_for_selector("#qa-examples li", timeout=60_000)
            found += [f"{scheme} {size['width']}: {w}" for w in check(page, script)]
            context.close()
        browser.close()
        demo.close(verbose=False)
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.stdout.write(f"{len(found)} violations in {len(STATES)} views of 3 states\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
