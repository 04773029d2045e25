"""The trained estimators over many lifts at once: what they would say on line, in a hundredth of the time."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch

from robolab.core.transforms import Array
from robolab.estimation.fusion import Said, fused
from robolab.estimation.learned import HORIZON, LONG, Learned, said_of
from robolab.estimation.least_squares import LeastSquares
from robolab.estimation.model import LoadModel
from robolab.estimation.network import UNIT, LoadNetwork, Memory, facts_of
from robolab.estimation.payload import PayloadEstimator, arm_of
from robolab.estimation.payload_step import MOVING, Seen
from robolab.robots.model import RobotModel


def filter_said(
    robot: RobotModel, model: LoadModel, seen: Seen, period: float
) -> tuple[Said, np.ndarray]:
    """Return what the filter says after every span of every lift, and where it has noticed another load.

    Args:
        seen: Spans of shape (N, K, ...).
    Returns:
        Shapes (N, K, ...), and (N, K), bool.
    """
    never = np.zeros(seen.time.shape, bool)
    return _one_by_one(lambda: PayloadEstimator(model, robot, period), seen, never)


def squares_said(
    robot: RobotModel, model: LoadModel, seen: Seen, period: float, forget: np.ndarray
) -> Said:
    """Return what least squares say after every span of every lift.

    Args:
        seen: Spans of shape (N, K, ...).
        forget: Where the load is forgotten before a span, (N, K), bool.
    """
    return _one_by_one(lambda: LeastSquares(model, robot, period), seen, forget)[0]


def _one_by_one(
    make: Callable[[], PayloadEstimator | LeastSquares], seen: Seen, forget: np.ndarray
) -> tuple[Said, np.ndarray]:
    shape = seen.time.shape
    mass, mass_std, changed = np.empty(shape), np.empty(shape), np.zeros(shape, bool)
    com, com_std = np.empty((*shape, 3)), np.empty((*shape, 3))
    for row in range(shape[0]):
        one, last = make(), None
        for k in range(shape[1]):
            if forget[row, k]:
                one.forget()
            one.take(Seen(*(values[row, k] for values in seen)))
            now = one.estimate(float(seen.time[row, k]))
            mass[row, k], mass_std[row, k] = now.mass, now.mass_std
            com[row, k], com_std[row, k] = now.com, now.com_std
            changed[row, k], last = now.changed != last, now.changed
    return Said(mass, mass_std, com, com_std), changed


def network_said(
    network: LoadNetwork, robot: RobotModel, model: LoadModel, seen: Seen, forget: np.ndarray
) -> tuple[Said, Array, np.ndarray]:
    """Return what the network says after every span, how long each motion lasts by then, and where one begins.

    Args:
        seen: Spans of shape (N, K, ...).
        forget: Where the load is forgotten before a span, (N, K), bool.
    """
    exact, facts = deepcopy(network).double(), facts_of(arm_of(model, robot), seen, np.float64)
    tensors, count = facts.tensors(), len(seen.time)
    prior = _prior(model, count)
    kept, said, before = exact.begin(count), prior, prior
    began, elapsed = np.full(count, np.nan), np.zeros(seen.time.shape)
    moved, moves = np.zeros(count, bool), np.any(np.abs(seen.qd) > MOVING, axis=-1)
    steps, begins = list[Said](), np.zeros(seen.time.shape, bool)
    for k in range(seen.time.shape[1]):
        said, began = _where(forget[:, k], prior, said), np.where(forget[:, k], np.nan, began)
        follows = moved & (elapsed[:, k - 1] <= HORIZON)
        anew = np.isnan(began) | ~(moves[:, k] | follows)
        begins[:, k] = anew
        kept = _kept(anew, exact.begin(count), kept)
        began, before = np.where(anew, seen.time[:, k], began), _where(anew, said, before)
        moved = moves[:, k] | (moved & ~anew)
        elapsed[:, k] = seen.time[:, k] - began
        follows = elapsed[:, k] <= HORIZON
        with torch.no_grad():
            kept = _kept(follows, exact.step(kept, tuple(x[:, k] for x in tensors)), kept)
        now = _answer(kept, model)
        better = _where(now.mass_std <= before.mass_std, now, before)
        said = _where(follows, better, said)
        steps.append(said)
    joined = Said(*(np.stack(values, axis=1) for values in zip(*steps, strict=True)))
    return joined, elapsed, begins


def fusion_said(
    learned: Learned,
    model: LoadModel,
    by_squares: Said,
    by_network: tuple[Said, Array, np.ndarray],
    by_filter: Said,
    forget: np.ndarray,
) -> Said:
    """Return what the fusion says; all of shape (N, K, ...).

    Args:
        by_network: What `network_said` has returned.
        forget: Where the load is forgotten before a span.
    """
    network, (told, elapsed, begins) = deepcopy(learned.fusion).double(), by_network
    joined = fused(network, by_squares, told, elapsed)
    prior = said = before = _prior(model, len(elapsed))
    for k in range(elapsed.shape[1]):
        said, before = _where(forget[:, k], prior, said), _where(forget[:, k], prior, before)
        before = _where(begins[:, k], said, before)
        now = Said(*(values[:, k] for values in joined))
        # What was said at the horizon stands, and what was said before a motion until this one tells more.
        now = _where(now.mass_std <= before.mass_std, now, before)
        said = _where(elapsed[:, k] <= HORIZON, now, said)
        said = _where(elapsed[:, k] > LONG, Said(*(values[:, k] for values in by_filter)), said)
        for values, new in zip(joined, said, strict=True):
            values[:, k] = new
    return joined


def _prior(model: LoadModel, count: int) -> Said:
    prior = model.prior
    com = np.tile(np.array(prior.com), (count, 1))
    mass, std = np.full(count, float(prior.mass)), np.full(count, float(prior.mass_std))
    return Said(mass, std, com, np.full_like(com, prior.com_std))


def _answer(kept: Memory, model: LoadModel) -> Said:
    cov: torch.Tensor = torch.linalg.inv(kept.weight)
    mean, unit = (cov @ kept.sum[..., None])[..., 0], np.array(UNIT)
    return said_of(mean.detach().numpy() * unit, cov.detach().numpy() * np.outer(unit, unit), model)


def _where(which: np.ndarray, first: Said, second: Said) -> Said:
    parts = zip(first, second, strict=True)
    return Said(
        *(
            np.where(which.reshape(which.shape + (1,) * (a.ndim - which.ndim)), a, b)
            for a, b in parts
        )
    )


def _kept(which: np.ndarray, first: Memory, second: Memory) -> Memory:
    mask = torch.from_numpy(which)
    parts = zip(first, second, strict=True)
    return Memory(*(torch.where(mask.reshape(-1, *(1,) * (a.ndim - 1)), a, b) for a, b in parts))
