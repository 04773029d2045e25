"""The network that tells faces apart: what it looks at, how it is taught, kept, scored and written as ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from robolab.core.errors import UnknownName, WeightsError
from robolab.export.onnx_model import in_int8, session_of
from robolab.export.sight_onnx import INPUT, onnx_of
from robolab.learning import weights
from robolab.learning.sitting import Sitting
from robolab.perception.faces import Face
from robolab.sensors.depth_faults import DepthFaults
from robolab.sight.layers import layers_of
from robolab.sight.network import CHANNELS, WEIGHTS, EdgeNet, LearnedEdges, load_edges, picture_of
from robolab.sight.pictures import photos, targets_of
from robolab.sight.score import Score
from robolab.sight.teach import Lesson, start, teach
from robolab.sight.tune import Tuning, tune
from robolab.tasks.pallet_truth import true_faces

SMALL = (8, 8, 8)
LESSON = Lesson(pallets=1, views=1, steps=4, small_steps=1)


def test_light_does_not_change_what_the_network_looks_at() -> None:
    rng = np.random.default_rng(0)
    colour = rng.integers(20, 120, (64, 96, 3)).astype(np.uint8)
    depth = np.full((64, 96), 1.5, dtype=np.float32)
    a, b = picture_of(colour, depth), picture_of(2 * colour, depth)
    assert a.shape == (CHANNELS, 32, 48)
    assert a == pytest.approx(b, abs=0.05)


def test_targets_mark_borders_between_cases_as_such() -> None:
    seen = np.full((32, 32), -1, dtype=np.int32)
    seen[8:24, 4:16], seen[8:24, 16:28] = 4, 10
    border, case = targets_of(seen)
    assert border[8, 8] == 2
    assert border[8, 2] == 1
    assert border[8, 5] == 0
    assert case[8, 5] == 1
    assert case[0, 0] == 0


def test_photos_repeat_and_their_splits_share_no_print() -> None:
    first, again = (next(photos(3, "unseen", 0, 1)) for _ in range(2))
    assert np.array_equal(first[1].colour, again[1].colour)
    assert np.array_equal(first[1].depth, again[1].depth)
    learned = {c.look for c in next(photos(3, "train", 0, 1))[0].cases}
    assert not learned & {c.look for c in first[0].cases}


def test_a_killed_lesson_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    whole, _ = teach(LESSON, Sitting(tmp_path / "a", {}), lambda _: None)

    class Killed(Exception):
        pass

    def kill(said: str) -> None:
        if said.startswith("small"):
            raise Killed

    with pytest.raises(Killed):
        teach(LESSON, Sitting(tmp_path / "b", {}), kill)
    resumed, _ = teach(LESSON, Sitting(tmp_path / "b", {}, resume=True), lambda _: None)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_onnx_says_what_the_network_says() -> None:
    network = EdgeNet(SMALL)
    start(network, 0)
    network.eval()
    picture = torch.randn(1, CHANNELS, 32, 48, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        wanted = torch.sigmoid(network(picture)).numpy()
    model = onnx_of(layers_of(network), CHANNELS, (32, 48), "a test")
    (said,) = session_of(model, 1).run(None, {INPUT: picture.numpy()})
    assert said == pytest.approx(wanted, abs=1e-4)
    small = in_int8(model, [{INPUT: picture.numpy()}])
    assert len(small) < 0.8 * len(model)
    (said,) = session_of(small, 1).run(None, {INPUT: picture.numpy()})
    assert np.abs(said - wanted).max() > 1e-4
    assert said == pytest.approx(wanted, abs=0.05)


def test_weights_come_back_and_damage_is_noticed(tmp_path: Path) -> None:
    network = EdgeNet()
    start(network, 1)
    (tmp_path / WEIGHTS).write_bytes(weights.to_bytes(network.state_dict()))
    colour = np.zeros((64, 96, 3), dtype=np.uint8)
    depth = np.ones((64, 96), dtype=np.float32)
    a = LearnedEdges(network).edges(colour, depth)
    b = load_edges(tmp_path).edges(colour, depth)
    assert np.array_equal(a[0], b[0])
    with pytest.raises(UnknownName, match="distilled"):
        load_edges(tmp_path, "tiny")
    (tmp_path / WEIGHTS).write_bytes(b"short")
    with pytest.raises(WeightsError, match="cut short"):
        load_edges(tmp_path)


def test_scores_count_found_wrong_missed_and_excused() -> None:
    pallet, photo = next(photos(5, "aside", 5, 1, DepthFaults()))
    truth = true_faces(pallet.cases, photo)
    graspable = [t.face for t in truth if t.graspable]
    hidden = [t for t in truth if not t.graspable and t.face.polygon.min() > 0.0]
    assert graspable
    assert hidden
    score = Score()
    far = np.eye(4)
    beside = Face(far, np.ones(2), 0.5, np.array([[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]]))
    score.add([*graspable[1:], beside], truth, photo.seen)
    assert (score.found, score.wrong, score.missed) == (len(graspable) - 1, 1, 1)
    assert score.figures()["plane_mm_95"] == pytest.approx(0.0, abs=1e-6)


def test_tuning_goes_on_from_what_was_taught_and_repeats(tmp_path: Path) -> None:
    taught, _ = teach(LESSON, Sitting(tmp_path / "a", {}), lambda _: None)
    how = Tuning(pallets=1, known=1, views=1, steps=3, rate=1e-4)

    def tuned(name: str) -> EdgeNet:
        begun = EdgeNet()
        begun.load_state_dict(taught.state_dict())
        return tune(begun, "aside", how, Sitting(tmp_path / name, {}), lambda _: None)

    once, again = (tuned(name).state_dict() for name in ("b", "c"))
    before = taught.state_dict()
    for key, value in once.items():
        assert torch.equal(value, again[key])
        # Scales of batches stay, weights move a little.
        moved = float((value - before[key]).abs().max())
        assert moved == 0.0 if "running" in key else moved < 0.01
    assert not torch.equal(once["tell.weight"], before["tell.weight"])
