"""Surroundings of many kinds, drawn at random: what a planner meets that is to work in any scene.

Sizes and places are drawn for an arm that reaches 0.85 m and grow with its reach. Everything is in the
robot's base frame and keeps off the base itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array, pose, pose_rpy

MOST_PIECES = 24
_USUAL_REACH = 0.85
_BOTH = 0.25
"""How often two kinds stand together."""
_OFF_BASE = 0.22
"""Pieces whose centre is nearer to the base's axis are left out [m]."""


class Piece(NamedTuple):
    """A box of half sizes (x, y, z), or a cylinder along z of radius, half length and 0 [m]; X_base_piece, (4, 4)."""

    cylinder: bool
    half: Array
    X: Array


Kind = Callable[[np.random.Generator], list[Piece]]


def furnish(kinds: Sequence[str], reach: float, rng: np.random.Generator) -> list[Piece]:
    """Draw surroundings of one of the kinds, or of two; at most `MOST_PIECES` pieces.

    Args:
        reach: How far the arm's tool comes from its base [m].
    """
    count = 2 if len(kinds) > 1 and rng.random() < _BOTH else 1
    scale = reach / _USUAL_REACH
    pieces: list[Piece] = []
    for kind in rng.choice(list(kinds), size=count, replace=False):
        turn = pose_rpy((0.0, 0.0, 0.0), (0.0, 0.0, rng.normal(0.0, 0.8)))
        pieces += [_grown(piece, turn, scale) for piece in KINDS[str(kind)](rng)]
    return [p for p in pieces if np.hypot(*p.X[:2, 3]) > _OFF_BASE * scale][:MOST_PIECES]


def _grown(piece: Piece, turn: Array, scale: float) -> Piece:
    X = turn @ piece.X
    X[:3, 3] *= scale
    return Piece(piece.cylinder, piece.half * scale, X)


def _box(centre: Sequence[float], size: Sequence[float]) -> Piece:
    return Piece(False, np.asarray(size, dtype=float) / 2.0, pose(centre))


def _tube(centre: Sequence[float], radius: float, length: float) -> Piece:
    return Piece(True, np.array([radius, length / 2.0, 0.0]), pose(centre))


def _item(x: float, y: float, floor: float, tallest: float, rng: np.random.Generator) -> Piece:
    """Something that stands on a floor: a can, a bottle, a carton."""
    tall = rng.uniform(0.3, 1.0) * min(tallest, 0.3)
    if rng.random() < 0.6:
        return _tube((x, y, floor + tall / 2.0), rng.uniform(0.02, 0.06), tall)
    size = (*rng.uniform(0.04, 0.14, 2), tall)
    return _box((x, y, floor + tall / 2.0), size)


def _shelf(rng: np.random.Generator) -> list[Piece]:
    """Boards between two sides, often with a back and a divider, and things on them."""
    front, depth, width = rng.uniform(0.38, 0.75), rng.uniform(0.2, 0.45), rng.uniform(0.5, 1.1)
    low, tall, thick = rng.uniform(-0.1, 0.4), rng.uniform(0.5, 1.2), rng.uniform(0.01, 0.05)
    x, boards = front + depth / 2.0, int(rng.integers(2, 6))
    heights = np.linspace(low, low + tall, boards)
    pieces = [_box((x, 0.0, z), (depth, width, thick)) for z in heights]
    middle = low + tall / 2.0
    pieces += [_box((x, s * width / 2.0, middle), (depth, thick, tall)) for s in (-1.0, 1.0)]
    if rng.random() < 0.6:
        pieces.append(_box((front + depth, 0.0, middle), (thick, width, tall)))
    if rng.random() < 0.3:
        pieces.append(_box((x, rng.uniform(-0.2, 0.2) * width, middle), (depth, thick, tall)))
    for _ in range(int(rng.integers(0, 9))):
        z = float(rng.choice(heights[:-1])) + thick / 2.0
        y = rng.uniform(-0.45, 0.45) * width
        pieces.append(_item(x + rng.uniform(-0.3, 0.3) * depth, y, z, tall / boards, rng))
    return pieces


def _table(rng: np.random.Generator) -> list[Piece]:
    """A top, mostly on legs, with things on it; poses above and below it are asked for."""
    near, depth, width = rng.uniform(0.25, 0.5), rng.uniform(0.5, 1.0), rng.uniform(0.6, 1.5)
    top, thick = rng.uniform(-0.05, 0.7), rng.uniform(0.02, 0.08)
    x = near + depth / 2.0
    pieces = [_box((x, 0.0, top - thick / 2.0), (depth, width, thick))]
    if top > 0.15 and rng.random() < 0.7:
        long, side = top - thick, rng.uniform(0.03, 0.08)
        pieces += [
            _box(
                (x + sx * (depth - side) / 2.0, sy * (width - side) / 2.0, long / 2.0),
                (side, side, long),
            )
            for sx in (-1.0, 1.0)
            for sy in (-1.0, 1.0)
        ]
    for _ in range(int(rng.integers(1, 9))):
        at = x + rng.uniform(-0.45, 0.45) * depth, rng.uniform(-0.45, 0.45) * width
        pieces.append(_item(*at, top, 0.3, rng))
    return pieces


def _bin(rng: np.random.Generator) -> list[Piece]:
    """An open box with walls, on the floor or raised, sometimes with things in it."""
    size, thick = rng.uniform((0.25, 0.3, 0.15), (0.6, 0.8, 0.5)), rng.uniform(0.01, 0.03)
    x, y, low = rng.uniform(0.4, 0.75), rng.uniform(-0.2, 0.2), rng.uniform(-0.15, 0.35)
    turn = pose_rpy((x, y, low), (0.0, 0.0, rng.uniform(-0.8, 0.8)))
    middle = size[2] / 2.0
    walls = [_box((0.0, 0.0, 0.0), (size[0], size[1], thick))]
    for s in (-0.5, 0.5):
        walls.append(_box((s * size[0], 0.0, middle), (thick, size[1], size[2])))
        walls.append(_box((0.0, s * size[1], middle), (size[0], thick, size[2])))
    for _ in range(int(rng.integers(0, 4))):
        at = rng.uniform(-0.35, 0.35, 2) * size[:2]
        walls.append(_item(at[0], at[1], thick / 2.0, 0.6 * size[2], rng))
    if low > 0.1 and rng.random() < 0.6:
        walls.append(_box((0.0, 0.0, -thick - low / 2.0), (size[0], size[1], low)))
    return [piece._replace(X=turn @ piece.X) for piece in walls]


def _cage(rng: np.random.Generator) -> list[Piece]:
    """A frame of bars with a block in it."""
    size, bar = rng.uniform((0.3, 0.3, 0.4), (0.6, 0.8, 0.9)), rng.uniform(0.02, 0.06)
    x, low = rng.uniform(0.4, 0.7), rng.uniform(-0.1, 0.3)
    turn = pose_rpy((x, 0.0, low), (0.0, 0.0, rng.uniform(-0.8, 0.8)))
    bars = [
        _box((sx * size[0], sy * size[1], size[2] / 2.0), (bar, bar, size[2]))
        for sx in (-0.5, 0.5)
        for sy in (-0.5, 0.5)
    ]
    for z in rng.choice([0.0, 0.35, 0.65, 1.0], size=int(rng.integers(1, 4)), replace=False):
        for s in (-0.5, 0.5):
            bars.append(_box((s * size[0], 0.0, z * size[2]), (bar, size[1], bar)))
            bars.append(_box((0.0, s * size[1], z * size[2]), (size[0], bar, bar)))
    at = rng.uniform(-0.25, 0.25, 2) * size[:2]
    bars.append(_item(at[0], at[1], rng.uniform(0.0, 0.4) * size[2], 0.3, rng))
    return [piece._replace(X=turn @ piece.X) for piece in bars]


def _posts(rng: np.random.Generator) -> list[Piece]:
    """Upright posts all round, and beams over them."""
    pieces: list[Piece] = []
    for _ in range(int(rng.integers(2, 8))):
        far, angle, tall = rng.uniform(0.3, 0.8), rng.uniform(-np.pi, np.pi), rng.uniform(0.5, 1.4)
        at = (far * np.cos(angle), far * np.sin(angle), rng.uniform(0.2, 0.7))
        pieces.append(_tube(at, rng.uniform(0.02, 0.08), tall))
    for _ in range(int(rng.integers(0, 3))):
        at = (rng.uniform(0.35, 0.7), rng.uniform(-0.2, 0.2), rng.uniform(0.4, 1.1))
        thick = rng.uniform(0.04, 0.14)
        beam = _box((0.0, 0.0, 0.0), (thick, rng.uniform(0.5, 1.4), thick))
        pieces.append(beam._replace(X=pose_rpy(at, (0.0, 0.0, rng.uniform(-0.5, 0.5)))))
    return pieces


def _clutter(rng: np.random.Generator) -> list[Piece]:
    """Boxes and cylinders anywhere within reach, turned anyhow."""
    pieces: list[Piece] = []
    for _ in range(int(rng.integers(4, 15))):
        way = rng.normal(size=3)
        centre = rng.uniform(0.35, 0.95) * way / np.linalg.norm(way)
        centre[2] = abs(centre[2])
        X = pose_rpy(centre, rng.uniform(-np.pi, np.pi, 3))
        if rng.random() < 0.5:
            half = np.array([rng.uniform(0.02, 0.1), rng.uniform(0.05, 0.3), 0.0])
            pieces.append(Piece(True, half, X))
        else:
            pieces.append(Piece(False, rng.uniform(0.02, 0.2, 3), X))
    return pieces


KINDS: dict[str, Kind] = {
    "shelf": _shelf,
    "table": _table,
    "bin": _bin,
    "cage": _cage,
    "posts": _posts,
    "clutter": _clutter,
}
