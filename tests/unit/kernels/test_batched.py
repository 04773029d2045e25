"""The torch and the compiled kernels agree with each other, with plain matrices and with finite differences."""

import numpy as np
import pytest
import torch

from robolab.core.rng import stream
from robolab.core.transforms import pose_rpy
from robolab.kernels.batched import BatchedRobot
from robolab.kernels.batched_cost import ClearanceCost, Margins, Movable, Situations, solids_of
from robolab.kernels.batched_distance import shapes_of, signed_distances
from robolab.kernels.obstacles import Obstacles
from robolab.robots.model import Chain, Spheres


def _chain(rng: np.random.Generator, prismatic: bool = False) -> Chain:
    """Four joints driven by three: the last follows the first two."""
    fixed = np.stack([pose_rpy(rng.uniform(-0.3, 0.3, 3), rng.uniform(-2, 2, 3)) for _ in range(4)])
    axis = rng.normal(size=(4, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    weights = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [-1.0, 0.5, 0]])
    slides = np.array([False, prismatic, False, False])
    base = pose_rpy([0.1, 0.2, 0.3], [0.1, -0.2, 0.3])
    tip = pose_rpy([0, 0, 0.1], [0.2, 0, 0])
    return Chain(base, fixed, axis, slides, weights, np.array([0.0, 0.1, 0.0, 0.2]), tip)


def _spheres(rng: np.random.Generator) -> Spheres:
    link = np.array([0, 3, 1, 2, 4, 4, 2])
    pairs = np.array([[2, 4], [3, 5], [0, 5]])
    return Spheres(
        link, rng.uniform(-0.2, 0.2, (7, 3)), rng.uniform(0.03, 0.1, 7), ("x",) * 7, pairs
    )


def _plain_frames(chain: Chain, q: np.ndarray) -> list[np.ndarray]:
    from scipy.spatial.transform import Rotation

    frames = [chain.X_world_base]
    for X, axis, slides, value in zip(
        chain.fixed, chain.axis, chain.prismatic, chain.weights @ q + chain.offset, strict=True
    ):
        motion = np.eye(4)
        if slides:
            motion[:3, 3] = axis * value
        else:
            motion[:3, :3] = Rotation.from_rotvec(axis * value).as_matrix()
        frames.append(frames[-1] @ X @ motion)
    return frames


def _scene(rng: np.random.Generator) -> tuple[Obstacles, tuple[Movable, ...]]:
    fixed = Obstacles(
        box_pose=np.stack(
            [pose_rpy(rng.uniform(-0.5, 0.5, 3), rng.uniform(-1, 1, 3)) for _ in range(2)]
        ),
        box_half=rng.uniform(0.05, 0.2, (2, 3)),
        box_names=("a", "b"),
        cylinder_pose=pose_rpy([0.2, -0.3, 0.2], [0.3, 0.1, 0.0])[None],
        cylinder_size=np.array([[0.08, 0.3]]),
        cylinder_names=("c",),
        sphere=np.array([[0.1, 0.4, 0.3, 0.1]]),
        sphere_names=("d",),
        points=rng.uniform(-0.5, 0.5, (3, 3)),
    )
    held = rng.uniform(-0.1, 0.1, (3, 3))
    movables = (
        Movable("m", np.array([0.1, 0.05, 0.1]), 0.0, False, held, np.full(3, 0.05)),
        Movable("n", np.array([0.05, 0.1, 0.0]), 0.0, True, held[:2], np.full(2, 0.04)),
    )
    return fixed, movables


def _situations(rng: np.random.Generator, count: int) -> Situations:
    poses = np.stack(
        [
            [pose_rpy(rng.uniform(-0.4, 0.4, 3), rng.uniform(-1, 1, 3)) for _ in range(2)]
            for _ in range(count)
        ]
    )
    carried = rng.integers(-1, 2, count)
    present = (carried[:, None] != np.arange(2)) & (rng.random((count, 2)) < 0.8)
    cosine = np.where(carried >= 0, 0.8, -2.0).astype(np.float32)
    return Situations(
        poses[..., :3, :3].astype(np.float32).copy(),
        poses[..., :3, 3].astype(np.float32).copy(),
        present,
        carried,
        cosine,
        *_own_solids(rng, count),
    )


def _own_solids(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Two solids for each problem, of which it has none, one or both."""
    table = np.stack([solids_of(_scene(rng)[0])[1:3] for _ in range(count)])
    table[..., 9:12] = rng.uniform(-0.5, 0.5, (count, 2, 3))
    return table, rng.integers(0, 3, count)


@pytest.fixture(params=[False, True], ids=["revolute", "with a prismatic joint"])
def chain(request: pytest.FixtureRequest) -> Chain:
    return _chain(stream(1, "chain"), request.param)


def test_spheres_and_tool_follow_plain_matrices(chain: Chain) -> None:
    rng = stream(2, "q")
    spheres = _spheres(rng)
    q = rng.uniform(-2, 2, (5, 3))
    got = BatchedRobot(chain, spheres)(torch.tensor(q, dtype=torch.float32))
    for row in range(5):
        frames = _plain_frames(chain, q[row])
        centres = [
            frames[i][:3, :3] @ c + frames[i][:3, 3]
            for i, c in zip(spheres.link, spheres.centre, strict=True)
        ]
        tip = frames[-1] @ chain.X_last_tcp
        np.testing.assert_allclose(got.centres[row], centres, atol=1e-5)
        np.testing.assert_allclose(got.tcp[row], tip[:3, 3], atol=1e-5)
        np.testing.assert_allclose(got.axis[row], tip[:3, 2], atol=1e-5)


def test_gradient_is_that_of_finite_differences(chain: Chain) -> None:
    rng = stream(3, "gradient")
    robot = BatchedRobot(chain, _spheres(rng))
    weight = torch.tensor(rng.normal(size=(7, 3)), dtype=torch.float32)
    q = torch.tensor(rng.uniform(-2, 2, (1, 3)), dtype=torch.float32, requires_grad=True)

    def value(at: torch.Tensor) -> torch.Tensor:
        pose = robot(at)
        return (pose.centres * weight).sum() + pose.tcp.sum() + 2.0 * pose.axis[:, 1].sum()

    (gradient,) = torch.autograd.grad(value(q), q)
    step = 1e-2 * torch.eye(3)
    rough = torch.stack([(value(q + h) - value(q - h)) / 2e-2 for h in step])
    np.testing.assert_allclose(gradient[0], rough.detach(), atol=5e-3)


def test_jacobian_moves_the_tool(chain: Chain) -> None:
    rng = stream(4, "jacobian")
    robot = BatchedRobot(chain, _spheres(rng))
    q = torch.tensor(rng.uniform(-2, 2, (3, 3)), dtype=torch.float32)
    R, tcp, J = robot.jacobian(q)
    for k in range(3):
        h = torch.zeros(3)
        h[k] = 1e-2
        R2, tcp2, _ = robot.jacobian(q + h)
        np.testing.assert_allclose(J[:, :3, k], (tcp2 - tcp) / 1e-2, atol=2e-2)
        spin = (R2 @ R.transpose(1, 2) - torch.eye(3)) / 1e-2
        np.testing.assert_allclose(J[:, 3, k], spin[:, 2, 1], atol=2e-2)
        np.testing.assert_allclose(J[:, 5, k], spin[:, 1, 0], atol=2e-2)


def test_distances_are_exact_on_known_points() -> None:
    obstacles = Obstacles(
        box_pose=pose_rpy([1.0, 0, 0], [0, 0, np.pi / 2])[None], box_half=np.array([[0.1, 0.2, 0.3]]), box_names=("b",),
        cylinder_pose=np.eye(4)[None], cylinder_size=np.array([[0.5, 1.0]]), cylinder_names=("c",),
        points=np.array([[0.0, 0.0, 3.0]]), point_radius=0.01,
    )  # fmt: skip
    points = torch.tensor([[[0.0, 0.0, 2.0], [0.0, 0.0, 0.4], [1.5, 0.0, 0.0]]])
    got = signed_distances(points, shapes_of(obstacles))[0]
    expected = [
        [np.hypot(0.8, 1.7), 1.0, 0.99],
        [np.hypot(0.8, 0.1), -0.5, 2.59],
        [0.3, 1.0, np.hypot(1.5, 3.0) - 0.01],
    ]
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_compiled_pass_equals_torch(chain: Chain) -> None:
    rng = stream(5, "cost")
    fixed, movables = _scene(rng)
    margins = Margins(0.02, 0.01, 0.03, np.array([0.0, 0.0, -1.0]))
    cost = ClearanceCost(chain, _spheres(rng), fixed, movables, margins, guard=2)
    situations = _situations(rng, 40)
    q = torch.tensor(rng.uniform(-2.5, 2.5, (40 * 8, 3)), dtype=torch.float32, requires_grad=True)
    weight = torch.tensor(rng.uniform(0.5, 1, (2, len(q))), dtype=torch.float32)
    results = []
    for evaluate in (cost, cost.reference):
        found = evaluate(q, situations)
        (gradient,) = torch.autograd.grad(
            (weight[0] * found.cost + weight[1] * found.depth).sum(), q
        )
        results.append([*(v.detach().numpy() for v in found), gradient.numpy()])
    for got, expected in zip(*results, strict=True):
        close = np.isclose(got, expected, atol=2e-3, rtol=1e-3)
        # Two surfaces equally near, or a sphere's centre on a box's medial plane, have two right answers.
        assert close.mean() > 0.995
    assert (results[0][1] > 0).mean() > 0.1
    assert (results[0][1] < 0).mean() > 0.1


def test_cost_gradient_is_that_of_finite_differences(chain: Chain) -> None:
    rng = stream(6, "cost gradient")
    fixed, movables = _scene(rng)
    margins = Margins(0.02, 0.01, 0.05, np.array([0.0, 0.0, -1.0]))
    cost = ClearanceCost(chain, _spheres(rng), fixed, movables, margins, guard=2)
    situations = _situations(rng, 200)
    q = rng.uniform(-2.5, 2.5, (200, 3))
    gradient = cost.numbers(q, situations)["gradient"]
    rough = np.stack(
        [
            (cost.numbers(q + h, situations)["cost"] - cost.numbers(q - h, situations)["cost"])
            / 4e-3
            for h in 2e-3 * np.eye(3)
        ],
        axis=1,
    )
    assert np.isclose(gradient, rough, atol=5e-3, rtol=2e-2).mean() > 0.98
