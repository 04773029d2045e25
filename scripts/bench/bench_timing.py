"""Time random smooth paths and compare with TOPP-RA, which knows no jerk limit.

    python scripts/bench/bench_timing.py --scenes ur10e_transfer --paths 50 --payload 3 --out timing.json

TOPP-RA runs on 401 grid points by its interpolation scheme, with the same limits of velocity,
acceleration and torque. Violations are counted on both results at samples half a millisecond apart.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from peers import toppra_constraints
from provenance import provenance, show

from robolab.core.errors import PlanningError
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.robots import load_robot
from robolab.robots.model import Payload, RobotModel
from robolab.scene.load import load_scene
from robolab.trajectory.polynomial import PiecewisePolynomial, from_bernstein
from robolab.trajectory.timing import time_path

GRID = 401
TOLERANCE = 1e-6


def random_path(robot: RobotModel, rng: np.random.Generator) -> PiecewisePolynomial:
    """A Bézier curve of degree 7 between two random configurations, bent at random."""
    low, high = np.maximum(robot.limits.lower, -2.5), np.minimum(robot.limits.upper, 2.5)
    a, b = rng.uniform(low, high, size=(2, robot.dof))
    points = np.linspace(a, b, 8)
    points[1:-1] += 0.4 * rng.normal(size=(6, robot.dof))
    return from_bernstein(points)


def excess(robot: RobotModel, payload: Payload | None, q: list[Array]) -> dict[str, float]:
    """Greatest share of each limit that q and its derivatives use."""
    limits, motors = robot.limits, robot.motors
    torque = robot.inverse_dynamics(q[0], q[1], q[2], payload)
    drive = torque + motors.coulomb * np.sign(q[1]) + motors.viscous * q[1]
    values = {"velocity": q[1], "acceleration": q[2], "jerk": q[3], "torque": drive}
    return {
        name: float(np.max(np.abs(value) / getattr(limits, name))) for name, value in values.items()
    }


def ours(robot: RobotModel, path: PiecewisePolynomial, payload: Payload | None) -> dict[str, Any]:
    began = time.perf_counter()
    curve = time_path(robot, path, payload=payload).curve
    seconds = time.perf_counter() - began
    q = list(curve.jet(np.arange(0.0, curve.end, 5e-4), 3))
    return {"seconds": seconds, "duration": curve.end, "shares": excess(robot, payload, q)}


def peer(
    robot: RobotModel, path: PiecewisePolynomial, payload: Payload | None
) -> dict[str, Any] | None:
    from toppra import SplineInterpolator, constraint
    from toppra.algorithm import TOPPRA

    limits = robot.limits
    scheme = constraint.DiscretizationType.Interpolation
    constraints = [
        *toppra_constraints(limits),
        constraint.JointTorqueConstraint(
            lambda q, qd, qdd: robot.inverse_dynamics(q, qd, qdd, payload),
            np.stack([-limits.torque, limits.torque], axis=1),
            robot.motors.coulomb,
            discretization_scheme=scheme,
        ),
    ]
    s = np.linspace(0.0, 1.0, GRID)
    began = time.perf_counter()
    instance = TOPPRA(
        constraints,
        SplineInterpolator(s, path(s)),
        gridpoints=s,
        parametrizer="ParametrizeConstAccel",
    )
    timed: Any = instance.compute_trajectory()
    seconds = time.perf_counter() - began
    if timed is None:
        return None
    t = np.arange(0.0, timed.duration, 5e-4)
    q = [timed(t), timed(t, 1), timed(t, 2)]
    q.append(np.gradient(q[2], t, axis=0))
    return {"seconds": seconds, "duration": timed.duration, "shares": excess(robot, payload, q)}


def measure(scene_name: str, paths: int, mass: float, seed: int) -> dict[str, Any]:
    scene = load_scene(scene_name)
    robot = load_robot(scene.robot, scene.folder)
    payload = Payload(mass, np.array([0.0, 0.0, 0.1])) if mass else None
    results: list[tuple[dict[str, Any], dict[str, Any] | None]] = []
    refused = 0
    for index in range(paths):
        path = random_path(robot, stream(seed, scene_name, index))
        try:
            mine = ours(robot, path, payload)
        except PlanningError:
            refused += 1  # some random poses cannot be held still
            continue
        results.append((mine, peer(robot, path, payload)))
    both = [(mine, other) for mine, other in results if other is not None]
    ratios = [mine["duration"] / other["duration"] for mine, other in both]
    return {
        "scene": scene_name,
        "timed": len(results),
        "not_holdable": refused,
        "ours": summary([mine for mine, _ in results]),
        "toppra": summary([other for _, other in both]),
        "duration_ratio_median": float(np.median(ratios)),
        "duration_ratio_95": float(np.quantile(ratios, 0.95)),
    }


def summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    ms = [1e3 * result["seconds"] for result in results]
    names = ("velocity", "acceleration", "jerk", "torque")
    shares = {name: [result["shares"][name] for result in results] for name in names}
    return {
        "solved": len(results),
        "ms_median": float(np.median(ms)),
        "ms_95": float(np.quantile(ms, 0.95)),
        "greatest_share": {name: max(values) for name, values in shares.items()},
        "violations": {
            name: sum(value > 1.0 + TOLERANCE for value in values)
            for name, values in shares.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Time random smooth paths and compare with TOPP-RA."
    )
    parser.add_argument("--scenes", nargs="+", default=["ur10e_transfer", "panda_table"])
    parser.add_argument("--paths", type=int, default=50)
    parser.add_argument("--payload", type=float, default=3.0, help="kg")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="JSON file")
    asked = parser.parse_args()
    results = [measure(name, asked.paths, asked.payload, asked.seed) for name in asked.scenes]
    about = provenance("scipy", "toppra", "pin", seed=asked.seed)
    show({**about, "payload": asked.payload, "results": results}, asked.out)


if __name__ == "__main__":
    main()
