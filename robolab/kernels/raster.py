"""Draw triangles into colour, depth and who is seen, compiled.

A general renderer spends its time between the triangles; a robot cell has a few thousand, flat-shaded or printed,
and needs no more than this. First it is found which triangle each pixel sees, then each pixel is coloured once.
Cameras follow OpenCV: +z forward, +y down, pixel centres at integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robolab.core.compiled import jit

_AMBIENT = 0.55
"""Share of a colour that is seen where the light only grazes."""

Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
UInt8 = NDArray[np.uint8]


def _no_print() -> Float32:
    return np.zeros((0, 3, 2), dtype=np.float32)


def _no_sheet() -> UInt8:
    return np.zeros((0, 0, 3), dtype=np.uint8)


@dataclass(frozen=True)
class Triangles:
    """What can be drawn: v vertices and f triangles on k frames that move.

    Attributes:
        vertices: In the frame that each rides on, shape (v, 3), float32 [m].
        frame: Of each vertex, shape (v,), int32.
        faces: Vertices of each triangle, shape (f, 3), int32.
        colour: Of each triangle, 0 to 255, shape (f, 3), float32.
        tag: A number for each triangle, which its pixels get, shape (f,), int32.
        uv: Where the corners of each triangle lie on the sheet of prints, column and row [texels], shape (f, 3, 2);
            negative where it is plain. Of no rows where nothing is printed.
        sheet: The prints, shape (r, c, 3), uint8.
    """

    vertices: Float32
    frame: Int32
    faces: Int32
    colour: Float32
    tag: Int32
    uv: Float32 = field(default_factory=_no_print)
    sheet: UInt8 = field(default_factory=_no_sheet)


@dataclass(frozen=True)
class Lens:
    """Focal lengths and axis of a pinhole camera [pixels], size, and range of depth [m]."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    near: float
    far: float


def draw(
    triangles: Triangles, X_cam_frame: Float32, lens: Lens, light: Float32, background: int = 235
) -> tuple[NDArray[np.uint8], Float32, Int32]:
    """Draw triangles.

    Args:
        X_cam_frame: Pose of each frame in the camera's, shape (k, 4, 4), float32.
        light: Direction towards the light in the camera's frame, a unit vector, shape (3,), float32.
    Returns:
        Colour (h, w, 3); depth along the optical axis (h, w) [m], infinite where nothing is; tag (h, w),
        -1 where nothing is.
    """
    shape = (lens.height, lens.width)
    colour = np.full((*shape, 3), background, dtype=np.uint8)
    inverse = np.full(shape, np.float32(1.0 / lens.far), dtype=np.float32)
    seen = np.full(shape, -1, dtype=np.int32)
    points = np.empty_like(triangles.vertices)
    pinhole = np.array([lens.fx, lens.fy, lens.cx, lens.cy, lens.near], dtype=np.float32)
    screen = np.empty_like(points)
    _project(triangles.vertices, triangles.frame, X_cam_frame, pinhole, points, screen)
    _fill(points, screen, triangles.faces, pinhole, inverse, seen)
    looks = (triangles.colour, triangles.uv, triangles.sheet)
    _paint(points, triangles.faces, looks, pinhole, light, inverse, seen, colour)
    depth = np.full(shape, np.float32(np.inf))
    tag = np.full(shape, -1, dtype=np.int32)
    _finish(inverse, seen, triangles.tag, depth, tag)
    return colour, depth, tag


@jit
def _finish(inverse: Any, seen: Any, tags: Any, depth: Any, tag: Any) -> None:
    """Write depth and tag of each pixel that sees a triangle."""
    for i in range(seen.shape[0]):
        for j in range(seen.shape[1]):
            if seen[i, j] >= 0:
                depth[i, j] = np.float32(1.0) / inverse[i, j]
                tag[i, j] = tags[seen[i, j]]


@jit
def _project(vertices: Any, frame: Any, X: Any, pinhole: Any, points: Any, screen: Any) -> None:
    """Move vertices into the camera's frame; and onto the screen, with 1/z, where they are before it."""
    fx, fy, cx, cy, near = pinhole
    for i in range(vertices.shape[0]):
        k = frame[i]
        a, b, c = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        x = X[k, 0, 0] * a + X[k, 0, 1] * b + X[k, 0, 2] * c + X[k, 0, 3]
        y = X[k, 1, 0] * a + X[k, 1, 1] * b + X[k, 1, 2] * c + X[k, 1, 3]
        z = X[k, 2, 0] * a + X[k, 2, 1] * b + X[k, 2, 2] * c + X[k, 2, 3]
        points[i, 0], points[i, 1], points[i, 2] = x, y, z
        if z >= near:
            screen[i, 0], screen[i, 1], screen[i, 2] = fx * x / z + cx, fy * y / z + cy, 1.0 / z


@jit
def _fill(points: Any, screen: Any, faces: Any, pinhole: Any, inverse: Any, seen: Any) -> None:
    near = pinhole[4]
    clipped = np.empty((4, 3), dtype=np.float32)
    for f in range(faces.shape[0]):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        behind = int(points[i, 2] < near) + int(points[j, 2] < near) + int(points[k, 2] < near)
        if behind == 0:
            _triangle(screen[i], screen[j], screen[k], f, inverse, seen)
        elif behind < 3:
            count = _clip(points, i, j, k, pinhole, clipped)
            for n in range(1, count - 1):
                _triangle(clipped[0], clipped[n], clipped[n + 1], f, inverse, seen)


@jit
def _clip(points: Any, i: int, j: int, k: int, pinhole: Any, out: Any) -> int:
    """Cut a triangle at the near plane, onto the screen; return how many corners are left.

    References: Sutherland and Hodgman (1974), reentrant polygon clipping.
    """
    fx, fy, cx, cy, near = pinhole
    count = 0
    for start, end in ((i, j), (j, k), (k, i)):
        za, zb = points[start, 2], points[end, 2]
        shares = (
            0.0 if za >= near else -1.0,
            (near - za) / (zb - za) if (za >= near) != (zb >= near) else -1.0,
        )
        for share in shares:
            if share >= 0.0:
                x = points[start, 0] + share * (points[end, 0] - points[start, 0])
                y = points[start, 1] + share * (points[end, 1] - points[start, 1])
                z = za + share * (zb - za)
                out[count, 0], out[count, 1], out[count, 2] = (
                    fx * x / z + cx,
                    fy * y / z + cy,
                    1.0 / z,
                )
                count += 1
    return count


@jit
def _triangle(a: Any, b: Any, c: Any, f: int, inverse: Any, seen: Any) -> None:
    """Fill one triangle on the screen, where 1/z is linear."""
    height, width = inverse.shape
    ax, ay, wa = a[0], a[1], a[2]
    ux, uy, uw = b[0] - ax, b[1] - ay, b[2] - wa
    vx, vy, vw = c[0] - ax, c[1] - ay, c[2] - wa
    first = max(np.ceil(min(ay, b[1], c[1])), 0.0)
    last = min(np.floor(max(ay, b[1], c[1])), height - 1.0)
    left = max(np.ceil(min(ax, b[0], c[0])), 0.0)
    right = min(np.floor(max(ax, b[0], c[0])), width - 1.0)
    area = ux * vy - uy * vx
    if first > last or left > right or abs(area) < 1e-9:
        return
    db, dc = vy / area, -uy / area
    dw = db * uw + dc * vw
    for y in range(int(first), int(last) + 1):
        sb = ((left - ax) * vy - (y - ay) * vx) / area
        sc = ((y - ay) * ux - (left - ax) * uy) / area
        w = wa + sb * uw + sc * vw
        for x in range(int(left), int(right) + 1):
            if sb >= 0.0 and sc >= 0.0 and sb + sc <= 1.0 and w > inverse[y, x]:
                inverse[y, x] = w
                seen[y, x] = f
            sb, sc, w = sb + db, sc + dc, w + dw


@jit
def _paint(
    points: Any, faces: Any, looks: Any, pinhole: Any, light: Any, inverse: Any, seen: Any, out: Any
) -> None:
    """Colour each pixel by the triangle it sees."""
    colour, uv, sheet = looks
    fx, fy, cx, cy, _ = pinhole
    rows, columns = sheet.shape[0], sheet.shape[1]
    shades = np.full(faces.shape[0], -1.0, dtype=np.float32)
    maps = np.empty((uv.shape[0], 2, 3), dtype=np.float64)
    for y in range(seen.shape[0]):
        for x in range(seen.shape[1]):
            f = seen[y, x]
            if f < 0:
                continue
            printed = uv.shape[0] > 0 and uv[f, 0, 0] >= 0.0
            if shades[f] < 0.0:
                shades[f] = _shade(points, faces[f], light)
                if printed:
                    _map_to_sheet(points, faces[f], uv[f], maps[f])
            shade = shades[f]
            if printed:
                z, m = 1.0 / inverse[y, x], maps[f]
                px, py = z * (x - cx) / fx, z * (y - cy) / fy
                u = int(m[0, 0] * px + m[0, 1] * py + m[0, 2] * z)
                v = int(m[1, 0] * px + m[1, 1] * py + m[1, 2] * z)
                u, v = min(max(u, 0), columns - 1), min(max(v, 0), rows - 1)
                for r in range(3):
                    out[y, x, r] = np.uint8(shade * sheet[v, u, r])
            else:
                for r in range(3):
                    out[y, x, r] = np.uint8(shade * colour[f, r])


@jit
def _map_to_sheet(points: Any, face: Any, uv: Any, out: Any) -> None:
    """Find the linear map from a point of a triangle, in the camera's frame, to the sheet.

    A plane past the camera's centre has one: its three corners are three independent vectors.
    """
    a, b, c = points[face[0]], points[face[1]], points[face[2]]
    volume = 0.0
    for n in range(3):
        i, j = (n + 1) % 3, (n + 2) % 3
        volume += a[n] * (float(b[i]) * c[j] - float(b[j]) * c[i])
    volume = volume if abs(volume) > 1e-12 else 1e-12
    for n in range(3):
        i, j = (n + 1) % 3, (n + 2) % 3
        of_a = float(b[i]) * c[j] - float(b[j]) * c[i]
        of_b = float(c[i]) * a[j] - float(c[j]) * a[i]
        of_c = float(a[i]) * b[j] - float(a[j]) * b[i]
        for r in range(2):
            out[r, n] = (uv[0, r] * of_a + uv[1, r] * of_b + uv[2, r] * of_c) / volume


@jit
def _shade(points: Any, face: Any, light: Any) -> Any:
    """Flat shading; both sides of a triangle are lit alike, since meshes disagree on which is out."""
    i, j, k = face
    px, py, pz = points[i, 0], points[i, 1], points[i, 2]
    ux, uy, uz = points[j, 0] - px, points[j, 1] - py, points[j, 2] - pz
    vx, vy, vz = points[k, 0] - px, points[k, 1] - py, points[k, 2] - pz
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    length = np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-20
    towards = -1.0 if nx * px + ny * py + nz * pz > 0.0 else 1.0
    lit = towards * (nx * light[0] + ny * light[1] + nz * light[2]) / length
    return np.float32(_AMBIENT + (1.0 - _AMBIENT) * max(lit, 0.0))
