"""Objects that move by themselves: where they go, what a seed draws, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from robolab.core.errors import SceneError, UnknownName
from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.scene.tracks import Track, track_of

TIMES, POINTS = np.array([1.0, 2.0, 4.0]), np.array([[0.0, 0, 0], [1.0, 0, 0], [1.0, 2.0, 0]])
POST = {
    "name": "post",
    "shape": {"type": "cylinder", "radius": 0.1, "length": 1.0},
    "pose": {"position": [0.0, 2.0, 0.5]},
}
TRACK = {
    "object": "post",
    "points": [
        {"time": 0.0, "position": [0.0, 2.0, 0.5]},
        {"time": 2.0, "position": [0.0, -2.0, 0.5]},
    ],
}


def scene_with(folder: Path, **change: Any) -> Path:
    content: dict[str, Any] = {
        "name": "small",
        "robots": [{"name": "arm", "model": "ur10e"}],
        "objects": [POST],
        "tracks": [TRACK],
    }
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(content | change))
    return path


@pytest.mark.parametrize("smooth", [False, True])
def test_a_track_meets_its_points_and_rests_outside_them(smooth: bool) -> None:
    track = Track(TIMES, POINTS, smooth)
    assert np.allclose(track.position(TIMES), POINTS)
    assert np.allclose(track.position([-5.0, 9.0]), POINTS[[0, -1]])


def test_linear_goes_straight_and_smooth_turns_gently() -> None:
    at = np.linspace(1.0, 4.0, 3001)
    straight, smooth = (Track(TIMES, POINTS, kind).position(at) for kind in (False, True))
    assert np.allclose(Track(TIMES, POINTS, False).position(1.5), [0.5, 0, 0])
    bends = [np.abs(np.diff(path, 2, axis=0)).max() for path in (straight, smooth)]
    assert bends[1] < 0.01 * bends[0]


@pytest.mark.parametrize("smooth", [False, True])
def test_top_speed_is_never_exceeded_nor_far_off(smooth: bool) -> None:
    track = Track(TIMES, POINTS, smooth)
    path = track.position(np.linspace(1.0, 4.0, 30001))
    fastest = np.linalg.norm(np.diff(path, axis=0), axis=1).max() / 1e-4
    assert fastest <= track.top_speed * (1.0 + 1e-9)
    assert track.top_speed <= 1.5 * fastest


def test_a_seed_draws_speed_way_and_start_within_their_ranges() -> None:
    scene = load_scene("ur10e_live")
    asked = scene.randomisation.tracks[0]
    assert asked.speed is not None
    speeds, starts, ways = [], [], set()
    for seed in range(40):
        drawn = realise(scene, seed)
        track = track_of(drawn.tracks[0])
        length = np.linalg.norm(np.diff(track.points, axis=0), axis=1).sum()
        speeds.append(length / (track.times[-1] - track.times[0]))
        starts.append(track.times[0])
        ways.add(bool(track.points[0, 1] < 0.0))
        given = np.array([point.position for point in scene.tracks[0].points])
        way = track.points if track.points[0, 1] < 0.0 else track.points[::-1]
        assert np.all(np.abs(way - given) <= np.array(asked.position) + 1e-12)
        assert np.allclose(drawn.object("person").pose.matrix()[:3, 3], track.points[0])
        assert realise(drawn, seed + 1) == drawn
    assert asked.speed[0] <= min(speeds) < 0.6
    assert 1.3 < max(speeds) <= asked.speed[1]
    assert asked.start[0] <= min(starts) < max(starts) <= asked.start[1]
    assert ways == {True, False}


def test_the_same_seed_draws_the_same() -> None:
    scene = load_scene("ur10e_live")
    assert realise(scene, 3) == realise(scene, 3)
    assert realise(scene, 3).tracks != realise(scene, 4).tracks


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tracks": [TRACK | {"points": TRACK["points"][:1]}]}, r"tracks.0.points.*at least 2"),
        ({"tracks": [TRACK | {"points": TRACK["points"][::-1]}]}, r"tracks.0.*times.*must increase: 0 s comes after 2 s"),
        ({"tracks": [TRACK | {"points": [{"time": 0.0, "position": [0, float("nan"), 0]}] * 2}]}, r"tracks.0.points.0.position.1.*finite.*nan"),
        ({"tracks": [TRACK | {"interpolation": "jumpy"}]}, r"tracks.0.interpolation.*jumpy"),
        ({"tracks": [TRACK | {"speed": 1.0}]}, r"tracks.0.speed: unknown key"),
        ({"tracks": [TRACK, TRACK]}, r"tracks.1.object: has two tracks.*post"),
        ({"objects": [POST | {"mass": 2.0}]}, r"objects.0.mass.*2.0.*expected mass 0"),
        ({"randomisation": {"tracks": [{"object": "post", "speed": [2.0, 1.0]}]}}, r"randomisation.tracks.0.*speed runs from low to high, not 2 to 1"),
    ],
)  # fmt: skip
def test_a_bad_track_is_told_in_one_line(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(SceneError, match=said) as caught:
        load_scene(scene_with(tmp_path, **change))
    assert "small.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tracks": [TRACK | {"object": "pots"}]}, r"tracks.0.object: unknown object 'pots'.*did you mean 'post'"),
        ({"randomisation": {"tracks": [{"object": "man"}]}}, r"randomisation.tracks.0.object: unknown track 'man'"),
    ],
)  # fmt: skip
def test_a_track_names_what_is_there(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(UnknownName, match=said):
        load_scene(scene_with(tmp_path, **change))
