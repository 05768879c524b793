"""The reader that ships: reads right, the same each time, and takes any text."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.errors import ModelError
from qa.models.runtime import Recipe, open_encoder
from qa.models.weights import minilm, read_arrays
from qa.reading.read import open_reader
from qa.reading.shipped import open_shipped_reader, shipped_weights
from qa.search.embed import open_embedder
from qa.types import Article, Passage

pytestmark = pytest.mark.model

NEWS = (
    "The port of Rotterdam closed on Monday after a storm with gusts of 120 km/h. "
    "“We have never seen waves like these,” said the harbour master, Piet Smit. "
    "He said that the port would open again on 4 February."
)


TOLERANCE = 1e-3  # 32-bit arithmetic in another order


def passage(text: str, id_: str = "a") -> Passage:
    return Passage(Article(id_, id_, "", text), 0, len(text))


def bits(reader) -> str:
    """What it reads, every bit of it."""
    found = reader.read("Which port closed?", [passage(NEWS)])
    return " ".join(f"{c.start}-{c.end}:{c.score.hex()}:{c.null.hex()}" for c in found)


@pytest.fixture(scope="module")
def reader():
    return open_shipped_reader()


@pytest.mark.parametrize(("is_whole", "how"), [(True, "int8"), (False, "f32")])
def test_eight_bits_where_sums_are_whole(is_whole, how, monkeypatch):
    """A processor that would cut them computes in 32 bits."""
    monkeypatch.setattr("qa.reading.shipped.has_whole_sums", lambda: is_whole)
    assert open_shipped_reader().name.endswith(f"-{how}")


class TestReads:
    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ("Which port closed on Monday?", "Rotterdam"),
            ("How strong were the gusts?", "120 km/h"),
            ("Who is the harbour master?", "Piet Smit"),
            ("When will the port open again?", "4 February"),
        ],
    )
    def test_plain_questions(self, reader, question, expected):
        """Questions that anybody could answer from three sentences."""
        best = reader.read(question, [passage(NEWS)])[0]
        assert expected in best.text

    def test_what_somebody_said(self, reader):
        """The whole of what was said, not the verb that reports it."""
        best = reader.read("What did Piet Smit say?", [passage(NEWS)])[0]
        assert "waves like these" in best.text or "open again" in best.text
        assert best.text not in ("said", "told")

    def test_last_sentence_of_2000_words(self, reader):
        """An answer far from the start of a long passage is found."""
        filler = "Nothing of note was told of the other ports of the coast. " * 180
        text = f"{filler}The harbour master of Antwerp is Greet Maes."
        best = reader.read("Who is the harbour master of Antwerp?", [passage(text)])[0]
        assert best.text == "Greet Maes"


class TestSameEachTime:
    def test_alone_or_with_others(self, reader):
        """Candidates are the same to the last bit, whatever is read along."""
        others = [passage(NEWS[n:], f"p{n}") for n in (0, 20, 40, 60)]
        together = reader.read("Who is the harbour master?", others)
        for p in others:
            alone = reader.read("Who is the harbour master?", [p])
            assert [c for c in together if c.passage is p] == alone

    def test_across_openings(self, reader):
        """A second process would say the same: nothing depends on what came before."""
        again = open_shipped_reader().read("Which port closed?", [passage(NEWS)])
        assert again == reader.read("Which port closed?", [passage(NEWS)])

    @pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux alone")
    def test_on_one_core_or_all(self, reader):
        """Two cores that share a passage compute the same bits as one alone."""
        code = (
            "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
            "from tests.test_shipped_reader import bits, open_shipped_reader\n"
            "print(bits(open_shipped_reader()))"
        )
        command = [sys.executable, "-c", code]
        place = Path(__file__).parent.parent
        alone = subprocess.run(
            command, check=True, capture_output=True, text=True, cwd=place
        )
        assert alone.stdout.strip() == bits(reader)


class TestAnyText:
    @settings(max_examples=40)
    @given(text=st.text(max_size=400))
    def test_offsets_hold(self, reader, text):
        """Other scripts, emoji and control characters break nothing."""
        whole = f"{text} {NEWS}"
        for c in reader.read("Who is the harbour master?", [passage(whole)]):
            assert whole[c.start : c.end] == c.text
            inside = whole[c.start - 1 : c.start + 1]
            assert not (len(inside) == 2 and inside.isalpha())

    def test_one_endless_word(self, reader):
        """A megabyte without a space is read in windows, or passed over."""
        reader.read("Who?", [passage("x" * 1_000_000)])


class TestWeights:
    def test_equals_torch(self, reader):
        """Our graph gives the logits of a plain transformers BERT on these weights."""
        import torch
        from transformers import BertConfig, BertModel

        arrays = read_arrays([minilm(), shipped_weights()])
        config = BertConfig.from_pretrained(minilm().folder)
        bert = BertModel(config, add_pooling_layer=False).eval()
        state = {k: torch.from_numpy(v) for k, v in arrays.items()}
        missing = bert.load_state_dict(state, strict=False).missing_keys
        assert all("position_ids" in key for key in missing)
        question = "Who is the harbour master?"
        (window,) = reader._windows(question, 0, passage(NEWS))
        encoding = window.encoding
        graph = open_encoder(Recipe((minilm(), shipped_weights()), "spans"))
        ours = graph.run([encoding])[0]
        with torch.inference_mode():
            hidden = bert(
                input_ids=torch.tensor([encoding.ids]),
                token_type_ids=torch.tensor([encoding.type_ids]),
            ).last_hidden_state[0]
        head = hidden @ state["span.weight"].T + state["span.bias"]
        assert np.abs(ours - head.numpy()).max() < TOLERANCE

    def test_altered_weights_are_refused(self, tmp_path):
        """One flipped byte is noticed before anything is computed."""
        folder = tmp_path / "reader"
        shutil.copytree(shipped_weights().folder, folder)
        file = folder / "reader.safetensors"
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(data)
        with pytest.raises(ModelError, match="altered"):
            open_reader(f"span:{folder}", open_embedder("hash:8"))

    def test_missing_folder(self, tmp_path):
        """The error says what is wanted."""
        with pytest.raises(ModelError, match=r"reader\.json"):
            open_reader(f"span:{tmp_path}", open_embedder("hash:8"))

    @pytest.mark.parametrize(
        "card", ["[]", "null", "{}", "{", '{"sha256": 1, "base_sha256": 2}']
    )
    def test_damaged_card(self, card, tmp_path):
        """Whatever JSON it holds, the error says what is wanted."""
        (tmp_path / "reader.json").write_text(card, encoding="utf-8")
        with pytest.raises(ModelError, match=r"Wanted|Reinstall"):
            open_reader(f"span:{tmp_path}", open_embedder("hash:8"))

    def test_small_enough_for_a_wheel(self):
        """At most 25 MB, and the card tells data, licences and scores."""
        assert shipped_weights().path.stat().st_size <= 25_000_000
        card = (shipped_weights().folder / "README.md").read_text(encoding="utf-8")
        for word in ("CC BY-SA", "xquad", "Limits"):
            assert word in card
        described = json.loads((shipped_weights().folder / "reader.json").read_text())
        assert described["sha256"] == shipped_weights().sha256
