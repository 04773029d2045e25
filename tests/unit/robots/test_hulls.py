"""Hulls enclose what they stand for, and pieces enclose it more closely than one hull."""

from __future__ import annotations

import numpy as np
import trimesh
from scipy.spatial import ConvexHull

from robolab.robots.hulls import convex_pieces, hulls_of
from robolab.robots.model import RobotModel
from robolab.robots.surfaces import collision_shapes, sample
from robolab.robots.urdf import read_tree


def inside_some(points: np.ndarray, pieces: list[np.ndarray]) -> np.ndarray:
    found = np.zeros(len(points), dtype=bool)
    for corners in pieces:
        faces = ConvexHull(corners).equations
        found |= np.all(points @ faces[:, :3].T + faces[:, 3] <= 1e-7, axis=1)
    return found


def test_pieces_of_a_fork_leave_its_gap_open_and_cover_the_rest() -> None:
    bars = [
        trimesh.creation.box(extents, trimesh.transformations.translation_matrix(place))
        for extents, place in (
            ([0.3, 0.1, 0.1], [0.0, 0.0, 0.0]),
            ([0.05, 0.1, 0.2], [0.125, 0.0, 0.15]),
            ([0.05, 0.1, 0.2], [-0.125, 0.0, 0.15]),
        )
    ]
    triangles = np.concatenate([np.asarray(bar.triangles) for bar in bars])
    pieces = convex_pieces(triangles)
    assert len(pieces) > 1
    rng = np.random.default_rng(0)
    bounds = [np.asarray(bar.bounds, dtype=float) for bar in bars]
    points = np.concatenate([rng.uniform(low, high, (200, 3)) for low, high in bounds])
    assert inside_some(points, pieces).all()
    assert not inside_some(np.array([[0.0, 0.0, 0.2]]), pieces).any()


def test_hulls_of_robots_enclose_their_surfaces(robot: RobotModel) -> None:
    tree = read_tree(robot.urdf, robot.urdf.parent)
    for _, triangles in collision_shapes(tree):
        points, _ = sample(triangles, 300, np.random.default_rng(0))
        assert inside_some(points, convex_pieces(triangles)).all()


def test_hulls_know_their_links(robot: RobotModel) -> None:
    hulls = hulls_of(robot)
    assert len(hulls.body) == len(hulls.link) == len(hulls.first) - 1
    assert hulls.first[-1] == len(hulls.vertices)
    assert set(hulls.body) <= set(robot.bodies)
