"""What a controller would do with an exported file: motions and outputs over time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import BPoly

from robolab.core.transforms import Array

# A moment is found again if it lies this near; no dialect rounds its times more coarsely.
MOMENT = 1e-4


@dataclass(frozen=True)
class Motion:
    """One uninterrupted motion: knots, and the polynomials that the controller puts between them.

    Attributes:
        times: Shape (m,), strictly increasing, from the start of the replay [s].
        knots: Position and what derivatives are given, shape (m, r, n): r = 1 is interpolated
            linearly, 2 by cubics, 3 by quintics.
    """

    times: Array
    knots: Array

    @cached_property
    def _curve(self) -> BPoly:
        return BPoly.from_derivatives(self.times, self.knots)

    def __call__(self, t: ArrayLike) -> Array:
        """Joint positions at times t, held at the ends, shape (..., n)."""
        return self._curve(np.clip(np.asarray(t, dtype=float), self.times[0], self.times[-1]))


@dataclass(frozen=True)
class Replay:
    """A controller's program as motions and outputs over time.

    Attributes:
        motions: In order, without overlap; between them the arm stands still.
        outputs: Time [s], name, value.
        settles: Time and seconds for which the controller waits for the arm to catch up,
            beyond what the program asks.
        duration: When the controller is done [s].
    """

    joints: tuple[str, ...]
    motions: tuple[Motion, ...]
    outputs: tuple[tuple[float, str, bool], ...]
    duration: float
    settles: tuple[tuple[float, float], ...] = ()

    def position(self, t: ArrayLike) -> Array:
        """Joint positions at times t, shape (k,) [s] -> (k, n) [rad or m]."""
        t = np.atleast_1d(np.asarray(t, dtype=float))
        starts = np.array([motion.times[0] for motion in self.motions])
        active = np.clip(np.searchsorted(starts, t, side="right") - 1, 0, None)
        q = np.empty((t.size, len(self.joints)))
        for index in np.unique(active):
            q[active == index] = self.motions[index](t[active == index])
        return q

    def delay(self, time: float) -> float:
        """How much later than in the program a moment comes, by settling before it [s]."""
        delay = 0.0
        for moment, seconds in self.settles:
            if moment - delay > time + MOMENT:
                break
            delay += seconds
        return delay
