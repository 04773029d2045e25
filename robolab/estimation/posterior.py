"""From a Gaussian in mass and mass times centre of mass to what can be said of a real load.

A load weighs at least nothing and at most what the arm is rated for, and its centre of mass is not far from the
tool: with little excitation that says most of what can be said. Both are brought in at the end, over a grid of masses,
where they are exact; in the filter's own coordinates they would not be Gaussian.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.model import Prior

_POINTS = 61
_REACH = 6.0
"""Half the width of the fine grid in standard deviations."""
_LEAST_STD = 1e-3


class Posterior(NamedTuple):
    """Mass and centre of mass, each with a standard deviation; `load` is their mean as the state holds it, (4,)."""

    mass: float
    mass_std: float
    com: Array
    com_std: Array
    load: Array


def posterior(mean: Array, cov: Array, prior: Prior, gain_share: float = 0.0) -> Posterior:
    """Bring in the prior.

    Args:
        mean, cov: Of mass and mass times centre of mass, shapes (4,) and (4, 4).
        gain_share: Standard deviation of the gains' common scale, which every mass shares.
    """
    var = cov[0, 0]
    slope = cov[1:, 0] / var
    rest = cov[1:, 1:] - np.outer(slope, cov[0, 1:])
    grid = _masses(mean[0], np.sqrt(var), prior)
    m, p, *_ = _weighed(grid, mean, var, slope, rest, prior)
    # The second grid lies where the first has found something.
    grid = _masses(float(p @ m), max(_spread(m, p), _LEAST_STD), prior)
    m, p, h, left = _weighed(grid, mean, var, slope, rest, prior)
    mass, std = float(p @ m), _spread(m, p)
    h_mean: Array = p @ h
    std = float(np.hypot(max(std, _LEAST_STD), gain_share * mass))
    heavy = max(mass, 1e-3)
    com = np.clip(h_mean / heavy, -1.0, 1.0)
    about: Array = (p[:, None] * (h - np.outer(max(mass, 0.0) / heavy * m, com)) ** 2).sum(0)
    com_var = (np.asarray(p @ left) + about) / heavy**2
    com_std = np.minimum(np.sqrt(com_var), prior.com_std)
    return Posterior(mass, std, com, com_std, np.concatenate([[mass], h_mean]))


def _spread(m: Array, p: Array) -> float:
    return float(np.sqrt(max(float(p @ (m - p @ m) ** 2), 0.0)))


def _weighed(
    m: Array, mean: Array, var: float, slope: Array, rest: Array, prior: Prior
) -> tuple[Array, Array, Array, Array]:
    """Masses, their probabilities, and mean and variances of mass times centre of mass given each."""
    log, h, left = _densities(m, mean, var, slope, rest, prior)
    p = np.exp(log - log.max())
    return m, p / p.sum(), h, left


def _masses(middle: float, spread: float, prior: Prior) -> Array:
    low, high = middle - _REACH * spread, middle + _REACH * spread
    low = min(max(low, 0.0), 0.98 * prior.most)
    high = max(min(high, prior.most), low + 0.01 * prior.most * min(spread, 1.0))
    return np.linspace(low, high, _POINTS)


def _densities(
    m: Array, mean: Array, var: float, slope: Array, rest: Array, prior: Prior
) -> tuple[Array, Array, Array]:
    """Log density of each mass, and mean and variances of mass times centre of mass given it."""
    given = mean[1:] + np.outer(m - mean[0], slope)
    expected = np.outer(m, prior.com)
    spread = (prior.com_std * m) ** 2
    off = given - expected
    # One decomposition serves all masses: the prior's part of S is a multiple of unity.
    values, vectors = np.linalg.eigh(rest)
    turned = off @ vectors
    total = np.maximum(values, 1e-12) + spread[:, None]
    log = -0.5 * ((turned**2 / total) + np.log(total)).sum(1)
    log -= 0.5 * (m - mean[0]) ** 2 / var + 0.5 * ((m - prior.mass) / prior.mass_std) ** 2
    share = spread[:, None] / total
    h = expected + (share * turned) @ vectors.T
    left = (share * np.maximum(values, 0.0)) @ (vectors**2).T
    return log, h, left
