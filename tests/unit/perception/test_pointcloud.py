"""From a depth image to points in world, and to obstacles."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.errors import BadInput
from robolab.core.transforms import apply, inverse, look_at
from robolab.perception.pointcloud import (
    as_obstacles,
    cropped,
    from_depth,
    thinned,
    with_normals,
    without_outliers,
)
from robolab.sim.camera import Intrinsics

LENS = Intrinsics.of_fov(80, 60, 60.0)
X_CAM = look_at((1.0, 0.5, 1.2), (0.0, 0.0, 0.0))


def _floor_image() -> np.ndarray:
    """Depth of the plane z = 0, pixel by pixel."""
    v, u = np.indices((LENS.height, LENS.width))
    rays = np.stack([(u - LENS.cx) / LENS.fx, (v - LENS.cy) / LENS.fy, np.ones(u.shape)], axis=-1)
    down = rays @ X_CAM[2, :3]
    return np.where(down < -1e-3, -X_CAM[2, 3] / np.minimum(down, -1e-3), 0.0).astype(np.float32)


def test_points_lie_where_the_camera_saw_them() -> None:
    depth = _floor_image()
    colour = np.full((*depth.shape, 3), 51, dtype=np.uint8)
    cloud = from_depth(depth, LENS.matrix(), X_CAM, colour)
    assert len(cloud) == (depth > 0.0).sum()
    assert np.abs(cloud.points[:, 2]).max() < 1e-5
    pixels = LENS.project(apply(inverse(X_CAM), cloud.points))
    v, u = np.nonzero(depth > 0.0)
    assert pixels == pytest.approx(np.column_stack([u, v]), abs=1e-3)
    assert cloud.colours == pytest.approx(np.full((len(cloud), 3), 0.2))


def test_nothing_seen_masked_and_far_pixels_are_left_out() -> None:
    depth = _floor_image()
    depth[0, :] = np.nan
    depth[1, :] = np.inf
    depth[2, :] = 0.0
    keep = np.ones(depth.shape, dtype=bool)
    keep[:, :40] = False
    cloud = from_depth(depth, LENS.matrix(), X_CAM, keep=keep, far=1.5)
    expected = (np.nan_to_num(depth, posinf=0.0) > 0.0) & keep & (depth <= 1.5)
    assert len(cloud) == expected.sum()


def test_images_that_do_not_fit_are_refused() -> None:
    with pytest.raises(BadInput, match="keep"):
        from_depth(_floor_image(), LENS.matrix(), X_CAM, keep=np.ones((3, 3), dtype=bool))
    with pytest.raises(BadInput, match="camera matrix"):
        from_depth(_floor_image(), np.eye(4), X_CAM)


def test_thinning_cropping_and_normals() -> None:
    cloud = from_depth(_floor_image(), LENS.matrix(), X_CAM)
    low, high = np.array([-0.3, -0.3, -0.1]), np.array([0.3, 0.3, 0.1])
    near = cropped(cloud, low, high)
    assert 0 < len(near) < len(cloud)
    assert np.all((near.points >= low) & (near.points <= high))
    thin = thinned(near, 0.05)
    assert len(thin) <= 13 * 13
    assert len(thin) < len(near)
    normals = with_normals(thin, X_CAM[:3, 3]).normals
    assert normals is not None
    assert normals == pytest.approx(np.tile([0.0, 0.0, 1.0], (len(thin), 1)), abs=1e-3)


def test_stray_points_go() -> None:
    cloud = from_depth(_floor_image(), LENS.matrix(), X_CAM)
    points = np.vstack([cloud.points, [[0.0, 0.0, 0.8]]])
    kept = without_outliers(type(cloud)(points))
    assert kept.points[:, 2].max() < 0.01
    assert len(kept) > 0.8 * len(cloud)


def test_obstacles_carry_points_and_radius() -> None:
    cloud = thinned(from_depth(_floor_image(), LENS.matrix(), X_CAM), 0.1)
    obstacles = as_obstacles(cloud, 0.09, "camera")
    assert np.array_equal(obstacles.points, cloud.points)
    assert (obstacles.point_radius, obstacles.points_name) == (0.09, "camera")


def test_empty_cloud_stays_empty() -> None:
    cloud = from_depth(np.zeros((60, 80), dtype=np.float32), LENS.matrix(), X_CAM)
    assert len(with_normals(without_outliers(thinned(cloud, 0.1)), X_CAM[:3, 3])) == 0
