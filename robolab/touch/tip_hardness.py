"""How hard an object is, from how far the fingers have come together and how far the gel has given way.

Gel and object give way in series: what the fingers' travel has and the gel's height map has not is the object's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.sensors.fingertip_touch import SOFT_LAYER
from robolab.sensors.gel import Gel
from robolab.touch.tip import Reading

_NINETY = 1.6449
Peak = tuple[float, float]
"""How large a height map's largest value is read, as a share of the true one, and the deviation of that share."""
BROAD = ("ball", "rod", "face")
"""Classes whose highest point is wider than a cell of the height map; of edges and corners the map cuts the top."""


@dataclass(frozen=True)
class Hardness:
    """Young's modulus of what is touched [Pa]: the likeliest, and between what it lies nine times in ten.

    `high` is infinite where it may as well be rigid; all are nan where the touch does not tell.
    """

    modulus: float
    low: float
    high: float


UNKNOWN = Hardness(np.nan, np.nan, np.nan)


def hardness_of(
    reading: Reading, travel: float, travel_std: float = 2e-5, read_as: Peak = (1.0, 0.05)
) -> Hardness:
    """Tell hardness from a press and how far the finger has come since it first touched [m]."""
    if reading.state != "pressed" or reading.shape not in BROAD:
        return UNKNOWN
    peak = float(reading.height.max()) / read_as[0]
    if peak < 1e-4:
        return UNKNOWN
    give = travel / peak - 1.0
    std = float(np.hypot(travel_std / peak, (1.0 + give) * read_as[1]))
    stiff = Gel().stiffness * SOFT_LAYER
    ends = [
        stiff / g if g > 0.0 else np.inf for g in (give, give + _NINETY * std, give - _NINETY * std)
    ]
    return Hardness(*ends)


def joined(found: list[Hardness]) -> Hardness:
    """Join several touches: the median of what they say, and what most of them allow."""
    known = [h for h in found if not np.isnan(h.modulus)]
    if not known:
        return UNKNOWN
    # Give is even about its mean, its inverse is not, and may be infinite.
    give, low, high = (
        np.array([1.0 / getattr(h, key) for h in known]) for key in ("modulus", "high", "low")
    )
    # What the network has learned wrong is the same in every touch: half and half.
    share = float(np.sqrt(0.5 + 0.5 / len(known)))
    middle = float(np.median(give))
    ends = (
        middle - float(np.median(give - low)) * share,
        middle + float(np.median(high - give)) * share,
    )
    return Hardness(*(1.0 / g if g > 0.0 else np.inf for g in (middle, ends[1], ends[0])))
