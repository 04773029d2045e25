"""A new motion from a moving state past bodies that move: fast, and the same for the same question.

Candidates are jerk-limited motions from the state that end at rest (see `detours`): to a goal, straight or
through points of a library of free joint positions, and where no goal can be reached now, to a stop or a refuge.
They are tried from fast to slow, and the first that is free is taken: of moving bodies for as far ahead as they
are predicted, and of what stands still along the whole curve.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.moving import Mover, MovingChecker
from robolab.kernels.obstacles import Obstacles
from robolab.planning.detours import STAGES, Stage
from robolab.planning.query import Candidate, Query, Replan
from robolab.robots.model import RobotModel
from robolab.trajectory.jerk_limited import JerkLimited, State
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.splice import held, join
from robolab.trajectory.trajectory import LegRequirements

_STEP = 0.025
"""Time between the moments at which distances to moving bodies, torques and tool speeds are taken [s]."""
_GLANCE = 0.05
"""The same for a first look [s]."""
_LATEST = 4
"""How many motions are tried that come too near."""
_TIGHT = (0.03, -0.02, -0.07, -0.15)
"""Margins tried one after another where nothing is free with the full one [m]."""
_LIMIT_SHARE = 0.95
"""Share of torque and tool speed limits that a motion may use at those moments."""


class Replanner:
    """Plans for one robot among what stands still.

    Args:
        static: Checks against what stands still, clearances and upright angle included.
        standing: What stands still.
        library: Joint positions free of it, shape (m, n), to go through or to retreat to.
        stages: Makers of candidates, each from fast to slow; a later one is asked if none before was free.
    """

    def __init__(
        self,
        robot: RobotModel,
        static: CompiledChecker,
        standing: Obstacles,
        motions: JerkLimited,
        library: Array,
        requirements: LegRequirements,
        stages: Sequence[Stage] = STAGES,
    ) -> None:
        self.robot, self.static, self.motions, self.library = robot, static, motions, library
        self.moving = MovingChecker(robot.chain, robot.spheres)
        self._asked, self._standing = requirements, Mover(standing)
        self._stages = stages

    def plan(self, query: Query) -> Replan:
        """Return the first free candidate; if there is none, the one that comes too near last."""
        tried, late = 0, list[tuple[float, Candidate]]()
        for stage in self._stages:
            for candidate in stage(self, query):
                tried += 1
                until = self._glance(candidate, query)
                curve = self.motion(candidate, query) if until == np.inf else None
                if curve is not None:
                    until = self.free_until(curve, query)
                    if until == np.inf and self.allowed(curve):
                        return Replan(curve, candidate.kind, candidate.goal, True, tried)
                late.append((until, candidate))
        return self._least_bad(late, query, tried)

    def _least_bad(self, late: list[tuple[float, Candidate]], query: Query, tried: int) -> Replan:
        """Of motions that come too near, the least bad; a stop if what stands still is in the way of all."""
        late = [entry for entry in late if -np.inf < entry[0] < np.inf]
        curves: list[tuple[PiecewisePolynomial, int | None]] = []
        if not query.only_goals:
            for _, candidate in sorted(late, key=lambda entry: -entry[0])[:_LATEST]:
                curve = self.motion(candidate, query)
                if curve is not None and self.allowed(curve):
                    curves.append((curve, candidate.goal))
        for margin in _TIGHT:
            relaxed = query.relaxed(margin)
            for curve, goal in curves:
                if self.free_until(curve, relaxed) == np.inf:
                    kind = "tight" if margin == _TIGHT[0] else "least bad"
                    return Replan(curve, kind, goal if kind == "tight" else None, False, tried)
        curve = curves[0][0] if curves else self.motions.stop(query.state, query.time)
        curve = curve or held(query.state.q, query.time, query.time + _STEP)
        return Replan(curve, "least bad", None, False, tried)

    def motion(self, candidate: Candidate, query: Query) -> PiecewisePolynomial | None:
        """The curve of a candidate in absolute time; None where it is not possible."""
        if not candidate.vias:
            return self.motions.stop(query.state, query.time)
        state, time = query.state, query.time
        parts: list[PiecewisePolynomial] = []
        for q, v in candidate.vias:
            part = self.motions.reach(state, q, v, candidate.share, time)
            if part is None:
                return None
            parts.append(part)
            state, time = State.passing(q, v), part.end
        return join(parts)

    def free_until(self, curve: PiecewisePolynomial, query: Query) -> float:
        """When a motion first comes too near a threat, standing at its end included; infinite if never [s]."""
        end = max(curve.end, query.time + query.horizon)
        times = np.linspace(query.time, end, max(2, int(np.ceil((end - query.time) / _STEP)) + 1))
        return self._first_touch(curve(times), times, query)

    def blocked(self, candidate: Candidate, query: Query) -> bool:
        """Whether what stands still is in a candidate's way, however fast it goes."""
        found = self._sampled(candidate, query)
        return found is None or self._hits(found[0])

    def _glance(self, candidate: Candidate, query: Query) -> float:
        """As `free_until`, with fewer moments and no curve; -inf where it is not allowed. Most end here."""
        if not candidate.vias:
            return np.inf
        found = self._sampled(candidate, query)
        if found is None or self._races(found[0]) or self._hits(found[0]):
            return -np.inf
        moving, times, end = found
        rest = np.arange(end, query.time + query.horizon, _GLANCE)
        last = candidate.vias[-1][0]
        Q = np.vstack([moving, np.broadcast_to(last, (len(rest), len(last)))])
        return self._first_touch(Q, np.concatenate([times, rest]), query)

    def _sampled(self, candidate: Candidate, query: Query) -> tuple[Array, Array, float] | None:
        """Joint positions of a candidate at some moments, shape (m, n), the moments (m,), and when it ends [s]."""
        state, time = query.state, query.time
        samples: list[Array] = []
        times: list[Array] = []
        for q, v in candidate.vias:
            found = self.motions.positions(state, q, v, candidate.share, _GLANCE)
            if found is None:
                return None
            samples.append(found[0])
            times.append(time + _GLANCE * np.arange(float(len(found[0]))))
            state, time = State.passing(q, v), time + found[1]
        return np.vstack(samples), np.concatenate(times), time

    def _hits(self, Q: Array) -> bool:
        none, asked = np.zeros((len(Q), 3)), np.full(len(Q), self._asked.clearance)
        return self.moving.first_touch(Q, self._standing, none, asked) is not None

    def _races(self, Q: Array) -> bool:
        """Whether the tool is too fast between moments; those of a via may be nearer to one another, none farther."""
        if self._asked.tool_speed is None or len(Q) < 2:
            return False
        steps = np.linalg.norm(np.diff(self.moving.tool_points(Q), axis=0), axis=1)
        return bool(np.max(steps) > self._asked.tool_speed * _GLANCE)

    def _first_touch(self, Q: Array, times: Array, query: Query) -> float:
        first = np.inf
        for threat in query.threats:
            grow = threat.grow(times) + query.margin
            at = self.moving.first_touch(Q, threat.mover, threat.shift(times), grow)
            if at is not None:
                first = min(first, float(times[at]))
        return first

    def allowed(self, curve: PiecewisePolynomial) -> bool:
        """Whether a motion keeps within joint ranges, torques and tool speed, and off what stands still."""
        limits, robot = self.robot.limits, self.robot
        times = np.linspace(curve.start, curve.end, int((curve.end - curve.start) / _STEP) + 2)
        q, v, a = curve.jet(times, 2)
        if np.any(q < limits.lower) or np.any(q > limits.upper):
            return False
        if self._asked.tool_speed is not None:
            steps = np.linalg.norm(np.diff(self.moving.tool_points(q), axis=0), axis=1)
            if np.max(steps) > _LIMIT_SHARE * self._asked.tool_speed * (times[1] - times[0]):
                return False
        friction = robot.motors.coulomb + robot.motors.viscous * np.abs(v)
        torque = np.abs(robot.inverse_dynamics(q, v, a)) + friction
        if np.any(torque > _LIMIT_SHARE * limits.torque):
            return False
        return self.static.curve_free(curve)
