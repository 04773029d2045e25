"""Teach a fingertip's networks on drawn presses, find by how much their deviations are off, and try them on others."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from robolab.core.files import write_bytes
from robolab.core.rng import stream
from robolab.learning import weights
from robolab.learning.program import in_steps
from robolab.touch.tip import TipNetworks
from robolab.touch.tip_draw import Split
from robolab.touch.tip_frames import Tip, arrays_of, draw_frames, shrunk
from robolab.touch.tip_network import FORCE_UNIT, PressNetwork, Read, loss_of
from robolab.touch.tip_pull import draw_pulls
from robolab.touch.tip_roughness import (
    Height,
    RoughnessNetwork,
    draw_rough,
    features_of,
    lessons_of,
    roughness_gap,
    roughness_loss,
    told_by,
)
from robolab.touch.tip_shape import ShapeNetwork, bent, shape_loss
from robolab.touch.tip_slip import slip_gap, slip_loss
from robolab.touch.tip_train import Loss, fit, start

_NINETY = 1.6449
Tell = Callable[[str], None]
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Lesson:
    """How much is taught.

    Attributes:
        presses, press_steps: For forces and height map.
        shapes, shape_steps: For class and curvature.
        surfaces, rough_steps: For roughness; each surface is pressed in several places.
        pulls, slip_steps: For slip.
        smooth: Pulls on perfectly smooth things, on which slip is tried as well.
        calibrate, test: Share of those numbers drawn to calibrate on, and to try on.
        hardness: Presses on which telling hardness, which is not learned, is tried.
        seed: Of everything.
    """

    presses: int = 2500
    press_steps: int = 380
    shapes: int = 1100
    shape_steps: int = 420
    surfaces: int = 350
    rough_steps: int = 3000
    pulls: int = 500
    slip_steps: int = 600
    smooth: int = 250
    calibrate: float = 0.15
    test: float = 0.3
    hardness: int = 200
    seed: int = 0

    def of(self, name: str) -> int:
        """How many of something are drawn to learn from, by what they are for."""
        return {
            "press": self.presses,
            "shape": self.shapes,
            "roughness": self.surfaces,
            "slip": self.pulls,
            "slip_smooth": self.smooth,
        }[name]

    def count(self, of: int, split: Split) -> int:
        """How many of something a split has."""
        share = {"learn": 1.0, "calibrate": self.calibrate, "test": self.test}[split]
        return max(20, round(of * share))


def teach(lesson: Lesson, kept: Path, tell: Tell = lambda _: None) -> TipNetworks:
    """Train all four networks and calibrate them.

    Args:
        kept: Folder in which data and states are kept, from which a run that was cut off goes on.
    """
    networks = TipNetworks.blank({})
    course = _Course(lesson, kept, tell)
    course.run("press", networks.press, _press_loss, lesson.press_steps, 4e-3)
    course.run("shape", networks.shape, shape_loss, lesson.shape_steps, 3e-3)
    rough = lessons_of(drawn("roughness", "learn", lesson, kept, tell, networks.press))
    course.run("roughness", networks.roughness, roughness_loss, lesson.rough_steps, 2e-3, rough)
    with torch.no_grad():
        rough["said"] = torch.stack(networks.roughness(rough["features"]), 1)
    narrow, steps = networks.roughness_distilled, lesson.rough_steps
    course.run("roughness_distilled", narrow, roughness_gap, steps, 4e-3, rough)
    course.run("slip", networks.slip, slip_loss, lesson.slip_steps, 4e-3)
    pulls = drawn("slip", "learn", lesson, kept, tell)
    with torch.no_grad():
        pulls["said"] = networks.slip(pulls["seen"])
    steps = 2 * lesson.slip_steps
    course.run("slip_distilled", networks.slip_distilled, slip_gap, steps, 8e-3, pulls)
    return replace(networks, calibration=_calibrated(networks, lesson, kept, tell))


@dataclass(frozen=True)
class _Course:
    """One run of a lesson."""

    lesson: Lesson
    kept: Path
    tell: Tell

    def run(
        self,
        name: str,
        network: nn.Module,
        loss: Loss,
        steps: int,
        rate: float,
        data: dict[str, Tensor] | None = None,
    ) -> None:
        """Train one network, on what is drawn for it if it is given nothing else."""
        if data is None:
            data = drawn(name, "learn", self.lesson, self.kept, self.tell)
        start(network, self.lesson.seed)
        if isinstance(network, RoughnessNetwork):
            network.fit_scale(data["features"])

        def say(step: int, value: float) -> None:
            if step % 20 == 0:
                self.tell(f"{name}: step {step} of {steps}, loss {value:.3f}")

        state = self.kept / f"{name}.state"
        fit(network, loss, data, steps, rate, seed=self.lesson.seed, state=state, tell=say)


def drawn(
    name: str, split: Split, lesson: Lesson, kept: Path, tell: Tell, press: nn.Module | None = None
) -> dict[str, Tensor]:
    """Return what a network learns from or is tried on; drawn once, then kept.

    Args:
        press: For roughness: what reads the height maps.
    """
    path = kept / f"{name}.{split}.safetensors"
    if not path.is_file():
        rng = stream(lesson.seed, "fingertip", name, split)

        def say(number: int) -> None:
            tell(f"draw for {name}, {split}: {number}")

        write_bytes(path, weights.to_bytes(_draw(name, split, lesson, rng, press, say)))
    return weights.read(path)


def _draw(
    name: str,
    split: Split,
    lesson: Lesson,
    rng: np.random.Generator,
    press: nn.Module | None,
    tell: Callable[[int], None],
) -> dict[str, Tensor]:
    count = lesson.count(lesson.of(name), split)
    if name == "roughness":
        assert isinstance(press, PressNetwork)
        return draw_rough(count, split, rng, heights_by(press), tell)
    if name in ("slip", "slip_smooth"):
        drawn = vars(draw_pulls(count, split, rng, name == "slip", tell))
    else:
        drawn = arrays_of(draw_frames(count, split, rng, 1.0 if name == "shape" else 0.5, tell))
    return {key: torch.from_numpy(value) for key, value in drawn.items()}


def heights_by(network: PressNetwork) -> Height:
    """Return how a press network reads height maps from pictures."""

    def height(tip: Tip, image: np.ndarray, moved: np.ndarray) -> np.ndarray:
        small = torch.from_numpy(16.0 * shrunk(image, tip.reference))[None]
        with torch.no_grad():
            read = network(small, torch.from_numpy(moved.astype(np.float32))[None])
        return 1e-3 * read.height[0].numpy()

    return height


def answers(network: PressNetwork, data: dict[str, Tensor]) -> Read:
    """Ask the press network about many presses."""
    parts: list[Read] = []
    with torch.no_grad():
        for begin in range(0, len(data["image"]), 64):
            rows = slice(begin, begin + 64)
            parts.append(network(data["image"][rows].float(), data["marks"][rows]))
    return Read(*(torch.cat(column) for column in zip(*parts, strict=True)))


def errors_of(read: Read, data: dict[str, Tensor]) -> dict[str, tuple[Tensor, Tensor]]:
    """Return errors and the deviations said of them, by what they are of [N, mm]."""
    unit = torch.tensor(FORCE_UNIT)
    force, std = read.force * unit - data["force"], read.force_log.exp() * unit
    off = (read.height - data["height"]).abs().mean((1, 2))
    return {
        "shear": (force[:, :2].flatten(), std[:, :2].flatten()),
        "normal": (force[:, 2], std[:, 2]),
        "height": (off, read.height_log.exp() * 0.1),
    }


def shapes_of(network: ShapeNetwork, data: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Return logits of the class, and curvature as the network tells it, with errors and deviations of that."""
    with torch.no_grad():
        kinds, mean, log = network(data["image"].float())
    known = data["curvature"] >= 0.0
    return kinds, (mean - bent(data["curvature"]))[known], log.exp()[known]


def _press_loss(network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    return loss_of(network(batch["image"].float(), batch["marks"]), batch)


def _calibrated(networks: TipNetworks, lesson: Lesson, kept: Path, tell: Tell) -> dict[str, float]:
    data = drawn("press", "calibrate", lesson, kept, tell)
    read = answers(networks.press, data)
    found = errors_of(read, data)
    _, bend, std = shapes_of(networks.shape, drawn("shape", "calibrate", lesson, kept, tell))
    found["curvature"] = (bend, std)
    rough = drawn("roughness", "calibrate", lesson, kept, tell, networks.press)
    mean, std = told_by(networks.roughness, features_of(rough))
    found["roughness"] = (mean - rough["target"], std)
    factors = {key: _factor(error, std) for key, (error, std) in found.items()}
    share, spread = _peaks(read.height, data["height"])
    return {**factors, "peak": share, "peak_std": spread}


def _peaks(read: Tensor, true: Tensor) -> tuple[float, float]:
    """How large a map's largest value is read, as a share of the true one, and the deviation of that."""
    largest = true.amax((1, 2))
    share = (read.amax((1, 2)) / largest)[largest > 0.1].double()
    middle = float(share.median())
    return middle, float(torch.quantile((share / middle - 1.0).abs(), 0.9)) / _NINETY


def _factor(error: Tensor, std: Tensor) -> float:
    """By what deviations have to be multiplied for nine in ten of their intervals to hold."""
    if not len(error):
        return 1.0
    return float(torch.quantile((error.abs() / std).double(), 0.9)) / _NINETY


def rounded(network: Network) -> Network:
    """Return a network with its matrices rounded as an exported program's are (`Program.quantised`)."""
    copied = deepcopy(network)
    with torch.no_grad():
        for value in copied.parameters():
            if value.ndim == 2:
                steps, scale = in_steps(value.double().numpy())
                value.copy_(torch.from_numpy(steps * scale[:, None]))
    return copied


def figures(networks: TipNetworks, lesson: Lesson, kept: Path, tell: Tell) -> dict[str, Any]:
    """Try the networks on what none has seen, each beside the plainest guess on the same presses."""
    from robolab.touch.tip_figures import (
        form_figures,
        hardness_figures,
        press_figures,
        roughness_figures,
        shape_figures,
        slip_figures,
    )

    tell("try on unseen presses")
    press = drawn("press", "test", lesson, kept, tell)
    learned = drawn("press", "learn", lesson, kept, tell)
    shapes = drawn("shape", "test", lesson, kept, tell)
    rough = drawn("roughness", "test", lesson, kept, tell, networks.press)
    pulls = drawn("slip", "test", lesson, kept, tell)
    smooth = drawn("slip_smooth", "test", lesson, kept, tell)
    factor = networks.calibration["roughness"]
    return {
        "press": press_figures(networks, press, learned),
        "shape": shape_figures(networks, shapes),
        "roughness": roughness_figures(networks.roughness, rough, factor),
        "slip": slip_figures(networks.slip, pulls, smooth),
        "forms": form_figures(networks, rough, pulls),
        "hardness": hardness_figures(
            networks, lesson.hardness, stream(lesson.seed, "fingertip", "hardness")
        ),
    }
