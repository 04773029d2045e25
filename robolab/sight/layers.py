"""A taught network as plain arrays, for what runs it without torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import nn

from robolab.sight.network import FINER, EdgeNet, folded


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
    """A U-Net: convolutions, each followed by a rectifier, on the way down and up, and the last one.

    On the way up each level narrows what came before, and gets it, enlarged twice, beside what the way down had at that
    size. The last one says `finer` by `finer` values of each of its outputs, in rows.
    """

    down: tuple[tuple[Convolution, ...], ...]
    narrow: tuple[tuple[Convolution, ...], ...]
    up: tuple[tuple[Convolution, ...], ...]
    tell: Convolution
    finer: int


def layers_of(network: EdgeNet) -> Layers:
    """Return a network's layers, its batches' scales folded in."""
    quick = folded(network)

    def levels(blocks: nn.ModuleList) -> tuple[tuple[Convolution, ...], ...]:
        return tuple(
            tuple(_plain(part) for part in block.modules() if isinstance(part, nn.Conv2d))
            for block in blocks
        )

    way = levels(quick.down), levels(quick.narrow), levels(quick.up)
    return Layers(*way, _plain(quick.tell), FINER)


def _plain(part: nn.Conv2d) -> Convolution:
    assert part.bias is not None
    weight, bias = part.weight.detach().numpy(), part.bias.detach().numpy()
    return Convolution(np.ascontiguousarray(weight), bias.copy(), part.stride[0])
