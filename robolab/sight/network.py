"""A small network that tells where faces end: it sees colour and how depth differs from its surroundings.

The form of a U-Net (Ronneberger et al., 2015) on squares of two by two pixels, so that nothing of the colour is lost.
Its layers run at half of that size and less, where a processor's vectors are full of channels; what it says is
spread over squares of two by two again (Shi et al., 2016, sub-pixel convolution), so that borders keep their place.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from robolab.kernels.frames import describe, halve
from robolab.learning import weights

CHANNELS = 15
"""Colour of four pixels, depth against wide and near surroundings, and whether there is any."""
WIDTHS, SMALL_WIDTHS = (24, 32, 64), (16, 16, 32)
WEIGHTS, DISTILLED = "weights.safetensors", "distilled.safetensors"
FINER = 2
"""By how much what is said is finer than the first layer."""
_SURROUNDINGS = ((15, 3), (0.1, 0.02))
"""Pixels of half the size over which surroundings reach to each side, and the depth in which differences are told [m]."""


class EdgeNet(nn.Module):
    """Maps pictures (n, CHANNELS, h, w), h and w divisible by 8, to logits (n, 2, h, w): border, and case.

    Args:
        widths: Channels at each of three sizes: a half, a quarter and an eighth of the picture's.
    """

    def __init__(self, widths: tuple[int, int, int] = WIDTHS) -> None:
        super().__init__()
        a, b, c = widths
        self.widths = widths
        self.down = nn.ModuleList(
            [_block(_part(CHANNELS, a, 2), _part(a, a)), _block(_part(a, b, 2), _part(b, b)),
             _block(_part(b, c, 2), _part(c, c))]
        )  # fmt: skip
        self.narrow = nn.ModuleList([_block(_part(c, b, size=1)), _block(_part(b, a, size=1))])
        self.up = nn.ModuleList([_block(_part(2 * b, b)), _block(_part(2 * a, a), _part(a, a))])
        self.tell = nn.Conv2d(a, 2 * FINER**2, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept: list[Tensor] = []
        for block in self.down:
            x = block(x)
            kept.append(x)
        kept.pop()
        for narrow, block in zip(self.narrow, self.up, strict=True):
            x = functional.interpolate(narrow(x), scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, kept.pop()], dim=1))
        return functional.pixel_shuffle(self.tell(x), FINER)


def _part(channels: int, out: int, stride: int = 1, size: int = 3) -> list[nn.Module]:
    """A convolution, its batch's scale, and a rectifier."""
    convolution = nn.Conv2d(channels, out, size, stride, size // 2)
    return [convolution, nn.BatchNorm2d(out), nn.ReLU()]


def _block(*parts: list[nn.Module]) -> nn.Sequential:
    return nn.Sequential(*[module for part in parts for module in part])


def folded(network: EdgeNet) -> EdgeNet:
    """Return a taught network with the scales of its batches folded into the convolutions: the same, only quicker."""
    quick = deepcopy(network).eval()
    for block in (*quick.down, *quick.narrow, *quick.up):
        assert isinstance(block, nn.Sequential)
        for place in range(0, len(block), 3):
            convolution, scale = block[place], block[place + 1]
            assert isinstance(convolution, nn.Conv2d)
            assert isinstance(scale, nn.BatchNorm2d)
            block[place] = fuse_conv_bn_eval(convolution, scale)
            block[place + 1] = nn.Identity()
    return quick


def picture_of(colour: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Return what the network looks at, shape (CHANNELS, h / 2, w / 2), float32, channels last in memory.

    Args:
        colour: Shape (h, w, 3), uint8.
        depth: Shape (h, w), float32 [m]; 0 where none.
    """
    inverse = halve(depth)
    out = np.empty((*inverse.shape, CHANNELS), dtype=np.float32)
    describe(colour, inverse, *_SURROUNDINGS, out)
    return out.transpose(2, 0, 1)


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
