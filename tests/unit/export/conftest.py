"""Estimators ready to be exported, with a recording each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from robolab.export.load import STEPS, Step
from robolab.export.load_recording import recorded
from tests.unit.export.load_models import model_of

MakeStep = Callable[..., Step]


@pytest.fixture(scope="session")
def step_of() -> MakeStep:
    """Make the step of a robot, with its own recording or with one that is handed in."""

    @cache
    def own(name: str, period: float) -> Step:
        model, robot = model_of(name)
        return STEPS.get("kalman")(model, robot, period)

    def make(name: str, period: float = 0.008, samples: np.ndarray | None = None) -> Step:
        step = own(name, period)
        if samples is None:
            return step
        every = int(step.sizes["EVERY"].value)
        return replace(step, recording=recorded(step.estimator(), samples, every))

    return make
