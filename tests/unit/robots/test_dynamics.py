"""Torques against energies, payloads, and what the drives can hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from robolab.core.transforms import Array
from robolab.robots import RobotModel, load_robot
from robolab.robots.model import Payload
from robolab.scene.spec import PoseSpec, RobotSpec
from tests.unit.robots.conftest import load_named
from tests.unit.robots.test_kinematics import random_q

PAYLOAD = Payload(4.0, np.array([0.02, -0.01, 0.08]), np.diag([0.02, 0.03, 0.04]))
G = 9.81


def test_power_is_the_change_of_kinetic_energy_and_height(robot: RobotModel) -> None:
    """With gravity's work known from the gravity torque, torque times velocity is the rest."""
    rng = np.random.default_rng(3)
    q, qd, qdd = random_q(robot, 1)[0], *rng.normal(size=(2, robot.dof))
    h = 1e-6

    def kinetic(t: float) -> float:
        v = qd + t * qdd
        M = robot.mass_matrix(q + t * qd + 0.5 * t * t * qdd, PAYLOAD)
        return float(0.5 * v @ M @ v)

    power = robot.inverse_dynamics(q, qd, qdd, PAYLOAD) @ qd
    change = (kinetic(h) - kinetic(-h)) / (2 * h)
    assert power == pytest.approx(change + robot.gravity_torque(q, PAYLOAD) @ qd, rel=1e-5)


def test_mass_matrix_is_the_derivative_of_torque_by_acceleration(robot: RobotModel) -> None:
    q, zero = random_q(robot, 1)[0], np.zeros(robot.dof)
    rest = robot.gravity_torque(q)
    columns = [robot.inverse_dynamics(q, zero, unit) - rest for unit in np.eye(robot.dof)]
    M = robot.mass_matrix(q)
    assert np.allclose(np.array(columns).T, M, atol=1e-9)
    assert np.linalg.eigvalsh(M).min() > 0.0


def test_gravity_of_a_payload_is_its_weight_through_the_jacobian(robot: RobotModel) -> None:
    """A point mass at the tcp: J^T m g, by virtual work."""
    q = random_q(robot, 1, seed=5)[0]
    point = Payload(3.0)
    added = robot.gravity_torque(q, point) - robot.gravity_torque(q)
    assert np.allclose(added, robot.jacobian(q)[:3].T @ [0.0, 0.0, 3.0 * G], atol=1e-8)


def test_offset_payload_weighs_at_its_centre() -> None:
    robot = load_named("ur10e", "suction_cup")
    q = random_q(robot, 1)[0]
    h, lever = 1e-6, PAYLOAD.com

    def height(x: Array) -> float:
        X = robot.fk(x)
        return float((X[:3, :3] @ lever + X[:3, 3])[2])

    slope = [(height(q + h * e) - height(q - h * e)) / (2 * h) for e in np.eye(6)]
    added = robot.gravity_torque(q, PAYLOAD) - robot.gravity_torque(q)
    assert np.allclose(added, PAYLOAD.mass * G * np.array(slope), atol=1e-6)


def test_batches_are_what_single_calls_are() -> None:
    robot = load_named("panda", "panda_hand")
    q, qd, qdd = (random_q(robot, 6, seed=s).reshape(2, 3, -1) for s in range(3))
    together = robot.inverse_dynamics(q, qd, qdd, PAYLOAD)
    assert together.shape == (2, 3, 7)
    assert np.allclose(
        together[1, 2], robot.inverse_dynamics(q[1, 2], qd[1, 2], qdd[1, 2], PAYLOAD)
    )


def test_a_base_on_its_side_lets_gravity_turn_the_first_joint() -> None:
    side = PoseSpec(rpy_deg=(90.0, 0.0, 0.0))
    upright = load_named("ur10e")
    tilted = load_robot(RobotSpec(name="arm", model="ur10e", base=side), Path())
    q = np.array([0.4, -0.3, 0.2, 0.0, 0.0, 0.0])
    assert abs(upright.gravity_torque(q)[0]) < 1e-9
    assert abs(tilted.gravity_torque(q)[0]) > 20.0


def test_arms_hold_their_rated_load_everywhere() -> None:
    rated = {"ur10e": 10.0, "palletiser": 180.0, "panda": 3.0, "iiwa": 14.0, "ur5": 5.0}
    tools = {"palletiser": "suction_plate", "panda": "panda_hand"}
    for model, mass in rated.items():
        robot = load_named(model, tools.get(model))
        load = Payload(mass, np.array([0.0, 0.0, 0.05]), 0.02 * mass * np.eye(3))
        share = np.abs(robot.gravity_torque(random_q(robot, 300), load)) / robot.limits.torque
        assert share.max() < 1.0, model


def test_the_palletisers_accelerations_are_what_its_drives_give_it_empty() -> None:
    """In the pose in which they give least; what a load takes of that is torque's business."""
    robot = load_named("palletiser", "suction_plate")
    q = random_q(robot, 3000)
    q = q[robot.fk(q)[:, 2, 3] > 0.0]
    rotors = robot.motors.rotor_inertia * robot.motors.gear_ratio**2
    inertia = np.array([np.diag(robot.mass_matrix(x)) for x in q]) + rotors
    left = robot.limits.torque - np.abs(robot.gravity_torque(q)) - robot.motors.coulomb
    least = np.min(left / inertia, axis=0)
    assert robot.limits.acceleration[:3] == pytest.approx(least[:3], rel=0.06)
    nominal = left[0, 3] / (inertia[0, 3] + 15.0)
    assert robot.limits.acceleration[3] == pytest.approx(nominal, rel=0.06)


def test_ur10e_weighs_what_the_maker_says() -> None:
    """The moving links' 29.1 kg at the arm's full reach: the shoulder's torque from the table."""
    robot = load_named("ur10e")
    torque = robot.gravity_torque(np.zeros(6))
    # Levers along the outstretched arm, from the maker's centres of mass.
    levers = ((13.051, 0.2327), (3.989, 0.6127 + 0.33155), (2.1, 1.18425), (1.98, 1.18425))
    expected = G * (sum(m * x for m, x in levers) + 0.615 * 1.18425)
    assert abs(torque[1]) == pytest.approx(expected, rel=1e-3)
