"""What a fingertip faces: the nearest surface of triangles, balls and rods, against ray casting."""

from __future__ import annotations

from typing import Any

import numpy as np
import open3d as o3d
import pytest
import trimesh

from robolab.core.transforms import pose_rpy
from robolab.scene.spec import BoxShape, CylinderShape, SphereShape
from robolab.sensors.gel import Gel
from robolab.sensors.relief import Body, body_of, gap_of

GEL = Gel(rows=48, columns=64, pitch=3e-4)
X = pose_rpy((0.001, -0.002, 0.03), (0.5, 0.3, 0.2))


def _cast(mesh: trimesh.Trimesh) -> np.ndarray:
    moved = mesh.copy().apply_transform(X)
    scene: Any = o3d.t.geometry.RaycastingScene()
    tensor: Any = o3d.core.Tensor
    scene.add_triangles(moved.vertices.astype(np.float32), moved.faces.astype(np.uint32))
    left, top = GEL.corner
    x, y = np.meshgrid(left + GEL.pitch * np.arange(64), top + GEL.pitch * np.arange(48))
    rays = np.stack([x, y, *np.zeros((3, *x.shape)), np.ones_like(x)], axis=-1).astype(np.float32)
    return scene.cast_rays(tensor(rays))["t_hit"].numpy()


CASES = [
    (
        body_of(BoxShape(type="box", size=(0.01, 0.006, 0.008))),
        trimesh.creation.box((0.01, 0.006, 0.008)),
        1e-7,
    ),
    (body_of(SphereShape(type="sphere", radius=0.005)), trimesh.creation.icosphere(6, 0.005), 3e-6),
    (
        body_of(CylinderShape(type="cylinder", radius=0.004, length=0.01)),
        trimesh.creation.cylinder(0.004, 0.01, sections=720),
        3e-6,
    ),
]


@pytest.mark.parametrize(("body", "mesh", "within"), CASES)
def test_nearest_surface_is_what_a_ray_meets(
    body: Body, mesh: trimesh.Trimesh, within: float
) -> None:
    cast, seen = _cast(mesh), gap_of(GEL, [(body, X)])
    met = np.isfinite(cast)
    both = met & (seen < 0.9)
    assert (met ^ (seen < 0.9)).sum() < 0.02 * met.sum()  # pixels that the outline cuts
    assert met.sum() > 300
    assert np.quantile(np.abs(seen[both] - cast[both]), 0.99) < within


def test_nearest_of_several() -> None:
    ball = body_of(SphereShape(type="sphere", radius=0.005))
    near, far = pose_rpy((0, 0, 0.02), (0, 0, 0)), pose_rpy((0, 0, 0.05), (0, 0, 0))
    assert np.array_equal(gap_of(GEL, [(ball, far), (ball, near)]), gap_of(GEL, [(ball, near)]))
