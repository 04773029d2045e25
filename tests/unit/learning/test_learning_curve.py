"""What a learning curve says: when a run stopped improving, and how soon it got where."""

import json
import xml.etree.ElementTree as ET

import numpy as np

from robolab.core.assets import shipped
from robolab.learning.card import write_card
from robolab.learning.cell import Cell
from robolab.learning.learning_curve import Row, drawing, reached, read_curve, stopped_improving


def _curve(cost: np.ndarray, share: np.ndarray) -> list[Row]:
    return [
        (10.0 * k, 70.0 * k, float(c), float(s))
        for k, (c, s) in enumerate(zip(cost, share, strict=True), 1)
    ]


def test_a_run_that_levels_off_has_stopped_where_it_did() -> None:
    k = np.arange(60)
    noise = 0.002 * np.sin(7.0 * k)
    cost = 2.0 + np.maximum(0.0, 1.0 - k / 20.0) + noise
    share = np.minimum(0.9, 0.5 + k / 50.0) + 0.5 * noise
    stopped = stopped_improving(_curve(cost, share))
    assert stopped is not None
    assert 18 * 70 <= stopped <= 27 * 70
    assert stopped_improving(_curve(cost[:20], share[:20])) is None


def test_a_share_that_stands_with_a_cost_that_falls_still_improves() -> None:
    k = np.arange(60)
    assert stopped_improving(_curve(2.0 - 0.005 * k, np.full(60, 0.86))) is None
    assert stopped_improving(_curve(np.full(60, 2.0), 0.5 + 0.005 * k)) is None


def test_a_short_curve_says_nothing() -> None:
    assert stopped_improving([]) is None
    assert stopped_improving(_curve(np.full(10, 2.0), np.full(10, 0.5))) is None


def test_a_real_curve_that_still_rose_at_its_end_has_not_stopped() -> None:
    assert stopped_improving(read_curve(shipped("policies") / "panda_table")) is None


def test_shipped_policies_say_where_their_curves_stopped() -> None:
    said = 0
    for file in shipped("policies").glob("*/metrics.json"):
        metrics = json.loads(file.read_text(encoding="utf-8"))
        if "stopped_improving_at" in metrics:
            assert metrics["stopped_improving_at"] == stopped_improving(read_curve(file))
            said += 1
    assert said


def test_how_soon_a_share_was_reached() -> None:
    curve = _curve(np.full(3, 2.0), np.array([0.4, 0.6, 0.8]))
    assert reached(curve, 0.5) == (140.0, 20.0)
    assert reached(curve, 0.9) is None


def test_the_drawing_is_an_image_with_every_curve_inside() -> None:
    curves = {
        "from <nothing>": _curve(np.full(5, 2.0), np.linspace(0.31, 0.9, 5)),
        "warm": _curve(np.full(3, 2.0), np.linspace(0.7, 1.0, 3)),
    }
    root = ET.fromstring(drawing(curves))
    lines = [e for e in root.iter() if e.tag.endswith("polyline")]
    assert len(lines) == 2
    for line in lines:
        points = np.array([p.split(",") for p in line.attrib["points"].split()], dtype=float)
        assert np.all((points >= 0.0) & (points <= [640.0, 360.0]))
        assert np.all(np.diff(points[:, 0]) > 0.0)
        assert np.all(np.diff(points[:, 1]) < 0.0)
    assert "from <nothing>" in [e.text for e in root.iter()]


def test_the_card_says_where_improvement_ended(cell: Cell) -> None:
    figures = {
        "problems": 1, "straight_line_free": 0.0, "solved_by_network_alone": 1.0,
        "solved_with_refinement": 1.0, "seconds_median": 0.0, "seconds_95": 0.0,
    }  # fmt: skip
    metrics = {"unseen": figures, "hardware": {}, "learning_curve": [(1.0, 1.0, 2.0, 0.5)]}
    run = {"command": "robolab train small"}
    assert "No better since step 700." in write_card(
        cell, run, metrics | {"stopped_improving_at": 700}
    )
    assert "still improved" in write_card(cell, run, metrics | {"stopped_improving_at": None})
    assert "better" not in write_card(cell, run, metrics)
