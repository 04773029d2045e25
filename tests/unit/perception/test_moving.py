from __future__ import annotations

import numpy as np

from robolab.perception.moving import Follower


def followed(noise: float, until: float, seed: int = 0) -> Follower:
    rng, follower = np.random.default_rng(seed), Follower()
    for t in np.arange(0.0, until, 1.0 / 30.0):
        follower.see(float(t), np.array([0.5, 1.2 * t, 0.3]) + rng.normal(0.0, noise, 3))
    return follower


def test_a_steady_walk_is_carried_on() -> None:
    seen = followed(0.0, 1.0).predict()
    assert seen is not None
    assert np.allclose(seen.at([2.0, 3.0]), [[0.5, 2.4, 0.3], [0.5, 3.6, 0.3]])


def test_noise_is_averaged_out() -> None:
    errors = [followed(0.01, 1.0, seed).predict() for seed in range(50)]
    speeds = np.array([p.velocity for p in errors if p is not None])
    assert np.sqrt(np.mean((speeds - [0.0, 1.2, 0.0]) ** 2)) < 0.04


def test_a_new_velocity_is_learned_within_the_window() -> None:
    follower = followed(0.0, 1.0)
    for t in np.arange(1.0, 1.5, 1.0 / 30.0):
        follower.see(float(t), np.array([0.5, 1.2, 0.3]))
    seen = follower.predict()
    assert seen is not None
    assert np.allclose(seen.velocity, 0.0)


def test_too_little_was_seen_for_a_velocity() -> None:
    assert Follower().predict() is None
    seen = followed(0.0, 0.1).predict()
    assert seen is not None
    assert np.array_equal(seen.velocity, np.zeros(3))
