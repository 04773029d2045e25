"""The compiled checks against plain numpy, and their promises: nothing thin is jumped over, names are right."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import apply, inverse, pose_rpy
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.compiled_data import CARRIED, pack_points
from robolab.kernels.compiled_distance import FAR, nearest_point
from robolab.kernels.obstacles import Obstacles
from robolab.robots.model import Chain, Spheres
from robolab.trajectory.polynomial import from_bernstein


def chain(passive: bool = False) -> Chain:
    """Four joints: turn about z, turn about y, slide along x, turn about y (passive: levels the tool)."""
    fixed = np.array(
        [
            pose_rpy([0, 0, 0.3], [0, 0, 0]),
            pose_rpy([0.1, 0, 0.1], [0.2, 0, 0]),
            pose_rpy([0.3, 0, 0], [0, 0, 0.1]),
            pose_rpy([0.2, 0.05, 0], [0, 0, 0]),
        ]
    )
    axis = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 1, 0]], dtype=float)
    weights = np.eye(4)
    if passive:
        weights = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, -1, 0]], dtype=float)
    prismatic = np.array([False, False, True, False])
    tip = pose_rpy([0.15, 0, 0], [0, 1.3, 0])
    return Chain(
        pose_rpy([0.1, -0.2, 0], [0, 0, 0.5]),
        fixed,
        axis,
        prismatic,
        weights,
        np.array([0, 0.1, 0.05, 0]),
        tip,
    )


def spheres() -> Spheres:
    link = np.array([0, 1, 2, 2, 3, 3, 4, 4])
    centre = np.array(
        [
            [0, 0, 0.1],
            [0, 0, 0],
            [0.1, 0, 0],
            [0.2, 0, 0],
            [0, 0, 0],
            [0.1, 0.05, 0],
            [0.05, 0, 0],
            [0.12, 0, 0.02],
        ]
    )
    radius = np.array([0.12, 0.08, 0.07, 0.06, 0.06, 0.05, 0.05, 0.04])
    body = ("base", "a", "b", "b", "c", "c", "d", CARRIED)
    return Spheres(link, centre, radius, body, np.array([[6, 0], [0, 7], [1, 6], [1, 5], [2, 7]]))


def obstacles(rng: np.random.Generator, points: int = 0) -> Obstacles:
    def somewhere() -> np.ndarray:
        return pose_rpy(rng.uniform([-0.9, -0.9, -0.2], [0.9, 0.9, 0.9]), rng.uniform(-3, 3, 3))

    return Obstacles(
        box_pose=np.array([somewhere() for _ in range(3)]),
        box_half=rng.uniform(0.02, 0.12, (3, 3)),
        box_names=("box-1", "box-2", "box-3"),
        cylinder_pose=np.array([somewhere() for _ in range(2)]),
        cylinder_size=rng.uniform(0.03, 0.15, (2, 2)),
        cylinder_names=("tube-1", "tube-2"),
        sphere=np.column_stack([rng.uniform(-0.9, 0.9, (2, 3)), [0.1, 0.05]]),
        sphere_names=("ball-1", "ball-2"),
        points=rng.uniform(-0.9, 0.9, (points, 3)),
        point_radius=0.012,
    )


def centres_of(robot: Chain, balls: Spheres, q: np.ndarray) -> np.ndarray:
    """Sphere centres by plain matrix products."""
    from scipy.spatial.transform import Rotation

    frames = [robot.X_world_base]
    for i, value in enumerate(robot.weights @ q + robot.offset):
        motion = np.eye(4)
        if robot.prismatic[i]:
            motion[:3, 3] = robot.axis[i] * value
        else:
            motion[:3, :3] = Rotation.from_rotvec(robot.axis[i] * value).as_matrix()
        frames.append(frames[-1] @ robot.fixed[i] @ motion)
    return np.array([apply(frames[l], c) for l, c in zip(balls.link, balls.centre, strict=True)])


def brute(robot: Chain, balls: Spheres, around: Obstacles, q: np.ndarray) -> tuple[float, float]:
    """Least distance to obstacles and to itself, by sampling nothing: closed forms in numpy."""
    c = centres_of(robot, balls, q)
    gaps = [np.full(len(c), 1e9)]
    for X, half in zip(around.box_pose, around.box_half, strict=True):
        beyond = np.abs(apply(inverse(X), c)) - half
        gaps.append(
            np.linalg.norm(np.maximum(beyond, 0), axis=1) + np.minimum(beyond.max(axis=1), 0)
        )
    for X, (radius, half) in zip(around.cylinder_pose, around.cylinder_size, strict=True):
        p = apply(inverse(X), c)
        beyond = np.column_stack([np.hypot(p[:, 0], p[:, 1]) - radius, np.abs(p[:, 2]) - half])
        gaps.append(
            np.linalg.norm(np.maximum(beyond, 0), axis=1) + np.minimum(beyond.max(axis=1), 0)
        )
    for ball in around.sphere:
        gaps.append(np.linalg.norm(c - ball[:3], axis=1) - ball[3])
    for point in around.points:
        gaps.append(np.linalg.norm(c - point, axis=1) - around.point_radius)
    moving = balls.link > 0
    out = (np.min(gaps, axis=0) - balls.radius)[moving].min()
    own = [np.linalg.norm(c[i] - c[j]) - balls.radius[i] - balls.radius[j] for i, j in balls.pairs]
    return float(out), float(min(own))


@pytest.mark.parametrize("points", [0, 200])
def test_clearance_equals_brute_force(points: int) -> None:
    rng = np.random.default_rng(points)
    for _ in range(6):
        around = obstacles(rng, points)
        checker = CompiledChecker(chain(), spheres(), around)
        for q in rng.uniform([-3, -2, 0, -2], [3, 2, 0.4, 2], (40, 4)):
            np.testing.assert_allclose(
                checker.clearances(q), brute(chain(), spheres(), around, q), atol=1e-9
            )


def test_free_holds_robot_and_carried_object_to_their_own_clearances() -> None:
    rng = np.random.default_rng(5)
    around = obstacles(rng)
    asked = np.array([0.05, 0.02])
    checker = CompiledChecker(chain(), spheres(), around, *asked)
    outcomes = set()
    for q in rng.uniform([-3, -2, 0, -2], [3, 2, 0.4, 2], (300, 4)):
        c = centres_of(chain(), spheres(), q)
        grown = spheres().radius + np.where(np.array(spheres().body) == CARRIED, asked[1], asked[0])
        padded = Spheres(spheres().link, spheres().centre, grown, spheres().body, spheres().pairs)
        out = brute(chain(), padded, around, q)[0]
        own = brute(chain(), spheres(), around, q)[1]
        if abs(min(out, own)) > 1e-4:
            assert checker.free(q) == (min(out, own) > 0)
            outcomes.add(checker.free(q))
        assert c.shape == (8, 3)
    assert outcomes == {True, False}


@pytest.mark.parametrize("passive", [False, True])
def test_segments_and_curves_never_jump_over_anything(passive: bool) -> None:
    """What is called free is free at 4000 places; what is called touching touches where it says."""
    rng = np.random.default_rng(1)
    robot, n = chain(passive), 3 if passive else 4
    low, high = np.array([-3, -2, 0, -2.0])[:n], np.array([3, 2, 0.4, 2.0])[:n]
    verdicts = []
    for _ in range(8):
        checker = CompiledChecker(robot, spheres(), obstacles(rng, 40))
        for _ in range(12):
            a, b = rng.uniform(low, high, (2, n))
            curve = from_bernstein(np.vstack([a, a + rng.normal(0, 0.4, (4, n)), b]))
            for touch, along in (
                (checker.segment_touch(a, b), lambda u, a=a, b=b: a + u[:, None] * (b - a)),
                (checker.curve_touch(curve), curve),
            ):
                if touch is None:
                    assert checker.path_clearance(along(np.linspace(0, 1, 4000))).min() > 0
                else:
                    assert checker.clearance(along(np.array([touch]))[0]) < 1e-3
                verdicts.append(touch is None)
    assert 0.1 < np.mean(verdicts) < 0.9


def test_a_needle_is_not_missed() -> None:
    """A post of 0.2 mm across, in the way of a long sweep of the tip."""
    robot, balls = chain(), spheres()
    tiny = Spheres(balls.link, balls.centre, balls.radius * 0.01, balls.body, balls.pairs[:0])
    a, b = np.array([-1.5, 0.2, 0.1, 0.3]), np.array([1.5, 0.2, 0.1, 0.3])
    for share in np.linspace(0.03, 0.97, 23):
        tip = centres_of(robot, tiny, a + share * (b - a))[7]
        post = Obstacles(
            cylinder_pose=pose_rpy(tip, [0, 0, 0])[None],
            cylinder_size=np.array([[1e-4, 0.001]]),
            cylinder_names=("needle",),
        )
        checker = CompiledChecker(robot, tiny, post)
        touch = checker.segment_touch(a, b)
        assert touch is not None
        assert checker.clearance(a + touch * (b - a)) <= 2.1e-5
        assert checker.colliding_bodies(a + share * (b - a)) == ((CARRIED, "needle"),)


def test_colliding_bodies_names_links_and_obstacles() -> None:
    q = np.array([0.4, 0.1, 0.2, -0.3])
    c = centres_of(chain(), spheres(), q)
    around = Obstacles(
        sphere=np.array([[*c[5], 0.01], [*c[3], 0.01], [5, 5, 5, 0.1]]),
        sphere_names=("knob", "lamp", "far"),
        points=c[6][None],
    )
    balls = spheres()
    wide = Spheres(balls.link, balls.centre, balls.radius, balls.body, np.array([[2, 3]]))
    found = CompiledChecker(chain(), wide, around).colliding_bodies(q)
    assert {("c", "knob"), ("b", "lamp"), ("d", "point cloud"), ("b", "b")} <= set(found)
    assert not any("far" in pair for pair in found)


def test_what_stands_fast_is_not_held_against_the_robot() -> None:
    base = centres_of(chain(), spheres(), np.zeros(4))[0]
    plinth = Obstacles(sphere=np.array([[*base, 0.01]]), sphere_names=("plinth",))
    checker = CompiledChecker(chain(), spheres(), plinth)
    q = np.array([0.0, 0.0, 0.4, 0.0])
    assert checker.free(q)
    assert checker.colliding_bodies(q) == ()


def test_upright_is_held_along_the_whole_segment() -> None:
    rng = np.random.default_rng(2)
    robot, seen = chain(), set()
    for _ in range(60):
        a, b = rng.uniform([-3, -1, 0, -1], [3, 1, 0.4, 1], (2, 4))
        checker = CompiledChecker(
            robot, spheres(), Obstacles(), upright=(np.array([1.0, 0.0, 0.0]), np.deg2rad(70))
        )
        free = checker.segment_free(a, b)
        along = a + np.linspace(0, 1, 300)[:, None] * (b - a)
        own = min(checker.clearances(q)[1] for q in along)
        sampled = own > 0 and all(checker.upright(q) for q in along)
        assert not free or sampled
        seen.add(free)
    assert seen == {True, False}


def test_penalty_gradient_equals_finite_differences() -> None:
    rng = np.random.default_rng(3)
    checker = CompiledChecker(
        chain(), spheres(), obstacles(rng, 100), upright=(np.array([0.0, 0.0, 1.0]), 0.3)
    )
    Q = rng.uniform([-3, -2, 0, -2], [3, 2, 0.4, 2], (6, 4))
    _, gradient = checker.penalty(Q, 0.1)
    assert np.abs(gradient).max() > 0.1
    for i, j in np.ndindex(*Q.shape):
        step = np.zeros_like(Q)
        step[i, j] = 1e-6
        slope = (checker.penalty(Q + step, 0.1)[0] - checker.penalty(Q - step, 0.1)[0]) / 2e-6
        assert slope == pytest.approx(gradient[i, j], abs=1e-5)


def test_nearest_point_equals_brute_force() -> None:
    rng = np.random.default_rng(4)
    for count in (1, 2, 7, 500):
        points = rng.normal(size=(count, 3))
        tree = pack_points(points)
        assert sorted(map(tuple, tree)) == sorted(map(tuple, points))
        for query in rng.normal(size=(50, 3)):
            least = np.linalg.norm(points - query, axis=1).min()
            distance, row = nearest_point(tree, *query, FAR)
            assert distance == pytest.approx(least)
            assert np.linalg.norm(tree[row] - query) == pytest.approx(least)
            assert nearest_point(tree, *query, least / 2) == (least / 2, -1)
