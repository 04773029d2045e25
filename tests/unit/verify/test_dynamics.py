"""Torque against a formula worked out by hand, and loads that only the whole curve shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from robolab.core.transforms import Array
from robolab.robots.model import Payload, RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.polynomial import hermite
from robolab.trajectory.trajectory import Leg, LegRequirements, Program, Trajectory
from robolab.verify import Settings, VerificationReport, verify_program, verify_trajectory
from robolab.verify.arm import Arm
from robolab.verify.dynamics import drive_torque

EMPTY = SceneSpec.model_validate(
    {"name": "empty", "floor": False, "robots": [{"name": "arm", "model": "two"}]}
)
G, L1, C1, C2, M1, M2, I1, I2 = 9.81, 0.5, 0.3, 0.2, 4.0, 2.0, 0.1, 0.05


def formula(q: Array, v: Array, a: Array, m: float = 0.0, reach: float = 0.4) -> Array:
    """Lagrange's equations of a vertical two-link arm, angles turning downwards, load at the tip."""
    m2 = M2 + m
    c2 = (M2 * C2 + m * reach) / m2
    i2 = I2 + M2 * (C2 - c2) ** 2 + m * (reach - c2) ** 2
    cos2, sin2 = np.cos(q[1]), np.sin(q[1])
    m22 = i2 + m2 * c2**2
    m12 = m22 + m2 * L1 * c2 * cos2
    m11 = I1 + M1 * C1**2 + m2 * L1**2 + 2 * m2 * L1 * c2 * cos2 + m22
    h = m2 * L1 * c2 * sin2
    g2 = -m2 * c2 * G * np.cos(q[0] + q[1])
    g1 = -(M1 * C1 + m2 * L1) * G * np.cos(q[0]) + g2
    t1 = m11 * a[0] + m12 * a[1] - h * (2 * v[0] * v[1] + v[1] ** 2) + g1
    return np.array([t1, m12 * a[0] + m22 * a[1] + h * v[0] ** 2 + g2])


@pytest.mark.parametrize("mass", [0.0, 3.0])
def test_torque_agrees_with_lagrange(two_links: RobotModel, mass: float) -> None:
    arm = Arm(two_links)
    rng = np.random.default_rng(1)
    q, v, a = rng.normal(size=(3, 50, 2))
    found = arm.torque(q, v, a, Payload(mass) if mass else None)
    wanted = np.array([formula(q[k], v[k], a[k], mass) for k in range(50)])
    np.testing.assert_allclose(found, wanted, atol=1e-10)


def test_gravity_is_the_scenes_and_the_base_may_lean(two_links: RobotModel) -> None:
    lying = np.eye(4)
    lying[:3, :3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    q, still = np.array([[0.3, -0.2]]), np.zeros((1, 2))
    flat = Arm(replace(two_links, X_world_base=lying))
    np.testing.assert_allclose(flat.torque(q, still, still, None), 0.0, atol=1e-12)
    moon = Arm(two_links, (0.0, 0.0, -1.62))
    np.testing.assert_allclose(
        moon.torque(q, still, still, None)[0],
        formula(q[0], still[0], still[0]) * 1.62 / G,
        atol=1e-10,
    )


def swing(robot: RobotModel, payload: Payload | None = None, seconds: float = 1.5) -> Leg:
    values = np.zeros((3, 2, 2))
    values[0] = [-1.2, 0.3], [-0.3, -0.5]
    motion = Trajectory(robot.joints, hermite([0.0, seconds], values))
    return Leg("swing", motion, LegRequirements(0.0, 0.0), "hand", payload=payload)


def test_over_with_the_load_only(two_links: RobotModel) -> None:
    empty = verify_trajectory(swing(two_links), EMPTY, two_links)
    loaded = verify_trajectory(swing(two_links, Payload(14.0)), EMPTY, two_links)
    assert empty.verified
    assert [finding.check for finding in loaded.failures] == ["torque"]
    worst = loaded.worst("torque")
    assert worst is not None
    assert worst.where == ("j1",)
    motion = swing(two_links).trajectory
    times = np.linspace(0.0, motion.duration, 4001)
    q, v, a = motion.position(times), motion.velocity(times), motion.acceleration(times)
    rigid = np.array([formula(q[k], v[k], a[k], 14.0) for k in range(times.size)])
    drive = rigid + two_links.motors.viscous * v + two_links.motors.coulomb * np.sign(v)
    assert worst.value == pytest.approx(np.abs(drive[:, 0]).max(), rel=1e-3)
    assert worst.value >= np.abs(drive[:, 0]).max() - 1e-9


def test_friction_of_both_signs_where_a_joint_turns_round(two_links: RobotModel) -> None:
    rigid = np.full((5, 2), 10.0)
    qd = np.array([[-0.2], [-0.1], [0.1], [0.2], [0.3]]) * np.ones(2)
    torque = drive_torque(two_links, rigid, qd, np.array([0, 5]))
    viscous, coulomb = two_links.motors.viscous[0], two_links.motors.coulomb[0]
    assert torque[1, 0] >= 10.0 - 0.1 * viscous + coulomb
    assert torque[0, 0] == pytest.approx(10.0 - 0.2 * viscous - coulomb, abs=0.1)


def test_uncertain_mass_is_tried_both_ways(
    good: Program, scene: SceneSpec, robot: RobotModel, report: VerificationReport
) -> None:
    sure = report
    unsure = verify_program(
        good, scene, robot=robot, settings=Settings(mass_std=0.1, mass_sigmas=3.0)
    )
    lift = 2
    assert unsure.of("torque")[lift].value > sure.of("torque")[lift].value
    assert unsure.of("torque")[0].value == sure.of("torque")[0].value
    assert unsure.largest_share("holding") > 1.2 * sure.largest_share("holding")


def test_load_of_the_scene_counts_not_what_the_leg_says(
    good: Program,
    scene: SceneSpec,
    report: VerificationReport,
    robot: RobotModel,
    with_leg: Callable[..., Program],
) -> None:
    carry = good.legs[3]
    assert carry.payload is not None
    light = with_leg(good, 3, payload=replace(carry.payload, mass=0.1))
    told = verify_program(light, scene, robot=robot)
    assert told.of("torque") == report.of("torque")
    assert [finding.check for finding in told.failures] == ["payload"]
