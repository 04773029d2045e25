"""Two engines' accounts of one program side by side: how far apart its joints and its tool went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel


class MotionLog(Protocol):
    """What both engines' logs hold of k control times and n joints; see `robolab.sim.tracking`."""

    @property
    def time(self) -> Array: ...
    @property
    def q_ref(self) -> Array: ...
    @property
    def q(self) -> Array: ...
    @property
    def tcp_error(self) -> Array: ...
    @property
    def leg(self) -> np.ndarray: ...


@dataclass(frozen=True)
class Apart:
    """The largest difference of one joint, or of all joints on one leg.

    Attributes:
        difference: Between the engines [`unit`].
        time: When, since the program's start [s].
        leg: Index in `program.legs`, -1 for a pause.
        errors: The engines' own largest distances from the program there, of the joint [`unit`].
    """

    joint: str
    unit: str
    difference: float
    time: float
    leg: int
    errors: tuple[float, float]


@dataclass(frozen=True)
class SecondOpinion:
    """A program in two engines, at k control times.

    Attributes:
        engines: Names and versions, the rehearsal's first.
        time: Shape (k,) [s].
        difference: Joint positions of the second engine less the first's, shape (k, n) [rad or m].
        tcp_difference: Distance between the tool centre points that follow from them, shape (k,) [m].
        tcp_errors: Distance of each engine's own tool centre point from the program's, shape (2, k) [m].
        leg: Index of the leg, -1 in between, shape (k,).
        joints: One row a joint, over the whole program.
        legs: One row a leg, and one for the pauses; of the joint that is farthest apart there.
    """

    engines: tuple[str, str]
    time: Array
    difference: Array
    tcp_difference: Array
    tcp_errors: Array
    leg: np.ndarray
    joints: tuple[Apart, ...]
    legs: tuple[Apart, ...]

    @property
    def largest(self) -> Apart:
        """The joint that is farthest apart, by the number: of radians or metres."""
        return max(self.joints, key=lambda row: row.difference)


def compare(
    robot: RobotModel, engines: tuple[str, str], first: MotionLog, second: MotionLog
) -> SecondOpinion:
    """Compare two logs of one program on one clock."""
    assert np.array_equal(first.time, second.time), "one program has one clock"
    apart = second.q - first.q
    tools = [robot.fk(log.q)[:, :3, 3] for log in (first, second)]
    return SecondOpinion(
        engines=engines,
        time=first.time,
        difference=apart,
        tcp_difference=np.linalg.norm(tools[1] - tools[0], axis=1),
        tcp_errors=np.stack([first.tcp_error, second.tcp_error]),
        leg=first.leg,
        joints=tuple(_by_joint(robot, first, second)),
        legs=tuple(_by_leg(robot, first, second)),
    )


def unit_of(robot: RobotModel, joint: int) -> str:
    """Return what a joint's position is counted in, "rad" or "m"."""
    chain = robot.chain
    own = np.all(chain.weights == np.eye(robot.dof)[joint], axis=1) & (chain.offset == 0.0)
    return "m" if bool(chain.prismatic[own].any()) else "rad"


def _by_joint(robot: RobotModel, first: MotionLog, second: MotionLog) -> Iterator[Apart]:
    rows = np.arange(len(first.time))
    for joint in range(robot.dof):
        yield _apart(robot, first, second, joint, rows)


def _by_leg(robot: RobotModel, first: MotionLog, second: MotionLog) -> Iterator[Apart]:
    for leg in np.unique(first.leg).tolist():
        rows = np.flatnonzero(first.leg == leg)
        joint = int(np.abs(second.q[rows] - first.q[rows]).max(axis=0).argmax())
        yield _apart(robot, first, second, joint, rows)


def _apart(
    robot: RobotModel, first: MotionLog, second: MotionLog, joint: int, rows: np.ndarray
) -> Apart:
    apart = np.abs(second.q[rows, joint] - first.q[rows, joint])
    at = int(rows[apart.argmax()])
    errors = [
        float(np.abs(log.q[rows, joint] - log.q_ref[rows, joint]).max()) for log in (first, second)
    ]
    return Apart(
        joint=robot.joints[joint],
        unit=unit_of(robot, joint),
        difference=float(apart.max()),
        time=float(first.time[at]),
        leg=int(first.leg[at]),
        errors=(errors[0], errors[1]),
    )
