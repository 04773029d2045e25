"""What a task says: a scene, what is seen, what an action does, what is rewarded, when it is done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from robolab.core.registry import Registry
from robolab.core.transforms import Array
from robolab.sim.world import World


class Task(ABC):
    """One task in one world; a type of task is a subclass in a file of its own.

    Attributes:
        scene: Name of the scene that it is done in.
        seconds: Longest episode [s].
        observation_size, action_size: Lengths of both vectors; actions run from -1 to 1.
    """

    scene: ClassVar[str]
    seconds: ClassVar[float]
    observation_size: int
    action_size: int

    @abstractmethod
    def begin(self, world: World, rng: np.random.Generator) -> None:
        """Draw an episode: where the robot starts and what the goal is."""

    @abstractmethod
    def observe(self, world: World) -> Array:
        """Return what is seen, shape (observation_size,); called once after each step, before the others."""

    @abstractmethod
    def act(self, world: World, action: Array) -> None:
        """Set what the robot does in the next control period."""

    @abstractmethod
    def rewards(self, world: World, action: Array) -> dict[str, float]:
        """Return the terms of the reward by name; their sum is the reward."""

    @abstractmethod
    def success(self, world: World) -> bool:
        """Say whether the goal is reached now."""


TASKS: Registry[type[Task]] = Registry("task")
