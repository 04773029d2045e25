"""What each sensor's figures mean in the physics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from robolab.core.errors import SceneError, UnknownName
from robolab.core.transforms import pose_rpy
from robolab.robots import load_robot
from robolab.robots.model import RobotModel
from robolab.scene.load import load_scene, parse_scene
from robolab.sensors import attach
from robolab.sim.client import p
from robolab.sim.readings import Series
from robolab.sim.shapes import place_object
from robolab.sim.world import World

QUIET = {"noise_force": 0.0, "noise_torque": 0.0, "bias_force": 0.0, "bias_torque": 0.0}


def _world(name: str, sensor: dict[str, Any], robot: RobotModel, **box: Any) -> World:
    source = load_scene(name)
    thing = {
        "name": "box",
        "shape": {"type": "box", "size": [0.2, 0.2, 0.2]},
        "pose": {"position": [0.0, 1.5, 0.1]},
        "mass": 2.0,
        **box,
    }
    content = {
        "name": "bench",
        "robots": [source.robot.model_dump(mode="json")],
        "sensors": [{"name": "probe", "rate_hz": 100, **sensor}],
        "objects": [thing],
    }
    return World(parse_scene(content, source.folder / "bench.yaml"), 3, robots={"arm": robot})


@pytest.fixture(scope="module")
def ur10e_cup() -> RobotModel:
    scene = load_scene("ur10e_transfer")
    return load_robot(scene.robot, scene.folder)


@pytest.fixture(scope="module")
def panda() -> RobotModel:
    scene = load_scene("panda_table")
    return load_robot(scene.robot, scene.folder)


def _run(world: World, seconds: float) -> Series:
    while world.time < seconds - 1e-9:
        world.step()
    return world.readings()["probe"]


def _wrist(**parameters: Any) -> dict[str, Any]:
    return {"type": "force_torque", "mount": "arm/tool0", "parameters": {**QUIET, **parameters}}


def test_wrist_reads_tool_weight_or_compensates_it(ur10e_cup: RobotModel) -> None:
    for compensate, expected in ((True, 0.0), (False, 0.6 * 9.81)):
        sensor = _wrist(compensate_gravity=compensate)
        with _world("ur10e_transfer", sensor, ur10e_cup) as world:
            attach(world)
            world.put_arm(world.robot.home + np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5]))
            force = _run(world, 0.2)["wrench"][-1, :3]
            down = world.arm.link_pose("tool0")[:3, :3].T @ np.array([0.0, 0.0, -1.0])
        assert force == pytest.approx(expected * down, abs=0.05)


def test_wrist_reads_weight_and_place_of_a_load(ur10e_cup: RobotModel) -> None:
    with _world("ur10e_transfer", _wrist(), ur10e_cup) as world:
        attach(world)
        world.grip(True)
        offset = np.array([0.04, 0.0, 0.1])  # in the tool: the cup holds the box off its middle
        X_tcp_box = pose_rpy(offset, (0.0, 0.0, 0.0))
        place_object(world.client.id, world.object("box"), world.arm.tcp() @ X_tcp_box)
        world.servo(world.robot.home)
        while world.time < 1.5:
            world.step()
        wrench = world.readings()["probe"]["wrench"][-1]
        X_sensor_tcp = np.linalg.inv(world.arm.link_pose("tool0")) @ world.arm.tcp()
        R_sensor_world = world.arm.link_pose("tool0")[:3, :3].T
    weight = R_sensor_world @ np.array([0.0, 0.0, -2.0 * 9.81])
    lever = X_sensor_tcp[:3, :3] @ offset + X_sensor_tcp[:3, 3]
    assert wrench[:3] == pytest.approx(weight, abs=0.2)
    assert wrench[3:] == pytest.approx(np.cross(lever, weight), abs=0.05)


def test_tare_takes_the_bias_off_and_noise_is_as_said(ur10e_cup: RobotModel) -> None:
    readings: dict[bool, np.ndarray] = {}
    for tare in (True, False):
        sensor = {
            "type": "force_torque",
            "mount": "arm/tool0",
            "rate_hz": 500,
            "parameters": {"tare": tare, "noise_force": 0.2},
        }
        with _world("ur10e_transfer", sensor, ur10e_cup) as world:
            attach(world)
            readings[tare] = _run(world, 1.0)["wrench"]
    assert np.abs(readings[True][:, :3].mean(axis=0)).max() < 0.05
    assert np.abs(readings[False][:, :3].mean(axis=0)).max() > 0.5
    assert readings[True][:, :3].std() == pytest.approx(0.2, rel=0.1)


@pytest.mark.parametrize(
    ("kind", "mount", "said"),
    [
        ("force_torque", "arm/base_link", "base link"),
        ("finger_pressure", "arm/tool0", "jaw gripper"),
    ],
)
def test_a_place_where_nothing_can_be_felt_is_refused(
    ur10e_cup: RobotModel, kind: str, mount: str, said: str
) -> None:
    with (
        _world("ur10e_transfer", {"type": kind, "mount": mount}, ur10e_cup) as world,
        pytest.raises(SceneError, match=said),
    ):
        attach(world)


def test_encoder_counts_whole_steps(ur10e_cup: RobotModel) -> None:
    sensor = {"type": "joint_encoder", "mount": "arm/tool0", "parameters": {"bits": 10}}
    with _world("ur10e_transfer", sensor, ur10e_cup) as world:
        attach(world)
        series = _run(world, 0.05)
        q, _ = world.joint_state()
    step = 2.0 * np.pi / 1024.0
    counts = series["position"] / step
    assert counts == pytest.approx(np.round(counts), abs=1e-6)
    assert series["position"][-1] == pytest.approx(q, abs=0.51 * step)
    assert series.labels["position"] == world.robot.joints


def test_current_is_torque_over_gear_and_constant(ur10e_cup: RobotModel) -> None:
    sensor = {"type": "motor_current", "mount": "arm/tool0", "rate_hz": 500}
    with _world("ur10e_transfer", sensor, ur10e_cup) as world:
        attach(world)
        current = _run(world, 1.0)["current"]
        robot = world.robot
    motors = robot.motors
    hold = robot.gravity_torque(robot.home) / (motors.gear_ratio * motors.torque_constant)
    assert current.mean(axis=0) == pytest.approx(hold, abs=0.02)
    assert current.std(axis=0) == pytest.approx(motors.current_noise, rel=0.15)


def test_vacuum_rises_on_a_sealed_cup_only(ur10e_cup: RobotModel) -> None:
    sensor = {"type": "vacuum_pressure", "mount": "arm/tool0"}
    pressures: list[float] = []
    for sealed in (True, False):
        with _world("ur10e_transfer", sensor, ur10e_cup) as world:
            attach(world)
            world.grip(True)
            if sealed:
                X = world.arm.tcp() @ pose_rpy((0.0, 0.0, 0.1), (0.0, 0.0, 0.0))
                place_object(world.client.id, world.object("box"), X)
            pressures.append(float(_run(world, 0.5)["vacuum"][-1]))
    assert pressures[0] > 60000.0
    assert pressures[1] < 10000.0


def test_finger_skin_adds_up_to_the_grip_force(panda: RobotModel) -> None:
    sensor = {
        "type": "finger_pressure",
        "mount": "arm/panda_hand",
        "parameters": {"noise": 0.0, "cell": 0.004, "rows": 6, "columns": 5},
    }
    cube = {"shape": {"type": "box", "size": [0.03, 0.03, 0.03]}, "mass": 0.1}
    with _world("panda_table", sensor, panda, **cube) as world:
        suite = attach(world)
        item = world.object("box")
        place_object(world.client.id, item, world.arm.tcp())
        world.grip(True)
        while world.time < 1.2:
            gripper = world.gripper
            if gripper is not None and gripper.held is None:
                p.resetBaseVelocity(item.body, (0, 0, 0), physicsClientId=world.client.id)
            world.step()
        pressure = world.readings()["probe"]["pressure"]
        latest = suite.latest("probe", world.time)
    assert latest is not None
    assert pressure.shape[1:] == (2, 6, 5)
    assert pressure[0].max() == 0.0
    force = pressure[-1].sum(axis=(1, 2)) * 0.004**2
    assert force == pytest.approx([40.0, 40.0], rel=0.1)


def _camera(**parameters: Any) -> dict[str, Any]:
    return {
        "type": "rgbd",
        "mount": "world",
        "pose": {"position": [0.0, 1.5, 1.2], "rpy_deg": [180.0, 0.0, 0.0]},
        "parameters": {"width": 64, "height": 48, **parameters},
    }


def test_camera_sees_the_box_at_its_depth_with_its_name(panda: RobotModel) -> None:
    sensor = _camera(depth_noise=0.0, depth_noise_squared=0.0)
    with _world("panda_table", sensor, panda) as world:
        attach(world)
        series = world.readings()["probe"]
    names = series.labels["segmentation"]
    seen = series["segmentation"][0]
    assert set(names) == {"floor", "box", "arm"}
    assert series["depth"][0][seen == names.index("box")].max() == pytest.approx(1.0, abs=1e-3)
    assert series["depth"][0][seen == names.index("floor")] == pytest.approx(1.2, abs=1e-3)
    centre = series["intrinsics"][0] @ np.array([0.0, 0.0, 1.0])
    assert centre[:2] == pytest.approx([31.5, 23.5])
    assert series["colour"].dtype == np.uint8


def test_depth_noise_grows_with_the_square_of_depth_and_pixels_drop_out(panda: RobotModel) -> None:
    sensor = _camera(depth_noise=0.0, depth_noise_squared=0.01, dropout=0.2)
    with _world("panda_table", sensor, panda) as world:
        attach(world)
        series = _run(world, 0.3)
    floor = series.labels["segmentation"].index("floor")
    depth = np.stack(list(series["depth"]))[series["segmentation"] == floor]
    assert (depth == 0.0).mean() == pytest.approx(0.2, abs=0.01)
    assert (depth[depth > 0.0] - 1.2).std() == pytest.approx(0.01 * 1.44, rel=0.05)


def test_camera_rides_on_its_link(panda: RobotModel) -> None:
    sensor = {**_camera(), "mount": "arm/panda_hand"}
    with _world("panda_table", sensor, panda) as world:
        attach(world)
        pose = world.readings()["probe"]["pose"][0]
        spec = world.scene.sensors[0]
        assert pose == pytest.approx(world.arm.link_pose("panda_hand") @ spec.pose.matrix())


def test_unknown_channel_and_sensor_list_the_known(panda: RobotModel) -> None:
    with _world("panda_table", _camera(), panda) as world:
        attach(world)
        readings = world.readings()
    with pytest.raises(UnknownName, match="probe"):
        readings["prob"]
    with pytest.raises(UnknownName, match="depth"):
        readings["probe"]["dept"]
