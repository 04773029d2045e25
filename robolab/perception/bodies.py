"""Bodies that move, as a depth camera sees them: which points are one body, where it is, what may be behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from robolab.core.transforms import Array
from robolab.perception.moving import Follower, Prediction

_SAME_BODY = 0.6
"""Clusters this near to where a body is expected are that body [m]."""
_FORGET = 1.0
"""A body that was not seen for this long is gone [s]."""
_WHOLE = 0.6
"""Share of its points that a body must show for its shape to be taken anew."""
_WIDTHS = (0.3, 0.8)
"""How wide a body is taken to be at least and at most [m]."""


@dataclass
class SeenBody:
    """One body.

    Attributes:
        points: Its shape, what may be behind included, shape (k, 3) [m], when it was at `origin`, shape (3,).
    """

    points: Array
    origin: Array
    visible: int
    time: float
    follower: Follower = field(default_factory=Follower)

    @property
    def prediction(self) -> Prediction:
        """Where it goes."""
        found = self.follower.predict()
        assert found is not None
        return found


class BodyFollower:
    """Keeps bodies apart from frame to frame.

    Args:
        spacing: Between the points that stand for a body [m].
    """

    def __init__(self, spacing: float = 0.1) -> None:
        self.bodies: list[SeenBody] = []
        self._spacing = spacing

    def see(self, time: float, clusters: Sequence[Array], eye: Array) -> None:
        """Take the clusters of one frame, each of shape (k, 3), seen from `eye`, shape (3,) [m]."""
        for points in clusters:
            self._see(time, points, eye)
        self.bodies = [body for body in self.bodies if time - body.time <= _FORGET]

    def _see(self, time: float, points: Array, eye: Array) -> None:
        whole = completed(points, eye, self._spacing)
        centre = (whole.min(axis=0) + whole.max(axis=0)) / 2.0
        # How much of a body's height is seen changes with what stands before it; people keep to the floor.
        centre[2] = 0.0
        body = self._nearest(time, centre)
        if body is None:
            body = SeenBody(whole, centre, 0, time)
            self.bodies.append(body)
        body.follower.see(time, centre)
        if len(points) >= _WHOLE * body.visible:
            body.points, body.origin, body.visible = whole, centre, len(points)
        body.time = time

    def _nearest(self, time: float, centre: Array) -> SeenBody | None:
        near = [(float(np.linalg.norm(b.prediction.at(time) - centre)), b) for b in self.bodies]
        near = [entry for entry in near if entry[0] < _SAME_BODY and entry[1].time < time]
        return min(near, key=lambda entry: entry[0])[1] if near else None


def completed(points: Array, eye: Array, spacing: float) -> Array:
    """Add what may be behind the points seen, shape (k, 3): a body is taken to be as deep as it is wide.

    Args:
        eye: Where it is seen from, shape (3,) [m]. spacing: One point is kept in each cube of this side [m].
    """
    view = points.mean(axis=0)[:2] - eye[:2]
    view = view / (np.linalg.norm(view) + 1e-12)
    away, across = points[:, :2] @ view, points[:, :2] @ np.array([-view[1], view[0]])
    width = float(np.clip(np.ptp(np.percentile(across, [2.0, 98.0])), *_WIDTHS))
    middle = float(np.percentile(away, 2.0)) + width / 2.0
    behind = np.maximum(2.0 * (middle - away), 0.0)
    layers = [
        points + far * np.array([*view, 0.0])
        for far in np.multiply.outer(np.arange(0.0, 1.0 + 1e-9, spacing / width), behind)[..., None]
    ]
    everything = np.vstack(layers)
    cells = np.floor(everything / spacing).astype(np.int64)
    _, first = np.unique(cells, axis=0, return_index=True)
    return everything[np.sort(first)]


def clusters_of(points: Array, gap: float, fewest: int) -> list[Array]:
    """Group points, shape (k, 3), of which each is within a gap of its neighbours [m]; small groups are noise."""
    if len(points) == 0:
        return []
    import open3d as o3d

    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points))
    labels = np.asarray(cloud.cluster_dbscan(gap, 5))
    groups = [points[labels == label] for label in range(labels.max() + 1)]
    return [group for group in groups if len(group) >= fewest]
