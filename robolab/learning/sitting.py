"""A lesson on disk: what a killed run of it goes on from, and how long it has taken in all.

One file for each stage, replaced whole. What can be drawn again from the seed need not be kept.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robolab.core.errors import WeightsError
from robolab.core.files import write_json
from robolab.learning.state import Training

EVERY = 30.0
"""Time between two states of a training that are kept [s]."""
_LESSON, _SPENT = "lesson.json", "spent.json"


def folder_of(out: Path) -> Path:
    """The folder beside a policy's in which its training is kept."""
    return out.with_name(f".{out.name}.training")


class Clock:
    """Time by the clock and of the processor over all sittings of a run; what is lost of killed ones is left out.

    Args:
        folder: In which it is kept.
    Raises:
        WeightsError: what is kept is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _SPENT
        try:
            earlier = json.loads(self._path.read_text(encoding="utf-8"))
            wall, cpu = float(earlier["seconds"]), float(earlier["cpu_seconds"])
        except FileNotFoundError:
            wall = cpu = 0.0
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WeightsError("is not a run's clock", file=self._path) from error
        self._began, self._cpu_began = time.monotonic() - wall, time.process_time() - cpu
        self._kept = time.monotonic()

    def seconds(self) -> float:
        """Return how long the run has taken [s]."""
        return time.monotonic() - self._began

    def cpu_seconds(self) -> float:
        """Return the same of processor time [s]."""
        return time.process_time() - self._cpu_began

    def keep(self) -> None:
        """Keep the time.

        Raises:
            OutputError: the folder cannot be written.
        """
        write_json(self._path, {"seconds": self.seconds(), "cpu_seconds": self.cpu_seconds()})
        self._kept = time.monotonic()

    def heard(self, progress: Callable[[str], None]) -> Callable[[str], None]:
        """Return a progress that also keeps the time now and then."""

        def tell(words: str) -> None:
            if time.monotonic() - self._kept >= EVERY:
                self.keep()
            progress(words)

        return tell


@dataclass
class Sitting:
    """One sitting of a lesson.

    Args:
        folder: Where it is kept.
        identity: What the lesson is: nothing is gone on with that was of another one.
        resume: Go on from what is there; otherwise it is removed.
        what: Is kept, for messages.
    Attributes:
        clock: How long the lesson has taken.
    Raises:
        WeightsError: what is there is of another lesson, or damaged.
        OutputError: the folder cannot be written.
    """

    folder: Path
    identity: Mapping[str, Any]
    resume: bool = False
    what: str = "lesson"
    clock: Clock = field(init=False)
    _saved: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        path = self.folder / _LESSON
        if self.resume and path.is_file():
            self._check(path)
        else:
            self.end()
            write_json(path, dict(self.identity))
        self.clock = Clock(self.folder)

    @classmethod
    def by_itself(cls, out: Path, identity: Mapping[str, Any]) -> Sitting:
        """Go on with the lesson of a policy's folder unasked if it is the same one, otherwise begin anew."""
        folder = folder_of(out)
        try:
            return cls(folder, identity, resume=True)
        except WeightsError:
            return cls(folder, identity)

    def restore(self, stage: str, training: Training) -> int:
        """Put a stage's training where it was left; return the steps that it has taken."""
        return training.restore(self._file(stage))

    def keep(self, stage: str, training: Training, step: int, last: bool) -> None:
        """Keep a stage's training if it is time to, or if this was its last step."""
        if last or time.monotonic() - self._saved >= EVERY:
            training.keep(self._file(stage), step)
            self.clock.keep()
            self._saved = time.monotonic()

    def end(self) -> None:
        """Remove what is kept."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, stage: str) -> Path:
        return self.folder / f"{stage}.safetensors"

    def _check(self, path: Path) -> None:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise WeightsError(f"is not a kept {self.what}", file=path) from error
        wanted = json.loads(json.dumps(dict(self.identity)))
        for key, value in wanted.items():
            if not isinstance(found, dict) or found.get(key) != value:
                raise WeightsError(
                    f"the kept {self.what} is another one",
                    file=path,
                    field=key,
                    expected=f"{value}; without --resume it begins anew",
                )
