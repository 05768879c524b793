"""Whatever turns texts into vectors."""

import json
import logging
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from qa.errors import ModelError
from qa.models.weights import minilm
from qa.search.embed import (
    EMBEDDERS,
    CompiledEmbedder,
    SentenceTransformerEmbedder,
    open_embedder,
)
from qa.testing import HashingEmbedder

TEXTS = [
    "Iran said that only the Syrian people could decide on Assad's future.",
    "Llamas hum.",
    "",
    "An airliner broke up over Sinai in October 2015; all 224 on board died. " * 9,
    "¿Qué dijo Irán? 伊朗说了什么？ Что сказал Иран?",
]

SPECS = [
    pytest.param("hash:64"),
    pytest.param("minilm", marks=pytest.mark.model),
    pytest.param("minilm:f32", marks=pytest.mark.model),
    pytest.param("minilm-torch", marks=pytest.mark.model),
]


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory):
    """The user's cache is left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def opened():
    """Models take a moment to open: each once."""
    kept = {}

    def get(spec):
        if spec not in kept:
            kept[spec] = open_embedder(spec)
        return kept[spec]

    return get


class TestEmbedderContract:
    """Whatever implements Embedder passes these."""

    @pytest.fixture(params=SPECS)
    def embedder(self, request, opened):
        return opened(request.param)

    def test_vectors_have_length_one(self, embedder):
        vectors = embedder.encode(TEXTS, kind="passage")
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(TEXTS), embedder.dim)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_no_texts(self, embedder):
        for kind in ("question", "passage"):
            assert embedder.encode([], kind=kind).shape == (0, embedder.dim)

    def test_batch_equals_one_by_one(self, embedder):
        batch = embedder.encode(TEXTS, kind="passage")
        one_by_one = [embedder.encode([t], kind="passage")[0] for t in TEXTS]
        np.testing.assert_allclose((batch * one_by_one).sum(axis=1), 1, atol=1e-5)

    def test_order_of_texts_does_not_matter(self, embedder):
        forth = embedder.encode(TEXTS, kind="passage")
        back = embedder.encode(TEXTS[::-1], kind="passage")[::-1]
        np.testing.assert_allclose(forth, back, atol=1e-5)

    def test_sense_is_near(self, embedder):
        question = embedder.encode(["What did Iran say about Assad?"], kind="question")
        scores = embedder.encode(TEXTS[:2], kind="passage") @ question[0]
        assert scores[0] > scores[1] + 0.1

    def test_half_a_surrogate_pair_is_only_a_character(self, embedder):
        vector = embedder.encode(["broken \ud83d text"], kind="passage")[0]
        assert np.isfinite(vector).all()

    def test_threads_may_share_one(self, embedder):
        expected = embedder.encode(TEXTS, kind="passage")
        with ThreadPoolExecutor(4) as pool:
            found = list(
                pool.map(lambda _: embedder.encode(TEXTS, kind="passage"), range(8))
            )
        for vectors in found:
            np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_every_family_is_under_contract():
    listed = {param.values[0].partition(":")[0] for param in SPECS}
    assert listed | {"st"} == set(EMBEDDERS)


def test_hashing_counts_words():
    a, b, c = HashingEmbedder(512).encode(["red red fox", "red", "owl"], kind="passage")
    assert a @ b == pytest.approx(2 / 5**0.5)
    assert a @ c == 0


@pytest.mark.parametrize("spec", ["hash:", "hash:0", "hash:many", "minilm:int4"])
def test_unknown_variant_is_refused(spec):
    with pytest.raises(ModelError, match="'"):
        open_embedder(spec)


@pytest.mark.model
class TestMiniLM:
    def test_full_precision_is_the_reference(self, opened):
        """Our graph computes what sentence-transformers computes."""
        ours = opened("minilm:f32").encode(TEXTS, kind="passage")
        theirs = opened("minilm-torch").encode(TEXTS, kind="passage")
        assert (ours * theirs).sum(axis=1).min() > 0.99999
        assert opened("minilm:f32").name == opened("minilm-torch").name

    def test_eight_bits_are_near_the_reference(self, opened):
        ours = opened("minilm").encode(TEXTS, kind="passage")
        theirs = opened("minilm-torch").encode(TEXTS, kind="passage")
        cosines = (ours * theirs).sum(axis=1)
        assert np.median(cosines) > 0.995
        assert min(c for c, text in zip(cosines, TEXTS, strict=True) if text) > 0.99

    def test_precisions_are_not_mixed(self, opened):
        names = {opened("minilm:int8").name, opened("minilm:f32").name}
        assert len(names) == 2
        assert all(name.startswith("minilm-l6-v2@53aa5117/") for name in names)

    @pytest.mark.parametrize(("is_whole", "spec"), [(True, "int8"), (False, "f32")])
    def test_the_processor_decides_unless_told(self, is_whole, spec, monkeypatch):
        monkeypatch.setattr("qa.search.embed.has_whole_sums", lambda: is_whole)
        assert open_embedder("minilm").name == open_embedder(f"minilm:{spec}").name

    @pytest.mark.parametrize("spec", ["minilm:int8", "minilm:f32"])
    def test_same_bits_in_any_company(self, opened, spec):
        """A text's vector depends on nothing but the text."""
        embedder = opened(spec)
        assert isinstance(embedder, CompiledEmbedder)
        alone = np.stack([embedder.encode([t], kind="passage")[0] for t in TEXTS])
        crowd = embedder.encode([*TEXTS * 5, *TEXTS[::-1]], kind="passage")
        for start in range(0, 25, 5):
            assert np.array_equal(crowd[start : start + 5], alone)
        assert np.array_equal(crowd[25:], alone[::-1])

    def test_it_is_opened_beside_and_fails_where_it_is_needed(self, monkeypatch):
        """Files are looked through meanwhile: its name is known at once."""
        is_asked = threading.Event()

        def opened_late(recipe):
            assert is_asked.wait(20)
            raise ModelError("no such processor")

        monkeypatch.setattr("qa.search.embed.open_encoder", opened_late)
        embedder = open_embedder("minilm")
        assert embedder.name.startswith("minilm-l6-v2@")
        is_asked.set()
        with pytest.raises(ModelError, match="no such processor"):
            embedder.encode(["Who?"], kind="question")

    def test_a_process_that_ends_meanwhile_waits_for_it(self):
        """A thread that dies inside OpenVINO takes the process with it."""
        code = (
            "import time; from qa.search import embed\n"
            "embed.open_encoder = lambda _: (time.sleep(0.3), print('opened'))\n"
            "embedder = embed.open_embedder('minilm')"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True
        )
        assert done.stdout.strip() == b"opened"

    def test_a_text_is_cut_at_256_tokens(self, opened):
        long = "word " * 10_000
        vectors = opened("minilm").encode([long, long + "end"], kind="question")
        assert np.array_equal(vectors[0], vectors[1])

    def test_a_question_brings_neither_torch_nor_telemetry(self):
        """Nobody waits for torch, and nothing that could report usage is loaded."""
        code = (
            "import sys; from qa.search.embed import open_embedder\n"
            "open_embedder('minilm').encode(['who?'], kind='question')\n"
            "heavy = {'torch', 'transformers', 'sentence_transformers', 'pandas',\n"
            "  'gradio', 'nncf', 'openvino_telemetry', 'huggingface_hub'}\n"
            "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def prompted(tmp_path_factory):
    """The installed model, told to put words in front of a question."""
    place = tmp_path_factory.mktemp("models") / "prompted"
    shutil.copytree(minilm().folder, place)
    config = {"prompts": {"query": "query: ", "document": ""}}
    (place / "config_sentence_transformers.json").write_text(json.dumps(config))
    return place


@pytest.mark.model
class TestSentenceTransformer:
    def test_each_kind_has_its_prompt(self, prompted):
        embedder = open_embedder(str(prompted))
        question = embedder.encode(["who?"], kind="question")
        passages = embedder.encode(["query: who?", "who?"], kind="passage")
        cosines = passages @ question[0]
        assert cosines[0] > 0.9999 > 0.999 > cosines[1]

    def test_name_follows_the_weights_not_the_place(self, prompted, opened):
        first = open_embedder(f"st:{prompted}")
        (prompted.parent / "moved").mkdir()
        moved = prompted.rename(prompted.parent / "moved" / prompted.name)
        second = open_embedder(f"st:{moved}")
        moved.rename(prompted)
        assert first.name == second.name != opened("minilm-torch").name
        assert first.dim == 384

    def test_a_missing_folder_says_what_to_use(self, tmp_path, caplog):
        caplog.set_level(logging.CRITICAL)
        with pytest.raises(ModelError, match="Use one of minilm"):
            SentenceTransformerEmbedder(str(tmp_path / "nothing"))

    @pytest.mark.parametrize("value", ["1", None])
    def test_nothing_is_fetched_unless_it_is_allowed(self, monkeypatch, value):
        monkeypatch.delenv("HF_HUB_OFFLINE")
        if value:
            monkeypatch.setenv("HF_HUB_OFFLINE", value)
        fetched = []

        def look(_, *, local_files_only=False):
            fetched.append(not local_files_only)
            raise OSError("not here")

        monkeypatch.setattr("sentence_transformers.SentenceTransformer", look)
        with pytest.raises(ModelError, match=r"no-such-model.*HF_HUB_OFFLINE=0"):
            open_embedder("no-such-model-anywhere")
        assert fetched == [False]
