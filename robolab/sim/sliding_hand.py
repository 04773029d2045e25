"""A hand without an arm: it slides along three axes, and two fingers slide on it, against each other."""

from __future__ import annotations

from collections.abc import Sequence

from robolab.sim.client import p

JOINTS = 5
"""Of such a hand: along x, y and z, then the two fingers along x and against it."""
_ORIGIN, _UPRIGHT = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)


def load_sliding_hand(
    client: int,
    masses: Sequence[float],
    shapes: Sequence[int],
    places: Sequence[tuple[float, float, float]],
) -> int:
    """Build a hand whose joints do not brake and whose links hold with a friction of 1; return PyBullet's number of it.

    Args:
        masses: Of the five links [kg].
        shapes: PyBullet's numbers of their collision shapes, -1 for none.
        places: Of each link in the one that it slides on [m].
    """
    hand: int = p.createMultiBody(
        0.0,
        linkMasses=list(masses),
        linkCollisionShapeIndices=list(shapes),
        linkVisualShapeIndices=[-1] * JOINTS,
        linkPositions=list(places),
        linkOrientations=[_UPRIGHT] * JOINTS,
        linkInertialFramePositions=[_ORIGIN] * JOINTS,
        linkInertialFrameOrientations=[_UPRIGHT] * JOINTS,
        linkParentIndices=[0, 1, 2, 3, 3],
        linkJointTypes=[p.JOINT_PRISMATIC] * JOINTS,
        linkJointAxis=[(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 0), (-1, 0, 0)],
        physicsClientId=client,
    )
    for link in range(JOINTS):
        p.changeDynamics(
            hand,
            link,
            linearDamping=0.0,
            angularDamping=0.0,
            jointDamping=0.0,
            lateralFriction=1.0,
            physicsClientId=client,
        )
    return hand
