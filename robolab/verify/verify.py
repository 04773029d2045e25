"""The two entry points: a whole program, or one motion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Leg, LegRequirements, Program, Trajectory
from robolab.verify import approach, clearance, curve, dynamics, job, process, sequence, tracking
from robolab.verify.arm import Arm
from robolab.verify.checks import CHECKS, Case, Settings
from robolab.verify.report import VerificationReport
from robolab.verify.story import SPACING, Held, follow
from robolab.verify.structure import structure
from robolab.verify.tracking import Log

MODULES = (approach, clearance, curve, dynamics, job, process, sequence, tracking)
"""Importing a module enters its checks into the registry; a new one needs a name here."""


def verify_program(
    program: Program,
    scene: SceneSpec,
    tracking: Log | None = None,
    robot: RobotModel | None = None,
    settings: Settings | None = None,
) -> VerificationReport:
    """Check a program against its realised scene.

    Args:
        tracking: The log of its run in the physics, or None to leave that out.
        robot: Read as data only; loaded from the scene if not given.
    Returns:
        One finding per check and leg. Where the program's form is wrong, only that.
    """
    return _verify(program, scene, robot, settings or Settings(), tracking, None, None)


def verify_trajectory(
    motion: Leg | Trajectory,
    scene: SceneSpec,
    robot: RobotModel | None = None,
    *,
    held: Held | None = None,
    objects: Mapping[str, Array] | None = None,
    settings: Settings | None = None,
) -> VerificationReport:
    """Check one motion, as if it stood alone in a program that has no job to do.

    Args:
        held: What the gripper holds on the way.
        objects: Poses in world of objects that are not where the scene puts them.
    """
    robot = robot or _robot_of(scene)
    if isinstance(motion, Trajectory):
        asked = LegRequirements(0.0, 0.0)
        motion = Leg("motion", motion, asked, "", None if held is None else held.name)
    program = Program("motion", scene.name, robot.name, robot.joints, (motion,))
    asked_for = replace(settings or Settings(), job=False)
    return _verify(program, scene, robot, asked_for, None, held, objects)


def _verify(
    program: Program,
    scene: SceneSpec,
    robot: RobotModel | None,
    settings: Settings,
    tracking: Log | None,
    held: Held | None,
    objects: Mapping[str, Array] | None,
) -> VerificationReport:
    robot = robot or _robot_of(scene)
    findings = list(structure(program, scene, robot))
    if all(finding.ok for finding in findings):
        arm = Arm(robot, scene.physics.gravity)
        story = follow(program, scene, arm, held, objects)
        case = Case(program, scene, robot, arm, story, settings, tracking)
        for _, check in CHECKS:
            findings += check(case)
    return VerificationReport.of_findings(findings, resolution())


def resolution() -> dict[str, float]:
    """What the numbers are checked to, by name."""
    return {"sample_spacing_s": SPACING, "clearance_m": clearance.RESOLUTION}


def _robot_of(scene: SceneSpec) -> RobotModel:
    from robolab.robots import load_robot

    return load_robot(scene.robot, scene.folder)
