"""Loads felt by motor currents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import LoadModelError
from robolab.estimation.model import save_model
from robolab.jobs.adapt_current import CurrentFeeler, model_with_tool
from robolab.jobs.adapt_feel import Lift
from robolab.jobs.load import robot_of
from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.loads import scaled
from robolab.trajectory.polynomial import hermite
from tests.described import described

HEAVY = Payload(10.0, np.array([0.0, 0.0, 0.1]), 0.08 * np.eye(3))


@pytest.fixture(scope="module")
def lift(ur10e: RobotModel) -> Lift:
    """Straight up, in half a second."""
    ends = np.zeros((3, 2, 6))
    ends[0] = ur10e.home, ur10e.home + np.array([0.0, 0.25, -0.3, 0.05, 0.0, 0.0])
    true = scaled(replace(HEAVY, com=np.array([0.01, -0.01, 0.1])), 4.0)
    return Lift(ur10e, "carton", hermite([0.0, 0.5], ends), HEAVY, true)


def test_a_lift_tells_the_mass_as_well_as_it_claims(ur10e: RobotModel, lift: Lift) -> None:
    model = described(ur10e)
    felt = [CurrentFeeler(model, seed).feel(lift) for seed in range(12)]
    off = np.array([(f.load.mass - 4.0) / f.doubt.mass for f in felt])
    assert np.sqrt(np.mean(off**2)) < 2.0
    assert max(f.doubt.mass for f in felt) < 1.5
    assert np.std([f.load.mass for f in felt]) > 0.01
    assert CurrentFeeler(model, 3).feel(lift).load.mass == felt[3].load.mass


def test_the_centre_is_the_shapes_where_a_lift_does_not_tell(ur10e: RobotModel, lift: Lift) -> None:
    felt = CurrentFeeler(described(ur10e), 1).feel(lift)
    assert 0.0 < felt.doubt.com <= 0.01
    assert np.linalg.norm(felt.load.com - HEAVY.com) < 0.02


def test_a_quieter_arm_is_surer(ur10e: RobotModel, lift: Lift) -> None:
    loud, quiet = (
        CurrentFeeler(described(ur10e, share), 1).feel(lift).doubt.mass for share in (1.0, 0.3)
    )
    assert quiet < loud


def test_the_cells_tool_is_hung_on_the_arm_that_was_identified(
    ur10e: RobotModel, tmp_path: Path
) -> None:
    bare, file = robot_of("ur10e"), tmp_path / "model"
    save_model(file, described(bare))
    model = model_with_tool(file, ur10e)
    assert np.allclose(model.inertial, ur10e.linkage.inertial)
    assert sum(row[0] for row in model.inertial) == pytest.approx(
        sum(row[0] for row in described(bare).inertial) + 0.6
    )
    save_model(file, described(ur10e))
    with pytest.raises(LoadModelError, match="another robot"):
        model_with_tool(file, ur10e)
