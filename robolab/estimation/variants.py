"""Smaller forms of the trained networks, for controllers with little memory or time.

Each keeps the way from samples to a load; what differs is how wide the recurrent network is and how its weights are
held. In int8 a weight is one of 255 steps of its row's own scale, and is multiplied as a number: nothing else is rounded.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from robolab.core.registry import Registry
from robolab.estimation.fusion import FusionNetwork
from robolab.estimation.learned import Learned, load_learned
from robolab.estimation.network import LoadNetwork
from robolab.learning import program, weights


@dataclass(frozen=True)
class Variant:
    """One form of the networks.

    Attributes:
        file: Its weights, in the folder of the full ones; None for the full ones' own.
        int8: Whether weights are held as steps.
    """

    name: str
    says: str
    file: str | None = None
    int8: bool = False


class Quantised(NamedTuple):
    """Weights as steps, int8 of shape (rows, columns), and the size of a step by row, (rows,)."""

    steps: np.ndarray
    scale: np.ndarray


VARIANTS: Registry[Variant] = Registry("variant of an estimator")
for _one in (
    Variant("full", "as trained"),
    Variant("int8", "weights as steps of their row's scale", int8=True),
    Variant("pruned", "without the units that matter least", "pruned.safetensors"),
    Variant("pruned-int8", "so, and in steps", "pruned.safetensors", True),
    Variant("distilled", "a narrow network that the full one has taught", "distilled.safetensors"),
    Variant("distilled-int8", "so, and in steps", "distilled.safetensors", True),
):
    VARIANTS.register(_one.name)(_one)


def load_variant(folder: Path, robot: str, name: str) -> Learned:
    """Read a form of a robot's networks.

    Args:
        folder: Where the full ones are.
    Raises:
        UnknownName: there is no such variant.
        WeightsError: a file is missing or damaged, or of another robot.
    """
    variant, learned = VARIANTS.get(name), load_learned(folder, robot)
    if variant.file is not None:
        learned = read_networks(folder / variant.file, learned.network)
    return in_steps(learned) if variant.int8 else learned


def read_networks(path: Path, like: LoadNetwork) -> Learned:
    """Read networks that look at the same things as another, of any width.

    Raises:
        WeightsError: the file is missing or damaged, or the networks look at something else.
    """
    tensors = weights.read(path)
    leave = tensors.get("network.leave.weight")
    width = 1 if leave is None or leave.ndim != 2 else leave.shape[1]
    learned = Learned(LoadNetwork(like.features, like.joints, width), FusionNetwork())
    for part, module in (("network", learned.network), ("fusion", learned.fusion)):
        own = {k.partition(".")[2]: v for k, v in tensors.items() if k.startswith(f"{part}.")}
        weights.into_module(own, module, path)
        module.requires_grad_(False)
    return learned


def quantised(weight: np.ndarray) -> Quantised:
    """Round weights (rows, columns) to steps, symmetric about zero, the largest of each row to the last step."""
    return Quantised(*program.in_steps(weight))


def in_steps(learned: Learned) -> Learned:
    """Return networks whose weights are what int8 makes of them, in double precision; biases stay."""
    network, fusion = deepcopy(learned.network).double(), deepcopy(learned.fusion).double()
    for module in (network, fusion):
        weights.round_matrices(module)
    return Learned(network, fusion)
