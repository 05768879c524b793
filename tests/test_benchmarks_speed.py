"""The speed table: its targets, its pictures, one tiny run."""

from xml.etree import ElementTree

import pytest

from benchmarks import speed
from benchmarks.bars import Bar, Bars, draw_bars
from tests.tiny_data import write_tiny_data

SVG = "{http://www.w3.org/2000/svg}"


class TestBars:
    def widths(self, panel):
        root = ElementTree.fromstring(draw_bars([panel]))
        return [
            float(e.attrib["width"])
            for e in root.iter(f"{SVG}rect")
            if e.attrib["class"].startswith("bar")
        ]

    def test_lengths_are_in_proportion(self):
        """A bar of twice the number is twice as long, and begins at 0."""
        panel = Bars("T", "s", (Bar("a", 2.0, is_ours=True), Bar("b", 1.0)))
        long, half = self.widths(panel)
        assert long == pytest.approx(2 * half, abs=0.2)

    def test_target_has_its_place(self):
        """A target above all bars shortens them."""
        panel = Bars("T", "s", (Bar("a", 1.0),), target=4.0)
        assert self.widths(panel) == [pytest.approx((400 - 118 - 64) / 4, abs=0.1)]
        assert "target 4 s" in draw_bars([panel])

    def test_names_are_escaped(self):
        """Whatever a name holds, the picture stays well formed."""
        text = draw_bars([Bars("<&>", "ms", (Bar('"<b>', 0.0),))])
        texts = {e.text for e in ElementTree.fromstring(text).iter()}
        assert {"<&>, ms", '"<b>'} <= texts

    @pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
    def test_numbers_that_cannot_be_drawn(self, value):
        """They are refused where they arise."""
        with pytest.raises(ValueError, match="needs a number"):
            Bar("a", value)

    def test_nothing_to_draw(self):
        """A panel without bars is a mistake of the caller."""
        with pytest.raises(ValueError, match="no bar"):
            Bars("T", "s", ())


@pytest.mark.model
def test_tiny(folder, tmp_path, monkeypatch):
    """Every figure that has a target is measured, and what is drawn is drawn."""
    kept = []
    monkeypatch.setattr(speed, "keep", lambda name, row: kept.append(row))
    data, plot = write_tiny_data(tmp_path / "data"), tmp_path / "speed.svg"
    figures = speed.main(
        f"--data {data} --work {tmp_path / 'work'} --articles {folder} --plot {plot} "
        "--passages 40 --questions 3 --cold 1 --groups 1".split()
    )
    assert kept[0]["targets"].keys() == {t.figure for t in speed.TARGETS}
    assert figures["passages"] == 40
    assert figures["cosine_median"] >= 0.99
    assert figures["recall_questions"] == 30
    assert 0 < figures["ask_p50_ms"] <= figures["ask_p95_ms"]
    assert figures["read_p50_ms"] <= figures["ask_p99_ms"]
    assert 50 < figures["rss_mb"] < 2000
    title = ElementTree.parse(plot).getroot().find(f"{SVG}title")
    assert title is not None
    assert "One question, 40 passages" in (title.text or "")
