"""The grip's network by itself as a program for a controller, in every language that networks are written in."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from robolab.core.errors import UnknownName
from robolab.learning.program import Function, Program
from robolab.learning.program_builder import Builder
from robolab.touch.grip import FORMS, KIND, load_grip
from robolab.touch.grip_feel import FRICTION, MASS, NAMES
from robolab.touch.grip_network import STD
from robolab.touch.policy import PROGRAMS

NETWORK = "network"
_SAYS = "Force that is just enough over specific force, how sure, and whether it slides"


@PROGRAMS.register(KIND)
def grip_program(folder: Path, form: str) -> Program:
    """From a line of what fingers feel to ln(force over specific force / kg), ln of its deviation, and log odds of sliding.

    Raises:
        WeightsError: the folder holds no grip.
        UnknownName: no such form.
    """
    forms = {NETWORK: "full"} | {name: name for name in FORMS if name != "full"}
    if form not in forms:
        raise UnknownName("variant of a grip's network", form, list(forms))
    tensors = load_grip(folder, forms[form]).tensors
    value = {name: tensor.double().numpy() for name, tensor in tensors.items()}
    make = Builder(NAMES, states=len(value["enter.bias"]))
    x = make.dense(make.input, value["enter.weight"], value["enter.bias"], Function.TANH)
    gates = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    x = make.gru(x, [value[f"memory.{name}"] for name in gates])
    out = make.dense(x, value["leave.weight"], value["leave.bias"])
    parts = make.joined(out.part(0, 1), make.input.part(MASS, 1), make.input.part(FRICTION, 1))
    cone = make.mixed(parts.reshaped(3, 1), np.array([[1.0, 1.0, -1.0]]))
    force = make.scaled(cone, np.array([np.log(2.0)]), np.ones(1))
    low, high = STD
    middle = np.array([0.5 * (low + high)])
    spread = make.scaled(out.part(1, 1), middle, np.ones(1), limit=0.5 * (high - low))
    spread = make.scaled(spread, -middle, np.ones(1))
    said = make.joined(force, spread, out.part(2, 1))
    return make.program("grip_network", _SAYS, ["ln_force", "ln_deviation", "log_odds"], said)
