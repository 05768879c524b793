"""Files become a library: formats, passages, the store, and keeping it in step."""
