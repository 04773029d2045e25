"""Suction on a case: which cups of a tool lie on it, how tight they are, and what they hold.

Pump, leak and holding force are the tool's own figures, as in `robolab.sim.vacuum`; here the tool has one or several
cups whose zones are switched each for itself, and a load that turns about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np

from robolab.core.transforms import Array, inverse
from robolab.robots.model import Gripper
from robolab.sim.vacuum import VacuumFigures
from robolab.tasks.pallet_case import ArmKind, Case
from robolab.tasks.pallet_faces import SeenFace, upper_face

SEALING = 0.2
"""Time that is given to the vacuum [s]."""
GIVE = 0.02
"""How far the bellows of a cup follow a face that is lower or tilted [m]."""
_TILT_COSINE = float(np.cos(np.radians(12.0)))
_LEAK = {"box": 0.03, "tote": 0.015, "bag": 0.35}
"""Share of the pump's vacuum that is lost: corrugated board breathes a little, sacks a lot."""
_RIM = np.linspace(0.0, 2.0 * np.pi, 8, endpoint=False)
GRAVITY = 9.81
_GRAZE = 0.003
"""What a tool passes beside by less than this on its way down, it meets [m]."""
USE = 0.75
"""Share of what a grip holds that is made use of."""


@dataclass(frozen=True)
class Cups:
    """A tool's cups.

    Attributes:
        places: In tcp, shape (c, 2) [m]. radius: Of each [m].
        half: Of the tool's rigid outline around the tcp, shape (2,) [m].
    """

    places: Array
    radius: float
    half: Array
    figures: VacuumFigures

    @property
    def area(self) -> float:
        """Of one cup [m2]."""
        return self.figures.area / len(self.places)

    def pressure(self, leak: float) -> float:
        """Vacuum after `SEALING` [Pa]."""
        return self.figures.pump * (1.0 - leak) * (1.0 - exp(-SEALING / self.figures.seal_time))


_PLATE = np.array([(x, y) for x in (-0.2, -0.07, 0.07, 0.2) for y in (-0.12, 0.0, 0.12)])
_LAYOUT: dict[ArmKind, tuple[Array, Array]] = {
    "ur10e": (np.zeros((1, 2)), np.array([0.0425, 0.0425])),
    "palletiser": (_PLATE, np.array([0.25, 0.17])),
}
"""Places of cups and half outline, as the tools' descriptions draw them."""


def cups_of(gripper: Gripper, arm: ArmKind) -> Cups:
    """Return the cups of an arm's tool."""
    places, half = _LAYOUT[arm]
    figures = VacuumFigures.of(gripper)
    return Cups(places, figures.radius, half, figures)


@dataclass(frozen=True)
class Seal:
    """What the cups that were switched on have taken.

    Attributes:
        held: Numbers of the cases that cups lie on. cups: How many are tight on each.
        leak: Share of the vacuum lost. tight: Numbers of the cups that are tight: each has a gauge of its own.
    """

    held: tuple[int, ...]
    cups: tuple[int, ...]
    leak: float
    tight: tuple[int, ...]


def seal(cases: Sequence[Case], X_world_tcp: Array, cups: Cups, used: Sequence[int]) -> Seal:
    """Lower a tool onto a pile and switch some of its cups on.

    A cup is tight where its whole rim lies on one face, not farther below than the bellows give and away from a crushed
    corner. Any that is not loses an equal share of the vacuum of all.
    """
    on = [_under(cases, X_world_tcp, cups, k) for k in used]
    held = sorted({i for i in on if i >= 0})
    count = tuple(sum(1 for i in on if i == case) for case in held)
    open_share = sum(1 for i in on if i < 0) / max(len(used), 1)
    own = max((_LEAK[cases[i].kind] for i in held), default=1.0)
    leak = 1.0 if not held else min(1.0, own + 0.7 * open_share)
    tight = tuple(k for k, i in zip(used, on, strict=True) if i >= 0)
    return Seal(tuple(held), count, leak, tight)


def _under(cases: Sequence[Case], X_world_tcp: Array, cups: Cups, cup: int) -> int:
    """Number of the case that a cup is tight on, or -1."""
    rim = cups.places[cup] + cups.radius * np.c_[np.cos(_RIM), np.sin(_RIM)]
    points = np.c_[rim, np.zeros(len(rim))] @ X_world_tcp[:3, :3].T + X_world_tcp[:3, 3]
    for i, case in enumerate(cases):
        if np.linalg.norm(case.X_world_case[:2, 3] - points[0, :2]) > case.size.max():
            continue
        face = upper_face(case)
        local = (points - face.X_world_face[:3, 3]) @ face.X_world_face[:3, :3]
        within = (np.abs(local[:, :2]) <= face.extent / 2.0).all()
        near = (np.abs(local[:, 2]) < GIVE).all()
        if within and near and face.X_world_face[2, 2] > _TILT_COSINE:
            crushed = case.look.crushed and bool(np.any(_crushed(case, local)))
            return -1 if crushed else i
    return -1


def contact(cases: Sequence[Case], X_world_tcp: Array, cups: Cups, beside: float = _GRAZE) -> float:
    """Height at which a tool that comes straight down meets a pile; minus infinity beside all of it [m].

    Args:
        beside: How far beside it the tool meets things, too [m].
    """
    half = cups.half + beside
    at = _under_tool(X_world_tcp, _GRID * half)
    highest = -np.inf
    for case in cases:
        face = upper_face(case)
        middle = face.X_world_face[:3, 3]
        if np.linalg.norm(middle[:2] - X_world_tcp[:2, 3]) > np.linalg.norm(half) + case.size.max():
            continue
        z = _height_at(face, at)
        local = (np.c_[at, z] - middle) @ face.X_world_face[:3, :2]
        found = z[(np.abs(local) <= face.extent / 2.0).all(axis=1)]
        # A corner may reach under the tool between the points of its grid.
        own = np.c_[_GRID * face.extent / 2.0, np.zeros(len(_GRID))]
        points = own @ face.X_world_face[:3, :3].T + middle
        off = (points - X_world_tcp[:3, 3])[:, :2] @ X_world_tcp[:2, :2]
        met = points[(np.abs(off) <= half).all(axis=1), 2]
        highest = max(highest, float(max(found.max(initial=-np.inf), met.max(initial=-np.inf))))
    return highest


_GRID = np.stack(np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9)), axis=-1).reshape(-1, 2)
"""Points of a rectangle, as shares of its half sides."""


def _under_tool(X_world_tcp: Array, local: Array) -> Array:
    """Where points of a tool's outline are along world's x and y, shape (m, 2) [m]."""
    points = np.c_[local, np.zeros(len(local))] @ X_world_tcp[:3, :3].T + X_world_tcp[:3, 3]
    return points[:, :2]


def _height_at(face: SeenFace, at: Array) -> Array:
    """Height of a face's plane at places along world's x and y, shape (m,) [m]."""
    n, middle = face.X_world_face[:3, 2], face.X_world_face[:3, 3]
    return np.asarray(middle[2] - (at - middle[:2]) @ n[:2] / n[2])


def _crushed(case: Case, local: Array) -> np.ndarray:
    """Which points of the upper face lie in its crushed corner, a fifth of each side."""
    signs = np.array([1 if case.look.seed & 1 else -1, 1 if case.look.seed & 2 else -1])
    half = np.sort(case.size[:2])[::-1] / 2.0
    return np.all(signs * local[:, :2] > 0.6 * half, axis=1)


def capacity(cups: Cups, count: int, leak: float) -> float:
    """Pull along the axis that a number of tight cups holds [N]."""
    return cups.pressure(leak) * cups.area * count


def strain(force: float, mass: float, acceleration: float, arm: float, span: float) -> float:
    """Share of a grip's strength that a load takes: pull, shear and turn together; above 1 it is torn off.

    Args:
        force: `capacity` [N]. acceleration: Of the tool, in any direction [m/s2].
        arm: Of the load's middle beside the grip [m]. span: Half width of what seals [m].
    """
    pull = mass * (GRAVITY + acceleration)
    shear = mass * acceleration / 0.5
    turn = mass * (GRAVITY + acceleration) * arm / span
    return (pull + shear + turn) / max(force, 1e-9)


def bearable(force: float, mass: float, arm: float, span: float) -> float:
    """Greatest acceleration that takes no more than `USE` of a grip [m/s2]; negative where it cannot even hang."""
    still = strain(force, mass, 0.0, arm, span)
    per = strain(force, mass, 1.0, arm, span) - still
    return (USE - still) / max(per, 1e-9)


def span_of(cups: Cups, used: Sequence[int]) -> float:
    """Half the width of what seals, along its narrower side [m]."""
    return cups.radius + float(np.ptp(cups.places[list(used)], axis=0).min()) / 2.0


def offset(case: Case, X_world_tcp: Array, cups: Cups, used: Sequence[int]) -> float:
    """Return how far a case's middle lies beside the middle of the cups [m]."""
    local = inverse(X_world_tcp) @ case.X_world_case
    return float(np.linalg.norm(local[:2, 3] - cups.places[list(used)].mean(axis=0)))
