"""What the networks that judge grasps looked at, and rules that stand in for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.touch.attribution import integrated_gradients
from robolab.touch.grasps import FINGERS, Grasps
from robolab.touch.stability import Facts, Stability
from robolab.touch.tree import Tree, stand_in

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


def rules_of(learned: Stability, grasps: Grasps, seed: int) -> tuple[Tree, dict[str, Any]]:
    """Grow a tree that stands in for the networks; return it and its fidelity on the half it was not grown on.

    Its features: by finger, how hard it presses against the object's other grasps on average, where most, and how unevenly.
    """
    facts = learned.facts(grasps)
    features, names = pressed(facts)
    said = 1.0 / (1.0 + np.exp(-learned.odds_of(facts)))
    rng = stream(seed, "touch", "rules")
    return stand_in(features, said, names, rng, _DEPTH, middle=0.5)


def pressed(facts: Facts) -> tuple[Array, tuple[str, ...]]:
    """Return what a person can say of each grasp, shape (n, 9), in deviations of the object's grasps, and its names.

    An electrode reads less where it is pressed.
    """
    against = -facts.x[..., 0].numpy().astype(float)
    fingers = against.reshape(len(against), len(FINGERS), -1)
    parts = (fingers.mean(axis=-1), fingers.max(axis=-1), fingers.std(axis=-1))
    says = ("presses", "presses most", "presses unevenly")
    names = tuple(f"{finger} {what}" for what in says for finger in FINGERS)
    return np.concatenate(parts, axis=1), names
