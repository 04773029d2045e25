"""Models of arms: what descriptions say, with gains, friction and noise of no arm in particular."""

from __future__ import annotations

from functools import cache

import numpy as np

from robolab.estimation.inertia import parameters_of, pseudo_inertia
from robolab.estimation.model import LoadModel, Noise
from robolab.jobs.load import robot_of
from robolab.robots.model import RobotModel

FRICTION = (0.4, 0.3, 0.1, -0.1, 0.2, 0.02, 0.01, 0.05)


@cache
def model_of(name: str) -> tuple[LoadModel, RobotModel]:
    robot = robot_of(name)
    n = robot.dof
    speck = 1e-4 * np.eye(4)
    bodies = parameters_of(pseudo_inertia(robot.linkage.inertial) + speck)
    lists = {"white": 0.05, "slow": 0.05, "slow_time": 0.4, "coulomb": 0.04, "viscous": 0.04}
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


def clock_set_back(samples: np.ndarray) -> np.ndarray:
    """Some samples late, one without a time, and from the 200th on by a clock that was set back by 7 s."""
    samples = samples.copy()
    samples[[60, 61], 0] = samples[[61, 60], 0]
    samples[100, 0] = np.nan
    samples[200:, 0] -= 7.0
    return samples
