"""The UR10e cell without its job, as planners see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from robolab.core.transforms import pose_rpy
from robolab.planning.checks import checker_of
from robolab.planning.contract import Problem
from robolab.planning.ik import solve_ik
from robolab.planning.scene_obstacles import obstacles_of
from robolab.robots import RobotModel, load_robot
from robolab.robots.model import Chain
from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import LegRequirements


@pytest.fixture(scope="session")
def scene() -> SceneSpec:
    return realise(load_scene("ur10e_transfer"), 7)


@pytest.fixture(scope="session")
def robot(scene: SceneSpec) -> RobotModel:
    return load_robot(scene.robot, scene.folder)


@pytest.fixture(scope="session")
def problem(scene: SceneSpec, robot: RobotModel) -> Callable[..., Problem]:
    """Build a problem in the cell from a start and goals."""

    def build(start: np.ndarray, goals: np.ndarray, **asked: Any) -> Problem:
        requirements = replace(LegRequirements(0.01, 0.005), **asked)
        return Problem(
            robot, robot.spheres, obstacles_of(scene), start, np.atleast_2d(goals), requirements
        )

    return build


@pytest.fixture(scope="session")
def ends(robot: RobotModel, problem: Callable[..., Problem]) -> tuple[np.ndarray, np.ndarray]:
    """Above the conveyor, and above the left pallet: the fence post stands between."""
    checker = checker_of(problem(robot.home, robot.home))
    rng = np.random.default_rng(0)
    places = ([0.75, 0.35, 0.45], [0.1, 0.85, 0.0])
    found = [
        next(q for q in solve_ik(robot, pose_rpy(p, [np.pi, 0, 0]), rng) if checker.free(q))
        for p in places
    ]
    return found[0], found[1]


def arm_of(chain: Chain, lower: float, upper: float) -> Any:
    """A robot that has a chain and limits only."""
    n = chain.weights.shape[1]
    limits = SimpleNamespace(
        lower=np.full(n, lower), upper=np.full(n, upper), velocity=np.full(n, 2.0)
    )
    joints = tuple(f"joint_{i}" for i in range(n))
    return SimpleNamespace(
        chain=chain, limits=limits, home=np.full(n, 0.3), dof=n, joints=joints, name="arm"
    )


@pytest.fixture(scope="session")
def seven() -> Any:
    """Seven axes, turned by right angles one after the other."""
    quarter = np.pi / 2
    places = [[0, 0, 0.34], [0, 0, 0], [0, -0.4, 0], [0, 0, 0], [0, 0.4, 0], [0, 0, 0], [0, 0, 0]]
    turns = [0, -quarter, quarter, quarter, -quarter, -quarter, quarter]
    fixed = [pose_rpy(p, [t, 0, 0]) for p, t in zip(places, turns, strict=True)]
    axis = np.tile([0.0, 0.0, 1.0], (7, 1))
    chain = Chain(
        np.eye(4),
        np.array(fixed),
        axis,
        np.zeros(7, bool),
        np.eye(7),
        np.zeros(7),
        pose_rpy([0, 0, 0.2], [0, 0, 0]),
    )
    return arm_of(chain, -2.8, 2.8)


@pytest.fixture(scope="session")
def palletiser() -> Any:
    """Four driven axes of five: a parallelogram keeps the tool level."""
    fixed = np.array(
        [
            pose_rpy([0, 0, 0.8], [0, 0, 0]),
            pose_rpy([0.3, 0, 0], [0, 0, 0]),
            pose_rpy([0, 0, 1.2], [0, 0, 0]),
            pose_rpy([1.3, 0, 0], [0, 0, 0]),
            pose_rpy([0.2, 0, 0], [np.pi, 0, 0]),
        ]
    )
    axis = np.array([[0, 0, 1], [0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=float)
    weights = np.array(
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, -1, 1, 0], [0, 0, -1, 0], [0, 0, 0, 1]], dtype=float
    )
    chain = Chain(
        np.eye(4),
        fixed,
        axis,
        np.zeros(5, bool),
        weights,
        np.zeros(5),
        pose_rpy([0, 0, 0.3], [0, 0, 0]),
    )
    return arm_of(chain, -1.5, 1.5)
