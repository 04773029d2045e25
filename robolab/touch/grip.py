"""The grip that is just enough: from what two fingers feel to the force of each, a thousand times a second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from torch import Tensor

from robolab.core.assets import shipped
from robolab.core.errors import BadInput, WeightsError
from robolab.learning import weights
from robolab.sensors.pad import COLUMNS, ROWS
from robolab.sim.pinch import OPEN
from robolab.tasks.lift import GripCommand, GripSample, Stroke
from robolab.touch.grip_feel import EVERY, PERIOD, Feel
from robolab.touch.grip_network import GripNetwork, GripStep
from robolab.touch.grip_watch import Fault, PadWatch
from robolab.touch.known import Known

FOLDER, WEIGHTS, RECIPE = "grip", "weights.safetensors", "recipe.yaml"
KIND = "grip"
"""As a recipe names it."""
FORMS = ("full", "distilled")
STRONGEST, WEAKEST = 70.0, 0.1
"""Range of the force of one finger [N]."""
RISE, FALL = 0.01, 0.06
"""Times in which the force rises and falls by e at most [s]."""
ALARM = 0.91
"""Share of the friction in use above which the grip tightens, the faster the nearer it is to one: friction is felt to some
per cent, and an object may slide at a little less than was felt."""
TIGHTEN, TURNING = 0.1, 0.04
"""Logarithm of the force that each look adds at most while the object slides, and while it but turns."""
RELAX, TIGHTEST = 0.5, 0.75
"""Time in which that is forgotten [s]; the most of it."""
DOUBT = 0.02
"""An object that slides for so long though no more force may be asked for will not hold [s]."""
SETTLED, LOOSEN = 0.2, 0.3
"""So long after contact a grip loosens slowly only, and in which time, lest it goes with every error of a swing [s]."""
LOOSER = 1.0 - float(np.exp(-PERIOD * EVERY / LOOSEN))
EARLY, EARLY_S = 0.2, 0.25
"""Logarithm of what is asked for on top as the lift begins, and time in which it goes [s]: an object that once slides chatters, and
is hard to catch. The lift asks for less than the shake, so that it is no more than will be asked for. Until half of it has gone the
force is no less than what the object came along with, either."""
FADES = float(np.exp(-PERIOD / EARLY_S))
SPARE = 0.8
"""Share of a told limit that is asked for at most: in one lift fingers pressed a fifth harder than asked."""
BLIND = 1.2
"""A grip that no longer feels holds with so much more than before."""


@dataclass(frozen=True)
class GripPolicy:
    """A trained grip.

    Attributes:
        tensors: Of the network.
        sigmas: How many standard deviations above the mean is safe.
    """

    tensors: Mapping[str, Tensor]
    sigmas: float


@lru_cache(maxsize=4)
def load_grip(folder: Path | None = None, form: str = "full") -> GripPolicy:
    """Read a trained grip; without a folder, the one that is shipped.

    Args:
        form: One of `FORMS`.
    Raises:
        WeightsError: a file is missing, damaged, or not a grip's, or there is no such form.
    """
    folder = shipped("policies") / FOLDER if folder is None else folder
    path = folder / RECIPE
    try:
        recipe: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        sigmas = float(recipe["sigmas"])
        width = int(recipe["units"][form])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            "is not a grip's recipe",
            file=path,
            expected=f"what `robolab touch learn grip` has written, with the form {form!r}",
        ) from error
    start = "" if form == "full" else f"{form}."
    others = tuple(f"{name}." for name in FORMS if name != form)
    tensors = {
        name.removeprefix(start): tensor
        for name, tensor in weights.read(folder / WEIGHTS).items()
        if name.startswith(start) and not name.startswith(others)
    }
    weights.into_module(tensors, GripNetwork(width), folder / WEIGHTS)
    return GripPolicy(tensors, sigmas)


class GraspForcePredictor:
    """Feels an object, says what holds it, and keeps to it; see `GripSample` and `GripCommand`.

    Constant time and memory for each sample. Until the object has been felt, the command says by its stroke how the
    hand should move; with a fault, the motion must not begin.

    Args:
        policy: Without one, what is shipped.
        known: What is known of the object beforehand.

    Attributes:
        feel: What has been felt of it.
        fault: What is wrong, if anything.
    """

    def __init__(self, policy: GripPolicy | None = None, known: Known | None = None) -> None:
        self._policy = policy or load_grip()
        self._step = GripStep(self._policy.tensors)
        self.begin(known or Known())

    def begin(self, known: Known) -> None:
        """Turn to another object."""
        self._known = known
        self._most = STRONGEST if known.limit is None else min(SPARE * known.limit, STRONGEST)
        self.feel = Feel(self._most, known.load)
        self.feel.force = min(self.feel.force, self._most)
        self._watch = PadWatch()
        self._step.forget()
        self._log, self._std, self._tight = float("nan"), 0.0, 0.0
        self._level, self._early, self._weighed = float("nan"), EARLY, 0.0
        self._force, self._slipping, self._doubt = self.feel.force, False, 0.0
        self.fault, self._blind = Fault.NONE, False

    def update(self, sample: GripSample) -> GripCommand:
        """Take one sample and say what to do until the next.

        Raises:
            BadInput: the readings have another shape than this pad's.
        """
        if sample.pads.normal.shape != (2, ROWS, COLUMNS):
            raise BadInput(
                "readings of another sensor",
                field="pads",
                value=sample.pads.normal.shape,
                expected=f"two pads of {ROWS} by {COLUMNS} cells",
            )
        lifted = self.feel.stroke == Stroke.READY
        self.fault = self.fault or self._wrong(sample)
        if not self.fault:
            line = self.feel.add(sample)
            if line is not None:
                said = self._step.look(line)
                self._log, self._std = said.mean, said.std
                before, self._level = self._level, self._safe(sample.time)
                if np.isfinite(before):
                    self._tight = max(self._tight - max(self._level - before, 0.0), 0.0)
                self._slipping = lifted and max(self.feel.used, self.feel.turns) > ALARM
                self._hold_tighter()
        elif lifted:
            self._hold_blindly()
        if self.feel.stroke == Stroke.READY and not self.fault:
            self._follow(sample.soon)
        elif not lifted:
            self._force = self._weighed = self.feel.force
        return self._command(sample.soon)

    def _wrong(self, sample: GripSample) -> Fault:
        """What speaks against going on."""
        size = self._known.size
        if size is not None and size > OPEN:
            return Fault.SEEN_TOO_WIDE
        return self._watch.look(sample, self.feel.contact is not None, self.feel.stuck)

    def _safe(self, time: float) -> float:
        """Logarithm of the safe force over specific force; soon after the lift it falls slowly only."""
        safe = self._log + self._policy.sigmas * self._std
        if self.feel.contact is None or time - self.feel.contact <= SETTLED:
            return safe
        return max(safe, self._level + LOOSER * (safe - self._level))

    def _hold_tighter(self) -> None:
        """While it slides, ask for more than before; what the safe level has come up to in the meantime is not added twice."""
        if self._slipping:
            more = max(TIGHTEN * alarm(self.feel.used), TURNING * alarm(self.feel.turns))
            self._tight = min(self._tight + more, TIGHTEST)
        else:
            self._tight *= float(np.exp(-PERIOD * EVERY / RELAX))
        spent = self._tight >= TIGHTEST or self._force >= self._most
        slides = self._slipping and self.feel.used > 1.0
        self._doubt = self._doubt + PERIOD * EVERY if slides and spent else 0.0

    def _hold_blindly(self) -> None:
        if not self._blind:
            self._force = min(BLIND * self._force, self._most)
            self._blind = True

    def _follow(self, soon: float) -> None:
        """Go towards the safe force for what is planned next, up quickly and down slowly."""
        wanted = soon * float(np.exp(self._level + self._tight + self._early))
        if self._early > EARLY / 2.0:
            wanted = max(wanted, self._weighed)
        self._early *= FADES
        self.feel.force = self._force = followed(self._force, wanted, self._most)

    def _command(self, soon: float) -> GripCommand:
        known = bool(np.isfinite(self._log))
        return GripCommand(
            force=self._force,
            least=soon * float(np.exp(self._log)) if known else 0.0,
            std=self._std,
            stroke=self.feel.stroke,
            slipping=self._slipping,
            loses=self._doubt >= DOUBT,
            fault=self.fault.words,
        )


def alarm(used: float) -> float:
    """Return how far the share of friction in use is beyond what is calm, 0 to 1."""
    return min(max((used - ALARM) / (1.0 - ALARM), 0.0), 1.0)


def followed(force: float, wanted: float, most: float) -> float:
    """Return the force one sample later on its way to another, all [N]."""
    up, down = float(np.exp(PERIOD / RISE)), float(np.exp(-PERIOD / FALL))
    near = min(max(wanted, down * force), up * force)
    return min(max(near, WEAKEST), most)
