"""Models of arms for exported estimators: what descriptions say, with friction and noise of no arm in particular."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from robolab.estimation.inertia import parameters_of, pseudo_inertia
from robolab.estimation.model import LoadModel, Noise
from robolab.export.load import STEPS, Step
from robolab.export.load_recording import recorded
from robolab.jobs.load import robot_of
from robolab.robots.model import RobotModel

MakeModel = Callable[[str], tuple[LoadModel, RobotModel]]
MakeStep = Callable[..., Step]

FRICTION = (0.4, 0.3, 0.1, -0.1, 0.2, 0.02, 0.01, 0.05)


@cache
def model_of(name: str) -> tuple[LoadModel, RobotModel]:
    robot = robot_of(name)
    n = robot.dof
    speck = 1e-4 * np.eye(4)
    bodies = parameters_of(pseudo_inertia(robot.linkage.inertial) + speck)
    lists = {"white": 0.2, "slow": 0.15, "slow_time": 0.4, "coulomb": 0.1, "viscous": 0.1}
    model = LoadModel(
        robot=robot.name,
        digest=robot.digest,
        joints=robot.joints,
        gain=tuple(10.0 + k for k in range(n)),
        gain_known=True,
        gain_share=0.01,
        inertial=tuple(map(tuple, bodies.tolist())),
        friction=tuple(tuple(f * (1 + 0.1 * k) for f in FRICTION) for k in range(n)),
        noise=Noise(
            **{key: tuple(v * (1 + 0.1 * k) for k in range(n)) for key, v in lists.items()}
        ),
        inflation=1.2,
        explained=(1.0,) * n,
        unseen=(),
        logs=(),
    )
    return model, robot


@pytest.fixture(scope="session")
def load_model_of() -> MakeModel:
    return model_of


@pytest.fixture(scope="session")
def step_of() -> MakeStep:
    """Make the step of a robot, with its own recording or with one that is handed in."""

    @cache
    def own(name: str, period: float) -> Step:
        model, robot = model_of(name)
        return STEPS.get("kalman")(model, robot, period)

    def make(name: str, period: float = 0.008, samples: np.ndarray | None = None) -> Step:
        step = own(name, period)
        if samples is None:
            return step
        every = int(step.sizes["EVERY"].value)
        return replace(step, recording=recorded(step.estimator(), samples, every))

    return make


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    path.write_text(model_of("ur10e")[0].model_dump_json(), encoding="utf-8")
    return path
