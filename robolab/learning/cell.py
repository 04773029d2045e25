"""The cell a policy is trained for: robot, fixed surroundings, movable objects, process requirements."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from robolab.core.files import content_hash
from robolab.core.transforms import Array, pose
from robolab.kernels.batched_cost import ClearanceCost, Margins, Movable, Situations, no_solids
from robolab.kernels.obstacles import Obstacles
from robolab.learning.identity import robot_digest
from robolab.learning.surroundings import fixed_obstacles, movable_objects, movables_of
from robolab.robots.model import RobotModel
from robolab.scene.spec import GridTarget, JointTarget, Place, PoseTarget, SceneSpec

_UPRIGHT_SLACK = np.deg2rad(2.0)
_NO_LIMIT = -2.0


@dataclass(frozen=True)
class Cell:
    """What training and inference need to know of a scene.

    Attributes:
        fixed: What never moves.
        movables: Objects whose poses are inputs, or that the tool may hold.
        starts: X_world_obj of each movable as the scene has it, shape (M, 4, 4).
        spread: Half ranges of each movable's x, y, z [m] and yaw [rad], shape (M, 4).
        slots: X_world_obj of every place that the job puts objects at, shape (k, 4, 4).
        upright: Direction in world (3,) and cosine of the angle, or None.
        always_upright: Asked also when nothing is held.
    """

    scene: SceneSpec
    robot: RobotModel
    fixed: Obstacles
    movables: tuple[Movable, ...]
    starts: Array
    spread: Array
    slots: Array
    upright: tuple[Array, float] | None
    always_upright: bool

    @property
    def dof(self) -> int:
        return self.robot.dof

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(m.name for m in self.movables)

    def cost(self, slack: float) -> ClearanceCost:
        """Clearance cost with a hinge that begins `slack` [m] beyond the clearances that the scene asks."""
        asked = self.scene.requirements
        up = self.upright[0] if self.upright else np.array([0.0, 0.0, 1.0])
        margins = Margins(asked.clearance, asked.carried_clearance, slack, up)
        guard = self.robot.chain.axis.shape[0] - 2
        return ClearanceCost(
            self.robot.chain, self.robot.spheres, self.fixed, self.movables, margins, guard
        )

    def cosine(self, carried: np.ndarray) -> np.ndarray:
        """Least cosine between tool axis and upright direction for held objects (-1: none), float32."""
        if self.upright is None:
            return np.full(len(carried), _NO_LIMIT, np.float32)
        asked = np.full(len(carried), self.always_upright) | (carried >= 0)
        return np.where(asked, self.upright[1], _NO_LIMIT).astype(np.float32)

    def draw(
        self, count: int, carrying: float, placed: float, rng: np.random.Generator
    ) -> Situations:
        """Draw situations: who is held with probability `carrying`, who stands at a slot with `placed`."""
        total = len(self.movables)
        shift = rng.uniform(-1.0, 1.0, (count, total, 4)) * self.spread
        X = np.broadcast_to(self.starts, (count, total, 4, 4)).copy()
        X[..., :3, 3] += shift[..., :3]
        X[..., :3, :3] = _turns(shift[..., 3]) @ X[..., :3, :3]
        if len(self.slots) >= total > 0:
            moved = rng.random((count, total)) < placed
            # A permutation per problem: no two objects in one slot.
            slot = rng.permuted(np.tile(np.arange(len(self.slots)), (count, 1)), axis=1)[:, :total]
            X = np.where(moved[..., None, None], self.slots[slot], X)
        held = rng.integers(0, total, count) if total else np.zeros(count, int)
        carried = np.where(rng.random(count) < carrying, held, -1) if total else held - 1
        return self.situations(X, np.ones((count, total), bool), carried)

    def situations(self, X: Array, present: np.ndarray, carried: np.ndarray) -> Situations:
        """Build situations from poses (P, M, 4, 4), presence (P, M) and held index (P,); held ones stand nowhere."""
        present = present & (carried[:, None] != np.arange(len(self.movables)))
        return Situations(
            np.ascontiguousarray(X[..., :3, :3], dtype=np.float32),
            np.ascontiguousarray(X[..., :3, 3], dtype=np.float32),
            present,
            carried.astype(np.int64),
            self.cosine(carried),
            *no_solids(len(carried)),
        )


def cell_of(scene: SceneSpec, robot: RobotModel) -> Cell:
    """Collect a scene's cell; a realised scene gives the same but for its objects' poses."""
    items = movable_objects(scene)
    ranges = {entry.object: entry for entry in scene.randomisation.objects}
    spread = [
        [*ranges[item.name].position, np.deg2rad(ranges[item.name].yaw_deg)]
        if item.name in ranges
        else [0.0] * 4
        for item in items
    ]
    asked, upright = scene.requirements, None
    if asked.upright is not None:
        axis = np.array(asked.upright.axis, dtype=float)
        limit = np.deg2rad(asked.upright.within_deg)
        upright = (
            axis / np.linalg.norm(axis),
            float(np.cos(max(limit - _UPRIGHT_SLACK, limit / 2))),
        )
    return Cell(
        scene,
        robot,
        fixed_obstacles(scene),
        movables_of(scene),
        np.array([item.pose.matrix() for item in items]).reshape(-1, 4, 4),
        np.array(spread).reshape(-1, 4),
        _slots(scene),
        upright,
        asked.upright_when == "always",
    )


def cell_digest(scene: SceneSpec, robot: RobotModel) -> str:
    """Name everything a policy depends on; where movable objects stand, colours and sensors do not count."""
    asked = scene.requirements
    movable = {item.name for item in movable_objects(scene)}
    parts = {
        "floor": scene.floor_height if scene.floor else None,
        "fixed": [
            {
                "name": o.name,
                "shape": o.shape.model_dump(),
                "pose": np.round(o.pose.matrix(), 9).tolist(),
            }
            for o in scene.objects
            if o.name not in movable
        ],
        "movable": [
            {"name": o.name, "shape": o.shape.model_dump()}
            for o in scene.objects
            if o.name in movable
        ],
        "upright": asked.upright.model_dump() if asked.upright else None,
        "upright_when": asked.upright_when,
        "clearances": [asked.clearance, asked.carried_clearance],
        "work_volume": scene.work_volume.model_dump() if scene.work_volume else None,
    }
    if scene.randomisation.furniture is not None:
        parts["furniture"] = scene.randomisation.furniture.model_dump()
    return content_hash(robot_digest(robot), json.dumps(parts, sort_keys=True))


def _turns(yaw: Array) -> Array:
    c, s, zero, one = np.cos(yaw), np.sin(yaw), np.zeros_like(yaw), np.ones_like(yaw)
    rows = [np.stack(row, -1) for row in ((c, -s, zero), (s, c, zero), (zero, zero, one))]
    return np.stack(rows, axis=-2)


def _slots(scene: SceneSpec) -> Array:
    places: list[Array] = []
    for step in scene.job:
        if not isinstance(step, Place):
            continue
        name = step.at.partition("/")[0] if isinstance(step.at, str) else None
        target = step.at if isinstance(step.at, PoseTarget) else scene.targets[str(name)]
        if isinstance(target, PoseTarget):
            places.append(target.pose.matrix())
        elif isinstance(target, GridTarget):
            places += _grid(target)
        else:
            assert isinstance(target, JointTarget), "objects are placed at poses"
    unique = {tuple(np.round(X, 6).ravel()): X for X in places}
    return np.array(list(unique.values())).reshape(-1, 4, 4)


def _grid(target: GridTarget) -> list[Array]:
    nx, ny, nz = target.count
    cells = [(i, j, k) for k in range(nz) for j in range(ny) for i in range(nx)]
    return [
        target.grid.matrix() @ pose([p * c for p, c in zip(target.pitch, cell, strict=True)])
        for cell in cells
    ]
