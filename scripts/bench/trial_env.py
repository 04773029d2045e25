"""Joint motion among obstacles as a goal environment: what an agent that learns by trial acts in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict
from numpy.typing import NDArray

from robolab.core.compiled import jit
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.kernels.compiled_data import World, pack_points, pack_solids, packed_body
from robolab.kernels.compiled_kinematics import new_room, place_frames
from robolab.kernels.compiled_motion import free_share
from robolab.learning.cell import Cell
from robolab.learning.exact import spheres_for, surroundings
from robolab.learning.feed import Source
from robolab.learning.problems import Pairs

TOLERANCE = 0.1
"""Greatest joint difference at which the goal counts as reached [rad]."""
STEP = 0.2
"""Joint step of an action of 1 [rad]."""
LONGEST = 60
"""Steps in an episode."""
CONTACT = -20.0
"""Reward of touching: with a discount of 0.95 as bad as never arriving."""
_SIGHT = 0.15
"""Distance at which the agent begins to be told of obstacles [m]."""
_DRAWN = 128
_DEEP = 48
_DEPTH_SCALE, _GRADIENT_SCALE = 10.0, 4.0

Seen = dict[str, NDArray[np.float32]]


@dataclass
class Count:
    """Configurations evaluated: for clearance or contact, and for kinematics alone."""

    checked: int = 0
    kinematics: int = 0


@jit
def searched(body: Any, world: Any, setting: Array, start: Array, end: Array) -> tuple[bool, int]:
    """Whether a straight segment is free, as `segment_search` finds it, and at how many configurations it looked."""
    n, room, looks = start.shape[0], new_room(body), 0
    q, step, rest = np.empty(n), np.empty(n), np.zeros(n)
    low, high = np.empty(_DEEP), np.empty(_DEEP)
    low[0], high[0], top = 0.0, 1.0, 1
    while top > 0:
        top -= 1
        middle, half = 0.5 * (low[top] + high[top]), 0.5 * (high[top] - low[top])
        a, b = low[top], high[top]
        for j in range(n):
            q[j] = start[j] + middle * (end[j] - start[j])
            step[j] = half * (end[j] - start[j])
        share = free_share(body, world, setting, q, step, rest, room)
        looks += 1
        if share < 0.0 or (share < 1.0 and top + 2 > _DEEP):
            return False, looks
        if share < 1.0:
            known = share * half
            low[top], high[top] = a, middle - known
            low[top + 1], high[top + 1] = middle + known, b
            top += 2
    return True, looks


class Ground:
    """One cell without movable objects: the exact check of a joint move, and what an agent sees of a place."""

    def __init__(self, cell: Cell, count: Count) -> None:
        self.cell, self.count, asked = cell, count, cell.scene.requirements
        self.situation = cell.draw(1, 0.0, 0.0, stream(0, "ground"))
        robot, obstacles = cell.robot, surroundings(cell, self.situation, 0)
        self._body = packed_body(
            robot.chain, spheres_for(cell, -1), robot.hulls, asked.clearance, asked.clearance
        )[0]
        self._world = World(pack_solids(obstacles)[0], pack_points(obstacles.points))
        self._setting = np.array([obstacles.point_radius, 0.0, 0.0, 0.0, 1.0, 2.0 * np.pi])
        self._cost = cell.cost(_SIGHT)
        self._frames = np.empty((len(self._body.rows) + 1, 12))
        limits = robot.limits
        self.middle = (limits.upper + limits.lower) / 2.0
        self.half = (limits.upper - limits.lower) / 2.0

    def free(self, a: Array, b: Array) -> bool:
        """Whether the straight joint move keeps all clearances everywhere."""
        free, looks = searched(self._body, self._world, self._setting, a, b)
        self.count.checked += looks
        return bool(free)

    def look(self, q: Array) -> NDArray[np.float32]:
        """Joint angles, where the frames are, how near obstacles are and which way leads off them."""
        place_frames(self._body.rows, self._body.ends, q, self._frames)
        found = self._cost.numbers(q[None], self.situation)
        near = np.arcsinh(_DEPTH_SCALE * (found["depth"] + _SIGHT))
        way = np.arcsinh(_GRADIENT_SCALE * found["gradient"][0])
        where = self._frames[1:, 9:].ravel()
        scaled = (q - self.middle) / self.half
        parts = [scaled, np.sin(q), np.cos(q), where, near, way]
        return np.concatenate(parts).astype(np.float32)


class TrialEnv(gymnasium.Env[Seen, NDArray[np.float32]]):
    """From a start to a goal in joint space by steps; touching ends the episode, and so does arriving.

    Goals are joint positions and a last number: 1 where the step before has touched. With it the reward
    follows from the goals alone, which is what hindsight replay asks for.

    Args:
        source: Where episodes' starts and goals come from; without it `reset` is told them.
    """

    metadata = {"render_modes": []}

    def __init__(self, ground: Ground, source: Source | None = None, index: int = 0) -> None:
        self.ground, self._source, n = ground, source, ground.cell.dof
        self._index, self._rng = index, stream(0, "episodes", index)
        self._pairs: Pairs | None = None
        self._next = 0
        width = len(ground.look(ground.middle))

        def box(size: int) -> Box:
            return Box(-np.inf, np.inf, (size,), np.float32)

        self.observation_space: Any = Dict(
            {
                "observation": box(width),
                "achieved_goal": box(n + 1),
                "desired_goal": box(n + 1),
            }
        )
        self.action_space = Box(-1.0, 1.0, (n,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Seen, dict[str, Any]]:
        super().reset(seed=seed)
        if seed is not None:
            self._rng, self._pairs = stream(seed, "episodes", self._index), None
        start, goal = (options["start"], options["goal"]) if options else self._draw()
        self.q, self._goal = start.astype(float), goal.astype(float)
        self._steps = 0
        return self._seen(hit=False), {}

    def step(self, action: NDArray[np.float32]) -> tuple[Seen, float, bool, bool, dict[str, Any]]:
        limits = self.ground.cell.robot.limits
        wanted = self.q + STEP * np.clip(action.astype(float), -1.0, 1.0)
        wanted = np.clip(wanted, limits.lower, limits.upper)
        free = self.ground.free(self.q, wanted)
        if free:
            self.q = wanted
        self._steps += 1
        seen = self._seen(hit=not free)
        reward = float(self.compute_reward(seen["achieved_goal"], seen["desired_goal"], {}))
        arrived, late = reward == 0.0, self._steps >= LONGEST
        done = arrived or not free
        return seen, reward, done, late and not done, {"is_success": arrived, "contact": not free}

    def compute_reward(self, achieved: Any, desired: Any, _info: Any) -> NDArray[np.float32]:
        """0 at the goal, -1 elsewhere, `CONTACT` for touching; for any number of goals at once."""
        away = np.abs(achieved[..., :-1] - desired[..., :-1]).max(axis=-1) > TOLERANCE
        return np.where(achieved[..., -1] > 0.5, CONTACT, -1.0 * away).astype(np.float32)

    def _draw(self) -> tuple[Array, Array]:
        assert self._source is not None, "an environment without a source is told where to start"
        if self._pairs is None or self._next == len(self._pairs):
            self._pairs, self._next = self._source.draw(_DRAWN, self._rng), 0
        row, self._next = self._next, self._next + 1
        return self._pairs.start[row], self._pairs.goal[row]

    def _seen(self, hit: bool) -> Seen:
        return {
            "observation": self.ground.look(self.q),
            "achieved_goal": np.append(self.q, float(hit)).astype(np.float32),
            "desired_goal": np.append(self._goal, 0.0).astype(np.float32),
        }
