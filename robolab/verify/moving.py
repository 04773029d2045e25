"""Least distance between the arm and bodies that move by themselves, over all time.

As in `clearance`, a stretch of time whose distance in the middle, less all that arm and body can move by
meanwhile, stays above the least distance found so far is done with; any other is halved. The verdict
holds for the continuum to `RESOLUTION`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from robolab.core.errors import SceneError
from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.scene.tracks import Track, track_of
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.verify.arm import Arm
from robolab.verify.motion import derivative, horner, magnitude_bound
from robolab.verify.pairs import distance, transform
from robolab.verify.reach import Movers, tree_of
from robolab.verify.report import BEYOND_ALL_SHARES, Finding
from robolab.verify.solids import Solid, robot_parts, scene_solid

RESOLUTION = 1e-3
"""Stretches in which bodies come nearer by less than this are not halved again [m]."""
_FIRST_STRETCH = 0.02


@dataclass(frozen=True)
class Nearest:
    """Where arm and moving body come nearest: distance [m], at most 0 where they touch, and when [s]."""

    distance: float
    time: float
    link: str
    body: str

    @property
    def contact(self) -> bool:
        return self.distance <= 0.0


@dataclass(frozen=True)
class MovingBody:
    """An object with a track: its geometry, how it is turned, and where it is over time."""

    name: str
    solid: Solid
    X_begin: Array
    track: Track

    def poses(self, times: Array) -> Array:
        """Its poses in world at times [s], shape (k,); shape (k, 4, 4)."""
        X = np.tile(self.X_begin, (times.size, 1, 1))
        X[:, :3, 3] = self.track.position(times)
        return X


def moving_bodies(scene: SceneSpec) -> tuple[MovingBody, ...]:
    """Return what moves by itself in a scene."""
    return tuple(
        MovingBody(
            spec.object,
            scene_solid(scene, spec.object),
            scene.object(spec.object).pose.matrix(),
            track_of(spec),
        )
        for spec in scene.tracks
    )


def without_moving(scene: SceneSpec) -> SceneSpec:
    """The scene without what moves: that is held against its true motion, not against where it began."""
    moving = {track.object for track in scene.tracks}
    kept = tuple(item for item in scene.objects if item.name not in moving)
    return scene.model_copy(update={"objects": kept, "tracks": ()})


def nearest_approach(motion: PiecewisePolynomial, scene: SceneSpec, robot: RobotModel) -> Nearest:
    """Return the nearest that a motion in absolute time comes to any body with a track.

    Links that do not move are left out: the arm cannot help what runs into its base.

    Raises:
        SceneError: nothing moves.
    """
    if not scene.tracks:
        raise SceneError("nothing moves", field="tracks", expected="a track or more")
    sweep = _Sweep(motion, Arm(robot, scene.physics.gravity))
    best: Nearest | None = None
    for body in moving_bodies(scene):
        best = sweep.least(body, best)
    assert best is not None
    return best


def moving_finding(nearest: Nearest) -> Finding:
    """Return the finding on the least distance to what moves, which must not be touched."""
    ok = not nearest.contact
    return Finding(
        check="moving_clearance",
        share=0.0 if ok else BEYOND_ALL_SHARES,
        value=nearest.distance,
        limit=0.0,
        margin=nearest.distance,
        ok=ok,
        unit="m",
        where=(nearest.link, nearest.body),
        time=nearest.time,
        detail="" if ok else "touch",
    )


class _Sweep:
    def __init__(self, motion: PiecewisePolynomial, arm: Arm) -> None:
        parts = tuple(part for part in robot_parts(arm) if part.joint > 0)
        self._arm, self._movers = arm, Movers(tree_of(arm), parts)
        self._breaks = motion.breaks
        self._curves = [derivative(motion.coefficients, order) for order in (0, 1)]
        self._accelerations = magnitude_bound(motion, 2) @ np.abs(arm.weights).T

    def least(self, body: MovingBody, best: Nearest | None) -> Nearest | None:
        """Return the nearer of `best` and the nearest approach to one body."""
        start, end = float(self._breaks[0]), float(self._breaks[-1])
        count = max(1, ceil((end - start) / _FIRST_STRETCH))
        half = (end - start) / count / 2.0
        times: Array = start + half * np.arange(1.0, 2.0 * count, 2.0)
        while times.size:
            poses, nearing = self._placed(times, half)
            nearing = nearing + half * body.track.top_speed
            places = body.poses(times)
            unsettled: list[float] = []
            for k, time in enumerate(times):
                best, settled = self._look(body, places[k], poses[k], nearing[k], time, best)
                if not settled:
                    unsettled.append(float(time))
            half /= 2.0
            times = np.array([t + side for t in unsettled for side in (-half, half)])
        return best

    def _placed(self, times: Array, half: float) -> tuple[Array, Array]:
        """Poses of the parts in the middle of stretches, and how far each can move in half of one [m]."""
        last = self._breaks.size - 2
        piece = np.clip(np.searchsorted(self._breaks, times, side="right") - 1, 0, last)
        q, qd = (horner(c, piece, times - self._breaks[piece]) for c in self._curves)
        joints = self._arm.joint_poses(q)
        poses = self._movers.poses(joints)
        rates = np.abs(qd @ self._arm.weights.T) + half * self._accelerations
        return poses, half * self._movers.speeds(joints, poses, rates, half).sum(axis=2)

    def _look(
        self,
        body: MovingBody,
        X_body: Array,
        poses: Array,
        nearing: Array,
        time: float,
        best: Nearest | None,
    ) -> tuple[Nearest | None, bool]:
        """Take distances at one moment; say whether its stretch can hold nothing nearer."""
        placed, settled, solid = transform(X_body), True, body.solid
        for part, X, slack in zip(self._movers.parts, poses, nearing, strict=True):
            floor = np.inf if best is None else best.distance
            where = transform(X)
            found = distance(part.solid.hull, where, solid.hull, placed)
            if found - slack >= floor:
                continue
            if part.solid.exact is not part.solid.hull or solid.exact is not solid.hull:
                found = distance(part.solid.exact, where, solid.exact, placed)
            if found < floor:
                best = Nearest(found, float(time), part.body, body.name)
                floor = found
            if found - slack < floor and slack > RESOLUTION and floor > 0.0:
                settled = False
        return best, settled
