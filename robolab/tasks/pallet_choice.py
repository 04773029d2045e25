"""What can be done with a pallet as it is seen: grips on faces, and what each looks like to a policy.

All of it follows from perceived faces alone. A face may only be taken where nothing that is seen lies on it or within
its outline higher up, since that would be carried along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array, pose_rpy
from robolab.tasks.pallet_case import Deck
from robolab.tasks.pallet_faces import ABOVE, LOWEST, Ledge, SeenFace
from robolab.tasks.pallet_grip import Cups
from robolab.tasks.pallet_view import overhead

FEATURES = (
    "below highest", "height", "length", "width", "confidence", "tilt", "hidden", "free -x", "free +x",
    "free -y", "free +y", "neighbours", "cups", "rim to spare", "beside the middle", "tool over others",
    "towards belt", "shape",
)  # fmt: skip
_MARGIN = 0.006
"""What a rim keeps from the edge of a face [m]."""
_FREE = 0.1
"""Gaps beyond this are all the same [m]."""
_BESIDE = 0.28
_OFFSETS = tuple(
    np.array(at)
    for at in ((0.0, 0.0), (-_BESIDE, 0.0), (_BESIDE, 0.0), (0.0, -_BESIDE), (0.0, _BESIDE))
)
"""Places on a face that are tried, as shares of its length and width from the middle: along it, then across."""
_PROBES = np.linspace(-0.4, 0.4, 5)
_ALONG = np.linspace(-0.45, 0.45, 7)
"""Where along a side what may rest on its case is looked for: at a corner, too."""
_BELOW = (0.4, 0.7, 1.0)
"""Shares of the height of a face at which the way to the camera may pass through what stands below it."""
_STEPS = np.arange(0.01, _FREE, 0.015)
"""Where gaps are looked for beyond an edge [m]."""
_DEEP = np.array([0.0, 0.0, 0.03])
"""Neighbours that reach higher than this below a face touch its case [m]."""
_NEXT = 0.025
"""How far beside a face what adjoins it is looked for: its hidden edge looks as if it ended before that [m]."""
_BURDEN = 0.04
"""Share of a face under others from which its case is taken to carry them."""


@dataclass(frozen=True)
class Option:
    """A way to take a case.

    Attributes:
        face: Number of the face. used: Numbers of the cups that are switched on.
        X_world_tcp: Where the tool goes, shape (4, 4).
        yaw: Of the tool against the face [rad].
        way: Which of the ways to take this face it is: 0 for the middle.
        features: See `FEATURES`, shape (len(FEATURES),).
        may_carry: Whether what stands beside the face is so high that it might rest on the same case, unseen.
        across: Whether the tool goes beside the middle across the face, not along it.
    """

    face: int
    used: tuple[int, ...]
    X_world_tcp: Array
    yaw: float
    way: int
    features: Array
    may_carry: bool = False
    across: bool = False


def options_of(faces: Sequence[SeenFace], deck: Deck, cups: Cups) -> tuple[Option, ...]:
    """Return all ways to take what is seen, by face."""
    if not faces:
        return ()
    scene = _Scene(faces, deck)
    found: list[Option] = []
    for i, face in enumerate(faces):
        if face.confidence <= 0.0 or scene.burdened[i]:
            continue
        careful = scene.may_carry(i)
        for way, (used, X, yaw, across) in enumerate(_grips(i, cups, scene)):
            features = scene.features(i, X, used, cups)
            found.append(Option(i, used, X, yaw, way, features, careful, across))
    return tuple(found)


def may_bear(face: SeenFace, others: Sequence[SeenFace], deck: Deck) -> bool:
    """Whether what is seen beside a face, or over it, might rest on its case."""
    scene = _Scene([face, *others], deck)
    return scene.burdened[0] or scene.may_carry(0)


class _Scene:
    """What is seen, and what follows from it for all grips."""

    def __init__(self, faces: Sequence[SeenFace], deck: Deck) -> None:
        self.faces, self.deck = faces, deck
        self._X = np.array([f.X_world_face for f in faces])
        self._half = np.array([f.extent for f in faces]) / 2.0
        # Cases are not so low as this: what no face is known of and reaches less above one belongs to it, or stands beside.
        known = np.array([f.confidence > 0.0 for f in faces])
        self._above = np.where(known, ABOVE, LOWEST)[:, None]
        self._ledge = np.array([isinstance(f, Ledge) for f in faces])
        self._known = known
        self.highest = float(self._X[:, 2, 3].max())
        self.hidden = [self._hidden(i) for i in range(len(faces))]
        self.burdened = [hidden > _BURDEN for hidden in self.hidden]
        self.gaps = [self._gaps(i) for i in range(len(faces))]

    def _hidden(self, i: int) -> float:
        """Share of a face that others lie above."""
        grid = np.stack(np.meshgrid(_PROBES * 1.2, _PROBES * 1.2), axis=-1).reshape(-1, 2)
        return float(np.mean(self.over(i, _world(self.faces[i], grid * self.faces[i].extent))))

    def over(self, i: int, points: Array) -> np.ndarray:
        """Which points, shape (m, 3), lie clearly below a face other than i and within its outline, shape (m,)."""
        local = np.einsum(
            "nmk,nkj->nmj", points[None] - self._X[:, None, :3, 3], self._X[:, :3, :3]
        )
        inside = (np.abs(local[..., :2]) < self._half[:, None]).all(axis=-1)
        below = inside & (local[..., 2] < -self._above)
        # A ledge rests on what bears the case above it, and is as wide as the camera's noise lets it seem.
        below[self._ledge] = False
        below[i] = False
        return below.any(axis=0)

    def _gaps(self, i: int) -> list[float]:
        """Distance to what stands as high or higher, on the four sides, at most `_FREE` [m]."""
        face = self.faces[i]
        local = np.zeros((2, 2, len(_STEPS), len(_PROBES), 2))
        for axis in (0, 1):
            for k, sign in enumerate((-1.0, 1.0)):
                local[axis, k, ..., axis] = sign * (face.extent[axis] / 2.0 + _STEPS[:, None])
                local[axis, k, ..., 1 - axis] = _PROBES * face.extent[1 - axis]
        points = _world(face, local.reshape(-1, 2)) - _DEEP
        taken = self.over(i, points).reshape(4, len(_STEPS), len(_PROBES))
        nearest = np.where(taken.any(axis=-1), _STEPS, _FREE).min(axis=-1)
        return [float(gap) for gap in nearest]

    def may_carry(self, i: int) -> bool:
        """Whether what adjoins a face is higher by as much as a case may be low: its base might be on this very face.

        A face of which part is hidden looks like a smaller one that ends at the wall of what hides it, or in its shadow.
        """
        face = self.faces[i]
        across = np.array([-1.0, 1.0])
        local = np.array([
            *((side * (face.extent[0] / 2.0 + _NEXT), v) for side in across for v in _ALONG * face.extent[1]),
            *((u, side * (face.extent[1] / 2.0 + _NEXT)) for side in across for u in _ALONG * face.extent[0]),
        ])  # fmt: skip
        beside = np.add(_world(face, local), (0.0, 0.0, LOWEST))
        return bool((self.over(i, beside) | self._shaded(i, beside)).any())

    def _shaded(self, i: int, points: Array) -> np.ndarray:
        """Which points, shape (m, 3), a known face other than i, or what stands below it, keeps from the camera, shape (m,)."""
        to_eye = overhead(self.deck)[:3, 3] - points
        others = self._known & (np.arange(len(self.faces)) != i)
        X, half = self._X[others], self._half[others]
        rise = np.maximum(X[:, None, 2, 3] - points[:, 2], 0.0)
        found = np.zeros(len(points), dtype=bool)
        for share in _BELOW:
            passed = points + (share * rise / to_eye[:, 2])[..., None] * to_eye
            local = np.einsum("nmk,nkj->nmj", passed - X[:, None, :3, 3], X[:, :3, :2])
            within = (np.abs(local) < half[:, None]).all(axis=-1)
            found |= (within & (rise > 0.0)).any(axis=0)
        return found

    def outline(self, X: Array, cups: Cups, i: int) -> float:
        """Share of the tool's outline that what is higher than a face lies under."""
        grid = np.stack(np.meshgrid(np.linspace(-1, 1, 7), np.linspace(-1, 1, 7)), -1)
        local = grid.reshape(-1, 2) * cups.half
        points = np.c_[local, np.zeros(len(local))] @ X[:3, :3].T + X[:3, 3]
        return float(np.mean(self.over(i, points)))

    def features(self, i: int, X: Array, used: tuple[int, ...], cups: Cups) -> Array:
        """See `FEATURES`."""
        face, deck = self.faces[i], self.deck
        length, width = (float(side) for side in face.extent)
        z = float(face.X_world_face[2, 3])
        gaps = self.gaps[i]
        middle = (X[:3, 3] + X[:3, :2] @ cups.places[list(used)].mean(axis=0)) - face.X_world_face[
            :3, 3
        ]
        local = face.X_world_face[:3, :3].T @ middle
        spare = float(np.min(face.extent / 2.0 - np.abs(local[:2]) - cups.radius))
        at = face.X_world_face[:2, 3] - deck.X_world_deck[:2, 3]
        return np.array([
            (self.highest - z) / 0.2, (z - deck.top) / deck.height, length / deck.longest, width / deck.longest,
            face.confidence, float(np.arccos(min(1.0, face.X_world_face[2, 2]))) / 0.05, self.hidden[i],
            *(gap / _FREE for gap in gaps), sum(gap < 0.02 for gap in gaps) / 4.0, len(used) / len(cups.places),
            spare / 0.05, float(np.hypot(local[0], local[1])) / 0.1, self.outline(X, cups, i),
            float(at[1] / deck.size[1]), width / length,
        ])  # fmt: skip


def _world(face: SeenFace, local: Array) -> Array:
    X = face.X_world_face
    return np.c_[local, np.zeros(len(local))] @ X[:3, :3].T + X[:3, 3]


def _grips(
    i: int, cups: Cups, scene: _Scene
) -> Iterator[tuple[tuple[int, ...], Array, float, bool]]:
    """Ways to put as many cups as fit onto a face: its middle first, then beside it."""
    face = scene.faces[i]
    for share in _OFFSETS:
        best: list[tuple[float, tuple[int, ...], Array, float]] = []
        for yaw in (0.0, np.pi / 2.0, np.pi, -np.pi / 2.0) if len(cups.places) > 1 else (0.0,):
            found = _block(face, cups, yaw, share)
            if found is None:
                continue
            used, X = found
            best.append((scene.outline(X, cups, i) - 0.01 * len(used), used, X, yaw))
        best.sort(key=lambda one: one[0])
        yield from ((used, X, yaw, bool(share[1])) for _, used, X, yaw in best[:2])


def _block(
    face: SeenFace, cups: Cups, yaw: float, share: Array
) -> tuple[tuple[int, ...], Array] | None:
    """The largest block of cups that fits a face, with its middle a share of length and width beside the face's."""
    along = np.array([np.cos(yaw), np.sin(yaw)])
    shift = share * np.asarray(face.extent)
    room = np.abs(np.array([along, [-along[1], along[0]]])) @ (face.extent - 2.0 * np.abs(shift))
    room = room - 2.0 * (cups.radius + _MARGIN)
    if (room < 0.0).any():
        return None
    columns = [_run(np.unique(cups.places[:, k]), float(room[k])) for k in (0, 1)]
    inside = [np.isin(cups.places[:, k], columns[k]) for k in (0, 1)]
    used = np.nonzero(inside[0] & inside[1])[0]
    X_face_tcp = pose_rpy((shift[0], shift[1], 0.0), (np.pi, 0.0, 0.0)) @ pose_rpy(
        (0.0, 0.0, 0.0), (0.0, 0.0, -yaw)
    )
    middle = np.append(cups.places[used].mean(axis=0), 0.0)
    X = _upright(face.X_world_face) @ X_face_tcp
    X[:3, 3] -= X[:3, :3] @ middle
    return tuple(int(k) for k in used), X


def _run(places: Array, room: float) -> Array:
    """The longest run of neighbouring places that spans no more than the room, nearest to the middle."""
    runs = [places[a:b] for a in range(len(places)) for b in range(a + 1, len(places) + 1)]
    fitting = [run for run in runs if run[-1] - run[0] <= room + 1e-9]
    return max(fitting, key=lambda run: (len(run), -abs(float(run.mean()))))


def _upright(X_world_face: Array) -> Array:
    """The face's pose with z straight up: tools come down straight."""
    yaw = float(np.arctan2(X_world_face[1, 0], X_world_face[0, 0]))
    return pose_rpy(X_world_face[:3, 3], (0.0, 0.0, yaw))
