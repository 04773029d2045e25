"""The Kalman filter over the load, `estimation.payload`, as constants for exported code."""

from __future__ import annotations

from typing import Any

import numpy as np

from robolab.estimation import drive, payload, payload_step, posterior, smooth
from robolab.estimation.model import LoadModel
from robolab.estimation.payload import PayloadEstimator, arm_of
from robolab.estimation.payload_step import Arm
from robolab.export.load_contract import STEPS, Step, Table
from robolab.export.load_kalman_graph import SWEEPS, TINY, begin_state, kalman_graph
from robolab.export.load_recording import invented, recorded
from robolab.robots.model import RobotModel

_LEAST_VALUE = 1e-12


@STEPS.register("kalman")
def kalman(model: LoadModel, robot: RobotModel, period: float) -> Step:
    """Return the on-line estimator of one arm.

    Args:
        period: Time between two samples [s].
    """
    arm = arm_of(model, robot)
    sizes = _sizes(arm, period)

    return Step(
        kind="kalman",
        robot=robot,
        period=period,
        sizes=sizes,
        tables=_tables(model, arm, period),
        recording=recorded(
            PayloadEstimator(model, robot, period),
            invented(arm, robot, period),
            int(sizes["EVERY"].value),
        ),
        estimator=lambda: PayloadEstimator(model, robot, period),
        graph=lambda: (kalman_graph(model, arm, period), begin_state(arm, model)),
    )


def _sizes(arm: Arm, period: float) -> dict[str, Table]:
    return {
        "JOINTS": Table(len(arm.white), "joints of the arm"),
        "BODIES": Table(len(arm.linkage.parent), "bodies that move"),
        "SPAN": Table(smooth.samples_in(period), "samples that a mean is over"),
        "EVERY": Table(max(round(payload_step.STEP / period), 1), "samples between two steps"),
    }


def _tables(model: LoadModel, arm: Arm, period: float) -> dict[str, Table]:
    return {**_bodies(arm), **_drives(arm), **_noise(arm), **_rules(period), **_prior(model)}


def _bodies(arm: Arm) -> dict[str, Table]:
    linkage = arm.linkage
    return {
        "PARENT": Table(linkage.parent.astype(int), "body that each hangs on, -1: the base"),
        "PRISMATIC": Table(linkage.prismatic.astype(int), "1: slides along its axis"),
        "FRAME_R": Table(linkage.R, "joint frames in the parent's at zero"),
        "FRAME_P": Table(linkage.p, "[m]"),
        "AXIS": Table(linkage.axis, "joint axes in the joint frames"),
        "WEIGHTS": Table(linkage.weights, "of the arm's joints in each body's"),
        "OFFSET": Table(linkage.offset, "of each body's joint"),
        "GRAVITY": Table(linkage.gravity, "[m/s2]"),
        "TIP": Table(int(linkage.tip), "body that carries tcp"),
        "TCP_R": Table(linkage.R_tip_tcp, "tcp in that body's frame"),
        "TCP_P": Table(linkage.p_tip_tcp, "[m]"),
        "INERTIAL": Table(
            arm.inertial.reshape(-1, 10),
            "by body: mass, mass times centre of mass, inertia xx xy yy xz yz zz",
        ),
    }


def _drives(arm: Arm) -> dict[str, Table]:
    drives = arm.drives
    return {
        "GAIN": Table(drives.gain, "[N m/A]"),
        "FRICTION": Table(drives.friction, "by joint: " + ", ".join(drive.NAMES)),
        "RANGE": Table(drives.range, "current of the torque limit [A]"),
        "STRIBECK": Table(np.array(drive.STRIBECK), "[rad/s]"),
        "TURN": Table(drive.TURN, "speed within which friction turns round [rad/s]"),
    }


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


def _rules(period: float) -> dict[str, Table]:
    step, longest = payload_step, _hidden(smooth, "_GAP") * smooth.samples_in(period) * period
    return {
        "LONGEST": Table(longest, "a span that takes longer has a gap [s]"),
        "MOVING": Table(step.MOVING, "slower joints tell nothing [rad/s]"),
        "JOLTED": Table(step.JOLTED, "share of a jolt that the model may miss"),
        "JOLT_TIME": Table(step.JOLT_TIME, "and for how long it goes on to [s]"),
        "FRESH": Table(step.FRESH, "rise of variance of a joint that has just begun to move"),
        "FRESH_TIME": Table(step.FRESH_TIME, "and for how long [s]"),
        "ALARM": Table(payload.ALARM, "variances a joint that are a surprise"),
        "MISFIT": Table(payload.MISFIT, "so many on average are not those of this arm with a load"),
        "MISFIT_TIME": Table(payload.MISFIT_TIME, "averaged over [s]"),
        "KNOWN": Table(payload.KNOWN, "a mass is known up to this standard deviation [kg]"),
    }


def _prior(model: LoadModel) -> dict[str, Table]:
    prior = model.prior
    return {
        "PRIOR_MASS": Table(prior.mass, "what is believed of loads [kg]"),
        "PRIOR_MASS_STD": Table(prior.mass_std, "[kg]"),
        "PRIOR_MOST": Table(prior.most, "rated payload [kg]"),
        "PRIOR_COM": Table(np.array(prior.com), "centre of mass in tcp [m]"),
        "PRIOR_COM_STD": Table(prior.com_std, "[m]"),
        "GAIN_SHARE": Table(model.gain_share, "standard deviation of the gains' common scale"),
        "POINTS": Table(_hidden(posterior, "_POINTS"), "masses of the grid"),
        "REACH": Table(_hidden(posterior, "_REACH"), "half its width in standard deviations"),
        "LEAST_STD": Table(_hidden(posterior, "_LEAST_STD"), "[kg]"),
        "LEAST_VALUE": Table(_LEAST_VALUE, "least variance of mass times centre of mass"),
        "SWEEPS": Table(SWEEPS, "of Jacobi's rotations"),
        "TINY": Table(TINY, "what need not be turned away"),
    }


def _hidden(module: Any, name: str) -> Any:
    """A constant that is nobody else's business, but the exported code's it is."""
    return getattr(module, name)
