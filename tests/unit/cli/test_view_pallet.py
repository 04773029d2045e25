"""The window on a pallet that is emptied, run without a display: what it shows moves, pauses and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from robolab.cli import view_window
from robolab.cli.view_pallet import PalletWindow
from robolab.core.transforms import pose
from robolab.jobs.pallet_cell import pallet_cell
from robolab.jobs.pallet_evaluate import PERFECT, RULE
from robolab.jobs.pallet_picture import TAKEN
from robolab.jobs.pallet_player import AWAY
from robolab.jobs.pallet_record import in_words
from robolab.jobs.pallet_show import Live, Show, first_choice
from robolab.sim.world import World
from robolab.tasks.pallet_case import DECKS, Case, Pallet, PrintSpec

_PLAIN = PrintSpec((0.7, 0.6, 0.4), False, False, False, (), 0)


def case(name: str, z: float) -> Case:
    deck = DECKS["ur10e"]
    at = deck.X_world_deck[:3, 3] * (1.0, 1.0, 0.0) + [0.0, 0.0, deck.top + z]
    return Case(name, "box", np.array([0.3, 0.2, 0.16]), 2.0, pose(at), _PLAIN)


@pytest.fixture(scope="module")
def show() -> Show:
    stack = (case("low", 0.08), case("high", 0.24))
    return Show(pallet_cell("mixed_pallet"), Pallet(stack, "easy", 0, "unseen", False, "ur10e"))


class Headless(PalletWindow):
    """The window with everything but the screen: time goes by in set steps, and controls are set by the test."""

    steps = 400
    speed = 1.0
    pause_at: int | None = None
    step = -1

    def _frames(self) -> Iterator[float]:
        for step in range(self.steps):
            self.step = step
            yield 0.1

    def _slider(self, name: str, low: float, high: float, value: float) -> Any:
        return name

    def _button(self, name: str) -> Any:
        return name

    def _read(self, slider: Any) -> float:
        if slider == "speed":
            return self.speed
        pressed = self.pause_at is not None and self.step >= self.pause_at
        return float(pressed and slider.startswith("pause"))

    def _hit(self, key: str) -> bool:
        return False


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch, show: Show) -> Iterator[Headless]:
    monkeypatch.setattr(view_window, "World", lambda scene, seed, gui: World(scene, seed))
    with Headless(show, 0) as opened:
        yield opened


def waiting(live: Live) -> Live:
    """An episode whose turns are waited for, so that frames do not run out."""
    plain = live.next
    live.next = lambda patience=0.0: plain(None)  # type: ignore[method-assign, assignment]
    return live


def test_the_pallet_is_emptied_before_ones_eyes(window: Headless, show: Show) -> None:
    world = window._world
    with closing(waiting(Live(show, RULE, PERFECT)).start()) as live:
        window.empty(live)
    assert live.over
    assert np.allclose(world.object_pose("high")[:3, 3], AWAY, atol=1e-6)
    q, _ = world.joint_state()
    assert np.abs(q - show.cell.home).max() > 0.1


def test_a_pause_holds_everything(window: Headless, show: Show) -> None:
    window.pause_at, window.steps = 0, 40
    with closing(waiting(Live(show, RULE, PERFECT)).start()) as live:
        window.empty(live)
    for one in show.pallet.cases:
        assert np.allclose(window._world.object_pose(one.name), one.X_world_case, atol=1e-6)


def test_the_first_choice_is_drawn_on_the_picture(show: Show) -> None:
    image = Image.open(BytesIO(first_choice(show, RULE, PERFECT))).convert("RGB")
    pixels = np.asarray(image).astype(int)
    near = np.abs(pixels - np.array(TAKEN)).max(axis=-1) < 40
    rows, columns = np.nonzero(near)
    assert len(rows) > 100
    assert np.ptp(columns) > 20
    assert np.ptp(rows) > 5


def test_closing_ends_the_episode(show: Show) -> None:
    live = Live(show, RULE, PERFECT).start()
    first = live.next(None)
    assert first is not None
    assert "takes 30 × 20 cm" in in_words(first)
    live.close()
    assert not live._thread.is_alive()


def test_what_fails_in_the_thread_is_raised_where_it_is_watched(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("the camera fell off")

    live = Live(show, RULE, PERFECT)
    monkeypatch.setattr(live._watched, "_see", broken)
    live.start()
    with pytest.raises(RuntimeError, match="fell off"):
        live.next(None)
