"""What the watch tells of a real arm's logs: false alarms, and what is injected into them.

    python scripts/bench/bench_load_health.py --out health.json

Each unloaded UR10e log where ROBOLAB_DATA points is watched by a model that has not seen it, as recorded and with
something added to the recorded currents: nobody has recorded friction that drifts, loads that slip, or collisions.
Added are friction that rises over a third of the log, by a share of the joint's own; a load of 3 kg that is carried
from the start and whose centre shifts by some centimetres, or that goes; a pulse of torque of 0.12 s at one joint.
Loads act as the model has it, so that these trials tell whether things are told apart in real noise, not whether the
model of a load is right. `--only N` takes the first N logs. What is told of a log as recorded, or with a load that stays,
is a false alarm; so is what is told of the recorded log with a real load, by a model of the unloaded ones. Whether a
slip raises an alarm hangs on the moment; `--slips N` tries N moments of every log, with the load known exactly.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from bench_alarms import rates
from provenance import provenance

from robolab.core.assets import data_dir
from robolab.core.files import write_json
from robolab.core.transforms import Array
from robolab.estimation.drive import TURN, current_of
from robolab.estimation.health import watch_log
from robolab.estimation.identify import identify
from robolab.estimation.jump import BEFORE, RECENT, jump_of, sliding
from robolab.estimation.log import JointLog, read_joint_log
from robolab.estimation.model import LoadModel
from robolab.estimation.payload import arm_of
from robolab.estimation.residual import Glimpse, glimpses
from robolab.estimation.usual import carried
from robolab.jobs.load import robot_of
from robolab.robots.model import RobotModel

LOADED = "Load"
AT = 0.6
"""Share of the log after which loads slip or go, and pulses come."""
DRIFT = 0.15
LOAD = np.array([3.0, 0.0, 0.0, 0.3])
SLIPS = (0.03, 0.06)
TRIED = (0.03, 0.06, 0.1)
SOON = 12
"""Glimpses after a slip within which it has to raise an alarm."""
PULSE, PULSES = 0.12, (10.0, 30.0)


def added(log: JointLog, more: Array) -> JointLog:
    return JointLog(log.file, log.time, log.q, log.qd, log.current + more, log.period, ())


def weight(model: LoadModel, robot: RobotModel, log: JointLog, load: Array) -> Array:
    """Current that a load takes, one (4,) for every row of the log, shape (k, n) [A]."""
    arm = arm_of(model, robot)
    seen = glimpses(arm, log)
    times = [
        np.interp(log.time, seen.time, column) for column in load_current(arm, seen, load, log)
    ]
    return np.stack(times, axis=1)


def load_current(arm: Any, seen: Any, load: Array, log: JointLog) -> Array:
    rows = np.clip(np.searchsorted(log.time, seen.time), 0, len(log.time) - 1)
    torque = (seen.load * load[rows][:, None, :]).sum(-1)
    more = current_of(arm.drives, seen.torque + torque, seen.qd, seen.qdd)[0]
    return (more - current_of(arm.drives, seen.torque, seen.qd, seen.qdd)[0]).T


def trials(
    model: LoadModel, robot: RobotModel, log: JointLog
) -> Iterator[tuple[str, str, JointLog, float]]:
    """What is added, what should be told, the log, and when."""
    length = float(log.time[-1] - log.time[0])
    at = float(log.time[0]) + AT * length
    later = log.time >= at
    yield "nothing", "", log, at
    yield "3 kg", "", added(log, weight(model, robot, log, np.tile(LOAD, (len(log.time), 1)))), at
    ramp = np.clip((log.time - log.time[0]) / length * 3.0 - 1.0, 0.0, 1.0)
    for j in (1, 3):
        more = np.zeros_like(log.current)
        more[:, j] = DRIFT * model.friction[j][0] * ramp * np.tanh(log.qd[:, j] / TURN)
        yield (
            f"friction of {robot.joints[j]} up {100 * DRIFT:.0f} %",
            "friction",
            added(log, more),
            at,
        )
    for shift in SLIPS:
        other = LOAD + LOAD[0] * np.array([0.0, shift, 0.0, 0.0])
        slipped = np.where(later[:, None], other, LOAD)
        yield (
            f"3 kg slips by {shift:g} m",
            "slip",
            added(log, weight(model, robot, log, slipped)),
            at,
        )
    gone = np.where(later[:, None], 0.0, LOAD)
    yield "3 kg goes", "lost", added(log, weight(model, robot, log, gone)), at
    for torque in PULSES:
        j = 2
        more = np.zeros_like(log.current)
        u = np.clip((log.time - at) / PULSE, 0.0, 1.0)
        more[:, j] = torque / model.gain[j] * np.sin(np.pi * u)
        yield f"pulse of {torque:g} N m at {robot.joints[j]}", "collision", added(log, more), at


def measure(robot: RobotModel, logs: list[JointLog], only: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for log in logs[:only]:
        model = identify(robot, [other for other in logs if other is not log])
        for name, wanted, given, at in trials(model, robot, log):
            found = watch_log(model, robot, given)
            told = [(e.kind, e.time - at, e.told - at) for e in found.events]
            hit = [t for t in told if t[0] == wanted and t[1] > -0.01]
            rows.append({"log": log.file.name, "added": name, "wanted": wanted, "told": told})
            after = f"told after {hit[0][2]:.2f} s" if hit else "missed" if wanted else "-"
            others = [t for t in told if not hit or t is not hit[0]]
            said = "; ".join(f"{kind} {time:+.2f} s" for kind, time, _ in others)
            print(f"{log.file.name:32} {name:36} {after:20} also: {said or 'nothing'}", flush=True)
    return rows


def slips_noticed(robot: RobotModel, logs: list[JointLog], moments: int) -> dict[str, Any]:
    """Share of slips of 3 kg along y that raise an alarm, over moments of every log, by how far they go."""
    hits: dict[float, list[bool]] = {shift: [] for shift in TRIED}
    for log in logs:
        model = identify(robot, [other for other in logs if other is not log])
        arm, health = arm_of(model, robot), model.health
        assert health is not None
        seen, spread = glimpses(arm, log), np.array(health.spread)
        for at in np.linspace(0.15, 0.95, moments) * len(seen.time):
            rows = slice(max(int(at) - BEFORE - RECENT, 0), int(at) + SOON)
            for shift in TRIED:
                other = LOAD + LOAD[0] * np.array([0.0, shift, 0.0, 0.0])
                load = np.where(np.arange(len(seen.time))[rows, None] >= int(at), other, LOAD)
                part = carried(arm, Glimpse(*(values[rows] for values in seen)), load)
                jump = jump_of(arm, sliding(part), LOAD, np.zeros((4, 4)), spread)
                hits[shift].append(bool(jump.unusual().max() > health.unusual))
    for shift, found in hits.items():
        print(f"slips by {shift:g} m noticed: {sum(found)} of {len(found)}")
    return {f"{shift:g}": [sum(found), len(found)] for shift, found in hits.items()}


def false_alarms(
    robot: RobotModel, rows: list[dict[str, Any]], logs: list[JointLog], heavy: list[JointLog]
) -> dict[str, Any]:
    """What was told although nothing had happened, by what was carried."""
    lengths = {log.file.name: float(log.time[-1] - log.time[0]) for log in logs}
    quiet = {added: [row for row in rows if row["added"] == added] for added in ("nothing", "3 kg")}
    result = {
        added: rates(
            [told[0] for row in found for told in row["told"]],
            sum(lengths[row["log"]] for row in found),
        )
        for added, found in quiet.items()
    }
    model = identify(robot, logs)
    told = [e.kind for log in heavy for e in watch_log(model, robot, log).events]
    real = rates(told, sum(float(log.time[-1] - log.time[0]) for log in heavy))
    result["real load"] = real
    for name, found in result.items():
        print(f"false alarms, {name}: ", end="")
        print(", ".join(f"{kind} {value['told']}" for kind, value in found.items()))
    return {"seconds": sum(lengths.values()), **result}


def main() -> None:
    parser = argparse.ArgumentParser(description="Watch a real arm's logs.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, default=99)
    parser.add_argument("--slips", type=int, default=33, help="moments of each log")
    parser.add_argument("--out", type=Path, help="JSON file")
    asked = parser.parse_args()
    folder = data_dir()
    if folder is None:
        raise SystemExit("no recorded data: set ROBOLAB_DATA")
    robot = robot_of("ur10e")
    paths = sorted((folder / "ur10e").glob("*.csv"), reverse=True)
    everything = [read_joint_log(path, robot) for path in paths]
    logs = [log for log in everything if LOADED not in log.file.name]
    heavy = [log for log in everything if LOADED in log.file.name]
    rows = measure(robot, logs, asked.only)
    alarms = false_alarms(robot, rows, logs, heavy)
    slips = slips_noticed(robot, logs, asked.slips)
    report = {
        **provenance("scipy", "pin", seed=asked.seed),
        "false_alarms": alarms,
        "slips": slips,
        "rows": rows,
    }
    if asked.out:
        write_json(asked.out, report)


if __name__ == "__main__":
    main()
