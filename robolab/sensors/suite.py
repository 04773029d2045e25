"""All sensors of a world, scheduled by its clock."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from robolab.core.errors import UnknownName
from robolab.scene.spec import Spec
from robolab.sensors.contract import SENSORS, Sensor
from robolab.sim.readings import Readings, Sample, Series
from robolab.sim.world import World


@dataclass
class _Track:
    """A sensor and what it has measured."""

    sensor: Sensor[Spec]
    times: list[float] = field(default_factory=list[float])
    samples: list[Sample] = field(default_factory=list[Sample])


class SensorSuite:
    """Watches a world (see `robolab.sim.world.Observer`) and keeps what its sensors measure.

    The first samples are taken at the start, so that every sensor has times 0, 1/rate, 2/rate, …
    """

    def __init__(self, world: World) -> None:
        self._tracks = {
            spec.name: _Track(SENSORS.get(spec.type)(spec, world)) for spec in world.scene.sensors
        }
        self._begun = False

    def sensor(self, name: str) -> Sensor[Spec]:
        """Return a sensor by its name in the scene.

        Raises:
            UnknownName: the scene has no such sensor.
        """
        return self._track(name).sensor

    def start(self, world: World) -> None:
        for track in self._tracks.values():
            if self._begun:
                track.sensor.begin(world)
            track.times, track.samples = [], []
        self._begun = True
        self.observe(world)

    def observe(self, world: World) -> None:
        ticks = world.ticks
        for track in self._tracks.values():
            if ticks % track.sensor.every == 0:
                track.samples.append(track.sensor.corrupt(track.sensor.sample(world)))
                track.times.append(world.time)

    def latest(self, name: str, time: float) -> tuple[float, Sample] | None:
        """Return the newest sample that has arrived by a time [s], and when it was taken; None before the first.

        Raises:
            UnknownName: the scene has no such sensor.
        """
        track = self._track(name)
        due = time - track.sensor.spec.delay_s + 1e-9
        index = int(np.searchsorted(track.times, due, side="right")) - 1
        return None if index < 0 else (track.times[index], track.samples[index])

    def readings(self) -> Readings:
        return Readings({name: _series(track) for name, track in self._tracks.items()})

    def _track(self, name: str) -> _Track:
        if name not in self._tracks:
            raise UnknownName("sensor", name, self._tracks)
        return self._tracks[name]


def _series(track: _Track) -> Series:
    spec = track.sensor.spec
    channels = track.samples[0] if track.samples else {}
    values = {name: np.stack([s[name] for s in track.samples]) for name in channels}
    return Series(spec.type, spec.delay_s, np.array(track.times), values, track.sensor.labels())


def attach(world: World) -> SensorSuite:
    """Give a world the sensors of its scene.

    Raises:
        SceneError: a rate does not divide the physics rate, or a parameter is wrong.
        UnknownName: a sensor's type or mount does not exist.
    """
    suite = SensorSuite(world)
    world.add_observer(suite)
    return suite
