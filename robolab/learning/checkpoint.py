"""A training run on disk: one file, replaced whole, from which the run goes on after any interruption."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from robolab.core.errors import WeightsError
from robolab.core.files import content_hash, write_bytes, write_json
from robolab.core.transforms import Array
from robolab.kernels.batched_cost import Situations
from robolab.learning import weights
from robolab.learning.problems import Pairs, Pool
from robolab.learning.processor import Layout
from robolab.learning.state import put, tensors_of, under
from robolab.learning.trainer import Trainer

FORMAT = 2
"""Of the files in the folder; it counts up with every change that an older program would misread."""
_WEIGHTS = "state.safetensors"
_STATE = "state.json"
_POOL = "pool.safetensors"


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Attributes:
        elapsed: Seconds of training in all sessions.
        curve: Rows of elapsed seconds, step, mean cost [s], share of held-out problems solved.
        origin: What a warm-started run took over, as its card tells it.
    """

    elapsed: float
    curve: tuple[tuple[float, float, float, float], ...]
    origin: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Home:
    """Where a run is kept, whose it is, and which file there holds the poses that it draws from."""

    folder: Path
    identity: Mapping[str, Any]
    pool: str


@dataclass(frozen=True)
class Kept:
    """A run's small file, read and checked; `restore` puts the rest into a trainer."""

    weights: Path
    poses: Path
    layout: Layout
    step: int
    warm_from: int
    rng: dict[str, Any]
    feed: tuple[int, int]
    progress: Progress

    def pool(self) -> Pool:
        """The poses that the run draws from.

        Raises:
            WeightsError: the file is damaged.
        """
        tensors = weights.read(self.poses)
        if "solutions" not in tensors:
            raise WeightsError("holds no poses", file=self.poses, field="solutions")
        return Pool(tensors["solutions"].numpy())

    def restore(self, trainer: Trainer) -> None:
        """Take the run up where it was left.

        Raises:
            WeightsError: the state is damaged.
        """
        _put(weights.read(self.weights), trainer, self.weights)
        trainer.step_count, trainer.warm_from = self.step, self.warm_from
        trainer.rng.bit_generator.state = self.rng
        trainer.feed.seek(self.feed)


def save(home: Home, trainer: Trainer, progress: Progress) -> None:
    """Write everything that a run goes on from; a kill or a full disk leaves the old state whole.

    Raises:
        OutputError: the folder cannot be written, or the disk is full.
    """
    folder, name = home.folder, f"{trainer.step_count}.{_WEIGHTS}"
    write_bytes(folder / name, weights.to_bytes(_tensors(trainer)))
    state = {
        "format": FORMAT,
        "weights": name,
        "pool": home.pool,
        "identity": dict(home.identity),
        "step": trainer.step_count,
        "warm_from": trainer.warm_from,
        "rng": trainer.rng.bit_generator.state,
        "feed": trainer.feed.place,
        "progress": asdict(progress),
        "layout": asdict(trainer.processor.layout),
    }
    # The small file names the large one: until it is replaced, the former pair stays valid.
    write_json(folder / _STATE, state)
    for old in folder.glob("*"):
        if old.name not in (name, home.pool, _STATE):
            old.unlink(missing_ok=True)


def save_pool(folder: Path, pool: Pool) -> str:
    """Keep the poses that a run draws from; return the file's name, which follows from them.

    Raises:
        OutputError: the folder cannot be written, or the disk is full.
    """
    data = weights.to_bytes({"solutions": _tensor(pool.solutions)})
    name = f"{content_hash(data)}.{_POOL}"
    write_bytes(folder / name, data)
    return name


def kept(folder: Path, identity: Mapping[str, Any]) -> Kept | None:
    """Read what is kept of a run; None where there is nothing.

    Raises:
        WeightsError: it is damaged, of another version, or belongs to another scene, robot, recipe or seed.
    """
    path = folder / _STATE
    if not path.is_file():
        return None
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        version = state.get("format")
    except (OSError, ValueError, AttributeError) as error:
        raise WeightsError("is not a training state", file=path) from error
    if version != FORMAT:
        raise WeightsError(
            "the training state was written by another version of robolab",
            file=path,
            field="format",
            value=version,
            expected=f"{FORMAT}; it is left as it is: go on with that version, or train into another folder",
        )
    try:
        _check(state["identity"], identity, path)
        return _kept(folder, state)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError("is not a training state", file=path) from error


def forget(folder: Path) -> None:
    """Remove what is kept of a run."""
    for path in folder.glob("*"):
        path.unlink()
    if folder.is_dir():
        folder.rmdir()


def _check(found: Mapping[str, Any], identity: Mapping[str, Any], path: Path) -> None:
    for key, value in identity.items():
        if found.get(key) != value:
            raise WeightsError(
                "the training state is of another run",
                file=path,
                field=key,
                value=found.get(key),
                expected=str(value),
            )


def _kept(folder: Path, state: Mapping[str, Any]) -> Kept:
    told, (unit, used) = state["progress"], state["feed"]
    curve = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in told["curve"])
    return Kept(
        folder / Path(str(state["weights"])).name,
        folder / Path(str(state["pool"])).name,
        Layout.from_json(state["layout"]),
        int(state["step"]),
        int(state["warm_from"]),
        dict(state["rng"]),
        (int(unit), int(used)),
        Progress(float(told["elapsed"]), curve, told["origin"]),
    )


def _tensors(trainer: Trainer) -> dict[str, Tensor]:
    tensors = tensors_of(trainer.optimiser, network=trainer.network, average=trainer.average)
    if trainer.failed is not None:
        arrays = {"start": trainer.failed.start, "goal": trainer.failed.goal}
        arrays |= vars(trainer.failed.situations)
        tensors |= {f"failed.{k}": _tensor(v) for k, v in arrays.items()}
    return tensors


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))


def _put(tensors: dict[str, Tensor], trainer: Trainer, path: Path) -> None:
    put(tensors, path, trainer.optimiser, network=trainer.network, average=trainer.average)
    failed = {key: value.numpy() for key, value in under(tensors, "failed").items()}
    if failed:
        start, goal = failed.pop("start"), failed.pop("goal")
        trainer.failed = Pairs(start, goal, Situations(**failed))
