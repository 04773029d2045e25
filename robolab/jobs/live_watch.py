"""What the arm knows of bodies that move: measured late and with noise, and carried on in a straight line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.kernels.moving import Mover
from robolab.perception.moving import Follower
from robolab.planning.query import Threat
from robolab.planning.scene_obstacles import obstacles_of
from robolab.scene.spec import SceneSpec
from robolab.scene.track_spec import TrackSpec
from robolab.scene.tracks import Track, track_of

_BEFORE = 0.5
"""Watching begins this long before the arm may move [s]."""


@dataclass
class _Watched:
    spec: TrackSpec
    track: Track
    mover: Mover
    origin: Array
    noise: np.random.Generator
    follower: Follower = field(default_factory=Follower)
    taken: int = 0


class TrackWatcher:
    """Measures the bodies that have tracks, as a sensor would: at a rate, with a delay and noise."""

    def __init__(self, scene: SceneSpec, seed: int) -> None:
        self._watched = [_watched(scene, spec, seed) for spec in scene.tracks]

    def update(self, now: float, arm_at: Callable[[float], Array]) -> bool:
        """Take what has come in until now [s]; say whether there was anything new."""
        news = False
        for body in self._watched:
            for time in _due(body, now):
                measured = body.track.position(time) + body.noise.normal(0.0, body.spec.noise, 3)
                body.follower.see(time, measured)
                news = True
        return news

    def threats(self) -> tuple[Threat, ...]:
        """Everything that moves, as it is expected to go on."""
        found: list[Threat] = []
        for body in self._watched:
            expected = body.follower.predict()
            if expected is not None:
                motion = (expected.time, expected.position, expected.velocity)
                found.append(Threat(body.mover, body.origin, *motion))
        return tuple(found)


def _due(body: _Watched, now: float) -> Iterator[float]:
    """Times of the measurements that have arrived since last asked."""
    while True:
        time = body.taken / body.spec.rate_hz - _BEFORE
        if time + body.spec.delay_s > now + 1e-9:
            return
        body.taken += 1
        yield time


def _watched(scene: SceneSpec, spec: TrackSpec, seed: int) -> _Watched:
    item = scene.object(spec.object)
    alone = scene.model_copy(update={"objects": (item,), "floor": False})
    return _Watched(
        spec,
        track_of(spec),
        Mover(obstacles_of(alone)),
        item.pose.matrix()[:3, 3],
        stream(seed, "live", "measure", spec.object),
    )
