"""The fingertip's slip and roughness networks as programs for a controller; what they are given is worked out beside the camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import Tensor

from robolab.core.errors import UnknownName
from robolab.core.transforms import Array
from robolab.learning.program import Function, Program, Values
from robolab.learning.program_builder import Builder
from robolab.touch.policy import PROGRAMS
from robolab.touch.tip import load_tip
from robolab.touch.tip_roughness import BANDS, BINS, LOG_LIMITS, RoughnessNetwork
from robolab.touch.tip_slip import FEATURES, SlipNetwork

KIND = "touch_fingertip"
FORMS = ("slip", "slip-distilled", "roughness", "roughness-distilled")


@PROGRAMS.register(KIND)
def tip_program(folder: Path, form: str) -> Program:
    """Return the program of one of a fingertip's networks.

    Raises:
        WeightsError: the folder holds none.
        UnknownName: no such form.
    """
    if form not in FORMS:
        raise UnknownName("variant of a fingertip's networks", form, FORMS)
    networks = load_tip(folder)
    if form.startswith("slip"):
        return slip_program(networks.slip if form == "slip" else networks.slip_distilled)
    full = form == "roughness"
    return roughness_program(networks.roughness if full else networks.roughness_distilled)


def slip_program(network: SlipNetwork) -> Program:
    """From what is told of a frame to the log odds that all of the contact slides; the hidden row is kept."""
    memory = network.memory
    make = Builder(FEATURES, states=memory.hidden_size)
    seen = _dense(make, make.input, network.enter.weight, network.enter.bias, Function.TANH)
    kept = make.gru(seen, [_array(gate) for gate in memory.all_weights[0]])
    odds = _dense(make, kept, network.leave.weight, network.leave.bias)
    return make.program("touch_slip", "Whether what is held slides", ["log_odds"], odds)


def roughness_program(network: RoughnessNetwork) -> Program:
    """From what presses on a surface have told to ln(R_a / 5 um) and the logarithm of its deviation."""
    of = [*(f"energy_{band}" for band in range(BANDS)), "depth", "share"]
    make = Builder([f"{name}_of_depth_{k}" for k in range(BINS) for name in of])
    x = make.scaled(make.input, _array(network.middle), 1.0 / _array(network.scale))
    for layer in (network.first, network.second):
        x = _dense(make, x, layer.weight, layer.bias, Function.TANH)
    out = _dense(make, x, network.last.weight, network.last.bias)
    low, high = LOG_LIMITS
    middle = np.array([0.5 * (low + high)])
    bounded = make.scaled(out.part(1, 1), middle, np.ones(1), limit=0.5 * (high - low))
    bounded = make.scaled(bounded, -middle, np.ones(1))
    said = make.joined(out.part(0, 1), bounded)
    return make.program("touch_roughness", "R_a", ["ln_ra_over_5_um", "ln_deviation"], said)


def _dense(
    make: Builder, of: Values, weight: Tensor, bias: Tensor, function: Function = Function.SAME
) -> Values:
    return make.dense(of, _array(weight), _array(bias), function)


def _array(value: Tensor) -> Array:
    return value.detach().numpy().astype(np.float64)
