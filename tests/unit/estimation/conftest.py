"""A UR10e that differs from its description, and the logs that it would give."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.estimation.drive import NAMES, Drives, current_of
from robolab.estimation.identify import Loaded, identify
from robolab.estimation.inertia import body_of, coordinates_of
from robolab.estimation.log import JointLog
from robolab.estimation.model import LoadModel
from robolab.estimation.rigid import arm_torque, motion_of, payload_columns
from robolab.jobs.load import robot_of
from robolab.robots.model import RobotModel

Record = Callable[..., JointLog]
PERIOD = 0.01
SCALE = 0.92
"""Common scale of the true gains."""
NOTHING = np.zeros(4)
BRAKE = 0.2
"""How long an arm takes to stop [s]."""


@pytest.fixture(scope="session")
def arm() -> RobotModel:
    return robot_of("ur10e")


def true_drives(robot: RobotModel) -> Drives:
    motors = robot.motors
    gain = SCALE * motors.gear_ratio * motors.torque_constant
    friction = np.zeros((robot.dof, len(NAMES)))
    friction[:, 0] = 1.2 * motors.coulomb / gain
    friction[:, 1] = 0.8 * motors.viscous / gain
    friction[:, 3] = 0.1 * motors.coulomb / gain
    friction[:, 6] = motors.rotor_inertia * motors.gear_ratio**2 / gain
    friction[:, 7] = 0.17
    return Drives(gain, friction, robot.limits.torque / gain)


def true_bodies(robot: RobotModel) -> Array:
    rng = stream(5, "bodies")
    scatter = np.array([0.03, *[0.1] * 3, *[0.01] * 3, *[0.01] * 3])
    return np.array(
        [
            body_of(coordinates_of(body) + scatter * rng.normal(size=10))[0]
            for body in robot.linkage.inertial
        ]
    )


def moves(robot: RobotModel, seed: int, time: Array) -> tuple[Array, Array, Array]:
    """Sums of sines about a stretched pose, at rest at first."""
    rng = stream(seed, "moves")
    start = np.clip(time / 2.0, 0.0, 1.0)
    u, du = start**2 * (3 - 2 * start), np.where(start < 1.0, 3 * start * (1 - start), 0.0)
    ddu = np.where(start < 1.0, 1.5 * (1 - 2 * start), 0.0)
    q, qd, qdd = (np.zeros((len(time), robot.dof)) for _ in range(3))
    for k in range(1, 5):
        w = 2 * np.pi * 0.08 * k * rng.uniform(0.9, 1.1, robot.dof)
        a, p = rng.normal(size=robot.dof) * 0.7 / k, rng.uniform(0, 6.28, robot.dof)
        phase = w * time[:, None] + p
        q += a * np.sin(phase)
        qd += a * w * np.cos(phase)
        qdd -= a * w**2 * np.sin(phase)
    u, du, ddu = u[:, None], du[:, None], ddu[:, None]
    centre = np.array([0.0, -1.0, 0.8, -1.0, -1.2, 0.0])
    return centre + u * q, du * q + u * qd, ddu * q + 2 * du * qd + u * qdd


@pytest.fixture(scope="session")
def record(arm: RobotModel) -> Record:
    """Make a log: of a seed, some seconds, and a load (4,) or one for every row (k, 4); it may come to a stop [s]."""
    drives, bodies = true_drives(arm), true_bodies(arm).ravel()

    def make(
        seed: int, seconds: float = 14.0, load: Array = NOTHING, stops: float = np.inf
    ) -> JointLog:
        rng = stream(seed, "noise")
        time: Array = PERIOD * np.arange(round(seconds / PERIOD), dtype=float)
        # The same way, its speed taken away evenly during BRAKE.
        pace = np.clip((stops - time) / BRAKE, 0.0, 1.0)[:, None]
        along = np.where(pace[:, 0] < 1.0, stops - 0.5 * BRAKE * (1.0 + pace[:, 0] ** 2), time)
        q, qd, qdd = moves(arm, seed, along)
        slowing = np.where((pace > 0.0) & (pace < 1.0), 1.0 / BRAKE, 0.0)
        qd, qdd = pace * qd, pace**2 * qdd - slowing * qd
        motion = motion_of(arm.linkage, q, qd, qdd)
        torque = arm_torque(arm.linkage, motion, bodies)
        torque += (payload_columns(arm.linkage, motion) * np.asarray(load)[..., None, :]).sum(-1)
        current = current_of(drives, torque, qd, qdd)[0]
        slow = np.zeros_like(current)
        for k in range(1, len(time)):
            slow[k] = 0.99 * slow[k - 1] + 0.14 * rng.normal(size=arm.dof)
        noise = arm.motors.current_noise * (rng.normal(size=q.shape) + 0.3 * slow)
        file = Path(f"seed{seed}.csv")
        return JointLog(file, 100.0 + time, q, qd, current + noise, PERIOD, ())

    return make


@pytest.fixture(scope="session")
def identified(arm: RobotModel, record: Record) -> LoadModel:
    load = np.array([3.0, 0.0, 0.2, 0.3])
    return identify(arm, [record(seed) for seed in (1, 2, 3)], [Loaded(record(9, 14.0, load), 3.0)])


def table_of(log: JointLog) -> Array:
    """A log as the numbers of its file."""
    rest = np.zeros((len(log.time), 12))
    return np.concatenate([log.time[:, None], log.q, log.qd, log.current, rest], axis=1)


def written(table: Array, path: Path) -> Path:
    path.write_text("\n".join(",".join(repr(float(v)) for v in row) for row in table))
    return path
