"""What the model leaves of the current, as noise that the payload filter can count with.

Some of it is new at every step, some lasts for a good part of a second (ripple of gears, friction that the model does
not know), and some for a whole run (warm grease). Taken for white, all of it would make intervals far too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.drive import TURN
from robolab.estimation.fit import Run
from robolab.estimation.model import Noise

_LONGEST = 2.0
"""Products of residuals further apart than this are not counted [s]."""
_TIMES = (0.15, 0.25, 0.4, 0.6, 0.9, 1.3, 2.0)
_RIDGE = 1e-9
_LEAST_WHITE = 0.3
"""White noise is at least this share of the whole."""


def noise_of(runs: Sequence[Run], left: Sequence[Array]) -> Noise:
    """Describe what fits leave of runs that they had not seen.

    Args:
        left: Unexplained current of each run, shape (k, n) [A].
    """
    n = left[0].shape[1]
    parts = [_joint(runs, left, j) for j in range(n)]
    columns = zip(*parts, strict=True)
    white, slow, time, coulomb, viscous, together = (tuple(map(float, c)) for c in columns)
    return Noise(
        white=white,
        slow=slow,
        slow_time=time,
        coulomb=coulomb,
        viscous=viscous,
        together=together,
    )


def _joint(runs: Sequence[Run], left: Sequence[Array], j: int) -> tuple[float, ...]:
    step = float(np.median(np.concatenate([np.diff(run.smooth.time) for run in runs])))
    lags = int(_LONGEST / step)
    products, counts, changes = np.zeros(lags + 1), np.zeros(lags + 1), [np.zeros(2)]
    for run, residual in zip(runs, left, strict=True):
        k, qd = run.moving[:, j], run.smooth.qd[:, j]
        counted = k.astype(float)
        if k.sum() < 10:
            continue
        both = np.stack([np.tanh(qd / TURN), qd], axis=1)
        change = _regressed(both[k], residual[k, j])
        changes.append(change)
        rest = np.where(k, residual[:, j] - both @ change, 0.0)
        for lag in range(min(lags + 1, len(rest))):
            products[lag] += rest[: len(rest) - lag] @ rest[lag:]
            counts[lag] += counted[: len(k) - lag] @ counted[lag:]
    changed = np.sqrt(np.sum(np.square(changes), axis=0) / max(len(changes) - 1, 1))
    covariance = products / np.maximum(counts, 1.0)
    white, slow, slow_time = _split(covariance, step)
    size = np.sqrt(np.sum(np.square(changes), axis=0))
    product = float(np.prod(changes, axis=1).sum())
    together = product / max(float(np.prod(size)), 1e-12)
    return white, slow, slow_time, float(changed[0]), float(changed[1]), together


def _regressed(A: Array, b: Array) -> Array:
    H = A.T @ A + _RIDGE * np.eye(A.shape[1])
    return np.asarray(np.linalg.solve(H, A.T @ b), dtype=float)


def _split(covariance: Array, step: float) -> tuple[float, float, float]:
    """White and slow standard deviation and the slow one's time, from covariance by lag."""
    lags = np.arange(2, len(covariance))
    total = max(float(covariance[0]), 1e-12)
    best = (np.inf, 0.0, _TIMES[0])
    for time in _TIMES:
        shape = np.exp(-lags * step / time)
        share = float(shape @ covariance[lags] / (shape @ shape))
        share = min(max(share, 0.0), (1.0 - _LEAST_WHITE) * total)
        error = float(((covariance[lags] - share * shape) ** 2).sum())
        best = min(best, (error, share, time))
    return float(np.sqrt(total - best[1])), float(np.sqrt(best[1])), best[2]
