"""The trained estimators, `estimation.learned`, as constants for exported code: the network, and its fusion with the filter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from robolab.core.errors import ExportError
from robolab.core.transforms import Array
from robolab.estimation import fusion as joining
from robolab.estimation import learned as trained
from robolab.estimation import least_squares
from robolab.estimation import network as recurrent
from robolab.estimation.contract import Estimator
from robolab.estimation.learned import FusionEstimator, Learned, NetworkEstimator, folder_of
from robolab.estimation.model import LoadModel
from robolab.estimation.payload import arm_of
from robolab.estimation.payload_step import Arm
from robolab.estimation.variants import VARIANTS, load_variant, quantised
from robolab.export.load_contract import STEPS, Step
from robolab.export.load_kalman import filter_tables
from robolab.export.load_recording import PICKED, invented, recorded
from robolab.export.load_tables import bodies, drives, hidden, prior, rules, sizes_of
from robolab.export.traced import Graph
from robolab.export.written import Table
from robolab.robots.model import RobotModel

_NETWORK = {
    "ENTER": ("network.enter.weight", "of what is looked at, and of the load so far"),
    "GATES": ("network.memory.weight_ih", "reset, keep and fresh, of the input"),
    "RECUR": ("network.memory.weight_hh", "and of the units themselves"),
    "LEAVE": ("network.leave.weight", "what is off, and log belief, by joint"),
}
_FUSION = {
    "MEET": ("fusion.enter.weight", "of what both say"),
    "PONDER": ("fusion.think.weight", "of the units before"),
    "JUDGE": ("fusion.leave.weight", "how far to move, and log deviations"),
}
"""Layers by their names in C: the weights' names, and what they are."""
_MAKERS: dict[str, Callable[..., Estimator]] = {
    "network": NetworkEstimator,
    "fusion": FusionEstimator,
}


def trained_step(
    kind: str, model: LoadModel, robot: RobotModel, period: float, learned: Learned, int8: bool
) -> Step:
    """Return a trained estimator of one arm.

    Args:
        kind: network or fusion.
        period: Time between two samples [s].
        int8: Whether weights are steps; those of `learned` have to be, too.
    """
    arm = arm_of(model, robot)
    make = partial(_MAKERS[kind], model, robot, period, learned)
    sizes = sizes_of(arm, period) | {
        "WIDTH": Table(learned.network.memory.hidden_size, "units of the network")
    }
    own = _fusion(learned, int8) | filter_tables(arm) if kind == "fusion" else {}
    shared = {**bodies(arm), **drives(arm), **rules(period), **prior(model)}
    return Step(
        kind=kind,
        robot=robot,
        period=period,
        sizes=sizes,
        tables={**shared, **_network(model, arm, learned, int8), **own},
        recording=recorded(
            make(),
            invented(arm, robot, period, stops=True),
            int(sizes["EVERY"].value),
            # The network alone is told of a pick, the fusion finds out.
            forget=round(PICKED / period) if kind == "network" else -1,
        ),
        estimator=make,
        graph=partial(_no_graph, kind),
    )


@STEPS.register("network")
def network(model: LoadModel, robot: RobotModel, period: float, variant: str = "full") -> Step:
    """Return the network of one arm; see `StepMaker`."""
    return _shipped("network", model, robot, period, variant)


@STEPS.register("fusion")
def fusion(model: LoadModel, robot: RobotModel, period: float, variant: str = "full") -> Step:
    """Return filter, network and their fusion for one arm; see `StepMaker`."""
    return _shipped("fusion", model, robot, period, variant)


def _shipped(kind: str, model: LoadModel, robot: RobotModel, period: float, variant: str) -> Step:
    learned = load_variant(folder_of(robot.name), robot.name, variant)
    return trained_step(kind, model, robot, period, learned, VARIANTS.get(variant).int8)


def _no_graph(kind: str) -> tuple[Graph, Array]:
    raise ExportError("is not there as a graph", field="estimator", value=kind, expected="kalman")


def _network(model: LoadModel, arm: Arm, learned: Learned, int8: bool) -> dict[str, Table]:
    inner, unit, before = learned.network, np.array(recurrent.UNIT), trained.lifted(model)
    return {
        "SCALED": Table(int(int8), "1: weights are steps of their row's scale"),
        "INPUTS": Table(inner.enter.in_features, "what the network looks at"),
        "NOISE": Table(np.hypot(arm.white, arm.slow), "of a current [A]"),
        "UNIT": Table(unit, "mass [kg] and moments [kg m] that are one inside"),
        "FIRST_GUESS": Table(
            np.array(hidden(recurrent, "_PRIOR")), "standard deviations before the first span"
        ),
        "MIDDLE": Table(hidden(recurrent, "_MIDDLE"), "and the mass [kg]"),
        "SIGMAS": Table(hidden(recurrent, "_SIGMAS"), "noises that are one for the network"),
        "LIFTED_MASS": Table(before.mass, "what is believed of what has just been lifted [kg]"),
        "LIFTED_STD": Table(before.mass_std, "[kg]"),
        "HORIZON": Table(trained.HORIZON, "how long a motion is followed [s]"),
        **_layers(learned, _NETWORK, int8),
    }


def _fusion(learned: Learned, int8: bool) -> dict[str, Table]:
    inner = learned.fusion
    return {
        "RIDGE": Table(hidden(least_squares, "_RIDGE"), "what least squares begin with"),
        "LONG": Table(trained.LONG, "motions longer than that are the filter's to judge [s]"),
        "JOINED_INPUTS": Table(joining.FEATURES, "what the fusion goes by"),
        "JOINED_WIDTH": Table(inner.enter.out_features, "units of the fusion"),
        "JOINED_MASS": Table(hidden(joining, "_MASS"), "[kg] that is one for it"),
        "JOINED_COM": Table(hidden(joining, "_COM"), "[m]"),
        "JOINED_STD": Table(hidden(joining, "_LEAST_STD"), "least deviation"),
        "FARTHEST": Table(hidden(joining, "_FARTHEST"), "deviations that it moves at most"),
        **_layers(learned, _FUSION, int8),
    }


def _layers(
    learned: Learned, layers: Mapping[str, tuple[str, str]], int8: bool
) -> dict[str, Table]:
    tables, tensors = dict[str, Table](), learned.tensors()
    for name, (key, says) in layers.items():
        matrix, scale = tensors[key].numpy(), np.ones(1)
        if int8:
            matrix, scale = quantised(matrix)
        else:
            matrix = matrix.astype(np.float32)
        bias = tensors[key.replace("weight", "bias")].numpy().astype(np.float64)
        # By columns: the code runs down a column, not along a row.
        tables[name] = Table(np.ascontiguousarray(matrix.T), f"{says}, by columns")
        tables[f"{name}_SCALE"] = Table(scale.astype(np.float64), "size of a step, by row")
        tables[f"{name}_BIAS"] = Table(bias, "added")
    return tables
