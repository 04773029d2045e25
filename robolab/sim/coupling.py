"""Passive joints that follow the arm's, as a palletiser's parallelogram makes its wrist do.

The rods press with a force along the constraint q_passive = weights @ q + offset: a torque on the
passive joint and, through the rods, the opposite share on the arm's joints. That is the constraint's
own direction, so no power is made, and what the plate weighs off its axis goes to the base.
"""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.sim.client import p

_STIFFNESS = 0.15
_DAMPING = 0.5
"""Share of a constraint error that one physics step takes back; 1 would be all of it at once."""


class Coupling:
    """The rods of one robot.

    Args:
        masses: Inertia that each rod has to move, shape (c,) [kg m2].
    """

    def __init__(self, robot: RobotModel, dt: float, masses: Array) -> None:
        self.weights = np.array([weights for weights, _ in robot.coupled.values()])
        self._offset = np.array([offset for _, offset in robot.coupled.values()])
        self._stiffness = _STIFFNESS * masses / dt**2
        self._damping = _DAMPING * masses / dt

    def force(self, q: Array, qd: Array, q_passive: Array, qd_passive: Array) -> Array:
        """Return the rods' torque on each passive joint, shape (c,) [N m]."""
        error = q_passive - self.weights @ q - self._offset
        rate = qd_passive - self.weights @ qd
        return -self._stiffness * error - self._damping * rate


def rod_masses(client: int, robot: RobotModel, q_all: list[float], rows: list[int]) -> Array:
    """Return the inertia that each rod has to move, shape (c,) [kg m2], without rotors.

    Args:
        q_all: Positions of all moving joints, in PyBullet's order.
        rows: Which of them are the arm's, then which the passive ones.
    """
    body = p.loadURDF(
        str(robot.urdf),
        useFixedBase=1,
        flags=p.URDF_USE_INERTIA_FROM_FILE,
        physicsClientId=client,
    )
    mass = np.array(p.calculateMassMatrix(body, q_all, physicsClientId=client))[np.ix_(rows, rows)]
    p.removeBody(body, physicsClientId=client)
    weights = np.array([weights for weights, _ in robot.coupled.values()])
    gradient = np.hstack([-weights, np.eye(len(weights))])
    return 1.0 / np.einsum("ci,ij,cj->c", gradient, np.linalg.inv(mass), gradient)
