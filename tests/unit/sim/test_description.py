"""What PyBullet gets of an arm has the shape that planner and verifier measure distances to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from robolab.core.transforms import Array, apply
from robolab.robots.hulls import pieces_of
from robolab.robots.urdf import read_tree
from robolab.sim.client import p
from robolab.sim.world import World
from tests.unit.sim.conftest import floating

BENT = {"ur10e_transfer": "forearm_link", "iiwa_posts": "lbr_iiwa_link_5"}


def outside(corners: Array, points: Array) -> Array:
    """How far points, shape (n, 3), lie outside a hull at least, shape (n,) [m]; negative inside."""
    planes = ConvexHull(corners).equations
    return (points @ planes[:, :3].T + planes[:, 3]).max(axis=1)


@pytest.mark.parametrize("name", BENT)
def test_a_ball_in_the_bend_of_a_link_touches_nothing(name: str) -> None:
    with World(floating(name)) as world:
        link, client = BENT[name], world.client.id
        tree = read_tree(world.robot.urdf, world.robot.urdf.parent)
        pieces = [corners for body, corners in pieces_of(tree) if body == link]
        every = np.concatenate(pieces)
        points = np.random.default_rng(0).uniform(every.min(axis=0), every.max(axis=0), (20000, 3))
        away = np.min([outside(corners, points) for corners in pieces], axis=0)
        bend = points[(away > 0.02) & (outside(every, points) < -0.01)][:20]
        within = points[away < -0.01][:20]
        assert len(bend) == len(within) == 20

        shape = p.createCollisionShape(p.GEOM_SPHERE, radius=0.001, physicsClientId=client)
        ball = p.createMultiBody(0.0, shape, physicsClientId=client)

        def distance(point: Array) -> float:
            at = apply(world.arm.link_pose(link), point[None])[0]
            p.resetBasePositionAndOrientation(ball, at, (0, 0, 0, 1), physicsClientId=client)
            near = p.getClosestPoints(
                world.arm.body, ball, 1.0, world.arm.links[link], -1, physicsClientId=client
            )
            return min(contact[8] for contact in near)

        assert min(distance(point) for point in bend) > 0.015
        assert max(distance(point) for point in within) < 0.0
