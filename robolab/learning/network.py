"""The network: a problem in, several curves out."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Sizes(NamedTuple):
    """Shape of the network: inputs, joints, proposals, inner control points, width, residual blocks."""

    inputs: int
    joints: int
    proposals: int
    inner: int
    width: int
    blocks: int


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.rise = nn.Linear(width, width)
        self.fall = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.fall(nn.functional.silu(self.rise(self.norm(x))))


class ProposalNetwork(nn.Module):
    """Maps features (B, inputs) to offsets of inner control points (B, K, inner, n) [rad].

    The last layer begins at zero, so that the first proposal starts as the straight line; each other
    one starts bent its own way, so that they learn different ways around.
    """

    def __init__(self, sizes: Sizes, bend: float, generator: torch.Generator) -> None:
        super().__init__()
        self.sizes = sizes
        self.first = nn.Linear(sizes.inputs, sizes.width)
        self.blocks = nn.ModuleList(_Block(sizes.width) for _ in range(sizes.blocks))
        self.norm = nn.LayerNorm(sizes.width)
        self.last = nn.Linear(sizes.width, sizes.proposals * sizes.inner * sizes.joints)
        self._start(bend, generator)

    def _start(self, bend: float, generator: torch.Generator) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                std = module.in_features**-0.5
                nn.init.normal_(module.weight, 0.0, std, generator=generator)
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.last.weight, 0.0, 1e-3, generator=generator)
        k, inner, n = self.sizes.proposals, self.sizes.inner, self.sizes.joints
        shape = torch.sin(torch.linspace(0.0, torch.pi, inner + 2)[1:-1])
        way = bend * torch.randn(k, 1, n, generator=generator)
        way[0] = 0.0
        with torch.no_grad():
            self.last.bias.copy_((way * shape[:, None]).flatten())

    def forward(self, features: Tensor) -> Tensor:
        x = nn.functional.silu(self.first(features))
        for block in self.blocks:
            x = block(x)
        s = self.sizes
        return self.last(self.norm(x)).view(-1, s.proposals, s.inner, s.joints)
