"""What a live run did as a program: legs from rest to rest, and dwells between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from robolab.jobs.live import Executed
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.splice import cut, moved
from robolab.trajectory.trajectory import Dwell, Leg, LegRequirements, Program, Trajectory

_STILL = 1e-9
"""Coefficients of joint speed, acceleration and jerk below this are rest."""


def program_of(
    done: Executed,
    names: Sequence[str],
    scene: SceneSpec,
    robot: RobotModel,
    asked: LegRequirements,
) -> Program:
    """Return the whole motion as a program.

    Args:
        names: Of the tasks, in order, those that were not done included.
    """
    items: list[Leg | Dwell] = []
    ends = [stood for _, _, stood in done.reached]
    for start, end, moving in _spans(done.motion):
        if not moving:
            items.append(Dwell(end - start))
            continue
        name = names[min(int(np.searchsorted(ends, start + _STILL)), len(names) - 1)]
        curve = moved(cut(done.motion, start, end), 0.0)
        label = _unused(name, {item.name for item in items if isinstance(item, Leg)})
        items.append(Leg(label, Trajectory(robot.joints, curve), asked, "live"))
    return Program(scene.name, scene.name, robot.name, robot.joints, tuple(items))


def _spans(motion: PiecewisePolynomial) -> Iterator[tuple[float, float, bool]]:
    """Stretches of time in which the arm moves or stands, in order."""
    moving = np.any(np.abs(motion.coefficients[1:]) > _STILL, axis=(0, 2))
    first = np.flatnonzero(np.diff(moving.astype(int), prepend=-1))
    for a, b in zip(first, [*first[1:], len(moving)], strict=True):
        yield float(motion.breaks[a]), float(motion.breaks[b]), bool(moving[a])


def _unused(name: str, used: set[str]) -> str:
    count = 1
    label = name
    while label in used:
        count += 1
        label = f"{name}, again {count}"
    return label
