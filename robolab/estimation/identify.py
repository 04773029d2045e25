"""Learn an arm's own dynamics from its logs: bodies, friction, gains, and how far to trust them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.errors import LogError
from robolab.core.transforms import Array
from robolab.estimation.drive import current_of, friction_columns
from robolab.estimation.fit import Fit, Run, fit_arm, run_of, unexplained
from robolab.estimation.log import JointLog
from robolab.estimation.model import LoadModel, Noise
from robolab.estimation.noise import noise_of
from robolab.estimation.payload import PayloadEstimator, arm_of
from robolab.estimation.payload_step import LOAD, STEP, see
from robolab.estimation.rigid import motion_of, payload_columns
from robolab.estimation.smooth import smooth_log
from robolab.estimation.usual import usual_health
from robolab.estimation.windows import at_ends, carrying
from robolab.robots.model import RobotModel

UNKNOWN_SHARE = 0.1
"""Standard deviation of the gains' common scale where no known load settled it."""
LEAST_SHARE = 0.015
LEAST_MOTION = 1.0
"""A log that moves for less tells too little to learn from [s]."""
_SETTLE = 3
_FEW = 10
_UNSEEN = 0.9
_TRIAL_LOADS = (np.zeros(4), np.array([3.0, 0.0, 0.15, 0.15]))
_TRIAL_WINDOW = 2.0
_PARAMETERS = ("mass", "m x", "m y", "m z", "Ixx", "Ixy", "Iyy", "Ixz", "Iyz", "Izz")


@dataclass(frozen=True)
class Loaded:
    """A log with a load of known mass [kg]."""

    log: JointLog
    mass: float


def identify(
    robot: RobotModel,
    logs: Sequence[JointLog],
    loaded: Sequence[Loaded] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> LoadModel:
    """Identify an arm.

    Args:
        logs: Without a load, as many and as different motions as there are.
        loaded: They settle the common scale of the gains, and nothing else.
    Raises:
        LogError: there is no log, or a loaded one shows no load.
    """
    if not logs:
        raise LogError("no log without a load", field="--log", expected="one or more")
    runs = [prepared(log, robot) for log in logs]
    for log, run in zip(logs, runs, strict=True):
        _moves_enough(log, run)
    usual = robot.motors.gear_ratio * robot.motors.torque_constant
    progress("fit")
    scale, share = 1.0, UNKNOWN_SHARE
    fit = fit_arm(runs, robot, usual)
    for _ in range(_SETTLE if loaded else 0):
        scale, share = _scale(fit, robot, loaded, scale)
        fit = fit_arm(runs, robot, scale * usual)
    progress("fit with each log left out")
    others = [_without(runs, k, robot, scale * usual, fit) for k in range(len(runs))]
    left = [unexplained(run, f.bodies, f.drives) for run, f in zip(runs, others, strict=True)]
    noise = noise_of(runs, left)
    model = _model(robot, fit, noise, runs, _explained(runs, left), bool(loaded), share)
    progress("try intervals on left-out logs")
    model = model.model_copy(update={"inflation": _inflation(model, robot, runs, others)})
    progress("learn what is usual")
    arms = [arm_of(_trial(model, f), robot) for f in others]
    return model.model_copy(update={"health": usual_health(arms, logs)})


def prepared(log: JointLog, robot: RobotModel) -> Run:
    """Smooth a log and make the columns of its motion."""
    return run_of(log.file.name, smooth_log(log, STEP), robot.linkage)


def _moves_enough(log: JointLog, run: Run) -> None:
    moving = STEP * float(run.moving.any(axis=1).sum())
    if moving < LEAST_MOTION:
        raise LogError(
            "moves too little",
            file=log.file,
            value=f"{moving:.2f} s",
            expected=f"at least {LEAST_MOTION:g} s of motion",
        )


def _without(runs: Sequence[Run], k: int, robot: RobotModel, usual: Array, fit: Fit) -> Fit:
    rest = [run for i, run in enumerate(runs) if i != k]
    return fit_arm(rest, robot, usual) if rest else fit


def _model(
    robot: RobotModel,
    fit: Fit,
    noise: Noise,
    runs: Sequence[Run],
    explained: Array,
    known: bool,
    share: float,
) -> LoadModel:
    return LoadModel(
        robot=robot.name,
        digest=robot.digest,
        joints=robot.joints,
        gain=tuple(fit.drives.gain.tolist()),
        gain_known=known,
        gain_share=share,
        inertial=tuple(tuple(row) for row in fit.bodies.tolist()),
        friction=tuple(tuple(row) for row in fit.drives.friction.tolist()),
        noise=noise,
        inflation=1.0,
        explained=tuple(explained.tolist()),
        unseen=_unseen(fit, robot),
        logs=tuple(run.name for run in runs),
    )


def _unseen(fit: Fit, robot: RobotModel) -> tuple[str, ...]:
    blind = fit.body_std > _UNSEEN * fit.body_prior_std
    names = robot.linkage.names
    return tuple(f"{names[i]}: {_PARAMETERS[k]}" for i, k in np.argwhere(blind))


def _explained(runs: Sequence[Run], left: Sequence[Array]) -> Array:
    n = left[0].shape[1]
    shares = np.zeros(n)
    for j in range(n):
        given = np.concatenate([run.smooth.current[run.moving[:, j], j] for run in runs])
        rest = np.concatenate([x[run.moving[:, j], j] for run, x in zip(runs, left, strict=True)])
        shares[j] = 1.0 - float(np.mean(rest**2)) / max(float(np.var(given)), 1e-12)
    return shares


def _scale(
    fit: Fit, robot: RobotModel, loaded: Sequence[Loaded], scale: float
) -> tuple[float, float]:
    """Scale of the gains at which known loads weigh what they weigh, and its standard deviation."""
    ratios: list[float] = []
    errors: list[float] = []
    for item in loaded:
        found, std = _weigh(fit, robot, prepared(item.log, robot))
        if found < max(3.0 * std, 0.2 * item.mass):
            raise LogError(
                "shows no such load",
                file=item.log.file,
                value=f"{found:.3f} kg",
                expected=f"about {item.mass:g} kg",
            )
        ratios.append(item.mass / found)
        errors.append(std / found)
    weights = 1.0 / np.square(errors)
    ratio = float(np.average(ratios, weights=weights))
    spread = float(np.std(ratios)) / max(np.sqrt(len(ratios)), 1.0)
    own = float(np.sqrt(1.0 / weights.sum()))
    return scale * ratio, max(LEAST_SHARE, own, spread)


def _weigh(fit: Fit, robot: RobotModel, run: Run) -> tuple[float, float]:
    """Mass of a constant load by least squares over a whole run, friction free to differ, and its deviation [kg]."""
    s, n, drives = run.smooth, robot.dof, fit.drives
    motion = motion_of(robot.linkage, s.q, s.qd, s.qdd)
    P = payload_columns(robot.linkage, motion, LOAD)
    own = run.columns @ fit.bodies.ravel()
    x = np.zeros(LOAD + 2 * n)
    ridge = np.concatenate([np.full(LOAD, 1e-4), np.repeat((drives.friction[:, :2].T * 0.1), 1)])
    ridge[LOAD:] = 1.0 / np.maximum(np.abs(ridge[LOAD:]), 1e-3) ** 2
    H = np.diag(ridge)
    for _ in range(4):
        current, slope = current_of(drives, own + P @ x[:LOAD], s.qd, s.qdd)
        changes = friction_columns(s.qd, s.qdd, own, drives.range)[..., :2]
        H, g = np.diag(ridge), np.zeros(len(x))
        for j in range(n):
            k = run.moving[:, j]
            A = np.zeros((int(k.sum()), len(x)))
            A[:, :LOAD] = slope[k, j, None] * P[k, j]
            A[:, LOAD + j], A[:, LOAD + n + j] = changes[k, j, 0], changes[k, j, 1]
            b = s.current[k, j] - current[k, j] + A[:, :LOAD] @ x[:LOAD]
            weight = run.share / fit.sigma[j] ** 2
            H += weight * A.T @ A
            g += weight * A.T @ b
        x = np.linalg.solve(H, g)
    return float(x[0]), float(np.sqrt(np.linalg.inv(H)[0, 0]))


def _trial(model: LoadModel, fit: Fit) -> LoadModel:
    """The same arm by another fit, whose gains' scale is taken for known."""
    return model.model_copy(
        update={
            "inertial": tuple(tuple(row) for row in fit.bodies.tolist()),
            "friction": tuple(tuple(row) for row in fit.drives.friction.tolist()),
            "gain": tuple(fit.drives.gain.tolist()),
            "gain_share": 1e-3,
        }
    )


def _inflation(
    model: LoadModel, robot: RobotModel, runs: Sequence[Run], fits: Sequence[Fit]
) -> float:
    """How much wider intervals have to be so that 90 % hold on runs that a fit had not seen, with a load laid on."""
    scores: list[float] = []
    for run, fit in zip(runs, fits, strict=True):
        trial = _trial(model, fit)
        arm = arm_of(trial, robot)
        bare = see(arm, run.smooth)
        ends = np.arange(bare.time[0] + _TRIAL_WINDOW, bare.time[-1], _TRIAL_WINDOW)
        for load in _TRIAL_LOADS:
            estimator = PayloadEstimator(trial, robot, STEP)
            seen = carrying(bare, arm, load)
            for said in at_ends(estimator, seen, ends, independent=True):
                if said.known:
                    scores.append(abs(said.mass - load[0]) / said.mass_std)
    # A single log is tried on itself, and few windows say little: neither may make anybody sure.
    least = 0.7 if len(runs) > 1 and len(scores) >= _FEW else 1.5
    found = float(np.quantile(scores, 0.9)) / 1.645 if scores else least
    return float(np.clip(found, least, 3.0))
