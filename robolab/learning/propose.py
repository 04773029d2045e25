"""From problems to curves: the network's first idea, then its corrections after looking along it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from robolab.core.transforms import Array
from robolab.learning.curve import control_points
from robolab.learning.network import ProposalNetwork, Sizes
from robolab.learning.problems import Pairs
from robolab.learning.processor import LOOKS, Layout, Processor
from robolab.learning.recipe import Recipe

MIDDLES = (np.arange(LOOKS) + 0.5) / LOOKS


def new_network(recipe: Recipe, layout: Layout, seed: int) -> ProposalNetwork:
    """Build a network with weights that follow from the seed."""
    sizes = Sizes(
        layout.width,
        layout.seen,
        len(layout.joints),
        recipe.proposals,
        recipe.degree - 1,
        recipe.width,
        recipe.blocks,
        recipe.corrector_width,
    )
    return ProposalNetwork(sizes, recipe.bend, torch.Generator().manual_seed(seed))


def propose(
    network: ProposalNetwork,
    processor: Processor,
    pairs: Pairs,
    corrections: int,
    s: Array = MIDDLES,
) -> Tensor:
    """Control points of a network's proposals, shape (P, K, degree + 1, n).

    Args:
        corrections: How often it looks along its curves and moves them.
        s: Where along the curves it looks, shape (LOOKS,).
    """
    return ideas(network, processor, pairs, corrections, s)[-1]


def ideas(
    network: ProposalNetwork,
    processor: Processor,
    pairs: Pairs,
    corrections: int,
    s: Array = MIDDLES,
) -> list[Tensor]:
    """Control points of the network's first idea and after each correction; see `propose`."""
    start, goal = torch.from_numpy(pairs.start), torch.from_numpy(pairs.goal)
    inner, n = network.sizes.inner, network.sizes.joints
    line = control_points(start, goal, torch.zeros(len(pairs), 1, inner, n))
    ahead = processor.see(line, pairs.situations, MIDDLES)[:, 0]
    features = torch.cat([processor(start, goal, pairs.situations), ahead], dim=1)
    offsets, embedding = network.first(features)
    curves = [control_points(start, goal, offsets)]
    for _ in range(corrections):
        seen = processor.see(curves[-1], pairs.situations, s)
        offsets = network.correct(embedding, offsets, seen)
        curves.append(control_points(start, goal, offsets))
    return curves
