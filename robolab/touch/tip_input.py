"""What an optical fingertip hands over, checked before anything is read from it."""

from __future__ import annotations

import numpy as np

from robolab.core.errors import BadInput
from robolab.core.transforms import Array
from robolab.sensors.gel import Gel


def check_image(image: np.ndarray, gel: Gel) -> None:
    """Raise BadInput unless this is a finite picture of the gel."""
    _check_array(image, (gel.rows, gel.columns, 3), "image")


def check_frame(image: np.ndarray, marks: Array, gel: Gel) -> None:
    """Raise BadInput unless both are a frame of the gel: a finite picture, and finite places of its dots."""
    check_image(image, gel)
    _check_array(marks, (gel.marks[0] * gel.marks[1], 2), "marks")


def _check_array(values: np.ndarray, wanted: tuple[int, ...], field: str) -> None:
    if values.shape != wanted:
        raise BadInput(
            "not an optical fingertip's", field=field, value=values.shape, expected=str(wanted)
        )
    if not np.isfinite(values).all():
        raise BadInput("holds numbers that are not finite", field=field)
