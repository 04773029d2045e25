"""Jobs for workers, importable by other processes."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from robolab.core.errors import SceneError


@dataclass(frozen=True)
class Square:
    """Squares a unit, and can be told to take its time."""

    seconds: float = 0.0

    def __call__(self, unit: int) -> int:
        time.sleep(self.seconds)
        return unit * unit


@dataclass(frozen=True)
class DieOnce:
    """Squares a unit; the first who meets `unit` ends its own process."""

    unit: int
    mark: Path

    def __call__(self, unit: int) -> int:
        if unit == self.unit and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return unit * unit


def die(unit: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return unit


def refuse(unit: int) -> int:
    raise SceneError("cannot be done", field="unit", value=unit)


def process(unit: int) -> int:
    """Number of the process that does it."""
    time.sleep(0.05)
    return os.getpid() + 0 * unit
