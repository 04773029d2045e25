"""Worlds: where things stand, that runs repeat, that two do not notice each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import SceneError, UnknownName
from robolab.core.transforms import pose_rpy
from robolab.scene.spec import SceneSpec
from robolab.sim.client import p
from robolab.sim.shapes import place_object
from robolab.sim.world import World
from tests.unit.sim.conftest import floating

MakeScene = Callable[..., SceneSpec]


def test_stands_where_scene_and_model_say(make_scene: MakeScene) -> None:
    base = {"position": [0.1, -0.2, 0.3], "rpy_deg": [0.0, 0.0, 90.0]}
    spec = {"name": "arm", "model": "ur10e", "base": base, "tool": {"model": "suction_cup"}}
    scene = make_scene(robots=[spec])
    rng = np.random.default_rng(0)
    with World(scene) as world:
        for _ in range(5):
            q = rng.uniform(-2.0, 2.0, 6)
            world.put_arm(q)
            for link in ("tcp", "wrist_2_link", "upper_arm_link", "base_link"):
                off = world.arm.link_pose(link) - world.robot.fk(q, link)
                assert np.abs(off).max() < 1e-6
        for item in scene.objects:
            assert np.abs(world.object_pose(item.name) - item.pose.matrix()).max() < 1e-6


def test_free_object_falls_as_fast_as_gravity_makes_it(make_scene: MakeScene) -> None:
    ball = {
        "name": "ball",
        "shape": {"type": "sphere", "radius": 0.05},
        "pose": {"position": [0.0, 1.0, 2.0]},
        "mass": 0.3,
    }
    with World(make_scene(objects=[ball])) as world:
        while world.time < 0.4 - 1e-9:
            world.step()
        assert world.object_pose("ball")[2, 3] == pytest.approx(2.0 - 0.5 * 9.81 * 0.16, abs=2e-3)


def test_mesh_falls_by_its_centre_of_mass_and_rests_on_its_hull(
    make_scene: MakeScene, tmp_path: Path
) -> None:
    import trimesh

    corner = trimesh.creation.box((0.2, 0.1, 0.06))
    corner.apply_translation([0.1, 0.05, 0.03])  # the file's origin is a corner
    corner.export(tmp_path / "block.stl")
    block = {
        "name": "block",
        "shape": {"type": "mesh", "file": "block.stl"},
        "pose": {"position": [0.0, 1.0, -0.599]},
        "mass": 1.0,
    }
    scene = make_scene(objects=[])
    item = type(scene).model_validate(
        {**scene.model_dump(), "objects": [block], "folder": tmp_path}
    )
    with World(item) as world:
        for _ in range(200):
            world.step()
        X = world.object_pose("block")
    assert X[:3, 3] == pytest.approx([0.0, 1.0, -0.6], abs=3e-3)
    assert np.abs(X[:3, :3] - np.eye(3)).max() < 0.01


def test_arm_at_rest_stays_at_rest_under_gravity(make_scene: MakeScene) -> None:
    with World(make_scene()) as world:
        for _ in range(250):
            world.step()
        q, qd = world.joint_state()
    assert q == pytest.approx(world.robot.home, abs=1e-4)
    assert np.abs(qd).max() < 1e-4


@pytest.mark.parametrize("name", ["ur10e_transfer", "panda_table", "iiwa_posts", "palletiser_cell"])
def test_drives_speed_up_links_and_their_own_rotors(name: str) -> None:
    """Without friction and gravity, torque over inertia with rotors is the acceleration, of all joints."""
    with World(floating(name)) as world:
        robot, body, client = world.robot, world.arm.body, world.client.id
        rotors = np.diag(robot.motors.gear_ratio**2 * robot.motors.rotor_inertia)
        inertia = robot.mass_matrix(robot.home) + rotors
        for wanted in 0.3 * np.eye(robot.dof):
            world.reset()
            for joint in (world.arm.joints[name] for name in robot.joints):
                p.setJointMotorControl2(
                    body, joint, p.VELOCITY_CONTROL, force=0.0, physicsClientId=client
                )
                p.changeDynamics(body, joint, jointDamping=0.0, physicsClientId=client)
            speeds: list[np.ndarray] = []
            for _ in range(20):
                world.step(inertia @ wanted)
                speeds.append(world.joint_state()[1])
            acceleration = (speeds[-1] - speeds[4]) / (15 * world.control_period)
            assert acceleration == pytest.approx(wanted, abs=0.012)


def test_same_seed_same_run_and_other_world_unnoticed(make_scene: MakeScene) -> None:
    scene = make_scene()
    push = np.array([5.0, -20.0, 30.0, 4.0, 3.0, 2.0])

    def run(world: World) -> list[np.ndarray]:
        states: list[np.ndarray] = []
        for _ in range(60):
            world.step(push)
            states += [*world.joint_state(), world.arm.motors.sense(), world.object_pose("box")]
        return states

    with World(scene, seed=5) as world, World(scene, seed=6) as other:
        first = run(world)
        other.put_arm(other.robot.home + 0.3)
        run(other)
        world.reset()
        again = run(world)
        other.reset(seed=5)
        twin = run(other)
    for a, b, c in zip(first, again, twin, strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(a, c)


def test_restart_puts_all_back_and_lets_go(make_scene: MakeScene) -> None:
    scene = make_scene()
    with World(scene) as world:
        place_object(
            world.client.id,
            world.object("box"),
            world.arm.tcp() @ pose_rpy((0.0, 0.0, 0.1), (0.0, 0.0, 0.0)),
        )
        world.grip(True)
        for _ in range(100):
            world.step(np.array([30.0, 0.0, 0.0, 0.0, 0.0, 0.0]))
        gripper = world.gripper
        assert gripper is not None
        assert gripper.held == "box"
        world.restart()
        assert (gripper.held, gripper.events, world.time) == (None, [], 0.0)
        for _ in range(100):
            world.step()
        q, _ = world.joint_state()
        assert q == pytest.approx(world.robot.home, abs=1e-3)
        wanted = scene.object("box").pose.matrix()
        assert world.object_pose("box") == pytest.approx(wanted, abs=2e-3)


def test_refuses_what_does_not_fit(make_scene: MakeScene) -> None:
    scene = make_scene(physics={"rate_hz": 1000, "control_rate_hz": 300})
    with pytest.raises(SceneError, match=r"cell\.yaml: physics\.control_rate_hz.*300"):
        World(scene)
    with World(make_scene()) as world:
        with pytest.raises(UnknownName, match="box"):
            world.object_pose("bax")
        with pytest.raises(UnknownName, match="tool0"):
            world.arm.link("tool1")


def test_failed_start_leaves_no_server_behind(make_scene: MakeScene) -> None:
    with World(make_scene(objects=[])) as world:
        expected = world.client.id
    scene = make_scene(robots=[{"name": "arm", "model": "ur10e", "tool": {"model": "nothing"}}])
    with pytest.raises(UnknownName):
        World(scene)
    with World(make_scene(objects=[])) as world:
        assert world.client.id == expected
