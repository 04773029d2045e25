import numpy as np

from robolab.scene.load import load_scene
from robolab.scene.realise import realise


def test_a_seed_fixes_the_draw_and_another_changes_it() -> None:
    scene = load_scene("ur10e_transfer")
    assert realise(scene, 7) == realise(scene, 7)
    assert realise(scene, 7) != realise(scene, 8)


def test_realising_twice_changes_nothing() -> None:
    once = realise(load_scene("ur10e_transfer"), 7)
    assert realise(once, 99) == once


def test_draws_stay_within_their_ranges() -> None:
    scene = load_scene("ur10e_transfer")
    nominal = np.array(scene.object("carton-a").pose.position)
    draws = [realise(scene, seed).object("carton-a").pose for seed in range(200)]
    shifts = np.array([d.position for d in draws]) - nominal
    assert np.all(np.abs(shifts) <= np.array([0.04, 0.04, 0.0]) + 1e-12)
    assert np.ptp(shifts[:, 0]) > 0.06
    yaw = [np.arctan2(d.matrix()[1, 0], d.matrix()[0, 0]) for d in draws]
    assert 0.2 < np.max(np.abs(yaw)) <= np.deg2rad(15.0) + 1e-9


def test_furniture_is_drawn_by_the_seed_and_then_stands() -> None:
    scene = load_scene("any_panda")
    once = realise(scene, 3)
    assert once == realise(scene, 3)
    assert once.objects != realise(scene, 4).objects
    assert realise(once, 99) == once
    assert len(once.objects) >= 2
    assert all(item.mass == 0.0 for item in once.objects)
