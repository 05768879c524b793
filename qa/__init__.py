"""Ask a folder of articles; get their words, cited to the character."""
