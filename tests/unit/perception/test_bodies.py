"""Bodies in a depth camera's points: kept apart, followed, and completed behind."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.perception.bodies import BodyFollower, clusters_of, completed

EYE = np.array([3.0, 0.0, 1.5])


def front(x: float, y: float, radius: float = 0.25) -> Array:
    """The side towards the camera of an upright cylinder."""
    view = np.array([x, y]) - EYE[:2]
    facing = np.arctan2(-view[1], -view[0])
    angle = facing + np.linspace(-np.pi / 2, np.pi / 2, 25)
    z = np.linspace(-0.5, 1.0, 25)
    ring = np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])
    return np.column_stack([np.repeat(ring, len(z), axis=0), np.tile(z, len(ring))])


def test_what_is_behind_is_filled_in_as_deep_as_wide() -> None:
    whole = completed(front(0.8, 0.3), EYE, 0.1)
    away = np.linalg.norm(whole[:, :2] - [0.8, 0.3], axis=1)
    assert away.max() < 0.25 + 0.04
    for angle in np.linspace(-np.pi, np.pi, 16):
        rim = np.array([0.8, 0.3]) + 0.25 * np.array([np.cos(angle), np.sin(angle)])
        assert np.linalg.norm(whole[:, :2] - rim, axis=1).min() < 0.09


def test_bodies_apart_are_clusters_and_specks_are_noise() -> None:
    speck = np.array([[0.0, -1.0, 0.0]])
    found = clusters_of(np.vstack([front(0.5, 1.0), front(0.5, -1.0), speck + 0.7]), 0.2, 12)
    assert sorted(round(float(group[:, 1].mean())) for group in found) == [-1, 1]
    assert clusters_of(np.zeros((0, 3)), 0.2, 12) == []


def test_two_who_pass_one_another_keep_their_velocities() -> None:
    follower = BodyFollower()
    for t in np.arange(0.0, 1.2, 0.04):
        clusters = [front(0.4, -1.0 + 0.8 * t), front(1.3, 1.0 - 0.5 * t)]
        follower.see(float(t), clusters, EYE)
    speeds = sorted(float(body.prediction.velocity[1]) for body in follower.bodies)
    assert len(speeds) == 2
    assert abs(speeds[0] + 0.5) < 0.1
    assert abs(speeds[1] - 0.8) < 0.1


def test_a_body_half_hidden_keeps_its_shape_and_one_gone_is_forgotten() -> None:
    follower = BodyFollower()
    follower.see(0.0, [front(0.8, 0.0)], EYE)
    whole = len(follower.bodies[0].points)
    hidden = front(0.8, 0.05)
    follower.see(0.1, [hidden[: len(hidden) // 3]], EYE)
    assert len(follower.bodies) == 1
    assert len(follower.bodies[0].points) == whole
    follower.see(1.5, [], EYE)
    assert follower.bodies == []
