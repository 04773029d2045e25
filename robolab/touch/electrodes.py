"""Where the taxels of a fingertip sit, and which of them are neighbours.

A layout is one constant that enters itself in `LAYOUTS`; networks over taxels know a fingertip by nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.registry import Registry
from robolab.core.transforms import Array


@dataclass(frozen=True)
class Layout:
    """The taxels of one kind of fingertip.

    Attributes:
        positions: In the fingertip's frame, shape (n, 3) [m]: x along the finger, -y out of the pad, z to the side.
        least, most: What a taxel can read, in its own counts.
        typical: Between what the middle reading of a file lies if the sensor is of this kind.
    """

    name: str
    positions: Array
    least: float
    most: float
    typical: tuple[float, float]

    @property
    def count(self) -> int:
        """Number of taxels."""
        return len(self.positions)

    def coordinates(self) -> Array:
        """Return positions about their middle, in units of their spread, shape (n, 3)."""
        middle, spread = self.positions.mean(axis=0), self.positions.std(axis=0)
        return (self.positions - middle) / np.where(spread > 0.0, spread, 1.0)

    def neighbours(self, reach: float = 1.0) -> Array:
        """Return how much each taxel (row) hears of each other one, shape (n, n); rows sum to 1.

        Args:
            reach: Over what distance hearing falls off, in distances to the nearest neighbour (their median).
        """
        apart = np.linalg.norm(self.positions[:, None] - self.positions, axis=-1)
        np.fill_diagonal(apart, np.inf)
        near = reach * float(np.median(apart.min(axis=1)))
        heard = np.exp(-0.5 * (apart / near) ** 2)
        return heard / heard.sum(axis=1, keepdims=True)

    def pad(self) -> Array:
        """Return where taxels lie on the unrolled pad, shape (n, 2) [m]: to the side, and along the finger."""
        x, y, z = self.positions.T
        radius = np.hypot(y, z)
        return np.column_stack([np.arctan2(z, -y) * radius.mean(), x])


LAYOUTS: Registry[Layout] = Registry("fingertip")

_SIDE = (
    *((9.8, -2.8, 4.0), (8.1, -5.2, 3.1), (2.2, -3.3, 7.2), (2.1, -6.0, 5.1), (-0.5, -7.6, 2.4)),
    *((-2.3, -3.1, 7.2), (-3.5, -6.0, 4.8), (-5.7, -6.9, 1.8), (-8.1, -5.1, 3.2), (-10.1, -2.5, 3.8)),
)  # fmt: skip
"""Electrodes 1 to 10 of a BioTac SP; 11 to 20 are their mirror images [mm]."""
_MIDDLE = ((6.6, -6.4, 0.0), (4.3, -7.0, 1.9), (4.3, -7.0, -1.9), (1.9, -7.6, 0.0))
"""Electrodes 21 to 24 [mm]."""


def _biotac_sp() -> Layout:
    """24 electrodes around the core of a fluid-filled fingertip, which read 12 bits: less where the fluid is pressed away.

    References: Garcia-Garcia et al., TactileGCN (2019), file real_coords of its code, which names no unit; read as inches they
        make the finger 20 mm long and 14 mm wide, which it is. Only ratios matter to a network.
    """
    side = np.array(_SIDE)
    positions = np.concatenate([side, side * (1.0, 1.0, -1.0), np.array(_MIDDLE)])
    return Layout("biotac_sp", 1e-3 * positions, 0.0, 4095.0, (500.0, 4000.0))


BIOTAC_SP = LAYOUTS.register("biotac_sp")(_biotac_sp())
