"""Spheres hold the surface, agree with exact geometry, and ship ready-made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pinocchio as pin
import pytest

from robolab.core.transforms import Array, apply, inverse
from robolab.robots import RobotModel, load_robot
from robolab.robots.chain import frame_poses, frames_of, joint_map
from robolab.robots.cover import candidates, choose, close, overshoot_of
from robolab.robots.skin import outside_of, skin
from robolab.robots.spheres import shipped_file
from robolab.robots.surfaces import surfaces_of
from robolab.robots.urdf import read_tree
from robolab.scene.spec import RobotSpec
from tests.unit.robots.conftest import ARMS, TOOLS, Write, load_named
from tests.unit.robots.test_kinematics import random_q


def box(*size: float) -> Array:
    import trimesh

    mesh = trimesh.creation.box(extents=size)
    return np.asarray(mesh.vertices)[np.asarray(mesh.faces)]


def self_gap(robot: RobotModel, q: Array) -> Array:
    s = robot.spheres
    X = frame_poses(robot.chain, q)[:, s.link]
    centre = np.einsum("psij,sj->psi", X[..., :3, :3], s.centre) + X[..., :3, 3]
    a, b = s.pairs.T
    gaps = np.linalg.norm(centre[:, a] - centre[:, b], axis=2) - s.radius[a] - s.radius[b]
    return gaps.min(axis=1)


def test_a_box_is_covered_within_the_overshoot() -> None:
    corners = box(0.3, 0.1, 0.1)
    outside = outside_of(corners)
    centres, radius = choose(candidates(corners, outside), 0.02)
    radius = close(corners, centres, radius, outside)
    points, _ = skin(corners, 20000, outside)
    points = np.concatenate([points, corners.reshape(-1, 3)])
    gap = np.linalg.norm(points[:, None] - centres, axis=2) - radius
    assert gap.min(axis=1).max() <= 1e-9
    assert overshoot_of(centres, radius, corners, outside) < 0.028
    assert len(radius) < 60


def test_a_cavity_counts_as_body() -> None:
    """A box with a box-shaped hollow: nothing inside can be touched, so few spheres do."""
    hollow = np.concatenate([box(0.2, 0.2, 0.2), box(0.18, 0.18, 0.18)[:, ::-1]])
    outside = outside_of(hollow)
    assert not outside(np.zeros(3))
    assert outside.depth(np.zeros((1, 3)))[0] == pytest.approx(0.1, abs=0.01)
    solid = candidates(box(0.2, 0.2, 0.2), outside_of(box(0.2, 0.2, 0.2)))
    assert len(choose(candidates(hollow, outside), 0.06)[1]) <= 2 * len(choose(solid, 0.06)[1])


@pytest.mark.parametrize(
    "model",
    [m if m in ("ur10e", "palletiser") else pytest.param(m, marks=pytest.mark.slow) for m in ARMS],
)
def test_every_link_is_covered(model: str) -> None:
    robot = load_named(model, TOOLS.get(model))
    tree = read_tree(robot.urdf, robot.urdf.parent)
    frames = frames_of(robot, tree)
    spheres = robot.spheres
    body = np.array(spheres.body)
    for surface in surfaces_of(tree):
        mine = body == surface.body
        index, X = frames[surface.body]
        assert np.all(spheres.link[mine] == index)
        centres = apply(inverse(X), spheres.centre[mine])
        points, _ = skin(surface.corners, 3000, outside_of(surface.corners))
        gap = np.linalg.norm(points[:, None] - centres, axis=2) - spheres.radius[mine]
        assert gap.min(axis=1).max() < 0.002, surface.body


def test_home_is_free_and_pairs_join_links_two_joints_apart(robot: RobotModel) -> None:
    spheres = robot.spheres
    assert self_gap(robot, robot.home[None])[0] > 0.0
    a, b = spheres.pairs.T
    assert np.all(a < b)
    assert np.all(np.abs(spheres.link[a] - spheres.link[b]) > 1)
    assert np.all(spheres.radius > 0.0)


@pytest.mark.parametrize("model", ["ur10e", "panda", "palletiser"])
def test_self_collision_agrees_with_exact_geometry(model: str) -> None:
    robot = load_named(model, TOOLS[model])
    q = random_q(robot, 300, seed=11)
    exact, ours = exact_self_collision(robot, q), self_gap(robot, q) < 0.0
    assert (exact & ~ours).sum() <= 0.05 * exact.sum() + 1
    assert (ours & ~exact).sum() <= 0.12 * (~exact).sum()


def exact_self_collision(robot: RobotModel, q: Array) -> np.ndarray:
    """Meshes and primitives by coal, links that share a joint left out."""
    tree = read_tree(robot.urdf, robot.urdf.parent)
    frames = frames_of(robot, tree)
    model = pin.buildModelFromUrdf(str(robot.urdf))
    geometry = pin.buildGeomFromUrdf(model, str(robot.urdf), pin.GeometryType.COLLISION)
    frame = [frames[model.frames[item.parentFrame].name][0] for item in geometry.geometryObjects]
    for i in range(len(frame)):
        for j in range(i + 1, len(frame)):
            if abs(frame[i] - frame[j]) > 1:
                geometry.addCollisionPair(pin.CollisionPair(i, j))
    data, geometry_data = model.createData(), pin.GeometryData(geometry)
    weights, offset = joint_map(robot, list(model.names)[1:])
    return np.array(
        [
            pin.computeCollisions(model, data, geometry, geometry_data, weights @ x + offset, True)
            for x in q
        ]
    )


def test_shipped_robots_need_no_fit(robot: RobotModel) -> None:
    assert shipped_file(robot).is_file(), "run scripts/fit_spheres.py"


def test_users_robot_is_fitted_once_and_kept(
    own_robot: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROBOLAB_CACHE", str(tmp_path / "cache"))
    spec = RobotSpec(name="arm", model="./mine")
    first = load_robot(spec, own_robot()).spheres
    (kept,) = (tmp_path / "cache" / "spheres").glob("*.json")
    again = load_robot(spec, own_robot()).spheres
    assert np.array_equal(first.centre.round(5), again.centre)
    assert np.all(again.radius >= first.radius)
    kept.write_text(kept.read_text()[:50])
    assert np.array_equal(load_robot(spec, own_robot()).spheres.centre, first.centre)
