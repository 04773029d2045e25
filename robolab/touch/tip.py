"""What an optical fingertip's image tells, by the trained networks, and a stated answer where it tells nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from robolab.core.assets import shipped
from robolab.core.errors import WeightsError
from robolab.core.transforms import Array
from robolab.learning import weights
from robolab.sensors.gel import Gel
from robolab.touch import tip_roughness, tip_slip
from robolab.touch.slopes import Slopes
from robolab.touch.tip_draw import CLASSES
from robolab.touch.tip_frames import shrunk
from robolab.touch.tip_input import check_frame, check_image
from robolab.touch.tip_network import CURVATURE_UNIT, FORCE_UNIT, PressNetwork, Read
from robolab.touch.tip_roughness import RoughnessNetwork, Surface, surface_of, told_by
from robolab.touch.tip_shape import ShapeNetwork
from robolab.touch.tip_slip import SlipEye, SlipNetwork, SlipWatch

WEIGHTS, CALIBRATION = "weights.safetensors", "calibration.json"
State = Literal["pressed", "no contact", "dark", "saturated", "another sensor"]

_DARK = 0.15
"""Share of the untouched image's light below which the lamps or the camera are taken to be dead."""
_BURNT = 0.15
"""Share of pixels at the camera's end above which the image is not read."""
_STILL = 1.0
"""Change of light, root mean square over blocks of 4 by 4 pixels, below which nothing touches [of 255 steps]."""
_DOTS, _DOT_LIGHT = 0.02, 0.4
"""Share of pixels that the dots darken at the least, and below which share of the mean light a pixel is dark."""
_STRANGE = 45.0
"""Median change of light above which the image is of some other sensor [of 255 steps]."""


@dataclass(frozen=True)
class Reading:
    """What a press feels like. Where `state` is not "pressed", forces are 0 and every deviation is infinite.

    Attributes:
        force: Shear along x and y, and normal, shape (3,) [N]; `force_std` likewise.
        height: How far the gel has given way, in cells of 8 by 8 pixels, shape (30, 40) [m]; `height_std` one figure.
        kind: Chance of each of CLASSES, shape (5,).
        curvature: Largest, and its deviation [1/m]; it holds for balls, rods and faces.
    """

    state: State
    force: Array
    force_std: Array
    height: Array
    height_std: float
    kind: Array
    curvature: float
    curvature_std: float

    @property
    def shape(self) -> str:
        """The likeliest class, or "unknown"."""
        return CLASSES[int(np.argmax(self.kind))] if self.state == "pressed" else "unknown"


@dataclass(frozen=True)
class TipNetworks:
    """The trained networks, narrow ones that stand in, and what deviations have to be multiplied by to hold."""

    press: PressNetwork
    shape: ShapeNetwork
    roughness: RoughnessNetwork
    slip: SlipNetwork
    roughness_distilled: RoughnessNetwork
    slip_distilled: SlipNetwork
    calibration: Mapping[str, float]

    @staticmethod
    def blank(calibration: Mapping[str, float]) -> TipNetworks:
        """Return networks that have learned nothing."""
        return TipNetworks(
            PressNetwork(),
            ShapeNetwork(),
            RoughnessNetwork(),
            SlipNetwork(),
            RoughnessNetwork(tip_roughness.DISTILLED),
            SlipNetwork(tip_slip.DISTILLED),
            calibration,
        )

    @property
    def parts(self) -> dict[str, nn.Module]:
        """The networks by name."""
        return {
            f.name: part
            for f in fields(self)
            if isinstance(part := getattr(self, f.name), nn.Module)
        }

    @property
    def peak(self) -> tuple[float, float]:
        """See `tip_hardness.Peak`."""
        return self.calibration["peak"], self.calibration["peak_std"]

    def tensors(self) -> dict[str, Tensor]:
        """Return all weights by name."""
        return {
            f"{n}.{k}": v for n, part in self.parts.items() for k, v in part.state_dict().items()
        }


def load_tip(folder: Path | None = None) -> TipNetworks:
    """Load trained networks: the shipped ones, or those of a folder.

    Raises:
        WeightsError: a file is missing, damaged, or of other networks.
    """
    folder = folder or shipped("policies") / "touch_fingertip"
    path = folder / WEIGHTS
    tensors = weights.read(path)
    try:
        told = json.loads((folder / CALIBRATION).read_text(encoding="utf-8"))
        calibration = {str(key): float(value) for key, value in told.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise WeightsError("cannot be read", file=folder / CALIBRATION) from error
    networks = TipNetworks.blank(calibration)
    for name, network in networks.parts.items():
        start = f"{name}."
        own = {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
        weights.into_module(own, network, path)
        network.eval()
    return networks


class TipReader:
    """Reads one fingertip.

    Args:
        reference: What its camera sees untouched, shape (240, 320, 3), of 255 steps.
    Raises:
        BadInput: the reference is not of such a fingertip.
    """

    def __init__(self, networks: TipNetworks, reference: np.ndarray) -> None:
        self._networks, self._gel = networks, Gel()
        self._reference = reference.astype(np.float32)
        check_image(self._reference, self._gel)
        self._slopes = Slopes(self._gel, self._reference)

    @property
    def peak(self) -> tuple[float, float]:
        """See `tip_hardness.Peak`."""
        return self._networks.peak

    def read(self, image: np.ndarray, marks: Array) -> Reading:
        """Read a press.

        Args:
            image: Shape (240, 320, 3), of 255 steps.
            marks: Where the dots are, shape (63, 2) [pixels].
        Raises:
            BadInput: shapes are another sensor's, or numbers are not finite.
        """
        check_frame(image, marks, self._gel)
        state = self.state_of(image)
        if state != "pressed":
            return _nothing(state)
        moved = (marks - self._gel.marks_at_rest()).T.reshape(1, 2, *self._gel.marks)
        small = 16.0 * shrunk(image, self._reference)[None]
        with torch.no_grad():
            told = self._networks.press(
                torch.from_numpy(small), torch.from_numpy(moved.astype(np.float32))
            )
            shape = self._networks.shape(torch.from_numpy(small))
        return reading_of(told, shape, self._networks.calibration)

    def state_of(self, image: np.ndarray) -> State:
        """Say whether an image can be read, and if not, why."""
        if float(image.mean()) < _DARK * float(self._reference.mean()):
            return "dark"
        if float((image.max(axis=2) >= 254).mean()) > _BURNT + float(
            (self._reference.max(axis=2) >= 254).mean()
        ):
            return "saturated"
        change = shrunk(image, self._reference)
        dots = image.mean(axis=2) < _DOT_LIGHT * float(self._reference.mean())
        if float(dots.mean()) < _DOTS or float(np.median(np.abs(change))) > _STRANGE:
            return "another sensor"
        return "no contact" if float(np.sqrt((change**2).mean())) < _STILL else "pressed"

    def surface(self, images: np.ndarray, marks: Array) -> Surface | None:
        """Return what one still press tells of a surface; None where too little is touched to tell.

        Args:
            images: Shape (n, 240, 320, 3); eight are what the network has learned from.
        """
        reading = self.read(images[0], marks)
        if reading.state != "pressed":
            return None
        return surface_of(self._slopes, self._gel, images, marks, reading.height)

    def slip_watch(self) -> SlipWatch:
        """Return what follows one grasp from its first touch on, and tells slip."""
        return SlipWatch(self._networks.slip, SlipEye(self._gel, self._reference))


def roughness_of(networks: TipNetworks, surfaces: Sequence[Surface]) -> tuple[float, float]:
    """Return R_a of one surface [m], and the deviation of its logarithm: infinite where nothing is told.

    Args:
        surfaces: What presses on it, here and there, have told.
    """
    if not surfaces:
        return 0.0, np.inf
    features = torch.from_numpy(np.stack([each.features() for each in surfaces]))
    mean, std = told_by(networks.roughness, features[None])
    return 5e-6 * float(mean.exp()), float(std) * networks.calibration["roughness"]


def reading_of(
    told: Read, shape: tuple[Tensor, Tensor, Tensor], calibration: Mapping[str, float]
) -> Reading:
    """Return what the networks say of one press, in SI units, with deviations that hold."""
    unit = np.array(FORCE_UNIT)
    scale = np.array([calibration[key] for key in ("shear", "shear", "normal")])
    kinds, bent, log = (x[0] for x in shape)
    bend, bend_std = float(bent), float(log.exp()) * calibration["curvature"]
    return Reading(
        "pressed",
        _array(told.force) * unit,
        np.exp(_array(told.force_log)) * unit * scale,
        _array(told.height) * 1e-3,
        float(told.height_log[0].exp()) * 1e-4 * calibration["height"],
        _array(torch.softmax(kinds, dim=0)[None]),
        CURVATURE_UNIT * float(np.sinh(bend)),
        CURVATURE_UNIT * float(np.cosh(bend)) * bend_std,
    )


def _array(batch: Tensor) -> Array:
    return batch[0].numpy().astype(float)


def _nothing(state: State) -> Reading:
    unknown = np.full(len(CLASSES), 1.0 / len(CLASSES))
    touched = np.inf if state != "no contact" else 0.1
    zero, deviation = np.zeros(3), np.full(3, touched)
    return Reading(state, zero, deviation, np.zeros((30, 40)), np.inf, unknown, 0.0, np.inf)
