"""The Kalman filter over the load, `estimation.payload`, as constants for exported code."""

from __future__ import annotations

from robolab.estimation import payload, payload_step
from robolab.estimation.model import LoadModel
from robolab.estimation.payload import PayloadEstimator, arm_of
from robolab.estimation.payload_step import Arm
from robolab.export.load_contract import STEPS, Step
from robolab.export.load_kalman_graph import begin_state, kalman_graph
from robolab.export.load_recording import invented, recorded
from robolab.export.load_tables import bodies, drives, no_variant, prior, rules, sizes_of
from robolab.export.written import Table
from robolab.robots.model import RobotModel


@STEPS.register("kalman")
def kalman(model: LoadModel, robot: RobotModel, period: float, variant: str = "full") -> Step:
    """Return the on-line estimator of one arm, which has no variants.

    Args:
        period: Time between two samples [s].
    """
    no_variant("kalman", variant)
    arm = arm_of(model, robot)
    sizes = sizes_of(arm, period)

    return Step(
        kind="kalman",
        robot=robot,
        period=period,
        sizes=sizes,
        tables={
            **bodies(arm),
            **drives(arm),
            **filter_tables(arm),
            **rules(period),
            **prior(model),
        },
        recording=recorded(
            PayloadEstimator(model, robot, period),
            invented(arm, robot, period),
            int(sizes["EVERY"].value),
        ),
        estimator=lambda: PayloadEstimator(model, robot, period),
        graph=lambda: (kalman_graph(model, arm, period), begin_state(arm, model)),
    )


def filter_tables(arm: Arm) -> dict[str, Table]:
    """Return what the filter alone goes by."""
    return {**_noise(arm), **_rules()}


def _noise(arm: Arm) -> dict[str, Table]:
    return {
        "WHITE": Table(arm.white, "what is new in the current at every step [A]"),
        "SLOW": Table(arm.slow, "what lasts [A]"),
        "SLOW_TIME": Table(arm.slow_time, "[s]"),
        "COULOMB": Table(arm.coulomb, "how far friction may be off [A]"),
        "VISCOUS": Table(arm.viscous, "[A s/rad]"),
        "MASS_RATE": Table(arm.mass_rate, "how fast a load may change unnoticed [kg/sqrt(s)]"),
        "MOMENT_RATE": Table(arm.moment_rate, "[kg m/sqrt(s)]"),
        "FIRST": Table(arm.first, "standard deviations of the load before anything is known"),
    }


def _rules() -> dict[str, Table]:
    step = payload_step
    return {
        "MISSED": Table(step.MISSED, "share of a load's current that the model may miss"),
        "JOLTED": Table(step.JOLTED, "share of a jolt that the model may miss"),
        "JOLT_TIME": Table(step.JOLT_TIME, "and for how long it goes on to [s]"),
        "FRESH": Table(step.FRESH, "rise of variance of a joint that has just begun to move"),
        "FRESH_TIME": Table(step.FRESH_TIME, "and for how long [s]"),
        "ALARM": Table(payload.ALARM, "variances a joint that are a surprise"),
        "MISFIT": Table(payload.MISFIT, "so many on average are not those of this arm with a load"),
        "SUSPECT": Table(
            payload.SUSPECT, "so many, twice in a row, leave open whether the load is the same"
        ),
        "BEYOND": Table(payload.BEYOND, "deviations, and"),
        "AT_LEAST": Table(payload.AT_LEAST, "more, beyond what can be: no load explains it [kg]"),
        "MISFIT_TIME": Table(payload.MISFIT_TIME, "averaged over [s]"),
    }
