"""How quick the page is in a real browser, beside Gradio's stock ChatInterface.

    python -m tests.page_speed [--runs 20] [--people 0]

Prints medians over fresh browser contexts: first contentful paint, until a question
can be typed, and from Enter to the answer on the screen. With `--people N`, N of them
ask at once for a minute over HTTP, and errors and the slowest twentieth are told.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
from typing import Any

import gradio as gr
import httpx
from playwright.sync_api import Browser, sync_playwright

from qa.pipeline import QA
from qa.render import to_markdown
from qa.settings import Settings
from qa.web.server import free_port, start
from tests.test_browser import FLAGS

QUESTIONS = (
    "What did Iran say about Assad's elections?",
    "When did New Horizons leave Earth?",
    "Who took over at the helm of Volkswagen after Winterkorn?",
    "When was the Crimea referendum held?",
    "Which pilot was killed when Turkey shot down the Su-24?",
)
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
MINUTE = 60.0


def stock(qa: QA) -> tuple[gr.Blocks, str]:
    """Start what Gradio offers for conversations, over the same library."""
    demo = gr.ChatInterface(lambda message, _: to_markdown(qa.ask(message)))
    port = free_port("127.0.0.1", 0)
    demo.launch(server_port=port, quiet=True, prevent_thread_lock=True)
    return demo, f"http://127.0.0.1:{port}"


def visit(browser: Browser, url: str, question: str, is_ours: bool) -> list[float]:
    """Return milliseconds to the first paint, to the field, and to the answer."""
    context = browser.new_context(viewport={"width": 1600, "height": 900})
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    field = page.locator("#qa-question" if is_ours else "textarea").first
    field.wait_for()
    ready = 1000 * (time.perf_counter() - begun)
    page.wait_for_load_state("load")
    page.wait_for_timeout(1500)  # a person reads first
    field.fill(question)
    # watched in the page itself: a round trip to this script would be counted, too
    page.evaluate(
        """(answer) => { window.answered = new Promise((done) => {
          const look = () => document.querySelector(answer)
            ? requestAnimationFrame(() => done(performance.now()))
            : requestAnimationFrame(look);
          addEventListener("keydown", () => { window.asked = performance.now(); look();
          }, { once: true, capture: true });
        }); }""",
        ".turn .found, .turn .unfound" if is_ours else ".message.bot p, .bot .prose p",
    )
    field.press("Enter")
    spent = page.evaluate("window.answered.then((at) => at - window.asked)")
    paint = page.evaluate(PAINT)
    context.close()
    return [paint, ready, spent]


def crowd(url: str, people: int) -> None:
    """Let people ask at once for a minute, each in a conversation of their own."""
    spent: list[float] = []
    wrong: list[Any] = []
    until = time.perf_counter() + MINUTE

    def converse(person: int) -> None:
        with httpx.Client(base_url=url, timeout=30) as client:
            turns: list[Any] = []
            while time.perf_counter() < until:
                mine = f"{QUESTIONS[person % 5]} ({person}.{len(spent)})"
                begun = time.perf_counter()
                sent = {"data": [mine, turns[-3:], [], len(turns), ""]}
                answer = client.post("/gradio_api/run/page_ask", json=sent)
                spent.append(1000 * (time.perf_counter() - begun))
                got = answer.json()["data"][0] if answer.is_success else {}
                if got.get("answer", {}).get("question") != mine:
                    wrong.append((answer.status_code, got))
                    continue
                turns.append(got["answer"])
                time.sleep(1)  # a person reads

    threads = [threading.Thread(target=converse, args=(n,)) for n in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    p95 = statistics.quantiles(spent, n=20)[-1]
    sys.stdout.write(
        f"{people} people, {len(spent)} questions in a minute: {len(wrong)} errors or "
        f"mix-ups, median {statistics.median(spent):.0f} ms, p95 {p95:.0f} ms\n"
    )


def main() -> None:
    """Measure both, in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--people", type=int, default=0)
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    with (
        tempfile.TemporaryDirectory() as store,
        QA.open("seeds", store=store, settings=Settings(remembered=0)) as qa,
    ):
        servers = {"qa": start(qa, port=0), "stock ChatInterface": stock(qa)}
        time.sleep(3)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            found: dict[str, list[list[float]]] = {name: [] for name in servers}
            for run in range(options.runs + 1):
                for name, (_, url) in servers.items():
                    question = QUESTIONS[run % len(QUESTIONS)]
                    times = visit(browser, url, question, name == "qa")
                    if run:  # the first is a warm-up
                        found[name].append(times)
            browser.close()
        for name, rows in found.items():
            paint, ready, spent = map(statistics.median, zip(*rows, strict=True))
            sys.stdout.write(
                f"{name}: first paint {paint:.0f} ms, field ready {ready:.0f} ms, "
                f"question to answer {spent:.0f} ms (medians of {len(rows)})\n"
            )
        if options.people:
            crowd(servers["qa"][1], options.people)
        for demo, _ in servers.values():
            demo.close(verbose=False)


if __name__ == "__main__":
    main()
