"""Which bodies are held apart from which on a leg, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import coal
import numpy as np

from robolab.core.transforms import Array
from robolab.scene.spec import MeshShape, SceneSpec
from robolab.verify.arm import Arm
from robolab.verify.demands import demands
from robolab.verify.reach import Movers, Tree
from robolab.verify.solids import FLOOR, Part, Solid, floor_pose, robot_parts, scene_solid
from robolab.verify.story import Situation

PENETRATION = 1e-3
"""How deep bodies that may touch may overlap [m], and the same where a mesh is involved:"""
MESH_PENETRATION = 2e-3


@dataclass(frozen=True)
class Pair:
    """Two parts and the least distance between them.

    Attributes:
        check: The check it counts towards.
        first, second: Indices among the movers; second is None for what stands still.
        still: The standing body's placement in coal's form.
        solids: The geometries whose distance is taken.
        required: Least distance [m]. shrunk: By how much the second geometry was made smaller;
            this distance less it is what counts.
    """

    check: str
    names: tuple[str, str]
    first: int
    second: int | None
    still: Any
    solids: tuple[Solid, Solid]
    required: float
    shrunk: float = 0.0


class Cell:
    """Geometry of a scene and its robot, built once for all legs."""

    def __init__(self, scene: SceneSpec, arm: Arm, tree: Tree) -> None:
        self.scene, self.arm, self.tree = scene, arm, tree
        self.name = scene.robot.name
        self.robot_parts = robot_parts(arm)
        self._solids: dict[tuple[str, float], Solid] = {}
        self.touching_by_design = self._touching_by_design()

    def solid(self, name: str, shrink: float = 0.0) -> Solid:
        """Return an object's or the floor's geometry."""
        key = (name, shrink)
        if key not in self._solids:
            self._solids[key] = scene_solid(self.scene, name, shrink)
        return self._solids[key]

    def movers(self, situation: Situation) -> Movers:
        """The robot's parts, and after them the held object if there is one."""
        parts = self.robot_parts
        held = situation.held
        if held is not None:
            X = self.arm.X_joint_tcp @ held.X_tcp_object
            parts = (*parts, Part(held.name, self.arm.tcp_joint, X, self.solid(held.name)))
        return Movers(self.tree, parts)

    def pairs(self, situation: Situation) -> list[Pair]:
        """List every pair that must keep apart on a leg."""
        demand, held = demands(situation, self.scene), situation.held
        contacts = {frozenset(pair) for pair in situation.leg.requirements.contacts}
        standing = dict(situation.objects)
        if self.scene.floor:
            standing[FLOOR] = floor_pose(self.scene)
        result: list[Pair] = []
        for name, X in standing.items():
            # What rides on joint 0 is the base, and stands on what it stands on.
            for index, part in enumerate(self.robot_parts):
                if part.joint > 0:
                    allowed = frozenset((self.name, name)) in contacts
                    result.append(
                        self._to_still("clearance", part, index, name, X, demand.clearance, allowed)
                    )
            if held is not None:
                carried = Part(held.name, 0, np.eye(4), self.solid(held.name))
                allowed = frozenset((held.name, name)) in contacts
                apart, index = demand.carried_clearance, len(self.robot_parts)
                result.append(
                    self._to_still("carried_clearance", carried, index, name, X, apart, allowed)
                )
        return result + self._self_pairs(situation)

    def _to_still(
        self,
        check: str,
        part: Part,
        index: int,
        name: str,
        X: Array,
        apart: float,
        allowed: bool,
    ) -> Pair:
        body = part.body if check == "carried_clearance" else f"{self.name}/{part.body}"
        shrunk = 0.0
        if allowed:
            check, apart = "contact", 0.0
            shrunk = MESH_PENETRATION if self._coarse(part, name) else PENETRATION
        solids = (part.solid, self.solid(name, shrunk))
        return Pair(check, (body, name), index, None, transform(X), solids, apart - shrunk, shrunk)

    def _coarse(self, part: Part, name: str) -> bool:
        other = name != FLOOR and isinstance(self.scene.object(name).shape, MeshShape)
        return part.solid.is_mesh or other

    def _self_pairs(self, situation: Situation) -> list[Pair]:
        result: list[Pair] = []
        parts, held = self.robot_parts, situation.held
        for i, first in enumerate(parts):
            for j in range(i + 1, len(parts)):
                if self._apart(first, parts[j]) and (i, j) not in self.touching_by_design:
                    result.append(self._mutual(first, i, parts[j], j))
            if held is not None and first.joint != self.arm.tcp_joint:
                carried = Part(held.name, self.arm.tcp_joint, np.eye(4), self.solid(held.name))
                result.append(self._mutual(first, i, carried, len(parts)))
        return result

    def _mutual(self, first: Part, i: int, second: Part, j: int) -> Pair:
        held = j == len(self.robot_parts)
        names = (f"{self.name}/{first.body}", second.body if held else f"{self.name}/{second.body}")
        return Pair("self_clearance", names, i, j, None, (first.solid, second.solid), 0.0)

    def _apart(self, first: Part, second: Part) -> bool:
        """Whether two parts neither ride on one joint nor on neighbouring ones."""
        parents = self.arm.model.parents
        a, b = first.joint, second.joint
        return a != b and parents[a] != b and parents[b] != a

    def _touching_by_design(self) -> frozenset[tuple[int, int]]:
        """Index pairs that overlap both at home and in the middle of all ranges.

        A robot's home is free of collision by definition; parts that overlap there and elsewhere
        do so because of how the description was drawn.
        """
        limits = self.arm.robot.limits
        middle = np.clip(0.0, limits.lower, limits.upper)
        movers = Movers(self.tree, self.robot_parts)
        touching: list[set[tuple[int, int]]] = []
        for q in (np.asarray(self.arm.robot.home), middle):
            placed = [transform(X) for X in movers.poses(self.arm.joint_poses(q[None])[0])]
            touching.append(
                {
                    (i, j)
                    for i, a in enumerate(self.robot_parts)
                    for j, b in enumerate(self.robot_parts[i + 1 :], i + 1)
                    if self._apart(a, b)
                    and distance(a.solid.exact, placed[i], b.solid.exact, placed[j]) <= 0.0
                }
            )
        return frozenset(touching[0] & touching[1])


def transform(X: Array) -> Any:
    """Return a pose in coal's form."""
    return coal.Transform3s(X[:3, :3], X[:3, 3])


_REQUEST = coal.DistanceRequest()


def distance(a: Any, X_a: Any, b: Any, X_b: Any) -> float:
    """Signed distance between two coal geometries [m]; for meshes only its sign below zero counts."""
    return float(coal.distance(a, X_a, b, X_b, _REQUEST, coal.DistanceResult()))
