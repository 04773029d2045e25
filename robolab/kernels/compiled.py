"""Collision checks in microseconds: one robot, one set of obstacles, any number of questions."""

from __future__ import annotations

from functools import cached_property
from math import factorial

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled_bounds import TOUCH
from robolab.kernels.compiled_clearance import clearance
from robolab.kernels.compiled_cost import path_cost
from robolab.kernels.compiled_data import (
    Body,
    World,
    pack_points,
    pack_solids,
    packed_body,
)
from robolab.kernels.compiled_kinematics import place_frames, tilt_cosine
from robolab.kernels.compiled_motion import share_at, touches
from robolab.kernels.compiled_polish import Pace, Weights, polish
from robolab.kernels.compiled_search import FREE, curve_search, segment_search
from robolab.kernels.compiled_shape import Form, minimise
from robolab.kernels.compiled_tree import connect, shorten
from robolab.kernels.obstacles import Obstacles
from robolab.robots.model import Chain, Hulls, Spheres
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
        hulls: Settle what the spheres leave open; without them the spheres alone count.
    """

    def __init__(
        self,
        chain: Chain,
        spheres: Spheres,
        obstacles: Obstacles,
        clearance: float = 0.0,
        carried_clearance: float | None = None,
        upright: tuple[Array, float] | None = None,
        hulls: Hulls | None = None,
    ) -> None:
        own = clearance if carried_clearance is None else carried_clearance
        self._body, self._names, _ = packed_body(chain, spheres, hulls, clearance, own)
        solids, self._solid_names = pack_solids(obstacles)
        self._world = World(solids, pack_points(obstacles.points))
        self._points_name = obstacles.points_name
        limit = _NO_TILT if upright is None else (*upright[0], upright[1])
        self._setting = np.array([obstacles.point_radius, 0.0, *limit])
        self._still = np.zeros(chain.weights.shape[1])

    @cached_property
    def _bare(self) -> Body:
        """The robot without padding; the groups' radii may stay, as they only bound."""
        ball = self._body.ball.copy()
        ball[:, 4] = 0.0
        return self._body._replace(ball=ball)

    def clearance(self, q: Array) -> float:
        """Least distance of the robot to obstacles and to itself, negative where they overlap [m].

        Args:
            q: Joint positions, shape (n,) [rad].
        """
        return float(min(self.clearances(q)))

    def clearances(self, q: Array) -> tuple[float, float]:
        """Least distance to obstacles, and of the robot to itself [m]; 1e9 where there is nothing."""
        return clearance(self._bare, self._world, self._setting[0], _vector(q))

    def path_clearance(self, Q: Array) -> Array:
        """Clearance at each of many joint positions, shape (m, n) -> (m,) [m]."""
        return np.array([self.clearance(q) for q in np.atleast_2d(Q)])

    def slack(self, q: Array) -> float:
        """Least distance beyond what is asked of robot and carried object [m]; the robot's to itself included."""
        return float(min(clearance(self._body, self._world, self._setting[0], _vector(q))))

    def free(self, q: Array, margin: float = 0.0) -> bool:
        """Whether nothing touches at joint positions, shape (n,), and the tool is upright.

        Args:
            margin: Distance from obstacles asked beyond the clearances [m].
        """
        setting = self._with(margin)
        still = self._still
        return share_at(self._body, self._world, setting, _vector(q), still, still) >= 0.0

    def segment_free(self, a: Array, b: Array, margin: float = 0.0) -> bool:
        """Whether nothing touches anywhere on the straight segment in joint space, ends included."""
        return self.segment_touch(a, b, margin) is None

    def segment_touch(self, a: Array, b: Array, margin: float = 0.0) -> float | None:
        """Some place in [0, 1] on a segment where something touches, or None."""
        setting = self._with(margin)
        found = segment_search(self._body, self._world, setting, _vector(a), _vector(b))
        return None if found == FREE else float(found)

    def curve_free(self, curve: PiecewisePolynomial, margin: float = 0.0) -> bool:
        """Whether nothing touches anywhere on a curve, between its breaks as well."""
        return self.curve_touch(curve, margin) is None

    def curve_touch(self, curve: PiecewisePolynomial, margin: float = 0.0) -> float | None:
        """Some argument of a curve at which something touches, or None."""
        setting = self._with(margin)
        for piece, control in enumerate(bezier_points(curve)):
            found = curve_search(self._body, self._world, setting, control)
            if found != FREE:
                low, high = curve.breaks[piece : piece + 2]
                return float(low + found * (high - low))
        return None

    def penalty(self, Q: Array, reach: float) -> tuple[float, Array]:
        """Sum of penalties on less slack than `reach` [m] at many joint positions, and its gradient, shape (m, n).

        For one sphere and obstacle the penalty falls from `reach / 2` at touch to 0, quadratically.
        """
        gradient = np.empty_like(Q)
        cost = path_cost(self._body, self._world, self._setting, reach, Q, gradient)
        return cost, gradient

    def shape(
        self, form: Form, x: Array, reach: float, weight: float, iterations: int, tolerance: float
    ) -> float:
        """Move a spline's coordinates x downhill in place; see `compiled_shape.minimise`."""
        return float(
            minimise(
                self._body,
                self._world,
                self._setting,
                form,
                reach,
                weight,
                x,
                iterations,
                tolerance,
            )
        )

    def polish(
        self,
        pace: Pace,
        weights: Weights,
        z: Array,
        iterations: int,
        tolerance: float,
        thinner: float = 0.0,
    ) -> float:
        """Move a motion's coordinates z downhill in place; see `compiled_polish.polish`.

        Args:
            thinner: By how much the spheres are taken to be smaller than they are, since hulls have the last word [m].
        """
        ball = self._body.ball.copy()
        ball[:, 4] -= thinner  # groups' radii may stay, as they only bound
        body = self._body._replace(ball=ball)
        cost, _ = polish(body, self._world, self._setting, pace, weights, z, iterations, tolerance)
        return float(cost)

    def connect(
        self,
        start: Array,
        goals: Array,
        box: Array,
        scale: Array,
        reach: float,
        budget: int,
        state: np.ndarray,
        margin: float = 0.0,
    ) -> tuple[Array, int]:
        """Find corners of a free way from a start to any of the goals; see `compiled_tree.connect`."""
        setting = self._with(margin)
        goals = np.ascontiguousarray(np.atleast_2d(goals), dtype=float)
        return connect(
            self._body,
            self._world,
            setting,
            _vector(start),
            goals,
            box,
            scale,
            reach,
            budget,
            state,
        )

    def shorten(
        self, Q: Array, scale: Array, tries: int, state: np.ndarray, margin: float = 0.0
    ) -> Array:
        """Shorten a free way of straight segments; see `compiled_tree.shorten`."""
        setting = self._with(margin)
        return shorten(self._body, self._world, setting, _vector(Q), scale, tries, state)

    def upright(self, q: Array) -> bool:
        """Whether the tool's z axis keeps to the angle asked."""
        body = self._body
        frames = np.empty((len(body.rows) + 1, 12))
        place_frames(body.rows, body.ends, _vector(q), frames)
        cosine = tilt_cosine(frames, self._body.ends, self._setting[2:5])
        return bool(np.arccos(np.clip(cosine, -1.0, 1.0)) < self._setting[5] - TOUCH)

    def colliding_bodies(self, q: Array) -> tuple[tuple[str, str], ...]:
        """Pairs of names that touch or come too near: link and obstacle, or link and link; sorted."""
        solids, pairs = len(self._world.solids), self._body.part_pairs
        touched = np.zeros((len(self._names), solids + 1), dtype=np.bool_)
        together = np.zeros(len(pairs), dtype=np.bool_)
        touches(self._body, self._world, self._setting, _vector(q), touched, together)
        around = (*self._solid_names, self._points_name)
        found = {(self._names[i], around[k]) for i, k in zip(*np.nonzero(touched), strict=True)}
        found |= {(self._names[a], self._names[b]) for a, b in pairs[together, :2]}
        return tuple(sorted(found))

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
