"""A gripper whose fingers give way as fin rays do: a jaw with springs between the segments of its fingers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.finray import FinRay, joint_stiffness
from robolab.robots.model import Gripper
from robolab.sim.arm import Arm
from robolab.sim.client import Client, p
from robolab.sim.jaw import Jaw
from robolab.sim.shapes import ObjectBody

_DAMPING = 0.004
"""Damping over stiffness: polyurethane of 95 Shore A does not ring [s]."""


class FinRayJaw(Jaw):
    """See the module. A finger is a carriage on its drive and, in a chain on that, segments from base to tip.

    Torques are those at the end of the step to come, so that stiff fingers stay still at any rate.

    References: Tan, Liu and Turk (2011), Stable proportional-derivative controllers.
    """

    def __init__(
        self, client: Client, arm: Arm, gripper: Gripper, objects: Mapping[str, ObjectBody]
    ) -> None:
        super().__init__(client, arm, gripper, objects)
        self._segments = [links[1:] for links in self._links]
        finger = FinRay.of_figures(gripper.figures, len(self._segments[0]))
        self._stiffness = joint_stiffness(finger)
        damping, dt = _DAMPING * self._stiffness, client.dt
        chain = self._inertia(arm.body, finger)
        ahead = np.eye(finger.segments) + dt * (damping + dt * self._stiffness) @ np.linalg.inv(
            chain
        )
        self._of_angle = -np.linalg.solve(ahead, self._stiffness)
        self._of_speed = -np.linalg.solve(ahead, damping + dt * self._stiffness)

    @property
    def idle(self) -> bool:
        return False

    def angles(self, finger: int) -> Array:
        """Return how far a finger's joints are bent outwards, from base to tip, shape (n,) [rad]."""
        return self._state(finger)[0]

    def step(self, time: float) -> None:
        for finger, segments in enumerate(self._segments):
            q, qd = self._state(finger)
            p.setJointMotorControlArray(
                bodyUniqueId=self._arm.body,
                jointIndices=segments,
                controlMode=p.TORQUE_CONTROL,
                forces=self._of_angle @ q + self._of_speed @ qd,
                physicsClientId=self._client,
            )
        super().step(time)

    def _state(self, finger: int) -> tuple[Array, Array]:
        states = p.getJointStates(
            self._arm.body, self._segments[finger], physicsClientId=self._client
        )
        return np.array([s[0] for s in states]), np.array([s[1] for s in states])

    def _inertia(self, body: int, finger: FinRay) -> Array:
        """Inertia of a straight finger's joints, shape (n, n) [kg m2]."""
        n, step = finger.segments, finger.length / finger.segments
        info = [p.getDynamicsInfo(body, k, physicsClientId=self._client) for k in self._segments[0]]
        mass, turn = np.array([i[0] for i in info]), np.array([i[2][0] for i in info])
        result = np.zeros((n, n))
        for k in range(n):
            arms = np.maximum((k + 0.5 - np.arange(n)) * step, 0.0)
            moved = np.arange(n) <= k
            result += mass[k] * np.outer(arms, arms) + turn[k] * np.outer(moved, moved)
        return result
