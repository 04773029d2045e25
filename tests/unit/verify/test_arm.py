"""The verifier's own model: joints that follow others, slide, turn for ever or are locked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import RobotError
from robolab.robots.model import JointLimits, Motors, Payload, RobotModel
from robolab.verify.arm import Arm
from robolab.verify.reach import tree_of

MASS = '<inertial><origin xyz="0.2 0 0"/><mass value="{}"/><inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial>'
LEVELLER = f"""<robot name="leveller">
  <link name="base"/><link name="turn">{MASS.format(5)}</link><link name="lift">{MASS.format(3)}</link>
  <link name="level">{MASS.format(2)}</link><link name="slide">{MASS.format(1)}</link><link name="tcp"/>
  <link name="finger">{MASS.format(0.5)}</link>
  <joint name="j1" type="continuous"><parent link="base"/><child link="turn"/><axis xyz="0 0 1"/></joint>
  <joint name="j2" type="revolute"><parent link="turn"/><child link="lift"/><origin xyz="0.1 0 0.5"/>
    <axis xyz="0 1 0"/><limit lower="-2" upper="2" velocity="2" effort="100"/></joint>
  <joint name="follow" type="revolute"><parent link="lift"/><child link="level"/><origin xyz="0.8 0 0"/>
    <axis xyz="0 1 0"/><limit lower="-4" upper="4" velocity="2" effort="100"/></joint>
  <joint name="j3" type="prismatic"><parent link="level"/><child link="slide"/><origin xyz="0.1 0 0"/>
    <axis xyz="0 0 1"/><limit lower="-0.3" upper="0.3" velocity="1" effort="500"/></joint>
  <joint name="grip" type="prismatic"><parent link="slide"/><child link="finger"/>
    <axis xyz="1 0 0"/><limit lower="0" upper="0.1" velocity="1" effort="50"/></joint>
  <joint name="tip" type="fixed"><parent link="slide"/><child link="tcp"/><origin xyz="0 0 -0.1" rpy="3.141592653589793 0 0"/></joint>
</robot>"""


@pytest.fixture
def leveller(tmp_path: Path) -> RobotModel:
    urdf = tmp_path / "leveller.urdf"
    urdf.write_text(LEVELLER)
    ones = np.ones(3)
    base = np.eye(4)
    base[:3, 3] = 1.0, 2.0, 0.3
    return RobotModel(
        name="leveller",
        urdf=urdf,
        base_link="base",
        flange="slide",
        joints=("j1", "j2", "j3"),
        bodies=(),
        X_world_base=base,
        limits=JointLimits(-ones, ones, ones, ones, ones, ones),
        motors=Motors(ones, ones, 0 * ones, 0 * ones, 0 * ones, 0 * ones),
        home=np.zeros(3),
        locked={"grip": 0.05},
        coupled={"follow": (np.array([0.0, -1.0, 0.0]), 0.0)},
        gripper=None,
        digest="",
    )


def test_coupled_joint_keeps_the_tool_level(leveller: RobotModel) -> None:
    arm = Arm(leveller)
    rng = np.random.default_rng(0)
    for q in rng.uniform(-1, 1, (20, 3)):
        X = arm.tool_pose(q)
        np.testing.assert_allclose(X[:3, 2], [0.0, 0.0, -1.0], atol=1e-12)
        out = 0.2 + 0.8 * np.cos(q[1])
        wanted = [1.0 + out * np.cos(q[0]), 2.0 + out * np.sin(q[0])]
        np.testing.assert_allclose(X[:2, 3], wanted, atol=1e-12)
        assert X[2, 3] == pytest.approx(0.3 + 0.5 - 0.8 * np.sin(q[1]) + q[2] - 0.1)


def test_torques_of_coupled_joints_reach_their_drives(leveller: RobotModel) -> None:
    # Virtual work at rest: what hangs beyond the lift rises by 0.8 sin(j2), the lift by 0.2 of it.
    arm, load = Arm(leveller), Payload(4.0)
    q, still = np.array([[0.4, 0.6, 0.1]]), np.zeros((1, 3))
    beyond = 2.0 + 1.0 + 0.5 + 4.0
    lift = -9.81 * (3.0 * 0.2 + beyond * 0.8) * np.cos(0.6)
    slide = 9.81 * (1.0 + 0.5 + 4.0)
    np.testing.assert_allclose(arm.torque(q, still, still, load), [[0.0, lift, slide]], atol=1e-9)


def test_units_tree_and_speed_of_the_tool(leveller: RobotModel) -> None:
    arm = Arm(leveller)
    assert arm.units == ("rad", "rad", "m")
    assert arm.offset.size == 4  # The finger is welded.
    np.testing.assert_array_equal(tree_of(arm).slides, [False, False, False, True])
    q, qd = np.array([[0.2, -0.4, 0.1]]), np.array([[0.7, 0.5, -0.3]])
    step = 1e-6
    there, here = arm.tool_pose((q + step * qd)[0]), arm.tool_pose((q - step * qd)[0])
    measured = (there - here)[:3, 3] / (2 * step)
    motion = arm.tool_motion(q, qd, np.zeros((1, 3)))
    np.testing.assert_allclose(motion.velocity[0], measured, atol=1e-8)
    np.testing.assert_allclose(motion.spin[0], [0.0, 0.0, 0.7], atol=1e-12)


def test_joint_that_nothing_accounts_for(leveller: RobotModel) -> None:
    with pytest.raises(RobotError, match=r"follow.*neither the arm's, nor locked, nor coupled"):
        Arm(replace(leveller, coupled={}))
    with pytest.raises(RobotError, match="ghost"):
        Arm(replace(leveller, locked={"ghost": 0.0, "grip": 0.0}))
    leveller.urdf.write_text("<robot>")
    with pytest.raises(RobotError, match="cannot be read"):
        Arm(leveller)
