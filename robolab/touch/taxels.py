"""A network over taxels that knows where they sit, one set of weights for all of them and for all fingers.

Each taxel starts from what it reads, where it sits and which finger it is on; neighbours then tell each other what they
have, as far as they hear each other. Heads look over each finger for the taxels that matter; what they have found on all fingers goes
through a small dense network. It serves any layout of taxels: a layout is two constant matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from robolab.touch.electrodes import Layout

_BOLD = 1.5


class TaxelNetwork(nn.Module):
    """See the module.

    Args:
        layout: Of every finger.
        fingers: How many.
        channels: Values that are known of each taxel.
        extra: Values that are known of the whole grasp.
        outputs: Numbers to tell.
        width: Of what a taxel has; `heads` of what looks over a finger; `hidden` of the dense network; `rounds` of telling.
    """

    where: Tensor
    hears: Tensor

    def __init__(
        self,
        layout: Layout,
        fingers: int,
        channels: int,
        extra: int = 0,
        outputs: int = 1,
        **sizes: int,
    ) -> None:
        super().__init__()
        self.sizes = {"width": 24, "heads": 4, "hidden": 48, "rounds": 2} | sizes
        width, heads, hidden, rounds = (
            self.sizes[k] for k in ("width", "heads", "hidden", "rounds")
        )
        self.fingers, self.taxels = fingers, layout.count
        self.register_buffer("where", _place(layout, fingers), persistent=False)
        hears = torch.from_numpy(layout.neighbours().astype(np.float32))
        self.register_buffer("hears", hears, persistent=False)
        self.enter = nn.Linear(channels + self.where.shape[-1], width)
        self.own = nn.ModuleList(nn.Linear(width, width) for _ in range(rounds))
        self.heard = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(rounds))
        self.look = nn.Linear(width, heads)
        self.think = nn.Linear(fingers * heads * width + extra, hidden)
        self.leave = nn.Linear(hidden, outputs)

    def start(self, generator: torch.Generator) -> TaxelNetwork:
        """Draw fresh weights; return itself."""
        for value in self.parameters():
            if value.ndim < 2:
                nn.init.zeros_(value)
            else:
                bound = _BOLD * value.shape[1] ** -0.5
                nn.init.uniform_(value, -bound, bound, generator=generator)
        return self

    def forward(
        self, x: Tensor, extra: Tensor, drop: float = 0.0, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the outputs before any link, shape (B, outputs).

        Args:
            x: Shape (B, fingers * taxels, channels).
            extra: Shape (B, extra).
            drop: Share of the dense network's inputs that is left out at random, while it learns.
        """
        count = len(x)
        shape = (count, self.fingers, self.taxels, -1)
        places = self.where.expand(count, *self.where.shape)
        h = torch.relu(self.enter(torch.cat([x, places], dim=-1))).reshape(shape)
        for own, heard in self.telling():
            h = h + torch.relu(own(h) + heard(self.hears @ h))
        looked = self.look(h).softmax(dim=2)
        found = (looked.transpose(-1, -2) @ h).reshape(count, -1)
        found = _left_out(torch.cat([found, extra], dim=-1), drop, generator)
        thought = torch.relu(self.think(found))
        out: Tensor = self.leave(_left_out(thought, drop, generator))
        return out

    def telling(self) -> Iterator[tuple[nn.Linear, nn.Linear]]:
        """Yield, round by round, what a taxel makes of its own and what of its neighbours'."""
        for own, heard in zip(self.own, self.heard, strict=True):
            assert isinstance(own, nn.Linear)
            assert isinstance(heard, nn.Linear)
            yield own, heard

    def recipe(self) -> dict[str, Any]:
        """What has to be said to make it again."""
        return dict(self.sizes)


def _place(layout: Layout, fingers: int) -> Tensor:
    """Where each taxel sits and which finger it is on, shape (fingers * taxels, 3 + fingers)."""
    places = np.tile(layout.coordinates(), (fingers, 1))
    which = np.repeat(np.eye(fingers), layout.count, axis=0)
    return torch.from_numpy(np.hstack([places, which]).astype(np.float32))


def _left_out(x: Tensor, share: float, generator: torch.Generator | None) -> Tensor:
    if share == 0.0:
        return x
    return x * (torch.rand(x.shape, generator=generator) >= share) / (1.0 - share)
