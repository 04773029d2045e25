"""A whole log watched: what happened, and how friction went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from robolab.estimation.contract import Estimate, Sample
from robolab.estimation.log import JointLog
from robolab.estimation.model import Health, LoadModel
from robolab.estimation.watch import Event, LoadWatch, Watched
from robolab.robots.model import RobotModel


@dataclass(frozen=True)
class LogHealth:
    """What a log shows.

    Attributes:
        seconds: Its length [s].
        events: In the order in which they were told.
        last: What is known of the load at the end.
    """

    seconds: float
    events: tuple[Event, ...]
    last: Estimate
    limits: Health

    def plain(self) -> dict[str, Any]:
        """Return it as `robolab load health` writes it."""
        return {
            "seconds": self.seconds,
            "events": [
                {
                    "kind": e.kind,
                    "t_s": e.time,
                    "told_s": e.told,
                    "deviates": e.deviates,
                    "joint": e.joint,
                    "change": e.change,
                    "unit": "A" if e.kind in ("friction", "collision") else "kg",
                }
                for e in self.events
            ],
            "mass_kg": self.last.mass,
            "mass_std_kg": self.last.mass_std,
            "false_alarms_per_hour": self.limits.per_hour,
            "drawn_on_from_s": self.limits.seconds,
        }


def watch_log(
    model: LoadModel,
    robot: RobotModel,
    log: JointLog,
    each: Callable[[Watched], None] = lambda _: None,
) -> LogHealth:
    """Watch a log as a control loop would, sample by sample.

    Args:
        each: Told of every sample's outcome.
    Raises:
        LoadModelError: the model does not know what is usual.
    """
    watch, events = LoadWatch(model, robot, log.period), list[Event]()
    seen: Watched | None = None
    for row in zip(log.time, log.q, log.qd, log.current, strict=True):
        seen = watch.update(Sample(*row))
        events += seen.events
        each(seen)
    assert seen is not None
    assert model.health is not None
    length = float(log.time[-1] - log.time[0])
    return LogHealth(length, tuple(events), seen.estimate, model.health)
