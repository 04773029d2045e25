"""Boxes piled on a pallet: settled by physics, and disturbed by what is pulled out of them.

The arm is no part of this world: what it holds follows the path that the tool takes, by a constraint of bounded
force, so that neighbours are dragged, pushed and left without support as they would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array, inverse, quat_of
from robolab.scene.spec import PhysicsSpec
from robolab.sim.client import Client, Owner, p, pose_from

RATE = 240.0
"""Steps of a second; enough for what falls and slides, without bouncing [Hz]."""
_ITERATIONS = 30
_STILL = 8e-3
"""Speed below which a body rests [m/s]."""
_LONGEST = 2.5
"""A pile that does not come to rest within this time is left as it is [s]."""
_LOOK = 12
"""Steps between two looks at whether all rests."""
_BAREST_MARGIN = 1e-3
"""Boxes keep sharp edges down to this [m]."""


@dataclass(frozen=True)
class PileBody:
    """A box of a pile: full size (3,) [m], mass [kg], X_world_body (4, 4) of its middle, Coulomb friction."""

    size: Array
    mass: float
    X_world_body: Array
    friction: float = 0.5


class Pile(Owner):
    """Boxes on a fixed deck above a floor at height 0; close it, or use it in a `with` statement.

    Args:
        deck: X_world_deck (4, 4) of the deck's middle and its full size (3,) [m].
    """

    def __init__(
        self, deck: tuple[Array, Array], bodies: Sequence[PileBody], deck_friction: float = 0.6
    ) -> None:
        self.client = Client(PhysicsSpec(rate_hz=RATE))
        self._id = self.client.id
        self.client.iterate(_ITERATIONS)
        floor = p.createCollisionShape(p.GEOM_PLANE, physicsClientId=self._id)
        p.createMultiBody(0.0, floor, physicsClientId=self._id)
        self._deck = self._box(PileBody(deck[1], 0.0, deck[0], deck_friction))
        self.bodies = [self._box(body) for body in bodies]
        self._holds: dict[int, tuple[int, Array]] = {}

    def close(self) -> None:
        """Stop the physics server."""
        self.client.close()

    def _box(self, body: PileBody) -> int:
        shape = p.createCollisionShape(
            p.GEOM_BOX, halfExtents=(body.size / 2.0).tolist(), physicsClientId=self._id
        )
        X = body.X_world_body
        number: int = p.createMultiBody(
            body.mass, shape, -1, X[:3, 3].tolist(), quat_of(X).tolist(), physicsClientId=self._id
        )
        p.changeDynamics(
            number,
            -1,
            lateralFriction=body.friction,
            spinningFriction=0.002,
            restitution=0.0,
            linearDamping=0.02,
            angularDamping=0.05,
            collisionMargin=_BAREST_MARGIN,
            physicsClientId=self._id,
        )
        return number

    def grab(self, i: int, X_world_tcp: Array, force: float) -> None:
        """Hold a body at a tool, by at most so much force [N]."""
        X_com_tcp = inverse(self.pose(i)) @ X_world_tcp
        constraint: int = p.createConstraint(
            self.bodies[i],
            -1,
            -1,
            -1,
            p.JOINT_FIXED,
            (0, 0, 0),
            X_com_tcp[:3, 3].tolist(),
            X_world_tcp[:3, 3].tolist(),
            quat_of(X_com_tcp).tolist(),
            quat_of(X_world_tcp).tolist(),
            physicsClientId=self._id,
        )
        p.changeConstraint(constraint, maxForce=force, physicsClientId=self._id)
        self._holds[i] = (constraint, X_com_tcp)

    def hold(self, i: int, force: float) -> None:
        """Hold what is held already by another force [N]."""
        p.changeConstraint(self._holds[i][0], maxForce=force, physicsClientId=self._id)

    def lead(self, position: Array, quat_xyzw: Array) -> None:
        """Move the tool and step once; what is held follows as far as its force allows."""
        for constraint, _ in self._holds.values():
            p.changeConstraint(
                constraint,
                jointChildPivot=position.tolist(),
                jointChildFrameOrientation=quat_xyzw.tolist(),
                physicsClientId=self._id,
            )
        self.step()

    def lag(self, i: int, X_world_tcp: Array) -> float:
        """How far a held body is behind the tool [m]."""
        at = self.pose(i) @ self._holds[i][1]
        return float(np.linalg.norm(at[:3, 3] - X_world_tcp[:3, 3]))

    def push_on(self, i: int) -> Array:
        """Return the force of all that touches a body on it, in world, shape (3,) [N]; of the last step."""
        push = np.zeros(3)
        for point in p.getContactPoints(bodyA=self.bodies[i], physicsClientId=self._id):
            normal, along, across = (np.array(point[k]) for k in (7, 11, 13))
            push += point[9] * normal + point[10] * along + point[12] * across
        return push

    def release(self) -> None:
        """Let go of all that is held."""
        for constraint, _ in self._holds.values():
            p.removeConstraint(constraint, physicsClientId=self._id)
        self._holds.clear()

    def put_away(self, i: int) -> None:
        """Take a body far from all others, where it touches nothing."""
        body = self.bodies[i]
        p.resetBasePositionAndOrientation(
            body, (0.0, 0.0, 100.0 + i), (0, 0, 0, 1), physicsClientId=self._id
        )
        p.resetBaseVelocity(body, (0, 0, 0), (0, 0, 0), physicsClientId=self._id)
        p.changeDynamics(body, -1, mass=0.0, physicsClientId=self._id)

    def pose(self, i: int) -> Array:
        """Return X_world_body of a body by its number, shape (4, 4)."""
        return pose_from(*p.getBasePositionAndOrientation(self.bodies[i], physicsClientId=self._id))

    def poses(self) -> Array:
        """Return all poses, shape (n, 4, 4)."""
        return np.array([self.pose(i) for i in range(len(self.bodies))]).reshape(-1, 4, 4)

    def settle(self, longest: float = _LONGEST) -> float:
        """Step until all rests; return the time it took [s]."""
        steps = 0
        while steps < longest * RATE:
            self.step(_LOOK)
            steps += _LOOK
            if self._speed() < _STILL:
                break
        return steps / RATE

    def step(self, count: int = 1) -> None:
        """Advance by a number of steps."""
        for _ in range(count):
            p.stepSimulation(physicsClientId=self._id)

    def _speed(self) -> float:
        """Greatest speed of any body, a turn counted at 0.2 m [m/s]."""
        fastest = 0.0
        for body in self.bodies:
            linear, angular = p.getBaseVelocity(body, physicsClientId=self._id)
            fastest = max(fastest, *map(abs, linear), *(0.2 * abs(w) for w in angular))
        return fastest
