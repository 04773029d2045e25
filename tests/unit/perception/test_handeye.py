"""Camera to robot: the pose that made the points is found, with how sure it is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from robolab.core.errors import CalibrationError
from robolab.core.transforms import Array, apply, inverse, look_at, pose_rpy, rotation_angle
from robolab.perception.handeye import HandEye, ball_middle, calibrate

X_TRUE = look_at((1.5, -0.5, 2.0), (0.6, 0.0, 0.4))
P_BALL = np.array([0.001, -0.002, 0.081])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def solved(rng: np.random.Generator, tilts: bool, outliers: int = 0, count: int = 24) -> HandEye:
    holders = np.tile(np.eye(4), (count, 1, 1))
    turns = Rotation.random(count, rng).as_matrix()
    if not tilts:
        turns = Rotation.from_euler("z", rng.uniform(-3.0, 3.0, count)).as_matrix()
    holders[:, :3, :3] = turns
    holders[:, :3, 3] = rng.uniform([0.3, -0.5, 0.2], [1.0, 0.5, 0.9], (count, 3))
    points = np.array([apply(inverse(X_TRUE) @ X, P_BALL) for X in holders])
    points += 0.001 * rng.standard_normal(points.shape)
    points[:outliers] += 0.2
    still = np.tile(np.eye(4), (count, 1, 1))
    guess = X_TRUE @ pose_rpy((0.03, -0.02, 0.01), (0.03, 0.02, -0.03))
    return calibrate(points, still, holders, guess, np.array([0.0, 0.0, 0.08]))


@pytest.mark.parametrize("tilts", [True, False])
def test_the_camera_is_found_within_a_few_of_its_deviations(
    rng: np.random.Generator, tilts: bool
) -> None:
    found = solved(rng, tilts)
    off = 1e3 * float(np.linalg.norm(found.X_mount_cam[:3, 3] - X_TRUE[:3, 3]))
    assert off < min(4.0 * found.std_mm, 6.0)
    assert np.degrees(rotation_angle(found.X_mount_cam, X_TRUE)) < 4.0 * found.std_deg


def test_what_was_seen_wrongly_is_left_out(rng: np.random.Generator) -> None:
    found = solved(rng, True, outliers=3)
    assert found.outliers == 3
    assert float(np.linalg.norm(found.X_mount_cam[:3, 3] - X_TRUE[:3, 3])) < 0.003


def test_points_that_fix_no_pose_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(CalibrationError, match="6 poses or more"):
        solved(rng, True, count=4)
    line = np.linspace(0.0, 0.5, 10)[:, None] * [1.0, 0.0, 0.0] + [0.0, 0.0, 1.0]
    still = np.tile(np.eye(4), (10, 1, 1))
    with pytest.raises(CalibrationError, match="one line"):
        calibrate(line, still, still, np.eye(4), np.zeros(3))


def test_the_middle_of_a_ball_is_behind_what_is_seen_of_it() -> None:
    intrinsics = np.array([[300.0, 0.0, 79.5], [0.0, 300.0, 59.5], [0.0, 0.0, 1.0]])
    middle, radius = np.array([0.1, -0.05, 1.5]), 0.05
    depth, mask = _ball(intrinsics, middle, radius)
    found = ball_middle(depth, mask, intrinsics, radius)
    assert found is not None
    assert found == pytest.approx(middle, abs=1e-4)
    assert ball_middle(np.zeros_like(depth), mask, intrinsics, radius) is None


def _ball(intrinsics: Array, middle: Array, radius: float) -> tuple[Array, np.ndarray]:
    v, u = np.indices((120, 160))
    rays = np.stack([u, v, np.ones_like(u)], axis=-1) @ np.linalg.inv(intrinsics).T
    square, along = np.sum(rays**2, axis=-1), rays @ middle
    inside = along**2 - square * (middle @ middle - radius**2)
    mask = inside > 0.0
    depth = (along - np.sqrt(np.maximum(inside, 0.0))) / square
    return np.where(mask, depth, 0.0), mask
