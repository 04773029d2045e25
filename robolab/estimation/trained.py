"""The trained estimators by name; what they need is loaded when one is made."""

from __future__ import annotations

from pathlib import Path

from robolab.core.assets import shipped
from robolab.estimation.contract import ESTIMATORS, Estimate, Estimator, Sample
from robolab.estimation.model import LoadModel
from robolab.robots.model import RobotModel

MODEL = "model.json"
"""Name of the identified model beside the networks that were taught around it."""


def folder_of(robot: str) -> Path:
    """Where the networks of a robot are shipped, if there are any."""
    return shipped("policies") / f"load_{robot}"


class _Trained(Estimator):
    _one: Estimator

    def update(self, sample: Sample) -> Estimate:
        """See Estimator.update."""
        return self._one.update(sample)

    def forget(self) -> None:
        """See Estimator.forget."""
        self._one.forget()


@ESTIMATORS.register("network")
class Network(_Trained):
    """See `learned.NetworkEstimator`."""

    def __init__(self, model: LoadModel, robot: RobotModel, period: float) -> None:
        from robolab.estimation.learned import NetworkEstimator

        self._one = NetworkEstimator(model, robot, period)


@ESTIMATORS.register("fusion")
class Fusion(_Trained):
    """See `learned.FusionEstimator`."""

    def __init__(self, model: LoadModel, robot: RobotModel, period: float) -> None:
        from robolab.estimation.learned import FusionEstimator

        self._one = FusionEstimator(model, robot, period)
