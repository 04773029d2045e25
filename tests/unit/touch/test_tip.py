"""Fingertip networks: they learn, go on where they were cut off, and say nothing where there is nothing to read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from robolab.core.errors import BadInput, WeightsError
from robolab.core.transforms import pose
from robolab.scene.spec import BoxShape, SphereShape
from robolab.sensors.fingertip_touch import Load, touch
from robolab.sensors.relief import Texture, body_of
from robolab.touch import tip_roughness
from robolab.touch.imprint import Imprint, travel
from robolab.touch.slopes import Slopes
from robolab.touch.tip import TipNetworks, TipReader, roughness_of
from robolab.touch.tip_draw import CLASSES, Split, draw_object, random_object
from robolab.touch.tip_figures import auc
from robolab.touch.tip_frames import Tip, draw_frames
from robolab.touch.tip_network import PressNetwork, loss_of
from robolab.touch.tip_pull import FRAMES, course_of, draw_pulls
from robolab.touch.tip_roughness import FEATURES, RoughnessNetwork, Surface, surface_of, told_by
from robolab.touch.tip_slip import FEATURES as SEEN
from robolab.touch.tip_slip import SlipEye
from robolab.touch.tip_train import fit, start

Spoil = Callable[[np.ndarray], np.ndarray]
BALL = body_of(SphereShape(type="sphere", radius=0.008))


@pytest.fixture(scope="module")
def tip() -> Tip:
    return Tip(np.random.default_rng(4))


@pytest.fixture(scope="module")
def reader(tip: Tip) -> TipReader:
    """One whose networks have learned nothing: what it refuses to read does not depend on them."""
    keys = ("shear", "normal", "height", "curvature", "roughness", "peak", "peak_std")
    calibration: dict[str, float] = dict.fromkeys(keys, 1.0)
    networks = TipNetworks.blank(calibration)
    for network in networks.parts.values():
        start(network, 0)
    return TipReader(networks, tip.reference)


def _seen(tip: Tip, force: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    told = touch(tip.gel, [(BALL, pose((0, 0, 0.01)))], Load(force))
    return tip.picture(told, rng), told.marks


def test_reads_a_press_and_knows_no_contact(tip: Tip, reader: TipReader) -> None:
    pressed = reader.read(*_seen(tip, 3.0))
    assert pressed.state == "pressed"
    assert pressed.kind.sum() == pytest.approx(1.0)
    assert np.all(pressed.force_std > 0.0)
    nothing = reader.read(*_seen(tip, 0.0))
    assert nothing.state == "no contact"
    assert not nothing.force.any()
    assert nothing.shape == "unknown"
    assert reader.surface(_seen(tip, 0.0)[0][None], _seen(tip, 0.0)[1]) is None
    assert roughness_of(reader._networks, []) == (0.0, np.inf)


def test_lightest_press_of_the_range_is_contact(tip: Tip, reader: TipReader) -> None:
    assert reader.read(*_seen(tip, 0.5)).state == "pressed"


@pytest.mark.parametrize(
    ("spoil", "state"),
    [
        (lambda image: np.zeros_like(image), "dark"),
        (lambda image: np.clip(image.astype(int) + 150, 0, 255).astype(np.uint8), "saturated"),
        (lambda image: np.full_like(image, 110), "another sensor"),
    ],
)
def test_unreadable_images_give_no_force(
    tip: Tip, reader: TipReader, spoil: Spoil, state: str
) -> None:
    image, marks = _seen(tip, 3.0)
    reading = reader.read(spoil(image), marks)
    assert reading.state == state
    assert not reading.force.any()
    assert np.all(np.isinf(reading.force_std))


def test_readings_of_another_sensor_are_refused(tip: Tip, reader: TipReader) -> None:
    image, marks = _seen(tip, 3.0)
    with pytest.raises(BadInput, match=r"image.*\(128, 128, 3\).*\(240, 320, 3\)"):
        reader.read(np.zeros((128, 128, 3), np.uint8), marks)
    with pytest.raises(BadInput, match=r"marks.*\(4, 4\).*\(63, 2\)"):
        reader.read(image, np.zeros((4, 4)))
    with pytest.raises(BadInput, match="finite"):
        reader.read(image, np.full((63, 2), np.nan))
    with pytest.raises(BadInput, match="finite"):
        TipReader(reader._networks, np.full((240, 320, 3), np.nan))


def _ball_radii(split: Split) -> list[float]:
    rng = np.random.default_rng(0)
    drawn = [draw_object(rng, split, False, 1.0) for _ in range(120)]
    return [1.0 / each.curvature for each in drawn if CLASSES[each.kind] == "ball"]


def test_drawn_presses_are_the_same_for_a_seed_and_split_by_object() -> None:
    one, two = (draw_frames(6, "learn", np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one.image, two.image)
    assert np.array_equal(one.marks, two.marks)
    radii = {"learn": _ball_radii("learn"), "test": _ball_radii("test")}
    band = (25.0 / 3.0) ** 0.125
    inside = [int(np.log(r / 3e-3) / np.log(band)) in (2, 5) for r in radii["test"]]
    outside = [int(np.log(r / 3e-3) / np.log(band)) not in (2, 5) for r in radii["learn"]]
    assert inside
    assert all(inside)
    assert all(outside)


def test_random_objects_are_read_or_left_out() -> None:
    found = random_object(3)
    assert found is not None
    assert np.ptp(found[0].reshape(-1, 3), axis=0).max() < 0.3
    assert np.linalg.norm(found[1], axis=1) == pytest.approx(np.ones(len(found[1])))


def test_press_network_learns() -> None:
    frames = draw_frames(8, "learn", np.random.default_rng(2))
    data = {
        "image": torch.from_numpy(frames.image).float(),
        **{
            k: torch.from_numpy(getattr(frames, k))
            for k in ("marks", "force", "height", "kind", "curvature")
        },
    }
    network = PressNetwork()
    start(network, 0)

    def loss(net: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return loss_of(net(batch["image"], batch["marks"]), batch)

    before = float(loss(network, data).detach())
    fit(network, loss, data, 15, batch=8)
    assert float(loss(network, data).detach()) < 0.9 * before


def test_training_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    data = {"x": torch.linspace(-1.0, 1.0, 40)[:, None]}

    def loss(net: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return ((net(batch["x"]) - batch["x"] ** 2) ** 2).mean()

    def trained(*until: int) -> Tensor:
        network = nn.Linear(1, 1)
        for stop in until:
            network = nn.Linear(1, 1)
            start(network, 3)

            def tell(step: int, _loss: float, stop: int = stop) -> None:
                if step == stop:
                    raise KeyboardInterrupt

            try:
                fit(
                    network,
                    loss,
                    data,
                    600,
                    batch=8,
                    state=tmp_path / f"{len(until)}.state",
                    tell=tell,
                )
            except KeyboardInterrupt:
                continue
        return network.weight.detach()

    assert torch.equal(trained(10_000), trained(250, 430, 10_000))
    (tmp_path / "2.state").write_bytes(b"not a state")
    with pytest.raises(WeightsError, match=r"2\.state"):
        fit(nn.Linear(1, 1), loss, data, 10, state=tmp_path / "2.state")


def _rough(tip: Tip, roughness: float, force: float) -> Surface:
    rng = np.random.default_rng(5)
    texture = Texture.drawn(roughness, 3e-4, np.random.default_rng(6))
    plate = body_of(BoxShape(type="box", size=(0.012, 0.012, 0.01)), None, texture)
    told = touch(tip.gel, [(plate, pose((0, 0, 0.02)))], Load(force))
    frames = np.stack([tip.picture(told, rng) for _ in range(8)])
    height = told.pressed.height.reshape(30, 8, 40, 8).mean(axis=(1, 3))
    slopes = Slopes(tip.gel, tip.reference)
    found = surface_of(slopes, tip.gel, frames, told.marks, height)
    assert found is not None
    return found


def test_a_surface_that_is_not_counted_changes_none_of_the_later_ones(
    monkeypatch: pytest.MonkeyPatch, tip: Tip
) -> None:
    surface = _rough(tip, 2e-6, 6.0)
    asked: list[int] = []

    def targets(refused: int) -> list[float]:
        asked.clear()

        def stroke(*given: Any) -> list[Surface]:
            asked.append(0)
            if len(asked) <= refused:
                given[3].uniform(size=len(asked))
                return []
            return [surface] * tip_roughness.PLACES

        monkeypatch.setattr(tip_roughness, "_press", lambda *_: object())
        monkeypatch.setattr(tip_roughness, "_stroke", stroke)
        rng = np.random.default_rng(0)
        drawn = tip_roughness.draw_rough(4 - refused, "learn", rng, lambda *_: np.zeros((1, 1)))
        return drawn["target"].tolist()

    assert targets(0)[2:] == targets(2)


def test_rougher_surfaces_lean_more_unevenly(tip: Tip) -> None:
    surfaces = [_rough(tip, r, 6.0) for r in (0.5e-6, 2e-6, 8e-6, 32e-6)]
    energy = [each.energy.sum() / each.count.sum() for each in surfaces]
    assert np.all(np.diff(np.log(energy)) > 0.4)
    assert surfaces[0].features().shape == (FEATURES,)
    shallow, deep = (np.nonzero(_rough(tip, 8e-6, n).count)[0].max() for n in (1.0, 9.0))
    assert deep > shallow


def test_surer_presses_count_for_more() -> None:
    class Said(RoughnessNetwork):
        def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
            return features[:, 0], features[:, 1]

    features = torch.zeros(1, 2, FEATURES)
    features[0, :, 0] = torch.tensor([1.0, 3.0])
    features[0, :, 1] = torch.log(torch.tensor([0.1, 0.3]))
    mean, std = told_by(Said(), features)
    assert float(mean) == pytest.approx((1.0 * 9.0 + 3.0) / 10.0)
    assert 0.07 < float(std) < 0.3
    alone = told_by(Said(), features[:, :1])
    assert (float(alone[0]), float(alone[1])) == pytest.approx((1.0, 0.1))


def test_lamps_are_found_from_the_untouched_picture() -> None:
    rng = np.random.default_rng(11)
    tip = Tip(rng)
    ball = touch(tip.gel, [(BALL, pose((0, 0, 0.02)))], Load(1.0))
    read = Slopes(tip.gel, tip.reference).of(tip.picture(ball, rng))
    down, along = np.gradient(ball.pressed.height.astype(float), tip.gel.pitch)
    gentle = (np.hypot(along, down) < 0.1) & (np.hypot(along, down) > 0.03)
    gentle &= (read[0] != 0.0) & (tip.reference.min(axis=2) > 60.0)
    for told, true in ((read[0], along), (read[1], down)):
        scale = np.median(
            told[gentle & (np.abs(true) > 0.03)] / true[gentle & (np.abs(true) > 0.03)]
        )
        assert scale == pytest.approx(1.0, abs=0.1)


def test_imprint_moves_with_the_object_and_not_with_the_dots() -> None:
    rng = np.random.default_rng(2)
    tip = Tip(rng)
    texture = Texture.drawn(2e-6, 3e-4, np.random.default_rng(6))
    plate = body_of(BoxShape(type="box", size=(0.1, 0.1, 0.01)), None, texture)
    imprint = Imprint(tip.gel, tip.reference)
    told = [touch(tip.gel, [(plate, pose((x, 2e-4, 0.02)))], Load(4.0)) for x in (0.0, 3e-4)]
    before, after = (imprint.levels(tip.picture(each, rng), each.marks) for each in told)
    found = travel(before, after, [np.zeros(2)])
    assert found.way == pytest.approx([3e-4 / tip.gel.pitch, 0.0], abs=0.15)
    still = travel(before, before, [np.zeros(2)])
    assert still.way == pytest.approx([0.0, 0.0], abs=0.02)


def test_pulls_slide_when_friction_is_used_up() -> None:
    courses = [course_of(1e-3, np.random.default_rng(seed)) for seed in range(200)]
    slides = [bool((c.since >= 0.0).any()) for c in courses]
    assert 0.35 < np.mean(slides) < 0.65
    for course, slid in zip(courses, slides, strict=True):
        before = course.since < 0.0
        assert np.all(course.give[before] < 1.0)
        if slid:
            assert course.give[~before] == pytest.approx(1.0, abs=1e-6) or course.give.max() == 1.0
            assert course.way[-1] > 1e-3
        else:
            assert course.way.max() < 1e-3
    # Nothing but sliding tells the kinds apart: the grip breathes alike in both.
    breath = [
        np.std([c.breath.std() for c, s in zip(courses, slides, strict=True) if s == k])
        for k in (True, False)
    ]
    assert breath[0] == pytest.approx(breath[1], rel=0.3)


def test_pulls_are_the_same_for_a_seed_and_show_the_object_going_on() -> None:
    one, two = (draw_pulls(4, "learn", np.random.default_rng(3)) for _ in range(2))
    assert one.seen.shape == (4, FRAMES, len(SEEN))
    assert np.array_equal(one.seen, two.seen)
    apart = np.sinh(one.seen[..., SEEN.index("apart_two")])
    sliding = (one.since > 0.016) & (one.since < 0.05)
    assert sliding.any()
    assert np.median(apart[sliding]) > 1.5
    assert np.median(apart[one.since < 0.0]) < 0.5


def test_slip_watch_says_what_the_network_says_of_the_whole_pull(
    tip: Tip, reader: TipReader
) -> None:
    frames = [_seen(tip, force) for force in (2.0, 2.5, 3.0)]
    eye, watch = SlipEye(tip.gel, tip.reference), reader.slip_watch()
    seen = torch.from_numpy(np.stack([eye.look(*frame) for frame in frames]))[None]
    with torch.no_grad():
        whole = torch.sigmoid(reader._networks.slip(seen))[0].numpy()
    assert [watch.update(*frame) for frame in frames] == pytest.approx(whole, abs=1e-6)
    with pytest.raises(BadInput, match=r"marks.*\(4, 4\).*\(63, 2\)"):
        watch.update(frames[0][0], np.zeros((4, 4)))
    with pytest.raises(BadInput, match=r"image.*\(8, 8, 3\)"):
        watch.update(np.zeros((8, 8, 3)), frames[0][1])


def test_area_under_the_curve() -> None:
    assert auc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert auc(np.array([0.0, 1.0]), np.array([0.0, 1.0])) == 0.5
