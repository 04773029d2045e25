"""Watches an arm at work: what it carries, and whether something happens to that, to the arm or to its friction.

An alarm is raised as soon as currents change as they do not by themselves. If that looks as it would had the load
just gone, it is said at once. Otherwise it is told a little later, when it shows whether the change lasts and whether
another load explains it. A loss that turns out to be over is told again, as the collision that it was:

- `lost`: the load, or a good part of it, has gone;
- `gained`: there is more load than before;
- `slip`: what hangs on the tool weighs the same, but elsewhere;
- `collision`: the change is over already, or lasts and no load explains it;
- `friction`: over ten seconds of motion a joint's friction is not what was identified, or last told: a day's friction
  is told once.

At a standstill friction can hold what gravity asked of a joint before, and currents stay as they are when a load goes.
A gripper's switch, where there is one, tells that; a load of which the gripper keeps a part is still told by currents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from robolab.core.errors import LoadModelError
from robolab.core.transforms import Array
from robolab.estimation.contract import Estimate, Sample
from robolab.estimation.drift import FrictionWatch, usual_at
from robolab.estimation.jump import BEFORE, RECENT, Jump, jump_of
from robolab.estimation.model import LoadModel
from robolab.estimation.payload import PayloadEstimator, arm_of
from robolab.estimation.residual import Glimpse, Glimpser, left_of
from robolab.estimation.told import change_of, still_gone, told
from robolab.robots.model import RobotModel

AFTER = 20
"""Glimpses after an alarm from which it is told what happened."""
GOING = 5
"""Glimpses after an alarm within which a loss may still show."""
SURE = 2.0
"""Standard deviations by which a mass has to be more than nothing for its loss to be looked for."""
PART, MOST = 0.5, 1.6
"""A load of which less, or much more than all, seems to go is not lost."""
ALIKE = 0.75
"""Share of a sudden change that the loss of the load has to explain."""

GRIPPER = "gripper"
"""Names the gripper's switch where an event names a joint."""

Kind = Literal["lost", "gained", "slip", "collision", "friction"]


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        time: When it was noticed [s].
        told: When it was known what it was [s].
        deviates: How unusual it was; infinite where a switch tells.
        joint: The joint that shows it most, or `GRIPPER`.
        change: Of mass [kg] for a load, of current [A] for friction and collisions.
    """

    kind: Kind
    time: float
    told: float
    deviates: float
    joint: str
    change: float


@dataclass(frozen=True)
class Watched:
    """What is known after a sample: the load, whether an alarm is on, and what was just told, if anything."""

    estimate: Estimate
    alarm: bool
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class _Alarm:
    """An alarm that is not told yet: where it was raised, and what was known of the load then."""

    time: float
    deviates: float
    joint: int
    load: Array
    cov: Array


class LoadWatch:
    """See the module. It feeds an estimator of its own, which starts anew when the load changes.

    Args:
        model: Identified with what its residuals are usually like.
        period: Time between two samples [s].
    Raises:
        LoadModelError: the model does not know what is usual.
    """

    def __init__(self, model: LoadModel, robot: RobotModel, period: float) -> None:
        if model.health is None:
            raise LoadModelError(
                "does not say what is usual", field="health", expected="a model identified anew"
            )
        self._limits = model.health
        self._spread = np.array(model.health.spread)
        self._robot, self._arm = robot, arm_of(model, robot)
        self._estimator = PayloadEstimator(model, robot, period)
        self._glimpser = Glimpser(self._arm, period)
        self._friction = FrictionWatch(robot.dof)
        self._usual, self._told = np.array(model.health.friction), np.zeros((robot.dof, 2))
        self._held: list[Glimpse] = []
        self._alarm: _Alarm | None = None
        self._since = 0
        self._said_lost = False
        self._doubted: tuple[_Alarm, float] | None = None
        self._set_back: float | None = None
        self._holds: bool | None = None
        self._awaited = False

    def update(self, sample: Sample) -> Watched:
        """Take one sample; constant time and memory."""
        estimate = self._estimator.update(sample)
        if estimate.set_back != self._set_back:
            self._set_back = estimate.set_back
            self._restart()
        seen = self._glimpser.add(sample)
        events = self._switched(sample, estimate)
        if seen is not None and not events:
            events = self._look(seen, estimate)
            for event in events:
                if event.kind in ("lost", "collision"):  # a loss told, or taken back
                    self._awaited = event.kind == "lost"
        return Watched(estimate, self._alarm is not None, events)

    def expect(self) -> None:
        """Take note that the load changes now, as whoever opens or closes the gripper knows.

        Where samples say what the gripper holds, only before it lets go: they tell themselves what it takes.
        """
        self._awaited = bool(self._holds)
        self._estimator.forget()
        self._restart()

    def _switched(self, sample: Sample, estimate: Estimate) -> tuple[Event, ...]:
        """Say what the gripper's switch tells: that it holds no more what nobody asked it to let go."""
        if sample.held is None or sample.held == self._holds:
            return ()
        known = not self._holds or self._awaited  # asked for, or felt already
        self._holds, self._awaited = sample.held, False
        self._estimator.forget()
        self._restart()
        if known:
            return ()
        now = float(sample.time)
        return (Event("lost", now, now, np.inf, GRIPPER, -estimate.mass),)

    def _restart(self) -> None:
        self._held, self._alarm, self._said_lost = [], None, False
        self._doubted = None

    def _look(self, seen: Glimpse, estimate: Estimate) -> tuple[Event, ...]:
        self._held = [*self._held[-(BEFORE + RECENT + AFTER) + 1 :], seen]
        if self._alarm is not None:
            self._since += 1
            event = self._tell(self._alarm, float(seen.time))
            return () if event is None else (event,)
        if len(self._held) >= BEFORE + RECENT:
            load, cov = self._estimator.load()
            jump = self._jump(load, cov)
            deviates = float(jump.unusual())
            sure = float(jump.lost()[0])
            there = load[0] > SURE * np.sqrt(cov[0, 0])
            going = bool(there) and self._going(jump)
            if deviates > self._limits.unusual or going:
                joint = int(np.abs(jump.z).argmax())
                self._alarm = _Alarm(float(seen.time), max(deviates, sure), joint, load, cov)
                self._since = 0
                event = self._tell(self._alarm, float(seen.time))
                return () if event is None else (event,)
        if self._doubted is not None and estimate.known:
            return self._weighed_again(*self._doubted, float(seen.time), estimate)
        return self._drift(seen) if estimate.known else ()

    def _weighed_again(
        self, alarm: _Alarm, current: float, now: float, estimate: Estimate
    ) -> tuple[Event, ...]:
        """Take a loss back whose load is still there once the arm has moved on and told its mass."""
        least = estimate.mass - SURE * estimate.mass_std
        self._doubted = None
        if least < PART * float(alarm.load[0]):
            return ()
        return (self._event("collision", alarm, now, current),)

    def _jump(self, load: Array, cov: Array) -> Jump:
        newest = self._held[-(BEFORE + RECENT) :]
        stacked = Glimpse(*(np.stack(values) for values in zip(*newest, strict=True)))
        return jump_of(self._arm, stacked, load, cov, self._spread)

    def _going(self, jump: Jump) -> bool:
        sure, share = jump.lost()
        return bool(sure > self._limits.lost and PART < share < MOST and jump.alike() > ALIKE)

    def _tell(self, alarm: _Alarm, now: float) -> Event | None:
        if self._since <= GOING and not self._said_lost:
            jump = self._jump(alarm.load, alarm.cov)
            if self._going(jump):
                share = min(float(jump.lost()[1]), 1.0)
                self._said_lost = True
                self._estimator.forget()
                return self._event("lost", alarm, now, -share * float(alarm.load[0]))
        if self._since < AFTER:
            return None
        stacked = Glimpse(*(np.stack(values) for values in zip(*self._held, strict=True)))
        again, what = self._said_lost, (self._arm, stacked, alarm.load, self._spread, AFTER)
        self._restart()
        change = change_of(*what)
        kind, by = told(*what)
        if again and (kind != "collision" or still_gone(change, alarm.load)):
            self._doubted = (alarm, change.current())
            return None
        if kind != "collision":
            self._estimator.forget()
        return self._event(kind, alarm, now, by)

    def _event(self, kind: Kind, alarm: _Alarm, now: float, change: float) -> Event:
        joint = self._robot.joints[alarm.joint]
        return Event(kind, alarm.time, now, alarm.deviates, joint, change)

    def _drift(self, seen: Glimpse) -> tuple[Event, ...]:
        load, _ = self._estimator.load()
        left, now = left_of(self._arm, seen, load).residual, float(seen.time)
        events: list[Event] = []
        for found in self._friction.add(now, left, seen.qd, seen.moving):
            j = found.joint
            deviates = abs(found.beyond(self._told[j])) / usual_at(self._usual[j], found.speed)
            if deviates > self._limits.drift:
                joint, self._told[j] = self._robot.joints[j], found.parts
                events.append(Event("friction", now, now, deviates, joint, found.change))
        return tuple(events)
