"""Simulated beside real currents: a recorded motion gone through by the arm that was identified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.files import write_json, write_text
from robolab.core.transforms import Array
from robolab.estimation.log import JointLog, read_joint_log
from robolab.estimation.model import load_model
from robolab.estimation.payload_step import MOVING
from robolab.estimation.simulated import measured_drives
from robolab.estimation.smooth import Smooth, smooth_log
from robolab.jobs.problem_set import robot_spec
from robolab.jobs.svg import Curve, Plot
from robolab.jobs.svg_sheet import sheet
from robolab.robots import load_robot
from robolab.scene.spec import PhysicsSpec, SceneSpec, SensorSpec
from robolab.sensors import attach
from robolab.sim.friction import MeasuredDrives
from robolab.sim.retrace import retrace
from robolab.sim.world import World

_RATE_HZ = 500.0
_CLOSE_UP = 4.0
"""Time that the close-up shows [s]."""
_PLOT = (560.0, 120.0)


@dataclass(frozen=True)
class CurrentComparison:
    """Real and simulated currents of one motion.

    Attributes:
        joints: Names, length n.
        explained: Share of the real current's variance, smoothed and while the joint moves, that the identified arm
            explains in the simulation, its noise held against it, shape (n,).
        described: The same for the arm as its description has it, shape (n,).
        noise, simulated_noise: Standard deviation from one sample to the next, shape (n,) [A].
        off: Greatest distance of the simulated arm from the recorded motion, shape (n,) [rad or m].
    """

    joints: tuple[str, ...]
    explained: Array
    described: Array
    noise: Array
    simulated_noise: Array
    off: Array

    def plain(self) -> dict[str, Any]:
        """Return it as it is written."""
        columns = (self.explained, self.described, self.noise, self.simulated_noise, self.off)
        names = ("explained", "described", "noise_a", "simulated_noise_a", "most_off_motion")
        return {
            joint: {name: float(column[j]) for name, column in zip(names, columns, strict=True)}
            for j, joint in enumerate(self.joints)
        }


def compare_currents(
    name: str,
    model: Path,
    log: Path,
    out: Path,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> CurrentComparison:
    """Go through a log's motion in the simulation; write `compare.json` and two drawings into a folder.

    Args:
        name: The robot's.
    Raises:
        LoadModelError: the model cannot be used, or is of another robot.
        LogError: the log cannot be used.
        OutputError: the result cannot be written.
    """
    robot = load_robot(robot_spec(name, None), Path())
    drives = measured_drives(load_model(model, robot), robot)
    real = read_joint_log(log, robot)
    progress("as identified")
    simulated, off = simulate(name, real, drives, seed)
    progress("as described")
    described, _ = simulate(name, real, None, seed)
    result = CurrentComparison(
        joints=robot.joints,
        explained=_explained(real, simulated),
        described=_explained(real, described),
        noise=_roughness(real),
        simulated_noise=_roughness(simulated),
        off=np.abs(off).max(axis=0),
    )
    write_json(out / "compare.json", {"log": log.name, "seed": seed, "joints": result.plain()})
    for file, plots in (("currents.svg", _smoothed_plots), ("close_up.svg", _raw_plots)):
        write_text(out / file, sheet(plots(real, simulated, robot.joints), _KEYS, columns=2))
    return result


_KEYS = (("line", "real"), ("second", "simulated"))


def simulate(
    name: str, log: JointLog, drives: MeasuredDrives | None, seed: int
) -> tuple[JointLog, Array]:
    """Return the log that the simulated arm gives of a motion, and how far it was from it, shape (m, n)."""
    scene = _cell(name, log.period)
    measured = None if drives is None else {"arm": drives}
    with World(scene, seed, drives=measured) as world:
        attach(world)
        _, off = retrace(world, log.time, log.q)
        readings = world.readings()
    encoders, currents = readings["encoders"], readings["currents"]
    return (
        JointLog(
            Path(f"{name} simulated"),
            encoders.times + log.time[0],
            encoders["position"],
            encoders["velocity"],
            currents["current"],
            log.period,
            (),
        ),
        off,
    )


def _cell(name: str, period: float) -> SceneSpec:
    """A robot with nothing around it, whose sensors sample as often as a log."""
    every = max(round(_RATE_HZ * period), 1)
    rate = _RATE_HZ / every
    sensors = tuple(
        SensorSpec(name=channel, type=kind, mount="arm/base_link", rate_hz=rate)
        for channel, kind in (("encoders", "joint_encoder"), ("currents", "motor_current"))
    )
    return SceneSpec(
        name="retrace",
        physics=PhysicsSpec(rate_hz=2.0 * _RATE_HZ, control_rate_hz=_RATE_HZ),
        floor=False,
        robots=(robot_spec(name, None),),
        objects=(),
        sensors=sensors,
    )


def _both(real: JointLog, simulated: JointLog) -> tuple[Smooth, Array]:
    """The real log smoothed, and simulated currents at the same times, shape (k, n)."""
    ours, other = smooth_log(real, real.period), smooth_log(simulated, simulated.period)
    within = (ours.time >= other.time[0]) & (ours.time <= other.time[-1])
    ours = Smooth(*(values[within] for values in ours))
    columns = other.current.T
    current: list[Array] = [
        np.asarray(np.interp(ours.time, other.time, column), dtype=float) for column in columns
    ]
    return ours, np.stack(current, axis=1)


def _explained(real: JointLog, simulated: JointLog) -> Array:
    ours, current = _both(real, simulated)
    shares = np.zeros(current.shape[1])
    for j in range(len(shares)):
        k = (ours.slowest[:, j] > MOVING) & np.isfinite(ours.current[:, j])
        if k.any():
            left = ours.current[k, j] - current[k, j]
            shares[j] = 1.0 - np.mean(left**2) / max(float(np.var(ours.current[k, j])), 1e-12)
    return shares


def _roughness(log: JointLog) -> Array:
    """White noise by second differences, which motion hardly reaches, shape (n,) [A]."""
    moving = np.abs(log.qd[1:-1]) > MOVING
    second = np.where(moving, np.diff(log.current, 2, axis=0), np.nan)
    return 1.4826 * np.nanmedian(np.abs(second), axis=0) / np.sqrt(6.0)


def _smoothed_plots(real: JointLog, simulated: JointLog, joints: tuple[str, ...]) -> list[Plot]:
    ours, current = _both(real, simulated)
    time = ours.time - real.time[0]
    return [
        Plot(
            [Curve(time, ours.current[:, j]), Curve(time, current[:, j], "second")],
            title=f"{joint} [A], smoothed",
            x_unit=" s",
            size=_PLOT,
        )
        for j, joint in enumerate(joints)
    ]


def _raw_plots(real: JointLog, simulated: JointLog, joints: tuple[str, ...]) -> list[Plot]:
    middle = 0.5 * (real.time[0] + real.time[-1])
    parts = [log.part(middle, middle + _CLOSE_UP) for log in (real, simulated)]
    return [
        Plot(
            [
                Curve(part.time - real.time[0], part.current[:, j], kind)
                for part, kind in zip(parts, ("line", "second"), strict=True)
            ],
            title=f"{joint} [A], as measured",
            x_unit=" s",
            size=_PLOT,
        )
        for j, joint in enumerate(joints)
    ]
