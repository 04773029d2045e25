"""A training run on disk: one file, replaced whole, from which the run goes on after any interruption."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from robolab.core.errors import WeightsError
from robolab.core.files import write_bytes, write_json
from robolab.learning import weights
from robolab.learning.processor import Layout
from robolab.learning.trainer import Trainer

_WEIGHTS = "state.safetensors"
_STATE = "state.json"


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Attributes:
        elapsed: Seconds of training in all sessions.
        curve: Rows of elapsed seconds, step, mean cost [s], share of held-out problems solved.
    """

    elapsed: float
    curve: tuple[tuple[float, float, float, float], ...]


def folder_of(out: Path) -> Path:
    """The folder beside a policy's in which its training is kept."""
    return out.with_name(f".{out.name}.training")


def save(folder: Path, trainer: Trainer, progress: Progress, identity: dict[str, Any]) -> None:
    """Write weights, averaged weights, optimiser and random state; a kill leaves the old state whole."""
    tensors: dict[str, Tensor] = {}
    for prefix, module in (("network", trainer.network), ("average", trainer.average)):
        tensors |= {f"{prefix}.{k}": v for k, v in module.state_dict().items()}
    for index, state in trainer.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{k}": v for k, v in state.items()}
    data = weights.to_bytes(tensors)
    name = f"{trainer.step_count}.{_WEIGHTS}"
    write_bytes(folder / name, data)
    state = {
        "weights": name,
        "identity": identity,
        "step": trainer.step_count,
        "rng": trainer.rng.bit_generator.state,
        "progress": asdict(progress),
        "layout": asdict(trainer.processor.layout),
    }
    # The small file names the large one: until it is replaced, the former pair stays valid.
    write_json(folder / _STATE, state)
    for old in folder.glob(f"*.{_WEIGHTS}"):
        if old.name != name:
            old.unlink(missing_ok=True)


def stored_layout(folder: Path) -> Layout | None:
    """The input layout of a kept run; None where there is none or it cannot be read (`restore` says why)."""
    try:
        return Layout.from_json(json.loads((folder / _STATE).read_text(encoding="utf-8"))["layout"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def restore(folder: Path, trainer: Trainer, identity: dict[str, Any]) -> Progress | None:
    """Take a run up where it was left; None where there is nothing to take up.

    Raises:
        WeightsError: the state is damaged, or belongs to another scene, robot, recipe or seed.
    """
    path = folder / _STATE
    if not path.is_file():
        return None
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        found, rng, name = state["identity"], state["rng"], str(state["weights"])
        step, told = int(state["step"]), state["progress"]
        progress = Progress(float(told["elapsed"]), tuple(tuple(row) for row in told["curve"]))
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError("is not a training state", file=path) from error
    for key, value in identity.items():
        if found.get(key) != value:
            raise WeightsError(
                "the training state is of another run",
                file=path,
                field=key,
                value=found.get(key),
                expected=str(value),
            )
    tensors = weights.read(folder / Path(name).name)
    _put(tensors, trainer, folder / name)
    trainer.step_count = step
    trainer.rng.bit_generator.state = rng
    return progress


def _put(tensors: dict[str, Tensor], trainer: Trainer, path: Path) -> None:
    for prefix, module in (("network", trainer.network), ("average", trainer.average)):
        weights.into_module(_under(tensors, prefix), module, path)
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in _under(tensors, "optimiser").items():
        index, _, name = key.partition(".")
        state.setdefault(int(index), {})[name] = value
    groups = trainer.optimiser.state_dict()["param_groups"]
    trainer.optimiser.load_state_dict({"state": state, "param_groups": groups})


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(f"{prefix}."): torch.clone(value)
        for key, value in tensors.items()
        if key.startswith(f"{prefix}.")
    }
