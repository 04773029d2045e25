from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robolab.robots.model import RobotModel
from robolab.trajectory.polynomial import from_bernstein
from robolab.trajectory.tool_motion import tool_motion


def test_positions_agree_with_the_model_and_rates_with_differences(ur10e: RobotModel) -> None:
    bends = np.random.default_rng(0).normal(size=(6, 6))
    path = from_bernstein(ur10e.home + 0.4 * bends)
    u, h = np.linspace(0.1, 0.9, 15), 1e-5
    p, v, a = tool_motion(ur10e.chain, path(u), path(u, 1), path(u, 2))
    ahead, behind = (
        tool_motion(ur10e.chain, path(w), path(w, 1), path(w, 2)) for w in (u + h, u - h)
    )
    assert p == pytest.approx(ur10e.fk(path(u))[:, :3, 3], abs=1e-12)
    assert v == pytest.approx((ahead[0] - behind[0]) / (2 * h), rel=1e-6, abs=1e-6)
    assert a == pytest.approx((ahead[1] - behind[1]) / (2 * h), rel=1e-6, abs=1e-5)


def test_sliding_joints_move_along_their_axes(ur10e: RobotModel) -> None:
    chain = replace(ur10e.chain, prismatic=np.array([False, True, False, True, False, False]))
    path = from_bernstein(np.random.default_rng(1).normal(size=(5, 6)))
    u, h = np.linspace(0.1, 0.9, 9), 1e-5
    _, v, a = tool_motion(chain, path(u), path(u, 1), path(u, 2))
    ahead, behind = (tool_motion(chain, path(w), path(w, 1), path(w, 2)) for w in (u + h, u - h))
    assert v == pytest.approx((ahead[0] - behind[0]) / (2 * h), rel=1e-6, abs=1e-5)
    assert a == pytest.approx((ahead[1] - behind[1]) / (2 * h), rel=1e-6, abs=1e-4)
