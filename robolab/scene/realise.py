"""Draw what a scene leaves open: one concrete scene from a seed."""

from __future__ import annotations

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import quat_of
from robolab.scene.furniture import Piece, furnish
from robolab.scene.spec import (
    BoxShape,
    CylinderShape,
    ObjectRange,
    ObjectSpec,
    PoseSpec,
    RandomisationSpec,
    SceneSpec,
    Vector3,
)
from robolab.scene.tracks import draw_track


def realise(scene: SceneSpec, seed: int) -> SceneSpec:
    """Return the scene with every randomised object placed; seed and name of the object fix the draw.

    An object with a track stands where the track begins.

    The result has no randomisation left, so that realising it again changes nothing.
    """
    ranges = {entry.object: entry for entry in scene.randomisation.objects}
    objects = tuple(
        _draw(item, ranges[item.name], seed) if item.name in ranges else item
        for item in scene.objects
    )
    moved = {entry.object: entry for entry in scene.randomisation.tracks}
    tracks = tuple(
        draw_track(track, moved[track.object], seed) if track.object in moved else track
        for track in scene.tracks
    )
    begins = {track.object: track.points[0].position for track in tracks}
    objects = tuple(
        _placed(item, begins[item.name]) if item.name in begins else item for item in objects
    )
    objects += _furniture(scene, seed)
    update = {"objects": objects, "tracks": tracks, "randomisation": RandomisationSpec()}
    return scene.model_copy(update=update)


def _furniture(scene: SceneSpec, seed: int) -> tuple[ObjectSpec, ...]:
    asked = scene.randomisation.furniture
    if asked is None:
        return ()
    pieces = furnish(asked.kinds, asked.reach, stream(seed, "scene", "furniture"))
    base = scene.robot.base.matrix()
    return tuple(_standing(k, piece, base) for k, piece in enumerate(pieces))


def _standing(number: int, piece: Piece, X_world_base: np.ndarray) -> ObjectSpec:
    x, y, z = (2.0 * piece.half).tolist()
    shape = (
        CylinderShape(type="cylinder", radius=x / 2.0, length=y)
        if piece.cylinder
        else BoxShape(type="box", size=(x, y, z))
    )
    return ObjectSpec(name=f"piece-{number}", shape=shape, pose=pose_spec(X_world_base @ piece.X))


def _placed(item: ObjectSpec, position: Vector3) -> ObjectSpec:
    return item.model_copy(update={"pose": item.pose.model_copy(update={"position": position})})


def _draw(item: ObjectSpec, entry: ObjectRange, seed: int) -> ObjectSpec:
    rng = stream(seed, "scene", item.name)
    reach = np.array(entry.position)
    shift = rng.uniform(-reach, reach)
    yaw = np.deg2rad(rng.uniform(-entry.yaw_deg, entry.yaw_deg))
    X = item.pose.matrix()
    X[:3, 3] += shift
    c, s = np.cos(yaw), np.sin(yaw)
    X[:3, :3] = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ X[:3, :3]
    update: dict[str, object] = {"pose": pose_spec(X)}
    if entry.mass is not None:
        update["mass"] = float(rng.uniform(*entry.mass))
    if entry.friction is not None:
        update["friction"] = float(rng.uniform(*entry.friction))
    return item.model_copy(update=update)


def pose_spec(X: np.ndarray) -> PoseSpec:
    """Return a pose, shape (4, 4), as its spec."""
    x, y, z = (float(v) for v in X[:3, 3])
    qx, qy, qz, qw = (float(v) for v in quat_of(X))
    return PoseSpec(position=(x, y, z), quat_xyzw=(qx, qy, qz, qw))
