"""The network behind the grip: from what fingers feel, look by look, to the force that is just enough.

A small recurrent network corrects what friction and mass would say by themselves, and says how sure it is and whether
the object slides. It is taught in torch; in a control loop it runs in numpy, as exported code does in C.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from robolab.core.transforms import Array
from robolab.touch.grip_feel import FEATURES, FRICTION, MASS

WIDTH = 32
STD = (-4.0, 0.5)
"""Least and greatest logarithm of the standard deviation of the force's logarithm."""


class Said(NamedTuple):
    """Logarithm of the force over planned specific force [kg], its standard deviation, and log odds of sliding."""

    mean: float
    std: float
    slides: float


class GripNetwork(nn.Module):
    """Lines of features (batch, looks, FEATURES) to mean, log deviation and log odds, each (batch, looks)."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.enter = nn.Linear(FEATURES, width)
        self.memory = nn.GRU(width, width, batch_first=True)
        self.leave = nn.Linear(width, 3)

    def start(self, generator: torch.Generator) -> GripNetwork:
        """Draw the weights anew from a generator."""
        with torch.no_grad():
            for name, value in self.named_parameters():
                bound = 1.0 / float(np.sqrt(value.shape[-1]))
                value.uniform_(-bound, bound, generator=generator)
                if "bias" in name or name.startswith("leave"):
                    value.zero_()
        return self

    def forward(self, lines: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See the class."""
        inner, _ = self.memory(torch.tanh(self.enter(lines)))
        off, spread, slides = self.leave(inner).unbind(-1)
        return base_of(lines) + off, spread.clamp(*STD), slides


def base_of(lines: Tensor) -> Tensor:
    """What the friction cone makes of friction and mass as felt, shape (...)."""
    return lines[..., MASS] - lines[..., FRICTION] - float(np.log(2.0))


class GripStep:
    """The network, one look at a time, in double precision."""

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        values = {name: value.double().numpy() for name, value in weights.items()}
        self._enter = values["enter.weight"], values["enter.bias"]
        self._input = values["memory.weight_ih_l0"], values["memory.bias_ih_l0"]
        self._own = values["memory.weight_hh_l0"], values["memory.bias_hh_l0"]
        self._leave = values["leave.weight"], values["leave.bias"]
        self.forget()

    def forget(self) -> None:
        """Begin with another object."""
        self._hidden = np.zeros(self._own[0].shape[1])

    def look(self, line: Array) -> Said:
        """Take one line of features, shape (FEATURES,)."""
        said, self._hidden = self._think(line)
        return said

    def would_say(self, line: Array) -> Said:
        """Say what `look` would, and remember nothing."""
        return self._think(line)[0]

    def _think(self, line: Array) -> tuple[Said, Array]:
        W, b = self._enter
        x = np.tanh(W @ line + b)
        given = np.split(self._input[0] @ x + self._input[1], 3)
        own = np.split(self._own[0] @ self._hidden + self._own[1], 3)
        reset, keep = (1.0 / (1.0 + np.exp(-given[k] - own[k])) for k in (0, 1))
        fresh = np.tanh(given[2] + reset * own[2])
        hidden = fresh + keep * (self._hidden - fresh)
        W, b = self._leave
        off, spread, slides = (float(value) for value in W @ hidden + b)
        mean = float(line[MASS] - line[FRICTION] - np.log(2.0)) + off
        return Said(mean, float(np.exp(np.clip(spread, *STD))), slides), hidden
