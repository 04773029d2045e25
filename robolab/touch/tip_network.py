"""A small network that reads a press from an optical fingertip: forces and height map, each with how sure it is.

The height map comes first, from the image. From its sum, what an elastic layer would bear for it, follows the normal
force; the shear force comes from how far the dots have moved.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

IMAGE, MARKS, HEIGHT = (3, 60, 80), (2, 7, 9), (30, 40)
FORCE_UNIT = (1.0, 1.0, 4.0)
"""Shear along x, along y, and normal force that are one inside [N]."""
CURVATURE_UNIT = 100.0
_PIXEL_UNIT, _MARK_UNIT = 640.0, 8.0
_SUM_UNIT = 60.0
"""Sum over the height map [mm] that is one inside."""


class Read(NamedTuple):
    """What the network says, in units of one inside.

    Attributes:
        force, force_log: Mean (N, 3) and logarithm of standard deviation.
        height, height_log: Mean (N, 30, 40) [mm], and the logarithm of one deviation for the map, (N,).
    """

    force: Tensor
    force_log: Tensor
    height: Tensor
    height_log: Tensor


class PressNetwork(nn.Module):
    """See the module. Takes images (N, 3, 60, 80) of 255 steps times 16, and dots (N, 2, 7, 9) [pixels]."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 16, 5, 2, 2)
        self.second = nn.Conv2d(16, 24, 3, 2, 1)
        self.third = nn.Conv2d(24, 32, 3, 2, 1)
        self.wide = nn.Conv2d(32, 32, 3, 1, 1)
        self.up_second = nn.Conv2d(32 + 24, 24, 3, 1, 1)
        self.up_first = nn.Conv2d(24 + 16, 10, 3, 1, 1)
        self.map = nn.Conv2d(10, 1, 3, 1, 1)
        self.dots = nn.Linear(126, 48)
        self.mix = nn.Linear(24 + 32 + 32 + 48 + 5, 64)
        self.tell = nn.Linear(64, 7)

    def forward(self, image: Tensor, marks: Tensor) -> Read:
        relu = functional.relu
        x = torch.asinh(4.0 * image / _PIXEL_UNIT)
        first = relu(self.first(x))
        second = relu(self.second(first))
        third = relu(self.third(second))
        deep = relu(self.wide(third)) + third
        up = functional.interpolate(deep, size=second.shape[-2:], mode="bilinear")
        up = relu(self.up_second(torch.cat([up, second], 1)))
        up = functional.interpolate(up, size=first.shape[-2:], mode="bilinear")
        up = relu(self.up_first(torch.cat([up, first], 1)))
        height = functional.softplus(self.map(up)[:, 0] - 3.0)
        total = height.sum((1, 2)) / _SUM_UNIT
        peak = height.amax((1, 2))
        moved = torch.asinh(marks.flatten(1) / _MARK_UNIT)
        told = torch.stack(
            [
                total,
                total.sqrt(),
                peak,
                (height**2).sum((1, 2)) / _SUM_UNIT,
                (height > 0.1).float().mean((1, 2)),
            ],
            1,
        )
        parts = [
            second.mean((2, 3)),
            deep.mean((2, 3)),
            deep.amax((2, 3)),
            relu(self.dots(moved)),
            told,
        ]
        out = self.tell(relu(self.mix(torch.cat(parts, 1))))
        normal = total + out[:, 2] * (total + 0.05)
        force = torch.stack([out[:, 0], out[:, 1], normal], 1)
        logs = out.clamp(-7.0, 3.0)
        return Read(force, logs[:, 3:6], height, logs[:, 6])


def loss_of(read: Read, truth: dict[str, Tensor]) -> Tensor:
    """Likelihood of the truth, and plain errors beside it, so that means are learned before deviations."""
    force = truth["force"] / truth["force"].new_tensor(FORCE_UNIT)
    error = read.force - force
    loss = _likely(error, read.force_log).mean() + 2.0 * error.abs().mean()
    off = read.height - truth["height"]
    return (
        loss
        + 4.0 * off.abs().mean() / 0.1
        + 0.2 * _likely(off.abs().mean((1, 2)) / 0.1, read.height_log).mean()
    )


def _likely(error: Tensor, log: Tensor) -> Tensor:
    return 0.5 * error**2 * torch.exp(-2.0 * log) + log
