"""A load picked up in the simulation is known soon, and its loss noticed at once, from motor currents alone."""

from __future__ import annotations

import pytest

from robolab.estimation.model import LoadModel
from robolab.jobs.load_trial import pick_and_lose
from robolab.robots.model import RobotModel
from tests.unit.estimation.conftest import Record, arm, identified, record

__all__ = ["arm", "identified", "record"]  # fixtures


def test_a_load_is_known_after_its_lift_and_missed_when_it_goes(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    trial = pick_and_lose(identified, arm, 4.0, 2)
    early = trial.known_after(0.3)
    assert abs(early.mass - 4.0) < 1.645 * early.mass_std + 0.1
    assert early.mass_std < 0.5
    assert trial.known_after(1.0).mass == pytest.approx(4.0, abs=0.3)
    noticed = trial.noticed()
    assert noticed is not None
    assert noticed <= 0.1
    assert trial.false_alarms() == 0


def test_the_cups_vacuum_tells_a_loss_at_once(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    trial = pick_and_lose(identified, arm, 4.0, 2, switch=True)
    assert trial.known_after(1.0).mass == pytest.approx(4.0, abs=0.3)
    noticed = trial.noticed()
    assert noticed is not None
    assert noticed <= 0.1
    assert [event.kind for _, event in trial.events] == ["lost"]
