"""Launches the page over the shipped articles: `python ui.py` or `gradio ui.py`."""

from pathlib import Path

from qa import QA
from qa.web import build_ui
from qa.web.server import launch_options

qa = QA.open(Path(__file__).parent / "seeds")
demo = build_ui(qa)

if __name__ == "__main__":
    demo.launch(**{**launch_options(qa), "quiet": False})
