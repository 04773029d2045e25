"""What a floor does to a cell: uneven light, a camera that shakes, a base that vibrates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.jobs.pallet_cell import PalletCell
from robolab.planning.pallet_moves import Move, PalletArm
from robolab.sensors.depth_faults import DepthFaults

_TURN_PER_MM = 0.05
"""Degrees that a camera turns for each millimetre that it moves: as its mount's error is stated."""
_FREQUENCY = 8.0
"""Of the base's vibration [Hz]: what presses and carriers near by put into a floor."""


@dataclass(frozen=True)
class Floor:
    """Attributes:
    light: In times of a hall's usual light.
    camera_mm: Standard deviation of the camera's motion from frame to frame [mm].
    base_mm: Amplitude of the base's vibration in each direction [mm]; the tool goes along.
    """

    light: float = 1.0
    camera_mm: float = 0.0
    base_mm: float = 0.0

    def faults(self) -> DepthFaults:
        """Return a usual camera's faults under these conditions."""
        turn = _TURN_PER_MM * self.camera_mm
        return DepthFaults(light=self.light, shake_mm=self.camera_mm, shake_deg=turn)

    def cell(self, cell: PalletCell, seed: int) -> PalletCell:
        """Return a cell whose arm stands on this floor."""
        if self.base_mm == 0.0:
            return cell
        return replace(cell, arm=_ShakenArm.of(cell.arm, 1e-3 * self.base_mm, seed))


USUAL = Floor()
"""A quiet hall."""


class _ShakenArm(PalletArm):
    """An arm whose base vibrates: it plans as if it did not, and its tool is elsewhere."""

    _amplitude: float
    _rng: np.random.Generator
    _phase: tuple[Move | None, Array]

    @classmethod
    def of(cls, arm: PalletArm, amplitude: float, seed: int) -> _ShakenArm:
        """Return an arm that goes as another does, shaken by so much [m]."""
        new = cls.__new__(cls)
        vars(new).update(vars(arm))
        new._amplitude, new._rng = amplitude, stream(seed, "pallet", "floor")
        new._phase = (None, np.zeros(3))
        return new

    def tool(self, move: Move, times: Array) -> Array:
        """See `PalletArm`."""
        if self._phase[0] is not move:
            self._phase = (move, self._rng.uniform(0.0, 2.0 * np.pi, 3))
        X = super().tool(move, times)
        turns = 2.0 * np.pi * _FREQUENCY * times[:, None] + self._phase[1]
        X[:, :3, 3] += self._amplitude * np.sin(turns)
        return X
