"""A program laid out on the control clock: where each joint is wanted, with which torque, and what is set when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import Payload, RobotModel
from robolab.sim.controller import Feedforward, feedforward
from robolab.sim.friction import MeasuredDrives
from robolab.trajectory.trajectory import Dwell, Leg, Output, Program

AFTERWARDS = 0.3
"""Time that the arm is watched after the program's end [s]."""
_EPS = 1e-9


@dataclass(frozen=True)
class Reference:
    """Attributes:
    time: Of the k control steps, shape (k,) [s].
    motion: Of k rows.
    leg: Index of the leg in hand, -1 in pauses, shape (k,).
    payloads: By leg.
    outputs: With their times [s], in order.
    """

    time: Array
    motion: Feedforward
    leg: np.ndarray
    payloads: tuple[Payload | None, ...]
    outputs: tuple[tuple[float, Output], ...]

    def payload_at(self, k: int) -> Payload | None:
        """Return the payload in the k-th control step; in a pause, none."""
        leg = int(self.leg[k])
        return None if leg < 0 else self.payloads[leg]


def reference_of(
    program: Program, robot: RobotModel, period: float, drives: MeasuredDrives | None = None
) -> Reference:
    """Lay out a program on a clock of the given period [s].

    In the pause between two legs the load passes smoothly from one leg's payload to the next one's, as
    it does between gripper and support.

    Args:
        drives: What the controller knows of friction, where it was measured.
    """
    starts, outputs, end = _schedule(program)
    time: Array = np.arange(round(np.ceil((end + AFTERWARDS) / period)), dtype=float) * period
    legs = program.legs
    leg = np.full(time.size, -1)
    parts: list[Feedforward] = []
    edges = [0.0]
    for number, (start, item) in enumerate(zip(starts, legs, strict=True)):
        stop = start + item.trajectory.duration
        before = _between(time, edges[-1], start)
        within = _between(time, start, stop)
        motion = _motion(robot, item, within - start, drives)
        parts += [_pause(robot, legs, number, before), motion]
        leg[(time >= start - _EPS) & (time < stop - _EPS)] = number
        edges.append(stop)
    parts.append(_pause(robot, legs, len(legs), _between(time, edges[-1], np.inf)))
    columns = [np.concatenate(rows) for rows in zip(*(_rows(part) for part in parts), strict=True)]
    payloads = tuple(item.payload for item in legs)
    return Reference(time, Feedforward(*columns), leg, payloads, outputs)


def _schedule(program: Program) -> tuple[list[float], tuple[tuple[float, Output], ...], float]:
    """Start of each leg, outputs with their times, and the end."""
    now = 0.0
    starts: list[float] = []
    outputs: list[tuple[float, Output]] = []
    for item in program.items:
        if isinstance(item, Leg):
            starts.append(now)
            now += item.trajectory.duration
        elif isinstance(item, Dwell):
            now += item.seconds
        else:
            outputs.append((now, item))
    return starts, tuple(outputs), now


def _between(time: Array, start: float, stop: float) -> Array:
    return time[(time >= start - _EPS) & (time < stop - _EPS)]


def _motion(
    robot: RobotModel, leg: Leg, local: Array, drives: MeasuredDrives | None
) -> Feedforward:
    q, qd, qdd = leg.trajectory.curve.jet(local, 2)
    return feedforward(robot, q, qd, qdd, leg.payload, drives)


def _pause(robot: RobotModel, legs: tuple[Leg, ...], number: int, time: Array) -> Feedforward:
    """Stand where leg `number` begins, while the load goes over to that leg's payload."""
    if number < len(legs):
        q = legs[number].trajectory.position(0.0)
    else:
        q = legs[-1].trajectory.position(np.inf) if legs else robot.home
    earlier = legs[number - 1].payload if number > 0 else None
    later = legs[number].payload if number < len(legs) else None
    share = np.linspace(0.0, 1.0, time.size)[:, None]
    torque = (1.0 - share) * robot.gravity_torque(q, earlier)
    torque = torque + share * robot.gravity_torque(q, later)
    still = np.zeros_like(torque)
    return Feedforward(np.broadcast_to(q, torque.shape), still, torque, still)


def _rows(part: Feedforward) -> tuple[Array, Array, Array, Array]:
    return part.q, part.qd, part.torque, part.losses
