"""Graspable faces in one frame of a colour and depth camera.

Borders of faces come from a network where there is one, and from steps and creases of the depth everywhere. What they
enclose is a region; through its depth goes a plane, round its rim a rectangle on that plane. A region that is no
rectangle, or has a seam across it, is looked at again with fainter borders.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, TypeVar

import numpy as np

from robolab.core.errors import FrameError
from robolab.core.transforms import Array, apply
from robolab.kernels.frames import halve
from robolab.perception.breaks import breaks_of
from robolab.perception.rectangles import Borders, Depth, Flat, flat_faces

_FEWEST = 40
"""Pixels that must know their depth."""

T = TypeVar("T")
Trouble = Literal["no_frame", "no_depth", "nothing_in_view"]
"""Why there are no faces: the camera gave no frame, no depth, or sees none."""


@dataclass(frozen=True)
class Face:
    """A flat rectangle that a suction cup could hold.

    Attributes:
        X_world_face: Origin in the face's middle, z out of it, x along its longer side, shape (4, 4).
        extent: Along x and y, shape (2,) [m].
        confidence: That this is one whole face of one case, 0 to 1.
        polygon: Its corners in the image, in order, shape (4, 2) [pixels].
        std_mm, std_deg: Standard deviation of the position of its plane and of its tilt, as the fit gives them.
        depth: What was known of its depth: "measured", its plane; "level", its height alone, from what little depth it
            shows; "none", so that its height follows from a second view.
    """

    X_world_face: Array
    extent: Array
    confidence: float
    polygon: Array
    std_mm: float = 0.0
    std_deg: float = 0.0
    depth: Depth = "measured"


@dataclass(frozen=True)
class Outline:
    """A rectangle of which no depth is known: where its corners are depends on its height.

    Attributes:
        flat: In the camera's frame, right but for one factor.
        intrinsics, X_world_cam: Of the camera.
    """

    flat: Flat
    intrinsics: Array
    X_world_cam: Array

    def corners(self, height: float) -> Array:
        """Its corners in world if it lies so high, shape (4, 3) [m]."""
        return apply(self.X_world_cam, self.flat.corners * self._share(height))

    def face(self, height: float, std: float) -> Face:
        """The face that it is if it lies so high, give or take `std` [m]."""
        flat = replace(self.flat, corners=self.flat.corners * self._share(height), std=std)
        return _placed(flat, self.intrinsics, self.X_world_cam)

    def _share(self, height: float) -> float:
        drop = self.X_world_cam[2, :3] @ self.flat.corners.mean(axis=0)
        return float((height - self.X_world_cam[2, 3]) / drop)


@dataclass(frozen=True)
class Seen:
    """What a frame says.

    Attributes:
        faces: The surest first.
        trouble: Why there are none.
        ms, cpu_ms: Time by step, of the wall and of the processor [ms].
        outlines: Rectangles that look like faces and show no depth: see `robolab.perception.views`.
    """

    faces: tuple[Face, ...]
    trouble: Trouble | None = None
    ms: dict[str, float] = field(default_factory=dict[str, float])
    outlines: tuple[Outline, ...] = ()
    cpu_ms: dict[str, float] = field(default_factory=dict[str, float])


class EdgeNetwork(Protocol):
    """Tells where faces end."""

    def edges(self, colour: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return chances at every second pixel of a frame.

        Args:
            colour: Shape (h, w, 3), uint8.
            depth: Shape (h, w), float32 [m]; 0 where none.
        Returns:
            That a pixel lies on the border of a face, and that it lies on a case, each of shape
            (h / 2, w / 2), float32.
        """
        ...


def find_faces(
    colour: np.ndarray,
    depth: np.ndarray,
    intrinsics: Array,
    X_world_cam: Array,
    network: EdgeNetwork | None = None,
    lowest: float = -np.inf,
) -> tuple[Face, ...]:
    """Return every graspable face of a frame, the surest first; see `look`."""
    return look(colour, depth, intrinsics, X_world_cam, network, lowest).faces


def look(
    colour: np.ndarray | None,
    depth: np.ndarray | None,
    intrinsics: Array,
    X_world_cam: Array,
    network: EdgeNetwork | None = None,
    lowest: float = -np.inf,
) -> Seen:
    """Find every graspable face, and say why there are none where so.

    Args:
        colour: Shape (h, w, 3), uint8, h and w divisible by 16; None where the camera gave no frame.
        depth: Along the optical axis, shape (h, w), float32 [m]; 0 where none.
        intrinsics: Shape (3, 3).
        X_world_cam: Pose of the camera (+z forward, +y down), shape (4, 4).
        network: Tells flush neighbours apart; without it, geometry alone decides.
        lowest: Height in world below which no face's middle is taken for a case's, as that of the deck [m].
    Raises:
        FrameError: the arrays' shapes do not fit each other.
    """
    if colour is None or depth is None:
        return Seen((), "no_frame")
    _check(colour, depth)
    if np.count_nonzero(depth > 0.0) < _FEWEST:
        return Seen((), "no_depth")
    watch = _Watch()
    inverse = watch("halves", lambda: halve(depth))
    rays = _rays(inverse.shape, intrinsics)
    broken = watch("geometry", lambda: breaks_of(inverse, *rays))
    if network is None:
        edges, case = np.zeros(inverse.shape, np.float32), np.ones(inverse.shape, np.float32)
        case[inverse <= 0.0] = 0.0
    else:
        edges, case = watch("network", lambda: network.edges(colour, depth))
    borders = Borders(edges, case, broken, inverse, *rays, X_world_cam[2, :3])
    found = watch("regions", lambda: flat_faces(borders, network is not None))
    plain = [flat for flat in found if flat.depth != "none"]
    faces = watch("poses", lambda: [_placed(f, intrinsics, X_world_cam) for f in plain])
    faces = [face for face in faces if face.X_world_face[2, 3] >= lowest]
    faces.sort(key=lambda face: -face.confidence)
    bare = [Outline(f, intrinsics, X_world_cam) for f in found if f.depth == "none"]
    trouble = None if faces else "nothing_in_view"
    return Seen(tuple(faces), trouble, watch.ms, tuple(bare), watch.cpu_ms)


class _Watch:
    """Takes the time of steps."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self.cpu_ms: dict[str, float] = {}

    def __call__(self, name: str, step: Callable[[], T]) -> T:
        begun, cpu = time.perf_counter(), time.process_time()
        result = step()
        self.cpu_ms[name] = 1e3 * (time.process_time() - cpu)
        self.ms[name] = 1e3 * (time.perf_counter() - begun)
        return result


def _check(colour: np.ndarray, depth: np.ndarray) -> None:
    h, w = depth.shape if depth.ndim == 2 else (0, 0)
    if colour.shape != (h, w, 3) or h % 16 or w % 16 or h * w == 0:
        raise FrameError(
            "colour and depth do not make a frame",
            value=f"{colour.shape} and {depth.shape}",
            expected="(h, w, 3) and (h, w), h and w divisible by 16",
        )


def _rays(shape: tuple[int, ...], intrinsics: Array) -> tuple[Array, Array]:
    """Rays through pixels of half the size: each stands for the middle of four."""
    x = (2.0 * np.arange(shape[1]) + 0.5 - intrinsics[0, 2]) / intrinsics[0, 0]
    y = (2.0 * np.arange(shape[0]) + 0.5 - intrinsics[1, 2]) / intrinsics[1, 1]
    return x, y


def _placed(flat: Flat, intrinsics: Array, X_world_cam: Array) -> Face:
    corners = flat.corners
    middle = corners.mean(axis=0)
    along, across = corners[1] - corners[0], corners[3] - corners[0]
    if np.linalg.norm(across) > np.linalg.norm(along):
        along, across = across, along
    z = np.cross(along, across)
    z *= -np.sign(z @ middle) / np.linalg.norm(z)
    x = along / np.linalg.norm(along)
    X_cam_face = np.eye(4)
    X_cam_face[:3] = np.column_stack([x, np.cross(z, x), z, middle])
    pixels = corners @ intrinsics.T
    return Face(
        X_world_face=X_world_cam @ X_cam_face,
        extent=np.array([float(np.linalg.norm(along)), float(np.linalg.norm(across))]),
        confidence=flat.confidence,
        polygon=pixels[:, :2] / pixels[:, 2:],
        std_mm=1e3 * flat.std,
        std_deg=float(np.degrees(flat.tilt)),
        depth=flat.depth,
    )
