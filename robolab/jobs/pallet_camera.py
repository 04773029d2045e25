"""Looks at a pallet with a camera's faults: frames from the pallet as it stands, faces from perception."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.assets import shipped
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.perception.faces import EdgeNetwork, Face
from robolab.perception.faces import look as look_at
from robolab.sensors.depth_faults import DepthFaults
from robolab.tasks.pallet_case import Case, Deck
from robolab.tasks.pallet_faces import View
from robolab.tasks.pallet_view import overhead, photograph

NETWORK = "sight"
_UPRIGHT = float(np.cos(np.radians(10.0)))
"""Faces that look up less than this are sides of cases."""
_ON_DECK = 0.06
"""A face must lie higher above the deck than this to be of a case [m]."""
_SMALLEST = 0.09
"""Side of a face below which it is a piece of one [m]."""
_LEAST = 0.25
"""Confidence below which a face is not believed."""


@dataclass(frozen=True)
class Camera:
    """A camera above a deck. See `robolab.jobs.pallet_episode.See`; frames follow from `seed`."""

    deck: Deck
    seed: int
    network: EdgeNetwork | None
    faults: DepthFaults

    def __call__(self, cases: Sequence[Case], look: int) -> View:
        rng = stream(self.seed, "pallet", "camera", look)
        photo = photograph(tuple(cases), self.deck, overhead(self.deck), self.faults, rng)
        began = time.perf_counter()
        seen = look_at(photo.colour, photo.depth, photo.intrinsics, photo.X_world_cam, self.network)
        spent = time.perf_counter() - began
        faces = tuple(face for face in seen.faces if _of_a_case(face, self.deck))
        return View(faces, seen.trouble, spent)


def _of_a_case(face: Face, deck: Deck) -> bool:
    """Whether a face looks like the top of a case on the pallet, not like its side, a splinter, the deck or the floor."""
    X: Array = face.X_world_face
    beside = np.abs(X[:2, 3] - deck.X_world_deck[:2, 3]) - deck.size[:2] / 2.0
    return bool(
        X[2, 2] > _UPRIGHT
        and X[2, 3] > deck.top + _ON_DECK
        and beside.max() < 0.1
        and face.extent.min() > _SMALLEST
        and face.confidence > _LEAST
    )


def camera(deck: Deck, seed: int, network: EdgeNetwork | None) -> Camera:
    """Return a camera with the faults of a usual one."""
    return Camera(deck, seed, network, DepthFaults())


def edges() -> EdgeNetwork | None:
    """Return the shipped network that tells flush neighbours apart; None where there is none."""
    folder = shipped("policies") / NETWORK
    if not folder.is_dir():
        return None
    from robolab.sight.network import load_edges

    return load_edges(folder)
