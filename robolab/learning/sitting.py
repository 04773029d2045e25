"""A lesson on disk: what a killed `robolab load learn` goes on from.

One file for each stage, replaced whole. What can be drawn again from the seed, the lifts, is not kept.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor, nn

from robolab.core.errors import WeightsError
from robolab.core.files import write_bytes, write_json, write_text
from robolab.learning import weights

EVERY = 30.0
"""Time between two states of a training that are kept [s]."""
_LESSON = "lesson.json"


def folder_of(out: Path) -> Path:
    """The folder beside that of the networks in which their lesson is kept."""
    return out.with_name(f".{out.name}.lesson")


def kept_folder(out: Path, lesson: Mapping[str, Any]) -> Path:
    """Return the folder beside that of a policy in which a run keeps files of its own, emptied where it is of another lesson."""
    kept = out.with_name(f".{out.name}.training")
    said, wanted = kept / "lesson.yaml", yaml.safe_dump(dict(lesson))
    if not said.is_file() or said.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        write_text(said, wanted)
    return kept


@dataclass
class Sitting:
    """One sitting of a lesson.

    Args:
        folder: Where it is kept.
        identity: What the lesson is: nothing is gone on with that was of another one.
        resume: Go on from what is there; otherwise it is removed.
        what: Is kept, for messages.
    Raises:
        WeightsError: what is there is of another lesson, or damaged.
        OutputError: the folder cannot be written.
    """

    folder: Path
    identity: Mapping[str, Any]
    resume: bool = False
    what: str = "lesson"
    _began: float = field(default_factory=time.monotonic)
    _saved: float = field(default_factory=time.monotonic)
    _earlier: float = 0.0
    _cpu_began: float = field(default_factory=time.process_time)
    _cpu_earlier: float = 0.0

    def __post_init__(self) -> None:
        path = self.folder / _LESSON
        if self.resume and path.is_file():
            self._check(path)
        else:
            self.end()
            write_json(path, dict(self.identity))

    def restore(self, stage: str, training: Training) -> int:
        """Put a stage's training where it was left; return the steps that it has taken."""
        path = self.folder / f"{stage}.safetensors"
        if not path.is_file():
            return 0
        tensors = weights.read(path)
        step = training.put(tensors, path)
        self._earlier = float(tensors.get("seconds", torch.zeros(())))
        self._cpu_earlier = float(tensors.get("cpu_seconds", torch.zeros(())))
        return step

    def keep(self, stage: str, training: Training, step: int, last: bool) -> None:
        """Keep a stage's training if it is time to, or if this was its last step."""
        if last or time.monotonic() - self._saved >= EVERY:
            tensors = training.tensors(step) | {
                "seconds": torch.tensor(self.seconds()),
                "cpu_seconds": torch.tensor(self.cpu_seconds()),
            }
            write_bytes(self.folder / f"{stage}.safetensors", weights.to_bytes(tensors))
            self._saved = time.monotonic()

    def seconds(self) -> float:
        """Return how long the lesson has taken, what is lost of killed sittings left out [s]."""
        return self._earlier + time.monotonic() - self._began

    def cpu_seconds(self) -> float:
        """Return the same of processor time [s]."""
        return self._cpu_earlier + time.process_time() - self._cpu_began

    def end(self) -> None:
        """Remove what is kept."""
        shutil.rmtree(self.folder, ignore_errors=True)

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


@dataclass(frozen=True)
class Training:
    """All that steps of gradient depend on but the data."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    generator: torch.Generator

    def tensors(self, step: int) -> dict[str, Tensor]:
        """Return the state after so many steps, by name."""
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        for index, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{k}": v for k, v in state.items()}
        return tensors | {"generator": self.generator.get_state(), "step": torch.tensor(step)}

    def put(self, tensors: dict[str, Tensor], path: Path) -> int:
        """Take a state up; return its step.

        Raises:
            WeightsError: it is damaged, or another network's.
        """
        weights.into_module(_under(tensors, "network"), self.network, path)
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _under(tensors, "optimiser").items():
            index, _, name = key.partition(".")
            state.setdefault(int(index), {})[name] = torch.clone(value)
        try:
            step = int(tensors["step"])
            self.generator.set_state(tensors["generator"])
        except (KeyError, RuntimeError, TypeError) as error:
            raise WeightsError("is not a training's state", file=path) from error
        # The schedule follows from the step; it writes the rate, and the momentum, into the groups.
        for _ in range(step):
            self.optimiser.step()
            self.schedule.step()
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": state, "param_groups": groups})
        return step


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(f"{prefix}."): value
        for key, value in tensors.items()
        if key.startswith(f"{prefix}.")
    }
