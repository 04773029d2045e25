"""A good program is verified, fast and the same every time; bad ones are not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Program
from robolab.verify import VerificationReport, verify_program, verify_trajectory


def test_good_program_is_verified(report: VerificationReport) -> None:
    assert report.explain() == []
    assert report.verified


def test_every_limit_is_looked_at(report: VerificationReport) -> None:
    assert set(report.checks) == {
        "acceleration",
        "approach",
        "carried_clearance",
        "clearance",
        "contact",
        "continuity",
        "grasp",
        "holding",
        "jerk",
        "job",
        "payload",
        "place",
        "position",
        "release",
        "self_clearance",
        "sequence",
        "straightness",
        "structure",
        "tool_speed",
        "torque",
        "upright",
        "velocity",
    }
    assert len(report.of("velocity")) == len(report.of("torque")) == 7
    assert all(0.0 <= finding.share <= 1.0 for finding in report.findings)
    assert report.least_clearance is not None
    assert 0.005 <= report.least_clearance < 0.2


def test_report_repeats_to_the_byte(
    report: VerificationReport, good: Program, scene: SceneSpec, robot: RobotModel
) -> None:
    again = verify_program(good, scene, robot=robot)
    first, second = (json.dumps(r.to_json(), allow_nan=False) for r in (report, again))
    assert first == second


def test_takes_little_time(good: Program, scene: SceneSpec, robot: RobotModel) -> None:
    start = time.process_time()
    verify_program(good, scene, robot=robot)
    assert time.process_time() - start < 10.0


def test_robot_is_loaded_where_none_is_given(good: Program, scene: SceneSpec) -> None:
    assert verify_program(good, scene).verified


def test_one_motion_alone(good: Program, scene: SceneSpec, robot: RobotModel) -> None:
    reach = good.legs[0]
    assert verify_trajectory(reach.trajectory, scene, robot).verified
    curve = reach.trajectory.curve
    hurried = replace(curve, breaks=curve.breaks / 8.0)
    hurried = replace(hurried, coefficients=curve.coefficients * 8.0 ** np.arange(6)[:, None, None])
    fast = replace(reach, trajectory=replace(reach.trajectory, curve=hurried))
    failed = {finding.check for finding in verify_trajectory(fast, scene, robot).failures}
    assert {"velocity", "acceleration", "jerk", "tool_speed"} <= failed


def test_wrong_form_stops_all_other_checks(
    good: Program, scene: SceneSpec, robot: RobotModel, with_leg: Callable[..., Program]
) -> None:
    leg = good.legs[2]
    swapped = (robot.joints[1], robot.joints[0], *robot.joints[2:])
    bad = with_leg(good, 2, trajectory=replace(leg.trajectory, joints=swapped))
    report = verify_program(bad, scene, robot=robot)
    assert not report.verified
    assert report.checks == ("structure",)
    assert report.failures[0].leg == "lift"
