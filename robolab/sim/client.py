"""One PyBullet server, owned by whoever opened it.

PyBullet's functions act on a numbered server; every call in this package names its own, so that
worlds in one process do not notice each other.
"""

from __future__ import annotations

import ctypes
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import numpy as np

from robolab.core.transforms import Array
from robolab.scene.spec import PhysicsSpec

USUAL_ITERATIONS = 50
GRIPPING_ITERATIONS = 120
"""Of the contact solver. Light fingers press with their whole force only after the greater number."""


_RESIDUAL = 1e-6
"""Squared impulse [N2 s2] at which the solver is content; less costs time and changes no figure here."""


@contextmanager
def silence() -> Iterator[None]:
    """Keep what C code prints away from output that others may parse."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        for handle in (nowhere, *kept):
            os.close(handle)


with silence():  # it announces its build time
    import pybullet as _bullet

p: Any = _bullet
"""The pybullet module."""


def pose_from(position: tuple[float, ...], quat_xyzw: tuple[float, ...]) -> Array:
    """Return what PyBullet gives as position and quaternion as a pose, shape (4, 4), in a few microseconds."""
    X = np.zeros((4, 4))
    X[:3, :3] = np.reshape(p.getMatrixFromQuaternion(quat_xyzw), (3, 3))
    X[:3, 3] = position
    X[3, 3] = 1.0
    return X


class Owner(ABC):
    """What is closed at the end of a `with` statement."""

    @abstractmethod
    def close(self) -> None:
        """Give back what is owned; closing twice is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        self.close()
        return None


class Client(Owner):
    """A physics server with a scene's time step and gravity.

    Attributes:
        id: Number to pass as `physicsClientId`.
        dt: Time step [s].
    """

    def __init__(self, physics: PhysicsSpec, gui: bool = False) -> None:
        self.dt = 1.0 / physics.rate_hz
        self._physics = physics
        options = (
            "--background_color_red=0.93 --background_color_green=0.94 --background_color_blue=0.96"
        )
        with silence():
            self.id: int = p.connect(p.GUI if gui else p.DIRECT, options=options)
        if self.id < 0:
            raise OSError("PyBullet did not start; its window needs a display")
        self.clear()

    def clear(self) -> None:
        """Empty the world; settings of the physics are kept."""
        p.resetSimulation(physicsClientId=self.id)
        p.setGravity(*self._physics.gravity, physicsClientId=self.id)
        p.setPhysicsEngineParameter(
            fixedTimeStep=self.dt,
            numSubSteps=0,
            numSolverIterations=USUAL_ITERATIONS,
            solverResidualThreshold=_RESIDUAL,
            deterministicOverlappingPairs=1,
            enableFileCaching=0,
            physicsClientId=self.id,
        )

    def iterate(self, count: int) -> None:
        """Set how often the contact solver goes over all constraints in each step."""
        p.setPhysicsEngineParameter(numSolverIterations=count, physicsClientId=self.id)

    def close(self) -> None:
        """Stop the server; closing twice is harmless."""
        if self.id >= 0:
            p.disconnect(physicsClientId=self.id)
            self.id = -1
