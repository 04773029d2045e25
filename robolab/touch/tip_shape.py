"""What kind of shape is touched, and how curved: a small network on the image alone, taught on plain shapes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from robolab.touch.tip_draw import CLASSES
from robolab.touch.tip_network import CURVATURE_UNIT

_PIXEL_UNIT = 160.0
_SHARE = 0.3
"""Weight of curvature beside class."""


class ShapeNetwork(nn.Module):
    """From images (N, 3, 60, 80) of 255 steps times 16: logits of CLASSES (N, 5), and the mean and the logarithm of
    the deviation of asinh(curvature / 100 per metre), each (N,).
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 16, 5, 2, 2)
        self.second = nn.Conv2d(16, 32, 3, 2, 1)
        self.third = nn.Conv2d(32, 48, 3, 2, 1)
        self.mix = nn.Linear(96, 48)
        self.tell = nn.Linear(48, len(CLASSES) + 2)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = functional.relu(self.first(torch.asinh(image / _PIXEL_UNIT)))
        x = functional.relu(self.third(functional.relu(self.second(x))))
        pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
        out = self.tell(functional.relu(self.mix(pooled)))
        return out[:, :-2], out[:, -2], out[:, -1].clamp(-4.0, 2.0)


def bent(curvature: Tensor) -> Tensor:
    """Return curvature as the network tells it: even where it is small, by its logarithm where it is large."""
    return torch.asinh(curvature / CURVATURE_UNIT)


def shape_loss(network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Cross entropy of the class, and likelihood of the curvature where there is one."""
    kinds, mean, log = network(batch["image"].float())
    loss = functional.cross_entropy(kinds, batch["kind"])
    known = batch["curvature"] >= 0.0
    if known.any():
        error = (mean - bent(batch["curvature"]))[known]
        likely = 0.5 * error**2 * torch.exp(-2.0 * log[known]) + log[known] + error.abs()
        loss = loss + _SHARE * likely.mean()
    return loss
