"""A load taken by the suction gripper, lifted, carried about and lost, watched from motor currents alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.estimation.contract import Estimate
from robolab.estimation.model import LoadModel
from robolab.estimation.online import OnlineWatch
from robolab.estimation.simulated import measured_drives, with_tool
from robolab.estimation.watch import Event, LoadWatch
from robolab.jobs.load_trial_motion import TrialMotion, empty_motion, trial_motion
from robolab.robots import load_robot
from robolab.robots.model import RobotModel
from robolab.scene.load import parse_scene
from robolab.scene.spec import SceneSpec
from robolab.sensors import attach
from robolab.sim.retrace import retrace
from robolab.sim.vacuum import Vacuum
from robolab.sim.world import World

RATE_HZ = 500.0
SIDE = 0.2
"""Of the box [m]."""
_HOME = (0.0, -1.5708, 1.5708, -1.5708, -1.5708, 0.0)
_PUSH_TIME, _PUSHES = 0.12, (25.0, 80.0)
"""How long a collision lasts [s], and how hard it is at its height [N]."""

What = Literal["lost", "collision", "nothing"]


@dataclass(frozen=True)
class LoadTrial:
    """What one trial showed.

    Attributes:
        mass: The true one [kg].
        lifted: When the lift began [s].
        happened: When the box came off, or the push began; never is infinite [s].
        speed: Of the faster of shoulder and elbow then [rad/s].
        lift_seconds: How long the lift takes.
        lift_speed: Highest of the tool in the lift, about [m/s].
        estimates: After each sample.
        events: With the time at which each was told [s].
    """

    mass: float
    lifted: float
    happened: float
    speed: float
    lift_seconds: float
    lift_speed: float
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
        times = [t for t, event in self.events if event.kind == "lost" and t >= self.happened]
        return times[0] - self.happened if times else None

    def told(self) -> str:
        """Return what it was told as in the end, or nothing."""
        kinds = [event.kind for t, event in self.events if t >= self.happened]
        return kinds[-1] if kinds else "nothing"

    def false_alarms(self) -> int:
        """Return how often something was told before anything happened."""
        return sum(t < self.happened for t, _ in self.events)


def pick_and_lose(
    model: LoadModel,
    bare: RobotModel,
    mass: float,
    seed: int,
    what: What = "lost",
    switch: bool = False,
) -> LoadTrial:
    """Try it with the identified arm: its friction on a day, its weights, its noise.

    Args:
        model, bare: What was identified, and of which robot; the trial's has a suction cup too.
        mass: Of the box [kg].
        seed: Fixes day, noise, motion, where the box is taken, and when what happens to it.
        what: The box comes off, or something pushes the tool for a moment, or neither.
        switch: Whether the watch sees the cup's vacuum all the time, and not only that something was taken.
    """
    motion = trial_motion(load_robot(_scene(bare, mass, np.zeros(3)).robot, Path()), SIDE, seed)
    scene = _scene(bare, mass, motion.box)
    robot = load_robot(scene.robot, scene.folder)
    watch = LoadWatch(with_tool(model, bare, robot), robot, 1.0 / RATE_HZ)
    drives = {"arm": measured_drives(model, bare)}
    with World(scene, seed, robots={"arm": robot}, drives=drives) as world:
        online = OnlineWatch(attach(world), watch)
        if switch:
            assert isinstance(world.gripper, Vacuum)
            online.vacuum, online.holds = "vacuum", world.gripper.figures.seal_pressure
        world.add_observer(online)
        stage = _Stage(world, None if switch else watch, motion, what, _push(seed))
        retrace(world, motion.time, motion.q, stage.control)
        gone = [e.time for e in world.events if e.what in ("released", "dropped")]
    happened = (gone or [np.inf])[0] if what == "lost" else stage.happened
    return LoadTrial(
        mass=mass,
        lifted=motion.lifts,
        happened=happened,
        speed=motion.speed(happened),
        lift_seconds=motion.lift_seconds,
        lift_speed=motion.lift_speed,
        estimates=tuple(online.estimates),
        events=tuple(online.events),
    )


def move_empty(
    model: LoadModel, bare: RobotModel, seconds: float, seed: int
) -> tuple[tuple[float, Event], ...]:
    """Let the arm go from place to place with nothing on the cup; return what was told all the same."""
    scene = _scene(bare, 1.0, np.array([0.7, 0.0, -0.5]))
    robot = load_robot(scene.robot, scene.folder)
    time, q = empty_motion(robot, seconds, seed)
    watch = LoadWatch(with_tool(model, bare, robot), robot, 1.0 / RATE_HZ)
    drives = {"arm": measured_drives(model, bare)}
    with World(scene, seed, robots={"arm": robot}, drives=drives) as world:
        online = OnlineWatch(attach(world), watch)
        world.add_observer(online)
        retrace(world, time, q)
    return tuple(online.events)


@dataclass
class _Stage:
    """Closes and opens the valve, pushes the tool, and tells a watch that sees no vacuum when something has been taken."""

    world: World
    watch: LoadWatch | None
    motion: TrialMotion
    what: What
    push: Array
    happened: float = np.inf
    _taken: bool = False

    def control(self) -> None:
        now, motion = self.world.time, self.motion
        if now >= motion.happens and self.what == "lost":
            self.world.grip(False)
        elif now >= motion.closes and not self._taken:
            self.world.grip(True)
        if self.what == "collision":
            self._push(now - motion.happens)
        held = self.world.gripper is not None and self.world.gripper.held is not None
        # Nothing says that it is lost.
        if held and not self._taken:
            self._taken = True
            if self.watch is not None:
                self.watch.expect()

    def _push(self, since: float) -> None:
        if not 0.0 <= since < _PUSH_TIME:
            self.world.arm.push(None)
            return
        self.happened = min(self.happened, self.world.time)
        self.world.arm.push(np.sin(np.pi * since / _PUSH_TIME) * self.push)


def _push(seed: int) -> Array:
    rng = stream(seed, "push")
    way = rng.normal(size=3)
    return rng.uniform(*_PUSHES) * way / np.linalg.norm(way)


def _scene(robot: RobotModel, mass: float, box: Array) -> SceneSpec:
    sensors = [
        {"name": name, "type": kind, "mount": "arm/base_link", "rate_hz": RATE_HZ}
        for name, kind in (("encoders", "joint_encoder"), ("currents", "motor_current"))
    ]
    sensors.append(
        {"name": "vacuum", "type": "vacuum_pressure", "mount": "arm/tool0", "rate_hz": 100.0}
    )
    table = {"position": [box[0], box[1], box[2] - 0.5 * SIDE - 0.1]}
    content = {
        "name": "load_trial",
        "floor_height": -1.0,
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
                "shape": {"type": "box", "size": [SIDE] * 3},
                "pose": {"position": box.tolist()},
                "mass": mass,
            },
        ],
        "sensors": sensors,
    }
    return parse_scene(content, Path("load_trial.yaml"))
