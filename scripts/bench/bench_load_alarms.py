"""How often the watch on an arm tells of something that has not happened, over hours that nobody has recorded.

    python scripts/bench/bench_load_alarms.py --hours 1 --screened 6 --out alarms.json

Identifies the UR10e from the logs where ROBOLAB_DATA points, and draws what it would record at 100 Hz on its way from
place to place: moves in all joints at once at a fifth to nine tenths of their speed, and a rest now and then. Each
stretch is a day of its own, with friction as different from what was identified as that of real runs was; currents have
the noise that the model leaves unexplained of real ones. Every other day nothing is carried, on the others a load of 0.5
to 8 kg that stays. The arm is exactly as its model says otherwise, so that this tells whether thresholds drawn on from
minutes hold for hours, and not what a real arm adds to that: `bench_load_health.py` watches recorded currents, of which
there are minutes.

`--hours` are watched as on line. `--screened` are further hours that are looked through at once, for what would raise an
alarm if the load were known exactly: nothing but friction is told without one.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from bench_alarms import HOUR, rates
from bench_load_online import identified
from provenance import provenance

from robolab.core.files import write_json
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.estimation.contract import Sample
from robolab.estimation.drift import FrictionWatch, usual_at
from robolab.estimation.drive import current_of
from robolab.estimation.jump import jump_of, sliding
from robolab.estimation.log import JointLog
from robolab.estimation.model import LoadModel
from robolab.estimation.payload import arm_of
from robolab.estimation.payload_step import Arm
from robolab.estimation.residual import Glimpse, glimpses, left_of
from robolab.estimation.rigid import arm_torque, motion_of, payload_columns
from robolab.estimation.simulated import current_noise, measured_drives
from robolab.estimation.watch import ALIKE, MOST, PART, LoadWatch
from robolab.jobs.load import robot_of
from robolab.robots.model import RobotModel

PERIOD = 0.01
DAY = 600.0
"""Length of a stretch whose friction stays the same [s]."""
SPEED, PEAK = (0.2, 0.9), 1.875
"""Shares of the speed limits that moves use, and the highest speed of one over its mean."""
RESTS, REST = 0.2, (0.2, 0.6)
"""How often the arm rests between two moves, and how long [s]."""
LEAST, HEAVIEST, OFF = 0.5, 8.0, 0.05
"""Loads [kg], and how far off the tool's axis their middle is [m]."""
RELEASE = 25
"""Glimpses after an alarm before the next one can be raised."""
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


def load_of(seed: int, rng: np.random.Generator) -> Array:
    """What is carried on a day: mass and mass times centre of mass, shape (4,)."""
    mass = rng.uniform(LEAST, HEAVIEST)
    com = [*rng.uniform(-OFF, OFF, 2), rng.uniform(0.05, 0.15)]
    return np.array([mass, *(mass * x for x in com)]) * (seed % 2)


def recorded(model: LoadModel, robot: RobotModel, seed: int) -> tuple[JointLog, Array]:
    """Return the log of a day, and what was carried."""
    rng = stream(seed, "alarms")
    q, qd, qdd = motion(robot, DAY, rng)
    day, drives = measured_drives(model, robot).of_a_day(rng), model.drives(robot)
    friction, load = drives.friction.copy(), load_of(seed, rng)
    friction[:, 0], friction[:, 1] = day.coulomb, day.viscous
    moves = motion_of(robot.linkage, q, qd, qdd)
    torque = arm_torque(robot.linkage, moves, np.array(model.inertial).ravel())
    torque = torque + payload_columns(robot.linkage, moves, len(load)) @ load
    current = current_of(drives._replace(friction=friction), torque, qd, qdd)[0]
    stands = ~np.any(np.abs(qd) > 1e-9, axis=1)
    # What friction holds of a joint that stands is another at every rest.
    rest = np.cumsum(np.diff(stands, prepend=False))
    held = rng.uniform(-1.0, 1.0, (int(rest[-1]) + 1, robot.dof)) * np.abs(day.coulomb)
    current += np.where(stands[:, None], held[rest], 0.0)
    current += current_noise(model.noise, PERIOD).series(len(q), PERIOD, rng)
    q = q + ENCODER * rng.standard_normal(q.shape)
    qd = qd + RATE * rng.standard_normal(q.shape)
    time: Array = PERIOD * np.arange(len(q), dtype=np.float64)
    return JointLog(Path(f"day{seed}"), time, q, qd, current, PERIOD, ()), load


def watched(model: LoadModel, robot: RobotModel, seed: int) -> list[str]:
    """Return what is told on line of a day."""
    watch, (log, _) = LoadWatch(model, robot, PERIOD), recorded(model, robot, seed)
    rows = zip(log.time, log.q, log.qd, log.current, strict=True)
    return [event.kind for row in rows for event in watch.update(Sample(*row)).events]


def screened(model: LoadModel, robot: RobotModel, seed: int) -> list[str]:
    """Return what would raise an alarm on a day, or be told of friction, were the load known."""
    (log, load), arm, health = recorded(model, robot, seed), arm_of(model, robot), model.health
    assert health is not None
    seen = glimpses(arm, log)
    jump = jump_of(arm, sliding(seen), load, np.zeros((4, 4)), np.array(health.spread))
    sure, share = jump.lost()
    going = (sure > health.lost) & (share > PART) & (share < MOST) & (jump.alike() > ALIKE)
    told, free = list[str](), 0
    for at in np.flatnonzero((jump.unusual() > health.unusual) | (going & bool(load[0]))):
        if at >= free:
            told, free = [*told, "lost" if going[at] else "collision"], at + RELEASE
    return told + drifts(model, arm, seen, load)


def drifts(model: LoadModel, arm: Arm, seen: Glimpse, load: Array) -> list[str]:
    assert model.health is not None
    left, watch = left_of(arm, seen, load).residual, FrictionWatch(len(arm.white))
    known, told = np.zeros((len(arm.white), 2)), list[str]()
    for time, *row in zip(seen.time, left, seen.qd, seen.moving, strict=True):
        for found in watch.add(float(time), *row):
            j = found.joint
            usual = usual_at(np.array(model.health.friction[j]), found.speed)
            if abs(found.beyond(known[j])) > model.health.drift * usual:
                known[j] = found.parts
                told.append("friction")
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description="Count false alarms over hours.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--screened", type=float, default=6.0, help="further hours")
    parser.add_argument("--out", type=Path, help="JSON file")
    asked = parser.parse_args()
    robot = robot_of("ur10e")
    model = identified(robot)
    report: dict[str, Any] = {**provenance("scipy", "pin", seed=asked.seed), "day_s": DAY}
    first = asked.seed
    for name, look, hours in (
        ("watched", watched, asked.hours),
        ("screened", screened, asked.screened),
    ):
        days = round(hours * HOUR / DAY)
        if not days:
            continue
        told = [look(model, robot, first + k) for k in range(days)]
        first += days
        report[name] = rates([kind for day in told for kind in day], DAY * days)
        print(f"{name}: {days} days, told {told}")
        for kind, rate in report[name].items():
            most = rate["at_most_per_hour"]
            print(f"  {kind:10} {rate['told']}, at most {most:.2f} an hour (95 %)", flush=True)
        if asked.out:
            write_json(asked.out, report)


if __name__ == "__main__":
    main()
