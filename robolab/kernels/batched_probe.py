"""How far points in space are from the solids of each problem: what a network is told of surroundings it never saw."""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit
from robolab.kernels.batched_fused import distance_to


@jit
def gaps(points, solids, count):
    """Signed distance of points, shape (k, 3), to the nearest of each problem's own solids, shape (P, k) [m].

    Args:
        solids, count: `solids` and `solid_count`; see `batched_cost.Situations`; a problem without any has a distance of 10 m.
    """
    out = np.full((solids.shape[0], points.shape[0]), np.float32(10.0))
    for problem in range(solids.shape[0]):
        for k in range(count[problem]):
            for i in range(points.shape[0]):
                out[problem, i] = min(out[problem, i], distance_to(solids[problem], k, points, i))
    return out
