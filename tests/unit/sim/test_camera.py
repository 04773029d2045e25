"""Cameras: intrinsics, exact depth, who is seen; and PyBullet's own renderer as a witness."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from robolab.core.transforms import apply, inverse, look_at, pose_rpy
from robolab.scene.load import load_scene
from robolab.scene.spec import SceneSpec
from robolab.sim.camera import Camera, Intrinsics, QuickCamera
from robolab.sim.world import World

MakeScene = Callable[..., SceneSpec]
LENS = Intrinsics.of_fov(160, 120, 60.0)
DOWN = pose_rpy((0.75, 0.1, 1.0), (np.pi, 0.0, 0.0))


def test_intrinsics_project_where_the_picture_shows_it(make_scene: MakeScene) -> None:
    ball = {
        "name": "ball",
        "shape": {"type": "sphere", "radius": 0.02},
        "pose": {"position": [0.5, 0.9, 0.2]},
        "mass": 0.0,
    }
    X = look_at((1.2, 1.6, 0.7), (0.4, 0.8, 0.1))
    with World(make_scene(objects=[ball], floor=False)) as world:
        picture = QuickCamera(world.client.id, world.bodies, LENS).take(X)
        number = world.object("ball").body
    v, u = np.nonzero(picture.bodies == number)
    seen = [u.mean(), v.mean()]
    wanted = LENS.project(apply(inverse(X), np.array([0.5, 0.9, 0.2])))
    assert seen == pytest.approx(wanted.tolist(), abs=0.4)


def test_depth_of_a_box_is_right_to_a_tenth_of_a_millimetre(make_scene: MakeScene) -> None:
    with World(make_scene()) as world:
        picture = QuickCamera(world.client.id, world.bodies, LENS).take(DOWN)
        box, floor = world.object("box").body, next(iter(world.bodies))
    assert picture.depth[picture.bodies == box].max() == pytest.approx(1.2, abs=1e-4)
    assert picture.depth[picture.bodies == floor] == pytest.approx(1.6, abs=1e-4)
    side = np.sqrt((picture.bodies == box).sum()) / LENS.fx * 1.2
    assert side == pytest.approx(0.2, abs=0.01)


def test_tilted_camera_sees_points_on_the_planes_that_are_there(make_scene: MakeScene) -> None:
    X = look_at((2.0, -1.0, 1.0), (0.7, 0.1, -0.3))
    with World(make_scene()) as world:
        picture = QuickCamera(world.client.id, world.bodies, LENS).take(X)
        floor = next(iter(world.bodies))
    v, u = np.nonzero(picture.bodies == floor)
    z = picture.depth[v, u]
    rays = np.column_stack([(u - LENS.cx) / LENS.fx * z, (v - LENS.cy) / LENS.fy * z, z])
    assert apply(X, rays)[:, 2] == pytest.approx(-0.6, abs=1e-4)


@pytest.mark.parametrize("name", ["panda_table", "palletiser_cell"])
def test_sees_the_same_as_pybullets_renderer(name: str) -> None:
    scene = load_scene(name)
    X = look_at(scene.view.eye, scene.view.target)
    with World(scene) as world:
        world.put_arm(world.robot.home + 0.2)
        quick = QuickCamera(world.client.id, world.bodies, LENS).take(X)
        slow = Camera(LENS).take(world.client.id, X)
    assert (quick.bodies == slow.bodies).mean() > 0.97
    both = (quick.bodies == slow.bodies) & (quick.bodies >= 0)
    both &= np.isfinite(slow.depth)
    # PyBullet's own depth is off by half a per cent; wrong poses or shapes would show.
    assert np.median(np.abs(quick.depth[both] / slow.depth[both] - 1.0)) < 0.01


def test_camera_inside_a_scene_cuts_what_is_behind_it(make_scene: MakeScene) -> None:
    """The floor reaches from before the camera to behind it."""
    X = pose_rpy((2.0, 0.0, -0.5), (-np.pi / 2.0, 0.0, 0.0))  # looks along +y, level
    with World(make_scene(objects=[])) as world:
        picture = QuickCamera(world.client.id, world.bodies, LENS).take(X)
        floor = next(iter(world.bodies))
    lowest = LENS.height - 1
    expected = 0.1 * LENS.fy / (lowest - LENS.cy)
    assert picture.depth[lowest] == pytest.approx(expected, abs=1e-4)
    assert np.all(picture.bodies[lowest] == floor)
    assert np.all(np.isinf(picture.depth[0]))
    assert np.all(picture.bodies[0] == -1)
