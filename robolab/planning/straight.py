"""Straight motion of the tool: its centre point on a line, its rotation about one fixed axis."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.spatial.transform import Rotation

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.compiled_data import PackedChain, pack_chain
from robolab.kernels.compiled_ik import follow, tool_poses
from robolab.planning.checks import LIMIT_SLACK, in_collision
from robolab.planning.contract import NoPlan, Planned
from robolab.robots.model import RobotModel
from robolab.trajectory.polynomial import PiecewisePolynomial, extrema, from_bspline
from robolab.trajectory.trajectory import LegRequirements

SINGULAR = 0.01
"""Least singular value of the tool's Jacobian [m, rad per rad] that a straight motion may come to."""
STRAIGHTNESS = 5e-5
"""Greatest distance of the tool from its line [m], and 1/m times this from its rotation [rad]."""
_SAMPLES = 192
_SPANS = (8, 12, 16, 24, 32, 48, 64, 96)
_DEGREE = 7
_ITERATIONS = 25
_TOLERANCE = 1e-10
_LONGEST_STEP = 0.2
"""A joint that moves farther from one sample to the next has been thrown to another branch [rad or m]."""


@dataclass(frozen=True)
class _Line:
    """Joint positions along the line, at `share` of the way, shape (m, n), and the poses asked, (m, 4, 4)."""

    share: Array
    Q: Array
    poses: Array


def straight_path(
    robot: RobotModel,
    q_start: Array,
    X_goal: Array,
    checker: CompiledChecker,
    requirements: LegRequirements | None = None,
) -> Planned | NoPlan:
    """Move the tool straight from where it is to a pose.

    Args:
        q_start: Joint positions, shape (n,) [rad].
        X_goal: Pose of the tool in world, shape (4, 4).
        checker: What must not be touched on the way.
        requirements: The angle within which the tool is to stay upright, if any.
    Returns:
        A path along which the tool keeps to its line within `STRAIGHTNESS`; or why there is none: out of reach, a
        joint limit, a singularity, a collision on the way.
    """
    began = time.perf_counter()
    packed = pack_chain(robot.chain)
    line = _follow_line(robot, packed, np.asarray(q_start, dtype=float), X_goal)
    if isinstance(line, NoPlan):
        return line
    path = _fit(packed, line)
    refused = _beyond_limits(robot, path) or _tilted(line, requirements) or _touching(checker, path)
    if refused is not None:
        return refused
    return Planned(
        path, 0, "straight", time.perf_counter() - began, {"pieces": path.breaks.size - 1}
    )


def _follow_line(robot: RobotModel, packed: PackedChain, q: Array, X_goal: Array) -> _Line | NoPlan:
    X_start = tool_poses(packed.rows, packed.ends, q[None])[0]
    share = np.linspace(0.0, 1.0, _SAMPLES + 1)
    poses = _poses_between(X_start, X_goal, share)
    Q, J = np.zeros((len(share), len(q))), np.zeros((len(share), 6, len(q)))
    reached = follow(packed.rows, packed.ends, poses, q, Q, J, _ITERATIONS, _TOLERANCE)
    seen = min(reached + 1, len(share))
    least = np.linalg.svd(J[:seen], compute_uv=False)[:, -1]
    worst = int(np.argmin(least))
    jump = np.abs(np.diff(Q[:reached], axis=0)).max(initial=0.0)
    if least[worst] < SINGULAR:
        return NoPlan("singular on the way", _where(share, poses, worst, least[worst]))
    if reached < len(share):
        point = np.round(poses[reached, :3, 3], 3).tolist()
        detail = (
            f"the arm cannot hold the tool's pose at {100.0 * share[reached]:.0f} % of the way, at {point}"
            f" (the Jacobian's least singular value there is {least[reached]:.3f})"
        )
        return NoPlan("goal unreachable", detail)
    if jump > _LONGEST_STEP:
        return NoPlan("singular on the way", _where(share, poses, worst, least[worst]))
    return _Line(share, Q, poses)


def _where(share: Array, poses: Array, i: int, least: float) -> str:
    point = np.round(poses[i, :3, 3], 3).tolist()
    return (
        f"at {100.0 * share[i]:.0f} % of the way, at {point}, the Jacobian's least singular value is {least:.4f};"
        f" at least {SINGULAR} is asked"
    )


def _poses_between(X_start: Array, X_goal: Array, share: Array) -> Array:
    turn = Rotation.from_matrix(X_start[:3, :3].T @ X_goal[:3, :3]).as_rotvec()
    poses = np.tile(np.eye(4), (len(share), 1, 1))
    poses[:, :3, :3] = X_start[:3, :3] @ Rotation.from_rotvec(share[:, None] * turn).as_matrix()
    poses[:, :3, 3] = X_start[:3, 3] + share[:, None] * (X_goal[:3, 3] - X_start[:3, 3])
    return poses


def _fit(packed: PackedChain, line: _Line) -> PiecewisePolynomial:
    """Interpolate by the spline of the fewest spans that keeps the tool to its line."""
    path = None
    for spans in _SPANS:
        every = _SAMPLES // spans
        spline = make_interp_spline(line.share[::every], line.Q[::every], k=_DEGREE)
        path = from_bspline(spline.t, spline.c)
        if _deviation(packed, path, line) <= STRAIGHTNESS:
            break
    assert path is not None
    return path


def _deviation(packed: PackedChain, path: PiecewisePolynomial, line: _Line) -> float:
    """Greatest distance from the line [m] or angle from its rotation [rad]."""
    X = tool_poses(packed.rows, packed.ends, path(line.share))
    apart = np.linalg.norm(X[:, :3, 3] - line.poses[:, :3, 3], axis=1)
    turned = np.linalg.norm(X[:, :3, :3] - line.poses[:, :3, :3], axis=(1, 2)) / np.sqrt(2.0)
    return float(max(apart.max(), turned.max()))


def _beyond_limits(robot: RobotModel, path: PiecewisePolynomial) -> NoPlan | None:
    least, greatest = extrema(path)
    over = np.maximum(robot.limits.lower - least, greatest - robot.limits.upper)
    joint = int(np.argmax(over))
    # Ends at a limit may exceed it by what the enclosure of extrema is loose.
    if over[joint] <= LIMIT_SLACK:
        return None
    name = robot.joints[joint]
    detail = f"joint {name} would pass its limit by {over[joint]:.4f} on the straight way"
    return NoPlan("goal unreachable", detail, (name,))


def _tilted(line: _Line, requirements: LegRequirements | None) -> NoPlan | None:
    if requirements is None or requirements.upright is None:
        return None
    axis, limit = requirements.upright
    tilt = np.arccos(np.clip(line.poses[:, :3, 2] @ axis, -1.0, 1.0))
    if tilt.max() <= limit:
        return None
    degrees = np.rad2deg(tilt.max())
    return NoPlan(
        "goal unreachable",
        f"the straight way tilts the tool by {degrees:.1f} degrees; {np.rad2deg(limit):.1f} are allowed",
    )


def _touching(checker: CompiledChecker, path: PiecewisePolynomial) -> NoPlan | None:
    if not checker.free(path(0.0)):
        return in_collision("start in collision", checker, path(0.0))
    if not checker.free(path(1.0)):
        return in_collision("goal in collision", checker, path(1.0))
    touch = checker.curve_touch(path)
    return None if touch is None else in_collision("collision on the way", checker, path(touch))
