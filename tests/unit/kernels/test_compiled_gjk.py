"""Exact distances against coal's, and the promise that a bound is never above the distance."""

from __future__ import annotations

from typing import Any

import coal
import numpy as np
import pytest
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from robolab.core.transforms import Array, pose_rpy
from robolab.kernels.compiled_data import BALL, BOX, CYLINDER
from robolab.kernels.compiled_gjk import hull_to_hull, hull_to_solid

FAR = 1e9


def hull_points(rng: np.random.Generator) -> Array:
    points = rng.normal(size=(30, 3)) * rng.uniform(0.02, 0.15, 3)
    return points[ConvexHull(points).vertices]


def as_coal(points: Array) -> Any:
    corners = coal.StdVec_Vec3s()
    for point in points:
        corners.append(point)
    return coal.Convex.convexHull(corners, True, "Qt")


def transform(X: Array) -> Any:
    return coal.Transform3s(X[:3, :3], X[:3, 3])


def flat(X: Array) -> Array:
    return np.concatenate([X[:3, :3].ravel(), X[:3, 3]])


def somewhere(rng: np.random.Generator) -> Array:
    X = pose_rpy(rng.uniform(-0.3, 0.3, 3), np.zeros(3))
    X[:3, :3] = Rotation.random(random_state=int(rng.integers(1 << 30))).as_matrix()
    return X


def coal_distance(a: Any, X: Array, b: Any, Y: Array) -> float:
    request, result = coal.DistanceRequest(), coal.DistanceResult()
    return float(coal.distance(a, transform(X), b, transform(Y), request, result))


@pytest.mark.parametrize("kind", [BOX, CYLINDER, BALL])
def test_hull_to_solid_agrees_with_coal(kind: int) -> None:
    rng = np.random.default_rng(kind)
    for _ in range(200):
        points, X, Y = hull_points(rng), somewhere(rng), somewhere(rng)
        size = rng.uniform(0.02, 0.15, 3)
        shape = {
            BOX: lambda s=size: coal.Box(*(2.0 * s)),
            CYLINDER: lambda s=size: coal.Cylinder(s[0], 2.0 * s[1]),
            BALL: lambda s=size: coal.Sphere(s[0]),
        }[kind]()
        solid = np.concatenate([[kind], flat(Y), size])
        centre = (points.min(axis=0) + points.max(axis=0)) / 2.0
        found = hull_to_solid(points, 0, len(points), centre, flat(X), solid, FAR)
        true = coal_distance(as_coal(points), X, shape, Y)
        if true <= 0.0:
            assert found <= 1e-5
        else:
            assert found <= true + 1e-6
            assert found >= true * (1.0 - 2e-3) - 1e-5


def test_hull_to_hull_agrees_with_coal() -> None:
    rng = np.random.default_rng(7)
    for _ in range(300):
        a, b, X, Y = hull_points(rng), hull_points(rng), somewhere(rng), somewhere(rng)
        vertex = np.vstack([a, b])
        one = np.array([0.0, len(a), *a.mean(axis=0)])
        two = np.array([len(a), len(vertex), *b.mean(axis=0)], dtype=float)
        found = hull_to_hull(vertex, one, flat(X), two, flat(Y), FAR)
        true = coal_distance(as_coal(a), X, as_coal(b), Y)
        if true <= 0.0:
            assert found <= 1e-5
        else:
            assert found <= true + 1e-6
            assert found >= true * (1.0 - 2e-3) - 1e-5


def test_enough_ends_early_with_a_bound_between() -> None:
    rng = np.random.default_rng(3)
    points, X = hull_points(rng), pose_rpy([0.9, 0.1, 0.2], [0.3, 0.2, 0.1])
    solid = np.concatenate([[BOX], flat(np.eye(4)), [0.1, 0.1, 0.1]])
    true = hull_to_solid(points, 0, len(points), points.mean(axis=0), flat(X), solid, FAR)
    found = hull_to_solid(points, 0, len(points), points.mean(axis=0), flat(X), solid, 0.2)
    assert 0.2 <= found <= true * 1.002
