"""What is printed on the faces of a case: cardboard, tape, labels, bars and pictures, as small pictures themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from robolab.core.transforms import Array, apply
from robolab.kernels.raster import Triangles

TEXELS = 64
"""Side of the picture of one face."""
FACES = 6
"""Of a box: +x, -x, +y, -y, +z, -z; u and v run along the other two axes in the order x, y, z."""
_RIM = 0.75
"""How bright the outermost texels are: edges are rounded and turn from the light."""


@dataclass(frozen=True)
class Decal:
    """A coloured rectangle on one face.

    Attributes:
        face: 0 to 5: +x, -x, +y, -y, +z, -z.
        rectangle: u0, v0, u1, v1 as shares of the face.
        colour: Red, green, blue, 0 to 1.
        bars: How many bars the colour is broken into along the first direction; 0 fills the rectangle.
    """

    face: int
    rectangle: tuple[float, float, float, float]
    colour: tuple[float, float, float]
    bars: int = 0


@dataclass(frozen=True)
class Skin:
    """How a case looks.

    Attributes:
        colour: Of the case, red, green, blue, 0 to 1.
        decals: What is on it, the later over the earlier.
        seed: Fixes the unevenness. grain: Its standard deviation, of 255 steps.
    """

    colour: tuple[float, float, float]
    decals: tuple[Decal, ...] = ()
    seed: int = 0
    grain: float = 5.0


@lru_cache(maxsize=512)
def pictures_of(skin: Skin) -> np.ndarray:
    """Return the faces' pictures, shape (6, TEXELS, TEXELS, 3), uint8."""
    rng = np.random.default_rng(skin.seed)
    out = np.empty((FACES, TEXELS, TEXELS, 3), dtype=np.float32)
    out[:] = 255.0 * np.array(skin.colour, dtype=np.float32)
    for decal in skin.decals:
        u0, v0, u1, v1 = (round(TEXELS * share) for share in decal.rectangle)
        patch = out[decal.face, v0:v1, u0:u1]
        inked = np.ones(patch.shape[1], dtype=bool)
        if decal.bars:
            inked = np.arange(patch.shape[1]) * 2 * decal.bars // max(patch.shape[1], 1) % 2 == 0
        patch[:, inked] = 255.0 * np.array(decal.colour, dtype=np.float32)
    for edge in (out[:, 0], out[:, -1], out[:, :, 0], out[:, :, -1]):
        edge *= _RIM
    out += np.float32(skin.grain) * rng.standard_normal(
        (FACES, TEXELS, TEXELS, 1), dtype=np.float32
    )
    return np.clip(out, 0.0, 255.0).astype(np.uint8)


def printed_boxes(poses: Array, skins: Sequence[Skin], corners: Array) -> Triangles:
    """Return boxes as triangles in world, on one frame that stands still; face k of box b has tag 6 b + k.

    Args:
        poses: X_world_box, shape (n, 4, 4).
        corners: Of each box in its own frame, shape (n, 8, 3) [m], x slowest, z fastest.
    """
    count = len(skins)
    placed = [apply(X, c) for X, c in zip(poses, corners, strict=True)]
    start = 8 * np.arange(count)[:, None, None, None]
    faces = (start + QUADS[:, TRIANGLES]).reshape(-1, 3)
    first = (TEXELS * np.arange(FACES * count)).reshape(-1, 1, 1, 1)
    uv = np.broadcast_to(_CORNERS_UV[TRIANGLES], (FACES * count, 2, 3, 2)) * (TEXELS - 1e-3)
    uv = uv + first * np.array([0.0, 1.0])
    sheet = np.concatenate([pictures_of(s) for s in skins] or [_NOTHING])
    return Triangles(
        vertices=np.concatenate([np.zeros((0, 3)), *placed]).astype(np.float32),
        frame=np.zeros(8 * count, dtype=np.int32),
        faces=faces.astype(np.int32),
        colour=np.zeros((len(faces), 3), dtype=np.float32),
        tag=np.repeat(np.arange(FACES * count), 2).astype(np.int32),
        uv=uv.reshape(-1, 3, 2).astype(np.float32),
        sheet=sheet.reshape(-1, TEXELS, 3),
    )


CORNERS = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
"""Of a box of side one, x slowest, z fastest."""
QUADS = np.array(
    [[4, 6, 7, 5], [0, 2, 3, 1], [2, 6, 7, 3], [0, 4, 5, 1], [1, 5, 7, 3], [0, 4, 6, 2]]
)
"""Corners of each face in order round it: (u, v) = (0, 0), (1, 0), (1, 1), (0, 1)."""
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]])
_CORNERS_UV = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
_NOTHING = np.zeros((0, TEXELS, TEXELS, 3), dtype=np.uint8)
