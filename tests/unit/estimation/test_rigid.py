"""The regressor against Pinocchio's own, for arms and for the coupled palletiser."""

from pathlib import Path

import numpy as np
import pytest

from robolab.estimation.rigid import arm_columns, arm_torque, motion_of, payload_columns
from robolab.jobs.problem_set import robot_spec
from robolab.robots import load_robot
from robolab.robots.model import Payload


@pytest.mark.parametrize("name", ["ur10e", "panda", "palletiser"])
def test_torque_is_that_of_inverse_dynamics(name: str) -> None:
    robot = load_robot(robot_spec(name, None), Path())
    linkage = robot.linkage
    q, qd, qdd = np.random.default_rng(1).normal(size=(3, 20, robot.dof))
    motion = motion_of(linkage, q, qd, qdd)
    torque = arm_columns(linkage, motion) @ linkage.inertial.ravel()
    assert torque == pytest.approx(robot.inverse_dynamics(q, qd, qdd), abs=1e-9)
    assert arm_torque(linkage, motion, linkage.inertial.ravel()) == pytest.approx(torque, abs=1e-9)
    com, mass = np.array([0.03, -0.02, 0.11]), 2.5
    load = Payload(mass, com, np.diag([0.01, 0.02, 0.03]))
    about_tcp = load.inertia + mass * (com @ com * np.eye(3) - np.outer(com, com))
    six = about_tcp[[0, 0, 1, 0, 1, 2], [0, 1, 1, 2, 2, 2]]
    parameters = np.concatenate([[mass], mass * com, six])
    loaded = robot.inverse_dynamics(q, qd, qdd, load)
    added = payload_columns(linkage, motion, 10) @ parameters
    assert torque + added == pytest.approx(loaded, abs=1e-9)


def test_one_sample_is_a_row_of_many() -> None:
    linkage = load_robot(robot_spec("ur10e", None), Path()).linkage
    q, qd, qdd = np.random.default_rng(2).normal(size=(3, 4, 6))
    many = payload_columns(linkage, motion_of(linkage, q, qd, qdd))
    one = payload_columns(linkage, motion_of(linkage, q[2], qd[2], qdd[2]))
    assert one == pytest.approx(many[2])
