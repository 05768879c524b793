"""Plots: the same bytes each time, and nothing outside the picture."""

from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

from benchmarks.answers import draw as draw_risk
from benchmarks.plot import Line, Panel, draw, ticks

SVG = "{http://www.w3.org/2000/svg}"
PANEL = Panel(
    "Time & <size>",
    "passages",
    "ms",
    (
        Line("p95", ((1e3, 4.0), (1e4, 5.0), (1e6, 31.0))),
        Line("target", ((1e3, 40.0), (1e6, 40.0)), is_dashed=True),
    ),
    x_log=True,
)


class TestDraw:
    def test_is_well_formed_and_repeats(self):
        """Any XML reader takes it; two runs write the same bytes."""
        text = draw([PANEL, PANEL, PANEL])
        assert text == draw([PANEL, PANEL, PANEL])
        root = ET.fromstring(text)
        assert {t.text for t in root.iter(f"{SVG}text")} >= {"p95", "Time & <size>"}

    def test_points_stand_where_their_values_are(self):
        """A tenfold is one step of a logarithmic axis; a higher value is higher."""
        root = ET.fromstring(draw([PANEL]))
        places = [
            (float(c.attrib["cx"]), float(c.attrib["cy"]))
            for c in root.iter(f"{SVG}circle")
        ]
        (x1, y1), (x2, y2), (x3, y3) = places
        assert x3 - x2 == pytest.approx(2 * (x2 - x1), abs=0.3)
        assert y1 > y2 > y3 > 0
        assert x3 < float(root.attrib["width"])

    @pytest.mark.parametrize("points", [((1.0, 2.0),), ((0.0, 0.0), (0.0, 0.0))])
    def test_one_value_is_drawn_too(self, points):
        """A range of nothing divides by nothing."""
        ET.fromstring(draw([Panel("one", "x", "y", (Line("a", points),))]))

    def test_what_cannot_be_drawn(self):
        """No point, or zero on a logarithmic axis, is told."""
        with pytest.raises(ValueError, match="no point"):
            Panel("none", "x", "y", (Line("a", ()),))
        with pytest.raises(ValueError, match="above 0"):
            Panel("zero", "x", "y", (Line("a", ((0.0, 1.0),)),), x_log=True)


@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize(("low", "high"), [(1, 7), (3, 3), (0.02, 0.9), (999, 1001)])
def test_ticks_enclose_the_values(low, high, is_log):
    """Nothing is drawn outside the axes, and they are not crowded."""
    marks = ticks(low, high, is_log=is_log)
    assert marks[0] <= low <= high <= marks[-1]
    assert 2 <= len(marks) <= 8


class TestRisk:
    def test_who_is_mostly_wrong_is_left_out(self, tmp_path):
        """And so is who answers nothing; a long line is drawn without its points."""
        curve = [(n / 400, 0.1 + n / 2000) for n in range(1, 401)]
        reports = {
            "qa": SimpleNamespace(risk_coverage=curve),
            "lost": SimpleNamespace(risk_coverage=[(1.0, 0.9)]),
            "silent": SimpleNamespace(risk_coverage=[]),
        }
        place = tmp_path / "risk-coverage-news.svg"
        draw_risk(reports, place)
        root = ET.fromstring(place.read_text(encoding="utf-8"))
        words = {t.text for t in root.iter(f"{SVG}text")}
        assert {"news", "qa"} < words
        assert not {"lost", "silent"} & words
        assert not list(root.iter(f"{SVG}circle"))
