"""Bring the tool centre point to a goal in the air."""

from __future__ import annotations

from math import hypot

import numpy as np

from robolab.core.transforms import Array
from robolab.sim.world import World
from robolab.tasks.contract import TASKS, Task

_STEP = 0.05
"""Way that the tool goes with an action of 1 [m]."""
_NEAR = 0.05
"""Distance at which the goal is reached [m]."""
_DAMPING = 0.05
"""Of the least squares [m]: keeps joint steps small near singular poses."""
_DAMPED = _DAMPING**2 * np.eye(3)
_EFFORT = 0.01
"""What a whole action costs."""


@TASKS.register("reach")
class Reach(Task):
    """Observation: goal, tool and goal from the tool (9), joint positions and velocities (2n).

    Action: way of the tool in world (3), turned into joint positions by damped least squares.
    """

    scene = "panda_table"
    seconds = 2.0
    observation_size = 9 + 2 * 7
    action_size = 3

    _low = np.array([0.35, -0.35, 0.72])
    _high = np.array([0.65, 0.05, 1.05])

    def begin(self, world: World, rng: np.random.Generator) -> None:
        self._goal = rng.uniform(self._low, self._high)
        world.servo(world.robot.home)

    def observe(self, world: World) -> Array:
        self._q, qd = world.joint_state()
        tool = np.array(world.arm.tcp_position())
        way = self._goal - tool
        self._distance = hypot(*way.tolist())
        return np.concatenate([self._goal, tool, way, self._q, qd])

    def act(self, world: World, action: Array) -> None:
        robot = world.robot
        jacobian = robot.jacobian(self._q)[:3]
        system = jacobian @ jacobian.T + _DAMPED
        step = jacobian.T @ np.linalg.solve(system, _STEP * action)
        limits = robot.limits
        world.servo(np.minimum(np.maximum(self._q + step, limits.lower), limits.upper))

    def rewards(self, world: World, action: Array) -> dict[str, float]:
        return {
            "distance": -self._distance,
            "reached": 1.0 if self.success(world) else 0.0,
            "effort": -_EFFORT * float(action @ action),
        }

    def success(self, world: World) -> bool:
        return self._distance < _NEAR
