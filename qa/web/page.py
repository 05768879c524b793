"""The page as a Gradio app: one HTML component, and the endpoints that it calls.

The regions are semantic HTML of our own (`assets/`), so that citations, keys and
screen readers get what they need; Gradio serves it, takes uploads, checks log-ins and
offers the same functions to programs.
"""

import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.events import api

from qa.errors import QAError
from qa.protocols import Mode
from qa.schema import answer_to_json, hit_to_json
from qa.search.terms import well_formed
from qa.web.actions import Actions, turns_of
from qa.web.turnstile import TURNSTILE

if TYPE_CHECKING:
    from qa.pipeline import QA

__all__ = ["SCRIPT", "TITLE", "Programs", "build_ui", "shell", "theme"]

TITLE = "qa: ask these articles"
_TEMPORARY_S = 3600  # seconds after which what Gradio kept of an upload is deleted


def _asset(name: str) -> str:
    return (resources.files("qa.web") / "assets" / name).read_text(encoding="utf-8")


_STYLE, _MARKUP = _asset("page.css"), _asset("page.html")


def shell(qa: "QA") -> str:
    """Return the page without any article: what a browser draws first.

    It carries the name under which the browser keeps this library's conversations.
    """
    place = str(qa.library.folder.resolve()).encode("utf-8", "surrogateescape")
    kept = hashlib.sha256(place).hexdigest()[:12]
    return (
        f'<div id="qa" lang="en" data-length="sentence" data-library="{kept}">'
        f"<style>{_STYLE}</style>{_MARKUP}</div>"
    )


SCRIPT = _asset("page.js")
"""Its manners; defines `window.qaPage` with `start` and `adopt`."""


class Programs:
    """What programs call: over Gradio's client, plain HTTP, or MCP."""

    def __init__(self, qa: "QA") -> None:
        """Take the library that is asked."""
        self._qa = qa

    def ask(
        self,
        question: str,
        turns: list[dict[str, Any]] | None = None,
        only: list[str] | None = None,
        min_confidence: float | None = None,
    ) -> dict[str, Any]:
        """Answer a question in the words of the articles, with citations.

        Args:
            question: in the words of the person who asks.
            turns: earlier answers as returned here, oldest first, for a follow-up.
            only: ids of the articles to be asked; null asks all, an empty list none.
            min_confidence: abstain below this probability, in [0, 1].

        Returns:
            The answer, with `text` null where the articles do not say; `citations`
            have the quote with path and offsets.
        """
        if min_confidence is not None and not 0.0 <= min_confidence <= 1.0:
            raise QAError(f"min_confidence is {min_confidence}; wanted one in [0, 1]")
        with TURNSTILE.passed():
            answer = self._qa.ask(
                well_formed(question),
                turns=turns_of(turns or []),
                only=only,
                min_confidence=min_confidence,
            )
        return answer_to_json(answer)

    def retrieve(
        self,
        question: str,
        top_k: int = 5,
        mode: Mode = "hybrid",
        only: list[str] | None = None,
    ) -> list[dict[str, Any]]:
        """Return the passages of the articles that are nearest to a question.

        Args:
            question: in the words of the person who asks.
            top_k: how many passages, from 1 to 100.
            mode: `hybrid`, or one side of it: `dense` for meaning, `words` for BM25.
            only: ids of the articles to be searched; null is all, an empty list none.

        Returns:
            Passages with article, path, offsets, text and scores, best first.
        """
        if not 1 <= top_k <= 100:
            raise QAError(f"top_k is {top_k}; ask for 1 to 100 passages")
        with TURNSTILE.passed():
            hits = self._qa.retrieve(question, top_k=top_k, mode=mode, only=only)
        return [hit_to_json(hit) for hit in hits]


class _Endpoints:
    """The same for Gradio, which shows a `gr.Error` and hides other exceptions."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    def ask(
        self,
        question: str,
        turns: list[dict[str, Any]] | None = None,
        only: list[str] | None = None,
        min_confidence: float | None = None,
    ) -> dict[str, Any]:
        try:
            return self._programs.ask(question, turns, only, min_confidence)
        except QAError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def retrieve(
        self,
        question: str,
        top_k: int = 5,
        mode: Mode = "hybrid",
        only: list[str] | None = None,
    ) -> list[dict[str, Any]]:
        try:
            return self._programs.retrieve(question, top_k, mode, only)
        except QAError as error:
            raise gr.Error(str(error), print_exception=False) from error

    ask.__doc__ = Programs.ask.__doc__
    retrieve.__doc__ = Programs.retrieve.__doc__


def theme() -> gr.themes.Base:
    """Return the theme of what Gradio draws itself: the log-in, and the ground."""
    return gr.themes.Base(
        primary_hue="stone",
        neutral_hue="stone",
        font=("system-ui", "sans-serif"),
        font_mono=("ui-monospace", "monospace"),
    ).set(body_background_fill="#fcfbf8", body_background_fill_dark="#161513")


def build_ui(qa: "QA") -> gr.Blocks:
    """Return the app without starting it, so that tests can call it."""
    actions = Actions(qa)
    endpoints = _Endpoints(Programs(qa))
    demo: gr.Blocks
    with gr.Blocks(
        title=TITLE,
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(_TEMPORARY_S, _TEMPORARY_S),
    ) as demo:
        gr.HTML(
            shell(qa),
            elem_id="qa-host",
            apply_default_css=False,
            js_on_load=f"{SCRIPT}\nwindow.qaPage.adopt(element);",
        )
        # without the queue: a question takes less time than queueing it would
        for act in (endpoints.ask, endpoints.retrieve):
            api(act, api_name=act.__name__, queue=False)
        for act in _acts(actions):
            api(
                act,
                api_name=act.__name__,
                api_visibility="undocumented",
                queue=False,
            )
        _wire_upload(actions)
    return demo


def _acts(actions: Actions) -> tuple[Any, ...]:
    return (
        actions.page_ask,
        actions.page_stop,
        actions.page_render,
        actions.page_citation,
        actions.page_article,
        actions.page_library,
        actions.page_status,
        actions.page_remove,
        actions.page_restore,
        actions.page_examples,
        actions.page_export,
    )


def _wire_upload(actions: Actions) -> None:
    """Take files through Gradio's own upload, which bounds and confines them."""
    files = gr.File(file_count="multiple", visible=False)
    result: gr.JSON = gr.JSON(visible=False)
    gr.Button(visible=False).click(
        actions.page_add,
        files,
        result,
        api_name="page_add",
        api_visibility="undocumented",
        queue=False,
    )
