"""The estimators that were trained: the network alone, and its fusion with the Kalman filter.

Both are for the first second of a motion, when a load has just been picked up; what they said then stands until the arm
moves again and tells more.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from robolab.core.errors import WeightsError
from robolab.core.transforms import Array
from robolab.estimation.contract import Estimate, Estimator, Sample
from robolab.estimation.fusion import FusionNetwork, Said, fused
from robolab.estimation.least_squares import LeastSquares
from robolab.estimation.model import LoadModel, Prior
from robolab.estimation.network import UNIT, LoadNetwork, Memory, facts_of
from robolab.estimation.payload import KNOWN, PayloadEstimator, arm_of
from robolab.estimation.payload_step import MOVING, Seen, see
from robolab.estimation.posterior import posterior
from robolab.estimation.smooth import Smoother
from robolab.estimation.trained import folder_of
from robolab.learning import weights
from robolab.robots.model import RobotModel

SPAN_STEP = 0.04
"""Time between two spans that the network looks at [s]."""
HORIZON = 1.0
"""How long a motion it has learned to follow [s]."""
LONG = 3.0
"""After a motion of that length the filter has seen enough to be believed alone [s]."""
WEIGHTS, RECIPE = "weights.safetensors", "recipe.yaml"


@dataclass(frozen=True)
class Learned:
    """Both networks of one robot."""

    network: LoadNetwork
    fusion: FusionNetwork

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the weights of both by name."""
        parts = {"network": self.network, "fusion": self.fusion}
        return {
            f"{part}.{name}": value
            for part, module in parts.items()
            for name, value in module.state_dict().items()
        }


@lru_cache(maxsize=4)
def load_learned(folder: Path, robot: str) -> Learned:
    """Read both networks of a robot.

    Raises:
        WeightsError: a file is missing or damaged, or they are another robot's.
    """
    recipe = _recipe(folder / RECIPE)
    if recipe.get("robot") != robot:
        raise WeightsError(
            "is of another robot",
            file=folder / RECIPE,
            field="robot",
            value=recipe.get("robot"),
            expected=robot,
        )
    tensors = weights.read(folder / WEIGHTS)
    learned = Learned(LoadNetwork(int(recipe["features"]), int(recipe["joints"])), FusionNetwork())
    for part, module in (("network", learned.network), ("fusion", learned.fusion)):
        own = {k.partition(".")[2]: v for k, v in tensors.items() if k.startswith(f"{part}.")}
        weights.into_module(own, module, folder / WEIGHTS)
        module.requires_grad_(False)
    return learned


def _recipe(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WeightsError(
            "cannot be read", file=path, expected="what `robolab load learn` has written"
        ) from error
    if not isinstance(content, dict) or not {"features", "joints"} <= content.keys():
        raise WeightsError("is not a load network's recipe", file=path)
    return content  # pyright: ignore[reportUnknownVariableType]


def lifted(model: LoadModel) -> Prior:
    """What is believed of what has just been lifted: it may have any mass that the arm may carry."""
    most = model.prior.most
    return model.prior.model_copy(update={"mass": 0.5 * most, "mass_std": most})


def said_of(mean: Array, cov: Array, model: LoadModel) -> Said:
    """Bring what a load can be into the network's answers, shapes (..., 4) and (..., 4, 4)."""
    prior = lifted(model)
    shape = mean.shape[:-1]
    mass, mass_std = np.empty(shape), np.empty(shape)
    com, com_std = np.empty((*shape, 3)), np.empty((*shape, 3))
    for at in np.ndindex(shape):
        one = posterior(mean[at], cov[at], prior, model.gain_share)
        mass[at], mass_std[at], com[at], com_std[at] = one.mass, one.mass_std, one.com, one.com_std
    return Said(mass, mass_std, com, com_std)


class NetworkEstimator(Estimator):
    """The network alone.

    Args:
        learned: Without it, what is shipped for the robot.
    """

    def __init__(
        self, model: LoadModel, robot: RobotModel, period: float, learned: Learned | None = None
    ) -> None:
        self.learned = learned or load_learned(folder_of(robot.name), robot.name)
        # One lift at a time has time for double precision, which exported code can be held to.
        self._network = deepcopy(self.learned.network).double()
        self._arm = arm_of(model, robot)
        self._model = model
        self._smoother = Smoother(robot.dof, period, SPAN_STEP)
        self.forget()

    def update(self, sample: Sample) -> Estimate:
        """See Estimator.update."""
        self.listen(sample)
        return replace(_estimate(sample.time, self.said), set_back=self._smoother.set_back)

    def listen(self, sample: Sample) -> bool | None:
        """Take a sample; return None unless it completes a span, then whether a motion begins with that."""
        smooth = self._smoother.add(sample)
        return None if smooth is None else self.take(see(self._arm, smooth))

    def take(self, seen: Seen) -> bool:
        """Take one span of samples; return whether a motion begins with it.

        A motion begins where the arm has stood last. Standing still after it tells too, up to the horizon.
        """
        time, moves = float(seen.time), bool(np.any(np.abs(seen.qd) > MOVING))
        follows = moves or (self._moved and self.elapsed <= HORIZON)
        begins = not (follows and time >= self._began)
        if begins:
            self._memory, self._began, self._moved = self._network.begin(1), time, False
            self._before = self.said
        self._moved = self._moved or moves
        self.elapsed = time - self._began
        if self.elapsed <= HORIZON:
            self._think(seen)
        return begins

    def _think(self, seen: Seen) -> None:
        """Let the network see one span more of a motion, and take its answer where it tells more than was known."""
        facts = tuple(x[None] for x in facts_of(self._arm, seen, np.float64).tensors())
        with torch.no_grad():
            self._memory = self._network.step(self._memory, facts)
            cov: torch.Tensor = torch.linalg.inv(self._memory.weight)
            mean = (cov @ self._memory.sum[..., None])[0, :, 0]
        unit = np.array(UNIT)
        now = said_of(
            mean.numpy() * unit, cov[0].numpy().astype(float) * np.outer(unit, unit), self._model
        )
        self.said = now if now.mass_std <= self._before.mass_std else self._before

    def forget(self) -> None:
        """See Estimator.forget."""
        self._memory: Memory = self._network.begin(1)
        self._began = float("nan")  # nothing comes after it
        self._moved = False
        self.elapsed = 0.0
        prior = self._model.prior
        com, spread = np.array(prior.com), np.full(3, prior.com_std)
        self.said = Said(np.array(prior.mass), np.array(prior.mass_std), com, spread)


class FusionEstimator(Estimator):
    """Least squares and the network together.

    A load that changes suddenly is the Kalman filter's to notice, and what a long motion tells is its to say.
    """

    def __init__(
        self, model: LoadModel, robot: RobotModel, period: float, learned: Learned | None = None
    ) -> None:
        self._filter = PayloadEstimator(model, robot, period)
        self._squares = LeastSquares(model, robot, period)
        self._network = NetworkEstimator(model, robot, period, learned)
        self._fusion = deepcopy(self._network.learned.fusion).double()
        self._said = self._before = self._network.said
        self._changed: float | None = None

    def update(self, sample: Sample) -> Estimate:
        """See Estimator.update."""
        by_filter = self._filter.update(sample)
        if by_filter.changed != self._changed:
            self._changed = by_filter.changed
            self._start()
        by_squares = self._squares.update(sample)
        begins = self._network.listen(sample)
        if begins:
            self._before = self._said
        if begins is not None:
            self._said = self._joined(by_filter, by_squares)
        changed, back = by_filter.changed, by_filter.set_back
        return replace(_estimate(sample.time, self._said), changed=changed, set_back=back)

    def _joined(self, by_filter: Estimate, by_squares: Estimate) -> Said:
        elapsed = self._network.elapsed
        if elapsed > LONG:
            return _said(by_filter)
        if elapsed > HORIZON:
            return self._said
        network = self._network.said
        now = fused(self._fusion, _said(by_squares), network, np.array(elapsed))
        # What was said before a motion stands until this one tells more.
        return now if now.mass_std <= self._before.mass_std else self._before

    def forget(self) -> None:
        """See Estimator.forget."""
        self._filter.forget()
        self._start()

    def _start(self) -> None:
        self._squares.forget()
        self._network.forget()
        self._said = self._before = self._network.said


def _estimate(time: float, said: Said) -> Estimate:
    mass_std = float(said.mass_std)
    return Estimate(
        time, float(said.mass), mass_std, said.com, said.com_std, known=mass_std <= KNOWN
    )


def _said(estimate: Estimate) -> Said:
    mass, std = np.array(estimate.mass), np.array(estimate.mass_std)
    return Said(mass, std, estimate.com, estimate.com_std)
