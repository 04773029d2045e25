"""A small network that tells where faces end: it sees colour and how depth differs from its surroundings.

The form of a U-Net (Ronneberger et al., 2015) on squares of two by two pixels, so that nothing of the colour is lost
and the widest layers run at half the size.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import uniform_filter
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from robolab.learning import weights
from robolab.perception.breaks import halved

CHANNELS = 15
"""Colour of four pixels, depth against wide and near surroundings, and whether there is any."""
WIDTHS, SMALL_WIDTHS = (8, 16, 32, 64), (8, 8, 16, 32)
WEIGHTS, DISTILLED = "weights.safetensors", "distilled.safetensors"
_SURROUNDINGS = ((31, 0.1), (7, 0.02))
"""Pixels of half the size over which surroundings reach, and the depth in which differences are told [m]."""


class EdgeNet(nn.Module):
    """Maps pictures (n, CHANNELS, h, w), h and w divisible by 8, to logits (n, 2, h, w): border, and case.

    Args:
        widths: Channels at each of four sizes.
    """

    def __init__(self, widths: tuple[int, int, int, int] = WIDTHS) -> None:
        super().__init__()
        a, b, c, d = widths
        self.widths = widths
        self.down = nn.ModuleList(
            [_block(CHANNELS, a, False), _block(a, b), _block(b, c), _block(c, d)]
        )
        self.up = nn.ModuleList(
            [_block(d + c, c, False), _block(c + b, b, False), _block(b + a, a, False)]
        )
        self.tell = nn.Conv2d(a, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept: list[Tensor] = []
        for block in self.down:
            x = block(x)
            kept.append(x)
        kept.pop()
        for block in self.up:
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, kept.pop()], dim=1))
        return self.tell(x)


def _block(channels: int, out: int, halve: bool = True) -> nn.Sequential:
    """Two convolutions; the first halves the size where asked."""
    stride = 2 if halve else 1
    return nn.Sequential(
        nn.Conv2d(channels, out, 3, stride, 1), nn.BatchNorm2d(out), nn.ReLU(),
        nn.Conv2d(out, out, 3, 1, 1), nn.BatchNorm2d(out), nn.ReLU(),
    )  # fmt: skip


def folded(network: EdgeNet) -> EdgeNet:
    """Return a taught network with the scales of its batches folded into the convolutions: the same, only quicker."""
    quick = deepcopy(network).eval()
    for block in (*quick.down, *quick.up):
        assert isinstance(block, nn.Sequential)
        for place in (0, 3):
            convolution, scale = block[place], block[place + 1]
            assert isinstance(convolution, nn.Conv2d)
            assert isinstance(scale, nn.BatchNorm2d)
            block[place] = fuse_conv_bn_eval(convolution, scale)
            block[place + 1] = nn.Identity()
    return quick


def picture_of(colour: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Return what the network looks at, shape (CHANNELS, h / 2, w / 2), float32.

    Args:
        colour: Shape (h, w, 3), uint8.
        depth: Shape (h, w), float32 [m]; 0 where none.
    """
    h, w = depth.shape
    squares = colour.reshape(h // 2, 2, w // 2, 2, 3).transpose(1, 3, 4, 0, 2)
    out = np.empty((CHANNELS, h // 2, w // 2), dtype=np.float32)
    # Brightness is told against the whole picture's, so that light does not matter.
    out[:12] = squares.reshape(12, h // 2, w // 2)
    mean, spread = out[:12].mean(), out[:12].std()
    out[:12] = (out[:12] - mean) / (spread + 1.0)
    inverse = halved(depth)
    known = inverse > 0.0
    z = np.divide(1.0, inverse, out=np.zeros_like(inverse), where=known)
    for channel, (reach, unit) in enumerate(_SURROUNDINGS, start=12):
        share = uniform_filter(known.astype(np.float32), reach)
        around = uniform_filter(z, reach) / np.maximum(share, 1e-3)
        out[channel] = np.where(known, np.tanh((z - around) / unit), 0.0)
    out[14] = known
    return out


class LearnedEdges:
    """A taught network as `find_faces` asks it."""

    def __init__(self, network: EdgeNet) -> None:
        self.taught = network
        quick = folded(network).requires_grad_(False)
        self.network = quick.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def edges(self, colour: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `robolab.perception.faces.EdgeNetwork`."""
        with torch.inference_mode():
            picture = torch.from_numpy(picture_of(colour, depth))[None]
            picture = picture.contiguous(memory_format=torch.channels_last)
            chances = torch.sigmoid(self.network(picture)[0]).numpy()
        return chances[0], chances[1]


def load_edges(folder: Path, variant: str = "full") -> LearnedEdges:
    """Read a taught network.

    Args:
        variant: "full", or "distilled", the small one.
    Raises:
        WeightsError: the file is missing or damaged.
        UnknownName: there is no such variant.
    """
    from robolab.core.errors import UnknownName

    files = {"full": (WEIGHTS, WIDTHS), "distilled": (DISTILLED, SMALL_WIDTHS)}
    if variant not in files:
        raise UnknownName("variant", variant, files)
    file, widths = files[variant]
    network = EdgeNet(widths)
    weights.into_module(weights.read(folder / file), network, folder / file)
    return LearnedEdges(network)
