"""Collision geometry of robot and scene as coal shapes, made from the descriptions.

A robot's mesh keeps its triangles. Its convex hull encloses it, so that a distance of the hull is a
lower bound on that of the mesh, at a twentieth of the cost; the triangles are asked only where
the hull does not settle the matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import coal
import numpy as np
from scipy.spatial import ConvexHull, HalfspaceIntersection

from robolab.core.errors import MissingAsset
from robolab.core.transforms import Array
from robolab.scene.load import mesh_file
from robolab.scene.spec import BoxShape, CylinderShape, MeshShape, SceneSpec, SphereShape
from robolab.verify.arm import Arm

FLOOR = "floor"
_FLOOR_SIZE = (40.0, 40.0, 1.0)
_NEARLY_CONVEX = 1e-3
"""A mesh whose hull holds at most this share more than itself counts as convex."""


@dataclass(frozen=True)
class Solid:
    """A rigid part.

    Attributes:
        hull: A convex coal geometry that encloses the part.
        exact: The part itself; the same object where the part is convex.
        centre, radius: A ball around it in its own frame [m].
    """

    hull: Any
    exact: Any
    centre: Array
    radius: float

    @property
    def is_mesh(self) -> bool:
        """Whether it is made of triangles, and so as coarse as they are."""
        return isinstance(self.exact, coal.BVHModelBase | coal.ConvexBase)


@dataclass(frozen=True)
class Part:
    """A solid that rides on a moving joint of the arm (0: the base)."""

    body: str
    joint: int
    X_joint_part: Array
    solid: Solid


def solid_of(geometry: Any) -> Solid:
    """Wrap a coal geometry; a mesh gets its hull."""
    hull = exact = geometry
    if isinstance(geometry, coal.BVHModelBase):
        geometry.buildConvexHull(True, "Qt")
        hull = geometry.convex
        own, enclosed = abs(geometry.computeVolume()), hull.computeVolume()
        exact = hull if abs(enclosed - own) <= _NEARLY_CONVEX * enclosed else geometry
    if isinstance(hull, coal.ConvexBase):
        points = np.array(hull.points())
        centre = (points.min(axis=0) + points.max(axis=0)) / 2.0
        return Solid(hull, exact, centre, float(np.linalg.norm(points - centre, axis=1).max()))
    geometry.computeLocalAABB()
    return Solid(hull, exact, np.array(geometry.aabb_center), float(geometry.aabb_radius))


def robot_parts(arm: Arm) -> tuple[Part, ...]:
    """Collision parts of the arm and its tool."""
    parts: list[Part] = []
    for item in arm.geometry.geometryObjects:
        body = arm.model.frames[item.parentFrame].name
        placement = np.asarray(item.placement.homogeneous)
        parts.append(Part(body, item.parentJoint, placement, solid_of(item.geometry)))
    return tuple(parts)


def scene_solid(scene: SceneSpec, name: str, shrink: float = 0.0) -> Solid:
    """Build an object of the scene, or the floor, in its own frame.

    Args:
        shrink: How far every face is moved inwards [m]; what is thinner vanishes to a sliver.
    """
    if name == FLOOR:
        x, y, z = _FLOOR_SIZE
        return solid_of(coal.Box(x, y, z - 2.0 * shrink))
    shape = scene.object(name).shape
    if isinstance(shape, MeshShape):
        return solid_of(_hull_of_mesh(scene, shape, shrink))

    def less(length: float, by: float) -> float:
        return max(length - by, 1e-6)

    if isinstance(shape, BoxShape):
        return solid_of(coal.Box(*(less(size, 2.0 * shrink) for size in shape.size)))
    if isinstance(shape, CylinderShape):
        radius, length = less(shape.radius, shrink), less(shape.length, 2.0 * shrink)
        return solid_of(coal.Cylinder(radius, length))
    assert isinstance(shape, SphereShape)
    return solid_of(coal.Sphere(less(shape.radius, shrink)))


def floor_pose(scene: SceneSpec) -> Array:
    """Pose of the slab that stands for the floor."""
    X = np.eye(4)
    X[2, 3] = scene.floor_height - _FLOOR_SIZE[2] / 2.0
    return X


def mesh_points(scene: SceneSpec, shape: MeshShape) -> Array:
    """Corners of the convex hull of a mesh, shape (k, 3) [m].

    Raises:
        MissingAsset: the file holds no mesh.
    """
    file = mesh_file(scene, shape)
    try:
        mesh = coal.MeshLoader().load(str(file), np.full(3, shape.scale))
    except (ValueError, RuntimeError) as error:
        raise MissingAsset(f"cannot be read as a mesh: {error}", file=file) from error
    points = np.array(mesh.vertices())
    return points[ConvexHull(points).vertices]


def _hull_of_mesh(scene: SceneSpec, shape: MeshShape, shrink: float) -> Any:
    points = mesh_points(scene, shape)
    if shrink > 0.0:
        faces = ConvexHull(points).equations.copy()
        inside = points.mean(axis=0)
        depth = -(faces[:, :3] @ inside + faces[:, 3])
        faces[:, 3] += np.minimum(shrink, 0.9 * depth)
        points = HalfspaceIntersection(faces, inside).intersections
    return convex(points)


def convex(points: Array) -> Any:
    """Convex coal geometry that spans points, shape (k, 3)."""
    corners = coal.StdVec_Vec3s()
    for point in points:
        corners.append(point)
    return coal.Convex.convexHull(corners, True, "Qt")
