"""Objects of a scene as bodies in the physics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.transforms import Array, inverse, pose, quat_of
from robolab.scene.load import mesh_file
from robolab.scene.spec import (
    BoxShape,
    CylinderShape,
    MeshShape,
    ObjectSpec,
    SceneSpec,
    SphereShape,
)
from robolab.sim.client import p, pose_from
from robolab.sim.meshes import hull_file, visual_file


@dataclass(frozen=True)
class ObjectBody:
    """A loaded object; PyBullet places its centre of mass, `X_object_com` tells where that is.

    `start` is where the scene has it, in PyBullet's form.
    """

    name: str
    body: int
    mass: float
    X_object_com: Array
    start: tuple[tuple[float, ...], tuple[float, ...]]


def load_object(client: int, scene: SceneSpec, item: ObjectSpec) -> ObjectBody:
    """Put an object where the scene says; mass 0 fixes it."""
    collision, visual, com = _shapes(client, scene, item)
    X_world_com = item.pose.matrix() @ pose(com)
    body = p.createMultiBody(
        baseMass=item.mass,
        baseCollisionShapeIndex=collision,
        baseVisualShapeIndex=visual,
        basePosition=X_world_com[:3, 3],
        baseOrientation=quat_of(X_world_com),
        physicsClientId=client,
    )
    p.changeDynamics(
        body,
        -1,
        lateralFriction=item.friction,
        spinningFriction=0.002,
        restitution=item.restitution,
        linearDamping=0.0,
        angularDamping=0.0,
        physicsClientId=client,
    )
    start = p.getBasePositionAndOrientation(body, physicsClientId=client)
    return ObjectBody(item.name, body, item.mass, pose(com), start)


def load_floor(client: int, height: float) -> int:
    """Put a plane at a height; return its body."""
    shape = p.createCollisionShape(p.GEOM_PLANE, physicsClientId=client)
    look = p.createVisualShape(
        p.GEOM_BOX,
        halfExtents=(4.0, 4.0, 0.001),
        rgbaColor=(0.75, 0.76, 0.78, 1.0),
        visualFramePosition=(0.0, 0.0, -0.001),
        physicsClientId=client,
    )
    body = p.createMultiBody(0.0, shape, look, (0.0, 0.0, height), physicsClientId=client)
    p.changeDynamics(body, -1, lateralFriction=1.0, physicsClientId=client)
    return body


def object_pose(client: int, item: ObjectBody) -> Array:
    """Return X_world_object, shape (4, 4)."""
    position, quat = p.getBasePositionAndOrientation(item.body, physicsClientId=client)
    return pose_from(position, quat) @ inverse(item.X_object_com)


def place_object(client: int, item: ObjectBody, X_world_object: Array) -> None:
    """Put an object somewhere, at rest."""
    X = X_world_object @ item.X_object_com
    _put(client, item.body, X[:3, 3].tolist(), quat_of(X).tolist())


def return_object(client: int, item: ObjectBody) -> None:
    """Put an object back where the scene has it, at rest."""
    _put(client, item.body, *item.start)


def _put(client: int, body: int, position: Sequence[float], quat: Sequence[float]) -> None:
    p.resetBasePositionAndOrientation(body, position, quat, physicsClientId=client)
    p.resetBaseVelocity(body, (0, 0, 0), (0, 0, 0), physicsClientId=client)


def _shapes(client: int, scene: SceneSpec, item: ObjectSpec) -> tuple[int, int, Array]:
    shape, still = item.shape, np.zeros(3)
    if isinstance(shape, MeshShape):
        return _mesh(client, mesh_file(scene, shape), shape.scale, item.colour)
    form = _primitive(shape)
    collision = p.createCollisionShape(**form, physicsClientId=client)
    if "height" in form:  # createVisualShape has another word for it
        form["length"] = form.pop("height")
    colour = (*item.colour, 1.0)
    if item.look is not None:
        form = {
            "shapeType": p.GEOM_MESH,
            "fileName": str(visual_file(mesh_file(scene, item.look))),
            "meshScale": [item.look.scale] * 3,
        }
    visual = p.createVisualShape(**form, rgbaColor=colour, physicsClientId=client)
    return collision, visual, still


def _primitive(shape: BoxShape | CylinderShape | SphereShape) -> dict[str, Any]:
    if isinstance(shape, BoxShape):
        return {"shapeType": p.GEOM_BOX, "halfExtents": [side / 2.0 for side in shape.size]}
    if isinstance(shape, CylinderShape):
        return {"shapeType": p.GEOM_CYLINDER, "radius": shape.radius, "height": shape.length}
    return {"shapeType": p.GEOM_SPHERE, "radius": shape.radius}


def _mesh(
    client: int, file: Path, scale: float, colour: tuple[float, float, float]
) -> tuple[int, int, Array]:
    hull, com = hull_file(file)
    com = com * scale
    common = {"shapeType": p.GEOM_MESH, "meshScale": [scale] * 3, "physicsClientId": client}
    collision = p.createCollisionShape(fileName=str(hull), collisionFramePosition=-com, **common)
    visual = p.createVisualShape(
        fileName=str(visual_file(file)),
        rgbaColor=(*colour, 1.0),
        visualFramePosition=-com,
        **common,
    )
    return collision, visual, com
