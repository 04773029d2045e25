"""What the networks that judge grasps looked at, and rules that stand in for them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from robolab.core.transforms import Array
from robolab.touch.attribution import integrated_gradients
from robolab.touch.grasps import Grasps, columns
from robolab.touch.stability import Stability
from robolab.touch.tree import Tree, fidelity, grow

_DEPTH = 3


def looked_at(learned: Stability, grasps: Grasps) -> Array:
    """Return by how much each electrode has moved the log odds of a slip, shape (n, fingers, taxels).

    The way begins at a grasp that reads what its object and session usually do.
    """
    x, extra = learned.facts(grasps)

    def answer(at: Tensor) -> Tensor:
        said = [network(at, extra)[:, 0] for network in learned.networks]
        return torch.stack(said).mean(dim=0)

    moved = integrated_gradients(answer, x).sum(axis=-1).reshape(grasps.readings.shape)
    return np.where(np.isfinite(grasps.readings), moved, np.nan)


def rules_of(learned: Stability, given: Grasps, asked: Grasps) -> tuple[Tree, dict[str, float]]:
    """Grow a tree that stands in for the networks; return it and its fidelity.

    Its features are how hard each electrode is pressed against what is usual for the object, in deviations.

    Args:
        given: Grasps that the tree is grown on; those that the networks have learned from will do.
        asked: Others, on which it is tried.
    """
    (features, said), (others, truth) = (_pressed(learned, grasps) for grasps in (given, asked))
    names = [f"{name} pressed" for name in columns(learned.layout)]
    tree = grow(features, said, names, _DEPTH)
    return tree, fidelity(tree, others, truth, middle=0.5)


def _pressed(learned: Stability, grasps: Grasps) -> tuple[Array, Array]:
    """How hard each electrode is pressed, which reads less then, shape (n, 72), and the chance of a slip."""
    facts = learned.facts(grasps)
    chance = 1.0 / (1.0 + np.exp(-learned.odds_of(facts)))
    return -facts.x[..., 0].numpy().astype(np.float64), chance
