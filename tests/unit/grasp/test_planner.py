"""Grasps proposed from a depth image, and what is said where there are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robolab.core.errors import BadInput
from robolab.core.transforms import Array
from robolab.grasp.planner import ByNetwork, GraspPlanner, by_geometry
from robolab.grasp.policy import load_grasp
from robolab.perception.grasp_candidates import Hand
from robolab.perception.grasp_crops import crops
from robolab.perception.heightmap import Region, heightmap
from robolab.sim.clutter_bodies import LONG, OPEN, PAD, THICK
from tests.unit.grasp.conftest import Draw

PLANNER = GraspPlanner(by_geometry, region=Region(side=0.36))


def turned(a: float, b: float) -> float:
    """Angle between two closing axes [rad]."""
    return abs((a - b + np.pi / 2) % np.pi - np.pi / 2)


@pytest.mark.parametrize("yaw", [0.0, 0.5, 2.0])
def test_a_bar_is_taken_across_its_narrow_side(
    draw: Draw, intrinsics: Array, X_world_cam: Array, yaw: float
) -> None:
    depth = draw((0.03, 0.15, 0.05), yaw, at=0.02)
    best = PLANNER.propose(depth, intrinsics, X_world_cam).grasps[0]
    assert turned(best.yaw, yaw) < 0.2
    assert 0.03 < best.width <= 0.08
    X = best.X_world_tcp
    np.testing.assert_allclose(X[:3, :3].T @ X[:3, :3], np.eye(3), atol=1e-12)
    assert np.linalg.det(X[:3, :3]) == pytest.approx(1.0)
    np.testing.assert_allclose(X[:3, 2], [0.0, 0.0, -1.0])
    assert 0.0 < X[2, 3] < 0.05
    # The middle between the fingers is on the bar's axis.
    across = np.array([np.cos(yaw), np.sin(yaw)])
    assert abs(across @ (X[:2, 3] - [0.02, 0.0])) < 0.005


def test_heights_count_from_the_table(draw: Draw, intrinsics: Array, X_world_cam: Array) -> None:
    depth = draw((0.03, 0.1, 0.05))
    low = PLANNER.propose(depth, intrinsics, X_world_cam).grasps[0]
    X_world_cam[2, 3] += 0.7
    raised = GraspPlanner(by_geometry, region=Region(middle=(0.0, 0.0, 0.7), side=0.36))
    high = raised.propose(depth, intrinsics, X_world_cam).grasps[0]
    np.testing.assert_allclose(
        high.X_world_tcp[:3, 3] - low.X_world_tcp[:3, 3], [0.0, 0.0, 0.7], atol=1e-6
    )


def test_the_same_image_gives_the_same_grasps(
    draw: Draw, intrinsics: Array, X_world_cam: Array
) -> None:
    depth = draw((0.04, 0.04, 0.04))
    a, b = (PLANNER.propose(depth, intrinsics, X_world_cam).grasps for _ in range(2))
    np.testing.assert_array_equal(a[0].X_world_tcp, b[0].X_world_tcp)
    chances = [one.probability for one in a]
    assert chances == sorted(chances, reverse=True)


def test_a_planner_that_sees_too_little_proposes_nothing(
    draw: Draw, intrinsics: Array, X_world_cam: Array
) -> None:
    depth = draw((0.03, 0.1, 0.05))
    for missing in (0.0, np.nan, np.inf):
        found = PLANNER.propose(np.full_like(depth, missing), intrinsics, X_world_cam)
        assert not found.grasps
        assert found.reason == "0 % of the region seen, 30 % needed"


def test_an_empty_table_and_a_wide_object_are_told_apart(
    draw: Draw, intrinsics: Array, X_world_cam: Array
) -> None:
    empty = PLANNER.propose(draw((0.0, 0.0, 0.0)), intrinsics, X_world_cam)
    assert empty.reason == "nothing stands out of the table"
    wide = PLANNER.propose(draw((0.5, 0.5, 0.05)), intrinsics, X_world_cam)
    assert not wide.grasps
    assert wide.reason == "nothing that fits between the fingers stands out of the table"


def test_corners_of_what_is_too_wide_are_left_alone(
    draw: Draw, intrinsics: Array, X_world_cam: Array
) -> None:
    # They fit between the fingers, and would slip out.
    found = PLANNER.propose(draw((0.12, 0.12, 0.05)), intrinsics, X_world_cam)
    assert not found.grasps
    assert found.reason == "nothing that fits between the fingers stands out of the table"


def test_grasps_that_are_not_likely_enough_are_kept_back(
    draw: Draw, intrinsics: Array, X_world_cam: Array
) -> None:
    depth = draw((0.03, 0.12, 0.05))
    every = PLANNER.propose(depth, intrinsics, X_world_cam).grasps
    careful = replace(PLANNER, least=every[0].probability + 0.01)
    found = careful.propose(depth, intrinsics, X_world_cam)
    assert not found.grasps
    assert found.reason.startswith("the best grasp holds with a probability of 0.")
    some = replace(PLANNER, least=every[5].probability)
    assert len(some.propose(depth, intrinsics, X_world_cam).grasps) == 6


def test_a_smaller_hand_takes_smaller_things(
    draw: Draw, intrinsics: Array, X_world_cam: Array
) -> None:
    small = GraspPlanner(by_geometry, Hand(opening=0.04), Region(side=0.36))
    assert not small.propose(draw((0.05, 0.05, 0.05)), intrinsics, X_world_cam).grasps
    found = small.propose(draw((0.02, 0.05, 0.05)), intrinsics, X_world_cam).grasps
    assert all(one.width <= 0.04 for one in found)
    assert found


@pytest.mark.parametrize("what", ["image", "matrix", "pose"])
def test_input_that_cannot_be_an_image_is_refused(
    draw: Draw, intrinsics: Array, X_world_cam: Array, what: str
) -> None:
    depth = draw((0.03, 0.1, 0.05))
    if what == "image":
        depth = depth[0]
    elif what == "matrix":
        intrinsics = np.full((3, 3), np.nan)
    else:
        X_world_cam = np.eye(3)
    with pytest.raises(BadInput, match=r"shapes|not finite"):
        PLANNER.propose(depth, intrinsics, X_world_cam)


def test_a_scene_ten_times_smaller_looks_the_same_to_the_network(
    draw: Draw, intrinsics: Array, X_world_cam: Array
) -> None:
    region, hand = Region(side=0.36), Hand()
    depth = draw((0.03, 0.05, 0.05))
    pose = np.array([[0.003, 0.001, 0.0123, 0.3]])
    large = heightmap(depth, intrinsics, X_world_cam, region)
    X_world_cam[:3, 3] *= 0.1
    small = heightmap((0.1 * depth).astype(np.float32), intrinsics, X_world_cam, region.scaled(0.1))
    a = crops(large, pose, hand)
    pose[:, :3] *= 0.1
    b = crops(small, pose, hand.scaled(0.1))
    assert np.mean(np.abs(a - b) < 1e-3) > 0.99  # rounding moves some cells at the rim


def test_the_hand_is_the_one_that_attempts_are_made_with() -> None:
    hand = Hand()
    assert (hand.opening, hand.pad, hand.thickness, hand.reach) == (OPEN, PAD, THICK, LONG)


def test_the_shipped_network_trusts_a_bar(
    draw: Draw, intrinsics: Array, X_world_cam: Array
) -> None:
    planner = GraspPlanner(ByNetwork(load_grasp()), region=Region(side=0.36))
    bar = planner.propose(draw((0.03, 0.12, 0.04), 0.4), intrinsics, X_world_cam).grasps[0]
    assert bar.probability > 0.8
    assert turned(bar.yaw, 0.4) < 0.7  # closing fingers turn a bar that lies so much askew
