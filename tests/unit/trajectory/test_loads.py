"""A range of loads stands for every load in it."""

import numpy as np

from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.loads import LoadRange, ends, heaviest, off_centre_torque, scaled

LIKELY = Payload(6.0, np.array([0.0, 0.02, 0.1]), np.diag([0.06, 0.05, 0.08]))


def drawn(range_: LoadRange, rng: np.random.Generator) -> Payload:
    """A load of the range, off its centre as far as it may be."""
    away = rng.normal(size=3)
    load = scaled(LIKELY, rng.uniform(range_.light.mass, range_.heavy.mass))
    com = np.asarray(load.com) + range_.off * away / np.linalg.norm(away)
    return Payload(load.mass, com, load.inertia)


def test_no_load_of_a_range_asks_more_torque_than_its_ends_and_what_an_off_centre_adds(
    ur10e: RobotModel,
) -> None:
    rng = np.random.default_rng(5)
    q = ur10e.home + rng.uniform(-1.0, 1.0, (40, 6))
    qd, qdd = rng.uniform(-1.5, 1.5, (40, 6)), rng.uniform(-6.0, 6.0, (40, 6))
    range_ = LoadRange.around(LIKELY, 2.0, 9.0, 0.03)
    doubt = off_centre_torque(ur10e, range_, q, qd, qdd)
    torques = [ur10e.inverse_dynamics(q, qd, qdd, load) for load in ends(range_)]
    low, high = np.min(torques, axis=0) - doubt, np.max(torques, axis=0) + doubt
    # The inertia of what is off centre is of second order in how far it is.
    slack = 9.0 * 0.03**2 * 40.0
    for _ in range(30):
        torque = ur10e.inverse_dynamics(q, qd, qdd, drawn(range_, rng))
        assert np.all(torque >= low - slack)
        assert np.all(torque <= high + slack)
    centred = ur10e.inverse_dynamics(q, qd, qdd, drawn(range_, rng))
    tight = np.stack(torques)
    assert np.any((centred < tight.min(axis=0)) | (centred > tight.max(axis=0)))


def test_a_known_load_is_in_no_doubt(ur10e: RobotModel) -> None:
    q = ur10e.home[None]
    assert not np.any(off_centre_torque(ur10e, LIKELY, q, q, q))
    assert ends(LIKELY) == (LIKELY,)
    assert heaviest(LIKELY) is LIKELY
    assert ends(None) == (None,)


def test_a_range_holds_what_lies_within_it() -> None:
    range_ = LoadRange.around(LIKELY, 2.0, 9.0, 0.03)
    assert heaviest(range_) is range_.heavy
    assert range_.holds(scaled(LIKELY, 2.0))
    assert not range_.holds(scaled(LIKELY, 9.1))
    assert not range_.holds(Payload(5.0, np.asarray(LIKELY.com) + 0.031 * np.eye(3)[1]))


def test_scaling_keeps_the_shape() -> None:
    half = scaled(LIKELY, 3.0)
    assert np.allclose(half.inertia, np.asarray(LIKELY.inertia) / 2.0)
    assert np.array_equal(half.com, LIKELY.com)
    assert not np.any(scaled(LIKELY, 0.0).inertia)
