"""A world as a stage: arm, its lift and objects are put where they are told to be, without physics."""

from __future__ import annotations

from collections.abc import Mapping

from robolab.core.transforms import Array
from robolab.sim.client import p
from robolab.sim.shapes import place_object
from robolab.sim.world import World


class Stage:
    """Shows states of a world.

    Args:
        column: Name of the object that carries the base and rises with it; None where there is none.
    """

    def __init__(self, world: World, column: str | None = None) -> None:
        self.world, client = world, world.client.id
        self._base = p.getBasePositionAndOrientation(world.arm.body, physicsClientId=client)
        self._column = column if column in world.objects else None
        self._foot = None if self._column is None else world.object_pose(self._column)

    def put(self, q: Array, rise: float, poses: Mapping[str, Array]) -> None:
        """Put everything in its place.

        Args:
            q: Of the arm, shape (n,). rise: Of its base above where the scene has it [m].
            poses: Of objects in world by name, shape (4, 4) each; names that the scene does not have are left out.
        """
        client = self.world.client.id
        (x, y, z), quat = self._base
        p.resetBasePositionAndOrientation(
            self.world.arm.body, (x, y, z + rise), quat, physicsClientId=client
        )
        if self._column is not None and self._foot is not None:
            X = self._foot.copy()
            X[2, 3] += rise
            place_object(client, self.world.object(self._column), X)
        for name in poses.keys() & self.world.objects.keys():
            place_object(client, self.world.object(name), poses[name])
        self.world.put_arm(q)
