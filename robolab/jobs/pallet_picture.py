"""Pictures of a pallet from above: what was found, what was taken, and how the policy ranked every face and placement."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from robolab.core.rng import stream
from robolab.core.transforms import Array, apply, inverse
from robolab.jobs.pallet_watch import Turn
from robolab.sim.camera import Intrinsics
from robolab.tasks.pallet_case import Pallet
from robolab.tasks.pallet_choice import Option
from robolab.tasks.pallet_faces import SeenFace, corners
from robolab.tasks.pallet_grip import Cups
from robolab.tasks.pallet_view import overhead, photograph

FOUND, TAKEN, LEFT = (30, 200, 90), (255, 70, 20), (250, 200, 40)
"""Outlines: a face that was found, the one that was taken, and the one that was tried in vain."""
_FINER = 2
"""Drawn at this many times the size, then averaged."""
_BESIDE = 0.03
"""What is shown beside the deck [m]."""
_HEAT = np.array([(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)])
"""From the least to the best score: five colours of matplotlib's viridis, told apart by every eye."""
_VEIL = 150
"""Opacity of the heat over a face, of 255."""
_QUALITY = 84


def plain(pallet: Pallet, turn: Turn, width: int) -> Image.Image:
    """Return a look with all faces that were found and the one that was taken, so many pixels wide."""
    eye = _Eye(pallet, width)
    image = eye.photo(turn)
    draw = ImageDraw.Draw(image)
    taken = None if turn.option is None else turn.option.face
    for i, face in enumerate(turn.view.faces):
        if face.confidence > 0.0 and i != taken:
            draw.line(eye.outline(face), fill=FOUND, width=4)
    if taken is not None:
        colour = TAKEN if turn.well else LEFT
        draw.line(eye.outline(turn.view.faces[taken]), fill=colour, width=9)
    return eye.developed(image)


def heat(
    pallet: Pallet, turn: Turn, ranked: Sequence[tuple[Option, float]], cups: Cups, width: int
) -> Image.Image:
    """Return a look on which every face is as warm as its best way was ranked, with a dot for each placement.

    Args:
        ranked: Ways with their scores; at least one.
    """
    eye = _Eye(pallet, width)
    image = eye.photo(turn)
    scores = np.array([score for _, score in ranked])
    share = _shares(scores)
    veil = Image.new("RGBA", image.size)
    draw = ImageDraw.Draw(veil)
    best: dict[int, float] = {}
    for (option, _), warmth in zip(ranked, share, strict=True):
        best[option.face] = max(best.get(option.face, 0.0), float(warmth))
    for i, warmth in best.items():
        outline = eye.outline(turn.view.faces[i])
        draw.polygon(outline, fill=(*colour_of(warmth), _VEIL))
    image = Image.alpha_composite(image.convert("RGBA"), veil).convert("RGB")
    draw = ImageDraw.Draw(image)
    for (option, _), warmth in zip(ranked, share, strict=True):
        (u, v) = eye.pixels(_middle(option, cups)[None])[0]
        draw.ellipse((u - 9, v - 9, u + 9, v + 9), fill=colour_of(warmth), outline=(255, 255, 255), width=2)  # fmt: skip
    if turn.option is not None:
        draw.line(eye.outline(turn.view.faces[turn.option.face]), fill=TAKEN, width=8)
        for place in turn.option.used:
            (u, v) = eye.pixels(_cup(turn.option, cups, place)[None])[0]
            draw.line((u - 11, v, u + 11, v), fill=TAKEN, width=4)
            draw.line((u, v - 11, u, v + 11), fill=TAKEN, width=4)
    return eye.developed(image)


def colour_of(share: float) -> tuple[int, int, int]:
    """Return the colour of a warmth from 0 to 1."""
    at = float(np.clip(share, 0.0, 1.0)) * (len(_HEAT) - 1)
    mixed = [np.interp(at, np.arange(len(_HEAT)), _HEAT[:, k]) for k in range(3)]
    return int(mixed[0]), int(mixed[1]), int(mixed[2])


def png(image: Image.Image) -> bytes:
    """Return a picture as PNG."""
    data = BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()


def jpeg(image: Image.Image) -> bytes:
    """Return a picture as JPEG: a quarter of the size, for pages with many."""
    data = BytesIO()
    image.save(data, "JPEG", quality=_QUALITY, optimize=True)
    return data.getvalue()


def _shares(scores: Array) -> Array:
    """Scores from 0 for the least to 1 for the best; half for all where they are the same."""
    low, high = float(scores.min()), float(scores.max())
    return np.full(len(scores), 0.5) if high - low < 1e-9 else (scores - low) / (high - low)


def _middle(option: Option, cups: Cups) -> Array:
    """Where a way puts the middle of its cups, in world, shape (3,)."""
    places = cups.places[list(option.used)].mean(axis=0)
    X: Array = option.X_world_tcp
    return X[:3, 3] + X[:3, :2] @ places


def _cup(option: Option, cups: Cups, place: int) -> Array:
    X: Array = option.X_world_tcp
    return X[:3, 3] + X[:3, :2] @ cups.places[place]


class _Eye:
    """The camera above a pallet, without faults, for people: its picture is as large as the full stack, and sharper.

    Args:
        width: Of pictures [pixels].
    """

    def __init__(self, pallet: Pallet, width: int) -> None:
        self._pallet, self._width = pallet, width
        self._X_world_cam = overhead(pallet.deck)
        self._lens = self._around()

    def _around(self) -> Intrinsics:
        """A lens that sees the pallet as it was loaded, and nothing else."""
        rays = self._rays(_outermost(self._pallet))
        low, high = rays.min(axis=0), rays.max(axis=0)
        f = _FINER * self._width / float(high[0] - low[0])
        height = round(f * float(high[1] - low[1]))
        cx, cy = (float(-f * side - 0.5) for side in low)
        return Intrinsics(_FINER * self._width, height, f, f, cx, cy)

    def _rays(self, points: Array) -> Array:
        """Points in world, shape (k, 3), on the plane one metre before the camera, shape (k, 2)."""
        local = apply(inverse(self._X_world_cam), points)
        return local[:, :2] / local[:, 2:]

    def photo(self, turn: Turn) -> Image.Image:
        rng = stream(self._pallet.seed, "pallet", "film")
        deck, X = self._pallet.deck, self._X_world_cam
        taken = photograph(turn.cases, deck, X, None, rng, lens=self._lens, colour_noise=0.0)
        return Image.fromarray(taken.colour)

    def pixels(self, points: Array) -> list[tuple[float, float]]:
        """Where points in world, shape (k, 3), are in the picture."""
        lens = self._lens
        return [
            (lens.fx * x + lens.cx, lens.fy * y + lens.cy) for x, y in self._rays(points).tolist()
        ]

    def outline(self, face: SeenFace) -> list[tuple[float, float]]:
        """Corners of a face in the picture, the first one again at the end."""
        around = self.pixels(corners(face))
        return [*around, around[0]]

    def developed(self, image: Image.Image) -> Image.Image:
        """A picture at the size that was asked for."""
        return image.resize((self._width, round(image.height / _FINER)), Image.Resampling.LANCZOS)


def _outermost(pallet: Pallet) -> Array:
    """Corners of a space that holds deck and stack, with a little beside it, shape (8, 3)."""
    deck = pallet.deck
    half = deck.size / 2.0
    low, high = deck.X_world_deck[:3, 3] - half, deck.X_world_deck[:3, 3] + half
    for case in pallet.cases:
        reach = np.abs(case.X_world_case[:3, :3]) @ np.asarray(case.size) / 2.0
        low = np.minimum(low, case.X_world_case[:3, 3] - reach)
        high = np.maximum(high, case.X_world_case[:3, 3] + reach)
    ends = np.array([low - _BESIDE, high + _BESIDE])
    return np.array([(x, y, z) for x in ends[:, 0] for y in ends[:, 1] for z in ends[:, 2]])
