"""What every sensor is: sample, corrupt, delay, each at its own rate in simulated time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar, cast, get_args

import numpy as np
from pydantic import ValidationError

from robolab.core.errors import SceneError
from robolab.core.registry import Registry
from robolab.core.rng import stream
from robolab.scene.spec import SensorSpec, Spec
from robolab.sim.readings import Sample
from robolab.sim.world import World

P = TypeVar("P", bound=Spec, covariant=True)


class Sensor(ABC, Generic[P]):
    """One sensor in one world. A type of sensor is a subclass in a file of its own.

    Subclasses say what their `parameters` may be by the type they give for P, ask the world for what
    they need in `start`, and measure in `sample` and `corrupt`.

    Attributes:
        spec: The scene's entry.
        rng: The sensor's own random numbers, from the world's seed and its name.
        every: Physics steps between two samples.
    Raises:
        SceneError: a parameter is unknown or impossible, or the rate does not divide the physics rate.
        UnknownName: the mount is not in the world.
    """

    kind: ClassVar[str]

    def __init__(self, spec: SensorSpec, world: World) -> None:
        self.spec = spec
        self.every = _every(spec, world)
        self._parameters = self._checked(spec, world)
        self.rng: np.random.Generator = np.random.default_rng(0)
        self.begin(world)

    @property
    def parameters(self) -> P:
        """The checked parameters."""
        return self._parameters

    def begin(self, world: World) -> None:
        """Start anew with the world's seed."""
        self.rng = stream(world.seed, "sensor", self.spec.name)
        self.start(world)

    @abstractmethod
    def start(self, world: World) -> None:
        """Find in a fresh world what will be measured; draw biases."""

    @abstractmethod
    def sample(self, world: World) -> Sample:
        """Return the truth now, by channel."""

    def corrupt(self, truth: Sample) -> Sample:
        """Return what the sensor makes of it: noise, bias, steps."""
        return truth

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Say what the numbers of a channel stand for."""
        return {}

    def refuse(self, world: World, problem: str, expected: str) -> SceneError:
        """Return the error for a scene that cannot carry this sensor."""
        return scene_error(world, self.spec, problem, value=self.spec.type, expected=expected)

    @classmethod
    def parameter_spec(cls) -> type[P]:
        """The type of the parameters."""
        for base in getattr(cls, "__orig_bases__", ()):
            arguments = get_args(base)
            if arguments:
                return cast("type[P]", arguments[0])
        raise TypeError(f"{cls.__name__} does not say what its parameters are")

    def _checked(self, spec: SensorSpec, world: World) -> P:
        model = self.parameter_spec()
        try:
            return model.model_validate(spec.parameters)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in ("parameters", *first["loc"]))
            valid = ", ".join(sorted(model.model_fields)) or "no parameters"
            unknown = first["type"] == "extra_forbidden"
            raise scene_error(
                world,
                spec,
                "unknown parameter" if unknown else first["msg"],
                place=place,
                expected=f"one of: {valid}" if unknown else None,
            ) from None


SENSORS: Registry[type[Sensor[Spec]]] = Registry("sensor type")


def scene_error(
    world: World,
    spec: SensorSpec,
    problem: str,
    place: str = "type",
    value: object = None,
    expected: str | None = None,
) -> SceneError:
    """Return an error about a sensor's entry in the scene."""
    scene = world.scene
    return SceneError(
        problem,
        file=scene.folder / f"{scene.name}.yaml",
        field=f"sensors.{spec.name}.{place}",
        value=value,
        expected=expected,
    )


def _every(spec: SensorSpec, world: World) -> int:
    physics = world.scene.physics.rate_hz
    ratio = physics / spec.rate_hz
    if abs(ratio - round(ratio)) < 1e-9 and ratio >= 1.0:
        return round(ratio)
    near = sorted({physics / k for k in (max(1, int(ratio)), int(ratio) + 1)})
    rates = " or ".join(f"{rate:g}" for rate in near)
    raise scene_error(
        world,
        spec,
        f"rate does not divide the physics rate of {physics:g} Hz",
        place="rate_hz",
        value=spec.rate_hz,
        expected=f"{physics:g} divided by a whole number, such as {rates}",
    )
