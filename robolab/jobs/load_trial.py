"""A load taken by the suction gripper, lifted, carried about and lost, watched from motor currents alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array, pose_rpy
from robolab.estimation.contract import Estimate
from robolab.estimation.model import LoadModel
from robolab.estimation.online import OnlineWatch
from robolab.estimation.simulated import measured_drives, with_tool
from robolab.estimation.watch import Event, LoadWatch
from robolab.planning.ik import solve_ik
from robolab.robots import load_robot
from robolab.robots.model import RobotModel
from robolab.scene.load import parse_scene
from robolab.scene.spec import SceneSpec
from robolab.sensors import attach
from robolab.sim.retrace import retrace
from robolab.sim.world import World

RATE_HZ = 500.0
_SIDE, _HEIGHT = 0.2, 0.2
_AT = np.array([0.75, 0.1, -0.3])
_HOME = (0.0, -1.5708, 1.5708, -1.5708, -1.5708, 0.0)
_OFF = 0.05
"""How far from the middle of the box it is taken at most [m]."""
_DOWN, _SEAL, _LIFT, _SWING = 0.6, 0.5, 0.6, 1.2
_PAUSE = 0.1
_STEP = 0.01


@dataclass(frozen=True)
class LoadTrial:
    """What one trial showed.

    Attributes:
        mass: The true one [kg].
        lifted: When the lift began [s].
        lost: When the box came off [s].
        estimates: After each sample.
        events: With the time at which each was told [s].
    """

    mass: float
    lifted: float
    lost: float
    estimates: tuple[Estimate, ...]
    events: tuple[tuple[float, Event], ...]

    def known_after(self, seconds: float) -> Estimate:
        """Return what was known so long after the lift began [s]."""
        return max(
            (e for e in self.estimates if e.time <= self.lifted + seconds + 1e-9),
            key=lambda e: e.time,
        )

    def noticed(self) -> float | None:
        """Return how long after it the loss was told [s], or None if it never was."""
        times = [t for t, event in self.events if event.kind == "lost" and t >= self.lost]
        return times[0] - self.lost if times else None

    def false_alarms(self) -> int:
        """Return how often something was told before anything happened."""
        return sum(t < self.lost for t, _ in self.events)


def pick_and_lose(model: LoadModel, bare: RobotModel, mass: float, seed: int) -> LoadTrial:
    """Try it with the identified arm: its friction on a day, its weights, its noise.

    Args:
        model, bare: What was identified, and of which robot; the trial's has a suction cup too.
        mass: Of the box [kg].
        seed: Fixes day, noise, where the box is taken and when it is lost.
    """
    scene = _scene(bare, mass)
    robot = load_robot(scene.robot, scene.folder)
    own = with_tool(model, bare, robot)
    rng = stream(seed, "trial")
    time, q, loses = _motion(robot, rng)
    watch = LoadWatch(own, robot, 1.0 / RATE_HZ)
    closes, lifted = _DOWN + _PAUSE, _DOWN + _PAUSE + _SEAL
    drives = {"arm": measured_drives(model, bare)}
    with World(scene, seed, robots={"arm": robot}, drives=drives) as world:
        online = OnlineWatch(attach(world), watch)
        world.add_observer(online)
        pending = [(loses, False), (closes, True)]
        taken = [False]

        def control() -> None:
            while pending and world.time >= pending[-1][0]:
                world.grip(pending.pop()[1])
            held = world.gripper is not None and world.gripper.held is not None
            # The vacuum switch says that something has been taken. Nothing says that it is lost.
            if held and not taken[0]:
                taken[0] = True
                watch.expect()

        retrace(world, time, q, control)
        gone = [e.time for e in world.events if e.what in ("released", "dropped")]
    return LoadTrial(
        mass,
        lifted,
        gone[0] if gone else float("inf"),
        tuple(online.estimates),
        tuple(online.events),
    )


def _scene(robot: RobotModel, mass: float) -> SceneSpec:
    sensors = [
        {"name": name, "type": kind, "mount": "arm/base_link", "rate_hz": RATE_HZ}
        for name, kind in (("encoders", "joint_encoder"), ("currents", "motor_current"))
    ]
    table = {"position": [_AT[0], _AT[1], _AT[2] - 0.5 * _SIDE - 0.1]}
    content = {
        "name": "load_trial",
        "floor_height": -0.6,
        "physics": {"rate_hz": 2.0 * RATE_HZ, "control_rate_hz": RATE_HZ},
        "robots": [
            {
                "name": "arm",
                "model": robot.name,
                "tool": {"model": "suction_cup"},
                "home": list(_HOME),
                "base": {"rpy_deg": [0.0, 0.0, 180.0]},
            }
        ],
        "objects": [
            {"name": "table", "shape": {"type": "box", "size": [0.5, 0.8, 0.2]}, "pose": table},
            {
                "name": "box",
                "shape": {"type": "box", "size": [_SIDE] * 3},
                "pose": {"position": _AT.tolist()},
                "mass": mass,
            },
        ],
        "sensors": sensors,
    }
    return parse_scene(content, Path("load_trial.yaml"))


def _motion(robot: RobotModel, rng: np.random.Generator) -> tuple[Array, Array, float]:
    """Times and positions, and when the valve opens: down, wait, up, and to and fro."""
    off = np.append(rng.uniform(-_OFF, _OFF, 2), 0.5 * _SIDE)
    on_top = _AT + off
    places = ([0.0, 0.0, _HEIGHT], [0.0, 0.0, 0.0], [-0.15, -0.45, _HEIGHT])
    up = _joints(robot, on_top + places[0], rng, robot.home)
    down = _joints(robot, on_top + places[1], rng, up)
    side = _joints(robot, on_top + places[2], rng, up)
    legs = [
        (_PAUSE, up, up),
        (_DOWN, up, down),
        (_SEAL, down, down),
        (_LIFT, down, up),
        (_SWING, up, side),
        (_SWING, side, up),
        (0.3, up, up),
    ]
    time: list[Array] = []
    q: list[Array] = []
    start = 0.0
    for seconds, a, b in legs:
        t: Array = np.arange(0.0, seconds - 0.5 * _STEP, _STEP)
        u = (t / seconds)[:, None]
        time.append(start + t)
        q.append(a + (10.0 * u**3 - 15.0 * u**4 + 6.0 * u**5) * (b - a))
        start += seconds
    turning = start - 0.3 - _SWING
    return np.concatenate(time), np.concatenate(q), turning + rng.uniform(-0.5, 0.5)


def _joints(robot: RobotModel, point: Array, rng: np.random.Generator, near: Array) -> Array:
    """Joint positions with the cup down on a point, shoulder and elbow the nearest to some others'."""
    found = solve_ik(robot, pose_rpy(point, (np.pi, 0.0, 0.0)), rng, reference=near)
    return found[int(np.abs(found - near)[:, :3].max(axis=1).argmin())]
