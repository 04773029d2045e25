"""Regions drawn in at their rims."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, label

from robolab.kernels.shrink import shrunk


def test_what_is_left_is_about_so_far_from_the_outside() -> None:
    v, u = np.indices((60, 80))
    disc = (v - 30) ** 2 + (u - 40) ** 2 < 25**2
    far = distance_transform_edt(disc)
    left = shrunk(disc, 5)
    assert left[far > 5.9].all()
    assert not left[far < 4.6].any()


def test_a_narrow_bridge_between_two_regions_is_gone() -> None:
    image = np.zeros((30, 60), dtype=bool)
    image[5:25, 5:28] = image[5:25, 32:55] = image[13:16, 28:32] = True
    assert label(image)[1] == 1
    assert label(shrunk(image, 2))[1] == 2
