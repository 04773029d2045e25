"""The suction gripper: seals, holds up to a force, drops beyond it, lets go on command."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from robolab.core.transforms import pose_rpy
from robolab.robots.model import Payload, RobotModel
from robolab.scene.spec import SceneSpec
from robolab.sim.client import p
from robolab.sim.tracking import run_program
from robolab.sim.vacuum import Vacuum
from robolab.sim.world import World
from robolab.trajectory.trajectory import Program

MakeScene = Callable[..., SceneSpec]
MakeProgram = Callable[..., Program]


def _holding(world: World) -> Vacuum:
    """Put the cup, as it stands, on a box that hangs in the air, and take it."""
    X = world.arm.tcp() @ pose_rpy((0.0, 0.0, 0.1), (0.0, 0.0, 0.0))
    gripper = world.gripper
    assert isinstance(gripper, Vacuum)
    world.grip(True)
    for _ in range(200):
        if gripper.held is None:
            p.resetBasePositionAndOrientation(
                world.object("box").body, X[:3, 3], (1, 0, 0, 0), physicsClientId=world.client.id
            )
        world.step(world.robot.gravity_torque(world.joint_state()[0]))
        if gripper.held:
            break
    assert gripper.held == "box"
    return gripper


def _pull(world: World, force: tuple[float, float, float], seconds: float = 0.2) -> None:
    body, client = world.object("box").body, world.client.id
    hold = world.robot.gravity_torque(world.robot.home)
    end = world.time + seconds
    while world.time < end - 1e-9:
        at, _ = p.getBasePositionAndOrientation(body, physicsClientId=client)
        for _ in range(world.substeps):
            p.applyExternalForce(body, -1, force, at, p.WORLD_FRAME, physicsClientId=client)
        # The arm is held in place, so that the pull goes into the cup alone.
        world.arm.put(world.robot.home)
        world.step(hold)


def test_holds_a_pull_below_its_force_and_drops_one_beyond(make_scene: MakeScene) -> None:
    light = make_scene()
    box = light.object("box").model_copy(update={"mass": 0.5})
    scene = light.model_copy(update={"objects": (box,)})
    for share, drops in ((0.8, False), (1.25, True)):
        with World(scene) as world:
            gripper = _holding(world)
            for _ in range(150):
                world.arm.put(world.robot.home)
                world.step()
            full = gripper.holding_force
            rated = world.robot.gripper
            assert rated is not None
            assert full == pytest.approx(rated.figures["holding_force"], rel=0.05)
            # applyExternalForce acts in one physics step of each control period only.
            _pull(world, (0.0, 0.0, -share * full + 0.5 * 9.81))
            assert (gripper.held is None) == drops
            if drops:
                assert gripper.events[-1].what == "dropped"
                assert "beyond" in gripper.events[-1].reason


def test_a_heavy_box_at_rest_does_not_break_the_seal_that_builds_up_on_it(
    make_scene: MakeScene,
) -> None:
    # The controller takes over the load's weight while the vacuum builds up; what rests is not torn off by that.
    arm = {"name": "arm", "model": "palletiser", "tool": {"model": "suction_plate"}}
    size, top = [0.5, 0.36, 0.3], 1.77
    carton, table = (
        {"name": name, "shape": {"type": "box", "size": size}, "pose": {"position": [2.04, 0.0, z]}}
        for name, z in (("carton", top - 0.15), ("table", top - 0.45))
    )
    scene = make_scene(robots=[arm], objects=[table, carton | {"mass": 80.0}])
    with World(scene) as world:
        gripper = world.gripper
        assert isinstance(gripper, Vacuum)
        assert world.arm.tcp()[:3, 3] == pytest.approx([2.04, 0.0, top], abs=1e-3)
        world.grip(True)
        for _ in range(200):
            world.step(world.robot.gravity_torque(world.joint_state()[0], Payload(40.0)))
        assert gripper.held == "carton"
        assert gripper.pressure > 0.9 * gripper.figures.pump


def test_swing_beyond_the_sideways_grip_drops_the_box(
    make_scene: MakeScene, pick_and_lift: MakeProgram, robot: RobotModel
) -> None:
    heavy = make_scene()
    box = heavy.object("box").model_copy(update={"mass": 9.0})
    scene = heavy.model_copy(update={"objects": (heavy.object("table"), box)})
    with World(scene) as world:
        gentle = run_program(world, pick_and_lift(robot, 9.0, swing=1.5))
        world.reset()
        violent = run_program(world, pick_and_lift(robot, 9.0, swing=0.38))
    assert gentle.dropped == ()
    assert [loss.object for loss in violent.dropped] == ["box"]
    assert "beyond" in violent.dropped[0].reason
    assert violent.objects["box"][2, 3] < gentle.objects["box"][2, 3] - 0.1


def test_lets_go_once_the_vacuum_is_gone(make_scene: MakeScene) -> None:
    with World(make_scene()) as world:
        gripper = _holding(world)
        for _ in range(100):
            world.step()
        assert gripper.pressure > 0.9 * gripper.figures.pump
        off = world.time
        world.grip(False)
        while gripper.held and world.time < off + 1.0:
            world.step()
        released = gripper.events[-1]
        height = world.object_pose("box")[2, 3]
        for _ in range(100):
            world.step()
    assert released.what == "released"
    assert 0.01 < released.time - off < 0.15
    assert world.client.id < 0
    assert height > -0.6


def test_fixed_bodies_are_not_taken(make_scene: MakeScene) -> None:
    scene = make_scene()
    fixed = scene.object("box").model_copy(update={"mass": 0.0})
    with World(scene.model_copy(update={"objects": (fixed,)})) as world:
        gripper = world.gripper
        assert isinstance(gripper, Vacuum)
        X = world.arm.tcp() @ pose_rpy((0.0, 0.0, 0.1), (0.0, 0.0, 0.0))
        p.resetBasePositionAndOrientation(
            world.object("box").body, X[:3, 3], (1, 0, 0, 0), physicsClientId=world.client.id
        )
        world.grip(True)
        for _ in range(400):
            world.step()
        assert gripper.held is None
        assert gripper.events[-1].what == "missed"
        assert gripper.pressure < 0.2 * gripper.figures.pump
