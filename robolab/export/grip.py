"""The grip that is just enough, `touch.grip`, as C99: what it feels, its network, and what it does with both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from robolab import __version__
from robolab.core.errors import ExportError
from robolab.core.transforms import Array
from robolab.export.numbers import rows_of
from robolab.export.written import Table
from robolab.sensors.pad import COLUMNS, PITCH, ROWS, PadForces
from robolab.sim.pinch import OPEN, TWIST
from robolab.tasks.lift import GripSample
from robolab.touch import grip, grip_feel, grip_network, grip_watch
from robolab.touch.grip import GraspForcePredictor, GripPolicy
from robolab.touch.grip_watch import Fault
from robolab.touch.known import Known

TEST_LOAD, TEST_LIMIT = 0.3, 30.0
_LAYERS = {
    "ENTER": ("enter.weight", "enter.bias", "of what is felt"),
    "GATES": ("memory.weight_ih_l0", "memory.bias_ih_l0", "reset, keep and fresh, of the input"),
    "RECUR": ("memory.weight_hh_l0", "memory.bias_hh_l0", "and of the units themselves"),
    "LEAVE": ("leave.weight", "leave.bias", "what differs, log deviation, log odds of sliding"),
}
_SECONDS = 0.45
_AXIS = ((np.arange(ROWS) - (ROWS - 1) / 2.0) * PITCH).astype(np.float32)


@dataclass(frozen=True)
class GripCode:
    """A trained grip, ready to be written; see `written.Written`.

    There are templates in C alone: the strokes, the faults and the force are a program around the network.
    """

    policy: GripPolicy
    name: str = "grip"
    kind: str = "grip"
    prefix: str = "GRIP"
    real: str = "double"

    @property
    def banner(self) -> str:
        """One line that says what a file is."""
        return f"Grip that is just enough, by robolab {__version__}."

    @property
    def sizes(self) -> dict[str, Table]:
        """What memory depends on."""
        width, features = self.policy.tensors["enter.weight"].shape
        return {
            "ROWS": Table(ROWS, "cells along the finger"),
            "COLUMNS": Table(COLUMNS, "and across"),
            "WIDTH": Table(width, "units of the network"),
            "FEATURES": Table(features, "numbers of a look"),
            "OF_PAD": Table(grip_feel.OF_PAD, "of them of each pad"),
        }

    @property
    def tables(self) -> dict[str, Table]:
        """All constants by their names in C."""
        weights: dict[str, Table] = {}
        for name, (weight, bias, says) in _LAYERS.items():
            by_column = self.policy.tensors[weight].float().numpy().T.copy()
            weights[name] = Table(by_column, says)
            weights[f"{name}_BIAS"] = Table(self.policy.tensors[bias].float().numpy(), "its bias")
        return {**_constants(self.policy.sigmas), **weights}

    def graph(self) -> Any:
        """See `Written`.

        Raises:
            ExportError: always; a grip is more than a graph.
        """
        raise ExportError(
            "is not there as a graph", field="grip", expected="c, or the variant network"
        )

    def texts(self, suffix: str) -> dict[str, str]:
        """See `Written`."""
        if suffix == "_test.c":
            return {"vector": _vector(self.policy)}
        if suffix == ".h":
            faults = (f"    GRIP_{fault.name} = {fault.value}" for fault in Fault)
            return {"faults": ",\n".join(faults)}
        return {}

    def more_sizes(self) -> dict[str, Table]:
        """See `Written`."""
        return {}

    def about(self, state: Array) -> dict[str, Any]:
        """See `Written`."""
        return {"name": self.name, "state": state}


def _constants(sigmas: float) -> dict[str, Table]:
    return {**_of_feeling(), **_of_holding(sigmas)}


def _of_feeling() -> dict[str, Table]:
    f, w, period = grip_feel, grip_watch, grip_feel.PERIOD
    return {
        "AXIS": Table(_AXIS, "middles of the cells [m]"),
        "PITCH": Table(PITCH, "[m]"),
        "EVERY": Table(f.EVERY, "samples of one look"),
        "TOUCH_FORCE": Table(f.TOUCH_FORCE, "[N]"),
        "TOUCHED": Table(f.TOUCHED, "force of each finger that is contact [N]"),
        "RUB": Table(f.RUB, "rubbing ends [s]"),
        "FEEL": Table(f.FEEL, "feeling ends [s]"),
        "SETTLED": Table(f.SETTLED, "friction counts from here on [s]"),
        "LONGEST": Table(f.LONGEST, "an object that does not come is given up [s]"),
        "GROWTH": Table(period / f.GROW, "of the force's logarithm, by sample"),
        "STUCK": Table(f.STUCK, "share of friction above which it does not come along"),
        "FREE": Table(f.FREE, "and below which it does"),
        "EASY": Table(f.EASY, "and below which the force grows no more"),
        "COMES": Table(f.COMES, "so long an object has to come along [s]"),
        "RISES": Table(f.RISES, "how far a pull is above its mean while the table still bears"),
        "QUICK": Table(f.QUICK, "weight of a new sample"),
        "SLOW": Table(f.SLOW, "and in the friction that is shown"),
        "AHEAD": Table(f.AHEAD, "force asked for over force felt"),
        "TARE": Table(f.TARE, "offsets are taken until [s]"),
        "HANGS": Table(f.HANGS, "weight of a new look in the mass"),
        "SMALL": Table(f.SMALL, "[N]"),
        "NOISE": Table(f.NOISE, "of a cell's shear [N]"),
        "BLUR": Table(f.BLUR, "of a point's pressure [m]"),
        "TWIST": Table(TWIST, "torsional over lateral friction [m]"),
        "EDGE": Table(f.EDGE, "share of the mean below which a cell is not pressed"),
        "LEAST_MASS": Table(f.LEAST_MASS, "[kg]"),
        "LEAST_FRICTION": Table(f.FRICTIONS[0], "of an object"),
        "MOST_FRICTION": Table(f.FRICTIONS[1], "of an object"),
        "FIRST_FRICTION": Table(f.Feel.friction, "before it is felt"),
        "FIRST_MASS": Table(f.Feel.mass, "before it is felt [kg]"),
        "LEAST_STD": Table(grip_network.STD[0], "of the logarithm of the deviation"),
        "MOST_STD": Table(grip_network.STD[1], "of the logarithm of the deviation"),
        "LOG_2": Table(float(np.log(2.0)), "two fingers"),
        "WATCH_TOUCHED": Table(w.TOUCHED, "a touch beyond doubt [N]"),
        "AT_ONCE": Table(w.AT_ONCE, "was there before the fingers closed [s]"),
        "ALONE": Table(w.ALONE, "time that one finger may touch alone [s]"),
        "NOTHING": Table(w.NOTHING, "and that none may [s]"),
        "DEAD": Table(w.DEAD, "a pad that stands still for so long [s]"),
        "BEYOND": Table(w.BEYOND, "no cell says more [N]"),
        "OPEN": Table(OPEN, "the gripper's widest [m]"),
    }


def _of_holding(sigmas: float) -> dict[str, Table]:
    f, period = grip_feel, grip_feel.PERIOD
    return {
        "STRONGEST": Table(grip.STRONGEST, "[N]"),
        "WEAKEST": Table(grip.WEAKEST, "[N]"),
        "SPARE": Table(grip.SPARE, "share of a told limit that is asked for at most"),
        "SIGMAS": Table(sigmas, "deviations that are safe"),
        "UP": Table(float(np.exp(period / grip.RISE)), "of the force at most, by sample"),
        "DOWN": Table(float(np.exp(-period / grip.FALL)), "of the force at least, by sample"),
        "EARLY": Table(grip.EARLY, "of the force's logarithm, as the lift begins"),
        "FADES": Table(grip.FADES, "of that, by sample"),
        "ALARM": Table(grip.ALARM, "share of the friction in use"),
        "TIGHTEN": Table(grip.TIGHTEN, "by look at which it slides"),
        "TURNING": Table(grip.TURNING, "by look at which it but turns"),
        "TIGHTEST": Table(grip.TIGHTEST, "of the logarithm"),
        "RELAXED": Table(float(np.exp(-period * f.EVERY / grip.RELAX)), "by look"),
        "LOOK": Table(period * f.EVERY, "[s]"),
        "DOUBT": Table(grip.DOUBT, "an object that slides for so long will not hold [s]"),
        "HELD_AFTER": Table(grip.SETTLED, "a grip loosens slowly only [s]"),
        "LOOSER": Table(grip.LOOSER, "by look, of what it may loosen"),
        "BLIND": Table(grip.BLIND, "force of a grip that no longer feels"),
    }


def made_up() -> Array:
    """Return rows of a lift for the test: time, normal forces, shear of each finger, now, soon and planned, shape (k, 10)."""
    time = grip_feel.PERIOD * np.arange(round(_SECONDS / grip_feel.PERIOD), dtype=np.float64)
    normal = np.interp(time, [0.04, 0.045, 0.09, 0.13, 0.45], [0.0, 0.5, 0.5, 5.0, 6.0])
    along = np.interp(time, [0.045, 0.05, 0.085, 0.09], [0.0, 0.3, 0.3, -0.3]) * normal / 0.5
    along = np.where(time > 0.09, -np.minimum(0.6 * normal, 1.5), along)
    across = 0.3 * np.sin(40.0 * time) * (time > 0.2)
    now, planned = 9.81 + 2.0 * np.sin(20.0 * time), 12.0 + 2.0 * (time > 0.3)
    soon = now + 0.5
    rows = [time, normal, 0.9 * normal, across, along, across, 0.95 * along, now, soon, planned]
    return np.asarray(np.round(np.column_stack(rows), 6), np.float64)


def sample_of(k: int, row: Array) -> GripSample:
    """Spread a row over the cells, as the test in C does."""
    c, f = np.arange(ROWS * COLUMNS)[None], np.arange(2)[:, None]
    share = (1.0 + 0.5 * np.sin(1.7 * c + f)) / (ROWS * COLUMNS)
    noise = 0.004 * np.sin(12.9 * c + 78.2 * k + f)
    shear = row[3:7].reshape(2, 2)
    cells = row[1:3, None] * share + noise
    across, along = shear[:, :1] * share + noise, shear[:, 1:] * share - noise
    pads = PadForces(
        cells.reshape(2, ROWS, COLUMNS),
        np.stack([across, along], axis=-1).reshape(2, ROWS, COLUMNS, 2),
    )
    now, soon, planned = row[7:].tolist()
    return GripSample(float(row[0]), pads, now, soon, planned, 0.05)


def said_of(policy: GripPolicy, rows: Array) -> list[list[float]]:
    """Return what the grip says of each row: force, least, deviation, stroke, slipping, fault, loses."""
    predictor = GraspForcePredictor(policy, Known(load=TEST_LOAD, limit=TEST_LIMIT))
    said: list[list[float]] = []
    for k, row in enumerate(rows):
        one = predictor.update(sample_of(k, row))
        flags = [float(one.stroke), float(one.slipping), float(predictor.fault), float(one.loses)]
        said.append([one.force, one.least, one.std, *flags])
    return said


def _vector(policy: GripPolicy) -> str:
    rows = made_up()
    said = said_of(policy, rows)
    return "\n".join(
        [
            f"#define COUNT {len(rows)}",
            f"#define LOAD {TEST_LOAD}",
            f"#define LIMIT {TEST_LIMIT}",
            "",
            f"static const double SAMPLES[COUNT][{rows.shape[1]}] = {{",
            *rows_of(rows),
            "};",
            "",
            "/* Force, least, its deviation, stroke, slipping, fault, loses. */",
            "static const double EXPECTED[COUNT][7] = {",
            *rows_of(np.array(said)),
            "};",
            "",
        ]
    )
