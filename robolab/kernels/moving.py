"""A robot in motion against a body in motion, position by position in time."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled_data import pack_body, pack_points, pack_solids
from robolab.kernels.compiled_moving import moving_touch, tool_path
from robolab.kernels.compiled_seen import mark_unknown
from robolab.kernels.obstacles import Obstacles
from robolab.robots.model import Chain, Spheres

_TURNS_IN_PLACE = 0.35
"""What reaches no farther than this from the first joint's axis only turns where it stands [m]."""


class Mover:
    """A rigid set of solids and points that is carried along, rotation kept."""

    def __init__(self, shape: Obstacles) -> None:
        solids, _ = pack_solids(shape)
        self.packed = (solids, pack_points(shape.points), float(shape.point_radius))


class MovingChecker:
    """The robot's spheres against what moves; conservative by the spheres.

    What stands fast (spheres on link 0), or only turns where it stands (near a first joint that turns), is not
    tested: it cannot be moved out of the way, and would only hide what can. In all methods
    the body has moved by `shift`, shape (m, 3) [m], and grown by `grow`, shape (m,) [m], as the robot comes to Q,
    shape (m, n) [rad].
    """

    def __init__(self, chain: Chain, spheres: Spheres) -> None:
        packed = pack_body(chain, spheres, None, np.zeros(len(spheres.radius))).body
        self._whole = (packed.rows, packed.ends, packed.ball, packed.group)
        turns = packed.group[:, 0] == 1.0
        turns &= not chain.prismatic[0]
        near = _from_axis(chain.axis[0], packed.group) < _TURNS_IN_PLACE
        self._robot = (*self._whole[:3], np.ascontiguousarray(packed.group[~(turns & near)]))

    def touches(self, Q: Array, mover: Mover, shift: Array, grow: Array) -> np.ndarray:
        """Whether they touch at each joint position, shape (m,)."""
        marks = np.zeros(len(Q), dtype=np.uint8)
        moving_touch(*self._robot, *mover.packed, _rows(Q), _rows(shift), _rows(grow), False, marks)
        return marks > 0

    def first_touch(self, Q: Array, mover: Mover, shift: Array, grow: Array) -> int | None:
        """Index of the first joint position at which they touch, or None."""
        marks = np.zeros(len(Q), dtype=np.uint8)
        first = moving_touch(
            *self._robot, *mover.packed, _rows(Q), _rows(shift), _rows(grow), True, marks
        )
        return None if first < 0 else int(first)

    def tool_points(self, Q: Array) -> Array:
        """Tool centre point in world, shape (m, 3) [m]."""
        points = np.empty((len(Q), 3))
        tool_path(*self._robot[:2], _rows(Q), points)
        return points

    def unknown(self, q: Array, standing: Mover, points: Array, margin: float) -> np.ndarray:
        """Which points, shape (k, 3) [m], are farther than a margin from the robot at q and what stands, (k,)."""
        marks = np.zeros(len(points), dtype=np.uint8)
        mark_unknown(*self._whole, standing.packed[0], _rows(q), _rows(points), margin, marks)
        return marks > 0


def _from_axis(axis: Array, group: Array) -> Array:
    """How far each group of spheres reaches from an axis through its frame's origin, shape (g,) [m]."""
    centre = group[:, 3:6]
    across = centre - np.multiply.outer(centre @ axis, axis)
    return np.linalg.norm(across, axis=1) + group[:, 6]


def _rows(values: Array) -> Array:
    return np.ascontiguousarray(values, dtype=float)
