"""The two kinds of FAISS index that hold a library's vectors: whole, or as codes."""

from typing import Any

from qa.library.store import Rows

__all__ = ["coded", "exact", "is_exact", "is_known", "rows_of"]

_BITS = 2  # of a dimension; with one, twice the candidates find less
_AT_ONCE = 32  # codes that a fast scan compares


def exact(dim: int) -> Any:
    """Return an empty index of whole vectors."""
    import faiss

    return faiss.IndexIDMap2(faiss.IndexFlatIP(dim))


def is_exact(index: Any) -> bool:
    """Tell whether an index holds whole vectors."""
    import faiss

    return isinstance(index, faiss.IndexIDMap2)


def coded(index: Any) -> Any:
    """Return an index of codes of the vectors in an exact one, centred on these."""
    import faiss

    vectors = faiss.downcast_index(index.index).reconstruct_n(0, index.ntotal)
    inner = faiss.IndexRaBitQFastScan(
        index.d, faiss.METRIC_INNER_PRODUCT, _AT_ONCE, _BITS
    )
    codes = faiss.IndexIDMap(inner)
    codes.train(vectors)
    codes.add_with_ids(vectors, rows_of(index))
    return codes


def rows_of(index: Any) -> Rows:
    """Return the rows of an index, a copy, in its order."""
    import faiss

    rows: Rows = faiss.vector_to_array(index.id_map)
    return rows


def is_known(index: Any) -> bool:
    """Tell whether an index is of this version's kind; earlier codes were others."""
    import faiss

    if is_exact(index):
        return True
    inner: Any = faiss.downcast_index(index.index)
    is_fast = isinstance(inner, faiss.IndexRaBitQFastScan)
    return is_fast and int(inner.rabitq.nb_bits) == _BITS
