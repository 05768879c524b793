"""A question finds passages: by meaning (FAISS), by words (Tantivy), fused."""
