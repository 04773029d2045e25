"""How well faces are found: precision, recall and errors of pose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from robolab.core.transforms import Array
from robolab.perception.faces import Face
from robolab.perception.overlap import area, overlap
from robolab.tasks.pallet_truth import TrueFace

OVERLAP = 0.75
"""Of two polygons in the image, from which they are the same face."""
_EXCUSED = 0.7
"""A face found is no mistake if so much of it shows one face that is not graspable: hidden in part, crushed, narrow."""


@dataclass
class Score:
    """Counts over photos, and the errors of the faces found.

    Attributes:
        errors: Of each face found: position, in the plane and along its normal [mm], tilt [deg], longer and
            shorter side [mm].
        confidence: Of all that counts, with whether it was right.
    """

    found: int = 0
    wrong: int = 0
    missed: int = 0
    errors: list[tuple[float, float, float, float, float]] = field(
        default_factory=list[tuple[float, float, float, float, float]]
    )
    confidence: list[tuple[float, bool]] = field(default_factory=list[tuple[float, bool]])

    @property
    def precision(self) -> float:
        return self.found / max(self.found + self.wrong, 1)

    @property
    def recall(self) -> float:
        return self.found / max(self.found + self.missed, 1)

    def add(self, faces: Sequence[Face], truth: Sequence[TrueFace], seen: np.ndarray) -> None:
        """Count one photo's faces, the surest first; each true face is found once at most.

        Args:
            seen: What each pixel shows, as in `robolab.tasks.pallet_view.Photo`.
        """
        open_faces = [t for t in truth if t.graspable]
        others = {t.number for t in truth if not t.graspable}
        for face in faces:
            best = max(open_faces, key=lambda t: _cover(face, t), default=None)
            if best is not None and _cover(face, best) >= OVERLAP:
                open_faces.remove(best)
                self.found += 1
                self.errors.append(errors_of(face, best.face))
                self.confidence.append((face.confidence, True))
            elif _mostly(face, seen) not in others:
                self.wrong += 1
                self.confidence.append((face.confidence, False))
        self.missed += len(open_faces)

    def figures(self) -> dict[str, float]:
        """Return what is reported."""
        errors = np.array(self.errors).reshape(-1, 5)
        names = ("plane_mm", "normal_mm", "tilt_deg", "long_mm", "short_mm")
        out: dict[str, float] = {
            "faces": self.found + self.missed,
            "found": self.found,
            "wrong": self.wrong,
            "precision": self.precision,
            "recall": self.recall,
        }
        for k, name in enumerate(names):
            column = errors[:, k] if len(errors) else np.array([np.nan])
            out[f"{name}_median"] = float(np.median(column))
            out[f"{name}_95"] = float(np.percentile(column, 95.0))
        return out


def errors_of(face: Face, truth: Face) -> tuple[float, float, float, float, float]:
    """Return how far a face is off: in its plane, along its normal [mm], tilt [deg], and both sides [mm]."""
    X_true_face: Array = np.linalg.inv(truth.X_world_face) @ face.X_world_face
    off = 1e3 * X_true_face[:3, 3]
    tilt = np.degrees(np.arccos(np.clip(X_true_face[2, 2], -1.0, 1.0)))
    sides = 1e3 * np.abs(face.extent - truth.extent)
    return (
        float(np.hypot(off[0], off[1])),
        float(abs(off[2])),
        float(tilt),
        float(sides[0]),
        float(sides[1]),
    )


def _cover(face: Face, truth: TrueFace) -> float:
    """Overlap of two polygons; none where their boxes are apart."""
    a, b = face.polygon, truth.face.polygon
    if np.any(a.min(axis=0) > b.max(axis=0)) or np.any(b.min(axis=0) > a.max(axis=0)):
        return 0.0
    return overlap(a, b)


def _mostly(face: Face, seen: np.ndarray) -> int:
    """Return the number of the true face that most of a found one shows, -1 where none fills it."""
    corners = face.polygon if area(face.polygon) > 0.0 else face.polygon[::-1]
    low = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, None)
    high = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = seen[low[1] : high[1], low[0] : high[0]]
    v, u = np.indices(part.shape)
    inside = np.ones(part.shape, dtype=bool)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        way = end - start
        inside &= way[0] * (v + low[1] - start[1]) - way[1] * (u + low[0] - start[0]) >= 0.0
    numbers, counts = np.unique(part[inside], return_counts=True)
    if len(counts) == 0 or counts.max() < _EXCUSED * counts.sum():
        return -1
    return int(numbers[counts.argmax()])
