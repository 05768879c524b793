"""The page: a Gradio app over one library. Importing it starts nothing."""

import os

# before Gradio is imported, which reads them then: nothing is reported to anyone
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from qa.web.page import build_ui
from qa.web.server import serve

__all__ = ["build_ui", "serve"]
