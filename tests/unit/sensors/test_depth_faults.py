"""Faults of a depth camera: each alone does what it says, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.sensors.depth_faults import (
    DepthFaults,
    cosine_of,
    exposed,
    jolt,
    returned_light,
    spoiled,
    with_noise,
    without_dazzling,
    without_edges,
)
from robolab.sim.camera import Intrinsics

LENS = Intrinsics.of_fov(160, 120, 48.0)
WALL = np.full((120, 160), 2.0, dtype=np.float32)
WHITE = np.full((120, 160, 3), 255, dtype=np.uint8)
MATT = np.zeros((120, 160), dtype=np.float32)
ONE = np.ones((120, 160), dtype=np.float32)


def noise_at(distance: float, light: float) -> float:
    faults = DepthFaults(light=light)
    depth = np.full((120, 160), distance, dtype=np.float32)
    returned = returned_light(depth, ONE, MATT, ONE, faults.reference)
    noisy = with_noise(depth, returned, faults, np.random.default_rng(0))
    return float(np.std(noisy - depth))


def test_noise_grows_with_distance_and_with_other_light() -> None:
    assert noise_at(3.0, 1.0) == pytest.approx(1.5 * noise_at(2.0, 1.0), rel=0.05)
    dark, bright = noise_at(2.0, 1e-3), noise_at(2.0, 10.0)
    assert dark == pytest.approx(0.002, rel=0.05)
    assert bright == pytest.approx(7.0 * dark, rel=0.05), "as Basler measured"


def test_dark_faces_lose_depth_and_white_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    black = np.full_like(WHITE, 8)
    of = [spoiled(WALL, c, MATT, LENS.matrix(), DepthFaults(), rng) for c in (WHITE, black)]
    assert np.mean(of[0] == 0.0) < 0.001
    assert np.mean(of[1] == 0.0) > 0.8


def test_a_shiny_face_dazzles_only_where_it_looks_at_the_camera() -> None:
    cosine = cosine_of(WALL, LENS.matrix())
    out = without_dazzling(WALL, 0.7 * ONE, cosine)
    assert out[60, 80] == 0.0
    assert out[0, 0] == pytest.approx(2.0)
    assert np.array_equal(without_dazzling(WALL, MATT, cosine), WALL)


def test_cosine_is_that_of_a_leaning_plane() -> None:
    x = (np.arange(160) - LENS.cx) / LENS.fx
    y = (np.arange(120) - LENS.cy) / LENS.fy
    normal = np.array([0.5, 0.2, 1.0]) / np.linalg.norm([0.5, 0.2, 1.0])
    rays = np.stack([*np.meshgrid(x, y), np.ones((120, 160))], axis=-1)
    depth = (2.0 / (rays @ normal)).astype(np.float32)
    wanted = (rays @ normal) / np.linalg.norm(rays, axis=-1)
    inner = (slice(2, -2), slice(2, -2))
    assert cosine_of(depth, LENS.matrix())[inner] == pytest.approx(wanted[inner], abs=2e-3)


def test_a_step_strikes_out_both_of_its_sides_and_a_small_one_none() -> None:
    wall = WALL.copy()
    wall[:, 80:] = 1.9
    lost = without_edges(wall, 0.02) == 0.0
    assert lost[:, 79:81].all()
    assert lost.sum() == 2 * 120
    assert not np.any(without_edges(wall, 0.2) == 0.0)


def test_exposure_makes_up_for_light_and_pays_with_noise() -> None:
    grey = np.full((120, 160, 3), 128, dtype=np.uint8)
    rng = np.random.default_rng(0)
    dark, usual, bright = (exposed(grey, light, 3.0, rng) for light in (0.05, 1.0, 10.0))
    assert [float(i.mean()) for i in (dark, usual, bright)] == pytest.approx([128.0] * 3, abs=2.0)
    assert float(dark.std()) > 1.8 * float(usual.std())
    assert exposed(grey, 0.005, 0.0, rng).mean() < 40.0, "there is an end to it"


def test_a_jolt_is_as_large_as_it_says() -> None:
    rng = np.random.default_rng(0)
    shifts = np.array([jolt(rng, 2.0, 0.0)[:3, 3] for _ in range(2000)])
    assert float(shifts.std()) == pytest.approx(0.002, rel=0.05)
    assert np.array_equal(jolt(rng, 0.0, 0.0), np.eye(4))
