"""Where depth says that a face ends: at steps, and at creases between faces that lean differently."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.frames import bends, smoothed

_FEWEST = 2
"""Of three by three pixels that must know their depth."""
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


def breaks_of(inverse: np.ndarray, x: Array, y: Array) -> np.ndarray:
    """Return where a face ends, shape (h, w), bool.

    Args:
        inverse: 1/z, shape (h, w) [1/m]; 0 where unknown.
        x, y: Rays through the pixels, shapes (w,) and (h,).
    """
    smooth = smoothed(inverse, _FEWEST)
    return bends(smooth, _REACH, _STEP, _NOISE) | _creased(smooth, x, y)


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
