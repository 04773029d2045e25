"""A square pad of cells that feel normal and shear force: what the skin makes of contact points, and of the truth.

Figures are of published sensors as docs/grip.md lists them with their sources.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.scene.spec import NotNegative, Positive, Spec
from robolab.sensors.pad_compiled import spread
from robolab.sim.touches import Touch

ROWS = COLUMNS = 4
"""Cells along and across the finger."""
PITCH = 0.005
"""Of the cells [m]."""
_SPREAD = 0.003
"""Standard deviation of what a point load becomes under the skin [m]."""
_AXIS = (np.arange(ROWS) - (ROWS - 1) / 2.0) * PITCH
_CELLS = np.stack(np.meshgrid(_AXIS, _AXIS, indexing="ij")[::-1], axis=-1).reshape(-1, 2)
"""Middles of the cells, across and along, shape (rows * columns, 2) [m]."""


class PadParameters(Spec):
    """What separates a reading from the truth.

    `noise` and `resolution` [N]; `gain` is the spread of the cells' gains; `lag` is the share of a force that shows only
    after `lag_s`; `drift` is how far an offset wanders in a second [N]; `most` is where a cell saturates [N].
    """

    noise: NotNegative = 0.005
    resolution: NotNegative = 0.001
    gain: NotNegative = 0.03
    lag: NotNegative = 0.03
    lag_s: Positive = 0.3
    drift: NotNegative = 0.003
    most: Positive = 14.2


@dataclass(frozen=True)
class PadForces:
    """Attributes:
    normal: Force on each cell, shape (..., rows, columns) [N].
    shear: Across and along the finger, shape (..., rows, columns, 2) [N].
    """

    normal: Array
    shear: Array


def cells_of(touch: Touch) -> PadForces:
    """Spread contact points over the cells of a pad.

    Sums of normal force and shear are the physics', and so is the torsion. In between
    the skin is a brush: cells are drawn along alike and carry alike, each up to friction times its normal force, so
    that lightly pressed cells slip first.

    Returns:
        Shapes (rows, columns) and (rows, columns, 2) [N].
    """
    if not len(touch.normal):
        return PadForces(np.zeros((ROWS, COLUMNS)), np.zeros((ROWS, COLUMNS, 2)))
    cells = spread(
        touch.points, touch.normal, touch.shear, touch.friction, touch.twist, _CELLS, _SPREAD
    )
    cells = cells.reshape(ROWS, COLUMNS, 3)
    return PadForces(cells[..., 0], cells[..., 1:])


class PadSkin:
    """What one or several pads make of the truth: gains, lag, drift, noise, range and steps.

    Args:
        shape: Of the normal forces, such as (fingers, rows, columns).
        period: Between two samples [s].
    """

    def __init__(
        self,
        parameters: PadParameters,
        shape: tuple[int, ...],
        period: float,
        rng: np.random.Generator,
    ) -> None:
        self._p, self._rng = parameters, rng
        self._shape = (*shape, 3)
        self._gain = 1.0 + parameters.gain * rng.standard_normal(self._shape)
        self._late = np.zeros(self._shape)
        self._offset = np.zeros(self._shape)
        self._follow = 1.0 - np.exp(-period / parameters.lag_s)
        self._wander = parameters.drift * np.sqrt(period)
        self.dead = np.zeros(shape, dtype=bool)

    def read(self, truth: PadForces) -> PadForces:
        """Return the next sample."""
        p, rng = self._p, self._rng
        force = np.empty(self._shape)
        force[..., 0], force[..., 1:] = truth.normal, truth.shear
        force *= self._gain
        self._late += self._follow * (force - self._late)
        self._offset += self._wander * rng.standard_normal(self._shape)
        force = force + p.lag * (self._late - force) + self._offset
        force += p.noise * rng.standard_normal(self._shape)
        if p.resolution > 0.0:
            force = p.resolution * np.round(force / p.resolution)
        force = np.clip(force, -p.most, p.most)
        force[self.dead] = 0.0
        return PadForces(force[..., 0], force[..., 1:])
