"""Objects that move by themselves: where they are at any time, what is drawn of it, and what makes no sense."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from robolab.core.errors import SceneError, UnknownName
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.scene.spec import Pick, SceneSpec
from robolab.scene.track_spec import TrackPoint, TrackRange, TrackSpec


@dataclass(frozen=True)
class Track:
    """The motion of one object's centre in world; it keeps its rotation.

    Attributes:
        times: Strictly increasing, shape (k,) [s]. points: Shape (k, 3) [m].
        smooth: Along the natural cubic spline instead of from point to point.
    """

    times: Array
    points: Array
    smooth: bool

    def position(self, t: ArrayLike) -> Array:
        """Where it is at times of any shape (...), shape (..., 3) [m]; at rest outside its own times."""
        t = np.clip(np.asarray(t, dtype=float), self.times[0], self.times[-1])
        if self.smooth:
            return np.asarray(self._spline(t))
        piece = np.clip(np.searchsorted(self.times, t, side="right") - 1, 0, len(self.times) - 2)
        share = (t - self.times[piece]) / np.diff(self.times)[piece]
        return self.points[piece] + share[..., None] * np.diff(self.points, axis=0)[piece]

    @cached_property
    def _spline(self) -> CubicSpline:
        return CubicSpline(self.times, self.points, bc_type="natural")

    @property
    def top_speed(self) -> float:
        """A speed that it never exceeds [m/s]."""
        if not self.smooth:
            steps = np.linalg.norm(np.diff(self.points, axis=0), axis=1)
            return float(np.max(steps / np.diff(self.times)))
        spline = self._spline.derivative()
        # Each component of the velocity is a parabola between points: greatest at an end or where it turns.
        turns = spline.derivative().roots(discontinuity=False, extrapolate=False)
        where = np.concatenate([self.times, *(np.asarray(r)[np.isfinite(r)] for r in turns)])
        return float(np.linalg.norm(np.max(np.abs(spline(where)), axis=0)))


def track_of(spec: TrackSpec) -> Track:
    """Return the motion that a track describes."""
    times = np.array([point.time for point in spec.points])
    points = np.array([point.position for point in spec.points])
    return Track(times, points, spec.interpolation == "smooth")


def draw_track(spec: TrackSpec, entry: TrackRange, seed: int) -> TrackSpec:
    """Draw what a range leaves open of a track; seed and name of the object fix the draw."""
    rng = stream(seed, "track", spec.object)
    points = np.array([point.position for point in spec.points])
    times = np.array([point.time for point in spec.points])
    points = points + rng.uniform(-1.0, 1.0, points.shape) * np.array(entry.position)
    start = rng.uniform(*entry.start)
    speed = None if entry.speed is None else rng.uniform(*entry.speed)
    if rng.random() < 0.5 and entry.reverse:
        points, times = points[::-1], times[0] + times[-1] - times[::-1]
    if speed is not None:
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        times = np.concatenate([[times[0]], times[0] + np.cumsum(steps) / speed])
    drawn = tuple(
        TrackPoint(time=float(t), position=(float(p[0]), float(p[1]), float(p[2])))
        for t, p in zip(times + start, points, strict=True)
    )
    return spec.model_copy(update={"points": drawn})


def check_tracks(scene: SceneSpec, path: Path) -> None:
    """Refuse tracks of objects that are not there, move otherwise, or have two.

    Raises:
        SceneError, UnknownName: names the field, the value and what would be right.
    """
    objects = {item.name: item for item in scene.objects}
    picked = {step.object for step in scene.job if isinstance(step, Pick)}
    seen: set[str] = set()
    for index, track in enumerate(scene.tracks):
        field, name = f"tracks.{index}.object", track.object
        if name not in objects:
            raise UnknownName("object", name, objects, file=path, field=field)
        if objects[name].mass > 0.0:
            raise SceneError(
                "its track moves it, gravity may not",
                file=path,
                field=f"objects.{list(objects).index(name)}.mass",
                value=objects[name].mass,
                expected="mass 0 of an object with a track",
            )
        if name in seen or name in picked:
            problem = "has two tracks" if name in seen else "is picked by the job and has a track"
            raise SceneError(problem, file=path, field=field, value=name, expected="one motion")
        seen.add(name)
    for index, entry in enumerate(scene.randomisation.tracks):
        if entry.object not in seen:
            field = f"randomisation.tracks.{index}.object"
            raise UnknownName("track", entry.object, seen, file=path, field=field)
