"""What a training goes on from, as one file of tensors: weights, the optimiser's memory, the step, and chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from robolab.core.errors import WeightsError
from robolab.core.files import write_bytes
from robolab.learning import weights


@dataclass(frozen=True)
class Training:
    """All that steps of gradient depend on but the data.

    Attributes:
        schedule: None where the rate follows from the step alone.
        generator: None where chance follows from the step alone.
    """

    network: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None
    generator: torch.Generator | None = None

    def keep(self, path: Path, step: int) -> None:
        """Write the state after so many steps, whole or not at all.

        Raises:
            OutputError: the folder cannot be written, or the disk is full.
        """
        tensors = tensors_of(self.optimiser, network=self.network) | {"step": torch.tensor(step)}
        if self.generator is not None:
            tensors["generator"] = self.generator.get_state()
        write_bytes(path, weights.to_bytes(tensors))

    def restore(self, path: Path) -> int:
        """Take up what is kept; return the steps that it has taken, 0 where nothing is kept.

        Raises:
            WeightsError: it is damaged, or another network's.
        """
        if not path.is_file():
            return 0
        tensors = weights.read(path)
        try:
            step = int(tensors["step"])
            if self.generator is not None:
                self.generator.set_state(tensors["generator"])
        except (KeyError, RuntimeError, TypeError) as error:
            raise WeightsError("is not a training's state", file=path) from error
        if self.schedule is not None:
            # It follows from the step, and writes the rate, and the momentum, into the optimiser's groups.
            for _ in range(step):
                self.optimiser.step()
                self.schedule.step()
        put(tensors, path, self.optimiser, network=self.network)
        return step


def tensors_of(optimiser: torch.optim.Optimizer, **modules: nn.Module) -> dict[str, Tensor]:
    """Return modules' weights and an optimiser's memory, by names that begin with the module's, or with `optimiser`."""
    tensors: dict[str, Tensor] = {}
    for prefix, module in modules.items():
        tensors |= {f"{prefix}.{key}": value for key, value in module.state_dict().items()}
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{key}": value for key, value in state.items()}
    return tensors


def put(
    tensors: Mapping[str, Tensor],
    path: Path,
    optimiser: torch.optim.Optimizer,
    **modules: nn.Module,
) -> None:
    """Put back what `tensors_of` has returned.

    Args:
        path: File that they are from, for messages.
    Raises:
        WeightsError: they are of other modules.
    """
    for prefix, module in modules.items():
        weights.into_module(under(tensors, prefix), module, path)
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in under(tensors, "optimiser").items():
        index, _, name = key.partition(".")
        state.setdefault(int(index), {})[name] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return copies of the tensors whose names begin with a word, without it."""
    return {
        key.removeprefix(f"{prefix}."): torch.clone(value)
        for key, value in tensors.items()
        if key.startswith(f"{prefix}.")
    }
