"""Constants that exported estimators share: sizes, the arm, its drives, and what is believed of loads."""

from __future__ import annotations

from typing import Any

import numpy as np

from robolab.core.errors import BadInput
from robolab.estimation import clock, drive, payload, payload_step, posterior, smooth
from robolab.estimation.model import LoadModel
from robolab.estimation.payload_step import Arm
from robolab.export.load_kalman_graph import SWEEPS, TINY
from robolab.export.written import Table

_LEAST_VALUE = 1e-12


def sizes_of(arm: Arm, period: float) -> dict[str, Table]:
    """Return what memory depends on."""
    return {
        "JOINTS": Table(len(arm.white), "joints of the arm"),
        "BODIES": Table(len(arm.linkage.parent), "bodies that move"),
        "SPAN": Table(smooth.samples_in(period), "samples that a mean is over"),
        "EVERY": Table(max(round(payload_step.STEP / period), 1), "samples between two steps"),
    }


def bodies(arm: Arm) -> dict[str, Table]:
    """Return the arm's bodies."""
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


def drives(arm: Arm) -> dict[str, Table]:
    """Return what turns torque into current."""
    drives = arm.drives
    return {
        "GAIN": Table(drives.gain, "[N m/A]"),
        "FRICTION": Table(drives.friction, "by joint: " + ", ".join(drive.NAMES)),
        "RANGE": Table(drives.range, "current of the torque limit [A]"),
        "STRIBECK": Table(np.array(drive.STRIBECK), "[rad/s]"),
        "TURN": Table(drive.TURN, "speed within which friction turns round [rad/s]"),
    }


def prior(model: LoadModel) -> dict[str, Table]:
    """Return what is believed of loads, and how it is brought in."""
    prior = model.prior
    return {
        "PRIOR_MASS": Table(prior.mass, "what is believed of loads [kg]"),
        "PRIOR_MASS_STD": Table(prior.mass_std, "[kg]"),
        "PRIOR_MOST": Table(prior.most, "rated payload [kg]"),
        "PRIOR_COM": Table(np.array(prior.com), "centre of mass in tcp [m]"),
        "PRIOR_COM_STD": Table(prior.com_std, "[m]"),
        "GAIN_SHARE": Table(model.gain_share, "standard deviation of the gains' common scale"),
        "POINTS": Table(hidden(posterior, "_POINTS"), "masses of the grid"),
        "REACH": Table(hidden(posterior, "_REACH"), "half its width in standard deviations"),
        "LEAST_STD": Table(hidden(posterior, "_LEAST_STD"), "[kg]"),
        "LEAST_VALUE": Table(_LEAST_VALUE, "least variance of mass times centre of mass"),
        "SWEEPS": Table(SWEEPS, "of Jacobi's rotations"),
        "TINY": Table(TINY, "what need not be turned away"),
    }


def no_variant(kind: str, variant: str) -> None:
    """Refuse any variant but `full`.

    Raises:
        BadInput: it is another.
    """
    if variant != "full":
        raise BadInput(f"{kind} has no variants", field="--variant", value=variant, expected="full")


def hidden(module: Any, name: str) -> Any:
    """A constant that is nobody else's business, but the exported code's it is."""
    return getattr(module, name)


def rules(period: float) -> dict[str, Table]:
    """Return what spans are taken, what counts as moving and what as known."""
    longest = hidden(smooth, "_GAP") * smooth.samples_in(period) * period
    return {
        "LONGEST": Table(longest, "a span that takes longer has a gap [s]"),
        "MOST": Table(
            smooth.MOST, "positions, speeds and currents from here on are no measurements"
        ),
        "LATEST": Table(clock.LATEST, "stamps from here on are none [s]"),
        "LATE": Table(
            clock.LATE, "stamps further behind the newest say that the clock was set back [s]"
        ),
        "MOVING": Table(payload_step.MOVING, "slower joints tell nothing [rad/s]"),
        "KNOWN": Table(payload.KNOWN, "a mass is known up to this standard deviation [kg]"),
    }
