"""What a drive's current does by chance: white noise of a density, and noise that lasts.

Whoever draws an identified arm's currents draws them here: the physics step by step, others whole series at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array


@dataclass(frozen=True)
class CurrentNoise:
    """Noise of n drives.

    Attributes:
        density: Of white noise, shape (n,) [A sqrt(s)].
        slow, slow_time: Standard deviation and time of noise that lasts, shape (n,) [A, s].
    """

    density: Array
    slow: Array
    slow_time: Array

    def white(self, rate_hz: float) -> Array:
        """Return the standard deviation of samples taken at a rate, shape (n,) [A].

        The density is what was measured, so that a mean over a given time is as noisy at every rate.
        """
        return self.density * np.sqrt(rate_hz)

    def fade(self, seconds: float) -> tuple[Array, Array]:
        """Return which share of noise that lasts is still there after a time, and the deviation of what is new."""
        kept = np.exp(-seconds / self.slow_time)
        return kept, self.slow * np.sqrt(1.0 - kept * kept)

    def series(
        self, count: int, period: float, rng: np.random.Generator, shape: tuple[int, ...] = ()
    ) -> Array:
        """Draw all noise of `count` samples, shape (*shape, count, n) [A]."""
        size = (*shape, count, len(self.slow))
        kept, fresh = self.fade(period)
        slow: Array = rng.standard_normal(size)
        slow[..., 0, :] *= self.slow
        for k in range(1, count):
            slow[..., k, :] = kept * slow[..., k - 1, :] + fresh * slow[..., k, :]
        return slow + self.white(1.0 / period) * rng.standard_normal(size)


class SlowNoise:
    """What lasts of a current's noise, step by step: it fades with a time constant and is kept alive by chance.

    Attributes:
        value: Shape (n,) [A].
    """

    def __init__(self, noise: CurrentNoise, rng: np.random.Generator) -> None:
        self._noise, self._rng = noise, rng
        self.value = noise.slow * rng.standard_normal(noise.slow.size)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        kept, fresh = self._noise.fade(seconds)
        self.value = kept * self.value + fresh * self._rng.standard_normal(kept.size)
