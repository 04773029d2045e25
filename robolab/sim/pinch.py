"""Two force-controlled fingers on a hand that slides in three directions, and one object: a lift without the arm.

The reduced world that grips are learned in: x is the closing axis, z is up. Fingers are driven as those of `sim.jaw`,
a motor of limited force each and a gear between them. A pad is a box of soft silicone; its softness is the contact's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.scene.spec import PhysicsSpec
from robolab.sim.client import Client, Owner, p
from robolab.sim.sliding_hand import load_sliding_hand
from robolab.sim.touches import Touch, torque_across, touch_of

RATE = 1000.0
"""Physics steps a second, and samples of the pads."""
PAD = 0.02
"""Side of a square pad [m]."""
OPEN = 0.08
"""Greatest distance between the pads [m]."""
APPROACH = 0.02
"""Speed of a finger that touches nothing [m/s]."""
FASTEST = 0.2
"""And of one that presses: it lets the force follow what is asked for within some milliseconds [m/s]."""
_THICK = 0.008
"""Of a pad; the wide sides of two boxes meet, so that it does not matter beyond stability [m]."""
_FINGER_MASS = 0.1
"""What a finger's drive moves [kg]."""
_DAMPING_RATIO = 0.3
TWIST = 2.0 / 3.0 * 0.005
"""Torsional over lateral friction [m]: a patch of even pressure and 5 mm radius resists twisting."""
_TABLE_STIFFNESS = 2e4
_ITERATIONS = 50
_HAND_FORCE = 5000.0
_YIELDING = 0.1
"""What a hand that gives way still resists with [N]."""
_GEAR_FORCE = 2000.0
_ORIGIN, _UPRIGHT = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)
_FINGERS = (3, 4)
_FOOT, _FOOT_THICK, _FOOT_SHARE = 0.03, 0.002, 1e-4
"""Plate under the object in place of a nest that fits it: side, thickness [m], share of the mass."""
_SMALL = 1e-9
_PAD_AXES = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


@dataclass(frozen=True)
class PinchBody:
    """What is pinched.

    Attributes:
        vertices: Of its convex hull about the centre of mass, in hand axes at the start, shape (n, 3) [m].
        position: Of the centre of mass; the pads close on the origin [m].
        mass: [kg].
        friction: Between it and everything else.
        stiffness: Of one contact point between it and a pad [N/m]; a patch has up to four.
    """

    vertices: Array
    position: Array
    mass: float
    friction: float
    stiffness: float


class Pinch(Owner):
    """See the module. Close it, or use it in a `with` statement; `load` may be called many times."""

    def __init__(self) -> None:
        self._client = Client(PhysicsSpec(rate_hz=RATE, control_rate_hz=RATE))
        self.dt = self._client.dt

    def close(self) -> None:
        """Stop the physics."""
        self._client.close()

    def load(self, body: PinchBody, gap: float, table: bool = True) -> None:
        """Begin anew with an object between open fingers.

        Args:
            gap: Distance between the pads at the start [m].
            table: Whether it stands on one.
        """
        client = self._client
        client.clear()
        client.iterate(_ITERATIONS)
        self._hand = self._load_hand(gap, body.stiffness)
        self._object = self._load_object(body)
        self._table = -1
        if table:
            self._table = self._load_table(float(body.position[2] + body.vertices[:, 2].min()))
        self._friction, self._gap = body.friction, gap
        self._spin = np.zeros((2, 3))
        self._inertia: Array | None = None
        self._touching: dict[int, tuple[tuple[Any, ...], ...]] = {}

    def step(
        self, force: float, velocity: Array, speed: float = APPROACH, yields: bool = False
    ) -> None:
        """Advance by one step.

        Args:
            force: That each finger closes with [N].
            velocity: Of the hand, shape (3,) [m/s].
            speed: Greatest of a finger [m/s].
            yields: Whether the hand gives way along the closing axis, as an arm under impedance control does, so that
                the fingers centre themselves on an object that stands a little aside.
        """
        client = self._client.id
        for joint in range(3):
            p.setJointMotorControl2(
                self._hand,
                joint,
                p.VELOCITY_CONTROL,
                targetVelocity=velocity[joint],
                force=_YIELDING if yields and joint == 0 else _HAND_FORCE,
                physicsClientId=client,
            )
        for finger in _FINGERS:
            p.setJointMotorControl2(
                self._hand,
                finger,
                p.VELOCITY_CONTROL,
                targetVelocity=speed,
                force=force,
                physicsClientId=client,
            )
        p.stepSimulation(physicsClientId=client)
        self._touching.clear()
        _, spin = p.getBaseVelocity(self._object, physicsClientId=client)
        self._spin = np.array([self._spin[1], spin])

    def hand(self) -> Array:
        """Return where the hand is, shape (3,) [m]."""
        states = p.getJointStates(self._hand, (0, 1, 2), physicsClientId=self._client.id)
        return np.array([state[0] for state in states])

    def width(self) -> float:
        """Return the distance between the pads [m]."""
        states = p.getJointStates(self._hand, _FINGERS, physicsClientId=self._client.id)
        return self._gap - float(sum(state[0] for state in states))

    def object_pose(self) -> tuple[Array, Array]:
        """Return the centre of mass [m] and the rotation since the start, shapes (3,) and (3, 3)."""
        position, quat = p.getBasePositionAndOrientation(
            self._object, physicsClientId=self._client.id
        )
        return np.array(position), np.reshape(p.getMatrixFromQuaternion(quat), (3, 3))

    def forces(self) -> tuple[float, float]:
        """Return the normal force of each finger [N]."""
        a, b = (sum(c[9] for c in self._contacts(finger)) for finger in _FINGERS)
        return float(a), float(b)

    def touches(self) -> tuple[Touch, Touch]:
        """Return what each finger touches; torsional friction is shared as the normal force is."""
        hand, mu = self.hand(), self._friction
        contacts = [self._contacts(finger) for finger in _FINGERS]
        a, b = (touch_of(found, hand, _PAD_AXES, mu) for found in contacts)
        forces = np.array([a.normal.sum(), b.normal.sum()])
        most = mu * TWIST * forces
        torsion = self._torsion([*contacts[0], *contacts[1]])
        twists = np.clip(torsion * forces / max(forces.sum(), _SMALL), -most, most)
        a, b = (replace(one, twist=float(t)) for one, t in zip((a, b), twists, strict=True))
        return a, b

    def _torsion(self, pads: Sequence[tuple[Any, ...]]) -> float:
        """Torque about the closing axis that the object does to the pads beside the forces at its contact points [N m].

        PyBullet does not tell what its torsional friction bears: it is what is missing in the object's change of spin.
        """
        client = self._client.id
        if self._inertia is None:  # PyBullet knows it only after a step
            info = p.getDynamicsInfo(self._object, -1, physicsClientId=client)
            self._inertia = np.array(info[2])
        centre, R = self.object_pose()
        change = R @ (self._inertia * (R.T @ (self._spin[1] - self._spin[0]))) / self.dt
        under: tuple[tuple[Any, ...], ...] = ()
        if self._table >= 0:
            under = p.getContactPoints(self._object, self._table, physicsClientId=client)
        on_pads, on_object = torque_across(pads, 6, centre), torque_across(under, 5, centre)
        return float(on_object - on_pads - change[0])

    def _contacts(self, finger: int) -> tuple[tuple[Any, ...], ...]:
        if finger not in self._touching:
            self._touching[finger] = p.getContactPoints(
                self._hand, self._object, finger, -1, physicsClientId=self._client.id
            )
        return self._touching[finger]

    def _load_hand(self, gap: float, stiffness: float) -> int:
        client = self._client.id
        pad = p.createCollisionShape(
            p.GEOM_BOX, halfExtents=(_THICK / 2, PAD / 2, PAD / 2), physicsClientId=client
        )
        reach = (gap + _THICK) / 2.0
        hand = load_sliding_hand(
            client,
            masses=[1.0, 1.0, 1.0, _FINGER_MASS, _FINGER_MASS],
            shapes=[-1, -1, -1, pad, pad],
            places=[_ORIGIN] * 3 + [(-reach, 0.0, 0.0), (reach, 0.0, 0.0)],
        )
        damping = 2.0 * _DAMPING_RATIO * float(np.sqrt(stiffness * _FINGER_MASS))
        for finger in _FINGERS:
            p.changeDynamics(
                hand,
                finger,
                contactStiffness=stiffness,
                contactDamping=damping,
                spinningFriction=TWIST,
                physicsClientId=client,
            )
        gear = p.createConstraint(
            hand,
            _FINGERS[0],
            hand,
            _FINGERS[1],
            p.JOINT_GEAR,
            (1, 0, 0),
            _ORIGIN,
            _ORIGIN,
            physicsClientId=client,
        )
        p.changeConstraint(
            gear, gearRatio=-1, erp=0.1, maxForce=_GEAR_FORCE, physicsClientId=client
        )
        return hand

    def _load_object(self, body: PinchBody) -> int:
        client = self._client.id
        shape = p.createCollisionShape(
            p.GEOM_MESH, vertices=body.vertices.tolist(), physicsClientId=client
        )
        half = (_FOOT / 2.0, _FOOT / 2.0, _FOOT_THICK / 2.0)
        foot = p.createCollisionShape(p.GEOM_BOX, halfExtents=half, physicsClientId=client)
        under = (0.0, 0.0, float(body.vertices[:, 2].min()) + half[2])
        item = p.createMultiBody(
            body.mass * (1.0 - _FOOT_SHARE),
            shape,
            -1,
            body.position.tolist(),
            linkMasses=[body.mass * _FOOT_SHARE],
            linkCollisionShapeIndices=[foot],
            linkVisualShapeIndices=[-1],
            linkPositions=[under],
            linkOrientations=[_UPRIGHT],
            linkInertialFramePositions=[_ORIGIN],
            linkInertialFrameOrientations=[_UPRIGHT],
            linkParentIndices=[0],
            linkJointTypes=[p.JOINT_FIXED],
            linkJointAxis=[(0, 0, 1)],
            physicsClientId=client,
        )
        for finger in _FINGERS:
            p.setCollisionFilterPair(self._hand, item, finger, 0, 0, physicsClientId=client)
        p.changeDynamics(
            item,
            -1,
            lateralFriction=body.friction,
            spinningFriction=0.0,
            rollingFriction=0.0,
            restitution=0.0,
            linearDamping=0.0,
            angularDamping=0.0,
            physicsClientId=client,
        )
        return item

    def _load_table(self, height: float) -> int:
        client = self._client.id
        shape = p.createCollisionShape(
            p.GEOM_BOX, halfExtents=(0.5, 0.5, 0.05), physicsClientId=client
        )
        table = p.createMultiBody(0.0, shape, -1, (0.0, 0.0, height - 0.05), physicsClientId=client)
        p.changeDynamics(
            table,
            -1,
            lateralFriction=1.0,
            contactStiffness=_TABLE_STIFFNESS,
            contactDamping=100.0,
            physicsClientId=client,
        )
        return table
