"""What several test packages need: a real robot, and a small job for it made without planners."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike

from robolab.robots import load_robot
from robolab.robots.model import Payload, RobotModel
from robolab.scene.load import load_scene
from robolab.scene.spec import SceneSpec
from robolab.trajectory.polynomial import hermite
from robolab.trajectory.trajectory import (
    Dwell,
    Leg,
    LegRequirements,
    Output,
    Program,
    Trajectory,
)

MakeLeg = Callable[..., Leg]
MakeProgram = Callable[..., Program]


@pytest.fixture(scope="session")
def ur10e_scene() -> SceneSpec:
    return load_scene("ur10e_transfer")


@pytest.fixture(scope="session")
def ur10e(ur10e_scene: SceneSpec) -> RobotModel:
    return load_robot(ur10e_scene.robot, ur10e_scene.folder)


@pytest.fixture(scope="session")
def carton() -> Payload:
    return Payload(3.0, np.array([0.0, 0.0, 0.1]), 0.02 * np.eye(3))


@pytest.fixture(scope="session")
def swing_leg() -> MakeLeg:
    """Make a leg from a to b, rest to rest, with an overswing on the way: many short pieces."""

    def make(
        joints: tuple[str, ...],
        a: ArrayLike,
        b: ArrayLike,
        seconds: float,
        *,
        name: str = "swing",
        payload: Payload | None = None,
    ) -> Leg:
        a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
        s = np.linspace(0.0, 1.0, 61)[:, None]
        u = s**3 * (10 - 15 * s + 6 * s**2)
        du = (30 * s**2 - 60 * s**3 + 30 * s**4) / seconds
        ddu = (60 * s - 180 * s**2 + 120 * s**3) / seconds**2
        share, angle = 0.3, 2 * np.pi * u
        slope = 1 + 2 * np.pi * share * np.cos(angle)
        bend = -share * (2 * np.pi) ** 2 * np.sin(angle) * du**2
        q = a + (u + share * np.sin(angle)) * (b - a)
        knots = np.stack([q, slope * du * (b - a), (slope * ddu + bend) * (b - a)])
        curve = hermite(s[:, 0] * seconds, knots)
        requirements = LegRequirements(clearance=0.01, carried_clearance=0.01)
        return Leg(name, Trajectory(joints, curve), requirements, "test", payload=payload)

    return make


@pytest.fixture(scope="session")
def program_of() -> MakeProgram:
    def make(joints: tuple[str, ...], *items: Leg | Dwell | Output) -> Program:
        return Program("job-a", "ur10e_transfer", "arm", joints, items)

    return make


@pytest.fixture(scope="session")
def transfer(
    ur10e: RobotModel, carton: Payload, swing_leg: MakeLeg, program_of: MakeProgram
) -> Program:
    """Pick, carry, put down and return, with times that no controller's tick divides."""
    rng = np.random.default_rng(3)
    poses = [ur10e.home, *(ur10e.home + rng.uniform(-0.8, 0.8, 6) for _ in range(3))]
    loads = (None, carton, carton, None)
    names = ("approach", "carry", "lower", "return")
    legs = [
        swing_leg(
            ur10e.joints,
            poses[k],
            poses[(k + 1) % 4],
            1.1 + 0.1234567 * k,
            name=names[k],
            payload=loads[k],
        )
        for k in range(4)
    ]
    return program_of(
        ur10e.joints,
        Output("torch", False),
        Dwell(0.0305),
        legs[0],
        Output("vacuum", True, grasps="carton"),
        Dwell(0.2),
        *legs[1:3],
        Output("vacuum", False, releases="carton"),
        Output("torch", True),
        Dwell(0.1503),
        legs[3],
        Output("torch", False),
    )
