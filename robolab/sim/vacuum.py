"""A suction gripper: pump, seal, leak, and a grip that gives way beyond what the vacuum holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, exp, pi, radians, sin
from typing import Literal

import numpy as np

from robolab.core.transforms import Array, inverse, quat_of
from robolab.robots.model import TCP, Gripper
from robolab.sim.arm import Arm
from robolab.sim.client import Client, p
from robolab.sim.gripper import GripEvent
from robolab.sim.shapes import ObjectBody, object_pose

_LIP = 0.006
"""Gap that the soft lip bridges [m]."""
_REST = 5e-4
"""Way of the cup within which what it has touched still rests [m]."""
_TILT = radians(12.0)
"""Angle between cup and surface at which the lip still seals [rad]."""
_NOTHING = 1.0
"""Vacuum that counts as none once the valve is open [Pa]."""
_RIM_POINTS = 6
_OPEN_SHARE = 0.1
"""Share of the pump's vacuum that it makes against open air."""
_BELLOWS = 0.01
"""Time constant of the soft bellows, which swallow shorter peaks of force [s]."""
_MISSED_AFTER = 0.5
"""Time without a seal after which a grasp counts as missed [s]."""
_STIFFNESS, _LIP_DAMPING = 2e4, 2e2
"""Of the bellows against what they press on [N/m, N s/m]."""


@dataclass(frozen=True)
class VacuumFigures:
    """The figures of the tool's own file that count here; see there for their sources."""

    area: float
    radius: float
    pump: float
    seal_time: float
    release_time: float
    leak: float
    seal_pressure: float
    shear: float

    @staticmethod
    def of(gripper: Gripper) -> VacuumFigures:
        f = gripper.figures
        return VacuumFigures(
            area=f["holding_force"] / f["pump_pressure"],
            radius=f["cup_radius"],
            pump=f["pump_pressure"],
            seal_time=f["seal_time"],
            release_time=f["release_time"],
            leak=f["leak_rate"],
            seal_pressure=f["seal_pressure"],
            shear=f["shear_friction"],
        )


class Vacuum:
    """See the module. Implements GripperDrive.

    Attributes:
        pressure: Below ambient [Pa].
        pull: Force that the object pulls off the cup with, smoothed by the bellows, in tcp, shape (3,) [N].
    """

    def __init__(
        self, client: Client, arm: Arm, gripper: Gripper, objects: Mapping[str, ObjectBody]
    ) -> None:
        self.held: str | None = None
        self.events: list[GripEvent] = []
        self.pressure = 0.0
        self.pull: Array = np.zeros(3)
        self.figures = VacuumFigures.of(gripper)
        self._client, self._dt = client.id, client.dt
        self._arm, self._objects = arm, objects
        self._kept_sealing = exp(-self._dt / self.figures.seal_time)
        self._kept_releasing = exp(-self._dt / self.figures.release_time)
        self._kept_pull = exp(-self._dt / _BELLOWS)
        self._on = False
        self._lost = False
        self._since = 0.0
        self._touching: str | None = None
        self._constraint = -1
        self._sealed_at: Array = np.zeros(3)
        self._probe: int = p.createCollisionShape(
            p.GEOM_SPHERE, radius=1e-4, physicsClientId=self._client
        )
        for link in arm.tool_links:
            p.changeDynamics(
                arm.body,
                link,
                contactStiffness=_STIFFNESS,
                contactDamping=_LIP_DAMPING,
                physicsClientId=self._client,
            )

    @property
    def idle(self) -> bool:
        return not self._on and self._touching is None and self.pressure == 0.0

    @property
    def holding_force(self) -> float:
        """Force along the axis that the present vacuum holds [N]."""
        return self.pressure * self.figures.area

    def command(self, on: bool, time: float) -> None:
        self._on, self._since, self._lost = on, time, False

    def reset(self) -> None:
        if self._touching is not None:
            self._free(self._touching)
        self.events = []
        self.pressure, self._on, self._since = 0.0, False, 0.0

    def step(self, time: float) -> None:
        self._pump()
        if self._touching is not None:
            self._watch(time)
        elif self._on and not self._lost:  # what is torn off is not caught again on the way down
            self._seek(time)

    def _pump(self) -> None:
        f = self.figures
        sealed = self._touching is not None
        goal = f.pump * ((1.0 - f.leak) if sealed else _OPEN_SHARE) if self._on else 0.0
        kept = self._kept_sealing if self._on else self._kept_releasing
        self.pressure = goal + (self.pressure - goal) * kept
        if not self._on and self.pressure < _NOTHING:
            self.pressure = 0.0

    def _seek(self, time: float) -> None:
        X_world_tcp = self._arm.tcp()
        name = self._sealing(X_world_tcp)
        if name is not None:
            self._attach(name, X_world_tcp)
        elif time - self._since > _MISSED_AFTER and not self._reported_since(self._since):
            reason = f"no surface within {1e3 * _LIP:.0f} mm of the whole cup"
            self.events.append(GripEvent(time, "missed", None, reason))

    def _reported_since(self, time: float) -> bool:
        return bool(self.events) and self.events[-1].time >= time

    def _sealing(self, X_world_tcp: Array) -> str | None:
        """Name of the movable object that the whole lip lies on, or None."""
        turns = [2.0 * pi * k / _RIM_POINTS for k in range(_RIM_POINTS)]
        r = self.figures.radius
        rim = [(0.0, 0.0, 0.0)] + [(r * cos(a), r * sin(a), 0.0) for a in turns]
        points = (np.array(rim) @ X_world_tcp[:3, :3].T + X_world_tcp[:3, 3]).tolist()
        for name, item in self._objects.items():
            if item.mass > 0.0 and all(self._touches(item, x, X_world_tcp) for x in points):
                return name
        return None

    def _touches(self, item: ObjectBody, point: list[float], X_world_tcp: Array) -> bool:
        found = p.getClosestPoints(
            bodyA=item.body,
            bodyB=-1,
            distance=_LIP,
            collisionShapeB=self._probe,
            collisionShapePositionB=point,
            physicsClientId=self._client,
        )
        if not found:
            return False
        into_object = np.array(found[0][7])  # from the probe to the object's surface
        return float(X_world_tcp[:3, 2] @ into_object) >= cos(_TILT)

    def _attach(self, name: str, X_world_tcp: Array) -> None:
        item = self._objects[name]
        X_com_tcp = inverse(object_pose(self._client, item) @ item.X_object_com) @ X_world_tcp
        X_link_joint = self._arm.frame_in_body(TCP)
        self._constraint = p.createConstraint(
            self._arm.body,
            self._arm.link(TCP),
            item.body,
            -1,
            p.JOINT_FIXED,
            (0, 0, 0),
            X_link_joint[:3, 3],
            X_com_tcp[:3, 3],
            quat_of(X_link_joint),
            quat_of(X_com_tcp),
            physicsClientId=self._client,
        )
        p.changeConstraint(self._constraint, maxForce=1e5, physicsClientId=self._client)
        self._collide(item, False)
        self._touching, self.pull = name, np.zeros(3)
        self._sealed_at = X_world_tcp[:3, 3]

    def _watch(self, time: float) -> None:
        name = self._touching
        assert name is not None
        if not self._on:
            if self.pressure < self.figures.seal_pressure:
                self._detach(time, "released", "")
            return
        wrench = p.getConstraintState(self._constraint, physicsClientId=self._client)
        force = self._arm.tcp()[:3, :3].T @ np.array(wrench[:3])
        self.pull = self.pull + (force - self.pull) * (1.0 - self._kept_pull)
        if self.held is None and self.pressure >= self.figures.seal_pressure:
            self.held = name
            self.events.append(GripEvent(time, "held", name))
        # The controller takes over the load's weight before it lifts; what still rests is not torn off.
        reason = self._overload() if self.held is not None or self._lifted() else ""
        if reason:
            self._detach(time, "dropped", reason)

    def _lifted(self) -> bool:
        """Whether the cup has left the place at which it touched down."""
        return float(np.linalg.norm(self._arm.tcp()[:3, 3] - self._sealed_at)) > _REST

    def _overload(self) -> str:
        """Say what the vacuum does not hold, if anything."""
        pull, side = float(self.pull[2]), float(np.hypot(self.pull[0], self.pull[1]))
        if pull > self.holding_force:
            return (
                f"pull of {pull:.0f} N beyond the {self.holding_force:.0f} N that the vacuum holds"
            )
        bearable = self.figures.shear * (self.holding_force - min(pull, 0.0))
        if self.held is not None and side > bearable:
            return f"sideways force of {side:.0f} N beyond the {bearable:.0f} N that the cup bears"
        return ""

    def _detach(self, time: float, what: Literal["released", "dropped"], reason: str) -> None:
        name = self._touching
        assert name is not None
        if (
            self.held is not None
        ):  # a seal that breaks while the vacuum builds up is just tried again
            self.events.append(GripEvent(time, what, name, reason))
            self._lost = what == "dropped"
        if reason:
            self.pressure *= _OPEN_SHARE
        self._free(name)

    def _free(self, name: str) -> None:
        p.removeConstraint(self._constraint, physicsClientId=self._client)
        self._collide(self._objects[name], True)
        self._touching = self.held = None
        self.pull = np.zeros(3)

    def _collide(self, item: ObjectBody, on: bool) -> None:
        for link in self._arm.tool_links:
            p.setCollisionFilterPair(
                self._arm.body, item.body, link, -1, int(on), physicsClientId=self._client
            )
