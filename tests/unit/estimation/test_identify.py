from dataclasses import replace

import numpy as np
import pytest

from robolab.core.errors import LogError
from robolab.estimation.identify import Loaded, identify
from robolab.estimation.inertia import consistent
from robolab.estimation.model import LoadModel
from robolab.robots.model import RobotModel
from tests.unit.estimation.conftest import SCALE, Record, true_drives


def test_current_of_left_out_runs_is_explained(identified: LoadModel) -> None:
    assert min(identified.explained) > 0.9
    assert min(identified.explained[1:3]) > 0.995


def test_a_known_load_settles_the_gains(identified: LoadModel, arm: RobotModel) -> None:
    usual = arm.motors.gear_ratio * arm.motors.torque_constant
    ratio = np.array(identified.gain) / usual
    # The joints that carry the load against gravity.
    assert ratio[1:3] == pytest.approx(SCALE, rel=0.04)
    assert identified.gain_known


def test_load_dependent_friction_is_found(identified: LoadModel, arm: RobotModel) -> None:
    truth = true_drives(arm).friction[1:3, -1]
    assert np.array(identified.friction)[1:3, -1] == pytest.approx(truth, abs=0.05)


def test_all_bodies_could_be_real(identified: LoadModel) -> None:
    assert consistent(np.array(identified.inertial))


def test_what_the_logs_cannot_see_stays_the_description(
    identified: LoadModel, arm: RobotModel
) -> None:
    # The first body turns about a vertical axis: its weight never shows.
    assert "shoulder_pan_joint: mass" in identified.unseen
    assert "elbow_joint: m x" not in identified.unseen
    assert identified.inertial[0][0] == pytest.approx(arm.linkage.inertial[0, 0], rel=1e-3)


def test_without_a_known_load_the_scale_stays_unknown(arm: RobotModel, record: Record) -> None:
    model = identify(arm, [record(1), record(2)])
    assert not model.gain_known
    assert model.gain_share >= 0.1


def test_a_log_without_the_load_that_was_said_is_refused(arm: RobotModel, record: Record) -> None:
    with pytest.raises(LogError, match="shows no such load"):
        identify(arm, [record(1), record(2)], [Loaded(record(3), 3.0)])


def test_a_log_without_motion_is_refused(arm: RobotModel, record: Record) -> None:
    log = record(1, 4.0)
    still = replace(log, q=np.zeros_like(log.q), qd=np.zeros_like(log.qd))
    with pytest.raises(LogError, match="moves too little"):
        identify(arm, [still])


def test_there_has_to_be_a_log(arm: RobotModel) -> None:
    with pytest.raises(LogError, match="--log"):
        identify(arm, [])


def test_the_same_logs_give_the_same_model(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    load = np.array([3.0, 0.0, 0.2, 0.3])
    logs = [record(seed) for seed in (1, 2, 3)]
    assert identify(arm, logs, [Loaded(record(9, 14.0, load), 3.0)]) == identified
