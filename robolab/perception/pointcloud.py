"""Point clouds from depth images, by Open3D."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from robolab.core.errors import BadInput
from robolab.core.transforms import Array, apply
from robolab.kernels.obstacles import Obstacles


@dataclass(frozen=True)
class PointCloud:
    """Points in world.

    Attributes:
        points: Shape (k, 3) [m].
        colours: 0 to 1, shape (k, 3), or None.
        normals: Unit vectors, towards where they were seen from, shape (k, 3), or None.
    """

    points: Array
    colours: Array | None = None
    normals: Array | None = None

    def __len__(self) -> int:
        return len(self.points)


def from_depth(
    depth: np.ndarray,
    intrinsics: Array,
    X_world_cam: Array,
    colour: np.ndarray | None = None,
    keep: np.ndarray | None = None,
    far: float = np.inf,
) -> PointCloud:
    """Lift a depth image into world.

    Args:
        depth: Along the optical axis, shape (h, w) [m]; 0, NaN and infinity count as not seen.
        intrinsics: Camera matrix in OpenCV's convention, shape (3, 3) [pixels].
        X_world_cam: Shape (4, 4), +z forward, +y down.
        colour: Shape (h, w, 3), uint8.
        keep: Pixels to use, shape (h, w), bool: a segmentation without the robot, say.
        far: Greatest depth that counts [m].
    Raises:
        BadInput: images or camera matrix do not fit together.
    """
    if depth.ndim != 2 or np.shape(intrinsics) != (3, 3):
        raise BadInput(
            "depth image and camera matrix",
            value=(np.shape(depth), np.shape(intrinsics)),
            expected="shapes (h, w) and (3, 3)",
        )
    for name, image in (("colour", colour), ("keep", keep)):
        if image is not None and image.shape[:2] != depth.shape:
            raise BadInput(f"{name} image", value=image.shape, expected=f"size {depth.shape}")
    seen = np.isfinite(depth) & (depth > 0.0) & (depth <= far)
    if keep is not None:
        seen &= keep
    v, u = np.nonzero(seen)
    z = depth[v, u].astype(float)
    x = (u - intrinsics[0, 2]) / intrinsics[0, 0] * z
    y = (v - intrinsics[1, 2]) / intrinsics[1, 1] * z
    points = apply(X_world_cam, np.column_stack([x, y, z]))
    return PointCloud(points, None if colour is None else colour[v, u] / 255.0)


def cropped(cloud: PointCloud, low: Array, high: Array) -> PointCloud:
    """Return the points inside an upright box in world, corners of shape (3,) [m]."""
    import open3d as o3d

    box = o3d.geometry.AxisAlignedBoundingBox(np.asarray(low, float), np.asarray(high, float))
    return _from_open3d(_to_open3d(cloud).crop(box))


def thinned(cloud: PointCloud, voxel: float) -> PointCloud:
    """Return one point, the mean, for each occupied cube of side `voxel` [m]."""
    if len(cloud) == 0:
        return cloud
    return _from_open3d(_to_open3d(cloud).voxel_down_sample(voxel))


def with_normals(cloud: PointCloud, seen_from: Array, neighbours: int = 16) -> PointCloud:
    """Return the cloud with normals, fitted to each point's neighbours, towards a point in world (3,) [m]."""
    if len(cloud) == 0:
        return PointCloud(cloud.points, cloud.colours, np.zeros((0, 3)))
    import open3d as o3d

    raw = _to_open3d(cloud)
    raw.estimate_normals(o3d.geometry.KDTreeSearchParamKNN(neighbours))
    raw.orient_normals_towards_camera_location(np.asarray(seen_from, float))
    return _from_open3d(raw)


def without_outliers(
    cloud: PointCloud, neighbours: int = 12, deviations: float = 2.0
) -> PointCloud:
    """Drop points whose mean distance to their neighbours is some standard deviations beyond the usual."""
    if len(cloud) <= neighbours:
        return cloud
    kept, _ = _to_open3d(cloud).remove_statistical_outlier(neighbours, deviations)
    return _from_open3d(kept)


def as_obstacles(cloud: PointCloud, radius: float, name: str = "point cloud") -> Obstacles:
    """Return the points as balls to avoid.

    Args:
        radius: Of each ball [m]; at least half the diagonal of the voxels that thinned the cloud, so
            that no gap opens between neighbours.
    """
    return Obstacles(points=cloud.points, point_radius=radius, points_name=name)


def _to_open3d(cloud: PointCloud) -> Any:
    import open3d as o3d

    raw = o3d.geometry.PointCloud()
    raw.points = o3d.utility.Vector3dVector(cloud.points)
    if cloud.colours is not None:
        raw.colors = o3d.utility.Vector3dVector(cloud.colours)
    if cloud.normals is not None:
        raw.normals = o3d.utility.Vector3dVector(cloud.normals)
    return raw


def _from_open3d(raw: Any) -> PointCloud:
    return PointCloud(
        np.asarray(raw.points).copy(),
        np.asarray(raw.colors).copy() if raw.has_colors() else None,
        np.asarray(raw.normals).copy() if raw.has_normals() else None,
    )
