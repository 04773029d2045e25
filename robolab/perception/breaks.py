"""Where depth says that a face ends: at steps, and at creases between faces that lean differently."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

from robolab.core.transforms import Array

_REACH = 2
"""Pixels of half the size on either side, between which a plane must run straight."""
_STEP = 0.008
"""Of depth [m]."""
_NOISE = 0.0022
"""What a step must be more, by the square of the distance: as cameras' noise grows [1/m]."""
_CREASE_COS = np.cos(np.radians(30.0))
_COARSER = 3
"""Normals are taken at every third of those pixels."""
_NEIGHBOURS = 12


def halved(depth: np.ndarray) -> np.ndarray:
    """Return 1/z at half the size, each the mean of those of four pixels that know it; 0 where none does.

    Args:
        depth: Shape (h, w), float32 [m]; 0 where none.
    """
    blocks = depth.reshape(depth.shape[0] // 2, 2, depth.shape[1] // 2, 2)
    known = blocks > 0.0
    inverse = np.divide(1.0, blocks, out=np.zeros_like(blocks), where=known)
    number = known.sum(axis=(1, 3))
    total = inverse.sum(axis=(1, 3), dtype=np.float32)
    return np.where(number > 0, total / np.maximum(number, 1), 0.0).astype(np.float32)


def breaks_of(inverse: np.ndarray, x: Array, y: Array) -> np.ndarray:
    """Return where a face ends, shape (h, w), bool.

    Args:
        inverse: 1/z, shape (h, w) [1/m]; 0 where unknown.
        x, y: Rays through the pixels, shapes (w,) and (h,).
    """
    weight = uniform_filter((inverse > 0.0).astype(np.float32), 3)
    smooth = uniform_filter(inverse, 3) / np.maximum(weight, 1e-3)
    smooth[weight < 0.2] = 0.0
    broken = _bent(smooth, 0) | _bent(smooth, 1)
    return broken | _creased(smooth, x, y)


def _bent(smooth: np.ndarray, axis: int) -> np.ndarray:
    """Where 1/z is not linear along an axis, as it is on a plane."""
    line = np.moveaxis(smooth, axis, 0)
    out = np.zeros(line.shape, dtype=bool)
    before, here, after = line[: -2 * _REACH], line[_REACH:-_REACH], line[2 * _REACH :]
    known = (before > 0.0) & (here > 0.0) & (after > 0.0)
    safe = np.where(known, here, 1.0)
    bend = np.abs(before + after - 2.0 * here) / safe**2
    out[_REACH:-_REACH] = known & (bend > _STEP + _NOISE / safe**2)
    return np.moveaxis(out, 0, axis)


def _creased(smooth: np.ndarray, x: Array, y: Array) -> np.ndarray:
    """Where normals turn, from Open3D's at every third pixel."""
    import open3d as o3d

    coarse = smooth[::_COARSER, ::_COARSER]
    known = coarse > 0.0
    if np.count_nonzero(known) < _NEIGHBOURS:
        return np.zeros(smooth.shape, dtype=bool)
    z = 1.0 / coarse[known]
    rows, columns = np.nonzero(known)
    points = np.column_stack([x[::_COARSER][columns] * z, y[::_COARSER][rows] * z, z])
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points))
    cloud.estimate_normals(o3d.geometry.KDTreeSearchParamKNN(_NEIGHBOURS))
    cloud.orient_normals_towards_camera_location(np.zeros(3))
    normals = np.zeros((*coarse.shape, 3))
    normals[known] = np.asarray(cloud.normals)
    turned = np.zeros(coarse.shape, dtype=bool)
    turned[1:-1] |= _turned(normals[:-2], normals[2:])
    turned[:, 1:-1] |= _turned(normals[:, :-2], normals[:, 2:])
    finer = turned.repeat(_COARSER, axis=0).repeat(_COARSER, axis=1)
    return finer[: smooth.shape[0], : smooth.shape[1]]


def _turned(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    cos = np.einsum("ijk,ijk->ij", a, b)
    return (cos < _CREASE_COS) & a.any(axis=2) & b.any(axis=2)
