"""A pad's cells: in sum what the physics says, in between a skin that slips from its edges, and readings with faults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robolab.sensors.pad import COLUMNS, PITCH, ROWS, PadForces, PadParameters, PadSkin, cells_of
from robolab.sim.touches import Touch

AXIS = (np.arange(ROWS) - (ROWS - 1) / 2.0) * PITCH
ACROSS, ALONG = np.meshgrid(AXIS, AXIS)


def touch(seed: int, count: int, share: float) -> Touch:
    """Random contact points that use a share of their friction."""
    rng = np.random.default_rng(seed)
    normal, angle = rng.uniform(0.1, 5.0, count), rng.uniform(0.0, 6.3, count)
    shear = 0.7 * share * normal[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return Touch(rng.uniform(-0.009, 0.009, (count, 2)), normal, shear, 0.7)


@given(st.integers(0, 10_000), st.integers(1, 4), st.floats(0.0, 1.0))
@settings(max_examples=25, deadline=None)
def test_sums_to_the_forces_of_the_physics(seed: int, count: int, share: float) -> None:
    one = touch(seed, count, share)
    cells = cells_of(one)
    assert cells.normal.sum() == pytest.approx(one.normal.sum())
    assert cells.shear.sum(axis=(0, 1)) == pytest.approx(one.shear.sum(axis=0), abs=1e-9)


def test_feels_a_twist() -> None:
    """Two points that are pushed against each other: no shear in sum, and all of the torsion."""
    points, normal = np.array([[-0.005, 0.0], [0.005, 0.0]]), np.array([2.0, 2.0])
    cells = cells_of(Touch(points, normal, np.array([[0.0, -0.5], [0.0, 0.5]]), 0.6))
    assert cells.shear.sum(axis=(0, 1)) == pytest.approx([0.0, 0.0], abs=1e-9)
    torsion = (ACROSS * cells.shear[..., 1] - ALONG * cells.shear[..., 0]).sum()
    assert torsion == pytest.approx(0.005)


def test_lightly_pressed_cells_slip_first() -> None:
    points, normal = np.array([[0.004, 0.004], [-0.002, 0.0]]), np.array([2.0, 3.0])
    half = Touch(points, normal, 0.5 * 0.6 * normal[:, None] * [[0.0, -1.0]], 0.6)
    cells = cells_of(half)
    used = -cells.shear[..., 1] / (0.6 * cells.normal)
    weak = cells.normal < np.median(cells.normal)
    assert used[weak].min() > 0.95
    assert used[~weak].min() < 0.6
    assert used.max() <= 1.0 + 1e-9


def test_nothing_touches_nothing_is_felt() -> None:
    cells = cells_of(Touch(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 2)), 0.5))
    assert not cells.normal.any()
    assert not cells.shear.any()


def still(force: float) -> PadForces:
    return PadForces(np.full((2, ROWS, COLUMNS), force), np.zeros((2, ROWS, COLUMNS, 2)))


def test_reads_late_within_its_range_and_with_noise() -> None:
    quiet = {"noise": 0.0, "gain": 0.0, "drift": 0.0, "resolution": 0.0}
    skin = PadSkin(PadParameters(**quiet), (2, ROWS, COLUMNS), 1e-3, np.random.default_rng(0))
    first = skin.read(still(1.0)).normal
    later = [skin.read(still(1.0)).normal for _ in range(2000)][-1]
    assert np.all(first < 0.975)
    assert later == pytest.approx(np.ones_like(later), abs=1e-3)
    assert skin.read(still(50.0)).normal.max() == PadParameters().most
    noisy = PadSkin(PadParameters(), (2, ROWS, COLUMNS), 1e-3, np.random.default_rng(0))
    values = np.array([noisy.read(still(1.0)).normal for _ in range(50)])
    assert 0.003 < values.std(axis=0).mean() < 0.01


def test_a_dead_pad_says_nothing() -> None:
    skin = PadSkin(PadParameters(), (2, ROWS, COLUMNS), 1e-3, np.random.default_rng(0))
    skin.dead[1] = True
    read = skin.read(still(1.0))
    assert read.normal[0].min() > 0.5
    assert not read.normal[1].any()
