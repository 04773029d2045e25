"""A film strip of one pallet: what the camera sees, the faces that were found, and the one that was taken."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from robolab.core.rng import stream
from robolab.core.transforms import Array, apply, inverse
from robolab.jobs.pallet_cell import PalletCell
from robolab.jobs.pallet_episode import Episode
from robolab.jobs.pallet_tally import See, Tally
from robolab.tasks.pallet_case import Case, Deck, Pallet
from robolab.tasks.pallet_choice import Option
from robolab.tasks.pallet_faces import SeenFace, View
from robolab.tasks.pallet_policy import PickPolicy
from robolab.tasks.pallet_view import overhead, photograph

_FOUND, _TAKEN = (30, 200, 90), (255, 70, 20)
_WIDTH, _COLUMNS = 320, 4
_BESIDE = 0.05
"""What is shown beside the deck [m]."""
_CORNERS = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])


class _Film:
    """Watches an episode and keeps its looks."""

    def __init__(self, see: See) -> None:
        self._see = see
        self.looks: list[tuple[tuple[Case, ...], Sequence[SeenFace], int | None]] = []

    def see(self, cases: Sequence[Case], look: int) -> View:
        view = self._see(cases, look)
        self.looks.append((tuple(cases), view.faces, None))
        return view

    def taken(self, option: Option, well: bool, seconds: float) -> None:
        cases, faces, _ = self.looks[-1]
        self.looks[-1] = (cases, faces, option.face)


def film(
    cell: PalletCell, pallet: Pallet, policy: PickPolicy, see: See, frames: int = 8
) -> tuple[bytes, Tally]:
    """Empty a pallet; return a PNG of so many moments, evenly spread, and what happened."""
    watching = _Film(see)
    tally = Episode(cell, pallet, policy, watching.see, watching.taken).run()
    chosen = np.linspace(0, len(watching.looks) - 1, min(frames, len(watching.looks))).astype(int)
    pictures = [_picture(pallet, *watching.looks[int(k)]) for k in chosen]
    width, height = pictures[0].size
    columns = min(_COLUMNS, len(pictures))
    rows = -(-len(pictures) // columns)
    strip = Image.new("RGB", (columns * width, rows * height), (255, 255, 255))
    for k, picture in enumerate(pictures):
        strip.paste(picture, (k % columns * width, k // columns * height))
    data = BytesIO()
    strip.save(data, "PNG", optimize=True)
    return data.getvalue(), tally


def _picture(
    pallet: Pallet, cases: tuple[Case, ...], faces: Sequence[SeenFace], taken: int | None
) -> Image.Image:
    X_world_cam = overhead(pallet.deck)
    rng = stream(pallet.seed, "pallet", "film")
    photo = photograph(cases, pallet.deck, X_world_cam, None, rng, colour_noise=0.0)
    image = Image.fromarray(photo.colour)
    draw = ImageDraw.Draw(image)
    for i, face in enumerate(faces):
        if face.confidence == 0.0:
            continue
        line = _outline(face, photo.intrinsics, X_world_cam)
        draw.line(
            [*line, line[0]], fill=_TAKEN if i == taken else _FOUND, width=8 if i == taken else 4
        )
    image = image.crop(_around(pallet.deck, photo.intrinsics, X_world_cam))
    return image.resize(
        (_WIDTH, round(_WIDTH * image.height / image.width)), Image.Resampling.LANCZOS
    )


def _around(deck: Deck, intrinsics: Array, X_world_cam: Array) -> tuple[int, int, int, int]:
    """The part of the picture in which a full stack would stand [pixels]."""
    half = deck.size / 2.0 + _BESIDE
    low, high = deck.X_world_deck[:3, 3] - half, deck.X_world_deck[:3, 3] + half
    high[2] = deck.top + deck.height
    corners = np.array(
        [
            (x, y, z)
            for x in (low[0], high[0])
            for y in (low[1], high[1])
            for z in (deck.top, high[2])
        ]
    )
    points = apply(inverse(X_world_cam), corners) @ intrinsics.T
    pixels = points[:, :2] / points[:, 2:]
    (left, top), (right, bottom) = pixels.min(axis=0), pixels.max(axis=0)
    return max(int(left), 0), max(int(top), 0), int(right), int(bottom)


def _outline(face: SeenFace, intrinsics: Array, X_world_cam: Array) -> list[tuple[float, float]]:
    """Corners of a face in the picture [pixels]."""
    local = np.c_[_CORNERS * face.extent, np.zeros(4)]
    points = apply(inverse(X_world_cam), apply(face.X_world_face, local))
    pixels = points @ intrinsics.T
    return [(float(u / w), float(v / w)) for u, v, w in pixels]
