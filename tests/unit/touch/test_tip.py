"""Fingertip networks: they learn, go on where they were cut off, and say nothing where there is nothing to read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from robolab.core.errors import BadInput, WeightsError
from robolab.core.transforms import pose
from robolab.scene.spec import BoxShape, SphereShape
from robolab.sensors.fingertip_touch import Load, touch
from robolab.sensors.relief import Texture, body_of
from robolab.touch.tip import TipNetworks, TipReader
from robolab.touch.tip_draw import CLASSES, Split, draw_object, random_object
from robolab.touch.tip_figures import auc
from robolab.touch.tip_frames import Tip, draw_frames
from robolab.touch.tip_network import PressNetwork, loss_of
from robolab.touch.tip_roughness import RoughnessNetwork, features_of
from robolab.touch.tip_shape import ShapeNetwork
from robolab.touch.tip_slip import FRAMES, SlipNetwork, draw_pulls
from robolab.touch.tip_train import fit, start

Spoil = Callable[[np.ndarray], np.ndarray]
BALL = body_of(SphereShape(type="sphere", radius=0.008))


@pytest.fixture(scope="module")
def tip() -> Tip:
    return Tip(np.random.default_rng(4))


@pytest.fixture(scope="module")
def reader(tip: Tip) -> TipReader:
    """One whose networks have learned nothing: what it refuses to read does not depend on them."""
    made = PressNetwork(), ShapeNetwork(), RoughnessNetwork(), SlipNetwork()
    for network in made:
        start(network, 0)
    keys = ("shear", "normal", "height", "curvature", "roughness", "peak", "peak_std")
    calibration: dict[str, float] = dict.fromkeys(keys, 1.0)
    return TipReader(TipNetworks(*made, calibration), tip.reference)


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
    assert reader.roughness(_seen(tip, 0.0)[0][None], _seen(tip, 0.0)[1]) == (0.0, np.inf)


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


def test_rougher_surfaces_shine_more_unevenly(tip: Tip) -> None:
    rng = np.random.default_rng(5)
    energy: list[float] = []
    for roughness in (0.5e-6, 2e-6, 8e-6, 32e-6):
        texture = Texture.drawn(roughness, 3e-4, np.random.default_rng(6))
        plate = body_of(BoxShape(type="box", size=(0.012, 0.012, 0.01)), None, texture)
        told = touch(tip.gel, [(plate, pose((0, 0, 0.02)))], Load(6.0))
        frames = np.stack([tip.picture(told, rng) for _ in range(8)])
        height = told.pressed.height.reshape(30, 8, 40, 8).mean(axis=(1, 3))
        found = features_of(tip.gel, frames, tip.reference, told.marks, height)
        assert found is not None
        energy.append(float(found[2]))
    assert np.all(np.diff(energy) > 0.2)


def test_pulls_slide_when_friction_is_used_up() -> None:
    pulls = draw_pulls(12, "learn", np.random.default_rng(0))
    assert pulls.marks.shape == (12, FRAMES, 2, 7, 9)
    assert 0.1 < pulls.slides.any(axis=1).mean() < 0.9
    slides = pulls.slides > 0
    assert pulls.share[slides].mean() > 0.9 > pulls.share[~slides].mean()
    assert np.array_equal(slides, pulls.since >= 0.0)


def test_area_under_the_curve() -> None:
    assert auc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert auc(np.array([0.0, 1.0]), np.array([0.0, 1.0])) == 0.5
