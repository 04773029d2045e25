"""What a scene file says of objects that move by themselves."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from robolab.scene.base import Name, NotNegative, Positive, Spec, Vector3


class TrackPoint(Spec):
    """Where an object's centre is in world, and when [s]."""

    time: NotNegative
    position: Vector3


class TrackSpec(Spec):
    """How an object moves while the robot runs; it stands still before the first and after the last point.

    "linear" walks straight from point to point, "smooth" along the natural cubic spline through them.
    What watches it measures its position at a rate, late, and with noise.
    """

    object: Name
    points: Annotated[tuple[TrackPoint, ...], Field(min_length=2)]
    interpolation: Literal["linear", "smooth"] = "linear"
    rate_hz: Positive = 30.0
    delay_s: NotNegative = 0.03
    noise: NotNegative = 0.01

    @model_validator(mode="after")
    def _forward(self) -> TrackSpec:
        times = [point.time for point in self.points]
        for before, after in pairwise(times):
            if after <= before:
                raise ValueError(
                    f"times of a track must increase: {after:g} s comes after {before:g} s"
                )
        return self


class TrackRange(Spec):
    """What is drawn of a track: a shift of each point, a later start, a speed, and the way round.

    With `speed` the object goes from point to point at one drawn speed and the given times count no more.
    """

    object: Name
    position: tuple[NotNegative, NotNegative, NotNegative] = (0.0, 0.0, 0.0)
    start: tuple[NotNegative, NotNegative] = (0.0, 0.0)
    speed: tuple[Positive, Positive] | None = None
    reverse: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> TrackRange:
        for name, bounds in (("start", self.start), ("speed", self.speed)):
            if bounds is not None and bounds[0] > bounds[1]:
                raise ValueError(
                    f"{name} runs from low to high, not {bounds[0]:g} to {bounds[1]:g}"
                )
        return self
