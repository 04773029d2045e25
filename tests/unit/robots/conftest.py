from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from robolab.robots import RobotModel, load_robot
from robolab.scene.spec import RobotSpec, ToolSpec

TOOLS = {"ur10e": "suction_cup", "panda": "panda_hand", "palletiser": "suction_plate"}
ARMS = ("iiwa", "palletiser", "panda", "ur10e", "ur5")

URDF = """<robot name="own">
  <link name="base"><collision><geometry><box size="0.2 0.2 0.1"/></geometry></collision></link>
  <link name="upper">
    <inertial><mass value="2"/><origin xyz="0 0 0.25"/>
      <inertia ixx="0.04" ixy="0" ixz="0" iyy="0.04" iyz="0" izz="0.002"/></inertial>
    <collision><origin xyz="0 0 0.25"/>
      <geometry><cylinder radius="0.04" length="0.5"/></geometry></collision>
  </link>
  <link name="tip"/>
  <joint name="swing" type="revolute">
    <parent link="base"/><child link="upper"/><origin xyz="0 0 0.05"/><axis xyz="0 1 0"/>
    <limit lower="-2" upper="2" velocity="3" effort="40"/>
  </joint>
  <joint name="end" type="fixed">
    <parent link="upper"/><child link="tip"/><origin xyz="0 0 0.5"/>
  </joint>
</robot>
"""
YAML = """name: own
urdf: own.urdf
base_link: base
flange: tip
home: [0.1]
joints:
  - {name: swing, acceleration: 10.0, jerk: 100.0}
sources: {acceleration: measured, jerk: measured}
"""

Write = Callable[..., Path]


@pytest.fixture
def own_robot(tmp_path: Path) -> Write:
    """Write a user's robot beside a scene, its texts changed as asked; return the scene's folder."""

    def write(urdf: tuple[str, str] = ("", ""), yaml: tuple[str, str] = ("", "")) -> Path:
        assert urdf[0] in URDF
        assert yaml[0] in YAML
        folder = tmp_path / "mine"
        folder.mkdir(exist_ok=True)
        (folder / "own.urdf").write_text(URDF.replace(*urdf) if urdf[0] else URDF)
        (folder / "robot.yaml").write_text(YAML.replace(*yaml) if yaml[0] else YAML)
        return tmp_path

    return write


@pytest.fixture(params=ARMS)
def robot(request: pytest.FixtureRequest) -> RobotModel:
    """Every shipped robot, with the tool that it ships with."""
    return load_named(request.param, TOOLS.get(request.param))


def load_named(model: str, tool: str | None = None) -> RobotModel:
    spec = RobotSpec(name="arm", model=model, tool=None if tool is None else ToolSpec(model=tool))
    return load_robot(spec, Path())
