"""Faults of a depth camera: each alone does what it says, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.kernels.faults import cosine_at
from robolab.sensors.depth_faults import DepthFaults, exposed, jolt, spoiled
from robolab.sim.camera import Intrinsics
from tests.unit.sensors import faults_in_numpy as plain

LENS = Intrinsics.of_fov(160, 120, 48.0)
WALL = np.full((120, 160), 2.0, dtype=np.float32)
WHITE = np.full((120, 160, 3), 255, dtype=np.uint8)
MATT = np.zeros((120, 160), dtype=np.float32)
ONE = np.ones((120, 160), dtype=np.float32)


def noise_at(distance: float, light: float) -> float:
    """Standard deviation of depth on a white wall, in the picture's middle, which looks at the camera."""
    depth = np.full((120, 160), distance, dtype=np.float32)
    faults = DepthFaults(light=light)
    noisy = spoiled(depth, WHITE, MATT, LENS.matrix(), faults, np.random.default_rng(0))
    return float(np.std((noisy - depth)[40:80, 50:110]))


def test_noise_grows_with_distance_and_with_other_light() -> None:
    assert noise_at(3.0, 1.0) == pytest.approx(1.5 * noise_at(2.0, 1.0), rel=0.05)
    dark, bright = noise_at(2.0, 1e-3), noise_at(2.0, 10.0)
    assert dark == pytest.approx(0.002 / np.sqrt(0.88), rel=0.05), "white sends 0.88 of it back"
    assert bright == pytest.approx(7.0 * dark, rel=0.05), "as Basler measured"


def test_dark_faces_lose_depth_and_white_ones_do_not() -> None:
    rng = np.random.default_rng(0)
    black = np.full_like(WHITE, 8)
    of = [spoiled(WALL, c, MATT, LENS.matrix(), DepthFaults(), rng) for c in (WHITE, black)]
    assert np.mean(of[0] == 0.0) < 0.001
    assert np.mean(of[1] == 0.0) > 0.8


def test_a_shiny_face_dazzles_only_where_it_looks_at_the_camera() -> None:
    rng = np.random.default_rng(0)
    shiny, matt = (
        spoiled(WALL, WHITE, g, LENS.matrix(), DepthFaults(), rng) for g in (0.7 * ONE, MATT)
    )
    assert shiny[60, 80] == 0.0
    assert shiny[0, 0] == pytest.approx(2.0, abs=0.03)
    assert matt.all()


def test_cosine_is_that_of_a_leaning_plane() -> None:
    x = (np.arange(160) - LENS.cx) / LENS.fx
    y = (np.arange(120) - LENS.cy) / LENS.fy
    normal = np.array([0.5, 0.2, 1.0]) / np.linalg.norm([0.5, 0.2, 1.0])
    rays = np.stack([*np.meshgrid(x, y), np.ones((120, 160))], axis=-1)
    inverse = ((rays @ normal) / 2.0).astype(np.float32)
    wanted = (rays @ normal) / np.linalg.norm(rays, axis=-1)
    for i, j in ((2, 3), (60, 80), (100, 20)):
        said = cosine_at(inverse, i, j, x[j], y[i], LENS.fx, LENS.fy)
        assert said == pytest.approx(wanted[i, j], abs=2e-3)


def test_a_step_strikes_out_both_of_its_sides_and_a_small_one_none() -> None:
    wall = WALL.copy()
    wall[:, 80:] = 1.9

    def lost(step: float) -> np.ndarray:
        faults, rng = DepthFaults(step=step), np.random.default_rng(0)
        return spoiled(wall, WHITE, MATT, LENS.matrix(), faults, rng) == 0.0

    assert lost(0.02)[:, 79:81].all()
    assert lost(0.02).sum() == 2 * 120
    assert not lost(0.2)[2:-2, 2:-2].any()


@pytest.mark.parametrize("light", [0.1, 1.0, 10.0])
def test_compiled_faults_are_those_of_plain_arrays(light: float) -> None:
    """The same draws give the same frame, but for pixels that lie on a limit."""
    faults = DepthFaults(light=light, noise=0.003)
    rng = np.random.default_rng(1)
    blocks = np.kron(rng.uniform(1.0, 4.0, (6, 8)), np.ones((20, 20))).astype(np.float32)
    depth = np.where(blocks > 3.5, np.float32(0.0), blocks)
    colour = np.kron(rng.integers(0, 256, (6, 8, 3)), np.ones((20, 20, 1))).astype(np.uint8)
    gloss = np.kron(rng.choice([0.0, 0.7], (6, 8)), np.ones((20, 20))).astype(np.float32)
    frame = (depth, colour, gloss, LENS.matrix(), faults)
    ours = spoiled(*frame, np.random.default_rng(5))
    theirs = plain.spoiled(*frame, np.random.default_rng(5))
    same = (ours > 0.0) == (theirs > 0.0)
    assert same.mean() > 0.9995
    assert 0.1 < np.mean(ours > 0.0) < 0.9
    assert ours[same] == pytest.approx(theirs[same], abs=2e-5)
    shown = exposed(colour, light, 3.0, np.random.default_rng(6)).astype(int)
    assert np.abs(shown - plain.exposed(colour, light, 3.0, np.random.default_rng(6))).max() <= 1


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
