"""Camera to robot, from a ball that the robot holds where the camera sees it.

At each pose i the camera sees the ball's middle at p_i. Where it hangs on the tool is not known well either, so both are
solved for together: X_world_mount_i X_mount_cam p_i = X_world_holder_i b. A camera fixed in world has an unmoving mount
and the tool for a holder; a camera on the arm has a link for a mount and an unmoving holder. Where b is meant to be counts as one
measurement more: an arm whose tool never tilts could not tell a ball hung lower from a camera put up higher.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from robolab.core.errors import CalibrationError
from robolab.core.transforms import Array, apply

FEWEST = 6
_OUTLIER = 0.004
"""Residuals from which on a point counts for less [m]."""
_LEAST_SPREAD = 0.03
"""Standard deviation of the ball's places along the direction in which they spread least but one [m]."""


@dataclass(frozen=True)
class HandEye:
    """A calibrated camera.

    Attributes:
        X_mount_cam: Shape (4, 4).
        p_holder_ball: Where the ball hangs, shape (3,) [m].
        std_mm, std_deg: Standard deviation of position and of turn, each the root of the sum over three axes.
        rms_mm: Of the residuals of those points that counted.
        outliers: Points that did not.
    """

    X_mount_cam: Array
    p_holder_ball: Array
    std_mm: float
    std_deg: float
    rms_mm: float
    outliers: int


def calibrate(
    points: Array, X_world_mount: Array, X_world_holder: Array, X_guess: Array, p_guess: Array
) -> HandEye:
    """Solve for the camera's pose by robust least squares.

    Args:
        points: Middle of the ball in the camera's frame, shape (n, 3) [m].
        X_world_mount, X_world_holder: At each pose, shape (n, 4, 4).
        X_guess: X_mount_cam as the camera was put up, shape (4, 4).
        p_guess: Where the ball is meant to hang, to about as much as a point is measured, shape (3,) [m].
    Raises:
        CalibrationError: too few points, or they lie too near to one line to fix the turn.
    References: Tsai and Lenz (1989) state the problem; points in place of poses make it one least-squares fit.
    """
    _check(points)
    start = np.concatenate([np.zeros(6), p_guess])

    def residuals(x: Array) -> Array:
        seen = apply(X_guess @ _pose(x[:6]), points)
        in_world = np.einsum("nij,nj->ni", X_world_mount[:, :3, :3], seen)
        in_world = in_world + X_world_mount[:, :3, 3]
        held = X_world_holder[:, :3, :3] @ x[6:] + X_world_holder[:, :3, 3]
        return np.concatenate([(in_world - held).ravel(), x[6:] - p_guess])

    found = least_squares(residuals, start, loss="cauchy", f_scale=_OUTLIER)
    off = np.linalg.norm(residuals(found.x)[:-3].reshape(-1, 3), axis=1)
    counted = off < 3.0 * max(_OUTLIER, float(np.median(off)))
    rms = float(np.sqrt(np.mean(off[counted] ** 2)))
    spare = max(3 * int(counted.sum()) + 3 - len(found.x), 1)
    variance = float(np.sum(off[counted] ** 2)) / spare
    covariance = variance * np.linalg.pinv(found.jac.T @ found.jac)
    return HandEye(
        X_mount_cam=X_guess @ _pose(found.x[:6]),
        p_holder_ball=found.x[6:],
        std_mm=1e3 * float(np.sqrt(np.trace(covariance[3:6, 3:6]))),
        std_deg=float(np.degrees(np.sqrt(np.trace(covariance[:3, :3])))),
        rms_mm=1e3 * rms,
        outliers=int(np.sum(~counted)),
    )


def ball_middle(depth: Array, mask: np.ndarray, intrinsics: Array, radius: float) -> Array | None:
    """Return the middle of a ball in the camera's frame, shape (3,) [m]; None where too little of it is seen.

    Args:
        depth: Shape (h, w) [m]; 0 where none.
        mask: Pixels that show the ball, shape (h, w), bool.
    """
    v, u = np.nonzero(mask & (depth > 0.0))
    if len(v) < 12:
        return None
    z = depth[v, u].astype(float)
    x = (u - intrinsics[0, 2]) / intrinsics[0, 0] * z
    y = (v - intrinsics[1, 2]) / intrinsics[1, 1] * z
    points = np.column_stack([x, y, z])
    middle = np.median(points, axis=0)
    middle = middle * (1.0 + 0.7 * radius / np.linalg.norm(middle))

    def residuals(centre: Array) -> Array:
        return np.linalg.norm(points - centre, axis=1) - radius

    found = least_squares(residuals, middle, loss="cauchy", f_scale=0.002)
    return np.asarray(found.x)


def _pose(x: Array) -> Array:
    X = np.eye(4)
    X[:3, :3] = Rotation.from_rotvec(x[:3]).as_matrix()
    X[:3, 3] = x[3:]
    return X


def _check(points: Array) -> None:
    if len(points) < FEWEST:
        raise CalibrationError(
            "the ball was seen too seldom", value=len(points), expected=f"{FEWEST} poses or more"
        )
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) / np.sqrt(len(points))
    if spread[1] < _LEAST_SPREAD:
        raise CalibrationError(
            "the ball's places lie too near to one line",
            value=round(float(spread[1]), 4),
            expected=f"a spread of {_LEAST_SPREAD} m along two directions",
        )
