"""Motion of the tool centre point that follows from joint motion, for many instants at once."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import Chain
from robolab.trajectory import tool_motion_compiled as compiled


def tool_motion(chain: Chain, q: Array, qd: Array, qdd: Array) -> tuple[Array, Array, Array]:
    """Return position, velocity and acceleration of the tool centre point in world.

    Args:
        q, qd, qdd: Arm joints and their derivatives, by time or any other parameter, shape (k, n).
    Returns:
        Three arrays of shape (k, 3) [m, and per unit of the parameter, and its square].
    """
    q, qd, qdd = q @ chain.weights.T + chain.offset, qd @ chain.weights.T, qdd @ chain.weights.T
    p, v, a = (np.empty((len(q), 3)) for _ in range(3))
    compiled.tool_motion(_links(chain), q, qd, qdd, p, v, a)
    return p, v, a


def _links(chain: Chain) -> compiled.Links:
    parts = (chain.X_world_base, chain.fixed, chain.axis)
    base, fixed, axis = (np.ascontiguousarray(part, dtype=float) for part in parts)
    tip = np.ascontiguousarray(chain.X_last_tcp[:3, 3], dtype=float)
    return compiled.Links(base, fixed, axis, np.asarray(chain.prismatic, dtype=np.bool_), tip)
