"""A pile of objects on a table and a two-finger hand without an arm: attempts at grasping, cheap enough for thousands.

The hand comes from above. Its axes: x is the closing axis, z points up; its frame lies between the ends of the
fingers. It moves as an arm under force limits does: what it runs into, it pushes with `PUSH` at most.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robolab.core.transforms import Array, inverse
from robolab.kernels.raster import Lens, draw
from robolab.scene.spec import PhysicsSpec
from robolab.sim.camera import Intrinsics, Picture
from robolab.sim.client import Client, Owner, p, pose_from
from robolab.sim.clutter_bodies import (
    FINGERS,
    OPEN,
    PALM,
    SLIDES,
    Item,
    load_box,
    load_hand,
    load_item,
)
from robolab.sim.visuals import look_of

RATE = 240.0
"""Physics steps a second."""
FORCE = 20.0
"""Of each finger [N]."""
PUSH = 40.0
"""Greatest of the hand against what it runs into [N]."""
_CARRY = 400.0
"""And against gravity and what it holds, once it has closed [N]."""
_SHUT = 0.0005
"""Distance between the fingers that is none [m]."""
_ITERATIONS = 60
_SIDE = 0.3
"""Of the square that objects are dropped into, walls around it until they rest [m]."""
_DROP, _APART = 0.08, 0.1
_NEAR, _FAR = 0.02, 10.0
"""Range of depth that is drawn [m]."""
_ORIGIN = (0.0, 0.0, 0.0)


class Clutter(Owner):
    """See the module. Close it, or use it in a `with` statement; `drop` may be called many times.

    Attributes:
        items: PyBullet's numbers of the objects that are left, by their place in what was dropped.
    """

    def __init__(self) -> None:
        self._client = Client(PhysicsSpec(rate_hz=RATE, control_rate_hz=RATE))
        self.dt = self._client.dt
        self.items: dict[int, int] = {}

    def close(self) -> None:
        """Stop the physics."""
        self._client.close()

    def drop(self, items: Sequence[Item], rng: np.random.Generator) -> None:
        """Begin anew: let objects fall one after the other, and wait until they rest."""
        client = self._client
        client.clear()
        client.iterate(_ITERATIONS)
        self._table = load_box(client.id, (0.6, 0.6, 0.05), (0.0, 0.0, -0.05))
        walls = [
            load_box(client.id, (_SIDE, 0.02, 0.5) if axis else (0.02, _SIDE, 0.5), middle)
            for axis in (0, 1)
            for sign in (-1, 1)
            for middle in [tuple(sign * (_SIDE / 2 + 0.02) * np.eye(3)[axis])]
        ]
        self.items = {}
        for place, item in enumerate(items):
            at = np.append(rng.uniform(-0.2, 0.2, 2) * _SIDE, _DROP + _APART * (place > 0))
            quat = rng.standard_normal(4)
            self.items[place] = load_item(client.id, item, at, quat / np.linalg.norm(quat))
            self.wait(0.4)
        self.wait(0.6)
        for wall in walls:
            p.removeBody(wall, physicsClientId=client.id)
        self.wait(0.5)
        self._hand = load_hand(client.id)
        self.away()

    def wait(self, time: float) -> None:
        """Let the physics go on for a time [s]."""
        for _ in range(round(time / self.dt)):
            p.stepSimulation(physicsClientId=self._client.id)

    def picture(self, intrinsics: Intrinsics, X_world_cam: Array) -> Picture:
        """Take a picture of table and objects, without the hand."""
        names = {self._table: "table"} | {body: f"item{n}" for n, body in self.items.items()}
        look = look_of(self._client.id, names)
        # PyBullet tells no true inertial frame of bodies in maximal coordinates; here it is the body's own.
        poses = [pose_from(*self._pose(body)) for body, _ in look.frames]
        X_cam_frame = inverse(X_world_cam) @ np.array(poses)
        lens = Lens(**vars(intrinsics), near=_NEAR, far=_FAR)
        light = inverse(X_world_cam)[:3, 2]
        return Picture(
            *draw(look.triangles, X_cam_frame.astype(np.float32), lens, light.astype(np.float32))
        )

    def state(self) -> Array:
        """Return position and quaternion of each object, shape (n, 7)."""
        poses = [self._pose(body) for body in self.items.values()]
        return np.array([(*at, *quat) for at, quat in poses]).reshape(-1, 7)

    def put(self, state: Array) -> None:
        """Put all objects where they were, at rest."""
        for body, row in zip(self.items.values(), state, strict=True):
            p.resetBasePositionAndOrientation(
                body, row[:3], row[3:], physicsClientId=self._client.id
            )
            p.resetBaseVelocity(body, _ORIGIN, _ORIGIN, physicsClientId=self._client.id)

    def remove(self, place: int) -> None:
        """Take an object away."""
        p.removeBody(self.items.pop(place), physicsClientId=self._client.id)

    def heights(self) -> dict[int, float]:
        """Return how high the middle of each object is [m]."""
        return {place: float(self._pose(body)[0][2]) for place, body in self.items.items()}

    def held(self) -> list[int]:
        """Return the objects that both fingers press."""
        return [
            place
            for place, body in self.items.items()
            if all(self._touching(body, finger) for finger in FINGERS)
        ]

    def enter(self, position: Array, yaw: float, width: float) -> None:
        """Place the open hand at once: in free space, no path is simulated.

        Args:
            position: Of its frame, shape (3,) [m].
            yaw: Of its closing axis about the vertical [rad].
            width: Between the fingers [m].
        """
        quat = (0.0, 0.0, float(np.sin(yaw / 2)), float(np.cos(yaw / 2)))
        p.resetBasePositionAndOrientation(
            self._hand, position, quat, physicsClientId=self._client.id
        )
        shift = (OPEN - width) / 2.0
        for joint, value in zip((*SLIDES, *FINGERS), (0.0, 0.0, 0.0, shift, shift), strict=True):
            p.resetJointState(self._hand, joint, value, 0.0, physicsClientId=self._client.id)

    def away(self) -> None:
        """Place the hand where it meets nothing."""
        self.enter(np.array([0.0, 0.0, 2.0]), 0.0, OPEN)

    def step(self, velocity: Array, close: float, force: float) -> None:
        """Advance by one step.

        Args:
            velocity: Of the hand in its axes at the start, z upwards, shape (3,) [m/s].
            close: Speed of each finger [m/s]; 0 keeps them where they are.
            force: Greatest of the hand's drives [N].
        """
        hand, client = self._hand, self._client.id
        p.setJointMotorControlArray(
            hand,
            (*SLIDES, *FINGERS),
            p.VELOCITY_CONTROL,
            targetVelocities=[*velocity, close, close],
            forces=[force] * 3 + [FORCE] * 2,
            physicsClientId=client,
        )
        p.stepSimulation(physicsClientId=client)

    def hold(self, velocity: Array, close: float) -> None:
        """Advance by one step with the whole force of the arm."""
        self.step(velocity, close, _CARRY)

    def risen(self) -> float:
        """Return how far the hand has gone up since it was placed [m]."""
        return float(p.getJointState(self._hand, PALM, physicsClientId=self._client.id)[0])

    def width(self) -> float:
        """Return the distance between the fingers [m]."""
        states = p.getJointStates(self._hand, FINGERS, physicsClientId=self._client.id)
        return OPEN - float(sum(state[0] for state in states))

    def shut(self) -> bool:
        """Return whether nothing keeps the fingers apart."""
        return self.width() < _SHUT

    def _pose(self, body: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return p.getBasePositionAndOrientation(body, physicsClientId=self._client.id)

    def _touching(self, body: int, finger: int) -> bool:
        found = p.getContactPoints(self._hand, body, finger, -1, physicsClientId=self._client.id)
        return any(contact[9] > 0.0 for contact in found)
