from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from robolab.core.transforms import pose
from robolab.robots.model import Payload, RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.polynomial import hermite
from robolab.trajectory.trajectory import Leg, LegRequirements, Program, Trajectory
from robolab.verify import Held, VerificationReport, verify_trajectory

HELD = Held("carton", pose([0.0, 0.0, 0.1], [1.0, 0.0, 0.0, 0.0]))
EMPTY = SceneSpec.model_validate(
    {"name": "empty", "floor": False, "robots": [{"name": "arm", "model": "two"}]}
)


def through(robot: RobotModel, *points: np.ndarray, seconds: float) -> Trajectory:
    values = np.zeros((3, len(points), robot.dof))
    values[0] = points
    return Trajectory(robot.joints, hermite(np.linspace(0.0, seconds, len(points)), values))


def test_tilt_in_the_middle_of_a_carry(good: Program, scene: SceneSpec, robot: RobotModel) -> None:
    carry = good.legs[3]
    ends = carry.trajectory.position([0.0, carry.trajectory.duration])
    upright = verify_trajectory(carry, scene, robot, held=HELD).worst("upright")
    assert upright is not None
    assert upright.value < np.deg2rad(3.0)
    middle = ends.mean(axis=0)
    middle[4] += np.deg2rad(25.0)
    tilted = replace(carry, trajectory=through(robot, ends[0], middle, ends[1], seconds=4.0))
    report = verify_trajectory(tilted, scene, robot, held=HELD)
    assert [finding.check for finding in report.failures] == ["upright"]
    assert report.failures[0].time == pytest.approx(2.0, abs=0.2)
    assert report.failures[0].value == pytest.approx(np.deg2rad(25.0), abs=np.deg2rad(2.0))


def test_upright_only_when_carrying_unless_always(
    good: Program, scene_with: Callable[..., SceneSpec], scene: SceneSpec, robot: RobotModel
) -> None:
    alone = verify_trajectory(good.legs[0], scene, robot)
    assert alone.of("upright") == ()
    always = dict(scene.requirements.model_dump(), upright_when="always")
    assert verify_trajectory(good.legs[0], scene_with(requirements=always), robot).of("upright")


@pytest.mark.parametrize(("limit", "ok"), [(0.8438, True), (0.8437, False)])
def test_tool_speed_against_its_closed_form(two_links: RobotModel, limit: float, ok: bool) -> None:
    # 0.9 m from the axis, 15/8 * 0.5 rad / 1 s at the middle: 0.84375 m/s.
    motion = through(two_links, np.zeros(2), np.array([0.5, 0.0]), seconds=1.0)
    leg = Leg("swing", motion, LegRequirements(0.0, 0.0, tool_speed=limit), "hand")
    found = verify_trajectory(leg, EMPTY, two_links).worst("tool_speed")
    assert found is not None
    assert found.ok is ok
    assert found.value == pytest.approx(0.84375, abs=2e-5)
    assert found.value >= 0.84375 - 1e-12


def test_tool_acceleration_has_its_centripetal_part(two_links: RobotModel) -> None:
    motion = through(two_links, np.zeros(2), np.array([0.5, 0.0]), seconds=1.0)
    leg = Leg("swing", motion, LegRequirements(0.0, 0.0, tool_acceleration=2.0), "hand")
    found = verify_trajectory(leg, EMPTY, two_links).worst("tool_acceleration")
    times = np.linspace(0.0, 1.0, 20_001)
    spin, rate = motion.velocity(times)[:, 0], motion.acceleration(times)[:, 0]
    assert found is not None
    assert not found.ok
    assert found.value == pytest.approx(0.9 * np.hypot(rate, spin**2).max(), rel=1e-4)


def test_leg_cannot_ask_for_less_than_the_scene(
    good: Program, scene: SceneSpec, robot: RobotModel
) -> None:
    lax = replace(good.legs[0], requirements=LegRequirements(0.0, 0.0, tool_speed=99.0))
    report = verify_trajectory(lax, scene, robot)
    assert report.of("clearance")[0].limit == scene.requirements.clearance
    assert report.of("tool_speed")[0].limit == scene.requirements.tool_speed


def test_straight_leg_that_is_a_line_of_joints(
    good: Program, scene: SceneSpec, robot: RobotModel
) -> None:
    lift = good.legs[2]
    assert lift.requirements.straight
    kept = verify_trajectory(lift, scene, robot, held=HELD).worst("straightness")
    assert kept is not None
    assert kept.ok
    ends = lift.trajectory.position([0.0, lift.trajectory.duration])
    bowed = replace(lift, trajectory=through(robot, *ends, seconds=1.0))
    report = verify_trajectory(bowed, scene, robot, held=HELD)
    found = report.worst("straightness")
    assert found is not None
    assert not found.ok
    tips = robot.fk(bowed.trajectory.position(np.linspace(0.0, 1.0, 101)))[:, :3, 3]
    way = tips[-1] - tips[0]
    off = np.linalg.norm(np.cross(tips - tips[0], way / np.linalg.norm(way)), axis=1).max()
    assert found.value == pytest.approx(off, rel=1e-2)


def test_holding_at_rest_is_weight_over_force(
    good: Program, report: VerificationReport, robot: RobotModel
) -> None:
    assert robot.gripper is not None
    still = 3.0 * 9.81 / robot.gripper.figures["holding_force"]
    lift = good.legs[2]
    peak = np.abs(robot.fk(lift.trajectory.position(0.0))[:3, 2])
    np.testing.assert_allclose(peak, [0.0, 0.0, 1.0], atol=1e-8)
    found = report.of("holding")[0]
    assert found.leg == "lift"
    # Lifted 0.16 m in 1 s by a quintic: at most 10/sqrt(3) * 0.16 m/s2 on top of gravity.
    rise = 3.0 * 10.0 / np.sqrt(3.0) * 0.16 / robot.gripper.figures["holding_force"]
    assert found.share == pytest.approx(still + rise, rel=0.02)


def test_load_too_heavy_for_the_cup(good: Program, scene: SceneSpec, robot: RobotModel) -> None:
    content = scene.model_dump()
    content["objects"][1]["mass"] = 30.0
    heavy = SceneSpec.model_validate(content)
    lift = replace(good.legs[2], payload=Payload(30.0))
    report = verify_trajectory(lift, heavy, robot, held=HELD)
    assert {"holding", "payload", "torque"} == {finding.check for finding in report.failures}
