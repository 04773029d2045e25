"""Whether a program can be read at all: names, counts, finite numbers. What follows relies on it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Dwell, Leg, Program
from robolab.verify.report import Finding, failed, passed

_CHECK = "structure"
_ROUNDING = 1e-12


def structure(program: Program, scene: SceneSpec, robot: RobotModel) -> Iterator[Finding]:
    """Yield what is wrong with the program's form, or one finding that nothing is."""
    faults = [*_program_faults(program, scene, robot)]
    for index, leg in enumerate(program.legs):
        faults += [
            failed(_CHECK, text, leg=leg.name, index=index) for text in _leg_faults(leg, robot)
        ]
    yield from faults or [passed(_CHECK)]


def _program_faults(program: Program, scene: SceneSpec, robot: RobotModel) -> Iterator[Finding]:
    if not program.legs:
        yield failed(_CHECK, "the program has no legs")
    if program.joints != robot.joints:
        yield failed(_CHECK, f"joints are {program.joints}, the robot's are {robot.joints}")
    if program.scene != scene.name:
        yield failed(_CHECK, f"the program is for scene {program.scene!r}, not {scene.name!r}")
    if program.robot not in (robot.name, scene.robot.name):
        yield failed(_CHECK, f"the program is for robot {program.robot!r}, not {robot.name!r}")
    if len(scene.robots) > 1:
        yield failed(_CHECK, "clearance from the scene's other robots cannot be checked")
    for item in program.items:
        if isinstance(item, Dwell) and not (np.isfinite(item.seconds) and item.seconds >= 0.0):
            yield failed(_CHECK, f"a dwell lasts {item.seconds} s")


def _leg_faults(leg: Leg, robot: RobotModel) -> Iterator[str]:
    trajectory, n = leg.trajectory, len(robot.joints)
    breaks = np.asarray(trajectory.curve.breaks)
    coefficients = np.asarray(trajectory.curve.coefficients)
    if trajectory.joints != robot.joints:
        yield f"joints are {trajectory.joints}, the robot's are {robot.joints}"
    if coefficients.ndim != 3 or coefficients.shape[1:] != (breaks.size - 1, n):
        yield f"coefficients have shape {coefficients.shape}, expected (k, {breaks.size - 1}, {n})"
    if not (np.isfinite(breaks).all() and np.isfinite(coefficients).all()):
        yield "holds numbers that are not finite"
    elif not (np.diff(breaks) > 0.0).all():
        yield "time does not run forwards"
    elif abs(breaks[0]) > _ROUNDING:
        yield f"begins at {breaks[0]} s, expected 0"
