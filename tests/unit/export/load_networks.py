"""Networks with weights of chance: what they say is nothing, but the same in every language."""

from __future__ import annotations

from functools import cache

import torch

from robolab.estimation.fusion import FusionNetwork
from robolab.estimation.learned import Learned
from robolab.estimation.network import LoadNetwork
from robolab.estimation.variants import in_steps
from robolab.export.load import Step
from robolab.export.load_network import trained_step
from tests.unit.export.load_models import model_of

PERIOD = 0.01


@cache
def random_networks(joints: int, width: int = 48) -> Learned:
    """Networks of any weights, with beliefs small enough that the prior still counts."""
    generator = torch.Generator().manual_seed(7)
    network, fusion = LoadNetwork(10 * joints, joints, width), FusionNetwork()
    with torch.no_grad():
        for part in (network, fusion):
            for value in part.parameters():
                value.copy_(0.25 * torch.randn(value.shape, generator=generator))
        network.leave.bias[joints:] -= 3.0
    return Learned(network.requires_grad_(False), fusion.requires_grad_(False))


@cache
def network_step(kind: str, robot: str = "ur10e", int8: bool = False, width: int = 48) -> Step:
    """A trained estimator's step, with weights of chance."""
    model, arm = model_of(robot)
    learned = random_networks(arm.dof, width)
    return trained_step(kind, model, arm, PERIOD, in_steps(learned) if int8 else learned, int8)
