"""The way from base to tool as arrays."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import TCP, Chain, RobotModel
from robolab.robots.urdf import Joint, Tree, read_tree


def chain_of(robot: RobotModel) -> Chain:
    """Build the chain of a robot from its merged description."""
    tree = read_tree(robot.urdf, robot.urdf.parent)
    X_before = np.eye(4)
    fixed: list[Array] = []
    moving: list[Joint] = []
    for joint in tree.way_to(TCP):
        X_before = X_before @ joint.X_parent_joint
        if joint.moves:
            fixed.append(X_before)
            moving.append(joint)
            X_before = np.eye(4)
    weights, offset = joint_map(robot, [joint.name for joint in moving])
    return Chain(
        X_world_base=robot.X_world_base,
        fixed=np.array(fixed),
        axis=np.array([joint.axis for joint in moving]),
        prismatic=np.array([joint.kind == "prismatic" for joint in moving]),
        weights=weights,
        offset=offset,
        X_last_tcp=X_before,
    )


def joint_map(robot: RobotModel, names: list[str]) -> tuple[Array, Array]:
    """Return weights (N, n) and offset (N,) that give named joints from the arm's."""
    weights, offset = np.zeros((len(names), robot.dof)), np.zeros(len(names))
    for row, name in enumerate(names):
        if name in robot.joints:
            weights[row, robot.joints.index(name)] = 1.0
        elif name in robot.coupled:
            weights[row], offset[row] = robot.coupled[name]
        else:
            offset[row] = robot.locked[name]
    return weights, offset


def frames_of(robot: RobotModel, tree: Tree) -> dict[str, tuple[int, Array]]:
    """Say for each link which chain frame it rides on, and its pose there.

    Links behind joints off the chain (fingers, rods) ride where their locked position, or the
    coupled one at home, puts them.
    """
    on_chain = [joint.name for joint in tree.way_to(TCP) if joint.moves]
    off_chain = [j.name for j in tree.joints if j.moves and j.name not in on_chain]
    weights, offset = joint_map(robot, off_chain)
    position = dict(zip(off_chain, weights @ robot.home + offset, strict=True))
    frames: dict[str, tuple[int, Array]] = {tree.root: (0, np.eye(4))}
    for joint in tree.joints:
        index, X = frames[joint.parent]
        X = X @ joint.X_parent_joint
        if joint.name in on_chain:
            frames[joint.child] = (on_chain.index(joint.name) + 1, np.eye(4))
        else:
            moved = X @ motion(joint, position[joint.name]) if joint.moves else X
            frames[joint.child] = (index, moved)
    return frames


def motion(joint: Joint, position: float) -> Array:
    """Return the transform of one moving joint at a position."""
    from scipy.spatial.transform import Rotation

    X = np.eye(4)
    if joint.kind == "prismatic":
        X[:3, 3] = position * joint.axis
    else:
        X[:3, :3] = Rotation.from_rotvec(position * joint.axis).as_matrix()
    return X


def frame_poses(chain: Chain, q: Array) -> Array:
    """Return the poses of base and chain frames in world for many positions.

    Args:
        q: Shape (s, n) [rad or m].
    Returns:
        Shape (s, N + 1, 4, 4).
    """
    from scipy.spatial.transform import Rotation

    positions = q @ chain.weights.T + chain.offset
    poses = [np.broadcast_to(chain.X_world_base, (len(q), 4, 4))]
    for i, axis in enumerate(chain.axis):
        moved = np.broadcast_to(np.eye(4), (len(q), 4, 4)).copy()
        if chain.prismatic[i]:
            moved[:, :3, 3] = positions[:, i, None] * axis
        else:
            moved[:, :3, :3] = Rotation.from_rotvec(positions[:, i, None] * axis).as_matrix()
        poses.append(poses[-1] @ chain.fixed[i] @ moved)
    return np.stack(poses, axis=1)
