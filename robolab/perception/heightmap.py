"""What a depth camera sees of a table, as heights over a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from robolab.core.errors import BadInput
from robolab.core.transforms import Array, apply


@dataclass(frozen=True)
class Heightmap:
    """Heights over a table, on a square grid.

    Attributes:
        heights: Of the highest that is seen in each cell, shape (n, n), float32 [m]; the first index goes along x.
        seen: Whether a cell was seen, shape (n, n); the height of another is that of the nearest that was.
        corner: Middle of cell (0, 0) in world, shape (2,) [m].
        cell: Side of a cell [m].
    """

    heights: NDArray[np.float32]
    seen: NDArray[np.bool_]
    corner: Array
    cell: float


@dataclass(frozen=True)
class Region:
    """A square of a table.

    Attributes:
        middle: Of it in world, shape (3,) [m]; heights count from there.
        side: [m].
        cell: Side of a cell [m].
    """

    middle: tuple[float, float, float] = (0.0, 0.0, 0.0)
    side: float = 0.44
    cell: float = 0.0025

    def scaled(self, factor: float) -> Region:
        """Return another size of region around the same middle."""
        return Region(self.middle, factor * self.side, factor * self.cell)


def heightmap(
    depth: np.ndarray, intrinsics: Array, X_world_cam: Array, region: Region
) -> Heightmap:
    """Turn a depth image into heights over a table.

    Args:
        depth: Along the optical axis, shape (h, w) [m]; 0, NaN and infinity count as not seen.
        intrinsics: Camera matrix in OpenCV's convention, shape (3, 3) [pixels].
        X_world_cam: Shape (4, 4), +z forward, +y down.
    Raises:
        BadInput: the image or the camera's matrices have the wrong shape, or numbers that are not finite.
    """
    _check(depth, intrinsics, X_world_cam)
    n = round(region.side / region.cell)
    middle = np.array(region.middle)
    corner = middle[:2] - 0.5 * (n - 1) * region.cell
    points = _points(depth, intrinsics, X_world_cam)
    places = np.rint((points[:, :2] - corner) / region.cell).astype(int)
    inside = np.all((places >= 0) & (places < n), axis=1)
    heights = np.full((n, n), -np.inf, dtype=np.float32)
    high = (points[inside, 2] - middle[2]).astype(np.float32)
    np.maximum.at(heights, tuple(places[inside].T), high)
    seen = np.isfinite(heights)
    return Heightmap(_filled(heights, seen), seen, corner, region.cell)


def _points(depth: np.ndarray, intrinsics: Array, X_world_cam: Array) -> Array:
    usable = np.isfinite(depth) & (depth > 0.0)
    v, u = np.nonzero(usable)
    z = depth[usable].astype(float)
    rays = np.column_stack([u, v, np.ones_like(u)]) @ np.linalg.inv(intrinsics).T
    return apply(X_world_cam, rays * z[:, None])


def _filled(heights: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    if not seen.any():
        return np.zeros_like(heights)
    nearest = distance_transform_edt(~seen, return_distances=False, return_indices=True)
    return heights[tuple(np.asarray(nearest))]


def _check(depth: np.ndarray, intrinsics: Array, X_world_cam: Array) -> None:
    shapes = (np.shape(depth), np.shape(intrinsics), np.shape(X_world_cam))
    if len(shapes[0]) != 2 or shapes[1:] != ((3, 3), (4, 4)):
        raise BadInput(
            "depth image, camera matrix and camera pose",
            value=shapes,
            expected="shapes (h, w), (3, 3) and (4, 4)",
        )
    for name, value in (("camera matrix", intrinsics), ("camera pose", X_world_cam)):
        if not np.all(np.isfinite(value)):
            raise BadInput("holds numbers that are not finite", field=name)
