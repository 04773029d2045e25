"""Looks at a pallet with a camera's faults: frames from the pallet as it stands, faces from perception."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.assets import shipped
from robolab.core.rng import stream
from robolab.core.transforms import Array, pose_rpy
from robolab.perception.faces import EdgeNetwork, Face, Seen
from robolab.perception.faces import look as look_at
from robolab.perception.views import joined
from robolab.sensors.depth_faults import DepthFaults
from robolab.tasks.pallet_case import Case, Deck
from robolab.tasks.pallet_faces import Crushed, SeenFace, Tipped, View
from robolab.tasks.pallet_holes import holes_of
from robolab.tasks.pallet_rest import ON_DECK, OVERHANG, rest_of
from robolab.tasks.pallet_view import Photo, overhead, photograph

NETWORK = "sight"
BESIDE = 0.3
"""How far to either side of the deck's middle the two cameras hang [m]."""
_UPRIGHT, _LEANING = float(np.cos(np.radians(4.0))), float(np.cos(np.radians(25.0)))
"""Faces that look up less than the first are crushed, less than the second sides of cases."""
_FOLLOWED, _FLAT = float(np.cos(np.radians(14.0))), 0.017
"""Of faces that look up less than the first, those are tipped whose fit is good enough: its standard deviation times the
square root of the area, 0.011 or less where they are flat and near, 0.025 or more with a corner pushed in [mm m]."""
_CRUSHED = 0.7
"""Share of its confidence that a crushed face keeps, so that the tool is lowered onto it by touch."""
_SMALLEST = 0.09
"""Side of a face below which it is a piece of one [m]."""
_LEAST = 0.25
"""Confidence below which a face is not believed."""


@dataclass(frozen=True)
class Camera:
    """A camera above a deck, and one across that is asked where the first is in doubt.

    See `robolab.jobs.pallet_episode.See`; frames follow from `seed`.
    """

    deck: Deck
    seed: int
    network: EdgeNetwork | None
    faults: DepthFaults

    def __call__(self, cases: Sequence[Case], look: int) -> View:
        rng = stream(self.seed, "pallet", "camera", look)
        photos = [self._photo(cases, rng, BESIDE)]
        began = time.perf_counter()
        seen = self._faces(photos[0])
        spent = time.perf_counter() - began
        if doubtful(seen):
            photos.append(self._photo(cases, rng, -BESIDE))
            began = time.perf_counter()
            seen = joined([seen, self._faces(photos[1])], self.deck.top + ON_DECK)
            spent += time.perf_counter() - began
        began = time.perf_counter()
        everything = self._everything(seen, photos)
        return View(everything, seen.trouble, spent + time.perf_counter() - began)

    def _photo(self, cases: Sequence[Case], rng: np.random.Generator, beside: float) -> Photo:
        where = overhead(self.deck, beside)
        return photograph(tuple(cases), self.deck, where, self.faults, rng)

    def _faces(self, photo: Photo) -> Seen:
        eyes = photo.intrinsics, photo.X_world_cam, self.network
        return look_at(photo.colour, photo.depth, *eyes, lowest=self.deck.top + ON_DECK)

    def _everything(self, seen: Seen, photos: Sequence[Photo]) -> tuple[SeenFace, ...]:
        """Faces, and what stands there or may stand there without being known for one."""
        faces = tuple(_flattened(face) for face in seen.faces if _of_a_case(face, self.deck))
        rest = [patch for photo in photos for patch in rest_of(photo, faces, self.deck)]
        return (*faces, *rest, *holes_of(photos, (*faces, *rest), self.deck))


def doubtful(seen: Seen) -> bool:
    """Whether a second camera should look: something shows no depth, or too little for more than a height."""
    return bool(seen.outlines) or not seen.faces or any(f.depth != "measured" for f in seen.faces)


def _of_a_case(face: Face, deck: Deck) -> bool:
    """Whether a face looks like the top of a case on the pallet, not like its side, a splinter, the deck or the floor."""
    X: Array = face.X_world_face
    beside = np.abs(X[:2, 3] - deck.X_world_deck[:2, 3]) - deck.size[:2] / 2.0
    return bool(
        X[2, 2] > _LEANING
        and X[2, 3] > deck.top + ON_DECK
        and beside.max() < OVERHANG
        and face.extent.min() > _SMALLEST
        and face.confidence > _LEAST
    )


def _flattened(face: Face) -> SeenFace:
    """Return a face, or the level one, as high as its highest corner, that it had before a corner was pushed in or its case tipped."""
    X = face.X_world_face
    if X[2, 2] > _UPRIGHT:
        return face
    x = X[:2, 0] / np.linalg.norm(X[:2, 0])
    rise = np.abs(X[2, :2]) @ np.asarray(face.extent) / 2.0
    top: Array = X[:3, 3] + np.array([0.0, 0.0, rise])
    level = pose_rpy(top, (0.0, 0.0, float(np.arctan2(x[1], x[0]))))
    tipped = X[2, 2] < _FOLLOWED and face.std_mm * np.sqrt(np.prod(face.extent)) < _FLAT
    return (Tipped if tipped else Crushed)(level, face.extent, _CRUSHED * face.confidence)


def camera(
    deck: Deck, seed: int, network: EdgeNetwork | None, faults: DepthFaults | None = None
) -> Camera:
    """Return a camera with faults; without them, with those of a usual one."""
    return Camera(deck, seed, network, faults or DepthFaults())


def edges() -> EdgeNetwork:
    """Return the shipped network that tells flush neighbours apart."""
    from robolab.sight.network import load_edges

    return load_edges(shipped("policies") / NETWORK)
