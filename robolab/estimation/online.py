"""A watch on a running world's encoders and motor currents, and on its vacuum, as a controller would keep it."""

from __future__ import annotations

from dataclasses import dataclass, field

from robolab.estimation.contract import Estimate, Sample
from robolab.estimation.watch import Event, LoadWatch
from robolab.sensors.suite import SensorSuite
from robolab.sim.readings import Readings
from robolab.sim.world import World


@dataclass
class OnlineWatch:
    """Watches a world (see `robolab.sim.world.Observer`); add it after the sensors.

    It sees what the sensors measure and nothing else, when it has arrived.

    Attributes:
        suite: The sensors, of which encoders and currents have to have one rate and one delay.
        watch: What is fed.
        encoders, currents: Names of the sensors in the scene.
        vacuum: Name of the one in the suction cup, empty where the watch is not to know it.
        holds: Vacuum from which its switch says that something is held [Pa].
        estimates: What was known after each sample.
        events: What was told, each with the simulated time of telling.
    """

    suite: SensorSuite
    watch: LoadWatch
    encoders: str = "encoders"
    currents: str = "currents"
    vacuum: str = ""
    holds: float = 0.0
    estimates: list[Estimate] = field(default_factory=list[Estimate])
    events: list[tuple[float, Event]] = field(default_factory=list[tuple[float, Event]])
    _last: float | None = None

    def start(self, world: World) -> None:
        self.estimates, self.events, self._last = [], [], None

    def observe(self, world: World) -> None:
        joints = self.suite.latest(self.encoders, world.time)
        drives = self.suite.latest(self.currents, world.time)
        if joints is None or drives is None or joints[0] != drives[0] or joints[0] == self._last:
            return
        self._last, angles = joints
        q, qd, current = angles["position"], angles["velocity"], drives[1]["current"]
        sample = Sample(self._last, q, qd, current, held=self._held(world.time))
        seen = self.watch.update(sample)
        self.estimates.append(seen.estimate)
        self.events += [(world.time, event) for event in seen.events]

    def _held(self, time: float) -> bool | None:
        found = self.suite.latest(self.vacuum, time) if self.vacuum else None
        return None if found is None else bool(found[1]["vacuum"] >= self.holds)

    def readings(self) -> Readings:
        return Readings()
