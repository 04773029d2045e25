import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robolab.core.transforms import (
    apply,
    interpolate,
    inverse,
    pose,
    pose_rpy,
    quat_of,
    rotation_angle,
)

angles = arrays(float, 3, elements=st.floats(-3.0, 3.0))


@given(angles, angles)
def test_inverse_undoes_a_pose(position: np.ndarray, rpy: np.ndarray) -> None:
    X = pose_rpy(position, rpy)
    assert np.allclose(X @ inverse(X), np.eye(4), atol=1e-12)
    assert np.allclose(apply(inverse(X), apply(X, position)), position, atol=1e-12)


@given(angles, angles)
def test_quaternion_round_trip(position: np.ndarray, rpy: np.ndarray) -> None:
    X = pose_rpy(position, rpy)
    assert np.allclose(pose(position, quat_of(X)), X, atol=1e-12)


def test_quaternion_order_is_xyzw() -> None:
    quarter = pose_rpy((0.0, 0.0, 0.0), (0.0, 0.0, np.pi / 2.0))
    assert np.allclose(quat_of(quarter), [0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5)])


def test_interpolation_halves_the_way() -> None:
    goal = pose_rpy((2.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    middle = interpolate(np.eye(4), goal, 0.5)
    assert np.allclose(middle[:3, 3], [1.0, 0.0, 0.0])
    assert np.isclose(rotation_angle(middle, goal), 0.5)
