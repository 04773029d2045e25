"""What loads, and what is refused with the file and field named."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import BadInput, MissingAsset, RobotError, UnknownName
from robolab.robots import RobotModel, load_robot, robot_names, tool_names
from robolab.scene.spec import RobotSpec, ToolSpec
from tests.unit.robots.conftest import ARMS, Write, load_named

OWN = RobotSpec(name="arm", model="./mine")


def test_names_are_the_folders() -> None:
    assert robot_names() == ARMS
    assert tool_names() == ("finray_hand", "panda_hand", "suction_cup", "suction_plate")


def test_one_description_holds_arm_tool_and_tcp(robot: RobotModel) -> None:
    root = ET.parse(robot.urdf).getroot()
    links = [link.attrib["name"] for link in root.findall("link")]
    assert tuple(links) == robot.bodies
    assert {"tcp", robot.base_link, robot.flange} <= set(links)
    files = [Path(mesh.attrib["filename"]) for mesh in root.iter("mesh")]
    assert all(file.is_absolute() and file.is_file() for file in files)
    assert not root.findall("transmission")
    for joint in root.findall("joint"):
        if joint.attrib["name"] in robot.joints:
            limit = joint.find("limit")
            assert limit is not None
            index = robot.joints.index(joint.attrib["name"])
            assert float(limit.attrib["effort"]) == robot.limits.torque[index]


def test_limits_are_whole_and_home_within(robot: RobotModel) -> None:
    limits = robot.limits
    for values in (limits.velocity, limits.acceleration, limits.jerk, limits.torque):
        assert values.shape == (robot.dof,)
        assert np.all(values > 0.0)
    assert np.all((limits.lower < robot.home) & (robot.home < limits.upper))


def test_digest_names_content_and_not_place() -> None:
    bare, again, tooled = (
        load_named("ur10e"),
        load_named("ur10e"),
        load_named("ur10e", "suction_cup"),
    )
    assert bare.digest == again.digest != tooled.digest
    narrowed = RobotSpec(name="arm", model="ur10e", joint_limits={"elbow_joint": (0.0, 2.0)})
    robot = load_robot(narrowed, Path())
    assert robot.digest != bare.digest
    assert (robot.limits.lower[2], robot.limits.upper[2]) == (0.0, 2.0)


def test_the_tool_counts_in_the_rated_load() -> None:
    bare, tooled = (
        load_robot(RobotSpec(name="arm", model="palletiser", tool=tool), Path())
        for tool in (None, ToolSpec(model="suction_plate"))
    )
    assert (bare.rated_load, tooled.rated_load) == (180.0, 142.0)
    assert load_named("iiwa").rated_load is None


def test_users_own_robot_loads(own_robot: Write) -> None:
    robot = load_robot(OWN, own_robot())
    assert robot.joints == ("swing",)
    assert robot.limits.torque[0] == 40.0
    assert np.allclose(robot.fk(np.array([np.pi / 2]))[:3, 3], [0.5, 0.0, 0.05])
    assert len(robot.spheres.radius) > 2


def test_users_own_robot_takes_a_shipped_tool(own_robot: Write) -> None:
    robot = load_robot(OWN.model_copy(update={"tool": ToolSpec(model="suction_cup")}), own_robot())
    assert robot.fk(np.zeros(1))[2, 3] == pytest.approx(0.05 + 0.5 + 0.13)


def test_tool_parameters_replace_figures() -> None:
    tool = ToolSpec(model="suction_cup", parameters={"holding_force": 150.0})
    robot = load_robot(RobotSpec(name="arm", model="ur10e", tool=tool), Path())
    assert robot.gripper is not None
    assert robot.gripper.figures["holding_force"] == 150.0
    wrong = ToolSpec(model="suction_cup", parameters={"holding_forse": 150.0})
    with pytest.raises(UnknownName, match="did you mean 'holding_force'"):
        load_robot(RobotSpec(name="arm", model="ur10e", tool=wrong), Path())


@pytest.mark.parametrize(
    ("yaml", "error", "says"),
    [
        (("name: swing", "name: sving"), UnknownName, r"robot\.yaml.*joints\.0\.name.*'sving'"),
        (("jerk: 100.0", "jerk: -1"), RobotError, r"joints\.0\.jerk"),
        ((", jerk: 100.0", ""), RobotError, r"joints\.0\.jerk.*missing"),
        (("jerk: 100.0", "jerk: 100.0, position: [1, -1]"), RobotError, "lower < upper"),
        (("jerk: 100.0", "jerks: 1, jerk: 100.0"), RobotError, "did you mean 'jerk'"),
        (("jerk: 100.0", "jerk: .nan"), RobotError, r"joints\.0\.jerk"),
        (("[0.1]", "[0.1, 0.2]"), RobotError, "home must have 1"),
        (("[0.1]", "[2.5]"), RobotError, "home.*outside its limits"),
        (("flange: tip", "flange: top"), UnknownName, "flange.*'top'"),
        (("base_link: base", "base_link: bass"), UnknownName, "'bass'"),
        (("own.urdf", "none.urdf"), MissingAsset, "none.urdf"),
        (("own.urdf", "../../own.urdf"), BadInput, "leaves its folder"),
        (("own.urdf", "package://pybullet_data/none.urdf"), MissingAsset, r"robot\.yaml"),
        (("jerk: measured", "speed: x"), RobotError, "sources must say.*jerk"),
        (("sources:", "locked: {swing: 0.0}\nsources:"), RobotError, "two roles"),
        (("sources:", "coupled: {swang: {weights: {swing: 1}}}\nsources:"), UnknownName, "swang"),
        (("name: own", "name: [own"), RobotError, "not valid YAML"),
    ],
)
def test_wrong_robot_file(
    own_robot: Write, yaml: tuple[str, str], error: type[BadInput], says: str
) -> None:
    folder = own_robot(yaml=yaml)
    with pytest.raises(error, match=f"(?s){says}"):
        load_robot(OWN, folder)


@pytest.mark.parametrize(
    ("urdf", "error", "says"),
    [
        ((' effort="40"', ""), RobotError, r"joints\.0\.torque.*effort"),
        (('effort="40"', 'effort="0"'), RobotError, r"joints\.0\.torque.*not positive"),
        (('velocity="3"', 'velocity="fast"'), RobotError, r"joints\.0\.velocity.*no number"),
        (('lower="-2"', 'lower="3"'), RobotError, "contradict"),
        (('<box size="0.2 0.2 0.1"/>', '<mesh filename="a.stl"/>'), MissingAsset, "base.*a.stl"),
        (
            ('<box size="0.2 0.2 0.1"/>', '<mesh filename="package://o/a.stl"/>'),
            MissingAsset,
            "package://o/a.stl",
        ),
        (('<child link="upper"/>', '<child link="uper"/>'), UnknownName, "joint swing.*'uper'"),
        (('type="revolute"', 'type="floating"'), RobotError, "swing.*floating"),
        (('<axis xyz="0 1 0"/>', '<axis xyz="0 0 0"/>'), RobotError, "axis is zero"),
        (("</robot>", ""), RobotError, "not valid XML"),
        (('name="end" type="fixed"', 'name="end" type="prismatic"'), RobotError, "no role.*'end'"),
    ],
)
def test_wrong_urdf(
    own_robot: Write, urdf: tuple[str, str], error: type[BadInput], says: str
) -> None:
    folder = own_robot(urdf=urdf)
    with pytest.raises(error, match=f"(?s){says}"):
        load_robot(OWN, folder)


def test_a_mesh_without_triangles_is_named(own_robot: Write) -> None:
    folder = own_robot(urdf=('<box size="0.2 0.2 0.1"/>', '<mesh filename="a.stl"/>'))
    (folder / "mine" / "a.stl").write_bytes(b"\0" * 40)
    with pytest.raises(MissingAsset, match=r"mine/a\.stl"):
        load_robot(OWN, folder)


def test_unknown_names_list_what_there_is() -> None:
    with pytest.raises(UnknownName, match="did you mean 'ur10e'"):
        load_named("ur10")
    with pytest.raises(UnknownName, match="panda_hand"):
        load_named("panda", "hand")
    with pytest.raises(MissingAsset, match=r"robot\.yaml"):
        load_robot(OWN, Path("/nowhere"))


def test_scenes_limits_stay_within_the_robots_own() -> None:
    for limits, error in (
        ({"elbow_joint": (-9.0, 0.0)}, RobotError),
        ({"knee": (0.0, 1.0)}, UnknownName),
    ):
        with pytest.raises(error):
            load_robot(RobotSpec(name="arm", model="ur10e", joint_limits=limits), Path())
