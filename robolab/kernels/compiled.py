"""Collision checks in microseconds: one robot, one set of obstacles, any number of questions."""

from __future__ import annotations

from functools import cached_property
from math import factorial

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled_cost import path_cost
from robolab.kernels.compiled_data import (
    CARRIED,
    pack_chain,
    pack_points,
    pack_solids,
    pack_spheres,
)
from robolab.kernels.compiled_distance import FAR, nearest_point, solid_distance
from robolab.kernels.compiled_kinematics import place_balls, place_frames, tilt_cosine
from robolab.kernels.compiled_motion import TOUCH, clearance, free_share
from robolab.kernels.compiled_search import FREE, curve_search, segment_search
from robolab.kernels.obstacles import Obstacles
from robolab.robots.model import Chain, Spheres
from robolab.trajectory.polynomial import PiecewisePolynomial

_NO_TILT = (0.0, 0.0, 1.0, 2.0 * np.pi)


class CompiledChecker:
    """Answers whether joint positions, straight segments and curves are free; conservative by the spheres.

    What stands fast (spheres on link 0) is not tested against obstacles: it cannot be moved out of the way.
    Anything nearer than `TOUCH` to what is asked counts as touching.

    Args:
        clearance: Distance that the robot must keep from obstacles [m].
        carried_clearance: The same for the carried object; as the robot's if None.
        upright: World direction (3,) and greatest angle from it [rad] of the tool's z axis, or None.
    """

    def __init__(
        self,
        chain: Chain,
        spheres: Spheres,
        obstacles: Obstacles,
        clearance: float = 0.0,
        carried_clearance: float | None = None,
        upright: tuple[Array, float] | None = None,
    ) -> None:
        own = clearance if carried_clearance is None else carried_clearance
        padding = np.array([own if body == CARRIED else clearance for body in spheres.body])
        chained = pack_chain(chain)
        packed = pack_spheres(chain, spheres, padding)
        solids, self._solid_names = pack_solids(obstacles)
        self._spheres, self._order, self._points_name = spheres, packed.order, obstacles.points_name
        limit = _NO_TILT if upright is None else (*upright[0], upright[1])
        self._setting = np.array([obstacles.point_radius, 0.0, *limit])
        self._still = np.zeros(chain.weights.shape[1])
        self._robot = (chained.rows, chained.ends, packed.ball, packed.group)
        self._lever = packed.lever
        self._rest = (packed.pairs, packed.group_pairs, solids, pack_points(obstacles.points))
        self._model = (*self._robot, self._lever, *self._rest)

    @cached_property
    def _bare(self) -> tuple[Array, Array, Array, Array]:
        """The robot without padding; the groups' radii may stay, as they only bound."""
        rows, ends, ball, group = self._robot
        bare = ball.copy()
        bare[:, 4] = 0.0
        return rows, ends, bare, group

    def clearance(self, q: Array) -> float:
        """Least distance of the robot to obstacles and to itself, negative where they overlap [m].

        Args:
            q: Joint positions, shape (n,) [rad].
        """
        return float(min(self.clearances(q)))

    def clearances(self, q: Array) -> tuple[float, float]:
        """Least distance to obstacles, and of the robot to itself [m]; 1e9 where there is nothing."""
        return clearance(*self._bare, *self._rest, self._setting[0], _vector(q))

    def path_clearance(self, Q: Array) -> Array:
        """Clearance at each of many joint positions, shape (m, n) -> (m,) [m]."""
        return np.array([self.clearance(q) for q in np.atleast_2d(Q)])

    def slack(self, q: Array) -> float:
        """Least distance beyond what is asked of robot and carried object [m]; the robot's to itself included."""
        return float(min(clearance(*self._robot, *self._rest, self._setting[0], _vector(q))))

    def free(self, q: Array, margin: float = 0.0) -> bool:
        """Whether nothing touches at joint positions, shape (n,), and the tool is upright.

        Args:
            margin: Distance from obstacles asked beyond the clearances [m].
        """
        setting = self._with(margin)
        return free_share(*self._model, setting, _vector(q), self._still, self._still) >= 0.0

    def segment_free(self, a: Array, b: Array, margin: float = 0.0) -> bool:
        """Whether nothing touches anywhere on the straight segment in joint space, ends included."""
        return self.segment_touch(a, b, margin) is None

    def segment_touch(self, a: Array, b: Array, margin: float = 0.0) -> float | None:
        """Some place in [0, 1] on a segment where something touches, or None."""
        setting = self._with(margin)
        found = segment_search(*self._model, setting, _vector(a), _vector(b))
        return None if found == FREE else float(found)

    def curve_free(self, curve: PiecewisePolynomial, margin: float = 0.0) -> bool:
        """Whether nothing touches anywhere on a curve, between its breaks as well."""
        return self.curve_touch(curve, margin) is None

    def curve_touch(self, curve: PiecewisePolynomial, margin: float = 0.0) -> float | None:
        """Some argument of a curve at which something touches, or None."""
        setting = self._with(margin)
        for piece, control in enumerate(bezier_points(curve)):
            found = curve_search(*self._model, setting, control)
            if found != FREE:
                low, high = curve.breaks[piece : piece + 2]
                return float(low + found * (high - low))
        return None

    def penalty(self, Q: Array, reach: float) -> tuple[float, Array]:
        """Sum of penalties on less slack than `reach` [m] at many joint positions, and its gradient, shape (m, n).

        For one sphere and obstacle the penalty falls from `reach / 2` at touch to 0, quadratically.
        """
        gradient = np.empty_like(Q)
        cost = path_cost(*self._robot, *self._rest, self._setting, reach, Q, gradient)
        return cost, gradient

    def upright(self, q: Array) -> bool:
        """Whether the tool's z axis keeps to the angle asked."""
        frames, _ = self._placed(q)
        cosine = tilt_cosine(frames, self._robot[1], self._setting[2:5])
        return bool(np.arccos(np.clip(cosine, -1.0, 1.0)) < self._setting[5] - TOUCH)

    def colliding_bodies(self, q: Array) -> tuple[tuple[str, str], ...]:
        """Pairs of names that touch or come too near: link and obstacle, or link and link; sorted."""
        _, centres = self._placed(q)
        _, _, ball, _ = self._robot
        found: set[tuple[str, str]] = set()
        for i in range(len(ball)):
            body, size = self._body(i), ball[i, 3] + ball[i, 4] + TOUCH
            if self._spheres.link[self._order[i]] == 0:
                continue
            found |= {(body, name) for name in self._touched(centres[i], size)}
        for s, t in self._rest[0]:
            gap = np.linalg.norm(centres[s] - centres[t]) - ball[s, 3] - ball[t, 3]
            if gap <= TOUCH:
                found.add((self._body(s), self._body(t)))
        return tuple(sorted(found))

    def _touched(self, centre: Array, size: float) -> set[str]:
        _, _, solids, tree = self._rest
        names = {
            name
            for name, solid in zip(self._solid_names, solids, strict=True)
            if solid_distance(solid, *centre) <= size
        }
        if len(tree) and nearest_point(tree, *centre, FAR)[0] <= size + self._setting[0]:
            names.add(self._points_name)
        return names

    def _placed(self, q: Array) -> tuple[Array, Array]:
        rows, ends, ball, group = self._robot
        frames = np.empty((len(rows) + 1, 12))
        centres = np.empty((len(ball) + len(group), 3))
        place_frames(rows, ends, _vector(q), frames)
        place_balls(frames, ball, group, centres)
        return frames, centres

    def _body(self, packed: int) -> str:
        return self._spheres.body[self._order[packed]]

    def _with(self, margin: float) -> Array:
        if margin == 0.0:
            return self._setting
        setting = self._setting.copy()
        setting[1] = margin
        return setting


def bezier_points(curve: PiecewisePolynomial) -> Array:
    """Bézier control points of every piece, shape (pieces, degree + 1, n)."""
    d = curve.degree
    scaled = curve.coefficients * (np.diff(curve.breaks) ** np.arange(d + 1)[:, None])[..., None]
    weight = np.array(
        [
            [
                factorial(i) * factorial(d - k) / (factorial(i - k) * factorial(d))
                if k <= i
                else 0.0
                for k in range(d + 1)
            ]
            for i in range(d + 1)
        ]
    )
    return np.ascontiguousarray(np.einsum("ik,kmn->min", weight, scaled))


def _vector(q: Array) -> Array:
    return np.ascontiguousarray(q, dtype=float)
