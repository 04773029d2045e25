"""A jaw gripper: coupled fingers that close with a given force and hold by friction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import Gripper
from robolab.sim.arm import Arm, links_behind
from robolab.sim.client import GRIPPING_ITERATIONS, USUAL_ITERATIONS, Client, p
from robolab.sim.gripper import GripEvent
from robolab.sim.shapes import ObjectBody
from robolab.sim.touches import Touch, touch_of

_LOOK_EVERY = 0.01
"""Time between two looks at what the fingers touch [s]."""
_FIRM_SHARE = 0.5
"""Share of the closing force that both fingers press with when the grip is firm."""
_LOST_AFTER = 0.05
"""Time without touch of both fingers after which an object counts as dropped [s]."""
_MISSED_AFTER = 1.0
"""Time after which a close command without a firm grip counts as missed [s]."""


class Jaw:
    """See the module. Implements GripperDrive.

    The fingers' joints are open where the robot's `locked` says, closed at zero.
    """

    def __init__(
        self, client: Client, arm: Arm, gripper: Gripper, objects: Mapping[str, ObjectBody]
    ) -> None:
        self.held: str | None = None
        self.events: list[GripEvent] = []
        self._server, self._client = client, client.id
        self._arm, self._objects = arm, objects
        self._force = gripper.figures["grip_force"]
        self._speed = gripper.figures["finger_speed"]
        self.finger_names = gripper.finger_joints
        self._fingers = [arm.joints[name] for name in gripper.finger_joints]
        self._links = [links_behind(self._client, arm.body, finger) for finger in self._fingers]
        self._open = [arm.robot.locked[name] for name in gripper.finger_joints]
        self._look_every = max(1, round(_LOOK_EVERY / client.dt))
        self._count = 0
        self._on = False
        self._since = self._touched = 0.0
        self._gear = -1
        self._drive()

    @property
    def idle(self) -> bool:
        return not self._on

    @property
    def opening(self) -> float:
        """How far the fingers are apart [m]; their joints are zero where they meet."""
        states = p.getJointStates(self._arm.body, self._fingers, physicsClientId=self._client)
        return float(sum(state[0] for state in states))

    def contacts(self, finger: int) -> list[tuple[Array, float]]:
        """Return where a finger is pressed in world, each of shape (3,) [m], and the normal forces [N]."""
        found = self._contacts(finger)
        return [(np.array(c[5]), float(c[9])) for c in found if c[9] > 0.0]

    def touch(self, finger: int, middle: Array, axes: Array) -> Touch:
        """Return what a finger touches in pad axes; `middle` (3,) and `axes` (2, 3) are the pad's in world."""
        link = self._fingers[finger]
        found = self._contacts(finger)
        other = (found[0][2], found[0][4]) if found else (self._arm.body, link)
        friction = self._friction(self._arm.body, link) * self._friction(*other)
        return touch_of(found, middle, axes, friction)

    def closing_axis(self, finger: int) -> Array:
        """Return the direction in which a finger closes, a unit vector in world, shape (3,)."""
        link = self._fingers[finger]
        info = p.getJointInfo(self._arm.body, link, physicsClientId=self._client)
        name = info[12].decode()
        axis = self._arm.link_pose(name)[:3, :3] @ np.array(info[13])
        return -axis * np.sign(self._open[finger])

    def command(self, on: bool, time: float) -> None:
        if self.held is not None and not on:
            self.events.append(GripEvent(time, "released", self.held))
            self.held = None
        self._on, self._since, self._touched = on, time, time
        self._drive()

    def press(self, force: float) -> None:
        """Close with another force of each finger from now on [N]; without a grip, from the next one on."""
        self._force = force
        if self._on:
            self._push()

    def reset(self) -> None:
        self.held, self.events = None, []
        self.command(False, 0.0)

    def step(self, time: float) -> None:
        self._count += 1
        if self._on and self._count % self._look_every == 0:
            self._look(time)

    def _look(self, time: float) -> None:
        if self.held is not None:
            if min(self._pressing(self.held)) > 0.0:
                self._touched = time
            elif time - self._touched > _LOST_AFTER:
                self.events.append(GripEvent(time, "dropped", self.held, "slid out of the fingers"))
                self.held, self._since = None, time
            return
        for name, item in self._objects.items():
            if item.mass > 0.0 and min(self._pressing(name)) > _FIRM_SHARE * self._force:
                self.held, self._touched = name, time
                self.events.append(GripEvent(time, "held", name))
                return
        reported = bool(self.events) and self.events[-1].time >= self._since
        if time - self._since > _MISSED_AFTER and not reported:
            self.events.append(GripEvent(time, "missed", None, "nothing between the fingers"))

    def _pressing(self, name: str) -> list[float]:
        """Normal force of each finger on an object [N]."""
        body = self._objects[name].body
        return [
            sum(contact[9] for contact in self._contacts(finger) if contact[2] == body)
            for finger in range(len(self._fingers))
        ]

    def _contacts(self, finger: int) -> list[tuple[Any, ...]]:
        """Return PyBullet's contact points of a finger, whichever of its links they are on."""
        return [
            contact
            for link in self._links[finger]
            for contact in p.getContactPoints(
                bodyA=self._arm.body, linkIndexA=link, physicsClientId=self._client
            )
        ]

    def _friction(self, body: int, link: int) -> float:
        return float(p.getDynamicsInfo(body, link, physicsClientId=self._client)[1])

    def _couple(self) -> None:
        """Tie the fingers together while they close, so that they meet in the middle as their gear makes them."""
        if self._gear >= 0:
            p.removeConstraint(self._gear, physicsClientId=self._client)
            self._gear = -1
        if not self._on or len(self._fingers) != 2:
            return
        self._gear = p.createConstraint(
            self._arm.body,
            self._fingers[0],
            self._arm.body,
            self._fingers[1],
            p.JOINT_GEAR,
            (1, 0, 0),
            (0, 0, 0),
            (0, 0, 0),
            physicsClientId=self._client,
        )
        p.changeConstraint(
            self._gear,
            gearRatio=-1,
            erp=0.1,
            maxForce=10.0 * self._force,
            physicsClientId=self._client,
        )

    def _drive(self) -> None:
        self._couple()
        self._server.iterate(GRIPPING_ITERATIONS if self._on else USUAL_ITERATIONS)
        if self._on:
            self._push()
            return
        p.setJointMotorControlArray(
            bodyUniqueId=self._arm.body,
            jointIndices=self._fingers,
            controlMode=p.POSITION_CONTROL,
            targetPositions=self._open,
            forces=[self._force] * len(self._fingers),
            physicsClientId=self._client,
        )

    def _push(self) -> None:
        p.setJointMotorControlArray(
            bodyUniqueId=self._arm.body,
            jointIndices=self._fingers,
            controlMode=p.VELOCITY_CONTROL,
            targetVelocities=(-self._speed * np.sign(self._open)).tolist(),
            forces=[self._force] * len(self._fingers),
            physicsClientId=self._client,
        )
