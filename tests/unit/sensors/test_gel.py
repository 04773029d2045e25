"""The gel: bears what is pressed on it, gives way as an elastic layer does, slides from the rim inwards."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import pose, pose_rpy
from robolab.scene.spec import BoxShape, SphereShape
from robolab.sensors.fingertip_touch import Load, touch
from robolab.sensors.gel import Gel, drag, moved_marks, press
from robolab.sensors.gel_look import Look
from robolab.sensors.relief import Body, Texture, body_of, gap_of, texture_of

GEL = Gel()
BALL = body_of(SphereShape(type="sphere", radius=0.008))
PLATE = body_of(BoxShape(type="box", size=(0.1, 0.1, 0.01)))


def _gap(body: Body, x: float = 0.0, y: float = 0.0) -> np.ndarray:
    return gap_of(GEL, [(body, pose((x, y, 0.02)))])


def _force_of(height: np.ndarray) -> float:
    return GEL.stiffness * GEL.pitch**2 * float(height.sum(dtype=float))


@pytest.mark.parametrize("force", [0.3, 2.0, 8.0])
@pytest.mark.parametrize(
    "body", [BALL, PLATE, body_of(BoxShape(type="box", size=(0.004, 0.1, 0.01)))]
)
def test_sum_over_the_gel_is_the_force(body: Body, force: float) -> None:
    pressed = press(GEL, _gap(body, 0.002), force)
    assert _force_of(pressed.height) == pytest.approx(force, rel=1e-4)
    assert pressed.pressure.sum() * (8 * GEL.pitch) ** 2 == pytest.approx(force, rel=1e-6)
    assert pressed.pressure.min() >= 0.0


def test_plate_sinks_evenly_and_ball_as_springs_with_an_edge() -> None:
    area = GEL.rows * GEL.columns * GEL.pitch**2
    assert press(GEL, _gap(PLATE), 5.0).height == pytest.approx(
        5.0 / GEL.stiffness / area, rel=1e-3
    )
    # Springs alone would let a ball sink by sqrt(F / (pi k R)); the pull of the gel beside it holds it higher.
    springs = np.sqrt(3.0 / (np.pi * GEL.stiffness * 0.008))
    assert 0.7 * springs < press(GEL, _gap(BALL), 3.0).depth < springs
    assert press(GEL, _gap(BALL), 6.0).depth > 1.3 * press(GEL, _gap(BALL), 3.0).depth


def test_surface_rises_beside_an_edge_over_its_own_length() -> None:
    edge = _gap(PLATE, -0.05)  # covers the left half
    row = press(GEL, edge, 4.0).height[120]
    assert not press(GEL, edge, 4.0).contact[120, 162]
    steps = round(GEL.length / GEL.pitch)
    assert row[170 + steps] / row[170] == pytest.approx(np.exp(-1.0), rel=0.05)


def test_soft_things_show_flatter_and_sink_deeper() -> None:
    hard, soft = (press(GEL, _gap(BALL), 3.0, softness) for softness in (0.0, 2.0))
    assert soft.contact.sum() > 1.5 * hard.contact.sum()
    assert soft.height.max() < 0.8 * hard.height.max()
    assert soft.depth > 1.2 * hard.depth


def test_rigid_base_bears_what_is_too_much() -> None:
    needle = body_of(SphereShape(type="sphere", radius=0.0008))
    pressed = press(GEL, _gap(needle), 12.0)
    assert pressed.bottomed
    assert pressed.height.max() <= GEL.thickness
    assert not press(GEL, _gap(BALL), 8.0).bottomed


def test_nothing_there_nothing_moves() -> None:
    empty = gap_of(GEL, [])
    for gap, force in ((empty, 3.0), (_gap(BALL), 0.0)):
        pressed = press(GEL, gap, force)
        assert not pressed.height.any()
        assert np.array_equal(
            moved_marks(GEL, pressed, drag(GEL, pressed, (1.0, 0.0), 0.0, 1.0)), GEL.marks_at_rest()
        )


def test_drag_carries_the_force_and_slides_from_the_rim() -> None:
    pressed = press(GEL, _gap(BALL), 4.0)
    unit = GEL.shear_stiffness * (8 * GEL.pitch) ** 2
    shares: list[float] = []
    for shear in (0.4, 1.0, 1.6, 1.8):
        dragged = drag(GEL, pressed, (shear, -0.1), 0.0, 0.5)
        assert unit * dragged.field.sum(axis=(1, 2)) == pytest.approx([shear, -0.1], abs=0.02)
        shares.append(dragged.sliding)
    assert shares == sorted(shares)
    assert shares[0] < 0.3
    assert shares[-1] > 0.5
    beyond = drag(GEL, pressed, (3.0, 0.0), 0.0, 0.5)
    assert beyond.sliding == 1.0
    assert unit * beyond.field[0].sum() == pytest.approx(2.0, rel=0.01)


def test_marks_follow_shear_and_twist() -> None:
    pressed = press(GEL, _gap(BALL), 5.0)
    rest = moved_marks(GEL, pressed, drag(GEL, pressed, (0.0, 0.0), 0.0, 1.0))
    along = moved_marks(GEL, pressed, drag(GEL, pressed, (1.0, 0.0), 0.0, 1.0)) - rest
    assert along[31, 0] > 5.0  # the middle one
    assert abs(along[31, 1]) < 0.5
    turned = moved_marks(GEL, pressed, drag(GEL, pressed, (0.0, 0.0), 0.004, 1.0)) - rest
    assert turned[32, 1] > 1.0 > -1.0 > turned[30, 1]
    assert np.abs(turned[31]).max() < 0.5


def test_texture_has_its_roughness_and_turns_with_the_object() -> None:
    texture = Texture.drawn(5e-6, 3e-4, np.random.default_rng(3))
    assert np.abs(texture.tile).mean() == pytest.approx(5e-6, rel=1e-3)
    lag = np.mean(texture.tile * np.roll(texture.tile, round(3e-4 / 40e-6), 0)) / np.mean(
        texture.tile**2
    )
    assert lag == pytest.approx(np.exp(-((7.5 / 7.5) ** 2)), abs=0.08)
    plate = body_of(BoxShape(type="box", size=(0.1, 0.1, 0.01)), None, texture)
    seen: list[np.ndarray] = []
    for yaw in (0.0, np.pi / 2.0):
        X = pose_rpy((0.0, 0.0, 0.02), (0.0, 0.0, yaw))
        seen.append(texture_of(GEL, plate, X, gap_of(GEL, [(plate, X)])))
    square = seen[0][:, 40:280], seen[1][:, 40:280]
    assert square[1] == pytest.approx(np.rot90(square[0], -1), abs=1e-8)


def test_roughness_shows_as_the_pressure_allows() -> None:
    texture = Texture.drawn(2e-5, 3e-4, np.random.default_rng(3))
    rough = body_of(BoxShape(type="box", size=(0.1, 0.1, 0.01)), None, texture)
    shown = [touch(GEL, [(rough, pose((0, 0, 0.02)))], Load(force)) for force in (0.5, 8.0)]
    spread = [float(t.pressed.height.std()) for t in shown]
    assert 0.0 < spread[0] < 0.5 * spread[1] < texture.tile.std()
    for told, force in zip(shown, (0.5, 8.0), strict=True):
        assert _force_of(told.pressed.height) == pytest.approx(force, rel=1e-3)


def test_curved_gel_is_met_in_its_middle_first() -> None:
    curved = Gel(radius=0.03)
    contact = press(curved, gap_of(curved, [(PLATE, pose((0, 0, 0.02)))]), 2.0).contact
    assert contact[120, 160]
    assert not contact[0, 0]


def test_lamps_show_which_way_the_gel_leans() -> None:
    look = Look.drawn(GEL, np.random.default_rng(0), light=0.0, wear=0.0, noise=0.0)
    pressed = press(GEL, _gap(BALL), 5.0)
    flat = look.reference(np.random.default_rng(0), 1)
    seen = look.picture(pressed.height, GEL.marks_at_rest(), np.random.default_rng(0)) - flat
    # Seen from inside the gel stands out there: the side towards a lamp faces it.
    red, green = seen[..., 0], seen[..., 1]
    assert red[80, 175] > 10.0 > -10.0 > red[160, 175]
    assert green[130, 200] > 10.0 > -10.0 > green[110, 120]
    assert np.abs(seen[2:10, 2:10]).max() <= 1.0
