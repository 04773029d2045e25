"""A real UR10e: what was identified without a run holds on it."""

import numpy as np
import pytest

from robolab.core.assets import data_dir
from robolab.estimation.identify import Loaded, identify
from robolab.estimation.log import JointLog, read_joint_log
from robolab.estimation.model import LoadModel
from robolab.estimation.windows import estimate_log
from robolab.robots.model import RobotModel

MASS = 2.805
HEAVY = "ur-20_02_19_14harm50secLoad.csv"
FREE = (
    "ur-20_01_17-ptp_10_points.csv",
    "ur-20_02_10-30sec_12harm.csv",
    "ur-20_02_12-40sec_12harm.csv",
    "ur-20_02_12-50sec_12harm.csv",
    "ur-20_02_19_14harm50sec.csv",
)
LEFT_OUT = FREE[3]


@pytest.fixture(scope="module")
def logs(arm: RobotModel) -> dict[str, JointLog]:
    folder = data_dir()
    if folder is None or not (folder / "ur10e").is_dir():
        pytest.skip("no recorded logs: set ROBOLAB_DATA")
    return {name: read_joint_log(folder / "ur10e" / name, arm) for name in (*FREE, HEAVY)}


@pytest.fixture(scope="module")
def halves(logs: dict[str, JointLog]) -> tuple[JointLog, JointLog]:
    heavy = logs[HEAVY]
    middle = float(heavy.time[len(heavy.time) // 2])
    return heavy.part(-np.inf, middle), heavy.part(middle, np.inf)


@pytest.fixture(scope="module")
def model(
    logs: dict[str, JointLog], halves: tuple[JointLog, JointLog], arm: RobotModel
) -> LoadModel:
    """Knows neither the left-out run nor the second half of the loaded one."""
    known = [logs[name] for name in FREE if name != LEFT_OUT]
    return identify(arm, known, [Loaded(halves[0], MASS)])


def test_an_empty_hand_reads_empty(
    logs: dict[str, JointLog], model: LoadModel, arm: RobotModel
) -> None:
    assert estimate_log(model, arm, logs[LEFT_OUT], 2.0).whole.mass <= 0.03


def test_the_other_half_of_the_loaded_run_weighs_what_it_weighs(
    halves: tuple[JointLog, JointLog], model: LoadModel, arm: RobotModel
) -> None:
    said = estimate_log(model, arm, halves[1], 2.0)
    assert said.whole.mass == pytest.approx(MASS, rel=0.03)
    assert abs(said.whole.mass - MASS) < 3.0 * said.whole.mass_std
    known = [abs(w.mass - MASS) for w in said.windows if w.known]
    assert np.mean(known) < 0.1
