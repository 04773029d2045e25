"""How a fin-ray finger gives way: two beams that meet at the tip, ribs between them, condensed onto the front one.

Pressed on its front, such a finger bends around what presses: the ribs keep the beams apart and the beams keep their
length, so that the tip leans the other way. Beams are Euler and Bernoulli's and deflections small; ribs are pinned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from robolab.core.transforms import Array


@dataclass(frozen=True)
class FinRay:
    """A finger that stands on its base; x points from the front beam to the back one, z to the tip.

    Attributes:
        length: From base to tip [m].
        depth: Between the beams at the base [m].
        width: Of the finger, out of its plane [m].
        beam, rib: Thickness of either beam, and of a rib [m].
        modulus: Young's, of the material [Pa].
        segments: Rigid ones that the front beam is made of in the physics, all as long; a rib stands at the end of each.
    """

    length: float
    depth: float
    width: float
    beam: float
    rib: float
    modulus: float
    segments: int

    @staticmethod
    def of_figures(figures: Mapping[str, float], segments: int) -> FinRay:
        """Return the finger of a tool's figures, in millimetres and megapascal."""
        mm = {
            name: 1e-3 * figures[f"{name}_mm"]
            for name in ("length", "depth", "width", "beam", "rib")
        }
        return FinRay(**mm, modulus=1e6 * figures["modulus_mpa"], segments=segments)


def joint_stiffness(finger: FinRay) -> Array:
    """Return the stiffness of the joints between a finger's segments, from base to tip, shape (n, n) [N m/rad].

    It is full: that of the joints' angles together, torque = -stiffness @ angles.

    References: Guyan (1965), Reduction of stiffness and mass matrices; Przemieniecki (1968), ch. 5, beam elements.
    """
    n = finger.segments
    lateral = front_stiffness(finger)
    step = finger.length / n
    # Segment i is turned by the sum of the joints up to it; its end is displaced by the turns of all up to it.
    turned = np.tril(np.ones((n, n)))
    displaced = step * turned @ turned
    return displaced.T @ lateral @ displaced


def front_stiffness(finger: FinRay) -> Array:
    """Return the stiffness against displacement across the front beam at the ends of its segments, shape (n, n) [N/m]."""
    n = finger.segments
    heights = np.linspace(0.0, finger.length, n + 1)
    front = np.column_stack([np.zeros(n + 1), heights])
    back = np.column_stack([finger.depth * (1.0 - heights / finger.length), heights])
    nodes = np.vstack([front, back[:-1]])  # both beams end in the tip
    second = [*range(n + 1, 2 * n + 1), n]
    whole = np.zeros((3 * len(nodes), 3 * len(nodes)))
    for chain in (range(n + 1), second):
        for a, b in pairwise(chain):
            _add(whole, nodes, (a, b), _beam(finger, nodes[b] - nodes[a]))
    for k in range(1, n):
        _add(whole, nodes, (k, second[k]), _rod(finger, nodes[second[k]] - nodes[k]))
    fixed = {3 * node + k for node in (0, n + 1) for k in range(3)}
    kept = [3 * node for node in range(1, n + 1)]
    rest = [k for k in range(len(whole)) if k not in fixed and k not in kept]
    across = whole[np.ix_(kept, rest)]
    return whole[np.ix_(kept, kept)] - across @ np.linalg.solve(whole[np.ix_(rest, rest)], across.T)


def _add(whole: Array, nodes: Array, ends: tuple[int, int], element: Array) -> None:
    rows = [3 * node + k for node in ends for k in range(3)]
    whole[np.ix_(rows, rows)] += element


def _beam(finger: FinRay, along: Array) -> Array:
    """Stiffness of a beam element in world axes: x, z and turn at either end, shape (6, 6)."""
    length = float(np.linalg.norm(along))
    area = finger.width * finger.beam
    bending = finger.modulus * finger.width * finger.beam**3 / 12.0
    axial = finger.modulus * area / length
    a, b, c = 12.0 * bending / length**3, 6.0 * bending / length**2, 2.0 * bending / length
    local = np.zeros((6, 6))
    local[np.ix_([0, 3], [0, 3])] = axial * np.array([[1.0, -1.0], [-1.0, 1.0]])
    local[np.ix_([1, 2, 4, 5], [1, 2, 4, 5])] = [
        [a, b, -a, b],
        [b, 2.0 * c, -b, c],
        [-a, -b, a, -b],
        [b, c, -b, 2.0 * c],
    ]
    turn = _axes(along / length)
    return turn.T @ local @ turn


def _rod(finger: FinRay, along: Array) -> Array:
    """Stiffness of a rib that is pinned at both ends, shape (6, 6)."""
    length = float(np.linalg.norm(along))
    way = np.concatenate([-along, [0.0], along, [0.0]]) / length
    return finger.modulus * finger.width * finger.rib / length * np.outer(way, way)


def _axes(way: Array) -> Array:
    """From world axes to those along and across an element, for both ends, shape (6, 6)."""
    both = np.zeros((6, 6))
    both[:3, :3] = [[way[0], way[1], 0.0], [-way[1], way[0], 0.0], [0.0, 0.0, 1.0]]
    both[3:, 3:] = both[:3, :3]
    return both
