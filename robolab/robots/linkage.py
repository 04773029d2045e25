"""The arm as arrays for identification: where bodies hang, how they turn, and what they weigh."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array


class Linkage(NamedTuple):
    """A tree of N one-axis bodies, parents before children, and the n joints that drive it.

    Frame i is attached after joint i: X_parent_i = [R[i], p[i]] @ motion(axis[i], q_all[i]), with
    q_all = weights @ q + offset.

    Attributes:
        names: Of the joints that move the bodies, length N.
        parent: Index of the body each hangs on, -1 for the base, shape (N,).
        R, p: Joint frame in the parent's at position zero, shapes (N, 3, 3) and (N, 3) [m].
        axis: Unit axis in the joint's frame, shape (N, 3).
        prismatic: Shape (N,), bool.
        gravity: In the base's frame, shape (3,) [m/s2].
        weights, offset: Shapes (N, n) and (N,).
        tip: Index of the body that carries tcp.
        R_tip_tcp, p_tip_tcp: tcp in that body's frame, shapes (3, 3) and (3,) [m].
        inertial: What the description says of each body, shape (N, 10): mass, mass times centre of
            mass (3), and inertia about the frame's origin xx, xy, yy, xz, yz, zz.
    """

    names: tuple[str, ...]
    parent: np.ndarray
    R: Array
    p: Array
    axis: Array
    prismatic: np.ndarray
    gravity: Array
    weights: Array
    offset: Array
    tip: int
    R_tip_tcp: Array
    p_tip_tcp: Array
    inertial: Array
