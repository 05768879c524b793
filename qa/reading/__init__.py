"""Passages become an answer: spans are read, one is chosen, or none."""
