"""The command line: `qa index`, `ask`, `batch`, `chat`, `serve` and what helps them."""

from qa.cli.main import main

__all__ = ["main"]
