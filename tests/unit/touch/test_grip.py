"""The grip: what it feels, how it holds, and what it does when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from robolab.core.errors import BadInput, WeightsError
from robolab.sensors.pad import COLUMNS, ROWS, PadForces
from robolab.sim.pinch import Pinch, PinchBody
from robolab.tasks.lift import GripCommand, GripSample, LiftResult, Stroke, Trial
from robolab.tasks.lift_case import LiftCase
from robolab.tasks.lift_motion import lift_and_shake
from robolab.touch.grip import SPARE, GraspForcePredictor, GripPolicy, load_grip
from robolab.touch.grip_feel import EVERY
from robolab.touch.grip_network import GripNetwork, GripStep
from robolab.touch.known import Known

PLAIN = GripPolicy(GripNetwork().start(torch.Generator().manual_seed(0)).state_dict(), 0.4)
"""Nothing learned: friction and weight as felt, and half as much again."""


@pytest.fixture(scope="module")
def pinch() -> Iterator[Pinch]:
    with Pinch() as world:
        yield world


def case(mass: float = 0.3, friction: float = 0.5, limit: float | None = None) -> LiftCase:
    corners = 0.025 * np.array(list(product((-1.0, 1.0), repeat=3)))
    motion = lift_and_shake(np.random.default_rng(0), 1e-3)
    body = PinchBody(corners, np.zeros(3), mass, friction, 5000.0)
    return LiftCase(-1, body, 0.05, mass * motion.hardest / (2.0 * friction), limit, motion)


Seen = list[tuple[GripSample, GripCommand]]


def lift(
    pinch: Pinch,
    one: LiftCase,
    known: Known | None = None,
    spoil: Callable[[Trial, float], None] = lambda _trial, _time: None,
) -> tuple[LiftResult, Seen, GraspForcePredictor]:
    """Go through a trial, and spoil it meanwhile."""
    grip, seen = GraspForcePredictor(PLAIN, known), Seen()
    trial = Trial(pinch, one, np.random.default_rng(0))

    def see(sample: GripSample, command: GripCommand) -> None:
        seen.append((sample, command))
        spoil(trial, sample.time)

    return trial.run(grip, see), seen, grip


@pytest.mark.parametrize(("mass", "friction"), [(0.1, 0.9), (0.6, 0.35)])
def test_feels_friction_and_weight_and_holds(pinch: Pinch, mass: float, friction: float) -> None:
    one = case(mass, friction)
    result, seen, grip = lift(pinch, one)
    assert result.held
    assert not result.fault
    assert grip.feel.friction == pytest.approx(friction, rel=0.1)
    assert grip.feel.mass == pytest.approx(mass, rel=0.15)
    assert result.force < 2.0 * one.cone
    contact = grip.feel.contact
    assert contact is not None
    ready = next(s.time for s, c in seen if c.stroke == Stroke.READY)
    assert 0.09 < ready - contact < 0.25


def test_never_presses_harder_than_a_fragile_object_bears(pinch: Pinch) -> None:
    one = case(0.1, 0.5)
    limit = 1.6 * one.cone
    result, seen, _ = lift(pinch, replace(one, limit=limit), Known(limit=limit))
    assert max(c.force for _, c in seen) == pytest.approx(SPARE * limit)
    assert result.peak <= limit
    assert not result.overloaded
    assert result.held


def test_a_heavy_object_is_weighed_before_it_is_lifted(pinch: Pinch) -> None:
    # The table springs back under it, so that its weight comes late.
    masses: list[float] = []
    trial, grip = Trial(pinch, case(1.2, 0.4), np.random.default_rng(0)), GraspForcePredictor(PLAIN)

    def see(_sample: GripSample, command: GripCommand) -> None:
        if command.stroke == Stroke.READY and not masses:
            masses.append(grip.feel.mass)
            trial.case.motion.velocity[:] = 0.0  # what follows does not matter

    trial.run(grip, see)
    assert masses[0] == pytest.approx(1.2, rel=0.2)


def in_the_air(share: tuple[float, float], looks: int = 4) -> list[GripCommand]:
    """What a grip says of an object that uses a share of each finger's friction, felt as 0.5."""
    grip = GraspForcePredictor(PLAIN)
    grip.feel.contact, grip.feel.friction = 0.0, 0.5
    rng = np.random.default_rng(0)
    said: list[GripCommand] = []
    for k in range(EVERY * looks):
        grip.feel.stroke = Stroke.STAY if k < EVERY else Stroke.READY
        normal = 0.1 + 0.001 * rng.standard_normal((2, ROWS, COLUMNS))
        shear = np.zeros((2, ROWS, COLUMNS, 2))
        shear[..., 1] = -0.05 * np.array(share)[:, None, None]
        said.append(
            grip.update(
                GripSample(0.3 + 1e-3 * k, PadForces(normal, shear), 9.81, 12.0, 12.0, 0.05)
            )
        )
    return said


def test_tightens_when_the_object_slips_and_not_when_one_finger_does() -> None:
    calm, sliding = in_the_air((0.8, 0.8), looks=12), in_the_air((1.05, 1.05), looks=12)
    assert not any(c.slipping for c in calm)
    assert not any(c.slipping for c in in_the_air((1.05, 0.7), looks=12))
    assert sliding[-1].slipping
    assert sliding[-1].force > 1.3 * calm[-1].force


def test_says_that_it_will_not_hold_when_more_force_does_not_help() -> None:
    said = in_the_air((1.2, 1.2), looks=40)
    first = next(k for k, c in enumerate(said) if c.loses)
    assert said[first].slipping
    # All that may be added has been added by then.
    assert first > EVERY * 9
    assert not any(c.loses for c in in_the_air((0.8, 0.8), looks=40))


def test_too_heavy_for_what_it_may_press_with_stays_on_the_table(pinch: Pinch) -> None:
    result, seen, _ = lift(pinch, case(1.2, 0.3), Known(limit=3.0))
    assert "too heavy or too slippery" in result.fault
    assert max(c.force for _, c in seen) <= 3.0


def test_a_pad_that_is_dead_from_the_start_lifts_nothing(pinch: Pinch) -> None:
    def spoil(trial: Trial, _time: float) -> None:
        trial.skin.dead[1] = True

    result, seen, _ = lift(pinch, case(), spoil=spoil)
    assert "pad of finger 2 is dead" in result.fault
    assert not any(c.stroke == Stroke.READY for _, c in seen)


def test_a_pad_that_dies_in_the_air_is_held_on_to(pinch: Pinch) -> None:
    def spoil(trial: Trial, time: float) -> None:
        trial.skin.dead[0] = time > 0.7

    result, seen, _ = lift(pinch, case(), spoil=spoil)
    assert result.held
    blind = [c.force for _, c in seen if "dead" in c.fault]
    assert len(set(blind)) == 1
    before = next(c.force for _, c in reversed(seen) if not c.fault)
    assert blind[0] == pytest.approx(1.2 * before, rel=0.05)


def samples(normal: Callable[[float], tuple[float, float]], seconds: float) -> Iterator[GripSample]:
    """What pads with a little noise say of forces over time."""
    rng = np.random.default_rng(1)
    for k in range(round(1000 * seconds)):
        force = np.array(normal(1e-3 * k))[:, None, None] / (ROWS * COLUMNS)
        cells = force + 0.005 * rng.standard_normal((2, ROWS, COLUMNS))
        shear = 0.005 * rng.standard_normal((2, ROWS, COLUMNS, 2))
        yield GripSample(1e-3 * k, PadForces(cells, shear), 9.81, 12.0, 12.0, 0.05)


@pytest.mark.parametrize(
    ("normal", "known", "words"),
    [
        (lambda _t: (0.0, 0.0), Known(), "nothing between the fingers"),
        (lambda t: (1.0 * (t > 0.05), 0.0), Known(), "finger 1 touches, finger 2 does not"),
        (lambda _t: (2.0, 2.0), Known(), "wider than the gripper"),
        (lambda _t: (0.0, 0.0), Known(size=0.12), "as vision sees it"),
        (lambda t: (900.0 * (t > 0.05), 0.0), Known(), "not this pad"),
        (lambda t: (np.nan if t > 0.05 else 0.0, 0.0), Known(), "pad of finger 1 is dead"),
    ],
)
def test_says_what_is_wrong_and_does_not_lift(
    normal: Callable[[float], tuple[float, float]], known: Known, words: str
) -> None:
    grip = GraspForcePredictor(PLAIN, known)
    commands = [grip.update(sample) for sample in samples(normal, 1.0)]
    assert words in commands[-1].fault
    assert all(c.stroke != Stroke.READY for c in commands)
    assert max(c.force for c in commands) <= 0.5


def test_refuses_readings_of_another_sensor() -> None:
    grip = GraspForcePredictor(PLAIN)
    pads = PadForces(np.zeros((2, 8, 8)), np.zeros((2, 8, 8, 2)))
    with pytest.raises(BadInput, match=r"another sensor.*two pads of 4 by 4"):
        grip.update(GripSample(0.0, pads, 9.81, 12.0, 12.0, 0.05))


def test_one_look_at_a_time_says_what_the_whole_sequence_says() -> None:
    network = GripNetwork().start(torch.Generator().manual_seed(3))
    with torch.no_grad():
        network.leave.weight.uniform_(-0.3, 0.3, generator=torch.Generator().manual_seed(4))
    lines = np.random.default_rng(0).standard_normal((40, network.enter.in_features))
    with torch.no_grad():
        mean, spread, slides = network(torch.from_numpy(lines[None]).float())
    step = GripStep(network.state_dict())
    said = [step.look(line) for line in lines]
    assert np.array([s.mean for s in said]) == pytest.approx(mean[0].numpy(), abs=1e-4)
    assert np.array([s.std for s in said]) == pytest.approx(spread[0].exp().numpy(), abs=1e-4)
    assert np.array([s.slides for s in said]) == pytest.approx(slides[0].numpy(), abs=1e-4)


def test_a_policy_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"recipe\.yaml"):
        load_grip(tmp_path)


def test_the_shipped_grip_holds_a_block(pinch: Pinch) -> None:
    one = case(0.25, 0.6)
    result = Trial(pinch, one, np.random.default_rng(0)).run(GraspForcePredictor())
    assert result.held
    assert result.force < 2.2 * one.cone
