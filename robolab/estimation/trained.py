"""The trained estimators by name; what they need is loaded when one is made."""

from __future__ import annotations

from abc import abstractmethod
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
    def __init__(self, model: LoadModel, robot: RobotModel, period: float) -> None:
        self._one = self._made(model, robot, period)

    @staticmethod
    @abstractmethod
    def _made(model: LoadModel, robot: RobotModel, period: float) -> Estimator: ...

    def update(self, sample: Sample) -> Estimate:
        """See Estimator.update."""
        return self._one.update(sample)

    def forget(self) -> None:
        """See Estimator.forget."""
        self._one.forget()


@ESTIMATORS.register("network")
class Network(_Trained):
    """See `learned.NetworkEstimator`."""

    @staticmethod
    def _made(model: LoadModel, robot: RobotModel, period: float) -> Estimator:
        from robolab.estimation.learned import NetworkEstimator

        return NetworkEstimator(model, robot, period)


@ESTIMATORS.register("fusion")
class Fusion(_Trained):
    """See `learned.FusionEstimator`."""

    @staticmethod
    def _made(model: LoadModel, robot: RobotModel, period: float) -> Estimator:
        from robolab.estimation.learned import FusionEstimator

        return FusionEstimator(model, robot, period)
