"""A taught network as plain arrays, for what runs it without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import nn

from robolab.sight.network import EdgeNet, folded


@dataclass(frozen=True)
class Convolution:
    """Attributes:
    weight: Shape (out, in, k, k). bias: Shape (out,).
    stride: In both directions.
    """

    weight: np.ndarray
    bias: np.ndarray
    stride: int


@dataclass(frozen=True)
class Layers:
    """A U-Net: pairs of convolutions, each followed by a rectifier, on the way down and up, and the last one.

    On the way up each pair gets what came before, enlarged twice, beside what the way down had at that size.
    """

    down: tuple[tuple[Convolution, ...], ...]
    up: tuple[tuple[Convolution, ...], ...]
    tell: Convolution


def layers_of(network: EdgeNet) -> Layers:
    """Return a network's layers, its batches' scales folded in."""
    quick = folded(network)

    def pairs(blocks: nn.ModuleList) -> tuple[tuple[Convolution, ...], ...]:
        return tuple(
            tuple(_plain(part) for part in block.modules() if isinstance(part, nn.Conv2d))
            for block in blocks
        )

    return Layers(pairs(quick.down), pairs(quick.up), _plain(quick.tell))


def _plain(part: nn.Conv2d) -> Convolution:
    assert part.bias is not None
    weight, bias = part.weight.detach().numpy(), part.bias.detach().numpy()
    return Convolution(np.ascontiguousarray(weight), bias.copy(), part.stride[0])
