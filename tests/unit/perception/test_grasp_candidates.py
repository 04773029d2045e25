"""Candidates between which fingers fit, and what a hand would see of them."""

from __future__ import annotations

import numpy as np

from robolab.perception.grasp_candidates import Hand, antipodal_score, sample_candidates
from robolab.perception.grasp_crops import COLUMNS, ROWS, crops
from robolab.perception.heightmap import Heightmap

HAND = Hand()
CELL = 0.0025


def table(*boxes: tuple[float, float, float, float, float]) -> Heightmap:
    """Heights of boxes (x, y, half x, half y, height) on a table."""
    n = 160
    corner = np.full(2, -0.5 * (n - 1) * CELL)
    x, y = np.meshgrid(*(corner[0] + CELL * np.arange(n),) * 2, indexing="ij")
    heights = np.zeros((n, n), dtype=np.float32)
    for cx, cy, a, b, h in boxes:
        heights[(np.abs(x - cx) <= a) & (np.abs(y - cy) <= b)] = h
    return Heightmap(heights, np.ones((n, n), dtype=np.bool_), corner, CELL)


def test_fingers_have_room_beside_a_box_alone_but_not_between_two() -> None:
    rng = np.random.default_rng(0)
    alone = sample_candidates(table((0.0, 0.0, 0.02, 0.05, 0.04)), HAND, rng)
    assert len(alone) > 100
    assert np.all(np.abs(alone.poses[:, 0]) < 0.03)
    # A neighbour on either side, nearer than a finger is thick.
    boxes = [(s * 0.045, 0.0, 0.02, 0.05, 0.04) for s in (-1, 0, 1)]
    packed = sample_candidates(table(*boxes), HAND, np.random.default_rng(0))
    closing = np.abs(np.cos(packed.poses[:, 3])) > 0.9
    middle = closing & (np.abs(packed.poses[:, 0]) < 0.01) & (np.abs(packed.poses[:, 1]) < 0.04)
    assert not middle.any()


def test_sides_that_face_each_other_score_higher_than_slanted_ones() -> None:
    found = sample_candidates(table((0.0, 0.0, 0.015, 0.08, 0.04)), HAND, np.random.default_rng(1))
    score = antipodal_score(found, HAND)
    off = np.abs((found.poses[:, 3] + np.pi / 2) % np.pi - np.pi / 2)
    same_depth = np.abs(found.features[:, 4] - 0.03) < 0.008
    straight, slanted = same_depth & (off < 0.15), same_depth & (off > 0.5)
    assert straight.any()
    assert slanted.any()
    assert np.median(score[straight]) > np.median(score[slanted])
    np.testing.assert_allclose(found.features[straight, 0], 0.03, atol=0.006)


def test_a_crop_turns_with_the_hand() -> None:
    seen = table((0.01, 0.0, 0.01, 0.06, 0.03))
    pose = np.array([[0.01, 0.0, 0.01, 0.0]])
    along = crops(seen, pose, HAND)[0]
    assert along.shape == (ROWS, COLUMNS)
    # The bar lies across the closing axis: it is high in the middle rows, for every column.
    assert np.all(along[ROWS // 2] > 0.0)
    assert np.all(along[:12] < 0.0)
    pose[0, 3] = np.pi / 2
    across = crops(seen, pose, HAND)[0]
    assert np.all(across[:, COLUMNS // 2][8:40] > 0.0)
    assert np.all(across[:, 0] < 0.0)
