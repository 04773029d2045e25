"""What controllers do that do not know what they carry: the same paths, timed without it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from robolab.jobs.adapt_run import OpenJob
from robolab.jobs.moves import Move
from robolab.jobs.payloads import payload_of
from robolab.jobs.plan import Cell
from robolab.jobs.setting import requirements_of
from robolab.planning.contract import Planned
from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.timing import TimingSettings, time_path
from robolab.trajectory.timing_usage import limit_usage
from robolab.trajectory.trajectory import Dwell, LegRequirements

_UNLIMITED = 1e9
_LEAST = 0.02
_STEPS = 9
"""Halvings of the range in which a factor is sought: to a fifth of a per cent."""


_FINE, _COARSE = TimingSettings(), TimingSettings(refinements=1)


@dataclass(frozen=True)
class Constant:
    """Constant joint accelerations, and the cycle time that they give.

    Attributes:
        factor: On the robot file's acceleration limits, at most 1, common to all joints and moves.
        duration: Cycle time [s].
    """

    factor: float
    duration: float


def fixed_time(job: OpenJob) -> float:
    """Return the cycle time with torque-limited timing for the most that each load may be [s]."""
    total = _pauses(job)
    for step in job.steps:
        if isinstance(step, tuple):
            asked, payload = _asked(job.cell, step[0])
            found = time_path(job.cell.robot, step[1].path, payload=payload, requirements=asked)
            total += found.duration
    return total


def told_time(job: OpenJob) -> float:
    """Return the cycle time with torque-limited timing for the loads that there are [s]."""
    told = replace(job, cell=replace(job.cell, scene=job.real))
    return fixed_time(told)


def constant_time(job: OpenJob, grip: bool = False) -> Constant:
    """Find the largest common factor on the acceleration limits with which the loads are within torque everywhere.

    Every move is timed by velocity, acceleration and jerk of its joints, and speed of the tool, alone.

    Args:
        grip: Let the gripper's hold bound the factor as torque does, instead of each move by itself.
    """
    moves = [_Timed(job.cell, *step, grip) for step in job.steps if isinstance(step, tuple)]
    factor = 1.0
    for move in moves:
        factor = move.largest(factor)
    # A move that held at the factor of an earlier one need not hold at that of a later one.
    while not all(move.holds(factor) for move in moves):
        factor *= 0.995
    return Constant(factor, sum(move.time(factor) for move in moves) + _pauses(job))


@dataclass
class _Timed:
    """One move under constant joint accelerations."""

    cell: Cell
    move: Move
    planned: Planned
    grip: bool

    def __post_init__(self) -> None:
        self._asked, self._payload = _asked(self.cell, self.move)
        self._found: dict[tuple[float, TimingSettings], tuple[float, float]] = {}

    def time(self, factor: float) -> float:
        """Duration of the move [s]."""
        return self._at(factor)[0]

    def holds(self, factor: float) -> bool:
        """Whether the payload stays within torque, and in the grip where that counts."""
        return self._at(factor)[1] <= 1.0

    def largest(self, most: float) -> float:
        """Return the largest factor that holds, at most a given one, by bisection."""
        if self._payload is None or self._at(most, _COARSE)[1] <= 1.0:
            return most
        low, high = _LEAST, most
        for _ in range(_STEPS):
            middle = 0.5 * (low + high)
            holds = self._at(middle, _COARSE)[1] <= 1.0
            low, high = (middle, high) if holds else (low, middle)
        return low

    def _at(self, factor: float, settings: TimingSettings = _FINE) -> tuple[float, float]:
        if (factor, settings) not in self._found:
            robot, asked = _without_torque(self.cell.robot, factor), self._asked
            free = replace(asked, tool_acceleration=None) if self.grip else asked
            found = time_path(robot, self.planned.path, requirements=free, settings=settings)
            used = limit_usage(self.cell.robot, found, self._payload, asked)
            share = float(np.max(used.torque))
            if self.grip:
                share = max(share, float(np.max(used.tool_acceleration)))
            self._found[factor, settings] = (found.duration, share)
        return self._found[factor, settings]


def _without_torque(robot: RobotModel, factor: float) -> RobotModel:
    limits = robot.limits
    free = np.full(robot.dof, _UNLIMITED)
    return replace(
        robot, limits=replace(limits, acceleration=limits.acceleration * factor, torque=free)
    )


def _asked(cell: Cell, move: Move) -> tuple[LegRequirements, Payload | None]:
    """What a move is asked with the most that its load may be, and that load."""
    payload = None
    if move.carried is not None:
        assert move.X_tcp_object is not None
        payload = payload_of(cell.scene, cell.scene.object(move.carried), move.X_tcp_object)
    return requirements_of(cell.scene, cell.robot, move, payload), payload


def _pauses(job: OpenJob) -> float:
    return sum(step.seconds for step in job.steps if isinstance(step, Dwell))
