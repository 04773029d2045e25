"""Swept clearance: what coarse samples miss, how exact the distance is, and what may touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from robolab.core.transforms import Array, pose
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.polynomial import hermite
from robolab.trajectory.trajectory import Leg, LegRequirements, Program, Trajectory
from robolab.verify import Finding, Held, VerificationReport, verify_trajectory
from robolab.verify.arm import Arm
from robolab.verify.pairs import Cell, distance, transform
from robolab.verify.reach import Movers, tree_of
from robolab.verify.solids import robot_parts, scene_solid

MakeScene = Callable[..., SceneSpec]


def around(*objects: dict[str, Any], floor: bool = False) -> SceneSpec:
    return SceneSpec.model_validate(
        {
            "name": "around",
            "floor": floor,
            "floor_height": -0.9,
            "robots": [{"name": "arm", "model": "two"}],
            "objects": objects,
            "requirements": {"clearance": 0.0, "carried_clearance": 0.0},
        }
    )


def ball(radius: float, *position: float, mass: float = 0.0) -> dict[str, Any]:
    shape = {"type": "sphere", "radius": radius}
    return {"name": "ball", "shape": shape, "pose": {"position": position}, "mass": mass}


def motion(robot: RobotModel, a: list[float], b: list[float], seconds: float = 1.2) -> Trajectory:
    values = np.zeros((3, 2, 2))
    values[0] = a, b
    return Trajectory(robot.joints, hermite([0.0, seconds], values))


def worst(robot: RobotModel, scene: SceneSpec, leg: Leg | Trajectory, check: str) -> Finding:
    found = verify_trajectory(leg, scene, robot).worst(check)
    assert found is not None
    return found


def test_thin_post_crossed_between_coarse_samples(two_links: RobotModel) -> None:
    post = {
        "name": "post",
        "shape": {"type": "cylinder", "radius": 0.002, "length": 0.5},
        "pose": {"position": [0.7, 0.0, 0.0], "rpy_deg": [90.0, 0.0, 0.0]},
    }
    sweep = motion(two_links, [-0.5, 0.0], [0.66, 0.0])
    coarse = sweep.position(np.arange(0.0, 1.2, 0.1))[:, 0]
    assert np.abs(0.7 * np.sin(coarse)).min() > 0.025  # The link is 40 mm thick.
    found = worst(two_links, around(post), sweep, "clearance")
    assert not found.ok
    assert found.where == ("arm/two", "post")
    assert found.detail == "collide"
    assert abs(0.7 * np.sin(sweep.position(found.time or 0.0)[0])) < 0.023


@pytest.mark.parametrize(("closer", "ok"), [(1e-4, True), (-1e-4, False)])
def test_nearest_pass_to_a_tenth_of_a_millimetre(
    two_links: RobotModel, closer: float, ok: bool
) -> None:
    # The corners of the last box pass before a ball of 50 mm at 1 m.
    passing = 0.95 - np.hypot(0.9, 0.02)
    required = passing - closer
    sweep = motion(two_links, [-0.71, 0.0], [0.68, 0.0], 1.5)
    leg = Leg("pass", sweep, LegRequirements(required, 0.0), "hand")
    found = worst(two_links, around(ball(0.05, 1.0, 0.0, 0.0)), leg, "clearance")
    assert found.ok is ok
    assert found.value == pytest.approx(passing, abs=1e-4)
    assert found.margin == pytest.approx(found.value - required)
    assert found.share == pytest.approx(required / found.value)


@pytest.mark.parametrize("seed", range(8))
def test_least_distance_against_dense_samples(two_links: RobotModel, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b, *_ = rng.uniform(-1.5, 1.5, (4, 2)).tolist()
    sweep = motion(two_links, a, b, 3.0)
    scene = around(ball(0.04, *rng.uniform(-0.8, 0.8, 3).tolist()))
    found = worst(two_links, scene, sweep, "clearance")
    arm = Arm(two_links)
    movers = Movers(tree_of(arm), robot_parts(arm))
    obstacle = scene_solid(scene, "ball").exact
    X = transform(scene.object("ball").pose.matrix())
    dense = min(
        distance(part.solid.exact, transform(X_part), obstacle, X)
        for placed in movers.poses(arm.joint_poses(sweep.position(np.linspace(0, 3.0, 3001))))
        for part, X_part in zip(movers.parts, placed, strict=True)
    )
    assert dense - 1e-3 <= found.value <= max(dense, 0.0) * 1.03 + 2e-4


def test_speed_bound_holds_for_every_point(arm: Arm) -> None:
    rng = np.random.default_rng(4)
    parts = robot_parts(arm)
    movers = Movers(tree_of(arm), parts)
    rates, half = rng.uniform(0.1, 1.0, 6), 0.05
    for _ in range(20):
        q = rng.uniform(-2, 2, 6)
        joints = arm.joint_poses(q[None])
        placed = movers.poses(joints)
        bound = movers.speeds(joints, placed, rates[None], half)[0].sum(axis=1) * half
        there = movers.poses(arm.joint_poses((q + half * rates * rng.choice([-1, 1], 6))[None]))
        for k, part in enumerate(parts):
            points = [
                part.solid.centre + part.solid.radius * u
                for u in np.vstack([np.eye(3), -np.eye(3)])
            ]
            corners = np.hstack([np.array(points), np.ones((6, 1))])
            moved = np.linalg.norm((corners @ (there[0, k] - placed[0, k]).T)[:, :3], axis=1)
            assert np.all(moved <= bound[k] + 1e-9)


def test_carried_box_hits_a_post_that_the_tool_clears(
    good: Program, scene_with: MakeScene, robot: RobotModel
) -> None:
    def carry(height: float) -> VerificationReport:
        shape = {"type": "cylinder", "radius": 0.003, "length": height}
        place = {"position": [0.83, 0.0, height / 2.0]}
        scene = scene_with({"name": "post", "shape": shape, "pose": place})
        held = Held("carton", pose([0.0, 0.0, 0.1], [1.0, 0.0, 0.0, 0.0]))
        return verify_trajectory(good.legs[3], scene, robot, held=held)

    high = carry(0.22)
    assert [(f.check, f.where) for f in high.failures] == [
        ("carried_clearance", ("carton", "post"))
    ]
    low = carry(0.14)
    assert low.verified
    assert low.of("carried_clearance")[0].value == pytest.approx(0.02, abs=1e-3)


def test_contact_must_be_allowed_and_shallow(
    good: Program, scene_with: MakeScene, robot: RobotModel
) -> None:
    leg = good.legs[1]
    allowed = verify_trajectory(leg, scene_with(), robot)
    assert [f.ok for f in allowed.of("contact")] == [True]
    asked = replace(leg.requirements, contacts=frozenset())
    shy = verify_trajectory(replace(leg, requirements=asked), scene_with(), robot)
    assert [(f.check, f.where[1]) for f in shy.failures] == [("clearance", "carton")]

    higher = {"carton": pose([0.75, -0.35, 0.103])}
    (deep,) = verify_trajectory(leg, scene_with(), robot, objects=higher).of("contact")
    assert (deep.ok, deep.limit) == (False, -1e-3)
    assert deep.value == pytest.approx(-3e-3, abs=2e-4)
    assert deep.share == pytest.approx(3.0, abs=0.2)


def test_base_may_stand_on_anything(
    good: Program, scene_with: MakeScene, robot: RobotModel
) -> None:
    pedestal = {
        "name": "pedestal",
        "shape": {"type": "box", "size": [0.25, 0.25, 0.6]},
        "pose": {"position": [0.0, 0.0, -0.25]},
    }
    assert verify_trajectory(good.legs[0], scene_with(pedestal), robot).verified


def test_floor_counts(two_links: RobotModel) -> None:
    down = motion(two_links, [0.0, 0.0], [1.4, 0.0], 2.5)
    assert worst(two_links, around(ball(0.1, 0.0, 2.0, 0.0)), down, "clearance").ok
    found = worst(two_links, around(floor=True), down, "clearance")
    assert found.where == ("arm/two", "floor")
    # The lower corner of the last box: 0.9 m out, 0.02 m to the side.
    assert found.value == pytest.approx(0.9 - 0.9 * np.sin(1.4) - 0.02 * np.cos(1.4), abs=1e-3)


def test_arm_that_folds_on_itself(robot: RobotModel, scene: SceneSpec) -> None:
    values = np.zeros((3, 2, 6))
    values[0] = robot.home, robot.home
    values[0, 1, 2], values[0, 1, 3] = 2.85, 0.0
    fold = Trajectory(robot.joints, hermite([0.0, 3.0], values))
    report = verify_trajectory(fold, scene, robot)
    found = report.worst("self_clearance")
    assert found is not None
    assert not found.ok
    assert all(name.startswith("arm/") for name in found.where)


def test_neighbours_are_not_held_apart(arm: Arm, scene: SceneSpec) -> None:
    cell = Cell(scene, arm, tree_of(arm))
    bodies = [part.body for part in cell.robot_parts]
    assert cell.touching_by_design == frozenset()
    assert bodies[:3] == ["base_link", "shoulder_link", "upper_arm_link"]


def test_mesh_obstacle_is_its_hull(two_links: RobotModel, tmp_path: Any) -> None:
    corners = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    lines = [f"v {x} {y} {z}" for x, y, z in corners] + ["f 1 2 4", "f 1 3 4", "f 5 6 8", "f 5 7 8"]
    (tmp_path / "cube.obj").write_text("\n".join(lines) + "\n")
    mesh = {
        "name": "cube",
        "shape": {"type": "mesh", "file": "cube.obj", "scale": 0.05},
        "pose": {"position": [1.0, 0.0, 0.0]},
    }
    scene = around(mesh).model_copy(update={"folder": tmp_path})
    sweep = motion(two_links, [-0.4, 0.0], [0.4, 0.0])
    assert worst(two_links, scene, sweep, "clearance").value == pytest.approx(0.05, abs=1e-3)
    shrunk = scene_solid(scene, "cube", 0.002)
    spread: Array = np.array(shrunk.hull.points())
    np.testing.assert_allclose(np.abs(spread), 0.048, atol=1e-9)
