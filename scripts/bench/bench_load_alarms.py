"""How often the watch on an arm tells of something that has not happened, over hours that nobody has recorded.

    python scripts/bench/bench_load_alarms.py --hours 2 --out alarms.json

Identifies the UR10e from the logs where ROBOLAB_DATA points, and draws what it would record at 100 Hz on its way from
place to place without a load: moves in all joints at once at a fifth to nine tenths of their speed, and a rest now and
then. Each stretch is a day of its own, with friction as different from what was identified as that of real runs was;
currents have the noise that the model leaves unexplained of real ones. The arm is exactly as its model says otherwise,
so that this tells whether thresholds drawn on from minutes hold for hours, and not what a real arm adds to that:
`bench_load_health.py` watches recorded currents, of which there are minutes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from bench_alarms import HOUR, rates
from bench_load_online import identified
from bench_timing import provenance

from robolab.core.files import write_json
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.estimation.contract import Sample
from robolab.estimation.drive import current_of
from robolab.estimation.model import LoadModel
from robolab.estimation.rigid import arm_torque, motion_of
from robolab.estimation.simulated import current_noise, measured_drives
from robolab.estimation.watch import Event, LoadWatch
from robolab.jobs.load import robot_of
from robolab.robots.model import RobotModel

PERIOD = 0.01
DAY = 600.0
"""Length of a stretch whose friction stays the same [s]."""
SPEED, PEAK = (0.2, 0.9), 1.875
"""Shares of the speed limits that moves use, and the highest speed of one over its mean."""
RESTS, REST = 0.2, (0.2, 0.6)
"""How often the arm rests between two moves, and how long [s]."""
ENCODER, RATE = 2e-5, 1e-3
"""Noise of positions and velocities [rad, rad/s]."""


def motion(robot: RobotModel, seconds: float, rng: np.random.Generator) -> tuple[Array, ...]:
    """Return q, q', q'' at every sample, each of shape (k, n), from place to place."""
    limits, parts = robot.limits, list[tuple[Array, Array, Array]]()
    half = np.minimum(0.5 * (limits.upper - limits.lower), 0.9)
    at, rows = robot.home, 0
    while rows * PERIOD < seconds:
        rests = rng.uniform() < RESTS
        goal = at if rests else robot.home + half * rng.uniform(-1.0, 1.0, robot.dof)
        least = float(np.max(np.abs(goal - at) * PEAK / limits.velocity))
        takes = rng.uniform(*REST) if rests else least / rng.uniform(*SPEED)
        count = max(round(takes / PERIOD), 1)
        u, way = (np.arange(count) / count)[:, None], goal - at
        q = at + (10.0 * u**3 - 15.0 * u**4 + 6.0 * u**5) * way
        qd = 30.0 * (u * (1.0 - u)) ** 2 * way / takes
        qdd = 60.0 * u * (1.0 - u) * (1.0 - 2.0 * u) * way / takes**2
        parts.append((q, qd, qdd))
        at, rows = goal, rows + count
    return tuple(np.concatenate(values) for values in zip(*parts, strict=True))


def recorded(model: LoadModel, robot: RobotModel, seconds: float, seed: int) -> tuple[Array, ...]:
    """Return times, positions, velocities and currents of a day."""
    rng = stream(seed, "alarms")
    q, qd, qdd = motion(robot, seconds, rng)
    day, drives = measured_drives(model, robot).of_a_day(rng), model.drives(robot)
    friction = drives.friction.copy()
    friction[:, 0], friction[:, 1] = day.coulomb, day.viscous
    drives = drives._replace(friction=friction)
    torque = arm_torque(
        robot.linkage, motion_of(robot.linkage, q, qd, qdd), np.array(model.inertial).ravel()
    )
    current = current_of(drives, torque, qd, qdd)[0]
    stands = ~np.any(np.abs(qd) > 1e-9, axis=1)
    # What friction holds of a joint that stands is another at every rest.
    rest = np.cumsum(np.diff(stands, prepend=False))
    held = rng.uniform(-1.0, 1.0, (int(rest[-1]) + 1, robot.dof)) * np.abs(day.coulomb)
    current += np.where(stands[:, None], held[rest], 0.0)
    current += current_noise(model.noise, PERIOD).series(len(q), PERIOD, rng)
    q = q + ENCODER * rng.standard_normal(q.shape)
    qd = qd + RATE * rng.standard_normal(q.shape)
    return PERIOD * np.arange(len(q)), q, qd, current


def watched(model: LoadModel, robot: RobotModel, seconds: float, seed: int) -> list[Event]:
    watch, told = LoadWatch(model, robot, PERIOD), list[Event]()
    for row in zip(*recorded(model, robot, seconds, seed), strict=True):
        told += watch.update(Sample(*row)).events
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description="Count false alarms over hours.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--out", type=Path, help="JSON file")
    asked = parser.parse_args()
    robot = robot_of("ur10e")
    model = identified(robot)
    rows: list[dict[str, Any]] = []
    days = round(asked.hours * HOUR / DAY)
    for seed in range(asked.seed, asked.seed + days):
        told = watched(model, robot, DAY, seed)
        rows.append({"seed": seed, "told": [(e.kind, e.told, e.joint, e.deviates) for e in told]})
        print(
            f"day {seed}: {[(e.kind, e.joint, round(e.told), e.deviates) for e in told]}",
            flush=True,
        )
    found = rates([told[0] for row in rows for told in row["told"]], DAY * days)
    for kind, rate in found.items():
        print(f"{kind:10} {rate['told']}, at most {rate['at_most_per_hour']:.1f} an hour (95 %)")
    if asked.out:
        write_json(
            asked.out, {**provenance(asked.seed), "days_s": DAY, "rates": found, "rows": rows}
        )


if __name__ == "__main__":
    main()
