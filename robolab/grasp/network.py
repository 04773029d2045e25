"""How likely a grasp is to hold: a small convolutional network over what the hand would see of it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from robolab.perception.grasp_candidates import FEATURES, Candidates, Hand
from robolab.perception.grasp_crops import COLUMNS, ROWS, crops
from robolab.perception.heightmap import Heightmap

CHANNELS = (8, 16, 32)
INNER = 64
INPUTS = FEATURES + 1
"""Plain numbers beside a crop: a candidate's features and the width of the open hand."""
_BATCH = 256


class GraspNetwork(nn.Module):
    """Crops (n, ROWS, COLUMNS) and plain numbers (n, INPUTS) to log odds of success (n,)."""

    def __init__(self) -> None:
        super().__init__()
        a, b, c = CHANNELS
        self.eye = nn.Sequential(
            nn.Conv2d(1, a, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(a, b, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(b, c, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        seen = c * (ROWS // 8) * (COLUMNS // 8)
        self.judge = nn.Sequential(nn.Linear(seen + INPUTS, INNER), nn.ReLU(), nn.Linear(INNER, 1))

    def start(self, generator: torch.Generator) -> GraspNetwork:
        """Draw the weights anew from a generator."""
        with torch.no_grad():
            for value in self.parameters():
                if value.ndim > 1:
                    bound = float(np.sqrt(6.0 / value[0].numel()))
                    value.uniform_(-bound, bound, generator=generator)
                else:
                    value.zero_()
        return self

    def forward(self, images: Tensor, numbers: Tensor) -> Tensor:
        """See the class."""
        seen = self.eye(images[:, None]).flatten(1)
        return self.judge(torch.cat([seen, numbers], dim=1)).squeeze(1)


def plain_numbers(candidates: Candidates, hand: Hand) -> np.ndarray:
    """Return a candidate's plain numbers in units of the hand, shape (n, INPUTS), float32."""
    scale = np.array([hand.opening, 0.5, 0.5, 1.0, hand.reach, hand.reach])
    return np.column_stack([candidates.features / scale, candidates.widths / hand.opening]).astype(
        np.float32
    )


def log_odds(
    network: GraspNetwork, seen: Heightmap, candidates: Candidates, hand: Hand
) -> np.ndarray:
    """Return the log odds that each candidate holds, shape (n,)."""
    images = torch.from_numpy(crops(seen, candidates.poses, hand))
    numbers = torch.from_numpy(plain_numbers(candidates, hand))
    with torch.inference_mode():
        parts = [
            network(images[k : k + _BATCH], numbers[k : k + _BATCH])
            for k in range(0, len(images), _BATCH)
        ]
    return torch.cat(parts).numpy() if parts else np.zeros(0)
