"""Moving bodies against the checks of standing ones: moved there, they are the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.moving import Mover, MovingChecker
from robolab.kernels.obstacles import Obstacles
from robolab.robots.model import RobotModel, Spheres

POSE = np.eye(4)
POSE[:3, 3] = [0.6, 0.1, 0.3]
CYLINDER = Obstacles(
    cylinder_pose=POSE[None], cylinder_size=np.array([[0.2, 0.6]]), cylinder_names=("post",)
)
POINTS = Obstacles(points=np.random.default_rng(4).normal(0.0, 0.2, (300, 3)), point_radius=0.03)


def question(robot: RobotModel) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(2)
    Q = robot.home + rng.uniform(-1.5, 1.5, (60, robot.dof))
    return Q, rng.uniform(-0.8, 0.8, (60, 3)), rng.uniform(0.0, 0.1, 60)


def shifted(shape: Obstacles, by: Array) -> Obstacles:
    pose = shape.cylinder_pose.copy()
    pose[:, :3, 3] += by
    return replace(shape, cylinder_pose=pose, points=shape.points + by)


def evasive(spheres: Spheres) -> Spheres:
    """All but base and shoulder, which can only turn where they stand."""
    kept = np.asarray(spheres.link) > 1
    body = tuple(name for name, keep in zip(spheres.body, kept, strict=True) if keep)
    none = np.zeros((0, 2), dtype=int)
    return Spheres(spheres.link[kept], spheres.centre[kept], spheres.radius[kept], body, none)


@pytest.mark.parametrize("shape", [CYLINDER, POINTS], ids=["cylinder", "points"])
def test_a_moved_body_touches_as_one_that_stands_there(ur10e: RobotModel, shape: Obstacles) -> None:
    Q, shift, grow = question(ur10e)
    moving, mover = MovingChecker(ur10e.chain, ur10e.spheres), Mover(shape)
    gone = np.array(
        [
            CompiledChecker(ur10e.chain, evasive(ur10e.spheres), shifted(shape, by)).clearance(q)
            <= more
            for q, by, more in zip(Q, shift, grow, strict=True)
        ]
    )
    assert 3 < gone.sum() < 57
    assert np.array_equal(moving.touches(Q, mover, shift, grow), gone)
    assert moving.first_touch(Q, mover, shift, grow) == int(np.argmax(gone))
    assert moving.first_touch(Q[~gone], mover, shift[~gone], grow[~gone]) is None


def test_the_tool_is_where_the_model_has_it(ur10e: RobotModel) -> None:
    Q, _, _ = question(ur10e)
    points = MovingChecker(ur10e.chain, ur10e.spheres).tool_points(Q)
    assert np.allclose(points, ur10e.fk(Q)[:, :3, 3], atol=1e-9)


def test_known_points_are_those_near_the_robot_or_what_stands(ur10e: RobotModel) -> None:
    moving = MovingChecker(ur10e.chain, ur10e.spheres)
    tool = ur10e.fk(ur10e.home)[:3, 3]
    points = np.array([tool, POSE[:3, 3] + [0.25, 0, 0], [2.0, 2.0, 1.0], [0.0, 0.0, 0.1]])
    found = moving.unknown(ur10e.home, Mover(CYLINDER), points, 0.08)
    assert found.tolist() == [False, False, True, False]
