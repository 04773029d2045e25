"""The rasteriser: exact depth, nothing doubled or left out, nearest wins, cut at the near plane."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robolab.kernels.raster import Lens, Triangles, draw

LENS = Lens(64, 48, 50.0, 50.0, 31.5, 23.5, 0.1, 10.0)
LIGHT = np.array([0.0, 0.0, -1.0], dtype=np.float32)
HERE = np.eye(4, dtype=np.float32)[None]


def _soup(corners: np.ndarray) -> Triangles:
    """Triangles of shape (f, 3, 3), each with its own vertices and its index as tag."""
    f = len(corners)
    return Triangles(
        corners.reshape(-1, 3).astype(np.float32),
        np.zeros(3 * f, dtype=np.int32),
        np.arange(3 * f, dtype=np.int32).reshape(f, 3),
        np.full((f, 3), 200.0, dtype=np.float32),
        np.arange(f, dtype=np.int32),
    )


def _rays() -> np.ndarray:
    v, u = np.indices((LENS.height, LENS.width))
    return np.stack([(u - LENS.cx) / LENS.fx, (v - LENS.cy) / LENS.fy, np.ones(u.shape)], axis=-1)


def _cast(corners: np.ndarray) -> np.ndarray:
    """Depth by intersecting every pixel's ray with every triangle (Möller and Trumbore, 1997)."""
    rays = _rays()
    best = np.full(rays.shape[:2], np.inf)
    for a, b, c in corners:
        e, f = b - a, c - a
        h = np.cross(rays, f)
        det = h @ e
        with np.errstate(divide="ignore", invalid="ignore"):
            s = h @ -a / det
            q = np.cross(-a, e)
            t = rays @ q / det
            z = (f @ q) / det
        hit = (s >= 0) & (t >= 0) & (s + t <= 1) & (z > LENS.near)
        best = np.where(hit & (z < best), z, best)
    return best


def test_depth_equals_that_of_rays() -> None:
    rng = np.random.default_rng(2)
    corners = rng.uniform((-1.5, -1.0, 1.0), (1.5, 1.0, 5.0), size=(40, 3, 3))
    _, depth, tag = draw(_soup(corners), HERE, LENS, LIGHT)
    wanted = _cast(corners)
    same = np.isfinite(depth) == np.isfinite(wanted)
    assert same.mean() > 0.995  # pixels on an edge may fall to either side
    both = np.isfinite(depth) & np.isfinite(wanted)
    close = np.abs(depth[both] - wanted[both]) < 1e-4
    assert close.mean() > 0.995
    assert np.array_equal(tag < 0, np.isinf(depth))


def test_two_halves_of_a_square_leave_no_gap() -> None:
    a, b, c, d = ([-0.31, -0.23, 1], [0.42, -0.2, 1.2], [0.4, 0.3, 1.1], [-0.3, 0.27, 0.9])
    corners = np.array([[a, b, c], [a, c, d]], dtype=float)
    _, depth, _ = draw(_soup(corners), HERE, LENS, LIGHT)
    filled = np.isfinite(depth)
    for row in filled:
        columns = np.flatnonzero(row)
        if columns.size:
            assert np.array_equal(columns, np.arange(columns[0], columns[-1] + 1))


def test_triangle_through_the_camera_is_cut_at_the_near_plane() -> None:
    floor = np.array([[[-9.0, 0.3, -3.0], [9.0, 0.3, -3.0], [0.0, 0.3, 30.0]]])
    _, depth, _ = draw(_soup(floor), HERE, LENS, LIGHT)
    wanted = _cast(floor)
    seen = np.isfinite(depth)
    assert seen[40:, 20:40].all()
    assert depth[seen] == pytest.approx(wanted[seen], rel=1e-4)
    assert depth[seen].max() <= 10.0


def test_frames_move_and_light_shades() -> None:
    facing = np.array([[[-0.5, -0.5, 0.0], [0.5, -0.5, 0.0], [0.0, 0.6, 0.0]]])
    away = np.eye(4, dtype=np.float32)[None].copy()
    away[0, 2, 3] = 2.0
    soup = _soup(facing)
    bright, depth, _ = draw(soup, away, LENS, LIGHT)
    dim, _, _ = draw(soup, away, LENS, np.array([1.0, 0.0, 0.0], dtype=np.float32))
    assert depth[24, 32] == pytest.approx(2.0)
    assert bright[24, 32].tolist() == [200, 200, 200]
    assert 90 < dim[24, 32, 0] < 130
    assert bright[0, 0].tolist() == [235, 235, 235]


def test_nothing_to_draw_is_an_empty_picture() -> None:
    colour, depth, tag = draw(_soup(np.zeros((0, 3, 3))), HERE, LENS, LIGHT)
    assert np.all(colour == 235)
    assert np.all(np.isinf(depth))
    assert np.all(tag == -1)


def test_a_print_is_seen_where_it_lies_on_a_leaning_face_cut_at_the_near_plane() -> None:
    square = np.array([[-1.0, -1.0, 0.02], [1.0, -1.0, 0.02], [1.0, 1.0, 3.0], [-1.0, 1.0, 3.0]])
    soup = _soup(square[[[0, 1, 2], [0, 2, 3]]])
    sheet = np.zeros((40, 40, 3), dtype=np.uint8)
    sheet[20:, :, 0], sheet[:, 20:, 1] = 255, 255
    uv = np.array([[0.0, 0.0], [40.0, 0.0], [40.0, 40.0], [0.0, 40.0]], dtype=np.float32)
    printed = replace(soup, uv=uv[[[0, 1, 2], [0, 2, 3]]], sheet=sheet)
    colour, depth, tag = draw(printed, HERE, LENS, LIGHT)
    plain, same_depth, _ = draw(soup, HERE, LENS, LIGHT)
    assert np.array_equal(depth, same_depth)
    points = _rays() * np.where(tag >= 0, depth, 0.0)[..., None]
    inside = (tag >= 0) & (np.abs(points[..., :2]) > 0.05).all(axis=-1)
    assert inside.sum() > 300
    assert np.array_equal(colour[inside, 1] > 0, points[inside, 0] > 0.0)
    assert np.array_equal(colour[inside, 0] > 0, points[inside, 1] > 0.0)
    assert (plain[inside] > 0).all()
