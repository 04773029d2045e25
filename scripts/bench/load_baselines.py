"""What controllers do that do not know what they carry: the same paths, timed for the robot's rated payload."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from robolab.jobs.adapt_run import OpenJob
from robolab.jobs.moves import Move
from robolab.jobs.payloads import payload_of
from robolab.jobs.plan import Cell
from robolab.jobs.setting import requirements_of
from robolab.planning.contract import Planned
from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.loads import scaled
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.timing import TimingSettings, time_path
from robolab.trajectory.timing_usage import limit_usage
from robolab.trajectory.trajectory import Dwell, LegRequirements

SPARE = 0.1
"""Share of a joint's torque that is left to move with, where the rated payload would take more to be held still."""
_UNLIMITED = 1e9
_LEAST = 0.02
_CLOSE = 2e-3
"""How closely a factor is sought, as a share of it."""
_STEP = 0.995
"""By what to go down from a factor that does not hold after all."""
_SAMPLES = 200

_FINE, _COARSE = TimingSettings(), TimingSettings(refinements=1)


@dataclass(frozen=True)
class Told:
    """The load that a controller is told for a move.

    Attributes:
        payload: The robot's rated payload, with the shape and the place of what is carried; less where a joint
            could not hold that still with `SPARE` of its torque left, but never less than the heaviest of the scene.
        short: Name of the joint that could not; None where all can.
    """

    payload: Payload
    short: str | None


def told(robot: RobotModel, path: PiecewisePolynomial, heaviest: Payload) -> Told:
    """Return what a controller is told for a path, given the most that its load may be.

    Gravity's torque is affine in a load of given shape, so that the most that a joint holds is a quotient.
    """
    rated = scaled(heaviest, max(robot.rated_load or 0.0, heaviest.mass))
    q = path(np.linspace(path.start, path.end, _SAMPLES))
    empty = robot.gravity_torque(q)
    per_kg = (robot.gravity_torque(q, rated) - empty) / rated.mass
    room = (1.0 - SPARE) * robot.limits.torque - robot.motors.coulomb
    held = (room - np.sign(per_kg) * empty) / np.maximum(np.abs(per_kg), 1e-9)
    most = np.min(held, axis=0)
    joint = int(np.argmin(most))
    if most[joint] >= rated.mass:
        return Told(rated, None)
    return Told(scaled(rated, max(float(most[joint]), heaviest.mass)), robot.joints[joint])


@dataclass(frozen=True)
class Constant:
    """Constant joint accelerations, and the cycle time that they give.

    Attributes:
        factor: On the robot file's acceleration limits, at most 1, common to all joints and moves.
        duration: Cycle time [s].
    """

    factor: float
    duration: float


@dataclass(frozen=True)
class Baselines:
    """All baselines of a job.

    Attributes:
        constant: Torque bounds the factor; each move by itself keeps to the tool acceleration that the gripper allows.
        by_move: The same, but each move keeps the load held by a factor of its own.
        grip: One factor that keeps the load within torque and in the gripper.
        fixed: Cycle time of torque-limited timing for the load that the controller is told [s].
        short: Moves on which that is not the rated payload, with the joint that could not hold it.
    """

    constant: Constant
    by_move: Constant
    grip: Constant
    fixed: float
    short: dict[str, str]


def baselines(job: OpenJob) -> Baselines:
    """Find all baselines of a job."""
    moves = [_Timed(job.cell, *step) for step in job.steps if isinstance(step, tuple)]
    pauses = _pauses(job)
    constant = _common(moves, pauses, grip=False)
    by_move = sum(move.time(move.held(constant.factor, grip=True), grip=True) for move in moves)
    fixed = sum(move.torque_limited for move in moves)
    return Baselines(
        constant,
        Constant(constant.factor, by_move + pauses),
        _common(moves, pauses, grip=True),
        fixed + pauses,
        {m.name: m.told.short for m in moves if m.told is not None and m.told.short is not None},
    )


def exact_time(job: OpenJob) -> float:
    """Return the cycle time with torque-limited timing for the loads that there are [s]."""
    cell = replace(job.cell, scene=job.real)
    total = _pauses(job)
    for step in job.steps:
        if isinstance(step, tuple):
            asked, payload = _asked(cell, step[0])
            found = time_path(cell.robot, step[1].path, payload=payload, requirements=asked)
            total += found.duration
    return total


def _common(moves: list[_Timed], pauses: float, grip: bool) -> Constant:
    """Find the largest common factor on the acceleration limits with which the loads are within torque everywhere.

    Every move is timed by velocity, acceleration and jerk of its joints, and speed of the tool, alone.
    """
    factor = 1.0
    for move in moves:
        factor = move.held(factor, grip)
    # A move that holds at a factor need not hold at a smaller one, where it is timed otherwise.
    while not all(move.holds(factor, grip) for move in moves):
        factor *= _STEP
    return Constant(factor, sum(move.time(factor, grip) for move in moves) + pauses)


@dataclass
class _Timed:
    """One move as a controller times it.

    Where it says `grip`, the factor has to keep the heaviest load of the scene in the gripper; otherwise the
    tool's acceleration is limited as that asks.
    """

    cell: Cell
    move: Move
    planned: Planned

    def __post_init__(self) -> None:
        self._asked, heaviest = _asked(self.cell, self.move)
        path = self.planned.path
        self.told = None if heaviest is None else told(self.cell.robot, path, heaviest)
        self._payload = None if self.told is None else self.told.payload
        self._found: dict[tuple[float, bool, TimingSettings], tuple[float, float]] = {}

    @property
    def name(self) -> str:
        return self.move.name

    @property
    def torque_limited(self) -> float:
        """Duration where torque with the load that the controller is told is what limits [s]."""
        path, payload = self.planned.path, self._payload
        found = time_path(self.cell.robot, path, payload=payload, requirements=self._asked)
        return found.duration

    def time(self, factor: float, grip: bool) -> float:
        """Duration of the move [s]."""
        return self._at(factor, grip)[0]

    def holds(self, factor: float, grip: bool) -> bool:
        """Whether the payload stays within torque, and in the grip where that counts."""
        return self._at(factor, grip)[1] <= 1.0

    def held(self, most: float, grip: bool) -> float:
        """Return about the largest factor that holds, at most a given one."""

        def over(factor: float) -> float:
            return self._at(factor, grip, _COARSE)[1] - 1.0

        if self._payload is None or over(most) <= 0.0:
            return most
        found = brentq(over, _LEAST, most, xtol=_CLOSE * _LEAST, rtol=_CLOSE)
        factor = float(found) * (1.0 - _CLOSE)
        while not self.holds(factor, grip):
            factor *= _STEP
        return factor

    def _at(
        self, factor: float, grip: bool, settings: TimingSettings = _FINE
    ) -> tuple[float, float]:
        grip = grip and self._asked.tool_acceleration is not None
        key = factor, grip, settings
        if key not in self._found:
            robot, asked = _without_torque(self.cell.robot, factor), self._asked
            free = replace(asked, tool_acceleration=None) if grip else asked
            found = time_path(robot, self.planned.path, requirements=free, settings=settings)
            used = limit_usage(self.cell.robot, found, self._payload, asked)
            share = float(np.max(used.torque))
            if grip:
                share = max(share, float(np.max(used.tool_acceleration)))
            self._found[key] = found.duration, share
        return self._found[key]


def _without_torque(robot: RobotModel, factor: float) -> RobotModel:
    acceleration, free = robot.limits.acceleration * factor, np.full(robot.dof, _UNLIMITED)
    limited = replace(robot, limits=replace(robot.limits, acceleration=acceleration, torque=free))
    # Bodies and chain do not hang on limits, and building them takes longer than timing a move.
    vars(limited).update({name: getattr(robot, name) for name in ("chain", "_dynamics")})
    return limited


def _asked(cell: Cell, move: Move) -> tuple[LegRequirements, Payload | None]:
    """What a move is asked with the most that its load may be, and that load."""
    payload = None
    if move.carried is not None:
        assert move.X_tcp_object is not None
        payload = payload_of(cell.scene, cell.scene.object(move.carried), move.X_tcp_object)
    return requirements_of(cell.scene, cell.robot, move, payload), payload


def _pauses(job: OpenJob) -> float:
    return sum(step.seconds for step in job.steps if isinstance(step, Dwell))
