"""Scenes as obstacles, and carried objects as spheres that hold every point of their surface."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from robolab.core.errors import MissingAsset
from robolab.core.transforms import apply, inverse, pose, pose_rpy
from robolab.kernels.compiled_data import CARRIED
from robolab.planning.hull_boxes import hull_boxes
from robolab.planning.scene_obstacles import carried_spheres, obstacles_of
from robolab.robots import RobotModel
from robolab.scene.spec import BoxShape, CylinderShape, SceneSpec, Shape, SphereShape


def test_bodies_keep_their_names_and_sizes(scene: SceneSpec) -> None:
    around = obstacles_of(scene)
    boxes = [item.name for item in scene.objects if item.shape.type == "box"]
    assert around.box_names == (*boxes, "floor")
    assert set(around.cylinder_names) == {"pedestal", "post"}
    post = scene.object("post")
    assert isinstance(post.shape, CylinderShape)
    row = around.cylinder_names.index("post")
    np.testing.assert_allclose(
        around.cylinder_size[row], [post.shape.radius, post.shape.length / 2]
    )
    top = around.box_pose[-1, 2, 3] + around.box_half[-1, 2]
    assert top == pytest.approx(scene.floor_height)


def test_left_out_moved_and_inflated(scene: SceneSpec) -> None:
    moved = pose([1.0, 2.0, 3.0])
    around = obstacles_of(scene, {"carton-a", "floor"}, {"carton-b": moved}, inflate=0.02)
    assert "carton-a" not in around.box_names
    assert "floor" not in around.box_names
    row = around.box_names.index("carton-b")
    np.testing.assert_allclose(around.box_pose[row], moved)
    carton = scene.object("carton-b").shape
    assert isinstance(carton, BoxShape)
    np.testing.assert_allclose(around.box_half[row], np.array(carton.size) / 2 + 0.02)


def surface(shape: Shape) -> np.ndarray:
    if isinstance(shape, BoxShape):
        mesh = trimesh.creation.box(shape.size)
    elif isinstance(shape, CylinderShape):
        mesh = trimesh.creation.cylinder(shape.radius, shape.length)
    else:
        assert isinstance(shape, SphereShape)
        mesh = trimesh.creation.icosphere(radius=shape.radius)
    return np.vstack([mesh.sample(4000, seed=0), mesh.vertices])


@pytest.mark.parametrize(
    "shape",
    [
        BoxShape(type="box", size=(0.3, 0.2, 0.2)),
        BoxShape(type="box", size=(0.58, 0.38, 0.02)),
        CylinderShape(type="cylinder", radius=0.03, length=0.1),
        CylinderShape(type="cylinder", radius=0.15, length=0.4),
        SphereShape(type="sphere", radius=0.07),
    ],
)
def test_spheres_hold_all_of_a_carried_object(robot: RobotModel, shape: Shape) -> None:
    X = pose_rpy([0.02, 0.01, 0.12], [0.3, 0.2, 0.1])
    grown = carried_spheres(robot.spheres, shape, X, robot.chain)
    old = len(robot.spheres.radius)
    assert set(grown.body[old:]) == {CARRIED}
    assert set(grown.link[old:]) == {len(robot.chain.axis)}
    points = apply(robot.chain.X_last_tcp @ X, surface(shape))
    gaps = np.linalg.norm(points[:, None] - grown.centre[old:], axis=-1) - grown.radius[old:]
    assert gaps.min(axis=1).max() < 1e-6
    # Nothing stands out by more than a few centimetres.
    outward = apply(inverse(robot.chain.X_last_tcp @ X), grown.centre[old:])
    reach = np.abs(outward) + grown.radius[old:, None]
    extent = np.abs(surface(shape)).max(axis=0)
    assert np.all(reach.max(axis=0) < extent + 0.045)


def test_carried_object_is_tested_against_the_arm_but_not_its_tool(robot: RobotModel) -> None:
    grown = carried_spheres(
        robot.spheres, BoxShape(type="box", size=(0.3, 0.2, 0.2)), pose([0, 0, 0.1]), robot.chain
    )
    old, last = len(robot.spheres.radius), len(robot.chain.axis)
    new = [(i, j) for i, j in grown.pairs if j >= old]
    links = {int(grown.link[i]) for i, _ in new}
    assert links >= {1, 2, 3}
    assert last not in links
    assert len(grown.pairs) == len(robot.spheres.pairs) + len(new)


def test_boxes_hold_a_hull_and_little_more(tmp_path: Path) -> None:
    mesh = trimesh.creation.cone(radius=0.2, height=0.6)
    file = tmp_path / "cone.stl"
    mesh.export(file)
    boxes = hull_boxes(file, 0.5)
    points = np.vstack([mesh.vertices, mesh.sample(2000, seed=0)]) * 0.5
    outside = np.array(
        [(np.abs(apply(inverse(X), points)) - half).max(axis=1) for X, half in boxes]
    )
    assert outside.min(axis=0).max() < 1e-4
    assert 1 < len(boxes) <= 8
    whole = np.prod(mesh.bounding_box.extents * 0.5)
    assert sum(8 * np.prod(half) for _, half in boxes) < 0.8 * whole


def test_a_broken_mesh_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bad.stl"
    file.write_bytes(b"not a mesh")
    with pytest.raises(MissingAsset, match=r"bad\.stl"):
        hull_boxes(file, 1.0)
