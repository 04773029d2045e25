import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.estimation.excitation import leg_information, leg_seconds, scatter, telling_poses
from robolab.robots.model import RobotModel


def anywhere(a: Array, b: Array) -> bool:
    return True


def told(arm: RobotModel, poses: list[Array]) -> float:
    """Log determinant of what the way through some poses tells, for a second of it."""
    scale, at, seconds = scatter(arm), arm.home, 0.0
    H = np.eye(scale.shape[1] + 2 * arm.dof)
    for pose in poses:
        takes = leg_seconds(arm, at, pose, 0.5)
        H += leg_information(arm, at, pose, takes, scale)
        at, seconds = pose, seconds + takes
    return float(np.linalg.slogdet(H)[1]) / seconds


def drawn(arm: RobotModel) -> Array:
    return arm.home + stream(1, "poses").uniform(-2.0, 2.0, (20, arm.dof))


def test_chosen_poses_tell_more_than_others(arm: RobotModel) -> None:
    poses = drawn(arm)
    chosen = telling_poses(arm, poses, anywhere, 0.5, 8.0)
    plain = [told(arm, list(poses[k : k + len(chosen)])) for k in range(0, 12, 3)]
    assert told(arm, chosen) > max(plain)


def test_only_free_legs_are_taken(arm: RobotModel) -> None:
    poses = drawn(arm)
    taken: list[bool] = []

    def free(a: Array, b: Array) -> bool:
        taken.append(bool(b[0] > arm.home[0]))
        return taken[-1]

    chosen = telling_poses(arm, poses, free, 0.5, 5.0)
    assert chosen
    assert all(pose[0] > arm.home[0] for pose in chosen)
    assert telling_poses(arm, poses, lambda a, b: False, 0.5, 5.0) == []
