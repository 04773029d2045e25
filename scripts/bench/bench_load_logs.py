"""Estimate the load of a real arm's logs, each left out of the identification in turn, beside ordinary least squares.

    python scripts/bench/bench_load_logs.py --out load.json

Reads the UR10e logs where ROBOLAB_DATA points. The log whose name holds "Load" carries 2.805 kg; it settles the
common scale of the gains and nothing else. There is one such log only, so that other loads are laid onto the
unloaded logs: current that a model of all logs says a load would take, on top of what was measured without one. That
tries excitation, friction, noise and intervals on real currents, but not whether the model of a load is right; the two
halves of the loaded log do that, each weighed with the scale that the other one gives.

Each window is estimated twice: by what the log showed up to its end (tracked: what `robolab load estimate` writes),
and as if the log began with it (alone). Ordinary least squares is the rigid-body regressor with Coulomb and viscous
friction and one scale of the gains, fitted in the same run to the same logs, over joints that move; its errors over
"known" windows are over those that the estimator tracked calls known.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from provenance import provenance

from robolab.core.assets import data_dir
from robolab.core.files import write_json
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.estimation.contract import Estimate
from robolab.estimation.identify import Loaded, identify
from robolab.estimation.log import JointLog, read_joint_log
from robolab.estimation.model import LoadModel
from robolab.estimation.payload import PayloadEstimator, arm_of
from robolab.estimation.payload_step import MOVING, STEP, Seen, see
from robolab.estimation.rigid import arm_columns, motion_of, payload_columns
from robolab.estimation.smooth import Smooth, smooth_log
from robolab.estimation.windows import at_ends, carrying, each, window_ends
from robolab.jobs.load import robot_of
from robolab.robots.model import RobotModel

LOADED, MASS = "Load", 2.805
WINDOWS = (5.0, 2.0, 1.0, 0.5)
MASSES = (1.0, 3.0, 6.0)
_RIDGE = 1e-6


class Case(NamedTuple):
    """A log, real or with a load laid on, its true mass, and the model that has not seen it."""

    name: str
    kind: str
    log: JointLog
    smooth: Smooth
    seen: Seen
    mass: float
    model: LoadModel
    plain: Plain


class Plain(NamedTuple):
    """Ordinary least squares: parameters of the arm and its friction in amperes, and the gains' scale."""

    parameters: Array
    scale: float


def plain_columns(robot: RobotModel, smooth: Smooth) -> tuple[Array, Array, Array]:
    """Columns of arm with friction, of the load, and weights, for all samples and joints at nominal gains."""
    gain = robot.motors.gear_ratio * robot.motors.torque_constant
    motion = motion_of(robot.linkage, smooth.q, smooth.qd, smooth.qdd)
    friction = np.zeros((*smooth.q.shape, 2 * robot.dof))
    for j in range(robot.dof):
        friction[:, j, 2 * j], friction[:, j, 2 * j + 1] = np.sign(smooth.qd[:, j]), smooth.qd[:, j]
    arm = np.concatenate([arm_columns(robot.linkage, motion) / gain[:, None], friction], axis=-1)
    load = payload_columns(robot.linkage, motion, 4) / gain[:, None]
    # Joints at rest or at a reversal would only spoil it.
    return arm, load, (smooth.slowest > MOVING) / robot.motors.current_noise


def fit_plain(robot: RobotModel, logs: list[Smooth], loaded: Smooth, mass: float) -> Plain:
    size = 10 * len(robot.linkage.parent) + 2 * robot.dof
    H, g = _RIDGE * np.eye(size), np.zeros(size)
    for smooth in logs:
        arm, _, weights = plain_columns(robot, smooth)
        A, b = (arm * weights[..., None]).reshape(-1, arm.shape[-1]), smooth.current * weights
        H, g = H + A.T @ A, g + A.T @ b.ravel()
    parameters: Array = np.asarray(np.linalg.solve(H, g), dtype=float)
    unscaled = Plain(parameters, 1.0)
    return Plain(parameters, mass / float(plain_mass(robot, loaded, unscaled, slice(None))))


def plain_mass(robot: RobotModel, smooth: Smooth, plain: Plain, rows: slice | np.ndarray) -> float:
    arm, load, weights = plain_columns(robot, Smooth(*(values[rows] for values in smooth)))
    left = (smooth.current[rows] - arm @ plain.parameters) * weights
    A = (load * weights[..., None]).reshape(-1, 4)
    H = A.T @ A + _RIDGE * np.eye(4)
    return plain.scale * float(np.linalg.solve(H, A.T @ left.ravel())[0])


def tracked(case: Case, robot: RobotModel, ends: dict[float, Array]) -> dict[float, list[Estimate]]:
    """What one run of the estimator says at the ends of windows of all lengths."""
    every = np.unique(np.concatenate(list(ends.values())))
    estimator = PayloadEstimator(case.model, robot, case.log.period)
    said = dict(zip(every.tolist(), at_ends(estimator, case.seen, every), strict=True))
    return {window: [said[end] for end in values.tolist()] for window, values in ends.items()}


def alone(case: Case, robot: RobotModel, ends: Array) -> list[Estimate]:
    estimator = PayloadEstimator(case.model, robot, case.log.period)
    return list(at_ends(estimator, case.seen, ends, independent=True))


def least_squares(case: Case, robot: RobotModel, ends: Array) -> list[float]:
    starts = [float(case.log.time[0]), *ends[:-1].tolist()]
    masses: list[float] = []
    for start, end in zip(starts, ends, strict=True):
        rows = (case.smooth.time >= start) & (case.smooth.time <= end - 0.5 * STEP)
        masses.append(plain_mass(robot, case.smooth, case.plain, rows) if rows.any() else 0.0)
    return masses


def whole(case: Case, robot: RobotModel) -> Estimate:
    estimator = PayloadEstimator(case.model, robot, case.log.period, constant=True)
    for one in each(case.seen):
        estimator.take(one)
    return estimator.estimate(float(case.log.time[-1]))


def cases(robot: RobotModel, folder: Path, seed: int) -> Iterator[Case]:
    logs = [read_joint_log(path, robot) for path in sorted(folder.glob("*.csv"))]
    free = [log for log in logs if LOADED not in log.file.name]
    heavy = next(log for log in logs if LOADED in log.file.name)
    smooth = {log.file.name: smooth_log(log, STEP) for log in logs}
    everything = identify(robot, free, [Loaded(heavy, MASS)])
    rng = stream(seed, "bench", "loads")
    for log in free:
        rest = [other for other in free if other is not log]
        model = identify(robot, rest, [Loaded(heavy, MASS)])
        signals = [smooth[other.file.name] for other in rest]
        plain = fit_plain(robot, signals, smooth[heavy.file.name], MASS)
        own, name = smooth[log.file.name], log.file.name
        seen = see(arm_of(model, robot), own)
        yield Case(name, "no load", log, own, seen, 0.0, model, plain)
        for mass in MASSES:
            com = np.array([0.0, 0.0, 0.06]) + rng.uniform(-0.1, 0.1, 3)
            load = np.array([mass, *(mass * com)])
            more = carrying(see(arm_of(everything, robot), own), arm_of(everything, robot), load)
            current = own._replace(current=more.current)
            heavier = seen._replace(current=more.current)
            yield Case(
                f"{name} + {mass:g} kg", "load laid on", log, current, heavier, mass, model, plain
            )
    middle = float(heavy.time[len(heavy.time) // 2])
    halves = [heavy.part(-np.inf, middle), heavy.part(middle, np.inf)]
    for k in range(2):
        other = smooth_log(halves[1 - k], STEP)
        model = identify(robot, free, [Loaded(halves[1 - k], MASS)])
        plain = fit_plain(robot, [smooth[log.file.name] for log in free], other, MASS)
        own = smooth_log(halves[k], STEP)
        seen = see(arm_of(model, robot), own)
        yield Case(
            f"{heavy.file.name}, half {k + 1}",
            "real load",
            halves[k],
            own,
            seen,
            MASS,
            model,
            plain,
        )


def scores(said: list[Estimate], mass: float) -> list[tuple[float, bool, bool]]:
    """Error, whether the interval holds, whether the mass was known, of each window."""
    return [(s.mass - mass, abs(s.mass - mass) <= 1.645 * s.mass_std, s.known) for s in said]


def summary(entries: list[tuple[float, bool, bool]]) -> dict[str, float]:
    errors = np.array([e[0] for e in entries])
    held, known = (np.array([e[k] for e in entries]) for k in (1, 2))
    return {
        "windows": len(entries),
        "mean_abs_error": float(np.abs(errors).mean()),
        "known_share": float(known.mean()),
        "mean_abs_error_known": float(np.abs(errors[known]).mean()) if known.any() else 0.0,
        "held": float(held.mean()),
        "held_known": float(held[known].mean()) if known.any() else 1.0,
    }


def measure(robot: RobotModel, folder: Path, seed: int) -> dict[str, Any]:
    wholes: list[dict[str, Any]] = []
    entries: dict[tuple[str, float, str], list[tuple[float, bool, bool]]] = {}
    for case in cases(robot, folder, seed):
        result, every = whole(case, robot), np.ones(len(case.smooth.time), dtype=bool)
        plain = plain_mass(robot, case.smooth, case.plain, every)
        wholes.append(
            {
                "log": case.name,
                "mass": case.mass,
                "estimate": result.mass,
                "std": result.mass_std,
                "least_squares": plain,
            }
        )
        print(
            f"{case.name:52} {case.mass:6.3f} kg: {result.mass:7.3f} ± {1.645 * result.mass_std:.3f}"
            f"   least squares {plain:7.3f}",
            flush=True,
        )
        every_end = {w: window_ends(case.log.time, case.log.period, w) for w in WINDOWS}
        along = tracked(case, robot, every_end)
        for window, ends in every_end.items():
            for way, said in (("tracked", along[window]), ("alone", alone(case, robot, ends))):
                found = scores(said, case.mass)
                entries.setdefault((case.kind, window, way), []).extend(found)
            # It knows no "unknown": the windows that ours calls known are the ones to compare in.
            plainly = [
                (mass - case.mass, False, ours.known)
                for mass, ours in zip(least_squares(case, robot, ends), along[window], strict=True)
            ]
            entries.setdefault((case.kind, window, "least squares"), []).extend(plainly)
    return {"whole": wholes, "windows": [tabulated(key, values) for key, values in entries.items()]}


def tabulated(
    key: tuple[str, float, str], values: list[tuple[float, bool, bool]]
) -> dict[str, Any]:
    row = {"kind": key[0], "window": key[1], "way": key[2], **summary(values)}
    print(
        f"{key[0]:13} {key[1]:4.1f} s {key[2]:14} {row['mean_abs_error']:7.3f} kg over all {row['windows']:4d}, "
        f"{row['mean_abs_error_known']:6.3f} over the {100 * row['known_share']:3.0f} % known; "
        f"held {100 * row['held']:3.0f} %, of the known {100 * row['held_known']:3.0f} %",
        flush=True,
    )
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description="Estimate the load of a real arm's logs.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="JSON file")
    asked = parser.parse_args()
    folder = data_dir()
    if folder is None:
        raise SystemExit("no recorded data: set ROBOLAB_DATA")
    report = {
        **provenance("scipy", "pin", seed=asked.seed),
        **measure(robot_of("ur10e"), folder / "ur10e", asked.seed),
    }
    if asked.out:
        write_json(asked.out, report)


if __name__ == "__main__":
    main()
