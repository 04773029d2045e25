"""Film strips: moments of a pallet that is being emptied, evenly spread, in rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

_GAP = 4
"""White between two pictures [pixels]."""
_ACROSS, _MOST, _SMALL = 4, 8, 240
"""Pictures in a row of one pallet, at most in one of several, and width there [pixels]."""


def spread(count: int, moments: int) -> list[int]:
    """Return the numbers of at most so many moments out of `count`, evenly spread, first and last among them."""
    if count == 0:
        return []
    return sorted({int(k) for k in np.linspace(0, count - 1, min(moments, count)).round()})


def strip(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Return rows of pictures one below the other, the pictures of a row side by side; those of a row are of one size.

    Args:
        rows: At least one, with at least one picture each.
    """
    sizes = [(len(row) * (row[0].width + _GAP), row[0].height + _GAP) for row in rows]
    width, height = max(w for w, _ in sizes) - _GAP, sum(h for _, h in sizes) - _GAP
    whole, top = Image.new("RGB", (width, height), (255, 255, 255)), 0
    for row, (_, high) in zip(rows, sizes, strict=True):
        for k, picture in enumerate(row):
            whole.paste(picture, (k * (picture.width + _GAP), top))
        top += high
    return whole


def film(pallets: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Return the moments of one pallet in rows of four, or of several with a row for each.

    Args:
        pallets: The moments of each, in order; at least one.
    """
    if len(pallets) == 1:
        moments = pallets[0]
        return strip([moments[k : k + _ACROSS] for k in range(0, len(moments), _ACROSS)])
    return strip([[_small(moments[k]) for k in spread(len(moments), _MOST)] for moments in pallets])


def _small(picture: Image.Image) -> Image.Image:
    size = (_SMALL, round(_SMALL * picture.height / picture.width))
    return picture.resize(size, Image.Resampling.LANCZOS)
