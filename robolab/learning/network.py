"""The network: a problem in, several curves out."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Sizes(NamedTuple):
    """Shape of the network.

    Attributes:
        inputs, seen: Numbers that describe a problem, and what is seen along one curve.
        joints, proposals, inner: Curves are `proposals` sets of `inner` control points of `joints` values.
        width, blocks: Of the first stage; corrector_width: of the second.
    """

    inputs: int
    seen: int
    joints: int
    proposals: int
    inner: int
    width: int
    blocks: int
    corrector_width: int


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.rise = nn.Linear(width, width)
        self.fall = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.fall(nn.functional.silu(self.rise(self.norm(x))))


class ProposalNetwork(nn.Module):
    """Proposes curves for a problem, and corrects them by what stands in their way.

    `first` maps features (B, inputs) to offsets of inner control points (B, K, inner, n) [rad] from the
    straight line, and to an embedding (B, width). `correct` moves the offsets after a look along each
    curve. All begin at zero, so that the first proposal starts as the straight line; each other one
    starts bent its own way, so that they learn different ways around.
    """

    def __init__(self, sizes: Sizes, bend: float, generator: torch.Generator) -> None:
        super().__init__()
        self.sizes = sizes
        self.enter = nn.Linear(sizes.inputs, sizes.width)
        self.blocks = nn.ModuleList(_Block(sizes.width) for _ in range(sizes.blocks))
        self.norm = nn.LayerNorm(sizes.width)
        curve = sizes.inner * sizes.joints
        self.leave = nn.Linear(sizes.width, sizes.proposals * curve)
        self.know = nn.Linear(sizes.width, sizes.corrector_width)
        self.look = nn.Linear(sizes.seen + curve, sizes.corrector_width)
        self.think = _Block(sizes.corrector_width)
        self.move = nn.Linear(sizes.corrector_width, curve)
        self._start(bend, generator)

    def _start(self, bend: float, generator: torch.Generator) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                std = 1e-3 if module in (self.leave, self.move) else module.in_features**-0.5
                nn.init.normal_(module.weight, 0.0, std, generator=generator)
                nn.init.zeros_(module.bias)
        k, inner, n = self.sizes.proposals, self.sizes.inner, self.sizes.joints
        shape = torch.sin(torch.linspace(0.0, torch.pi, inner + 2)[1:-1])
        way = bend * torch.randn(k, 1, n, generator=generator)
        way[0] = 0.0
        with torch.no_grad():
            self.leave.bias.copy_((way * shape[:, None]).flatten())

    def first(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return offsets (B, K, inner, n) and the problem's embedding (B, width)."""
        x = nn.functional.silu(self.enter(features))
        for block in self.blocks:
            x = block(x)
        x, s = self.norm(x), self.sizes
        return self.leave(x).view(-1, s.proposals, s.inner, s.joints), x

    def correct(self, embedding: Tensor, offsets: Tensor, seen: Tensor) -> Tensor:
        """Return better offsets, given what is seen along each curve, shape (B, K, seen)."""
        view = self.look(torch.cat([seen, offsets.flatten(2)], dim=2))
        x = self.think(nn.functional.silu(self.know(embedding)[:, None] + view))
        return offsets + self.move(x).view(offsets.shape)
