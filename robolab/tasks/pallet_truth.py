"""The true faces of cases in a photo: what perception is measured against, and what perfect perception would say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array, apply, inverse
from robolab.perception.faces import Face
from robolab.perception.overlap import area
from robolab.sim.prints import FACES, QUADS
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_view import Photo, corners_of

_VISIBLE = 0.9
"""Share of a face that must be seen for it to count as graspable in this picture."""
_STEEPEST_COS = 0.34
"""A face seen at more than 70 degrees from its normal is too narrow in the picture to count."""
_SHORTEST = 0.1
"""Shorter side of a graspable face [m]."""
_FLAT = 0.003
"""How far the corners of a flat face may be off its plane [m]."""


@dataclass(frozen=True)
class TrueFace:
    """A face that is seen.

    Attributes:
        case: Number of its case. side: 0 to 5 for +x, -x, +y, -y, +z, -z.
        graspable: Whole, flat, large and seen well enough; the others count neither as found nor as wrong.
    """

    case: int
    side: int
    face: Face
    graspable: bool

    @property
    def number(self) -> int:
        """As `Photo.seen` has it."""
        return FACES * self.case + self.side


def true_faces(cases: tuple[Case, ...], photo: Photo) -> tuple[TrueFace, ...]:
    """Return the faces of which a photo shows something."""
    numbers, counts = np.unique(photo.seen[photo.seen >= 0], return_counts=True)
    return tuple(
        _face_of(cases, int(number), int(count), photo)
        for number, count in zip(numbers, counts, strict=True)
    )


def _face_of(cases: tuple[Case, ...], number: int, pixels: int, photo: Photo) -> TrueFace:
    index, side = divmod(number, FACES)
    case = cases[index]
    corners = apply(case.X_world_case, corners_of(case)[QUADS[side]])
    seen = apply(inverse(photo.X_world_cam_true), corners)
    polygon = (seen @ photo.intrinsics.T)[:, :2] / seen[:, 2:]
    height, width = photo.seen.shape
    inside = bool(np.all(polygon >= 0.0) and np.all(polygon <= [width - 1, height - 1]))
    X, extent, off = _frame(corners, case.X_world_case[:3, 3])
    way = photo.X_world_cam_true[:3, 3] - X[:3, 3]
    graspable = (
        inside
        and pixels >= _VISIBLE * abs(area(polygon))
        and float(X[:3, 2] @ way) >= _STEEPEST_COS * float(np.linalg.norm(way))
        and float(extent.min()) >= _SHORTEST
        and off <= _FLAT
    )
    return TrueFace(index, side, Face(X, extent, 1.0, polygon), graspable)


def _frame(corners: Array, inside: Array) -> tuple[Array, Array, float]:
    """Pose and extent of a face from its corners in order, and how far they are off its plane [m]."""
    middle = corners.mean(axis=0)
    along = (corners[1] - corners[0] + corners[2] - corners[3]) / 2.0
    across = (corners[3] - corners[0] + corners[2] - corners[1]) / 2.0
    if np.linalg.norm(across) > np.linalg.norm(along):
        along, across = across, along
    z = np.cross(along, across)
    z *= np.sign(z @ (middle - inside)) / np.linalg.norm(z)
    x = along / np.linalg.norm(along)
    X = np.eye(4)
    X[:3] = np.column_stack([x, np.cross(z, x), z, middle])
    extent = np.array([float(np.linalg.norm(along)), float(np.linalg.norm(across))])
    return X, extent, float(np.abs((corners - middle) @ z).max())
