"""A robot with its tool, in the world: limits, motors, kinematics and dynamics.

Frames: world, base, the links of the description, and `tcp` (the tool centre point).
All poses that methods return are in world.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from robolab.core.transforms import Array

if TYPE_CHECKING:
    from robolab.robots.dynamics import RigidBodies
    from robolab.robots.linkage import Linkage

TCP = "tcp"


@dataclass(frozen=True)
class JointLimits:
    """Limits by joint, each of shape (n,) [rad or m, and per s, s2, s3; N m or N]."""

    lower: Array
    upper: Array
    velocity: Array
    acceleration: Array
    jerk: Array
    torque: Array


@dataclass(frozen=True)
class Motors:
    """Drive constants by joint, each of shape (n,).

    Joint torque = gear_ratio * torque_constant * current - friction;
    friction = coulomb * sign(qd) + viscous * qd [N m, N m s/rad]; current noise is a standard deviation [A].
    """

    gear_ratio: Array
    torque_constant: Array
    coulomb: Array
    viscous: Array
    current_noise: Array
    rotor_inertia: Array


@dataclass(frozen=True)
class Payload:
    """A rigid load on the tool: mass [kg], centre of mass (3,) [m] and inertia about it (3, 3) [kg m2], in tcp."""

    mass: float
    com: Array = field(default_factory=lambda: np.zeros(3))
    inertia: Array = field(default_factory=lambda: np.zeros((3, 3)))


@dataclass(frozen=True)
class Spheres:
    """Spheres that cover the robot's collision geometry.

    Attributes:
        link: Index of the moving frame each sphere rides on: 0 is the base, i is after joint i, shape (s,).
        centre: In that joint's frame, shape (s, 3) [m].
        radius: Shape (s,) [m].
        body: Name of the link of the description each sphere covers, length s.
        pairs: Index pairs of spheres that are tested against each other, shape (p, 2).
    """

    link: np.ndarray
    centre: Array
    radius: Array
    body: tuple[str, ...]
    pairs: np.ndarray


@dataclass(frozen=True)
class Hulls:
    """Convex hulls around the robot's collision shapes, one an element.

    Attributes:
        link: Index of the moving frame each rides on, as in `Spheres`, shape (h,).
        body: Name of the link of the description it covers, length h.
        first: Where the vertices of each begin, and where the last ones end, shape (h + 1,).
        vertices: In the joint's frame, shape (v, 3) [m].
    """

    link: np.ndarray
    body: tuple[str, ...]
    first: np.ndarray
    vertices: Array


@dataclass(frozen=True)
class Chain:
    """The serial chain in a form that batched kernels use.

    The description has N moving joints along the way from base to tool, the arm n <= N actuated ones;
    passive joints (a palletiser's levelling parallelogram) and locked ones follow:
    q_chain = weights @ q + offset. Frame i (1..N) is attached after chain joint i:
    X_world_i = X_world_(i-1) @ fixed[i-1] @ motion(axis[i-1], q_chain[i-1]), with X_world_0 = X_world_base.

    Attributes:
        X_world_base: Shape (4, 4).
        fixed: Shape (N, 4, 4).
        axis: Unit axis in frame i, shape (N, 3).
        prismatic: Shape (N,), bool.
        weights: Shape (N, n).
        offset: Shape (N,).
        X_last_tcp: tcp in frame N, shape (4, 4).
    """

    X_world_base: Array
    fixed: Array
    axis: Array
    prismatic: np.ndarray
    weights: Array
    offset: Array
    X_last_tcp: Array


@dataclass(frozen=True)
class Gripper:
    """What the tool can do: "vacuum", "jaw" or "finray", its output's name, and its own figures by name."""

    kind: str
    output: str
    figures: dict[str, float]
    finger_joints: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class RobotModel:
    """See the module. Made by `robolab.robots.load_robot`; never by hand.

    Attributes:
        name: Of the registered description, or of the user's own.
        urdf: One description of arm and tool together, absolute mesh paths, link `tcp` included.
        base_link, flange: The link that stands on the base, and the one that tools mount on.
        joints: Names of the arm's actuated joints in order, length n.
        bodies: Names of all links.
        locked: Positions of joints that plans leave alone (fingers) [rad or m].
        coupled: Passive joints that follow the arm's, name -> weights (n,) and offset:
            position = weights @ q + offset. A parallelogram palletiser has some.
        digest: Names the content of everything above, wherever the files lie.
        rated_load: The greatest mass that the maker lets it carry with its tool [kg]; None where the file
            does not say.
    """

    name: str
    urdf: Path
    base_link: str
    flange: str
    joints: tuple[str, ...]
    bodies: tuple[str, ...]
    X_world_base: Array
    limits: JointLimits
    motors: Motors
    home: Array
    locked: dict[str, float]
    coupled: dict[str, tuple[Array, float]]
    gripper: Gripper | None
    digest: str
    rated_load: float | None = None

    @property
    def dof(self) -> int:
        return len(self.joints)

    @cached_property
    def chain(self) -> Chain:
        """The serial chain from base to tcp."""
        from robolab.robots.chain import chain_of

        return chain_of(self)

    @cached_property
    def spheres(self) -> Spheres:
        """Spheres around arm and tool, fitted once and cached by content."""
        from robolab.robots.spheres import spheres_of

        return spheres_of(self)

    @cached_property
    def hulls(self) -> Hulls:
        """Convex hulls around arm and tool."""
        from robolab.robots.hulls import hulls_of

        return hulls_of(self)

    @cached_property
    def linkage(self) -> Linkage:
        """The arm's bodies as arrays, coupled ones too."""
        return self._dynamics.linkage()

    @cached_property
    def _dynamics(self) -> RigidBodies:
        from robolab.robots.dynamics import RigidBodies

        return RigidBodies(self)

    def fk(self, q: ArrayLike, frame: str = TCP) -> Array:
        """Return the pose of a link in world.

        Args:
            q: Joint positions, shape (..., n) [rad or m].
            frame: Name of a link of the description.
        Returns:
            Shape (..., 4, 4).
        Raises:
            UnknownName: no link has that name.
        """
        return self._dynamics.pose(q, frame)

    def jacobian(self, q: ArrayLike, frame: str = TCP) -> Array:
        """Return the Jacobian of a link's origin in world axes, linear rows first, shape (6, n).

        Raises:
            UnknownName: no link has that name.
        """
        return self._dynamics.jacobian(q, frame)

    def inverse_dynamics(
        self, q: ArrayLike, qd: ArrayLike, qdd: ArrayLike, payload: Payload | None = None
    ) -> Array:
        """Return the joint torques of a motion, under gravity, without friction and rotor inertia.

        Args:
            q, qd, qdd: Shape (..., n) [rad or m, and per s, s2].
            payload: A load on the tool.
        Returns:
            Shape (..., n) [N m or N]; those of coupled joints are carried over to the arm's.
        """
        return self._dynamics.torque(q, qd, qdd, payload)

    def gravity_torque(self, q: ArrayLike, payload: Payload | None = None) -> Array:
        """Return the torques that hold the arm still, shape (..., n) [N m or N]."""
        still = np.zeros(np.shape(q))
        return self._dynamics.torque(q, still, still, payload)

    def mass_matrix(self, q: ArrayLike, payload: Payload | None = None) -> Array:
        """Return the joint-space inertia of the links, without rotors, shape (n, n)."""
        return self._dynamics.mass_matrix(q, payload)
