"""Whether what is held slides, from how far its imprint has moved in the picture and how far the dots have.

The dots are printed on the gel, the imprint is the object's. While the gel holds the object, both go together; when all of
the contact slides, the imprint goes on and the dots stay. A small recurrent network weighs the two, frame by frame.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from robolab.core.transforms import Array
from robolab.sensors.gel import Gel
from robolab.touch.imprint import Imprint, Level, Travel, travel
from robolab.touch.tip_input import check_frame

WITHIN = 0.03
"""Time after the whole has begun to slide in which it is to be noticed [s]."""
FEATURES = (
    "apart",
    "apart_sure",
    "apart_two",
    "apart_three",
    "imprint",
    "imprint_along",
    "dots",
    "dots_largest",
    "dots_gone",
    "dots_even",
    "unsure",
    "misfit",
)
"""What is said of a frame: ways are in pixels, since the frame before, and do not depend on the direction."""
DISTILLED = 8
"""Width of the narrow network that stands in on a small controller."""
_LEARNED_FOR = 0.06
"""Time after the whole has begun to slide that is learned from [s]."""
_TRACKED = 0.15
"""By how much a way of the imprint or of the dots is off at the best [pixels]."""


class SlipNetwork(nn.Module):
    """Takes what `SlipEye` says, shape (N, T, FEATURES), from the first touch on; gives logits (N, T) that all slides."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.enter = nn.Linear(len(FEATURES), width)
        self.memory = nn.GRU(width, width, batch_first=True)
        self.leave = nn.Linear(width, 1)

    def forward(self, seen: Tensor) -> Tensor:
        return self.step(seen, None)[0]

    def step(self, seen: Tensor, kept: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return logits, and what is to be kept for the frames that follow, shape (1, N, width)."""
        hidden, last = self.memory(torch.tanh(self.enter(seen)), kept)
        return self.leave(hidden)[..., 0], last


def slip_loss(network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Cross entropy over the frames before the whole slides and shortly after."""
    since = batch["since"]
    loss = functional.binary_cross_entropy_with_logits(
        network(batch["seen"]), (since >= 0.0).float(), reduction="none"
    )
    counts = since < _LEARNED_FOR
    return loss[counts].mean()


def slip_gap(network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """How far a network's chances are from those of another, whose logits are `said`."""
    wanted, counts = torch.sigmoid(batch["said"]), batch["since"] < _LEARNED_FOR
    loss = functional.binary_cross_entropy_with_logits(
        network(batch["seen"]), wanted, reduction="none"
    )
    return loss[counts].mean()


class SlipEye:
    """Follows the imprint and the dots of one fingertip from frame to frame.

    Args:
        reference: What its camera sees untouched, shape (240, 320, 3), of 255 steps.
    """

    def __init__(self, gel: Gel, reference: np.ndarray) -> None:
        self._gel, self._imprint = gel, Imprint(gel, reference)
        self._first: Array | None = None
        self._marks, self._way = np.zeros(0), np.zeros(2)
        self._levels: list[Level] = []
        self._apart: list[Array] = []

    def look(self, image: np.ndarray, marks: Array) -> np.ndarray:
        """Return what is told of a frame, shape (FEATURES,) float32.

        Args:
            image: Shape (240, 320, 3), of 255 steps.
            marks: Where the dots are, shape (63, 2) [pixels].
        Raises:
            BadInput: shapes are another sensor's, or numbers are not finite.
        """
        check_frame(image, marks, self._gel)
        levels = self._imprint.levels(image, marks)
        if self._first is None:
            self._first, self._marks, self._levels = marks, marks, levels
        step, gone = marks - self._marks, marks - self._first
        dots = _held(gone + self._marks - self._first) @ step
        found = travel(self._levels, levels, [dots, self._way])
        self._apart = [*self._apart[-2:], found.way - dots]
        self._marks, self._levels, self._way = marks, levels, found.way
        return _told(found, self._apart, step, gone, dots)


class SlipWatch:
    """Tells slip frame by frame, as one grasp goes on.

    Args:
        eye: Which has not seen any frame of the grasp yet.
    """

    def __init__(self, network: SlipNetwork, eye: SlipEye) -> None:
        self._network, self._eye = network, eye
        self._kept: Tensor | None = None

    def update(self, image: np.ndarray, marks: Array) -> float:
        """Return the chance that all of the contact slides now.

        Args:
            image: Shape (240, 320, 3), of 255 steps; one every 16 ms.
            marks: Where the dots are, shape (63, 2) [pixels].
        Raises:
            BadInput: shapes are another sensor's, or numbers are not finite.
        """
        seen = torch.from_numpy(self._eye.look(image, marks))[None, None]
        with torch.no_grad():
            logit, self._kept = self._network.step(seen, self._kept)
        return float(torch.sigmoid(logit))


def _held(gone: Array) -> Array:
    """Weights of the dots, shape (n,): those that have gone farthest lie where the gel holds to the last."""
    size = (gone**2).sum(axis=1) ** 2 + 0.1
    return size / size.sum()


def _told(found: Travel, apart: list[Array], step: Array, gone: Array, dots: Array) -> np.ndarray:
    covariance = np.linalg.inv(found.sure + 1e-4 * np.eye(2)) + _TRACKED**2 * np.eye(2)
    last, way = apart[-1], float(np.hypot(*found.way))
    sizes = np.hypot(*gone.T)
    told = {
        "apart": np.hypot(*last),
        "apart_sure": np.sqrt(last @ np.linalg.solve(covariance, last)),
        "apart_two": np.hypot(*np.sum(apart[-2:], axis=0)),
        "apart_three": np.hypot(*np.sum(apart, axis=0)),
        "imprint": way,
        "imprint_along": float(found.way @ dots) / max(way, 0.3),
        "dots": np.hypot(*dots),
        "dots_largest": np.hypot(*step.T).max(),
        "dots_gone": sizes.max(),
        "dots_even": sizes.mean() / max(sizes.max(), 1.0),
        "unsure": np.sqrt(np.trace(covariance)),
        "misfit": 255.0 * found.misfit,
    }
    return np.arcsinh(np.array([told[name] for name in FEATURES])).astype(np.float32)
