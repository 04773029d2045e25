from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from robolab.jobs.svg import Curve, Plot, draw, number, path_data, simplify, ticks


def _distance(points: np.ndarray, kept: np.ndarray) -> float:
    """Largest vertical gap between a line and its simplification."""
    line = np.interp(points[:, 0], points[kept, 0], points[kept, 1])
    return float(np.max(np.abs(line - points[:, 1])))


def test_simplify_keeps_ends_and_stays_within_tolerance() -> None:
    x = np.linspace(0.0, 10.0, 2001)
    points = np.column_stack([x, np.sin(x) + 0.3 * np.abs(x - 4.0)])
    kept = simplify(points, 0.01)
    assert kept[0] == 0
    assert kept[-1] == 2000
    assert len(kept) < 100
    assert _distance(points, kept) < 0.02


def test_simplify_keeps_a_single_peak() -> None:
    points = np.column_stack([np.arange(101.0), np.zeros(101)])
    points[37, 1] = 5.0
    assert 37 in simplify(points, 0.3)


def test_simplify_of_a_closed_line_keeps_its_far_side() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    assert set(simplify(points, 0.1)) >= {0, 2, 4}


def test_path_data_returns_to_the_points() -> None:
    points = np.array([[1.04, 2.0], [5.0, -3.26], [9.96, 40.0]])
    words = path_data(points).replace("M", "").replace("l", " ").split()
    steps = np.array(words, dtype=float).reshape(-1, 2)
    np.testing.assert_allclose(np.cumsum(steps, axis=0), points, atol=0.051)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.3, 7.1), (1e-4, 3e-4), (-330.0, 330.0)])
def test_ticks_are_round_and_within(low: float, high: float) -> None:
    found = ticks(low, high, 5)
    assert 2 <= len(found) <= 7
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in found)
    assert np.allclose(np.diff(found), found[1] - found[0])


def test_number_is_short() -> None:
    assert [number(v) for v in (0.1 + 0.2, -2.0, -1e-9, 1500.0)] == ["0.3", "−2", "0", "1500"]


def test_draw_is_well_formed_and_shows_limits_and_marks() -> None:
    x = np.linspace(0.0, 2.0, 50)
    plot = Plot([Curve(x, np.sin(x))], (-1.0, 1.0), [(0.5, "grip <on> & hold")], title="a < b")
    root = ET.fromstring(draw(plot))
    kinds = [node.get("class") for node in root.iter() if node.get("class")]
    assert kinds.count("limit") == 2
    assert kinds.count("line") == 1
    assert [node.text for node in root.iter("title")] == ["a < b"]
    assert "grip <on> & hold" in [node.text for node in root.iter("text")]


def test_words_of_neighbouring_marks_stand_at_two_heights() -> None:
    x = np.linspace(0.0, 2.0, 50)
    root = ET.fromstring(draw(Plot([Curve(x, x)], marks=[(0.5, "touch"), (0.52, "weigh")])))
    heights = {node.text: node.get("y") for node in root.iter("text")}
    assert heights["touch"] != heights["weigh"]


def test_draw_of_a_constant_has_a_range() -> None:
    text = draw(Plot([Curve(np.array([0.0, 1.0]), np.array([0.0, 0.0]))]))
    assert "nan" not in text
    assert "inf" not in text
