"""A data folder for the tests of the benchmarks: two sets of plain facts."""

import gzip
import json
from pathlib import Path

__all__ = ["write_tiny_data"]

_TOWNS = "Arles Basel Cadiz Delft Evora Fermo Ghent Haarlem Imola Jaca Kotor Lagos"
_TRADES = "glass silk salt paper tin rope"


def write_tiny_data(folder: Path) -> Path:
    """Write both question sets, one short passage for each question."""
    (folder / "dev").mkdir(parents=True)
    for name, trades in (
        ("xquad_en", _TRADES.split()[:3]),
        ("squad2_dev_half", _TRADES.split()[3:]),
    ):
        rows = []
        for number, (town, trade) in enumerate(
            (town, trade) for town in _TOWNS.split() for trade in trades
        ):
            maker = f"Anna {town}er"
            context = (
                f"The {trade} market of {town} opened in {1400 + 7 * number}. "
                f"Its first warden was {maker}, who sold {trade} to the ships."
            )
            answer = {"text": maker, "answer_start": context.index(maker)}
            question = f"Who was the first warden of the {trade} market of {town}?"
            line = {"id": f"{name}-{number}", "title": town, "context": context}
            rows.append({**line, "question": question, "answers": [answer]})
        with gzip.open(folder / f"dev/{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return folder
