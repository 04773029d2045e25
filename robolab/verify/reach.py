"""How fast parts of the arm can move: bounds from joint speeds and lever arms.

A point of a part that joints 1..i move goes no faster than the sum over those joints of joint speed times
the point's distance from the joint's axis; relative to another part, the joints that move
both do not count. Over a stretch of time, speeds are bounded by the speed in its middle
plus the largest acceleration, and lever arms by those in the middle plus what the bound
itself lets them grow by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from robolab.core.transforms import Array
from robolab.verify.arm import Arm
from robolab.verify.solids import Part


@dataclass(frozen=True)
class Tree:
    """The moving joints as arrays.

    Attributes:
        support: Whether joint k moves what rides on joint i, shape (N + 1, N), row 0 the base.
        axis: In each joint's frame, shape (N, 3). slides: Prismatic joints, shape (N,).
    """

    support: NDArray[np.bool_]
    axis: Array
    slides: NDArray[np.bool_]


def tree_of(arm: Arm) -> Tree:
    """Read from the description which joint moves which, and about what axis."""
    model, data = arm.model, arm.model.createData()
    pin.computeJointJacobians(model, data, pin.neutral(model))
    count = model.njoints - 1
    support = np.zeros((count + 1, count), dtype=bool)
    axis = np.zeros((count, 3))
    slides = np.zeros(count, dtype=bool)
    for joint in range(1, count + 1):
        support[joint] = support[model.parents[joint]]
        support[joint, joint - 1] = True
        jacobian = pin.getJointJacobian(model, data, joint, pin.ReferenceFrame.LOCAL)
        column = jacobian[:, model.joints[joint].idx_v]
        slides[joint - 1] = bool(np.linalg.norm(column[3:]) < 0.5)
        axis[joint - 1] = column[:3] if slides[joint - 1] else column[3:]
    return Tree(support, axis, slides)


class Movers:
    """Parts that ride on the arm, what is held among them, with their placements and speeds."""

    def __init__(self, tree: Tree, parts: tuple[Part, ...]) -> None:
        self.parts = parts
        self.joint = np.array([part.joint for part in parts])
        self.support = tree.support[self.joint]
        self._tree = tree
        self._local = np.array([part.X_joint_part for part in parts])
        self._centre = np.array([[*part.solid.centre, 1.0] for part in parts])
        self._radius = np.array([part.solid.radius for part in parts])

    def poses(self, joints: Array) -> Array:
        """Poses of the parts in world from those of the joints, (..., N + 1, 4, 4) to (..., parts, 4, 4)."""
        return joints[..., self.joint, :, :] @ self._local

    def speeds(self, joints: Array, parts: Array, rates: Array, half: float) -> Array:
        """Bound each joint's contribution to each part's speed over s stretches of time.

        Args:
            joints, parts: Poses in the middle of each stretch, shape (s, …, 4, 4).
            rates: Bounds on the joints' speeds over each stretch, shape (s, N).
            half: Half the length of every stretch [s].
        Returns:
            Shape (s, parts, N) [m/s]; zero for joints that do not move the part, infinite where
            the stretch is too long to say.
        """
        slides = self._tree.slides
        points = np.einsum("sgij,gj->sgi", parts, self._centre)[..., :3]
        axes = np.einsum("skij,kj->ski", joints[:, 1:, :3, :3], self._tree.axis)
        away = points[:, :, None] - joints[:, None, 1:, :3, 3]
        along = np.einsum("sgki,ski->sgk", away, axes)
        across = np.sqrt(np.maximum(np.einsum("sgki,sgki->sgk", away, away) - along**2, 0.0))
        lever = np.where(slides, 1.0, across + self._radius[:, None])
        moved = np.where(self.support, rates[:, None], 0.0)
        turned = half * np.where(slides, 0.0, moved).sum(axis=2)
        # A lever grows by at most half * speed, and speed = sum of moved * lever: solved for it.
        sure = turned < 0.5
        growth = half * (moved * lever).sum(axis=2) / np.where(sure, 1.0 - turned, 1.0)
        bound = moved * np.where(slides, 1.0, lever + growth[..., None])
        return np.where(sure[..., None] | ~self.support, bound, np.inf)
