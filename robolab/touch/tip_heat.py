"""What of a fingertip's picture the class network went by, drawn over the picture."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from robolab.core.transforms import Array
from robolab.touch.attribution import integrated_gradients
from robolab.touch.tip_frames import SHRINK, shrunk
from robolab.touch.tip_shape import ShapeNetwork

_COVER = 0.6
"""Share of colour in the strongest heat."""


def heat_of(network: ShapeNetwork, image: np.ndarray, reference: np.ndarray) -> Array:
    """Return by how much each block of 4 by 4 pixels has moved the log odds of the class told, shape (60, 80).

    All of them add up to those log odds less the ones of an untouched gel.

    Args:
        image, reference: Shape (240, 320, 3), of 255 steps.
    """
    seen = 16.0 * torch.from_numpy(shrunk(image, reference))[None]
    with torch.no_grad():
        kind = int(network(seen)[0].argmax())

    def odds(x: Tensor) -> Tensor:
        logits = network(x)[0]
        others = [k for k in range(logits.shape[1]) if k != kind]
        return logits[:, kind] - torch.logsumexp(logits[:, others], 1)

    return integrated_gradients(odds, seen)[0].sum(axis=0)


def drawn_over(image: np.ndarray, heat: Array) -> bytes:
    """Return a grey picture with heat over it, as PNG: red for the class told, blue against it."""
    grey = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2)
    share = np.repeat(np.repeat(heat, SHRINK, axis=0), SHRINK, axis=1)
    # The strongest hundredth would leave everything else pale.
    most = max(float(np.quantile(np.abs(share), 0.99)), 1e-9)
    cover = _COVER * np.clip(np.abs(share) / most, 0.0, 1.0)[..., None]
    colour = np.where(share[..., None] > 0.0, [255.0, 40.0, 30.0], [40.0, 80.0, 255.0])
    mixed = np.rint(grey * (1.0 - cover) + colour * cover).astype(np.uint8)
    stream = BytesIO()
    Image.fromarray(mixed).save(stream, "PNG", optimize=True)
    return stream.getvalue()
