"""Whether grasps will hold: learned from some objects, told of others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import TouchError
from robolab.jobs.touch_stability import stability_files
from robolab.touch import reference
from robolab.touch.grasps import Grasps
from robolab.touch.scores import area_under_curve, calibration
from robolab.touch.sessions import found, sessions_of
from robolab.touch.stability import Lesson, Stability, learn

LESSON = Lesson(networks=1, epochs=30, batch=64, versions=4)


@pytest.fixture(scope="module")
def learned(known: Grasps) -> Stability:
    return learn(known, LESSON)


def right(odds: np.ndarray, grasps: Grasps) -> float:
    return float(np.mean((odds > 0.0) == grasps.slipped))


def test_tells_grasps_of_unknown_objects(learned: Stability, unknown: Grasps) -> None:
    together, alone = learned.odds(unknown), learned.odds_alone(unknown)
    assert right(together, unknown) > 0.9
    # By itself a grasp does not show how deep its object has to be pressed.
    assert 0.5 < right(alone, unknown) < right(together, unknown)


def test_a_new_session_of_unknown_objects(learned: Stability, unknown: Grasps) -> None:
    moved = Grasps(unknown.readings - 300.0, unknown.slipped, unknown.objects, unknown.files)
    assert right(learned.odds(moved), unknown) > 0.85


def test_a_new_session_shows_in_a_dozen_grasps(learned: Stability, unknown: Grasps) -> None:
    few = unknown.part(np.isin(np.arange(len(unknown)) % 20, [0, 7, 13]) & (unknown.files == 0))
    moved = Grasps(few.readings - 300.0, few.slipped, few.objects, few.files)
    assert right(learned.odds(moved), few) > 0.7


def test_neither_labels_nor_order_are_looked_at(learned: Stability, unknown: Grasps) -> None:
    odds = learned.odds(unknown)
    np.testing.assert_array_equal(learned.odds(replace(unknown, slipped=None)), odds)
    order = np.random.default_rng(0).permutation(len(unknown))
    np.testing.assert_allclose(learned.odds(unknown.part(order)), odds[order], atol=1e-5)


def test_dead_electrodes_are_borne(learned: Stability, unknown: Grasps) -> None:
    readings = unknown.readings.copy()
    readings[:, 0, 5] = readings[:, 2, 11] = np.nan
    odds = learned.odds(Grasps(readings, None, unknown.objects, unknown.files))
    assert np.isfinite(odds).all()
    assert right(odds, unknown) > 0.85


def test_same_seed_same_odds(known: Grasps, unknown: Grasps) -> None:
    few = replace(LESSON, epochs=2)
    first = learn(known, few).odds(unknown)
    np.testing.assert_array_equal(learn(known, few).odds(unknown), first)
    assert not np.array_equal(learn(known, replace(few, seed=1)).odds(unknown), first)


def test_needs_both_kinds(known: Grasps) -> None:
    with pytest.raises(TouchError, match="end the same way"):
        learn(known.part(known.slipped), LESSON)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TouchError, match="have to say"):
        learn(replace(known, slipped=None), LESSON)


def test_sessions_are_found_by_readings(known: Grasps, unknown: Grasps) -> None:
    flat = [grasps.readings.reshape(len(grasps), -1) for grasps in (known, unknown)]
    which = found(sessions_of(flat[0], known.files), flat[1] + 200.0)
    for file in (0, 1):
        assert len(np.unique(which[unknown.files == file])) == 1
    assert len(np.unique(which)) == 2
    assert len(np.unique(found(sessions_of(flat[0], known.files), flat[1][unknown.files == 1]))) == 1  # fmt: skip


def test_a_lone_grasp_is_held_against_its_session() -> None:
    x, weight = reference.seen(np.array([[120.0]]), np.zeros(1, int), np.array([[100.0]]), np.array([[60.0]]))  # fmt: skip
    assert weight[0] == pytest.approx(1.0 / 3.0)
    assert x[0, 0, 1] == pytest.approx(20.0 / 80.0)
    assert 0.0 < x[0, 0, 0] < x[0, 0, 1] * 1.2


def test_area_under_curve_counts_ties_half() -> None:
    truth = np.array([True, True, False, False])
    assert area_under_curve(np.array([0.9, 0.5, 0.5, 0.1]), truth) == pytest.approx(0.875)
    assert area_under_curve(np.zeros(4), np.ones(4, bool)) is None
    honest = calibration(np.array([0.25, 0.25, 0.25, 0.25]), np.array([True, False, False, False]))
    assert honest["error"] == 0.0


def test_the_file_says_what_came_of_it(
    known: Grasps, unknown: Grasps, written: Callable[..., Path], tmp_path: Path
) -> None:
    train = [written(f"known {k}.csv", known.part(known.files == k)) for k in range(2)]
    test, out = written("unknown.csv", unknown), tmp_path / "stability.json"
    few = replace(LESSON, epochs=8)
    shares: list[float] = []
    stability_files(train, test, out, few, lambda done, total: shares.append(done / total))
    result = json.loads(out.read_text())
    assert result["n"] == len(result["predictions"]) == len(unknown)
    slips = np.array([row["slips"] for row in result["predictions"]])
    assert result["accuracy"] == pytest.approx(np.mean((slips > 0.5) == unknown.slipped))
    assert 0.5 < result["auc"] <= 1.0
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    stability_files(train, written("none.csv", unknown, labels=False), out, few)
    other = json.loads(out.read_text())
    assert other["accuracy"] is None
    assert other["auc"] is None
    assert other["predictions"] == result["predictions"]
