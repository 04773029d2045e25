"""Film strips: moments of a pallet that is being emptied, evenly spread, in rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

_GAP = 4
"""White between two pictures [pixels]."""


def spread(count: int, moments: int) -> list[int]:
    """Return the numbers of at most so many moments out of `count`, evenly spread, first and last among them."""
    if count == 0:
        return []
    return sorted({int(k) for k in np.linspace(0, count - 1, min(moments, count)).round()})


def strip(pictures: Sequence[Image.Image], columns: int) -> Image.Image:
    """Return pictures of one size side by side, in rows of so many.

    Args:
        pictures: At least one.
    """
    width, height = (side + _GAP for side in pictures[0].size)
    across = min(columns, len(pictures))
    down = -(-len(pictures) // across)
    whole = Image.new("RGB", (across * width - _GAP, down * height - _GAP), (255, 255, 255))
    for k, picture in enumerate(pictures):
        whole.paste(picture, (k % across * width, k // across * height))
    return whole
